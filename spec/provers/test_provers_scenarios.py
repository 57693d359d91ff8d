"""Scenarios of public randomness: rounds that drand published, and what is none."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from payy_ref.errors import ErrorCode
from payy_ref.primitives.strict_json import Json
from payy_ref.proofs.curve import COORDINATE_MODULUS
from payy_ref.provers.beacon import (
    CHAINS,
    DEFAULT,
    EVMNET,
    MAXIMUM_ROUND,
    QUICKNET,
    READABLE_FORMS,
    BeaconChain,
)
from payy_ref.provers.signature import (
    BLS12_381_BYTES,
    BLS12_381_MODULUS,
    COMPRESSED_FLAG,
    INFINITY_FLAG,
    LARGER_FLAG,
)
from payy_ref.testing.beacons import multiplied, own_chain
from payy_ref.vectors.pytest_plugin import VectorWriter

CHAIN, CHAIN_HASH, ROUND, MESSAGE, HASH_BN254, HASH_BLS, ENCODING, SIGNATURE, RANDOMNESS = (
    f"PAYY-PROVERS-00{number}" for number in range(1, 10)
)

PUBLISHED: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "tests" / "known_answers" / "drand.json").read_text("utf-8")
)["answers"]
"""Beacons and points that others published, each with its source."""


def published(kind: str, what: str) -> dict[str, Any]:
    """Give what was published, by its name."""
    (found,) = (each for each in PUBLISHED if (each["kind"], each["what"]) == (kind, what))
    return found


def published_beacon(what: str) -> dict[str, Any]:
    """Give the inputs of a published beacon."""
    found = published("beacon", what)
    inputs = {
        "chain": found["chain"],
        "round": found["round"],
        "signature": bytes.fromhex(found["signature"]),
    }
    if "previous_signature" in found:
        inputs["previous_signature"] = bytes.fromhex(found["previous_signature"])
    return inputs


REAL: Final = {
    "evmnet-round-1": published_beacon("evmnet 1"),
    "quicknet-round-123": published_beacon("quicknet 123"),
    "default-round-1": published_beacon("default 1"),
    "default-round-72785": published_beacon("default 72785"),
}
"""Beacons of the three chains."""

OF_CHAIN: Final = {
    "evmnet": REAL["evmnet-round-1"],
    "quicknet": REAL["quicknet-round-123"],
    "default": REAL["default-round-72785"],
}
"""One beacon of each chain."""

RANDOMNESS_OF: Final = {
    "evmnet-round-1": published("beacon", "evmnet 1")["randomness"],
    "default-round-1": published("beacon", "default 1")["randomness"],
    "default-round-72785": published("beacon", "default 72785")["randomness"],
}
"""The randomness of those rounds of which it was published too."""


def digest(signature: bytes) -> bytes:
    """Compute the randomness of a signature."""
    return hashlib.sha256(signature).digest()


# Chains


def parameters_of(chain: BeaconChain, **changes: Any) -> dict[str, Any]:
    """Give what the hash of a chain is made of, with changes."""
    names = ("name", "public_key", "period", "genesis_time", "group_hash")
    return {**{name: getattr(chain, name) for name in names}, **changes}


@pytest.mark.parametrize("name", CHAINS)
def test_hash_of_a_chain(vector: VectorWriter, name: str) -> None:
    """
    A chain is known by its hash.

    Given the published parameters of a chain, when they are hashed, then the hash is the published
    one.
    """
    output = vector.accepts(
        f"randomness-chain-hash-{name}",
        "randomness/chain_hash",
        description=f"The parameters of {name} have the hash that drand publishes.",
        requirements=[CHAIN_HASH],
        flags=["CHAIN_HASH"],
        **parameters_of(CHAINS[name]),
    )
    assert output["chain_hash"].hex() == published("chain", name)["chain_hash"]


OTHER_CHAINS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "own-group": (
        parameters_of(own_chain(EVMNET)),
        "A chain like evmnet, of another group: another key and name, another hash.",
    ),
    "own-group-of-default": (
        parameters_of(own_chain(DEFAULT)),
        "A chain like the first one, of another group, and without a name in its hash.",
    ),
    "gone": (
        parameters_of(
            QUICKNET,
            name="fastnet",
            **{
                name: bytes.fromhex(published("chain", "fastnet")[name])
                for name in ("public_key", "group_hash")
            },
            genesis_time=published("chain", "fastnet")["genesis_time"],
        ),
        "A chain that is gone still has its hash.",
    ),
    "named-default-otherwise": (
        parameters_of(DEFAULT, name="Default"),
        "A name is hashed if it is not default to the letter.",
    ),
    "without-name": (
        parameters_of(DEFAULT, name=""),
        "An empty name adds nothing, so this is the hash of default.",
    ),
    "name-of-two-bytes-a-letter": (
        parameters_of(EVMNET, name="évmnet"),
        "A name is hashed in UTF-8.",
    ),
    "key-empty": (
        parameters_of(EVMNET, public_key=b""),
        "The key is hashed as it is given; whether it is a key is not judged here.",
    ),
    "period-least": (parameters_of(EVMNET, period=1), "A period of 1 second is the least."),
    "period-greatest": (
        parameters_of(EVMNET, period=2**32 - 1),
        "A period of 2^32 - 1 seconds is the greatest.",
    ),
    "genesis-time-0": (
        parameters_of(EVMNET, genesis_time=0),
        "The genesis time can be the first second of Unix time.",
    ),
    "genesis-time-greatest": (
        parameters_of(EVMNET, genesis_time=2**63 - 1),
        "The genesis time can be the last second of 63 bits.",
    ),
}


@pytest.mark.parametrize("name", OTHER_CHAINS)
def test_hashes_of_other_chains(vector: VectorWriter, name: str) -> None:
    """
    Another chain has another hash.

    Given parameters in range, when they are hashed, then the hash is that of their bytes.
    """
    parameters, description = OTHER_CHAINS[name]
    output = vector.accepts(
        f"randomness-chain-hash-{name}",
        "randomness/chain_hash",
        description=description,
        requirements=[CHAIN_HASH],
        flags=["CHAIN_HASH"],
        **parameters,
    )
    known = {chain.chain_hash: chain.name for chain in CHAINS.values()}
    assert known.get(output["chain_hash"]) == ("default" if name == "without-name" else None)
    if name == "gone":
        assert output["chain_hash"].hex() == published("chain", "fastnet")["chain_hash"]


CHAINS_OUT_OF_RANGE: Final[dict[str, tuple[dict[str, int], str]]] = {
    "period-0": ({"period": 0}, "Rounds that take no time are none."),
    "period-too-great": ({"period": 2**32}, "A period of 2^32 seconds does not fit 4 bytes."),
    "period-cut": ({"period": 2**32 + 3}, "A period that is 3 in its low 4 bytes is not 3."),
    "genesis-time-too-great": (
        {"genesis_time": 2**63},
        "A genesis time of 2^63 is refused, though it would fit 8 bytes.",
    ),
    "genesis-time-cut": (
        {"genesis_time": 2**64 + EVMNET.genesis_time},
        "A genesis time that is right in its low 8 bytes is not right.",
    ),
}


@pytest.mark.parametrize("name", CHAINS_OUT_OF_RANGE)
def test_parameters_out_of_range(vector: VectorWriter, name: str) -> None:
    """
    Parameters are not cut.

    Given a period or a genesis time out of range, when the chain is hashed, then it has no hash.
    """
    changes, description = CHAINS_OUT_OF_RANGE[name]
    vector.rejects(
        f"randomness-chain-hash-{name}",
        "randomness/chain_hash",
        ErrorCode.RANDOMNESS_PARAMETER_OUT_OF_RANGE,
        description=description,
        requirements=[CHAIN_HASH],
        flags=["CHAIN_HASH"],
        **parameters_of(EVMNET, **changes),
    )


UNKNOWN: Final = {
    "gone": ("fastnet", "The chain fastnet was shut down."),
    "empty": ("", "An empty name is none."),
    "capital": ("Evmnet", "Names are compared byte for byte."),
    "space": ("evmnet ", "A name with a space behind it is another one."),
    "chain-hash": (EVMNET.chain_hash.hex(), "The hash of a chain is not its name."),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_chains(vector: VectorWriter, name: str) -> None:
    """
    Chains are known by name.

    Given a real beacon under another name, when it is judged, then its chain is unknown.
    """
    chain, description = UNKNOWN[name]
    vector.rejects(
        f"randomness-verify-chain-{name}",
        "randomness/verify_beacon",
        ErrorCode.RANDOMNESS_CHAIN_UNKNOWN,
        description=description,
        requirements=[CHAIN],
        flags=["BEACON_CHAIN"],
        **{**OF_CHAIN["evmnet"], "chain": chain},
    )


@pytest.mark.parametrize(
    ("operation", "inputs"),
    [
        ("check_beacon", {"round": 0, "signature": b""}),
        ("round_at", {"time": 2**80}),
        ("time_of", {"round": 0}),
        ("hash_to_curve", {"message": b""}),
    ],
)
def test_unknown_chain_first(vector: VectorWriter, operation: str, inputs: dict[str, Any]) -> None:
    """
    The chain is judged first.

    Given a chain that is unknown and whatever else, when anything is asked of it, then the chain is
    named.
    """
    vector.rejects(
        f"randomness-{operation.replace('_', '-')}-chain-unknown",
        f"randomness/{operation}",
        ErrorCode.RANDOMNESS_CHAIN_UNKNOWN,
        description="Nothing is computed for a chain that is unknown, whatever else is wrong.",
        requirements=[CHAIN],
        flags=["BEACON_CHAIN", "BEACON_ORDER"],
        chain="fastnet",
        **inputs,
    )


# Rounds and times


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A round or a time, and the time or round that belongs to it."""

    given: int
    """What is asked for: a number of a round, or seconds of Unix time."""
    expected: int
    """The answer."""
    description: str
    """Why."""


def moments(chain: BeaconChain) -> Iterator[tuple[str, Moment]]:
    """Give rounds at both limits, and what is usual."""
    start, period = chain.genesis_time, chain.period
    last = start + (MAXIMUM_ROUND - 1) * period
    for name, number, time in (
        ("first", 1, start),
        ("second", 2, start + period),
        ("million", 10**6, start + (10**6 - 1) * period),
        ("beyond-32-bits", 2**32 + 1, start + 2**32 * period),
        ("last", MAXIMUM_ROUND, last),
    ):
        description = f"Round {number} of {chain.name} is at {time}."
        yield name, Moment(given=number, expected=time, description=description)


def times(chain: BeaconChain) -> Iterator[tuple[str, Moment]]:
    """Give times before, at and after rounds."""
    start, period = chain.genesis_time, chain.period
    last = start + (MAXIMUM_ROUND - 1) * period
    for name, time, number, why in (
        ("0", 0, 1, "Long before the chain begins, its first round is next."),
        ("before-genesis", start - 1, 1, "A second before the chain begins, so it is."),
        ("at-genesis", start, 1, "At the genesis time, the first round is there."),
        ("after-genesis", start + 1, 2, "A second later, the second round is next."),
        ("before-second", start + period - 1, 2, "A second before it, so it is."),
        ("at-second", start + period, 2, "At its time, the second round is there."),
        ("after-second", start + period + 1, 3, "A second later, the third round is next."),
        ("before-last", last - 1, MAXIMUM_ROUND, "A second before it, the last round is next."),
        ("at-last", last, MAXIMUM_ROUND, "At its time, the last round is there."),
    ):
        yield name, Moment(given=time, expected=number, description=why)


@pytest.mark.parametrize("chain", CHAINS)
def test_time_of_a_round(vector: VectorWriter, chain: str) -> None:
    """
    Rounds come at equal distances.

    Given a round, when its time is asked for, then it is a period later than that of the round
    before.
    """
    for name, moment in moments(CHAINS[chain]):
        output = vector.accepts(
            f"randomness-time-of-{chain}-{name}",
            "randomness/time_of",
            description=moment.description,
            requirements=[ROUND],
            flags=["ROUND_TIME"],
            chain=chain,
            round=moment.given,
        )
        assert output == {"time": moment.expected}


@pytest.mark.parametrize("chain", CHAINS)
def test_round_at_a_time(vector: VectorWriter, chain: str) -> None:
    """
    The round at a time is the first that is not before it.

    Given a time, when the round is asked for, then its time is not before, and that of the round
    before is.
    """
    for name, moment in times(CHAINS[chain]):
        output = vector.accepts(
            f"randomness-round-at-{chain}-{name}",
            "randomness/round_at",
            description=moment.description,
            requirements=[ROUND],
            flags=["ROUND_TIME"],
            chain=chain,
            time=moment.given,
        )
        assert output == {"round": moment.expected}


NO_ROUNDS: Final = {
    "0": (0, "Rounds begin at 1."),
    "too-wide": (MAXIMUM_ROUND + 1, "A round of 2^64 does not fit 8 bytes."),
    "wrapped": (MAXIMUM_ROUND + 2, "A round of 2^64 + 1 is not round 1."),
}


@pytest.mark.parametrize("name", NO_ROUNDS)
@pytest.mark.parametrize("chain", CHAINS)
def test_no_round(vector: VectorWriter, chain: str, name: str) -> None:
    """
    Rounds have 64 bits.

    Given a number out of range, when its time is asked for, then it is no round.
    """
    number, description = NO_ROUNDS[name]
    vector.rejects(
        f"randomness-time-of-{chain}-{name}",
        "randomness/time_of",
        ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE,
        description=description,
        requirements=[ROUND],
        flags=["ROUND_WIDTH"],
        chain=chain,
        round=number,
    )


@pytest.mark.parametrize("chain", CHAINS)
def test_no_round_so_late(vector: VectorWriter, chain: str) -> None:
    """
    There is a last round.

    Given a time after the last round, when the round is asked for, then there is none.
    """
    last = CHAINS[chain].genesis_time + (MAXIMUM_ROUND - 1) * CHAINS[chain].period
    for name, time in (("after-last", last + 1), ("far-after-last", 2**255)):
        vector.rejects(
            f"randomness-round-at-{chain}-{name}",
            "randomness/round_at",
            ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE,
            description="No round is at this time or later; the numbers do not begin anew.",
            requirements=[ROUND],
            flags=["ROUND_WIDTH"],
            chain=chain,
            time=time,
        )


@pytest.mark.parametrize("chain", CHAINS)
def test_beacon_of_no_round(vector: VectorWriter, chain: str) -> None:
    """
    A beacon is of a round.

    Given a real beacon with a number that is the real one in its low 8 bytes, or with 0, when it is
    judged, then its round is out of range.
    """
    real = OF_CHAIN[chain]
    for name, number in (("round-0", 0), ("round-wrapped", real["round"] + 2**64)):
        vector.rejects(
            f"randomness-verify-{chain}-{name}",
            "randomness/verify_beacon",
            ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE,
            description=f"A signature of {chain} for a number that is no round, {number}.",
            requirements=[ROUND],
            flags=["ROUND_WIDTH"],
            **{**real, "round": number},
        )


# Beacons that were published


@pytest.mark.parametrize("name", REAL)
def test_real_beacons(vector: VectorWriter, name: str) -> None:
    """
    Published beacons are valid.

    Given a beacon that drand published, when it is judged, then it is valid, and its randomness is
    the published one.
    """
    real = REAL[name]
    flags = ["BEACON_MESSAGE", "HASH_TO_CURVE", "SIGNATURE_VALID"]
    requirements = [CHAIN, MESSAGE, HASH_BN254 if real["chain"] == "evmnet" else HASH_BLS]
    verified = vector.accepts(
        f"randomness-verify-{name}",
        "randomness/verify_beacon",
        description="A beacon that drand published.",
        requirements=[*requirements, ENCODING, SIGNATURE, RANDOMNESS],
        flags=flags,
        **real,
    )
    checked = vector.accepts(
        f"randomness-check-{name}",
        "randomness/check_beacon",
        description="A beacon that drand published.",
        requirements=[*requirements, ENCODING, SIGNATURE, RANDOMNESS],
        flags=flags,
        **real,
    )
    randomness = digest(real["signature"])
    assert verified == {"valid": True, "randomness": randomness}
    assert checked == {"randomness": randomness}
    assert RANDOMNESS_OF.get(name) in (None, randomness.hex())


# Beacons that are not this round's


def mirrored(chain: str) -> bytes:
    """Give the signature of a chain's real beacon with the other y."""
    signature: bytes = OF_CHAIN[chain]["signature"]
    if chain == "evmnet":
        y = COORDINATE_MODULUS - int.from_bytes(signature[32:], "big")
        return signature[:32] + y.to_bytes(32, "big")
    return bytes([signature[0] ^ 0x20]) + signature[1:]


def doubled(chain: str) -> bytes:
    """Give the signature of a chain's real beacon plus itself."""
    return multiplied(CHAINS[chain].scheme, OF_CHAIN[chain]["signature"], 2)


def spoilt(data: bytes) -> bytes:
    """Flip the last bit."""
    return data[:-1] + bytes([data[-1] ^ 1])


def not_this_rounds() -> dict[str, tuple[dict[str, Any], str]]:
    """List beacons of good form that the group did not sign."""
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for chain, real in OF_CHAIN.items():
        found |= {
            f"{chain}-next-round": (
                {**real, "round": real["round"] + (2 if chain == "default" else 1)},
                "The signature of a round is not that of a later one.",
            ),
            f"{chain}-greatest-round": (
                {
                    **real,
                    "round": MAXIMUM_ROUND,
                },
                "The greatest round is one, and this is not its signature.",
            ),
            f"{chain}-other-y": (
                {**real, "signature": mirrored(chain)},
                "The point with the other y is another signature.",
            ),
            f"{chain}-doubled": (
                {**real, "signature": doubled(chain)},
                "A multiple of the signature is a point of the group, and nobody's signature.",
            ),
        }
    first, later = REAL["default-round-1"], REAL["default-round-72785"]
    quicknet = OF_CHAIN["quicknet"]
    return {
        **found,
        "quicknet-round-before": (
            {**quicknet, "round": quicknet["round"] - 1},
            "The signature of a round is not that of the one before.",
        ),
        "default-round-before": (
            {**later, "round": later["round"] - 1},
            "The signature of a round is not that of the one before.",
        ),
        "default-replayed": (
            {**first, "round": 2, "previous_signature": first["signature"]},
            "The signature of round 1 does not serve for round 2 too, with itself before it.",
        ),
        "default-signature-before-itself": (
            {**later, "signature": later["previous_signature"]},
            "The signature before is not the signature.",
        ),
        "default-other-before": (
            {**later, "previous_signature": spoilt(later["previous_signature"])},
            "Another signature before it makes another message.",
        ),
        "default-other-seed": (
            {**first, "previous_signature": spoilt(first["previous_signature"])},
            "Round 1 follows the group hash, not another 32 bytes.",
        ),
        "default-zeros-before": (
            {**later, "previous_signature": bytes(96)},
            "The signature before need not be a point, but the group did not sign this one.",
        ),
        "evmnet-other-group": (
            published_beacon("evmnet 1, a development group"),
            "The same round of the same scheme, signed by another group.",
        ),
        "evmnet-other-group-round-16": (
            published_beacon("evmnet 16, a development group"),
            "Another round, signed by another group.",
        ),
        "quicknet-other-group": (
            published_beacon("quicknet 3, a development group"),
            "A round of the same scheme, signed by another group.",
        ),
        "quicknet-of-fastnet": (
            {**published_beacon("fastnet 1"), "chain": "quicknet"},
            "A beacon of the chain that came before, on the same curve under another domain.",
        ),
    }


NOT_THIS_ROUNDS: Final = not_this_rounds()


@pytest.mark.parametrize("name", NOT_THIS_ROUNDS)
def test_beacons_that_are_not_valid(vector: VectorWriter, name: str) -> None:
    """
    Only the group signs, each round once.

    Given a signature of good form that the group did not make for this round, when it is asked
    about, then the answer is no; and when its randomness is asked for, then there is none.
    """
    inputs, description = NOT_THIS_ROUNDS[name]
    flags = ["BEACON_CHAIN" if "of-" in name or "other-group" in name else "SIGNATURE_VALID"]
    flags += ["BEACON_MESSAGE"] if "before" in name or "round" in name else []
    verified = vector.accepts(
        f"randomness-verify-{name}",
        "randomness/verify_beacon",
        description=description,
        requirements=[MESSAGE, SIGNATURE, RANDOMNESS],
        flags=flags,
        **inputs,
    )
    assert verified == {"valid": False, "randomness": digest(inputs["signature"])}
    vector.rejects(
        f"randomness-check-{name}",
        "randomness/check_beacon",
        ErrorCode.RANDOMNESS_SIGNATURE_INVALID,
        description=description,
        requirements=[MESSAGE, SIGNATURE],
        flags=flags,
        **inputs,
    )


# The signature before


def before(chain: str, number: int, previous: bytes | None) -> dict[str, Any]:
    """Give a beacon of a chain with some signature before it."""
    given = {**OF_CHAIN[chain], "round": number}
    given.pop("previous_signature", None)
    return given if previous is None else {**given, "previous_signature": previous}


UNEXPECTED = ErrorCode.RANDOMNESS_PREVIOUS_UNEXPECTED
MISSING = ErrorCode.RANDOMNESS_PREVIOUS_MISSING
LENGTH = ErrorCode.RANDOMNESS_PREVIOUS_LENGTH

BEFORE: Final[dict[str, tuple[ErrorCode, dict[str, Any], str]]] = {
    "evmnet-before-empty": (
        UNEXPECTED,
        before("evmnet", 1, b""),
        "Not even an empty signature comes before one of an unchained chain.",
    ),
    "evmnet-before-seed": (
        UNEXPECTED,
        before("evmnet", 1, EVMNET.group_hash),
        "The group hash does not come before round 1 of an unchained chain.",
    ),
    "quicknet-before-empty": (
        UNEXPECTED,
        before("quicknet", 123, b""),
        "Not even an empty signature comes before one of an unchained chain.",
    ),
    "quicknet-before-signature": (
        UNEXPECTED,
        before("quicknet", 123, bytes(96)),
        "An unchained chain signs nothing that comes before.",
    ),
    "default-before-absent": (
        MISSING,
        before("default", 72785, None),
        "A beacon of the chained chain comes with the signature before it.",
    ),
    "default-before-absent-round-1": (
        MISSING,
        before("default", 1, None),
        "Round 1 comes with the group hash; nothing is put in its place.",
    ),
    "default-before-empty": (
        LENGTH,
        before("default", 72785, b""),
        "An empty signature is there, and too short.",
    ),
    "default-before-empty-round-1": (
        LENGTH,
        before("default", 1, b""),
        "An empty group hash is there, and too short.",
    ),
    "default-before-short": (
        LENGTH,
        before("default", 72785, bytes(95)),
        "A signature of 95 bytes is too short.",
    ),
    "default-before-long": (
        LENGTH,
        before("default", 72785, bytes(97)),
        "A signature of 97 bytes is too long.",
    ),
    "default-before-seed-later": (
        LENGTH,
        before("default", 2, DEFAULT.group_hash),
        "The group hash comes before round 1 only.",
    ),
    "default-before-seed-short": (
        LENGTH,
        before("default", 1, DEFAULT.group_hash[:-1]),
        "A group hash of 31 bytes is too short.",
    ),
    "default-before-seed-long": (
        LENGTH,
        before("default", 1, DEFAULT.group_hash + b"\0"),
        "A group hash of 33 bytes is too long.",
    ),
    "default-before-signature-round-1": (
        LENGTH,
        before("default", 1, bytes(96)),
        "Before round 1 there is no signature.",
    ),
    "default-before-round-in-it": (
        LENGTH,
        {
            **OF_CHAIN["default"],
            "previous_signature": OF_CHAIN["default"]["previous_signature"] + b"\0" * 4,
        },
        "A signature and half of the round's bytes: the parts of a message cannot be shifted.",
    ),
}


@pytest.mark.parametrize("name", BEFORE)
def test_signature_before(vector: VectorWriter, name: str) -> None:
    """
    Only the chained chain signs what came before.

    Given a signature before where there is none, none where there is one, or one of another length,
    when the beacon is judged, then it is rejected.
    """
    code, inputs, description = BEFORE[name]
    vector.rejects(
        f"randomness-verify-{name}",
        "randomness/verify_beacon",
        code,
        description=description,
        requirements=[MESSAGE],
        flags=["BEACON_MESSAGE"],
        **inputs,
    )


# Encodings


NOT_LENGTH = ErrorCode.RANDOMNESS_SIGNATURE_LENGTH
FLAGS = ErrorCode.RANDOMNESS_SIGNATURE_FLAGS
INFINITE = ErrorCode.RANDOMNESS_SIGNATURE_INFINITE
NOT_CANONICAL = ErrorCode.RANDOMNESS_SIGNATURE_NOT_CANONICAL
OFF_CURVE = ErrorCode.RANDOMNESS_SIGNATURE_NOT_ON_CURVE
OUTSIDE = ErrorCode.RANDOMNESS_SIGNATURE_NOT_IN_SUBGROUP

Refusal = tuple[ErrorCode, bytes, str]
"""A code, what is no signature, and why."""


def compressed(x: int, *others: int, flags: int = COMPRESSED_FLAG) -> bytes:
    """Encode an x of BLS12-381, whatever belongs to it."""
    return b"".join(part.to_bytes(BLS12_381_BYTES, "big") for part in (x | flags, *others))


def small_x(chain: BeaconChain, *, has_point: bool) -> bytes:
    """Encode the least x that belongs to a point, or that does not; none is in the subgroup."""
    form = READABLE_FORMS[chain.scheme]
    zeros = (0,) * (form.signature_bytes // BLS12_381_BYTES - 1)
    encodings = (compressed(x, *zeros) for x in count(1))
    return next(each for each in encodings if (form.point(each) is not None) == has_point)


def of_any_chain(good: bytes) -> dict[str, Refusal]:
    """List what has not the length of a signature."""
    return {
        "empty": (NOT_LENGTH, b"", "No bytes are no signature."),
        "short": (NOT_LENGTH, good[:-1], "A signature without its last byte is too short."),
        "long": (NOT_LENGTH, good + b"\0", "A signature with a byte behind it is too long."),
        "long-in-front": (NOT_LENGTH, b"\0" + good, "A signature may not begin with one more 0."),
        "twice": (NOT_LENGTH, good + good, "A signature that stands twice is too long."),
    }


def of_bn254(good: bytes) -> dict[str, Refusal]:
    """List what is no point of BN254."""
    q = COORDINATE_MODULUS
    x, y = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:], "big")

    def pair(first: int, second: int) -> bytes:
        return first.to_bytes(32, "big") + second.to_bytes(32, "big")

    return {
        "infinity": (INFINITE, bytes(64), "All zero is infinity, which is no signature."),
        "x-plus-q": (NOT_CANONICAL, pair(x + q, y), "x plus q is x once more, and refused."),
        "y-plus-q": (NOT_CANONICAL, pair(x, y + q), "y plus q is y once more, and refused."),
        "x-is-q": (NOT_CANONICAL, pair(q, y), "x has to be below q."),
        "infinity-once-more": (NOT_CANONICAL, pair(q, q), "Zeros plus q are not infinity."),
        "x-greatest": (NOT_CANONICAL, pair(2**256 - 1, y), "The greatest x of 32 bytes."),
        "x-below-q": (OFF_CURVE, pair(q - 1, y), "x of q - 1 is below q, and off the curve."),
        "y-is-0": (OFF_CURVE, pair(x, 0), "No point of the curve has y = 0."),
        "x-is-0": (OFF_CURVE, pair(0, 1), "No point of the curve has x = 0."),
        "swapped": (OFF_CURVE, good[32:] + good[:32], "y does not stand before x."),
        "compressed": (NOT_LENGTH, good[:32], "x alone is too short: nothing is compressed."),
    }


def of_bls12_381(chain: BeaconChain, good: bytes) -> dict[str, Refusal]:
    """List what is no compressed point of BLS12-381."""
    first, *rest = (int.from_bytes(good[i : i + 48], "big") for i in range(0, len(good), 48))
    x, zeros, p = first % LARGER_FLAG, (0,) * len(rest), BLS12_381_MODULUS
    infinity = COMPRESSED_FLAG | INFINITY_FLAG
    outsider = small_x(chain, has_point=True)
    found: dict[str, Refusal] = {
        "zeros": (FLAGS, bytes(len(good)), "Zeros are not marked as compressed."),
        "without-flag": (FLAGS, compressed(x, *rest, flags=0), "x alone is not marked."),
        "without-flag-larger": (
            FLAGS,
            compressed(x, *rest, flags=LARGER_FLAG),
            "The flag of the larger y does not stand alone.",
        ),
        "infinity-without-flag": (
            FLAGS,
            compressed(0, *zeros, flags=INFINITY_FLAG),
            "What is not marked as compressed is not judged as infinity.",
        ),
        "infinity": (INFINITE, compressed(0, *zeros, flags=infinity), "Infinity is no signature."),
        "infinity-larger": (
            INFINITE,
            compressed(0, *zeros, flags=infinity | LARGER_FLAG),
            "Infinity has no larger y; it is no signature either way.",
        ),
        "infinity-of-x": (
            INFINITE,
            compressed(x, *rest, flags=infinity),
            "A signature that is marked as infinity; the mark is not ignored.",
        ),
        "infinity-not-canonical": (
            INFINITE,
            compressed(p, *zeros, flags=infinity),
            "The mark of infinity is judged before x.",
        ),
        "x-is-p": (NOT_CANONICAL, compressed(p, *rest), "x has to be below p."),
        "x-greatest": (
            NOT_CANONICAL,
            compressed(LARGER_FLAG - 1, *rest),
            "The greatest x beside the flags.",
        ),
        "no-point": (OFF_CURVE, small_x(chain, has_point=False), "No point has this x."),
        "outside": (OUTSIDE, outsider, "A point of the curve, of another order."),
        "outside-larger": (
            OUTSIDE,
            bytes([outsider[0] | 0x20]) + outsider[1:],
            "The point with the larger y, which is outside the subgroup as well.",
        ),
    }
    if rest:
        found |= {
            "second-is-p": (NOT_CANONICAL, compressed(x, p), "The part without i is judged too."),
            "second-plus-p": (
                NOT_CANONICAL,
                compressed(x, rest[0] + p),
                "The part without i plus p is the same once more, and refused.",
            ),
            "second-with-flag": (
                NOT_CANONICAL,
                compressed(x, rest[0] | COMPRESSED_FLAG),
                "Flags stand in the first byte only.",
            ),
        }
    return found


def refusals() -> dict[str, tuple[str, Refusal]]:
    """List what is no signature, by chain."""
    found = {}
    for name, real in OF_CHAIN.items():
        chain, good = CHAINS[name], real["signature"]
        special = of_bn254(good) if chain is EVMNET else of_bls12_381(chain, good)
        for what, refusal in {**of_any_chain(good), **special}.items():
            found[f"{name}-signature-{what}"] = name, refusal
    return found


REFUSALS: Final = refusals()


@pytest.mark.parametrize("name", REFUSALS)
def test_encodings(vector: VectorWriter, name: str) -> None:
    """
    A signature has one encoding.

    Given bytes that are no point of the group of signatures, or not its one encoding, when they are
    judged, then they are rejected; the answer is not that the beacon is not valid.
    """
    chain, (code, signature, description) = REFUSALS[name]
    in_group = code in (INFINITE, OFF_CURVE, OUTSIDE)
    vector.rejects(
        f"randomness-verify-{name}",
        "randomness/verify_beacon",
        code,
        description=description,
        requirements=[ENCODING, SIGNATURE],
        flags=["SIGNATURE_GROUP" if in_group else "SIGNATURE_ENCODING"],
        **{**OF_CHAIN[chain], "signature": signature},
    )


def test_signature_of_another_chain(vector: VectorWriter) -> None:
    """
    A signature belongs to its chain's scheme.

    Given the signature of one chain, when it is judged as another's, then its length is wrong.
    """
    for chain in CHAINS:
        for other in CHAINS:
            if other != chain:
                vector.rejects(
                    f"randomness-check-{chain}-signature-of-{other}",
                    "randomness/check_beacon",
                    NOT_LENGTH,
                    description=f"A signature of {other} has not the length of one of {chain}.",
                    requirements=[ENCODING],
                    flags=["BEACON_CHAIN", "SIGNATURE_ENCODING"],
                    **{**OF_CHAIN[chain], "signature": OF_CHAIN[other]["signature"]},
                )


ORDER: Final[dict[str, tuple[ErrorCode, dict[str, Any], str, str]]] = {
    "round-before-previous": (
        ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE,
        before("evmnet", 0, b""),
        ROUND,
        "Of no round and a signature before that is not expected the round is named.",
    ),
    "previous-before-length": (
        UNEXPECTED,
        {**before("quicknet", 123, b""), "signature": b""},
        MESSAGE,
        "Of a signature before that is not expected and none at all the first is named.",
    ),
    "missing-before-length": (
        MISSING,
        {**before("default", 1, None), "signature": b""},
        MESSAGE,
        "Of a signature before that is missing and none at all the first is named.",
    ),
    "previous-length-before-length": (
        LENGTH,
        {**before("default", 1, b""), "signature": b""},
        MESSAGE,
        "Of two signatures of the wrong length the one before is named.",
    ),
    "length-before-flags": (
        NOT_LENGTH,
        {**OF_CHAIN["quicknet"], "signature": bytes(47)},
        ENCODING,
        "Of a wrong length and missing flags the length is named.",
    ),
    "canonical-before-curve": (
        NOT_CANONICAL,
        {**OF_CHAIN["evmnet"], "signature": b"\xff" * 64},
        ENCODING,
        "Of numbers that are too great and that belong to no point the first is named.",
    ),
}


@pytest.mark.parametrize("name", ORDER)
def test_order(vector: VectorWriter, name: str) -> None:
    """
    Rules are judged in their order.

    Given a beacon that breaks two rules, when it is judged, then the first is named.
    """
    code, inputs, requirement, description = ORDER[name]
    vector.rejects(
        f"randomness-check-order-{name}",
        "randomness/check_beacon",
        code,
        description=description,
        requirements=[requirement],
        flags=["BEACON_ORDER"],
        **inputs,
    )


# Hashing to curves


KNOWN_POINTS: Final = {
    "evmnet": "bn254: 'baf09720c37cb921fd8362b1'",
    "quicknet": "g1: 'eb26460c7495053b531c3d00'",
}
"""Points that were published for a message under the domain of a chain."""


@pytest.mark.parametrize("chain", KNOWN_POINTS)
def test_published_points(vector: VectorWriter, chain: str) -> None:
    """
    Messages are hashed to published points.

    Given a message and the domain of a chain, when the message is hashed, then the point is the one
    that others found.
    """
    known = published("hash_to_curve", KNOWN_POINTS[chain])
    assert known["domain"].encode() == CHAINS[chain].domain
    output = vector.accepts(
        f"randomness-hash-to-curve-{chain}-published",
        "randomness/hash_to_curve",
        description="A message that another implementation hashed to the curve.",
        requirements=[HASH_BN254 if chain == "evmnet" else HASH_BLS],
        flags=["HASH_TO_CURVE"],
        chain=chain,
        message=bytes.fromhex(known["message"]),
    )
    x = bytes.fromhex(known["point"])[: len(output["point"])]
    if chain == "quicknet":
        x = bytes([output["point"][0] & 0xE0 | x[0]]) + x[1:]
    assert output["point"] == x


MESSAGES: Final = {
    "empty": (b"", "No bytes are a message."),
    "0": (b"\0", "One byte 0 is another message than none."),
    "1": (b"\1", "One byte 1."),
    "2": (b"\2", "One byte 2."),
    "3": (b"\3", "One byte 3."),
    "4": (b"\4", "One byte 4."),
    "5": (b"\5", "One byte 5."),
    "6": (b"\6", "One byte 6."),
    "ones": (b"\xff" * 32, "A message of the length of a hash."),
    "block-of-sha256": (bytes(64), "A message as long as a block of SHA-256."),
    "block-of-keccak": (bytes(136), "A message as long as a block of Keccak-256."),
    "long": (bytes(range(256)) * 4, "A message of 1,024 bytes."),
}


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("name", MESSAGES)
def test_hash_to_curve(vector: VectorWriter, chain: str, name: str) -> None:
    """
    Every message is hashed to a point.

    Given a message, when it is hashed, then a point of the group of signatures comes out, encoded
    as one.
    """
    message, description = MESSAGES[name]
    output = vector.accepts(
        f"randomness-hash-to-curve-{chain}-{name}",
        "randomness/hash_to_curve",
        description=description,
        requirements=[HASH_BN254 if chain == "evmnet" else HASH_BLS],
        flags=["HASH_TO_CURVE"],
        chain=chain,
        message=message,
    )
    form = READABLE_FORMS[CHAINS[chain].scheme]
    assert output["point"] == form.hash_to_curve(message, CHAINS[chain].domain)


# Forms of the inputs


def asked(**changes: Json) -> dict[str, Json]:
    """Give the JSON of a real beacon, with changes."""
    signature = OF_CHAIN["evmnet"]["signature"].hex()
    good: dict[str, Json] = {"chain": "evmnet", "round": "1", "signature": f"0x{signature}"}
    return {**good, **changes}


@pytest.mark.parametrize(
    ("field", "requirement"), [("chain", CHAIN), ("round", ROUND), ("signature", ENCODING)]
)
def test_field_absent(vector: VectorWriter, field: str, requirement: str) -> None:
    """
    Nothing is guessed.

    Given a beacon without one of its parts, when it is judged, then it is malformed.
    """
    given = asked()
    del given[field]
    vector.rejects_malformed(
        f"randomness-verify-without-{field}",
        "randomness/verify_beacon",
        given,
        description=f"A beacon without its {field} is malformed.",
        requirements=[requirement],
        flags=["MALFORMED"],
    )


MALFORMED: Final[dict[str, tuple[dict[str, Json], str, str]]] = {
    "round-negative": ({"round": "-1"}, ROUND, "A round has no sign."),
    "round-number": ({"round": 1}, ROUND, "A round is written as text, so that it is exact."),
    "signature-half-byte": (
        {"signature": asked()["signature"] + "0"},  # type: ignore[operator]
        ENCODING,
        "A signature is made of whole bytes.",
    ),
    "previous-null": (
        {"previous_signature": None},
        MESSAGE,
        "A signature before that is null is malformed; it is left out or given.",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(vector: VectorWriter, name: str) -> None:
    """
    Inputs have one form.

    Given another form, when the beacon is judged, then it is malformed.
    """
    changes, requirement, description = MALFORMED[name]
    vector.rejects_malformed(
        f"randomness-verify-{name}",
        "randomness/verify_beacon",
        asked(**changes),
        description=description,
        requirements=[requirement],
        flags=["MALFORMED"],
    )
