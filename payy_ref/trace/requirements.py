"""
Requirements and properties, read from the chapters of the specification.

They stand in `spec/<chapter>/*.md` as fenced blocks::

    ```{requirement} PAYY-MERKLE-006
    :title: Zero is never a leaf
    :codes: MERKLE_ELEMENT_ZERO

    The element MUST NOT be 0.
    ```

    ```{property} PAYY-MERKLE-T01
    :title: Path soundness
    :requirements: PAYY-MERKLE-011

    Two paths of one slot that lead to one root hold the same leaf.
    ```

This is the only parser of these blocks: the published pages take from it what they show.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REQUIREMENT_ID: Final = re.compile(r"PAYY-[A-Z]+-[0-9]{3}\Z")
PROPERTY_ID: Final = re.compile(r"PAYY-[A-Z]+-T[0-9]{2}\Z")
NAMED_ID: Final = re.compile(r"PAYY-[A-Za-z0-9_-]+")
"""Whatever is meant as an id, so that a misspelt one is found and then known to be none."""

CHAPTERS: Final = (
    "conventions",
    "field_and_hash",
    "merkle",
    "notes",
    "transactions",
    "ledger",
    "circuits",
    "settlement",
    "bridge",
    "queue",
    "consensus",
    "finality",
    "provers",
)
"""The order of reading; other chapters follow, sorted by name."""

DEFINITION: Final = "definition"
"""Kind of a requirement that no input breaks, such as what a hash is."""

_FENCE: Final = re.compile(r"(?P<mark>`{3,}|~{3,}|:{3,})(?P<info>.*)")
_DIRECTIVE: Final = re.compile(r"\{(?P<name>[\w-]+)\}\s*(?P<argument>.*)")
_OPTION: Final = re.compile(r":(?P<name>[\w-]+):(?P<value>.*)")
_OPTIONS: Final = {
    "requirement": {"title", "codes", "kind"},
    "property": {"title", "requirements"},
}


class TraceError(Exception):
    """The sources cannot be read as what they must be."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands."""

    file: str
    """Path from the root of the project, with slashes."""
    line: int
    """Line, from 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One numbered rule."""

    id: str
    """`PAYY-<CHAPTER>-<NNN>`; never given to another rule."""
    title: str
    """The rule in a few words."""
    chapter: str
    """Folder of the chapter."""
    codes: tuple[str, ...]
    """Error codes of the inputs that break the rule."""
    kind: str
    """`rule` or `definition`."""
    text: str
    """The rule, as MyST."""
    place: Place
    """Where its block begins."""

    @property
    def is_normative(self) -> bool:
        """Tell whether the text obliges: it says MUST."""
        return re.search(r"\bMUST\b", self.text) is not None

    @property
    def has_rejections(self) -> bool:
        """Tell whether some input must be rejected because of this rule."""
        return bool(self.codes) and self.kind != DEFINITION


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One theorem about the rules."""

    id: str
    """`PAYY-<CHAPTER>-T<NN>`."""
    title: str
    """The theorem in a few words."""
    chapter: str
    """Folder of the chapter."""
    requirements: tuple[str, ...]
    """The rules that it is about."""
    text: str
    """The theorem in words and as a formula, as MyST."""
    place: Place
    """Where its block begins."""


def read_chapters(spec: Path) -> tuple[tuple[Requirement, ...], tuple[Property, ...]]:
    """
    Read all chapters, in the order of reading.

    Raises:
        TraceError: a block is not of the markup.
    """
    requirements: list[Requirement] = []
    properties: list[Property] = []
    for file in chapter_files(spec):
        for block in _blocks(file, file.relative_to(spec.parent).as_posix()):
            if block.name == "requirement":
                requirements.append(_requirement(block, file.parent.name))
            else:
                properties.append(_property(block, file.parent.name))
    return tuple(requirements), tuple(properties)


def requirement_texts(spec: Path) -> dict[str, str]:
    """
    Give title and text of each requirement by its id.

    Raises:
        TraceError: a block is not of the markup.
    """
    requirements, _ = read_chapters(spec)
    return {each.id: f"{each.title}. {each.text}" for each in requirements}


def chapter_files(spec: Path) -> tuple[Path, ...]:
    """List the pages of all chapters: chapters in order of reading, in each its rules first."""
    files = spec.glob("*/*.md")
    return tuple(
        sorted(files, key=lambda file: (chapter_key(file.parent.name), _page_key(file.stem)))
    )


def chapter_key(chapter: str) -> tuple[int, str]:
    """Give the sort key of a chapter."""
    known = CHAPTERS.index(chapter) if chapter in CHAPTERS else len(CHAPTERS)
    return known, chapter


def _page_key(stem: str) -> tuple[int, str]:
    return ("rules", "properties").index(stem) if stem in ("rules", "properties") else 2, stem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """One directive of ours."""

    name: str
    argument: str
    options: Mapping[str, str]
    text: str
    place: Place


def _blocks(file: Path, shown: str) -> Iterator[_Block]:
    """Find the outermost fenced blocks and give those that are requirements or properties."""
    lines = file.read_text("utf-8").splitlines()
    index = 0
    while index < len(lines):
        opening = _FENCE.match(lines[index])
        if opening is None:
            index += 1
            continue
        place = Place(shown, index + 1)
        end = _closing_line(lines, index, opening["mark"], place)
        directive = _DIRECTIVE.match(opening["info"].strip())
        if directive is not None and directive["name"] in _OPTIONS:
            yield _block(directive["name"], directive["argument"], lines[index + 1 : end], place)
        index = end + 1


def _closing_line(lines: Sequence[str], start: int, mark: str, place: Place) -> int:
    for index in range(start + 1, len(lines)):
        line = lines[index].strip()
        if len(line) >= len(mark) and set(line) == {mark[0]}:
            return index
    raise TraceError(f"{place}: the block is not closed")


def _block(name: str, argument: str, body: Sequence[str], place: Place) -> _Block:
    options: dict[str, str] = {}
    for line in body:
        option = _OPTION.match(line)
        if option is None:
            break
        key = option["name"]
        if key not in _OPTIONS[name]:
            raise TraceError(f"{place}: a {name} has no option :{key}:")
        if key in options:
            raise TraceError(f"{place}: :{key}: is given twice")
        options[key] = option["value"].strip()
    if not options.get("title"):
        raise TraceError(f"{place}: the {name} has no :title:")
    text = "\n".join(body[len(options) :]).strip()
    if not text:
        raise TraceError(f"{place}: the {name} has no text")
    return _Block(name=name, argument=argument.strip(), options=options, text=text, place=place)


def _listed(value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split())


def _requirement(block: _Block, chapter: str) -> Requirement:
    if REQUIREMENT_ID.match(block.argument) is None:
        raise TraceError(f"{block.place}: {block.argument!r} is no id of a requirement")
    kind = block.options.get("kind", "rule")
    if kind not in ("rule", DEFINITION):
        raise TraceError(f"{block.place}: {kind!r} is no kind of requirement")
    return Requirement(
        id=block.argument,
        title=block.options["title"],
        chapter=chapter,
        codes=_listed(block.options.get("codes", "")),
        kind=kind,
        text=block.text,
        place=block.place,
    )


def _property(block: _Block, chapter: str) -> Property:
    if PROPERTY_ID.match(block.argument) is None:
        raise TraceError(f"{block.place}: {block.argument!r} is no id of a property")
    requirements = _listed(block.options.get("requirements", ""))
    if not requirements:
        raise TraceError(f"{block.place}: the property names no :requirements:")
    return Property(
        id=block.argument,
        title=block.options["title"],
        chapter=chapter,
        requirements=requirements,
        text=block.text,
        place=block.place,
    )
