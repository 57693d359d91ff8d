"""What judges proofs on L1: three contracts there, three functions here."""

from collections.abc import Callable
from dataclasses import dataclass

from payy_ref.crypto.field import FieldElement
from payy_ref.settlement.queue import TransactionVerifier, VoidVerifier

BlockVerifier = Callable[[tuple[FieldElement, ...], bytes], bool]
"""
Tells whether a valid block with these public inputs is proved: old root, new root, commit hash, and
the messages without the zeros after them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifiers:
    """
    What judges proofs.

    Each may also reject by itself, with the code of the rule of its own that is broken.
    """

    block: BlockVerifier
    """Judges the proof of a block."""
    transaction: TransactionVerifier
    """Judges a client's proof."""
    void: VoidVerifier
    """Judges the proof that a transaction can have no place."""
