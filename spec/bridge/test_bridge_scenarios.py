"""Scenarios of the bridge: tokens, deposits, burns, debts, and payments in advance."""

from dataclasses import replace
from operator import itemgetter

import pytest

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ledger.transaction import ZERO
from payy_ref.settlement.bridge import DepositStatus
from payy_ref.settlement.events import (
    Burned,
    BurnSubstituted,
    DepositReturned,
    MintAdded,
    Minted,
    TokenAdded,
    Withdrawn,
)
from payy_ref.testing.settlement_history import ALICE, BOB, CAROL, DAVE, OWNER
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.bridge.bridge_cases import (
    H1,
    H2,
    H3,
    HIGH_BITS,
    KIND,
    LAST,
    MINIMAL,
    OTHER_KIND,
    OTHER_TOKEN,
    PRESETS,
    TOKEN,
    UNKNOWN_KIND,
    VALUE,
    B,
    C,
    Chapter,
    F,
    History,
    begun,
    both_presets,
    burn,
    burn_paid,
    mint,
    minted,
    ready,
    word_of,
)

BRIDGE = Chapter(suite="bridge")
MOST = 2**240 - 1
"""The greatest value of a note."""

OPEN, TAKEN, RETURNED = DepositStatus.OPEN, DepositStatus.TAKEN, DepositStatus.RETURNED
ONE = FieldElement(1)

Amounts = list[tuple[FieldElement, int]]
Debts = list[tuple[FieldElement, EthereumAddress, int]]
Deposits = list[tuple[FieldElement, DepositStatus]]


# Tokens


def test_tokens_that_are_added(vector: VectorWriter) -> None:
    """
    A note kind gets its token.

    Given a rollup, when the owner gives note kinds their tokens, then each has its own.
    """
    histories: dict[str, tuple[History, list[tuple[FieldElement, EthereumAddress]]]] = {
        "one": (begun().token(), [(KIND, TOKEN)]),
        "two": (ready(), [(KIND, TOKEN), (OTHER_KIND, OTHER_TOKEN)]),
        "least-and-greatest-kind": (
            begun().token(ONE).token(LAST, OTHER_TOKEN),
            [(ONE, TOKEN), (LAST, OTHER_TOKEN)],
        ),
    }
    for name, (history, pairs) in histories.items():
        BRIDGE.accepts(
            vector,
            f"token-{name}",
            history,
            f"The owner gives note kinds their tokens: {name.replace('-', ' ')}.",
            rules=[1],
            flags=["TOKEN_REGISTRY"],
            escrow=[],
            events=[TokenAdded(note_kind=kind, token=token) for kind, token in pairs],
        )


def test_tokens_that_are_refused(vector: VectorWriter) -> None:
    """
    A note kind has one token and a token one note kind, for ever.

    Given a note kind that has a token, when it gets another, or the token another kind, or kind 0 a
    token, then that is refused.
    """
    zero, taken = ErrorCode.BRIDGE_NOTE_KIND_ZERO, ErrorCode.BRIDGE_NOTE_KIND_TAKEN
    histories = {
        "kind-zero": (zero, begun().token(ZERO), "Padding gets a token."),
        "kind-again": (taken, ready().token(token=DAVE), "A note kind gets another token."),
        "kind-of-other-token": (
            taken,
            ready().token(token=OTHER_TOKEN),
            "A note kind gets the token of another one.",
        ),
        "replay": (taken, ready().token(), "A note kind gets its token again."),
        "token-again": (
            ErrorCode.BRIDGE_TOKEN_TAKEN,
            ready().token(UNKNOWN_KIND),
            "A token is given to a second note kind.",
        ),
        "order-kind-zero-before-token": (
            zero,
            ready().token(ZERO, TOKEN),
            "Padding gets a token that another note kind has.",
        ),
    }
    for name, (error, history, description) in histories.items():
        BRIDGE.rejects(
            vector,
            f"token-{name}",
            history,
            error,
            description,
            rules=[1, *["PAYY-CONVENTIONS-002"] * name.startswith("order")],
            flags=["TOKEN_REGISTRY", *["REPLAY"] * (name == "replay")],
        )


# Deposits


def test_deposits(vector: VectorWriter) -> None:
    """
    A deposit is locked and open.

    Given note kinds with tokens, when somebody deposits, then the value is locked, the deposit is
    open, and nobody is owed anything.
    """
    histories: dict[str, tuple[History, dict[FieldElement, tuple[FieldElement, int]]]] = {
        "least-value": (ready().deposit(value=1), {H1: (KIND, 1)}),
        "greatest-value": (ready().deposit(value=MOST), {H1: (KIND, MOST)}),
        "hash-zero": (ready().deposit(ZERO), {ZERO: (KIND, VALUE)}),
        "hash-greatest": (ready().deposit(LAST), {LAST: (KIND, VALUE)}),
        "two-kinds": (
            ready().deposit(H1).deposit(H2, note_kind=OTHER_KIND, sender=BOB),
            {H1: (KIND, VALUE), H2: (OTHER_KIND, VALUE)},
        ),
        "equal-but-for-the-hash": (
            ready().deposit(H1).deposit(H2),
            {H1: (KIND, VALUE), H2: (KIND, VALUE)},
        ),
    }
    for name, (history, made) in histories.items():
        locked: dict[FieldElement, int] = {}
        for kind, value in made.values():
            locked[kind] = locked.get(kind, 0) + value
        output = BRIDGE.accepts(
            vector,
            f"deposit-{name}",
            history,
            f"Somebody deposits: {name.replace('-', ' ')}.",
            rules=[2, 3, 4, 5],
            flags=["DEPOSIT_RANGE", "MINT_TWICE"],
            escrow=sorted(locked.items()),
            owed=[],
            deposits=[(each, OPEN) for each in sorted(made)],
        )
        assert list(output["events"])[2:] == [
            MintAdded(mint_hash=each, value=value, note_kind=kind)
            for each, (kind, value) in made.items()
        ]


def test_deposits_that_are_refused(vector: VectorWriter) -> None:
    """
    Kind, value, hash and transfer of a deposit are judged in this order.

    Given a deposit that breaks one of these rules, when it is made, then it is refused with the
    code of the first one.
    """
    kind, value = ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN, ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE
    taken = ErrorCode.BRIDGE_MINT_HASH_TAKEN
    refused, inexact = ErrorCode.BRIDGE_TRANSFER_REFUSED, ErrorCode.BRIDGE_TRANSFER_INEXACT
    start = ready().deposit()
    histories = {
        "kind-unknown": (kind, 3, ready().deposit(note_kind=UNKNOWN_KIND), "has no token"),
        "kind-zero": (kind, 3, ready().deposit(note_kind=ZERO), "is of kind 0"),
        "before-the-token": (kind, 3, begun().deposit(), "is made before the kind has a token"),
        "value-at-limit": (value, 3, ready().deposit(value=MOST + 1), "is of 2^240"),
        "value-greatest-word": (value, 3, ready().deposit(value=2**256 - 1), "is of 2^256 - 1"),
        "same-again": (taken, 4, start.deposit(), "is made a second time"),
        "hash-of-another-depositor": (
            taken,
            4,
            start.deposit(sender=BOB, value=1),
            "has the hash of somebody else's",
        ),
        "hash-of-another-kind": (
            taken,
            4,
            start.deposit(note_kind=OTHER_KIND),
            "has the hash of one of another note kind",
        ),
        "transfer-refused": (refused, 5, ready().deposit(received=None), "is not moved"),
        "transfer-nothing": (inexact, 5, ready().deposit(received=0), "moves nothing"),
        "transfer-less": (inexact, 5, ready().deposit(received=VALUE - 1), "moves less"),
        "transfer-more": (inexact, 5, ready().deposit(received=VALUE + 1), "moves more"),
        "order-kind-before-value": (
            kind,
            3,
            ready().deposit(note_kind=UNKNOWN_KIND, value=0),
            "has no token, and is of 0",
        ),
        "order-value-before-hash": (
            value,
            3,
            start.deposit(value=0),
            "is of 0, and its hash taken",
        ),
        "order-hash-before-transfer": (
            taken,
            4,
            start.deposit(received=None),
            "has a hash that is taken, and is not moved",
        ),
    }
    flags = {3: ["DEPOSIT_RANGE"], 4: ["MINT_TWICE", "REPLAY"], 5: ["TOKEN_MISBEHAVES"]}
    for name, (error, rule, history, what) in histories.items():
        BRIDGE.rejects(
            vector,
            f"deposit-{name}",
            history,
            error,
            f"A deposit {what}.",
            rules=[2, rule, *["PAYY-CONVENTIONS-002"] * name.startswith("order")],
            flags=flags[rule],
        )


def test_fault_deposit_of_nothing(vector: VectorWriter) -> None:
    """
    Fault of the deployed contract: a deposit of 0 is taken, and leaves its hash free.

    Given a note kind with a token, when somebody deposits 0, then that is refused.
    """
    BRIDGE.rejects(
        vector,
        "fault-deposit-value-zero",
        ready().deposit(value=0),
        ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE,
        "Somebody deposits 0, so that the hash would be free for a second deposit.",
        rules=[3],
        flags=["DEPOSIT_RANGE", "MINT_TWICE"],
    )


def test_fault_deposit_again_after_it_was_taken(vector: VectorWriter) -> None:
    """
    Fault of the deployed contract: a hash can be minted, deposited for and minted again.

    Given a deposit that a block took, when its hash is deposited for again, then that is refused.
    """
    BRIDGE.rejects(
        vector,
        "fault-deposit-again-after-taken",
        minted().deposit(),
        ErrorCode.BRIDGE_MINT_HASH_TAKEN,
        "A deposit has the hash of one that a block took.",
        rules=[4],
        flags=["MINT_TWICE", "REPLAY"],
    )


def test_fault_deposit_again_after_it_was_returned(vector: VectorWriter) -> None:
    """
    Fault of the deployed contract: a hash is good for more than one deposit.

    Given a deposit that went back, when its hash is deposited for again, then that is refused.
    """
    start = ready().deposit()
    returned = start.cancel(at=start.time + 3000)
    BRIDGE.rejects(
        vector,
        "fault-deposit-again-after-returned",
        returned.deposit(),
        ErrorCode.BRIDGE_MINT_HASH_TAKEN,
        "A deposit has the hash of one that went back.",
        rules=[4, 8],
        flags=["MINT_TWICE", "REPLAY"],
    )


def test_fault_mint_twice_in_a_block(vector: VectorWriter) -> None:
    """
    Fault of the deployed contract: a commitment is minted twice.

    Given one deposit, when a block has two mints of its hash, then the block is refused.
    """
    BRIDGE.rejects(
        vector,
        "fault-mint-twice",
        ready().deposit().settle(mint(), mint(outputs=(F,))),
        ErrorCode.BRIDGE_DEPOSIT_ABSENT,
        "Two mints of a block claim one deposit.",
        rules=[6, "PAYY-SETTLEMENT-016"],
        flags=["MINT_TWICE"],
    )


def test_mints_with_their_deposits(vector: VectorWriter) -> None:
    """
    A mint takes its deposit.

    Given open deposits, when a block has their mints, then they are taken, and the money stays
    locked.
    """
    two = ready().deposit(H1).deposit(H2, 5, note_kind=OTHER_KIND)
    great = ready().deposit(value=MOST)
    histories: dict[str, tuple[History, Amounts, Deposits]] = {
        "one": (ready().deposit().settle(mint()), [(KIND, VALUE)], [(H1, TAKEN)]),
        "greatest-value": (great.settle(mint(value=MOST)), [(KIND, MOST)], [(H1, TAKEN)]),
        "two-in-a-block": (
            two.settle(mint(H2, 5, (F,), OTHER_KIND), mint()),
            [(KIND, VALUE), (OTHER_KIND, 5)],
            [(H1, TAKEN), (H2, TAKEN)],
        ),
        "one-of-two": (
            two.settle(mint(H2, 5, (F,), OTHER_KIND)),
            [(KIND, VALUE), (OTHER_KIND, 5)],
            [(H1, OPEN), (H2, TAKEN)],
        ),
        "after-the-time-to-cancel": (
            great.settle(mint(value=MOST), at=great.time + 3000),
            [(KIND, MOST)],
            [(H1, TAKEN)],
        ),
    }
    for name, (history, locked, deposits) in histories.items():
        output = BRIDGE.accepts(
            vector,
            f"mint-{name}",
            history,
            f"A block has mints with their deposits: {name.replace('-', ' ')}.",
            rules=[2, 6, 7, "PAYY-SETTLEMENT-016"],
            flags=["MINT_UNBACKED", "MINT_TWICE"],
            escrow=sorted(locked),
            owed=[],
            deposits=sorted(deposits, key=itemgetter(0)),
        )
        seen = [each.mint_hash for each in output["events"] if isinstance(each, Minted)]
        assert sorted(seen) == sorted(each for each, status in deposits if status is TAKEN)


def test_mints_without_their_deposits(vector: VectorWriter) -> None:
    """
    No mint without an open deposit of the same kind and value.

    Given a mint whose deposit is absent, taken, returned or another one, when its block is brought,
    then the block is refused.
    """
    start = ready().deposit()
    absent, other = ErrorCode.BRIDGE_DEPOSIT_ABSENT, ErrorCode.BRIDGE_DEPOSIT_MISMATCH
    returned = start.cancel(at=start.time + 3000)
    histories = {
        "no-deposit": (absent, 6, ready().settle(mint()), "has no deposit"),
        "value-zero-no-deposit": (absent, 6, ready().settle(mint(value=0)), "of 0 has no deposit"),
        "other-hash": (absent, 6, start.settle(mint(H2)), "states another hash"),
        "replay": (absent, 6, minted().settle(mint()), "is settled again"),
        "other-outputs-same-hash": (
            absent,
            6,
            minted().settle(mint(outputs=(F,))),
            "has the hash of one that is settled",
        ),
        "returned": (absent, 6, returned.settle(mint()), "has a deposit that went back"),
        "value-above": (other, 7, start.settle(mint(value=VALUE + 1)), "states 1 more"),
        "value-below": (other, 7, start.settle(mint(value=VALUE - 1)), "states 1 less"),
        "value-zero": (other, 7, start.settle(mint(value=0)), "states 0"),
        "value-at-limit": (
            other,
            7,
            ready().deposit(value=MOST).settle(mint(value=MOST + 1)),
            "states 2^240, 1 more",
        ),
        "kind-other": (other, 7, start.settle(mint(kind=OTHER_KIND)), "states another kind"),
        "kind-unknown": (other, 7, start.settle(mint(kind=UNKNOWN_KIND)), "states no kind known"),
        "second-of-two": (
            absent,
            6,
            start.settle(mint(), mint(H2, outputs=(F,))),
            "without deposit follows one with a deposit, and",
        ),
    }
    flags = {6: ["MINT_UNBACKED", "MINT_TWICE"], 7: ["MINT_UNBACKED"]}
    for name, (error, rule, history, what) in histories.items():
        BRIDGE.rejects(
            vector,
            f"mint-{name}",
            history,
            error,
            f"A mint {what}{'' if what.endswith('and') else ', and'} its block is brought.",
            rules=[rule],
            flags=[*flags[rule], *["REPLAY"] * (name == "replay")],
        )


@both_presets
def test_cancelled_deposits(vector: VectorWriter, preset: str) -> None:
    """
    A deposit goes back when its time is over.

    Given an open deposit, when its depositor cancels it at the first second when they may, then it
    is owed to them and can be fetched.
    """
    start = ready(preset).deposit()
    limit = start.time + PRESETS[preset].bridge_cancel_seconds
    returned = start.cancel(at=limit)
    two = start.deposit(H2, 5)
    histories: dict[str, tuple[History, Amounts, Debts, Deposits | None]] = {
        "at-limit": (returned, [(KIND, VALUE)], [(KIND, ALICE, VALUE)], [(H1, RETURNED)]),
        "and-fetched": (returned.withdraw(ALICE), [], [], [(H1, RETURNED)]),
        "late": (start.cancel(at=limit * 2), [(KIND, VALUE)], [(KIND, ALICE, VALUE)], None),
        "one-of-two": (
            two.cancel(at=limit),
            [(KIND, VALUE + 5)],
            [(KIND, ALICE, VALUE)],
            sorted([(H1, RETURNED), (H2, OPEN)], key=itemgetter(0)),
        ),
    }
    for name, (history, locked, owed, deposits) in histories.items():
        output = BRIDGE.accepts(
            vector,
            f"cancel-{name}",
            history,
            f"A depositor cancels: {name.replace('-', ' ')}.",
            rules=[8, 12, 16],
            flags=["CANCEL_RULE"],
            escrow=locked,
            owed=owed,
            deposits=deposits or [(H1, RETURNED)],
        )
        assert DepositReturned(mint_hash=H1, depositor=ALICE) in output["events"]


@both_presets
def test_deposits_that_are_not_cancelled(vector: VectorWriter, preset: str) -> None:
    """
    Nobody else, not too early, not twice, not after a block took it.

    Given a deposit, when it is cancelled in one of these ways, then that is refused.
    """
    start = ready(preset).deposit()
    limit = start.time + PRESETS[preset].bridge_cancel_seconds
    early, absent = ErrorCode.BRIDGE_CANCEL_TOO_EARLY, ErrorCode.BRIDGE_DEPOSIT_ABSENT
    stranger = ErrorCode.BRIDGE_NOT_DEPOSITOR
    later = start.deposit(H2)
    histories = {
        "one-second-before": (early, start.cancel(at=limit - 1), "one second too early"),
        "at-once": (early, start.cancel(), "at once"),
        "by-age-of-another": (early, later.cancel(H2, at=limit), "when an older one could be"),
        "by-another": (stranger, start.cancel(sender=BOB, at=limit), "by somebody else"),
        "by-the-owner": (stranger, start.cancel(sender=OWNER, at=limit), "by the owner"),
        "unknown": (absent, start.cancel(H2, at=limit), "although it was never made"),
        "taken": (
            absent,
            start.settle(mint()).cancel(at=limit),
            "although a block took it",
        ),
        "twice": (absent, start.cancel(at=limit).cancel(), "a second time"),
        "twice-after-it-was-fetched": (
            absent,
            start.cancel(at=limit).withdraw(ALICE).cancel(),
            "after its money was fetched",
        ),
        "order-stranger-before-early": (stranger, start.cancel(sender=BOB), "early, by another"),
        "order-absent-before-stranger": (
            absent,
            start.cancel(at=limit).cancel(sender=BOB),
            "by another, a second time",
        ),
    }
    for name, (error, history, what) in histories.items():
        rule = 6 if error == absent else 8
        BRIDGE.rejects(
            vector,
            f"cancel-{name}",
            history,
            error,
            f"A deposit is cancelled {what}.",
            rules=[*sorted({rule, 8}), *["PAYY-CONVENTIONS-002"] * name.startswith("order")],
            flags=["CANCEL_RULE", *["REPLAY"] * ("twice" in name)],
        )


@both_presets
def test_cancelled_when_frozen(vector: VectorWriter, preset: str) -> None:
    """
    A frozen rollup gives deposits back at once.

    Given a deposit that was made just before the freeze, when its depositor cancels it, then it
    goes back; nobody else gets it, and no new one is taken.
    """
    parameters = PRESETS[preset]
    queued = ready(preset).queue(burn(), at=2000)
    end = 2000 + parameters.queue_freeze_seconds
    frozen = queued.deposit(at=end - 100).freeze(at=end)
    BRIDGE.accepts(
        vector,
        "cancel-frozen",
        frozen.cancel(),
        "A depositor cancels 200 seconds after the deposit, the rollup being frozen.",
        rules=[8, 9, "PAYY-QUEUE-018"],
        flags=["CANCEL_RULE", "FREEZE_RULE"],
        is_frozen=True,
        owed=[(KIND, ALICE, VALUE)],
        deposits=[(H1, RETURNED)],
    )
    BRIDGE.accepts(
        vector,
        "withdraw-frozen",
        frozen.cancel().withdraw(ALICE),
        "A frozen rollup pays what it owes.",
        rules=[9, 16],
        flags=["DEBT_BOOK", "FREEZE_RULE"],
        owed=[],
        escrow=[],
    )
    refused: dict[str, tuple[ErrorCode, History, str, list[int | str]]] = {
        "cancel-frozen-by-another": (
            ErrorCode.BRIDGE_NOT_DEPOSITOR,
            frozen.cancel(sender=BOB),
            "Somebody else cancels a deposit of a frozen rollup.",
            [8, 9],
        ),
        "cancel-frozen-twice": (
            ErrorCode.BRIDGE_DEPOSIT_ABSENT,
            frozen.cancel().cancel(),
            "A deposit of a frozen rollup is cancelled twice.",
            [6, 9],
        ),
        "deposit-frozen": (
            ErrorCode.SETTLEMENT_FROZEN,
            frozen.deposit(H2),
            "Somebody deposits in a frozen rollup.",
            [2, "PAYY-SETTLEMENT-004"],
        ),
        "substitute-frozen": (
            ErrorCode.SETTLEMENT_FROZEN,
            frozen.pay(burn_paid()),
            "Somebody pays for a burn in advance in a frozen rollup.",
            [13, "PAYY-SETTLEMENT-004"],
        ),
        "token-frozen": (
            ErrorCode.SETTLEMENT_FROZEN,
            frozen.token(UNKNOWN_KIND, DAVE),
            "The owner adds a token to a frozen rollup.",
            [1, "PAYY-SETTLEMENT-004"],
        ),
    }
    for name, (error, history, description, rules) in refused.items():
        BRIDGE.rejects(
            vector,
            name,
            history,
            error,
            description,
            rules=rules,
            flags=["FREEZE_RULE", *["REPLAY"] * name.endswith("twice")],
        )


# Burns


def test_burns_are_owed(vector: VectorWriter) -> None:
    """
    A burn is owed to the low 160 bits of its burn address.

    Given notes, when a block burns them, then their value is owed, and nothing is paid yet.
    """
    start = minted()
    histories = {
        "whole-value": (burn(), {BOB: VALUE}),
        "least-value": (burn(1), {BOB: 1}),
        "value-zero": (burn(0), {}),
        "address-with-high-bits": (burn(recipient=word_of(BOB) + HIGH_BITS), {BOB: VALUE}),
        "address-greatest-word": (
            burn(recipient=LAST),
            {EthereumAddress((LAST % 2**160).to_bytes(20, "big")): VALUE},
        ),
        "address-greatest": (burn(recipient=2**160 - 1), {EthereumAddress(b"\xff" * 20): VALUE}),
        "address-zero": (burn(recipient=0), {EthereumAddress(bytes(20)): VALUE}),
        "address-bit-160-alone": (burn(recipient=2**160), {EthereumAddress(bytes(20)): VALUE}),
        "hash-zero": (burn(inputs=()), {BOB: VALUE}),
    }
    for name, (transaction, owed) in histories.items():
        history = start.settle(transaction)
        output = BRIDGE.accepts(
            vector,
            f"burn-{name}",
            history,
            f"A block burns notes: {name.replace('-', ' ')}.",
            rules=[10, 11, 12, 15],
            flags=["BURN_READING", "PUSH_PAYMENT"],
            escrow=[(KIND, VALUE)],
            owed=[(KIND, owner, value) for owner, value in owed.items()],
        )
        paid = [each for each in output["events"] if isinstance(each, Burned)]
        assert [(each.burn_hash, each.substitute) for each in paid] == [
            (transaction.message.hash, False)
        ]


def test_burns_add_up(vector: VectorWriter) -> None:
    """
    Debts of one account in one note kind add up.

    Given several burns, when they are settled, then each account is owed what all burns to it say.
    """
    start = minted().deposit(H2, 50, note_kind=OTHER_KIND)
    start = start.settle(mint(H2, 50, (F,), OTHER_KIND))
    histories: dict[str, tuple[History, Debts]] = {
        "in-one-block": (
            start.settle(burn(7), burn(5, inputs=(B,))),
            [(KIND, BOB, 12)],
        ),
        "in-two-blocks": (
            start.settle(burn(7)).settle(burn(5, inputs=(B,))),
            [(KIND, BOB, 12)],
        ),
        "same-hash": (start.settle(burn(7), burn(5)), [(KIND, BOB, 12)]),
        "to-two-accounts": (
            start.settle(burn(7), burn(5, word_of(CAROL), (B,))),
            [(KIND, CAROL, 5), (KIND, BOB, 7)],
        ),
        "of-two-kinds": (
            start.settle(burn(7), burn(5, inputs=(B,), kind=OTHER_KIND)),
            [(KIND, BOB, 7), (OTHER_KIND, BOB, 5)],
        ),
        "with-a-returned-deposit": (
            start.deposit(H3, 9)
            .settle(burn(7, word_of(ALICE)))
            .cancel(H3, at=start.time + 100 + 3000),
            [(KIND, ALICE, 16)],
        ),
    }
    for name, (history, owed) in histories.items():
        BRIDGE.accepts(
            vector,
            f"burns-{name}",
            history,
            f"Debts add up: {name.replace('-', ' ')}.",
            rules=[10, 12, 15],
            flags=["DEBT_BOOK", "PUSH_PAYMENT"],
            owed=sorted(owed),
        )


def test_fault_burn_of_unknown_token(vector: VectorWriter) -> None:
    """
    Fault of the deployed contract: a burn of an unknown note kind pays nothing and counts as paid.

    Given a note kind without a token, when a block burns notes of it, then the block is refused.
    """
    burns = {
        "": burn(kind=UNKNOWN_KIND),
        "-value-zero": burn(0, kind=UNKNOWN_KIND),
        "-kind-zero-value-zero": burn(0, kind=ZERO),
    }
    for name, transaction in burns.items():
        BRIDGE.rejects(
            vector,
            f"fault-burn-of-unknown-token{name}",
            minted().settle(transaction),
            ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN,
            "A block burns notes of a note kind that has no token.",
            rules=[11],
            flags=["BURN_READING"],
        )


def test_burn_of_unknown_token_after_another_message(vector: VectorWriter) -> None:
    """
    A block with one bad burn does nothing.

    Given a block whose second burn is of an unknown note kind, when it is brought, then it is
    refused as a whole; when the kind has its token, it is settled.
    """
    first, second = burn(7), burn(5, inputs=(B,), kind=UNKNOWN_KIND)
    BRIDGE.rejects(
        vector,
        "burn-unknown-token-in-second-place",
        minted().settle(first, second),
        ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN,
        "The second burn of a block is of a note kind that has no token.",
        rules=[11],
        flags=["BURN_READING"],
    )
    known = minted().token(UNKNOWN_KIND, DAVE).deposit(H2, 5, note_kind=UNKNOWN_KIND)
    known = known.settle(mint(H2, 5, (F,), UNKNOWN_KIND))
    BRIDGE.accepts(
        vector,
        "burn-of-a-kind-that-got-its-token",
        known.settle(first, second),
        "A note kind gets its token, and then notes of it are burned.",
        rules=[1, 11],
        flags=["BURN_READING"],
        owed=[(KIND, BOB, 7), (UNKNOWN_KIND, BOB, 5)],
    )


def test_fault_pushed_burn_halts_a_block(vector: VectorWriter) -> None:
    """
    Fault of the deployed contract: a burn is pushed, which can halt a block or lose the money.

    Given a burn to an account that its token refuses, when the block and the next ones come, then
    they settle, and the debt stays and is fetched when the token pays again.
    """
    settled = minted().settle(burn())
    onward = settled.settle().deposit(H2).settle(mint(H2, outputs=(F,)))
    BRIDGE.accepts(
        vector,
        "fault-pushed-burn-block-settles",
        onward,
        "A burn to an account that cannot be paid settles, and so do the blocks after it.",
        rules=[12],
        flags=["PUSH_PAYMENT"],
        escrow=[(KIND, 2 * VALUE)],
        owed=[(KIND, BOB, VALUE)],
        height=4,
    )
    BRIDGE.rejects(
        vector,
        "fault-pushed-burn-token-refuses",
        settled.withdraw(is_paid=False),
        ErrorCode.BRIDGE_TRANSFER_REFUSED,
        "A token refuses to pay what is owed.",
        rules=[17],
        flags=["PUSH_PAYMENT", "TOKEN_MISBEHAVES"],
    )
    BRIDGE.accepts(
        vector,
        "fault-pushed-burn-fetched-later",
        onward.withdraw(),
        "What could not be paid before is fetched later.",
        rules=[12, 16, 17],
        flags=["PUSH_PAYMENT"],
        escrow=[(KIND, VALUE)],
        owed=[],
    )


# Debts


def test_withdrawals(vector: VectorWriter) -> None:
    """
    Anybody has a debt paid to its owner, all of it.

    Given debts, when one is fetched, then it is paid, and no other one.
    """
    owed = minted().settle(burn(7), burn(5, word_of(CAROL), (B,)))
    histories = {
        "by-the-owner": owed.withdraw(),
        "by-somebody-else": owed.withdraw(sender=DAVE),
    }
    for name, history in histories.items():
        output = BRIDGE.accepts(
            vector,
            f"withdraw-{name}",
            history,
            f"A debt is paid, asked for {name.replace('-', ' ')}.",
            rules=[16],
            flags=["DEBT_BOOK"],
            escrow=[(KIND, VALUE - 7)],
            owed=[(KIND, CAROL, 5)],
        )
        assert output["events"][-1] == Withdrawn(note_kind=KIND, owner=BOB, value=7)
    again = owed.withdraw().settle(burn(3, inputs=(C,)))
    BRIDGE.accepts(
        vector,
        "withdraw-after-a-new-debt",
        again.withdraw(),
        "An account that was paid is owed again, and is paid again.",
        rules=[16],
        flags=["DEBT_BOOK"],
        escrow=[(KIND, VALUE - 10)],
        owed=[(KIND, CAROL, 5)],
    )
    everything = owed.withdraw().withdraw(CAROL, sender=CAROL)
    BRIDGE.accepts(
        vector,
        "withdraw-greatest-value",
        minted(value=MOST).settle(burn(MOST)).withdraw(),
        "The greatest value of a note is paid.",
        rules=[10, 16],
        flags=["DEBT_BOOK"],
        escrow=[],
        owed=[],
    )
    refused = {
        "nothing-owed": (minted().withdraw(), "nothing was ever owed"),
        "owed-to-another": (owed.withdraw(DAVE), "others are owed something"),
        "in-another-kind": (owed.withdraw(kind=OTHER_KIND), "it is owed in another note kind"),
        "in-an-unknown-kind": (owed.withdraw(kind=UNKNOWN_KIND), "the note kind has no token"),
        "twice": (owed.withdraw().withdraw(), "it was paid"),
        "everything-paid": (everything.withdraw(CAROL), "everybody was paid"),
        "burn-of-nothing": (minted().settle(burn(0)).withdraw(), "the burn was of 0"),
        "order-absent-before-refusal": (
            minted().withdraw(is_paid=False),
            "nothing is owed, and the token would refuse",
        ),
    }
    for name, (history, what) in refused.items():
        BRIDGE.rejects(
            vector,
            f"withdraw-{name}",
            history,
            ErrorCode.BRIDGE_CREDIT_ABSENT,
            f"A debt is to be paid, but {what}.",
            rules=[16, *["PAYY-CONVENTIONS-002"] * name.startswith("order")],
            flags=["DEBT_BOOK", *["REPLAY"] * (name == "twice")],
        )


def test_no_more_is_paid_than_is_locked(vector: VectorWriter) -> None:
    """
    What is not locked is not paid.

    Given burns of more than was minted, which takes a proof that lied, when the debts are fetched,
    then no more is paid than is locked.
    """
    lied = minted().settle(burn(VALUE - 1), burn(2, word_of(CAROL), (B,)))
    exact = minted().settle(burn(VALUE - 1), burn(1, word_of(CAROL), (B,)))
    BRIDGE.accepts(
        vector,
        "withdraw-all-that-is-locked",
        exact.withdraw().withdraw(CAROL),
        "The last of what is locked is paid.",
        rules=[16, 17],
        flags=["DEBT_BOOK"],
        escrow=[],
        owed=[],
    )
    for name, history in {
        "at-once": minted().settle(burn(VALUE + 1)).withdraw(),
        "by-the-second": lied.withdraw().withdraw(CAROL),
    }.items():
        BRIDGE.rejects(
            vector,
            f"withdraw-more-than-is-locked-{name}",
            history,
            ErrorCode.BRIDGE_TRANSFER_REFUSED,
            f"More is owed than is locked, and fetched {name.replace('-', ' ')}.",
            rules=[17],
            flags=["DEBT_BOOK"],
        )


# Payments in advance


def test_payments_in_advance(vector: VectorWriter) -> None:
    """
    Who pays a burn in advance is owed it.

    Given a burn that is paid in advance, when it is settled, then its value is owed to who paid,
    and nothing of what is locked moved before.
    """
    start, paid = minted(), burn_paid()
    two = burn(7, inputs=(B,))
    histories: dict[str, tuple[History, Debts]] = {
        "unsettled": (start.pay(paid), []),
        "settled": (start.pay(paid).settle(burn()), [(KIND, CAROL, VALUE)]),
        "settled-blocks-later": (
            start.pay(paid, burn_height=99).settle().settle(burn()),
            [(KIND, CAROL, VALUE)],
        ),
        "address-with-high-bits": (
            start.pay(paid).settle(burn(recipient=word_of(BOB) + HIGH_BITS)),
            [(KIND, CAROL, VALUE)],
        ),
        "least-value": (start.pay(burn_paid(1)).settle(burn(1)), [(KIND, CAROL, 1)]),
        "two-burns": (
            start.pay(burn_paid(7)).pay(burn_paid(7, burn_hash=B), DAVE).settle(burn(7), two),
            [(KIND, CAROL, 7), (KIND, DAVE, 7)],
        ),
        "second-like-it-to-the-recipient": (
            start.pay(burn_paid(7)).settle(burn(7)).settle(burn(7)),
            [(KIND, BOB, 7), (KIND, CAROL, 7)],
        ),
        "second-like-it-in-one-block": (
            start.pay(burn_paid(7)).settle(burn(7), burn(7)),
            [(KIND, BOB, 7), (KIND, CAROL, 7)],
        ),
        "paid-again-after-the-first-settled": (
            start.pay(burn_paid(7))
            .settle(burn(7))
            .pay(burn_paid(7), DAVE, burn_height=3)
            .settle(burn(7)),
            [(KIND, CAROL, 7), (KIND, DAVE, 7)],
        ),
        "fetched": (start.pay(paid).settle(burn()).withdraw(CAROL), []),
    }
    for name, (history, owed) in histories.items():
        output = BRIDGE.accepts(
            vector,
            f"substitute-{name}",
            history,
            f"A burn is paid in advance: {name.replace('-', ' ')}.",
            rules=[10, 13, 14, 15],
            flags=["SUBSTITUTION_KEY"],
            escrow=[] if name == "fetched" else [(KIND, VALUE)],
            owed=sorted(owed),
        )
        assert any(isinstance(each, BurnSubstituted) for each in output["events"])
    greatest = burn_paid(MOST, EthereumAddress(b"\xff" * 20), LAST)
    BRIDGE.accepts(
        vector,
        "substitute-greatest-values",
        minted().pay(greatest, burn_height=2**64 - 1),
        "A burn of the greatest value, hash, recipient and height is paid in advance.",
        rules=[13, 14],
        flags=["SUBSTITUTION_KEY", "DEPOSIT_RANGE"],
        escrow=[(KIND, VALUE)],
    )


@both_presets
def test_payment_in_advance_after_a_forced_block(vector: VectorWriter, preset: str) -> None:
    """
    After a block without the sequencers nothing is paid in advance until they settle again.

    Given a burn that was settled in a block of its own, when somebody pays it in advance, then that
    is refused at any height; after the next block of the sequencers payments are taken again.
    """
    start = minted(preset).queue(burn())
    entry = start.entries[0]
    forced = start.force(entry, at=entry.queued_at + start.parameters.queue_overdue_seconds)
    other = burn_paid(burn_hash=B)
    refused = {
        "the-burn": forced.pay(burn_paid()),
        "another-burn": forced.pay(other),
        "a-great-height": forced.pay(burn_paid(), burn_height=2**64 - 1),
        "settled-height": forced.pay(burn_paid(), burn_height=1),
    }
    for name, history in refused.items():
        BRIDGE.rejects(
            vector,
            f"substitute-after-a-forced-block-{name}",
            history,
            ErrorCode.BRIDGE_BURN_SETTLED,
            f"A burn is paid in advance after a block without the sequencers: {name}.",
            rules=[14, "PAYY-QUEUE-016"],
            flags=["SUBSTITUTION_KEY", "FORCED_BLOCK"],
        )
    BRIDGE.accepts(
        vector,
        "substitute-after-a-forced-block-and-a-block",
        forced.settle().pay(other),
        "A burn is paid in advance when the sequencers have settled after a block without them.",
        rules=[14, "PAYY-QUEUE-016"],
        flags=["SUBSTITUTION_KEY", "FORCED_BLOCK"],
        owed=[(KIND, BOB, VALUE)],
    )


def test_payments_in_advance_of_another_burn(vector: VectorWriter) -> None:
    """
    All four of kind, value, hash and recipient have to be those of the burn.

    Given a payment in advance that differs from the burn in one of them, when the burn is settled,
    then its value is owed to the recipient.
    """
    start = minted().deposit(H2, VALUE, note_kind=OTHER_KIND)
    start = start.settle(mint(H2, VALUE, (F,), OTHER_KIND))
    others = {
        "kind": burn_paid(kind=OTHER_KIND),
        "value": burn_paid(VALUE - 1),
        "hash": burn_paid(burn_hash=B),
        "recipient": burn_paid(recipient=DAVE),
    }
    for name, paid in others.items():
        output = BRIDGE.accepts(
            vector,
            f"substitute-other-{name}",
            start.pay(paid).settle(burn()),
            f"A burn is paid in advance with another {name}.",
            rules=[13, 15],
            flags=["SUBSTITUTION_KEY"],
            owed=[(KIND, BOB, VALUE)],
        )
        assert [each.substitute for each in output["events"] if isinstance(each, Burned)] == [False]


def test_payments_in_advance_that_are_refused(vector: VectorWriter) -> None:
    """
    Height, kind, value, a payment before and the transfer are judged in this order.

    Given a payment in advance that breaks one of these rules, when it is made, then it is refused
    with the code of the first one.
    """
    start, paid = minted(), burn_paid()
    settled = ErrorCode.BRIDGE_BURN_SETTLED
    kind, value = ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN, ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE
    twice = ErrorCode.BRIDGE_BURN_SUBSTITUTED
    refused, inexact = ErrorCode.BRIDGE_TRANSFER_REFUSED, ErrorCode.BRIDGE_TRANSFER_INEXACT
    once = start.pay(paid)
    unknown = burn_paid(kind=UNKNOWN_KIND)
    histories = {
        "at-settled-height": (settled, 14, start.pay(paid, burn_height=1)),
        "below-settled-height": (settled, 14, start.settle().pay(paid, burn_height=1)),
        "height-zero": (settled, 14, ready().pay(paid, burn_height=0)),
        "kind-unknown": (kind, 13, start.pay(unknown)),
        "kind-zero": (kind, 13, start.pay(burn_paid(kind=ZERO))),
        "value-zero": (value, 13, start.pay(burn_paid(0))),
        "value-at-limit": (value, 13, start.pay(burn_paid(MOST + 1))),
        "value-greatest-word": (value, 13, start.pay(burn_paid(2**256 - 1))),
        "twice": (twice, 13, once.pay(paid)),
        "twice-by-another": (twice, 13, once.pay(paid, DAVE)),
        "transfer-refused": (refused, 5, start.pay(paid, received=None)),
        "transfer-nothing": (inexact, 5, start.pay(paid, received=0)),
        "transfer-less": (inexact, 5, start.pay(paid, received=VALUE - 1)),
        "transfer-more": (inexact, 5, start.pay(paid, received=VALUE + 1)),
        "order-height-before-kind": (settled, 14, start.pay(unknown, burn_height=1)),
        "order-kind-before-value": (kind, 13, start.pay(replace(unknown, value=0))),
        "order-twice-before-transfer": (twice, 13, once.pay(paid, received=None)),
    }
    flags = {13: ["SUBSTITUTION_KEY", "DEPOSIT_RANGE"], 14: ["SUBSTITUTION_KEY"]}
    for name, (error, rule, history) in histories.items():
        BRIDGE.rejects(
            vector,
            f"substitute-{name}",
            history,
            error,
            f"A burn is to be paid in advance: {name.replace('-', ' ')}.",
            rules=[rule, *["PAYY-CONVENTIONS-002"] * name.startswith("order")],
            flags=[*flags.get(rule, ["TOKEN_MISBEHAVES"]), *["REPLAY"] * (name == "twice")],
        )


@pytest.mark.parametrize("preset", [MINIMAL])
def test_whole_life_of_money(vector: VectorWriter, preset: str) -> None:
    """
    What comes in goes out, once.

    Given a deposit that becomes notes, when they are burned and the debt is fetched, then nothing
    is locked and nothing is owed.
    """
    history = minted(preset).settle(burn(recipient=word_of(DAVE))).withdraw(DAVE, sender=CAROL)
    BRIDGE.accepts(
        vector,
        "whole-life",
        history,
        "A deposit becomes notes, these are burned, and the debt is fetched.",
        rules=[2, 6, 7, 10, 12, 15, 16],
        flags=["DEBT_BOOK"],
        escrow=[],
        owed=[],
        deposits=[(H1, TAKEN)],
        waiting=[],
        height=2,
    )
