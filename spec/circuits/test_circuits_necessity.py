"""
Every constraint is needed: for each there is a table in which it alone fails.

A failure list has a label for each constraint and copy, so a table whose list is [label] is one
that the circuit without this constraint accepts.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product as choices
from typing import Final

import numpy as np
import pytest

from circuits.gadgets import bits
from circuits.gadgets.bits import FIELD_BITS, assert_in_range, low_bits
from circuits.gadgets.logic import (
    assert_boolean,
    assert_equal,
    assert_product_is_zero,
    is_equal,
    is_zero,
    select,
)
from circuits.utxo import CODES, PUBLIC_NAMES
from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.kind import NoteKind
from payy_ref.ledger.note import Address, InputNote, Note, NoteValue, Psi, SecretKey
from payy_ref.ledger.transaction import Statement, check_statement, public_inputs_of
from payy_ref.proofs.backend import BackendName, backend, default_backend
from payy_ref.proofs.gates import CONSTRAINTS, Gate, Row
from payy_ref.proofs.system import EMPTY_ROW, UNUSED, Builder, Circuit
from payy_ref.testing.circuit_faults import Plan, Trial
from spec.circuits.necessity_cases import (
    ALIASES,
    ANSWERS,
    CHANGES,
    PARAMETERS,
    STATEMENT_FIELDS,
    USUAL,
    Cases,
    alias,
    answered_inputs,
    block_base,
    block_cases,
    block_plan,
    change_scope,
    client_cases,
    exception,
    gadget_cases,
    gadgets,
)

BACKEND: Final = default_backend()
"""What whole systems are judged with."""

IS_THOROUGH: Final = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
"""Whether every label is searched for; else those of hashes and numbers are a sample."""

CLIENT_STRIDE: Final = 1 if IS_THOROUGH else 17
"""Of the rows inside hashes and numbers of the client's circuit, each so many is searched for."""

BLOCK_STRIDE: Final = 1 if IS_THOROUGH else 211
"""Of the labels of the block's circuit, each so many is searched for."""

EXPECTED_EXCEPTIONS: Final = {
    "payy-ref/utxo/1": {"zero": 2, "collision": 2},
    "block": {"zero": 2, "zeros": 16, "complement": 16, "collision": 1323},
}
"""How many labels of whole circuits no table breaks alone, by reason."""


def labels_of(plan: Plan) -> list[str]:
    """List all labels, copies last."""
    return [*plan.label_places, *plan.copy_places]


def search(cases: Cases, label: str) -> Trial | None:
    """Search for a table."""
    return (cases.broken_copy if label in cases.plan.copy_places else cases.fault)(label)


def check_labels(cases: Cases, labels: Sequence[str], judged_stride: int = 1) -> int:
    """Find a table for each label, none for exceptions; judge some by the whole system."""
    found = 0
    for i, label in enumerate(labels):
        reason = exception(cases.plan, label)
        if reason is not None and not IS_THOROUGH:
            continue
        trial = search(cases, label)
        if reason is not None:
            assert trial is None, f"{label} is broken alone, which was ruled out: {reason}"
            continue
        assert trial is not None, f"{label} is not broken alone"
        assert trial.labels() == [label]
        if i % judged_stride == 0:
            assert cases.plan.system.failures(trial.witness(), BACKEND) == [label]
        found += 1
    return found


def is_inside(label: str) -> bool:
    """Tell whether a label is one of many like it, in a hash or the digits of a number."""
    return "round[" in label or "/digits[" in label


# Gadgets


@evidence("PAYY-CIRCUITS-T01", part="each gadget as a circuit of its own")
@pytest.mark.parametrize("name", gadgets())
def test_constraints_of_gadget_are_needed(name: str) -> None:
    """Each constraint and copy of a gadget is broken alone, but for those that are ruled out."""
    cases = gadget_cases(name)
    labels = labels_of(cases.plan)
    if not IS_THOROUGH:
        labels = [label for i, label in enumerate(labels) if not is_inside(label) or i % 7 == 0]
    assert check_labels(cases, labels, judged_stride=5)


# Whole circuits


@evidence("PAYY-CIRCUITS-T01")
def test_constraints_of_client_are_needed() -> None:
    """Each constraint and copy of the client's circuit is broken alone."""
    cases = client_cases()
    labels = [
        label
        for i, label in enumerate(labels_of(cases.plan))
        if not is_inside(label) or i % CLIENT_STRIDE == 0
    ]
    reasons = Counter(filter(None, (exception(cases.plan, label) for label in labels)))
    assert reasons == EXPECTED_EXCEPTIONS[cases.plan.system.name]
    assert check_labels(cases, labels, judged_stride=20)


def statement_of(inputs: Mapping[str, int]) -> Statement:
    """Read a statement from the inputs of the client's circuit."""

    def note(name: str) -> Note:
        kind, value, address, psi = (
            FieldElement(inputs[f"{name}.{field}"]) for field in STATEMENT_FIELDS
        )
        return Note(
            kind=NoteKind(kind), value=NoteValue(value), address=Address(address), psi=Psi(psi)
        )

    def spent(name: str) -> InputNote:
        key = SecretKey(FieldElement(inputs[f"{name}.secret_key"]))
        return InputNote(note=note(name), secret_key=key)

    return Statement(
        input_notes=(spent("input_notes[0]"), spent("input_notes[1]")),
        output_notes=(note("output_notes[0]"), note("output_notes[1]")),
        burn_address=FieldElement(inputs["burn_address"]),
        public=public_inputs_of([FieldElement(inputs[name]) for name in PUBLIC_NAMES]),
    )


@evidence("PAYY-CIRCUITS-T01", part="each rule of the client's circuit keeps a false statement out")
def test_pitfall_07_without_a_constraint_a_false_statement_passes() -> None:
    """The constraint that a rule comes down to is all that stands against a refused statement."""
    cases = client_cases()
    broken = set()
    for label in cases.plan.label_places:
        if label.endswith(("/holds", "/agree", "/is_committed", "/is_value", "_has_no_value")):
            trial = cases.fault(label)
            assert trial is not None
            with pytest.raises(SpecError) as refusal:
                check_statement(statement_of(trial.inputs()))
            name = re.sub(r"\[\d+\]", "", label)
            (code,) = {code for rule, code in CODES.items() if name.startswith(rule)}
            assert refusal.value.code == code
            broken.add(code)
    assert broken == set(CODES.values()) - {ErrorCode.TRANSACTION_KIND_UNKNOWN}


@evidence("PAYY-CIRCUITS-T01", part="the block's circuit, minimal preset")
def test_constraints_of_block_are_needed() -> None:
    """Each constraint and copy of the block's circuit is broken alone; by default a sample is."""
    cases = block_cases()
    every = labels_of(cases.plan)
    reasons = Counter(filter(None, (exception(cases.plan, label) for label in every)))
    assert reasons == EXPECTED_EXCEPTIONS["block"]
    labels = every[::BLOCK_STRIDE]
    possible = [label for label in labels if exception(cases.plan, label) != "collision"]
    assert check_labels(cases, possible, judged_stride=20)


def test_what_only_a_collision_breaks_is_broken_where_the_root_is_free() -> None:
    """The topmost hashes that no sample breaks have twins, the first and the last, that are."""
    plan = block_plan()
    top = PARAMETERS.tree_depth - 1
    scopes = {
        "before": f"{change_scope(0)}/before/level[{top}]/",
        "after": f"{change_scope(CHANGES - 1)}/after/level[{top}]/",
    }
    for label in labels_of(plan):
        if exception(plan, label) == "collision":
            when = "before" if "/before/" in label else "after"
            tail = label.partition(f"/{when}/level[{top}]/")[2]
            twin = scopes[when] + tail
            assert tail
            assert twin in plan.label_places or "copy" in tail
            assert exception(plan, twin) is None


# What was ruled out


def test_no_other_constant_stands_for_zero_in_client() -> None:
    """
    Among the kinds of three notes, all rules "both kinds times their difference is z" give z = 0.

    a b (a - b) = a c (a - c) = b c (b - c) = z with z /= 0: the first two give a = b + c or b = c,
    then the first and the third c = 0. Counted in a small field.
    """
    p = 101
    a, b, c = np.meshgrid(*[np.arange(p)] * 3, indexing="ij")
    first, second, third = a * b * (a - b) % p, a * c * (a - c) % p, b * c * (b - c) % p
    assert not first[(first == second) & (second == third)].any()


@pytest.mark.parametrize("count", [5, 8, 16, 160])
def test_no_other_constant_stands_for_zero_beside_a_decomposition(count: int) -> None:
    """
    With z for 0, both parts of p - 1 would be z 4^steps and a little, and their sum is too large.

    A zero between two cells leaves only 0, -1/3, -2/3 and -1 for z.
    """
    rest = FIELD_BITS - count
    steps = -(-rest // 2)
    assert steps % 4, "there is a leading zero"
    top = (MODULUS - 1) >> count
    for digit in (1, 2, 3):
        z = -digit * pow(3, -1, MODULUS)
        least = 2 * z * 4**steps % MODULUS
        for sum_of_parts in (top, top - 1):
            assert (sum_of_parts - least) % MODULUS > 2 * (4**steps - 1)


@pytest.mark.parametrize("count", [5, 8, 16, 160])
def test_no_part_leaves_its_range_from_a_digit_too_many(count: int) -> None:
    """If one part of p - 1 is below 2^(rest + 2) but beyond 2^rest, the other is in no range."""
    rest = FIELD_BITS - count
    top = (MODULUS - 1) >> count
    assert top - 2**rest < 0
    assert MODULUS + top - 1 - 2 ** (rest + 2) >= 2**rest or rest + 2 >= FIELD_BITS


# The tool


def test_trials_agree_with_systems() -> None:
    """What is judged where it changed is what the whole system says, in both forms."""
    plan = client_cases().plan
    seen = set()
    for answer in ANSWERS["answers"][::40]:
        trial = Trial(plan, answered_inputs(answer))
        witness = trial.witness()
        assert witness == plan.circuit.fill(answered_inputs(answer))
        assert trial.labels() == plan.system.failures(witness, backend(BackendName.PLAIN))
        for name in ("message.value", "input_notes[0].kind", "output_notes[1].psi"):
            trial.put({plan.circuit.inputs[name]: 5}, pin=False)
            filled = plan.circuit.fill(trial.inputs())
            assert trial.witness() == filled
            assert trial.labels() == plan.system.failures(filled, BACKEND)
        seen.add(len(trial.labels()))
    assert len(seen) > 1


# Aliases


ALIASED_VALUES: Final = (0, 1, 2**254 - MODULUS - 1)
"""Values v for which v + p has as many bits as p."""


def bits_circuit(count: int) -> Circuit:
    """Write a decomposition."""
    builder = Builder("aliases")
    low_bits(builder, "slot", builder.private("value"), count)
    return builder.build()


@evidence("PAYY-CIRCUITS-T06", part="bits of an alias")
@pytest.mark.parametrize("count", [8, 160])
@pytest.mark.parametrize("value", ALIASED_VALUES)
def test_alias_fails_where_p_is_compared(count: int, value: int) -> None:
    """With the bits of v + p, whatever the borrow, only the comparison with p - 1 fails."""
    circuit = bits_circuit(count)
    plan = Plan(circuit)
    base = Trial(plan, {"value": value})
    assert not base.failing
    seen = set()
    for borrow in ("honest", "none", "any"):
        trial = alias(base, "slot", value + MODULUS, borrow)
        failures = circuit.system.failures(trial.witness(), BACKEND)
        assert failures == trial.labels()
        assert failures
        allowed = ("slot/low_gap_in_range", "slot/high_gap_in_range", "slot/borrow_is_bit")
        assert all(label.startswith(allowed) for label in failures)
        seen.add(tuple(failures))
    assert len(seen) > 1


@pytest.mark.parametrize("count", [8, 160])
def test_each_part_of_the_comparison_catches_an_alias_alone(count: int) -> None:
    """For each part there is an alias that only it catches."""
    plan = Plan(bits_circuit(count))
    for part, (value, added, borrow) in ALIASES.items():
        trial = alias(Trial(plan, {"value": value}), "slot", value + added, borrow)
        assert [label.split("/")[1] for label in trial.labels()] == [part]


@pytest.mark.parametrize("note", range(2))
def test_amounts_end_at_the_limit(note: int) -> None:
    """An output of 2^240 - 1 is in range; at 2^240 the range of this output alone fails."""
    plan = client_cases().plan
    answer = next(
        a for a in ANSWERS["answers"] if a["refused"] is None and int(a["public"][4], 16) == 1
    )
    name = f"output_notes[{note}].value"
    for value, expected in (
        (2**240 - 1, []),
        (2**240, [f"outputs[{note}]/value_in_range/is_value"]),
    ):
        witness = plan.circuit.fill(answered_inputs(answer) | {name: value})
        failures = plan.system.failures(witness, BACKEND)
        assert [label for label in failures if label.startswith("outputs[")] == expected


# All tables over a small field


SMALL_PRIME: Final = 13
"""A field in which everything can be tried; its modulus has four bits."""


def tables(circuit: Circuit, prime: int, given: Mapping[str, int]) -> Iterator[dict[int, int]]:
    """List all satisfying tables over a small field, as values of variables; by backtracking."""
    system = circuit.system

    def centred(value: int) -> int:
        return value - MODULUS if value > MODULUS // 2 else value

    constants = [
        [centred(column[row]) for column in system.constants] for row in range(system.rows)
    ]
    cells = system.cells.T.tolist()
    # A row is judged when the last of its variables is set.
    judged: dict[int, list[int]] = {}
    for row in range(system.rows):
        if system.gates[row] != EMPTY_ROW and row >= system.public_count:
            below = cells[row + 1] if system.gates[row] != Gate.ARITHMETIC else []
            judged.setdefault(max((*cells[row], *below)), []).append(row)
    fixed = {int(circuit.inputs[name]): value % prime for name, value in given.items()}
    values = [0] * (circuit.variable_count + 1)

    def remainders(row: int) -> list[int]:
        results = CONSTRAINTS[Gate(system.gates[row])](
            Row(
                wires=[values[v] for v in cells[row]],
                below=[values[v] for v in cells[row + 1 if row + 1 < system.rows else 0]],
                constants=constants[row],
                one=1,
            )
        )
        return [result % prime for result in results]

    def candidates(variable: int) -> Sequence[int]:
        """Solve a row that is linear in the variable, so that not all values are tried."""
        if variable in fixed:
            return (fixed[variable],)
        for row in judged.get(variable, ()):
            if system.gates[row] == Gate.ARITHMETIC and cells[row].count(variable) == 1:
                values[variable] = 0
                at_zero = remainders(row)[0]
                values[variable] = 1
                slope = (remainders(row)[0] - at_zero) % prime
                if slope:
                    return (-at_zero * pow(slope, -1, prime) % prime,)
        return range(prime)

    def complete(variable: int) -> Iterator[list[int]]:
        if variable == circuit.variable_count:
            yield values.copy()
            return
        for value in candidates(variable):
            values[variable] = value
            if not any(any(remainders(row)) for row in judged.get(variable, ())):
                yield from complete(variable + 1)
        values[variable] = 0

    assert values[UNUSED] == 0
    yield from (dict(enumerate(found)) for found in complete(0))


def written(*names: str) -> tuple[Builder, list]:  # type: ignore[type-arg]
    """Begin a small circuit."""
    builder = Builder("small")
    return builder, [builder.private(name) for name in names]


@evidence("PAYY-CIRCUITS-T02", part="all tables over a small field", exhaustive="p = 13")
def test_logic_over_a_small_field() -> None:
    """For all inputs of each piece of logic, the tables that satisfy it say what it is called."""
    p = SMALL_PRIME
    builder, (a, b) = written("a", "b")
    zero, equal = is_zero(builder, "zero", a), is_equal(builder, "equal", a, b)
    circuit = builder.build()
    for x, y in choices(range(p), repeat=2):
        answers = {(t[zero], t[equal]) for t in tables(circuit, p, {"a": x, "b": y})}
        assert answers == {(int(x == 0), int(x == y))}

    builder, (bit, one, other) = written("bit", "one", "other")
    assert_boolean(builder, "bit", bit)
    chosen = select(builder, "choice", bit, one, other)
    circuit = builder.build()
    for t, x, y in choices(range(p), repeat=3):
        answers_ = {f[chosen] for f in tables(circuit, p, {"bit": t, "one": x, "other": y})}
        assert answers_ == ({x if t else y} if t in {0, 1} else set())

    builder, (a, b) = written("a", "b")
    assert_equal(builder, "equal", a, b)
    same = builder.build()
    builder, (a, b) = written("a", "b")
    assert_product_is_zero(builder, "product", a, b)
    nothing = builder.build()
    for x, y in choices(range(p), repeat=2):
        assert bool(list(tables(same, p, {"a": x, "b": y}))) == (x == y)
        assert bool(list(tables(nothing, p, {"a": x, "b": y}))) == (not x or not y)


@evidence(
    "PAYY-CIRCUITS-T02", part="ranges and bits over small fields", exhaustive="p = 11, 13, 23, 29"
)
@pytest.mark.parametrize("prime", [11, 13, 23, 29])
def test_ranges_and_bits_over_small_fields(prime: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    With another modulus, a number has a table just if it is in range, and just one set of bits.

    As in the field of the network, at least two bits stay above the low ones.
    """
    width = prime.bit_length()
    monkeypatch.setattr(bits, "MODULUS", prime)
    monkeypatch.setattr(bits, "FIELD_BITS", width)
    for bits_ in range(1, width):
        builder, (value,) = written("value")
        assert_in_range(builder, "range", value, bits_)
        circuit = builder.build()
        for x in range(prime):
            assert bool(list(tables(circuit, prime, {"value": x}))) == (x < 2**bits_)
    for count in range(1, width - 1):
        builder, (value,) = written("value")
        found = low_bits(builder, "bits", value, count)
        circuit = builder.build()
        for x in range(prime):
            answers = {tuple(t[bit] for bit in found) for t in tables(circuit, prime, {"value": x})}
            assert answers == {tuple(x >> i & 1 for i in range(count))}


# Hostile tables of the block


@evidence("PAYY-CIRCUITS-T05", part="cheating answers and hints")
@pytest.mark.parametrize("is_refused", [False, True])
def test_no_answer_turns_the_validity_bit(is_refused: bool) -> None:
    """A prover who gives a false answer to any question breaks a constraint, in all blocks."""
    plan = block_plan()
    base = block_base(0, USUAL, is_refused=is_refused)
    claim = plan.circuit.inputs["is_valid"]
    assert base.values[claim] == int(not is_refused)
    hints = [v for node in plan.nodes if node.row is None for v in node.step.outputs]
    step = 1 if IS_THOROUGH else 17
    for hint in hints[::step]:
        for wrong in (base.values[hint] + 1, 0, 1):
            trial = base.copy()
            trial.put({claim: 1 - base.values[claim], hint: wrong})
            assert trial.failing


def test_paths_that_lead_elsewhere_are_refused() -> None:
    """A wrong occupant or sibling of any change breaks the constraint that binds its path."""
    plan = block_plan()
    for change in range(CHANGES):
        place, j = divmod(change, 4)
        for name in ("occupant", "siblings[0]", f"siblings[{PARAMETERS.tree_depth - 1}]"):
            for is_refused in (False, True):
                trial = block_base(change, USUAL, is_refused=is_refused).copy()
                variable = plan.circuit.inputs[f"places[{place}].changes[{j}].{name}"]
                trial.put({variable: trial.values[variable] + 1})
                assert f"{change_scope(change)}/path_leads_to_root" in trial.labels()
