"""Agreement in every run of a few sequencers, by the functions that run."""

import os
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Final

import pytest

from payy_ref.assurance.consensus_search.full import explore_fully
from payy_ref.assurance.consensus_search.model import FULL_RULES, QUICK_SCOPE, Scope, Shape
from payy_ref.assurance.consensus_search.reduced import explore
from payy_ref.assurance.consensus_search.weakened import WEAKENED, Weakening
from payy_ref.assurance.evidence import evidence
from payy_ref.consensus.safety import GENESIS_RECORD, Candidate, SafetyRecord, View, may_vote
from payy_ref.ledger.sequence import Hash

IS_THOROUGH: Final = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
"""Whether the long searches run as well."""

SEVEN_SEQUENCERS: Final = Scope(honest=5, byzantine=2)
"""The next size at which one more may be dishonest."""

LONG_SCOPES: Final = (Scope(views=7), Scope(views=8)) if IS_THOROUGH else ()
"""What takes minutes."""

THREE_VIEWS: Final = Scope(views=3)
"""Where every order of steps can be searched."""

LONG_ORDERS: Final = (Scope(views=4, variants=1),) if IS_THOROUGH else ()
"""The same with one proposal a view."""

NEWEST_VIEW: Final = 5
"""Of the records and blocks that the search by views is argued with."""


ALL_SCOPES: Final = (QUICK_SCOPE, SEVEN_SEQUENCERS, *LONG_SCOPES)
"""What is searched view by view."""

BOUND: Final = "4 equal sequencers with 1 dishonest, 7 with 2; 6 views with 2 proposals each"
"""The least of it, in words."""

explored = cache(explore)


@evidence("PAYY-CONSENSUS-T01", exhaustive=BOUND)
@pytest.mark.parametrize("scope", ALL_SCOPES, ids=str)
def test_no_two_committed_blocks_conflict(scope: Scope) -> None:
    """
    Whatever is committed is on one branch.

    It says something: blocks are committed in four views of six, and some certified blocks are
    left behind.
    """
    found = explored(FULL_RULES, scope)
    assert found.conflict is None
    assert len(found.states) == scope.views
    assert found.most_committed == scope.views - 2
    assert found.abandons_certified


@evidence("PAYY-CONSENSUS-T02", exhaustive=BOUND)
@pytest.mark.parametrize("scope", ALL_SCOPES, ids=str)
def test_one_block_a_view_is_certified(scope: Scope) -> None:
    """The certified blocks have different views; there are as many as views at most."""
    shapes = explored(FULL_RULES, scope).shapes
    views = [sorted(views_of(shape)) for shape in shapes]
    assert all(len(each) == len(set(each)) for each in views)
    assert max(map(len, views)) == scope.views + 1


def views_of(shape: Shape) -> Iterator[int]:
    """List the views of all blocks, that of the first one included."""
    view, children = shape
    yield view
    for child in children:
        yield from views_of(child)


@evidence("PAYY-CONSENSUS-T01", part="going view by view misses no tree of certified blocks")
@pytest.mark.parametrize("scope", [THREE_VIEWS, *LONG_ORDERS], ids=str)
def test_going_view_by_view_misses_nothing(scope: Scope) -> None:
    """Every order of steps leads to the same trees as the search by views does."""
    every_order = explore_fully(FULL_RULES, scope)
    assert every_order.conflicts == 0
    for learns_alone in (False, True):
        assert explore(FULL_RULES, scope, learns_alone=learns_alone).shapes == every_order.shapes


@evidence("PAYY-CONSENSUS-T01", part="a rule that is removed leads to a conflict")
@pytest.mark.parametrize("weakening", WEAKENED.values(), ids=WEAKENED)
def test_each_rule_is_needed(weakening: Weakening) -> None:
    """With one rule weakened the same search finds two committed blocks in conflict."""
    assert explore(weakening.rules, weakening.scope).conflict is not None


def block_of(view: int) -> Hash:
    """Name the one certified block of a view."""
    return Hash(bytes([view])) if view else GENESIS_RECORD.locked_block


def records() -> list[SafetyRecord]:
    """List the records in which the lock has retired its views, with one block a view."""
    return [
        SafetyRecord(
            retired_view=View(retired), locked_view=View(locked), locked_block=block_of(locked)
        )
        for retired in range(NEWEST_VIEW + 1)
        for locked in range(retired + 1)
    ]


def is_lower(one: SafetyRecord, other: SafetyRecord) -> bool:
    """Tell whether a record knows no more than another one; blocks are as old as their views."""
    return one.retired_view <= other.retired_view and one.locked_view <= other.locked_view


def candidates(lower: SafetyRecord, higher: SafetyRecord) -> list[tuple[Candidate, Candidate]]:
    """
    List every block as two records may see it.

    Who extends a lock has a parent that is not older, or is the block itself. Of one lock both say
    the same.
    """
    views = range(1, NEWEST_VIEW + 2)
    found = []
    for view, parent_view in product(views, range(NEWEST_VIEW + 1)):
        for extends_lower, extends_higher in product((False, True), repeat=2):
            is_same_lock = lower.locked_view == higher.locked_view
            sees = [(lower, extends_lower), (higher, extends_higher)]
            is_possible = all(
                not extends or parent_view >= record.locked_view or view == record.locked_view
                for record, extends in sees
            )
            if parent_view >= view or not is_possible:
                continue
            if is_same_lock and extends_lower != extends_higher:
                continue
            one, other = (
                Candidate(view=View(view), parent_view=View(parent_view), extends_lock=extends)
                for _, extends in sees
            )
            found.append((one, other))
    return found


def test_who_knows_less_may_vote_for_more() -> None:
    """A vote that a record allows is allowed by every lower one."""
    allowed = 0
    for lower, higher in product(records(), repeat=2):
        if is_lower(lower, higher):
            for one, other in candidates(lower, higher):
                if may_vote(higher, other):
                    assert may_vote(lower, one)
                    allowed += 1
    assert allowed > 0


def test_learning_and_giving_up_keep_the_order_of_records() -> None:
    """They lead to a higher record that has retired the views of its lock, and keep the order."""
    retire, lock = FULL_RULES.retire, FULL_RULES.lock
    known = set(records())
    for view in map(View, range(NEWEST_VIEW + 1)):
        block = block_of(view)
        for record in known:
            for after in (retire(record, view), lock(record, view, block)):
                assert after in known
                assert is_lower(record, after)
        for lower, higher in product(known, repeat=2):
            if is_lower(lower, higher):
                assert is_lower(retire(lower, view), retire(higher, view))
                assert is_lower(lock(lower, view, block), lock(higher, view, block))
