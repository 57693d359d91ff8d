"""The benchmarks of the prover measure what they say; how fast anything is, no test asks."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from payy_ref.bench import prove_worker
from payy_ref.bench.measure import Figure
from payy_ref.bench.peers import GROTH16, AbsentError, Peers
from payy_ref.bench.prove import (
    LARGE_LOG_SIZES,
    LOG_SIZES,
    LoadFigure,
    ProofFigure,
    hashes_in,
    proof_rows,
    prove_benchmarks,
)
from payy_ref.bench.prove_worker import (
    BLOCK,
    CHAIN,
    UTXO,
    Task,
    chain_end,
    hash_chain,
    peak_bytes,
)
from payy_ref.crypto import compiled
from payy_ref.proofs.curve import encode_g1
from payy_ref.proofs.keys import KEY_BYTES
from payy_ref.proofs.plain import PLAIN
from payy_ref.proofs.proof import PROOF_BYTES
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, development

PEERS = Path(__file__).parent / "peers"


@pytest.fixture
def nothing_installed(tmp_path: Path) -> Peers:
    """Peers whose packages are not there."""
    return Peers(folder=tmp_path / "peers", cache=tmp_path / "cache")


def run(peers: Peers, part_of_name: str) -> list[Figure]:
    """Run the benchmarks whose names hold a text."""
    benchmarks = prove_benchmarks(peers, large=False)
    return [benchmark.run() for benchmark in benchmarks if part_of_name in benchmark.name]


@pytest.mark.parametrize("log_size", [8, 10])
def test_chain_fills_its_rows(log_size: int) -> None:
    """One hash more needs twice as many rows."""
    assert hash_chain(hashes_in(log_size)).system.size == 2**log_size
    assert hash_chain(hashes_in(log_size) + 1).system.size == 2 ** (log_size + 1)


def test_chain_ends_with_the_last_hash() -> None:
    """The circuit accepts what the hash function computes, and nothing else."""
    circuit = hash_chain(3)
    system, end = circuit.system, chain_end(3)
    assert chain_end(1) == compiled.sponge((1, 1))
    assert end == compiled.sponge((compiled.sponge((chain_end(1), 1)), 1))
    assert not system.failures(circuit.fill({"end": end, "start": 1}), PLAIN)
    assert system.failures(circuit.fill({"end": end + 1, "start": 1}), PLAIN)


@pytest.mark.parametrize("task", [Task(circuit=CHAIN, hashes=3, runs=2), Task(circuit=UTXO)])
def test_what_is_measured(task: Task) -> None:
    """Every part is there: each round, both ways of verifying, all sizes."""
    measured = prove_worker.measure(task)
    assert len(measured.proofs) == task.runs
    assert list(measured.rounds or {}) == [
        "wires",
        "permutation",
        "quotient",
        "evaluations",
        "openings",
    ]
    assert sum((measured.rounds or {}).values()) == pytest.approx(1)
    assert (measured.proof_bytes, measured.key_bytes) == (PROOF_BYTES, KEY_BYTES)
    assert 0 < measured.used_rows <= measured.rows
    for seconds in (measured.load, measured.fill, measured.keys, measured.verify_readable):
        assert seconds > 0


def test_inputs_of_blocks_satisfy_their_circuit() -> None:
    """The block that is proven is valid, and its leaves are all different."""
    task = Task(circuit=BLOCK)
    circuit = prove_worker._circuit(task)
    inputs = prove_worker._inputs(task)
    assert inputs["is_valid"] == 1
    assert inputs["old_root"] != inputs["new_root"]
    assert not circuit.system.failures(circuit.fill(inputs), PLAIN)


def test_figure_of_a_chain(nothing_installed: Peers) -> None:
    """A worker measures; the figure counts hashes, and the row tells the rest."""
    (figure, *_) = run(nothing_installed, "prove 10 hashes, payy-ref")
    assert isinstance(figure, ProofFigure)
    assert (figure.unit, figure.operations, len(figure.seconds)) == ("hash", 10, 5)
    assert figure.rate > 0
    (row,) = proof_rows([figure, Figure(name="", unit="", operations=1, seconds=(1.0,))])
    assert row["circuit"] == "Poseidon2, 252 of 256 rows"
    assert row["bytes"] == "proof 1,088, key 1,216"
    assert "openings" in row["rounds"]
    assert row["peak"].endswith(" MB")


def test_memory_of_a_worker_is_its_own() -> None:
    """What this process has had does not count."""
    held = bytearray(b"x") * 600_000_000
    own = peak_bytes()
    if own is None or not Path("/proc/self/status").exists():
        pytest.skip("the system counts the memory of the starting process")
    assert own > len(held)
    del held
    (figure,) = run(Peers(folder=PEERS, cache=PEERS), "prove utxo")
    assert isinstance(figure, ProofFigure)
    assert figure.peak_bytes is not None
    assert 50_000_000 < figure.peak_bytes < 500_000_000


def test_loading_is_shown_beside_proofs(nothing_installed: Peers) -> None:
    """It is told in seconds, which a rate would hide."""
    (figure,) = run(nothing_installed, "load the kernels")
    assert isinstance(figure, LoadFigure)
    assert figure.cpu_seconds > 0
    proof = replace(figure, name="another", seconds=(2.0, 3.0, 4.0), cpu_seconds=5.0)
    rows = proof_rows([figure, proof])
    assert rows[0]["measured"] == "load the kernels, compiled before"
    assert rows[1]["time"] == "3.000 s, 3 runs, 5.000 s of processor"


def names(peers: Peers, *, large: bool) -> list[str]:
    """Name what is measured."""
    return [benchmark.name for benchmark in prove_benchmarks(peers, large=large)]


def test_large_circuits_are_measured_when_asked_for(nothing_installed: Peers) -> None:
    """They come on top of the others, of which none is left out; they are not run here."""
    small, large = (names(nothing_installed, large=large) for large in (False, True))
    added = [name for name in large if name not in small]
    assert added[0] == "prove block, mainnet"
    ends = [name.partition(", ")[2] for name in added[1:]]
    assert ends == [f"2^{log_size} rows" for log_size in LARGE_LOG_SIZES]
    assert [name for name in large if name in small] == small
    assert all(b - a == 1 for a, b in pairwise([*LOG_SIZES, *LARGE_LOG_SIZES]))


def test_peers_are_compared_with_the_same_number_of_hashes(nothing_installed: Peers) -> None:
    """Each names a figure that is measured too, of as many hashes."""
    figures = run(nothing_installed, "snarkjs") + run(nothing_installed, "bb")
    known = names(nothing_installed, large=False)
    assert {figure.operations for figure in figures} == {10, 100, 1_000}
    for figure in figures:
        assert figure.peer in known
        assert figure.peer == f"prove {figure.operations:,} hashes, payy-ref"


def reasons(figures: Iterable[Figure]) -> list[str]:
    """List why figures are absent."""
    for figure in figures:
        assert figure.seconds == ()
        assert figure.rate == figure.spread == 0
    return [figure.absent for figure in figures]


def test_absent_packages_are_named(nothing_installed: Peers) -> None:
    """The figure says what is missing and how to get it."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    figures = run(nothing_installed, "prove 10 hashes, snarkjs")
    for reason in reasons(figures):
        assert reason.startswith("snarkjs is not installed: npm ci --ignore-scripts in ")
    (row, *_) = proof_rows(figures)
    assert row["time"].startswith("absent: snarkjs is not installed")
    (reason,) = reasons(run(nothing_installed, "prove 10 hashes, bb"))
    assert reason.startswith("@aztec/bb.js is not installed")


def test_absent_node_is_named(
    nothing_installed: Peers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without node there are no peers."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert set(reasons(run(nothing_installed, "10 hashes, snarkjs"))) == {"node is not installed"}
    assert reasons(run(nothing_installed, "10 hashes, bb")) == ["node is not installed"]


def test_failing_peer_is_quoted(
    nothing_installed: Peers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its last words are the reason, and half of what it prepared is not kept."""
    program = tmp_path / "node"
    program.write_text("#!/bin/sh\necho out of luck >&2\nexit 3\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    for package in ("snarkjs", "circom2", "circomlib"):
        (nothing_installed.folder / "node_modules" / package).mkdir(parents=True)
    with pytest.raises(AbsentError, match="node ended with 3: out of luck"):
        nothing_installed.snarkjs(GROTH16, 10, runs=1, warm_ups=0)
    assert not list(nothing_installed.cache.glob("*/*"))


def test_preparation_is_kept_until_its_sources_change(nothing_installed: Peers) -> None:
    """What peers need is prepared once, and again when a script has changed."""
    made = []

    def prepare(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text(str(len(made)), "utf-8")

    nothing_installed.folder.mkdir()
    script = nothing_installed.folder / "prepare.js"
    for text, expected in (("old", 1), ("old", 1), ("new", 2), ("new", 2)):
        script.write_text(text, "utf-8")
        folder = nothing_installed._prepared("thing", prepare)
        assert (folder / "file").read_text("utf-8") == str(expected)
    assert len(made) == 2


def test_barretenberg_proves_the_same_chain(tmp_path: Path) -> None:
    """The program from npm proves; another end than its own is noticed."""
    peers = Peers(folder=PEERS, cache=tmp_path)
    setup = development(2**13 + 2, name=DEVELOPMENT_SETUP_NAME)
    powers = b"".join(map(encode_g1, setup.points(setup.count)))
    try:
        proven = peers.barretenberg(2, runs=1, reference_string=lambda _: powers, end=chain_end(2))
    except AbsentError as absent:
        pytest.skip(str(absent))
    assert len(proven.proofs) == 1
    assert proven.size.endswith(" gates")
    with pytest.raises(AssertionError, match="something else"):
        peers.barretenberg(2, runs=1, reference_string=lambda _: powers, end=chain_end(3))
