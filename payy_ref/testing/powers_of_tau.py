"""
Powers-of-tau files: a writer, and files that are not what they must be.

The layout is that of `payy_ref.proofs.setup`, written down a second time; nothing of the reader is
used here.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from payy_ref.crypto.field import MODULUS
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    G2_GENERATOR,
    RADIX,
    G1Point,
    G2Point,
    add_g1,
    multiples_of_generator,
    multiply_g1,
    multiply_g2,
    negate_g1,
    negate_g2,
)

SECRET: Final = 0xC0FFEE
"""The x of the files made here."""

POWER: Final = 2
"""They hold 2^(2 + 1) - 1 = 7 powers in G1 and 4 in G2."""

OUTSIDE_G2: Final = (
    (1, 0),
    (
        0x2869111D5381F072F8E2728FDB825A51AADD70E52C9830E9AB4B871C0531F1BB,
        0x0D1271953ED9EA0836846E70A1934187998C7F790CB4D7511B7F8DA82DE048A4,
    ),
)
"""A point of the twisted curve that is not of order r: x = 1 and a root of 1 + 3 / (9 + i)."""

Sections = dict[int, bytes]
"""What the sections of a file hold, by their numbers."""

Files = Mapping[str, Callable[[], bytes]]
"""Makers of files, by what is special about each."""


# Writing files


def little(value: int, width: int) -> bytes:
    """Write an integer, least significant byte first."""
    return value.to_bytes(width, "little")


def montgomery(value: int) -> bytes:
    """Write a coordinate as files do."""
    return little(value * RADIX % COORDINATE_MODULUS, 32)


def g1_section(points: Sequence[G1Point]) -> bytes:
    """Write points of G1."""
    return b"".join(montgomery(value) for point in points for value in point or (0, 0))


def g2_section(points: Sequence[G2Point]) -> bytes:
    """Write points of G2, real parts first."""
    return b"".join(
        montgomery(part)
        for point in points
        for coordinate in point or ((0, 0), (0, 0))
        for part in coordinate
    )


def header(power: int = POWER, prime: int = COORDINATE_MODULUS, width: int = 32) -> bytes:
    """Write the first section."""
    return little(width, 4) + little(prime, width) + little(power, 4) + little(power, 4)


@cache
def powers_g1(secret: int = SECRET, power: int = POWER) -> tuple[G1Point, ...]:
    """List the powers in G1 that a file holds."""
    count = 2 ** (power + 1) - 1
    return tuple(multiples_of_generator([pow(secret, i, MODULUS) for i in range(count)]))


@cache
def powers_g2(secret: int = SECRET, power: int = POWER) -> tuple[G2Point, ...]:
    """List the powers in G2 that a file holds."""
    return tuple(multiply_g2(G2_GENERATOR, pow(secret, i, MODULUS)) for i in range(2**power))


def sections(secret: int = SECRET, power: int = POWER) -> Sections:
    """Make the sections of a good file, with one that is not read."""
    return {
        1: header(power),
        2: g1_section(powers_g1(secret, power)),
        3: g2_section(powers_g2(secret, power)),
        7: b"the record of the ceremony",
    }


def written(
    contents: Mapping[int, bytes], *, magic: bytes = b"ptau", version: int = 1, extra: int = 0
) -> bytes:
    """Write a file; `extra` sections are announced and missing."""
    body = b"".join(little(kind, 4) + little(len(c), 8) + c for kind, c in contents.items())
    return magic + little(version, 4) + little(len(contents) + extra, 4) + body


def good_file(secret: int = SECRET, power: int = POWER) -> bytes:
    """Write a good file."""
    return written(sections(secret, power))


def with_section(kind: int, contents: bytes) -> bytes:
    """Write a file with one section changed."""
    return written(sections() | {kind: contents})


def with_g1(place: int, point: G1Point) -> bytes:
    """Write a file with another point among the powers in G1."""
    points = list(powers_g1())
    points[place] = point
    return with_section(2, g1_section(points))


def with_g2(place: int, point: G2Point) -> bytes:
    """Write a file with another point among the powers in G2."""
    points = list(powers_g2())
    points[place] = point
    return with_section(3, g2_section(points))


def with_raw(kind: int, place: int, value: int) -> bytes:
    """Write a file with 32 bytes of a section replaced by an integer, as it is."""
    contents = bytearray(sections()[kind])
    contents[32 * place : 32 * place + 32] = little(value, 32)
    return with_section(kind, bytes(contents))


def with_errors_that_add_up_to_nothing() -> bytes:
    """Write a file in which two points are off by opposite amounts."""
    points, off = list(powers_g1()), multiply_g1(G1_GENERATOR, 5)
    points[3], points[5] = add_g1(points[3], off), add_g1(points[5], negate_g1(off))
    return with_section(2, g1_section(points))


def with_swapped_powers() -> bytes:
    """Write a file with two powers exchanged."""
    points = list(powers_g1())
    points[3], points[4] = points[4], points[3]
    return with_section(2, g1_section(points))


def with_another_base() -> bytes:
    """Write a file whose powers are consistent, and all twice what they should be."""
    return with_section(2, g1_section([add_g1(point, point) for point in powers_g1()]))


def with_long_section() -> bytes:
    """Write a file whose last section claims almost 2^64 bytes."""
    data = bytearray(good_file())
    start = len(data) - len(sections()[7]) - 8
    data[start : start + 8] = little(2**64 - 1, 8)
    return bytes(data)


def with_repeated_section() -> bytes:
    """Write a file with the powers in G1 twice."""
    data = bytearray(good_file())
    data[8:12] = little(5, 4)
    again = sections()[2]
    return bytes(data) + little(2, 4) + little(len(again), 8) + again


def without(kind: int) -> bytes:
    """Write a file without a section."""
    return written({k: c for k, c in sections().items() if k != kind})


def with_exchanged_g2() -> bytes:
    """Write a file with the first two powers in G2 exchanged."""
    first, second, *others = powers_g2()
    return with_section(3, g2_section([second, first, *others]))


# Files that are refused

MALFORMED: Final[Files] = {
    "nothing": lambda: b"",
    "wrong magic": lambda: written(sections(), magic=b"zkey"),
    "version 0": lambda: written(sections(), version=0),
    "version 2": lambda: written(sections(), version=2),
    "a section is missing at the end": lambda: written(sections(), extra=1),
    "billions of sections": lambda: written(sections(), extra=2**32 - 5),
    "a section is not announced": lambda: written(sections(), extra=-1),
    "bytes at the end": lambda: good_file() + b"\0",
    "length overflows": with_long_section,
    "section twice": with_repeated_section,
    "no header": lambda: without(1),
    "no powers in G1": lambda: without(2),
    "no powers in G2": lambda: without(3),
    "header too short": lambda: with_section(1, header()[:-1]),
    "header too long": lambda: with_section(1, header() + b"\0"),
    "header says more powers": lambda: with_section(1, header(power=3)),
    "header says fewer powers": lambda: with_section(1, header(power=1)),
    "power 0": lambda: written({1: header(power=0), 2: sections()[2][:64], 3: sections()[3][:128]}),
    "power beyond all reason": lambda: with_section(1, header(power=2**32 - 1)),
    "a point too few in G1": lambda: with_section(2, sections()[2][:-64]),
    "a byte too few in G1": lambda: with_section(2, sections()[2][:-1]),
    "a point too many in G1": lambda: with_section(2, sections()[2] + sections()[2][:64]),
    "a point too few in G2": lambda: with_section(3, sections()[3][:-128]),
    "a byte too many in G2": lambda: with_section(3, sections()[3] + b"\0"),
}
"""The container is not of the format."""

OTHER_FIELD: Final[Files] = {
    "scalar field": lambda: with_section(1, header(prime=MODULUS)),
    "another prime": lambda: with_section(1, header(prime=COORDINATE_MODULUS + 2)),
    "33 bytes": lambda: with_section(1, header(width=33)),
    "48 bytes": lambda: with_section(1, header(width=48)),
}
"""The prime is another one, or has another width."""

INVALID_POINTS: Final[Files] = {
    "infinity in G1": lambda: with_g1(3, None),
    "off the curve": lambda: with_g1(3, (1, 3)),
    "last point off the curve": lambda: with_g1(6, (1, 3)),
    "x plus q": lambda: with_raw(2, 0, RADIX % COORDINATE_MODULUS + COORDINATE_MODULUS),
    "y plus q": lambda: with_raw(2, 1, 2 * RADIX % COORDINATE_MODULUS + COORDINATE_MODULUS),
    "all bits set": lambda: with_raw(2, 13, 2**256 - 1),
    "infinity in G2": lambda: with_g2(1, None),
    "off the twisted curve": lambda: with_g2(1, ((1, 2), (3, 4))),
    "outside the subgroup": lambda: with_g2(1, OUTSIDE_G2),
    "part of the generator plus q": lambda: with_raw(
        3, 2, G2_GENERATOR[1][0] * RADIX % COORDINATE_MODULUS + COORDINATE_MODULUS
    ),
}
"""A point is infinite, not canonical, or not in its group."""

OTHER_GENERATOR: Final[Files] = {
    "G1": lambda: with_g1(0, powers_g1()[1]),
    "G2": lambda: with_g2(0, powers_g2()[1]),
    "all doubled": with_another_base,
    "G2 swapped": with_exchanged_g2,
}
"""The zeroth powers are not the generators."""

NOT_POWERS: Final[Files] = {
    "first power": lambda: with_g1(1, powers_g1()[2]),
    "middle": lambda: with_g1(3, negate_g1(powers_g1()[3])),
    "last": lambda: with_g1(6, powers_g1()[5]),
    "swapped": with_swapped_powers,
    "errors add up to nothing": with_errors_that_add_up_to_nothing,
    "all the generator": lambda: with_section(2, g1_section([G1_GENERATOR] * 7)),
    "another secret in G2": lambda: with_g2(1, powers_g2()[2]),
    "mirrored in G2": lambda: with_g2(1, negate_g2(powers_g2()[1])),
    "the generator in G2": lambda: with_g2(1, G2_GENERATOR),
    "another secret in G1": lambda: with_section(2, g1_section(powers_g1(SECRET + 1))),
}
"""The points are not powers of one secret."""
