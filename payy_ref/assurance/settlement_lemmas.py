"""
Lemmas on quorums.

What a quorum is is read from the source of `is_quorum`. Stakes of groups of members stand as
numbers: that the stake of a group is the sum of its members' is granted.
"""

from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.obligations import Claim, lemma
from payy_ref.assurance.symbolic import Translator
from payy_ref.consensus.validators import is_quorum

SUMS: Final = (
    "the stake of a group is the sum of its members', and no stake is negative "
    "(PAYY-SETTLEMENT-007)"
)


@lemma("PAYY-SETTLEMENT-T03", assumptions=[SUMS])
def two_quorums_share_more_than_a_third(read: Translator) -> Claim:
    """Members of both of two quorums weigh more than a third of the set."""
    first, second, both, neither = z3.Ints("first_alone second_alone both neither")
    total = first + second + both + neither
    return Claim(
        hypotheses={
            "nobody weighs less than nothing": neither >= 0,
            "the first is a quorum": read.call(is_quorum, first + both, total),
            "the second is a quorum": read.call(is_quorum, second + both, total),
        },
        conclusion=3 * both > total,
    )


@lemma("PAYY-SETTLEMENT-T04", part="members of stake 1, of any number")
def equal_stakes_give_the_deployed_number(read: Translator) -> Claim:
    """Of n members that weigh 1 each it takes floor(2n/3) + 1, all of them at most."""
    count, signers = z3.Ints("count signers")
    deployed = 2 * count / 3 + 1
    return Claim(
        hypotheses={"there is a member": count >= 1},
        conclusion=z3.And(
            read.call(is_quorum, signers, count) == (signers >= deployed), deployed <= count
        ),
    )
