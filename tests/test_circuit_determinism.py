"""Determinism and meaning of gadgets and circuits: questions, committed answers, propagation."""

import copy
import random
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circuits.block import block
from circuits.gadgets.bits import assert_in_range, low_bits
from circuits.gadgets.logic import assert_boolean, assert_equal, is_zero, product
from circuits.utxo import VALUE_BITS, utxo
from payy_ref.assurance import (
    circuit_evidence,
    circuit_finite_field,
    circuit_gadgets,
    circuit_integers,
)
from payy_ref.assurance.circuit_determinism import place_label, places, propagate
from payy_ref.assurance.circuit_equations import (
    Formula,
    Polynomial,
    cell_symbols,
    constant,
    either,
    equal,
    equations_of,
    every,
    implies,
    is_bit,
    negated,
    question,
    tells,
    unknown,
)
from payy_ref.assurance.circuit_evidence import (
    INPUTS_OF_BLOCK,
    INPUTS_OF_UTXO,
    circuit_outcomes,
    determinism_outcome,
    sampled_places,
    system_hash,
)
from payy_ref.assurance.circuit_finite_field import (
    RESULTS_FILE,
    answer_all,
    ask,
    failures_of,
    outcome_of,
    read_results,
    write_results,
)
from payy_ref.assurance.circuit_gadgets import Gadget, gadgets
from payy_ref.assurance.levels import Level
from payy_ref.assurance.obligations import REGISTRY, check_obligation
from payy_ref.assurance.solvers import Verdict
from payy_ref.crypto.field import MODULUS
from payy_ref.parameters import Preset, load_preset
from payy_ref.proofs.gates import Gate
from payy_ref.proofs.plain import PLAIN
from payy_ref.proofs.system import UNUSED, Builder, Circuit, Witness

PROJECT = Path(__file__).parents[1]
RESULTS = read_results(PROJECT / RESULTS_FILE)
GADGETS = {gadget.name: gadget for gadget in gadgets()}
CIRCUITS: Mapping[str, Callable[[], Circuit]] = {
    "utxo": utxo,
    "block": lambda: block(load_preset(Preset.MINIMAL)),
}


# Answers of the solver


@pytest.mark.parametrize("name", GADGETS)
def test_every_question_of_today_has_its_answer(name: str) -> None:
    """Every question of today has its answer."""
    assert failures_of(GADGETS[name], RESULTS) == []


def test_the_file_speaks_of_nothing_else() -> None:
    """The file speaks of nothing else."""
    assert RESULTS["claims"].keys() == RESULTS["mutants"].keys() == GADGETS.keys()


@pytest.mark.parametrize("name", GADGETS)
def test_a_weaker_gadget_is_noticed(name: str) -> None:
    """A weaker gadget is noticed."""
    gadget = GADGETS[name]
    for i in range(len(gadget.equations)):
        weaker = gadget.equations[:i] + gadget.equations[i + 1 :]
        assert failures_of(replace(gadget, equations=weaker), RESULTS)


def test_another_constant_is_noticed() -> None:
    """Another constant is noticed."""
    gadget = GADGETS["is_zero"]
    first, *rest = gadget.equations
    changed = replace(first, polynomial=first.polynomial + 1)
    assert failures_of(replace(gadget, equations=(changed, *rest)), RESULTS)


def test_a_stronger_claim_is_noticed() -> None:
    """A stronger claim is noticed."""
    gadget = GADGETS["assert_boolean"]
    (claim,) = gadget.claims
    stronger = replace(claim, conclusion=equal(unknown("x000"), 0))
    assert failures_of(replace(gadget, claims=(stronger,)), RESULTS)


@pytest.mark.parametrize("verdict", ["sat", "unknown"])
def test_a_claim_that_the_solver_does_not_prove_is_a_failure(verdict: str) -> None:
    """A claim that the solver does not prove is a failure."""
    results = copy.deepcopy(RESULTS)
    results["claims"]["select"]["one is chosen"]["verdict"] = verdict
    assert failures_of(GADGETS["select"], results) == [
        f"select: one is chosen: the solver says {verdict}"
    ]
    assert outcome_of(GADGETS["select"], results).evidence is None


def test_an_equation_that_no_claim_needs_is_a_failure() -> None:
    """An equation that no claim needs is a failure."""
    results = copy.deepcopy(RESULTS)
    results["mutants"]["select"]["gadget/gap"]["verdict"] = "unsat"
    assert failures_of(GADGETS["select"], results) == [
        "select: no claim is known to need gadget/gap"
    ]


def test_spare_equations_are_those_of_leading_digits() -> None:
    """Spare equations are those of leading digits."""
    spare = {name: gadget.spare for name, gadget in GADGETS.items() if gadget.spare}
    assert spare.keys() == {"assert_in_range[3]", "assert_in_range[4]"}


def test_evidence_has_the_level_of_one_engine() -> None:
    """Evidence has the level of one engine."""
    evidence = outcome_of(GADGETS["is_zero"], RESULTS).evidence
    assert evidence is not None
    assert evidence.level is Level.P3
    assert evidence.engines == {"cvc5-gpl": RESULTS["solver"]["version"]}
    assert evidence.necessity is not None
    assert evidence.necessity.killed == len(GADGETS["is_zero"].equations)


def test_without_answers_nothing_is_shown() -> None:
    """Without answers nothing is shown."""
    assert all(outcome_of(gadget, {}).evidence is None for gadget in GADGETS.values())


def test_known_answers_are_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known answers are not asked again."""

    def refuse(*_: object) -> None:
        raise AssertionError("the answer is known")

    version = RESULTS["solver"]["version"]
    monkeypatch.setattr(circuit_finite_field, "solver_version", lambda _: version)
    monkeypatch.setattr(circuit_finite_field, "ask", refuse)
    told: list[str] = []
    assert answer_all(Path("none"), RESULTS, lambda name, *_: told.append(name)) == RESULTS
    assert told == list(GADGETS)


def test_another_version_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version is asked again."""

    def answer(_: Path, text: str) -> tuple[Verdict, float]:
        assert "QF_FF" in text
        return Verdict.UNKNOWN, 1.0

    monkeypatch.setattr(circuit_finite_field, "solver_version", lambda _: "another")
    monkeypatch.setattr(circuit_finite_field, "ask", answer)
    monkeypatch.setattr(circuit_finite_field, "gadgets", lambda: [GADGETS["is_zero"]])
    results = answer_all(Path("none"), RESULTS)
    assert results["solver"] == {"name": "cvc5-gpl", "version": "another"}
    assert {entry["verdict"] for entry in results["claims"]["is_zero"].values()} == {"unknown"}
    assert set(results["mutants"]["is_zero"].values()) == {None}
    assert failures_of(GADGETS["is_zero"], results)


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Results are read as they were written."""
    file = tmp_path / "results.json"
    assert read_results(file) == {}
    write_results(RESULTS, file)
    assert read_results(file) == RESULTS
    assert file.read_bytes() == (PROJECT / RESULTS_FILE).read_bytes()


@pytest.mark.parametrize(("relation", "verdict"), [("<", "unsat"), ("<=", "sat")])
def test_a_question_is_put_to_a_process(relation: str, verdict: str) -> None:
    """A question is put to a process."""
    # The solver of this environment knows no finite fields, but is asked in the same way.
    text = f"(set-logic QF_LIA)(declare-const x Int)(assert ({relation} x x))(check-sat)"
    found, seconds = ask(Path(sys.executable), text)
    assert found == Verdict(verdict)
    assert seconds > 0


def test_a_process_that_takes_too_long_is_killed() -> None:
    """A process that takes too long is killed."""
    assert ask(Path(sys.executable), "(check-sat)", seconds=0.001) == (Verdict.UNKNOWN, 0.001)


def test_the_version_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is that of the environment."""
    program = circuit_finite_field._VERSION_PROGRAM.replace("cvc5-gpl", "cvc5")
    monkeypatch.setattr(circuit_finite_field, "_VERSION_PROGRAM", program)
    assert re.fullmatch(r"\d+\.\d+\.\d+", circuit_finite_field.solver_version(Path(sys.executable)))


# Questions mean what the system computes


def parsed(text: str) -> list[Any]:
    """Read a script as nested lists."""
    stack: list[list[Any]] = [[]]
    for word in re.findall(r"[()]|[^\s()]+", text):
        if word == "(":
            stack.append([])
        elif word == ")":
            inner = stack.pop()
            stack[-1].append(inner)
        else:
            stack[-1].append(word)
    return stack[0]


def value_of(term: Any, values: Mapping[str, int]) -> int | bool:
    """Evaluate a term of a script, by the rules of SMT-LIB and nothing of ours."""
    if isinstance(term, str):
        return values[term]
    operator, *arguments = term
    if operator == "as":
        return int(arguments[0].removeprefix("ff")) % MODULUS
    parts = [value_of(argument, values) for argument in arguments]
    match operator:
        case "ff.add":
            return sum(parts) % MODULUS
        case "ff.mul":
            total = 1
            for part in parts:
                total = total * part % MODULUS
            return total
        case "=":
            return parts[0] == parts[1]
        case "not":
            return not parts[0]
        case "and":
            return all(parts)
        case "or":
            return any(parts)
        case _:
            raise AssertionError(operator)


def holds(formula: Formula, values: Mapping[str, int]) -> bool:
    """Write a formula as a script, and evaluate that."""
    _, _, *rest = parsed(question([formula]))
    (asserted,) = (command[1] for command in rest if command[0] == "assert")
    declared = {command[1] for command in rest if command[0] == "declare-const"}
    return bool(value_of(asserted, {name: values[name] for name in declared}))


LOOKED_AT = 1000
"""So many rows are evaluated."""


@cache
def filled(name: str, seed: int) -> tuple[Circuit, Witness]:
    """Fill a circuit with random inputs, then change some of its variables."""
    circuit = CIRCUITS[name]()
    source = random.Random(f"{name} {seed}")  # noqa: S311
    small = [0, 1, 2, 3, MODULUS - 1]
    inputs = {n: source.choice([*small, source.randrange(MODULUS)]) for n in circuit.inputs}
    gates = circuit.system.gates[:LOOKED_AT]
    by_gate = [np.flatnonzero(gates == gate).tolist() for gate in Gate]
    rows = [row for some in by_gate for row in source.sample(some, 6)]
    cells = [
        (wire, row)
        for row in (row + below for row in rows for below in (0, 1))
        for wire in range(4)
        if circuit.system.cells[wire, row] != UNUSED
    ]
    edits = {cell: source.randrange(MODULUS) for cell in cells}
    return circuit, circuit.fill(inputs, edits)


@pytest.mark.parametrize("name", CIRCUITS)
@pytest.mark.parametrize("seed", range(2))
def test_equations_are_those_that_the_system_evaluates(name: str, seed: int) -> None:
    """Equations are those that the system evaluates."""
    circuit, witness = filled(name, seed)
    system = circuit.system
    broken = {label for label in system.failures(witness, PLAIN) if ":copy[" not in label}
    verdicts = set()
    for row in range(system.public_count, min(system.rows, LOOKED_AT)):
        symbols = cell_symbols(system, [row])
        values = {s: witness.wires[wire][r % system.size] for (wire, r), s in symbols.items()}
        for equation in equations_of(system, [row], symbols):
            is_kept = holds(equal(equation.polynomial, 0), values)
            assert is_kept == (equation.label not in broken)
            verdicts.add((system.gates[row], is_kept))
    gates = {gate for gate, _ in verdicts}
    assert {Gate.ARITHMETIC, Gate.FULL_ROUND, Gate.PARTIAL_ROUNDS, Gate.ABSORB} <= gates
    assert verdicts == {(gate, kept) for gate in gates for kept in (False, True)}


def test_public_rows_are_no_equations() -> None:
    """Public rows are no equations."""
    system = utxo().system
    with pytest.raises(ValueError, match="public input"):
        list(equations_of(system, [0], cell_symbols(system, [0])))


A, B = unknown("x000"), unknown("x001")


@pytest.mark.parametrize(
    ("formula", "meaning"),
    [
        (equal(A, B), lambda a, b: a == b),
        (equal(A * A + 2, B - 1), lambda a, b: (a * a + 2 - b + 1) % MODULUS == 0),
        (equal(A**3, 0), lambda a, _: a == 0),
        (negated(equal(A, 1)), lambda a, _: a != 1),
        (either(equal(A, 0), equal(B, 0)), lambda a, b: 0 in {a, b}),
        (every(equal(A, 0), equal(B, 0)), lambda a, b: {a, b} == {0}),
        (every(equal(A, 0)), lambda a, _: a == 0),
        (implies(equal(A, 0), equal(B, 0)), lambda a, b: a != 0 or b == 0),
        (is_bit(A), lambda a, _: a in {0, 1}),
        (tells(A, equal(B, 2)), lambda a, b: a == int(b == 2)),
        (
            circuit_gadgets.tells_zero(A, equal(B, 2)),
            lambda a, b: (a == 0) == (b == 2),
        ),
    ],
)
def test_formulas_mean_what_they_are_called(formula: Formula, meaning: Any) -> None:
    """Formulas mean what they are called."""
    numbers = (0, 1, 2, 3, MODULUS - 1)
    for a in numbers:
        for b in numbers:
            assert holds(formula, {"x000": a, "x001": b}) == meaning(a, b)


def test_polynomials_have_one_form() -> None:
    """Polynomials have one form."""
    assert (A - A).terms == {}
    assert (A + B) ** 2 == A * A + A * B * 2 + B * B
    assert constant(MODULUS).terms == {}
    assert (A * B).renamed({"x000": "z", "x001": "a"}.__getitem__) == Polynomial({("a", "z"): 1})


# What was cut out of a circuit stands for every place of its kind


def written(circuit: Circuit, starts: Sequence[str]) -> list[Polynomial]:
    """Read the rows whose labels begin so."""
    system = circuit.system
    rows = [i for i, label in enumerate(system.row_labels) if label.startswith(tuple(starts))]
    assert rows
    return [e.polynomial for e in equations_of(system, rows, cell_symbols(system, rows))]


def test_places_of_one_kind_have_the_same_rows() -> None:
    """Places of one kind have the same rows."""
    circuit = utxo()
    conditional = [
        label.removesuffix("holds")
        for label in circuit.system.row_labels
        if label.endswith("/holds")
    ]
    assert len(conditional) == 10
    kinds = [[f"kinds[{i},{j}]/"] for i, j in combinations(range(4), 2)]
    notes = [
        [f"notes[{i}]/commitment/{part}" for part in ("is_padding", "padding_", "is_note", "comm")]
        for i in range(4)
    ]
    for group in ([[label] for label in conditional], kinds, notes):
        first, *others = (written(circuit, starts) for starts in group)
        assert all(other == first for other in others)


@pytest.mark.parametrize("preset", Preset)
def test_changes_of_all_places_have_the_same_rows(preset: Preset) -> None:
    """Changes of all places have the same rows."""
    parameters = load_preset(preset)
    circuit, cut = block(parameters), block(load_preset(Preset.MINIMAL))
    for kind, test in (("removal", "is_there"), ("insertion", "is_free")):
        parts = ("path_leads", test, "is_leaf", "happens", "leaf_after", "is_allowed")
        first = written(cut, [f"places[0]/{kind}[0]/{part}" for part in parts])
        for place in range(parameters.block_transactions):
            for i in range(2):
                scope = f"places[{place}]/{kind}[{i}]"
                assert written(circuit, [f"{scope}/{part}" for part in parts]) == first


# Integers

LEMMAS = {o.name: o for o in REGISTRY if o.statement.__module__ == circuit_integers.__name__}


@pytest.mark.parametrize("name", LEMMAS)
def test_lemmas_on_integers_hold(name: str) -> None:
    """Lemmas on integers hold."""
    outcome = check_obligation(LEMMAS[name])
    assert outcome.evidence is not None, outcome.failures
    assert outcome.evidence.level is Level.P4


def test_there_are_lemmas() -> None:
    """There are lemmas."""
    assert len(LEMMAS) == 7


# Whole circuits


def test_the_clients_circuit_is_deterministic() -> None:
    """The clients circuit is deterministic."""
    found = propagate(utxo(), untold=INPUTS_OF_UTXO)
    assert found.closes
    expected = {f"notes[{i}]/commitment/is_padding/answer:w1" for i in range(4)}
    assert set(found.undetermined) == set(found.hints) == expected


@pytest.mark.parametrize("preset", Preset)
def test_the_blocks_circuit_is_deterministic(preset: Preset) -> None:
    """The blocks circuit is deterministic."""
    parameters = load_preset(preset)
    circuit = block(parameters)
    found = propagate(circuit, untold=INPUTS_OF_BLOCK)
    assert found.closes
    # One inverse for each test of zero: 12 for the words of a place, one a change, one for all.
    assert len(found.hints) == len(found.undetermined)
    assert len(found.hints) == parameters.block_transactions * (12 + 4) + 1
    assert all(label.endswith("/answer:w1") for label in found.hints)


def test_without_its_paths_a_block_is_not_determined() -> None:
    """Without its paths a block is not determined."""
    circuit = CIRCUITS["block"]()
    occupant = next(name for name in circuit.inputs if name.endswith("occupant"))
    assert not propagate(circuit, untold=[occupant]).closes


def test_hints_are_free_indeed() -> None:
    """The inverses of zeros may be anything."""
    circuit = utxo()
    inputs = dict.fromkeys(circuit.inputs, 0) | {"message.kind": 1}
    system = circuit.system
    labels = propagate(circuit).hints
    cells = {(1, system.row_of(label.removesuffix(":w1"))): 7 + i for i, label in enumerate(labels)}
    honest, other = circuit.fill(inputs), circuit.fill(inputs, cells)
    assert honest != other
    assert system.failures(honest, PLAIN) == system.failures(other, PLAIN) == []


@pytest.mark.parametrize("name", CIRCUITS)
def test_a_dropped_constraint_is_missed(name: str) -> None:
    """A dropped constraint is missed."""
    circuit = CIRCUITS[name]()
    base = propagate(circuit)
    sample = sampled_places(circuit.system)
    closing = [place for place in sample if propagate(circuit, dropped=[place]).closes]
    assert len(closing) <= len(sample) // 10
    for place in closing:
        label = place_label(circuit.system, place)
        # It judges what follows without it, or gives a root that the next path gives again.
        assert place not in base.determining or re.search(r"/after/level\[\d+\]/round\[63\]", label)


def test_values_are_bounded() -> None:
    """Values are bounded."""
    circuit = utxo()
    bounds = propagate(circuit).bounds
    for name in ("message.value", "output_notes[0].value", "output_notes[1].value"):
        assert bounds[circuit.inputs[name]] == 2**VALUE_BITS
    assert circuit.inputs["input_notes[0].value"] not in bounds


@pytest.mark.parametrize("bits", [1, 2, 7, 8, 9, 240, 253])
def test_ranges_bound_and_determine(bits: int) -> None:
    """Ranges bound and determine."""
    builder = Builder("range")
    value = builder.private("value")
    assert_in_range(builder, "range", value, bits)
    circuit = builder.build()
    found = propagate(circuit)
    assert found.undetermined == ()
    assert found.bounds[value] == 2**bits
    # Leading digits are 0 after 0; in an odd width a bit follows, whatever stands before it.
    spare = {
        place_label(circuit.system, place)
        for place in places(circuit.system)
        if propagate(circuit, dropped=[place]).bounds.get(value) == 2**bits
    }
    steps = (bits + 1) // 2
    expected = {f"range/digits[0]:digits[{i}]" for i in range(-steps % 4 + bits % 2)}
    assert spare == expected | ({"constant[0]"} if bits % 2 else set())


@pytest.mark.parametrize("count", [1, 8, 160, 252])
def test_every_row_of_low_bits_is_needed(count: int) -> None:
    """Every row of low bits is needed."""
    builder = Builder("low_bits")
    low_bits(builder, "gadget", builder.private("value"), count)
    circuit = builder.build()
    assert propagate(circuit).undetermined == ()
    labels = {place_label(circuit.system, place): place for place in places(circuit.system)}
    for label in ("is_value", "borrow_is_bit", "low_gap", "high_gap", "bit[0]", "low[0]"):
        place = labels[f"gadget/{label}"]
        assert not propagate(circuit, dropped=[place]).closes
    for scope in ("high_in_range", "low_gap_in_range", "high_gap_in_range"):
        place = labels[f"gadget/{scope}/is_value"]
        assert not propagate(circuit, dropped=[place]).closes


def closes(builder: Builder) -> bool:
    """Build and propagate."""
    return propagate(builder.build()).closes


def test_what_no_row_binds_is_not_determined() -> None:
    """What no row binds is not determined."""
    builder = Builder("free")
    value = builder.private("value")
    (free,) = builder.derive(lambda value: (value,), (value,))
    product(builder, "row", value, free)
    assert not closes(builder)


def test_a_factor_of_a_value_is_not_determined() -> None:
    """A factor of a value is not determined."""
    # x times the value is the result: any x will do if the value is 0.
    builder = Builder("quotient")
    value, result = builder.private("value"), builder.private("result")
    (quotient,) = builder.derive(lambda value, _: (value,), (value, result))
    builder.bind_arithmetic("row", (1, 0, 0, 0), quotient, value, result=result)
    assert not closes(builder)


def test_a_root_is_not_determined() -> None:
    """A root is not determined."""
    builder = Builder("root")
    (bit,) = builder.derive(lambda: (0,), ())
    assert_boolean(builder, "bit", bit)
    assert not closes(builder)


def test_a_cell_that_holds_nothing_is_not_determined() -> None:
    """A cell that holds nothing is not determined."""
    builder = Builder("nothing")
    value = builder.private("value")
    builder.row(Gate.ARITHMETIC, (value, UNUSED, UNUSED, value), (1, 0, 0, 0), name="row")
    assert not closes(builder)


def test_digits_that_reach_p_are_not_determined() -> None:
    """Digits that reach p are not determined."""
    # 127 digits make numbers up to 2^254, so small values have two forms.
    builder = Builder("wide")
    value = builder.private("value")
    zero = builder.constant(0)
    steps = 127
    numbers = builder.derive(lambda value: [value] * steps, (value,), steps)
    cells = [zero] * 2 + list(numbers)
    for i in range(32):
        builder.row(Gate.DIGITS, cells[4 * i : 4 * i + 4], name=f"digits[{i}]")
    builder.row(None, (cells[128], UNUSED, UNUSED, UNUSED), name="end")
    assert len(cells) == 129
    assert_equal(builder, "is_value", cells[128], value)
    assert not closes(builder)


def test_an_answer_without_its_second_row_is_not_determined() -> None:
    """An answer without its second row is not determined."""
    builder = Builder("half")
    value = builder.private("value")
    (inverse,) = builder.derive(lambda value: (value,), (value,))
    builder.arithmetic("answer", (-1, 0, 0, 1), value, inverse)
    assert not closes(builder)


def test_an_inverse_that_is_read_is_no_hint() -> None:
    """An inverse that is read is no hint."""
    builder = Builder("read")
    value = builder.private("value")
    is_zero(builder, "gadget", value)
    circuit = builder.build()
    assert propagate(circuit).closes
    row = circuit.system.row_of("gadget/answer")
    inverse = circuit.system.cells[1, row]
    product(builder, "reads", value, inverse)
    assert not closes(builder)


# Evidence


def test_determinism_is_evidence_of_one_engine() -> None:
    """Determinism is evidence of one engine."""
    outcome = determinism_outcome(utxo(), INPUTS_OF_UTXO)
    assert outcome.evidence is not None
    assert outcome.evidence.level is Level.P3
    assert outcome.evidence.necessity is not None
    assert outcome.evidence.necessity.killed >= 36


def test_the_ledger_is_told_of_gadgets_and_circuits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick run has evidence of every gadget and of the circuits that are not large."""
    monkeypatch.setattr(circuit_evidence, "DROPPED", 3)
    outcomes = dict(circuit_outcomes(PROJECT, quick=True))
    circuits = {f"circuit_determinism.{circuit().system.name}" for circuit in CIRCUITS.values()}
    assert outcomes.keys() == {f"circuit_gadgets.{name}" for name in GADGETS} | circuits
    assert all(outcome.evidence for outcome in outcomes.values())
    properties = {name for o in outcomes.values() for name in o.attempted.properties}
    assert properties == {f"PAYY-CIRCUITS-T{i:02}" for i in (2, 3, 7)}


def test_an_open_circuit_is_a_failure() -> None:
    """An open circuit is a failure."""
    outcome = determinism_outcome(utxo(), ("input_notes[0].psi",))
    assert outcome.evidence is None
    assert any("does not follow" in text for text in outcome.failures)


def test_the_statement_changes_with_the_rows() -> None:
    """The statement changes with the rows."""
    system = utxo().system
    hashes = {system_hash(system)}
    for name in ("cells", "gates"):
        changed = getattr(system, name).copy()
        changed.reshape(-1)[50] += 1
        hashes.add(system_hash(replace(system, **{name: changed})))
    first, *rest = system.constants
    hashes.add(system_hash(replace(system, constants=([first[0] + 1, *first[1:]], *rest))))
    assert len(hashes) == 4


def test_constraints_are_listed_once() -> None:
    """Constraints are listed once."""
    system = utxo().system
    labels = [place_label(system, place) for place in places(system)]
    assert labels == list(islice(system.constraint_labels(), system.public_count, None))


def test_gadgets_have_claims_and_names_of_their_own() -> None:
    """Gadgets have claims and names of their own."""
    assert len(GADGETS) == len(gadgets())
    for gadget in GADGETS.values():
        assert gadget.claims
        assert len({claim.name for claim in gadget.claims}) == len(gadget.claims)
        assert len({equation.label for equation in gadget.equations}) == len(gadget.equations)


def unnamed(gadget: Gadget) -> set[str]:
    """Find symbols of claims that neither rows nor hypotheses speak of."""
    rows = {s for equation in gadget.equations for s in equation.polynomial.symbols}
    granted = {s for claim in gadget.claims for h in claim.hypotheses for s in h.symbols}
    return {
        symbol
        for claim in gadget.claims
        if not claim.is_doubled
        for symbol in claim.conclusion.symbols - rows - granted
    }


@pytest.mark.parametrize("name", GADGETS)
def test_claims_speak_of_the_rows(name: str) -> None:
    """Claims speak of the rows."""
    assert unnamed(GADGETS[name]) == set()
