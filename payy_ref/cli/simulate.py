"""`payy-ref simulate`: a network of sequencers in this process, with faults from a seed."""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from payy_ref.cli.project import UNUSABLE, messages, output, told_plainly
from payy_ref.files import replace_file
from payy_ref.parameters import Preset
from payy_ref.primitives import strict_json
from payy_ref.simulation.delays import SECOND, Profile
from payy_ref.simulation.plan import (
    MOST_NODES,
    Behaviour,
    Plan,
    PlanError,
    check_plan,
    drawn_plan,
    tolerated,
)
from payy_ref.simulation.replay import replay
from payy_ref.simulation.simulator import Report, Simulation
from payy_ref.simulation.trace import Line, TraceFileError, parse, plan_line

BROKEN: Final = 1
"""Exit code if a rule was broken, or a replay went otherwise."""

LARGEST_TRACE: Final = 2**30
"""Bytes of the largest trace that is read."""

SHOWN: Final = 10
"""Broken rules that are told one by one."""

Told = Callable[[int, int], None]
"""Is told what is done, and of how much."""


def simulate(
    nodes: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_NODES, help="Sequencers, of equal stake. [default: 4]"),
    ] = None,
    faults: Annotated[
        int | None,
        typer.Option(
            min=0, max=MOST_NODES, help="How many are Byzantine. [default: the most tolerated]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="What everything follows from.")] = 0,
    views: Annotated[int, typer.Option(min=1, help="Views that a run has at least.")] = 100,
    profile: Annotated[
        Profile | None, typer.Option(help="Delays of messages. [default: continental]")
    ] = None,
    preset: Annotated[Preset, typer.Option(help="Which network's parameters.")] = Preset.MINIMAL,
    behaviour: Annotated[
        Behaviour | None, typer.Option(help="What the Byzantine ones do; drawn if not given.")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="So many runs, from --seed on; nodes, faults and profile are drawn if not given.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, max=64, help="Processes for --seeds; 0 for one a core.")
    ] = 0,
    trace: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what happened, as JSON lines.")
    ] = None,
    replayed: Annotated[
        Path | None,
        typer.Option("--replay", metavar="FILE", help="Replay a trace; other options say nothing."),
    ] = None,
    *,
    calm: Annotated[
        bool, typer.Option("--calm", help="No losses, partitions, crashes, from the beginning.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a run.")] = False,
) -> None:
    """
    Run a network of sequencers that loses messages, breaks apart, crashes and has traitors.

    Everything follows from the seed. What must hold is checked throughout: agreement, proofs of
    commits, that nobody honest is accused, that nothing is signed twice, and progress.

    Exit code 1 if a rule was broken, which more than a third of Byzantine sequencers can do, or if
    a replay goes otherwise; 2 if the options or the file cannot be used.
    """
    if replayed is not None:
        _replay(replayed, as_json=as_json)
        return
    if seeds is None:
        size = 4 if nodes is None else nodes
        plan = Plan(
            nodes=size,
            faults=tolerated(size) if faults is None else faults,
            seed=seed,
            views=views,
            profile=Profile.CONTINENTAL if profile is None else profile,
            preset=preset,
            behaviour=behaviour,
            calm=calm,
        )
        _run_one(plan, trace, as_json=as_json)
        return
    if trace is not None:
        messages.print("[red]error:[/red] --trace is for one run, without --seeds")
        raise typer.Exit(UNUSABLE)
    plans = [
        drawn_plan(
            each,
            nodes=nodes,
            faults=faults,
            views=views,
            profile=profile,
            preset=preset,
            behaviour=behaviour,
            calm=calm,
        )
        for each in range(seed, seed + seeds)
    ]
    _run_many(plans, workers or os.cpu_count() or 1, as_json=as_json)


def repeats(plan: Plan) -> str:
    """Give the command that repeats a run."""
    command = (
        f"payy-ref simulate --nodes {plan.nodes} --faults {plan.faults} --seed {plan.seed} "
        f"--views {plan.views} --profile {plan.profile} --preset {plan.preset}"
    )
    if plan.behaviour is not None:
        command += f" --behaviour {plan.behaviour}"
    return f"{command} --calm" if plan.calm else command


def report_line(report: Report) -> Line:
    """Give what came out of a run as an object."""
    return {
        "plan": plan_line(report.plan),
        "traitors": [
            {"node": node, "behaviour": str(behaviour)}
            for node, behaviour in report.schedule.traitors
        ],
        "views": report.views,
        "microseconds": report.microseconds,
        "events": report.events,
        "messages": dict(report.messages),
        "height": report.height,
        "crashes": report.crashes,
        "rejected": report.rejected,
        "accused": list(report.accused),
        "timely_view": report.timely_view,
        "bound": report.bound,
        "longest": report.longest,
        "violations": [
            {
                "rule": str(each.rule),
                "microseconds": each.time,
                "node": each.node,
                "text": each.text,
            }
            for each in report.violations
        ],
    }


def _run_one(plan: Plan, trace: Path | None, *, as_json: bool) -> None:
    lines: list[str] = []

    def write(line: Line) -> None:
        lines.append(strict_json.dumps(line))

    with told_plainly(PlanError, OSError):
        simulation = Simulation(plan, write=write if trace else None)
        with _bar("views") as told:
            report = simulation.run(told)
        if trace is not None:
            replace_file(trace, "".join(f"{line}\n" for line in lines).encode("ascii"))
            messages.print(escape(f"wrote {trace}"))
    if as_json:
        typer.echo(strict_json.dumps(report_line(report)))
    else:
        _tell(report)
    if report.violations:
        raise typer.Exit(BROKEN)


def _tell(report: Report) -> None:
    plan = report.plan
    sequencers = "1 sequencer" if plan.nodes == 1 else f"{plan.nodes} sequencers"
    output.print(f"[bold]{sequencers}[/bold], {plan.profile} delays, seed {plan.seed}")
    behaviours = [f"{node} ({behaviour})" for node, behaviour in report.schedule.traitors]
    sent = sum(report.messages.values())
    each = sent / max(report.views, 1) / (plan.nodes - len(behaviours))
    _tell_facts(
        Byzantine=", ".join(behaviours) or "nobody",
        views=f"{report.views:,} in {report.microseconds / SECOND:,.1f} simulated seconds",
        committed=_count(report.height, "block"),
        messages=f"{sent:,} of the honest, {each:.1f} a view each",
        faults=_faults(report),
        accused=", ".join(map(str, report.accused)) or "nobody",
        progress=_progress(report),
    )
    if not report.violations:
        output.print("[green]no rule was broken[/green]")
        return
    _tell_violations(report)


def _faults(report: Report) -> str:
    schedule, refused = report.schedule, _count(report.rejected, "message") + " refused"
    if report.timely_view == 0:
        return f"none in the network; {refused}"
    until = "to the end" if report.timely_view is None else f"up to view {report.timely_view}"
    return (
        f"{until}: {schedule.loss / 10:g} % lost, {_count(len(schedule.partitions), 'partition')}, "
        f"{_count(report.crashes, 'crash', 'crashes')}; {refused}"
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _progress(report: Report) -> str:
    if report.bound is None:
        most = tolerated(report.plan.nodes)
        return (
            f"not promised: that takes at most {most} that are Byzantine or crash, and short delays"
        )
    return f"a commit within {report.longest} views, everywhere, always; promised: {report.bound}"


def _tell_facts(**facts: str) -> None:
    """Print facts with their names in a column of their own; long ones are broken between words."""
    table = Table.grid(padding=(0, 1))
    for name, text in facts.items():
        table.add_row(f"  {name.replace('_', ' ')}", escape(text))
    output.print(table, soft_wrap=False)


def _tell_violations(report: Report) -> None:
    counts = Counter(str(each.rule) for each in report.violations)
    listed = ", ".join(f"{rule} ({count})" for rule, count in counts.items())
    output.print(f"[red]broken:[/red] {listed}")
    for each in report.violations[:SHOWN]:
        seconds = each.time / SECOND
        output.print(
            escape(f"  at {seconds:.3f} s, sequencer {each.node}: {each.rule}, {each.text}")
        )
    if len(report.violations) > SHOWN:
        output.print(f"  and {len(report.violations) - SHOWN} more")
    plan = report.plan
    if plan.faults > tolerated(plan.nodes):
        output.print(
            f"  Of {plan.nodes} sequencers at most {tolerated(plan.nodes)} may be Byzantine."
        )
    output.print(f"repeat it with\n  {repeats(plan)}")


def _run_many(plans: Sequence[Plan], workers: int, *, as_json: bool) -> None:
    with told_plainly(PlanError):
        for plan in plans:
            check_plan(plan)
    totals: Counter[str] = Counter()
    longest, broken = 0, 0
    with _bar("runs") as told:
        told(0, len(plans))
        for number, report in enumerate(_reports(plans, workers), 1):
            told(number, len(plans))
            totals.update(views=report.views, events=report.events, blocks=report.height)
            totals.update(crashes=report.crashes, accused=len(report.accused))
            totals.update(promised=report.bound is not None)
            longest = max(longest, report.longest or 0)
            if as_json:
                typer.echo(strict_json.dumps(report_line(report)))
            if report.violations:
                broken += 1
                if not as_json:
                    output.print(f"[bold]seed {report.plan.seed}[/bold]")
                    _tell_violations(report)
    if not as_json:
        output.print(f"[bold]{len(plans):,} runs[/bold]")
        _tell_facts(
            views=f"{totals['views']:,}, {totals['events']:,} events",
            committed=f"{totals['blocks']:,} blocks",
            faults=f"{totals['crashes']:,} crashes; {totals['accused']:,} sequencers accused",
            progress=f"promised in {totals['promised']:,} runs; a commit within {longest} views",
        )
        verdict = f"[red]rules were broken in {broken} runs[/red]"
        output.print(verdict if broken else "[green]no rule was broken[/green]")
    if broken:
        raise typer.Exit(BROKEN)


def _reports(plans: Sequence[Plan], workers: int) -> Iterator[Report]:
    """Run plans, in several processes if there are several runs."""
    count = min(workers, len(plans))
    if count == 1:
        yield from map(_report, plans)
        return
    # Forked processes would share the threads of the compiled hash.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=count, mp_context=context) as pool:
        try:
            for done in as_completed([pool.submit(_report, plan) for plan in plans]):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _report(plan: Plan) -> Report:
    return Simulation(plan).run()


def _replay(file: Path, *, as_json: bool) -> None:
    with told_plainly(OSError, TraceFileError):
        if file.stat().st_size > LARGEST_TRACE:
            raise TraceFileError(f"{file}: more than {LARGEST_TRACE:,} bytes")
        text = file.read_bytes()
        try:
            with messages.status("replaying"):
                result = replay(parse(text.decode("ascii")))
        except (TraceFileError, UnicodeDecodeError) as error:
            raise TraceFileError(f"{file}: {error}") from error
    if as_json:
        typer.echo(
            strict_json.dumps(
                {
                    "plan": plan_line(result.plan),
                    "events": result.events,
                    "difference": result.difference,
                    "violations": [str(each.rule) for each in result.violations],
                }
            )
        )
    elif result.difference is None:
        output.print(f"{result.events:,} events: every sequencer does the same again")
    else:
        output.print(f"[red]another run:[/red] {escape(result.difference)}")
    if result.violations and not as_json:
        counts = Counter(str(each.rule) for each in result.violations)
        listed = ", ".join(f"{rule} ({count})" for rule, count in counts.items())
        output.print(f"[red]broken:[/red] {listed}")
        output.print(f"repeat it with\n  {repeats(result.plan)}")
    if result.difference is not None or result.violations:
        raise typer.Exit(BROKEN)


@contextmanager
def _bar(name: str) -> Iterator[Told]:
    """Show a bar of what is done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=messages, transient=True) as progress:
        task = progress.add_task(name, total=None)

        def told(done: int, total: int) -> None:
            if progress.tasks[0].completed != done or progress.tasks[0].total != total:
                progress.update(task, completed=done, total=total)

        yield told
