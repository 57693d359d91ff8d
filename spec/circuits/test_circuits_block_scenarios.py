"""Scenarios of a block's proof together with those of its clients, on circuits of a few rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import pytest

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode
from payy_ref.proofs.curve import G1_BYTES
from payy_ref.proofs.keys import ProvingKey, encode_key
from payy_ref.proofs.system import Builder, Circuit
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.circuits.circuit_cases import (
    blinding_of,
    example,
    key_bytes,
    key_of_system,
    moved,
    proof_of,
    rules,
)
from spec.ledger.ledger_cases import in_words

WORDS: Final = 9
"""Public words of a client."""

CLAIM: Final = 4
"""Words of a claim."""

PLACES: Final = 2
"""Places of the block."""


@cache
def client_circuit() -> Circuit:
    """State that the third of nine words is the product of the first two."""
    builder = Builder("payy-ref/vectors/client")
    words = [builder.public(f"word[{i}]") for i in range(WORDS)]
    builder.bind_arithmetic("product", (1, 0, 0, 0), words[0], words[1], result=words[2])
    return builder.build()


@cache
def block_circuit() -> Circuit:
    """State that the first word of the claim is the sum of the first words of both places."""
    builder = Builder("payy-ref/vectors/block")
    claim = [builder.public(f"claim[{i}]") for i in range(CLAIM)]
    words = [builder.public(f"word[{i}]") for i in range(PLACES * WORDS)]
    builder.bind_arithmetic("sum", (0, 1, 1, 0), words[0], addend=words[WORDS], result=claim[0])
    return builder.build()


@cache
def key_of(circuit_name: str) -> ProvingKey:
    """Make the key of one of the two."""
    circuit = client_circuit() if circuit_name == "client" else block_circuit()
    return key_of_system(circuit.system)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is judged."""

    client_key: bytes
    """Key of clients' proofs."""
    block_key: bytes
    """Key of the block's."""
    claim: tuple[int, ...]
    """Four words."""
    words: tuple[int, ...]
    """Nine for each place."""
    client_proofs: tuple[bytes, ...]
    """One for each place."""
    block_proof: bytes
    """The block's."""


def client_proof(words: Sequence[int], case: str) -> bytes:
    """Prove the words of a place."""
    made = example(client_circuit(), **{f"word[{i}]": word for i, word in enumerate(words)})
    return proof_of(made, key_of("client"), blinding_of(case))


def words_of(first: int, second: int, *rest: int) -> tuple[int, ...]:
    """Make nine words that a client can prove."""
    start = (first, second, first * second, *rest)
    return (*start, *[0] * (WORDS - len(start)))


@cache
def block_of(*places: tuple[int, ...]) -> Given:
    """Make a block of places, padding among them: nine zeros without a proof."""
    words = tuple(word for place in places for word in place)
    claim = (words[0] + words[WORDS], 22, 33, 1)
    inputs = {f"claim[{i}]": word for i, word in enumerate(claim)}
    inputs |= {f"word[{i}]": word for i, word in enumerate(words)}
    made = example(block_circuit(), **inputs)
    return Given(
        client_key=encode_key(key_of("client").verification),
        block_key=encode_key(key_of("block").verification),
        claim=claim,
        words=words,
        client_proofs=tuple(
            client_proof(place, f"plonk-block-{i}") if any(place) else b""
            for i, place in enumerate(places)
        ),
        block_proof=proof_of(made, key_of("block"), blinding_of("plonk-block")),
    )


PADDING: Final = (0,) * WORDS
"""The words of a place without a transaction."""

FIRST: Final = words_of(5, 7, 1, 2, 3, 4, 5, 6)
SECOND: Final = words_of(11, 13, 6, 5, 4, 3, 2, 1)


def whole() -> Given:
    """Make a block of two transactions."""
    return block_of(FIRST, SECOND)


def refuses(vector: VectorWriter, name: str, given: Given, error: ErrorCode) -> None:
    """State that a block is refused."""
    vector.rejects(
        f"plonk-verify-block-{name}",
        "plonk/verify_block",
        error,
        description=f"A block's proofs are refused: {in_words(name)}.",
        requirements=rules(32),
        flags=["BATCH"],
        **{field: getattr(given, field) for field in Given.__slots__},
    )


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("of-two", (FIRST, SECOND)),
        ("of-one-and-padding", (FIRST, PADDING)),
        ("of-padding-and-one", (PADDING, SECOND)),
        ("of-padding-alone", (PADDING, PADDING)),
        ("of-one-transaction-twice", (FIRST, FIRST)),
    ],
)
def test_blocks_with_their_clients(
    vector: VectorWriter, name: str, places: tuple[tuple[int, ...], ...]
) -> None:
    """
    A block is judged with its clients.

    Given a proof for each place with a transaction, none for padding, and the block's, when they
    are judged, then they are accepted.
    """
    given = block_of(*places)
    vector.accepts(
        f"plonk-verify-block-{name}",
        "plonk/verify_block",
        description=f"A block's proofs are accepted: {in_words(name)}.",
        requirements=rules(32),
        flags=["VERIFIER_STRICT"],
        **{field: getattr(given, field) for field in Given.__slots__},
    )


def test_words_that_count_as_the_claims(vector: VectorWriter) -> None:
    """
    No word goes from a place to the claim, or the other way.

    Given a true block whose words are divided otherwise between claim and places, so that the total
    is right but fewer clients' proofs are asked for, when it is judged, then it is refused.
    """
    given = whole()
    code = ErrorCode.PROOF_PUBLIC_COUNT
    one_less = replace(
        given,
        claim=(*given.claim, *given.words[:WORDS]),
        words=given.words[WORDS:],
        client_proofs=given.client_proofs[1:],
    )
    refuses(vector, "first-place-in-the-claim", one_less, code)
    none = replace(given, claim=(*given.claim, *given.words), words=(), client_proofs=())
    refuses(vector, "no-places", none, code)
    moved_in = replace(given, claim=given.claim[:-1], words=(given.claim[-1], *given.words))
    refuses(vector, "claim-in-the-places", moved_in, code)
    refuses(vector, "claim-of-three-words", replace(given, claim=given.claim[:-1]), code)
    refuses(vector, "no-claim", replace(given, claim=()), code)
    refuses(vector, "word-too-many", replace(given, words=(*given.words, 0)), code)
    more = replace(given, words=(*given.words, *PADDING), client_proofs=(*given.client_proofs, b""))
    refuses(vector, "place-too-many", more, code)
    less = replace(given, words=given.words[:WORDS], client_proofs=given.client_proofs[:1])
    refuses(vector, "place-too-few", less, code)
    refuses(vector, "proof-too-few", replace(given, client_proofs=given.client_proofs[:1]), code)


def test_places_without_a_proof(vector: VectorWriter) -> None:
    """
    Padding says nothing.

    Given a place without a proof whose words are not all 0, when the block is judged, then it is
    refused; and a place of zeros that has a proof is judged by it.
    """
    given = whole()
    without = replace(given, client_proofs=(given.client_proofs[0], b""))
    refuses(vector, "transaction-without-proof", without, ErrorCode.PROOF_LENGTH)
    neither = replace(given, client_proofs=(b"", b""))
    refuses(vector, "no-client-proofs", neither, ErrorCode.PROOF_LENGTH)
    padded = block_of(FIRST, PADDING)
    last = replace(padded, words=(*padded.words[:-1], 1))
    refuses(vector, "last-word-of-padding", last, ErrorCode.PROOF_LENGTH)
    beyond = replace(padded, words=(*padded.words[:-1], MODULUS))
    refuses(vector, "word-of-padding-is-p", beyond, ErrorCode.PROOF_LENGTH)
    foreign = replace(padded, client_proofs=(padded.client_proofs[0], given.client_proofs[1]))
    refuses(vector, "proof-of-another-for-padding", foreign, ErrorCode.PROOF_EQUATION)


def test_blocks_with_a_bad_part(vector: VectorWriter) -> None:
    """
    Each proof counts, and each is for its place.

    Given proofs of a block of which one is bad, short, or at another place, or words that are not
    the proven ones, when they are judged, then they are refused.
    """
    given = whole()
    equation = ErrorCode.PROOF_EQUATION
    first, second = given.client_proofs
    refuses(vector, "proofs-exchanged", replace(given, client_proofs=(second, first)), equation)
    bad = moved(first, G1_BYTES * 7)
    refuses(vector, "bad-client", replace(given, client_proofs=(bad, second)), equation)
    bad = moved(given.block_proof, G1_BYTES * 7)
    refuses(vector, "bad-block", replace(given, block_proof=bad), equation)
    refuses(vector, "other-claim", replace(given, claim=(*given.claim[:3], 0)), equation)
    changed = (*given.words[:8], 99, *given.words[9:])
    refuses(vector, "other-word", replace(given, words=changed), equation)
    turned = replace(given, client_key=given.block_key, block_key=given.client_key)
    refuses(vector, "keys-exchanged", turned, ErrorCode.PROOF_PUBLIC_COUNT)
    other = replace(given, client_key=key_bytes("square"))
    refuses(vector, "key-of-another-client", other, ErrorCode.PROOF_PUBLIC_COUNT)
    beyond = (given.words[0] + MODULUS, *given.words[1:])
    code = ErrorCode.PROOF_PUBLIC_NOT_CANONICAL
    refuses(vector, "word-plus-p", replace(given, words=beyond), code)
    short = replace(given, client_proofs=(first, second[:-1]), claim=())
    refuses(vector, "order-short-proof-and-claim", short, ErrorCode.PROOF_LENGTH)
    refuses(vector, "short-block-proof", replace(given, block_proof=b""), ErrorCode.PROOF_LENGTH)


def test_order_of_errors_of_batches(vector: VectorWriter) -> None:
    """
    All is decoded before anything is compared.

    Given a batch whose first claim has another number of inputs or another setup, and whose second
    proof is short, when it is judged, then the short proof is named.
    """
    given = whole()
    first, second = given.client_proofs
    claims = (
        {"key": given.client_key, "public_inputs": (), "proof": first},
        {"key": given.client_key, "public_inputs": given.words[WORDS:], "proof": second[:-1]},
    )
    vector.rejects(
        "plonk-verify-batch-order-of-count-and-short-proof",
        "plonk/verify_batch",
        ErrorCode.PROOF_LENGTH,
        description="A count is wrong in the first claim, a proof is short in the second.",
        requirements=rules(30),
        flags=["BATCH"],
        claims=claims,
    )
