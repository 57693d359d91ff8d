"""
The hash functions of the network, as the rest of the package calls them.

Poseidon2 runs in the compiled form where there is a compiler; `poseidon2` is the specification of
what it computes. Keccak and SHA3 come from libraries.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from Crypto.Hash import keccak

from payy_ref.crypto import hash_form
from payy_ref.crypto.field import Element, FieldElement
from payy_ref.crypto.poseidon2 import State
from payy_ref.errors import ErrorCode, require

MAXIMUM_INPUTS: Final = 128
"""The deployed network hashes up to 115 elements at once (a verification key)."""

CHUNK_BYTES: Final = 16
"""Bytes are hashed in chunks of this length, each read as a big-endian integer."""


def hash_elements(inputs: Sequence[Element | FieldElement]) -> FieldElement:
    """
    Hash 1 to 128 elements, each reduced modulo p on entry.

    Requirements:
        PAYY-HASH-002, PAYY-HASH-005, PAYY-HASH-006, PAYY-HASH-007

    Raises:
        SpecError: `HASH_INPUT_COUNT`.
    """
    # CHECK
    require(1 <= len(inputs) <= MAXIMUM_INPUTS, ErrorCode.HASH_INPUT_COUNT)

    # COMPUTE
    return hash_form.sponge(inputs)


def hash_pair(left: int, right: int) -> FieldElement:
    """
    Hash two elements: the parent of two tree nodes.

    Requirements:
        PAYY-HASH-005
    """
    return hash_form.sponge((left, right))


def permutation_rows(state: State) -> tuple[int, ...]:
    """Give the cells of a permutation as circuits lay them out (`poseidon2.permutation_rows`)."""
    return hash_form.permutation_rows(state)


def byte_chunks(data: bytes) -> tuple[int, ...]:
    """
    Cut bytes into 16-byte chunks, the last one padded with zero bytes on the right.

    The length is not bound: data that differ only in trailing zero bytes of the last chunk give
    the same chunks.

    Requirements:
        PAYY-HASH-008, PAYY-HASH-009
    """
    return tuple(
        int.from_bytes(data[start : start + CHUNK_BYTES].ljust(CHUNK_BYTES, b"\0"), "big")
        for start in range(0, len(data), CHUNK_BYTES)
    )


def hash_bytes(data: bytes) -> FieldElement:
    """
    Hash a byte string: acc = 2, then acc = H2(acc, chunk) for each chunk.

    Requirements:
        PAYY-HASH-008, PAYY-HASH-009

    Source: deployed `pkg/hash`, hash of bytes.
    """
    return hash_form.byte_chain(byte_chunks(data))


def keccak256(data: bytes) -> bytes:
    """
    Hash bytes as Ethereum does: Keccak with 256 bits and the padding from before SHA-3.

    Requirements:
        PAYY-HASH-010
    """
    return keccak.new(data=data, digest_bits=256).digest()


def sha3_256(data: bytes) -> bytes:
    """
    Hash bytes with SHA3-256 of FIPS 202.

    Requirements:
        PAYY-HASH-010
    """
    return hashlib.sha3_256(data).digest()
