"""Measurements of the prover: by size, circuit by circuit, and beside public provers."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Final

from circuits.gadgets.poseidon2 import PERMUTATION_ROWS
from payy_ref.bench.chapters import Benchmark
from payy_ref.bench.measure import Figure
from payy_ref.bench.peers import GROTH16, PLONK, AbsentError, PeerRun, Peers
from payy_ref.bench.prove_worker import BLOCK, CHAIN, KERNELS, UTXO, Task, chain_end
from payy_ref.parameters import Preset
from payy_ref.proofs.backend import BackendName
from payy_ref.proofs.curve import encode_g1
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, development

LOG_SIZES: Final = range(10, 15)
"""Sizes that are measured each time, as logarithms."""

LARGE_LOG_SIZES: Final = range(15, 21)
"""Sizes that are measured when asked for."""

COMPARED: Final = (10, 100, 1_000)
"""Hashes of the chains that peers prove too."""

PLAIN_COMPARED: Final = 10
"""Hashes of the chain that is proven in the readable form too."""

SNARKJS_RUNS: Final[Mapping[tuple[str, int], tuple[int, int]]] = {
    (GROTH16, 10): (3, 1),
    (GROTH16, 100): (3, 1),
    (PLONK, 10): (2, 1),
    # A minute each: there is nothing to warm up beside that.
    (PLONK, 100): (1, 0),
}
"""What snarkjs proves: counted runs, and runs before them. A thousand hashes take it too long."""

SNARKJS_NAMES: Final = {GROTH16: "snarkjs Groth16", PLONK: "snarkjs PLONK"}

_LARGEST_OF_SEVERAL_RUNS: Final = 16
_EMPTY_CACHE: Final = "NUMBA_CACHE_DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFigure(Figure):
    """A rate of proving, and what else there is to say of a proof; times are in seconds."""

    statement: str
    """What is proven."""
    size: str
    """How large the circuit is, in the prover's own measure."""
    cpu_seconds: float | None = None
    """Time of the processor, all cores, in a proof."""
    peak_bytes: int | None = None
    """The most memory that the prover's process had."""
    verify_seconds: float | None = None
    """Verifying with the fast pairing, if there is one; None also where a peer cannot."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """All that `prove_worker.Measured` says of this project's prover; empty for peers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFigure(Figure):
    """How long it takes until kernels are there."""

    cpu_seconds: float
    """Time of the processor, all cores."""


def prove_benchmarks(peers: Peers, *, large: bool) -> Iterator[Benchmark]:
    """
    Measure the prover and its peers.

    Args:
        peers: The public provers; preparing them takes minutes the first time.
        large: Whether to measure circuits of 2^15 rows and more too, up to 16 GB of memory and half
            an hour on two cores.
    """
    yield Benchmark("load the kernels, compiled before", partial(_loading, is_cold=False))
    yield Benchmark("compile the kernels", partial(_loading, is_cold=True))
    yield Benchmark("prove utxo", partial(_own, task=Task(circuit=UTXO, runs=5)))
    presets = (Preset.MINIMAL, Preset.MAINNET) if large else (Preset.MINIMAL,)
    for preset in presets:
        task = Task(circuit=BLOCK, preset=preset, runs=3 if preset is Preset.MINIMAL else 1)
        yield Benchmark(f"prove block, {preset}", partial(_own, task=task))
    for log_size in (*LOG_SIZES, *(LARGE_LOG_SIZES if large else ())):
        runs = 3 if log_size <= _LARGEST_OF_SEVERAL_RUNS else 1
        task = Task(circuit=CHAIN, hashes=hashes_in(log_size), runs=runs)
        yield Benchmark(
            f"prove {task.hashes:,} hashes, 2^{log_size} rows", partial(_own, task=task)
        )
    for count in COMPARED:
        yield Benchmark(
            _name(count, "payy-ref"), partial(_own, task=Task(circuit=CHAIN, hashes=count, runs=5))
        )
        if count == PLAIN_COMPARED:
            task = Task(circuit=CHAIN, hashes=count, backend=BackendName.PLAIN)
            yield Benchmark(_name(count, "payy-ref, plain backend"), partial(_own, task=task))
        for system, name in SNARKJS_NAMES.items():
            if (system, count) in SNARKJS_RUNS:
                yield Benchmark(
                    _name(count, name), partial(_snarkjs, peers=peers, system=system, count=count)
                )
        yield Benchmark(
            _name(count, "bb UltraHonk"), partial(_barretenberg, peers=peers, count=count)
        )


def hashes_in(log_size: int) -> int:
    """Count the hashes of the longest chain in 2^log_size rows: one holds the public input."""
    return ((1 << log_size) - 2) // PERMUTATION_ROWS


def proof_rows(figures: Iterable[Figure]) -> list[dict[str, str]]:
    """Lay out what the figures say of proofs besides their rate, a row for each."""
    return [
        _proof_row(figure) if isinstance(figure, ProofFigure) else _row(figure, figure.cpu_seconds)
        for figure in figures
        if isinstance(figure, ProofFigure | LoadFigure)
    ]


def _name(count: int, prover: str) -> str:
    return f"prove {count:,} hashes, {prover}"


def _row(figure: Figure, cpu_seconds: float | None) -> dict[str, str]:
    """Lay out the time that something takes, with empty columns for what is said of proofs only."""
    if figure.absent:
        time = f"absent: {figure.absent}"
    else:
        runs = len(figure.seconds)
        time = f"{statistics.median(figure.seconds):.3f} s, {runs} run{'s' if runs > 1 else ''}"
        time += "" if cpu_seconds is None else f", {cpu_seconds:.3f} s of processor"
    return {
        "measured": figure.name,
        "time": time,
        "circuit": "",
        "peak": "",
        "verify": "",
        "before": "",
        "bytes": "",
        "rounds": "",
    }


def _proof_row(figure: ProofFigure) -> dict[str, str]:
    own = figure.own
    rounds = own.get("rounds") or {}
    verifying = {"": figure.verify_seconds, " with py_ecc": own.get("verify_readable")}
    before = {"fill": own.get("fill"), "keys": own.get("keys")}
    sizes = {"proof": own.get("proof_bytes"), "key": own.get("key_bytes")}
    return {
        **_row(figure, figure.cpu_seconds),
        "circuit": ", ".join(filter(None, (figure.statement, figure.size))),
        "peak": "" if figure.peak_bytes is None else f"{figure.peak_bytes / 1e6:,.0f} MB",
        "verify": ", ".join(
            f"{1e3 * seconds:,.0f} ms{how}" for how, seconds in verifying.items() if seconds
        ),
        "before": ", ".join(
            f"{what} {seconds:.3f} s" for what, seconds in before.items() if seconds
        ),
        "bytes": ", ".join(f"{what} {size:,}" for what, size in sizes.items() if size),
        "rounds": ", ".join(f"{name} {share:.0%}" for name, share in rounds.items()),
    }


def _measured(task: Task, environment: Mapping[str, str]) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "payy_ref.bench.prove_worker", json.dumps(asdict(task))]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, text=True, env={**os.environ, **environment}
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _loading(name: str, *, is_cold: bool) -> Figure:
    with tempfile.TemporaryDirectory() as empty:
        measured = _measured(Task(circuit=KERNELS), {_EMPTY_CACHE: empty} if is_cold else {})
        if not is_cold:
            # Now they are surely on disk.
            measured = _measured(Task(circuit=KERNELS), {})
    return LoadFigure(
        name=name,
        unit="start",
        operations=1,
        seconds=(measured["load"],),
        cpu_seconds=measured["load_cpu"],
    )


def _own(name: str, *, task: Task) -> Figure:
    measured = _measured(task, {})
    is_chain = task.circuit == CHAIN
    is_plain = task.backend == BackendName.PLAIN
    return ProofFigure(
        name=name,
        unit="hash" if is_chain else "proof",
        operations=task.hashes if is_chain else 1,
        seconds=tuple(measured["proofs"]),
        peer=_name(task.hashes, "payy-ref") if is_plain else "",
        statement="Poseidon2" if is_chain else task.circuit,
        size=f"{measured['used_rows']:,} of {measured['rows']:,} rows",
        cpu_seconds=measured["proof_cpu"],
        peak_bytes=measured["peak_bytes"],
        verify_seconds=measured["verify_fast"],
        own=measured,
    )


def _snarkjs(name: str, *, peers: Peers, system: str, count: int) -> Figure:
    runs, warm_ups = SNARKJS_RUNS[system, count]
    prove = partial(peers.snarkjs, system, count, runs=runs, warm_ups=warm_ups)
    return _peer_figure(name, count, "Poseidon, 3 elements wide", prove)


def _barretenberg(name: str, *, peers: Peers, count: int) -> Figure:
    prove = partial(
        peers.barretenberg,
        count,
        runs=3,
        reference_string=_reference_string,
        end=chain_end(count),
    )
    return _peer_figure(name, count, "Poseidon2", prove)


def _peer_figure(name: str, count: int, statement: str, prove: Callable[[], PeerRun]) -> Figure:
    """Let a peer prove, or say why it does not."""
    figure = ProofFigure(
        name=name,
        unit="hash",
        operations=count,
        seconds=(),
        peer=_name(count, "payy-ref"),
        statement=statement,
        size="",
    )
    try:
        run = prove()
    except AbsentError as absent:
        return replace(figure, absent=str(absent))
    return replace(
        figure,
        seconds=run.proofs,
        size=run.size,
        cpu_seconds=run.proof_cpu,
        peak_bytes=run.peak_bytes,
        verify_seconds=run.verify,
    )


def _reference_string(count: int) -> bytes:
    from payy_ref.proofs.fast import powers_of_g1  # noqa: PLC0415

    setup = development(count, name=DEVELOPMENT_SETUP_NAME, powers_of_g1=powers_of_g1)
    return b"".join(map(encode_g1, setup.points(count)))
