"""
What a vector is, in memory and in its file.

A case is a request of the driver protocol and its answer, with the reason why it exists. A file
holds the cases of one operation, sorted by id.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, Self

from payy_ref import __version__
from payy_ref.crypto.field import FieldElement, reduce
from payy_ref.operations import Operation
from payy_ref.primitives import strict_json
from payy_ref.primitives.strict_json import Json

FORMAT_VERSION: Final = "1.0.0"
"""Version of the file format: a new MAJOR when a consumer must change code."""

GENERAL: Final = "general"
"""Folder of the cases that no parameter of a preset touches."""

GENERAL_PRESET: Final = "mainnet"
"""The preset that is named in a request for a general case."""

CASE_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
"""Ids are slugs; an id is never given to another case."""


class VectorError(Exception):
    """A vector file, or a change to one, is not what it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BugClass:
    """A kind of mistake that cases look for."""

    bug_type: str
    """The family: missing-check, wrong-order, encoding, boundary, …"""
    description: str
    """The mistake."""
    effect: str
    """What it costs."""

    def to_json(self) -> dict[str, Json]:
        """Write the note as it stands in a file."""
        return {"bugType": self.bug_type, "description": self.description, "effect": self.effect}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One vector."""

    id: str
    """Stable slug, unique over all files."""
    preset: str
    """`general`, or the preset whose parameters the case needs."""
    suite: str
    """Suite of the operation."""
    operation: str
    """Name of the operation in its suite."""
    description: str
    """What is given, done and expected, in one sentence."""
    requirements: tuple[str, ...]
    """Ids of the requirements that the case exercises."""
    flags: tuple[str, ...]
    """Bug classes that the case looks for; keys of the file's notes."""
    input: Json
    """The input of the request."""
    expected: Mapping[str, Json]
    """The answer: `result`, and `output` or `error`."""
    source: str
    """The scenario that the case comes from."""

    @property
    def error(self) -> str | None:
        """The expected code, if the case is rejected."""
        error = self.expected.get("error")
        return None if error is None else str(error)

    @property
    def request_preset(self) -> str:
        """The preset to name in the request."""
        return GENERAL_PRESET if self.preset == GENERAL else self.preset

    @property
    def path(self) -> PurePosixPath:
        """The file of the case, relative to the root of the vectors."""
        return PurePosixPath(self.preset, self.suite, f"{self.operation}.json")

    def to_json(self) -> dict[str, Json]:
        """Write the case as it stands in a file."""
        content: dict[str, Json] = {
            "id": self.id,
            "description": self.description,
            "requirements": list(self.requirements),
            "flags": list(self.flags),
            "input": self.input,
            "expected": dict(self.expected),
        }
        return {**content, "_info": {"hash": content_hash(content), "source": self.source}}

    @classmethod
    def from_json(
        cls, document: Mapping[str, Any], *, preset: str, suite: str, operation: str
    ) -> Self:
        """
        Read a case from its file.

        Raises:
            KeyError, TypeError: a field is absent or of another type.
        """
        case = cls(
            id=document["id"],
            preset=preset,
            suite=suite,
            operation=operation,
            description=document["description"],
            requirements=tuple(document["requirements"]),
            flags=tuple(document["flags"]),
            input=document["input"],
            expected=document["expected"],
            source=document["_info"]["source"],
        )
        texts = (case.id, case.description, case.source, *case.requirements, *case.flags)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("an id, description, source, requirement or flag is not text")
        if not isinstance(case.expected, Mapping):
            raise TypeError("expected is not an object")
        return case


def case_record(case: Case) -> dict[str, Json]:
    """Write a case together with its place, as one value that can travel by itself."""
    place: dict[str, Json] = {"preset": case.preset, "suite": case.suite}
    return {**place, "operation": case.operation, "case": case.to_json()}


def case_of_record(record: Mapping[str, Any]) -> Case:
    """Read a case that `case_record` wrote."""
    place = {name: record[name] for name in ("preset", "suite", "operation")}
    return Case.from_json(record["case"], **place)


def content_hash(content: Mapping[str, Json]) -> str:
    """Hash a case without its `_info`: SHA-256 of its JSON with sorted keys, in ASCII."""
    return "0x" + hashlib.sha256(strict_json.dumps(dict(content)).encode("ascii")).hexdigest()


def file_document(
    cases: Iterable[Case], operation: Operation, notes: Mapping[str, BugClass]
) -> Json:
    """Write the cases of one operation as a file."""
    ordered = sorted(cases, key=lambda case: case.id)
    used = sorted({flag for case in ordered for flag in case.flags})
    return {
        "formatVersion": FORMAT_VERSION,
        "specVersion": __version__,
        "schema": f"schema/{operation.suite}.{operation.name}.schema.json",
        "preset": ordered[0].preset,
        "suite": operation.suite,
        "operation": operation.name,
        "caseCount": len(ordered),
        "notes": {flag: notes[flag].to_json() for flag in used},
        "cases": [case.to_json() for case in ordered],
    }


def case_bytes(case_id: str, length: int, label: str = "") -> bytes:
    """
    Derive a case's own random bytes from its id.

    There is no shared stream, so a new case changes no other one.
    """
    prefix = b"payy-ref/vectors/v1" + b"".join(
        len(part).to_bytes(4, "big") + part for part in (case_id.encode(), label.encode())
    )
    digests = (
        hashlib.sha256(prefix + offset.to_bytes(8, "big")).digest()
        for offset in range(0, length, 32)
    )
    return b"".join(digests)[:length]


def case_elements(case_id: str, count: int, label: str = "") -> tuple[FieldElement, ...]:
    """Derive a case's own field elements from its id."""
    stream = case_bytes(case_id, 64 * count, label)
    return tuple(reduce(int.from_bytes(stream[64 * i : 64 * (i + 1)], "big")) for i in range(count))
