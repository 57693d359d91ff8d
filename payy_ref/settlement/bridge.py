"""
The bridge: money that is locked on L1, and to whom it belongs.

A token that is locked belongs to an unspent note, to a deposit that no block has taken yet, or to
somebody who is owed it. Nothing is pushed: what is owed is written down and fetched. So nobody to
whom a token cannot be paid stops anybody else.

What a token does is an input here: how much arrived, and whether it paid.

Source: deployed `eth/contracts/rollup3/RollupV1.sol`, `mint`, `verifyMint`, `verifyBurn`,
`substituteBurn`; decisions 0026 and 0027.
"""

# The persistent maps are generic in their types only, not when the module runs.
from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from rpds import HashTrieMap

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.note import PADDING_KIND, VALUE_LIMIT
from payy_ref.ledger.transaction import Message
from payy_ref.settlement.events import (
    Burned,
    BurnSubstituted,
    DepositReturned,
    Event,
    MintAdded,
    Minted,
    TokenAdded,
    Withdrawn,
)

ADDRESS_SPAN: Final = 2**160
"""A burn address is the low 160 bits of its word, as deployed."""


class DepositStatus(Enum):
    """What has become of a deposit."""

    OPEN = "open"
    """A block may take it."""
    TAKEN = "taken"
    """A block took it: its value is in notes."""
    RETURNED = "returned"
    """It is owed to the depositor, or was paid to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Money that was locked for a mint."""

    depositor: EthereumAddress
    """Whose money it is until a block takes it."""
    note_kind: FieldElement
    """Of which token."""
    value: int
    """The amount."""
    held_at: int
    """When it was made, or its mint last queued, in seconds of L1's time."""
    status: DepositStatus = DepositStatus.OPEN
    """What has become of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A burn as L1 knows it."""

    note_kind: FieldElement
    """Of which token."""
    value: int
    """The amount."""
    burn_hash: FieldElement
    """The commitment of the first burned note."""
    recipient: EthereumAddress
    """Who is to be paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody to whom something is owed, in one token."""

    note_kind: FieldElement
    """Of which token."""
    owner: EthereumAddress
    """To whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """What is locked, and for what."""

    tokens: HashTrieMap[FieldElement, EthereumAddress] = field(default_factory=HashTrieMap)
    """The token of each note kind."""
    deposits: HashTrieMap[FieldElement, Deposit] = field(default_factory=HashTrieMap)
    """Every deposit ever made, by its mint hash."""
    credits: HashTrieMap[Account, int] = field(default_factory=HashTrieMap)
    """What is owed; never 0."""
    substitutions: HashTrieMap[Burn, EthereumAddress] = field(default_factory=HashTrieMap)
    """Burns that somebody paid in advance, and who."""
    escrow: HashTrieMap[FieldElement, int] = field(default_factory=HashTrieMap)
    """How much of each note kind's token is locked."""

    def locked(self, note_kind: FieldElement) -> int:
        """Give how much of a token is locked."""
        return self.escrow.get(note_kind, 0)

    def owed(self, note_kind: FieldElement, owner: EthereumAddress) -> int:
        """Give what somebody is owed."""
        return self.credits.get(Account(note_kind=note_kind, owner=owner), 0)


Outcome = tuple[Bridge, tuple[Event, ...]]
"""The bridge afterwards, and what L1 says."""


def add_token(bridge: Bridge, note_kind: FieldElement, token: EthereumAddress) -> Outcome:
    """
    Give a note kind its token, once and for all.

    Requirements:
        PAYY-BRIDGE-001

    Raises:
        SpecError: `BRIDGE_NOTE_KIND_ZERO`, `BRIDGE_NOTE_KIND_TAKEN`, `BRIDGE_TOKEN_TAKEN`.
    """
    # CHECK
    require(note_kind != PADDING_KIND, ErrorCode.BRIDGE_NOTE_KIND_ZERO)
    require(note_kind not in bridge.tokens, ErrorCode.BRIDGE_NOTE_KIND_TAKEN)
    require(token not in bridge.tokens.values(), ErrorCode.BRIDGE_TOKEN_TAKEN)

    # UPDATE
    after = replace(bridge, tokens=bridge.tokens.insert(note_kind, token))
    return after, (TokenAdded(note_kind=note_kind, token=token),)


def deposit(
    bridge: Bridge,
    *,
    depositor: EthereumAddress,
    mint_hash: FieldElement,
    note_kind: FieldElement,
    value: int,
    received: int | None,
    time: int,
) -> Outcome:
    """
    Lock money for the mint that states this hash.

    Args:
        bridge: The bridge before.
        depositor: Whose money it is.
        mint_hash: By which the mint will name the deposit; good for one deposit for ever.
        note_kind: Of which token.
        value: The amount.
        received: How much the token moved to the bridge; None if it refused.
        time: Seconds of L1's time.

    Requirements:
        PAYY-BRIDGE-002, PAYY-BRIDGE-003, PAYY-BRIDGE-004, PAYY-BRIDGE-005

    Raises:
        SpecError: `BRIDGE_NOTE_KIND_UNKNOWN`, `BRIDGE_VALUE_OUT_OF_RANGE`,
            `BRIDGE_MINT_HASH_TAKEN`, and those of `check_transfer`.
    """
    # CHECK
    require(note_kind in bridge.tokens, ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN)
    require(0 < value < VALUE_LIMIT, ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE)
    require(mint_hash not in bridge.deposits, ErrorCode.BRIDGE_MINT_HASH_TAKEN)
    check_transfer(value, received)

    # COMPUTE
    made = Deposit(depositor=depositor, note_kind=note_kind, value=value, held_at=time)

    # UPDATE
    after = replace(
        bridge,
        deposits=bridge.deposits.insert(mint_hash, made),
        escrow=bridge.escrow.insert(note_kind, bridge.locked(note_kind) + value),
    )
    return after, (MintAdded(mint_hash=mint_hash, value=value, note_kind=note_kind),)


def check_transfer(value: int, received: int | None) -> None:
    """
    Judge what a token did when it was asked to move an amount.

    Requirements:
        PAYY-BRIDGE-005

    Raises:
        SpecError: `BRIDGE_TRANSFER_REFUSED`, `BRIDGE_TRANSFER_INEXACT`.
    """
    # CHECK
    require(received is not None, ErrorCode.BRIDGE_TRANSFER_REFUSED)
    require(received in (None, value), ErrorCode.BRIDGE_TRANSFER_INEXACT)


def is_open(bridge: Bridge, mint_hash: FieldElement) -> bool:
    """Tell whether a block may take the deposit with this mint hash."""
    made = bridge.deposits.get(mint_hash)
    return made is not None and made.status is DepositStatus.OPEN


def open_deposit(bridge: Bridge, mint_hash: FieldElement) -> Deposit:
    """
    Find a deposit that a block may take.

    Requirements:
        PAYY-BRIDGE-006

    Raises:
        SpecError: `BRIDGE_DEPOSIT_ABSENT`.
    """
    # CHECK
    require(is_open(bridge, mint_hash), ErrorCode.BRIDGE_DEPOSIT_ABSENT)

    return bridge.deposits[mint_hash]


def check_mint(bridge: Bridge, mint: Message) -> None:
    """
    Judge whether the money of a mint is there.

    Requirements:
        PAYY-BRIDGE-006, PAYY-BRIDGE-007

    Raises:
        SpecError: `BRIDGE_DEPOSIT_ABSENT`, `BRIDGE_DEPOSIT_MISMATCH`.
    """
    # CHECK
    made = open_deposit(bridge, mint.hash)
    is_same = (made.note_kind, made.value) == (mint.note_kind, mint.value)
    require(is_same, ErrorCode.BRIDGE_DEPOSIT_MISMATCH)


def take_deposit(bridge: Bridge, mint: Message) -> Outcome:
    """
    Turn a deposit into notes: the block with its mint is settled.

    Requirements:
        PAYY-BRIDGE-006, PAYY-BRIDGE-007

    Raises:
        SpecError: as `check_mint`.
    """
    # CHECK
    check_mint(bridge, mint)

    # UPDATE
    taken = replace(bridge.deposits[mint.hash], status=DepositStatus.TAKEN)
    after = replace(bridge, deposits=bridge.deposits.insert(mint.hash, taken))
    minted = Minted(mint_hash=mint.hash, value=mint.value, note_kind=mint.note_kind)
    return after, (minted,)


def hold_deposit(bridge: Bridge, mint_hash: FieldElement, time: int) -> Bridge:
    """
    Let the delay of an open deposit begin anew, because its mint is queued.

    Sequencers have to take the mint when it is due; so the deposit must not go away before it can
    be forced.

    Requirements:
        PAYY-BRIDGE-008
    """
    held = replace(bridge.deposits[mint_hash], held_at=time)
    return replace(bridge, deposits=bridge.deposits.insert(mint_hash, held))


def cancel_deposit(
    bridge: Bridge, *, sender: EthereumAddress, mint_hash: FieldElement, earliest: int, time: int
) -> Outcome:
    """
    Give a deposit back to who made it.

    Args:
        bridge: The bridge before.
        sender: Who asks.
        mint_hash: Which deposit.
        earliest: How many seconds after it was held it may be cancelled.
        time: Seconds of L1's time.

    Requirements:
        PAYY-BRIDGE-008, PAYY-BRIDGE-009

    Raises:
        SpecError: `BRIDGE_DEPOSIT_ABSENT`, `BRIDGE_NOT_DEPOSITOR`, `BRIDGE_CANCEL_TOO_EARLY`.
    """
    # CHECK
    made = open_deposit(bridge, mint_hash)
    require(sender == made.depositor, ErrorCode.BRIDGE_NOT_DEPOSITOR)
    require(time >= made.held_at + earliest, ErrorCode.BRIDGE_CANCEL_TOO_EARLY)

    # UPDATE
    returned = replace(made, status=DepositStatus.RETURNED)
    after = replace(bridge, deposits=bridge.deposits.insert(mint_hash, returned))
    after = credit(after, made.note_kind, made.depositor, made.value)
    return after, (DepositReturned(mint_hash=mint_hash, depositor=made.depositor),)


def credit(bridge: Bridge, note_kind: FieldElement, owner: EthereumAddress, value: int) -> Bridge:
    """Owe somebody more; an amount of 0 leaves no trace."""
    if value == 0:
        return bridge
    account = Account(note_kind=note_kind, owner=owner)
    owed = bridge.owed(note_kind, owner) + value
    return replace(bridge, credits=bridge.credits.insert(account, owed))


def burn_of(message: Message) -> Burn:
    """
    Read a burn from its words.

    Requirements:
        PAYY-BRIDGE-010
    """
    recipient = message.burn_address % ADDRESS_SPAN
    return Burn(
        note_kind=message.note_kind,
        value=message.value,
        burn_hash=message.hash,
        recipient=EthereumAddress(recipient.to_bytes(20, "big")),
    )


def release_burn(bridge: Bridge, burn: Burn) -> Outcome:
    """
    Owe the value of burned notes to the recipient, or to who paid them in advance.

    Requirements:
        PAYY-BRIDGE-010, PAYY-BRIDGE-011, PAYY-BRIDGE-012, PAYY-BRIDGE-015

    Raises:
        SpecError: `BRIDGE_NOTE_KIND_UNKNOWN`.
    """
    # CHECK
    require(burn.note_kind in bridge.tokens, ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN)

    # COMPUTE
    substitute = bridge.substitutions.get(burn)
    recipient = burn.recipient if substitute is None else substitute

    # UPDATE
    after = replace(bridge, substitutions=bridge.substitutions.discard(burn))
    after = credit(after, burn.note_kind, recipient, burn.value)
    burned = Burned(
        note_kind=burn.note_kind,
        burn_hash=burn.burn_hash,
        recipient=recipient,
        value=burn.value,
        substitute=substitute is not None,
    )
    return after, (burned,)


def substitute_burn(
    bridge: Bridge, burn: Burn, *, substitute: EthereumAddress, received: int | None
) -> Outcome:
    """
    Pay for a burn in advance: the money goes from the payer to the recipient at once.

    Args:
        bridge: The bridge before.
        burn: What is paid for; all of it has to be as the block will state it.
        substitute: Who pays, and will be owed the burn's value.
        received: How much the token moved to the recipient; None if it refused.

    Requirements:
        PAYY-BRIDGE-005, PAYY-BRIDGE-013, PAYY-BRIDGE-014

    Raises:
        SpecError: `BRIDGE_NOTE_KIND_UNKNOWN`, `BRIDGE_VALUE_OUT_OF_RANGE`,
            `BRIDGE_BURN_SUBSTITUTED`, and those of `check_transfer`.
    """
    # CHECK
    require(burn.note_kind in bridge.tokens, ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN)
    require(0 < burn.value < VALUE_LIMIT, ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE)
    require(burn not in bridge.substitutions, ErrorCode.BRIDGE_BURN_SUBSTITUTED)
    check_transfer(burn.value, received)

    # UPDATE
    after = replace(bridge, substitutions=bridge.substitutions.insert(burn, substitute))
    paid = BurnSubstituted(
        note_kind=burn.note_kind,
        burn_hash=burn.burn_hash,
        recipient=burn.recipient,
        value=burn.value,
        substitute=substitute,
    )
    return after, (paid,)


def withdraw(
    bridge: Bridge, *, note_kind: FieldElement, owner: EthereumAddress, is_paid: bool
) -> Outcome:
    """
    Pay what somebody is owed, all of it.

    Anybody may ask for it; the money goes to the owner. If the token refuses, it stays owed. More
    than is locked is never paid; it could only be owed if a proof had lied.

    Requirements:
        PAYY-BRIDGE-016, PAYY-BRIDGE-017

    Raises:
        SpecError: `BRIDGE_CREDIT_ABSENT`, `BRIDGE_TRANSFER_REFUSED`.
    """
    owed = bridge.owed(note_kind, owner)

    # CHECK
    require(owed > 0, ErrorCode.BRIDGE_CREDIT_ABSENT)
    can_pay = owed <= bridge.locked(note_kind)
    require(can_pay and is_paid, ErrorCode.BRIDGE_TRANSFER_REFUSED)

    # UPDATE
    after = replace(
        bridge,
        credits=bridge.credits.remove(Account(note_kind=note_kind, owner=owner)),
        escrow=bridge.escrow.insert(note_kind, bridge.locked(note_kind) - owed),
    )
    return after, (Withdrawn(note_kind=note_kind, owner=owner, value=owed),)
