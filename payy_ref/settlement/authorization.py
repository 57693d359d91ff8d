"""
Authorizations: a depositor signs, and somebody else pays for the transaction on L1.

The token has an authorization of its own to move the money (ERC-3009). That one does not say what
the money is for; so whoever brings it could deposit for a mint of their own. Hence a second
signature, over the mint hash and all that the first one binds.

Source: deployed `eth/contracts/rollup3/RollupV1.sol`, `mintWithAuthorization`; EIP-712.
"""

from dataclasses import dataclass
from typing import Final

from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import EthereumAddress, recovered_address
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.sequence import Hash, Signature

DOMAIN_TYPE: Final = (
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
"""The type of a domain, as deployed."""

DEPOSIT_TYPE: Final = (
    b"MintWithAuthorization(bytes32 commitment,bytes32 value,bytes32 kind,address from,"
    b"uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
"""The type of what is signed, as deployed; `commitment` is the mint hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What a depositor signs."""

    depositor: EthereumAddress
    """Whose money it is."""
    mint_hash: FieldElement
    """What it is for."""
    note_kind: FieldElement
    """Of which token."""
    value: int
    """The amount; below 2^256."""
    valid_after: int
    """The token accepts it after this second; below 2^256."""
    valid_before: int
    """The token accepts it before this second; below 2^256."""
    nonce: bytes
    """32 bytes; the token accepts each once."""


def domain_separator(chain_id: int, contract: EthereumAddress) -> Hash:
    """
    Bind what is signed to one contract on one chain.

    Requirements:
        PAYY-BRIDGE-018
    """
    parts = (
        keccak256(DOMAIN_TYPE),
        keccak256(b"Rollup"),
        keccak256(b"1"),
        chain_id.to_bytes(32, "big"),
        contract.rjust(32, b"\0"),
    )
    return Hash(keccak256(b"".join(parts)))


def authorization_digest(authorization: Authorization, domain: Hash) -> Hash:
    """
    Give the 32 bytes that a depositor signs.

    Requirements:
        PAYY-BRIDGE-018
    """
    parts = (
        keccak256(DEPOSIT_TYPE),
        element_bytes(authorization.mint_hash),
        authorization.value.to_bytes(32, "big"),
        element_bytes(authorization.note_kind),
        authorization.depositor.rjust(32, b"\0"),
        authorization.valid_after.to_bytes(32, "big"),
        authorization.valid_before.to_bytes(32, "big"),
        authorization.nonce,
    )
    return Hash(keccak256(b"\x19\x01" + domain + keccak256(b"".join(parts))))


def check_authorization(authorization: Authorization, signature: Signature, domain: Hash) -> None:
    """
    Judge whether a depositor signed a deposit; whether it is in time is the token's to judge.

    Requirements:
        PAYY-BRIDGE-019

    Raises:
        SpecError: `BRIDGE_AUTHORIZATION_INVALID`.
    """
    # CHECK
    signer = recovered_address(authorization_digest(authorization, domain), signature)
    is_signed = signer == authorization.depositor
    require(is_signed, ErrorCode.BRIDGE_AUTHORIZATION_INVALID)
