"""Gas: what the documentation says is what a call costs now, to the unit."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from payy_ref.bench.gas import (
    ANSWERS,
    BLOCK,
    CLIENT,
    KEYED_CLIENT,
    GasFigure,
    gas_benchmarks,
    gas_rows,
    gas_tables,
)
from payy_ref.bench.measure import Figure
from payy_ref.cli.main import app

ROOT: Final = Path(__file__).parents[1]
DOCUMENT: Final = ROOT / "docs" / "gas.md"


@cache
def figures() -> tuple[Figure, ...]:
    """Measure everything."""
    return tuple(benchmark.run() for benchmark in gas_benchmarks(ROOT))


def figure(contract: str, function: str) -> GasFigure:
    """Pick one figure."""
    (found,) = (
        each
        for each in figures()
        if isinstance(each, GasFigure) and (each.contract, each.function) == (contract, function)
    )
    return found


def test_the_documentation_shows_the_measured_figures() -> None:
    """All tables are there, each with exactly the lines that a measurement gives."""
    text = DOCUMENT.read_text("utf-8")
    tables = dict(re.findall(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->", text, re.DOTALL))
    measured = {
        name: "\n" + "".join(f"{line}\n" for line in lines) + "\n"
        for name, lines in gas_tables(figures()).items()
    }
    assert tables == measured


def test_every_external_function_is_measured() -> None:
    """Of every contract that can be deployed: the functions of its interface."""
    measured = {(each.contract, each.function) for each in figures() if isinstance(each, GasFigure)}
    for file in (ROOT / "contracts" / "build").glob("*.json"):
        artefact = json.loads(file.read_bytes())
        functions = [entry["name"] for entry in artefact["abi"] if entry["type"] == "function"]
        if artefact["creationCode"] and functions:
            expected = {(artefact["contract"], name) for name in (*functions, "constructor")}
            assert expected <= measured


def test_the_parts_make_up_the_whole() -> None:
    """Precompiles cost what the EIPs say, and a verification calls each as often as it must."""
    for contract, proofs, keys in ((CLIENT, 1, 1), (KEYED_CLIENT, 1, 1), (BLOCK, 7, 2)):
        worst = figure(contract, "verify").worst
        (powers, power_gas), (sums, sum_gas), (products, product_gas), pairing = (
            worst.precompiles.values()
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
            if line.split()[:2] == [row["contract"], row["function"]]
        )
        assert row["worst"] in line
        assert row["median"] in line
    written = {each["name"]: each for each in json.loads(file.read_text("utf-8"))["figures"]}
    for each in figures():
        assert isinstance(each, GasFigure)
        found = [call["transaction"] for call in written[each.name]["calls"]]
        assert found == [call.transaction for call in each.calls]
