"""Scenarios of the field and the hash."""

import pytest

from payy_ref.crypto import compiled
from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.model import case_bytes, case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter

SPONGE = ("PAYY-HASH-003", "PAYY-HASH-004", "PAYY-HASH-005", "PAYY-HASH-006")
COUNT = "PAYY-HASH-007"
CHUNKS = "PAYY-HASH-008"

GREATEST = 2**256 - 1


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 115, 127, 128])
def test_numbers_of_inputs(vector: VectorWriter, count: int) -> None:
    """
    Every allowed number of inputs has its digest.

    Given inputs of random elements, when they are hashed, then the digest is that of the sponge.
    """
    case_id = f"hash-poseidon2-count-{count}"
    vector.accepts(
        case_id,
        "hash/poseidon2",
        description=f"{count} random field elements are hashed.",
        requirements=[*SPONGE, COUNT],
        flags=["SPONGE_GROUPING", "CAPACITY_LENGTH"],
        inputs=case_elements(case_id, count),
    )


@pytest.mark.parametrize("count", range(1, 9))
def test_small_inputs(vector: VectorWriter, count: int) -> None:
    """
    Digests of 1, 2, 3, … for a first test of an implementation.

    Given the integers 1 to n, when they are hashed, then the digest is that of the sponge.
    """
    vector.accepts(
        f"hash-poseidon2-small-{count}",
        "hash/poseidon2",
        description=f"The integers 1 to {count} are hashed.",
        requirements=[*SPONGE, COUNT],
        flags=["SPONGE_GROUPING"],
        inputs=tuple(range(1, count + 1)),
    )


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("zeros", (0, 0, 0, 0)),
        ("pair-of-zeros", (0, 0, 0, 2 * 2**64)),
        ("counting", (0, 1, 2, 3)),
        ("greatest", (MODULUS - 1,) * 4),
    ],
)
def test_rounds_of_the_permutation(
    vector: VectorWriter, name: str, state: tuple[int, int, int, int]
) -> None:
    """
    Every intermediate state, so that a wrong permutation shows where it goes wrong.

    Given a state, when it is permuted, then the state after each round is the stated one.
    """
    output = vector.accepts(
        f"poseidon2-rounds-{name}",
        "poseidon2/rounds",
        description=f"The states of the permutation of {name.replace('-', ' ')}, round by round.",
        requirements=["PAYY-HASH-003", "PAYY-HASH-004"],
        flags=["ROUND_STRUCTURE"],
        state=state,
    )
    assert len(output["states"]) == 1 + 8 + 56
    assert output["states"][-1] == compiled.permutation(state)


def test_states_have_four_cells(vector: VectorWriter) -> None:
    """
    The permutation has width 4.

    Given three cells, or five, when they are permuted, then the input is malformed.
    """
    for count in (0, 3, 5):
        cells: list[Json] = ["0x" + "00" * 32] * count
        vector.rejects_malformed(
            f"poseidon2-rounds-{count}-cells",
            "poseidon2/rounds",
            {"state": cells},
            description=f"A state of {count} cells is malformed.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_zeros_are_counted(vector: VectorWriter, count: int) -> None:
    """
    Zeros at the end change the digest.

    Given only zeros, when different numbers of them are hashed, then the digests differ.
    """
    vector.accepts(
        f"hash-poseidon2-zeros-{count}",
        "hash/poseidon2",
        description=f"{count} zeros are hashed; the number alone makes the digest.",
        requirements=["PAYY-HASH-005"],
        flags=["CAPACITY_LENGTH"],
        inputs=(0,) * count,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("p-minus-1", MODULUS - 1),
        ("p", MODULUS),
        ("p-plus-1", MODULUS + 1),
        ("2p", 2 * MODULUS),
        ("5p", 5 * MODULUS),
        ("2-to-255", 2**255),
        ("greatest", GREATEST),
    ],
)
def test_elements_are_reduced(vector: VectorWriter, name: str, value: int) -> None:
    """
    Elements of p or more enter the hash as their residues.

    Given an element and its residue, when both are hashed, then the digests are equal.
    """
    digests = [
        vector.accepts(
            f"hash-poseidon2-{kind}-{name}",
            "hash/poseidon2",
            description=f"The {kind} {name.replace('-', ' ')} is hashed beside a 7.",
            requirements=["PAYY-HASH-002"],
            flags=["REDUCTION_MISSING"],
            inputs=(each, 7),
        )
        for kind, each in (("element", value), ("residue", value % MODULUS))
    ]
    assert digests[0] == digests[1]


def test_too_few_or_too_many_inputs(vector: VectorWriter) -> None:
    """
    A hash takes 1 to 128 elements.

    Given no element, or 129, when they are hashed, then the input is rejected.
    """
    for count in (0, 129):
        vector.rejects(
            f"hash-poseidon2-count-{count}",
            "hash/poseidon2",
            ErrorCode.HASH_INPUT_COUNT,
            description=f"{count} elements are too {'few' if count == 0 else 'many'} to hash.",
            requirements=[COUNT],
            flags=["INPUT_COUNT"],
            inputs=(1,) * count,
        )


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 31, 32, 33, 64, 100])
def test_lengths_of_bytes(vector: VectorWriter, length: int) -> None:
    """
    Bytes are hashed in chunks of 16.

    Given a random string, when it is hashed, then the digest is that of its chunks.
    """
    case_id = f"hash-bytes-length-{length}"
    vector.accepts(
        case_id,
        "hash/bytes",
        description=f"{length} random bytes are hashed.",
        requirements=[CHUNKS],
        flags=["BYTE_CHUNKS"],
        bytes=case_bytes(case_id, length),
    )


def test_padding_is_not_bound(vector: VectorWriter) -> None:
    """
    The length of a string is not in its hash.

    Given strings of 1, 2, 15 and 16 zero bytes, when they are hashed, then the digests are equal;
    17 zero bytes have two chunks and another digest.
    """
    digests = [
        vector.accepts(
            f"hash-bytes-zeros-{length}",
            "hash/bytes",
            description=f"{length} zero bytes are hashed.",
            requirements=[CHUNKS, "PAYY-HASH-009"],
            flags=["LENGTH_NOT_BOUND"],
            bytes=bytes(length),
        )["digest"]
        for length in (1, 2, 15, 16, 17)
    ]
    assert len(set(digests[:4])) == 1
    assert digests[4] != digests[0]


def test_padding_is_on_the_right(vector: VectorWriter) -> None:
    """
    The last chunk is filled up behind its bytes.

    Given the byte 1, and the byte 1 with 15 zero bytes before or after it, when they are hashed,
    then the digest of the first is that of the third.
    """
    digests = {
        name: vector.accepts(
            f"hash-bytes-padding-{name}",
            "hash/bytes",
            description=f"The byte 1 with padding {name}: {len(data)} bytes.",
            requirements=[CHUNKS, "PAYY-HASH-009"],
            flags=["BYTE_CHUNKS"],
            bytes=data,
        )["digest"]
        for name, data in (
            ("none", b"\x01"),
            ("left", bytes(15) + b"\x01"),
            ("right", b"\x01" + bytes(15)),
        )
    }
    assert digests["none"] == digests["right"] != digests["left"]


def test_greatest_chunk(vector: VectorWriter) -> None:
    """
    A chunk is an unsigned integer of 128 bits.

    Given 32 bytes of 255, when they are hashed, then both chunks are 2^128 - 1.
    """
    vector.accepts(
        "hash-bytes-greatest",
        "hash/bytes",
        description="32 bytes of 255 are hashed.",
        requirements=[CHUNKS],
        flags=["BYTE_CHUNKS"],
        bytes=b"\xff" * 32,
    )


@pytest.mark.parametrize(("name", "value"), [("p", MODULUS), ("greatest", GREATEST)])
def test_non_canonical_field_elements(vector: VectorWriter, name: str, value: int) -> None:
    """
    Where a field element is demanded, p and above are refused.

    Given a leaf that is not below p, when a tree is made of it, then it is rejected.
    """
    vector.rejects(
        f"field-element-{name}",
        "merkle/root",
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        description=f"A leaf of {name} is not a field element.",
        requirements=["PAYY-HASH-001", "PAYY-MERKLE-005"],
        flags=["NON_CANONICAL_ACCEPTED"],
        depth=160,
        leaves=(value,),
    )


def test_greatest_field_element(vector: VectorWriter) -> None:
    """
    The greatest field element is p - 1.

    Given a leaf of p - 1, when a tree is made of it, then it is accepted.
    """
    vector.accepts(
        "field-element-p-minus-1",
        "merkle/root",
        description="A leaf of p - 1 is a field element.",
        requirements=["PAYY-HASH-001", "PAYY-MERKLE-005"],
        flags=["NON_CANONICAL_ACCEPTED"],
        depth=160,
        leaves=(MODULUS - 1,),
    )
