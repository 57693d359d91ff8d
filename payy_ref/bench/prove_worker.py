"""
One measurement of the prover, in a process of its own: so that peak memory is that of one circuit.

Reads a task from its first argument and prints what it measured, both as JSON.
"""

import json
import resource
import secrets
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar

from circuits import block, utxo
from circuits.gadgets.logic import assert_equal
from circuits.gadgets.poseidon2 import hash_elements
from payy_ref.crypto import compiled
from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.hashing import hash_pair
from payy_ref.ledger import builder as statements
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.note import InputNote, Note, NoteValue, Psi, SecretKey, note_address
from payy_ref.ledger.transaction import Statement
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.parameters import Preset, load_preset
from payy_ref.proofs import fast
from payy_ref.proofs.backend import Backend, BackendName, backend
from payy_ref.proofs.curve import fast_pairing_check, pairings_cancel
from payy_ref.proofs.keys import encode_key, powers_needed, preprocess
from payy_ref.proofs.proof import Proof, encode_proof
from payy_ref.proofs.prover import draw_blinding, prove
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, TrustedSetup, development
from payy_ref.proofs.system import Builder, Circuit
from payy_ref.proofs.verifier import verify
from payy_ref.vectors.model import case_elements

CHAIN: Final = "chain"
UTXO: Final = "utxo"
BLOCK: Final = "block"
KERNELS: Final = "kernels"

LARGEST_WITH_COSETS: Final = 2**18
"""Rows up to which the prover's key holds the columns on all cosets."""

LARGEST_WARM_UP: Final = 2**16
"""Rows up to which a proof is made before the counted ones."""

_START: Final = 1
_KEY: Final = SecretKey(FieldElement(7))
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be measured."""

    circuit: str
    """`CHAIN`, `UTXO`, `BLOCK`, or `KERNELS` for loading what proofs need, without a proof."""
    hashes: int = 0
    """Length of the chain."""
    preset: str = Preset.MINIMAL
    """The network whose block it is."""
    backend: str = BackendName.FAST
    """What computes."""
    runs: int = 1
    """Proofs that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured; times are in seconds."""

    load: float
    """Loading the kernels, or compiling them if they are not on disk."""
    load_cpu: float
    """Time of the processor, all cores, in this."""
    rows: int = 0
    """n."""
    used_rows: int = 0
    """Rows with something in them."""
    write: float = 0.0
    """Writing down the circuit."""
    fill: float = 0.0
    """Filling the witness."""
    keys: float = 0.0
    """Making both keys."""
    proofs: tuple[float, ...] = ()
    """Each counted proof."""
    proof_cpu: float = 0.0
    """Time of the processor, all cores, in the median one of them."""
    rounds: Mapping[str, float] | None = None
    """The share of each round, by its name."""
    verify_fast: float | None = None
    """Verifying with the fast pairing; None if this installation has none."""
    verify_readable: float = 0.0
    """Verifying with the readable pairing."""
    proof_bytes: int = 0
    """Width of the proof."""
    key_bytes: int = 0
    """Width of the verification key."""
    peak_bytes: int | None = None
    """The most memory that the process had, all of the above included."""


def measure(task: Task) -> Measured:
    """Measure one circuit."""
    busy = time.process_time()
    chosen, load = timed(lambda: _loaded(BackendName(task.backend)))
    load_cpu = time.process_time() - busy
    if task.circuit == KERNELS:
        return Measured(load=load, load_cpu=load_cpu)
    circuit, write = timed(lambda: _circuit(task))
    system = circuit.system
    inputs = _inputs(task)
    witness, fill = timed(lambda: circuit.fill(inputs))
    setup = _setup(powers_needed(system.size), chosen)
    keep = system.size <= LARGEST_WITH_COSETS
    (key, public_key), keys = timed(lambda: preprocess(system, setup, chosen, keep_cosets=keep))

    begun: dict[str, float] = {}
    rounds: dict[str, float] = defaultdict(float)

    def progress(name: str, done: float) -> None:
        if done == 0:
            begun[name] = time.perf_counter()
        elif done == 1:
            rounds[name] += time.perf_counter() - begun[name]

    cpu = []

    def proven() -> Proof:
        blinding = draw_blinding(secrets.token_bytes)
        busy = time.process_time()
        proof = prove(key, witness.wires, witness.public, blinding, chosen, progress)
        cpu.append(time.process_time() - busy)
        return proof

    if chosen.name == BackendName.FAST and system.size <= LARGEST_WARM_UP:
        proven()
        rounds.clear()
        cpu.clear()
    made = [timed(proven) for _ in range(task.runs)]
    proof, _ = made[-1]
    total = sum(rounds.values())

    def verified(pairing_check: Callable[..., bool]) -> float:
        return timed(lambda: verify(public_key, witness.public, proof, pairing_check))[1]

    verify_readable = verified(pairings_cancel)
    verify_fast = None
    if (fast := fast_pairing_check()) is not pairings_cancel:
        verified(fast)
        verify_fast = statistics.median(verified(fast) for _ in range(5))
    return Measured(
        load=load,
        load_cpu=load_cpu,
        rows=system.size,
        used_rows=system.rows,
        write=write,
        fill=fill,
        keys=keys,
        proofs=tuple(seconds for _, seconds in made),
        proof_cpu=statistics.median(cpu),
        rounds={name: seconds / total for name, seconds in rounds.items()},
        verify_fast=verify_fast,
        verify_readable=verify_readable,
        proof_bytes=len(encode_proof(proof)),
        key_bytes=len(encode_key(public_key)),
        peak_bytes=peak_bytes(),
    )


def timed(run: Callable[[], _Result]) -> tuple[_Result, float]:
    """Run something, and tell how many seconds it took."""
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start


def hash_chain(count: int) -> Circuit:
    """Write the circuit of a chain of hashes of two elements: the last one, and the first input."""
    builder = Builder(f"payy-ref/bench/chain/{count}")
    end = builder.public("end")
    start = builder.private("start")
    link = start
    for i in range(count):
        link = hash_elements(builder, f"link[{i}]", (link, start))
    assert_equal(builder, "end", link, end)
    return builder.build()


def chain_end(count: int) -> FieldElement:
    """Compute the last hash of a chain that begins with `_START`."""
    link = FieldElement(_START)
    for _ in range(count):
        link = hash_pair(link, _START)
    return link


def _loaded(name: BackendName) -> Backend:
    chosen = backend(name)
    if name is BackendName.FAST:
        compiled.warm_up()
        fast.warm_up()
    return chosen


def _setup(count: int, chosen: Backend) -> TrustedSetup:
    if chosen.name == BackendName.FAST:
        return development(count, name=DEVELOPMENT_SETUP_NAME, powers_of_g1=fast.powers_of_g1)
    return development(count, name=DEVELOPMENT_SETUP_NAME)


def _circuit(task: Task) -> Circuit:
    if task.circuit == CHAIN:
        return hash_chain(task.hashes)
    if task.circuit == UTXO:
        return utxo.utxo()
    return block.block(load_preset(Preset(task.preset)))


def _inputs(task: Task) -> dict[str, int]:
    if task.circuit == CHAIN:
        return {"end": chain_end(task.hashes), "start": _START}
    if task.circuit == UTXO:
        (send,) = _sends(1)
        return utxo.inputs_of(send)
    parameters = load_preset(Preset(task.preset))
    transactions = [send.public for send in _sends(parameters.block_transactions)]
    spent = [leaf for public in transactions for leaf in public.input_commitments]
    tree = PersistentTree.of(parameters.tree_depth, spent)
    return block.inputs_of(tree, transactions, parameters)


def _sends(count: int) -> tuple[Statement, ...]:
    """Make sends of two notes each to two notes, all different."""
    psis = iter(case_elements("bench-proofs", 4 * count))
    return tuple(
        statements.send(
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


def peak_bytes(process: str = "self") -> int | None:
    """
    Tell the most memory that a running process had; None if it is not running.

    What `getrusage` says begins with the memory of the process that started it. Linux has a better
    count, and other systems have nothing better for a process that is this one.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        if process != "self":
            return None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    sizes = [line.split() for line in lines if line.startswith("VmHWM:")]
    return int(sizes[0][1]) * 1024 if sizes else None


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Task(**json.loads(sys.argv[1]))))))  # noqa: T201
