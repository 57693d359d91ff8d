"""Gas: what the documentation says is what a call costs now, to the unit."""

import json
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from payy_ref.bench.gas import ANSWERS, BLOCK, CLIENT, KEYED_CLIENT, gas_benchmarks, gas_rows
from payy_ref.bench.gas_figure import CallGas, GasFigure
from payy_ref.bench.measure import Figure
from payy_ref.bench.settlement_gas import COUNTERPARTS, DEPLOYED, PlansFigure, ProofsFigure
from payy_ref.bench.settlement_plan import NAMED, Plan, read_worst
from payy_ref.bench.settlement_run import TREE, SettlementGas
from payy_ref.cli.main import app
from tests.gas_tables import DOCUMENT, TABLE, written_tables
from tests.settlement_gas_search import PLANS

ROOT: Final = Path(__file__).parents[1]


AIM: Final = 500_000
"""Below this a block with messages is to be settled."""

HISTORIES: Final = 12
"""How many histories are tried."""

BEACON: Final = (
    "constructor",
    "check",
    "timeOf",
    "roundAt",
    "PERIOD",
    "GENESIS_TIME",
    "CHAIN_HASH",
)
"""The table does not have this contract yet; `tests/test_beacon_contract.py` bounds its gas."""

NOT_MEASURED: Final = {("VoidProof", "verify"), *(("Beacon", name) for name in BEACON)}
"""What no proof is on record for, and what is measured elsewhere."""


@cache
def figures() -> tuple[Figure, ...]:
    """Measure everything."""
    return tuple(benchmark.run() for benchmark in gas_benchmarks(ROOT))


def figure(contract: str, function: str) -> GasFigure:
    """Pick one figure."""
    (found,) = (
        each
        for each in figures()
        if isinstance(each, GasFigure)
        and (each.contract, each.function) == (contract, function)
        and not isinstance(each, ProofsFigure)
    )
    return found


def test_the_documentation_shows_the_measured_figures() -> None:
    """All tables are there, each with exactly the lines that a measurement gives."""
    tables = dict(TABLE.findall(DOCUMENT.read_text("utf-8")))
    assert tables == written_tables(figures(), ROOT)


def test_every_external_function_is_measured() -> None:
    """Of every contract that can be deployed: the functions of its interface."""
    measured = {(each.contract, each.function) for each in figures() if isinstance(each, GasFigure)}
    for file in (ROOT / "contracts" / "build").glob("*.json"):
        artefact = json.loads(file.read_bytes())
        functions = [entry["name"] for entry in artefact["abi"] if entry["type"] == "function"]
        if artefact["creationCode"] and functions:
            expected = {(artefact["contract"], name) for name in (*functions, "constructor")}
            assert expected - NOT_MEASURED <= measured


def test_the_parts_make_up_the_whole() -> None:
    """Precompiles cost what the EIPs say, and a verification calls each as often as it must."""
    for contract, proofs, keys in ((CLIENT, 1, 1), (KEYED_CLIENT, 1, 1), (BLOCK, 7, 2)):
        worst = figure(contract, "verify").worst
        (powers, power_gas), (sums, sum_gas), (products, product_gas), pairing = (
            worst.called.values()
        )
        # A proof has nine points, of which W_zeta and W_zeta_omega are on both sides.
        assert products == 11 * proofs - 1 + 15 * keys + 1
        assert sums == products - 1
        assert (powers, pairing) == (1, (1, 45_000 + 2 * 34_000))
        assert (sum_gas, product_gas) == (150 * sums, 6_000 * products)
        parts = (21_000, worst.calldata, power_gas, sum_gas, product_gas, pairing[1])
        assert worst.own_code == worst.transaction - sum(parts)
        assert 0 < worst.own_code < worst.transaction / 4


def test_zeros_are_cheaper() -> None:
    """Of the client's proofs, the one without a public 0 is the dearest."""
    calls = figure(CLIENT, "verify").calls
    publics = [
        each["public"] for each in json.loads((ROOT / ANSWERS).read_bytes())["utxo"]["proofs"]
    ]
    zeros = [public.count("0") for public in publics]
    dearest = max(range(len(calls)), key=lambda i: calls[i].execution)
    assert zeros[dearest] == 0
    assert min(calls, key=lambda call: call.execution) == calls[zeros.index(max(zeros))]
    figure_of_all = figure(CLIENT, "verify")
    assert calls[dearest] == figure_of_all.worst
    assert figure_of_all.median < figure_of_all.worst.transaction


def test_the_command_shows_and_writes_gas(tmp_path: Path) -> None:
    """The same figures for people and as JSON."""
    file = tmp_path / "figures.json"
    arguments = ["bench", "gas", "--json", str(file)]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    for row in gas_rows(figures()):
        (line,) = (
            line
            for line in done.stdout.splitlines()
            if " ".join(line.split()).startswith(f"{row['contract']} {row['function']} ")
        )
        assert row["worst"] in line
        assert row["median"] in line
    written = {each["name"]: each for each in json.loads(file.read_text("utf-8"))["figures"]}
    for each in figures():
        assert isinstance(each, GasFigure)
        found = [call["transaction"] for call in written[each.name]["calls"]]
        assert found == [call.transaction for call in each.calls]


def named_calls() -> dict[str, CallGas]:
    """Give what the named cases of settlement cost."""
    return {
        call.case: call
        for each in figures()
        if isinstance(each, PlansFigure)
        for call in each.calls
        if call.case in NAMED
    }


def test_every_named_case_is_measured() -> None:
    """And each function has its dearest plan on record."""
    assert set(named_calls()) == set(NAMED)
    functions = {plan.function for plan in NAMED.values()}
    assert set(read_worst(ROOT)) == functions == set(PLANS)


def test_a_block_with_messages_settles_below_the_aim() -> None:
    """Two mints and two burns, signed by ten sequencers, proofs apart."""
    assert named_calls()["2 mints and 2 burns"].transaction < AIM


def test_settlement_is_cheaper_than_the_deployed_contract() -> None:
    """Every settlement that both can do; other functions do more here and may be dearer."""
    recorded = json.loads((ROOT / DEPLOYED).read_bytes())["figures"]
    deployed = {(each["function"], each["case"]): each["transaction"] for each in recorded}
    assert set(COUNTERPARTS) <= set(NAMED)
    for case, counterpart in COUNTERPARTS.items():
        gas = named_calls()[case].transaction
        if NAMED[case].function == "settle":
            assert gas < deployed[counterpart]
        else:
            assert gas < 1.5 * deployed[counterpart]


def test_exits_are_hashes() -> None:
    """Nearly all of an exit's gas is for the paths of its leaves, alike for each."""
    one, two = named_calls()["1 note"], named_calls()["2 notes"]
    assert one.called[TREE][0] == 1
    assert two.called[TREE][0] == 2
    assert two.called[TREE][1] == pytest.approx(2 * one.called[TREE][1], rel=0.001)
    assert two.called[TREE][1] > 0.9 * two.transaction


def test_no_history_is_dearer_than_the_one_on_record() -> None:
    """Some of every sort, the same ones in every run; exits take seconds each and are left out."""
    bench = SettlementGas(ROOT)
    worst = read_worst(ROOT)

    @settings(
        max_examples=HISTORIES,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of([plans for function, plans in PLANS.items() if function != "leave"]))
    def judge(plan: Plan) -> None:
        assert bench.measure(plan).transaction <= bench.measure(worst[plan.function]).transaction

    judge()
