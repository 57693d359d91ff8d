"""Blocks, the rules as parameters, and what a sequencer does with a block and its certificate."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import Final, TypeAlias

from payy_ref.consensus import safety, validators
from payy_ref.consensus.safety import GENESIS_NAME, Candidate, SafetyRecord, View
from payy_ref.ledger.sequence import NO_HASH, Hash


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SearchBlock:
    """A block, as far as the rules look at it. It carries the certificate on its parent."""

    view: View
    """Its view; above that of its parent."""
    name: Hash
    """Its name: the view and a letter."""
    parent: Hash
    """The name of its parent."""


GENESIS_BLOCK: Final = SearchBlock(view=View(0), name=GENESIS_NAME, parent=NO_HASH)
"""The first block, which is certified by definition."""

LETTERS: Final = b"abcdefgh"
"""What tells the blocks of one view apart."""


def block_name(view: int, variant: int) -> Hash:
    """Name a block: `3b` is the second one of view 3."""
    return Hash(b"%d%c" % (view, LETTERS[variant]))


@dataclass(frozen=True, slots=True)
class Tree:
    """Blocks with their ancestors, down to the first block, which is not listed."""

    blocks: tuple[SearchBlock, ...]
    """Ascending."""
    named: dict[Hash, SearchBlock] = field(init=False, repr=False, compare=False)
    """All of them and the first block, by their names."""

    def __post_init__(self) -> None:
        named = {block.name: block for block in (GENESIS_BLOCK, *self.blocks)}
        object.__setattr__(self, "named", named)

    def grown(self, *blocks: SearchBlock) -> "Tree":
        """Add blocks."""
        return Tree(tuple(sorted({*self.blocks, *blocks}))) if blocks else self

    def branch(self, tip: SearchBlock) -> Iterator[SearchBlock]:
        """Walk from a block, which need not be in the tree, to the first block."""
        while tip != GENESIS_BLOCK:
            yield tip
            tip = self.named[tip.parent]
        yield GENESIS_BLOCK

    def descends(self, block: SearchBlock, ancestor: Hash) -> bool:
        """Tell whether a block descends from another one, or is that block."""
        return any(each.name == ancestor for each in self.branch(block))


EMPTY_TREE: Final = Tree(())
"""The first block alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The functions that are explored; by default those that run."""

    may_vote: Callable[[SafetyRecord, Candidate], bool] = safety.may_vote
    """Whether the rules of voting allow a vote."""
    retire: Callable[[SafetyRecord, View], SafetyRecord] = safety.retire
    """The record after a vote in a view, or after its timeout."""
    lock: Callable[[SafetyRecord, View, Hash], SafetyRecord] = safety.lock
    """The record after learning that a child of a block is certified."""
    chain_length: int = 3
    """How many blocks in a row commit the first of them, if the last one is certified."""
    is_chain: Callable[..., bool] = safety.is_three_chain
    """Whether their views, oldest first, allow it."""
    is_quorum: Callable[[int, int], bool] = validators.is_quorum
    """Whether a stake out of a total certifies a block."""


FULL_RULES: Final = Rules()
"""The rules that run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How far a search goes. Every sequencer has the stake 1."""

    honest: int = 3
    """Sequencers that follow the rules."""
    byzantine: int = 1
    """Sequencers that do not; each of them votes for every block, and leads whenever it helps."""
    views: int = 6
    """Views of the search; they begin with 1."""
    variants: int = 2
    """Blocks that can be proposed in one view."""

    @property
    def total(self) -> int:
        """The stake of all."""
        return self.honest + self.byzantine


QUICK_SCOPE: Final = Scope()
"""The least one in which full rules could fail: a conflict takes two times three views."""


def is_certified(rules: Rules, scope: Scope, votes: int) -> bool:
    """Tell whether so many honest votes make a certificate; the others vote for every block."""
    return rules.is_quorum(votes + scope.byzantine, scope.total)


def learn(rules: Rules, tree: Tree, record: SafetyRecord, certified: SearchBlock) -> SafetyRecord:
    """Learn the certificate on a block. The one on the first block says nothing new."""
    if certified == GENESIS_BLOCK:
        return record
    parent = tree.named[certified.parent]
    return rules.lock(record, parent.view, parent.name)


def candidate_of(tree: Tree, record: SafetyRecord, block: SearchBlock) -> Candidate:
    """Give what the rules of voting look at. The parent is in the tree."""
    return Candidate(
        view=block.view,
        parent_view=tree.named[block.parent].view,
        extends_lock=tree.descends(block, record.locked_block),
    )


Processed: TypeAlias = tuple[SafetyRecord, bool]
"""The record after a proposal, and whether there was a vote."""


def process(rules: Rules, tree: Tree, record: SafetyRecord, block: SearchBlock) -> Processed:
    """Process a proposal: learn the certificate that it carries, then vote for it if allowed."""
    record = learn(rules, tree, record, tree.named[block.parent])
    if not rules.may_vote(record, candidate_of(tree, record, block)):
        return record, False
    return rules.retire(record, block.view), True


def committed_by(rules: Rules, tree: Tree, certified: SearchBlock) -> SearchBlock | None:
    """Give the newest block that a certificate commits, if it commits one."""
    chain = list(islice(tree.branch(certified), rules.chain_length))
    views = [block.view for block in reversed(chain)]
    if len(chain) < rules.chain_length or not rules.is_chain(*views):
        return None
    return chain[-1]


def committed_blocks(rules: Rules, tree: Tree) -> dict[SearchBlock, SearchBlock]:
    """List what the certificates on the blocks of a tree commit, each with the block that did."""
    committing: dict[SearchBlock, SearchBlock] = {}
    for tip in tree.blocks:
        committed = committed_by(rules, tree, tip)
        if committed is not None:
            committing.setdefault(committed, tip)
    return committing


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two committed blocks, neither of which descends from the other."""

    committed: tuple[SearchBlock, SearchBlock]
    """The blocks."""
    certified: tuple[SearchBlock, SearchBlock]
    """The blocks whose certificates commit them."""


def find_conflict(rules: Rules, tree: Tree) -> Conflict | None:
    """Look for a conflict among what the certificates on the blocks of a tree commit."""
    committing = committed_blocks(rules, tree)
    for one, other in combinations(sorted(committing), 2):
        if not tree.descends(other, one.name):
            return Conflict(committed=(one, other), certified=(committing[one], committing[other]))
    return None


Shape: TypeAlias = tuple[int, tuple["Shape", ...]]
"""A block without its name: its view, and its children's shapes, ascending."""


def shape_of(tree: Tree) -> Shape:
    """Describe a tree up to the names of its blocks."""

    def below(block: SearchBlock) -> Shape:
        children = [each for each in tree.blocks if each.parent == block.name]
        return block.view, tuple(sorted(below(child) for child in children))

    return below(GENESIS_BLOCK)
