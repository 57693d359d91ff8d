"""Every interleaving: sequencers act in any order, one step at a time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from payy_ref.assurance.consensus_search.model import (
    EMPTY_TREE,
    GENESIS_BLOCK,
    Rules,
    Scope,
    SearchBlock,
    Shape,
    Tree,
    block_name,
    find_conflict,
    is_certified,
    learn,
    process,
    shape_of,
)
from payy_ref.consensus.safety import GENESIS_RECORD, SafetyRecord, View

Sequencer: TypeAlias = tuple[int, tuple[int, ...]]
"""A record and the blocks that were voted for, as numbers."""

State: TypeAlias = tuple[Sequencer, ...]
"""The honest sequencers, ascending, since it does not matter which is which."""

Watcher: TypeAlias = Callable[[Tree, SafetyRecord, SearchBlock], None]
"""Told of each vote: the certified blocks, the record before it, and the block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FullExploration:
    """What a search of every interleaving found."""

    states: int
    """States that can be reached."""
    transitions: int
    """Steps between them that change something."""
    shapes: frozenset[Shape]
    """Trees of certified blocks that can be reached, up to names."""
    conflicts: int
    """How many of these states have two committed blocks in conflict."""


def explore_fully(rules: Rules, scope: Scope, watcher: Watcher | None = None) -> FullExploration:
    """Search breadth first through every order of every step."""
    return _Search(rules, scope, watcher).run()


class _Search:
    """One search, with numbers for records and blocks, so that states are quick to compare."""

    def __init__(self, rules: Rules, scope: Scope, watcher: Watcher | None) -> None:
        self.rules, self.scope, self.watcher = rules, scope, watcher
        self.records: list[SafetyRecord] = []
        self.record_number: dict[SafetyRecord, int] = {}
        self.blocks: list[SearchBlock] = []
        self.block_number: dict[SearchBlock, int] = {}
        self.situations: dict[tuple[tuple[int, int], ...], _Situation] = {}
        self.views = [View(view) for view in range(1, scope.views + 1)]

    def number(self, record: SafetyRecord) -> int:
        """Number a record."""
        number = self.record_number.setdefault(record, len(self.records))
        if number == len(self.records):
            self.records.append(record)
        return number

    def numbered(self, block: SearchBlock) -> int:
        """Number a block."""
        number = self.block_number.setdefault(block, len(self.blocks))
        if number == len(self.blocks):
            self.blocks.append(block)
        return number

    def run(self) -> FullExploration:
        """Search."""
        first: State = ((self.number(GENESIS_RECORD), ()),) * self.scope.honest
        seen, waiting, transitions, conflicts = {first}, [first], 0, 0
        for state in waiting:
            votes = [block for _, blocks in state for block in blocks]
            counts = tuple(sorted(Counter(votes).items()))
            situation = self.situations.get(counts)
            if situation is None:
                situation = self.situations[counts] = self.situation(counts)
            conflicts += situation.has_conflict
            for place, sequencer in enumerate(state):
                if place and state[place - 1] == sequencer:
                    continue
                following = situation.after.get(sequencer)
                if following is None:
                    following = situation.after[sequencer] = self.after(situation, sequencer)
                others = state[:place] + state[place + 1 :]
                transitions += len(following)
                for changed in following:
                    successor = tuple(sorted((*others, changed)))
                    if successor not in seen:
                        seen.add(successor)
                        waiting.append(successor)
        return FullExploration(
            states=len(seen),
            transitions=transitions,
            shapes=frozenset(shape_of(each.tree) for each in self.situations.values()),
            conflicts=conflicts,
        )

    def situation(self, counts: tuple[tuple[int, int], ...]) -> "_Situation":
        """Look at the votes."""
        voted = [self.blocks[number] for number, _ in counts]
        certified = [
            self.blocks[number]
            for number, votes in counts
            if is_certified(self.rules, self.scope, votes)
        ]
        tree = EMPTY_TREE.grown(*certified)
        return _Situation(
            tree=tree,
            proposals=self.proposals(tree, voted),
            has_conflict=find_conflict(self.rules, tree) is not None,
            after={},
        )

    def proposals(self, tree: Tree, voted: list[SearchBlock]) -> list[SearchBlock]:
        """
        List the blocks that can be processed: those that exist, and those that can be proposed.

        A block that nobody has voted for changed nothing but what its carried certificate said.
        So it need not be kept: what it said can be learned alone.
        """
        found = list(voted)
        for view in self.views:
            taken = sum(block.view == view for block in voted)
            if taken < self.scope.variants:
                name = block_name(view, taken)
                found += [
                    SearchBlock(view=view, name=name, parent=parent.name)
                    for parent in (GENESIS_BLOCK, *tree.blocks)
                    if parent.view < view
                ]
        return found

    def after(self, situation: "_Situation", sequencer: Sequencer) -> tuple[Sequencer, ...]:
        """List what else a sequencer can become in one step."""
        number, blocks = sequencer
        record, tree = self.records[number], situation.tree
        found: dict[Sequencer, None] = {}
        for certified in tree.blocks:
            found[self.number(learn(self.rules, tree, record, certified)), blocks] = None
        for view in self.views:
            found[self.number(self.rules.retire(record, view)), blocks] = None
        for block in situation.proposals:
            changed, has_voted = process(self.rules, tree, record, block)
            voted = blocks
            if has_voted:
                voted = tuple(sorted({*blocks, self.numbered(block)}))
                if self.watcher:
                    self.watcher(tree, record, block)
            found[self.number(changed), voted] = None
        found.pop(sequencer, None)
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Situation:
    """What follows from the votes alone."""

    tree: Tree
    """The certified blocks."""
    proposals: list[SearchBlock]
    """What can be processed."""
    has_conflict: bool
    """Whether two committed blocks conflict."""
    after: dict[Sequencer, tuple[Sequencer, ...]]
    """What a sequencer can become in one step, as far as it was asked."""
