"""
Safety: what a sequencer may vote for, and when a block is committed.

All that a sequencer has to remember for safety is its safety record. It is written to stable
storage before a vote leaves, and a sequencer that lost everything else can go on from it.

Blocks carry the certificate on their parent. The functions here look at views only, and at whether
one block descends from another; so they are proved for any number of sequencers, blocks and views,
from this source (`payy_ref.assurance.consensus_lemmas`).

Source: Yin et al. 2019, "HotStuff: BFT consensus in the lens of blockchain", algorithms 4 and 5,
in the simplified form (parent and justification are one) of Jehl 2021, "Formal verification of
HotStuff", FORTE.
"""

from dataclasses import dataclass, replace
from typing import Final, NewType

from payy_ref.ledger.sequence import GENESIS, Hash, block_hash

View = NewType("View", int)
"""
Number of an attempt to append a block, with one leader. It stands in the epoch id of the header.
"""

GENESIS_NAME: Final = block_hash(GENESIS)
"""Name of the first block, which is certified and committed by definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRecord:
    """What a sequencer must never forget."""

    retired_view: View
    """It votes in no view up to this one: it voted there, gave up waiting, or is locked above."""
    locked_view: View
    """View of the block that it is locked on."""
    locked_block: Hash
    """Name of that block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A proposed block, as far as the rules of voting look at it."""

    view: View
    """Its view."""
    parent_view: View
    """The view of its parent, on which it carries a certificate."""
    extends_lock: bool
    """
    Whether it descends from the block that the voter is locked on; it does not matter, and may be
    false all the same, if its parent is newer than that block.
    """


GENESIS_RECORD: Final = SafetyRecord(
    retired_view=View(0), locked_view=View(0), locked_block=GENESIS_NAME
)
"""The record of a sequencer that has done nothing yet."""


def is_retired(record: SafetyRecord, view: View) -> bool:
    """
    Tell whether a sequencer votes no more in a view.

    Requirements:
        PAYY-CONSENSUS-008
    """
    return view <= record.retired_view


def respects_lock(record: SafetyRecord, candidate: Candidate) -> bool:
    """
    Tell whether a block may win over the one that a voter is locked on.

    It may if it builds on that block, or if the certificate that it carries is newer: then a quorum
    has left the locked block behind, so it cannot have been committed.

    Requirements:
        PAYY-CONSENSUS-009
    """
    return candidate.extends_lock or candidate.parent_view > record.locked_view


def may_vote(record: SafetyRecord, candidate: Candidate) -> bool:
    """
    Tell whether the rules of voting allow a vote.

    Requirements:
        PAYY-CONSENSUS-008, PAYY-CONSENSUS-009
    """
    return not is_retired(record, candidate.view) and respects_lock(record, candidate)


def retire(record: SafetyRecord, view: View) -> SafetyRecord:
    """
    Vote no more in any view up to this one: after a vote in it, or after waiting for too long.

    Requirements:
        PAYY-CONSENSUS-008
    """
    return replace(record, retired_view=max(record.retired_view, view))


def lock(record: SafetyRecord, view: View, block: Hash) -> SafetyRecord:
    """
    Learn that a child of a block is certified: two in a row, so the block may be committed already.

    The lock only moves to newer views. It retires them: otherwise a sequencer that learns late
    could vote for the very block that it is locked on, with an older certificate than its lock.

    Args:
        record: The record before.
        view: The view of the block.
        block: Its name.

    Requirements:
        PAYY-CONSENSUS-010
    """
    if view <= record.locked_view:
        return record
    return replace(retire(record, view), locked_view=view, locked_block=block)


def is_three_chain(first: View, second: View, third: View) -> bool:
    """
    Tell whether three blocks in a row, of which the last one is certified, commit the first.

    They do if nobody was asked in between: their views are consecutive.

    Requirements:
        PAYY-CONSENSUS-011, PAYY-SETTLEMENT-012
    """
    return second == first + 1 and third == second + 1


def breaks_lock(view: View, locked_view: View, later_view: View, parent_view: View) -> bool:
    """
    Tell whether two votes of one voter show that it broke the rule of the lock.

    Whoever votes for a block is locked on the block's grandparent or on a newer one. A later vote
    for a block whose parent is older than that grandparent then neither extends the lock nor has a
    newer certificate.

    Args:
        view: View of the block that got the first vote.
        locked_view: View of its grandparent.
        later_view: View of the block that got the other vote.
        parent_view: View of that block's parent.

    Requirements:
        PAYY-CONSENSUS-014
    """
    return later_view > view and parent_view < locked_view
