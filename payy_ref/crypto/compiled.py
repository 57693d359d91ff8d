"""
Poseidon2, Merkle paths and byte hashing in machine words: the fast form.

The readable form is `poseidon2`; both answer to the same tests. Nothing here is constant-time.

Inside kernels, numbers are as `machine_words` has them. Arrays that cross into Python hold plain
values below p in the same word order. Round constants come from another file, so kernels take them
as arguments.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.machine_words import (
    ONE,
    RADIX,
    ZERO,
    Words,
    addition,
    canonicalization,
    compiled,
    core_count,
    from_words,
    in_threads,
    kernel,
    load,
    multiplication,
    one_core,
    store,
    to_words,
)
from payy_ref.crypto.poseidon2 import (
    FULL_ROUNDS,
    INTERNAL_DIAGONAL,
    PARTIAL_ROUNDS,
    RATE,
    WIDTH,
    State,
    capacity,
    round_constants,
)
from payy_ref.crypto.readable import BYTE_HASH_START

__all__ = [
    "byte_chain",
    "climb",
    "one_core",
    "permutation",
    "permutation_rows",
    "permutations",
    "sponge",
    "sponges",
    "warm_up",
]

_ROW_CELLS: Final = 4 * (FULL_ROUNDS + 2) + PARTIAL_ROUNDS
"""Number of cells that a permutation fills in a circuit."""

_PARALLEL_FROM: Final = 256
"""Number of permutations below which starting a thread costs more than it saves."""


_add: Any = addition(MODULUS)
_multiply: Any = multiplication(MODULUS)
_canonical: Any = canonicalization(MODULUS)


@compiled
def _fifth_power(a):
    square = _multiply(a, a)
    return _multiply(_multiply(square, square), a)


# Poseidon2


@compiled
def _external_layer(a, b, c, d):
    """Multiply by the 4 x 4 MDS matrix in eight additions and four doublings (appendix B)."""
    t0 = _add(a, b)
    t1 = _add(c, d)
    t2 = _add(_add(b, b), t1)
    t3 = _add(_add(d, d), t0)
    t1 = _add(t1, t1)
    t4 = _add(_add(t1, t1), t3)
    t0 = _add(t0, t0)
    t5 = _add(_add(t0, t0), t2)
    return _add(t3, t5), t5, _add(t2, t4), t4


@compiled
def _full_rounds(a, b, c, d, constants):
    for k in range(0, len(constants), 4):
        a = _fifth_power(_add(a, load(constants, k)))
        b = _fifth_power(_add(b, load(constants, k + 1)))
        c = _fifth_power(_add(c, load(constants, k + 2)))
        d = _fifth_power(_add(d, load(constants, k + 3)))
        a, b, c, d = _external_layer(a, b, c, d)
    return a, b, c, d


@compiled
def _partial_rounds(a, b, c, d, constants, diagonal):
    m0, m1, m2, m3 = load(diagonal, 0), load(diagonal, 1), load(diagonal, 2), load(diagonal, 3)
    for k in range(len(constants)):
        a = _fifth_power(_add(a, load(constants, k)))
        total = _add(_add(a, b), _add(c, d))
        a = _add(_multiply(m0, a), total)
        b = _add(_multiply(m1, b), total)
        c = _add(_multiply(m2, c), total)
        d = _add(_multiply(m3, d), total)
    return a, b, c, d


@compiled
def _permute(a, b, c, d, table):
    first, middle, last, diagonal = table[0:16], table[16:72], table[72:88], table[88:92]
    a, b, c, d = _external_layer(a, b, c, d)
    a, b, c, d = _full_rounds(a, b, c, d, first)
    a, b, c, d = _partial_rounds(a, b, c, d, middle, diagonal)
    return _full_rounds(a, b, c, d, last)


@compiled
def _enter(rows, i, table):
    return _multiply(load(rows, i), load(table, 92))


@compiled
def _leave(a):
    return _canonical(_multiply(a, (ONE, ZERO, ZERO, ZERO)))


@compiled
def _leave_state(row, a, b, c, d):
    store(row, 0, _leave(a))
    store(row, 1, _leave(b))
    store(row, 2, _leave(c))
    store(row, 3, _leave(d))


@compiled
def _hash_pair(left, right, table):
    """Hash two Montgomery elements; row 93 of the table is the capacity for two inputs."""
    zero = (ZERO, ZERO, ZERO, ZERO)
    return _permute(left, right, zero, load(table, 93), table)[0]


# Kernels over arrays


@kernel
def _permutation_kernel(states, table):
    for i in range(len(states)):
        row = states[i]
        a, b, c, d = _permute(
            _enter(row, 0, table),
            _enter(row, 1, table),
            _enter(row, 2, table),
            _enter(row, 3, table),
            table,
        )
        _leave_state(row, a, b, c, d)


@kernel
def _permutation_rows_kernel(state, table, out):
    """Write the 96 cells of a permutation's rows: 5 states, 56 single cells, 5 states."""
    diagonal = table[88:92]
    a, b, c, d = _external_layer(
        _enter(state, 0, table),
        _enter(state, 1, table),
        _enter(state, 2, table),
        _enter(state, 3, table),
    )
    for i in range(4):
        _leave_state(out[4 * i : 4 * i + 4], a, b, c, d)
        a, b, c, d = _full_rounds(a, b, c, d, table[4 * i : 4 * i + 4])
    _leave_state(out[16:20], a, b, c, d)
    for i in range(56):
        a, b, c, d = _partial_rounds(a, b, c, d, table[16 + i : 17 + i], diagonal)
        if i < 55:
            store(out, 20 + i, _leave(_add(a, load(table, 17 + i))))
    store(out, 75, _leave(a))
    for i in range(4):
        _leave_state(out[76 + 4 * i : 80 + 4 * i], a, b, c, d)
        a, b, c, d = _full_rounds(a, b, c, d, table[72 + 4 * i : 76 + 4 * i])
    _leave_state(out[92:96], a, b, c, d)


@kernel
def _sponge_kernel(inputs, count, table, out):
    """Hash rows of elements; `count` is the capacity's first value, in plain form."""
    for i in range(len(inputs)):
        zero = (ZERO, ZERO, ZERO, ZERO)
        a, b, c, d = zero, zero, zero, _enter(count, 0, table)
        row = inputs[i]
        for start in range(0, len(row), 3):
            a = _add(a, _enter(row, start, table))
            if start + 1 < len(row):
                b = _add(b, _enter(row, start + 1, table))
            if start + 2 < len(row):
                c = _add(c, _enter(row, start + 2, table))
            a, b, c, d = _permute(a, b, c, d, table)
        store(out, i, _leave(a))


@kernel
def _chain_kernel(start, chunks, table, out):
    """Fold elements from the left: acc = H2(acc, chunk)."""
    state = _enter(start, 0, table)
    for i in range(len(chunks)):
        state = _hash_pair(state, _enter(chunks, i, table), table)
    store(out, 0, _leave(state))


@kernel
def _climb_kernel(leaves, positions, bottom, top, siblings, table, out):
    """
    Walk leaves up paths that share their siblings, keeping every node.

    Leaf i climbs from level bottom[i] to level top[i]; bit h of positions[i] tells whether the
    node at level h is the right child. siblings[h] is the other child. out[i] gets the last node.
    """
    for i in range(len(leaves)):
        node = _enter(leaves, i, table)
        for level in range(bottom[i], top[i]):
            sibling = _enter(siblings, level, table)
            bit = (positions[i, level // 64] >> np.uint64(level % 64)) & ONE
            if bit != ZERO:
                node = _hash_pair(sibling, node, table)
            else:
                node = _hash_pair(node, sibling, table)
        store(out, i, _leave(node))


# Python side


@cache
def _table() -> Words:
    """
    Gather the constants that every kernel takes, one element a row.

    Rows 0..87 are the round constants, 88..91 the internal diagonal, 93 the capacity for two
    inputs, all in Montgomery form; row 92 is 2^512 mod p, which takes a plain value there.
    """
    flat = [constant for group in round_constants() for constant in group]
    montgomery = [value * RADIX % MODULUS for value in [*flat, *INTERNAL_DIAGONAL]]
    rows = [*montgomery, RADIX * RADIX % MODULUS, capacity(2) * RADIX % MODULUS]
    if len(flat) != WIDTH * FULL_ROUNDS + PARTIAL_ROUNDS or RATE != WIDTH - 1:
        raise AssertionError("the kernels are unrolled for width 4, 8 full and 56 partial rounds")
    return to_words(rows)


def _over_slices(total: int, weight: int, run: Callable[[slice], None]) -> None:
    """Run over [0, total), on all cores when the work is worth it."""
    cores = core_count()
    if cores == 1 or total < cores or weight < _PARALLEL_FROM:
        run(slice(0, total))
        return
    # Several slices a core even out rows of unequal length.
    step = -(-total // (cores * 4))
    slices = [slice(start, min(start + step, total)) for start in range(0, total, step)]
    in_threads(run, slices)


def permutations(states: Sequence[State]) -> list[State]:
    """Apply the Poseidon2 permutation to many states."""
    words = (
        to_words([cell % MODULUS for state in states for cell in state]).reshape(-1, 4, 4).copy()
    )
    _over_slices(len(words), len(words), lambda part: _permutation_kernel(words[part], _table()))
    cells = from_words(words.reshape(-1, 4))
    return [(cells[i], cells[i + 1], cells[i + 2], cells[i + 3]) for i in range(0, len(cells), 4)]


def permutation(state: State) -> State:
    """Apply the Poseidon2 permutation."""
    return permutations([state])[0]


def permutation_rows(state: State) -> tuple[int, ...]:
    """Give the 96 cells of a permutation as circuits lay them out, as the readable form does."""
    out = np.empty((_ROW_CELLS, 4), dtype=np.uint64)
    _permutation_rows_kernel(to_words([cell % MODULUS for cell in state]), _table(), out)
    return tuple(from_words(out))


def sponges(rows: Sequence[Sequence[int]]) -> list[FieldElement]:
    """Hash many rows of the same, non-zero number of elements."""
    if not rows:
        return []
    length = len(rows[0])
    if any(len(row) != length for row in rows):
        raise ValueError("all rows have the same number of elements")
    words = to_words([value % MODULUS for row in rows for value in row]).reshape(-1, length, 4)
    out = np.empty((len(rows), 4), dtype=np.uint64)
    count = to_words([capacity(length)])
    permutation_count = len(rows) * -(-length // RATE)
    _over_slices(
        len(rows),
        permutation_count,
        lambda part: _sponge_kernel(words[part], count, _table(), out[part]),
    )
    return [FieldElement(value) for value in from_words(out)]


def sponge(inputs: Sequence[int]) -> FieldElement:
    """Hash a fixed number of elements."""
    return sponges([inputs])[0]


def byte_chain(chunks: Sequence[int]) -> FieldElement:
    """Fold chunks with the two-input hash, starting from `BYTE_HASH_START`."""
    out = np.empty((1, 4), dtype=np.uint64)
    start = to_words([BYTE_HASH_START])
    _chain_kernel(start, to_words(chunks), _table(), out)
    return FieldElement(from_words(out)[0])


def climb(
    nodes: Sequence[int],
    positions: Sequence[int],
    bottom: Sequence[int],
    top: Sequence[int],
    siblings: Sequence[int],
) -> list[FieldElement]:
    """
    Walk many nodes up paths that share one list of siblings, in parallel.

    Node i stands at level `bottom[i]` over slot `positions[i]` and climbs to level `top[i]`;
    `siblings[h]` is its sibling at level h.
    """
    if max(top, default=0) > len(siblings):
        raise ValueError("a climb ends where the siblings do")
    out = np.empty((len(nodes), 4), dtype=np.uint64)
    leaf_words = to_words([node % MODULUS for node in nodes])
    position_words = to_words(positions)
    low, high = np.array(bottom, dtype=np.int64), np.array(top, dtype=np.int64)
    sibling_words = to_words([sibling % MODULUS for sibling in siblings])
    _over_slices(
        len(nodes),
        int((high - low).sum()),
        lambda part: _climb_kernel(
            leaf_words[part],
            position_words[part],
            low[part],
            high[part],
            sibling_words,
            _table(),
            out[part],
        ),
    )
    return [FieldElement(value) for value in from_words(out)]


def warm_up(progress: Callable[[str], None] | None = None) -> None:
    """
    Load or compile every kernel: a few seconds at the first use on a machine, then a moment.

    Args:
        progress: Is told the name of each kernel before it is loaded or compiled.
    """
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("permutation", lambda: permutation((0, 0, 0, 0))),
        ("rows of a permutation", lambda: permutation_rows((0, 0, 0, 0))),
        ("sponge", lambda: sponge((0,))),
        ("hash of bytes", lambda: byte_chain((0,))),
        ("paths of a tree", lambda: climb((0,), (0,), (0,), (1,), (0,))),
    )
    for name, run in steps:
        if progress is not None:
            progress(name)
        run()
