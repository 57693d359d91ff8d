"""
The Grain LFSR from which Poseidon and Poseidon2 draw their round constants.

Source: Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon", appendix F;
deployed `pkg/hash` (width 4).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

STATE_BITS: Final = 80
"""Length of the register."""

TAPS: Final = (62, 51, 38, 23, 13, 0)
"""Positions, oldest bit first, whose exclusive-or is the next bit."""

DISCARDED_BITS: Final = 160
"""Bits thrown away before the first one is used."""


def seed(*, field_bits: int, width: int, full_rounds: int, partial_rounds: int) -> tuple[int, ...]:
    """
    Lay out the register's first state, most significant bit of each entry first.

    ::

        | field | S-box |  bits of p  |  width  | full rounds | partial rounds | ones |
        |   2   |   4   |     12      |   12    |     10      |       10       |  30  |

    A prime field is type 1; the S-box x^5 is type 0.
    """
    layout = (
        (1, 2),
        (0, 4),
        (field_bits, 12),
        (width, 12),
        (full_rounds, 10),
        (partial_rounds, 10),
        (2**30 - 1, 30),
    )
    return tuple(int(bit) for value, size in layout for bit in format(value, f"0{size}b"))


def register_bits(state: tuple[int, ...]) -> Iterator[int]:
    """Clock the register for ever, one bit a step."""
    register = list(state)
    while True:
        bit = sum(register[tap] for tap in TAPS) % 2
        register = [*register[1:], bit]
        yield bit


def self_shrunk_bits(state: tuple[int, ...]) -> Iterator[int]:
    """Drop the warm-up, then read pairs: the second bit counts when the first is 1."""
    source = register_bits(state)
    for _ in islice(source, DISCARDED_BITS):
        pass
    while True:
        keep, bit = next(source), next(source)
        if keep:
            yield bit


def field_elements(state: tuple[int, ...], *, modulus: int) -> Iterator[int]:
    """Read integers of the modulus' length, most significant bit first; drop those not below it."""
    bits = self_shrunk_bits(state)
    while True:
        candidate = int("".join(map(str, islice(bits, modulus.bit_length()))), base=2)
        if candidate < modulus:
            yield candidate
