"""Suite `circuit`: constraint systems, and what the network's circuits say."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from circuits.block import BlockClaim, block, claim_of, public_inputs_of
from circuits.block import inputs_of as block_inputs
from circuits.utxo import inputs_of as utxo_inputs
from circuits.utxo import utxo
from payy_ref.crypto.field import FieldElement
from payy_ref.ledger.transaction import PublicInputs
from payy_ref.merkle.persistent import tree_of
from payy_ref.operations.forms import Boolean, ListOf, Text
from payy_ref.operations.registry import Fields, Operation
from payy_ref.operations.structures import (
    CELLS,
    ELEMENT,
    STATEMENT,
    SYSTEM,
    TRANSACTION,
    statement_of,
)
from payy_ref.parameters import Parameters
from payy_ref.proofs.backend import default_backend
from payy_ref.proofs.system import System, checked_witness

Rows = Sequence[Sequence[FieldElement]]


def _failures(
    parameters: Parameters, *, system: System, witness: Rows, public_inputs: Sequence[FieldElement]
) -> Mapping[str, Any]:
    filled = checked_witness(system, witness, public_inputs)
    return {"labels": system.failures(filled, default_backend())}


def _utxo(parameters: Parameters, **statement: Any) -> Mapping[str, Any]:
    circuit = utxo()
    witness = circuit.fill(utxo_inputs(statement_of(**statement)))
    return {
        "public_inputs": witness.public,
        "labels": circuit.system.failures(witness, default_backend()),
    }


def _claim(
    parameters: Parameters,
    *,
    old_leaves: Sequence[FieldElement],
    transactions: Sequence[PublicInputs],
) -> Mapping[str, Any]:
    claim = claim_of(tree_of(parameters.tree_depth, old_leaves), transactions, parameters)
    return {
        "is_valid": claim.is_valid,
        "public_inputs": public_inputs_of(claim, transactions, parameters),
    }


def _block(
    parameters: Parameters,
    *,
    old_leaves: Sequence[FieldElement],
    transactions: Sequence[PublicInputs],
    new_root: FieldElement,
    commit_hash: FieldElement,
    is_valid: bool,
) -> Mapping[str, Any]:
    tree = tree_of(parameters.tree_depth, old_leaves)
    # A block with more transactions than places is refused; otherwise any claim may be made.
    claim_of(tree, transactions, parameters)
    claim = BlockClaim(
        old_root=tree.root, new_root=new_root, commit_hash=commit_hash, is_valid=is_valid
    )
    circuit = block(parameters)
    witness = circuit.fill(block_inputs(tree, transactions, parameters, claim))
    return {"labels": circuit.system.failures(witness, default_backend())}


_BLOCK: Final[Fields] = {"old_leaves": ListOf(ELEMENT), "transactions": ListOf(TRANSACTION)}

OPERATIONS: Final = (
    Operation(
        suite="circuit",
        name="failures",
        summary="Labels of the constraints of a system that a witness breaks.",
        inputs={"system": SYSTEM, "witness": ListOf(CELLS), "public_inputs": ListOf(ELEMENT)},
        outputs={"labels": ListOf(Text())},
        compute=_failures,
    ),
    Operation(
        suite="circuit",
        name="utxo",
        summary="Labels of the client's circuit that the witness of a statement breaks.",
        inputs=STATEMENT,
        outputs={"public_inputs": ListOf(ELEMENT), "labels": ListOf(Text())},
        compute=_utxo,
    ),
    Operation(
        suite="circuit",
        name="block_claim",
        summary="Public inputs of the proof of a block, valid or not.",
        inputs=_BLOCK,
        outputs={"is_valid": Boolean(), "public_inputs": ListOf(ELEMENT)},
        compute=_claim,
    ),
    Operation(
        suite="circuit",
        name="block",
        summary="Labels of the block's circuit that the witness of a claim breaks.",
        inputs={**_BLOCK, "new_root": ELEMENT, "commit_hash": ELEMENT, "is_valid": Boolean()},
        outputs={"labels": ListOf(Text())},
        compute=_block,
    ),
)
