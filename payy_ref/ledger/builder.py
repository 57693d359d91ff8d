"""
What a wallet does: make valid statements from notes and keys.

Fewer than two notes on a side are filled up with padding, and padding stands last, since a mint
names the kind of output 0 and a burn that of input 0. What cannot be made valid is refused with the
code of the rule that it would break: every builder ends with `check_statement`.

Source: deployed `pkg/zk-primitives/src/utxo.rs`.
"""

from collections.abc import Sequence
from typing import Final, NewType, TypeVar

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.note import (
    PADDING_KIND,
    PADDING_NOTE,
    InputNote,
    Note,
    SecretKey,
    note_commitment,
)
from payy_ref.ledger.transaction import (
    BURN,
    MINT,
    SEND,
    Message,
    PublicInputs,
    Statement,
    check_statement,
    mint_hash,
)

Recipient = NewType("Recipient", bytes)
"""The 20-byte address on L1 that a burn pays."""

RECIPIENT_BYTES: Final = 20
"""Length of an address on L1."""

PADDING_INPUT: Final = InputNote(note=PADDING_NOTE, secret_key=SecretKey(FieldElement(0)))
"""What fills the place of an input that is not needed."""

Item = TypeVar("Item")


def send(inputs: Sequence[InputNote], outputs: Sequence[Note]) -> Statement:
    """
    Move value between notes.

    Requirements:
        PAYY-TRANSACTIONS-017, PAYY-TRANSACTIONS-018

    Raises:
        SpecError: `TRANSACTION_TOO_MANY_NOTES`, and those of `check_statement`.
    """
    spent, made = filled_inputs(inputs), filled_outputs(outputs)
    return _stated(spent, made, Message(kind=SEND))


def mint(outputs: Sequence[Note], inputs: Sequence[InputNote] = ()) -> Statement:
    """
    Make notes from a deposit; inputs may be merged in.

    The minted value is what the outputs are worth beyond the inputs.

    Requirements:
        PAYY-TRANSACTIONS-017, PAYY-TRANSACTIONS-018

    Raises:
        SpecError: `TRANSACTION_TOO_MANY_NOTES`, and those of `check_statement`.
    """
    spent, made = filled_inputs(inputs), filled_outputs(outputs)
    message = Message(
        kind=MINT,
        note_kind=made[0].kind,
        value=_excess(made, [item.note for item in spent]),
        hash=mint_hash(made),
    )
    return _stated(spent, made, message)


def burn(
    inputs: Sequence[InputNote], recipient: Recipient, outputs: Sequence[Note] = ()
) -> Statement:
    """
    Unmake notes for a payment on L1; outputs take the change.

    The burned value is what the inputs are worth beyond the outputs.

    Requirements:
        PAYY-TRANSACTIONS-017, PAYY-TRANSACTIONS-018

    Raises:
        SpecError: `TRANSACTION_TOO_MANY_NOTES`, and those of `check_statement`.
    """
    spent, made = filled_inputs(inputs), filled_outputs(outputs)
    message = Message(
        kind=BURN,
        note_kind=spent[0].note.kind,
        value=_excess([item.note for item in spent], made),
        hash=note_commitment(spent[0].note),
        burn_address=FieldElement(int.from_bytes(recipient, "big")),
    )
    return _stated(spent, made, message)


def filled_inputs(inputs: Sequence[InputNote]) -> tuple[InputNote, InputNote]:
    """Put the notes that are spent in their places, padding last."""
    ordered = sorted(inputs, key=lambda spent: spent.note.kind == PADDING_KIND)
    return _filled(ordered, PADDING_INPUT)


def filled_outputs(outputs: Sequence[Note]) -> tuple[Note, Note]:
    """Put the notes that are made in their places, padding last."""
    ordered = sorted(outputs, key=lambda made: made.kind == PADDING_KIND)
    return _filled(ordered, PADDING_NOTE)


def _filled(items: Sequence[Item], padding: Item) -> tuple[Item, Item]:
    """
    Fill up two places.

    Requirements:
        PAYY-TRANSACTIONS-017

    Raises:
        SpecError: `TRANSACTION_TOO_MANY_NOTES`.
    """
    # CHECK
    require(len(items) <= 2, ErrorCode.TRANSACTION_TOO_MANY_NOTES)

    # COMPUTE
    first, second = (*items, padding, padding)[:2]
    return first, second


def _stated(
    spent: tuple[InputNote, InputNote], made: tuple[Note, Note], message: Message
) -> Statement:
    inputs = (note_commitment(spent[0].note), note_commitment(spent[1].note))
    outputs = (note_commitment(made[0]), note_commitment(made[1]))
    statement = Statement(
        input_notes=spent,
        output_notes=made,
        burn_address=message.burn_address,
        public=PublicInputs(input_commitments=inputs, output_commitments=outputs, message=message),
    )
    check_statement(statement)
    return statement


def _excess(notes: Sequence[Note], others: Sequence[Note]) -> FieldElement:
    """Tell by how much notes are worth more than others; if less, no valid message has it."""
    excess = sum(note.value for note in notes) - sum(note.value for note in others)
    return FieldElement(excess % MODULUS)
