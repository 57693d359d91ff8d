"""What the scenarios of circuits and proofs share: small systems, witnesses, keys and proofs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from circuits.gadgets.bits import assert_in_range
from circuits.gadgets.logic import assert_boolean, assert_equal
from circuits.gadgets.merkle import path_root
from circuits.gadgets.poseidon2 import hash_children
from payy_ref.crypto.field import MODULUS
from payy_ref.crypto.hashing import hash_pair, permutation_rows
from payy_ref.crypto.poseidon2 import round_constants
from payy_ref.errors import CheckSite, ErrorCode, switched_off
from payy_ref.proofs.backend import default_backend
from payy_ref.proofs.curve import (
    G1_BYTES,
    G1_GENERATOR,
    G1Point,
    add_g1,
    decode_g1,
    encode_g1,
    multiply_g1,
)
from payy_ref.proofs.gates import (
    CONSTRAINTS,
    WIRES,
    Gate,
    Row,
    constraint_names,
    partial_row_constants,
)
from payy_ref.proofs.keys import ProvingKey, encode_key, powers_needed, preprocess
from payy_ref.proofs.proof import encode_proof
from payy_ref.proofs.prover import BLINDING, prove
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, development
from payy_ref.proofs.system import (
    NO_CONSTANTS,
    UNUSED,
    Builder,
    Cell,
    Circuit,
    Constants,
    RowDescription,
    System,
    Variable,
    Witness,
    checked_system,
)
from payy_ref.vectors.model import case_elements
from spec.ledger.ledger_cases import keccak_of

LAST: Final = MODULUS - 1
"""The greatest field element."""

WORD: Final = 32
"""Bytes of a word."""


def rules(*numbers: int) -> list[str]:
    """Give the ids of requirements of this chapter."""
    return [f"PAYY-CIRCUITS-{number:03}" for number in numbers]


def slug(name: str) -> str:
    """Give a name as it stands in the id of a case."""
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")


# Systems with a witness


@dataclass(frozen=True, kw_only=True)
class Example:
    """A system and a table for it."""

    system: System
    """The rows and copies."""
    witness: Witness
    """The table, which satisfies them unless something else is said."""

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """Give the cells of the rows in use."""
        columns = [column[: self.system.rows] for column in self.witness.wires]
        return tuple(zip(*columns, strict=True))

    @property
    def public(self) -> tuple[int, ...]:
        """Give the public inputs."""
        return self.witness.public

    @property
    def powers(self) -> int:
        """Give the least number of powers that keys take."""
        return powers_needed(self.system.size)

    def given(self) -> Mapping[str, Any]:
        """Give what operations call a system and its witness."""
        return {"system": self.system, "witness": self.rows, "public_inputs": self.public}

    def with_cells(self, values: Mapping[Cell, int]) -> "Example":
        """Put other values into cells (wire, row), and nothing that follows from them."""
        return replace(self, witness=self.witness.with_cells(values))

    def with_public(self, index: int, value: int) -> "Example":
        """Tell the verifier another public input."""
        return replace(self, witness=self.witness.with_public(index, value))


def example(circuit: Circuit, **inputs: int) -> Example:
    """Fill a circuit."""
    return Example(system=circuit.system, witness=circuit.fill(inputs))


def table(
    rows: Sequence[tuple[Gate | None, Constants, Sequence[int]]],
    *,
    size: int = 16,
    cells: Sequence[Sequence[int]] | None = None,
) -> Example:
    """
    Make a system row by row, each with gate, constants and the values of its cells.

    Args:
        cells: the variables of the cells; one for each cell if not given.
    """
    numbers = cells or [
        [WIRES * row + wire + 1 for wire in range(WIRES)] for row in range(len(rows))
    ]
    described = [
        RowDescription(
            label=f"row[{at}]",
            gate="none" if gate is None else gate.name.lower(),
            constants=constants,
            cells=tuple(variables),
        )
        for at, ((gate, constants, _), variables) in enumerate(zip(rows, numbers, strict=True))
    ]
    system = checked_system("payy-ref/vectors/table", size, (), described)
    values = [*(row for _, _, row in rows), *[(0,) * WIRES] * (size - len(rows))]
    wires = tuple([row[wire] for row in values] for wire in range(WIRES))
    return Example(system=system, witness=Witness(wires=wires, public=()))


# Each gate by itself

FIRST_OF_GATE: Final = {
    Gate.ABSORB: 0,
    Gate.FULL_ROUND: 1,
    Gate.ENTER_PARTIAL: 5,
    Gate.PARTIAL_ROUNDS: 6,
    Gate.LEAVE_PARTIAL: 19,
}
"""The first row of each gate among the 25 of a permutation."""


def constants_in_permutation(gate: Gate) -> Constants:
    """Give the constants of the first row of a gate in a permutation."""
    match gate:
        case Gate.ABSORB:
            return (0, 1, 1, 0)
        case Gate.FULL_ROUND:
            first, second, third, fourth = round_constants()[0]
            return (first, second, third, fourth)
        case Gate.PARTIAL_ROUNDS:
            first, second, third, fourth = partial_row_constants()[0]
            return (first, second, third, fourth)
        case _:
            return NO_CONSTANTS


def rows_of_permutation(state: Sequence[int]) -> list[tuple[int, ...]]:
    """Give the 25 rows of a permutation, from the readable form of the rounds."""
    first, second, third, fourth = state
    cells = permutation_rows((first, second, third, fourth))
    return [tuple(state), *(tuple(cells[at : at + WIRES]) for at in range(0, len(cells), WIRES))]


def below_of(
    gate: Gate, wires: Sequence[int], constants: Constants, faults: Mapping[int, int]
) -> list[int]:
    """
    Compute the row below a row of the hash, cell by cell.

    Args:
        faults: what is added to cells; those after them follow from the changed ones.
    """
    below = [0] * WIRES
    for index in range(WIRES):
        row = Row(wires=wires, below=below, constants=constants, one=1)
        below[index] = (faults.get(index, 0) - CONSTRAINTS[gate](row)[index]) % MODULUS
    return below


def hash_gate(
    gate: Gate,
    wires: Sequence[int],
    constants: Constants,
    faults: Mapping[int, int] | None = None,
) -> Example:
    """Make a system of a row of the hash and the row below it."""
    below = below_of(gate, wires, constants, faults or {})
    return table([(gate, constants, wires), (None, NO_CONSTANTS, below)])


def honest_hash_gate(gate: Gate) -> Example:
    """Take a row and the row below it out of a permutation."""
    rows = rows_of_permutation(case_elements(f"gate-{gate.name.lower()}", WIRES))
    first = FIRST_OF_GATE[gate]
    constants = constants_in_permutation(gate)
    return table([(gate, constants, rows[first]), (None, NO_CONSTANTS, rows[first + 1])])


def arithmetic_gate(wires: Sequence[int], constants: Constants) -> Example:
    """Make a system of one row of arithmetic."""
    return table([(Gate.ARITHMETIC, constants, wires)])


def digits_gate(first: int, digits: Sequence[int]) -> Example:
    """Make a system of one row of digits, appended to a number one after the other."""
    cells = [first]
    for digit in digits:
        cells.append((cells[-1] * 4 + digit) % MODULUS)
    return table(
        [
            (Gate.DIGITS, NO_CONSTANTS, cells[:WIRES]),
            (None, NO_CONSTANTS, (*cells[WIRES:], 0, 0, 0)),
        ]
    )


def labels_of(gate: Gate, row: str = "row[0]") -> list[str]:
    """List the labels of a row of a gate with more than one constraint."""
    return [f"{row}:{name}" for name in constraint_names(gate)]


# Small circuits


@cache
def empty() -> Example:
    """Have no row in use."""
    return example(Builder("payy-ref/vectors/empty").build())


@cache
def square(name: str = "payy-ref/vectors/square") -> Example:
    """Know a root p of the public x; a second public input, and rows that depend on both."""
    builder = Builder(name)
    x, y = builder.public("x"), builder.public("y")
    p, spare = builder.private("p"), builder.private("spare")
    builder.bind_arithmetic("square", (1, 0, 0, 0), p, p, result=x)
    builder.row(None, (spare, spare, UNUSED, UNUSED), name="spare")
    value = builder.arithmetic("double", (0, 2, 0, 3), p)
    for i in range(4):
        value = builder.arithmetic(f"step[{i}]", (1, i, 1, i), value, x, y)
    return example(builder.build(), x=9, y=5, p=3, spare=8)


@cache
def digits() -> Example:
    """Know that the public value has eight bits; a number of digits of base 4."""
    builder = Builder("payy-ref/vectors/digits")
    assert_in_range(builder, "range", builder.public("value"), 8)
    return example(builder.build(), value=0xB1)


@cache
def everything_circuit() -> Circuit:
    """Make a tree node of 26 rows, with a range beside it; all gates, and all 32 rows in use."""
    builder = Builder("payy-ref/vectors/everything")
    parent = builder.public("parent")
    node, sibling = builder.private("node"), builder.private("sibling")
    bit, value = builder.private("bit"), builder.private("value")
    assert_boolean(builder, "is_bit", bit)
    digest = hash_children(builder, "hash", node, sibling, bit)
    assert_equal(builder, "is_parent", digest, parent)
    assert_in_range(builder, "range", value, 8)
    return builder.build()


def everything() -> Example:
    """Know a node of the public parent, and a number of 8 bits."""
    left, right = case_elements("circuit-everything", 2)
    parent = hash_pair(left, right)
    return example(everything_circuit(), parent=parent, node=right, sibling=left, bit=1, value=200)


@cache
def path_circuit() -> Circuit:
    """Make a path of two levels, in 64 rows."""
    builder = Builder("payy-ref/vectors/path")
    root, leaf = builder.public("root"), builder.private("leaf")
    bits = [builder.private(f"bit[{level}]") for level in range(2)]
    siblings = [builder.private(f"sibling[{level}]") for level in range(2)]
    for level, bit in enumerate(bits):
        assert_boolean(builder, f"is_bit[{level}]", bit)
    reached = path_root(builder, "path", leaf, bits, siblings)
    assert_equal(builder, "is_root", reached, root)
    return builder.build()


def path(**changes: int) -> Example:
    """Know a leaf of the public root, or say so with other inputs."""
    leaf, first, second = case_elements("circuit-path", 3)
    inputs = {
        "root": hash_pair(hash_pair(first, leaf), second),
        "leaf": leaf,
        "bit[0]": 1,
        "bit[1]": 0,
        "sibling[0]": first,
        "sibling[1]": second,
    }
    return example(path_circuit(), **{**inputs, **changes})


@cache
def all_public() -> Example:
    """Have as many public inputs as rows."""
    builder = Builder("payy-ref/vectors/all-public")
    for i in range(16):
        builder.public(f"input[{i}]")
    return example(builder.build(), **{f"input[{i}]": i * i for i in range(16)})


@cache
def copies() -> Example:
    """Have one variable in five cells, another one in three, and cells without a variable."""
    builder = Builder("payy-ref/vectors/copies")
    v, w = builder.private("v"), builder.private("w")
    rows: list[tuple[Variable, ...]] = [
        (UNUSED, v, UNUSED, w),
        (v, UNUSED, v, UNUSED),
        (UNUSED, v, w, v),
        (w, UNUSED, UNUSED, UNUSED),
    ]
    for i, cells in enumerate(rows):
        builder.row(None, cells, name=f"row[{i}]")
    return example(builder.build(), v=11, w=22)


EXAMPLES: Final[Mapping[str, Callable[[], Example]]] = {
    "empty": empty,
    "square": square,
    "digits": digits,
    "everything": everything,
    "path": path,
    "all-public": all_public,
}
"""Circuits that keys and proofs are made of, by name."""


# Keys and proofs over the development setup


@cache
def proving_key(name: str) -> ProvingKey:
    """Make the prover's key of one of the examples."""
    made = EXAMPLES[name]()
    return key_of_system(made.system)


def key_of_system(system: System) -> ProvingKey:
    """Make the prover's key of any system."""
    setup = development(powers_needed(system.size), name=DEVELOPMENT_SETUP_NAME)
    return preprocess(system, setup, default_backend(), keep_cosets=False)[0]


def key_bytes(name: str) -> bytes:
    """Give the encoded verification key of one of the examples."""
    return encode_key(proving_key(name).verification)


def blinding_of(case_id: str) -> tuple[int, ...]:
    """Derive a case's own scalars."""
    return case_elements(case_id, BLINDING, "blinding")


@cache
def proof_bytes(name: str, case_id: str = "plonk-proof") -> bytes:
    """Prove one of the examples with the scalars of a case."""
    return proof_of(EXAMPLES[name](), proving_key(name), blinding_of(case_id))


def proof_of(made: Example, key: ProvingKey, blinding: Sequence[int]) -> bytes:
    """Prove any example."""
    return encode_proof(prove(key, made.witness.wires, made.public, blinding, default_backend()))


NO_LOOK: Final = CheckSite("payy_ref.proofs.prover", "prove", ErrorCode.PROOF_WITNESS_UNSATISFIED)
"""The prover's last look at what it proves."""


def false_proof_of(made: Example, key: ProvingKey, case_id: str) -> bytes:
    """Go through the rounds of the prover with a table that does not satisfy the system."""
    with switched_off(NO_LOOK):
        return proof_of(made, key, blinding_of(case_id))


# Parts of encodings

POINT_NAMES: Final = ("w0", "w1", "w2", "w3", "z", "t-lo", "t-hi", "w-zeta", "w-zeta-omega")
"""The points of a proof."""

VALUE_NAMES: Final = (
    *(f"w{j}" for j in range(4)),
    *(f"sigma{j}" for j in range(3)),
    *(f"q{j}" for j in range(4)),
    "z-next",
    *(f"w{j}-next" for j in range(4)),
)
"""The values of a proof."""

COLUMN_NAMES: Final = (
    *(f"s-{gate.name.lower().replace('_', '-')}" for gate in Gate),
    *(f"q{j}" for j in range(4)),
    *(f"sigma{j}" for j in range(4)),
)
"""The commitments of a key."""

VALUES_START: Final = len(POINT_NAMES) * G1_BYTES
"""Where the values of a proof begin."""

COLUMNS_START: Final = 4 * WORD
"""Where the points of a key begin."""

SETUP_START: Final = COLUMNS_START + len(COLUMN_NAMES) * G1_BYTES
"""Where [x]_2 of a key begins."""


def spliced(data: bytes, start: int, part: bytes) -> bytes:
    """Put other bytes at a place."""
    return data[:start] + part + data[start + len(part) :]


def with_word(data: bytes, start: int, change: Callable[[int], int]) -> bytes:
    """Change the word at a place."""
    value = int.from_bytes(data[start : start + WORD], "big")
    return spliced(data, start, change(value).to_bytes(WORD, "big"))


def point_at(data: bytes, start: int) -> G1Point:
    """Read the point at a place."""
    return decode_g1(data[start : start + G1_BYTES])


def with_point(data: bytes, start: int, point: G1Point) -> bytes:
    """Put another point of G1 at a place."""
    return spliced(data, start, encode_g1(point))


def moved(data: bytes, start: int, point: G1Point = G1_GENERATOR, factor: int = 1) -> bytes:
    """Add a multiple of a point to the point at a place."""
    return with_point(data, start, add_g1(point_at(data, start), multiply_g1(point, factor)))


# The transcript by hand


def words_of(values: Sequence[int]) -> bytes:
    """Write words."""
    return b"".join(value.to_bytes(WORD, "big") for value in values)


def states_by_hand(key: bytes, public: Sequence[int], proof: bytes) -> list[bytes]:
    """Give s0 to s5 of a proof, from the bytes as they are sent."""
    tag = b"payy-ref/plonk/1".ljust(WORD, b"\0")
    states = [keccak_of(tag, keccak_of(key), words_of([len(public)]), words_of(public))]
    sent = ((0, 256), (256, 320), (320, 448), (576, 1088), (448, 576))
    for start, end in sent:
        states.append(keccak_of(states[-1], proof[start:end]))
    return [bytes(state) for state in states]


def challenges_by_hand(key: bytes, public: Sequence[int], proof: bytes) -> dict[str, Any]:
    """Draw the challenges of a proof."""
    _, first, second, third, fourth, last = states_by_hand(key, public, proof)
    digests = {
        "beta": first,
        "gamma": keccak_of(first, b"\1"),
        "alpha": second,
        "zeta": third,
        "v": fourth,
        "u": last,
    }
    drawn = {name: int.from_bytes(digest, "big") % MODULUS for name, digest in digests.items()}
    return {**drawn, "final": last}
