"""Suite `note`: kinds, addresses and commitments of notes."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.ledger.kind import TOKEN_BYTES, TokenAddress, note_kind
from payy_ref.ledger.note import Note, SecretKey, note_address, note_commitment
from payy_ref.operations.forms import Bytes, Integer
from payy_ref.operations.registry import Operation
from payy_ref.operations.structures import ELEMENT, NOTE
from payy_ref.parameters import Parameters


def _kind(parameters: Parameters, *, chain_id: int, token: bytes) -> Mapping[str, Any]:
    return {"kind": note_kind(chain_id, TokenAddress(token))}


def _address(parameters: Parameters, *, secret_key: SecretKey) -> Mapping[str, Any]:
    return {"address": note_address(secret_key)}


def _commitment(parameters: Parameters, *, note: Note) -> Mapping[str, Any]:
    return {"commitment": note_commitment(note)}


OPERATIONS: Final = (
    Operation(
        suite="note",
        name="kind",
        summary="Kind of the notes that a bridged token backs.",
        inputs={"chain_id": Integer(), "token": Bytes(TOKEN_BYTES)},
        outputs={"kind": ELEMENT},
        compute=_kind,
    ),
    Operation(
        suite="note",
        name="address",
        summary="Address that a secret key spends from.",
        inputs={"secret_key": ELEMENT},
        outputs={"address": ELEMENT},
        compute=_address,
    ),
    Operation(
        suite="note",
        name="commitment",
        summary="Commitment of a note; 0 for padding.",
        inputs={"note": NOTE},
        outputs={"commitment": ELEMENT},
        compute=_commitment,
    ),
)
