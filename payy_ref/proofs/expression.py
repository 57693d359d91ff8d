"""
Expressions: the constraints of a gate as formulas, not as values.

Gates are written over anything that computes; over these they give their own formulas, which the
tables of the documentation, the contract's source and the solvers are made from.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from payy_ref.crypto.field import MODULUS
from payy_ref.proofs.gates import CONSTANTS, CONSTRAINTS, WIRES, Gate, Row

Operator = Literal["+", "-", "*", "**"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula over the cells and constants of a row; operators make larger ones."""

    def __add__(self, other: "Expression | int") -> "Expression":
        """Make a sum."""
        return _made("+", self, other)

    def __sub__(self, other: "Expression | int") -> "Expression":
        """Make a difference."""
        return _made("-", self, other)

    def __mul__(self, other: "Expression | int") -> "Expression":
        """Make a product."""
        return _made("*", self, other)

    def __pow__(self, exponent: int) -> "Expression":
        """Make a power."""
        return Operation("**", self, Number(exponent))


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A number that is part of the gate."""

    value: int
    """In [0, p); an exponent is small."""


@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    """A cell or a constant of the row."""

    kind: Literal["wire", "below", "constant"]
    """Cell of the row, cell of the next row, or constant of the row."""
    index: int
    """Which of the four."""


@dataclass(frozen=True, slots=True)
class Operation(Expression):
    """An operator and what it joins."""

    operator: Operator
    """Which."""
    left: Expression
    """On the left, or the base."""
    right: Expression
    """On the right, or the exponent."""


@cache
def constraints_of(gate: Gate, constants: tuple[int, ...] | None = None) -> tuple[Expression, ...]:
    """
    Give the constraints of a gate as formulas.

    Args:
        constants: those of a row, to be put in; symbols if there are none.
    """
    row: Row[Expression] = Row(
        wires=[Symbol("wire", i) for i in range(WIRES)],
        below=[Symbol("below", i) for i in range(WIRES)],
        constants=[
            Symbol("constant", i) if constants is None else Number(constants[i] % MODULUS)
            for i in range(CONSTANTS)
        ],
        one=Number(1),
    )
    return tuple(CONSTRAINTS[gate](row))


def degree(expression: Expression) -> int:
    """Count the degree in cells and constants, each of which is a polynomial of the proof."""
    match expression:
        case Operation("**", base, Number(exponent)):
            return degree(base) * exponent
        case Operation("*", left, right):
            return degree(left) + degree(right)
        case Operation(_, left, right):
            return max(degree(left), degree(right))
        case Symbol():
            return 1
        case _:
            return 0


def _made(operator: Operator, left: Expression, right: Expression | int) -> Expression:
    """Join two formulas; what is nothing or the same number is left out."""
    other = Number(right % MODULUS) if isinstance(right, int) else right
    match operator, left, other:
        case ("*", Number(0), _) | ("*", _, Number(0)):
            return Number(0)
        case "*", _, Number(1):
            return left
        case "*", Number(1), _:
            return other
        case "*", Number(a), Number(b):
            return Number(a * b % MODULUS)
        case "+" | "-", _, Number(0):
            return left
        case "+", Number(0), _:
            return other
        case "+", Number(a), Number(b):
            return Number((a + b) % MODULUS)
        case "-", Number(a), Number(b):
            return Number((a - b) % MODULUS)
        case _:
            return Operation(operator, left, other)
