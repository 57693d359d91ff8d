"""
The proof: nine points, sixteen values, 1,088 bytes.

Source: PLONK (eprint 2019/953), section 8, "prover algorithm", final output; the wires of the
next row and the constants of the row are opened as well, for the gates that read them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payy_ref.crypto.field import ELEMENT_BYTES, element_bytes, is_canonical
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs.curve import G1_BYTES, G1Point, decode_g1, encode_g1
from payy_ref.proofs.gates import CONSTANTS, WIRES

POINTS: Final = WIRES + 5
"""Number of points: w_0 to w_3, z, t_lo, t_hi, W_zeta, W_zeta_omega."""

OPENED_SIGMAS: Final = WIRES - 1
"""The last sigma stays closed; the linearisation is linear in it."""

EVALUATIONS: Final = WIRES + OPENED_SIGMAS + CONSTANTS + 1 + WIRES
"""Number of values."""

PROOF_BYTES: Final = POINTS * G1_BYTES + EVALUATIONS * ELEMENT_BYTES
"""Width of an encoded proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """What the polynomials are at zeta, and at zeta omega for what gates read of the next row."""

    wires: tuple[int, ...]
    """w_0 to w_3 at zeta."""
    sigmas: tuple[int, ...]
    """sigma_0 to sigma_2 at zeta."""
    constants: tuple[int, ...]
    """q_0 to q_3 at zeta."""
    z_next: int
    """z at zeta omega."""
    wires_next: tuple[int, ...]
    """w_0 to w_3 at zeta omega."""

    @property
    def at_zeta(self) -> tuple[int, ...]:
        """The eleven values at zeta, in the order of the powers of v."""
        return (*self.wires, *self.sigmas, *self.constants)

    @property
    def at_zeta_omega(self) -> tuple[int, ...]:
        """The five values at zeta omega, in the order of the powers of v."""
        return (self.z_next, *self.wires_next)

    @property
    def words(self) -> tuple[int, ...]:
        """All values in the order of the encoding and of the transcript."""
        return (*self.at_zeta, *self.at_zeta_omega)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Shows that a circuit has a witness with certain public inputs, and nothing more."""

    wires: tuple[G1Point, ...]
    """[w_0]_1 to [w_3]_1."""
    z: G1Point
    """[z]_1, the permutation."""
    t_lo: G1Point
    """The quotient's coefficients below X^3n."""
    t_hi: G1Point
    """Its coefficients from X^3n on."""
    w_zeta: G1Point
    """The quotient that opens polynomials at zeta."""
    w_zeta_omega: G1Point
    """The quotient that opens polynomials at zeta omega."""
    evaluations: Evaluations
    """The values that are opened."""

    @property
    def points(self) -> tuple[G1Point, ...]:
        """The nine points in the order of the encoding."""
        return (*self.wires, self.z, self.t_lo, self.t_hi, self.w_zeta, self.w_zeta_omega)


def evaluations_of(words: Sequence[int]) -> Evaluations:
    """Name sixteen values."""
    wires, sigmas, constants, next_row = 0, WIRES, WIRES + OPENED_SIGMAS, EVALUATIONS - WIRES - 1
    return Evaluations(
        wires=tuple(words[wires:sigmas]),
        sigmas=tuple(words[sigmas:constants]),
        constants=tuple(words[constants:next_row]),
        z_next=words[next_row],
        wires_next=tuple(words[next_row + 1 :]),
    )


def proof_of(points: Sequence[G1Point], words: Sequence[int]) -> Proof:
    """Name nine points and sixteen values."""
    *wires, z, t_lo, t_hi, w_zeta, w_zeta_omega = points
    return Proof(
        wires=tuple(wires),
        z=z,
        t_lo=t_lo,
        t_hi=t_hi,
        w_zeta=w_zeta,
        w_zeta_omega=w_zeta_omega,
        evaluations=evaluations_of(words),
    )


def encode_proof(proof: Proof) -> bytes:
    """
    Write the points, 64 bytes each, then the values, 32 bytes each.

    Requirements:
        PAYY-CIRCUITS-025
    """
    points = b"".join(map(encode_g1, proof.points))
    return points + b"".join(map(element_bytes, proof.evaluations.words))


def decode_proof(data: bytes) -> Proof:
    """
    Read a proof; every proof has one encoding.

    Infinity is allowed: it commits to the polynomial 0.

    Requirements:
        PAYY-CIRCUITS-025

    Raises:
        SpecError: `PROOF_LENGTH`, `PROOF_EVALUATION_NOT_CANONICAL`, and those of `decode_g1`.
    """
    # CHECK
    require(len(data) == PROOF_BYTES, ErrorCode.PROOF_LENGTH)
    points = [decode_g1(data[i * G1_BYTES : (i + 1) * G1_BYTES]) for i in range(POINTS)]
    rest = data[POINTS * G1_BYTES :]
    words = [
        int.from_bytes(rest[start : start + ELEMENT_BYTES], "big")
        for start in range(0, len(rest), ELEMENT_BYTES)
    ]
    require(all(map(is_canonical, words)), ErrorCode.PROOF_EVALUATION_NOT_CANONICAL)

    return proof_of(points, words)
