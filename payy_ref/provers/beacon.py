"""
Public randomness: the beacons of drand.

A group of organizations signs the number of a round every few seconds, with a key that none of them
has alone. Nobody can compute a round's signature before enough of them sign, everybody can check
it, and there is only one. Its hash is the round's randomness. The group can stop, but not choose.

Three chains of beacons are known. `evmnet` is on BN254, whose pairing every Ethereum fork has a
precompile for. `quicknet` and `default` are on BLS12-381. On `default` a beacon also signs the
signature before it.

Source: the drand specification and its published chain information.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from payy_ref.crypto.hashing import keccak256
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs.curve import fast_pairing_check
from payy_ref.provers.readable import Bn254, ReadableG1, ReadableG2
from payy_ref.provers.round_kernels import round_not_before, round_time
from payy_ref.provers.signature import SignatureForm, decoded_signature

MAXIMUM_ROUND: Final = 2**64 - 1
"""A round is signed as 8 bytes. What is cut to 8 bytes would name another round."""

ROUND_BYTES: Final = 8
"""Width of a round in the message."""

SEED_BYTES: Final = 32
"""Length of the group hash, which takes the place of the signature before the first round."""

UNNAMED: Final = "default"
"""The chain that is older than names: its name is not part of its hash."""


class Scheme(StrEnum):
    """What is signed, and how; the names are drand's."""

    CHAINED = "pedersen-bls-chained"
    """BLS12-381, signatures in G2; the message holds the signature before."""
    UNCHAINED = "bls-unchained-g1-rfc9380"
    """BLS12-381, signatures in G1."""
    BN254 = "bls-bn254-unchained-on-g1"
    """BN254, signatures in G1, messages hashed with Keccak-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconChain:
    """A chain of beacons."""

    name: str
    """Its name at drand, the beacon id."""
    scheme: Scheme
    """What is signed, and how."""
    domain: bytes
    """
    The domain of its hash to the curve.

    Not decided by the scheme alone: a chain that is gone signed in G1 under the domain of G2.
    """
    public_key: bytes
    """The group's key as published: compressed on BLS12-381, as EIP-197 has points on BN254."""
    period: int
    """Seconds from one round to the next."""
    genesis_time: int
    """Time of round 1, in seconds of Unix time."""
    group_hash: bytes
    """32 bytes: the hash of the first group, the seed of the chain."""
    chain_hash: bytes
    """32 bytes: what the chain is known by; `chain_hash_of` gives it."""


EVMNET: Final = BeaconChain(
    name="evmnet",
    scheme=Scheme.BN254,
    domain=b"BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_",
    public_key=bytes.fromhex(
        "07e1d1d335df83fa98462005690372c643340060d205306a9aa8106b6bd0b382"
        "0557ec32c2ad488e4d4f6008f89a346f18492092ccc0d594610de2732c8b808f"
        "0095685ae3a85ba243747b1b2f426049010f6b73a0cf1d389351d5aaaa1047f6"
        "297d3a4f9749b33eb2d904c9d9ebf17224150ddd7abd7567a9bec6c74480ee0b"
    ),
    period=3,
    genesis_time=1727521075,
    group_hash=bytes.fromhex("cd7ad2f0e0cce5d8c288f2dd016ffe7bc8dc88dbb229b3da2b6ad736490dfed6"),
    chain_hash=bytes.fromhex("04f1e9062b8a81f848fded9c12306733282b2727ecced50032187751166ec8c3"),
)
"""Made for contracts: BN254 and Keccak-256."""

QUICKNET: Final = BeaconChain(
    name="quicknet",
    scheme=Scheme.UNCHAINED,
    domain=b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
    public_key=bytes.fromhex(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
        "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
        "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    period=3,
    genesis_time=1692803367,
    group_hash=bytes.fromhex("f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e"),
    chain_hash=bytes.fromhex("52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"),
)
"""The fast chain on BLS12-381."""

DEFAULT: Final = BeaconChain(
    name="default",
    scheme=Scheme.CHAINED,
    domain=b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_",
    public_key=bytes.fromhex(
        "868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a5699"
        "37c529eeda66c7293784a9402801af31"
    ),
    period=30,
    genesis_time=1595431050,
    group_hash=bytes.fromhex("176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a"),
    chain_hash=bytes.fromhex("8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"),
)
"""The first chain, whose beacons sign one another."""

CHAINS: Final[Mapping[str, BeaconChain]] = MappingProxyType(
    {chain.name: chain for chain in (EVMNET, QUICKNET, DEFAULT)}
)
"""The chains by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """What a chain publishes for a round."""

    round: int
    """Number of the round, from 1."""
    signature: bytes
    """The group's signature, as published."""
    previous_signature: bytes | None = None
    """On a chained chain the signature of the round before; for round 1 the group hash."""


Forms = Mapping[Scheme, SignatureForm]
"""A form of the arithmetic for each scheme."""

READABLE_FORMS: Final[Forms] = MappingProxyType(
    {Scheme.CHAINED: ReadableG2(), Scheme.UNCHAINED: ReadableG1(), Scheme.BN254: Bn254()}
)
"""The readable form."""


@cache
def fast_forms() -> Forms:
    """Give the fastest form that this installation has; what is missing is readable."""
    forms = {**READABLE_FORMS, Scheme.BN254: Bn254(fast_pairing_check())}
    try:
        fast: Any = import_module("payy_ref.provers.fast")
    except ImportError:
        return MappingProxyType(forms)
    return MappingProxyType(
        {**forms, Scheme.CHAINED: fast.FastG2(), Scheme.UNCHAINED: fast.FastG1()}
    )


# Chains


def find_chain(name: str) -> BeaconChain:
    """
    Find a chain by its name.

    Requirements:
        PAYY-PROVERS-001

    Raises:
        SpecError: `RANDOMNESS_CHAIN_UNKNOWN`.
    """
    # CHECK
    require(name in CHAINS, ErrorCode.RANDOMNESS_CHAIN_UNKNOWN)

    return CHAINS[name]


def chain_hash_of(
    *, name: str, public_key: bytes, period: int, genesis_time: int, group_hash: bytes
) -> bytes:
    """
    Compute the hash of a chain, which binds all that its beacons are judged by but the scheme.

    Args:
        name: The beacon id.
        public_key: The key as published.
        period: Seconds from one round to the next, below 2^32.
        genesis_time: Time of round 1, in seconds, below 2^63.
        group_hash: 32 bytes.

    Requirements:
        PAYY-PROVERS-002

    Raises:
        SpecError: `RANDOMNESS_PARAMETER_OUT_OF_RANGE`.
    """
    # CHECK
    require(
        0 < period < 2**32 and 0 <= genesis_time < 2**63,
        ErrorCode.RANDOMNESS_PARAMETER_OUT_OF_RANGE,
    )

    # COMPUTE
    times = period.to_bytes(4, "big") + genesis_time.to_bytes(8, "big")
    suffix = b"" if name == UNNAMED else name.encode()
    return hashlib.sha256(times + public_key + group_hash + suffix).digest()


# Rounds and times


def checked_round(number: int) -> int:
    """
    Judge the number of a round.

    Requirements:
        PAYY-PROVERS-003

    Raises:
        SpecError: `RANDOMNESS_ROUND_OUT_OF_RANGE`.
    """
    # CHECK
    require(1 <= number <= MAXIMUM_ROUND, ErrorCode.RANDOMNESS_ROUND_OUT_OF_RANGE)

    return number


def time_of(chain: BeaconChain, number: int) -> int:
    """
    Give the time of a round, in seconds: nobody knows its signature before.

    Requirements:
        PAYY-PROVERS-003

    Raises:
        SpecError: `RANDOMNESS_ROUND_OUT_OF_RANGE`.
    """
    # COMPUTE
    return round_time(checked_round(number), chain.genesis_time, chain.period)


def round_at(chain: BeaconChain, time: int) -> int:
    """
    Give the first round whose time is this one, in seconds, or later.

    Requirements:
        PAYY-PROVERS-003

    Raises:
        SpecError: `RANDOMNESS_ROUND_OUT_OF_RANGE`.
    """
    # COMPUTE
    return checked_round(round_not_before(time, chain.genesis_time, chain.period))


# Beacons


def message_of(chain: BeaconChain, beacon: Beacon) -> bytes:
    """
    Give what the group signs for a round: the hash of its number, and of the signature before.

    Requirements:
        PAYY-PROVERS-004

    Raises:
        SpecError: `RANDOMNESS_ROUND_OUT_OF_RANGE`, `RANDOMNESS_PREVIOUS_UNEXPECTED`,
            `RANDOMNESS_PREVIOUS_MISSING`, `RANDOMNESS_PREVIOUS_LENGTH`.
    """
    number = checked_round(beacon.round)
    previous = beacon.previous_signature
    is_chained = chain.scheme == Scheme.CHAINED
    before = SEED_BYTES if number == 1 else READABLE_FORMS[chain.scheme].signature_bytes
    # CHECK
    require(is_chained or previous is None, ErrorCode.RANDOMNESS_PREVIOUS_UNEXPECTED)
    require(not is_chained or previous is not None, ErrorCode.RANDOMNESS_PREVIOUS_MISSING)
    require(previous is None or len(previous) == before, ErrorCode.RANDOMNESS_PREVIOUS_LENGTH)

    # COMPUTE
    content = (previous or b"") + number.to_bytes(ROUND_BYTES, "big")
    if chain.scheme == Scheme.BN254:
        return keccak256(content)
    return hashlib.sha256(content).digest()


def randomness_of(signature: bytes) -> bytes:
    """
    Give the randomness of a signature: the hash of the bytes as published.

    Requirements:
        PAYY-PROVERS-009
    """
    return hashlib.sha256(signature).digest()


def beacon_is_valid(chain: BeaconChain, beacon: Beacon, *, forms: Forms | None = None) -> bool:
    """
    Tell whether the group signed this round.

    Args:
        forms: Who computes; the fastest there is, if not given.

    Requirements:
        PAYY-PROVERS-004, PAYY-PROVERS-007, PAYY-PROVERS-008

    Raises:
        SpecError: `RANDOMNESS_ROUND_OUT_OF_RANGE`, `RANDOMNESS_PREVIOUS_UNEXPECTED`,
            `RANDOMNESS_PREVIOUS_MISSING`, `RANDOMNESS_PREVIOUS_LENGTH`, or the code of the rule
            that the signature's encoding breaks (`decoded_signature`).
        ValueError: The chain's public key is not a point of its group other than infinity.
    """
    form = (fast_forms() if forms is None else forms)[chain.scheme]
    # CHECK
    message = message_of(chain, beacon)
    point = decoded_signature(form, beacon.signature)

    # COMPUTE
    return form.verifies(point, message, domain=chain.domain, public_key=chain.public_key)


def check_beacon(chain: BeaconChain, beacon: Beacon, *, forms: Forms | None = None) -> bytes:
    """
    Judge a beacon and give its randomness, 32 bytes.

    Args:
        forms: Who computes; the fastest there is, if not given.

    Requirements:
        PAYY-PROVERS-008, PAYY-PROVERS-009

    Raises:
        SpecError: `RANDOMNESS_SIGNATURE_INVALID`, or the code of the rule that the beacon breaks
            before (`beacon_is_valid`).
        ValueError: The chain's public key is not a point of its group other than infinity.
    """
    # CHECK
    is_valid = beacon_is_valid(chain, beacon, forms=forms)
    require(is_valid, ErrorCode.RANDOMNESS_SIGNATURE_INVALID)

    # COMPUTE
    return randomness_of(beacon.signature)
