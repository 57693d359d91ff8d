"""
The quick look at a driver: a few cases of each suite, and lines that must not break it.

After each bad line the driver must still answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from payy_ref.conformance import protocol
from payy_ref.conformance.bad_lines import BadLine, bad_lines
from payy_ref.conformance.compare import compare, told
from payy_ref.conformance.model import Outcome, Settings
from payy_ref.conformance.process import DriverError
from payy_ref.conformance.protocol import Answer, Level, ProtocolError
from payy_ref.conformance.session import STOP_TIMEOUT, Session
from payy_ref.vectors.model import Case

CASES_A_SUITE: Final = 3
"""How many cases of each suite are asked."""

MAXIMUM_BREAKS: Final = 5
"""Lines in a row that break the driver, after which no more are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was tried."""

    name: str
    """What was asked."""
    problem: str | None = None
    """What is wrong with the answer; None if nothing is."""
    skipped: bool = False
    """Whether the driver declined."""


def sample(cases: Iterable[Case], suites: Sequence[str]) -> tuple[Case, ...]:
    """Choose cases of each suite: accepted and rejected in turn, of different operations."""
    chosen: list[Case] = []
    pool = tuple(cases)
    for suite in suites:
        rest = [case for case in pool if case.suite == suite]
        seen: set[str] = set()
        for wanted in ("accepted", "rejected", "accepted")[: min(CASES_A_SUITE, len(rest))]:
            unlike = [(case.expected["result"] != wanted, case.operation in seen) for case in rest]
            case = rest.pop(unlike.index(min(unlike)))
            seen.add(case.operation)
            chosen.append(case)
    return tuple(chosen)


def smoke(cases: Sequence[Case], settings: Settings) -> Iterator[Check]:
    """
    Try a driver.

    Raises:
        CannotStartError: there is no driver to try.
    """
    trial = _Trial(settings)
    try:
        hello = trial.running().hello
        yield Check(name=f"hello from {hello.implementation} {hello.version}")
        known: Case | None = None
        for case in sample(cases, hello.suites):
            if case.request_preset not in hello.presets:
                continue
            check = trial.case(case)
            yield check
            good = check.problem is None and not check.skipped
            if known is None and good and case.error is None and case.input:
                known = case
        if known is None:
            yield Check(name="an accepted case", problem="none was answered as expected")
            return
        for bad in bad_lines(known):
            yield trial.bad_line(bad)
            if trial.breaks == MAXIMUM_BREAKS:
                yield Check(
                    name="other bad lines", problem=f"not tried after {trial.breaks} breaks"
                )
                break
        yield trial.stop()
        yield trial.end_of_input()
    finally:
        trial.close()


class _Trial:
    """Asks one thing after another, with a new driver where the last one broke."""

    def __init__(self, settings: Settings) -> None:
        self._session: Session | None = None
        self._settings = settings
        self.breaks = 0

    def case(self, case: Case) -> Check:
        name = f"{case.suite}/{case.operation} {case.id}"
        session = self.running()
        try:
            # The first request of an operation may compile or load something.
            patience = max(self._settings.timeout, self._settings.start_timeout)
            answer = session.read(session.ask(case, timeout=patience))
        except (DriverError, ProtocolError) as error:
            return self._broken(name, error)
        outcome, message = compare(case, answer, session.hello.level)
        if outcome in (Outcome.PASSED, Outcome.SKIPPED):
            return Check(name=name, skipped=outcome is Outcome.SKIPPED)
        return Check(name=name, problem=f"{outcome}: {message}")

    def bad_line(self, bad: BadLine) -> Check:
        session = self.running()
        level = session.hello.level
        try:
            line = session.process.ask(bad.line, self._settings.timeout)
            answer = protocol.read_answer(line, bad.sequence, level=level, validate=True)
            self._require_alive(session)
        except (DriverError, ProtocolError) as error:
            return self._broken(bad.name, error)
        self.breaks = 0
        problem = _unwanted(bad, answer, level)
        return Check(name=bad.name, problem=problem, skipped=answer.result == "skipped")

    def stop(self) -> Check:
        session = self.running()
        self._session = None
        return Check(name="stop", problem="; ".join(session.stop()) or None)

    def end_of_input(self) -> Check:
        name = "end of input"
        status = self.running().process.end_input(STOP_TIMEOUT)
        self.close()
        if status is None:
            return Check(name=name, problem=f"the driver does not exit within {STOP_TIMEOUT:g} s")
        return Check(name=name, problem=f"exit status {status}" if status else None)

    def running(self) -> Session:
        if self._session is None:
            self._session = Session.start(
                self._settings.command, timeout=self._settings.start_timeout, validate=True
            )
        return self._session

    def close(self) -> None:
        if self._session is not None:
            self._session.process.close()
            self._session = None

    def _require_alive(self, session: Session) -> None:
        sequence = session.next_sequence()
        try:
            line = session.process.ask(protocol.hello_request(sequence), self._settings.timeout)
            protocol.read_hello(line, sequence, validate=False)
        except (DriverError, ProtocolError) as error:
            raise ProtocolError(f"hello afterwards: {error}") from error

    def _broken(self, name: str, error: Exception) -> Check:
        self.close()
        self.breaks += 1
        return Check(name=name, problem=str(error))


def _unwanted(bad: BadLine, answer: Answer, level: Level) -> str | None:
    """Say what is wrong with a well-formed answer."""
    if answer.result not in bad.wanted:
        wanted = " or ".join(sorted(bad.wanted - {"skipped"}))
        return f"expected {wanted}, got {told(answer)}"
    coded = answer.result == "rejected" and level is Level.REASON and bad.code is not None
    if coded and answer.error != bad.code:
        return f"expected rejected with {bad.code}, got {told(answer)}"
    return None
