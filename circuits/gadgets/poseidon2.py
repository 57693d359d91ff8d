"""
The hash: one permutation in 25 rows, and the sponge over it.

Source: chapter field_and_hash; the rows are described in `payy_ref.proofs.gates`.
"""

from collections.abc import Sequence
from functools import cache

from circuits.gadgets.logic import sum_of
from payy_ref.crypto.field import reduce
from payy_ref.crypto.hashing import permutation_rows
from payy_ref.crypto.poseidon2 import (
    FULL_ROUNDS,
    PARTIAL_ROUNDS,
    RATE,
    capacity,
    round_constants,
)
from payy_ref.proofs.gates import WIRES, Gate, partial_row_constants
from payy_ref.proofs.system import NO_CONSTANTS, UNUSED, Builder, Constants, Variable

PERMUTATION_ROWS = 25
"""Rows of a permutation, with the one that takes its input and the one that holds its output."""


@cache
def body() -> tuple[tuple[Gate | None, Constants, str], ...]:
    """List gate, constants and name of the 24 rows below the one that takes the input."""
    constants = [tuple(group) for group in round_constants()]
    half = FULL_ROUNDS // 2
    rows: list[tuple[Gate | None, tuple[int, ...], str]] = []
    for i, group in enumerate(constants[:half]):
        rows.append((Gate.FULL_ROUND, group, f"round[{i}]"))
    rows.append((Gate.ENTER_PARTIAL, NO_CONSTANTS, f"round[{half}]"))
    for i, group in enumerate(partial_row_constants()):
        rows.append((Gate.PARTIAL_ROUNDS, group, f"round[{half + 1 + WIRES * i}]"))
    last = half + PARTIAL_ROUNDS
    rows.append((Gate.LEAVE_PARTIAL, NO_CONSTANTS, f"round[{last - RATE}]"))
    for i, group in enumerate(constants[last:]):
        rows.append((Gate.FULL_ROUND, group, f"round[{last + i}]"))
    rows.append((None, NO_CONSTANTS, "output"))
    return tuple((gate, (c[0], c[1], c[2], c[3]), name) for gate, c, name in rows)


def permute(
    builder: Builder, name: str, wires: Sequence[Variable], constants: Constants
) -> tuple[Variable, ...]:
    """
    Apply the permutation to what a row of `ABSORB` lets in.

    Args:
        wires: the cells of that row.
        constants: its constants, which say what they mean (`payy_ref.proofs.gates.absorb`).

    Returns:
        The four cells of the state afterwards.

    Requirements:
        PAYY-CIRCUITS-004, PAYY-CIRCUITS-009
    """
    q0, q1, q2, q3 = constants

    def fill(w0: int, w1: int, w2: int, w3: int) -> Sequence[int]:
        exchange = q0 * w3 * (w1 - w0)
        entering = (w0 + exchange, w1 - exchange, q2 * w2, q3 + q1 * w3)
        return permutation_rows(
            (reduce(entering[0]), reduce(entering[1]), entering[2], entering[3])
        )

    with builder.scope(name):
        builder.row(Gate.ABSORB, wires, constants, name="input")
        cells = builder.derive(fill, wires, WIRES * (PERMUTATION_ROWS - 1))
        for i, (gate, row_constants, row_name) in enumerate(body()):
            row_cells = cells[WIRES * i : WIRES * (i + 1)]
            builder.row(gate, row_cells, row_constants, name=row_name)
        return cells[-WIRES:]


def hash_elements(builder: Builder, name: str, inputs: Sequence[Variable]) -> Variable:
    """
    Hash a fixed number of values.

    The first three enter an empty state, whose capacity is a constant of the row; each later group
    is added to the state's first cells.

    Requirements:
        PAYY-CIRCUITS-009
    """
    with builder.scope(name):
        first = [*inputs[:RATE]]
        while len(first) < RATE - 1:
            first.append(builder.constant(0))
        third = first[2] if len(first) == RATE else UNUSED
        wires: Sequence[Variable] = (first[0], first[1], third, UNUSED)
        constants = (0, 0, int(third != UNUSED), capacity(len(inputs)))
        state = permute(builder, "permutation[0]", wires, constants)
        for start in range(RATE, len(inputs), RATE):
            index = start // RATE
            group = inputs[start : start + RATE]
            entering = [
                sum_of(builder, f"input[{start + i}]", cell, value)
                for i, (cell, value) in enumerate(zip(state, group, strict=False))
            ]
            wires = (*entering, *state[len(group) :])
            state = permute(builder, f"permutation[{index}]", wires, (0, 1, 1, 0))
        return state[0]


def hash_children(
    builder: Builder, name: str, node: Variable, sibling: Variable, is_right: Variable
) -> Variable:
    """
    Hash a tree node with its sibling, which is left of it if the bit is 1.

    Requirements:
        PAYY-CIRCUITS-009
    """
    wires = (node, sibling, UNUSED, is_right)
    return permute(builder, name, wires, (1, 0, 0, capacity(2)))[0]
