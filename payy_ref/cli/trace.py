"""`payy-ref trace`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from payy_ref.cli.project import is_checkout, messages, output, project_root, told_plainly
from payy_ref.files import replace_file
from payy_ref.primitives import strict_json
from payy_ref.trace.matrix import Matrix, collect, join
from payy_ref.trace.requirements import TraceError
from payy_ref.vectors.model import VectorError


def trace(
    root: Annotated[
        Path | None, typer.Option("--root", metavar="DIR", help="The project; the one around here.")
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the matrix to a file as well."),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Show problems only, not the table.")
    ] = False,
) -> None:
    """
    Join requirements with code, error codes, vectors, properties and evidence.

    Exits with 1 and a list if something is missing, dangling or unused.
    """
    with told_plainly(TraceError, VectorError, OSError):
        if root is not None and not is_checkout(root):
            raise TraceError(f"{root}: not a checkout of payy-ref")
        matrix = join(collect(root or project_root()))
        if json is not None:
            replace_file(json, strict_json.dumps_readable(matrix.to_json()).encode("ascii"))
    if not quiet:
        output.print(_table(matrix))
    for problem in matrix.problems:
        output.print(f"[red]{problem.kind}[/red] {escape(str(problem))}")
    if matrix.problems:
        messages.print(f"{len(matrix.problems)} problems")
        raise typer.Exit(1)
    counted = f"{len(matrix.rows)} requirements and {len(matrix.code_rows)} error codes"
    output.print(f"{counted} are traced; no gaps")


def _table(matrix: Matrix) -> Table:
    table = Table("requirement", "title", box=None)
    table.columns[0].no_wrap = True
    for heading in ("code", "codes", "vectors", "properties"):
        table.add_column(heading, justify="right")
    table.add_column("level")
    for row in matrix.rows:
        table.add_row(
            row.requirement.id,
            escape(row.requirement.title),
            str(len(row.code)),
            str(len(row.requirement.codes)),
            f"{len(row.accepted)}+{len(row.rejected)}",
            str(len(row.properties)),
            str(row.level) if row.properties else "",
        )
    return table
