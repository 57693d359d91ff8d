"""
The ledger: which block is the newest, and which notes exist after it.

A sequencer keeps what it needs to show both to somebody else: the leaves at the last block that
was proven on L1, and the blocks since (`Archive`).

Source: architecture, sections on sequencers and pruning; deployed `pkg/node`; decision 0017.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.block import apply_block, check_transactions, commit_hash, packed_messages
from payy_ref.ledger.sequence import (
    GENESIS,
    NO_SIGNATURE,
    Block,
    Hash,
    Header,
    Height,
    ProvenTransaction,
    Signature,
    block_hash,
    checked_height,
)
from payy_ref.ledger.transaction import PublicInputs
from payy_ref.merkle.persistent import PersistentTree, tree_of
from payy_ref.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The state after a block."""

    height: Height
    """Number of the newest block."""
    block_hash: Hash
    """Its name."""
    tree: PersistentTree
    """The notes that exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What remains of the ledger at a block that is proven."""

    height: Height
    """Number of the block."""
    block_hash: Hash
    """Its name."""
    root: FieldElement
    """The root that L1 holds."""
    leaves: tuple[FieldElement, ...]
    """The leaves of the tree with that root, in any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What a sequencer keeps: enough to rebuild the ledger, and no more."""

    checkpoint: Checkpoint
    """The last proven block."""
    blocks: tuple[Block, ...] = ()
    """The blocks since, oldest first."""


def genesis_ledger(parameters: Parameters) -> Ledger:
    """
    Give the state after the genesis block: no notes.

    Requirements:
        PAYY-LEDGER-019
    """
    empty = PersistentTree(depth=parameters.tree_depth)
    return Ledger(height=GENESIS.header.height, block_hash=block_hash(GENESIS), tree=empty)


def extend(ledger: Ledger, block: Block, parameters: Parameters) -> Ledger:
    """
    Append a block: it follows the newest one and states the root that its transactions give.

    Who may propose it, and the signatures, are judged elsewhere (chapter consensus).

    Requirements:
        PAYY-LEDGER-020, PAYY-LEDGER-021, PAYY-LEDGER-022

    Raises:
        SpecError: `LEDGER_HEIGHT_NOT_NEXT`, `LEDGER_PARENT_MISMATCH`, those of `apply_block`,
            `LEDGER_ROOT_MISMATCH`.
    """
    # CHECK
    require(block.header.height == ledger.height + 1, ErrorCode.LEDGER_HEIGHT_NOT_NEXT)
    is_child = block.header.last_block_hash == ledger.block_hash
    require(is_child, ErrorCode.LEDGER_PARENT_MISMATCH)
    applied = apply_block(ledger.tree, block.public_inputs, parameters)
    require(applied.new_root == block.root, ErrorCode.LEDGER_ROOT_MISMATCH)

    # UPDATE
    return Ledger(height=block.header.height, block_hash=block_hash(block), tree=applied.tree)


def build(
    ledger: Ledger,
    transactions: Sequence[ProvenTransaction],
    parameters: Parameters,
    approvals: Sequence[Signature] = (),
) -> Block:
    """
    Make the block that follows, from transactions that it can have (`mempool.choose`).

    The block is as the deployed proposer makes it, and not signed yet. That proposer hands over
    one approval, its own, of the parent.

    Requirements:
        PAYY-LEDGER-016, PAYY-LEDGER-033

    Raises:
        SpecError: `LEDGER_HEIGHT_OUT_OF_RANGE`, and those of `apply_block`.
    """
    # CHECK
    height = checked_height(ledger.height + 1)
    applied = apply_block(ledger.tree, [each.public for each in transactions], parameters)

    # COMPUTE
    header = Header(
        height=height,
        last_block_hash=ledger.block_hash,
        epoch_id=0,
        last_final_block_hash=ledger.block_hash,
        approvals=tuple(approvals),
    )
    return Block(
        header=header,
        root=applied.new_root,
        transactions=tuple(transactions),
        signature=NO_SIGNATURE,
    )


def checkpoint_of(ledger: Ledger) -> Checkpoint:
    """Cut off the history of a ledger."""
    return Checkpoint(
        height=ledger.height,
        block_hash=ledger.block_hash,
        root=ledger.tree.root,
        leaves=tuple(ledger.tree),
    )


def restore(checkpoint: Checkpoint, parameters: Parameters) -> Ledger:
    """
    Rebuild the ledger at a proven block from its leaves.

    Requirements:
        PAYY-LEDGER-023

    Raises:
        SpecError: `MERKLE_ELEMENT_ZERO`, `MERKLE_SLOT_OCCUPIED`, `LEDGER_LEAF_SET_MISMATCH`.
    """
    # CHECK
    tree = tree_of(parameters.tree_depth, checkpoint.leaves)
    require(tree.root == checkpoint.root, ErrorCode.LEDGER_LEAF_SET_MISMATCH)

    # COMPUTE
    return Ledger(height=checkpoint.height, block_hash=checkpoint.block_hash, tree=tree)


def rebuild(archive: Archive, parameters: Parameters) -> Ledger:
    """
    Rebuild the newest ledger: the leaves at the last proven block, then every block since.

    Requirements:
        PAYY-LEDGER-023, PAYY-LEDGER-024

    Raises:
        SpecError: as `restore`, and as `extend` for the first block that does not follow.
    """
    ledger = restore(archive.checkpoint, parameters)
    for block in archive.blocks:
        ledger = extend(ledger, block, parameters)
    return ledger


def prune(archive: Archive, proven: Height, parameters: Parameters) -> Archive:
    """
    Forget what a proven block makes unnecessary: it, all before it, and the older leaf set.

    The blocks after it are kept as they are, without being judged.

    Requirements:
        PAYY-LEDGER-025, PAYY-LEDGER-026

    Raises:
        SpecError: `LEDGER_PROVEN_HEIGHT_UNKNOWN`, and as `rebuild`.
    """
    count = proven - archive.checkpoint.height

    # CHECK
    require(0 <= count <= len(archive.blocks), ErrorCode.LEDGER_PROVEN_HEIGHT_UNKNOWN)

    # COMPUTE
    ledger = rebuild(replace(archive, blocks=archive.blocks[:count]), parameters)

    # UPDATE
    return Archive(checkpoint=checkpoint_of(ledger), blocks=archive.blocks[count:])


def check_data(
    transactions: Sequence[PublicInputs], proven_hash: FieldElement, parameters: Parameters
) -> tuple[FieldElement, ...]:
    """
    Judge whether data are those of a proven block; give the messages that they carry.

    The commit hash binds the commitments and their places; that the messages are those that L1
    acted on is seen by comparing them.

    Requirements:
        PAYY-LEDGER-027

    Raises:
        SpecError: those of `check_transactions`, `LEDGER_DATA_MISMATCH`.
    """
    # CHECK
    check_transactions(transactions, parameters)
    is_bound = commit_hash(transactions, parameters) == proven_hash
    require(is_bound, ErrorCode.LEDGER_DATA_MISMATCH)

    # COMPUTE
    return packed_messages(transactions)
