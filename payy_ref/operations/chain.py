"""Suite `chain`: blocks after blocks, rebuilt from what is kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from payy_ref.ledger.chain import (
    Archive,
    Checkpoint,
    Ledger,
    build,
    extend,
    prune,
    rebuild,
    restore,
)
from payy_ref.ledger.sequence import Block, Height, ProvenTransaction, Signature
from payy_ref.operations.forms import ListOf
from payy_ref.operations.registry import Fields, Operation
from payy_ref.operations.structures import (
    ARCHIVE,
    BLOCK,
    CHECKPOINT,
    ELEMENT,
    HASH,
    HEIGHT,
    PROVEN_TRANSACTION,
    SIGNATURE,
)
from payy_ref.parameters import Parameters


def _ledger(ledger: Ledger) -> Mapping[str, Any]:
    return {
        "height": ledger.height,
        "block_hash": ledger.block_hash,
        "root": ledger.tree.root,
    }


def _extend(parameters: Parameters, *, checkpoint: Checkpoint, block: Block) -> Mapping[str, Any]:
    return _ledger(extend(restore(checkpoint, parameters), block, parameters))


def _build(
    parameters: Parameters,
    *,
    checkpoint: Checkpoint,
    transactions: Sequence[ProvenTransaction],
    approvals: Sequence[Signature] = (),
) -> Mapping[str, Any]:
    ledger = restore(checkpoint, parameters)
    return {"block": build(ledger, transactions, parameters, approvals)}


def _rebuild(parameters: Parameters, *, archive: Archive) -> Mapping[str, Any]:
    return _ledger(rebuild(archive, parameters))


def _prune(parameters: Parameters, *, archive: Archive, proven: Height) -> Mapping[str, Any]:
    return {"archive": prune(archive, proven, parameters)}


_LEDGER: Final[Fields] = {"height": HEIGHT, "block_hash": HASH, "root": ELEMENT}

OPERATIONS: Final = (
    Operation(
        suite="chain",
        name="extend",
        summary="The ledger after one more block.",
        inputs={"checkpoint": CHECKPOINT, "block": BLOCK},
        outputs=_LEDGER,
        compute=_extend,
    ),
    Operation(
        suite="chain",
        name="build",
        summary="The block that follows, with given transactions; not signed.",
        inputs={
            "checkpoint": CHECKPOINT,
            "transactions": ListOf(PROVEN_TRANSACTION),
            "approvals": ListOf(SIGNATURE),
        },
        outputs={"block": BLOCK},
        compute=_build,
        optional_inputs=frozenset({"approvals"}),
    ),
    Operation(
        suite="chain",
        name="rebuild",
        summary="The newest ledger, from the leaves at the last proven block and the blocks since.",
        inputs={"archive": ARCHIVE},
        outputs=_LEDGER,
        compute=_rebuild,
    ),
    Operation(
        suite="chain",
        name="prune",
        summary="What is kept when a block is proven.",
        inputs={"archive": ARCHIVE, "proven": HEIGHT},
        outputs={"archive": ARCHIVE},
        compute=_prune,
    ),
)
