"""
The identity that a proof is about, at one point: the linearisation polynomial r.

Where two polynomials would be multiplied, the value of one of them at zeta stands, so r is linear
in those that are left. The prover combines polynomials with these factors, the verifier combines
their commitments; r is 0 at zeta if the constraints hold.

Source: PLONK (eprint 2019/953), section 8, round 5 of the prover, steps 8 and 9 of the verifier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import mul
from typing import Any

from payy_ref.crypto.field import MODULUS
from payy_ref.proofs.gates import CONSTRAINT_COUNT, CONSTRAINTS, Row
from payy_ref.proofs.polynomials import WIRE_COSETS, lagrange, vanishing
from payy_ref.proofs.proof import OPENED_SIGMAS, Evaluations


@dataclass(frozen=True, slots=True, kw_only=True)
class Linearisation:
    """Factors of the polynomials in r."""

    selectors: tuple[int, ...]
    """Of the gates' selectors."""
    sigma: int
    """Of the last sigma, the one that is not opened."""
    z: int
    """Of the permutation polynomial."""
    t_lo: int
    """Of the quotient's lower part."""
    t_hi: int
    """Of its upper part."""
    constant: int
    """What is added to all that."""

    @property
    def factors(self) -> tuple[int, ...]:
        """The factors of the selectors, sigma_3, z, t_lo and t_hi."""
        return (*self.selectors, self.sigma, self.z, self.t_lo, self.t_hi)


def combined(values: Sequence[Any], base: int) -> Any:
    """Give values[0] + values[1] base + values[2] base^2 + ... by Horner's rule."""
    return reduce(lambda total, value: total * base + value, reversed(values))


def cell_product(wires: Sequence[Any], identities: Sequence[Any], beta: int, gamma: Any) -> Any:
    """Multiply w_j + beta identity_j + gamma over j; gamma is a value of the wires' kind."""
    cells = zip(wires, identities, strict=True)
    return reduce(mul, (wire + identity * beta + gamma for wire, identity in cells))


def public_value(size: int, public: Sequence[int], zeta: int) -> int:
    """Evaluate PI, which is input i at omega^i and 0 on the rest of H."""
    weights = lagrange(size, zeta, len(public))
    return sum(value * weight for value, weight in zip(public, weights, strict=True)) % MODULUS


def linearise(
    size: int,
    public: Sequence[int],
    evaluations: Evaluations,
    *,
    beta: int,
    gamma: int,
    alpha: int,
    zeta: int,
) -> Linearisation:
    """
    Compute the factors of r.

    With A and B the products over cells that take z to its next value, all gates, the public
    inputs and the permutation are one equation:

        sum of s_g (C_g0 + alpha C_g1 + ...) + PI + alpha^4 (z A - z(zeta omega) B)
            + alpha^5 L_0 (z - 1) = Z_H (t_lo + zeta^3n t_hi)

    Requirements:
        PAYY-CIRCUITS-027
    """
    row = Row(
        wires=evaluations.wires,
        below=evaluations.wires_next,
        constants=evaluations.constants,
        one=1,
    )
    identities = [coset * zeta for coset in WIRE_COSETS]
    opened = evaluations.wires[:OPENED_SIGMAS]
    product_a = cell_product(evaluations.wires, identities, beta, gamma)
    product_b = cell_product(opened, evaluations.sigmas, beta, gamma) * evaluations.z_next
    permuted = pow(alpha, CONSTRAINT_COUNT, MODULUS)
    starting = permuted * alpha * lagrange(size, zeta, 1)[0]
    last_cell = evaluations.wires[-1] + gamma
    divisor = vanishing(size, zeta)
    return Linearisation(
        selectors=tuple(combined(gate(row), alpha) % MODULUS for gate in CONSTRAINTS.values()),
        sigma=-permuted * product_b * beta % MODULUS,
        z=(permuted * product_a + starting) % MODULUS,
        t_lo=-divisor % MODULUS,
        t_hi=-divisor * pow(zeta, 3 * size, MODULUS) % MODULUS,
        constant=(public_value(size, public, zeta) - permuted * product_b * last_cell - starting)
        % MODULUS,
    )
