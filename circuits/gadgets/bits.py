"""
Numbers in bits and digits: ranges, and the one decomposition of a field element.

Source: the gate `DIGITS` appends four digits of base 4 a row; the aliases of a value v, which are
v and v + p, are told apart by comparing with p - 1 as integers.
"""

from collections.abc import Sequence

from circuits.gadgets.logic import assert_boolean, assert_equal
from payy_ref.crypto.field import MODULUS
from payy_ref.proofs.gates import WIRES, Gate
from payy_ref.proofs.system import UNUSED, Builder, Variable

FIELD_BITS = MODULUS.bit_length()
"""Bits of p."""

DIGIT_BITS = 2
"""Bits that one step of the gate `DIGITS` appends."""


def assert_in_range(builder: Builder, name: str, value: Variable, bits: int) -> None:
    """
    Let a value, as an integer in [0, p), be below 2^bits.

    Rows of `DIGITS` build a number from its highest digit down. Its first cells, one for each digit
    that the width does not need, are 0; with an odd width the digit after them is a bit. Last, the
    number is the value.

    Args:
        bits: at most 253, so that no number built here reaches p.

    Requirements:
        PAYY-CIRCUITS-007
    """
    if not 1 <= bits < FIELD_BITS:
        raise ValueError("a range of more bits than p - 1 is not one of integers")
    steps = -(-bits // DIGIT_BITS)
    rows = -(-steps // WIRES)
    leading = rows * WIRES - steps

    def accumulate(value: int) -> list[int]:
        # A value beyond the range keeps its low digits, so that only the last row breaks.
        kept = value % 2**bits
        return [kept >> (DIGIT_BITS * (steps - 1 - i)) for i in range(steps)]

    with builder.scope(name):
        zero = builder.constant(0)
        numbers = builder.derive(accumulate, (value,), steps, hint="number")
        cells = [zero] * (leading + 1) + list(numbers)
        for i in range(rows):
            wires = cells[WIRES * i : WIRES * (i + 1)]
            builder.row(Gate.DIGITS, wires, name=f"digits[{i}]")
        builder.row(None, (cells[-1], UNUSED, UNUSED, UNUSED), name="end")
        if bits % DIGIT_BITS:
            assert_boolean(builder, "first_digit_is_bit", numbers[0])
        assert_equal(builder, "is_value", numbers[-1], value)


def low_bits(builder: Builder, name: str, value: Variable, count: int) -> Sequence[Variable]:
    """
    Give the low bits of a field element, lowest first; only its canonical bits will do.

    The value is low + 2^count high. That its integer is at most p - 1, and not one that is p more,
    is shown by subtracting it from p - 1 in two limbs: with a borrow that is a bit, both limbs of
    the difference are in range.

    Args:
        count: 1 to 252. Then no limb of a difference reaches p, so that equations of the field are
            equations of integers.

    Requirements:
        PAYY-CIRCUITS-008
    """
    if not 1 <= count <= FIELD_BITS - 2:
        raise ValueError("a limb of so many bits could reach p")
    rest = FIELD_BITS - count
    top, bottom = divmod(MODULUS - 1, 2**count)

    def low_bits_of(value: int) -> list[int]:
        return [value >> i & 1 for i in range(count)]

    def high_of(value: int) -> tuple[int]:
        return (value >> count,)

    def borrow_of(low: int) -> tuple[int]:
        return (int(low > bottom),)

    with builder.scope(name):
        bits = builder.derive(low_bits_of, (value,), count, hint="bit")
        (high,) = builder.derive(high_of, (value,), hint="high")
        low = builder.constant(0)
        for i, bit in enumerate(bits):
            assert_boolean(builder, f"bit[{i}]", bit)
            low = builder.arithmetic(f"low[{i}]", (0, 2**i, 1, 0), bit, addend=low)
        builder.bind_arithmetic("is_value", (0, 2**count, 1, 0), high, addend=low, result=value)

        (borrow,) = builder.derive(borrow_of, (low,), hint="borrow")
        assert_boolean(builder, "borrow_is_bit", borrow)
        low_gap = builder.arithmetic("low_gap", (0, 2**count, -1, bottom), borrow, addend=low)
        high_gap = builder.arithmetic("high_gap", (0, -1, -1, top), borrow, addend=high)
        assert_in_range(builder, "high_in_range", high, rest)
        assert_in_range(builder, "low_gap_in_range", low_gap, count)
        assert_in_range(builder, "high_gap_in_range", high_gap, rest)
        return bits
