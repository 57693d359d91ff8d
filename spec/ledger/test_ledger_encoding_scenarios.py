"""Scenarios of encoding blocks, of their names, and of what is signed."""

import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.sequence import (
    GENESIS,
    Block,
    Hash,
    Header,
    Height,
    ProvenTransaction,
    Signature,
)
from payy_ref.ledger.transaction import ZERO
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.model import case_bytes, case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import (
    LAST,
    A,
    B,
    E,
    F,
    G,
    burn,
    header_bytes,
    in_words,
    json_of,
    keccak_of,
    mint,
    name_of,
    proven,
    rules,
    send,
    signature,
    transaction,
    with_header,
)

SAMPLE = Block(
    header=Header(
        height=Height(0x0102030405060708),
        last_block_hash=Hash(case_bytes("block-sample", 32, "parent")),
        epoch_id=0x1112131415161718,
        last_final_block_hash=Hash(case_bytes("block-sample", 32, "final")),
        approvals=(signature("first"), signature("second")),
    ),
    root=case_elements("block-sample", 1)[0],
    transactions=(
        ProvenTransaction(proof=case_bytes("block-sample", 7, "proof"), public=send((A,), (E, F))),
        ProvenTransaction(proof=b"", public=burn((B,))),
    ),
    signature=signature("sample"),
)
"""A block whose fields all differ; it follows no other."""


def block_bytes(block: Block) -> bytes:
    """Lay a block out by hand."""
    transactions = b"".join(
        struct.pack("<I", len(each.proof))
        + each.proof
        + b"".join(word.to_bytes(32, "big") for word in each.public.words)
        for each in block.transactions
    )
    count = struct.pack("<I", len(block.transactions))
    root = block.root.to_bytes(32, "big")
    return header_bytes(block.header) + root + count + transactions + block.signature


# Encoding of blocks


def _sample_with(count: int) -> Block:
    """Give the sample with another number of approvals."""
    return with_header(SAMPLE, approvals=tuple(signature(f"approval {at}") for at in range(count)))


ENCODED: dict[str, Block] = {
    "sample": SAMPLE,
    "genesis": GENESIS,
    "no-approvals": _sample_with(0),
    "one-approval": _sample_with(1),
    "three-approvals": _sample_with(3),
    "greatest-height": with_header(SAMPLE, height=Height(2**64 - 1)),
    "greatest-epoch": with_header(SAMPLE, epoch_id=2**64 - 1),
    "root-zero": replace(SAMPLE, root=ZERO),
    "root-greatest": replace(SAMPLE, root=LAST),
    "no-transactions": replace(SAMPLE, transactions=()),
    "seven-transactions": replace(SAMPLE, transactions=proven(*[send((A,), (E,))] * 7)),
    "padding": replace(SAMPLE, transactions=proven(EMPTY_PLACE)),
    "unknown-kind": replace(SAMPLE, transactions=proven(transaction(LAST, (LAST,)))),
    "proof-of-300-bytes": replace(
        SAMPLE,
        transactions=(
            ProvenTransaction(proof=case_bytes("block-encode-proof", 300), public=mint((E,))),
        ),
    ),
}


@pytest.mark.parametrize("name", ENCODED)
def test_encoding_both_ways(vector: VectorWriter, name: str) -> None:
    """
    A block is written and read back.

    Given a block, when it is encoded and decoded, then the bytes are those laid out by hand and the
    block is the same; whether the block is allowed is not judged.
    """
    block = ENCODED[name]
    what: dict[str, Any] = {"requirements": rules(10, 11, 12, 13), "flags": ["BLOCK_LAYOUT"]}
    encoding = vector.accepts(
        f"block-encode-{name}",
        "block/encode",
        description=f"A block is written: {in_words(name)}.",
        block=block,
        **what,
    )["encoding"]
    assert encoding == block_bytes(block)
    decoded = vector.accepts(
        f"block-decode-{name}",
        "block/decode",
        description=f"A block is read: {in_words(name)}.",
        encoding=encoding,
        **what,
    )
    assert decoded["block"] == block


def test_genesis(vector: VectorWriter) -> None:
    """
    Everybody begins with one block.

    Given nothing, when the genesis block is asked for, then all its bytes are zero, and its name is
    the hash of its zeros.
    """
    output = vector.accepts(
        "block-genesis",
        "block/genesis",
        description="The first block is 185 zero bytes.",
        requirements=rules(10, 12, 14, 15, 19),
        flags=["BLOCK_LAYOUT"],
    )
    assert output["encoding"] == bytes(8 + 32 + 8 + 32 + 4 + 32 + 4 + 65) == bytes(185)
    assert output["block_hash"] == keccak_of(bytes(32), bytes(32), keccak_of(bytes(84)))
    assert output["block"].root == 0
    assert output["block"].transactions == output["block"].header.approvals == ()
    vector.rejects_malformed(
        "block-genesis-unknown-field",
        "block/genesis",
        {"preset": "mainnet"},
        description="The first block depends on nothing.",
        requirements=["PAYY-CONVENTIONS-001", *rules(19)],
        flags=["MALFORMED"],
    )


@pytest.mark.parametrize(
    ("field", "error", "number"),
    [
        ("height", ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE, 16),
        ("epoch_id", ErrorCode.BORSH_INTEGER_OUT_OF_RANGE, 10),
    ],
)
def test_integers_of_headers(
    vector: VectorWriter, field: str, error: ErrorCode, number: int
) -> None:
    """
    Height and epoch id have 64 bits.

    Given 2^64 or more, when the block is encoded or named, then it is rejected: a height because it
    is none, an epoch id because it has no encoding.
    """
    for operation in ("encode", "hash"):
        for name, value in (("2-64", 2**64), ("2-256", 2**256)):
            vector.rejects(
                f"block-{operation}-{field.replace('_', '-')}-{name}",
                f"block/{operation}",
                error,
                description=f"A header whose {in_words(field.replace('_', '-'))} is {value:#x}.",
                requirements=rules(number),
                flags=["BLOCK_LAYOUT", "BORSH_STRICTNESS"],
                block=with_header(SAMPLE, **{field: value}),
            )


def _bent_blocks() -> dict[str, tuple[ErrorCode, list[str], dict[str, Any]]]:
    """Give JSON of blocks with one fault each, by code and requirements."""
    good = json_of("block/encode", block=SAMPLE)["block"]
    header = good["header"]
    malformed = ErrorCode.MALFORMED_INPUT
    form = ["PAYY-CONVENTIONS-001"]
    headers: dict[str, Mapping[str, Json]] = {
        "height-number": {"height": 1},
        "height-negative": {"height": "-1"},
        "height-hex": {"height": "0x01"},
        "epoch-id-number": {"epoch_id": 0},
        "parent-31-bytes": {"last_block_hash": "0x" + "11" * 31},
        "parent-33-bytes": {"last_block_hash": "0x" + "11" * 33},
        "parent-empty": {"last_block_hash": "0x"},
        "final-31-bytes": {"last_final_block_hash": "0x" + "11" * 31},
        "final-33-bytes": {"last_final_block_hash": "0x" + "11" * 33},
        "approval-64-bytes": {"approvals": ["0x" + "11" * 64]},
        "approval-66-bytes": {"approvals": ["0x" + "11" * 65, "0x" + "11" * 66]},
        "approval-empty": {"approvals": ["0x"]},
        "approvals-null": {"approvals": None},
        "header-unknown-field": {"view": "0"},
    }
    blocks: dict[str, Mapping[str, Json]] = {
        "root-31-bytes": {"root": "0x" + "11" * 31},
        "root-33-bytes": {"root": "0x" + "11" * 33},
        "signature-64-bytes": {"signature": "0x" + "11" * 64},
        "signature-66-bytes": {"signature": "0x" + "11" * 66},
        "signature-empty": {"signature": "0x"},
        "transactions-null": {"transactions": None},
        "transaction-without-proof": {
            "transactions": [{"public_inputs": good["transactions"][0]["public_inputs"]}]
        },
        "transaction-without-public-inputs": {"transactions": [{"proof": "0x"}]},
        "block-unknown-field": {"proof": "0x"},
        "header-null": {"header": None},
    }
    bent = {
        name: (malformed, [*form, *rules(10)], {**good, "header": {**header, **fields}})
        for name, fields in headers.items()
    }
    for field in header:
        rest = {name: value for name, value in header.items() if name != field}
        name = f"header-without-{field.replace('_', '-')}"
        bent[name] = (malformed, [*form, *rules(10)], {**good, "header": rest})
    for name, fields in blocks.items():
        bent[name] = (malformed, [*form, *rules(12)], {**good, **fields})
    for field in good:
        rest = {name: value for name, value in good.items() if name != field}
        bent[f"block-without-{field}"] = (malformed, [*form, *rules(12)], rest)
    for name, value in (("p", MODULUS), ("greatest-word", 2**256 - 1)):
        code = ErrorCode.FIELD_ELEMENT_NOT_CANONICAL
        bent[f"root-{name}"] = (code, rules(12, 13), {**good, "root": f"0x{value:064x}"})
    return bent


@pytest.mark.parametrize("name", _bent_blocks())
def test_forms_of_blocks(vector: VectorWriter, name: str) -> None:
    """
    Blocks have one form.

    Given a block of another form, when it is encoded or named, then the input is rejected.
    """
    error, requirements, given = _bent_blocks()[name]
    for operation in ("encode", "hash"):
        vector.rejects_raw(
            f"block-{operation}-{name}",
            f"block/{operation}",
            error,
            {"block": given},
            description=f"A block is not of its form: {in_words(name)}.",
            requirements=requirements,
            flags=["MALFORMED"],
        )


def _cuts() -> dict[str, int]:
    """Give where the encoding of the sample is cut, by what ends there."""
    fields = {
        "nothing": 0,
        "half-a-height": 4,
        "height": 4,
        "parent": 32,
        "epoch-id": 8,
        "final": 32,
        "number-of-approvals": 4,
        "first-approval": 65,
        "second-approval": 65,
        "root": 32,
        "number-of-transactions": 4,
        "length-of-proof": 4,
        "half-a-proof": 3,
        "proof": 4,
        "first-word": 32,
        "eighth-word": 7 * 32,
        "first-transaction": 32,
        "length-of-empty-proof": 4,
        "second-transaction": 9 * 32,
        "all-but-one-byte": 64,
    }
    ends = [sum(list(fields.values())[: at + 1]) for at in range(len(fields))]
    return dict(zip(fields, ends, strict=True))


@pytest.mark.parametrize("name", _cuts())
def test_truncated_blocks(vector: VectorWriter, name: str) -> None:
    """
    An encoding is complete.

    Given an encoding that ends at a field or within one, when it is decoded, then it is rejected.
    """
    encoding = block_bytes(SAMPLE)
    assert _cuts()["all-but-one-byte"] == len(encoding) - 1
    vector.rejects(
        f"block-decode-ends-after-{name}",
        "block/decode",
        ErrorCode.BORSH_TRUNCATED,
        description=f"The encoding of a block ends after: {in_words(name)}.",
        requirements=rules(13),
        flags=["BORSH_STRICTNESS"],
        encoding=encoding[: _cuts()[name]],
    )


def test_encodings_that_are_too_long(vector: VectorWriter) -> None:
    """
    An encoding ends with the block.

    Given bytes after the signature, when the encoding is decoded, then it is rejected.
    """
    encoding = block_bytes(SAMPLE)
    tails = {
        "one-byte": b"\x00",
        "65-bytes": bytes(65),
        "itself": encoding,
    }
    for name, tail in tails.items():
        vector.rejects(
            f"block-decode-followed-by-{name}",
            "block/decode",
            ErrorCode.BORSH_TRAILING_BYTES,
            description=f"The encoding of a block is followed by: {in_words(name)}.",
            requirements=rules(13),
            flags=["BORSH_STRICTNESS"],
            encoding=encoding + tail,
        )


def _overwritten(at: int, content: bytes) -> bytes:
    encoding = block_bytes(SAMPLE)
    return encoding[:at] + content + encoding[at + len(content) :]


def test_announced_lengths(vector: VectorWriter) -> None:
    """
    A list has as many items as it announces.

    Given a number of approvals, transactions or bytes that is not the true one, when the encoding
    is decoded, then it is rejected, and nothing is reserved for what is not there.
    """
    cuts = _cuts()
    places = {
        "approvals": cuts["final"],
        "transactions": cuts["root"],
        "proof": cuts["number-of-transactions"],
    }
    for name, at in places.items():
        for suffix, number in (("greatest-number", 2**32 - 1), ("2-31", 2**31)):
            vector.rejects(
                f"block-decode-{name}-{suffix}",
                "block/decode",
                ErrorCode.BORSH_TRUNCATED,
                description=f"The encoding announces {number:#x} items: {name}.",
                requirements=[*rules(13), "PAYY-CONVENTIONS-007"],
                flags=["BORSH_STRICTNESS"],
                encoding=_overwritten(at, number.to_bytes(4, "little")),
            )
    # One transaction less leaves its bytes: the signature is read from them, the rest is left.
    vector.rejects(
        "block-decode-one-transaction-announced",
        "block/decode",
        ErrorCode.BORSH_TRAILING_BYTES,
        description="The encoding announces one transaction and holds two.",
        requirements=rules(13),
        flags=["BORSH_STRICTNESS"],
        encoding=_overwritten(cuts["root"], (1).to_bytes(4, "little")),
    )


def test_elements_of_encodings(vector: VectorWriter) -> None:
    """
    Roots and public inputs are below p.

    Given a root or a word of p or more, when the encoding is decoded, then it is rejected; it is
    read from the front, so that this comes before what is wrong behind it.
    """
    cuts = _cuts()
    places = {
        "root": cuts["second-approval"],
        "first-word": cuts["proof"],
        "last-word": cuts["eighth-word"],
        "word-of-last-transaction": cuts["second-transaction"] - 32,
    }
    for name, at in places.items():
        for suffix, value in (("p", MODULUS), ("all-ones", 2**256 - 1)):
            vector.rejects(
                f"block-decode-{name}-{suffix}",
                "block/decode",
                ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
                description=f"An element of an encoding is {value:#x}: {in_words(name)}.",
                requirements=rules(13),
                flags=["NON_CANONICAL_ACCEPTED"],
                encoding=_overwritten(at, value.to_bytes(32, "big")),
            )
    root_p = _overwritten(places["root"], MODULUS.to_bytes(32, "big"))
    for name, encoding in (
        ("truncated", root_p[:-1]),
        ("trailing", root_p + b"\x00"),
        ("cut-behind-root", root_p[: cuts["root"]]),
    ):
        vector.rejects(
            f"block-decode-order-root-p-before-{name}",
            "block/decode",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            description=f"The root of an encoding is p, and its end is wrong: {in_words(name)}.",
            requirements=[*rules(13), "PAYY-CONVENTIONS-002"],
            flags=["NON_CANONICAL_ACCEPTED", "BORSH_STRICTNESS"],
            encoding=encoding,
        )
    little = _overwritten(places["root"], (1).to_bytes(32, "little"))
    assert int.from_bytes(little[places["root"] :][:32], "big") == 2**248
    decoded = vector.accepts(
        "block-decode-root-2-248",
        "block/decode",
        description="Elements are big-endian, integers little-endian.",
        requirements=rules(12),
        flags=["BLOCK_LAYOUT"],
        encoding=little,
    )["block"]
    assert decoded.root == 2**248


def test_forms_of_encodings(vector: VectorWriter) -> None:
    """
    An encoding is given as bytes.

    Given something else, when it is decoded, then the input is malformed.
    """
    inputs: dict[str, Json] = {
        "absent": {},
        "null": {"encoding": None},
        "list": {"encoding": [0]},
        "odd-digits": {"encoding": "0x000"},
        "unknown-field": {"encoding": "0x", "preset": "mainnet"},
    }
    for name, given in inputs.items():
        vector.rejects_malformed(
            f"block-decode-malformed-{name}",
            "block/decode",
            given,
            description=f"The encoding is not given as bytes: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001", *rules(13)],
            flags=["MALFORMED"],
        )


# Names and what is signed


def _changed_headers() -> dict[str, Block]:
    """Give the sample with one thing changed that its name depends on."""
    header = SAMPLE.header
    return {
        "height": with_header(SAMPLE, height=Height(header.height + 1)),
        "height-zero": with_header(SAMPLE, height=Height(0)),
        "height-greatest": with_header(SAMPLE, height=Height(2**64 - 1)),
        "parent": with_header(SAMPLE, last_block_hash=header.last_final_block_hash),
        "epoch-id": with_header(SAMPLE, epoch_id=header.epoch_id + 1),
        "epoch-id-greatest": with_header(SAMPLE, epoch_id=2**64 - 1),
        "final": with_header(SAMPLE, last_final_block_hash=header.last_block_hash),
        "approval": with_header(SAMPLE, approvals=(header.approvals[0], signature("third"))),
        "approvals-swapped": with_header(SAMPLE, approvals=header.approvals[::-1]),
        "approval-dropped": with_header(SAMPLE, approvals=header.approvals[:1]),
        "no-approvals": with_header(SAMPLE, approvals=()),
    }


def test_names_of_blocks(vector: VectorWriter) -> None:
    """
    A name binds the header and the root, and nothing else.

    Given a block, when one thing of it is changed, then the hashes are those computed by hand:
    others for a field of the header, another block hash alone for the root, the same for
    transactions, proofs and the signature.
    """
    first = SAMPLE.transactions[0]
    blocks = {
        "sample": SAMPLE,
        "genesis": GENESIS,
        **{f"other-{name}": block for name, block in _changed_headers().items()},
        "other-root": replace(SAMPLE, root=ZERO),
        "root-greatest": replace(SAMPLE, root=LAST),
        "other-signature": replace(SAMPLE, signature=Signature(bytes(65))),
        "other-proof": replace(
            SAMPLE, transactions=(replace(first, proof=b"\x01"), *SAMPLE.transactions[1:])
        ),
        "other-transactions": replace(SAMPLE, transactions=proven(send((B,), (G,)))),
        "no-transactions": replace(SAMPLE, transactions=()),
    }
    hashes = {}
    for name, block in blocks.items():
        output = vector.accepts(
            f"block-hash-{name}",
            "block/hash",
            description=f"The name of a block: {in_words(name)}.",
            requirements=rules(14, 15, 16),
            flags=["NAME_BINDING"],
            block=block,
        )
        assert output["header_hash"] == keccak_of(header_bytes(block.header))
        assert output["block_hash"] == name_of(block)
        hashes[name] = (output["header_hash"], output["block_hash"])
    same = ("other-signature", "other-proof", "other-transactions", "no-transactions")
    assert {hashes[name] for name in same} == {hashes["sample"]}
    assert hashes["other-root"][0] == hashes["root-greatest"][0] == hashes["sample"][0]
    different = [hashes[name] for name in hashes if name not in same]
    assert len({block_hash for _, block_hash in different}) == len(different)
    headers = [hashes[name][0] for name in ("sample", *(f"other-{n}" for n in _changed_headers()))]
    assert len(set(headers)) == len(headers)


ROOT_BYTES = case_bytes("settlement-signing-message", 32, "root")

OTHER_HASH = case_bytes("settlement-signing-message", 32, "other hash")


@pytest.mark.parametrize(
    ("name", "network", "new_root", "height"),
    [
        ("mainnet", "Payy", ROOT_BYTES, 1),
        ("minimal", "Payy minimal", ROOT_BYTES, 1),
        ("no-name", "", ROOT_BYTES, 1),
        ("name-beyond-ascii", "Zoë ☕", ROOT_BYTES, 1),
        ("name-beyond-16-bits", "𝄞", ROOT_BYTES, 1),
        ("name-not-normalised", "e\u0301", ROOT_BYTES, 1),
        ("name-normalised", "\u00e9", ROOT_BYTES, 1),
        ("long-name", "n" * 300, ROOT_BYTES, 1),
        ("height-zero", "Payy", ROOT_BYTES, 0),
        ("height-byte-order", "Payy", ROOT_BYTES, 0x0102030405060708),
        ("height-greatest", "Payy", ROOT_BYTES, 2**64 - 1),
        ("root-zero", "Payy", bytes(32), 1),
        ("root-p", "Payy", MODULUS.to_bytes(32, "big"), 1),
        ("root-greatest", "Payy", b"\xff" * 32, 1),
    ],
)
def test_signed_messages(
    vector: VectorWriter, name: str, network: str, new_root: bytes, height: int
) -> None:
    """
    What is signed names the network, the next height and the block.

    Given a network's name, a root, a height and the hash of a header, when the message is asked
    for, then it is that computed by hand; a root of p or more is hashed like any other.
    """
    output = vector.accepts(
        f"settlement-signing-message-{name}",
        "settlement/signing_message",
        description=f"The message that approves a block: {in_words(name)}.",
        requirements=rules(15, 16, 17, 18),
        flags=["SIGNED_MESSAGE"],
        network_name=network,
        new_root=new_root,
        height=height,
        other_hash=OTHER_HASH,
    )
    proposal = keccak_of(new_root, struct.pack(">24xQ", height), OTHER_HASH)
    accept = keccak_of((height + 1).to_bytes(32, "big"), proposal)
    text = network.encode()
    assert output["proposal_hash"] == proposal
    assert output["accept_hash"] == accept
    assert output["message"] == keccak_of(struct.pack(">Q", len(text)), text, accept)


def test_message_of_a_block(vector: VectorWriter) -> None:
    """
    The contract names a block as the sequencers do.

    Given the root, height and header hash of a block, when the message is asked for, then the
    proposal hash is the name of the block.
    """
    output = vector.accepts(
        "settlement-signing-message-of-a-block",
        "settlement/signing_message",
        description="The proposal hash of a block is its name.",
        requirements=rules(14, 15),
        flags=["SIGNED_MESSAGE", "NAME_BINDING"],
        network_name="Payy",
        new_root=SAMPLE.root.to_bytes(32, "big"),
        height=SAMPLE.header.height,
        other_hash=keccak_of(header_bytes(SAMPLE.header)),
    )
    assert output["proposal_hash"] == name_of(SAMPLE)


def test_refused_messages(vector: VectorWriter) -> None:
    """
    Heights have 64 bits, hashes 32 bytes.

    Given a height of 2^64 or more, or a field of another form, when the message is asked for, then
    the input is rejected.
    """
    operation = "settlement/signing_message"
    for name, height in (("2-64", 2**64), ("2-256", 2**256)):
        vector.rejects(
            f"settlement-signing-message-height-{name}",
            operation,
            ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE,
            description=f"A height of {height:#x} names no block.",
            requirements=rules(16),
            flags=["SIGNED_MESSAGE"],
            network_name="Payy",
            new_root=ROOT_BYTES,
            height=height,
            other_hash=OTHER_HASH,
        )
    good = json_of(
        operation, network_name="Payy", new_root=ROOT_BYTES, height=1, other_hash=OTHER_HASH
    )
    fields: dict[str, Mapping[str, Json]] = {
        "other-hash-31-bytes": {"other_hash": "0x" + "11" * 31},
        "other-hash-33-bytes": {"other_hash": "0x" + "11" * 33},
        "root-31-bytes": {"new_root": "0x" + "11" * 31},
        "root-33-bytes": {"new_root": "0x" + "11" * 33},
        "name-null": {"network_name": None},
        "name-list": {"network_name": ["Payy"]},
        "height-number": {"height": 1},
        "height-negative": {"height": "-1"},
    }
    bent = {name: {**good, **changes} for name, changes in fields.items()}
    for field in good:
        rest = {name: value for name, value in good.items() if name != field}
        bent[f"without-{field.replace('_', '-')}"] = rest
    for name, given in bent.items():
        vector.rejects_malformed(
            f"settlement-signing-message-{name}",
            operation,
            given,
            description=f"A message is asked for in another form: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001", *rules(18)],
            flags=["MALFORMED"],
        )
