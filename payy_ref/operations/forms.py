"""
Forms: how a value stands in JSON, in one place for decoding, encoding and schemas.

Lexical rules (`docs` has them as a table): bytes are lower-case `0x` hex, integers decimal
strings, booleans JSON booleans, an optional field is absent and never null.

A value of another form is rejected with `MALFORMED_INPUT`. A value of the right form that breaks a
rule, such as a field element not below p, is rejected with that rule's code.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from payy_ref.crypto.field import checked_field_element
from payy_ref.errors import ErrorCode, require
from payy_ref.primitives.strict_json import Json

_HEX: Final = re.compile(r"0x(?:[0-9a-f]{2})*\Z")
_INTEGER: Final = re.compile(r"(?:0|[1-9][0-9]*)\Z")

MAXIMUM_DIGITS: Final = 80
"""Longest integer that is read: 2^256 has 78 digits, and what exceeds it must get its code."""

Value = TypeVar("Value")


def require_form(condition: bool) -> None:
    """
    Reject a value that is not of its form.

    Requirements:
        PAYY-CONVENTIONS-001

    Raises:
        SpecError: `MALFORMED_INPUT`.
    """
    require(condition, ErrorCode.MALFORMED_INPUT)


class Form(ABC, Generic[Value]):
    """The JSON form of one type of value."""

    @abstractmethod
    def decode(self, json: Json) -> Value:
        """
        Read a value.

        Raises:
            SpecError: `MALFORMED_INPUT`, or the code of the rule that a well-formed value breaks.
        """

    @abstractmethod
    def encode(self, value: Value) -> Json:
        """Write a value; the inverse of `decode`."""

    @abstractmethod
    def schema(self) -> dict[str, Json]:
        """Describe the form in JSON Schema 2020-12."""

    @abstractmethod
    def describe(self) -> Json:
        """Describe the form in words, or, for a record, field by field in order."""


@dataclass(frozen=True, slots=True)
class Bytes(Form[bytes]):
    """A byte string: `0x` and an even number of lower-case digits."""

    length: int | None = None
    """Number of bytes; None for any."""

    def decode(self, json: Json) -> bytes:
        """Read `0x` hex."""
        well_formed = isinstance(json, str) and _HEX.match(json) is not None
        well_formed = well_formed and self.length in (None, (len(str(json)) - 2) // 2)
        require_form(well_formed)
        return bytes.fromhex(str(json)[2:])

    def encode(self, value: bytes) -> Json:
        """Write `0x` hex."""
        return f"0x{value.hex()}"

    def describe(self) -> Json:
        """Describe the form in words."""
        return "bytes" if self.length is None else f"{self.length} bytes"

    def schema(self) -> dict[str, Json]:
        """Refer to the shared definition."""
        if self.length is None:
            return {"$ref": "common.schema.json#/$defs/bytes"}
        return {"$ref": f"common.schema.json#/$defs/bytes{self.length}"}


@dataclass(frozen=True, slots=True)
class Word(Form[int]):
    """A 256-bit integer as 32 bytes, big-endian: an element that may be p or more."""

    def decode(self, json: Json) -> int:
        """Read 32 bytes."""
        return int.from_bytes(Bytes(32).decode(json), "big")

    def encode(self, value: int) -> Json:
        """Write 32 bytes."""
        return f"0x{value:064x}"

    def describe(self) -> Json:
        """Describe the form in words."""
        return "element: 32 bytes, any 256-bit integer"

    def schema(self) -> dict[str, Json]:
        """Refer to the shared definition."""
        return {"$ref": "common.schema.json#/$defs/bytes32"}


@dataclass(frozen=True, slots=True)
class Canonical(Word):
    """A field element as 32 bytes, big-endian; p and above are rejected."""

    def decode(self, json: Json) -> int:
        """Read 32 bytes below p."""
        return checked_field_element(Word().decode(json))

    def describe(self) -> Json:
        """Describe the form in words."""
        return "field element: 32 bytes, below p"


@dataclass(frozen=True, slots=True)
class Integer(Form[int]):
    """An unsigned integer as a decimal string without sign, blank or leading zero."""

    def decode(self, json: Json) -> int:
        """Read decimal digits."""
        well_formed = isinstance(json, str) and len(json) <= MAXIMUM_DIGITS
        well_formed = well_formed and _INTEGER.match(str(json)) is not None
        require_form(well_formed)
        return int(str(json))

    def encode(self, value: int) -> Json:
        """Write decimal digits."""
        return str(value)

    def describe(self) -> Json:
        """Describe the form in words."""
        return "integer"

    def schema(self) -> dict[str, Json]:
        """Refer to the shared definition."""
        return {"$ref": "common.schema.json#/$defs/integer"}


@dataclass(frozen=True, slots=True)
class Boolean(Form[bool]):
    """A JSON boolean."""

    def decode(self, json: Json) -> bool:
        """Read `true` or `false`."""
        require_form(isinstance(json, bool))
        return json is True

    def encode(self, value: bool) -> Json:
        """Write `true` or `false`."""
        return value

    def describe(self) -> Json:
        """Describe the form in words."""
        return "boolean"

    def schema(self) -> dict[str, Json]:
        """Describe a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Text(Form[str]):
    """A JSON string of Unicode scalar values."""

    def decode(self, json: Json) -> str:
        """Read a string without unpaired surrogates."""
        well_formed = isinstance(json, str) and not re.search("[\ud800-\udfff]", json)
        require_form(well_formed)
        return str(json)

    def encode(self, value: str) -> Json:
        """Write a string."""
        return value

    def describe(self) -> Json:
        """Describe the form in words."""
        return "text"

    def schema(self) -> dict[str, Json]:
        """Describe a string."""
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class ListOf(Form[tuple[Any, ...]]):
    """A JSON array of values of one form."""

    item: Form[Any]
    """The form of each item."""
    length: int | None = None
    """Number of items; None for any."""

    def decode(self, json: Json) -> tuple[Any, ...]:
        """Read the items in order."""
        require_form(isinstance(json, list) and self.length in (None, len(json)))
        return tuple(self.item.decode(item) for item in json) if isinstance(json, list) else ()

    def encode(self, value: tuple[Any, ...]) -> Json:
        """Write the items in order."""
        return [self.item.encode(item) for item in value]

    def describe(self) -> Json:
        """Describe the form in words."""
        return {"list": self.item.describe(), **({"length": self.length} if self.length else {})}

    def schema(self) -> dict[str, Json]:
        """Describe the array."""
        schema: dict[str, Json] = {"type": "array", "items": self.item.schema()}
        if self.length is not None:
            schema |= {"minItems": self.length, "maxItems": self.length}
        return schema


@dataclass(frozen=True, slots=True)
class Record(Form[Mapping[str, Any]]):
    """A JSON object with fixed fields and no others."""

    fields: Mapping[str, Form[Any]]
    """Form of each field, in the order in which they are read."""
    optional: frozenset[str] = field(default_factory=frozenset)
    """Fields that may be absent."""

    def decode(self, json: Json) -> Mapping[str, Any]:
        """Read the fields; absent ones are absent in the result."""
        required = self.fields.keys() - self.optional
        given = json if isinstance(json, dict) else {}
        well_formed = isinstance(json, dict) and required <= given.keys() <= self.fields.keys()
        require_form(well_formed)
        return {
            name: form.decode(given[name]) for name, form in self.fields.items() if name in given
        }

    def encode(self, value: Mapping[str, Any]) -> Json:
        """Write the fields that are present."""
        return {
            name: form.encode(value[name]) for name, form in self.fields.items() if name in value
        }

    def describe(self) -> Json:
        """Describe the form in words."""
        return [
            {"name": name, "form": form.describe(), "optional": name in self.optional}
            for name, form in self.fields.items()
        ]

    def schema(self) -> dict[str, Json]:
        """Describe the closed object."""
        return {
            "type": "object",
            "properties": {name: form.schema() for name, form in self.fields.items()},
            "required": [name for name in self.fields if name not in self.optional],
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class Structure(Form[Value]):
    """A value of the domain, in the form of what it is made of."""

    form: Form[Any]
    """The form of its parts: a record, or a list of fixed length."""
    construct: Callable[[Any], Value]
    """Makes the value from its parts; raises nothing but the code of a rule on such values."""
    take_apart: Callable[[Value], Any]
    """Gives the parts of a value; the inverse."""
    words: str = ""
    """What to call a form of one part, if not by that part."""
    name: str = ""
    """What to call a record, so that pages can refer to it; its parts are described with it."""

    def decode(self, json: Json) -> Value:
        """Read the parts and put them together."""
        return self.construct(self.form.decode(json))

    def encode(self, value: Value) -> Json:
        """Write the parts."""
        return self.form.encode(self.take_apart(value))

    def describe(self) -> Json:
        """Describe the form in words, or its parts."""
        return self.words or self.form.describe()

    def schema(self) -> dict[str, Json]:
        """Describe the parts."""
        return self.form.schema()


@dataclass(frozen=True, slots=True)
class Variant(Form[Value]):
    """A JSON object of one of several kinds; a field says which."""

    tag: str
    """The field that names the kind; it is read first."""
    kinds: Mapping[str, Record]
    """The other fields of each kind."""
    construct: Callable[[str, Mapping[str, Any]], Value]
    """Makes the value from its kind and its fields; raises as that of a `Structure`."""
    take_apart: Callable[[Value], tuple[str, Mapping[str, Any]]]
    """Gives kind and fields of a value; the inverse."""
    name: str
    """What to call it, so that pages can refer to it."""

    def decode(self, json: Json) -> Value:
        """Read the kind, then the fields of that kind."""
        given = dict(json) if isinstance(json, dict) else {}
        kind = given.pop(self.tag, None)
        require_form(isinstance(kind, str) and kind in self.kinds)
        return self.construct(str(kind), self.kinds[str(kind)].decode(given))

    def encode(self, value: Value) -> Json:
        """Write the kind and the fields."""
        kind, parts = self.take_apart(value)
        fields = self.kinds[kind].encode(parts)
        return {self.tag: kind, **(fields if isinstance(fields, dict) else {})}

    def describe(self) -> Json:
        """Describe the fields of each kind in words."""
        kinds: dict[str, Json] = {kind: each.describe() for kind, each in self.kinds.items()}
        return {"tag": self.tag, "kinds": kinds}

    def schema(self) -> dict[str, Json]:
        """Describe the closed objects."""
        return {"oneOf": [self._schema_of(kind, each) for kind, each in self.kinds.items()]}

    def _schema_of(self, kind: str, record: Record) -> Json:
        optional = record.optional
        return {
            "type": "object",
            "properties": {
                self.tag: {"const": kind},
                **{name: form.schema() for name, form in record.fields.items()},
            },
            "required": [self.tag, *(name for name in record.fields if name not in optional)],
            "additionalProperties": False,
        }
