"""Properties of the proof system, on generated systems, keys and proofs."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from circuits.gadgets.poseidon2 import hash_elements
from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import keccak256
from payy_ref.errors import CheckSite, ErrorCode, SpecError, switched_off
from payy_ref.proofs import prover, transcript
from payy_ref.proofs.backend import BackendName, backend
from payy_ref.proofs.batch import Claim, verify_batch
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    G2_GENERATOR,
    G1Point,
    G2Point,
    add_g1,
    decode_g1,
    decode_g2,
    encode_g1,
    encode_g2,
    is_on_g1,
    multiples_of_generator,
    multiply_g1,
    multiply_g2,
    pairings_cancel,
    pairings_cancel_in_evm,
)
from payy_ref.proofs.gates import CONSTRAINTS, WIRES, Row
from payy_ref.proofs.keys import (
    ProvingKey,
    VerificationKey,
    decode_key,
    encode_key,
    powers_needed,
    preprocess,
)
from payy_ref.proofs.plain import PLAIN
from payy_ref.proofs.proof import (
    EVALUATIONS,
    POINTS,
    Proof,
    decode_proof,
    encode_proof,
    proof_of,
)
from payy_ref.proofs.prover import BLINDING, prove
from payy_ref.proofs.setup import (
    DEVELOPMENT_SETUP_NAME,
    TrustedSetup,
    development,
    development_secret,
    from_powers_of_tau,
)
from payy_ref.proofs.system import EMPTY_ROW, UNUSED, Builder, Circuit, System, Witness
from payy_ref.proofs.verifier import verify
from payy_ref.testing.circuit_strategies import FilledSystem, edits, filled_systems, remainders
from payy_ref.testing.powers_of_tau import (
    OUTSIDE_G2,
    g1_section,
    g2_section,
    good_file,
    powers_g1,
    powers_g2,
    sections,
    written,
)
from payy_ref.testing.strategies import field_elements, leaves

FAST: Final = backend(BackendName.FAST)

PAIRING: Final = pairings_cancel_in_evm if find_spec("pyrevm") else pairings_cancel
"""The faster of the pairing checks that are there."""

PROVER_CHECK: Final = CheckSite(
    "payy_ref.proofs.prover", "prove", ErrorCode.PROOF_WITNESS_UNSATISFIED
)

fewer_examples = settings(
    max_examples=max(min(16, settings().max_examples), settings().max_examples // 4)
)
few_examples = settings(max_examples=max(4, settings().max_examples // 8))
"""For what the readable form computes, a second an example."""

scalars = field_elements().map(int)
blindings = st.lists(st.integers(0, MODULUS - 1), min_size=BLINDING, max_size=BLINDING)


@cache
def setup() -> TrustedSetup:
    """Make the development setup for systems of up to 32 rows."""
    return development(powers_needed(32), name=DEVELOPMENT_SETUP_NAME)


def outcome(action: Callable[..., object], *arguments: Any) -> ErrorCode | None:
    """Tell the code of a refusal; None if there is none."""
    try:
        action(*arguments)
    except SpecError as refusal:
        return refusal.code
    return None


def verdict(key: VerificationKey, public: Sequence[int], proof: Proof) -> ErrorCode | None:
    """Verify; None is acceptance."""
    return outcome(verify, key, public, proof, PAIRING)


# T08


def is_satisfied(system: System, witness: Witness) -> bool:
    """Tell whether a witness satisfies a system, written down a second time."""
    cells = [[column[row] for column in witness.wires] for row in range(system.size)]
    values: dict[int, set[int]] = {}
    for row, variables in enumerate(system.cells.T.tolist()):
        for wire, variable in enumerate(variables):
            if variable != UNUSED:
                values.setdefault(variable, set()).add(cells[row][wire])
    if any(len(several) > 1 for several in values.values()):
        return False
    gates = dict(zip((int(gate) for gate in CONSTRAINTS), CONSTRAINTS, strict=True))
    for row, number in enumerate(system.gates.tolist()):
        if number == EMPTY_ROW:
            continue
        factors = [column[row] for column in system.constants]
        found = remainders(gates[number], cells[row], cells[(row + 1) % system.size], factors)
        if row < len(witness.public):
            found[0] = (found[0] + witness.public[row]) % MODULUS
        if any(found):
            return False
    return True


@evidence("PAYY-CIRCUITS-T08")
@fewer_examples
@given(filled_systems(), blindings)
def test_true_statements_have_proofs(filled: FilledSystem, blinding: list[int]) -> None:
    """Whatever gates stand above each other, and whatever the scalars."""
    system, witness = filled.system, filled.witness
    assert is_satisfied(system, witness)
    assert system.failures(witness, FAST) == []
    proving, key = preprocess(system, setup(), FAST)
    proof = prove(proving, witness.wires, witness.public, blinding, FAST)
    assert (
        verdict(decode_key(encode_key(key)), witness.public, decode_proof(encode_proof(proof)))
        is None
    )


@evidence("PAYY-CIRCUITS-T08")
@fewer_examples
@given(filled_systems(), blindings, st.data())
def test_only_true_statements_have_proofs(
    filled: FilledSystem, blinding: list[int], data: st.DataObject
) -> None:
    """
    Cells are edited: what still satisfies is proved, all else is neither proved nor believed.

    The verifier is asked too, with the proof of a prover who does not look at the remainder.
    """
    system = filled.system
    proving, key = preprocess(system, setup(), FAST, keep_cosets=False)
    for _ in range(2):
        witness = filled.witness.with_cells(data.draw(edits(system)))
        is_told = data.draw(st.booleans())
        if is_told and witness.public:
            index = data.draw(st.integers(0, len(witness.public) - 1))
            witness = witness.with_public(index, data.draw(scalars))
        is_true = is_satisfied(system, witness)
        assert (not system.failures(witness, FAST)) == is_true
        arguments = (proving, witness.wires, witness.public, blinding, FAST)
        unsatisfied = ErrorCode.PROOF_WITNESS_UNSATISFIED
        assert outcome(prove, *arguments) == (None if is_true else unsatisfied)
        with switched_off(PROVER_CHECK):
            proof = prove(*arguments)
        expected = None if is_true else ErrorCode.PROOF_EQUATION
        assert verdict(key, witness.public, proof) == expected


# T09


@evidence("PAYY-CIRCUITS-T09")
@few_examples
@given(filled_systems(sizes=(16,)), blindings)
def test_backends_give_the_same_bytes(filled: FilledSystem, blinding: list[int]) -> None:
    """Of the key and of the proof; and the same labels for a witness that is edited."""
    system, witness = filled.system, filled.witness
    made: list[tuple[bytes, bytes]] = []
    for chosen in (FAST, PLAIN):
        proving, key = preprocess(system, setup(), chosen, keep_cosets=False)
        proof = prove(proving, witness.wires, witness.public, blinding, chosen)
        made.append((encode_key(key), encode_proof(proof)))
    assert made[0] == made[1]


@evidence("PAYY-CIRCUITS-T09", part="what a witness breaks")
@fewer_examples
@given(filled_systems(sizes=(16,)), st.data())
def test_backends_find_the_same_faults(filled: FilledSystem, data: st.DataObject) -> None:
    """In the same order."""
    witness = filled.witness.with_cells(data.draw(edits(filled.system)))
    assert filled.system.failures(witness, FAST) == filled.system.failures(witness, PLAIN)


ALONE: Final = """
import sys

blocked = sys.argv[1:]
sys.modules.update(dict.fromkeys(blocked))

from payy_ref.proofs.backend import default_backend
from payy_ref.proofs.curve import pairings_cancel
from payy_ref.proofs.keys import decode_key, encode_key, preprocess
from payy_ref.proofs.proof import decode_proof, encode_proof
from payy_ref.proofs.prover import draw_blinding, prove
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, development
from payy_ref.proofs.system import Builder
from payy_ref.proofs.verifier import verify

chosen = default_backend()
assert chosen.name == "plain", chosen.name
builder = Builder("alone")
square, root = builder.public("square"), builder.private("root")
builder.bind_arithmetic("is_square", (1, 0, 0, 0), root, root, result=square)
circuit = builder.build()
witness = circuit.fill({"square": 9, "root": 3})
assert circuit.system.failures(witness, chosen) == []
powers = development(64, name=DEVELOPMENT_SETUP_NAME)
proving, key = preprocess(circuit.system, powers, chosen)
blinding = draw_blinding(lambda count: bytes(range(count)))
proof = prove(proving, witness.wires, witness.public, blinding, chosen)
assert not any(map(sys.modules.get, blocked))
verify(decode_key(encode_key(key)), [9], decode_proof(encode_proof(proof)), pairings_cancel)
print(encode_key(key).hex(), encode_proof(proof).hex())
"""
"""A program that may not import the modules that its arguments name."""


@evidence("PAYY-CIRCUITS-T09", part="the readable form without the other")
def test_the_readable_form_works_alone() -> None:
    """Where the compiled form cannot be imported the readable one is taken, and is enough."""
    root, blocked = Path(__file__).parents[2], ("payy_ref.proofs.fast", "payy_ref.proofs.kernels")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *blocked],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    builder = Builder("alone")
    square, number = builder.public("square"), builder.private("root")
    builder.bind_arithmetic("is_square", (1, 0, 0, 0), number, number, result=square)
    circuit = builder.build()
    witness = circuit.fill({"square": 9, "root": 3})
    proving, key = preprocess(circuit.system, setup(), FAST)
    blinding = prover.draw_blinding(lambda count: bytes(range(count)))
    proof = prove(proving, witness.wires, witness.public, blinding, FAST)
    assert done.stdout.split() == [encode_key(key).hex(), encode_proof(proof).hex()]


# T10


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A key and a proof that are known as scalars: each point is a multiple of the generator."""

    log_size: int
    """k."""
    fixed: list[int]
    """The fifteen columns at x."""
    x: int
    """The secret of the setup."""
    public: list[int]
    """Public inputs."""
    sent: list[int]
    """w_0 to w_3, z, t_lo, t_hi at x."""
    values: list[int]
    """The sixteen values."""

    def key(self) -> VerificationKey:
        """Give the key."""
        points = multiples_of_generator(self.fixed)
        return VerificationKey(
            circuit=bytes(32),
            log_size=self.log_size,
            public_count=len(self.public),
            selectors=tuple(points[:7]),
            constants=tuple(points[7:11]),
            sigmas=tuple(points[11:]),
            x_g2=multiply_g2(G2_GENERATOR, self.x),
        )

    def proof(self, openings: Sequence[int]) -> Proof:
        """Give the proof."""
        return proof_of(multiples_of_generator([*self.sent, *openings]), self.values)


known_proofs = st.builds(
    Known,
    log_size=st.integers(4, 27),
    fixed=st.lists(scalars, min_size=15, max_size=15),
    x=st.integers(1, MODULUS - 1),
    public=st.lists(scalars, max_size=3),
    sent=st.lists(scalars, min_size=7, max_size=7),
    values=st.lists(scalars, min_size=16, max_size=16),
)


def states_of(key: bytes, public: Sequence[int], proof: bytes) -> list[bytes]:
    """Chain the digests s0 to s5 over bytes."""
    words = b"".join(value.to_bytes(32, "big") for value in (len(public), *public))
    state = keccak256(b"payy-ref/plonk/1".ljust(32, b"\0") + keccak256(key) + words)
    states = [state]
    messages = (proof[:256], proof[256:320], proof[320:448], proof[576:], proof[448:576])
    for message in messages:
        states.append(keccak256(states[-1] + message))
    return states


def challenges_of(key: bytes, public: Sequence[int], proof: bytes) -> dict[str, int]:
    """Draw the challenges from the digests."""
    _, s1, s2, s3, s4, s5 = states_of(key, public, proof)
    digests = {
        "beta": s1,
        "gamma": keccak256(s1 + b"\1"),
        "alpha": s2,
        "zeta": s3,
        "v": s4,
        "u": s5,
    }
    return {name: int.from_bytes(digest, "big") % MODULUS for name, digest in digests.items()}


def opened(known: Known, drawn: Mapping[str, int]) -> tuple[int, int]:
    """
    Evaluate P and Q of the equation at x, from the identity of PAYY-CIRCUITS-027.

    Wherever two polynomials are multiplied, the value of one stands.
    """
    p, n = MODULUS, 1 << known.log_size
    beta, gamma, alpha, zeta, v = (drawn[name] for name in ("beta", "gamma", "alpha", "zeta", "v"))
    w, sigma, q = known.values[:4], known.values[4:7], known.values[7:11]
    z_next, w_next = known.values[11], known.values[12:]
    selectors, constants, sigmas = known.fixed[:7], known.fixed[7:11], known.fixed[11:]
    *wires, z, t_lo, t_hi = known.sent

    omega = pow(5, (p - 1) // n, p)
    vanishing = pow(zeta, n, p) - 1

    def lagrange(i: int) -> int:
        node = pow(omega, i, p)
        return node * vanishing * pow(n * (zeta - node), -1, p)

    row = Row(wires=w, below=w_next, constants=q, one=1)
    r = sum(x * lagrange(i) for i, x in enumerate(known.public))
    for selector, gate in zip(selectors, CONSTRAINTS.values(), strict=True):
        r += selector * sum(pow(alpha, j, p) * c for j, c in enumerate(gate(row)))
    forward, backward = z, z_next * (w[3] + beta * sigmas[3] + gamma)
    for j in range(4):
        forward *= w[j] + beta * 5**j * zeta + gamma
    for j in range(3):
        backward *= w[j] + beta * sigma[j] + gamma
    r += pow(alpha, 4, p) * (forward - backward)
    r += pow(alpha, 5, p) * lagrange(0) * (z - 1)
    r -= vanishing * (t_lo + pow(zeta, 3 * n, p) * t_hi)

    at_zeta = zip([*wires, *sigmas[:3], *constants], known.values[:11], strict=True)
    at_next = zip([z, *wires], known.values[11:], strict=True)
    first = r + sum(pow(v, i, p) * (a - b) for i, (a, b) in enumerate(at_zeta, start=1))
    second = sum(pow(v, i, p) * (a - b) for i, (a, b) in enumerate(at_next))
    return first % p, second % p


def quotients(known: Known, drawn: Mapping[str, int]) -> list[int]:
    """Divide P by x - zeta and Q by x - zeta omega, as only somebody can who knows x."""
    omega = pow(5, (MODULUS - 1) >> known.log_size, MODULUS)
    first, second = opened(known, drawn)
    distances = (known.x - drawn["zeta"], known.x - drawn["zeta"] * omega)
    return [
        value * pow(distance, -1, MODULUS) % MODULUS
        for value, distance in zip((first, second), distances, strict=True)
    ]


@evidence("PAYY-CIRCUITS-T10")
@given(known_proofs, leaves(), st.sampled_from(((1, 0), (0, 1), (1, 1))))
def test_the_verifier_checks_the_equation(
    known: Known, shift: FieldElement, moved: tuple[int, int]
) -> None:
    """
    Points of known logarithms make the equation one between numbers; the verdict is the same.

    Whoever knows x forges a proof of anything in this way; moved openings are refused.
    """
    key = known.key()
    drawn = challenges_of(encode_key(key), known.public, encode_proof(known.proof([0, 0])))
    openings = quotients(known, drawn)
    forged = known.proof(openings)
    assert verdict(key, known.public, forged) is None

    wrong = [(w + shift * by) % MODULUS for w, by in zip(openings, moved, strict=True)]
    drawn = challenges_of(encode_key(key), known.public, encode_proof(known.proof(wrong)))
    first, second = opened(known, drawn)
    u, zeta, (w, w_next) = drawn["u"], drawn["zeta"], wrong
    zeta_omega = zeta * pow(5, (MODULUS - 1) >> known.log_size, MODULUS)
    left = (w + u * w_next) * known.x
    right = zeta * w + u * zeta_omega * w_next + first + u * second
    assert (left - right) % MODULUS
    assert verdict(key, known.public, known.proof(wrong)) == ErrorCode.PROOF_EQUATION


@evidence("PAYY-CIRCUITS-T10", part="the challenge between the two openings")
@fewer_examples
@given(known_proofs, leaves(), leaves())
def test_openings_do_not_make_up_for_each_other(
    known: Known, shift: FieldElement, guessed: FieldElement
) -> None:
    """Openings whose errors cancel for a u that was guessed are refused, since u is drawn later."""
    key = known.key()
    drawn = challenges_of(encode_key(key), known.public, encode_proof(known.proof([0, 0])))
    first, second = quotients(known, drawn)
    zeta_omega = drawn["zeta"] * pow(5, (MODULUS - 1) >> known.log_size, MODULUS)
    ratio = (known.x - zeta_omega) * pow(known.x - drawn["zeta"], -1, MODULUS)
    for guess in (1, int(guessed)):
        openings = [(first - guess * ratio * shift) % MODULUS, (second + shift) % MODULUS]
        forged = known.proof(openings)
        assert verdict(key, known.public, forged) == ErrorCode.PROOF_EQUATION
        honest = transcript.challenges(key.digest, known.public, forged)
        with patch.object(
            transcript, "challenges", lambda *_, as_drawn=honest, u=guess: replace(as_drawn, u=u)
        ):
            assert verdict(key, known.public, forged) is None


@evidence("PAYY-CIRCUITS-T10", part="each scalar of key and proof")
@given(known_proofs, st.data(), leaves())
def test_the_equation_holds_for_no_other_scalar(
    known: Known, data: st.DataObject, shift: FieldElement
) -> None:
    """One column, commitment, value or public input is another than the openings are made for."""
    key = known.key()
    drawn = challenges_of(encode_key(key), known.public, encode_proof(known.proof([0, 0])))
    openings = quotients(known, drawn)
    names = ["fixed", "sent", "values", *(["public"] if known.public else [])]
    name = data.draw(st.sampled_from(names))
    numbers = list(getattr(known, name))
    place = data.draw(st.integers(0, len(numbers) - 1))
    numbers[place] = (numbers[place] + shift) % MODULUS
    changes: dict[str, Any] = {name: numbers}
    bent = replace(known, **changes)
    assert verdict(bent.key(), bent.public, bent.proof(openings)) == ErrorCode.PROOF_EQUATION


# Real proofs of small circuits


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A circuit with keys, a witness and a proof."""

    proving: ProvingKey
    """The prover's key."""
    key: VerificationKey
    """The verifier's key."""
    witness: Witness
    """A true witness."""
    proof: Proof
    """Its proof."""


def rooted_circuit(*, is_hashed: bool) -> Circuit:
    """Know a root of the public square, and spare values; one of two sizes."""
    builder = Builder("hashed" if is_hashed else "rooted")
    square = builder.public("square")
    root, spare = builder.private("root"), builder.private("spare")
    builder.bind_arithmetic("is_square", (1, 0, 0, 0), root, root, result=square)
    total = builder.arithmetic("total", (3, 5, 7, 11), root, spare, root)
    builder.row(None, (spare, total, UNUSED, spare), name="copies")
    if is_hashed:
        hash_elements(builder, "hash", [root, spare])
    else:
        for i in range(6):
            total = builder.arithmetic(f"step[{i}]", (i, 1, i, i), total, spare, root)
    return builder.build()


@cache
def case(*, is_hashed: bool = False, root: int = 3, spare: int = 8) -> Case:
    """Make keys and a proof."""
    circuit = rooted_circuit(is_hashed=is_hashed)
    proving, key = preprocess(circuit.system, setup(), FAST)
    inputs = {"square": root * root % MODULUS, "root": root, "spare": spare}
    witness = circuit.fill(inputs)
    proof = prove(proving, witness.wires, witness.public, range(1000, 1000 + BLINDING), FAST)
    return Case(proving=proving, key=key, witness=witness, proof=proof)


def verdict_on_bytes(key: bytes, public: Sequence[int], proof: bytes) -> ErrorCode | None:
    """Decode and verify."""
    return outcome(lambda: verify(decode_key(key), public, decode_proof(proof), PAIRING))


@st.composite
def spoiled(draw: st.DrawFn, data: bytes) -> bytes:
    """Give other bytes: some are changed, cut off, added, or moved."""
    bent = bytearray(data)
    start = draw(st.integers(0, len(bent) - 1))
    match draw(st.sampled_from(("byte", "byte", "bytes", "word", "cut", "add", "swap"))):
        case "byte":
            bent[start] ^= draw(st.integers(1, 255))
        case "bytes":
            put = draw(st.binary(min_size=1, max_size=96))[: len(bent) - start]
            bent[start : start + len(put)] = put
        case "word":
            start -= start % 32
            values = (0, 1, MODULUS - 1, MODULUS, COORDINATE_MODULUS, 2**256 - 1)
            bent[start : start + 32] = draw(st.sampled_from(values)).to_bytes(32, "big")
        case "cut":
            del bent[start:]
        case "add":
            bent += draw(st.binary(min_size=1, max_size=64))
        case "swap":
            other = draw(st.integers(0, len(bent) // 64 - 1)) * 64
            start -= start % 64
            bent[start : start + 64], bent[other : other + 64] = (
                bent[other : other + 64],
                bent[start : start + 64],
            )
    return bytes(bent)


@evidence("PAYY-CIRCUITS-T10", part="any change of a byte")
@fewer_examples
@given(st.booleans(), st.data())
def test_no_other_bytes_are_accepted(is_hashed: bool, data: st.DataObject) -> None:
    """Of proof or key; a change of more bytes, of the length or of the order neither."""
    made = case(is_hashed=is_hashed)
    key, proof = encode_key(made.key), encode_proof(made.proof)
    assert verdict_on_bytes(key, made.witness.public, proof) is None
    for _ in range(4):
        bent = data.draw(spoiled(proof))
        assert bent == proof or verdict_on_bytes(key, made.witness.public, bent) is not None
        bent = data.draw(spoiled(key))
        assert bent == key or verdict_on_bytes(bent, made.witness.public, proof) is not None


@evidence("PAYY-CIRCUITS-T10", part="well-formed changes")
@given(st.booleans(), st.data())
def test_no_other_parts_are_accepted(is_hashed: bool, data: st.DataObject) -> None:
    """Points that are on the curve, values below r, and public inputs: the equation fails."""
    made = case(is_hashed=is_hashed)
    points, words, public = (
        list(made.proof.points),
        list(made.proof.evaluations.words),
        [*made.witness.public],
    )
    known = (None, G1_GENERATOR, *points, *made.key.points)
    candidates: st.SearchStrategy[G1Point] = st.one_of(
        st.sampled_from(known), leaves().map(lambda s: multiply_g1(G1_GENERATOR, s))
    )
    values = st.one_of(st.sampled_from((0, 1, *words)), scalars)
    for _ in range(data.draw(st.integers(1, 3))):
        match data.draw(st.sampled_from(("point", "word", "public", "shift"))):
            case "point":
                points[data.draw(st.integers(0, POINTS - 1))] = data.draw(candidates)
            case "shift":
                place = data.draw(st.integers(0, POINTS - 1))
                points[place] = add_g1(points[place], data.draw(candidates))
            case "word":
                words[data.draw(st.integers(0, EVALUATIONS - 1))] = data.draw(values)
            case "public":
                public[data.draw(st.integers(0, len(public) - 1))] = data.draw(values)
    bent = proof_of(points, words)
    assume((bent, public) != (made.proof, [*made.witness.public]))
    assert verdict(made.key, public, bent) == ErrorCode.PROOF_EQUATION


# T11


points = st.one_of(
    st.none(), st.just(G1_GENERATOR), leaves().map(lambda s: multiply_g1(G1_GENERATOR, s))
)
twisted_points = st.one_of(
    st.none(), st.just(G2_GENERATOR), leaves().map(lambda s: multiply_g2(G2_GENERATOR, s))
)


@st.composite
def keys(draw: st.DrawFn) -> VerificationKey:
    """Give any key that has an encoding; few points, since making them takes long."""
    pool = st.sampled_from(draw(st.lists(points, min_size=1, max_size=4)))
    log_size = draw(st.integers(4, 27))
    return VerificationKey(
        circuit=draw(st.binary(min_size=32, max_size=32)),
        log_size=log_size,
        public_count=draw(st.sampled_from((0, 1, 9, 2**log_size))),
        selectors=tuple(draw(pool) for _ in range(7)),
        constants=tuple(draw(pool) for _ in range(4)),
        sigmas=tuple(draw(pool) for _ in range(4)),
        x_g2=draw(twisted_points.filter(bool)),
    )


@st.composite
def proofs(draw: st.DrawFn) -> Proof:
    """Give any proof that has an encoding."""
    pool = st.sampled_from(draw(st.lists(points, min_size=1, max_size=4)))
    return proof_of(
        [draw(pool) for _ in range(POINTS)], [draw(scalars) for _ in range(EVALUATIONS)]
    )


Codec = tuple[Callable[[Any], bytes], Callable[[bytes], Any], st.SearchStrategy[Any]]

CODECS: Final[dict[str, Codec]] = {
    "g1": (encode_g1, decode_g1, points),
    "g2": (encode_g2, decode_g2, twisted_points),
    "key": (encode_key, decode_key, keys()),
    "proof": (encode_proof, decode_proof, proofs()),
}

codecs = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)


@evidence("PAYY-CIRCUITS-T11")
@codecs
@fewer_examples
@given(st.data())
def test_decoding_inverts_encoding(codec: Codec, data: st.DataObject) -> None:
    """Of points, keys and proofs."""
    encode, decode, values = codec
    value = data.draw(values)
    assert decode(encode(value)) == value


@st.composite
def aliased(draw: st.DrawFn, data: bytes) -> bytes:
    """Write a word with a modulus added, or negate it, where the word has room."""
    start = 32 * draw(st.integers(0, len(data) // 32 - 1))
    value = int.from_bytes(data[start : start + 32], "big")
    more = draw(st.sampled_from((COORDINATE_MODULUS, MODULUS, 2 * MODULUS)))
    other = draw(st.sampled_from((value + more, COORDINATE_MODULUS - value, 2**255 | value)))
    assume(0 <= other < 2**256)
    return data[:start] + other.to_bytes(32, "big") + data[start + 32 :]


@evidence("PAYY-CIRCUITS-T11")
@codecs
@fewer_examples
@given(st.data())
def test_what_is_decoded_is_canonical(codec: Codec, data: st.DataObject) -> None:
    """Bytes that are accepted are those that the value is written as; others are refused."""
    encode, decode, values = codec
    written_value = encode(data.draw(values))
    for _ in range(4):
        change = data.draw(st.sampled_from((spoiled, aliased)))
        bent = data.draw(change(written_value))
        try:
            value = decode(bent)
        except SpecError:
            continue
        assert encode(value) == bent


@evidence("PAYY-CIRCUITS-T11", part="numbers of one residue")
@given(keys(), proofs(), st.data())
def test_other_numbers_of_the_same_residue_are_refused(
    key: VerificationKey, proof: Proof, data: st.DataObject
) -> None:
    """Each coordinate of key and proof with q added, each value with r."""
    start = 32 * data.draw(st.integers(4, 37))
    bent = with_more(encode_key(key), start, COORDINATE_MODULUS)
    assert outcome(decode_key, bent) == ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    start = 32 * data.draw(st.integers(0, 17))
    bent = with_more(encode_proof(proof), start, COORDINATE_MODULUS)
    assert outcome(decode_proof, bent) == ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    start = 32 * data.draw(st.integers(18, 33))
    bent = with_more(encode_proof(proof), start, MODULUS)
    assert outcome(decode_proof, bent) == ErrorCode.PROOF_EVALUATION_NOT_CANONICAL


def with_more(data: bytes, start: int, more: int) -> bytes:
    """Add to a word."""
    value = int.from_bytes(data[start : start + 32], "big") + more
    return data[:start] + value.to_bytes(32, "big") + data[start + 32 :]


@evidence("PAYY-CIRCUITS-T11", part="coordinates of points")
@given(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_points_are_on_their_curve(x: int, y: int) -> None:
    """Any two words: y is replaced by a root, and by its mirror image, where there is one."""
    root = pow(x**3 + 3, (COORDINATE_MODULUS + 1) // 4, COORDINATE_MODULUS)
    has_root = (root * root - x**3 - 3) % COORDINATE_MODULUS == 0
    for candidate in (y, root, COORDINATE_MODULUS - root):
        data = x.to_bytes(32, "big") + candidate.to_bytes(32, "big")
        if max(x, candidate) >= COORDINATE_MODULUS:
            expected: ErrorCode | None = ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
        elif (has_root and candidate in {root, COORDINATE_MODULUS - root}) or x == candidate == 0:
            expected = None
        else:
            expected = ErrorCode.PROOF_POINT_NOT_ON_CURVE
        assert outcome(decode_g1, data) == expected


# T12


CHALLENGES: Final = ("beta", "gamma", "alpha", "zeta", "v", "u")

FIRST_CHANGED: Final = [
    *((slice(start, start + 32), "beta") for start in range(0, 256, 32)),
    *((slice(start, start + 32), "alpha") for start in range(256, 320, 32)),
    *((slice(start, start + 32), "zeta") for start in range(320, 448, 32)),
    *((slice(start, start + 32), "u") for start in range(448, 576, 32)),
    *((slice(start, start + 32), "v") for start in range(576, 1088, 32)),
]
"""The words of a proof, and the first challenge that comes from each."""


def read(proof: bytes) -> Proof:
    """Read a proof without judging it; the transcript does not judge either."""
    words = [int.from_bytes(proof[i : i + 32], "big") for i in range(0, len(proof), 32)]
    pairs = list(zip(words[:18:2], words[1:18:2], strict=True))
    return proof_of(pairs, words[18:])


def drawn_from(key: bytes, public: Sequence[int], proof: bytes) -> list[int]:
    """Ask the transcript."""
    drawn = transcript.challenges(keccak256(key), public, read(proof))
    return [getattr(drawn, name) for name in CHALLENGES]


proof_bytes = st.lists(st.integers(0, MODULUS - 1), min_size=34, max_size=34).map(
    lambda words: b"".join(word.to_bytes(32, "big") for word in words)
)
publics = st.lists(scalars, max_size=3)


@evidence("PAYY-CIRCUITS-T12")
@given(st.binary(max_size=8), publics, proof_bytes)
def test_challenges_come_from_the_chain(key: bytes, public: list[int], proof: bytes) -> None:
    """Over bytes, written down a second time."""
    expected = challenges_of(key, public, proof)
    assert drawn_from(key, public, proof) == [expected[name] for name in CHALLENGES]


@evidence("PAYY-CIRCUITS-T12")
@given(st.binary(max_size=8), publics, proof_bytes, st.sampled_from(FIRST_CHANGED), leaves())
def test_each_word_changes_later_challenges(
    key: bytes, public: list[int], proof: bytes, place: tuple[slice, str], shift: FieldElement
) -> None:
    """Those before it stay, all others change."""
    where, first = place
    word = (int.from_bytes(proof[where], "big") + shift) % MODULUS
    bent = proof[: where.start] + word.to_bytes(32, "big") + proof[where.stop :]
    before, after = drawn_from(key, public, proof), drawn_from(key, public, bent)
    changed = {n for n, a, b in zip(CHALLENGES, before, after, strict=True) if a != b}
    assert changed == set(CHALLENGES[CHALLENGES.index(first) :])


@evidence("PAYY-CIRCUITS-T12")
@given(keys(), publics, proof_bytes, st.data())
def test_key_and_public_inputs_change_all_challenges(
    key: VerificationKey, public: list[int], proof: bytes, data: st.DataObject
) -> None:
    """Any byte of the key; the number, values and order of the public inputs."""
    written_key = encode_key(key)
    before = drawn_from(written_key, public, proof)
    other_key, other = bytearray(written_key), list(public)
    match data.draw(st.sampled_from(("key", "value", "more", "fewer", "order"))):
        case "value" if public:
            place = data.draw(st.integers(0, len(public) - 1))
            other[place] = (other[place] + data.draw(leaves())) % MODULUS
        case "more":
            # A zero at the end is another number of inputs.
            other.insert(data.draw(st.integers(0, len(public))), data.draw(scalars))
        case "fewer" if public:
            del other[data.draw(st.integers(0, len(public) - 1))]
        case "order" if public != public[::-1]:
            other.reverse()
        case _:
            place = data.draw(st.integers(0, len(other_key) - 1))
            other_key[place] ^= data.draw(st.integers(1, 255))
    after = drawn_from(bytes(other_key), other, proof)
    assert all(a != b for a, b in zip(before, after, strict=True))


# T13


def at(column: Sequence[int], scalars_of: Sequence[int], size: int, point: int) -> int:
    """Evaluate a column with its blinding at a point outside H."""
    omega = pow(5, (MODULUS - 1) // size, MODULUS)
    vanishing = pow(point, size, MODULUS) - 1
    total = sum(b * pow(point, i, MODULUS) for i, b in enumerate(scalars_of)) * vanishing
    scale = vanishing * pow(size, -1, MODULUS)
    for row, value in enumerate(column):
        if value:
            node = pow(omega, row, MODULUS)
            total += value * node * scale * pow(point - node, -1, MODULUS)
    return total % MODULUS


def solved(matrix: Sequence[Sequence[int]], right: Sequence[int]) -> list[int]:
    """Solve a system of linear equations whose matrix is not singular."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = next(k for k in range(i, len(rows)) if rows[k][i] % MODULUS)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        scale = pow(rows[i][i], -1, MODULUS)
        rows[i] = [cell * scale % MODULUS for cell in rows[i]]
        for k in range(len(rows)):
            if k != i:
                factor = rows[k][i]
                rows[k] = [
                    (a - factor * b) % MODULUS for a, b in zip(rows[k], rows[i], strict=True)
                ]
    return [row[-1] for row in rows]


def masks(column: Sequence[int], size: int, targets: Mapping[int, int]) -> list[int]:
    """Find the three scalars with which a column takes these values."""
    scales = [pow(point, size, MODULUS) - 1 for point in targets]
    matrix = [
        [scale * pow(point, i, MODULUS) for i in range(3)]
        for point, scale in zip(targets, scales, strict=True)
    ]
    missing = [value - at(column, (), size, point) for point, value in targets.items()]
    return solved(matrix, missing)


def permutation_column(
    system: System, table: Sequence[Sequence[int]], beta: int, gamma: int
) -> list[int]:
    """Compute z by its definition."""
    omega = pow(5, (MODULUS - 1) // system.size, MODULUS)
    identities = [
        5**wire * pow(omega, row, MODULUS) for wire in range(WIRES) for row in range(system.size)
    ]
    z = [1]
    for row in range(system.size - 1):
        above = below = 1
        for wire in range(WIRES):
            cell = table[wire][row] + gamma
            above *= cell + beta * identities[wire * system.size + row]
            below *= cell + beta * identities[int(system.permutation[wire, row])]
        z.append(z[-1] * above * pow(below, -1, MODULUS) % MODULUS)
    return z


def quotient_low(
    made: Case, table: Sequence[Sequence[int]], blinding: Sequence[int], drawn: Mapping[str, int]
) -> int:
    """Evaluate t_lo at the secret of the setup, as the prover makes it."""
    key, names = made.proving, ("beta", "gamma", "alpha")
    beta, gamma, alpha = (drawn[name] for name in names)
    columns = [FAST.column(column) for column in table]
    wires = prover.commit_to_wires(key, columns, blinding[:12], FAST)
    z = prover.commit_to_permutation(key, columns, blinding[12:15], beta, gamma, FAST)
    parts = prover.compute_quotient(
        key, wires, z, made.witness.public, beta, gamma, alpha, FAST, lambda *_: None
    )
    t_lo, _ = prover.commit_to_quotient(key, parts, blinding[15], FAST)
    return FAST.evaluate(t_lo.polynomial, development_secret())


@evidence("PAYY-CIRCUITS-T13")
@fewer_examples
@given(st.booleans(), leaves(), scalars, scalars, st.booleans(), blindings)
def test_any_witness_gives_the_same_proof(
    is_hashed: bool,
    root: FieldElement,
    spare: int,
    other_spare: int,
    is_negated: bool,
    blinding: list[int],
) -> None:
    """
    With other scalars, the other witness gives all bytes of the proof of the first.

    Commitments are values at the secret x. The scalars of a wire make up for its three values, at
    x, zeta and zeta omega; those of z for its two, and for what the wires at x omega change in t.
    """
    system, x = rooted_circuit(is_hashed=is_hashed).system, development_secret()
    made = case(is_hashed=is_hashed)
    size, fixed = system.size, [system.gates == gate for gate in range(7)]
    circuit = rooted_circuit(is_hashed=is_hashed)
    inputs = {"square": root * root % MODULUS, "root": int(root), "spare": spare}
    other_root = MODULUS - root if is_negated else int(root)
    first = circuit.fill(inputs)
    second = circuit.fill(inputs | {"root": other_root, "spare": other_spare})
    made = replace(made, witness=first)
    proof = prove(made.proving, first.wires, first.public, blinding, FAST)
    drawn = challenges_of(encode_key(made.key), first.public, encode_proof(proof))
    beta, gamma, alpha, zeta = (drawn[name] for name in ("beta", "gamma", "alpha", "zeta"))
    omega = pow(5, (MODULUS - 1) // size, MODULUS)
    x_omega, zeta_omega = x * omega % MODULUS, zeta * omega % MODULUS

    others: list[int] = []
    for wire, (column, other) in enumerate(zip(first.wires, second.wires, strict=True)):
        own = blinding[3 * wire : 3 * wire + 3]
        targets = {point: at(column, own, size, point) for point in (x, zeta, zeta_omega)}
        others += masks(other, size, targets)

    def gates(table: Sequence[Sequence[int]], scalars_of: Sequence[int]) -> int:
        """Evaluate what the gates contribute at x."""
        wires, below = (
            [at(c, scalars_of[3 * i : 3 * i + 3], size, p) for i, c in enumerate(table)]
            for p in (x, x_omega)
        )
        constants = [at(column, (), size, x) for column in system.constants]
        row = Row(wires=wires, below=below, constants=constants, one=1)
        return sum(
            at([int(is_on) for is_on in selector], (), size, x) * pow(alpha, j, MODULUS) * value
            for selector, gate in zip(fixed, CONSTRAINTS.values(), strict=True)
            for j, value in enumerate(gate(row))
        )

    weight = pow(alpha, 4, MODULUS)
    for wire, column in enumerate(first.wires):
        links = [
            5 ** (int(cell) // size) * pow(omega, int(cell) % size, MODULUS) % MODULUS
            for cell in system.permutation[wire]
        ]
        own = blinding[3 * wire : 3 * wire + 3]
        weight *= at(column, own, size, x) + beta * at(links, (), size, x) + gamma
    z, other_z = (permutation_column(system, w.wires, beta, gamma) for w in (first, second))
    targets = {point: at(z, blinding[12:15], size, point) for point in (x, zeta_omega, x_omega)}
    gap = gates(second.wires, others) - gates(first.wires, blinding)
    targets[x_omega] += gap * pow(weight, -1, MODULUS)
    others += masks(other_z, size, targets)

    low, bare = (
        quotient_low(made, w.wires, b, drawn)
        for w, b in ((first, blinding), (second, [*others, 0]))
    )
    others.append((low - bare) * pow(x, -3 * size, MODULUS) % MODULUS)
    again = prove(made.proving, second.wires, second.public, others, FAST)
    assert encode_proof(again) == encode_proof(proof)


# T14


@cache
def stock() -> tuple[Claim, ...]:
    """Make true claims of two circuits."""
    cases = [
        case(is_hashed=is_hashed, root=root, spare=spare)
        for is_hashed, (root, spare) in product((False, True), ((3, 8), (4, 0)))
    ]
    return tuple(Claim(key=c.key, public=c.witness.public, proof=c.proof) for c in cases)


@st.composite
def false_claims(draw: st.DrawFn, claim: Claim) -> Claim:
    """Spoil a claim, but not its form."""
    others = [other for other in stock() if other is not claim]
    match draw(st.sampled_from(("public", "proof", "key", "point", "value"))):
        case "public":
            return replace(claim, public=((claim.public[0] + draw(leaves())) % MODULUS,))
        case "proof":
            return replace(claim, proof=draw(st.sampled_from(others)).proof)
        case "key":
            keys_of_others = [o.key for o in others if o.key != claim.key]
            return replace(claim, key=draw(st.sampled_from(keys_of_others)))
        case "point":
            places = list(claim.proof.points)
            place = draw(st.integers(0, POINTS - 1))
            places[place] = add_g1(places[place], G1_GENERATOR)
            return replace(claim, proof=proof_of(places, claim.proof.evaluations.words))
        case _:
            words = list(claim.proof.evaluations.words)
            place = draw(st.integers(0, EVALUATIONS - 1))
            words[place] = (words[place] + draw(leaves())) % MODULUS
            return replace(claim, proof=proof_of(claim.proof.points, words))


@st.composite
def batches(draw: st.DrawFn) -> list[Claim]:
    """Give claims, most of them true."""
    chosen = draw(st.lists(st.sampled_from(range(len(stock()))), min_size=1, max_size=5))
    claims = [stock()[i] for i in chosen]
    for place in draw(st.sets(st.integers(0, len(claims) - 1), max_size=2)):
        claims[place] = draw(false_claims(claims[place]))
    return claims


@evidence("PAYY-CIRCUITS-T14")
@fewer_examples
@given(batches())
def test_a_batch_is_accepted_if_each_proof_is(claims: list[Claim]) -> None:
    """And refused if one is not."""
    single = [verdict(claim.key, claim.public, claim.proof) for claim in claims]
    assert set(single) <= {None, ErrorCode.PROOF_EQUATION}
    expected = ErrorCode.PROOF_EQUATION if any(single) else None
    assert outcome(verify_batch, claims, PAIRING) == expected


@evidence("PAYY-CIRCUITS-T14", part="errors that cancel")
@fewer_examples
@given(st.permutations(range(4)), leaves(), leaves())
def test_errors_that_cancel_are_noticed(
    order: list[int], rho: FieldElement, shift: FieldElement
) -> None:
    """
    Two proofs with errors that cancel for a guessed rho pass if that is drawn, and only then.

    Moving W_zeta by D adds (x - zeta) D to the difference of a proof's two sides.
    """
    first, second = stock()[order[0]], stock()[order[1]]
    x = development_secret()

    def distance(claim: Claim) -> int:
        drawn = transcript.challenges(claim.key.digest, claim.public, claim.proof)
        return x - drawn.zeta

    def moved(claim: Claim, error: int) -> Claim:
        by = multiply_g1(G1_GENERATOR, error * pow(distance(claim), -1, MODULUS))
        proof = replace(claim.proof, w_zeta=add_g1(claim.proof.w_zeta, by))
        return replace(claim, proof=proof)

    forged = [moved(first, shift), moved(second, -shift * pow(rho, -1, MODULUS))]
    for claim in forged:
        assert verdict(claim.key, claim.public, claim.proof) == ErrorCode.PROOF_EQUATION
    with patch.object(transcript, "batch_challenge", lambda _: int(rho)):
        assert outcome(verify_batch, forged, PAIRING) is None
    assert outcome(verify_batch, forged, PAIRING) == ErrorCode.PROOF_EQUATION
    finals = [states_of(encode_key(c.key), c.public, encode_proof(c.proof))[-1] for c in forged]
    tag = b"payy-ref/plonk-batch/1".ljust(32, b"\0")
    content = tag + (2).to_bytes(32, "big") + b"".join(finals)
    drawn_rho = int.from_bytes(keccak256(content), "big") % MODULUS
    assert transcript.batch_challenge([transcript.State(final) for final in finals]) == drawn_rho


# T15


secrets = st.one_of(st.sampled_from((1, 2, MODULUS - 1)), st.integers(1, MODULUS - 1))


def imported(data: bytes, name: str = "made-here") -> TrustedSetup:
    """Read a file."""
    return from_powers_of_tau(data, name=name, pairing_check=PAIRING)


@evidence("PAYY-CIRCUITS-T15")
@fewer_examples
@given(secrets, st.integers(1, 3))
def test_powers_are_accepted(secret: int, power: int) -> None:
    """A file of powers of any x gives them back."""
    setup_of_file = imported(good_file(secret, power))
    expected = powers_g1(secret, power)
    assert setup_of_file.points(setup_of_file.count) == list(expected)
    assert setup_of_file.x_g2 == powers_g2(secret, power)[1]
    assert not setup_of_file.is_development


REFUSALS: Final = {
    ErrorCode.SETUP_POINT_INVALID,
    ErrorCode.SETUP_GENERATOR_MISMATCH,
    ErrorCode.SETUP_NOT_POWERS,
}


@evidence("PAYY-CIRCUITS-T15")
@fewer_examples
@given(secrets, st.integers(1, 3), st.data())
def test_other_points_are_refused(secret: int, power: int, data: st.DataObject) -> None:
    """One point, or some, are others: any multiple, the neighbour, infinity, or no point."""
    points_of_file = list(powers_g1(secret, power))
    strangers: st.SearchStrategy[G1Point] = st.one_of(
        st.sampled_from((*points_of_file, None, (1, 3))), points
    )
    places = st.integers(0, len(points_of_file) - 1)
    for place, point in data.draw(
        st.dictionaries(places, strangers, min_size=1, max_size=3)
    ).items():
        points_of_file[place] = point
    assume(points_of_file != list(powers_g1(secret, power)))
    # A first power of the generator, with all others, would be another good file.
    assume(powers_g2(secret, power)[1] != G2_GENERATOR or set(points_of_file) != {G1_GENERATOR})
    contents = sections(secret, power) | {2: g1_section(points_of_file)}
    code = outcome(imported, written(contents))
    assert code in REFUSALS
    if not all(point is not None and is_on_g1(point) for point in points_of_file):
        assert code == ErrorCode.SETUP_POINT_INVALID
    elif points_of_file[0] != G1_GENERATOR:
        assert code == ErrorCode.SETUP_GENERATOR_MISMATCH
    else:
        assert code == ErrorCode.SETUP_NOT_POWERS


@evidence("PAYY-CIRCUITS-T15", part="points of G2")
@fewer_examples
@given(secrets, st.sampled_from((0, 1)), st.data())
def test_other_points_of_g2_are_refused(secret: int, place: int, data: st.DataObject) -> None:
    """The generator and [x]_2, by another multiple, infinity, or a point of no such group."""
    points_of_file = list(powers_g2(secret, 1))
    strangers: st.SearchStrategy[G2Point] = st.one_of(
        st.sampled_from((*points_of_file, None, OUTSIDE_G2, ((1, 2), (3, 4)))), twisted_points
    )
    stranger = data.draw(strangers)
    assume(stranger != points_of_file[place])
    points_of_file[place] = stranger
    contents = sections(secret, 1) | {3: g2_section(points_of_file)}
    assert outcome(imported, written(contents)) in REFUSALS


@evidence("PAYY-CIRCUITS-T15", exhaustive="each point of a file of 7 powers, by each other one")
def test_no_point_stands_for_another() -> None:
    """And the generator and [x]_2 do not stand for each other."""
    good = powers_g1()
    for place, other in product(range(len(good)), repeat=2):
        bent = [*good[:place], good[other], *good[place + 1 :]]
        contents = sections() | {2: g1_section(bent)}
        code = outcome(imported, written(contents))
        if place == other:
            assert code is None
        elif place == 0:
            assert code == ErrorCode.SETUP_GENERATOR_MISMATCH
        else:
            assert code == ErrorCode.SETUP_NOT_POWERS


@evidence("PAYY-CIRCUITS-T15", part="the development setup is named")
@fewer_examples
@given(st.text(max_size=30), st.integers(1, 3))
def test_the_development_setup_is_never_anonymous(name: str, power: int) -> None:
    """Neither made nor read from a file under another name; no other setup bears its name."""
    assume(name != DEVELOPMENT_SETUP_NAME)
    named = ErrorCode.SETUP_DEVELOPMENT_NOT_NAMED
    assert outcome(lambda: development(4, name=name)) == named
    insecure = good_file(development_secret(), power)
    assert outcome(imported, insecure, name) == named
    assert imported(insecure, DEVELOPMENT_SETUP_NAME).is_development
    assert outcome(imported, good_file(power=power), DEVELOPMENT_SETUP_NAME) == named


@evidence("PAYY-CIRCUITS-T15", part="long enough")
@few_examples
@given(filled_systems(), st.integers(1, 80))
def test_short_setups_make_no_keys(filled: FilledSystem, missing: int) -> None:
    """3n + 16 powers are enough, fewer are not."""
    whole, needed = setup(), 3 * filled.system.size + 16
    enough = replace(whole, g1_bytes=whole.g1_bytes[: needed * 64])
    short = replace(whole, g1_bytes=whole.g1_bytes[: max(0, needed - missing) * 64])
    assert outcome(preprocess, filled.system, enough, FAST) is None
    assert outcome(preprocess, filled.system, short, FAST) == ErrorCode.SETUP_TOO_SHORT
