"""
Finality: how long a client is advised to wait, by what it would lose and what an attacker would.

A block that is committed can be undone only by sequencers that sign against each other, and they
lose their stake. So the stake covers payments up to some value until the proof of the block is on
L1; above that it takes the proof, and for a large value an L1 block that Ethereum has finalized.
This is advice: the client decides.

Source: the whitepaper's section on soft finality, which compares stake, proving interval and value
without a formula; nothing of it is deployed.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from payy_ref.consensus.finality_kernels import (
    L1_FINAL_PLACE,
    PROVEN_PLACE,
    SOFT_PLACE,
    is_block_count,
    is_price_term,
    is_word,
    place_of_advice,
    slashable_stake,
    value_in_stake,
)
from payy_ref.errors import ErrorCode, require
from payy_ref.parameters import Parameters


class Finality(Enum):
    """
    What a client waits for, fastest first; what comes later includes what comes before it.

    Requirements:
        PAYY-FINALITY-001
    """

    SOFT = "soft"
    """The block is committed."""
    PROVEN = "proven"
    """The proof of the block is on L1."""
    L1_FINAL = "l1_final"
    """The proof of the block is in a block of L1 that Ethereum has finalized."""


BY_PLACE: Final = {
    SOFT_PLACE: Finality.SOFT,
    PROVEN_PLACE: Finality.PROVEN,
    L1_FINAL_PLACE: Finality.L1_FINAL,
}
"""The answers by their place in the order of waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the smallest unit of a token is worth in the smallest unit of the stake."""

    numerator: int
    """Units of the stake for `denominator` units of the token."""
    denominator: int
    """Units of the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What a client has to say about a payment."""

    value: int
    """What it would lose, in the smallest unit of the token."""
    price: Price
    """What that is worth."""
    total_stake: int
    """Stake of all sequencers that can be slashed for the block, in its smallest unit."""
    unproven_blocks: int
    """Blocks that share the stake: committed, without a proof on L1, this block among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """An answer, and the two amounts that were compared."""

    finality: Finality
    """What to wait for."""
    value_in_stake: int
    """What the client would lose, in the smallest unit of the stake."""
    slashable_stake: int
    """What an attacker would lose, in the same unit."""


def advise(exposure: Exposure, parameters: Parameters) -> Advice:
    """
    Advise a client what to wait for before it relies on a payment.

    Requirements:
        PAYY-FINALITY-002, PAYY-FINALITY-003, PAYY-FINALITY-004, PAYY-FINALITY-005

    Raises:
        SpecError: `FINALITY_VALUE_OUT_OF_RANGE`, `FINALITY_PRICE_OUT_OF_RANGE`,
            `FINALITY_WORTH_OUT_OF_RANGE`, `FINALITY_STAKE_OUT_OF_RANGE`,
            `FINALITY_BLOCKS_OUT_OF_RANGE`.
    """
    price = exposure.price

    # CHECK
    require(is_word(exposure.value), ErrorCode.FINALITY_VALUE_OUT_OF_RANGE)
    has_price = is_price_term(price.numerator) and is_price_term(price.denominator)
    require(has_price, ErrorCode.FINALITY_PRICE_OUT_OF_RANGE)
    value = value_in_stake(exposure.value, price.numerator, price.denominator)
    require(is_word(value), ErrorCode.FINALITY_WORTH_OUT_OF_RANGE)
    require(is_word(exposure.total_stake), ErrorCode.FINALITY_STAKE_OUT_OF_RANGE)
    require(is_block_count(exposure.unproven_blocks), ErrorCode.FINALITY_BLOCKS_OUT_OF_RANGE)

    # COMPUTE
    slashable = slashable_stake(exposure.total_stake)
    place = place_of_advice(
        value,
        exposure.unproven_blocks,
        slashable,
        (parameters.finality_ratio_numerator, parameters.finality_ratio_denominator),
        parameters.finality_large_value,
    )
    return Advice(finality=BY_PLACE[place], value_in_stake=value, slashable_stake=slashable)
