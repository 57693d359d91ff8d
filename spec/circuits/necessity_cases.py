"""Tables to begin with, and knowledge of the circuits, for the search for single faults."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from circuits import block as block_circuit
from circuits.block import COMMITMENTS, INPUTS, change_names
from circuits.gadgets.bits import assert_in_range, low_bits
from circuits.gadgets.logic import (
    assert_boolean,
    assert_equal,
    assert_product_is_zero,
    complement,
    difference,
    is_equal,
    is_zero,
    product,
    select,
    sum_of,
)
from circuits.gadgets.merkle import path_root
from circuits.gadgets.note import note_address, note_commitment, private_note
from circuits.gadgets.poseidon2 import hash_elements, permute
from circuits.utxo import utxo
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.poseidon2 import FULL_ROUNDS, PARTIAL_ROUNDS
from payy_ref.ledger.transaction import SEND, PublicInputs, public_inputs_of
from payy_ref.merkle.persistent import tree_of
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.proofs.gates import Gate
from payy_ref.proofs.system import Builder, Circuit, Variable
from payy_ref.testing.circuit_faults import (
    FIRST_DIGIT,
    ZERO,
    Mend,
    Plan,
    Search,
    Trial,
    attacks,
    copy_attacks,
    digit_chain_of,
    repaired_by_copy,
)

Bases = Callable[[str], Iterable[Trial]]
"""Gives tables to begin with for a label, the most promising first."""


@dataclass(frozen=True, kw_only=True)
class Cases:
    """A circuit, and where the search for its faults begins."""

    plan: Plan
    """The circuit."""
    bases: Bases
    """Tables without a fault, or with the one that a label names."""
    mend: Callable[[str], Mend] = lambda _: nothing
    """The repair that is known for a label."""

    def fault(self, label: str) -> Trial | None:
        """Find a table in which only this constraint fails."""
        place = self.plan.label_places[label]
        search = Search(plan=self.plan, mend=self.mend(label))
        for base in self.bases(label):
            if base.failing:
                found = search.isolate(base.copy(), place)
                if found is not None:
                    return found
            for trial in attacks(search, base, place):
                found = search.isolate(trial, place)
                if found is not None:
                    return found
        return None

    def broken_copy(self, label: str) -> Trial | None:
        """Find a table in which only this copy fails."""
        cell = self.plan.copy_places[label]
        row = cell[1]
        if self.plan.gates[row] == Gate.ARITHMETIC and row >= self.plan.system.public_count:
            broken = self.fault(self.plan.labels[row])
            mended = None if broken is None else repaired_by_copy(broken, cell)
            if mended is not None and mended.labels() == [label]:
                return mended
        search = Search(plan=self.plan, mend=self.mend(label))
        for base in self.bases(label):
            for trial in copy_attacks(search, base, cell):
                found = search.isolate(trial, None)
                if found is not None and found.labels() == [label]:
                    return found
        return None


def nothing(_: Trial) -> None:
    """Mend nothing."""


# The client's circuit

ANSWERS: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "tests" / "known_answers" / "utxo_circuit.json").read_text("utf-8")
)
"""Statements, and what the deployed circuit answered."""

STATEMENT_FIELDS: Final = ("kind", "value", "address", "psi")
"""Fields of a note in the answers."""


def answered_inputs(answer: Mapping[str, Any]) -> dict[str, int]:
    """Lay out a statement that was put to the deployed circuit."""
    names = list(utxo().inputs)
    values = dict(zip(names, (int(text, 16) for text in answer["public"]), strict=False))
    for side, some in (("input_notes", answer["inputs"]), ("output_notes", answer["outputs"])):
        for i, note in enumerate(some):
            fields = (*STATEMENT_FIELDS, "secret_key")[: len(note)]
            values |= {f"{side}[{i}].{f}": int(t, 16) for f, t in zip(fields, note, strict=True)}
    return values | {"burn_address": int(answer["burn_address"], 16)}


def shape(inputs: Mapping[str, int]) -> tuple[int, ...]:
    """Tell what kind of statement this is, and which notes and values are there."""
    notes = [n for n in inputs if n.endswith((".kind", ".value")) and not n.startswith("message")]
    return (inputs["message.kind"], *(int(bool(inputs[name])) for name in sorted(notes)))


@cache
def client_cases() -> Cases:
    """Begin with statements of all shapes, and with refused ones that break one constraint."""
    plan = Plan(utxo())
    accepted: dict[tuple[int, ...], Trial] = {}
    refused: dict[str, Trial] = {}
    for answer in ANSWERS["answers"]:
        inputs = answered_inputs(answer)
        if answer["refused"] is None:
            kind = shape(inputs)
            if kind not in accepted:
                accepted[kind] = Trial(plan, inputs)
        else:
            trial = Trial(plan, inputs)
            if len(trial.failing) == 1:
                refused.setdefault(trial.labels()[0], trial)
    order = sorted(accepted, key=lambda kind: -sum(kind[1:]))
    bases = [accepted[kind] for kind in order]
    notes = [f"{side}_notes[{i}]" for side in ("input", "output") for i in range(2)]
    for i, j in combinations(range(4), 2):
        inputs = dict.fromkeys(plan.circuit.inputs, 0) | {"message.kind": int(SEND)}
        inputs |= {f"{notes[i]}.kind": 3, f"{notes[j]}.kind": 4}
        trial = Trial(plan, inputs)
        for k in (i, j):
            row = plan.system.row_of(f"notes[{k}]/is_committed")
            trial.put({plan.rows[k][3]: trial.values[plan.rows[row][0]]})
        refused[f"kinds[{i},{j}]/agree"] = trial

    def bases_for(label: str) -> list[Trial]:
        # What a false statement breaks, or makes first of all: then the fault lets it pass.
        scope = label.partition(":")[0].rpartition("/")[0]
        names = (label, f"{scope}/holds", f"{scope}/agree")
        return [*(refused[name] for name in names if name in refused), *bases[:6]]

    return Cases(plan=plan, bases=bases_for)


# The block's circuit

PARAMETERS: Final[Parameters] = load_preset(Preset.MINIMAL)
"""The block that is searched."""

CHANGES: Final = PARAMETERS.block_transactions * COMMITMENTS
"""Leaves that a block may change."""

TOP: Final = PARAMETERS.tree_depth - 1
"""The level below the root."""


def change_scope(change: int) -> str:
    """Give the scope of a change."""
    place, j = divmod(change, COMMITMENTS)
    return f"places[{place}]/" + (f"removal[{j}]" if j < INPUTS else f"insertion[{j - INPUTS}]")


def change_of(label: str) -> int:
    """Find the change that a label is about; the first if it is about none."""
    found = re.match(r"(?:public/)?places\[(\d+)\](.*)", label)
    if found is None:
        return 0
    place, rest = int(found[1]), found[2]
    for name, first in (
        ("removal", 0),
        ("insertion", INPUTS),
        ("/input_commitments", 0),
        (".input_commitments", 0),
        ("/output_commitments", INPUTS),
        (".output_commitments", INPUTS),
    ):
        inner = re.search(re.escape(name) + r"\[(\d)\]", rest)
        if inner is not None:
            return COMMITMENTS * place + first + int(inner[1])
    return COMMITMENTS * place


@dataclass(frozen=True, kw_only=True)
class Subtree:
    """The change that a fault is in stands in the right half of the tree, others in the left."""

    plan: Plan
    """The circuit."""
    change: int
    """Which."""
    is_foreign: bool = False
    """Whether the half may be one that the changes before have not seen."""

    @cached_property
    def _halves(self) -> list[tuple[int, int, int]]:
        """List for each change the nodes below the root before and after, and the sibling."""
        plan = self.plan
        halves: list[tuple[int, int, int]] = []
        for change in range(CHANGES):
            scope = change_scope(change)
            place, j = divmod(change, COMMITMENTS)
            sibling = plan.circuit.inputs[change_names(place, j, PARAMETERS)[-1]]
            before, after = (
                plan.rows[plan.system.row_of(f"{scope}/{when}/level[{TOP}]/input")][0]
                for when in ("before", "after")
            )
            halves.append((before, after, sibling))
        return halves

    def mend(self, trial: Trial) -> None:
        """Let the others see the half that the fault is in as it has become, whatever it is."""
        before, after, own = self._halves[self.change]
        values = trial.values
        neighbour = self._halves[self.change - 1][1] if self.change else self._halves[1][0]
        top = values[self._top_bit]
        # What the topmost hash takes is (1 - t) n + t s on the left and t n + (1 - t) s on the
        # right, also where t is no bit.
        if top and own not in trial.pinned:
            wanted = (values[neighbour] - (1 - top) * values[before]) * pow(top, -1, MODULUS)
            if (values[own] - wanted) % MODULUS:
                trial.put({own: wanted}, pin=False)
        changes: dict[int, int] = {}
        for change, (_, _, sibling) in enumerate(self._halves):
            if change == self.change or (self.is_foreign and change < self.change):
                continue
            node = values[before] if change < self.change else values[after]
            seen = (top * node + (1 - top) * values[own]) % MODULUS
            if values[sibling] != seen and sibling not in trial.pinned:
                changes[sibling] = seen
        if changes:
            trial.put(changes, pin=False)

    @cached_property
    def _top_bit(self) -> int:
        scope = change_scope(self.change)
        return self.plan.rows[self.plan.system.row_of(f"{scope}/slot/bit[{TOP}]")][0]


def block_inputs(
    leaves: Mapping[int, int], absent: Iterable[int] = (), present: Iterable[int] = ()
) -> dict[str, int]:
    """Lay out a block of two sends; its inputs are in the tree, but for some."""
    transactions: list[PublicInputs] = []
    held = []
    for place in range(PARAMETERS.block_transactions):
        some = [leaves[COMMITMENTS * place + j] for j in range(COMMITMENTS)]
        words = [FieldElement(word) for word in (*some, SEND, 0, 0, 0, 0)]
        transactions.append(public_inputs_of(words))
        held += some[:INPUTS]
    others = (77 * 256 + 99, 78 * 256 + 150, 79 * 256 + 140)
    tree = tree_of(
        PARAMETERS.tree_depth,
        [
            FieldElement(leaf)
            for leaf in (*held, *others, *present)
            if leaf and leaf not in set(absent)
        ],
    )
    return block_circuit.inputs_of(tree, transactions, PARAMETERS)


def leaves_around(change: int, leaf: int) -> dict[int, int]:
    """Give leaves to all changes: one in the right half, the others in the left."""
    return {
        k: leaf if k == change else (1000 + 17 * k) * 2**200 + 256 * (k + 3) + 7 * k + 5
        for k in range(CHANGES)
    }


NEAR_MODULUS: Final = MODULUS - 5
"""A leaf that counts as a small negative number."""

SMALL: Final = 200
"""A leaf that stays below 2^254 if p is added."""

USUAL: Final = 5**100 // 256 * 256 + 181
"""A leaf in the right half."""


LOWEST: Final = USUAL - 181 + 2**TOP
"""A leaf in the first slot of the right half."""


@cache
def block_plan() -> Plan:
    """Link the block's circuit."""
    return Plan(block_circuit.block(PARAMETERS))


@cache
def block_base(change: int, leaf: int, *, is_refused: bool = False) -> Trial:
    """Fill the table of a block, in which a removed leaf is absent or a slot taken if asked for."""
    leaves = leaves_around(change, leaf)
    if not is_refused:
        inputs = block_inputs(leaves)
    elif change % COMMITMENTS < INPUTS:
        inputs = block_inputs(leaves, absent=(leaf,))
    else:
        inputs = block_inputs(leaves, present=(leaf + 2**TOP * 2 * 999,))
    return Trial(block_plan(), inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """The variables of a decomposition."""

    bits: tuple[int, ...]
    """The low bits."""
    high: int
    """The rest."""
    borrow: int
    """Of the comparison with p - 1."""


def bits_of(plan: Plan, scope: str) -> Bits:
    """Find the variables of a decomposition."""
    count = sum(label.startswith(f"{scope}/bit[") for label in plan.labels)
    return Bits(
        bits=tuple(plan.rows[plan.system.row_of(f"{scope}/bit[{i}]")][0] for i in range(count)),
        high=plan.rows[plan.system.row_of(f"{scope}/is_value")][0],
        borrow=plan.rows[plan.system.row_of(f"{scope}/borrow_is_bit")][0],
    )


def alias(trial: Trial, scope: str, value: int, borrow: str) -> Trial:
    """
    Give a value the bits of another integer, which is the same in the field.

    Args:
        value: the integer; below 0 the high limb is.
        borrow: "honest", "none", or "any": whatever makes both limbs of the gap fit.
    """
    found = trial.copy()
    variables = bits_of(trial.plan, scope)
    count = len(variables.bits)
    low, high = value % 2**count, value >> count
    changes = {bit: low >> i & 1 for i, bit in enumerate(variables.bits)}
    changes[variables.high] = high % MODULUS
    if borrow == "none":
        changes[variables.borrow] = 0
    if borrow == "any":
        gap = (2 * MODULUS - 1 - value) % 2**count
        excess = gap - (MODULUS - 1) % 2**count + low
        changes[variables.borrow] = excess * pow(2, -count, MODULUS) % MODULUS
    found.put(changes)
    return found


ALIASES: Final = {
    "high_in_range": (NEAR_MODULUS, -MODULUS, "honest"),
    "high_gap_in_range": (SMALL, MODULUS, "honest"),
    "low_gap_in_range": (SMALL, MODULUS, "none"),
    "borrow_is_bit": (SMALL, MODULUS, "any"),
}
"""Which leaf, what is added to it, and which borrow leaves only one constraint to catch it."""


def aliased(label: str, base: Callable[[int], Trial], scope: str) -> Trial | None:
    """Give an alias which nothing but the constraints of a label's group catches."""
    for part, (leaf, added, borrow) in ALIASES.items():
        if f"{scope}/{part}" in label:
            return alias(base(leaf), scope, leaf + added, borrow)
    return None


def is_about_root(label: str) -> bool:
    """Tell whether a label is about the root that a path has to lead to."""
    return "/path_leads_to_root" in label or (is_about_output(label) and "/before/" in label)


def is_about_output(label: str) -> bool:
    """Tell whether a label is about the topmost hash's result."""
    return label.endswith(f"/level[{TOP}]/round[{LAST_ROUND}]:full_round[0]")


@cache
def foreign(change: int) -> Trial:
    """Show a path of another tree to one change."""
    place, j = divmod(change, COMMITMENTS)
    trial = block_base(change, USUAL).copy()
    sibling = trial.plan.circuit.inputs[change_names(place, j, PARAMETERS)[1]]
    trial.put({sibling: trial.values[sibling] + 1})
    return trial


def with_output(change: int, label: str) -> Trial:
    """Let a path lead to the root that is wanted, although it does not."""
    plan = block_plan()
    output = plan.output(plan.label_places[label])
    if output is None:
        raise ValueError(f"{label} makes nothing")
    honest = block_base(change, USUAL)
    if "/before/" in label:
        trial = foreign(change).copy()
        trial.put({output: honest.values[output]})
        return trial
    # The changes that follow see another tree than the one that this change made.
    trial = honest.copy()
    for later in range(change + 1, CHANGES):
        place, j = divmod(later, COMMITMENTS)
        sibling = plan.circuit.inputs[change_names(place, j, PARAMETERS)[-1]]
        trial.put({sibling: 1})
    if change + 1 < CHANGES:
        row = plan.system.row_of(f"{change_scope(change + 1)}/path_leads_to_root")
        trial.put({output: trial.values[plan.rows[row][0]]})
    return trial


@cache
def block_cases() -> Cases:
    """Begin with valid blocks, a removal of what is not there, and aliases."""

    def bases(label: str) -> Iterator[Trial]:
        change = change_of(label)
        if is_about_output(label):
            yield with_output(change, label)
        found = aliased(
            label, lambda leaf: block_base(change, leaf), f"{change_scope(change)}/slot"
        )
        if found is not None:
            yield found
        if is_about_root(label):
            yield foreign(change)
        yield block_base(change, USUAL)
        yield block_base(change, USUAL, is_refused=True)
        yield block_base(change, LOWEST, is_refused=True)

    def mend(label: str) -> Mend:
        subtree = Subtree(
            plan=block_plan(), change=change_of(label), is_foreign=is_about_root(label)
        )
        return subtree.mend

    return Cases(plan=block_plan(), bases=bases, mend=mend)


# Gadgets, each a circuit of its own, whose outputs nobody asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class Gadget:
    """A small circuit."""

    circuit: Circuit
    """Its rows."""
    inputs: tuple[dict[str, int], ...]
    """Inputs of tables to begin with."""


Write = Callable[[Builder, dict[str, Variable]], object]


def gadget(name: str, write: Write, *inputs: dict[str, int]) -> Gadget:
    """Write a gadget over private inputs."""
    builder = Builder(name)
    write(builder, {key: builder.private(key) for key in inputs[0]})
    return Gadget(circuit=builder.build(), inputs=inputs)


def range_gadget(bits: int) -> Gadget:
    """Write a range."""
    values = (2**bits - 1, 0, 2**bits // 3)
    return gadget(
        f"range[{bits}]",
        lambda b, v: assert_in_range(b, "range", v["value"], bits),
        *({"value": value} for value in values),
    )


def bits_gadget(count: int) -> Gadget:
    """Write a decomposition."""
    values = (5**100, SMALL, NEAR_MODULUS, 0, 2**count)
    return gadget(
        f"low_bits[{count}]",
        lambda b, v: low_bits(b, "slot", v["value"], count),
        *({"value": value} for value in values),
    )


def hash_gadget(count: int) -> Gadget:
    """Write a sponge."""
    names = [f"input[{i}]" for i in range(count)]
    return gadget(
        f"hash[{count}]",
        lambda b, v: hash_elements(b, "hash", [v[name] for name in names]),
        {name: 7**i for i, name in enumerate(names)},
    )


def _path(builder: Builder, variables: dict[str, Variable]) -> None:
    bits = [variables[f"bit[{i}]"] for i in range(3)]
    for i, bit in enumerate(bits):
        assert_boolean(builder, f"bit_is_bit[{i}]", bit)
    siblings = [variables[f"sibling[{i}]"] for i in range(3)]
    path_root(builder, "path", variables["leaf"], bits, siblings)


def _commitment(builder: Builder, _: dict[str, Variable]) -> None:
    note_commitment(builder, "commitment", private_note(builder, "note"))


@cache
def gadgets() -> dict[str, Gadget]:
    """List the gadgets."""
    two = {"left": 5, "right": 9}
    some = [
        gadget("boolean", lambda b, v: assert_boolean(b, "it", v["bit"]), {"bit": 1}),
        gadget("equal", lambda b, v: assert_equal(b, "it", v["a"], v["b"]), {"a": 7, "b": 7}),
        gadget("sum", lambda b, v: sum_of(b, "it", v["left"], v["right"]), two),
        gadget("difference", lambda b, v: difference(b, "it", v["left"], v["right"]), two),
        gadget("product", lambda b, v: product(b, "it", v["left"], v["right"]), two),
        gadget("complement", lambda b, v: complement(b, "it", v["bit"]), {"bit": 1}),
        gadget(
            "product_is_zero",
            lambda b, v: assert_product_is_zero(b, "it", v["left"], v["right"]),
            {"left": 0, "right": 3},
        ),
        gadget(
            "select",
            lambda b, v: select(b, "it", v["bit"], v["one"], v["zero"]),
            {"bit": 1, "one": 5, "zero": 9},
        ),
        gadget("is_zero", lambda b, v: is_zero(b, "it", v["v"]), {"v": 0}, {"v": 6}),
        gadget(
            "is_equal",
            lambda b, v: is_equal(b, "it", v["left"], v["right"]),
            two,
            {"left": 4, "right": 4},
        ),
        gadget(
            "permutation",
            lambda b, v: permute(b, "it", tuple(v.values()), (0, 1, 1, 0)),
            {f"cell[{i}]": i + 3 for i in range(4)},
        ),
        gadget(
            "path",
            _path,
            {"leaf": 11}
            | {f"bit[{i}]": i % 2 for i in range(3)}
            | {f"sibling[{i}]": 20 + i for i in range(3)},
        ),
        gadget("address", lambda b, v: note_address(b, "it", v["key"]), {"key": 12}),
        *(range_gadget(bits) for bits in (1, 2, 3, 7, 8, 9, 64, 94, 240, 253)),
        *(bits_gadget(count) for count in (5, 8, 16)),
        *(hash_gadget(count) for count in range(1, 8)),
    ]
    builder = Builder("commitment")
    _commitment(builder, {})
    note = Gadget(
        circuit=builder.build(),
        inputs=(
            {"note.kind": 4, "note.value": 5, "note.address": 6, "note.psi": 7},
            {"note.kind": 0, "note.value": 0, "note.address": 6, "note.psi": 7},
        ),
    )
    return {one.circuit.system.name: one for one in (*some, note)}


def gadget_cases(name: str) -> Cases:
    """Begin with the inputs of a gadget, and with aliases where it has bits."""
    one = gadgets()[name]
    plan = Plan(one.circuit)
    tables = [Trial(plan, inputs) for inputs in one.inputs]

    def bases(label: str) -> Iterator[Trial]:
        if name.startswith("low_bits"):
            found = aliased(label, lambda leaf: Trial(plan, {"value": leaf}), "slot")
            if found is not None:
                yield found
            if "low_gap_in_range" in label:
                # A borrow that is not needed makes the gap too large by one bit.
                borrow = bits_of(plan, "slot").borrow
                needless = Trial(plan, one.inputs[-1])
                needless.put({borrow: 1})
                yield needless
        yield from tables

    return Cases(plan=plan, bases=bases)


# Constraints that no table breaks alone


def exception(plan: Plan, label: str) -> str | None:
    """
    Say why no table is found in which only this constraint or copy fails.

    - "zeros": both cells are the constant 0, whose row and copies have labels of their own.
    - "bit": the digit after 0 is asked to be a bit, and bits are digits.
    - "zero": with another number in place of 0 other constraints have no solution.
    - "complement": what is below the range makes its complement to p - 1 leave the range.
    - "collision": two hashes that differ in their inputs would have to agree.
    """
    name = plan.system.name
    copy = label in plan.copy_places
    wire, row = plan.copy_places[label] if copy else plan.label_places[label][::-1]
    is_whole = name.startswith("payy-ref/")
    if label in {ZERO, f"{ZERO}:copy[3]"}:
        width = int(name.split("[")[1][:-1]) if name.startswith("range") else 0
        is_bound = width % 2 and -(-width // 2) % 4
        return "zero" if is_whole or is_bound or name.startswith("low_bits") else None
    if "/high_" in label and label.endswith((FIRST_DIGIT, f"{FIRST_DIGIT}:copy[3]")):
        return "complement"
    if plan.gates[row] == Gate.DIGITS:
        chain = digit_chain_of(plan, row)
        at = chain.cells.index((wire, row))
        is_odd = f"{label.rpartition('/')[0]}/first_digit_is_bit" in plan.labels
        if not copy and at < chain.leading:
            return "zeros"
        if not copy and at == chain.leading and is_odd:
            return "bit"
        if copy and 0 < at < chain.leading:
            return "zeros"
        if copy and at == chain.leading + 1 and is_odd and "/high_" in label:
            return "complement"
        if copy and at == chain.leading and (chain.leading and (is_odd or "/high_" in label)):
            return "bit" if is_odd else "complement"
    if name.startswith("payy-ref/utxo") and "is_one_of_three" in label:
        return "collision"
    if name.startswith("payy-ref/block"):
        found = re.search(rf"/(before|after)/level\[{TOP}\]/", label)
        if found is not None and change_of(label) != (0 if found[1] == "before" else CHANGES - 1):
            return None if f"round[{LAST_ROUND}]" in label else "collision"
    return None


LAST_ROUND: Final = FULL_ROUNDS + PARTIAL_ROUNDS - 1
"""What it makes is the output, which a fault may set at will."""
