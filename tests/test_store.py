"""The store in one file: what it refuses, what stands in the file, and several that use it."""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Final

import pytest

from payy_ref.crypto.field import FieldElement
from payy_ref.errors import SpecError
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.chain import Archive, checkpoint_of, genesis_ledger, rebuild
from payy_ref.ledger.sequence import Block, Hash, Height, ProvenTransaction, Signature
from payy_ref.parameters import Preset, load_preset
from payy_ref.storage.sqlite_store import APPLICATION_ID, VERSION, SqliteStore
from payy_ref.storage.store import BlockStore, StoreError
from tests.drivers.appender import (
    PARAMETERS,
    Request,
    Script,
    appender,
    do,
    make_script,
    write_steps,
)

PAGE_BYTES: Final = 4096
"""Bytes that SQLite reads at once."""

NOBODY: Final = 65534
"""A user without rights."""


@pytest.fixture(scope="module")
def script() -> Script:
    """Make eight blocks, of which three are pruned after the fifth."""
    return make_script(blocks=8)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a place for a store."""
    return tmp_path / "store"


@pytest.fixture
def filled(file: Path, script: Script) -> Path:
    """Give a store of the whole script."""
    with SqliteStore(file, PARAMETERS) as store:
        for step in script.steps:
            do(store, step)
    return file


def blocks_of(script: Script) -> list[Block]:
    """Give the blocks of a script."""
    return [step for step in script.steps if isinstance(step, Block)]


def refused(file: Path, message: str, preset: Preset = Preset.MINIMAL) -> None:
    """Open a file that is refused; neither it nor its folder changes."""
    before = {path: path.read_bytes() for path in file.parent.iterdir() if path.is_file()}
    with pytest.raises(StoreError, match=message) as refusal:
        SqliteStore(file, load_preset(preset))
    assert str(file) in str(refusal.value)
    after = {path: path.read_bytes() for path in file.parent.iterdir() if path.is_file()}
    assert after == before


def execute(file: Path, *statements: str) -> None:
    """Change a file behind the store's back."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def without_rights() -> Iterator[Path]:
    """Give a folder as somebody who may read it only."""
    # Not pytest's folder, which only its owner may enter.
    folder = Path(tempfile.mkdtemp())
    user = os.geteuid()
    try:
        yield folder
    finally:
        if user == 0:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def give_up_rights(folder: Path) -> None:
    """Make a folder and its files readable only, to the superuser too."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)


# Opening


@pytest.mark.parametrize("preset", list(Preset))
def test_new_file_begins_at_the_genesis_block(file: Path, preset: Preset) -> None:
    """The archive is that of the ledger without blocks, at once and when opened again."""
    parameters = load_preset(preset)
    genesis = Archive(checkpoint=checkpoint_of(genesis_ledger(parameters)))
    for _ in range(2):
        with SqliteStore(file, parameters) as store:
            assert store.load() == genesis


def test_empty_file_is_a_new_one(file: Path) -> None:
    """A file that was made and not begun, as by a process that was killed there."""
    file.touch()
    with SqliteStore(file, PARAMETERS) as store:
        assert store.load().checkpoint.height == 0


def test_file_says_what_it_is(filled: Path) -> None:
    """Application and version stand in the header, and the log is written ahead."""
    header = filled.read_bytes()[:100]
    assert header[68:72] == b"Payy"
    assert int.from_bytes(header[60:64], "big") == VERSION
    assert header[18:20] == b"\2\2"
    assert [path.name for path in filled.parent.iterdir()] == [filled.name]


def test_commits_wait_for_the_disk(file: Path) -> None:
    """The settings of a connection stand in no file."""
    with SqliteStore(file, PARAMETERS) as store:
        settings = {
            name: store._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "fullfsync")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1}


def test_text_is_refused(file: Path) -> None:
    """A file that is not of SQLite."""
    file.write_text("SQLite is a fine program.\n", "utf-8")
    refused(file, "not a store of blocks")


def test_other_application_is_refused(file: Path) -> None:
    """A file of SQLite with another mark, or none."""
    execute(file, "CREATE TABLE block (height INTEGER)")
    refused(file, "not a store of blocks")
    execute(file, "PRAGMA application_id = 7")
    refused(file, "not a store of blocks")


@pytest.mark.parametrize("version", [0, VERSION + 1])
def test_other_version_is_refused(filled: Path, version: int) -> None:
    """A file that other code wrote."""
    execute(filled, f"PRAGMA user_version = {version}")
    refused(filled, f"version {version}; this package reads {VERSION}")


def test_other_network_is_refused(filled: Path) -> None:
    """A file of another preset; then one that differs in the depth only."""
    refused(filled, "of the network Payy minimal, not Payy", Preset.MAINNET)
    execute(filled, "UPDATE checkpoint SET network_name = 'Payy'")
    refused(filled, "of a tree of depth 8, not 160", Preset.MAINNET)
    refused(filled, "of the network Payy, not Payy minimal")


def test_folder_is_refused(file: Path) -> None:
    """A folder is no file."""
    file.mkdir()
    refused(file, "Is a directory")


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    """Folders are not made."""
    with pytest.raises(StoreError, match="unable to open database file"):
        SqliteStore(tmp_path / "nowhere" / "store", PARAMETERS)
    assert not list(tmp_path.iterdir())


def test_old_sqlite_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told at once, not as a fault in the first statement that it does not know."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    refused(file, "is too old; 3.37 is needed")


def test_memory_is_refused() -> None:
    """The name that SQLite takes for no file at all."""
    with pytest.raises(StoreError, match="no write-ahead log"):
        SqliteStore(Path(":memory:"), PARAMETERS)


def test_read_only_folder_is_refused() -> None:
    """A file cannot be made where nothing may be written."""
    with without_rights() as folder:
        give_up_rights(folder)
        refused(folder / "store", "unable to open database file")


def test_read_only_file_is_refused(script: Script) -> None:
    """A store that may be read only is of no use to whoever appends."""
    with without_rights() as folder:
        with SqliteStore(folder / "store", PARAMETERS) as store:
            do(store, script.steps[0])
        give_up_rights(folder)
        refused(folder / "store", "readonly database|unable to open database file")


def test_unreadable_file_is_refused(script: Script) -> None:
    """A file that may not be read is not taken for one that is not there."""
    with without_rights() as folder:
        with SqliteStore(folder / "store", PARAMETERS) as store:
            do(store, script.steps[0])
        give_up_rights(folder)
        rights = os.geteuid()
        if rights == NOBODY:
            os.seteuid(0)
        (folder / "store").chmod(0)
        if rights == NOBODY:
            os.seteuid(NOBODY)
        with pytest.raises(StoreError, match="Permission denied"):
            SqliteStore(folder / "store", PARAMETERS)


# Damage


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DELETE FROM checkpoint", "no checkpoint"),
        ("DROP TABLE leaf", "no such table: leaf"),
        ("DELETE FROM block WHERE height = 7", "block 8 comes after block 6"),
        ("DELETE FROM block WHERE height < 8", "block 8 comes after block 3"),
        ("UPDATE block SET height = 9 WHERE height = 8", "block 8 stands in place of 9"),
        ("UPDATE block SET encoding = x'00' WHERE height = 7", "block 7 has another checksum"),
        ("UPDATE block SET checksum = zeroblob(32) WHERE height = 6", "block 6 has another"),
        ("UPDATE checkpoint SET block_hash = zeroblob(32)", "block 4 names another parent"),
        (
            "INSERT INTO leaf VALUES (x'" + "ff" * 32 + "')",
            "FIELD_ELEMENT_NOT_CANONICAL",
        ),
    ],
)
def test_damage_is_told(file: Path, script: Script, statement: str, message: str) -> None:
    """What does not fit together is not loaded."""
    with SqliteStore(file, PARAMETERS) as store:
        for step in script.steps:
            do(store, step)
    execute(file, statement)
    with pytest.raises(StoreError, match=message), SqliteStore(file, PARAMETERS) as store:
        store.load()


def test_block_that_is_no_encoding_is_told(filled: Path) -> None:
    """A checksum does not make a block."""
    with closing(sqlite3.connect(filled)) as connection, connection:
        connection.execute(
            "UPDATE block SET encoding = x'', checksum = ? WHERE height = 8",
            (hashlib.sha256().digest(),),
        )
    with SqliteStore(filled, PARAMETERS) as store:
        with pytest.raises(StoreError, match="block 8: BORSH_TRUNCATED"):
            store.block(Height(8))
        assert store.block(Height(7)) is not None


def test_pruning_is_whole(filled: Path, script: Script) -> None:
    """Pruning with leaves that do not fit, or over a gap, is refused and changes nothing."""
    execute(filled, "CREATE TABLE spare AS SELECT * FROM leaf")
    execute(filled, "DELETE FROM leaf")
    with (
        SqliteStore(filled, PARAMETERS) as store,
        pytest.raises(StoreError, match=r"does not fit the leaves: 0x[0-9a-f]{64} is not there"),
    ):
        store.prune(Height(8))
    execute(filled, "INSERT INTO leaf SELECT * FROM spare", "DROP TABLE spare")
    with SqliteStore(filled, PARAMETERS) as store:
        assert store.load() == script.archives[-1]
    execute(filled, "DELETE FROM block WHERE height = 7")
    with SqliteStore(filled, PARAMETERS) as store:
        with pytest.raises(StoreError, match="block 7 is missing"):
            store.prune(Height(8))
        assert store.block(Height(6)) == blocks_of(script)[5]


def test_damaged_pages_are_refused(filled: Path) -> None:
    """Damage in a place that opening has no other reason to read; then a file that was cut off."""
    with closing(sqlite3.connect(filled)) as connection:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'leaf'"
        (page,) = connection.execute(query).fetchone()
    content = filled.read_bytes()
    start, end = PAGE_BYTES * (page - 1), PAGE_BYTES * page
    filled.write_bytes(content[:start] + b"\xff" * PAGE_BYTES + content[end:])
    refused(filled, "damaged")
    filled.write_bytes(content[:-PAGE_BYTES])
    refused(filled, "malformed")


def test_no_changed_byte_passes(filled: Path, script: Script, tmp_path: Path) -> None:
    """A byte that changes on the disk is told, or does not matter; the state never changes."""
    content = filled.read_bytes()
    changed_file = tmp_path / "changed"
    told = 0
    for place in range(0, len(content), 61):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        changed_file.write_bytes(changed)
        try:
            with SqliteStore(changed_file, PARAMETERS) as store:
                archive = store.load()
            rebuild(archive, PARAMETERS)
        except (StoreError, SpecError):
            told += 1
        else:
            assert archive == script.archives[-1], place
    assert told > len(content) / 61 / 20


# Changes


def test_each_step_is_kept(file: Path, script: Script) -> None:
    """The store follows the interface, step by step."""
    with SqliteStore(file, PARAMETERS) as opened:
        store: BlockStore = opened
        for step, archive in zip(script.steps, script.archives[1:], strict=True):
            do(store, step)
            assert store.load() == archive


def test_refused_blocks_change_nothing(filled: Path, script: Script) -> None:
    """Heights and parents are compared with the newest block, kept or pruned."""
    newest = blocks_of(script)[-1]
    again = replace(newest, header=replace(newest.header, height=Height(9)))
    with SqliteStore(filled, PARAMETERS) as store:
        with pytest.raises(StoreError, match="block 8 comes after block 8"):
            store.append(newest)
        with pytest.raises(StoreError, match="block 9 names another parent than block 8"):
            store.append(again)
        assert store.load() == script.archives[-1]
        store.prune(Height(8))
        with pytest.raises(StoreError, match="block 8 comes after block 8"):
            store.append(newest)
        with pytest.raises(StoreError, match="block 9 names another parent than block 8"):
            store.append(again)
        with pytest.raises(StoreError, match="no block 7 to prune to; blocks 8 to 8 are known"):
            store.prune(Height(7))


def test_block_that_cannot_be_read_back_is_refused(file: Path, script: Script) -> None:
    """One short signature would shift all that follows it."""
    block = blocks_of(script)[0]
    bent = [
        (replace(block, signature=Signature(b"")), "BORSH_TRUNCATED"),
        (replace(block, header=replace(block.header, epoch_id=2**64)), "BORSH_INTEGER"),
        (replace(block, root=FieldElement(2**256)), "too big"),
        (
            replace(
                block,
                header=replace(
                    block.header,
                    last_block_hash=Hash(block.header.last_block_hash[:-1]),
                    last_final_block_hash=Hash(block.header.last_final_block_hash + b"\0"),
                ),
            ),
            "not what its encoding reads as",
        ),
    ]
    with SqliteStore(file, PARAMETERS) as store:
        for each, message in bent:
            with pytest.raises(StoreError, match=message):
                store.append(each)
        store.append(block)


def test_blocks_outside_are_none(filled: Path) -> None:
    """Heights that no file can hold are asked for like any other."""
    with SqliteStore(filled, PARAMETERS) as store:
        for height in (-(2**70), -1, 0, 3, 9, 2**63 - 1, 2**63, 2**70):
            assert store.block(Height(height)) is None
        assert store.block(Height(4)) is not None


def test_full_disk_is_told(filled: Path, script: Script) -> None:
    """A block that finds no room leaves the store as it was, and usable."""
    newest = blocks_of(script)[-1]
    header = replace(newest.header, height=Height(9), last_block_hash=script.ledgers[-1].block_hash)
    large = ProvenTransaction(proof=bytes(100_000), public=EMPTY_PLACE)
    with SqliteStore(filled, PARAMETERS) as store:
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 5}")
        with pytest.raises(StoreError, match="database or disk is full"):
            store.append(replace(newest, header=header, transactions=(large,)))
        assert store.load() == script.archives[-1]
        store.append(replace(newest, header=header))
        assert store.block(Height(9)) is not None


def test_closed_store_is_refused(filled: Path) -> None:
    """Nothing can be asked of a store that is closed, except to close it."""
    store = SqliteStore(filled, PARAMETERS)
    store.close()
    store.close()
    for use in (store.load, lambda: store.prune(Height(8)), lambda: store.block(Height(8))):
        with pytest.raises(StoreError, match="closed"):
            use()


# Several at once


def test_second_writer_is_told(filled: Path, script: Script) -> None:
    """While another one writes, a change waits, then it is refused; reading goes on."""
    chain_block = blocks_of(script)[-1]
    with (
        SqliteStore(filled, PARAMETERS, busy_seconds=0.05) as store,
        closing(sqlite3.connect(filled, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            store.append(chain_block)
        with pytest.raises(StoreError, match="database is locked"):
            SqliteStore(filled, PARAMETERS, busy_seconds=0.05)
        assert store.load() == script.archives[-1]
        other.execute("ROLLBACK")
        store.prune(Height(8))


def test_second_store_sees_what_the_first_did(file: Path, script: Script) -> None:
    """Each change is judged against the file, not against what the store once read."""
    with SqliteStore(file, PARAMETERS) as first, SqliteStore(file, PARAMETERS) as second:
        turns = zip(cycle([(first, second), (second, first)]), script.steps, script.archives[1:])
        for (one, other), step, archive in turns:
            do(one, step)
            assert one.load() == other.load() == archive
            if isinstance(step, Block):
                with pytest.raises(StoreError, match="comes after"):
                    other.append(step)


def test_processes_race(tmp_path: Path) -> None:
    """Four processes make a new file and append the same blocks: each block is there once."""
    race = make_script(blocks=30)
    blocks = blocks_of(race)
    steps = tmp_path / "steps.json"
    write_steps(steps, blocks)
    with appender(steps) as process:
        for number in range(10):
            file = tmp_path / f"store-{number}"
            answer = process.run(Request(file=str(file), children=4))
            assert answer.exit_codes == (0, 0, 0, 0)
            assert sorted(answer.done) == list(range(len(blocks)))
            with SqliteStore(file, PARAMETERS) as store:
                assert store.load().blocks == tuple(blocks)


def test_application_id_is_readable() -> None:
    """The mark fits the signed field of the header."""
    assert 0 < APPLICATION_ID < 2**31
