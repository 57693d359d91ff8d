"""`python -m payy_ref`: the command line."""

from payy_ref.cli.main import run

run()
