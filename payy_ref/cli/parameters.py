"""`payy-ref parameters`."""

import dataclasses
from typing import Annotated

import typer
from rich.table import Table

from payy_ref.cli.project import output
from payy_ref.parameters import Preset, load_preset
from payy_ref.primitives import strict_json


def parameters(
    preset: Annotated[
        Preset | None, typer.Option(help="The network; all of them if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a preset.")] = False,
) -> None:
    """Show the parameters of a preset."""
    chosen = [preset] if preset else list(Preset)
    values = {name: dataclasses.asdict(load_preset(name)) for name in chosen}
    if as_json:
        for name, each in values.items():
            typer.echo(strict_json.dumps({"preset": str(name), **each}))
        return
    table = Table("parameter", *map(str, chosen), box=None)
    for field in next(iter(values.values())):
        table.add_row(field, *(str(each[field]) for each in values.values()))
    output.print(table)
