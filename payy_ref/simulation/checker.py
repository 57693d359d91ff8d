"""
What must hold of every run, judged from what the honest sequencers do.

It sees their events, states and effects, and knows who is honest; it takes no sequencer's word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from payy_ref.consensus.commit import CommitProof, check_commit
from payy_ref.consensus.evidence import Evidence, offender
from payy_ref.consensus.messages import (
    Accused,
    Broadcast,
    Committed,
    ConflictFound,
    Effect,
    Message,
    Persist,
    Proposal,
    Rejected,
    Send,
    Timeout,
    Vote,
)
from payy_ref.consensus.proposal import BlockHead, head_of
from payy_ref.consensus.safety import GENESIS_NAME, GENESIS_RECORD, SafetyRecord
from payy_ref.consensus.state import Replica
from payy_ref.consensus.validators import ValidatorSet
from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import SpecError
from payy_ref.ledger.sequence import Hash, encode_header


class Rule(StrEnum):
    """What must hold."""

    AGREEMENT = "agreement"
    """No two honest sequencers commit different blocks at a height."""
    NO_CONFLICT = "no_conflict"
    """No honest sequencer is shown a commit beside its own."""
    COMMIT_PROOF = "commit_proof"
    """Each commit has a proof, and L1 would accept it."""
    COMMIT_ORDER = "commit_order"
    """A sequencer commits block after block, without a gap; again from genesis after a restart."""
    NOBODY_FRAMED = "nobody_framed"
    """Whoever is accused is Byzantine, and the evidence shows it."""
    RECORD_GROWS = "record_grows"
    """What is stored never goes back."""
    STORED_FIRST = "stored_first"
    """A signature leaves after the record that retires its view is stored."""
    SIGNED_ONCE = "signed_once"
    """A sequencer approves and proposes one block a view, crashes or not."""
    HONEST_ACCEPTED = "honest_accepted"
    """No message of an honest sequencer breaks a rule."""
    PROGRESS = "progress"
    """Once the network is timely, every honest sequencer commits again within so many views."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that must not happen, and did."""

    rule: Rule
    """What does not hold."""
    time: int
    """When, in microseconds."""
    node: int
    """With whom."""
    text: str
    """What was seen."""


class Checker:
    """Watches the honest sequencers of a run."""

    def __init__(
        self,
        *,
        addresses: Sequence[EthereumAddress],
        byzantine: frozenset[int],
        network_name: str,
        sets: tuple[ValidatorSet, ...],
    ) -> None:
        self.violations: list[Violation] = []
        self.accused: set[int] = set()
        self.height = 0
        self._index: Mapping[EthereumAddress, int] = {
            address: node for node, address in enumerate(addresses)
        }
        self._byzantine = byzantine
        self._network_name = network_name
        self._sets = sets
        self._records: dict[int, SafetyRecord] = {}
        self._last: dict[int, BlockHead | None] = {}
        self._by_height: dict[int, Hash] = {}
        self._proven: dict[tuple[bytes, ...], bool] = {}
        self._votes: dict[tuple[int, int], Hash] = {}
        self._proposals: dict[tuple[int, int], Hash] = {}
        self._now = (0, 0)

    def watch(self, time: int, node: int, after: Replica, effects: Sequence[Effect]) -> None:
        """
        See what an honest sequencer did at an event.

        Args:
            time: In microseconds.
            node: Who.
            after: Its state afterwards.
            effects: What it did; less than it would have done, if it crashed.
        """
        self._now = (time, node)
        for effect in effects:
            match effect:
                case Persist(record=record):
                    self._on_record(node, record)
                case Send(message=message) | Broadcast(message=message):
                    self._on_message(node, after, message)
                case Committed(blocks=blocks, proof=proof):
                    self._on_commit(node, after, blocks, proof)
                case Accused(offender=culprit, evidence=evidence):
                    self._on_accusation(culprit, evidence)
                case Rejected(sender=sender, code=code):
                    is_honest = self._index.get(sender) not in self._byzantine
                    if is_honest:
                        self._fail(
                            Rule.HONEST_ACCEPTED, f"{code}, said to be of {self._index.get(sender)}"
                        )
                case ConflictFound(block=block):
                    self._fail(Rule.NO_CONFLICT, f"block {block.hex()[:16]} is committed beside")

    def restarted(self, node: int) -> None:
        """See that a sequencer begins again: it commits from genesis again."""
        self._last.pop(node, None)

    def stored(self, node: int) -> SafetyRecord:
        """Give what a sequencer stored last."""
        return self._records.get(node, GENESIS_RECORD)

    def delayed(self, time: int, node: int, text: str) -> None:
        """Take note that a sequencer did not commit in time."""
        self._now = (time, node)
        self._fail(Rule.PROGRESS, text)

    def _fail(self, rule: Rule, text: str) -> None:
        time, node = self._now
        self.violations.append(Violation(rule=rule, time=time, node=node, text=text))

    def _on_record(self, node: int, record: SafetyRecord) -> None:
        before = self.stored(node)
        grows = (
            record.retired_view >= before.retired_view
            and record.locked_view >= before.locked_view
            and record.retired_view >= record.locked_view
            and (record.locked_view > before.locked_view)
            == (record.locked_block != before.locked_block)
        )
        if not grows:
            self._fail(Rule.RECORD_GROWS, f"{before} became {record}")
        self._records[node] = record

    def _on_message(self, node: int, after: Replica, message: Message) -> None:
        match message:
            case Vote(block=name):
                self._on_signature(node, after.nodes[name].head, self._votes, "vote")
            case Proposal(block=block):
                self._on_signature(node, head_of(block), self._proposals, "proposal")
            case Timeout(view=view) if view > self.stored(node).retired_view:
                self._fail(Rule.STORED_FIRST, f"gave up view {view} before it was retired")

    def _on_signature(
        self, node: int, head: BlockHead, signed: dict[tuple[int, int], Hash], what: str
    ) -> None:
        if head.view > self.stored(node).retired_view:
            self._fail(Rule.STORED_FIRST, f"{what} in view {head.view} before it was retired")
        first = signed.setdefault((node, head.view), head.name)
        if first != head.name:
            self._fail(Rule.SIGNED_ONCE, f"a second {what} in view {head.view}")

    def _on_commit(
        self, node: int, after: Replica, blocks: Sequence[Hash], proof: CommitProof
    ) -> None:
        heads = [after.nodes[name].head for name in blocks]
        last = self._last.get(node)
        parent, height = (GENESIS_NAME, 0) if last is None else (last.name, last.height)
        for head in heads:
            if head.parent != parent or head.height != height + 1:
                self._fail(Rule.COMMIT_ORDER, f"block {head.height} after block {height}")
            parent, height = head.name, head.height
            if self._by_height.setdefault(height, parent) != parent:
                self._fail(Rule.AGREEMENT, f"two blocks are committed at height {height}")
        self._last[node] = heads[-1]
        self.height = max(self.height, height)
        if not self._accepts(proof, after.nodes[heads[-1].name].block.root, heads[-1]):
            self._fail(Rule.COMMIT_PROOF, f"no proof of block {height}")

    def _accepts(self, proof: CommitProof, root: FieldElement, head: BlockHead) -> bool:
        """Ask what L1 would say; the same proof is asked about once."""
        key = (head.name, *proof.headers, *proof.certificate)
        if key not in self._proven:
            try:
                header = check_commit(proof, root, self._network_name, self._sets)
            except SpecError:
                self._proven[key] = False
            else:
                self._proven[key] = encode_header(header) == encode_header(head.header)
        return self._proven[key]

    def _on_accusation(self, culprit: EthereumAddress, evidence: Evidence) -> None:
        try:
            shown = offender(evidence, self._network_name, self._sets)
        except SpecError as error:
            self._fail(Rule.NOBODY_FRAMED, f"the evidence is refused, {error.code}")
            return
        accused = self._index[culprit]
        self.accused.add(accused)
        if shown != culprit or accused not in self._byzantine:
            self._fail(Rule.NOBODY_FRAMED, f"sequencer {accused} is accused")
