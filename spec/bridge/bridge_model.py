"""The bridge as a bookkeeper would have it: plain numbers, and which step is refused."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from hypothesis import strategies as st

from payy_ref.errors import ErrorCode

KINDS: Final = (11, 12)
"""Note kinds that have a token; any other one has none."""

PEOPLE: Final = 4
"""Accounts, by number."""

LIMIT: Final = 2**240
"""Values are below this."""


@dataclass(frozen=True, kw_only=True)
class Deposited:
    """A deposit."""

    sender: int
    mint_hash: int
    kind: int
    value: int
    received: int | None
    """How much the token moved."""


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """A deposit is asked back."""

    sender: int
    mint_hash: int
    wait: int
    """Seconds since the last step."""


@dataclass(frozen=True, kw_only=True)
class Burning:
    """A burn."""

    kind: int
    value: int
    burn_hash: int
    recipient: int


@dataclass(frozen=True, kw_only=True)
class Minting:
    """A mint."""

    mint_hash: int
    kind: int
    value: int


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A block is brought."""

    messages: tuple[Burning | Minting, ...]


@dataclass(frozen=True, kw_only=True)
class PaidInAdvance:
    """A burn is paid in advance."""

    sender: int
    burn: Burning
    is_late: bool
    """Whether the stated height is settled already."""
    received: int | None


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A debt is fetched."""

    kind: int
    owner: int
    is_paid: bool


Item = TypeVar("Item")

Deed = Deposited | Cancelled | Settled | PaidInAdvance | Fetched
"""Anything that is done."""

Open = tuple[int, int, int, int]
"""Kind, value, depositor and time of a deposit."""


@dataclass(kw_only=True)
class Book:
    """All numbers, as they are after some deeds."""

    cancel_seconds: int
    time: int = 0
    open: dict[int, Open] = field(default_factory=dict)
    """Open deposits, by mint hash."""
    known: set[int] = field(default_factory=set)
    """Every mint hash that was ever deposited for."""
    owed: Counter[tuple[int, int]] = field(default_factory=Counter)
    """By note kind and account."""
    payers: dict[Burning, int] = field(default_factory=dict)
    """Who paid a burn in advance."""
    locked: Counter[int] = field(default_factory=Counter)
    """By note kind."""
    notes: Counter[int] = field(default_factory=Counter)
    """Value in notes, by note kind."""

    def do(self, deed: Deed, after: int) -> ErrorCode | None:
        """Do something so many seconds later; or tell why not, and do nothing."""
        self.time += after
        match deed:
            case Deposited():
                return self._deposit(deed)
            case Cancelled():
                return self._cancel(deed)
            case Settled():
                return self._settle(deed)
            case PaidInAdvance():
                return self._pay(deed)
            case Fetched():
                return self._fetch(deed)

    def _deposit(self, deed: Deposited) -> ErrorCode | None:
        refusal = _refusal_of(deed.kind, deed.value)
        if refusal:
            return refusal
        if deed.mint_hash in self.known:
            return ErrorCode.BRIDGE_MINT_HASH_TAKEN
        if deed.received != deed.value:
            return _refusal_of_transfer(deed.received)
        self.known.add(deed.mint_hash)
        self.open[deed.mint_hash] = (deed.kind, deed.value, deed.sender, self.time)
        self.locked[deed.kind] += deed.value
        return None

    def _cancel(self, deed: Cancelled) -> ErrorCode | None:
        if deed.mint_hash not in self.open:
            return ErrorCode.BRIDGE_DEPOSIT_ABSENT
        kind, value, depositor, time = self.open[deed.mint_hash]
        if depositor != deed.sender:
            return ErrorCode.BRIDGE_NOT_DEPOSITOR
        if self.time - time < self.cancel_seconds:
            return ErrorCode.BRIDGE_CANCEL_TOO_EARLY
        del self.open[deed.mint_hash]
        self.owed[kind, depositor] += value
        return None

    def _settle(self, deed: Settled) -> ErrorCode | None:
        left = dict(self.open)
        for message in deed.messages:
            if isinstance(message, Burning):
                if message.kind not in KINDS:
                    return ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
                continue
            if message.mint_hash not in left:
                return ErrorCode.BRIDGE_DEPOSIT_ABSENT
            if left.pop(message.mint_hash)[:2] != (message.kind, message.value):
                return ErrorCode.BRIDGE_DEPOSIT_MISMATCH
        for message in deed.messages:
            if isinstance(message, Burning):
                payee = self.payers.pop(message, message.recipient)
                self.owed[message.kind, payee] += message.value
                self.notes[message.kind] -= message.value
            else:
                self.notes[message.kind] += message.value
        self.open = left
        return None

    def _pay(self, deed: PaidInAdvance) -> ErrorCode | None:
        if deed.is_late:
            return ErrorCode.BRIDGE_BURN_SETTLED
        refusal = _refusal_of(deed.burn.kind, deed.burn.value)
        if refusal:
            return refusal
        if deed.burn in self.payers:
            return ErrorCode.BRIDGE_BURN_SUBSTITUTED
        if deed.received != deed.burn.value:
            return _refusal_of_transfer(deed.received)
        self.payers[deed.burn] = deed.sender
        return None

    def _fetch(self, deed: Fetched) -> ErrorCode | None:
        value = self.owed[deed.kind, deed.owner]
        if not value:
            return ErrorCode.BRIDGE_CREDIT_ABSENT
        if not deed.is_paid:
            return ErrorCode.BRIDGE_TRANSFER_REFUSED
        self.locked[deed.kind] -= value
        del self.owed[deed.kind, deed.owner]
        return None


def _refusal_of(kind: int, value: int) -> ErrorCode | None:
    if kind not in KINDS:
        return ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
    return None if 0 < value < LIMIT else ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE


def _refusal_of_transfer(received: int | None) -> ErrorCode:
    if received is None:
        return ErrorCode.BRIDGE_TRANSFER_REFUSED
    return ErrorCode.BRIDGE_TRANSFER_INEXACT


# What is tried


_people = st.integers(0, PEOPLE - 1)
_kinds = st.sampled_from((*KINDS, KINDS[0], KINDS[0], 13))
_values = st.sampled_from((1, 2, 3, 5, 5, 8, 0, LIMIT - 1, LIMIT))


@st.composite
def _transfers(draw: st.DrawFn, value: int) -> int | None:
    return draw(st.sampled_from((value, value, value, value, None, value + 1, max(0, value - 1))))


@st.composite
def deeds(draw: st.DrawFn, book: Book) -> Deed:
    """
    Give something that may be done next; mostly it succeeds.

    Burns of notes never burn more than there is: the clients' proofs see to that.
    """
    names = ("deposit", "deposit", "cancel", "settle", "settle", "pay", "fetch")
    name = draw(st.sampled_from(names))
    if name == "deposit":
        value = draw(_values)
        return Deposited(
            sender=draw(_people),
            mint_hash=draw(st.integers(0, 5)),
            kind=draw(_kinds),
            value=value,
            received=draw(_transfers(value)),
        )
    if name == "cancel":
        mint_hash = draw(_one_of(sorted(book.open), st.integers(0, 5)))
        own = book.open.get(mint_hash, (0, 0, 0, 0))[2]
        waits = (1, book.cancel_seconds - 1, book.cancel_seconds, book.cancel_seconds)
        return Cancelled(
            sender=draw(st.sampled_from((own, own, (own + 1) % PEOPLE))),
            mint_hash=mint_hash,
            wait=draw(st.sampled_from(waits)),
        )
    if name == "settle":
        return Settled(messages=draw(blocks(book)))
    if name == "pay":
        burn = draw(_burns(book))
        return PaidInAdvance(
            sender=draw(_people),
            burn=burn,
            is_late=draw(st.integers(0, 5)) == 0,
            received=draw(_transfers(burn.value)),
        )
    debts = sorted(debt for debt, value in book.owed.items() if value)
    kind, owner = draw(_one_of(debts, st.tuples(_kinds, _people)))
    return Fetched(kind=kind, owner=owner, is_paid=draw(st.integers(0, 3)) > 0)


def _one_of(known: Sequence[Item], others: st.SearchStrategy[Item]) -> st.SearchStrategy[Item]:
    """Give something that is known, more often than anything else."""
    if not known:
        return others
    return st.one_of(st.sampled_from(known), st.sampled_from(known), others)


@st.composite
def _burns(draw: st.DrawFn, book: Book) -> Burning:
    new = st.builds(
        Burning,
        kind=_kinds,
        value=st.sampled_from((1, 2, 3, 5, 0)),
        burn_hash=st.integers(0, 2),
        recipient=_people,
    )
    return draw(_one_of(sorted(book.payers, key=repr), new))


@st.composite
def blocks(draw: st.DrawFn, book: Book, most: int = 2) -> tuple[Burning | Minting, ...]:
    """Give the messages of a block."""
    left = Counter(book.notes)
    messages: list[Burning | Minting] = []
    for _ in range(draw(st.integers(0, most))):
        if draw(st.booleans()):
            burn = draw(_burns(book))
            if burn.kind not in KINDS or left[burn.kind] >= burn.value:
                left[burn.kind] -= burn.value
                messages.append(burn)
            continue
        mint_hash = draw(_one_of(sorted(book.open), st.integers(0, 5)))
        kind, value, *_ = book.open.get(mint_hash, (KINDS[0], 1, 0, 0))
        wrong = draw(st.integers(0, 9)) == 0
        messages.append(Minting(mint_hash=mint_hash, kind=kind, value=value + wrong))
    return tuple(messages)
