"""The run: every case asked once, every answer compared, a driver that breaks started again."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

from payy_ref.conformance.compare import compare
from payy_ref.conformance.model import Outcome, Result, Run, Settings
from payy_ref.conformance.process import DriverError, DriverLateError
from payy_ref.conformance.protocol import Hello, Level, ProtocolError
from payy_ref.conformance.session import CannotStartError, Session
from payy_ref.conformance.skips import Leave
from payy_ref.vectors.model import Case

MAXIMUM_RESTARTS: Final = 10
"""Restarts in a row, without one good answer between them, after which the run gives up."""

KEPT_ANSWER: Final = 20_000
"""How much of a bad answer is kept for the report."""


class LevelError(Exception):
    """Codes are to be compared, but the driver gives none."""


def run(
    planned: Sequence[Case],
    settings: Settings,
    *,
    progress: Callable[[Result], None] = lambda _: None,
) -> Run:
    """
    Ask about every case.

    Args:
        progress: Called with each result, by one thread at a time.

    Raises:
        LevelError: the driver gives no codes, and they are to be compared.
    """
    began = time.monotonic()
    hello: Hello | None = None
    shared = _Shared(cases=tuple(planned), settings=settings, progress=progress)
    if planned:
        try:
            first = Session.start(
                settings.command, timeout=settings.start_timeout, validate=settings.validate
            )
        except CannotStartError as error:
            shared.give_up(f"the driver cannot be started: {error}")
        else:
            hello = first.hello
            if settings.level is Level.REASON and hello.level is Level.VERDICT:
                first.stop()
                raise LevelError(
                    f"{hello.implementation} gives no codes: run it with --level verdict"
                )
            _run_workers(shared, first)
    return Run(
        settings=settings,
        hello=hello,
        planned=shared.cases,
        results=tuple(shared.results[index] for index in sorted(shared.results)),
        gave_up=shared.gave_up,
        remarks=tuple(sorted(shared.remarks)),
        seconds=time.monotonic() - began,
    )


def with_leave_warnings(run: Run, known: Sequence[Case]) -> Run:
    """Add a warning for each leave to skip that matches no vector, or only cases not skipped."""
    warnings = []
    for entry in run.settings.leave:
        covered = [result for result in run.results if entry.covers(result.case)]
        name = f"leave to skip {entry.pattern} (line {entry.line})"
        if not any(entry.covers(case) for case in known):
            warnings.append(f"{name} matches no vector")
        elif covered and all(result.outcome is not Outcome.SKIPPED for result in covered):
            warnings.append(f"{name} is not needed: nothing was skipped by it")
    return replace(run, warnings=(*run.warnings, *warnings))


@dataclass(slots=True, kw_only=True)
class _Shared:
    """What the workers of a run share."""

    cases: tuple[Case, ...]
    settings: Settings
    progress: Callable[[Result], None]
    results: dict[int, Result] = field(default_factory=dict)
    remarks: set[str] = field(default_factory=set)
    gave_up: str | None = None
    ended: bool = False
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> tuple[int, Case] | None:
        with self._lock:
            if self.ended or self._next == len(self.cases):
                return None
            self._next += 1
            return self._next - 1, self.cases[self._next - 1]

    def record(self, index: int, result: Result) -> None:
        with self._lock:
            self.results[index] = result
            self.ended |= result.bad and self.settings.stop_at_failure
            self.progress(result)

    def give_up(self, reason: str) -> None:
        with self._lock:
            self.gave_up = self.gave_up or reason
            self.ended = True


def _run_workers(shared: _Shared, first: Session) -> None:
    count = min(shared.settings.workers, len(shared.cases))
    workers = [
        _Worker(shared, first.hello, first if number == 0 else None) for number in range(count)
    ]
    with ThreadPoolExecutor(count, thread_name_prefix="conformance") as executor:
        try:
            for future in [executor.submit(worker.work) for worker in workers]:
                future.result()
        except BaseException:
            # Ctrl-C or a fault of ours: a worker that waits for an answer is told by the kill.
            shared.ended = True
            for worker in workers:
                worker.interrupt()
            raise


class _Worker:
    """Asks one driver at a time, and starts another when it broke."""

    def __init__(self, shared: _Shared, hello: Hello, session: Session | None) -> None:
        self._shared = shared
        self._settings = shared.settings
        self._hello = hello
        self._session = session
        self._restarts = 0
        self._patient = True
        self._asked: set[tuple[str, str]] = set()

    def work(self) -> None:
        """Take cases until there are no more."""
        try:
            while (taken := self._shared.take()) is not None:
                index, case = taken
                result = self._declined(case) or self._judge(index, case)
                self._shared.record(index, result)
                if self._restarts == MAXIMUM_RESTARTS:
                    self._shared.give_up(
                        f"gave up: the driver broke {MAXIMUM_RESTARTS} times in a row, "
                        f"the last time with: {result.message}"
                    )
            if self._session is not None:
                self._shared.remarks.update(self._session.stop())
        except CannotStartError as error:
            self._shared.give_up(f"gave up: the driver cannot be started again: {error}")
        finally:
            self._end_session()

    def interrupt(self) -> None:
        """Kill the driver; called from another thread."""
        session = self._session
        if session is not None:
            session.process.kill()

    def _declined(self, case: Case) -> Result | None:
        """Skip what the driver's hello does not name."""
        if case.suite not in self._hello.suites:
            missing = f"suite {case.suite}"
        elif case.request_preset not in self._hello.presets:
            missing = f"preset {case.request_preset}"
        else:
            return None
        return Result(
            case=case,
            outcome=Outcome.SKIPPED,
            message=f"the driver's hello does not name the {missing}",
            leave=self._leave(case),
        )

    def _judge(self, index: int, case: Case) -> Result:
        if self._session is None:
            self._session = Session.start(
                self._settings.command,
                timeout=self._settings.start_timeout,
                validate=self._settings.validate,
            )
        session = self._session
        line: bytes | None = None
        began = time.perf_counter()
        try:
            # Numbered by its place in the plan, so that reports do not depend on the workers.
            line = session.ask(case, timeout=self._timeout(case), sequence=index + 2)
            answer = session.read(line)
        except DriverError as error:
            outcome = Outcome.LATE if isinstance(error, DriverLateError) else Outcome.CRASHED
            message, restart = str(error), True
            self._patient &= outcome is not Outcome.LATE
        except ProtocolError as error:
            outcome, message, restart = Outcome.VIOLATION, str(error), not error.in_step
        else:
            outcome, message = compare(case, answer, self._settings.level)
            restart = False
        seconds = time.perf_counter() - began
        if restart:
            self._end_session()
            self._restarts += 1
        else:
            self._restarts = 0
        if outcome is Outcome.PASSED:
            return Result(case=case, outcome=outcome, seconds=seconds)
        return Result(
            case=case,
            outcome=outcome,
            message=message,
            answer=None if line is None else line[:KEPT_ANSWER].decode("utf-8", "replace"),
            log="" if outcome in (Outcome.FAILED, Outcome.SKIPPED) else session.process.log,
            leave=self._leave(case) if outcome is Outcome.SKIPPED else None,
            seconds=seconds,
        )

    def _timeout(self, case: Case) -> float:
        """Be patient with the first request of an operation, until patience did not help once."""
        operation = (case.suite, case.operation)
        first = operation not in self._asked
        self._asked.add(operation)
        if first and self._patient:
            return max(self._settings.timeout, self._settings.start_timeout)
        return self._settings.timeout

    def _leave(self, case: Case) -> Leave | None:
        return next((leave for leave in self._settings.leave if leave.covers(case)), None)

    def _end_session(self) -> None:
        if self._session is not None:
            self._session.process.close()
            self._session = None
