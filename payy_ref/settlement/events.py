"""
Events: what L1 says about a transition, in the words of the contracts.

They are also the only effects. Whoever runs a transition has to move the money that `Deposited`,
`Withdrawn` and `BurnSubstituted` name, and to make the calls of `CallDue`.
"""

from dataclasses import dataclass

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.ledger.sequence import Height
from payy_ref.settlement.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAdded:
    """A note kind has a token from now on."""

    note_kind: FieldElement
    """The note kind."""
    token: EthereumAddress
    """The contract of the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorSetAdded:
    """A validator set is known."""

    index: int
    """Its number, from 0."""
    valid_from: Height
    """Its first height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MintAdded:
    """Money was deposited, which a mint with this hash may claim."""

    mint_hash: FieldElement
    """By which the mint names the deposit."""
    value: int
    """The amount."""
    note_kind: FieldElement
    """Of which token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A deposit has become notes."""

    mint_hash: FieldElement
    """By which the mint named the deposit."""
    value: int
    """The amount."""
    note_kind: FieldElement
    """Of which token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositReturned:
    """A deposit that no block took is owed to the depositor."""

    mint_hash: FieldElement
    """By which it was known."""
    depositor: EthereumAddress
    """To whom it is owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burned:
    """Notes were burned, and somebody is owed their value."""

    note_kind: FieldElement
    """Of which token."""
    burn_hash: FieldElement
    """The commitment of the first burned note."""
    recipient: EthereumAddress
    """To whom it is owed."""
    value: int
    """The amount."""
    substitute: bool
    """Whether the recipient had paid in advance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnSubstituted:
    """Somebody paid for a burn before its block was settled."""

    note_kind: FieldElement
    """Of which token."""
    burn_hash: FieldElement
    """The commitment of the first note to be burned."""
    recipient: EthereumAddress
    """Who was paid."""
    value: int
    """The amount."""
    substitute: EthereumAddress
    """Who paid, and will be paid by the burn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What was owed was paid."""

    note_kind: FieldElement
    """Of which token."""
    owner: EthereumAddress
    """Who was paid."""
    value: int
    """The amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionQueued:
    """A transaction waits to be settled."""

    index: int
    """Number of the entry, from 0."""
    sender: EthereumAddress
    """Who queued it."""
    entry: Entry
    """What waits. L1 keeps its hash, so that whoever settles has to bring it."""
    proof: bytes
    """The client's proof, which a block with the transaction needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryConsumed:
    """An entry of the queue has had its turn."""

    index: int
    """Number of the entry."""
    applied: bool
    """Whether its transaction was applied; otherwise it is void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDue:
    """
    The transaction that a call belongs to is settled, and the call is made.

    On L1 this event is `CallMade`, with the call's success, which no rule depends on.
    """

    index: int
    """Number of the entry."""
    target: EthereumAddress
    """Who is called."""
    data: bytes
    """With what."""
    gas: int
    """How much gas the call gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupVerified:
    """The root has moved."""

    height: Height
    """Number of the last settled block of the sequencers."""
    root: FieldElement
    """Root of the note tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Nothing is settled any more."""

    root: FieldElement
    """Root of the last settled tree, which exits are judged by."""


Event = (
    TokenAdded
    | ValidatorSetAdded
    | MintAdded
    | Minted
    | DepositReturned
    | Burned
    | BurnSubstituted
    | Withdrawn
    | TransactionQueued
    | EntryConsumed
    | CallDue
    | RollupVerified
    | Frozen
)
"""Anything that L1 says."""
