"""Suite `link`: payment links of the deployed wallet."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.ledger.link import Link, LinkVersion, decode_link, encode_link
from payy_ref.ledger.note import note_commitment, note_of_link
from payy_ref.operations.forms import Integer, Text, Word
from payy_ref.operations.registry import Fields, Operation
from payy_ref.operations.structures import ELEMENT, INPUT_NOTE
from payy_ref.parameters import Parameters

_LINK: Final[Fields] = {
    "version": Integer(),
    "secret_key": Word(),
    "value": Integer(),
    "referral": Text(),
    "note_kind": Word(),
    "psi": Word(),
}
_OPTIONAL: Final = frozenset({"note_kind", "psi"})


def _encode(parameters: Parameters, *, version: int, **content: Any) -> Mapping[str, Any]:
    return {"payload": encode_link(Link(version=LinkVersion(version), **content))}


def _decode(parameters: Parameters, *, payload: str) -> Mapping[str, Any]:
    link = decode_link(payload)
    content = {name: getattr(link, name) for name in _LINK}
    return {name: value for name, value in content.items() if value is not None}


def _note(parameters: Parameters, *, payload: str) -> Mapping[str, Any]:
    spendable = note_of_link(decode_link(payload))
    return {"input_note": spendable, "commitment": note_commitment(spendable.note)}


OPERATIONS: Final = (
    Operation(
        suite="link",
        name="encode",
        summary="Payload of a payment link.",
        inputs=_LINK,
        outputs={"payload": Text()},
        compute=_encode,
        optional_inputs=_OPTIONAL,
    ),
    Operation(
        suite="link",
        name="decode",
        summary="Content of a payment link.",
        inputs={"payload": Text()},
        outputs=_LINK,
        compute=_decode,
        optional_outputs=_OPTIONAL,
    ),
    Operation(
        suite="link",
        name="note",
        summary="The note that a payment link hands over, with its key.",
        inputs={"payload": Text()},
        outputs={"input_note": INPUT_NOTE, "commitment": ELEMENT},
        compute=_note,
    ),
)
