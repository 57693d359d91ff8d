"""
Keys of a circuit: what the prover and the verifier compute once.

The circuit's fifteen columns are polynomials below degree n. The verifier keeps commitments to
them; the prover keeps the polynomials, and what they are on the cosets of the quotient.

Source: PLONK (eprint 2019/953), section 8, "common preprocessed input".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from payy_ref.crypto.field import ELEMENT_BYTES, element_bytes, is_canonical
from payy_ref.crypto.hashing import keccak256
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs.backend import Backend, Column, Points
from payy_ref.proofs.curve import (
    G1_BYTES,
    G2_BYTES,
    G1Point,
    G2Point,
    decode_g1,
    decode_g2,
    encode_g1,
    encode_g2,
)
from payy_ref.proofs.gates import CONSTANTS, WIRES, Gate
from payy_ref.proofs.polynomials import (
    LARGEST_LOG_SIZE,
    QUOTIENT_COSETS,
    SMALLEST_LOG_SIZE,
    WIRE_COSETS,
    cosets_are_distinct,
    quotient_shift,
    root_of_unity,
)
from payy_ref.proofs.setup import TrustedSetup, checked_powers
from payy_ref.proofs.system import EMPTY_ROW, System

FIXED: Final = len(Gate) + CONSTANTS + WIRES
"""Number of columns of a circuit: selectors, constants, sigmas."""

TAG: Final = b"payy-ref/plonk-key/1".ljust(ELEMENT_BYTES, b"\0")
"""First word of every encoded key."""

KEY_BYTES: Final = 4 * ELEMENT_BYTES + FIXED * G1_BYTES + G2_BYTES
"""Width of an encoded verification key."""

SPARE_POWERS: Final = 16
"""The setup has 3n powers for the quotient's parts, and these for blinding."""


@dataclass(frozen=True, kw_only=True)
class VerificationKey:
    """What the verifier knows of a circuit."""

    circuit: bytes
    """Keccak-256 of the circuit's name."""
    log_size: int
    """k, where the circuit has n = 2^k rows."""
    public_count: int
    """Number of public inputs."""
    selectors: tuple[G1Point, ...]
    """[s_g]_1 of the seven gates."""
    constants: tuple[G1Point, ...]
    """[q_0]_1 to [q_3]_1."""
    sigmas: tuple[G1Point, ...]
    """[sigma_0]_1 to [sigma_3]_1."""
    x_g2: G2Point
    """[x]_2 of the setup."""

    @property
    def size(self) -> int:
        """n, the number of rows."""
        return 1 << self.log_size

    @property
    def points(self) -> tuple[G1Point, ...]:
        """The fifteen commitments in the order of the encoding."""
        return (*self.selectors, *self.constants, *self.sigmas)

    @cached_property
    def digest(self) -> bytes:
        """What stands for the key in transcripts: Keccak-256 of its encoding."""
        return keccak256(encode_key(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvingKey:
    """What the prover knows of a circuit; the columns belong to the backend that made them."""

    verification: VerificationKey
    """The verifier's part."""
    powers: Points
    """[1]_1, [x]_1, ..., as many as proofs need."""
    sigmas: tuple[Column, ...]
    """sigma_0 to sigma_3 on H."""
    polynomials: tuple[Column, ...]
    """The fifteen columns as coefficients."""
    on_cosets: tuple[tuple[Column, ...], ...] | None
    """The fifteen columns on each of the six cosets, or None to compute them for every proof."""


def preprocess(
    system: System, setup: TrustedSetup, backend: Backend, *, keep_cosets: bool = True
) -> tuple[ProvingKey, VerificationKey]:
    """
    Make the keys of a circuit.

    Args:
        system: The circuit.
        setup: Powers of the secret, 3n + 16 or more.
        backend: What computes.
        keep_cosets: Whether the prover's key holds what it would otherwise compute for every proof:
            90 n field elements, 750 MB for 2^18 rows in machine words.

    Requirements:
        PAYY-CIRCUITS-022, PAYY-CIRCUITS-023

    Raises:
        SpecError: `CIRCUIT_SIZE_OUT_OF_RANGE`, `CIRCUIT_LAST_ROW_READS_ON`,
            `CIRCUIT_PUBLIC_INPUT_UNBOUND`, `SETUP_TOO_SHORT`.
        ValueError: The cosets of the wires overlap, which they do for no permitted size.
    """
    n = system.size

    # CHECK
    smallest, largest = 1 << SMALLEST_LOG_SIZE, 1 << LARGEST_LOG_SIZE
    is_permitted = n & (n - 1) == 0 and smallest <= n <= largest
    require(is_permitted, ErrorCode.CIRCUIT_SIZE_OUT_OF_RANGE)
    # All other gates read the next row, which for the last row is the first.
    is_closed = system.gates[-1] in {EMPTY_ROW, Gate.ARITHMETIC}
    require(is_closed, ErrorCode.CIRCUIT_LAST_ROW_READS_ON)
    require(_binds_public_inputs(system), ErrorCode.CIRCUIT_PUBLIC_INPUT_UNBOUND)
    powers = checked_powers(setup, powers_needed(n))
    if not cosets_are_distinct(n, WIRE_COSETS):
        raise ValueError("cells of two wires have one identity")

    # COMPUTE
    sigmas = _permutation_columns(system, backend)
    columns = [*_selector_columns(system, backend), *map(backend.column, system.constants), *sigmas]
    polynomials = tuple(map(backend.interpolate, columns))
    points = [backend.commit(powers, polynomial) for polynomial in polynomials]
    on_cosets = (
        tuple(on_coset(polynomials, n, i, backend) for i in range(QUOTIENT_COSETS))
        if keep_cosets
        else None
    )
    verification = VerificationKey(
        circuit=keccak256(system.name.encode()),
        log_size=n.bit_length() - 1,
        public_count=system.public_count,
        selectors=tuple(points[: len(Gate)]),
        constants=tuple(points[len(Gate) : -WIRES]),
        sigmas=tuple(points[-WIRES:]),
        x_g2=setup.x_g2,
    )
    proving = ProvingKey(
        verification=verification,
        powers=powers,
        sigmas=tuple(sigmas),
        polynomials=polynomials,
        on_cosets=on_cosets,
    )
    return proving, verification


def powers_needed(size: int) -> int:
    """Count the powers of G1 that keys and proofs of so many rows take."""
    return 3 * size + SPARE_POWERS


def on_coset(
    polynomials: Sequence[Column], size: int, index: int, backend: Backend
) -> tuple[Column, ...]:
    """Evaluate polynomials on one of the cosets of the quotient."""
    shift = quotient_shift(size, index)
    return tuple(backend.evaluate_on_coset(column, shift, size) for column in polynomials)


def _binds_public_inputs(system: System) -> bool:
    """
    Tell whether input i stands in an arithmetic row i without constants: w3 = input.

    Requirements:
        PAYY-CIRCUITS-023
    """
    count = system.public_count
    is_arithmetic = bool((system.gates[:count] == Gate.ARITHMETIC).all())
    return (
        count <= system.size
        and is_arithmetic
        and not any(any(column[:count]) for column in system.constants)
    )


def _selector_columns(system: System, backend: Backend) -> list[Column]:
    """
    Mark the rows of each gate with 1; a row has one gate, so at most one selector is 1.

    Requirements:
        PAYY-CIRCUITS-023
    """
    zero_and_one = backend.column([0, 1])
    return [backend.take(zero_and_one, (system.gates == gate).astype(np.int64)) for gate in Gate]


def _permutation_columns(system: System, backend: Backend) -> list[Column]:
    """
    Put into each cell the identity k_j omega^i of the cell that follows it in its cycle.

    Requirements:
        PAYY-CIRCUITS-023
    """
    rows = backend.powers(root_of_unity(system.size), system.size)
    wires = backend.column(WIRE_COSETS)
    return [
        backend.take(wires, following // system.size) * backend.take(rows, following % system.size)
        for following in system.permutation
    ]


# The encoding of verification keys


def encode_key(key: VerificationKey) -> bytes:
    """
    Write a verification key: four words, fifteen points of G1, [x]_2.

    Requirements:
        PAYY-CIRCUITS-024
    """
    words = TAG + key.circuit + element_bytes(key.log_size) + element_bytes(key.public_count)
    return words + b"".join(map(encode_g1, key.points)) + encode_g2(key.x_g2)


def decode_key(data: bytes) -> VerificationKey:
    """
    Read a verification key; every key has one encoding.

    Whether it is the key of a certain circuit is not seen from it. Infinity is allowed among the
    commitments, since a gate may not occur; as [x]_2 it would let everything pass.

    Requirements:
        PAYY-CIRCUITS-024

    Raises:
        SpecError: `PROOF_KEY_LENGTH`, `PROOF_KEY_TAG`, `PROOF_KEY_SIZE_OUT_OF_RANGE`,
            `PROOF_KEY_PUBLIC_COUNT`, `PROOF_KEY_SETUP_INFINITE`, and those of `decode_g1` and
            `decode_g2`.
    """
    # CHECK
    require(len(data) == KEY_BYTES, ErrorCode.PROOF_KEY_LENGTH)
    tag, circuit, log_word, count_word = (
        data[i * ELEMENT_BYTES : (i + 1) * ELEMENT_BYTES] for i in range(4)
    )
    require(tag == TAG, ErrorCode.PROOF_KEY_TAG)
    log_size, public_count = int.from_bytes(log_word, "big"), int.from_bytes(count_word, "big")
    is_permitted = SMALLEST_LOG_SIZE <= log_size <= LARGEST_LOG_SIZE
    require(is_permitted, ErrorCode.PROOF_KEY_SIZE_OUT_OF_RANGE)
    require(public_count <= 1 << log_size, ErrorCode.PROOF_KEY_PUBLIC_COUNT)
    encoded = data[4 * ELEMENT_BYTES : -G2_BYTES]
    points = [decode_g1(encoded[i * G1_BYTES : (i + 1) * G1_BYTES]) for i in range(FIXED)]
    x_g2 = decode_g2(data[-G2_BYTES:])
    require(x_g2 is not None, ErrorCode.PROOF_KEY_SETUP_INFINITE)

    # COMPUTE
    return VerificationKey(
        circuit=circuit,
        log_size=log_size,
        public_count=public_count,
        selectors=tuple(points[: len(Gate)]),
        constants=tuple(points[len(Gate) : -WIRES]),
        sigmas=tuple(points[-WIRES:]),
        x_g2=x_g2,
    )


def check_public(key: VerificationKey, public: Sequence[int]) -> None:
    """
    Check the form of public inputs.

    Requirements:
        PAYY-CIRCUITS-029

    Raises:
        SpecError: `PROOF_PUBLIC_COUNT`, `PROOF_PUBLIC_NOT_CANONICAL`.
    """
    # CHECK
    require(len(public) == key.public_count, ErrorCode.PROOF_PUBLIC_COUNT)
    require(all(map(is_canonical, public)), ErrorCode.PROOF_PUBLIC_NOT_CANONICAL)
