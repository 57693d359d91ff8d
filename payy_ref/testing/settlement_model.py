"""
An independent model of L1: dictionaries of tokens, deposits, debts and what waits.

It shares no rule with `payy_ref.settlement`. Everything is a number, bytes or a tuple of them. What
takes a hash, a signature or a proof to find out is told to it by whoever made the step: whether a
claim is true, who signed, where a transaction stands. It answers with the code of the first rule
that is broken, or does the step and remembers what L1 says.

A method may leave the model half changed when it gives a code; so a step is tried on a copy.
"""

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from payy_ref.errors import ErrorCode
from payy_ref.parameters import Parameters
from payy_ref.testing.ledger_model import KIND, NOTE_KIND, VALUE, LedgerModel, Words

HASH, ADDRESS = 7, 8
"""Positions of the last two message words."""

MINT, BURN = 2, 3
"""Kinds of transactions that L1 hears of."""

FULL: Final = 2**240
"""Amounts are below this."""

NOBODY: Final = bytes(20)
"""The address that is none."""

Said = tuple[str, dict[str, Any]]
"""An event: its name and what it states."""

PlainCall = tuple[bytes, int, bytes]
"""A call that waits: who is called, with how much gas, with what."""

PlainBurn = tuple[int, int, int, bytes]
"""Token, amount, hash and recipient of a burn."""


@dataclass(kw_only=True)
class PlainDeposit:
    """Money that was brought for a mint."""

    giver: bytes
    """Who brought it."""
    kind: int
    """The token."""
    value: int
    """The amount."""
    time: int
    """When, or when a mint for it was last queued."""
    status: str = "open"
    """What has become of it."""


@dataclass(frozen=True, kw_only=True)
class PlainEntry:
    """A transaction that waits."""

    words: Words
    """The transaction."""
    call: PlainCall | None
    """What is called when it is applied."""
    time: int
    """When it was queued."""


@dataclass(frozen=True, kw_only=True)
class PlainVerdict:
    """What somebody says becomes of an entry."""

    entry: PlainEntry
    """The entry that is meant."""
    applied: bool
    """Whether it is said to stand in the block."""
    placed: bool
    """Whether a place of the block has its four commitments."""
    shown: bool = False
    """Whether it is proved to be void on the tree that is named."""


@dataclass(frozen=True, kw_only=True)
class PlainOpening:
    """What is shown of the places of a block."""

    counts: tuple[int, ...]
    """Hashes of each group."""
    true: bool
    """Whether they are those of the block."""


NOTHING_OPENED: Final = PlainOpening(counts=(), true=True)
"""Where there is no verdict, there is nothing to show."""


@dataclass(frozen=True, kw_only=True)
class PlainClaim:
    """What a block is said to do."""

    words: Words
    """Old root, new root, commit hash, messages."""
    true: bool
    """Whether there is such a block."""
    after: LedgerModel | None = None
    """The notes after it, if there is."""


@dataclass(frozen=True, kw_only=True)
class PlainCommit:
    """Three blocks and who approved the last one."""

    heights: tuple[int, int, int]
    """Their heights."""
    views: tuple[int, int, int]
    """Their views."""
    linked: bool = True
    """Whether each names the one before, and the first one states the claimed root."""
    signers: Sequence[bytes]
    """Who approved the last one, in the order of the signatures; nobody made one that is none."""
    skipped: tuple[int, ...] = ()
    """Heights of the blocks before the first of them that are shown to change nothing."""
    skipped_linked: bool = True
    """Whether each of those, if it states the old root, is named by the block after it."""
    skipped_garbled: ErrorCode | None = None
    """What is wrong with how one of those is written."""


@dataclass(kw_only=True)
class SettlementModel:
    """L1, and the notes in the last settled tree."""

    parameters: Parameters
    """The numbers of the network."""
    owner: bytes
    """Who names tokens and validators."""
    sets: list[tuple[int, dict[bytes, int]]]
    """First height and weights of each set, in order."""
    notes: LedgerModel
    """The notes in the settled tree."""
    root: int
    """Its root."""
    height: int = 0
    """The last settled height."""
    adrift: bool = False
    """Whether somebody else than the sequencers moved the root since their last block."""
    frozen: bool = False
    """Whether it is over."""
    tokens: dict[int, bytes] = field(default_factory=dict)
    """Token by note kind."""
    deposits: dict[int, PlainDeposit] = field(default_factory=dict)
    """Deposits by mint hash."""
    debts: Counter[tuple[int, bytes]] = field(default_factory=Counter)
    """What is owed, by note kind and account."""
    advances: dict[PlainBurn, bytes] = field(default_factory=dict)
    """Burns that somebody paid for already, and who."""
    waiting: list[PlainEntry] = field(default_factory=list)
    """The queue."""
    ever: list[PlainEntry] = field(default_factory=list)
    """All that was ever queued, in order."""
    left: set[int] = field(default_factory=set)
    """Notes that were taken out at the end."""
    locked: Counter[int] = field(default_factory=Counter)
    """What the contract holds, by note kind."""
    moved: Counter[tuple[int, bytes]] = field(default_factory=Counter)
    """By how much each account's balance has changed, by note kind; the contract's is `locked`."""
    said: list[Said] = field(default_factory=list)
    """What L1 said in the last step."""
    calls: list[Said] = field(default_factory=list)
    """The calls of the last step, which are made when all else is done."""

    def copy(self) -> "SettlementModel":
        """Give a model that can be changed while this one stays."""
        other = copy.copy(self)
        other.deposits = {name: copy.copy(made) for name, made in self.deposits.items()}
        other.tokens, other.advances = dict(self.tokens), dict(self.advances)
        other.debts, other.locked = Counter(self.debts), Counter(self.locked)
        other.moved, other.left = Counter(self.moved), set(self.left)
        other.sets, other.waiting, other.ever = [*self.sets], [*self.waiting], [*self.ever]
        other.said, other.calls = [], []
        return other

    @property
    def consumed(self) -> int:
        """How many entries had their turn."""
        return len(self.ever) - len(self.waiting)

    def unspent(self) -> Counter[int]:
        """Add up the notes that can still be spent or taken out, by note kind."""
        worth: Counter[int] = Counter()
        for leaf, (kind, value) in self.notes.unspent.items():
            if leaf not in self.left:
                worth[kind] += value
        return worth

    def say(self, event: str, /, **what: Any) -> None:
        """Remember an event."""
        self.said.append((event, what))

    # Set up

    def add_token(self, sender: bytes, kind: int, token: bytes) -> ErrorCode | None:
        """Give a note kind its token."""
        if sender != self.owner:
            return ErrorCode.SETTLEMENT_NOT_OWNER
        if self.frozen:
            return ErrorCode.SETTLEMENT_FROZEN
        if kind == 0:
            return ErrorCode.BRIDGE_NOTE_KIND_ZERO
        if kind in self.tokens:
            return ErrorCode.BRIDGE_NOTE_KIND_TAKEN
        if token in self.tokens.values():
            return ErrorCode.BRIDGE_TOKEN_TAKEN
        self.tokens[kind] = token
        self.say("TokenAdded", note_kind=kind, token=token)
        return None

    def add_validators(
        self, sender: bytes, first: int, members: Sequence[tuple[bytes, int]]
    ) -> ErrorCode | None:
        """Name a set."""
        if sender != self.owner:
            return ErrorCode.SETTLEMENT_NOT_OWNER
        if self.frozen:
            return ErrorCode.SETTLEMENT_FROZEN
        if not members:
            return ErrorCode.VALIDATORS_EMPTY
        weights: dict[bytes, int] = {}
        for account, weight in members:
            if account == NOBODY:
                return ErrorCode.VALIDATOR_ADDRESS_ZERO
            if account in weights:
                return ErrorCode.VALIDATOR_REPEATED
            if weight not in range(1, 2**128):
                return ErrorCode.VALIDATOR_STAKE_OUT_OF_RANGE
            weights[account] = weight
        if first <= self.sets[-1][0] or first <= self.height:
            return ErrorCode.VALIDATORS_NOT_LATER
        if first - self.height > self.parameters.settlement_future_blocks:
            return ErrorCode.VALIDATORS_TOO_FAR
        self.say("ValidatorSetAdded", index=len(self.sets), valid_from=first)
        self.sets.append((first, weights))
        return None

    # Money

    def deposit(
        self, sender: bytes, time: int, *, name: int, kind: int, value: int, received: int | None
    ) -> ErrorCode | None:
        """Bring money for a mint."""
        if self.frozen:
            return ErrorCode.SETTLEMENT_FROZEN
        if kind not in self.tokens:
            return ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
        if not 1 <= value < FULL:
            return ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE
        if name in self.deposits:
            return ErrorCode.BRIDGE_MINT_HASH_TAKEN
        if received is None:
            return ErrorCode.BRIDGE_TRANSFER_REFUSED
        if received != value:
            return ErrorCode.BRIDGE_TRANSFER_INEXACT
        self.deposits[name] = PlainDeposit(giver=sender, kind=kind, value=value, time=time)
        self.locked[kind] += value
        self.moved[kind, sender] -= value
        self.say("MintAdded", mint_hash=name, value=value, note_kind=kind)
        return None

    def open_deposit(self, name: int) -> PlainDeposit | None:
        """Find the deposit that a mint can still have."""
        made = self.deposits.get(name)
        return made if made is not None and made.status == "open" else None

    def lacks(self, words: Words) -> ErrorCode | None:
        """Tell what is wrong with the money of a mint."""
        made = self.open_deposit(words[HASH])
        if made is None:
            return ErrorCode.BRIDGE_DEPOSIT_ABSENT
        if (made.kind, made.value) != (words[NOTE_KIND], words[VALUE]):
            return ErrorCode.BRIDGE_DEPOSIT_MISMATCH
        return None

    def cancel(self, sender: bytes, time: int, name: int) -> ErrorCode | None:
        """Ask for a deposit back."""
        made = self.open_deposit(name)
        if made is None:
            return ErrorCode.BRIDGE_DEPOSIT_ABSENT
        if made.giver != sender:
            return ErrorCode.BRIDGE_NOT_DEPOSITOR
        if not self.frozen and time - made.time < self.parameters.bridge_cancel_seconds:
            return ErrorCode.BRIDGE_CANCEL_TOO_EARLY
        made.status = "returned"
        self.debts[made.kind, made.giver] += made.value
        self.say("DepositReturned", mint_hash=name, depositor=made.giver)
        return None

    def substitute(
        self, sender: bytes, burn: PlainBurn, height: int, received: int | None
    ) -> ErrorCode | None:
        """Pay somebody for a burn that is not settled yet."""
        kind, value, name, recipient = burn
        if self.frozen:
            return ErrorCode.SETTLEMENT_FROZEN
        if height <= self.height or self.adrift:
            return ErrorCode.BRIDGE_BURN_SETTLED
        if kind not in self.tokens:
            return ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
        if not 1 <= value < FULL:
            return ErrorCode.BRIDGE_VALUE_OUT_OF_RANGE
        if burn in self.advances:
            return ErrorCode.BRIDGE_BURN_SUBSTITUTED
        if received is None:
            return ErrorCode.BRIDGE_TRANSFER_REFUSED
        if received != value:
            return ErrorCode.BRIDGE_TRANSFER_INEXACT
        self.advances[burn] = sender
        self.moved[kind, sender] -= value
        self.moved[kind, recipient] += value
        self.say(
            "BurnSubstituted",
            note_kind=kind,
            burn_hash=name,
            recipient=recipient,
            value=value,
            substitute=sender,
        )
        return None

    def withdraw(self, kind: int, owner: bytes, *, paid: bool) -> ErrorCode | None:
        """Pay out a debt."""
        value = self.debts[kind, owner]
        if not value:
            return ErrorCode.BRIDGE_CREDIT_ABSENT
        if not paid or self.locked[kind] < value:
            return ErrorCode.BRIDGE_TRANSFER_REFUSED
        del self.debts[kind, owner]
        self.locked[kind] -= value
        self.moved[kind, owner] += value
        self.say("Withdrawn", note_kind=kind, owner=owner, value=value)
        return None

    def release(self, words: Words) -> ErrorCode | None:
        """Owe what was burned; the words are the message's, the kind first."""
        _, kind, value, name, address = words
        if kind not in self.tokens:
            return ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
        recipient = (address & (1 << 160) - 1).to_bytes(20, "big")
        payer = self.advances.pop((kind, value, name, recipient), None)
        owed_to = payer or recipient
        if value:
            self.debts[kind, owed_to] += value
        self.say(
            "Burned",
            note_kind=kind,
            burn_hash=name,
            recipient=owed_to,
            value=value,
            substitute=payer is not None,
        )
        return None

    # The queue

    def queue(
        self, sender: bytes, time: int, words: Words, call: PlainCall | None, *, proven: bool
    ) -> ErrorCode | None:
        """Let a transaction wait for its turn."""
        if self.frozen:
            return ErrorCode.SETTLEMENT_FROZEN
        if call is not None:
            if call[1] > self.parameters.queue_call_gas:
                return ErrorCode.QUEUE_CALL_GAS_OUT_OF_RANGE
            if len(call[2]) > self.parameters.queue_call_bytes:
                return ErrorCode.QUEUE_CALL_DATA_TOO_LONG
        if words[KIND] == 0:
            return ErrorCode.QUEUE_PADDING
        refusal = self.notes.refusal_without_notes([words])
        if refusal is not None:
            return refusal
        lack = self.lacks(words) if words[KIND] == MINT else None
        if lack is not None:
            return lack
        if words[KIND] == BURN and words[NOTE_KIND] not in self.tokens:
            return ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
        if not proven:
            return ErrorCode.SETTLEMENT_TRANSACTION_UNPROVEN
        entry = PlainEntry(words=words, call=call, time=time)
        self.say("TransactionQueued", index=len(self.ever), sender=sender, entry=entry)
        if words[KIND] == MINT:
            self.deposits[words[HASH]].time = time
        self.waiting.append(entry)
        self.ever.append(entry)
        return None

    def deposit_and_queue(
        self, sender: bytes, time: int, words: Words, received: int | None, *, proven: bool
    ) -> ErrorCode | None:
        """Bring money and let its mint wait."""
        if words[KIND] != MINT:
            return ErrorCode.QUEUE_NOT_MINT
        return self.deposit(
            sender,
            time,
            name=words[HASH],
            kind=words[NOTE_KIND],
            value=words[VALUE],
            received=received,
        ) or self.queue(sender, time, words, None, proven=proven)

    def older(self, seconds: int, time: int) -> int:
        """Count the entries that have waited so long."""
        return sum(time - entry.time >= seconds for entry in self.waiting)

    @property
    def places(self) -> int:
        """Places of a block."""
        return self.parameters.block_groups * self.parameters.group_transactions

    def take_turn(self, *, applied: bool) -> None:
        """The oldest entry has had its turn."""
        index = self.consumed
        entry = self.waiting.pop(0)
        self.say("EntryConsumed", index=index, applied=applied)
        if applied and entry.call is not None:
            target, gas, data = entry.call
            due = {"index": index, "target": target, "data": data, "gas": gas}
            self.calls.append(("CallDue", due))

    # Settlement

    def settle(
        self,
        time: int,
        claim: PlainClaim,
        commit: PlainCommit,
        opening: PlainOpening,
        verdicts: Sequence[PlainVerdict],
    ) -> ErrorCode | None:
        """Settle a block of the sequencers."""
        if self.frozen:
            return ErrorCode.SETTLEMENT_FROZEN
        refusal = self.misfit(claim) or self.uncommitted(commit)
        if refusal is not None:
            return refusal
        refusal = self.unfollowed(commit)
        if refusal is not None:
            return refusal
        if len(verdicts) > min(self.places, len(self.waiting)):
            return ErrorCode.QUEUE_VERDICT_COUNT
        if len(verdicts) < min(self.places, self.older(self.parameters.queue_due_seconds, time)):
            return ErrorCode.QUEUE_ENTRY_OMITTED
        if any(said.entry != own for said, own in zip(verdicts, self.waiting, strict=False)):
            return ErrorCode.QUEUE_ENTRY_MISMATCH
        sizes = {0, self.parameters.group_transactions}
        if len(opening.counts) != (self.parameters.block_groups if verdicts else 0) or any(
            count not in sizes for count in opening.counts
        ):
            return ErrorCode.QUEUE_OPENING_SHAPE
        if not opening.true:
            return ErrorCode.QUEUE_OPENING_MISMATCH
        messages = self.messages(claim)
        if isinstance(messages, ErrorCode):
            return messages
        refusal = self.deliver(messages)
        if refusal is not None:
            return refusal
        for verdict in verdicts:
            refusal = self.misjudged(verdict, messages)
            if refusal is not None:
                return refusal
            self.take_turn(applied=verdict.applied)
        if not claim.true:
            return ErrorCode.SETTLEMENT_BLOCK_UNPROVEN
        self.height, self.adrift = commit.heights[0], False
        self.move_on(claim)
        return None

    def move_on(self, claim: PlainClaim) -> None:
        """The claimed block is the newest one."""
        assert claim.after is not None  # noqa: S101
        self.root, self.notes = claim.words[1], claim.after
        self.say("RollupVerified", height=self.height, root=self.root)
        self.said += self.calls

    def misfit(self, claim: PlainClaim) -> ErrorCode | None:
        """Tell whether a claim does not begin where the rollup is."""
        if len(claim.words) - 3 not in range(self.parameters.block_message_words + 1):
            return ErrorCode.SETTLEMENT_PUBLIC_INPUT_COUNT
        if claim.words[0] != self.root:
            return ErrorCode.SETTLEMENT_OLD_ROOT_MISMATCH
        return None

    def uncommitted(self, commit: PlainCommit) -> ErrorCode | None:
        """Tell what three blocks lack."""
        if not commit.linked:
            return ErrorCode.COMMIT_PARENT_MISMATCH
        for numbers, code in (
            (commit.heights, ErrorCode.COMMIT_HEIGHTS_NOT_CONSECUTIVE),
            (commit.views, ErrorCode.COMMIT_VIEWS_NOT_CONSECUTIVE),
        ):
            if [number - numbers[0] for number in numbers] != [0, 1, 2]:
                return code
        (weights,) = [set_ for first, set_ in self.sets if first <= commit.heights[2]][-1:]
        for position, signer in enumerate(commit.signers):
            if signer == NOBODY:
                return ErrorCode.CERTIFICATE_SIGNATURE_INVALID
            if position and signer <= commit.signers[position - 1]:
                return ErrorCode.CERTIFICATE_SIGNERS_UNORDERED
            if signer not in weights:
                return ErrorCode.CERTIFICATE_SIGNER_UNKNOWN
        missing = sum(weights.values()) - sum(weights[signer] for signer in commit.signers)
        if 3 * missing >= sum(weights.values()):
            return ErrorCode.CERTIFICATE_QUORUM_MISSING
        return None

    def unfollowed(self, commit: PlainCommit) -> ErrorCode | None:
        """Tell whether something may have happened between the last block and this one."""
        first = commit.heights[0]
        if first <= self.height:
            return ErrorCode.SETTLEMENT_HEIGHT_NOT_ABOVE
        if commit.skipped_garbled is not None:
            return commit.skipped_garbled
        between = list(range(self.height + 1, first))
        if self.adrift or (commit.skipped_linked and list(commit.skipped) == between):
            return None
        return ErrorCode.SETTLEMENT_BLOCKS_SKIPPED

    def messages(self, claim: PlainClaim) -> list[Words] | ErrorCode:
        """Read the messages of a claim, which zeros may stand between."""
        unread, messages = list(claim.words[3:]), []
        while unread:
            if unread[0] == 0:
                unread = unread[1:]
                continue
            length = {MINT: 4, BURN: 5}.get(unread[0])
            if length is None:
                return ErrorCode.SETTLEMENT_MESSAGE_KIND
            if length > len(unread):
                return ErrorCode.SETTLEMENT_MESSAGE_TRUNCATED
            messages.append(tuple(unread[:length]))
            unread = unread[length:]
        return messages

    def deliver(self, messages: Sequence[Words]) -> ErrorCode | None:
        """Do what messages say, one after the other."""
        for message in messages:
            refusal = self.take(message) if message[0] == MINT else self.release(message)
            if refusal is not None:
                return refusal
        return None

    def take(self, message: Words) -> ErrorCode | None:
        """Turn a deposit into notes."""
        lack = self.lacks((0, 0, 0, 0, *message))
        if lack is None:
            _, kind, value, name = message
            self.deposits[name].status = "taken"
            self.say("Minted", mint_hash=name, value=value, note_kind=kind)
        return lack

    def misjudged(self, verdict: PlainVerdict, messages: Sequence[Words] = ()) -> ErrorCode | None:
        """Tell whether a verdict on the oldest entry is wrong, beside these messages."""
        words = verdict.entry.words
        message = words[KIND : KIND + {MINT: 4, BURN: 5}.get(words[KIND], 0)]
        stands = verdict.placed and (message in messages or not message)
        if verdict.applied:
            return None if stands else ErrorCode.QUEUE_ENTRY_NOT_APPLIED
        if stands:
            return ErrorCode.QUEUE_ENTRY_APPLIED
        is_gone = words[KIND] == MINT and self.open_deposit(words[HASH]) is None
        return None if is_gone or verdict.shown else ErrorCode.QUEUE_ENTRY_NOT_VOID

    def untimely(self, time: int, entry: PlainEntry) -> ErrorCode | None:
        """Tell why an entry is not to be settled without the sequencers."""
        if self.frozen:
            return ErrorCode.SETTLEMENT_FROZEN
        if not self.older(self.parameters.queue_overdue_seconds, time):
            return ErrorCode.QUEUE_NOT_OVERDUE
        return None if entry == self.waiting[0] else ErrorCode.QUEUE_ENTRY_MISMATCH

    def force(
        self, time: int, entry: PlainEntry, claim: PlainClaim, *, alone: bool
    ) -> ErrorCode | None:
        """Settle the oldest entry in a block of its own."""
        refusal = self.untimely(time, entry) or self.misfit(claim)
        if refusal is not None:
            return refusal
        if not alone:
            return ErrorCode.QUEUE_FORCED_BLOCK_MISMATCH
        messages = self.messages(claim)
        if isinstance(messages, ErrorCode):
            return messages
        refusal = self.deliver(messages)
        if refusal is not None:
            return refusal
        if not claim.true:
            return ErrorCode.SETTLEMENT_BLOCK_UNPROVEN
        self.take_turn(applied=True)
        self.adrift = self.adrift or claim.words[1] != self.root
        self.move_on(claim)
        return None

    def discard(self, time: int, entry: PlainEntry, *, shown: bool) -> ErrorCode | None:
        """Take the oldest entry off the queue."""
        refusal = self.untimely(time, entry) or self.misjudged(
            PlainVerdict(entry=entry, applied=False, placed=False, shown=shown)
        )
        if refusal is None:
            self.take_turn(applied=False)
        return refusal

    # The end

    def ends(self) -> list[int]:
        """Tell from when on each entry that ever was is a reason to stop."""
        ends: list[int] = []
        for entry in self.ever:
            end = entry.time + self.parameters.queue_freeze_seconds
            ends.append(
                max([end, *(at + self.parameters.queue_service_seconds for at in ends[-1:])])
            )
        return ends

    def freeze(self, time: int) -> ErrorCode | None:
        """Stop."""
        if self.frozen:
            return ErrorCode.SETTLEMENT_FROZEN
        if not self.waiting or time < self.ends()[self.consumed]:
            return ErrorCode.QUEUE_NOT_EXPIRED
        self.frozen = True
        self.say("Frozen", root=self.root)
        return None

    def leave(
        self, words: Words, paths: Sequence[tuple[int, bool]], *, proven: bool
    ) -> ErrorCode | None:
        """Take notes out; of each path its length and whether it is the one of its input."""
        leaves = [leaf for leaf in words[:2] if leaf]
        if not self.frozen:
            return ErrorCode.SETTLEMENT_NOT_FROZEN
        if words[KIND] != BURN:
            return ErrorCode.EXIT_NOT_BURN
        refusal = self.notes.refusal_without_notes([words])
        if refusal is not None:
            return refusal
        if any(words[2:4]):
            return ErrorCode.EXIT_OUTPUT_NOT_EMPTY
        if len(paths) != len(leaves):
            return ErrorCode.EXIT_PATH_COUNT
        for leaf, (length, own) in zip(leaves, paths, strict=True):
            if length != self.parameters.tree_depth:
                return ErrorCode.MERKLE_PATH_LENGTH
            if leaf not in self.notes.unspent or not own:
                return ErrorCode.EXIT_LEAF_ABSENT
            if leaf in self.left:
                return ErrorCode.EXIT_LEAF_TAKEN
        refusal = self.release(words[KIND:])
        if refusal is not None:
            return refusal
        if not proven:
            return ErrorCode.SETTLEMENT_TRANSACTION_UNPROVEN
        self.left.update(leaves)
        return None
