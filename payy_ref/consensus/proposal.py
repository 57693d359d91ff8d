"""
Proposals: which blocks a sequencer looks at, and what it answers.

There are three answers. A block that breaks a rule is rejected, with the rule's code. To a block
that is in order a sequencer gives its vote, or it abstains, for a reason that is nobody's fault.

Source: Yin et al. 2019, "HotStuff: BFT consensus in the lens of blockchain", algorithm 5; the
fields of chained HotStuff in the deployed header: decision 0030.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from payy_ref.consensus.certificate import check_certificate
from payy_ref.consensus.commit import approval_message
from payy_ref.consensus.safety import (
    GENESIS_NAME,
    Candidate,
    SafetyRecord,
    View,
    is_retired,
    is_three_chain,
    lock,
    may_vote,
    retire,
)
from payy_ref.consensus.validators import ValidatorSet, set_at
from payy_ref.crypto.field import element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import EthereumAddress, recovered_address
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.sequence import (
    Block,
    Hash,
    Header,
    Height,
    Signature,
    encode_header,
    proposal_hash,
    signed_message,
)

THREE_CHAIN: Final = 3
"""Blocks in a row that commit the first of them."""


class Abstention(StrEnum):
    """Why a sequencer gives no vote to a block that is in order."""

    VIEW_RETIRED = "VIEW_RETIRED"
    """It has voted in this view or in a later one, gave it up, or is locked above it."""
    LOCK_CONFLICT = "LOCK_CONFLICT"
    """The block leaves the locked block behind, and no newer certificate allows that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockHead:
    """A block without its transactions. It is made by `block_head`."""

    header: Header
    """Its header."""
    root: Hash
    """The root that it states; 32 bytes that are only hashed here."""
    name: Hash
    """Its hash."""

    @property
    def view(self) -> View:
        """The view in which it was proposed."""
        return View(self.header.epoch_id)

    @property
    def height(self) -> Height:
        """Its height."""
        return self.header.height

    @property
    def parent(self) -> Hash:
        """Name of the block that it follows."""
        return self.header.last_block_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a sequencer answers to a block that is in order."""

    record: SafetyRecord
    """Its safety record afterwards; stored before the vote leaves."""
    abstention: Abstention | None
    """Why it abstains; None if it votes."""


def block_head(header: Header, root: Hash) -> BlockHead:
    """
    Give the head of a block, with its name.

    Requirements:
        PAYY-CONSENSUS-001

    Raises:
        SpecError: as `encode_header`.
    """
    name = proposal_hash(root, header.height, keccak256(encode_header(header)))
    return BlockHead(header=header, root=root, name=name)


def head_of(block: Block) -> BlockHead:
    """
    Give the head of a block.

    Raises:
        SpecError: as `encode_header`.
    """
    return block_head(block.header, Hash(element_bytes(block.root)))


def leader(validators: ValidatorSet, view: View) -> EthereumAddress:
    """
    Tell who proposes in a view: the members take turns.

    Requirements:
        PAYY-CONSENSUS-002
    """
    members = validators.validators
    return members[view % len(members)].address


def proposal_message(network_name: str, name: Hash) -> Hash:
    """
    Give what the leader signs to propose a block.

    Its approval of the same block is a signature on another message, `approval_message`.

    Requirements:
        PAYY-CONSENSUS-003
    """
    return signed_message(network_name, name)


def check_proposal(
    head: BlockHead, signature: Signature, network_name: str, sets: Sequence[ValidatorSet]
) -> None:
    """
    Judge what can be judged of a block without its ancestors: who proposes, and the certificate.

    Requirements:
        PAYY-CONSENSUS-003, PAYY-CONSENSUS-004

    Raises:
        SpecError: `CONSENSUS_HEIGHT_ZERO`, `CONSENSUS_PROPOSER_SIGNATURE_INVALID`,
            `CONSENSUS_PROPOSER_NOT_LEADER`, `CONSENSUS_GENESIS_APPROVED`, those of
            `check_certificate`.
    """
    # CHECK
    require(head.height > 0, ErrorCode.CONSENSUS_HEIGHT_ZERO)
    proposer = recovered_address(proposal_message(network_name, head.name), signature)
    require(proposer is not None, ErrorCode.CONSENSUS_PROPOSER_SIGNATURE_INVALID)
    is_leader = proposer == leader(set_at(sets, head.height), head.view)
    require(is_leader, ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER)
    if head.parent == GENESIS_NAME:
        require(head.header.approvals == (), ErrorCode.CONSENSUS_GENESIS_APPROVED)
    else:
        height = Height(head.height - 1)
        message = approval_message(network_name, height, head.parent)
        check_certificate(message, head.header.approvals, set_at(sets, height))


def check_ancestry(head: BlockHead, ancestors: Sequence[BlockHead]) -> None:
    """
    Judge how a block stands among its ancestors.

    Args:
        head: The block.
        ancestors: Its parent, the parent of that, and so on: three, or all down to genesis.

    Requirements:
        PAYY-CONSENSUS-005, PAYY-CONSENSUS-006, PAYY-CONSENSUS-007

    Raises:
        SpecError: `CONSENSUS_ANCESTOR_MISSING`, `LEDGER_PARENT_MISMATCH`, `LEDGER_HEIGHT_NOT_NEXT`,
            `CONSENSUS_VIEW_NOT_ABOVE_PARENT`, `CONSENSUS_FINAL_BLOCK_MISMATCH`.
    """
    # CHECK
    to_genesis = [each.name for each in ancestors[-1:]] == [GENESIS_NAME]
    is_whole = len(ancestors) >= THREE_CHAIN or to_genesis
    require(is_whole, ErrorCode.CONSENSUS_ANCESTOR_MISSING)
    chain = [head, *ancestors]
    is_linked = all(child.parent == parent.name for child, parent in pairwise(chain))
    require(is_linked, ErrorCode.LEDGER_PARENT_MISMATCH)
    is_next = all(child.height == parent.height + 1 for child, parent in pairwise(chain))
    require(is_next, ErrorCode.LEDGER_HEIGHT_NOT_NEXT)
    require(head.view > ancestors[0].view, ErrorCode.CONSENSUS_VIEW_NOT_ABOVE_PARENT)
    states_final = head.header.last_final_block_hash == final_block(ancestors)
    require(states_final, ErrorCode.CONSENSUS_FINAL_BLOCK_MISMATCH)


def final_block(ancestors: Sequence[BlockHead]) -> Hash:
    """
    Give the newest block that the ancestors of a block show to be committed.

    Args:
        ancestors: As for `check_ancestry`.

    Requirements:
        PAYY-CONSENSUS-007
    """
    parent = ancestors[0]
    committed = committed_by(ancestors)
    if committed is not None:
        return committed.name
    return GENESIS_NAME if parent.name == GENESIS_NAME else parent.header.last_final_block_hash


def committed_by(chain: Sequence[BlockHead]) -> BlockHead | None:
    """
    Give the block that a certificate commits, if any.

    Args:
        chain: The certified block, its parent, the parent of that, and so on.

    Requirements:
        PAYY-CONSENSUS-011
    """
    match chain:
        case [third, second, first, *_] if is_three_chain(first.view, second.view, third.view):
            return first
    return None


def learn(record: SafetyRecord, certified: Sequence[BlockHead]) -> SafetyRecord:
    """
    Take note of a certificate: lock on the parent of the certified block.

    Args:
        record: The record before.
        certified: The certified block, and its parent unless it is genesis.

    Requirements:
        PAYY-CONSENSUS-010
    """
    match certified:
        case [_, parent, *_]:
            return lock(record, parent.view, parent.name)
    return record


def candidate_of(view: View, parent: BlockHead, record: SafetyRecord) -> Candidate:
    """
    Give what the rules of voting look at.

    Whether the block descends from the locked one matters only if its parent is not newer than
    that. Views grow along a chain, so it then descends from it if the parent is the locked block.

    Args:
        view: The view of the block.
        parent: Its parent.
        record: The safety record of the voter, which has learned the parent's certificate.

    Requirements:
        PAYY-CONSENSUS-009
    """
    extends_lock = parent.name == record.locked_block
    return Candidate(view=view, parent_view=parent.view, extends_lock=extends_lock)


def decide(record: SafetyRecord, candidate: Candidate) -> Decision:
    """
    Vote, or abstain and say why.

    Requirements:
        PAYY-CONSENSUS-008, PAYY-CONSENSUS-009
    """
    if may_vote(record, candidate):
        return Decision(record=retire(record, candidate.view), abstention=None)
    is_late = is_retired(record, candidate.view)
    reason = Abstention.VIEW_RETIRED if is_late else Abstention.LOCK_CONFLICT
    return Decision(record=record, abstention=reason)


def answer(
    record: SafetyRecord,
    head: BlockHead,
    signature: Signature,
    ancestors: Sequence[BlockHead],
    *,
    network_name: str,
    sets: Sequence[ValidatorSet],
) -> Decision:
    """
    Answer a proposal: reject it, or learn the certificate that it carries and decide on it.

    What the block does to the ledger is judged by chapter ledger.

    Args:
        record: The safety record before.
        head: The block.
        signature: The proposer's.
        ancestors: As for `check_ancestry`.
        network_name: The name that is signed with.
        sets: All validator sets, by ascending first height.

    Requirements:
        PAYY-CONSENSUS-012

    Raises:
        SpecError: those of `check_proposal` and `check_ancestry`.
    """
    # CHECK
    check_proposal(head, signature, network_name, sets)
    check_ancestry(head, ancestors)

    # COMPUTE
    learned = learn(record, ancestors)
    candidate = candidate_of(head.view, ancestors[0], learned)

    # UPDATE
    return decide(learned, candidate)
