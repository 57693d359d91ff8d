"""
The traceability matrix: requirements joined with code, error codes, vectors, properties, evidence.

`collect` reads the project, `join` is a function of what was read. Every gap is a `Problem`; the
only way to live with one is a line in `spec/not_applicable.toml`, and a line that no gap needs is
a problem too.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from payy_ref.assurance.ledger import LEDGER_FILE, read_ledger
from payy_ref.assurance.levels import Level
from payy_ref.primitives.strict_json import Json
from payy_ref.trace.requirements import Property, Requirement, TraceError, read_chapters
from payy_ref.trace.source import (
    ERRORS_MODULE,
    PACKAGES,
    CodeEntry,
    Mention,
    Source,
    joined,
    read_codes,
    read_source,
)
from payy_ref.vectors.model import Case
from payy_ref.vectors.store import load_cases

EXCEPTIONS: Final = "spec/not_applicable.toml"
"""Ids whose gaps are meant, each with its reason."""

VECTORS: Final = "conformance_vectors"
"""The committed vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What the proof ledger says about one property."""

    level: Level
    """The level that its evidence amounts to."""
    assumptions: tuple[str, ...]
    """What has to be granted, in words."""
    items: tuple[Mapping[str, Any], ...]
    """The pieces of evidence, as the ledger has them, strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that the matrix is made of."""

    requirements: tuple[Requirement, ...]
    """The rules, in order of reading; an id that is defined twice stands twice."""
    properties: tuple[Property, ...]
    """The theorems, likewise."""
    codes: tuple[CodeEntry, ...]
    """The error codes, in the order of the enum."""
    code: Source
    """What the package's sources say."""
    tests: Source
    """What the specification's tests and proofs say."""
    cases: tuple[Case, ...]
    """The vectors."""
    evidence: Mapping[str, LedgerEntry] = field(default_factory=dict)
    """What supports each property."""
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """The reason for each exception, by the id that it excuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One requirement and all that belongs to it."""

    requirement: Requirement
    """The rule."""
    code: tuple[Mention, ...]
    """The places of the package that implement it."""
    tests: tuple[Mention, ...]
    """The tests and proofs that name it."""
    accepted: tuple[Case, ...]
    """Vectors that exercise it and are accepted."""
    rejected: tuple[Case, ...]
    """Vectors that exercise it and are rejected, with whatever code."""
    properties: tuple[Property, ...]
    """The theorems about it."""
    level: Level
    """The strongest evidence that any of its properties has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """One error code and all that belongs to it."""

    entry: CodeEntry
    """The code."""
    requirements: tuple[Requirement, ...]
    """The rules that list it."""
    raised_in: tuple[str, ...]
    """The functions that raise it."""
    cases: tuple[Case, ...]
    """The vectors that expect it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing that does not hold together."""

    kind: str
    """What sort of thing, as a slug."""
    subject: str
    """The id, code or place that it is about."""
    message: str
    """The whole story, for a person."""

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The join of everything."""

    rows: tuple[Row, ...]
    """One row a requirement."""
    code_rows: tuple[CodeRow, ...]
    """One row an error code."""
    problems: tuple[Problem, ...]
    """What is wrong; empty in a project that is whole."""

    def to_json(self) -> dict[str, Json]:
        """Write the matrix for other tools."""
        return {
            "requirements": [_row_to_json(row) for row in self.rows],
            "codes": [_code_row_to_json(row) for row in self.code_rows],
            "problems": [
                {"kind": each.kind, "subject": each.subject, "message": each.message}
                for each in self.problems
            ],
        }


def collect(root: Path) -> Inputs:
    """
    Read a project.

    The vectors, the ledger and the exceptions may be absent: then there are none.

    Raises:
        TraceError: a source is not what it must be.
        VectorError: a vector file is not of the format.
    """
    spec = root / "spec"
    requirements, properties = read_chapters(spec)
    vectors = root / VECTORS
    return Inputs(
        requirements=requirements,
        properties=properties,
        codes=read_codes(root / ERRORS_MODULE),
        code=joined(read_source(root / package, root) for package in PACKAGES),
        tests=read_source(spec, root),
        cases=load_cases(vectors) if vectors.is_dir() else (),
        evidence=read_evidence(root / LEDGER_FILE),
        exceptions=read_exceptions(root / EXCEPTIONS),
    )


def read_evidence(file: Path) -> dict[str, LedgerEntry]:
    """
    Read the proof ledger; none if there is no file.

    Raises:
        TraceError: it is not of the ledger's form.
    """
    try:
        return {
            each: LedgerEntry(
                level=Level[entry["level"]],
                assumptions=tuple(entry.get("assumptions", ())),
                items=tuple(entry["evidence"]),
            )
            for each, entry in read_ledger(file).items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TraceError(f"{file}: not a proof ledger: {error!r}") from error


def read_exceptions(file: Path) -> dict[str, str]:
    """
    Read the exceptions; none if there is no file.

    Raises:
        TraceError: it is not TOML, or a value is no text.
    """
    if not file.is_file():
        return {}
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TraceError(f"{file}: not TOML: {error}") from error
    if not all(isinstance(reason, str) and reason.strip() for reason in document.values()):
        raise TraceError(f'{file}: every line is `id = "reason"`')
    return document


def join(inputs: Inputs) -> Matrix:
    """Put together what belongs together, and find what does not."""
    rows = tuple(_row(requirement, inputs) for requirement in inputs.requirements)
    code_rows = tuple(_code_row(entry, inputs) for entry in inputs.codes)
    gaps = [*_gaps_of_requirements(rows), *_gaps_of_codes(code_rows)]
    excused = {gap.subject for gap in gaps} & inputs.exceptions.keys()
    problems = [
        *_duplicates(inputs),
        *_dangling(inputs),
        *_unsound_checks(inputs),
        *(gap for gap in gaps if gap.subject not in excused),
        *(
            Problem(
                kind="unused-exception", subject=each, message=f"{EXCEPTIONS} excuses no gap of it"
            )
            for each in sorted(inputs.exceptions.keys() - excused)
        ),
    ]
    return Matrix(rows=rows, code_rows=code_rows, problems=tuple(problems))


def _row(requirement: Requirement, inputs: Inputs) -> Row:
    name = requirement.id
    cases = [case for case in inputs.cases if name in case.requirements]
    properties = tuple(each for each in inputs.properties if name in each.requirements)
    levels = [inputs.evidence[each.id].level for each in properties if each.id in inputs.evidence]
    return Row(
        requirement=requirement,
        code=tuple(mention for mention in inputs.code.mentions if name in mention.ids),
        tests=tuple(mention for mention in inputs.tests.mentions if name in mention.ids),
        accepted=tuple(case for case in cases if case.error is None),
        rejected=tuple(case for case in cases if case.error is not None),
        properties=properties,
        level=max(levels, default=Level.O),
    )


def _code_row(entry: CodeEntry, inputs: Inputs) -> CodeRow:
    raised_in = {check.function for check in inputs.code.checks if check.code == entry.code}
    return CodeRow(
        entry=entry,
        requirements=tuple(each for each in inputs.requirements if entry.code in each.codes),
        raised_in=tuple(sorted(raised_in)),
        cases=tuple(case for case in inputs.cases if case.error == entry.code),
    )


def _gaps_of_requirements(rows: tuple[Row, ...]) -> Iterator[Problem]:
    """Find what a requirement with a MUST lacks."""
    for row in rows:
        requirement = row.requirement
        if not requirement.is_normative:
            continue
        missing = []
        if not row.code:
            missing.append(("no-code", "no docstring names it under Requirements"))
        if not row.properties:
            missing.append(("no-property", "no property is about it"))
        if not row.accepted:
            missing.append(("no-accepting-vector", "no accepted vector exercises it"))
        if requirement.has_rejections:
            expected = {case.error for case in row.rejected}
            missing += [
                ("no-rejecting-vector", f"no vector of it is rejected with {code}")
                for code in requirement.codes
                if code not in expected
            ]
        for kind, message in missing:
            yield Problem(kind=kind, subject=requirement.id, message=message)


def _gaps_of_codes(rows: tuple[CodeRow, ...]) -> Iterator[Problem]:
    """Find codes that are listed but lead no life."""
    for row in rows:
        missing = []
        if not row.requirements:
            missing.append(("code-without-requirement", "no requirement lists it under :codes:"))
        if not row.raised_in:
            missing.append(("code-without-check", "no require raises it"))
        if not row.cases:
            missing.append(("code-without-vector", "no vector expects it"))
        for kind, message in missing:
            yield Problem(kind=kind, subject=row.entry.code, message=message)


def _duplicates(inputs: Inputs) -> Iterator[Problem]:
    """Find ids that are defined twice."""
    defined: tuple[Requirement | Property, ...] = (*inputs.requirements, *inputs.properties)
    counts = Counter(each.id for each in defined)
    for name in sorted(name for name, count in counts.items() if count > 1):
        places = ", ".join(str(each.place) for each in defined if each.id == name)
        yield Problem(
            kind="duplicate-id", subject=name, message=f"defined more than once: {places}"
        )


def _dangling(inputs: Inputs) -> Iterator[Problem]:
    """Find references to ids and codes that do not exist."""
    requirements = {each.id for each in inputs.requirements}
    ids = requirements | {each.id for each in inputs.properties}
    codes = {entry.code for entry in inputs.codes}
    references: list[tuple[str, str]] = []
    for mention in (*inputs.code.mentions, *inputs.tests.mentions):
        references += [
            (f"{mention.place} ({mention.name})", name) for name in mention.ids if name not in ids
        ]
    for each in inputs.properties:
        references += [
            (f"{each.place} ({each.id})", name)
            for name in each.requirements
            if name not in requirements
        ]
    for case in inputs.cases:
        references += [
            (f"vector {case.id}", name) for name in case.requirements if name not in requirements
        ]
    for requirement in inputs.requirements:
        references += [
            (f"{requirement.place} ({requirement.id})", code)
            for code in requirement.codes
            if code not in codes
        ]
    for check in inputs.code.checks:
        if check.code is not None and check.code not in codes:
            references.append((f"{check.place} ({check.function})", check.code))
    references += [
        (LEDGER_FILE, name)
        for name in inputs.evidence
        if name not in {each.id for each in inputs.properties}
    ]
    for source, name in references:
        yield Problem(
            kind="dangling", subject=source, message=f"names {name}, which does not exist"
        )


def _unsound_checks(inputs: Inputs) -> Iterator[Problem]:
    """Find rejections that the documentation or this tool would not see."""
    for check in inputs.code.checks:
        where = f"{check.place} ({check.function})"
        if check.code is None:
            yield Problem(
                kind="unreadable-check",
                subject=where,
                message="require without a literal ErrorCode",
            )
        elif not check.is_documented:
            yield Problem(
                kind="undocumented-code",
                subject=where,
                message=f"raises {check.code}, which the docstring does not name under Raises",
            )
    for place in inputs.code.raises_past_require:
        yield Problem(
            kind="raise-past-require",
            subject=str(place),
            message="raises SpecError without require",
        )


def _row_to_json(row: Row) -> dict[str, Json]:
    return {
        "id": row.requirement.id,
        "title": row.requirement.title,
        "chapter": row.requirement.chapter,
        "place": str(row.requirement.place),
        "normative": row.requirement.is_normative,
        "codes": list(row.requirement.codes),
        "code": [mention.name for mention in row.code],
        "tests": [mention.name for mention in row.tests],
        "accepted": [case.id for case in row.accepted],
        "rejected": [case.id for case in row.rejected],
        "properties": [each.id for each in row.properties],
        "level": str(row.level),
    }


def _code_row_to_json(row: CodeRow) -> dict[str, Json]:
    return {
        "code": row.entry.code,
        "chapter": row.entry.chapter,
        "meaning": row.entry.meaning,
        "requirements": [each.id for each in row.requirements],
        "raisedIn": list(row.raised_in),
        "vectors": [case.id for case in row.cases],
    }
