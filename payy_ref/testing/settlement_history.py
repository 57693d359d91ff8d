"""
Histories of the rollup for scenarios and tests: who signs, chains of headers, steps at times.

Keys are made from words, so that every run signs the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from eth_keys.datatypes import PrivateKey

from payy_ref.consensus.commit import CommitProof, approval_message
from payy_ref.consensus.validators import Validator
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.ledger.block import commit_hash, packed_messages
from payy_ref.ledger.sequence import (
    Hash,
    Header,
    Height,
    Signature,
    encode_header,
    proposal_hash,
)
from payy_ref.ledger.transaction import PublicInputs
from payy_ref.parameters import Parameters
from payy_ref.settlement.rollup import BlockClaim, Call, Deployment
from payy_ref.settlement.steps import Step

PROVEN: Final = b"\x01"
"""A proof that verifies, in the suites of settlement."""

UNPROVEN: Final = b"\x00"
"""A proof that does not."""

ACCOUNTS: Final = tuple(
    EthereumAddress(bytes.fromhex(text))
    for text in (
        "f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
        "70997970c51812dc3a010c7d01b50e0d17dc79c8",
        "3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
        "90f79bf6eb2c4f870365e785982e1f101e93b906",
        "15d34aaf54267db7d7c367839aaf71a00a2c6a65",
        "9965507d1a55bcc2695c58ba16fb37d819b0a4dc",
        "976ea74026e726554db657fa54763abd0c3a0aa9",
        "14dc79964da2c08b23698b3d3cc7ca32193d9955",
        "23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f",
        "a0ee7a142d267c1f36714e4a8f75612f20a79720",
    )
)
"""The accounts of the test chains (`payy_ref.ethereum.chain.MNEMONIC`), who can send there."""

OWNER, ALICE, BOB, CAROL, DAVE = ACCOUNTS[:5]
"""The owner of a rollup, and people."""

NETWORK: Final = "Payy minimal"
"""What sequencers sign with, unless a scenario is about that."""

START: Final = 1000
"""Time of a first step, in seconds."""

BETWEEN: Final = 100
"""
Seconds from one step to the next, unless said otherwise.

A chain mines a block of its own for each step, so times of steps are at least 36 seconds apart.
"""


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A key of a sequencer or of a depositor."""

    key: PrivateKey
    """The key."""

    @property
    def address(self) -> EthereumAddress:
        """The account of the key."""
        return EthereumAddress(self.key.public_key.to_canonical_address())

    def sign(self, digest: bytes) -> Signature:
        """Sign 32 bytes: r, s, recovery id."""
        return Signature(self.key.sign_msg_hash(digest).to_bytes())


@cache
def signer(word: str) -> Signer:
    """Give the key of a word."""
    return Signer(key=PrivateKey(keccak256(word.encode())))


@cache
def signers(count: int, word: str = "validator") -> tuple[Signer, ...]:
    """Give keys of sequencers, by ascending address."""
    keys = (signer(f"{word} {number}") for number in range(count))
    return tuple(sorted(keys, key=lambda each: each.address))


def as_validators(keys: Sequence[Signer], stake: int = 1) -> tuple[Validator, ...]:
    """Give a validator set in which all weigh the same."""
    return tuple(Validator(address=each.address, stake=stake) for each in keys)


def quorum(keys: Sequence[Signer]) -> tuple[Signer, ...]:
    """Give as many of them as it takes, if all weigh the same."""
    return tuple(keys[: 2 * len(keys) // 3 + 1])


def certificate(digest: bytes, keys: Sequence[Signer]) -> tuple[Signature, ...]:
    """Sign with each key, by ascending address."""
    return tuple(each.sign(digest) for each in sorted(keys, key=lambda each: each.address))


@dataclass(frozen=True, kw_only=True)
class ChainOfThree:
    """A block and the two blocks that commit it, before anybody signs."""

    headers: tuple[Header, Header, Header]
    """Their headers, oldest first."""
    roots: tuple[bytes, bytes, bytes]
    """The roots that they state."""

    @property
    def names(self) -> tuple[Hash, ...]:
        """The blocks' hashes."""
        return tuple(
            proposal_hash(root, header.height, keccak256(encode_header(header)))
            for root, header in zip(self.roots, self.headers, strict=True)
        )

    def proof(
        self, keys: Sequence[Signer], network_name: str = NETWORK, **changes: Any
    ) -> CommitProof:
        """Have the last block signed by the keys; `changes` replaces parts of the proof."""
        digest = approval_message(network_name, self.headers[-1].height, self.names[-1])
        first, second, third = map(encode_header, self.headers)
        proof = CommitProof(
            headers=(first, second, third),
            roots=(Hash(self.roots[1]), Hash(self.roots[2])),
            certificate=certificate(digest, keys),
        )
        return replace(proof, **changes)


def chain_of_three(
    root: FieldElement,
    height: int,
    *,
    heights: Sequence[int] | None = None,
    views: Sequence[int] | None = None,
    parent: bytes = bytes(32),
    later_roots: tuple[FieldElement, FieldElement] | None = None,
) -> ChainOfThree:
    """
    Give three blocks in a row.

    Args:
        root: What the first one states.
        height: Of the first one.
        heights: Of all three, if they do not follow one another.
        views: Of all three; the heights if not given.
        parent: Of the first one.
        later_roots: What the other two state; the same root if not given.
    """
    numbers = heights or (height, height + 1, height + 2)
    roots = [element_bytes(each) for each in (root, *(later_roots or (root, root)))]
    headers: list[Header] = []
    for number, view, stated in zip(numbers, views or numbers, roots, strict=True):
        headers.append(
            Header(
                height=Height(number),
                last_block_hash=Hash(parent),
                epoch_id=view,
                last_final_block_hash=Hash(bytes(32)),
                approvals=(),
            )
        )
        parent = proposal_hash(stated, Height(number), keccak256(encode_header(headers[-1])))
    return ChainOfThree(
        headers=(headers[0], headers[1], headers[2]), roots=(roots[0], roots[1], roots[2])
    )


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Blocks that change nothing, between the last settled one and the next."""

    encodings: tuple[bytes, ...]
    """Their encoded headers, oldest first."""
    name: Hash
    """The last one's hash, which the next block names as its parent; zeros if there is none."""


def skipped_blocks(root: FieldElement, after: int, height: int) -> Skipped:
    """
    Give the blocks between two heights, neither included.

    Args:
        root: What each states.
        after: The height of the last settled block.
        height: The height of the next block that is settled.
    """
    encodings: list[bytes] = []
    name = Hash(bytes(32))
    for number in range(after + 1, height):
        header = Header(
            height=Height(number),
            last_block_hash=name,
            epoch_id=number,
            last_final_block_hash=Hash(bytes(32)),
            approvals=(),
        )
        encodings.append(encode_header(header))
        name = proposal_hash(element_bytes(root), header.height, keccak256(encodings[-1]))
    return Skipped(encodings=tuple(encodings), name=name)


def claim_of(
    old_root: FieldElement,
    new_root: FieldElement,
    transactions: Sequence[PublicInputs],
    parameters: Parameters,
    *,
    proof: bytes = PROVEN,
) -> BlockClaim:
    """Give what a block with these transactions claims, whatever its roots are."""
    return BlockClaim(
        public_inputs=(
            old_root,
            new_root,
            commit_hash(transactions, parameters),
            *packed_messages(transactions),
        ),
        proof=proof,
    )


def step(name: str, sender: EthereumAddress, time: int, **arguments: Any) -> Step:
    """Give a step."""
    return Step(name=name, call=Call(sender=sender, time=time), arguments=arguments)


def deployment_of(keys: Sequence[Signer], network_name: str = NETWORK) -> Deployment:
    """Give what a rollup with these sequencers is made with."""
    return Deployment(owner=OWNER, network_name=network_name, validators=as_validators(keys))
