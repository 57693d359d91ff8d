"""
Lemmas on the advice: it is monotone, and what it calls soft is covered by the stake.

The steps of the advice are read from their source. That `advise` checks the ranges and then takes
these steps in this order is granted.
"""

from dataclasses import dataclass, replace
from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.obligations import Claim, lemma
from payy_ref.assurance.symbolic import Term, Translator
from payy_ref.consensus.finality_kernels import (
    L1_FINAL_PLACE,
    PROVEN_PLACE,
    SOFT_PLACE,
    place_of_advice,
    slashable_stake,
    value_in_stake,
)
from payy_ref.consensus.validators import is_quorum

STEPS: Final = "advise checks the ranges and joins the steps as read here (PAYY-FINALITY-T05)"
RATIO: Final = "parse_parameters admits positive parameters only (PAYY-FINALITY-006)"
ROOM: Final = "parse_parameters refuses a ratio without room for every payment of a block"
EACH: Final = "payments are at most the greatest of them, so a sum is at most their number times it"
SUMS: Final = (
    "the stake of a group is the sum of its members', and no stake is negative "
    "(PAYY-SETTLEMENT-007)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknowns:
    """What an answer depends on once the value is in the unit of the stake."""

    value: Term
    """In the unit of the stake."""
    slashable: Term
    """What an attacker would lose."""
    unproven_blocks: Term
    """Blocks that share it."""
    ratio: tuple[Term, Term]
    """A parameter."""
    large_value: Term
    """A parameter."""


def unknowns() -> Unknowns:
    """Give any input under any parameters."""
    value, unproven_blocks, slashable = z3.Ints("value unproven_blocks slashable")
    return Unknowns(
        value=value,
        slashable=slashable,
        unproven_blocks=unproven_blocks,
        ratio=(z3.Int("ratio_numerator"), z3.Int("ratio_denominator")),
        large_value=z3.Int("large_value"),
    )


def place(read: Translator, of: Unknowns) -> Term:
    """Give the place of the answer, as `advise` finds it."""
    return read.call(
        place_of_advice, of.value, of.unproven_blocks, of.slashable, of.ratio, of.large_value
    )


def monotone(read: Translator, less: Unknowns, more: Unknowns, grows: Term) -> Claim:
    """Claim that more of something never gets a faster answer."""
    return Claim(
        hypotheses={
            "a value": less.value >= 0,
            "the block itself": less.unproven_blocks >= 1,
            "positive ratio": z3.And(less.ratio[0] > 0, less.ratio[1] > 0),
            "more": grows,
        },
        conclusion=place(read, less) <= place(read, more),
    )


# Monotone


@lemma("PAYY-FINALITY-T01", assumptions=[STEPS])
def higher_value_or_price_converts_to_more(read: Translator) -> Claim:
    """A value in the unit of the stake falls neither with the value nor with the price."""
    values, prices = z3.Ints("value greater_value"), z3.Ints("numerator greater_numerator")
    denominator = z3.Int("denominator")
    less, more = (
        read.call(value_in_stake, value, price, denominator)
        for value, price in zip(values, prices, strict=True)
    )
    return Claim(
        hypotheses={
            "a value": values[0] >= 0,
            "a price": z3.And(prices[0] > 0, denominator > 0),
            "no less value": values[0] <= values[1],
            "no lower price": prices[0] <= prices[1],
        },
        conclusion=z3.And(less >= 0, less <= more),
    )


@lemma("PAYY-FINALITY-T01", assumptions=[STEPS, RATIO])
def more_value_is_never_faster(read: Translator) -> Claim:
    """A greater value, in the unit of the stake, never gets a faster answer."""
    less = unknowns()
    more = replace(less, value=z3.Int("greater_value"))
    return monotone(read, less, more, less.value <= more.value)


@lemma("PAYY-FINALITY-T02", assumptions=[STEPS])
def more_stake_is_slashed_no_less(read: Translator) -> Claim:
    """What can be slashed does not fall when the stake grows."""
    less, more = z3.Ints("total_stake greater_stake")
    return Claim(
        hypotheses={"no less stake": less <= more},
        conclusion=read.call(slashable_stake, less) <= read.call(slashable_stake, more),
    )


@lemma("PAYY-FINALITY-T02", assumptions=[STEPS, RATIO])
def more_slashable_stake_is_never_slower(read: Translator) -> Claim:
    """The more an attacker would lose, the faster the answer, or as fast."""
    slower = unknowns()
    faster = replace(slower, slashable=z3.Int("greater_slashable"))
    return monotone(read, faster, slower, slower.slashable <= faster.slashable)


@lemma("PAYY-FINALITY-T03", assumptions=[STEPS, RATIO])
def longer_interval_is_never_faster(read: Translator) -> Claim:
    """More unproven blocks never get a faster answer."""
    less = unknowns()
    more = replace(less, unproven_blocks=z3.Int("more_blocks"))
    return monotone(read, less, more, less.unproven_blocks <= more.unproven_blocks)


# Covered by the stake


@lemma("PAYY-FINALITY-T04", assumptions=[STEPS, RATIO, ROOM, EACH])
def soft_payments_are_covered(read: Translator) -> Claim:
    """
    Payments of one soft value, all that the unproven blocks can have, are worth the stake.

    Both sides stand times the numerator of the ratio, which `factor_cancels` takes away.
    """
    of, payments = unknowns(), z3.Int("payments")
    return Claim(
        hypotheses={
            "a value": of.value >= 0,
            "the block itself": of.unproven_blocks >= 1,
            "positive ratio": z3.And(of.ratio[0] > 0, of.ratio[1] > 0),
            "room for every payment": z3.And(payments >= 1, of.ratio[0] * payments <= of.ratio[1]),
            "soft": place(read, of) == SOFT_PLACE,
        },
        conclusion=of.value * of.unproven_blocks * payments * of.ratio[0]
        <= of.slashable * of.ratio[0],
    )


@lemma("PAYY-FINALITY-T04")
def factor_cancels(_: Translator) -> Claim:
    """What holds of two amounts times a positive number holds of the amounts."""
    at_risk, slashable, factor = z3.Ints("at_risk slashable factor")
    return Claim(
        hypotheses={
            "times a factor": at_risk * factor <= slashable * factor,
            "a positive one": factor > 0,
        },
        conclusion=at_risk <= slashable,
    )


@lemma("PAYY-FINALITY-T04", assumptions=[STEPS])
def conversion_takes_nothing_away(read: Translator) -> Claim:
    """A value in the unit of the stake is worth at least what the client stated."""
    value, numerator, denominator = z3.Ints("value numerator denominator")
    converted = read.call(value_in_stake, value, numerator, denominator)
    return Claim(
        hypotheses={"a price": denominator > 0},
        conclusion=converted * denominator >= value * numerator,
    )


@lemma("PAYY-FINALITY-T04", assumptions=[SUMS])
def conflict_loses_the_slashable_stake(read: Translator) -> Claim:
    """Who signed for both of two certified blocks has more than the slashable stake."""
    first, second, both, neither = z3.Ints("first_alone second_alone both neither")
    total = first + second + both + neither
    return Claim(
        hypotheses={
            "nobody weighs less than nothing": neither >= 0,
            "the first is a quorum": read.call(is_quorum, first + both, total),
            "the second is a quorum": read.call(is_quorum, second + both, total),
        },
        conclusion=both > read.call(slashable_stake, total),
    )


# One answer


@lemma("PAYY-FINALITY-T05", assumptions=[STEPS])
def one_answer_an_input(read: Translator) -> Claim:
    """Whatever the numbers are, the answer is one of the three."""
    found = place(read, unknowns())
    return Claim(
        hypotheses={},
        conclusion=z3.Or(found == SOFT_PLACE, found == PROVEN_PLACE, found == L1_FINAL_PLACE),
    )
