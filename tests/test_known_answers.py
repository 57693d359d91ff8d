"""The reference gives the answers that the deployed network and independent computations gave."""

import json
from pathlib import Path
from typing import Any

import pytest

from payy_ref.crypto import hashing, poseidon2
from payy_ref.crypto.field import Element, FieldElement
from payy_ref.ledger.kind import POLYGON_USDC, TokenAddress, note_kind
from payy_ref.ledger.link import Link, LinkVersion, decode_link, encode_link
from payy_ref.ledger.note import (
    Note,
    NoteValue,
    Psi,
    SecretKey,
    note_address,
    note_commitment,
)
from payy_ref.merkle import tree
from payy_ref.merkle.naive import NaiveTree
from payy_ref.merkle.path import Depth, empty_roots
from payy_ref.merkle.persistent import PersistentTree

FOLDER = Path(__file__).parent / "known_answers"

READABLE_PAIRS = 5
"""Pairs that the readable form hashes too: the fixed ones at the head of the list."""


def answers(topic: str) -> list[Any]:
    """Read the answers of a topic; each names its source."""
    found = json.loads((FOLDER / f"{topic}.json").read_text("utf-8"))["answers"]
    assert isinstance(found, list)
    assert all(answer["source"] for answer in found)
    return found


def number(text: str) -> int:
    """Read a hexadecimal number."""
    return int(text, 16)


@pytest.mark.parametrize("answer", answers("hash_pair"))
def test_hash_of_two_elements(answer: dict[str, Any]) -> None:
    """Two elements have the published digest, reduced on entry."""
    left, right = map(number, answer["elements"])
    assert hashing.hash_pair(left, right) == number(answer["digest"])


@pytest.mark.parametrize("answer", answers("hash_pair")[:READABLE_PAIRS])
def test_readable_hash_of_two_elements(answer: dict[str, Any]) -> None:
    """The readable form gives the published digest too."""
    assert poseidon2.sponge(list(map(number, answer["elements"]))) == number(answer["digest"])


@pytest.mark.parametrize("answer", answers("hash_elements"))
def test_hash_of_elements(answer: dict[str, Any]) -> None:
    """1 to 12 elements have the known digest, in both forms."""
    elements = [Element(number(element)) for element in answer["elements"]]
    assert hashing.hash_elements(elements) == number(answer["digest"])
    assert poseidon2.sponge(elements) == number(answer["digest"])


@pytest.mark.parametrize("answer", answers("hash_bytes"))
def test_hash_of_bytes(answer: dict[str, Any]) -> None:
    """Byte strings have the published digest."""
    assert hashing.hash_bytes(bytes.fromhex(answer["bytes"])) == number(answer["digest"])


@pytest.mark.parametrize("answer", answers("tree_root"))
def test_root(answer: dict[str, Any]) -> None:
    """Trees and empty subtrees have the published root, as used and as defined."""
    depth, root = Depth(answer["hashings"]), number(answer["root"])
    leaves = [FieldElement(number(leaf)) for leaf in answer["leaves"]]
    assert tree.update(PersistentTree(depth=depth), remove=(), insert=leaves).root == root
    if leaves:
        assert NaiveTree.of(depth, leaves).root == root
    else:
        assert empty_roots(depth)[depth] == root


@pytest.mark.parametrize("answer", answers("note_kind"))
def test_kind_of_a_note(answer: dict[str, Any]) -> None:
    """Tokens have the published kind."""
    token = TokenAddress(bytes.fromhex(answer["token"]))
    assert note_kind(answer["chain_id"], token) == int(answer["kind"])


@pytest.mark.parametrize("answer", answers("link"))
def test_link(answer: dict[str, Any]) -> None:
    """A link has the published payload, and the payload is read as the link."""
    link = Link(
        version=LinkVersion(answer["version"]),
        secret_key=answer["secret_key"],
        value=answer["value"],
        referral=answer["referral"],
    )
    assert encode_link(link) == answer["payload"]
    assert decode_link(answer["payload"]) == link


@pytest.mark.parametrize("answer", answers("note_address"))
def test_address_of_a_key(answer: dict[str, Any]) -> None:
    """A secret key has the published address."""
    secret_key = SecretKey(FieldElement(number(answer["secret_key"])))
    assert note_address(secret_key) == number(answer["address"])


@pytest.mark.parametrize("answer", answers("note_root"))
def test_root_of_one_note(answer: dict[str, Any]) -> None:
    """The tree of one note has the published root, which its commitment decides."""
    secret_key = SecretKey(FieldElement(number(answer["secret_key"])))
    note = Note(
        kind=POLYGON_USDC,
        value=NoteValue(FieldElement(number(answer["value"]))),
        address=note_address(secret_key),
        psi=Psi(FieldElement(number(answer["psi"]))),
    )
    leaves = [note_commitment(note)]
    assert NaiveTree.of(Depth(answer["hashings"]), leaves).root == number(answer["root"])
