"""
One step of a Merkle path, in a form that can be proved.

No loop, no container of unknown size, no hash: CrossHair confirms the contracts over all paths, and
the solvers of `payy_ref.assurance` read these very functions.

Source: deployed `pkg/smirk`.
"""

from collections.abc import Callable
from typing import TypeVar

Node = TypeVar("Node")

HashPair = Callable[[int, int], int]
"""The hash of two children; callers take it as a parameter where a proof wants a free one."""


def slot_of(element: int, capacity: int) -> int:
    """
    Give the position of an element among `capacity` = 2^depth slots: its low bits.

    Requirements:
        PAYY-MERKLE-002

    Properties:
        PAYY-MERKLE-T09

    pre: element >= 0
    pre: capacity >= 1
    post: 0 <= __return__ < capacity
    post: (element - __return__) % capacity == 0
    post: (__return__ == element) == (element < capacity)
    """
    return element % capacity


def split_slot(slot: int) -> tuple[int, int]:
    """
    Take the direction bit of the deepest level off a slot; what is left are the upper levels.

    Requirements:
        PAYY-MERKLE-002

    Properties:
        PAYY-MERKLE-T09

    pre: slot >= 0
    post: 0 <= __return__[0] <= 1
    post: __return__[0] + 2 * __return__[1] == slot
    """
    return slot % 2, slot // 2


def ordered(bit: int, node: Node, sibling: Node) -> tuple[Node, Node]:
    """
    Put a node and its sibling in the order left, right; bit 1 makes the node the right child.

    Requirements:
        PAYY-MERKLE-003

    Properties:
        PAYY-MERKLE-T09

    pre: 0 <= bit <= 1
    post: __return__ == ((node, sibling) if bit == 0 else (sibling, node))
    """
    return (sibling, node) if bit == 1 else (node, sibling)


def slot_accepts(occupant: int, element: int) -> bool:
    """
    Tell whether an element may be inserted where `occupant` stands; 0 is an empty slot.

    Requirements:
        PAYY-MERKLE-006, PAYY-MERKLE-007

    Properties:
        PAYY-MERKLE-T10

    post: __return__ == (occupant == 0 and element != 0)
    """
    return element != 0 and occupant == 0


def slot_releases(occupant: int, element: int) -> bool:
    """
    Tell whether an element may be removed where `occupant` stands.

    The whole element is compared: another one with the same low bits is not removed.

    Requirements:
        PAYY-MERKLE-008

    Properties:
        PAYY-MERKLE-T10

    post: __return__ == (occupant == element and element != 0)
    """
    return element != 0 and occupant == element
