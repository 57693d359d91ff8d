"""What is measured, chapter by chapter."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from payy_ref.bench.measure import Figure, measure
from payy_ref.crypto import compiled, poseidon2
from payy_ref.crypto.field import FieldElement
from payy_ref.merkle.naive import NaiveTree
from payy_ref.merkle.path import Depth
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import Tree, update
from payy_ref.primitives import strict_json
from payy_ref.vectors.model import case_elements

DEPTH: Final = Depth(160)
PEER_HASH: Final = "Poseidon2, @zkpassport/poseidon2 (npm, JavaScript)"

NAIVE_ONE: Final = "insert 1, naive tree"
NAIVE_MANY: Final = "insert 100, naive tree"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Something to measure."""

    name: str
    """What is measured."""
    take: Callable[[str], Figure]
    """Measures it, given the name."""

    def run(self) -> Figure:
        """Measure it."""
        return self.take(self.name)


def hash_benchmarks() -> Iterator[Benchmark]:
    """Measure the permutation: readable, compiled alone, compiled in batches."""
    pairs = list(
        zip(case_elements("bench-left", 20_000), case_elements("bench-right", 20_000), strict=True)
    )

    def singles() -> None:
        for pair in pairs[:2_000]:
            compiled.sponge(pair)

    def on_one_core() -> None:
        with compiled.one_core():
            compiled.sponges(pairs)

    yield Benchmark(
        "Poseidon2, readable form (galois)",
        lambda name: measure(
            name, "hash", 5, lambda: [poseidon2.sponge(pair) for pair in pairs[:5]]
        ),
    )
    yield Benchmark(
        "Poseidon2, compiled, one at a time",
        lambda name: measure(name, "hash", 2_000, singles, peer=PEER_HASH),
    )
    yield Benchmark(
        "Poseidon2, compiled, batch, one core",
        lambda name: measure(name, "hash", len(pairs), on_one_core, peer=PEER_HASH),
    )
    yield Benchmark(
        f"Poseidon2, compiled, batch, {os.cpu_count()} cores",
        lambda name: measure(
            name, "hash", len(pairs), lambda: compiled.sponges(pairs), peer=PEER_HASH
        ),
    )


def tree_benchmarks() -> Iterator[Benchmark]:
    """Measure insertion at depth 160: the definition and the tree for use."""
    leaves = case_elements("bench-leaves", 10_000)

    def inserting(empty: Tree, count: int) -> Callable[[], object]:
        # The root belongs to the work: the definition computes it only when asked.
        return lambda: update(empty, remove=(), insert=leaves[:count]).root

    naive_one = inserting(NaiveTree(depth=DEPTH), 1)
    yield Benchmark(NAIVE_ONE, lambda name: measure(name, "leaf", 1, naive_one, runs=2))
    # A hundred take the definition most of a minute: once is enough.
    naive_many = inserting(NaiveTree(depth=DEPTH), 100)
    yield Benchmark(
        NAIVE_MANY,
        lambda name: measure(name, "leaf", 100, naive_many, runs=1, warm_up=False),
    )
    for count, runs, peer in ((1, 5, NAIVE_ONE), (100, 5, NAIVE_MANY), (10_000, 2, "")):
        take = partial(
            measure,
            unit="leaf",
            operations=count,
            run=inserting(PersistentTree(depth=DEPTH), count),
            runs=runs,
            peer=peer,
        )
        yield Benchmark(f"insert {count:,} at once, persistent tree", take)
    yield Benchmark(
        "insert 1 into 10,000, persistent tree",
        lambda name: measure(name, "leaf", 20, _into_large(leaves)),
    )


def _into_large(leaves: tuple[FieldElement, ...]) -> Callable[[], None]:
    large = PersistentTree.of(DEPTH, leaves)
    more = case_elements("bench-more-leaves", 20)

    def run() -> None:
        for leaf in more:
            update(large, remove=(), insert=(leaf,))

    return run


def driver_benchmarks() -> Iterator[Benchmark]:
    """Measure round trips of the reference's driver over a pipe."""
    requests = [
        strict_json.dumps(
            {
                "seq": number,
                "cmd": "run",
                "preset": "mainnet",
                "suite": "hash",
                "operation": "poseidon2",
                "id": "bench",
                "input": {"inputs": [f"0x{number:064x}", f"0x{number + 1:064x}"]},
            }
        ).encode()
        + b"\n"
        for number in range(2_000)
    ]

    def bench(name: str) -> Figure:
        command = [sys.executable, "-m", "payy_ref", "driver"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            if process.stdin is None or process.stdout is None:
                raise AssertionError("pipes were asked for")
            source, sink = process.stdout, process.stdin

            def run() -> None:
                for request in requests:
                    sink.write(request)
                    sink.flush()
                    source.readline()

            figure = measure(name, "request", len(requests), run)
            sink.close()
        return figure

    yield Benchmark("driver, hash/poseidon2 over a pipe", bench)


def peer_benchmarks(typescript: Path) -> Iterator[Benchmark]:
    """Measure the public JavaScript package, if Node and its built driver are there."""
    program = typescript / "dist" / "benchmark.js"
    node = shutil.which("node")
    if node is None or not program.exists():
        return

    def bench(name: str) -> Figure:
        durations, hashes = [], 0
        for _ in range(3):
            done = subprocess.run([node, str(program)], capture_output=True, check=True, text=True)
            result = json.loads(done.stdout)
            hashes = int(result["hashes"])
            durations.append(hashes / float(result["hashesPerSecond"]))
        return Figure(name=name, unit="hash", operations=hashes, seconds=tuple(durations))

    yield Benchmark(PEER_HASH, bench)
