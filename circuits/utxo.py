"""
The client's circuit: a private transaction fits its nine public inputs.

Satisfiable exactly when `payy_ref.ledger.transaction.check_statement` accepts; written in the order
of its checks. Source: chapter transactions; deployed `noir/utxo/src/main.nr`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final

from circuits.gadgets.bits import assert_in_range
from circuits.gadgets.logic import (
    assert_equal,
    assert_product_is_zero,
    difference,
    product,
    sum_of,
)
from circuits.gadgets.note import NoteVariables, note_address, note_commitment, private_note
from circuits.gadgets.poseidon2 import hash_elements
from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode
from payy_ref.ledger.note import VALUE_LIMIT
from payy_ref.ledger.transaction import Statement
from payy_ref.proofs.system import Builder, Circuit, Variable

NAME: Final = "payy-ref/utxo/1"
"""Identity of the circuit and of this version of it."""

VALUE_BITS: Final = VALUE_LIMIT.bit_length() - 1
"""Values have at most this many bits."""

PUBLIC_NAMES: Final = (
    "input_commitments[0]",
    "input_commitments[1]",
    "output_commitments[0]",
    "output_commitments[1]",
    "message.kind",
    "message.note_kind",
    "message.value",
    "message.hash",
    "message.burn_address",
)
"""The public inputs in their order."""

CODES: Final[Mapping[str, ErrorCode]] = {
    "notes/commitment/padding_has_no_value": ErrorCode.NOTE_PADDING_HAS_VALUE,
    "notes/is_committed": ErrorCode.TRANSACTION_COMMITMENT_MISMATCH,
    "outputs/value_in_range": ErrorCode.TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE,
    "kinds": ErrorCode.TRANSACTION_KINDS_MIXED,
    "message/value_in_range": ErrorCode.TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE,
    "message/kind_is_known": ErrorCode.TRANSACTION_KIND_UNKNOWN,
    "send/balanced": ErrorCode.TRANSACTION_SEND_UNBALANCED,
    "mint/balanced": ErrorCode.TRANSACTION_MINT_UNBALANCED,
    "mint/hash": ErrorCode.TRANSACTION_MINT_HASH_MISMATCH,
    "mint/note_kind": ErrorCode.TRANSACTION_MINT_NOTE_KIND_MISMATCH,
    "burn/address": ErrorCode.TRANSACTION_BURN_ADDRESS_MISMATCH,
    "burn/hash": ErrorCode.TRANSACTION_BURN_HASH_MISMATCH,
    "burn/balanced": ErrorCode.TRANSACTION_BURN_UNBALANCED,
    "burn/note_kind": ErrorCode.TRANSACTION_BURN_NOTE_KIND_MISMATCH,
    "inputs/owned": ErrorCode.TRANSACTION_INPUT_NOT_OWNED,
}
"""
The rule behind a label: the code of each group of constraints that an honest witness of a refused
statement breaks, in the order of the predicate. Numbers in brackets are left out of the names.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """The variables of a statement."""

    inputs: tuple[NoteVariables, ...]
    """The notes that are spent."""
    secret_keys: tuple[Variable, ...]
    """Their keys."""
    outputs: tuple[NoteVariables, ...]
    """The notes that are made."""
    burn_address: Variable
    """Private copy of the burn address."""
    public: tuple[Variable, ...]
    """The nine public inputs."""

    @property
    def notes(self) -> tuple[NoteVariables, ...]:
        """The four notes, inputs first."""
        return (*self.inputs, *self.outputs)


@cache
def utxo() -> Circuit:
    """
    Write the circuit.

    Requirements:
        PAYY-CIRCUITS-010
    """
    builder = Builder(NAME)
    public = tuple(builder.public(name) for name in PUBLIC_NAMES)
    statement = _Statement(
        inputs=tuple(private_note(builder, f"input_notes[{i}]") for i in range(2)),
        secret_keys=tuple(builder.private(f"input_notes[{i}].secret_key") for i in range(2)),
        outputs=tuple(private_note(builder, f"output_notes[{i}]") for i in range(2)),
        burn_address=builder.private("burn_address"),
        public=public,
    )
    kind, _, value, _, _ = public[4:]

    _commitments(builder, statement)
    for i, note in enumerate(statement.outputs):
        with builder.scope(f"outputs[{i}]"):
            assert_in_range(builder, "value_in_range", note.value, VALUE_BITS)
    _kinds(builder, statement.notes)
    with builder.scope("message"):
        assert_in_range(builder, "value_in_range", value, VALUE_BITS)
        is_send, is_mint, is_burn = _kind_bits(builder, kind)
    with builder.scope("sums"):
        spent = sum_of(builder, "inputs", *(note.value for note in statement.inputs))
        made = sum_of(builder, "outputs", *(note.value for note in statement.outputs))
    _send(builder, is_send, spent, made)
    _mint(builder, is_mint, spent, made, statement)
    _burn(builder, is_burn, spent, made, statement)
    _ownership(builder, statement)
    return builder.build()


def _commitments(builder: Builder, statement: _Statement) -> None:
    """Let each public commitment be that of its note."""
    for i, (note, commitment) in enumerate(zip(statement.notes, statement.public[:4], strict=True)):
        with builder.scope(f"notes[{i}]"):
            computed = note_commitment(builder, "commitment", note)
            assert_equal(builder, "is_committed", computed, commitment)


def _kinds(builder: Builder, notes: Sequence[NoteVariables]) -> None:
    """Let each pair of notes have one kind, or one of them be padding."""
    for (i, first), (j, second) in combinations(enumerate(notes), 2):
        with builder.scope(f"kinds[{i},{j}]"):
            both = product(builder, "both", first.kind, second.kind)
            gap = difference(builder, "gap", first.kind, second.kind)
            assert_product_is_zero(builder, "agree", both, gap)


def _kind_bits(builder: Builder, kind: Variable) -> tuple[Variable, Variable, Variable]:
    """Let the kind be 1, 2 or 3, and tell which, by the polynomials that are 1 at one of them."""
    with builder.scope("kind_is_known"):
        # (k - 1)(k - 2) = k^2 - 3k + 2, and times k - 3.
        not_send_or_mint = builder.arithmetic("partial", (1, -3, 0, 2), kind, kind)
        above = builder.arithmetic("less_three", (0, 1, 0, -3), kind)
        assert_product_is_zero(builder, "is_one_of_three", not_send_or_mint, above)
    half = pow(2, -1, MODULUS)
    is_send = builder.arithmetic("is_send", (half, -5 * half, 0, 3), kind, kind)
    is_mint = builder.arithmetic("is_mint", (-1, 4, 0, -3), kind, kind)
    is_burn = builder.arithmetic("is_burn", (half, -3 * half, 0, 1), kind, kind)
    return is_send, is_mint, is_burn


def _equal_if(
    builder: Builder, name: str, condition: Variable, left: Variable, right: Variable
) -> None:
    """Let two values be equal if the condition is not 0."""
    with builder.scope(name):
        gap = difference(builder, "gap", left, right)
        assert_product_is_zero(builder, "holds", condition, gap)


def _send(builder: Builder, is_send: Variable, spent: Variable, made: Variable) -> None:
    with builder.scope("send"):
        _equal_if(builder, "balanced", is_send, spent, made)


def _mint(
    builder: Builder, is_mint: Variable, spent: Variable, made: Variable, statement: _Statement
) -> None:
    _, note_kind, value, digest, _ = statement.public[4:]
    outputs = statement.outputs
    with builder.scope("mint"):
        expected = sum_of(builder, "inputs_and_value", spent, value)
        _equal_if(builder, "balanced", is_mint, made, expected)
        computed = hash_elements(builder, "mint_hash", [note.psi for note in outputs])
        _equal_if(builder, "hash", is_mint, digest, computed)
        _equal_if(builder, "note_kind", is_mint, note_kind, outputs[0].kind)


def _burn(
    builder: Builder, is_burn: Variable, spent: Variable, made: Variable, statement: _Statement
) -> None:
    _, note_kind, value, digest, address = statement.public[4:]
    with builder.scope("burn"):
        _equal_if(builder, "address", is_burn, address, statement.burn_address)
        _equal_if(builder, "hash", is_burn, digest, statement.public[0])
        expected = sum_of(builder, "outputs_and_value", made, value)
        _equal_if(builder, "balanced", is_burn, spent, expected)
        _equal_if(builder, "note_kind", is_burn, note_kind, statement.inputs[0].kind)


def _ownership(builder: Builder, statement: _Statement) -> None:
    """Let the key of an input that has value be that of its address."""
    for i, (note, key) in enumerate(zip(statement.inputs, statement.secret_keys, strict=True)):
        with builder.scope(f"inputs[{i}]"):
            address = note_address(builder, "address", key)
            _equal_if(builder, "owned", note.value, address, note.address)


def inputs_of(statement: Statement) -> dict[str, int]:
    """Lay out a statement as the inputs of the circuit."""
    values: dict[str, int] = dict(zip(PUBLIC_NAMES, statement.public.words, strict=True))
    notes = [spent.note for spent in statement.input_notes]
    for side, some in (("input_notes", notes), ("output_notes", statement.output_notes)):
        for i, note in enumerate(some):
            for field in ("kind", "value", "address", "psi"):
                values[f"{side}[{i}].{field}"] = getattr(note, field)
    for i, spent in enumerate(statement.input_notes):
        values[f"input_notes[{i}].secret_key"] = spent.secret_key
    values["burn_address"] = statement.burn_address
    return values
