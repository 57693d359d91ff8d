"""
Gas of the contracts: every external function, on the embedded chain.

Verifiers are measured here, for recorded proofs; settlement in `settlement_gas`.

Gas is not a time: the same calls cost the same on every machine, to the unit. `docs/gas.md` shows
the tables that are made here.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from payy_ref.bench.chapters import Benchmark
from payy_ref.bench.gas_figure import (
    TRANSACTION_GAS,
    CallGas,
    GasFigure,
    calldata_gas,
    table,
)
from payy_ref.bench.measure import Figure

if TYPE_CHECKING:
    from payy_ref.ethereum.chain import Contract
    from payy_ref.ethereum.embedded import EmbeddedChain

ANSWERS: Final = Path("tests/known_answers/solidity_verifier.json")
"""Recorded proofs of real circuits, from the root of a checkout."""

ARTEFACTS: Final = Path("contracts/build")
"""Compiled contracts."""

CLIENT, KEYED_CLIENT, BLOCK = "UtxoVerifier", "KeyedPlonkVerifier", "KeyedBlockVerifier"

PRECOMPILES: Final[Mapping[int, str]] = {
    5: "power modulo p (the one inversion)",
    6: "additions of points",
    7: "multiples of points",
    8: "pairing check",
}
"""What contracts call, by address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """A contract to measure."""

    contract: str
    """Its name."""
    arguments: tuple[Any, ...]
    """What its constructor takes."""
    cases: Mapping[str, tuple[Any, ...]]
    """What `verify` takes, by what is verified."""


def gas_benchmarks(checkout: Path) -> Iterator[Benchmark]:
    """Measure the constructors and all external functions of the contracts of a checkout."""
    for subject in _subjects(checkout):
        functions = (
            entry["name"]
            for entry in json.loads((checkout / _artefact(subject)).read_bytes())["abi"]
            if entry["type"] == "function"
        )
        for function in ("constructor", *sorted(functions)):
            yield Benchmark(
                f"{subject.contract}.{function}",
                partial(_measured, subject=subject, function=function, checkout=checkout),
            )
    # Imported here, because web3 takes a second or more to load.
    from payy_ref.bench.settlement_gas import settlement_benchmarks  # noqa: PLC0415

    yield from settlement_benchmarks(checkout)


def gas_rows(figures: Iterable[Figure]) -> list[dict[str, str]]:
    """Lay out the gas of each function, a row for each."""
    return [
        {
            "contract": figure.contract,
            "function": figure.name.removeprefix(f"{figure.contract}."),
            "cases": str(len(figure.calls)),
            "median": f"{figure.median:,}",
            "worst": f"{figure.worst.transaction:,}",
            "worst case": figure.worst.case,
        }
        for figure in figures
        if isinstance(figure, GasFigure)
    ]


def gas_tables(figures: Iterable[Figure]) -> dict[str, list[str]]:
    """Write the verifiers' tables of `docs/gas.md`, as lines of Markdown, by their names."""
    measured = [
        figure
        for figure in figures
        if isinstance(figure, GasFigure) and figure.contract in (CLIENT, KEYED_CLIENT, BLOCK)
    ]
    functions = [figure for figure in measured if figure.code_bytes is None]
    verifying = [figure for figure in functions if figure.function == "verify"]
    dearest = {figure.contract: figure.worst for figure in verifying}
    return {
        "functions": table(
            ("contract", "function", "cases", "median", "worst"),
            (
                (
                    f"`{figure.contract}`",
                    f"`{figure.function}`",
                    str(len(figure.calls)),
                    f"{figure.median:,}",
                    f"{figure.worst.transaction:,}",
                )
                for figure in functions
            ),
        ),
        "cases": table(
            ("contract", "case", "transaction", "execution", "bytes of calldata"),
            (
                (
                    f"`{figure.contract}`",
                    call.case,
                    f"{call.transaction:,}",
                    f"{call.execution:,}",
                    f"{call.calldata_bytes:,}",
                )
                for figure in verifying
                for call in figure.calls
            ),
        ),
        "split": table(
            ("gas for", *(f"`{name}`" for name in dearest)),
            zip(*_split(dearest.values()), strict=True),
        ),
        "deployment": table(
            ("contract", "transaction", "bytes of code"),
            (
                (f"`{figure.contract}`", f"{figure.median:,}", f"{figure.code_bytes:,}")
                for figure in measured
                if figure.code_bytes is not None
            ),
        ),
    }


def _split(calls: Iterable[CallGas]) -> Iterator[list[str]]:
    """Name the parts of transactions, then give the parts of each."""
    yield [
        "the transaction itself",
        "calldata",
        *PRECOMPILES.values(),
        "the contract's own instructions",
        "**all**",
    ]
    for call in calls:
        yield [
            f"{TRANSACTION_GAS:,}",
            f"{call.calldata:,}",
            *(
                f"{gas:,} ({count})"
                for count, gas in (call.called[name] for name in PRECOMPILES.values())
            ),
            f"{call.own_code:,}",
            f"**{call.transaction:,}**",
        ]


def _artefact(subject: _Subject) -> Path:
    return ARTEFACTS / f"{subject.contract}.json"


def _subjects(checkout: Path) -> tuple[_Subject, ...]:
    answers = json.loads((checkout / ANSWERS).read_bytes())
    client, block = answers["utxo"], answers["block"]
    client_cases = {
        each["what"]: (_bytes(each["proof"]), _integers(each["public"]))
        for each in client["proofs"]
    }
    block_cases = {
        each["what"]: (
            _integers(each["claim"]),
            _integers(each["words"]),
            [_bytes(proof) for proof in each["client_proofs"]],
            _bytes(each["block_proof"]),
        )
        for each in block["blocks"]
    }
    keys = (_bytes(block["client_key"]), _bytes(block["block_key"]))
    return (
        _Subject(contract=CLIENT, arguments=(), cases=client_cases),
        _Subject(contract=KEYED_CLIENT, arguments=(_bytes(client["key"]),), cases=client_cases),
        _Subject(contract=BLOCK, arguments=keys, cases=block_cases),
    )


def _measured(name: str, *, subject: _Subject, function: str, checkout: Path) -> GasFigure:
    # Imported here, because web3 takes a second or more to load.
    from payy_ref.ethereum.artefact import read_artefact  # noqa: PLC0415
    from payy_ref.ethereum.embedded import EmbeddedChain  # noqa: PLC0415

    cases = subject.cases if function == "verify" else {"": ()}
    calls, seconds, code_bytes = [], [], None
    with EmbeddedChain() as chain:
        start = time.perf_counter()
        contract = chain.deploy(read_artefact(checkout / _artefact(subject)), *subject.arguments)
        if function == "constructor":
            seconds.append(time.perf_counter() - start)
            code_bytes = len(chain.code(contract.address))
            calls.append(_deployment(contract))
        else:
            for case, arguments in cases.items():
                start = time.perf_counter()
                calls.append(_call(chain, contract, function, case, arguments))
                seconds.append(time.perf_counter() - start)
    return GasFigure(
        name=name,
        unit="call",
        operations=1,
        seconds=tuple(seconds),
        contract=subject.contract,
        function=function,
        calls=tuple(calls),
        code_bytes=code_bytes,
    )


def _deployment(contract: "Contract") -> CallGas:
    if contract.deployment is None:
        raise AssertionError("it was deployed just now")
    gas = contract.deployment.gas_used
    return CallGas(case="", transaction=gas, calldata_bytes=0, calldata=0, called={})


def _call(
    chain: "EmbeddedChain",
    contract: "Contract",
    function: str,
    case: str,
    arguments: Sequence[Any],
) -> CallGas:
    """Send a transaction, and run it once more to see what precompiles took."""
    from payy_ref.ethereum.chain import Message  # noqa: PLC0415

    data = chain.calldata(contract, function, *arguments)
    message = Message(sender=chain.accounts[0], to=contract.address, data=data)
    record = chain.computation(message)
    found = dict.fromkeys(PRECOMPILES.values(), (0, 0))
    for child in record.children:
        address = int.from_bytes(child.msg.code_address, "big")
        count, gas = found[PRECOMPILES[address]]
        found[PRECOMPILES[address]] = (count + 1, gas + child.get_gas_used())
    return CallGas(
        case=case,
        transaction=chain.transact(contract, function, *arguments).gas_used,
        calldata_bytes=len(data),
        calldata=calldata_gas(data),
        called=found,
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _integers(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts]
