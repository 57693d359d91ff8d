"""Traces: who processes what in which order, and what the rules make of it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from payy_ref.assurance.consensus_search.model import (
    GENESIS_BLOCK,
    Rules,
    SearchBlock,
    Tree,
    candidate_of,
    committed_by,
    learn,
)
from payy_ref.consensus.safety import GENESIS_RECORD, SafetyRecord, View, is_retired
from payy_ref.ledger.sequence import Hash


class StepKind(StrEnum):
    """What a sequencer is given."""

    LEARN = "learn"
    """A certificate on a block, alone."""
    PROCESS = "process"
    """A proposal, which carries the certificate on its parent."""
    TIMEOUT = "timeout"
    """The end of its patience in a view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of one honest sequencer."""

    sequencer: int
    """Which one, from 0."""
    kind: StepKind
    """What it is given."""
    block: Hash | None
    """The block; none for a timeout."""
    view: View
    """The view of the block, or the one that is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A run. The dishonest sequencers vote for every block as soon as it is proposed."""

    honest: int
    """Honest sequencers; their numbers begin with 0."""
    byzantine: int
    """The others; their numbers follow. Everybody's stake is 1."""
    proposals: tuple[SearchBlock, ...]
    """All blocks, ascending."""
    steps: tuple[Step, ...]
    """What the honest ones do, in order."""
    committed: tuple[Hash, ...]
    """Names of two blocks in conflict that the last steps commit; none if the run has no point."""


class Decision(StrEnum):
    """What a sequencer does about a step, by the names that the protocol has for it."""

    NONE = "NONE"
    """There is nothing to decide: a certificate or a timeout."""
    VOTE = "VOTE"
    """It votes."""
    VIEW_RETIRED = "VIEW_RETIRED"
    """It abstains: it votes no more in this view."""
    LOCK_CONFLICT = "LOCK_CONFLICT"
    """It abstains: it is locked on another branch."""
    CERTIFICATE_QUORUM_MISSING = "CERTIFICATE_QUORUM_MISSING"
    """It rejects what it is given: the certificate is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What a step led to."""

    decision: Decision
    """What was decided."""
    committed: tuple[Hash, ...]
    """The blocks that it committed, oldest first."""
    record: SafetyRecord
    """The record afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one sequencer is given in one step, with all that it needs to judge it."""

    kind: StepKind
    """What it is."""
    view: View
    """The view of the block, or the one that is given up."""
    block: SearchBlock | None
    """The block; none for a timeout."""
    certified: SearchBlock | None
    """The block of the certificate; none for a timeout, and if it is the first block."""
    signers: tuple[int, ...]
    """Who signed the certificate, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A trace, as one honest sequencer sees it."""

    sequencer: int
    """Which one."""
    total: int
    """How many sequencers there are, each with the stake 1."""
    tree: Tree
    """All blocks."""
    given: tuple[Given, ...]
    """What it is given, in order."""


def run_trace(trace: Trace, rules: Rules) -> tuple[Reaction, ...]:
    """
    Give the reactions of all sequencers, in the order of the steps.

    A certificate is what was signed before the step. So the trace is a run under these rules if
    and only if nobody refuses.
    """
    reactions, _ = _replay(trace, rules)
    return reactions


def is_run(trace: Trace, rules: Rules) -> bool:
    """Tell whether a trace can happen under given rules."""
    return all(
        each.decision != Decision.CERTIFICATE_QUORUM_MISSING for each in run_trace(trace, rules)
    )


def project(trace: Trace, rules: Rules, sequencer: int) -> Projection:
    """Tell what one sequencer is given when a trace happens under given rules."""
    _, given = _replay(trace, rules)
    return Projection(
        sequencer=sequencer,
        total=trace.honest + trace.byzantine,
        tree=Tree(trace.proposals),
        given=tuple(
            each
            for step, each in zip(trace.steps, given, strict=True)
            if step.sequencer == sequencer
        ),
    )


def reactions_of(projection: Projection, rules: Rules) -> tuple[Reaction, ...]:
    """Tell what a sequencer that follows given rules makes of what it is given."""
    follower = _Follower(rules, projection.tree, projection.total)
    return tuple(follower.react(each) for each in projection.given)


class _Follower:
    """A sequencer that follows given rules."""

    def __init__(self, rules: Rules, tree: Tree, total: int) -> None:
        self.rules, self.tree, self.total = rules, tree, total
        self.record = GENESIS_RECORD
        self.committed = {GENESIS_BLOCK}

    def react(self, given: Given) -> Reaction:
        """Take one step."""
        if given.block is None:
            self.record = self.rules.retire(self.record, given.view)
            return self.reaction(Decision.NONE)
        if given.certified is None:
            commits: tuple[Hash, ...] = ()
        elif not self.rules.is_quorum(len(given.signers), self.total):
            return self.reaction(Decision.CERTIFICATE_QUORUM_MISSING)
        else:
            self.record = learn(self.rules, self.tree, self.record, given.certified)
            commits = tuple(self.commit(given.certified))
        decision = self.decide(given.block) if given.kind == StepKind.PROCESS else Decision.NONE
        return self.reaction(decision, commits)

    def decide(self, block: SearchBlock) -> Decision:
        """Vote for a block if it is allowed."""
        candidate = candidate_of(self.tree, self.record, block)
        if self.rules.may_vote(self.record, candidate):
            self.record = self.rules.retire(self.record, block.view)
            return Decision.VOTE
        if is_retired(self.record, block.view):
            return Decision.VIEW_RETIRED
        return Decision.LOCK_CONFLICT

    def commit(self, certified: SearchBlock) -> list[Hash]:
        """Commit what a certificate commits, and its ancestors."""
        newest = committed_by(self.rules, self.tree, certified)
        if newest is None:
            return []
        new = [each for each in self.tree.branch(newest) if each not in self.committed]
        self.committed.update(new)
        return [each.name for each in reversed(new)]

    def reaction(self, decision: Decision, committed: tuple[Hash, ...] = ()) -> Reaction:
        """Describe what was done."""
        return Reaction(decision=decision, committed=committed, record=self.record)


def with_timeouts(trace: Trace) -> Trace:
    """
    Let each sequencer give up the views in which it processes nothing.

    That is after the last proposal of the view, and changes no vote in a later one. It is for
    sequencers that wait in each view.
    """
    steps = list(trace.steps)
    last_view = max(block.view for block in trace.proposals)
    for view in range(last_view, 0, -1):
        of_view = [
            (place, step.sequencer)
            for place, step in enumerate(steps)
            if step.kind == StepKind.PROCESS and step.view == view
        ]
        if not of_view:
            continue
        place = of_view[-1][0] + 1
        absent = sorted(set(range(trace.honest)) - {sequencer for _, sequencer in of_view})
        steps[place:place] = [
            Step(sequencer=each, kind=StepKind.TIMEOUT, block=None, view=View(view))
            for each in absent
        ]
    return replace(trace, steps=tuple(steps))


def _replay(trace: Trace, rules: Rules) -> tuple[tuple[Reaction, ...], tuple[Given, ...]]:
    """Give the reactions to all steps, and what was given in them."""
    tree = Tree(trace.proposals)
    total = trace.honest + trace.byzantine
    followers = [_Follower(rules, tree, total) for _ in range(trace.honest)]
    dishonest = range(trace.honest, total)
    signers = {block: set(dishonest) for block in trace.proposals}
    reactions, all_given = [], []
    for step in trace.steps:
        block = None if step.block is None else tree.named[step.block]
        certified = block
        if block is not None and step.kind == StepKind.PROCESS:
            certified = tree.named[block.parent]
        if certified == GENESIS_BLOCK:
            certified = None
        given = Given(
            kind=step.kind,
            view=step.view,
            block=block,
            certified=certified,
            signers=() if certified is None else tuple(sorted(signers[certified])),
        )
        reaction = followers[step.sequencer].react(given)
        if block is not None and reaction.decision == Decision.VOTE:
            signers[block].add(step.sequencer)
        reactions.append(reaction)
        all_given.append(given)
    return tuple(reactions), tuple(all_given)


def in_words(trace: Trace) -> str:
    """Tell a trace in one line: the blocks with their parents, then the steps."""
    blocks = (
        block.name.decode()
        + ("" if block.parent == GENESIS_BLOCK.name else f" on {block.parent.decode()}")
        for block in trace.proposals
    )
    steps = (
        f"{step.sequencer} {step.kind} {step.view if step.block is None else step.block.decode()}"
        for step in trace.steps
    )
    return f"{', '.join(blocks)}: {', '.join(steps)}"
