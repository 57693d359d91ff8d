"""
Notes as constraints: their commitments, and the addresses that own them.

Source: chapter notes.
"""

from dataclasses import dataclass

from circuits.gadgets.logic import assert_product_is_zero, complement, is_zero, product
from circuits.gadgets.poseidon2 import hash_elements
from payy_ref.ledger.note import COMMITMENT_FORMAT
from payy_ref.proofs.system import Builder, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteVariables:
    """The fields of a note."""

    kind: Variable
    """The token; 0 for padding."""
    value: Variable
    """The amount."""
    address: Variable
    """The owner."""
    psi: Variable
    """What tells it from its like."""


def private_note(builder: Builder, name: str) -> NoteVariables:
    """Add a note that only the prover knows."""
    return NoteVariables(
        kind=builder.private(f"{name}.kind"),
        value=builder.private(f"{name}.value"),
        address=builder.private(f"{name}.address"),
        psi=builder.private(f"{name}.psi"),
    )


def note_commitment(builder: Builder, name: str, note: NoteVariables) -> Variable:
    """
    Commit to a note: 0 if its kind is 0, and then its value has to be 0; else H7.

    Requirements:
        PAYY-CIRCUITS-009
    """
    with builder.scope(name):
        is_padding = is_zero(builder, "is_padding", note.kind)
        assert_product_is_zero(builder, "padding_has_no_value", is_padding, note.value)
        zero = builder.constant(0)
        content = (note.kind, note.value, note.address, note.psi)
        inputs = (builder.constant(COMMITMENT_FORMAT), *content, zero, zero)
        digest = hash_elements(builder, "hash", inputs)
        return product(builder, "commitment", complement(builder, "is_note", is_padding), digest)


def note_address(builder: Builder, name: str, secret_key: Variable) -> Variable:
    """
    Give the address that a secret key spends from.

    Requirements:
        PAYY-CIRCUITS-009
    """
    return hash_elements(builder, name, (secret_key, builder.constant(0)))
