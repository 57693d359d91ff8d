"""The search by views: all that happens in one view before all that happens in the next."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, permutations
from operator import itemgetter
from typing import TypeAlias

from payy_ref.assurance.consensus_search.model import (
    EMPTY_TREE,
    FULL_RULES,
    GENESIS_BLOCK,
    QUICK_SCOPE,
    Conflict,
    Rules,
    Scope,
    SearchBlock,
    Shape,
    Tree,
    block_name,
    committed_blocks,
    find_conflict,
    is_certified,
    learn,
    process,
    shape_of,
)
from payy_ref.assurance.consensus_search.trace import Step, StepKind, Trace
from payy_ref.consensus.safety import GENESIS_RECORD, SafetyRecord, View
from payy_ref.ledger.sequence import Hash

Records: TypeAlias = tuple[int, ...]
"""The records of the honest sequencers as numbers, ascending: it does not matter whose is which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What one sequencer can do in one phase."""

    votes: tuple[int, ...]
    """The proposals that it votes for."""
    record: int
    """Its record afterwards."""
    actions: tuple[int, ...]
    """The proposals that it processes, or the certificates that it learns, in order."""


Options: TypeAlias = tuple[Option, ...]
"""All that one sequencer can do, without repetition."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phase:
    """What is offered to the sequencers of one tree."""

    kind: StepKind
    """Whether they process proposals or learn certificates."""
    tree: Tree
    """The tree before."""
    blocks: tuple[SearchBlock, ...]
    """The proposals, or the blocks of the certificates."""
    offers: Mapping[int, int]
    """For each record, the number of the list of options."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrival:
    """How a state was reached with the fewest steps."""

    steps: int
    """Steps from the beginning."""
    records: Records
    """The records before."""
    chosen: Options
    """What each of them does."""
    phase: Phase
    """What it was offered."""


Layer: TypeAlias = dict[Tree, dict[Records, Arrival]]
"""States at the end of a phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the sequencers can do together."""

    certified: tuple[int, ...]
    """The proposals that a quorum voted for."""
    records: Records
    """Their records afterwards."""
    steps: int
    """How many steps it takes."""
    chosen: Options
    """What each of them does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What a search by views found."""

    states: tuple[int, ...]
    """States at the end of each view."""
    trees: int
    """Trees of certified blocks at the end of the last view."""
    shapes: frozenset[Shape]
    """These trees up to names."""
    most_committed: int
    """The most blocks that one of them commits, the first block not counted."""
    abandons_certified: bool
    """Whether in one of them a certified block conflicts with a committed one."""
    conflict: Trace | None
    """A shortest way to two committed blocks in conflict; the search stops there."""


def explore(
    rules: Rules = FULL_RULES, scope: Scope = QUICK_SCOPE, *, learns_alone: bool = True
) -> Exploration:
    """
    Search view by view, up to the first view with a conflict.

    Args:
        rules: What is explored.
        scope: How far.
        learns_alone: Whether sequencers also learn certificates that no proposal brought them.
    """
    return _Search(rules, scope, learns_alone=learns_alone).run()


def shortest_conflict(rules: Rules, scope: Scope = QUICK_SCOPE) -> Trace | None:
    """
    Find a way to two committed blocks in conflict: with the fewest views, then the fewest steps.

    It is the same one in every run.
    """
    return explore(rules, scope).conflict


class _Search:
    """One search, with numbers for records and for lists of options."""

    def __init__(self, rules: Rules, scope: Scope, *, learns_alone: bool) -> None:
        self.rules, self.scope, self.learns_alone = rules, scope, learns_alone
        self.records: list[SafetyRecord] = []
        self.record_number: dict[SafetyRecord, int] = {}
        self.options: list[Options] = []
        self.options_number: dict[Options, int] = {}
        self.outcomes: dict[tuple[int, ...], list[Outcome]] = {}

    def run(self) -> Exploration:
        """Search."""
        records = (self.number(GENESIS_RECORD),) * self.scope.honest
        start = Phase(kind=StepKind.LEARN, tree=EMPTY_TREE, blocks=(), offers={})
        arrival = Arrival(steps=0, records=records, chosen=(), phase=start)
        layers: list[Layer] = [{EMPTY_TREE: {records: arrival}}]
        states: list[int] = []
        found: tuple[Tree, Conflict] | None = None
        for view in range(1, self.scope.views + 1):
            if self.learns_alone:
                layers.append(self.learning(layers[-1]))
            layers.append(self.voting(layers[-1], View(view)))
            states.append(sum(map(len, layers[-1].values())))
            found = self.cheapest_conflict(layers[-1])
            if found:
                break
        trees = list(layers[-1])
        return Exploration(
            states=tuple(states),
            trees=len(trees),
            shapes=frozenset(map(shape_of, trees)),
            most_committed=max(len(self.committed(tree)) for tree in trees),
            abandons_certified=any(map(self.abandons_certified, trees)),
            conflict=self.trace(layers, *found) if found else None,
        )

    def number(self, record: SafetyRecord) -> int:
        """Number a record."""
        number = self.record_number.setdefault(record, len(self.records))
        if number == len(self.records):
            self.records.append(record)
        return number

    def numbered(self, options: Iterator[Option]) -> int:
        """Number a list of options, without those that only take longer than another one."""
        best: dict[tuple[tuple[int, ...], int], Option] = {}
        for option in options:
            key = option.votes, option.record
            if key not in best or len(option.actions) < len(best[key].actions):
                best[key] = option
        kept = tuple(best.values())
        number = self.options_number.setdefault(kept, len(self.options))
        if number == len(self.options):
            self.options.append(kept)
        return number

    def learning(self, layer: Layer) -> Layer:
        """Let each sequencer learn a certificate, or none."""
        following: Layer = {}
        for tree, states in layer.items():
            offers = {
                number: self.numbered(self.learning_options(tree, number))
                for number in _members(states)
            }
            phase = Phase(kind=StepKind.LEARN, tree=tree, blocks=tree.blocks, offers=offers)
            self.spread(following, states, phase)
        return following

    def learning_options(self, tree: Tree, number: int) -> Iterator[Option]:
        """List what a sequencer can learn; one certificate stands for all that it learns."""
        yield Option(votes=(), record=number, actions=())
        for place, certified in enumerate(tree.blocks):
            record = learn(self.rules, tree, self.records[number], certified)
            yield Option(votes=(), record=self.number(record), actions=(place,))

    def voting(self, layer: Layer, view: View) -> Layer:
        """Let the leader propose whatever it can, and each sequencer process any of it."""
        following: Layer = {}
        for tree, states in layer.items():
            members = _members(states)
            ballot = _Ballot(self, tree, view)
            parents = (GENESIS_BLOCK, *tree.blocks)
            for chosen in combinations_with_replacement(parents, self.scope.variants):
                offers = {
                    number: self.numbered(ballot.options(chosen, number)) for number in members
                }
                proposals = tuple(
                    SearchBlock(view=view, name=block_name(view, variant), parent=parent.name)
                    for variant, parent in enumerate(chosen)
                )
                phase = Phase(kind=StepKind.PROCESS, tree=tree, blocks=proposals, offers=offers)
                self.spread(following, states, phase)
        return following

    def spread(self, following: Layer, states: dict[Records, Arrival], phase: "Phase") -> None:
        """Add all that follows from the states of one tree in one phase."""
        grown: dict[tuple[int, ...], dict[Records, Arrival]] = {}
        offers = phase.offers
        for records, arrival in states.items():
            for outcome in self.together(tuple(offers[number] for number in records)):
                reached = grown.get(outcome.certified)
                if reached is None:
                    added = _relettered(phase.blocks[place] for place in outcome.certified)
                    reached = following.setdefault(phase.tree.grown(*added), {})
                    grown[outcome.certified] = reached
                known = reached.get(outcome.records)
                steps = arrival.steps + outcome.steps
                if known is None or steps < known.steps:
                    reached[outcome.records] = Arrival(
                        steps=steps, records=records, chosen=outcome.chosen, phase=phase
                    )

    def together(self, offers: tuple[int, ...]) -> list[Outcome]:
        """Combine the options of all sequencers, one after another."""
        if offers in self.outcomes:
            return self.outcomes[offers]
        partial: dict[tuple[tuple[int, ...], Records], tuple[int, Options]] = {((), ()): (0, ())}
        for offer in offers:
            extended: dict[tuple[tuple[int, ...], Records], tuple[int, Options]] = {}
            for (votes, records), (steps, chosen) in partial.items():
                for option in self.options[offer]:
                    key = (
                        tuple(sorted((*votes, *option.votes))),
                        tuple(sorted((*records, option.record))),
                    )
                    total = steps + len(option.actions)
                    if key not in extended or total < extended[key][0]:
                        extended[key] = total, (*chosen, option)
            partial = extended
        best: dict[tuple[tuple[int, ...], Records], Outcome] = {}
        for (votes, records), (steps, chosen) in partial.items():
            certified = tuple(
                place
                for place in sorted(set(votes))
                if is_certified(self.rules, self.scope, votes.count(place))
            )
            known = best.get((certified, records))
            if known is None or steps < known.steps:
                best[certified, records] = Outcome(
                    certified=certified, records=records, steps=steps, chosen=chosen
                )
        self.outcomes[offers] = list(best.values())
        return self.outcomes[offers]

    def cheapest_conflict(self, layer: Layer) -> tuple[Tree, Conflict] | None:
        """Find the conflict with the fewest steps among the states of a layer."""
        best: tuple[Tree, Conflict] | None = None
        fewest = 0
        for tree, states in layer.items():
            conflict = find_conflict(self.rules, tree)
            if conflict is None:
                continue
            steps = min(arrival.steps for arrival in states.values())
            if best is None or steps < fewest:
                best, fewest = (tree, conflict), steps
        return best

    def committed(self, tree: Tree) -> list[SearchBlock]:
        """List the blocks that have a certificate that commits them, but the first one."""
        return [each for each in committed_blocks(self.rules, tree) if each != GENESIS_BLOCK]

    def abandons_certified(self, tree: Tree) -> bool:
        """Tell whether a certified block conflicts with a committed one."""
        return any(
            not tree.descends(block, committed.name) and not tree.descends(committed, block.name)
            for committed in self.committed(tree)
            for block in tree.blocks
        )

    def trace(self, layers: list[Layer], tree: Tree, conflict: Conflict) -> Trace:
        """Go back to the beginning, then tell each sequencer's steps."""
        states = layers[-1][tree]
        records = min(states, key=lambda each: states[each].steps)
        way: list[Arrival] = []
        for layer in reversed(layers[1:]):
            way.append(layer[tree][records])
            tree, records = way[-1].phase.tree, way[-1].records
        owners = tuple(range(self.scope.honest))
        proposals: list[SearchBlock] = []
        steps: list[Step] = []
        for arrival in reversed(way):
            blocks, kind = arrival.phase.blocks, arrival.phase.kind
            if kind == StepKind.PROCESS:
                blocks = self.final_names(arrival)
                acted = {action for option in arrival.chosen for action in option.actions}
                proposals += [blocks[action] for action in sorted(acted)]
            acting = sorted(zip(owners, arrival.chosen, strict=True), key=itemgetter(0))
            steps += [
                _step(owner, kind, blocks[action])
                for owner, option in acting
                for action in option.actions
            ]
            changed = sorted((option.record, owner) for owner, option in acting)
            owners = tuple(owner for _, owner in changed)
        steps += [_step(0, StepKind.LEARN, block) for block in conflict.certified]
        return Trace(
            honest=self.scope.honest,
            byzantine=self.scope.byzantine,
            proposals=tuple(sorted(proposals)),
            steps=tuple(steps),
            committed=tuple(block.name for block in conflict.committed),
        )

    def final_names(self, arrival: Arrival) -> tuple[SearchBlock, ...]:
        """Name the proposals of a view as in the tree that they led to."""
        blocks = arrival.phase.blocks
        votes = [place for option in arrival.chosen for place in option.votes]
        places = range(len(blocks))
        certified = [
            place for place in places if is_certified(self.rules, self.scope, votes.count(place))
        ]
        others = [place for place in places if place not in certified]
        order = [*certified, *others]
        named = _relettered(blocks[place] for place in order)
        return tuple(named[order.index(place)] for place in places)


class _Ballot:
    """What sequencers can do with the proposals of one view, with one tree."""

    def __init__(self, search: _Search, tree: Tree, view: View) -> None:
        self.search, self.tree, self.view = search, tree, view
        self.processed: dict[tuple[int, Hash], tuple[int, bool]] = {}
        self.retired: dict[int, int] = {}

    def options(self, parents: tuple[SearchBlock, ...], number: int) -> Iterator[Option]:
        """List what a sequencer can do with a proposal on each parent; then its time is over."""
        for amount in range(len(parents) + 1):
            for actions in permutations(range(len(parents)), amount):
                changed, votes = number, []
                for action in actions:
                    changed, has_voted = self.process(changed, parents[action])
                    votes += [action] * has_voted
                retired = self.retire(changed)
                yield Option(votes=tuple(sorted(votes)), record=retired, actions=actions)

    def process(self, number: int, parent: SearchBlock) -> tuple[int, bool]:
        """Process a proposal; the letter in its name does not matter."""
        key = number, parent.name
        if key not in self.processed:
            block = SearchBlock(view=self.view, name=block_name(self.view, 0), parent=parent.name)
            record = self.search.records[number]
            record, has_voted = process(self.search.rules, self.tree, record, block)
            self.processed[key] = self.search.number(record), has_voted
        return self.processed[key]

    def retire(self, number: int) -> int:
        """Give up the view."""
        if number not in self.retired:
            record = self.search.rules.retire(self.search.records[number], self.view)
            self.retired[number] = self.search.number(record)
        return self.retired[number]


def _members(states: Iterable[Records]) -> list[int]:
    """List the records that occur in states, ascending."""
    return sorted({number for records in states for number in records})


def _relettered(blocks: Iterable[SearchBlock]) -> list[SearchBlock]:
    """Letter the blocks of a view anew. Nothing refers to them yet but votes."""
    return [
        replace(block, name=block_name(block.view, letter)) for letter, block in enumerate(blocks)
    ]


def _step(sequencer: int, kind: StepKind, block: SearchBlock) -> Step:
    return Step(sequencer=sequencer, kind=kind, block=block.name, view=block.view)
