"""
The gates: the few equations that every row of every circuit is made of.

A gate reads the four wires of its row, the four wires of the row below, and four constants of its
row. Each of its constraints is a polynomial that has to be 0. They are written once, over anything
that adds, multiplies and raises to powers: integers in the verifier, columns in the prover,
expressions in the tables of the documentation and in the contract's source.

Four of the gates are one Poseidon2 permutation of 25 rows. A partial round changes only its first
cell by more than a linear map, so a row need not hold a whole state: the three other cells follow
from the S-boxes' inputs before (Cayley and Hamilton). Rows of partial rounds hold four S-box
inputs each, and no other cell.

Source: Gabizon, Williamson, Ciobotaru, "PLONK" (2019/953), for gates with selectors; Grassi,
Khovratovich, Schofnegger, "Poseidon2" (2023/323).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import chain, pairwise
from typing import Any, Final, Generic, TypeVar

from payy_ref.crypto.field import MODULUS
from payy_ref.crypto.poseidon2 import (
    EXTERNAL_MATRIX,
    FULL_ROUNDS,
    INTERNAL_DIAGONAL,
    PARTIAL_ROUNDS,
    SBOX_DEGREE,
    WIDTH,
    round_constants,
)

WIRES: Final = 4
"""Cells of a row that the prover fills; the state of the hash fits into one row."""

CONSTANTS: Final = 4
"""Constants of a row, fixed with the circuit."""

DIGIT_BASE: Final = 4
"""A step of the gate `DIGITS` appends one digit of this base."""

Value = TypeVar("Value")
"""What a constraint is written over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[Value]):
    """What a gate reads."""

    wires: Sequence[Value]
    """The four cells of the row."""
    below: Sequence[Value]
    """The four cells of the next row."""
    constants: Sequence[Value]
    """The four constants of the row."""
    one: Value
    """The number 1 among values of this kind."""


class Gate(IntEnum):
    """What a row may be; the number is the place of its selector in keys."""

    ARITHMETIC = 0
    """w3 is a product, a linear combination or a constant; carries public inputs too."""
    ABSORB = 1
    """Input enters the hash: two children in an order that a bit chooses, or plain cells."""
    FULL_ROUND = 2
    """One round with an S-box on every cell."""
    ENTER_PARTIAL = 3
    """From a whole state to the S-box inputs of four partial rounds."""
    PARTIAL_ROUNDS = 4
    """Four rounds with an S-box on cell 0 alone."""
    LEAVE_PARTIAL = 5
    """From S-box inputs back to a whole state."""
    DIGITS = 6
    """Four digits of base 4 are appended to a number, one a step."""


def arithmetic(row: Row[Any]) -> list[Any]:
    """
    Bind w3 to q0 w0 w1 + q1 w0 + q2 w2 + q3.

    Requirements:
        PAYY-CIRCUITS-003
    """
    w, q = row.wires, row.constants
    return [q[0] * (w[0] * w[1]) + q[1] * w[0] + q[2] * w[2] + q[3] - w[3]]


def absorb(row: Row[Any]) -> list[Any]:
    """
    Start a permutation: the row below is the first linear layer of what enters.

    If q0 is 1, w3 is a bit that exchanges w0 and w1 (the caller makes it a bit): children of a
    tree node. q2 lets w2 in; the last cell is q3, the capacity of a new hash, or w3 if q1 is 1.

    Requirements:
        PAYY-CIRCUITS-004
    """
    w, q = row.wires, row.constants
    exchange = q[0] * w[3] * (w[1] - w[0])
    entering = [w[0] + exchange, w[1] - exchange, q[2] * w[2], q[3] + q[1] * w[3]]
    return _differences(row.below, _times(EXTERNAL_MATRIX, entering))


def full_round(row: Row[Any]) -> list[Any]:
    """
    Bind the row below to a full round of this state; the q are the round's constants.

    Requirements:
        PAYY-CIRCUITS-004
    """
    powers = [(w + q) ** SBOX_DEGREE for w, q in zip(row.wires, row.constants, strict=True)]
    return _differences(row.below, _times(EXTERNAL_MATRIX, powers))


def enter_partial(row: Row[Any]) -> list[Any]:
    """
    Bind the row below to the inputs of the S-boxes 1 to 4, from the state before S-box 0.

    Input k + 1 is (1 + d0) y_k + (sum of the tail before round k) + its round constant, where y_k
    is the output of S-box k.

    Requirements:
        PAYY-CIRCUITS-004
    """
    constants = partial_constants()
    outputs = [(row.wires[0] + row.one * constants[0]) ** SBOX_DEGREE]
    outputs += [cell**SBOX_DEGREE for cell in row.below[:3]]
    expected = []
    for k in range(WIRES):
        # The tail before round k: A^k t_0 + A^(k-1) 1 y_0 + ... + 1 y_(k-1).
        sum_of_tail = _dot(_left_times_power(k), row.wires[1:])
        for j in range(k):
            sum_of_tail = sum_of_tail + outputs[j] * sum(_left_times_power(k - 1 - j))
        shifted = sum_of_tail + row.one * constants[k + 1]
        expected.append(outputs[k] * _FIRST + shifted)
    return _differences(row.below, expected)


def partial_rounds(row: Row[Any]) -> list[Any]:
    """
    Bind each input of an S-box to the four inputs before it.

    The q hold what the round constants come to (`partial_row_constants`).

    Requirements:
        PAYY-CIRCUITS-004
    """
    cells = [*row.wires, *row.below]
    outputs = [cell**SBOX_DEGREE for cell in cells[:-1]]
    recurrence = partial_recurrence()
    return [
        cells[i + 4]
        - _dot(recurrence.outputs, outputs[i : i + 4])
        - _dot(recurrence.inputs, cells[i + 1 : i + 4])
        - row.constants[i]
        for i in range(WIRES)
    ]


def leave_partial(row: Row[Any]) -> list[Any]:
    """
    Bind the row below to the state after the last partial round.

    The row holds the inputs of the last three S-boxes and cell 0 of the state after them. Their
    differences give the sum of the tail three times in a row, which is the tail.

    Requirements:
        PAYY-CIRCUITS-004
    """
    constants = (*partial_constants()[-3:], 0)
    cells = [w - row.one * c for w, c in zip(row.wires, constants, strict=True)]
    outputs = [w**SBOX_DEGREE for w in row.wires[:3]]
    exits = partial_exit()
    tail = [
        _dot(from_cells, cells[1:]) + _dot(from_outputs, outputs)
        for from_cells, from_outputs in zip(exits.cells, exits.outputs, strict=True)
    ]
    return _differences(row.below, [row.wires[3], *tail])


def digits(row: Row[Any]) -> list[Any]:
    """
    Let each cell be four times the one before plus 0, 1, 2 or 3.

    Requirements:
        PAYY-CIRCUITS-005
    """
    cells = [*row.wires, row.below[0]]
    constraints = []
    for before, after in pairwise(cells):
        digit = after - before * DIGIT_BASE
        constraints.append(
            digit * (digit - row.one) * (digit - row.one * 2) * (digit - row.one * 3)
        )
    return constraints


Constraints = Callable[[Row[Any]], list[Any]]
"""The constraints of a gate, each of which has to be 0."""

CONSTRAINTS: Final[dict[Gate, Constraints]] = {
    Gate.ARITHMETIC: arithmetic,
    Gate.ABSORB: absorb,
    Gate.FULL_ROUND: full_round,
    Gate.ENTER_PARTIAL: enter_partial,
    Gate.PARTIAL_ROUNDS: partial_rounds,
    Gate.LEAVE_PARTIAL: leave_partial,
    Gate.DIGITS: digits,
}
"""The gates in the order of their selectors."""

CONSTRAINT_COUNT: Final = 4
"""The most constraints of a gate; gates stand on different rows, so they share challenges."""


def constraint_names(gate: Gate) -> tuple[str, ...]:
    """Name the constraints of a gate, the last part of their labels."""
    if gate is Gate.ARITHMETIC:
        return ("arithmetic",)
    return tuple(f"{gate.name.lower()}[{i}]" for i in range(CONSTRAINT_COUNT))


# The partial rounds without the cells that only follow
#
# Before round k the state is (s_k, t_k): the first cell and the tail of three. With y_k the output
# of the S-box, d the internal diagonal, A = diag(d1, d2, d3) + (all ones) and 1 = (1, 1, 1):
#
#     s_(k+1) = (1 + d0) y_k + 1·t_k        t_(k+1) = A t_k + 1 y_k

_FIRST: Final = 1 + INTERNAL_DIAGONAL[0]
_TAIL: Final = tuple(
    tuple((1 + (INTERNAL_DIAGONAL[i] if i == j else 0)) % MODULUS for j in range(1, WIDTH))
    for i in range(1, WIDTH)
)
"""A."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """The first cell before round k + 4 as a linear combination of what came before."""

    outputs: tuple[int, ...]
    """Factors of y_k to y_(k+3)."""
    inputs: tuple[int, ...]
    """Factors of s_(k+1) to s_(k+3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """The tail after the last three partial rounds; one row of factors for each of its cells."""

    cells: tuple[tuple[int, ...], ...]
    """Factors of the first cell after each of them."""
    outputs: tuple[tuple[int, ...], ...]
    """Factors of the outputs of their S-boxes."""


@cache
def partial_constants() -> tuple[int, ...]:
    """List the constants of the 56 partial rounds."""
    half = FULL_ROUNDS // 2
    return tuple(chain(*round_constants()[half : half + PARTIAL_ROUNDS]))


@cache
def partial_row_constants() -> tuple[tuple[int, ...], ...]:
    """
    Give the q of the 13 rows of partial rounds.

    Rows hold inputs with the round constant added, so the recurrence of first cells takes it away
    from three of them and adds it to the next. After the last round there is none.
    """
    constants = (*partial_constants(), 0)
    inputs = partial_recurrence().inputs
    flat = [
        (constants[k + 4] - _dot(inputs, constants[k + 1 : k + 4])) % MODULUS
        for k in range(1, PARTIAL_ROUNDS - 3)
    ]
    return tuple(tuple(flat[i : i + CONSTANTS]) for i in range(0, len(flat), CONSTANTS))


@cache
def partial_recurrence() -> Recurrence:
    """
    Eliminate the tail from four rounds.

    A is a root of its characteristic polynomial X^3 - a2 X^2 - a1 X - a0. In
    1·(t_(k+3) - a2 t_(k+2) - a1 t_(k+1) - a0 t_k) the tail cancels and S-box outputs are left,
    and 1·t_j is s_(j+1) - (1 + d0) y_j.
    """
    a2, a1, a0 = _characteristic()
    sums = [sum(_left_times_power(k)) for k in range(3)]
    factors = (
        sums[2] - a2 * sums[1] - a1 * sums[0] - a0 * _FIRST,
        sums[1] - a2 * sums[0] - a1 * _FIRST,
        sums[0] - a2 * _FIRST,
        _FIRST,
    )
    return Recurrence(outputs=tuple(f % MODULUS for f in factors), inputs=(a0, a1, a2))


@cache
def partial_exit() -> Exit:
    """
    Solve for the tail: three sums of it, each one round later, determine it.

    The sums are o_i · t with o_i = 1 A^i, up to S-box outputs; the inverse of the matrix of the o_i
    gives t before the three rounds, and three steps give it after them.
    """
    observe = tuple(_left_times_power(k) for k in range(3))
    inverse = _inverse(observe)
    cubed = _matrix_product(_TAIL, _matrix_product(_TAIL, _TAIL))
    after = _matrix_product(cubed, inverse)

    cells, outputs = [], []
    for i in range(3):
        # Sum k of the tail is s_(k+1) - (1 + d0) y_k, less what y_0 to y_(k-1) brought into it.
        from_outputs = []
        for j in range(3):
            brought = -_FIRST * after[i][j]
            brought -= sum(after[i][k] * sum(_left_times_power(k - 1 - j)) for k in range(j + 1, 3))
            brought += sum(_power_row(2 - j, i))
            from_outputs.append(brought % MODULUS)
        cells.append(tuple(after[i]))
        outputs.append(tuple(from_outputs))
    return Exit(cells=tuple(cells), outputs=tuple(outputs))


def _characteristic() -> tuple[int, int, int]:
    """Give a2, a1, a0 of X^3 = a2 X^2 + a1 X + a0 for A."""
    (a, b, c), (d, e, f), (g, h, i) = _TAIL
    minors = a * e - b * d + a * i - c * g + e * i - f * h
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (a + e + i) % MODULUS, -minors % MODULUS, determinant % MODULUS


def _left_times_power(exponent: int) -> tuple[int, ...]:
    """Give the row (1, 1, 1) A^exponent."""
    row: tuple[int, ...] = (1, 1, 1)
    for _ in range(exponent):
        row = tuple(_dot(row, column) % MODULUS for column in zip(*_TAIL, strict=True))
    return row


def _power_row(exponent: int, index: int) -> tuple[int, ...]:
    """Give one row of A^exponent."""
    row = tuple(int(j == index) for j in range(3))
    for _ in range(exponent):
        row = tuple(_dot(row, column) % MODULUS for column in zip(*_TAIL, strict=True))
    return row


def _matrix_product(
    left: Sequence[Sequence[int]], right: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], ...]:
    columns = list(zip(*right, strict=True))
    return tuple(tuple(_dot(row, column) % MODULUS for column in columns) for row in left)


def _inverse(matrix: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Invert a 3 x 3 matrix over the field by its cofactors."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    cofactors = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    scale = pow(determinant, -1, MODULUS)
    return tuple(tuple(cell * scale % MODULUS for cell in row) for row in cofactors)


def _dot(factors: Sequence[int], values: Sequence[Any]) -> Any:
    total = values[0] * factors[0]
    for factor, value in zip(factors[1:], values[1:], strict=True):
        total = total + value * factor
    return total


def _times(matrix: Sequence[Sequence[int]], values: Sequence[Any]) -> list[Any]:
    return [_dot(row, values) for row in matrix]


def _differences(actual: Sequence[Any], expected: Sequence[Any]) -> list[Any]:
    return [a - b for a, b in zip(actual, expected, strict=True)]
