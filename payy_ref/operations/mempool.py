"""Suite `mempool`: transactions that wait for a block."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode
from payy_ref.ledger import mempool as pool
from payy_ref.ledger.mempool import Mempool
from payy_ref.ledger.sequence import Height
from payy_ref.ledger.transaction import PublicInputs
from payy_ref.merkle.persistent import tree_of
from payy_ref.operations.forms import Integer, ListOf, Record, Text
from payy_ref.operations.registry import Fields, Operation
from payy_ref.operations.structures import ELEMENT, HEIGHT, MEMPOOL, PUBLIC, TRANSACTION
from payy_ref.parameters import Parameters


def _add(
    parameters: Parameters, *, mempool: Mempool, transaction: PublicInputs
) -> Mapping[str, Any]:
    return {"mempool": pool.add(mempool, transaction)}


def _lease(
    parameters: Parameters, *, mempool: Mempool, height: Height, maximum: int
) -> Mapping[str, Any]:
    after, taken = pool.lease(mempool, height, maximum)
    return {"mempool": after, "transactions": taken}


def _settle(
    parameters: Parameters, *, mempool: Mempool, height: Height, done: Sequence[PublicInputs]
) -> Mapping[str, Any]:
    return {"mempool": pool.settle(mempool, height, done)}


def _choose(
    parameters: Parameters,
    *,
    leaves: Sequence[FieldElement],
    candidates: Sequence[PublicInputs],
) -> Mapping[str, Any]:
    tree = tree_of(parameters.tree_depth, leaves)
    proposal = pool.choose(tree, candidates, parameters)
    refused = tuple(_refused(*each) for each in proposal.refused)
    return {
        "transactions": proposal.transactions,
        "refused": refused,
        "done": proposal.done,
    }


def _refused(transaction: PublicInputs, code: ErrorCode) -> Mapping[str, Any]:
    return {"public_inputs": transaction, "error": str(code)}


_MEMPOOL: Final[Fields] = {"mempool": MEMPOOL}

OPERATIONS: Final = (
    Operation(
        suite="mempool",
        name="add",
        summary="The pool with a transaction at the end of its queue.",
        inputs={"mempool": MEMPOOL, "transaction": TRANSACTION},
        outputs=_MEMPOOL,
        compute=_add,
    ),
    Operation(
        suite="mempool",
        name="lease",
        summary="The first transactions of the queue, taken for the block of a height.",
        inputs={"mempool": MEMPOOL, "height": HEIGHT, "maximum": Integer()},
        outputs={"mempool": MEMPOOL, "transactions": ListOf(TRANSACTION)},
        compute=_lease,
    ),
    Operation(
        suite="mempool",
        name="settle",
        summary="The pool after the lease of a height has ended.",
        inputs={"mempool": MEMPOOL, "height": HEIGHT, "done": ListOf(TRANSACTION)},
        outputs=_MEMPOOL,
        compute=_settle,
    ),
    Operation(
        suite="mempool",
        name="choose",
        summary="The candidates that a block can have together, and why not the others.",
        inputs={"leaves": ListOf(ELEMENT), "candidates": ListOf(TRANSACTION)},
        outputs={
            "transactions": ListOf(TRANSACTION),
            "refused": ListOf(Record({"public_inputs": PUBLIC, "error": Text()})),
            "done": ListOf(TRANSACTION),
        },
        compute=_choose,
    ),
)
