"""False proofs: bent ones, exchanged ones, and those a forger makes if one check is left out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from payy_ref.crypto.field import MODULUS, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.proofs import prover, transcript, verifier
from payy_ref.proofs.backend import BackendName
from payy_ref.proofs.batch import Claim, combine, verify_batch
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    G2_GENERATOR,
    G1Point,
    add_g1,
    encode_g2,
    multi_scalar_product,
    multiply_g1,
    multiply_g2,
    negate_g1,
    points_from_words,
)
from payy_ref.proofs.gates import CONSTRAINT_COUNT, CONSTRAINTS, Gate, Row
from payy_ref.proofs.keys import VerificationKey, decode_key, encode_key, preprocess
from payy_ref.proofs.linearisation import combined, linearise
from payy_ref.proofs.polynomials import WIRE_COSETS, lagrange, root_of_unity, vanishing
from payy_ref.proofs.proof import Proof, decode_proof, encode_proof, evaluations_of, proof_of
from payy_ref.proofs.transcript import Challenges, State
from payy_ref.proofs.verifier import prepare, verify
from payy_ref.testing.powers_of_tau import OUTSIDE_G2
from tests import plonk_circuits
from tests.plonk_circuits import (
    BLINDING,
    CIRCUITS,
    PAIRING,
    QUICK,
    Case,
    case,
    case_of,
    run_rounds,
    square_circuit,
    verdict,
)

FALSE_PUBLIC = (10, 5)
"""What the circuit `square` does not allow: the test's witness has the root of 9."""


@cache
def square() -> Case:
    """Give the circuit that most of these tests are about."""
    return case("square", BackendName.FAST)


@cache
def valid() -> Proof:
    """Give a valid proof of it."""
    return plonk_circuits.proof_of("square", BackendName.FAST)


def assert_accepted(
    proof: Proof, public: Sequence[int], key: VerificationKey | None = None
) -> None:
    """Accept."""
    assert verdict(key or square().verification, public, proof) is None


def assert_refused(proof: Proof, public: Sequence[int], key: VerificationKey | None = None) -> None:
    """Refuse because the equation does not hold, not for the form."""
    found = verdict(key or square().verification, public, proof)
    assert found == ErrorCode.PROOF_EQUATION


def verdict_on_bytes(
    key: bytes | VerificationKey, public: Sequence[int], proof: bytes
) -> ErrorCode | None:
    """Decode and verify; a key that is decoded already is taken as it is, which saves time."""
    try:
        decoded = decode_key(key) if isinstance(key, bytes) else key
        verify(decoded, public, decode_proof(proof), PAIRING)
    except SpecError as error:
        return error.code
    return None


def with_bit(data: bytes, place: int) -> bytes:
    """Flip one bit of one byte."""
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


def swapped(values: Sequence[Any], index: int, value: Any) -> tuple[Any, ...]:
    """Put another value into a sequence."""
    return (*values[:index], value, *values[index + 1 :])


# Bytes

POINT_CODES = {ErrorCode.PROOF_COORDINATE_NOT_CANONICAL, ErrorCode.PROOF_POINT_NOT_ON_CURVE}


def test_no_byte_of_a_point_of_the_proof_can_change() -> None:
    """A bent point is not on the curve."""
    key, data = square().verification, encode_proof(valid())
    public = square().witness.public
    assert verdict_on_bytes(encode_key(key), public, data) is None
    for place in range(576):
        assert verdict_on_bytes(key, public, with_bit(data, place)) in POINT_CODES


def test_no_value_of_the_proof_can_change() -> None:
    """The first, the last and two more bytes of each of the sixteen."""
    key, data = square().verification, encode_proof(valid())
    public = square().witness.public
    codes = {ErrorCode.PROOF_EVALUATION_NOT_CANONICAL, ErrorCode.PROOF_EQUATION}
    for place in range(576, 1088):
        if place % 32 in {0, 9, 22, 31}:
            assert verdict_on_bytes(key, public, with_bit(data, place)) in codes


def test_no_byte_of_the_key_can_change() -> None:
    """A bent key is malformed, or it is the key of something else."""
    key, data = encode_key(square().verification), encode_proof(valid())
    public = square().witness.public
    for place in range(len(key)):
        found = verdict_on_bytes(with_bit(key, place), public, data)
        if place < 32:
            assert found == ErrorCode.PROOF_KEY_TAG
        elif place < 64:
            assert found == ErrorCode.PROOF_EQUATION
        elif place < 96:
            codes = {ErrorCode.PROOF_KEY_SIZE_OUT_OF_RANGE, ErrorCode.PROOF_EQUATION}
            assert found in codes
        elif place < 128:
            assert found in {ErrorCode.PROOF_KEY_PUBLIC_COUNT, ErrorCode.PROOF_PUBLIC_COUNT}
        else:
            assert found in POINT_CODES


def test_no_public_input_can_change() -> None:
    """Another value, fewer, more, exchanged."""
    public = square().witness.public
    assert_accepted(valid(), public)
    for i in range(2):
        for value in (0, 1, public[i] + 1, public[i] - 1, MODULUS - public[i]):
            assert_refused(valid(), swapped(public, i, value))
    assert_refused(valid(), public[::-1])
    for wrong in ((), public[:1], (*public, 0), (0, *public)):
        found = verdict(square().verification, wrong, valid())
        assert found == ErrorCode.PROOF_PUBLIC_COUNT


# Points and values


def other_points(point: G1Point, neighbour: G1Point) -> Iterator[G1Point]:
    """List what a forger might put for a point."""
    candidates = (None, G1_GENERATOR, negate_g1(point), add_g1(point, point), neighbour)
    yield from (candidate for candidate in candidates if candidate != point)


def with_points(key: VerificationKey, points: Sequence[G1Point]) -> VerificationKey:
    """Put other commitments into a key."""
    return replace(
        key,
        selectors=tuple(points[:7]),
        constants=tuple(points[7:11]),
        sigmas=tuple(points[11:]),
    )


def test_points_of_the_proof_cannot_be_exchanged() -> None:
    """For infinity, the generator, the mirrored point (-P), twice the point, another's."""
    points, words = valid().points, valid().evaluations.words
    for i, point in enumerate(points):
        for other in other_points(point, points[i - 1]):
            assert_refused(proof_of(swapped(points, i, other), words), square().witness.public)


def test_points_of_the_key_cannot_be_exchanged() -> None:
    """The same for the fifteen commitments of the circuit, and for the setup."""
    data, public = encode_key(square().verification), square().witness.public
    key = decode_key(data)
    for i, point in enumerate(key.points):
        for other in other_points(point, key.points[i - 1]):
            assert_refused(valid(), public, with_points(key, swapped(key.points, i, other)))
    for x_g2 in (G2_GENERATOR, multiply_g2(key.x_g2, 2)):
        assert_refused(valid(), public, replace(key, x_g2=x_g2))


def test_a_proof_of_nothing_but_zeros_is_refused() -> None:
    """Infinity is a legal point and zero a legal value; together they prove nothing."""
    empty = decode_proof(bytes(1088))
    assert_refused(empty, square().witness.public)
    assert_refused(proof_of([None] * 9, valid().evaluations.words), square().witness.public)
    assert_refused(proof_of(valid().points, [0] * 16), square().witness.public)
    assert_refused(proof_of([G1_GENERATOR] * 9, [1] * 16), square().witness.public)


def test_the_equation_binds_every_part_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    With the challenges held fast, each part of key, inputs and proof still counts.

    Otherwise a bent proof might be refused only because its challenges are others.
    """
    made, proof = square(), valid()
    key, public = made.verification, made.witness.public
    drawn = transcript.challenges(key.digest, public, proof)
    monkeypatch.setattr(transcript, "challenges", lambda *_: drawn)
    other = multiply_g1(G1_GENERATOR, 77)
    words = proof.evaluations.words
    assert_accepted(proof, public)
    for i in range(2):
        assert_refused(proof, swapped(public, i, 77))
    for i in range(9):
        assert_refused(proof_of(swapped(proof.points, i, other), words), public)
    for i in range(16):
        assert_refused(proof_of(proof.points, swapped(words, i, 77)), public)
    for i in range(15):
        assert_refused(proof, public, with_points(key, swapped(key.points, i, other)))
    assert_refused(proof, public, replace(key, x_g2=G2_GENERATOR))
    assert_refused(proof, public, replace(key, log_size=5))


# One proof, one encoding


def test_pitfall_03_numbers_are_canonical() -> None:
    """The same point or value in other bytes is refused: x + q for x, s + r for s."""
    key, data = encode_key(square().verification), encode_proof(valid())
    public = square().witness.public

    def with_more(data: bytes, place: int, more: int) -> bytes:
        value = int.from_bytes(data[place : place + 32], "big") + more
        return data[:place] + element_bytes(value) + data[place + 32 :]

    decoded = decode_key(key)
    for place in range(0, 576, 32):
        found = verdict_on_bytes(decoded, public, with_more(data, place, COORDINATE_MODULUS))
        assert found == ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    for place in range(576, 1088, 32):
        found = verdict_on_bytes(decoded, public, with_more(data, place, MODULUS))
        assert found == ErrorCode.PROOF_EVALUATION_NOT_CANONICAL
    for place in range(128, 1216, 32):
        found = verdict_on_bytes(with_more(key, place, COORDINATE_MODULUS), public, data)
        assert found == ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    for i in range(2):
        found = verdict_on_bytes(decoded, swapped(public, i, public[i] + MODULUS), data)
        assert found == ErrorCode.PROOF_PUBLIC_NOT_CANONICAL


def test_pitfall_03_the_setup_of_a_key_is_in_the_subgroup() -> None:
    """The twisted curve has points of other orders, on which pairings mean nothing."""
    key = encode_key(square().verification)
    found = verdict_on_bytes(
        key[:-128] + encode_g2(OUTSIDE_G2), square().witness.public, encode_proof(valid())
    )
    assert found == ErrorCode.PROOF_POINT_NOT_IN_SUBGROUP


def test_a_proof_cannot_be_made_anew_without_the_witness() -> None:
    """Adding a multiple of the generator to a blinded commitment is noticed."""
    points, words = valid().points, valid().evaluations.words
    for i, point in enumerate(points):
        moved = swapped(points, i, add_g1(point, G1_GENERATOR))
        assert_refused(proof_of(moved, words), square().witness.public)


# Other circuits


def test_proofs_of_other_circuits_are_refused() -> None:
    """Of each circuit against the key of each other, with as many public inputs."""
    for name in CIRCUITS:
        for other in CIRCUITS:
            key, made = case(name, BackendName.FAST).verification, case(other, BackendName.FAST)
            public = (made.witness.public * 2)[: key.public_count]
            found = verdict(key, public, plonk_circuits.proof_of(other, BackendName.FAST))
            assert found == (None if name == other else ErrorCode.PROOF_EQUATION)


def changed_circuit() -> Case:
    """Make a circuit of the same form and public inputs with one other constant."""
    made = square()
    constants = [list(column) for column in made.system.constants]
    constants[3][made.system.row_of("double")] = 4
    system = replace(made.system, constants=tuple(constants))
    proving, verification = preprocess(system, plonk_circuits.setup(), QUICK)
    return replace(made, system=system, proving=proving, verification=verification)


def test_a_circuit_with_one_other_constant_is_another_circuit() -> None:
    """With the same public inputs, the same name and the same copies."""
    assert_refused(valid(), square().witness.public, changed_circuit().verification)


# Copies


@pytest.mark.parametrize("scale", [0, 2])
def test_z_starts_with_one(scale: int) -> None:
    """With z = 0 the permutation would say nothing; any multiple of z goes round as z does."""

    def forge_z(made: SimpleNamespace) -> prover.Committed:
        z = prover.commit_to_permutation(
            made.key, made.values, BLINDING[12:15], made.beta, made.gamma, QUICK
        )
        polynomial = QUICK.combine([z.polynomial], [scale])
        return prover.Committed(
            polynomial=polynomial, point=QUICK.commit(made.key.powers, polynomial)
        )

    made = square()
    table = made.witness.with_cells({(3, 0): FALSE_PUBLIC[0]} if scale == 0 else {}).wires
    public = FALSE_PUBLIC if scale == 0 else made.witness.public
    rounds = run_rounds(made.proving, table, public, chosen=QUICK, forge_z=forge_z)
    assert_refused(rounds.proof, public)


# Zeta in the domain


@pytest.mark.parametrize("zeta", [0, 1, root_of_unity(16), pow(root_of_unity(16), 9, MODULUS)])
def test_pitfall_04_a_challenge_in_the_domain_is_refused(
    zeta: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the quotient is not bound, since Z_H is 0; a hash that leads there is unheard of."""
    made = square()
    drawn = transcript.challenges(made.verification.digest, made.witness.public, valid())
    monkeypatch.setattr(transcript, "challenges", lambda *_: replace(drawn, zeta=zeta))
    found = verdict(made.verification, made.witness.public, valid())
    assert found == ErrorCode.PROOF_EQUATION
    claim = Claim(key=made.verification, public=made.witness.public, proof=valid())
    assert combine([prepare(claim.key, claim.public, claim.proof)]) is None


def test_pitfall_04_in_the_domain_anything_could_be_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    The forgery that the check prevents, with the check switched off.

    At zeta = omega^6, a row whose constraints hold, the table of a false statement passes.
    """
    made = square()
    zeta = pow(root_of_unity(16), 6, MODULUS)
    original = transcript.challenge
    states: list[State] = []

    def after_quotient(state: State, *_: G1Point) -> State:
        states.append(State(keccak256(state)))
        return states[-1]

    monkeypatch.setattr(transcript, "after_quotient", after_quotient)
    monkeypatch.setattr(
        transcript,
        "challenge",
        lambda state: zeta if states and state == states[-1] else original(state),
    )
    table = made.witness.with_cells({(3, 0): FALSE_PUBLIC[0]}).wires
    rounds = run_rounds(made.proving, table, FALSE_PUBLIC, chosen=QUICK)
    key = made.verification
    assert verdict(key, FALSE_PUBLIC, rounds.proof) == ErrorCode.PROOF_EQUATION
    monkeypatch.setattr(verifier, "is_in_domain", lambda *_: False)
    assert_accepted(rounds.proof, FALSE_PUBLIC)


# Frozen hearts
#
# Each message of the prover is left out of the transcript in turn. The challenge after it is then
# known before the message is chosen, and a forger chooses it so that a false statement passes.


def forgotten(name: str) -> Callable[..., State]:
    """Make a step of the transcript that goes on without its message."""
    if name == "start":
        return lambda digest, public: State(
            keccak256(transcript.TAG + digest + element_bytes(len(public)))
        )
    return lambda state, *_: State(keccak256(state))


def assert_forged(
    forge: Callable[[], tuple[Proof, Sequence[int]]], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The forgery passes with the forgetful transcript; with ours, neither it nor its like does."""
    with monkeypatch.context() as patch:
        patch.setattr(transcript, name, forgotten(name))
        proof, public = forge()
        assert_accepted(proof, public)
    assert_refused(proof, public)
    # The same forger against our transcript.
    proof, public = forge()
    assert_refused(proof, public)


def test_pitfall_01_frozen_heart_of_the_public_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Public inputs are chosen last: of two, one makes up for the other in PI(zeta)."""

    def forge() -> tuple[Proof, Sequence[int]]:
        made = square()
        x, y = made.witness.public
        rounds = run_rounds(made.proving, made.witness.wires, made.witness.public, chosen=QUICK)
        first, second = lagrange(made.system.size, rounds.zeta, 2)
        return rounds.proof, (x + 1, (y - first * pow(second, -1, MODULUS)) % MODULUS)

    assert_forged(forge, "start", monkeypatch)


def test_pitfall_01_frozen_heart_of_the_wires(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Wires are chosen after beta and gamma: a broken copy makes up for another.

    The public input is not the square; that breaks the cycle of its cells. The two spare cells,
    which should be equal, are chosen so that the product of all factors is 1 again.
    """

    def forge() -> tuple[Proof, Sequence[int]]:
        made = square()
        size, omega = made.system.size, root_of_unity(made.system.size)
        state = transcript.start(made.verification.digest, FALSE_PUBLIC)
        state = transcript.after_wires(state, ())
        beta, gamma = transcript.challenge(state), transcript.second_challenge(state)
        spare = made.system.row_of("spare")
        table = made.witness.with_cells({(3, 0): FALSE_PUBLIC[0], (0, spare): 0, (1, spare): 0})
        cells = [value for column in table.wires for value in column]
        identities = [k * pow(omega, i, MODULUS) for k in WIRE_COSETS for i in range(size)]
        above = below = 1
        for cell, (value, after) in enumerate(
            zip(cells, made.system.permutation.reshape(-1).tolist(), strict=True)
        ):
            if cell % size != spare:
                above = above * (value + beta * identities[cell] + gamma) % MODULUS
                below = below * (value + beta * identities[after] + gamma) % MODULUS
        own = beta * identities[spare] + gamma
        other = beta * identities[size + spare] + gamma
        # above own (b + other) = below other (b + own), as the first spare cell is 0.
        missing = (below - above) * own * other
        last = missing * pow(above * own - below * other, -1, MODULUS)
        table = table.with_cells({(1, spare): last})
        return run_rounds(made.proving, table.wires, FALSE_PUBLIC, chosen=QUICK).proof, FALSE_PUBLIC

    assert_forged(forge, "after_wires", monkeypatch)


def test_pitfall_01_frozen_heart_of_the_permutation(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    After alpha is known, z is chosen: it makes up for broken gates, row by row.

    With A, B the products and G the gates of a row, alpha^4 (z A - z' B) + G = 0 gives the next
    value z' from z; the first row has alpha^5 (z - 1) besides. The values close up to a cycle for
    one first value, since the last is an affine function of the first.
    """

    def forge_z(made: SimpleNamespace) -> prover.Committed:
        key, system, table = made.key, square().system, square().witness.wires
        size, omega = system.size, root_of_unity(system.size)
        alpha = transcript.challenge(transcript.after_permutation(made.state, None))
        permuted = pow(alpha, CONSTRAINT_COUNT, MODULUS)
        sigmas = [QUICK.integers(sigma) for sigma in key.sigmas]

        def cycle(first: int) -> list[int]:
            values = [first]
            for i in range(size):
                here = [column[i] for column in table]
                row = Row(
                    wires=here,
                    below=[column[(i + 1) % size] for column in table],
                    constants=[column[i] for column in system.constants],
                    one=1,
                )
                total = FALSE_PUBLIC[i] if i < len(FALSE_PUBLIC) else 0
                if system.gates[i] >= 0:
                    total += combined(CONSTRAINTS[Gate(system.gates[i])](row), alpha)
                if i == 0:
                    total += permuted * alpha * (first - 1)
                above = below = 1
                for value, coset, sigma in zip(here, WIRE_COSETS, sigmas, strict=True):
                    above *= value + made.beta * coset * pow(omega, i, MODULUS) + made.gamma
                    below *= value + made.beta * sigma[i] + made.gamma
                following = permuted * values[-1] * above + total
                values.append(following * pow(permuted * below, -1, MODULUS) % MODULUS)
            return values

        # last(first) = a first + b, to be equal to first.
        b = cycle(0)[-1]
        a = cycle(1)[-1] - b
        values = cycle(b * pow(1 - a, -1, MODULUS) % MODULUS)
        assert values[0] == values.pop()
        polynomial = QUICK.interpolate(QUICK.column(values))
        return prover.Committed(polynomial=polynomial, point=QUICK.commit(key.powers, polynomial))

    def forge() -> tuple[Proof, Sequence[int]]:
        table = square().witness.wires
        rounds = run_rounds(square().proving, table, FALSE_PUBLIC, chosen=QUICK, forge_z=forge_z)
        return rounds.proof, FALSE_PUBLIC

    assert_forged(forge, "after_permutation", monkeypatch)


def test_pitfall_01_frozen_heart_of_the_quotient(monkeypatch: pytest.MonkeyPatch) -> None:
    """After zeta is known, t is chosen: a constant that is right there."""

    def forge_t(made: SimpleNamespace) -> tuple[prover.Committed, prover.Committed]:
        zeta = transcript.challenge(transcript.after_quotient(made.state, None, None))
        zero = committed([0])
        remainder = remainder_at(made, zeta, zero, zero)
        divisor = vanishing(made.key.verification.size, zeta)
        return committed([remainder * pow(divisor, -1, MODULUS) % MODULUS]), zero

    def forge() -> tuple[Proof, Sequence[int]]:
        table = square().witness.wires
        rounds = run_rounds(square().proving, table, FALSE_PUBLIC, chosen=QUICK, forge_t=forge_t)
        return rounds.proof, FALSE_PUBLIC

    assert_forged(forge, "after_quotient", monkeypatch)


def committed(coefficients: Sequence[int]) -> prover.Committed:
    """Commit to a polynomial."""
    column = QUICK.column(coefficients)
    return prover.Committed(polynomial=column, point=QUICK.commit(square().proving.powers, column))


def remainder_at(
    made: SimpleNamespace, zeta: int, t_lo: prover.Committed, t_hi: prover.Committed
) -> int:
    """Evaluate r at zeta with any quotient: what is missing to 0."""
    values = prover.evaluate_polynomials(made.key, made.wires, made.z, zeta, QUICK)
    factors = linearise(
        made.key.verification.size,
        made.public,
        values,
        beta=made.beta,
        gamma=made.gamma,
        alpha=made.alpha,
        zeta=zeta,
    )
    r = prover.linearisation_polynomial(made.key, factors, made.z, t_lo, t_hi, QUICK)
    return (QUICK.evaluate(r, zeta) + factors.constant) % MODULUS


def test_pitfall_01_frozen_heart_of_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Values are chosen after v: a false value of q_3 makes up for the remainder of r.

    Moved by d, it changes r by s d, s the arithmetic selector, as no other gate is in the circuit;
    and it takes v^11 d from what is opened.
    """

    def forge_evaluations(made: SimpleNamespace) -> Any:
        v = transcript.challenge(transcript.after_evaluations(made.state, made.evaluations))
        missing = remainder_at(made, made.zeta, made.t_lo, made.t_hi)
        selector = QUICK.evaluate(made.key.polynomials[Gate.ARITHMETIC], made.zeta)
        moved = missing * pow(pow(v, 11, MODULUS) - selector, -1, MODULUS)
        words = made.evaluations.words
        return evaluations_of(swapped(words, 10, (words[10] + moved) % MODULUS))

    def forge() -> tuple[Proof, Sequence[int]]:
        table = square().witness.wires
        rounds = run_rounds(
            square().proving,
            table,
            FALSE_PUBLIC,
            chosen=QUICK,
            forge_evaluations=forge_evaluations,
        )
        return rounds.proof, FALSE_PUBLIC

    assert_forged(forge, "after_evaluations", monkeypatch)


def test_pitfall_01_frozen_heart_of_the_last_challenge(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Openings are chosen after u: one makes up for the other.

    With r(zeta) = d, not 0, W_zeta - u b and W_zeta_omega + b leave u b (zeta - zeta omega) of the
    equation, which is d for the right b.
    """
    assert_forged(lambda: forged_openings(None), "after_openings", monkeypatch)


@pytest.mark.parametrize("u", [1, 2, MODULUS - 1])
def test_openings_made_for_a_guessed_challenge_are_refused(u: int) -> None:
    """The prover does not use u, so only this shows that the verifier does."""
    assert_refused(*forged_openings(u))


def forged_openings(guess: int | None) -> tuple[Proof, Sequence[int]]:
    """Choose the openings for a u that is guessed, or else drawn before them."""

    def forge_openings(made: SimpleNamespace) -> tuple[G1Point, G1Point]:
        drawn = transcript.challenge(transcript.after_openings(made.state, None, None))
        u = drawn if guess is None else guess
        missing = remainder_at(made, made.zeta, made.t_lo, made.t_hi)
        step = made.zeta * (1 - root_of_unity(made.key.verification.size))
        b = missing * pow(u * step, -1, MODULUS)
        first, second = made.openings
        return (
            add_g1(first, multiply_g1(G1_GENERATOR, -u * b)),
            add_g1(second, multiply_g1(G1_GENERATOR, b)),
        )

    table = square().witness.wires
    rounds = run_rounds(
        square().proving, table, FALSE_PUBLIC, chosen=QUICK, forge_openings=forge_openings
    )
    return rounds.proof, FALSE_PUBLIC


def test_pitfall_01_frozen_heart_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the key, a proof for one circuit is one for its twin of another name."""
    inputs = {"x": 9, "y": 5, "p": 3, "spare": 8}
    twin = case_of(square_circuit("twin"), inputs, QUICK)
    assert twin.verification.points == square().verification.points

    def start(_: bytes, public: Sequence[int]) -> State:
        return State(keccak256(transcript.TAG + b"".join(map(element_bytes, public))))

    with monkeypatch.context() as patch:
        patch.setattr(transcript, "start", start)
        public = square().witness.public
        proof = run_rounds(square().proving, square().witness.wires, public, chosen=QUICK).proof
        assert_accepted(proof, public)
        assert_accepted(proof, public, twin.verification)
    assert_refused(valid(), public, twin.verification)


# Batches


def claims() -> list[Claim]:
    """List proofs of three circuits, two of one of them."""
    made = [
        Claim(
            key=case(name, BackendName.FAST).verification,
            public=case(name, BackendName.FAST).witness.public,
            proof=plonk_circuits.proof_of(name, BackendName.FAST),
        )
        for name in CIRCUITS
    ]
    table, public = square().witness.wires, square().witness.public
    again = prover.prove(square().proving, table, public, BLINDING[::-1], QUICK)
    return [*made, replace(made[0], proof=again)]


def batch_verdict(batch: Sequence[Claim]) -> ErrorCode | None:
    """Verify a batch; None is acceptance."""
    try:
        verify_batch(batch, PAIRING)
    except SpecError as error:
        return error.code
    return None


def test_batches_of_valid_proofs_are_accepted() -> None:
    """In any number and order, one proof twice too."""
    batch = claims()
    for accepted in (batch, batch[::-1], batch[:1], [batch[1]] * 3):
        assert batch_verdict(accepted) is None


def test_a_batch_takes_one_pairing_check_and_merges_what_is_shared() -> None:
    """Two proofs of one circuit share its commitments and the generator."""
    batch = claims()
    checks: list[int] = []
    sums: list[int] = []

    def pairing(pairs: Sequence[Any]) -> bool:
        checks.append(len(pairs))
        return PAIRING(pairs)

    def sum_of_multiples(points: Sequence[G1Point], scalars: Sequence[int]) -> G1Point:
        sums.append(len(points))
        return multi_scalar_product(points, scalars)

    verify_batch([batch[0], batch[3]], pairing, sum_of_multiples)
    key = square().verification
    assert checks == [2]
    # Nine points a proof, the key's, the generator; two openings a proof on the left.
    assert sums == [4, 2 * 9 + len({*key.points}) + 1]


def test_pitfall_09_one_bad_proof_spoils_a_batch() -> None:
    """Wherever it stands."""
    batch = claims()
    for i, claim in enumerate(batch):
        other_input = swapped(claim.public, 0, claim.public[0] + 1)
        for bad in (replace(claim, public=other_input), replace(claim, proof=batch[i - 1].proof)):
            changed = swapped(batch, i, bad)
            # The two proofs of the circuit `square` may stand for each other.
            is_same = i == 0 and bad.public == claim.public
            assert batch_verdict(changed) == (None if is_same else ErrorCode.PROOF_EQUATION)


def test_the_form_of_each_claim_of_a_batch_counts() -> None:
    """As for a single proof."""
    batch = claims()
    longer = replace(batch[1], public=(*batch[1].public, 0))
    assert batch_verdict(swapped(batch, 1, longer)) == ErrorCode.PROOF_PUBLIC_COUNT
    beyond = replace(batch[1], public=(batch[1].public[0] + MODULUS,))
    assert batch_verdict(swapped(batch, 1, beyond)) == ErrorCode.PROOF_PUBLIC_NOT_CANONICAL


def test_batches_have_a_form() -> None:
    """At least one proof, and one setup."""
    batch = claims()
    assert batch_verdict([]) == ErrorCode.PROOF_BATCH_EMPTY
    foreign = replace(batch[1], key=replace(batch[1].key, x_g2=G2_GENERATOR))
    assert batch_verdict([batch[0], foreign]) == ErrorCode.PROOF_SETUPS_DIFFER


@pytest.mark.parametrize("rho", [1, 12345])
def test_pitfall_09_bad_proofs_that_cancel(rho: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Two bad proofs pass if rho is known beforehand, 1 for instance; with ours they do not.

    Moving W_zeta of a proof by D moves its equation by (x - zeta) D. With D = [x - zeta_2] in the
    first and -[x - zeta_1] / rho in the second, the sum of the equations stays.
    """
    first, second = claims()[0], claims()[3]
    one, x = points_from_words(square().proving.powers[:2])
    zetas = [zeta_of(claim) for claim in (first, second)]

    def moved(claim: Claim, zeta: int, factor: int) -> Claim:
        distance = add_g1(x, multiply_g1(one, -zeta))
        point = add_g1(claim.proof.w_zeta, multiply_g1(distance, factor))
        return replace(claim, proof=replace(claim.proof, w_zeta=point))

    forged = [
        moved(first, zetas[1], 1),
        moved(second, zetas[0], -pow(rho, -1, MODULUS)),
    ]
    for claim in forged:
        assert_refused(claim.proof, claim.public)
    with monkeypatch.context() as patch:
        patch.setattr(transcript, "batch_challenge", lambda _: rho)
        assert batch_verdict(forged) is None
    assert batch_verdict(forged) == ErrorCode.PROOF_EQUATION


def zeta_of(claim: Claim) -> int:
    """Draw zeta again."""
    drawn: Challenges = transcript.challenges(claim.key.digest, claim.public, claim.proof)
    return drawn.zeta


def test_pitfall_09_keys_are_kept_apart() -> None:
    """A proof is judged by the key of its own claim."""
    batch = claims()
    changed = changed_circuit()
    bad = replace(batch[0], key=changed.verification)
    assert batch_verdict([batch[0], bad]) == ErrorCode.PROOF_EQUATION
    proof = prover.prove(
        changed.proving,
        changed_witness(changed),
        changed.witness.public,
        BLINDING,
        QUICK,
    )
    good = replace(bad, proof=proof)
    assert batch_verdict([batch[0], good]) is None


def changed_witness(changed: Case) -> Sequence[list[int]]:
    """Fill the table for the changed constant: 2 p + 4 instead of 2 p + 3, and what follows."""
    wires = [list(column) for column in changed.witness.wires]
    x, y = changed.witness.public
    row = changed.system.row_of("double")
    value = wires[3][row] = wires[3][row] + 1
    for i in range(8):
        wires[0][row + 1 + i] = value
        value = wires[3][row + 1 + i] = (value * x + i * value + y + i) % MODULUS
    return wires
