"""`payy-ref driver`."""

import os
import sys

from payy_ref.cli.project import messages
from payy_ref.driver.reference import serve


def driver() -> None:
    """
    Answer requests of the driver protocol: JSON lines on standard input and output.

    Ends when input closes or a request says stop. Nothing but answers goes to standard output.
    """
    if sys.stdin.isatty():
        messages.print(
            'Type requests, one JSON object a line, such as {"seq":1,"cmd":"hello","protocol":1}'
        )
    try:
        serve(sys.stdin.buffer, _write)
    except (BrokenPipeError, KeyboardInterrupt):
        # Whoever asked has gone; closing the broken pipe again at exit would only complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
