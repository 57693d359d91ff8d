"""
Gas of settlement: what each function of the contracts costs, and tables of it.

Functions of the rollup are measured after histories that lead up to the call (`settlement_plan`):
named ones, and the dearest that a search found. A search takes minutes; replaying what it found
does not.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from eth_utils.address import to_checksum_address

from payy_ref.bench.chapters import Benchmark
from payy_ref.bench.gas_figure import (
    TRANSACTION_GAS,
    CallGas,
    GasFigure,
    calldata_gas,
    table,
)
from payy_ref.bench.measure import Figure
from payy_ref.bench.settlement_plan import MAINNET, NAMED, PLACES, Plan, described, read_worst
from payy_ref.bench.settlement_run import (
    ARTEFACTS,
    PROVEN_CALLS,
    ROLLUP,
    SIGNATURES,
    TOKENS,
    TREE,
    VERIFIER,
    ProvenSettlement,
    SettlementGas,
)
from payy_ref.crypto.field import element_bytes
from payy_ref.ethereum.artefact import read_artefact
from payy_ref.ethereum.chain import (
    Contract,
)
from payy_ref.ethereum.embedded import EmbeddedChain
from payy_ref.testing.settlement_history import (
    BOB,
    signers,
)
from payy_ref.vectors.model import case_elements

DEPLOYED: Final = Path("tests/known_answers/deployed_gas.json")
"""Gas of the deployed network's contract."""

COUNTERPARTS: Final[Mapping[str, tuple[str, str]]] = {
    "a token": ("addToken", "a token"),
    "1 validator": ("setValidators", "1 validators"),
    "4 validators": ("setValidators", "4 validators"),
    "10 validators": ("setValidators", "10 validators"),
    "100 validators": ("setValidators", "100 validators"),
    "the first deposit of a token": ("mint", "the first deposit of a token"),
    "a further deposit": ("mint", "a further deposit"),
    "an authorized deposit": ("mintWithAuthorization", "a further deposit"),
    "to a recipient without the token": ("substituteBurn", "a recipient without the token"),
    "to a recipient with the token": ("substituteBurn", "a recipient with the token"),
    "no message, 1 validator": ("verifyRollup", "no message, 1 validators"),
    "no message, 4 validators": ("verifyRollup", "no message, 4 validators"),
    "no message, 10 validators": ("verifyRollup", "no message, 10 validators"),
    "no message, 100 validators": ("verifyRollup", "no message, 100 validators"),
    "2 mints and 2 burns": ("verifyRollup", "2 mints and 2 burns, 10 validators"),
    "2 mints and 2 burns to accounts that are owed already": (
        "verifyRollup",
        "2 mints and 2 burns to accounts that have the token, 10 validators",
    ),
    "6 burns": ("verifyRollup", "6 burns to fresh accounts, 10 validators"),
}
"""What of the deployed contract a case is held against: its function and case."""


# Benchmarks


LINKED: Final = ("NoteTree", "CallExecutor")
"""What the rollup needs besides itself."""

ADAPTERS: Final = ("TransactionProof", "BlockProof", "VoidProof")
"""What stands between the rollup and the verifiers of proofs."""

PATH: Final = case_elements("gas-path", 8)
"""Siblings of a short path; exits have long ones."""

PLACE_HASHES: Final = case_elements("gas-places", PLACES)
"""Hashes of the places of a block."""


@cache
def _shared(checkout: Path) -> tuple[SettlementGas, ProvenSettlement]:
    """Make the chain that all these benchmarks use; gas does not depend on what was before."""
    bench = SettlementGas(checkout)
    return bench, ProvenSettlement(bench)


def settlement_benchmarks(checkout: Path) -> Iterator[Benchmark]:
    """Measure all external functions of the contracts of settlement of a checkout."""
    worst = read_worst(checkout)
    for contract in (ROLLUP, *LINKED, *ADAPTERS):
        artefact = read_artefact(checkout / ARTEFACTS / f"{contract}.json")
        names = (entry["name"] for entry in artefact.abi if entry["type"] == "function")
        for function in ("constructor", *sorted(names)):
            take = _measured
            cases = [(case, plan) for case, plan in NAMED.items() if plan.function == function]
            if contract == ROLLUP and cases:
                found = worst[function]
                if found not in NAMED.values():
                    cases.append((described(found), found))
                take = partial(_measured_plans, plans=tuple(cases))
            elif contract == "VoidProof" and function == "verify":
                continue  # no proof that a transaction is void is on record
            yield Benchmark(
                f"{contract}.{function}",
                partial(take, checkout=checkout, contract=contract, function=function),
            )
    for function in dict.fromkeys(call.function for call in PROVEN_CALLS):
        yield Benchmark(
            f"{ROLLUP}.{function}, with proofs",
            partial(_measured_proofs, checkout=checkout, function=function),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansFigure(GasFigure):
    """A function after the histories that are named, and after the one that was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofsFigure(GasFigure):
    """A function with real proofs."""


def _measured_plans(
    name: str, *, checkout: Path, contract: str, function: str, plans: Sequence[tuple[str, Plan]]
) -> PlansFigure:
    bench, _ = _shared(checkout)
    return PlansFigure(
        name=name,
        contract=contract,
        function=function,
        **_timed((partial(bench.measure, plan, case) for case, plan in plans)),
    )


def _measured_proofs(name: str, *, checkout: Path, function: str) -> ProofsFigure:
    _, proofs = _shared(checkout)
    calls = [call for call in PROVEN_CALLS if call.function == function]
    return ProofsFigure(
        name=name,
        contract=ROLLUP,
        function=function,
        **_timed(partial(proofs.measure, call) for call in calls),
    )


def _measured(name: str, *, checkout: Path, contract: str, function: str) -> GasFigure:
    bench, proofs = _shared(checkout)
    chain = bench.chain
    with chain.undone():
        made = _made(contract, bench, proofs)
        if function == "constructor":
            deployment = made.deployment
            if deployment is None:
                raise AssertionError("it was deployed just now")
            call = CallGas(
                case="",
                transaction=deployment.gas_used,
                calldata_bytes=0,
                calldata=0,
                called={},
            )
            timed: dict[str, Any] = _timed([lambda: call])
            timed["code_bytes"] = len(chain.code(made.address))
        else:
            cases = _cases(contract, function, made, proofs)
            timed = _timed(
                partial(_call, chain, made, function, case, arguments)
                for case, arguments in cases.items()
            )
    return GasFigure(name=name, contract=contract, function=function, **timed)


def _made(contract: str, bench: SettlementGas, proofs: ProvenSettlement) -> Contract:
    """Make a contract of its own to measure."""
    match contract:
        case "Rollup":
            return bench.rollup(signers(10))
        case "TransactionProof":
            arguments: tuple[Any, ...] = (proofs.client.address,)
        case "BlockProof":
            arguments = (proofs.block.address, PLACES, MAINNET.block_message_words)
        case "VoidProof":
            arguments = (proofs.block.address, PLACES)
        case _:
            arguments = ()
    return bench.chain.deploy(bench.artefact(contract), *arguments)


def _cases(
    contract: str, function: str, made: Contract, proofs: ProvenSettlement
) -> dict[str, tuple[Any, ...]]:
    """Give what functions take that are not measured by plans."""
    siblings = list(PATH)
    openings = [list(PLACE_HASHES[:3]), list(PLACE_HASHES[3:])]
    shape = (MAINNET.block_groups, MAINNET.group_transactions)
    some: Mapping[tuple[str, str], dict[str, tuple[Any, ...]]] = {
        ("NoteTree", "hash"): {
            f"{count} elements": (list(case_elements("gas-hash", count)),) for count in (2, 3, 4, 9)
        },
        ("NoteTree", "pathRoot"): {"8 levels": (PATH[0], siblings)},
        ("NoteTree", "proves"): {"8 levels": (len(siblings), PATH[0], siblings, PATH[1])},
        ("NoteTree", "commitHashOfOne"): {"mainnet's block": (list(PATH[:4]), *shape)},
        ("NoteTree", "openedCommitHash"): {"mainnet's block": (openings, *shape)},
        ("NoteTree", "placeHash"): {"4 elements": (list(PATH[:4]),)},
        ("CallExecutor", "execute"): {"no code, no data": (to_checksum_address(BOB), 0, b"")},
        ("TransactionProof", "verify"): {
            case: proofs.client_arguments(case) for case in proofs.clients
        },
        ("BlockProof", "verify"): {case: proofs.block_arguments(case) for case in proofs.blocks},
    }
    if (contract, function) in some:
        return some[contract, function]
    (element,) = (each for each in made.artefact.abi if each.get("name") == function)
    return {"": tuple(_usual(each) for each in element["inputs"])}


def _usual(entry: Mapping[str, Any]) -> Any:
    """Give a value of a type for functions that are only read."""
    match entry["type"]:
        case "bytes32":
            return element_bytes(PATH[0])
        case "address":
            return to_checksum_address(BOB)
        case "tuple":
            return tuple(_usual(each) for each in entry["components"])
    return 0


def _call(
    chain: EmbeddedChain, contract: Contract, function: str, case: str, arguments: Sequence[Any]
) -> CallGas:
    data = chain.calldata(contract, function, *arguments)
    return CallGas(
        case=case,
        transaction=chain.transact(contract, function, *arguments).gas_used,
        calldata_bytes=len(data),
        calldata=calldata_gas(data),
        called={},
    )


def _timed(runs: Iterable[Callable[[], CallGas]]) -> dict[str, Any]:
    """Take the time of each."""
    calls, seconds = [], []
    for run in runs:
        start = time.perf_counter()
        calls.append(run())
        seconds.append(time.perf_counter() - start)
    return {"unit": "call", "operations": 1, "seconds": tuple(seconds), "calls": tuple(calls)}


# Tables


def settlement_tables(figures: Iterable[Figure], checkout: Path) -> dict[str, list[str]]:
    """Write the tables of settlement in `docs/gas.md`, as lines of Markdown, by their names."""
    measured = [figure for figure in figures if isinstance(figure, GasFigure)]
    plans = [figure for figure in measured if isinstance(figure, PlansFigure)]
    proofs = [figure for figure in measured if isinstance(figure, ProofsFigure)]
    others = [
        figure
        for figure in measured
        if figure not in plans and figure not in proofs and figure.contract in SETTLEMENT
    ]
    deployed = _deployed(checkout)
    return {
        "settlement": table(
            (
                "function",
                "cases",
                "median",
                "worst",
                "the worst case",
                "deployed, median",
                "deployed, worst",
            ),
            (
                (
                    f"`{figure.function}`",
                    str(len(figure.calls)),
                    f"{figure.median:,}",
                    f"{figure.worst.transaction:,}",
                    figure.worst.case,
                    *_deployed_range(figure, deployed),
                )
                for figure in plans
            ),
        ),
        "settlement_cases": table(
            ("function", "case", "transaction", "execution", "bytes of calldata", "deployed"),
            (
                (
                    f"`{figure.function}`",
                    call.case,
                    f"{call.transaction:,}",
                    f"{call.execution:,}",
                    f"{call.calldata_bytes:,}",
                    f"{deployed[COUNTERPARTS[call.case]]:,}" if call.case in COUNTERPARTS else "",
                )
                for figure in plans
                for call in figure.calls
                if call.case in NAMED
            ),
        ),
        "settlement_split": table(
            ("gas for", *(f"`{NAMED[case].function}`, {case}" for case in SPLIT)),
            zip(*_split(plans), strict=True),
        ),
        "settlement_proofs": table(
            ("function", "case", "transaction", "execution", "bytes of calldata"),
            (
                (
                    f"`{figure.function}`",
                    call.case,
                    f"{call.transaction:,}",
                    f"{call.execution:,}",
                    f"{call.calldata_bytes:,}",
                )
                for figure in proofs
                for call in figure.calls
            ),
        ),
        "settlement_others": table(
            ("contract", "function", "cases", "median", "worst"),
            (
                (
                    f"`{figure.contract}`",
                    f"`{figure.function}`",
                    str(len(figure.calls)),
                    f"{figure.median:,}",
                    f"{figure.worst.transaction:,}",
                )
                for figure in others
                if figure.code_bytes is None
            ),
        ),
        "settlement_deployment": table(
            ("contract", "transaction", "bytes of code"),
            (
                (f"`{figure.contract}`", f"{figure.median:,}", f"{figure.code_bytes:,}")
                for figure in others
                if figure.code_bytes is not None
            ),
        ),
    }


SETTLEMENT: Final = (ROLLUP, *LINKED, *ADAPTERS)
"""The contracts that are measured here."""

SPLIT: Final = (
    "no message, 10 validators",
    "no message, 100 validators",
    "2 mints and 2 burns",
    "1 send, an entry that is applied",
    "a further deposit",
    "a send",
    "2 notes",
)
"""The cases that are taken apart."""


def _deployed(checkout: Path) -> dict[tuple[str, str], int]:
    figures = json.loads((checkout / DEPLOYED).read_bytes())["figures"]
    return {(each["function"], each["case"]): each["transaction"] for each in figures}


def _deployed_range(figure: GasFigure, deployed: Mapping[tuple[str, str], int]) -> tuple[str, str]:
    """Give the median and the worst of what the deployed contract has for these cases."""
    gas = [deployed[COUNTERPARTS[each.case]] for each in figure.calls if each.case in COUNTERPARTS]
    return (f"{statistics.median_low(gas):,}", f"{max(gas):,}") if gas else ("", "")


def _split(plans: Sequence[GasFigure]) -> Iterator[list[str]]:
    """Name the parts of transactions, then give the parts of each."""
    calls = {call.case: call for figure in plans for call in figure.calls}
    parts = (SIGNATURES, TREE, VERIFIER, TOKENS)
    yield [
        "the transaction itself",
        "calldata",
        *parts,
        "the rollup's own instructions, storage and events",
        "**all**",
    ]
    for case in SPLIT:
        call = calls[case]
        yield [
            f"{TRANSACTION_GAS:,}",
            f"{call.calldata:,}",
            *(f"{gas:,} ({count})" for count, gas in (call.called[part] for part in parts)),
            f"{call.own_code:,}",
            f"**{call.transaction:,}**",
        ]
