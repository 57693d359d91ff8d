"""
How long messages are under way: named profiles.

Times are whole microseconds, and the log-normal distribution is a table with straight lines between
its entries. So no floating point decides anything, and a run is the same on every machine.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from payy_ref.simulation.draws import Draws

MILLISECOND: Final = 1000
"""Microseconds of a millisecond."""

SECOND: Final = 1000 * MILLISECOND
"""Microseconds of a second."""


class Profile(StrEnum):
    """The networks that are simulated. A delay is one way, and every message draws its own."""

    CONSTANT = "constant"
    """10 ms, always."""
    LOCAL = "local"
    """One building: 0.2 to 1 ms, each as likely."""
    CONTINENTAL = "continental"
    """One continent: log-normal, median 20 ms, 99 % below 36 ms."""
    GLOBAL = "global"
    """All continents: log-normal, median 80 ms, 99 % below 143 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """A distribution by its quantiles."""

    quantiles: tuple[tuple[int, int], ...]
    """Pairs of a share in ten-thousandths, from 0 to 10,000, and the delay in microseconds."""

    def draw(self, draws: Draws) -> int:
        """Draw a delay in microseconds."""
        share = draws.below(10_000_000)
        for (low, shortest), (high, longest) in pairwise(self.quantiles):
            if share < high * 1000:
                width = (high - low) * 1000
                return shortest + (longest - shortest) * (share - low * 1000) // width
        raise AssertionError("the last share is all")

    @property
    def longest(self) -> int:
        """The longest delay there is."""
        return self.quantiles[-1][1]


LOG_NORMAL: Final = (
    (0, 460),
    (100, 559),
    (500, 663),
    (1000, 726),
    (2500, 845),
    (5000, 1000),
    (7500, 1184),
    (9000, 1378),
    (9500, 1509),
    (9900, 1789),
    (9990, 2165),
    (9999, 2534),
    (10_000, 2900),
)
"""
Log-normal with a standard deviation of 0.25 in the logarithm, in thousandths of the median:
exp(z / 4) for the quantile z of the normal distribution. Both ends are cut off.
"""


def log_normal(median: int) -> Delays:
    """
    Give the log-normal distribution of the table.

    Args:
        median: In microseconds.
    """
    return Delays(quantiles=tuple((share, median * each // 1000) for share, each in LOG_NORMAL))


def uniform(shortest: int, longest: int) -> Delays:
    """
    Give the distribution in which all delays between two are as likely.

    Args:
        shortest: In microseconds.
        longest: In microseconds.
    """
    return Delays(quantiles=((0, shortest), (10_000, longest)))


PROFILES: Final = {
    Profile.CONSTANT: uniform(10 * MILLISECOND, 10 * MILLISECOND),
    Profile.LOCAL: uniform(MILLISECOND // 5, MILLISECOND),
    Profile.CONTINENTAL: log_normal(20 * MILLISECOND),
    Profile.GLOBAL: log_normal(80 * MILLISECOND),
}
"""The delays of each profile."""
