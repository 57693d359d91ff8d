"""
Witnesses with one fault: a table in which everything holds but one constraint.

A fault is put into a filled table, and what follows from it is computed anew, row by row, as the
constraints say. Where this breaks another constraint, inputs and hints are looked for that mend it;
only the constraint in question is never mended. Tables are judged where they changed; a test
compares this with `System.failures`.

To break a copy constraint its cell becomes a variable of its own.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Self

from payy_ref.crypto.field import MODULUS
from payy_ref.proofs.gates import CONSTRAINTS, WIRES, Gate, Row, constraint_names
from payy_ref.proofs.system import (
    EMPTY_ROW,
    UNUSED,
    Cell,
    Circuit,
    Step,
    System,
    Variable,
    Witness,
    constraint_label,
)

MOST_MENDS: Final = 5
"""A fault that asks for more repairs than this, one after the other, is given up."""

MOST_TRIES: Final = 60
"""A fault for which more repairs than this were tried is given up."""

Place = tuple[int, int]
"""A constraint: its row, and its number in the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What makes some variables: a row, the rows of a permutation, or a hint of the author's."""

    row: int | None
    """The row that makes it, or the first of a permutation; a hint has none."""
    step: Step
    """The author's step."""

    @property
    def is_permutation(self) -> bool:
        """Tell whether rows below take part."""
        return self.row is not None and len(self.step.outputs) > 1


class Plan:
    """A circuit with the rows that its steps stand for, and where its variables occur."""

    def __init__(self, circuit: Circuit) -> None:
        """Link steps and rows."""
        self.circuit = circuit
        self.system: System = circuit.system
        self.gates: list[int] = self.system.gates.tolist()
        self.rows: list[tuple[int, ...]] = [tuple(row) for row in self.system.cells.T.tolist()]
        self.constants = list(zip(*self.system.constants, strict=True))
        self.labels = self.system.row_labels
        self.split_variable = Variable(circuit.variable_count)
        self.names = {variable: name for name, variable in circuit.inputs.items()}
        self.places: list[list[Cell]] = [[] for _ in range(circuit.variable_count)]
        results: dict[tuple[int, ...], int] = {}
        for row, cells in enumerate(self.rows):
            for wire, variable in enumerate(cells):
                if variable != UNUSED:
                    self.places[variable].append((wire, row))
            if self.gates[row] == Gate.ARITHMETIC:
                results[cells] = row
        self.nodes = tuple(self._node(step, results) for step in circuit.steps)
        self.maker = {
            output: index for index, node in enumerate(self.nodes) for output in node.step.outputs
        }
        self.readers: list[list[int]] = [[] for _ in range(circuit.variable_count)]
        self.node_of_row: dict[int, int] = {}
        for index, node in enumerate(self.nodes):
            for variable in node.step.inputs:
                if variable != UNUSED:
                    self.readers[variable].append(index)
            if node.row is not None:
                height = 1 + (len(node.step.outputs) // WIRES if node.is_permutation else 0)
                self.node_of_row |= dict.fromkeys(range(node.row, node.row + height), index)

    def _node(self, step: Step, results: Mapping[tuple[int, ...], int]) -> Node:
        if len(step.outputs) > WIRES and step.outputs[0] != UNUSED:
            wire, below = self.places[step.outputs[0]][0]
            if wire == 0 and self.gates[below - 1] == Gate.ABSORB:
                return Node(row=below - 1, step=step)
        if len(step.outputs) == 1:
            inputs = step.inputs if len(step.inputs) == WIRES - 1 else (UNUSED,) * (WIRES - 1)
            row = results.get((*inputs, step.outputs[0]))
            return Node(row=row, step=step)
        return Node(row=None, step=step)

    @cached_property
    def label_places(self) -> dict[str, Place]:
        """Find constraints by their labels."""
        return {
            constraint_label(self.labels[row], name): (row, index)
            for row in range(self.system.rows)
            if self.gates[row] != EMPTY_ROW
            for index, name in enumerate(constraint_names(Gate(self.gates[row])))
        }

    @cached_property
    def copy_places(self) -> dict[str, Cell]:
        """Find copies by their labels."""
        first = self.system.first_cells.tolist()
        return {
            self.system.copy_label(cell): divmod(cell, self.system.size)
            for cell, other in enumerate(first)
            if cell != other
        }

    def label(self, place: Place) -> str:
        """Name a constraint."""
        row, index = place
        return constraint_label(self.labels[row], constraint_names(Gate(self.gates[row]))[index])

    def output(self, place: Place) -> int | None:
        """Give the variable that a constraint defines, if it defines one."""
        row, index = place
        node = self.node_of_row.get(row)
        if node is None:
            return None
        return self.rows[row + 1][index] if self.nodes[node].is_permutation else self.rows[row][3]


class Trial:
    """A table that is being edited; starts from a filled one."""

    def __init__(self, plan: Plan, inputs: Mapping[str, int]) -> None:
        """Fill the table without a fault."""
        self.plan = plan
        self.values = [0] * (plan.circuit.variable_count + 2)
        self.pinned: set[int] = set()
        self.split: Cell | None = None
        self.edits: dict[str, int] = {}
        self.with_faults: set[int] = set()
        for name, value in inputs.items():
            self.values[plan.circuit.inputs[name]] = value
        for node in plan.nodes:
            self._store(node.step.outputs, self._results(node))
        self.public = {i: 0 for i in range(0)}
        self.failing: set[Place] = set()
        self._judge(range(plan.system.rows), everything=True)

    def copy(self) -> Self:
        """Give a table of the same content."""
        other = object.__new__(type(self))
        other.plan, other.split = self.plan, self.split
        other.values = self.values.copy()
        other.pinned, other.failing = self.pinned.copy(), self.failing.copy()
        other.with_faults, other.edits = self.with_faults.copy(), self.edits.copy()
        other.public = self.public.copy()
        return other

    def cells(self, row: int) -> tuple[int, ...]:
        """List the variables of a row."""
        cells = self.plan.rows[row]
        if self.split is not None and self.split[1] == row:
            wire = self.split[0]
            return (*cells[:wire], self.plan.split_variable, *cells[wire + 1 :])
        return cells

    def split_cell(self, cell: Cell) -> None:
        """Let a cell be a variable of its own; its value stays, and rows go on to make it."""
        self.split = cell
        wire, row = cell
        variable = self.plan.rows[row][wire]
        self.values[self.plan.split_variable] = self.values[variable]
        node = self.plan.node_of_row.get(row)
        if node is not None and self.plan.nodes[node].is_permutation:
            self.with_faults.add(node)

    def makes_split(self) -> bool:
        """Tell whether the split cell is one that its row, or the row above, makes."""
        if self.split is None:
            return False
        wire, row = self.split
        index = self.plan.node_of_row.get(row)
        if index is None:
            return False
        node = self.plan.nodes[index]
        return row > (node.row or 0) if node.is_permutation else wire == WIRES - 1

    def put(self, changes: Mapping[int, int], *, pin: bool = True) -> None:
        """Give variables other values, and compute what follows."""
        waiting: list[int] = []
        touched: set[int] = set()
        for variable, value in changes.items():
            self.values[variable] = value % MODULUS
            if pin:
                self.pinned.add(variable)
            self._touch(variable, touched, waiting)
            maker = self.plan.maker.get(variable)
            if maker is not None and self.plan.nodes[maker].is_permutation and pin:
                self.with_faults.add(maker)
                heapq.heappush(waiting, maker)
        last = -1
        while waiting:
            index = heapq.heappop(waiting)
            if index == last:
                continue
            last = index
            node = self.plan.nodes[index]
            if index in self.with_faults:
                self._permute(node, touched, waiting)
                continue
            outputs = self._outputs(node)
            for variable, value in zip(outputs, self._results(node), strict=True):
                if variable not in self.pinned and self.values[variable] != value % MODULUS:
                    self.values[variable] = value % MODULUS
                    self._touch(variable, touched, waiting)
        self._judge(touched)

    def witness(self) -> Witness:
        """Give the table as a witness."""
        wires: tuple[list[int], ...] = tuple([] for _ in range(WIRES))
        for row in range(self.plan.system.size):
            for column, variable in zip(wires, self.cells(row), strict=True):
                column.append(self.values[variable])
        count = self.plan.system.public_count
        public = [
            (value + self.public.get(i, 0)) % MODULUS for i, value in enumerate(wires[3][:count])
        ]
        return Witness(wires=wires, public=tuple(public))

    def inputs(self) -> dict[str, int]:
        """Give the values of the circuit's inputs."""
        return {name: self.values[v] for name, v in self.plan.circuit.inputs.items()}

    def labels(self) -> list[str]:
        """List the labels that fail, in the order of rows, copies last."""
        labels = [self.plan.label(place) for place in sorted(self.failing)]
        if self.split is not None:
            wire, row = self.split
            if self.values[self.plan.split_variable] != self.values[self.plan.rows[row][wire]]:
                labels.append(self.plan.system.copy_label(wire * self.plan.system.size + row))
        return labels

    def residual(self, place: Place) -> int:
        """Evaluate one constraint."""
        return self._evaluate(place[0])[place[1]]

    def _results(self, node: Node) -> Sequence[int]:
        inputs: Sequence[int] = node.step.inputs
        if node.row is not None:
            inputs = self.cells(node.row)[: len(inputs)]
        return node.step.function(*[self.values[variable] for variable in inputs])

    def _outputs(self, node: Node) -> Sequence[int]:
        if node.row is not None and not node.is_permutation:
            return (self.cells(node.row)[WIRES - 1],)
        return node.step.outputs

    def _store(self, variables: Iterable[int], values: Iterable[int]) -> None:
        for variable, value in zip(variables, values, strict=True):
            self.values[variable] = value % MODULUS

    def _touch(self, variable: int, rows: set[int], waiting: list[int]) -> None:
        """Note the rows and nodes that read a variable."""
        plan = self.plan
        if variable == plan.split_variable:
            if self.split is None:
                raise ValueError("no cell is split")
            row = self.split[1]
            rows.update((row, row - 1))
            node = plan.node_of_row.get(row)
            if node is not None and not self.makes_split():
                heapq.heappush(waiting, node)
            return
        for _, row in plan.places[variable]:
            rows.update((row, row - 1))
        for reader in plan.readers[variable]:
            heapq.heappush(waiting, reader)

    def _permute(self, node: Node, touched: set[int], waiting: list[int]) -> None:
        """Compute the rows of a permutation one by one, but for cells that are pinned."""
        first = node.row or 0
        for row in range(first, first + len(node.step.outputs) // WIRES):
            touched.add(row)
            below = self.cells(row + 1)
            for index in range(WIRES):
                if below[index] in self.pinned:
                    continue
                old, self.values[below[index]] = self.values[below[index]], 0
                new = -self._evaluate(row)[index] % MODULUS
                self.values[below[index]] = new
                if new != old:
                    self._touch(below[index], touched, waiting)

    def _evaluate(self, row: int) -> list[int]:
        plan, values = self.plan, self.values
        results = CONSTRAINTS[Gate(plan.gates[row])](
            Row(
                wires=[values[variable] for variable in self.cells(row)],
                below=[values[variable] for variable in self.cells((row + 1) % len(plan.rows))],
                constants=plan.constants[row],
                one=1,
            )
        )
        if row < plan.system.public_count:
            results[0] += values[plan.rows[row][3]] + self.public.get(row, 0)
        return [value % MODULUS for value in results]

    def _judge(self, rows: Iterable[int], *, everything: bool = False) -> None:
        """
        Find out which constraints of these rows fail.

        Rows of a permutation without a fault hold by the way they are computed.
        """
        plan = self.plan
        for row in rows:
            if plan.gates[row] == EMPTY_ROW:
                continue
            node = plan.node_of_row.get(row)
            is_sound = node is not None and plan.nodes[node].is_permutation
            if is_sound and node not in self.with_faults and not everything:
                continue
            for index, value in enumerate(self._evaluate(row)):
                if value:
                    self.failing.add((row, index))
                else:
                    self.failing.discard((row, index))


Mend = Callable[[Trial], None]
"""A repair that the author of a search knows; it may do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How faults are mended."""

    plan: Plan
    """The circuit."""
    mend: Mend = field(default=lambda _: None)
    """What is tried after each edit."""

    def isolate(self, trial: Trial, target: Place | None) -> Trial | None:
        """
        Mend everything but one constraint.

        Args:
            target: the constraint that stays broken; None if a copy is.
        """
        return self._isolate(trial, target, MOST_MENDS, [MOST_TRIES])

    def _isolate(
        self, trial: Trial, target: Place | None, depth: int, tries: list[int]
    ) -> Trial | None:
        self.mend(trial)
        others = sorted(trial.failing - {target})
        if target is not None and target not in trial.failing:
            return None
        if not others:
            return trial
        if depth == 0:
            return None
        for row, index in others[:3]:
            if self.plan.gates[row] != Gate.ARITHMETIC:
                continue
            for variable in self.adjustable(row, trial):
                tries[0] -= 1
                if tries[0] < 0:
                    return None
                mended = self._solved(trial, (row, index), variable)
                if mended is None or len(mended.failing) > len(trial.failing) + 1:
                    continue
                found = self._isolate(mended, target, depth - 1, tries)
                if found is not None:
                    return found
        return None

    def adjustable(self, row: int, trial: Trial) -> list[int]:
        """List inputs and hints that a row's value follows from, without hashes between."""
        plan = self.plan
        found: dict[int, None] = {}
        waiting = [v for v in trial.cells(row) if v != UNUSED]
        seen: set[int] = set()
        while waiting:
            variable = waiting.pop()
            if variable in seen or variable in trial.pinned or variable == plan.split_variable:
                continue
            seen.add(variable)
            maker = plan.maker.get(variable)
            if maker is None:
                found[variable] = None
                continue
            node = plan.nodes[maker]
            if node.is_permutation:
                continue
            if node.row is None:
                found[variable] = None
                waiting += node.step.inputs
            else:
                waiting += [v for v in trial.cells(node.row)[:3] if v != UNUSED]
        public = plan.system.public_count
        return sorted(found, key=lambda v: (v in plan.maker, v >= public, v))

    def _solved(self, trial: Trial, place: Place, variable: int) -> Trial | None:
        """Solve a constraint for a variable that it depends on by a linear map."""
        before = trial.residual(place)
        probe = trial.copy()
        probe.put({variable: trial.values[variable] + 1})
        slope = (probe.residual(place) - before) % MODULUS
        if not slope:
            return None
        root = trial.values[variable] - before * pow(slope, -1, MODULUS)
        probe.put({variable: root})
        return None if probe.residual(place) else probe


def attacks(search: Search, base: Trial, target: Place) -> Iterator[Trial]:
    """Break a constraint in the ways that need no knowledge of the circuit."""
    plan = search.plan
    output = plan.output(target)
    if output is not None:
        value = base.values[output]
        for wrong in (1 - value if value in {0, 1} else value + 1, value + 1, 0, 2):
            if (wrong - value) % MODULUS:
                trial = base.copy()
                trial.put({output: wrong})
                yield trial
    row = target[0]
    if plan.gates[row] != Gate.ARITHMETIC:
        return
    held = base.copy()
    if output is not None:
        held.pinned.add(output)
    for variable in search.adjustable(row, held):
        value = base.values[variable]
        for wrong in (value + 1, 0, 1, value + 2, value - 1, value + 5):
            if (wrong - value) % MODULUS:
                trial = held.copy()
                trial.put({variable: wrong})
                if target in trial.failing:
                    yield trial
    # Hints that do not follow what they were made from.
    made = {v for node in plan.nodes if node.row is None for v in node.step.outputs}
    cone = {v for v in search.adjustable(row, held) if v in made}
    if cone:
        for variable in search.adjustable(row, held):
            if variable not in made:
                for wrong in (base.values[variable] + 1, 0, base.values[variable] + 2):
                    trial = held.copy()
                    trial.pinned |= cone
                    trial.put({variable: wrong})
                    if target in trial.failing:
                        yield trial
