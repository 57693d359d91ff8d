"""Verdicts of the deployed circuit on transactions: the reference gives the same, and says why."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import FieldElement, checked_field_element
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.kind import NoteKind
from payy_ref.ledger.note import Address, InputNote, Note, NoteValue, Psi, SecretKey
from payy_ref.ledger.transaction import Statement, check_statement, public_inputs_of

ANSWERS: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "tests" / "known_answers" / "utxo_circuit.json").read_text("utf-8")
)
"""What the compiled circuit answered."""

CODES: Final[dict[str, list[ErrorCode]]] = {
    message["text"]: [ErrorCode(code) for code in message["codes"]]
    for message in tomllib.loads(
        Path(__file__).with_name("circuit_messages.toml").read_text("utf-8")
    )["messages"]
}
"""The codes that each of the circuit's messages may stand for, in the circuit's order."""

ACCEPTED: Final = 221
REFUSED: Final = 179


def numbers(texts: Sequence[str]) -> list[FieldElement]:
    """Read hexadecimal numbers, none of which is reduced."""
    return [checked_field_element(int(text, 16)) for text in texts]


def note_of(texts: Sequence[str]) -> Note:
    """Read a note."""
    kind, value, address, psi = numbers(texts)
    return Note(kind=NoteKind(kind), value=NoteValue(value), address=Address(address), psi=Psi(psi))


def input_note_of(texts: Sequence[str]) -> InputNote:
    """Read a note and the key that spends it."""
    (secret_key,) = numbers(texts[4:])
    return InputNote(note=note_of(texts[:4]), secret_key=SecretKey(secret_key))


def statement_of(answer: dict[str, Any]) -> Statement:
    """Read what was put to the circuit."""
    (burn_address,) = numbers([answer["burn_address"]])
    spent, made = map(input_note_of, answer["inputs"]), map(note_of, answer["outputs"])
    return Statement(
        input_notes=(next(spent), next(spent)),
        output_notes=(next(made), next(made)),
        burn_address=burn_address,
        public=public_inputs_of(numbers(answer["public"])),
    )


@evidence("PAYY-TRANSACTIONS-T05")
@pytest.mark.parametrize("answer", ANSWERS["answers"], ids=lambda answer: str(answer["id"]))
def test_verdict_of_the_circuit(answer: dict[str, Any]) -> None:
    """What the circuit accepts is accepted; what it refuses is refused for the same reason."""
    statement = statement_of(answer)
    if answer["refused"] is None:
        assert check_statement(statement) == statement.public
    else:
        with pytest.raises(SpecError) as refusal:
            check_statement(statement)
        assert refusal.value.code in CODES[ANSWERS["messages"][answer["refused"]]]


@evidence("PAYY-TRANSACTIONS-T05", part="a message of two rules names the first that is broken")
def test_message_of_two_rules() -> None:
    """Where one message stands for two rules, an output beyond the range counts first."""
    (shared,) = [place for place, text in enumerate(ANSWERS["messages"]) if len(CODES[text]) > 1]
    seen = set()
    for answer in ANSWERS["answers"]:
        if answer["refused"] == shared:
            statement = statement_of(answer)
            is_output = any(note.value.bit_length() > 240 for note in statement.output_notes)
            with pytest.raises(SpecError) as refusal:
                check_statement(statement)
            assert refusal.value.code == CODES[ANSWERS["messages"][shared]][0 if is_output else 1]
            seen.add(refusal.value.code)
    assert len(seen) == 2


def test_all_verdicts_and_messages_are_there() -> None:
    """Each message was given at least once, and all have codes; no other message has."""
    refused = [answer["refused"] for answer in ANSWERS["answers"]]
    assert refused.count(None) == ACCEPTED
    assert len(refused) - refused.count(None) == REFUSED
    assert len({answer["id"] for answer in ANSWERS["answers"]}) == len(refused)
    assert {ANSWERS["messages"][place] for place in refused if place is not None} == set(CODES)
    codes = [code for several in CODES.values() for code in several]
    assert len(set(codes)) == len(codes)
