"""`payy-ref driver`."""

import os
import sys

import typer

from payy_ref.cli.project import UNUSABLE, messages
from payy_ref.driver.reference import serve


def driver() -> None:
    """
    Answer requests of the driver protocol: JSON lines on standard input and output.

    Ends when input closes or a request says stop. Nothing but answers goes to standard output.
    """
    if sys.stdin is None or sys.stdout is None:
        # A closed input asks nothing; a closed output can be told nothing.
        return
    if sys.stdin.isatty():
        messages.print(
            'Type requests, one JSON object a line, such as {"seq":1,"cmd":"hello","protocol":1}'
        )
    try:
        serve(sys.stdin.buffer, _write)
    except OSError as error:
        # Whoever asked has gone; closing the broken output again at exit would only complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            messages.print(f"error: {error}", markup=False)
            raise typer.Exit(UNUSABLE) from error


def _write(line: str) -> None:
    # Bytes, since the protocol is UTF-8 whatever the terminal's encoding is.
    sys.stdout.buffer.write(line.encode("ascii") + b"\n")
    sys.stdout.buffer.flush()
