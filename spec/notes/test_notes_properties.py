"""Properties of notes, their kinds and payment links, on generated inputs."""

from dataclasses import replace
from typing import Any, Final

import base58
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import MODULUS, FieldElement, is_canonical
from payy_ref.crypto.hashing import hash_elements, hash_pair
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger import builder
from payy_ref.ledger.kind import POLYGON_USDC, TOKEN_BYTES, TokenAddress, note_kind
from payy_ref.ledger.link import Link, LinkVersion, decode_link, encode_link
from payy_ref.ledger.note import (
    VALUE_LIMIT,
    Address,
    Note,
    NoteValue,
    Psi,
    note_commitment,
    note_of_link,
)
from payy_ref.testing.ledger_strategies import notes, padding_notes, token_kinds
from payy_ref.testing.strategies import (
    field_elements,
    leaves,
    link_payloads,
    links,
    note_kinds,
    words,
)

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

chain_ids = st.one_of(
    st.sampled_from((0, 1, 137, 2**32, 2**63, 2**64 - 1)), st.integers(0, 2**64 - 1)
)
tokens = st.one_of(
    st.sampled_from((bytes(TOKEN_BYTES), b"\xff" * TOKEN_BYTES)),
    st.binary(min_size=TOKEN_BYTES, max_size=TOKEN_BYTES),
).map(TokenAddress)


def payload_of(encoding: bytes) -> str:
    """Write bytes as the payload of a link."""
    return base58.b58encode(encoding).decode("ascii")


def encoding_of(payload: str) -> bytes:
    """Read the bytes of a payload."""
    return bytes(base58.b58decode(payload))


def normal(link: Link) -> Link:
    """Leave the default kind out."""
    return replace(link, note_kind=None) if link.note_kind == POLYGON_USDC else link


# T01


@evidence("PAYY-NOTES-T01")
@given(chain_ids, tokens)
def test_kind_is_canonical_and_can_be_taken_apart(chain_id: int, token: TokenAddress) -> None:
    """A kind is a field element from which format, chain and token can be read: so no two meet."""
    kind = note_kind(chain_id, token)
    assert is_canonical(kind)
    layout = int(kind).to_bytes(32, "big")
    assert layout == b"\0\2" + chain_id.to_bytes(8, "big") + token + b"\0\0"


@evidence("PAYY-NOTES-T01")
@given(st.tuples(chain_ids, tokens), st.tuples(chain_ids, tokens), st.integers(0, 8 * 28 - 1))
def test_kinds_of_different_tokens_differ(
    first: tuple[int, TokenAddress], second: tuple[int, TokenAddress], bit: int
) -> None:
    """Two kinds are equal exactly if chain and token are; one bit of either makes a difference."""
    assert (note_kind(*first) == note_kind(*second)) == (first == second)
    chain_id, token = first
    joined = chain_id << 8 * TOKEN_BYTES | int.from_bytes(token, "big")
    flipped = (joined ^ 1 << bit).to_bytes(8 + TOKEN_BYTES, "big")
    near = note_kind(int.from_bytes(flipped[:8], "big"), TokenAddress(flipped[8:]))
    assert near != note_kind(chain_id, token)


@evidence("PAYY-NOTES-T01", part="chain ids out of range")
@given(st.integers(min_value=2**64) | st.integers(max_value=-1), tokens)
def test_wide_chain_ids_are_refused(chain_id: int, token: TokenAddress) -> None:
    """A chain id that does not fit its place is refused, not cut."""
    with pytest.raises(SpecError) as refusal:
        note_kind(chain_id, token)
    assert refusal.value.code == ErrorCode.NOTE_CHAIN_ID_OUT_OF_RANGE


# T02


@evidence("PAYY-NOTES-T02")
@given(links())
def test_link_is_read_as_it_was_written(link: Link) -> None:
    """Reading what was written gives the link; the default kind is read as none."""
    payload = encode_link(link)
    assert set(payload) <= set(ALPHABET)
    assert decode_link(payload) == normal(link)
    assert encode_link(normal(link)) == payload


@evidence("PAYY-NOTES-T02", part="layouts: versions, widths of the value, kinds, lengths of text")
@pytest.mark.parametrize("version", [0, 1, 2])
def test_every_layout_is_read_as_it_was_written(version: int) -> None:
    """Every width of the value goes with every version, with and without kind and referral."""
    for width in range(33):
        for value in {256**width - 1, 256 ** (width - 1) if width else 0}:
            for kind in (None, 0, int(POLYGON_USDC) + 1, 2**256 - 1):
                for referral in ("", "a", "ÿ" * 16, "x" * 33, "\U0010ffff"):
                    link = Link(
                        version=LinkVersion(version),
                        secret_key=width,
                        psi=2**256 - 1 if version == 0 else None,
                        value=value,
                        referral=referral,
                        note_kind=kind,
                    )
                    assert decode_link(encode_link(link)) == link


@evidence("PAYY-NOTES-T02")
@given(links(), links())
def test_different_links_have_different_payloads(first: Link, second: Link) -> None:
    """Two links are written alike exactly if they say the same."""
    same = encode_link(first) == encode_link(second)
    assert same == (normal(first) == normal(second))


@evidence("PAYY-NOTES-T02", part="links that are refused")
@given(links(), st.integers(3, 300), st.integers(2**256, 2**300), words())
def test_links_that_cannot_be_written_are_refused(
    link: Link, version: int, value: int, psi: int
) -> None:
    """Another version, a wide value, and a psi that misses or is too much are refused."""
    without_or_with = replace(link, psi=psi if link.psi is None else None)
    psi_code = ErrorCode.LINK_PSI_UNEXPECTED if link.psi is None else ErrorCode.LINK_PSI_MISSING
    for wrong, code in (
        (replace(link, version=LinkVersion(version)), ErrorCode.LINK_VERSION_UNSUPPORTED),
        (replace(link, value=value), ErrorCode.LINK_VALUE_OUT_OF_RANGE),
        (replace(link, value=-1), ErrorCode.LINK_VALUE_OUT_OF_RANGE),
        (without_or_with, psi_code),
    ):
        with pytest.raises(SpecError) as refusal:
            encode_link(wrong)
        assert refusal.value.code == code


# T03


def check_normal_form(payload: str) -> None:
    """If the payload is read, writing it again settles after one step."""
    try:
        link = decode_link(payload)
    except SpecError:
        return
    written = encode_link(link)
    assert decode_link(written) == link
    assert encode_link(decode_link(written)) == written
    assert len(encoding_of(written)) <= len(encoding_of(payload))


@evidence("PAYY-NOTES-T03")
@given(link_payloads())
def test_payloads_have_a_normal_form(payload: str) -> None:
    """Whatever is read, writing it gives a payload that is read alike and written as itself."""
    check_normal_form(payload)


@evidence("PAYY-NOTES-T03")
@given(st.text(ALPHABET, max_size=140))
def test_any_text_has_a_normal_form_or_is_refused(payload: str) -> None:
    """Reading any base-58 text ends in a link or in a refusal, never otherwise."""
    check_normal_form(payload)


@evidence("PAYY-NOTES-T03")
@given(links(), st.integers(1, 32), note_kinds())
def test_longer_forms_are_read_as_the_short_one(link: Link, kept: int, kind: int) -> None:
    """A value with leading zeros left in, and a default kind spelled out, are read as without."""
    link = replace(link, note_kind=None)
    encoding = encoding_of(encode_link(link))
    place = 1 + 32 * (2 if link.version == 0 else 1)
    zeros = encoding[place]
    kept = min(kept, zeros)
    longer = encoding[:place] + bytes([zeros - kept]) + bytes(kept) + encoding[place + 1 :]
    assert decode_link(payload_of(longer)) == link
    explicit = longer + b"\xff" + int(POLYGON_USDC).to_bytes(32, "big")
    assert decode_link(payload_of(explicit)) == link
    assert encode_link(decode_link(payload_of(explicit))) == encode_link(link)
    assert encode_link(replace(link, note_kind=int(POLYGON_USDC))) == encode_link(link)
    other = longer + b"\xff" + kind.to_bytes(32, "big")
    assert decode_link(payload_of(other)) == normal(replace(link, note_kind=kind))


@evidence("PAYY-NOTES-T03", part="every cut of a payload")
@given(links())
def test_every_cut_before_the_referral_is_refused(link: Link) -> None:
    """A payload that ends before its value does is refused wherever it ends."""
    bare = encoding_of(encode_link(replace(link, note_kind=None, referral="")))
    assert decode_link(payload_of(bare)) == replace(link, note_kind=None, referral="")
    for length in range(len(bare)):
        with pytest.raises(SpecError) as refusal:
            decode_link(payload_of(bare[:length]))
        assert refusal.value.code == ErrorCode.LINK_TRUNCATED


@evidence("PAYY-NOTES-T03", part="characters outside the alphabet")
@given(
    links(),
    st.sampled_from(("0", "O", "I", "l", " ", "\n", "\t", "é", "\uff11", "\0", "+")),
    st.data(),
)
def test_other_characters_are_refused(link: Link, character: str, data: st.DataObject) -> None:
    """A character outside the alphabet is refused at any place, the two ends included."""
    payload = encode_link(link)
    for place in (0, len(payload), data.draw(st.integers(0, len(payload)))):
        with pytest.raises(SpecError) as refusal:
            decode_link(payload[:place] + character + payload[place:])
        assert refusal.value.code == ErrorCode.LINK_NOT_BASE58


@evidence("PAYY-NOTES-T03", part="damaged fields")
@given(links(), st.integers(33, 255), st.binary(min_size=1, max_size=40))
def test_damaged_fields_are_refused(link: Link, zeros: int, tail: bytes) -> None:
    """Too many leading zeros and a referral that is no text are refused for what they are."""
    head = encoding_of(encode_link(replace(link, note_kind=None, referral="")))
    place = 1 + 32 * (2 if link.version == 0 else 1)
    wide = head[:place] + bytes([zeros]) + head[place + 1 :]
    with pytest.raises(SpecError) as refusal:
        decode_link(payload_of(wide))
    assert refusal.value.code == ErrorCode.LINK_VALUE_WIDTH

    assume(not (len(tail) >= 33 and tail[-33] == 0xFF))
    try:
        tail.decode("utf-8")
    except UnicodeDecodeError:
        with pytest.raises(SpecError) as refusal:
            decode_link(payload_of(head + tail))
        assert refusal.value.code == ErrorCode.LINK_REFERRAL_NOT_TEXT
    else:
        assert decode_link(payload_of(head + tail)).referral == tail.decode("utf-8")


# T04


def any_notes() -> st.SearchStrategy[Note]:
    """Give any note that is not padding, whatever its value."""
    return st.builds(
        Note,
        kind=token_kinds(),
        value=field_elements().map(NoteValue),
        address=field_elements().map(Address),
        psi=field_elements().map(Psi),
    )


def shifted(note: Note, name: str, shift: int) -> Note:
    """Change one field of a note."""
    changes: dict[str, Any] = {name: FieldElement((getattr(note, name) + shift) % MODULUS)}
    return replace(note, **changes)


@evidence("PAYY-NOTES-T04")
@given(notes())
def test_commitment_is_0_exactly_for_padding(note: Note) -> None:
    """The kind decides; what is not 0 is a field element."""
    commitment = note_commitment(note)
    assert (commitment == 0) == (note.kind == 0)
    assert is_canonical(commitment)


@evidence("PAYY-NOTES-T04")
@given(any_notes())
def test_commitment_is_the_hash_of_seven_elements(note: Note) -> None:
    """Every value has a commitment, 0 and those that no output may have too."""
    for value in (note.value, 0, VALUE_LIMIT - 1, VALUE_LIMIT, MODULUS - 1):
        valued = replace(note, value=NoteValue(FieldElement(value)))
        content = (2, valued.kind, value, valued.address, valued.psi, 0, 0)
        commitment = note_commitment(valued)
        assert commitment == hash_elements([FieldElement(item) for item in content])
        assert commitment != 0


@evidence("PAYY-NOTES-T04")
@given(any_notes(), leaves())
def test_every_field_enters_the_commitment(note: Note, shift: int) -> None:
    """Another kind, value, address or psi, or two of them exchanged, is another commitment."""
    fields = ("kind", "value", "address", "psi")
    variants = {note}
    for name in fields:
        variants.add(shifted(note, name, shift))
    for i, first in enumerate(fields):
        for second in fields[i + 1 :]:
            values: dict[str, Any] = {first: getattr(note, second), second: getattr(note, first)}
            variants.add(replace(note, **values))
    tokens = {variant for variant in variants if variant.kind}
    assert len({note_commitment(variant) for variant in tokens}) == len(tokens)


@evidence("PAYY-NOTES-T04", part="padding with a value")
@given(padding_notes(), leaves())
def test_padding_with_a_value_is_refused(padding: Note, value: FieldElement) -> None:
    """Padding has no commitment if it has a value."""
    with pytest.raises(SpecError) as refusal:
        note_commitment(replace(padding, value=NoteValue(value)))
    assert refusal.value.code == ErrorCode.NOTE_PADDING_HAS_VALUE


# T05


ROTATIONS: Final = (
    (0, 36, 3, 41, 18),
    (1, 44, 10, 45, 2),
    (62, 6, 43, 15, 61),
    (28, 55, 25, 21, 56),
    (27, 20, 39, 8, 14),
)
"""Distances of Keccak's rotations, by column and row."""


def rotated(lane: int, distance: int) -> int:
    """Rotate 64 bits to the left."""
    return (lane << distance | lane >> (64 - distance)) % 2**64


def keccak(data: bytes, suffix: int) -> bytes:
    """Hash 32 bytes as FIPS 202 writes it; the suffix is 1 for Keccak-256 and 6 for SHA3-256."""
    block = bytearray(data + bytes([suffix]) + bytes(103))
    block[135] ^= 0x80
    lanes = [
        [int.from_bytes(block[8 * (x + 5 * y) :][:8], "little") for y in range(5)] for x in range(5)
    ]
    register = 1
    for _ in range(24):
        columns = [lane[0] ^ lane[1] ^ lane[2] ^ lane[3] ^ lane[4] for lane in lanes]
        parities = [columns[x - 1] ^ rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        moved = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                turned = rotated(lanes[x][y] ^ parities[x], ROTATIONS[x][y])
                moved[y][(2 * x + 3 * y) % 5] = turned
        lanes = [
            [moved[x][y] ^ ~moved[(x + 1) % 5][y] & moved[(x + 2) % 5][y] for y in range(5)]
            for x in range(5)
        ]
        for j in range(7):
            lanes[0][0] ^= (register & 1) << (2**j - 1)
            register = register << 1 ^ (0x171 if register >> 7 else 0)
    return b"".join(lanes[x][0].to_bytes(8, "little") for x in range(4))


def kind_of(link: Link) -> int:
    """Give the kind that a link means."""
    return POLYGON_USDC if link.note_kind is None else link.note_kind % MODULUS


def payable(link: Link) -> Link:
    """Make the value of a link one that its note may have."""
    return replace(link, value=link.value % VALUE_LIMIT if kind_of(link) else 0)


@evidence("PAYY-NOTES-T05")
@given(links())
def test_link_opens_its_note(link: Link) -> None:
    """Key, address, kind and psi count modulo p; the value and the bytes of the key do not."""
    link = payable(link)
    spent = note_of_link(link)
    key = link.secret_key.to_bytes(32, "big")
    psi = {0: link.psi, 1: keccak(key, 1), 2: keccak(key, 6)}[link.version]
    number = int.from_bytes(psi, "big") if isinstance(psi, bytes) else psi
    assert number is not None
    assert spent.secret_key == link.secret_key % MODULUS
    assert spent.note.address == hash_pair(link.secret_key, 0)
    assert spent.note.psi == number % MODULUS
    assert spent.note.value == link.value
    assert spent.note.kind == kind_of(link)
    assert all(map(is_canonical, (spent.note.psi, spent.secret_key, spent.note.kind)))


@evidence("PAYY-NOTES-T05")
@given(links())
def test_note_of_a_link_can_be_swept(link: Link) -> None:
    """Whoever reads the payload has the note and can spend it."""
    link = payable(link)
    spent = note_of_link(decode_link(encode_link(link)))
    assert spent == note_of_link(link)
    swept = replace(spent.note, address=Address(FieldElement(1)))
    statement = builder.send([spent], [swept])
    assert statement.public.input_commitments[0] == note_commitment(spent.note)


@evidence("PAYY-NOTES-T05", part="links to padding with a value")
@given(links(), st.sampled_from((0, MODULUS, 5 * MODULUS)), st.integers(1, VALUE_LIMIT - 1))
def test_link_to_padding_with_a_value_is_refused(link: Link, kind: int, value: int) -> None:
    """A kind that is 0 modulo p hands over no value; a value out of range is named first."""
    padding = replace(link, note_kind=kind)
    for amount, code in (
        (value, ErrorCode.NOTE_PADDING_HAS_VALUE),
        (value + VALUE_LIMIT, ErrorCode.NOTE_VALUE_OUT_OF_RANGE),
    ):
        with pytest.raises(SpecError) as refusal:
            note_of_link(replace(padding, value=amount))
        assert refusal.value.code == code
    assert note_commitment(note_of_link(replace(padding, value=0)).note) == 0


@evidence("PAYY-NOTES-T05", part="values that no note may have")
@given(
    links(),
    st.one_of(
        st.sampled_from((VALUE_LIMIT, MODULUS - 1, MODULUS, MODULUS + 1, 2**256 - 1)),
        st.integers(VALUE_LIMIT, 2**256 - 1),
    ),
)
def test_wide_value_of_a_link_is_refused(link: Link, value: int) -> None:
    """A value of 2^240 or more is refused and not reduced; the one before it is taken."""
    with pytest.raises(SpecError) as refusal:
        note_of_link(replace(link, value=value))
    assert refusal.value.code == ErrorCode.NOTE_VALUE_OUT_OF_RANGE
    if kind_of(link):
        assert note_of_link(replace(link, value=VALUE_LIMIT - 1)).note.value == VALUE_LIMIT - 1
