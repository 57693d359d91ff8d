"""Compiled contracts, as `contracts/compile.js` writes them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ADDRESS_DIGITS: Final = 40
"""Hexadecimal digits of an address."""


class ArtefactError(ValueError):
    """The artefact cannot be read, or cannot be used in this way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One compiled contract."""

    contract: str
    """Name of the contract."""
    source: str
    """Name of its source file, as the compiler was told."""
    abi: Sequence[Mapping[str, Any]]
    """The interface, in the compiler's JSON."""
    creation_code: str
    """Hexadecimal code that deploys it, without prefix; libraries still to be placed."""
    runtime_code: str
    """Hexadecimal code as deployed, without prefix, immutables and libraries left zero."""
    link_references: Mapping[str, Mapping[str, Sequence[Mapping[str, int]]]]
    """Byte ranges of the creation code that hold a library's address, by file and library."""
    storage_layout: Mapping[str, Any]
    """Where the state variables lie, in the compiler's JSON."""

    def linked_code(self, libraries: Mapping[str, str]) -> bytes:
        """
        Put the addresses of libraries into the creation code.

        Args:
            libraries: Address (0x and 40 digits) by the library's name.

        Raises:
            ArtefactError: A library has no address, an address is not one, or an address is for no
                library; or there is no code, as for an interface.
        """
        wanted = {name for file in self.link_references.values() for name in file}
        if wanted != set(libraries):
            raise ArtefactError(
                f"{self.contract} is to be linked with {sorted(wanted)}, got {sorted(libraries)}"
            )
        if not self.creation_code:
            raise ArtefactError(f"{self.contract} has no code to deploy")
        code = self.creation_code
        for file in self.link_references.values():
            for name, ranges in file.items():
                digits = libraries[name].removeprefix("0x").lower()
                if len(digits) != ADDRESS_DIGITS:
                    raise ArtefactError(f"{libraries[name]} is not an address")
                for place in ranges:
                    start = 2 * place["start"]
                    code = code[:start] + digits + code[start + ADDRESS_DIGITS :]
        return bytes.fromhex(code)


def read_artefact(file: Path) -> Artefact:
    """
    Read a compiled contract.

    Raises:
        ArtefactError: It cannot be read, or is not an artefact.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Artefact(
            contract=content["contract"],
            source=content["source"],
            abi=content["abi"],
            creation_code=content["creationCode"],
            runtime_code=content["runtimeCode"],
            link_references=content["linkReferences"],
            storage_layout=content["storageLayout"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{file} is not a compiled contract: {error!r}") from error
