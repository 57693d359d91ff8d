"""Scenarios of constraint systems: each gate, copies, public inputs, gadgets, and their form."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from circuits.gadgets.bits import assert_in_range, low_bits
from circuits.gadgets.logic import assert_boolean, assert_equal, is_zero, select
from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode
from payy_ref.proofs.backend import default_backend
from payy_ref.proofs.gates import WIRES, Gate
from payy_ref.proofs.system import NO_CONSTANTS, UNUSED, Builder, Cell, Circuit, Constants, Variable
from payy_ref.vectors.model import case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.circuits.circuit_cases import (
    FIRST_OF_GATE,
    LAST,
    Example,
    arithmetic_gate,
    copies,
    digits_gate,
    empty,
    everything,
    example,
    hash_gate,
    honest_hash_gate,
    labels_of,
    path,
    rows_of_permutation,
    rules,
    table,
)
from spec.ledger.ledger_cases import in_words, json_of, with_field_missing

HASH_GATES: Final = tuple(FIRST_OF_GATE)


def breaks(
    vector: VectorWriter,
    name: str,
    made: Example,
    labels: Sequence[str],
    *,
    description: str,
    requirements: Sequence[str],
    flag: str,
) -> None:
    """State which constraints a witness breaks."""
    output = vector.accepts(
        f"circuit-failures-{name}",
        "circuit/failures",
        description=description,
        requirements=[*requirements, *rules(2)],
        flags=[flag],
        **made.given(),
    )
    assert list(output["labels"]) == list(labels), output


# Gates


@pytest.mark.parametrize("gate", HASH_GATES)
def test_rows_of_the_readable_permutation(vector: VectorWriter, gate: Gate) -> None:
    """
    The gates of the hash say what the permutation does.

    Given a row of each gate and the row below it from the readable permutation, when the
    witness is evaluated, then it breaks nothing.
    """
    name = gate.name.lower().replace("_", "-")
    breaks(
        vector,
        f"{name}-of-permutation",
        honest_hash_gate(gate),
        [],
        description=f"The row {in_words(name)} of a permutation, and the row below it.",
        requirements=rules(4),
        flag="GATE_OF_HASH",
    )


@pytest.mark.parametrize("gate", HASH_GATES)
def test_each_constraint_of_a_gate_of_the_hash(vector: VectorWriter, gate: Gate) -> None:
    """
    Each constraint of a gate is evaluated by itself, with all cells and constants that it reads.

    Given arbitrary cells and constants and a row below that follows from them, when one of its
    cells is one more and the cells after it follow, then one constraint is broken, and no other.
    """
    name = gate.name.lower().replace("_", "-")
    case_id = f"circuit-failures-{name}"
    wires = case_elements(case_id, WIRES, "wires")
    first, second, third, fourth = case_elements(case_id, WIRES, "constants")
    constants: Constants = (first, second, third, fourth)
    breaks(
        vector,
        f"{name}-any-cells",
        hash_gate(gate, wires, constants),
        [],
        description=f"A row {in_words(name)} of any cells and constants, with what follows below.",
        requirements=rules(4),
        flag="GATE_OF_HASH",
    )
    for index, label in enumerate(labels_of(gate)):
        breaks(
            vector,
            f"{name}-constraint-{index}",
            hash_gate(gate, wires, constants, {index: 1}),
            [label],
            description=f"A row {in_words(name)} that breaks its constraint {index} alone.",
            requirements=rules(4),
            flag="CONSTRAINT_MISSING",
        )
    breaks(
        vector,
        f"{name}-constraints-0-and-3",
        hash_gate(gate, wires, constants, {0: 1, 3: LAST}),
        [labels_of(gate)[0], labels_of(gate)[3]],
        description=f"A row {in_words(name)} that breaks its first and its last constraint.",
        requirements=rules(4),
        flag="FAILURE_ORDER",
    )


def test_a_whole_permutation(vector: VectorWriter) -> None:
    """
    25 rows are a permutation.

    Given a tree node as 25 rows, when the witness is evaluated, then nothing is broken, and the
    rows are those of the readable permutation.
    """
    made = everything()
    breaks(
        vector,
        "everything",
        made,
        [],
        description="A node and its sibling hash to the public parent; 32 rows with all gates.",
        requirements=rules(1, 3, 4, 5, 9),
        flag="GATE_OF_HASH",
    )
    start = made.system.row_of("hash/input")
    node, sibling, _, bit = made.rows[start]
    assert bit == 1
    assert made.rows[start + 1 : start + 25] == tuple(
        rows_of_permutation((sibling, node, 0, 2 * 2**64))[1:]
    )


ARITHMETIC: Final[Mapping[str, tuple[Constants, tuple[int, int, int], int]]] = {
    "product": ((1, 0, 0, 0), (3, 5, 7), 15),
    "first-cell": ((0, 1, 0, 0), (3, 5, 7), 3),
    "third-cell": ((0, 0, 1, 0), (3, 5, 7), 7),
    "constant": ((0, 0, 0, 11), (3, 5, 7), 11),
    "all-terms": ((2, 3, 5, 7), (11, 13, 17), 2 * 11 * 13 + 3 * 11 + 5 * 17 + 7),
    "wraps": ((1, 0, 0, 1), (LAST, LAST, 0), 2),
    "difference": ((0, 1, LAST, 0), (3, 0, 5), MODULUS - 2),
}
"""Constants, the first three cells, and what the fourth is."""


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic(vector: VectorWriter, name: str) -> None:
    """
    A row of arithmetic has four terms and a result.

    Given constants and cells, when the result is the sum of the terms, then nothing is broken; when
    it is one more or one less, the constraint of the row is, whose label is that of the row.
    """
    constants, (first, second, third), result = ARITHMETIC[name]
    for suffix, more, labels in (("", 0, []), ("-more", 1, ["row[0]"]), ("-less", -1, ["row[0]"])):
        breaks(
            vector,
            f"arithmetic-{name}{suffix}",
            arithmetic_gate((first, second, third, (result + more) % MODULUS), constants),
            labels,
            description=f"A row of arithmetic, {in_words(name)}: the result"
            + (f" is one {suffix[1:]}." if suffix else " is right."),
            requirements=rules(3),
            flag="CONSTRAINT_MISSING" if more else "GATE_OF_ARITHMETIC",
        )


@pytest.mark.parametrize("digit", [0, 1, 2, 3])
def test_digits(vector: VectorWriter, digit: int) -> None:
    """
    A step appends a digit of base 4.

    Given a number to which a digit is appended four times, when the witness is evaluated, then
    nothing is broken.
    """
    breaks(
        vector,
        f"digits-{digit}",
        digits_gate(6, [digit] * 4),
        [],
        description=f"The digit {digit} is appended four times to a number.",
        requirements=rules(5),
        flag="DIGIT_RANGE",
    )


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(("name", "digit"), [("four", 4), ("minus-one", -1)])
def test_each_constraint_of_digits(vector: VectorWriter, place: int, name: str, digit: int) -> None:
    """
    There are four digits, 0 to 3.

    Given a step that appends 4 or -1, when the witness is evaluated, then its constraint is broken
    and no other.
    """
    appended = [3, 0, 2, 1]
    appended[place] = digit
    breaks(
        vector,
        f"digits-constraint-{place}-{name}",
        digits_gate(1, appended),
        [labels_of(Gate.DIGITS)[place]],
        description=f"Step {place} of a row of digits appends {digit}.",
        requirements=rules(5),
        flag="DIGIT_RANGE",
    )


def test_rows_without_a_gate(vector: VectorWriter) -> None:
    """
    A row without a gate has no constraint.

    Given any cells and constants there, when the witness is evaluated, then nothing is broken; and
    a system without rows has no constraint.
    """
    cells = case_elements("circuit-failures-no-gate", WIRES)
    first, second, third, fourth = case_elements("circuit-failures-no-gate", WIRES, "constants")
    breaks(
        vector,
        "no-gate",
        table([(None, (first, second, third, fourth), cells)]),
        [],
        description="A row without a gate holds anything, whatever its constants.",
        requirements=rules(1),
        flag="CONSTRAINT_INVENTED",
    )
    breaks(
        vector,
        "no-rows",
        empty(),
        [],
        description="A system without rows in use breaks nothing.",
        requirements=rules(1),
        flag="CONSTRAINT_INVENTED",
    )


# The next row

ZEROS: Final = (0, 0, 0, 0)


def test_the_next_row(vector: VectorWriter) -> None:
    """
    Rows follow each other in a circle; those that are not in use hold zeros.

    Given a gate that reads the next row in the last row of the table, in the only one, and in the
    last one in use, when the witness is evaluated, then the first row is read, that very row, and
    zeros.
    """
    plain, step = (None, NO_CONSTANTS), (Gate.DIGITS, NO_CONSTANTS)
    last = "row[1]:digits[3]"
    cases = {
        "last-row": (table([(*plain, (2, 0, 0, 0)), (*step, ZEROS)], size=2), []),
        "last-row-wrong": (table([(*plain, (4, 0, 0, 0)), (*step, ZEROS)], size=2), [last]),
        "only-row": (table([(*step, ZEROS)], size=1), []),
        "only-row-wrong": (table([(*step, (0, 0, 0, 1))], size=1), ["row[0]:digits[3]"]),
        "last-in-use": (table([(*plain, (3, 0, 0, 0)), (*step, ZEROS)], size=4), []),
        "last-in-use-wrong": (
            table([(*plain, (3, 0, 0, 0)), (*step, (0, 0, 0, 1))], size=4),
            [last],
        ),
    }
    for name, (made, labels) in cases.items():
        breaks(
            vector,
            f"next-row-{name}",
            made,
            labels,
            description=f"What a row of digits reads below it: {in_words(name)}.",
            requirements=rules(5),
            flag="NEXT_ROW",
        )


# Copies

COPIES: Final[Mapping[str, tuple[Cell, Sequence[str]]]] = {
    "first-of-five": (
        (0, 1),
        ["row[0]:copy[1]", "row[2]:copy[1]", "row[1]:copy[2]", "row[2]:copy[3]"],
    ),
    "same-row": ((2, 1), ["row[1]:copy[2]"]),
    "earlier-row-later-wire": ((1, 0), ["row[0]:copy[1]"]),
    "same-wire": ((1, 2), ["row[2]:copy[1]"]),
    "last": ((3, 2), ["row[2]:copy[3]"]),
    "first-of-three": ((0, 3), ["row[2]:copy[2]", "row[0]:copy[3]"]),
    "no-variable": ((0, 0), []),
    "row-not-in-use": ((2, 9), []),
}
"""The cell that is changed, and what it breaks. The first is decided by wire, then by row."""


def test_copies(vector: VectorWriter) -> None:
    """
    Cells of one variable are equal.

    Given variables in several cells of rows without gates, when one cell differs, then its copy is
    broken; when it is the first one, all others are.
    """
    breaks(
        vector,
        "copies",
        copies(),
        [],
        description="Two variables in eight cells, all equal.",
        requirements=rules(1),
        flag="COPY_MISSING",
    )
    for name, (cell, labels) in COPIES.items():
        if cell[1] >= copies().system.rows:
            continue
        breaks(
            vector,
            f"copies-{name}",
            copies().with_cells({cell: 12}),
            labels,
            description=f"One cell has another value: {in_words(name)}.",
            requirements=rules(1),
            flag="COPY_MISSING",
        )
    apart = {(0, 1): 22, (1, 0): 22, (1, 2): 22, (2, 1): 22, (3, 2): 22}
    breaks(
        vector,
        "copies-of-equal-value",
        copies().with_cells(apart),
        [],
        description="Two variables of equal value.",
        requirements=rules(1),
        flag="CONSTRAINT_INVENTED",
    )


# Public inputs


def two_inputs() -> Example:
    """Make a system of three rows, the first two of public inputs."""
    builder = Builder("payy-ref/vectors/two-inputs")
    a, b = builder.public("a"), builder.public("b")
    builder.row(None, (a, UNUSED, b, UNUSED), name="copies")
    return example(builder.build(), a=9, b=5)


def test_public_inputs(vector: VectorWriter) -> None:
    """
    Public input i is cell 3 of row i.

    Given a satisfied system, when another public input is told or another cell stands in its place,
    then the row of that input is broken, and the copies of the cell.
    """
    made = two_inputs()
    a, b = made.public
    cases = {
        "right": (made, []),
        "other-first": (made.with_public(0, a + 1), ["public/a"]),
        "other-second": (made.with_public(1, b - 1), ["public/b"]),
        "exchanged": (made.with_public(0, b).with_public(1, a), ["public/a", "public/b"]),
        "zero": (made.with_public(1, 0), ["public/b"]),
        "other-cell": (
            made.with_cells({(3, 1): b + 1}).with_public(1, b + 1),
            ["public/b:copy[3]"],
        ),
    }
    for name, (changed, labels) in cases.items():
        breaks(
            vector,
            f"public-inputs-{name}",
            changed,
            labels,
            description=f"A system with two public inputs: {in_words(name)}.",
            requirements=rules(1, 3),
            flag="PUBLIC_INPUT_UNBOUND",
        )


# Order


def test_several_failures(vector: VectorWriter) -> None:
    """
    Labels are listed by row, within a row as in the gate, then copies wire by wire.

    Given a table with many wrong cells, when it is evaluated, then the labels come in this order.
    """
    made = everything()
    rows = {
        name: made.system.row_of(name) for name in ("hash/input", "range/digits[0]", "range/end")
    }
    changed = made.with_public(0, 5).with_cells(
        {(2, rows["range/digits[0]"]): 77, (0, rows["hash/input"]): 1, (0, rows["range/end"]): 0}
    )
    breaks(
        vector,
        "order-of-several",
        changed,
        [
            "public/parent",
            "hash/input:absorb[0]",
            "hash/input:absorb[1]",
            "hash/input:absorb[2]",
            "hash/input:absorb[3]",
            "range/digits[0]:digits[1]",
            "range/digits[0]:digits[2]",
            "range/digits[0]:digits[3]",
            "range/is_value:copy[0]",
        ],
        description="Wrong public input, wrong cells in rows of three gates, a wrong copy.",
        requirements=rules(1),
        flag="FAILURE_ORDER",
    )


# Form


def malformed(vector: VectorWriter, name: str, made: Mapping[str, Any], description: str) -> None:
    """State that a system is not one."""
    vector.rejects_raw(
        f"circuit-failures-system-{name}",
        "circuit/failures",
        ErrorCode.CIRCUIT_SYSTEM_MALFORMED,
        dict(made),
        description=description,
        requirements=rules(1),
        flags=["SYSTEM_FORM"],
    )


def one_input() -> Example:
    """Make a system of two rows, the first of a public input."""
    builder = Builder("payy-ref/vectors/one-input")
    builder.row(None, (builder.public("a"), UNUSED, UNUSED, UNUSED), name="copy")
    return example(builder.build(), a=5)


def with_system(given: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """Exchange fields of the system of an input."""
    return {**given, "system": {**given["system"], **fields}}


def test_systems_of_another_form(vector: VectorWriter) -> None:
    """
    A system is described by its rows in use.

    Given a system with a number of rows that is no power of two or too large, with more rows in use
    than rows, with one label twice, an unknown gate or more public inputs than rows in use, when it
    is read, then it is rejected.
    """
    given = json_of("circuit/failures", **one_input().given())
    rows = given["system"]["rows"]
    *others, last = rows
    for size in (0, 1, 3, 15, 17, 24, 2**21, 2**64):
        malformed(
            vector,
            f"{size}-rows",
            with_system(given, size=str(size)),
            f"A table of {size} rows is none for two rows in use.",
        )
    bent = {
        "label-twice": with_system(given, rows=[*others, {**last, "label": rows[0]["label"]}]),
        "label-with-colon": with_system(given, rows=[*others, {**last, "label": "a:copy[0]"}]),
        "unknown-gate": with_system(given, rows=[*others, {**last, "gate": "poseidon"}]),
        "gate-in-capitals": with_system(given, rows=[*others, {**last, "gate": "DIGITS"}]),
        "no-name-of-gate": with_system(given, rows=[*others, {**last, "gate": ""}]),
        "variable-of-more-than-31-bits": with_system(
            given, rows=[*others, {**last, "cells": [str(2**31), "0", "0", "0"]}]
        ),
        "more-public-inputs-than-rows": with_system(given, public_names=["a", "b", "c"]),
    }
    for name, changed in bent.items():
        malformed(vector, name, changed, f"A system is rejected: {in_words(name)}.")


def test_the_largest_system(vector: VectorWriter) -> None:
    """
    2^20 rows are read.

    Given a system of 2^20 rows without any in use, and a witness of one row, when it is evaluated,
    then the witness is what is wrong.
    """
    made = empty()
    vector.rejects(
        "circuit-failures-witness-of-largest-system",
        "circuit/failures",
        ErrorCode.CIRCUIT_WITNESS_SHAPE,
        description="A system of 2^20 rows is taken; a row of cells more than it uses is not.",
        requirements=rules(1),
        flags=["SYSTEM_FORM"],
        system=replace(
            made.system,
            size=2**20,
            gates=np.full(2**20, -1, np.int8),
            cells=np.full((WIRES, 2**20), -1, np.int32),
        ),
        witness=(ZEROS,),
        public_inputs=(),
    )


def test_systems_at_the_limit(vector: VectorWriter) -> None:
    """
    All rows may be in use, and all of them bind public inputs.

    Given as many rows in use as rows, or as many public inputs as rows in use, when the witness is
    evaluated, then nothing is broken.
    """
    full = table([(None, NO_CONSTANTS, (row, 0, 0, 0)) for row in range(8)], size=8)
    breaks(
        vector,
        "all-rows-in-use",
        full,
        [],
        description="Eight rows in use of eight.",
        requirements=rules(1),
        flag="SYSTEM_FORM",
    )
    builder = Builder("payy-ref/vectors/public")
    builder.public("a")
    builder.public("b")
    breaks(
        vector,
        "all-rows-public",
        example(builder.build(), a=1, b=LAST),
        [],
        description="Two public inputs in two rows in use.",
        requirements=rules(1, 3),
        flag="SYSTEM_FORM",
    )


def test_witnesses_of_another_shape(vector: VectorWriter) -> None:
    """
    A witness has a row of cells for each row in use, and the public inputs.

    Given a row or a public input too few or too many, or none at all, when the witness is
    evaluated, then it is rejected.
    """
    made = two_inputs()
    rows, public = made.rows, made.public
    shapes = {
        "no-rows": ((), public),
        "row-missing": (rows[:-1], public),
        "row-too-many": ((*rows, ZEROS), public),
        "row-twice": ((rows[0], *rows), public),
        "all-rows-of-table": ((*rows, *[ZEROS] * (16 - len(rows))), public),
        "no-public-inputs": (rows, ()),
        "public-input-missing": (rows, public[:-1]),
        "public-input-too-many": (rows, (*public, 0)),
    }
    for name, (cells, inputs) in shapes.items():
        vector.rejects(
            f"circuit-failures-witness-{name}",
            "circuit/failures",
            ErrorCode.CIRCUIT_WITNESS_SHAPE,
            description=f"A witness of another shape: {in_words(name)}.",
            requirements=rules(1),
            flags=["SYSTEM_FORM"],
            system=made.system,
            witness=cells,
            public_inputs=inputs,
        )


def test_malformed_input(vector: VectorWriter) -> None:
    """
    Systems and witnesses have a form.

    Given a field that is absent or null, a row with another number of cells or constants, or
    a number that is none, when the witness is evaluated, then the input is malformed.
    """
    given = json_of("circuit/failures", **one_input().given())
    system = given["system"]
    row, *rows = system["rows"]
    cells, *others = given["witness"]
    bent = {
        **with_field_missing(given),
        **{
            f"system-{name}": {**given, "system": changed}
            for name, changed in with_field_missing(system).items()
        },
        **{
            f"row-{name}": with_system(given, rows=[changed, *rows])
            for name, changed in with_field_missing(row).items()
        },
        "row-of-3-cells": with_system(given, rows=[{**row, "cells": row["cells"][1:]}, *rows]),
        "row-of-5-constants": with_system(
            given, rows=[{**row, "constants": [*row["constants"], row["constants"][0]]}, *rows]
        ),
        "variable-negative": with_system(
            given, rows=[{**row, "cells": ["-1", *row["cells"][1:]]}, *rows]
        ),
        "size-as-number": with_system(given, size=16),
        "witness-of-3-cells": {**given, "witness": [cells[1:], *others]},
        "witness-of-5-cells": {**given, "witness": [[*cells, cells[0]], *others]},
        "cell-of-31-bytes": {**given, "witness": [[cells[0][:-2], *cells[1:]], *others]},
    }
    for name, changed in bent.items():
        vector.rejects_malformed(
            f"circuit-failures-malformed-{name}",
            "circuit/failures",
            changed,
            description=f"An input that is not of the form: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )


def test_values_of_p_or_more(vector: VectorWriter) -> None:
    """
    Constants, cells and public inputs are field elements.

    Given p in one of these places, when the witness is evaluated, then it is rejected; p - 1 is
    taken.
    """
    given = json_of("circuit/failures", **two_inputs().given())
    beyond = f"0x{MODULUS:064x}"
    row, *rows = given["system"]["rows"]
    cells, *others = given["witness"]
    bent = {
        "constant": with_system(
            given, rows=[{**row, "constants": [beyond, *row["constants"][1:]]}, *rows]
        ),
        "cell": {**given, "witness": [[*cells[:-1], beyond], *others]},
        "public-input": {**given, "public_inputs": [beyond, *given["public_inputs"][1:]]},
    }
    for name, changed in bent.items():
        vector.rejects_raw(
            f"circuit-failures-{name}-of-p",
            "circuit/failures",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            changed,
            description=f"A {in_words(name)} of p is no field element.",
            requirements=["PAYY-HASH-001"],
            flags=["NON_CANONICAL_ACCEPTED"],
        )
    breaks(
        vector,
        "greatest-cell",
        table([(None, (LAST, LAST, LAST, LAST), (LAST, LAST, LAST, LAST))]),
        [],
        description="Cells and constants of p - 1 are taken.",
        requirements=["PAYY-HASH-001", *rules(1)],
        flag="NON_CANONICAL_ACCEPTED",
    )


# Gadgets


def cell_of(circuit: Circuit, variable: Variable) -> Cell:
    """Find the first cell of a variable."""
    wire, row = np.argwhere(circuit.system.cells == variable)[0]
    return int(wire), int(row)


def variable_at(circuit: Circuit, row: str, wire: int) -> Variable:
    """Find the variable of a cell."""
    return Variable(int(circuit.system.cells[wire, circuit.system.row_of(row)]))


def with_hints(circuit: Circuit, hints: Mapping[Variable, int], **inputs: int) -> Example:
    """Fill a circuit with values of the prover's own choice for some variables."""
    edits = {cell_of(circuit, variable): value for variable, value in hints.items()}
    return Example(system=circuit.system, witness=circuit.fill(inputs, edits))


@pytest.mark.parametrize(("name", "value"), [("0", 0), ("1", 1), ("2", 2), ("minus-1", LAST)])
def test_booleans(vector: VectorWriter, name: str, value: int) -> None:
    """
    A boolean is 0 or 1.

    Given 0, 1, 2 or -1, when it is asserted to be a boolean, then the first two are accepted.
    """
    builder = Builder("payy-ref/vectors/boolean")
    assert_boolean(builder, "is_bit", builder.private("value"))
    breaks(
        vector,
        f"boolean-{name}",
        example(builder.build(), value=value),
        [] if value in {0, 1} else ["is_bit"],
        description=f"{in_words(name)} as a boolean.",
        requirements=rules(6),
        flag="GADGET_BIT",
    )


@pytest.mark.parametrize("bit", [0, 1])
def test_selections(vector: VectorWriter, bit: int) -> None:
    """
    A selection gives one of two values.

    Given a bit, when a value is selected by it, then it is the one that the bit says, and the other
    one breaks the constraint.
    """
    builder = Builder("payy-ref/vectors/selection")
    result = builder.public("result")
    choice, one, zero = (builder.private(name) for name in ("bit", "one", "zero"))
    assert_equal(builder, "is_result", select(builder, "chosen", choice, one, zero), result)
    circuit = builder.build()
    chosen, other = (10, 20) if bit else (20, 10)
    for name, claimed, labels in (("right", chosen, []), ("other", other, ["is_result"])):
        breaks(
            vector,
            f"selection-by-{bit}-{name}",
            example(circuit, result=claimed, bit=bit, one=10, zero=20),
            labels,
            description=f"A selection by {bit}, with the {name} value.",
            requirements=rules(6),
            flag="GADGET_BIT",
        )


def test_comparisons_with_zero(vector: VectorWriter) -> None:
    """
    The comparison gives 1 for 0 and 0 for everything else, whatever the prover says.

    Given a value, an answer and any inverse, when the witness is evaluated, then a wrong answer
    breaks a constraint; for 0 the inverse does not matter.
    """
    builder = Builder("payy-ref/vectors/is-zero")
    answer, value = builder.public("answer"), builder.private("value")
    computed = is_zero(builder, "compare", value)
    assert_equal(builder, "is_answer", computed, answer)
    circuit = builder.build()
    inverse = variable_at(circuit, "compare/answer", 1)
    half = pow(2, -1, MODULUS)
    cases = {
        "of-0": ({}, 0, 1, []),
        "of-0-any-inverse": ({inverse: 77}, 0, 1, []),
        "of-0-denied": ({}, 0, 0, ["is_answer"]),
        "of-0-denied-in-cell": ({computed: 0}, 0, 0, ["compare/answer"]),
        "of-2": ({}, 2, 0, []),
        "of-greatest": ({}, LAST, 0, []),
        "of-2-claimed": ({}, 2, 1, ["is_answer"]),
        "of-2-inverse-0": ({inverse: 0}, 2, 1, ["compare/value_or_answer"]),
        "of-2-other-inverse": ({inverse: half + 1}, 2, MODULUS - 2, ["compare/value_or_answer"]),
        "of-2-claimed-in-cell": (
            {computed: 1},
            2,
            1,
            ["compare/answer", "compare/value_or_answer"],
        ),
    }
    for name, (hints, number, claimed, labels) in cases.items():
        breaks(
            vector,
            f"is-zero-{name}",
            with_hints(circuit, hints, answer=claimed, value=number),
            labels,
            description=f"Comparison with zero: {in_words(name)}.",
            requirements=rules(6),
            flag="GADGET_IS_ZERO",
        )


@pytest.mark.parametrize(
    ("bits", "value"),
    [
        *((8, value) for value in (0, 1, 255, 256, LAST)),
        *((7, value) for value in (127, 128)),
        *((1, value) for value in (1, 2)),
        *((253, value) for value in (2**253 - 1, 2**253)),
    ],
)
def test_ranges(vector: VectorWriter, bits: int, value: int) -> None:
    """
    A value of a range of b bits is below 2^b.

    Given a width and a value, when the range is asserted, then values below 2^b are accepted.
    """
    builder = Builder("payy-ref/vectors/range")
    assert_in_range(builder, "range", builder.private("value"), bits)
    name = "greatest" if value == LAST else "limit" if value == 2**bits else str(value)
    name = "last" if value == 2**bits - 1 else name
    breaks(
        vector,
        f"range-{bits}-bits-{name}",
        example(builder.build(), value=value),
        [] if value < 2**bits else ["range/is_value"],
        description=f"{value} in a range of {bits} bits.",
        requirements=rules(5, 7),
        flag="GADGET_RANGE",
    )


def test_ranges_of_odd_width(vector: VectorWriter) -> None:
    """
    The first digit of an odd width is a bit, and the digits before it are zeros.

    Given 2^7 with its digits as they are, in a range of 7 bits, when the witness is evaluated, then
    the constraint on the first digit is broken; with digits in front of an even width, the copies
    of the zeros.
    """
    builder = Builder("payy-ref/vectors/range")
    value = builder.private("value")
    assert_in_range(builder, "range", value, 7)
    circuit = builder.build()
    hints = {variable_at(circuit, "range/digits[0]", 1): 2}
    hints |= {variable_at(circuit, "range/digits[0]", wire): 2 * 4 ** (wire - 1) for wire in (2, 3)}
    hints[variable_at(circuit, "range/end", 0)] = 128
    breaks(
        vector,
        "range-7-bits-limit-first-digit-2",
        with_hints(circuit, hints, value=128),
        ["range/first_digit_is_bit"],
        description="128 in a range of 7 bits with the first digit 2.",
        requirements=rules(5, 7),
        flag="GADGET_RANGE",
    )
    builder = Builder("payy-ref/vectors/range")
    assert_in_range(builder, "range", builder.private("value"), 4)
    made = example(builder.build(), value=5)
    first, end, last = (
        made.system.row_of(f"range/{name}") for name in ("digits[0]", "end", "is_value")
    )
    # 69 is 1, 0, 1, 1 in base 4: two digits more than the width has.
    cells = {(1, first): 1, (2, first): 4, (3, first): 17}
    cells |= {(0, end): 69, (0, last): 69, (3, last): 69}
    breaks(
        vector,
        "range-4-bits-too-many-digits",
        made.with_cells(cells),
        ["range/digits[0]:copy[1]", "range/digits[0]:copy[2]"],
        description="69 in a range of 4 bits, with digits where zeros have to be.",
        requirements=rules(5, 7),
        flag="GADGET_RANGE",
    )


def test_only_canonical_bits(vector: VectorWriter) -> None:
    """
    A field element has one decomposition into bits.

    Given an element and the low bits of the element plus p, when the witness is evaluated, then
    they break a constraint, as its own do not.
    """
    builder = Builder("payy-ref/vectors/low-bits")
    bits = low_bits(builder, "bits", builder.private("value"), 8)
    circuit = builder.build()
    high = variable_at(circuit, "bits/is_value", 0)
    value = 5 + MODULUS
    hints = {bit: value >> i & 1 for i, bit in enumerate(bits)} | {high: value >> 8}
    breaks(
        vector,
        "low-bits-of-5-plus-p",
        with_hints(circuit, hints, value=5),
        ["bits/high_gap_in_range/is_value"],
        description="The low bits of 5 + p stand for those of 5.",
        requirements=rules(8),
        flag="FIELD_ALIAS",
    )
    assert not circuit.system.failures(circuit.fill({"value": 5}), default_backend())


def test_paths(vector: VectorWriter) -> None:
    """
    A path leads to the root of its tree.

    Given a leaf and its path at depth 2, when a part of it is another one, then it does not lead to
    the root.
    """
    (other,) = case_elements("circuit-failures-path", 1)
    cases: dict[str, tuple[dict[str, int], Sequence[str]]] = {
        "-other-sibling": ({"sibling[0]": other}, ["is_root"]),
        "-bit-2": ({"bit[0]": 2}, ["is_bit[0]", "is_root"]),
    }
    for name, (changes, labels) in cases.items():
        breaks(
            vector,
            f"path{name}",
            path(**changes),
            labels,
            description=f"The path of a leaf at depth 2{in_words(name)}.",
            requirements=rules(9, 13),
            flag="PATH_FORGERY",
        )
