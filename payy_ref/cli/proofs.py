"""
`payy-ref proofs`: run the engines, and show the proof ledger.

The engines are imported when a command runs, so that the rest of the command line works without
the `proof` extra.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from payy_ref.cli.project import messages, project_root

app = typer.Typer(no_args_is_help=True, help="Prove the properties, and keep the proof ledger.")


@app.command()
def run(
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Replace the committed ledger if all went well.")
    ] = False,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write this run's ledger to a file."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="FILE",
            exists=True,
            help="What `pytest spec --evidence FILE` wrote; saves running the tests again.",
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="While writing proofs: z3 alone, no mutants, CrossHair or tests. "
            "Gives no ledger, and is not held against the committed one.",
        ),
    ] = False,
) -> None:
    """
    Run every engine and hold the result against the committed ledger.

    Exit code 1 if anything is not shown, a level dropped, or the committed ledger is stale.
    """
    from payy_ref.assurance import ledger  # noqa: PLC0415 - see above
    from payy_ref.assurance.run import run_engines  # noqa: PLC0415

    if quick and (write or evidence or json_file):
        raise typer.BadParameter("gives no ledger to write", param_hint="--quick")
    project = project_root()
    committed_file = project / ledger.LEDGER_FILE
    with _progress() as bar:
        task = bar.add_task("starting", total=None)
        result = run_engines(
            project,
            quick=quick,
            tests=evidence,
            progress=lambda done, count, total: bar.update(
                task, description=done, completed=count, total=total
            ),
        )

    Console().print(ledger_table(result.ledger))
    _report("skipped", result.skipped)
    if json_file:
        ledger.write_ledger(result.ledger, json_file)
    changes = [] if quick else ledger.check(ledger.read_ledger(committed_file), result.ledger)
    if result.failures or (changes and not write):
        _report("FAILED", [*result.failures, *changes])
        if not result.failures:
            messages.print("If this is meant: payy-ref proofs run --write")
        raise typer.Exit(1)
    if write:
        ledger.write_ledger(result.ledger, committed_file)
        messages.print(f"{ledger.LEDGER_FILE} written")
        _report("changed", changes)


@app.command(name="finite-field")
def finite_field(
    *,
    python: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Python of the environment that has the solver.",
        ),
    ] = Path(".venv-ff/bin/python"),
) -> None:
    """
    Ask the solver for finite fields about the gadgets of the circuits, and keep its answers.

    Only what is new is asked; it takes minutes at most. `make proofs-ff` makes the environment.
    """
    from payy_ref.assurance import circuit_finite_field as solver  # noqa: PLC0415 - see above
    from payy_ref.assurance.circuit_gadgets import gadgets  # noqa: PLC0415 - see above

    file = project_root() / solver.RESULTS_FILE
    with _progress() as bar:
        task = bar.add_task("starting", total=None)
        results = solver.answer_all(
            python,
            solver.read_results(file),
            lambda name, count, total: bar.update(
                task, description=name, completed=count, total=total
            ),
        )
    solver.write_results(results, file)
    messages.print(f"{solver.RESULTS_FILE} written")
    failures = [text for gadget in gadgets() for text in solver.failures_of(gadget, results)]
    if failures:
        _report("FAILED", failures)
        raise typer.Exit(1)


@app.command()
def show(
    property_id: Annotated[
        str | None, typer.Argument(metavar="PROPERTY", help="One property; without it, all.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the committed ledger, or one of its entries."""
    from payy_ref.assurance import ledger  # noqa: PLC0415 - see above

    committed = ledger.read_ledger(project_root() / ledger.LEDGER_FILE)
    if property_id is not None:
        if property_id not in committed:
            raise typer.BadParameter(f"no entry {property_id}", param_hint="PROPERTY")
        committed = {property_id: committed[property_id]}
    if as_json:
        typer.echo(json.dumps(committed, indent=1, sort_keys=True, ensure_ascii=False))
    elif property_id is None:
        Console().print(ledger_table(committed))
    else:
        _print_entry(property_id, committed[property_id])


def ledger_table(content: Mapping[str, Any]) -> Table:
    """Lay a ledger out, one line a property."""
    table = Table("Property", "Level", "Evidence", "Necessity", title="Proof ledger")
    for name, entry in content.items():
        kinds = [piece["kind"] for piece in entry["evidence"]]
        counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
        table.add_row(name, entry["level"], counts or "none", _necessity(entry["evidence"]))
    return table


def _print_entry(name: str, entry: Mapping[str, Any]) -> None:
    """Lay one entry out."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{name}: {entry['level']}", style="bold", markup=False)
    for piece in entry["evidence"]:
        versions = piece.get("engines", {}).items()
        engines = ", ".join(f"{engine} {version}" for engine, version in versions)
        covers = piece.get("part") or piece.get("bound")
        title = f"{piece['name']} ({covers})" if covers else piece["name"]
        console.print(f"{piece['level']} {piece['kind']:<10} {title}", markup=False)
        details = "; ".join(filter(None, (engines, _necessity([piece]))))
        if details:
            console.print(f"{'':<13} {details}", markup=False)
    for text in entry["assumptions"]:
        console.print(f"assumes: {text}", markup=False)


def _necessity(evidence: Sequence[Mapping[str, Any]]) -> str:
    """Sum up what would break the proofs."""
    found = [piece["necessity"] for piece in evidence if "necessity" in piece]
    if not found:
        return ""
    killed = sum(each["mutants_killed"] for each in found)
    tried = sum(each["mutants_tried"] for each in found)
    hypotheses = sum(len(each["hypotheses"]) for each in found)
    noun = "hypothesis" if hypotheses == 1 else "hypotheses"
    return f"{killed}/{tried} mutants, {hypotheses} {noun}"


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=messages, transient=True)


def _report(title: str, lines: Sequence[str]) -> None:
    for line in lines:
        messages.print(f"{title}: {line}", markup=False)
