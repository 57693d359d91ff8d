"""
What the compiled form of the hash offers, computed with the readable one.

It serves where the compiler is missing, and is about two thousand times slower.
"""

from collections.abc import Sequence
from typing import Final

from payy_ref.crypto import poseidon2
from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.poseidon2 import permutation_rows, sponge

__all__ = ["byte_chain", "climb", "permutation_rows", "sponge", "sponges"]

BYTE_HASH_START: Final = 2
"""The accumulator's first value in the hash of bytes."""


def sponges(rows: Sequence[Sequence[int]]) -> list[FieldElement]:
    """Hash many rows of the same, non-zero number of elements."""
    return [poseidon2.sponge(row) for row in rows]


def byte_chain(chunks: Sequence[int]) -> FieldElement:
    """Fold chunks with the two-input hash, starting from `BYTE_HASH_START`."""
    state = FieldElement(BYTE_HASH_START)
    for chunk in chunks:
        state = poseidon2.sponge((state, chunk))
    return state


def climb(
    nodes: Sequence[int],
    positions: Sequence[int],
    bottom: Sequence[int],
    top: Sequence[int],
    siblings: Sequence[int],
) -> list[FieldElement]:
    """Walk many nodes up paths that share one list of siblings, from level to level."""
    results = []
    for node, position, low, high in zip(nodes, positions, bottom, top, strict=True):
        climbed = FieldElement(node)
        for level in range(low, high):
            pair = (climbed, siblings[level])
            climbed = poseidon2.sponge(pair[::-1] if position >> level & 1 else pair)
        results.append(climbed)
    return results
