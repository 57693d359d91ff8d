"""Scenarios of note kinds and payment links."""

from typing import Any

import base58
import pytest

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.vectors.model import case_bytes, case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter

USDC = bytes.fromhex("3c499c542cef5e3811e1192ce70d8cc03d5c3359")
USTB = bytes.fromhex("43415eb6ff9db7e26a15b704e7a3edce97d31c4e")
OTHER_KIND = 2 * 2**240 + 2**176 + int.from_bytes(USTB, "big") * 2**16

LONGEST_REFERRAL = 2934

LAYOUT = ("PAYY-NOTES-010",)


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
        description=f"A payload of {len(payload)} bytes ends too soon: {name.replace('-', ' ')}.",
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
