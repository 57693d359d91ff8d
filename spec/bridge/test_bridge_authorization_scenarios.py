"""Scenarios of what a depositor signs so that somebody else brings the deposit."""

from dataclasses import asdict, replace
from typing import Any, Final

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import ORDER, EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Signature
from payy_ref.ledger.transaction import ZERO
from payy_ref.settlement.authorization import Authorization
from payy_ref.testing.settlement_history import ACCOUNTS, signer
from payy_ref.vectors.model import case_bytes
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.bridge.bridge_cases import H1, H2, KIND, LAST, OTHER_KIND, VALUE, Chapter
from spec.ledger.ledger_cases import keccak_of

BRIDGE = Chapter(suite="bridge")
DEPOSITOR: Final = signer("depositor")
CHAIN, CONTRACT = 1, EthereumAddress(case_bytes("bridge-authorize", 20, "contract"))
GOOD: Final = Authorization(
    depositor=DEPOSITOR.address,
    mint_hash=H1,
    note_kind=KIND,
    value=VALUE,
    valid_after=0,
    valid_before=2_000_000_000,
    nonce=case_bytes("bridge-authorize", 32, "nonce"),
)


# What is expected, written down by hand: EIP-712 of this one type.


def word(value: int) -> bytes:
    """Give 32 bytes, big-endian."""
    return value.to_bytes(32, "big")


def domain_of(chain_id: int, contract: bytes) -> bytes:
    """Hash a domain."""
    fields = "string name,string version,uint256 chainId,address verifyingContract"
    return keccak_of(
        keccak_of(f"EIP712Domain({fields})".encode()),
        keccak_of(b"Rollup"),
        keccak_of(b"1"),
        word(chain_id),
        bytes(12) + contract,
    )


def digest_of(
    authorization: Authorization, chain_id: int = CHAIN, contract: bytes = CONTRACT
) -> bytes:
    """Hash what is signed."""
    fields = (
        "bytes32 commitment,bytes32 value,bytes32 kind,address from,"
        "uint256 validAfter,uint256 validBefore,bytes32 nonce"
    )
    struct = keccak_of(
        keccak_of(f"MintWithAuthorization({fields})".encode()),
        word(authorization.mint_hash),
        word(authorization.value),
        word(authorization.note_kind),
        bytes(12) + authorization.depositor,
        word(authorization.valid_after),
        word(authorization.valid_before),
        authorization.nonce,
    )
    return keccak_of(b"\x19\x01", domain_of(chain_id, contract), struct)


def given(authorization: Authorization, signature: bytes, **other: Any) -> dict[str, Any]:
    """Give the input of the operation."""
    return {
        "chain_id": CHAIN,
        "contract": CONTRACT,
        "signature": Signature(signature),
        **asdict(authorization),
        **other,
    }


def with_s(signature: bytes, s: int, recovery_id: int) -> bytes:
    """Exchange s and the recovery id of a signature."""
    return signature[:32] + word(s) + bytes([recovery_id])


def test_authorized_deposits(vector: VectorWriter) -> None:
    """
    A depositor's signature is taken.

    Given an authorization with values up to the limits, when it is signed by the depositor, then it
    is valid, and domain and digest are those of EIP-712.
    """
    other = EthereumAddress(b"\xff" * 20)
    cases: dict[str, tuple[Authorization, int, bytes]] = {
        "plain": (GOOD, CHAIN, CONTRACT),
        "chain-137": (GOOD, 137, CONTRACT),
        "greatest-chain-and-contract": (GOOD, 2**256 - 1, other),
        "chain-and-contract-zero": (GOOD, 0, bytes(20)),
        "nothing": (
            replace(GOOD, mint_hash=ZERO, note_kind=ZERO, value=0, valid_before=0, nonce=bytes(32)),
            CHAIN,
            CONTRACT,
        ),
        "greatest-words": (
            replace(
                GOOD,
                mint_hash=LAST,
                note_kind=LAST,
                value=2**256 - 1,
                valid_after=2**256 - 1,
                valid_before=2**256 - 1,
                nonce=b"\xff" * 32,
            ),
            CHAIN,
            CONTRACT,
        ),
    }
    for name, (authorization, chain_id, contract) in cases.items():
        digest = digest_of(authorization, chain_id, contract)
        output = vector.accepts(
            f"bridge-authorize-{name}",
            "bridge/authorize",
            description=f"A depositor signs a deposit: {name.replace('-', ' ')}.",
            requirements=BRIDGE.rules(18, 19),
            flags=["AUTHORIZATION_BINDING"],
            **given(
                authorization,
                DEPOSITOR.sign(digest),
                chain_id=chain_id,
                contract=EthereumAddress(contract),
            ),
        )
        assert output == {"domain_separator": domain_of(chain_id, contract), "digest": digest}


def test_deposits_that_were_not_authorized(vector: VectorWriter) -> None:
    """
    A signature is good for what was signed, where it was signed, by whom.

    Given a valid authorization, when one field, the chain, the contract or the signature is another
    one, then it is refused.
    """
    good = DEPOSITOR.sign(digest_of(GOOD))
    s = int.from_bytes(good[32:64], "big")
    changes: dict[str, dict[str, Any]] = {
        "other-depositor": {"depositor": ACCOUNTS[1]},
        "no-depositor": {"depositor": EthereumAddress(bytes(20))},
        "other-mint-hash": {"mint_hash": H2},
        "other-note-kind": {"note_kind": OTHER_KIND},
        "other-value": {"value": VALUE + 1},
        "value-zero": {"value": 0},
        "other-beginning": {"valid_after": 1},
        "other-end": {"valid_before": GOOD.valid_before + 1},
        "other-nonce": {"nonce": bytes([GOOD.nonce[0] ^ 1]) + GOOD.nonce[1:]},
        "value-and-kind-exchanged": {"value": int(KIND), "note_kind": FieldElement(VALUE)},
        "other-chain": {"chain_id": 2},
        "other-contract": {"contract": ACCOUNTS[0]},
        "signed-by-another": {"signature": signer("somebody else").sign(digest_of(GOOD))},
        "signature-zero": {"signature": Signature(bytes(65))},
        "signature-other-recovery-id": {
            "signature": Signature(with_s(good, s, 1 - good[64])),
        },
        "signature-recovery-id-27": {"signature": Signature(with_s(good, s, 27 + good[64]))},
        "signature-high-s": {"signature": Signature(with_s(good, ORDER - s, 1 - good[64]))},
        "signature-of-the-struct-alone": {
            "signature": DEPOSITOR.sign(keccak_of(digest_of(GOOD))),
        },
    }
    for name, change in changes.items():
        vector.rejects(
            f"bridge-authorize-{name}",
            "bridge/authorize",
            ErrorCode.BRIDGE_AUTHORIZATION_INVALID,
            description=f"An authorization is another one than was signed: "
            f"{name.replace('-', ' ')}.",
            requirements=BRIDGE.rules(18, 19),
            flags=["AUTHORIZATION_BINDING"],
            **{**given(GOOD, good), **change},
        )
