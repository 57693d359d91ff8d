"""
Arithmetic modulo primes of 254 bits in machine words, and what compiled kernels share.

An element is a tuple of four 64-bit words, least significant first, in Montgomery form (x stands
as x * 2^256 mod p) and below 2p, not always below p: since 4p < 2^256, a product of two such
numbers needs no final subtraction. Sums are written in the compiler's own integers of 256 bits,
products in those of 128; both become additions with carry. Nothing here is constant-time.

Kernels run without Python's lock, so threads serve. Their compiled form stays on disk. By itself
numba throws it away only when the file of the kernel changes; `kernel` sees to it that it is also
thrown away when this file changes. So kernels may call what stands in their own file and what
stands here, and take all else, constants of other files above all, as arguments.

Source: Montgomery multiplication by coarsely integrated operand scanning (Koc, Acar, Kaliski 1996).
"""

import hashlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import CellType, FunctionType
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Words = NDArray[np.uint64]
"""An array whose last axis holds the four words of one element."""

WORD_BITS: Final = 64
WORDS: Final = 4

RADIX: Final = 2**256
"""In Montgomery form, x stands as x * RADIX mod p."""

ZERO: Final = np.uint64(0)
ONE: Final = np.uint64(1)


# What kernels are made with; numba has no types for what it compiles.

compiled: Any = njit(nogil=True)
"""Make a part of kernels."""

_instructions: Any = intrinsic


@cache
def _own_text() -> bytes:
    """Identify the text of this file."""
    return hashlib.sha256(inspect.getsource(sys.modules[__name__]).encode()).digest()


def kernel(function: Callable[..., Any]) -> Any:
    """
    Compile a kernel and keep it on disk, or in memory alone where nothing can be written.

    What a function's closure holds is part of the key under which numba keeps it. The kernel gets
    a closure that it does not use: the identity of this file.
    """
    bound = FunctionType(
        function.__code__.replace(co_freevars=("own_text",)),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        (CellType(_own_text()),),
    )
    bound.__qualname__, bound.__doc__ = function.__qualname__, function.__doc__
    try:
        return njit(nogil=True, cache=True)(bound)
    except RuntimeError:
        return njit(nogil=True)(bound)


# Arithmetic

Value: TypeAlias = ir.Value
"""A number in the compiler's intermediate form."""


def _element() -> Any:
    return types.UniTuple(types.uint64, WORDS)


def _pack(builder: Any, element: Value) -> Value:
    """Join four words to one 256-bit integer."""
    wide = ir.IntType(WORDS * WORD_BITS)
    total = ir.Constant(wide, 0)
    for i in range(WORDS):
        word = builder.zext(builder.extract_value(element, i), wide)
        total = builder.or_(total, builder.shl(word, ir.Constant(wide, WORD_BITS * i)))
    return total


def _unpack(builder: Any, value: Value) -> list[Value]:
    """Split a 256-bit integer into four words."""
    shifts = (ir.Constant(value.type, WORD_BITS * i) for i in range(WORDS))
    return [builder.trunc(builder.lshr(value, shift), ir.IntType(WORD_BITS)) for shift in shifts]


def _of_one(compute: Callable[[Any, Value], list[Value]]) -> Any:
    """Make an operation on elements from what writes its instructions."""

    @_instructions
    def operation(_typing_context: Any, _a: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return context.make_tuple(builder, signature.return_type, compute(builder, *arguments))

        return _element()(_element()), generate

    return operation


def _of_two(compute: Callable[[Any, Value, Value], list[Value]]) -> Any:
    """Make an operation on pairs of elements from what writes its instructions."""

    @_instructions
    def operation(_typing_context: Any, _a: Any, _b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return context.make_tuple(builder, signature.return_type, compute(builder, *arguments))

        return _element()(_element(), _element()), generate

    return operation


def _less_if_above(builder: Any, value: Value, bound: int) -> list[Value]:
    """Take `bound` away from a number that is not below it."""
    limit = ir.Constant(value.type, bound)
    is_above = builder.icmp_unsigned(">=", value, limit)
    return _unpack(builder, builder.select(is_above, builder.sub(value, limit), value))


def addition(modulus: int) -> Any:
    """Make a + b, less 2p if it is not below 2p: a sum below 4p stays below 2p."""

    def compute(builder: Any, a: Value, b: Value) -> list[Value]:
        total = builder.add(_pack(builder, a), _pack(builder, b))
        return _less_if_above(builder, total, 2 * modulus)

    return _of_two(compute)


def subtraction(modulus: int) -> Any:
    """Make a - b, plus 2p if a is less than b: it stays below 2p."""

    def compute(builder: Any, a: Value, b: Value) -> list[Value]:
        left, right = _pack(builder, a), _pack(builder, b)
        difference = builder.sub(left, right)
        raised = builder.add(difference, ir.Constant(left.type, 2 * modulus))
        is_below = builder.icmp_unsigned("<", left, right)
        return _unpack(builder, builder.select(is_below, raised, difference))

    return _of_two(compute)


def loose_subtraction(modulus: int) -> Any:
    """
    Make a - b + 2p, which is below 4p.

    It may only be multiplied by a number below p. The product stays below 2p all the same, since
    4p^2 / 2^256 is below p.
    """

    def compute(builder: Any, a: Value, b: Value) -> list[Value]:
        left, right = _pack(builder, a), _pack(builder, b)
        raised = builder.add(left, ir.Constant(left.type, 2 * modulus))
        return _unpack(builder, builder.sub(raised, right))

    return _of_two(compute)


def canonicalization(modulus: int) -> Any:
    """Make the one representative below p of a number below 2p."""
    return _of_one(lambda builder, a: _less_if_above(builder, _pack(builder, a), modulus))


def multiplication(modulus: int) -> Any:
    """
    Make a * b / 2^256 mod p.

    The result is below a * b / 2^256 + p. For a and b below 2p that is below 2p, since 4p is
    below 2^256: no subtraction is needed. If b is 1, it is at most p.

    It is one function, called from wherever products are: written out at each place, kernels with
    many of them would take long to compile and be no faster.
    """

    def compute(builder: Any, a: Value, b: Value) -> list[Value]:
        function = _multiply_function(builder.module, modulus)
        words = [builder.extract_value(element, i) for element in (a, b) for i in range(WORDS)]
        product = builder.call(function, words)
        return [builder.extract_value(product, i) for i in range(WORDS)]

    return _of_two(compute)


def _multiply_function(module: Any, modulus: int) -> Any:
    """Define the product of two elements, given as eight words, in a module that lacks it."""
    name = f"multiply_modulo_{modulus:x}"
    if name in module.globals:
        return module.globals[name]
    word, double = ir.IntType(WORD_BITS), ir.IntType(2 * WORD_BITS)
    element = ir.LiteralStructType([word] * WORDS)
    function = ir.Function(module, ir.FunctionType(element, [word] * (2 * WORDS)), name)
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    function.attributes.add("nounwind")
    builder = ir.IRBuilder(function.append_basic_block())

    def add_product(x: Any, y: Any, *summands: Any) -> tuple[Any, Any]:
        """Compute x * y and up to two more words, which always fit into two words."""
        total = builder.mul(builder.zext(x, double), builder.zext(y, double))
        for summand in summands:
            total = builder.add(total, builder.zext(summand, double))
        high = builder.lshr(total, ir.Constant(double, WORD_BITS))
        return builder.trunc(total, word), builder.trunc(high, word)

    prime = [
        ir.Constant(word, modulus >> (WORD_BITS * i) & (2**WORD_BITS - 1)) for i in range(WORDS)
    ]
    inverse = ir.Constant(word, -pow(modulus, -1, 2**WORD_BITS) % 2**WORD_BITS)
    zero = ir.Constant(word, 0)
    left, right = function.args[:WORDS], function.args[WORDS:]
    total = [zero] * WORDS
    for i in range(WORDS):
        # Add a times word i of b; the last carry is the fifth word.
        carry = zero
        for j in range(WORDS):
            total[j], carry = add_product(left[j], right[i], total[j], carry)
        top = carry
        # Add the multiple of p that clears the lowest word, and drop that word.
        multiple = builder.mul(total[0], inverse)
        _, carry = add_product(multiple, prime[0], total[0])
        for j in range(1, WORDS):
            total[j - 1], carry = add_product(multiple, prime[j], total[j], carry)
        # This sum is below 3p, so it has no fifth word.
        total[-1] = builder.add(top, carry)
    result = ir.Constant(element, ir.Undefined)
    for i in range(WORDS):
        result = builder.insert_value(result, total[i], i)
    builder.ret(result)
    return function


@_instructions
def prefetch(_typing_context: Any, rows: Any, _row: Any) -> Any:
    """Ask for a row of up to 64 bytes of an array, to have it in the cache when it is read."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = builder.extract_value(array.strides, 0)
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        start = builder.bitcast(array.data, pointer)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        first = builder.mul(arguments[1], stride)
        # A row may lie across two lines of the cache: ask for its first and its last word.
        for offset in (first, builder.add(first, ir.Constant(first.type, 56))):
            address = builder.gep(start, [offset])
            # To read; to be kept; data.
            builder.call(ask, [address, *(ir.Constant(number, each) for each in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(rows, types.int64), generate


@compiled
def load(rows: Any, i: Any) -> Any:
    """Read an element from a row of an array."""
    return rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3]


@compiled
def store(rows: Any, i: Any, a: Any) -> None:
    """Write an element into a row of an array."""
    rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3] = a


# Arrays


def to_words(values: Sequence[int]) -> Words:
    """Lay out integers below 2^256 as an array of shape (len(values), 4)."""
    joined = b"".join([value.to_bytes(32, "little") for value in values])
    return np.frombuffer(joined, dtype="<u8").reshape(len(values), 4).astype(np.uint64, copy=False)


def from_words(words: Words) -> list[int]:
    """Read integers back from an array of shape (n, 4)."""
    joined = words.astype("<u8", copy=False).tobytes()
    return [int.from_bytes(joined[i : i + 32], "little") for i in range(0, len(joined), 32)]


# Threads

_core_limit: ContextVar[int] = ContextVar("core_limit", default=2**10)

Result = TypeVar("Result")


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


def core_count() -> int:
    """Count the cores that may be used at once."""
    return min(os.cpu_count() or 1, _core_limit.get())


def in_threads(run: Callable[[Any], Result], tasks: Sequence[Any]) -> list[Result]:
    """Run every task, on all cores; a task itself runs on one."""
    if core_count() == 1 or len(tasks) < 2:
        return [run(task) for task in tasks]

    def alone(task: Any) -> Result:
        with one_core():
            return run(task)

    return list(_threads().map(alone, tasks))
