"""
Borsh, as far as the deployed block format needs it: little-endian integers, byte strings, lists.

An encoding is canonical: each value has one, each byte string decodes to one value or is refused.
A reader hands out values from the front and is closed at the end, where no byte may be left.

Source: the Borsh specification, version 1; deployed `pkg/node`, blocks. Why no library:
`docs/dependencies.md`.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from payy_ref.errors import ErrorCode, require

Item = TypeVar("Item")
Value = TypeVar("Value")


def checked_unsigned(value: int, *, width: int) -> int:
    """
    Admit an integer that fits `width` bytes.

    Requirements:
        PAYY-CONVENTIONS-005

    Raises:
        SpecError: `BORSH_INTEGER_OUT_OF_RANGE`.
    """
    # CHECK
    require(0 <= value < 256**width, ErrorCode.BORSH_INTEGER_OUT_OF_RANGE)

    return value


def encode_unsigned(value: int, *, width: int) -> bytes:
    """
    Encode an unsigned integer in `width` bytes, least significant first.

    Requirements:
        PAYY-CONVENTIONS-005

    Raises:
        SpecError: `BORSH_INTEGER_OUT_OF_RANGE`.
    """
    return checked_unsigned(value, width=width).to_bytes(width, "little")


def encode_list(items: Sequence[bytes]) -> bytes:
    """
    Encode a list from the encodings of its items: their number in four bytes, then the items.

    Requirements:
        PAYY-CONVENTIONS-006
    """
    return encode_unsigned(len(items), width=4) + b"".join(items)


def encode_fixed_items(items: Sequence[bytes], *, width: int) -> bytes:
    """
    Encode a list of byte strings of one fixed width, which is not written.

    Requirements:
        PAYY-CONVENTIONS-006

    Raises:
        SpecError: `BORSH_ITEM_WIDTH`.
    """
    # CHECK
    require(width >= 1 and all(len(item) == width for item in items), ErrorCode.BORSH_ITEM_WIDTH)

    # COMPUTE
    return encode_list(items)


def encode_bytes(value: bytes) -> bytes:
    """
    Encode a byte string of any length: its length in four bytes, then the bytes.

    Requirements:
        PAYY-CONVENTIONS-006
    """
    return encode_unsigned(len(value), width=4) + value


class Reader:
    """Take values off the front of an encoding."""

    def __init__(self, encoding: bytes) -> None:
        self._encoding = encoding
        self._offset = 0

    def fixed(self, length: int) -> bytes:
        """
        Take `length` bytes.

        Requirements:
            PAYY-CONVENTIONS-007

        Raises:
            SpecError: `BORSH_TRUNCATED`.
        """
        # CHECK
        require(self._offset + length <= len(self._encoding), ErrorCode.BORSH_TRUNCATED)

        # COMPUTE
        taken = self._encoding[self._offset : self._offset + length]
        self._offset += length
        return taken

    def unsigned(self, width: int) -> int:
        """
        Take an unsigned integer of `width` bytes.

        Raises:
            SpecError: `BORSH_TRUNCATED`.
        """
        return int.from_bytes(self.fixed(width), "little")

    def variable(self) -> bytes:
        """
        Take a byte string with its length in front.

        Raises:
            SpecError: `BORSH_TRUNCATED`.
        """
        return self.fixed(self.unsigned(4))

    def items(self, take: Callable[["Reader"], Item]) -> tuple[Item, ...]:
        """
        Take a list: its length, then each item.

        `take` must take a byte or more. Then a list that announces more items than there are
        bytes is refused at the first item that is not there; nothing is built for the others.

        Requirements:
            PAYY-CONVENTIONS-006
        """
        return tuple(take(self) for _ in range(self.unsigned(4)))

    def fixed_items(self, *, width: int) -> tuple[bytes, ...]:
        """
        Take a list of byte strings of one fixed width.

        Requirements:
            PAYY-CONVENTIONS-006

        Raises:
            SpecError: `BORSH_ITEM_WIDTH`.
        """
        # CHECK
        require(width >= 1, ErrorCode.BORSH_ITEM_WIDTH)

        # COMPUTE
        return self.items(lambda reader: reader.fixed(width))

    def close(self) -> None:
        """
        End the reading.

        Requirements:
            PAYY-CONVENTIONS-008

        Raises:
            SpecError: `BORSH_TRAILING_BYTES`.
        """
        # CHECK
        require(self._offset == len(self._encoding), ErrorCode.BORSH_TRAILING_BYTES)


def decode(encoding: bytes, take: Callable[[Reader], Value]) -> Value:
    """
    Decode a whole byte string.

    Raises:
        SpecError: `BORSH_TRUNCATED`, `BORSH_TRAILING_BYTES`, and what `take` raises.
    """
    reader = Reader(encoding)
    value = take(reader)
    reader.close()
    return value
