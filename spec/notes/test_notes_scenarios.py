"""Scenarios of notes, their kinds, and payment links."""

from typing import Any

import base58
import pytest

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_elements, hash_pair
from payy_ref.errors import ErrorCode
from payy_ref.ledger.kind import POLYGON_USDC, NoteKind
from payy_ref.ledger.link import Link, LinkVersion, encode_link
from payy_ref.ledger.note import PADDING_NOTE, Address, Note, NoteValue, Psi
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.model import case_bytes, case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import counted, in_words, with_order

USDC = bytes.fromhex("3c499c542cef5e3811e1192ce70d8cc03d5c3359")
USTB = bytes.fromhex("43415eb6ff9db7e26a15b704e7a3edce97d31c4e")
OTHER_KIND = 2 * 2**240 + 2**176 + int.from_bytes(USTB, "big") * 2**16

LONGEST_REFERRAL = 2934

LAYOUT = ("PAYY-NOTES-010",)

LIMIT = 2**240
GREATEST = 2**256 - 1

ADDRESS_OF_KEY_101 = 0x22D68B303A6A3D416959FB363795548966049A655418EBD9EB6A818FD6D2E27B
PSI_OF_KEY_101 = {
    1: 0x8FF97419363FFD7000167F130EF7168FBEA05FAF9251824CA5043F113CC6A7C7,
    2: 0x7044A950217D34691A90C50B9D9A45C9C88D81BEE8F6844EAAB82DABD5FEEBB2,
}
"""Keccak-256 and SHA3-256 of the 32 bytes of key 101; both are above p."""


@pytest.mark.parametrize(
    ("name", "chain_id", "token"),
    [
        ("polygon-usdc", 137, USDC),
        ("ethereum-ustb", 1, USTB),
        ("least", 0, bytes(20)),
        ("greatest", 2**64 - 1, b"\xff" * 20),
        ("byte-order", 0x0102030405060708, bytes(range(20))),
    ],
)
def test_kinds(vector: VectorWriter, name: str, chain_id: int, token: bytes) -> None:
    """
    A kind names a chain and a token.

    Given a chain id and an address, when the kind is asked for, then both stand at their places.
    """
    vector.accepts(
        f"note-kind-{name}",
        "note/kind",
        description=f"The kind of token 0x{token.hex()} on chain {chain_id}.",
        requirements=["PAYY-NOTES-001", "PAYY-NOTES-002"],
        flags=["KIND_LAYOUT"],
        chain_id=chain_id,
        token=token,
    )


def test_chain_id_out_of_range(vector: VectorWriter) -> None:
    """
    A chain id has 64 bits.

    Given chain id 2^64, when the kind is asked for, then it is rejected.
    """
    vector.rejects(
        "note-kind-chain-id-too-large",
        "note/kind",
        ErrorCode.NOTE_CHAIN_ID_OUT_OF_RANGE,
        description="A chain id of 2^64 would run into the format number.",
        requirements=["PAYY-NOTES-002"],
        flags=["KIND_LAYOUT"],
        chain_id=2**64,
        token=USDC,
    )


@pytest.mark.parametrize("length", [0, 19, 21, 32])
def test_address_of_other_length(vector: VectorWriter, length: int) -> None:
    """
    A token's address has 20 bytes.

    Given another length, when the kind is asked for, then the input is malformed.
    """
    vector.rejects_malformed(
        f"note-kind-token-{length}-bytes",
        "note/kind",
        {"chain_id": "137", "token": "0x" + "11" * length},
        description=f"An address of {length} bytes is malformed.",
        requirements=["PAYY-NOTES-001"],
        flags=["KIND_LAYOUT", "MALFORMED"],
    )


LINKS: dict[str, dict[str, Any]] = {
    "version-2": {"version": 2, "value": 1_000_000, "referral": "REF123"},
    "version-1": {"version": 1, "value": 1_000_000, "referral": "REF123"},
    "version-0": {"version": 0, "value": 1_000_000, "referral": "REF123", "psi": 7},
    "no-referral": {"version": 2, "value": 1, "referral": ""},
    "referral-beyond-ascii": {"version": 2, "value": 5, "referral": "Zoë ☕"},
    "long-referral": {"version": 2, "value": 5, "referral": "r" * 64},
    "value-zero": {"version": 2, "value": 0, "referral": ""},
    "value-255": {"version": 2, "value": 255, "referral": ""},
    "value-256": {"version": 2, "value": 256, "referral": ""},
    "value-inner-zeros": {"version": 2, "value": 2**64, "referral": ""},
    "value-greatest-note": {"version": 2, "value": 2**240 - 1, "referral": ""},
    "value-greatest": {"version": 2, "value": 2**256 - 1, "referral": ""},
    "other-kind": {"version": 2, "value": 9, "referral": "REF", "note_kind": OTHER_KIND},
    "other-kind-no-referral": {"version": 2, "value": 9, "referral": "", "note_kind": OTHER_KIND},
    "other-kind-version-0": {
        "version": 0,
        "value": 9,
        "referral": "REF",
        "note_kind": OTHER_KIND,
        "psi": 2**256 - 1,
    },
    "kind-zero": {"version": 2, "value": 9, "referral": "", "note_kind": 0},
    "key-not-reduced": {"version": 2, "secret_key": MODULUS, "value": 9, "referral": ""},
    "key-zero": {"version": 2, "secret_key": 0, "value": 9, "referral": ""},
    "key-with-marker": {"version": 2, "secret_key": 2**256 - 1, "value": 9, "referral": "r" * 31},
}


@pytest.mark.parametrize("name", LINKS)
def test_links_both_ways(vector: VectorWriter, name: str) -> None:
    """
    A link is written and read back.

    Given the content of a link, when it is encoded and decoded, then it is the same.
    """
    content: dict[str, Any] = {"secret_key": case_elements(f"link-{name}", 1)[0], **LINKS[name]}
    requirements = [*LAYOUT, "PAYY-NOTES-011", "PAYY-NOTES-012", "PAYY-NOTES-013", "PAYY-NOTES-014"]
    payload = vector.accepts(
        f"link-encode-{name}",
        "link/encode",
        description=f"A payment link is written: {name.replace('-', ' ')}.",
        requirements=requirements,
        flags=["LINK_LAYOUT"],
        **content,
    )["payload"]
    decoded = vector.accepts(
        f"link-decode-{name}",
        "link/decode",
        description=f"A payment link is read: {name.replace('-', ' ')}.",
        requirements=[*requirements, "PAYY-NOTES-015", "PAYY-NOTES-016", "PAYY-NOTES-017"],
        flags=["LINK_LAYOUT"],
        payload=payload,
    )
    assert decoded == content


def test_default_kind(vector: VectorWriter) -> None:
    """
    Polygon USDC is not written.

    Given a link that names Polygon USDC, when it is encoded, then the payload is that of a link
    without a kind; a payload that spells it out is read as the default.
    """
    content: dict[str, Any] = {
        "version": 2,
        "secret_key": 101,
        "value": 1_000_000,
        "referral": "REF123",
    }
    payload = vector.accepts(
        "link-encode-default-kind",
        "link/encode",
        description="A link that names Polygon USDC is written without a kind.",
        requirements=["PAYY-NOTES-014"],
        flags=["LINK_LAYOUT"],
        **content,
        note_kind=POLYGON_USDC,
    )["payload"]
    assert payload == "9YcSG3egf5iEsLFFWTzHBhavV2WBka2HPYR5sx5giwYTTs8tJbDX6HwA4r"
    spelled_out = base58.b58decode(payload) + b"\xff" + POLYGON_USDC.to_bytes(32, "big")
    decoded = vector.accepts(
        "link-decode-default-kind",
        "link/decode",
        description="A payload that spells Polygon USDC out is read as the default kind.",
        requirements=["PAYY-NOTES-014"],
        flags=["LINK_LAYOUT"],
        payload=base58.b58encode(spelled_out).decode(),
    )
    assert decoded == content


def test_value_with_uncut_zeros(vector: VectorWriter) -> None:
    """
    A reader takes a value whose zeros are not all cut.

    Given a payload with the value 5 in 32 bytes, when it is decoded, then the value is 5.
    """
    payload = bytes([2]) + case_bytes("link-decode-uncut-zeros", 32) + bytes(32) + b"\x05"
    decoded = vector.accepts(
        "link-decode-uncut-zeros",
        "link/decode",
        description="A value of 32 bytes with leading zeros is read, as deployed.",
        requirements=["PAYY-NOTES-013"],
        flags=["LINK_STRICTNESS"],
        payload=base58.b58encode(payload).decode(),
    )
    assert decoded["value"] == 5


@pytest.mark.parametrize("version", [3, 255, 256])
def test_unknown_versions(vector: VectorWriter, version: int) -> None:
    """
    Versions are 0, 1 and 2.

    Given another version, when a link is encoded or decoded, then it is rejected.
    """
    vector.rejects(
        f"link-encode-version-{version}",
        "link/encode",
        ErrorCode.LINK_VERSION_UNSUPPORTED,
        description=f"A link of version {version} cannot be written.",
        requirements=["PAYY-NOTES-012"],
        flags=["LINK_STRICTNESS"],
        version=version,
        secret_key=101,
        value=1,
        referral="",
    )
    if version < 256:
        payload = bytes([version]) + bytes(32) + b"\x1f\x01"
        vector.rejects(
            f"link-decode-version-{version}",
            "link/decode",
            ErrorCode.LINK_VERSION_UNSUPPORTED,
            description=f"A link of version {version} cannot be read.",
            requirements=["PAYY-NOTES-012"],
            flags=["LINK_STRICTNESS"],
            payload=base58.b58encode(payload).decode(),
        )


def test_psi_belongs_to_version_0(vector: VectorWriter) -> None:
    """
    Only version 0 carries psi.

    Given version 0 without psi, or another version with it, when the link is encoded, then it is
    rejected.
    """
    content: dict[str, Any] = {"secret_key": 101, "value": 1, "referral": ""}
    vector.rejects(
        "link-encode-psi-missing",
        "link/encode",
        ErrorCode.LINK_PSI_MISSING,
        description="A link of version 0 needs psi.",
        requirements=["PAYY-NOTES-011"],
        flags=["LINK_LAYOUT"],
        version=0,
        **content,
    )
    for version in (1, 2):
        vector.rejects(
            f"link-encode-psi-version-{version}",
            "link/encode",
            ErrorCode.LINK_PSI_UNEXPECTED,
            description=f"A link of version {version} derives psi and carries none.",
            requirements=["PAYY-NOTES-011"],
            flags=["LINK_LAYOUT"],
            version=version,
            psi=7,
            **content,
        )


def test_value_out_of_range(vector: VectorWriter) -> None:
    """
    A value has 256 bits.

    Given 2^256, when the link is encoded, then it is rejected; a payload that announces 33 leading
    zeros is rejected too.
    """
    vector.rejects(
        "link-encode-value-too-large",
        "link/encode",
        ErrorCode.LINK_VALUE_OUT_OF_RANGE,
        description="A value of 2^256 does not fit a link.",
        requirements=["PAYY-NOTES-013"],
        flags=["LINK_LAYOUT"],
        version=2,
        secret_key=101,
        value=2**256,
        referral="",
    )
    for zeros in (33, 255):
        vector.rejects(
            f"link-decode-{zeros}-zeros",
            "link/decode",
            ErrorCode.LINK_VALUE_WIDTH,
            description=f"A value of 32 bytes has no {zeros} leading zeros.",
            requirements=["PAYY-NOTES-013"],
            flags=["LINK_STRICTNESS"],
            payload=base58.b58encode(bytes([2]) + bytes(32) + bytes([zeros]) + b"\x01").decode(),
        )


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("zero", "0"),
        ("capital-o", "9YcSO"),
        ("capital-i", "I"),
        ("lower-l", "l"),
        ("blank-after", "9YcSG3egf5iEsLFFWTzHBhavV2WBka2HPYR5sx5giwYTTs8tJbDX6HwA4r "),
        ("blank-before", " 9YcSG3egf5iEsLFFWTzHBhavV2WBka2HPYR5sx5giwYTTs8tJbDX6HwA4r"),
        ("line-feed", "9YcSG3egf5iEsLFFWTzHBhavV2WBka2HPYR5sx5giwYTTs8tJbDX6HwA4r\n"),
        ("beyond-ascii", "9YcSG3eg\u00e9"),
        ("url", "https://payy.link/s#9YcS"),
    ],
)
def test_alphabet(vector: VectorWriter, name: str, payload: str) -> None:
    """
    A payload is made of the base-58 alphabet alone.

    Given another character, when the link is decoded, then it is rejected.
    """
    vector.rejects(
        f"link-decode-alphabet-{name}",
        "link/decode",
        ErrorCode.LINK_NOT_BASE58,
        description=f"A payload with a foreign character is refused: {name.replace('-', ' ')}.",
        requirements=["PAYY-NOTES-015"],
        flags=["LINK_STRICTNESS"],
        payload=payload,
    )


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("empty", b""),
        ("version-only", b"\x02"),
        ("cut-key", b"\x02" + bytes(range(31))),
        ("no-value", b"\x02" + bytes(range(32))),
        ("cut-value", b"\x02" + bytes(range(32)) + b"\x1d\x01\x02"),
        ("cut-psi", b"\x00" + bytes(range(32)) + bytes(31)),
        ("no-value-after-psi", b"\x00" + bytes(range(32)) + bytes(32)),
    ],
)
def test_truncated_links(vector: VectorWriter, name: str, payload: bytes) -> None:
    """
    A payload is complete.

    Given a payload that ends too soon, when it is decoded, then it is rejected.
    """
    vector.rejects(
        f"link-decode-truncated-{name}",
        "link/decode",
        ErrorCode.LINK_TRUNCATED,
        description=f"A payload of {counted(len(payload), 'byte')} ends too soon: "
        f"{in_words(name)}.",
        requirements=["PAYY-NOTES-016"],
        flags=["LINK_STRICTNESS"],
        payload=base58.b58encode(payload).decode(),
    )


def test_referral_is_text(vector: VectorWriter) -> None:
    """
    A referral is UTF-8.

    Given bytes after the value that are not UTF-8 and no kind either, when the link is decoded,
    then it is rejected; this is what becomes of a kind that is cut or too long.
    """
    head = b"\x02" + bytes(range(32)) + b"\x1f\x01"
    for name, tail in (
        ("lone-marker", b"\xff"),
        ("cut-kind", b"\xff" + bytes(31)),
        ("long-kind", b"\xff" + bytes(33)),
        ("overlong-form", b"\xc0\x80"),
        ("surrogate", b"\xed\xa0\x80"),
    ):
        vector.rejects(
            f"link-decode-referral-{name}",
            "link/decode",
            ErrorCode.LINK_REFERRAL_NOT_TEXT,
            description=f"What follows the value is not text: {name.replace('-', ' ')}.",
            requirements=["PAYY-NOTES-017"],
            flags=["LINK_STRICTNESS"],
            payload=base58.b58encode(head + tail).decode(),
        )


def test_length_of_a_link(vector: VectorWriter) -> None:
    """
    A link has at most 4,096 characters.

    Given payloads on either side of the limit, when they are written and read, then the longer
    ones are rejected.
    """
    content: dict[str, Any] = {"version": 2, "secret_key": 2**255, "value": 2**255}
    requirements = ["PAYY-NOTES-018"]
    flags = ["LINK_STRICTNESS"]
    payload = vector.accepts(
        "link-encode-longest",
        "link/encode",
        description=f"A link with a referral of {LONGEST_REFERRAL} characters just fits.",
        requirements=requirements,
        flags=flags,
        **content,
        referral="r" * LONGEST_REFERRAL,
    )["payload"]
    assert len(payload) == 4096
    vector.accepts(
        "link-decode-longest",
        "link/decode",
        description="A payload of 4,096 characters is read.",
        requirements=requirements,
        flags=flags,
        payload=payload,
    )
    for length in (LONGEST_REFERRAL + 1, 10_000):
        vector.rejects(
            f"link-encode-referral-of-{length}",
            "link/encode",
            ErrorCode.LINK_TOO_LONG,
            description=f"A link with a referral of {length} characters is too long.",
            requirements=requirements,
            flags=flags,
            **content,
            referral="r" * length,
        )
    vector.rejects(
        "link-decode-4097-characters",
        "link/decode",
        ErrorCode.LINK_TOO_LONG,
        description="A payload of 4,097 characters is refused, whatever it holds.",
        requirements=requirements,
        flags=flags,
        payload="0" * 4097,
    )


# Addresses and commitments


def note_of(kind: int, value: int, address: int, psi: int) -> Note:
    """Make a note of numbers that may be of any size."""
    return Note(
        kind=NoteKind(FieldElement(kind)),
        value=NoteValue(FieldElement(value)),
        address=Address(FieldElement(address)),
        psi=Psi(FieldElement(psi)),
    )


def test_addresses(vector: VectorWriter) -> None:
    """
    An address is the hash of the key and 0.

    Given secret keys, when their addresses are asked for, then they are these; a key of p or more
    is none.
    """
    requirements = ["PAYY-NOTES-004"]
    keys = {
        "key-101": 101,
        "key-zero": 0,
        "key-1": 1,
        "key-greatest": MODULUS - 1,
        "random-key": case_elements("note-address-random-key", 1)[0],
    }
    addresses = {
        name: vector.accepts(
            f"note-address-{name}",
            "note/address",
            description=f"The address of the secret key {key:#x}.",
            requirements=requirements,
            flags=["NOTE_ADDRESS"],
            secret_key=key,
        )["address"]
        for name, key in keys.items()
    }
    assert addresses["key-101"] == ADDRESS_OF_KEY_101
    assert all(addresses[name] == hash_pair(FieldElement(key), 0) for name, key in keys.items())
    for name, key in (("p", MODULUS), ("p-plus-101", MODULUS + 101), ("greatest", GREATEST)):
        vector.rejects(
            f"note-address-key-{name}-not-canonical",
            "note/address",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            description=f"The secret key {key:#x} is not a field element.",
            requirements=[*requirements, "PAYY-HASH-001"],
            flags=["NON_CANONICAL_ACCEPTED"],
            secret_key=key,
        )


def test_commitments(vector: VectorWriter) -> None:
    """
    A commitment is the hash of seven elements, and each field counts.

    Given notes that differ in one field each, when their commitments are asked for, then no two are
    equal.
    """
    alice = hash_pair(FieldElement(0xA11CE), 0)
    top = MODULUS - 1
    notes = {
        "known": note_of(POLYGON_USDC, 100, alice, 0),
        "other-kind": note_of(OTHER_KIND, 100, alice, 0),
        "other-value": note_of(POLYGON_USDC, 101, alice, 0),
        "other-address": note_of(POLYGON_USDC, 100, ADDRESS_OF_KEY_101, 0),
        "other-psi": note_of(POLYGON_USDC, 100, alice, 1),
        "address-and-psi-exchanged": note_of(POLYGON_USDC, 100, 0, alice),
        "kind-1": note_of(1, 100, alice, 0),
        "kind-and-value-exchanged": note_of(100, 1, alice, 0),
        "value-zero": note_of(POLYGON_USDC, 0, alice, 0),
        "all-zero-but-kind": note_of(POLYGON_USDC, 0, 0, 0),
        "value-limit-minus-1": note_of(POLYGON_USDC, LIMIT - 1, alice, 0),
        "value-limit": note_of(POLYGON_USDC, LIMIT, alice, 0),
        "value-greatest": note_of(POLYGON_USDC, top, alice, 0),
        "all-greatest": note_of(top, top, top, top),
        "random": note_of(POLYGON_USDC, 7, *case_elements("note-commitment-random", 2)),
    }
    commitments = {
        name: vector.accepts(
            f"note-commitment-{name}",
            "note/commitment",
            description=f"The commitment of a note: {name.replace('-', ' ')}.",
            requirements=["PAYY-NOTES-005"]
            + (["PAYY-NOTES-003"] if name.startswith("value-") else [])
            + (["PAYY-NOTES-006"] if note.value == 0 else []),
            flags=["PADDING_BY_VALUE" if note.value == 0 else "COMMITMENT_LAYOUT"],
            note=note,
        )["commitment"]
        for name, note in notes.items()
    }
    known = 0x1938E25427637563383D43F0EBD9368F8FD3AA56573F8EECB7C172F5419DBC89
    assert commitments["known"] == known
    for name, note in notes.items():
        fields = (note.kind, note.value, note.address, note.psi)
        content = [FieldElement(each) for each in (2, *fields, 0, 0)]
        assert commitments[name] == hash_elements(content)
    assert len({*commitments.values(), 0}) == len(notes) + 1


def test_padding(vector: VectorWriter) -> None:
    """
    Kind 0 is padding: it commits to nothing and is worth nothing.

    Given notes of kind 0, when their commitments are asked for, then they are 0; with a value they
    are rejected.
    """
    requirements = ["PAYY-NOTES-006"]
    flags = ["PADDING_BY_VALUE"]
    top = MODULUS - 1
    for name, note in (
        ("all-zero", PADDING_NOTE),
        ("address", note_of(0, 0, ADDRESS_OF_KEY_101, 0)),
        ("psi", note_of(0, 0, 0, 7)),
        ("greatest", note_of(0, 0, top, top)),
    ):
        output = vector.accepts(
            f"note-commitment-padding-{name}",
            "note/commitment",
            description=f"The commitment of padding is 0: {name.replace('-', ' ')}.",
            requirements=requirements,
            flags=flags,
            note=note,
        )
        assert output["commitment"] == 0
    for name, value in (("1", 1), ("limit", LIMIT), ("greatest", top)):
        vector.rejects(
            f"note-commitment-padding-value-{name}",
            "note/commitment",
            ErrorCode.NOTE_PADDING_HAS_VALUE,
            description=f"Padding of value {value:#x} is refused.",
            requirements=requirements,
            flags=flags,
            note=note_of(0, value, ADDRESS_OF_KEY_101, 7),
        )


def test_notes_are_made_of_field_elements(vector: VectorWriter) -> None:
    """
    No field of a note is reduced.

    Given a note of which a field is p or more, when its commitment is asked for, then it is
    rejected, before anything is said of padding.
    """
    whole = (POLYGON_USDC, 100, ADDRESS_OF_KEY_101, 7)
    cases = {
        "kind-p": (MODULUS, 0, 0, 0),
        "value-p": (POLYGON_USDC, MODULUS, 0, 0),
        "value-2-to-256-minus-1": (POLYGON_USDC, GREATEST, 0, 0),
        "address-p": (POLYGON_USDC, 100, MODULUS, 0),
        "psi-p": (POLYGON_USDC, 100, 0, MODULUS),
        **{
            f"{name}-plus-p": tuple(
                each + MODULUS * (place == other) for other, each in enumerate(whole)
            )
            for place, name in enumerate(("kind", "value", "address", "psi"))
        },
        "order-p-before-padding": (0, 5, 0, MODULUS),
    }
    for name, fields in cases.items():
        vector.rejects(
            f"note-commitment-{name}",
            "note/commitment",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            description=f"A field of the note is not a field element: {in_words(name)}.",
            requirements=["PAYY-HASH-001", "PAYY-CONVENTIONS-002"],
            flags=["NON_CANONICAL_ACCEPTED"],
            note=note_of(*fields),
        )


def test_malformed_notes(vector: VectorWriter) -> None:
    """
    A note has four fields of 32 bytes.

    Given an absent field, an unknown one or a value of another form, when address or commitment are
    asked for, then the input is malformed.
    """
    word = f"0x{5:064x}"
    note: dict[str, Json] = dict.fromkeys(("kind", "value", "address", "psi"), word)
    cases: dict[str, Json] = {
        "address-malformed-empty": {},
        "address-malformed-no-bytes": {"secret_key": "0x"},
        "address-malformed-31-bytes": {"secret_key": word[:-2]},
        "address-malformed-33-bytes": {"secret_key": word + "00"},
        "address-malformed-integer": {"secret_key": "5"},
        "address-malformed-null": {"secret_key": None},
        "commitment-malformed-empty": {},
        "commitment-malformed-empty-note": {"note": {}},
        "commitment-malformed-null": {"note": None},
        "commitment-malformed-list": {"note": [word] * 4},
        "commitment-malformed-fields-outside": note,
        "commitment-malformed-with-key": {"note": {**note, "secret_key": word}},
        "commitment-malformed-integer-value": {"note": {**note, "value": "5"}},
        **{
            f"commitment-malformed-no-{name}": {
                "note": {key: value for key, value in note.items() if key != name}
            }
            for name in note
        },
    }
    for name, given in cases.items():
        operation, _, what = name.partition("-malformed-")
        vector.rejects_malformed(
            f"note-{name}",
            f"note/{operation}",
            given,
            description=f"An input of another form is malformed: {what.replace('-', ' ')}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )


# The note of a link


def payload_of(
    version: int = 2,
    secret_key: int = 101,
    value: int = 5,
    psi: int | None = None,
    note_kind: int | None = None,
) -> str:
    """Write the payload of a link."""
    return encode_link(
        Link(
            version=LinkVersion(version),
            secret_key=secret_key,
            psi=psi,
            value=value,
            referral="REF123",
            note_kind=note_kind,
        )
    )


def accept_link(
    vector: VectorWriter, name: str, payload: str, requirements: list[str], flag: str
) -> Note:
    """State that a link hands a note over, and give the note."""
    output = vector.accepts(
        f"link-note-{name}",
        "link/note",
        description=f"The note of a payment link: {name.replace('-', ' ')}.",
        requirements=requirements,
        flags=[flag],
        payload=payload,
    )
    note: Note = output["input_note"].note
    fields = (note.kind, note.value, note.address, note.psi)
    content = [FieldElement(each) for each in (2, *fields, 0, 0)]
    assert output["commitment"] == (hash_elements(content) if note.kind else 0)
    assert note.address == hash_pair(output["input_note"].secret_key, 0)
    return note


@pytest.mark.parametrize("version", [1, 2])
def test_psi_of_links(vector: VectorWriter, version: int) -> None:
    """
    Version 1 hashes the key with Keccak-256, version 2 with SHA3-256.

    Given a link of key 101, when its note is asked for, then psi is the residue of that hash of the
    key's 32 bytes.
    """
    requirements = ["PAYY-NOTES-007", "PAYY-NOTES-008", "PAYY-HASH-010"]
    note = accept_link(vector, f"version-{version}", payload_of(version), requirements, "LINK_PSI")
    assert note == note_of(POLYGON_USDC, 5, ADDRESS_OF_KEY_101, PSI_OF_KEY_101[version] % MODULUS)
    # The raw key is hashed, so that keys of one address have different psi.
    alias = accept_link(
        vector,
        f"version-{version}-key-plus-p",
        payload_of(version, secret_key=101 + MODULUS),
        requirements,
        "LINK_PSI",
    )
    assert (alias.address, alias.psi != note.psi) == (note.address, True)
    for name, key in (("zero", 0), ("p-minus-1", MODULUS - 1), ("greatest", GREATEST)):
        accept_link(
            vector,
            f"version-{version}-key-{name}",
            payload_of(version, secret_key=key),
            requirements,
            "LINK_PSI",
        )


def test_carried_numbers_count_modulo_p(vector: VectorWriter) -> None:
    """
    Key, psi and kind of a link are residues in its note.

    Given a link of version 0 with numbers about p, when its note is asked for, then they are
    reduced, and kind p is padding.
    """
    numbers = {"p-minus-1": MODULUS - 1, "p": MODULUS, "greatest": GREATEST}
    for name, number in numbers.items():
        requirements = ["PAYY-NOTES-007", "PAYY-NOTES-008"]
        payload = payload_of(0, psi=number)
        note = accept_link(vector, f"psi-{name}", payload, requirements, "REDUCTION_MISSING")
        assert note == note_of(POLYGON_USDC, 5, ADDRESS_OF_KEY_101, number % MODULUS)
        payload = payload_of(0, secret_key=number, psi=7)
        note = accept_link(vector, f"key-{name}", payload, requirements, "REDUCTION_MISSING")
        assert (note.address, note.psi) == (hash_pair(FieldElement(number % MODULUS), 0), 7)
        # Kind p is padding, so it comes without a value.
        value = 0 if number == MODULUS else 5
        payload = payload_of(value=value, note_kind=number)
        note = accept_link(vector, f"kind-{name}", payload, ["PAYY-NOTES-008"], "REDUCTION_MISSING")
        assert (note.kind, note.value) == (number % MODULUS, value)


def test_kinds_of_linked_notes(vector: VectorWriter) -> None:
    """
    A link without a kind hands Polygon USDC over.

    Given links of several kinds, when their notes are asked for, then they are of that kind; one of
    kind 0 is padding, and refused with a value.
    """
    requirements = ["PAYY-NOTES-008", "PAYY-NOTES-014"]
    alias = POLYGON_USDC + MODULUS
    kinds = {"default": None, "other": OTHER_KIND, "default-plus-p": alias}
    for name, kind in kinds.items():
        payload = payload_of(value=6, note_kind=kind)
        note = accept_link(vector, f"kind-{name}", payload, requirements, "LINK_LAYOUT")
        assert note.kind == (OTHER_KIND if kind == OTHER_KIND else POLYGON_USDC)
    padding = ["PAYY-NOTES-006", "PAYY-NOTES-008"]
    payload = payload_of(value=0, note_kind=0)
    accept_link(vector, "kind-zero-value-zero", payload, padding, "PADDING_BY_VALUE")
    for name, kind in (("zero", 0), ("p", MODULUS)):
        vector.rejects(
            f"link-note-kind-{name}-with-value",
            "link/note",
            ErrorCode.NOTE_PADDING_HAS_VALUE,
            description=f"A link of kind {kind:#x} and value 5 hands no note over.",
            requirements=padding,
            flags=["PADDING_BY_VALUE"],
            payload=payload_of(note_kind=kind),
        )


def test_values_of_linked_notes(vector: VectorWriter) -> None:
    """
    The value of a link is not reduced, and below 2^240.

    Given values about the limit and about p, when the notes are asked for, then those at or beyond
    the limit are rejected; p is not 0.
    """
    requirements = ["PAYY-NOTES-003", "PAYY-NOTES-008"]
    for name, value in (("zero", 0), ("one", 1), ("limit-minus-1", LIMIT - 1)):
        payload = payload_of(value=value)
        note = accept_link(vector, f"value-{name}", payload, requirements, "VALUE_RANGE")
        assert note.value == value
    refused: dict[str, dict[str, Any]] = {
        "limit": {"value": LIMIT},
        "p-minus-1": {"value": MODULUS - 1},
        "p": {"value": MODULUS},
        "p-plus-5": {"value": MODULUS + 5},
        "greatest": {"value": GREATEST},
        "limit-version-0": {"version": 0, "psi": 7, "value": LIMIT},
        "limit-version-1": {"version": 1, "value": LIMIT},
    }
    for name, content in refused.items():
        vector.rejects(
            f"link-note-value-{name}",
            "link/note",
            ErrorCode.NOTE_VALUE_OUT_OF_RANGE,
            description=f"A note of value {content['value']:#x} is not taken from a link of "
            f"version {content.get('version', 2)}.",
            requirements=requirements,
            flags=["VALUE_RANGE"],
            payload=payload_of(**content),
        )
    vector.rejects(
        "link-note-order-value-before-padding",
        "link/note",
        ErrorCode.NOTE_VALUE_OUT_OF_RANGE,
        description="A link is of kind 0, and its value is 2^240: it is refused for the value.",
        requirements=[*requirements, "PAYY-CONVENTIONS-002"],
        flags=["ERROR_ORDER"],
        payload=payload_of(value=LIMIT, note_kind=0),
    )


def test_damaged_links_hand_nothing_over(vector: VectorWriter) -> None:
    """
    What is no link has no note.

    Given a payload that cannot be read, when its note is asked for, then it is rejected as on
    reading; the payload is judged before the value.
    """
    valid, whole = (base58.b58decode(payload_of(value=value)) for value in (5, LIMIT))
    cases: dict[str, tuple[str | bytes, ErrorCode, str]] = {
        "empty": ("", ErrorCode.LINK_TRUNCATED, "016"),
        "alphabet": (payload_of() + "0", ErrorCode.LINK_NOT_BASE58, "015"),
        "version-3": (b"\x03" + valid[1:], ErrorCode.LINK_VERSION_UNSUPPORTED, "012"),
        "order-truncated-before-value": (whole[:-8], ErrorCode.LINK_TRUNCATED, "016"),
        "order-referral-before-value": (whole + b"\xff", ErrorCode.LINK_REFERRAL_NOT_TEXT, "017"),
        "too-long": ("1" * 4097, ErrorCode.LINK_TOO_LONG, "018"),
    }
    for name, (payload, error, number) in cases.items():
        text = payload if isinstance(payload, str) else base58.b58encode(payload).decode()
        vector.rejects(
            f"link-note-{name}",
            "link/note",
            error,
            description=f"A payload that cannot be read hands no note over: {in_words(name)}.",
            requirements=with_order(name, [f"PAYY-NOTES-{number}", "PAYY-NOTES-008"]),
            flags=["ERROR_ORDER" if name.startswith("order-") else "LINK_STRICTNESS"],
            payload=text,
        )
    malformed: dict[str, Json] = {
        "absent": {},
        "number": {"payload": 101},
        "null": {"payload": None},
        "fields": {"version": "2", "secret_key": f"0x{101:064x}", "value": "5", "referral": ""},
    }
    for name, given in malformed.items():
        vector.rejects_malformed(
            f"link-note-malformed-{name}",
            "link/note",
            given,
            description=f"A link is given as one text: {name}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )
