"""
Contracts in docstrings (PEP 316): found in the source, put to CrossHair and to the solvers.

CrossHair explores the running function. The same contract, read by the translator, is a proof
obligation of its own, which two engines prove without bound. CrossHair's exit code says nothing:
only the words "Confirmed over all paths" for each single post-condition count.

A contract must be strong: each fault put into the function that changes what it computes has to
break it.
"""

import ast
import importlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import payy_ref
from payy_ref.assurance.levels import Level
from payy_ref.assurance.mutants import Mutant, mutants_of
from payy_ref.assurance.obligations import Claim, Obligation
from payy_ref.assurance.record import Evidence, EvidenceKind, Necessity, Outcome
from payy_ref.assurance.solvers import Verdict, ask_z3, smt_text, version_of
from payy_ref.assurance.source_hash import Function, closure_hashes, qualified_name, text_hash
from payy_ref.assurance.symbolic import (
    Translator,
    UntranslatableError,
    conjunction,
    disjunction,
    free_arguments,
    negation,
)

CONFIRMED: Final = "Confirmed over all paths."
"""The only answer of CrossHair that counts."""

SECONDS_PER_CONDITION: Final = 30
SECONDS_IN_ALL: Final = 600

_CONDITION: Final = re.compile(r"^\s*(pre|post):\s*(.+?)\s*$")
_ANSWER: Final = re.compile(r"^(?P<file>.+?):(?P<line>\d+): (?P<severity>\w+): (?P<text>.*)$")
_PROPERTY: Final = re.compile(r"\bPAYY-[A-Z]+-T\d+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A function of the package with the conditions that its docstring states."""

    function: Function
    """The function."""
    file: Path
    """Where it stands."""
    preconditions: tuple[str, ...]
    """What it may be called with."""
    postconditions: Mapping[int, str]
    """What it promises, by line of the file."""
    properties: tuple[str, ...]
    """Ids under `Properties:` in the docstring."""

    @property
    def name(self) -> str:
        """The function's qualified name."""
        return qualified_name(self.function)

    @property
    def statement(self) -> str:
        """Hash of the conditions as written."""
        return text_hash(*self.preconditions, "promises", *self.postconditions.values())


# Reading contracts


def find_contracts(root: Path = Path(payy_ref.__file__).parent) -> list[Contract]:
    """List the contracts of the package, by file and line."""
    found = []
    for file in sorted(root.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and "post:" in (ast.get_docstring(node) or ""):
                parts = (root.name, *file.relative_to(root).with_suffix("").parts)
                function = getattr(importlib.import_module(".".join(parts)), node.name)
                found.append(read_contract(function, file, text, node))
    return found


def read_contract(function: Function, file: Path, text: str, node: ast.FunctionDef) -> Contract:
    """Read the contract in a function's docstring, which starts the function's body."""
    lines = text.splitlines()
    docstring = node.body[0]
    numbers = range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)
    conditions = [(n, match) for n in numbers if (match := _CONDITION.match(lines[n - 1]))]
    return Contract(
        function=function,
        file=file,
        preconditions=tuple(m[2] for _, m in conditions if m[1] == "pre"),
        postconditions={n: m[2] for n, m in conditions if m[1] == "post"},
        properties=properties_of(ast.get_docstring(node) or ""),
    )


def properties_of(docstring: str) -> tuple[str, ...]:
    """Read the section `Properties:` of a docstring."""
    section = re.search(r"^Properties:\n((?:[ \t]+\S.*\n?)+)", docstring, re.MULTILINE)
    return tuple(_PROPERTY.findall(section[1])) if section else ()


# Contracts as obligations


def obligation_of(contract: Contract) -> Obligation:
    """State a contract as a claim for the solvers."""

    def statement(read: Translator) -> Claim:
        names = free_arguments(contract.function)
        expression = read.expression
        hypotheses = {
            text: expression(text, names, contract.function) for text in contract.preconditions
        }
        result = read.call(contract.function, *names.values())
        promised = [
            expression(text, {**names, "__return__": result}, contract.function)
            for text in contract.postconditions.values()
        ]
        return Claim(hypotheses=hypotheses, conclusion=conjunction(promised))

    return Obligation(
        name=f"contract.{contract.name.removeprefix('payy_ref.')}",
        properties=contract.properties,
        statement=statement,
        statement_hash=contract.statement,
        models={},
        mutated=contract.function,
        is_harmless=lambda mutant: is_same_function(contract, mutant),
    )


def is_same_function(contract: Contract, mutant: Mutant) -> bool:
    """Tell whether a fault changes nothing that the function's callers may see."""
    function = contract.function
    original, faulty = Translator(), Translator(mutants={function: mutant.definition})
    names = free_arguments(function)
    allowed = [original.expression(text, names, function) for text in contract.preconditions]
    results = [read.call(function, *names.values()) for read in (original, faulty)]
    scope = {"first": results[0], "second": results[1]}
    differ = original.expression("first != second", scope, function)
    sides_fail = negation(conjunction(faulty.side_conditions))
    text = smt_text(*(*original.facts, *faulty.facts, *allowed), disjunction([differ, sides_fail]))
    return ask_z3(text) is Verdict.UNSATISFIABLE


# CrossHair


def run_crosshair(targets: Iterable[str], *, search: Path | None = None) -> str:
    """
    Run CrossHair on modules, functions or files, and give what it prints.

    Raises:
        subprocess.TimeoutExpired: it does not end.
    """
    command = [sys.executable, "-m", "crosshair", "check", "--analysis_kind", "PEP316"]
    command += ["--report_all", "--per_condition_timeout", str(SECONDS_PER_CONDITION), *targets]
    run = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS_IN_ALL, check=False, cwd=search
    )
    return run.stdout + run.stderr


def parse_answers(output: str) -> dict[tuple[str, int], list[str]]:
    """Collect CrossHair's answers by file name and line."""
    answers: dict[tuple[str, int], list[str]] = {}
    for line in output.splitlines():
        if match := _ANSWER.match(line):
            place = str(Path(match["file"]).resolve()), int(match["line"])
            answers.setdefault(place, []).append(match["text"])
    return answers


def judge(contract: Contract, output: str, necessity: Necessity) -> Outcome:
    """Demand a confirmation of every post-condition of a contract from CrossHair's output."""
    answers = parse_answers(output)
    failures = [f"{contract.name}: does not notice {fault}" for fault in necessity.survivors]
    for line, condition in contract.postconditions.items():
        texts = answers.get((str(contract.file.resolve()), line), ["no answer"])
        if texts != [CONFIRMED]:
            failures.append(f"{contract.name}: post: {condition}: {'; '.join(texts)}")
    if not contract.postconditions:
        failures.append(f"{contract.name}: no post-condition could be read")
    evidence = Evidence(
        kind=EvidenceKind.CROSSHAIR,
        name=contract.name,
        properties=contract.properties,
        level=Level.P2,
        statement=contract.statement,
        functions=closure_hashes(contract.function),
        engines={"crosshair": version_of("crosshair")},
        necessity=necessity,
        non_vacuity="preconditions met",
    )
    return Outcome.of(evidence, failures)


def crosshair_necessity(contract: Contract) -> Necessity:
    """Put the faults of a function that the translator cannot read to CrossHair, one by one."""
    killed, survivors = 0, []
    for mutant in mutants_of(contract.function):
        if crosshair_refutes(contract, mutant):
            killed += 1
        else:
            survivors.append(f"{contract.name}: {mutant.description}")
    return Necessity(killed=killed, survivors=tuple(survivors))


def crosshair_refutes(contract: Contract, mutant: Mutant) -> bool:
    """Ask CrossHair for a counterexample to a contract of a faulty function."""
    tree = ast.parse(contract.file.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == contract.function.__name__:
            node.body = [node.body[0], *mutant.definition.body]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "faulty.py"
        file.write_text(ast.unparse(tree), encoding="utf-8")
        output = run_crosshair([f"faulty.{contract.function.__name__}"], search=Path(folder))
    return any(" when calling " in line for line in output.splitlines() if ": error: " in line)


def is_translatable(contract: Contract) -> bool:
    """Tell whether the solvers can take the contract."""
    try:
        obligation_of(contract).statement(Translator())
    except UntranslatableError:
        return False
    return True
