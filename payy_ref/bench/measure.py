"""How a figure is taken: several runs after a warm-up, the median counts."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

RUNS: Final = 5
"""Counted runs of each measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured rate."""

    name: str
    """What was measured."""
    unit: str
    """What one operation is; the rate is operations a second."""
    operations: int
    """Operations of a run."""
    seconds: tuple[float, ...]
    """Duration of each counted run."""
    peer: str = ""
    """The figure that this one is to be compared with, by name; empty for none."""
    absent: str = ""
    """Why there are no runs; empty if there are."""

    @property
    def rate(self) -> float:
        """Operations a second, from the median run; 0 without runs."""
        return self.operations / statistics.median(self.seconds) if self.seconds else 0.0

    @property
    def spread(self) -> float:
        """How far the slowest run is from the fastest, as a share of the median."""
        if not self.seconds:
            return 0.0
        return (max(self.seconds) - min(self.seconds)) / statistics.median(self.seconds)


def measure(
    name: str,
    unit: str,
    operations: int,
    run: Callable[[], object],
    *,
    runs: int = RUNS,
    warm_up: bool = True,
    peer: str = "",
) -> Figure:
    """Run once uncounted, unless there is nothing to warm up, then `runs` times counted."""
    if warm_up:
        run()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return Figure(name=name, unit=unit, operations=operations, seconds=tuple(seconds), peer=peer)
