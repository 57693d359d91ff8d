"""
What the Python sources say about requirements, read from their syntax without importing them.

Docstrings name requirements and properties in sections of those names, and error codes in
`Raises:`; `require` lines raise the codes; the enum in `errors.py` lists and explains them.
"""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

from payy_ref.trace.requirements import NAMED_ID, Place, TraceError

PACKAGES: Final = ("payy_ref", "circuits")
"""Where the code of the reference is."""

ERRORS_MODULE: Final = "payy_ref/errors.py"
"""Where the codes are listed, and the one place that may raise `SpecError`."""

_CODE_IN_TEXT: Final = re.compile(r"`([A-Z][A-Z0-9_]*)`")
_CHAPTER_COMMENT: Final = re.compile(r"    # (\w+)\Z")

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Documented: TypeAlias = Function | ast.ClassDef | ast.Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A docstring that names requirements or properties."""

    name: str
    """Dotted name of the module, class or function."""
    place: Place
    """Where it is defined."""
    ids: tuple[str, ...]
    """The ids that it names, as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One `require` line."""

    code: str | None
    """The code that it raises; None if the source does not name one."""
    function: str
    """Dotted name of the function that it stands in."""
    place: Place
    """Its line."""
    is_documented: bool
    """Whether the docstring's `Raises:` names the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """One member of the enum of error codes."""

    code: str
    """The name."""
    chapter: str
    """The chapter whose comment it stands under."""
    meaning: str
    """The docstring under it."""
    place: Place
    """Its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one tree of Python files says."""

    mentions: tuple[Mention, ...] = ()
    """All docstrings that name an id."""
    checks: tuple[Check, ...] = ()
    """All `require` lines."""
    raises_past_require: tuple[Place, ...] = ()
    """Where `SpecError` is raised by other means."""


def joined(sources: Iterable[Source]) -> Source:
    """Put together what several trees say."""
    parts = list(sources)
    return Source(
        mentions=tuple(each for part in parts for each in part.mentions),
        checks=tuple(each for part in parts for each in part.checks),
        raises_past_require=tuple(each for part in parts for each in part.raises_past_require),
    )


def read_source(folder: Path, root: Path) -> Source:
    """
    Read all Python files of a folder.

    Args:
        folder: A folder below `root`.
        root: The project, from which places and dotted names are counted.

    Raises:
        TraceError: a file is not Python.
    """
    mentions: list[Mention] = []
    checks: list[Check] = []
    raises: list[Place] = []
    for file in sorted(folder.rglob("*.py")):
        shown = file.relative_to(root).as_posix()
        module = shown.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name, node, nodes in _scopes(_parsed(file, shown), module):
            document = ast.get_docstring(node) or ""
            ids = tuple(
                found
                for section in ("Requirements", "Properties")
                for found in NAMED_ID.findall(docstring_section(document, section))
            )
            place = Place(shown, getattr(node, "lineno", 1))
            if ids:
                mentions.append(Mention(name=name, place=place, ids=ids))
            if shown == ERRORS_MODULE:
                continue
            documented = set(_CODE_IN_TEXT.findall(docstring_section(document, "Raises")))
            for each in nodes:
                line = Place(shown, each.lineno)
                if isinstance(each, ast.Raise) and _raises_spec_error(each):
                    raises.append(line)
                if isinstance(each, ast.Call) and _called(each) == "require":
                    code = _code_of(each)
                    checks.append(
                        Check(
                            code=code,
                            function=name,
                            place=line,
                            is_documented=code in documented,
                        )
                    )
    return Source(mentions=tuple(mentions), checks=tuple(checks), raises_past_require=tuple(raises))


def read_codes(file: Path, shown: str = ERRORS_MODULE) -> tuple[CodeEntry, ...]:
    """
    Read the enum of error codes: each member, the docstring under it, and its chapter's comment.

    Raises:
        TraceError: there is no such enum, or a member lacks its docstring or its chapter.
    """
    lines = file.read_text("utf-8").splitlines()
    for node in _parsed(file, shown).body:
        if isinstance(node, ast.ClassDef) and node.name == "ErrorCode":
            return tuple(_entries(node, lines, shown))
    raise TraceError(f"{shown}: no class ErrorCode")


def docstring_section(document: str, title: str) -> str:
    """Give the indented lines under `title:`, or nothing."""
    lines = inspect.cleandoc(document).splitlines()
    if f"{title}:" not in lines:
        return ""
    section = []
    for line in lines[lines.index(f"{title}:") + 1 :]:
        if line and not line.startswith(" "):
            break
        section.append(line.strip())
    return "\n".join(section).strip()


def _parsed(file: Path, shown: str) -> ast.Module:
    try:
        return ast.parse(file.read_text("utf-8"))
    except SyntaxError as error:
        raise TraceError(f"{shown}: not Python: {error}") from error


def _scopes(
    scope: Documented, name: str
) -> Iterator[tuple[str, Documented, list[ast.Call | ast.Raise]]]:
    """Give every module, class and function with the calls and raises of its own body."""
    own: list[ast.Call | ast.Raise] = []
    inner: list[Function | ast.ClassDef] = []
    unvisited: list[ast.AST] = list(ast.iter_child_nodes(scope))
    while unvisited:
        node = unvisited.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner.append(node)
            continue
        if isinstance(node, ast.Call | ast.Raise):
            own.append(node)
        unvisited += ast.iter_child_nodes(node)
    yield name, scope, own
    for each in inner:
        yield from _scopes(each, f"{name}.{each.name}")


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _raises_spec_error(statement: ast.Raise) -> bool:
    raised = statement.exc
    if isinstance(raised, ast.Call):
        raised = raised.func
    return raised is not None and ast.unparse(raised).rpartition(".")[2] == "SpecError"


def _code_of(call: ast.Call) -> str | None:
    by_name = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    for argument in call.args[1:2] or by_name:
        if isinstance(argument, ast.Attribute) and ast.unparse(argument.value).endswith(
            "ErrorCode"
        ):
            return argument.attr
    return None


def _entries(enum: ast.ClassDef, lines: list[str], shown: str) -> Iterator[CodeEntry]:
    for member, (meaning, line) in member_docstrings(enum).items():
        place = Place(shown, line)
        if not meaning:
            raise TraceError(f"{place}: {member} has no docstring")
        above = reversed(lines[: line - 1])
        comment = next((found for text in above if (found := _CHAPTER_COMMENT.match(text))), None)
        if comment is None:
            raise TraceError(f"{place}: no comment above {member} names its chapter")
        yield CodeEntry(code=member, chapter=comment[1], meaning=meaning, place=place)


def member_docstrings(enum: ast.ClassDef) -> dict[str, tuple[str, int]]:
    """Give the docstring under each member of an enum, empty if there is none, and its line."""
    found = {}
    for member, following in pairwise([*enum.body, ast.Pass()]):
        if not isinstance(member, ast.Assign):
            continue
        meaning = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            meaning = " ".join(str(following.value.value).split())
        found[ast.unparse(member.targets[0])] = (meaning, member.lineno)
    return found
