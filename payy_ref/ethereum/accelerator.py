"""
py-evm with the curve precompiles in machine code: same results and gas, a hundred times faster.

py-evm computes on curves in Python; one pairing takes a second. Here the curve precompiles of BN254
(addition, multiplication, pairing check) run in revm, and the pairing check of BLS12-381 in
arkworks. What is charged stays py-evm's: its constants, charged before the work as it does. Where
a package is missing, py-evm's own code runs.

`tests/test_embedded_chain.py` compares both on valid and invalid inputs.

Source: EIP-196, EIP-197, EIP-1108 (BN254); EIP-2537 (BLS12-381).
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from eth.abc import ComputationAPI
from eth.exceptions import VMError
from eth.vm.forks.istanbul.constants import (
    GAS_ECADD,
    GAS_ECMUL,
    GAS_ECPAIRING_BASE,
    GAS_ECPAIRING_PER_POINT,
)
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth_typing import Address

Precompile = Callable[[ComputationAPI], object]
"""Charges the gas and sets the output of a computation, or raises `VMError`."""

BN254_PACKAGE: Final = "pyrevm"
BLS12_381_PACKAGE: Final = "py_arkworks_bls12381"

BN254_PAIR_BYTES: Final = 192
"""A point of G1 and one of G2, uncompressed."""

REVM_GAS: Final = 2**61
"""More than any precompile takes; the gas that counts is py-evm's."""

NOBODY: Final = "0x" + 40 * "0"
"""The caller; a precompile does not look at it."""

BLS12_381_G1_BYTES: Final = 128
BLS12_381_PAIR_BYTES: Final = 384
"""A point of G1 and one of G2, each coordinate in 64 bytes."""

# EIP-2537; in py-evm the two figures stand inside the function.
GAS_BLS12_381_PAIRING_BASE: Final = 37_700
GAS_BLS12_381_PAIRING_PER_PAIR: Final = 32_600


def is_accelerated() -> bool:
    """Tell whether the package for the curve of the proofs, BN254, is there."""
    return find_spec(BN254_PACKAGE) is not None


def _address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def _run_in_revm(number: int, data: bytes) -> bytes:
    machine = import_module(BN254_PACKAGE).EVM(gas_limit=2 * REVM_GAS, spec_id="PRAGUE")
    try:
        output = machine.message_call(
            caller=NOBODY, to="0x" + _address(number).hex(), calldata=data, gas=REVM_GAS
        )
    except RuntimeError as error:
        if "PrecompileError" not in str(error):
            raise
        raise VMError(f"invalid input of precompile {number}") from error
    return bytes(output)


def _add_bn254(computation: ComputationAPI) -> None:
    computation.consume_gas(GAS_ECADD, reason="ECADD precompile")
    computation.output = _run_in_revm(6, computation.msg.data_as_bytes)


def _multiply_bn254(computation: ComputationAPI) -> None:
    computation.consume_gas(GAS_ECMUL, reason="ECMUL precompile")
    computation.output = _run_in_revm(7, computation.msg.data_as_bytes)


def _check_pairing_bn254(computation: ComputationAPI) -> None:
    data = computation.msg.data_as_bytes
    if len(data) % BN254_PAIR_BYTES:
        raise VMError("not a whole number of pairs")
    pairs = len(data) // BN254_PAIR_BYTES
    gas = GAS_ECPAIRING_BASE + pairs * GAS_ECPAIRING_PER_POINT
    computation.consume_gas(gas, reason="ECPAIRING precompile")
    computation.output = _run_in_revm(8, data)


def _bls12_381_point(kind: Any, data: bytes) -> Any:
    """Read a point: 64 bytes a coordinate, the first 16 zero; all zero is the point at infinity."""
    coordinates = [data[start : start + 64] for start in range(0, len(data), 64)]
    if any(coordinate[:16] != bytes(16) for coordinate in coordinates):
        raise VMError("a coordinate is not below the modulus")
    packed = b"".join(coordinate[16:] for coordinate in coordinates)
    try:
        return kind.from_xy_bytes_be(packed)
    except ValueError as error:
        raise VMError("not a point of the group") from error


def _check_pairing_bls12_381(computation: ComputationAPI) -> None:
    data = computation.msg.data_as_bytes
    if not data or len(data) % BLS12_381_PAIR_BYTES:
        raise VMError("not a whole number of pairs, or none")
    pairs = len(data) // BLS12_381_PAIR_BYTES
    gas = GAS_BLS12_381_PAIRING_BASE + pairs * GAS_BLS12_381_PAIRING_PER_PAIR
    computation.consume_gas(gas, "BLS12_PAIRING_CHECK gas")
    arkworks: Any = import_module(BLS12_381_PACKAGE)
    first, second = [], []
    for start in range(0, len(data), BLS12_381_PAIR_BYTES):
        middle = start + BLS12_381_G1_BYTES
        first.append(_bls12_381_point(arkworks.G1Point, data[start:middle]))
        second.append(
            _bls12_381_point(arkworks.G2Point, data[middle : start + BLS12_381_PAIR_BYTES])
        )
    holds: bool = arkworks.GT.pairing_check(first, second)
    computation.output = int(holds).to_bytes(32, "big")


def fast_precompiles() -> Mapping[Address, Precompile]:
    """Give the precompiles whose packages are installed, by address."""
    found: dict[Address, Precompile] = {}
    if find_spec(BN254_PACKAGE) is not None:
        found[_address(6)] = _add_bn254
        found[_address(7)] = _multiply_bn254
        found[_address(8)] = _check_pairing_bn254
    if find_spec(BLS12_381_PACKAGE) is not None:
        found[_address(15)] = _check_pairing_bls12_381
    return found


class AcceleratedComputation(PragueComputation):
    """A computation of Prague whose curve precompiles are in machine code."""

    _precompiles: Mapping[Address, Precompile] = {
        **PragueComputation.get_precompiles(),
        **fast_precompiles(),
    }


class AcceleratedState(PragueState):
    """The state on which such computations run."""

    computation_class = AcceleratedComputation


class AcceleratedVM(PragueVM):
    """Prague with such computations."""

    _state_class = AcceleratedState
