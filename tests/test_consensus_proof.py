"""The proof of agreement: both engines, what each rule is needed for, and the theorem in Coq."""

import ast
import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import z3  # type: ignore[import-untyped]

from payy_ref.assurance import consensus_lemmas, coq
from payy_ref.assurance.ledger import check, make_ledger
from payy_ref.assurance.levels import Level
from payy_ref.assurance.mutants import mutants_of
from payy_ref.assurance.obligations import REGISTRY, Obligation, refutation
from payy_ref.assurance.record import Evidence, EvidenceKind, Necessity, Outcome
from payy_ref.assurance.solvers import ENGINES, Verdict, ask_z3
from payy_ref.assurance.source_hash import text_hash
from payy_ref.assurance.symbolic import Term, Translator, UntranslatableError
from payy_ref.consensus.proposal import decide
from payy_ref.consensus.safety import (
    GENESIS_NAME,
    Candidate,
    SafetyRecord,
    View,
    is_retired,
    is_three_chain,
    lock,
    may_vote,
    respects_lock,
    retire,
)

ROOT: Final = Path(__file__).parents[1]
RULES: Final = (is_retired, respects_lock, may_vote, retire, lock, is_three_chain)
LEMMAS: Final = {
    obligation.name.removeprefix("consensus_lemmas."): obligation
    for obligation in REGISTRY
    if obligation.name.startswith(f"{consensus_lemmas.__name__.rpartition('.')[2]}.")
}


# Lemmas


@pytest.mark.parametrize("name", LEMMAS)
def test_both_engines_prove(name: str) -> None:
    """Each lemma is proved by both engines."""
    read = Translator()
    question = refutation(read, LEMMAS[name].statement(read))
    answers = {engine: ask(question) for engine, ask in ENGINES.items()}
    assert answers == dict.fromkeys(ENGINES, Verdict.UNSATISFIABLE)


@cache
def readers(rule: Callable[..., Any]) -> tuple[Obligation, ...]:
    """List the lemmas that read a rule from its source."""
    found = []
    for lemma in LEMMAS.values():
        read = Translator()
        lemma.statement(read)
        if rule in read.functions:
            found.append(lemma)
    return tuple(found)


def breaks(lemma: Obligation, rule: Callable[..., Any], weakened: ast.FunctionDef) -> bool:
    """Tell whether a lemma notices that a rule is weakened."""
    read = Translator(mutants={rule: weakened})
    return ask_z3(refutation(read, lemma.statement(read))) is Verdict.SATISFIABLE


def makes_sense(rule: Callable[..., Any], weakened: ast.FunctionDef) -> bool:
    """Tell whether a fault leaves the types right."""
    try:
        readers(rule)[0].statement(Translator(mutants={rule: weakened}))
    except UntranslatableError:
        return False
    return True


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_fault_in_a_rule_breaks_a_lemma(rule: Callable[..., Any]) -> None:
    """Whatever small thing is wrong in a rule, some lemma is false then."""
    faults = [fault for fault in mutants_of(rule) if makes_sense(rule, fault.definition)]
    assert faults
    unnoticed = [
        fault.description
        for fault in faults
        if not any(breaks(lemma, rule, fault.definition) for lemma in readers(rule))
    ]
    assert unnoticed == []


@pytest.mark.parametrize(
    ("rule", "weakened", "broken"),
    [
        # Raising the lock retires no view: it may vote for the block that it is locked on.
        (
            lock,
            """
def lock(record, view, block):
    if view <= record.locked_view:
        return record
    return replace(record, locked_view=view, locked_block=block)
""",
            "lock_retires_views.learning",
        ),
        # The lock moves to older views too.
        (
            lock,
            """
def lock(record, view, block):
    return replace(retire(record, view), locked_view=view, locked_block=block)
""",
            "lock_moves_to_newer_views_only.learning",
        ),
        # The lock never moves.
        (lock, "def lock(record, view, block): return record", "vote_locks_grandparent.voting"),
        # A vote retires no view.
        (retire, "def retire(record, view): return record", "vote_retires_views.voting"),
        # A view can be voted in twice.
        (
            is_retired,
            "def is_retired(record, view): return view < record.retired_view",
            "r1_one_vote_a_view.voting",
        ),
        # The lock is ignored.
        (
            respects_lock,
            "def respects_lock(record, candidate): return True",
            "r3_later_parent_is_not_older.voting",
        ),
        # Views may be left out between the blocks that commit.
        (
            is_three_chain,
            "def is_three_chain(first, second, third): return True",
            "b3_nothing_else_in_the_three_views",
        ),
    ],
)
def test_dropped_rule_breaks_its_lemma(
    rule: Callable[..., Any], weakened: str, broken: str
) -> None:
    """Each rule is what some lemma rests on."""
    (definition,) = ast.parse(weakened).body
    assert isinstance(definition, ast.FunctionDef)
    assert breaks(LEMMAS[broken], rule, definition)


def test_decision_is_the_step_of_the_proof() -> None:
    """A vote of the sequencer is the vote of the lemmas: judge, and retire the view."""
    numbers = range(4)
    for retired, locked, view, parent in itertools.product(numbers, repeat=4):
        record = SafetyRecord(
            retired_view=View(retired), locked_view=View(locked), locked_block=GENESIS_NAME
        )
        for extends_lock in (False, True):
            candidate = Candidate(
                view=View(view), parent_view=View(parent), extends_lock=extends_lock
            )
            decision = decide(record, candidate)
            votes = decision.abstention is None
            assert votes is may_vote(record, candidate)
            assert decision.record == (retire(record, View(view)) if votes else record)


# The theorem on a few blocks: what it needs, and that it is about something

HONEST: Final = 3
"""Of four sequencers with equal stakes; three of them are a quorum, the fourth signs anything."""

FORK: Final = {1: 0, 2: 1, 3: 2, 4: 0, 5: 4, 6: 5}
"""Two chains of three blocks on genesis, which is block 0: parents."""

CHAIN: Final = {1: 0, 2: 1, 3: 2, 4: 3}
"""One chain."""

GUARDS: Final = ("R1", "R2", "R3", "intersection", "consecutive views")


class Scope:
    """All that honest sequencers may have voted for, among a few blocks."""

    def __init__(self, parents: dict[int, int], dropped: str | None) -> None:
        self.parents, self.dropped = parents, dropped
        self.views = z3.Ints(" ".join(f"view_{block}" for block in (0, *parents)))
        self.votes = [
            [z3.Bool(f"vote_{n}_{block}") for block in (0, *parents)] for n in range(HONEST)
        ]
        self.solver = z3.Solver()
        self.solver.add(self.views[0] == 0)
        for block, parent in parents.items():
            self.solver.add(self.views[parent] < self.views[block])
        for voted in self.votes:
            self.solver.add(z3.Not(voted[0]))
            for block, other in itertools.product(parents, repeat=2):
                self.keep_rules(voted, block, other)

    def keep_rules(self, voted: list[Term], block: int, other: int) -> None:
        """Let a sequencer keep to the rules."""
        both, parent = z3.And(voted[block], voted[other]), self.parents[block]
        if self.dropped != "R1" and block != other:
            self.solver.add(z3.Implies(both, self.views[block] != self.views[other]))
        if self.dropped != "R2":
            self.solver.add(z3.Implies(voted[block], self.is_certified(parent)))
        if self.dropped != "R3" and parent != 0:
            is_later = self.views[block] < self.views[other]
            locked, other_parent = self.parents[parent], self.parents[other]
            keeps = self.views[locked] <= self.views[other_parent]
            self.solver.add(z3.Implies(z3.And(both, is_later), keeps))

    def is_certified(self, block: int) -> Term:
        """Say that enough honest sequencers voted, with the one that signs anything."""
        needed = 1 if self.dropped == "intersection" else 2
        return block == 0 or z3.AtLeast(*(voted[block] for voted in self.votes), needed)

    def is_committed(self, first: int, second: int, third: int) -> Term:
        """Say that three blocks in a row commit the first."""
        views = [self.views[block] for block in (first, second, third)]
        is_row = Translator().call(is_three_chain, *views)
        return z3.And(
            is_row if self.dropped != "consecutive views" else True, self.is_certified(third)
        )

    def can_be(self, *conditions: Term) -> bool:
        """Tell whether there is such a case."""
        answer = self.solver.check(*conditions)
        assert answer != z3.unknown
        return bool(answer == z3.sat)


@pytest.mark.parametrize("dropped", [None, *GUARDS])
def test_conflict_needs_a_broken_rule(dropped: str | None) -> None:
    """Two forks are both committed only if a rule is dropped; then they can be, for each rule."""
    scope = Scope(FORK, dropped)
    conflict = [scope.is_committed(1, 2, 3), scope.is_committed(4, 5, 6)]
    assert scope.can_be(*conflict) is (dropped is not None)


def test_two_blocks_can_be_committed() -> None:
    """All rules together let blocks be committed: agreement is not empty."""
    scope = Scope(CHAIN, None)
    assert scope.can_be(scope.is_committed(1, 2, 3), scope.is_committed(2, 3, 4))


# Coq

SAFETY: Final = (ROOT / coq.AGREEMENT.file).read_text(encoding="utf-8")

needs_coq = pytest.mark.skipif(not coq.is_installed(), reason="coqc is not installed")


@needs_coq
def test_axioms_and_gaps_are_noticed() -> None:
    """A proof that takes something for granted does not count."""
    wrong = "forall n : nat, n = S n"
    assert not coq.proves(f"Theorem t : {wrong}. Proof. Admitted.", ["t"])
    assert not coq.proves(f"Axiom a : {wrong}. Theorem t : {wrong}. Proof. exact a. Qed.", ["t"])
    assert not coq.proves(f"Theorem t : {wrong}. Proof. trivial. Qed.", ["t"])
    assert not coq.proves("Theorem other : True. Proof. trivial. Qed.", ["t"])
    assert coq.proves("Theorem t : True. Proof. trivial. Qed.", ["t"])


def test_hypotheses_of_the_theorem_are_the_rules() -> None:
    """The file assumes what the lemmas show, and nothing else."""
    assert coq.hypotheses(SAFETY) == [
        "genesis_view",
        "views_ascend",
        "quorums_intersect",
        "R1",
        "R2",
        "R3",
    ]
    words = SAFETY.replace("(*", " ").split()
    assert not {"Axiom", "Admitted.", "Parameter", "admit."} & set(words)


PROOF: Final = Evidence(
    kind=EvidenceKind.COQ,
    name=f"{coq.AGREEMENT.file}::{coq.AGREEMENT.name}",
    properties=coq.AGREEMENT.properties,
    level=Level.P3,
    part=coq.AGREEMENT.part,
    statement=text_hash(SAFETY),
    engines={"coq": "8.16.1"},
    necessity=Necessity(hypotheses=tuple(coq.hypotheses(SAFETY))),
    non_vacuity=f"{coq.AGREEMENT.example}, in the same file",
)


@pytest.fixture
def without_coq(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take Coq away."""
    monkeypatch.setattr(coq, "is_installed", lambda: False)


@pytest.mark.usefixtures("without_coq")
def test_run_without_coq_hands_the_entry_on() -> None:
    """What Coq said of the same file stands, is not said anew, and is reported as skipped."""
    committed = make_ledger([Outcome.of(PROOF, ())])
    run = coq.run_coq(ROOT, committed)
    assert make_ledger(run.outcomes) == committed
    assert check(committed, make_ledger(run.outcomes)) == []
    (skipped,) = run.skipped
    assert skipped.startswith(coq.AGREEMENT.file)
    assert "stands" in skipped


@pytest.mark.usefixtures("without_coq")
def test_run_without_coq_claims_nothing_new() -> None:
    """Where no run with Coq has written an entry, a run without it writes none."""
    run = coq.run_coq(ROOT, {})
    assert run.outcomes == ()
    assert len(run.skipped) == 1


@pytest.mark.usefixtures("without_coq")
def test_changed_file_needs_coq() -> None:
    """The entry is about the file as it was; of another one it says nothing."""
    stale = make_ledger([Outcome.of(replace(PROOF, statement="00"), ())])
    (outcome,) = coq.run_coq(ROOT, stale).outcomes
    assert outcome.evidence is None
    assert outcome.failures


@needs_coq
def test_run_with_coq_finds_the_entry() -> None:
    """
    A run with Coq gives the entry. It raises no level, since it is a part.

    Without any one of the hypotheses the theorem is not proved, or the run would say so.
    """
    (outcome,) = coq.run_coq(ROOT, {}).outcomes
    assert outcome.failures == ()
    found = make_ledger([outcome])
    assert check(make_ledger([Outcome.of(PROOF, ())]), found) == []
    assert [entry["level"] for entry in found.values()] == ["O"]
