"""What the commands share: where the project is, and how an error is told to a person."""

import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table

import payy_ref

PIPED_WIDTH: Final = 240
"""Columns of a table that no terminal bounds; a shortened id is of no use to the next program."""

output: Final = Console(
    highlight=False,
    soft_wrap=True,
    width=None if sys.stdout is not None and sys.stdout.isatty() else PIPED_WIDTH,
)
"""Results; safe to pipe."""

messages: Final = Console(stderr=True, highlight=False)
"""Progress and complaints."""

WRAPPED_WIDTH: Final = 15
"""Columns that running text needs at least."""

SILENT_SECONDS: Final = 1.5
"""How long a command may be silent before it says what it is doing."""

UNUSABLE: Final = 2
"""Exit code of a command that could not do its work; 1 is a negative verdict."""


def load_kernels() -> None:
    """
    Load the kernels, and say so if they have to be compiled, which happens once on a machine.

    Whether the cache is good shows only when it is used, so the message waits a moment. Without the
    compiler there is nothing to load: the readable forms serve.
    """
    try:
        # Imported here: the compiler takes a second to load, and most commands do without.
        from payy_ref.crypto import compiled  # noqa: PLC0415
        from payy_ref.proofs import fast  # noqa: PLC0415
    except ImportError:
        return
    timer = threading.Timer(
        SILENT_SECONDS,
        lambda: messages.print("loading the kernels; the first time they are compiled ..."),
    )
    timer.start()
    try:
        with messages.status("loading the kernels") as status:
            for module in (compiled, fast):
                module.warm_up(lambda name: status.update(f"loading the kernels: {name}"))
    finally:
        timer.cancel()


def project_root() -> Path:
    """Find the checkout: the nearest folder upwards that holds `spec/`, else the package's own."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if is_checkout(folder):
            return folder
    return Path(payy_ref.__file__).parents[1]


def is_checkout(folder: Path) -> bool:
    """Tell whether a folder is the root of a checkout."""
    return (folder / "spec").is_dir() and (folder / "payy_ref").is_dir()


def default_vectors() -> Path:
    """Give the folder of the committed vectors."""
    return project_root() / "conformance_vectors"


@contextmanager
def told_plainly(*kinds: type[Exception]) -> Iterator[None]:
    """Turn the expected errors into one message and exit code 2; others are faults and pass."""
    try:
        yield
    except kinds as error:
        messages.print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(UNUSABLE) from error


def require_known(what: str, name: str | None, known: Iterable[str]) -> None:
    """Refuse the name of what there is not: exit code 2, and a message with what there is."""
    there = sorted(set(known))
    if name is not None and name not in there:
        message = f"no {what} is called {name}; there are {', '.join(there)}"
        messages.print(escape(message), soft_wrap=True)
        raise typer.Exit(UNUSABLE)


def print_listing(
    rows: Sequence[Mapping[str, str]], *, group: str, wrapped: str | None = None
) -> None:
    """
    Print rows as a table that cuts nothing, whatever the width.

    Args:
        group: The column whose values stand as headings where the terminal is too narrow.
        wrapped: The column of running text.
    """
    for narrow in (False, True):
        table = Table(box=None)
        for name in rows[0]:
            if not (narrow and name == group):
                is_text = name == wrapped
                table.add_column(
                    name, no_wrap=not is_text, min_width=WRAPPED_WIDTH if is_text else None
                )
        heading = None
        for row in rows:
            if narrow and row[group] != heading:
                heading = row[group]
                table.add_row(f"[bold]{escape(heading)}[/bold]")
            cells = (cell for name, cell in row.items() if not (narrow and name == group))
            table.add_row(*map(escape, cells))
        needed = Measurement.get(output, output.options.update(width=PIPED_WIDTH), table).minimum
        if needed <= output.width:
            output.print(table)
            return
    _print_stacked(rows, group=group)


def _print_stacked(rows: Sequence[Mapping[str, str]], *, group: str) -> None:
    """Print each row as its first value and the others below it, where no table fits."""
    for heading, grouped in groupby(rows, key=itemgetter(group)):
        output.print(f"[bold]{escape(heading)}[/bold]")
        for row in grouped:
            first, *others = (value for name, value in row.items() if name != group)
            output.print(escape(first), soft_wrap=True)
            for value in others:
                output.print(Padding(escape(value), (0, 0, 0, 4)), soft_wrap=False)
