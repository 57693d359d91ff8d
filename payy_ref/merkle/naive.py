"""
The tree as its definition: a set of elements, and every node a function of that set.

This is the specification of `persistent`. Each root costs a walk over all leaves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.hashing import hash_pair
from payy_ref.merkle.kernels import HashPair, slot_of
from payy_ref.merkle.path import EMPTY_LEAF, Depth, Siblings


def subtree_root(leaves: Mapping[int, int], height: int, hash_pair: HashPair = hash_pair) -> int:
    """
    Define the root of a subtree of 2^height slots.

    A subtree of height 0 is its leaf, or 0. A higher one is the hash of its halves; the highest
    bit of a slot tells the half.

    Args:
        leaves: Elements by slot, slots below 2^height.

    Requirements:
        PAYY-MERKLE-003, PAYY-MERKLE-004, PAYY-MERKLE-005
    """
    if height == 0:
        return leaves.get(0, EMPTY_LEAF)
    if not leaves:
        # Both halves are the same empty subtree: the definition, without the second walk.
        half_root = subtree_root({}, height - 1, hash_pair)
        return hash_pair(half_root, half_root)
    half = 2 ** (height - 1)
    left = {slot: leaf for slot, leaf in leaves.items() if slot < half}
    right = {slot - half: leaf for slot, leaf in leaves.items() if slot >= half}
    return hash_pair(
        subtree_root(left, height - 1, hash_pair), subtree_root(right, height - 1, hash_pair)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveTree:
    """A tree that stores nothing but its elements."""

    depth: Depth
    """Number of levels of hashing."""
    elements: frozenset[FieldElement] = frozenset()
    """The leaves; no two of them share a slot."""

    @classmethod
    def of(cls, depth: Depth, elements: Iterable[FieldElement] = ()) -> Self:
        """Make a tree of elements that are known to be allowed."""
        return cls(depth=depth, elements=frozenset(elements))

    @property
    def root(self) -> FieldElement:
        """The commitment to the whole set of leaves."""
        return FieldElement(subtree_root(self._slots(), self.depth))

    def __iter__(self) -> Iterator[FieldElement]:
        """Give the elements in the order of their slots."""
        slots = self._slots()
        return (slots[slot] for slot in sorted(slots))

    def __len__(self) -> int:
        """Count the elements."""
        return len(self.elements)

    def leaf_at(self, slot: int) -> FieldElement:
        """Give the element in a slot, or 0."""
        return self._slots().get(slot, EMPTY_LEAF)

    def siblings_at(self, slot: int) -> Siblings:
        """Give the path of a slot: at each level, the root of the subtree beside it."""
        siblings = []
        for height in range(self.depth):
            width = 2**height
            beside = slot // width ^ 1
            leaves = {
                other - beside * width: leaf
                for other, leaf in self._slots().items()
                if other // width == beside
            }
            siblings.append(FieldElement(subtree_root(leaves, height)))
        return tuple(siblings)

    def with_slots(self, changes: Mapping[int, FieldElement]) -> Self:
        """Give the tree whose slots hold these leaves; 0 empties a slot. No rule is checked."""
        slots = {**self._slots(), **changes}
        return replace(
            self, elements=frozenset(leaf for leaf in slots.values() if leaf != EMPTY_LEAF)
        )

    def _slots(self) -> dict[int, FieldElement]:
        return {slot_of(element, 2**self.depth): element for element in self.elements}
