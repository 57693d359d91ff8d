"""
Theorems that Coq checks, where it is installed.

Coq is no package of Python, so a run must do without it. What the committed ledger says of a file
stands as long as the file is the same, by its hash: a run without Coq hands the entry on, and says
that it was skipped. If the file has changed, only a run with Coq will do. A theorem covers a part
of its properties, since it is about rules as the file states them; so it raises no level, and none
drops where Coq is missing.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from payy_ref.assurance.ledger import Ledger
from payy_ref.assurance.levels import Level
from payy_ref.assurance.record import Evidence, EvidenceKind, Necessity, Outcome
from payy_ref.assurance.source_hash import text_hash

COMPILER: Final = "coqc"

SECONDS: Final = 120
"""Time limit of one file; it takes about a second."""

NO_AXIOMS: Final = "Closed under the global context"
"""What Coq prints of a theorem that rests on no axiom and on nothing unproved."""

_HYPOTHESIS: Final = re.compile(r"^Hypothesis (\w+) :.*?\.\n", re.MULTILINE | re.DOTALL)
_VERSION: Final = re.compile(r"version (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theorem:
    """A theorem in a file of the specification."""

    file: str
    """The file, from the project's folder."""
    name: str
    """The theorem."""
    example: str
    """A theorem in the same file: the hypotheses of the first one can hold together."""
    properties: tuple[str, ...]
    """Ids of the properties that it helps to prove."""
    part: str
    """Which part of them it covers."""
    assumptions: tuple[str, ...] = ()
    """What a reader has to grant beyond Coq, in words."""


AGREEMENT: Final = Theorem(
    file="spec/consensus/proofs/Safety.v",
    name="agreement",
    example="every_block_of_a_chain_is_committed",
    properties=("PAYY-CONSENSUS-T01",),
    part="that R1, R2, R3 and the intersection of quorums imply agreement, induction included",
)
"""The theorem on which the third layer of `consensus_lemmas` can be rested instead."""

THEOREMS: Final = (AGREEMENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoqRun:
    """What the theorems of a project came to."""

    outcomes: tuple[Outcome, ...]
    """What was checked, or was checked before and has not changed."""
    skipped: tuple[str, ...]
    """What was not checked in this run, in words."""


def is_installed() -> bool:
    """Tell whether there is a Coq to run."""
    return shutil.which(COMPILER) is not None


def installed_version() -> str:
    """Give the version of the Coq that is installed."""
    command = [COMPILER, "--version"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    found = _VERSION.search(run.stdout)
    return found[1] if found else run.stdout.strip()


def proves(text: str, theorems: Sequence[str]) -> bool:
    """
    Let Coq check a file, and tell whether it proves theorems without axioms.

    Args:
        text: The content of the file.
        theorems: Their names.

    Raises:
        subprocess.TimeoutExpired: Coq does not end.
    """
    questions = "".join(f"Print Assumptions {name}.\n" for name in theorems)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "Theorems.v"
        file.write_text(f"{text}\n{questions}", encoding="utf-8")
        run = subprocess.run(
            [COMPILER, "-q", file.name],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            cwd=folder,
        )
    answers = run.stdout.split("\n")[:-1]
    is_closed = len(answers) >= len(theorems) and set(answers) == {NO_AXIOMS}
    return run.returncode == 0 and is_closed


def without_hypothesis(text: str, name: str) -> str:
    """Leave a hypothesis out of a file."""
    return _HYPOTHESIS.sub(lambda found: "" if found[1] == name else found[0], text)


def hypotheses(text: str) -> list[str]:
    """List the hypotheses of a file."""
    return [found[1] for found in _HYPOTHESIS.finditer(text)]


def run_coq(project: Path, committed: Ledger, *, quick: bool = False) -> CoqRun:
    """
    Check the theorems of a project.

    Args:
        project: The checkout.
        committed: Its ledger, for a run without Coq.
        quick: Leave no hypothesis out to see whether it is needed.
    """
    outcomes, skipped = [], []
    for theorem in THEOREMS:
        text = (project / theorem.file).read_text(encoding="utf-8")
        if is_installed():
            outcomes.append(_checked(theorem, text, quick=quick))
            continue
        handed_on = _handed_on(theorem, text, committed)
        outcomes += handed_on
        stands = "; what the ledger says of it stands" if handed_on else ""
        skipped.append(f"{theorem.file}: {COMPILER} is not installed{stands}")
    return CoqRun(outcomes=tuple(outcomes), skipped=tuple(skipped))


def _checked(theorem: Theorem, text: str, *, quick: bool) -> Outcome:
    failures = []
    names = (theorem.name, theorem.example)
    if not proves(text, names):
        failures.append(f"{theorem.file}: Coq does not prove {' and '.join(names)} without axioms")
    necessity = None
    if not quick:
        unneeded = [
            name for name in hypotheses(text) if proves(without_hypothesis(text, name), names[:1])
        ]
        failures += [f"{theorem.file}: is proved without {name}" for name in unneeded]
        needed = tuple(name for name in hypotheses(text) if name not in unneeded)
        necessity = Necessity(hypotheses=needed)
    engines = {"coq": installed_version()}
    return Outcome.of(_evidence(theorem, text, engines, necessity), failures)


def _handed_on(theorem: Theorem, text: str, committed: Ledger) -> list[Outcome]:
    """Give what the committed ledger says of a theorem, nothing if it does not speak of it."""
    evidence = _evidence(theorem, text, {}, None)
    found: list[Mapping[str, Any]] = [
        piece
        for name in theorem.properties
        for piece in committed.get(name, {}).get("evidence", [])
        if (piece["kind"], piece["name"]) == (evidence.kind, evidence.name)
    ]
    if not found:
        return []
    if any(piece["statement"] != evidence.statement for piece in found):
        failure = f"{theorem.file}: changed since Coq checked it, and {COMPILER} is not installed"
        return [Outcome.of(evidence, [failure])]
    needed = tuple(found[0].get("necessity", {}).get("hypotheses", ()))
    necessity = Necessity(hypotheses=needed) if needed else None
    return [Outcome.of(_evidence(theorem, text, found[0]["engines"], necessity), ())]


def _evidence(
    theorem: Theorem, text: str, engines: Mapping[str, str], necessity: Necessity | None
) -> Evidence:
    return Evidence(
        kind=EvidenceKind.COQ,
        name=f"{theorem.file}::{theorem.name}",
        properties=theorem.properties,
        level=Level.P3,
        part=theorem.part,
        statement=text_hash(text),
        engines=engines,
        necessity=necessity,
        non_vacuity=f"{theorem.example}, in the same file",
        assumptions=theorem.assumptions,
    )
