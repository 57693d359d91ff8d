"""`payy-ref contracts`: the key and the sources of contracts that are not written by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from circuits import utxo
from payy_ref.cli.project import load_kernels, messages, output, project_root, told_plainly
from payy_ref.errors import SpecError
from payy_ref.files import replace_file
from payy_ref.primitives import strict_json
from payy_ref.proofs import poseidon2_solidity, solidity
from payy_ref.proofs.backend import default_backend
from payy_ref.proofs.curve import fast_pairing_check
from payy_ref.proofs.keys import VerificationKey, decode_key, encode_key, preprocess
from payy_ref.proofs.setup import (
    SumOfMultiples,
    from_powers_of_tau,
    readable_sum_of_multiples,
)

KEY_FILE: Final = Path("contracts/keys/utxo.json")
"""The committed verification key of the client's circuit."""

LARGEST_FILE: Final = 2**20
"""Bytes of the largest key file that is read; a real one has some thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """A setup that came out of a ceremony."""

    name: str
    """What it is called."""
    blake2b: str
    """The hash that its file is published with, in hexadecimal digits."""


CEREMONY: Final = Ceremony(
    name="powersOfTau28_hez_final_11",
    blake2b="47c282116b892e5ac92ca238578006e31a47e7c7e70f0baa8b687f0a5203e28e"
    "a07bbbec765a98dcd654bad618475d4661bfaec3bd9ad2ed12e7abc251d94d33",
)
"""
The setup of clients' proofs: the smallest file of the Perpetual Powers of Tau, as prepared for
Hermez, that has the 3,088 powers of the circuit. Source: the list of files in the manual of
`snarkjs`.
"""


class KeyFileError(ValueError):
    """The file of the key is not what it must be."""


app = typer.Typer(
    no_args_is_help=True, help="Make the key and the sources that are not written by hand."
)


@app.command()
def key(
    powers_of_tau: Annotated[
        Path,
        typer.Option("--powers-of-tau", metavar="FILE", help=f"The file {CEREMONY.name}.ptau."),
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: compare with the committed key.")
    ] = False,
) -> None:
    """
    Make the verification key of the client's circuit from the ceremony's file, and write it.

    The file's hash has to be the published one, and all that is taken from it is checked. Exit code
    1 if --check finds another key, 2 if the file cannot be used.
    """
    load_kernels()
    file = project_root() / KEY_FILE
    with told_plainly(OSError, KeyFileError):
        data = powers_of_tau.read_bytes()
        try:
            made = key_from_ceremony(data)
        except SpecError as error:
            raise KeyFileError(f"{powers_of_tau}: refused, {error.code}") from error
        if check:
            _print_comparison({KEY_FILE: made}, project_root())
            return
        replace_file(file, made)
    output.print(f"wrote {KEY_FILE}")


@app.command()
def write(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: compare with the committed sources.")
    ] = False,
) -> None:
    """
    Write the generated sources.

    They are the gates, the insecure setup, the verifier with the committed key, the permutation.

    Exit code 1 if --check finds a difference, 2 if the key's file cannot be used.
    """
    project = project_root()
    with told_plainly(OSError, KeyFileError):
        named = read_key(project / KEY_FILE)
        sources = generated_sources(named)
        if check:
            _print_comparison(sources, project)
            return
        for path, content in sources.items():
            if _content_of(project / path) != content:
                replace_file(project / path, content)
                output.print(f"wrote {path}")
    output.print(f"{len(sources)} generated sources")


def generated_sources(named: solidity.NamedKey) -> dict[Path, bytes]:
    """Make the content of every generated source, by its path in the project."""
    folders = {
        solidity.FOLDER: solidity.generated_sources(named),
        poseidon2_solidity.FOLDER: poseidon2_solidity.generated_sources(),
    }
    return {
        Path(folder) / name: text.encode()
        for folder, texts in folders.items()
        for name, text in texts.items()
    }


def key_from_ceremony(data: bytes) -> bytes:
    """
    Make the content of the key's file from the ceremony's file.

    Raises:
        SpecError: Those of `from_powers_of_tau` and of `preprocess`.
    """
    setup = from_powers_of_tau(
        data,
        name=CEREMONY.name,
        blake2b=bytes.fromhex(CEREMONY.blake2b),
        sum_of_multiples=_sum_of_multiples(),
        pairing_check=fast_pairing_check(),
    )
    system = utxo.utxo().system
    _, verification = preprocess(system, setup, default_backend(), keep_cosets=False)
    return key_document(verification)


def key_document(verification: VerificationKey) -> bytes:
    """Write the content of the key's file."""
    document: strict_json.Json = {
        "circuit": utxo.NAME,
        "key": f"0x{encode_key(verification).hex()}",
        "setup": CEREMONY.name,
        "setup_blake2b": CEREMONY.blake2b,
    }
    return strict_json.dumps_readable(document).encode()


def read_key(file: Path) -> solidity.NamedKey:
    """
    Read the key's file.

    Raises:
        KeyFileError: It is not the file of a key of the client's circuit on the ceremony's setup.
        OSError: It cannot be read.
    """
    with file.open("rb") as stream:
        data = stream.read(LARGEST_FILE)
    try:
        document = strict_json.loads(data)
    except strict_json.StrictJsonError as error:
        raise KeyFileError(f"{file}: {error}") from error
    wanted = {
        "circuit": utxo.NAME,
        "setup": CEREMONY.name,
        "setup_blake2b": CEREMONY.blake2b,
    }
    if not isinstance(document, dict) or document.keys() != {*wanted, "key"}:
        raise KeyFileError(f"{file}: its fields are not {', '.join(sorted([*wanted, 'key']))}")
    for name, value in wanted.items():
        if document[name] != value:
            raise KeyFileError(f"{file}: {name} is not {value}")
    try:
        made = decode_key(bytes.fromhex(str(document["key"]).removeprefix("0x")))
    except SpecError as error:
        raise KeyFileError(f"{file}: refused, {error.code}") from error
    except ValueError as error:
        raise KeyFileError(f"{file}: the key is not written in hexadecimal digits") from error
    try:
        return solidity.NamedKey(key=made, circuit=utxo.NAME, setup=CEREMONY.name)
    except ValueError as error:
        raise KeyFileError(f"{file}: {error}") from error


def _print_comparison(made: Mapping[Path, bytes], project: Path) -> None:
    """Compare with what is committed: exit code 1 on a difference."""
    stale = [path for path, content in made.items() if _content_of(project / path) != content]
    for path in stale:
        output.print(f"{escape(str(path))}: not what is generated")
    if stale:
        messages.print("If this is meant: make contracts")
        raise typer.Exit(1)
    output.print(f"{', '.join(map(str, made))}: as generated")


def _content_of(file: Path) -> bytes | None:
    """Read a file that may be missing."""
    return file.read_bytes() if file.is_file() else None


def _sum_of_multiples() -> SumOfMultiples:
    """Choose how to add up points: compiled, or readable without the compiler."""
    try:
        from payy_ref.proofs.fast import sum_of_multiples  # noqa: PLC0415
    except ImportError:
        return readable_sum_of_multiples
    return sum_of_multiples
