"""
Bits, choices and comparisons with zero.

Each function writes rows; its page lists them. Source: folklore; the rows are those of the gate
`ARITHMETIC`.
"""

from payy_ref.crypto.field import MODULUS
from payy_ref.proofs.system import Builder, Variable


def assert_equal(builder: Builder, name: str, left: Variable, right: Variable) -> None:
    """Bind two values to each other, in a row of its own, so that the equality has a label."""
    builder.bind_arithmetic(name, (0, 1, 0, 0), left, result=right)


def assert_boolean(builder: Builder, name: str, value: Variable) -> None:
    """
    Let a value be 0 or 1.

    Requirements:
        PAYY-CIRCUITS-006
    """
    builder.bind_arithmetic(name, (1, 0, 0, 0), value, value, result=value)


def assert_product_is_zero(builder: Builder, name: str, left: Variable, right: Variable) -> None:
    """Let one of two values be 0."""
    builder.bind_arithmetic(name, (1, 0, 0, 0), left, right, result=builder.constant(0))


def sum_of(builder: Builder, name: str, left: Variable, right: Variable) -> Variable:
    """Add two values."""
    return builder.arithmetic(name, (0, 1, 1, 0), left, addend=right)


def difference(builder: Builder, name: str, left: Variable, right: Variable) -> Variable:
    """Subtract the second value from the first."""
    return builder.arithmetic(name, (0, 1, -1, 0), left, addend=right)


def product(builder: Builder, name: str, left: Variable, right: Variable) -> Variable:
    """Multiply two values; of bits, tell whether both are set."""
    return builder.arithmetic(name, (1, 0, 0, 0), left, right)


def complement(builder: Builder, name: str, bit: Variable) -> Variable:
    """Give 1 for 0 and 0 for 1."""
    return builder.arithmetic(name, (0, -1, 0, 1), bit)


def select(builder: Builder, name: str, bit: Variable, one: Variable, zero: Variable) -> Variable:
    """
    Give `one` if the bit is 1 and `zero` if it is 0; the caller makes the bit a bit.

    Requirements:
        PAYY-CIRCUITS-006
    """
    with builder.scope(name):
        gap = difference(builder, "gap", one, zero)
        return builder.arithmetic("chosen", (1, 0, 1, 0), bit, gap, zero)


def is_zero(builder: Builder, name: str, value: Variable) -> Variable:
    """
    Give 1 if a value is 0, else 0.

    The inverse is the prover's: if the value is not 0, the second row leaves only 0 for the answer,
    and the first then asks for the inverse; if it is 0, the first row says 1.

    Requirements:
        PAYY-CIRCUITS-006
    """
    with builder.scope(name):
        (inverse,) = builder.derive(_inverse_or_zero, (value,), hint="inverse")
        answer = builder.arithmetic("answer", (-1, 0, 0, 1), value, inverse)
        assert_product_is_zero(builder, "value_or_answer", value, answer)
        return answer


def is_equal(builder: Builder, name: str, left: Variable, right: Variable) -> Variable:
    """Give 1 if two values are equal, else 0."""
    with builder.scope(name):
        return is_zero(builder, "gap_is_zero", difference(builder, "gap", left, right))


def _inverse_or_zero(value: int) -> tuple[int]:
    return (pow(value, -1, MODULUS) if value else 0,)
