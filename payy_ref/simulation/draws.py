"""
Random draws that are the same everywhere, now and later: SHA-256 of a label and a counter.

Draws of different labels do not disturb each other, so a new kind of draw changes no old one.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")

_DRAW_BYTES: Final = 8


class Draws:
    """A stream of draws, named by a seed and labels."""

    def __init__(self, seed: int, *labels: str | int) -> None:
        self._name = repr((seed, *labels)).encode()
        self._counter = 0
        self._left = b""

    def below(self, limit: int) -> int:
        """Draw an integer from 0 to `limit` - 1; the limit is far below 2^64."""
        if not self._left:
            self._left = hashlib.sha256(self._name + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
        drawn, self._left = self._left[:_DRAW_BYTES], self._left[_DRAW_BYTES:]
        return int.from_bytes(drawn, "big") % limit

    def between(self, low: int, high: int) -> int:
        """Draw an integer from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def chance(self, thousandths: int) -> bool:
        """Draw whether something happens that happens so often in a thousand times."""
        return self.below(1000) < thousandths

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one of several."""
        return items[self.below(len(items))]

    def sample(self, items: Sequence[Item], count: int) -> list[Item]:
        """Draw some of several, in a random order, each at most once."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]
