"""
Private transactions: two notes go, two notes come, and nobody sees which.

A statement holds all that the client's proof is about: the notes and keys, which stay private, and
nine public field elements. `check_statement` is the predicate of the deployed circuit. It judges
a statement alone; whether inputs exist and outputs are new is judged by the block.

Source: deployed `noir/utxo/src/main.nr`, `noir/common/src/note.nr` and
`pkg/zk-primitives/src/utxo.rs`; decision 0011.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.hashing import hash_elements, hash_pair
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.kernels import kinds_agree, sums_agree
from payy_ref.ledger.note import VALUE_LIMIT, InputNote, Note, note_address, note_commitment

Pair = tuple[FieldElement, FieldElement]

PUBLIC_INPUTS: Final = 9
"""Number of public field elements of a transaction."""


PADDING: Final = FieldElement(0)
"""Kind of a place in a block without a transaction; it has no proof."""

SEND: Final = FieldElement(1)
"""Kind of a transaction that moves value between notes."""

MINT: Final = FieldElement(2)
"""Kind of a transaction that makes notes from a deposit on L1."""

BURN: Final = FieldElement(3)
"""Kind of a transaction that unmakes notes for a payment on L1."""

ZERO: Final = FieldElement(0)
"""What stands in a message where there is nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The public words of a transaction besides its commitments."""

    kind: FieldElement
    """What the transaction does: `SEND`, `MINT`, `BURN`, or `PADDING`."""
    note_kind: FieldElement = ZERO
    """The token that is minted or burned."""
    value: FieldElement = ZERO
    """The amount that is minted or burned."""
    hash: FieldElement = ZERO
    """By which L1 knows the mint or the burn."""
    burn_address: FieldElement = ZERO
    """Who is paid on L1."""

    @property
    def words(self) -> tuple[FieldElement, ...]:
        """The five words in their order."""
        return (self.kind, self.note_kind, self.value, self.hash, self.burn_address)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicInputs:
    """What everybody sees of a transaction."""

    input_commitments: Pair
    """Leaves that go; 0 for padding."""
    output_commitments: Pair
    """Leaves that come; 0 for padding."""
    message: Message
    """What L1 has to know."""

    @property
    def commitments(self) -> tuple[FieldElement, ...]:
        """The four commitments, inputs first."""
        return (*self.input_commitments, *self.output_commitments)

    @property
    def words(self) -> tuple[FieldElement, ...]:
        """
        The nine public field elements in their order.

        Requirements:
            PAYY-TRANSACTIONS-001
        """
        return (*self.commitments, *self.message.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a client proves: private notes and keys that fit the public inputs."""

    input_notes: tuple[InputNote, InputNote]
    """The notes that are spent."""
    output_notes: tuple[Note, Note]
    """The notes that are made."""
    burn_address: FieldElement
    """Private copy of the burn address, so that nobody can exchange the public one."""
    public: PublicInputs
    """What everybody sees."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """The four notes, inputs first."""
        return (*(spent.note for spent in self.input_notes), *self.output_notes)


def public_inputs_of(words: Sequence[FieldElement]) -> PublicInputs:
    """
    Take nine words apart.

    Requirements:
        PAYY-TRANSACTIONS-001
    """
    input_0, input_1, output_0, output_1, kind, note_kind, value, digest, burn_address = words
    return PublicInputs(
        input_commitments=(input_0, input_1),
        output_commitments=(output_0, output_1),
        message=Message(
            kind=kind, note_kind=note_kind, value=value, hash=digest, burn_address=burn_address
        ),
    )


def transaction_hash(public: PublicInputs) -> FieldElement:
    """
    Name a transaction: H9 of its public inputs. The proof does not enter.

    Requirements:
        PAYY-TRANSACTIONS-002
    """
    return hash_elements(public.words)


def mint_hash(output_notes: tuple[Note, Note]) -> FieldElement:
    """
    Name a mint to L1: H2 of both outputs' psi, which nobody else knows.

    Requirements:
        PAYY-TRANSACTIONS-010
    """
    return hash_pair(output_notes[0].psi, output_notes[1].psi)


def check_statement(statement: Statement) -> PublicInputs:
    """
    Judge a statement as the deployed circuit does; the order of the checks is the circuit's.

    Requirements:
        PAYY-TRANSACTIONS-003, PAYY-TRANSACTIONS-004, PAYY-TRANSACTIONS-005,
        PAYY-TRANSACTIONS-006, PAYY-TRANSACTIONS-007, PAYY-TRANSACTIONS-015,
        PAYY-TRANSACTIONS-019, PAYY-NOTES-006

    Returns:
        The public inputs.

    Raises:
        SpecError: `NOTE_PADDING_HAS_VALUE`, `TRANSACTION_COMMITMENT_MISMATCH`,
            `TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE`, `TRANSACTION_KINDS_MIXED`,
            `TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE`, `TRANSACTION_KIND_UNKNOWN`,
            `TRANSACTION_INPUT_NOT_OWNED`, and those of `check_send`, `check_mint`, `check_burn`.
    """
    message = statement.public.message

    # CHECK
    for note, commitment in zip(statement.notes, statement.public.commitments, strict=True):
        is_committed = note_commitment(note) == commitment
        require(is_committed, ErrorCode.TRANSACTION_COMMITMENT_MISMATCH)
    for note in statement.output_notes:
        require(note.value < VALUE_LIMIT, ErrorCode.TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE)
    is_one_kind = all(kinds_agree(a.kind, b.kind) for a, b in combinations(statement.notes, 2))
    require(is_one_kind, ErrorCode.TRANSACTION_KINDS_MIXED)
    require(message.value < VALUE_LIMIT, ErrorCode.TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE)
    require(message.kind in (SEND, MINT, BURN), ErrorCode.TRANSACTION_KIND_UNKNOWN)
    if message.kind == SEND:
        check_send(statement)
    if message.kind == MINT:
        check_mint(statement)
    if message.kind == BURN:
        check_burn(statement)
    for spent in statement.input_notes:
        is_owned = spent.note.value == 0 or note_address(spent.secret_key) == spent.note.address
        require(is_owned, ErrorCode.TRANSACTION_INPUT_NOT_OWNED)

    # COMPUTE
    return statement.public


def check_send(statement: Statement) -> None:
    """
    Judge what is particular to a send; its other message words are not looked at.

    Requirements:
        PAYY-TRANSACTIONS-008

    Raises:
        SpecError: `TRANSACTION_SEND_UNBALANCED`.
    """
    # CHECK
    is_balanced = sums_agree(input_value(statement), output_value(statement))
    require(is_balanced, ErrorCode.TRANSACTION_SEND_UNBALANCED)


def check_mint(statement: Statement) -> None:
    """
    Judge what is particular to a mint; its burn address is not looked at.

    Requirements:
        PAYY-TRANSACTIONS-009, PAYY-TRANSACTIONS-010, PAYY-TRANSACTIONS-011

    Raises:
        SpecError: `TRANSACTION_MINT_UNBALANCED`, `TRANSACTION_MINT_HASH_MISMATCH`,
            `TRANSACTION_MINT_NOTE_KIND_MISMATCH`.
    """
    message = statement.public.message

    # CHECK
    is_balanced = sums_agree(output_value(statement), input_value(statement) + message.value)
    require(is_balanced, ErrorCode.TRANSACTION_MINT_UNBALANCED)
    is_named = message.hash == mint_hash(statement.output_notes)
    require(is_named, ErrorCode.TRANSACTION_MINT_HASH_MISMATCH)
    is_of_kind = message.note_kind == statement.output_notes[0].kind
    require(is_of_kind, ErrorCode.TRANSACTION_MINT_NOTE_KIND_MISMATCH)


def check_burn(statement: Statement) -> None:
    """
    Judge what is particular to a burn.

    Requirements:
        PAYY-TRANSACTIONS-012, PAYY-TRANSACTIONS-013, PAYY-TRANSACTIONS-014,
        PAYY-TRANSACTIONS-016

    Raises:
        SpecError: `TRANSACTION_BURN_ADDRESS_MISMATCH`, `TRANSACTION_BURN_HASH_MISMATCH`,
            `TRANSACTION_BURN_UNBALANCED`, `TRANSACTION_BURN_NOTE_KIND_MISMATCH`.
    """
    public, message = statement.public, statement.public.message

    # CHECK
    is_to_address = message.burn_address == statement.burn_address
    require(is_to_address, ErrorCode.TRANSACTION_BURN_ADDRESS_MISMATCH)
    is_named = message.hash == public.input_commitments[0]
    require(is_named, ErrorCode.TRANSACTION_BURN_HASH_MISMATCH)
    is_balanced = sums_agree(input_value(statement), output_value(statement) + message.value)
    require(is_balanced, ErrorCode.TRANSACTION_BURN_UNBALANCED)
    is_of_kind = message.note_kind == statement.input_notes[0].note.kind
    require(is_of_kind, ErrorCode.TRANSACTION_BURN_NOTE_KIND_MISMATCH)


def input_value(statement: Statement) -> int:
    """Sum the values of the input notes, as an integer."""
    return sum(spent.note.value for spent in statement.input_notes)


def output_value(statement: Statement) -> int:
    """Sum the values of the output notes, as an integer."""
    return sum(note.value for note in statement.output_notes)
