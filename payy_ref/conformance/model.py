"""What a run is asked to do, and what it found."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from payy_ref.conformance.protocol import Hello, Level
from payy_ref.conformance.skips import Leave
from payy_ref.vectors.model import Case


class Outcome(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    """The answer is the expected one."""
    FAILED = "failed"
    """Another verdict, output or code."""
    CRASHED = "crashed"
    """The driver died on it."""
    LATE = "late"
    """No answer in time."""
    ERRORED = "errored"
    """The driver says that it could not judge the input."""
    VIOLATION = "violation"
    """The answer is not one of the protocol."""
    SKIPPED = "skipped"
    """The driver declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to run."""

    command: tuple[str, ...]
    """The driver and its arguments."""
    level: Level = Level.REASON
    """How much of an answer is compared."""
    workers: int = 1
    """Drivers at once."""
    timeout: float = 10.0
    """Seconds for an answer."""
    start_timeout: float = 120.0
    """Seconds for hello, and for the first request of each operation: some compile on first use."""
    stop_at_failure: bool = False
    """End the run at the first failure."""
    validate: bool = False
    """Hold hello, stop and the numbers of errored answers to the letter too."""
    leave: tuple[Leave, ...] = ()
    """Cases that may be skipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One case and its outcome."""

    case: Case
    """The case."""
    outcome: Outcome
    """What became of it."""
    message: str = ""
    """What is wrong, or why it was skipped."""
    answer: str | None = None
    """The driver's line; None if it gave none."""
    log: str = ""
    """End of the driver's standard error, where the driver broke."""
    leave: Leave | None = None
    """The entry that allows the skip."""
    seconds: float = 0.0
    """How long the answer took."""

    @property
    def bad(self) -> bool:
        """Tell whether the run fails because of it."""
        if self.outcome is Outcome.SKIPPED:
            return self.leave is None
        return self.outcome is not Outcome.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that a run found."""

    settings: Settings
    """How it was run."""
    hello: Hello | None
    """What the driver said of itself; None if it never did."""
    planned: tuple[Case, ...]
    """The cases that were to be asked."""
    results: tuple[Result, ...]
    """Outcomes in the order of the plan; cases that were not reached have none."""
    gave_up: str | None = None
    """Why the run ended early."""
    remarks: tuple[str, ...] = ()
    """What drivers did wrong when asked to stop; fails the run under `validate`."""
    warnings: tuple[str, ...] = ()
    """What is odd about the request for this run."""
    seconds: float = 0.0
    """How long it took."""

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """Results by outcome."""
        return Counter(result.outcome for result in self.results)

    @property
    def executed(self) -> int:
        """Cases that were asked and not declined."""
        return len(self.results) - self.counts.get(Outcome.SKIPPED, 0)

    @property
    def allowed_skips(self) -> int:
        """Cases that were skipped with leave."""
        return sum(result.leave is not None for result in self.results)

    @property
    def failures(self) -> tuple[Result, ...]:
        """Results that fail the run."""
        return tuple(result for result in self.results if result.bad)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the run fails, apart from single cases."""
        if self.gave_up is not None and self.hello is None:
            return (self.gave_up,)
        found = [] if self.gave_up is None else [self.gave_up]
        if not self.planned:
            found.append("no case matches the request")
        elif not self.executed:
            found.append("not one case was executed")
        missing = len(self.planned) - len(self.results)
        if missing:
            found.append(f"{missing} of {len(self.planned)} planned cases were not reached")
        if self.settings.validate:
            found += self.remarks
        return tuple(found)

    @property
    def good(self) -> bool:
        """Tell whether the driver conforms, as far as this run shows."""
        accounted = self.executed + self.allowed_skips == len(self.planned)
        return self.executed > 0 and accounted and not self.failures and not self.problems
