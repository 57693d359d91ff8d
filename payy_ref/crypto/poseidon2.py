"""
Poseidon2 over the BN254 scalar field, width 4: the readable form.

Written over `galois` arrays and meant to be read beside the paper. `compiled` computes the same
in machine words; both answer to the same tests.

Source: Grassi, Khovratovich, Schofnegger, "Poseidon2" (2023/323); deployed `pkg/hash`.
"""

from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Any, Final

from payy_ref.crypto import grain
from payy_ref.crypto.field import MODULUS, FieldElement, galois_field, reduce

WIDTH: Final = 4
"""t: cells of the state."""

RATE: Final = 3
"""Cells that take input; the last cell is the capacity."""

FULL_ROUNDS: Final = 8
"""R_F: rounds with an S-box on every cell, half of them before the partial rounds, half after."""

PARTIAL_ROUNDS: Final = 56
"""R_P: rounds with an S-box on cell 0 alone."""

ROUNDS: Final = FULL_ROUNDS + PARTIAL_ROUNDS
"""All rounds of the permutation."""

SBOX_DEGREE: Final = 5
"""d: x -> x^5 permutes the field, since 5 does not divide p - 1."""

EXTERNAL_MATRIX: Final = ((5, 7, 1, 3), (4, 6, 1, 1), (1, 3, 5, 7), (1, 1, 4, 6))
"""The linear layer around full rounds: the paper's 4 x 4 MDS matrix."""

INTERNAL_DIAGONAL: Final = (
    0x10DC6E9C006EA38B04B1E03B4BD9490C0D03F98929CA1D7FB56821FD19D3B6E7,
    0x0C28145B6A44DF3E0149B3D0A30B3BB599DF9756D4DD9B84A86B38CFB45A740B,
    0x00544B8338791518B2C7645A50392798B21F75BB60E3596170067D00141CAC15,
    0x222C01175718386F2E2E82EB122789E352E105A3B8FA852613BC534433EE428B,
)
"""The linear layer of partial rounds is the all-ones matrix plus this diagonal."""

State = tuple[int, int, int, int]
"""Four field elements; the capacity is the last."""


@cache
def round_constants() -> tuple[tuple[int, ...], ...]:
    """
    Draw the constants from the Grain LFSR, in the order of the rounds.

    Returns:
        64 tuples: of four constants for a full round, of one for a partial round.

    Requirements:
        PAYY-HASH-004
    """
    stream = grain.field_elements(
        grain.seed(
            field_bits=MODULUS.bit_length(),
            width=WIDTH,
            full_rounds=FULL_ROUNDS,
            partial_rounds=PARTIAL_ROUNDS,
        ),
        modulus=MODULUS,
    )
    half = [WIDTH] * (FULL_ROUNDS // 2)
    return tuple(tuple(islice(stream, size)) for size in half + [1] * PARTIAL_ROUNDS + half)


def permutation_trace(state: State) -> tuple[State, ...]:
    """
    Apply the permutation and keep every intermediate.

    Returns:
        65 states: after the first linear layer, then after each of the 64 rounds.

    Requirements:
        PAYY-HASH-003
    """
    field = galois_field()
    external = field(EXTERNAL_MATRIX)
    internal = field.Ones((WIDTH, WIDTH)) + field(
        [[INTERNAL_DIAGONAL[i] if i == j else 0 for j in range(WIDTH)] for i in range(WIDTH)]
    )

    cells = external @ field(state)
    trace = [cells]
    for constants in round_constants():
        cells = cells.copy()
        # A round with one constant is a partial round: only cell 0 gets the constant and the S-box.
        touched = len(constants)
        cells[:touched] = (cells[:touched] + field(constants)) ** SBOX_DEGREE
        cells = (external if touched == WIDTH else internal) @ cells
        trace.append(cells)
    return tuple(_state(cells) for cells in trace)


def permutation(state: State) -> State:
    """
    Apply the Poseidon2 permutation.

    Requirements:
        PAYY-HASH-003
    """
    return permutation_trace(state)[-1]


def permutation_rows(state: State) -> tuple[int, ...]:
    """
    Give the cells of a permutation as circuits lay them out, four a row.

    Returns:
        96 cells: the states before the first four rounds and the partial ones; cell 0 before each
        further partial round with its constant added, and after the last; the states before the
        last four rounds, and after them.
    """
    trace, constants = permutation_trace(state), round_constants()
    half, last = FULL_ROUNDS // 2, FULL_ROUNDS // 2 + PARTIAL_ROUNDS
    inputs = [reduce(trace[k][0] + constants[k][0]) for k in range(half + 1, last)]
    states = [*trace[: half + 1], *trace[last:]]
    cells = [cell for state in states for cell in state]
    middle = WIDTH * (half + 1)
    return (*cells[:middle], *inputs, trace[last][0], *cells[middle:])


def capacity(count: int) -> int:
    """
    Give the capacity cell's first value, which separates inputs by their number.

    Requirements:
        PAYY-HASH-005

    Properties:
        PAYY-HASH-T03

    pre: 1 <= count <= 128
    post: __return__ == count * 18446744073709551616
    post: 0 < __return__ < MODULUS
    """
    return count * 2**64


def sponge(inputs: Sequence[int]) -> FieldElement:
    """
    Hash a fixed number of elements.

    Up to three inputs are added to the rate before each permutation; a short last group leaves
    the other cells as they are. There is no padding symbol: the capacity holds the count.

    Requirements:
        PAYY-HASH-005, PAYY-HASH-006
    """
    state: State = (0, 0, 0, capacity(len(inputs)))
    for start in range(0, len(inputs), RATE):
        group = [*inputs[start : start + RATE], 0, 0][:RATE]
        state = permutation(
            (
                reduce(state[0] + group[0]),
                reduce(state[1] + group[1]),
                reduce(state[2] + group[2]),
                state[3],
            )
        )
    return FieldElement(state[0])


def _state(cells: Any) -> State:
    a, b, c, d = (int(cell) for cell in cells)
    return a, b, c, d
