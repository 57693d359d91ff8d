"""
The trusted setup: powers [1]_1, [x]_1, [x^2]_1, ... and [x]_2 of a secret x that nobody may know.

Whoever knows x proves anything. A setup of use comes out of a ceremony, as a file of `snarkjs`,
and is sound if one of its many participants forgot a share of x. The development setup has an x
that everybody knows; it bears a name that says so, and no other setup may.

Source: PLONK (eprint 2019/953), section 3.1; the container of powers-of-tau files of `snarkjs`,
version 1.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, repeat
from typing import Final, TypeAlias

import numpy as np

from payy_ref.crypto.field import MODULUS, FieldElement, reduce
from payy_ref.crypto.hashing import keccak256
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs.backend import Points
from payy_ref.proofs.curve import (
    COORDINATE_BYTES,
    COORDINATE_MODULUS,
    G1_BYTES,
    G1_GENERATOR,
    G2_BYTES,
    G2_GENERATOR,
    POINT_WORDS,
    G1Point,
    G2Point,
    Pair,
    PairingCheck,
    add_g1,
    is_in_g2,
    is_on_g1,
    is_on_g2_curve,
    multi_scalar_product,
    multiples_of_generator,
    multiply_g1,
    multiply_g2,
    negate_g1,
    pairings_cancel,
    points_from_words,
    words_from_points,
)

SumOfMultiples: TypeAlias = Callable[[Points, Sequence[int]], G1Point]
"""Computes the sum of scalars[i] * points[i]; the points are rows as in `TrustedSetup`."""

PowersOfG1: TypeAlias = Callable[[int, int], Points]
"""Computes [1]_1, [x]_1, ... from x and their number, as rows as in `TrustedSetup`."""

DEVELOPMENT_SETUP_NAME: Final = "insecure-development-setup"
"""The name of the setup whose secret everybody knows."""

LARGEST_DEVELOPMENT: Final = 2**22
"""Most powers of the development setup: enough for 2^20 rows."""

LARGEST_POWER: Final = 28
"""Files hold up to 2^(28 + 1) - 1 powers: the field has no larger domain of 2^k elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedSetup:
    """Powers of one secret x in G1, and its first power in G2."""

    name: str
    """Which setup this is; `DEVELOPMENT_SETUP_NAME` for that one, and only for it."""
    is_development: bool
    """Whether everybody knows x, so that nothing is proved."""
    g1_bytes: bytes
    """[1]_1, [x]_1, ...: 64 bytes each, x then y, little-endian, in Montgomery form modulo q."""
    x_g2: G2Point
    """[x]_2."""

    @property
    def count(self) -> int:
        """Number of powers in G1, the zeroth included."""
        return len(self.g1_bytes) // G1_BYTES

    def words(self, count: int) -> Points:
        """Copy the first powers as machine words: an array of shape (count, 8)."""
        return _as_words(self.g1_bytes[: count * G1_BYTES])

    def points(self, count: int) -> list[G1Point]:
        """Read the first powers as affine integers."""
        return points_from_words(self.words(count))


def checked_powers(setup: TrustedSetup, count: int) -> Points:
    """
    Take the first powers of a setup that has so many.

    Returns:
        An array of shape (count, 8), as machine words.

    Requirements:
        PAYY-CIRCUITS-022

    Raises:
        SpecError: `SETUP_TOO_SHORT`.
    """
    # CHECK
    require(0 <= count <= setup.count, ErrorCode.SETUP_TOO_SHORT)

    # COMPUTE
    return setup.words(count)


def readable_sum_of_multiples(points: Points, scalars: Sequence[int]) -> G1Point:
    """Compute the sum of scalars[i] * points[i] over integers."""
    return multi_scalar_product(points_from_words(points), scalars)


def readable_powers_of_g1(secret: int, count: int) -> Points:
    """Compute [1]_1, [x]_1, ..., `count` of them, over integers."""
    return words_from_points(multiples_of_generator(_powers_of(secret, count)))


# The development setup


@cache
def development_secret() -> FieldElement:
    """Derive the x of the development setup; it is no secret at all."""
    return reduce(int.from_bytes(keccak256(b"payy-ref/insecure-development-setup/1"), "big"))


@cache
def _development_x_g2() -> G2Point:
    return multiply_g2(G2_GENERATOR, development_secret())


def development(
    size: int, *, name: str, powers_of_g1: PowersOfG1 = readable_powers_of_g1
) -> TrustedSetup:
    """
    Make the insecure setup of `size` powers, for tests and demonstrations.

    The caller gives its name, so that it is never made by default.

    Requirements:
        PAYY-CIRCUITS-021

    Raises:
        SpecError: `SETUP_DEVELOPMENT_NOT_NAMED`, `SETUP_SIZE_OUT_OF_RANGE`.
    """
    # CHECK
    require(name == DEVELOPMENT_SETUP_NAME, ErrorCode.SETUP_DEVELOPMENT_NOT_NAMED)
    require(1 <= size <= LARGEST_DEVELOPMENT, ErrorCode.SETUP_SIZE_OUT_OF_RANGE)

    # COMPUTE
    secret = development_secret()
    return TrustedSetup(
        name=name,
        is_development=True,
        g1_bytes=powers_of_g1(secret, size).astype("<u8", copy=False).tobytes(),
        x_g2=_development_x_g2(),
    )


# Setups from a ceremony

_CHALLENGE_TAG: Final = b"payy-ref/powers-of-tau/1"
_MAGIC: Final = b"ptau"
_VERSION: Final = 1
_HEADER: Final = 1
_G1_POWERS: Final = 2
_G2_POWERS: Final = 3


def from_powers_of_tau(
    data: bytes,
    *,
    name: str,
    blake2b: bytes | None = None,
    sum_of_multiples: SumOfMultiples = readable_sum_of_multiples,
    pairing_check: PairingCheck = pairings_cancel,
) -> TrustedSetup:
    """
    Read a powers-of-tau file and check all that is taken from it.

    Taken are the powers in G1 and [x]_2; higher powers in G2, the powers with other factors, the
    record of the ceremony and prepared sections are passed over. The checks show that the points
    are powers of one secret. That nobody knows it is what the hash is for: it names the ceremony.

    Args:
        data: The file.
        name: What the setup is to be called.
        blake2b: The 64-byte hash that the file is published with, or None to take any file.
        sum_of_multiples: How to add up multiples of many points.
        pairing_check: How to check pairings.

    Requirements:
        PAYY-CIRCUITS-020, PAYY-CIRCUITS-021

    Raises:
        SpecError: `SETUP_HASH_MISMATCH`, `SETUP_FILE_MALFORMED`, `SETUP_FIELD_MISMATCH`,
            `SETUP_POINT_INVALID`, `SETUP_GENERATOR_MISMATCH`, `SETUP_NOT_POWERS`,
            `SETUP_DEVELOPMENT_NOT_NAMED`.
    """
    # CHECK
    digest = hashlib.blake2b(data).digest()
    require(blake2b is None or digest == blake2b, ErrorCode.SETUP_HASH_MISMATCH)
    g1_bytes, g2_bytes = _checked_powers_sections(_sections(data))
    points = _checked_g1(g1_bytes)
    x_g2 = _checked_g2(g2_bytes)
    challenge = reduce(int.from_bytes(keccak256(_CHALLENGE_TAG + digest), "big"))
    combined = sum_of_multiples(_as_words(g1_bytes)[:-1], _powers_of(challenge, len(points) - 1))
    require(
        pairing_check(_consistency_pairs(points, x_g2, challenge, combined)),
        ErrorCode.SETUP_NOT_POWERS,
    )
    is_development = points[1] == multiply_g1(G1_GENERATOR, development_secret())
    require(
        is_development == (name == DEVELOPMENT_SETUP_NAME), ErrorCode.SETUP_DEVELOPMENT_NOT_NAMED
    )

    return TrustedSetup(name=name, is_development=is_development, g1_bytes=g1_bytes, x_g2=x_g2)


def _consistency_pairs(
    points: Sequence[G1Point], x_g2: G2Point, challenge: int, combined: G1Point
) -> list[Pair]:
    """
    Name the pairings that cancel if points P_0..P_m satisfy P_{i+1} = x P_i for all i.

    With a challenge c, all m equations hold, but for a chance of about m / r, if their sum with
    the weights c^{i+1} does. With S = sum of c^i P_i for i < m, which is `combined`, the left
    sides add up to S - P_0 + c^m P_m, and the right sides to x c S. So one sum serves both.
    """
    last = multiply_g1(points[-1], pow(challenge, len(points) - 1, MODULUS))
    left = add_g1(add_g1(combined, negate_g1(points[0])), last)
    return [(multiply_g1(combined, challenge), x_g2), (negate_g1(left), G2_GENERATOR)]


def _checked_g1(contents: bytes) -> list[G1Point]:
    """
    Read the powers in G1.

    Raises:
        SpecError: `SETUP_POINT_INVALID`, `SETUP_GENERATOR_MISMATCH`.
    """
    points = points_from_words(_as_words(contents))
    # CHECK
    require(
        _are_canonical(contents) and all(point is not None and is_on_g1(point) for point in points),
        ErrorCode.SETUP_POINT_INVALID,
    )
    require(points[0] == G1_GENERATOR, ErrorCode.SETUP_GENERATOR_MISMATCH)

    return points


def _checked_g2(contents: bytes) -> G2Point:
    """
    Read the second power in G2, and check that the first is the generator.

    Raises:
        SpecError: `SETUP_POINT_INVALID`, `SETUP_GENERATOR_MISMATCH`.
    """
    generator, x_g2 = (_g2_point(contents[start : start + G2_BYTES]) for start in (0, G2_BYTES))
    # CHECK
    require(
        _are_canonical(contents[: 2 * G2_BYTES])
        and x_g2 is not None
        and is_on_g2_curve(x_g2)
        and is_in_g2(x_g2),
        ErrorCode.SETUP_POINT_INVALID,
    )
    require(generator == G2_GENERATOR, ErrorCode.SETUP_GENERATOR_MISMATCH)

    return x_g2


def _checked_powers_sections(sections: Mapping[int, bytes]) -> tuple[bytes, bytes]:
    """
    Pick the powers in G1 and in G2, whose sizes follow from the header.

    Raises:
        SpecError: `SETUP_FILE_MALFORMED`, `SETUP_FIELD_MISMATCH`.
    """
    power = _checked_power(sections.get(_HEADER, b""))
    g1_bytes, g2_bytes = sections.get(_G1_POWERS, b""), sections.get(_G2_POWERS, b"")
    # CHECK
    require(
        1 <= power <= LARGEST_POWER
        and len(g1_bytes) == G1_BYTES * (2 ** (power + 1) - 1)
        and len(g2_bytes) == G2_BYTES * 2**power,
        ErrorCode.SETUP_FILE_MALFORMED,
    )

    return g1_bytes, g2_bytes


def _checked_power(header: bytes) -> int:
    """
    Read the header: the width of the prime, the prime q, the power, the power of the ceremony.

    Raises:
        SpecError: `SETUP_FILE_MALFORMED`, `SETUP_FIELD_MISMATCH`.
    """
    width = _integer(header[:4])
    # CHECK
    require(len(header) == width + 12, ErrorCode.SETUP_FILE_MALFORMED)
    prime = COORDINATE_MODULUS.to_bytes(COORDINATE_BYTES, "little")
    require(header[4:-8] == prime, ErrorCode.SETUP_FIELD_MISMATCH)

    return _integer(header[-8:-4])


def _sections(data: bytes) -> dict[int, bytes]:
    """
    Split a file into its sections, each announced by its number and its length.

    Raises:
        SpecError: `SETUP_FILE_MALFORMED`.
    """
    head = _taken(data, 0, 12)
    sections: list[tuple[int, bytes]] = []
    position = len(head)
    # The announced number of sections is compared, not followed, so that it costs no time.
    while position < len(data):
        announcement = _taken(data, position, 12)
        contents = _taken(data, position + 12, _integer(announcement[4:]))
        sections.append((_integer(announcement[:4]), contents))
        position += 12 + len(contents)
    # CHECK
    require(
        head[:4] == _MAGIC
        and _integer(head[4:8]) == _VERSION
        and _integer(head[8:]) == len(sections) == len(dict(sections)),
        ErrorCode.SETUP_FILE_MALFORMED,
    )

    return dict(sections)


def _taken(data: bytes, start: int, length: int) -> bytes:
    """
    Take bytes that are there.

    Raises:
        SpecError: `SETUP_FILE_MALFORMED`.
    """
    # CHECK
    require(length <= len(data) - start, ErrorCode.SETUP_FILE_MALFORMED)

    return data[start : start + length]


def _integer(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _are_canonical(contents: bytes) -> bool:
    """Tell whether all coordinates are below q."""
    starts = range(0, len(contents), COORDINATE_BYTES)
    return all(
        _integer(contents[start : start + COORDINATE_BYTES]) < COORDINATE_MODULUS
        for start in starts
    )


def _g2_point(contents: bytes) -> G2Point:
    """Read a point of G2: the parts of x, then those of y, each the real part first."""
    x, y = (point or (0, 0) for point in points_from_words(_as_words(contents)))
    return None if x == y == (0, 0) else (x, y)


def _as_words(contents: bytes) -> Points:
    """Read 64-bit words, eight a point of G1."""
    return np.frombuffer(contents, dtype="<u8").astype(np.uint64).reshape(-1, POINT_WORDS)


def _powers_of(base: int, count: int) -> list[int]:
    """List base^0, base^1, ... modulo r: `count` of them, at least one."""
    steps = repeat(base, count - 1)
    return list(accumulate(steps, lambda power, factor: power * factor % MODULUS, initial=1))
