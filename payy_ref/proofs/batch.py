"""
Many proofs, of one circuit or of several, with one pairing check.

The equations of the proofs are added up with powers of a challenge rho, which comes from all of
the proofs: if one equation does not hold, the sum does not hold either, but for a chance of the
number of proofs over r. Commitments of a key that several proofs share are multiplied once.

Source: PLONK (eprint 2019/953), section 3, for sums of equations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs import transcript
from payy_ref.proofs.curve import PairingCheck, multi_scalar_product, pairings_cancel
from payy_ref.proofs.keys import VerificationKey
from payy_ref.proofs.proof import Proof
from payy_ref.proofs.verifier import Equation, Prepared, SumOfMultiples, Term, holds, prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A proof and what it is to show."""

    key: VerificationKey
    """The circuit."""
    public: Sequence[int]
    """The public inputs."""
    proof: Proof
    """The proof."""


def verify_batch(
    claims: Sequence[Claim],
    pairing_check: PairingCheck = pairings_cancel,
    sum_of_multiples: SumOfMultiples = multi_scalar_product,
) -> None:
    """
    Accept all claims or reject them together; which of them is false is not said.

    Requirements:
        PAYY-CIRCUITS-030

    Raises:
        SpecError: `PROOF_BATCH_EMPTY`, `PROOF_SETUPS_DIFFER`, `PROOF_EQUATION`, and those of
            `prepare`.
    """
    # CHECK
    require(len(claims) > 0, ErrorCode.PROOF_BATCH_EMPTY)
    require(len({claim.key.x_g2 for claim in claims}) == 1, ErrorCode.PROOF_SETUPS_DIFFER)
    prepared = [prepare(claim.key, claim.public, claim.proof) for claim in claims]
    is_valid = holds(combine(prepared), pairing_check, sum_of_multiples)
    require(is_valid, ErrorCode.PROOF_EQUATION)


def combine(proofs: Sequence[Prepared]) -> Equation | None:
    """
    Add up equations of one setup, the one in place i times rho^i; None if a proof has none.

    Requirements:
        PAYY-CIRCUITS-030
    """
    rho = transcript.batch_challenge([proof.final for proof in proofs])

    def scaled(sides: Sequence[Sequence[Term]]) -> tuple[Term, ...]:
        return tuple(
            (point, scalar * pow(rho, i, MODULUS))
            for i, side in enumerate(sides)
            for point, scalar in side
        )

    equations = [proof.equation for proof in proofs if proof.equation is not None]
    if len(equations) < len(proofs):
        return None
    return Equation(
        left=scaled([equation.left for equation in equations]),
        right=scaled([equation.right for equation in equations]),
        x_g2=equations[0].x_g2,
    )
