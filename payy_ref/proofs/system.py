"""
Constraint systems: a circuit is written once, and gives keys, witnesses and verdicts.

A circuit is a table of rows with four wires. Its author places rows (`Builder.row`) over variables;
cells that hold the same variable are bound to each other by copy constraints. Every constraint has
a label that does not depend on where its row stands: the scopes it was written in, the row's name
and, where the gate has several constraints, which of them.

Beside the rows a circuit has steps, which say how its variables follow from the inputs. They fill
witnesses and bind nothing: what a prover may do is said by rows and copies alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NewType

import numpy as np
from numpy.typing import NDArray

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs.backend import Backend
from payy_ref.proofs.gates import CONSTANTS, CONSTRAINTS, WIRES, Gate, Row, constraint_names

Variable = NewType("Variable", int)
"""A value that cells share."""

UNUSED: Final = Variable(-1)
"""What a cell holds that no constraint reads."""

Constants = tuple[int, int, int, int]
"""The four constants of a row."""

NO_CONSTANTS: Final[Constants] = (0, 0, 0, 0)

Cell = tuple[int, int]
"""A place in the table: wire, row."""

SMALLEST_SIZE: Final = 16
"""Keys are made for this many rows at least."""

EMPTY_ROW: Final = -1
"""Stands for the gate of a row without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How some variables follow from others."""

    function: Callable[..., Sequence[int]]
    """Takes integers in [0, r) and gives integers, which are reduced."""
    inputs: tuple[Variable, ...]
    """What it takes."""
    outputs: tuple[Variable, ...]
    """What it gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A filled table; a test may edit any cell of it."""

    wires: tuple[list[int], ...]
    """Four columns of n integers in [0, r)."""
    public: tuple[int, ...]
    """The public inputs that the verifier is told."""

    def with_cells(self, values: Mapping[Cell, int]) -> "Witness":
        """Put other values into cells; nothing else follows."""
        wires = tuple(list(column) for column in self.wires)
        for (wire, row), value in values.items():
            wires[wire][row] = value % MODULUS
        return replace(self, wires=wires)

    def with_public(self, index: int, value: int) -> "Witness":
        """Tell the verifier another public input."""
        changed = (*self.public[:index], value % MODULUS, *self.public[index + 1 :])
        return replace(self, public=changed)


@dataclass(frozen=True, kw_only=True)
class System:
    """A circuit as the proof system sees it: rows and copies. Built by `Builder`."""

    name: str
    """The circuit's identity; part of its keys."""
    size: int
    """n: the number of rows, a power of two."""
    rows: int
    """Rows in use; those below them have no gate."""
    public_names: tuple[str, ...]
    """The public inputs; input i stands in wire 3 of row i."""
    gates: NDArray[np.int8]
    """The gate of each row, or `EMPTY_ROW`."""
    constants: tuple[list[int], ...]
    """Four columns of n constants."""
    cells: NDArray[np.int32]
    """Of shape (4, n): the variable of each cell, or `UNUSED`."""
    row_labels: tuple[str, ...]
    """A label for each row in use."""

    @property
    def public_count(self) -> int:
        """The number of public inputs."""
        return len(self.public_names)

    @cached_property
    def permutation(self) -> NDArray[np.int64]:
        """
        Link the cells of each variable to a cycle.

        Returns:
            Of shape (4, n): the cell that follows each cell, as wire * n + row.
        """
        flat = self.cells.reshape(-1).astype(np.int64)
        following = np.arange(flat.size, dtype=np.int64)
        order = np.argsort(flat, kind="stable")
        order = order[flat[order] != UNUSED]
        groups = flat[order]
        last = np.ones(len(order), dtype=bool)
        last[:-1] = groups[:-1] != groups[1:]
        first_of_group = order[np.concatenate(([True], last[:-1]))] if len(order) else order
        following[order[~last]] = order[1:][~last[:-1]]
        following[order[last]] = first_of_group
        return following.reshape(WIRES, self.size)

    @cached_property
    def first_cells(self) -> NDArray[np.int64]:
        """Give for each cell, flat, the first cell of its variable, which copies refer to."""
        flat = self.cells.reshape(-1)
        first = np.arange(flat.size, dtype=np.int64)
        used = np.flatnonzero(flat != UNUSED)
        _, at, group = np.unique(flat[used], return_index=True, return_inverse=True)
        first[used] = used[at][group]
        return first

    def constraint_labels(self) -> Iterator[str]:
        """List the labels of all constraints that rows make, in the order of rows."""
        for row, label in enumerate(self.row_labels):
            if self.gates[row] != EMPTY_ROW:
                names = constraint_names(Gate(self.gates[row]))
                yield from (constraint_label(label, name) for name in names)

    def copy_labels(self) -> Iterator[str]:
        """List the labels of all copy constraints: cells after the first of their variable."""
        for cell in np.flatnonzero(self.first_cells != np.arange(WIRES * self.size)):
            yield self.copy_label(int(cell))

    def copy_label(self, cell: int) -> str:
        """Give the label of the constraint that binds a cell to the first of its variable."""
        wire, row = divmod(cell, self.size)
        return f"{self.row_labels[row]}:copy[{wire}]"

    def row_of(self, label: str) -> int:
        """Find the row of a label, whether of the row or of one of its constraints."""
        return self._rows[label.partition(":")[0]]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {label: row for row, label in enumerate(self.row_labels)}

    def failures(self, witness: Witness, backend: Backend) -> list[str]:
        """
        List the labels of the constraints that a witness breaks, in the order of rows.

        Copy constraints come after those of the rows.

        Requirements:
            PAYY-CIRCUITS-001, PAYY-CIRCUITS-002
        """
        failing: list[tuple[int, str]] = []
        columns = [backend.column(column) for column in witness.wires]
        below = [backend.next_row(column) for column in columns]
        constants = [backend.column(column) for column in self.constants]
        public = backend.column([*witness.public, *[0] * (self.size - self.public_count)])
        for gate, constraints in CONSTRAINTS.items():
            rows = np.flatnonzero(self.gates == gate)
            if not len(rows):
                continue
            values = constraints(
                Row(
                    wires=[backend.take(column, rows) for column in columns],
                    below=[backend.take(column, rows) for column in below],
                    constants=[backend.take(column, rows) for column in constants],
                    one=backend.one(len(rows)),
                )
            )
            if gate is Gate.ARITHMETIC:
                values[0] = values[0] + backend.take(public, rows)
            for name, value in zip(constraint_names(gate), values, strict=True):
                failing += [
                    (int(row), constraint_label(self.row_labels[row], name))
                    for row, remainder in zip(rows, backend.integers(value), strict=True)
                    if remainder
                ]
        flat = [value for column in witness.wires for value in column]
        copies = [
            self.copy_label(cell)
            for cell, first in enumerate(self.first_cells.tolist())
            if flat[cell] != flat[first]
        ]
        return [label for _, label in sorted(failing, key=lambda found: found[0])] + copies


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """A constraint system and how to fill it."""

    system: System
    """Rows and copies."""
    inputs: Mapping[str, Variable]
    """Public and private inputs by name; the public ones first."""
    steps: tuple[Step, ...]
    """What follows from the inputs, in order."""
    variable_count: int
    """The number of variables."""
    hints: Mapping[Variable, str]
    """Names of variables that no row computes from others; the rows only check them."""

    def fill(self, inputs: Mapping[str, int], edits: Mapping[Cell, int] | None = None) -> Witness:
        """
        Compute the witness that follows from the inputs.

        Nothing is judged here: a witness of false inputs breaks constraints, `System.failures`
        says which.

        Args:
            inputs: a value in [0, r) for every input.
            edits: cells whose variables keep a value of the caller's choice, whatever the steps
                say; what follows from them follows from that value. A test isolates a constraint
                in this way.

        Raises:
            ValueError: an input is missing, unknown or not a field element.
        """
        if inputs.keys() != self.inputs.keys():
            missing = sorted(self.inputs.keys() - inputs.keys())
            unknown = sorted(inputs.keys() - self.inputs.keys())
            raise ValueError(f"inputs missing: {missing}; unknown: {unknown}")
        if not all(0 <= value < MODULUS for value in inputs.values()):
            raise ValueError("an input is not below the field's modulus")

        # One place more: what `UNUSED` points at, at the end, stays 0.
        values = [0] * (self.variable_count + 1)
        for name, value in inputs.items():
            values[self.inputs[name]] = value
        pinned = {int(self.system.cells[cell]): value for cell, value in (edits or {}).items()}
        if UNUSED in pinned:
            raise ValueError("an edited cell holds no variable; use Witness.with_cells")
        for variable, value in pinned.items():
            values[variable] = value % MODULUS
        for step in self.steps:
            results = step.function(*[values[variable] for variable in step.inputs])
            for variable, value in zip(step.outputs, results, strict=True):
                if variable not in pinned:
                    values[variable] = value % MODULUS
        wires = tuple([values[i] for i in column.tolist()] for column in self.system.cells)
        public = tuple(wires[3][: self.system.public_count])
        return Witness(wires=wires, public=public)


class Builder:
    """Takes down a circuit while its author's functions run."""

    def __init__(self, name: str) -> None:
        """Begin a circuit with nothing in it."""
        self._name = name
        self._scopes: list[str] = []
        self._prefix = ""
        self._gates: list[int] = []
        self._constants: tuple[list[int], ...] = tuple([] for _ in range(CONSTANTS))
        self._cells: tuple[list[int], ...] = tuple([] for _ in range(WIRES))
        self._labels: list[str] = []
        self._steps: list[Step] = []
        self._hints: dict[Variable, str] = {}
        self._inputs: dict[str, Variable] = {}
        self._public_names: list[str] = []
        self._values: dict[int, Variable] = {}
        self._count = 0

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Put a name before the labels of what is written inside."""
        self._scopes.append(name)
        self._prefix = "".join(f"{scope}/" for scope in self._scopes)
        try:
            yield
        finally:
            self._scopes.pop()
            self._prefix = "".join(f"{scope}/" for scope in self._scopes)

    def public(self, name: str) -> Variable:
        """Add a public input; all of them come before any other row."""
        if len(self._labels) != len(self._public_names):
            raise ValueError("public inputs come before everything else")
        variable = self.private(name)
        self._public_names.append(name)
        self.row(Gate.ARITHMETIC, (UNUSED, UNUSED, UNUSED, variable), name=f"public/{name}")
        return variable

    def private(self, name: str) -> Variable:
        """Add an input that only the prover knows."""
        if name in self._inputs:
            raise ValueError(f"input {name} exists")
        self._inputs[name] = self._new()
        return self._inputs[name]

    def constant(self, value: int) -> Variable:
        """Give a variable that always has this value."""
        value %= MODULUS
        if value not in self._values:
            variable = self.derive(lambda: (value,), ())[0]
            prefix, self._prefix = self._prefix, ""
            cells = (UNUSED, UNUSED, UNUSED, variable)
            self.row(Gate.ARITHMETIC, cells, (0, 0, 0, value), name=f"constant[{value}]")
            self._prefix = prefix
            self._values[value] = variable
        return self._values[value]

    def derive(
        self,
        function: Callable[..., Sequence[int]],
        inputs: Sequence[Variable],
        count: int = 1,
        *,
        hint: str | None = None,
    ) -> tuple[Variable, ...]:
        """
        Make variables that follow from others when the table is filled; nothing is bound.

        Args:
            function: computes them.
            inputs: what it takes.
            count: how many they are.
            hint: what to call them where no row computes them.
        """
        outputs = tuple(self._new() for _ in range(count))
        if hint is not None:
            names = [hint] if count == 1 else [f"{hint}[{i}]" for i in range(count)]
            self._hints |= dict(zip(outputs, names, strict=True))
        self._steps.append(Step(function=function, inputs=tuple(inputs), outputs=outputs))
        return outputs

    def row(
        self,
        gate: Gate | None,
        wires: Sequence[Variable],
        constants: Constants = NO_CONSTANTS,
        *,
        name: str,
    ) -> None:
        """Add a row below the others; without a gate it is there for the row above to speak of."""
        self._gates.append(EMPTY_ROW if gate is None else gate)
        for column, variable in zip(self._cells, wires, strict=True):
            column.append(variable)
        for column, value in zip(self._constants, constants, strict=True):
            column.append(value % MODULUS)
        self._labels.append(self._prefix + name)

    def arithmetic(
        self,
        name: str,
        constants: Constants,
        left: Variable = UNUSED,
        right: Variable = UNUSED,
        addend: Variable = UNUSED,
    ) -> Variable:
        """Give q0 left right + q1 left + q2 addend + q3."""
        q0, q1, q2, q3 = constants

        def compute(left: int, right: int, addend: int) -> tuple[int]:
            return (q0 * left * right + q1 * left + q2 * addend + q3,)

        result = self.derive(compute, (left, right, addend))[0]
        self.bind_arithmetic(name, constants, left, right, addend, result=result)
        return result

    def bind_arithmetic(
        self,
        name: str,
        constants: Constants,
        left: Variable = UNUSED,
        right: Variable = UNUSED,
        addend: Variable = UNUSED,
        *,
        result: Variable,
    ) -> None:
        """Bind `result` to q0 left right + q1 left + q2 addend + q3."""
        q0, q1, q2, _ = constants
        if any(
            cell == UNUSED
            for cell, factor in ((left, q0 or q1), (right, q0), (addend, q2))
            if factor
        ):
            raise ValueError(f"row {self._prefix}{name} reads a cell that holds nothing")
        self.row(Gate.ARITHMETIC, (left, right, addend, result), constants, name=name)

    def build(self) -> Circuit:
        """
        Close the circuit.

        Raises:
            ValueError: two rows have one label.
        """
        repeated = [label for label, count in Counter(self._labels).items() if count > 1]
        if repeated:
            raise ValueError(f"labels are not unique: {repeated[:3]}")
        rows = len(self._labels)
        size = max(SMALLEST_SIZE, 1 << (rows - 1).bit_length())
        fill = size - rows
        cells = np.array([[*column, *[UNUSED] * fill] for column in self._cells], dtype=np.int32)
        system = System(
            name=self._name,
            size=size,
            rows=rows,
            public_names=tuple(self._public_names),
            gates=np.array([*self._gates, *[EMPTY_ROW] * fill], dtype=np.int8),
            constants=tuple([*column, *[0] * fill] for column in self._constants),
            cells=cells,
            row_labels=tuple(self._labels),
        )
        return Circuit(
            system=system,
            inputs=self._inputs,
            steps=tuple(self._steps),
            variable_count=self._count,
            hints=self._hints,
        )

    def _new(self) -> Variable:
        self._count += 1
        return Variable(self._count - 1)


def constraint_label(row_label: str, name: str) -> str:
    """Join a row's label and a constraint's name; rows of one constraint need no name."""
    return row_label if name == "arithmetic" else f"{row_label}:{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDescription:
    """A row in use, for exchange with other tools."""

    label: str
    """The row's label."""
    gate: str
    """The gate's name, or `NO_GATE`."""
    constants: tuple[int, ...]
    """Its four constants."""
    cells: tuple[int, ...]
    """The variables of its four cells, numbered from 1; 0 for none."""


NO_GATE: Final = "none"
"""Stands for the gate of a row without one in descriptions."""

LARGEST_DESCRIBED: Final = 2**20
"""Rows of the largest system that is read from a description."""


def describe_rows(system: System) -> tuple[RowDescription, ...]:
    """Describe the rows in use."""
    return tuple(
        RowDescription(
            label=label,
            gate=NO_GATE if gate == EMPTY_ROW else Gate(gate).name.lower(),
            constants=tuple(column[row] for column in system.constants),
            cells=tuple(int(variable) + 1 for variable in system.cells[:, row]),
        )
        for row, (label, gate) in enumerate(zip(system.row_labels, system.gates, strict=False))
    )


def checked_system(
    name: str, size: int, public_names: Sequence[str], rows: Sequence[RowDescription]
) -> System:
    """
    Read a constraint system from its description.

    Requirements:
        PAYY-CIRCUITS-001

    Raises:
        SpecError: `CIRCUIT_SYSTEM_MALFORMED`.
    """
    gates = {NO_GATE: EMPTY_ROW, **{gate.name.lower(): int(gate) for gate in Gate}}
    highest = np.iinfo(np.int32).max

    # CHECK
    is_described = (
        size.bit_count() == 1
        and size <= LARGEST_DESCRIBED
        and len(public_names) <= len(rows) <= size
        and len({row.label for row in rows}) == len(rows)
        and not any(":" in row.label for row in rows)
        and all(row.gate in gates for row in rows)
        and all(cell <= highest for row in rows for cell in row.cells)
    )
    require(is_described, ErrorCode.CIRCUIT_SYSTEM_MALFORMED)

    # COMPUTE
    unused = [0] * (size - len(rows))
    return System(
        name=name,
        size=size,
        rows=len(rows),
        public_names=tuple(public_names),
        gates=np.array([*(gates[row.gate] for row in rows), *[EMPTY_ROW] * len(unused)], np.int8),
        constants=tuple([*(row.constants[i] for row in rows), *unused] for i in range(CONSTANTS)),
        cells=np.array(
            [[*(row.cells[wire] for row in rows), *unused] for wire in range(WIRES)], np.int64
        ).astype(np.int32)
        - 1,
        row_labels=tuple(row.label for row in rows),
    )


def checked_witness(
    system: System, rows: Sequence[Sequence[int]], public: Sequence[int]
) -> Witness:
    """
    Read a witness from its rows in use; the cells of others are 0.

    Requirements:
        PAYY-CIRCUITS-001

    Raises:
        SpecError: `CIRCUIT_WITNESS_SHAPE`.
    """
    # CHECK
    has_shape = len(rows) == system.rows and len(public) == system.public_count
    require(has_shape, ErrorCode.CIRCUIT_WITNESS_SHAPE)

    # COMPUTE
    unused = [0] * (system.size - system.rows)
    wires = tuple([*(row[wire] for row in rows), *unused] for wire in range(WIRES))
    return Witness(wires=wires, public=tuple(public))
