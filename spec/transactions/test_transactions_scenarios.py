"""Scenarios of transactions: what the circuit accepts, what wallets make, and the encoding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Final, TypeVar

import pytest

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_elements, hash_pair
from payy_ref.errors import ErrorCode
from payy_ref.ledger import builder
from payy_ref.ledger.builder import PADDING_INPUT, Recipient
from payy_ref.ledger.kind import POLYGON_USDC, NoteKind
from payy_ref.ledger.note import (
    PADDING_KIND,
    PADDING_NOTE,
    Address,
    InputNote,
    Note,
    NoteValue,
    Psi,
    SecretKey,
    note_address,
    note_commitment,
)
from payy_ref.ledger.sequence import ProvenTransaction
from payy_ref.ledger.transaction import BURN, MINT, SEND, Statement, public_inputs_of
from payy_ref.operations.structures import INPUT_NOTE, NOTE, STATEMENT, circuit_input, statement_of
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.model import case_bytes, case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import counted, in_words, with_order

Item = TypeVar("Item")

LIMIT: Final = 2**240
MOST: Final = LIMIT - 1
OTHER_KIND: Final = POLYGON_USDC + 2**16
RECIPIENT: Final = Recipient(case_bytes("transaction-recipient", 20))

SPENDERS: Final = (SecretKey(FieldElement(0xA11CE)), SecretKey(FieldElement(0xB0B)))
RECEIVERS: Final = (SecretKey(FieldElement(101)), SecretKey(FieldElement(102)))
PSI: Final = case_elements("transaction-psi", 4)

KINDS: Final = {"send": SEND, "mint": MINT, "burn": BURN}
BALANCES: Final = {"send": "008", "mint": "009", "burn": "012"}
"""The rule on the balance of each kind of transaction."""

CODES: Final = {
    "001": ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
    "003": ErrorCode.TRANSACTION_COMMITMENT_MISMATCH,
    "004": ErrorCode.TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE,
    "005": ErrorCode.TRANSACTION_KINDS_MIXED,
    "006": ErrorCode.TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE,
    "007": ErrorCode.TRANSACTION_KIND_UNKNOWN,
    "008": ErrorCode.TRANSACTION_SEND_UNBALANCED,
    "009": ErrorCode.TRANSACTION_MINT_UNBALANCED,
    "010": ErrorCode.TRANSACTION_MINT_HASH_MISMATCH,
    "011": ErrorCode.TRANSACTION_MINT_NOTE_KIND_MISMATCH,
    "012": ErrorCode.TRANSACTION_BURN_UNBALANCED,
    "013": ErrorCode.TRANSACTION_BURN_ADDRESS_MISMATCH,
    "014": ErrorCode.TRANSACTION_BURN_HASH_MISMATCH,
    "015": ErrorCode.TRANSACTION_INPUT_NOT_OWNED,
    "016": ErrorCode.TRANSACTION_BURN_NOTE_KIND_MISMATCH,
}
"""What a statement that breaks a rule of this chapter is refused with, by the rule's number."""

PLACES: Final = ("input-0", "input-1", "output-0", "output-1")
NOTE_FIELDS: Final = ("kind", "value", "address", "psi")
WORDS: Final = (
    *(f"commitment-{place}" for place in PLACES),
    "kind",
    "note-kind",
    "value",
    "hash",
    "burn-address",
)
BEYOND: Final = {"p": MODULUS, "greatest": 2**256 - 1}

PROOF_BYTES: Final = 16_256
ENCODED_WORDS: Final = 9 * 32


# Notes and statements


def spent(place: int, value: int, kind: int = POLYGON_USDC, **fields: Any) -> InputNote:
    """Give the note at one of the places of inputs, owned by that place's key."""
    note = Note(
        kind=NoteKind(FieldElement(kind)),
        value=NoteValue(FieldElement(value)),
        address=note_address(SPENDERS[place]),
        psi=Psi(PSI[place]),
    )
    return InputNote(note=replace(note, **fields), secret_key=SPENDERS[place])


def made(place: int, value: int, kind: int = POLYGON_USDC, **fields: Any) -> Note:
    """Give the note at one of the places of outputs."""
    note = Note(
        kind=NoteKind(FieldElement(kind)),
        value=NoteValue(FieldElement(value)),
        address=note_address(RECEIVERS[place]),
        psi=Psi(PSI[2 + place]),
    )
    return replace(note, **fields)


def all_spent(*values: int) -> list[InputNote]:
    """Give inputs of these values."""
    return [spent(place, value) for place, value in enumerate(values)]


def all_made(*values: int) -> list[Note]:
    """Give outputs of these values."""
    return [made(place, value) for place, value in enumerate(values)]


def send(inputs: Sequence[int], outputs: Sequence[int]) -> Statement:
    """Give a valid send."""
    return builder.send(all_spent(*inputs), all_made(*outputs))


def mint(inputs: Sequence[int], outputs: Sequence[int]) -> Statement:
    """Give a valid mint."""
    return builder.mint(all_made(*outputs), all_spent(*inputs))


def burn(inputs: Sequence[int], outputs: Sequence[int]) -> Statement:
    """Give a valid burn."""
    return builder.burn(all_spent(*inputs), RECIPIENT, all_made(*outputs))


STATED: Final[Mapping[str, Callable[[Sequence[int], Sequence[int]], Statement]]] = {
    "send": send,
    "mint": mint,
    "burn": burn,
}


def commitment_of(note: Note) -> int:
    """Commit to a note; to padding with a value as if it had none."""
    return 0 if note.kind == PADDING_KIND else note_commitment(note)


def with_words(statement: Statement, **words: Any) -> Statement:
    """Exchange words of the message, and nothing that depends on them."""
    public = statement.public
    return replace(statement, public=replace(public, message=replace(public.message, **words)))


def with_commitment(statement: Statement, place: int, commitment: int) -> Statement:
    """Exchange one public commitment, and nothing that depends on it."""
    words = list(statement.public.words)
    words[place] = FieldElement(commitment)
    return replace(statement, public=public_inputs_of(words))


def in_places(notes: Sequence[Item], padding: Item) -> tuple[Item, Item]:
    """Put notes in two places in the given order."""
    first, second = (*notes, padding, padding)[:2]
    return first, second


def padding_last(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Order notes as a wallet does."""
    real = [note for note in notes if note.kind != PADDING_KIND]
    return (*real, *[note for note in notes if note.kind == PADDING_KIND])


def with_notes(
    statement: Statement,
    inputs: Sequence[InputNote] | None = None,
    outputs: Sequence[Note] | None = None,
) -> Statement:
    """Exchange notes, and all public words that follow from them, whatever the rules say."""
    if inputs is not None:
        statement = replace(statement, input_notes=in_places(inputs, PADDING_INPUT))
    if outputs is not None:
        statement = replace(statement, output_notes=in_places(outputs, PADDING_NOTE))
    for place, note in enumerate(statement.notes):
        statement = with_commitment(statement, place, commitment_of(note))
    first, second, third, fourth = statement.notes
    excess = third.value + fourth.value - first.value - second.value
    match statement.public.message.kind:
        case 2:
            words = {
                "note_kind": third.kind,
                "value": excess % MODULUS,
                "hash": hash_pair(third.psi, fourth.psi),
            }
        case 3:
            words = {
                "note_kind": first.kind,
                "value": -excess % MODULUS,
                "hash": commitment_of(first),
            }
        case _:
            words = {}
    return with_words(statement, **words)


def with_note(statement: Statement, place: int, **fields: Any) -> Statement:
    """Exchange fields of the note at one of the four places, and what follows from them."""
    inputs, outputs = list(statement.input_notes), list(statement.output_notes)
    if place < 2:
        inputs[place] = replace(inputs[place], note=replace(inputs[place].note, **fields))
    else:
        outputs[place - 2] = replace(outputs[place - 2], **fields)
    return with_notes(statement, inputs, outputs)


def with_key(statement: Statement, place: int, secret_key: int) -> Statement:
    """Exchange the key that is given for an input."""
    inputs = list(statement.input_notes)
    inputs[place] = replace(inputs[place], secret_key=SecretKey(FieldElement(secret_key)))
    return replace(statement, input_notes=(inputs[0], inputs[1]))


# Vectors of `transaction/check`


def rules(*numbers: str) -> list[str]:
    """Give the ids of requirements of this chapter."""
    return [f"PAYY-TRANSACTIONS-{number}" for number in numbers]


def accept(
    vector: VectorWriter,
    name: str,
    statement: Statement,
    description: str,
    requirements: Sequence[str],
    flag: str,
) -> FieldElement:
    """State that a statement is accepted, and give the hash of the transaction."""
    output = vector.accepts(
        f"transaction-check-{name}",
        "transaction/check",
        description=description,
        requirements=requirements,
        flags=[flag],
        **circuit_input(statement),
    )
    assert output["public_inputs"] == statement.public
    assert output["transaction_hash"] == hash_elements(statement.public.words)
    return FieldElement(output["transaction_hash"])


def refuse(
    vector: VectorWriter,
    name: str,
    statement: Statement,
    number: str,
    description: str,
    flag: str,
    *,
    also: Sequence[str] = (),
) -> None:
    """
    State that a statement is rejected.

    Args:
        number: The rule of this chapter that it breaks; `padding` for the rule on padding.
        also: Ids of other requirements that the case exercises.
    """
    is_padding = number == "padding"
    vector.rejects(
        f"transaction-check-{name}",
        "transaction/check",
        ErrorCode.NOTE_PADDING_HAS_VALUE if is_padding else CODES[number],
        description=description,
        requirements=[*rules("003" if is_padding else number), *also],
        flags=[flag],
        **circuit_input(statement),
    )


# Accepted statements


WORTH: Final[Mapping[int, Sequence[int]]] = {0: (), 1: (100,), 2: (60, 40)}
WORTHLESS: Final[Mapping[int, Sequence[int]]] = {0: (), 1: (0,), 2: (0, 0)}
CHANGE: Final[Mapping[int, Sequence[int]]] = {0: (), 1: (30,), 2: (10, 20)}


def values_of(action: str, inputs: int, outputs: int) -> tuple[Sequence[int], Sequence[int]]:
    """Give values with which a transaction of so many notes balances."""
    if action == "send":
        both = WORTH if inputs and outputs else WORTHLESS
        return both[inputs], both[outputs]
    if action == "mint":
        return (CHANGE if outputs else WORTHLESS)[inputs], WORTH[outputs]
    return WORTH[inputs], (CHANGE if inputs else WORTHLESS)[outputs]


@pytest.mark.parametrize(("action", "inputs", "outputs"), list(product(KINDS, range(3), range(3))))
def test_numbers_of_notes(vector: VectorWriter, action: str, inputs: int, outputs: int) -> None:
    """
    A wallet makes what the circuit accepts, with any number of notes.

    Given up to two notes a side, when a wallet states a transaction, then the places are filled
    with padding, the message is that of the table, and the statement is accepted.
    """
    ins, outs = values_of(action, inputs, outputs)
    given: dict[str, Any] = {"inputs": tuple(all_spent(*ins)), "outputs": tuple(all_made(*outs))}
    recipient: dict[str, Any] = {"recipient": RECIPIENT} if action == "burn" else {}
    sides = (counted(inputs, "input"), counted(outputs, "output"))
    what = f"of {sides[0]} worth {sum(ins)} and {sides[1]} worth {sum(outs)}"
    output = vector.accepts(
        f"transaction-{action}-{inputs}-to-{outputs}",
        f"transaction/{action}",
        description=f"A wallet states a {action} {what}.",
        requirements=rules("001", "017", "018"),
        flags=["PLACES_OF_NOTES", "MESSAGE_WORDS"],
        **given,
        **recipient,
    )
    statement = statement_of(**output)
    assert statement.input_notes == (*given["inputs"], PADDING_INPUT, PADDING_INPUT)[:2]
    assert statement.output_notes == (*given["outputs"], PADDING_NOTE, PADDING_NOTE)[:2]
    message = statement.public.message
    paid = int.from_bytes(RECIPIENT, "big") if action == "burn" else 0
    assert (message.kind, message.burn_address) == (KINDS[action], paid)
    assert statement.burn_address == paid
    minted = sum(outs) - sum(ins)
    assert message.value == {"send": 0, "mint": minted, "burn": -minted}[action]
    named = {
        "send": (0, 0),
        "mint": (statement.output_notes[0].kind, hash_pair(*(n.psi for n in statement.notes[2:]))),
        "burn": (statement.input_notes[0].note.kind, commitment_of(statement.notes[0])),
    }[action]
    assert (message.note_kind, message.hash) == named
    accept(
        vector,
        f"{action}-{inputs}-to-{outputs}",
        statement,
        f"A {action} {what} is accepted.",
        rules("001", "002", "003", "005", "007", BALANCES[action], "015"),
        "TOO_STRICT",
    )


def test_situations_of_the_deployed_tests(vector: VectorWriter) -> None:
    """
    What the circuit's own tests try, besides numbers of notes and mixed kinds.

    Given these situations of the deployed unit tests, when they are judged, then the verdicts are
    theirs.
    """
    accepted = {
        "send-zero-value": send((0, 0), (0, 0)),
        "send-large-values": send((MOST, MOST - 2), (MOST - 1, MOST - 1)),
        "burn-large-values": burn((MOST, MOST), (MOST,)),
    }
    for name, statement in accepted.items():
        action = name.partition("-")[0]
        accept(
            vector,
            f"deployed-{name}",
            statement,
            f"As in the deployed tests, accepted: {name.replace('-', ' ')}.",
            rules("003", "004", "005", "006", BALANCES[action], "015"),
            "TOO_STRICT",
        )
    refuse(
        vector,
        "deployed-overflowing-sum",
        with_notes(send((), ()), outputs=all_made(MODULUS - 1, 1)),
        "004",
        "As in the deployed tests, refused: outputs of sum p.",
        "VALUE_RANGE",
    )


# Commitments


def test_commitments_are_those_of_the_notes(vector: VectorWriter) -> None:
    """
    Each public commitment stands for the note at its place.

    Given a valid statement in which one commitment is another one, or two are exchanged, when it is
    judged, then it is rejected.
    """
    base = send((60, 40), (30, 70))
    own = base.public.commitments
    bent = {
        **{
            f"{place}-plus-1": (
                with_commitment(base, index, own[index] + 1),
                f"{place} is one more",
            )
            for index, place in enumerate(PLACES)
        },
        "inputs-exchanged": (
            with_commitment(with_commitment(base, 0, own[1]), 1, own[0]),
            "the inputs are exchanged",
        ),
        "outputs-exchanged": (
            with_commitment(with_commitment(base, 2, own[3]), 3, own[2]),
            "the outputs are exchanged",
        ),
    }
    for name, (statement, what) in bent.items():
        refuse(
            vector,
            f"commitment-{name}",
            statement,
            "003",
            f"The public commitments are not those of the notes: {what}.",
            "COMMITMENT_UNCHECKED",
        )


@pytest.mark.parametrize("field", NOTE_FIELDS)
def test_commitments_bind_every_field(vector: VectorWriter, field: str) -> None:
    """
    A commitment opens to one note.

    Given a valid mint, when one field of its note is another and all else follows but the
    commitment, then it is rejected.
    """
    base = mint((), (100,))
    note = base.output_notes[0]
    other = OTHER_KIND if field == "kind" else getattr(note, field) + 1
    valid = with_note(base, 2, **{field: other})
    assert valid.public.commitments != base.public.commitments
    refuse(
        vector,
        f"commitment-of-another-{field}",
        with_commitment(valid, 2, base.public.commitments[2]),
        "003",
        f"The commitment of output 0 is that of a note of another {field}.",
        "COMMITMENT_UNCHECKED",
        also=["PAYY-NOTES-005"],
    )


def test_commitments_of_other_layouts(vector: VectorWriter) -> None:
    """
    There is one way to commit.

    Given the hash of the fields without format number, without the zeros at the end, or with
    another format number, when it stands for the note, then it is rejected.
    """
    base = mint((), (100,))
    note = base.output_notes[0]
    fields = (note.kind, note.value, note.address, note.psi)
    zeros = (FieldElement(0), FieldElement(0))
    hashed = {
        "without-format": fields,
        "without-zeros": (FieldElement(2), *fields),
        "format-1": (FieldElement(1), *fields, *zeros),
        "psi-before-address": (FieldElement(2), *fields[:2], note.psi, note.address, *zeros),
    }
    for name, elements in hashed.items():
        refuse(
            vector,
            f"commitment-{name}",
            with_commitment(base, 2, hash_elements(elements)),
            "003",
            f"A commitment of another layout is refused: {name.replace('-', ' ')}.",
            "COMMITMENT_LAYOUT",
            also=["PAYY-NOTES-005"],
        )


def test_padding_is_a_matter_of_kind(vector: VectorWriter) -> None:
    """
    Kind 0 is padding, value 0 is not.

    Given padding with a hash, or a note of value 0 with commitment 0, when the statement is judged,
    then it is rejected; with the commitments of notes of value 0 it is accepted.
    """
    hashed = hash_elements((FieldElement(2), *(FieldElement(0),) * 6))
    for name, statement, what in (
        (
            "padding-hashed",
            with_commitment(mint((), (100,)), 3, hashed),
            "The commitment of padding is 0 and not the hash of its fields.",
        ),
        (
            "value-zero-as-padding-input",
            with_commitment(send((100, 0), (100,)), 1, 0),
            "An input of value 0 with a kind is not padding.",
        ),
        (
            "value-zero-as-padding-output",
            with_commitment(send((100,), (100, 0)), 3, 0),
            "An output of value 0 with a kind is not padding.",
        ),
    ):
        refuse(
            vector,
            f"commitment-{name}",
            statement,
            "003",
            what,
            "PADDING_BY_VALUE",
            also=["PAYY-NOTES-006"],
        )
    worthless = send((100, 0), (100, 0))
    assert all(worthless.public.commitments)
    accept(
        vector,
        "commitment-value-zero",
        worthless,
        "Notes of value 0 with a kind have commitments on both sides.",
        [*rules("003"), "PAYY-NOTES-006"],
        "PADDING_BY_VALUE",
    )


@pytest.mark.parametrize("place", range(4))
def test_padding_has_no_value(vector: VectorWriter, place: int) -> None:
    """
    Value is of some kind.

    Given a send that balances, when the value at one place has kind 0 and its commitment is 0, then
    it is rejected.
    """
    base = send((60, 40), (30, 70))
    refuse(
        vector,
        f"padding-has-value-{PLACES[place]}",
        with_note(base, place, kind=PADDING_KIND),
        "padding",
        f"Padding at {PLACES[place].replace('-', ' ')} has a value that the send counts.",
        "PADDING_BY_VALUE",
        also=["PAYY-NOTES-006"],
    )


# Values


RANGE: Final = {
    "limit-minus-1": MOST,
    "limit": LIMIT,
    "p-minus-1": MODULUS - 1,
    "greatest": 2**256 - 1,
}
"""Values about the limits; p itself stands at every place among the forms."""


def judge(
    vector: VectorWriter,
    name: str,
    statement: Statement,
    value: int,
    number: str,
    description: str,
    limit: int = LIMIT,
) -> None:
    """State that a statement is accepted exactly if a value of it is below the rule's limit."""
    if value >= limit:
        broken = "001" if value >= MODULUS else number
        refuse(vector, name, statement, broken, description, "VALUE_RANGE")
    else:
        accept(vector, name, statement, description, rules(number), "VALUE_RANGE")


@pytest.mark.parametrize("place", [2, 3])
@pytest.mark.parametrize(("name", "value"), [*RANGE.items(), ("limit-plus-1", LIMIT + 1)])
def test_values_of_outputs(vector: VectorWriter, name: str, value: int, place: int) -> None:
    """
    An output is worth less than 2^240.

    Given a send that balances, when the value of an output is at or beyond the limit, then it is
    rejected beyond.
    """
    # The input is not looked at, so that it can balance whatever comes out.
    statement = with_notes(send((0,), (0, 0)), inputs=[spent(0, value)])
    judge(
        vector,
        f"{PLACES[place]}-value-{name}",
        with_note(statement, place, value=value),
        value,
        "004",
        f"A send makes an output of value {value:#x} at place {place - 2}.",
    )


@pytest.mark.parametrize("action", ["mint", "burn"])
def test_values_of_outputs_beside_messages(vector: VectorWriter, action: str) -> None:
    """
    Outputs of mints and burns are limited like those of sends.

    Given an output of 2^240, when the message has a value of its own, then it is rejected.
    """
    inputs = {"mint": (1,), "burn": (LIMIT, 1)}[action]
    base = STATED[action]((1,), (1,))
    refuse(
        vector,
        f"{action}-output-value-limit",
        with_notes(base, inputs=all_spent(*inputs), outputs=all_made(LIMIT)),
        "004",
        f"A {action} makes an output of 2^240 that balances.",
        "VALUE_RANGE",
    )


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", RANGE)
def test_values_of_inputs(vector: VectorWriter, name: str, place: int) -> None:
    """
    An input of any value is accepted, if it balances.

    Given a send, when the value of an input is a field element, then it is accepted; from p on it
    is none.
    """
    value = RANGE[name]
    other = 2 if value == MODULUS - 1 else 0
    rest = (value + other) % MODULUS
    outputs = all_made(rest) if rest < LIMIT else all_made(MOST, min(rest - MOST, MOST))
    inputs = [spent(0, other), spent(1, other)]
    inputs[place] = spent(place, value)
    judge(
        vector,
        f"{PLACES[place]}-value-{name}",
        with_notes(send((), ()), inputs=inputs, outputs=outputs),
        value,
        "019",
        f"A send spends a note of value {value:#x} at place {place}.",
        limit=MODULUS,
    )


@pytest.mark.parametrize("action", KINDS)
@pytest.mark.parametrize("name", RANGE)
def test_values_of_messages(vector: VectorWriter, name: str, action: str) -> None:
    """
    The value of a message is below 2^240, in a send too.

    Given a transaction that balances, when its message has a value at or beyond the limit, then it
    is rejected beyond.
    """
    value = RANGE[name]
    # p - 1 with notes of 1 and 2; 2^240 + n with two notes; every other value with one.
    notes = (value,) if value < LIMIT else (MOST, (value - MOST) % LIMIT)
    match action, value:
        case "send", _:
            statement = send((3,), (3,))
        case "mint", _ if value == MODULUS - 1:
            statement = with_notes(mint((), (1,)), inputs=all_spent(2))
        case "mint", _:
            statement = with_notes(mint((), (1,)), outputs=all_made(*notes))
        case _, _ if value == MODULUS - 1:
            statement = with_notes(burn((1,), ()), outputs=all_made(2))
        case _:
            statement = with_notes(burn((1,), ()), inputs=all_spent(*notes))
    judge(
        vector,
        f"{action}-message-value-{name}",
        with_words(statement, value=value),
        value,
        "006",
        f"The message of a {action} has the value {value:#x}.",
    )


# Kinds


def test_notes_of_two_kinds(vector: VectorWriter) -> None:
    """
    All notes that are not padding are of one kind.

    Given two notes of different kinds at any two places, when nothing else is wrong, then the
    statement is rejected.
    """
    first, second = spent(0, 50), spent(1, 50, OTHER_KIND)
    third, fourth = made(0, 50), made(1, 50, OTHER_KIND)
    pairs = {
        "inputs": with_notes(burn((1,), ()), inputs=[first, second]),
        "outputs": with_notes(mint((), (1,)), outputs=[third, fourth]),
        "input-0-output-0": with_notes(
            send((), ()), inputs=[first], outputs=[made(0, 50, OTHER_KIND)]
        ),
        "input-0-output-1": with_notes(
            send((), ()), inputs=[first], outputs=[PADDING_NOTE, fourth]
        ),
        "input-1-output-0": with_notes(
            send((), ()), inputs=[PADDING_INPUT, second], outputs=[third]
        ),
        "input-1-output-1": with_notes(
            send((), ()), inputs=[PADDING_INPUT, second], outputs=[PADDING_NOTE, made(1, 50)]
        ),
        "each-balanced": with_notes(send((), ()), inputs=[first, second], outputs=[third, fourth]),
        "value-zero": with_notes(send((5,), (5,)), outputs=[made(0, 5), made(1, 0, OTHER_KIND)]),
        "lowest-bit": with_notes(send((5,), (5,)), outputs=[made(0, 5, POLYGON_USDC + 1)]),
        "opposite": with_notes(
            send((), ()), inputs=[spent(0, 5, 1)], outputs=[made(0, 5, MODULUS - 1)]
        ),
    }
    for name, statement in pairs.items():
        refuse(
            vector,
            f"kinds-mixed-{name}",
            statement,
            "005",
            f"Two kinds in one transaction are refused: {name.replace('-', ' ')}.",
            "KINDS_MIXED",
        )


def test_one_kind_with_padding_anywhere(vector: VectorWriter) -> None:
    """
    Padding may stand anywhere, and any number but 0 is a kind.

    Given notes of one kind with padding before or after, when they are judged, then they are
    accepted.
    """
    behind = with_notes(
        send((), ()), inputs=[PADDING_INPUT, spent(1, 5)], outputs=[PADDING_NOTE, made(1, 5)]
    )
    statements = {
        "padding-first": behind,
        "kind-1": with_notes(send((), ()), inputs=[spent(0, 5, 1)], outputs=[made(1, 5, 1)]),
        "kind-greatest": with_notes(
            mint((), (5,)), outputs=[made(0, 5, MODULUS - 1), made(1, 0, MODULUS - 1)]
        ),
        "other-token": with_notes(
            burn((5,), ()), inputs=[spent(0, 5, OTHER_KIND)], outputs=[made(0, 2, OTHER_KIND)]
        ),
    }
    for name, statement in statements.items():
        accept(
            vector,
            f"one-kind-{name}",
            statement,
            f"Notes of one kind are accepted: {name.replace('-', ' ')}.",
            rules("005"),
            "KINDS_MIXED",
        )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("0", 0),
        ("4", 4),
        ("2-to-64-plus-1", 2**64 + 1),
        ("p-minus-1", MODULUS - 1),
        ("p-plus-1", MODULUS + 1),
    ],
)
def test_unknown_kinds_of_transactions(vector: VectorWriter, name: str, kind: int) -> None:
    """
    A transaction is a send, a mint or a burn.

    Given another kind, when the statement is judged, then it is rejected.
    """
    refuse(
        vector,
        f"kind-{name}",
        with_words(send((100,), (100,)), kind=kind),
        "007" if kind < MODULUS else "001",
        f"There is no transaction of kind {kind:#x}.",
        "TRANSACTION_KIND",
    )


def test_padding_place_is_no_statement(vector: VectorWriter) -> None:
    """
    Nobody proves padding of a block.

    Given nine zeros and padding alone, when it is judged, then it is rejected.
    """
    refuse(
        vector,
        "kind-0-all-zero",
        with_words(send((), ()), kind=0),
        "007",
        "Nine zeros are padding of a block and cannot be proved.",
        "TRANSACTION_KIND",
    )


# Balance


def test_balance(vector: VectorWriter) -> None:
    """
    Value is neither made nor lost.

    Given notes and a message that do not balance, when they are judged, then they are rejected.
    """
    sends, mints, burns = send((60, 40), (30, 70)), mint((30,), (100,)), burn((100,), (30,))
    whole = [spent(0, MOST), spent(1, 1)]
    cases = {
        "send-output-1-more": with_note(sends, 3, value=71),
        "send-output-1-less": with_note(sends, 3, value=69),
        "send-from-nothing": with_notes(send((), ()), outputs=all_made(1)),
        "send-to-nothing": with_notes(send((), ()), inputs=all_spent(1)),
        "send-modulo-limit": with_notes(send((), ()), inputs=whole),
        "send-with-minted-value": with_words(with_note(sends, 3, value=80), value=10),
        "mint-value-1-more": with_words(mints, value=71),
        "mint-value-1-less": with_words(mints, value=69),
        "mint-value-0": with_words(mints, value=0),
        "mint-inputs-not-counted": with_words(mints, value=100),
        "mint-as-burn": with_words(with_notes(mints, all_spent(100), all_made(30)), value=70),
        "burn-value-1-more": with_words(burns, value=71),
        "burn-value-1-less": with_words(burns, value=69),
        "burn-value-0": with_words(burns, value=0),
        "burn-change-not-counted": with_words(burns, value=100),
        "burn-as-mint": with_words(with_notes(burns, all_spent(30), all_made(100)), value=70),
    }
    for name, statement in cases.items():
        number = BALANCES[name.partition("-")[0]]
        refuse(
            vector,
            f"unbalanced-{name}",
            statement,
            number,
            f"Inputs, outputs and message do not balance: {name.replace('-', ' ')}.",
            "BALANCE",
        )


# Messages


def test_words_of_mints(vector: VectorWriter) -> None:
    """
    The message of a mint names psi and kind of the outputs.

    Given a mint, when hash or note kind is another one, then it is rejected.
    """
    both, single = mint((), (60, 40)), mint((), (100,))
    psi = [note.psi for note in both.output_notes]
    merging = mint((30,), (100,))
    behind = with_notes(single, outputs=[PADDING_NOTE, made(1, 100)])
    spent_psi = merging.input_notes[0].note.psi
    cases: dict[str, tuple[Statement, str]] = {
        "hash-zero": (with_words(both, hash=0), "010"),
        "hash-plus-1": (with_words(both, hash=both.public.message.hash + 1), "010"),
        "hash-exchanged": (with_words(both, hash=hash_pair(psi[1], psi[0])), "010"),
        "hash-of-psi-0-alone": (with_words(both, hash=hash_pair(psi[0], 0)), "010"),
        "hash-of-commitments": (
            with_words(both, hash=hash_pair(*both.public.output_commitments)),
            "010",
        ),
        "hash-of-inputs": (with_words(merging, hash=hash_pair(spent_psi, 0)), "010"),
        "hash-without-psi-of-padding": (
            with_words(with_note(single, 3, psi=Psi(PSI[3])), hash=single.public.message.hash),
            "010",
        ),
        "note-kind-other": (with_words(single, note_kind=OTHER_KIND), "011"),
        "note-kind-zero": (with_words(single, note_kind=0), "011"),
        "note-kind-of-output-1": (with_words(behind, note_kind=POLYGON_USDC), "011"),
    }
    for name, (statement, number) in cases.items():
        refuse(
            vector,
            f"mint-{name}",
            statement,
            number,
            f"The message of a mint is not that of its outputs: {name.replace('-', ' ')}.",
            "MESSAGE_UNBOUND",
        )
    accept(
        vector,
        "mint-hash-with-psi-of-padding",
        with_note(single, 3, psi=Psi(PSI[3])),
        "The psi of an output that is padding enters the hash of a mint.",
        rules("010", "019"),
        "MESSAGE_UNBOUND",
    )
    accept(
        vector,
        "mint-note-kind-of-padding",
        behind,
        "A mint whose output 0 is padding has note kind 0, although output 1 has the value.",
        rules("011"),
        "TOO_STRICT",
    )


def test_words_of_burns(vector: VectorWriter) -> None:
    """
    The message of a burn names input 0, its kind, and who is paid.

    Given a burn, when burn address, hash or note kind is another one, then it is rejected.
    """
    base = burn((60, 40), (30,))
    address, own = base.burn_address, base.public.commitments
    behind = with_notes(base, inputs=[PADDING_INPUT, spent(1, 100)])
    cases: dict[str, tuple[Statement, str]] = {
        "address-plus-1": (with_words(base, burn_address=address + 1), "013"),
        "address-zero": (with_words(base, burn_address=0), "013"),
        "address-high-bit": (with_words(base, burn_address=address + 2**160), "013"),
        "address-private-zero": (replace(base, burn_address=FieldElement(0)), "013"),
        "hash-zero": (with_words(base, hash=0), "014"),
        "hash-plus-1": (with_words(base, hash=own[0] + 1), "014"),
        "hash-of-input-1": (with_words(base, hash=own[1]), "014"),
        "hash-of-output-0": (with_words(base, hash=own[2]), "014"),
        "hash-not-of-padding": (with_words(behind, hash=behind.public.commitments[1]), "014"),
        "note-kind-other": (with_words(base, note_kind=OTHER_KIND), "016"),
        "note-kind-zero": (with_words(base, note_kind=0), "016"),
        "note-kind-of-input-1": (with_words(behind, note_kind=POLYGON_USDC), "016"),
    }
    for name, (statement, number) in cases.items():
        refuse(
            vector,
            f"burn-{name}",
            statement,
            number,
            f"The message of a burn is not that of input 0 and recipient: "
            f"{name.replace('-', ' ')}.",
            "MESSAGE_UNBOUND",
        )
    for name, paid in (("zero", 0), ("160-bits", 2**160 - 1), ("greatest", MODULUS - 1)):
        accept(
            vector,
            f"burn-to-address-{name}",
            replace(with_words(base, burn_address=paid), burn_address=FieldElement(paid)),
            f"A burn to address {paid:#x} is accepted: the circuit compares and looks no further.",
            rules("013"),
            "TOO_STRICT",
        )
    accept(
        vector,
        "burn-note-kind-of-padding",
        behind,
        "A burn whose input 0 is padding has note kind and hash 0, although input 1 has the value.",
        rules("014", "016"),
        "TOO_STRICT",
    )


# Owners


def test_owners(vector: VectorWriter) -> None:
    """
    Only the key of its address spends a note that has a value.

    Given a valid transaction, when the key of an input is another one, then it is rejected.
    """
    base = send((60, 40), (30, 70))
    first, second = SPENDERS
    cases = {
        "input-0": with_key(base, 0, first + 1),
        "input-1": with_key(base, 1, second + 1),
        "keys-exchanged": with_key(with_key(base, 0, second), 1, first),
        "key-zero": with_key(base, 1, 0),
        "key-is-address": with_key(base, 0, base.notes[0].address),
        "value-1": with_key(send((1,), (1,)), 0, first + 1),
        "value-beyond-limit": with_key(
            with_notes(send((), ()), all_spent(LIMIT), all_made(MOST, 1)), 0, first + 1
        ),
        "address-plus-1": with_note(base, 0, address=base.notes[0].address + 1),
        "address-of-swapped-hash": with_note(base, 0, address=hash_pair(0, first)),
        "address-of-hash-of-key": with_note(base, 0, address=Address(hash_elements((first,)))),
        "mint": with_key(mint((30,), (100,)), 0, first + 1),
        "burn": with_key(burn((100,), (30,)), 0, first + 1),
        "burn-of-input-1": with_key(burn((60, 40), ()), 1, second + 1),
    }
    for name, statement in cases.items():
        refuse(
            vector,
            f"not-owned-{name}",
            statement,
            "015",
            f"An input that has a value is not owned: {name.replace('-', ' ')}.",
            "OWNERSHIP",
            also=["PAYY-NOTES-004"],
        )
    zero = SecretKey(FieldElement(0))
    accept(
        vector,
        "owned-by-key-zero",
        with_key(with_note(base, 0, address=note_address(zero)), 0, 0),
        "Key 0 has an address and spends from it.",
        [*rules("015"), "PAYY-NOTES-004"],
        "OWNERSHIP",
    )


# What the circuit accepts besides


def test_words_that_a_send_does_not_use(vector: VectorWriter) -> None:
    """
    The circuit does not look at the message of a send, and it enters the hash all the same.

    Given a send, when a word of its message is not 0, then it is accepted under another hash.
    """
    base = send((100,), (100,))
    words = {
        "note-kind": with_words(base, note_kind=POLYGON_USDC),
        "other-note-kind": with_words(base, note_kind=OTHER_KIND),
        "value": with_words(base, value=7),
        "hash": with_words(base, hash=PSI[0]),
        "burn-address": with_words(base, burn_address=5),
        "private-burn-address": replace(base, burn_address=FieldElement(5)),
        "all-words": with_words(
            base, note_kind=MODULUS - 1, value=MOST, hash=MODULUS - 1, burn_address=MODULUS - 1
        ),
    }
    hashes = {
        accept(
            vector,
            f"send-with-{name}",
            statement,
            f"A send with a word that it does not use is accepted: {name.replace('-', ' ')}.",
            rules("002", "019"),
            "TOO_STRICT",
        )
        for name, statement in words.items()
    }
    # Only the private word does not enter.
    assert len(hashes | {hash_elements(base.public.words)}) == len(words)


def test_what_nothing_looks_at(vector: VectorWriter) -> None:
    """
    What a reader would expect to be refused is accepted, as by the circuit.

    Given a statement with such an oddity, when it is judged, then it is accepted.
    """
    sends, mints, burns = send((100,), (100,)), mint((), (100,)), burn((100,), ())
    top = FieldElement(MODULUS - 1)
    odd_padding: dict[str, Any] = {"address": top, "psi": top}
    twice = [spent(0, 50), spent(0, 50)]
    cases = {
        "mint-with-burn-address": with_words(mints, burn_address=5),
        "input-0-of-value-0-not-owned": with_key(send((0, 100), (100,)), 0, 1),
        "input-1-of-value-0-not-owned": with_key(send((100, 0), (100,)), 1, 1),
        "burn-of-value-0-not-owned": with_key(burn((0,), ()), 0, 1),
        "one-note-as-both-inputs": with_notes(sends, inputs=twice),
        "one-note-as-both-outputs": with_notes(sends, outputs=[made(0, 50), made(0, 50)]),
        "one-note-as-input-and-output": with_notes(sends, outputs=[sends.notes[0]]),
        "mint-with-input-beyond-limit": with_words(
            with_notes(mints, inputs=all_spent(MODULUS - 1), outputs=all_made(1)), value=2
        ),
        "burn-with-input-beyond-limit": with_notes(burns, inputs=all_spent(MODULUS - 1, 6)),
        "inputs-of-sum-p": with_notes(send((), ()), inputs=all_spent(MODULUS - 1, 1)),
        "padding-input-with-address-and-psi": with_note(sends, 1, **odd_padding),
        "padding-output-with-address-and-psi": with_note(sends, 3, **odd_padding),
        "padding-input-with-any-key": with_key(sends, 1, MODULUS - 1),
        "mint-of-value-0": mint((100,), (100,)),
        "burn-of-value-0-and-kind-0": builder.burn([], Recipient(bytes(20))),
        "burn-of-value-0": burn((100,), (100,)),
    }
    for name, statement in cases.items():
        accept(
            vector,
            f"besides-{name}",
            statement,
            f"The circuit accepts, and so must everybody: {name.replace('-', ' ')}.",
            rules("019"),
            "TOO_STRICT",
        )


def test_private_words_do_not_enter_the_hash(vector: VectorWriter) -> None:
    """
    The hash of a transaction is that of its public words alone.

    Given two statements with the same public words, when they are judged, then their hashes are
    equal; another note makes another hash.
    """
    base = send((100,), (100,))
    padded = with_note(with_key(base, 1, 5), 1, address=Address(FieldElement(6)))
    other = with_note(base, 2, psi=Psi(FieldElement(7)))
    hashes = [
        accept(
            vector,
            f"hash-{name}",
            statement,
            f"The hash of a transaction is that of its public words: {name.replace('-', ' ')}.",
            rules("002"),
            "PUBLIC_WORDS",
        )
        for name, statement in (("same-words", padded), ("other-psi", other))
    ]
    assert hashes[0] == hash_elements(base.public.words)
    assert hashes[0] != hashes[1]


# Order of errors


def test_order_of_errors(vector: VectorWriter) -> None:
    """
    The first broken rule is named.

    Given statements that break two rules, when they are judged, then the code is that of the rule
    that the circuit judges first.
    """
    sends, mints, burns = send((60, 40), (30, 70)), mint((30,), (100,)), burn((60, 40), (30,))
    own = sends.public.commitments
    padded = with_note(sends, 0, kind=PADDING_KIND)
    beyond = with_notes(sends, all_spent(LIMIT, 70), all_made(LIMIT, 70))
    mixed = with_note(sends, 3, kind=OTHER_KIND)
    unowned = with_key(sends, 0, 1)
    cases: dict[str, tuple[Statement, str]] = {
        "padding-before-its-commitment": (with_commitment(padded, 0, 7), "padding"),
        "commitment-0-before-padding-1": (
            with_commitment(with_note(sends, 1, kind=PADDING_KIND), 0, 7),
            "003",
        ),
        "padding-0-before-commitment-1": (with_commitment(padded, 1, 7), "padding"),
        "padding-before-output-value": (with_note(beyond, 3, kind=PADDING_KIND), "padding"),
        "commitment-before-output-value": (with_commitment(beyond, 3, own[2]), "003"),
        "output-value-before-kinds": (with_note(beyond, 3, kind=OTHER_KIND), "004"),
        "output-value-before-message-value": (
            with_notes(mints, inputs=(), outputs=all_made(LIMIT)),
            "004",
        ),
        "kinds-before-message-value": (with_words(mixed, value=LIMIT), "005"),
        "kinds-before-kind": (with_words(mixed, kind=4), "005"),
        "kinds-before-balance": (with_note(mixed, 3, value=71), "005"),
        "message-value-before-kind": (with_words(sends, kind=0, value=LIMIT), "006"),
        "message-value-before-send-balance": (
            with_words(with_note(sends, 3, value=71), value=LIMIT),
            "006",
        ),
        "message-value-before-mint-balance": (with_words(mints, value=LIMIT), "006"),
        "message-value-before-burn-address": (
            with_words(with_notes(burns, all_spent(MOST, 41)), burn_address=0),
            "006",
        ),
        "kind-before-balance": (with_words(with_note(sends, 3, value=71), kind=4), "007"),
        "kind-before-owner": (with_words(unowned, kind=4), "007"),
        "send-balance-before-owner": (with_note(unowned, 3, value=71), "008"),
        "mint-balance-before-hash": (with_words(mints, value=71, hash=0), "009"),
        "mint-hash-before-note-kind": (with_words(mints, hash=0, note_kind=OTHER_KIND), "010"),
        "mint-note-kind-before-owner": (
            with_key(with_words(mints, note_kind=OTHER_KIND), 0, 1),
            "011",
        ),
        "burn-address-before-hash": (with_words(burns, burn_address=0, hash=0), "013"),
        "burn-hash-before-balance": (with_words(burns, hash=0, value=71), "014"),
        "burn-balance-before-note-kind": (with_words(burns, value=71, note_kind=OTHER_KIND), "012"),
        "burn-note-kind-before-owner": (
            with_key(with_words(burns, note_kind=OTHER_KIND), 0, 1),
            "016",
        ),
        "form-before-commitment": (
            with_words(with_commitment(sends, 0, 7), burn_address=MODULUS),
            "001",
        ),
    }
    for name, (statement, number) in cases.items():
        refuse(
            vector,
            f"order-{name}",
            statement,
            number,
            f"Of two broken rules the first one is named: {name.replace('-', ' ')}.",
            "ERROR_ORDER",
            also=["PAYY-CONVENTIONS-002"],
        )


# Forms


def encoded(statement: Statement) -> dict[str, Any]:
    """Give a statement as JSON."""
    given = circuit_input(statement)
    return {name: form.encode(given[name]) for name, form in STATEMENT.items()}


def with_json(document: Any, path: Sequence[str | int], value: Json) -> Any:
    """Exchange one value inside of a JSON document."""
    if not path:
        return value
    first, *rest = path
    if isinstance(document, list):
        return [with_json(x, rest, value) if i == first else x for i, x in enumerate(document)]
    return {k: with_json(x, rest, value) if k == first else x for k, x in document.items()}


def name_of(path: Sequence[str | int]) -> str:
    """Give a slug for a place in a JSON document."""
    return "-".join(str(step).replace("_", "-") for step in path)


ELEMENTS: Final[Sequence[Sequence[str | int]]] = (
    *(("input_notes", i, "note", field) for i in range(2) for field in NOTE_FIELDS),
    *(("input_notes", i, "secret_key") for i in range(2)),
    *(("output_notes", i, field) for i in range(2) for field in NOTE_FIELDS),
    ("pmessage4",),
    *(("commitments", i) for i in range(4)),
    *(("messages", i) for i in range(5)),
)


@pytest.mark.parametrize("path", ELEMENTS, ids=name_of)
def test_statements_are_made_of_field_elements(
    vector: VectorWriter, path: Sequence[str | int]
) -> None:
    """
    No word is reduced.

    Given padding alone, of which everything is 0 but the kind, when p is added at one place, then
    the statement is rejected.
    """
    aliased = MODULUS + (path == ("messages", 0))
    vector.rejects_raw(
        f"transaction-check-p-{name_of(path)}",
        "transaction/check",
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        with_json(encoded(send((), ())), path, f"0x{aliased:064x}"),
        description=f"{aliased:#x} in place of its residue is no field element: "
        f"{in_words(name_of(path))}.",
        requirements=[*rules("001"), "PAYY-HASH-001"],
        flags=["NON_CANONICAL_ACCEPTED"],
    )


def test_malformed_statements(vector: VectorWriter) -> None:
    """
    A statement has two inputs, two outputs, four commitments and five words, and nothing else.

    Given another number of them, an absent field or a value of another form, when it is judged,
    then the input is malformed.
    """
    valid = encoded(send((), ()))
    spends, makes = valid["input_notes"][0], valid["output_notes"][0]
    word = valid["pmessage4"]
    lists: dict[str, tuple[Json, int]] = {
        "input_notes": (spends, 2),
        "output_notes": (makes, 2),
        "commitments": (word, 4),
        "messages": (word, 5),
    }
    cases: dict[str, Json] = {
        "empty": {},
        "unknown-field": {**valid, "root": word},
        "note-without-padding-fields": with_json(valid, ("input_notes", 1, "note"), {}),
        "element-31-bytes": with_json(valid, ("messages", 2), word[:-2]),
        "element-empty": with_json(valid, ("commitments", 3), "0x"),
        "element-as-integer": with_json(valid, ("output_notes", 0, "value"), "0"),
        "element-null": with_json(valid, ("pmessage4",), None),
        "no-secret-key": with_json(valid, ("input_notes", 1), {"note": spends["note"]}),
    }
    for name in valid:
        cases[f"no-{name_of([name])}"] = {k: v for k, v in valid.items() if k != name}
    for name, (item, length) in lists.items():
        for count in (0, length + 1):
            cases[f"{count}-{name_of([name])}"] = {**valid, name: [item] * count}
    for field in NOTE_FIELDS:
        cases[f"output-without-{field}"] = with_json(
            valid, ("output_notes", 1), {k: v for k, v in makes.items() if k != field}
        )
    for name, given in cases.items():
        vector.rejects_malformed(
            f"transaction-check-malformed-{name}",
            "transaction/check",
            given,
            description=f"A statement of another form is malformed: {name.replace('-', ' ')}.",
            requirements=[*rules("001"), "PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )


# Wallets


def given_to(action: str, inputs: Sequence[InputNote], outputs: Sequence[Note]) -> dict[str, Any]:
    """Give the input of a wallet's operation."""
    recipient = {"recipient": RECIPIENT} if action == "burn" else {}
    return {"inputs": tuple(inputs), "outputs": tuple(outputs), **recipient}


@pytest.mark.parametrize("action", KINDS)
def test_too_many_notes(vector: VectorWriter, action: str) -> None:
    """
    A side has two places.

    Given three notes on a side, when a wallet states the transaction, then it is refused, even if
    the third is worth nothing.
    """
    spends, makes = spent(0, 0), made(0, 0)
    cases = {
        "3-inputs": ([*all_spent(60, 40), spends], all_made(100)),
        "3-outputs": (all_spent(100), [*all_made(60, 40), makes]),
        "3-padding-inputs": ([PADDING_INPUT] * 3, []),
        "3-padding-outputs": ([], [PADDING_NOTE] * 3),
        "order-3-inputs-before-balance": ([*all_spent(60, 41), spends], all_made(100)),
    }
    for name, (inputs, outputs) in cases.items():
        vector.rejects(
            f"transaction-{action}-{name}",
            f"transaction/{action}",
            ErrorCode.TRANSACTION_TOO_MANY_NOTES,
            description=f"A {action} has two places a side: {in_words(name)}.",
            requirements=with_order(name, rules("017")),
            flags=["PLACES_OF_NOTES"],
            **given_to(action, inputs, outputs),
        )


@pytest.mark.parametrize("action", KINDS)
def test_wallets_make_what_is_valid(vector: VectorWriter, action: str) -> None:
    """
    A wallet refuses what the circuit would refuse.

    Given notes that break a rule, when a wallet states a transaction, then it is refused with the
    code of the rule.
    """
    stranger = [replace(spent(0, 100), secret_key=SPENDERS[1])]
    other = [made(0, 100, OTHER_KIND)]
    valueless = [replace(made(1, 0), kind=PADDING_KIND, value=NoteValue(FieldElement(5)))]
    in_padding = [replace(spent(1, 5), note=replace(spent(1, 5).note, kind=PADDING_KIND))]
    cases: dict[str, tuple[Sequence[InputNote], Sequence[Note], str]] = {
        "kinds-mixed": (all_spent(100), other, "005"),
        "not-owned": (stranger, all_made(100), "015"),
        "output-value-limit": (all_spent(LIMIT), all_made(LIMIT), "004"),
        "output-1-value-limit": (all_spent(LIMIT), all_made(0, LIMIT), "004"),
        "padding-output-has-value": (all_spent(105), [made(0, 100), *valueless], "padding"),
        "padding-input-has-value": ([spent(0, 100), *in_padding], all_made(105), "padding"),
        "order-kinds-before-owner": (stranger, other, "005"),
        "order-output-value-before-kinds": (all_spent(LIMIT), [made(0, LIMIT, OTHER_KIND)], "004"),
        **{
            "send": {
                "output-1-more": (all_spent(100), all_made(60, 41), "008"),
                "from-nothing": ([], all_made(1), "008"),
                "to-nothing": (all_spent(1), [], "008"),
                "order-balance-before-owner": (stranger, all_made(99), "008"),
            },
            "mint": {
                "outputs-worth-less": (all_spent(100), all_made(99), "006"),
                "nothing-from-value": (all_spent(1), [], "006"),
                "value-limit": ([], all_made(MOST, 1), "006"),
                "order-message-value-before-owner": (stranger, all_made(99), "006"),
            },
            "burn": {
                "inputs-worth-less": (all_spent(99), all_made(100), "006"),
                "value-from-nothing": ([], all_made(1), "006"),
                "value-limit": (all_spent(MOST, 1), [], "006"),
                "order-message-value-before-owner": (stranger, all_made(101), "006"),
            },
        }[action],
    }
    for name, (inputs, outputs, number) in cases.items():
        is_padding = number == "padding"
        vector.rejects(
            f"transaction-{action}-{name}",
            f"transaction/{action}",
            ErrorCode.NOTE_PADDING_HAS_VALUE if is_padding else CODES[number],
            description=f"A wallet refuses to state this {action}: {in_words(name)}.",
            requirements=with_order(name, [*["PAYY-NOTES-006"] * is_padding, *rules("018")]),
            flags=["ERROR_ORDER" if name.startswith("order-") else "WALLET_STATES_INVALID"],
            **given_to(action, inputs, outputs),
        )


@pytest.mark.parametrize("action", KINDS)
def test_wallets_at_the_limits(vector: VectorWriter, action: str) -> None:
    """
    A wallet states whatever the circuit accepts, and puts padding last.

    Given the greatest values, padding among the notes, or a note of value 0 that is not owned, when
    a wallet states the transaction, then the circuit accepts it.
    """
    unowned = replace(spent(1, 0), secret_key=SPENDERS[0])
    cases: dict[str, tuple[Sequence[InputNote], Sequence[Note]]] = {
        "not-owned-value-0": ([spent(0, 100), unowned], all_made(100)),
        "one-note-twice": ([spent(0, 50), spent(0, 50)], all_made(100)),
        "other-token": ([spent(0, 9, OTHER_KIND)], [made(0, 9, OTHER_KIND)]),
        "input-value-limit": (all_spent(LIMIT), all_made(MOST, 1)),
        "input-value-greatest": (all_spent(MODULUS - 1, 2), all_made(1)),
        **{
            "send": {
                "greatest-values": (all_spent(MOST, MOST), all_made(MOST, MOST)),
                "padding-first": (
                    [PADDING_INPUT, spent(1, 5)],
                    [PADDING_NOTE, made(1, 5)],
                ),
            },
            "mint": {
                "greatest-value": ([], all_made(MOST)),
                "greatest-values": (all_spent(MOST), all_made(MOST, MOST)),
                "padding-first": ([], [PADDING_NOTE, made(1, 5)]),
            },
            "burn": {
                "greatest-value": (all_spent(MOST), []),
                "greatest-values": (all_spent(MOST, MOST), all_made(MOST)),
                "padding-first": ([PADDING_INPUT, spent(1, 5)], []),
            },
        }[action],
    }
    for name, (inputs, outputs) in cases.items():
        output = vector.accepts(
            f"transaction-{action}-{name}",
            f"transaction/{action}",
            description=f"A wallet states this {action}: {name.replace('-', ' ')}.",
            requirements=rules("017", "018", "019"),
            flags=["TOO_STRICT"],
            **given_to(action, inputs, outputs),
        )
        statement = statement_of(**output)
        assert statement.notes[: len(inputs)] == padding_last([item.note for item in inputs])
        assert statement.notes[2 : 2 + len(outputs)] == padding_last(outputs)


@pytest.mark.parametrize(
    ("name", "recipient"),
    [("zero", bytes(20)), ("greatest", b"\xff" * 20), ("byte-order", bytes(range(20)))],
)
def test_recipients(vector: VectorWriter, name: str, recipient: bytes) -> None:
    """
    A burn pays any address of 20 bytes.

    Given an address, when a wallet states the burn, then it stands in the low bits of the word.
    """
    output = vector.accepts(
        f"transaction-burn-recipient-{name}",
        "transaction/burn",
        description=f"A wallet states a burn to 0x{recipient.hex()}.",
        requirements=rules("001", "013", "018"),
        flags=["MESSAGE_WORDS"],
        inputs=tuple(all_spent(100)),
        outputs=(),
        recipient=recipient,
    )
    assert output["messages"][4] == output["pmessage4"] == int.from_bytes(recipient, "big")


@pytest.mark.parametrize("action", KINDS)
def test_wallets_take_field_elements(vector: VectorWriter, action: str) -> None:
    """
    No field of a note is reduced.

    Given a note of which everything is 0, when p stands at one place, then it is rejected.
    """
    zeros: Any = {
        "inputs": [INPUT_NOTE.encode(PADDING_INPUT)],
        "outputs": [NOTE.encode(PADDING_NOTE)],
        **({"recipient": f"0x{RECIPIENT.hex()}"} if action == "burn" else {}),
    }
    paths: Sequence[Sequence[str | int]] = (
        *(("inputs", 0, "note", field) for field in NOTE_FIELDS),
        ("inputs", 0, "secret_key"),
        *(("outputs", 0, field) for field in NOTE_FIELDS),
    )
    for path in paths:
        for name, value in BEYOND.items():
            if name == "p" or path[-1] == "value":
                vector.rejects_raw(
                    f"transaction-{action}-{name}-{name_of(path)}",
                    f"transaction/{action}",
                    ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
                    with_json(zeros, path, f"0x{value:064x}"),
                    description=f"{value:#x} is no field element of a note: "
                    f"{in_words(name_of(path))}.",
                    requirements=["PAYY-HASH-001"],
                    flags=["NON_CANONICAL_ACCEPTED"],
                )


@pytest.mark.parametrize("action", KINDS)
def test_malformed_wallet_inputs(vector: VectorWriter, action: str) -> None:
    """
    A wallet is given lists of notes.

    Given an absent field or a value of another form, when a transaction is stated, then the input
    is malformed.
    """
    spends, makes = INPUT_NOTE.encode(spent(0, 5)), NOTE.encode(made(0, 5))
    recipient = f"0x{RECIPIENT.hex()}"
    valid: dict[str, Json] = {
        "inputs": [spends],
        "outputs": [makes],
        **({"recipient": recipient} if action == "burn" else {}),
    }
    cases: dict[str, Json] = {
        "empty": {},
        **{f"no-{name}": {k: v for k, v in valid.items() if k != name} for name in valid},
        "null-inputs": {**valid, "inputs": None},
        "empty-note": {**valid, "outputs": [{}]},
        "input-without-key": {**valid, "inputs": [makes]},
        "output-with-key": {**valid, "outputs": [spends]},
        **(
            {
                "recipient-19-bytes": {**valid, "recipient": recipient[:-2]},
                "recipient-21-bytes": {**valid, "recipient": recipient + "00"},
                "recipient-32-bytes": {**valid, "recipient": f"0x{RECIPIENT.hex():0>64}"},
                "recipient-empty": {**valid, "recipient": "0x"},
            }
            if action == "burn"
            else {"with-recipient": {**valid, "recipient": recipient}}
        ),
    }
    for name, given in cases.items():
        vector.rejects_malformed(
            f"transaction-{action}-malformed-{name}",
            f"transaction/{action}",
            given,
            description=f"An input of another form is malformed: {name.replace('-', ' ')}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )


# The encoding


ENCODING: Final = ("PAYY-LEDGER-011", "PAYY-LEDGER-013", "PAYY-TRANSACTIONS-001")


@pytest.mark.parametrize(
    ("name", "length", "words"),
    [
        ("no-proof", 0, tuple(range(1, 10))),
        ("zeros", 0, (0,) * 9),
        ("one-byte-of-proof", 1, (MODULUS - 1,) * 9),
        ("random", 96, case_elements("transaction-encode-random", 9)),
        ("length-of-two-bytes", 258, tuple(range(9))),
        ("send", 32, None),
        ("deployed-length-of-proof", PROOF_BYTES, tuple(range(9, 0, -1))),
    ],
)
def test_encoding_both_ways(
    vector: VectorWriter, name: str, length: int, words: tuple[int, ...] | None
) -> None:
    """
    A transaction is its proof, with the length in front, and nine words.

    Given a transaction, when it is encoded and decoded, then it is the same.
    """
    elements = send((60, 40), (100,)).public.words if words is None else words
    transaction = ProvenTransaction(
        proof=case_bytes(f"transaction-encode-{name}", length),
        public=public_inputs_of([FieldElement(word) for word in elements]),
    )
    encoding = vector.accepts(
        f"transaction-encode-{name}",
        "transaction/encode",
        description=f"A transaction with {counted(length, 'byte')} of proof is encoded: "
        f"{name.replace('-', ' ')}.",
        requirements=["PAYY-LEDGER-011", "PAYY-TRANSACTIONS-001"],
        flags=["PUBLIC_WORDS"],
        transaction=transaction,
    )["encoding"]
    laid_out = b"".join(word.to_bytes(32, "big") for word in elements)
    assert encoding == length.to_bytes(4, "little") + transaction.proof + laid_out
    decoded = vector.accepts(
        f"transaction-decode-{name}",
        "transaction/decode",
        description=f"A transaction with {counted(length, 'byte')} of proof is decoded: "
        f"{name.replace('-', ' ')}.",
        requirements=ENCODING,
        flags=["PUBLIC_WORDS"],
        encoding=encoding,
    )
    assert decoded["transaction"] == transaction


def test_encodings_without_a_transaction(vector: VectorWriter) -> None:
    """
    An encoding holds one transaction, no more and no less.

    Given bytes that end too soon, announce another length, or go on, when they are decoded, then
    they are rejected.
    """
    # Small bytes, so that what is read at the wrong place is below p too.
    proof = bytes(range(40))
    words = b"".join(word.to_bytes(32, "big") for word in range(1, 10))
    valid = b"\x28\0\0\0" + proof + words
    cut = {
        "empty": 0,
        "cut-length": 3,
        "length-alone": 4,
        "cut-proof": 43,
        "no-words": 44,
        "cut-first-word": 44 + 31,
        "cut-fifth-word": 44 + 4 * 32 + 16,
        "eight-words": 44 + 8 * 32,
        "one-byte-short": len(valid) - 1,
    }
    cases = {
        **{name: (valid[:length], "007") for name, length in cut.items()},
        "no-proof-no-words": (bytes(4), "007"),
        "length-one-more": (b"\x29" + valid[1:], "007"),
        "length-greatest": (b"\xff\xff\xff\xff" + valid[4:], "007"),
        "length-big-endian": (b"\0\0\0\x28" + valid[4:], "007"),
        "length-of-the-rest": ((40 + ENCODED_WORDS).to_bytes(4, "little") + valid[4:], "007"),
        "length-absent": (words, "007"),
        "length-of-eight-bytes": (b"\x28" + bytes(7) + proof + words, "008"),
        "trailing-zero": (valid + b"\0", "008"),
        "ten-words": (valid + bytes(32), "008"),
        "twice": (valid + valid, "008"),
        "words-before-proof": (words + valid[:44], "008"),
    }
    for name, (encoding, number) in cases.items():
        is_short = number == "007"
        vector.rejects(
            f"transaction-decode-{name}",
            "transaction/decode",
            ErrorCode.BORSH_TRUNCATED if is_short else ErrorCode.BORSH_TRAILING_BYTES,
            description=f"An encoding of {counted(len(encoding), 'byte')} is no transaction: "
            f"{in_words(name)}.",
            requirements=["PAYY-LEDGER-013", f"PAYY-CONVENTIONS-{number}"],
            flags=["BORSH_STRICTNESS"],
            encoding=encoding,
        )


@pytest.mark.parametrize("place", range(9))
def test_words_below_p(vector: VectorWriter, place: int) -> None:
    """
    A public input has one encoding.

    Given a transaction in which p is added to a word, when it is encoded or decoded, then it is
    rejected; otherwise two encodings would have one hash.
    """
    words = list(case_elements("transaction-words-below-p", 9))
    words[place] = FieldElement(words[place] + MODULUS)
    what = f"Word {place}, {WORDS[place].replace('-', ' ')}, is not below p"
    vector.rejects(
        f"transaction-decode-word-{place}-plus-p",
        "transaction/decode",
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        description=f"{what} and is not read.",
        requirements=ENCODING,
        flags=["NON_CANONICAL_ACCEPTED", "FIELD_ALIAS"],
        encoding=bytes(4) + b"".join(word.to_bytes(32, "big") for word in words),
    )
    words[place] = FieldElement(MODULUS)
    vector.rejects(
        f"transaction-encode-word-{place}-p",
        "transaction/encode",
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        description=f"{what} and is not written.",
        requirements=rules("001"),
        flags=["NON_CANONICAL_ACCEPTED"],
        transaction=ProvenTransaction(proof=b"", public=public_inputs_of(words)),
    )


def test_limits_of_words(vector: VectorWriter) -> None:
    """
    A word is below p, and what is read first is judged first.

    Given p, the greatest number, or a second fault after it, when the transaction is decoded, then
    the word is refused.
    """
    head, tail = bytes(4 + 32), bytes(7 * 32)
    for name, encoding in (
        ("p", head + MODULUS.to_bytes(32, "big") + tail),
        ("greatest", head + b"\xff" * 32 + tail),
        ("order-p-before-truncation", head + MODULUS.to_bytes(32, "big") + tail[1:]),
        ("order-p-before-trailing-byte", head + MODULUS.to_bytes(32, "big") + tail + b"\0"),
    ):
        vector.rejects(
            f"transaction-decode-word-{name}",
            "transaction/decode",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            description=f"A word of p or more is refused where it is read: {in_words(name)}.",
            requirements=with_order(name, ["PAYY-LEDGER-013"]),
            flags=["ERROR_ORDER" if name.startswith("order-") else "NON_CANONICAL_ACCEPTED"],
            encoding=encoding,
        )


def test_malformed_transactions(vector: VectorWriter) -> None:
    """
    A transaction has a proof and nine words.

    Given another number of words, an absent field, or text that is no bytes, when it is encoded or
    decoded, then the input is malformed.
    """
    word = f"0x{0:064x}"
    valid: dict[str, Json] = {"proof": "0x", "public_inputs": [word] * 9}
    cases: dict[str, Json] = {
        "encode-malformed-empty": {},
        "encode-malformed-empty-transaction": {"transaction": {}},
        "encode-malformed-no-proof": {"transaction": {"public_inputs": [word] * 9}},
        "encode-malformed-no-public-inputs": {"transaction": {"proof": "0x"}},
        "encode-malformed-unknown-field": {"transaction": {**valid, "hash": word}},
        "encode-malformed-odd-proof": {"transaction": {**valid, "proof": "0x0"}},
        **{
            f"encode-malformed-{count}-words": {
                "transaction": {**valid, "public_inputs": [word] * count}
            }
            for count in (0, 8, 10)
        },
        "decode-malformed-empty": {},
        "decode-malformed-odd-digits": {"encoding": "0x000"},
        "decode-malformed-no-prefix": {"encoding": "00" * 292},
        "decode-malformed-null": {"encoding": None},
    }
    for name, given in cases.items():
        vector.rejects_malformed(
            f"transaction-{name}",
            f"transaction/{name.partition('-')[0]}",
            given,
            description=f"An input of another form is malformed: "
            f"{name.partition('malformed-')[2].replace('-', ' ')}.",
            requirements=[*rules("001"), "PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )
