"""
Notes: an amount of one token that one key can spend.

Outside its owner's wallet a note is its commitment. All fields of a note are field elements,
admitted by `checked_field_element` at the boundary.

Source: deployed `noir/common/src/note.nr`, `pkg/zk-primitives/src/note.rs`; where the two differ,
the circuit rules (decision 0011).
"""

from dataclasses import dataclass
from typing import Final, NewType

from payy_ref.crypto.field import FieldElement, element_bytes, reduce
from payy_ref.crypto.hashing import hash_elements, hash_pair, keccak256, sha3_256
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.kind import POLYGON_USDC, NoteKind
from payy_ref.ledger.link import Link

NoteValue = NewType("NoteValue", FieldElement)
"""An amount in the token's smallest unit."""

Address = NewType("Address", FieldElement)
"""The owner of a note: a hash of the secret key."""

Psi = NewType("Psi", FieldElement)
"""What makes the commitments of equal notes differ; random, or derived from a key."""

SecretKey = NewType("SecretKey", FieldElement)
"""What spends the notes of an address."""

Commitment = NewType("Commitment", FieldElement)
"""The leaf that stands for a note; 0 for padding."""

COMMITMENT_FORMAT: Final = FieldElement(2)
"""First hashed element of every commitment."""

VALUE_LIMIT: Final = 2**240
"""Values are below this, so that the sum of a few of them stays below p."""

PADDING_KIND: Final = NoteKind(FieldElement(0))
"""The kind of notes that only fill a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An amount of one token that one key can spend."""

    kind: NoteKind
    """The token; 0 for padding."""
    value: NoteValue
    """The amount, in the token's smallest unit."""
    address: Address
    """The owner."""
    psi: Psi
    """What tells it from other notes of equal kind, value and owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputNote:
    """A note that is spent."""

    note: Note
    """The note."""
    secret_key: SecretKey
    """The key of its address; any key if the value is 0."""


PADDING_NOTE: Final = Note(
    kind=PADDING_KIND,
    value=NoteValue(FieldElement(0)),
    address=Address(FieldElement(0)),
    psi=Psi(FieldElement(0)),
)
"""What fills the place of a note that a transaction does not need."""


def checked_value(value: int) -> NoteValue:
    """
    Admit an integer as the value of a note that is made.

    Requirements:
        PAYY-NOTES-003

    Raises:
        SpecError: `NOTE_VALUE_OUT_OF_RANGE`.
    """
    # CHECK
    require(0 <= value < VALUE_LIMIT, ErrorCode.NOTE_VALUE_OUT_OF_RANGE)

    return NoteValue(FieldElement(value))


def check_padding(kind: NoteKind, value: NoteValue) -> None:
    """
    Refuse a value in padding.

    Requirements:
        PAYY-NOTES-006

    Raises:
        SpecError: `NOTE_PADDING_HAS_VALUE`.
    """
    # CHECK
    require(kind != PADDING_KIND or value == 0, ErrorCode.NOTE_PADDING_HAS_VALUE)


def note_address(secret_key: SecretKey) -> Address:
    """
    Give the address that a secret key spends from: H2(key, 0).

    Requirements:
        PAYY-NOTES-004
    """
    return Address(hash_pair(secret_key, 0))


def note_commitment(note: Note) -> Commitment:
    """
    Commit to a note: 0 for padding, else H7(2, kind, value, address, psi, 0, 0).

    The kind decides, not the value: a note of value 0 with a kind has a commitment and may be a
    leaf. The deployed wallet decides by the value; the circuit rules.

    Requirements:
        PAYY-NOTES-005, PAYY-NOTES-006

    Raises:
        SpecError: `NOTE_PADDING_HAS_VALUE`.
    """
    # CHECK
    check_padding(note.kind, note.value)

    # COMPUTE
    if note.kind == PADDING_KIND:
        return Commitment(FieldElement(0))
    content = (COMMITMENT_FORMAT, note.kind, note.value, note.address, note.psi)
    zero = FieldElement(0)
    return Commitment(hash_elements((*content, zero, zero)))


def link_psi(link: Link) -> int:
    """
    Give psi of the note that a link hands over, as a raw 256-bit integer.

    Version 0 carries it; version 1 hashes the 32 bytes of the secret key with Keccak-256, version 2
    with SHA3-256.

    Requirements:
        PAYY-NOTES-007
    """
    if link.psi is not None:
        return link.psi
    key = element_bytes(link.secret_key)
    return int.from_bytes(keccak256(key) if link.version == 1 else sha3_256(key), "big")


def note_of_link(link: Link) -> InputNote:
    """
    Give the note that a link hands over, and the key that spends it.

    Key, psi and kind of a link are raw integers; as in the circuit, they count modulo p. The value
    does not: a value that is reduced would be another amount.

    Requirements:
        PAYY-NOTES-003, PAYY-NOTES-006, PAYY-NOTES-007, PAYY-NOTES-008

    Raises:
        SpecError: `NOTE_VALUE_OUT_OF_RANGE`, `NOTE_PADDING_HAS_VALUE`.
    """
    # CHECK
    value = checked_value(link.value)
    kind = POLYGON_USDC if link.note_kind is None else NoteKind(reduce(link.note_kind))
    check_padding(kind, value)

    # COMPUTE
    secret_key = SecretKey(reduce(link.secret_key))
    note = Note(
        kind=kind,
        value=value,
        address=note_address(secret_key),
        psi=Psi(reduce(link_psi(link))),
    )
    return InputNote(note=note, secret_key=secret_key)
