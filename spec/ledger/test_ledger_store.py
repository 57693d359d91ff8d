"""The store: killed, cut off and reopened, it holds what the pure archive holds."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from payy_ref.assurance.evidence import evidence
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.chain import Archive, checkpoint_of, extend, prune, rebuild
from payy_ref.ledger.sequence import HASH_BYTES, Block, Hash, Height
from payy_ref.storage.sqlite_store import SqliteStore
from payy_ref.storage.store import StoreError
from tests.drivers.appender import (
    PARAMETERS,
    STOPPED,
    Appender,
    Request,
    Script,
    appender,
    beginning,
    do,
    grown,
    make_script,
    write_steps,
)

SHORT: Final = 12
"""Steps of a run in which every place is tried: ten blocks, and the leaves pruned twice."""

WHOLE_RUN: Final = 45_000
"""Microseconds in which a child does most of the steps on the machines at hand."""

# Of the write-ahead log; its pages are those of SQLite's default.
LOG_HEADER: Final = 32
LOG_FRAME: Final = 24 + 4096


@pytest.fixture(scope="module")
def script() -> Script:
    """Make the steps, with what is kept after each."""
    return make_script(blocks=40)


@pytest.fixture(scope="module")
def process(script: Script, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appender]:
    """Start the process that does the steps."""
    steps = tmp_path_factory.mktemp("appender") / "steps.json"
    write_steps(steps, script.steps)
    with appender(steps) as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a place for stores."""
    return tmp_path_factory.mktemp("stores")


def reopened(file: Path) -> Archive:
    """Open a store, and give what it keeps."""
    with SqliteStore(file, PARAMETERS) as store:
        return store.load()


def steps_kept(script: Script, file: Path) -> int:
    """Reopen a store; tell how many steps it holds, after judging all that is in it."""
    archive = reopened(file)
    ledger = rebuild(archive, PARAMETERS)
    assert ledger == script.ledgers[ledger.height]
    return script.archives.index(archive)


# T15


@evidence("PAYY-LEDGER-T15")
@given(delays=st.lists(st.integers(0, WHOLE_RUN), min_size=3, max_size=8))
def test_killed_at_any_moment(
    script: Script, process: Appender, folder: Path, delays: list[int]
) -> None:
    """Killed again and again: every step that was reported is there, and at most one more."""
    file = Path(tempfile.mkdtemp(dir=folder)) / "store"
    first = 0
    for delay in delays:
        answer = process.run(Request(file=str(file), first=first, kill_after=delay / 1_000_000))
        reported = first + len(answer.done)
        assert answer.done == tuple(range(first, reported))
        kept = steps_kept(script, file)
        assert kept in (reported, reported + 1)
        first = 0 if kept == len(script.steps) else kept
        if not first:
            file = Path(tempfile.mkdtemp(dir=folder)) / "store"


@evidence("PAYY-LEDGER-T15", part="a process that stops where a statement of SQL begins")
def test_stopped_at_every_statement(script: Script, process: Appender, folder: Path) -> None:
    """From the first statement of a new file on: the state before a step or after it."""
    for statement in count(1):
        file = folder / f"statement-{statement}"
        answer = process.run(Request(file=str(file), last=SHORT, exit_at_statement=statement))
        if answer.exit_codes == (0,):
            break
        assert answer.exit_codes == (STOPPED,)
        kept = steps_kept(script, file)
        assert kept in (len(answer.done), len(answer.done) + 1)
        with SqliteStore(file, PARAMETERS) as store:
            do(store, script.steps[kept])
            assert store.load() == script.archives[kept + 1]
    assert statement > 5 * SHORT
    assert steps_kept(script, file) == SHORT


@evidence("PAYY-LEDGER-T15", part="a process that stops inside a statement of SQL")
def test_stopped_inside_statements(script: Script, process: Appender, folder: Path) -> None:
    """As before, at instructions of SQLite's machine; a thorough run tries them all."""
    stride = max(1, 800 // settings().max_examples)
    for instruction in count(1, stride):
        file = folder / f"instruction-{instruction}"
        answer = process.run(Request(file=str(file), last=SHORT, exit_at_instruction=instruction))
        if answer.exit_codes == (0,):
            break
        assert answer.exit_codes == (STOPPED,)
        assert steps_kept(script, file) in (len(answer.done), len(answer.done) + 1)
    assert instruction > 20 * SHORT


@evidence("PAYY-LEDGER-T15", part="a disk that holds only the beginning of what was written last")
def test_cut_log_is_the_state_after_some_step(script: Script, folder: Path) -> None:
    """However much of the log has arrived, a whole number of steps is found; more log, no fewer."""
    file = folder / "uncut"
    with SqliteStore(file, PARAMETERS) as store:
        for step in script.steps[:SHORT]:
            do(store, step)
        content, log = file.read_bytes(), file.with_name("uncut-wal").read_bytes()
    frames = range(LOG_HEADER, len(log) + 1, LOG_FRAME)
    assert frames[-1] == len(log)
    kept = []
    for number, cut in enumerate(sorted({0, *frames, *(frame - 1 for frame in frames)})):
        cut_file = folder / f"cut-{number}"
        cut_file.write_bytes(content)
        cut_file.with_name(f"cut-{number}-wal").write_bytes(log[:cut])
        kept.append(steps_kept(script, cut_file))
    assert kept == sorted(kept)
    assert set(kept) == set(range(SHORT + 1))


class StoreMachine(RuleBasedStateMachine):
    """Appends and prunes in any order, refused ones among them, on a store and a pure archive."""

    @initialize()
    def start(self) -> None:
        """Begin with a new file."""
        self.folder = Path(tempfile.mkdtemp())
        self.store = SqliteStore(self.folder / "store", PARAMETERS)
        self.chain = beginning()
        self.archive = Archive(checkpoint=checkpoint_of(self.chain.ledger))
        self.older: list[Block] = []

    @rule(choice=st.integers(0, 5), transactions=st.integers(0, 2))
    def append(self, choice: int, transactions: int) -> None:
        """Append a block that the rules accept."""
        chain = grown(self.chain, choice, transactions)
        assert chain.newest is not None
        assert chain.ledger == extend(self.chain.ledger, chain.newest, PARAMETERS)
        self.store.append(chain.newest)
        self.archive = replace(self.archive, blocks=(*self.archive.blocks, chain.newest))
        self.older.append(chain.newest)
        self.chain = chain

    @rule(choice=st.integers(0, 5), offset=st.sampled_from((-2, -1, 1, 2)))
    def append_at_another_height(self, choice: int, offset: int) -> None:
        """A block that the rules refuse for its height is refused by the store."""
        block = grown(self.chain, choice).newest
        assert block is not None
        height = Height(max(0, block.header.height + offset))
        if height != block.header.height:
            moved = replace(block, header=replace(block.header, height=height))
            self.refused(moved, ErrorCode.LEDGER_HEIGHT_NOT_NEXT)

    @rule(choice=st.integers(0, 5), parent=st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES))
    def append_to_another_parent(self, choice: int, parent: bytes) -> None:
        """So is one for its parent."""
        block = grown(self.chain, choice).newest
        assert block is not None
        if parent != block.header.last_block_hash:
            header = replace(block.header, last_block_hash=Hash(parent))
            self.refused(replace(block, header=header), ErrorCode.LEDGER_PARENT_MISMATCH)

    def refused(self, block: Block, code: ErrorCode) -> None:
        """Hold the store's verdict against that of the rules."""
        with pytest.raises(SpecError) as refusal:
            extend(self.chain.ledger, block, PARAMETERS)
        assert refusal.value.code == code
        with pytest.raises(StoreError):
            self.store.append(block)

    @rule(data=st.data())
    def prune(self, data: st.DataObject) -> None:
        """Prune to any height from one below the known ones to one above."""
        oldest = self.archive.checkpoint.height
        known = range(oldest, self.chain.ledger.height + 1)
        proven = Height(data.draw(st.integers(oldest - 1, self.chain.ledger.height + 1)))
        if proven in known:
            self.archive = prune(self.archive, proven, PARAMETERS)
            self.store.prune(proven)
            return
        with pytest.raises(SpecError) as refusal:
            prune(self.archive, proven, PARAMETERS)
        assert refusal.value.code == ErrorCode.LEDGER_PROVEN_HEIGHT_UNKNOWN
        with pytest.raises(StoreError):
            self.store.prune(proven)

    @rule()
    def reopen(self) -> None:
        """Close and open again."""
        self.store.close()
        self.store = SqliteStore(self.folder / "store", PARAMETERS)

    @invariant()
    def holds_the_archive(self) -> None:
        """What is kept is the archive, and the ledger can be rebuilt from it."""
        assert self.store.load() == self.archive
        assert rebuild(self.archive, PARAMETERS) == self.chain.ledger

    @invariant()
    def gives_kept_blocks_only(self) -> None:
        """Each block by its height, until it is pruned."""
        kept = {block.header.height: block for block in self.archive.blocks}
        for block in self.older:
            assert self.store.block(block.header.height) == kept.get(block.header.height)
        assert self.store.block(Height(0)) is None
        assert self.store.block(Height(self.chain.ledger.height + 1)) is None

    def teardown(self) -> None:
        """Close the store and take it away."""
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder)


TestStore = evidence("PAYY-LEDGER-T15", part="appending, pruning and reopening in any order")(
    StoreMachine.TestCase
)
