"""Properties of public randomness, on generated rounds, signatures and messages."""

from dataclasses import replace
from typing import Any, Final

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from py_ecc.optimized_bls12_381 import optimized_curve

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.proofs.curve import COORDINATE_MODULUS, is_on_g1
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
    randomness_of,
    round_at,
    time_of,
)
from payy_ref.provers.hash_to_curve import map_to_g1
from payy_ref.provers.readable import encode_in_g1, encode_in_g2, point_in_g1, point_in_g2
from payy_ref.provers.signature import (
    BLS12_381_MODULUS,
    COMPRESSED_FLAG,
    INFINITY_FLAG,
    LARGER_FLAG,
    decoded_signature,
)
from payy_ref.testing.beacons import SECRET, multiplied, own_chain, signed

BLS12_381_ORDER: Final = optimized_curve.curve_order

GROUP_ORDER: Final = {
    Scheme.BN254: MODULUS,
    Scheme.UNCHAINED: BLS12_381_ORDER,
    Scheme.CHAINED: BLS12_381_ORDER,
}
"""Order of the groups of signatures."""

SLOW: Final = 4
"""How many times less often properties are tried that need half a second each time."""

chains: Final = st.sampled_from((EVMNET, QUICKNET, DEFAULT))


@st.composite
def widths(draw: st.DrawFn, least: int, bits: int) -> int:
    """Draw a number of any width up to one, small ones as often as wide ones."""
    return draw(st.integers(least, max(least, 2 ** draw(st.integers(0, bits)) - 1)))


rounds: Final = st.one_of(
    widths(1, 64), st.sampled_from((1, 2, 2**32, MAXIMUM_ROUND - 1, MAXIMUM_ROUND))
)


@st.composite
def periodic_chains(draw: st.DrawFn) -> BeaconChain:
    """Draw a chain, or one with another period and genesis time."""
    chain = draw(chains)
    if draw(st.booleans()):
        return chain
    period, start = draw(widths(1, 32)), draw(widths(0, 63))
    return replace(chain, period=period, genesis_time=start)


@st.composite
def beacons(draw: st.DrawFn, original: BeaconChain) -> tuple[BeaconChain, Beacon]:
    """Draw a round that a group of ours signed."""
    chain, number = own_chain(original), draw(rounds)
    previous = None
    if chain.scheme == Scheme.CHAINED and number > 1:
        previous = draw(st.binary(min_size=96, max_size=96))
    return chain, signed(chain, number, previous=previous)


any_beacon: Final = chains.flatmap(beacons)


def answer(chain: BeaconChain, beacon: Beacon, forms: Forms | None = None) -> bool | ErrorCode:
    """Say whether a beacon is valid, or why it is none."""
    try:
        return beacon_is_valid(chain, beacon, forms=forms)
    except SpecError as error:
        return error.code


# Rounds and times


@evidence("PAYY-PROVERS-T01")
@given(periodic_chains(), rounds)
def test_the_round_at_the_time_of_a_round(chain: BeaconChain, number: int) -> None:
    """It is this round; a second later it is the next, and there is none after the last."""
    time = time_of(chain, number)
    assert round_at(chain, time) == number
    if number < MAXIMUM_ROUND:
        assert round_at(chain, time + 1) == number + 1
    else:
        assert code_at(chain, time + 1) == ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE


def code_at(chain: BeaconChain, time: int) -> ErrorCode | None:
    """Give the code for which there is no round at a time."""
    try:
        round_at(chain, time)
    except SpecError as error:
        return error.code
    return None


@evidence("PAYY-PROVERS-T01")
@given(periodic_chains(), rounds, st.integers(-3, 3), widths(0, 66))
def test_the_time_of_the_round_at_a_time(
    chain: BeaconChain, near: int, away: int, anywhere: int
) -> None:
    """It is not before, and that of the round before is; or the time is after the last round."""
    for time in (max(0, time_of(chain, near) + away), anywhere):
        if time > time_of(chain, MAXIMUM_ROUND):
            assert code_at(chain, time) == ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE
            continue
        number = round_at(chain, time)
        assert 1 <= number <= MAXIMUM_ROUND
        assert time_of(chain, number) >= time
        assert number == 1 or time_of(chain, number - 1) < time


@evidence("PAYY-PROVERS-T01")
@given(periodic_chains(), rounds, rounds)
def test_later_rounds_are_later(chain: BeaconChain, first: int, second: int) -> None:
    """Times are in the order of their rounds."""
    times = time_of(chain, first), time_of(chain, second)
    assert (times[0] < times[1]) == (first < second)
    assert times[1] - times[0] == (second - first) * chain.period


@evidence("PAYY-PROVERS-T01")
@given(periodic_chains(), rounds, st.integers(0, 2**66), st.integers(0, 100))
def test_rounds_do_not_fall(chain: BeaconChain, near: int, anywhere: int, later: int) -> None:
    """A later time has no earlier round."""
    last = time_of(chain, MAXIMUM_ROUND)
    for time in (time_of(chain, near), min(anywhere, last)):
        assert round_at(chain, time) <= round_at(chain, min(time + later, last))


# One round


def shifted(beacon: Beacon, number: int) -> Beacon:
    """Give a beacon another round, with what comes before it of the length that is wanted there."""
    previous = beacon.previous_signature
    if previous is not None and (number == 1) != (beacon.round == 1):
        previous = DEFAULT.group_hash if number == 1 else bytes(96)
    return replace(beacon, round=number, previous_signature=previous)


@evidence("PAYY-PROVERS-T02")
@given(any_beacon, st.one_of(rounds, st.integers(-3, 3)))
def test_a_beacon_is_of_its_round(made: tuple[BeaconChain, Beacon], other: int) -> None:
    """Signed rounds are valid, also when handed in again; as any other round they are not."""
    chain, beacon = made
    assert answer(chain, beacon) is True
    assert check_beacon(chain, beacon) == randomness_of(beacon.signature)
    near = (beacon.round + other - 1) % MAXIMUM_ROUND + 1
    for number in {other, near} - {beacon.round}:
        in_range = 1 <= number <= MAXIMUM_ROUND
        expected = False if in_range else ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE
        assert answer(chain, shifted(beacon, number)) == expected


@evidence("PAYY-PROVERS-T02")
@given(any_beacon, st.integers(1, 2**64))
def test_a_round_is_not_cut(made: tuple[BeaconChain, Beacon], multiple: int) -> None:
    """A number with the same low 8 bytes is no round."""
    chain, beacon = made
    wrapped = replace(beacon, round=beacon.round + multiple * 2**64)
    assert answer(chain, wrapped) == ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE


@evidence("PAYY-PROVERS-T02")
@given(any_beacon, st.integers(1, 2**64))
def test_a_beacon_is_of_its_chain(made: tuple[BeaconChain, Beacon], secret: int) -> None:
    """Under another key nothing verifies, not even that of the published chain of this scheme."""
    assume(secret != SECRET)
    chain, beacon = made
    (original,) = (each for each in CHAINS.values() if each.scheme == chain.scheme)
    assert find_chain(original.name) is original
    for other in (original, own_chain(original, secret)):
        assert answer(other, beacon) is False


@evidence("PAYY-PROVERS-T02")
@given(beacons(DEFAULT), st.data())
def test_a_beacon_binds_the_one_before(
    made: tuple[BeaconChain, Beacon], data: st.DataObject
) -> None:
    """Any other bytes of the same length make it invalid, bytes of another length are rejected."""
    chain, beacon = made
    previous = beacon.previous_signature
    assert previous is not None
    other = data.draw(changes(previous))
    same_length = len(other) == len(previous)
    expected = False if same_length else ErrorCode.RANDOMNESS_PREVIOUS_LENGTH
    assert answer(chain, replace(beacon, previous_signature=other)) == expected


@evidence("PAYY-PROVERS-T02")
@given(st.sampled_from((EVMNET, QUICKNET)).flatmap(beacons), st.binary(max_size=100))
def test_nothing_is_before_an_unchained_beacon(
    made: tuple[BeaconChain, Beacon], previous: bytes
) -> None:
    """Whatever is given as the signature before, it is not signed, and is not taken."""
    chain, beacon = made
    code = ErrorCode.RANDOMNESS_PREVIOUS_UNEXPECTED
    assert answer(chain, replace(beacon, previous_signature=previous)) == code


# One signature


@st.composite
def changes(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw other bytes: some bits or one byte changed, cut, or with something added."""
    kind = draw(st.sampled_from(("bits", "byte", "cut", "behind", "in front")))
    if kind == "bits":
        number = int.from_bytes(data, "big")
        for bit in draw(st.sets(st.integers(0, 8 * len(data) - 1), min_size=1, max_size=3)):
            number ^= 1 << bit
        return number.to_bytes(len(data), "big")
    if kind == "byte":
        place = draw(st.integers(0, len(data) - 1))
        value = draw(st.integers(0, 255).filter(lambda value: value != data[place]))
        return data[:place] + bytes([value]) + data[place + 1 :]
    if kind == "cut":
        return data[: draw(st.integers(0, len(data) - 1))]
    added = draw(st.binary(min_size=1, max_size=4))
    return data + added if kind == "behind" else added + data


@evidence("PAYY-PROVERS-T03")
@given(any_beacon, st.data())
def test_changed_bytes_are_not_valid(made: tuple[BeaconChain, Beacon], data: st.DataObject) -> None:
    """Whatever bytes of a signature change, it is rejected or invalid."""
    chain, beacon = made
    other = data.draw(changes(beacon.signature))
    assert answer(chain, replace(beacon, signature=other)) is not True


def second_encodings(scheme: Scheme, signature: bytes) -> dict[bytes, ErrorCode]:
    """Give encodings of the same point that a careless decoder takes, with what they break."""
    width = 32 if scheme == Scheme.BN254 else 48
    numbers = [
        int.from_bytes(signature[start : start + width], "big")
        for start in range(0, len(signature), width)
    ]
    modulus = COORDINATE_MODULUS if scheme == Scheme.BN254 else BLS12_381_MODULUS
    limits = [2**256] * 2 if scheme == Scheme.BN254 else [LARGER_FLAG, 2**384]
    found = {}
    for place, number in enumerate(numbers):
        limit = limits[place]
        flags = number // limit * limit
        if number % limit + modulus < limit:
            wider = [*numbers[:place], flags + number % limit + modulus, *numbers[place + 1 :]]
            encoded = b"".join(part.to_bytes(width, "big") for part in wider)
            found[encoded] = ErrorCode.RANDOMNESS_SIGNATURE_NOT_CANONICAL
    if scheme != Scheme.BN254:
        rest = signature[width:]
        unmarked = (numbers[0] ^ COMPRESSED_FLAG).to_bytes(width, "big") + rest
        infinite = (numbers[0] | INFINITY_FLAG).to_bytes(width, "big") + rest
        found[unmarked] = ErrorCode.RANDOMNESS_SIGNATURE_FLAGS
        found[infinite] = ErrorCode.RANDOMNESS_SIGNATURE_INFINITE
    return found


@evidence("PAYY-PROVERS-T03")
@given(any_beacon)
def test_no_second_encoding(made: tuple[BeaconChain, Beacon]) -> None:
    """Numbers plus the modulus, and flags that could be ignored, are rejected."""
    chain, beacon = made
    for encoding, code in second_encodings(chain.scheme, beacon.signature).items():
        assert answer(chain, replace(beacon, signature=encoding)) == code


@evidence("PAYY-PROVERS-T03")
@given(any_beacon, widths(1, 250))
@example((own_chain(EVMNET), signed(own_chain(EVMNET), 1)), 1)
def test_other_points_are_not_valid(made: tuple[BeaconChain, Beacon], factor: int) -> None:
    """Of all multiples of a signature, which are all points of the group, only one is valid."""
    chain, beacon = made
    order = GROUP_ORDER[chain.scheme]
    for multiple in (factor, order - factor, order + factor):
        other = multiplied(chain.scheme, beacon.signature, multiple % order)
        is_same = multiple % order == 1
        assert (other == beacon.signature) == is_same
        assert answer(chain, replace(beacon, signature=other)) is is_same


# Both forms


@settings(max_examples=max(4, settings().max_examples // SLOW))
@evidence("PAYY-PROVERS-T04")
@given(any_beacon, st.sampled_from(("as it is", "changed", "double", "other round")), st.data())
def test_both_forms_agree(made: tuple[BeaconChain, Beacon], kind: str, data: st.DataObject) -> None:
    """On signed beacons, and on what has become of them."""
    chain, beacon = made
    given = {
        "as it is": lambda: beacon,
        "changed": lambda: replace(beacon, signature=data.draw(changes(beacon.signature))),
        "double": lambda: replace(beacon, signature=multiplied(chain.scheme, beacon.signature, 2)),
        "other round": lambda: shifted(beacon, beacon.round % MAXIMUM_ROUND + 1),
    }[kind]()
    slow, fast = answer(chain, given, READABLE_FORMS), answer(chain, given, fast_forms())
    assert slow == fast
    assert (fast is True) == (kind == "as it is")


@evidence("PAYY-PROVERS-T04")
@given(st.sampled_from(Scheme), st.binary(max_size=300), st.binary(min_size=1, max_size=255))
def test_both_forms_hash_alike(scheme: Scheme, message: bytes, domain: bytes) -> None:
    """Any message, under any domain."""
    slow, fast = (
        forms[scheme].hash_to_curve(message, domain) for forms in (READABLE_FORMS, fast_forms())
    )
    assert slow == fast


@evidence("PAYY-PROVERS-T04")
@given(st.sampled_from((Scheme.UNCHAINED, Scheme.CHAINED)), st.data())
def test_both_forms_read_alike(scheme: Scheme, data: st.DataObject) -> None:
    """Any x with any flags: both find a point, or the same code."""
    parts = 1 if scheme == Scheme.UNCHAINED else 2
    x = [data.draw(st.one_of(widths(0, 381), moduli())) for _ in range(parts)]
    flags = data.draw(
        st.sampled_from((COMPRESSED_FLAG, COMPRESSED_FLAG | LARGER_FLAG, INFINITY_FLAG, 0))
    )
    encoding = b"".join(part.to_bytes(48, "big") for part in (x[0] | flags, *x[1:]))
    slow, fast = (code_of(forms, scheme, encoding) for forms in (READABLE_FORMS, fast_forms()))
    assert slow == fast


def moduli() -> st.SearchStrategy[int]:
    """Draw a number about the modulus."""
    return st.integers(-3, 3).map(lambda away: BLS12_381_MODULUS + away)


def code_of(forms: Forms, scheme: Scheme, encoding: bytes) -> ErrorCode | None:
    """Give the code for which an encoding is no signature; None if it is one."""
    try:
        decoded_signature(forms[scheme], encoding)
    except SpecError as error:
        return error.code
    return None


# Hashing


@evidence("PAYY-PROVERS-T05")
@given(chains, st.binary(max_size=300))
def test_a_hash_is_a_point_of_the_group(chain: BeaconChain, message: bytes) -> None:
    """It is read back as a signature, in both forms, and whoever knows a key can sign it."""
    form = fast_forms()[chain.scheme]
    point = form.hash_to_curve(message, chain.domain)
    assert len(point) == form.signature_bytes
    for forms in (READABLE_FORMS, fast_forms()):
        assert code_of(forms, chain.scheme, point) is None
    own = own_chain(chain)
    signature = form.point(multiplied(chain.scheme, point, SECRET))
    assert form.verifies(signature, message, domain=own.domain, public_key=own.public_key)


@evidence("PAYY-PROVERS-T05", part="on BN254, each element of the field")
@given(widths(0, 254))
@example(0)
@example(1)
@example(COORDINATE_MODULUS - 1)
@example((COORDINATE_MODULUS + 1) // 2)
@example((COORDINATE_MODULUS - 1) // 2)
def test_every_element_is_mapped_to_the_curve(element: int) -> None:
    """Also those for which a denominator of the map is 0."""
    element %= COORDINATE_MODULUS
    x, y = map_to_g1(element)
    assert is_on_g1((x, y))
    assert y % 2 == element % 2


@evidence("PAYY-PROVERS-T03", part="on BLS12-381, reading and writing points")
@given(st.sampled_from((QUICKNET, DEFAULT)).flatmap(beacons))
def test_points_are_written_as_they_were_read(made: tuple[BeaconChain, Beacon]) -> None:
    """A point has the encoding that it came from."""
    chain, beacon = made
    if chain.scheme == Scheme.UNCHAINED:
        found = point_in_g1(beacon.signature)
        assert found is not None
        assert encode_in_g1(found) == beacon.signature
    else:
        other = point_in_g2(beacon.signature)
        assert other is not None
        assert encode_in_g2(other) == beacon.signature


# Hashes of chains


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what the hash of a chain is made of."""
    return {
        "name": draw(st.sampled_from(("evmnet", "quicknet", "default", "a", "b", "ab"))),
        "public_key": draw(st.binary(min_size=48, max_size=48)),
        "period": draw(widths(1, 32)),
        "genesis_time": draw(widths(0, 63)),
        "group_hash": draw(st.binary(min_size=32, max_size=32)),
    }


@evidence("PAYY-PROVERS-T06")
@given(parameters(), parameters(), st.data())
def test_the_hash_binds_every_parameter(
    first: dict[str, Any], second: dict[str, Any], data: st.DataObject
) -> None:
    """Chains that differ in any parameters have two hashes."""
    taken = data.draw(st.sets(st.sampled_from(sorted(first)), min_size=1))
    other = {**first, **{name: second[name] for name in taken}}
    assert (chain_hash_of(**first) == chain_hash_of(**other)) == (first == other)
