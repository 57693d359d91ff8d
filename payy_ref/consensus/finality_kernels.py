"""
Kernels of finality: the arithmetic of the advice.

Functions on integers without loops or containers of unknown size. The engines read these very
functions (`payy_ref.assurance.finality_lemmas`).
"""

from typing import Final

WORD_LIMIT: Final = 2**256
"""Values, stakes and the terms of a price are below this, as in a word of L1."""

BLOCKS_LIMIT: Final = 2**64
"""Numbers of blocks are below this, as heights are."""

Ratio = tuple[int, int]
"""Numerator and denominator."""

SOFT_PLACE: Final = 0
PROVEN_PLACE: Final = 1
L1_FINAL_PLACE: Final = 2


def is_word(number: int) -> bool:
    """
    Tell whether a number fits a word of L1.

    Requirements:
        PAYY-FINALITY-002, PAYY-FINALITY-003

    Properties:
        PAYY-FINALITY-T05

    post: __return__ == (number >= 0 and number < 2 ** 256)
    """
    return 0 <= number < WORD_LIMIT


def is_price_term(number: int) -> bool:
    """
    Tell whether a number can stand in a price, above or below the line.

    Requirements:
        PAYY-FINALITY-002

    Properties:
        PAYY-FINALITY-T05

    post: __return__ == (number >= 1 and number < 2 ** 256)
    """
    return is_word(number) and number != 0


def is_block_count(number: int) -> bool:
    """
    Tell whether a number can be that of unproven blocks, of which the block in question is one.

    Requirements:
        PAYY-FINALITY-004

    Properties:
        PAYY-FINALITY-T05

    post: __return__ == (number >= 1 and number < 2 ** 64)
    """
    return 1 <= number < BLOCKS_LIMIT


def value_in_stake(value: int, numerator: int, denominator: int) -> int:
    """
    Bring a value to the unit of the stake, rounded up.

    Args:
        value: In the smallest unit of the token.
        numerator: Units of the stake for `denominator` units of the token.
        denominator: Units of the token.

    Requirements:
        PAYY-FINALITY-002

    Properties:
        PAYY-FINALITY-T06

    pre: denominator >= 1
    post: __return__ * denominator >= value * numerator
    post: (__return__ - 1) * denominator < value * numerator
    """
    return (value * numerator + denominator - 1) // denominator


def slashable_stake(total_stake: int) -> int:
    """
    Give what an attacker loses at least: a third of all stake, rounded down.

    Requirements:
        PAYY-FINALITY-003

    Properties:
        PAYY-FINALITY-T06

    post: 3 * __return__ <= total_stake
    post: 3 * (__return__ + 1) > total_stake
    """
    return total_stake // 3


def stake_covers(value: int, unproven_blocks: int, slashable: int, ratio: Ratio) -> bool:
    """
    Tell whether the ratio of the slashable stake covers a value in each of the unproven blocks.

    Both sides are multiplied by the denominator of the ratio, so nothing is rounded.

    Requirements:
        PAYY-FINALITY-005

    Properties:
        PAYY-FINALITY-T06

    post: __return__ == (slashable * ratio[0] - value * unproven_blocks * ratio[1] >= 0)
    """
    numerator, denominator = ratio
    return value * unproven_blocks * denominator <= slashable * numerator


def place_of_advice(
    value: int, unproven_blocks: int, slashable: int, ratio: Ratio, large_value: int
) -> int:
    """
    Give the place of the answer in the order of waiting: the first that suffices.

    Args:
        value: In the unit of the stake.
        unproven_blocks: Blocks that share the stake.
        slashable: What an attacker would lose.
        ratio: The part of it that may be at risk.
        large_value: The most that is not large, in the unit of the stake.

    Requirements:
        PAYY-FINALITY-005

    Properties:
        PAYY-FINALITY-T05

    post: __return__ == 0 or not stake_covers(value, unproven_blocks, slashable, ratio)
    post: __return__ != 0 or stake_covers(value, unproven_blocks, slashable, ratio)
    post: __return__ == 0 or __return__ == (2 if value > large_value else 1)
    """
    if stake_covers(value, unproven_blocks, slashable, ratio):
        return SOFT_PLACE
    return PROVEN_PLACE if value <= large_value else L1_FINAL_PLACE
