"""
The work of one event: what a sequencer does with a message, a certificate, a view.

Source: Yin et al. 2019, "HotStuff: BFT consensus in the lens of blockchain", algorithms 4 and 5.
Timeouts go to all, and votes to two leaders: decision 0032.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile
from typing import TypeVar

from rpds import HashTrieMap

from payy_ref.consensus.certificate import check_certificate
from payy_ref.consensus.commit import CommitProof, approval_message
from payy_ref.consensus.evidence import Evidence, Offence, SignedHead, offender
from payy_ref.consensus.messages import (
    Abstained,
    Accused,
    BlockReply,
    BlockRequest,
    Broadcast,
    Certificate,
    Committed,
    ConflictFound,
    Effect,
    Message,
    Persist,
    Proposal,
    Rejected,
    Send,
    SetTimer,
    Timeout,
    Vote,
)
from payy_ref.consensus.pacemaker import NO_VIEW, includes_honest, view_given_up, waiting_time
from payy_ref.consensus.proposal import (
    THREE_CHAIN,
    BlockHead,
    block_head,
    candidate_of,
    check_ancestry,
    check_proposal,
    committed_by,
    decide,
    final_block,
    head_of,
    leader,
    learn,
    proposal_message,
)
from payy_ref.consensus.safety import (
    View,
    may_vote,
    retire,
)
from payy_ref.consensus.state import (
    GENESIS_CERTIFICATE,
    Node,
    Replica,
    Settings,
    Waiting,
)
from payy_ref.consensus.validators import ValidatorSet, is_quorum, set_at
from payy_ref.crypto.field import element_bytes
from payy_ref.crypto.secp256k1 import (
    NO_ADDRESS,
    EthereumAddress,
    recovered_address,
    sign,
)
from payy_ref.errors import ErrorCode, SpecError, require
from payy_ref.ledger.chain import build
from payy_ref.ledger.sequence import (
    Block,
    Hash,
    Signature,
    encode_header,
)

Value = TypeVar("Value")


class Turn:
    """The work of one event: the state as it changes, and the effects as they come up."""

    def __init__(self, settings: Settings, state: Replica) -> None:
        self.settings = settings
        self.state = state
        self.effects: list[Effect] = []

    def done(self, before: Replica) -> tuple[Replica, tuple[Effect, ...]]:
        """Take what can be taken now, and give the result."""
        self.take_waiting()
        effects = tuple(self.effects)
        if self.state.record != before.record:
            effects = (Persist(record=self.state.record), *effects)
        return self.state, effects

    # Messages

    def attempt(self, sender: EthereumAddress, message: Message) -> None:
        """
        Take a message; if it breaks a rule, it changes nothing.

        Requirements:
            PAYY-CONSENSUS-018
        """
        before, done = self.state, len(self.effects)
        try:
            self.receive(sender, message)
        except SpecError as error:
            self.state = before
            self.effects[done:] = [Rejected(sender=sender, code=error.code)]

    def receive(self, sender: EthereumAddress, message: Message) -> None:
        """
        Take a message.

        Requirements:
            PAYY-CONSENSUS-018

        Raises:
            SpecError: `CONSENSUS_SENDER_UNKNOWN`, and those of the message's kind.
        """
        is_sequencer = any(each.stake_of(sender) > 0 for each in self.settings.sets)

        # CHECK
        require(is_sequencer, ErrorCode.CONSENSUS_SENDER_UNKNOWN)

        # UPDATE
        match message:
            case Proposal():
                self.on_proposal(sender, message)
            case Vote():
                self.on_vote(sender, message)
            case Timeout():
                self.on_timeout(sender, message)
            case Certificate():
                self.on_certificate(sender, message, message)
            case BlockRequest():
                self.on_request(sender, message)
            case BlockReply():
                self.on_reply(sender, message)

    def on_proposal(self, sender: EthereumAddress, proposal: Proposal) -> None:
        """
        Take a block: learn its certificate, keep it and decide on it when its view has come.

        Requirements:
            PAYY-CONSENSUS-018

        Raises:
            SpecError: those of `check_proposal`, `LEDGER_HEIGHT_NOT_NEXT`, those of
                `check_ancestry` and of the ledger.
        """
        block = proposal.block
        head = head_of(block)
        if head.name in self.state.nodes or head.view <= self.committed_view:
            return
        self.check(head, block.signature)
        if head.parent in self.state.nodes:
            parent = self.node(head.parent).head
            # The stated height says which set the certificate was judged by.
            require(head.height == parent.height + 1, ErrorCode.LEDGER_HEIGHT_NOT_NEXT)
            self.learn(parent, block.header.approvals)
        if head.parent not in self.state.nodes or head.view > self.state.view:
            self.wait(sender, proposal)
            return
        first = self.state.proposals.get((head.view, self.proposer(head)))
        if first is None:
            self.append(block)
            self.consider(head)
        elif first != head.name:
            # It is fetched if it is certified after all.
            self.accuse_proposer(self.node(first).block, block)

    def on_vote(self, sender: EthereumAddress, vote: Vote) -> None:
        """
        Count a vote, or accuse who voted for another block in the same view.

        Requirements:
            PAYY-CONSENSUS-018, PAYY-CONSENSUS-020

        Raises:
            SpecError: `CERTIFICATE_SIGNATURE_INVALID`, `CERTIFICATE_SIGNER_UNKNOWN`.
        """
        if vote.block not in self.state.nodes:
            self.wait(sender, vote)
            return
        head = self.node(vote.block).head
        if head.view <= self.committed_view:
            return
        message = approval_message(self.settings.network_name, head.height, head.name)
        signer = recovered_address(message, vote.signature) or NO_ADDRESS
        validators = self.set_at(head.height)

        # CHECK
        require(signer != NO_ADDRESS, ErrorCode.CERTIFICATE_SIGNATURE_INVALID)
        require(validators.stake_of(signer) > 0, ErrorCode.CERTIFICATE_SIGNER_UNKNOWN)

        # UPDATE
        first = self.state.votes.get((head.view, signer))
        if first is None:
            votes = self.state.votes.insert((head.view, signer), vote)
            self.state = replace(self.state, votes=votes)
            self.count_votes(head, validators)
        elif first.block != vote.block:
            earlier = SignedHead(head=self.node(first.block).head, signature=first.signature)
            later = SignedHead(head=head, signature=vote.signature)
            self.accuse(Evidence(offence=Offence.DOUBLE_VOTE, first=earlier, second=later))

    def on_timeout(self, sender: EthereumAddress, timeout: Timeout) -> None:
        """
        Learn the sender's certificate, and note which view it gave up.

        Requirements:
            PAYY-CONSENSUS-021

        Raises:
            SpecError: those of `check_certificate`.
        """
        if self.on_certificate(sender, timeout, timeout.certificate):
            newest = max(timeout.view, self.state.given_up.get(sender, timeout.view))
            given_up = self.state.given_up.insert(sender, newest)
            self.state = replace(self.state, given_up=given_up)
            self.follow()

    def on_certificate(
        self, sender: EthereumAddress, message: Waiting, certificate: Certificate
    ) -> bool:
        """
        Learn a certificate, or have its message wait for the block; tell whether it is learned.

        Requirements:
            PAYY-CONSENSUS-020, PAYY-CONSENSUS-021

        Raises:
            SpecError: those of `check_certificate`, `CONSENSUS_CERTIFICATE_HEIGHT_MISMATCH`.
        """
        # CHECK
        if certificate not in (GENESIS_CERTIFICATE, self.state.certified):
            content = approval_message(
                self.settings.network_name, certificate.height, certificate.block
            )
            check_certificate(content, certificate.approvals, self.set_at(certificate.height))

        # UPDATE
        node = self.state.nodes.get(certificate.block)
        if node is None:
            self.wait(sender, message)
            return False
        # The stated height says which set the certificate was judged by.
        is_named = certificate.height == node.head.height
        require(is_named, ErrorCode.CONSENSUS_CERTIFICATE_HEIGHT_MISMATCH)
        self.learn(node.head, certificate.approvals)
        return True

    def on_request(self, sender: EthereumAddress, request: BlockRequest) -> None:
        """
        Send a block and its ancestors, as far as they are wanted and go into one message.

        Requirements:
            PAYY-CONSENSUS-022
        """
        limit = self.settings.parameters.consensus_reply_blocks
        nodes = islice(self.chain(request.block), limit)
        blocks = tuple(node.block for node in nodes if node.head.height > request.above)
        if blocks:
            self.effects.append(Send(to=sender, message=BlockReply(blocks=blocks)))

    def on_reply(self, sender: EthereumAddress, reply: BlockReply) -> None:
        """
        Keep blocks that the sender was asked for, until their ancestors are there.

        Requirements:
            PAYY-CONSENSUS-018, PAYY-CONSENSUS-022

        Raises:
            SpecError: `CONSENSUS_REPLY_NO_CHAIN`.
        """
        heads = [head_of(block) for block in reply.blocks]
        names = [head.name for head in heads]

        # CHECK
        is_chain = names[1:] == [head.parent for head in heads[:-1]]
        require(is_chain and len(names) > 0, ErrorCode.CONSENSUS_REPLY_NO_CHAIN)

        # UPDATE
        items = sorted(self.state.waiting.items())
        waiting = [message for (giver, _), message in items if giver == sender]
        if names[0] not in [self.missing(sender, message) for message in waiting]:
            # The block came another way in the meantime, or a newer message took the place.
            return
        fetched = self.state.fetched
        for name, block in zip(names, reply.blocks, strict=True):
            if name in self.state.nodes:
                break
            fetched = fetched.insert((sender, name), block)
        self.state = replace(self.state, fetched=fetched)
        for message in waiting:
            self.ask(sender, message)

    # Messages that wait

    def wait(self, sender: EthereumAddress, message: Waiting) -> None:
        """
        Keep a message until its block is there and its view has come; ask for the block.

        Requirements:
            PAYY-CONSENSUS-022
        """
        waiting = self.state.waiting.insert((sender, type(message).__name__), message)
        self.state = replace(self.state, waiting=waiting)
        self.ask(sender, message)

    def ask(self, sender: EthereumAddress, message: Waiting) -> None:
        """Ask who sent a message for the blocks that it builds on."""
        missing = self.missing(sender, message)
        if missing is not None:
            request = BlockRequest(block=missing, above=self.node(self.state.committed).head.height)
            self.effects.append(Send(to=sender, message=request))

    def ask_again(self) -> None:
        """Ask for all that is missing; what was asked before may be lost."""
        for (sender, _), message in sorted(self.state.waiting.items()):
            self.ask(sender, message)

    def given_by(self, sender: EthereumAddress, name: Hash) -> Iterator[Block]:
        """Give a block that is not there yet and its ancestors, as far as the sender gave them."""
        while name not in self.state.nodes and (sender, name) in self.state.fetched:
            block = self.state.fetched[(sender, name)]
            yield block
            name = block.header.last_block_hash

    def missing(self, sender: EthereumAddress, message: Waiting) -> Hash | None:
        """
        Find the newest block that the sender has to give for its message; None if there is none.

        A vote waits, but nothing is fetched for it: anybody can vote for a block that nobody saw.
        The other messages carry certificates.

        Requirements:
            PAYY-CONSENSUS-022
        """
        name = _needed(message)
        for block in self.given_by(sender, name):
            name = block.header.last_block_hash
        return None if name in self.state.nodes or isinstance(message, Vote) else name

    def take_waiting(self) -> None:
        """Take every message whose time has come; one may make way for others."""
        while (key := self.ready()) is not None:
            sender, message = key[0], self.state.waiting[key]
            self.state = replace(self.state, waiting=self.state.waiting.remove(key))
            if self.connect(sender, _needed(message)):
                self.attempt(sender, message)
        if self.state.fetched:
            givers = {sender for sender, _ in self.state.waiting}
            kept = {
                (giver, name): block
                for (giver, name), block in self.state.fetched.items()
                if giver in givers and name not in self.state.nodes
            }
            self.state = replace(self.state, fetched=HashTrieMap(kept))

    def ready(self) -> tuple[EthereumAddress, str] | None:
        """Find a message that can be taken now."""
        for key, message in sorted(self.state.waiting.items()):
            is_there = _needed(message) in self.state.nodes
            if is_there and not (isinstance(message, Proposal) and self.is_early(message)):
                return key
            is_given = not isinstance(message, Vote) and self.missing(key[0], message) is None
            if not is_there and is_given:
                return key
        return None

    def is_early(self, proposal: Proposal) -> bool:
        """Tell whether a proposal is of a view that has not begun."""
        return proposal.block.header.epoch_id > self.state.view

    def connect(self, sender: EthereumAddress, name: Hash) -> bool:
        """
        Append fetched blocks, oldest first; drop them all if one is not in order.

        Requirements:
            PAYY-CONSENSUS-022
        """
        blocks = list(self.given_by(sender, name))
        before, done = self.state, len(self.effects)
        try:
            for block in reversed(blocks):
                self.check(head_of(block), block.signature)
                self.append(block)
        except SpecError as error:
            self.state = before
            self.effects[done:] = [Rejected(sender=sender, code=error.code)]
            return False
        return True

    # Blocks

    @property
    def certified_view(self) -> View:
        """View of the newest block that is known to be certified."""
        return self.node(self.state.certified.block).head.view

    @property
    def committed_view(self) -> View:
        """View of the newest committed block."""
        return self.node(self.state.committed).head.view

    def node(self, name: Hash) -> Node:
        """Look up a block that is there."""
        return self.state.nodes[name]

    def chain(self, name: Hash) -> Iterator[Node]:
        """Give a block and its ancestors down to genesis; nothing if it is not there."""
        while (node := self.state.nodes.get(name)) is not None:
            yield node
            name = node.head.parent

    def heads(self, name: Hash) -> list[BlockHead]:
        """Give a block and its ancestors, as far as the rules look at them."""
        return [node.head for node in islice(self.chain(name), THREE_CHAIN)]

    def set_at(self, height: int) -> ValidatorSet:
        """Give the validator set that holds at a height."""
        return set_at(self.settings.sets, height)

    def leader_after(self, head: BlockHead, view: int) -> EthereumAddress:
        """Tell who leads a view if the block is the parent."""
        return leader(self.set_at(head.height + 1), View(view))

    def proposer(self, head: BlockHead) -> EthereumAddress:
        """Tell who may propose a block: the leader of its view in the set of its height."""
        return leader(self.set_at(head.height), head.view)

    def check(self, head: BlockHead, signature: Signature) -> None:
        """Judge what can be judged of a block without its ancestors."""
        check_proposal(head, signature, self.settings.network_name, self.settings.sets)

    def append(self, block: Block) -> None:
        """Judge a block whose parent is there, keep it, and learn the certificate it carries."""
        head = head_of(block)
        parent = self.node(head.parent)

        # CHECK
        check_ancestry(head, self.heads(head.parent))
        ledger = self.settings.execute(parent.ledger, block)

        # UPDATE
        nodes = self.state.nodes.insert(head.name, Node(block=block, head=head, ledger=ledger))
        self.state = replace(self.state, nodes=nodes)
        key = (head.view, self.proposer(head))
        first = self.state.proposals.get(key)
        if first is None:
            proposals = self.state.proposals.insert(key, head.name)
            self.state = replace(self.state, proposals=proposals)
        elif first != head.name:
            self.accuse_proposer(self.node(first).block, block)
        self.learn(parent.head, block.header.approvals)

    def propose(self) -> None:
        """
        Propose a block on the newest certified one, if this sequencer leads the view.

        Requirements:
            PAYY-CONSENSUS-019
        """
        view, parent = self.state.view, self.node(self.state.certified.block)
        candidate = candidate_of(view, parent.head, self.state.record)
        is_leader = self.leader_after(parent.head, view) == self.settings.address
        if not is_leader or not may_vote(self.state.record, candidate):
            return
        try:
            block = self.made(view, parent)
            self.append(block)
        except SpecError:
            # What was chosen makes no block that is in order; the others wait and go on.
            return
        self.effects.append(Broadcast(message=Proposal(block=block)))
        # The vote retires the view, so that after a crash it is not proposed in again.
        self.consider(head_of(block))

    def made(self, view: View, parent: Node) -> Block:
        """Make and sign a block."""
        block = build(
            parent.ledger,
            self.settings.choose(parent.ledger, view),
            self.settings.parameters,
            self.state.certified.approvals,
        )
        final = final_block(self.heads(parent.head.name))
        header = replace(block.header, epoch_id=view, last_final_block_hash=final)
        head = block_head(header, Hash(element_bytes(block.root)))
        signature = self.sign(proposal_message(self.settings.network_name, head.name))
        return replace(block, header=header, signature=signature)

    def consider(self, head: BlockHead) -> None:
        """
        Vote for a block of the current view, or abstain.

        Requirements:
            PAYY-CONSENSUS-020
        """
        is_member = self.set_at(head.height).stake_of(self.settings.address) > 0
        if head.view != self.state.view or not is_member:
            return
        parent = self.node(head.parent).head
        candidate = candidate_of(head.view, parent, self.state.record)
        decision = decide(self.state.record, candidate)
        self.state = replace(self.state, record=decision.record)
        if decision.abstention is not None:
            self.effects.append(Abstained(block=head.name, reason=decision.abstention))
            return
        message = approval_message(self.settings.network_name, head.height, head.name)
        vote = Vote(block=head.name, signature=self.sign(message))
        # Two leaders get it: if one Byzantine sequencer follows three honest ones, the leader after
        # it can still certify their last block.
        collectors = [
            self.leader_after(head, head.view + 1),
            self.leader_after(head, head.view + 2),
        ]
        self.effects += [Send(to=each, message=vote) for each in dict.fromkeys(collectors)]

    def sign(self, message: Hash) -> Signature:
        """Sign with the sequencer's key."""
        return Signature(sign(message, self.settings.key))

    # Certificates

    def count_votes(self, head: BlockHead, validators: ValidatorSet) -> None:
        """
        Make a certificate of the votes for a block if they are a quorum.

        Requirements:
            PAYY-CONSENSUS-020
        """
        if head.view <= self.certified_view:
            return
        members = sorted(validators.validators, key=lambda each: each.address)
        votes = [(each, self.state.votes.get((head.view, each.address))) for each in members]
        given = [(each, vote) for each, vote in votes if vote and vote.block == head.name]
        if not is_quorum(sum(each.stake for each, _ in given), validators.total_stake):
            return
        approvals = tuple(vote.signature for _, vote in given)
        next_leader = self.leader_after(head, head.view + 1)
        if next_leader != self.settings.address:
            # With too few votes of its own, the next leader would fail its view.
            message = Certificate(block=head.name, height=head.height, approvals=approvals)
            self.effects.append(Send(to=next_leader, message=message))
        self.learn(head, approvals)

    def learn(self, head: BlockHead, approvals: tuple[Signature, ...]) -> None:
        """Take note that a block is certified: lock, commit, leave its view."""
        if head.view > self.certified_view:
            certified = Certificate(block=head.name, height=head.height, approvals=approvals)
            self.state = replace(self.state, certified=certified)
        chain = self.heads(head.name)
        self.state = replace(self.state, record=learn(self.state.record, chain))
        committed = committed_by(chain)
        if committed is not None and committed.view > self.committed_view:
            self.commit(chain, approvals)
        if head.view >= self.state.view:
            self.enter(View(head.view + 1))

    def commit(self, chain: Sequence[BlockHead], approvals: tuple[Signature, ...]) -> None:
        """
        Commit the first of three blocks in a row, and all before it.

        Requirements:
            PAYY-CONSENSUS-023
        """
        third, second, first = chain
        last = self.node(self.state.committed).head
        path = takewhile(lambda node: node.head.height > last.height, self.chain(first.name))
        heads = [node.head for node in path]
        if not heads or heads[-1].parent != last.name:
            self.effects.append(ConflictFound(block=first.name))
            return
        one, two, three = (encode_header(each.header) for each in (first, second, third))
        proof = CommitProof(
            headers=(one, two, three), roots=(second.root, third.root), certificate=approvals
        )
        names = tuple(head.name for head in reversed(heads))
        self.effects.append(Committed(blocks=names, proof=proof))
        self.state = replace(
            self.state,
            committed=first.name,
            failures=0,
            proposals=_since(first.view, self.state.proposals),
            votes=_since(first.view, self.state.votes),
        )

    # Views

    def enter(self, view: View) -> None:
        """Begin a view."""
        self.state = replace(self.state, view=view)
        self.set_timer()
        proposed = sorted(name for (of, _), name in self.state.proposals.items() if of == view)
        if not proposed:
            self.propose()
        for name in proposed:
            self.consider(self.node(name).head)

    def give_up(self, view: View) -> None:
        """
        Stop waiting in a view, and say so; again, if there was no answer in the time.

        Requirements:
            PAYY-CONSENSUS-021
        """
        given_up = self.state.given_up.insert(self.settings.address, view)
        record = retire(self.state.record, view)
        self.state = replace(self.state, view=view, record=record, given_up=given_up)
        timeout = Timeout(view=view, certificate=self.state.certified)
        self.effects.append(Broadcast(message=timeout))
        self.set_timer()
        self.follow()

    def follow(self) -> None:
        """
        Leave a view that a quorum gave up; give up one that an honest sequencer gave up.

        Requirements:
            PAYY-CONSENSUS-017
        """
        validators = self.set_at(self.state.certified.height + 1)
        own = self.state.given_up.get(self.settings.address, NO_VIEW)
        left = view_given_up(self.state.given_up, validators)
        doubted = view_given_up(self.state.given_up, validators, is_enough=includes_honest)
        if left >= self.state.view:
            self.state = replace(self.state, failures=self.state.failures + 1)
            self.enter(View(left + 1))
        elif doubted >= self.state.view and doubted > own:
            self.give_up(doubted)

    def set_timer(self) -> None:
        """Wait for the current view to end."""
        parameters = self.settings.parameters
        milliseconds = waiting_time(
            parameters.consensus_timeout_milliseconds,
            self.state.failures,
            parameters.consensus_timeout_doublings,
        )
        self.effects.append(SetTimer(view=self.state.view, milliseconds=milliseconds))

    # Offences

    def accuse_proposer(self, one: Block, other: Block) -> None:
        """Keep the proof that a leader proposed two blocks in one view."""
        first, second = (
            SignedHead(head=head_of(block), signature=block.signature) for block in (one, other)
        )
        self.accuse(Evidence(offence=Offence.DOUBLE_PROPOSAL, first=first, second=second))

    def accuse(self, evidence: Evidence) -> None:
        """Say who broke the rules, once."""
        culprit = offender(evidence, self.settings.network_name, self.settings.sets)
        if culprit not in self.state.accused:
            self.effects.append(Accused(offender=culprit, evidence=evidence))
            self.state = replace(self.state, accused=self.state.accused | {culprit})


def _needed(message: Waiting) -> Hash:
    """Name the block without which a message cannot be taken."""
    match message:
        case Proposal(block=block):
            return block.header.last_block_hash
        case Vote(block=name):
            return name
        case Certificate(block=name):
            return name
        case Timeout(certificate=certificate):
            return certificate.block


def _since(
    view: View, entries: HashTrieMap[tuple[View, EthereumAddress], Value]
) -> HashTrieMap[tuple[View, EthereumAddress], Value]:
    """Keep what is of newer views."""
    return HashTrieMap({key: value for key, value in entries.items() if key[0] > view})
