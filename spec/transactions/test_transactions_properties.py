"""Properties of transactions, on generated statements and on statements with chosen faults."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Any, Final

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_elements, hash_pair
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger import builder
from payy_ref.ledger.builder import RECIPIENT_BYTES, Recipient
from payy_ref.ledger.kind import NoteKind
from payy_ref.ledger.note import (
    PADDING_NOTE,
    VALUE_LIMIT,
    Address,
    InputNote,
    Note,
    NoteValue,
    Psi,
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
    public_inputs_of,
    transaction_hash,
)
from payy_ref.testing.ledger_strategies import (
    behind_padding,
    input_notes,
    note_values,
    notes,
    padding_notes,
    public_inputs,
    recipients,
    statements,
    token_kinds,
)
from payy_ref.testing.strategies import field_elements, leaves

KINDS: Final = {"send": SEND, "mint": MINT, "burn": BURN}

non_zero = leaves()
large_values = st.one_of(
    st.sampled_from((VALUE_LIMIT, VALUE_LIMIT + 1, MODULUS - 1)),
    st.integers(VALUE_LIMIT, MODULUS - 1),
).map(FieldElement)


def element(value: int) -> FieldElement:
    """Give the residue of an integer."""
    return FieldElement(value % MODULUS)


def verdict(statement: Statement) -> ErrorCode | None:
    """Give the code with which a statement is refused, None if it is accepted."""
    try:
        check_statement(statement)
    except SpecError as refusal:
        return refusal.code
    return None


# Statements from what they are about


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    What decides a statement: everything else is worked out, so that only the shifts are faults.

    The value of input 0 is what balances the rest in the field, since no rule limits it.
    """

    what: FieldElement
    """The rules that the statement is made by."""
    inputs: tuple[InputNote, InputNote]
    """The inputs."""
    outputs: tuple[Note, Note]
    """The outputs."""
    value: FieldElement
    """The value in the message."""
    burn_address: FieldElement
    """The private burn address."""
    word: FieldElement | None = None
    """The kind in the message, if another one."""
    imbalance: int | None = 0
    """By how much input 0 is off what balances the rest; None leaves its value as it is."""
    commitment_shifts: Mapping[int, int] = field(default_factory=dict)
    """By how much public commitments are off."""
    note_kind_shift: int = 0
    """By how much the note kind in the message is off."""
    hash_shift: int = 0
    """By how much the hash in the message is off."""
    burn_address_shift: int = 0
    """By how much the public burn address is off."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """The four notes, input 0 with the value that balances."""
        if self.imbalance is None:
            return (self.inputs[0].note, self.inputs[1].note, *self.outputs)
        made = sum(note.value for note in self.outputs)
        stated = {SEND: 0, MINT: -self.value, BURN: self.value}[self.what]
        rest = made + stated - self.inputs[1].note.value + self.imbalance
        first = replace(self.inputs[0].note, value=NoteValue(element(rest)))
        return (first, self.inputs[1].note, *self.outputs)

    def with_note(self, place: int, **changes: FieldElement) -> "Draft":
        """Change fields of a note."""
        fields: dict[str, Any] = dict(changes)
        if place < 2:
            inputs = list(self.inputs)
            inputs[place] = replace(inputs[place], note=replace(inputs[place].note, **fields))
            return replace(self, inputs=(inputs[0], inputs[1]))
        outputs = list(self.outputs)
        outputs[place - 2] = replace(outputs[place - 2], **fields)
        return replace(self, outputs=(outputs[0], outputs[1]))

    def statement(self) -> Statement:
        """Work the rest out."""
        commitments = [
            element(commitment_of(note) + self.commitment_shifts.get(place, 0))
            for place, note in enumerate(self.notes)
        ]
        named, digest, burn_address = {
            SEND: (0, 0, 0),
            MINT: (self.notes[2].kind, hash_pair(self.notes[2].psi, self.notes[3].psi), 0),
            BURN: (self.notes[0].kind, commitments[0], self.burn_address),
        }[self.what]
        message = (
            self.what if self.word is None else self.word,
            element(named + self.note_kind_shift),
            self.value,
            element(digest + self.hash_shift),
            element(burn_address + self.burn_address_shift),
        )
        spent = [
            replace(item, note=note) for item, note in zip(self.inputs, self.notes, strict=False)
        ]
        return Statement(
            input_notes=(spent[0], spent[1]),
            output_notes=self.outputs,
            burn_address=self.burn_address,
            public=public_inputs_of((*commitments, *message)),
        )


def commitment_of(note: Note) -> int:
    """Commit to a note; to padding with a value, to which nobody can, as to padding."""
    content = (2, note.kind, note.value, note.address, note.psi, 0, 0)
    return hash_elements([FieldElement(item) for item in content]) if note.kind else 0


elements = field_elements()
four_elements = st.tuples(elements, elements, elements, elements)
kinds_with_value = token_kinds()
four_values = st.tuples(*[note_values().filter(bool)] * 4)


@st.composite
def drafts(draw: st.DrawFn, what: FieldElement) -> Draft:
    """Give four notes of one kind that all have a value."""
    kind = draw(kinds_with_value)
    *keys, third, fourth = draw(four_elements)
    owners = (*(hash_pair(key, 0) for key in keys), third, fourth)
    made = [
        Note(kind=kind, value=value, address=Address(owner), psi=Psi(psi))
        for value, owner, psi in zip(draw(four_values), owners, draw(four_elements), strict=True)
    ]
    spent = [
        InputNote(note=note, secret_key=SecretKey(key))
        for note, key in zip(made, keys, strict=False)
    ]
    draft = Draft(
        what=what,
        inputs=(spent[0], spent[1]),
        outputs=(made[2], made[3]),
        value=FieldElement(0) if what == SEND else draw(note_values()),
        burn_address=draw(elements),
    )
    assume(draft.notes[0].value)
    return draft


# T01


message_words = (
    st.sampled_from(sorted(KINDS.values())),
    st.lists(input_notes(), max_size=3),
    st.lists(notes(), max_size=3),
    recipients(),
)


def built(
    what: FieldElement, inputs: Sequence[InputNote], outputs: Sequence[Note], recipient: Recipient
) -> Statement:
    """Make a statement of one of the three kinds."""
    if what == SEND:
        return builder.send(inputs, outputs)
    if what == MINT:
        return builder.mint(outputs, inputs)
    return builder.burn(inputs, recipient, outputs)


def expected_refusal(
    what: FieldElement, inputs: Sequence[InputNote], outputs: Sequence[Note]
) -> ErrorCode | None:
    """Say what a wallet has to answer, from the notes alone."""
    every = [item.note for item in inputs] + list(outputs)
    surplus = sum(item.note.value for item in inputs) - sum(note.value for note in outputs)
    stated = {SEND: 0, MINT: -surplus, BURN: surplus}[what]
    return next(
        (
            code
            for is_broken, code in (
                (len(inputs) > 2 or len(outputs) > 2, ErrorCode.TRANSACTION_TOO_MANY_NOTES),
                (
                    any(note.kind == 0 and note.value for note in every),
                    ErrorCode.NOTE_PADDING_HAS_VALUE,
                ),
                (
                    any(note.value.bit_length() > 240 for note in outputs),
                    ErrorCode.TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE,
                ),
                (
                    len({note.kind for note in every} - {0}) > 1,
                    ErrorCode.TRANSACTION_KINDS_MIXED,
                ),
                (
                    (stated % MODULUS).bit_length() > 240,
                    ErrorCode.TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE,
                ),
                (
                    what == SEND and surplus % MODULUS != 0,
                    ErrorCode.TRANSACTION_SEND_UNBALANCED,
                ),
                (
                    any(
                        item.note.value and hash_pair(item.secret_key, 0) != item.note.address
                        for item in inputs
                    ),
                    ErrorCode.TRANSACTION_INPUT_NOT_OWNED,
                ),
            )
            if is_broken
        ),
        None,
    )


def check_built(
    what: FieldElement, inputs: Sequence[InputNote], outputs: Sequence[Note], recipient: Recipient
) -> None:
    """Hold a builder against what it has to answer and the table of messages."""
    code = expected_refusal(what, inputs, outputs)
    if code is not None:
        with pytest.raises(SpecError) as refusal:
            built(what, inputs, outputs, recipient)
        assert refusal.value.code == code
        return
    statement = built(what, inputs, outputs, recipient)
    assert check_statement(statement) == statement.public
    padding = InputNote(note=PADDING_NOTE, secret_key=SecretKey(FieldElement(0)))
    real_inputs = [item for item in inputs if item.note.kind]
    given_padding = [item for item in inputs if not item.note.kind]
    assert statement.input_notes == (*real_inputs, *given_padding, padding, padding)[:2]
    real = [note for note in outputs if note.kind]
    hollow = [note for note in outputs if not note.kind]
    assert statement.output_notes == (*real, *hollow, PADDING_NOTE, PADDING_NOTE)[:2]
    assert statement.public.commitments == tuple(map(commitment_of, statement.notes))
    spent, made = statement.notes[:2], statement.notes[2:]
    surplus = sum(note.value for note in spent) - sum(note.value for note in made)
    paid = int.from_bytes(recipient, "big")
    assert (
        statement.public.message.words
        == {
            SEND: (1, 0, 0, 0, 0),
            MINT: (2, made[0].kind, -surplus % MODULUS, hash_pair(made[0].psi, made[1].psi), 0),
            BURN: (3, spent[0].kind, surplus % MODULUS, commitment_of(spent[0]), paid),
        }[what]
    )
    assert statement.burn_address == (paid if what == BURN else 0)


@evidence("PAYY-TRANSACTIONS-T01")
@given(*message_words)
def test_builders_answer_for_any_notes(
    what: FieldElement, inputs: list[InputNote], outputs: list[Note], recipient: Recipient
) -> None:
    """Any notes give an accepted statement with the message of the table, or the right code."""
    check_built(what, inputs, outputs, recipient)


@evidence("PAYY-TRANSACTIONS-T01")
@given(statements(), st.sampled_from(sorted(KINDS.values())), recipients())
def test_builders_make_what_is_balanced(
    statement: Statement, what: FieldElement, recipient: Recipient
) -> None:
    """The notes of an accepted statement can be put to each builder again."""
    inputs, outputs = statement.input_notes, statement.output_notes
    check_built(what, inputs, outputs, recipient)
    assert expected_refusal(statement.public.message.kind, inputs, outputs) is None


@evidence("PAYY-TRANSACTIONS-T01", part="one fault in the notes")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
@given(st.data())
def test_builders_refuse_what_cannot_be_valid(what: FieldElement, data: st.DataObject) -> None:
    """A value, a kind, an owner or a number of notes that does not fit has its code."""
    draft = data.draw(drafts(what))
    place, value = data.draw(st.integers(0, 3)), NoteValue(data.draw(large_values))
    other = NoteKind(element(draft.notes[place].kind + 1))
    key = SecretKey(element(draft.inputs[0].secret_key + data.draw(non_zero)))
    statement = draft.statement()
    inputs, outputs = statement.input_notes, statement.output_notes
    wide = draft.with_note(2, value=value).statement()
    mixed = draft.with_note(place, kind=other).statement()
    keyless = replace(inputs[0], secret_key=key)
    recipient = Recipient(bytes(RECIPIENT_BYTES))
    for given_inputs, given_outputs in (
        (inputs, outputs),
        (inputs, (*outputs, outputs[0])),
        ((*inputs, inputs[0]), outputs),
        (wide.input_notes, wide.output_notes),
        (mixed.input_notes, mixed.output_notes),
        ((keyless, inputs[1]), outputs),
        (inputs[:1], outputs),
        (inputs, outputs[:1]),
        ((), outputs),
        (inputs, ()),
    ):
        check_built(what, given_inputs, given_outputs, recipient)


# T02


def is_balanced(statement: Statement) -> bool:
    """Balance a statement over the integers."""
    spent = sum(int(item.note.value) for item in statement.input_notes)
    made = sum(int(note.value) for note in statement.output_notes)
    stated = int(statement.public.message.value)
    return {1: spent == made, 2: spent + stated == made, 3: spent == made + stated}[
        statement.public.message.kind
    ]


@evidence("PAYY-TRANSACTIONS-T02")
@given(statements())
def test_accepted_statements_balance(statement: Statement) -> None:
    """Values that are accepted balance without the modulus."""
    check_statement(statement)
    assert is_balanced(statement)


@evidence("PAYY-TRANSACTIONS-T02")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
@given(st.data())
def test_only_balanced_values_are_accepted(what: FieldElement, data: st.DataObject) -> None:
    """Of values below 2^240, those are accepted that balance without the modulus, and no others."""
    draft = replace(data.draw(drafts(what)), imbalance=None)
    for place in range(2):
        draft = draft.with_note(place, value=data.draw(note_values()))
    first, second, third, fourth = (int(note.value) for note in draft.notes)
    stated = {SEND: 0, MINT: int(draft.value), BURN: -int(draft.value)}[what]
    off = data.draw(st.sampled_from((0, 0, 0, 1, -1, MODULUS, -MODULUS, VALUE_LIMIT)))
    balancing = {
        0: third + fourth - stated - second + off,
        3: first + second + stated - third + off,
    }
    place = data.draw(st.sampled_from((0, 3)))
    if 0 <= balancing[place] < VALUE_LIMIT:
        draft = draft.with_note(place, value=FieldElement(balancing[place]))
    due = third + fourth - first - second
    if what != SEND and data.draw(st.booleans()) and 0 <= (abs(due) + off) < VALUE_LIMIT:
        draft = replace(draft, value=FieldElement(abs(due) + off))
    statement = draft.statement()
    assert (verdict(statement) is None) == is_balanced(statement)


@evidence("PAYY-TRANSACTIONS-T02", part="the bound on inputs is needed")
@pytest.mark.parametrize(
    ("what", "inputs", "outputs", "value"),
    [
        (SEND, (MODULUS - 1, 11), (10, 0), 0),
        (SEND, (VALUE_LIMIT, MODULUS - VALUE_LIMIT), (0, 0), 0),
        (MINT, (MODULUS - 5, 0), (3, 2), 10),
        (MINT, (MODULUS - VALUE_LIMIT + 1, 0), (0, 0), VALUE_LIMIT - 1),
        (BURN, (MODULUS - 1, 12), (1, 0), 10),
        (BURN, (MODULUS - 1, VALUE_LIMIT), (0, 0), VALUE_LIMIT - 1),
    ],
)
@given(st.data())
def test_large_inputs_can_balance_modulo_p_only(
    what: FieldElement,
    inputs: tuple[int, int],
    outputs: tuple[int, int],
    value: int,
    data: st.DataObject,
) -> None:
    """With an input of 2^240 or more, a statement is accepted that makes or loses value."""
    draft = replace(data.draw(drafts(what)), value=FieldElement(value), imbalance=None)
    for place, amount in enumerate((*inputs, *outputs)):
        draft = draft.with_note(place, value=FieldElement(amount))
    statement = draft.statement()
    assert verdict(statement) is None
    assert not is_balanced(statement)


# T03


def kinds_of(statement: Statement) -> set[int]:
    """Collect the kinds of the notes that are not padding."""
    return {int(note.kind) for note in statement.notes if note.kind}


@evidence("PAYY-TRANSACTIONS-T03")
@given(statements())
def test_accepted_statements_have_one_kind(statement: Statement) -> None:
    """There is at most one kind, padding aside."""
    check_statement(statement)
    assert len(kinds_of(statement)) <= 1


@evidence(
    "PAYY-TRANSACTIONS-T03",
    exhaustive="each choice of padding and three kinds for four notes of value 0, "
    "in each transaction",
)
def test_every_mixture_of_kinds() -> None:
    """Notes of value 0 are accepted together if and only if those with a kind have the same."""
    worthless = replace(PADDING_NOTE, psi=Psi(FieldElement(1)))
    spent = InputNote(note=worthless, secret_key=SecretKey(FieldElement(0)))
    for what, kinds in product(KINDS.values(), product((0, 1, 2, MODULUS - 1), repeat=4)):
        draft = Draft(
            what=what,
            inputs=(spent, spent),
            outputs=(worthless, worthless),
            value=FieldElement(0),
            burn_address=FieldElement(0),
        )
        for place, kind in enumerate(kinds):
            draft = draft.with_note(place, kind=FieldElement(kind))
        statement = draft.statement()
        assert kinds_of(statement) == set(kinds) - {0}
        code = verdict(statement)
        if code is None:
            assert len(kinds_of(statement)) <= 1
        else:
            assert code == ErrorCode.TRANSACTION_KINDS_MIXED
            assert len(kinds_of(statement)) > 1


# T09


@evidence("PAYY-TRANSACTIONS-T09")
@given(
    statements().filter(lambda statement: statement.public.message.kind != SEND),
    st.data(),
)
def test_stated_kind_is_that_of_the_place_that_names_it(
    statement: Statement, data: st.DataObject
) -> None:
    """A mint and a burn state the kind of their notes, or 0 if padding is in front; no other."""
    is_mint = statement.public.message.kind == MINT
    first, second = statement.notes[2:] if is_mint else statement.notes[:2]
    if not second.kind and data.draw(st.booleans()):
        statement, first = behind_padding(statement), second
    kinds = kinds_of(statement)
    public = check_statement(statement)
    assert {int(public.message.note_kind)} == (kinds if first.kind else {0})
    other = data.draw(st.one_of(st.sampled_from([0, *sorted(kinds)]).map(element), token_kinds()))
    restated = replace(public, message=replace(public.message, note_kind=other))
    mismatch = (
        ErrorCode.TRANSACTION_MINT_NOTE_KIND_MISMATCH
        if is_mint
        else ErrorCode.TRANSACTION_BURN_NOTE_KIND_MISMATCH
    )
    expected = None if other == first.kind else mismatch
    assert verdict(replace(statement, public=restated)) == expected


@evidence("PAYY-TRANSACTIONS-T09", part="value of kind 0 beside padding")
@pytest.mark.parametrize("what", [MINT, BURN], ids=["mint", "burn"])
@given(st.data())
def test_value_can_be_stated_as_of_kind_0(what: FieldElement, data: st.DataObject) -> None:
    """
    With padding at the place whose kind the message names, the kind is 0, whatever the value.

    The circuit names the kind of one place and does not ask whether the value is there.
    """
    draft = replace(data.draw(drafts(what)), imbalance=None)
    kind, value = draft.outputs[0].kind, data.draw(note_values().filter(bool))
    amounts = {MINT: (0, 0, 0, value), BURN: (0, value, 0, 0)}[what]
    for place, amount in enumerate(amounts):
        present = {"kind": kind, "value": value} if amount else {"kind": FieldElement(0)}
        draft = draft.with_note(place, value=FieldElement(0)).with_note(place, **present)
    statement = replace(draft, value=value).statement()
    message = check_statement(statement).message
    assert (message.note_kind, message.value) == (0, value)
    assert kinds_of(statement) == {kind}


# T04


@evidence("PAYY-TRANSACTIONS-T04")
@given(statements())
def test_inputs_with_value_are_owned(statement: Statement) -> None:
    """The address of an input with a value is the hash of its key and 0."""
    check_statement(statement)
    for spent in statement.input_notes:
        assert not spent.note.value or spent.note.address == hash_pair(spent.secret_key, 0)


@evidence("PAYY-TRANSACTIONS-T04")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
@given(st.data())
def test_nobody_else_spends(what: FieldElement, data: st.DataObject) -> None:
    """With another key, with the other input's, or with the address as key, value stays."""
    draft = data.draw(drafts(what))
    place, shift = data.draw(st.integers(0, 1)), data.draw(non_zero)
    assert verdict(draft.statement()) is None
    own = draft.inputs[place]
    for key in (
        element(own.secret_key + shift),
        element(-own.secret_key),
        own.note.address,
        own.note.psi,
        draft.inputs[1 - place].secret_key,
        FieldElement(0),
    ):
        inputs = list(draft.inputs)
        inputs[place] = replace(own, secret_key=SecretKey(key))
        statement = replace(draft, inputs=(inputs[0], inputs[1])).statement()
        is_own = hash_pair(key, 0) == own.note.address
        assert verdict(statement) == (None if is_own else ErrorCode.TRANSACTION_INPUT_NOT_OWNED)


# T06


@dataclass(frozen=True, slots=True, kw_only=True)
class Twist:
    """The numbers that faults are made with."""

    shift: FieldElement
    """By how much a word is off, not 0."""
    large: FieldElement
    """A value that is too large."""
    word: FieldElement
    """A kind of transactions that does not exist."""


twists = st.builds(
    Twist,
    shift=non_zero,
    large=large_values,
    word=st.one_of(
        st.sampled_from((0, 4, MODULUS - 1, 2**8 + 1, 2**64 + 2, 2**128 + 3)).map(FieldElement),
        field_elements().filter(lambda word: word not in (SEND, MINT, BURN)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One broken rule."""

    name: str
    """What is done."""
    code: ErrorCode
    """The code that names the rule."""
    rank: tuple[int, ...]
    """Where in the circuit's order the rule stands."""
    put: Callable[[Draft, Twist], Draft]
    """Break the rule."""
    changes_kind_of: int | None = None
    """The note whose kind it changes; two such faults may be one."""


def faults(what: FieldElement) -> Iterator[Fault]:
    """List a fault or more for each rule that looks at statements of a kind."""
    for place in range(4):
        yield from faults_of_note(place)
    for place in (0, 1):
        yield from faults_of_owner(place)
    for place in (2, 3):
        yield fault_of_output(place)
    yield Fault(
        name="a value in the message that is too large",
        code=ErrorCode.TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE,
        rank=(3,),
        put=lambda draft, twist: replace(draft, value=twist.large),
    )
    yield Fault(
        name="another kind of transaction",
        code=ErrorCode.TRANSACTION_KIND_UNKNOWN,
        rank=(4,),
        put=lambda draft, twist: replace(draft, word=twist.word),
    )
    yield from faults_of_kind(what)


def faults_of_note(place: int) -> Iterator[Fault]:
    """List the faults that any note can have."""
    yield Fault(
        name=f"padding with a value at {place}",
        code=ErrorCode.NOTE_PADDING_HAS_VALUE,
        rank=(0, place, 0),
        put=lambda draft, _: draft.with_note(place, kind=FieldElement(0)),
        changes_kind_of=place,
    )
    yield Fault(
        name=f"another commitment at {place}",
        code=ErrorCode.TRANSACTION_COMMITMENT_MISMATCH,
        rank=(0, place, 1),
        put=lambda draft, twist: replace(
            draft, commitment_shifts={**draft.commitment_shifts, place: twist.shift}
        ),
    )
    yield Fault(
        name=f"another kind at {place}",
        code=ErrorCode.TRANSACTION_KINDS_MIXED,
        rank=(2,),
        put=lambda draft, _: draft.with_note(
            place, kind=FieldElement(draft.notes[place].kind % (MODULUS - 1) + 1)
        ),
        changes_kind_of=place,
    )


def faults_of_owner(place: int) -> Iterator[Fault]:
    """List the faults that an input can have."""
    yield Fault(
        name=f"another key at {place}",
        code=ErrorCode.TRANSACTION_INPUT_NOT_OWNED,
        rank=(6,),
        put=lambda draft, twist: with_key(draft, place, twist.shift),
    )
    yield Fault(
        name=f"another owner at {place}",
        code=ErrorCode.TRANSACTION_INPUT_NOT_OWNED,
        rank=(6,),
        put=lambda draft, twist: draft.with_note(
            place, address=element(draft.notes[place].address + twist.shift)
        ),
    )


def fault_of_output(place: int) -> Fault:
    """Give the fault that only an output can have."""
    return Fault(
        name=f"a value that is too large at {place}",
        code=ErrorCode.TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE,
        rank=(1,),
        put=lambda draft, twist: draft.with_note(place, value=twist.large),
    )


def faults_of_kind(what: FieldElement) -> Iterator[Fault]:
    """List the faults that only statements of one kind have."""
    balance, order = {
        SEND: (ErrorCode.TRANSACTION_SEND_UNBALANCED, 0),
        MINT: (ErrorCode.TRANSACTION_MINT_UNBALANCED, 0),
        BURN: (ErrorCode.TRANSACTION_BURN_UNBALANCED, 2),
    }[what]
    yield Fault(
        name="an input that is off",
        code=balance,
        rank=(5, order),
        put=lambda draft, twist: replace(draft, imbalance=twist.shift),
    )
    if what == MINT:
        yield Fault(
            name="another hash",
            code=ErrorCode.TRANSACTION_MINT_HASH_MISMATCH,
            rank=(5, 1),
            put=lambda draft, twist: replace(draft, hash_shift=twist.shift),
        )
        yield Fault(
            name="another note kind",
            code=ErrorCode.TRANSACTION_MINT_NOTE_KIND_MISMATCH,
            rank=(5, 2),
            put=lambda draft, twist: replace(draft, note_kind_shift=twist.shift),
        )
    if what == BURN:
        yield Fault(
            name="another burn address",
            code=ErrorCode.TRANSACTION_BURN_ADDRESS_MISMATCH,
            rank=(5, 0),
            put=lambda draft, twist: replace(draft, burn_address_shift=twist.shift),
        )
        yield Fault(
            name="another hash",
            code=ErrorCode.TRANSACTION_BURN_HASH_MISMATCH,
            rank=(5, 1),
            put=lambda draft, twist: replace(draft, hash_shift=twist.shift),
        )
        yield Fault(
            name="another note kind",
            code=ErrorCode.TRANSACTION_BURN_NOTE_KIND_MISMATCH,
            rank=(5, 3),
            put=lambda draft, twist: replace(draft, note_kind_shift=twist.shift),
        )


def with_key(draft: Draft, place: int, shift: int) -> Draft:
    """Exchange the key of an input."""
    inputs = list(draft.inputs)
    key = SecretKey(element(inputs[place].secret_key + shift))
    inputs[place] = replace(inputs[place], secret_key=key)
    return replace(draft, inputs=(inputs[0], inputs[1]))


FAULTS: Final = {what: list(faults(what)) for what in KINDS.values()}


def test_faults_break_every_rule() -> None:
    """Each code that `check_statement` can give has a fault that leads to it."""
    prefixes = ("TRANSACTION_", "NOTE_PADDING_")
    codes = {fault.code for several in FAULTS.values() for fault in several}
    assert codes == {code for code in ErrorCode if code.startswith(prefixes)} - {
        ErrorCode.TRANSACTION_TOO_MANY_NOTES
    }


@evidence("PAYY-TRANSACTIONS-T06")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
@given(st.data(), twists)
def test_broken_rule_is_named(what: FieldElement, data: st.DataObject, twist: Twist) -> None:
    """A statement that breaks one rule, and no other, has the code of that rule."""
    draft = data.draw(drafts(what))
    assert verdict(draft.statement()) is None
    for fault in FAULTS[what]:
        faulty = fault.put(draft, twist)
        # Nobody has to own an input that the fault leaves worth nothing.
        if faulty.notes[0].value:
            assert verdict(faulty.statement()) == fault.code, fault.name


@evidence("PAYY-TRANSACTIONS-T06")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
# Some 250 pairs an example: fewer examples do, and a failure, which names its pair, is not shrunk.
@settings(max_examples=max(2, settings().max_examples // 10), phases=(Phase.generate,))
@given(st.data(), twists)
def test_earlier_of_two_broken_rules_is_named(
    what: FieldElement, data: st.DataObject, twist: Twist
) -> None:
    """Of each two broken rules, the code of the one that the circuit looks at first is given."""
    draft = data.draw(drafts(what))
    for pair in combinations(FAULTS[what], 2):
        first, second = sorted(pair, key=lambda fault: fault.rank)
        if None is not first.changes_kind_of == second.changes_kind_of:
            continue
        faulty = second.put(first.put(draft, twist), twist)
        if faulty.notes[0].value:
            assert verdict(faulty.statement()) == first.code, (first.name, second.name)


@evidence("PAYY-TRANSACTIONS-T06", part="words of another note")
@given(drafts(MINT), drafts(BURN), padding_notes())
def test_message_is_about_the_first_place(mint: Draft, burn: Draft, padding: Note) -> None:
    """What fits the other output or input, or both in the other order, does not fit."""
    fields = {name: getattr(padding, name) for name in ("kind", "value", "address", "psi")}
    kind = mint.outputs[0].kind
    assume(mint.outputs[0].psi != mint.outputs[1].psi)
    digest = hash_pair(*(note.psi for note in mint.outputs))
    crosswise = hash_pair(*(note.psi for note in reversed(mint.outputs)))
    swapped = replace(mint, hash_shift=crosswise - digest)
    assert verdict(swapped.statement()) == ErrorCode.TRANSACTION_MINT_HASH_MISMATCH
    for place, shift in ((2, kind), (3, -kind)):
        other = replace(mint.with_note(place, **fields), note_kind_shift=shift)
        assert verdict(other.statement()) == ErrorCode.TRANSACTION_MINT_NOTE_KIND_MISMATCH

    first, second = (commitment_of(note) for note in burn.notes[:2])
    assume(first != second)
    swapped = replace(burn, hash_shift=second - first)
    assert verdict(swapped.statement()) == ErrorCode.TRANSACTION_BURN_HASH_MISMATCH
    kind = burn.outputs[0].kind
    other = replace(burn.with_note(1, **fields), note_kind_shift=-kind)
    assert verdict(other.statement()) == ErrorCode.TRANSACTION_BURN_NOTE_KIND_MISMATCH
    # Input 0 is the one that balances: here it is padding, and input 1 balances.
    due = burn.value + sum(note.value for note in burn.outputs)
    other = replace(burn, imbalance=None, note_kind_shift=kind).with_note(0, **fields)
    other = other.with_note(1, value=element(due))
    assert verdict(other.statement()) == ErrorCode.TRANSACTION_BURN_NOTE_KIND_MISMATCH
    assert verdict(replace(other, note_kind_shift=0).statement()) is None


# T08


def unseen_words(draft: Draft, data: st.DataObject) -> Draft:
    """Exchange the public words that nobody looks at."""
    if draft.what == BURN:
        return draft
    draft = replace(draft, burn_address_shift=data.draw(field_elements()))
    if draft.what == MINT:
        return draft
    return replace(
        draft,
        value=data.draw(note_values()),
        note_kind_shift=data.draw(field_elements()),
        hash_shift=data.draw(field_elements()),
    )


def worthless_input(draft: Draft, data: st.DataObject) -> Draft:
    """Exchange an input of value 0 for another one of the kind, or for padding, of anybody."""
    kind = data.draw(st.sampled_from((draft.outputs[0].kind, FieldElement(0))))
    address, psi = data.draw(field_elements()), data.draw(field_elements())
    draft = draft.with_note(1, kind=kind, value=FieldElement(0), address=address, psi=psi)
    return with_key(draft, 1, data.draw(field_elements()))


def content_of_padding(draft: Draft, data: st.DataObject) -> Draft:
    """Put padding with any content at a place whose value does not balance the others."""
    padding = data.draw(padding_notes())
    fields = {name: getattr(padding, name) for name in ("kind", "value", "address", "psi")}
    return draft.with_note(data.draw(st.integers(1, 3)), **fields)


def note_at_two_places(draft: Draft, data: st.DataObject) -> Draft:
    """Let one note be both inputs, both outputs, or go and come."""
    how = data.draw(st.sampled_from(("inputs", "outputs", "both sides")))
    if how == "outputs":
        return replace(draft, outputs=(draft.outputs[0], draft.outputs[0]))
    if how == "both sides":
        return replace(draft, outputs=(draft.inputs[1].note, draft.outputs[1]))
    stated = {SEND: 0, MINT: -int(draft.value), BURN: int(draft.value)}[draft.what]
    made = sum(note.value for note in draft.outputs) + stated
    half = NoteValue(element(made * pow(2, -1, MODULUS)))
    spent = replace(draft.inputs[0], note=replace(draft.inputs[0].note, value=half))
    return replace(draft, inputs=(spent, spent))


EXCHANGES: Final = (unseen_words, worthless_input, content_of_padding, note_at_two_places)


@evidence("PAYY-TRANSACTIONS-T08")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
@given(st.data())
def test_accepted_statements_stay_accepted(what: FieldElement, data: st.DataObject) -> None:
    """What is exchanged here, once, again, and with other words, changes no verdict."""
    draft = data.draw(drafts(what))
    assert verdict(draft.statement()) is None
    for exchange in EXCHANGES:
        once = exchange(draft, data)
        # A note that is twice an input may be worth too much for an output.
        again = once if exchange is note_at_two_places else exchange(once, data)
        for exchanged in (once, again, unseen_words(again, data)):
            assert verdict(exchanged.statement()) is None


@evidence("PAYY-TRANSACTIONS-T08", part="words that nobody looks at")
@given(
    drafts(SEND), drafts(MINT), field_elements(), note_values(), field_elements(), field_elements()
)
def test_words_that_are_not_looked_at(
    send: Draft,
    mint: Draft,
    note_kind: FieldElement,
    value: NoteValue,
    digest: FieldElement,
    burn_address: FieldElement,
) -> None:
    """A send may say anything in its words, and a mint in its burn address; both privately too."""
    sent = replace(
        send,
        value=value,
        note_kind_shift=note_kind,
        hash_shift=digest,
        burn_address_shift=burn_address,
    )
    assert sent.statement().public.message == Message(
        kind=SEND, note_kind=note_kind, value=value, hash=digest, burn_address=burn_address
    )
    for draft in (sent, replace(mint, burn_address_shift=burn_address)):
        assert verdict(draft.statement()) is None


@evidence("PAYY-TRANSACTIONS-T08", part="an input of value 0 that is not owned")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
@given(st.data(), non_zero)
def test_worthless_input_of_somebody_else(
    what: FieldElement, data: st.DataObject, shift: FieldElement
) -> None:
    """A note of value 0 needs no key; with a value of 1 the same note does."""
    draft = with_key(data.draw(drafts(what)), 1, shift)
    worthless = draft.with_note(1, value=FieldElement(0))
    assert verdict(worthless.statement()) is None
    valued = draft.with_note(1, value=FieldElement(1))
    assert verdict(valued.statement()) == ErrorCode.TRANSACTION_INPUT_NOT_OWNED


@evidence("PAYY-TRANSACTIONS-T08", part="notes that occur twice")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
@given(st.data())
def test_notes_that_occur_twice(what: FieldElement, data: st.DataObject) -> None:
    """One note may be both inputs, both outputs, or go and come."""
    draft = data.draw(drafts(what))
    stated = {SEND: 0, MINT: -int(draft.value), BURN: int(draft.value)}[what]
    made = sum(note.value for note in draft.outputs) + stated
    half = element(made * pow(2, -1, MODULUS))
    spent = replace(draft.inputs[0], note=replace(draft.inputs[0].note, value=NoteValue(half)))
    twice = replace(draft, inputs=(spent, spent))
    assert len(set(twice.statement().public.input_commitments)) == 1
    same_outputs = replace(draft, outputs=(draft.outputs[0], draft.outputs[0]))
    comes_back = replace(draft, outputs=(draft.inputs[1].note, draft.outputs[1]))
    for each in (twice, same_outputs, comes_back):
        assert verdict(each.statement()) is None


@evidence("PAYY-TRANSACTIONS-T08", part="padding with an owner and a psi")
@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
@given(st.data())
def test_padding_may_hold_anything(what: FieldElement, data: st.DataObject) -> None:
    """Any address, psi and key stand in padding, at any place; its commitment is 0 all the same."""
    draft = data.draw(drafts(what))
    for place in range(1, 4):
        padding = data.draw(padding_notes())
        fields = {name: getattr(padding, name) for name in ("kind", "value", "address", "psi")}
        padded = draft.with_note(place, **fields)
        statement = with_key(padded, 1, 1).statement() if place == 1 else padded.statement()
        assert verdict(statement) is None
        assert statement.public.commitments[place] == 0


@evidence("PAYY-TRANSACTIONS-T08", part="a mint and a burn of nothing")
@pytest.mark.parametrize("what", [MINT, BURN], ids=["mint", "burn"])
@given(st.data())
def test_nothing_is_minted_and_burned(what: FieldElement, data: st.DataObject) -> None:
    """Value 0, kind 0 and padding alone are a mint and a burn."""
    spent = [
        InputNote(note=data.draw(padding_notes()), secret_key=SecretKey(FieldElement(0)))
        for _ in range(2)
    ]
    draft = Draft(
        what=what,
        inputs=(spent[0], spent[1]),
        outputs=(data.draw(padding_notes()), data.draw(padding_notes())),
        value=FieldElement(0),
        burn_address=data.draw(field_elements()),
    )
    public = check_statement(draft.statement())
    assert public.message.words[:3] == (what, 0, 0)
    assert public.commitments == (0, 0, 0, 0)


# T07


@evidence("PAYY-TRANSACTIONS-T07")
@given(public_inputs())
def test_nine_words_are_the_public_inputs(public: PublicInputs) -> None:
    """Words are in the order of the rule, and give the public inputs back."""
    message = public.message
    assert public.words == (
        *public.input_commitments,
        *public.output_commitments,
        message.kind,
        message.note_kind,
        message.value,
        message.hash,
        message.burn_address,
    )
    assert public_inputs_of(public.words) == public
    assert transaction_hash(public) == hash_elements(public.words)


@evidence("PAYY-TRANSACTIONS-T07")
@given(public_inputs(), non_zero, st.permutations(range(9)))
def test_hash_changes_with_each_word(
    public: PublicInputs, shift: FieldElement, order: list[int]
) -> None:
    """Another word at any place, or the words in another order, are another transaction."""
    words = public.words
    name = transaction_hash(public)
    others = {name}
    for place, word in enumerate(words):
        changed = (*words[:place], element(word + shift), *words[place + 1 :])
        others.add(transaction_hash(public_inputs_of(changed)))
    assert len(others) == 10
    permuted = tuple(words[place] for place in order)
    assert (transaction_hash(public_inputs_of(permuted)) == name) == (permuted == words)


@evidence("PAYY-TRANSACTIONS-T07", part="nothing private enters")
@given(drafts(SEND), padding_notes(), padding_notes(), non_zero)
def test_private_differences_do_not_show(
    draft: Draft, padding: Note, other: Note, shift: FieldElement
) -> None:
    """What padding holds, its key and an unused burn address change nothing that is public."""
    first, second = (
        replace(draft, outputs=(draft.outputs[0], note)).with_note(
            1, kind=note.kind, value=note.value, address=note.address, psi=note.psi
        )
        for note in (padding, other)
    )
    second = replace(with_key(second, 1, shift), burn_address=element(draft.burn_address + shift))
    assert first.statement() != second.statement()
    results = [check_statement(each.statement()) for each in (first, second)]
    assert results[0] == results[1]
    assert transaction_hash(results[0]) == transaction_hash(results[1])


@evidence("PAYY-TRANSACTIONS-T07")
@given(statements())
def test_public_inputs_are_those_of_the_notes(statement: Statement) -> None:
    """An accepted statement gives its public inputs, whose commitments are the notes'."""
    public = check_statement(statement)
    assert public is statement.public
    assert public.commitments == tuple(map(note_commitment, statement.notes))
