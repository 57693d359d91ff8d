"""
Blocks as the note tree and L1 see them: up to six transactions that change it as a whole.

Places that no transaction takes are padding. They come in groups, since the deployed network
proves each group on its own and then joins the proofs.

Source: deployed `noir/agg_utxo/src/main.nr`, `noir/agg_agg/src/main.nr`,
`pkg/zk-primitives/src/agg_utxo.rs`, `pkg/prover/src/lib.rs`, `pkg/node/src/block.rs`; decisions
0014 to 0016 and 0020.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.hashing import hash_elements
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.note import PADDING_KIND
from payy_ref.ledger.transaction import BURN, MINT, PADDING, SEND, ZERO, Message, PublicInputs
from payy_ref.merkle.tree import AnyTree, Change, changed, changes_of
from payy_ref.parameters import Parameters

EMPTY_PLACE: Final = PublicInputs(
    input_commitments=(ZERO, ZERO), output_commitments=(ZERO, ZERO), message=Message(kind=PADDING)
)
"""What stands at a place without a transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedBlock(Generic[AnyTree]):
    """What a block does, and the public inputs of its proof."""

    tree: AnyTree
    """The note tree afterwards."""
    old_root: FieldElement
    """The root before."""
    new_root: FieldElement
    """The root afterwards."""
    commit_hash: FieldElement
    """What binds the block's data to its proof."""
    messages: tuple[FieldElement, ...]
    """What L1 acts on, without the zeros that fill the message area."""


def apply_block(
    tree: AnyTree, transactions: Sequence[PublicInputs], parameters: Parameters
) -> AppliedBlock[AnyTree]:
    """
    Apply the transactions of a block to the note tree, as a whole or not at all.

    The proofs of the transactions are judged elsewhere (chapter circuits), and what L1 knows of
    mints too (chapter settlement).

    Requirements:
        PAYY-LEDGER-006, PAYY-LEDGER-009

    Raises:
        SpecError: those of `check_transactions`, `MERKLE_ELEMENT_ABSENT`, `MERKLE_SLOT_OCCUPIED`.
    """
    # CHECK
    check_transactions(transactions, parameters)

    # UPDATE
    after = changed(tree, tuple(tree_changes(transactions)))
    return AppliedBlock(
        tree=after,
        old_root=tree.root,
        new_root=after.root,
        commit_hash=commit_hash(transactions, parameters),
        messages=packed_messages(transactions),
    )


def check_transactions(transactions: Sequence[PublicInputs], parameters: Parameters) -> None:
    """
    Judge what can be judged of the transactions of a block without the tree.

    Requirements:
        PAYY-LEDGER-001, PAYY-LEDGER-002, PAYY-LEDGER-003, PAYY-LEDGER-004, PAYY-LEDGER-005,
        PAYY-LEDGER-034

    Raises:
        SpecError: `LEDGER_BLOCK_TOO_LARGE`, `LEDGER_KIND_UNKNOWN`, `LEDGER_MESSAGE_NOT_CARRIED`,
            `LEDGER_VALUE_WITHOUT_KIND`, `LEDGER_PADDING_FIRST`, `LEDGER_LEAF_REPEATED`.
    """
    # CHECK
    require(len(transactions) <= parameters.block_transactions, ErrorCode.LEDGER_BLOCK_TOO_LARGE)
    for transaction in transactions:
        is_known = transaction.message.kind in (PADDING, SEND, MINT, BURN)
        require(is_known, ErrorCode.LEDGER_KIND_UNKNOWN)
        require(is_carried(transaction), ErrorCode.LEDGER_MESSAGE_NOT_CARRIED)
        has_kind = transaction.message.value == 0 or transaction.message.note_kind != PADDING_KIND
        require(has_kind, ErrorCode.LEDGER_VALUE_WITHOUT_KIND)
    require(is_well_grouped(transactions, parameters), ErrorCode.LEDGER_PADDING_FIRST)
    leaves = [leaf for transaction in transactions for leaf in transaction.commitments if leaf]
    require(len(set(leaves)) == len(leaves), ErrorCode.LEDGER_LEAF_REPEATED)


def is_padding(transaction: PublicInputs) -> bool:
    """Tell whether nothing stands at a place."""
    return transaction.message.kind == PADDING


def is_carried(transaction: PublicInputs) -> bool:
    """
    Tell whether the block proof has every public input of a transaction, or fixes it to 0.

    The deployed circuit of a group checks a client's proof against the commitments, the kind and
    the words that it packs for L1, with zeros for the rest. A transaction with anything else in the
    rest has a proof of its own and yet no place in a block.

    Requirements:
        PAYY-LEDGER-003
    """
    if is_padding(transaction):
        return transaction == EMPTY_PLACE
    return not any(transaction.message.words[known_words(transaction.message) :])


def known_words(message: Message) -> int:
    """Count the words of a message that the block proof knows: at least the kind."""
    if message.kind == BURN:
        return 5
    return 4 if message.kind == MINT else 1


def places(
    transactions: Sequence[PublicInputs], parameters: Parameters
) -> tuple[tuple[PublicInputs, ...], ...]:
    """
    Fill the places of a block with padding, and cut it into groups.

    Requirements:
        PAYY-LEDGER-001
    """
    size, count = parameters.group_transactions, parameters.block_transactions
    filled = (*transactions, *[EMPTY_PLACE] * (count - len(transactions)))
    return tuple(filled[start : start + size] for start in range(0, count, size))


def is_well_grouped(transactions: Sequence[PublicInputs], parameters: Parameters) -> bool:
    """
    Tell whether each group begins with a transaction, and all groups of padding come last.

    The deployed circuits check the proof at a first place again in the place of padding.

    Requirements:
        PAYY-LEDGER-004
    """
    groups = places(transactions, parameters)
    in_use = [not all(map(is_padding, group)) for group in groups]
    begin = [not is_padding(group[0]) for group in groups]
    return begin == in_use and all(before or not after for before, after in pairwise(in_use))


def tree_changes(transactions: Sequence[PublicInputs]) -> Iterator[Change]:
    """
    Give the changes to the tree: for each transaction its removals, then its insertions.

    Requirements:
        PAYY-LEDGER-006
    """
    for transaction in transactions:
        yield from changes_of(
            remove=[leaf for leaf in transaction.input_commitments if leaf],
            insert=[leaf for leaf in transaction.output_commitments if leaf],
        )


def commit_hash(transactions: Sequence[PublicInputs], parameters: Parameters) -> FieldElement:
    """
    Bind the commitments of a block: the hash of its groups' hashes.

    Requirements:
        PAYY-LEDGER-007
    """
    groups = places(transactions, parameters)
    return hash_elements([group_hash(group) for group in groups])


def group_hash(group: Sequence[PublicInputs]) -> FieldElement:
    """
    Bind the commitments of a group; 0 for a group of padding, which has no proof.

    Requirements:
        PAYY-LEDGER-007
    """
    if all(map(is_padding, group)):
        return ZERO
    return hash_elements([hash_elements(place.commitments) for place in group])


def packed_messages(transactions: Sequence[PublicInputs]) -> tuple[FieldElement, ...]:
    """
    Give the words for L1, one transaction after the other, without gaps.

    Requirements:
        PAYY-LEDGER-008
    """
    return tuple(
        word
        for transaction in transactions
        if transaction.message.kind in (MINT, BURN)
        for word in transaction.message.words[: known_words(transaction.message)]
    )
