"""The ledger: levels are derived, drops and stale entries are found, tests become evidence."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from payy_ref.assurance.ledger import (
    check,
    ledger_text,
    level_of,
    make_ledger,
    read_ledger,
    stated_properties,
    write_ledger,
)
from payy_ref.assurance.levels import Level
from payy_ref.assurance.record import Evidence, EvidenceKind, Necessity, Outcome
from payy_ref.assurance.run import read_tests

pytest_plugins = ["pytester"]

PROPERTY = "PAYY-TEST-T01"

PROOF = Evidence(
    kind=EvidenceKind.SMT,
    name="lemmas.step",
    properties=(PROPERTY,),
    level=Level.P4,
    statement="11",
    functions={"payy_ref.example.f": "22"},
    engines={"z3": "1", "cvc5": "2"},
    necessity=Necessity(hypotheses=("h",), killed=3, survivors=("x",)),
    non_vacuity="hypotheses satisfiable",
    assumptions=("induction",),
)
TEST = Evidence(
    kind=EvidenceKind.HYPOTHESIS,
    name="spec/test_x.py::test_y",
    properties=(PROPERTY,),
    level=Level.T2,
)


def shown(*evidence: Evidence) -> list[Outcome]:
    """Make outcomes of successful checks."""
    return [Outcome.of(piece, ()) for piece in evidence]


@pytest.fixture
def ledger() -> dict[str, Any]:
    """Make a ledger of one property."""
    return make_ledger(shown(PROOF, TEST))


def test_levels_are_ordered() -> None:
    """Proofs are above runs of all cases, these above tests, these above nothing."""
    assert [str(level) for level in sorted(Level, reverse=True)] == [
        "P4",
        "P3",
        "P2",
        "P1",
        "T2",
        "T1",
        "A",
        "O",
    ]


def test_best_kind_gives_level() -> None:
    """A property is held as strongly as its best kind of evidence."""
    assert level_of(shown(PROOF, TEST)) is Level.P4
    assert level_of(shown(TEST)) is Level.T2
    assert level_of([]) is Level.O


def test_weakest_obligation_counts() -> None:
    """Obligations prove a property together."""
    weaker = replace(PROOF, name="lemmas.base", level=Level.P3)
    assert level_of(shown(PROOF, weaker, TEST)) is Level.P3


def test_failed_obligation_voids_the_others() -> None:
    """If one obligation fails, the rest proves nothing; the tests still count."""
    failed = Outcome.of(replace(PROOF, name="lemmas.base"), ["not proved"])
    assert level_of([*shown(PROOF, TEST), failed]) is Level.T2


def test_part_raises_no_level() -> None:
    """Evidence of a part of a property is recorded and does not raise its level."""
    part = replace(PROOF, part="one step")
    assert level_of(shown(part, TEST)) is Level.T2
    assert len(make_ledger(shown(part, TEST))[PROPERTY]["evidence"]) == len((part, TEST))


def test_stated_property_without_evidence_is_open() -> None:
    """A property that nothing supports is open."""
    assert make_ledger([], ["PAYY-TEST-T09"])["PAYY-TEST-T09"]["level"] == "O"


def test_equal_ledgers_pass(ledger: dict[str, Any]) -> None:
    """A run that finds the same is accepted."""
    assert check(ledger, copy.deepcopy(ledger)) == []


def test_dropped_level_is_found(ledger: dict[str, Any]) -> None:
    """A level that dropped is a failure."""
    run = make_ledger(shown(replace(PROOF, level=Level.P3), TEST))
    assert f"{PROPERTY}: dropped from P4 to P3" in check(ledger, run)


def test_risen_level_has_to_be_committed(ledger: dict[str, Any]) -> None:
    """The committed ledger says what is so, not less."""
    run = make_ledger(shown(replace(PROOF, level=Level.P3), TEST))
    assert any("rose from P3 to P4" in problem for problem in check(run, ledger))


def test_stale_source_is_found(ledger: dict[str, Any]) -> None:
    """Evidence about a function that has changed is void."""
    run = make_ledger(shown(replace(PROOF, functions={"payy_ref.example.f": "23"}), TEST))
    (problem,) = check(ledger, run)
    assert problem.endswith("stale: the source of payy_ref.example.f changed")


def test_stale_statement_is_found(ledger: dict[str, Any]) -> None:
    """A claim that was worded differently is another claim."""
    run = make_ledger(shown(replace(PROOF, statement="12"), TEST))
    (problem,) = check(ledger, run)
    assert problem.endswith("stale: the statement changed")


def test_missing_entries_are_found(ledger: dict[str, Any]) -> None:
    """Evidence and properties have to be on both sides."""
    assert any(problem.endswith("gone") for problem in check(ledger, make_ledger(shown(PROOF))))
    assert any("not in the committed" in problem for problem in check({}, ledger))
    assert any("nothing speaks of it" in problem for problem in check(ledger, {}))


def test_new_assumption_is_found(ledger: dict[str, Any]) -> None:
    """What a proof has to be granted is part of the ledger."""
    run = make_ledger(shown(replace(PROOF, assumptions=("induction", "luck")), TEST))
    assert check(ledger, run) == [f"{PROPERTY}: its assumptions changed"]


def test_file_round_trip(ledger: dict[str, Any], tmp_path: Path) -> None:
    """A ledger is written in one form, whole or not at all, and read back."""
    file = tmp_path / "spec" / "proof_ledger.json"
    assert read_ledger(file) == {}
    write_ledger(ledger, file)
    assert read_ledger(file) == ledger
    assert file.read_text(encoding="utf-8") == ledger_text(ledger)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_stated_properties_come_from_the_chapters(tmp_path: Path) -> None:
    """The properties are those that the chapters write down."""
    (tmp_path / "spec" / "merkle").mkdir(parents=True)
    chapter = tmp_path / "spec" / "merkle" / "properties.md"
    chapter.write_text("## PAYY-MERKLE-T01\nNot PAYY-MERKLE-001.\n", encoding="utf-8")
    assert stated_properties(tmp_path) == {"PAYY-MERKLE-T01"}


# Tests as evidence

SUITE = '''
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from payy_ref.assurance.evidence import evidence

@evidence("PAYY-TEST-T01")
def test_example():
    """Say something."""

@evidence("PAYY-TEST-T01", "PAYY-TEST-T02")
@settings(max_examples=2, database=None)
@given(st.integers())
def test_generated(number):
    pass

@evidence("PAYY-TEST-T03", exhaustive="all of two", part="half of it")
@pytest.mark.parametrize("number", [1, 2])
def test_all(number):
    pass

@evidence("PAYY-TEST-T04")
def test_wrong():
    assert False

@evidence("PAYY-TEST-T05")
@pytest.mark.parametrize("number", [1, 2])
def test_half_skipped(number):
    if number == 2:
        pytest.skip()

@evidence("PAYY-TEST-T06")
@pytest.mark.xfail(strict=False)
def test_expected_to_fail():
    pass

def test_without_mark():
    pass

class Machine(RuleBasedStateMachine):
    @rule()
    def act(self):
        pass

TestMachine = evidence("PAYY-TEST-T07")(Machine.TestCase)
TestMachine.settings = settings(max_examples=2, stateful_step_count=2, database=None)
'''


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "parallel"])
def test_plugin_collects_what_passed(pytester: pytest.Pytester, workers: list[str]) -> None:
    """Passed tests with the mark are evidence, by kind; the others are not."""
    pytester.makeini("[pytest]")
    pytester.makepyfile(test_suite=SUITE)
    arguments = ["-p", "payy_ref.assurance.pytest_plugin", "--evidence", "found.json", *workers]
    pytester.runpytest_subprocess(*arguments)
    document = json.loads((pytester.path / "found.json").read_text(encoding="utf-8"))

    outcomes, failures = read_tests(document)
    found = {outcome.attempted.name.partition("::")[2]: outcome.attempted for outcome in outcomes}
    assert {name: (evidence.kind, str(evidence.level)) for name, evidence in found.items()} == {
        "test_example": (EvidenceKind.EXAMPLE, "T1"),
        "test_generated": (EvidenceKind.HYPOTHESIS, "T2"),
        "test_all": (EvidenceKind.EXHAUSTIVE, "P1"),
        "TestMachine::runTest": (EvidenceKind.HYPOTHESIS, "T2"),
    }
    assert found["test_generated"].properties == ("PAYY-TEST-T01", "PAYY-TEST-T02")
    assert found["test_all"].bound == "all of two"
    assert found["test_all"].part == "half of it"
    assert all(evidence.statement for evidence in found.values())
    assert failures == ["test_suite.py::test_wrong: failed"]


def test_statement_of_a_test_is_its_code(pytester: pytest.Pytester) -> None:
    """The hash of a test notices its code, not its docstring."""
    pytester.makeini("[pytest]")

    def statement(source: str) -> str:
        pytester.makepyfile(test_one=source)
        arguments = ["-p", "payy_ref.assurance.pytest_plugin", "--evidence", "found.json"]
        pytester.runpytest_subprocess(*arguments)
        document = json.loads((pytester.path / "found.json").read_text(encoding="utf-8"))
        return str(document["tests"][0]["statement"])

    lines = "from payy_ref.assurance.evidence import evidence\n@evidence('PAYY-TEST-T01')\n"
    original = statement(lines + "def test_one():\n    assert 1 < 2\n")
    assert statement(lines + "def test_one():\n    '''Word.'''\n    assert 1 < 2\n") == original
    assert statement(lines + "def test_one():\n    assert 1 < 3\n") != original
