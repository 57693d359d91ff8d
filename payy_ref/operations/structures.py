"""Forms of the values that the chapters on notes, transactions and the ledger share."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from payy_ref.crypto.field import FieldElement
from payy_ref.ledger.chain import Archive, Checkpoint
from payy_ref.ledger.mempool import Lease, Mempool
from payy_ref.ledger.note import InputNote, Note
from payy_ref.ledger.sequence import (
    HASH_BYTES,
    SIGNATURE_BYTES,
    Block,
    Header,
    ProvenTransaction,
    checked_height,
)
from payy_ref.ledger.transaction import (
    PUBLIC_INPUTS,
    PublicInputs,
    Statement,
    public_inputs_of,
)
from payy_ref.operations.forms import (
    Bytes,
    Canonical,
    Form,
    Integer,
    ListOf,
    Record,
    Structure,
    Text,
)
from payy_ref.operations.registry import Fields
from payy_ref.primitives.borsh import checked_unsigned
from payy_ref.proofs.gates import CONSTANTS, WIRES
from payy_ref.proofs.system import RowDescription, System, checked_system, describe_rows


def record(name: str, kind: type[Any], fields: Fields) -> Structure[Any]:
    """Give the form of a dataclass whose fields have the names of the record's."""
    return Structure(
        Record(fields),
        construct=lambda parts: kind(**parts),
        take_apart=lambda value: {name: getattr(value, name) for name in fields},
        name=name,
    )


ELEMENT: Final = Canonical()
HEIGHT: Final = Structure(
    Integer(), construct=checked_height, take_apart=int, words="integer below 2^64"
)
EPOCH_ID: Final = Structure(
    Integer(),
    construct=partial(checked_unsigned, width=8),
    take_apart=int,
    words="integer below 2^64",
)
HASH: Final = Bytes(HASH_BYTES)
SIGNATURE: Final = Bytes(SIGNATURE_BYTES)

NOTE: Final = record(
    "note", Note, {"kind": ELEMENT, "value": ELEMENT, "address": ELEMENT, "psi": ELEMENT}
)
"""A note."""

INPUT_NOTE: Final = record("input note", InputNote, {"note": NOTE, "secret_key": ELEMENT})
"""A note with the key that spends it."""

STATEMENT: Final[Fields] = {
    "input_notes": ListOf(INPUT_NOTE, 2),
    "output_notes": ListOf(NOTE, 2),
    "pmessage4": ELEMENT,
    "commitments": ListOf(ELEMENT, 4),
    "messages": ListOf(ELEMENT, 5),
}
"""A statement as the deployed circuit takes it, with the circuit's names."""

PUBLIC: Final[Form[PublicInputs]] = Structure(
    ListOf(ELEMENT, PUBLIC_INPUTS), construct=public_inputs_of, take_apart=lambda it: it.words
)
"""The nine public inputs."""

TRANSACTION: Final[Form[PublicInputs]] = Structure(
    Record({"public_inputs": PUBLIC}),
    construct=lambda parts: parts["public_inputs"],
    take_apart=lambda public: {"public_inputs": public},
    name="transaction",
)
"""A transaction without its proof."""

PROVEN_TRANSACTION: Final = Structure(
    Record({"proof": Bytes(), "public_inputs": PUBLIC}),
    construct=lambda parts: ProvenTransaction(proof=parts["proof"], public=parts["public_inputs"]),
    take_apart=lambda sent: {"proof": sent.proof, "public_inputs": sent.public},
    name="proven transaction",
)
"""A transaction with its proof."""

HEADER: Final = record(
    "header",
    Header,
    {
        "height": HEIGHT,
        "last_block_hash": HASH,
        "epoch_id": EPOCH_ID,
        "last_final_block_hash": HASH,
        "approvals": ListOf(SIGNATURE),
    },
)
"""The header of a block."""

BLOCK: Final = record(
    "block",
    Block,
    {
        "header": HEADER,
        "root": ELEMENT,
        "transactions": ListOf(PROVEN_TRANSACTION),
        "signature": SIGNATURE,
    },
)
"""A block."""

CHECKPOINT: Final = record(
    "checkpoint",
    Checkpoint,
    {"height": HEIGHT, "block_hash": HASH, "root": ELEMENT, "leaves": ListOf(ELEMENT)},
)
"""The ledger at a proven block."""

ARCHIVE: Final = record("archive", Archive, {"checkpoint": CHECKPOINT, "blocks": ListOf(BLOCK)})
"""What a sequencer keeps."""

MEMPOOL: Final = record(
    "pool",
    Mempool,
    {
        "waiting": ListOf(TRANSACTION),
        "leases": ListOf(
            record("lease", Lease, {"height": HEIGHT, "transactions": ListOf(TRANSACTION)})
        ),
    },
)
"""Pending transactions."""

CELLS: Final = ListOf(ELEMENT, WIRES)
"""The cells of a row of a witness."""

SYSTEM: Final[Form[System]] = Structure(
    Record(
        {
            "name": Text(),
            "size": Integer(),
            "public_names": ListOf(Text()),
            "rows": ListOf(
                record(
                    "row",
                    RowDescription,
                    {
                        "label": Text(),
                        "gate": Text(),
                        "constants": ListOf(ELEMENT, CONSTANTS),
                        "cells": ListOf(Integer(), WIRES),
                    },
                )
            ),
        }
    ),
    construct=lambda parts: checked_system(**parts),
    take_apart=lambda system: {
        "name": system.name,
        "size": system.size,
        "public_names": system.public_names,
        "rows": describe_rows(system),
    },
    name="constraint system",
)
"""A constraint system by its rows in use."""


def statement_of(
    *,
    input_notes: tuple[InputNote, InputNote],
    output_notes: tuple[Note, Note],
    pmessage4: FieldElement,
    commitments: Sequence[FieldElement],
    messages: Sequence[FieldElement],
) -> Statement:
    """Put a statement together from the circuit's inputs."""
    return Statement(
        input_notes=input_notes,
        output_notes=output_notes,
        burn_address=pmessage4,
        public=public_inputs_of((*commitments, *messages)),
    )


def circuit_input(statement: Statement) -> Mapping[str, Any]:
    """Give the circuit's inputs of a statement."""
    return {
        "input_notes": statement.input_notes,
        "output_notes": statement.output_notes,
        "pmessage4": statement.burn_address,
        "commitments": statement.public.commitments,
        "messages": statement.public.message.words,
    }
