"""
JSON without its ambiguities.

Python's parser accepts duplicate keys, `NaN` and floats, and other languages resolve each of them
differently. Vector files use none of them and are ASCII; requests of the driver may hold any
UTF-8 text.
"""

import json
from typing import Any, Final, NoReturn, TypeAlias

MAXIMUM_DEPTH: Final = 64
"""Deepest nesting that is read; nothing of ours comes near, and deeper input exhausts the stack."""

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
"""What a strict document holds: no floats."""


MAXIMUM_DIGITS: Final = 100
"""Longest JSON number that is read; those of ours are small counts, and long ones cost time."""

MAXIMUM_SHOWN: Final = 80
"""How much of a refused text a message repeats."""


class StrictJsonError(ValueError):
    """The text is not JSON, or not of the strict kind."""


def loads(text: str | bytes, *, ascii_only: bool = True) -> Json:
    """
    Read one JSON value.

    Raises:
        StrictJsonError: not JSON; a duplicate key; a float; `NaN` or an infinity; an unpaired
            surrogate; too deep; not UTF-8; or, with `ascii_only`, a raw character above 127.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        if ascii_only and not decoded.isascii():
            raise StrictJsonError("character outside ASCII; write it as an escape")
        # Checked before parsing, since the parser recurses once a level.
        require_shallow(decoded)
        value: Json = json.loads(
            decoded,
            object_pairs_hook=_object,
            parse_float=_refuse_float,
            parse_int=_short_integer,
            parse_constant=_refuse_constant,
        )
        _require_encodable(value)
    except StrictJsonError:
        raise
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"not UTF-8: {error.reason} at byte {error.start}") from error
    except ValueError as error:
        raise StrictJsonError(f"not JSON: {error}") from error
    return value


def dumps(value: Json) -> str:
    """Write a value on one line: sorted keys, ASCII, no blanks."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":")
    )


def dumps_readable(value: Json) -> str:
    """Write a value as a file: sorted keys, ASCII, two-space indent, one newline at the end."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, indent=2) + "\n"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise StrictJsonError(f"duplicate key {_first_duplicate(pairs)[:MAXIMUM_SHOWN]!r}")
    return result


def _first_duplicate(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return key
        seen.add(key)
    raise AssertionError("called only where a key stands twice")


def _refuse_float(literal: str) -> NoReturn:
    raise StrictJsonError(f"float {literal[:MAXIMUM_SHOWN]}")


def _short_integer(literal: str) -> int:
    if len(literal) > MAXIMUM_DIGITS:
        raise StrictJsonError(f"integer of {len(literal)} digits")
    return int(literal)


def _refuse_constant(literal: str) -> NoReturn:
    raise StrictJsonError(f"constant {literal}")


def require_shallow(text: str) -> None:
    """
    Refuse text that nests deeper than `MAXIMUM_DEPTH`, without parsing it.

    Raises:
        StrictJsonError: too deep.
    """
    depth = 0
    inside_string = escaped = False
    if text.count("[") + text.count("{") <= MAXIMUM_DEPTH:
        return
    for character in text:
        if inside_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside_string = False
        elif character == '"':
            inside_string = True
        elif character in "[{":
            depth += 1
            if depth > MAXIMUM_DEPTH:
                raise StrictJsonError(f"nested deeper than {MAXIMUM_DEPTH}")
        elif character in "]}":
            depth -= 1


def _require_encodable(value: Json) -> None:
    match value:
        case str():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:
                raise StrictJsonError("unpaired surrogate") from error
        case list():
            for item in value:
                _require_encodable(item)
        case dict():
            for key, item in value.items():
                _require_encodable(key)
                _require_encodable(item)
        case _:
            pass
