"""The committed answers about the contracts: up to date, and as they have to be."""

import copy
from typing import Any

import pytest

from tests.symbolic.checks import (
    CHECKS,
    CONTRACTS,
    PROJECT,
    Check,
    faults_of,
    read_json,
    read_results,
)
from tests.symbolic.findings import FINDINGS_FILE, subject


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_is_proved_about_the_present_contracts(check: Check) -> None:
    """The committed answer to each check is about these contracts, and is the right one."""
    assert faults_of(check, read_results()) == []


def test_every_check_is_asked() -> None:
    """No check stands in a source without being asked."""
    written = {
        f"{file.stem}.{line.split('(')[0].split()[-1]}"
        for file in CONTRACTS.glob("*Checks.sol")
        for line in file.read_text("utf-8").splitlines()
        if line.strip().startswith("function check_")
    }
    assert written == {check.name for check in CHECKS}


def test_every_check_has_a_mutant_of_a_deployed_contract() -> None:
    """Each mutant changes one place of a contract."""
    for check in CHECKS:
        assert check.mutants
        for mutant in check.mutants:
            assert (PROJECT / mutant.file).read_text("utf-8").count(mutant.old) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("subject", "0" * 64), ("verdict", "undecided"), ("mutants", [])]
)
def test_other_answers_are_faults(field: str, value: Any) -> None:
    """Another answer, or one about something else, does not pass."""
    check = CHECKS[0]
    results = copy.deepcopy(read_results())
    results[check.name][field] = value
    assert len(faults_of(check, results)) == 1
    del results[check.name]
    assert faults_of(check, results) == [f"{check.name} was never asked"]


def test_findings_are_about_the_present_contracts_and_answered() -> None:
    """Each kind of finding has its answer in the documentation."""
    written = read_json(FINDINGS_FILE)
    assert written["subject"] == subject()
    page = (PROJECT / "docs" / "contracts.md").read_text("utf-8")
    answered = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert answered == {name.split()[0] for name in written["findings"]}
