"""
Byzantine sequencers: the state machine of an honest one inside, and somebody who bends it.

They form a coalition: they know each other's keys, and they see every message of the honest ones
when it is sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from payy_ref.consensus.commit import approval_message
from payy_ref.consensus.messages import (
    BlockReply,
    BlockRequest,
    Broadcast,
    Certificate,
    Event,
    Message,
    Proposal,
    Received,
    Send,
    SetTimer,
    Timeout,
    Vote,
)
from payy_ref.consensus.proposal import (
    THREE_CHAIN,
    BlockHead,
    block_head,
    final_block,
    head_of,
    leader,
    proposal_message,
)
from payy_ref.consensus.replica import handle
from payy_ref.consensus.safety import GENESIS_NAME, View
from payy_ref.consensus.state import Replica, Settings
from payy_ref.consensus.validators import ValidatorSet, is_quorum
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.secp256k1 import EthereumAddress, SecretKey, recovered_address, sign
from payy_ref.errors import SpecError
from payy_ref.ledger.chain import build
from payy_ref.ledger.sequence import Block, Hash, Header, Height, Signature
from payy_ref.simulation.draws import Draws
from payy_ref.simulation.plan import Behaviour

FAR_VIEWS: Final = 1000
"""How far away the views are that babblers give up."""

_RECENT: Final = 8
"""Proposals of others that the coalition keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message that a Byzantine sequencer sends."""

    to: tuple[int, ...]
    """Who gets it."""
    message: Message
    """The message."""
    world: int = 0
    """Which face of the sender sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A timer of a face."""

    world: int
    """The face."""
    view: View
    """The view that it is for."""
    milliseconds: int
    """When it expires, from now."""


@dataclass(slots=True, kw_only=True)
class Face:
    """One of the sequencers that a Byzantine one is inside."""

    settings: Settings
    """Who it is."""
    replica: Replica
    """Its state."""
    others: tuple[int, ...]
    """Who it speaks to."""


@dataclass(kw_only=True)
class Coalition:
    """What all Byzantine sequencers know together."""

    keys: dict[int, SecretKey]
    """Their keys."""
    validators: ValidatorSet
    """Everybody, in the order of their numbers."""
    network_name: str
    """The name that is signed with."""
    heads: dict[Hash, BlockHead] = field(default_factory=dict)
    """Blocks that were proposed."""
    recent: list[Block] = field(default_factory=list)
    """The newest of them."""
    votes: dict[Hash, dict[EthereumAddress, Signature]] = field(default_factory=dict)
    """Votes that were sent, by block and voter."""

    @property
    def honest(self) -> tuple[int, ...]:
        """Who does not belong to it."""
        everybody = range(len(self.validators.validators))
        return tuple(node for node in everybody if node not in self.keys)

    def index(self, address: EthereumAddress) -> int:
        """Give the number of a sequencer."""
        return [each.address for each in self.validators.validators].index(address)

    def leader(self, view: int) -> int:
        """Give the number of the leader of a view."""
        return self.index(leader(self.validators, View(view)))

    def overhear(self, message: Message) -> None:
        """See a message of somebody."""
        match message:
            case Proposal(block=block):
                head = head_of(block)
                if head.name not in self.heads:
                    self.heads[head.name] = head
                    self.recent = [*self.recent, block][-_RECENT:]
            case Vote(block=name, signature=signature) if name in self.heads:
                signer = recovered_address(self.approval(self.heads[name]), signature)
                if signer is not None:
                    self.votes.setdefault(name, {})[signer] = signature

    def approval(self, head: BlockHead) -> Hash:
        """Give what a vote for a block signs."""
        return approval_message(self.network_name, head.height, head.name)

    def own_votes(self, head: BlockHead) -> list[Vote]:
        """Vote for a block with all keys."""
        message = self.approval(head)
        return [
            Vote(block=head.name, signature=Signature(sign(message, key)))
            for key in self.keys.values()
        ]

    def certificate(self, head: BlockHead) -> Certificate | None:
        """Make a certificate of all votes that were sent, and of votes of its own, if it can."""
        votes = dict(self.votes.get(head.name, {}))
        for vote in self.own_votes(head):
            signer = recovered_address(self.approval(head), vote.signature)
            if signer is not None:
                votes[signer] = vote.signature
        stake = sum(self.validators.stake_of(signer) for signer in votes)
        if not is_quorum(stake, self.validators.total_stake):
            return None
        approvals = tuple(votes[signer] for signer in sorted(votes))
        return Certificate(block=head.name, height=head.height, approvals=approvals)


class Traitor:
    """A Byzantine sequencer."""

    def __init__(
        self,
        *,
        node: int,
        behaviour: Behaviour,
        coalition: Coalition,
        faces: Sequence[Face],
        draws: Draws,
    ) -> None:
        self.node = node
        self.behaviour = behaviour
        self.coalition = coalition
        self.faces = faces
        self.draws = draws
        self._has_hesitated = False

    def handle(self, event: Event, world: int) -> list[Outgoing | Alarm]:
        """
        Let something happen to it.

        Args:
            event: What happens.
            world: The face that it happens to.
        """
        world = min(world, len(self.faces) - 1)
        face = self.faces[world]
        face.replica, effects = handle(face.settings, face.replica, event)
        done: list[Outgoing | Alarm] = []
        for effect in effects:
            match effect:
                case SetTimer(view=view, milliseconds=milliseconds):
                    done.append(Alarm(world=world, view=view, milliseconds=milliseconds))
                case Send(to=to, message=message):
                    done += self._bent(face, (self.coalition.index(to),), message, world)
                case Broadcast(message=message):
                    done += self._bent(face, face.others, message, world)
        done += self._more(face, event)
        return done

    def _bent(
        self, face: Face, to: tuple[int, ...], message: Message, world: int
    ) -> Iterator[Outgoing]:
        """Send what an honest sequencer would send, or something else."""
        as_it_is = Outgoing(to=to, message=message, world=world)
        match self.behaviour, message:
            case Behaviour.SILENT, _:
                return
            case Behaviour.STRANDING, Proposal(block=block):
                yield from self._strand(face, View(block.header.epoch_id))
            case Behaviour.STRANDING, Timeout() | Vote():
                return
            case Behaviour.WITHHOLDING, _:
                some = tuple(node for node in to if self.draws.chance(500))
                yield Outgoing(to=some, message=message)
            case Behaviour.FICKLE, Proposal() if self._hesitates():
                return
            case Behaviour.STALE | Behaviour.FICKLE, Proposal(block=block):
                steps = 1 if self.behaviour is Behaviour.FICKLE else self.draws.between(1, 3)
                stale = self._stale(face, View(block.header.epoch_id), steps)
                yield from self._support(head_of(stale))
                yield Outgoing(to=to, message=Proposal(block=stale))
            case Behaviour.STALE | Behaviour.FICKLE, Vote(block=name) if self._is_own(face, name):
                return
            case Behaviour.INVALID, Proposal(block=block):
                yield Outgoing(to=to, message=Proposal(block=self._broken(block)))
                if self.draws.chance(500):
                    yield as_it_is
            case Behaviour.BABBLING, BlockReply(blocks=blocks):
                yield Outgoing(to=to, message=BlockReply(blocks=blocks[::-1]))
            case Behaviour.POISONING, BlockReply(blocks=blocks):
                poisoned = tuple(self._poisoned(block) for block in blocks)
                yield Outgoing(to=to, message=BlockReply(blocks=poisoned))
            case _:
                yield as_it_is

    def _more(self, face: Face, event: Event) -> Iterator[Outgoing]:
        """Send what no honest sequencer would send."""
        match self.behaviour, event:
            case Behaviour.DOUBLE_VOTING, Received(message=Proposal(block=block)):
                head = head_of(block)
                yield from self._support(head)
                if self.draws.chance(200):
                    yield from self._support(replace(head, name=self._random_hash()))
            case Behaviour.BABBLING, Received() if self.draws.chance(100):
                yield Outgoing(to=self.coalition.honest, message=self._babble(face))
            case Behaviour.INVALID, Received(message=Proposal(block=block)):
                if self.draws.chance(300):
                    broken = self._broken(block)
                    yield Outgoing(to=self.coalition.honest, message=Proposal(block=broken))
            case Behaviour.POISONING, _:
                newest = self.coalition.recent[-1:]
                poisoned = tuple(self._poisoned(block) for block in newest)
                yield Outgoing(to=self.coalition.honest, message=BlockReply(blocks=poisoned))
            case Behaviour.SECRETIVE, Received(message=Proposal() | Vote()):
                yield from self._secret()

    def _hesitates(self) -> bool:
        """Tell whether this is one of the times in which it does nothing: every other one."""
        self._has_hesitated = not self._has_hesitated
        return self._has_hesitated

    # What they make

    def _support(self, head: BlockHead) -> Iterator[Outgoing]:
        """Vote for a block, whatever was voted for before."""
        vote = Vote(block=head.name, signature=self._approval(head))
        for view in (head.view + 1, head.view + 2):
            yield Outgoing(to=(self.coalition.leader(view),), message=vote)

    def _approval(self, head: BlockHead) -> Signature:
        return Signature(sign(self.coalition.approval(head), self._key))

    @property
    def _key(self) -> SecretKey:
        return self.coalition.keys[self.node]

    def _is_own(self, face: Face, name: Hash) -> bool:
        node = face.replica.nodes.get(name)
        return node is not None and self.coalition.leader(node.head.view) == self.node

    def _stale(self, face: Face, view: View, steps: int) -> Block:
        """Make a block on a certificate that is some blocks older than the newest one."""
        nodes = face.replica.nodes
        parent, approvals = nodes[face.replica.certified.block], face.replica.certified.approvals
        for _ in range(steps):
            if parent.head.name == GENESIS_NAME:
                break
            approvals = parent.block.header.approvals
            parent = nodes[parent.head.parent]
        ancestors = [parent.head]
        while len(ancestors) < THREE_CHAIN and ancestors[-1].parent in nodes:
            ancestors.append(nodes[ancestors[-1].parent].head)
        transactions = face.settings.choose(parent.ledger, view)
        block = build(parent.ledger, transactions, face.settings.parameters, approvals)
        last_final = final_block(ancestors)
        return self._signed(
            replace(
                block,
                header=replace(block.header, epoch_id=view, last_final_block_hash=last_final),
            )
        )

    def _signed(self, block: Block) -> Block:
        message = proposal_message(self.coalition.network_name, head_of(block).name)
        return replace(block, signature=Signature(sign(message, self._key)))

    def _strand(self, face: Face, view: View) -> Iterator[Outgoing]:
        """
        Let the leader of the view after the next one alone have a certificate.

        It enters the next view alone and waits there. The leader of the next view has no
        certificate and cannot go on, unless it is told.
        """
        coalition = self.coalition
        chosen, passed_over = coalition.leader(view + 2), coalition.leader(view + 1)
        if chosen in coalition.keys or passed_over in coalition.keys:
            return
        total = coalition.validators.total_stake
        needed = next(count for count in range(total + 1) if is_quorum(count, total))
        others = [node for node in coalition.honest if node not in (chosen, passed_over)]
        audience = (chosen, *others[: max(needed - len(coalition.keys) - 1, 0)])
        block = self._stale(face, view, 1)
        yield Outgoing(to=audience, message=Proposal(block=block))
        for vote in coalition.own_votes(head_of(block)):
            yield Outgoing(to=(chosen,), message=vote)

    def _secret(self) -> Iterator[Outgoing]:
        if not self.coalition.recent or not self.coalition.honest:
            return
        certificate = self.coalition.certificate(head_of(self.coalition.recent[-1]))
        if certificate is not None:
            timeout = Timeout(view=View(0), certificate=certificate)
            yield Outgoing(to=(self.draws.pick(self.coalition.honest),), message=timeout)

    def _babble(self, face: Face) -> Message:
        draws, view = self.draws, face.replica.view
        certificate = face.replica.certified
        lie = Certificate(block=self._random_hash(), height=Height(1), approvals=())
        blocks = tuple(self.coalition.recent[-2:])
        messages: tuple[Message, ...] = (
            Timeout(view=View(view + draws.below(FAR_VIEWS)), certificate=certificate),
            Timeout(view=View(max(view - draws.below(FAR_VIEWS), 0)), certificate=certificate),
            Timeout(view=view, certificate=lie),
            Timeout(view=view, certificate=replace(certificate, height=Height(2**40))),
            BlockRequest(block=self._random_hash(), above=Height(0)),
            BlockRequest(block=certificate.block, above=Height(0)),
            BlockReply(blocks=blocks),
            BlockReply(blocks=()),
            Vote(block=self._random_hash(), signature=Signature(bytes(65))),
            Vote(block=certificate.block, signature=Signature(bytes(64) + b"\xff")),
        )
        return draws.pick(messages)

    def _broken(self, block: Block) -> Block:
        """Break one rule of a block; sign what is left as if it were one's own."""
        header, draws = block.header, self.draws
        far = View(header.epoch_id + draws.between(1, len(self.coalition.validators.validators)))
        kinds: list[tuple[Block, bool]] = [
            (replace(block, root=FieldElement(block.root ^ 1)), True),
            (replace(block, header=replace(header, last_final_block_hash=block_name())), True),
            (replace(block, header=replace(header, height=Height(header.height + 1))), True),
            (replace(block, header=replace(header, height=Height(0))), True),
            (replace(block, header=replace(header, epoch_id=far)), True),
            (replace(block, header=replace(header, epoch_id=2**64 - 1)), True),
            (replace(block, header=replace(header, last_block_hash=self._random_hash())), True),
            (replace(block, header=without_one(header)), True),
            (replace(block, header=replace(header, approvals=header.approvals[::-1])), True),
            (replace(block, transactions=block.transactions * 2), True),
            (replace(block, signature=Signature(bytes(65))), False),
        ]
        broken, is_signed = draws.pick(kinds)
        try:
            return self._signed(broken) if is_signed else broken
        except SpecError:
            return block

    def _poisoned(self, block: Block) -> Block:
        """Take the transactions out of a block; its name stays."""
        return replace(block, transactions=block.transactions[1:])

    def _random_hash(self) -> Hash:
        return Hash(element_bytes(FieldElement(self.draws.below(2**64))))


def block_name() -> Hash:
    """Give the name of a block that nobody has made."""
    header = Header(
        height=Height(1),
        last_block_hash=GENESIS_NAME,
        epoch_id=1,
        last_final_block_hash=GENESIS_NAME,
        approvals=(),
    )
    return block_head(header, GENESIS_NAME).name


def without_one(header: Header) -> Header:
    """Take the last approval away."""
    return replace(header, approvals=header.approvals[:-1])
