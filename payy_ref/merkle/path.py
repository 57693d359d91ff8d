"""
Merkle paths: what they are, what they prove, and what a false one would cost.

A path is the tuple of siblings from the deepest level to the root's children. It carries no
direction bits: they are the low bits of the element, so a path cannot be told about another slot.

Source: deployed `pkg/smirk`, `noir/common`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NewType

from payy_ref.crypto.field import FieldElement, is_canonical
from payy_ref.crypto.hashing import hash_pair
from payy_ref.errors import ErrorCode, require
from payy_ref.merkle.kernels import HashPair, ordered, slot_of, split_slot

Depth = NewType("Depth", int)
"""Number of hashings from a leaf to the root, which is the number of siblings: 160 on mainnet."""

EMPTY_LEAF: Final = FieldElement(0)
"""What stands in a slot without an element."""

MAXIMUM_DEPTH: Final = 256
"""An element has 256 bits to be placed by; each level uses one."""

Siblings = tuple[FieldElement, ...]
"""A path: one sibling a level, deepest first."""


def checked_depth(depth: int) -> Depth:
    """
    Admit an integer as the depth of a tree.

    Requirements:
        PAYY-MERKLE-001

    Raises:
        SpecError: `MERKLE_DEPTH_OUT_OF_RANGE`.
    """
    # CHECK
    require(1 <= depth <= MAXIMUM_DEPTH, ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE)

    return Depth(depth)


@cache
def empty_roots(depth: int) -> Siblings:
    """
    List the roots of empty subtrees of heights 0 to `depth`.

    Requirements:
        PAYY-MERKLE-004
    """
    roots = [EMPTY_LEAF]
    for _ in range(depth):
        roots.append(hash_pair(roots[-1], roots[-1]))
    return tuple(roots)


def path_nodes(
    leaf: int, slot: int, siblings: Sequence[int], hash_pair: HashPair = hash_pair
) -> tuple[int, ...]:
    """
    Walk from a leaf to the root.

    Returns:
        Every node on the way: the leaf, then one node a level, the root last.

    Requirements:
        PAYY-MERKLE-003
    """
    nodes = [leaf]
    for sibling in siblings:
        bit, slot = split_slot(slot)
        nodes.append(hash_pair(*ordered(bit, nodes[-1], sibling)))
    return tuple(nodes)


def path_root(
    leaf: int, slot: int, siblings: Sequence[int], hash_pair: HashPair = hash_pair
) -> int:
    """
    Compute the root that a leaf and its path lead to.

    Requirements:
        PAYY-MERKLE-003
    """
    return path_nodes(leaf, slot, siblings, hash_pair)[-1]


def path_matches(element: int, siblings: Sequence[FieldElement], root: FieldElement) -> bool:
    """
    Tell whether the element, at the slot that its low bits name, leads to the root.

    The number of siblings is taken as the depth, so this is for callers that have fixed it; others
    use `proves_inclusion`. For element 0 it says that slot 0 is empty. A value of p or more is
    never a leaf: in a tree of depth 1 or 2 it can share its slot with the leaf that it is
    congruent to, and must not pass for it.

    Requirements:
        PAYY-MERKLE-010, PAYY-MERKLE-011

    Raises:
        SpecError: `MERKLE_DEPTH_OUT_OF_RANGE`.
    """
    # CHECK
    depth = checked_depth(len(siblings))

    # COMPUTE
    return (
        is_canonical(element) and path_root(element, slot_of(element, 2**depth), siblings) == root
    )


def proves_inclusion(
    depth: Depth, element: int, siblings: Sequence[FieldElement], root: FieldElement
) -> bool:
    """
    Tell whether the path shows that the element is in the tree.

    The verifier fixes the depth. Leaves and inner nodes are hashed alike, so a shorter path could
    pass an inner node off as a leaf.

    Requirements:
        PAYY-MERKLE-010, PAYY-MERKLE-011, PAYY-MERKLE-015

    Raises:
        SpecError: `MERKLE_PATH_LENGTH`.
    """
    # CHECK
    require(len(siblings) == depth, ErrorCode.MERKLE_PATH_LENGTH)

    # COMPUTE
    return element != EMPTY_LEAF and path_matches(element, siblings, root)


def proves_absence(
    depth: Depth, element: int, occupant: int, siblings: Sequence[FieldElement], root: FieldElement
) -> bool:
    """
    Tell whether the path shows that the element is not in the tree.

    Its slot holds something else: nothing (`occupant` 0), or another element of the same slot.

    Requirements:
        PAYY-MERKLE-012, PAYY-MERKLE-015

    Raises:
        SpecError: `MERKLE_PATH_LENGTH`.
    """
    # CHECK
    require(len(siblings) == depth, ErrorCode.MERKLE_PATH_LENGTH)

    # COMPUTE
    slot = slot_of(element, 2**depth)
    return (
        occupant != element
        and is_canonical(occupant)
        and (occupant == EMPTY_LEAF or slot_of(occupant, 2**depth) == slot)
        and path_root(occupant, slot, siblings) == root
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """Two different inputs of the hash with one output."""

    first: tuple[int, int]
    """The children on the first path."""
    second: tuple[int, int]
    """The children on the second path."""


def extract_collision(
    slot: int,
    first: tuple[int, Sequence[int]],
    second: tuple[int, Sequence[int]],
    hash_pair: HashPair = hash_pair,
) -> Collision | None:
    """
    Find the hash collision that two contradicting paths contain.

    Each argument is a leaf and its siblings; both have the same length. If the leaves differ and
    the roots agree, a collision is always found: this is the soundness of paths, without assuming
    that the hash is injective.

    Requirements:
        PAYY-MERKLE-011
    """
    first_nodes = path_nodes(first[0], slot, first[1], hash_pair)
    second_nodes = path_nodes(second[0], slot, second[1], hash_pair)
    for level, (a, b) in enumerate(zip(first[1], second[1], strict=True)):
        bit, slot = split_slot(slot)
        first_children = ordered(bit, first_nodes[level], a)
        second_children = ordered(bit, second_nodes[level], b)
        if first_children != second_children and first_nodes[level + 1] == second_nodes[level + 1]:
            return Collision(first=first_children, second=second_children)
    return None
