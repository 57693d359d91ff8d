"""
The pages that are derived: text of each by its path below `docs/generated/`.

Functions of what `payy_ref.trace` read and of the list of operations; no page is typed by hand.
"""

import ast
import hashlib
import inspect
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from payy_circuits import circuit_pages
from payy_contracts import ContractPages, check_table

from payy_ref.assurance.levels import Level
from payy_ref.operations import Operation, all_operations
from payy_ref.operations.forms import (
    Boolean,
    Bytes,
    Canonical,
    Form,
    Integer,
    ListOf,
    Record,
    Structure,
    Text,
    Variant,
    Word,
)
from payy_ref.primitives import strict_json
from payy_ref.trace.matrix import Inputs, Matrix, Row
from payy_ref.trace.requirements import Property, chapter_files
from payy_ref.trace.source import member_docstrings
from payy_ref.vectors.model import BugClass, Case
from payy_ref.vectors.store import load_bug_classes

PACKAGES: Final = ("payy_ref", "circuits")
"""Where the code is."""

PACKAGES_WITHOUT_PAGES: Final = frozenset({"cli", "bench"})
"""Packages that offer commands, not functions."""

# Where a word breaks: after `_`, `/` and `::`, before the dot of a name, and else after 34.
_PLACES: Final = re.compile(r"(?<=[_/])|(?<=::)|(?=\.[^\W\d])")
_LONGEST: Final = 34
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|$~^])")


def all_pages(root: Path, inputs: Inputs, matrix: Matrix) -> dict[str, str]:
    """Write every derived page of the project in `root`."""
    notes_file = root / "spec" / "bug_classes.toml"
    notes = load_bug_classes(notes_file) if notes_file.is_file() else {}
    pages = {
        **chapter_pages(root, matrix, inputs),
        "chapters.inc": chapter_table(matrix),
        **circuit_messages(root),
        **circuit_pages(root, table),
        **contract_pages(root, matrix),
        "errors.md": error_page(matrix),
        "trace.md": trace_page(matrix, inputs),
        "proof_ledger.md": ledger_page(inputs),
        "operations.md": operations_page(),
        **vector_pages(inputs.cases, notes),
        **api_pages(root),
        "changelog.md": changelog_page(root),
    }
    return {name: text.rstrip("\n") + "\n" for name, text in pages.items()}


# Chapters


def chapter_pages(root: Path, matrix: Matrix, inputs: Inputs) -> dict[str, str]:
    """Include the chapters' texts, and list them in the order of reading."""
    # Blocks show code, vectors and evidence, so a page is stale when any of them changes.
    shown = strict_json.dumps(matrix.to_json()) + repr(sorted(inputs.evidence.items()))
    digest = hashlib.sha256(shown.encode()).hexdigest()[:16]
    files = chapter_files(root / "spec")
    pages = {}
    for chapter, group in groupby(files, key=lambda file: file.parent.name):
        first, *others = [file.name for file in group]
        for name in (first, *others):
            include = f"% {digest}\n\n```{{include}} /../spec/{chapter}/{name}\n```\n"
            pages[f"spec/{chapter}/{name}"] = include
        if others:
            entries = "\n".join(name.removesuffix(".md") for name in others)
            pages[f"spec/{chapter}/{first}"] += f"\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n"
    tops = [
        f"{chapter}/{next(group).stem}"
        for chapter, group in groupby(files, lambda each: each.parent.name)
    ]
    pages["spec/index.md"] = "\n".join(
        [
            "# Chapters",
            "",
            "What must hold, in the order of reading. Each chapter has numbered requirements",
            "with the code that carries them out, and a page of properties: what follows from",
            "the rules.",
            "",
            "```{toctree}",
            ":maxdepth: 2",
            "",
            *tops,
            "```",
        ]
    )
    return pages


def chapter_table(matrix: Matrix) -> str:
    """Give the table of chapters on the first page."""
    rows = []
    for chapter, group in groupby(matrix.rows, key=lambda row: row.requirement.chapter):
        members = list(group)
        first = members[0].requirement.place.file.rpartition("/")[2].removesuffix(".md")
        modules = sorted({_module(mention.place.file) for row in members for mention in row.code})
        ids_by_suite: dict[str, set[str]] = {}
        for case in (case for row in members for case in row.accepted + row.rejected):
            ids_by_suite.setdefault(case.suite, set()).add(case.id)
        properties = {each.id for row in members for each in row.properties}
        rows.append(
            (
                f"[{chapter.replace('_', ' ')}](/generated/spec/{chapter}/{first}.md)",
                str(len(members)),
                lines(f"{{py:mod}}`{each.removeprefix('payy_ref.')} <{each}>`" for each in modules),
                lines(
                    f"[{suite}](/generated/vectors/{suite}.md): {len(ids)}"
                    for suite, ids in sorted(ids_by_suite.items())
                ),
                str(len(properties)),
            )
        )
    return table(("chapter", "requirements", "code", "vectors", "properties"), rows)


def circuit_messages(root: Path) -> dict[str, str]:
    """Tabulate what the deployed circuit says, and the codes; nothing if there is no list."""
    file = root / "spec" / "transactions" / "circuit_messages.toml"
    if not file.is_file():
        return {}
    messages = tomllib.loads(file.read_text("utf-8"))["messages"]
    rows = (
        (plain(each["text"]), ", ".join(f"{{error}}`{code}`" for code in each["codes"]))
        for each in messages
    )
    return {"circuit_messages.inc": table(("the circuit says", "code"), rows)}


def contract_pages(root: Path, matrix: Matrix) -> dict[str, str]:
    """Show the contracts; their errors are links where the specification has the code."""
    codes = {row.entry.code for row in matrix.code_rows}
    return {
        **ContractPages(table, plain, codes).all_of(root),
        "contract_checks.inc": check_table(root, table, plain),
    }


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


# Errors, traceability, ledger


def error_page(matrix: Matrix) -> str:
    """List the error codes by chapter."""
    sections = [
        "# Error codes",
        "",
        "The closed list of reasons to reject an input. A code belongs to one chapter, names one",
        "kind of mistake, and is never renamed or given a new meaning. When an input breaks",
        "several rules, the code is that of the first check in the order that the chapter gives.",
    ]
    for chapter, group in groupby(matrix.code_rows, key=lambda row: row.entry.chapter):
        rows = [
            (
                f"{{define-error}}`{row.entry.code}`<br>{plain(row.entry.meaning)}",
                lines(f"{{req}}`{each.id}`" for each in row.requirements),
                lines(f"{{vector}}`{case.id}`" for case in row.cases[:1]),
            )
            for row in group
        ]
        sections += ["", f"## {chapter.replace('_', ' ')}", ""]
        sections.append(table(("code and meaning", "requirements", "first vector"), rows))
    return "\n".join(sections)


def trace_page(matrix: Matrix, inputs: Inputs) -> str:
    """Show the traceability matrix."""
    text = [
        "# Traceability matrix",
        "",
        "Each requirement with its error codes, the code that names it, the vectors that exercise",
        "it (accepted + rejected), and the properties about it with their",
        "[level of evidence](proof_ledger.md).",
        "`payy-ref trace` makes this table. It fails on a rule with a MUST without code, property",
        "or accepting vectors, and, where it lists error codes, on a code without a rejecting",
        "vector.",
        "",
        _state(matrix),
    ]
    for chapter, group in groupby(matrix.rows, key=lambda row: row.requirement.chapter):
        text += ["", f"## {chapter.replace('_', ' ')}", ""]
        text.append(
            table(
                ("requirement", "code", "vectors", "properties"),
                [_trace_row(row, inputs) for row in group],
            )
        )
    if matrix.problems:
        text += ["", "## Open problems", ""]
        text += [f"* {plain(str(problem))}" for problem in matrix.problems]
    return "\n".join(text)


def _state(matrix: Matrix) -> str:
    counted = f"{len(matrix.rows)} requirements, {len(matrix.code_rows)} error codes"
    if matrix.problems:
        return f"{counted}; **{len(matrix.problems)} problems are open**, listed at the end."
    return f"{counted}; no gaps."


def _trace_row(row: Row, inputs: Inputs) -> tuple[str, ...]:
    requirement = row.requirement
    return (
        lines(
            [
                f"{{req}}`{requirement.id}`",
                plain(requirement.title),
                *(f"{{error}}`{code}`" for code in requirement.codes),
            ]
        ),
        lines(_code_link(mention.name) for mention in row.code),
        f"{len(row.accepted)} + {len(row.rejected)}",
        lines(_property_with_level(each, inputs) for each in row.properties),
    )


def _property_with_level(each: Property, inputs: Inputs) -> str:
    entry = inputs.evidence.get(each.id)
    return f"{{prop}}`{each.id.rpartition('-')[2]} <{each.id}>`" + (
        f" {entry.level}" if entry else ""
    )


def _code_link(name: str) -> str:
    shown = name.removeprefix("payy_ref.")
    if any(part.startswith("_") for part in name.split(".")):
        return f"`{shown}`"
    return f"{{py:obj}}`{shown} <{name}>`"


def ledger_page(inputs: Inputs) -> str:
    """Show the proof ledger."""
    rows = []
    for each in inputs.properties:
        entry = inputs.evidence.get(each.id)
        items = () if entry is None else entry.items
        rows.append(
            (
                f"{{prop}}`{each.id}`<br>{plain(each.title)}",
                "" if entry is None else f"**{entry.level}**",
                lines(plain(evidence_line(item)) for item in items) or "none recorded",
                "" if entry is None else lines(plain(text) for text in entry.assumptions),
            )
        )
    tested = [
        f"{{prop}}`{each.id}`"
        for each in inputs.properties
        if (entry := inputs.evidence.get(each.id)) is None or entry.level <= Level.T2
    ]
    meanings = level_meanings()
    levels = [(f"**{each}**", plain(meanings[each])) for each in sorted(Level, reverse=True)]
    return "\n".join(
        [
            "# Proof ledger",
            "",
            "What supports each property, as the engines found it. `payy-ref proofs run` makes it;",
            "nobody types it, and a proof counts only while the source that it speaks of is",
            "unchanged.",
            "",
            "## Levels",
            "",
            table(("level", "meaning"), levels),
            "",
            "The solvers share no code; the translation from Python to formulas is shared.",
            "",
            "A mutant is the source with one small fault. A refuted one makes the proof fail:",
            "there is a counterexample. For the others none was found: a statement says only some",
            "of what the source does, and can hold of a fault in the rest. The base of an",
            "induction reads no source, so it has no mutants.",
            "",
            "A part covers only some of a property and raises no level.",
            "",
            "## What is not proved",
            "",
            "Granted throughout: hashes do not collide, signatures and proofs cannot be forged,",
            "and Python, the solvers and the translator are right. What a proof grants besides",
            "stands beside it. No proof is about time: safety grants nothing about the network,",
            "and progress is tested. Tested and not proved are",
            "",
            ", ".join(tested) + ".",
            "",
            "## Properties",
            "",
            table(("property", "level", "evidence", "assuming"), rows),
        ]
    )


def evidence_line(item: Mapping[str, Any]) -> str:
    """Tell one piece of evidence in a line."""
    text = f"{item['level']}, {item['kind']}: {item['name']}"
    if "part" in item:
        text += f"; for a part: {item['part']}"
    if "bound" in item:
        text += f"; {item['bound']}"
    if "engines" in item:
        text += "; " + ", ".join(
            f"{engine} {version}" for engine, version in item["engines"].items()
        )
    if "necessity" in item:
        necessity = item["necessity"]
        if necessity["mutants_tried"]:
            killed, tried = necessity["mutants_killed"], necessity["mutants_tried"]
            text += f"; {killed} of {tried} mutants refuted"
        if needed := len(necessity["hypotheses"]):
            text += (
                f"; {needed} hypotheses that cannot be dropped"
                if needed > 1
                else ("; a hypothesis that cannot be dropped")
            )
    return text


@cache
def level_meanings() -> dict[Level, str]:
    """Give the docstring under each level."""
    module = ast.parse(inspect.getsource(Level))
    (enum,) = (node for node in module.body if isinstance(node, ast.ClassDef))
    return {Level[name]: meaning for name, (meaning, _) in member_docstrings(enum).items()}


# Vectors


def link_to_vectors(suite: str, operation: str) -> str:
    """Give the label of an operation's section in the catalogue."""
    return f"vectors-{suite}-{operation}".replace("_", "-")


def _operation_link(suite: str, operation: str) -> str:
    return f"{{ref}}`{suite}/{operation} <{link_to_vectors(suite, operation)}>`"


def vector_pages(cases: Sequence[Case], notes: Mapping[str, BugClass]) -> dict[str, str]:
    """Write the catalogue: a page a suite and one on bug classes."""
    by_operation: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        by_operation.setdefault((case.suite, case.operation), []).append(case)
    covered = [
        operation
        for operation in all_operations()
        if (operation.suite, operation.name) in by_operation
    ]
    pages = {}
    summary = []
    for suite, group in groupby(covered, key=lambda operation: operation.suite):
        text = [f"# Vectors: {suite}"]
        for operation in group:
            members = by_operation[operation.suite, operation.name]
            rejected = sum(case.error is not None for case in members)
            summary.append(
                (
                    _operation_link(suite, operation.name),
                    plain(operation.summary),
                    str(len(members) - rejected),
                    str(rejected),
                )
            )
            text += _operation_vectors(operation, members)
        pages[f"vectors/{suite}.md"] = "\n".join(text)
    pages["vectors/bug_classes.md"] = _bug_class_page(cases, notes)
    pages["vectors/index.md"] = "\n".join(
        [
            "# Vector catalogue",
            "",
            f"{len(cases)} vectors. How to read the files: [](/consume_vectors.md).",
            "",
            table(("operation", "what it does", "accepted", "rejected"), summary),
            "",
            "```{toctree}",
            ":maxdepth: 1",
            "",
            *dict.fromkeys(operation.suite for operation in covered),
            "bug_classes",
            "```",
        ]
    )
    return pages


def _operation_vectors(operation: Operation, cases: Sequence[Case]) -> list[str]:
    rows = [
        (
            f"{{define-vector}}`{case.id}`<br>{plain(case.description)}",
            "accepted" if case.error is None else f"{{error}}`{case.error}`",
            lines(f"{{req}}`{name}`" for name in case.requirements),
        )
        for case in cases
    ]
    files = ", ".join(
        f"`conformance_vectors/{path}`" for path in sorted({case.path for case in cases})
    )
    return [
        "",
        f"({link_to_vectors(operation.suite, operation.name)})=",
        f"## {operation.suite} / {operation.name}",
        "",
        f"{plain(operation.summary)} Files: {files}.",
        "",
        table(("id and description", "expected", "requirements"), rows),
    ]


def _bug_class_page(cases: Sequence[Case], notes: Mapping[str, BugClass]) -> str:
    rows = [
        (
            f"`{flag}`",
            plain(note.bug_type),
            plain(note.description),
            plain(note.effect),
            str(sum(flag in case.flags for case in cases)),
        )
        for flag, note in notes.items()
    ]
    return "\n".join(
        [
            "# Bug classes",
            "",
            "The kinds of mistakes that vectors look for. A case names its classes under `flags`.",
            "",
            table(("flag", "family", "mistake", "effect", "vectors"), rows),
        ]
    )


# Operations and their schemas


def operations_page() -> str:
    """List the operations with the form of each field, and where their schemas are."""
    text = [
        "# Operations and schemas",
        "",
        "What an implementation can be asked, in files and through the driver protocol. The forms",
        "are those of the [lexical table](/consume_vectors.md#lexical-forms). Each file of vectors",
        "has a closed JSON Schema 2020-12 in `conformance_vectors/schema/`; all of them share",
        "`common.schema.json`.",
    ]
    for suite, group in groupby(all_operations(), key=lambda operation: operation.suite):
        text += ["", f"## {suite}"]
        for operation in group:
            name = f"{operation.suite}.{operation.name}.schema.json"
            rows = [
                *_field_rows("input", operation.inputs, operation.optional_inputs),
                *_field_rows("output", operation.outputs, operation.optional_outputs),
            ]
            text += [
                "",
                f"### {suite} / {operation.name}",
                "",
                f"{plain(operation.summary)} Schema: `{name}`.",
                "",
                table(("", "field", "form"), rows),
            ]
    text += ["", "## Records", "", "Records that occur in several operations."]
    for name, record in sorted(_named_records().items()):
        rows = [row[1:] for row in _field_rows("", record.fields, record.optional)]
        text += ["", f"({_record_label(name)})=", f"### {name}", "", table(("field", "form"), rows)]
    for name, variant in sorted(_named_variants().items()):
        text += ["", f"({_record_label(name)})=", f"### {name}", ""]
        text += [f"The field `{variant.tag}` says which kind it is."]
        for kind, record in variant.kinds.items():
            rows = [row[1:] for row in _field_rows("", record.fields, record.optional)]
            text += ["", f"`{kind}`:", "", table(("field", "form"), rows or [("none", "")])]
    return "\n".join(text)


def _named_variants() -> dict[str, Variant[Any]]:
    """Find the forms of several kinds, wherever they occur."""
    return {form.name: form for form in _all_forms() if isinstance(form, Variant)}


def _named_records() -> dict[str, Record]:
    """Find the records that have a name, wherever they occur."""
    return {
        form.name: form.form
        for form in _all_forms()
        if isinstance(form, Structure) and form.name and isinstance(form.form, Record)
    }


def _all_forms() -> Iterator[Form[Any]]:
    """Walk through the forms of all operations, and what they are made of."""
    unvisited: list[Form[Any]] = [
        form for each in all_operations() for form in (each.input_form, each.output_form)
    ]
    while unvisited:
        form = unvisited.pop()
        yield form
        match form:
            case Structure(form=parts):
                unvisited.append(parts)
            case ListOf(item=item):
                unvisited.append(item)
            case Record(fields=fields):
                unvisited += fields.values()
            case Variant(kinds=kinds):
                unvisited += kinds.values()


def _record_label(name: str) -> str:
    return f"record-{name.replace(' ', '-')}"


def _field_rows(
    side: str, fields: Mapping[str, Form[Any]], optional: Iterable[str]
) -> list[tuple[str, ...]]:
    return [
        (side, f"`{name}`", form_in_words(form) + (", may be absent" if name in optional else ""))
        for name, form in fields.items()
    ]


def form_in_words(form: Form[Any]) -> str:
    """Name a form as the lexical table does."""
    match form:
        case Bytes(length=None):
            return "bytes"
        case Bytes(length=length):
            return f"{length} bytes"
        case Canonical():
            return "field element"
        case Word():
            return "word"
        case Integer():
            return "integer"
        case Boolean():
            return "boolean"
        case Text():
            return "text"
        case ListOf(item=item, length=None):
            return f"list of {_several(item)}"
        case ListOf(item=item, length=length):
            return f"list of {length} {_several(item)}"
        case Record(fields=fields):
            inside = "; ".join(f"`{name}`: {form_in_words(each)}" for name, each in fields.items())
            return f"record ({inside})"
        case Structure(words=words) if words:
            return words
        case Structure(name=name) | Variant(name=name) if name:
            return f"[{name}](#{_record_label(name)})"
        case Structure(form=parts):
            return form_in_words(parts)
        case _:
            raise TypeError(f"no words for the form {form!r}")


def _several(form: Form[Any]) -> str:
    """Name a form in the plural."""
    words = form_in_words(form)
    match form:
        case Bytes(length=None):
            return "byte strings"
        case Bytes(length=length):
            return f"byte strings of {length} bytes"
        case ListOf():
            return words.replace("list", "lists", 1)
        case Record():
            return words.replace("record", "records", 1)
        case Structure(name=name) | Variant(name=name) if name:
            plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
            return words.replace(f"[{name}]", f"[{plural}]")
        case Structure(form=parts):
            return _several(parts)
        case _:
            return f"{words}s"


# Python reference


def api_pages(root: Path) -> dict[str, str]:
    """Give each module a page, made from its docstrings."""
    modules = sorted(
        _module(file.relative_to(root).as_posix())
        for package in PACKAGES
        for file in (root / package).rglob("*.py")
        if file.relative_to(root / package).parts[0] not in PACKAGES_WITHOUT_PAGES
        and file.stem != "__main__"
    )
    pages = {}
    for module in modules:
        title = f"``{module}``"
        pages[f"api/{module}.rst"] = "\n".join(
            [title, "=" * len(title), "", f".. automodule:: {module}"]
        )
    pages["api/index.md"] = "\n".join(
        [
            "# Python reference",
            "",
            "The packages module by module, from their docstrings.",
            "",
            "```{toctree}",
            ":maxdepth: 1",
            "",
            *modules,
            "```",
        ]
    )
    return pages


def changelog_page(root: Path) -> str:
    """Include the changelog, if there is one."""
    if (root / "CHANGELOG.md").is_file():
        return "```{include} /../CHANGELOG.md\n```"
    return "# Changelog\n\nNothing is released yet."


# Markdown


def plain(text: str) -> str:
    """Protect text from being read as markup, and let long names and numbers break into lines."""
    return " ".join(
        "<wbr>".join(_MARKUP.sub(r"\\\1", part) for part in _parts(word)) for word in text.split()
    )


def _parts(word: str) -> list[str]:
    """Divide a word where it may break: a short one nowhere."""
    if len(word) <= _LONGEST:
        return [word]
    return [
        part[start : start + _LONGEST]
        for part in _PLACES.split(word)
        for start in range(0, len(part), _LONGEST)
    ]


def lines(items: Iterable[str]) -> str:
    """Put each item on a line of its own in a cell."""
    return "<br>".join(items)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table."""
    body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads), *body])
