"""
The tables of `docs/simulation.md`, and a command that measures and writes them.

    python -m tests.simulation_tables finality
    python -m tests.simulation_tables speed
"""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from payy_ref.bench.consensus import consensus_benchmarks, network_rows
from payy_ref.simulation.finality import (
    MEASURED_NODES,
    MEASURED_PROFILES,
    Finality,
    finality_table,
    measure_finality,
)
from payy_ref.simulation.plan import tolerated

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "simulation.md"
TABLE: Final = re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
"""A table in the document: its name and its text."""


def measured_finality(nodes: int) -> list[Finality]:
    """Measure the time to soft finality in every network of a size."""
    return [
        measure_finality(profile, nodes, silent=silent)
        for profile in MEASURED_PROFILES
        for silent in (0, tolerated(nodes))
    ]


def finality_lines() -> list[str]:
    """Measure all sizes; half an hour."""
    return finality_table(each for nodes in MEASURED_NODES for each in measured_finality(nodes))


def speed_lines() -> list[str]:
    """Measure how fast networks are simulated; two minutes."""
    rows = network_rows(benchmark.run() for benchmark in consensus_benchmarks())
    table = [tuple(rows[0]), ("--:",) * len(rows[0]), *(tuple(row.values()) for row in rows)]
    return [f"| {' | '.join(row)} |" for row in table]


TABLES: Final[Mapping[str, Callable[[], list[str]]]] = {
    "finality": finality_lines,
    "speed": speed_lines,
}
"""What can be measured, by the name in the document."""


def main(name: str) -> None:
    """Measure, and write what was measured."""
    lines = "".join(f"{line}\n" for line in TABLES[name]())

    def written(found: re.Match[str]) -> str:
        kept = f"\n{lines}\n" if found[1] == name else found[2]
        return f"<!-- table: {found[1]} -->\n{kept}<!-- end -->"

    DOCUMENT.write_text(TABLE.sub(written, DOCUMENT.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
