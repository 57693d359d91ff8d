"""Scenarios of the advice on finality."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from payy_ref.consensus.finality import Finality, Price
from payy_ref.errors import ErrorCode
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.pytest_plugin import VectorWriter

MAINNET, MINIMAL = "mainnet", "minimal"
SOFT, PROVEN, L1_FINAL = Finality.SOFT, Finality.PROVEN, Finality.L1_FINAL

LEVELS, VALUE, STAKE, BLOCKS, ADVICE, PARAMETERS = (
    f"PAYY-FINALITY-00{number}" for number in range(1, 7)
)

WORD: Final = 2**256 - 1
"""The greatest value, stake or term of a price."""
MOST_BLOCKS: Final = 2**64 - 1
LARGE: Final = {MAINNET: 5 * 10**18, MINIMAL: 1000}
"""The greatest value that is not large."""

ETHER: Final = 10**18
DOLLAR: Final = 10**6
DOLLARS_IN_ETHER: Final = Price(numerator=ETHER, denominator=2500 * DOLLAR)
"""Smallest units of a stake of 18 decimals for those of a token of 6, at 2,500 of it for one."""


def price(numerator: int, denominator: int = 1) -> Price:
    """Give a price."""
    return Price(numerator=numerator, denominator=denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a client asks, and the answer that the rules demand."""

    preset: str = MINIMAL
    """Whose parameters."""
    value: int
    """What it would lose."""
    price: Price = price(1)  # noqa: RUF009 - frozen
    """What that is worth."""
    stake: int
    """Of all."""
    blocks: int = 1
    """That share the stake."""
    answer: Finality
    """What to wait for."""
    worth: int
    """The value in the unit of the stake."""
    slashable: int
    """What an attacker would lose."""


def check(
    vector: VectorWriter,
    name: str,
    question: Question,
    description: str,
    *,
    requirements: list[str],
    flags: list[str],
) -> None:
    """State a question with its answer."""
    output = vector.accepts(
        f"finality-advise-{name}-{question.preset}",
        "finality/advise",
        description=description,
        requirements=sorted({ADVICE, *requirements}),
        flags=flags,
        preset=question.preset,
        value=question.value,
        price=question.price,
        total_stake=question.stake,
        unproven_blocks=question.blocks,
    )
    assert output == {
        "advice": question.answer.value,
        "value_in_stake": question.worth,
        "slashable_stake": question.slashable,
    }


# Two fifteenths of a third of 2,250 is 100 on minimal; a twentieth of a third of 6,000 on mainnet.
INEQUALITY: Final[dict[str, tuple[str, int, int, Finality, Finality]]] = {
    "at-limit": ("exactly what the stake covers", 100, 1, SOFT, SOFT),
    "beyond-limit": ("one more than the stake covers", 101, 1, PROVEN, PROVEN),
    "at-limit-of-4-blocks": ("exactly a quarter of what the stake covers", 25, 4, SOFT, SOFT),
    "beyond-limit-of-4-blocks": ("one more than a quarter of it", 26, 4, PROVEN, PROVEN),
    "at-limit-of-3-blocks": ("as much of a third as is whole", 33, 3, SOFT, SOFT),
    "beyond-limit-of-3-blocks": ("a third of it rounded up", 34, 3, PROVEN, PROVEN),
    "as-many-blocks-as-covered": ("1, in as many blocks as the stake covers", 1, 100, SOFT, SOFT),
    "one-block-more-than-covered": ("1, in one block more", 1, 101, PROVEN, PROVEN),
}


@pytest.mark.parametrize("preset", [MAINNET, MINIMAL])
@pytest.mark.parametrize("name", INEQUALITY)
def test_what_the_stake_covers(vector: VectorWriter, preset: str, name: str) -> None:
    """
    A payment is soft as long as the stake covers it in every unproven block.

    Given a stake that covers 100, when a payment uses that up in some number of blocks, then it is
    soft, and with one more of anything it waits for the proof.
    """
    words, value, blocks, on_mainnet, on_minimal = INEQUALITY[name]
    stake = {MAINNET: 6000, MINIMAL: 2250}[preset]
    check(
        vector,
        name,
        Question(
            preset=preset,
            value=value,
            stake=stake,
            blocks=blocks,
            answer={MAINNET: on_mainnet, MINIMAL: on_minimal}[preset],
            worth=value,
            slashable=stake // 3,
        ),
        f"The value is {words}.",
        requirements=[LEVELS, BLOCKS, PARAMETERS],
        flags=["ADVICE_INEQUALITY"],
    )


THIRDS: Final = {
    "rounded-down": (
        Question(value=1, stake=23, answer=PROVEN, worth=1, slashable=7),
        "A third of 23 is 7; two fifteenths of the exact third would cover 1.",
    ),
    "exact": (
        Question(value=1, stake=24, answer=SOFT, worth=1, slashable=8),
        "A third of 24 is 8, which covers 1 with some to spare.",
    ),
    "not-rounded-up": (
        Question(preset=MAINNET, value=1, stake=59, answer=PROVEN, worth=1, slashable=19),
        "A third of 59 is 19, which is less than 1 takes.",
    ),
    "whole": (
        Question(preset=MAINNET, value=1, stake=60, answer=SOFT, worth=1, slashable=20),
        "A third of 60 is 20, exactly what 1 takes.",
    ),
    "none": (
        Question(value=1, stake=0, answer=PROVEN, worth=1, slashable=0),
        "Without stake, the least value waits for the proof.",
    ),
    "none-and-no-value": (
        Question(value=0, stake=0, answer=SOFT, worth=0, slashable=0),
        "Nothing is lost with a value of 0, so it is soft without stake.",
    ),
    "weights-of-1": (
        Question(preset=MAINNET, value=1, stake=2, answer=PROVEN, worth=1, slashable=0),
        "Of two sequencers that weigh 1 each, nothing can be slashed.",
    ),
    "greatest": (
        Question(
            preset=MAINNET,
            value=1,
            stake=WORD,
            blocks=MOST_BLOCKS,
            answer=SOFT,
            worth=1,
            slashable=WORD // 3,
        ),
        "The greatest stake covers 1 in the greatest number of blocks.",
    ),
}


@pytest.mark.parametrize("name", THIRDS)
def test_slashable_stake(vector: VectorWriter, name: str) -> None:
    """
    An attacker loses a third of the stake, rounded down.

    Given a stake, when a payment is at the edge of what a third of it covers, then the part that is
    rounded off does not count.
    """
    question, description = THIRDS[name]
    flags = ["ADVICE_ROUNDING"]
    check(vector, f"stake-{name}", question, description, requirements=[STAKE], flags=flags)


PRICES: Final = {
    "rounds-up": (
        Question(value=100, price=price(3, 299), stake=2250, answer=SOFT, worth=2, slashable=750),
        "Three for 299: 100 is worth a little more than 1, which counts as 2.",
    ),
    "rounds-up-over-limit": (
        Question(value=201, price=price(1, 2), stake=2250, answer=PROVEN, worth=101, slashable=750),
        "One for two: 201 is worth 100 and a half, which counts as 101; 100 would be soft.",
    ),
    "exact-at-limit": (
        Question(value=200, price=price(1, 2), stake=2250, answer=SOFT, worth=100, slashable=750),
        "One for two: 200 is worth exactly 100, and nothing is added.",
    ),
    "of-dust": (
        Question(value=1, price=price(1, WORD), stake=23, answer=PROVEN, worth=1, slashable=7),
        "The lowest price there is makes 1 of 1, not 0.",
    ),
    "of-nothing": (
        Question(value=0, price=price(WORD), stake=0, answer=SOFT, worth=0, slashable=0),
        "At the highest price there is, nothing is worth nothing.",
    ),
    "not-in-lowest-terms": (
        Question(
            value=200, price=price(50, 100), stake=2250, answer=SOFT, worth=100, slashable=750
        ),
        "Fifty for a hundred is one for two.",
    ),
    "more-decimals-in-the-stake": (
        Question(
            preset=MAINNET,
            value=2500 * DOLLAR,
            price=DOLLARS_IN_ETHER,
            stake=60 * ETHER,
            answer=SOFT,
            worth=ETHER,
            slashable=20 * ETHER,
        ),
        "2,500 of a token of 6 decimals are worth 1 of the stake's 18; that is covered exactly.",
    ),
    "more-decimals-in-the-stake-beyond": (
        Question(
            preset=MAINNET,
            value=2500 * DOLLAR + 1,
            price=DOLLARS_IN_ETHER,
            stake=60 * ETHER,
            answer=PROVEN,
            worth=ETHER + 400_000_000,
            slashable=20 * ETHER,
        ),
        "One smallest unit of the token more is worth 400,000,000 of the stake's.",
    ),
}


@pytest.mark.parametrize("name", PRICES)
def test_prices(vector: VectorWriter, name: str) -> None:
    """
    A value is brought to the unit of the stake, rounded up.

    Given a price, when the value is not worth a whole number, then the next one counts.
    """
    question, description = PRICES[name]
    flags = ["ADVICE_PRICE", "ADVICE_ROUNDING"]
    check(vector, f"price-{name}", question, description, requirements=[VALUE], flags=flags)


@pytest.mark.parametrize("preset", [MAINNET, MINIMAL])
def test_large_values(vector: VectorWriter, preset: str) -> None:
    """
    What the stake does not cover waits for the proof, or, if it is large, for Ethereum.

    Given values around the limit, when the stake does not cover them, then those above it wait for
    Ethereum; when it does, they are soft all the same.
    """
    large, much = LARGE[preset], 10**21
    questions = {
        "at-limit": ("at the limit of large values", large, price(1), 0, PROVEN, large),
        "beyond-limit": ("the least large one", large + 1, price(1), 0, L1_FINAL, large + 1),
        "by-price": ("large by its price alone", 1, price(large + 1), 0, L1_FINAL, large + 1),
        "not-by-price": ("not large by its price", 2 * large, price(1, 2), 0, PROVEN, large),
        "covered": ("large, and the stake covers it", large + 1, price(1), much, SOFT, large + 1),
    }
    for name, (words, value, rate, stake, answer, worth) in questions.items():
        check(
            vector,
            f"large-{name}",
            Question(
                preset=preset,
                value=value,
                price=rate,
                stake=stake,
                answer=answer,
                worth=worth,
                slashable=stake // 3,
            ),
            f"The value is {words}.",
            requirements=[LEVELS, PARAMETERS],
            flags=["ADVICE_ORDER"],
        )


WIDE: Final = {
    "worth-through-2-to-the-256": (
        Question(
            value=2**255,
            price=price(4, 8),
            stake=2250,
            answer=L1_FINAL,
            worth=2**254,
            slashable=750,
        ),
        "The value times the numerator would be 0 in 256 bits.",
    ),
    "greatest-worth": (
        Question(value=WORD, stake=WORD, answer=L1_FINAL, worth=WORD, slashable=WORD // 3),
        "The greatest worth there is.",
    ),
    "blocks-of-2-to-the-256": (
        Question(
            value=2**200,
            stake=2250,
            blocks=2**56,
            answer=L1_FINAL,
            worth=2**200,
            slashable=750,
        ),
        "The value times the blocks would be 0 in 256 bits.",
    ),
    "ratio-of-2-to-the-256": (
        Question(
            preset=MAINNET,
            value=2**254,
            stake=WORD,
            answer=L1_FINAL,
            worth=2**254,
            slashable=WORD // 3,
        ),
        "The value times the denominator of the ratio would be 2^256 or more: 0 in 256 bits.",
    ),
    "beyond-floating-point": (
        Question(
            preset=MAINNET,
            value=2**61 + 1,
            stake=60 * 2**61,
            answer=PROVEN,
            worth=2**61 + 1,
            slashable=20 * 2**61,
        ),
        "The stake covers 2^61, which floating point does not tell from 2^61 + 1.",
    ),
    "within-floating-point": (
        Question(
            preset=MAINNET,
            value=2**61,
            stake=60 * 2**61,
            answer=SOFT,
            worth=2**61,
            slashable=20 * 2**61,
        ),
        "The stake covers 2^61.",
    ),
    "greatest-of-all": (
        Question(
            value=WORD,
            price=price(WORD, WORD),
            stake=WORD,
            blocks=MOST_BLOCKS,
            answer=L1_FINAL,
            worth=WORD,
            slashable=WORD // 3,
        ),
        "All numbers are the greatest that they can be.",
    ),
}


@pytest.mark.parametrize("name", WIDE)
def test_wide_numbers(vector: VectorWriter, name: str) -> None:
    """
    Products are exact, whatever their size.

    Given numbers whose products do not fit a word or a float, when the advice is asked for, then it
    is that of integers.
    """
    question, description = WIDE[name]
    check(
        vector,
        f"wide-{name}",
        question,
        description,
        requirements=[VALUE, STAKE, BLOCKS],
        flags=["ADVICE_WIDTH"],
    )


FIELDS: Final[dict[str, Any]] = {
    "value": 100,
    "price": price(1),
    "total_stake": 2250,
    "unproven_blocks": 1,
}
"""A question that is soft on both presets, but for its one fault."""

REFUSED: Final[dict[str, tuple[ErrorCode, str, dict[str, Any], str]]] = {
    "value-too-great": (
        ErrorCode.FINALITY_VALUE_OUT_OF_RANGE,
        VALUE,
        {"value": 2**256, "price": price(1, WORD)},
        "A value of 2^256 does not fit 256 bits, though it is worth 2 only.",
    ),
    "price-numerator-zero": (
        ErrorCode.FINALITY_PRICE_OUT_OF_RANGE,
        VALUE,
        {"price": price(0)},
        "A price of 0 would make every payment soft.",
    ),
    "price-numerator-too-great": (
        ErrorCode.FINALITY_PRICE_OUT_OF_RANGE,
        VALUE,
        {"price": price(2**256, WORD)},
        "A numerator of 2^256 does not fit 256 bits, though the price is little above 1.",
    ),
    "price-denominator-zero": (
        ErrorCode.FINALITY_PRICE_OUT_OF_RANGE,
        VALUE,
        {"price": price(1, 0)},
        "A price over 0 is none.",
    ),
    "price-denominator-too-great": (
        ErrorCode.FINALITY_PRICE_OUT_OF_RANGE,
        VALUE,
        {"price": price(1, 2**256)},
        "A denominator of 2^256 does not fit 256 bits.",
    ),
    "worth-too-great": (
        ErrorCode.FINALITY_WORTH_OUT_OF_RANGE,
        VALUE,
        {"value": 2**255, "price": price(2)},
        "A value that is worth 2^256 does not fit 256 bits in the unit of the stake.",
    ),
    "worth-too-great-by-rounding": (
        ErrorCode.FINALITY_WORTH_OUT_OF_RANGE,
        VALUE,
        {"value": 2**255 + 1, "price": price(2**255 - 1, 2**254)},
        "A value that is worth a fraction less than 2^256 is rounded up to what does not fit.",
    ),
    "stake-too-great": (
        ErrorCode.FINALITY_STAKE_OUT_OF_RANGE,
        STAKE,
        {"total_stake": 2**256},
        "A total stake of 2^256 does not fit 256 bits.",
    ),
    "no-block": (
        ErrorCode.FINALITY_BLOCKS_OUT_OF_RANGE,
        BLOCKS,
        {"unproven_blocks": 0},
        "The block in question is not counted, or it is proven already.",
    ),
    "too-many-blocks": (
        ErrorCode.FINALITY_BLOCKS_OUT_OF_RANGE,
        BLOCKS,
        {"unproven_blocks": 2**64},
        "A number of 2^64 blocks does not fit 64 bits.",
    ),
    "order-value-before-price": (
        ErrorCode.FINALITY_VALUE_OUT_OF_RANGE,
        VALUE,
        {"value": 2**256, "price": price(0)},
        "Of a value and a price out of range the value is named.",
    ),
    "order-price-before-worth": (
        ErrorCode.FINALITY_PRICE_OUT_OF_RANGE,
        VALUE,
        {"price": price(2**256)},
        "Of a price out of range and what is worth too much by it the price is named.",
    ),
    "order-worth-before-stake": (
        ErrorCode.FINALITY_WORTH_OUT_OF_RANGE,
        VALUE,
        {"price": price(WORD), "total_stake": 2**256},
        "Of a value that is worth too much and a stake out of range the value is named.",
    ),
    "order-stake-before-blocks": (
        ErrorCode.FINALITY_STAKE_OUT_OF_RANGE,
        STAKE,
        {"total_stake": 2**256, "unproven_blocks": 0},
        "Of a stake and a number of blocks out of range the stake is named.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_numbers_out_of_range(vector: VectorWriter, name: str) -> None:
    """
    Numbers out of range are refused, the first one first.

    Given one number that is out of range, or two, when the advice is asked for, then there is none.
    """
    code, requirement, fault, description = REFUSED[name]
    vector.rejects(
        f"finality-advise-{name}",
        "finality/advise",
        code,
        description=description,
        requirements=[requirement],
        flags=["ADVICE_RANGE"],
        **{**FIELDS, **fault},
    )


def asked(**changes: Json) -> dict[str, Json]:
    """Give the JSON of a question, with changes."""
    good: dict[str, Json] = {
        "value": "100",
        "price": {"numerator": "1", "denominator": "1"},
        "total_stake": "2250",
        "unproven_blocks": "1",
    }
    return {**good, **changes}


@pytest.mark.parametrize("field", FIELDS)
def test_field_absent(vector: VectorWriter, field: str) -> None:
    """
    Nothing is guessed.

    Given a question without one of its numbers, when the advice is asked for, then the question is
    malformed.
    """
    given = asked()
    del given[field]
    vector.rejects_malformed(
        f"finality-advise-without-{field.replace('_', '-')}",
        "finality/advise",
        given,
        description=f"A question without its {field.replace('_', ' ')} is malformed.",
        requirements=[VALUE],
        flags=["ADVICE_PRICE", "MALFORMED"] if field == "price" else ["MALFORMED"],
    )


MALFORMED: Final[dict[str, tuple[dict[str, Json], str]]] = {
    "price-of-one-number": ({"price": "1"}, "A price is two numbers."),
    "price-without-denominator": (
        {"price": {"numerator": "1"}},
        "A price without its denominator is malformed; it is not over 1.",
    ),
    "value-negative": ({"value": "-1"}, "A value has no sign."),
    "value-fraction": ({"value": "100.5"}, "A value is whole."),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_numbers(vector: VectorWriter, name: str) -> None:
    """
    Numbers are unsigned integers, and prices have two terms.

    Given another form, when the advice is asked for, then the question is malformed.
    """
    changes, description = MALFORMED[name]
    vector.rejects_malformed(
        f"finality-advise-{name}",
        "finality/advise",
        asked(**changes),
        description=description,
        requirements=[VALUE],
        flags=["MALFORMED"],
    )
