"""
Openings of a commit hash: what shows that a transaction stands at a place of a block.

The commit hash is a small tree: places are hashed to groups, groups to the commit hash. An opening
has the hashes of what stands beside the transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.hashing import hash_elements
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.block import group_hash, places
from payy_ref.ledger.transaction import PublicInputs
from payy_ref.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitOpening:
    """Where a transaction stands in a block, and what stands beside it."""

    place: int
    """Its place among all places of the block, from 0."""
    places: tuple[FieldElement, ...]
    """The hashes of the other places of its group, in order."""
    groups: tuple[FieldElement, ...]
    """The hashes of the other groups, in order."""


def opened_commit_hash(
    commitments: Sequence[FieldElement], opening: CommitOpening, parameters: Parameters
) -> FieldElement:
    """
    Compute the commit hash of a block with these commitments at the opened place.

    Requirements:
        PAYY-QUEUE-009

    Raises:
        SpecError: `QUEUE_OPENING_SHAPE`.
    """
    # CHECK
    is_shaped = (
        opening.place < parameters.block_transactions
        and len(opening.places) == parameters.group_transactions - 1
        and len(opening.groups) == parameters.block_groups - 1
    )
    require(is_shaped, ErrorCode.QUEUE_OPENING_SHAPE)

    # COMPUTE
    group, place = divmod(opening.place, parameters.group_transactions)
    own_place = hash_elements(commitments)
    own_group = hash_elements([*opening.places[:place], own_place, *opening.places[place:]])
    return hash_elements([*opening.groups[:group], own_group, *opening.groups[group:]])


def opening_of(
    transactions: Sequence[PublicInputs], place: int, parameters: Parameters
) -> CommitOpening:
    """Open the commit hash of a block at one of its places that has a transaction."""
    groups = places(transactions, parameters)
    group, own = divmod(place, parameters.group_transactions)
    hashes = [hash_elements(each.commitments) for each in groups[group]]
    others = [group_hash(each) for each in groups]
    return CommitOpening(
        place=place,
        places=(*hashes[:own], *hashes[own + 1 :]),
        groups=(*others[:group], *others[group + 1 :]),
    )
