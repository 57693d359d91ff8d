"""
What the proof ledger is told of circuits: answers of the finite-field solver, and propagation.

Lemmas on integers are in the registry like all others (`circuit_integers`).
"""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from circuits.block import block
from circuits.utxo import utxo
from payy_ref.assurance.circuit_determinism import Place, place_label, places, propagate
from payy_ref.assurance.circuit_finite_field import RESULTS_FILE, outcome_of, read_results
from payy_ref.assurance.circuit_gadgets import gadgets
from payy_ref.assurance.levels import Level
from payy_ref.assurance.record import Evidence, EvidenceKind, Necessity, Outcome
from payy_ref.assurance.source_hash import text_hash
from payy_ref.parameters import Preset, load_preset
from payy_ref.proofs.system import Circuit, System

ENGINE: Final = "propagation"
"""Name of the engine of `circuit_determinism`."""

RULES_VERSION: Final = "1"
"""Version of its rules."""

DROPPED: Final = 40
"""Constraints of a circuit that are left out, one at a time, to see that it does not close."""

DROPPED_FROM_LARGE: Final = 4
"""The same for a circuit of so many rows that a run takes seconds."""

LARGE: Final = 100_000
"""Rows from which a circuit counts as large."""

INPUTS_OF_BLOCK: Final = ("old_root", "new_root", "commit_hash", "is_valid")
"""Public inputs of the block's circuit that follow from the others, so that none is told."""

INPUTS_OF_UTXO: Final = tuple(
    f"{side}_commitments[{i}]" for side in ("input", "output") for i in range(2)
)
"""Public inputs of the client's circuit that follow from the notes."""

RULES: Final = "each rule of circuit_determinism is the lemma or the claim that it names"


def circuit_outcomes(project: Path, *, quick: bool = False) -> Iterator[tuple[str, Outcome]]:
    """
    Check all that does not need the solver itself.

    Args:
        project: the checkout, whose committed answers are read.
        quick: leave out the large circuit.
    """
    results = read_results(project / RESULTS_FILE)
    for gadget in gadgets():
        outcome = outcome_of(gadget, results)
        yield outcome.attempted.name, outcome
    outcome = determinism_outcome(utxo(), INPUTS_OF_UTXO)
    yield outcome.attempted.name, outcome
    for preset in Preset:
        circuit = block(load_preset(preset))
        if not (quick and circuit.system.rows >= LARGE):
            outcome = determinism_outcome(circuit, INPUTS_OF_BLOCK)
            yield outcome.attempted.name, outcome


def circuit_outcome_count(*, quick: bool = False) -> int:
    """Count what `circuit_outcomes` gives."""
    return len(gadgets()) + 1 + len(Preset) - (1 if quick else 0)


def determinism_outcome(circuit: Circuit, untold: tuple[str, ...]) -> Outcome:
    """
    Show that a circuit is deterministic, and that it would not be with constraints left out.

    Args:
        circuit: the circuit.
        untold: public inputs that have to follow from the others.
    """
    system = circuit.system
    found = propagate(circuit, untold=untold)
    failures = [
        f"{system.name}: {label} does not follow from the inputs"
        for label in found.undetermined
        if label not in found.hints
    ]
    sample = sampled_places(system)
    closing = [place for place in sample if propagate(circuit, dropped=[place]).closes]
    if len(closing) == len(sample):
        failures.append(f"{system.name}: no constraint that was left out is missed")
    evidence = Evidence(
        kind=EvidenceKind.SMT,
        name=f"circuit_determinism.{system.name}",
        properties=("PAYY-CIRCUITS-T03",),
        level=Level.P3,
        statement=system_hash(system),
        engines={ENGINE: RULES_VERSION},
        necessity=Necessity(
            killed=len(sample) - len(closing),
            survivors=tuple(place_label(system, place) for place in closing),
        ),
        non_vacuity="the reference fills witnesses that satisfy the circuit (PAYY-CIRCUITS-T04)",
        assumptions=(RULES,),
    )
    return Outcome.of(evidence, failures)


def sampled_places(system: System) -> list[Place]:
    """Draw the constraints to leave out, the same ones in every run."""
    count = DROPPED_FROM_LARGE if system.rows >= LARGE else DROPPED
    return random.Random(system.name).sample(list(places(system)), count)  # noqa: S311


def system_hash(system: System) -> str:
    """Hash the rows of a circuit: gates, constants, and which cells hold one variable."""
    cells = hashlib.sha256(system.cells.astype("<i4").tobytes()).hexdigest()
    gates = hashlib.sha256(system.gates.tobytes()).hexdigest()
    constants = hashlib.sha256(repr(system.constants).encode()).hexdigest()
    return text_hash(system.name, cells, gates, constants)
