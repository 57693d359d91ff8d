"""
The messages of the driver protocol, from the side that asks.

An answer must have exactly the fields of the protocol: a field that a reader would ignore today
is a check that it misses tomorrow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payy_ref.driver.reference import PROTOCOL
from payy_ref.errors import ErrorCode
from payy_ref.primitives import strict_json
from payy_ref.primitives.strict_json import Json, StrictJsonError
from payy_ref.vectors.model import Case


class Level(StrEnum):
    """How much of an answer is compared."""

    VERDICT = "verdict"
    """Accepted or rejected, and the output."""
    REASON = "reason"
    """Also the code of a rejection."""


class ProtocolError(Exception):
    """The driver answered, but not as the protocol says."""

    def __init__(self, message: str, *, in_step: bool = True) -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.in_step = in_step
        """Whether the next line will be the answer to the next request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a driver says of itself."""

    implementation: str
    """Name of what it drives."""
    version: str
    """Version of what it drives."""
    suites: tuple[str, ...]
    """Suites that it answers."""
    presets: tuple[str, ...]
    """Presets that it knows."""
    level: Level
    """Whether it gives the codes of rejections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A well-formed answer, `seq` apart."""

    result: str
    """`accepted`, `rejected`, `skipped`, `errored` or `stopped`."""
    output: Json = None
    """The output of an accepted input."""
    error: str | None = None
    """The code of a rejected one; a driver of level verdict may leave it out."""
    message: str = ""
    """Why it was skipped or errored."""


_CONTENT: Final[Mapping[str, str | None]] = {
    "accepted": "output",
    "rejected": "error",
    "skipped": "reason",
    "errored": "message",
    "stopped": None,
}
"""The field that goes with each result."""

_HELLO_FIELDS: Final = frozenset(
    {"seq", "implementation", "version", "protocol", "suites", "presets", "level"}
)


def hello_request(sequence: int) -> bytes:
    """Ask a driver who it is."""
    return _line({"seq": sequence, "cmd": "hello", "protocol": PROTOCOL})


def run_request(sequence: int, case: Case) -> bytes:
    """Ask about one case. The expectation stays here."""
    return _line(
        {
            "seq": sequence,
            "cmd": "run",
            "preset": case.request_preset,
            "suite": case.suite,
            "operation": case.operation,
            "id": case.id,
            "input": case.input,
        }
    )


def stop_request(sequence: int) -> bytes:
    """Ask a driver to exit."""
    return _line({"seq": sequence, "cmd": "stop"})


def read_hello(line: bytes, sequence: int, *, validate: bool) -> Hello:
    """
    Read the answer to `hello`.

    Raises:
        ProtocolError: not the answer; with `validate`, also a field too many.
    """
    document = _document(line)
    if document.get("result") == "errored":
        raise ProtocolError(f"hello is errored: {shown(document.get('message'))}")
    _require_sequence(document, sequence)
    missing = _HELLO_FIELDS - document.keys()
    if missing:
        raise ProtocolError(f"the answer to hello lacks {', '.join(sorted(missing))}")
    unknown = document.keys() - _HELLO_FIELDS
    if validate and unknown:
        raise ProtocolError(f"the answer to hello has unknown fields: {_names(unknown)}")
    if type(document["protocol"]) is not int or document["protocol"] != PROTOCOL:
        raise ProtocolError(
            f"the driver speaks protocol {shown(document['protocol'])}, not {PROTOCOL}"
        )
    if document["level"] not in tuple(Level):
        raise ProtocolError(f"the level {shown(document['level'])} is neither verdict nor reason")
    return Hello(
        implementation=_text(document, "implementation"),
        version=_text(document, "version"),
        suites=_texts(document, "suites"),
        presets=_texts(document, "presets"),
        level=Level(str(document["level"])),
    )


def read_answer(
    line: bytes, sequence: int | None, *, level: Level = Level.REASON, validate: bool = False
) -> Answer:
    """
    Read the answer to any other request.

    Args:
        sequence: Number of the request; None if the driver could not read it.
        level: What the driver's hello promised. At level verdict a code may be absent.
        validate: Demand the number of an errored request too.

    Raises:
        ProtocolError: not strict JSON; another `seq`; an unknown result; a field too many or
            too few; an unknown code.
    """
    document = _document(line)
    result = document.get("result")
    # A driver that finds a request unreadable may leave its number out: errored, not out of step.
    unnumbered = result == "errored" and "seq" not in document and not validate
    if sequence is not None and not unnumbered:
        _require_sequence(document, sequence)
    if not isinstance(result, str) or result not in _CONTENT:
        raise ProtocolError(f"unknown result {shown(result)}")
    content = _CONTENT[result]
    unknown = document.keys() - {"seq", "result", content}
    if unknown:
        raise ProtocolError(f"unknown fields in a result {result}: {_names(unknown)}")
    may_lack_code = result == "rejected" and level is Level.VERDICT
    if content is None or (may_lack_code and content not in document):
        return Answer(result=result)
    if content not in document:
        raise ProtocolError(f"the result {result} lacks the field {content}")
    return _answer(result, content, document)


def _answer(result: str, content: str, document: Mapping[str, Json]) -> Answer:
    if result == "accepted":
        if not isinstance(document[content], dict):
            raise ProtocolError("the output is not an object")
        return Answer(result=result, output=document[content])
    text = _text(document, content)
    if result != "rejected":
        return Answer(result=result, message=text)
    if text not in tuple(ErrorCode):
        raise ProtocolError(f"unknown error code {shown(text)}")
    return Answer(result=result, error=text)


def shown(value: object, limit: int = 80) -> str:
    """Quote a value, shortened, for a message."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _line(request: dict[str, Json]) -> bytes:
    return strict_json.dumps(request).encode("ascii")


def _document(line: bytes) -> dict[str, Json]:
    try:
        document = strict_json.loads(line, ascii_only=False)
    except StrictJsonError as error:
        text = shown(line.decode("utf-8", "replace"))
        raise ProtocolError(
            f"the answer is not strict JSON ({error}): {text}", in_step=False
        ) from error
    if not isinstance(document, dict):
        raise ProtocolError("the answer is not a JSON object", in_step=False)
    return document


def _require_sequence(document: Mapping[str, Json], sequence: int) -> None:
    answered = document.get("seq")
    if type(answered) is not int or answered != sequence:
        text = shown(answered) if "seq" in document else "none"
        raise ProtocolError(f"wrong seq: asked {sequence}, answered {text}", in_step=False)


def _text(document: Mapping[str, Json], name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise ProtocolError(f"the field {name} is not a string")
    return value


def _texts(document: Mapping[str, Json], name: str) -> tuple[str, ...]:
    value = document[name]
    if not isinstance(value, list):
        raise ProtocolError(f"the field {name} is not a list")
    if not all(isinstance(item, str) for item in value):
        raise ProtocolError(f"the field {name} is not a list of strings")
    return tuple(str(item) for item in value)


def _names(names: set[str]) -> str:
    return ", ".join(shown(name) for name in sorted(names))
