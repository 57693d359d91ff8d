"""Suite `transaction`: what the deployed circuit accepts, and what a wallet makes for it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from payy_ref.ledger import builder
from payy_ref.ledger.builder import RECIPIENT_BYTES, Recipient
from payy_ref.ledger.note import InputNote, Note
from payy_ref.ledger.sequence import ProvenTransaction, decode_transaction, encode_transaction
from payy_ref.ledger.transaction import check_statement, transaction_hash
from payy_ref.operations.forms import Bytes, ListOf
from payy_ref.operations.registry import Operation
from payy_ref.operations.structures import (
    ELEMENT,
    INPUT_NOTE,
    NOTE,
    PROVEN_TRANSACTION,
    PUBLIC,
    STATEMENT,
    circuit_input,
    statement_of,
)
from payy_ref.parameters import Parameters


def _check(parameters: Parameters, **statement: Any) -> Mapping[str, Any]:
    public = check_statement(statement_of(**statement))
    return {"public_inputs": public, "transaction_hash": transaction_hash(public)}


def _send(
    parameters: Parameters, *, inputs: Sequence[InputNote], outputs: Sequence[Note]
) -> Mapping[str, Any]:
    return circuit_input(builder.send(inputs, outputs))


def _mint(
    parameters: Parameters, *, inputs: Sequence[InputNote], outputs: Sequence[Note]
) -> Mapping[str, Any]:
    return circuit_input(builder.mint(outputs, inputs))


def _burn(
    parameters: Parameters,
    *,
    inputs: Sequence[InputNote],
    outputs: Sequence[Note],
    recipient: Recipient,
) -> Mapping[str, Any]:
    return circuit_input(builder.burn(inputs, recipient, outputs))


def _encode(parameters: Parameters, *, transaction: ProvenTransaction) -> Mapping[str, Any]:
    return {"encoding": encode_transaction(transaction)}


def _decode(parameters: Parameters, *, encoding: bytes) -> Mapping[str, Any]:
    return {"transaction": decode_transaction(encoding)}


_NOTES: Final = {"inputs": ListOf(INPUT_NOTE), "outputs": ListOf(NOTE)}

OPERATIONS: Final = (
    Operation(
        suite="transaction",
        name="check",
        summary="Judge the full input of the deployed circuit.",
        inputs=STATEMENT,
        outputs={"public_inputs": PUBLIC, "transaction_hash": ELEMENT},
        compute=_check,
    ),
    Operation(
        suite="transaction",
        name="send",
        summary="Input of the circuit that moves value between notes.",
        inputs=_NOTES,
        outputs=STATEMENT,
        compute=_send,
    ),
    Operation(
        suite="transaction",
        name="mint",
        summary="Input of the circuit that makes notes from a deposit.",
        inputs=_NOTES,
        outputs=STATEMENT,
        compute=_mint,
    ),
    Operation(
        suite="transaction",
        name="burn",
        summary="Input of the circuit that unmakes notes for a payment on L1.",
        inputs={**_NOTES, "recipient": Bytes(RECIPIENT_BYTES)},
        outputs=STATEMENT,
        compute=_burn,
    ),
    Operation(
        suite="transaction",
        name="encode",
        summary="Borsh encoding of a transaction with its proof.",
        inputs={"transaction": PROVEN_TRANSACTION},
        outputs={"encoding": Bytes()},
        compute=_encode,
    ),
    Operation(
        suite="transaction",
        name="decode",
        summary="Transaction from its borsh encoding.",
        inputs={"encoding": Bytes()},
        outputs={"transaction": PROVEN_TRANSACTION},
        compute=_decode,
    ),
)
