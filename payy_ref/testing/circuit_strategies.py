"""
Hypothesis strategies for constraint systems, statements with faults and edits of witnesses.

Systems are made from tables: cells are drawn, what a gate says of the row below is put there, and
what is left over goes into constants. So any gate stands above any other, which no author of a
circuit would write. An implementation's own tests may import them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_elements
from payy_ref.errors import SpecError
from payy_ref.ledger.block import EMPTY_PLACE, apply_block
from payy_ref.ledger.note import COMMITMENT_FORMAT, Note, NoteValue, SecretKey
from payy_ref.ledger.transaction import (
    BURN,
    MINT,
    PADDING,
    SEND,
    Statement,
    mint_hash,
    public_inputs_of,
)
from payy_ref.merkle.kernels import slot_of
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.parameters import Parameters
from payy_ref.proofs.gates import CONSTANTS, CONSTRAINTS, WIRES, Gate, Row
from payy_ref.proofs.system import EMPTY_ROW, UNUSED, Cell, System, Witness
from payy_ref.testing.ledger_strategies import (
    KINDS,
    BlockScript,
    accepted_scripts,
    block_scripts,
    statements,
)
from payy_ref.testing.strategies import field_elements, leaves, leaves_in_slot

SIZES: Final = (16, 32)
"""Numbers of rows of the systems that are made here."""

MOST_PUBLIC: Final = 3
"""The most public inputs of these systems."""


# Systems


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledSystem:
    """A system and a witness that satisfies it."""

    system: System
    """The rows and copies."""
    witness: Witness
    """The table."""


@st.composite
def filled_systems(draw: st.DrawFn, sizes: Sequence[int] = SIZES) -> FilledSystem:
    """Give a system of any gates, copies and public inputs, and a witness that satisfies it."""
    size = draw(st.sampled_from(sizes))
    rows = draw(st.integers(size // 2 + 1, size))
    public_count = draw(st.integers(0, MOST_PUBLIC))
    pool = draw(st.lists(field_elements(), min_size=2, max_size=5))
    # Few values, so that many cells can be copies of each other.
    values = st.sampled_from(pool)
    table: list[list[int]] = []
    gates: list[int] = []
    constants: list[list[int]] = []
    imposed: dict[int, int] = {}
    for row in range(rows):
        is_public, is_last = row < public_count, row == rows - 1
        cells = [imposed.get(wire) for wire in range(WIRES)]
        filled = [int(draw(values)) if cell is None else cell for cell in cells]
        factors = [0] * CONSTANTS if is_public else [int(draw(values)) for _ in range(CONSTANTS)]
        gate = Gate.ARITHMETIC if is_public else draw(_gates(imposed, is_last=is_last))
        imposed = (
            {}
            if gate is None
            else _completed(gate, filled, factors, imposed, draw, is_public=is_public)
        )
        table.append(filled)
        gates.append(EMPTY_ROW if gate is None else gate)
        constants.append(factors)
    spare = size - rows
    wires = tuple([*(cells[wire] for cells in table), *[0] * spare] for wire in range(WIRES))
    system = System(
        name=draw(st.text("abc", max_size=3)),
        size=size,
        rows=rows,
        public_names=tuple(f"x[{i}]" for i in range(public_count)),
        gates=np.array([*gates, *[EMPTY_ROW] * spare], dtype=np.int8),
        constants=tuple([*(row[i] for row in constants), *[0] * spare] for i in range(CONSTANTS)),
        cells=_variables(draw, wires, rows),
        row_labels=tuple(f"row[{i}]" for i in range(rows)),
    )
    public = tuple(wires[3][:public_count])
    return FilledSystem(system=system, witness=Witness(wires=wires, public=public))


def _gates(imposed: Mapping[int, int], *, is_last: bool) -> st.SearchStrategy[Gate | None]:
    """Give a gate that a row can have, whose cells the row above may have fixed."""
    if is_last:
        return st.sampled_from((None, Gate.ARITHMETIC))
    # A row of digits says something of its own cells too.
    return st.sampled_from([None, *(g for g in Gate if g is not Gate.DIGITS or len(imposed) < 2)])


def _completed(
    gate: Gate,
    cells: list[int],
    constants: list[int],
    imposed: Mapping[int, int],
    draw: st.DrawFn,
    *,
    is_public: bool,
) -> dict[int, int]:
    """Make a row satisfy its gate; give what the gate asks of the row below."""
    if gate is Gate.ARITHMETIC:
        if not is_public:
            (gap,) = remainders(gate, cells, [0] * WIRES, constants)
            if WIRES - 1 in imposed:
                constants[3] = (constants[3] - gap) % MODULUS
            else:
                cells[3] = (cells[3] + gap) % MODULUS
        return {}
    if gate is Gate.DIGITS:
        for wire in range(1, WIRES + 1):
            value = (4 * cells[wire - 1] + draw(st.integers(0, 3))) % MODULUS
            if wire == WIRES:
                return {0: value}
            cells[wire] = value
    # Constraint i of the gates of the hash is cell i of the row below, less what precedes it.
    below = [0] * WIRES
    for wire in range(WIRES):
        below[wire] = -remainders(gate, cells, below, constants)[wire] % MODULUS
    return dict(enumerate(below))


def remainders(
    gate: Gate, cells: Sequence[int], below: Sequence[int], constants: Sequence[int]
) -> list[int]:
    """Evaluate the constraints of one row over integers."""
    row = Row(wires=cells, below=below, constants=constants, one=1)
    return [value % MODULUS for value in CONSTRAINTS[gate](row)]


def _variables(
    draw: st.DrawFn, wires: Sequence[Sequence[int]], rows: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """Let cells of one value be one variable, or two, or none."""
    names: dict[tuple[int, int], int] = {}
    cells = np.full((WIRES, len(wires[0])), UNUSED, dtype=np.int32)
    for wire, column in enumerate(wires):
        for row in range(rows):
            group = draw(st.sampled_from((None, 0, 0, 0, 1)))
            if group is not None:
                cells[wire, row] = names.setdefault((column[row], group), len(names))
    return cells


@st.composite
def edits(draw: st.DrawFn, system: System, most: int = 3) -> dict[Cell, int]:
    """Give a few cells of the rows in use with other values."""
    cells = st.tuples(st.integers(0, WIRES - 1), st.integers(0, system.rows - 1))
    return draw(st.dictionaries(cells, field_elements().map(int), min_size=1, max_size=most))


# Statements


def with_what_follows(statement: Statement) -> Statement:
    """Work out again what the notes decide: commitments and what the message says of notes."""
    commitments = [_commitment(note) for note in statement.notes]
    message = statement.public.message
    named, digest, address = message.note_kind, message.hash, message.burn_address
    if message.kind == MINT:
        named, digest = statement.output_notes[0].kind, mint_hash(statement.output_notes)
    if message.kind == BURN:
        named, digest = statement.input_notes[0].note.kind, commitments[0]
        address = statement.burn_address
    words = (*commitments, message.kind, named, message.value, digest, address)
    return replace(statement, public=public_inputs_of(words))


def balanced(statement: Statement) -> Statement:
    """Give input 0 the value that balances the rest in the field, however large it is."""
    message, (first, second) = statement.public.message, statement.input_notes
    stated = {MINT: -message.value, BURN: message.value}.get(message.kind, 0)
    made = sum(note.value for note in statement.output_notes)
    value = NoteValue(FieldElement((made + stated - second.note.value) % MODULUS))
    note = replace(first.note, value=value)
    return replace(statement, input_notes=(replace(first, note=note), second))


def bent_statements() -> st.SearchStrategy[Statement]:
    """Give a statement that may be refused: one chosen fault, or several random changes."""
    return st.one_of(faulty_statements(), changed_statements())


@st.composite
def faulty_statements(draw: st.DrawFn) -> Statement:
    """
    Give an accepted statement with one fault, of any rule in turn.

    All that follows from the notes is worked out again, so that nothing but the fault is wrong.
    """
    statement = draw(statements())
    message = statement.public.message
    shift = draw(st.one_of(st.sampled_from((1, MODULUS - 1)), leaves().map(int)))
    large = NoteValue(FieldElement(draw(st.one_of(st.just(2**240), st.integers(2**240, 2**253)))))
    place = draw(st.integers(0, 3))
    fault = draw(st.sampled_from(("word", "amount", "large output", "large message", "field")))
    match fault:
        case "amount":
            note = statement.notes[place]
            value = NoteValue(FieldElement((note.value + shift) % 2**240))
            return with_what_follows(with_note(statement, place, value=value))
        case "large output":
            return with_what_follows(balanced(with_note(statement, 2 + place % 2, value=large)))
        case "large message":
            public = replace(statement.public, message=replace(message, value=large))
            return with_what_follows(balanced(replace(statement, public=public)))
        case "field":
            name = draw(st.sampled_from(("kind", "address", "psi")))
            other = FieldElement((getattr(statement.notes[place], name) + shift) % MODULUS)
            return with_what_follows(with_note(statement, place, **{name: other}))
    words = list(statement.public.words)
    word = draw(st.integers(0, len(words) - 1))
    words[word] = FieldElement((words[word] + shift) % MODULUS)
    return replace(statement, public=public_inputs_of(words))


@st.composite
def changed_statements(draw: st.DrawFn) -> Statement:
    """
    Give an accepted statement with up to three things changed.

    Often what follows from the notes is worked out again, so that later rules are reached too.
    """
    statement = draw(statements())
    for _ in range(draw(st.integers(1, 3))):
        change = draw(st.sampled_from((_with_word, _with_field, _with_key, _turned)))
        statement = draw(change(statement))
    if draw(st.booleans()):
        statement = balanced(statement)
    if draw(st.sampled_from((True, True, False))):
        statement = with_what_follows(statement)
    if draw(st.sampled_from((True, False, False))):
        statement = draw(_with_word(statement))
    return statement


def with_note(statement: Statement, place: int, **changes: FieldElement) -> Statement:
    """Change fields of one of the four notes; nothing follows."""
    fields: dict[str, Any] = dict(changes)
    if place < 2:
        spent = list(statement.input_notes)
        spent[place] = replace(spent[place], note=replace(spent[place].note, **fields))
        return replace(statement, input_notes=(spent[0], spent[1]))
    made = list(statement.output_notes)
    made[place - 2] = replace(made[place - 2], **fields)
    return replace(statement, output_notes=(made[0], made[1]))


def _suspects(statement: Statement) -> st.SearchStrategy[FieldElement]:
    """Give values that may slip through: those of the statement, of rules, and any."""
    known = [*statement.public.words, *(note.kind for note in statement.notes)]
    limits = (0, 4, 2**240 - 1, 2**240, 2**240 + 1, MODULUS - 1, *KINDS, SEND, MINT, BURN)
    return st.one_of(
        st.sampled_from(known), st.sampled_from(limits).map(FieldElement), field_elements()
    )


@st.composite
def _with_word(draw: st.DrawFn, statement: Statement) -> Statement:
    words = list(statement.public.words)
    words[draw(st.integers(0, len(words) - 1))] = draw(_suspects(statement))
    return replace(statement, public=public_inputs_of(words))


@st.composite
def _with_field(draw: st.DrawFn, statement: Statement) -> Statement:
    place = draw(st.integers(0, 3))
    name = draw(st.sampled_from(("kind", "value", "address", "psi")))
    return with_note(statement, place, **{name: draw(_suspects(statement))})


@st.composite
def _with_key(draw: st.DrawFn, statement: Statement) -> Statement:
    place, value = draw(st.integers(0, 2)), draw(_suspects(statement))
    if place == 2:
        return replace(statement, burn_address=value)
    spent = list(statement.input_notes)
    spent[place] = replace(spent[place], secret_key=SecretKey(value))
    return replace(statement, input_notes=(spent[0], spent[1]))


@st.composite
def _turned(draw: st.DrawFn, statement: Statement) -> Statement:
    if draw(st.booleans()):
        first, second = statement.input_notes
        return replace(statement, input_notes=(second, first))
    one, other = statement.output_notes
    return replace(statement, output_notes=(other, one))


def _commitment(note: Note) -> FieldElement:
    """Commit to a note; to padding with a value, to which nobody can, as to padding."""
    content = (COMMITMENT_FORMAT, note.kind, note.value, note.address, note.psi, 0, 0)
    return hash_elements([FieldElement(item) for item in content]) if note.kind else FieldElement(0)


# Blocks


def judged_scripts(parameters: Parameters) -> st.SearchStrategy[BlockScript]:
    """Give a block that fits the places of a network: accepted, refused, or bent at random."""

    def cut(script: BlockScript) -> BlockScript:
        return replace(script, transactions=script.transactions[: parameters.block_transactions])

    refused, bent = refused_scripts(parameters), block_scripts(parameters).map(cut)
    return st.one_of(accepted_scripts(parameters), refused, bent)


BLOCK_FAULTS: Final = ("kind", "carried", "absent", "occupied", "repeated", "padding")
"""What a block may be refused for."""


@st.composite
def refused_scripts(
    draw: st.DrawFn, parameters: Parameters, faults: Sequence[str] = BLOCK_FAULTS
) -> BlockScript:
    """Give an accepted block of a transaction or more with one fault."""
    script = draw(accepted_scripts(parameters, minimum=1))
    some = list(script.transactions)
    depth, place = parameters.tree_depth, draw(st.integers(0, len(some) - 1))
    words = list(some[place].words)
    known = [leaf for leaf in (*script.leaves, *words[:4]) if leaf]
    match draw(st.sampled_from(faults)):
        case "kind":
            words[4] = draw(st.sampled_from((4, MODULUS - 1)).map(FieldElement))
        case "carried":
            words[draw(st.sampled_from((6, 8)))] = draw(leaves())
            words[5] = FieldElement(0)
        case "absent":
            words[draw(st.sampled_from((0, 1)))] = draw(leaves())
        case "occupied" if known and depth <= 252:
            slot = slot_of(draw(st.sampled_from(known)), 2**depth)
            words[draw(st.sampled_from((2, 3)))] = draw(leaves_in_slot(depth, slot))
        case "repeated" if script.leaves:
            # It goes and comes again: nothing but the rule itself is against it.
            leaf = draw(st.sampled_from(script.leaves))
            some = [item for item in some if leaf not in item.commitments]
            place = len(some)
            words = [leaf, FieldElement(0), leaf, FieldElement(0), SEND, *[FieldElement(0)] * 4]
            some.append(EMPTY_PLACE)
            assume(place < parameters.block_transactions)
        case _:
            words = [FieldElement(0)] * 4 + words[4:]
            words[draw(st.integers(0, 3))], words[4] = draw(leaves()), PADDING
    some[place] = public_inputs_of(words)
    bent = replace(script, transactions=tuple(some))
    try:
        apply_block(PersistentTree.of(depth, script.leaves), bent.transactions, parameters)
    except SpecError:
        return bent
    assume(condition=False)
    return bent
