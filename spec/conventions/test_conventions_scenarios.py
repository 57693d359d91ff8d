"""Scenarios of the conventions: strict forms and borsh."""

import pytest

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.pytest_plugin import VectorWriter

FORM = ("PAYY-CONVENTIONS-001",)
ZERO = "0x" + "00" * 32


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("absent-field", {}, "a field is absent"),
        ("unknown-field", {"bytes": "0x", "more": "0x"}, "there is a field too many"),
        ("not-an-object", ["0x"], "the input is a list"),
        ("text-input", "0x", "the input is a string"),
        ("upper-case-hex", {"bytes": "0xAB"}, "hex is upper case"),
        ("upper-case-prefix", {"bytes": "0X00"}, "the prefix is upper case"),
        ("no-prefix", {"bytes": "00"}, "the prefix is absent"),
        ("odd-digits", {"bytes": "0x0"}, "the number of digits is odd"),
        ("empty-text", {"bytes": ""}, "the value is empty text"),
        ("line-feed", {"bytes": "0x00\n"}, "a line feed follows the value"),
        ("blank", {"bytes": " 0x00"}, "a blank stands before the value"),
        ("not-hex", {"bytes": "0xzz"}, "a digit is not hexadecimal"),
        ("number", {"bytes": 0}, "a number stands for bytes"),
        ("boolean", {"bytes": True}, "a boolean stands for bytes"),
        ("null", {"bytes": None}, "null stands for an absent field"),
        ("list", {"bytes": ["0x"]}, "a list stands for bytes"),
        ("fullwidth-digits", {"bytes": "0x\uff10\uff10"}, "digits are not ASCII"),
    ],
)
def test_forms_of_bytes(vector: VectorWriter, name: str, given: Json, why: str) -> None:
    """
    Bytes have one form.

    Given an operation that takes bytes, when the input misses the form, then it is malformed.
    """
    vector.rejects_malformed(
        f"conventions-bytes-{name}",
        "hash/bytes",
        given,
        description=f"An input of hash/bytes in which {why} is malformed.",
        requirements=FORM,
        flags=["MALFORMED"],
    )


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("number", 3, "a JSON number"),
        ("leading-zero", "03", "a leading zero"),
        ("sign", "+3", "a sign"),
        ("negative", "-3", "a negative sign"),
        ("blank", "3 ", "a blank at the end"),
        ("line-feed", "3\n", "a line feed at the end"),
        ("empty", "", "no digit"),
        ("hex", "0x3", "hexadecimal digits"),
        ("float", "3.0", "a fraction"),
        ("exponent", "1e2", "an exponent"),
        ("underscore", "1_0", "an underscore"),
        ("arabic-digit", "\u0663", "a digit outside ASCII"),
        ("boolean", True, "a boolean"),
        ("too-long", "1" * 81, "81 digits"),
    ],
)
def test_forms_of_integers(vector: VectorWriter, name: str, value: Json, why: str) -> None:
    """
    Integers have one form.

    Given an operation that takes an integer, when it is written otherwise, then it is malformed.
    """
    vector.rejects_malformed(
        f"conventions-integer-{name}",
        "merkle/root",
        {"depth": value, "leaves": []},
        description=f"An integer written with {why} is malformed.",
        requirements=FORM,
        flags=["MALFORMED"],
    )


@pytest.mark.parametrize(
    ("name", "leaves", "why"),
    [
        ("not-a-list", ZERO, "a value stands for the list"),
        ("short-item", ["0x00"], "an item has fewer than 32 bytes"),
        ("long-item", ["0x" + "00" * 33], "an item has more than 32 bytes"),
        ("nested", [[ZERO]], "a list is nested"),
        ("object", {"0": ZERO}, "an object stands for the list"),
    ],
)
def test_forms_of_lists(vector: VectorWriter, name: str, leaves: Json, why: str) -> None:
    """
    Lists and field elements have one form.

    Given an operation that takes a list of field elements, when the list misses the form, then it
    is malformed.
    """
    vector.rejects_malformed(
        f"conventions-list-{name}",
        "merkle/root",
        {"depth": "3", "leaves": leaves},
        description=f"A list of field elements in which {why} is malformed.",
        requirements=FORM,
        flags=["MALFORMED"],
    )


def test_text_must_be_text(vector: VectorWriter) -> None:
    """
    Text is a JSON string.

    Given a payment link, when its payload is a number, then the input is malformed.
    """
    vector.rejects_malformed(
        "conventions-text-number",
        "link/decode",
        {"payload": 1},
        description="A number in place of text is malformed.",
        requirements=FORM,
        flags=["MALFORMED"],
    )


def test_integer_of_eighty_digits(vector: VectorWriter) -> None:
    """
    A long integer is of the form and gets the code of the rule that it breaks.

    Given an integer of 80 digits, when it is a depth, then it is out of range and not malformed.
    """
    vector.rejects(
        "conventions-integer-eighty-digits",
        "merkle/root",
        ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE,
        description="An integer of 80 digits is well-formed and gets the code of its range.",
        requirements=[*FORM, "PAYY-CONVENTIONS-002"],
        flags=["MALFORMED"],
        depth=10**79,
        leaves=(),
    )


def test_form_before_rules(vector: VectorWriter) -> None:
    """
    The form of the input is judged before any rule.

    Given a depth out of range and an unknown field, when the root is asked for, then the input is
    malformed.
    """
    vector.rejects_malformed(
        "conventions-order-form-first",
        "merkle/root",
        {"depth": "0", "leaves": [], "more": "0"},
        description="With a bad form and a broken rule, the form is reported.",
        requirements=["PAYY-CONVENTIONS-002"],
        flags=["MALFORMED"],
    )


def test_order_of_errors(vector: VectorWriter) -> None:
    """
    Of several faults the first one is reported: form, fields in order, then rules.

    Given inputs with two faults, when they are judged, then the code is that of the earlier one.
    """
    requirements = ["PAYY-CONVENTIONS-002"]
    p = MODULUS
    vector.rejects(
        "conventions-order-field-before-rule",
        "merkle/root",
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        description="A leaf of p is reported before a depth of 0: fields come before rules.",
        requirements=requirements,
        depth=0,
        leaves=(p,),
    )
    vector.rejects(
        "conventions-order-depth-before-leaf",
        "merkle/root",
        ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE,
        description="A depth of 0 is reported before an element 0: tree before leaves.",
        requirements=requirements,
        depth=0,
        leaves=(0,),
    )
    vector.rejects(
        "conventions-order-items",
        "merkle/root",
        ErrorCode.MERKLE_SLOT_OCCUPIED,
        description="Of a taken slot and an element 0 behind it, the taken slot is reported.",
        requirements=requirements,
        depth=8,
        leaves=(5, 5, 0),
    )
    vector.rejects(
        "conventions-order-canonical-before-count",
        "merkle/verify_path",
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        description="A root of p is reported before a path without siblings.",
        requirements=requirements,
        element=1,
        siblings=(),
        root=p,
    )
    vector.rejects(
        "conventions-order-version-before-psi",
        "link/encode",
        ErrorCode.LINK_VERSION_UNSUPPORTED,
        description="An unknown version is reported before psi and a value too large.",
        requirements=requirements,
        version=3,
        secret_key=1,
        value=2**256,
        referral="",
        psi=1,
    )
    vector.rejects_malformed(
        "conventions-order-malformed-item",
        "merkle/root",
        {"depth": "8", "leaves": ["0x00", "0x" + "ff" * 32]},
        description="A malformed leaf is reported before one that is not canonical behind it.",
        requirements=requirements,
    )
    vector.rejects(
        "conventions-order-first-item",
        "merkle/root",
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        description="Of two leaves that are not canonical and a depth of 0, a leaf is reported.",
        requirements=requirements,
        depth=0,
        leaves=(p, p + 1),
    )
    vector.rejects(
        "conventions-order-depth-before-length",
        "merkle/verify_inclusion",
        ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE,
        description="A depth of 257 is reported before the length of the path.",
        requirements=[*requirements, "PAYY-MERKLE-015"],
        depth=257,
        element=1,
        siblings=(0,),
        root=1,
    )
    above: Json = "0x" + "ff" * 32
    early: dict[str, Json] = {
        "later-field": {"element": ZERO, "siblings": [above], "root": "zz"},
        "later-item": {"element": ZERO, "siblings": [above, "0x00"], "root": ZERO},
    }
    for name, given in early.items():
        vector.rejects_raw(
            f"conventions-order-canonical-before-{name}",
            "merkle/verify_path",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            given,
            description=f"A sibling of p or more is reported before a malformed {name}.",
            requirements=requirements,
        )
    many: list[Json] = [ZERO] * 128
    vector.rejects_malformed(
        "conventions-order-form-of-field",
        "hash/poseidon2",
        {"inputs": [*many, "0x"]},
        description="A malformed element is reported before too many elements.",
        requirements=requirements,
    )


def test_accepted_order(vector: VectorWriter) -> None:
    """
    An input that breaks no rule is accepted, whatever the order of its JSON fields.

    Given a depth and no leaves, when the root is asked for, then it is given.
    """
    vector.accepts(
        "conventions-order-accepted",
        "merkle/root",
        description="An input of the right form that breaks no rule is accepted.",
        requirements=["PAYY-CONVENTIONS-001", "PAYY-CONVENTIONS-002"],
        depth=1,
        leaves=(),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("zero", 0), ("one", 1), ("byte-order", 0x0102030405060708), ("greatest", 2**64 - 1)],
)
def test_u64_both_ways(vector: VectorWriter, name: str, value: int) -> None:
    """
    A 64-bit integer is eight bytes, least significant first.

    Given an integer in range, when it is encoded and decoded, then it is the same.
    """
    requirements = ["PAYY-CONVENTIONS-005"]
    encoded = vector.accepts(
        f"encoding-u64-encode-{name}",
        "encoding/encode_u64",
        description=f"The 64-bit integer {value} is encoded.",
        requirements=requirements,
        flags=["BORSH_STRICTNESS"],
        value=value,
    )
    assert encoded["bytes"] == value.to_bytes(8, "little")
    decoded = vector.accepts(
        f"encoding-u64-decode-{name}",
        "encoding/decode_u64",
        description=f"The 64-bit integer {value} is decoded.",
        requirements=[*requirements, "PAYY-CONVENTIONS-007", "PAYY-CONVENTIONS-008"],
        flags=["BORSH_STRICTNESS"],
        bytes=encoded["bytes"],
    )
    assert decoded["value"] == value


def test_u64_out_of_range(vector: VectorWriter) -> None:
    """
    An integer that needs nine bytes has no encoding in eight.

    Given 2^64, when it is encoded, then it is rejected.
    """
    vector.rejects(
        "encoding-u64-encode-too-large",
        "encoding/encode_u64",
        ErrorCode.BORSH_INTEGER_OUT_OF_RANGE,
        description="2^64 does not fit a 64-bit integer.",
        requirements=["PAYY-CONVENTIONS-005"],
        flags=["BORSH_STRICTNESS"],
        value=2**64,
    )


@pytest.mark.parametrize(
    ("name", "encoding", "error"),
    [
        ("empty", b"", ErrorCode.BORSH_TRUNCATED),
        ("one-byte-short", bytes(7), ErrorCode.BORSH_TRUNCATED),
        ("one-byte-long", bytes(9), ErrorCode.BORSH_TRAILING_BYTES),
    ],
)
def test_u64_of_other_length(
    vector: VectorWriter, name: str, encoding: bytes, error: ErrorCode
) -> None:
    """
    A 64-bit integer has eight bytes, no more and no less.

    Given another number of bytes, when they are decoded, then they are rejected.
    """
    vector.rejects(
        f"encoding-u64-decode-{name}",
        "encoding/decode_u64",
        error,
        description=f"{len(encoding)} bytes are not a 64-bit integer.",
        requirements=[
            "PAYY-CONVENTIONS-007" if error == ErrorCode.BORSH_TRUNCATED else "PAYY-CONVENTIONS-008"
        ],
        flags=["BORSH_STRICTNESS"],
        bytes=encoding,
    )


@pytest.mark.parametrize(
    ("name", "width", "items"),
    [
        ("empty", 65, ()),
        ("one", 65, (bytes(range(65)),)),
        ("repeated", 32, (bytes(32), bytes(32))),
        ("narrow", 1, tuple(bytes([i]) for i in range(5))),
    ],
)
def test_list_both_ways(
    vector: VectorWriter, name: str, width: int, items: tuple[bytes, ...]
) -> None:
    """
    A list is its length in four bytes and its items.

    Given items of one width, when they are encoded and decoded, then they are the same.
    """
    requirements = ["PAYY-CONVENTIONS-006"]
    encoded = vector.accepts(
        f"encoding-list-encode-{name}",
        "encoding/encode_list",
        description=f"A list of {len(items)} items of {width} bytes is encoded.",
        requirements=requirements,
        flags=["BORSH_STRICTNESS"],
        width=width,
        items=items,
    )
    assert encoded["bytes"] == len(items).to_bytes(4, "little") + b"".join(items)
    decoded = vector.accepts(
        f"encoding-list-decode-{name}",
        "encoding/decode_list",
        description=f"A list of {len(items)} items of {width} bytes is decoded.",
        requirements=[*requirements, "PAYY-CONVENTIONS-007", "PAYY-CONVENTIONS-008"],
        flags=["BORSH_STRICTNESS"],
        width=width,
        bytes=encoded["bytes"],
    )
    assert decoded["items"] == items


@pytest.mark.parametrize(
    ("name", "encoding", "error", "requirement"),
    [
        ("no-length", b"\x01\0\0", ErrorCode.BORSH_TRUNCATED, "007"),
        ("missing-item", b"\x02\0\0\0" + bytes(32), ErrorCode.BORSH_TRUNCATED, "007"),
        ("cut-item", b"\x01\0\0\0" + bytes(31), ErrorCode.BORSH_TRUNCATED, "007"),
        ("huge-length", b"\xff\xff\xff\xff", ErrorCode.BORSH_TRUNCATED, "007"),
        ("extra-item", b"\0\0\0\0" + bytes(32), ErrorCode.BORSH_TRAILING_BYTES, "008"),
        ("big-endian-length", b"\0\0\0\x01" + bytes(32), ErrorCode.BORSH_TRUNCATED, "007"),
    ],
)
def test_list_of_other_length(
    vector: VectorWriter, name: str, encoding: bytes, error: ErrorCode, requirement: str
) -> None:
    """
    A list holds as many items as it announces.

    Given fewer or more bytes than announced, when they are decoded, then they are rejected.
    """
    vector.rejects(
        f"encoding-list-decode-{name}",
        "encoding/decode_list",
        error,
        description=f"Length and content of a list disagree: {name.replace('-', ' ')}.",
        requirements=[f"PAYY-CONVENTIONS-{requirement}"],
        flags=["BORSH_STRICTNESS"],
        width=32,
        bytes=encoding,
    )


def test_item_of_other_width(vector: VectorWriter) -> None:
    """
    All items of a list of fixed width have that width.

    Given an item that is a byte short, or a width of zero, when the list is encoded or decoded,
    then it is rejected.
    """
    requirements = ["PAYY-CONVENTIONS-006"]
    flags = ["BORSH_STRICTNESS"]
    for name, width, items in (("short", 65, (bytes(65), bytes(64))), ("zero", 0, (b"", b""))):
        vector.rejects(
            f"encoding-list-encode-width-{name}",
            "encoding/encode_list",
            ErrorCode.BORSH_ITEM_WIDTH,
            description=f"A list of items that should have {width} bytes each is rejected.",
            requirements=requirements,
            flags=flags,
            width=width,
            items=items,
        )
    vector.rejects(
        "encoding-list-decode-width-zero",
        "encoding/decode_list",
        ErrorCode.BORSH_ITEM_WIDTH,
        description="Items of no bytes could be announced without bound and are rejected.",
        requirements=requirements,
        flags=flags,
        width=0,
        bytes=b"\x05\0\0\0",
    )
