"""`payy-ref vectors`: write, check, read and compare conformance vectors."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from payy_ref.cli.project import (
    UNUSABLE,
    default_vectors,
    load_kernels,
    messages,
    output,
    print_listing,
    project_root,
    require_known,
    told_plainly,
)
from payy_ref.operations import all_operations
from payy_ref.primitives import strict_json
from payy_ref.trace.requirements import requirement_texts
from payy_ref.vectors import store
from payy_ref.vectors.check import problems
from payy_ref.vectors.diff import difference
from payy_ref.vectors.explain import explain as explain_case
from payy_ref.vectors.fill import check_determinism, generate
from payy_ref.vectors.kill import check_sites, kill_report
from payy_ref.vectors.model import Case, VectorError

app = typer.Typer(no_args_is_help=True, help="Write, check, read and compare conformance vectors.")

Folder = Annotated[
    Path | None,
    typer.Option("--vectors", metavar="DIR", help="Folder of vectors; the committed one."),
]


def read_folder(folder: Path | None) -> store.Files:
    """
    Read a folder of vectors; the committed one if none is given.

    Raises:
        VectorError: there is no such folder, or it is not one of vectors.
    """
    folder = folder or default_vectors()
    if folder.is_dir() and not (folder / store.MANIFEST).is_file():
        raise VectorError(f"{folder}: no {store.MANIFEST}; not a folder of vectors")
    return store.read(folder)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=messages,
    )


@app.command()
def fill(
    workers: Annotated[int, typer.Option(min=0, max=64, help="Processes; 0 is serial.")] = 0,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing: compare with the committed files, and generate under other hash "
            "seeds and in parallel to show that the bytes do not depend on them.",
        ),
    ] = False,
) -> None:
    """Run the scenarios of the specification and write their vectors."""
    project = project_root()
    with told_plainly(VectorError):
        with _progress() as progress:
            task = progress.add_task("scenarios", total=None)
            files = generate(
                project,
                workers=workers,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        if check:
            _check_fill(files)
            return
        changed = store.write(default_vectors(), files)
    for path in changed:
        output.print(f"{'wrote' if path in files else 'removed'} {path}")
    output.print(f"{len(store.cases_of(files))} vectors, {len(changed)} files changed")


def _check_fill(files: dict[str, bytes]) -> None:
    committed = store.read(default_vectors())
    stale = sorted(
        path for path in files.keys() | committed.keys() if files.get(path) != committed.get(path)
    )
    for path in stale:
        output.print(f"[red]differs from the scenarios:[/red] {path}")
    differing = check_determinism(project_root(), files)
    for condition in differing:
        output.print(f"[red]other bytes with:[/red] {condition}")
    if stale or differing:
        raise typer.Exit(1)
    output.print(
        f"{len(store.cases_of(files))} vectors are as committed; the bytes are the same with two "
        "hash seeds, serial and parallel"
    )


@app.command()
def verify(vectors: Folder = None) -> None:
    """Check checksums, schemas, lint, and the reference's answer to every vector."""
    folder = vectors or default_vectors()
    load_kernels()
    with told_plainly(VectorError):
        files = read_folder(folder)
        requirements = frozenset(requirement_texts(project_root() / "spec"))
        with _progress() as progress:
            task = progress.add_task("vectors", total=len(store.cases_of(files)))
            found = list(
                problems(files, requirements=requirements, progress=lambda: progress.advance(task))
            )
    for problem in found:
        output.print(escape(problem), style="red")
    if found:
        output.print(f"{len(found)} problems in {folder}")
        raise typer.Exit(1)
    output.print(f"{len(store.cases_of(files))} vectors verified in {len(files)} files")


@app.command("list")
def list_cases(
    suite: Annotated[str | None, typer.Option(help="Only this suite.")] = None,
    error: Annotated[str | None, typer.Option(help="Only cases rejected with this code.")] = None,
    requirement: Annotated[str | None, typer.Option(help="Only cases of this requirement.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a case.")] = False,
    vectors: Folder = None,
) -> None:
    """List vectors: id, operation and verdict."""
    with told_plainly(VectorError):
        known = store.cases_of(read_folder(vectors))
        suites = {operation.suite for operation in all_operations()}
        require_known("suite", suite, suites | {case.suite for case in known})
        cases = [
            case
            for case in known
            if suite in (None, case.suite)
            and error in (None, case.error)
            and (requirement is None or requirement in case.requirements)
        ]
    if as_json:
        for case in cases:
            place: dict[str, strict_json.Json] = {"path": str(case.path)}
            typer.echo(strict_json.dumps({**place, **case.to_json()}))
    elif cases:
        rows = [
            {
                "id": case.id,
                "operation": f"{case.suite}/{case.operation}",
                "expected": case.error or "accepted",
            }
            for case in cases
        ]
        print_listing(rows, group="operation")
    if not cases:
        messages.print("no vector matches")
        raise typer.Exit(1)


@app.command()
def show(case_id: Annotated[str, typer.Argument(metavar="ID")], vectors: Folder = None) -> None:
    """Print one vector as JSON."""
    case = _find(case_id, vectors)
    typer.echo(json.dumps({"path": str(case.path), **case.to_json()}, indent=2))


@app.command()
def explain(case_id: Annotated[str, typer.Argument(metavar="ID")], vectors: Folder = None) -> None:
    """Say what a vector is about, and which check decides it."""
    case = _find(case_id, vectors)
    texts = requirement_texts(project_root() / "spec")
    output.print(f"[bold]{case.id}[/bold]   {case.path}")
    output.print(escape(case.description))
    output.print(f"scenario: {escape(case.source)}\n")
    for requirement in case.requirements:
        text = _joined(texts.get(requirement, "(no such requirement)"))
        output.print(f"[bold]{requirement}[/bold] {escape(text)}", soft_wrap=False)
    output.print("\n[bold]input[/bold]")
    typer.echo(json.dumps(case.input, indent=2))
    output.print(f"\n[bold]expected[/bold] {escape(strict_json.dumps(dict(case.expected)))}")
    with told_plainly(VectorError):
        explanation = explain_case(case)
    if explanation is None:
        output.print("Every check on the way passes.")
        return
    output.print("\n[bold]the way to the check[/bold]")
    for call in explanation.calls:
        output.print(f"  {escape(call)}")
    output.print("\n[bold]its checks, in order[/bold]")
    for check in explanation.checks:
        mark = "[red]fails[/red]" if check.fails else "     "
        output.print(f"  {mark} line {check.line}: {check.code} unless {escape(check.condition)}")


@app.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="A")],
    second: Annotated[Path, typer.Argument(metavar="B")],
) -> None:
    """Compare two folders of vectors case by case; exit 1 if they differ."""
    with told_plainly(VectorError):
        found = difference(read_folder(first), read_folder(second))
    for case_id in found.added:
        output.print(f"[green]added[/green]   {case_id}")
    for case_id in found.removed:
        output.print(f"[red]removed[/red] {case_id}")
    for case_id, fields in found.changed.items():
        output.print(f"[yellow]changed[/yellow] {case_id}: {', '.join(fields)}")
    for case_id in found.moved:
        output.print(f"[yellow]moved[/yellow]   {case_id}")
    if found:
        raise typer.Exit(1)
    output.print("the same cases")


@app.command()
def kill(vectors: Folder = None) -> None:
    """Switch each check off in turn, and name a vector that notices; exit 1 if none does."""
    load_kernels()
    with told_plainly(VectorError):
        cases = store.cases_of(read_folder(vectors))
        sites = check_sites()
        with _progress() as progress:
            task = progress.add_task("checks", total=len(sites))
            results = kill_report(cases, sites, progress=lambda _: progress.advance(task))
    for result in results:
        output.print(str(result.site).removeprefix("payy_ref."))
        change = "the verdict" if result.verdict_killer else "the code alone"
        noticed = f"{result.reason_killer} ({change} changes)"
        output.print(f"    {noticed if result.reason_killer else '[red]no vector[/red]'}")
    survivors = [result for result in results if result.reason_killer is None]
    output.print(f"{len(results) - len(survivors)} of {len(results)} checks are noticed when off")
    if survivors:
        raise typer.Exit(1)


def _find(case_id: str, vectors: Path | None) -> Case:
    with told_plainly(VectorError):
        cases = {case.id: case for case in store.cases_of(read_folder(vectors))}
    if case_id not in cases:
        near = [known for known in cases if case_id in known][:5]
        messages.print(
            f"no vector is called {case_id}" + (f"; near: {', '.join(near)}" if near else "")
        )
        raise typer.Exit(UNUSABLE)
    return cases[case_id]


def _joined(text: str) -> str:
    """Join the lines of each paragraph and item; a terminal breaks them elsewhere."""
    return re.sub(r"(?<!\n)\n(?!\n|\* ) *", " ", text)
