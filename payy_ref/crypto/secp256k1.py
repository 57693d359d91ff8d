"""
Signatures of sequencers and depositors: who signed a hash.

The curve's arithmetic comes from a library. What is decided here is which signatures count, and
that is what Ethereum's precompile and OpenZeppelin's wrapper of it decide.
"""

from functools import lru_cache
from typing import Final, NewType

from eth_keys.datatypes import PrivateKey
from eth_keys.datatypes import Signature as RecoverableSignature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError as BadForm

EthereumAddress = NewType("EthereumAddress", bytes)
"""20 bytes: an account or a contract on L1."""

ADDRESS_BYTES: Final = 20
"""Length of an address."""

SecretKey = NewType("SecretKey", bytes)
"""32 bytes, above 0 and below the order of the curve, big-endian."""

NO_ADDRESS: Final = EthereumAddress(bytes(ADDRESS_BYTES))
"""The address that nobody has the key of."""

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Number of points of the curve."""

SIGNATURE_BYTES: Final = 65
"""Length of a signature: r and s in 32 bytes each, and the recovery id."""


def address_of(key: SecretKey) -> EthereumAddress:
    """Give the account of a key."""
    return EthereumAddress(PrivateKey(key).public_key.to_canonical_address())


def sign(digest: bytes, key: SecretKey) -> bytes:
    """
    Sign a hash: r, s, recovery id.

    A key signs the same hash always alike (RFC 6979), with the lower s.

    Args:
        digest: 32 bytes.
        key: Whose signature it is.
    """
    return PrivateKey(key).sign_msg_hash(digest).to_bytes()


# Sequencers meet a signature again in many messages; the curve is asked once.
@lru_cache(maxsize=2**16)
def recovered_address(digest: bytes, signature: bytes) -> EthereumAddress | None:
    """
    Find who signed a hash.

    With every signature (r, s) of a key, (r, ORDER - s) is one too. Only the one with the lower s
    counts, so that nobody can turn a signature into another one. A recovery id is 0 or 1; the ids 2
    and 3, for r above the curve's order, are refused as on L1.

    Args:
        digest: 32 bytes.
        signature: 65 bytes: r, s, recovery id.

    Returns:
        The signer's address, or None if it is no signature that counts.

    Requirements:
        PAYY-SETTLEMENT-010
    """
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:64], "big")
    recovery_id = signature[64]
    if not (0 < r < ORDER and 0 < s <= ORDER // 2 and recovery_id in (0, 1)):
        return None
    try:
        key = RecoverableSignature(vrs=(recovery_id, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, BadForm):
        return None
    return EthereumAddress(key.to_canonical_address())
