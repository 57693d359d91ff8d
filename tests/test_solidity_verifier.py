"""
The verifiers in Solidity: same bytes, same verdict and same code as in Python; and what they cost.

The contracts' compiled forms are committed, so no compiler is needed here.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from circuits import utxo
from payy_ref.crypto.field import MODULUS, element_bytes
from payy_ref.errors import ErrorCode, SpecError, require
from payy_ref.ethereum.artefact import Artefact, read_artefact
from payy_ref.ethereum.chain import Chain, Contract, Message, RevertedError
from payy_ref.ethereum.choice import CHAINS, UnavailableError, open_chain
from payy_ref.ethereum.embedded import EmbeddedChain
from payy_ref.proofs import solidity
from payy_ref.proofs.batch import Claim, combine, verify_batch
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    G2_GENERATOR,
    G2Point,
    add_g1,
    encode_g1,
    encode_g2,
    multi_scalar_product,
    multiply_g1,
    negate_g1,
    negate_g2,
)
from payy_ref.proofs.expression import Number, Operation, Symbol, constraints_of
from payy_ref.proofs.gates import Gate
from payy_ref.proofs.keys import decode_key, encode_key
from payy_ref.proofs.plain import PLAIN
from payy_ref.proofs.polynomials import root_of_unity
from payy_ref.proofs.proof import decode_proof, encode_proof
from payy_ref.proofs.prover import prove
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME
from payy_ref.proofs.system import Builder, Circuit
from payy_ref.proofs.transcript import challenges
from payy_ref.proofs.verifier import Equation, prepare, verify
from payy_ref.testing.powers_of_tau import OUTSIDE_G2
from payy_ref.vectors.model import case_elements
from tests.plonk_circuits import BLINDING, CIRCUITS, PAIRING, case, case_of, proof_of

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = ROOT / "contracts" / "proofs"
ARTEFACTS: Final = ROOT / "contracts" / "build"
ANSWERS: Final = json.loads((ROOT / "tests/known_answers/solidity_verifier.json").read_bytes())

CLIENT_GAS: Final = 350_000
"""The most that a transaction with one client's proof may use."""

BLOCK_GAS: Final = 1_150_000
"""The most that a transaction with six clients' proofs and a block's proof may use."""

POINTS_END: Final = 576
"""Where the points of a proof end and the values begin."""


def artefact(contract: str) -> Artefact:
    """Read a compiled contract."""
    return read_artefact(ARTEFACTS / f"{contract}.json")


@pytest.fixture(scope="module")
def chain() -> Iterator[EmbeddedChain]:
    """Start the embedded chain."""
    with EmbeddedChain() as opened:
        yield opened


# What is generated


def test_the_utxo_verifier_is_generated_from_the_ceremonys_key() -> None:
    """The committed contract holds the key and nothing else that is not written by hand."""
    text = (SOURCES / "UtxoVerifier.sol").read_text()
    answer = ANSWERS["utxo"]
    key = decode_key(bytes_of(answer["key"]))
    assert solidity.keys_in_source(text) == (key,)
    named = solidity.NamedKey(key=key, circuit=utxo.NAME, setup=answer["setup"])
    sources = solidity.generated_sources(named)
    assert sources["UtxoVerifier.sol"] == text
    assert all((SOURCES / name).read_text() == source for name, source in sources.items())
    lines = [line for source in sources.values() for line in source.splitlines()]
    assert max(map(len, lines)) <= solidity.LINE


def test_a_key_has_the_name_of_its_circuit() -> None:
    """A contract that names another circuit than it verifies is not made."""
    key = case("square").verification
    with pytest.raises(ValueError, match="not for a circuit"):
        solidity.NamedKey(key=key, circuit="digits", setup=DEVELOPMENT_SETUP_NAME)


def test_a_block_verifier_is_generated_from_two_keys_of_one_setup() -> None:
    """Both keys come back from the source; keys of different setups make none."""
    client = named_key("square")
    block = named_key("digits")
    text = solidity.block_verifier_source("ToyBlockVerifier", client, block)
    assert solidity.keys_in_source(text) == (client.key, block.key)
    other = replace(block, key=replace(block.key, x_g2=G2_GENERATOR))
    with pytest.raises(ValueError, match="different setups"):
        solidity.block_verifier_source("ToyBlockVerifier", client, other)


def named_key(circuit: str) -> solidity.NamedKey:
    """Name the key of a small circuit."""
    key = case(circuit).verification
    return solidity.NamedKey(key=key, circuit=circuit, setup=DEVELOPMENT_SETUP_NAME)


def test_memory_of_gates_and_verifier_does_not_overlap() -> None:
    """Both files name the same places."""
    gates, plonk = (
        {
            name: int(value, 16)
            for name, value in re.findall(
                r"constant (\w+) =\s+(0x\w+);", (SOURCES / file).read_text()
            )
        }
        for file in ("Gates.sol", "Plonk.sol")
    )
    assert plonk["CLAIMS"] == gates["END"] > max(gates[name] for name in gates if name[0] == "T")
    assert plonk["WIRE_VALUES"] == gates["VALUES"] == gates["W0"]
    assert plonk["SIGMA_VALUES"] == gates["W0"] + 4 * 32
    assert plonk["Z_NEXT"] == gates["N0"] - 32
    assert plonk["NEXT_WIRE_VALUES"] == gates["N0"]
    assert plonk["WEIGHTS"] == gates["WEIGHTS"] == gates["A0"] == gates["N3"] + 32
    assert plonk["P"] == gates["P"] == MODULUS
    for order in (10, 18, 28):
        assert plonk[f"ROOT_{order}"] == root_of_unity(2**order)
    assert plonk["Q"] == COORDINATE_MODULUS
    first, second = plonk["FIRST_KEY"], plonk["SECOND_KEY"]
    key_bytes = plonk["KEY_SCALARS"] + plonk["SCALARS_BYTES"]
    assert second == first + key_bytes
    assert gates["VALUES"] == second + key_bytes
    assert plonk["BASE"] == plonk["LEFT"] == plonk["RIGHT"] - 5 * 32 == first - 12 * 32


def test_the_maxima_of_generated_terms_hold() -> None:
    """Sums that are not reduced stay below 2^256, for the largest values that may come."""
    largest = MODULUS - 1
    for value in (0, 1, largest):
        for gate in Gate:
            for formula in constraints_of(gate):
                writer = solidity.YulWriter(frozenset())
                term = writer.term(solidity.reduced(formula))
                found = evaluated(term.text, value, writer.numbers)
                assert found <= term.maximum < solidity.WORD
                assert found % MODULUS == formula_value(formula, value)


def evaluated(text: str, value: int, numbers: dict[int, str]) -> int:
    """Compute a Yul expression without wrapping, every symbol being one value."""
    names: dict[str, Any] = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: below_nothing_is_wrong(a - b),
        "mul": lambda a, b: a * b,
        "mod": lambda a, m: a % m,
        "addmod": lambda a, b, m: (within_a_word(a) + within_a_word(b)) % m,
        "mulmod": lambda a, b, m: within_a_word(a) * within_a_word(b) % m,
        "mload": lambda _place: value,
        "P": MODULUS,
        **{name: number for number, name in numbers.items()},
        **{f"{kind}{i}": 0 for kind in "WNQ" for i in range(4)},
    }
    return within_a_word(eval(text, {"__builtins__": {}}, names))  # noqa: S307


def within_a_word(value: int) -> int:
    """Fail if a number does not fit a word."""
    assert 0 <= value < solidity.WORD
    return value


def below_nothing_is_wrong(value: int) -> int:
    """Fail if a difference is negative."""
    assert value >= 0
    return value


def formula_value(formula: Any, value: int) -> int:
    """Compute a formula in the field, every symbol being one value."""
    match formula:
        case Number(number):
            return number
        case Symbol():
            return value
        case Operation("**", base, Number(exponent)):
            return pow(formula_value(base, value), exponent, MODULUS)
        case Operation(operator, left, right):
            a, b = formula_value(left, value), formula_value(right, value)
            return {"+": a + b, "-": a - b, "*": a * b}[operator] % MODULUS
    raise AssertionError(formula)


# One proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is put before both verifiers."""

    proof: bytes
    """Bytes that may be a proof."""
    public: tuple[int, ...]
    """Public inputs."""


def on_chain(chain: Chain, contract: Contract, *arguments: Any) -> str | None:
    """Give the name of the error, None for acceptance."""
    try:
        assert chain.call(contract, "verify", *arguments) is True
    except RevertedError as error:
        return error.name or "no code"
    return None


def in_python(key: bytes, attempt: Attempt) -> str | None:
    """Give the code, None for acceptance."""
    try:
        verify(decode_key(key), attempt.public, decode_proof(attempt.proof), PAIRING)
    except SpecError as error:
        return str(error.code)
    return None


def deployed(chain: Chain, circuit: str) -> Contract:
    """Make the verifier of a small circuit."""
    return chain.deploy(artefact("KeyedPlonkVerifier"), encode_key(case(circuit).verification))


@cache
def valid(circuit: str) -> Attempt:
    """Give a valid proof."""
    made = case(circuit)
    return Attempt(proof=encode_proof(proof_of(circuit)), public=tuple(made.witness.public))


@pytest.fixture(scope="module")
def square(chain: Chain) -> Contract:
    """Make the verifier that most tests are about."""
    return deployed(chain, "square")


def assert_same(chain: Chain, contract: Contract, attempt: Attempt, *codes: ErrorCode) -> None:
    """Compare the verdicts, which are one of the codes."""
    found = on_chain(chain, contract, attempt.proof, list(attempt.public))
    assert found == in_python(encode_key(case("square").verification), attempt)
    assert found in codes


def with_word(data: bytes, place: int, value: int) -> bytes:
    """Replace 32 bytes."""
    return data[:place] + element_bytes(value) + data[place + 32 :]


def word_at(data: bytes, place: int) -> int:
    """Read 32 bytes."""
    return int.from_bytes(data[place : place + 32], "big")


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_a_proof_is_accepted(chain: Chain, circuit: str) -> None:
    """Every gate occurs in one of the circuits; for another circuit the proof shows nothing."""
    contract, attempt = deployed(chain, circuit), valid(circuit)
    key = case(circuit).verification
    assert on_chain(chain, contract, attempt.proof, list(attempt.public)) is None
    assert chain.call(contract, "keyDigest") == key.digest
    assert chain.call(contract, "isDevelopmentSetup") is True
    for other in CIRCUITS:
        foreign = Attempt(proof=valid(other).proof, public=attempt.public)
        expected = in_python(encode_key(key), foreign)
        assert on_chain(chain, contract, foreign.proof, list(foreign.public)) == expected
        assert (expected is None) == (other == circuit)


@pytest.mark.parametrize("length", [0, 1, 1087, 1089, 2176])
def test_a_proof_has_its_length(chain: Chain, square: Contract, length: int) -> None:
    """Bytes are neither missing nor left over."""
    data = (valid("square").proof * 2)[:length]
    attempt = Attempt(proof=data, public=valid("square").public)
    assert_same(chain, square, attempt, ErrorCode.PROOF_LENGTH)


@pytest.mark.parametrize("place", range(0, 1088, 32))
def test_a_word_of_the_proof_cannot_change(chain: Chain, square: Contract, place: int) -> None:
    """A bit of it, and the same number in another form."""
    good = valid("square")
    value = word_at(good.proof, place)
    bent = replace(good, proof=with_word(good.proof, place, value ^ 1 << place % 250))
    if place < POINTS_END:
        modulus, code = COORDINATE_MODULUS, ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
        assert_same(chain, square, bent, code, ErrorCode.PROOF_POINT_NOT_ON_CURVE)
    else:
        modulus, code = MODULUS, ErrorCode.PROOF_EVALUATION_NOT_CANONICAL
        assert_same(chain, square, bent, code, ErrorCode.PROOF_EQUATION)
    for same in (value + modulus, modulus):
        attempt = replace(good, proof=with_word(good.proof, place, same))
        assert_same(chain, square, attempt, code)


@pytest.mark.parametrize("index", range(9))
def test_a_point_cannot_be_exchanged(chain: Chain, square: Contract, index: int) -> None:
    """For infinity, the generator, its mirror image, its double, or a neighbour."""
    good = valid("square")
    points = decode_proof(good.proof).points
    point = points[index]
    others = (None, G1_GENERATOR, negate_g1(point), add_g1(point, point), points[index - 1])
    for other in others:
        data = good.proof[: 64 * index] + encode_g1(other) + good.proof[64 * index + 64 :]
        attempt = replace(good, proof=data)
        assert_same(chain, square, attempt, ErrorCode.PROOF_EQUATION)


@pytest.mark.parametrize("place", [0, 64, 256, 448, 512])
def test_infinity_is_two_zeros(chain: Chain, square: Contract, place: int) -> None:
    """One coordinate of 0 makes no point, whichever it is."""
    good = valid("square")
    for zero, other in ((place, place + 32), (place + 32, place)):
        data = with_word(with_word(good.proof, zero, 0), other, 1)
        code = ErrorCode.PROOF_POINT_NOT_ON_CURVE
        assert_same(chain, square, replace(good, proof=data), code)


def test_zeros_prove_nothing(chain: Chain, square: Contract) -> None:
    """Infinity and 0 are legal, together they are no proof."""
    good = valid("square")
    for data in (bytes(1088), bytes(576) + good.proof[576:], good.proof[:576] + bytes(512)):
        assert_same(chain, square, replace(good, proof=data), ErrorCode.PROOF_EQUATION)


@pytest.mark.parametrize(
    "public",
    [
        (),
        (9,),
        (9, 5, 0),
        (0, 9, 5),
        (5, 9),
        (9, 6),
        (0, 0),
        (9, 0),
        (9 + MODULUS, 5),
        (9, MODULUS),
        (2**256 - 1, 5),
    ],
)
def test_public_inputs_are_bound(chain: Chain, square: Contract, public: tuple[int, ...]) -> None:
    """Other values, another number of them, and values that are not canonical."""
    codes = (
        ErrorCode.PROOF_EQUATION,
        ErrorCode.PROOF_PUBLIC_COUNT,
        ErrorCode.PROOF_PUBLIC_NOT_CANONICAL,
    )
    assert_same(chain, square, replace(valid("square"), public=public), *codes)


def test_the_first_rule_that_is_broken_gives_the_code(chain: Chain, square: Contract) -> None:
    """Faults are put right one after the other, in the order of the checks."""
    good = valid("square")
    faults = [
        (0, COORDINATE_MODULUS, ErrorCode.PROOF_COORDINATE_NOT_CANONICAL),
        (32, 7, ErrorCode.PROOF_POINT_NOT_ON_CURVE),
        (544, 2**256 - 1, ErrorCode.PROOF_COORDINATE_NOT_CANONICAL),
        (576, MODULUS, ErrorCode.PROOF_EVALUATION_NOT_CANONICAL),
    ]
    bent = good.proof
    for place, value, _ in faults:
        bent = with_word(bent, place, value)
    public = (MODULUS, 5, 1)
    attempt = Attempt(proof=bent + b"\0", public=public)
    assert_same(chain, square, attempt, ErrorCode.PROOF_LENGTH)
    for place, _, code in faults:
        assert_same(chain, square, Attempt(proof=bent, public=public), code)
        bent = with_word(bent, place, word_at(good.proof, place))
    assert_same(chain, square, Attempt(proof=bent, public=public), ErrorCode.PROOF_PUBLIC_COUNT)
    attempt = Attempt(proof=bent, public=public[:2])
    assert_same(chain, square, attempt, ErrorCode.PROOF_PUBLIC_NOT_CANONICAL)


def test_too_little_gas_is_no_verdict(chain: Chain, square: Contract) -> None:
    """It rejects without a code, however little there is."""
    good = valid("square")
    for gas in range(60_000, 340_000, 40_000):
        with pytest.raises(RevertedError) as caught:
            chain.call(square, "verify", good.proof, list(good.public), gas=gas)
        assert not caught.value.name


# The equation


def pairing_input(
    chain: EmbeddedChain, contract: Contract, function: str, *arguments: Any
) -> bytes:
    """Give what the contract asks the pairing check, whatever the answer is."""
    data = chain.calldata(contract, function, *arguments)
    record = chain.computation(Message(sender=chain.accounts[0], to=contract.address, data=data))
    (asked,) = (
        bytes(child.msg.data) for child in record.children if child.msg.code_address[-1] == 8
    )
    return asked


def asked_by(equation: Equation | None) -> bytes:
    """Give what the reference asks it: e(left, [x]_2) e(-right, [1]_2) = 1."""
    assert equation is not None
    left, right = (
        multi_scalar_product([point for point, _ in side], [factor for _, factor in side])
        for side in (equation.left, equation.right)
    )
    return (
        encode_g1(left)
        + encode_g2(equation.x_g2)
        + encode_g1(negate_g1(right))
        + encode_g2(G2_GENERATOR)
    )


def any_proof(name: str) -> bytes:
    """Make a proof of nothing: points and values that have only the right form."""
    factors, values = case_elements(f"{name}-points", 9), case_elements(f"{name}-values", 16)
    points = [multiply_g1(G1_GENERATOR, factor) for factor in factors]
    return b"".join(map(encode_g1, points)) + b"".join(map(element_bytes, values))


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_the_equation_is_that_of_the_reference(chain: EmbeddedChain, circuit: str) -> None:
    """
    Both sums of points, for proofs that hold and proofs that do not.

    A proof that holds does so for every u, so a verdict says nothing about how u is drawn.
    """
    contract, good = deployed(chain, circuit), valid(circuit)
    key = case(circuit).verification
    public = tuple(case_elements("equation-public", key.public_count))
    attempts = (
        good,
        Attempt(proof=good.proof, public=public),
        *(Attempt(proof=any_proof(f"equation-{i}"), public=public) for i in range(3)),
        Attempt(proof=bytes(1088), public=public),
    )
    for attempt in attempts:
        prepared = prepare(key, attempt.public, decode_proof(attempt.proof))
        asked = pairing_input(chain, contract, "verify", attempt.proof, list(attempt.public))
        assert asked == asked_by(prepared.equation)


@pytest.mark.parametrize("log_size", range(4, 28))
def test_every_size_of_circuit(chain: EmbeddedChain, log_size: int) -> None:
    """The equation has the right roots of unity, for a key with any permitted number of rows."""
    key = replace(case("square").verification, log_size=log_size)
    contract = chain.deploy(artefact("KeyedPlonkVerifier"), encode_key(key))
    good = valid("square")
    prepared = prepare(key, good.public, decode_proof(good.proof))
    asked = pairing_input(chain, contract, "verify", good.proof, list(good.public))
    assert asked == asked_by(prepared.equation)


def test_a_sum_may_be_infinity(chain: EmbeddedChain) -> None:
    """The mirror image of infinity is infinity, which has no coordinate q."""
    made = case("square").verification
    nothing = tuple(None for _ in made.points)
    key = replace(made, selectors=nothing[:7], constants=nothing[:4], sigmas=nothing[:4])
    empty = decode_proof(bytes(1088))
    public = (9, 5)
    prepared = prepare(key, public, empty)
    assert prepared.equation is not None
    # Only multiples of the generator are left, and what is opened at zeta omega is 0.
    factor = sum(factor for point, factor in prepared.equation.right if point is not None)
    zeta = challenges(key.digest, public, empty).zeta
    balance = -factor * pow(zeta, -1, MODULUS) % MODULUS
    proof = replace(empty, w_zeta=multiply_g1(G1_GENERATOR, balance))
    contract = chain.deploy(artefact("KeyedPlonkVerifier"), encode_key(key))
    data = encode_proof(proof)
    asked = pairing_input(chain, contract, "verify", data, list(public))
    assert asked[192:256] == bytes(64)
    attempt = Attempt(proof=data, public=public)
    assert in_python(encode_key(key), attempt) == ErrorCode.PROOF_EQUATION
    assert on_chain(chain, contract, data, list(public)) == ErrorCode.PROOF_EQUATION


# Keys


def half_on_the_curve() -> Iterator[tuple[str, bytes]]:
    """Give points of which one part of the curve's equation holds: the real one, the other one."""
    q = COORDINATE_MODULUS
    x, (real, imaginary) = G2_GENERATOR
    square_real = (real * real - imaginary * imaginary) % q
    half = real * imaginary
    for i in range(1, 100):
        # q is 3 modulo 4, so this is a root of what has one.
        root = pow(square_real + i * i, (q + 1) // 4, q)
        if root * root % q == (square_real + i * i) % q:
            yield "real part of the setup's equation", encode_g2((x, (root, i)))
            break
    yield "other part of the setup's equation", encode_g2((x, (2, half * pow(2, -1, q) % q)))


def bent_keys() -> list[tuple[str, bytes]]:
    """List keys that are malformed, each in one way."""
    key = encode_key(case("square").verification)
    outside_curve = with_word(key, 1184, word_at(key, 1184) ^ 1)
    return [
        ("shorter", key[:-1]),
        ("longer", key + b"\0"),
        ("tag", with_word(key, 0, word_at(key, 0) + 1)),
        ("too few rows", with_word(key, 64, 3)),
        ("too many rows", with_word(key, 64, 28)),
        ("far too many rows", with_word(key, 64, 2**255)),
        ("too many public inputs", with_word(key, 96, 17)),
        ("first coordinate", with_word(key, 128, COORDINATE_MODULUS)),
        ("last coordinate", with_word(key, 1056, 2**256 - 1)),
        ("off the curve", with_word(key, 160, word_at(key, 160) ^ 1)),
        *(
            (f"coordinate {i} of the setup", with_word(key, 1088 + 32 * i, COORDINATE_MODULUS))
            for i in range(4)
        ),
        *((name, key[:-128] + point) for name, point in half_on_the_curve()),
        ("setup off the curve", outside_curve),
        ("setup outside the subgroup", key[:-128] + encode_g2(OUTSIDE_G2)),
        ("infinite setup", key[:-128] + bytes(128)),
    ]


@pytest.mark.parametrize(("name", "key"), bent_keys(), ids=[name for name, _ in bent_keys()])
def test_malformed_keys_make_no_contract(chain: Chain, name: str, key: bytes) -> None:
    """The constructor rejects what `decode_key` rejects, for the same reason."""
    with pytest.raises(SpecError) as expected:
        decode_key(key)
    with pytest.raises(RevertedError) as caught:
        chain.deploy(artefact("KeyedPlonkVerifier"), key)
    assert caught.value.name == expected.value.code, name


def test_a_key_may_have_as_many_public_inputs_as_rows(chain: Chain) -> None:
    """Both readers take it."""
    key = with_word(encode_key(case("square").verification), 96, 16)
    assert decode_key(key).public_count == decode_key(key).size == 16
    contract = chain.deploy(artefact("KeyedPlonkVerifier"), key)
    assert chain.call(contract, "keyDigest") == decode_key(key).digest


# Blocks


CLAIM: Final = (77, 78, 79, 1)
"""The claim of toy blocks."""


@cache
def toy_block() -> Circuit:
    """Know a product of the claim's first word and the words of both places."""
    builder = Builder("toy-block")
    claimed, _, _, _, *words = (builder.public(f"public[{i}]") for i in range(8))
    total = claimed
    for i, word in enumerate(words):
        total = builder.arithmetic(f"product[{i}]", (1, 0, 1, i), total, word, claimed)
    for i in range(4):
        total = builder.arithmetic(f"more[{i}]", (1, 0, 0, i), total, total)
    return builder.build()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is put before the verifier of blocks."""

    claim: tuple[int, ...]
    """Public inputs of the block's proof before the words."""
    words: tuple[int, ...]
    """The public inputs of all places."""
    client_proofs: tuple[bytes, ...]
    """A proof, or nothing, for each place."""
    block_proof: bytes
    """The proof of the block."""

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What the contract takes."""
        return list(self.claim), list(self.words), list(self.client_proofs), self.block_proof


@cache
def block_key() -> bytes:
    """Give the key of the toy block."""
    inputs = {f"public[{i}]": i for i in range(8)}
    return encode_key(case_of(toy_block(), inputs).verification)


@cache
def valid_block(roots: tuple[int, ...]) -> Block:
    """Make a block whose clients know roots; 0 is padding."""
    words: list[int] = []
    proofs: list[bytes] = []
    square = case("square")
    circuit, _ = CIRCUITS["square"]()
    for root in roots:
        if root == 0:
            words += (0, 0)
            proofs.append(b"")
            continue
        inputs = {"x": root * root, "y": root, "p": root, "spare": 1}
        witness = circuit.fill(inputs)
        made = prove(square.proving, witness.wires, witness.public, BLINDING, PLAIN)
        words += witness.public
        proofs.append(encode_proof(made))
    whole = case_of(toy_block(), {f"public[{i}]": v for i, v in enumerate((*CLAIM, *words))})
    made = prove(whole.proving, whole.witness.wires, whole.witness.public, BLINDING, PLAIN)
    return Block(
        claim=CLAIM,
        words=tuple(words),
        client_proofs=tuple(proofs),
        block_proof=encode_proof(made),
    )


def block_in_python(client_key: bytes, key: bytes, block: Block) -> str | None:
    """Judge a block as the contract's documentation says, with the batch verifier."""
    try:
        verify_batch(claims_of(client_key, key, block), PAIRING)
    except SpecError as error:
        return str(error.code)
    return None


def claims_of(client_key: bytes, key: bytes, block: Block) -> list[Claim]:
    """Name what is verified: a proof for each place that is not padding, then the block's."""
    client, whole = decode_key(client_key), decode_key(key)
    width = client.public_count
    proofs = [decode_proof(data) if data else None for data in block.client_proofs]
    block_proof = decode_proof(block.block_proof)
    fits = len(block.claim) == len(CLAIM) and len(block.words) == len(proofs) * width
    require(fits, ErrorCode.PROOF_PUBLIC_COUNT)
    claims = []
    for i, proof in enumerate(proofs):
        own = block.words[i * width : (i + 1) * width]
        if proof is not None:
            claims.append(Claim(key=client, public=own, proof=proof))
        else:
            require(not any(own), ErrorCode.PROOF_LENGTH)
    public = (*block.claim, *block.words)
    claims.append(Claim(key=whole, public=public, proof=block_proof))
    return claims


@pytest.fixture(scope="module")
def blocks(chain: Chain) -> Contract:
    """Make the verifier of toy blocks."""
    client = encode_key(case("square").verification)
    return chain.deploy(artefact("KeyedBlockVerifier"), client, block_key())


def assert_same_block(chain: Chain, contract: Contract, block: Block) -> str | None:
    """Compare the verdicts."""
    found = on_chain(chain, contract, *block.arguments)
    client = encode_key(case("square").verification)
    assert found == block_in_python(client, block_key(), block)
    return found


@pytest.mark.parametrize("roots", [(3, 4), (3, 3), (5, 0), (0, 5), (0, 0)])
def test_a_block_is_accepted(chain: Chain, blocks: Contract, roots: tuple[int, ...]) -> None:
    """With two proofs of clients, equal ones, one, or none."""
    assert assert_same_block(chain, blocks, valid_block(roots)) is None


def test_a_block_verifier_tells_its_keys(chain: Chain, blocks: Contract) -> None:
    """By their hashes, and whether the setup is insecure."""
    digests = (case("square").verification.digest, decode_key(block_key()).digest)
    assert chain.call(blocks, "keyDigests") == digests
    assert chain.call(blocks, "isDevelopmentSetup") is True


def swapped(values: Sequence[Any], index: int, value: Any) -> tuple[Any, ...]:
    """Put another value into a sequence."""
    return (*values[:index], value, *values[index + 1 :])


def bent_blocks() -> Iterator[tuple[str, Block]]:
    """List blocks that are to be rejected."""
    good, padded = valid_block((3, 4)), valid_block((5, 0))
    proofs = good.client_proofs
    off_curve = with_word(proofs[0], 32, 7)
    yield "claim", replace(good, claim=(78, *CLAIM[1:]))
    yield "claim not canonical", replace(good, claim=(77 + MODULUS, *CLAIM[1:]))
    yield "no claim", replace(good, claim=())
    yield "longer claim", replace(good, claim=(*CLAIM, 0))
    for moved in (2, 4):
        yield (
            f"{moved} words of places in the claim",
            replace(
                good,
                claim=(*CLAIM, *good.words[:moved]),
                words=good.words[moved:],
                client_proofs=proofs[moved // 2 :],
            ),
        )
    yield "places exchanged", replace(good, client_proofs=proofs[::-1])
    yield "words exchanged", replace(good, words=(16, 4, 9, 3))
    yield (
        "proofs exchanged with words",
        replace(good, words=(16, 4, 9, 3), client_proofs=proofs[::-1]),
    )
    yield "proof of a client for the block", replace(good, block_proof=proofs[0])
    yield (
        "proof of the block for a client",
        replace(good, client_proofs=swapped(proofs, 0, good.block_proof)),
    )
    yield "one place less", replace(good, words=good.words[:2], client_proofs=proofs[:1])
    yield "one place more", replace(good, words=(*good.words, 0, 0), client_proofs=(*proofs, b""))
    yield "fewer words", replace(good, words=good.words[:3])
    yield "fewer proofs", replace(good, client_proofs=proofs[:1])
    yield "no block proof", replace(good, block_proof=b"")
    yield "words without a proof", replace(good, client_proofs=swapped(proofs, 1, b""))
    yield "first word without a proof", replace(padded, words=(*padded.words[:2], 7, 0))
    yield "last word without a proof", replace(padded, words=(*padded.words[:2], 0, 7))
    yield (
        "a proof without words",
        replace(padded, client_proofs=(padded.client_proofs[0], proofs[1])),
    )
    yield "short proof", replace(good, client_proofs=swapped(proofs, 1, proofs[1][:-1]))
    yield "point of a client's proof", replace(good, client_proofs=(off_curve, proofs[1]))
    yield "two faults", replace(good, client_proofs=(off_curve, proofs[1][:-1]), claim=())
    for i in range(4):
        yield f"word {i}", replace(good, words=swapped(good.words, i, good.words[i] + 1))
        yield (
            f"word {i} not canonical",
            replace(good, words=swapped(good.words, i, good.words[i] + MODULUS)),
        )
    for place in (576, 640, 1056):
        for i in range(2):
            bent = with_word(proofs[i], place, word_at(proofs[i], place) ^ 1)
            yield (
                f"value {place} of client {i}",
                replace(good, client_proofs=swapped(proofs, i, bent)),
            )
        bent = with_word(good.block_proof, place, word_at(good.block_proof, place) ^ 1)
        yield f"value {place} of the block", replace(good, block_proof=bent)


def test_bent_blocks_are_rejected(chain: Chain, blocks: Contract) -> None:
    """With the code that the batch verifier gives."""
    for name, block in bent_blocks():
        found = assert_same_block(chain, blocks, block)
        if name == "proofs exchanged with words":
            # Both clients' proofs are valid; the block's proof is about another order.
            assert found == ErrorCode.PROOF_EQUATION
        assert found is not None, name


def test_two_false_proofs_do_not_make_up_for_each_other(chain: Chain, blocks: Contract) -> None:
    """Errors that cancel in a plain sum of equations do not with powers of the challenge."""
    good = valid_block((3, 3))
    first, second = map(decode_proof, good.client_proofs)
    shift = G1_GENERATOR
    forged = (
        encode_proof(replace(first, w_zeta=add_g1(first.w_zeta, shift))),
        encode_proof(replace(second, w_zeta=add_g1(second.w_zeta, negate_g1(shift)))),
    )
    found = assert_same_block(chain, blocks, replace(good, client_proofs=forged))
    assert found == ErrorCode.PROOF_EQUATION


def test_the_equation_of_a_block_is_that_of_the_reference(
    chain: EmbeddedChain, blocks: Contract
) -> None:
    """Proofs that hold do so for every rho, so verdicts say nothing about how it is drawn."""
    words = tuple(case_elements("block-words", 4))
    anything = Block(
        claim=(5, 6, 7, 8),
        words=words,
        client_proofs=(any_proof("first"), any_proof("second")),
        block_proof=any_proof("block"),
    )
    padding_first = replace(
        anything, words=(0, 0, *words[2:]), client_proofs=(b"", any_proof("second"))
    )
    client = encode_key(case("square").verification)
    for block in (valid_block((3, 4)), anything, padding_first, valid_block((0, 0))):
        claims = claims_of(client, block_key(), block)
        prepared = [prepare(claim.key, claim.public, claim.proof) for claim in claims]
        asked = pairing_input(chain, blocks, "verify", *block.arguments)
        assert asked == asked_by(combine(prepared))


def other_setups() -> dict[str, G2Point]:
    """Give points that differ from the setup's [x]_2 in all coordinates, or in x or y alone."""
    made = case("square").verification.x_g2
    assert made is not None
    (x_real, x_imaginary), y = made
    # A cube root of 1: x and root x have the same cube.
    root = pow(3, (COORDINATE_MODULUS - 1) // 3, COORDINATE_MODULUS)
    assert root != 1
    turned = (root * x_real % COORDINATE_MODULUS, root * x_imaginary % COORDINATE_MODULUS)
    return {"other": G2_GENERATOR, "other y": negate_g2(made), "other x": (turned, y)}


@pytest.mark.parametrize("name", ["other", "other y", "other x"])
def test_keys_of_different_setups_make_no_verifier(chain: Chain, name: str) -> None:
    """One pairing check has one [x]_2."""
    client = encode_key(case("square").verification)
    other = block_key()[:-128] + encode_g2(other_setups()[name])
    decode_key(other)
    with pytest.raises(RevertedError) as caught:
        chain.deploy(artefact("KeyedBlockVerifier"), client, other)
    assert caught.value.name == ErrorCode.PROOF_SETUPS_DIFFER


@pytest.mark.parametrize("place", [0, 1])
def test_a_block_verifier_checks_both_keys(chain: Chain, place: int) -> None:
    """Either may be malformed; the setup is looked at in each."""
    keys = [encode_key(case("square").verification), block_key()]
    bent = {
        ErrorCode.PROOF_KEY_LENGTH: keys[place][:-1],
        ErrorCode.PROOF_POINT_NOT_IN_SUBGROUP: keys[place][:-128] + encode_g2(OUTSIDE_G2),
    }
    for code, key in bent.items():
        with pytest.raises(RevertedError) as caught:
            chain.deploy(artefact("KeyedBlockVerifier"), *swapped(keys, place, key))
        assert caught.value.name == code


def test_another_setup_is_not_the_insecure_one(chain: Chain) -> None:
    """Contracts tell the setup of their keys."""
    keys = [key[:-128] + encode_g2(G2_GENERATOR) for key in (block_key(), block_key())]
    for contract in (
        chain.deploy(artefact("KeyedPlonkVerifier"), keys[0]),
        chain.deploy(artefact("KeyedBlockVerifier"), *keys),
    ):
        assert chain.call(contract, "isDevelopmentSetup") is False


# The real circuits


def bytes_of(text: str) -> bytes:
    """Read hexadecimal digits."""
    return bytes.fromhex(text.removeprefix("0x"))


def recorded_proofs() -> list[Attempt]:
    """Give the proofs of clients on the ceremony's setup, the one without a public 0 last."""
    return [
        Attempt(proof=bytes_of(each["proof"]), public=tuple(map(int, each["public"])))
        for each in ANSWERS["utxo"]["proofs"]
    ]


def recorded_blocks() -> list[Block]:
    """Give blocks of mainnet's size, the one without a public 0 last."""
    return [
        Block(
            claim=tuple(map(int, each["claim"])),
            words=tuple(map(int, each["words"])),
            client_proofs=tuple(map(bytes_of, each["client_proofs"])),
            block_proof=bytes_of(each["block_proof"]),
        )
        for each in ANSWERS["block"]["blocks"]
    ]


@pytest.fixture(scope="module", params=CHAINS)
def any_chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """Start each kind of chain."""
    try:
        opened = open_chain(request.param, checkout=ROOT)
    except UnavailableError as reason:
        pytest.skip(str(reason))
    with opened as chain:
        yield chain


def test_clients_proofs_on_the_ceremonys_setup(any_chain: Chain) -> None:
    """Verified by the committed contract, within the gas that is promised, and by Python."""
    key = bytes_of(ANSWERS["utxo"]["key"])
    contract = any_chain.deploy(artefact("UtxoVerifier"))
    proofs = recorded_proofs()
    for attempt in proofs:
        public = attempt.public
        receipt = any_chain.transact(contract, "verify", attempt.proof, list(public))
        assert receipt.gas_used < CLIENT_GAS
        assert in_python(key, attempt) is None
        for i in range(len(public)):
            bent = swapped(public, i, public[i] + 1)
            found = on_chain(any_chain, contract, attempt.proof, list(bent))
            assert found == ErrorCode.PROOF_EQUATION
    assert all(proofs[-1].public), "an input of 0 would cost less"
    assert sum(map(bool, proofs[0].public)) == 1
    assert any_chain.call(contract, "isDevelopmentSetup") is False
    assert any_chain.call(contract, "keyDigest") == decode_key(key).digest


def test_blocks_of_mainnets_size(any_chain: Chain) -> None:
    """Six places and the block's proof, within the gas that is promised, and in Python."""
    answer = ANSWERS["block"]
    client_key, key = bytes_of(answer["client_key"]), bytes_of(answer["block_key"])
    contract = any_chain.deploy(artefact("KeyedBlockVerifier"), client_key, key)
    blocks = recorded_blocks()
    for block in blocks:
        receipt = any_chain.transact(contract, "verify", *block.arguments)
        assert receipt.gas_used < BLOCK_GAS
        assert len(block.client_proofs) == 6
        assert block_in_python(client_key, key, block) is None
        bent = replace(block, claim=swapped(block.claim, 1, block.claim[1] + 1))
        assert on_chain(any_chain, contract, *bent.arguments) == ErrorCode.PROOF_EQUATION
    assert all(blocks[-1].client_proofs)
    assert all(blocks[-1].words)
    block = blocks[-1]
    bent = replace(block, words=swapped(block.words, 50, block.words[50] + 1))
    assert on_chain(any_chain, contract, *bent.arguments) == ErrorCode.PROOF_EQUATION


def test_code_fits_a_contract() -> None:
    """EIP-170 allows 24,576 bytes."""
    for name in ("KeyedPlonkVerifier", "KeyedBlockVerifier", "UtxoVerifier"):
        assert len(artefact(name).runtime_code) // 2 <= 24_576


def test_errors_are_named_like_codes() -> None:
    """Every error of the contracts is a code of the reference."""
    for name in ("KeyedPlonkVerifier", "KeyedBlockVerifier", "UtxoVerifier"):
        errors = {entry["name"] for entry in artefact(name).abi if entry["type"] == "error"}
        assert "PROOF_EQUATION" in errors
        assert errors <= {str(code) for code in ErrorCode}
