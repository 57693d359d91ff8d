"""
The beacon contract: what it accepts and refuses is what the reference does; and what it costs.

The contract's compiled form is committed, so no compiler is needed here.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ethereum.artefact import read_artefact
from payy_ref.ethereum.chain import Chain, Contract, Message, RevertedError
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G2_GENERATOR,
    encode_g2,
    multiply_g2,
)
from payy_ref.provers import hash_to_curve
from payy_ref.provers.beacon import (
    EVMNET,
    MAXIMUM_ROUND,
    Beacon,
    BeaconChain,
    Scheme,
    chain_hash_of,
    check_beacon,
    round_at,
    time_of,
)
from payy_ref.testing.beacons import multiplied, own_chain, signed
from tests.test_beacon import NAMES, REAL, refusals
from tests.test_curve import OUTSIDE_G2

ROOT: Final = Path(__file__).parents[1]
SOURCE: Final = ROOT / "contracts" / "provers" / "Beacon.sol"
ARTEFACT: Final = read_artefact(ROOT / "contracts" / "build" / "Beacon.json")

GAS_BOUND: Final = 260_000
"""The most that a transaction with one beacon may use."""

REAL_ON_BN254: Final = tuple(
    (chain, beacon) for chain, beacon in REAL if chain.scheme == Scheme.BN254
)
"""The published beacons that the contract can judge."""

NAMES_ON_BN254: Final = tuple(
    name for name, (chain, _) in zip(NAMES, REAL, strict=True) if chain.scheme == Scheme.BN254
)


def words(data: bytes) -> list[int]:
    """Read words of 32 bytes."""
    return [int.from_bytes(data[start : start + 32], "big") for start in range(0, len(data), 32)]


def deploy(l1: Chain, chain: BeaconChain, **changed: Any) -> Contract:
    """Deploy the contract for a chain of beacons, some of its parameters changed."""
    given = {
        "name": chain.name,
        "period": chain.period,
        "genesis_time": chain.genesis_time,
        "public_key": words(chain.public_key),
        "group_hash": chain.group_hash,
        **changed,
    }
    return l1.deploy(ARTEFACT, *given.values())


@pytest.fixture(scope="module")
def evmnet(l1: Chain) -> Contract:
    """Deploy the contract for evmnet."""
    return deploy(l1, EVMNET)


@pytest.fixture(scope="module")
def own(l1: Chain) -> Contract:
    """Deploy the contract for a chain whose key we know."""
    return deploy(l1, own_chain(EVMNET))


def on_chain(l1: Chain, contract: Contract, number: int, signature: bytes) -> str:
    """Tell what the contract says: the randomness, or the code."""
    try:
        answer: bytes = l1.call(contract, "check", number, *words(signature))
    except RevertedError as error:
        return error.name
    return answer.hex()


def in_reference(chain: BeaconChain, number: int, signature: bytes) -> str:
    """Tell what the reference says of the same."""
    try:
        return check_beacon(chain, Beacon(round=number, signature=signature)).hex()
    except SpecError as error:
        return str(error.code)


# Parameters


def test_constants_of_the_source() -> None:
    """They are those of the reference, which computes them from the curve."""
    text = SOURCE.read_text("utf-8")
    found = {name: int(value, 16) for name, value in re.findall(r"(\w+) =\s+(0x\w{64});", text)}
    x, y = G2_GENERATOR
    assert found == {
        "Q": COORDINATE_MODULUS,
        "MAP_MIDDLE": hash_to_curve.MAP_MIDDLE,
        "MAP_ROOT": hash_to_curve.MAP_ROOT,
        "MAP_SCALE": hash_to_curve.MAP_SCALE,
        "G2_X1": x[1],
        "G2_X0": x[0],
        "G2_Y1": y[1],
        "G2_Y0": y[0],
    }
    (domain,) = re.findall(r'DOMAIN =\s+"(.+)\\x(\w\w)"', text)
    assert domain == (EVMNET.domain.decode(), f"{len(EVMNET.domain):02x}")


def test_errors_are_codes_of_the_reference() -> None:
    """But for two: a chain is no input of the reference, and there gas does not run out."""
    names = {element["name"] for element in ARTEFACT.abi if element["type"] == "error"}
    assert names - set(ErrorCode) == {"RANDOMNESS_KEY_INVALID", "RANDOMNESS_GAS_MISSING"}


def test_parameters_can_be_read(l1: Chain, evmnet: Contract) -> None:
    """The chain hash is the published one."""
    assert l1.call(evmnet, "CHAIN_HASH") == EVMNET.chain_hash
    assert l1.call(evmnet, "PERIOD") == EVMNET.period
    assert l1.call(evmnet, "GENESIS_TIME") == EVMNET.genesis_time


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "default"},
        {"name": ""},
        {"name": "another, with a longer name than fits a word of the EVM"},
        {"period": 2**32 - 1},
        {"genesis_time": 0},
        {"genesis_time": 2**63 - 1},
        {"group_hash": bytes(range(32))},
    ],
    ids=str,
)
def test_the_chain_hash_binds_the_parameters(l1: Chain, changed: dict[str, Any]) -> None:
    """It is the reference's for any."""
    chain = replace(own_chain(EVMNET), **changed)
    names = ("name", "public_key", "period", "genesis_time", "group_hash")
    expected = chain_hash_of(**{name: getattr(chain, name) for name in names})
    assert l1.call(deploy(l1, chain), "CHAIN_HASH") == expected


def spoilt_keys() -> list[Sequence[int]]:
    """List what is no key: infinity, numbers that are too large, points elsewhere."""
    key = words(EVMNET.public_key)
    x, y = OUTSIDE_G2
    too_large = [list(key) for _ in range(4)]
    for place in range(4):
        too_large[place][place] += COORDINATE_MODULUS
    return [
        [0] * 4,
        [COORDINATE_MODULUS] * 4,
        [x[1], x[0], y[1], y[0]],
        [key[1], key[0], key[3], key[2]],
        [*key[:3], key[3] ^ 1],
        [0, 0, key[2], key[3]],
        *too_large,
    ]


@pytest.mark.parametrize("key", spoilt_keys())
def test_a_key_is_a_point_of_g2(l1: Chain, key: Sequence[int]) -> None:
    """A contract with another one is not made: for infinity anybody could sign."""
    with pytest.raises(RevertedError) as caught:
        deploy(l1, EVMNET, public_key=key)
    assert caught.value.name == "RANDOMNESS_KEY_INVALID"


@pytest.mark.parametrize("changed", [{"period": 0}, {"genesis_time": 2**63}], ids=str)
def test_parameters_have_their_widths(l1: Chain, changed: dict[str, int]) -> None:
    """As in the reference; what is wider than its type cannot even be handed over."""
    with pytest.raises(RevertedError) as caught:
        deploy(l1, EVMNET, **changed)
    assert caught.value.name == ErrorCode.RANDOMNESS_PARAMETER_OUT_OF_RANGE


# Rounds and times


def number_or_code(function: Callable[..., int], *arguments: Any) -> int | str:
    """Ask the contract or the reference for a number; give the code if it is refused."""
    try:
        return function(*arguments)
    except RevertedError as error:
        return error.name
    except SpecError as error:
        return str(error.code)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**64) | st.integers(0, 2**256 - 1), st.integers(0, MAXIMUM_ROUND))
def test_rounds_and_times(l1: Chain, evmnet: Contract, time: int, number: int) -> None:
    """They are the reference's, for any time that a word can hold and any round."""
    for function, reference, value in (("roundAt", round_at, time), ("timeOf", time_of, number)):
        assert number_or_code(l1.call, evmnet, function, value) == number_or_code(
            reference, EVMNET, value
        )


def test_the_last_round(l1: Chain, evmnet: Contract) -> None:
    """It has a round; one second later there is none."""
    last = time_of(EVMNET, MAXIMUM_ROUND)
    assert l1.call(evmnet, "timeOf", MAXIMUM_ROUND) == last
    assert l1.call(evmnet, "roundAt", last) == MAXIMUM_ROUND
    for time in (last + 1, 2**256 - 1):
        with pytest.raises(RevertedError, match="RANDOMNESS_ROUND_OUT_OF_RANGE"):
            l1.call(evmnet, "roundAt", time)


# Beacons


@pytest.mark.parametrize(("chain", "beacon"), REAL_ON_BN254, ids=NAMES_ON_BN254)
def test_a_real_beacon(l1: Chain, chain: BeaconChain, beacon: Beacon, record_property: Any) -> None:
    """It is accepted, its neighbours are not; the transaction's gas is bounded."""
    contract = deploy(l1, chain)
    randomness = in_reference(chain, beacon.round, beacon.signature)
    assert len(randomness) == 64
    assert on_chain(l1, contract, beacon.round, beacon.signature) == randomness
    for number in {beacon.round - 1, beacon.round + 1, 0, MAXIMUM_ROUND} - {beacon.round}:
        verdict = on_chain(l1, contract, number, beacon.signature)
        assert verdict == in_reference(chain, number, beacon.signature)
        assert verdict in set(ErrorCode)
    gas = l1.transact(contract, "check", beacon.round, *words(beacon.signature)).gas_used
    record_property("gas", gas)
    assert gas < GAS_BOUND


def test_the_round_is_typed(l1: Chain, evmnet: Contract) -> None:
    """A wider number is not cut: one with the real round's low bytes is refused."""
    (beacon,) = (beacon for chain, beacon in REAL_ON_BN254 if chain.public_key == EVMNET.public_key)
    data = l1.calldata(evmnet, "check", beacon.round, *words(beacon.signature))
    for high in (0, 1, 2**191):
        wide = data[:4] + (beacon.round + high * 2**64).to_bytes(32, "big") + data[36:]
        answer = l1.answer(Message(sender=l1.accounts[0], to=evmnet.address, data=wide))
        assert answer.success == (high == 0)
        assert high == 0 or answer.output == b""


@pytest.mark.parametrize(
    ("signature", "code"),
    [refusal for refusal in refusals(Scheme.BN254) if len(refusal[0]) == 64],
)
def test_encodings_that_are_refused(
    l1: Chain, evmnet: Contract, signature: bytes, code: ErrorCode
) -> None:
    """With the reference's code; round 0 comes first."""
    assert on_chain(l1, evmnet, 1, signature) == code
    assert on_chain(l1, evmnet, 0, signature) == ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE


COORDINATES: Final = st.integers(0, 2**256 - 1) | st.sampled_from(
    [0, 1, 2, COORDINATE_MODULUS - 1, COORDINATE_MODULUS, COORDINATE_MODULUS + 1]
)
"""Numbers for a coordinate."""


@st.composite
def signatures(draw: st.DrawFn) -> tuple[int, bytes]:
    """Give a round and a signature of our own chain, for it or spoilt in some way."""
    chain = own_chain(EVMNET)
    number = draw(st.integers(1, MAXIMUM_ROUND) | st.sampled_from([1, MAXIMUM_ROUND]))
    good = signed(chain, number).signature
    x, y = words(good)
    way = draw(st.sampled_from(["good", "bit", "mirror", "multiple", "round", "q", "swap", "any"]))
    match way:
        case "bit":
            bit = draw(st.integers(0, 511))
            good = (int.from_bytes(good, "big") ^ 1 << bit).to_bytes(64, "big")
        case "mirror":
            good = good[:32] + (COORDINATE_MODULUS - y).to_bytes(32, "big")
        case "multiple":
            good = multiplied(Scheme.BN254, good, draw(st.integers(2, 2**64)))
        case "round":
            number = draw(st.integers(0, MAXIMUM_ROUND))
        case "q":
            x, y = draw(st.sampled_from([(x + COORDINATE_MODULUS, y), (x, y + COORDINATE_MODULUS)]))
            good = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        case "swap":
            good = good[32:] + good[:32]
        case "any":
            good = b"".join(draw(COORDINATES).to_bytes(32, "big") for _ in range(2))
    return number, good


@settings(max_examples=80, deadline=None)
@given(signatures())
def test_the_contract_says_what_the_reference_says(
    l1: Chain, own: Contract, case: tuple[int, bytes]
) -> None:
    """The same randomness or the same code, for good signatures and spoilt ones."""
    assert on_chain(l1, own, *case) == in_reference(own_chain(EVMNET), *case)


@pytest.mark.parametrize("secret", [1, 2, 77])
def test_other_keys(l1: Chain, secret: int) -> None:
    """What one key signs is refused under another; also for the generator as key."""
    chain = own_chain(EVMNET, secret)
    assert chain.public_key == encode_g2(multiply_g2(G2_GENERATOR, secret))
    contract = deploy(l1, chain)
    beacon = signed(chain, 5, secret=secret)
    assert on_chain(l1, contract, 5, beacon.signature) == in_reference(chain, 5, beacon.signature)
    other = signed(chain, 5, secret=secret + 1)
    verdict = on_chain(l1, contract, 5, other.signature)
    assert verdict == ErrorCode.RANDOMNESS_SIGNATURE_INVALID


def test_gas_over_many_rounds(l1: Chain, own: Contract, record_property: Any) -> None:
    """How many candidates the map has to try differs; the bound holds for all of these."""
    chain = own_chain(EVMNET)
    gas = []
    for number in range(1, 41):
        beacon = signed(chain, number)
        receipt = l1.transact(own, "check", number, *words(beacon.signature))
        gas.append(receipt.gas_used)
    record_property("gas", json.dumps([min(gas), max(gas)]))
    print(f"gas of a beacon: {min(gas)} to {max(gas)}")  # noqa: T201
    assert len(set(gas)) > 3
    assert max(gas) < GAS_BOUND


def test_too_little_gas_is_no_verdict(l1: Chain, own: Contract) -> None:
    """A call that runs dry never says that a good beacon is bad."""
    beacon = signed(own_chain(EVMNET), 9)
    names = set()
    for gas in range(32_000, 164_000, 4_000):
        try:
            l1.call(own, "check", 9, *words(beacon.signature), gas=gas)
            names.add("accepted")
        except RevertedError as error:
            names.add(error.name)
    assert names == {"accepted", "", "RANDOMNESS_GAS_MISSING"}
