"""
Histories of sequencers for scenarios and tests: chains of blocks, and a small network.

Keys are made from words (`payy_ref.testing.settlement_history`), so that every run is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from payy_ref.consensus.commit import CommitProof, approval_message
from payy_ref.consensus.evidence import SignedHead
from payy_ref.consensus.messages import (
    Broadcast,
    Certificate,
    Committed,
    Effect,
    Event,
    Message,
    Proposal,
    Received,
    Send,
    SetTimer,
    Started,
    TimerExpired,
    Vote,
)
from payy_ref.consensus.proposal import (
    BlockHead,
    block_head,
    final_block,
    head_of,
    proposal_message,
)
from payy_ref.consensus.replica import handle
from payy_ref.consensus.safety import View
from payy_ref.consensus.state import Execute, Replica, Settings, restarted
from payy_ref.consensus.validators import ValidatorSet, set_at
from payy_ref.crypto.field import element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import EthereumAddress, SecretKey
from payy_ref.ledger.chain import Ledger, build, genesis_ledger
from payy_ref.ledger.sequence import (
    GENESIS,
    Block,
    Hash,
    Header,
    Height,
    ProvenTransaction,
    Signature,
    encode_header,
)
from payy_ref.operations.consensus import Crashed, chooser
from payy_ref.parameters import Parameters
from payy_ref.testing.settlement_history import (
    NETWORK,
    Signer,
    as_validators,
    certificate,
    quorum,
)

GENESIS_HEAD: Final = head_of(GENESIS)
"""The head of the first block."""


def secret(key: Signer) -> SecretKey:
    """Give the bytes of a key."""
    return SecretKey(key.key.to_bytes())


def equal_set(keys: Sequence[Signer], valid_from: int = 0) -> ValidatorSet:
    """Give a set whose members weigh the same and lead in the order of the keys."""
    return ValidatorSet(valid_from=Height(valid_from), validators=as_validators(keys))


# Chains of blocks without transactions


@dataclass(frozen=True, kw_only=True)
class Committee:
    """Sequencers, with their keys, that sign whatever a scenario wants."""

    keys: tuple[Signer, ...]
    """All keys, of whatever set."""
    sets: tuple[ValidatorSet, ...]
    """All validator sets, by ascending first height."""
    network_name: str = NETWORK
    """The name that is signed with."""

    def leader(self, height: int, view: int) -> Signer:
        """Give the key of who leads a view: the members take turns."""
        members = set_at(self.sets, height).validators
        return self.key_of(members[view % len(members)].address)

    def key_of(self, address: EthereumAddress) -> Signer:
        """Find a key by its account."""
        return next(each for each in self.keys if each.address == address)

    def members(self, height: int) -> tuple[Signer, ...]:
        """Give the keys of the set of a height, in their order there."""
        return tuple(self.key_of(each.address) for each in set_at(self.sets, height).validators)

    def approval(self, head: BlockHead, key: Signer) -> Signature:
        """Sign a block as one who votes for it."""
        return key.sign(approval_message(self.network_name, head.height, head.name))

    def approvals(
        self, head: BlockHead, keys: Sequence[Signer] | None = None
    ) -> tuple[Signature, ...]:
        """Give the certificate of some keys on a block: the first that suffice if not given."""
        if head == GENESIS_HEAD:
            return ()
        message = approval_message(self.network_name, head.height, head.name)
        return certificate(message, quorum(self.members(head.height)) if keys is None else keys)

    def certificate(self, head: BlockHead, keys: Sequence[Signer] | None = None) -> Certificate:
        """Give the same as a message carries it."""
        approvals = self.approvals(head, keys)
        return Certificate(block=head.name, height=head.height, approvals=approvals)

    def proposed(self, head: BlockHead, key: Signer | None = None) -> SignedHead:
        """Sign a block as its proposer: the leader of its view if no key is given."""
        who = key or self.leader(head.height, head.view)
        signature = who.sign(proposal_message(self.network_name, head.name))
        return SignedHead(head=head, signature=signature)

    def child(
        self,
        ancestors: Sequence[BlockHead],
        view: int,
        *,
        label: str = "",
        keys: Sequence[Signer] | None = None,
        **changes: Any,
    ) -> BlockHead:
        """
        Give a block on a chain.

        Args:
            ancestors: Its parent, the parent of that, and so on.
            view: Its view.
            label: What the root is made from that it states.
            keys: Who approves its parent.
            changes: Fields of its header that are not as they should be.
        """
        parent = ancestors[0]
        header = Header(
            height=Height(parent.height + 1),
            last_block_hash=parent.name,
            epoch_id=view,
            last_final_block_hash=final_block(ancestors),
            approvals=self.approvals(parent, keys),
        )
        return block_head(replace(header, **changes), Hash(keccak256(label.encode())))

    def chain(
        self, *views: int, on: Sequence[BlockHead] = (GENESIS_HEAD,), label: str = ""
    ) -> tuple[BlockHead, ...]:
        """Give a chain with a block in each of the views, newest first, down to genesis."""
        blocks = tuple(on)
        for view in views:
            blocks = (self.child(blocks, view, label=label), *blocks)
        return blocks

    def commit_proof(
        self, three: Sequence[BlockHead], keys: Sequence[Signer] | None = None
    ) -> CommitProof:
        """Show three blocks, newest first, and a certificate on the newest."""
        third, second, first = three
        one, two, last = (encode_header(each.header) for each in (first, second, third))
        return CommitProof(
            headers=(one, two, last),
            roots=(second.root, third.root),
            certificate=self.approvals(third, keys),
        )

    # Blocks with transactions

    def block(
        self,
        chain: Sequence[Block],
        view: int,
        parameters: Parameters,
        execute: Execute,
        *,
        transactions: Sequence[ProvenTransaction] = (),
        keys: Sequence[Signer] | None = None,
    ) -> Block:
        """
        Give a signed block on a chain of whole blocks.

        Args:
            chain: Its parent, the parent of that, and so on down to genesis.
            view: Its view.
            parameters: The network's.
            execute: Appends a block to the ledger of its parent.
            transactions: What it does.
            keys: Who approves its parent.
        """
        ledger = ledger_of(chain, parameters, execute)
        heads = [head_of(each) for each in chain]
        made = build(ledger, transactions, parameters, self.approvals(heads[0], keys))
        header = replace(made.header, epoch_id=view, last_final_block_hash=final_block(heads))
        head = block_head(header, Hash(element_bytes(made.root)))
        return replace(made, header=header, signature=self.proposed(head).signature)

    def vote(self, block: Block, key: Signer) -> Vote:
        """Give somebody's vote for a block."""
        head = head_of(block)
        return Vote(block=head.name, signature=self.approval(head, key))


def ledger_of(chain: Sequence[Block], parameters: Parameters, execute: Execute) -> Ledger:
    """Give the ledger after a chain of blocks, newest first, down to genesis."""
    ledger = genesis_ledger(parameters)
    for block in list(reversed(chain))[1:]:
        ledger = execute(ledger, block)
    return ledger


# A network


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message on its way."""

    sender: EthereumAddress
    """Who sent it."""
    receiver: EthereumAddress
    """Who gets it."""
    message: Message
    """The message."""


@dataclass(kw_only=True)
class SmallNetwork:
    """
    Sequencers that talk to each other; what happens next is up to the test.

    There is no clock: letters arrive when they are delivered, and timers expire when they are told
    to. Of sequencers without settings nobody hears but what a test sends in their name.
    """

    settings: dict[EthereumAddress, Settings]
    """The sequencers that follow the rules."""
    replicas: dict[EthereumAddress, Replica] = field(default_factory=dict)
    """Their states."""
    timers: dict[EthereumAddress, View] = field(default_factory=dict)
    """The view that each one's timer is set for."""
    letters: list[Letter] = field(default_factory=list)
    """What is on its way, in the order in which it was sent."""
    events: dict[EthereumAddress, list[Event | Crashed]] = field(default_factory=dict)
    """What happened to each one, in order."""
    effects: dict[EthereumAddress, list[tuple[Effect, ...]]] = field(default_factory=dict)
    """What each one did, event by event."""
    addresses: tuple[EthereumAddress, ...] = ()
    """Everybody, those without settings as well, in their order."""

    def start(self) -> None:
        """Begin."""
        for each, settings in self.settings.items():
            self.replicas[each] = restarted(settings)
            self.events[each], self.effects[each] = [], []
        for each in self.settings:
            self.happen(each, Started())

    def happen(self, who: EthereumAddress, event: Event) -> tuple[Effect, ...]:
        """Let something happen to a sequencer, and do what it wants done."""
        self.replicas[who], effects = handle(self.settings[who], self.replicas[who], event)
        self.events[who].append(event)
        self.effects[who].append(effects)
        for effect in effects:
            match effect:
                case Send(to=to, message=message):
                    self.letters.append(Letter(sender=who, receiver=to, message=message))
                case Broadcast(message=message):
                    self.letters += [
                        Letter(sender=who, receiver=each, message=message)
                        for each in self.addresses
                        if each != who
                    ]
                case SetTimer(view=view):
                    self.timers[who] = view
                case _:
                    pass
        return effects

    def deliver(self, letter: Letter) -> tuple[Effect, ...]:
        """Let a letter arrive; those without settings read it and do nothing by themselves."""
        if letter.receiver not in self.settings:
            return ()
        return self.happen(letter.receiver, Received(sender=letter.sender, message=letter.message))

    def deliver_all(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Let everything arrive in the order of sending, until nothing is on its way any more."""
        while self.letters and not until():
            self.deliver(self.letters.pop(0))

    def expire(self, who: EthereumAddress) -> tuple[Effect, ...]:
        """Let somebody's timer expire."""
        return self.happen(who, TimerExpired(view=self.timers[who]))

    def crash(self, who: EthereumAddress) -> None:
        """Let somebody lose everything but the safety record."""
        self.replicas[who] = restarted(self.settings[who], self.replicas[who].record)
        self.events[who].append(Crashed())
        self.effects[who].append(())

    def committed(self, who: EthereumAddress) -> tuple[Hash, ...]:
        """Give the blocks that somebody committed since the last crash, oldest first."""
        names: list[Hash] = []
        for event, effects in zip(self.events[who], self.effects[who], strict=True):
            names = [] if isinstance(event, Crashed) else names
            names += [name for each in commits_in(effects) for name in each.blocks]
        return tuple(names)

    @property
    def view(self) -> View:
        """The newest view that somebody is in."""
        return max(each.view for each in self.replicas.values())


def commits_in(effects: Iterable[Effect]) -> Iterator[Committed]:
    """Find the commits among effects."""
    return (each for each in effects if isinstance(each, Committed))


def proposals_in(effects: Iterable[Effect]) -> Iterator[Block]:
    """Find the blocks that are proposed among effects."""
    for effect in effects:
        match effect:
            case Broadcast(message=Proposal(block=block)):
                yield block
            case _:
                pass


def votes_in(effects: Iterable[Effect]) -> Iterator[Vote]:
    """Find the votes among effects; each one as often as it is sent."""
    for effect in effects:
        match effect:
            case Send(message=Vote() as vote):
                yield vote
            case _:
                pass


def small_network(
    committee: Committee,
    parameters: Parameters,
    execute: Execute,
    *,
    without: Sequence[int] = (),
    pending: Sequence[ProvenTransaction] = (),
) -> SmallNetwork:
    """
    Give a network of a committee, before it begins.

    Args:
        committee: Everybody.
        parameters: The network's.
        execute: Appends a block to the ledger of its parent.
        without: Who does not follow the rules, by the place among the keys.
        pending: What leaders propose as long as a block can have it.
    """
    settings = {
        key.address: Settings(
            key=secret(key),
            network_name=committee.network_name,
            sets=committee.sets,
            parameters=parameters,
            execute=execute,
            choose=chooser(pending, parameters),
        )
        for place, key in enumerate(committee.keys)
        if place not in without
    }
    addresses = tuple(each.address for each in committee.keys)
    return SmallNetwork(settings=settings, addresses=addresses)
