"""
What each gadget does, as statements over the field that its own rows have to imply.

A gadget is written by its function into a small circuit; logic that a circuit writes itself is cut
out of that circuit by its labels. Two kinds of claims are made. Determinism: two fillings with the
same inputs have the same output, one output a claim. Meaning: what the output says of the inputs,
or what the rows let the inputs be.

Where a claim rests on other gadgets, theirs is a hypothesis: that a bit is a bit, say.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise
from typing import Any, Final

from circuits.block import block
from circuits.gadgets import bits, logic
from circuits.gadgets.poseidon2 import PERMUTATION_ROWS, permute
from circuits.utxo import utxo
from payy_ref.assurance.circuit_equations import (
    Equation,
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
from payy_ref.crypto.poseidon2 import (
    EXTERNAL_MATRIX,
    FULL_ROUNDS,
    INTERNAL_DIAGONAL,
    PARTIAL_ROUNDS,
    SBOX_DEGREE,
    WIDTH,
    capacity,
    round_constants,
)
from payy_ref.ledger.transaction import BURN, MINT, SEND
from payy_ref.parameters import Preset, load_preset
from payy_ref.proofs.gates import WIRES
from payy_ref.proofs.system import (
    UNUSED,
    Builder,
    Circuit,
    Constants,
    System,
    Variable,
)

Values = Mapping[str, Polynomial]
"""The named values of a gadget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A statement that follows from a gadget's rows."""

    name: str
    """Unique in the gadget."""
    conclusion: Formula
    """What is claimed."""
    hypotheses: tuple[Formula, ...] = ()
    """What it rests on, beside the rows."""
    is_doubled: bool = False
    """Whether it speaks of two fillings with the same inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gadget:
    """Equations, and claims about them."""

    name: str
    """Unique among gadgets."""
    equations: tuple[Equation, ...]
    """Those of its rows."""
    shared: frozenset[str]
    """Symbols of its inputs, which two fillings share."""
    claims: tuple[Claim, ...]
    """What follows."""
    examples: tuple[Mapping[str, int], ...] = ({},)
    """Values by symbol at which counterexamples of mutants are looked for; else everywhere."""
    properties: tuple[str, ...] = ("PAYY-CIRCUITS-T02",)
    """What its claims are part of."""
    assumptions: tuple[str, ...] = ()
    """What a reader has to grant beyond the solver, in words."""
    spare: tuple[str, ...] = ()
    """Labels of equations that no claim needs, because others say more."""

    def assertions(self, claim: Claim, dropped: str | None = None) -> list[Formula]:
        """List what would hold together if a claim were false, with one equation left out."""
        rows = [
            equal(equation.polynomial, 0)
            for equation in self.equations
            if equation.label != dropped
        ]
        if claim.is_doubled:
            rows += [row.renamed(self.second) for row in rows]
        return [*rows, *claim.hypotheses, negated(claim.conclusion)]

    def question(self, claim: Claim) -> str:
        """Ask for a case in which a claim is false; there should be none."""
        return question(self.assertions(claim))

    def mutant_questions(self, claim: Claim, dropped: str) -> list[str]:
        """
        Ask the same without one equation, at each of the examples.

        For one of the claims there should be a case; if the equation is spare, for none.
        """
        rest = self.assertions(claim, dropped)
        if dropped in self.spare:
            return [question(rest)]
        return [
            question([*rest, *(equal(unknown(name), value) for name, value in example.items())])
            for example in self.examples
        ]

    def second(self, symbol: str) -> str:
        """Name a value in the second of two fillings."""
        return symbol if symbol in self.shared else symbol.replace("x", "y", 1)


State = Callable[[Values], Mapping[str, Formula]]
"""Makes the claims about meaning from the named values."""


def _gadget(
    name: str,
    system: System,
    rows: Sequence[int],
    *,
    inputs: Mapping[str, Variable],
    outputs: Mapping[str, Variable] | None = None,
    meaning: State | None = None,
    hypotheses: Callable[[Values], Sequence[Formula]] | None = None,
    examples: Sequence[Mapping[str, int]] = ({},),
    spare: Sequence[str] = (),
    free: Sequence[str] = (),
) -> Gadget:
    """
    Read rows, and make claims of determinism and of meaning.

    Args:
        name: of the gadget.
        system: where the rows stand.
        rows: which they are.
        inputs: what the gadget takes, by name.
        outputs: what it gives; each is claimed to be determined.
        meaning: makes the other claims.
        hypotheses: what the other claims rest on.
        examples: values, by name, at which mutants show.
        spare: labels of equations that no claim needs.
        free: names of unknowns that hypotheses and claims speak of, and no row.
    """
    outputs = outputs or {}
    symbols = cell_symbols(system, rows)
    by_variable = {
        int(system.cells[cell[0], cell[1] % system.size]): symbol
        for cell, symbol in symbols.items()
    }
    names = {n: by_variable[v] for n, v in {**inputs, **outputs}.items()}
    values = {n: unknown(names.get(n, n)) for n in (*names, *free)}
    granted = tuple(hypotheses(values)) if hypotheses else ()
    shared = frozenset(names[n] for n in inputs)
    gadget = Gadget(name=name, equations=(), shared=shared, claims=())
    doubled = tuple(
        Claim(
            name=f"{n} is determined",
            conclusion=equal(values[n], values[n].renamed(gadget.second)),
            is_doubled=True,
        )
        for n in outputs
    )
    stated = meaning(values) if meaning else {}
    return Gadget(
        name=name,
        equations=tuple(equations_of(system, rows, symbols)),
        shared=shared,
        claims=(
            *doubled,
            *(Claim(name=n, conclusion=c, hypotheses=granted) for n, c in stated.items()),
        ),
        examples=tuple({names.get(n, n): v for n, v in each.items()} for each in examples),
        spare=tuple(spare),
    )


def _circuit(
    name: str, inputs: Sequence[str], write: Callable[..., Mapping[str, Variable] | None]
) -> Circuit:
    """Let a gadget's function write a circuit of its own."""
    builder = Builder(name)
    write(builder, *(builder.private(n) for n in inputs))
    return builder.build()


def _written(
    name: str,
    inputs: Sequence[str],
    write: Callable[..., Mapping[str, Variable] | None],
    **settings: Any,
) -> Gadget:
    """Let a gadget's function write its rows for some private inputs."""
    outputs: dict[str, Variable] = {}

    def written(builder: Builder, *variables: Variable) -> None:
        outputs.update(write(builder, *variables) or {})

    circuit = _circuit(name, inputs, written)
    system = circuit.system
    rows = range(system.rows)
    return _gadget(name, system, rows, inputs=circuit.inputs, outputs=outputs, **settings)


def _cut(
    name: str,
    circuit: Circuit,
    labels: Sequence[str],
    *,
    inputs: Mapping[str, tuple[str, int]],
    outputs: Mapping[str, tuple[str, int]] | None = None,
    without: Sequence[str] = (),
    **settings: Any,
) -> Gadget:
    """
    Cut rows out of a circuit by the beginnings of their labels.

    Rows of constants come along if the others use them. Values are named by label and wire.
    """
    system = circuit.system
    rows = [
        row
        for row, label in enumerate(system.row_labels)
        if any(label == start or label.startswith(f"{start}/") for start in labels)
        and not any(label.startswith(start) for start in without)
    ]
    used = set(system.cells[:, rows].flatten().tolist()) - {UNUSED}
    rows += [
        row
        for row, label in enumerate(system.row_labels)
        if label.startswith("constant[") and int(system.cells[3, row]) in used
    ]

    def variables(cells: Mapping[str, tuple[str, int]]) -> dict[str, Variable]:
        return {
            n: Variable(int(system.cells[wire, system.row_of(label)]))
            for n, (label, wire) in cells.items()
        }

    found, given = variables(inputs), variables(outputs or {})
    return _gadget(name, system, rows, inputs=found, outputs=given, **settings)


# Logic


def logic_gadgets() -> Iterator[Gadget]:
    """State the gadgets of `circuits.gadgets.logic`."""
    yield _written(
        "assert_equal",
        ("left", "right"),
        lambda b, left, right: logic.assert_equal(b, "row", left, right),
        meaning=lambda v: {"the values are equal": equal(v["left"], v["right"])},
    )
    yield _written(
        "assert_boolean",
        ("value",),
        lambda b, value: logic.assert_boolean(b, "row", value),
        meaning=lambda v: {"the value is 0 or 1": is_bit(v["value"])},
    )
    yield _written(
        "assert_product_is_zero",
        ("left", "right"),
        lambda b, left, right: logic.assert_product_is_zero(b, "row", left, right),
        meaning=lambda v: {"one is 0": either(equal(v["left"], 0), equal(v["right"], 0))},
    )
    yield _written(
        "sum_of",
        ("left", "right"),
        lambda b, left, right: {"sum": logic.sum_of(b, "row", left, right)},
        meaning=lambda v: {"it is the sum": equal(v["sum"], v["left"] + v["right"])},
    )
    yield _written(
        "difference",
        ("left", "right"),
        lambda b, left, right: {"gap": logic.difference(b, "row", left, right)},
        meaning=lambda v: {"it is the difference": equal(v["gap"], v["left"] - v["right"])},
    )
    yield _written(
        "product",
        ("left", "right"),
        lambda b, left, right: {"both": logic.product(b, "row", left, right)},
        meaning=lambda v: {
            "it is 0 if and only if one is 0": tells_zero(
                v["both"], either(equal(v["left"], 0), equal(v["right"], 0))
            ),
            "of bits, it tells whether both are set": implies(
                every(is_bit(v["left"]), is_bit(v["right"])),
                tells(v["both"], every(equal(v["left"], 1), equal(v["right"], 1))),
            ),
        },
    )
    yield _written(
        "complement",
        ("bit",),
        lambda b, bit: {"other": logic.complement(b, "row", bit)},
        hypotheses=lambda v: [is_bit(v["bit"])],
        meaning=lambda v: {"it is the other bit": tells(v["other"], equal(v["bit"], 0))},
    )
    yield _written(
        "select",
        ("bit", "one", "zero"),
        lambda b, bit, one, zero: {"chosen": logic.select(b, "gadget", bit, one, zero)},
        meaning=lambda v: {
            "one is chosen": implies(equal(v["bit"], 1), equal(v["chosen"], v["one"])),
            "zero is chosen": implies(equal(v["bit"], 0), equal(v["chosen"], v["zero"])),
        },
    )
    yield _written(
        "is_zero",
        ("value",),
        lambda b, value: {"answer": logic.is_zero(b, "gadget", value)},
        meaning=lambda v: {
            "it tells whether the value is 0": tells(v["answer"], equal(v["value"], 0))
        },
    )
    yield _written(
        "is_equal",
        ("left", "right"),
        lambda b, left, right: {"answer": logic.is_equal(b, "gadget", left, right)},
        meaning=lambda v: {
            "it tells whether the values are equal": tells(
                v["answer"], equal(v["left"], v["right"])
            )
        },
    )


def tells_zero(value: Polynomial, statement: Formula) -> Formula:
    """Say that a value is 0 if and only if a statement holds."""
    is_zero = equal(value, 0)
    return either(every(is_zero, statement), every(negated(is_zero), negated(statement)))


# Digits and bits

RANGES: Final = {
    3: ("digits[0]:digits[0]", "digits[0]:digits[1]", "digits[0]:digits[2]", "constant"),
    4: ("digits[0]:digits[0]", "digits[0]:digits[1]"),
}
"""
Widths at which the meaning of a range is put to the solver as a list of all values, and equations
that it does not need: digits before the first are 0 after 0, and a bit is a digit.
"""


def bits_gadgets() -> Iterator[Gadget]:
    """State the steps of `circuits.gadgets.bits`; `circuit_integers` composes them."""
    for width, spare in RANGES.items():

        def write(builder: Builder, value: Variable, width: int = width) -> None:
            bits.assert_in_range(builder, "gadget", value, width)

        def meaning(v: Values, width: int = width) -> Mapping[str, Formula]:
            allowed = [equal(v["value"], n) for n in range(2**width)]
            return {f"the value is below {2**width}": either(*allowed)}

        yield _written(
            f"assert_in_range[{width}]",
            ("value",),
            write,
            meaning=meaning,
            examples=[{"value": 2**width}, {"value": -1}],
            spare=["constant[0]" if n == "constant" else f"gadget/{n}" for n in spare],
        )

    def wide(builder: Builder, value: Variable) -> None:
        bits.assert_in_range(builder, "gadget", value, 2 * bits.DIGIT_BITS * WIRES)

    # A row of digits in the middle, with nothing known of the number that it continues.
    system = _circuit("digits", ("value",), wide).system
    row = system.row_of("gadget/digits[1]")
    names = ("first", "second", "third", "fourth", "last")
    cells = [*((wire, row) for wire in range(WIRES)), (0, row + 1)]
    yield _gadget(
        "digits",
        system,
        [row],
        inputs={n: Variable(int(system.cells[cell])) for n, cell in zip(names, cells, strict=True)},
        meaning=lambda v: {
            f"{after} appends a digit": either(
                *(equal(v[after], v[before] * 4 + digit) for digit in range(4))
            )
            for before, after in pairwise(names)
        },
    )


# The hash


HASH_PROPERTIES: Final = ("PAYY-CIRCUITS-T02", "PAYY-CIRCUITS-T07")
"""What the claims about rows of the hash are part of."""

ORDER: Final = (
    "what is shown of a row of the hash is what is granted for the next one, from first to last"
)


def hash_gadgets() -> Iterator[Gadget]:
    """
    State the rows of the permutation, each under what the row before was shown to hold.

    Together: from the first row to the last they hold what `poseidon2.permutation_trace` computes.
    """
    yield _absorbing("absorb[children]", (1, 0, 0, capacity(2)), _children)
    for count in (2, 3, 4, 7):
        constants = (0, 0, int(count > 2), capacity(count))
        yield _absorbing(f"absorb[{count} elements]", constants, partial(_elements, count))
    yield _absorbing("absorb[state]", (0, 1, 1, 0), _state)
    for row in range(1, PERMUTATION_ROWS - 1):
        yield _round_row(row)


def _absorbing(
    name: str,
    constants: Constants,
    entering: Callable[[Values], Mapping[str, Sequence[Polynomial]]],
) -> Gadget:
    """Claim that the first linear layer of what enters stands in the row below."""

    def meaning(v: Values) -> Mapping[str, Formula]:
        claims = {}
        for case, cells in entering(v).items():
            for i, factors in enumerate(EXTERNAL_MATRIX):
                right = equal(v[f"b{i}"], _combination(factors, cells))
                bit = {"": None, "0: ": 0, "1: ": 1}[case]
                whole = right if bit is None else implies(equal(v["w3"], bit), right)
                claims[f"{case}cell {i} of the first linear layer"] = whole
        return claims

    return _permutation_row(name, 0, constants, meaning)


def _children(v: Values) -> Mapping[str, Sequence[Polynomial]]:
    """Give what enters for a tree node, in the order that the bit says."""
    rest = [constant(0), constant(capacity(2))]
    return {"0: ": [v["w0"], v["w1"], *rest], "1: ": [v["w1"], v["w0"], *rest]}


def _elements(count: int, v: Values) -> Mapping[str, Sequence[Polynomial]]:
    """Give what enters for the first elements of several."""
    third = v["w2"] if count > 2 else constant(0)
    return {"": [v["w0"], v["w1"], third, constant(capacity(count))]}


def _state(v: Values) -> Mapping[str, Sequence[Polynomial]]:
    """Give what enters for a state to which elements were added."""
    return {"": [v[f"w{i}"] for i in range(WIDTH)]}


def _round_row(row: int) -> Gadget:
    """Claim that a row of the permutation's body computes the rounds that it stands for."""
    half, last = FULL_ROUNDS // 2, FULL_ROUNDS // 2 + PARTIAL_ROUNDS
    first_partial_row = half + 1
    partial_row_count = PERMUTATION_ROWS - FULL_ROUNDS - 2
    if row <= half:
        return _full_round_row(row, row - 1)
    after = row - first_partial_row - partial_row_count
    if after >= 0:
        return _full_round_row(row, last + after)
    return _partial_row(row, row - first_partial_row)


def _full_round_row(row: int, index: int) -> Gadget:
    """Claim that the row below is the state after one full round."""
    constants = round_constants()[index]

    def meaning(v: Values) -> Mapping[str, Formula]:
        powers = [(v[f"w{i}"] + constants[i]) ** SBOX_DEGREE for i in range(WIDTH)]
        return {
            f"cell {i} after round {index}": equal(v[f"b{i}"], _combination(factors, powers))
            for i, factors in enumerate(EXTERNAL_MATRIX)
        }

    return _permutation_row(f"full_round[{index}]", row, (0, 0, 0, 0), meaning)


def _partial_row(row: int, index: int) -> Gadget:
    """
    Claim that the row below continues the partial rounds that this row stands for.

    The rounds are computed as the paper has them, on a state whose tail no cell holds: it is
    an unknown of the claim. Each S-box takes the cell that the row holds for it, which the claims
    before have shown to be its input.
    """
    constants = [*(c[0] for c in round_constants() if len(c) == 1), 0]
    is_first = index == 0
    # The first row holds a state, the others inputs of S-boxes; `start` is the first round.
    start = 0 if is_first else 1 + WIRES * (index - 1)
    is_last = start + WIRES > PARTIAL_ROUNDS

    def rounds(v: Values) -> tuple[list[Formula], dict[str, Formula]]:
        if is_first:
            held = [v["w0"] + constants[0], *(v[f"b{i}"] for i in range(WIRES))]
            state = [v[f"w{i}"] for i in range(WIDTH)]
            known = 1
        else:
            held = [v[f"{side}{i}"] for side in "wb" for i in range(WIRES)]
            state = [held[0] - constants[start], *(v[f"t{i}"] for i in range(1, WIDTH))]
            known = WIRES
        granted: list[Formula] = []
        claims: dict[str, Formula] = {}
        count = 3 if is_last else known + WIRES - 1
        for k in range(count):
            outputs = [held[k] ** SBOX_DEGREE, *state[1:]]
            total = outputs[0] + outputs[1] + outputs[2] + outputs[3]
            state = [total + outputs[i] * INTERNAL_DIAGONAL[i] for i in range(WIDTH)]
            following = equal(held[k + 1], state[0] + constants[start + k + 1])
            if k + 1 < known:
                granted.append(following)
            else:
                claims[f"input of S-box {start + k + 1}"] = following
        if is_last:
            claims = {
                f"cell {i} after the rounds": equal(v[f"b{i}"], state[i]) for i in range(WIDTH)
            }
        return granted, claims

    name = (
        "enter_partial" if is_first else "leave_partial" if is_last else f"partial_rounds[{start}]"
    )
    gadget = _permutation_row(
        name, row, (0, 0, 0, 0), lambda v: rounds(v)[1], lambda v: rounds(v)[0]
    )
    # A later claim takes its S-box inputs as the claims before it have shown them to be.
    meanings = [claim for claim in gadget.claims if not claim.is_doubled]
    if is_last:
        return gadget
    chained = tuple(
        replace(claim, hypotheses=(*claim.hypotheses, *(c.conclusion for c in meanings[:i])))
        for i, claim in enumerate(meanings)
    )
    return replace(gadget, claims=(*(c for c in gadget.claims if c.is_doubled), *chained))


def _permutation_row(
    name: str,
    row: int,
    constants: Constants,
    meaning: State,
    hypotheses: Callable[[Values], Sequence[Formula]] | None = None,
) -> Gadget:
    """Take one row of a permutation; its cells are w0 to w3, those below b0 to b3."""

    def write(builder: Builder, *wires: Variable) -> None:
        permute(builder, "hash", wires, constants)

    system = _circuit(name, [f"w{i}" for i in range(WIRES)], write).system
    cells = {f"w{i}": Variable(int(system.cells[i, row])) for i in range(WIRES)}
    below = {f"b{i}": Variable(int(system.cells[i, row + 1])) for i in range(WIRES)}
    # Values at which a dropped equation shows; nothing is special about them.
    examples: list[Mapping[str, int]] = [{f"w{i}": i + 1 for i in range(WIRES)}]
    if hypotheses:
        examples.append({"w0": 1, "t1": 2, "t2": 3, "t3": 4})
    return _gadget(
        name,
        system,
        [row],
        inputs=cells,
        outputs=below,
        meaning=meaning,
        hypotheses=hypotheses,
        examples=examples,
        free=("t1", "t2", "t3") if hypotheses else (),
    )


def _combination(factors: Sequence[int], values: Sequence[Polynomial]) -> Polynomial:
    total = constant(0)
    for factor, value in zip(factors, values, strict=True):
        total += value * factor
    return total


# Logic that the circuits write themselves


def utxo_gadgets() -> Iterator[Gadget]:
    """State the logic of the client's circuit."""
    circuit = utxo()
    yield _cut(
        "note_commitment",
        circuit,
        ["notes[0]/commitment"],
        without=["notes[0]/commitment/hash/"],
        inputs={
            "kind": ("notes[0]/commitment/is_padding/answer", 0),
            "value": ("notes[0]/commitment/padding_has_no_value", 1),
            "digest": ("notes[0]/commitment/commitment", 1),
        },
        outputs={"commitment": ("notes[0]/commitment/commitment", 3)},
        meaning=lambda v: {
            "padding has no value": implies(equal(v["kind"], 0), equal(v["value"], 0)),
            "padding has commitment 0": implies(equal(v["kind"], 0), equal(v["commitment"], 0)),
            "a note has its digest": either(
                equal(v["kind"], 0), equal(v["commitment"], v["digest"])
            ),
        },
    )
    yield _cut(
        "kinds_agree",
        circuit,
        ["kinds[0,1]"],
        inputs={"first": ("kinds[0,1]/both", 0), "second": ("kinds[0,1]/both", 1)},
        meaning=lambda v: {
            "one is 0 or they are equal": either(
                equal(v["first"], 0), equal(v["second"], 0), equal(v["first"], v["second"])
            )
        },
    )
    kinds = {"is_send": SEND, "is_mint": MINT, "is_burn": BURN}
    yield _cut(
        "transaction_kind",
        circuit,
        ["message/kind_is_known", *(f"message/{name}" for name in kinds)],
        inputs={"kind": ("message/is_send", 0)},
        outputs={name: (f"message/{name}", 3) for name in kinds},
        meaning=lambda v: {
            "it is one of three": either(*(equal(v["kind"], n) for n in kinds.values())),
            **{f"{n} tells": tells(v[n], equal(v["kind"], kind)) for n, kind in kinds.items()},
        },
    )
    yield _cut(
        "equal_if",
        circuit,
        ["send/balanced"],
        inputs={
            "condition": ("send/balanced/holds", 0),
            "left": ("send/balanced/gap", 0),
            "right": ("send/balanced/gap", 2),
        },
        meaning=lambda v: {
            "equal if the condition is not 0": either(
                equal(v["condition"], 0), equal(v["left"], v["right"])
            )
        },
    )


def block_gadgets() -> Iterator[Gadget]:
    """State the logic of the block's circuit; what is stated does not depend on the network."""
    circuit = block(load_preset(Preset.MINIMAL))
    place = "places[0]"
    yield _cut(
        "place_kind",
        circuit,
        [
            f"{place}/message.kind/is_zero",
            *(f"{place}/{name}" for name in ("is_send", "is_mint", "is_burn", "kind")),
        ],
        inputs={"kind": (f"{place}/message.kind/is_zero/answer", 0)},
        outputs={"is_known": (f"{place}/kind/is_known", 3)},
        meaning=lambda v: {
            "it tells padding and the three kinds": tells(
                v["is_known"], either(*(equal(v["kind"], n) for n in (0, SEND, MINT, BURN)))
            )
        },
    )
    yield _cut(
        "implies",
        circuit,
        [f"{place}/value/has_kind"],
        inputs={
            "condition": (f"{place}/value/has_kind", 0),
            "conclusion": (f"{place}/value/has_kind", 1),
        },
        outputs={"holds": (f"{place}/value/has_kind", 3)},
        hypotheses=lambda v: [is_bit(v["condition"]), is_bit(v["conclusion"])],
        meaning=lambda v: {
            "it tells whether one bit implies the other": tells(
                v["holds"], implies(equal(v["condition"], 1), equal(v["conclusion"], 1))
            )
        },
    )
    yield _cut(
        "leaves_differ",
        circuit,
        [
            "leaves[0,2]",
            *(f"{place}/{side}_commitments[0]/is_zero" for side in ("input", "output")),
        ],
        inputs={
            "first": (f"{place}/input_commitments[0]/is_zero/answer", 0),
            "second": (f"{place}/output_commitments[0]/is_zero/answer", 0),
            "before": ("leaves[0,2]/all_so_far", 0),
        },
        outputs={"after": ("leaves[0,2]/all_so_far", 3)},
        meaning=lambda v: {
            "it is 0 if it was, or if the leaves are one": tells_zero(
                v["after"],
                either(
                    equal(v["before"], 0),
                    every(equal(v["first"], v["second"]), negated(equal(v["first"], 0))),
                ),
            )
        },
    )
    yield from (_change(circuit, name) for name in ("removal", "insertion"))
    yield _cut(
        "claim",
        circuit,
        ["claim/is_valid", "claim/root", "claim/new_root"],
        inputs={
            "is_valid": ("claim/is_valid", 0),
            "reached": ("claim/root/gap", 0),
            "old_root": ("claim/root/gap", 2),
        },
        outputs={"claimed": ("claim/is_valid", 3), "new_root": ("claim/new_root", 3)},
        meaning=lambda v: {
            "the validity is claimed": equal(v["claimed"], v["is_valid"]),
            "a valid block has the root that it reaches": implies(
                equal(v["is_valid"], 1), equal(v["new_root"], v["reached"])
            ),
            "an invalid block leaves the root": implies(
                equal(v["is_valid"], 0), equal(v["new_root"], v["old_root"])
            ),
        },
    )
    yield _cut(
        "group_hash",
        circuit,
        ["groups[0]/is_in_use", "groups[0]/hash_or_zero"],
        inputs={
            "is_empty": ("groups[0]/is_in_use", 0),
            "digest": ("groups[0]/hash_or_zero", 1),
        },
        outputs={"entry": ("groups[0]/hash_or_zero", 3)},
        meaning=lambda v: {
            "0 for an empty group": implies(equal(v["is_empty"], 1), equal(v["entry"], 0)),
            "the hash of one in use": implies(
                equal(v["is_empty"], 0), equal(v["entry"], v["digest"])
            ),
        },
    )


def _change(circuit: Circuit, name: str) -> Gadget:
    """State what a removal or an insertion leaves in its slot, and when it is allowed."""
    scope = f"places[0]/{name}[0]"
    is_removal = name == "removal"
    zero_test = f"places[0]/{'input' if is_removal else 'output'}_commitments[0]/is_zero"

    def meaning(v: Values) -> Mapping[str, Formula]:
        leaf, occupant = v["leaf"], v["occupant"]
        fits = equal(occupant, leaf) if is_removal else equal(occupant, 0)
        happens = every(negated(equal(leaf, 0)), fits)
        left = constant(0) if is_removal else leaf
        return {
            "the path leads to the root": equal(v["computed"], v["root"]),
            "a change that fits happens": implies(happens, equal(v["left"], left)),
            "else the slot stays": either(happens, equal(v["left"], occupant)),
            "allowed if there is no leaf or it fits": tells(
                v["is_allowed"], either(equal(leaf, 0), fits)
            ),
        }

    return _cut(
        name,
        circuit,
        [scope, zero_test],
        without=[f"{scope}/slot/", f"{scope}/before/", f"{scope}/after/"],
        inputs={
            "leaf": (f"{zero_test}/answer", 0),
            "occupant": (f"{scope}/leaf_after/gap", 2),
            "computed": (f"{scope}/path_leads_to_root", 0),
            "root": (f"{scope}/path_leads_to_root", 3),
        },
        outputs={
            "left": (f"{scope}/leaf_after/chosen", 3),
            "is_allowed": (f"{scope}/is_allowed", 3),
        },
        meaning=meaning,
        # What is there, something else, nothing; and no leaf.
        examples=[
            {"leaf": leaf, "occupant": occupant} for leaf in (5, 0) for occupant in (5, 7, 0)
        ],
    )


@cache
def gadgets() -> tuple[Gadget, ...]:
    """List all gadgets."""
    return (
        *logic_gadgets(),
        *bits_gadgets(),
        *(
            replace(gadget, properties=HASH_PROPERTIES, assumptions=(ORDER,))
            for gadget in hash_gadgets()
        ),
        *utxo_gadgets(),
        *block_gadgets(),
    )
