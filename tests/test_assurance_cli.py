"""`payy-ref proofs`: verdicts and exit codes, with the engines replaced."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from payy_ref.assurance import run as engines
from payy_ref.assurance.ledger import LEDGER_FILE, make_ledger, read_ledger
from payy_ref.assurance.levels import Level
from payy_ref.assurance.record import Evidence, EvidenceKind, Outcome
from payy_ref.cli.proofs import app

PROPERTY = "PAYY-TEST-T01"


def found(level: Level, *failures: str) -> engines.Run:
    """Make the result of a run."""
    evidence = Evidence(
        kind=EvidenceKind.SMT,
        name="lemma",
        properties=(PROPERTY,),
        level=level,
        assumptions=("luck",),
    )
    return engines.Run(ledger=make_ledger([Outcome.of(evidence, ())]), failures=failures)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty project and work in it."""
    (tmp_path / "spec").mkdir()
    (tmp_path / "payy_ref").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


Command = Callable[..., tuple[int, str]]


@pytest.fixture
def proofs(project: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Give the command, with a result of the engines to use."""
    assert project

    def call(*arguments: str, result: engines.Run | None = None) -> tuple[int, str]:
        def replaced(*_: Any, **__: Any) -> engines.Run:
            assert result is not None
            return result

        monkeypatch.setattr(engines, "run_engines", replaced)
        outcome = CliRunner().invoke(app, arguments)
        return outcome.exit_code, outcome.output

    return call


def test_ledger_has_to_be_committed(project: Path, proofs: Command) -> None:
    """Without a committed ledger a run fails; --write commits it; then the run passes."""
    code, output = proofs("run", result=found(Level.P4))
    assert code == 1
    assert "not in the committed ledger" in output
    assert proofs("run", "--write", result=found(Level.P4))[0] == 0
    assert read_ledger(project / LEDGER_FILE)[PROPERTY]["level"] == "P4"
    assert proofs("run", result=found(Level.P4))[0] == 0


def test_dropped_level_fails(project: Path, proofs: Command) -> None:
    """A level below the committed one fails the run and changes nothing."""
    proofs("run", "--write", result=found(Level.P4))
    code, output = proofs("run", result=found(Level.P3))
    assert code == 1
    assert "dropped from P4 to P3" in output
    assert read_ledger(project / LEDGER_FILE)[PROPERTY]["level"] == "P4"


def test_failure_is_not_written(project: Path, proofs: Command) -> None:
    """What could not be shown does not get into the ledger."""
    code, output = proofs("run", "--write", result=found(Level.P4, "lemma: not proved"))
    assert code == 1
    assert "lemma: not proved" in output
    assert not (project / LEDGER_FILE).exists()


def test_quick_run_gives_no_ledger(project: Path, proofs: Command) -> None:
    """A quick run is not held against the ledger, and writes none."""
    assert proofs("run", "--quick", result=found(Level.P3))[0] == 0
    assert proofs("run", "--quick", "--write", result=found(Level.P3))[0] != 0
    assert not (project / LEDGER_FILE).exists()


def test_run_is_written_to_a_file(project: Path, proofs: Command) -> None:
    """The ledger of a run can be had without committing it."""
    proofs("run", "--json", "run.json", result=found(Level.P4))
    assert read_ledger(project / "run.json")[PROPERTY]["level"] == "P4"


def test_show(proofs: Command) -> None:
    """The committed ledger can be read whole, by property, and as JSON."""
    proofs("run", "--write", result=found(Level.P4))
    assert PROPERTY in proofs("show")[1]
    assert "assumes: luck" in proofs("show", PROPERTY)[1]
    assert json.loads(proofs("show", PROPERTY, "--json")[1])[PROPERTY]["level"] == "P4"
    assert proofs("show", "PAYY-TEST-T99")[0] != 0
