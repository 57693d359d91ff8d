"""The exhaustive search of consensus: its traces, and that it explores what the protocol does."""

import ast
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any, Final

import pytest

from payy_ref.assurance.consensus_search import model
from payy_ref.assurance.consensus_search.full import explore_fully
from payy_ref.assurance.consensus_search.model import (
    FULL_RULES,
    GENESIS_BLOCK,
    Rules,
    Scope,
    SearchBlock,
    Tree,
    block_name,
    find_conflict,
)
from payy_ref.assurance.consensus_search.reduced import explore, shortest_conflict
from payy_ref.assurance.consensus_search.trace import (
    Decision,
    StepKind,
    Trace,
    in_words,
    is_run,
    project,
    reactions_of,
    run_trace,
    with_timeouts,
)
from payy_ref.assurance.consensus_search.weakened import (
    LATE_VOTE,
    WEAKENED,
    WITHOUT_RETIRING,
    Weakening,
    conflict_traces,
    witnesses,
)
from payy_ref.assurance.mutants import mutants_of
from payy_ref.consensus import proposal, safety
from payy_ref.consensus.safety import SafetyRecord, View
from payy_ref.ledger.sequence import GENESIS, NO_HASH
from spec.consensus import test_consensus_search_scenarios as scenarios

IS_THOROUGH: Final = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
"""Whether weakened rules are searched in every order for three views with two proposals each."""

ORDERS: Final = ((2, 2), (3, 1), (3, 2)) if IS_THOROUGH else ((2, 2), (3, 1))
"""Views, and proposals a view, that are searched in every order."""

TWICE_THREE: Final = "1a, 2a on 1a, 3a on 2a, 4a, 5a on 4a, 6a on 5a"
"""Two branches of three views each, one after another."""

SHORTEST: Final = {
    "no_lock_check": f"{TWICE_THREE}: 1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, "
    "1 process 3a, 2 process 3a, 1 process 4a, 2 process 4a, 1 process 5a, 2 process 5a, "
    "1 process 6a, 2 process 6a, 0 learn 3a, 0 learn 6a",
    "two_votes_a_view": "1a, 1b, 2a on 1a, 2b on 1b, 3a on 2a, 3b on 2b: 1 process 1a, "
    "1 process 1b, 2 process 1a, 2 process 1b, 1 process 2a, 1 process 2b, 2 process 2a, "
    "2 process 2b, 1 process 3a, 1 process 3b, 2 process 3a, 2 process 3b, 0 learn 3a, 0 learn 3b",
    "lock_never_moves": f"{TWICE_THREE}: 1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, "
    "1 process 3a, 2 process 3a, 1 process 4a, 2 process 4a, 1 process 5a, 2 process 5a, "
    "1 process 6a, 2 process 6a, 0 learn 3a, 0 learn 6a",
    "lock_moves_back": f"{TWICE_THREE}: 1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, "
    "1 process 3a, 2 process 3a, 2 learn 1a, 0 process 4a, 2 process 4a, 1 process 5a, "
    "2 process 5a, 1 process 6a, 2 process 6a, 0 learn 3a, 0 learn 6a",
    "any_three_in_a_row": "1a, 2a, 3a on 1a, 4a on 2a, 5a on 3a, 6a on 4a: 1 process 1a, "
    "2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a, 1 process 4a, "
    "2 process 4a, 1 process 5a, 2 process 5a, 1 process 6a, 2 process 6a, 0 learn 5a, 0 learn 6a",
    "gap_before_third": "1a, 2a on 1a, 3a, 4a on 3a, 5a on 2a, 6a on 4a: 1 process 1a, "
    "2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a, 1 process 4a, "
    "2 process 4a, 1 process 5a, 2 process 5a, 1 process 6a, 2 process 6a, 0 learn 5a, 0 learn 6a",
    "gap_after_first": "1a, 2a, 3a on 1a, 4a on 3a, 5a on 2a, 6a on 5a: 1 process 1a, "
    "2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a, 1 process 4a, "
    "2 process 4a, 1 process 5a, 2 process 5a, 1 process 6a, 2 process 6a, 0 learn 4a, 0 learn 6a",
    "two_in_a_row": "1a, 2a on 1a, 3a, 4a on 3a: 1 process 1a, 2 process 1a, 1 process 2a, "
    "2 process 2a, 1 process 3a, 2 process 3a, 1 process 4a, 2 process 4a, 0 learn 2a, 0 learn 4a",
    "one_certificate": "1a, 2a: 1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, "
    "0 learn 1a, 0 learn 2a",
    "two_thirds": "1a, 1b, 2a on 1a, 2b on 1b, 3a on 2a, 3b on 2b: 0 process 1a, 1 process 1b, "
    "0 process 2a, 1 process 2b, 0 process 3a, 1 process 3b, 0 learn 3a, 0 learn 3b",
}
"""The shortest conflicts in words; hashes of Python are seeded anew in each run of the tests."""

BY_VOTES: Final = (
    "no_lock_check",
    "two_votes_a_view",
    "lock_never_moves",
    "lock_moves_back",
    "two_thirds",
)
"""Rules under which sequencers decide otherwise; under the others they only commit otherwise."""


def committed_at(trace: Trace, weakening: Weakening) -> list[bytes]:
    """List what the last two steps commit."""
    return [
        name for reaction in run_trace(trace, weakening.rules)[-2:] for name in reaction.committed
    ]


# Traces


def test_shortest_conflicts_are_the_same_in_every_run() -> None:
    """They are those that were found before."""
    assert {name: in_words(trace) for name, trace in conflict_traces().items()} == SHORTEST


@pytest.mark.parametrize("name", WEAKENED)
def test_conflict_is_a_run_that_commits_two_branches(name: str) -> None:
    """Nothing is rejected, every proposal is voted for, and its end commits both blocks."""
    weakening, trace = WEAKENED[name], conflict_traces()[name]
    assert is_run(trace, weakening.rules)
    one, other = trace.committed
    tree = Tree(trace.proposals)
    assert not tree.descends(tree.named[one], other)
    assert not tree.descends(tree.named[other], one)
    assert committed_at(trace, weakening) == [one, other]
    for step, reaction in zip(trace.steps, run_trace(trace, weakening.rules), strict=True):
        assert (reaction.decision == Decision.VOTE) == (step.kind == StepKind.PROCESS)


@pytest.mark.parametrize("name", WEAKENED)
def test_no_conflict_takes_fewer_views(name: str) -> None:
    """With one view less the search finds none."""
    weakening = WEAKENED[name]
    views = max(block.view for block in conflict_traces()[name].proposals)
    scope = replace(weakening.scope, views=views - 1)
    assert shortest_conflict(weakening.rules, scope) is None


@pytest.mark.parametrize("name", BY_VOTES)
def test_full_rules_prevent_the_conflict(name: str) -> None:
    """The trace is no run under them: some certificate on the way does not come about."""
    assert not is_run(conflict_traces()[name], FULL_RULES)


@pytest.mark.parametrize("name", sorted(WEAKENED.keys() - set(BY_VOTES)))
def test_full_rules_commit_nothing_in_conflict(name: str) -> None:
    """Everybody votes as before, and nothing is committed."""
    trace = conflict_traces()[name]
    assert is_run(trace, FULL_RULES)
    assert not any(reaction.committed for reaction in run_trace(trace, FULL_RULES))


def test_each_weakened_rule_has_a_witness() -> None:
    """One sequencer does something that full rules rule out: a last vote, or two commits."""
    assert witnesses().keys() == {*WEAKENED, "without_retiring"}
    for name, witness in witnesses().items():
        decisions = [
            (full.decision, weakened.decision)
            for full, weakened in zip(witness.full, witness.weakened, strict=True)
        ]
        assert len(decisions) == len(witness.projection.given)
        assert all(full == weakened for full, weakened in decisions[:-1])
        if name in {*BY_VOTES, "without_retiring"}:
            assert decisions[-1][0] not in {Decision.VOTE, Decision.NONE}
            assert decisions[-1][1] == Decision.VOTE
        else:
            assert [reaction.committed for reaction in witness.full] == [(), ()]
            assert (
                tuple(name for reaction in witness.weakened for name in reaction.committed)
                == conflict_traces()[name].committed
            )


@pytest.mark.parametrize("name", WEAKENED)
def test_projection_tells_what_the_trace_tells(name: str) -> None:
    """A sequencer that is given its part of a trace does what it does in the trace."""
    trace, rules = conflict_traces()[name], WEAKENED[name].rules
    together = list(zip(trace.steps, run_trace(trace, rules), strict=True))
    for sequencer in range(trace.honest):
        alone = reactions_of(project(trace, rules, sequencer), rules)
        assert alone == tuple(each for step, each in together if step.sequencer == sequencer)


@pytest.mark.parametrize("name", WEAKENED)
def test_timeouts_change_no_decision(name: str) -> None:
    """With them each sequencer acts in every view, and decides and commits as without."""
    weakening, trace = WEAKENED[name], conflict_traces()[name]
    patient = with_timeouts(trace)
    kept = [
        (step, reaction.decision, reaction.committed)
        for step, reaction in zip(patient.steps, run_trace(patient, weakening.rules), strict=True)
        if step.kind != StepKind.TIMEOUT
    ]
    before = [
        (step, reaction.decision, reaction.committed)
        for step, reaction in zip(trace.steps, run_trace(trace, weakening.rules), strict=True)
    ]
    assert kept == before
    acted = {(step.sequencer, step.view) for step in patient.steps if step.kind != StepKind.LEARN}
    views = {block.view for block in trace.proposals}
    assert acted == set(product(range(trace.honest), views))


# Raising the lock without retiring


def test_late_vote_needs_a_lock_that_retires_nothing() -> None:
    """Sequencer 0 votes for a block whose parent is older than its lock; full rules forbid it."""
    assert is_run(LATE_VOTE, WITHOUT_RETIRING.rules)
    assert is_run(LATE_VOTE, FULL_RULES)
    vote = run_trace(LATE_VOTE, WITHOUT_RETIRING.rules)[-1]
    assert vote.decision == Decision.VOTE
    tree = Tree(LATE_VOTE.proposals)
    voted = tree.named[LATE_VOTE.steps[-1].block or NO_HASH]
    assert tree.named[voted.parent].view < vote.record.locked_view
    assert run_trace(LATE_VOTE, FULL_RULES)[-1].decision == Decision.VIEW_RETIRED


@pytest.mark.parametrize(("views", "variants"), ORDERS)
def test_late_votes_go_to_certified_blocks(views: int, variants: int) -> None:
    """In every order of steps: so they make no certificate that there would not be anyway."""
    late_votes = 0

    def watch(tree: Tree, record: SafetyRecord, block: SearchBlock) -> None:
        nonlocal late_votes
        carried = tree.named[block.parent]
        learned = model.learn(WITHOUT_RETIRING.rules, tree, record, carried)
        if block.view <= learned.locked_view:
            assert block.name == learned.locked_block
            assert block in tree.blocks
            late_votes += 1

    scope = Scope(views=views, variants=variants)
    without = explore_fully(WITHOUT_RETIRING.rules, scope, watch)
    assert late_votes > 0
    assert without.shapes == explore_fully(FULL_RULES, scope).shapes
    assert without.states > explore_fully(FULL_RULES, scope).states


def test_without_retiring_no_conflict_is_found() -> None:
    """The search by views finds none in six views."""
    assert shortest_conflict(WITHOUT_RETIRING.rules, WITHOUT_RETIRING.scope) is None


# The searches


@pytest.mark.parametrize(("views", "variants"), ORDERS)
@pytest.mark.parametrize("name", [*WEAKENED, "without_retiring"])
def test_both_searches_agree_under_weakened_rules(name: str, views: int, variants: int) -> None:
    """They reach the same trees of certified blocks, as far as the search by views goes."""
    weakening = {**WEAKENED, "without_retiring": WITHOUT_RETIRING}[name]
    if name == "two_votes_a_view" and (views, variants) == (3, 2):
        variants = 1  # with two there are too many orders
    scope = replace(weakening.scope, views=views, variants=variants)
    by_views = explore(weakening.rules, scope)
    scope = replace(scope, views=len(by_views.states))
    every_order = explore_fully(weakening.rules, scope)
    assert every_order.shapes == by_views.shapes
    assert (every_order.conflicts > 0) == (by_views.conflict is not None)


def test_every_order_finds_the_conflict_as_well() -> None:
    """With two thirds as a quorum three views are enough."""
    weakening = WEAKENED["two_thirds"]
    scope = replace(weakening.scope, views=3)
    every_order, by_views = explore_fully(weakening.rules, scope), explore(weakening.rules, scope)
    assert every_order.shapes == by_views.shapes
    assert every_order.conflicts > 0
    assert by_views.conflict is not None


def test_conflicts_are_told_from_branches() -> None:
    """Two committed blocks of one branch are none, and two of different branches are one."""
    branch = branch_of(1, 2, 3, 4)
    assert find_conflict(FULL_RULES, Tree(branch)) is None
    conflict = find_conflict(FULL_RULES, Tree((*branch, *branch_of(5, 6, 7))))
    assert conflict is not None
    assert [block.view for block in conflict.committed] == [1, 5]
    assert [block.view for block in conflict.certified] == [3, 7]
    assert find_conflict(FULL_RULES, Tree((*branch, *branch_of(5, 6, 8)))) is None


def branch_of(*views: int) -> tuple[SearchBlock, ...]:
    """Build blocks on each other, from the first block on."""
    parent = GENESIS_BLOCK
    blocks = []
    for view in views:
        parent = SearchBlock(view=View(view), name=block_name(view, 0), parent=parent.name)
        blocks.append(parent)
    return tuple(blocks)


# Faults in the source


SURVIVORS: Final[dict[str, list[str]]] = {
    "is_retired": [],
    "respects_lock": [
        "candidate.parent_view > record.locked_view -> candidate.parent_view >= record.locked_view"
    ],
    "may_vote": [],
    "retire": [],
    "lock": [
        "view <= record.locked_view -> view < record.locked_view",
        "retire(record, view) -> record",
    ],
    "is_three_chain": [],
}
"""
For each function, the faults that change nothing in six views.

Two of them speak about two certified blocks of one view, which full rules exclude. The third one is
`WITHOUT_RETIRING`.
"""

FAULTY: Final = tuple(SURVIVORS) if IS_THOROUGH else ("is_retired", "retire")
"""The functions whose faults are searched with; in a quick run those with the quickest ones."""


@pytest.mark.parametrize("name", FAULTY)
def test_faults_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one small fault in a function there is a conflict, or other blocks, or an exception."""
    sound = explore(FULL_RULES)
    survivors = []
    for mutant in mutants_of(getattr(safety, name)):
        tree = ast.fix_missing_locations(ast.Module([mutant.definition], []))
        made: dict[str, Any] = {}
        exec(compile(tree, mutant.description, "exec"), vars(safety), made)  # noqa: S102
        with monkeypatch.context() as patch:
            patch.setattr(safety, name, made[name])
            rules = Rules(
                may_vote=safety.may_vote,
                retire=safety.retire,
                lock=safety.lock,
                is_chain=safety.is_three_chain,
            )
            try:
                found = explore(rules)
            except AttributeError:
                continue
        is_same = found.shapes == sound.shapes and found.most_committed == sound.most_committed
        if found.conflict is None and is_same:
            survivors.append(mutant.description)
    assert survivors == SURVIVORS[name]


# What is explored is what the protocol does


NEWEST_VIEW: Final = 4
"""Of the trees for the comparison."""


def trees(view: int = NEWEST_VIEW) -> list[Tree]:
    """List the trees with at most one block in each view."""
    if view == 0:
        return [Tree(())]
    smaller = trees(view - 1)
    grown = [
        tree.grown(SearchBlock(view=View(view), name=block_name(view, 0), parent=parent.name))
        for tree in smaller
        for parent in (GENESIS_BLOCK, *tree.blocks)
    ]
    return [*smaller, *grown]


def head_of(block: SearchBlock) -> proposal.BlockHead:
    """Give the head of a block, as far as the rules look at it."""
    header = replace(GENESIS.header, last_block_hash=block.parent, epoch_id=block.view)
    return proposal.BlockHead(header=header, root=NO_HASH, name=block.name)


def records(tree: Tree) -> Iterator[SafetyRecord]:
    """List the records whose lock is in a tree, and has retired its views."""
    for locked in (GENESIS_BLOCK, *tree.blocks):
        for retired in range(locked.view, NEWEST_VIEW + 1):
            yield SafetyRecord(
                retired_view=View(retired), locked_view=locked.view, locked_block=locked.name
            )


def test_proposals_are_processed_as_the_protocol_does() -> None:
    """The record and the answer are those of the protocol, whatever the tree and the record."""
    answers = set()
    for tree in trees():
        known = (GENESIS_BLOCK, *tree.blocks)
        for parent, view in product(known, range(1, NEWEST_VIEW + 2)):
            if view <= parent.view:
                continue
            block = SearchBlock(view=View(view), name=block_name(view, 1), parent=parent.name)
            ancestors = [head_of(each) for each in tree.branch(parent)]
            for record in records(tree):
                learned = proposal.learn(record, ancestors)
                candidate = proposal.candidate_of(block.view, ancestors[0], learned)
                decision = proposal.decide(learned, candidate)
                processed = model.process(FULL_RULES, tree, record, block)
                assert processed == (decision.record, decision.abstention is None)
                answers.add(decision.abstention)
    assert answers == {None, *proposal.Abstention}


def test_certificates_do_what_they_do_in_the_protocol() -> None:
    """They lock and commit as there, whatever the tree and the record."""
    commits = set()
    for tree in trees():
        for certified in tree.blocks:
            chain = [head_of(each) for each in tree.branch(certified)]
            committed = proposal.committed_by(chain)
            same = model.committed_by(FULL_RULES, tree, certified)
            assert (committed and committed.name) == (same and same.name)
            commits.add(same)
            for record in records(tree):
                learned = model.learn(FULL_RULES, tree, record, certified)
                assert learned == proposal.learn(record, chain)
    assert len(commits) > NEWEST_VIEW - 1


@pytest.mark.parametrize("name", scenarios.FOUND)
def test_the_vectors_have_what_is_found(name: str) -> None:
    """The runs that the scenarios of the chapter give to sequencers are those of the search."""
    found = {**conflict_traces(), "without_retiring": LATE_VOTE}
    assert in_words(scenarios.trace_of(name)) == in_words(found[name])
    assert set(scenarios.FOUND) == set(found)
