"""
The BN254 scalar field, in which notes, hashes and circuits live.

Source: deployed `pkg/element`.
"""

from functools import cache
from typing import Any, Final, NewType

from payy_ref.errors import ErrorCode, require

MODULUS: Final = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
"""p, the prime order of the BN254 groups."""

MULTIPLICATIVE_GENERATOR: Final = 5
"""The least generator of the multiplicative group of the field."""

ELEMENT_BITS: Final = 256
"""Width of the deployed `Element`: a plain unsigned integer, which may be p or more."""

ELEMENT_BYTES: Final = ELEMENT_BITS // 8
"""Width of an element in bytes."""

FieldElement = NewType("FieldElement", int)
"""An integer in [0, p)."""

Element = NewType("Element", int)
"""An integer in [0, 2^256), reduced modulo p where it enters a hash or a circuit, only there."""


def element_bytes(element: int) -> bytes:
    """Write an element as the deployed network does everywhere: 32 bytes, big-endian."""
    return element.to_bytes(ELEMENT_BYTES, "big")


def reduce(value: int) -> FieldElement:
    """
    Map any non-negative integer to its residue.

    Requirements:
        PAYY-HASH-002

    Properties:
        PAYY-HASH-T04

    pre: value >= 0
    post: 0 <= __return__ < MODULUS
    post: (value - __return__) % MODULUS == 0
    post: (__return__ == value) == (value < MODULUS)
    """
    return FieldElement(value % MODULUS)


def is_canonical(value: int) -> bool:
    """
    Tell whether the integer is the one representative of its residue.

    Properties:
        PAYY-HASH-T04

    post: __return__ == (value >= 0 and value < MODULUS)
    """
    return 0 <= value < MODULUS


def checked_field_element(value: int) -> FieldElement:
    """
    Admit an integer as a field element; nothing is reduced.

    Requirements:
        PAYY-HASH-001

    Raises:
        SpecError: `FIELD_ELEMENT_NOT_CANONICAL`.
    """
    # CHECK
    require(is_canonical(value), ErrorCode.FIELD_ELEMENT_NOT_CANONICAL)

    return FieldElement(value)


@cache
def galois_field() -> Any:
    """
    Return GF(p) as a `galois` array class: the reference backend of hashes and circuits.

    Built on first use, since importing `galois` takes longer than most runs of the driver.
    The primitive element is given, because finding one factors p - 1.
    """
    import galois  # noqa: PLC0415

    return galois.GF(MODULUS, primitive_element=MULTIPLICATIVE_GENERATOR, verify=False)
