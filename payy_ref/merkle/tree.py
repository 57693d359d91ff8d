"""
The rules of the tree: what may be inserted and removed, and what each change proves.

They are written once, over the `Tree` protocol, and hold for both of its forms:
`naive.NaiveTree`, the specification, and `persistent.PersistentTree`, the fast one.
A tree is a value: a change gives a new one and leaves the old one usable. Elements come in as
field elements, admitted by `checked_field_element` at the boundary.

Source: deployed `pkg/smirk`, `noir/agg_utxo`; decisions 0002, 0010, 0011.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode, require
from payy_ref.merkle.kernels import slot_accepts, slot_of, slot_releases
from payy_ref.merkle.path import EMPTY_LEAF, Depth, Siblings


class Tree(Protocol):
    """A sparse Merkle tree as a value."""

    @property
    def depth(self) -> Depth:
        """Number of levels of hashing."""

    @property
    def root(self) -> FieldElement:
        """The commitment to the whole set of leaves."""

    def __iter__(self) -> Iterator[FieldElement]:
        """Give the elements in the order of their slots."""

    def __len__(self) -> int:
        """Count the elements."""

    def leaf_at(self, slot: int) -> FieldElement:
        """Give the element in a slot, or 0."""

    def siblings_at(self, slot: int) -> Siblings:
        """Give the path of a slot, whatever stands in it."""

    def with_slots(self, changes: Mapping[int, FieldElement]) -> Self:
        """Give the tree whose slots hold these leaves; 0 empties a slot. No rule is checked."""


AnyTree = TypeVar("AnyTree", bound=Tree)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One insertion or removal with what a circuit needs to follow it."""

    element: FieldElement
    """The element that comes or goes."""
    leaf_before: FieldElement
    """What its slot held: 0 for an insertion, the element for a removal."""
    leaf_after: FieldElement
    """What its slot holds then."""
    siblings: Siblings
    """The path of the slot: the same before and after, since only this slot changed."""
    root_before: FieldElement
    """The root that `leaf_before` and the path lead to."""
    root_after: FieldElement
    """The root that `leaf_after` and the path lead to."""


def contains(tree: Tree, element: int) -> bool:
    """Tell whether the element is a leaf of the tree."""
    return element != EMPTY_LEAF and tree.leaf_at(slot_of(element, 2**tree.depth)) == element


def path(tree: Tree, element: int) -> Siblings:
    """
    Give the path of the element's slot; it never fails, whatever stands in the slot.

    Requirements:
        PAYY-MERKLE-009
    """
    return tree.siblings_at(slot_of(element, 2**tree.depth))


def slot_after_removal(occupant: FieldElement, element: FieldElement) -> FieldElement:
    """
    Judge the removal of an element from the slot where `occupant` stands, and empty it.

    Requirements:
        PAYY-MERKLE-006, PAYY-MERKLE-008

    Raises:
        SpecError: `MERKLE_ELEMENT_ZERO`, `MERKLE_ELEMENT_ABSENT`.
    """
    # CHECK
    require(element != EMPTY_LEAF, ErrorCode.MERKLE_ELEMENT_ZERO)
    require(slot_releases(occupant, element), ErrorCode.MERKLE_ELEMENT_ABSENT)

    # UPDATE
    return EMPTY_LEAF


def slot_after_insertion(occupant: FieldElement, element: FieldElement) -> FieldElement:
    """
    Judge the insertion of an element into the slot where `occupant` stands, and fill it.

    Requirements:
        PAYY-MERKLE-006, PAYY-MERKLE-007

    Raises:
        SpecError: `MERKLE_ELEMENT_ZERO`, `MERKLE_SLOT_OCCUPIED`.
    """
    # CHECK
    require(element != EMPTY_LEAF, ErrorCode.MERKLE_ELEMENT_ZERO)
    require(slot_accepts(occupant, element), ErrorCode.MERKLE_SLOT_OCCUPIED)

    # UPDATE
    return element


def insert(tree: AnyTree, element: FieldElement) -> AnyTree:
    """
    Put an element in its empty slot.

    Requirements:
        PAYY-MERKLE-006, PAYY-MERKLE-007

    Raises:
        SpecError: `MERKLE_ELEMENT_ZERO`, `MERKLE_SLOT_OCCUPIED`.
    """
    return update(tree, remove=(), insert=(element,))


def remove(tree: AnyTree, element: FieldElement) -> AnyTree:
    """
    Empty the slot of an element that is in the tree.

    Requirements:
        PAYY-MERKLE-006, PAYY-MERKLE-008

    Raises:
        SpecError: `MERKLE_ELEMENT_ZERO`, `MERKLE_ELEMENT_ABSENT`.
    """
    return update(tree, remove=(element,), insert=())


Rule = Callable[[FieldElement, FieldElement], FieldElement]
"""`slot_after_removal` or `slot_after_insertion`."""

Change = tuple[Rule, FieldElement]
"""A removal or an insertion: its rule, and the element that goes or comes."""


def changed(tree: AnyTree, changes: Sequence[Change]) -> AnyTree:
    """
    Do changes in order; all of them or none.

    Every change is judged against the slots as the changes before it left them.

    Requirements:
        PAYY-MERKLE-006, PAYY-MERKLE-007, PAYY-MERKLE-008, PAYY-MERKLE-013

    Raises:
        SpecError: `MERKLE_ELEMENT_ZERO`, `MERKLE_ELEMENT_ABSENT`,
            `MERKLE_SLOT_OCCUPIED`, for the first change that is refused.
    """
    capacity = 2**tree.depth
    leaves: dict[int, FieldElement] = {}

    def occupant(slot: int) -> FieldElement:
        return leaves[slot] if slot in leaves else tree.leaf_at(slot)

    # CHECK
    for rule, element in changes:
        slot = slot_of(element, capacity)
        leaves[slot] = rule(occupant(slot), element)

    # UPDATE
    return tree.with_slots(leaves)


def steps_of(tree: AnyTree, changes: Sequence[Change]) -> tuple[AnyTree, tuple[Step, ...]]:
    """
    Do changes one at a time and keep each one's path and roots.

    Requirements:
        PAYY-MERKLE-013, PAYY-MERKLE-014

    Raises:
        SpecError: as `changed`.
    """
    # CHECK
    changed(tree, changes)

    # COMPUTE
    steps = []
    for rule, element in changes:
        slot = slot_of(element, 2**tree.depth)
        leaf_before = tree.leaf_at(slot)
        leaf_after = rule(leaf_before, element)
        after = tree.with_slots({slot: leaf_after})
        steps.append(
            Step(
                element=element,
                leaf_before=leaf_before,
                leaf_after=leaf_after,
                siblings=tree.siblings_at(slot),
                root_before=tree.root,
                root_after=after.root,
            )
        )
        tree = after
    return tree, tuple(steps)


def changes_of(
    remove: Sequence[FieldElement], insert: Sequence[FieldElement]
) -> tuple[Change, ...]:
    """Give removals, then insertions, each in order."""
    removals = [(slot_after_removal, element) for element in remove]
    insertions = [(slot_after_insertion, element) for element in insert]
    return (*removals, *insertions)


def update(
    tree: AnyTree, *, remove: Sequence[FieldElement], insert: Sequence[FieldElement]
) -> AnyTree:
    """
    Remove elements, then insert elements, each in order; all of them or none.

    Requirements:
        PAYY-MERKLE-006, PAYY-MERKLE-007, PAYY-MERKLE-008, PAYY-MERKLE-013

    Raises:
        SpecError: as `changed`.
    """
    return changed(tree, changes_of(remove, insert))


def update_with_steps(
    tree: AnyTree, *, remove: Sequence[FieldElement], insert: Sequence[FieldElement]
) -> tuple[AnyTree, tuple[Step, ...]]:
    """
    Do an update one step at a time and keep each step's path and roots.

    Requirements:
        PAYY-MERKLE-013, PAYY-MERKLE-014

    Raises:
        SpecError: as `changed`.
    """
    return steps_of(tree, changes_of(remove, insert))
