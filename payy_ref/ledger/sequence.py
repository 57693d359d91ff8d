"""
Blocks as the sequencers exchange them, and what of them is hashed and signed.

The fields of chained HotStuff stand in the deployed header without changing a byte of its encoding:
`epoch_id` carries the view and `approvals` the certificate on the parent (chapter consensus).

Source: deployed `pkg/node/src/block.rs`, `pkg/primitives/src/sig.rs`,
`eth/contracts/rollup3/RollupV1.sol`.
"""

from dataclasses import dataclass
from typing import Final, NewType

from payy_ref.crypto.field import ELEMENT_BYTES, FieldElement, checked_field_element, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.transaction import PUBLIC_INPUTS, PublicInputs, public_inputs_of
from payy_ref.primitives import borsh

Height = NewType("Height", int)
"""Number of a block: its parent's and 1; the genesis block has 0."""

Hash = NewType("Hash", bytes)
"""32 bytes of Keccak-256."""

Signature = NewType("Signature", bytes)
"""A recoverable secp256k1 signature: r, s, recovery id. Not judged in this chapter."""

HASH_BYTES: Final = 32
"""Length of a hash."""

SIGNATURE_BYTES: Final = 65
"""Length of a signature."""

NO_HASH: Final = Hash(bytes(HASH_BYTES))
"""What the first block names as the one before it."""

NO_SIGNATURE: Final = Signature(bytes(SIGNATURE_BYTES))
"""What stands in a block that nobody signed, such as the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a block says about its place among the others."""

    height: Height
    """Number of the block."""
    last_block_hash: Hash
    """The parent."""
    epoch_id: int
    """0 in the deployed network; the view of the proposal (chapter consensus). 64 bits."""
    last_final_block_hash: Hash
    """The newest block that the proposer knows to be final; deployed: the parent."""
    approvals: tuple[Signature, ...]
    """Signatures that let the block follow its parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenTransaction:
    """A transaction as it is sent: the client's proof and what it is about."""

    proof: bytes
    """The proof; not judged in this chapter."""
    public: PublicInputs
    """What the proof is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block as it is sent."""

    header: Header
    """Its place."""
    root: FieldElement
    """Root of the note tree after the transactions."""
    transactions: tuple[ProvenTransaction, ...]
    """What it does to the tree."""
    signature: Signature
    """The proposer's signature over the block's hash."""

    @property
    def public_inputs(self) -> tuple[PublicInputs, ...]:
        """The public inputs of the transactions."""
        return tuple(transaction.public for transaction in self.transactions)


GENESIS: Final = Block(
    header=Header(
        height=Height(0),
        last_block_hash=NO_HASH,
        epoch_id=0,
        last_final_block_hash=NO_HASH,
        approvals=(),
    ),
    root=FieldElement(0),
    transactions=(),
    signature=NO_SIGNATURE,
)
"""
The first block, as deployed. Its root is 0, which is the root of no tree; the tree after it is
empty all the same (decision 0017).
"""


def checked_height(height: int) -> Height:
    """
    Admit an integer as the height of a block.

    Requirements:
        PAYY-LEDGER-016

    Raises:
        SpecError: `LEDGER_HEIGHT_OUT_OF_RANGE`.
    """
    # CHECK
    require(0 <= height < 2**64, ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE)

    return Height(height)


def encode_header(header: Header) -> bytes:
    """
    Encode a header in borsh.

    Requirements:
        PAYY-LEDGER-010

    Raises:
        SpecError: `BORSH_INTEGER_OUT_OF_RANGE` for the epoch id, `BORSH_ITEM_WIDTH`.
    """
    return (
        borsh.encode_unsigned(header.height, width=8)
        + header.last_block_hash
        + borsh.encode_unsigned(header.epoch_id, width=8)
        + header.last_final_block_hash
        + borsh.encode_fixed_items(header.approvals, width=SIGNATURE_BYTES)
    )


def encode_transaction(transaction: ProvenTransaction) -> bytes:
    """
    Encode a transaction in borsh: the proof with its length, then nine elements.

    Requirements:
        PAYY-LEDGER-011
    """
    words = b"".join(element_bytes(word) for word in transaction.public.words)
    return borsh.encode_bytes(transaction.proof) + words


def encode_block(block: Block) -> bytes:
    """
    Encode a block in borsh: header, root, transactions, signature.

    Requirements:
        PAYY-LEDGER-012

    Raises:
        SpecError: as `encode_header`.
    """
    transactions = [encode_transaction(transaction) for transaction in block.transactions]
    return (
        encode_header(block.header)
        + element_bytes(block.root)
        + borsh.encode_list(transactions)
        + block.signature
    )


def decode_header(encoding: bytes) -> Header:
    """
    Decode a header; every accepted encoding is the one that encoding gives.

    Requirements:
        PAYY-LEDGER-010, PAYY-LEDGER-013

    Raises:
        SpecError: `BORSH_TRUNCATED`, `BORSH_TRAILING_BYTES`.
    """
    return borsh.decode(encoding, _take_header)


def decode_transaction(encoding: bytes) -> ProvenTransaction:
    """
    Decode a transaction; every accepted encoding is the one that encoding gives.

    Requirements:
        PAYY-LEDGER-011, PAYY-LEDGER-013

    Raises:
        SpecError: `BORSH_TRUNCATED`, `BORSH_TRAILING_BYTES`, `FIELD_ELEMENT_NOT_CANONICAL`.
    """
    return borsh.decode(encoding, _take_transaction)


def decode_block(encoding: bytes) -> Block:
    """
    Decode a block; every accepted encoding is the one that encoding gives.

    Requirements:
        PAYY-LEDGER-012, PAYY-LEDGER-013

    Raises:
        SpecError: `BORSH_TRUNCATED`, `BORSH_TRAILING_BYTES`, `FIELD_ELEMENT_NOT_CANONICAL`.
    """
    return borsh.decode(encoding, _take_block)


def header_hash(header: Header) -> Hash:
    """
    Hash a header; the contract calls this the other hash.

    Requirements:
        PAYY-LEDGER-014
    """
    return Hash(keccak256(encode_header(header)))


def block_hash(block: Block) -> Hash:
    """
    Name a block. The transactions enter by the root only, the signature not at all.

    Requirements:
        PAYY-LEDGER-015
    """
    return proposal_hash(element_bytes(block.root), block.header.height, header_hash(block.header))


def proposal_hash(new_root: bytes, height: Height, other_hash: bytes) -> Hash:
    """
    Name a block by what L1 is told of it.

    Args:
        new_root: 32 bytes; not required to be a root, since the contract hashes before it judges.
        height: Hashed as 32 bytes.
        other_hash: Hash of the header.

    Requirements:
        PAYY-LEDGER-015
    """
    return Hash(keccak256(new_root + height.to_bytes(32, "big") + other_hash))


def accept_hash(height: Height, proposal: Hash) -> Hash:
    """
    Hash what a sequencer accepts: that the next height follows this block.

    Requirements:
        PAYY-LEDGER-017
    """
    return Hash(keccak256((height + 1).to_bytes(32, "big") + proposal))


def signed_message(network_name: str, content: Hash) -> Hash:
    """
    Give the 32 bytes that are signed for a network.

    The name keeps signatures of one network off another; its length is bound, in 8 bytes of its
    UTF-8 form.

    Requirements:
        PAYY-LEDGER-018
    """
    name = network_name.encode("utf-8")
    return Hash(keccak256(len(name).to_bytes(8, "big") + name + content))


def _take_element(reader: borsh.Reader) -> FieldElement:
    return checked_field_element(int.from_bytes(reader.fixed(ELEMENT_BYTES), "big"))


def _take_transaction(reader: borsh.Reader) -> ProvenTransaction:
    proof = reader.variable()
    words = [_take_element(reader) for _ in range(PUBLIC_INPUTS)]
    return ProvenTransaction(proof=proof, public=public_inputs_of(words))


def _take_header(reader: borsh.Reader) -> Header:
    return Header(
        height=Height(reader.unsigned(8)),
        last_block_hash=Hash(reader.fixed(HASH_BYTES)),
        epoch_id=reader.unsigned(8),
        last_final_block_hash=Hash(reader.fixed(HASH_BYTES)),
        approvals=tuple(map(Signature, reader.fixed_items(width=SIGNATURE_BYTES))),
    )


def _take_block(reader: borsh.Reader) -> Block:
    return Block(
        header=_take_header(reader),
        root=_take_element(reader),
        transactions=reader.items(_take_transaction),
        signature=Signature(reader.fixed(SIGNATURE_BYTES)),
    )
