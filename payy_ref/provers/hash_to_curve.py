"""
Hashing to a curve: from a message to a point whose logarithm nobody knows.

A message is expanded to more bytes than the field needs, these are read as two elements of the
field, each element is mapped to a point, and the points are added. One map alone would miss some
points; the sum of two hits all of them about equally often.

For BN254 the map is that of Shallue and van de Woestijne. It fits every curve y^2 = x^3 + 3, and
its constants are computed here from the curve. For BLS12-381 a library has the map.

Source: RFC 9380, section 3 (hash_to_curve), 5.2 (hash_to_field), 5.3.1 (expand_message_xmd), 6.6.1
(the map), appendix H.1 (its constant).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from payy_ref.crypto.hashing import keccak256
from payy_ref.proofs.curve import COORDINATE_MODULUS, G1Point, add_g1

MAXIMUM_DOMAIN_BYTES: Final = 255
"""Longest domain that is used as it is; its length takes one byte."""

MAXIMUM_BLOCKS: Final = 255
"""Most outputs of the hash function that a message is expanded to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashFunction:
    """A hash function with what its expansion depends on."""

    digest: Callable[[bytes], bytes]
    """The function."""
    digest_bytes: int
    """Length of its output."""
    block_bytes: int
    """How much of a message it takes in at a time."""


SHA256: Final = HashFunction(
    digest=lambda data: hashlib.sha256(data).digest(), digest_bytes=32, block_bytes=64
)
"""SHA-256."""

KECCAK256: Final = HashFunction(digest=keccak256, digest_bytes=32, block_bytes=136)
"""Keccak-256 as Ethereum has it."""


def expand_message(function: HashFunction, message: bytes, domain: bytes, length: int) -> bytes:
    """
    Stretch a message to `length` bytes that look random, and that depend on the domain.

    Requirements:
        PAYY-PROVERS-005, PAYY-PROVERS-006

    Source: RFC 9380, section 5.3.1 (`expand_message_xmd`).
    """
    blocks = -(-length // function.digest_bytes)
    if blocks > MAXIMUM_BLOCKS or len(domain) > MAXIMUM_DOMAIN_BYTES:
        raise ValueError("the output or the domain is too long")
    suffix = domain + len(domain).to_bytes(1, "big")
    start = function.digest(
        bytes(function.block_bytes) + message + length.to_bytes(2, "big") + b"\x00" + suffix
    )
    output = b""
    block = bytes(function.digest_bytes)
    for number in range(1, blocks + 1):
        mixed = bytes(a ^ b for a, b in zip(start, block, strict=True))
        block = function.digest(mixed + number.to_bytes(1, "big") + suffix)
        output += block
    return output[:length]


def hash_to_field(
    function: HashFunction, message: bytes, domain: bytes, *, modulus: int, elements: int
) -> list[int]:
    """
    Hash a message to elements of a prime field, each with a bias below 2^-128.

    Requirements:
        PAYY-PROVERS-005, PAYY-PROVERS-006

    Source: RFC 9380, section 5.2.
    """
    width = -(-(modulus.bit_length() + 128) // 8)
    data = expand_message(function, message, domain, elements * width)
    starts = range(0, len(data), width)
    return [int.from_bytes(data[start : start + width], "big") % modulus for start in starts]


# BN254


def _curve_value(x: int) -> int:
    """g(x), which is y^2 for a point (x, y) of the curve."""
    return (x**3 + 3) % COORDINATE_MODULUS


def _inverse(value: int) -> int:
    """1 / value; 0 for 0."""
    return pow(value, COORDINATE_MODULUS - 2, COORDINATE_MODULUS)


def _is_square(value: int) -> bool:
    """Whether the value has a root; 0 has one."""
    return pow(value, (COORDINATE_MODULUS - 1) // 2, COORDINATE_MODULUS) in (0, 1)


def _root(square: int) -> int:
    """One root of a square: q is 3 modulo 4."""
    return pow(square, (COORDINATE_MODULUS + 1) // 4, COORDINATE_MODULUS)


def _even_root(square: int) -> int:
    """Of the two roots, as numbers below q, the even one."""
    root = _root(square)
    return root if root % 2 == 0 else COORDINATE_MODULUS - root


def _find_parameter() -> int:
    """
    Find the map's parameter Z: the number nearest to 0, positive ones first, for which it works.

    Source: RFC 9380, appendix H.1.
    """
    for size in count(1):
        for z in (size, -size):
            slope = -3 * z**2 * _inverse(4 * _curve_value(z)) % COORDINATE_MODULUS
            half = -z * _inverse(2) % COORDINATE_MODULUS
            reaches_square = _is_square(_curve_value(z)) or _is_square(_curve_value(half))
            if _curve_value(z) != 0 and slope != 0 and _is_square(slope) and reaches_square:
                return z % COORDINATE_MODULUS
    raise AssertionError("the numbers do not end")


MAP_Z: Final = _find_parameter()
"""Z, the parameter of the map."""

MAP_GZ: Final = _curve_value(MAP_Z)
"""g(Z)."""

MAP_MIDDLE: Final = -MAP_Z * _inverse(2) % COORDINATE_MODULUS
"""-Z / 2."""

MAP_ROOT: Final = _even_root(-3 * MAP_Z**2 * MAP_GZ)
"""The even root of -3 Z^2 g(Z)."""

MAP_SCALE: Final = -4 * MAP_GZ * _inverse(3 * MAP_Z**2) % COORDINATE_MODULUS
"""-4 g(Z) / (3 Z^2)."""


def map_to_g1(element: int) -> tuple[int, int]:
    """
    Map an element of the coordinate field to a point of BN254's G1.

    Of three candidates for x at least one belongs to a point; the first that does is taken. Of the
    two roots y is the one that is odd if and only if the element is.

    Requirements:
        PAYY-PROVERS-005

    Source: RFC 9380, section 6.6.1, with A = 0 and B = 3.
    """
    scaled = element**2 * MAP_GZ
    plus, minus = 1 + scaled, 1 - scaled
    inverse = _inverse(plus * minus)
    shift = element * minus * inverse * MAP_ROOT
    candidates = (
        (MAP_MIDDLE - shift) % COORDINATE_MODULUS,
        (MAP_MIDDLE + shift) % COORDINATE_MODULUS,
        (MAP_Z + MAP_SCALE * (plus**2 * inverse) ** 2) % COORDINATE_MODULUS,
    )
    x = next(x for x in candidates if _is_square(_curve_value(x)))
    y = _root(_curve_value(x))
    return x, y if y % 2 == element % 2 else COORDINATE_MODULUS - y


def hash_to_g1(message: bytes, domain: bytes, *, function: HashFunction = KECCAK256) -> G1Point:
    """
    Hash a message to a point of BN254's G1; every point of the curve is in the subgroup.

    Requirements:
        PAYY-PROVERS-005

    Source: RFC 9380, section 3.
    """
    first, second = hash_to_field(function, message, domain, modulus=COORDINATE_MODULUS, elements=2)
    return add_g1(map_to_g1(first), map_to_g1(second))
