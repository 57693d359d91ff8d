"""Chains of beacons whose key we know, for tests and simulations."""

from dataclasses import replace
from functools import cache
from typing import Any, Final

import py_arkworks_bls12381 as arkworks

from payy_ref.proofs.curve import (
    G2_GENERATOR,
    decode_g1,
    encode_g1,
    encode_g2,
    multiply_g1,
    multiply_g2,
)
from payy_ref.provers.beacon import (
    UNNAMED,
    Beacon,
    BeaconChain,
    Scheme,
    chain_hash_of,
    fast_forms,
    message_of,
)

SECRET: Final = 0x5EED
"""The key of the chains made here, unless another is named."""


@cache
def own_chain(original: BeaconChain, secret: int = SECRET) -> BeaconChain:
    """Make a chain like another one, with a key that we know."""
    if original.scheme == Scheme.BN254:
        key = encode_g2(multiply_g2(G2_GENERATOR, secret))
    else:
        kind: Any = arkworks.G1Point if original.scheme == Scheme.CHAINED else arkworks.G2Point
        key = bytes((kind() * arkworks.Scalar(secret)).to_compressed_bytes())
    name = original.name if original.name == UNNAMED else f"{original.name}-test"
    chain_hash = chain_hash_of(
        name=name,
        public_key=key,
        period=original.period,
        genesis_time=original.genesis_time,
        group_hash=original.group_hash,
    )
    return replace(original, name=name, public_key=key, chain_hash=chain_hash)


def signed(
    chain: BeaconChain, number: int, *, previous: bytes | None = None, secret: int = SECRET
) -> Beacon:
    """
    Sign a round.

    Args:
        chain: One that `own_chain` made with this secret.
        number: The round.
        previous: On a chained chain the signature before; the group hash if not given, which only
            round 1 may have.
        secret: The key.
    """
    if chain.scheme == Scheme.CHAINED and previous is None:
        previous = chain.group_hash
    unsigned = Beacon(round=number, signature=b"", previous_signature=previous)
    hashed = fast_forms()[chain.scheme].hash_to_curve(message_of(chain, unsigned), chain.domain)
    return replace(unsigned, signature=multiplied(chain.scheme, hashed, secret))


def multiplied(scheme: Scheme, signature: bytes, factor: int) -> bytes:
    """Multiply a signature by a factor that is not 0 modulo the order of its group."""
    if scheme == Scheme.BN254:
        return encode_g1(multiply_g1(decode_g1(signature), factor))
    kind: Any = arkworks.G2Point if scheme == Scheme.CHAINED else arkworks.G1Point
    scalar = arkworks.Scalar.from_be_bytes_mod_order(factor.to_bytes(32, "big"))
    return bytes((kind.from_compressed_bytes(signature) * scalar).to_compressed_bytes())
