"""Suite `note`: the kinds of notes."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.ledger.kind import TOKEN_BYTES, TokenAddress, note_kind
from payy_ref.operations.forms import Bytes, Canonical, Integer
from payy_ref.operations.registry import Operation
from payy_ref.parameters import Parameters


def _kind(parameters: Parameters, *, chain_id: int, token: bytes) -> Mapping[str, Any]:
    return {"kind": note_kind(chain_id, TokenAddress(token))}


OPERATIONS: Final = (
    Operation(
        suite="note",
        name="kind",
        summary="Kind of the notes that a bridged token backs.",
        inputs={"chain_id": Integer(), "token": Bytes(TOKEN_BYTES)},
        outputs={"kind": Canonical()},
        compute=_kind,
    ),
)
