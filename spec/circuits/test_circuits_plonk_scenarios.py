"""Scenarios of the proof system: keys, proofs, challenges, verdicts, batches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pytest

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_pair
from payy_ref.errors import ErrorCode
from payy_ref.proofs.backend import default_backend
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_BYTES,
    G1_GENERATOR,
    G2_GENERATOR,
    add_g1,
    encode_g1,
    encode_g2,
    multiply_g1,
    multiply_g2,
    negate_g1,
)
from payy_ref.proofs.gates import Gate
from payy_ref.proofs.keys import KEY_BYTES, decode_key, encode_key
from payy_ref.proofs.proof import PROOF_BYTES
from payy_ref.proofs.prover import BLINDING
from payy_ref.proofs.setup import development_secret
from payy_ref.proofs.system import NO_CONSTANTS, UNUSED, Builder, Cell, System
from payy_ref.testing.powers_of_tau import OUTSIDE_G2
from payy_ref.vectors.model import case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.circuits.circuit_cases import (
    COLUMN_NAMES,
    COLUMNS_START,
    EXAMPLES,
    LAST,
    POINT_NAMES,
    SETUP_START,
    VALUE_NAMES,
    VALUES_START,
    WORD,
    Example,
    all_public,
    blinding_of,
    challenges_by_hand,
    digits,
    empty,
    everything,
    example,
    false_proof_of,
    key_bytes,
    key_of_system,
    moved,
    point_at,
    proof_bytes,
    proof_of,
    proving_key,
    rules,
    spliced,
    square,
    table,
    with_point,
    with_word,
)
from spec.ledger.ledger_cases import in_words, json_of, keccak_of, with_field_missing

Q: Final = COORDINATE_MODULUS
"""The modulus of coordinates."""

OTHER: Final = multiply_g1(G1_GENERATOR, 77)
"""A point of G1 that stands nowhere."""

ZEROS: Final = (0, 0, 0, 0)


def more(amount: int) -> Callable[[int], int]:
    """Give a change by an amount."""
    return lambda value: value + amount


def fixed(number: int) -> Callable[[int], int]:
    """Give a change to a number, whatever was there."""
    return lambda _value: number


# Keys


def makes_key(vector: VectorWriter, name: str, system: System, powers: int, what: str) -> bytes:
    """State that a system has a key."""
    output = vector.accepts(
        f"plonk-key-{name}",
        "plonk/key",
        description=f"The verification key of {what}.",
        requirements=rules(22, 23, 24),
        flags=["KEY_COLUMNS"],
        system=system,
        powers=powers,
    )
    key = bytes(output["key"])
    assert len(key) == KEY_BYTES
    assert key[:64] == b"payy-ref/plonk-key/1".ljust(WORD, b"\0") + keccak_of(system.name.encode())
    assert int.from_bytes(key[64:96], "big") == system.size.bit_length() - 1
    assert int.from_bytes(key[96:128], "big") == system.public_count
    assert key[SETUP_START:] == encode_g2(multiply_g2(G2_GENERATOR, development_secret()))
    return key


def commitment_by_hand(values: Sequence[int]) -> bytes:
    """Commit to the column with these values, by Lagrange's formula at the known secret."""
    n, x = len(values), development_secret()
    omega = pow(5, (MODULUS - 1) // n, MODULUS)
    total = sum(
        value
        * pow(omega, i, MODULUS)
        * (pow(x, n, MODULUS) - 1)
        * pow(n * (x - pow(omega, i, MODULUS)), -1, MODULUS)
        for i, value in enumerate(values)
    )
    return encode_g1(multiply_g1(G1_GENERATOR, total % MODULUS))


def column_of(key: bytes, name: str) -> bytes:
    """Cut the commitment to a column out of a key."""
    start = COLUMNS_START + G1_BYTES * COLUMN_NAMES.index(name)
    return key[start : start + G1_BYTES]


@pytest.mark.parametrize("name", EXAMPLES)
def test_keys(vector: VectorWriter, name: str) -> None:
    """
    A key holds the commitments to fifteen columns.

    Given a system and just enough powers, when its key is made, then selectors and constants are
    those of its rows.
    """
    made = EXAMPLES[name]()
    system = made.system
    what = f"the circuit {in_words(name)}: {system.size} rows, {system.rows} in use"
    key = makes_key(vector, name, system, made.powers, what)
    assert key == key_bytes(name)
    for gate in Gate:
        marked = [int(found == gate) for found in system.gates.tolist()]
        selector = f"s-{gate.name.lower().replace('_', '-')}"
        assert column_of(key, selector) == commitment_by_hand(marked)
    for j, column in enumerate(system.constants):
        assert column_of(key, f"q{j}") == commitment_by_hand(column)


def test_identities_of_cells(vector: VectorWriter) -> None:
    """
    Cells of a variable follow each other by wire, then by row; others follow themselves.

    Given a system with one variable in three cells, when its key is made, then the sigmas hold the
    identities of the cells that follow.
    """
    builder = Builder("payy-ref/vectors/cycle")
    v = builder.private("v")
    for row, wires in enumerate(([3], [0], [0])):
        cells = [v if wire in wires else UNUSED for wire in range(4)]
        builder.row(None, cells, name=f"row[{row}]")
    made = example(builder.build(), v=1)
    key = makes_key(vector, "cycle", made.system, made.powers, "a variable in three cells")
    omega = pow(5, (MODULUS - 1) // 16, MODULUS)
    sigmas = [
        [5**wire * pow(omega, row, MODULUS) % MODULUS for row in range(16)] for wire in range(4)
    ]
    # (wire, row): (0, 1), (0, 2), (3, 0), and then (0, 1) again.
    sigmas[0][1], sigmas[0][2], sigmas[3][0] = sigmas[0][2], sigmas[3][0], sigmas[0][1]
    for wire, sigma in enumerate(sigmas):
        assert column_of(key, f"sigma{wire}") == commitment_by_hand(sigma)


def test_keys_do_not_depend_on_more_powers(vector: VectorWriter) -> None:
    """
    A key takes the first powers.

    Given more powers than needed, when the key is made, then it is the same.
    """
    made = square()
    key = makes_key(
        vector, "more-powers", made.system, made.powers + 9, "a circuit, with 73 powers"
    )
    assert key == key_bytes("square")


def test_keys_of_twins(vector: VectorWriter) -> None:
    """
    The name of a circuit is part of its key.

    Given a circuit under another name, when its key is made, then only the name's hash differs.
    """
    made = twin()
    key = makes_key(vector, "twin", made.system, made.powers, "a circuit under another name")
    assert key[:32] + key[64:] == key_bytes("square")[:32] + key_bytes("square")[64:]
    assert key != key_bytes("square")


def twin() -> Example:
    """Give the circuit of squares under another name."""
    return square("payy-ref/vectors/twin")


def refuses_key(
    vector: VectorWriter,
    name: str,
    system: System,
    powers: int,
    error: ErrorCode,
    flag: str,
    number: int = 23,
) -> None:
    """State that a system has no key."""
    vector.rejects(
        f"plonk-key-{name}",
        "plonk/key",
        error,
        description=f"There is no key: {in_words(name)}.",
        requirements=rules(number),
        flags=[flag],
        system=system,
        powers=powers,
    )


def test_sizes_of_circuits(vector: VectorWriter) -> None:
    """
    A circuit has 2^4 rows at least.

    Given systems of fewer rows, when a key is asked for, then it is refused.
    """
    for size in (1, 2, 8):
        refuses_key(
            vector,
            f"{size}-rows",
            table([(None, NO_CONSTANTS, ZEROS)], size=size).system,
            64,
            ErrorCode.CIRCUIT_SIZE_OUT_OF_RANGE,
            "CIRCUIT_SIZE",
        )
    last = table([(Gate.DIGITS, NO_CONSTANTS, ZEROS)] * 8, size=8).system
    code = ErrorCode.CIRCUIT_SIZE_OUT_OF_RANGE
    refuses_key(vector, "order-of-size-and-last-row", last, 64, code, "CIRCUIT_SIZE")


@pytest.mark.parametrize("gate", [gate for gate in Gate if gate != Gate.ARITHMETIC])
def test_last_rows(vector: VectorWriter, gate: Gate) -> None:
    """
    The last row does not read on.

    Given a gate that reads the next row in the last row, when a key is asked for, then it is
    refused; in the row before it is not.
    """
    empties: list[tuple[Gate | None, Any, Any]] = [(None, NO_CONSTANTS, ZEROS)] * 15
    row = (gate, NO_CONSTANTS, ZEROS)
    name = gate.name.lower().replace("_", "-")
    code = ErrorCode.CIRCUIT_LAST_ROW_READS_ON
    refuses_key(
        vector, f"last-row-{name}", table([*empties, row]).system, 64, code, "LAST_ROW_READS_ON"
    )
    if gate is Gate.DIGITS:
        system = table([*empties[1:], row, empties[0]]).system
        makes_key(vector, "last-row-but-one-digits", system, 64, "digits in the last row but one")


def unbound(gate: Gate | None, constants: tuple[int, int, int, int]) -> System:
    """Make a system whose public input stands in a row of another form."""
    system = table([(None, NO_CONSTANTS, ZEROS), (gate, constants, ZEROS)]).system
    gates = system.gates.copy()
    gates[0] = Gate.ARITHMETIC
    return replace(system, gates=gates, public_names=("a", "b"))


def test_rows_of_public_inputs(vector: VectorWriter) -> None:
    """
    The row of a public input says that the cell is the input.

    Given a public input whose row has no gate, another one, or constants, when a key is asked for,
    then it is refused.
    """
    code = ErrorCode.CIRCUIT_PUBLIC_INPUT_UNBOUND
    rows: dict[str, System] = {
        "no-gate": unbound(None, NO_CONSTANTS),
        "digits": unbound(Gate.DIGITS, NO_CONSTANTS),
        **{
            f"constant-{j}": unbound(Gate.ARITHMETIC, tuple(int(i == j) for i in range(4)))  # type: ignore[arg-type]
            for j in range(4)
        },
    }
    for name, system in rows.items():
        refuses_key(vector, f"public-input-{name}", system, 64, code, "PUBLIC_INPUT_UNBOUND")
    bound = unbound(Gate.ARITHMETIC, NO_CONSTANTS)
    makes_key(vector, "public-inputs-bound", bound, 64, "two public inputs in rows made by hand")


def test_lengths_of_setups(vector: VectorWriter) -> None:
    """
    Keys take 3n + 16 powers.

    Given one power less, or a single one, when a key or a proof is asked for, then it is refused.
    """
    code, flag = ErrorCode.SETUP_TOO_SHORT, "SETUP_LENGTH"
    made = square()
    for name, powers in (("one-power-less", made.powers - 1), ("one-power", 1), ("n-powers", 16)):
        refuses_key(vector, f"setup-{name}", made.system, powers, code, flag, 22)
    larger = everything()
    refuses_key(vector, "setup-of-smaller-circuit", larger.system, 64, code, flag, 22)
    vector.rejects(
        "plonk-prove-setup-one-power-less",
        "plonk/prove",
        code,
        description="There is no proof with one power less than 3n + 16.",
        requirements=rules(22),
        flags=[flag],
        **{**given_to_prove(made, "plonk-prove-short"), "powers": made.powers - 1},
    )


# Proofs


def given_to_prove(made: Example, case_id: str) -> dict[str, Any]:
    """Give the prover's input."""
    return {**made.given(), "powers": made.powers, "blinding": blinding_of(case_id)}


def proves(vector: VectorWriter, name: str, made: Example, what: str, **inputs: Any) -> bytes:
    """State that there is a proof; give it."""
    case_id = f"plonk-prove-{name}"
    given = {**given_to_prove(made, case_id), **inputs}
    output = vector.accepts(
        case_id,
        "plonk/prove",
        description=f"The proof of {what}.",
        requirements=rules(25, 27, 28),
        flags=["PROVER_BYTES"],
        **given,
    )
    proof = bytes(output["proof"])
    assert len(proof) == PROOF_BYTES
    return proof


def is_valid(
    vector: VectorWriter, name: str, key: bytes, public: Sequence[int], proof: bytes, what: str
) -> None:
    """State that a proof is accepted."""
    vector.accepts(
        f"plonk-verify-{name}",
        "plonk/verify",
        description=f"A proof is accepted: {what}.",
        requirements=rules(25, 26, 29),
        flags=["VERIFIER_STRICT"],
        key=key,
        public_inputs=tuple(public),
        proof=proof,
    )


def is_refused(
    vector: VectorWriter,
    name: str,
    given: tuple[bytes, Sequence[int], bytes],
    error: ErrorCode = ErrorCode.PROOF_EQUATION,
    *,
    flag: str = "PROOF_FORGED",
    number: int = 29,
) -> None:
    """State that a proof is refused: by default because the equation does not hold."""
    key, public, proof = given
    vector.rejects(
        f"plonk-verify-{name}",
        "plonk/verify",
        error,
        description=f"A proof is refused: {in_words(name)}.",
        requirements=rules(number),
        flags=[flag],
        key=key,
        public_inputs=tuple(public),
        proof=proof,
    )


def valid() -> tuple[bytes, tuple[int, ...], bytes]:
    """Give key, public inputs and proof that most of these scenarios change."""
    return key_bytes("square"), square().public, proof_bytes("square")


@pytest.mark.parametrize("name", EXAMPLES)
def test_proofs(vector: VectorWriter, name: str) -> None:
    """
    A true witness has a proof, and the proof is accepted.

    Given a system, a witness and sixteen scalars, when it is proved, then every prover gives these
    bytes.
    """
    made = EXAMPLES[name]()
    what = f"the circuit {in_words(name)} of {made.system.size} rows"
    proof = proves(vector, name, made, what)
    is_valid(vector, name, key_bytes(name), made.public, proof, what)


@pytest.mark.parametrize("name", ["empty", "square", "everything"])
def test_blinding(vector: VectorWriter, name: str) -> None:
    """
    Any scalars blind.

    Given scalars of 0, of p - 1 or all alike, when a witness is proved, then the proof is accepted.
    """
    made = EXAMPLES[name]()
    values = {"zero": 0, "greatest": LAST} if name != "everything" else {"zero": 0}
    for kind, value in values.items():
        what = f"the circuit {name} with scalars that are {kind}"
        proof = proves(vector, f"{name}-blinding-{kind}", made, what, blinding=(value,) * BLINDING)
        is_valid(vector, f"{name}-blinding-{kind}", key_bytes(name), made.public, proof, what)
        # Commitments to 0 are infinite, and legal.
        assert (point_at(proof, 0) is None) == (name == "empty" and not value)


def test_each_scalar_by_itself(vector: VectorWriter) -> None:
    """
    Each scalar has its place.

    Given sixteen scalars of which all but one are 0, when a witness is proved, then the polynomial
    of that one is blinded: its commitment differs from that without blinding.
    """
    made, key = empty(), proving_key("empty")
    plain = proof_of(made, key, (0,) * BLINDING)
    for place in range(BLINDING):
        scalars = tuple(int(i == place) for i in range(BLINDING))
        proof = proves(
            vector,
            f"empty-scalar-{place}",
            made,
            f"the circuit without rows, with scalar {place} alone",
            blinding=scalars,
        )
        changed = 0 if place < 3 else 1 if place < 6 else 2 if place < 9 else 3 if place < 12 else 4
        start = 5 if place == BLINDING - 1 else changed
        points = [proof[G1_BYTES * i : G1_BYTES * (i + 1)] for i in range(start + 1)]
        before = [plain[G1_BYTES * i : G1_BYTES * (i + 1)] for i in range(start + 1)]
        assert [i for i in range(start + 1) if points[i] != before[i]] == [start]


def test_cells_without_a_variable(vector: VectorWriter) -> None:
    """
    Cells that nothing binds are free.

    Given other values in cells without a variable, when the witness is proved, then the proof is
    another one and accepted.
    """
    made = square()
    free: Cell = (2, made.system.row_of("spare"))
    filled = made.with_cells({free: LAST})
    what = "a witness with something in a cell without a variable"
    proof = proves(vector, "square-free-cell", filled, what)
    is_valid(vector, "square-free-cell", key_bytes("square"), made.public, proof, what)


def unsatisfied() -> dict[str, tuple[Example, str]]:
    """Give witnesses that each break one constraint, with the names of their circuits."""
    made, whole = square(), everything()
    row, spare = made.system.row_of, made.system.row_of("spare")
    begin = whole.system.row_of("hash/input")
    cases: dict[str, tuple[Example, str]] = {
        "arithmetic": (made.with_cells({(3, row("step[3]")): 1}), "square"),
        "copy": (made.with_cells({(1, spare): 9}), "square"),
        "public-input": (made.with_public(1, 6), "square"),
        "absorb": (whole.with_cells({(0, begin): 1}), "everything"),
        "output": (whole.with_cells({(3, begin + 24): 1}), "everything"),
    }
    for false, _ in cases.values():
        assert false.system.failures(false.witness, default_backend())
    return cases


@pytest.mark.parametrize("name", ["arithmetic", "copy", "public-input", "absorb", "output"])
def test_false_witnesses(vector: VectorWriter, name: str) -> None:
    """
    A false witness has no proof.

    Given a witness that breaks a constraint or a copy, when it is to be proved, then the prover
    refuses; what the rounds give all the same, a verifier refuses.
    """
    made, circuit = unsatisfied()[name]
    case_id = f"plonk-prove-false-{name}"
    vector.rejects(
        case_id,
        "plonk/prove",
        ErrorCode.PROOF_WITNESS_UNSATISFIED,
        description=f"There is no proof of a witness that is false: {in_words(name)}.",
        requirements=rules(28),
        flags=["FALSE_WITNESS_PROVED"],
        **given_to_prove(made, case_id),
    )
    proof = false_proof_of(made, proving_key(circuit), case_id)
    is_refused(
        vector,
        f"false-witness-{name}",
        (key_bytes(circuit), made.public, proof),
        flag="FALSE_WITNESS_PROVED",
    )


def test_inputs_of_the_prover(vector: VectorWriter) -> None:
    """
    The prover takes a witness of the system's shape, and field elements.

    Given a row or public input too few or too many, or p for a scalar, when a proof is asked for,
    then it is refused.
    """
    made = digits()
    given = given_to_prove(made, "plonk-prove-inputs")
    shapes: dict[str, dict[str, Any]] = {
        "row-missing": {"witness": made.rows[:-1]},
        "row-too-many": {"witness": (*made.rows, ZEROS)},
        "no-public-input": {"public_inputs": ()},
        "public-input-too-many": {"public_inputs": (*made.public, 0)},
    }
    for name, changes in shapes.items():
        vector.rejects(
            f"plonk-prove-{name}",
            "plonk/prove",
            ErrorCode.CIRCUIT_WITNESS_SHAPE,
            description=f"A witness of another shape is not proved: {in_words(name)}.",
            requirements=rules(1),
            flags=["SYSTEM_FORM"],
            **{**given, **changes},
        )
    written = json_of("plonk/prove", **given)
    beyond = f"0x{MODULUS:064x}"
    scalars = written["blinding"]
    for name, changes in {
        "scalar": {"blinding": [beyond, *scalars[1:]]},
        "public-input": {"public_inputs": [beyond]},
    }.items():
        vector.rejects_raw(
            f"plonk-prove-{name}-of-p",
            "plonk/prove",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            {**written, **changes},
            description=f"A {in_words(name)} of p is no field element.",
            requirements=["PAYY-HASH-001"],
            flags=["NON_CANONICAL_ACCEPTED"],
        )
    bent = with_field_missing(written)
    bent["15-scalars"] = {**written, "blinding": scalars[1:]}
    bent["17-scalars"] = {**written, "blinding": [*scalars, scalars[0]]}
    bent["no-scalars"] = {**written, "blinding": []}
    key_input = json_of("plonk/key", system=made.system, powers=made.powers)
    for operation, inputs in (("prove", bent), ("key", with_field_missing(key_input))):
        malformed(vector, operation, inputs)


def malformed(
    vector: VectorWriter, operation: str, inputs: Mapping[str, Mapping[str, Any]]
) -> None:
    """State that inputs are not of an operation's form."""
    for name, changed in inputs.items():
        vector.rejects_malformed(
            f"plonk-{operation.replace('_', '-')}-malformed-{name}",
            f"plonk/{operation}",
            dict(changed),
            description=f"An input of another form: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )


# Encodings of keys


def reads_key(vector: VectorWriter, name: str, key: bytes) -> Mapping[str, Any]:
    """State that an encoding is that of a key."""
    output = vector.accepts(
        f"plonk-decode-key-{name}",
        "plonk/decode_key",
        description=f"An encoding of a key: {in_words(name)}.",
        requirements=rules(24),
        flags=["KEY_ENCODING"],
        key=key,
    )
    assert output["circuit"] == key[32:64]
    assert output["digest"] == keccak_of(key)
    return output


def refuses_key_bytes(vector: VectorWriter, name: str, key: bytes, error: ErrorCode) -> None:
    """State that an encoding is that of no key."""
    vector.rejects(
        f"plonk-decode-key-{name}",
        "plonk/decode_key",
        error,
        description=f"An encoding of no key: {in_words(name)}.",
        requirements=rules(24),
        flags=["KEY_ENCODING"],
        key=key,
    )


def test_encodings_of_keys(vector: VectorWriter) -> None:
    """
    A key tells name, size and number of public inputs.

    Given encodings of keys, with fields at their limits and infinite commitments, when they are
    decoded, then they are taken.
    """
    key = key_bytes("square")
    output = reads_key(vector, "square", key)
    assert (output["rows"], output["public_count"]) == (16, 2)
    assert reads_key(vector, "path", key_bytes("path"))["rows"] == 64
    assert reads_key(vector, "empty", key_bytes("empty"))["public_count"] == 0
    assert reads_key(vector, "largest", with_word(key, 64, fixed(27)))["rows"] == 2**27
    full = with_word(with_word(key, 64, fixed(27)), 96, fixed(2**27))
    assert reads_key(vector, "largest-all-public", full)["public_count"] == 2**27
    assert reads_key(vector, "as-many-inputs-as-rows", with_word(key, 96, fixed(16)))
    assert reads_key(vector, "any-name", spliced(key, 32, b"\xff" * 32))
    infinite = spliced(key, COLUMNS_START, bytes(G1_BYTES * len(COLUMN_NAMES)))
    assert reads_key(vector, "all-columns-infinite", infinite)


def test_fields_of_keys(vector: VectorWriter) -> None:
    """
    Each field of a key has its form.

    Given another length, tag, size or number of public inputs, when a key is decoded, then it is
    rejected.
    """
    key = key_bytes("square")
    for name, bent in {
        "empty-bytes": b"",
        "byte-too-few": key[:-1],
        "byte-too-many": key + b"\0",
        "twice": key * 2,
        "tag-alone": key[:32],
    }.items():
        refuses_key_bytes(vector, name, bent, ErrorCode.PROOF_KEY_LENGTH)
    tags = {
        "tag-zero": bytes(32),
        "tag-of-proofs": b"payy-ref/plonk/1".ljust(WORD, b"\0"),
        "tag-of-version-2": b"payy-ref/plonk-key/2".ljust(WORD, b"\0"),
        "tag-filled-with-blanks": b"payy-ref/plonk-key/1".ljust(WORD),
        "tag-at-the-end": b"payy-ref/plonk-key/1".rjust(WORD, b"\0"),
        "tag-last-byte": key[:31] + b"\1",
    }
    for name, tag in tags.items():
        refuses_key_bytes(vector, name, spliced(key, 0, tag), ErrorCode.PROOF_KEY_TAG)
    for name, size in {
        "0": 0,
        "3": 3,
        "28": 28,
        "16-as-rows": 16 * 2,
        "greatest": 2**256 - 1,
    }.items():
        code = ErrorCode.PROOF_KEY_SIZE_OUT_OF_RANGE
        refuses_key_bytes(vector, f"size-{name}", with_word(key, 64, fixed(size)), code)
    for name, count in {"17": 17, "2-to-the-32": 2**32, "greatest": 2**256 - 1}.items():
        code = ErrorCode.PROOF_KEY_PUBLIC_COUNT
        refuses_key_bytes(vector, f"inputs-{name}", with_word(key, 96, fixed(count)), code)


def test_points_of_keys(vector: VectorWriter) -> None:
    """
    Each point of a key is one of its group.

    Given a commitment with a coordinate of q more or off the curve, when a key is decoded, then it
    is rejected; so is [x]_2 off the curve, outside the subgroup, or infinite.
    """
    key = key_bytes("everything")
    canonical = ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    off = ErrorCode.PROOF_POINT_NOT_ON_CURVE
    for place, name in enumerate(COLUMN_NAMES):
        start = COLUMNS_START + G1_BYTES * place
        coordinate = start + WORD * (place % 2)
        refuses_key_bytes(vector, f"{name}-plus-q", with_word(key, coordinate, more(Q)), canonical)
        refuses_key_bytes(vector, f"{name}-off-curve", with_word(key, start, fixed(0)), off)
    for word in range(4):
        bent = with_word(key, SETUP_START + WORD * word, more(Q))
        refuses_key_bytes(vector, f"setup-word-{word}-plus-q", bent, canonical)
    bent = with_word(key, SETUP_START + 96, lambda y: y ^ 1)
    refuses_key_bytes(vector, "setup-off-curve", bent, off)
    outside = spliced(key, SETUP_START, encode_g2(OUTSIDE_G2))
    refuses_key_bytes(
        vector, "setup-outside-subgroup", outside, ErrorCode.PROOF_POINT_NOT_IN_SUBGROUP
    )
    infinite = spliced(key, SETUP_START, bytes(128))
    refuses_key_bytes(vector, "setup-infinite", infinite, ErrorCode.PROOF_KEY_SETUP_INFINITE)


def test_order_of_errors_of_keys(vector: VectorWriter) -> None:
    """
    The first fault counts.

    Given keys with two faults, when they are decoded, then the first one is named.
    """
    key = key_bytes("square")
    no_tag = spliced(key, 0, b"?")
    size = with_word(key, 64, fixed(3))
    count = with_word(key, 96, fixed(17))
    point = with_word(key, COLUMNS_START, fixed(0))
    cases = {
        "length-and-tag": (no_tag[:-1], ErrorCode.PROOF_KEY_LENGTH),
        "tag-and-size": (with_word(no_tag, 64, fixed(3)), ErrorCode.PROOF_KEY_TAG),
        "size-and-inputs": (
            with_word(size, 96, fixed(9)),
            ErrorCode.PROOF_KEY_SIZE_OUT_OF_RANGE,
        ),
        "inputs-and-point": (
            with_word(count, COLUMNS_START, fixed(0)),
            ErrorCode.PROOF_KEY_PUBLIC_COUNT,
        ),
        "two-points": (
            with_word(point, COLUMNS_START + G1_BYTES, fixed(Q)),
            ErrorCode.PROOF_POINT_NOT_ON_CURVE,
        ),
        "coordinate-and-curve": (
            with_word(point, COLUMNS_START + WORD, fixed(Q)),
            ErrorCode.PROOF_COORDINATE_NOT_CANONICAL,
        ),
        "point-and-infinite-setup": (
            spliced(point, SETUP_START, bytes(128)),
            ErrorCode.PROOF_POINT_NOT_ON_CURVE,
        ),
    }
    for name, (bent, error) in cases.items():
        refuses_key_bytes(vector, f"order-of-{name}", bent, error)


# Encodings of proofs


def refuses_proof_bytes(vector: VectorWriter, name: str, proof: bytes, error: ErrorCode) -> None:
    """State that an encoding is that of no proof."""
    vector.rejects(
        f"plonk-decode-proof-{name}",
        "plonk/decode_proof",
        error,
        description=f"An encoding of no proof: {in_words(name)}.",
        requirements=rules(25),
        flags=["PROOF_ENCODING"],
        proof=proof,
    )


def test_encodings_of_proofs(vector: VectorWriter) -> None:
    """
    What a proof says is not judged when it is decoded.

    Given proofs, or points and values of any kind, when they are decoded, then they are taken.
    """
    proof = proof_bytes("square")
    for name, encoding in {
        "square": proof,
        "everything": proof_bytes("everything"),
        "zeros": bytes(PROOF_BYTES),
        "greatest-values": spliced(proof, VALUES_START, LAST.to_bytes(WORD, "big") * 16),
        "generators": spliced(proof, 0, encode_g1(G1_GENERATOR) * 9),
    }.items():
        output = vector.accepts(
            f"plonk-decode-proof-{name}",
            "plonk/decode_proof",
            description=f"An encoding of a proof: {in_words(name)}.",
            requirements=rules(25),
            flags=["PROOF_ENCODING"],
            proof=encoding,
        )
        assert output["proof"] == encoding


def test_fields_of_proofs(vector: VectorWriter) -> None:
    """
    Each point and each value of a proof has its form.

    Given another length, a coordinate of q more, a point off the curve or a value of p more, when a
    proof is decoded, then it is rejected.
    """
    proof = proof_bytes("square")
    for name, bent in {
        "empty-bytes": b"",
        "byte-too-few": proof[:-1],
        "byte-too-many": proof + b"\0",
        "word-too-many": proof + bytes(WORD),
        "points-alone": proof[:VALUES_START],
        "twice": proof * 2,
    }.items():
        refuses_proof_bytes(vector, name, bent, ErrorCode.PROOF_LENGTH)
    canonical = ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    off = ErrorCode.PROOF_POINT_NOT_ON_CURVE
    value = ErrorCode.PROOF_EVALUATION_NOT_CANONICAL
    for place, name in enumerate(POINT_NAMES):
        start = G1_BYTES * place
        for coordinate in range(2):
            bent = with_word(proof, start + WORD * coordinate, more(Q))
            refuses_proof_bytes(vector, f"point-{name}-{'xy'[coordinate]}-plus-q", bent, canonical)
        bent = with_word(proof, start + WORD, lambda y: y ^ 1)
        refuses_proof_bytes(vector, f"point-{name}-off-curve", bent, off)
    for place, name in enumerate(VALUE_NAMES):
        bent = with_word(proof, VALUES_START + WORD * place, more(MODULUS))
        refuses_proof_bytes(vector, f"value-{name}-plus-p", bent, value)
    for name, word in {"p": MODULUS, "greatest": 2**256 - 1}.items():
        bent = with_word(proof, VALUES_START, fixed(word))
        refuses_proof_bytes(vector, f"value-of-{name}", bent, value)


def test_order_of_errors_of_proofs(vector: VectorWriter) -> None:
    """
    The first bad point counts, then the first bad value.

    Given proofs with two faults, when they are decoded, then the first one is named.
    """
    proof = with_word(proof_bytes("square"), VALUES_START, more(MODULUS))
    off = with_word(proof, G1_BYTES + WORD, lambda y: y ^ 1)
    cases = {
        "length-and-value": (proof[:-1], ErrorCode.PROOF_LENGTH),
        "point-and-value": (off, ErrorCode.PROOF_POINT_NOT_ON_CURVE),
        "curve-and-later-coordinate": (
            with_word(off, 2 * G1_BYTES, more(Q)),
            ErrorCode.PROOF_POINT_NOT_ON_CURVE,
        ),
        "coordinate-and-later-curve": (
            with_word(off, 0, more(Q)),
            ErrorCode.PROOF_COORDINATE_NOT_CANONICAL,
        ),
    }
    for name, (bent, error) in cases.items():
        refuses_proof_bytes(vector, f"order-of-{name}", bent, error)


# Challenges


def draws(vector: VectorWriter, name: str, key: bytes, public: Sequence[int], proof: bytes) -> None:
    """State the challenges of a proof."""
    output = vector.accepts(
        f"plonk-challenges-{name}",
        "plonk/challenges",
        description=f"The challenges of a proof, valid or not: {in_words(name)}.",
        requirements=rules(26),
        flags=["TRANSCRIPT"],
        key=key,
        public_inputs=tuple(public),
        proof=proof,
    )
    assert dict(output) == challenges_by_hand(key, public, proof)


@pytest.mark.parametrize("name", EXAMPLES)
def test_challenges(vector: VectorWriter, name: str) -> None:
    """
    The challenges follow from all that was said before them.

    Given key, public inputs and proof, when the challenges are drawn, then they are those of the
    chain of digests.
    """
    draws(vector, name, key_bytes(name), EXAMPLES[name]().public, proof_bytes(name))


def test_challenges_take_everything_in(vector: VectorWriter) -> None:
    """
    Each part changes the challenges after it, and none before.

    Given another key, public input, point or value, when the challenges are drawn, then all later
    ones differ from those of the valid proof.
    """
    key, public, proof = valid()
    names = ("beta", "gamma", "alpha", "zeta", "v", "u", "final")
    drawn = challenges_by_hand(key, public, proof)
    changed: dict[str, tuple[tuple[bytes, Sequence[int], bytes], str]] = {
        "other-circuit": ((key_bytes("all-public")[:96] + key[96:], public, proof), "beta"),
        "other-size": ((with_word(key, 64, fixed(5)), public, proof), "beta"),
        "other-column": ((moved(key, COLUMNS_START), public, proof), "beta"),
        "other-setup": (
            (spliced(key, SETUP_START, encode_g2(G2_GENERATOR)), public, proof),
            "beta",
        ),
        "other-first-input": ((key, (public[0] + 1, public[1]), proof), "beta"),
        "other-second-input": ((key, (public[0], LAST), proof), "beta"),
        "inputs-exchanged": ((key, public[::-1], proof), "beta"),
        "more-inputs": ((with_word(key, 96, fixed(3)), (*public, 0), proof), "beta"),
        "without-inputs": ((with_word(key, 96, fixed(0)), (), proof), "beta"),
        "zeros": ((key, public, bytes(PROOF_BYTES)), "beta"),
    }
    firsts = ["beta"] * 4 + ["alpha", "zeta", "zeta", "u", "u"]
    for place, (name, first) in enumerate(zip(POINT_NAMES, firsts, strict=True)):
        changed[f"other-{name}"] = ((key, public, moved(proof, G1_BYTES * place)), first)
    for place, name in enumerate(VALUE_NAMES):
        start = VALUES_START + WORD * place
        bent = with_word(proof, start, lambda value: (value + 1) % MODULUS)
        changed[f"other-value-{name}"] = ((key, public, bent), "v")
    for name, (given, first) in changed.items():
        draws(vector, name, *given)
        after = challenges_by_hand(*given)
        different = [each for each in names if after[each] != drawn[each]]
        assert different == list(names[names.index(first) :])


def test_form_of_what_is_judged(vector: VectorWriter) -> None:
    """
    A proof is judged when its parts have their forms.

    Given too few or too many public inputs, p among them, or a bad key or proof, when challenges
    are drawn or a verdict is asked for, then the code says so, the key first.
    """
    key, public, proof = valid()
    count, canonical = ErrorCode.PROOF_PUBLIC_COUNT, ErrorCode.PROOF_PUBLIC_NOT_CANONICAL
    bad_key, bad_proof = spliced(key, 0, b"?"), proof[:-1]
    cases: dict[str, tuple[bytes, Sequence[int], bytes, ErrorCode, int]] = {
        "no-inputs": (key, (), proof, count, 29),
        "input-missing": (key, public[:1], proof, count, 29),
        "input-too-many": (key, (*public, 0), proof, count, 29),
        "inputs-twice": (key, public * 2, proof, count, 29),
        "first-input-plus-p": (key, (public[0] + MODULUS, public[1]), proof, canonical, 29),
        "second-input-plus-p": (key, (public[0], public[1] + MODULUS), proof, canonical, 29),
        "input-of-p": (key, (MODULUS, public[1]), proof, canonical, 29),
        "greatest-input": (key, (public[0], 2**256 - 1), proof, canonical, 29),
        "bad-key": (bad_key, public, proof, ErrorCode.PROOF_KEY_TAG, 24),
        "bad-proof": (key, public, bad_proof, ErrorCode.PROOF_LENGTH, 25),
        "order-of-key-and-proof": (bad_key, public, bad_proof, ErrorCode.PROOF_KEY_TAG, 29),
        "order-of-proof-and-inputs": (key, (), bad_proof, ErrorCode.PROOF_LENGTH, 29),
        "order-of-count-and-value": (key, (MODULUS,), proof, count, 29),
    }
    for name, (a_key, inputs, a_proof, error, number) in cases.items():
        for operation in ("challenges", "verify"):
            vector.rejects(
                f"plonk-{operation}-{name}",
                f"plonk/{operation}",
                error,
                description=f"What is judged has a form: {in_words(name)}.",
                requirements=rules(number),
                flags=["PUBLIC_INPUT_ALIAS" if error == canonical else "JUDGED_WITHOUT_FORM"],
                key=a_key,
                public_inputs=tuple(inputs),
                proof=a_proof,
            )


def test_malformed_inputs(vector: VectorWriter) -> None:
    """
    Operations on proofs have a form.

    Given a field that is absent or null, or an input of another width, when a proof or a key is
    judged, then the input is malformed.
    """
    key, public, proof = valid()
    given = {"key": key, "public_inputs": public, "proof": proof}
    for operation in ("challenges", "verify"):
        written = json_of(f"plonk/{operation}", **given)
        bent = with_field_missing(written)
        bent["input-of-31-bytes"] = {**written, "public_inputs": ["0x" + "00" * 31] * 2}
        bent["input-as-number"] = {**written, "public_inputs": ["9", "5"]}
        malformed(vector, operation, bent)
    malformed(vector, "decode_key", with_field_missing(json_of("plonk/decode_key", key=key)))
    malformed(
        vector, "decode_proof", with_field_missing(json_of("plonk/decode_proof", proof=proof))
    )
    written = json_of("plonk/verify_batch", claims=(given,))
    bent = with_field_missing(written)
    bent |= {
        f"claim-{name}": {"claims": [changed]}
        for name, changed in with_field_missing(written["claims"][0]).items()
    }
    malformed(vector, "verify_batch", bent)


# Verdicts


def test_other_public_inputs(vector: VectorWriter) -> None:
    """
    A proof shows one statement.

    Given a valid proof and other public inputs, when it is judged, then it is refused.
    """
    key, public, proof = valid()
    x, y = public
    inputs = {
        "first-plus-1": (x + 1, y),
        "second-plus-1": (x, y + 1),
        "first-negated": (MODULUS - x, y),
        "first-zero": (0, y),
        "exchanged": (y, x),
        "both-zero": (0, 0),
    }
    for name, changed in inputs.items():
        is_refused(vector, f"input-{name}", (key, changed, proof), flag="PUBLIC_INPUT_UNBOUND")
    node = everything()
    left, right = case_elements("plonk-verify-other-parent", 2)
    other = hash_pair(FieldElement(left), FieldElement(right))
    is_refused(
        vector,
        "input-another-parent",
        (key_bytes("everything"), (other,), proof_bytes("everything")),
        flag="PUBLIC_INPUT_UNBOUND",
    )
    assert node.public != (other,)


@pytest.mark.parametrize("place", range(len(POINT_NAMES)))
def test_other_points(vector: VectorWriter, place: int) -> None:
    """
    Each point of a proof counts.

    Given a valid proof with infinity, the generator, the negated point, the next point, or a
    multiple of the generator more in the place of a point, when it is judged, then it is refused.
    """
    key, public, proof = valid()
    start, name = G1_BYTES * place, POINT_NAMES[place]
    point = point_at(proof, start)
    following = point_at(proof, G1_BYTES * ((place + 1) % len(POINT_NAMES)))
    others = {
        "infinite": None,
        "negated": negate_g1(point),
        "another": following,
        "moved": add_g1(point, OTHER),
    }
    for kind, other in others.items():
        assert other != point
        bent = with_point(proof, start, other)
        is_refused(vector, f"point-{name}-{kind}", (key, public, bent))


@pytest.mark.parametrize("place", range(len(VALUE_NAMES)))
def test_other_values(vector: VectorWriter, place: int) -> None:
    """
    Each value of a proof counts.

    Given a valid proof with 0 or one more in the place of a value, when it is judged, then it is
    refused.
    """
    key, public, proof = valid()
    start, name = VALUES_START + WORD * place, VALUE_NAMES[place]
    for kind, change in {
        "plus-1": lambda value: (value + 1) % MODULUS,
        "zero": fixed(0),
    }.items():
        is_refused(vector, f"value-{name}-{kind}", (key, public, with_word(proof, start, change)))


def test_parts_exchanged(vector: VectorWriter) -> None:
    """
    Each part has its place.

    Given a valid proof with parts exchanged, or with parts of another one, when it is judged, then
    it is refused.
    """
    key, public, proof = valid()
    other = proof_bytes("square", "plonk-proof-again")
    assert other != proof
    is_valid(vector, "again", key, public, other, "another proof of the same statement")

    def exchanged(first: int, second: int, width: int) -> bytes:
        a, b = proof[first : first + width], proof[second : second + width]
        return spliced(spliced(proof, first, b), second, a)

    bent = {
        "openings-exchanged": exchanged(G1_BYTES * 7, G1_BYTES * 8, G1_BYTES),
        "wires-exchanged": exchanged(0, G1_BYTES, G1_BYTES),
        "parts-of-t-exchanged": exchanged(G1_BYTES * 5, G1_BYTES * 6, G1_BYTES),
        "wires-with-values-exchanged": spliced(
            exchanged(0, G1_BYTES, G1_BYTES),
            VALUES_START,
            proof[VALUES_START + WORD : VALUES_START + 2 * WORD]
            + proof[VALUES_START : VALUES_START + WORD],
        ),
        "openings-of-another": spliced(proof, G1_BYTES * 7, other[G1_BYTES * 7 : VALUES_START]),
        "values-of-another": spliced(proof, VALUES_START, other[VALUES_START:]),
        "points-of-another": spliced(proof, 0, other[:VALUES_START]),
        "all-infinite": spliced(proof, 0, bytes(VALUES_START)),
        "values-all-zero": spliced(proof, VALUES_START, bytes(WORD * len(VALUE_NAMES))),
        "all-zero": bytes(PROOF_BYTES),
        "openings-infinite": spliced(proof, G1_BYTES * 7, bytes(2 * G1_BYTES)),
        "generators-and-ones": encode_g1(G1_GENERATOR) * 9 + (1).to_bytes(WORD, "big") * 16,
    }
    for name, changed in bent.items():
        is_refused(vector, name, (key, public, changed))
    # The same proof once more is as good as the first time: proofs are not used up.
    is_valid(vector, "replayed", key, public, proof, "the same proof as often as one likes")


def test_other_encodings(vector: VectorWriter) -> None:
    """
    A proof has one encoding.

    Given a valid proof with q or p more in one word, when it is judged, then it is rejected.
    """
    key, public, proof = valid()
    canonical = ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    for place in (0, 1, 15, 17):
        bent = with_word(proof, WORD * place, more(Q))
        is_refused(
            vector,
            f"word-{place}-plus-q",
            (key, public, bent),
            canonical,
            flag="PROOF_ENCODING",
            number=25,
        )
    for place in (0, 11, 15):
        bent = with_word(proof, VALUES_START + WORD * place, more(MODULUS))
        is_refused(
            vector,
            f"value-{place}-plus-p",
            (key, public, bent),
            ErrorCode.PROOF_EVALUATION_NOT_CANONICAL,
            flag="PROOF_ENCODING",
            number=25,
        )
    bent = with_word(key, COLUMNS_START, more(Q))
    is_refused(
        vector, "key-plus-q", (bent, public, proof), canonical, flag="KEY_ENCODING", number=24
    )


@pytest.mark.parametrize("place", range(len(COLUMN_NAMES)))
def test_other_columns(vector: VectorWriter, place: int) -> None:
    """
    Each commitment of a key counts.

    Given a valid proof and a key with another point in one place, when it is judged, then it is
    refused.
    """
    bent = moved(key_bytes("everything"), COLUMNS_START + G1_BYTES * place, G1_GENERATOR, 77)
    is_refused(
        vector,
        f"key-other-{COLUMN_NAMES[place]}",
        (bent, everything().public, proof_bytes("everything")),
        flag="KEY_UNBOUND",
    )


def test_other_keys(vector: VectorWriter) -> None:
    """
    A proof is of one circuit and one setup.

    Given a valid proof and the key of another circuit, of its twin under another name, or with
    another size or setup, when it is judged, then it is refused.
    """
    key, public, proof = valid()
    keys = {
        "twin": encode_key(key_of_system(twin().system).verification),
        "other-name": spliced(key, 32, bytes(32)),
        "other-size": with_word(key, 64, fixed(5)),
        "setup-of-1": spliced(key, SETUP_START, encode_g2(G2_GENERATOR)),
        "setup-doubled": spliced(
            key,
            SETUP_START,
            encode_g2(multiply_g2(G2_GENERATOR, 2 * development_secret())),
        ),
        "columns-infinite": spliced(key, COLUMNS_START, bytes(G1_BYTES * len(COLUMN_NAMES))),
    }
    for name, other in keys.items():
        is_refused(vector, f"key-{name}", (other, public, proof), flag="KEY_UNBOUND")
    for name, circuit in (("digits", "everything"), ("everything", "digits")):
        given = (key_bytes(name), EXAMPLES[name]().public, proof_bytes(circuit))
        is_refused(vector, f"key-of-{name}-proof-of-{circuit}", given, flag="KEY_UNBOUND")
    padded = (*digits().public, *[0] * 15)
    given = (key_bytes("all-public"), padded, proof_bytes("digits"))
    is_refused(vector, "key-of-all-public-proof-of-digits", given, flag="KEY_UNBOUND")
    assert len(all_public().public) == len(padded)


# Batches

Claim = tuple[bytes, Sequence[int], bytes]
"""Key, public inputs, proof."""


def claims_of(batch: Sequence[Claim]) -> tuple[dict[str, Any], ...]:
    """Name the parts of claims."""
    return tuple(
        {"key": key, "public_inputs": tuple(public), "proof": proof} for key, public, proof in batch
    )


def accepts_batch(vector: VectorWriter, name: str, batch: Sequence[Claim]) -> None:
    """State that a batch is accepted."""
    vector.accepts(
        f"plonk-verify-batch-{name}",
        "plonk/verify_batch",
        description=f"A batch is accepted: {in_words(name)}.",
        requirements=rules(30),
        flags=["VERIFIER_STRICT"],
        claims=claims_of(batch),
    )


def refuses_batch(
    vector: VectorWriter,
    name: str,
    batch: Sequence[Claim],
    error: ErrorCode = ErrorCode.PROOF_EQUATION,
    flag: str = "BATCH",
) -> None:
    """State that a batch is refused."""
    vector.rejects(
        f"plonk-verify-batch-{name}",
        "plonk/verify_batch",
        error,
        description=f"A batch is refused: {in_words(name)}.",
        requirements=rules(30),
        flags=[flag],
        claims=claims_of(batch),
    )


@cache
def batch_of(*names: str) -> tuple[Claim, ...]:
    """Give valid claims of circuits; one that occurs again has another proof."""
    return tuple(
        (key_bytes(name), EXAMPLES[name]().public, proof_bytes(name, f"plonk-batch-{i}"))
        for i, name in enumerate(names)
    )


def test_valid_batches(vector: VectorWriter) -> None:
    """
    Valid proofs are a valid batch.

    Given one proof, several of one key or of several, in any order, or one twice, when they are
    judged together, then they are accepted.
    """
    mixed = batch_of("square", "everything", "square", "digits")
    batches = {
        "of-one": mixed[:1],
        "of-one-key": (mixed[0], mixed[2]),
        "of-two-keys": mixed[:2],
        "of-three-keys": mixed,
        "turned": mixed[::-1],
        "one-proof-twice": (mixed[1], mixed[1]),
    }
    for name, batch in batches.items():
        accepts_batch(vector, name, batch)


def test_batches_with_a_bad_proof(vector: VectorWriter) -> None:
    """
    One bad proof spoils the batch.

    Given a batch with a bad proof in any place, or proofs with exchanged inputs or keys, when it is
    judged, then it is refused.
    """
    batch = batch_of("square", "digits", "square")
    for place, (key, public, proof) in enumerate(batch):
        bad: Claim = (key, public, moved(proof, G1_BYTES * 7))
        refuses_batch(vector, f"bad-proof-{place}", (*batch[:place], bad, *batch[place + 1 :]))
    one, two, _ = batch
    refuses_batch(vector, "bad-alone", [(one[0], (10, 5), one[2])])
    refuses_batch(vector, "bad-twice", [(one[0], (10, 5), one[2])] * 2)
    refuses_batch(vector, "proofs-exchanged", [(one[0], one[1], two[2]), (two[0], two[1], one[2])])
    refuses_batch(vector, "input-changed-in-second", [one, (two[0], (0,), two[2])])


def test_form_of_batches(vector: VectorWriter) -> None:
    """
    A batch has a proof at least, and one setup.

    Given no proof, keys of two setups, or a claim of another form, when they are judged, then the
    code says so.
    """
    refuses_batch(vector, "empty", (), ErrorCode.PROOF_BATCH_EMPTY)
    one, two = batch_of("square", "digits")
    foreign = spliced(two[0], SETUP_START, encode_g2(G2_GENERATOR))
    code = ErrorCode.PROOF_SETUPS_DIFFER
    refuses_batch(vector, "two-setups", (one, (foreign, two[1], two[2])), code)
    again = spliced(one[0], SETUP_START, encode_g2(multiply_g2(G2_GENERATOR, 7)))
    refuses_batch(vector, "two-setups-of-one-circuit", (one, (again, *one[1:])), code)
    # Made with the powers of the first setup, this proof adds up with the other one.
    made = proving_key("digits")
    bent = replace(made, verification=decode_key(foreign))
    mixed = proof_of(digits(), bent, blinding_of("plonk-batch-mixed-setups"))
    refuses_batch(vector, "two-setups-one-of-powers", (one, (foreign, two[1], mixed)), code)
    is_refused(
        vector, "key-setup-of-1-powers-of-another", (foreign, two[1], mixed), flag="KEY_UNBOUND"
    )
    refuses_batch(
        vector, "order-of-setups-and-inputs", ((one[0], (), one[2]), (foreign, *two[1:])), code
    )
    refuses_batch(
        vector, "input-missing", (one, (two[0], (), two[2])), ErrorCode.PROOF_PUBLIC_COUNT
    )
    beyond = two[1][0] + MODULUS
    refuses_batch(
        vector,
        "input-plus-p",
        (one, (two[0], (beyond,), two[2])),
        ErrorCode.PROOF_PUBLIC_NOT_CANONICAL,
    )
    refuses_batch(vector, "bad-key", ((b"", *one[1:]), two), ErrorCode.PROOF_KEY_LENGTH)
    refuses_batch(vector, "short-proof", (one, (*two[:2], two[2][:-1])), ErrorCode.PROOF_LENGTH)


@pytest.mark.parametrize("rho", [1, 2, LAST])
def test_errors_that_cancel(vector: VectorWriter, rho: int) -> None:
    """
    Nobody knows rho beforehand.

    Given two bad proofs whose errors cancel for a certain rho, when they are judged together, then
    they are refused.

    Moving W_zeta by D moves its equation by (x - zeta) D. With D = [x - zeta_2] in the first and
    -[x - zeta_1] / rho in the second the sum of the equations stays as it is.
    """
    first, second = batch_of("square", "square")
    zetas = [challenges_by_hand(*claim)["zeta"] for claim in (first, second)]
    x = development_secret()
    factors = ((x - zetas[1]) % MODULUS, (zetas[0] - x) * pow(rho, -1, MODULUS) % MODULUS)
    forged: list[Claim] = [
        (key, public, moved(proof, G1_BYTES * 7, G1_GENERATOR, factor))
        for (key, public, proof), factor in zip((first, second), factors, strict=True)
    ]
    assert all(
        challenges_by_hand(*claim)["zeta"] == zeta
        for claim, zeta in zip(forged, zetas, strict=True)
    )
    name = "minus-1" if rho == LAST else str(rho)
    refuses_batch(vector, f"errors-cancel-for-{name}", forged, flag="BATCH_CANCELS")
