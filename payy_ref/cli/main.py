"""The entry point: `payy-ref`."""

import sys
from typing import Annotated

import typer

import payy_ref
from payy_ref.cli import (
    bench,
    conformance,
    contracts,
    demo,
    driver,
    errors,
    parameters,
    proofs,
    simulate,
    trace,
    vectors,
)
from payy_ref.cli.project import messages

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The executable specification of the Payy Network.",
)
app.command()(demo.demo)
app.add_typer(vectors.app, name="vectors")
app.add_typer(conformance.app, name="conformance")
app.command()(driver.driver)
app.command()(simulate.simulate)
app.command()(trace.trace)
app.command()(errors.errors)
app.add_typer(proofs.app, name="proofs")
app.add_typer(contracts.app, name="contracts")
app.command()(parameters.parameters)
app.command()(bench.bench)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"payy-ref {payy_ref.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def run() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        messages.print("interrupted")
        sys.exit(130)
