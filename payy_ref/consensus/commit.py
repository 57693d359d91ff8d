"""
Commit proofs: what shows to L1 that a block can no longer be abandoned.

A certificate on a block does not: in chained HotStuff another block can still win at its height.
Three blocks in a row, proposed in consecutive views, with a certificate on the last one, do.

Source: Yin et al. 2019, "HotStuff: BFT consensus in the lens of blockchain", section 5 (chained
HotStuff, three-chain); the deployed contract accepts one certificate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from payy_ref.consensus.certificate import check_certificate
from payy_ref.consensus.safety import View, is_three_chain
from payy_ref.consensus.validators import ValidatorSet, set_at
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.sequence import (
    Hash,
    Header,
    Height,
    Signature,
    accept_hash,
    decode_header,
    proposal_hash,
    signed_message,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitProof:
    """Three blocks in a row and the certificate on the last one."""

    headers: tuple[bytes, bytes, bytes]
    """The encoded headers, oldest first; the first one is that of the block that is committed."""
    roots: tuple[Hash, Hash]
    """The roots that the second and the third block state; 32 bytes that are only hashed here."""
    certificate: tuple[Signature, ...]
    """Approvals of the third block."""
    skipped: tuple[bytes, ...] = ()
    """
    The encoded headers of the blocks between the last settled one and the first of the three,
    oldest first; they change nothing.
    """


def check_commit(
    proof: CommitProof,
    root: FieldElement,
    network_name: str,
    sets: Sequence[ValidatorSet],
) -> Header:
    """
    Judge whether a block that states the given root is committed.

    Only the last certificate is looked at. A quorum has an honest member, and that one signs a
    block only with a certificate on its parent in hand; so the others exist (chapter consensus).

    Args:
        proof: What is shown.
        root: The root that the first block is said to state.
        network_name: The name that is signed with.
        sets: All validator sets, by ascending first height.

    Returns:
        The header of the committed block.

    Requirements:
        PAYY-SETTLEMENT-009, PAYY-SETTLEMENT-012

    Raises:
        SpecError: those of `decode_header` for the three in order, `COMMIT_PARENT_MISMATCH`,
            `COMMIT_HEIGHTS_NOT_CONSECUTIVE`, `COMMIT_VIEWS_NOT_CONSECUTIVE`, and those of
            `check_certificate`.
    """
    roots = (element_bytes(root), *proof.roots)

    # CHECK
    headers = [decode_header(encoding) for encoding in proof.headers]
    names = [
        proposal_hash(stated, header.height, keccak256(encoding))
        for stated, header, encoding in zip(roots, headers, proof.headers, strict=True)
    ]
    parents = [header.last_block_hash for header in headers[1:]]
    require(parents == names[:-1], ErrorCode.COMMIT_PARENT_MISMATCH)
    heights = [header.height for header in headers]
    require(are_consecutive(heights), ErrorCode.COMMIT_HEIGHTS_NOT_CONSECUTIVE)
    first, second, third = (View(header.epoch_id) for header in headers)
    require(is_three_chain(first, second, third), ErrorCode.COMMIT_VIEWS_NOT_CONSECUTIVE)
    message = approval_message(network_name, headers[-1].height, names[-1])
    check_certificate(message, proof.certificate, set_at(sets, headers[-1].height))

    # COMPUTE
    return headers[0]


def changes_nothing(
    skipped: Sequence[bytes], root: FieldElement, settled: int, committed: Header
) -> bool:
    """
    Tell whether the blocks between two heights are shown to leave the root as it is.

    A committed block has committed ancestors, and there is one committed block a height. So it is
    enough that the ancestors are there without a gap, and that each states the root.

    Args:
        skipped: Their encoded headers, oldest first.
        root: What each has to state.
        settled: The height below the first of them.
        committed: The header of the block after the last of them.

    Requirements:
        PAYY-SETTLEMENT-022

    Raises:
        SpecError: those of `decode_header`.
    """
    # CHECK
    headers = [decode_header(encoding) for encoding in skipped]

    # COMPUTE
    names = [
        proposal_hash(element_bytes(root), header.height, keccak256(encoding))
        for header, encoding in zip(headers, skipped, strict=True)
    ]
    after = [*headers[1:], committed] if headers else []
    heights = [settled, *(header.height for header in headers), committed.height]
    return are_consecutive(heights) and names == [header.last_block_hash for header in after]


def are_consecutive(numbers: Sequence[int]) -> bool:
    """Tell whether each number is one above the number before it."""
    return all(after == before + 1 for before, after in pairwise(numbers))


def approval_message(network_name: str, height: Height, name: Hash) -> Hash:
    """
    Give what a sequencer signs to approve a block.

    Args:
        network_name: The name that is signed with.
        height: The block's height.
        name: The block's hash.

    Requirements:
        PAYY-SETTLEMENT-009
    """
    return signed_message(network_name, accept_hash(height, name))
