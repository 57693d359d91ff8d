"""Suite `encoding`: the parts of borsh that the block format is made of."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from payy_ref.operations.forms import Bytes, Integer, ListOf
from payy_ref.operations.registry import Operation
from payy_ref.parameters import Parameters
from payy_ref.primitives import borsh

UNSIGNED_WIDTH: Final = 8
"""Heights and epochs are u64."""


def _encode_u64(parameters: Parameters, *, value: int) -> Mapping[str, Any]:
    return {"bytes": borsh.encode_unsigned(value, width=UNSIGNED_WIDTH)}


def _decode_u64(parameters: Parameters, *, bytes: bytes) -> Mapping[str, Any]:
    return {"value": borsh.decode(bytes, lambda reader: reader.unsigned(UNSIGNED_WIDTH))}


def _encode_list(
    parameters: Parameters, *, width: int, items: Sequence[bytes]
) -> Mapping[str, Any]:
    return {"bytes": borsh.encode_fixed_items(items, width=width)}


def _decode_list(parameters: Parameters, *, width: int, bytes: bytes) -> Mapping[str, Any]:
    return {"items": borsh.decode(bytes, lambda reader: reader.fixed_items(width=width))}


OPERATIONS: Final = (
    Operation(
        suite="encoding",
        name="encode_u64",
        summary="Borsh encoding of a 64-bit unsigned integer.",
        inputs={"value": Integer()},
        outputs={"bytes": Bytes()},
        compute=_encode_u64,
    ),
    Operation(
        suite="encoding",
        name="decode_u64",
        summary="Strict borsh decoding of a 64-bit unsigned integer.",
        inputs={"bytes": Bytes()},
        outputs={"value": Integer()},
        compute=_decode_u64,
    ),
    Operation(
        suite="encoding",
        name="encode_list",
        summary="Borsh encoding of a list of byte strings of one fixed width.",
        inputs={"width": Integer(), "items": ListOf(Bytes())},
        outputs={"bytes": Bytes()},
        compute=_encode_list,
    ),
    Operation(
        suite="encoding",
        name="decode_list",
        summary="Strict borsh decoding of a list of byte strings of one fixed width.",
        inputs={"width": Integer(), "bytes": Bytes()},
        outputs={"items": ListOf(Bytes())},
        compute=_decode_list,
    ),
)
