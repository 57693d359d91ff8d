"""What a call cost: the figures that the benchmarks of gas give, and tables of them."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from payy_ref.bench.measure import Figure

TRANSACTION_GAS: Final = 21_000
"""What every transaction costs before it does anything; EIP-2."""

ZERO_BYTE_GAS: Final = 4
OTHER_BYTE_GAS: Final = 16
"""What a byte of calldata costs; EIP-2028."""

_TEXT_COLUMNS: Final = {"contract", "function", "functions", "case", "gas for", "the worst case"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallGas:
    """One transaction and what it cost."""

    case: str
    """What is done; empty for functions without arguments."""
    transaction: int
    """Gas of the whole transaction."""
    calldata_bytes: int
    """Length of selector and arguments."""
    calldata: int
    """What of the gas is for them."""
    called: Mapping[str, tuple[int, int]]
    """Calls of each other contract, and the gas that they took."""

    @property
    def execution(self) -> int:
        """Gas of the contract's work: what another contract that calls it pays, about."""
        return self.transaction - TRANSACTION_GAS - self.calldata

    @property
    def own_code(self) -> int:
        """Gas of the contract's instructions, without what it calls."""
        return self.execution - sum(gas for _, gas in self.called.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class GasFigure(Figure):
    """What an external function costs; the times are those of the embedded chain."""

    contract: str
    """Name of the contract."""
    function: str
    """Name of the function, or `constructor`."""
    calls: tuple[CallGas, ...]
    """One for each case."""
    code_bytes: int | None = None
    """For the constructor: length of the code that it leaves."""

    @property
    def median(self) -> int:
        """The middle transaction of the cases, the smaller one of two."""
        return statistics.median_low(call.transaction for call in self.calls)

    @property
    def worst(self) -> CallGas:
        """The dearest transaction."""
        return max(self.calls, key=lambda call: call.transaction)


def calldata_gas(data: bytes) -> int:
    """Tell what the bytes of a transaction cost."""
    zeros = data.count(0)
    return ZERO_BYTE_GAS * zeros + OTHER_BYTE_GAS * (len(data) - zeros)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a table as lines of Markdown, numbers to the right."""
    rule = ["---" if heading in _TEXT_COLUMNS else "---:" for heading in headings]
    return [f"| {' | '.join(cells)} |" for cells in (headings, rule, *rows)]
