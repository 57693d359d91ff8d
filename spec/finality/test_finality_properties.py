"""Properties of the advice, on generated inputs."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import Any, Final

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.consensus.finality import Advice, Exposure, Finality, Price, advise
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.parameters import PAYMENTS_PER_TRANSACTION, Parameters, Preset, load_preset

MINIMAL: Final = load_preset(Preset.MINIMAL)
MAINNET: Final = load_preset(Preset.MAINNET)
ORDER: Final = (Finality.SOFT, Finality.PROVEN, Finality.L1_FINAL)
WORD: Final = 2**256 - 1
MOST_BLOCKS: Final = 2**64 - 1


def places(parameters: Parameters) -> int:
    """Give how many payments a block can have."""
    return PAYMENTS_PER_TRANSACTION * parameters.block_transactions


@st.composite
def networks(draw: st.DrawFn) -> Parameters:
    """Draw a preset, or one with another ratio and limit that leaves room for every payment."""
    preset = draw(st.sampled_from((MINIMAL, MAINNET)))
    if draw(st.booleans()):
        return preset
    numerator = draw(st.integers(1, 1000))
    least = numerator * places(preset)
    return replace(
        preset,
        finality_ratio_numerator=numerator,
        finality_ratio_denominator=draw(st.integers(least, 2 * least)),
        finality_large_value=draw(amounts(1)),
    )


def amounts(least: int = 0) -> st.SearchStrategy[int]:
    """Draw numbers of every size up to a word, small ones as often as wide ones."""
    return st.integers(0, 256).flatmap(
        lambda bits: st.integers(least, max(least, 2**bits - 1)),
    )


block_counts: Final = st.one_of(st.integers(1, 40), st.integers(1, MOST_BLOCKS))
small_prices: Final = st.builds(Price, numerator=st.integers(1, 50), denominator=st.integers(1, 50))
any_prices: Final = st.one_of(
    small_prices, st.builds(Price, numerator=amounts(1), denominator=amounts(1))
)


@st.composite
def near_the_edge(draw: st.DrawFn, parameters: Parameters) -> Exposure:
    """Draw a question whose value is about what the stake covers, or about what is large."""
    stake, blocks, price = draw(amounts()), draw(block_counts), draw(small_prices)
    ratio = ratio_of(parameters)
    worth = draw(
        st.sampled_from((floor(stake // 3 * ratio / blocks), parameters.finality_large_value))
    )
    value = floor(worth / rate_of(price)) + draw(st.integers(-2, 2))
    return Exposure(
        value=min(max(value, 0), WORD), price=price, total_stake=stake, unproven_blocks=blocks
    )


def questions(parameters: Parameters) -> st.SearchStrategy[Exposure]:
    """Draw questions in range, one half of them near the edge between two answers."""
    anything = st.builds(
        Exposure,
        value=amounts(),
        price=any_prices,
        total_stake=amounts(),
        unproven_blocks=block_counts,
    )
    return st.one_of(anything, near_the_edge(parameters)).filter(is_worth_a_word)


def is_worth_a_word(exposure: Exposure) -> bool:
    """Tell whether the value fits a word in the unit of the stake too."""
    return ceil(exposure.value * rate_of(exposure.price)) <= WORD


asked: Final = networks().flatmap(lambda it: st.tuples(st.just(it), questions(it)))
"""Parameters and a question."""


def rate_of(price: Price) -> Fraction:
    """Give a price as a rational number."""
    return Fraction(price.numerator, price.denominator)


def ratio_of(parameters: Parameters) -> Fraction:
    """Give the ratio as a rational number."""
    return Fraction(parameters.finality_ratio_numerator, parameters.finality_ratio_denominator)


def wait(exposure: Exposure, parameters: Parameters) -> int:
    """Give the place of the answer in the order of waiting."""
    return ORDER.index(advise(exposure, parameters).finality)


def model(exposure: Exposure, parameters: Parameters) -> Advice:
    """Answer by rational numbers."""
    worth = ceil(exposure.value * rate_of(exposure.price))
    slashable = floor(Fraction(exposure.total_stake, 3))
    if worth * exposure.unproven_blocks <= slashable * ratio_of(parameters):
        finality = Finality.SOFT
    elif worth <= parameters.finality_large_value:
        finality = Finality.PROVEN
    else:
        finality = Finality.L1_FINAL
    return Advice(finality=finality, value_in_stake=worth, slashable_stake=slashable)


@evidence("PAYY-FINALITY-T01")
@given(asked, st.data())
def test_more_value_is_never_faster(
    question: tuple[Parameters, Exposure], data: st.DataObject
) -> None:
    """A greater value, or a higher price, never gets a faster answer."""
    parameters, less = question
    price = less.price
    step = data.draw(st.sampled_from((0, 1, 10**6)))
    more = replace(
        less,
        value=data.draw(st.integers(less.value, min(less.value + step, WORD))),
        price=replace(
            price,
            numerator=data.draw(st.integers(price.numerator, min(price.numerator + step, WORD))),
        ),
    )
    assume(is_worth_a_word(more))
    assert wait(less, parameters) <= wait(more, parameters)


@evidence("PAYY-FINALITY-T02")
@given(asked, amounts())
def test_more_stake_is_never_slower(question: tuple[Parameters, Exposure], added: int) -> None:
    """More stake never gets a slower answer."""
    parameters, less = question
    more = replace(less, total_stake=min(less.total_stake + added, WORD))
    assert wait(more, parameters) <= wait(less, parameters)


@evidence("PAYY-FINALITY-T03")
@given(asked, st.one_of(st.integers(1, 3), st.integers(1, MOST_BLOCKS)))
def test_longer_interval_is_never_faster(question: tuple[Parameters, Exposure], added: int) -> None:
    """More unproven blocks never get a faster answer."""
    parameters, less = question
    more = replace(less, unproven_blocks=min(less.unproven_blocks + added, MOST_BLOCKS))
    assert wait(less, parameters) <= wait(more, parameters)


@evidence("PAYY-FINALITY-T04")
@given(networks(), small_prices, amounts(), st.integers(1, 12), st.data())
def test_soft_payments_are_covered(
    parameters: Parameters, price: Price, stake: int, blocks: int, data: st.DataObject
) -> None:
    """Payments in every place of every unproven block, if all are soft, are covered together."""
    covered = floor(stake // 3 * ratio_of(parameters) / blocks / rate_of(price))
    around = st.integers(max(0, min(covered, WORD) - 1), min(covered + 1, WORD))
    drawn = st.one_of(around, st.integers(0, min(covered, WORD)))
    count = places(parameters) * blocks
    values = data.draw(st.lists(drawn, min_size=count, max_size=count))
    payments = [
        Exposure(value=value, price=price, total_stake=stake, unproven_blocks=blocks)
        for value in values
    ]
    soft = [
        payment.value
        for payment in filter(is_worth_a_word, payments)
        if advise(payment, parameters).finality is Finality.SOFT
    ]
    assert sum(soft) * rate_of(price) <= stake // 3


@evidence("PAYY-FINALITY-T04", part="the room is needed, at the limit")
@pytest.mark.parametrize("preset", list(Preset))
def test_without_room_it_is_not_covered(preset: Preset) -> None:
    """With a ratio that leaves no room for one payment, soft payments exceed what is slashed."""
    parameters = load_preset(preset)
    count = places(parameters)
    exposure = Exposure(
        value=1000,
        price=Price(numerator=1, denominator=1),
        total_stake=3 * 1000 * (count - 1),
        unproven_blocks=1,
    )

    def is_soft(denominator: int) -> bool:
        other = replace(
            parameters, finality_ratio_numerator=1, finality_ratio_denominator=denominator
        )
        return advise(exposure, other).finality is Finality.SOFT

    assert is_soft(count - 1)
    assert not is_soft(count)
    assert exposure.value * count > exposure.total_stake // 3


@evidence("PAYY-FINALITY-T04", part="the number of the moment would not do")
def test_number_of_the_moment_is_not_enough() -> None:
    """Judged by the blocks that were there at each moment, 100 blocks have five times too much."""
    stake = 3 * 20 * 10**9
    greatest = [
        next(
            value
            for value in range(10**9 // count + 1, 0, -1)
            if advise(
                Exposure(
                    value=value,
                    price=Price(numerator=1, denominator=1),
                    total_stake=stake,
                    unproven_blocks=count,
                ),
                MAINNET,
            ).finality
            is Finality.SOFT
        )
        for count in range(1, 101)
    ]
    assert sum(greatest) > 5 * (stake // 3) * ratio_of(MAINNET)


@evidence("PAYY-FINALITY-T05", "PAYY-FINALITY-T06")
@given(asked)
@example(
    (
        MINIMAL,
        Exposure(
            value=1,
            price=Price(numerator=1, denominator=1),
            total_stake=23,
            unproven_blocks=1,
        ),
    )
)
def test_answer_is_that_of_rational_numbers(question: tuple[Parameters, Exposure]) -> None:
    """Every question in range has the answer that rational numbers give."""
    parameters, exposure = question
    assert advise(exposure, parameters) == model(exposure, parameters)


@evidence(
    "PAYY-FINALITY-T05",
    "PAYY-FINALITY-T06",
    exhaustive="values to 12, prices of terms to 3, stakes to 60, 1 to 3 blocks, large above 5",
)
def test_every_small_question() -> None:
    """All small questions have the answer that rational numbers give."""
    parameters = replace(MINIMAL, finality_large_value=5)
    seen = set()
    for value, numerator, denominator, stake, blocks in product(
        range(13), range(1, 4), range(1, 4), range(61), range(1, 4)
    ):
        exposure = Exposure(
            value=value,
            price=Price(numerator=numerator, denominator=denominator),
            total_stake=stake,
            unproven_blocks=blocks,
        )
        advice = advise(exposure, parameters)
        assert advice == model(exposure, parameters)
        seen.add(advice.finality)
    assert seen == set(Finality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A number out of range."""

    code: ErrorCode
    """What it is refused with."""
    change: dict[str, Any]
    """Which number."""


def faults(exposure: Exposure) -> list[st.SearchStrategy[Fault]]:
    """List, in the order of the checks, what can be wrong with a question."""
    too_great = st.integers(WORD + 1, WORD**2)
    terms = st.one_of(st.just(0), too_great)
    denominators = terms.map(lambda term: replace(exposure.price, denominator=term))
    prices = st.one_of(
        terms.map(lambda term: replace(exposure.price, numerator=term)), denominators
    )
    worth = st.integers(2, WORD).map(lambda term: Price(numerator=term, denominator=1))
    counts = st.one_of(st.just(0), st.integers(MOST_BLOCKS + 1, WORD))
    return [
        too_great.map(
            lambda it: Fault(code=ErrorCode.FINALITY_VALUE_OUT_OF_RANGE, change={"value": it})
        ),
        prices.map(
            lambda it: Fault(code=ErrorCode.FINALITY_PRICE_OUT_OF_RANGE, change={"price": it})
        ),
        worth.map(
            lambda it: Fault(
                code=ErrorCode.FINALITY_WORTH_OUT_OF_RANGE, change={"price": it, "value": WORD}
            )
        ),
        too_great.map(
            lambda it: Fault(code=ErrorCode.FINALITY_STAKE_OUT_OF_RANGE, change={"total_stake": it})
        ),
        counts.map(
            lambda it: Fault(
                code=ErrorCode.FINALITY_BLOCKS_OUT_OF_RANGE, change={"unproven_blocks": it}
            )
        ),
    ]


@evidence("PAYY-FINALITY-T05", part="what is out of range")
@given(asked, st.data())
def test_first_fault_is_named(question: tuple[Parameters, Exposure], data: st.DataObject) -> None:
    """Of several numbers out of range the first is named."""
    parameters, exposure = question
    possible = faults(exposure)
    chosen = data.draw(st.lists(st.integers(0, len(possible) - 1), min_size=1, unique=True))
    drawn = [data.draw(possible[at]) for at in sorted(chosen)]
    # What is written later wins, so the fault that is to be found is written last.
    change = {name: it for fault in reversed(drawn) for name, it in fault.change.items()}
    with pytest.raises(SpecError) as refusal:
        advise(replace(exposure, **change), parameters)
    assert refusal.value.code == drawn[0].code
