"""What the engines report: pieces of evidence, and failures to produce one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from payy_ref.assurance.levels import Level


class EvidenceKind(StrEnum):
    """Where a piece of evidence comes from."""

    SMT = "smt"
    """A proof obligation, put to solvers."""
    COQ = "coq"
    """A theorem about rules as its file states them, checked by Coq; always a part."""
    CROSSHAIR = "crosshair"
    """A contract of a function, explored symbolically."""
    EXHAUSTIVE = "exhaustive"
    """A run of every case up to a bound."""
    HYPOTHESIS = "hypothesis"
    """A test with generated inputs."""
    EXAMPLE = "example"
    """A test with chosen inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Necessity:
    """Signs that a proof would notice if the code or a hypothesis were wrong."""

    hypotheses: tuple[str, ...] = ()
    """Hypotheses without which the claim is false."""
    killed: int = 0
    """Faults in the source that make the claim false."""
    survivors: tuple[str, ...] = ()
    """Faults that the claim does not notice, in words."""

    @property
    def total(self) -> int:
        """Faults that were tried."""
        return self.killed + len(self.survivors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason to believe some properties."""

    kind: EvidenceKind
    """Where it comes from."""
    name: str
    """Name of the obligation, the contracted function or the test; unique within its kind."""
    properties: tuple[str, ...]
    """Ids of the properties that it supports."""
    level: Level
    """How strong it is."""
    part: str = ""
    """Which part of the properties it covers; empty for the whole. A part raises no level."""
    bound: str = ""
    """The cases that were run, if exhaustive."""
    statement: str = ""
    """Hash of what was shown, as written."""
    functions: Mapping[str, str] = field(default_factory=dict)
    """Source hash of each function that it speaks about."""
    engines: Mapping[str, str] = field(default_factory=dict)
    """Version of each engine that agreed."""
    necessity: Necessity | None = None
    """What would break it; None for tests."""
    non_vacuity: str = ""
    """How it is known not to be empty; empty for tests."""
    assumptions: tuple[str, ...] = ()
    """What has to be granted, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one check: evidence, or failures."""

    attempted: Evidence
    """What the check was to show."""
    failures: tuple[str, ...]
    """What went wrong, in words; empty if it was shown."""

    @classmethod
    def of(cls, attempted: Evidence, failures: Iterable[str]) -> Self:
        """Make an outcome."""
        return cls(attempted=attempted, failures=tuple(failures))

    @property
    def evidence(self) -> Evidence | None:
        """What the check adds to the ledger, if it succeeded."""
        return None if self.failures else self.attempted
