"""Which chain to run on, by name: what `--l1` takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from payy_ref.ethereum.chain import Chain

EMBEDDED: Final = "embedded"
ANVIL: Final = "anvil"

CHAINS: Final = (EMBEDDED, ANVIL)
"""The names."""

NO_ANVIL: Final = "anvil is not installed; in contracts/: npm ci --ignore-scripts (Linux, x86-64)"


class UnavailableError(Exception):
    """The machine lacks the program that the chain needs."""


def open_chain(name: str, *, checkout: Path) -> "Chain":
    """
    Start a chain; use it in a `with` block.

    Args:
        name: One of `CHAINS`.
        checkout: Root of the checkout, where npm may have installed anvil.

    Raises:
        ChainError: The node does not start.
        UnavailableError: The node is not installed.
        ValueError: There is no such chain.
    """
    # Imported here, because a program that never opens a chain should not wait for web3.
    if name == EMBEDDED:
        from payy_ref.ethereum.embedded import EmbeddedChain  # noqa: PLC0415

        return EmbeddedChain()
    if name == ANVIL:
        from payy_ref.ethereum.node import AnvilChain, find_anvil  # noqa: PLC0415

        program = find_anvil(checkout)
        if program is None:
            raise UnavailableError(NO_ANVIL)
        return AnvilChain(program)
    raise ValueError(f"no chain is called {name}; there are {', '.join(CHAINS)}")
