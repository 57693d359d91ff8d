"""A run of all engines: contracts, lemmas, CrossHair, Coq, and the tests of the specification."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

# Importing a module of lemmas registers them.
from payy_ref.assurance import (
    accountability_lemmas,
    circuit_integers,
    consensus_lemmas,
    finality_lemmas,
    hash_lemmas,
    merkle_lemmas,
    provers_lemmas,
    settlement_lemmas,
    transaction_lemmas,
)
from payy_ref.assurance.circuit_evidence import circuit_outcome_count, circuit_outcomes
from payy_ref.assurance.contracts import (
    Contract,
    crosshair_necessity,
    find_contracts,
    is_translatable,
    judge,
    obligation_of,
    run_crosshair,
)
from payy_ref.assurance.coq import run_coq
from payy_ref.assurance.ledger import (
    LEDGER_FILE,
    Ledger,
    make_ledger,
    read_ledger,
    stated_properties,
)
from payy_ref.assurance.levels import Level
from payy_ref.assurance.obligations import REGISTRY, check_obligation
from payy_ref.assurance.record import Evidence, EvidenceKind, Necessity, Outcome
from payy_ref.assurance.solvers import version_of

LEMMA_MODULES: Final = (
    merkle_lemmas,
    hash_lemmas,
    transaction_lemmas,
    circuit_integers,
    settlement_lemmas,
    consensus_lemmas,
    accountability_lemmas,
    finality_lemmas,
    provers_lemmas,
)
"""The modules whose lemmas are in the registry."""

TEST_SECONDS: Final = 1800
"""Time limit of the tests of the specification."""

_TEST_LEVELS: Final = {
    EvidenceKind.EXHAUSTIVE: Level.P1,
    EvidenceKind.HYPOTHESIS: Level.T2,
    EvidenceKind.EXAMPLE: Level.T1,
}

Progress = Callable[[str, int, int], None]
"""Told what was done, how many checks that makes, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the engines found."""

    ledger: Ledger
    """The ledger of this run."""
    failures: tuple[str, ...]
    """What could not be shown, in words."""
    skipped: tuple[str, ...] = ()
    """What was not checked, since its engine is not installed, in words."""


def run_engines(
    project: Path,
    *,
    quick: bool = False,
    tests: Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """
    Run every engine.

    Args:
        project: The checkout, whose `spec/` is tested.
        quick: z3 alone, without mutants, CrossHair or tests; no basis for a ledger.
        tests: Evidence that a run of the tests has already written, to save running them again.
        progress: Called after each check.
    """
    contracts = find_contracts()
    with ThreadPoolExecutor(max_workers=1) as beside:
        # The solvers hold one core; CrossHair and pytest are processes on the other.
        crosshair = beside.submit(run_crosshair, [c.name for c in contracts] if not quick else [])
        found_tests = beside.submit(_tests, project, tests, quick=quick)
        total = len(contracts) * (1 if quick else 2) + len(REGISTRY)
        total += circuit_outcome_count(quick=quick)
        outcomes = []
        checks = _checks(contracts, crosshair, quick=quick)
        for name, outcome in chain(circuit_outcomes(project, quick=quick), checks):
            outcomes.append(outcome)
            if progress:
                progress(name, len(outcomes), total)
        coq = run_coq(project, read_ledger(project / LEDGER_FILE), quick=quick)
        test_outcomes, failures = found_tests.result()
    outcomes += [*coq.outcomes, *test_outcomes]
    failures += [text for outcome in outcomes for text in outcome.failures]
    stated = stated_properties(project)
    failures += _unknown_properties(outcomes, stated)
    return Run(ledger=make_ledger(outcomes, stated), failures=tuple(failures), skipped=coq.skipped)


def _checks(
    contracts: list[Contract], crosshair: Future[str], *, quick: bool
) -> Iterator[tuple[str, Outcome]]:
    """Check contracts and lemmas with the solvers, then contracts with CrossHair."""
    necessities: dict[str, Necessity] = {}
    for contract in contracts:
        if is_translatable(contract):
            obligation = obligation_of(contract)
            outcome = check_obligation(obligation, quick=quick)
            necessities[contract.name] = outcome.attempted.necessity or Necessity()
            yield obligation.name, outcome
        elif not quick:
            necessities[contract.name] = crosshair_necessity(contract)
    for obligation in REGISTRY:
        yield obligation.name, check_obligation(obligation, quick=quick)
    if not quick:
        for contract in contracts:
            yield contract.name, judge(contract, crosshair.result(), necessities[contract.name])


def _tests(project: Path, file: Path | None, *, quick: bool) -> tuple[list[Outcome], list[str]]:
    """Run the tests of the specification, or read what an earlier run has written."""
    if quick:
        return [], []
    if file is not None:
        return read_tests(json.loads(file.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "evidence.json"
        command = [sys.executable, "-m", "pytest", "spec", "-q", "--no-header"]
        command += ["-p", "payy_ref.assurance.pytest_plugin", f"--evidence={written}"]
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=TEST_SECONDS,
            check=False,
            cwd=project,
        )
        failures = []
        if run.returncode != 0:
            tail = "\n".join((run.stdout + run.stderr).splitlines()[-15:])
            failures.append(f"pytest spec: exit code {run.returncode}\n{tail}")
        if not written.exists():
            return [], [*failures, "pytest spec: wrote no evidence"]
        outcomes, failed = read_tests(json.loads(written.read_text(encoding="utf-8")))
        return outcomes, failures + failed


def read_tests(document: dict[str, Any]) -> tuple[list[Outcome], list[str]]:
    """Turn the file that `pytest --evidence` writes into outcomes and failures."""
    outcomes = []
    for test in document["tests"]:
        kind = EvidenceKind(test["kind"])
        engine = "hypothesis" if kind is EvidenceKind.HYPOTHESIS else "pytest"
        evidence = Evidence(
            kind=kind,
            name=test["name"],
            properties=tuple(test["properties"]),
            level=_TEST_LEVELS[kind],
            part=test["part"],
            bound=test["bound"],
            statement=test["statement"],
            engines={engine: version_of(engine)},
        )
        outcomes.append(Outcome.of(evidence, ()))
    return outcomes, [f"{name}: failed" for name in document["failed"]]


def _unknown_properties(outcomes: list[Outcome], stated: frozenset[str]) -> list[str]:
    """Find evidence for properties that no chapter states; quiet until the first one states any."""
    named = {name for outcome in outcomes for name in outcome.attempted.properties}
    return [f"{name}: no chapter states it" for name in sorted(named - stated)] if stated else []
