"""
The store in one file of SQLite.

Every change is one transaction, synced to disk before its method returns, so a process that stops
at any moment leaves the state before the change or the one after it. Several processes may open
one file; they wait for each other, and each change is judged against what the file then holds.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, NamedTuple, Self

from payy_ref.crypto.field import FieldElement, checked_field_element, element_bytes
from payy_ref.errors import SpecError
from payy_ref.ledger.block import tree_changes
from payy_ref.ledger.chain import Archive, Checkpoint, checkpoint_of, genesis_ledger
from payy_ref.ledger.sequence import (
    Block,
    Hash,
    Height,
    block_hash,
    decode_block,
    encode_block,
)
from payy_ref.merkle.kernels import slot_of
from payy_ref.merkle.tree import slot_after_insertion
from payy_ref.parameters import Parameters
from payy_ref.storage.store import StoreError

APPLICATION_ID: Final = int.from_bytes(b"Payy", "big")
"""Marks a file of SQLite as a store of this package."""

VERSION: Final = 1
"""Version of the tables; a new one when this code could not read them."""

BUSY_SECONDS: Final = 5.0
"""How long a change waits for another process."""

_OLDEST_SQLITE: Final = (3, 37, 0)  # the first with STRICT tables

# The header of a file: what it begins with, and where the application stands.
_MAGIC: Final = b"SQLite format 3\0"
_APPLICATION_PLACE: Final = slice(68, 72)

_LARGEST_INTEGER: Final = 2**63 - 1

_TABLES: Final = (
    """
    CREATE TABLE checkpoint (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        network_name TEXT NOT NULL,
        tree_depth INTEGER NOT NULL,
        height INTEGER NOT NULL,
        block_hash BLOB NOT NULL CHECK (length(block_hash) = 32),
        root BLOB NOT NULL CHECK (length(root) = 32)
    ) STRICT
    """,
    """
    CREATE TABLE leaf (
        element BLOB PRIMARY KEY CHECK (length(element) = 32)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE block (
        height INTEGER PRIMARY KEY,
        checksum BLOB NOT NULL CHECK (length(checksum) = 32),
        encoding BLOB NOT NULL
    ) STRICT
    """,
)


class _Mark(NamedTuple):
    """A block that another one can follow."""

    height: Height
    block_hash: Hash


class SqliteStore:
    """
    A `BlockStore` in one file; a file that is not there begins at the genesis block.

    It belongs to the thread that made it, as SQLite's connections do.

    Args:
        file: The file. SQLite keeps two more beside it while it is open, and after a crash until
            it is opened again; they hold the newest blocks, so a copy has to have all three.
        parameters: Of the network whose blocks are kept.
        busy_seconds: How long to wait for another process.

    Raises:
        StoreError: the file is something else, of another network or version, damaged, or cannot
            be written; it is left as it was.
    """

    def __init__(
        self, file: Path, parameters: Parameters, *, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self._file = file
        self._parameters = parameters
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise StoreError(f"{file}: SQLite {sqlite3.sqlite_version} is too old; 3.37 is needed")
        self._refuse_other_files()
        with self._faults_told():
            # Transactions are begun and ended here, not by the module.
            self._connection = sqlite3.connect(file, timeout=busy_seconds, isolation_level=None)
        try:
            self._open()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        """Give the store."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def load(self) -> Archive:
        """
        Give what is kept: the checkpoint, its leaves in the order of their slots, the blocks since.

        Heights and parents are compared here; the leaves with the root, and the blocks with the
        rules, by `rebuild`.

        Raises:
            StoreError: it cannot be read, or is damaged.
        """
        with self._transaction("DEFERRED"):
            checkpoint = self._checkpoint()
            rows = self._connection.execute("SELECT * FROM block ORDER BY height")
            blocks = tuple(self._decoded(*row) for row in rows)
        parent = _Mark(checkpoint.height, checkpoint.block_hash)
        for block in blocks:
            self._refuse_unless_next(block, parent)
            parent = _Mark(block.header.height, block_hash(block))
        return Archive(checkpoint=checkpoint, blocks=blocks)

    def append(self, block: Block) -> None:
        """
        Keep one more block.

        Raises:
            StoreError: it does not follow the newest block, has no encoding that reads back as this
                block, or cannot be written.
        """
        encoding = self._encoded(block)
        with self._transaction("IMMEDIATE"):
            self._refuse_unless_next(block, self._newest())
            self._connection.execute(
                "INSERT INTO block VALUES (?, ?, ?)",
                (block.header.height, _checksum(encoding), encoding),
            )

    def prune(self, proven: Height) -> None:
        """
        Forget a block that is proven on L1 and all before it; keep the leaf set at it.

        Only the leaves that these blocks change are written. Roots are not computed again: what
        was appended must have been accepted by `chain.extend`, since what is forgotten cannot be
        judged any more.

        Raises:
            StoreError: no such block is kept, a block does not fit the leaves, or it cannot be
                written.
        """
        with self._transaction("IMMEDIATE"):
            oldest, newest = self._checkpoint_mark().height, self._newest().height
            if not oldest <= proven <= newest:
                raise StoreError(
                    f"{self._file}: no block {proven} to prune to; "
                    f"blocks {oldest} to {newest} are known"
                )
            for height in range(oldest + 1, proven + 1):
                block = self._kept(Height(height))
                self._change_leaves(block)
                self._connection.execute(
                    "UPDATE checkpoint SET height = ?, block_hash = ?, root = ?",
                    (height, block_hash(block), element_bytes(block.root)),
                )
            self._connection.execute("DELETE FROM block WHERE height <= ?", (proven,))

    def block(self, height: Height) -> Block | None:
        """
        Give a kept block; None if it is pruned or not there yet.

        Raises:
            StoreError: it cannot be read, or is damaged.
        """
        if not 0 <= height <= _LARGEST_INTEGER:
            return None
        with self._faults_told():
            row = self._connection.execute(
                "SELECT * FROM block WHERE height = ?", (height,)
            ).fetchone()
        return None if row is None else self._decoded(*row)

    def close(self) -> None:
        """Give back the file; the store cannot be used after that."""
        with self._faults_told():
            self._connection.close()

    # Opening

    def _refuse_other_files(self) -> None:
        """Judge the header alone, since SQLite may already repair what it opens."""
        try:
            with self._file.open("rb") as stream:
                header = stream.read(100)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"{self._file}: {error.strerror}") from error
        if not header:
            return
        application = APPLICATION_ID.to_bytes(4, "big")
        if not header.startswith(_MAGIC) or header[_APPLICATION_PLACE] != application:
            raise StoreError(f"{self._file}: not a store of blocks")

    def _open(self) -> None:
        """Judge the file, or begin one."""
        with self._faults_told():
            # FULL waits for the disk at every commit; on macOS that takes an order of its own.
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA fullfsync = ON")
        with self._transaction("IMMEDIATE"):
            if self._connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None:
                self._begin()
            else:
                self._judge()
        # Only now: the mode stands in the header, and a file that is refused is left as it was.
        with self._faults_told():
            (mode,) = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StoreError(f"{self._file}: this place allows no write-ahead log")

    def _begin(self) -> None:
        """Write the tables and the state after the genesis block."""
        genesis = checkpoint_of(genesis_ledger(self._parameters))
        for table in _TABLES:
            self._connection.execute(table)
        self._connection.execute(
            "INSERT INTO checkpoint VALUES (1, ?, ?, ?, ?, ?)",
            (
                self._parameters.network_name,
                self._parameters.tree_depth,
                genesis.height,
                genesis.block_hash,
                element_bytes(genesis.root),
            ),
        )
        # Pragmas take no parameters.
        self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def _judge(self) -> None:
        """Refuse a file of another version or network, or a damaged one."""
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            raise StoreError(f"{self._file}: version {version}; this package reads {VERSION}")
        (damage,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if damage != "ok":
            raise StoreError(f"{self._file}: damaged: {damage}")
        network_name, tree_depth = self._only_row("network_name, tree_depth")
        if network_name != self._parameters.network_name:
            raise StoreError(
                f"{self._file}: of the network {network_name}, not {self._parameters.network_name}"
            )
        if tree_depth != self._parameters.tree_depth:
            raise StoreError(
                f"{self._file}: of a tree of depth {tree_depth}, not {self._parameters.tree_depth}"
            )

    # Reading

    def _only_row(self, columns: str) -> tuple[object, ...]:
        """Read columns, whose names are no one's input, of the checkpoint."""
        row: tuple[object, ...] | None = self._connection.execute(
            f"SELECT {columns} FROM checkpoint"  # noqa: S608
        ).fetchone()
        if row is None:
            raise StoreError(f"{self._file}: damaged: no checkpoint")
        return row

    def _checkpoint(self) -> Checkpoint:
        mark = self._checkpoint_mark()
        (root,) = self._only_row("root")
        leaves = [self._element(row[0]) for row in self._connection.execute("SELECT * FROM leaf")]
        capacity = 2**self._parameters.tree_depth
        return Checkpoint(
            height=mark.height,
            block_hash=mark.block_hash,
            root=self._element(root),
            leaves=tuple(sorted(leaves, key=lambda leaf: slot_of(leaf, capacity))),
        )

    def _checkpoint_mark(self) -> _Mark:
        height, digest = self._only_row("height, block_hash")
        if not isinstance(height, int) or not isinstance(digest, bytes):
            raise StoreError(f"{self._file}: damaged: the checkpoint has other types")
        return _Mark(Height(height), Hash(digest))

    def _newest(self) -> _Mark:
        """Tell which block the next one has to follow."""
        row = self._connection.execute(
            "SELECT * FROM block ORDER BY height DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return self._checkpoint_mark()
        block = self._decoded(*row)
        return _Mark(block.header.height, block_hash(block))

    def _kept(self, height: Height) -> Block:
        block = self.block(height)
        if block is None:
            raise StoreError(f"{self._file}: damaged: block {height} is missing")
        return block

    def _decoded(self, height: int, checksum: bytes, encoding: bytes) -> Block:
        # Proofs and signatures are bound by no root and no block hash.
        if _checksum(encoding) != checksum:
            raise StoreError(f"{self._file}: damaged: block {height} has another checksum")
        try:
            block = decode_block(encoding)
        except SpecError as error:
            raise StoreError(f"{self._file}: damaged: block {height}: {error}") from error
        if block.header.height != height:
            raise StoreError(
                f"{self._file}: damaged: block {block.header.height} stands in place of {height}"
            )
        return block

    def _element(self, blob: object) -> FieldElement:
        try:
            if isinstance(blob, bytes):
                return checked_field_element(int.from_bytes(blob, "big"))
        except SpecError as error:
            raise StoreError(f"{self._file}: damaged: {error}") from error
        raise StoreError(f"{self._file}: damaged: a field element has another type")

    # Writing

    def _encoded(self, block: Block) -> bytes:
        """Encode a block; one that could not be read again would make the store unusable."""
        height = block.header.height
        try:
            encoding = encode_block(block)
            is_readable = decode_block(encoding) == block
        except (SpecError, OverflowError) as error:
            raise StoreError(f"{self._file}: block {height} has no encoding: {error}") from error
        if not is_readable:
            raise StoreError(f"{self._file}: block {height} is not what its encoding reads as")
        return encoding

    def _refuse_unless_next(self, block: Block, parent: _Mark) -> None:
        if block.header.height != parent.height + 1:
            raise StoreError(
                f"{self._file}: block {block.header.height} comes after block {parent.height}"
            )
        if block.header.last_block_hash != parent.block_hash:
            raise StoreError(
                f"{self._file}: block {block.header.height} names another parent "
                f"than block {parent.height}"
            )

    def _change_leaves(self, block: Block) -> None:
        """Take the leaves out that a block removes and put those in that it inserts, in order."""
        for rule, element in tree_changes(block.public_inputs):
            is_insertion = rule is slot_after_insertion
            statement = (
                "INSERT INTO leaf (element) VALUES (?) ON CONFLICT DO NOTHING"
                if is_insertion
                else "DELETE FROM leaf WHERE element = ?"
            )
            done = self._connection.execute(statement, (element_bytes(element),))
            if done.rowcount != 1:
                raise StoreError(
                    f"{self._file}: block {block.header.height} does not fit the leaves: "
                    f"0x{element:064x} is {'there already' if is_insertion else 'not there'}"
                )

    @contextmanager
    def _transaction(self, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[None]:
        """Do everything inside or nothing; `IMMEDIATE` shuts other writers out from the start."""
        with self._faults_told():
            self._connection.execute(f"BEGIN {kind}")
            try:
                yield
                self._connection.commit()
            finally:
                self._connection.rollback()  # of what was not committed

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        """Name the file in whatever goes wrong with it."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # The module reads SQLite's messages as UTF-8; those that quote a damaged file are not.
            raise StoreError(f"{self._file}: {error}") from error


def _checksum(encoding: bytes) -> bytes:
    return hashlib.sha256(encoding).digest()
