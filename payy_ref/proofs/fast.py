"""
Columns and commitments in machine words: the fast form of `plain`, with the same results.

A column is an array of field elements in Montgomery form. Work on long columns is shared among the
cores; work that is already one of several tasks stays on its core. Nothing here is constant-time.

Importing this raises ImportError where numba cannot be imported.

Source: Pippenger's bucket method with signed digits; bucket sums by affine additions that share
inversions (Montgomery's trick).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from operator import index
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from payy_ref.crypto.field import MODULUS
from payy_ref.crypto.machine_words import RADIX, Words, core_count, from_words, in_threads
from payy_ref.proofs import kernels
from payy_ref.proofs.backend import Point, Points
from payy_ref.proofs.curve import G1_GENERATOR, words_from_points
from payy_ref.proofs.polynomials import root_of_unity
from payy_ref.proofs.recording import record

_PART_ROWS: Final = 2048
"""Rows of a part in `in_parts`: the pieces that cores take turns with."""

_BLOCK_ROWS: Final = 64
"""Rows on which the program of `in_parts` runs at a time; what arises fits into a core's cache."""

_LITTLE: Final = 16
"""Factors below are multiplied with by additions."""

_SHARED_FROM: Final = 8192
"""Rows of a column below which starting a thread costs more than it saves."""

_SCALAR_BITS: Final = 255
"""Bits of a scalar, and one for the sign of its highest digit."""


class FastColumn:
    """A vector over the scalar field."""

    __slots__ = ("words",)

    __array_ufunc__ = None  # numpy leaves its operators to this class

    words: Words
    """Shape (length, 4), Montgomery form, below 2r."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def __len__(self) -> int:
        return len(self.words)

    def _with(self, other: object, run: Any) -> Any:
        """Apply a kernel to this column and another of the same length."""
        if not isinstance(other, FastColumn):
            return NotImplemented
        left, right = self.words, other.words
        if len(left) != len(right):
            raise ValueError("both columns have the same length")
        out = np.empty_like(left)
        run(left, right, out)
        return FastColumn(out)

    def _times(self, factor: int) -> FastColumn:
        if factor == 1:
            return self  # nothing writes to a column
        out = np.empty_like(self.words)
        if 1 < factor < _LITTLE:
            kernels.scale_little(self.words, factor, out)
        else:
            kernels.scale(self.words, _number(factor), out)
        return FastColumn(out)

    def __add__(self, other: object) -> Any:
        return self._with(other, kernels.add)

    def __sub__(self, other: object) -> Any:
        return self._with(other, kernels.subtract)

    def __neg__(self) -> FastColumn:
        return self._times(-1)

    def __mul__(self, other: object) -> Any:
        if isinstance(other, FastColumn):
            return self._with(other, kernels.multiply)
        try:
            factor = index(other)  # type: ignore[arg-type]
        except TypeError:
            return NotImplemented
        return self._times(factor)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> FastColumn:
        if exponent < 0:
            return FAST.inverse(self**-exponent)
        out = np.empty_like(self.words)
        if exponent == 5:
            kernels.fifth_power(self.words, out)
        else:
            kernels.power(self.words, exponent, _constants(), out)
        return FastColumn(out)


class FastBackend:
    """Columns are arrays of machine words, as curve points are."""

    name: str = "fast"
    """Chosen by this name."""

    def column(self, values: Sequence[int]) -> FastColumn:
        """Make a column of integers in [0, r)."""
        out = np.empty((len(values), 4), np.uint64)
        try:
            are_canonical = kernels.enter(_plain_words(values), _constants(), out)
        except OverflowError:
            are_canonical = False
        if not are_canonical:
            raise ValueError("values of a column are in [0, r)")
        return FastColumn(out)

    def integers(self, column: FastColumn) -> list[int]:
        """Read a column as integers in [0, r)."""
        out = np.empty_like(column.words)
        kernels.leave(column.words, out)
        return from_words(out)

    def one(self, length: int) -> FastColumn:
        """Make a column of ones."""
        return FastColumn(np.tile(_number(1), (length, 1)))

    def take(self, column: FastColumn, rows: Sequence[int] | NDArray[np.int64]) -> FastColumn:
        """Choose rows of a column."""
        return FastColumn(column.words[np.asarray(rows, dtype=np.int64)])

    def next_row(self, column: FastColumn) -> FastColumn:
        """Rotate a column so that row i holds what row i + 1 held; the last holds the first."""
        return FastColumn(np.roll(column.words, -1, axis=0))

    def interpolate(self, values: FastColumn) -> FastColumn:
        """Find the coefficients of the polynomial below degree n with these values on H."""
        return self.interpolate_on_coset(values, 1)

    def evaluate_on_coset(self, coefficients: FastColumn, shift: int, size: int) -> FastColumn:
        """Evaluate a polynomial of any degree on shift * H, in the order of H; H has this size."""
        _check_size(size)
        scaled = np.zeros((size, 4), np.uint64)
        given = coefficients.words

        def bring_in(part: slice) -> None:
            # On shift * H, X^size is shift^size: coefficients that lie `size` apart are one.
            for start in range(part.start, len(given), size):
                chunk = given[start : min(start + part.stop - part.start, len(given))]
                first = _power_number(shift, start)
                if start == part.start:
                    kernels.scale_by_powers(chunk, first, _number(shift), scaled[part])
                else:
                    kernels.add_scaled_by_powers(chunk, first, _number(shift), scaled[part])

        _over_parts(size, bring_in)
        _transform(scaled)
        return FastColumn(_in_natural_order(scaled, is_inverse=False))

    def interpolate_on_coset(self, values: FastColumn, shift: int) -> FastColumn:
        """Invert `evaluate_on_coset`: coefficients below the size of H."""
        size = len(values)
        _check_size(size)
        work = values.words.copy()
        _transform(work)
        out = _in_natural_order(work, is_inverse=True)
        back, scale = pow(shift, -1, MODULUS), pow(size, -1, MODULUS)

        def bring_out(part: slice) -> None:
            first = _number(scale * pow(back, part.start, MODULUS))
            if back == 1:
                kernels.scale(out[part], first, out[part])
            else:
                kernels.scale_by_powers(out[part], first, _number(back), out[part])

        _over_parts(size, bring_out)
        return FastColumn(out)

    def evaluate(self, coefficients: FastColumn, point: int) -> int:
        """Evaluate a polynomial at one point."""
        words = coefficients.words

        def value(part: slice) -> int:
            out = np.empty((1, 4), np.uint64)
            kernels.evaluate(words[part], _number(point), out)
            return self.integers(FastColumn(out))[0] * pow(point, part.start, MODULUS)

        return int(sum(_over_parts(len(words), value)) % MODULUS)

    def combine(self, columns: Sequence[FastColumn], factors: Sequence[int]) -> FastColumn:
        """Add columns times factors; shorter columns count as filled with zeros at the end."""
        length = max(map(len, columns))
        total = np.zeros((length, 4), np.uint64)
        pairs = [
            (column.words, _number(factor)) for column, factor in zip(columns, factors, strict=True)
        ]

        def add_up(part: slice) -> None:
            for words, factor in pairs:
                kernels.add_scaled(words[part], factor, total[part])

        _over_parts(length, add_up)
        return FastColumn(total)

    def slice(self, column: FastColumn, start: int, stop: int) -> FastColumn:
        """Cut rows out of a column; beyond its end there are zeros."""
        out = np.zeros((stop - start, 4), np.uint64)
        part = column.words[start:stop]
        out[: len(part)] = part
        return FastColumn(out)

    def divide_by_root(self, coefficients: FastColumn, root: int) -> FastColumn:
        """Divide a polynomial by X - root and drop the remainder."""
        out = np.empty((max(len(coefficients) - 1, 0), 4), np.uint64)
        kernels.divide_by_root(coefficients.words, _number(root), out)
        return FastColumn(out)

    def inverse(self, column: FastColumn) -> FastColumn:
        """Invert each value; none may be 0."""
        words = column.words
        out = np.empty_like(words)

        def invert(part: slice) -> None:
            last = out[part.stop - 1 : part.stop]
            kernels.running_product(words[part], _number(1), out[part])
            product = np.empty_like(last)
            kernels.multiply(last, words[part.stop - 1 : part.stop], product)
            (total,) = self.integers(FastColumn(product))
            if total == 0:
                raise ZeroDivisionError("0 has no inverse")
            kernels.products_of_inverses(words[part], _number(pow(total, -1, MODULUS)), out[part])

        _over_parts(len(words), invert)
        return FastColumn(out)

    def running_product(self, column: FastColumn) -> FastColumn:
        """Give row i the product of rows 0 to i - 1; row 0 holds 1."""
        out = np.empty_like(column.words)
        kernels.running_product(column.words, _number(1), out)
        return FastColumn(out)

    def powers(self, base: int, count: int) -> FastColumn:
        """List base^0 to base^(count - 1)."""
        out = np.empty((count, 4), np.uint64)
        _over_parts(
            count,
            lambda part: kernels.powers(_power_number(base, part.start), _number(base), out[part]),
        )
        return FastColumn(out)

    def in_parts(
        self,
        function: Callable[[Sequence[Any]], Any],
        columns: Sequence[FastColumn],
    ) -> FastColumn:
        """Apply a function that works row by row to columns of one length: recorded, then run."""
        length = len(columns[0])
        if any(len(column) != length for column in columns):
            raise ValueError("all columns have the same length")
        program = record(function, len(columns))
        numbers = [_number(number) for number in program.numbers]
        out = np.empty((length, 4), np.uint64)

        def run(start: int) -> None:
            part = slice(start, min(start + _PART_ROWS, length))
            inputs = np.stack([column.words[part] for column in columns])
            places = np.empty((program.places, _BLOCK_ROWS, 4), np.uint64)
            for place, number in zip(places, numbers, strict=False):
                place[:] = number
            kernels.run_program(inputs, program.operations, places, out[part])

        if len(program.operations):
            in_threads(run, range(0, length, _PART_ROWS))
            return FastColumn(out)
        # The function only hands a column on.
        return function(columns)  # type: ignore[no-any-return]

    def commit(self, points: Points, coefficients: FastColumn) -> Point:
        """Combine points with a column's values as factors; there may be more points."""
        if len(points) < len(coefficients):
            raise ValueError("every coefficient has a point")
        return _sum_of_multiples(points[: len(coefficients)], coefficients.words)


def sum_of_multiples(points: Points, scalars: Sequence[int]) -> Point:
    """Add up scalars[i] * points[i]; scalars are taken modulo r."""
    if len(points) != len(scalars):
        raise ValueError("every point has one scalar")
    return FAST.commit(points, FAST.column([scalar % MODULUS for scalar in scalars]))


def sum_of_affine_multiples(points: Sequence[Point], scalars: Sequence[int]) -> Point:
    """Add up scalars[i] * points[i] for points in affine integers, as verifiers have them."""
    return sum_of_multiples(words_from_points(points), scalars)


def powers_of_g1(secret: int, count: int) -> Points:
    """
    Compute [1]_1, [x]_1, ..., `count` of them.

    Each is a sum of multiples of 2^(width * place) * [1]_1, which come from a table.
    """
    width = 8 if count < 2**12 else 12
    table = _generator_table(width)
    places = _place_count(width)
    scalars = FAST.powers(secret % MODULUS, count).words
    out = np.empty((count, 8), np.uint64)

    def run(start: int) -> None:
        part = slice(start, min(start + 2**12, count))
        shifted = _shifted(scalars[part], width)
        references = np.empty(places * len(shifted), np.int32)
        ends = np.empty(len(shifted), np.int64)
        used = kernels.refer_to_table(shifted, places, width, ends, references)
        _sum_groups(table, references[:used], ends, out[part])

    in_threads(run, range(0, count, 2**12))
    kernels.make_canonical(out)
    return out


def are_on_curve(points: Points) -> bool:
    """Tell whether all are points of G1 other than infinity, with coordinates below q."""
    points = _own(points)
    step = -(-len(points) // core_count()) or 1
    parts = [points[start : start + step] for start in range(0, len(points), step)]
    return all(in_threads(lambda part: bool(kernels.are_on_curve(part, _constants_q())), parts))


# Numbers in machine words


def _plain_words(values: Sequence[int]) -> Words:
    """Lay out integers as an array that may be written, of shape (len(values), 4)."""
    joined = bytearray().join([value.to_bytes(32, "little") for value in values])
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64, copy=False).reshape(-1, 4)


@lru_cache(maxsize=2**12)
def _number(value: int) -> Words:
    """Bring one integer into Montgomery form modulo r; nobody writes to it."""
    return _plain_words([value * RADIX % MODULUS])


def _power_number(base: int, exponent: int) -> Words:
    return _number(pow(base, exponent, MODULUS))


@cache
def _constants() -> Words:
    """Give 1 modulo r, and the number that brings plain ones into Montgomery form."""
    return _plain_words([RADIX % MODULUS, RADIX * RADIX % MODULUS])


@cache
def _constants_q() -> Words:
    """Give 1, 0 and 3 modulo q."""
    q = kernels.COORDINATE_MODULUS
    return _plain_words([RADIX % q, 0, 3 * RADIX % q])


def _own(words: Words) -> Words:
    """Make an array that is laid out as kernels take it, if it is not yet."""
    copy = None if words.flags.writeable else True
    return np.array(words, dtype=np.uint64, order="C", copy=copy)


def _over_parts(
    length: int, run: Callable[[slice], Any], *, shared_from: int = _SHARED_FROM
) -> list[Any]:
    """Run over [0, length), in as many parts as there are cores if that is worth it."""
    count = core_count() if length >= shared_from else 1
    step = -(-length // count) or 1
    parts = [slice(start, min(start + step, length)) for start in range(0, length, step)]
    return in_threads(run, parts)


# Transforms


def _check_size(size: int) -> None:
    if size < 1 or size & (size - 1):
        raise ValueError("a transform has a power of two values")


def _in_natural_order(words: Words, *, is_inverse: bool) -> Words:
    """Undo the bit-reversed order of a transform, or of an inverse one."""
    bits = len(words).bit_length() - 1
    squares = 1 << (bits - 2 * min(kernels.SQUARE_BITS, bits // 2))
    out = np.empty_like(words)

    def run(part: slice) -> None:
        kernels.reverse_bits(words, bits, part.start, part.stop, is_inverse, out)

    _over_parts(squares, run, shared_from=_SHARED_FROM >> (2 * kernels.SQUARE_BITS))
    return out


@lru_cache(maxsize=8)
def _factors(size: int) -> Words:
    """Gather what `kernels.transform` multiplies with: row half + j is omega_(2 half)^j."""
    out = np.empty((max(size, 1), 4), np.uint64)
    half = 1
    while half < size:
        out[half : 2 * half] = FAST.powers(root_of_unity(2 * half), half).words
        half *= 2
    return out


def _transform(words: Words) -> None:
    """Evaluate at the powers of omega, in place and in bit-reversed order."""
    size = len(words)
    factors = _factors(size)
    if size < _SHARED_FROM or core_count() == 1:
        kernels.transform(words, factors)
        return
    # After two steps there are four blocks that no longer depend on each other.
    half, quarter = size // 2, size // 4

    def step(task: tuple[slice, int, int]) -> None:
        block, first, last = task
        kernels.butterflies(words[block], factors, first, last)

    whole, lower, upper = slice(0, size), slice(0, half), slice(half, size)
    in_threads(step, [(whole, 0, quarter), (whole, quarter, half)])
    in_threads(step, [(lower, 0, quarter), (upper, 0, quarter)])
    blocks = [words[start : start + quarter] for start in range(0, size, quarter)]
    in_threads(lambda block: kernels.transform(block, factors), blocks)


# Sums of multiples


def _place_count(width: int) -> int:
    """Count the digits of a scalar."""
    return -(-_SCALAR_BITS // width)


def _shifted(scalars: Words, width: int) -> Words:
    """Prepare scalars for reading signed digits."""
    offset = sum(1 << (place * width + width - 1) for place in range(_place_count(width) - 1))
    out = np.empty_like(scalars)
    kernels.shift_scalars(scalars, _number(offset), out)
    return out


def _sum_groups(points: Points, references: NDArray[np.int32], ends: Any, out: Points) -> None:
    """Add up groups of points; see `kernels.sum_groups`."""
    buffers = np.empty((2, (len(references) + len(ends)) // 2 + 1, 8), np.uint64)
    kernels.sum_groups(points, references, ends, _constants_q(), buffers, out)


def _best_width(count: int) -> int:
    """Choose the bits of a digit: few places, but not many more buckets than points."""
    return min(range(2, 17), key=lambda width: _place_count(width) * (count + 2**width))


def _sum_of_multiples(points: Points, scalars: Words) -> Point:
    """Add up multiples of points, in tasks of one or more places of the scalars' digits."""
    count = len(scalars)
    if count == 0:
        return None
    points = _own(points)
    width = _best_width(count)
    places = _place_count(width)
    shifted = np.concatenate(_over_parts(count, lambda part: _shifted(scalars[part], width)))
    per_task = max(1, min(-(-places // core_count()), 2**17 // count))
    tasks = [
        (first, min(first + per_task, places), places - 1) for first in range(0, places, per_task)
    ]
    sums = in_threads(lambda task: _sum_places(points, shifted, task, width), tasks)
    high, low = (np.concatenate(parts) for parts in zip(*sums, strict=True))
    total = np.empty((3, 4), np.uint64)
    kernels.join_places(high, low, _low_bits(width), width, _constants_q(), total)
    return _affine(total)


def _low_bits(width: int) -> int:
    """Split the number of a bucket in two halves: the bits of the lower one."""
    return width // 2


def _sum_places(
    points: Points, shifted: Words, places: tuple[int, int, int], width: int
) -> tuple[Words, Words]:
    """
    Add up multiples of points for some places of the scalars' digits.

    Points with equal digits d + 1 are added up to buckets first. With d = h * 2^b + l, the sum of
    (d + 1) * bucket_d is 2^b times the sum of h * (all buckets with this h), plus the sum of
    (l + 1) * (all buckets with this l).

    Returns:
        The two last-named sums, projective, for each place.
    """
    place_count, bucket_count = places[1] - places[0], 2 ** (width - 1)
    groups = place_count * bucket_count
    references = np.empty(len(shifted) * place_count, np.int32)
    ends = np.empty(groups, np.int64)
    used = kernels.sort_digits(shifted, places, width, ends, references)
    buckets = np.empty((groups, 8), np.uint64)
    _sum_groups(points, references[:used], ends, buckets)

    names = np.arange(1, groups + 1, dtype=np.int32).reshape(place_count, -1, 2 ** _low_bits(width))
    return (
        _weighted(buckets, names, 0),
        _weighted(buckets, np.ascontiguousarray(names.transpose(0, 2, 1)), 1),
    )


def _weighted(buckets: Points, names: NDArray[np.int32], first_weight: int) -> Words:
    """Add up the buckets named by each row, then the rows, weighted by their number."""
    place_count, rows, length = names.shape
    ends = np.arange(1, place_count * rows + 1, dtype=np.int64) * length
    sums = np.empty((place_count * rows, 8), np.uint64)
    _sum_groups(buckets, names.reshape(-1), ends, sums)
    out = np.empty((3 * place_count, 4), np.uint64)
    kernels.weighted_sums(sums, rows, first_weight, _constants_q(), out)
    return out


def _affine(projective: Words) -> Point:
    """Divide by Z."""
    q = kernels.COORDINATE_MODULUS
    x, y, z = (value % q for value in from_words(projective))
    if z == 0:
        return None
    # The factor 2^256 of the Montgomery form cancels.
    inverse = pow(z, -1, q)
    return x * inverse % q, y * inverse % q


@cache
def _generator_table(width: int) -> Points:
    """Gather d * 2^(width * place) * [1]_1 for each place and each d in 1..2^(width - 1)."""
    places, size = _place_count(width), 2 ** (width - 1)
    table = np.empty((places * size, 8), np.uint64)
    base = words_from_points([G1_GENERATOR])
    first = np.arange(places, dtype=np.int32) * size + 1
    for place in range(places):
        table[place * size] = base[0]
        base = _doubled(base, width)
    for known in (2**i for i in range(width - 1)):
        # From the multiples up to `known`, those up to twice as many: d + known, d = 1..known.
        names = np.stack(
            np.broadcast_arrays(
                first[:, None] + np.arange(known, dtype=np.int32)[None, :],
                first[:, None] + (known - 1),
            ),
            axis=-1,
        )
        sums = np.empty((places * known, 8), np.uint64)
        ends = np.arange(1, len(sums) + 1, dtype=np.int64) * 2
        _sum_groups(table, np.ascontiguousarray(names.reshape(-1)), ends, sums)
        table.reshape(places, size, 8)[:, known : 2 * known] = sums.reshape(places, known, 8)
    return table


def _doubled(point: Points, times: int) -> Points:
    """Double a point again and again."""
    for _ in range(times):
        out = np.empty((1, 8), np.uint64)
        names, ends = np.ones(2, np.int32), np.array([2], dtype=np.int64)
        _sum_groups(point, names, ends, out)
        point = out
    return point


def warm_up(progress: Callable[[str], None] | None = None) -> None:
    """
    Load or compile every kernel: some seconds at the first use on a machine, then a moment.

    Args:
        progress: Is told the name of each kernel before it is loaded or compiled.
    """
    one, two, words = FAST.one(1), FAST.one(2), np.zeros((2, 4), np.uint64)
    generator = words_from_points([G1_GENERATOR])
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("columns from integers", lambda: FAST.column([0])),
        ("integers from columns", lambda: FAST.integers(one)),
        ("sums of columns", lambda: one + one),
        ("differences of columns", lambda: one - one),
        ("products of columns", lambda: one * one),
        ("multiples of columns", lambda: one * -1),
        ("small multiples of columns", lambda: one * 2),
        ("fifth powers", lambda: one**5),
        ("powers of columns", lambda: one**2),
        ("formulas over columns", lambda: FAST.in_parts(lambda c: c[0] + c[0], [one])),
        ("inverses of columns", lambda: FAST.inverse(one)),
        ("combinations of columns", lambda: FAST.combine([one], [1])),
        ("powers of a number", lambda: FAST.powers(1, 1)),
        ("values of polynomials", lambda: FAST.evaluate(one, 1)),
        ("quotients of polynomials", lambda: FAST.divide_by_root(one, 1)),
        ("transforms", lambda: FAST.evaluate_on_coset(two, 1, 1)),
        ("inverse transforms", lambda: FAST.interpolate(one)),
        ("shared transforms", lambda: kernels.butterflies(words, _factors(2), 0, 1)),
        ("checks of points", lambda: are_on_curve(generator)),
        ("sums of multiples", lambda: FAST.commit(generator, one)),
        ("multiples of the generator", lambda: powers_of_g1(1, 1)),
    )
    for name, run in steps:
        if progress is not None:
            progress(name)
        run()


FAST: Final = FastBackend()
"""The fast form."""
