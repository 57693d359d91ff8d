"""
BLS signatures as randomness beacons have them: what an encoding is, and what a form brings.

A signature is the hash of the message, a point, times the secret key. It is valid for a public key,
the generator of the other group times the secret key, if two pairings are equal. So everybody can
check it, and for each message there is exactly one.

On BLS12-381 a signature is published compressed: x, and one bit that chooses y. The first three
bits of the first byte are flags: compressed, infinity, and whether y is the larger of both. On
BN254 it is x and y. What else a decoder might let pass would give one signature several encodings,
and with them several values of the randomness; so every encoding but one is refused.

The arithmetic has two forms, `readable` and `fast`. They differ in speed alone.

Source: the drand specification (schemes); RFC 9380, section 8.8; EIP-196; the BLS12-381
serialization of Zcash, which all libraries share.
"""

from abc import ABC, abstractmethod
from typing import Any, Final

from payy_ref.errors import ErrorCode, require
from payy_ref.proofs.curve import COORDINATE_MODULUS, G1_BYTES

_X: Final = -0xD201000000010000

BLS12_381_MODULUS: Final = (_X - 1) ** 2 * (_X**4 - _X**2 + 1) // 3 + _X
"""The prime of BLS12-381's field of coordinates, from the number that the curve is made of."""

BLS12_381_BYTES: Final = 48
"""Width of a coordinate on BLS12-381, or of one of its two parts in G2."""

COMPRESSED_FLAG: Final = 1 << 8 * BLS12_381_BYTES - 1
INFINITY_FLAG: Final = 1 << 8 * BLS12_381_BYTES - 2
LARGER_FLAG: Final = 1 << 8 * BLS12_381_BYTES - 3
"""The flags, as bits of the first coordinate."""


class SignatureForm(ABC):
    """
    One form of the arithmetic of one kind of signature.

    A point is whatever the form makes of it; callers only hand it back.
    """

    signature_bytes: int
    """Length of a signature."""

    @abstractmethod
    def check_numbers(self, signature: bytes) -> None:
        """
        Reject a signature that is not made of the right numbers; its length is right.

        Raises:
            SpecError: `RANDOMNESS_SIGNATURE_FLAGS`, `RANDOMNESS_SIGNATURE_INFINITE`,
                `RANDOMNESS_SIGNATURE_NOT_CANONICAL`.
        """

    @abstractmethod
    def point(self, signature: bytes) -> Any | None:
        """Find the point of a signature made of the right numbers; None if it has none."""

    @abstractmethod
    def is_in_subgroup(self, point: Any) -> bool:
        """Tell whether a point of the curve is in the group of signatures."""

    @abstractmethod
    def hash_to_curve(self, message: bytes, domain: bytes) -> bytes:
        """Hash a message to the group of signatures, encoded as a signature is."""

    @abstractmethod
    def verifies(self, point: Any, message: bytes, *, domain: bytes, public_key: bytes) -> bool:
        """
        Tell whether the point is the message's signature.

        Raises:
            ValueError: The public key is not a point of its group other than infinity.
        """


def decoded_signature(form: SignatureForm, signature: bytes) -> Any:
    """
    Read a signature.

    Requirements:
        PAYY-PROVERS-007

    Raises:
        SpecError: `RANDOMNESS_SIGNATURE_LENGTH`, `RANDOMNESS_SIGNATURE_FLAGS`,
            `RANDOMNESS_SIGNATURE_INFINITE`, `RANDOMNESS_SIGNATURE_NOT_CANONICAL`,
            `RANDOMNESS_SIGNATURE_NOT_ON_CURVE`, `RANDOMNESS_SIGNATURE_NOT_IN_SUBGROUP`.
    """
    # CHECK
    require(len(signature) == form.signature_bytes, ErrorCode.RANDOMNESS_SIGNATURE_LENGTH)
    form.check_numbers(signature)
    point = form.point(signature)
    require(point is not None, ErrorCode.RANDOMNESS_SIGNATURE_NOT_ON_CURVE)
    require(form.is_in_subgroup(point), ErrorCode.RANDOMNESS_SIGNATURE_NOT_IN_SUBGROUP)

    return point


def split_numbers(data: bytes, width: int) -> list[int]:
    """Read big-endian numbers of a width."""
    return [
        int.from_bytes(data[start : start + width], "big") for start in range(0, len(data), width)
    ]


def check_compressed(signature: bytes) -> None:
    """
    Judge the flags and the x of a compressed point of BLS12-381.

    Requirements:
        PAYY-PROVERS-007

    Raises:
        SpecError: `RANDOMNESS_SIGNATURE_FLAGS`, `RANDOMNESS_SIGNATURE_INFINITE`,
            `RANDOMNESS_SIGNATURE_NOT_CANONICAL`.
    """
    first, *others = split_numbers(signature, BLS12_381_BYTES)
    x = (first % LARGER_FLAG, *others)
    # CHECK
    require(first & COMPRESSED_FLAG != 0, ErrorCode.RANDOMNESS_SIGNATURE_FLAGS)
    require(first & INFINITY_FLAG == 0, ErrorCode.RANDOMNESS_SIGNATURE_INFINITE)
    require(
        all(part < BLS12_381_MODULUS for part in x),
        ErrorCode.RANDOMNESS_SIGNATURE_NOT_CANONICAL,
    )


def check_uncompressed(signature: bytes) -> None:
    """
    Judge the coordinates of a point of BN254; infinity is all zero.

    Requirements:
        PAYY-PROVERS-007

    Raises:
        SpecError: `RANDOMNESS_SIGNATURE_INFINITE`, `RANDOMNESS_SIGNATURE_NOT_CANONICAL`.
    """
    coordinates = split_numbers(signature, G1_BYTES // 2)
    # CHECK
    require(any(coordinates), ErrorCode.RANDOMNESS_SIGNATURE_INFINITE)
    require(
        all(value < COORDINATE_MODULUS for value in coordinates),
        ErrorCode.RANDOMNESS_SIGNATURE_NOT_CANONICAL,
    )
