"""`payy-ref trace`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from payy_ref.cli.project import (
    is_checkout,
    messages,
    output,
    print_listing,
    project_root,
    told_plainly,
)
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
        print_listing(_rows(matrix), group="chapter", wrapped="title")
    for problem in matrix.problems:
        output.print(f"[red]{problem.kind}[/red] {escape(str(problem))}")
    if matrix.problems:
        messages.print(f"{len(matrix.problems)} problems")
        raise typer.Exit(1)
    counted = f"{len(matrix.rows)} requirements and {len(matrix.code_rows)} error codes"
    output.print(f"{counted} are traced; no gaps")


def _rows(matrix: Matrix) -> list[dict[str, str]]:
    return [
        {
            "requirement": row.requirement.id,
            "chapter": row.requirement.chapter,
            "title": row.requirement.title,
            "code": str(len(row.code)),
            "codes": str(len(row.requirement.codes)),
            "vectors": f"{len(row.accepted)}+{len(row.rejected)}",
            "properties": str(len(row.properties)),
            "level": str(row.level) if row.properties else "",
        }
        for row in matrix.rows
    ]
