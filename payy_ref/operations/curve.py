"""Suite `curve`: points of BN254."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.operations.forms import Bytes
from payy_ref.operations.registry import Operation
from payy_ref.parameters import Parameters
from payy_ref.proofs.curve import G1_BYTES, G2_BYTES, decode_g1, decode_g2, encode_g1, encode_g2


def _decode_g1(parameters: Parameters, *, encoding: bytes) -> Mapping[str, Any]:
    return {"encoding": encode_g1(decode_g1(encoding))}


def _decode_g2(parameters: Parameters, *, encoding: bytes) -> Mapping[str, Any]:
    return {"encoding": encode_g2(decode_g2(encoding))}


OPERATIONS: Final = (
    Operation(
        suite="curve",
        name="decode_g1",
        summary="Judge the encoding of a point of G1.",
        inputs={"encoding": Bytes()},
        outputs={"encoding": Bytes(G1_BYTES)},
        compute=_decode_g1,
    ),
    Operation(
        suite="curve",
        name="decode_g2",
        summary="Judge the encoding of a point of G2.",
        inputs={"encoding": Bytes()},
        outputs={"encoding": Bytes(G2_BYTES)},
        compute=_decode_g2,
    ),
)
