"""What the commands share: where the project is, and how an error is told to a person."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.markup import escape

import payy_ref
from payy_ref.crypto import compiled

PIPED_WIDTH: Final = 240
"""Columns of a table that no terminal bounds; a shortened id is of no use to the next program."""

output: Final = Console(
    highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH
)
"""Results; safe to pipe."""

messages: Final = Console(stderr=True, highlight=False)
"""Progress and complaints."""

SILENT_SECONDS: Final = 1.5
"""How long a command may be silent before it says what it is doing."""

UNUSABLE: Final = 2
"""Exit code of a command that could not do its work; 1 is a negative verdict."""


def load_kernels() -> None:
    """
    Load the kernels, and say so if they have to be compiled, which happens once on a machine.

    Whether the cache is good shows only when it is used, so the message waits a moment.
    """
    timer = threading.Timer(
        SILENT_SECONDS,
        lambda: messages.print("compiling the hash kernels, once on this machine ..."),
    )
    timer.start()
    try:
        compiled.warm_up()
    finally:
        timer.cancel()


def project_root() -> Path:
    """Find the checkout: the nearest folder upwards that holds `spec/`, else the package's own."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "spec").is_dir() and (folder / "payy_ref").is_dir():
            return folder
    return Path(payy_ref.__file__).parents[1]


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
