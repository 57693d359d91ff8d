"""
Determinism of whole circuits: every variable follows from the inputs, by one rule or another.

What is known spreads from the inputs through the rows. Each rule is an instance of something that
is proved elsewhere, and reads the rows alone, never the steps that fill them:

* a value that occurs once in a constraint, linearly with a constant factor, follows from the rest;
* a number whose next digits are known to be digits, and which stays below p with them, gives back
  the number before them (`circuit_integers.digit_step`);
* likewise a sum of a number below 2^i and of 2^i times a bit (`circuit_integers.bit_step`);
* the answer of `is_zero` follows from its value, its inverse does not (`circuit_gadgets`);
* the two parts of a field element follow from it, if the rows of `low_bits` compare them with
  p - 1 (`circuit_integers.low_bits_are_canonical`).

The last two are recognised by the rows that the gadgets write today, and bounds of numbers are
collected from constants, bits, digits and equalities.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from circuits.gadgets.bits import FIELD_BITS, low_bits
from circuits.gadgets.logic import assert_boolean, assert_equal, is_zero
from payy_ref.assurance.circuit_equations import Polynomial, constant, unknown
from payy_ref.crypto.field import MODULUS
from payy_ref.proofs.gates import CONSTRAINTS, DIGIT_BASE, WIRES, Gate, Row, constraint_names
from payy_ref.proofs.system import (
    EMPTY_ROW,
    UNUSED,
    Builder,
    Circuit,
    Constants,
    System,
    Variable,
    constraint_label,
)

Place = tuple[int, int]
"""A constraint: its row, and which of the row's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagation:
    """What follows from the inputs of a circuit."""

    undetermined: tuple[str, ...]
    """Cells whose variable does not follow, by the label of their row, one for each variable."""
    hints: tuple[str, ...]
    """Those that may differ: inverses in `is_zero`, which no other row reads."""
    determining: frozenset[Place]
    """Constraints by which something followed; the others judge what follows anyway."""
    bounds: Mapping[int, int]
    """Variables that are below a bound as integers."""

    @property
    def closes(self) -> bool:
        """Whether everything but hints is determined."""
        return set(self.undetermined) <= set(self.hints)


def propagate(
    circuit: Circuit,
    *,
    dropped: Collection[Place] = (),
    untold: Collection[str] = (),
) -> Propagation:
    """
    Find what follows from the inputs of a circuit.

    Args:
        circuit: whose inputs, rows and copies are read, and no steps.
        dropped: constraints to leave out.
        untold: inputs to take for unknown; of a public one, the row that tells it is left out.
    """
    spread = _Spread(circuit, dropped=frozenset(dropped), untold=frozenset(untold))
    spread.run()
    return spread.result()


def place_label(system: System, place: Place) -> str:
    """Give the label of a constraint."""
    row, index = place
    return constraint_label(
        system.row_labels[row], constraint_names(Gate(system.gates[row]))[index]
    )


def places(system: System) -> Iterator[Place]:
    """List the constraints that a circuit writes, without the rows that hold public inputs."""
    for row in range(system.public_count, system.rows):
        if system.gates[row] != EMPTY_ROW:
            for index in range(len(constraint_names(Gate(system.gates[row])))):
                yield row, index


# Constraints, read from the gates


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What one constraint of a gate reads, for given zeros among the row's constants."""

    cells: tuple[int, ...]
    """0 to 3 for the row, 4 to 7 for the row below."""
    linear: frozenset[int]
    """Those that occur in one term, alone, with a factor that is not 0."""


@cache
def _readings(gate: int, is_set: tuple[bool, ...]) -> tuple[_Reading, ...]:
    """Read the constraints of a gate as polynomials; constants of a row are unknowns or 0."""
    row: Row[Polynomial] = Row(
        wires=[unknown(f"c{i}") for i in range(WIRES)],
        below=[unknown(f"c{WIRES + i}") for i in range(WIRES)],
        constants=[unknown(f"q{i}") if some else constant(0) for i, some in enumerate(is_set)],
        one=constant(1),
    )
    readings = []
    for polynomial in CONSTRAINTS[Gate(gate)](row):
        terms = [
            [int(name[1:]) for name in monomial if name[0] == "c"] for monomial in polynomial.terms
        ]
        cells = sorted({cell for term in terms for cell in term})
        linear = {cell for cell in cells if [term for term in terms if cell in term] == [[cell]]}
        readings.append(_Reading(cells=tuple(cells), linear=frozenset(linear)))
    return tuple(readings)


# Gadgets, recognised by their rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """Rows that stand below each other, up to the names of their variables."""

    constants: tuple[Constants, ...]
    """Of each row; all are arithmetic."""
    cells: tuple[tuple[int, ...], ...]
    """The variable of each cell, or `UNUSED`."""
    names: Mapping[str, int]
    """Variables with a role."""


def _pattern(circuit: Circuit, labels: Sequence[str], names: Mapping[str, Variable]) -> _Pattern:
    """Take rows of a gadget for a pattern."""
    system = circuit.system
    rows = [system.row_of(label) for label in labels]
    if any(system.gates[row] != Gate.ARITHMETIC for row in rows):
        raise ValueError("a pattern has arithmetic rows")
    return _Pattern(
        constants=tuple(_constants(system.constants, row) for row in rows),
        cells=tuple(tuple(int(v) for v in system.cells[:, row]) for row in rows),
        names={name: int(variable) for name, variable in names.items()},
    )


@cache
def _is_zero_pattern() -> _Pattern:
    builder = Builder("is_zero")
    value = builder.private("value")
    answer = is_zero(builder, "gadget", value)
    circuit = builder.build()
    system = circuit.system
    row = system.row_of("gadget/answer")
    inverse, zero = Variable(int(system.cells[1, row])), builder.constant(0)
    names = {"value": value, "inverse": inverse, "answer": answer, "zero": zero}
    return _pattern(circuit, ["gadget/answer", "gadget/value_or_answer"], names)


LOW_BITS_ROWS: Final = ("is_value", "borrow_is_bit", "low_gap", "high_gap")
"""The rows of `low_bits` that make its parts canonical, given the ranges of four of their cells."""


@cache
def low_bits_circuit(count: int) -> Circuit:
    """Write `low_bits` into a circuit of its own, as `gadget`, for an input `value`."""
    builder = Builder(f"low_bits[{count}]")
    low_bits(builder, "gadget", builder.private("value"), count)
    return builder.build()


def low_bits_variables(count: int) -> dict[str, Variable]:
    """Name the variables of the rows in `LOW_BITS_ROWS`."""
    system = low_bits_circuit(count).system
    places = {
        "high": ("is_value", 0),
        "low": ("is_value", 2),
        "value": ("is_value", 3),
        "borrow": ("borrow_is_bit", 0),
        "low_gap": ("low_gap", 3),
        "high_gap": ("high_gap", 3),
    }
    return {
        name: Variable(int(system.cells[wire, system.row_of(f"gadget/{label}")]))
        for name, (label, wire) in places.items()
    }


@cache
def _low_bits_pattern(count: int) -> _Pattern:
    labels = [f"gadget/{label}" for label in LOW_BITS_ROWS]
    return _pattern(low_bits_circuit(count), labels, low_bits_variables(count))


def low_bits_bounds(count: int) -> dict[str, int]:
    """Give the bounds under which the parts are canonical (`circuit_integers`)."""
    low, high = 2**count, 2 ** (FIELD_BITS - count)
    return {"low": low, "low_gap": low, "high": high, "high_gap": high}


@cache
def _constants_of_row(gadget: str) -> Constants:
    """Give the constants of the one row that a gadget writes."""
    builder = Builder(gadget)
    value, other = builder.private("value"), builder.private("other")
    if gadget == "assert_boolean":
        assert_boolean(builder, "row", value)
    else:
        assert_equal(builder, "row", value, other)
    system = builder.build().system
    return _constants(system.constants, system.row_of("row"))


def _constants(columns: Sequence[Sequence[int]], row: int) -> Constants:
    return columns[0][row], columns[1][row], columns[2][row], columns[3][row]


# Spreading


class _Spread:
    """What is known so far."""

    def __init__(
        self, circuit: Circuit, *, dropped: frozenset[Place], untold: frozenset[str]
    ) -> None:
        system = circuit.system
        self._system = system
        self._dropped = dropped
        self._gates = system.gates[: system.rows].tolist()
        self._constants = list(zip(*(c[: system.rows] for c in system.constants), strict=True))
        self._cells = self._numbered_cells(circuit.variable_count)
        self._known = bytearray(circuit.variable_count + WIRES * system.size)
        for name, variable in circuit.inputs.items():
            self._known[variable] = name not in untold and name not in system.public_names
        self._skipped = {i for i, name in enumerate(system.public_names) if name in untold}
        self._determining: set[Place] = set()
        self._uses = Counter(system.cells.reshape(-1).tolist())
        self._is_constant_row = [
            row >= system.public_count
            and gate == Gate.ARITHMETIC
            and not any(self._constants[row][:3])
            and (row, 0) not in dropped
            for row, gate in enumerate(self._gates)
        ]
        self._plain_rows = [row for row in range(system.rows) if not self._is_constant_row[row]]
        self._plain_index = {row: i for i, row in enumerate(self._plain_rows)}
        self._zero = {
            self._cells[row][3]
            for row in range(system.rows)
            if self._is_constant_row[row] and self._constants[row][3] == 0
        }
        self._hints: set[int] = set()
        self._readings = [
            () if gate == EMPTY_ROW else _readings(gate, tuple(value != 0 for value in constants))
            for gate, constants in zip(self._gates, self._constants, strict=True)
        ]
        self._bits = self._find_bits()
        self._bounds = self._find_bounds()

    def _numbered_cells(self, count: int) -> list[tuple[int, ...]]:
        """Give each cell its variable; one that holds none is a variable of its own."""
        system = self._system
        own = count + np.arange(system.cells.size).reshape(system.cells.shape)
        cells = np.where(system.cells == UNUSED, own, system.cells).T
        rows = [tuple(row) for row in cells[: system.rows + 1].tolist()]
        rows += [tuple(cells[0].tolist())] * (system.rows + 1 - len(rows))
        return [(*row, *below) for row, below in pairwise(rows)]

    # Bounds

    def _find_bits(self) -> frozenset[int]:
        """Collect variables that a row makes bits."""
        boolean = _constants_of_row("assert_boolean")
        return frozenset(
            cells[0]
            for row, (gate, cells) in enumerate(zip(self._gates, self._cells, strict=True))
            if gate == Gate.ARITHMETIC
            and self._constants[row] == boolean
            and cells[0] == cells[1] == cells[3]
            and (row, 0) not in self._dropped
        )

    def _find_bounds(self) -> dict[int, int]:
        """Collect what is below a bound: constants, bits, and numbers made of digits or bits."""
        bounds = dict.fromkeys(self._bits, 2)
        bounds |= {
            self._cells[row][3]: self._constants[row][3] + 1
            for row in range(len(self._gates))
            if self._is_constant_row[row]
        }
        equality = _constants_of_row("assert_equal")
        for row, gate in enumerate(self._gates):
            cells, constants = self._cells[row], self._constants[row]
            if gate == Gate.DIGITS:
                for index in range(WIRES):
                    bound = bounds.get(cells[index], MODULUS) * DIGIT_BASE
                    if bound <= MODULUS and (row, index) not in self._dropped:
                        _lower(bounds, cells[index + 1], bound)
            elif gate == Gate.ARITHMETIC and (row, 0) not in self._dropped:
                if constants == equality:
                    for one, other in ((cells[0], cells[3]), (cells[3], cells[0])):
                        if one in bounds:
                            _lower(bounds, other, bounds[one])
                elif self._appends_bit(cells, constants, bounds):
                    _lower(bounds, cells[3], 2 * constants[1])
        return bounds

    def _appends_bit(
        self, cells: Sequence[int], constants: Constants, bounds: Mapping[int, int]
    ) -> bool:
        """Tell whether a row puts a bit above a number that is below its weight."""
        weight = constants[1]
        return (
            constants == (0, weight, 1, 0)
            and 2 * weight <= MODULUS
            and cells[0] in self._bits
            and bounds.get(cells[2], MODULUS) <= weight
        )

    # Rules

    def run(self) -> None:
        """Go through the rows until nothing new follows; turn back where something does."""
        waiting: list[int] = []
        for row in range(len(self._gates)):
            if self._gates[row] == EMPTY_ROW or row in self._skipped:
                continue
            moved, rests = self._visit(row)
            if rests:
                waiting.append(row)
            while moved and waiting:
                moved, rests = self._visit(waiting[-1])
                if not rests:
                    waiting.pop()
                    moved = True
        moved = True
        while moved:
            moved = False
            rest = []
            for row in waiting:
                progress, rests = self._visit(row)
                moved |= progress
                if rests:
                    rest.append(row)
            waiting = rest[::-1]

    def _visit(self, row: int) -> tuple[bool, bool]:
        """
        Apply the rules to a row.

        Returns:
            Whether something followed, and whether something in the row is still unknown.
        """
        known, cells, gate = self._known, self._cells[row], self._gates[row]
        moved = rests = False
        for index, reading in enumerate(self._readings[row]):
            if self._dropped and (row, index) in self._dropped:
                continue
            unknown_cells = [cell for cell in reading.cells if not known[cells[cell]]]
            if not unknown_cells:
                continue
            if len(unknown_cells) == 1 and unknown_cells[0] in reading.linear:
                known[cells[unknown_cells[0]]] = 1
                moved = True
                self._determining.add((row, index))
            elif gate == Gate.DIGITS:
                moved |= self._undo_digit(row, index)
            elif gate == Gate.ARITHMETIC:
                moved |= self._undo_bit(row) or self._answer_zero(row) or self._split(row)
            if any(not known[cells[cell]] for cell in unknown_cells):
                rests = True
        return moved, rests

    def _undo_digit(self, row: int, index: int) -> bool:
        """Let a number give back the one before its last digit, if no multiple of p is between."""
        cells = self._cells[row]
        before, after = cells[index], cells[index + 1]
        bound = self._bounds.get(before, MODULUS) * DIGIT_BASE
        if not self._known[after] or bound > MODULUS:
            return False
        self._known[before] = 1
        self._determining.add((row, index))
        return True

    def _undo_bit(self, row: int) -> bool:
        """Let a number give back its highest bit and the number below it."""
        cells = self._cells[row]
        if not self._known[cells[3]] or not self._appends_bit(
            cells, self._constants[row], self._bounds
        ):
            return False
        self._know(cells[0], cells[2])
        self._determining.add((row, 0))
        return True

    def _answer_zero(self, row: int) -> bool:
        """Let a value give the answer whether it is 0."""
        pattern = _is_zero_pattern()
        found = self._match(pattern, row)
        if not found or not self._known[found["value"]] or found["zero"] not in self._zero:
            return False
        if self._known[found["answer"]]:
            return False
        self._know(found["answer"])
        self._determining |= {(r, 0) for r in self._rows_below(row, len(pattern.cells))}
        if self._uses[found["inverse"]] == 1:
            self._hints.add(found["inverse"])
        return True

    def _split(self, row: int) -> bool:
        """Let a field element give its low and its high part, and the borrow of the comparison."""
        weight = self._constants[row][1]
        count = weight.bit_length() - 1
        is_sum = 1 <= count < FIELD_BITS - 1 and self._constants[row] == (0, 2**count, 1, 0)
        if not is_sum or not self._known[self._cells[row][3]]:
            return False
        pattern = _low_bits_pattern(count)
        found = self._match(pattern, row)
        if not found or not self._known[found["value"]] or found["borrow"] not in self._bits:
            return False
        if any(
            self._bounds.get(found[name], MODULUS) > bound
            for name, bound in low_bits_bounds(count).items()
        ):
            return False
        self._know(found["low"], found["high"], found["borrow"])
        self._determining |= {(r, 0) for r in self._rows_below(row, len(pattern.cells))}
        return True

    def _know(self, *variables: int) -> None:
        for variable in variables:
            self._known[variable] = 1

    def _rows_below(self, row: int, count: int) -> list[int]:
        """List a row and those below it, constants left out."""
        start = self._plain_index.get(row)
        return [] if start is None else self._plain_rows[start : start + count]

    def _match(self, pattern: _Pattern, row: int) -> dict[str, int] | None:
        """Compare rows from here on with a pattern; give the variables of its names."""
        if self._constants[row] != pattern.constants[0]:
            return None
        rows = self._rows_below(row, len(pattern.cells))
        if len(rows) < len(pattern.cells):
            return None
        found: dict[int, int] = {}
        for place, constants, cells in zip(rows, pattern.constants, pattern.cells, strict=True):
            if (
                self._gates[place] != Gate.ARITHMETIC
                or self._constants[place] != constants
                or (place, 0) in self._dropped
            ):
                return None
            for expected, variable in zip(cells, self._cells[place], strict=False):
                if expected != UNUSED and found.setdefault(expected, variable) != variable:
                    return None
        return {name: found[variable] for name, variable in pattern.names.items()}

    # The result

    def result(self) -> Propagation:
        """Collect what was found."""
        system = self._system
        open_cells: dict[int, str] = {}
        for row in range(len(self._gates)):
            if self._gates[row] == EMPTY_ROW:
                continue
            read = {cell for reading in self._readings[row] for cell in reading.cells}
            for cell in sorted(read):
                variable = self._cells[row][cell]
                if not self._known[variable]:
                    wire = f"w{cell}" if cell < WIRES else f"below[{cell - WIRES}]"
                    open_cells.setdefault(variable, f"{system.row_labels[row]}:{wire}")
        return Propagation(
            undetermined=tuple(open_cells.values()),
            hints=tuple(open_cells[v] for v in open_cells if v in self._hints),
            determining=frozenset(self._determining),
            bounds=self._bounds,
        )


def _lower(bounds: dict[int, int], variable: int, bound: int) -> None:
    bounds[variable] = min(bound, bounds.get(variable, bound))
