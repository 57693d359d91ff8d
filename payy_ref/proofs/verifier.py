"""
The verifier: from a proof to one equation between two pairings.

Only the last step needs a pairing, so the equations of many proofs can be added up before it
(`batch`).

Source: PLONK (eprint 2019/953), section 8, "verifier algorithm".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs import transcript
from payy_ref.proofs.curve import (
    G1_GENERATOR,
    G2_GENERATOR,
    G1Point,
    G2Point,
    PairingCheck,
    multi_scalar_product,
    negate_g1,
    pairings_cancel,
)
from payy_ref.proofs.keys import VerificationKey, check_public
from payy_ref.proofs.linearisation import combined, linearise
from payy_ref.proofs.polynomials import root_of_unity, vanishing
from payy_ref.proofs.proof import OPENED_SIGMAS, Proof
from payy_ref.proofs.transcript import State

Term: TypeAlias = tuple[G1Point, int]
"""A point of G1 and its factor, which counts modulo r."""

SumOfMultiples: TypeAlias = Callable[[Sequence[G1Point], Sequence[int]], G1Point]
"""Computes the sum of scalars[i] * points[i]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """e(left, [x]_2) = e(right, [1]_2), which holds for a valid proof."""

    left: tuple[Term, ...]
    """Terms that add up to the left point."""
    right: tuple[Term, ...]
    """Terms that add up to the right point."""
    x_g2: G2Point
    """[x]_2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A proof as far as it is verified without pairings."""

    equation: Equation | None
    """What is left to check; None if zeta is in the domain, where nothing holds."""
    final: State
    """The transcript's last state, which stands for the proof in the challenge of a batch."""


def verify(
    key: VerificationKey,
    public: Sequence[int],
    proof: Proof,
    pairing_check: PairingCheck = pairings_cancel,
    sum_of_multiples: SumOfMultiples = multi_scalar_product,
) -> None:
    """
    Accept a proof that the key's circuit has a witness with these public inputs, or reject it.

    Key and proof hold points of their groups; decoding sees to that.

    Requirements:
        PAYY-CIRCUITS-029

    Raises:
        SpecError: `PROOF_PUBLIC_COUNT`, `PROOF_PUBLIC_NOT_CANONICAL`, `PROOF_EQUATION`.
    """
    # CHECK
    prepared = prepare(key, public, proof)
    require(holds(prepared.equation, pairing_check, sum_of_multiples), ErrorCode.PROOF_EQUATION)


def prepare(key: VerificationKey, public: Sequence[int], proof: Proof) -> Prepared:
    """
    Reduce a proof to its equation.

    Let P combine what is opened at zeta, each polynomial less its value there, and Q what is
    opened at zeta omega. A valid proof has (X - zeta) W_zeta = P and (X - zeta omega) W_zeta_omega
    = Q. With u between them, and all that X multiplies on the left, this is the equation at x:

        x (W_zeta + u W_zeta_omega) = zeta W_zeta + u zeta omega W_zeta_omega + P + u Q

    Requirements:
        PAYY-CIRCUITS-029

    Raises:
        SpecError: `PROOF_PUBLIC_COUNT`, `PROOF_PUBLIC_NOT_CANONICAL`.
    """
    # CHECK
    check_public(key, public)
    drawn = transcript.challenges(key.digest, public, proof)
    zeta, v, u = drawn.zeta, drawn.v, drawn.u

    # COMPUTE
    if is_in_domain(key.size, zeta):
        return Prepared(equation=None, final=drawn.final)
    evaluations = proof.evaluations
    linearisation = linearise(
        key.size,
        public,
        evaluations,
        beta=drawn.beta,
        gamma=drawn.gamma,
        alpha=drawn.alpha,
        zeta=zeta,
    )
    linear = [*key.selectors, key.sigmas[-1], proof.z, proof.t_lo, proof.t_hi]
    opened = [*proof.wires, *key.sigmas[:OPENED_SIGMAS], *key.constants]
    opened_next = [proof.z, *proof.wires]
    value = combined((linearisation.constant, *(-value for value in evaluations.at_zeta)), v)
    value_next = combined(evaluations.at_zeta_omega, v)
    zeta_omega = zeta * root_of_unity(key.size) % MODULUS
    equation = Equation(
        left=((proof.w_zeta, 1), (proof.w_zeta_omega, u)),
        right=(
            (proof.w_zeta, zeta),
            (proof.w_zeta_omega, u * zeta_omega),
            *zip(linear, linearisation.factors, strict=True),
            *((point, pow(v, i, MODULUS)) for i, point in enumerate(opened, start=1)),
            *((point, u * pow(v, i, MODULUS)) for i, point in enumerate(opened_next)),
            (G1_GENERATOR, value - u * value_next),
        ),
        x_g2=key.x_g2,
    )
    return Prepared(equation=equation, final=drawn.final)


def is_in_domain(size: int, zeta: int) -> bool:
    """Tell whether zeta is 0 or in H: there Z_H or a power is 0, and the quotient is not bound."""
    return zeta == 0 or vanishing(size, zeta) == 0


def holds(
    equation: Equation | None, pairing_check: PairingCheck, sum_of_multiples: SumOfMultiples
) -> bool:
    """Tell whether there is an equation and it holds: e(left, [x]_2) e(-right, [1]_2) = 1."""
    if equation is None:
        return False
    left = _sum(equation.left, sum_of_multiples)
    right = _sum(equation.right, sum_of_multiples)
    return pairing_check([(left, equation.x_g2), (negate_g1(right), G2_GENERATOR)])


def _sum(terms: Iterable[Term], sum_of_multiples: SumOfMultiples) -> G1Point:
    """Add up terms; points that occur more than once are multiplied once."""
    factors: dict[G1Point, int] = {}
    for point, factor in terms:
        factors[point] = (factors.get(point, 0) + factor) % MODULUS
    return sum_of_multiples(list(factors), list(factors.values()))
