"""Suite `setup`: the powers that keys and proofs rest on."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.operations.forms import Bytes, Integer, ListOf, Text
from payy_ref.operations.registry import Fields, Operation
from payy_ref.parameters import Parameters
from payy_ref.proofs.backend import default_powers_of_g1
from payy_ref.proofs.curve import G1_BYTES, G2_BYTES, encode_g1, encode_g2, fast_pairing_check
from payy_ref.proofs.setup import TrustedSetup, development, from_powers_of_tau

HASH_BYTES: Final = 64
"""Width of the hash that a setup is published with."""


def _development(parameters: Parameters, *, name: str, count: int) -> Mapping[str, Any]:
    return _described(development(count, name=name, powers_of_g1=default_powers_of_g1()))


def _import(
    parameters: Parameters, *, file: bytes, name: str, blake2b: bytes | None = None
) -> Mapping[str, Any]:
    pairing_check = fast_pairing_check()
    setup = from_powers_of_tau(file, name=name, blake2b=blake2b, pairing_check=pairing_check)
    return _described(setup)


def _described(setup: TrustedSetup) -> Mapping[str, Any]:
    return {
        "g1": [encode_g1(point) for point in setup.points(setup.count)],
        "x_g2": encode_g2(setup.x_g2),
    }


_SETUP: Final[Fields] = {"g1": ListOf(Bytes(G1_BYTES)), "x_g2": Bytes(G2_BYTES)}

OPERATIONS: Final = (
    Operation(
        suite="setup",
        name="development",
        summary="The insecure setup, by its name.",
        inputs={"name": Text(), "count": Integer()},
        outputs=_SETUP,
        compute=_development,
    ),
    Operation(
        suite="setup",
        name="import",
        summary="Setup from a file of powers of tau.",
        inputs={"file": Bytes(), "name": Text(), "blake2b": Bytes(HASH_BYTES)},
        optional_inputs=frozenset({"blake2b"}),
        outputs=_SETUP,
        compute=_import,
    ),
)
