"""
The proof ledger: for each property, how strongly it is held, and by what.

Levels are derived from evidence, never typed. The committed file is the ledger of an earlier run;
a new run is held against it, so that no level drops and no code changes under a proof unnoticed.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from payy_ref.assurance.levels import Level
from payy_ref.assurance.record import Evidence, EvidenceKind, Outcome
from payy_ref.files import replace_file

Ledger = dict[str, Any]
"""The content of the file: property ids to entries."""

LEDGER_FILE: Final = "spec/proof_ledger.json"
"""Where a project keeps its ledger."""

PROPERTY: Final = re.compile(r"\bPAYY-[A-Z]+-T\d+\b")

_CONJUNCTIVE: Final = (EvidenceKind.SMT, EvidenceKind.CROSSHAIR)
"""Kinds whose pieces prove a property together, so that the weakest of them counts."""


# Making


def stated_properties(project: Path) -> frozenset[str]:
    """List the properties that the chapters of a project's specification state."""
    files = sorted(project.glob("spec/*/properties.md"))
    texts = (file.read_text(encoding="utf-8") for file in files)
    return frozenset(name for text in texts for name in PROPERTY.findall(text))


def make_ledger(outcomes: Iterable[Outcome], stated: Iterable[str] = ()) -> Ledger:
    """Collect the outcomes of a run by property; a stated property without evidence is open."""
    by_property: dict[str, list[Outcome]] = {name: [] for name in stated}
    for outcome in outcomes:
        for name in outcome.attempted.properties:
            by_property.setdefault(name, []).append(outcome)
    return {name: _entry(found) for name, found in sorted(by_property.items())}


def level_of(outcomes: Iterable[Outcome]) -> Level:
    """
    Derive the level of a property.

    Proofs hold together or not at all: if one obligation fails, the others prove nothing whole.
    """
    by_kind: dict[EvidenceKind, list[Level]] = {}
    for outcome in outcomes:
        if not outcome.attempted.part:
            level = outcome.attempted.level if outcome.evidence else Level.O
            by_kind.setdefault(outcome.attempted.kind, []).append(level)
    best = [
        min(levels) if kind in _CONJUNCTIVE else max(levels) for kind, levels in by_kind.items()
    ]
    return max(best, default=Level.O)


def _entry(outcomes: list[Outcome]) -> dict[str, Any]:
    evidence = [outcome.evidence for outcome in outcomes if outcome.evidence]
    evidence.sort(key=lambda piece: (-piece.level, piece.kind, piece.name))
    return {
        "level": str(level_of(outcomes)),
        "assumptions": sorted({text for piece in evidence for text in piece.assumptions}),
        "evidence": [_evidence_form(piece) for piece in evidence],
    }


def _evidence_form(evidence: Evidence) -> dict[str, Any]:
    """Write a piece of evidence; what is empty is left out."""
    necessity = evidence.necessity and {
        "hypotheses": list(evidence.necessity.hypotheses),
        "mutants_killed": evidence.necessity.killed,
        "mutants_tried": evidence.necessity.total,
    }
    form = {
        "kind": str(evidence.kind),
        "name": evidence.name,
        "level": str(evidence.level),
        "part": evidence.part,
        "bound": evidence.bound,
        "statement": evidence.statement,
        "functions": dict(sorted(evidence.functions.items())),
        "engines": dict(sorted(evidence.engines.items())),
        "necessity": necessity,
        "non_vacuity": evidence.non_vacuity,
    }
    return {name: value for name, value in form.items() if value}


# Comparing


def check(committed: Ledger, run: Ledger) -> list[str]:
    """
    Hold a run against the committed ledger.

    Versions of engines and numbers of mutants may differ.

    Returns:
        What is wrong, in words: a property or a piece of evidence that is missing on one side, a
        level that dropped or rose, a statement or a function that changed since.
    """
    problems = []
    for name in sorted(committed.keys() | run.keys()):
        if name not in run:
            problems.append(f"{name}: in the committed ledger, but nothing speaks of it any more")
        elif name not in committed:
            problems.append(f"{name}: not in the committed ledger")
        else:
            problems += [f"{name}: {text}" for text in _entry_problems(committed[name], run[name])]
    return problems


def _entry_problems(committed: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[str]:
    before, now = Level[committed["level"]], Level[run["level"]]
    if now < before:
        yield f"dropped from {before} to {now}"
    if now > before:
        yield f"rose from {before} to {now}, which the committed ledger does not say"
    if committed["assumptions"] != run["assumptions"]:
        yield "its assumptions changed"
    old, new = _by_name(committed), _by_name(run)
    for key in sorted(old.keys() | new.keys()):
        title = " ".join(key)
        if key not in new:
            yield f"{title}: gone"
        elif key not in old:
            yield f"{title}: not in the committed ledger"
        else:
            yield from (f"{title}: {text}" for text in _staleness(old[key], new[key]))


def _staleness(committed: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[str]:
    """Say what changed since the committed evidence was found; it no longer counts."""
    if committed.get("statement") != run.get("statement"):
        yield "stale: the statement changed"
    old, new = committed.get("functions", {}), run.get("functions", {})
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield f"stale: the source of {name} changed"
    for field in ("level", "part", "bound"):
        if committed.get(field) != run.get(field):
            yield f"its {field} changed"


def _by_name(entry: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(piece["kind"], piece["name"]): piece for piece in entry["evidence"]}


# Files


def read_ledger(file: Path) -> Ledger:
    """Read a ledger; there is none yet if the file is missing."""
    if not file.exists():
        return {}
    content: Ledger = json.loads(file.read_text(encoding="utf-8"))["properties"]
    return content


def ledger_text(ledger: Ledger) -> str:
    """Write a ledger in its one form."""
    return json.dumps({"properties": ledger}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_ledger(ledger: Ledger, file: Path) -> None:
    """Replace a ledger at once, or leave it as it is."""
    replace_file(file, ledger_text(ledger).encode("utf-8"))
