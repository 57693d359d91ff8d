"""
Lemmas on consensus: two committed blocks are never in conflict.

The rules are read from `payy_ref.consensus.safety`: `is_retired`, `respects_lock`, `may_vote`,
`retire`, `lock` and `is_three_chain`; what a quorum is, from `is_quorum`. The lemmas hold for any
number of sequencers, blocks and views, for any stakes, and for any order of steps.

Three layers:

* Quorums: two quorums share an honest member, of one validator set, or of two that differ little.
* Steps: what is true of every honest sequencer before a step is true of it after the step, whoever
  takes it, and true in the beginning. The steps: somebody votes (it learns the certificate on the
  parent, judges, retires the view), learns a certificate, gives a view up; somebody who follows no
  rule does anything. Certificates persist, since votes do.
* Chains: what is true of every honest sequencer implies agreement. `spec/consensus/proofs/Safety.v`
  says the same to Coq, with the induction inside.

The rules that the second layer gives to the third:

* R1: an honest sequencer votes for one block a view.
* R2: if it voted for a block, its parent is certified.
* R3: if it voted for a block, and in a later view for another one, the parent of that is not older
  than the grandparent of the first. The lock says so in between.

R3 needs that raising the lock to a view retires every view up to it. Without that, a sequencer
that learns late could vote for the block that it is locked on, whose parent is older.

A certificate on a block other than genesis has the members `support(block)`, and `shared(q, r)` is
an honest member of two quorums; so no claim needs to say that something exists. An invariant is
used for the sequencers and blocks that a claim names, no others. Both make the questions ground.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.obligations import Claim, lemma, lemma_by_case
from payy_ref.assurance.settlement_lemmas import SUMS
from payy_ref.assurance.symbolic import (
    Record,
    Term,
    Translator,
    constant,
    constructed,
    merged,
    scalar_sort,
    unknown,
)
from payy_ref.consensus.safety import (
    GENESIS_NAME,
    GENESIS_RECORD,
    Candidate,
    SafetyRecord,
    is_three_chain,
    lock,
    may_vote,
    retire,
)
from payy_ref.consensus.validators import is_quorum
from payy_ref.ledger.sequence import Hash

SETS: Final = (
    "any two quorums in use share an honest member; proved for quorums of one set, and of two sets "
    "that differ little, so of all sets in use each two have to differ so little"
)
STEPS_IN_FULL: Final = (
    "an honest sequencer changes its safety record by voting, learning a certificate and giving a "
    "view up, and by nothing else; the record is kept before a vote leaves, and outlives a crash"
)
VOTE_IN_FULL: Final = (
    "before a vote it learns the certificate on the parent, has checked that certificate, and says "
    "that a block extends the lock only if it does"
)
SIGNATURES: Final = "nobody signs for an honest sequencer, so what it did not vote for lacks it"
FAULTY: Final = "members that break the rules weigh less than a third of the set"
VIEWS: Final = (
    "a block is refused unless its view is above its parent's; genesis has view 0 "
    "(PAYY-CONSENSUS-006)"
)
NAMES: Final = "no two blocks have one name"
STEP_BY_STEP: Final = "induction over the steps joins the lemmas on steps"
VIEW_BY_VIEW: Final = "induction over the view joins the lemmas on blocks (Safety.v has it inside)"

SEQUENCER: Final = z3.DeclareSort("Sequencer")
GROUP: Final = z3.DeclareSort("Group")
BLOCK: Final = scalar_sort(Hash)

is_honest: Final = z3.Function("is_honest", SEQUENCER, z3.BoolSort())
is_member: Final = z3.Function("is_member", SEQUENCER, GROUP, z3.BoolSort())
weighs_quorum: Final = z3.Function("weighs_quorum", GROUP, z3.BoolSort())
shared: Final = z3.Function("shared", GROUP, GROUP, SEQUENCER)

genesis: Final = z3.Const("genesis", BLOCK)
view_of: Final = z3.Function("view_of", BLOCK, z3.IntSort())
parent_of: Final = z3.Function("parent_of", BLOCK, BLOCK)
descends: Final = z3.Function("descends", BLOCK, BLOCK, z3.BoolSort())
"""descends(a, b): a is b, or an ancestor of b."""

has_voted: Final = z3.Function("has_voted", SEQUENCER, BLOCK, z3.BoolSort())
is_certified: Final = z3.Function("is_certified", BLOCK, z3.BoolSort())
support: Final = z3.Function("support", BLOCK, GROUP)

SOMEBODY: Final = z3.Const("sequencer", SEQUENCER)
FIRST: Final = z3.Const("first", BLOCK)
SECOND: Final = z3.Const("second", BLOCK)
THIRD: Final = z3.Const("third", BLOCK)
"""What claims are about: any sequencer, any blocks."""


# Quorums


@lemma("PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T02", assumptions=[SUMS, FAULTY, SETS])
def two_quorums_share_an_honest_member(read: Translator) -> Claim:
    """
    Honest members of both of two quorums weigh more than nothing, so there is one.

    The second quorum may be the first: a quorum has an honest member.
    """
    names = ("first_alone", "second_alone", "both", "neither")
    honest, faulty = ([z3.Int(f"{who}_{name}") for name in names] for who in ("honest", "faulty"))
    first_alone, second_alone, both, _ = (a + b for a, b in zip(honest, faulty, strict=True))
    total = sum(honest) + sum(faulty)
    return Claim(
        hypotheses={
            "nobody weighs less than nothing": z3.And(*(w >= 0 for w in (*honest, *faulty))),
            "those who break the rules weigh less than a third": 3 * sum(faulty) < total,
            "the first is a quorum": read.call(is_quorum, first_alone + both, total),
            "the second is a quorum": read.call(is_quorum, second_alone + both, total),
        },
        conclusion=honest[2] > 0,
    )


@lemma("PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T02", assumptions=[SUMS, FAULTY, SETS])
def quorums_of_two_sets_share_an_honest_member(read: Translator) -> Claim:
    """
    The same of quorums of two sets, if little stake leaves the first one and comes to the second.

    If a part d of the stake is exchanged, members that break the rules have to weigh less than a
    third less d.
    """
    groups = [
        f"{who}_{where}"
        for who in ("honest", "faulty")
        for where in ("first_alone", "second_alone", "both", "neither")
    ]
    old, leaving, coming = (
        {group: z3.Int(f"{group}_{what}") for group in groups}
        for what in ("old", "leaving", "coming")
    )
    new = {group: old[group] - leaving[group] + coming[group] for group in groups}
    faulty = sum(old[group] for group in groups if group.startswith("faulty"))
    first = sum(old[group] for group in groups if group.endswith(("first_alone", "both")))
    second = sum(new[group] for group in groups if group.endswith(("second_alone", "both")))
    before, after = sum(old.values()), sum(new.values())
    lost, gained = sum(leaving.values()), sum(coming.values())
    weights = (*old.values(), *new.values(), *leaving.values(), *coming.values())
    return Claim(
        hypotheses={
            "nobody weighs less than nothing": z3.And(*(weight >= 0 for weight in weights)),
            "few break the rules, and little changes": 3 * faulty + 2 * lost + gained < before,
            "the first is a quorum": read.call(is_quorum, first, before),
            "the second is a quorum": read.call(is_quorum, second, after),
        },
        conclusion=old["honest_both"] > 0,
    )


# Blocks


def views_ascend(block: Term) -> Term:
    """Say that genesis alone has view 0, and that the view of any other block is above."""
    parent = view_of(parent_of(block))
    is_above = z3.And(parent >= 0, parent < view_of(block))
    return z3.And(view_of(genesis) == 0, z3.Or(block == genesis, is_above))


def descent(ancestor: Term, block: Term) -> Term:
    """Say what it means to descend: to be the same, or to have a parent that descends."""
    by_parent = z3.And(block != genesis, descends(ancestor, parent_of(block)))
    return descends(ancestor, block) == z3.Or(ancestor == block, by_parent)


def in_line(first: Term, second: Term) -> Term:
    """Say that two blocks are not in conflict."""
    return z3.Or(descends(first, second), descends(second, first))


def is_transitive(first: Term, second: Term, block: Term) -> Term:
    """Say that an ancestor of an ancestor of a block is an ancestor of the block."""
    return z3.Implies(
        z3.And(descends(first, second), descends(second, block)), descends(first, block)
    )


def are_joined(first: Term, second: Term, block: Term) -> Term:
    """Say that two ancestors of a block are not in conflict."""
    return z3.Implies(
        z3.And(descends(first, block), descends(second, block)), in_line(first, second)
    )


def in_induction(claim: Callable[[Term], Term], *ancestors: Term) -> Claim:
    """Claim something of any block, if it holds of blocks of lower views: of its parent, then."""
    block = z3.Const("block", BLOCK)
    parent = parent_of(block)
    is_lower = z3.And(view_of(parent) >= 0, view_of(parent) < view_of(block))
    return Claim(
        hypotheses={
            "views ascend": views_ascend(block),
            "meaning of descent": z3.And(*(descent(each, block) for each in ancestors)),
            "induction": z3.Implies(is_lower, claim(parent)),
        },
        conclusion=claim(block),
    )


@lemma("PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T03", assumptions=[VIEWS, NAMES, VIEW_BY_VIEW])
def ancestors_are_not_newer(_: Translator) -> Claim:
    """The view of an ancestor is not above the view of the block."""
    return in_induction(
        lambda block: z3.Implies(descends(FIRST, block), view_of(FIRST) <= view_of(block)), FIRST
    )


@lemma("PAYY-CONSENSUS-T01", assumptions=[VIEWS, NAMES, VIEW_BY_VIEW])
def all_blocks_descend_from_genesis(_: Translator) -> Claim:
    """Genesis is an ancestor of every block, so it is in conflict with none."""
    return in_induction(lambda block: descends(genesis, block), genesis)


@lemma("PAYY-CONSENSUS-T01", assumptions=[VIEWS, NAMES, VIEW_BY_VIEW])
def ancestors_of_ancestors_are_ancestors(_: Translator) -> Claim:
    """To descend is transitive."""
    return in_induction(lambda block: is_transitive(FIRST, SECOND, block), FIRST, SECOND)


@lemma("PAYY-CONSENSUS-T01", assumptions=[VIEWS, NAMES, VIEW_BY_VIEW])
def ancestors_of_one_block_are_in_line(_: Translator) -> Claim:
    """Of two ancestors of one block, one descends from the other."""
    return in_induction(lambda block: are_joined(FIRST, SECOND, block), FIRST, SECOND)


# Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is looked at of a state: of the network, the certificates; of sequencers, the rest."""

    record: Callable[[Term], Record]
    """The safety record of a sequencer."""
    has_voted: Callable[[Term, Term], Term]
    """Whether a sequencer has ever voted for a block."""
    is_certified: Callable[[Term], Term]
    """Whether there can be a certificate on a block: genesis, or a quorum has signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happens."""

    after: State
    """The state that it leads to."""
    rules: Mapping[str, Term]
    """What holds of it, for it to happen."""


def state_before() -> State:
    """Give any state."""
    sorts = {name: scalar_sort(hint) for name, hint in SafetyRecord.__annotations__.items()}
    fields = {name: z3.Function(name, SEQUENCER, sort) for name, sort in sorts.items()}

    def record(sequencer: Term) -> Record:
        return constructed(SafetyRecord, (), {n: field(sequencer) for n, field in fields.items()})

    return State(record=record, has_voted=has_voted, is_certified=is_certified)


def changed(before: State, actor: Term, record: Record, votes: Callable[[Term], Term]) -> State:
    """
    Give the state in which one sequencer has another record and more votes.

    More blocks may be certified; `certificates_persist` shows that no fewer are.
    """
    newly = z3.Function("is_newly_certified", BLOCK, z3.BoolSort())
    return State(
        record=lambda each: merged(each == actor, record, before.record(each)),
        has_voted=lambda each, block: z3.Or(
            before.has_voted(each, block), z3.And(each == actor, votes(block))
        ),
        is_certified=lambda block: z3.Or(before.is_certified(block), newly(block)),
    )


def nothing(_: Term) -> Term:
    """Say that there are no more votes."""
    return z3.BoolVal(val=False)


def learned(read: Translator, record: Record, certified: Term) -> Record:
    """Learn a certificate: lock on the parent of the certified block, unless that is genesis."""
    parent = parent_of(certified)
    locked = read.call(lock, record, view_of(parent), parent)
    record_after: Record = merged(certified == genesis, record, locked)
    return record_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A vote of a sequencer, up to the moment in which it judges."""

    learned: Record
    """Its record once it has learned the certificate."""
    candidate: Record
    """What it judges."""
    rules: Mapping[str, Term]
    """What holds if it votes."""


def ballot(read: Translator, before: State, voter: Term, block: Term) -> Ballot:
    """Give the vote of a sequencer for a block."""
    parent = parent_of(block)
    known = learned(read, before.record(voter), parent)
    extends_lock = z3.Bool("extends_lock")
    candidate = constructed(
        Candidate,
        (),
        {"view": view_of(block), "parent_view": view_of(parent), "extends_lock": extends_lock},
    )
    locked = known["locked_block"]
    return Ballot(
        learned=known,
        candidate=candidate,
        rules={
            "the rules allow the vote": read.call(may_vote, known, candidate),
            "the certificate on the parent is there": before.is_certified(parent),
            "it extends the lock only if it does": z3.Implies(
                extends_lock, descends(locked, block)
            ),
            "a block descends as its parent does": descent(locked, block),
            "ancestors are not newer": z3.Implies(
                descends(locked, parent), view_of(locked) <= view_of(parent)
            ),
            "views ascend": z3.And(views_ascend(block), views_ascend(parent)),
        },
    )


def voting(read: Translator, before: State) -> Step:
    """Somebody who follows the rules votes for a block."""
    actor, block = z3.Const("actor", SEQUENCER), z3.Const("new_block", BLOCK)
    cast = ballot(read, before, actor, block)
    record = read.call(retire, cast.learned, view_of(block))
    after = changed(before, actor, record, lambda each: each == block)
    return Step(after=after, rules=cast.rules)


def learning(read: Translator, before: State) -> Step:
    """Somebody who follows the rules learns that a block is certified."""
    actor, block = z3.Const("actor", SEQUENCER), z3.Const("new_block", BLOCK)
    record = learned(read, before.record(actor), block)
    return Step(after=changed(before, actor, record, nothing), rules={})


def giving_up(read: Translator, before: State) -> Step:
    """Somebody who follows the rules has waited for a view too long."""
    actor, view = z3.Const("actor", SEQUENCER), z3.Int("given_up")
    record = read.call(retire, before.record(actor), view)
    return Step(after=changed(before, actor, record, nothing), rules={})


def breaking_the_rules(_: Translator, before: State) -> Step:
    """Somebody who follows no rule does anything: it signs any blocks and keeps any record."""
    actor = z3.Const("actor", SEQUENCER)
    signs = z3.Function("signs", BLOCK, z3.BoolSort())
    after = changed(before, actor, unknown("any", SafetyRecord), signs)
    return Step(after=after, rules={"the actor breaks the rules": z3.Not(is_honest(actor))})


StepMaker = Callable[[Translator, State], Step]

STEPS: Final[Mapping[str, StepMaker]] = {
    "voting": voting,
    "learning": learning,
    "giving_up": giving_up,
    "breaking_the_rules": breaking_the_rules,
}
"""All that can happen."""


def beginning(_: Translator, before: State) -> Step:
    """Nothing has happened yet."""
    record, first = before.record(SOMEBODY), constant(GENESIS_RECORD)
    return Step(
        after=before,
        rules={
            "the record is the first one": z3.And(*(record[n] == first[n] for n in first.fields)),
            "genesis has its name": genesis == constant(GENESIS_NAME, Hash),
            "genesis has view 0": view_of(genesis) == 0,
            "nobody has voted": z3.Not(
                z3.Or(before.has_voted(SOMEBODY, FIRST), before.has_voted(SOMEBODY, SECOND))
            ),
        },
    )


ALWAYS: Final[Mapping[str, StepMaker]] = {"beginning": beginning, **STEPS}
"""What makes an invariant: it holds in the beginning, and each step keeps it."""


# Invariants of an honest sequencer. What is said of one block is said of both.

Invariant = Callable[[State], Term]


def lock_is_real(state: State) -> Term:
    """Say that the locked view is that of the locked block, and not below 0."""
    record = state.record(SOMEBODY)
    view = view_of(record["locked_block"])
    return z3.And(record["locked_view"] == view, view >= 0)


def lock_is_retired(state: State) -> Term:
    """Say that the view of the lock is retired."""
    record = state.record(SOMEBODY)
    return record["locked_view"] <= record["retired_view"]


def votes_are_retired(state: State) -> Term:
    """Say that each view with a vote is retired."""
    retired = state.record(SOMEBODY)["retired_view"]
    return of_votes(state, lambda block: view_of(block) <= retired)


def votes_imply_locks(state: State) -> Term:
    """Say that the lock is not older than the grandparent of any block with its vote."""
    locked = state.record(SOMEBODY)["locked_view"]
    return of_votes(state, lambda block: implied_lock(block) <= locked)


def parents_are_certified(state: State) -> Term:
    """R2: say that the parent of a block with its vote is certified."""
    return of_votes(state, lambda block: state.is_certified(parent_of(block)))


def one_vote_a_view(state: State) -> Term:
    """R1: say that two blocks of one view with its vote are one."""
    return differ_in_view(state.has_voted, SOMEBODY, FIRST, SECOND)


def later_parents_are_not_older(state: State) -> Term:
    """R3: say that the parent of a later vote is not older than the grandparent of a vote."""
    return keeps_lock(state.has_voted, SOMEBODY, FIRST, SECOND)


def of_votes(state: State, claim: Callable[[Term], Term]) -> Term:
    """Say something of each block that has the vote."""
    return z3.And(
        *(z3.Implies(state.has_voted(SOMEBODY, each), claim(each)) for each in (FIRST, SECOND))
    )


def implied_lock(block: Term) -> Term:
    """Give the view of the grandparent, 0 if the parent is genesis."""
    parent = parent_of(block)
    return z3.If(parent == genesis, 0, view_of(parent_of(parent)))


Votes = Callable[[Term, Term], Term]


def differ_in_view(voted: Votes, voter: Term, first: Term, second: Term) -> Term:
    """Say R1."""
    both = z3.And(voted(voter, first), voted(voter, second))
    return z3.Implies(z3.And(both, view_of(first) == view_of(second)), first == second)


def keeps_lock(voted: Votes, voter: Term, first: Term, second: Term) -> Term:
    """Say R3."""
    both = z3.And(voted(voter, first), voted(voter, second))
    return z3.Implies(
        z3.And(both, view_of(first) < view_of(second)),
        implied_lock(first) <= view_of(parent_of(second)),
    )


def kept(read: Translator, step_of: StepMaker, claim: Invariant, *others: Invariant) -> Claim:
    """Claim that an invariant holds after a step, if it and some others held before."""
    before = state_before()
    step = step_of(read, before)
    held = (
        {}
        if step_of is beginning
        else {each.__name__.replace("_", " "): each(before) for each in (claim, *others)}
    )
    return Claim(
        hypotheses={"the sequencer is honest": is_honest(SOMEBODY), **step.rules, **held},
        conclusion=claim(step.after),
    )


ASSUMED_OF_STEPS: Final = (STEPS_IN_FULL, VOTE_IN_FULL, VIEWS, NAMES, STEP_BY_STEP)


@lemma_by_case(ALWAYS, "PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T03", assumptions=ASSUMED_OF_STEPS)
def lock_names_a_block(read: Translator, case: StepMaker) -> Claim:
    """The locked view is that of the locked block."""
    return kept(read, case, lock_is_real)


@lemma_by_case(ALWAYS, "PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T03", assumptions=ASSUMED_OF_STEPS)
def lock_retires_views(read: Translator, case: StepMaker) -> Claim:
    """Every view up to the locked one is retired."""
    return kept(read, case, lock_is_retired)


@lemma_by_case(
    ALWAYS,
    "PAYY-CONSENSUS-T01",
    "PAYY-CONSENSUS-T02",
    "PAYY-CONSENSUS-T03",
    assumptions=ASSUMED_OF_STEPS,
)
def vote_retires_views(read: Translator, case: StepMaker) -> Claim:
    """Every view up to that of a vote is retired."""
    return kept(read, case, votes_are_retired)


@lemma_by_case(ALWAYS, "PAYY-CONSENSUS-T01", assumptions=ASSUMED_OF_STEPS)
def vote_locks_grandparent(read: Translator, case: StepMaker) -> Claim:
    """After a vote, the lock is not older than the grandparent of the block."""
    return kept(read, case, votes_imply_locks, lock_is_real)


@lemma_by_case(ALWAYS, "PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T02", assumptions=ASSUMED_OF_STEPS)
def r1_one_vote_a_view(read: Translator, case: StepMaker) -> Claim:
    """An honest sequencer votes for one block a view."""
    return kept(read, case, one_vote_a_view, votes_are_retired)


@lemma_by_case(ALWAYS, "PAYY-CONSENSUS-T01", assumptions=ASSUMED_OF_STEPS)
def r2_parent_is_certified(read: Translator, case: StepMaker) -> Claim:
    """The parent of a block that an honest sequencer voted for is certified."""
    return kept(read, case, parents_are_certified)


@lemma_by_case(ALWAYS, "PAYY-CONSENSUS-T01", assumptions=ASSUMED_OF_STEPS)
def r3_later_parent_is_not_older(read: Translator, case: StepMaker) -> Claim:
    """
    The parent of a later vote is not older than the grandparent of an earlier one.

    The lock stands between them: not older than that grandparent, and not newer than that parent.
    """
    others = (votes_imply_locks, votes_are_retired, lock_is_real, lock_is_retired)
    return kept(read, case, later_parents_are_not_older, *others)


@lemma_by_case(
    STEPS, "PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T02", assumptions=[STEPS_IN_FULL, SIGNATURES]
)
def certificates_persist(read: Translator, case: StepMaker) -> Claim:
    """If all honest members of a group have voted for a block, they have after any step too."""
    before, group = state_before(), z3.Const("group", GROUP)
    step = case(read, before)
    return Claim(
        hypotheses={
            "the sequencer is honest": is_honest(SOMEBODY),
            "the sequencer is in the group": is_member(SOMEBODY, group),
            **step.rules,
            "all honest members have voted": z3.Implies(
                z3.And(is_honest(SOMEBODY), is_member(SOMEBODY, group)),
                before.has_voted(SOMEBODY, FIRST),
            ),
        },
        conclusion=step.after.has_voted(SOMEBODY, FIRST),
    )


# Votes and locks


@lemma_by_case(STEPS, "PAYY-CONSENSUS-T03", assumptions=[STEPS_IN_FULL])
def lock_moves_to_newer_views_only(read: Translator, case: StepMaker) -> Claim:
    """After any step an honest sequencer is locked as before, or on a block of a newer view."""
    before = state_before()
    step = case(read, before)
    old, new = before.record(SOMEBODY), step.after.record(SOMEBODY)
    is_same = z3.And(
        new["locked_view"] == old["locked_view"], new["locked_block"] == old["locked_block"]
    )
    return Claim(
        hypotheses={"the sequencer is honest": is_honest(SOMEBODY), **step.rules},
        conclusion=z3.Or(is_same, new["locked_view"] > old["locked_view"]),
    )


@lemma_by_case(STEPS, "PAYY-CONSENSUS-T03", assumptions=[STEPS_IN_FULL])
def retired_views_stay_retired(read: Translator, case: StepMaker) -> Claim:
    """After any step an honest sequencer has retired the views that it had retired before."""
    before = state_before()
    step = case(read, before)
    return Claim(
        hypotheses={"the sequencer is honest": is_honest(SOMEBODY), **step.rules},
        conclusion=step.after.record(SOMEBODY)["retired_view"]
        >= before.record(SOMEBODY)["retired_view"],
    )


@lemma("PAYY-CONSENSUS-T03", assumptions=[VOTE_IN_FULL, VIEWS, NAMES])
def vote_is_newer_than_all_before(read: Translator) -> Claim:
    """The view of a vote is above the views of all votes before, and of all that were given up."""
    before, block = state_before(), z3.Const("new_block", BLOCK)
    retired = before.record(SOMEBODY)["retired_view"]
    return Claim(
        hypotheses={
            **ballot(read, before, SOMEBODY, block).rules,
            "every vote is retired": votes_are_retired(before),
            "it has voted": before.has_voted(SOMEBODY, FIRST),
        },
        conclusion=z3.And(view_of(FIRST) < view_of(block), retired < view_of(block)),
    )


@lemma("PAYY-CONSENSUS-T03", assumptions=[VOTE_IN_FULL, VIEWS, NAMES])
def vote_respects_lock(read: Translator) -> Claim:
    """A block with its vote has a parent that is newer than the lock, or builds on the lock."""
    before, block = state_before(), z3.Const("new_block", BLOCK)
    cast = ballot(read, before, SOMEBODY, block)
    parent, locked = parent_of(block), cast.learned
    builds_on_lock = z3.And(
        descends(locked["locked_block"], parent), view_of(parent) >= locked["locked_view"]
    )
    return Claim(
        hypotheses={
            **cast.rules,
            "lock is real": lock_is_real(before),
            "lock is retired": lock_is_retired(before),
        },
        conclusion=z3.Or(view_of(parent) > locked["locked_view"], builds_on_lock),
    )


@lemma("PAYY-CONSENSUS-T03")
def newer_certificate_unlocks(read: Translator) -> Claim:
    """A block whose parent is newer than the lock is voted for, in a view that is not retired."""
    record, candidate = unknown("record", SafetyRecord), unknown("candidate", Candidate)
    return Claim(
        hypotheses={
            "the view is not retired": candidate["view"] > record["retired_view"],
            "the parent is newer": candidate["parent_view"] > record["locked_view"],
        },
        conclusion=read.call(may_vote, record, candidate),
    )


@lemma("PAYY-CONSENSUS-T03")
def lock_can_be_built_on(read: Translator) -> Claim:
    """A block that builds on the lock is voted for, in a view that is not retired."""
    record, candidate = unknown("record", SafetyRecord), unknown("candidate", Candidate)
    return Claim(
        hypotheses={
            "the view is not retired": candidate["view"] > record["retired_view"],
            "it extends the lock": candidate["extends_lock"],
        },
        conclusion=read.call(may_vote, record, candidate),
    )


# Chains. One state from here on: certificates persist, so both blocks are committed in the later
# one of two states.


def certificate(block: Term, *voters: Term) -> Term:
    """Say what a certificate means: a quorum supports the block, with votes of its honest part."""
    group = support(block)
    votes = [
        z3.Implies(z3.And(is_honest(each), is_member(each, group)), has_voted(each, block))
        for each in voters
    ]
    is_signed = z3.And(is_certified(block), block != genesis)
    return z3.Implies(is_signed, z3.And(weighs_quorum(group), *votes))


def overlap(first: Term, second: Term) -> Term:
    """Say what the lemmas on quorums show."""
    member = shared(first, second)
    return z3.Implies(
        z3.And(weighs_quorum(first), weighs_quorum(second)),
        z3.And(is_honest(member), is_member(member, first), is_member(member, second)),
    )


def parent_has_certificate(block: Term) -> Term:
    """Say that the parent of a certified block is certified, if the block is not genesis."""
    is_signed = z3.And(is_certified(block), block != genesis)
    return z3.Implies(is_signed, is_certified(parent_of(block)))


def one_certificate(first: Term, second: Term) -> Term:
    """Say that two certified blocks of one view are one."""
    both = z3.And(is_certified(first), is_certified(second))
    return z3.Implies(z3.And(both, view_of(first) == view_of(second)), first == second)


def three_chain(read: Translator, first: Term, second: Term, third: Term) -> Term:
    """Say that a certificate on the third block commits the first."""
    is_row = z3.And(parent_of(third) == second, parent_of(second) == first)
    views = (view_of(block) for block in (first, second, third))
    return z3.And(is_row, read.call(is_three_chain, *views), is_certified(third))


@lemma("PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T02", assumptions=[SIGNATURES, FAULTY, SETS, VIEWS])
def b1_one_certificate_a_view(_: Translator) -> Claim:
    """Two certified blocks of one view are one: somebody honest voted for both."""
    voter = shared(support(FIRST), support(SECOND))
    return Claim(
        hypotheses={
            "meaning of certificates": z3.And(
                certificate(FIRST, voter), certificate(SECOND, voter)
            ),
            "quorums share an honest member": overlap(support(FIRST), support(SECOND)),
            "R1": z3.Implies(is_honest(voter), differ_in_view(has_voted, voter, FIRST, SECOND)),
            "views ascend": z3.And(views_ascend(FIRST), views_ascend(SECOND)),
        },
        conclusion=one_certificate(FIRST, SECOND),
    )


@lemma("PAYY-CONSENSUS-T01", assumptions=[SIGNATURES, FAULTY, SETS])
def b2_parent_of_certified_is_certified(_: Translator) -> Claim:
    """The parent of a certified block is certified: somebody honest voted for the block."""
    voter = shared(support(FIRST), support(FIRST))
    voted = z3.And(is_honest(voter), has_voted(voter, FIRST))
    return Claim(
        hypotheses={
            "meaning of certificates": certificate(FIRST, voter),
            "quorums share an honest member": overlap(support(FIRST), support(FIRST)),
            "R2": z3.Implies(voted, is_certified(parent_of(FIRST))),
        },
        conclusion=parent_has_certificate(FIRST),
    )


@lemma("PAYY-CONSENSUS-T01", assumptions=[VIEWS, NAMES])
def b3_nothing_else_in_the_three_views(read: Translator) -> Claim:
    """A certified block in the views of a three-chain descends from its first block."""
    other = z3.Const("other", BLOCK)
    chain = (FIRST, SECOND, THIRD)
    return Claim(
        hypotheses={
            "the first is committed": three_chain(read, *chain),
            "the other is certified": is_certified(other),
            "it is not older than the first": view_of(FIRST) <= view_of(other),
            "it is not newer than the third": view_of(other) <= view_of(THIRD),
            "B1": z3.And(*(one_certificate(other, each) for each in chain)),
            "B2": z3.And(parent_has_certificate(SECOND), parent_has_certificate(THIRD)),
            "views ascend": z3.And(*(views_ascend(each) for each in chain)),
            "meaning of descent": z3.And(*(descent(FIRST, each) for each in chain)),
        },
        conclusion=descends(FIRST, other),
    )


@lemma(
    "PAYY-CONSENSUS-T01",
    assumptions=[SIGNATURES, FAULTY, SETS, VIEWS, NAMES, VIEW_BY_VIEW],
)
def b3_everything_newer_descends(read: Translator) -> Claim:
    """
    A certified block that is newer than a three-chain descends from its first block.

    Somebody honest voted for the third block, and for this one later. So its parent is not older
    than the first block. The parent is certified and descends from it by induction on the view.
    """
    other = z3.Const("other", BLOCK)
    parent, chain = parent_of(other), (FIRST, SECOND, THIRD)
    voter = shared(support(THIRD), support(other))
    is_between = z3.And(view_of(FIRST) <= view_of(parent), view_of(parent) < view_of(other))
    return Claim(
        hypotheses={
            "the first is committed": three_chain(read, *chain),
            "the other is certified": is_certified(other),
            "it is newer than the third": view_of(THIRD) < view_of(other),
            "meaning of certificates": z3.And(certificate(THIRD, voter), certificate(other, voter)),
            "quorums share an honest member": overlap(support(THIRD), support(other)),
            "R3": z3.Implies(is_honest(voter), keeps_lock(has_voted, voter, THIRD, other)),
            "B2": parent_has_certificate(other),
            "views ascend": z3.And(*(views_ascend(each) for each in (*chain, other))),
            "meaning of descent": descent(FIRST, other),
            "induction": z3.Implies(
                z3.And(is_certified(parent), is_between), descends(FIRST, parent)
            ),
        },
        conclusion=descends(FIRST, other),
    )


@lemma("PAYY-CONSENSUS-T01", assumptions=[SIGNATURES, FAULTY, SETS, VIEWS, NAMES])
def b4_committed_blocks_are_in_line(read: Translator) -> Claim:
    """
    Two committed blocks are never in conflict.

    A block is committed by a three-chain that begins with it, or with a block that descends from
    it; genesis is by definition.
    """
    blocks, heads = z3.Consts("block other_block", BLOCK), z3.Consts("head other_head", BLOCK)
    parts = [z3.Consts(f"second_{who} third_{who}", BLOCK) for who in ("one", "other")]
    rows = [(head, *part) for head, part in zip(heads, parts, strict=True)]
    committed = [
        z3.Or(block == genesis, z3.And(descends(block, row[0]), three_chain(read, *row)))
        for block, row in zip(blocks, rows, strict=True)
    ]
    behind_heads = [block for _, second, third in rows for block in (second, third)]
    pairs = [(blocks[0], *rows), (blocks[1], *reversed(rows))]
    return Claim(
        hypotheses={
            "the one block is committed": committed[0],
            "the other block is committed": committed[1],
            "B2": z3.And(*map(parent_has_certificate, behind_heads)),
            "B3": z3.And(
                *(
                    z3.Implies(
                        z3.And(
                            three_chain(read, *row),
                            is_certified(other_row[0]),
                            view_of(row[0]) <= view_of(other_row[0]),
                        ),
                        descends(row[0], other_row[0]),
                    )
                    for _, row, other_row in pairs
                )
            ),
            "views ascend": z3.And(*map(views_ascend, behind_heads)),
            "all descend from genesis": z3.And(*(descends(genesis, block) for block in blocks)),
            "descent is transitive": z3.And(
                *(is_transitive(block, row[0], other_row[0]) for block, row, other_row in pairs)
            ),
            "ancestors of one block are in line": z3.And(
                *(are_joined(blocks[0], blocks[1], head) for head in heads)
            ),
        },
        conclusion=in_line(blocks[0], blocks[1]),
    )


@lemma("PAYY-CONSENSUS-T01")
def consecutive_views_commit(read: Translator) -> Claim:
    """Blocks of three consecutive views commit the first; so agreement is not empty."""
    first, second, third = z3.Ints("first_view second_view third_view")
    return Claim(
        hypotheses={
            "the second follows the first": second - first == 1,
            "the third follows the second": third - second == 1,
        },
        conclusion=read.call(is_three_chain, first, second, third),
    )
