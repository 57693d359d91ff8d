"""
The fast form of signatures: arkworks for BLS12-381, the EVM's precompile for BN254.

What an encoding may be is decided before these packages see it, by the same functions as in the
readable form. They only answer whether x belongs to a point, whether a point is in the subgroup,
and whether pairings are equal.
"""

from functools import lru_cache
from typing import Any

from py_arkworks_bls12381 import GT, G1Point, G2Point

from payy_ref.provers.readable import CACHED_KEYS
from payy_ref.provers.signature import BLS12_381_BYTES, SignatureForm, check_compressed

G1_GENERATOR = G1Point()
G2_GENERATOR = G2Point()


class FastG1(SignatureForm):
    """Signatures in G1 of BLS12-381, keys in G2."""

    signature_bytes = BLS12_381_BYTES

    def check_numbers(self, signature: bytes) -> None:
        """Judge the flags and x."""
        check_compressed(signature)

    def point(self, signature: bytes) -> G1Point | None:
        """Decompress."""
        return _decompressed(G1Point, signature)

    def is_in_subgroup(self, point: G1Point) -> bool:
        """Ask arkworks."""
        return point.is_in_subgroup()

    def hash_to_curve(self, message: bytes, domain: bytes) -> bytes:
        """Hash to G1, compressed."""
        return bytes(G1Point.hash_to_curve(message, domain).to_compressed_bytes())

    def verifies(self, point: G1Point, message: bytes, *, domain: bytes, public_key: bytes) -> bool:
        """Compare e(signature, generator) and e(hash, key)."""
        hashed = G1Point.hash_to_curve(message, domain)
        return GT.pairing_check([-point, hashed], [G2_GENERATOR, _key(G2Point, public_key)])


class FastG2(SignatureForm):
    """Signatures in G2 of BLS12-381, keys in G1."""

    signature_bytes = 2 * BLS12_381_BYTES

    def check_numbers(self, signature: bytes) -> None:
        """Judge the flags and both parts of x."""
        check_compressed(signature)

    def point(self, signature: bytes) -> G2Point | None:
        """Decompress."""
        return _decompressed(G2Point, signature)

    def is_in_subgroup(self, point: G2Point) -> bool:
        """Ask arkworks."""
        return point.is_in_subgroup()

    def hash_to_curve(self, message: bytes, domain: bytes) -> bytes:
        """Hash to G2, compressed."""
        return bytes(G2Point.hash_to_curve(message, domain).to_compressed_bytes())

    def verifies(self, point: G2Point, message: bytes, *, domain: bytes, public_key: bytes) -> bool:
        """Compare e(generator, signature) and e(key, hash)."""
        hashed = G2Point.hash_to_curve(message, domain)
        return GT.pairing_check([-G1_GENERATOR, _key(G1Point, public_key)], [point, hashed])


def _decompressed(kind: Any, encoding: bytes) -> Any | None:
    """Find the point with a canonical x, in the subgroup or not; None if none has."""
    try:
        return kind.from_compressed_bytes_unchecked(encoding)
    except ValueError:
        return None


@lru_cache(CACHED_KEYS)
def _key(kind: Any, public_key: bytes) -> Any:
    """Read a key; arkworks looks at the curve and the subgroup."""
    key = kind.from_compressed_bytes(public_key)
    if key == kind.identity():
        raise ValueError("the public key is infinity")
    return key
