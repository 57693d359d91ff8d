"""
Note kinds: which token a note is worth.

Source: deployed `pkg/zk-primitives/src/util.rs`, `eth/test/NoteKind.test.ts`.
"""

from typing import Final, NewType

from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode, require

NoteKind = NewType("NoteKind", FieldElement)
"""The token of a note as one field element; 0 marks a padding note."""

TokenAddress = NewType("TokenAddress", bytes)
"""The 20-byte address of an ERC-20 contract."""

BRIDGED_TOKEN_FORMAT: Final = 2
"""The format number of tokens that the bridge holds on an EVM chain."""

TOKEN_BYTES: Final = 20
"""Length of an EVM address."""


def pack_kind(chain_id: int, token: int) -> int:
    """
    Lay out a bridged token's kind as one 256-bit integer.

    ::

        | format = 2 | chain id | token address | zero  |
        |   16 bits  | 64 bits  |   160 bits    | 16 bits |

    Requirements:
        PAYY-NOTES-001

    Properties:
        PAYY-NOTES-T01

    pre: 0 <= chain_id < 18446744073709551616
    pre: 0 <= token < 1461501637330902918203684832716283019655932542976
    post: __return__ % 65536 == 0
    post: __return__ // 65536 % 1461501637330902918203684832716283019655932542976 == token
    post: __return__ // 2 ** 176 % 18446744073709551616 == chain_id
    post: __return__ // 2 ** 240 == 2
    """
    return BRIDGED_TOKEN_FORMAT * 2**240 + chain_id * 2**176 + token * 2**16


def note_kind(chain_id: int, token: TokenAddress) -> NoteKind:
    """
    Give the kind of notes that a bridged token backs.

    The format number keeps every kind below 3 * 2^240, far below the modulus.

    Args:
        chain_id: EIP-155 chain id, 64 bits.
        token: Address of the token's contract on that chain.

    Requirements:
        PAYY-NOTES-001, PAYY-NOTES-002

    Raises:
        SpecError: `NOTE_CHAIN_ID_OUT_OF_RANGE`.
    """
    # CHECK
    require(0 <= chain_id < 2**64, ErrorCode.NOTE_CHAIN_ID_OUT_OF_RANGE)

    # COMPUTE
    return NoteKind(FieldElement(pack_kind(chain_id, int.from_bytes(token, "big"))))


POLYGON_USDC: Final = note_kind(
    137, TokenAddress(bytes.fromhex("3c499c542cef5e3811e1192ce70d8cc03d5c3359"))
)
"""The one kind that every deployment uses, and the default of payment links."""
