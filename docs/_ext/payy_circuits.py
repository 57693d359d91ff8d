"""
The pages of circuits: texts that stand beside the code, and tables that are made from it.

A table lists what a gadget's rows demand, as the gadget writes them, so it cannot lag behind.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from circuits import utxo
from circuits.block import block
from circuits.examples import EXAMPLES, example
from payy_ref.crypto.field import MODULUS
from payy_ref.parameters import Preset, load_preset
from payy_ref.proofs.expression import constraints_of, degree
from payy_ref.proofs.gates import Gate, constraint_names
from payy_ref.proofs.system import EMPTY_ROW, UNUSED, Circuit, System, constraint_label

ORDER: Final = (
    "gates",
    "boolean",
    "select",
    "is_zero",
    "range",
    "canonical_bits",
    "permutation",
    "sponge",
    "merkle_path",
    "note_commitment",
    "address",
    "utxo",
    "block",
)
"""The pages in the order of reading."""

LARGEST_PLAIN: Final = 2**20
"""Numbers up to this are written out."""

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]


def circuit_pages(root: Path, table: Table) -> dict[str, str]:
    """Include the texts of `circuits/`, and make their tables."""
    folder = root / "circuits"
    if not folder.is_dir():
        return {}
    texts = {file.stem: file.relative_to(root) for file in folder.rglob("*.md")}
    pages = {
        f"circuits/{name}.md": f"```{{include}} /../{texts[name].as_posix()}\n```\n"
        for name in ORDER
    }
    for name in EXAMPLES:
        circuit = example(name)
        names = variable_names(circuit)
        constraints = (
            (str(each.degree), each.formula, f"`{each.label}`")
            for each in listed_constraints(circuit.system, names)
        )
        pages[f"circuits/{name}_constraints.inc"] = table(
            ("degree", "constraint", "label"), [*constraints, copies(circuit.system)]
        )
        pages[f"circuits/{name}_layout.inc"] = table(
            ("row", "gate", "w0", "w1", "w2", "w3"), layout(circuit.system, names)
        )
    pages["circuits/gates.inc"] = table(
        ("selector", "gate", "constraints", "degree in cells and constants"),
        (
            (str(int(gate)), f"`{gate.name.lower()}`", str(len(formulas)), str(most))
            for gate in Gate
            for formulas in [constraints_of(gate)]
            for most in [max(map(degree, formulas))]
        ),
    )
    pages["circuits/sizes.inc"] = table(("circuit", "rows in use", "n", "public inputs"), sizes())
    pages["utxo_labels.inc"] = table(
        ("labels that begin with", "code"),
        ((f"`{name}`", f"{{error}}`{code}`") for name, code in utxo.CODES.items()),
    )
    entries = "\n".join(ORDER)
    pages["circuits/index.md"] = (
        "# Circuits\n\nThe statements that are proved, as constraints: the gates that rows are made"
        " of, the gadgets, and the two circuits. The rules are in"
        " [chapter circuits](/generated/spec/circuits/rules.md). In a layout, · is a value that its"
        " row makes or carries and that has no other name.\n\n"
        f"```{{include}} sizes.inc\n```\n\n```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n"
    )
    return pages


def sizes() -> Iterator[Sequence[str]]:
    """Give the size of each circuit."""
    for preset in Preset:
        yield _size(f"block, `{preset}`", block(load_preset(preset)))
    yield _size("utxo", utxo.utxo())


def _size(name: str, circuit: Circuit) -> Sequence[str]:
    system = circuit.system
    log = system.size.bit_length() - 1
    return (name, f"{system.rows:,}", f"2^{log}", str(system.public_count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A constraint as a table shows it."""

    degree: int
    """Degree in the cells."""
    formula: str
    """What has to hold."""
    label: str
    """Its label; places in a series are written as a range."""


def variable_names(circuit: Circuit) -> dict[int, str]:
    """Name the variables: inputs and hints as they are called, others by the row that binds."""
    names = {int(variable): name for name, variable in circuit.inputs.items()}
    names |= {int(variable): name for variable, name in circuit.hints.items()}
    system = circuit.system
    for row in range(system.rows):
        variable = int(system.cells[3][row])
        if system.gates[row] == Gate.ARITHMETIC and variable not in names:
            names[variable] = short(system.row_labels[row])
    for row in range(system.rows):
        for wire in range(4):
            variable = int(system.cells[wire][row])
            if variable != UNUSED and variable not in names:
                names[variable] = f"{short(system.row_labels[row])}.w{wire}"
    return names


def short(label: str) -> str:
    """Leave out the outermost scope, which is the gadget itself."""
    name = label.partition("/")[2] or label
    return re.sub(r"^constant\[(\d+)\]$", r"\1", name)


def listed_constraints(system: System, names: Mapping[int, str]) -> Iterator[Listed]:
    """List the constraints, series of alike ones as one."""
    found = []
    for row in range(system.rows):
        if system.gates[row] == EMPTY_ROW:
            continue
        gate = Gate(system.gates[row])
        for i, name in enumerate(constraint_names(gate)):
            label = constraint_label(system.row_labels[row], name)
            if gate is Gate.ARITHMETIC:
                constants = tuple(column[row] for column in system.constants)
                (formula,) = constraints_of(gate, constants)
                shown = arithmetic_text(
                    constants, [names.get(int(v), "") for v in system.cells[:, row]]
                )
            else:
                formula, shown = constraints_of(gate)[i], f"gate `{gate.name.lower()}`"
            found.append((label, Listed(degree=degree(formula), formula=shown, label=label)))
    for _, group in groupby(found, key=lambda each: re.sub(r"\d+", "#", each[0])):
        members = [each for _, each in group]
        first, last = members[0], members[-1]
        if len(members) == 1:
            yield first
        else:
            yield Listed(
                degree=max(each.degree for each in members),
                formula=f"{first.formula} ... {last.formula}"
                if first.formula != last.formula
                else first.formula,
                label=f"{first.label}` ... `{last.label}",
            )


def copies(system: System) -> Sequence[str]:
    """Give the copy constraints as one line: they differ only in the cells they bind."""
    count = sum(1 for _ in system.copy_labels())
    return ("1", "a cell = the first cell of its variable", f"`row:copy[wire]`, {count} of them")


def arithmetic_text(constants: Sequence[int], names: Sequence[str]) -> str:
    """Write a row of arithmetic as an equation between the names of its cells."""
    left, right, addend, result = (f"`{name}`" for name in names)
    factors = (f"{left} · {right}", left, addend, "")
    terms = [
        _term(constant, factor)
        for constant, factor in zip(constants, factors, strict=True)
        if constant
    ]
    joined = " + ".join(terms) or "0"
    return f"{result} = {joined}".replace("+ -", "- ")


def _term(constant: int, factor: str) -> str:
    number = _number(constant)
    if not factor:
        return number
    return {"1": factor, "-1": f"-{factor}"}.get(number, f"{number} {factor}")


def _number(value: int) -> str:
    """Write a field element the way that is shortest to read."""
    for sign, magnitude in (("", value), ("-", MODULUS - value)):
        if magnitude <= LARGEST_PLAIN:
            return f"{sign}{magnitude}"
        if magnitude.bit_count() == 1:
            return f"{sign}2^{magnitude.bit_length() - 1}"
        if 2 * magnitude % MODULUS <= LARGEST_PLAIN:
            return f"{sign}{2 * magnitude % MODULUS}/2"
    return f"{value:#x}"[:10] + "..."


def layout(system: System, names: Mapping[int, str]) -> Iterator[Sequence[str]]:
    """
    Show which value stands where; series of alike rows as one.

    A dot is a value that its row makes or carries: it has no other name.
    """
    rows = []
    for row in range(system.rows):
        own = f"{short(system.row_labels[row])}.w"
        cells = tuple(
            "" if variable == UNUSED else "·" if name.startswith(own) else f"`{name}`"
            for variable in system.cells[:, row]
            for name in [names.get(int(variable), "")]
        )
        gate = system.gates[row]
        name = "" if gate == EMPTY_ROW else f"`{Gate(gate).name.lower()}`"
        rows.append((f"`{system.row_labels[row]}`", name, *cells))
    for _, group in groupby(rows, key=lambda row: [re.sub(r"\d+", "#", cell) for cell in row]):
        members = list(group)
        yield [
            first if first == last else f"{first} ... {last}"
            for first, last in zip(members[0], members[-1], strict=True)
        ]
