"""Suite `block`: what a block does to the tree, and how it is encoded and named."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from payy_ref.crypto.field import FieldElement
from payy_ref.ledger.block import apply_block
from payy_ref.ledger.chain import check_data
from payy_ref.ledger.sequence import (
    GENESIS,
    Block,
    block_hash,
    decode_block,
    encode_block,
    header_hash,
)
from payy_ref.ledger.transaction import PublicInputs
from payy_ref.merkle.persistent import tree_of
from payy_ref.operations.forms import Bytes, ListOf
from payy_ref.operations.registry import Operation
from payy_ref.operations.structures import BLOCK, ELEMENT, HASH, TRANSACTION
from payy_ref.parameters import Parameters


def _apply(
    parameters: Parameters,
    *,
    old_leaves: Sequence[FieldElement],
    transactions: Sequence[PublicInputs],
) -> Mapping[str, Any]:
    old_tree = tree_of(parameters.tree_depth, old_leaves)
    applied = apply_block(old_tree, transactions, parameters)
    names = ("old_root", "new_root", "commit_hash", "messages")
    return {name: getattr(applied, name) for name in names}


def _check_data(
    parameters: Parameters, *, transactions: Sequence[PublicInputs], commit_hash: FieldElement
) -> Mapping[str, Any]:
    return {"messages": check_data(transactions, commit_hash, parameters)}


def _encode(parameters: Parameters, *, block: Block) -> Mapping[str, Any]:
    return {"encoding": encode_block(block)}


def _decode(parameters: Parameters, *, encoding: bytes) -> Mapping[str, Any]:
    return {"block": decode_block(encoding)}


def _hash(parameters: Parameters, *, block: Block) -> Mapping[str, Any]:
    return {"header_hash": header_hash(block.header), "block_hash": block_hash(block)}


def _genesis(parameters: Parameters) -> Mapping[str, Any]:
    return {"block": GENESIS, "encoding": encode_block(GENESIS), "block_hash": block_hash(GENESIS)}


OPERATIONS: Final = (
    Operation(
        suite="block",
        name="apply",
        summary="Roots, commit hash and messages of a block on a tree.",
        inputs={"old_leaves": ListOf(ELEMENT), "transactions": ListOf(TRANSACTION)},
        outputs={
            "old_root": ELEMENT,
            "new_root": ELEMENT,
            "commit_hash": ELEMENT,
            "messages": ListOf(ELEMENT),
        },
        compute=_apply,
    ),
    Operation(
        suite="block",
        name="check_data",
        summary="Judge data against a commit hash; the messages that they carry.",
        inputs={"transactions": ListOf(TRANSACTION), "commit_hash": ELEMENT},
        outputs={"messages": ListOf(ELEMENT)},
        compute=_check_data,
    ),
    Operation(
        suite="block",
        name="encode",
        summary="Borsh encoding of a block.",
        inputs={"block": BLOCK},
        outputs={"encoding": Bytes()},
        compute=_encode,
    ),
    Operation(
        suite="block",
        name="decode",
        summary="Block from its borsh encoding.",
        inputs={"encoding": Bytes()},
        outputs={"block": BLOCK},
        compute=_decode,
    ),
    Operation(
        suite="block",
        name="hash",
        summary="Hash of a block's header, and the block's own name.",
        inputs={"block": BLOCK},
        outputs={"header_hash": HASH, "block_hash": HASH},
        compute=_hash,
    ),
    Operation(
        suite="block",
        name="genesis",
        summary="The first block.",
        inputs={},
        outputs={"block": BLOCK, "encoding": Bytes(), "block_hash": HASH},
        compute=_genesis,
    ),
)
