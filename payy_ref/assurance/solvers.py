"""The two engines, behind one text: SMT-LIB in, a verdict out."""

import importlib.metadata
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import cvc5  # type: ignore[import-untyped]
import z3  # type: ignore[import-untyped]

SECONDS: Final = 30
"""Time limit of one question; the slowest one takes a fraction of it."""


class Verdict(StrEnum):
    """What an engine says of a set of assertions."""

    UNSATISFIABLE = "unsat"
    SATISFIABLE = "sat"
    UNKNOWN = "unknown"


def smt_text(*assertions: Any) -> str:
    """Write assertions as an SMT-LIB script that asks whether they can hold together."""
    solver = z3.Solver()
    solver.add(*assertions)
    return f"(set-logic ALL)\n{solver.to_smt2()}"


def ask_z3(text: str) -> Verdict:
    """Put a script to z3."""
    solver = z3.Solver()
    solver.set("timeout", SECONDS * 1000)
    solver.from_string(text)
    return Verdict(str(solver.check()))


def ask_cvc5(text: str) -> Verdict:
    """Put a script to cvc5, read by its own parser."""
    library: Any = cvc5
    solver = library.Solver()
    solver.setOption("tlimit-per", str(SECONDS * 1000))
    parser = library.InputParser(solver)
    parser.setStringInput(library.InputLanguage.SMT_LIB_2_6, text, "obligation")
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer += command.invoke(solver, parser.getSymbolManager())
    # An unknown answer comes with its reason, as in "unknown (TIMEOUT)".
    return Verdict(answer.split()[0])


ENGINES: Final[Mapping[str, Callable[[str], Verdict]]] = {"z3": ask_z3, "cvc5": ask_cvc5}
"""The engines by name; a claim that both prove is of level P4."""

_DISTRIBUTIONS: Final = {
    "z3": "z3-solver",
    "cvc5": "cvc5",
    "crosshair": "crosshair-tool",
    "hypothesis": "hypothesis",
    "pytest": "pytest",
}


def version_of(engine: str) -> str:
    """Give the installed version of an engine."""
    return importlib.metadata.version(_DISTRIBUTIONS[engine])
