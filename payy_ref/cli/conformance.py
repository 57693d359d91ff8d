"""`payy-ref conformance`: check any implementation through its driver."""

import re
import shlex
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from payy_ref.cli.project import UNUSABLE, messages, output, require_known, told_plainly
from payy_ref.cli.vectors import read_folder
from payy_ref.conformance import plan, report, runner
from payy_ref.conformance.model import Run, Settings
from payy_ref.conformance.protocol import Level
from payy_ref.conformance.runner import LevelError
from payy_ref.conformance.session import CannotStartError
from payy_ref.conformance.skips import SkipFileError, load_leave
from payy_ref.conformance.smoke import smoke as smoke_checks
from payy_ref.parameters import Preset
from payy_ref.vectors.model import GENERAL, Case, VectorError

app = typer.Typer(no_args_is_help=True, help="Check an implementation through its driver.")

_EXPECTED_ERRORS: Final = (VectorError, SkipFileError, LevelError, CannotStartError, OSError)

Driver = Annotated[
    str | None,
    typer.Option(
        "--driver", metavar="COMMAND", help="The driver and its arguments; the reference's own."
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option("--vectors", metavar="DIR", help="Folder of vectors; the committed one."),
]
Timeout = Annotated[
    float, typer.Option(min=0.001, metavar="SECONDS", help="Longest wait for an answer.")
]
StartTimeout = Annotated[
    float,
    typer.Option(
        min=0.001,
        metavar="SECONDS",
        help="Longest wait for hello, and for the first answer of each operation.",
    ),
]


@app.command()
def run(
    driver: Driver = None,
    vectors: Folder = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Drivers at once.")] = 1,
    pattern: Annotated[
        str | None, typer.Option("--run", metavar="REGEX", help="Only cases whose id matches.")
    ] = None,
    suite: Annotated[list[str] | None, typer.Option(help="Only this suite; repeatable.")] = None,
    preset: Annotated[
        list[str] | None, typer.Option(help="Only this preset and what is general; repeatable.")
    ] = None,
    level: Annotated[
        Level, typer.Option(help="Compare verdicts and outputs, or also the codes of rejections.")
    ] = Level.REASON,
    timeout: Timeout = 10.0,
    start_timeout: StartTimeout = 120.0,
    allow_skips: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Cases that may be skipped: an id or suite/operation a line."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write a JSON report.")
    ] = None,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write a JUnit report.")
    ] = None,
    stop_at_failure: Annotated[bool, typer.Option("-x", help="Stop at the first failure.")] = False,
    validate: Annotated[
        bool, typer.Option("--validate", help="Hold hello, stop and errored answers to the letter.")
    ] = False,
) -> None:
    """Ask a driver about every vector; exit 0 only if all answers are as expected."""
    with told_plainly(*_EXPECTED_ERRORS):
        known = plan.intact_cases(read_folder(vectors))
        settings = Settings(
            command=_command(driver),
            level=level,
            workers=workers,
            timeout=timeout,
            start_timeout=start_timeout,
            stop_at_failure=stop_at_failure,
            validate=validate,
            leave=load_leave(allow_skips) if allow_skips is not None else (),
        )
        planned = plan.plan(
            known,
            pattern=_pattern(pattern),
            suites=_known("suite", suite, {case.suite for case in known}),
            presets=_known("preset", preset, {GENERAL, *Preset}),
        )
        found = _run(planned, known, settings)
        no_driver = found.hello is None and bool(planned)
        report.print_run(found, messages if no_driver else output)
        if json_file is not None:
            report.write_json(found, json_file)
        if junit_file is not None:
            report.write_junit(found, junit_file)
    if no_driver:
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(0 if found.good else 1)


@app.command()
def smoke(
    driver: Driver = None,
    vectors: Folder = None,
    timeout: Timeout = 10.0,
    start_timeout: StartTimeout = 120.0,
) -> None:
    """Ask a driver about three cases of each suite, and send it lines that must not break it."""
    problems = count = 0
    with told_plainly(*_EXPECTED_ERRORS):
        known = plan.intact_cases(read_folder(vectors))
        settings = Settings(command=_command(driver), timeout=timeout, start_timeout=start_timeout)
        for check in smoke_checks(known, settings):
            count += 1
            problems += check.problem is not None
            mark = ("skipped ", "yellow") if check.skipped else ("ok      ", "green")
            if check.problem is not None:
                mark = ("problem ", "red")
            output.print(Text.assemble(mark, check.name))
            if check.problem is not None:
                output.print(Text(f"        {check.problem}"))
    output.print(f"{count} checks, {problems} problems")
    raise typer.Exit(1 if problems else 0)


def _run(planned: tuple[Case, ...], known: tuple[Case, ...], settings: Settings) -> Run:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    # Without a terminal there is nobody to watch, and the display costs a thread.
    with Progress(*columns, console=messages, disable=not messages.is_terminal) as progress:
        task = progress.add_task("cases", total=len(planned))
        found = runner.run(planned, settings, progress=lambda _: progress.advance(task))
    return runner.with_leave_warnings(found, known)


def _command(driver: str | None) -> tuple[str, ...]:
    if driver is None:
        return (sys.executable, "-m", "payy_ref", "driver")
    try:
        command = tuple(shlex.split(driver))
    except ValueError as error:
        raise typer.BadParameter(f"{error}: {driver}", param_hint="--driver") from error
    if not command:
        raise typer.BadParameter("the command is empty", param_hint="--driver")
    return command


def _pattern(pattern: str | None) -> re.Pattern[str] | None:
    try:
        return None if pattern is None else re.compile(pattern)
    except re.error as error:
        raise typer.BadParameter(f"{error}: {pattern}", param_hint="--run") from error


def _known(what: str, wanted: list[str] | None, known: set[str]) -> tuple[str, ...]:
    for name in wanted or ():
        require_known(what, name, known)
    return tuple(wanted or ())
