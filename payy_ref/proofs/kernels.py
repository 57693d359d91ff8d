"""
The compiled kernels of the fast backend: columns of field elements, and sums of curve points.

Inside, numbers are as `machine_words` has them: Montgomery form, below twice the modulus. Columns
stay in that form between kernels. Coordinates of points that cross into Python are below q.

Kernels check nothing; shapes and lengths are the callers' business. Every kernel runs on one core.
"""

from typing import Any, Final

import numpy as np

from payy_ref.crypto.field import MODULUS
from payy_ref.crypto.machine_words import (
    ONE,
    ZERO,
    addition,
    canonicalization,
    compiled,
    kernel,
    load,
    loose_subtraction,
    multiplication,
    prefetch,
    store,
    subtraction,
)

COORDINATE_MODULUS: Final = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
"""q, the prime of the field of coordinates; it stands here so that a change is noticed."""

SQUARE_BITS: Final = 4
"""Reversing bits moves squares of 2^SQUARE_BITS rows a side."""

BATCH: Final = 512
"""Additions of points that share one inversion; what they need stays in the core's cache."""

AHEAD: Final = 32
"""So many points before it is needed, a point is asked for."""

_INVERSION_DIGITS: Final = np.array(
    [(COORDINATE_MODULUS - 2) >> (4 * place) & 15 for place in reversed(range(64))]
)
"""q - 2 in base 16, highest digit first."""

_add: Any = addition(MODULUS)
_subtract: Any = subtraction(MODULUS)
_subtract_loosely: Any = loose_subtraction(MODULUS)
_multiply: Any = multiplication(MODULUS)
_canonical: Any = canonicalization(MODULUS)

_add_q: Any = addition(COORDINATE_MODULUS)
_subtract_q: Any = subtraction(COORDINATE_MODULUS)
_multiply_q: Any = multiplication(COORDINATE_MODULUS)
_canonical_q: Any = canonicalization(COORDINATE_MODULUS)


@compiled
def _plain_one():
    return ONE, ZERO, ZERO, ZERO


@compiled
def _nothing():
    return ZERO, ZERO, ZERO, ZERO


@compiled
def _equal(a, b):
    return a[0] == b[0] and a[1] == b[1] and a[2] == b[2] and a[3] == b[3]


# Columns

# In tables of constants, row 0 is 1 and row 1 is 2^512 mod p, which brings into Montgomery form.


@kernel
def enter(values, constants, out):
    """Bring plain numbers into Montgomery form; tell whether all were below p."""
    square = load(constants, 1)
    are_canonical = True
    for i in range(len(values)):
        a = load(values, i)
        are_canonical &= _equal(_canonical(a), a)
        store(out, i, _multiply(a, square))
    return are_canonical


@kernel
def leave(a, out):
    """Bring numbers into plain form, below p."""
    for i in range(len(a)):
        store(out, i, _canonical(_multiply(load(a, i), _plain_one())))


@kernel
def add(a, b, out):
    """Compute a + b."""
    for i in range(len(a)):
        store(out, i, _add(load(a, i), load(b, i)))


@kernel
def subtract(a, b, out):
    """Compute a - b."""
    for i in range(len(a)):
        store(out, i, _subtract(load(a, i), load(b, i)))


@kernel
def multiply(a, b, out):
    """Compute a * b."""
    for i in range(len(a)):
        store(out, i, _multiply(load(a, i), load(b, i)))


@kernel
def scale(a, factor, out):
    """Compute a times one number."""
    times = load(factor, 0)
    for i in range(len(a)):
        store(out, i, _multiply(load(a, i), times))


@kernel
def scale_little(a, factor, out):
    """Compute a times a small positive integer by additions, which cost a fraction of a product."""
    top = 0
    while factor >> (top + 1) > 0:
        top += 1
    for i in range(len(a)):
        value = load(a, i)
        total = value
        for bit in range(top - 1, -1, -1):
            total = _add(total, total)
            if factor >> bit & 1:
                total = _add(total, value)
        store(out, i, total)


@kernel
def add_scaled(a, factor, total):
    """Add a times one number to a total that is no shorter."""
    times = load(factor, 0)
    for i in range(len(a)):
        store(total, i, _add(load(total, i), _multiply(load(a, i), times)))


@kernel
def fifth_power(a, out):
    """Raise to the power of 5."""
    for i in range(len(a)):
        value = load(a, i)
        square = _multiply(value, value)
        store(out, i, _multiply(_multiply(square, square), value))


@compiled
def _power(value, exponent, one):
    """Raise to a power by squaring."""
    result, square, rest = one, value, exponent
    while rest > 0:
        if rest & 1:
            result = _multiply(result, square)
        square = _multiply(square, square)
        rest >>= 1
    return result


@kernel
def power(a, exponent, constants, out):
    """Raise to a power that is not negative."""
    one = load(constants, 0)
    for i in range(len(a)):
        store(out, i, _power(load(a, i), exponent, one))


@kernel
def run_program(inputs, operations, places, out):
    """
    Run a program of `recording` on some rows of its columns, a block after the other.

    `inputs` has the columns, of shape (columns, rows, 4); `places` is of shape (count, block, 4)
    and has numbers in its first places already. The last operation's result is the program's.
    """
    block = places.shape[1]
    for start in range(0, inputs.shape[1], block):
        count = min(block, inputs.shape[1] - start)
        for code, target, left_place, right_place in operations:
            result = places[target - len(inputs)]
            if left_place < len(inputs):
                left = inputs[left_place, start:]
            else:
                left = places[left_place - len(inputs)]
            if right_place < len(inputs):
                right = inputs[right_place, start:]
            else:
                right = places[right_place - len(inputs)]
            if code == 0:
                for i in range(count):
                    store(result, i, _add(load(left, i), load(right, i)))
            elif code == 1:
                for i in range(count):
                    store(result, i, _subtract(load(left, i), load(right, i)))
            elif code == 2:
                for i in range(count):
                    store(result, i, _multiply(load(left, i), load(right, i)))
            else:
                for i in range(count):
                    value = load(left, i)
                    square = _multiply(value, value)
                    store(result, i, _multiply(_multiply(square, square), value))
        for i in range(count):
            store(out, start + i, load(result, i))


@kernel
def scale_by_powers(a, first, base, out):
    """Compute a[i] * first * base^i."""
    factor, step = load(first, 0), load(base, 0)
    for i in range(len(a)):
        store(out, i, _multiply(load(a, i), factor))
        factor = _multiply(factor, step)


@kernel
def add_scaled_by_powers(a, first, base, total):
    """Add a[i] * first * base^i to a total that is no shorter."""
    factor, step = load(first, 0), load(base, 0)
    for i in range(len(a)):
        store(total, i, _add(load(total, i), _multiply(load(a, i), factor)))
        factor = _multiply(factor, step)


@kernel
def powers(first, base, out):
    """Compute first * base^i, below the modulus."""
    value, step = load(first, 0), load(base, 0)
    for i in range(len(out)):
        value = _canonical(value)
        store(out, i, value)
        value = _multiply(value, step)


@kernel
def evaluate(a, point, out):
    """Evaluate a polynomial by Horner's rule."""
    total, x = _nothing(), load(point, 0)
    for i in range(len(a) - 1, -1, -1):
        total = _add(_multiply(total, x), load(a, i))
    store(out, 0, total)


@kernel
def divide_by_root(a, root, out):
    """Divide a polynomial by X - root; out is one shorter."""
    total, x = _nothing(), load(root, 0)
    for i in range(len(a) - 1, 0, -1):
        total = _add(_multiply(total, x), load(a, i))
        store(out, i - 1, total)


@kernel
def running_product(a, first, out):
    """Give out[i] = first times the product of a[0] to a[i - 1]."""
    total = load(first, 0)
    for i in range(len(a)):
        store(out, i, total)
        total = _multiply(total, load(a, i))


@kernel
def products_of_inverses(a, inverse, out):
    """
    Invert each value, given the inverse of their product and their running product in `out`.

    Source: Montgomery's trick.
    """
    rest = load(inverse, 0)
    for i in range(len(a) - 1, -1, -1):
        value = load(a, i)
        store(out, i, _multiply(rest, load(out, i)))
        rest = _multiply(rest, value)


# Transforms


@compiled
def _butterflies(a, start, half, factors, first, last):
    """Take one step of a transform on the pairs (j, j + half) of a block, first <= j < last."""
    for j in range(first, last):
        upper, lower = load(a, start + j), load(a, start + half + j)
        store(a, start + j, _add(upper, lower))
        store(
            a, start + half + j, _multiply(_subtract_loosely(upper, lower), load(factors, half + j))
        )


@kernel
def butterflies(a, factors, first, last):
    """Take the first step of a transform, or a part of it."""
    _butterflies(a, 0, len(a) // 2, factors, first, last)


@kernel
def transform(a, factors):
    """
    Evaluate a polynomial at the powers of a root of unity, in place and in bit-reversed order.

    factors[half + j] is the root of order 2 half to the power j, below the modulus. Large blocks
    are finished half by half, so that they stay in the cache once they fit.

    Source: Gentleman and Sande 1966.
    """
    size = len(a)
    block = size
    while block > 2048:
        block //= 2
    for start in range(0, size, block):
        # Steps on larger blocks that begin here come first.
        larger = size
        while larger > block:
            if start % larger == 0:
                _butterflies(a, start, larger // 2, factors, 0, larger // 2)
            larger //= 2
        half = block // 2
        while half > 1:
            for inner in range(start, start + block, 2 * half):
                _butterflies(a, inner, half, factors, 0, half)
            half //= 2
        if half == 1:
            for i in range(start, start + block, 2):
                upper, lower = load(a, i), load(a, i + 1)
                store(a, i, _add(upper, lower))
                store(a, i + 1, _subtract(upper, lower))


@compiled
def _reversed_bits(number, bits):
    result = ZERO
    for _ in range(bits):
        result = (result << ONE) | (number & ONE)
        number >>= ONE
    return np.int64(result)


@kernel
def reverse_bits(a, bits, first, last, is_inverse, out):
    """
    Bring a transform into natural order: out[i] becomes a[i with its bits reversed].

    Rows whose numbers agree but for the lowest and the highest bits are exchanged as a square, by
    way of a small array: one by one, each would be far from the one before. Squares are numbered
    by the bits in between; those from `first` to `last` are dealt with here.

    Args:
        a: The transform.
        bits: 2^bits is its length.
        first: The first square.
        last: The one after the last square.
        is_inverse: Whether row i is written to out[-i], as inverse transforms need it.
        out: Gets the rows.
    """
    corner = min(SQUARE_BITS, bits // 2)
    side, middle, mask = 1 << corner, bits - 2 * corner, (1 << bits) - 1
    square = np.empty((side * side, 4), np.uint64)
    places = np.empty(side, np.int64)
    for i in range(side):
        places[i] = _reversed_bits(np.uint64(i), corner)
    for number in range(first, last):
        start = number << corner
        for high in range(side):
            for low in range(side):
                row = (high << (middle + corner)) + start + low
                store(square, (places[low] << corner) + places[high], load(a, row))
        start = _reversed_bits(np.uint64(number), middle) << corner
        for high in range(side):
            for low in range(side):
                row = (high << (middle + corner)) + start + low
                if is_inverse:
                    row = -row & mask
                store(out, row, load(square, (high << corner) + low))


# Points
#
# A point in an array is eight words, x and then y; infinity is all zeros. The curve has no point
# with y = 0, so y alone tells infinity. In intermediate arrays coordinates are below 2q.


@compiled
def _is_zero_q(a):
    """Tell whether a number below 2q is 0 or q."""
    return _equal(_canonical_q(a), _nothing())


@compiled
def _load_y(points, i):
    return points[i, 4], points[i, 5], points[i, 6], points[i, 7]


@compiled
def _store_point(points, i, x, y):
    points[i, 0], points[i, 1], points[i, 2], points[i, 3] = x
    points[i, 4], points[i, 5], points[i, 6], points[i, 7] = y


@compiled
def _inverse_q(a, one):
    """Compute a^(q - 2), four bits of the exponent at a time."""
    table = np.empty((16, 4), np.uint64)
    store(table, 0, one)
    for i in range(1, 16):
        store(table, i, _multiply_q(load(table, i - 1), a))
    result = one
    for digit in _INVERSION_DIGITS:
        for _ in range(4):
            result = _multiply_q(result, result)
        result = _multiply_q(result, load(table, digit))
    return result


@kernel
def are_on_curve(points, constants):
    """Tell whether all are points with y^2 = x^3 + 3 and coordinates below q; infinity is not."""
    three = load(constants, 2)
    for i in range(len(points)):
        x, y = load(points, i), _load_y(points, i)
        if not (_equal(_canonical_q(x), x) and _equal(_canonical_q(y), y)):
            return False
        cube = _multiply_q(_multiply_q(x, x), x)
        if not _is_zero_q(_subtract_q(_multiply_q(y, y), _add_q(cube, three))):
            return False
    return True


@compiled
def _is_infinity(points, i):
    return _equal(_load_y(points, i), _nothing())


@compiled
def _y_of(points, reference):
    """Read y of a point that is not infinity, or of its mirror image."""
    y = _load_y(points, abs(reference) - 1)
    return y if reference > 0 else _subtract_q(_nothing(), y)


@compiled
def _copy(points, reference, out, target):
    """Copy the point that a reference names, or its mirror image."""
    i = abs(reference) - 1
    if _is_infinity(points, i):
        _store_point(out, target, _nothing(), _nothing())
    else:
        _store_point(out, target, load(points, i), _y_of(points, reference))


@compiled
def _finish_batch(points, count, pairs, steps, products, out, one):
    """Add pairs of points whose x differ, or, where the target is negative, that are equal."""
    rest = _inverse_q(load(products, count), one)
    for k in range(count - 1, -1, -1):
        inverse = _multiply_q(rest, load(products, k))
        rest = _multiply_q(rest, load(steps, k))
        left, right, target = pairs[k, 0], pairs[k, 1], pairs[k, 2]
        x1, y1 = load(points, abs(left) - 1), _y_of(points, left)
        x2 = load(points, abs(right) - 1)
        if target < 0:
            # The slope of the tangent is 3 x^2 / 2 y.
            square = _multiply_q(x1, x1)
            rise = _add_q(_add_q(square, square), square)
            target = -target
        else:
            rise = _subtract_q(_y_of(points, right), y1)
        slope = _multiply_q(rise, inverse)
        x = _subtract_q(_subtract_q(_multiply_q(slope, slope), x1), x2)
        y = _subtract_q(_multiply_q(slope, _subtract_q(x1, x)), y1)
        _store_point(out, target - 1, x, y)


@compiled
def _take_up(points, left, right, target, count, pairs, steps, products, out):
    """
    Take up the addition of two points; at once if there is nothing to divide by.

    Returns:
        The number of pairs in the batch.
    """
    first, second = abs(left) - 1, abs(right) - 1
    if _is_infinity(points, first):
        _copy(points, right, out, target)
        return count
    if _is_infinity(points, second):
        _copy(points, left, out, target)
        return count
    step = _subtract_q(load(points, second), load(points, first))
    sign = 1
    if _is_zero_q(step):
        if not _is_zero_q(_subtract_q(_y_of(points, left), _y_of(points, right))):
            _store_point(out, target, _nothing(), _nothing())
            return count
        step = _add_q(_y_of(points, left), _y_of(points, left))
        sign = -1
    pairs[count, 0], pairs[count, 1], pairs[count, 2] = left, right, sign * (target + 1)
    store(steps, count, step)
    store(products, count + 1, _multiply_q(load(products, count), step))
    return count + 1


@compiled
def _add_in_pairs(points, references, ends, pairs, steps, products, out, one):
    """
    Add neighbours within groups and copy what is left over; `ends` moves along.

    Without references, points are meant as they stand.

    Returns:
        The size of the largest group that comes out.
    """
    store(products, 0, one)
    count, target, start, longest = 0, 0, 0, 0
    for group in range(len(ends)):
        end = ends[group]
        for i in range(start, end, 2):
            if i + AHEAD + 1 < len(references):
                prefetch(points, abs(references[i + AHEAD]) - 1)
                prefetch(points, abs(references[i + AHEAD + 1]) - 1)
            left = references[i] if len(references) > 0 else i + 1
            if i + 1 == end:
                _copy(points, left, out, target)
            else:
                right = references[i + 1] if len(references) > 0 else i + 2
                count = _take_up(points, left, right, target, count, pairs, steps, products, out)
                if count == BATCH:
                    _finish_batch(points, count, pairs, steps, products, out, one)
                    count = 0
            target += 1
        longest = max(longest, (end - start + 1) // 2)
        start = end
        ends[group] = target
    _finish_batch(points, count, pairs, steps, products, out, one)
    return longest


@kernel
def sum_groups(points, references, ends, constants, buffers, out):
    """
    Add up groups of points.

    Points of a group are added in pairs, then the sums in pairs, and so on, and the additions of
    one round share inversions. This is right for all points: equal ones, opposite ones, infinity.

    Args:
        points: Rows of eight words.
        references: i + 1 names point i, -(i + 1) its mirror image; group after group.
        ends: Where each group ends in `references`; is overwritten.
        constants: Row 0 is 1 modulo q.
        buffers: Two arrays with half as many rows as there are references, and half a row more for
            each group.
        out: Gets one point a group.
    """
    one = load(constants, 0)
    pairs = np.empty((BATCH, 3), np.int64)
    steps = np.empty((BATCH, 4), np.uint64)
    products = np.empty((BATCH + 1, 4), np.uint64)
    source, target = buffers[0], buffers[1]
    longest = _add_in_pairs(points, references, ends, pairs, steps, products, source, one)
    while longest > 1:
        longest = _add_in_pairs(source, references[:0], ends, pairs, steps, products, target, one)
        source, target = target, source
    start = 0
    for group in range(len(ends)):
        if ends[group] > start:
            _copy(source, start + 1, out, group)
        else:
            _store_point(out, group, _nothing(), _nothing())
        start = ends[group]


@kernel
def make_canonical(points):
    """Bring coordinates below q, in place."""
    for i in range(len(points)):
        _store_point(points, i, _canonical_q(load(points, i)), _canonical_q(_load_y(points, i)))


@kernel
def shift_scalars(scalars, offset, out):
    """
    Add a number to scalars and bring them into plain form.

    The number has half a digit's range at every place but the highest. Taking as much away from
    each digit again gives signed digits, each of which can be read without the others.
    """
    shift = load(offset, 0)
    for i in range(len(scalars)):
        store(out, i, _canonical(_multiply(_add(load(scalars, i), shift), _plain_one())))


@compiled
def _digit(scalars, i, place, width, last):
    """Read a signed digit of a shifted scalar; at the last place there is nothing to take away."""
    shift = place * width
    index, offset = shift // 64, np.uint64(shift % 64)
    digit = scalars[i, index] >> offset
    if index < 3 and offset > ZERO:
        digit |= scalars[i, index + 1] << (np.uint64(64) - offset)
    value = np.int64(digit & ((ONE << np.uint64(width)) - ONE))
    return value if place == last else value - (1 << (width - 1))


@kernel
def sort_digits(scalars, places, width, ends, references):
    """
    Group points by their digits.

    Args:
        scalars: Shifted scalars in plain form.
        places: The first place to read, the one after the last to read, and the last of all.
        width: Bits of a digit.
        ends: Gets the ends of the groups: for each place, the digits 1 to 2^(width - 1).
        references: Gets the points as `sum_groups` takes them; the digit 0 is left out.

    Returns:
        The number of references.
    """
    first, stop, last = places
    buckets = 1 << (width - 1)
    for group in range(len(ends)):
        ends[group] = 0
    for i in range(len(scalars)):
        for place in range(first, stop):
            digit = _digit(scalars, i, place, width, last)
            if digit != 0:
                ends[(place - first) * buckets + abs(digit) - 1] += 1
    total = 0
    for group in range(len(ends)):
        # For now, where the group starts.
        size = ends[group]
        ends[group] = total
        total += size
    for i in range(len(scalars)):
        for place in range(first, stop):
            digit = _digit(scalars, i, place, width, last)
            if digit != 0:
                group = (place - first) * buckets + abs(digit) - 1
                references[ends[group]] = i + 1 if digit > 0 else -(i + 1)
                ends[group] += 1
    return total


@kernel
def refer_to_table(scalars, places, width, ends, references):
    """
    Name the multiples of one point that add up to its multiple by each scalar.

    Args:
        scalars: Shifted scalars in plain form.
        places: Number of digits.
        width: Bits of a digit.
        ends: Gets the ends of the groups, one a scalar.
        references: Gets references into a table with the multiples 1 to 2^(width - 1) a place.

    Returns:
        The number of references.
    """
    buckets = 1 << (width - 1)
    total = 0
    for i in range(len(scalars)):
        for place in range(places):
            digit = _digit(scalars, i, place, width, places - 1)
            if digit != 0:
                name = place * buckets + abs(digit)
                references[total] = name if digit > 0 else -name
                total += 1
        ends[i] = total
    return total


# Projective coordinates: x = X / Z and y = Y / Z, infinity is (0, 1, 0). With the complete formulas
# no point is an exception.


@compiled
def _nine_times(a):
    """Multiply by three times the curve's constant 3."""
    double = _add_q(a, a)
    fourfold = _add_q(double, double)
    return _add_q(_add_q(fourfold, fourfold), a)


@compiled
def _add_projective(x1, y1, z1, x2, y2, z2):
    """
    Add any two points.

    Source: Renes, Costello, Batina 2015/1060, algorithm 7.
    """
    t0 = _multiply_q(x1, x2)
    t1 = _multiply_q(y1, y2)
    t2 = _multiply_q(z1, z2)
    t3 = _subtract_q(_multiply_q(_add_q(x1, y1), _add_q(x2, y2)), _add_q(t0, t1))
    t4 = _subtract_q(_multiply_q(_add_q(y1, z1), _add_q(y2, z2)), _add_q(t1, t2))
    t5 = _subtract_q(_multiply_q(_add_q(x1, z1), _add_q(x2, z2)), _add_q(t0, t2))
    t0 = _add_q(_add_q(t0, t0), t0)
    t2 = _nine_times(t2)
    upper, lower = _add_q(t1, t2), _subtract_q(t1, t2)
    t5 = _nine_times(t5)
    x = _subtract_q(_multiply_q(t3, lower), _multiply_q(t4, t5))
    y = _add_q(_multiply_q(lower, upper), _multiply_q(t0, t5))
    z = _add_q(_multiply_q(upper, t4), _multiply_q(t0, t3))
    return x, y, z


@compiled
def _to_projective(points, i, one):
    if _is_infinity(points, i):
        return _nothing(), one, _nothing()
    return load(points, i), _load_y(points, i), one


@compiled
def _load_projective(rows, i):
    return load(rows, 3 * i), load(rows, 3 * i + 1), load(rows, 3 * i + 2)


@compiled
def _store_projective(rows, i, x, y, z):
    store(rows, 3 * i, x)
    store(rows, 3 * i + 1, y)
    store(rows, 3 * i + 2, z)


@kernel
def weighted_sums(points, size, first_weight, constants, out):
    """
    Add up (first_weight + k) * point k of each group, first_weight being 0 or 1.

    Args:
        points: Rows of eight words, group after group.
        size: Number of points of a group.
        first_weight: The weight of point 0.
        constants: Row 0 is 1 modulo q.
        out: Gets one projective point a group, in three rows of four words.
    """
    one = load(constants, 0)
    for group in range(len(points) // size):
        x, y, z = _nothing(), one, _nothing()
        total_x, total_y, total_z = _nothing(), one, _nothing()
        for k in range(size - 1, -first_weight, -1):
            x2, y2, z2 = _to_projective(points, group * size + k, one)
            x, y, z = _add_projective(x, y, z, x2, y2, z2)
            total_x, total_y, total_z = _add_projective(total_x, total_y, total_z, x, y, z)
        _store_projective(out, group, total_x, total_y, total_z)


@kernel
def join_places(high, low, low_bits, width, constants, out):
    """
    Add up the places of all digits, the highest first.

    Args:
        high: A projective point a place; it counts 2^low_bits times.
        low: Another one a place.
        low_bits: See `high`.
        width: Places are 2^width apart.
        constants: Row 0 is 1 modulo q.
        out: Gets the projective sum.
    """
    one = load(constants, 0)
    x, y, z = _nothing(), one, _nothing()
    for place in range(len(high) // 3 - 1, -1, -1):
        for doubling in range(width):
            if doubling == width - low_bits:
                x2, y2, z2 = _load_projective(high, place)
                x, y, z = _add_projective(x, y, z, x2, y2, z2)
            x, y, z = _add_projective(x, y, z, x, y, z)
        x2, y2, z2 = _load_projective(low, place)
        x, y, z = _add_projective(x, y, z, x2, y2, z2)
    _store_projective(out, 0, x, y, z)
