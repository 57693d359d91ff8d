"""
A process that appends and prunes blocks until it is stopped, and the chain that it does so with.

::

    python appender.py STEPS

It imports the package once and does every request, a line of standard input, in forked children:
a test stops hundreds of them. To standard output come the number of each step that is done, once
its method has returned, and at the end `ended` with the exit codes of the children.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from payy_ref.crypto.field import FieldElement
from payy_ref.errors import SpecError
from payy_ref.ledger import builder
from payy_ref.ledger.builder import RECIPIENT_BYTES, Recipient
from payy_ref.ledger.chain import (
    Archive,
    Ledger,
    build,
    checkpoint_of,
    extend,
    genesis_ledger,
    prune,
)
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.note import InputNote, Note, NoteValue, Psi, SecretKey, note_address
from payy_ref.ledger.sequence import (
    SIGNATURE_BYTES,
    Block,
    Height,
    ProvenTransaction,
    Signature,
    decode_block,
    encode_block,
)
from payy_ref.ledger.transaction import Statement
from payy_ref.parameters import Preset, load_preset
from payy_ref.storage.sqlite_store import SqliteStore
from payy_ref.storage.store import BlockStore, StoreError
from payy_ref.vectors.model import case_bytes, case_elements

PARAMETERS: Final = load_preset(Preset.MINIMAL)
"""Of the network whose blocks are made here."""

KEY: Final = SecretKey(FieldElement(7))
"""Whoever owns all notes of the chain."""

FEW: Final = 6
"""With fewer notes than this, more are minted."""

MANY: Final = 40
"""With more notes than this, none are minted, so that most slots of the tree stay empty."""

STOPPED: Final = 86
"""Exit code of a child that was to stop at a statement or an instruction."""


# The chain


class Chain(NamedTuple):
    """A ledger, the notes in it, and the block that led there."""

    ledger: Ledger
    """The state."""
    notes: tuple[InputNote, ...] = ()
    """What can be spent."""
    newest: Block | None = None
    """The newest block; None at the genesis block."""


def beginning() -> Chain:
    """Give the chain of no blocks."""
    return Chain(genesis_ledger(PARAMETERS))


def grown(chain: Chain, choice: int, transactions: int = 2) -> Chain:
    """
    Append a valid block; it depends on the chain and the choice only.

    Slots of a small tree meet: outputs are drawn again until the block is accepted.
    """
    for attempt in range(1000):
        label = f"{chain.ledger.block_hash.hex()}/{choice}/{attempt}"
        statements, notes = _statements(chain.notes, label, choice, transactions)
        try:
            return _appended(chain, statements, notes, label)
        except SpecError:
            continue
    raise AssertionError("no outputs fit the tree")


def _appended(
    chain: Chain, statements: Sequence[Statement], notes: tuple[InputNote, ...], label: str
) -> Chain:
    ledger = chain.ledger
    public = [statement.public for statement in statements]
    proofs = [case_bytes(label, 40, f"proof {place}") for place in range(len(public))]
    sent = [
        ProvenTransaction(proof=proof, public=each)
        for proof, each in zip(proofs, public, strict=True)
    ]
    approvals = [Signature(case_bytes(label, SIGNATURE_BYTES, "approval"))]
    signature = Signature(case_bytes(label, SIGNATURE_BYTES, "signature"))
    block = replace(build(ledger, sent, PARAMETERS, approvals), signature=signature)
    return Chain(extend(ledger, block, PARAMETERS), notes, block)


def _statements(
    notes: tuple[InputNote, ...], label: str, choice: int, transactions: int
) -> tuple[list[Statement], tuple[InputNote, ...]]:
    """Mint, send or burn, each at its time; notes that a block makes are not spent in it."""
    statements, made = [], list[InputNote]()
    for place in range(transactions):
        psis = case_elements(label, 2, f"psi {place}")
        action = (choice + place) % 3
        if len(notes) < FEW or (action == 0 and len(notes) < MANY):
            outputs = [_owned(value, psi) for value, psi in zip((5, 3), psis, strict=True)]
            statements.append(builder.mint([output.note for output in outputs]))
        else:
            spent, notes = notes[:2], notes[2:]
            rest = sum(item.note.value for item in spent) - (action == 1)
            halves = (rest // 2, rest - rest // 2)
            outputs = [_owned(value, psi) for value, psi in zip(halves, psis, strict=True)]
            outputs_made = [output.note for output in outputs]
            if action == 1:
                recipient = Recipient(bytes(RECIPIENT_BYTES))
                statements.append(builder.burn(spent, recipient, outputs_made[1:]))
                outputs = outputs[1:]
            else:
                statements.append(builder.send(spent, outputs_made))
        made += outputs
    return statements, (*notes, *made)


def _owned(value: int, psi: FieldElement) -> InputNote:
    note = Note(
        kind=POLYGON_USDC,
        value=NoteValue(FieldElement(value)),
        address=note_address(KEY),
        psi=Psi(psi),
    )
    return InputNote(note=note, secret_key=KEY)


# Steps


Step = Block | int
"""A block to append, or a height to prune to."""


class Script(NamedTuple):
    """Steps, and what is kept before the first, after it, and so on."""

    steps: tuple[Step, ...]
    """What is done."""
    archives: tuple[Archive, ...]
    """One more than steps."""
    ledgers: tuple[Ledger, ...]
    """By height: the state after each block of the chain."""


def make_script(blocks: int) -> Script:
    """Append blocks one after the other; after every fifth prune all but two, or all."""
    chain = beginning()
    ledgers = [chain.ledger]
    steps: list[Step] = []
    archives = [Archive(checkpoint=checkpoint_of(chain.ledger))]
    for number in range(1, blocks + 1):
        chain = grown(chain, number, transactions=number % 3)
        if chain.newest is None:
            raise AssertionError("a block was appended")
        ledgers.append(chain.ledger)
        steps.append(chain.newest)
        archives.append(replace(archives[-1], blocks=(*archives[-1].blocks, chain.newest)))
        if number % 5 == 0:
            proven = Height(number if number % 10 == 0 else number - 2)
            steps.append(proven)
            archives.append(prune(archives[-1], proven, PARAMETERS))
    return Script(tuple(steps), tuple(archives), tuple(ledgers))


def do(store: BlockStore, step: Step) -> None:
    """Do one step."""
    if isinstance(step, Block):
        store.append(step)
    else:
        store.prune(Height(step))


def write_steps(file: Path, steps: Sequence[Step]) -> None:
    """Write steps for the process."""
    lines = [encode_block(step).hex() if isinstance(step, Block) else step for step in steps]
    file.write_text(json.dumps(lines), "utf-8")


def read_steps(file: Path) -> tuple[Step, ...]:
    """Read what `write_steps` wrote."""
    lines = json.loads(file.read_text("utf-8"))
    return tuple(
        decode_block(bytes.fromhex(line)) if isinstance(line, str) else line for line in lines
    )


# The test's side


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What children are to do."""

    file: str
    """The store."""
    first: int = 0
    """Number of the first step."""
    last: int | None = None
    """Number after that of the last step; None for all."""
    kill_after: float | None = None
    """Seconds after which the children are killed."""
    exit_at_statement: int | None = None
    """The statement, counted from 1, whose begin is the end."""
    exit_at_instruction: int | None = None
    """The same in instructions of SQLite's machine, several of which make up a statement."""
    children: int = 1
    """How many children do this at once; steps that are refused to one of several are left out."""


class Answer(NamedTuple):
    """What children did."""

    done: tuple[int, ...]
    """Numbers of the steps that were done."""
    exit_codes: tuple[int, ...]
    """One of each child; negative for a signal."""


class Appender:
    """The process, seen from the test."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, request: Request) -> Answer:
        """Have a request done."""
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("pipes were asked for")
        self._process.stdin.write(json.dumps(asdict(request)) + "\n")
        self._process.stdin.flush()
        done: list[int] = []
        for line in self._process.stdout:
            if line.startswith("ended"):
                return Answer(tuple(done), tuple(map(int, line.split()[1:])))
            done.append(int(line))
        raise AssertionError("the appender is gone")


@contextmanager
def appender(steps: Path) -> Iterator[Appender]:
    """Start the process for the time of a block."""
    command = [sys.executable, __file__, str(steps)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        yield Appender(process)
        if process.stdin is not None:
            process.stdin.close()


# The process's side


class StoppingConnection(sqlite3.Connection):
    """Ends the process, without a farewell, at a statement or an instruction."""

    statements: ClassVar[int | None] = None
    """Statements that still begin."""
    instructions: ClassVar[int | None] = None
    """Instructions that still begin."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.statements is not None:
            self.set_trace_callback(self._count_statement)
        if self.instructions is not None:
            self.set_progress_handler(self._count_instruction, 1)

    @classmethod
    def _count_statement(cls, _text: str) -> None:
        cls.statements = _counted_down(cls.statements)

    @classmethod
    def _count_instruction(cls) -> int:
        cls.instructions = _counted_down(cls.instructions)
        return 0


def _counted_down(left: int | None) -> int | None:
    if left == 1:
        os._exit(STOPPED)
    return None if left is None else left - 1


def main() -> None:
    """Do requests until there are no more."""
    steps = read_steps(Path(sys.argv[1]))
    checkpoint_of(genesis_ledger(PARAMETERS))  # loads kernels, which each child would load again
    for line in sys.stdin:
        request = Request(**json.loads(line))
        children = [_forked(partial(work, request, steps)) for _ in range(request.children)]
        if request.kill_after is not None:
            time.sleep(request.kill_after)
            for child in children:
                # A child that ended before is still there, since nobody has waited for it.
                os.kill(child, signal.SIGKILL)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        _tell("ended", *codes)


def work(request: Request, steps: Sequence[Step]) -> None:
    """Do the steps of a request."""
    StoppingConnection.statements = request.exit_at_statement
    StoppingConnection.instructions = request.exit_at_instruction
    sqlite3.connect = partial(sqlite3.connect, factory=StoppingConnection)  # type: ignore[assignment]
    with SqliteStore(Path(request.file), PARAMETERS) as store:
        for number, step in list(enumerate(steps))[request.first : request.last]:
            try:
                do(store, step)
            except StoreError:
                if request.children == 1:
                    raise
                continue
            _tell(number)


def _tell(*words: object) -> None:
    # One write, so that lines of several children do not mix, and nothing waits in a buffer.
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def _forked(run: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        run()
    except BaseException:  # noqa: BLE001 - a fork must never return into the loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
