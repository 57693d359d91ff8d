"""
The queue on L1: transactions that the sequencers cannot leave out for ever.

An entry is a whole transaction, whose proof was checked when it was queued: that is also what keeps
junk out. Entries have their turn in order. A block settles with a verdict on every entry that is
due: applied in this very block, or void.

Source: architecture, section on the L1 queue; decisions 0028 and 0029.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.block import check_transactions, commit_hash, is_padding, packed_messages
from payy_ref.ledger.opening import Opening, opened_commit_hash, place_hash
from payy_ref.ledger.transaction import BURN, MINT, SEND, Message, PublicInputs
from payy_ref.parameters import Parameters
from payy_ref.settlement.bridge import Bridge, check_mint, is_open
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.events import CallDue, EntryConsumed, Event, TransactionQueued

TransactionVerifier = Callable[[PublicInputs, bytes], bool]
"""Tells whether a client's proof is one of a transaction."""

VoidVerifier = Callable[[FieldElement, PublicInputs, bytes], bool]
"""
Tells whether it is shown that a block with this transaction alone is invalid on the tree with this
root.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits, oldest first."""

    waiting: tuple[Entry, ...] = ()
    """Entries without a verdict."""
    consumed: int = 0
    """How many had a verdict; the number of the first one that waits."""
    expiries: tuple[int, ...] = ()
    """For each of them when the rollup may be frozen for it, in seconds of L1's time."""
    last_expiry: int = 0
    """The same of the newest entry there ever was; 0 if there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The verdict that an entry's transaction stands in the block that is settled."""

    entry: Entry
    """The entry whose turn it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """The verdict that an entry's transaction can have no place."""

    entry: Entry
    """The entry whose turn it is."""
    is_after: bool
    """Whether that is so on the tree after the block; otherwise on the tree before it."""
    proof: bytes
    """What shows it; not looked at if the transaction is a mint whose deposit is gone."""


Verdict = Applied | Void
"""What becomes of an entry."""


def queued(
    queue: Queue,
    bridge: Bridge,
    *,
    sender: EthereumAddress,
    transaction: PublicInputs,
    proof: bytes,
    call: QueuedCall | None,
    time: int,
    is_proven: TransactionVerifier,
    parameters: Parameters,
) -> tuple[Queue, tuple[Event, ...]]:
    """
    Put a transaction at the end of the queue.

    Whatever could keep an entry from being applied and from being void is refused here; otherwise
    one entry could stop all blocks.

    Requirements:
        PAYY-QUEUE-001, PAYY-QUEUE-002, PAYY-QUEUE-003, PAYY-QUEUE-004, PAYY-QUEUE-005

    Raises:
        SpecError: those of `check_call`, `QUEUE_PADDING`, those of `check_transactions` for a block
            of this transaction, those of `check_mint`, `BRIDGE_NOTE_KIND_UNKNOWN`,
            `SETTLEMENT_TRANSACTION_UNPROVEN`.
    """
    # CHECK
    if call is not None:
        check_call(call, parameters)
    require(not is_padding(transaction), ErrorCode.QUEUE_PADDING)
    check_transactions((transaction,), parameters)
    if transaction.message.kind == MINT:
        check_mint(bridge, transaction.message)
    if transaction.message.kind == BURN:
        has_token = transaction.message.note_kind in bridge.tokens
        require(has_token, ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN)
    require(is_proven(transaction, proof), ErrorCode.SETTLEMENT_TRANSACTION_UNPROVEN)

    # UPDATE
    index = queue.consumed + len(queue.waiting)
    entry = Entry(transaction=transaction, call=call, queued_at=time)
    expiry = expiry_of(queue, time, parameters)
    after = replace(
        queue,
        waiting=(*queue.waiting, entry),
        expiries=(*queue.expiries, expiry),
        last_expiry=expiry,
    )
    said = TransactionQueued(index=index, sender=sender, entry=entry, proof=proof)
    return after, (said,)


def check_call(call: QueuedCall, parameters: Parameters) -> None:
    """
    Judge the size of a call.

    Requirements:
        PAYY-QUEUE-004

    Raises:
        SpecError: `QUEUE_CALL_GAS_OUT_OF_RANGE`, `QUEUE_CALL_DATA_TOO_LONG`.
    """
    # CHECK
    require(call.gas <= parameters.queue_call_gas, ErrorCode.QUEUE_CALL_GAS_OUT_OF_RANGE)
    require(len(call.data) <= parameters.queue_call_bytes, ErrorCode.QUEUE_CALL_DATA_TOO_LONG)


def has_waited(queue: Queue, seconds: int, time: int) -> bool:
    """
    Tell whether the oldest entry has waited at least this long.

    Requirements:
        PAYY-QUEUE-006
    """
    return len(queue.waiting) > 0 and time >= queue.waiting[0].queued_at + seconds


def check_overdue(queue: Queue, entry: Entry, time: int, parameters: Parameters) -> None:
    """
    Judge whether an entry is the oldest one, and may be settled without the sequencers.

    Requirements:
        PAYY-QUEUE-006, PAYY-QUEUE-008

    Raises:
        SpecError: `QUEUE_NOT_OVERDUE`, `QUEUE_ENTRY_MISMATCH`.
    """
    # CHECK
    is_overdue = has_waited(queue, parameters.queue_overdue_seconds, time)
    require(is_overdue, ErrorCode.QUEUE_NOT_OVERDUE)
    require(queue.waiting[0] == entry, ErrorCode.QUEUE_ENTRY_MISMATCH)


def expiry_of(queue: Queue, time: int, parameters: Parameters) -> int:
    """
    Tell when the rollup may be frozen for an entry that is queued now.

    Entries expire one after the other, no faster than sequencers have to serve them. So nobody can
    freeze a rollup by filling its queue, and sequencers cannot hide behind a queue that is full.

    Requirements:
        PAYY-QUEUE-006, PAYY-QUEUE-018
    """
    alone = time + parameters.queue_freeze_seconds
    return max(alone, queue.last_expiry + parameters.queue_service_seconds)


def is_expired(queue: Queue, time: int) -> bool:
    """
    Tell whether the oldest entry has waited so long that the rollup may be frozen.

    Requirements:
        PAYY-QUEUE-006, PAYY-QUEUE-018
    """
    return len(queue.expiries) > 0 and time >= queue.expiries[0]


def count_due(queue: Queue, time: int, parameters: Parameters) -> int:
    """
    Count the entries that a block needs a verdict on: those that are due, at most one a place.

    Requirements:
        PAYY-QUEUE-006, PAYY-QUEUE-007
    """
    waiting = queue.waiting[: parameters.block_transactions]
    return sum(time >= entry.queued_at + parameters.queue_due_seconds for entry in waiting)


def check_verdicts(
    queue: Queue, verdicts: Sequence[Verdict], time: int, parameters: Parameters
) -> None:
    """
    Judge whether the verdicts are on the oldest entries, in order, and on all that are due.

    Requirements:
        PAYY-QUEUE-007, PAYY-QUEUE-008

    Raises:
        SpecError: `QUEUE_VERDICT_COUNT`, `QUEUE_ENTRY_OMITTED`, `QUEUE_ENTRY_MISMATCH`.
    """
    most = min(len(queue.waiting), parameters.block_transactions)

    # CHECK
    require(len(verdicts) <= most, ErrorCode.QUEUE_VERDICT_COUNT)
    has_all = len(verdicts) >= count_due(queue, time, parameters)
    require(has_all, ErrorCode.QUEUE_ENTRY_OMITTED)
    are_next = tuple(verdict.entry for verdict in verdicts) == queue.waiting[: len(verdicts)]
    require(are_next, ErrorCode.QUEUE_ENTRY_MISMATCH)


def check_opening(
    opening: Opening, bound_by: FieldElement, *, is_asked: bool, parameters: Parameters
) -> None:
    """
    Judge whether an opening is that of a block; where nothing is asked, nothing is opened.

    Args:
        opening: What is shown of the block.
        bound_by: Its commit hash.
        is_asked: Whether there is a verdict.
        parameters: Those of the network.

    Requirements:
        PAYY-QUEUE-009

    Raises:
        SpecError: `QUEUE_OPENING_SHAPE`, `QUEUE_OPENING_MISMATCH`.
    """
    # CHECK
    if not is_asked:
        require(opening == (), ErrorCode.QUEUE_OPENING_SHAPE)
        return
    is_opened = opened_commit_hash(opening, parameters) == bound_by
    require(is_opened, ErrorCode.QUEUE_OPENING_MISMATCH)


def stands_in(transaction: PublicInputs, opening: Opening, messages: Sequence[Message]) -> bool:
    """
    Tell whether a transaction stands in a block.

    A place binds the four commitments. What a mint or a burn says besides is in the messages.

    Requirements:
        PAYY-QUEUE-009
    """
    is_said = transaction.message.kind == SEND or transaction.message in messages
    return is_said and place_hash(transaction) in chain(*opening)


def check_applied(*, stands: bool) -> None:
    """
    Judge the verdict that an entry is applied.

    Requirements:
        PAYY-QUEUE-009

    Raises:
        SpecError: `QUEUE_ENTRY_NOT_APPLIED`.
    """
    # CHECK
    require(stands, ErrorCode.QUEUE_ENTRY_NOT_APPLIED)


def check_void(
    verdict: Void,
    roots: tuple[FieldElement, FieldElement],
    bridge: Bridge,
    shows_void: VoidVerifier,
    *,
    stands: bool,
) -> None:
    """
    Judge the verdict that an entry's transaction can have no place.

    A mint whose deposit is gone is void; of anything else it has to be proved, on the tree before
    the block or on the tree after it. What the block applies is not void, though its leaves are
    taken afterwards.

    Requirements:
        PAYY-QUEUE-010, PAYY-QUEUE-011

    Raises:
        SpecError: `QUEUE_ENTRY_APPLIED`, `QUEUE_ENTRY_NOT_VOID`.
    """
    transaction = verdict.entry.transaction

    # CHECK
    require(not stands, ErrorCode.QUEUE_ENTRY_APPLIED)
    is_gone = transaction.message.kind == MINT and not is_open(bridge, transaction.message.hash)
    root = roots[1] if verdict.is_after else roots[0]
    is_void = is_gone or shows_void(root, transaction, verdict.proof)
    require(is_void, ErrorCode.QUEUE_ENTRY_NOT_VOID)


def consume(queue: Queue, *, applied: bool) -> tuple[Queue, tuple[Event, ...]]:
    """
    Take the oldest entry off the queue.

    The deposit of a mint that is void stays as it is: another mint may take it, or its depositor
    cancels it in time. Were it returned at once, blocks that have another mint of it could never be
    settled.

    Requirements:
        PAYY-QUEUE-012
    """
    said = EntryConsumed(index=queue.consumed, applied=applied)
    after = replace(
        queue,
        waiting=queue.waiting[1:],
        expiries=queue.expiries[1:],
        consumed=queue.consumed + 1,
    )
    return after, (said,)


def calls_due(first: int, verdicts: Sequence[Verdict]) -> tuple[Event, ...]:
    """
    List the calls to be made when all else is done: those of the entries that are applied.

    Args:
        first: Number of the first entry.
        verdicts: What became of it and of those after it.

    Requirements:
        PAYY-QUEUE-013
    """
    return tuple(
        CallDue(index=index, target=call.target, data=call.data, gas=call.gas)
        for index, verdict in enumerate(verdicts, first)
        if isinstance(verdict, Applied) and (call := verdict.entry.call) is not None
    )


def check_own_block(
    entry: Entry,
    bound_by: FieldElement,
    messages: Sequence[FieldElement],
    parameters: Parameters,
) -> None:
    """
    Judge whether a block has an entry's transaction and nothing else.

    Requirements:
        PAYY-QUEUE-015

    Raises:
        SpecError: `QUEUE_FORCED_BLOCK_MISMATCH`.
    """
    alone = (entry.transaction,)

    # CHECK
    is_alone = commit_hash(alone, parameters) == bound_by and packed_messages(alone) == tuple(
        messages
    )
    require(is_alone, ErrorCode.QUEUE_FORCED_BLOCK_MISMATCH)
