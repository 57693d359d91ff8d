"""`payy-ref bench`."""

import dataclasses
import json
import os
import platform
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

import payy_ref
from payy_ref.bench.chapters import (
    driver_benchmarks,
    hash_benchmarks,
    peer_benchmarks,
    tree_benchmarks,
)
from payy_ref.bench.measure import Figure
from payy_ref.cli.project import load_kernels, messages, output, project_root
from payy_ref.files import replace_file


def bench(
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures.")
    ] = None,
) -> None:
    """
    Measure the forms against each other and against public peers, in one run.

    Times depend on the machine and its load; ratios of one run say more. No test reads them.
    """
    load_kernels()
    benchmarks = [
        *peer_benchmarks(project_root() / "tests" / "drivers" / "typescript"),
        *hash_benchmarks(),
        *tree_benchmarks(),
        *driver_benchmarks(),
    ]
    figures: dict[str, Figure] = {}
    for number, benchmark in enumerate(benchmarks, 1):
        with messages.status(f"measuring {number} of {len(benchmarks)}: {benchmark.name}"):
            figure = benchmark.run()
        figures[figure.name] = figure
    table = Table("measured", "a second", "spread", "against", "ratio", box=None)
    for figure in figures.values():
        peer = figures.get(figure.peer)
        table.add_row(
            figure.name,
            f"{figure.rate:,.1f} {figure.unit}",
            f"{figure.spread:.0%}",
            figure.peer if peer else (f"{figure.peer} (not there)" if figure.peer else ""),
            f"{figure.rate / peer.rate:.1f}" if peer else "",
        )
    output.print(table)
    if json_file is not None:
        _write(json_file, list(figures.values()))
        messages.print(f"wrote {json_file}")


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
