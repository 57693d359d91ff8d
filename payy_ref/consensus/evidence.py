"""
Evidence: signatures that show by themselves that a sequencer broke the rules.

An honest sequencer votes once a view and proposes once a view, and no vote of it breaks its lock,
whatever it loses in a crash: what it needs for that is stored before a signature leaves. So nobody
can make evidence against it. And if two conflicting blocks are ever committed, there is evidence
against more than a third of the stake.

Source: decision 0031; what it costs the offender is the business of chapter provers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from payy_ref.consensus.commit import approval_message
from payy_ref.consensus.proposal import BlockHead, proposal_message
from payy_ref.consensus.safety import breaks_lock
from payy_ref.consensus.validators import ValidatorSet, set_at
from payy_ref.crypto.secp256k1 import NO_ADDRESS, EthereumAddress, recovered_address
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.sequence import Hash, Signature


class Offence(StrEnum):
    """What a sequencer must never do."""

    DOUBLE_PROPOSAL = "double_proposal"
    """It proposed two blocks in one view."""
    DOUBLE_VOTE = "double_vote"
    """It approved two blocks of one view."""
    BROKEN_LOCK = "broken_lock"
    """It approved a block, and later one that leaves the locked block behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A block, and a signature for it."""

    head: BlockHead
    """The block, without its transactions."""
    signature: Signature
    """The signature of its proposer, or of who approves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Two blocks, signed by one sequencer, that an honest one never both signs."""

    offence: Offence
    """What it shows."""
    first: SignedHead
    """One block."""
    second: SignedHead
    """The other one; for a broken lock, the later one."""
    ancestors: tuple[BlockHead, ...] = ()
    """
    For a broken lock, the parent and the grandparent of the first block and the parent of the
    second one; otherwise nothing.
    """


def signed_content(offence: Offence, head: BlockHead, network_name: str) -> Hash:
    """
    Give the message whose two signatures make the offence.

    Requirements:
        PAYY-CONSENSUS-013
    """
    if offence is Offence.DOUBLE_PROPOSAL:
        return proposal_message(network_name, head.name)
    return approval_message(network_name, head.height, head.name)


def named_ancestors(evidence: Evidence) -> list[Hash]:
    """
    List the names that the ancestors of an evidence have to have, as far as it goes.

    Requirements:
        PAYY-CONSENSUS-014
    """
    if evidence.offence is not Offence.BROKEN_LOCK:
        return []
    parents = [each.parent for each in evidence.ancestors[:1]]
    return [evidence.first.head.parent, *parents, evidence.second.head.parent]


def is_offence(evidence: Evidence) -> bool:
    """
    Tell whether no honest sequencer signs both blocks, judged by their views.

    Views begin at 1: blocks of the deployed network, whose epoch id is 0, are no evidence.

    Requirements:
        PAYY-CONSENSUS-014
    """
    first, second = evidence.first.head, evidence.second.head
    if evidence.offence is not Offence.BROKEN_LOCK:
        return first.view == second.view and first.view > 0
    _, locked, parent = evidence.ancestors
    return breaks_lock(first.view, locked.view, second.view, parent.view)


def offender(
    evidence: Evidence, network_name: str, sets: Sequence[ValidatorSet]
) -> EthereumAddress:
    """
    Judge evidence, and tell who it is against.

    Args:
        evidence: What is shown.
        network_name: The name that is signed with.
        sets: All validator sets, by ascending first height.

    Requirements:
        PAYY-CONSENSUS-013, PAYY-CONSENSUS-014

    Raises:
        SpecError: `EVIDENCE_SAME_BLOCK`, `EVIDENCE_ANCESTORS_MISMATCH`, `EVIDENCE_NO_OFFENCE`,
            `EVIDENCE_SIGNATURE_INVALID`, `EVIDENCE_SIGNERS_DIFFER`, `EVIDENCE_SIGNER_UNKNOWN`.
    """
    first, second = evidence.first.head, evidence.second.head

    # CHECK
    require(first.name != second.name, ErrorCode.EVIDENCE_SAME_BLOCK)
    names = [each.name for each in evidence.ancestors]
    require(names == named_ancestors(evidence), ErrorCode.EVIDENCE_ANCESTORS_MISMATCH)
    require(is_offence(evidence), ErrorCode.EVIDENCE_NO_OFFENCE)
    one, other = (
        recovered_address(signed_content(evidence.offence, each.head, network_name), each.signature)
        or NO_ADDRESS
        for each in (evidence.first, evidence.second)
    )
    require(NO_ADDRESS not in (one, other), ErrorCode.EVIDENCE_SIGNATURE_INVALID)
    require(one == other, ErrorCode.EVIDENCE_SIGNERS_DIFFER)
    stakes = [set_at(sets, each.height).stake_of(one) for each in (first, second)]
    require(min(stakes) > 0, ErrorCode.EVIDENCE_SIGNER_UNKNOWN)

    # COMPUTE
    return one
