"""What the scenarios of the ledger share: transactions, what they lead to, and blocks."""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

import pytest
from Crypto.Hash import keccak

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.sequence import Block, Hash, Header, ProvenTransaction, Signature
from payy_ref.ledger.transaction import BURN, MINT, SEND, ZERO, PublicInputs, public_inputs_of
from payy_ref.merkle.path import Depth
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import update
from payy_ref.operations import find_operation
from payy_ref.vectors.model import case_bytes, case_elements

MAINNET, MINIMAL = "mainnet", "minimal"
DEPTH = {MAINNET: Depth(160), MINIMAL: Depth(8)}
PLACES = {MAINNET: 6, MINIMAL: 2}

both_presets = pytest.mark.parametrize("preset", [MAINNET, MINIMAL])

LAST = FieldElement(MODULUS - 1)
"""The greatest field element."""

# Transactions: a block looks at no notes, so that any elements will do.


def leaves_of(case_id: str, count: int) -> tuple[FieldElement, ...]:
    """Derive a case's own elements, with different slots even in a tree of depth 8."""
    elements = case_elements(case_id, count)
    return tuple(FieldElement(each // 256 * 256 + at) for at, each in enumerate(elements, 1))


A, B, C, D, E, F, G, H = leaves_of("block-apply", 8)
OLD = (A, B, C, D)
"""The tree before most blocks; the other four elements are not in it."""

MINT_WORDS = (POLYGON_USDC, FieldElement(1_000_000), *case_elements("block-apply-mint", 1))
BURN_WORDS = (
    POLYGON_USDC,
    FieldElement(400_000),
    *case_elements("block-apply-burn", 1),
    FieldElement(int.from_bytes(case_bytes("block-apply-burn", 20, "recipient"), "big")),
)


def transaction(
    kind: FieldElement,
    inputs: Sequence[FieldElement] = (),
    outputs: Sequence[FieldElement] = (),
    words: Sequence[FieldElement] = (),
) -> PublicInputs:
    """Give public inputs, with zeros where nothing is said."""
    zeros = (ZERO,) * 4
    return public_inputs_of(
        [*(*inputs, *zeros)[:2], *(*outputs, *zeros)[:2], kind, *(*words, *zeros)[:4]]
    )


def send(inputs: Sequence[FieldElement] = (), outputs: Sequence[FieldElement] = ()) -> PublicInputs:
    """Give a send."""
    return transaction(SEND, inputs, outputs)


def mint(outputs: Sequence[FieldElement], inputs: Sequence[FieldElement] = ()) -> PublicInputs:
    """Give a mint."""
    return transaction(MINT, inputs, outputs, MINT_WORDS)


def burn(inputs: Sequence[FieldElement], outputs: Sequence[FieldElement] = ()) -> PublicInputs:
    """Give a burn."""
    return transaction(BURN, inputs, outputs, BURN_WORDS)


def sharing_slot(element: FieldElement, preset: str) -> FieldElement:
    """Give another field element with the same slot."""
    width: int = 2 ** DEPTH[preset]
    return FieldElement(element + width if element + width < MODULUS else element - width)


def mixed(count: int) -> tuple[tuple[FieldElement, ...], tuple[PublicInputs, ...]]:
    """Give a tree, and transactions of all kinds that it allows together."""
    old, new = leaves_of("block-apply-mixed", 20)[:10], leaves_of("block-apply-mixed", 20)[10:]
    transactions = (
        burn(old[0:1], new[0:1]),
        mint(new[1:3]),
        send(old[1:3], new[3:5]),
        transaction(MINT, old[3:4], new[5:6], (*MINT_WORDS[:2], old[9])),
        burn(old[4:6]),
        send((ZERO, old[6]), (ZERO, new[6])),
    )
    return old, transactions[:count]


# What is expected, from the rules and not from the functions under test.


def leaves_after(
    leaves: Sequence[FieldElement], transactions: Sequence[PublicInputs]
) -> tuple[FieldElement, ...]:
    """Give the leaves that are left when transactions are done, in ascending order."""
    held = set(leaves)
    for each in transactions:
        held = (held - set(each.input_commitments)) | set(each.output_commitments)
    return tuple(sorted(held - {ZERO}))


def root_of(preset: str, leaves: Sequence[FieldElement]) -> FieldElement:
    """Give the root of a set of leaves."""
    return update(PersistentTree(depth=DEPTH[preset]), remove=(), insert=leaves).root


def keccak_of(*parts: bytes) -> Hash:
    """Hash byte strings one after the other."""
    return Hash(keccak.new(digest_bits=256, data=b"".join(parts)).digest())


def header_bytes(header: Header) -> bytes:
    """Lay a header out by hand."""
    fixed = struct.pack(
        "<Q32sQ32sI",
        header.height,
        header.last_block_hash,
        header.epoch_id,
        header.last_final_block_hash,
        len(header.approvals),
    )
    return fixed + b"".join(header.approvals)


def name_of(block: Block) -> Hash:
    """Name a block by hand."""
    height = struct.pack(">24xQ", block.header.height)
    return keccak_of(block.root.to_bytes(32, "big"), height, keccak_of(header_bytes(block.header)))


# Blocks


def proven(*transactions: PublicInputs) -> tuple[ProvenTransaction, ...]:
    """Put a few bytes beside each transaction, in the place of its proof."""
    proof = case_bytes("block-proof", 5)
    return tuple(ProvenTransaction(proof=proof, public=each) for each in transactions)


def signature(label: str) -> Signature:
    """Give 65 bytes that nobody judges here."""
    return Signature(case_bytes("block-signature", 65, label))


def with_header(block: Block, **fields: Any) -> Block:
    """Give a block with other fields in its header."""
    return replace(block, header=replace(block.header, **fields))


# Statements


def rules(*numbers: int) -> list[str]:
    """Give the ids of requirements of this chapter."""
    return [f"PAYY-LEDGER-{number:03}" for number in numbers]


TWO_FAULTS: Final = re.compile(r"(?:(.+)-)?order-(?:(.+)-)?before-(.+)")
"""How a case is named that has two faults: what it is about, the first fault, the second."""

FAULTS: Final = {
    "3-inputs": "there are three inputs",
    "absence": "an input is absent",
    "balance": "the values do not balance",
    "conflict": "a commitment of it is pending",
    "height": "the height is wrong",
    "insertion": "the slot of an output is taken",
    "insertions": "the slot of an output is taken",
    "kind": "a kind is unknown",
    "kind-of-next": "the kind of the next transaction is unknown",
    "kinds": "the kinds differ",
    "later-insertion": "the slot of a later output is taken",
    "later-removal": "a later input is absent",
    "leaves": "the leaves do not make the root",
    "message-value": "the value in the message is out of range",
    "mismatch": "the commit hash is another one",
    "output-value": "the value of an output is 2^240 or more",
    "owner": "an input has another owner",
    "p": "an element is p",
    "padding": "padding has a value",
    "padding-first": "padding stands at the first place of a group",
    "parent": "the parent is wrong",
    "referral": "the referral is not text",
    "removal": "an input is absent",
    "removals": "an input is absent",
    "repeated": "a leaf occurs twice",
    "root": "the root is wrong",
    "slot": "a slot is taken",
    "too-many": "there are too many transactions",
    "trailing-byte": "a byte follows the end",
    "transactions": "the transactions break a rule",
    "truncated": "the end is missing",
    "truncation": "the end is missing",
    "value": "the value is 2^240 or more",
    "value-without-kind": "a value is of no kind",
    "value-without-kind-of-next": "the value of the next transaction is of no kind",
    "words": "a word is not 0 that must be",
    "words-of-next": "a word of the next transaction is not 0 that must be",
}
"""Faults as they stand in a sentence, by their names in the names of cases."""


def in_words(name: str) -> str:
    """Give a case's name as it stands in a sentence; of two faults, both."""
    found = TWO_FAULTS.fullmatch(name)
    if found is None:
        return name.replace("-", " ")
    about, first, second = found.groups()
    before = FAULTS[first] if first else about and about.replace("-", " ")
    return f"{before}, and {FAULTS[second]}" if before else FAULTS[second]


def with_order(name: str, requirements: Sequence[str]) -> list[str]:
    """Add the rule on the order of errors to the requirements of a case that has two faults."""
    return [*requirements, *["PAYY-CONVENTIONS-002"] * bool(TWO_FAULTS.fullmatch(name))]


def counted(number: int, thing: str) -> str:
    """Give a number of things in words."""
    return f"{number} {thing}" + "s" * (number != 1)


def json_of(operation: str, **inputs: Any) -> dict[str, Any]:
    """Give the JSON of an input."""
    found = find_operation(*operation.split("/"))
    assert found is not None
    return cast(dict[str, Any], found.input_form.encode(inputs))


def with_field_missing(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give an input without each of its fields, and with null in the place of each."""
    bent: dict[str, dict[str, Any]] = {}
    for field in given:
        slug = field.replace("_", "-")
        bent[f"without-{slug}"] = {name: given[name] for name in given if name != field}
        bent[f"null-{slug}"] = {**given, field: None}
    return bent
