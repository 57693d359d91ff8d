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
from payy_ref.proofs.gates import CONSTRAINTS, DIGIT_BASE, WIRES, Gate, Row, constraint_names
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

DIGIT_BITS: Final = DIGIT_BASE.bit_length() - 1
"""Bits of a digit."""

FIRST_DIGIT: Final = "first_digit_is_bit"
"""What the row is called that asks for a bit at the beginning of a number of odd width."""

ZERO: Final = "constant[0]"
"""What the row is called that makes 0."""

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
        self.maker: dict[int, int] = {
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
        self.with_faults: set[int] = set()
        for name, value in inputs.items():
            self.values[plan.circuit.inputs[name]] = value
        for node in plan.nodes:
            self._store(node.step.outputs, self._results(node))
        self.told: dict[int, int] = {}
        self.failing: set[Place] = set()
        self._judge(range(plan.system.rows), everything=True)

    def copy(self) -> Self:
        """Give a table of the same content."""
        other = object.__new__(type(self))
        other.plan, other.split = self.plan, self.split
        other.values = self.values.copy()
        other.pinned, other.failing = self.pinned.copy(), self.failing.copy()
        other.with_faults = self.with_faults.copy()
        other.told = self.told.copy()
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

    def tell(self, index: int, error: int) -> None:
        """Tell the verifier a public input that is wrong by this."""
        self.told[index] = error
        self._judge([index])

    def witness(self) -> Witness:
        """Give the table as a witness."""
        wires: tuple[list[int], ...] = tuple([] for _ in range(WIRES))
        for row in range(self.plan.system.size):
            for column, variable in zip(wires, self.cells(row), strict=True):
                column.append(self.values[variable])
        count = self.plan.system.public_count
        public = [
            (value + self.told.get(i, 0)) % MODULUS for i, value in enumerate(wires[3][:count])
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
            results[0] += values[self.cells(row)[3]] + self.told.get(row, 0)
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
        Mend everything but one constraint, at first without a change of any hint.

        Args:
            target: the constraint that stays broken; None if a copy is.
        """
        stiff = trial.copy()
        for row, _ in trial.failing - {target}:
            if self.plan.gates[row] == Gate.ARITHMETIC:
                cone = self.adjustable(row, trial)
                stiff.pinned.update(v for v in cone if v in self.plan.maker)
        found = self._isolate(stiff, target, MOST_MENDS, [MOST_TRIES // 3])
        return found or self._isolate(trial, target, MOST_MENDS, [MOST_TRIES])

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
        for place in others[:3]:
            if self.plan.gates[place[0]] != Gate.ARITHMETIC:
                continue
            # Repairs that break the least are followed first.
            for mended in sorted(self._repairs(trial, place, tries), key=lambda t: len(t.failing)):
                if len(mended.failing) <= len(trial.failing) + 1:
                    found = self._isolate(mended, target, depth - 1, tries)
                    if found is not None:
                        return found
        return None

    def _repairs(self, trial: Trial, place: Place, tries: list[int]) -> list[Trial]:
        """List tables in which one constraint was solved for an input or a hint."""
        repairs = []
        for variable in self.adjustable(place[0], trial):
            tries[0] -= 1
            if tries[0] < 0:
                break
            mended = self._solved(trial, place, variable)
            if mended is not None:
                repairs.append(mended)
        return repairs

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
    if row < plan.system.public_count:
        trial = base.copy()
        trial.tell(row, 1)
        yield trial
    if plan.gates[row] == Gate.DIGITS:
        yield from _jumps(plan, base, target)
    if plan.labels[row].endswith(FIRST_DIGIT) or plan.labels[row] == ZERO:
        yield from _other_beginnings(plan, base, target)
    if plan.gates[row] != Gate.ARITHMETIC:
        return
    held = base.copy()
    if output is not None:
        held.pinned.add(output)
    for variable in search.adjustable(row, held):
        value = base.values[variable]
        maker = plan.maker.get(variable)
        # What came with it from one hint stays, so that other values follow in a simple way.
        others = set() if maker is None else set(plan.nodes[maker].step.outputs)
        for wrong in (value + 1, 0, 1, value + 2, value - 1, value + 5):
            if (wrong - value) % MODULUS:
                trial = held.copy()
                trial.pinned |= others
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitChain:
    """The numbers that rows of `DIGITS` build, one more digit each."""

    cells: tuple[Cell, ...]
    """All places, from the first zero to the number itself."""
    numbers: tuple[int, ...]
    """The variables after the zeros."""

    @property
    def leading(self) -> int:
        """Count the zeros besides the first."""
        return len(self.cells) - len(self.numbers) - 1

    def halted(self, value: int, start: int = 0) -> dict[int, int]:
        """Build a value from its digits, but with nothing before a place: there is one leap."""
        count = len(self.numbers)
        return {
            number: value >> DIGIT_BITS * (count - 1 - i) if i >= start else 0
            for i, number in enumerate(self.numbers)
        }

    def scaled(self, value: int) -> tuple[int, dict[int, int]]:
        """Build any value from digits 0 alone: what to begin with instead of 0, and the rest."""
        first = value * pow(DIGIT_BASE, -len(self.numbers), MODULUS) % MODULUS
        return first, {
            number: first * DIGIT_BASE ** (i + 1) for i, number in enumerate(self.numbers)
        }


def digit_chain_of(plan: Plan, row: int) -> DigitChain:
    """Find the numbers that a row of `DIGITS` is part of."""
    scope = plan.labels[row].rpartition("/")[0]
    first = plan.system.row_of(f"{scope}/digits[0]")
    end = plan.system.row_of(f"{scope}/end")
    cells = [(wire, r) for r in range(first, end) for wire in range(WIRES)] + [(0, end)]
    zero = plan.rows[first][0]
    variables = [plan.rows[r][wire] for wire, r in cells]
    return DigitChain(cells=tuple(cells), numbers=tuple(v for v in variables if v != zero))


def _other_beginnings(plan: Plan, base: Trial, target: Place) -> Iterator[Trial]:
    """Let numbers begin with a digit that is no bit, or after another number than 0."""
    row = target[0]
    scope = plan.labels[row].removesuffix(FIRST_DIGIT)
    for first in plan.label_places:
        if not first.endswith("/digits[0]:digits[0]"):
            continue
        own = first.removesuffix("digits[0]:digits[0]")
        chain = digit_chain_of(plan, plan.system.row_of(first))
        value = base.values[plan.rows[plan.system.row_of(f"{own}is_value")][3]]
        if own == scope:
            for wrong in (value, 2 * DIGIT_BASE ** (len(chain.numbers) - 1)):
                trial = base.copy()
                trial.put(chain.halted(wrong))
                yield trial
        if plan.labels[row] == ZERO:
            zero = plan.rows[row][WIRES - 1]
            for start, numbers in (
                (-1, [-(DIGIT_BASE ** (i + 1)) for i in range(len(chain.numbers))]),
                (-pow(DIGIT_BASE, -1, MODULUS), [0] * len(chain.numbers)),
            ):
                trial = base.copy()
                trial.put({zero: start} | dict(zip(chain.numbers, numbers, strict=True)))
                yield trial


def _jumps(plan: Plan, base: Trial, target: Place) -> Iterator[Trial]:
    """Leap from 0 to a number that is no digit; the value is beyond its range, or as it is."""
    row, index = target
    chain = digit_chain_of(plan, row)
    start = chain.cells.index((index, row)) - chain.leading
    if start < 0:
        return
    value_row = plan.system.row_of(f"{plan.labels[row].rpartition('/')[0]}/is_value")
    value = base.values[plan.rows[value_row][3]]
    for wrong in (MODULUS - 1, value, value + DIGIT_BASE ** len(chain.numbers), MODULUS - 2**200):
        trial = base.copy()
        trial.put(chain.halted(wrong % MODULUS, start))
        if target in trial.failing:
            yield trial


def copy_attacks(search: Search, base: Trial, cell: Cell) -> Iterator[Trial]:
    """Break a copy in the ways that need no knowledge of the circuit."""
    plan = search.plan
    wire, row = cell
    variable = plan.rows[row][wire]
    parted = base.copy()
    parted.split_cell(cell)
    changed = variable if parted.makes_split() else plan.split_variable
    value = base.values[variable]
    if plan.gates[row] == Gate.DIGITS:
        yield from _digit_copies(plan, parted, cell)
        return
    for wrong in (1 - value if value in {0, 1} else value + 1, value + 1, 0, 2, value - 1):
        if (wrong - value) % MODULUS:
            trial = parted.copy()
            trial.put({changed: wrong})
            yield trial


def repaired_by_copy(broken: Trial, cell: Cell) -> Trial | None:
    """Take a table that breaks one constraint, and mend it at a cell of its row alone."""
    trial = broken.copy()
    trial.split_cell(cell)
    (place,) = trial.failing
    split = trial.plan.split_variable
    before = trial.residual(place)
    trial.put({split: trial.values[split] + 1})
    slope = (trial.residual(place) - before) % MODULUS
    if not slope:
        return None
    trial.put({split: trial.values[split] - 1 - before * pow(slope, -1, MODULUS)})
    return None if trial.failing else trial


def _digit_copies(plan: Plan, parted: Trial, cell: Cell) -> Iterator[Trial]:
    """Begin to build a number with something else than 0."""
    chain = digit_chain_of(plan, cell[1])
    at = chain.cells.index(cell)
    value_row = plan.system.row_of(f"{plan.labels[cell[1]].rpartition('/')[0]}/is_value")
    value = parted.values[plan.rows[value_row][3]]
    if at > chain.leading:
        for wrong in (value, 2 * DIGIT_BASE ** (len(chain.numbers) - 1)):
            numbers = chain.halted(wrong)
            first, numbers[chain.numbers[0]] = numbers[chain.numbers[0]], 0
            trial = parted.copy()
            trial.put({plan.split_variable: first, **numbers})
            yield trial
        return
    if at < chain.leading:
        trial = parted.copy()
        trial.put({plan.split_variable: -pow(DIGIT_BASE, -1, MODULUS)})
        yield trial
        return
    for wrong in (value, MODULUS - 1, value + DIGIT_BASE ** len(chain.numbers)):
        first, numbers = chain.scaled(wrong % MODULUS)
        trial = parted.copy()
        trial.put({plan.split_variable: first, **numbers})
        if not trial.failing or first:
            yield trial
    value %= DIGIT_BASE ** len(chain.numbers)
    for first in (1, 2, 3):
        numbers = chain.halted(value)
        for i, number in enumerate(chain.numbers):
            numbers[number] += first * DIGIT_BASE ** (i + 1)
        trial = parted.copy()
        trial.put({plan.split_variable: first, **numbers})
        yield trial
