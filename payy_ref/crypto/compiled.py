"""
Poseidon2, Merkle paths and byte hashing in machine words: the fast form.

The readable form is `poseidon2`; both answer to the same tests. Nothing here is constant-time.

A field element is a tuple of four 64-bit words, least significant first, in Montgomery form
(x stands as x * 2^256 mod p) and below 2p, not always below p: since 4p < 2^256, a product of two
such numbers needs no final subtraction. Arrays that cross into Python hold plain values below p in
the same word order. The three arithmetic operations are written in the compiler's own integers of
256 and 320 bits, which become add-with-carry chains.

All kernels are in this one file, because numba's disk cache watches only the file of the function
that it compiled. Round constants, which come from another file, are arguments for that reason.

Source: Montgomery multiplication by coarsely integrated operand scanning (Koc, Acar, Kaliski 1996).
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from payy_ref.crypto.field import MODULUS, FieldElement
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

Words = NDArray[np.uint64]
"""An array whose last axis holds the four words of one field element."""

WORD_BITS: Final = 64
RADIX: Final = 2**256

BYTE_HASH_START: Final = 2
"""The accumulator's first value in the hash of bytes."""

_ZERO = np.uint64(0)
_ONE = np.uint64(1)

_core_limit: ContextVar[int] = ContextVar("core_limit", default=2**10)

_PARALLEL_FROM: Final = 256
"""Number of permutations below which starting a thread costs more than it saves."""


# numba has no types for what it compiles.
_instructions: Any = intrinsic
_inlined: Any = njit(inline="always")
_compiled: Any = njit(nogil=True)


def _kernel(function: Callable[..., None]) -> Any:
    """Compile a kernel and keep it on disk, or in memory alone where nothing can be written."""
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


# Arithmetic


def _pack(builder: Any, element: Any) -> Any:
    """Join four words to one 256-bit integer."""
    wide = ir.IntType(256)
    total = ir.Constant(wide, 0)
    for i in range(4):
        word = builder.zext(builder.extract_value(element, i), wide)
        total = builder.or_(total, builder.shl(word, ir.Constant(wide, WORD_BITS * i)))
    return total


def _unpack(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Split a 256-bit integer into four words."""
    shifts = (ir.Constant(value.type, WORD_BITS * i) for i in range(4))
    words = [builder.trunc(builder.lshr(value, shift), ir.IntType(64)) for shift in shifts]
    return context.make_tuple(builder, kind, words)


@_instructions
def _add(typing_context: Any, a: Any, b: Any) -> Any:
    """Compute a + b, less 2p if it is not below 2p: a sum below 4p stays below 2p."""
    element = types.UniTuple(types.uint64, 4)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        left, right = (_pack(builder, argument) for argument in arguments)
        bound = ir.Constant(left.type, 2 * MODULUS)
        total = builder.add(left, right)
        above = builder.icmp_unsigned(">=", total, bound)
        total = builder.select(above, builder.sub(total, bound), total)
        return _unpack(context, builder, signature.return_type, total)

    return element(element, element), generate


@_instructions
def _multiply(typing_context: Any, a: Any, b: Any) -> Any:
    """
    Compute a * b / 2^256 mod p, word by word of b.

    The result is below a * b / 2^256 + p. For a and b below 2p that is below 2p, since 4p is
    below 2^256: no subtraction is needed.
    """
    element = types.UniTuple(types.uint64, 4)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word, double, wide = ir.IntType(64), ir.IntType(128), ir.IntType(320)
        left, right = arguments

        def times_word(words: list[Any], factor: Any) -> Any:
            """Multiply four words by one; even and odd places never overlap, so they are joined."""
            factor = builder.zext(factor, double)
            places = []
            for i, each in enumerate(words):
                product = builder.mul(builder.zext(each, double), factor)
                place = ir.Constant(wide, WORD_BITS * i)
                places.append(builder.shl(builder.zext(product, wide), place))
            return builder.add(builder.or_(places[0], places[2]), builder.or_(places[1], places[3]))

        left_words = [builder.extract_value(left, i) for i in range(4)]
        modulus_words = [
            ir.Constant(word, MODULUS >> (WORD_BITS * i) & (2**WORD_BITS - 1)) for i in range(4)
        ]
        inverse = ir.Constant(word, -pow(MODULUS, -1, 2**WORD_BITS) % 2**WORD_BITS)

        total = ir.Constant(wide, 0)
        for i in range(4):
            total = builder.add(total, times_word(left_words, builder.extract_value(right, i)))
            # The multiple of p that clears the lowest word.
            multiple = builder.mul(builder.trunc(total, word), inverse)
            total = builder.add(total, times_word(modulus_words, multiple))
            total = builder.lshr(total, ir.Constant(wide, WORD_BITS))
        return _unpack(context, builder, signature.return_type, total)

    return element(element, element), generate


@_instructions
def _canonical(typing_context: Any, a: Any) -> Any:
    """Subtract p once if the number, which is below 2p, is not below p."""
    element = types.UniTuple(types.uint64, 4)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = _pack(builder, arguments[0])
        bound = ir.Constant(value.type, MODULUS)
        above = builder.icmp_unsigned(">=", value, bound)
        value = builder.select(above, builder.sub(value, bound), value)
        return _unpack(context, builder, signature.return_type, value)

    return element(element), generate


@_inlined
def _fifth_power(a):
    square = _multiply(a, a)
    return _multiply(_multiply(square, square), a)


@_inlined
def _load(words):
    return words[0], words[1], words[2], words[3]


@_inlined
def _store(words, a):
    words[0], words[1], words[2], words[3] = a


# Poseidon2


@_inlined
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


@_compiled
def _full_rounds(a, b, c, d, constants):
    for k in range(0, len(constants), 4):
        a = _fifth_power(_add(a, _load(constants[k])))
        b = _fifth_power(_add(b, _load(constants[k + 1])))
        c = _fifth_power(_add(c, _load(constants[k + 2])))
        d = _fifth_power(_add(d, _load(constants[k + 3])))
        a, b, c, d = _external_layer(a, b, c, d)
    return a, b, c, d


@_compiled
def _partial_rounds(a, b, c, d, constants, diagonal):
    m0, m1, m2, m3 = _load(diagonal[0]), _load(diagonal[1]), _load(diagonal[2]), _load(diagonal[3])
    for k in range(len(constants)):
        a = _fifth_power(_add(a, _load(constants[k])))
        total = _add(_add(a, b), _add(c, d))
        a = _add(_multiply(m0, a), total)
        b = _add(_multiply(m1, b), total)
        c = _add(_multiply(m2, c), total)
        d = _add(_multiply(m3, d), total)
    return a, b, c, d


@_compiled
def _permute(a, b, c, d, table):
    first, middle, last, diagonal = table[0:16], table[16:72], table[72:88], table[88:92]
    a, b, c, d = _external_layer(a, b, c, d)
    a, b, c, d = _full_rounds(a, b, c, d, first)
    a, b, c, d = _partial_rounds(a, b, c, d, middle, diagonal)
    return _full_rounds(a, b, c, d, last)


@_compiled
def _enter(words, table):
    return _multiply(_load(words), _load(table[92]))


@_compiled
def _leave(a):
    return _canonical(_multiply(a, (_ONE, _ZERO, _ZERO, _ZERO)))


@_compiled
def _hash_pair(left, right, table):
    """Hash two Montgomery elements; row 93 of the table is the capacity for two inputs."""
    zero = (_ZERO, _ZERO, _ZERO, _ZERO)
    return _permute(left, right, zero, _load(table[93]), table)[0]


# Kernels over arrays


@_kernel
def _permutation_kernel(states, table):
    for i in range(len(states)):
        row = states[i]
        a, b, c, d = _permute(
            _enter(row[0], table),
            _enter(row[1], table),
            _enter(row[2], table),
            _enter(row[3], table),
            table,
        )
        _store(row[0], _leave(a))
        _store(row[1], _leave(b))
        _store(row[2], _leave(c))
        _store(row[3], _leave(d))


@_kernel
def _sponge_kernel(inputs, count, table, out):
    """Hash rows of elements; `count` is the capacity's first value, in plain form."""
    for i in range(len(inputs)):
        zero = (_ZERO, _ZERO, _ZERO, _ZERO)
        a, b, c, d = zero, zero, zero, _enter(count, table)
        row = inputs[i]
        for start in range(0, len(row), 3):
            a = _add(a, _enter(row[start], table))
            if start + 1 < len(row):
                b = _add(b, _enter(row[start + 1], table))
            if start + 2 < len(row):
                c = _add(c, _enter(row[start + 2], table))
            a, b, c, d = _permute(a, b, c, d, table)
        _store(out[i], _leave(a))


@_kernel
def _chain_kernel(start, chunks, table, out):
    """Fold elements from the left: acc = H2(acc, chunk)."""
    state = _enter(start, table)
    for i in range(len(chunks)):
        state = _hash_pair(state, _enter(chunks[i], table), table)
    _store(out, _leave(state))


@_kernel
def _climb_kernel(leaves, positions, bottom, top, siblings, table, out):
    """
    Walk leaves up paths that share their siblings, keeping every node.

    Leaf i climbs from level bottom[i] to level top[i]; bit h of positions[i] tells whether the
    node at level h is the right child. siblings[h] is the other child. out[i] gets the last node.
    """
    for i in range(len(leaves)):
        node = _enter(leaves[i], table)
        for level in range(bottom[i], top[i]):
            sibling = _enter(siblings[level], table)
            bit = (positions[i, level // 64] >> np.uint64(level % 64)) & _ONE
            if bit != _ZERO:
                node = _hash_pair(sibling, node, table)
            else:
                node = _hash_pair(node, sibling, table)
        _store(out[i], _leave(node))


# Python side


def to_words(values: Sequence[int]) -> Words:
    """Lay out integers below 2^256 as an array of shape (len(values), 4)."""
    joined = b"".join([value.to_bytes(32, "little") for value in values])
    return np.frombuffer(joined, dtype="<u8").reshape(len(values), 4).astype(np.uint64, copy=False)


def from_words(words: Words) -> list[int]:
    """Read integers back from an array of shape (n, 4)."""
    joined = words.astype("<u8", copy=False).tobytes()
    return [int.from_bytes(joined[i : i + 32], "little") for i in range(0, len(joined), 32)]


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


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="payy-kernel")


# A forked child has the pool without its threads, and would wait for them for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.cache_clear)


@contextmanager
def one_core() -> Iterator[None]:
    """Do without threads inside the block; results are the same."""
    token = _core_limit.set(1)
    try:
        yield
    finally:
        _core_limit.reset(token)


def _over_slices(total: int, weight: int, run: Callable[[slice], None]) -> None:
    """Run over [0, total), on all cores when the work is worth it."""
    cores = min(os.cpu_count() or 1, _core_limit.get())
    if cores == 1 or total < cores or weight < _PARALLEL_FROM:
        run(slice(0, total))
        return
    # Several slices a core even out rows of unequal length.
    step = -(-total // (cores * 4))
    slices = [slice(start, min(start + step, total)) for start in range(0, total, step)]
    list(_threads().map(run, slices))


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


def sponges(rows: Sequence[Sequence[int]]) -> list[FieldElement]:
    """Hash many rows of the same, non-zero number of elements."""
    if not rows:
        return []
    length = len(rows[0])
    if any(len(row) != length for row in rows):
        raise ValueError("all rows have the same number of elements")
    words = to_words([value % MODULUS for row in rows for value in row]).reshape(-1, length, 4)
    out = np.empty((len(rows), 4), dtype=np.uint64)
    count = to_words([capacity(length)])[0]
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
    out = np.empty(4, dtype=np.uint64)
    start = to_words([BYTE_HASH_START])[0]
    _chain_kernel(start, to_words(chunks), _table(), out)
    return FieldElement(from_words(out.reshape(1, 4))[0])


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


def warm_up() -> None:
    """Load or compile every kernel: a few seconds at the first use on a machine, then a moment."""
    permutation((0, 0, 0, 0))
    sponge((0,))
    byte_chain((0,))
    climb((0,), (0,), (0,), (1,), (0,))
