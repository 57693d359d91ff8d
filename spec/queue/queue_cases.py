"""What the scenarios of the queue share."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.ledger.transaction import PublicInputs
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.queue import Verdict
from payy_ref.vectors.model import case_bytes, case_elements
from spec.bridge.bridge_cases import (
    MINIMAL,
    A,
    B,
    C,
    Chapter,
    D,
    E,
    F,
    G,
    H,
    History,
    applied,
    ready,
    send,
)

QUEUE: Final = Chapter(suite="queue")
TARGET: Final = EthereumAddress(case_bytes("queue-target", 20))
CALL: Final = QueuedCall(target=TARGET, data=b"call", gas=50_000)

FIRST, SECOND, THIRD, FOURTH = (
    send((taken,), (made,)) for taken, made in ((A, E), (B, F), (C, G), (D, H))
)
"""Transactions that have nothing to do with each other."""

MANY: Final = tuple(send((each,)) for each in case_elements("queue-many", 8))
"""More of them than a block of mainnet has places."""


def queued(*transactions: PublicInputs, preset: str = MINIMAL) -> History:
    """Give a history in which these wait."""
    history = ready(preset)
    for each in transactions:
        history = history.queue(each)
    return history


def due(history: History, number: int = 0) -> int:
    """Tell when an entry is due."""
    return history.entries[number].queued_at + history.parameters.queue_due_seconds


def overdue(history: History, number: int = 0) -> int:
    """Tell when an entry is overdue."""
    return history.entries[number].queued_at + history.parameters.queue_overdue_seconds


def expired(history: History, number: int = 0) -> int:
    """Tell when an entry is expired; entries that were queued in a crowd take turns."""
    end = 0
    for entry in history.entries[: number + 1]:
        alone = entry.queued_at + history.parameters.queue_freeze_seconds
        end = max(alone, end + history.parameters.queue_service_seconds)
    return end


def all_applied(history: History, count: int, first: int = 0) -> tuple[Verdict, ...]:
    """Say that so many entries are applied, from one on."""
    return tuple(map(applied, history.entries[first : first + count]))


def block_of(verdicts: Sequence[Verdict]) -> tuple[PublicInputs, ...]:
    """Give the transactions that verdicts are about."""
    return tuple(each.entry.transaction for each in verdicts)


def with_other_time(entry: Entry) -> Entry:
    """Give an entry as if it had been queued a second later."""
    return replace(entry, queued_at=entry.queued_at + 1)
