"""What the circuits say: the client's against its predicate, the block's against chapter ledger."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from circuits import block as block_circuit
from circuits import utxo as utxo_circuit
from circuits.block import block, change_names, claim_of, public_names
from circuits.gadgets.poseidon2 import body
from circuits.utxo import CODES, PUBLIC_NAMES, utxo
from payy_ref.assurance.evidence import evidence
from payy_ref.crypto import compiled, poseidon2
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.poseidon2 import INTERNAL_DIAGONAL, WIDTH
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.block import apply_block, commit_hash, places
from payy_ref.ledger.transaction import (
    SEND,
    PublicInputs,
    Statement,
    check_statement,
    public_inputs_of,
)
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.proofs.backend import BackendName, backend
from payy_ref.proofs.gates import (
    Gate,
    partial_exit,
    partial_recurrence,
)
from payy_ref.proofs.system import UNUSED, Cell, Circuit
from payy_ref.testing.circuit_strategies import (
    BLOCK_FAULTS,
    bent_statements,
    judged_scripts,
    refused_scripts,
    remainders,
)
from payy_ref.testing.ledger_strategies import (
    BlockScript,
    accepted_scripts,
    public_inputs,
    statements,
)
from payy_ref.testing.strategies import field_elements, leaf_sets, leaves
from spec.transactions.test_transactions_circuit import ANSWERS, statement_of

MINIMAL: Final = load_preset(Preset.MINIMAL)
MAINNET: Final = load_preset(Preset.MAINNET)

FAST: Final = backend(BackendName.FAST)

few_examples = settings(max_examples=max(1, settings().max_examples // 50))
"""For the circuit of mainnet, whose evaluation takes seconds."""

fewer_examples = settings(max_examples=max(10, settings().max_examples // 5))
some_examples = settings(
    max_examples=max(min(16, settings().max_examples), settings().max_examples // 3)
)

scripts = judged_scripts(MINIMAL)

more_examples = settings(max_examples=3 * settings().max_examples)
"""For statements, which have many ways to be false and are quickly judged."""

ALIASES: Final = 2**254 - MODULUS
"""Values below this have 254 bits after the modulus is added."""


# The client's circuit


def verdict(statement: Statement) -> ErrorCode | None:
    """Give the code with which a statement is refused, None if it is accepted."""
    try:
        check_statement(statement)
    except SpecError as refusal:
        return refusal.code
    return None


def broken(statement: Statement, edits: dict[Cell, int] | None = None) -> list[str]:
    """List what the witness of a statement breaks, after edits."""
    witness = utxo().fill(utxo_circuit.inputs_of(statement), edits)
    return utxo().system.failures(witness, FAST)


def code_of(label: str) -> ErrorCode:
    """Give the code of a label: without numbers in brackets, it begins with one of the names."""
    name = re.sub(r"\[[^]]*\]", "", label)
    (code,) = [
        code for start, code in CODES.items() if name == start or name.startswith(f"{start}/")
    ]
    return code


def assert_agrees(statement: Statement) -> None:
    """Hold circuit and predicate against each other: verdict and reason."""
    labels, code = broken(statement), verdict(statement)
    assert (code_of(labels[0]) if labels else None) == code
    # Every other one that is broken belongs to a rule too.
    assert all(code_of(label) for label in labels)


@evidence("PAYY-CIRCUITS-T04")
@pytest.mark.parametrize("answer", ANSWERS["answers"], ids=lambda answer: str(answer["id"]))
def test_verdicts_of_the_deployed_circuit(answer: dict[str, Any]) -> None:
    """On each statement this circuit answers as the deployed one, for the reason of the rule."""
    statement = statement_of(answer)
    assert (not broken(statement)) == (answer["refused"] is None)
    assert_agrees(statement)


def test_every_code_of_the_circuit_has_a_verdict() -> None:
    """The deployed circuit's verdicts reach every group of constraints."""
    codes = {verdict(statement_of(answer)) for answer in ANSWERS["answers"]}
    assert codes == {None, *CODES.values()}


@evidence("PAYY-CIRCUITS-T04")
@given(statements())
def test_accepted_statements_have_a_witness(statement: Statement) -> None:
    """What wallets make satisfies every constraint."""
    assert check_statement(statement) == statement.public
    assert broken(statement) == []


@evidence("PAYY-CIRCUITS-T04")
@more_examples
@given(bent_statements())
def test_the_circuit_is_the_predicate(statement: Statement) -> None:
    """Satisfied exactly if accepted; what is broken first is the rule that refuses."""
    assert_agrees(statement)


def chosen_cells(circuit: Circuit) -> tuple[Cell, ...]:
    """List a cell of each variable that is not an input and not a constant; hints come twice."""
    system = circuit.system
    inputs = set(circuit.inputs.values())
    first: dict[int, Cell] = {}
    for wire in range(4):
        for row in range(system.rows):
            first.setdefault(int(system.cells[wire, row]), (wire, row))
    free = [cell for variable, cell in first.items() if variable not in {UNUSED, *inputs}]
    return (*free, *(first[variable] for variable in circuit.hints))


@cache
def client_cells() -> tuple[Cell, ...]:
    """List what a client may choose."""
    return chosen_cells(utxo())


@cache
def block_cells() -> tuple[Cell, ...]:
    """List what a block's prover may choose."""
    return chosen_cells(block(MINIMAL))


@st.composite
def attempts(draw: st.DrawFn, statement: Statement) -> dict[Cell, int]:
    """Give values that a prover may put for hints and for what follows from others."""
    circuit, labels = utxo(), broken(statement)
    system = circuit.system
    witness = circuit.fill(utxo_circuit.inputs_of(statement))
    near = [
        (wire, row)
        for row in {system.row_of(label) for label in labels}
        for wire in range(4)
        if system.cells[wire, row] not in {UNUSED, *circuit.inputs.values()}
    ]
    chosen: dict[Cell, int] = {}
    for _ in range(draw(st.integers(1, 4))):
        cells = st.sampled_from(client_cells())
        wire, row = draw(st.one_of(st.sampled_from(near), cells) if near else cells)
        value = witness.wires[wire][row]
        inverse = pow(value, -1, MODULUS) if value else 1
        guesses = (0, 1, value + 1, value - 1, -value, 1 - value, 4 * value, inverse, 2**240)
        chosen[wire, row] = draw(st.one_of(st.sampled_from(guesses), field_elements())) % MODULUS
    return chosen


@evidence("PAYY-CIRCUITS-T04", part="no choice of hints helps")
@some_examples
@given(bent_statements(), st.data())
def test_no_hints_make_a_refused_statement_true(statement: Statement, data: st.DataObject) -> None:
    """Whatever a prover puts into other cells than the inputs, something stays broken."""
    assume(verdict(statement) is not None)
    for _ in range(4):
        assert broken(statement, data.draw(attempts(statement)))


@evidence("PAYY-CIRCUITS-T04", part="public inputs are bound")
@given(statements(), st.integers(0, 8), leaves())
def test_other_public_inputs_break_their_rows(
    statement: Statement, index: int, shift: FieldElement
) -> None:
    """A verifier that is told another word than the table holds notices at that word."""
    witness = utxo().fill(utxo_circuit.inputs_of(statement))
    told = witness.with_public(index, witness.public[index] + shift)
    assert utxo().system.failures(told, FAST) == [f"public/{PUBLIC_NAMES[index]}"]


# The block's circuit


def tree_of(script: BlockScript, parameters: Parameters = MINIMAL) -> PersistentTree:
    """Build the tree that a block meets."""
    return PersistentTree.of(parameters.tree_depth, script.leaves)


def expected_claim(
    tree: PersistentTree, transactions: Sequence[PublicInputs], parameters: Parameters = MINIMAL
) -> dict[str, int]:
    """Ask chapter ledger."""
    try:
        applied = apply_block(tree, transactions, parameters)
    except SpecError:
        new_root, is_valid = tree.root, 0
    else:
        new_root, is_valid = applied.new_root, 1
    return {
        "old_root": tree.root,
        "new_root": new_root,
        "commit_hash": commit_hash(transactions, parameters),
        "is_valid": is_valid,
    }


def block_inputs(
    tree: PersistentTree, transactions: Sequence[PublicInputs], parameters: Parameters = MINIMAL
) -> dict[str, int]:
    """Lay out a block for its circuit."""
    return block_circuit.inputs_of(tree, transactions, parameters)


def block_broken(
    inputs: dict[str, int],
    parameters: Parameters = MINIMAL,
    edits: dict[Cell, int] | None = None,
) -> list[str]:
    """List what a block's witness breaks."""
    circuit = block(parameters)
    return circuit.system.failures(circuit.fill(inputs, edits), FAST)


@evidence("PAYY-CIRCUITS-T05")
@some_examples
@given(scripts, leaves())
def test_one_claim_is_satisfied(script: BlockScript, shift: FieldElement) -> None:
    """That of chapter ledger; a wrong root, hash or bit breaks the constraint of that word."""
    tree = tree_of(script)
    claim = expected_claim(tree, script.transactions)
    inputs = block_inputs(tree, script.transactions)
    assert claim.items() <= inputs.items()
    assert block_broken(inputs) == []
    wrong = {
        "commit_hash": (claim["commit_hash"] + shift) % MODULUS,
        "is_valid": 1 - claim["is_valid"],
        "new_root": (claim["new_root"] + shift) % MODULUS,
    }
    for name, value in wrong.items():
        assert block_broken(inputs | {name: value}) == [f"claim/{name}"]
    assert block_broken(inputs | wrong) == [f"claim/{name}" for name in wrong]
    old_root = (claim["old_root"] + shift) % MODULUS
    labels = block_broken(inputs | {"old_root": old_root})
    # A block that is not valid leaves the old root, so it has to be the new one as well.
    also = [] if claim["is_valid"] else ["claim/new_root"]
    assert labels == ["places[0]/removal[0]/path_leads_to_root", *also]


@evidence("PAYY-CIRCUITS-T05", part="each reason to refuse a block")
@pytest.mark.parametrize("fault", BLOCK_FAULTS)
@fewer_examples
@given(st.data())
def test_refused_blocks_are_proved_to_be_invalid(fault: str, data: st.DataObject) -> None:
    """The claim of invalidity is satisfied; that the block were valid is broken at its bit."""
    script = data.draw(refused_scripts(MINIMAL, (fault,)))
    inputs = block_inputs(tree_of(script), script.transactions)
    assert inputs["is_valid"] == 0
    assert block_broken(inputs) == []
    assert "claim/is_valid" in block_broken(inputs | {"is_valid": 1})


@evidence("PAYY-CIRCUITS-T05", part="the circuit of mainnet")
@few_examples
@given(accepted_scripts(MAINNET, minimum=2), refused_scripts(MAINNET))
def test_one_claim_is_satisfied_on_mainnet(good: BlockScript, bad: BlockScript) -> None:
    """The same with the places and the depth of the deployed network."""
    for script, is_valid in ((good, 1), (bad, 0)):
        tree = tree_of(script, MAINNET)
        claim = expected_claim(tree, script.transactions, MAINNET)
        assert claim["is_valid"] == is_valid
        inputs = block_inputs(tree, script.transactions, MAINNET)
        assert claim.items() <= inputs.items()
        assert block_broken(inputs, MAINNET) == []
        wrong = {"new_root": claim["new_root"] ^ 1, "is_valid": 1 - is_valid}
        labels = block_broken(inputs | wrong, MAINNET)
        assert labels == ["claim/is_valid", "claim/new_root"]


@evidence("PAYY-CIRCUITS-T05", part="a bit that is not a bit")
@fewer_examples
@given(scripts, field_elements())
def test_the_bit_is_the_verdict(script: BlockScript, value: FieldElement) -> None:
    """The claimed bit may be any field element; only the verdict satisfies."""
    tree = tree_of(script)
    inputs = block_inputs(tree, script.transactions)
    labels = block_broken(inputs | {"is_valid": value})
    assert labels == ([] if value == inputs["is_valid"] else ["claim/is_valid"])


@evidence("PAYY-CIRCUITS-T05", part="words of transactions")
@given(scripts, st.data())
def test_a_claim_for_other_words(script: BlockScript, data: st.DataObject) -> None:
    """The claim of a block is broken for another block exactly where the two claims differ."""
    tree = tree_of(script)
    claim = expected_claim(tree, script.transactions)
    filled = [place for group in places(script.transactions, MINIMAL) for place in group]
    place = data.draw(st.integers(0, len(filled) - 1))
    words = list(filled[place].words)
    known = [word for item in filled for word in item.words]
    position = data.draw(st.integers(0, len(words) - 1))
    words[position] = data.draw(st.one_of(st.sampled_from(known), field_elements()))
    filled[place] = public_inputs_of(words)
    other = expected_claim(tree, filled)
    differing = [
        f"claim/{name}"
        for name in ("commit_hash", "is_valid", "new_root")
        if claim[name] != other[name]
    ]
    assert block_broken(block_inputs(tree, filled) | claim) == differing


@evidence("PAYY-CIRCUITS-T05", part="public inputs are bound")
@given(scripts, leaves(), st.sets(st.integers(0, len(public_names(MINIMAL)) - 1)))
def test_each_word_is_bound_by_its_row(
    script: BlockScript, shift: FieldElement, some: set[int]
) -> None:
    """Whichever of the public inputs the verifier is told otherwise, their rows are broken."""
    circuit, names = block(MINIMAL), public_names(MINIMAL)
    told = circuit.fill(block_inputs(tree_of(script), script.transactions))
    for index in some:
        told = told.with_public(index, told.public[index] + shift)
    expected = [f"public/{names[index]}" for index in sorted(some)]
    assert circuit.system.failures(told, FAST) == expected


@evidence("PAYY-CIRCUITS-T05", part="any words at all")
@given(
    leaf_sets(MINIMAL.tree_depth, maximum=8),
    st.lists(public_inputs(), max_size=MINIMAL.block_transactions),
)
def test_every_block_has_a_claim(
    held: tuple[FieldElement, ...], transactions: list[PublicInputs]
) -> None:
    """Nothing that words can be is an exception or leaves the circuit without a witness."""
    tree = PersistentTree.of(MINIMAL.tree_depth, held)
    claim = claim_of(tree, transactions, MINIMAL)
    expected = expected_claim(tree, transactions)
    assert {name: int(getattr(claim, name)) for name in expected} == expected
    assert block_broken(block_inputs(tree, transactions)) == []


@evidence("PAYY-CIRCUITS-T05", part="no choice of hints helps")
@some_examples
@given(scripts, st.data())
def test_no_hints_make_a_wrong_claim_true(script: BlockScript, data: st.DataObject) -> None:
    """The opposite verdict stays unprovable, whatever is put into other cells than the inputs."""
    tree = tree_of(script)
    inputs = block_inputs(tree, script.transactions)
    reached = data.draw(st.one_of(st.just(tree.root), st.just(inputs["new_root"]), leaves()))
    inputs |= {"is_valid": 1 - inputs["is_valid"], "new_root": reached}
    cells = st.sampled_from(block_cells())
    values = st.one_of(st.sampled_from((0, 1, MODULUS - 1)), field_elements().map(int))
    for _ in range(4):
        edits = data.draw(st.dictionaries(cells, values, min_size=1, max_size=3))
        assert block_broken(inputs, edits=edits)


# Paths


CHANGES: Final = [(i, j) for i in range(MINIMAL.block_transactions) for j in range(4)]
"""The changes of a block of the preset minimal: place, commitment."""


def scope_of(place: int, commitment: int) -> str:
    """Name the scope of a change."""
    kinds = ("removal[0]", "removal[1]", "insertion[0]", "insertion[1]")
    return f"places[{place}]/{kinds[commitment]}"


def claims_that_suit(inputs: dict[str, int], tree: PersistentTree) -> Iterator[dict[str, int]]:
    """Give what a forger may claim beside the truth: that the block is invalid."""
    yield inputs
    yield inputs | {"is_valid": 0, "new_root": tree.root}


@evidence("PAYY-CIRCUITS-T06")
@some_examples
@given(scripts, st.sampled_from(CHANGES), st.data())
def test_another_occupant_is_noticed(
    script: BlockScript, change: tuple[int, int], data: st.DataObject
) -> None:
    """Whether the change is allowed, would be, or is none."""
    tree = tree_of(script)
    inputs = block_inputs(tree, script.transactions)
    occupant, *_ = change_names(*change, MINIMAL)
    leaf = inputs[f"places[{change[0]}].{PUBLIC_NAMES[change[1]]}"]
    shown = data.draw(st.one_of(st.just(0), st.just(leaf), field_elements()))
    assume(shown != inputs[occupant])
    for forged in claims_that_suit(inputs, tree):
        labels = block_broken(forged | {occupant: shown})
        assert f"{scope_of(*change)}/path_leads_to_root" in labels


@evidence("PAYY-CIRCUITS-T06")
@some_examples
@given(scripts, st.sampled_from(CHANGES), st.data())
def test_another_sibling_is_noticed(
    script: BlockScript, change: tuple[int, int], data: st.DataObject
) -> None:
    """At any level; or several, for instance the path of another slot."""
    tree = tree_of(script)
    inputs = block_inputs(tree, script.transactions)
    _, *siblings = change_names(*change, MINIMAL)
    other_slot = data.draw(st.integers(0, 2**MINIMAL.tree_depth - 1))
    shown = dict(zip(siblings, map(int, tree.siblings_at(other_slot)), strict=True))
    if data.draw(st.booleans()):
        shown = {data.draw(st.sampled_from(siblings)): int(data.draw(field_elements()))}
    assume(any(inputs[name] != value for name, value in shown.items()))
    for forged in claims_that_suit(inputs, tree):
        labels = block_broken(forged | shown)
        assert f"{scope_of(*change)}/path_leads_to_root" in labels


def cell_of(label: str, wire: int) -> Cell:
    """Find a cell by the label of its row."""
    return wire, block(MINIMAL).system.row_of(label)


def alias_edits(leaf: int, scope: str, borrow: int) -> dict[Cell, int]:
    """Put the bits of leaf + p for those of the leaf."""
    depth, alias = MINIMAL.tree_depth, leaf + MODULUS
    bits = {cell_of(f"{scope}/slot/bit[{i}]", 3): alias >> i & 1 for i in range(depth)}
    return bits | {
        cell_of(f"{scope}/slot/is_value", 0): alias >> depth,
        cell_of(f"{scope}/slot/borrow_is_bit", 0): borrow,
    }


@evidence("PAYY-CIRCUITS-T06", part="the bits of an alias")
@given(
    st.integers(1, ALIASES - 1).map(FieldElement),
    leaf_sets(MINIMAL.tree_depth, maximum=8),
    st.booleans(),
    st.sampled_from((0, 2)),
    st.booleans(),
    st.sampled_from((0, 1)),
    st.sampled_from((0, 1)),
)
def test_the_slot_of_an_alias_is_noticed(
    leaf: FieldElement,
    held: tuple[FieldElement, ...],
    is_there: bool,
    commitment: int,
    follows_path: bool,
    borrow: int,
    claimed: int,
) -> None:
    """With the right path of the wrong slot too, allowed or not: only the bits show it."""
    kept = [other for other in held if other % 2**MINIMAL.tree_depth != leaf % 2**8]
    tree = PersistentTree.of(MINIMAL.tree_depth, [*kept, leaf] if is_there else kept)
    words = [0, 0, 0, 0, SEND, 0, 0, 0, 0]
    words[commitment] = leaf
    transactions = [public_inputs_of([FieldElement(word) for word in words])]
    inputs = block_inputs(tree, transactions)
    is_allowed = is_there == (commitment == 0)
    assert inputs["is_valid"] == is_allowed
    slot = (leaf + MODULUS) % 2**MINIMAL.tree_depth
    if follows_path:
        path = (tree.leaf_at(slot), *tree.siblings_at(slot))
        inputs |= zip(change_names(0, commitment, MINIMAL), map(int, path), strict=True)
    scope = scope_of(0, commitment)
    inputs |= {"is_valid": claimed, "new_root": tree.root}
    labels = block_broken(inputs, edits=alias_edits(leaf, scope, borrow))
    ranges = [label for label in labels if label.startswith(f"{scope}/slot/")]
    assert ranges
    assert all("_in_range/" in label for label in ranges)
    if follows_path:
        assert f"{scope}/path_leads_to_root" not in labels


@evidence("PAYY-CIRCUITS-T06", part="a valid block is not shown to be invalid by an alias")
@fewer_examples
@given(st.integers(1, ALIASES - 1).map(FieldElement))
def test_nothing_but_the_range_stands_against_an_alias(leaf: FieldElement) -> None:
    """A removal that is allowed, shown at the empty slot of the alias: the ranges alone object."""
    tree = PersistentTree.of(MINIMAL.tree_depth, [leaf])
    zero = FieldElement(0)
    words = (leaf, zero, zero, zero, SEND, zero, zero, zero, zero)
    inputs = block_inputs(tree, [public_inputs_of(words)])
    slot = (leaf + MODULUS) % 2**MINIMAL.tree_depth
    # The prime is odd, so the alias has another slot.
    # Nothing is changed then, so all later paths are those of the tree as it was.
    for place, commitment in CHANGES:
        shown = slot if (place, commitment) == (0, 0) else 0
        path = map(int, (tree.leaf_at(shown), *tree.siblings_at(shown)))
        inputs |= zip(change_names(place, commitment, MINIMAL), path, strict=True)
    assert tree.leaf_at(slot) == 0
    inputs |= {"is_valid": 0, "new_root": tree.root}
    for borrow in (0, 1):
        labels = block_broken(inputs, edits=alias_edits(leaf, scope_of(0, 0), borrow))
        assert labels
        assert all(label.startswith("places[0]/removal[0]/slot/") for label in labels)


# The rows of the hash


states = st.tuples(*[field_elements()] * WIDTH)


@evidence("PAYY-CIRCUITS-T07")
@given(states)
def test_rows_of_the_permutation_satisfy_the_gates(state: tuple[FieldElement, ...]) -> None:
    """Filled in by the readable permutation; the last row is its output."""
    a, b, c, d = map(int, state)
    cells = poseidon2.permutation_rows((a, b, c, d))
    assert tuple(compiled.permutation_rows((a, b, c, d))) == cells
    rows = [(a, b, c, d), *(cells[i : i + 4] for i in range(0, len(cells), 4))]
    absorb = (Gate.ABSORB, (0, 1, 1, 0), "input")
    kinds = [absorb, *body()]
    assert len(rows) == len(kinds) == 25
    assert [row for row, (gate, _, _) in enumerate(kinds) if gate is None] == [24]
    assert rows[24] == poseidon2.permutation((a, b, c, d))
    for (gate, constants, _), (row, below) in zip(kinds, pairwise(rows), strict=False):
        assert gate is not None
        assert remainders(gate, row, below, constants) == [0, 0, 0, 0]


@evidence("PAYY-CIRCUITS-T07", part="each cell counts")
@given(states, st.integers(0, 95), leaves())
def test_rows_of_the_permutation_are_the_only_ones(
    state: tuple[FieldElement, ...], place: int, shift: FieldElement
) -> None:
    """Any other value in one cell breaks the constraint that makes it."""
    a, b, c, d = map(int, state)
    cells = list(poseidon2.permutation_rows((a, b, c, d)))
    cells[place] = (cells[place] + shift) % MODULUS
    rows = [(a, b, c, d), *(cells[i : i + 4] for i in range(0, len(cells), 4))]
    gate, constants, _ = [(Gate.ABSORB, (0, 1, 1, 0), "input"), *body()][place // 4]
    assert gate is not None
    broken_ones = remainders(gate, rows[place // 4], rows[place // 4 + 1], constants)
    assert broken_ones[place % 4]


INTERNAL: Final = [
    [1 + (INTERNAL_DIAGONAL[i] if i == j else 0) for j in range(WIDTH)] for i in range(WIDTH)
]
"""The linear layer of a partial round."""


def partial_states(state: Sequence[int], outputs: Sequence[int]) -> list[tuple[int, ...]]:
    """Apply the linear layers of partial rounds whose S-boxes give any outputs."""
    trace = [tuple(state)]
    for output in outputs:
        entering = (output, *trace[-1][1:])
        trace.append(
            tuple(
                sum(f * x for f, x in zip(row, entering, strict=True)) % MODULUS for row in INTERNAL
            )
        )
    return trace


def dot(factors: Sequence[int], values: Sequence[int]) -> int:
    """Add up products."""
    return sum(f * v for f, v in zip(factors, values, strict=True)) % MODULUS


four = st.tuples(*[field_elements()] * 4)


@evidence("PAYY-CIRCUITS-T07", part="the recurrence of partial rounds")
@given(states, four)
def test_the_recurrence_is_an_identity(
    state: tuple[FieldElement, ...], outputs: tuple[FieldElement, ...]
) -> None:
    """Cell 0 after four rounds is the combination, for any state and any outputs of S-boxes."""
    heads = [reached[0] for reached in partial_states(state, outputs)]
    recurrence = partial_recurrence()
    combined = dot(recurrence.outputs, outputs) + dot(recurrence.inputs, heads[1:4])
    assert heads[4] == combined % MODULUS


@evidence("PAYY-CIRCUITS-T07", part="the way out of partial rounds")
@given(states, four)
def test_the_exit_is_an_identity(
    state: tuple[FieldElement, ...], outputs: tuple[FieldElement, ...]
) -> None:
    """The tail after three rounds is the combination of cells 0 and outputs."""
    trace = partial_states(state, outputs[:3])
    heads = [reached[0] for reached in trace[1:]]
    exits = partial_exit()
    tail = [
        (dot(cells, heads) + dot(from_outputs, outputs[:3])) % MODULUS
        for cells, from_outputs in zip(exits.cells, exits.outputs, strict=True)
    ]
    assert tuple(tail) == trace[3][1:]


@evidence("PAYY-CIRCUITS-T07", part="children in either order")
@given(states, st.booleans())
def test_absorb_exchanges_children(state: tuple[FieldElement, ...], is_right: bool) -> None:
    """With q0 = 1 and a bit, the row below is the linear layer of the children in their order."""
    left, right, _, capacity = map(int, state)
    children = (right, left) if is_right else (left, right)
    below = poseidon2.permutation_trace((*children, 0, capacity))[0]
    wires = (left, right, 7, int(is_right))
    assert remainders(Gate.ABSORB, wires, below, (1, 0, 0, capacity)) == [0, 0, 0, 0]
