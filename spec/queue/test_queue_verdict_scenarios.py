"""Scenarios of verdicts: which entries a block needs one on, and which ones are true."""

from dataclasses import replace
from typing import Any

import pytest

from payy_ref.errors import ErrorCode
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.opening import opening_of
from payy_ref.ledger.transaction import ZERO
from payy_ref.settlement.bridge import DepositStatus
from payy_ref.settlement.events import (
    CallDue,
    DepositReturned,
    EntryConsumed,
    Minted,
    RollupVerified,
)
from payy_ref.settlement.queue import Verdict
from payy_ref.testing.settlement_history import ALICE, BOB, DAVE, UNPROVEN
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.bridge.bridge_cases import (
    H1,
    H2,
    HIGH_BITS,
    KIND,
    MAINNET,
    MINIMAL,
    PRESETS,
    VALUE,
    A,
    B,
    E,
    F,
    G,
    History,
    applied,
    both_presets,
    burn,
    mint,
    ready,
    send,
    void,
    word_of,
)
from spec.queue.queue_cases import (
    CALL,
    FIRST,
    FOURTH,
    MANY,
    QUEUE,
    SECOND,
    THIRD,
    all_applied,
    block_of,
    due,
    overdue,
    queued,
    with_other_time,
)

OPEN, TAKEN, RETURNED = DepositStatus.OPEN, DepositStatus.TAKEN, DepositStatus.RETURNED
PLACES = {preset: each.block_transactions for preset, each in PRESETS.items()}


# Which entries


@both_presets
def test_as_many_verdicts_as_places(vector: VectorWriter, preset: str) -> None:
    """
    Of more due entries than a block has places, exactly so many have their turn.

    Given one more due entry than places, when blocks settle with one verdict a place, then the
    first one takes the oldest and the next one the rest; with one less or one more it is refused.
    """
    places = PLACES[preset]
    start = queued(*MANY[: places + 1], preset=preset)
    time = due(start, places)
    first, rest = all_applied(start, places), all_applied(start, 1, places)
    full = start.settle(*block_of(first), verdicts=first, at=time)
    voids = tuple(void(each) for each in start.entries[:places])
    accepted: dict[str, tuple[History, int]] = {
        "one-a-place": (full, places),
        "and-the-rest": (full.settle(*block_of(rest), verdicts=rest), places + 1),
        "all-void-in-an-empty-block": (start.settle(verdicts=voids, at=time), places),
        "all-void-beside-other-transactions": (
            start.settle(*MANY[-1:], verdicts=voids, at=time),
            places,
        ),
    }
    for name, (history, consumed) in accepted.items():
        QUEUE.accepts(
            vector,
            f"count-{name}",
            history,
            f"There are more due entries than places: {name.replace('-', ' ')}.",
            rules=[5, 7, 8, 9, 12],
            flags=["QUEUE_ORDER"],
            consumed=consumed,
            waiting=list(start.entries[consumed:]),
        )
    fewer, more = first[:-1], (*voids, void(start.entries[places]))
    omitted = ErrorCode.QUEUE_ENTRY_OMITTED
    refused: dict[str, tuple[ErrorCode, History]] = {
        "one-too-few": (
            omitted,
            start.settle(*block_of(fewer), verdicts=fewer, at=time),
        ),
        "none": (omitted, start.settle(*block_of(first), at=time)),
        "more-than-places": (
            ErrorCode.QUEUE_VERDICT_COUNT,
            start.settle(verdicts=more, at=time),
        ),
        "next-block-without-the-rest": (omitted, full.settle()),
        "rest-first": (
            ErrorCode.QUEUE_ENTRY_MISMATCH,
            start.settle(
                verdicts=tuple(void(each) for each in start.entries[1 : places + 1]), at=time
            ),
        ),
    }
    for name, (error, history) in refused.items():
        QUEUE.rejects(
            vector,
            f"count-{name}",
            history,
            error,
            f"There are more due entries than places: {name.replace('-', ' ')}.",
            rules=[8 if error == ErrorCode.QUEUE_ENTRY_MISMATCH else 7],
            flags=["QUEUE_ORDER"],
        )


def test_verdicts_on_some_entries(vector: VectorWriter) -> None:
    """
    Verdicts begin with the oldest entry and cover all that are due.

    Given entries of which some are due, when a block has verdicts on a number of the oldest ones
    that covers these, then it settles.
    """
    start = ready().queue(FIRST).queue(SECOND, at=1500)
    first, second = start.entries
    only_first_due = due(start, 1) - 1
    both = all_applied(start, 2)
    accepted: dict[str, tuple[History, int]] = {
        "none-due-none": (start.settle(), 0),
        "none-due-one": (start.settle(FIRST, verdicts=both[:1]), 1),
        "none-due-all": (start.settle(FIRST, SECOND, verdicts=both), 2),
        "one-due-one": (start.settle(FIRST, verdicts=both[:1], at=only_first_due), 1),
        "one-due-all": (start.settle(FIRST, SECOND, verdicts=both, at=only_first_due), 2),
        "all-due-all": (start.settle(FIRST, SECOND, verdicts=both, at=due(start, 1)), 2),
        "applied-and-void": (
            start.settle(FIRST, verdicts=(both[0], void(second)), at=due(start, 1)),
            2,
        ),
        "void-and-applied": (
            start.settle(SECOND, verdicts=(void(first), both[1]), at=due(start, 1)),
            2,
        ),
        "in-another-order-in-the-block": (
            start.settle(SECOND, FIRST, verdicts=both, at=due(start, 1)),
            2,
        ),
        "no-entries-no-verdicts": (ready().settle(FIRST), 0),
        "applied-then-the-next-due-alone": (
            start.settle(FIRST, verdicts=both[:1]).settle(
                SECOND, verdicts=both[1:], at=due(start, 1)
            ),
            2,
        ),
    }
    for name, (history, consumed) in accepted.items():
        QUEUE.accepts(
            vector,
            f"verdicts-{name}",
            history,
            f"A block has verdicts on the oldest entries: {name.replace('-', ' ')}.",
            rules=[5, 6, 7, 8, 12],
            flags=["QUEUE_ORDER", "QUEUE_STAGE"],
            consumed=consumed,
            waiting=list(history.entries[consumed:]),
        )


def test_verdicts_that_are_not_next(vector: VectorWriter) -> None:
    """
    Number, due entries, and each entry's turn are judged in this order.

    Given entries, when a block has verdicts that are too many, too few, out of turn or about
    another entry, then it is refused.
    """
    start = ready().queue(FIRST, CALL).queue(SECOND)
    first, second = start.entries
    time = due(start, 1)
    one = ready().queue(FIRST)
    count, omitted = ErrorCode.QUEUE_VERDICT_COUNT, ErrorCode.QUEUE_ENTRY_OMITTED
    mismatch = ErrorCode.QUEUE_ENTRY_MISMATCH
    block = (FIRST, SECOND)

    def settled(*verdicts: Verdict, at: int | None = time) -> History:
        """Settle a block with both transactions and these verdicts."""
        return start.settle(*block, verdicts=verdicts, at=at)

    refused: dict[str, tuple[ErrorCode, int, History]] = {
        "on-an-empty-queue": (count, 7, ready().settle(FIRST, verdicts=(applied(first),))),
        "two-on-one-entry": (
            count,
            7,
            one.settle(FIRST, verdicts=(applied(one.entries[0]), applied(one.entries[0]))),
        ),
        "first-omitted": (omitted, 7, settled(applied(second), at=due(start, 1))),
        "none-of-two": (omitted, 7, settled()),
        "one-of-two": (omitted, 7, settled(applied(first))),
        "exchanged": (mismatch, 8, settled(applied(second), applied(first))),
        "first-twice": (mismatch, 8, settled(applied(first), applied(first))),
        "second-alone-not-due": (mismatch, 8, settled(applied(second), at=None)),
        "other-time": (mismatch, 8, settled(applied(with_other_time(first)), applied(second))),
        "without-its-call": (
            mismatch,
            8,
            settled(applied(replace(first, call=None)), applied(second)),
        ),
        "with-a-call-that-it-has-not": (
            mismatch,
            8,
            settled(applied(first), applied(replace(second, call=CALL))),
        ),
        "other-gas": (
            mismatch,
            8,
            settled(applied(replace(first, call=replace(CALL, gas=1))), applied(second)),
        ),
        "other-target": (
            mismatch,
            8,
            settled(applied(replace(first, call=replace(CALL, target=BOB))), applied(second)),
        ),
        "other-transaction": (
            mismatch,
            8,
            settled(applied(replace(first, transaction=THIRD)), applied(second)),
        ),
        "void-of-another-transaction": (
            mismatch,
            8,
            settled(void(replace(first, transaction=THIRD)), applied(second)),
        ),
        "replay": (
            count,
            8,
            settled(applied(first), applied(second)).settle(FIRST, verdicts=(applied(first),)),
        ),
        "order-omitted-before-mismatch": (omitted, 7, settled(applied(with_other_time(first)))),
        "order-count-before-mismatch": (
            count,
            7,
            one.settle(FIRST, verdicts=(applied(second), applied(first))),
        ),
        "order-mismatch-before-not-applied": (
            mismatch,
            8,
            start.settle(THIRD, verdicts=(applied(second), applied(first)), at=time),
        ),
    }
    for name, (error, rule, history) in refused.items():
        QUEUE.rejects(
            vector,
            f"verdicts-{name}",
            history,
            error,
            f"A block has verdicts that are not on the oldest entries: {name.replace('-', ' ')}.",
            rules=[rule, *["PAYY-CONVENTIONS-002"] * name.startswith("order")],
            flags=["QUEUE_ORDER", *["REPLAY"] * (name == "replay")],
        )


# Applied


@pytest.mark.parametrize(
    ("preset", "place"), [(preset, place) for preset in PLACES for place in range(PLACES[preset])]
)
def test_applied_at_each_place(vector: VectorWriter, preset: str, place: int) -> None:
    """
    An entry is applied wherever it stands.

    Given a block with an entry's transaction at one of its places, when it settles, then the entry
    is applied; with another transaction there, or another opening, it is refused.
    """
    start = ready(preset).queue(FIRST)
    verdict = (applied(start.entries[0]),)
    others = MANY[: PLACES[preset]]
    block = (*others[:place], FIRST, *others[place + 1 :])
    for name, transactions in {"full": block, "then-padding": block[: place + 1]}.items():
        QUEUE.accepts(
            vector,
            f"applied-at-place-{place}-{name}",
            start.settle(*transactions, verdicts=verdict),
            f"An entry's transaction stands at place {place} of a block: {name.replace('-', ' ')}.",
            rules=[9, 12],
            flags=["VERDICT_APPLIED"],
            consumed=1,
            waiting=[],
        )
    QUEUE.rejects(
        vector,
        f"applied-not-at-place-{place}",
        start.settle(*others, verdicts=verdict, opening=opening_of(block, PRESETS[preset])),
        ErrorCode.QUEUE_OPENING_MISMATCH,
        f"A block is opened with an entry's transaction at place {place}, where another stands.",
        rules=[9],
        flags=["VERDICT_APPLIED"],
    )


@both_presets
def test_openings_of_the_right_form(vector: VectorWriter, preset: str) -> None:
    """
    An opening has the groups and places of a block.

    Given a block with verdicts, when it is opened with more or fewer groups or places, or not at
    all, then it is refused; and so is a block without verdicts that is opened.
    """
    parameters = PRESETS[preset]
    start = ready(preset).queue(FIRST)
    verdict = (applied(start.entries[0]),)
    good = opening_of((FIRST,), parameters)
    shape, mismatch = ErrorCode.QUEUE_OPENING_SHAPE, ErrorCode.QUEUE_OPENING_MISMATCH
    own, *_ = good[0]
    padding = (ZERO,) * parameters.group_transactions
    openings = {
        "nothing": (shape, ()),
        "one-group": (shape, good[:1]),
        "one-group-more": (shape, (*good, ())),
        "one-place-more": (shape, ((*good[0], own), good[1])),
        "one-place-more-in-a-group-of-padding": (shape, (good[0], (*padding, own))),
        "places-in-a-group-of-padding": (mismatch, (good[0], padding)),
        "groups-exchanged": (mismatch, good[::-1]),
        "no-places": (mismatch, ((), ())),
        "other-first-place": (mismatch, ((ZERO, *good[0][1:]), good[1])),
        "group-of-padding-as-zero-hashes": (mismatch, (padding, ())),
    }
    if preset == MAINNET:
        openings |= {
            "one-place-less": (shape, (good[0][:-1], good[1])),
            "other-last-place": (mismatch, ((*good[0][:-1], ZERO), good[1])),
            "places-exchanged": (mismatch, (good[0][::-1], good[1])),
        }
    for name, (error, opening) in openings.items():
        QUEUE.rejects(
            vector,
            f"opening-{name}",
            start.settle(FIRST, verdicts=verdict, opening=opening),
            error,
            f"A block with a verdict is opened: {name.replace('-', ' ')}.",
            rules=[9],
            flags=["VERDICT_APPLIED"],
        )
    QUEUE.rejects(
        vector,
        "opening-without-verdict",
        start.settle(FIRST, opening=good),
        shape,
        "A block without verdicts is opened.",
        rules=[9],
        flags=["VERDICT_APPLIED"],
    )
    QUEUE.rejects(
        vector,
        "opening-of-void-verdict-missing",
        start.settle(SECOND, verdicts=(void(start.entries[0]),), opening=()),
        shape,
        "A block with a verdict that an entry is void is not opened.",
        rules=[9, 10],
        flags=["VERDICT_VOID"],
    )


def test_applied_with_its_message(vector: VectorWriter) -> None:
    """
    A mint or burn stands in a block with its commitments and its message.

    Given an entry, when a block has its commitments but another message, or its message but other
    commitments, then the entry is not applied in it.
    """
    deposited = ready().deposit()
    sending, minting = ready().queue(FIRST), deposited.queue(mint())
    burning, nothing = deposited.queue(burn()), ready().queue(send())
    twice = ready().queue(FIRST, CALL).queue(FIRST, CALL)
    both = tuple(map(applied, twice.entries))
    accepted: dict[str, tuple[History, dict[str, Any]]] = {
        "send": (sending.settle(FIRST, verdicts=all_applied(sending, 1)), {"owed": []}),
        "mint": (
            minting.settle(mint(), verdicts=all_applied(minting, 1)),
            {"deposits": [(H1, TAKEN)]},
        ),
        "burn": (
            burning.settle(burn(), verdicts=all_applied(burning, 1)),
            {"owed": [(KIND, BOB, VALUE)]},
        ),
        "without-commitments": (
            nothing.settle(send(), verdicts=all_applied(nothing, 1)),
            {"owed": []},
        ),
        "same-twice-by-one-place": (twice.settle(FIRST, verdicts=both), {"consumed": 2}),
    }
    for name, (history, expected) in accepted.items():
        QUEUE.accepts(
            vector,
            f"applied-{name}",
            history,
            f"An entry stands in a block: {name.replace('-', ' ')}.",
            rules=[9, 12],
            flags=["VERDICT_APPLIED"],
            waiting=[],
            **expected,
        )
    two = minting.deposit(H2)
    refused: dict[str, History] = {
        "other-transaction": sending.settle(SECOND, verdicts=all_applied(sending, 1)),
        "empty-block": sending.settle(verdicts=all_applied(sending, 1)),
        "padding": sending.settle(EMPTY_PLACE, verdicts=all_applied(sending, 1)),
        "inputs-exchanged-with-outputs": sending.settle(
            send((E,), (A,)), verdicts=all_applied(sending, 1)
        ),
        "output-in-the-other-place": sending.settle(
            replace(FIRST, output_commitments=(ZERO, E)), verdicts=all_applied(sending, 1)
        ),
        "one-output-more": sending.settle(send((A,), (E, F)), verdicts=all_applied(sending, 1)),
        "without-commitments-in-an-empty-block": nothing.settle(verdicts=all_applied(nothing, 1)),
        "mint-without-its-message": minting.settle(
            send((), (E,)), verdicts=all_applied(minting, 1)
        ),
        "mint-of-another-deposit": two.settle(mint(H2), verdicts=all_applied(two, 1)),
        "mint-with-other-outputs": minting.settle(
            mint(outputs=(F,)), verdicts=all_applied(minting, 1)
        ),
        "burn-without-its-message": burning.settle(send((A,)), verdicts=all_applied(burning, 1)),
        "burn-to-another-address": burning.settle(
            burn(recipient=word_of(DAVE)), verdicts=all_applied(burning, 1)
        ),
        "burn-address-with-high-bits": burning.settle(
            burn(recipient=word_of(BOB) + HIGH_BITS), verdicts=all_applied(burning, 1)
        ),
        "burn-of-another-value": burning.settle(burn(VALUE - 1), verdicts=all_applied(burning, 1)),
        "burn-with-the-message-of-another": burning.settle(
            replace(burn(), input_commitments=(A, B)), verdicts=all_applied(burning, 1)
        ),
        "second-of-two": queued(FIRST, SECOND).settle(
            FIRST, verdicts=all_applied(queued(FIRST, SECOND), 2)
        ),
    }
    for name, history in refused.items():
        QUEUE.rejects(
            vector,
            f"applied-{name}",
            history,
            ErrorCode.QUEUE_ENTRY_NOT_APPLIED,
            f"An entry does not stand in the block: {name.replace('-', ' ')}.",
            rules=[9],
            flags=["VERDICT_APPLIED"],
        )


# Void


@both_presets
def test_void_entries(vector: VectorWriter, preset: str) -> None:
    """
    What can have no place leaves, and its deposit stays open.

    Given an entry that is shown to be void on the tree before or after a block, when the block
    settles, then the entry leaves, no call is made, and nothing else changes.
    """
    deposited = ready(preset).deposit()
    sending, burning = ready(preset).queue(FIRST, CALL), ready(preset).queue(burn(), CALL)
    minting = deposited.queue(mint(), CALL)
    same = ready(preset).queue(FIRST).queue(FIRST, CALL)
    conflict = ready(preset).queue(FIRST).queue(send((A,), (F,)), CALL)
    needs = ready(preset).queue(FIRST).queue(send((E,), (F,)), CALL)

    def first_applied(history: History, *, is_after: bool) -> History:
        """Apply the first of two entries; the second one is void."""
        verdicts = (applied(history.entries[0]), void(history.entries[1], is_after=is_after))
        return history.settle(FIRST, verdicts=verdicts)

    done = same.settle(FIRST, verdicts=all_applied(same, 1))
    stays: dict[str, Any] = {"deposits": [(H1, OPEN)], "owed": [], "escrow": [(KIND, VALUE)]}
    accepted: dict[str, tuple[History, dict[str, Any]]] = {
        "send-before": (sending.settle(SECOND, verdicts=(void(sending.entries[0]),)), {}),
        "send-after": (
            sending.settle(SECOND, verdicts=(void(sending.entries[0], is_after=True),)),
            {},
        ),
        "burn-before": (burning.settle(verdicts=(void(burning.entries[0]),)), {"owed": []}),
        "burn-after": (
            burning.settle(SECOND, verdicts=(void(burning.entries[0], is_after=True),)),
            {"owed": []},
        ),
        "mint-before": (minting.settle(verdicts=(void(minting.entries[0]),)), stays),
        "mint-after": (
            minting.settle(SECOND, verdicts=(void(minting.entries[0], is_after=True),)),
            stays,
        ),
        "same-in-the-next-block": (
            done.settle(SECOND, verdicts=(void(same.entries[1]),)),
            {"consumed": 2},
        ),
        "conflict-in-the-same-block": (first_applied(conflict, is_after=True), {"consumed": 2}),
        "needs-the-one-before-it": (first_applied(needs, is_after=False), {"consumed": 2}),
    }
    for name, (history, expected) in accepted.items():
        output = QUEUE.accepts(
            vector,
            f"void-{name}",
            history,
            f"An entry is void: {name.replace('-', ' ')}.",
            rules=[10, 12],
            flags=["VERDICT_VOID", "VOID_REFUND", "CALL_ISOLATION"],
            waiting=[],
            **expected,
        )
        last = EntryConsumed(index=len(history.entries) - 1, applied=False)
        assert last in output["events"]
        assert not any(isinstance(each, CallDue) for each in output["events"])
        assert not any(isinstance(each, DepositReturned) for each in output["events"])


@both_presets
def test_deposit_of_void_mint(vector: VectorWriter, preset: str) -> None:
    """
    A deposit outlives the void mints that name it.

    Given a deposit whose queued mint was void, when another block has a mint of it, or its
    depositor cancels it in time, then that is done, once; a second too early it is refused.
    """
    deposited = ready(preset).deposit()
    rival = replace(mint(), input_commitments=(B, ZERO))
    start = deposited.queue(rival)
    ripe = start.time + start.parameters.bridge_cancel_seconds
    gone = start.settle(verdicts=(void(start.entries[0]),))
    discarded = start.discard(start.entries[0], at=overdue(start))
    again = gone.queue(mint(outputs=(F,)))
    two = deposited.queue(rival).queue(mint())
    served = two.discard(two.entries[0], at=overdue(two, 1))
    taken: dict[str, Any] = {"deposits": [(H1, TAKEN)], "owed": []}
    returned: dict[str, Any] = {"deposits": [(H1, RETURNED)], "owed": [(KIND, ALICE, VALUE)]}
    accepted: dict[str, tuple[History, dict[str, Any]]] = {
        "taken-in-a-later-block": (gone.settle(mint()), taken),
        "taken-after-a-block-between": (gone.settle(SECOND).settle(mint()), taken),
        "taken-by-the-void-one-itself": (gone.settle(rival), taken),
        "discarded-and-taken": (discarded.settle(mint()), taken),
        "queued-again-and-applied": (
            again.settle(mint(outputs=(F,)), verdicts=all_applied(again, 1, 1)),
            taken,
        ),
        "forced-by-the-next-entry": (served.force(two.entries[1]), taken),
        "cancelled-at-the-limit": (gone.cancel(at=ripe), returned),
        "discarded-and-cancelled-at-the-limit": (discarded.cancel(at=ripe), returned),
    }
    for name, (history, expected) in accepted.items():
        QUEUE.accepts(
            vector,
            f"void-deposit-{name}",
            history,
            f"A queued mint of a deposit was void: {name.replace('-', ' ')}.",
            rules=[12, "PAYY-BRIDGE-006", "PAYY-BRIDGE-008"],
            flags=["VOID_REFUND"],
            waiting=[],
            escrow=[(KIND, VALUE)],
            **expected,
        )
    early, absent = ErrorCode.BRIDGE_CANCEL_TOO_EARLY, ErrorCode.BRIDGE_DEPOSIT_ABSENT
    refused: dict[str, tuple[ErrorCode, list[int | str], History]] = {
        "cancelled-at-once": (early, [12, "PAYY-BRIDGE-008"], gone.cancel()),
        "cancelled-before-the-limit": (early, [12, "PAYY-BRIDGE-008"], gone.cancel(at=ripe - 1)),
        "discarded-and-cancelled-before-the-limit": (
            early,
            [12, "PAYY-BRIDGE-008"],
            discarded.cancel(at=ripe - 1),
        ),
        "cancelled-by-another": (
            ErrorCode.BRIDGE_NOT_DEPOSITOR,
            [12, "PAYY-BRIDGE-008"],
            gone.cancel(sender=BOB, at=ripe),
        ),
        "cancelled-twice": (
            absent,
            [12, "PAYY-BRIDGE-006"],
            gone.cancel(at=ripe).cancel(),
        ),
        "taken-twice": (
            absent,
            [12, "PAYY-BRIDGE-006"],
            gone.settle(mint()).settle(mint(outputs=(F,))),
        ),
        "taken-then-cancelled": (
            absent,
            [12, "PAYY-BRIDGE-006"],
            gone.settle(mint()).cancel(at=ripe),
        ),
        "cancelled-then-taken": (
            absent,
            [12, "PAYY-BRIDGE-006"],
            gone.cancel(at=ripe).settle(mint()),
        ),
        "next-mint-not-void-without-proof": (
            ErrorCode.QUEUE_ENTRY_NOT_VOID,
            [10, 11, 12],
            two.settle(verdicts=(void(two.entries[0]), void(two.entries[1], proof=UNPROVEN))),
        ),
        "next-mint-not-discarded-without-proof": (
            ErrorCode.QUEUE_ENTRY_NOT_VOID,
            [10, 11, 12],
            served.discard(two.entries[1], proof=UNPROVEN),
        ),
    }
    for name, (error, rules, history) in refused.items():
        QUEUE.rejects(
            vector,
            f"void-deposit-{name}",
            history,
            error,
            f"A queued mint of a deposit was void: {name.replace('-', ' ')}.",
            rules=rules,
            flags=["VOID_REFUND", *["REPLAY"] * name.endswith("twice")],
        )


@both_presets
def test_void_mint_does_not_stop_committed_blocks(vector: VectorWriter, preset: str) -> None:
    """
    Nobody takes the deposit from a committed block by a void mint.

    Given two committed blocks, the second of which has a mint, when its depositor queues another
    mint of the same deposit that is void on every tree, and has that verdict given with the first
    block, in the same block or without the sequencers, then the second block settles all the same.
    """
    start = ready(preset).deposit().queue(replace(mint(), input_commitments=(B, ZERO)))
    entry = start.entries[0]
    before = start.settle(FIRST, verdicts=(void(entry),))
    early = start.settle(FIRST)
    histories = {
        "in-the-block-before": before.settle(mint(), SECOND),
        "in-the-same-block": early.settle(mint(), SECOND, verdicts=(void(entry, proof=UNPROVEN),)),
        "without-the-sequencers": early.discard(entry, at=overdue(start)).settle(mint(), SECOND),
    }
    for name, history in histories.items():
        output = QUEUE.accepts(
            vector,
            f"void-mint-attack-{name}",
            history,
            f"A void mint names the deposit of a committed block: {name.replace('-', ' ')}.",
            rules=[12, "PAYY-BRIDGE-006", "PAYY-BRIDGE-007"],
            flags=["VOID_REFUND", "VERDICT_VOID"],
            deposits=[(H1, TAKEN)],
            owed=[],
            escrow=[(KIND, VALUE)],
            waiting=[],
            consumed=1,
            height=2,
        )
        assert Minted(mint_hash=H1, value=VALUE, note_kind=KIND) in output["events"]
        assert not any(isinstance(each, DepositReturned) for each in output["events"])
    QUEUE.rejects(
        vector,
        "void-mint-attack-cancelled-between-the-blocks",
        before.cancel(),
        ErrorCode.BRIDGE_CANCEL_TOO_EARLY,
        "A depositor cancels between two committed blocks, after a void mint of the deposit.",
        rules=[12, "PAYY-BRIDGE-008"],
        flags=["VOID_REFUND", "CANCEL_RULE"],
    )


def test_void_mint_whose_deposit_is_gone(vector: VectorWriter) -> None:
    """
    A mint whose deposit is gone is void without proof.

    Given a queued mint whose deposit was taken or returned before, or is taken in this block, when
    a block calls it void without proof, then it settles, and nothing goes back twice.
    """
    start = ready().deposit().queue(mint()).queue(mint(outputs=(F,)))
    first, second = start.entries
    bare = void(second, proof=UNPROVEN)
    empty = void(second, proof=b"")
    cancelled = start.cancel(at=start.time + 3000)
    taken = start.settle(mint(outputs=(G,)))
    alone = ready().deposit().queue(mint())
    gone = alone.settle(mint(outputs=(G,)))
    accepted: dict[str, tuple[History, list[Any], list[Any]]] = {
        "taken-by-the-entry-before": (
            start.settle(mint(), verdicts=(applied(first), bare)),
            [(H1, TAKEN)],
            [],
        ),
        "taken-by-the-entry-after": (
            start.settle(
                mint(outputs=(F,)), verdicts=(void(first, proof=UNPROVEN), applied(second))
            ),
            [(H1, TAKEN)],
            [],
        ),
        "taken-by-neither": (
            start.settle(mint(outputs=(G,)), verdicts=(void(first, proof=b""), empty)),
            [(H1, TAKEN)],
            [],
        ),
        "taken-before": (
            taken.settle(verdicts=(void(first, proof=UNPROVEN), bare)),
            [(H1, TAKEN)],
            [],
        ),
        "cancelled-before": (
            cancelled.settle(verdicts=(void(first, proof=UNPROVEN), empty)),
            [(H1, RETURNED)],
            [(KIND, ALICE, VALUE)],
        ),
        "gone-and-proved-all-the-same": (
            gone.settle(verdicts=(void(alone.entries[0], is_after=True),)),
            [(H1, TAKEN)],
            [],
        ),
    }
    for name, (history, deposits, owed) in accepted.items():
        output = QUEUE.accepts(
            vector,
            f"void-mint-{name}",
            history,
            f"A queued mint has no deposit any more: {name.replace('-', ' ')}.",
            rules=[10, 11, 12],
            flags=["VERDICT_VOID", "VOID_REFUND"],
            waiting=[],
            deposits=deposits,
            owed=owed,
        )
        back = DepositReturned(mint_hash=H1, depositor=ALICE)
        assert list(output["events"]).count(back) == len(owed)


def test_entries_that_are_not_void(vector: VectorWriter) -> None:
    """
    What stands in the block is not void, nor is what is not shown to be.

    Given an entry that a block has, or about which nothing is proved, when the block calls it void,
    then the block is refused.
    """
    sending, burning = ready().queue(FIRST), ready().queue(burn())
    minting = ready().deposit().queue(mint())
    stands, unshown = ErrorCode.QUEUE_ENTRY_APPLIED, ErrorCode.QUEUE_ENTRY_NOT_VOID
    entry, minted, burned = sending.entries[0], minting.entries[0], burning.entries[0]
    two = ready().queue(FIRST).queue(FIRST)
    refused: dict[str, tuple[ErrorCode, list[int | str], History]] = {
        "send-in-the-block": (
            stands,
            [10],
            sending.settle(FIRST, verdicts=(void(entry, is_after=True),)),
        ),
        "send-in-the-second-place": (
            stands,
            [10],
            sending.settle(SECOND, FIRST, verdicts=(void(entry, is_after=True),)),
        ),
        "burn-in-the-block": (
            stands,
            [10],
            burning.settle(burn(), verdicts=(void(burned, is_after=True),)),
        ),
        "mint-in-the-block": (
            stands,
            [10, 11],
            minting.settle(mint(), verdicts=(void(minted, is_after=True),)),
        ),
        "mint-in-the-block-unproven": (
            stands,
            [10, 11],
            minting.settle(mint(), verdicts=(void(minted, proof=UNPROVEN),)),
        ),
        "second-of-the-same-in-the-block": (
            stands,
            [10],
            two.settle(
                FIRST, verdicts=(applied(two.entries[0]), void(two.entries[1], is_after=True))
            ),
        ),
        "before-unproven": (
            unshown,
            [10],
            sending.settle(verdicts=(void(entry, proof=UNPROVEN),)),
        ),
        "after-unproven": (
            unshown,
            [10],
            sending.settle(verdicts=(void(entry, is_after=True, proof=UNPROVEN),)),
        ),
        "proof-empty": (unshown, [10], sending.settle(verdicts=(void(entry, proof=b""),))),
        "burn-unproven": (
            unshown,
            [10],
            burning.settle(verdicts=(void(burned, proof=UNPROVEN),)),
        ),
        "mint-with-open-deposit-unproven": (
            unshown,
            [10, 11],
            minting.settle(verdicts=(void(minted, proof=UNPROVEN),)),
        ),
        "mint-whose-neighbour-is-taken": (
            unshown,
            [10, 11],
            minting.deposit(H2).settle(
                mint(H2, outputs=(F,)), verdicts=(void(minted, proof=UNPROVEN),)
            ),
        ),
        "order-applied-before-unproven": (
            stands,
            [10, "PAYY-CONVENTIONS-002"],
            sending.settle(FIRST, verdicts=(void(entry, proof=UNPROVEN),)),
        ),
        "order-unproven-before-block-proof": (
            unshown,
            [10, "PAYY-CONVENTIONS-002"],
            sending.settle(verdicts=(void(entry, proof=UNPROVEN),), proof=UNPROVEN),
        ),
        "order-deposit-before-verdict": (
            ErrorCode.BRIDGE_DEPOSIT_ABSENT,
            [10, "PAYY-CONVENTIONS-002"],
            sending.settle(mint(), verdicts=(void(entry, proof=UNPROVEN),)),
        ),
        "order-opening-before-deposit": (
            ErrorCode.QUEUE_OPENING_SHAPE,
            [9, "PAYY-CONVENTIONS-002"],
            sending.settle(mint(), verdicts=(void(entry),), opening=()),
        ),
    }
    for name, (error, rules, history) in refused.items():
        QUEUE.rejects(
            vector,
            f"void-{name}",
            history,
            error,
            f"A block calls an entry void: {name.replace('-', ' ')}.",
            rules=rules,
            flags=["VERDICT_VOID"],
        )


# Calls


def test_calls_are_made_once_and_in_order(vector: VectorWriter) -> None:
    """
    Calls of applied entries are made last, in the order of the entries.

    Given entries with calls, when they are applied or void, then the calls of those that are
    applied are due, one an entry.
    """
    calls = [replace(CALL, data=bytes([number])) for number in range(4)]
    start = ready()
    for transaction, call in zip((FIRST, SECOND, THIRD, FOURTH), calls, strict=True):
        start = start.queue(transaction, call)
    first, second, *_ = start.entries
    both = start.settle(FIRST, SECOND, verdicts=(applied(first), applied(second)))
    again = ready().queue(FIRST, calls[0]).queue(FIRST, calls[1])
    mixed = ready().queue(FIRST).queue(SECOND, calls[1])
    histories: dict[str, tuple[History, list[int]]] = {
        "both": (both, [0, 1]),
        "both-in-another-order-in-the-block": (
            start.settle(SECOND, FIRST, verdicts=(applied(first), applied(second))),
            [0, 1],
        ),
        "in-two-blocks": (
            both.settle(THIRD, FOURTH, verdicts=all_applied(start, 2, 2)),
            [0, 1, 2, 3],
        ),
        "first-void": (
            start.settle(SECOND, verdicts=(void(first), applied(second))),
            [1],
        ),
        "second-void": (
            start.settle(FIRST, verdicts=(applied(first), void(second))),
            [0],
        ),
        "both-void": (start.settle(verdicts=(void(first), void(second))), []),
        "one-has-none": (
            mixed.settle(FIRST, SECOND, verdicts=tuple(map(applied, mixed.entries))),
            [1],
        ),
        "same-transaction-twice": (
            again.settle(FIRST, verdicts=tuple(map(applied, again.entries))),
            [0, 1],
        ),
        "transaction-in-the-block-without-verdict": (start.settle(FIRST), []),
    }
    for name, (history, numbers) in histories.items():
        output = QUEUE.accepts(
            vector,
            f"calls-{name}",
            history,
            f"Entries have calls: {name.replace('-', ' ')}.",
            rules=[12, 13],
            flags=["CALL_ISOLATION"],
        )
        events = list(output["events"])
        made = [each for each in events if isinstance(each, CallDue)]
        assert [(each.index, each.data) for each in made] == [
            (number, calls[number].data) for number in numbers
        ]
        if numbers:
            assert events[-1] == made[-1]
            assert all((each.target, each.gas) == (CALL.target, CALL.gas) for each in made)
        assert any(isinstance(each, RollupVerified) for each in events)


def test_queued_mint_has_its_whole_life(vector: VectorWriter) -> None:
    """
    Deposit, queue, apply, burn, withdraw.

    Given a deposit that is queued at once, when it is applied, burned through the queue and
    fetched, then nothing is left.
    """
    start = ready(MINIMAL).deposit_and_queue(mint())
    settled = start.settle(mint(), verdicts=all_applied(start, 1))
    burning = settled.queue(burn(inputs=(E,)))
    done = burning.settle(burn(inputs=(E,)), verdicts=all_applied(burning, 1, 1)).withdraw()
    QUEUE.accepts(
        vector,
        "whole-life",
        done,
        "A deposit is queued, becomes notes, is burned through the queue, and fetched.",
        rules=[1, 3, 5, 9, 12, 14],
        flags=["VERDICT_APPLIED"],
        waiting=[],
        consumed=2,
        owed=[],
        escrow=[],
        deposits=[(H1, TAKEN)],
    )
