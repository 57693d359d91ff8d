"""The benchmarks run and say what they measured; how fast anything is, no test asks."""

import json
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payy_ref.bench import ledger
from payy_ref.bench.ledger import TreeFigure, ledger_benchmarks
from payy_ref.cli import bench
from payy_ref.cli.main import app


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes long: other chapters, and all trees but the smallest."""
    chapters = {name: bench.CHAPTERS[name] for name in ("ledger",)}
    monkeypatch.setattr(bench, "CHAPTERS", chapters)
    monkeypatch.setattr(ledger, "LEAVES", (0,))
    monkeypatch.setattr(ledger, "_BLOCKS", 2)


def payy_ref_bench(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["bench", *arguments], catch_exceptions=False)


@pytest.mark.usefixtures("short")
def test_figures_of_the_ledger(tmp_path: Path) -> None:
    """The table names all of them, the file holds them, memory too; what is left out is said."""
    file = tmp_path / "figures.json"
    done = payy_ref_bench("--json", str(file))
    assert done.exit_code == 0, done.stderr
    figures = json.loads(file.read_text("utf-8"))["figures"]
    assert [(figure["unit"], figure["operations"]) for figure in figures] == [
        ("transaction", 100),
        ("block", 2),
        ("block", 50),
    ]
    assert all(figure["name"] in done.stdout for figure in figures)
    assert all(figure["rate"] > 0 for figure in figures)
    assert figures[1]["leaves"] == 24
    # A leaf is an element and a root at least, and no tree has more than two nodes for a leaf.
    assert 100 < figures[1]["bytes_per_leaf"] < 2000
    assert "1,000,000 leaves is measured with --large only" in done.stderr


def test_large_tree_is_measured_when_asked_for() -> None:
    """It is one more benchmark; it is not run here."""
    names = [benchmark.name for benchmark in ledger_benchmarks(large=False)]
    large = [benchmark.name for benchmark in ledger_benchmarks(large=True)]
    assert [name for name in large if name not in names] == [
        "append a block of 6 sends, 1,000,000 other leaves"
    ]
    assert [name for name in large if name in names] == names


@pytest.mark.usefixtures("short")
def test_other_leaves_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree holds the leaves that are spent and as many others as the name says."""
    monkeypatch.setattr(ledger, "LEAVES", (150,))
    (figure,) = [benchmark.run() for benchmark in islice(ledger_benchmarks(large=False), 1, 2)]
    assert isinstance(figure, TreeFigure)
    assert figure.leaves == 150 + 24
    assert figure.name == "append a block of 6 sends, 150 other leaves"


def test_unknown_chapter() -> None:
    """A name that is none is told, with those that are."""
    done = payy_ref_bench("none")
    assert done.exit_code == 2
    chapters = "consensus, driver, gas, hash, ledger, peers, prove, tree"
    assert f"no chapter is called none; there are {chapters}" in done.stderr
