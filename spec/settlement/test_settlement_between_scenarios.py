"""Scenarios of what lies between two settled blocks: nothing may be left out."""

from collections.abc import Sequence
from typing import Any

from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Hash
from payy_ref.ledger.transaction import SEND
from payy_ref.settlement.entry import Entry
from payy_ref.testing.settlement_history import (
    CAROL,
    START,
    chain_of_three,
    claim_of,
    skipped_blocks,
)
from payy_ref.vectors.model import case_bytes
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import MINIMAL, transaction
from spec.settlement.settlement_cases import (
    ADD_TOKEN,
    EMPTY,
    L1,
    L5,
    L6,
    ORDER_OF_ERRORS,
    PARAMETERS,
    QUEUED,
    R1,
    R2,
    R3,
    Act,
    accepted,
    act,
    burn,
    deposit,
    mint,
    refused,
    rules,
    said,
    settle,
    with_commit,
)

FLAGS = ["BLOCKS_LEFT_OUT"]


def headers_of(root: FieldElement, after: int, height: int) -> tuple[bytes, ...]:
    """Give the encoded headers of the blocks between two heights."""
    return skipped_blocks(root, after, height).encodings


def forced(new: FieldElement, *, at: int = START) -> Act:
    """Settle the entry of `QUEUED`, queued then, in a block of its own."""
    sent = QUEUED.arguments["transaction"]
    entry = Entry(transaction=sent, call=None, queued_at=at)
    claim = claim_of(EMPTY, new, [sent], PARAMETERS[MINIMAL])
    wait = PARAMETERS[MINIMAL].queue_overdue_seconds
    return act("force", CAROL, wait=wait, entry=entry, claim=claim)


def test_blocks_between_change_nothing(vector: VectorWriter) -> None:
    """
    A block settles if every block since the last settled one is shown to state the old root.

    Given a rollup after block 1, when block 2, 3 or 20 is settled and the blocks between are shown,
    then it is accepted. After a forced block that moved the root, none has to be shown, once.
    """
    first = settle(EMPTY, R1, 1)
    histories: dict[str, tuple[list[Act], int]] = {
        "none": ([first, settle(R1, R2, 2)], 2),
        "one": ([first, settle(R1, R2, 3, after=1)], 3),
        "many": ([first, settle(R1, R2, 20, after=1)], 20),
        "before-the-first-block": ([settle(EMPTY, R1, 4, after=0)], 4),
        "each-time": ([first, settle(R1, R2, 3, after=1), settle(R2, R3, 5, after=3)], 5),
        "after-a-forced-block": ([QUEUED, forced(R1), settle(R1, R2, 9)], 9),
        "after-a-forced-block-greatest-height": (
            [QUEUED, forced(R1), settle(R1, R2, 2**64 - 3)],
            2**64 - 3,
        ),
        "after-a-forced-block-shown-all-the-same": (
            [QUEUED, forced(R1), settle(R1, R2, 4, after=0)],
            4,
        ),
        "after-a-forced-block-that-changes-nothing": (
            [QUEUED, forced(EMPTY), settle(EMPTY, R2, 3, after=0)],
            3,
        ),
    }
    for name, (acts, height) in histories.items():
        accepted(
            vector,
            f"between-{name}",
            acts,
            description=f"The blocks between change nothing: {said(name)}.",
            requirements=rules(14, 22),
            flags=FLAGS,
            height=height,
        )


def test_blocks_are_left_out(vector: VectorWriter) -> None:
    """
    A block does not settle if one before it may have changed something.

    Given a rollup after block 1, when block 5 is settled and one of blocks 2 to 4 is not shown,
    states another root, or is not the parent of the next, then it is rejected.
    """
    first = settle(EMPTY, R1, 1)
    good = settle(R1, R2, 5, after=1)
    between = headers_of(R1, 1, 5)
    broken = chain_of_three(R2, 5, parent=Hash(case_bytes("settlement-between", 32)))
    left_out = ErrorCode.SETTLEMENT_BLOCKS_SKIPPED
    cases: dict[str, tuple[ErrorCode, list[Act]]] = {
        "none-shown": (left_out, [first, with_commit(good, skipped=())]),
        "none-shown-at-first": (left_out, [settle(EMPTY, R1, 2)]),
        "oldest-missing": (left_out, [first, with_commit(good, skipped=between[1:])]),
        "newest-missing": (left_out, [first, with_commit(good, skipped=between[:-1])]),
        "one-missing-inside": (
            left_out,
            [first, with_commit(good, skipped=(between[0], between[2]))],
        ),
        "one-twice": (
            left_out,
            [first, with_commit(good, skipped=(between[0], between[0], *between[1:]))],
        ),
        "other-order": (left_out, [first, with_commit(good, skipped=between[::-1])]),
        "other-root": (
            left_out,
            [first, after_root(R3)],
        ),
        "settled-block-too": (
            left_out,
            [first, with_commit(good, skipped=headers_of(R1, 0, 5))],
        ),
        "shown-where-there-are-none": (
            left_out,
            [first, with_commit(settle(R1, R2, 2), skipped=between[:1])],
        ),
        "not-the-parent": (
            left_out,
            [first, settle(R1, R2, 5, after=1, chain=broken)],
        ),
        "after-a-forced-block-the-second-time": (
            left_out,
            [QUEUED, forced(R1), settle(R1, R2, 9), settle(R2, R3, 11)],
        ),
        "after-a-forced-block-that-changes-nothing": (
            left_out,
            [QUEUED, forced(EMPTY), settle(EMPTY, R2, 3)],
        ),
        "truncated": (
            ErrorCode.BORSH_TRUNCATED,
            [first, with_commit(good, skipped=(*between[:2], between[2][:-1]))],
        ),
        "trailing-bytes": (
            ErrorCode.BORSH_TRAILING_BYTES,
            [first, with_commit(good, skipped=(between[0] + b"\0", *between[1:]))],
        ),
        "truncated-after-a-forced-block": (
            ErrorCode.BORSH_TRUNCATED,
            [QUEUED, forced(R1), with_commit(settle(R1, R2, 9), skipped=(b"",))],
        ),
        "order-height-before": (
            ErrorCode.SETTLEMENT_HEIGHT_NOT_ABOVE,
            [first, with_commit(settle(R1, R2, 1), skipped=(b"",))],
        ),
    }
    for name, (error, acts) in cases.items():
        refused(
            vector,
            f"left-out-{name}",
            error,
            acts,
            description=f"It is not shown that nothing was left out: {said(name)}.",
            requirements=[*rules(22), *([ORDER_OF_ERRORS] if "order" in name else [])],
            flags=FLAGS,
        )


def after_root(root: FieldElement) -> Act:
    """Settle block 5 after blocks that state another root."""
    between = skipped_blocks(root, 1, 5)
    chain = chain_of_three(R2, 5, parent=between.name)
    return settle(R1, R2, 5, chain=chain, skipped=between.encodings)


def test_cancelling_blocks_cannot_be_left_out(vector: VectorWriter) -> None:
    """
    Two blocks that cancel out on the tree are not nothing: money came and went.

    Given a deposit whose mint is in block 1 and a burn of the same note in block 2, when block 3 is
    settled on the root before both, then it is rejected; one after the other they settle.
    """
    minted, burned = mint(outputs=(L1,)), burn((L1,), value=1_000_000)
    before: Sequence[Act] = [ADD_TOKEN, deposit()]
    sent = transaction(SEND, (L5,), (L6,))
    what: dict[str, Any] = {"requirements": rules(22), "flags": FLAGS}
    refused(
        vector,
        "between-blocks-that-cancel-out",
        ErrorCode.SETTLEMENT_BLOCKS_SKIPPED,
        [*before, settle(EMPTY, R2, 3, [sent])],
        description="Blocks with a mint and the burn of its note are left out.",
        **what,
    )
    accepted(
        vector,
        "between-blocks-that-cancel-out-in-turn",
        [
            *before,
            settle(EMPTY, R1, 1, [minted]),
            settle(R1, EMPTY, 2, [burned]),
            settle(EMPTY, R2, 3, [sent]),
        ],
        description="Blocks with a mint and the burn of its note are settled in turn.",
        height=3,
        **what,
    )
