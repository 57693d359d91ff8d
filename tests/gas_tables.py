"""
The tables of `docs/gas.md`: what they are to hold, and a command that writes them.

    python -m tests.gas_tables
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from payy_ref.bench.gas import gas_benchmarks, gas_tables
from payy_ref.bench.measure import Figure
from payy_ref.bench.settlement_gas import settlement_tables

ROOT: Final = Path(__file__).parents[1]
DOCUMENT: Final = ROOT / "docs" / "gas.md"
TABLE: Final = re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
"""A table in the document: its name and its text."""


def written_tables(figures: Iterable[Figure], checkout: Path) -> dict[str, str]:
    """Give the text of each table, by its name."""
    measured = list(figures)
    tables = {**gas_tables(measured), **settlement_tables(measured, checkout)}
    return {
        name: "\n" + "".join(f"{line}\n" for line in lines) + "\n" for name, lines in tables.items()
    }


def main() -> None:
    """Measure, and write what was measured."""
    tables = written_tables((benchmark.run() for benchmark in gas_benchmarks(ROOT)), ROOT)

    def written(found: re.Match[str]) -> str:
        return f"<!-- table: {found[1]} -->\n{tables[found[1]]}<!-- end -->"

    DOCUMENT.write_text(TABLE.sub(written, DOCUMENT.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
