"""Suite `hash`: Poseidon2 of field elements and of bytes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from payy_ref.crypto import hashing
from payy_ref.crypto.field import Element
from payy_ref.operations.forms import Bytes, Canonical, ListOf, Word
from payy_ref.operations.registry import Operation
from payy_ref.parameters import Parameters


def _poseidon2(parameters: Parameters, *, inputs: Sequence[Element]) -> Mapping[str, Any]:
    return {"digest": hashing.hash_elements(inputs)}


def _bytes(parameters: Parameters, *, bytes: bytes) -> Mapping[str, Any]:
    return {"digest": hashing.hash_bytes(bytes)}


OPERATIONS: Final = (
    Operation(
        suite="hash",
        name="poseidon2",
        summary="Poseidon2 of 1 to 128 elements, each reduced modulo p on entry.",
        inputs={"inputs": ListOf(Word())},
        outputs={"digest": Canonical()},
        compute=_poseidon2,
    ),
    Operation(
        suite="hash",
        name="bytes",
        summary="Hash of a byte string in chunks of 16 bytes.",
        inputs={"bytes": Bytes()},
        outputs={"digest": Canonical()},
        compute=_bytes,
    ),
)
