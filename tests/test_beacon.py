"""Beacons of drand: real rounds, both forms of the arithmetic, and encodings that are refused."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.fields import optimized_bls12_381_FQ as FQ
from py_ecc.fields import optimized_bls12_381_FQ2 as FQ2

from payy_ref.errors import ErrorCode, SpecError
from payy_ref.operations import find_operation
from payy_ref.parameters import Preset, load_preset
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    encode_g1,
    fast_pairing_check,
    is_on_g1,
    pairings_cancel,
)
from payy_ref.provers import beacon as module
from payy_ref.provers import hash_to_curve, readable
from payy_ref.provers.beacon import (
    CHAINS,
    DEFAULT,
    EVMNET,
    MAXIMUM_ROUND,
    QUICKNET,
    READABLE_FORMS,
    Beacon,
    BeaconChain,
    Forms,
    Scheme,
    beacon_is_valid,
    chain_hash_of,
    check_beacon,
    fast_forms,
    find_chain,
    message_of,
    randomness_of,
    round_at,
    time_of,
)
from payy_ref.provers.hash_to_curve import (
    KECCAK256,
    SHA256,
    expand_message,
    hash_to_field,
    hash_to_g1,
    map_to_g1,
)
from payy_ref.provers.signature import (
    BLS12_381_BYTES,
    BLS12_381_MODULUS,
    COMPRESSED_FLAG,
    INFINITY_FLAG,
    LARGER_FLAG,
    SignatureForm,
    decoded_signature,
)
from payy_ref.testing.beacons import multiplied, own_chain, signed
from tests.test_curve import OUTSIDE_G2

KNOWN: Final = Path(__file__).parent / "known_answers" / "drand.json"

HASHES: Final = {"sha256": SHA256, "keccak256": KECCAK256}


def known(kind: str) -> list[dict[str, Any]]:
    """Read the known answers of a kind; each names its source."""
    answers: list[dict[str, Any]] = json.loads(KNOWN.read_text("utf-8"))["answers"]
    assert all(answer["source"] for answer in answers)
    found = [answer for answer in answers if answer["kind"] == kind]
    assert found
    return found


def what(answer: dict[str, Any]) -> str:
    """Name an answer."""
    return str(answer["what"])


def known_chain(name: str) -> BeaconChain:
    """Give a chain as it was published; fastnet signed as the first chain did, but in G1."""
    (answer,) = (answer for answer in known("chain") if answer["what"] == name)
    scheme = answer["scheme"]
    return BeaconChain(
        name=name,
        scheme=Scheme.UNCHAINED if scheme == "bls-unchained-on-g1" else Scheme(scheme),
        domain=answer["domain"].encode(),
        public_key=bytes.fromhex(answer["public_key"]),
        period=answer["period"],
        genesis_time=answer["genesis_time"],
        group_hash=bytes.fromhex(answer["group_hash"]),
        chain_hash=bytes.fromhex(answer["chain_hash"]),
    )


def known_beacon(answer: dict[str, Any]) -> tuple[BeaconChain, Beacon]:
    """Give a published beacon and the chain that it is of."""
    chain = known_chain(answer["chain"])
    if "public_key" in answer:
        chain = replace(chain, public_key=bytes.fromhex(answer["public_key"]))
    previous = answer.get("previous_signature")
    beacon = Beacon(
        round=answer["round"],
        signature=bytes.fromhex(answer["signature"]),
        previous_signature=None if previous is None else bytes.fromhex(previous),
    )
    return chain, beacon


REAL: Final = tuple(map(known_beacon, known("beacon")))
"""All published beacons."""

NAMES: Final = tuple(map(what, known("beacon")))


def real(name: str) -> tuple[BeaconChain, Beacon]:
    """Give a published beacon by its name."""
    return REAL[NAMES.index(name)]


OF_EACH_CHAIN: Final = (real("evmnet 1"), real("quicknet 123"), real("default 72785"))
"""One beacon of each chain."""


@pytest.fixture(params=["readable", "fast"])
def forms(request: pytest.FixtureRequest) -> Forms:
    """Give each form of the arithmetic."""
    return READABLE_FORMS if request.param == "readable" else fast_forms()


def code_of(function: Callable[..., object], *arguments: Any, **named: Any) -> ErrorCode:
    """Do what is rejected."""
    with pytest.raises(SpecError) as caught:
        function(*arguments, **named)
    return caught.value.code


# Chains


def test_three_chains_are_known() -> None:
    """Each with the parameters that were published; the first is the one that is used."""
    assert list(CHAINS) == ["evmnet", "quicknet", "default"]
    for name, chain in CHAINS.items():
        assert chain == known_chain(name)
        assert find_chain(name) is chain
    for name in ("fastnet", "", "Evmnet"):
        assert code_of(find_chain, name) == ErrorCode.RANDOMNESS_CHAIN_UNKNOWN


def hashed(chain: BeaconChain, **changed: Any) -> bytes:
    """Compute the hash of a chain's parameters, some of them changed."""
    names = ("name", "public_key", "period", "genesis_time", "group_hash")
    return chain_hash_of(**{**{name: getattr(chain, name) for name in names}, **changed})


@pytest.mark.parametrize("name", [what(answer) for answer in known("chain")])
def test_the_chain_hash_is_that_of_the_parameters(name: str) -> None:
    """The published hash comes back, and no other parameter gives it."""
    chain = known_chain(name)
    assert hashed(chain) == chain.chain_hash
    spoilt = bytes([chain.public_key[0] ^ 1]) + chain.public_key[1:]
    others = {
        hashed(chain, name="other"),
        hashed(chain, public_key=spoilt),
        hashed(chain, period=chain.period + 1),
        hashed(chain, genesis_time=chain.genesis_time + 1),
        hashed(chain, group_hash=bytes(32)),
    }
    assert len(others | {chain.chain_hash}) == 6


@pytest.mark.parametrize(
    ("changed", "is_in_range"),
    [
        ({"period": 0}, False),
        ({"period": 1}, True),
        ({"period": 2**32 - 1}, True),
        ({"period": 2**32}, False),
        ({"genesis_time": 0}, True),
        ({"genesis_time": 2**63 - 1}, True),
        ({"genesis_time": 2**63}, False),
    ],
)
def test_parameters_have_their_widths(changed: dict[str, int], is_in_range: bool) -> None:
    """What does not fit is refused, not cut."""
    if is_in_range:
        assert len(hashed(EVMNET, **changed)) == 32
    else:
        code = code_of(hashed, EVMNET, **changed)
        assert code == ErrorCode.RANDOMNESS_PARAMETER_OUT_OF_RANGE


# Rounds and times


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_first_rounds(chain: BeaconChain) -> None:
    """Round 1 is at the genesis time, and is the first at or after any time before."""
    start, period = chain.genesis_time, chain.period
    assert [time_of(chain, number) for number in (1, 2, 3)] == [
        start,
        start + period,
        start + 2 * period,
    ]
    assert [round_at(chain, time) for time in (0, start - 1, start)] == [1, 1, 1]
    assert round_at(chain, start + 1) == round_at(chain, start + period) == 2
    assert round_at(chain, start + period + 1) == 3


@given(st.sampled_from(list(CHAINS.values())), st.integers(1, MAXIMUM_ROUND))
def test_rounds_survive_being_timed(chain: BeaconChain, number: int) -> None:
    """The first round at a round's time is that round, and one second later the next."""
    assert round_at(chain, time_of(chain, number)) == number
    if number < MAXIMUM_ROUND:
        assert round_at(chain, time_of(chain, number) + 1) == number + 1


@given(st.sampled_from(list(CHAINS.values())), st.integers(0, 2**65))
def test_the_round_of_a_time_is_the_first(chain: BeaconChain, time: int) -> None:
    """It is not before the time, and the round before it is."""
    number = round_at(chain, time)
    assert time_of(chain, number) >= time
    assert number == 1 or time_of(chain, number - 1) < time


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_rounds_have_64_bits(chain: BeaconChain) -> None:
    """Round 0 and 2^64 are none; no time is so late that the number begins anew."""
    for number in (0, -1, MAXIMUM_ROUND + 1, MAXIMUM_ROUND + 2):
        assert code_of(time_of, chain, number) == ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE
    last = time_of(chain, MAXIMUM_ROUND)
    assert last == chain.genesis_time + (2**64 - 2) * chain.period
    assert round_at(chain, last) == MAXIMUM_ROUND
    assert code_of(round_at, chain, last + 1) == ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE


@pytest.mark.parametrize(("chain", "beacon"), OF_EACH_CHAIN, ids=CHAINS)
def test_a_round_plus_2_to_the_64_is_no_round(chain: BeaconChain, beacon: Beacon) -> None:
    """Its low 8 bytes would be those of the real one, and the signature would fit."""
    for number in (beacon.round + 2**64, 0):
        code = code_of(beacon_is_valid, chain, replace(beacon, round=number))
        assert code == ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE


# Messages


def test_messages() -> None:
    """The hash of 8 bytes, big-endian, after the signature before if there is one."""
    round_1 = Beacon(round=1, signature=b"")
    one = (1).to_bytes(8, "big")
    assert message_of(QUICKNET, round_1) == hashlib.sha256(one).digest()
    keccak_of_one = "6c31fc15422ebad28aaf9089c306702f67540b53c7eea8b7d2941044b027100f"
    assert message_of(EVMNET, round_1).hex() == keccak_of_one
    first = replace(round_1, previous_signature=DEFAULT.group_hash)
    assert message_of(DEFAULT, first) == hashlib.sha256(DEFAULT.group_hash + one).digest()
    latest = Beacon(round=MAXIMUM_ROUND, signature=b"", previous_signature=bytes(96))
    assert message_of(DEFAULT, latest) == hashlib.sha256(bytes(96) + b"\xff" * 8).digest()


@pytest.mark.parametrize("chain", [EVMNET, QUICKNET], ids=["evmnet", "quicknet"])
@pytest.mark.parametrize("previous", [b"", bytes(32), bytes(96)])
def test_an_unchained_beacon_has_none_before(chain: BeaconChain, previous: bytes) -> None:
    """What is not signed is not taken either, not even if it is empty."""
    beacon = Beacon(round=1, signature=b"", previous_signature=previous)
    code = code_of(beacon_is_valid, chain, beacon)
    assert code == ErrorCode.RANDOMNESS_PREVIOUS_UNEXPECTED


@pytest.mark.parametrize(
    ("number", "length", "code"),
    [
        (1, None, ErrorCode.RANDOMNESS_PREVIOUS_MISSING),
        (2, None, ErrorCode.RANDOMNESS_PREVIOUS_MISSING),
        (1, 0, ErrorCode.RANDOMNESS_PREVIOUS_LENGTH),
        (1, 31, ErrorCode.RANDOMNESS_PREVIOUS_LENGTH),
        (1, 96, ErrorCode.RANDOMNESS_PREVIOUS_LENGTH),
        (2, 32, ErrorCode.RANDOMNESS_PREVIOUS_LENGTH),
        (2, 95, ErrorCode.RANDOMNESS_PREVIOUS_LENGTH),
        (2, 97, ErrorCode.RANDOMNESS_PREVIOUS_LENGTH),
    ],
)
def test_a_chained_beacon_has_one_before(number: int, length: int | None, code: ErrorCode) -> None:
    """The seed before round 1, a signature before the others."""
    previous = None if length is None else bytes(length)
    beacon = Beacon(round=number, signature=b"", previous_signature=previous)
    assert code_of(beacon_is_valid, DEFAULT, beacon) == code


# Real beacons


@pytest.mark.parametrize(("chain", "beacon"), REAL, ids=NAMES)
def test_a_real_beacon_is_valid(chain: BeaconChain, beacon: Beacon, forms: Forms) -> None:
    """In both forms; its randomness is the hash of what was published."""
    expected = hashlib.sha256(beacon.signature).digest()
    assert check_beacon(chain, beacon, forms=forms) == expected == randomness_of(beacon.signature)


@pytest.mark.parametrize(
    "answer", [answer for answer in known("beacon") if "randomness" in answer], ids=what
)
def test_published_randomness(answer: dict[str, Any]) -> None:
    """The randomness is what others published for the round."""
    chain, beacon = known_beacon(answer)
    assert check_beacon(chain, beacon).hex() == answer["randomness"]


@pytest.mark.parametrize("step", [-1, 1])
@pytest.mark.parametrize(("chain", "beacon"), REAL, ids=NAMES)
def test_a_real_beacon_is_not_its_neighbours(chain: BeaconChain, beacon: Beacon, step: int) -> None:
    """The round before and the round after have another signature."""
    neighbour = replace(beacon, round=beacon.round + step)
    if neighbour.round == 0:
        code = code_of(beacon_is_valid, chain, neighbour)
        assert code == ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE
        return
    if chain.scheme == Scheme.CHAINED and beacon.round == 1:
        # The seed stands only before round 1.
        code = code_of(beacon_is_valid, chain, neighbour)
        assert code == ErrorCode.RANDOMNESS_PREVIOUS_LENGTH
        neighbour = replace(neighbour, previous_signature=beacon.signature)
    assert not beacon_is_valid(chain, neighbour)
    assert code_of(check_beacon, chain, neighbour) == ErrorCode.RANDOMNESS_SIGNATURE_INVALID


@pytest.mark.parametrize(("chain", "beacon"), OF_EACH_CHAIN, ids=CHAINS)
def test_the_readable_form_refuses_a_neighbour(chain: BeaconChain, beacon: Beacon) -> None:
    """As the fast form does."""
    neighbour = replace(beacon, round=beacon.round + 1)
    assert not beacon_is_valid(chain, neighbour, forms=READABLE_FORMS)


def test_a_chained_beacon_binds_the_one_before(forms: Forms) -> None:
    """Another signature before it makes another message."""
    chain, beacon = real("default 72785")
    assert beacon.previous_signature is not None
    other = beacon.previous_signature[:-1] + bytes([beacon.previous_signature[-1] ^ 1])
    assert not beacon_is_valid(chain, replace(beacon, previous_signature=other), forms=forms)


def test_beacons_of_one_curve_are_not_exchanged() -> None:
    """The key of another chain, and the signature of another round."""
    chain, beacon = real("evmnet 1")
    other_chain, other = real("evmnet 16, a development group")
    assert not beacon_is_valid(other_chain, beacon)
    assert not beacon_is_valid(chain, other)


def test_a_domain_of_the_other_group() -> None:
    """Fastnet signed in G1 under the domain of G2; under its own domain nothing verifies."""
    for name in ("fastnet 1", "fastnet 3, a development group", "fastnet 4, a development group"):
        chain, beacon = real(name)
        assert chain.domain == DEFAULT.domain
        assert beacon_is_valid(chain, beacon)
        assert not beacon_is_valid(replace(chain, domain=QUICKNET.domain), beacon)
    chain, beacon = real("quicknet 123")
    assert not beacon_is_valid(replace(chain, domain=DEFAULT.domain), beacon)


def test_the_name_of_the_map_is_part_of_the_domain() -> None:
    """A library's own domain for BN254 names another map than the one that it uses."""
    chain, beacon = real("evmnet 1")
    domain = chain.domain.replace(b"SVDW", b"SSWU")
    assert domain != chain.domain
    assert not beacon_is_valid(replace(chain, domain=domain), beacon)


# What a signature may be


def number_at(place: int, value: int, data: bytes, width: int) -> bytes:
    """Replace a number of an encoding."""
    return data[: place * width] + value.to_bytes(width, "big") + data[(place + 1) * width :]


def compressed(x: int, *others: int, flags: int = COMPRESSED_FLAG) -> bytes:
    """Encode an x of BLS12-381, whatever belongs to it."""
    return b"".join(part.to_bytes(BLS12_381_BYTES, "big") for part in (x | flags, *others))


def small_x(form: SignatureForm, *, has_point: bool) -> Iterator[bytes]:
    """Encode small values of x that belong to a point, or that do not; none is in the subgroup."""
    others = (0,) * (form.signature_bytes // BLS12_381_BYTES - 1)
    for x in count(1):
        encoding = compressed(x, *others)
        if (form.point(encoding) is not None) == has_point:
            yield encoding


def refusals(scheme: Scheme) -> list[tuple[bytes, ErrorCode]]:
    """List encodings that are none, and why."""
    length = ErrorCode.RANDOMNESS_SIGNATURE_LENGTH
    flags = ErrorCode.RANDOMNESS_SIGNATURE_FLAGS
    infinite = ErrorCode.RANDOMNESS_SIGNATURE_INFINITE
    not_canonical = ErrorCode.RANDOMNESS_SIGNATURE_NOT_CANONICAL
    off_curve = ErrorCode.RANDOMNESS_SIGNATURE_NOT_ON_CURVE
    outside = ErrorCode.RANDOMNESS_SIGNATURE_NOT_IN_SUBGROUP
    good = next(beacon.signature for chain, beacon in REAL if chain.scheme == scheme)
    found = [(b"", length), (good[:-1], length), (good + b"\0", length), (b"\0" + good, length)]
    if scheme == Scheme.BN254:
        q = COORDINATE_MODULUS
        x, y = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:], "big")
        return [
            *found,
            (bytes(64), infinite),
            (number_at(0, x + q, good, 32), not_canonical),
            (number_at(1, y + q, good, 32), not_canonical),
            (number_at(0, q, bytes(64), 32), not_canonical),
            (number_at(0, 2**256 - 1, good, 32), not_canonical),
            (number_at(0, q - 1, good, 32), off_curve),
            (number_at(1, 0, good, 32), off_curve),
            (good[32:] + good[:32], off_curve),
            (number_at(1, 1, bytes(64), 32), off_curve),
        ]
    form = READABLE_FORMS[scheme]
    first = int.from_bytes(good[:48], "big")
    x = first % LARGER_FLAG
    rest = [int.from_bytes(good[48:], "big")] if len(good) > 48 else []
    zeros = [0] * len(rest)
    found += [
        (compressed(x, *rest, flags=0), flags),
        (compressed(x, *rest, flags=INFINITY_FLAG), flags),
        (compressed(x, *rest, flags=LARGER_FLAG), flags),
        (bytes(len(good)), flags),
        (compressed(0, *zeros, flags=COMPRESSED_FLAG + INFINITY_FLAG), infinite),
        (compressed(0, *zeros, flags=COMPRESSED_FLAG + INFINITY_FLAG + LARGER_FLAG), infinite),
        (compressed(x, *rest, flags=COMPRESSED_FLAG + INFINITY_FLAG), infinite),
        (compressed(BLS12_381_MODULUS, *rest), not_canonical),
        (compressed(LARGER_FLAG - 1, *rest), not_canonical),
        (compressed(BLS12_381_MODULUS + 1, *zeros), not_canonical),
    ]
    if rest:
        found += [
            (compressed(x, BLS12_381_MODULUS), not_canonical),
            (compressed(x, rest[0] + BLS12_381_MODULUS), not_canonical),
            (compressed(x, rest[0] | COMPRESSED_FLAG), not_canonical),
            (compressed(x, rest[0] | LARGER_FLAG), not_canonical),
        ]
    bare, pointed = small_x(form, has_point=False), small_x(form, has_point=True)
    found += [(next(bare), off_curve) for _ in range(3)]
    for _ in range(3):
        outsider = next(pointed)
        larger = bytes([outsider[0] | 0x20]) + outsider[1:]
        found += [(outsider, outside), (larger, outside)]
    return found


@pytest.mark.parametrize("scheme", Scheme)
def test_encodings_that_are_refused(scheme: Scheme, forms: Forms) -> None:
    """Each with its code, in both forms, whether a real round's or not."""
    for encoding, code in refusals(scheme):
        assert code_of(decoded_signature, forms[scheme], encoding) == code, encoding.hex()


@pytest.mark.parametrize("scheme", Scheme)
def test_refusals_cover_every_code(scheme: Scheme) -> None:
    """Of those that the scheme can give."""
    codes = {code.removeprefix("RANDOMNESS_SIGNATURE_") for _, code in refusals(scheme)}
    both = {"LENGTH", "INFINITE", "NOT_CANONICAL", "NOT_ON_CURVE"}
    assert codes == (both if scheme == Scheme.BN254 else both | {"FLAGS", "NOT_IN_SUBGROUP"})


@pytest.mark.parametrize(("chain", "beacon"), OF_EACH_CHAIN, ids=CHAINS)
def test_the_mirrored_point_is_another_signature(
    chain: BeaconChain, beacon: Beacon, forms: Forms
) -> None:
    """It is a good encoding, and not valid: the sign is bound."""
    data = beacon.signature
    if chain.scheme == Scheme.BN254:
        y = COORDINATE_MODULUS - int.from_bytes(data[32:], "big")
        mirrored = number_at(1, y, data, 32)
    else:
        mirrored = bytes([data[0] ^ 0x20]) + data[1:]
    assert not beacon_is_valid(chain, replace(beacon, signature=mirrored), forms=forms)


def outcome(form: SignatureForm, encoding: bytes) -> str:
    """Tell what a form says of an encoding: the code, or that it is one."""
    try:
        decoded_signature(form, encoding)
    except SpecError as error:
        return str(error.code)
    return "a point"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_both_forms_take_the_same_encodings(data: st.DataObject) -> None:
    """Real ones with a few bits flipped, and numbers from nowhere."""
    chain, beacon = data.draw(st.sampled_from(OF_EACH_CHAIN))
    size = len(beacon.signature)
    spoilt = bytearray(beacon.signature)
    if data.draw(st.booleans()):
        spoilt = bytearray(data.draw(st.binary(min_size=size, max_size=size)))
        spoilt[0] = spoilt[0] & 0x1F | data.draw(st.sampled_from([0x80, 0xA0, 0xC0, 0]))
    else:
        for bit in data.draw(st.lists(st.integers(0, 8 * size - 1), max_size=2)):
            spoilt[bit // 8] ^= 1 << bit % 8
    encoding = bytes(spoilt)
    verdicts = {outcome(forms[chain.scheme], encoding) for forms in (READABLE_FORMS, fast_forms())}
    assert len(verdicts) == 1


@pytest.mark.parametrize("original", CHAINS.values(), ids=CHAINS)
def test_own_chains(original: BeaconChain, forms: Forms) -> None:
    """What a key of ours signs is valid under it; a multiple of it is not."""
    chain = own_chain(original)
    beacon = signed(chain, 1)
    assert hashed(chain) == chain.chain_hash != original.chain_hash
    assert beacon_is_valid(chain, beacon, forms=forms)
    double = multiplied(chain.scheme, beacon.signature, 2)
    assert not beacon_is_valid(chain, replace(beacon, signature=double), forms=forms)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(list(CHAINS.values())),
    st.integers(1, MAXIMUM_ROUND),
    st.integers(1, 2**64),
)
def test_one_signature_a_round(original: BeaconChain, number: int, factor: int) -> None:
    """Signed rounds are valid; other points of the group are not, nor are other rounds."""
    chain = own_chain(original)
    previous = bytes(96) if original is DEFAULT and number > 1 else None
    beacon = signed(chain, number, previous=previous)
    assert beacon_is_valid(chain, beacon)
    other = multiplied(chain.scheme, beacon.signature, factor)
    assert beacon_is_valid(chain, replace(beacon, signature=other)) == (factor == 1)
    shifted = replace(beacon, round=number % MAXIMUM_ROUND + 1)
    if chain.scheme == Scheme.CHAINED and 1 in {number, shifted.round}:
        shifted = replace(beacon, round=number + 1, previous_signature=bytes(96))
    assert not beacon_is_valid(chain, shifted)


# Keys


@pytest.mark.parametrize(("chain", "beacon"), OF_EACH_CHAIN, ids=CHAINS)
def test_a_key_is_a_point_of_its_group(chain: BeaconChain, beacon: Beacon, forms: Forms) -> None:
    """Infinity, a point outside the subgroup and what is no point are faults of the caller."""
    size = len(chain.public_key)
    if chain.scheme == Scheme.BN254:
        x, y = OUTSIDE_G2
        outside = b"".join(part.to_bytes(32, "big") for part in (x[1], x[0], y[1], y[0]))
        bad = [bytes(size), outside, chain.public_key[:-1] + b"\0", chain.public_key[:-1]]
    else:
        other = Scheme.UNCHAINED if chain.scheme == Scheme.CHAINED else Scheme.CHAINED
        outside = next(small_x(READABLE_FORMS[other], has_point=True))
        off_curve = next(small_x(READABLE_FORMS[other], has_point=False))
        bad = [b"\xc0" + bytes(size - 1), outside, off_curve, chain.public_key[:-1]]
    for key in bad:
        with pytest.raises(ValueError):  # noqa: PT011
            beacon_is_valid(replace(chain, public_key=key), beacon, forms=forms)


# Hashing to curves


@pytest.mark.parametrize("answer", known("expand_message"), ids=what)
def test_known_expansions(answer: dict[str, Any]) -> None:
    """Messages are expanded to what was published."""
    message, domain = bytes.fromhex(answer["message"]), answer["domain"].encode()
    expanded = expand_message(HASHES[answer["hash"]], message, domain, answer["length"])
    assert expanded.hex() == answer["output"]


@pytest.mark.parametrize("answer", known("hash_to_curve"))
def test_known_points(answer: dict[str, Any], forms: Forms) -> None:
    """Messages are hashed to the published points, in both forms."""
    message, domain = bytes.fromhex(answer["message"]), answer["domain"].encode()
    point = bytes.fromhex(answer["point"])
    numbers = [int.from_bytes(point[i : i + 48], "big") for i in range(0, len(point), 48)]
    if answer["group"] == "bn254":
        function = HASHES[answer["hash"]]
        assert encode_g1(hash_to_g1(message, domain, function=function)) == point
        if function is KECCAK256:
            assert forms[Scheme.BN254].hash_to_curve(message, domain) == point
    elif answer["group"] == "g1":
        x, y = map(FQ, numbers)
        encoded = readable.encode_in_g1((x, y, FQ.one()))
        assert forms[Scheme.UNCHAINED].hash_to_curve(message, domain) == encoded
    else:
        x2, y2 = FQ2((numbers[1], numbers[0])), FQ2((numbers[3], numbers[2]))
        encoded = readable.encode_in_g2((x2, y2, FQ2.one()))
        assert forms[Scheme.CHAINED].hash_to_curve(message, domain) == encoded


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(Scheme), st.binary(max_size=100), st.binary(min_size=1, max_size=255))
def test_both_forms_hash_alike(scheme: Scheme, message: bytes, domain: bytes) -> None:
    """Any message under any domain; and what comes out is in the group."""
    slow, fast = (
        forms[scheme].hash_to_curve(message, domain) for forms in (READABLE_FORMS, fast_forms())
    )
    assert slow == fast
    assert outcome(fast_forms()[scheme], fast) == "a point"


def test_parameter_of_the_map() -> None:
    """The constants are what the map is made of, and its parameter is the first that serves."""
    q = COORDINATE_MODULUS
    z, gz = hash_to_curve.MAP_Z, hash_to_curve.MAP_GZ
    assert (z, gz) == (1, 4)
    assert 2 * hash_to_curve.MAP_MIDDLE % q == q - z
    assert hash_to_curve.MAP_ROOT**2 % q == -3 * z**2 * gz % q
    assert hash_to_curve.MAP_ROOT % 2 == 0
    assert hash_to_curve.MAP_SCALE * 3 * z**2 % q == -4 * gz % q


HALF: Final = (COORDINATE_MODULUS + 1) // 2
"""1/2, for which a denominator of the map is 0."""


@given(
    st.integers(0, COORDINATE_MODULUS - 1)
    | st.sampled_from([0, 1, HALF, COORDINATE_MODULUS - HALF, COORDINATE_MODULUS - 1])
)
@settings(deadline=None)
def test_every_element_has_a_point(element: int) -> None:
    """It is on the curve, and its y is as odd as the element."""
    x, y = map_to_g1(element)
    assert is_on_g1((x, y))
    assert 0 < y < COORDINATE_MODULUS
    assert y % 2 == element % 2


def test_the_prime_of_the_other_curve() -> None:
    """It is the library's."""
    assert FQ.field_modulus == BLS12_381_MODULUS


def test_elements_of_the_field() -> None:
    """Each is made of 16 bytes more than it has, so that the remainder shows no bias."""
    numbers = hash_to_field(SHA256, b"message", b"domain", modulus=BLS12_381_MODULUS, elements=3)
    data = expand_message(SHA256, b"message", b"domain", 3 * 64)
    parts = [int.from_bytes(data[start : start + 64], "big") for start in (0, 64, 128)]
    assert numbers == [part % BLS12_381_MODULUS for part in parts]


def test_bounds_of_the_expansion() -> None:
    """A longer domain or output is a fault of the caller."""
    assert len(expand_message(SHA256, b"", bytes(255), 255 * 32)) == 255 * 32
    for domain, length in ((bytes(256), 32), (b"", 255 * 32 + 1)):
        with pytest.raises(ValueError, match="too long"):
            expand_message(SHA256, b"", domain, length)


# Forms


def test_the_fast_form_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its packages are; without arkworks the readable form takes its place."""
    fast = fast_forms()
    assert type(fast[Scheme.CHAINED]).__name__ == "FastG2"
    assert type(fast[Scheme.UNCHAINED]).__name__ == "FastG1"
    pairings = fast[Scheme.BN254]._pairings  # type: ignore[attr-defined]
    assert pairings is fast_pairing_check()
    assert READABLE_FORMS[Scheme.BN254]._pairings is pairings_cancel  # type: ignore[attr-defined]

    def refuse(name: str) -> object:
        raise ModuleNotFoundError(name)

    fast_forms.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(module, "import_module", refuse)
        slow = fast_forms()
    fast_forms.cache_clear()
    assert slow[Scheme.CHAINED] is READABLE_FORMS[Scheme.CHAINED]
    assert slow[Scheme.UNCHAINED] is READABLE_FORMS[Scheme.UNCHAINED]


# Operations


def run(operation_name: str, /, **given: str) -> Any:
    """Run an operation of the suite."""
    operation = find_operation("randomness", operation_name)
    assert operation is not None
    return operation.run(load_preset(Preset.MAINNET), dict(given))


def beacon_fields(chain: BeaconChain, beacon: Beacon) -> dict[str, str]:
    """Write a beacon as the driver gets it."""
    fields = {
        "chain": chain.name,
        "round": str(beacon.round),
        "signature": f"0x{beacon.signature.hex()}",
    }
    if beacon.previous_signature is not None:
        fields["previous_signature"] = f"0x{beacon.previous_signature.hex()}"
    return fields


@pytest.mark.parametrize(("chain", "beacon"), OF_EACH_CHAIN, ids=CHAINS)
def test_operation_verify_beacon(chain: BeaconChain, beacon: Beacon) -> None:
    """The hash of the signature is there whether it is valid or not; what is none is rejected."""
    digest = f"0x{hashlib.sha256(beacon.signature).hexdigest()}"
    fields = beacon_fields(chain, beacon)
    assert run("verify_beacon", **fields) == {"valid": True, "randomness": digest}
    assert run("check_beacon", **fields) == {"randomness": digest}
    other = {**fields, "round": str(beacon.round + 2)}
    if chain is DEFAULT:
        assert beacon.round > 1
    assert run("verify_beacon", **other) == {"valid": False, "randomness": digest}
    assert code_of(run, "check_beacon", **other) == ErrorCode.RANDOMNESS_SIGNATURE_INVALID
    short = {**fields, "signature": fields["signature"][:-2]}
    assert code_of(run, "verify_beacon", **short) == ErrorCode.RANDOMNESS_SIGNATURE_LENGTH
    unknown = {**fields, "chain": "fastnet"}
    assert code_of(run, "verify_beacon", **unknown) == ErrorCode.RANDOMNESS_CHAIN_UNKNOWN


def test_other_operations() -> None:
    """Times, hashes of chains, and points."""
    start = EVMNET.genesis_time
    assert run("time_of", chain="evmnet", round="2") == {"time": str(start + 3)}
    assert run("round_at", chain="evmnet", time=str(start + 1)) == {"round": "2"}
    content = {
        "name": "evmnet",
        "public_key": f"0x{EVMNET.public_key.hex()}",
        "period": "3",
        "genesis_time": str(start),
        "group_hash": f"0x{EVMNET.group_hash.hex()}",
    }
    assert run("chain_hash", **content) == {"chain_hash": f"0x{EVMNET.chain_hash.hex()}"}
    (answer,) = (
        answer
        for answer in known("hash_to_curve")
        if answer["domain"].encode() == EVMNET.domain and answer["group"] == "bn254"
    )
    point = run("hash_to_curve", chain="evmnet", message=f"0x{answer['message']}")
    assert point == {"point": f"0x{answer['point']}"}
