"""The levels of assurance, from open to proved."""

from enum import IntEnum


class Level(IntEnum):
    """How strongly a property is held; a higher one is stronger. Always derived from a run."""

    O = 0  # noqa: E741 - the level's name
    """Open: nothing supports it."""
    A = 1
    """Assumed: of the hash, of signatures, of timing."""
    T1 = 2
    """Shown on examples."""
    T2 = 3
    """Tested with generated inputs (Hypothesis)."""
    P1 = 4
    """Checked in every state up to a stated bound."""
    P2 = 5
    """Confirmed over all paths of the running function (CrossHair)."""
    P3 = 6
    """Proved without bound by one engine, from the source that runs."""
    P4 = 7
    """Proved without bound by two engines that share no code, from the source that runs."""

    def __str__(self) -> str:
        """Give the short name."""
        return self.name
