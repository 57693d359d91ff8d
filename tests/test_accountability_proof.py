"""The proof that evidence finds the guilty and no others: both engines, and what it needs."""

import ast
import itertools
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
import z3  # type: ignore[import-untyped]

from payy_ref.assurance import accountability_lemmas
from payy_ref.assurance.accountability_lemmas import is_one_view
from payy_ref.assurance.mutants import mutants_of
from payy_ref.assurance.obligations import REGISTRY, refutation
from payy_ref.assurance.solvers import ENGINES, Verdict, ask_z3
from payy_ref.assurance.source_hash import Function, global_names
from payy_ref.assurance.symbolic import Term, Translator
from payy_ref.consensus.evidence import Evidence, Offence, SignedHead, is_offence
from payy_ref.consensus.messages import Persist
from payy_ref.consensus.proposal import BlockHead, block_head, head_of
from payy_ref.consensus.safety import breaks_lock, is_three_chain
from payy_ref.consensus.state import execute_with
from payy_ref.consensus.validators import is_quorum
from payy_ref.ledger.sequence import NO_HASH, NO_SIGNATURE, Header, Height
from payy_ref.parameters import Preset, load_preset
from payy_ref.testing.consensus_history import (
    Committee,
    equal_set,
    proposals_in,
    small_network,
    votes_in,
)
from payy_ref.testing.settlement_history import signers

LEMMAS: Final = {
    obligation.name.removeprefix("accountability_lemmas."): obligation
    for obligation in REGISTRY
    if obligation.name.startswith(f"{accountability_lemmas.__name__.rpartition('.')[2]}.")
}

FRAMING: Final = "votes_of_the_honest_are_no_evidence.voting"
ESCAPE: Final = "newer_block_beside_shows_a_broken_lock"


# Lemmas


@pytest.mark.parametrize("name", LEMMAS)
def test_both_engines_prove(name: str) -> None:
    """Each lemma is proved by both engines."""
    read = Translator()
    question = refutation(read, LEMMAS[name].statement(read))
    answers = {engine: ask(question) for engine, ask in ENGINES.items()}
    assert answers == dict.fromkeys(ENGINES, Verdict.UNSATISFIABLE)


def breaks(name: str, faulty: ast.FunctionDef) -> bool:
    """Tell whether a lemma is false of another `breaks_lock`."""
    read = Translator(mutants={breaks_lock: faulty})
    return ask_z3(refutation(read, LEMMAS[name].statement(read))) is Verdict.SATISFIABLE


def lock_rule(body: str) -> ast.FunctionDef:
    """Write another `breaks_lock`."""
    text = f"def breaks_lock(view, locked_view, later_view, parent_view): return {body}"
    (written,) = ast.parse(text).body
    assert isinstance(written, ast.FunctionDef)
    return written


def test_every_fault_in_the_lock_rule_breaks_a_lemma() -> None:
    """Whatever small thing is wrong in `breaks_lock`, some lemma is false then."""
    faults = mutants_of(breaks_lock)
    assert faults
    unnoticed = [
        fault.description
        for fault in faults
        if not any(breaks(name, fault.definition) for name in LEMMAS)
    ]
    assert unnoticed == []


STRICTER: Final = (
    "False",
    "later_view > view and parent_view < locked_view - 1",
    "later_view > view + 1 and parent_view < locked_view",
    "later_view > view and parent_view < locked_view and parent_view > 0",
)
"""What finds fewer broken locks."""

LAXER: Final = (
    "later_view > view and parent_view <= locked_view",
    "later_view > view and parent_view < view",
    "parent_view < locked_view",
    "later_view > view",
)
"""What calls more a broken lock."""


@pytest.mark.parametrize("body", STRICTER)
def test_stricter_rule_lets_a_conflict_escape(body: str) -> None:
    """If fewer broken locks are found, a conflict may show nobody to be guilty."""
    assert breaks(ESCAPE, lock_rule(body))
    assert not breaks(FRAMING, lock_rule(body))


@pytest.mark.parametrize("body", LAXER)
def test_laxer_rule_frames_the_honest(body: str) -> None:
    """If more is called a broken lock, somebody honest breaks one."""
    assert breaks(FRAMING, lock_rule(body))


# What the lemmas say of evidence is what `is_offence` says


def head(view: int, place: int) -> BlockHead:
    """Give a block of a view; the place makes its name another one."""
    header = Header(
        height=Height(place),
        last_block_hash=NO_HASH,
        epoch_id=view,
        last_final_block_hash=NO_HASH,
        approvals=(),
    )
    return block_head(header, NO_HASH)


HEADS: Final = {
    (view, place): head(view, place) for view, place in itertools.product(range(4), range(5))
}


def evidence_of(offence: Offence, views: tuple[int, ...]) -> Evidence:
    """Show two blocks, by the views of one, its grandparent, the other one and its parent."""
    first, locked, second, parent = (HEADS[view, place] for place, view in enumerate(views))
    signed = [SignedHead(head=each, signature=NO_SIGNATURE) for each in (first, second)]
    is_lock = offence is Offence.BROKEN_LOCK
    return Evidence(
        offence=offence,
        first=signed[0],
        second=signed[1],
        ancestors=(HEADS[2, 4], locked, parent) if is_lock else (),
    )


def is_as_in_the_lemmas(judge: Callable[[Evidence], bool]) -> bool:
    """Tell whether a judge of evidence says what the lemmas say, for all views below 4."""
    read = Translator()
    for views in itertools.product(range(4), repeat=4):
        view, _, later_view, _ = views
        of_one_view = is_one_view(view, later_view)
        expected = {
            Offence.DOUBLE_PROPOSAL: of_one_view,
            Offence.DOUBLE_VOTE: of_one_view,
            Offence.BROKEN_LOCK: read.call(breaks_lock, *views),
        }
        if any(judge(evidence_of(kind, views)) != holds for kind, holds in expected.items()):
            return False
    return True


def compiled(function: Function, faulty: ast.FunctionDef) -> Callable[[Evidence], bool]:
    """Give a function with another body."""
    names: dict[str, Any] = dict(global_names(function))
    module = ast.fix_missing_locations(ast.Module([faulty], []))
    exec(compile(module, "<fault>", "exec"), names)  # noqa: S102
    made: Callable[[Evidence], bool] = names[faulty.name]
    return made


def test_evidence_is_that_of_the_lemmas() -> None:
    """The code judges views as the lemmas do; with any small fault it does not."""
    assert is_as_in_the_lemmas(is_offence)
    faults = mutants_of(is_offence)
    assert faults
    for fault in faults:
        judge = compiled(is_offence, fault.definition)
        try:
            is_unnoticed = is_as_in_the_lemmas(judge)
        except ValueError:
            # It takes ancestors where there are none.
            is_unnoticed = False
        assert not is_unnoticed, fault.description


def test_leaders_vote_for_what_they_propose() -> None:
    """A proposal comes with the leader's vote, after a record that retires the view is stored."""
    keys = signers(4)
    parameters = load_preset(Preset.MINIMAL)
    committee = Committee(keys=keys, sets=(equal_set(keys),))
    # One is silent, so that views fail as well.
    network = small_network(committee, parameters, execute_with(parameters), without=[2])
    network.start()
    for _ in range(4):
        network.deliver_all(until=lambda: network.view > 12)
        for who in network.settings:
            network.expire(who)
    steps = [effects for each in network.effects.values() for effects in each]
    proposing = [effects for effects in steps if list(proposals_in(effects))]
    assert len(proposing) > 3
    for effects in proposing:
        (block,) = proposals_in(effects)
        stored = effects[0]
        assert isinstance(stored, Persist)
        assert stored.record.retired_view >= block.header.epoch_id
        assert {vote.block for vote in votes_in(effects)} == {head_of(block).name}


# Two committed blocks in conflict, on a few blocks: what the theorem needs, and that it happens

SEQUENCERS: Final = 4
"""With equal stakes, so that three are a quorum, and two are more than a third."""

FORKS: Final[Mapping[str, tuple[dict[int, int], tuple[int, int, int], tuple[int, int, int]]]] = {
    "two chains": ({1: 0, 2: 1, 3: 2, 4: 0, 5: 4, 6: 5}, (1, 2, 3), (4, 5, 6)),
    "block between": ({1: 0, 2: 1, 3: 2, 4: 0, 5: 4, 6: 5, 7: 6}, (1, 2, 3), (5, 6, 7)),
}
"""Parents of blocks, with genesis as block 0, and two rows of three that commit their first."""

PREMISES: Final = (
    "two votes in a view are evidence",
    "broken locks are evidence",
    "parents are certified",
    "views ascend",
    "views are consecutive",
    "quorums",
)


class Conflict:
    """All that four sequencers, of whom any may break the rules, can have voted for."""

    def __init__(
        self, fork: str, *, dropped: str | None = None, rule: ast.FunctionDef | None = None
    ) -> None:
        self.parents, *self.rows = FORKS[fork]
        self.dropped = dropped
        self.read = Translator(mutants={breaks_lock: rule} if rule else {})
        blocks = (0, *self.parents)
        self.views = z3.Ints(" ".join(f"view_{block}" for block in blocks))
        self.votes = [[z3.Bool(f"vote_{n}_{b}") for b in blocks] for n in range(SEQUENCERS)]
        self.solver = z3.Solver()
        self.solver.add(self.views[0] == 0)
        if dropped != "views ascend":
            for block, parent in self.parents.items():
                self.solver.add(self.views[parent] < self.views[block])
        for row in self.rows:
            self.commit(row)

    def commit(self, row: tuple[int, int, int]) -> None:
        """Let three blocks commit the first, and all below it."""
        if self.dropped != "views are consecutive":
            self.solver.add(self.read.call(is_three_chain, *(self.views[block] for block in row)))
        block = row[-1]
        self.solver.add(self.is_certified(block))
        while self.dropped != "parents are certified" and (block := self.parents[block]) != 0:
            self.solver.add(self.is_certified(block))

    def is_certified(self, block: int) -> Term:
        """Say that a quorum voted."""
        voters = z3.Sum([z3.If(voted[block], 1, 0) for voted in self.votes])
        if self.dropped == "quorums":
            return voters >= 2
        return self.read.call(is_quorum, voters, SEQUENCERS)

    def shows_offence(self, first: int, second: int) -> Term:
        """Say that votes for both blocks are evidence."""
        view, later_view = self.views[first], self.views[second]
        kinds = []
        if self.dropped != "two votes in a view are evidence":
            kinds.append(is_one_view(view, later_view))
        if self.dropped != "broken locks are evidence" and self.parents[first] != 0:
            locked = self.views[self.parents[self.parents[first]]]
            parent = self.views[self.parents[second]]
            kinds.append(self.read.call(breaks_lock, view, locked, later_view, parent))
        return z3.Or(*kinds)

    def guilty(self) -> Term:
        """Count those against whom there is evidence."""
        counts = []
        for voted in self.votes:
            shown = [
                z3.And(voted[first], voted[second], self.shows_offence(first, second))
                for first, second in itertools.permutations(self.parents, 2)
            ]
            counts.append(z3.If(z3.Or(*shown), 1, 0))
        return z3.Sum(counts)

    def can_be(self, condition: Term) -> bool:
        """Tell whether there is such a conflict."""
        answer = self.solver.check(condition)
        assert answer != z3.unknown
        return bool(answer == z3.sat)


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("dropped", [None, *PREMISES])
def test_conflict_shows_more_than_a_third(dropped: str | None, fork: str) -> None:
    """A third at most is guilty of a conflict only if a premise is dropped, whichever it is."""
    conflict = Conflict(fork, dropped=dropped)
    is_few = 3 * conflict.guilty() <= SEQUENCERS
    assert conflict.can_be(is_few) is (dropped is not None)


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("kind", PREMISES[:2])
def test_without_a_kind_of_evidence_nobody_is_guilty(kind: str, fork: str) -> None:
    """Either kind of evidence alone leaves a conflict of which nobody at all is guilty."""
    conflict = Conflict(fork, dropped=kind)
    assert conflict.can_be(conflict.guilty() == 0)


@pytest.mark.parametrize("body", STRICTER[:3])
def test_with_a_stricter_rule_nobody_is_guilty(body: str) -> None:
    """So does a rule that finds fewer broken locks."""
    conflict = Conflict("two chains", rule=lock_rule(body))
    assert conflict.can_be(conflict.guilty() == 0)


@pytest.mark.parametrize("fork", FORKS)
def test_two_of_four_can_make_a_conflict(fork: str) -> None:
    """There are conflicts, and no more need be guilty than the theorem says."""
    conflict = Conflict(fork)
    assert conflict.can_be(conflict.guilty() == 2)
    assert conflict.can_be(conflict.guilty() == SEQUENCERS)
