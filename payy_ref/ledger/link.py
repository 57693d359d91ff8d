"""
Payment links of the deployed wallet: money handed over as a URL.

The payload carries the secret key of a note that the receiver then sweeps. It has no checksum.

::

    | version | secret key | psi, version 0 only | zeros z | value  | referral | 0xff | kind |
    |    1    |     32     |         32          |    1    | 32 - z |  UTF-8   |   1  |  32  |

The last two fields are left out for the default kind. Since 0xff never occurs in UTF-8, a reader
tells by the byte 33 from the end of what follows the value.

Source: deployed `pkg/parse-link/src/note_url.rs`.
"""

from dataclasses import dataclass
from typing import Final, NewType

import base58

from payy_ref.crypto.field import element_bytes
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.kind import POLYGON_USDC

LinkVersion = NewType("LinkVersion", int)
"""0: psi in the payload. 1: psi = keccak256(secret key). 2: psi = SHA3-256(secret key)."""

VERSIONS: Final = (0, 1, 2)
"""The versions of the rollup; version 3 belongs to the EVM layer and is not read here."""

PSI_VERSION: Final = 0
"""The version whose payload carries psi."""

WORD_BYTES: Final = 32
"""Length of a key, a psi, a kind, and of a value before its leading zeros are cut."""

KIND_MARKER: Final = 0xFF
"""The byte that announces a note kind."""

BASE58_ALPHABET: Final = frozenset(base58.BITCOIN_ALPHABET.decode())
"""The characters of a payload."""


MAXIMUM_CHARACTERS: Final = 4096
"""Longest payload; a link is a URL, and converting between bases takes time by the square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The content of a payment link; all numbers are raw 256-bit integers, not reduced modulo p."""

    version: LinkVersion
    """Format of the payload, which also tells how psi is found."""
    secret_key: int
    """Spending key of the note."""
    psi: int | None = None
    """The note's psi, in version 0."""
    value: int
    """The note's value in the token's smallest unit."""
    referral: str = ""
    """Code of whoever recommended the wallet; may be empty."""
    note_kind: int | None = None
    """The note's kind; None for Polygon USDC."""


def leading_zero_bytes(value: int) -> int:
    """Count the zero bytes in front of a 32-byte big-endian integer."""
    return WORD_BYTES - (value.bit_length() + 7) // 8


def encode_link(link: Link) -> str:
    """
    Write the payload of a link.

    Requirements:
        PAYY-NOTES-010, PAYY-NOTES-011, PAYY-NOTES-012, PAYY-NOTES-013, PAYY-NOTES-014

    Raises:
        SpecError: `LINK_VERSION_UNSUPPORTED`, `LINK_PSI_MISSING`, `LINK_PSI_UNEXPECTED`,
            `LINK_VALUE_OUT_OF_RANGE`, `LINK_TOO_LONG`.
    """
    # CHECK
    require(link.version in VERSIONS, ErrorCode.LINK_VERSION_UNSUPPORTED)
    require(link.version != PSI_VERSION or link.psi is not None, ErrorCode.LINK_PSI_MISSING)
    require(link.version == PSI_VERSION or link.psi is None, ErrorCode.LINK_PSI_UNEXPECTED)
    require(0 <= link.value < 2**256, ErrorCode.LINK_VALUE_OUT_OF_RANGE)

    # COMPUTE
    psi = b"" if link.psi is None else element_bytes(link.psi)
    zeros = leading_zero_bytes(link.value)
    kind = b""
    if link.note_kind is not None and link.note_kind != POLYGON_USDC:
        kind = bytes([KIND_MARKER]) + element_bytes(link.note_kind)
    payload = (
        bytes([link.version])
        + element_bytes(link.secret_key)
        + psi
        + bytes([zeros])
        + element_bytes(link.value)[zeros:]
        + link.referral.encode("utf-8")
        + kind
    )
    # Never fewer characters than bytes: what is too long already is not converted whole.
    text = base58.b58encode(payload[: MAXIMUM_CHARACTERS + 1]).decode("ascii")
    return _checked_length(text)


def decode_link(payload: str) -> Link:
    """
    Read the payload of a link.

    As deployed, a value written with fewer cut zeros than it has, and a trailer that names the
    default kind, are read too; writing the link again gives the short form.

    Requirements:
        PAYY-NOTES-010, PAYY-NOTES-012, PAYY-NOTES-013, PAYY-NOTES-014, PAYY-NOTES-015,
        PAYY-NOTES-016, PAYY-NOTES-017

    Raises:
        SpecError: `LINK_TOO_LONG`, `LINK_NOT_BASE58`, `LINK_TRUNCATED`, `LINK_VERSION_UNSUPPORTED`,
            `LINK_VALUE_WIDTH`, `LINK_REFERRAL_NOT_TEXT`.
    """
    # CHECK
    _checked_length(payload)
    require(set(payload) <= BASE58_ALPHABET, ErrorCode.LINK_NOT_BASE58)
    head, rest = _take(base58.b58decode(payload), 1 + WORD_BYTES)
    version, secret_key = LinkVersion(head[0]), head[1:]
    require(version in VERSIONS, ErrorCode.LINK_VERSION_UNSUPPORTED)
    psi, rest = _take(rest, WORD_BYTES if version == PSI_VERSION else 0)
    zeros, rest = _take(rest, 1)
    require(zeros[0] <= WORD_BYTES, ErrorCode.LINK_VALUE_WIDTH)
    value, rest = _take(rest, WORD_BYTES - zeros[0])
    referral, kind = _split_kind(rest)
    require(_is_utf8(referral), ErrorCode.LINK_REFERRAL_NOT_TEXT)

    # COMPUTE
    return Link(
        version=version,
        secret_key=int.from_bytes(secret_key, "big"),
        psi=int.from_bytes(psi, "big") if version == PSI_VERSION else None,
        value=int.from_bytes(value, "big"),
        referral=referral.decode("utf-8"),
        note_kind=None if kind == POLYGON_USDC else kind,
    )


def _checked_length(payload: str) -> str:
    """
    Admit a payload that is not too long for a link.

    Requirements:
        PAYY-NOTES-018

    Raises:
        SpecError: `LINK_TOO_LONG`.
    """
    # CHECK
    require(len(payload) <= MAXIMUM_CHARACTERS, ErrorCode.LINK_TOO_LONG)

    return payload


def _take(encoding: bytes, length: int) -> tuple[bytes, bytes]:
    """
    Split the first bytes off.

    Requirements:
        PAYY-NOTES-016

    Raises:
        SpecError: `LINK_TRUNCATED`.
    """
    # CHECK
    require(len(encoding) >= length, ErrorCode.LINK_TRUNCATED)

    # COMPUTE
    return encoding[:length], encoding[length:]


def _split_kind(encoding: bytes) -> tuple[bytes, int | None]:
    """Tell the referral from the trailer with the note kind."""
    trailer = 1 + WORD_BYTES
    if len(encoding) < trailer or encoding[-trailer] != KIND_MARKER:
        return encoding, None
    return encoding[:-trailer], int.from_bytes(encoding[-WORD_BYTES:], "big")


def _is_utf8(encoding: bytes) -> bool:
    try:
        encoding.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
