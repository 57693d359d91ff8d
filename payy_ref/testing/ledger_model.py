"""
An independent model of the ledger: a plain dictionary of notes.

It shares no rule with `payy_ref.ledger`. Transactions are nine integers, a block is judged by
looking at a table, a regular expression and the dictionary; encodings are packed with `struct`.
"""

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from Crypto.Hash import keccak

from payy_ref.errors import ErrorCode
from payy_ref.testing.tree_model import TreeModel

Words = tuple[int, ...]
"""The nine public words of a transaction."""

Opening = tuple[int, int]
"""Kind and value of a note, which its commitment hides."""

USED_WORDS: Final = {0: 0, 1: 5, 2: 8, 3: 9}
"""How many of the nine words a block knows of a transaction, by its kind; the rest are 0."""

KIND, NOTE_KIND, VALUE = 4, 5, 6
"""Positions of message words."""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A mint or a burn, as L1 reads it."""

    is_mint: bool
    """Whether notes are made."""
    note_kind: int
    """The token."""
    value: int
    """The amount."""
    rest: Words
    """The words that follow: the hash, and of a burn the address."""


def movements(words: Sequence[int]) -> list[Movement]:
    """Read the message words of a block, which zeros may follow, as L1 does."""
    found, unread = [], list(words)
    while any(unread):
        kind, length = unread[0], {2: 4, 3: 5}[unread[0]]
        _, note_kind, value, *rest = unread[:length]
        if len(rest) != length - 3:
            raise ValueError("the words end inside a message")
        found.append(
            Movement(is_mint=kind == 2, note_kind=note_kind, value=value, rest=tuple(rest))
        )
        unread = unread[length:]
    return found


@dataclass(frozen=True, kw_only=True)
class LedgerModel:
    """The notes that exist after a block, and what came and went at L1."""

    depth: int
    """Levels of the tree; two notes with the same low bits in so many places cannot be both."""
    groups: int
    """Groups of a block."""
    group_size: int
    """Places of a group."""
    unspent: Mapping[int, Opening] = field(default_factory=dict)
    """The notes, by their commitments."""
    minted: Counter[int] = field(default_factory=Counter)
    """What was ever minted, by note kind."""
    burned: Counter[int] = field(default_factory=Counter)
    """What was ever burned, by note kind."""
    height: int = 0
    """Number of the newest block."""
    name: bytes
    """Hash of the newest block."""

    def with_block(
        self, transactions: Sequence[Words], openings: Mapping[int, Opening]
    ) -> "LedgerModel | ErrorCode":
        """Apply transactions, or give the code of the first rule that they break."""
        refusal = self.refusal_without_notes(transactions)
        if refusal is not None:
            return refusal
        unspent = dict(self.unspent)
        taken = {self._slot(commitment) for commitment in unspent}
        minted, burned = Counter(self.minted), Counter(self.burned)
        for words in transactions:
            for commitment in filter(None, words[:2]):
                if commitment not in unspent:
                    return ErrorCode.MERKLE_ELEMENT_ABSENT
                del unspent[commitment]
                taken.remove(self._slot(commitment))
            for commitment in filter(None, words[2:4]):
                if self._slot(commitment) in taken:
                    return ErrorCode.MERKLE_SLOT_OCCUPIED
                unspent[commitment] = openings[commitment]
                taken.add(self._slot(commitment))
            if words[KIND] == 2:
                minted[words[NOTE_KIND]] += words[VALUE]
            if words[KIND] == 3:
                burned[words[NOTE_KIND]] += words[VALUE]
        return replace(self, unspent=unspent, minted=minted, burned=burned)

    def refusal_without_notes(self, transactions: Sequence[Words]) -> ErrorCode | None:
        """Judge what can be judged without looking at the notes that exist."""
        empty = self.groups * self.group_size - len(transactions)
        if empty < 0:
            return ErrorCode.LEDGER_BLOCK_TOO_LARGE
        for words in transactions:
            if words[KIND] not in USED_WORDS:
                return ErrorCode.LEDGER_KIND_UNKNOWN
            if any(words[USED_WORDS[words[KIND]] :]) or (words[KIND] == 0 and any(words)):
                return ErrorCode.LEDGER_MESSAGE_NOT_CARRIED
            if words[VALUE] and not words[NOTE_KIND]:
                return ErrorCode.LEDGER_VALUE_WITHOUT_KIND
        row = "".join("t" if words[KIND] else "-" for words in transactions) + "-" * empty
        rest = self.group_size - 1
        if not re.fullmatch(f"(t[t-]{{{rest}}})*(-{{{rest + 1}}})*", row):
            return ErrorCode.LEDGER_PADDING_FIRST
        seen = Counter(commitment for words in transactions for commitment in words[:4])
        if any(number > 1 for commitment, number in seen.items() if commitment):
            return ErrorCode.LEDGER_LEAF_REPEATED
        return None

    def root(self) -> int:
        """Hash the notes level by level."""
        leaf_in = {self._slot(commitment): commitment for commitment in self.unspent}
        return TreeModel(depth=self.depth, leaf_in=leaf_in).root()

    def worth(self) -> Counter[int]:
        """Add up the notes by kind."""
        worth: Counter[int] = Counter()
        for kind, value in self.unspent.values():
            worth[kind] += value
        return worth

    def in_slot_order(self) -> tuple[int, ...]:
        """List the commitments as the tree lists its leaves."""
        return tuple(sorted(self.unspent, key=self._slot))

    def _slot(self, commitment: int) -> int:
        return commitment & (1 << self.depth) - 1


class PoolModel:
    """Pending transactions in one dictionary; a number tells each one's place in the queue."""

    def __init__(self) -> None:
        self.rank: dict[Words, int] = {}
        """Where each pending transaction stands or stood in the queue."""
        self.leased_for: dict[Words, int] = {}
        """The height that a transaction is out for; not there if it waits."""

    def waiting(self) -> list[Words]:
        """List the queue."""
        return sorted(self.rank.keys() - self.leased_for.keys(), key=self.rank.__getitem__)

    def leased(self, height: int) -> list[Words]:
        """List what is out for a height."""
        return sorted(
            (words for words, other in self.leased_for.items() if other == height),
            key=self.rank.__getitem__,
        )

    def add(self, words: Words) -> ErrorCode | None:
        """Let a transaction queue up, unless it is pending or shares a note with one that is."""
        if words[KIND] == 0:
            return ErrorCode.MEMPOOL_PADDING
        if any(set(words[:4]) & set(other[:4]) - {0} for other in self.rank):
            return ErrorCode.MEMPOOL_CONFLICT
        if words in self.rank:
            return ErrorCode.MEMPOOL_DUPLICATE
        self.rank[words] = 1 + max(self.rank.values(), default=0)
        return None

    def lease(self, height: int, maximum: int) -> list[Words] | ErrorCode:
        """Hand out the first of the queue."""
        if height in self.leased_for.values():
            return ErrorCode.MEMPOOL_LEASE_HELD
        taken = self.waiting()[:maximum]
        self.leased_for.update(dict.fromkeys(taken, height))
        return taken

    def settle(self, height: int, done: Iterable[Words]) -> None:
        """Forget what is done; put the rest of a lease before the queue."""
        returned = self.leased(height)
        front = min(self.rank.values(), default=0)
        for distance, words in enumerate(reversed(returned), start=1):
            del self.leased_for[words]
            self.rank[words] = front - distance
        for words in set(done) & self.rank.keys():
            del self.rank[words]
            self.leased_for.pop(words, None)


# Encodings


@dataclass(frozen=True, kw_only=True)
class PlainBlock:
    """A block as numbers and bytes."""

    height: int
    """Number of the block."""
    parent: bytes
    """Hash of the block before."""
    epoch: int
    """Epoch, or view."""
    final: bytes
    """Hash of the newest final block."""
    approvals: tuple[bytes, ...] = ()
    """Signatures of 65 bytes."""
    root: int
    """Root after the block."""
    transactions: tuple[tuple[bytes, Words], ...] = ()
    """Proofs and public words."""
    signature: bytes = bytes(65)
    """The proposer's signature."""

    def header(self) -> bytes:
        """Pack the header."""
        approvals = b"".join(struct.pack("<65s", approval) for approval in self.approvals)
        fixed = struct.pack("<Q32sQ32s", self.height, self.parent, self.epoch, self.final)
        return fixed + struct.pack("<I", len(self.approvals)) + approvals

    def encoding(self) -> bytes:
        """Pack the block."""
        parts = [self.header(), _word(self.root), struct.pack("<I", len(self.transactions))]
        parts += [packed_transaction(proof, words) for proof, words in self.transactions]
        return b"".join(parts) + struct.pack("<65s", self.signature)

    def name(self) -> bytes:
        """Hash what L1 is told of the block."""
        return keccak_256(_word(self.root) + _word(self.height) + keccak_256(self.header()))


def packed_transaction(proof: bytes, words: Words) -> bytes:
    """Pack a transaction with its proof."""
    return struct.pack(f"<I{len(proof)}s", len(proof), proof) + b"".join(map(_word, words))


def element_offsets(block: PlainBlock) -> Iterator[int]:
    """Tell where in the encoding of a block its field elements begin."""
    offset = len(block.header())
    yield offset
    offset += 32 + 4
    for proof, words in block.transactions:
        offset += 4 + len(proof)
        yield from range(offset, offset + 32 * len(words), 32)
        offset += 32 * len(words)


def keccak_256(content: bytes) -> bytes:
    """Hash bytes as Ethereum does."""
    return keccak.new(data=content, digest_bits=256).digest()


def _word(value: int) -> bytes:
    high, low = divmod(value, 2**128)
    return struct.pack(">QQQQ", *divmod(high, 2**64), *divmod(low, 2**64))
