"""Measurements of the ledger: statements, blocks on trees of any size, and blocks on disk."""

import gc
import tempfile
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from payy_ref.bench.chapters import Benchmark
from payy_ref.bench.measure import Figure, measure
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.ledger import builder
from payy_ref.ledger.chain import Ledger, build, extend, genesis_ledger
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.note import InputNote, Note, NoteValue, Psi, SecretKey, note_address
from payy_ref.ledger.sequence import (
    NO_SIGNATURE,
    Block,
    ProvenTransaction,
    block_hash,
)
from payy_ref.ledger.transaction import PublicInputs, Statement, check_statement
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.parameters import Preset, load_preset
from payy_ref.storage.sqlite_store import SqliteStore
from payy_ref.vectors.model import case_bytes, case_elements

LEAVES: Final = (0, 10_000)
"""Sizes of the trees that are measured each time."""

MANY_LEAVES: Final = 1_000_000
"""Size of the tree that is measured when asked for: 140 million hashes go into it."""

PROOF_BYTES: Final = 16_256
"""Length of a client's proof in the deployed network."""

_PARAMETERS: Final = load_preset(Preset.MAINNET)
_BLOCKS: Final = 10
_COMMITS: Final = 50
_KEY: Final = SecretKey(FieldElement(7))
_PROOFS: Final = tuple(
    case_bytes("bench-proofs", PROOF_BYTES, str(place))
    for place in range(_PARAMETERS.block_transactions)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFigure(Figure):
    """A rate on a tree, and what the tree takes in memory."""

    leaves: int
    """Leaves of the tree before the blocks, those included that they spend."""
    bytes_per_leaf: float
    """Memory of the tree, its nodes, roots and elements, as `tracemalloc` counts it."""


def ledger_benchmarks(*, large: bool) -> Iterator[Benchmark]:
    """
    Measure the ledger.

    Args:
        large: Whether to measure the tree of a million leaves too, which takes long to build.
    """
    yield Benchmark("check a statement of 2 inputs and 2 outputs, one process", _checks)
    for count in (*LEAVES, *([MANY_LEAVES] if large else [])):
        yield Benchmark(
            f"append a block of 6 sends, {count:,} other leaves", partial(_blocks, others=count)
        )
    yield Benchmark("commit a block of 6 sends to disk", _commits)


def _checks(name: str) -> Figure:
    statements = _sends(100)

    def run() -> None:
        for statement in statements:
            check_statement(statement)

    return measure(name, "transaction", len(statements), run)


def _blocks(name: str, others: int) -> Figure:
    sends = [send.public for send in _sends(_BLOCKS * _PARAMETERS.block_transactions)]
    # What is made once, whatever the size, is not to count.
    PersistentTree.of(_PARAMETERS.tree_depth, _spent(sends))
    tracemalloc.start()
    tree = PersistentTree.of(
        _PARAMETERS.tree_depth, (*_spent(sends), *case_elements("bench-other-leaves", others))
    )
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    start = replace(genesis_ledger(_PARAMETERS), tree=tree)
    blocks = tuple(_accepted(start, sends))

    def run() -> None:
        ledger = start
        for block in blocks:
            ledger = extend(ledger, block, _PARAMETERS)

    figure = measure(name, "block", len(blocks), run)
    return TreeFigure(
        name=figure.name,
        unit=figure.unit,
        operations=figure.operations,
        seconds=figure.seconds,
        leaves=len(tree),
        bytes_per_leaf=held / len(tree),
    )


def _commits(name: str) -> Figure:
    blocks = _unjudged([send.public for send in _sends(_PARAMETERS.block_transactions)])
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteStore(Path(folder) / "store", _PARAMETERS) as store,
    ):

        def run() -> None:
            for block in islice(blocks, _COMMITS):
                store.append(block)

        return measure(name, "block", _COMMITS, run)


def _sends(count: int) -> tuple[Statement, ...]:
    """Make sends of two notes each to two notes, all different."""
    psis = iter(case_elements("bench-sends", 4 * count))
    return tuple(
        builder.send(
            [_owned(next(psis)), _owned(next(psis))],
            [_owned(next(psis)).note, _owned(next(psis)).note],
        )
        for _ in range(count)
    )


def _owned(psi: FieldElement) -> InputNote:
    note = Note(
        kind=POLYGON_USDC,
        value=NoteValue(FieldElement(1_000_000)),
        address=note_address(_KEY),
        psi=Psi(psi),
    )
    return InputNote(note=note, secret_key=_KEY)


def _spent(sends: Sequence[PublicInputs]) -> Iterator[FieldElement]:
    """Copy what the sends spend, so that the copies count as memory of the tree."""
    for send in sends:
        for leaf in send.input_commitments:
            yield FieldElement(int.from_bytes(element_bytes(leaf), "big"))


def _accepted(ledger: Ledger, sends: Sequence[PublicInputs]) -> Iterator[Block]:
    """Make blocks that follow each other on a ledger."""
    size = _PARAMETERS.block_transactions
    for start in range(0, len(sends), size):
        transactions = _proven(sends[start : start + size])
        block = build(ledger, transactions, _PARAMETERS, [NO_SIGNATURE])
        ledger = extend(ledger, block, _PARAMETERS)
        yield block


def _unjudged(transactions: Sequence[PublicInputs]) -> Iterator[Block]:
    """Make blocks for a store, which looks at heights and parents only."""
    ledger = genesis_ledger(_PARAMETERS)
    while True:
        empty = build(ledger, (), _PARAMETERS, [NO_SIGNATURE])
        block = replace(empty, transactions=_proven(transactions))
        ledger = replace(ledger, height=block.header.height, block_hash=block_hash(block))
        yield block


def _proven(transactions: Sequence[PublicInputs]) -> tuple[ProvenTransaction, ...]:
    """Give transactions the proofs that they have in the deployed network, by their length."""
    return tuple(
        ProvenTransaction(proof=_PROOFS[place], public=each)
        for place, each in enumerate(transactions)
    )
