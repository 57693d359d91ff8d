"""
The equations of circuits, taken from their rows, and questions to solvers about them.

Rows are read by the gates themselves, over polynomials in the circuit's variables: cells that hold
one variable are one symbol, constants of rows are numbers. So a question changes with the gadget
that wrote the rows, and with the gate.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from payy_ref.crypto.field import MODULUS
from payy_ref.proofs.gates import CONSTRAINTS, WIRES, Gate, Row, constraint_names
from payy_ref.proofs.system import EMPTY_ROW, UNUSED, System, constraint_label

Symbol = str
"""Name of an unknown in a polynomial."""

Monomial = tuple[Symbol, ...]
"""A product of symbols, sorted; empty for 1."""


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A polynomial over the field; gates compute with these as they do with numbers."""

    terms: Mapping[Monomial, int]
    """Coefficients in [1, p)."""

    def __add__(self, other: "Polynomial | int") -> "Polynomial":
        """Add."""
        terms = dict(self.terms)
        for monomial, coefficient in as_polynomial(other).terms.items():
            terms[monomial] = terms.get(monomial, 0) + coefficient
        return _reduced(terms)

    def __sub__(self, other: "Polynomial | int") -> "Polynomial":
        """Subtract."""
        return self + as_polynomial(other) * (MODULUS - 1)

    def __mul__(self, other: "Polynomial | int") -> "Polynomial":
        """Multiply."""
        terms: dict[Monomial, int] = {}
        for left, a in self.terms.items():
            for right, b in as_polynomial(other).terms.items():
                monomial = tuple(sorted(left + right))
                terms[monomial] = terms.get(monomial, 0) + a * b
        return _reduced(terms)

    def __pow__(self, exponent: int) -> "Polynomial":
        """Raise to a power."""
        result = constant(1)
        for _ in range(exponent):
            result *= self
        return result

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The unknowns, in the order of the terms."""
        return tuple(dict.fromkeys(name for monomial in self.terms for name in monomial))

    def renamed(self, rename: Callable[[Symbol], Symbol]) -> "Polynomial":
        """Give other names to the unknowns; no two of them the same."""
        return Polynomial(
            {tuple(sorted(map(rename, monomial))): a for monomial, a in self.terms.items()}
        )


def constant(value: int) -> Polynomial:
    """Make a number a polynomial."""
    return _reduced({(): value})


def unknown(name: Symbol) -> Polynomial:
    """Make an unknown a polynomial."""
    return Polynomial({(name,): 1})


def as_polynomial(value: Polynomial | int) -> Polynomial:
    """Accept numbers where polynomials are expected."""
    return value if isinstance(value, Polynomial) else constant(value)


def _reduced(terms: Mapping[Monomial, int]) -> Polynomial:
    return Polynomial({m: a % MODULUS for m, a in terms.items() if a % MODULUS})


# Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """A constraint of a row: a polynomial that has to be 0."""

    label: str
    """The constraint's label."""
    polynomial: Polynomial
    """Over the symbols of the cells."""


def cell_symbols(system: System, rows: Sequence[int]) -> dict[tuple[int, int], Symbol]:
    """
    Name what the cells of some rows, and of the rows below them, hold.

    Cells of one variable have one name. Names are numbered by first occurrence, so that the same
    rows at two places of a circuit give the same equations.

    Returns:
        From (wire, row) to the name.
    """
    names: dict[int, Symbol] = {}
    symbols: dict[tuple[int, int], Symbol] = {}
    own = [(wire, row) for row in rows for wire in range(WIRES)]
    below = [(wire, row + 1) for row in rows for wire in range(WIRES)]
    for wire, row in (*own, *below):
        variable = int(system.cells[wire, row % system.size])
        # A cell that holds no variable is an unknown of its own.
        key = variable if variable != UNUSED else UNUSED - 1 - (row * WIRES + wire)
        symbols[wire, row] = names.setdefault(key, f"x{len(names):03}")
    return symbols


def equations_of(
    system: System, rows: Sequence[int], symbols: Mapping[tuple[int, int], Symbol]
) -> Iterator[Equation]:
    """
    List the equations of some rows.

    Raises:
        ValueError: a row carries a public input, whose value is not part of the circuit.
    """
    for row in rows:
        if row < system.public_count:
            raise ValueError("the row of a public input says what the verifier says")
        if system.gates[row] == EMPTY_ROW:
            continue
        gate = Gate(system.gates[row])
        wires, below = (
            [unknown(symbols[wire, r]) for wire in range(WIRES)] for r in (row, row + 1)
        )
        constants = [constant(column[row]) for column in system.constants]
        values = CONSTRAINTS[gate](
            Row(wires=wires, below=below, constants=constants, one=constant(1))
        )
        label = system.row_labels[row]
        for name, value in zip(constraint_names(gate), values, strict=True):
            yield Equation(label=constraint_label(label, name), polynomial=value)


# Formulas


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A statement about field elements."""

    operator: Literal["is", "not", "and", "or"]
    """What joins the parts; `is` says that a polynomial is 0."""
    polynomial: Polynomial = Polynomial({})
    """For `is`."""
    parts: tuple["Formula", ...] = ()
    """For the others."""

    @property
    def symbols(self) -> frozenset[Symbol]:
        """The unknowns that it speaks of."""
        inner = (part.symbols for part in self.parts)
        return frozenset(self.polynomial.symbols).union(*inner)

    def renamed(self, rename: Callable[[Symbol], Symbol]) -> "Formula":
        """Give other names to the unknowns; no two of them the same."""
        return Formula(
            operator=self.operator,
            polynomial=self.polynomial.renamed(rename),
            parts=tuple(part.renamed(rename) for part in self.parts),
        )


def equal(left: Polynomial, right: Polynomial | int) -> Formula:
    """Say that two values are equal."""
    return Formula(operator="is", polynomial=left - right)


def negated(formula: Formula) -> Formula:
    """Say the opposite."""
    return Formula(operator="not", parts=(formula,))


def either(*formulas: Formula) -> Formula:
    """Say that one of some statements holds."""
    return Formula(operator="or", parts=formulas)


def every(*formulas: Formula) -> Formula:
    """Say that all of some statements hold."""
    return Formula(operator="and", parts=formulas)


def implies(condition: Formula, conclusion: Formula) -> Formula:
    """Say that one statement follows from another."""
    return either(negated(condition), conclusion)


def is_bit(value: Polynomial) -> Formula:
    """Say that a value is 0 or 1."""
    return either(equal(value, 0), equal(value, 1))


def tells(bit: Polynomial, statement: Formula) -> Formula:
    """Say that a value is 1 if a statement holds, and else 0."""
    return either(every(equal(bit, 1), statement), every(equal(bit, 0), negated(statement)))


# Questions

FIELD_LOGIC: Final = "QF_FF"
"""Quantifier-free finite fields, the theory of the solver."""


def question(assertions: Sequence[Formula]) -> str:
    """Write an SMT-LIB script that asks whether statements can hold together."""
    symbols = sorted({name for formula in assertions for name in formula.symbols})
    lines = [f"(set-logic {FIELD_LOGIC})", f"(define-sort F () (_ FiniteField {MODULUS}))"]
    lines += [f"(declare-const {name} F)" for name in symbols]
    lines += [f"(assert {_text(formula)})" for formula in assertions]
    return "\n".join([*lines, "(check-sat)", ""])


def _text(formula: Formula) -> str:
    if formula.operator == "is":
        return f"(= {_polynomial_text(formula.polynomial)} (as ff0 F))"
    parts = [_text(part) for part in formula.parts]
    if formula.operator == "not":
        return _application("not", parts)
    return _joined(formula.operator, parts)


def _polynomial_text(polynomial: Polynomial) -> str:
    terms = []
    for monomial, coefficient in polynomial.terms.items():
        # A coefficient above p/2 is shorter as a negative number.
        centred = coefficient - MODULUS if 2 * coefficient > MODULUS else coefficient
        factors = [*monomial] if centred == 1 and monomial else [f"(as ff{centred} F)", *monomial]
        terms.append(_joined("ff.mul", factors))
    return _joined("ff.add", terms or ["(as ff0 F)"])


def _joined(operator: str, parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else _application(operator, parts)


def _application(operator: str, parts: Sequence[str]) -> str:
    return f"({operator} {' '.join(parts)})"
