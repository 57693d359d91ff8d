"""
The finite-field solver: asked once a question, its answers committed.

The solver is a program under another licence with another Python module of the same name as the
`proof` extra's, so it lives in an environment of its own and nothing here imports it. What it said
stands in a file, by the hash of the question; whoever has no solver can still tell that every
question of today has its answer there.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from payy_ref.assurance.circuit_gadgets import Gadget, gadgets
from payy_ref.assurance.levels import Level
from payy_ref.assurance.record import Evidence, EvidenceKind, Necessity, Outcome
from payy_ref.assurance.solvers import Verdict
from payy_ref.assurance.source_hash import text_hash
from payy_ref.files import replace_file

RESULTS_FILE: Final = "spec/circuits/finite_field_results.json"
"""Where a project keeps the answers."""

SOLVER: Final = "cvc5-gpl"
"""The distribution that has the theory of finite fields."""

SECONDS: Final = 60
"""Time limit of one question; the slowest takes a small part of it."""

Results = dict[str, Any]
"""The content of the file."""

_PROGRAM: Final = """
import sys
import cvc5
solver = cvc5.Solver(cvc5.TermManager())
parser = cvc5.InputParser(solver)
parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, sys.stdin.read(), "question")
while not (command := parser.nextCommand()).isNull():
    print(command.invoke(solver, parser.getSymbolManager()), end="")
"""
"""Reads a question and prints the answer; runs in the solver's environment."""

_VERSION_PROGRAM: Final = (
    f"import importlib.metadata; print(importlib.metadata.version({SOLVER!r}), end='')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to ask, and the answer that is hoped for."""

    gadget: str
    """The gadget it is about."""
    claim: str
    """The claim whose counterexample is looked for."""
    dropped: str = ""
    """The equation that is left out, if it is about a mutant."""
    wanted: Verdict = Verdict.UNSATISFIABLE
    """No counterexample, unless an equation that is needed is left out."""
    text: str
    """The script."""

    @property
    def shape(self) -> str:
        """The hash of the script, by which its answer is kept."""
        return text_hash(self.text)


def claim_questions(gadget: Gadget) -> Iterator[Question]:
    """List what has to be impossible."""
    for claim in gadget.claims:
        yield Question(gadget=gadget.name, claim=claim.name, text=gadget.question(claim))


def mutant_questions(gadget: Gadget, dropped: str) -> Iterator[Question]:
    """List the claims that one equation less may break, and where; one of them has to."""
    is_spare = dropped in gadget.spare
    for claim in gadget.claims:
        for text in gadget.mutant_questions(claim, dropped):
            yield Question(
                gadget=gadget.name,
                claim=claim.name,
                dropped=dropped,
                wanted=Verdict.UNSATISFIABLE if is_spare else Verdict.SATISFIABLE,
                text=text,
            )


# Asking


def ask(python: Path, text: str, seconds: float = SECONDS) -> tuple[Verdict, float]:
    """
    Put a question to the solver in a process of its own, which is killed at the time limit.

    The solver does not keep its own limit inside the algebra.

    Args:
        python: the interpreter of the solver's environment.
        text: the script.
        seconds: the limit.

    Returns:
        The verdict and the seconds it took.
    """
    started = time.monotonic()
    try:
        run = subprocess.run(
            [str(python), "-I", "-c", _PROGRAM],
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return Verdict.UNKNOWN, seconds
    return Verdict(run.stdout.split()[0]), time.monotonic() - started


def solver_version(python: Path) -> str:
    """Give the version of the solver in an environment."""
    command = [str(python), "-I", "-c", _VERSION_PROGRAM]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def answer_all(
    python: Path, known: Results, progress: Callable[[str, int, int], None] | None = None
) -> Results:
    """
    Ask what is not known yet.

    Args:
        python: the interpreter of the solver's environment.
        known: an earlier file's content; its answers are kept if the solver is the same.
        progress: told the gadget, how many are done, and how many there are.

    Returns:
        The answers to today's questions, and to no others.
    """
    solver = {"name": SOLVER, "version": solver_version(python)}
    earlier = _answers(known) if known.get("solver") == solver else {}

    def answered(question: Question) -> dict[str, Any]:
        if question.shape in earlier:
            return dict(earlier[question.shape])
        verdict, seconds = ask(python, question.text)
        return {"shape": question.shape, "verdict": str(verdict), "seconds": round(seconds, 2)}

    results: Results = {"solver": solver, "claims": {}, "mutants": {}}
    for done, gadget in enumerate(gadgets(), start=1):
        before = known.get("mutants", {}).get(gadget.name, {})
        results["claims"][gadget.name] = {
            question.claim: answered(question) for question in claim_questions(gadget)
        }
        results["mutants"][gadget.name] = {
            equation.label: _killed(gadget, equation.label, before.get(equation.label), answered)
            for equation in gadget.equations
        }
        if progress:
            progress(gadget.name, done, len(gadgets()))
    return results


def _killed(
    gadget: Gadget,
    dropped: str,
    before: Mapping[str, Any] | None,
    answered: Callable[[Question], dict[str, Any]],
) -> dict[str, Any] | None:
    """Find a claim that one equation less breaks; the one that was found before comes first."""
    found = before or {}
    questions = sorted(
        mutant_questions(gadget, dropped),
        key=lambda question: (
            (question.claim, question.shape) != (found.get("claim"), found.get("shape"))
        ),
    )
    for question in questions:
        answer = answered(question)
        if answer["verdict"] == question.wanted:
            return {"claim": question.claim, **answer}
    return None


def _answers(results: Results) -> dict[str, dict[str, Any]]:
    """Index the answers of a file by the hash of the question."""
    entries = [
        entry
        for part in ("claims", "mutants")
        for answers in results.get(part, {}).values()
        for entry in answers.values()
        if entry is not None
    ]
    return {
        entry["shape"]: {name: entry[name] for name in ("shape", "verdict", "seconds")}
        for entry in entries
    }


# Checking without a solver


def failures_of(gadget: Gadget, results: Results) -> list[str]:
    """Say in words which questions about a gadget have no good answer in a file."""
    claims = results.get("claims", {}).get(gadget.name, {})
    mutants = results.get("mutants", {}).get(gadget.name, {})
    failures = [
        f"{gadget.name}: {question.claim}: {_complaint(question, claims.get(question.claim))}"
        for question in claim_questions(gadget)
        if not _is_good(question, claims.get(question.claim))
    ]
    for equation in gadget.equations:
        entry = mutants.get(equation.label) or {}
        good = [
            question
            for question in mutant_questions(gadget, equation.label)
            if question.claim == entry.get("claim") and _is_good(question, entry)
        ]
        if not good:
            failures.append(f"{gadget.name}: no claim is known to need {equation.label}")
    today = ({claim.name for claim in gadget.claims}, {e.label for e in gadget.equations})
    if (claims.keys(), mutants.keys()) != today:
        failures.append(f"{gadget.name}: the file speaks of other claims or equations")
    return failures


def _is_good(question: Question, entry: Mapping[str, Any] | None) -> bool:
    return entry is not None and (
        entry["shape"] == question.shape and entry["verdict"] == question.wanted
    )


def _complaint(question: Question, entry: Mapping[str, Any] | None) -> str:
    if entry is None or entry["shape"] != question.shape:
        return "the solver was not asked this; run payy-ref proofs finite-field"
    return f"the solver says {entry['verdict']}"


def outcome_of(gadget: Gadget, results: Results) -> Outcome:
    """Make evidence of what the file says about a gadget."""
    solver = results.get("solver", {"name": SOLVER, "version": "?"})
    evidence = Evidence(
        kind=EvidenceKind.SMT,
        name=f"circuit_gadgets.{gadget.name}",
        properties=gadget.properties,
        level=Level.P3,
        statement=text_hash(*(question.shape for question in claim_questions(gadget))),
        engines={solver["name"]: solver["version"]},
        necessity=Necessity(killed=len(gadget.equations) - len(gadget.spare)),
        non_vacuity="counterexamples of mutants satisfy the hypotheses",
        assumptions=gadget.assumptions,
    )
    return Outcome.of(evidence, failures_of(gadget, results))


# Files


def read_results(file: Path) -> Results:
    """Read the answers; there are none yet if the file is missing."""
    if not file.exists():
        return {}
    content: Results = json.loads(file.read_text(encoding="utf-8"))
    return content


def write_results(results: Results, file: Path) -> None:
    """Replace the file at once, or leave it as it is."""
    text = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    replace_file(file, text.encode("utf-8"))
