"""The proof system: completeness, formats, the transcript, and that proofs tell nothing."""

from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

from payy_ref.crypto.field import MODULUS, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.errors import CheckSite, ErrorCode, SpecError, switched_off
from payy_ref.proofs import keys, transcript
from payy_ref.proofs.backend import Backend, BackendName, backend
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    encode_g1,
    encode_g2,
    multiply_g1,
    pairings_cancel,
)
from payy_ref.proofs.gates import CONSTRAINTS, Gate, Row, constraint_names
from payy_ref.proofs.keys import KEY_BYTES, decode_key, encode_key, preprocess
from payy_ref.proofs.linearisation import combined
from payy_ref.proofs.plain import PLAIN
from payy_ref.proofs.polynomials import (
    QUOTIENT_COSETS,
    WIRE_COSETS,
    cosets_are_distinct,
    lagrange,
    quotient_shift,
    root_of_unity,
    split_quotient,
    times_power,
    vanishing,
)
from payy_ref.proofs.proof import PROOF_BYTES, Proof, decode_proof, encode_proof
from payy_ref.proofs.prover import BLINDING, draw_blinding, prove
from payy_ref.proofs.setup import development_secret
from payy_ref.proofs.system import Builder
from payy_ref.proofs.verifier import verify
from tests import plonk_circuits
from tests.plonk_circuits import (
    CIRCUITS,
    QUICK,
    Case,
    case,
    case_of,
    proof_of,
    run_rounds,
    setup,
    verdict,
)

circuits = pytest.mark.parametrize("name", CIRCUITS)
backends = pytest.mark.parametrize("chosen", BackendName)

PROVER_CHECK = CheckSite("payy_ref.proofs.prover", "prove", ErrorCode.PROOF_WITNESS_UNSATISFIED)


def rejection(function: Any, *arguments: Any, **named: Any) -> ErrorCode:
    """Give the code of a rejection that has to come."""
    with pytest.raises(SpecError) as caught:
        function(*arguments, **named)
    return caught.value.code


# Domains


def test_roots_of_unity_have_their_order() -> None:
    """And no smaller one."""
    for order in (1, 2, 3, 6, 16, 6 * 2**27, 2**28):
        root = root_of_unity(order)
        assert pow(root, order, MODULUS) == 1
        assert all(pow(root, order // p, MODULUS) != 1 for p in (2, 3) if order % p == 0)


@pytest.mark.parametrize("order", [0, -2, 2**29, 7])
def test_orders_without_a_root_are_refused(order: int) -> None:
    """The order of the multiplicative group has only some divisors."""
    with pytest.raises(ValueError, match="no element"):
        root_of_unity(order)


def test_lagrange_values_interpolate() -> None:
    """The sum of value times L_i is the polynomial with these values on H."""
    values = [3, 1, 4, 1, 5, 9, 2, 6]
    coefficients = PLAIN.interpolate(PLAIN.column(values))
    weights = lagrange(8, 12345, 8)
    total = sum(value * weight for value, weight in zip(values, weights, strict=True)) % MODULUS
    assert total == PLAIN.evaluate(coefficients, 12345)


@backends
def test_a_polynomial_times_a_power(chosen: BackendName) -> None:
    """Coefficients move up, and zeros follow."""
    made = backend(chosen)
    moved = times_power(made, made.column([7, 8]), 2, 3)
    assert made.integers(moved) == [0, 0, 0, 7, 8]
    assert made.integers(times_power(made, made.column([7, 8]), 2, 0)) == [7, 8]


@backends
def test_a_polynomial_is_put_together_from_its_values_on_six_cosets(chosen: BackendName) -> None:
    """The way of the quotient, with a polynomial that is known."""
    made, size = backend(chosen), 16
    coefficients = [(i * i + 7) % MODULUS for i in range(QUOTIENT_COSETS * size)]
    polynomial = made.column(coefficients)
    shifts = [quotient_shift(size, i) for i in range(QUOTIENT_COSETS)]
    remainders = [
        made.interpolate_on_coset(made.evaluate_on_coset(polynomial, shift, size), shift)
        for shift in shifts
    ]
    parts = split_quotient(made, remainders, size)
    assert [value for part in parts for value in made.integers(part)] == coefficients
    assert all(vanishing(size, shift) for shift in shifts)
    assert cosets_are_distinct(size, shifts)


# Completeness


@circuits
@backends
def test_a_proof_is_accepted(name: str, chosen: BackendName) -> None:
    """Every gate occurs in one of the circuits."""
    made = case(name, chosen)
    proof = proof_of(name, chosen)
    assert verdict(made.verification, made.witness.public, proof) is None


def test_every_gate_occurs_in_the_circuits() -> None:
    """So that the tests over them are about all gates."""
    occurring = {int(gate) for name in CIRCUITS for gate in case(name).system.gates}
    assert occurring == {-1, *Gate}


def test_the_readable_pairing_accepts() -> None:
    """The verifier needs nothing but Python."""
    made = case("square")
    verify(made.verification, made.witness.public, proof_of("square"), pairings_cancel)


@circuits
def test_pitfall_12_backends_give_the_same_keys_and_proofs(name: str) -> None:
    """To the last bit."""
    fast = BackendName.FAST
    assert case(name).verification == case(name, fast).verification
    assert encode_proof(proof_of(name)) == encode_proof(proof_of(name, fast))


@backends
def test_a_key_may_hold_less(chosen: BackendName) -> None:
    """What the prover's key does not hold is computed anew."""
    made, full = backend(chosen), case("square", chosen)
    small, verification = preprocess(full.system, setup(), made, keep_cosets=False)
    blinding = plonk_circuits.BLINDING
    proof = prove(small, full.witness.wires, full.witness.public, blinding, made)
    assert small.on_cosets is None
    assert verification == full.verification
    assert proof == proof_of("square", chosen)


def test_a_proof_is_a_function_of_its_arguments() -> None:
    """The prover draws nothing himself."""
    made = case("digits")
    again = prove(
        made.proving, made.witness.wires, made.witness.public, plonk_circuits.BLINDING, PLAIN
    )
    assert again == proof_of("digits")


def test_the_readable_rounds_are_those_of_the_prover() -> None:
    """The tests below replace rounds one by one; replacing none gives the proof itself."""
    made = case("square")
    rounds = run_rounds(made.proving, made.witness.wires, made.witness.public)
    assert rounds.proof == proof_of("square")


def test_progress_is_told_round_by_round() -> None:
    """From 0 to 1, each round in its turn."""
    told: list[tuple[str, float]] = []
    made = case("square")
    prove(
        made.proving,
        made.witness.wires,
        made.witness.public,
        plonk_circuits.BLINDING,
        PLAIN,
        lambda name, done: told.append((name, done)),
    )
    names = ("wires", "permutation", "quotient", "evaluations", "openings")
    assert tuple(dict.fromkeys(name for name, _ in told)) == names
    for name in names:
        shares = [done for told_name, done in told if told_name == name]
        assert shares[0] == 0
        assert shares[-1] == 1
        assert all(earlier < later for earlier, later in pairwise(shares))
    assert len([name for name, _ in told if name == "quotient"]) == QUOTIENT_COSETS + 2


# What cannot be proved


def circuits_with_gates() -> list[tuple[str, Gate]]:
    """List each gate with a circuit in which it occurs."""
    return [
        ("square", Gate.ARITHMETIC),
        ("digits", Gate.DIGITS),
        *(("permutation", gate) for gate in Gate if gate not in {Gate.ARITHMETIC, Gate.DIGITS}),
    ]


def table_that_breaks_one(made: Case, gate: Gate, index: int) -> tuple[list[int], ...]:
    """Change one cell so that constraint `index` of some row with the gate is broken."""
    size = made.system.size
    for row in np.flatnonzero(made.system.gates == gate).tolist():
        for wire, where in ((w, r) for r in (row, (row + 1) % size) for w in range(4)):
            value = made.witness.wires[wire][where]
            table = made.witness.with_cells({(wire, where): value + 5}).wires
            cells = Row(
                wires=[column[row] for column in table],
                below=[column[(row + 1) % size] for column in table],
                constants=[column[row] for column in made.system.constants],
                one=1,
            )
            if row >= made.system.public_count and CONSTRAINTS[gate](cells)[index] % MODULUS:
                return table
    raise AssertionError("no cell breaks the constraint")


@pytest.mark.parametrize(
    ("name", "gate", "index"),
    [
        (name, gate, index)
        for name, gate in circuits_with_gates()
        for index in range(len(constraint_names(gate)))
    ],
)
def test_a_broken_constraint_is_not_proved(name: str, gate: Gate, index: int) -> None:
    """Neither does the prover prove it, nor does the verifier believe it."""
    made = case(name, BackendName.FAST)
    table = table_that_breaks_one(made, gate, index)
    assert_unprovable(made, table, made.witness.public)


def assert_unprovable(made: Case, table: Any, public: Any) -> None:
    """Neither does the prover prove it, nor does the verifier believe a prover who does."""
    arguments = (made.proving, table, public, plonk_circuits.BLINDING, QUICK)
    assert rejection(prove, *arguments) == ErrorCode.PROOF_WITNESS_UNSATISFIED
    with switched_off(PROVER_CHECK):
        proof = prove(*arguments)
    assert verdict(made.verification, public, proof) == ErrorCode.PROOF_EQUATION


def test_each_constraint_counts_alone() -> None:
    """A row that breaks constraint j and no other is unprovable, for each j of the digits gate."""
    made = case("digits", BackendName.FAST)
    row = int(np.flatnonzero(made.system.gates == Gate.DIGITS)[0])
    for index in range(4):
        # The digit is 4 here; all later cells grow with it, up to the row below.
        wires = [list(column) for column in made.witness.wires]
        places = [(0, row), (1, row), (2, row), (3, row), (0, row + 1), (1, row + 1)]
        places += [(2, row + 1), (3, row + 1), (0, row + 2)]
        digits = [0, 0, 0, 0, 0, 0, 0, 0]
        digits[index] = 4
        value = 0
        for (wire, where), digit in zip(places[1:], digits, strict=True):
            value = 4 * value + digit
            wires[wire][where] = value
        wires[3][0] = value
        failing = made.system.failures(
            replace(made.witness, wires=tuple(wires), public=(value,)), PLAIN
        )
        assert failing == [f"high:digits[{index}]"]
        assert_unprovable(made, wires, (value,))


@pytest.mark.parametrize(("one", "other"), list(combinations(range(4), 2)))
def test_broken_constraints_of_a_row_do_not_make_up_for_each_other(one: int, other: int) -> None:
    """What is too much in one and too little in another is kept apart by powers of alpha."""
    builder = Builder("linear layer")
    cells = [builder.private(f"cell[{i}]") for i in range(8)]
    builder.row(Gate.ABSORB, cells[:4], (0, 1, 1, 0), name="before")
    builder.row(None, cells[4:], name="after")
    made = case_of(builder.build(), {f"cell[{i}]": 0 for i in range(8)}, QUICK)
    changed = made.witness.with_cells({(one, 1): 1, (other, 1): -1})
    failing = [f"before:absorb[{i}]" for i in (one, other)]
    assert made.system.failures(changed, QUICK) == failing
    assert_unprovable(made, changed.wires, ())


@circuits
def test_a_broken_copy_is_not_proved(name: str) -> None:
    """Cells of one variable with two values, where no gate minds."""
    made = case(name, BackendName.FAST)
    row = made.system.public_count - 1
    public = (*made.witness.public[:-1], made.witness.public[-1] + 1)
    table = made.witness.with_cells({(3, row): public[-1]}).wires
    assert_unprovable(made, table, public)


def test_a_copy_between_cells_without_a_gate_counts() -> None:
    """Nothing but the permutation binds the two spare cells."""
    made = case("square", BackendName.FAST)
    row = made.system.row_of("spare")
    assert_unprovable(made, made.witness.with_cells({(0, row): 1}).wires, made.witness.public)


@pytest.mark.parametrize("wire", range(4))
@pytest.mark.parametrize("row", [0, 1])
def test_copies_count_on_every_wire(wire: int, row: int) -> None:
    """Four variables stand on each of the four wires; one cell in turn is another."""
    builder = Builder("copies")
    variables = [builder.private(f"variable[{i}]") for i in range(4)]
    for i in range(4):
        builder.row(None, [variables[(wire + i) % 4] for wire in range(4)], name=f"row[{i}]")
    made = case_of(builder.build(), {f"variable[{i}]": i for i in range(4)}, QUICK)
    changed = made.witness.with_cells({(wire, row): 7})
    assert len(made.system.failures(made.witness, QUICK)) == 0
    assert len(made.system.failures(changed, QUICK)) > 0
    assert_unprovable(made, changed.wires, ())


@circuits
def test_another_public_input_is_not_proved(name: str) -> None:
    """The cell and the input have to agree."""
    made = case(name, BackendName.FAST)
    for i in range(len(made.witness.public)):
        public = made.witness.with_public(i, made.witness.public[i] + 1).public
        assert_unprovable(made, made.witness.wires, public)


@pytest.mark.parametrize(
    ("public", "code"),
    [
        ((9,), ErrorCode.PROOF_PUBLIC_COUNT),
        ((9, 5, 0), ErrorCode.PROOF_PUBLIC_COUNT),
        ((9, 5 + MODULUS), ErrorCode.PROOF_PUBLIC_NOT_CANONICAL),
        ((9, -1), ErrorCode.PROOF_PUBLIC_NOT_CANONICAL),
    ],
)
def test_public_inputs_have_their_form(public: tuple[int, ...], code: ErrorCode) -> None:
    """For the prover as for the verifier."""
    made = case("square")
    blinding = plonk_circuits.BLINDING
    assert rejection(prove, made.proving, made.witness.wires, public, blinding, PLAIN) == code
    assert verdict(made.verification, public, proof_of("square")) == code


@pytest.mark.parametrize(
    "blinding", [(1,) * 15, (1,) * 17, (*(1,) * 15, MODULUS), (*(1,) * 15, -1)]
)
def test_blinding_has_its_form(blinding: tuple[int, ...]) -> None:
    """Sixteen field elements."""
    made = case("square")
    with pytest.raises(ValueError, match="16 scalars"):
        prove(made.proving, made.witness.wires, made.witness.public, blinding, PLAIN)


# Keys


def test_circuits_of_a_wrong_size_have_no_keys() -> None:
    """Neither below 2^4, nor between powers of two, nor above 2^27."""
    system = case("square").system
    for size in (8, 24, 2**28):
        code = rejection(preprocess, replace(system, size=size), setup(), PLAIN)
        assert code == ErrorCode.CIRCUIT_SIZE_OUT_OF_RANGE


def test_pitfall_06_no_gate_reads_beyond_the_last_row() -> None:
    """The row below the last is the first; a gate there would bind what nobody meant."""
    system = case("square").system
    for gate in (-1, *Gate):
        gates = system.gates.copy()
        gates[-1] = gate
        changed = replace(system, gates=gates)
        if gate in {-1, Gate.ARITHMETIC}:
            preprocess(changed, setup(), PLAIN, keep_cosets=False)
        else:
            code = rejection(preprocess, changed, setup(), PLAIN)
            assert code == ErrorCode.CIRCUIT_LAST_ROW_READS_ON


def test_rows_of_public_inputs_bind_them() -> None:
    """Another gate, or a constant, and the input could be anything."""
    system = case("square").system
    gates = system.gates.copy()
    gates[1] = -1
    constants = tuple([0, 1, *column[2:]] for column in system.constants)
    for changed in (replace(system, gates=gates), replace(system, constants=constants)):
        code = rejection(preprocess, changed, setup(), PLAIN)
        assert code == ErrorCode.CIRCUIT_PUBLIC_INPUT_UNBOUND


def test_the_setup_is_long_enough() -> None:
    """One power less than 3n + 16 is too few for 32 rows."""
    made = setup()
    shorter = replace(made, g1_bytes=made.g1_bytes[:-64])
    assert made.count == 3 * 32 + 16
    code = rejection(preprocess, case("permutation").system, shorter, PLAIN)
    assert code == ErrorCode.SETUP_TOO_SHORT


def test_pitfall_05_wires_have_distinct_cosets(monkeypatch: pytest.MonkeyPatch) -> None:
    """With equal cosets, cells of different wires would have one identity."""
    for log_size in range(4, 28):
        assert cosets_are_distinct(2**log_size, WIRE_COSETS)
    omega = root_of_unity(16)
    for overlapping in ((1, 5, 5, 125), (1, 5, omega, 125), (1, 5, 5 * omega % MODULUS, 125)):
        assert not cosets_are_distinct(16, overlapping)
        monkeypatch.setattr(keys, "WIRE_COSETS", overlapping)
        with pytest.raises(ValueError, match="one identity"):
            preprocess(case("square").system, setup(), PLAIN)


def test_the_key_commits_to_the_columns_of_the_circuit() -> None:
    """Computed here from the table, at the secret of the development setup."""
    made, x = case("permutation"), development_secret()
    system, key, size = made.system, made.verification, made.system.size
    weights = lagrange(size, x, size)
    omega = root_of_unity(size)

    def commitment(values: Any) -> Any:
        total = sum(int(value) * weight for value, weight in zip(values, weights, strict=True))
        return multiply_g1(G1_GENERATOR, total)

    identities = [coset * pow(omega, row, MODULUS) for coset in WIRE_COSETS for row in range(size)]
    assert key.selectors == tuple(commitment(system.gates == gate) for gate in Gate)
    assert key.constants == tuple(commitment(column) for column in system.constants)
    assert key.sigmas == tuple(
        commitment([identities[cell] for cell in row]) for row in system.permutation
    )
    assert (key.circuit, key.size, key.public_count) == (keccak256(b"permutation"), 32, 1)


def test_the_encoding_of_keys() -> None:
    """Byte by byte."""
    key = case("permutation").verification
    data = encode_key(key)
    assert len(data) == KEY_BYTES == 1216
    assert data[:32] == b"payy-ref/plonk-key/1" + bytes(12)
    assert data[32:64] == keccak256(b"permutation")
    assert data[64:128] == element_bytes(5) + element_bytes(1)
    points = [*key.selectors, *key.constants, *key.sigmas]
    assert data[128:1088] == b"".join(map(encode_g1, points))
    assert data[1088:] == encode_g2(key.x_g2)
    assert decode_key(data) == key
    assert key.digest == keccak256(data)


@pytest.mark.parametrize(
    ("start", "replacement", "code"),
    [
        (1216, b"\0", ErrorCode.PROOF_KEY_LENGTH),
        (0, b"P", ErrorCode.PROOF_KEY_TAG),
        (31, b"\1", ErrorCode.PROOF_KEY_TAG),
        (64, element_bytes(3), ErrorCode.PROOF_KEY_SIZE_OUT_OF_RANGE),
        (64, element_bytes(28), ErrorCode.PROOF_KEY_SIZE_OUT_OF_RANGE),
        (64, b"\xff" * 32, ErrorCode.PROOF_KEY_SIZE_OUT_OF_RANGE),
        (96, element_bytes(33), ErrorCode.PROOF_KEY_PUBLIC_COUNT),
        (128, element_bytes(COORDINATE_MODULUS), ErrorCode.PROOF_COORDINATE_NOT_CANONICAL),
        (128 + 14 * 64, element_bytes(1) * 2, ErrorCode.PROOF_POINT_NOT_ON_CURVE),
        (1088, bytes(128), ErrorCode.PROOF_KEY_SETUP_INFINITE),
        (1088, element_bytes(1) * 4, ErrorCode.PROOF_POINT_NOT_ON_CURVE),
    ],
)
def test_keys_are_decoded_strictly(start: int, replacement: bytes, code: ErrorCode) -> None:
    """Each rule of the encoding."""
    data = bytearray(encode_key(case("permutation").verification))
    data[start : start + len(replacement)] = replacement
    assert rejection(decode_key, bytes(data)) == code


def test_the_bounds_of_keys_are_inside() -> None:
    """The smallest and the largest size, and as many public inputs as rows."""
    key = case("permutation").verification
    for log_size, count in ((4, 16), (27, 2**27)):
        changed = replace(key, log_size=log_size, public_count=count)
        assert decode_key(encode_key(changed)) == changed


# Proofs as bytes


def test_pitfall_02_the_encoding_of_proofs() -> None:
    """Byte by byte, and of one length whatever the values."""
    proof = proof_of("square")
    data = encode_proof(proof)
    assert len(data) == PROOF_BYTES == 1088
    points = [*proof.wires, proof.z, proof.t_lo, proof.t_hi, proof.w_zeta, proof.w_zeta_omega]
    assert data[:576] == b"".join(map(encode_g1, points))
    values = proof.evaluations
    words = [*values.wires, *values.sigmas, *values.constants, values.z_next, *values.wires_next]
    assert data[576:] == b"".join(map(element_bytes, words))
    assert decode_proof(data) == proof
    assert decode_proof(bytes(1088)) == Proof(
        wires=(None,) * 4,
        z=None,
        t_lo=None,
        t_hi=None,
        w_zeta=None,
        w_zeta_omega=None,
        evaluations=replace(
            values,
            wires=(0,) * 4,
            sigmas=(0,) * 3,
            constants=(0,) * 4,
            z_next=0,
            wires_next=(0,) * 4,
        ),
    )


@pytest.mark.parametrize("length", [0, 1087, 1089, 1152])
def test_proofs_have_one_length(length: int) -> None:
    """Shorter and longer ones are refused."""
    data = (encode_proof(proof_of("square")) * 2)[:length]
    assert rejection(decode_proof, data) == ErrorCode.PROOF_LENGTH


# The transcript


def test_pitfall_01_the_transcript_byte_by_byte() -> None:
    """Written down a second time, in the order of the messages."""
    made, proof = case("square"), proof_of("square")
    data, public = encode_proof(proof), made.witness.public
    drawn = transcript.challenges(made.verification.digest, public, proof)

    def number(state: bytes) -> int:
        return int.from_bytes(state, "big") % MODULUS

    tag = b"payy-ref/plonk/1" + bytes(16)
    words = element_bytes(2) + element_bytes(public[0]) + element_bytes(public[1])
    state_0 = keccak256(tag + keccak256(encode_key(made.verification)) + words)
    state_1 = keccak256(state_0 + data[:256])
    state_2 = keccak256(state_1 + data[256:320])
    state_3 = keccak256(state_2 + data[320:448])
    state_4 = keccak256(state_3 + data[576:])
    state_5 = keccak256(state_4 + data[448:576])
    assert drawn.beta == number(state_1)
    assert drawn.gamma == number(keccak256(state_1 + b"\1"))
    assert drawn.alpha == number(state_2)
    assert drawn.zeta == number(state_3)
    assert drawn.v == number(state_4)
    assert drawn.u == number(state_5)
    assert drawn.final == state_5


CHALLENGES = ("beta", "gamma", "alpha", "zeta", "v", "u", "final")


def test_pitfall_01_every_message_changes_all_later_challenges() -> None:
    """Of each word of each message; a transcript that drops one fails here."""
    key, proof = case("square").verification, proof_of("square")
    public = case("square").witness.public
    original = transcript.challenges(key.digest, public, proof)
    other = multiply_g1(G1_GENERATOR, 77)

    def assert_changed(from_: str, digest: bytes, public: Any, proof: Proof) -> None:
        drawn = transcript.challenges(digest, public, proof)
        changed = {name for name in CHALLENGES if getattr(drawn, name) != getattr(original, name)}
        assert changed == set(CHALLENGES[CHALLENGES.index(from_) :])

    for other_key in (
        replace(key, circuit=bytes(32)),
        replace(key, log_size=5),
        replace(key, public_count=3),
        *(replace(key, selectors=swapped(key.selectors, i, other)) for i in range(7)),
        *(replace(key, constants=swapped(key.constants, i, other)) for i in range(4)),
        *(replace(key, sigmas=swapped(key.sigmas, i, other)) for i in range(4)),
        replace(key, x_g2=None),
    ):
        assert_changed("beta", other_key.digest, public, proof)
    for inputs in ((8, 5), (9, 6), (9,), (9, 5, 0), ()):
        assert_changed("beta", key.digest, inputs, proof)
    for i in range(4):
        changed = replace(proof, wires=swapped(proof.wires, i, other))
        assert_changed("beta", key.digest, public, changed)
    assert_changed("alpha", key.digest, public, replace(proof, z=other))
    assert_changed("zeta", key.digest, public, replace(proof, t_lo=other))
    assert_changed("zeta", key.digest, public, replace(proof, t_hi=other))
    for name in ("wires", "sigmas", "constants", "wires_next"):
        values = getattr(proof.evaluations, name)
        for i in range(len(values)):
            evaluations = replace(proof.evaluations, **{name: swapped(values, i, 1)})
            assert_changed("v", key.digest, public, replace(proof, evaluations=evaluations))
    evaluations = replace(proof.evaluations, z_next=1)
    assert_changed("v", key.digest, public, replace(proof, evaluations=evaluations))
    assert_changed("u", key.digest, public, replace(proof, w_zeta=other))
    assert_changed("u", key.digest, public, replace(proof, w_zeta_omega=other))


def swapped(values: Any, index: int, value: Any) -> Any:
    """Put another value into a tuple."""
    return (*values[:index], value, *values[index + 1 :])


def test_pitfall_01_the_number_of_public_inputs_is_part_of_the_transcript() -> None:
    """By itself, not only by the length of what is hashed."""
    digest, public = bytes(32), (1, 2)
    words = element_bytes(1) + element_bytes(2)
    tag = transcript.TAG
    assert transcript.start(digest, public) == keccak256(tag + digest + element_bytes(2) + words)


def test_pitfall_09_the_challenge_of_a_batch_comes_from_all_proofs() -> None:
    """From each, from their order and from their number."""
    states = [transcript.State(bytes([i]) * 32) for i in range(3)]
    original = transcript.batch_challenge(states)
    tag = b"payy-ref/plonk-batch/1" + bytes(10)
    content = tag + element_bytes(3) + b"".join(states)
    assert original == int.from_bytes(keccak256(content), "big") % MODULUS
    assert (
        len(
            {
                original,
                *(
                    transcript.batch_challenge(swapped(tuple(states), i, b"\7" * 32))
                    for i in range(3)
                ),
                transcript.batch_challenge(states[::-1]),
                transcript.batch_challenge(states[:2]),
            }
        )
        == 6
    )


# Zero knowledge


def test_blinding_is_drawn_from_the_bytes_that_are_handed_in() -> None:
    """64 bytes a scalar, all of them used."""
    stream = iter(range(256 * 256))

    def numbered(count: int) -> bytes:
        return b"".join(next(stream).to_bytes(2, "big") for _ in range(count // 2))

    drawn = draw_blinding(numbered)
    first = b"".join(i.to_bytes(2, "big") for i in range(32))
    assert len(set(drawn)) == BLINDING == 16
    assert drawn[0] == int.from_bytes(first, "big") % MODULUS
    assert next(stream) == 16 * 32


@pytest.mark.parametrize("index", range(16))
def test_pitfall_08_each_scalar_hides_something(index: int) -> None:
    """Another scalar gives another commitment, and the proof is accepted still."""
    made, before = case("square"), proof_of("square")
    blinding = swapped(plonk_circuits.BLINDING, index, 7)
    after = run_rounds(made.proving, made.witness.wires, made.witness.public, blinding).proof
    names = [*(f"wire {i}" for i in range(4)), "z", "t_lo", "t_hi", "w_zeta", "w_zeta_omega"]
    changed = {
        name for name, a, b in zip(names, before.points, after.points, strict=True) if a != b
    }
    # Of the wires only the one that is meant; what comes later depends on what came before.
    later = {"t_lo", "t_hi", "w_zeta", "w_zeta_omega"}
    wire = {f"wire {index // 3}", "z"} if index < 12 else {"z"} if index < 15 else set()
    assert changed == wire | later
    assert verdict(made.verification, made.witness.public, after) is None


def test_pitfall_08_other_blinding_hides_everything() -> None:
    """No point and no value of the witness stays; the circuit's own values change with zeta."""
    made, before = case("square"), proof_of("square")
    after = prove(made.proving, made.witness.wires, made.witness.public, range(50, 66), PLAIN)
    assert not set(before.points) & set(after.points)
    pairs = zip(before.evaluations.words, after.evaluations.words, strict=True)
    assert all(a != b for a, b in pairs)


def test_pitfall_08_blinding_has_enough_scalars_for_perfect_zero_knowledge() -> None:
    """
    A proof from one witness is the proof from any other, with other blinding.

    Of two witnesses with equal public inputs, a proof of the first is made, and blinding is found
    with which the second gives the same 1,088 bytes. So the bytes say nothing about the witness to
    anybody, however long he computes. To find the blinding takes the secret of the setup: then
    commitments are values at one more point, and all conditions are linear.

    Wires agree at x, zeta and zeta omega; that takes their three scalars. z agrees at x and
    zeta omega, and its third scalar makes up for what the wires of the next row, x omega, change in
    t at x. The last scalar makes t_lo agree at x.
    """
    made, x = case("square"), development_secret()
    circuit = plonk_circuits.square_circuit()
    inputs = {"x": 9, "y": 5, "p": MODULUS - 3, "spare": 123}
    other = circuit.fill(inputs)
    assert other.public == made.witness.public
    assert sum(a != b for a, b in zip(other.wires, made.witness.wires, strict=True)) == 3

    first = run_rounds(made.proving, made.witness.wires, made.witness.public)
    size, omega = made.system.size, root_of_unity(made.system.size)
    zeta_omega = first.zeta * omega % MODULUS

    # Wires.
    bare = run_rounds(made.proving, other.wires, other.public, [0] * 16)
    blinding: list[int] = []
    for target, start in zip(first.wires, bare.wires, strict=True):
        blinding += blinding_that_gives(
            size,
            start.polynomial,
            {p: PLAIN.evaluate(target.polynomial, p) for p in (x, first.zeta, zeta_omega)},
        )

    # The permutation.
    bare = run_rounds(made.proving, other.wires, other.public, [*blinding, 0, 0, 0, 0])
    assert (bare.beta, bare.gamma) == (first.beta, first.gamma)
    x_omega = x * omega % MODULUS
    gates = gates_at(first, x, x_omega) - gates_at(bare, x, x_omega)
    product = 1
    for wire, sigma in zip(first.wires, made.proving.polynomials[-4:], strict=True):
        cell = PLAIN.evaluate(wire.polynomial, x) + first.gamma
        product *= cell + first.beta * PLAIN.evaluate(sigma, x)
    weight = pow(first.alpha, 4, MODULUS) * product
    targets = {p: PLAIN.evaluate(first.z.polynomial, p) for p in (x, zeta_omega, x_omega)}
    targets[x_omega] -= gates * pow(weight, -1, MODULUS)
    blinding += blinding_that_gives(size, bare.z.polynomial, targets)

    # The quotient.
    bare = run_rounds(made.proving, other.wires, other.public, [*blinding, 0])
    assert bare.alpha == first.alpha
    missing = PLAIN.evaluate(first.t_lo.polynomial, x) - PLAIN.evaluate(bare.t_lo.polynomial, x)
    blinding.append(missing * pow(x, -3 * size, MODULUS) % MODULUS)

    second = prove(made.proving, other.wires, other.public, blinding, PLAIN)
    assert encode_proof(second) == encode_proof(first.proof)
    assert first.proof == proof_of("square")


def blinding_that_gives(size: int, polynomial: Any, targets: dict[int, int]) -> list[int]:
    """Find b_0, b_1, b_2 that move a polynomial to three values: p + (b_0 + ...) Z_H."""
    matrix: list[int] = []
    missing = []
    for point, value in targets.items():
        matrix += [1, point, point * point % MODULUS]
        shift = (value - PLAIN.evaluate(polynomial, point)) % MODULUS
        missing.append(shift * pow(vanishing(size, point), -1, MODULUS) % MODULUS)
    inverse = np.linalg.inv(PLAIN.column(matrix).reshape(3, 3))
    return [int(value) for value in inverse @ PLAIN.column(missing)]


def gates_at(rounds: Any, point: int, next_point: int) -> int:
    """Evaluate what the gates contribute to the identity, at a point where H has no say."""
    fixed = [PLAIN.evaluate(column, point) for column in rounds.key.polynomials]
    row = Row(
        wires=[PLAIN.evaluate(wire.polynomial, point) for wire in rounds.wires],
        below=[PLAIN.evaluate(wire.polynomial, next_point) for wire in rounds.wires],
        constants=fixed[7:11],
        one=1,
    )
    return sum(
        selector * combined(constraints(row), rounds.alpha)
        for selector, constraints in zip(fixed, CONSTRAINTS.values(), strict=False)
    )


@backends
def test_selectors_are_zero_or_one_and_disjoint(chosen: BackendName) -> None:
    """So that gates may share the powers of alpha."""
    made: Backend = backend(chosen)
    proving = case("permutation", chosen).proving
    size = proving.verification.size
    selectors = [
        made.integers(made.evaluate_on_coset(column, 1, size)) for column in proving.polynomials[:7]
    ]
    assert all(set(row) <= {0, 1} and sum(row) <= 1 for row in zip(*selectors, strict=True))
