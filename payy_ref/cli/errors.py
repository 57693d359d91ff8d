"""`payy-ref errors`."""

from pathlib import Path
from typing import Annotated

import typer

import payy_ref.errors
from payy_ref.cli.project import print_listing, project_root, require_known, told_plainly
from payy_ref.primitives import strict_json
from payy_ref.trace.requirements import TraceError, read_chapters
from payy_ref.trace.source import read_codes


def errors(
    chapter: Annotated[str | None, typer.Option(help="Only the codes of this chapter.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a code.")] = False,
) -> None:
    """List the error codes: chapter, meaning, and the requirements that an input breaks."""
    with told_plainly(TraceError, OSError):
        entries = read_codes(Path(payy_ref.errors.__file__))
        requirements, _ = read_chapters(project_root() / "spec")
    require_known("chapter", chapter, (entry.chapter for entry in entries))
    rows = []
    for entry in entries:
        if chapter not in (None, entry.chapter):
            continue
        listed = [each.id for each in requirements if entry.code in each.codes]
        if as_json:
            typer.echo(
                strict_json.dumps(
                    {
                        "code": entry.code,
                        "chapter": entry.chapter,
                        "meaning": entry.meaning,
                        "requirements": [*listed],
                    }
                )
            )
        rows.append(
            {
                "code": entry.code,
                "chapter": entry.chapter,
                "meaning": entry.meaning,
                "requirements": "\n".join(listed),
            }
        )
    if not as_json:
        print_listing(rows, group="chapter", wrapped="meaning")
