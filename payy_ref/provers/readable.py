"""
The readable form of signatures: the arithmetic of `py_ecc`.

Judging a signature takes about half a second on BLS12-381 and a whole one on BN254.

Source: RFC 9380, section 8.8 (hashing to BLS12-381); EIP-197 (keys of BN254).
"""

from functools import lru_cache
from typing import Any, Final

from py_ecc.bls.hash_to_curve import (
    clear_cofactor_G1,
    clear_cofactor_G2,
    map_to_curve_G1,
    map_to_curve_G2,
)
from py_ecc.bls.point_compression import modular_squareroot_in_FQ2
from py_ecc.fields import optimized_bls12_381_FQ as FQ
from py_ecc.fields import optimized_bls12_381_FQ2 as FQ2
from py_ecc.fields import optimized_bls12_381_FQ12 as FQ12
from py_ecc.optimized_bls12_381 import optimized_curve, optimized_pairing

from payy_ref.errors import SpecError
from payy_ref.proofs.curve import (
    G1_BYTES,
    G2_GENERATOR,
    G2Point,
    PairingCheck,
    decode_g2,
    encode_g1,
    is_on_g1,
    negate_g1,
    pairings_cancel,
)
from payy_ref.provers.hash_to_curve import SHA256, hash_to_field, hash_to_g1
from payy_ref.provers.signature import (
    BLS12_381_BYTES,
    BLS12_381_MODULUS,
    COMPRESSED_FLAG,
    LARGER_FLAG,
    SignatureForm,
    check_compressed,
    check_uncompressed,
    decoded_signature,
    split_numbers,
)

Point1 = tuple[FQ, FQ, FQ]
"""A point of BLS12-381 in projective coordinates, as the library has them."""

Point2 = tuple[FQ2, FQ2, FQ2]
"""A point of its twisted curve."""

CACHED_KEYS: Final = 64
"""Public keys that are kept once they were judged, for each group."""


# BLS12-381


def point_in_g1(encoding: bytes) -> Point1 | None:
    """Find the point of G1's curve with a canonical x, in the subgroup or not; None if none has."""
    (first,) = split_numbers(encoding, BLS12_381_BYTES)
    x = first % LARGER_FLAG
    square = (x**3 + 4) % BLS12_381_MODULUS
    y = pow(square, (BLS12_381_MODULUS + 1) // 4, BLS12_381_MODULUS)
    if y * y % BLS12_381_MODULUS != square:
        return None
    larger = max(y, BLS12_381_MODULUS - y)
    chosen = larger if first & LARGER_FLAG else BLS12_381_MODULUS - larger
    return FQ(x), FQ(chosen), FQ.one()


def point_in_g2(encoding: bytes) -> Point2 | None:
    """
    Find the point of the twisted curve with a canonical x; None if none has.

    Of a coordinate the part with i stands first, and counts first when two are compared.
    """
    first, real = split_numbers(encoding, BLS12_381_BYTES)
    x = FQ2((real, first % LARGER_FLAG))
    larger = modular_squareroot_in_FQ2(x**3 + optimized_curve.b2)
    if larger is None:
        return None
    return x, larger if first & LARGER_FLAG else -larger, FQ2.one()


def encode_in_g1(point: Point1) -> bytes:
    """Compress a point other than infinity."""
    x, y = map(int, optimized_curve.normalize(point))
    flags = COMPRESSED_FLAG + (LARGER_FLAG if 2 * y > BLS12_381_MODULUS else 0)
    return (flags + x).to_bytes(BLS12_381_BYTES, "big")


def encode_in_g2(point: Point2) -> bytes:
    """Compress a point other than infinity."""
    x, y = optimized_curve.normalize(point)
    parts, mirrored = (tuple(map(int, value.coeffs))[::-1] for value in (y, -y))
    flags = COMPRESSED_FLAG + (LARGER_FLAG if parts > mirrored else 0)
    real, imaginary = map(int, x.coeffs)
    return b"".join(part.to_bytes(BLS12_381_BYTES, "big") for part in (flags + imaginary, real))


def has_order(point: Any) -> bool:
    """Tell whether a point other than infinity, of either curve, has the groups' order r."""
    return optimized_curve.is_inf(optimized_curve.multiply(point, optimized_curve.curve_order))


def _pairings_are_equal(first: tuple[Point1, Point2], second: tuple[Point1, Point2]) -> bool:
    """Tell whether e(A, B) = e(C, D): whether e(A, B) * e(-C, D) = 1."""
    product = FQ12.one()
    for left, right in (first, (optimized_curve.neg(second[0]), second[1])):
        product *= optimized_pairing.pairing(right, left, final_exponentiate=False)
    return bool(optimized_pairing.final_exponentiate(product) == FQ12.one())


class ReadableG1(SignatureForm):
    """Signatures in G1 of BLS12-381, keys in G2."""

    signature_bytes = BLS12_381_BYTES

    def check_numbers(self, signature: bytes) -> None:
        """Judge the flags and x."""
        check_compressed(signature)

    def point(self, signature: bytes) -> Point1 | None:
        """Solve the equation of the curve for y."""
        return point_in_g1(signature)

    def is_in_subgroup(self, point: Point1) -> bool:
        """Multiply by r."""
        return has_order(point)

    def hash_to_curve(self, message: bytes, domain: bytes) -> bytes:
        """Hash to G1, compressed."""
        return encode_in_g1(self._hashed(message, domain))

    def verifies(self, point: Point1, message: bytes, *, domain: bytes, public_key: bytes) -> bool:
        """Compare e(signature, generator) and e(hash, key)."""
        hashed = self._hashed(message, domain)
        return _pairings_are_equal((point, optimized_curve.G2), (hashed, _key_in_g2(public_key)))

    @staticmethod
    def _hashed(message: bytes, domain: bytes) -> Point1:
        first, second = hash_to_field(
            SHA256, message, domain, modulus=BLS12_381_MODULUS, elements=2
        )
        total = optimized_curve.add(map_to_curve_G1(FQ(first)), map_to_curve_G1(FQ(second)))
        return clear_cofactor_G1(total)


class ReadableG2(SignatureForm):
    """Signatures in G2 of BLS12-381, keys in G1."""

    signature_bytes = 2 * BLS12_381_BYTES

    def check_numbers(self, signature: bytes) -> None:
        """Judge the flags and both parts of x."""
        check_compressed(signature)

    def point(self, signature: bytes) -> Point2 | None:
        """Solve the equation of the curve for y."""
        return point_in_g2(signature)

    def is_in_subgroup(self, point: Point2) -> bool:
        """Multiply by r."""
        return has_order(point)

    def hash_to_curve(self, message: bytes, domain: bytes) -> bytes:
        """Hash to G2, compressed."""
        return encode_in_g2(self._hashed(message, domain))

    def verifies(self, point: Point2, message: bytes, *, domain: bytes, public_key: bytes) -> bool:
        """Compare e(generator, signature) and e(key, hash)."""
        hashed = self._hashed(message, domain)
        return _pairings_are_equal((optimized_curve.G1, point), (_key_in_g1(public_key), hashed))

    @staticmethod
    def _hashed(message: bytes, domain: bytes) -> Point2:
        numbers = hash_to_field(SHA256, message, domain, modulus=BLS12_381_MODULUS, elements=4)
        first, second = map_to_curve_G2(FQ2(numbers[:2])), map_to_curve_G2(FQ2(numbers[2:]))
        return clear_cofactor_G2(optimized_curve.add(first, second))


@lru_cache(CACHED_KEYS)
def _key_in_g1(public_key: bytes) -> Any:
    return _key(ReadableG1(), public_key)


@lru_cache(CACHED_KEYS)
def _key_in_g2(public_key: bytes) -> Any:
    return _key(ReadableG2(), public_key)


def _key(form: SignatureForm, public_key: bytes) -> Any:
    """Read a key, which is encoded as a signature of its group would be."""
    try:
        return decoded_signature(form, public_key)
    except SpecError as error:
        raise ValueError("the public key is not a point of its group") from error


# BN254


class Bn254(SignatureForm):
    """Signatures in G1 of BN254, keys in G2; which form it is, is a matter of the pairings."""

    signature_bytes = G1_BYTES

    def __init__(self, pairings: PairingCheck = pairings_cancel) -> None:
        self._pairings = pairings

    def check_numbers(self, signature: bytes) -> None:
        """Judge x and y as numbers."""
        check_uncompressed(signature)

    def point(self, signature: bytes) -> tuple[int, int] | None:
        """Test the equation of the curve."""
        x, y = split_numbers(signature, G1_BYTES // 2)
        return (x, y) if is_on_g1((x, y)) else None

    def is_in_subgroup(self, point: tuple[int, int]) -> bool:  # noqa: ARG002
        """All points of this curve are."""
        return True

    def hash_to_curve(self, message: bytes, domain: bytes) -> bytes:
        """Hash to G1: x and y."""
        return encode_g1(hash_to_g1(message, domain))

    def verifies(
        self, point: tuple[int, int], message: bytes, *, domain: bytes, public_key: bytes
    ) -> bool:
        """Compare e(signature, generator) and e(hash, key)."""
        hashed = hash_to_g1(message, domain)
        return self._pairings(
            [(negate_g1(point), G2_GENERATOR), (hashed, _key_of_bn254(public_key))]
        )


@lru_cache(CACHED_KEYS)
def _key_of_bn254(public_key: bytes) -> G2Point:
    try:
        key = decode_g2(public_key)
    except SpecError as error:
        raise ValueError("the public key is not a point of its group") from error
    if key is None:
        raise ValueError("the public key is infinity")
    return key
