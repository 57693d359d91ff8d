"""The rules with one of them removed or bent, and the shortest runs in which that shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Final

from payy_ref.assurance.consensus_search.model import (
    FULL_RULES,
    Rules,
    Scope,
    SearchBlock,
    block_name,
)
from payy_ref.assurance.consensus_search.reduced import shortest_conflict
from payy_ref.assurance.consensus_search.trace import (
    Projection,
    Reaction,
    Step,
    StepKind,
    Trace,
    project,
    reactions_of,
    run_trace,
)
from payy_ref.consensus.safety import (
    GENESIS_NAME,
    Candidate,
    SafetyRecord,
    View,
    is_retired,
    respects_lock,
)
from payy_ref.ledger.sequence import Hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakening:
    """Rules with one of them removed or bent."""

    meaning: str
    """What is different, in words."""
    rules: Rules
    """The rules."""
    scope: Scope = field(default_factory=Scope)
    """How far to search."""


def _ignores_lock(record: SafetyRecord, candidate: Candidate) -> bool:
    return not is_retired(record, candidate.view)


def _votes_again(record: SafetyRecord, candidate: Candidate) -> bool:
    is_over = candidate.view < record.retired_view
    return not is_over and respects_lock(record, candidate)


def _stays_unlocked(record: SafetyRecord, view: View, block: Hash) -> SafetyRecord:
    del view, block
    return record


def _locks_on_anything(record: SafetyRecord, view: View, block: Hash) -> SafetyRecord:
    retired = max(record.retired_view, view)
    return SafetyRecord(retired_view=retired, locked_view=view, locked_block=block)


def _locks_without_retiring(record: SafetyRecord, view: View, block: Hash) -> SafetyRecord:
    if view <= record.locked_view:
        return record
    return replace(record, locked_view=view, locked_block=block)


def _anything(*views: View) -> bool:
    return len(views) > 0


def _first_two_consecutive(first: View, second: View, third: View) -> bool:
    return first + 1 == second < third


def _last_two_consecutive(first: View, second: View, third: View) -> bool:
    return first < second == third - 1


def _consecutive(first: View, second: View) -> bool:
    return second == first + 1


def _two_thirds(stake: int, total: int) -> bool:
    return 3 * stake >= 2 * total


WEAKENED: Final[Mapping[str, Weakening]] = MappingProxyType(
    {
        "no_lock_check": Weakening(
            meaning="a vote needs no respect for the lock",
            rules=replace(FULL_RULES, may_vote=_ignores_lock),
        ),
        "two_votes_a_view": Weakening(
            meaning="a vote in a view does not rule out another one in it",
            rules=replace(FULL_RULES, may_vote=_votes_again),
        ),
        "lock_never_moves": Weakening(
            meaning="learning a certificate changes nothing",
            rules=replace(FULL_RULES, lock=_stays_unlocked),
        ),
        "lock_moves_back": Weakening(
            meaning="the lock follows every certificate, older ones included",
            rules=replace(FULL_RULES, lock=_locks_on_anything),
        ),
        "any_three_in_a_row": Weakening(
            meaning="three blocks in a row commit, whatever their views",
            rules=replace(FULL_RULES, is_chain=_anything),
        ),
        "gap_before_third": Weakening(
            meaning="of three blocks in a row only the first two need consecutive views",
            rules=replace(FULL_RULES, is_chain=_first_two_consecutive),
        ),
        "gap_after_first": Weakening(
            meaning="of three blocks in a row only the last two need consecutive views",
            rules=replace(FULL_RULES, is_chain=_last_two_consecutive),
        ),
        "two_in_a_row": Weakening(
            meaning="two blocks in a row commit the first, if their views are consecutive",
            rules=replace(FULL_RULES, chain_length=2, is_chain=_consecutive),
        ),
        "one_certificate": Weakening(
            meaning="a certificate commits its block",
            rules=replace(FULL_RULES, chain_length=1, is_chain=_anything),
        ),
        "two_thirds": Weakening(
            meaning="two thirds of the stake are a quorum, not only more than that",
            rules=replace(FULL_RULES, is_quorum=_two_thirds),
            scope=Scope(honest=2, byzantine=1),
        ),
    }
)
"""Rules under which two committed blocks conflict, by what was done to them."""

WITHOUT_RETIRING: Final = Weakening(
    meaning="raising the lock retires no views",
    rules=replace(FULL_RULES, lock=_locks_without_retiring),
)
"""
Rules that break an invariant, but no agreement.

What they allow and full rules do not is a vote in a view that is not above the lock. Such a block
has no parent newer than the lock, so it has to build on the locked block; only that block itself
does, in these views. It has a certificate already, and the vote makes no new one. But the voter may
have voted before, in an older view, with a lock that is newer than the parent of this block.
"""


def _late_vote() -> Trace:
    """Let sequencer 0 learn that a child of a block is certified, and then process the block."""
    first = SearchBlock(view=View(1), name=block_name(1, 0), parent=GENESIS_NAME)
    second = SearchBlock(view=View(2), name=block_name(2, 0), parent=first.name)
    process, learn = StepKind.PROCESS, StepKind.LEARN
    order = (
        (1, process, first),
        (2, process, first),
        (1, process, second),
        (2, process, second),
        (0, learn, second),
        (0, process, first),
    )
    return Trace(
        honest=3,
        byzantine=1,
        proposals=(first, second),
        steps=tuple(
            Step(sequencer=sequencer, kind=kind, block=block.name, view=block.view)
            for sequencer, kind, block in order
        ),
        committed=(),
    )


LATE_VOTE: Final = _late_vote()
"""Without retiring, sequencer 0 votes last, for a block with a parent older than its lock."""


@cache
def conflict_traces() -> Mapping[str, Trace]:
    """
    Find a shortest conflict for each of the weakened rules, by their names.

    Fewest views come first, then fewest steps; the last two steps only show both commits to
    sequencer 0. The traces are the same in every run.
    """
    traces = {
        name: shortest_conflict(weakening.rules, weakening.scope)
        for name, weakening in WEAKENED.items()
    }
    return MappingProxyType({name: trace for name, trace in traces.items() if trace is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What one honest sequencer does that tells full rules from weakened ones."""

    projection: Projection
    """What it is given."""
    full: tuple[Reaction, ...]
    """What it does by full rules, step by step."""
    weakened: tuple[Reaction, ...]
    """What it does by weakened rules, step by step."""


def witness_of(trace: Trace, rules: Rules) -> Witness | None:
    """
    Look at the sequencer that is the first to do something else than full rules say.

    If it decides otherwise, what it is given ends there, since what follows cannot happen under
    full rules. If it only commits otherwise, all of it can.
    """
    runs = zip(trace.steps, run_trace(trace, FULL_RULES), run_trace(trace, rules), strict=True)
    for step, full, weakened in runs:
        if _visible(full) != _visible(weakened):
            projection = project(trace, rules, step.sequencer)
            return _until_decision(projection, rules)
    return None


def _visible(reaction: Reaction) -> tuple[str, tuple[Hash, ...]]:
    return reaction.decision, reaction.committed


def _until_decision(projection: Projection, rules: Rules) -> Witness:
    """Compare two sequencers until they decide differently."""
    full, weakened = reactions_of(projection, FULL_RULES), reactions_of(projection, rules)
    end = len(full)
    for place, (one, other) in enumerate(zip(full, weakened, strict=True), start=1):
        if one.decision != other.decision:
            end = place
            break
    return Witness(
        projection=replace(projection, given=projection.given[:end]),
        full=full[:end],
        weakened=weakened[:end],
    )


@cache
def witnesses() -> Mapping[str, Witness]:
    """Give a witness for each of the weakened rules, and for those without retiring."""
    runs = [(name, trace, WEAKENED[name].rules) for name, trace in conflict_traces().items()]
    runs.append(("without_retiring", LATE_VOTE, WITHOUT_RETIRING.rules))
    found = {name: witness_of(trace, rules) for name, trace, rules in runs}
    return MappingProxyType({name: each for name, each in found.items() if each is not None})
