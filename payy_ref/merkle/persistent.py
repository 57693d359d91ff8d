"""
The tree for use: immutable nodes, shared between versions.

A change copies the nodes on its paths and shares the rest, so old versions stay usable and cost
only what differs. A subtree with one element is a single `Lone` node, whatever its height, so a
tree of n elements has fewer than 2n nodes but for runs of common prefix. That makes the structure
a function of the set of elements: equal sets give equal trees.

New nodes are made first and hashed after, level by level, so that the compiled hash gets batches.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from payy_ref.crypto import hash_form
from payy_ref.crypto.field import FieldElement
from payy_ref.merkle.kernels import slot_of
from payy_ref.merkle.path import EMPTY_LEAF, Depth, Siblings, empty_roots
from payy_ref.merkle.tree import update

_UNHASHED = FieldElement(-1)
"""Stands for the root of a node that was made by the running update and not hashed yet."""


@dataclass(slots=True)
class Lone:
    """A subtree that holds exactly one element."""

    element: FieldElement
    """The element, at its slot of the lowest level."""
    root: FieldElement = _UNHASHED
    """The root of the subtree; set once, before the tree is handed out."""


@dataclass(slots=True)
class Branch:
    """A subtree that holds two elements or more."""

    left: "Node | None"
    """The half whose slots have 0 as their highest bit; None if it is empty."""
    right: "Node | None"
    """The other half."""
    root: FieldElement = _UNHASHED
    """The root of the subtree; set once, before the tree is handed out."""


Node = Lone | Branch
Change = tuple[int, FieldElement]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PersistentTree:
    """
    A tree whose versions share their nodes.

    Two trees are equal if they have the same depth and the same elements.
    """

    depth: Depth
    """Number of levels of hashing."""
    top: Node | None = None
    """The root node; None for the empty tree."""
    size: int = 0
    """Number of elements."""

    @classmethod
    def of(cls, depth: Depth, elements: Iterable[FieldElement] = ()) -> Self:
        """Make a tree of elements that are known to be allowed."""
        return cls(depth=depth).with_slots(
            {slot_of(element, 2**depth): element for element in elements}
        )

    @property
    def root(self) -> FieldElement:
        """The commitment to the whole set of leaves."""
        return _root_of(self.top, self.depth)

    def __iter__(self) -> Iterator[FieldElement]:
        """Give the elements in the order of their slots."""
        return _elements(self.top)

    def __len__(self) -> int:
        """Count the elements."""
        return self.size

    def __eq__(self, other: object) -> bool:
        """Compare depth and elements; the roots are asked first, since they nearly always tell."""
        if not isinstance(other, PersistentTree):
            return NotImplemented
        if (self.depth, self.root) != (other.depth, other.root):
            return False
        return self.top is other.top or list(self) == list(other)

    def __hash__(self) -> int:
        """Equal trees have equal roots."""
        return hash((self.depth, self.root))

    def leaf_at(self, slot: int) -> FieldElement:
        """Give the element in a slot, or 0."""
        node, height = self.top, int(self.depth)
        while isinstance(node, Branch):
            height -= 1
            node = node.right if slot >> height & 1 else node.left
        if node is None or slot_of(node.element, 2**self.depth) != slot:
            return EMPTY_LEAF
        return node.element

    def siblings_at(self, slot: int) -> Siblings:
        """Give the path of a slot, whatever stands in it."""
        siblings = list(empty_roots(self.depth)[: self.depth])
        node, height = self.top, int(self.depth)
        while isinstance(node, Branch):
            height -= 1
            near, beside = (
                (node.right, node.left) if slot >> height & 1 else (node.left, node.right)
            )
            siblings[height] = _root_of(beside, height)
            node = near
        if node is not None:
            other = slot_of(node.element, 2**self.depth)
            if other != slot:
                # The two part ways at their highest differing bit; there the lone element stands
                # beside the slot, at the top of a subtree of its own.
                parting = (other ^ slot).bit_length() - 1
                (siblings[parting],) = _lone_roots([node.element], [parting], self.depth)
        return tuple(siblings)

    def with_slots(self, changes: Mapping[int, FieldElement]) -> Self:
        """Give the tree whose slots hold these leaves; 0 empties a slot. No rule is checked."""
        held = sum(self.leaf_at(slot) != EMPTY_LEAF for slot in changes)
        placed = sum(leaf != EMPTY_LEAF for leaf in changes.values())
        top = _changed(self.top, self.depth, sorted(changes.items()), self.depth)
        _hash_new_nodes(top, self.depth)
        return replace(self, top=top, size=self.size - held + placed)


def tree_of(depth: Depth, leaves: Sequence[FieldElement]) -> PersistentTree:
    """
    Build the tree that is handed over as its leaves, each by the rules of insertion.

    Requirements:
        PAYY-MERKLE-016

    Raises:
        SpecError: `MERKLE_ELEMENT_ZERO`, `MERKLE_SLOT_OCCUPIED`.
    """
    return update(PersistentTree(depth=depth), remove=(), insert=leaves)


def _root_of(node: Node | None, height: int) -> FieldElement:
    return empty_roots(height)[height] if node is None else node.root


def _elements(top: Node | None) -> Iterator[FieldElement]:
    """Give the elements from left to right, without recursion: a tree may be 256 levels deep."""
    unvisited = [top]
    while unvisited:
        node = unvisited.pop()
        if isinstance(node, Lone):
            yield node.element
        elif node is not None:
            unvisited += [node.right, node.left]


def _changed(node: Node | None, height: int, changes: Sequence[Change], depth: int) -> Node | None:
    """Rebuild a subtree; `changes` are sorted by slot and all lie in it."""
    if not changes:
        return node
    if not isinstance(node, Branch):
        leaves = dict(changes)
        if node is not None:
            leaves.setdefault(slot_of(node.element, 2**depth), node.element)
        return _built(sorted(leaves.items()), height)
    height -= 1
    middle = _first_on_the_right(changes, height)
    left = _changed(node.left, height, changes[:middle], depth)
    right = _changed(node.right, height, changes[middle:], depth)
    return _joined(left, right)


def _built(leaves: Sequence[Change], height: int) -> Node | None:
    """Build a subtree from its leaves, sorted by slot; empty ones are passed over."""
    present = [(slot, leaf) for slot, leaf in leaves if leaf != EMPTY_LEAF]
    if len(present) <= 1:
        return Lone(present[0][1]) if present else None
    height -= 1
    middle = _first_on_the_right(present, height)
    return Branch(_built(present[:middle], height), _built(present[middle:], height))


def _joined(left: Node | None, right: Node | None) -> Node | None:
    """Put two halves together; a single element moves up and is hashed anew."""
    if left is None and right is None:
        return None
    if left is None and isinstance(right, Lone):
        return Lone(right.element)
    if right is None and isinstance(left, Lone):
        return Lone(left.element)
    return Branch(left, right)


def _first_on_the_right(changes: Sequence[Change], height: int) -> int:
    """Find where the slots begin whose bit at this height is 1."""
    return bisect_left(changes, 1, key=lambda change: change[0] >> height & 1)


def _lone_roots(elements: Sequence[int], heights: Sequence[int], depth: int) -> list[FieldElement]:
    slots = [slot_of(element, 2**depth) for element in elements]
    return hash_form.climb(elements, slots, [0] * len(elements), heights, empty_roots(depth))


def _hash_new_nodes(top: Node | None, depth: int) -> None:
    """Fill in the roots of the nodes that the running update made."""
    lone: list[tuple[Lone, int]] = []
    branches: dict[int, list[Branch]] = {}
    unvisited = [(top, int(depth))]
    while unvisited:
        node, height = unvisited.pop()
        if node is None or node.root != _UNHASHED:
            continue
        if isinstance(node, Lone):
            lone.append((node, height))
        else:
            branches.setdefault(height, []).append(node)
            unvisited += [(node.left, height - 1), (node.right, height - 1)]

    roots = _lone_roots([node.element for node, _ in lone], [height for _, height in lone], depth)
    for (node, _), root in zip(lone, roots, strict=True):
        node.root = root
    for height in sorted(branches):
        pairs = [
            (_root_of(node.left, height - 1), _root_of(node.right, height - 1))
            for node in branches[height]
        ]
        for branch, root in zip(branches[height], hash_form.sponges(pairs), strict=True):
            branch.root = root
