"""
The interface of a store: what is kept of a ledger, and how it changes.

A store judges no rules. Whoever appends has applied the block with `extend` before, and whoever
loads rebuilds the ledger with `rebuild`, which judges everything again.
"""

from typing import Protocol

from payy_ref.ledger.chain import Archive
from payy_ref.ledger.sequence import Block, Height


class StoreError(ValueError):
    """The store cannot do what is asked, or is not what it must be; nothing was changed."""


class BlockStore(Protocol):
    """Keeps an archive; a change is whole and durable when its method returns."""

    def load(self) -> Archive:
        """
        Give what is kept: the checkpoint, its leaves in the order of their slots, the blocks since.

        Raises:
            StoreError: it cannot be read, or is damaged.
        """

    def append(self, block: Block) -> None:
        """
        Keep one more block.

        Raises:
            StoreError: it does not follow the newest block, or cannot be written.
        """

    def prune(self, proven: Height) -> None:
        """
        Forget a block that is proven on L1 and all before it; keep the leaf set at it.

        Raises:
            StoreError: no such block is kept, or it cannot be written.
        """

    def block(self, height: Height) -> Block | None:
        """
        Give a kept block; None if it is pruned or not there yet.

        Raises:
            StoreError: it cannot be read, or is damaged.
        """

    def close(self) -> None:
        """Give back what the store holds; it cannot be used after that."""
