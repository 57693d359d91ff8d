"""Entries of the queue: what waits on L1 for the sequencers."""

from dataclasses import dataclass

from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.ledger.transaction import PublicInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCall:
    """A call to another contract, made when the transaction that it belongs to is settled."""

    target: EthereumAddress
    """Who is called."""
    data: bytes
    """With what."""
    gas: int
    """How much gas the call gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transaction that waits."""

    transaction: PublicInputs
    """What is to be settled."""
    call: QueuedCall | None
    """What is to be called then."""
    queued_at: int
    """When it was queued, in seconds of L1's time."""
