"""Scenarios of exits: notes that are taken out of a frozen rollup."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.transaction import MINT, SEND, ZERO, PublicInputs
from payy_ref.merkle.path import Siblings
from payy_ref.primitives.strict_json import Json
from payy_ref.settlement.bridge import Burn
from payy_ref.settlement.events import Burned, Withdrawn
from payy_ref.testing.settlement_history import ALICE, BOB, CAROL, DAVE, PROVEN, UNPROVEN
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import MAINNET, MINIMAL, both_presets, json_of, sharing_slot
from spec.ledger.ledger_cases import transaction as public
from spec.settlement.settlement_cases import (
    EMPTY,
    FORM,
    KIND,
    L1,
    L2,
    L3,
    L4,
    L5,
    L6,
    ORDER_OF_ERRORS,
    QUEUED,
    Act,
    accepted,
    act,
    burn,
    deployment,
    freeze,
    in_time,
    leave,
    path_of,
    refused,
    rules,
    said,
    settle,
    tree,
    until_frozen,
)

RUN = "settlement/run"
HELD = (L1, L2, L3, L4)
"""The last settled tree."""


def out(
    inputs: Sequence[FieldElement],
    value: int,
    recipient: EthereumAddress = ALICE,
    preset: str = MINIMAL,
) -> Act:
    """Take these leaves out of the last settled tree."""
    paths = [path_of(leaf, HELD, preset) for leaf in inputs if leaf]
    return leave(burn(inputs, value, recipient), *paths)


@both_presets
def test_exits(vector: VectorWriter, preset: str) -> None:
    """
    Whoever holds notes of a frozen rollup takes their value out.

    Given a frozen rollup, when a burn of one or two of its leaves is shown, with their paths, by
    anybody, then the value is owed to the burn's address and the leaves are taken.
    """
    frozen = until_frozen(HELD, preset=preset)
    both = burn((L2, L3), 7, BOB)
    cases: dict[str, tuple[list[Act], list[tuple[FieldElement, ...]]]] = {
        "one-leaf": ([out((L1,), 1_000_000, preset=preset)], [(L1,)]),
        "two-leaves": ([out((L2, L1), 5, preset=preset)], [(L1, L2)]),
        "one-leaf-after-the-other": (
            [
                out((leaf,), 250_000, recipient, preset)
                for leaf, recipient in zip(HELD, (ALICE, BOB, CAROL, DAVE), strict=True)
            ],
            [(leaf,) for leaf in HELD],
        ),
        "leaf-at-the-second-input": (
            [leave(burn((ZERO, L4), 5), path_of(L4, HELD, preset))],
            [(L4,)],
        ),
        "two-leaves-in-order-of-inputs": (
            [leave(both, path_of(L2, HELD, preset), path_of(L3, HELD, preset))],
            [(L2, L3)],
        ),
        "worth-nothing": ([out((L1,), 0, preset=preset)], [(L1,)]),
        "no-leaves-worth-nothing": ([leave(burn((), 0))], []),
        "same-recipient-twice": (
            [out((L1,), 5, preset=preset), out((L2,), 6, preset=preset)],
            [(L1,), (L2,)],
        ),
        "by-the-owner-of-the-rollup": (
            [out((L1,), 5, preset=preset).but(sender=frozen[0].sender)],
            [(L1,)],
        ),
    }
    for name, (exits, taken) in cases.items():
        owed: dict[EthereumAddress, int] = {}
        events = []
        for each in exits:
            burned: PublicInputs = each.arguments["leaving"].transaction
            value = burned.message.value
            recipient = EthereumAddress(burned.message.burn_address.to_bytes(20, "big"))
            events.append(
                Burned(
                    note_kind=KIND,
                    burn_hash=burned.message.hash,
                    recipient=recipient,
                    value=value,
                    substitute=False,
                )
            )
            owed[recipient] = owed.get(recipient, 0) + value
        output = accepted(
            vector,
            f"exit-{name}",
            [*frozen, *exits],
            description=f"Notes are taken out of a frozen rollup: {said(name)}.",
            requirements=rules(18, 19, 20, 21),
            flags=["EXIT"],
            preset=preset,
            root=tree(HELD, preset).root,
            is_frozen=True,
            owed=tuple(sorted((KIND, owner, value) for owner, value in owed.items() if value)),
            exited=tuple(sorted(leaf for leaves in taken for leaf in leaves)),
            escrow=((KIND, 1_000_000),),
        )
        assert output["events"][-len(events) :] == tuple(events)


def test_exits_are_paid(vector: VectorWriter) -> None:
    """
    What an exit owes is withdrawn like anything else.

    Given a frozen rollup, when a note is taken out and its value withdrawn, then the money has
    left; a burn that somebody paid in advance is owed to who paid.
    """
    last = out((L1,), 600_000)
    what: dict[str, Any] = {"requirements": rules(21), "flags": ["EXIT"]}
    output = accepted(
        vector,
        "exit-and-withdrawal",
        [
            *until_frozen(HELD),
            last,
            act("withdraw", BOB, note_kind=KIND, owner=ALICE, is_paid=True),
        ],
        description="What was taken out is withdrawn.",
        owed=(),
        escrow=((KIND, 400_000),),
        **what,
    )
    assert output["events"][-1] == Withdrawn(note_kind=KIND, owner=ALICE, value=600_000)
    paid = act(
        "substitute_burn",
        BOB,
        burn=Burn(note_kind=KIND, value=600_000, burn_hash=L1, recipient=ALICE),
        burn_height=2,
        received=600_000,
    )
    substituted = {
        "same-burn": (last, BOB, True),
        "another-value": (out((L1,), 599_999), ALICE, False),
        "another-recipient": (out((L1,), 600_000, CAROL), CAROL, False),
        "another-leaf": (out((L2,), 600_000), ALICE, False),
        "leaf-at-the-second-input": (out((L2, L1), 600_000), ALICE, False),
    }
    for name, (leaving, recipient, is_substitute) in substituted.items():
        value = 599_999 if name == "another-value" else 600_000
        output = accepted(
            vector,
            f"exit-after-substitution-{name}",
            [*until_frozen(HELD, paid), leaving],
            description=f"Somebody paid a burn in advance, then notes are taken out: {said(name)}.",
            owed=((KIND, recipient, value),),
            **what,
        )
        assert output["events"][-1].substitute is is_substitute
    accepted(
        vector,
        "exit-of-what-waits-in-the-queue",
        [
            *until_frozen((*HELD, L5)),
            leave(burn((L5,), 5), path_of(L5, (*HELD, L5))),
        ],
        description="A note whose transaction still waits in the queue is taken out.",
        owed=((KIND, ALICE, 5),),
        exited=(L5,),
        **what,
    )


def test_exits_of_what_is_no_exit(vector: VectorWriter) -> None:
    """
    An exit is a burn without outputs, of a frozen rollup.

    Given an exit before the freeze, of another transaction than a burn, of one that no block could
    have, or of one that makes notes, when it is done, then it is rejected.
    """
    frozen = until_frozen(HELD)
    path = path_of(L1, HELD)
    not_frozen, not_burn = ErrorCode.SETTLEMENT_NOT_FROZEN, ErrorCode.EXIT_NOT_BURN
    output, unproven = ErrorCode.EXIT_OUTPUT_NOT_EMPTY, ErrorCode.SETTLEMENT_TRANSACTION_UNPROVEN
    words = (KIND, FieldElement(5), L1, FieldElement(9))
    good = burn((L1,), 5)

    def kind(number: int, *message: FieldElement) -> Act:
        """Leave by a transaction of another kind."""
        return leave(public(FieldElement(number), (L1,), (), message), path)

    cases = {
        "before-the-freeze": (not_frozen, [*frozen[:-1], leave(good, path)]),
        "before-anything": (not_frozen, [leave(good, path)]),
        "order-not-frozen-before-not-burn": (not_frozen, [kind(SEND)]),
        "send": (not_burn, [*frozen, kind(SEND)]),
        "send-with-words-of-a-burn": (not_burn, [*frozen, kind(SEND, *words)]),
        "mint": (not_burn, [*frozen, kind(MINT, *words[:3])]),
        "padding": (not_burn, [*frozen, leave(EMPTY_PLACE)]),
        "kind-4": (not_burn, [*frozen, kind(4, *words)]),
        "output-at-the-first-place": (
            output,
            [*frozen, leave(burn((L1,), 5, outputs=(L6,)), path)],
        ),
        "output-at-the-second-place": (
            output,
            [*frozen, leave(burn((L1,), 5, outputs=(ZERO, L6)), path)],
        ),
        "two-outputs": (output, [*frozen, leave(burn((L1,), 5, outputs=(L5, L6)), path)]),
        "value-without-kind": (
            ErrorCode.LEDGER_VALUE_WITHOUT_KIND,
            [*frozen, leave(burn((L1,), 5, kind=ZERO), path)],
        ),
        "unknown-kind": (
            ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN,
            [*frozen, leave(burn((L1,), 5, kind=FieldElement(KIND + 1)), path)],
        ),
        "kind-0-worth-nothing": (
            ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN,
            [*frozen, leave(burn((L1,), 0, kind=ZERO), path)],
        ),
        "unproven": (unproven, [*frozen, leave(good, path, proof=UNPROVEN)]),
        "proof-empty": (unproven, [*frozen, leave(good, path, proof=b"")]),
        "proof-longer": (unproven, [*frozen, leave(good, path, proof=PROVEN * 2)]),
        "order-repeated-before-output": (
            ErrorCode.LEDGER_LEAF_REPEATED,
            [*frozen, leave(burn((L1,), 5, outputs=(L1,)), path)],
        ),
        "order-output-before-paths": (output, [*frozen, leave(burn((L1,), 5, outputs=(L6,)))]),
        "order-unknown-kind-before-proof": (
            ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN,
            [*frozen, leave(burn((L1,), 5, kind=FieldElement(5)), path, proof=UNPROVEN)],
        ),
    }
    numbers = {not_frozen: 18, not_burn: 18, output: 18, unproven: 21}
    for name, (error, acts) in cases.items():
        refused(
            vector,
            f"exit-{name}",
            error,
            acts,
            description=f"What is shown is no exit: {said(name)}.",
            requirements=[
                *rules(numbers.get(error, 18)),
                *([ORDER_OF_ERRORS] if "order" in name else []),
            ],
            flags=["EXIT"],
        )


def _false_paths(preset: str) -> dict[str, tuple[ErrorCode, Act]]:
    """Give exits whose paths are not those of their leaves."""
    path, other = path_of(L1, HELD, preset), path_of(L2, HELD, preset)
    absent, count = ErrorCode.EXIT_LEAF_ABSENT, ErrorCode.EXIT_PATH_COUNT
    length = ErrorCode.MERKLE_PATH_LENGTH
    good, two = burn((L1,), 5), burn((L1, L2), 5)
    alias = sharing_slot(L1, preset)

    def with_sibling(index: int) -> Siblings:
        """Give the path with one more at one of its levels."""
        bent = list(path)
        bent[index] = FieldElement(bent[index] + 1)
        return tuple(bent)

    return {
        "no-path": (count, leave(good)),
        "one-path-for-two-leaves": (count, leave(two, path)),
        "two-paths-for-one-leaf": (count, leave(good, path, other)),
        "path-for-padding": (count, leave(good, path, path_of(ZERO, HELD, preset))),
        "path-without-leaves": (count, leave(burn((), 0), path)),
        "three-paths": (count, leave(two, path, other, path)),
        "path-empty": (length, leave(good, ())),
        "path-short": (length, leave(good, path[:-1])),
        "path-without-its-first": (length, leave(good, path[1:])),
        "path-long": (length, leave(good, (*path, ZERO))),
        "second-path-short": (length, leave(two, path, other[:-1])),
        "path-of-another-leaf": (absent, leave(good, other)),
        "paths-swapped": (absent, leave(two, other, path)),
        "first-sibling-other": (absent, leave(good, with_sibling(0))),
        "last-sibling-other": (absent, leave(good, with_sibling(-1))),
        "path-reversed": (absent, leave(good, path[::-1])),
        "path-of-an-older-tree": (absent, leave(good, path_of(L1, HELD[:1], preset))),
        "leaf-that-was-never-there": (
            absent,
            leave(burn((L6,), 5), path_of(L6, HELD, preset)),
        ),
        "leaf-in-the-slot-of-another": (absent, leave(burn((alias,), 5), path)),
        "second-leaf-absent": (
            absent,
            leave(burn((L1, L6), 5), path, path_of(L6, HELD, preset)),
        ),
        "order-count-before-length": (count, leave(good, (), ())),
        "order-first-absent-before-second-length": (absent, leave(two, other, ())),
        "order-absent-before-proof": (absent, leave(good, other, proof=UNPROVEN)),
    }


@pytest.mark.parametrize("preset", [MAINNET, MINIMAL])
@pytest.mark.parametrize("name", _false_paths(MINIMAL))
def test_false_paths(vector: VectorWriter, preset: str, name: str) -> None:
    """
    Each leaf has a path of the tree's depth to the last settled root, and nothing else has one.

    Given a frozen rollup, when an exit has more or fewer paths than leaves, a path of another
    length, or one that does not lead from its leaf to the root, then it is rejected.
    """
    error, last = _false_paths(preset)[name]
    refused(
        vector,
        f"exit-{name}",
        error,
        [*until_frozen(HELD, preset=preset), last],
        description=f"The paths of an exit are not those of its leaves: {said(name)}.",
        requirements=[*rules(19), *([ORDER_OF_ERRORS] if "order" in name else [])],
        flags=["EXIT", "PATH_LENGTH" if error is ErrorCode.MERKLE_PATH_LENGTH else "PATH_FORGERY"],
        preset=preset,
    )


def test_leaf_that_was_spent_before(vector: VectorWriter) -> None:
    """
    Only the last settled tree counts.

    Given a block that spent a leaf, when the rollup is frozen and the leaf shown in the tree
    before, then the exit is rejected.
    """
    before = until_frozen(HELD)
    spent = settle(tree(HELD).root, tree(HELD[1:]).root, 2)
    refused(
        vector,
        "exit-leaf-that-was-spent",
        ErrorCode.EXIT_LEAF_ABSENT,
        [*before[:3], spent, *before[3:], out((L1,), 5)],
        description="A leaf of an older root, which a later block spent, is taken out.",
        requirements=rules(19),
        flags=["EXIT", "REPLAY"],
    )


@both_presets
def test_each_leaf_leaves_once(vector: VectorWriter, preset: str) -> None:
    """
    A leaf that was taken out is not taken out again.

    Given a leaf that was taken out, when it is again, alone or beside another one, by the same
    burn or by another one, then the exit is rejected; a leaf twice in one burn is too.
    """
    frozen = until_frozen(HELD, preset=preset)
    first = out((L1,), 5, preset=preset)
    both = out((L1, L2), 9, preset=preset)
    taken = ErrorCode.EXIT_LEAF_TAKEN
    repeated = ErrorCode.LEDGER_LEAF_REPEATED
    cases = {
        "replay": (taken, [first, first]),
        "replay-by-somebody-else": (taken, [first, first.but(sender=DAVE)]),
        "taken-to-another-recipient": (taken, [first, out((L1,), 5, BOB, preset)]),
        "taken-with-another-value": (taken, [first, out((L1,), 6, ALICE, preset)]),
        "taken-beside-another": (taken, [first, out((L2, L1), 5, preset=preset)]),
        "taken-first-of-two": (taken, [first, both]),
        "taken-one-of-two-before": (taken, [both, out((L2,), 5, preset=preset)]),
        "taken-long-before": (
            taken,
            [first, *(out((leaf,), 5, preset=preset) for leaf in HELD[1:]), first],
        ),
        "leaf-twice-in-one-burn": (repeated, [out((L1, L1), 5, preset=preset)]),
        "order-first-taken-before-second-absent": (
            taken,
            [
                first,
                leave(burn((L1, L6), 5), path_of(L1, HELD, preset), path_of(L6, HELD, preset)),
            ],
        ),
        "order-taken-before-proof": (
            taken,
            [first, _unproven(first)],
        ),
        "order-absent-before-taken": (
            ErrorCode.EXIT_LEAF_ABSENT,
            [first, leave(burn((L1,), 5), path_of(L2, HELD, preset))],
        ),
    }
    for name, (error, acts) in cases.items():
        refused(
            vector,
            f"exit-{name}",
            error,
            [*frozen, *acts],
            description=f"A leaf is taken out twice: {said(name)}.",
            requirements=[*rules(20), *([ORDER_OF_ERRORS] if "order" in name else [])],
            flags=["EXIT_TWICE", *(["REPLAY"] if "replay" in name else [])],
            preset=preset,
        )


def _unproven(leaving: Act) -> Act:
    """Give an exit whose proof does not verify."""
    return leaving.but(leaving=replace(leaving.arguments["leaving"], proof=UNPROVEN))


def test_forms_of_exits(vector: VectorWriter) -> None:
    """
    An exit has nine public inputs, a proof and lists of elements.

    Given an exit of another form, when it is done, then it is rejected.
    """
    good = json_of(
        RUN, deployment=deployment(), steps=in_time([*until_frozen(HELD), out((L1,), 5)])
    )
    *before, last = good["steps"]

    def bent(**changes: Json) -> dict[str, Json]:
        """Give the history with other fields in its last step."""
        return {**good, "steps": [*before, {**last, **changes}]}

    cases = {
        "eight-public-inputs": bent(transaction=last["transaction"][:8]),
        "ten-public-inputs": bent(transaction=[*last["transaction"], last["transaction"][0]]),
        "paths-null": bent(paths=None),
        "path-not-a-list": bent(paths=[last["paths"][0][0]]),
        "sibling-31-bytes": bent(paths=[[*last["paths"][0][:7], "0x" + "11" * 31]]),
        "proof-null": bent(proof=None),
        "without-paths": {
            **good,
            "steps": [*before, {key: value for key, value in last.items() if key != "paths"}],
        },
    }
    for name, given in cases.items():
        vector.rejects_malformed(
            f"settlement-form-exit-{name}-minimal",
            RUN,
            given,
            description=f"An exit is not of the form: {said(name)}.",
            requirements=[FORM, *rules(18)],
            flags=["MALFORMED"],
            preset=MINIMAL,
        )


def test_exit_of_a_rollup_that_settled_nothing(vector: VectorWriter) -> None:
    """
    The empty tree has nothing to take out.

    Given a rollup that was frozen before any block, when a leaf is taken out, then it is rejected.
    """
    refused(
        vector,
        "exit-of-the-empty-tree",
        ErrorCode.EXIT_LEAF_ABSENT,
        [QUEUED, freeze(), leave(burn((L1,), 5), path_of(L1, ()))],
        description="A leaf is taken out of the empty tree.",
        requirements=rules(19),
        flags=["EXIT", "PATH_FORGERY"],
    )
    assert tree(()).root == EMPTY
