"""
Merkle paths as constraints.

Source: chapter merkle; the order of children is `payy_ref.merkle.kernels.ordered`.
"""

from collections.abc import Sequence

from circuits.gadgets.poseidon2 import hash_children
from payy_ref.proofs.system import Builder, Variable


def path_root(
    builder: Builder,
    name: str,
    leaf: Variable,
    slot: Sequence[Variable],
    siblings: Sequence[Variable],
) -> Variable:
    """
    Compute the root that a leaf and its path lead to.

    Args:
        slot: the bits of the leaf's position, deepest level first, which are bits already
            (`circuits.gadgets.bits.low_bits`).
        siblings: one node a level, deepest first.

    Requirements:
        PAYY-CIRCUITS-009
    """
    node = leaf
    with builder.scope(name):
        for level, (bit, sibling) in enumerate(zip(slot, siblings, strict=True)):
            node = hash_children(builder, f"level[{level}]", node, sibling, bit)
    return node
