"""
Lines that must not break a driver, and what it is to answer.

What the protocol says about a bad line is demanded; where it says nothing, as of duplicate keys,
any well-formed answer will do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from payy_ref.conformance import protocol
from payy_ref.errors import ErrorCode
from payy_ref.primitives import strict_json
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.model import Case

DEEP: Final = 100_000
"""Levels of nesting that exhaust the stack of a careless parser."""

LONG: Final = 1024 * 1024
"""Characters that do not fit a careless buffer."""

SEQUENCE: Final = 1_000_000
"""Number of the bad requests; any number will do, since a driver only echoes it."""

ERRORED: Final = frozenset({"errored"})
REJECTED: Final = frozenset({"rejected", "skipped"})
NOT_ACCEPTED: Final = ERRORED | REJECTED
ANY: Final = NOT_ACCEPTED | {"accepted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that is no good request."""

    name: str
    """What is wrong with it."""
    line: bytes
    """The line."""
    wanted: frozenset[str]
    """Results that are right."""
    sequence: int | None = None
    """Its number; None if a driver need not be able to read it."""
    code: ErrorCode | None = None
    """The code of a rejection; None for any."""


def bad_lines(case: Case) -> Iterator[BadLine]:
    """Make bad lines out of an accepted case whose input has fields."""
    good = cast("dict[str, Any]", strict_json.loads(protocol.run_request(SEQUENCE, case)))
    for name, line in _unreadable(good, case.id).items():
        yield BadLine(name=name, line=line, wanted=ERRORED)
    for name, line in _unnumbered(good).items():
        yield BadLine(name=name, line=line, wanted=ANY)
    for name, request in _unknown(good).items():
        yield BadLine(name=name, line=_line(request), wanted=ERRORED, sequence=SEQUENCE)
    for name, given in _malformed(good["input"]).items():
        yield BadLine(
            name=f"input: {name}",
            line=_line({**good, "input": given}),
            wanted=REJECTED,
            sequence=SEQUENCE,
            code=ErrorCode.MALFORMED_INPUT,
        )
    for name, line in _strange(good).items():
        yield BadLine(name=f"input: {name}", line=line, wanted=NOT_ACCEPTED)


def _unreadable(good: Mapping[str, Json], case_id: str) -> dict[str, bytes]:
    """Lines that are not JSON, or no object."""
    text = _line(good)
    deep = "[" * DEEP + "]" * DEEP
    return {
        "not JSON": b"run merkle root",
        "half a request": text[: len(text) // 2],
        "null": b"null",
        "a list": b"[]",
        "two requests on one line": text + text,
        "a zero byte": text + b"\0",
        "a byte that is not UTF-8": text.replace(case_id.encode(), b"\xff"),
        "lists without end": b"[" * DEEP,
        "a deeply nested seq": f'{{"cmd":"run","seq":{deep}}}'.encode(),
    }


def _unnumbered(good: Mapping[str, Json]) -> dict[str, bytes]:
    """Requests whose number cannot be echoed, or not by every parser."""
    text = _line(good).decode()
    return {
        "no seq": _line(_without(good, "seq")),
        "a string as seq": _line({**good, "seq": "one"}),
        "a seq of 5000 digits": _line(_without(good, "seq"))[:-1] + b',"seq":' + b"9" * 5000 + b"}",
        "duplicate keys": f'{{"seq":{SEQUENCE},{text[1:]}'.encode(),
    }


def _unknown(good: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """Requests for what there is not."""
    return {
        "no cmd": {"seq": SEQUENCE},
        "unknown cmd": {"seq": SEQUENCE, "cmd": "dance"},
        "a number as cmd": {"seq": SEQUENCE, "cmd": 7},
        "another protocol": {"seq": SEQUENCE, "cmd": "hello", "protocol": 999},
        "no suite": _without(good, "suite"),
        "unknown suite": {**good, "suite": "no-such-suite"},
        "no operation": _without(good, "operation"),
        "unknown operation": {**good, "operation": "no-such-operation"},
        "a list as operation": {**good, "operation": []},
        "a long line": {**good, "operation": "x" * LONG},
    }


def _malformed(given: Mapping[str, Json]) -> dict[str, Json]:
    """Inputs that are not of the operation's form, whatever the operation is."""
    first = min(given)
    return {
        "null": None,
        "a list": [],
        "a string": "0x",
        "no field": {},
        "a field too many": {**given, "no_such_field": "0"},
        "a null field": {**given, first: None},
        "a number as field": {**given, first: 7},
        "nested lists as field": {**given, first: [[[]]]},
    }


def _strange(good: Mapping[str, Any]) -> dict[str, bytes]:
    """Requests that a parser may refuse before anyone sees the input."""
    given = good["input"]
    text = _line({**good, "input": {**given, min(given): "@"}}).decode()
    literals = {
        "a fraction": "0.5",
        "a number of 5000 digits": "9" * 5000,
        "a number beyond every float": "1e99999",
        "NaN": "NaN",
        "deep nesting": "[" * DEEP + "]" * DEEP,
        "an unpaired surrogate": r'"\ud800"',
        "duplicate keys": '{"a":"0","a":"0"}',
    }
    lines = {name: text.replace('"@"', value, 1).encode() for name, value in literals.items()}
    return {"absent": _line(_without(good, "input")), **lines}


def _without(request: Mapping[str, Json], name: str) -> dict[str, Json]:
    return {field: value for field, value in request.items() if field != name}


def _line(request: Mapping[str, Json]) -> bytes:
    return strict_json.dumps(dict(request)).encode("ascii")
