"""Circuits are taken down, filled and judged; the same verdicts in both forms of columns."""

import json
from collections import defaultdict
from typing import Final

import numpy as np
import pytest

from circuits.utxo import utxo
from payy_ref.crypto.field import MODULUS
from payy_ref.operations.structures import SYSTEM
from payy_ref.proofs.backend import Backend, BackendName, backend
from payy_ref.proofs.gates import WIRES, Gate
from payy_ref.proofs.system import (
    EMPTY_ROW,
    NO_GATE,
    SMALLEST_SIZE,
    UNUSED,
    Builder,
    Circuit,
    checked_witness,
    describe_rows,
)

PLAIN: Final = backend(BackendName.PLAIN)

FORMS: Final = pytest.mark.parametrize(
    "form", [backend(name) for name in BackendName], ids=list(BackendName)
)


def squares() -> Circuit:
    """Write that a public number is the sum of a square and 3, and that a chain of digits holds."""
    builder = Builder("squares")
    total = builder.public("total")
    side = builder.private("side")
    with builder.scope("outer"):
        square = builder.arithmetic("square", (1, 0, 0, 0), side, side)
        with builder.scope("inner"):
            three = builder.constant(3)
            builder.bind_arithmetic("sum", (0, 1, 1, 0), square, addend=three, result=total)
    numbers = builder.derive(lambda: (1, 6, 27, 108, 432), (), 5)
    builder.row(Gate.DIGITS, numbers[:WIRES], name="digits")
    builder.row(None, (numbers[-1], UNUSED, UNUSED, UNUSED), name="end")
    return builder.build()


GOOD: Final = {"total": 52, "side": 7}
LABELS: Final = [
    "public/total",
    "outer/square",
    "constant[3]",
    "outer/inner/sum",
    *[f"digits:digits[{i}]" for i in range(4)],
]


@FORMS
def test_labels_of_broken_constraints(form: Backend) -> None:
    """A true witness breaks nothing; a false one what is false, in the order of rows."""
    circuit = squares()
    system = circuit.system
    assert list(system.constraint_labels()) == LABELS
    assert system.failures(circuit.fill(GOOD), form) == []
    assert system.failures(circuit.fill(GOOD | {"side": MODULUS - 7}), form) == []
    assert system.failures(circuit.fill(GOOD | {"total": 53}), form) == ["outer/inner/sum"]
    witness = circuit.fill(GOOD).with_public(0, 53)
    assert system.failures(witness, form) == ["public/total"]


@FORMS
def test_edits_are_followed_or_not(form: Backend) -> None:
    """A pinned cell takes what follows with it; an edited cell alone breaks its copies."""
    circuit = squares()
    system = circuit.system
    cell = (3, system.row_of("outer/square"))
    pinned = circuit.fill(GOOD | {"total": 53}, edits={cell: 50})
    assert system.failures(pinned, form) == ["outer/square"]
    edited = circuit.fill(GOOD).with_cells({cell: 50})
    broken = system.failures(edited, form)
    assert broken[0] == "outer/square"
    assert broken[1:] == [f"outer/square:copy[{WIRES - 1}]"]
    for wire in range(WIRES):
        digit = circuit.fill(GOOD).with_cells({(wire, system.row_of("digits:digits[0]")): 2**200})
        expected = [f"digits:digits[{i}]" for i in (wire - 1, wire) if i >= 0]
        assert system.failures(digit, form) == expected
    last = circuit.fill(GOOD).with_cells({(0, system.row_of("end")): 5})
    assert system.failures(last, form) == ["digits:digits[3]"]


@FORMS
def test_every_copy_is_judged(form: Backend) -> None:
    """A changed cell is named, or its copies are; cells without a variable bind nothing."""
    circuit = squares()
    system = circuit.system
    witness = circuit.fill(GOOD)
    flat = system.cells.reshape(-1)
    for cell in range(WIRES * system.size):
        wire, row = divmod(cell, system.size)
        changed = witness.with_cells({(wire, row): witness.wires[wire][row] + 1})
        copies = {label for label in system.failures(changed, form) if ":copy[" in label}
        others = np.flatnonzero(flat == flat[cell])
        if flat[cell] == UNUSED:
            assert not copies
        elif cell == others[0]:
            assert copies == {system.copy_label(int(other)) for other in others[1:]}
        else:
            assert copies == {system.copy_label(cell)}


def test_cycles_join_the_cells_of_each_variable() -> None:
    """The permutation is one cycle for each variable, and leaves unused cells where they are."""
    for system in (squares().system, utxo().system):
        following = system.permutation.reshape(-1)
        assert sorted(following.tolist()) == list(range(WIRES * system.size))
        flat = system.cells.reshape(-1).tolist()
        groups: dict[int, set[int]] = defaultdict(set)
        for cell, variable in enumerate(flat):
            if variable == UNUSED:
                assert following[cell] == cell
            else:
                groups[variable].add(cell)
        for group in groups.values():
            start = cell = min(group)
            walked = set()
            while cell not in walked:
                walked.add(cell)
                cell = int(following[cell])
            assert cell == start
            assert walked == group
        copies = list(system.copy_labels())
        assert len(copies) == len(set(copies)) == sum(len(group) - 1 for group in groups.values())


def test_rows_are_filled_up_to_a_power_of_two() -> None:
    """The table ends in empty rows; a small one has the smallest size."""
    system = squares().system
    assert system.size == SMALLEST_SIZE
    assert system.rows == len(system.row_labels) == 6
    assert (system.gates[system.rows :] == EMPTY_ROW).all()
    assert (system.cells[:, system.rows :] == UNUSED).all()
    assert utxo().system.size == 1024
    labels = [*utxo().system.constraint_labels(), *utxo().system.copy_labels()]
    assert len(labels) == len(set(labels))
    assert all(utxo().system.row_labels[utxo().system.row_of(x)] == x.split(":")[0] for x in labels)


def test_no_gate_of_the_last_row_reads_the_first() -> None:
    """A gate that reads the row below is not in the last row."""
    system = utxo().system
    for row in range(system.rows):
        if system.gates[row] not in {EMPTY_ROW, Gate.ARITHMETIC}:
            assert row + 1 < system.rows
            assert system.gates[row + 1] != Gate.ARITHMETIC


def test_public_inputs_come_first() -> None:
    """A public input after another row is the author's mistake."""
    builder = Builder("late")
    builder.constant(1)
    with pytest.raises(ValueError, match="before everything else"):
        builder.public("late")


def test_mistakes_of_authors_are_refused() -> None:
    """Names that are taken, labels that repeat, and rows that read nothing."""
    builder = Builder("mistakes")
    value = builder.private("value")
    with pytest.raises(ValueError, match="exists"):
        builder.private("value")
    with pytest.raises(ValueError, match="holds nothing"):
        builder.bind_arithmetic("product", (1, 0, 0, 0), value, result=value)
    builder.arithmetic("same", (0, 1, 0, 0), value)
    builder.arithmetic("same", (0, 1, 0, 0), value)
    with pytest.raises(ValueError, match="not unique"):
        builder.build()


def test_inputs_are_complete_and_reduced() -> None:
    """Missing and unknown inputs, numbers beyond the modulus, and edits of nothing are refused."""
    circuit = squares()
    with pytest.raises(ValueError, match="missing: \\['side'\\]"):
        circuit.fill({"total": 1})
    with pytest.raises(ValueError, match="unknown: \\['more'\\]"):
        circuit.fill(GOOD | {"more": 1})
    for value in (-1, MODULUS):
        with pytest.raises(ValueError, match="not below"):
            circuit.fill(GOOD | {"side": value})
    with pytest.raises(ValueError, match="holds no variable"):
        circuit.fill(GOOD, edits={(0, circuit.system.size - 1): 1})


def test_constants_are_shared() -> None:
    """One row makes a constant, whoever asks first and in whatever form."""
    builder = Builder("constants")
    with builder.scope("somewhere"):
        first = builder.constant(-1)
    assert builder.constant(MODULUS - 1) == first
    assert builder.build().system.row_labels == (f"constant[{MODULUS - 1}]",)


@pytest.mark.parametrize("circuit", [squares(), utxo()], ids=lambda one: one.system.name)
def test_a_system_survives_its_document(circuit: Circuit) -> None:
    """A system that is read from its JSON document has the same labels, copies and verdicts."""
    system = circuit.system
    document = SYSTEM.encode(system)
    again = SYSTEM.decode(json.loads(json.dumps(document)))
    assert SYSTEM.encode(again) == document
    assert again.public_names == system.public_names
    assert list(again.constraint_labels()) == list(system.constraint_labels())
    assert list(again.copy_labels()) == list(system.copy_labels())
    assert (again.permutation == system.permutation).all()
    witness = circuit.fill(dict.fromkeys(circuit.inputs, 3))
    rows = list(zip(*(column[: system.rows] for column in witness.wires), strict=True))
    read = checked_witness(again, rows, witness.public)
    assert read == witness
    assert again.failures(read, PLAIN) == system.failures(witness, PLAIN) != []


def test_rows_are_described_as_they_are() -> None:
    """Each row of a document has its label, its gate, its constants and its variables."""
    rows = describe_rows(squares().system)
    assert [row.label for row in rows] == list(squares().system.row_labels)
    assert [row.gate for row in rows] == [*["arithmetic"] * 4, "digits", NO_GATE]
    assert [row.constants for row in rows[1:4]] == [(1, 0, 0, 0), (0, 0, 0, 3), (0, 1, 1, 0)]
    public, square, three, total = (row.cells for row in rows[:4])
    assert square[0] == square[1]
    assert total == (square[3], 0, three[3], public[3])
