"""
The driver protocol, answered by the reference.

One request a line, one answer a line, `seq` echoed. An input that breaks a rule is `rejected` with
the rule's code, an input of another form with `MALFORMED_INPUT`; a line that is no request is
`errored`. No input ends the process.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, NoReturn

from payy_ref import __version__
from payy_ref.errors import SpecError
from payy_ref.operations import all_operations, find_operation
from payy_ref.parameters import Preset, load_preset
from payy_ref.primitives import strict_json
from payy_ref.primitives.strict_json import Json, StrictJsonError

PROTOCOL: Final = 1
"""Version of the driver protocol."""

LEVEL: Final = "reason"
"""The reference gives the code of each rejection, not only the verdict."""


MAXIMUM_LINE: Final = 2**26
"""Bytes of the longest line that is read as a request."""


class RequestError(Exception):
    """A line that is no request: the answer is `errored`."""

    def __init__(self, message: str, sequence: int | None = None) -> None:
        super().__init__(message)
        self.sequence = sequence
        """The request's number, where it could be read."""


def run_operation(preset: Json, suite: Json, operation: Json, given: Json) -> dict[str, Json]:
    """
    Judge one input.

    Returns:
        `{"result": "accepted", "output": …}` or `{"result": "rejected", "error": …}`.

    Raises:
        RequestError: no such preset, suite or operation.
    """
    if preset not in tuple(Preset):
        raise RequestError(f"unknown preset {_shown(preset)}")
    found = (
        find_operation(suite, operation)
        if isinstance(suite, str) and isinstance(operation, str)
        else None
    )
    if found is None:
        raise RequestError(f"unknown operation {_shown(suite)} / {_shown(operation)}")
    try:
        output = found.run(load_preset(Preset(str(preset))), given)
    except SpecError as error:
        return {"result": "rejected", "error": str(error.code)}
    return {"result": "accepted", "output": output}


def answer(request: Mapping[str, Json]) -> dict[str, Json]:
    """
    Answer one request, `seq` apart.

    Raises:
        RequestError: the request is not one of the protocol.
    """
    match request.get("cmd"):
        case "hello":
            protocol = request.get("protocol")
            # A boolean equals an integer in Python, but is none in JSON.
            if type(protocol) is not int or protocol != PROTOCOL:
                raise RequestError(f"this driver speaks protocol {PROTOCOL}")
            suites: dict[str, Json] = {operation.suite: True for operation in all_operations()}
            return {
                "implementation": "payy-ref",
                "version": __version__,
                "protocol": PROTOCOL,
                "suites": list(suites),
                "presets": [str(preset) for preset in Preset],
                "level": LEVEL,
            }
        case "run":
            missing = [name for name in ("preset", "suite", "operation") if name not in request]
            if missing:
                raise RequestError(f"the request lacks {', '.join(missing)}")
            # An absent input is an input that is not of the form, like any other.
            return run_operation(
                request["preset"], request["suite"], request["operation"], request.get("input")
            )
        case "stop":
            return {"result": "stopped"}
        case command:
            raise RequestError(f"unknown cmd {_shown(command)}")


def answer_line(line: bytes) -> tuple[str, bool]:
    """
    Answer one line, whatever it holds.

    Returns:
        The answer, without a line end, and whether the driver is to stop.
    """
    sequence: int | None = None
    try:
        request = _parse(line)
        sequence = _sequence(request)
        result = answer(request)
        stops = result.get("result") == "stopped"
    except RequestError as error:
        result, stops = {"result": "errored", "message": str(error)}, False
    except Exception as error:  # noqa: BLE001 - a fault of the reference must not end the process
        message = f"fault in the reference: {type(error).__name__}: {error}"
        result, stops = {"result": "errored", "message": message}, False
    if sequence is not None:
        result = {"seq": sequence, **result}
    return strict_json.dumps(result), stops


def serve(source: BinaryIO, write: Callable[[str], None]) -> None:
    """Answer lines until one asks to stop or there are no more."""
    while line := source.readline(MAXIMUM_LINE):
        if len(line) == MAXIMUM_LINE and not line.endswith(b"\n"):
            # The rest of the line is read away in pieces, so that no line exhausts the memory.
            while (rest := source.readline(MAXIMUM_LINE)) and not rest.endswith(b"\n"):
                pass
            line = b""
        text, stops = answer_line(line)
        write(text)
        if stops:
            return


@dataclass(frozen=True, slots=True)
class _NotStrict:
    """Stands in a parsed request for valid JSON that no form admits; every form refuses it."""

    reason: str


def _parse(line: bytes) -> Mapping[str, Json]:
    """
    Read a request.

    Floats, long numbers and duplicate keys are valid JSON, so inside the input they make it
    malformed and not the line: they are kept as values that no form admits. Nesting beyond 64
    levels is not read at all, as RFC 8259 allows.
    """
    try:
        request = strict_json.loads(line, ascii_only=False)
    except StrictJsonError as strict_error:
        try:
            strict_json.require_shallow(line.decode("utf-8"))
            request = json.loads(
                line.decode("utf-8"),
                object_pairs_hook=_tolerant_object,
                parse_float=_NotStrict,
                parse_int=_short_integer,
                parse_constant=_refuse,
            )
        except (ValueError, UnicodeDecodeError):
            raise RequestError(str(strict_error)) from strict_error
    if not isinstance(request, dict):
        raise RequestError("a request is a JSON object with distinct keys")
    return request


def _tolerant_object(pairs: list[tuple[str, Any]]) -> Any:
    result = dict(pairs)
    return result if len(result) == len(pairs) else _NotStrict("duplicate key")


def _short_integer(literal: str) -> Any:
    if len(literal) > strict_json.MAXIMUM_DIGITS:
        return _NotStrict("integer of too many digits")
    return int(literal)


def _refuse(literal: str) -> NoReturn:
    raise ValueError(literal)


def _sequence(request: Mapping[str, Json]) -> int:
    sequence = request.get("seq")
    if type(sequence) is not int:
        raise RequestError("the request has no integer seq")
    return sequence


def _shown(value: object) -> str:
    text = value.reason if isinstance(value, _NotStrict) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
