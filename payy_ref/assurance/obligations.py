"""
Proof obligations: claims about functions, built from their source, put to two engines.

An obligation counts only with two witnesses. Necessity: some hypothesis that cannot be dropped, or
some fault in the source that makes the claim false, each with a counterexample found by the
solver. Non-vacuity: the hypotheses can hold together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from types import FunctionType
from typing import Any, Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.levels import Level
from payy_ref.assurance.mutants import Mutant, mutants_of
from payy_ref.assurance.record import Evidence, EvidenceKind, Necessity, Outcome
from payy_ref.assurance.solvers import ENGINES, Verdict, ask_z3, smt_text, version_of
from payy_ref.assurance.source_hash import (
    Function,
    closure_hashes,
    qualified_name,
    text_hash,
)
from payy_ref.assurance.symbolic import (
    Term,
    Translator,
    UntranslatableError,
    conjunction,
    disjunction,
    negation,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """If the hypotheses hold, so does the conclusion, whatever the unknowns are."""

    conclusion: Term
    """What is claimed."""
    hypotheses: Mapping[str, Term]
    """What it is claimed under, by name; each one alone is tried without."""


Statement = Callable[[Translator], Claim]
"""States a claim in terms that the translator reads from the source."""

Case = Callable[..., Any]
"""One of several functions that the same claim is made of, such as the steps of a protocol."""

CaseStatement = Callable[[Translator, Case], Claim]
"""States a claim of one case."""

Models = Mapping[Callable[..., Any], Callable[..., Term]]
"""Terms that stand for calls of functions whose source is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """A claim to prove, and the properties that it is part of."""

    name: str
    """Unique name, for the ledger."""
    properties: tuple[str, ...]
    """Ids of the properties that it helps to prove."""
    statement: Statement
    """States the claim, afresh for each mutant."""
    statement_hash: str
    """Hash of the claim as written: a weaker claim is another claim."""
    models: Models
    """What is not read from source."""
    assumptions: tuple[str, ...] = ()
    """What a reader has to grant beyond the engines, in words."""
    part: str = ""
    """Which part of its properties it covers; empty if it covers them whole, with its fellows."""
    mutated: Function | None = None
    """The function to put faults in; None for every one that the claim reads."""
    is_harmless: Callable[[Mutant], bool] | None = None
    """
    Tells faults that change no result. If it is given, each other fault must break the claim; if
    not, one broken claim or one hypothesis that cannot be dropped is enough.
    """


REGISTRY: Final[list[Obligation]] = []
"""The lemmas, in the order of their modules."""


def lemma(
    *properties: str, assumptions: Sequence[str] = (), part: str = "", models: Models | None = None
) -> Callable[[Statement], Statement]:
    """Register a function that states a claim. Its docstring says the claim in words."""

    def register(statement: Statement) -> Statement:
        name = qualified_name(statement).removeprefix("payy_ref.assurance.")
        REGISTRY.append(
            Obligation(
                name=name,
                properties=properties,
                statement=statement,
                statement_hash=_statement_hash(statement, models or {}),
                models=models or {},
                assumptions=tuple(assumptions),
                part=part,
            )
        )
        return statement

    return register


def lemma_by_case(
    cases: Mapping[str, Case], *properties: str, assumptions: Sequence[str] = ()
) -> Callable[[CaseStatement], CaseStatement]:
    """Register a function that states one claim of several cases: one lemma for each of them."""

    def register(statement: CaseStatement) -> CaseStatement:
        name = qualified_name(statement).removeprefix("payy_ref.assurance.")
        for title, case in cases.items():
            REGISTRY.append(
                Obligation(
                    name=f"{name}.{title}",
                    properties=properties,
                    statement=_of_case(statement, case),
                    statement_hash=_statement_hash(statement, {}, case),
                    models={},
                    assumptions=tuple(assumptions),
                )
            )
        return statement

    return register


def _of_case(statement: CaseStatement, case: Case) -> Statement:
    @wraps(statement)
    def of_case(read: Translator) -> Claim:
        return statement(read, case)

    return of_case


def _statement_hash(statement: Function, models: Models, *cases: Case) -> str:
    """Hash a claim as written, with the models it uses, but not the code that it is about."""
    written = closure_hashes(
        statement, *cases, *(m for m in models.values() if isinstance(m, FunctionType))
    )
    modelled = (getattr(function, "__qualname__", str(function)) for function in models)
    here = __name__.rpartition(".")[0]
    own = (f"{name} {value}" for name, value in written.items() if name.startswith(here))
    return text_hash(*sorted(modelled), *map(qualified_name, cases), *own)


def check_obligation(obligation: Obligation, *, quick: bool = False) -> Outcome:
    """
    Prove an obligation and find its witnesses.

    Args:
        obligation: What to prove.
        quick: Ask z3 alone and look for no necessity witness; for writing proofs.
    """
    translator = Translator(models=obligation.models)
    claim = obligation.statement(translator)
    failures: list[str] = []

    question = refutation(translator, claim)
    verdicts = {
        engine: ask(question) for engine, ask in ENGINES.items() if not quick or engine == "z3"
    }
    proved_by = [name for name, verdict in verdicts.items() if verdict is Verdict.UNSATISFIABLE]
    failures += [
        f"{obligation.name}: {engine} finds a counterexample"
        for engine, verdict in verdicts.items()
        if verdict is Verdict.SATISFIABLE
    ]
    if not proved_by:
        failures.append(f"{obligation.name}: not proved by any engine")

    premises = map(_term, (*translator.facts, *translator.accepted, *claim.hypotheses.values()))
    vacuous = ask_z3(smt_text(*premises)) is not Verdict.SATISFIABLE
    if vacuous:
        failures.append(f"{obligation.name}: the hypotheses cannot be shown to hold together")

    necessity = None if quick else find_necessity(obligation, translator, claim)
    if necessity is not None:
        failures += _necessity_failures(obligation, necessity)

    evidence = Evidence(
        kind=EvidenceKind.SMT,
        name=obligation.name,
        properties=obligation.properties,
        level={0: Level.O, 1: Level.P3}.get(len(proved_by), Level.P4),
        part=obligation.part,
        statement=obligation.statement_hash,
        functions=closure_hashes(*translator.functions),
        engines={engine: version_of(engine) for engine in proved_by},
        necessity=necessity,
        non_vacuity="" if vacuous else "hypotheses satisfiable",
        assumptions=obligation.assumptions,
    )
    return Outcome.of(evidence, failures)


def find_necessity(obligation: Obligation, translator: Translator, claim: Claim) -> Necessity:
    """Look for hypotheses that cannot be dropped, and for faults in the source that break it."""
    needed = tuple(
        name
        for name in claim.hypotheses
        if ask_z3(refutation(translator, _without(claim, name))) is Verdict.SATISFIABLE
    )
    killed, survivors = 0, []
    functions = [obligation.mutated] if obligation.mutated else list(translator.functions)
    for function in functions:
        for mutant in mutants_of(function):
            verdict = _mutant_verdict(obligation, translator, claim, function, mutant)
            if verdict is Verdict.SATISFIABLE:
                killed += 1
            elif verdict is None or (obligation.is_harmless and obligation.is_harmless(mutant)):
                continue
            else:
                survivors.append(f"{qualified_name(function)}: {mutant.description}")
    return Necessity(hypotheses=needed, killed=killed, survivors=tuple(survivors))


def _mutant_verdict(
    obligation: Obligation,
    translator: Translator,
    claim: Claim,
    function: Function,
    mutant: Mutant,
) -> Verdict | None:
    """Try to refute the claim of a mutant; None if there is nothing to refute."""
    faulty = Translator(models=obligation.models, mutants={function: mutant.definition})
    try:
        mutated_claim = obligation.statement(faulty)
        text = refutation(faulty, mutated_claim)
    except (UntranslatableError, ArithmeticError, z3.Z3Exception, ValueError):
        # The fault makes no sense to the solver: arguments of different types swapped, say.
        return None
    if text == refutation(translator, claim):
        return None
    return ask_z3(text)


def refutation(translator: Translator, claim: Claim) -> str:
    """
    Ask for a case in which a side condition of the terms fails, or the claim does.

    The claim is about calls that return: it may use that their `require` lines were passed. Side
    conditions may not; each of them knows by itself what was passed before it.
    """
    claim_fails = conjunction([*translator.accepted, negation(claim.conclusion)])
    sides_fail = negation(conjunction(translator.side_conditions))
    goal = disjunction([sides_fail, claim_fails])
    return smt_text(*translator.facts, *claim.hypotheses.values(), _term(goal))


def _term(value: Term) -> Term:
    return z3.BoolVal(value) if isinstance(value, bool) else value


def _without(claim: Claim, name: str) -> Claim:
    rest = {other: term for other, term in claim.hypotheses.items() if other != name}
    return Claim(conclusion=claim.conclusion, hypotheses=rest)


def _necessity_failures(obligation: Obligation, necessity: Necessity) -> list[str]:
    if obligation.is_harmless:
        return [f"{obligation.name}: does not notice {fault}" for fault in necessity.survivors]
    if not necessity.hypotheses and not necessity.killed:
        return [f"{obligation.name}: no fault and no dropped hypothesis breaks it"]
    return []
