"""The engines notice what they are there to notice: wrong code, weak contracts, empty claims."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import z3  # type: ignore[import-untyped]

from payy_ref.assurance import hash_lemmas, merkle_lemmas, transaction_lemmas
from payy_ref.assurance.contracts import (
    CONFIRMED,
    Contract,
    crosshair_necessity,
    find_contracts,
    judge,
    obligation_of,
    read_contract,
    run_crosshair,
)
from payy_ref.assurance.levels import Level
from payy_ref.assurance.mutants import mutants_of
from payy_ref.assurance.obligations import (
    REGISTRY,
    Claim,
    Obligation,
    Statement,
    check_obligation,
    refutation,
)
from payy_ref.assurance.record import Necessity
from payy_ref.assurance.solvers import ENGINES, Verdict, ask_z3, smt_text
from payy_ref.assurance.source_hash import source_hash
from payy_ref.assurance.symbolic import Translator
from payy_ref.crypto.field import is_canonical, reduce
from payy_ref.merkle.kernels import ordered, slot_accepts, split_slot

assert hash_lemmas
assert merkle_lemmas
assert transaction_lemmas

LEMMAS = {obligation.name: obligation for obligation in REGISTRY}
CONTRACTS = {contract.function.__name__: contract for contract in find_contracts()}


def obligation(statement: Statement, **settings: Any) -> Obligation:
    """Make an obligation of a claim."""
    return Obligation(
        name="test.claim",
        properties=("PAYY-TEST-T01",),
        statement=statement,
        statement_hash="",
        models={},
        **settings,
    )


def body(source: str) -> ast.FunctionDef:
    """Parse a function."""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    return function


# Engines


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_engines_tell_satisfiable_from_not(engine: str) -> None:
    """Both engines read the text and can say no as well as yes."""
    number = z3.Int("number")
    assert ENGINES[engine](smt_text(number % 3 == 2, number > 7)) is Verdict.SATISFIABLE
    assert ENGINES[engine](smt_text(number % 3 == 4)) is Verdict.UNSATISFIABLE


# Lemmas


@pytest.mark.parametrize(
    ("function", "weakened", "broken"),
    [
        (
            ordered,
            "def ordered(bit, node, sibling): return (node, sibling)",
            "merkle_lemmas.old_siblings_lead_to_new_root",
        ),
        (
            ordered,
            "def ordered(bit, node, sibling): return (node, node)",
            "merkle_lemmas.path_soundness_step",
        ),
        (
            split_slot,
            "def split_slot(slot): return slot % 2, slot // 3",
            "merkle_lemmas.frame_step",
        ),
        (
            slot_accepts,
            "def slot_accepts(occupant, element): return element != 0",
            "merkle_lemmas.removal_undoes_insertion",
        ),
        (
            slot_accepts,
            "def slot_accepts(occupant, element): return element != 0",
            "merkle_lemmas.insertions_commute",
        ),
    ],
)
def test_weakened_kernel_breaks_lemma(
    function: Callable[..., Any], weakened: str, broken: str
) -> None:
    """A kernel that does less than it should makes a lemma false."""
    lemma = LEMMAS[broken]
    faulty = Translator(models=lemma.models, mutants={function: body(weakened)})
    assert ask_z3(refutation(faulty, lemma.statement(faulty))) is Verdict.SATISFIABLE


@pytest.mark.parametrize("name", sorted(LEMMAS))
def test_lemma_quickly(name: str) -> None:
    """Each lemma holds, and its docstring says what it means."""
    outcome = check_obligation(LEMMAS[name], quick=True)
    assert outcome.failures == ()
    assert outcome.attempted.level is Level.P3
    assert LEMMAS[name].statement.__doc__


def test_wrong_claim_fails() -> None:
    """A claim with a counterexample is a failure of both engines."""
    number = z3.Int("number")
    outcome = check_obligation(
        obligation(
            lambda read: Claim(hypotheses={}, conclusion=read.call(reduce, number) == number)
        )
    )
    assert outcome.evidence is None
    assert "test.claim: z3 finds a counterexample" in outcome.failures
    assert "test.claim: cvc5 finds a counterexample" in outcome.failures


def test_vacuous_claim_fails() -> None:
    """A claim with contradicting hypotheses is a failure, though every engine proves it."""
    number = z3.Int("number")
    outcome = check_obligation(
        obligation(
            lambda read: Claim(
                hypotheses={"large": number > 2, "small": number < 1},
                conclusion=read.call(reduce, number) == 0,
            )
        )
    )
    assert outcome.evidence is None
    assert outcome.failures == ("test.claim: the hypotheses cannot be shown to hold together",)


def test_claim_that_nothing_breaks_fails() -> None:
    """A claim that holds whatever the code does is a failure."""
    number = z3.Int("number")

    def statement(read: Translator) -> Claim:
        canonical = read.call(is_canonical, number)
        return Claim(hypotheses={}, conclusion=z3.Or(canonical, z3.Not(canonical)))

    outcome = check_obligation(obligation(statement))
    assert outcome.failures == ("test.claim: no fault and no dropped hypothesis breaks it",)


def test_side_condition_is_part_of_the_claim() -> None:
    """A claim about a division is not proved where the divisor may be 0 or negative."""
    a, b = z3.Ints("a b")

    def statement(read: Translator) -> Claim:
        quotient = read.expression("a // b", {"a": a, "b": b}, reduce)
        return Claim(hypotheses={}, conclusion=quotient == 1 * quotient)

    assert check_obligation(obligation(statement), quick=True).evidence is None


# Contracts

WEAK = '''
def twice(value: int) -> int:
    """
    Double.

    Properties:
        PAYY-TEST-T01, PAYY-TEST-T02

    pre: value >= 0
    post: __return__ >= value
    """
    return 2 * value
'''


def contract_in(source: str, folder: Path) -> Contract:
    """Write a module, and read the contract of its only function."""
    file = folder / "module_with_contract.py"
    file.write_text(source, encoding="utf-8")
    scope: dict[str, Any] = {"__name__": "module_with_contract"}
    exec(compile(source, str(file), "exec"), scope)  # noqa: S102 - a module made by the test
    node = body(source)
    return read_contract(scope[node.name], file, source, node)


def test_kernels_have_contracts() -> None:
    """The functions that lemmas rest on state what they do, and for which property."""
    assert CONTRACTS.keys() >= {
        "reduce",
        "is_canonical",
        "capacity",
        "pack_kind",
        "slot_of",
        "split_slot",
        "ordered",
        "slot_accepts",
        "slot_releases",
    }
    assert all(contract.properties for contract in CONTRACTS.values())


def test_contract_is_read(tmp_path: Path) -> None:
    """Conditions, their lines and the properties come from the docstring."""
    contract = contract_in(WEAK, tmp_path)
    assert contract.preconditions == ("value >= 0",)
    assert contract.postconditions == {10: "__return__ >= value"}
    assert contract.properties == ("PAYY-TEST-T01", "PAYY-TEST-T02")


def test_weak_contract_fails(tmp_path: Path) -> None:
    """A contract that holds but does not say what the function does is a failure."""
    outcome = check_obligation(obligation_of(contract_in(WEAK, tmp_path)))
    assert outcome.evidence is None
    assert any("does not notice" in failure for failure in outcome.failures)


def test_harmless_fault_is_no_survivor(tmp_path: Path) -> None:
    """A fault that changes no result does not count against a contract."""
    source = '''
def is_positive(value: int) -> bool:
    """
    Tell the sign.

    post: __return__ == (value > 0)
    """
    return value >= 1
'''
    outcome = check_obligation(obligation_of(contract_in(source, tmp_path)))
    assert outcome.failures == ()
    assert outcome.attempted.level is Level.P4


ANSWERS = [
    ([CONFIRMED], True),
    (["Not confirmed."], False),
    (["Unable to meet precondition."], False),
    (["false when calling split_slot(2) (which returns (0, 2))"], False),
    ([], False),
    ([CONFIRMED, "Not confirmed."], False),
]


@pytest.mark.parametrize(("texts", "accepted"), ANSWERS)
def test_only_confirmation_counts(texts: list[str], *, accepted: bool) -> None:
    """Whatever CrossHair says of a condition other than that it is confirmed is a failure."""
    contract = CONTRACTS["split_slot"]
    first, second = contract.postconditions
    lines = [f"{contract.file}:{first}: info: {CONFIRMED}"]
    lines += [f"{contract.file}:{second}: info: {text}" for text in texts]
    outcome = judge(contract, "\n".join(lines), Necessity(killed=1))
    assert bool(outcome.evidence) is accepted
    assert bool(outcome.failures) is not accepted


def test_crosshair_confirms_and_kills() -> None:
    """CrossHair itself confirms a contract and refutes each fault, as for untranslatable code."""
    contract = CONTRACTS["slot_releases"]
    necessity = crosshair_necessity(contract)
    assert necessity.survivors == ()
    assert necessity.killed == len(mutants_of(contract.function))
    outcome = judge(contract, run_crosshair([contract.name]), necessity)
    assert outcome.evidence is not None
    assert outcome.evidence.level is Level.P2


# Source hashes


def hash_of(source: str) -> str:
    """Hash a function that a file defines."""
    return source_hash(compiled(source))


def compiled(source: str) -> Callable[..., Any]:
    """Define a function in a way that its source can be found."""
    import linecache  # noqa: PLC0415

    name = f"<{source}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"__name__": "payy_ref.test", "LIMIT": 5, "OTHER": 6}
    exec(compile(source, name, "exec"), scope)  # noqa: S102 - a module made by the test
    function: Callable[..., Any] = scope["f"]
    return function


def test_hash_ignores_form_and_notices_content() -> None:
    """Formatting, comments and docstrings do not count; code and the constants it names do."""
    original = hash_of("def f(a):\n    return a + LIMIT\n")
    assert hash_of("def f(a):  # note\n    return (a +\n        LIMIT)\n") == original
    assert hash_of('def f(a):\n    """Say something."""\n    return a + LIMIT\n') == original
    assert hash_of("def f(a):\n    return a - LIMIT\n") != original
    assert hash_of("def f(a):\n    return a + OTHER\n") != original
