"""
The curve BN254: points, their encodings, sums of multiples, and pairings.

G1 is the curve y^2 = x^3 + 3 over the coordinate field; every point on it has order r. G2 is the
subgroup of order r of the twisted curve y^2 = x^3 + 3 / (9 + i) over the coordinate field with a
square root i of -1. Points are affine integers outside this module; inside, sums run in Jacobian
coordinates, which put off division. Nothing here is constant-time.

Decoding is strict. All other functions take points that are on their curve, and do not look again.

Source: EIP-196 and EIP-197 (curve, generators, encodings).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from importlib import import_module
from itertools import accumulate
from typing import Any, Final, TypeAlias

import numpy as np
from py_ecc.fields import optimized_bn128_FQ as FQ
from py_ecc.fields import optimized_bn128_FQ2 as FQ2
from py_ecc.fields import optimized_bn128_FQ12 as FQ12
from py_ecc.optimized_bn128 import optimized_curve, optimized_pairing

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs.backend import Points

COORDINATE_MODULUS: Final = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
"""q, the prime of the field of coordinates."""

COORDINATE_BYTES: Final = 32
"""Width of a coordinate, or of one of the two parts of a coordinate of G2."""

G1_BYTES: Final = 2 * COORDINATE_BYTES
"""Width of an encoded point of G1."""

G2_BYTES: Final = 4 * COORDINATE_BYTES
"""Width of an encoded point of G2."""

G1Point: TypeAlias = tuple[int, int] | None
"""A point of G1: x and y in [0, q), or None for infinity, the neutral element."""

Extension: TypeAlias = tuple[int, int]
"""a + b * i as (a, b): a coordinate of G2."""

G2Point: TypeAlias = tuple[Extension, Extension] | None
"""A point of G2: x and y, or None for infinity."""

Pair: TypeAlias = tuple[G1Point, G2Point]
"""What a pairing takes."""

PairingCheck: TypeAlias = Callable[[Sequence[Pair]], bool]
"""Tells whether the product of the pairings of all pairs is 1."""

G1_GENERATOR: Final = (1, 2)
"""[1]_1."""

G2_GENERATOR: Final = (
    (
        0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
        0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    ),
    (
        0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
        0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
    ),
)
"""[1]_2."""

RADIX: Final = 2**256
"""In machine words, a coordinate x stands as x * RADIX mod q."""

POINT_WORDS: Final = 8
"""Number of 64-bit words of a point of G1: four for x, four for y."""


# Encodings


def encode_g1(point: G1Point) -> bytes:
    """Write x, then y, 32 bytes each, big-endian; infinity is 64 zero bytes."""
    return b"".join(value.to_bytes(COORDINATE_BYTES, "big") for value in point or (0, 0))


def decode_g1(data: bytes) -> G1Point:
    """
    Read a point of G1.

    Requirements:
        PAYY-CIRCUITS-024

    Raises:
        SpecError: `PROOF_POINT_LENGTH`, `PROOF_COORDINATE_NOT_CANONICAL`,
            `PROOF_POINT_NOT_ON_CURVE`.
    """
    # CHECK
    require(len(data) == G1_BYTES, ErrorCode.PROOF_POINT_LENGTH)
    x, y = _coordinates(data)
    point = None if x == y == 0 else (x, y)
    require(is_on_g1(point), ErrorCode.PROOF_POINT_NOT_ON_CURVE)

    return point


def encode_g2(point: G2Point) -> bytes:
    """Write x, then y, of each the part with i first, as the EVM does; infinity is all zero."""
    x, y = point or ((0, 0), (0, 0))
    return b"".join(value.to_bytes(COORDINATE_BYTES, "big") for value in (x[1], x[0], y[1], y[0]))


def decode_g2(data: bytes) -> G2Point:
    """
    Read a point of G2.

    Requirements:
        PAYY-CIRCUITS-024

    Raises:
        SpecError: `PROOF_POINT_LENGTH`, `PROOF_COORDINATE_NOT_CANONICAL`,
            `PROOF_POINT_NOT_ON_CURVE`, `PROOF_POINT_NOT_IN_SUBGROUP`.
    """
    # CHECK
    require(len(data) == G2_BYTES, ErrorCode.PROOF_POINT_LENGTH)
    x_imaginary, x_real, y_imaginary, y_real = parts = _coordinates(data)
    point = ((x_real, x_imaginary), (y_real, y_imaginary)) if any(parts) else None
    require(is_on_g2_curve(point), ErrorCode.PROOF_POINT_NOT_ON_CURVE)
    require(is_in_g2(point), ErrorCode.PROOF_POINT_NOT_IN_SUBGROUP)

    return point


def _coordinates(data: bytes) -> list[int]:
    """
    Read big-endian numbers below q.

    Requirements:
        PAYY-CIRCUITS-024

    Raises:
        SpecError: `PROOF_COORDINATE_NOT_CANONICAL`.
    """
    starts = range(0, len(data), COORDINATE_BYTES)
    values = [int.from_bytes(data[start : start + COORDINATE_BYTES], "big") for start in starts]
    # CHECK
    require(
        all(value < COORDINATE_MODULUS for value in values),
        ErrorCode.PROOF_COORDINATE_NOT_CANONICAL,
    )

    return values


def words_from_points(points: Iterable[G1Point]) -> Points:
    """
    Lay out points of G1 as machine words.

    Returns:
        An array of shape (number of points, 8): the words of x, then of y, least significant
        first, in Montgomery form. Infinity is a row of zeros.
    """
    joined = b"".join(
        (value * RADIX % COORDINATE_MODULUS).to_bytes(COORDINATE_BYTES, "little")
        for point in points
        for value in point or (0, 0)
    )
    words = np.frombuffer(joined, dtype="<u8").astype(np.uint64)
    return words.reshape(-1, POINT_WORDS)


def points_from_words(words: Points) -> list[G1Point]:
    """Read points back from an array of shape (n, 8)."""
    joined = words.astype("<u8", copy=False).tobytes()
    values = [
        int.from_bytes(joined[start : start + COORDINATE_BYTES], "little")
        * _RADIX_INVERSE
        % COORDINATE_MODULUS
        for start in range(0, len(joined), COORDINATE_BYTES)
    ]
    pairs = zip(values[::2], values[1::2], strict=True)
    return [None if x == y == 0 else (x, y) for x, y in pairs]


_RADIX_INVERSE: Final = pow(RADIX, -1, COORDINATE_MODULUS)


# G1


def is_on_g1(point: G1Point) -> bool:
    """Tell whether the point is infinity or satisfies y^2 = x^3 + 3."""
    if point is None:
        return True
    x, y = point
    return (y * y - x * x * x - 3) % COORDINATE_MODULUS == 0


def negate_g1(point: G1Point) -> G1Point:
    """Mirror a point at the x-axis."""
    return None if point is None else (point[0], -point[1] % COORDINATE_MODULUS)


def add_g1(left: G1Point, right: G1Point) -> G1Point:
    """Add two points: the third point of the line through them, mirrored."""
    if left is None or right is None:
        return right if left is None else left
    if left == negate_g1(right):
        return None
    if left == right:
        slope = 3 * left[0] ** 2 * pow(2 * left[1], -1, COORDINATE_MODULUS)
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, COORDINATE_MODULUS)
    x = (slope**2 - left[0] - right[0]) % COORDINATE_MODULUS
    return x, (slope * (left[0] - x) - left[1]) % COORDINATE_MODULUS


def multiply_g1(point: G1Point, scalar: int) -> G1Point:
    """Add a point to itself `scalar` times; the scalar is taken modulo r."""
    return multi_scalar_product([point], [scalar])


_Jacobian: TypeAlias = tuple[int, int, int]
"""X, Y, Z with x = X / Z^2 and y = Y / Z^3; Z = 0 is infinity."""

_INFINITY: Final = (1, 1, 0)


def _to_jacobian(point: G1Point) -> _Jacobian:
    return _INFINITY if point is None else (*point, 1)


def _to_affine(points: Sequence[_Jacobian]) -> list[G1Point]:
    """Divide by every Z at the price of one inversion (Montgomery's trick)."""
    depths = [z or 1 for _, _, z in points]
    products = list(accumulate(depths, lambda a, b: a * b % COORDINATE_MODULUS, initial=1))
    inverse = pow(products.pop(), -1, COORDINATE_MODULUS)
    affine: list[G1Point] = []
    for (x, y, z), depth, before in reversed(list(zip(points, depths, products, strict=True))):
        one_over_z = inverse * before % COORDINATE_MODULUS
        inverse = inverse * depth % COORDINATE_MODULUS
        square = one_over_z * one_over_z % COORDINATE_MODULUS
        affine.append(
            (x * square % COORDINATE_MODULUS, y * square * one_over_z % COORDINATE_MODULUS)
            if z
            else None
        )
    return affine[::-1]


def _double(point: _Jacobian) -> _Jacobian:
    """Double a point; infinity keeps Z = 0, and no point of G1 has y = 0, since r is odd."""
    x, y, z = point
    square = y * y % COORDINATE_MODULUS
    middle = 4 * x * square % COORDINATE_MODULUS
    slope = 3 * x * x
    new_x = (slope * slope - 2 * middle) % COORDINATE_MODULUS
    new_y = (slope * (middle - new_x) - 8 * square * square) % COORDINATE_MODULUS
    return new_x, new_y, 2 * y * z % COORDINATE_MODULUS


def _add(left: _Jacobian, right: _Jacobian) -> _Jacobian:
    """Add two points, whichever they are."""
    x1, y1, z1 = left
    x2, y2, z2 = right
    if z1 == 0 or z2 == 0:
        return right if z1 == 0 else left
    if z2 == 1:
        # The right point is affine, as most are; nothing is to be brought to its Z.
        u1, s1 = x1, y1
    else:
        z2_square = z2 * z2 % COORDINATE_MODULUS
        u1 = x1 * z2_square % COORDINATE_MODULUS
        s1 = y1 * z2_square * z2 % COORDINATE_MODULUS
    z1_square = z1 * z1 % COORDINATE_MODULUS
    run = (x2 * z1_square - u1) % COORDINATE_MODULUS
    rise = (y2 * z1_square * z1 - s1) % COORDINATE_MODULUS
    if run == 0:
        return _double(left) if rise == 0 else _INFINITY
    run_square = run * run % COORDINATE_MODULUS
    run_cube = run_square * run % COORDINATE_MODULUS
    middle = u1 * run_square
    x = (rise * rise - run_cube - 2 * middle) % COORDINATE_MODULUS
    y = (rise * (middle - x) - s1 * run_cube) % COORDINATE_MODULUS
    return x, y, z1 * z2 * run % COORDINATE_MODULUS


def multi_scalar_product(points: Sequence[G1Point], scalars: Sequence[int]) -> G1Point:
    """
    Add up multiples: sum of scalars[i] * points[i], scalars taken modulo r.

    Scalars are cut into digits of a few bits. For each place of the digits, from the highest,
    points with equal digits are added up first, and each such sum is then multiplied by its digit.

    Source: Pippenger's bucket method (Bernstein, Doumen, Lange, Oosterwijk 2012, section 4).
    """
    if len(points) != len(scalars):
        raise ValueError("every point has one scalar")
    width = max(1, len(points).bit_length() - 3)
    terms = [
        (_to_jacobian(point), scalar % MODULUS)
        for point, scalar in zip(points, scalars, strict=True)
    ]
    total = _INFINITY
    for shift in reversed(range(0, MODULUS.bit_length(), width)):
        for _ in range(width):
            total = _double(total)
        buckets = [_INFINITY] * 2**width
        for point, scalar in terms:
            digit = scalar >> shift & (2**width - 1)
            if digit:
                buckets[digit] = _add(buckets[digit], point)
        total = _add(total, _sum_of_multiples(buckets))
    return _to_affine([total])[0]


def _sum_of_multiples(buckets: Sequence[_Jacobian]) -> _Jacobian:
    """Add up k * buckets[k]: a bucket is in as many of the running sums as its place says."""
    running = total = _INFINITY
    for bucket in reversed(buckets[1:]):
        running = _add(running, bucket)
        total = _add(total, running)
    return total


def multiples_of_generator(scalars: Iterable[int]) -> list[G1Point]:
    """Multiply the generator by each scalar, taken modulo r, from a table of its multiples."""
    sums = []
    for scalar in scalars:
        total = _INFINITY
        digits = (scalar % MODULUS).to_bytes(32, "little")
        for multiples, digit in zip(_generator_table(), digits, strict=True):
            total = _add(total, multiples[digit])
        sums.append(total)
    return _to_affine(sums)


@cache
def _generator_table() -> tuple[tuple[_Jacobian, ...], ...]:
    """Gather d * 256^place * [1]_1 for each place of 32 bytes and each d in 0..255."""
    rows = []
    base = _to_jacobian(G1_GENERATOR)
    for _ in range(32):
        multiples = list(accumulate([base] * 256, _add, initial=_INFINITY))
        base = multiples.pop()
        rows.append(tuple(map(_to_jacobian, _to_affine(multiples))))
    return tuple(rows)


# G2


def _library_g2(point: G2Point) -> tuple[FQ2, FQ2, FQ2]:
    """Hand a point to `py_ecc`."""
    if point is None:
        return optimized_curve.Z2
    return FQ2(point[0]), FQ2(point[1]), FQ2.one()


def _from_library_g2(point: tuple[FQ2, FQ2, FQ2]) -> G2Point:
    if optimized_curve.is_inf(point):
        return None
    x, y = optimized_curve.normalize(point)
    return (int(x.coeffs[0]), int(x.coeffs[1])), (int(y.coeffs[0]), int(y.coeffs[1]))


def is_on_g2_curve(point: G2Point) -> bool:
    """Tell whether the point is infinity or on the twisted curve, in the subgroup or not."""
    return optimized_curve.is_on_curve(_library_g2(point), optimized_curve.b2)


# A few setups serve all keys, and the readable product takes a thirtieth of a second.
@lru_cache(maxsize=1024)
def is_in_g2(point: G2Point) -> bool:
    """Tell whether a point on the twisted curve has order r, or 1; most do not."""
    return optimized_curve.is_inf(optimized_curve.multiply(_library_g2(point), MODULUS))


def negate_g2(point: G2Point) -> G2Point:
    """Mirror a point at the x-axis."""
    return _from_library_g2(optimized_curve.neg(_library_g2(point)))


def add_g2(left: G2Point, right: G2Point) -> G2Point:
    """Add two points."""
    return _from_library_g2(optimized_curve.add(_library_g2(left), _library_g2(right)))


def multiply_g2(point: G2Point, scalar: int) -> G2Point:
    """Add a point to itself `scalar` times; the scalar is taken modulo r."""
    return _from_library_g2(optimized_curve.multiply(_library_g2(point), scalar % MODULUS))


# Pairings


def pairings_cancel(pairs: Sequence[Pair]) -> bool:
    """
    Tell whether e(A_1, B_1) * ... * e(A_n, B_n) = 1: the readable form.

    Without pairs the product is 1. Takes about a sixth of a second a pair.

    Source: EIP-197.
    """
    product = FQ12.one()
    for left, right in pairs:
        if left is not None and right is not None:
            first = (FQ(left[0]), FQ(left[1]), FQ.one())
            second = _library_g2(right)
            product *= optimized_pairing.pairing(second, first, final_exponentiate=False)
    return bool(optimized_pairing.final_exponentiate(product) == FQ12.one())


PAIRING_PRECOMPILE: Final = "0x" + "08".zfill(40)
"""Address of the EVM's pairing check."""

_CALLER: Final = "0x" + "0" * 40


def pairings_cancel_in_evm(pairs: Sequence[Pair]) -> bool:
    """
    Tell whether the product of pairings is 1: the fast form, by the precompile at address 8.

    Each call starts its own EVM, which costs nothing beside a pairing and shares no state.

    Raises:
        ImportError: The package `pyrevm`, which is optional, cannot be used here.

    Source: EIP-197.
    """
    machine: Any = import_module("pyrevm").EVM()
    data = b"".join(encode_g1(left) + encode_g2(right) for left, right in pairs)
    answer = machine.message_call(_CALLER, PAIRING_PRECOMPILE, calldata=data, is_static=True)
    return int.from_bytes(answer, "big") == 1


@cache
def fast_pairing_check() -> PairingCheck:
    """Return the fastest form that this installation has."""
    try:
        import_module("pyrevm")
    except ImportError:
        return pairings_cancel
    return pairings_cancel_in_evm
