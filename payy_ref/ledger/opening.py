"""
Openings of a commit hash: what shows which transactions stand in a block.

The commit hash is a small tree: places are hashed to groups, groups to the commit hash. An opening
has the hashes of all places.
"""

from collections.abc import Sequence

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.hashing import hash_elements
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.block import is_padding, places
from payy_ref.ledger.transaction import ZERO, PublicInputs
from payy_ref.parameters import Parameters

Opening = tuple[tuple[FieldElement, ...], ...]
"""For each group of a block the hashes of its places, or nothing for a group of padding."""


def place_hash(transaction: PublicInputs) -> FieldElement:
    """
    Hash what stands at a place: its four commitments.

    Requirements:
        PAYY-LEDGER-007
    """
    return hash_elements(transaction.commitments)


def opened_commit_hash(opening: Opening, parameters: Parameters) -> FieldElement:
    """
    Compute the commit hash of a block with these places.

    Requirements:
        PAYY-QUEUE-009

    Raises:
        SpecError: `QUEUE_OPENING_SHAPE`.
    """
    # CHECK
    is_shaped = len(opening) == parameters.block_groups and all(
        len(group) in (0, parameters.group_transactions) for group in opening
    )
    require(is_shaped, ErrorCode.QUEUE_OPENING_SHAPE)

    # COMPUTE
    return hash_elements([hash_elements(group) if group else ZERO for group in opening])


def opening_of(transactions: Sequence[PublicInputs], parameters: Parameters) -> Opening:
    """Open the commit hash of a block."""
    return tuple(
        () if all(map(is_padding, group)) else tuple(map(place_hash, group))
        for group in places(transactions, parameters)
    )
