"""
A third form of the tree: a plain dictionary, hashed level by level from the leaves.

It shares no code with `payy_ref.merkle` but the hash, and is quick enough at depth 160 for tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from payy_ref.crypto import compiled
from payy_ref.errors import ErrorCode


@dataclass(frozen=True, kw_only=True)
class TreeModel:
    """The elements of a tree by their slots."""

    depth: int
    """Number of levels of hashing."""
    leaf_in: dict[int, int] = field(default_factory=dict)
    """The element of each slot that has one; not to be changed."""

    def slot(self, element: int) -> int:
        """Give the low bits of an element."""
        return element & (1 << self.depth) - 1

    def elements(self) -> list[int]:
        """List the elements in the order of their slots."""
        return [self.leaf_in[slot] for slot in sorted(self.leaf_in)]

    def updated(
        self, *, remove: Sequence[int] = (), insert: Sequence[int] = ()
    ) -> "TreeModel | ErrorCode":
        """Do the steps one after another; give the code of the first one that is refused."""
        leaf_in = dict(self.leaf_in)
        for is_insertion, element in [(False, e) for e in remove] + [(True, e) for e in insert]:
            if element == 0:
                return ErrorCode.MERKLE_ELEMENT_ZERO
            slot = self.slot(element)
            if is_insertion:
                if slot in leaf_in:
                    return ErrorCode.MERKLE_SLOT_OCCUPIED
                leaf_in[slot] = element
            else:
                if leaf_in.get(slot) != element:
                    return ErrorCode.MERKLE_ELEMENT_ABSENT
                del leaf_in[slot]
        return TreeModel(depth=self.depth, leaf_in=leaf_in)

    @cached_property
    def levels(self) -> list[dict[int, int]]:
        """The nodes that are not those of empty subtrees, by level and position."""
        levels: list[dict[int, int]] = [dict(self.leaf_in)]
        for height in range(self.depth):
            below, empty = levels[-1], _empty(height)
            positions = sorted({position >> 1 for position in below})
            children = [(below.get(2 * i, empty), below.get(2 * i + 1, empty)) for i in positions]
            levels.append(dict(zip(positions, compiled.sponges(children), strict=True)))
        return levels

    def root(self) -> int:
        """Give the one node of the last level."""
        return self.levels[-1].get(0, _empty(self.depth))

    def siblings(self, slot: int) -> tuple[int, ...]:
        """Give the node beside each node of a path, deepest first."""
        return tuple(
            level.get(slot >> height ^ 1, _empty(height))
            for height, level in enumerate(self.levels[:-1])
        )


@cache
def _empty(height: int) -> int:
    if height == 0:
        return 0
    below = _empty(height - 1)
    return compiled.sponge((below, below))
