"""Scenarios of the queue: getting in, stages, blocks without the sequencers, the freeze."""

from dataclasses import replace
from typing import Any

from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.sequence import Height
from payy_ref.ledger.transaction import ZERO, Message, PublicInputs
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import path
from payy_ref.settlement.bridge import DepositStatus
from payy_ref.settlement.entry import QueuedCall
from payy_ref.settlement.events import (
    CallDue,
    DepositReturned,
    EntryConsumed,
    Frozen,
    MintAdded,
    Minted,
    RollupVerified,
    TransactionQueued,
)
from payy_ref.settlement.rollup import Exit
from payy_ref.testing.settlement_history import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    OWNER,
    PROVEN,
    UNPROVEN,
    as_validators,
)
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.bridge.bridge_cases import (
    H1,
    H2,
    KIND,
    MINIMAL,
    OTHER_KIND,
    PRESETS,
    SEQUENCERS,
    UNKNOWN_KIND,
    VALUE,
    A,
    B,
    E,
    F,
    History,
    applied,
    both_presets,
    burn,
    burn_paid,
    mint,
    ready,
    send,
    void,
    word_of,
)
from spec.queue.queue_cases import (
    CALL,
    FIRST,
    QUEUE,
    SECOND,
    TARGET,
    THIRD,
    due,
    expired,
    overdue,
    queued,
    with_other_time,
)

OPEN, TAKEN, RETURNED = DepositStatus.OPEN, DepositStatus.TAKEN, DepositStatus.RETURNED
LONELY = send()
"""A send that names no leaf: it can always be applied."""


def with_message(transaction: PublicInputs, **words: int) -> PublicInputs:
    """Give a transaction with other words in its message."""
    changed = {name: FieldElement(value) for name, value in words.items()}
    return replace(transaction, message=replace(transaction.message, **changed))


# Getting in


def test_transactions_that_are_queued(vector: VectorWriter) -> None:
    """
    A proven transaction that can be settled is queued.

    Given transactions of each kind, when somebody queues them, then they wait in this order, and
    nothing else has changed.
    """
    deposited = ready().deposit()
    histories = {
        "send": ready().queue(FIRST),
        "mint": deposited.queue(mint()),
        "burn": ready().queue(burn()),
        "burn-value-zero": ready().queue(burn(0)),
        "burn-of-a-value-that-was-never-minted": ready().queue(burn(2**240)),
        "without-commitments": ready().queue(LONELY),
        "several": deposited.queue(FIRST).queue(mint()).queue(burn(), sender=BOB).queue(SECOND),
        "same-again": ready().queue(FIRST).queue(FIRST, sender=BOB),
        "same-leaf": ready().queue(FIRST).queue(send((A,), (F,))),
        "needs-the-one-before": ready().queue(FIRST).queue(send((E,), (F,))),
        "two-mints-of-one-deposit": deposited.queue(mint()).queue(mint(outputs=(F,))),
        "mint-by-somebody-else": deposited.queue(mint(), sender=BOB),
    }
    for name, history in histories.items():
        has_deposit = any(each.name == "deposit" for each in history.steps)
        output = QUEUE.accepts(
            vector,
            f"queue-{name}",
            history,
            f"Somebody queues transactions: {name.replace('-', ' ')}.",
            rules=[1, 2, 3, 5],
            flags=["QUEUE_ADMISSION", "QUEUE_ORDER"],
            waiting=list(history.entries),
            consumed=0,
            owed=[],
            deposits=[(H1, OPEN)] if has_deposit else [],
        )
        numbers = [each.index for each in output["events"] if isinstance(each, TransactionQueued)]
        assert numbers == list(range(len(history.entries)))


@both_presets
def test_calls_that_are_queued(vector: VectorWriter, preset: str) -> None:
    """
    A call has at most so much gas and data.

    Given calls up to the limits, when they are queued, then they wait with their transactions;
    beyond the limits they are refused.
    """
    parameters = PRESETS[preset]
    gas, data = parameters.queue_call_gas, parameters.queue_call_bytes
    start = ready(preset)
    calls = {
        "gas-and-data-at-limit": QueuedCall(target=TARGET, data=b"\xff" * data, gas=gas),
        "nothing": QueuedCall(target=TARGET, data=b"", gas=0),
        "target-zero": QueuedCall(target=type(TARGET)(bytes(20)), data=b"\0", gas=1),
    }
    for name, call in calls.items():
        history = start.queue(FIRST, call)
        QUEUE.accepts(
            vector,
            f"call-{name}",
            history,
            f"A call is queued: {name.replace('-', ' ')}.",
            rules=[1, 4],
            flags=["QUEUE_ADMISSION", "CALL_ISOLATION"],
            waiting=list(history.entries),
        )
    too_much, too_long = ErrorCode.QUEUE_CALL_GAS_OUT_OF_RANGE, ErrorCode.QUEUE_CALL_DATA_TOO_LONG
    long = b"\0" * (data + 1)
    refused = {
        "gas-beyond-limit": (too_much, replace(CALL, gas=gas + 1), FIRST),
        "gas-greatest-word": (too_much, replace(CALL, gas=2**256 - 1), FIRST),
        "data-beyond-limit": (too_long, replace(CALL, data=long), FIRST),
        "order-gas-before-data": (too_much, replace(CALL, data=long, gas=gas + 1), FIRST),
        "order-data-before-padding": (too_long, replace(CALL, data=long), EMPTY_PLACE),
    }
    for name, (error, call, transaction) in refused.items():
        QUEUE.rejects(
            vector,
            f"call-{name}",
            start.queue(transaction, call),
            error,
            f"A call is queued: {name.replace('-', ' ')}.",
            rules=[4, *["PAYY-CONVENTIONS-002"] * name.startswith("order")],
            flags=["QUEUE_ADMISSION", "CALL_ISOLATION"],
        )


def _refused_transactions() -> dict[str, tuple[ErrorCode, list[int | str], PublicInputs]]:
    """Give transactions that are not queued, whatever was deposited."""
    not_carried = ErrorCode.LEDGER_MESSAGE_NOT_CARRIED
    unknown, no_kind = ErrorCode.LEDGER_KIND_UNKNOWN, ErrorCode.LEDGER_VALUE_WITHOUT_KIND
    repeated, padding = ErrorCode.LEDGER_LEAF_REPEATED, ErrorCode.QUEUE_PADDING
    no_token = ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
    carried: list[int | str] = [2, "PAYY-LEDGER-003"]
    valued: list[int | str] = [2, "PAYY-LEDGER-034"]
    once: list[int | str] = [2, "PAYY-LEDGER-005"]
    kind_four = replace(FIRST, message=Message(kind=FieldElement(4)))
    return {
        "padding": (padding, [2], EMPTY_PLACE),
        "padding-with-leaves": (padding, [2], replace(FIRST, message=EMPTY_PLACE.message)),
        "kind-four": (unknown, [2, "PAYY-LEDGER-002"], kind_four),
        "send-with-value": (not_carried, carried, with_message(FIRST, value=1, note_kind=KIND)),
        "send-with-hash": (not_carried, carried, with_message(FIRST, hash=1)),
        "send-with-address": (not_carried, carried, with_message(FIRST, burn_address=1)),
        "mint-with-address": (not_carried, carried, with_message(mint(), burn_address=1)),
        "mint-of-kind-zero": (no_kind, valued, with_message(mint(), note_kind=0)),
        "burn-of-kind-zero": (no_kind, valued, burn(kind=ZERO)),
        "output-that-is-spent": (repeated, once, send((A,), (A,))),
        "input-twice": (repeated, once, send((A, A))),
        "output-twice": (repeated, once, send((), (E, E))),
        "burn-of-unknown-kind": (no_token, [3, "PAYY-BRIDGE-011"], burn(kind=UNKNOWN_KIND)),
        "burn-of-kind-zero-value-zero": (
            no_token,
            [3, "PAYY-BRIDGE-011"],
            burn(0, kind=ZERO),
        ),
        "order-kind-before-words": (
            unknown,
            [2, "PAYY-CONVENTIONS-002"],
            with_message(FIRST, kind=4, hash=1),
        ),
        "order-repeated-before-token": (
            repeated,
            [2, "PAYY-CONVENTIONS-002"],
            burn(inputs=(A, A), kind=UNKNOWN_KIND),
        ),
        "order-value-without-kind-before-token": (
            no_kind,
            [2, "PAYY-CONVENTIONS-002"],
            burn(1, kind=ZERO),
        ),
    }


def test_transactions_that_are_not_queued(vector: VectorWriter) -> None:
    """
    What cannot be settled is not queued.

    Given a transaction that no block can have, whose money is not there, or that is not proven,
    when it is queued, then it is refused with the code of the first rule that is broken.
    """
    deposited = ready().deposit()
    returned = deposited.cancel(at=deposited.time + 3000)
    absent, other = ErrorCode.BRIDGE_DEPOSIT_ABSENT, ErrorCode.BRIDGE_DEPOSIT_MISMATCH
    unproven = ErrorCode.SETTLEMENT_TRANSACTION_UNPROVEN
    histories: dict[str, tuple[ErrorCode, list[int | str], History]] = {
        name: (error, rules, deposited.queue(transaction))
        for name, (error, rules, transaction) in _refused_transactions().items()
    }
    histories |= {
        "mint-without-deposit": (absent, [3, "PAYY-BRIDGE-006"], ready().queue(mint())),
        "mint-value-zero": (absent, [3, "PAYY-BRIDGE-006"], ready().queue(mint(value=0))),
        "mint-taken": (
            absent,
            [3, "PAYY-BRIDGE-006"],
            deposited.settle(mint()).queue(mint()),
        ),
        "mint-returned": (absent, [3, "PAYY-BRIDGE-006"], returned.queue(mint())),
        "mint-other-value": (
            other,
            [3, "PAYY-BRIDGE-007"],
            deposited.queue(mint(value=VALUE + 1)),
        ),
        "mint-other-kind": (
            other,
            [3, "PAYY-BRIDGE-007"],
            deposited.queue(mint(kind=OTHER_KIND)),
        ),
        "unproven-send": (unproven, [1], ready().queue(FIRST, proof=UNPROVEN)),
        "unproven-mint": (unproven, [1], deposited.queue(mint(), proof=UNPROVEN)),
        "unproven-burn": (unproven, [1], ready().queue(burn(), proof=UNPROVEN)),
        "proof-empty": (unproven, [1], ready().queue(FIRST, proof=b"")),
        "proof-with-a-byte-more": (unproven, [1], ready().queue(FIRST, proof=b"\x01\x01")),
        "order-padding-before-proof": (
            ErrorCode.QUEUE_PADDING,
            [1, 2, "PAYY-CONVENTIONS-002"],
            ready().queue(EMPTY_PLACE, proof=UNPROVEN),
        ),
        "order-deposit-before-proof": (
            absent,
            [1, 3, "PAYY-CONVENTIONS-002"],
            ready().queue(mint(), proof=UNPROVEN),
        ),
        "order-address-before-deposit": (
            ErrorCode.LEDGER_MESSAGE_NOT_CARRIED,
            [2, 3, "PAYY-CONVENTIONS-002"],
            ready().queue(with_message(mint(), burn_address=1)),
        ),
    }
    for name, (error, rules, history) in histories.items():
        QUEUE.rejects(
            vector,
            f"queue-{name}",
            history,
            error,
            f"Somebody queues what cannot be settled: {name.replace('-', ' ')}.",
            rules=rules,
            flags=["QUEUE_ADMISSION"],
        )


def test_deposits_that_are_queued_at_once(vector: VectorWriter) -> None:
    """
    A deposit and its mint in one step, or neither.

    Given a mint, when its money is deposited and it is queued in one step, then the deposit is open
    and the mint waits; if either is refused, nothing is done.
    """
    start = ready()
    for name, transaction in {"": mint(), "-least-value": mint(value=1)}.items():
        history = start.deposit_and_queue(transaction)
        output = QUEUE.accepts(
            vector,
            f"deposit{name or '-and-mint'}",
            history,
            "Somebody deposits, and queues the mint, in one step.",
            rules=[14, "PAYY-BRIDGE-002"],
            flags=["QUEUE_ADMISSION"],
            deposits=[(H1, OPEN)],
            waiting=list(history.entries),
            escrow=[(KIND, int(transaction.message.value))],
        )
        added, entered = list(output["events"])[2:]
        assert isinstance(added, MintAdded)
        (entry,) = history.entries
        assert entered == TransactionQueued(index=0, sender=ALICE, entry=entry, proof=PROVEN)
    not_mint = ErrorCode.QUEUE_NOT_MINT
    once = start.deposit_and_queue(mint())
    refused: dict[str, tuple[ErrorCode, History]] = {
        "send": (not_mint, start.deposit_and_queue(FIRST, received=VALUE)),
        "burn": (not_mint, start.deposit_and_queue(burn())),
        "padding": (not_mint, start.deposit_and_queue(EMPTY_PLACE)),
        "kind-four": (not_mint, start.deposit_and_queue(with_message(mint(), kind=4))),
        "unknown-token": (
            ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN,
            start.deposit_and_queue(mint(kind=UNKNOWN_KIND)),
        ),
        "value-zero": (
            ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE,
            start.deposit_and_queue(mint(value=0)),
        ),
        "value-at-limit": (
            ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE,
            start.deposit_and_queue(mint(value=2**240)),
        ),
        "replay": (ErrorCode.BRIDGE_MINT_HASH_TAKEN, once.deposit_and_queue(mint())),
        "transfer-refused": (
            ErrorCode.BRIDGE_TRANSFER_REFUSED,
            start.deposit_and_queue(mint(), received=None),
        ),
        "transfer-less": (
            ErrorCode.BRIDGE_TRANSFER_INEXACT,
            start.deposit_and_queue(mint(), received=VALUE - 1),
        ),
        "not-carried": (
            ErrorCode.LEDGER_MESSAGE_NOT_CARRIED,
            start.deposit_and_queue(with_message(mint(), burn_address=1)),
        ),
        "unproven": (
            ErrorCode.SETTLEMENT_TRANSACTION_UNPROVEN,
            start.deposit_and_queue(mint(), proof=UNPROVEN),
        ),
        "order-not-mint-before-value": (not_mint, start.deposit_and_queue(burn(0))),
        "order-value-before-words": (
            ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE,
            start.deposit_and_queue(with_message(mint(value=0), burn_address=1)),
        ),
    }
    for name, (error, history) in refused.items():
        QUEUE.rejects(
            vector,
            f"deposit-{name}",
            history,
            error,
            f"Somebody deposits and queues in one step: {name.replace('-', ' ')}.",
            rules=[14, *["PAYY-CONVENTIONS-002"] * name.startswith("order")],
            flags=["QUEUE_ADMISSION", *["REPLAY"] * (name == "replay")],
        )


# Stages


@both_presets
def test_stages_of_an_entry(vector: VectorWriter, preset: str) -> None:
    """
    Each stage begins in its very second.

    Given an entry, when it is a second before a stage or in its first second, then what that stage
    allows and demands is refused or done.
    """
    start = queued(FIRST, preset=preset)
    entry = start.entries[0]
    verdict = (applied(entry),)
    done: dict[str, Any] = {"waiting": [], "consumed": 1}
    waits: dict[str, Any] = {"waiting": [entry], "consumed": 0}
    happens: dict[str, tuple[History, list[int | str], dict[str, Any]]] = {
        "not-due-left-out": (start.settle(SECOND, at=due(start) - 1), [6, 7], waits),
        "not-due-applied": (
            start.settle(FIRST, verdicts=verdict, at=due(start) - 1),
            [6, 7, 9],
            done,
        ),
        "due-applied": (start.settle(FIRST, verdicts=verdict, at=due(start)), [6, 7, 9], done),
        "overdue-applied": (
            start.settle(FIRST, verdicts=verdict, at=overdue(start)),
            [6, 7, 9],
            done,
        ),
        "expired-applied": (
            start.settle(FIRST, verdicts=verdict, at=expired(start) + 1),
            [6, 7, 9],
            done,
        ),
        "overdue-forced": (start.force(entry, at=overdue(start)), [6, 15, 16], done),
        "expired-forced": (start.force(entry, at=expired(start)), [6, 15, 16], done),
        "overdue-discarded": (start.discard(entry, at=overdue(start)), [6, 17, 12], done),
        "expired-discarded": (start.discard(entry, at=expired(start)), [6, 17, 12], done),
        "expired-frozen": (
            start.freeze(at=expired(start)),
            [6, 18],
            {**waits, "is_frozen": True},
        ),
        "long-expired-frozen": (
            start.freeze(at=2 * expired(start)),
            [6, 18],
            {**waits, "is_frozen": True},
        ),
    }
    for name, (history, rules, expected) in happens.items():
        QUEUE.accepts(
            vector,
            f"stage-{name}",
            history,
            f"An entry in its stage: {name.replace('-', ' ')}.",
            rules=rules,
            flags=["QUEUE_STAGE"],
            **expected,
        )
    late, omitted = ErrorCode.QUEUE_NOT_OVERDUE, ErrorCode.QUEUE_ENTRY_OMITTED
    refused: dict[str, tuple[ErrorCode, History, list[int | str]]] = {
        "due-left-out": (omitted, start.settle(SECOND, at=due(start)), [6, 7]),
        "due-left-out-of-an-empty-block": (omitted, start.settle(at=due(start)), [6, 7]),
        "due-in-the-block-without-verdict": (omitted, start.settle(FIRST, at=due(start)), [6, 7]),
        "overdue-left-out": (omitted, start.settle(SECOND, at=overdue(start)), [6, 7]),
        "expired-left-out": (omitted, start.settle(SECOND, at=expired(start)), [6, 7]),
        "not-overdue-forced": (late, start.force(entry, at=overdue(start) - 1), [6, 15]),
        "due-forced": (late, start.force(entry, at=due(start)), [6, 15]),
        "not-due-forced": (late, start.force(entry), [6, 15]),
        "not-overdue-discarded": (late, start.discard(entry, at=overdue(start) - 1), [6, 15, 17]),
        "not-expired-frozen": (
            ErrorCode.QUEUE_NOT_EXPIRED,
            start.freeze(at=expired(start) - 1),
            [6, 18],
        ),
        "not-due-frozen": (ErrorCode.QUEUE_NOT_EXPIRED, start.freeze(), [6, 18]),
    }
    for name, (error, history, rules) in refused.items():
        QUEUE.rejects(
            vector,
            f"stage-{name}",
            history,
            error,
            f"An entry in its stage: {name.replace('-', ' ')}.",
            rules=rules,
            flags=["QUEUE_STAGE"],
        )


def test_stage_is_that_of_the_oldest(vector: VectorWriter) -> None:
    """
    The oldest entry that waits decides, and nothing if none waits.

    Given two entries of different age, when the older one is gone, then the stage is that of the
    younger one; without entries there is no stage.
    """
    both = ready().queue(FIRST).queue(SECOND, at=2500)
    first, second = both.entries
    forced = both.force(first, at=overdue(both))
    late = overdue(both, 1)
    QUEUE.accepts(
        vector,
        "oldest-second-is-forced-in-its-time",
        forced.force(second, at=late),
        "Two entries are settled in blocks of their own, each when it is overdue.",
        rules=[5, 6, 8, 15, 16],
        flags=["QUEUE_STAGE", "QUEUE_ORDER"],
        consumed=2,
        waiting=[],
        height=0,
    )
    empty = ready()
    refused = {
        "second-is-not-overdue": (
            ErrorCode.QUEUE_NOT_OVERDUE,
            forced.force(second, at=late - 1),
            [6, 15],
        ),
        "second-does-not-freeze": (
            ErrorCode.QUEUE_NOT_EXPIRED,
            both.force(first, at=expired(both) - 100).freeze(at=expired(both)),
            [6, 18],
        ),
        "nothing-to-force": (
            ErrorCode.QUEUE_NOT_OVERDUE,
            replace(empty, time=10**7).force(first),
            [6, 15],
        ),
        "nothing-to-discard": (
            ErrorCode.QUEUE_NOT_OVERDUE,
            replace(empty, time=10**7).discard(first),
            [6, 17],
        ),
        "nothing-to-freeze-for": (
            ErrorCode.QUEUE_NOT_EXPIRED,
            empty.freeze(at=10**7),
            [6, 18],
        ),
    }
    for name, (error, history, rules) in refused.items():
        QUEUE.rejects(
            vector,
            f"oldest-{name}",
            history,
            error,
            f"The stage is that of the oldest entry: {name.replace('-', ' ')}.",
            rules=rules,
            flags=["QUEUE_STAGE"],
        )


# Without the sequencers


@both_presets
def test_forced_blocks(vector: VectorWriter, preset: str) -> None:
    """
    An overdue entry is settled in a block of its own.

    Given an overdue entry, when somebody brings the block of its transaction, then the root moves,
    the height does not, messages and call are acted on, and sequencers go on from the new root.
    """
    start = ready(preset).deposit()
    transactions = {
        "send": FIRST,
        "mint": mint(),
        "burn": burn(),
        "burn-to-address-zero": burn(recipient=0),
        "without-commitments": LONELY,
    }
    for name, transaction in transactions.items():
        history = start.queue(transaction, CALL)
        history = history.force(history.entries[0], at=overdue(history))
        output = QUEUE.accepts(
            vector,
            f"force-{name}",
            history,
            f"An overdue entry is settled in a block of its own: {name.replace('-', ' ')}.",
            rules=[12, 13, 15, 16, "PAYY-BRIDGE-007", "PAYY-BRIDGE-012"],
            flags=["FORCED_BLOCK"],
            waiting=[],
            consumed=1,
            height=0,
            deposits=[(H1, TAKEN if name == "mint" else OPEN)],
        )
        assert list(output["events"])[-3:] == [
            EntryConsumed(index=0, applied=True),
            RollupVerified(height=Height(0), root=history.root),
            CallDue(index=0, target=CALL.target, data=CALL.data, gas=CALL.gas),
        ]
        owed = {"burn": BOB, "burn-to-address-zero": bytes(20)}
        debts = [(KIND, owed[name], VALUE)] if name in owed else []
        assert list(output["owed"]) == debts
    history = start.settle(SECOND).queue(FIRST)
    forced = history.force(history.entries[0], at=overdue(history))
    QUEUE.accepts(
        vector,
        "force-and-sequencers-go-on",
        forced.settle(THIRD),
        "The sequencers go on from the root of a block without them.",
        rules=[16],
        flags=["FORCED_BLOCK"],
        height=2,
    )
    on_old_root = replace(forced, root=history.root)
    QUEUE.rejects(
        vector,
        "force-and-block-on-the-old-root",
        on_old_root.settle(THIRD),
        ErrorCode.SETTLEMENT_OLD_ROOT_MISMATCH,
        "The sequencers bring a block on the root before a block without them.",
        rules=[16, "PAYY-SETTLEMENT-014"],
        flags=["FORCED_BLOCK"],
    )


def test_forced_blocks_that_are_refused(vector: VectorWriter) -> None:
    """
    A block of its own has the oldest entry's transaction and nothing else.

    Given an overdue entry, when somebody brings a block with more, less or something else, then it
    is refused with the code of the first rule that is broken.
    """
    two = ready().deposit().queue(FIRST, CALL).queue(SECOND)
    first, second = two.entries
    time = overdue(two, 1)
    minting = ready().deposit().queue(mint())
    own, other = minting.entries[0], ErrorCode.QUEUE_FORCED_BLOCK_MISMATCH
    mismatch, absent = ErrorCode.QUEUE_ENTRY_MISMATCH, ErrorCode.BRIDGE_DEPOSIT_ABSENT
    unproven, early = ErrorCode.SETTLEMENT_BLOCK_UNPROVEN, ErrorCode.QUEUE_NOT_OVERDUE
    late = overdue(minting)
    burning = ready().queue(burn(), at=2000)
    cancelled = minting.cancel(at=late + 3000)
    message = mint().message.words[:4]
    refused: dict[str, tuple[ErrorCode, list[int | str], History]] = {
        "other-transaction": (other, [15], two.force(first, THIRD, at=time)),
        "next-transaction": (other, [15], two.force(first, SECOND, at=time)),
        "one-more-transaction": (other, [15], two.force(first, FIRST, SECOND, at=time)),
        "second-place": (other, [15], two.force(first, SECOND, FIRST, at=time)),
        "empty-block": (other, [15], two.force(first, EMPTY_PLACE, at=time)),
        "one-more-message": (other, [15], two.force(first, at=time, tail=message)),
        "one-more-word-zero": (other, [15], two.force(first, at=time, tail=(ZERO,))),
        "same-message-twice": (other, [15], minting.force(own, at=late, tail=message)),
        "message-left-out": (other, [15], minting.force(own, send((), (E,)), at=late)),
        "other-burn-address": (
            other,
            [15],
            burning.force(burning.entries[0], burn(recipient=word_of(DAVE)), at=9000),
        ),
        "burn-address-with-high-bits": (
            other,
            [15],
            burning.force(burning.entries[0], burn(recipient=word_of(BOB) + 2**160), at=9000),
        ),
        "not-the-oldest": (mismatch, [8, 15], two.force(second, at=time)),
        "other-time": (mismatch, [8, 15], two.force(with_other_time(first), at=time)),
        "other-call": (mismatch, [8, 15], two.force(replace(first, call=None), at=time)),
        "other-call-data": (
            mismatch,
            [8, 15],
            two.force(replace(first, call=replace(CALL, data=b"cast")), at=time),
        ),
        "never-queued": (
            mismatch,
            [8, 15],
            two.force(replace(first, transaction=THIRD), at=time),
        ),
        "unproven": (unproven, [15], two.force(first, at=time, proof=UNPROVEN)),
        "old-root": (
            ErrorCode.SETTLEMENT_OLD_ROOT_MISMATCH,
            [15, "PAYY-SETTLEMENT-014"],
            replace(two, root=ZERO).force(first, at=time),
        ),
        "deposit-gone": (absent, [11, 15], cancelled.force(own)),
        "replay": (early, [8, 15], minting.force(own, at=late).force(own)),
        "replay-before-the-next": (mismatch, [8, 15], two.force(first, at=time).force(first)),
        "order-early-before-mismatch": (
            early,
            [8, 15, "PAYY-CONVENTIONS-002"],
            two.force(second),
        ),
        "order-mismatch-before-old-root": (
            mismatch,
            [8, 15, "PAYY-CONVENTIONS-002"],
            replace(two, root=ZERO).force(second, at=time),
        ),
        "order-old-root-before-block": (
            ErrorCode.SETTLEMENT_OLD_ROOT_MISMATCH,
            [15, "PAYY-CONVENTIONS-002"],
            replace(two, root=ZERO).force(first, THIRD, at=time),
        ),
        "order-block-before-proof": (
            other,
            [15, "PAYY-CONVENTIONS-002"],
            two.force(first, THIRD, at=time, proof=UNPROVEN),
        ),
        "order-deposit-before-proof": (
            absent,
            [15, "PAYY-CONVENTIONS-002"],
            cancelled.force(own, proof=UNPROVEN),
        ),
    }
    for name, (error, rules, history) in refused.items():
        QUEUE.rejects(
            vector,
            f"force-{name}",
            history,
            error,
            f"Somebody brings a block without the sequencers: {name.replace('-', ' ')}.",
            rules=rules,
            flags=["FORCED_BLOCK", *["REPLAY"] * name.startswith("replay")],
        )


def test_discarded_entries(vector: VectorWriter) -> None:
    """
    An overdue entry that can have no place leaves without the sequencers.

    Given an overdue entry, when somebody shows that it is void, then it leaves, no call is made,
    and deposits, root and height stay.
    """
    plain = ready().queue(FIRST, CALL)
    minting = ready().deposit().queue(mint(), CALL)
    mintings = ready().deposit().queue(mint()).queue(mint(outputs=(F,)))
    gone = minting.cancel(at=minting.time + 3000)
    twice = mintings.force(mintings.entries[0], at=overdue(mintings, 1))
    histories: dict[str, tuple[History, list[tuple[FieldElement, DepositStatus]]]] = {
        "send": (plain.discard(plain.entries[0], at=overdue(plain)), []),
        "mint": (
            minting.discard(minting.entries[0], at=overdue(minting)),
            [(H1, OPEN)],
        ),
        "mint-cancelled-before": (
            gone.discard(minting.entries[0], proof=UNPROVEN),
            [(H1, RETURNED)],
        ),
        "mint-cancelled-no-proof": (
            gone.discard(minting.entries[0], proof=b""),
            [(H1, RETURNED)],
        ),
        "mint-taken-by-another": (
            twice.discard(mintings.entries[1], proof=UNPROVEN),
            [(H1, TAKEN)],
        ),
        "two-mints-of-one-deposit": (
            mintings.discard(mintings.entries[0], at=overdue(mintings, 1)).discard(
                mintings.entries[1]
            ),
            [(H1, OPEN)],
        ),
    }
    for name, (history, deposits) in histories.items():
        output = QUEUE.accepts(
            vector,
            f"discard-{name}",
            history,
            f"An overdue entry leaves as void: {name.replace('-', ' ')}.",
            rules=[10, 11, 12, 17],
            flags=["VERDICT_VOID", "VOID_REFUND", "CALL_ISOLATION"],
            waiting=[],
            consumed=len(history.entries),
            deposits=deposits,
            owed=[(KIND, ALICE, VALUE)] if (H1, RETURNED) in deposits else [],
            height=0,
        )
        events = list(output["events"])
        consumed = EntryConsumed(index=len(history.entries) - 1, applied=False)
        assert consumed in events
        assert not any(isinstance(each, CallDue) for each in events)
        back = DepositReturned(mint_hash=H1, depositor=ALICE)
        first_verdict = next(i for i, each in enumerate(events) if isinstance(each, EntryConsumed))
        assert back not in events[first_verdict:]


def test_entries_that_are_not_discarded(vector: VectorWriter) -> None:
    """
    What is not shown to be void stays.

    Given an overdue entry, when somebody discards it without proof, out of turn or twice, then that
    is refused.
    """
    two = ready().deposit().queue(FIRST, CALL).queue(SECOND)
    first, second = two.entries
    time = overdue(two, 1)
    minting = ready().deposit().queue(mint())
    own = minting.entries[0]
    stays, mismatch = ErrorCode.QUEUE_ENTRY_NOT_VOID, ErrorCode.QUEUE_ENTRY_MISMATCH
    refused: dict[str, tuple[ErrorCode, list[int | str], History]] = {
        "unproven": (stays, [10, 17], two.discard(first, at=time, proof=UNPROVEN)),
        "proof-empty": (stays, [10, 17], two.discard(first, at=time, proof=b"")),
        "mint-unproven": (
            stays,
            [10, 11, 17],
            minting.discard(own, at=overdue(minting), proof=UNPROVEN),
        ),
        "not-the-oldest": (mismatch, [8, 17], two.discard(second, at=time)),
        "other-time": (mismatch, [8, 17], two.discard(with_other_time(first), at=time)),
        "other-call": (mismatch, [8, 17], two.discard(replace(first, call=None), at=time)),
        "replay": (mismatch, [8, 17], two.discard(first, at=time).discard(first)),
        "replay-of-the-last": (
            ErrorCode.QUEUE_NOT_OVERDUE,
            [8, 17],
            minting.discard(own, at=overdue(minting)).discard(own),
        ),
        "order-early-before-proof": (
            ErrorCode.QUEUE_NOT_OVERDUE,
            [10, 17, "PAYY-CONVENTIONS-002"],
            two.discard(first, proof=UNPROVEN),
        ),
        "order-mismatch-before-proof": (
            mismatch,
            [8, 17, "PAYY-CONVENTIONS-002"],
            two.discard(second, at=time, proof=UNPROVEN),
        ),
    }
    for name, (error, rules, history) in refused.items():
        QUEUE.rejects(
            vector,
            f"discard-{name}",
            history,
            error,
            f"Somebody discards an entry: {name.replace('-', ' ')}.",
            rules=rules,
            flags=["VERDICT_VOID", *["REPLAY"] * name.startswith("replay")],
        )


# The freeze


@both_presets
def test_frozen_rollup(vector: VectorWriter, preset: str) -> None:
    """
    A frozen rollup gives money back and does nothing else.

    Given a rollup that is frozen, when somebody cancels, withdraws or leaves, then that is done;
    anything else is refused.
    """
    depth = PRESETS[preset].tree_depth
    tree = PersistentTree.of(depth, (A, B))
    start = ready(preset).deposit().settle(mint(outputs=(A,)), root=tree.root)
    start = start.deposit(H2, 5).settle(burn(7, inputs=(E,)), root=tree.root)
    start = start.queue(FIRST, CALL)
    entry = start.entries[0]
    frozen = start.freeze(at=expired(start))
    leaving = Exit(transaction=burn(VALUE - 7), proof=PROVEN, paths=(path(tree, A),))
    histories: dict[str, tuple[History, dict[str, Any]]] = {
        "nothing-else": (frozen, {"escrow": [(KIND, VALUE + 5)]}),
        "cancel": (frozen.cancel(H2), {"owed": sorted([(KIND, ALICE, 5), (KIND, BOB, 7)])}),
        "withdraw": (frozen.withdraw(), {"owed": [], "escrow": [(KIND, VALUE - 2)]}),
        "leave": (
            frozen.do("leave", CAROL, leaving=leaving),
            {"owed": [(KIND, BOB, VALUE)], "exited": [A]},
        ),
        "everything-is-fetched": (
            frozen.do("leave", CAROL, leaving=leaving)
            .cancel(H2)
            .withdraw(ALICE, sender=CAROL)
            .withdraw(BOB),
            {"owed": [], "escrow": [], "exited": [A]},
        ),
    }
    for name, (history, expected) in histories.items():
        output = QUEUE.accepts(
            vector,
            f"frozen-{name}",
            history,
            f"What a frozen rollup does: {name.replace('-', ' ')}.",
            rules=[18, "PAYY-SETTLEMENT-004", "PAYY-BRIDGE-009"],
            flags=["FREEZE_RULE"],
            is_frozen=True,
            waiting=[entry],
            consumed=0,
            **expected,
        )
        assert Frozen(root=tree.root) in output["events"]
    verdicts = (void(entry),)
    refused = {
        "freeze-again": frozen.freeze(),
        "settle": frozen.settle(FIRST, verdicts=verdicts),
        "force": frozen.force(entry),
        "discard": frozen.discard(entry),
        "queue": frozen.queue(SECOND),
        "deposit": frozen.deposit(),
        "deposit-and-queue": frozen.deposit_and_queue(mint()),
        "substitute": frozen.pay(burn_paid()),
        "add-token": frozen.token(UNKNOWN_KIND, DAVE),
        "add-validators": frozen.do(
            "add_validators", OWNER, valid_from=9, validators=as_validators(SEQUENCERS)
        ),
    }
    for name, history in refused.items():
        QUEUE.rejects(
            vector,
            f"frozen-{name}",
            history,
            ErrorCode.SETTLEMENT_FROZEN,
            f"What a frozen rollup does not do: {name.replace('-', ' ')}.",
            rules=[18, "PAYY-SETTLEMENT-004"],
            flags=["FREEZE_RULE", *["REPLAY"] * (name == "freeze-again")],
        )


@both_presets
def test_expiry_in_a_crowd(vector: VectorWriter, preset: str) -> None:
    """
    Entries of a crowd expire one after the other.

    Given entries that were queued closer together than sequencers have to serve them, when those
    before are gone, then the next one expires so much later than the one before it; whether that
    one still waits, and how it left, does not matter.
    """
    places = PRESETS[preset].block_transactions
    step = PRESETS[preset].queue_service_seconds
    crowd = queued(FIRST, preset=preset)
    for _ in range(places + 1):
        crowd = crowd.queue(FIRST, at=crowd.time + 40)
    first, second, *_ = crowd.entries
    near = expired(crowd) - 1000
    full = crowd.settle(FIRST, verdicts=tuple(map(applied, crowd.entries[:places])), at=near)
    served = full.force(crowd.entries[places])
    alone = queued(FIRST, preset=preset)
    emptied = alone.settle(FIRST, verdicts=(applied(alone.entries[0]),), at=alone.time + 40)
    emptied = emptied.queue(SECOND, at=emptied.time + 40)
    apart = alone.queue(SECOND, at=alone.time + step)
    closer = alone.queue(SECOND, at=alone.time + step - 1)
    histories: dict[str, tuple[History, int]] = {
        "oldest": (crowd, 0),
        "first-forced": (crowd.force(first, at=near), 1),
        "first-discarded": (crowd.discard(first, at=near), 1),
        "first-two-forced": (crowd.force(first, at=near).force(second), 2),
        "full-block": (full, places),
        "full-block-and-one-forced": (served, places + 1),
        "nothing-waits-in-between": (emptied, 1),
        "exactly-apart": (apart.force(apart.entries[0], at=near), 1),
        "a-second-closer": (closer.force(closer.entries[0], at=near), 1),
    }
    for name, (history, consumed) in histories.items():
        end = expired(history, consumed)
        QUEUE.accepts(
            vector,
            f"expiry-{name}",
            history.freeze(at=end),
            f"Somebody freezes for an entry of a crowd: {name.replace('-', ' ')}.",
            rules=[6, 18],
            flags=["QUEUE_STAGE", "FREEZE_RULE"],
            is_frozen=True,
            consumed=consumed,
            waiting=list(history.entries[consumed:]),
        )
        QUEUE.rejects(
            vector,
            f"expiry-{name}-a-second-early",
            history.freeze(at=end - 1),
            ErrorCode.QUEUE_NOT_EXPIRED,
            f"Somebody freezes a second early in a crowd: {name.replace('-', ' ')}.",
            rules=[6, 18],
            flags=["QUEUE_STAGE", "FREEZE_RULE"],
        )
    QUEUE.rejects(
        vector,
        "expiry-by-its-own-age",
        full.freeze(at=crowd.entries[places].queued_at + PRESETS[preset].queue_freeze_seconds),
        ErrorCode.QUEUE_NOT_EXPIRED,
        "Somebody freezes for an entry of a crowd that is old enough, but not in its turn.",
        rules=[6, 18],
        flags=["QUEUE_STAGE", "FREEZE_RULE"],
    )


@both_presets
def test_queued_mint_holds_its_deposit(vector: VectorWriter, preset: str) -> None:
    """
    The delay of a deposit begins anew when its mint is queued.

    Given a deposit that could soon be cancelled, when somebody queues a mint of it, then it can be
    cancelled a whole delay later, and not a second before.
    """
    delay = PRESETS[preset].bridge_cancel_seconds
    deposited = ready(preset).deposit()
    late = deposited.time + delay - 40
    once = deposited.queue(mint(), at=late)
    histories = {
        "once": once,
        "by-another": deposited.queue(mint(), sender=BOB, at=late),
        "when-it-is-ripe": deposited.queue(mint(), at=late + 1000),
        "twice": once.queue(mint(outputs=(F,)), at=late + 1500),
    }
    for name, history in histories.items():
        QUEUE.accepts(
            vector,
            f"hold-{name}-cancelled-at-the-limit",
            history.cancel(at=history.time + delay),
            f"A deposit is cancelled whose mint was queued: {name.replace('-', ' ')}.",
            rules=[3, "PAYY-BRIDGE-008"],
            flags=["CANCEL_RULE"],
            deposits=[(H1, RETURNED)],
            owed=[(KIND, ALICE, VALUE)],
        )
        QUEUE.rejects(
            vector,
            f"hold-{name}-cancelled-a-second-early",
            history.cancel(at=history.time + delay - 1),
            ErrorCode.BRIDGE_CANCEL_TOO_EARLY,
            f"A deposit is cancelled early whose mint was queued: {name.replace('-', ' ')}.",
            rules=[3, "PAYY-BRIDGE-008"],
            flags=["CANCEL_RULE"],
        )
    QUEUE.rejects(
        vector,
        "hold-cancelled-by-the-age-of-the-deposit",
        once.cancel(at=deposited.time + delay),
        ErrorCode.BRIDGE_CANCEL_TOO_EARLY,
        "A deposit is cancelled that is old enough, but whose mint was queued since.",
        rules=[3, "PAYY-BRIDGE-008"],
        flags=["CANCEL_RULE"],
    )
    QUEUE.accepts(
        vector,
        "hold-not-by-a-transaction-that-is-no-mint",
        deposited.queue(FIRST, at=late).cancel(at=deposited.time + delay),
        "A deposit is cancelled at its limit, though a send was queued since.",
        rules=["PAYY-BRIDGE-008"],
        flags=["CANCEL_RULE"],
        deposits=[(H1, RETURNED)],
    )


def test_no_freeze_once_it_is_consumed(vector: VectorWriter) -> None:
    """
    Whoever consumes the entry in time prevents the freeze.

    Given an expired entry, when it is forced first, then nobody can freeze for it.
    """
    start = queued(FIRST, preset=MINIMAL)
    forced = start.force(start.entries[0], at=expired(start))
    QUEUE.rejects(
        vector,
        "freeze-after-the-entry-was-forced",
        forced.freeze(),
        ErrorCode.QUEUE_NOT_EXPIRED,
        "Somebody freezes when the expired entry has just been settled.",
        rules=[18],
        flags=["FREEZE_RULE", "QUEUE_STAGE"],
    )
    minting = ready().deposit().queue(mint())
    taken = minting.force(minting.entries[0], at=overdue(minting))
    output = QUEUE.accepts(
        vector,
        "forced-mint-has-its-deposit",
        taken,
        "A queued mint that the sequencers left out takes its deposit in a block of its own.",
        rules=[15, "PAYY-BRIDGE-007"],
        flags=["FORCED_BLOCK"],
        deposits=[(H1, TAKEN)],
        escrow=[(KIND, VALUE)],
    )
    assert Minted(mint_hash=H1, value=VALUE, note_kind=KIND) in output["events"]
