"""Suite `randomness`: the beacons of drand."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.operations.forms import Boolean, Bytes, Integer, Text
from payy_ref.operations.registry import Fields, Operation
from payy_ref.parameters import Parameters
from payy_ref.provers import beacon

HASH_BYTES: Final = 32
"""Length of randomness and of the hashes of chains."""


def _chain_hash(parameters: Parameters, **content: Any) -> Mapping[str, Any]:
    return {"chain_hash": beacon.chain_hash_of(**content)}


def _round_at(parameters: Parameters, *, chain: str, time: int) -> Mapping[str, Any]:
    return {"round": beacon.round_at(beacon.find_chain(chain), time)}


def _time_of(parameters: Parameters, *, chain: str, round: int) -> Mapping[str, Any]:
    return {"time": beacon.time_of(beacon.find_chain(chain), round)}


def _hash_to_curve(parameters: Parameters, *, chain: str, message: bytes) -> Mapping[str, Any]:
    found = beacon.find_chain(chain)
    form = beacon.fast_forms()[found.scheme]
    return {"point": form.hash_to_curve(message, found.domain)}


def _verify_beacon(parameters: Parameters, *, chain: str, **content: Any) -> Mapping[str, Any]:
    found = beacon.find_chain(chain)
    given = beacon.Beacon(**content)
    return {
        "valid": beacon.beacon_is_valid(found, given),
        "randomness": beacon.randomness_of(given.signature),
    }


def _check_beacon(parameters: Parameters, *, chain: str, **content: Any) -> Mapping[str, Any]:
    found = beacon.find_chain(chain)
    return {"randomness": beacon.check_beacon(found, beacon.Beacon(**content))}


_BEACON: Final[Fields] = {
    "chain": Text(),
    "round": Integer(),
    "signature": Bytes(),
    "previous_signature": Bytes(),
}
_OPTIONAL: Final = frozenset({"previous_signature"})

OPERATIONS: Final = (
    Operation(
        suite="randomness",
        name="chain_hash",
        summary="Hash of a chain of beacons.",
        inputs={
            "name": Text(),
            "public_key": Bytes(),
            "period": Integer(),
            "genesis_time": Integer(),
            "group_hash": Bytes(HASH_BYTES),
        },
        outputs={"chain_hash": Bytes(HASH_BYTES)},
        compute=_chain_hash,
    ),
    Operation(
        suite="randomness",
        name="round_at",
        summary="First round at a time or after it.",
        inputs={"chain": Text(), "time": Integer()},
        outputs={"round": Integer()},
        compute=_round_at,
    ),
    Operation(
        suite="randomness",
        name="time_of",
        summary="Time of a round.",
        inputs={"chain": Text(), "round": Integer()},
        outputs={"time": Integer()},
        compute=_time_of,
    ),
    Operation(
        suite="randomness",
        name="hash_to_curve",
        summary="Point that a message is hashed to, encoded as a signature of the chain is.",
        inputs={"chain": Text(), "message": Bytes()},
        outputs={"point": Bytes()},
        compute=_hash_to_curve,
    ),
    Operation(
        suite="randomness",
        name="verify_beacon",
        summary=(
            "Whether the group signed the round, and the hash of the signature, which is randomness"
            " only if it did; what is no signature at all is rejected."
        ),
        inputs=_BEACON,
        outputs={"valid": Boolean(), "randomness": Bytes(HASH_BYTES)},
        compute=_verify_beacon,
        optional_inputs=_OPTIONAL,
    ),
    Operation(
        suite="randomness",
        name="check_beacon",
        summary="Randomness of a round; rejected unless the group signed it.",
        inputs=_BEACON,
        outputs={"randomness": Bytes(HASH_BYTES)},
        compute=_check_beacon,
        optional_inputs=_OPTIONAL,
    ),
)
