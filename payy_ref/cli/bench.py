"""`payy-ref bench`."""

import dataclasses
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

import payy_ref
from payy_ref.bench.chapters import (
    Benchmark,
    driver_benchmarks,
    hash_benchmarks,
    peer_benchmarks,
    tree_benchmarks,
)
from payy_ref.bench.consensus import consensus_benchmarks, network_rows
from payy_ref.bench.gas import gas_benchmarks, gas_rows
from payy_ref.bench.ledger import MANY_LEAVES, TreeFigure, ledger_benchmarks
from payy_ref.bench.measure import Figure
from payy_ref.bench.peers import Peers
from payy_ref.bench.prove import proof_rows, prove_benchmarks
from payy_ref.cli.project import (
    load_kernels,
    messages,
    output,
    print_listing,
    project_root,
    require_known,
)
from payy_ref.files import replace_file


def _provers() -> Peers:
    """Find the public provers of the checkout."""
    root = project_root()
    return Peers(folder=root / "tests" / "peers", cache=root / "build" / "peers")


CHAPTERS: Final[Mapping[str, Callable[[], Iterable[Benchmark]]]] = {
    "peers": lambda: peer_benchmarks(project_root() / "tests" / "drivers" / "typescript"),
    "hash": hash_benchmarks,
    "tree": tree_benchmarks,
    "driver": driver_benchmarks,
    "ledger": lambda: ledger_benchmarks(large=False),
    "consensus": consensus_benchmarks,
    "prove": lambda: prove_benchmarks(_provers(), large=False),
    "gas": lambda: gas_benchmarks(project_root()),
}
"""What is measured, by the name that chooses it."""


def bench(
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures.")
    ] = None,
    chapter: Annotated[
        str | None,
        typer.Argument(help=f"Only this chapter: {', '.join(CHAPTERS)}.", show_default=False),
    ] = None,
    *,
    large: Annotated[
        bool,
        typer.Option(
            "--large",
            help=f"Blocks on a tree of {MANY_LEAVES:,} leaves and proofs of up to 2^20 rows too, "
            "an hour on two cores.",
        ),
    ] = False,
) -> None:
    """
    Measure the forms against each other and against public peers, in one run.

    Times depend on the machine and its load; ratios of one run say more. No test reads them.
    """
    chapters = {**CHAPTERS}
    require_known("chapter", chapter, chapters)
    if large:
        chapters["ledger"] = lambda: ledger_benchmarks(large=True)
        chapters["prove"] = lambda: prove_benchmarks(_provers(), large=True)
    load_kernels()
    benchmarks = [
        benchmark
        for name, benchmarks_of in chapters.items()
        if chapter in (None, name)
        for benchmark in benchmarks_of()
    ]
    figures: dict[str, Figure] = {}
    for number, benchmark in enumerate(benchmarks, 1):
        with messages.status(f"measuring {number} of {len(benchmarks)}: {benchmark.name}"):
            figure = benchmark.run()
        figures[figure.name] = figure
    headings = ("measured", "a second", "spread", "against", "ratio", "bytes a leaf")
    table = Table(*headings, box=None)
    for figure in figures.values():
        peer = figures.get(figure.peer)
        table.add_row(
            figure.name,
            "absent" if figure.absent else f"{_number(figure.rate)} {figure.unit}",
            "" if figure.absent else f"{figure.spread:.0%}",
            figure.peer if peer else (f"{figure.peer} (not there)" if figure.peer else ""),
            _ratio(figure, peer),
            f"{figure.bytes_per_leaf:,.0f}" if isinstance(figure, TreeFigure) else "",
        )
    output.print(table)
    if networks := network_rows(figures.values()):
        print_listing(networks, group="sequencers")
    if proofs := proof_rows(figures.values()):
        print_listing(proofs, group="measured", wrapped="rounds")
    if gas := gas_rows(figures.values()):
        print_listing(gas, group="contract", wrapped="worst case")
    if chapter in (None, "ledger") and not large:
        messages.print(f"a tree of {MANY_LEAVES:,} leaves is measured with --large only")
    if json_file is not None:
        _write(json_file, list(figures.values()))
        messages.print(f"wrote {json_file}")


def _ratio(figure: Figure, peer: Figure | None) -> str:
    """Tell how many times as fast as its peer something is, if both were measured."""
    if peer is None or figure.absent or peer.absent:
        return ""
    return _number(figure.rate / peer.rate)


def _number(value: float) -> str:
    return f"{value:,.1f}" if value >= 1 else f"{value:.3f}"


def _write(file: Path, figures: list[Figure]) -> None:
    document = {
        "version": payy_ref.__version__,
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "figures": [
            {**dataclasses.asdict(figure), "rate": figure.rate, "spread": figure.spread}
            for figure in figures
        ],
    }
    replace_file(file, (json.dumps(document, indent=2) + "\n").encode("utf-8"))
