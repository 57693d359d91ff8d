"""Scenarios of proposals: which are rejected, which get a vote, and which get none."""

from dataclasses import replace
from typing import Any

import pytest

from payy_ref.consensus.evidence import SignedHead
from payy_ref.consensus.safety import GENESIS_RECORD
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Hash, Height, Signature
from payy_ref.testing.consensus_history import Committee, equal_set
from payy_ref.testing.settlement_history import NETWORK, as_validators, certificate, signers
from payy_ref.vectors.model import case_bytes
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.consensus.consensus_cases import (
    COMMITTEE,
    FORM,
    GENESIS,
    KEYS,
    STRANGERS,
    abstains,
    approved_by,
    but,
    name_of,
    not_counting,
    question,
    record,
    refused,
    resigned,
    rules,
    said,
    votes,
    weighed,
)
from spec.ledger.ledger_cases import json_of, keccak_of, with_field_missing

CHAIN = COMMITTEE.chain(1, 2, 3, 4)
"""Four blocks of the first four views, newest first, and genesis."""

B4, B3, B2, B1 = CHAIN[:4]

FORK = COMMITTEE.chain(4, 6, on=CHAIN[3:], label="fork")
"""Beside them, two blocks of views 4 and 6 on the first one."""

NEXT = COMMITTEE.child(CHAIN, 5)
"""A block that follows the four."""

PLAIN = question(NEXT, CHAIN, record(4, B3))
"""What a sequencer is asked that has seen the four: it is locked on the third."""

OTHER = Hash(case_bytes("consensus-other-hash", 32))


# Votes


def test_votes_along_a_chain(vector: VectorWriter) -> None:
    """
    Block after block gets a vote.

    Given a chain without a failed view, when its next block is proposed, then it gets a vote, and
    the record is locked on its grandparent and has retired its view.
    """
    locks = [*CHAIN[::-1][:1], *CHAIN[::-1]]
    what: dict[str, Any] = {"flags": ["TOO_STRICT", "HEADER_FIELDS"]}
    for number in range(1, 6):
        blocks = (NEXT, *CHAIN)
        ancestors = blocks[6 - number :]
        known = record(number - 1, locks[max(number - 2, 0)])
        votes(
            vector,
            f"block-{number}-of-a-chain",
            question(blocks[5 - number], ancestors, known),
            record(number, ancestors[1] if number > 1 else ancestors[0]),
            description=f"Block {number} of a chain gets a vote.",
            requirements=rules(1, 3, 4, 5, 6, 7, 8, 10, 12),
            **what,
        )


def test_votes_at_the_limits(vector: VectorWriter) -> None:
    """
    What is just allowed gets a vote.

    Given a record and a block that the rules just allow, when it is proposed, then it gets a vote.
    """
    late = COMMITTEE.child(GENESIS, 2**64 - 1)
    far = COMMITTEE.chain(1, 2, 3, 4, 9)
    skipped = COMMITTEE.chain(3, 7)
    any_root = replace(NEXT, root=Hash(b"\xff" * 32))
    any_root = replace(any_root, name=name_of(any_root))
    cases: dict[str, tuple[dict[str, Any], Any, list[int]]] = {
        "view-just-above-the-retired": (but(PLAIN), record(5, B3), [8]),
        "view-far-above-the-retired": (
            but(PLAIN, safety_record=record(0, B3)),
            record(5, B3),
            [8],
        ),
        "greatest-view": (question(late, GENESIS), record(2**64 - 1), [1, 6, 8]),
        "greatest-view-just-not-retired": (
            question(late, GENESIS, record(2**64 - 2)),
            record(2**64 - 1),
            [8],
        ),
        "views-left-out": (question(skipped[0], skipped[1:]), record(7), [6, 7, 8]),
        "parent-is-the-locked-block": (
            question(B3, CHAIN[2:], record(2, B2)),
            record(3, B2),
            [9],
        ),
        "grandparent-is-the-locked-block": (
            question(B4, CHAIN[1:], record(3, B2)),
            record(4, B2),
            [9, 10],
        ),
        "locked-on-an-old-ancestor": (
            question(far[0], far[1:], record(4, B1)),
            record(9, far[2]),
            [9, 10],
        ),
        "locked-on-genesis": (question(far[0], far[1:], record(0)), record(9, far[2]), [9, 10]),
        "parent-just-newer-than-the-lock": (
            question(FORK[0], FORK[1:], record(5, B3)),
            record(6, B3),
            [9, 10],
        ),
        "more-ancestors-than-needed": (
            question(NEXT, CHAIN, record(4, B3)),
            record(5, B3),
            [5],
        ),
        "three-ancestors": (question(NEXT, CHAIN[:3], record(4, B3)), record(5, B3), [5]),
        "ancestors-just-to-the-locked-block": (
            question(B4, CHAIN[1:4], record(3, B1)),
            record(4, B2),
            [5, 9],
        ),
        "all-approve": (
            question(COMMITTEE.child(CHAIN, 5, keys=KEYS), CHAIN, record(4, B3)),
            record(5, B3),
            [4],
        ),
        "last-three-approve": (
            question(COMMITTEE.child(CHAIN, 5, keys=KEYS[1:]), CHAIN, record(4, B3)),
            record(5, B3),
            [4],
        ),
        "root-above-the-field": (question(any_root, CHAIN, record(4, B3)), record(5, B3), [1]),
        "three-ancestors-though-the-lock-is-old": (
            question(far[0], far[1:4], record(4)),
            record(9, far[2]),
            [5, 9],
        ),
    }
    for name, (asked, after, numbers) in cases.items():
        votes(
            vector,
            name,
            asked,
            after,
            description=f"A block that is just allowed gets a vote: {said(name)}.",
            requirements=rules(*numbers, 12),
            flags=["TOO_STRICT", "LOCK_RULE"],
        )


# Abstentions


def test_retired_views(vector: VectorWriter) -> None:
    """
    There is one vote a view, and none in views before.

    Given a record that has retired a view, when a block of this view or of one before is proposed,
    then there is no vote; what the block's certificate says is learned all the same.
    """
    other = COMMITTEE.child(CHAIN, 5, label="other")
    cases = {
        "same-proposal-twice": (but(PLAIN, safety_record=record(5, B3)), record(5, B3)),
        "second-proposal-of-the-view": (question(other, CHAIN, record(5, B3)), record(5, B3)),
        "old-proposal-after-a-newer": (question(B2, CHAIN[3:], record(4, B2)), record(4, B2)),
        "view-just-retired-by-a-timeout": (but(PLAIN, safety_record=record(5)), record(5, B3)),
        "retired-but-learned": (but(PLAIN, safety_record=record(9, B1)), record(9, B3)),
        "retired-and-beside-the-lock": (
            question(FORK[1], FORK[2:], record(4, B2)),
            record(4, B2),
        ),
        "greatest-view-retired": (
            but(PLAIN, safety_record=record(2**64 - 1)),
            record(2**64 - 1, B3),
        ),
    }
    for name, (asked, after) in cases.items():
        abstains(
            vector,
            name,
            asked,
            "VIEW_RETIRED",
            after,
            description=f"A block of a retired view gets no vote: {said(name)}.",
            requirements=rules(8, 10, 12),
            flags=["VIEW_TWICE"],
        )


def test_lock_conflicts(vector: VectorWriter) -> None:
    """
    Nobody votes against the lock without a newer certificate.

    Given a record that is locked on a block, when a block is proposed that does not descend from it
    and whose parent is not newer, then there is no vote.
    """
    beside = COMMITTEE.chain(2, 5, on=CHAIN[3:], label="beside")
    low = COMMITTEE.child(CHAIN[3:], 5, label="low")
    root = COMMITTEE.child(GENESIS, 5)
    cases = {
        "parent-as-new-as-the-lock": (
            question(beside[0], beside[1:], record(4, B2)),
            record(4, B2),
        ),
        "parent-older-than-the-lock": (question(low, CHAIN[3:], record(4, B2)), record(4, B2)),
        "parent-is-genesis": (question(root, GENESIS, record(4, B1)), record(4, B1)),
        "lock-on-an-unknown-block": (
            question(NEXT, CHAIN, replace(record(4, B4), locked_block=OTHER)),
            replace(record(4, B4), locked_block=OTHER),
        ),
        "lock-newer-than-the-parent": (
            question(NEXT, CHAIN, record(4, FORK[0])),
            record(4, FORK[0]),
        ),
    }
    for name, (asked, after) in cases.items():
        abstains(
            vector,
            name,
            asked,
            "LOCK_CONFLICT",
            after,
            description=f"A block that leaves the locked one behind gets no vote: {said(name)}.",
            requirements=rules(9, 12),
            flags=["LOCK_RULE"],
        )


# Proposers


def _proposers() -> dict[str, tuple[ErrorCode, SignedHead]]:
    """Give the block that follows, with signatures that are not the leader's."""
    invalid = ErrorCode.CONSENSUS_PROPOSER_SIGNATURE_INVALID
    other = ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER
    leader = COMMITTEE.leader(5, 5)
    good = COMMITTEE.proposed(NEXT)
    named = replace(COMMITTEE, network_name="Payy")
    digests = {
        "approval-of-the-leader": approved_by(NEXT),
        "bare-hash-signed": NEXT.name,
        "parent-signed": keccak_of(len(NETWORK).to_bytes(8, "big"), NETWORK.encode(), NEXT.parent),
    }
    return {
        **{
            f"proposer-{name}": (invalid, replace(good, signature=each))
            for name, each in not_counting(good.signature).items()
        },
        "proposer-leader-of-the-next-view": (other, COMMITTEE.proposed(NEXT, KEYS[2])),
        "proposer-leader-of-the-view-before": (other, COMMITTEE.proposed(NEXT, KEYS[0])),
        "proposer-stranger": (other, COMMITTEE.proposed(NEXT, STRANGERS[0])),
        "proposer-of-another-network": (other, named.proposed(NEXT)),
        "proposer-of-another-block": (other, replace(COMMITTEE.proposed(B4), head=NEXT)),
        **{
            f"proposer-{name}": (other, SignedHead(head=NEXT, signature=leader.sign(digest)))
            for name, digest in digests.items()
        },
    }


@pytest.mark.parametrize("name", _proposers())
def test_proposers(vector: VectorWriter, name: str) -> None:
    """
    The leader of the view signs the block.

    Given a block whose signature does not count, or is of somebody else or of something else, when
    it is proposed, then it is rejected.
    """
    code, block = _proposers()[name]
    refused(
        vector,
        name,
        code,
        but(PLAIN, block=block),
        description=f"The leader's signature is not there: {said(name)}.",
        requirements=rules(2, 3),
        flags=["PROPOSER"],
    )


def test_height_zero(vector: VectorWriter) -> None:
    """
    Nobody proposes the first block.

    Given a block of height 0, the genesis block or another one, when it is proposed, then it is
    rejected.
    """
    head = resigned(COMMITTEE, COMMITTEE.child(GENESIS, 1), height=Height(0))
    genesis = SignedHead(head=GENESIS[0], signature=Signature(bytes(65)))
    cases = {
        "height-0": question(head, GENESIS),
        "genesis-proposed": question(genesis, ()),
        "genesis-signed": question(COMMITTEE.proposed(GENESIS[0]), GENESIS),
    }
    for name, asked in cases.items():
        refused(
            vector,
            name,
            ErrorCode.CONSENSUS_HEIGHT_ZERO,
            asked,
            description=f"A block of height 0 is proposed: {said(name)}.",
            requirements=rules(3),
            flags=["PROPOSER"],
        )


# Certificates


def test_certificates(vector: VectorWriter) -> None:
    """
    A block carries a certificate on its parent.

    Given a block whose approvals are not signatures of a quorum on its parent, when it is proposed,
    then it is rejected.
    """
    own = COMMITTEE.approvals(B4, KEYS)
    message = approved_by(B4)
    unknown, unordered = (
        ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
        ErrorCode.CERTIFICATE_SIGNERS_UNORDERED,
    )
    missing, invalid = (
        ErrorCode.CERTIFICATE_QUORUM_MISSING,
        ErrorCode.CERTIFICATE_SIGNATURE_INVALID,
    )
    named = replace(COMMITTEE, network_name="Payy")
    this_height = keccak_of(
        len(NETWORK).to_bytes(8, "big"),
        NETWORK.encode(),
        keccak_of(B4.height.to_bytes(32, "big"), B4.name),
    )
    cases: dict[str, tuple[ErrorCode, tuple[Signature, ...]]] = {
        "no-approvals": (missing, ()),
        "one-approval-as-deployed": (missing, own[:1]),
        "two-of-four-approve": (missing, own[:2]),
        "same-signature-twice": (unordered, (own[0], own[0], own[1])),
        "descending": (unordered, own[::-1]),
        "stranger-approves": (unknown, certificate(message, [*KEYS[:3], STRANGERS[0]])),
        "of-another-network": (unknown, named.approvals(B4)),
        "on-the-grandparent": (unknown, COMMITTEE.approvals(B3)),
        "on-the-block-itself": (unknown, COMMITTEE.approvals(NEXT)),
        "on-another-block": (unknown, COMMITTEE.approvals(FORK[1])),
        "of-this-height-instead-of-the-next": (unknown, certificate(this_height, KEYS)),
        "proposals-instead-of-approvals": (
            unknown,
            certificate(
                keccak_of(len(NETWORK).to_bytes(8, "big"), NETWORK.encode(), B4.name), KEYS
            ),
        ),
        **{
            f"approval-{name}": (invalid, (each, *own[1:]))
            for name, each in not_counting(own[0]).items()
        },
    }
    for name, (code, approvals) in cases.items():
        block = resigned(COMMITTEE, NEXT, approvals=approvals)
        refused(
            vector,
            f"certificate-{name}",
            code,
            but(PLAIN, block=block),
            description=f"The approvals are no certificate on the parent: {said(name)}.",
            requirements=rules(4),
            flags=["PARENT_CERTIFICATE"],
        )


def test_genesis_needs_no_certificate(vector: VectorWriter) -> None:
    """
    The genesis block is certified by definition.

    Given a block on genesis with approvals, even good ones, when it is proposed, then it is
    rejected.
    """
    block = COMMITTEE.child(GENESIS, 1)
    message = approved_by(GENESIS[0])
    cases = {
        "genesis-approved-by-all": certificate(message, KEYS),
        "genesis-approved-by-one": certificate(message, KEYS[:1]),
        "genesis-approved-by-nobody": (Signature(bytes(65)),),
    }
    for name, approvals in cases.items():
        refused(
            vector,
            name,
            ErrorCode.CONSENSUS_GENESIS_APPROVED,
            question(resigned(COMMITTEE, block, approvals=approvals), GENESIS),
            description=f"A block on genesis has approvals: {said(name)}.",
            requirements=rules(4),
            flags=["PARENT_CERTIFICATE"],
        )


def test_stakes(vector: VectorWriter) -> None:
    """
    Stake counts, not heads, and exactly two thirds are too little.

    Given sequencers of other weights, when a block is proposed whose parent has more than two
    thirds of the stake, then it gets a vote; with exactly two thirds it is rejected.
    """
    for name, stakes, enough, places in (
        ("one-heavy", (7, 1, 1, 1), True, (0,)),
        ("three-light", (7, 1, 1, 1), False, (1, 2, 3)),
        ("exactly-two-thirds", (2, 2, 1, 1), False, (0, 1)),
        ("one-more-than-two-thirds", (2, 2, 1, 1), True, (0, 1, 2)),
        ("just-above-two-thirds", (67, 33), True, (0,)),
        ("just-below-two-thirds", (66, 34), False, (0,)),
    ):
        committee = weighed(*stakes)
        first = committee.chain(1)
        keys = [committee.keys[place] for place in places]
        asked = question(
            committee.child(first, 2, keys=keys), first, record(1), committee=committee
        )
        what: dict[str, Any] = {
            "description": f"The parent is approved by stake, not by heads: {said(name)}.",
            "requirements": rules(4),
            "flags": ["QUORUM"],
        }
        if enough:
            votes(vector, f"stake-{name}", asked, record(2), **what)
        else:
            code = ErrorCode.CERTIFICATE_QUORUM_MISSING
            refused(vector, f"stake-{name}", code, asked, **what)


def test_sets_that_change(vector: VectorWriter) -> None:
    """
    Certificate and leader are judged by the sets of their heights.

    Given a validator set that begins at height 3, when block 3 is proposed, then its leader is one
    of the new set, and its certificate one of the old set.
    """
    old, new = signers(4, "old"), signers(7, "new")
    committee = Committee(keys=(*old, *new), sets=(equal_set(old), equal_set(new, 3)))
    two = committee.chain(1, 2)
    three = committee.chain(3, on=two)
    four = committee.chain(4, on=three)
    for name, chain, locked in (
        ("last-of-the-old-set", two, two[2]),
        ("first-of-the-new-set", three, three[2]),
        ("second-of-the-new-set", four, four[2]),
    ):
        votes(
            vector,
            f"sets-{name}",
            question(chain[0], chain[1:], record(chain[1].view), committee=committee),
            record(chain[0].view, locked),
            description=f"A validator set begins at height 3: {said(name)}.",
            requirements=rules(2, 3, 4),
            flags=["SET_AT_HEIGHT"],
        )
    by_new = committee.child(two, 3, keys=new[:5])
    by_old = committee.child(three, 4, keys=old)
    bad = {
        "leader-of-the-old-set": (
            ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER,
            question(committee.proposed(three[0], old[3]), two, record(2), committee=committee),
        ),
        "leader-of-the-new-set-too-early": (
            ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER,
            question(committee.proposed(two[0], new[2]), two[1:], record(1), committee=committee),
        ),
        "certificate-of-the-new-set": (
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            question(by_new, two, record(2), committee=committee),
        ),
        "certificate-of-the-old-set": (
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            question(by_old, three, record(3), committee=committee),
        ),
    }
    for name, (code, asked) in bad.items():
        refused(
            vector,
            f"sets-{name}",
            code,
            asked,
            description=f"A block is judged by the set of the wrong height: {said(name)}.",
            requirements=rules(2, 3, 4),
            flags=["SET_AT_HEIGHT"],
        )


# Ancestors


def test_ancestors(vector: VectorWriter) -> None:
    """
    Three ancestors are needed, or all; and down to the lock, where that matters.

    Given too few ancestors, or ones that do not follow each other, when a block is proposed, then
    it is rejected.
    """
    missing, parent, height = (
        ErrorCode.CONSENSUS_ANCESTOR_MISSING,
        ErrorCode.LEDGER_PARENT_MISMATCH,
        ErrorCode.LEDGER_HEIGHT_NOT_NEXT,
    )
    high = resigned(COMMITTEE, COMMITTEE.child(GENESIS, 1), height=Height(2))
    plain = COMMITTEE.chain(1, 2, 4, 6)
    replaced = COMMITTEE.chain(4, on=plain[2:], label="replaced")
    gap = COMMITTEE.proposed(
        COMMITTEE.child(CHAIN, 5, height=Height(7), approvals=_approvals_at(6))
    )
    cases = {
        "none": (missing, but(PLAIN, certificates=())),
        "parent-alone": (missing, but(PLAIN, certificates=CHAIN[:1])),
        "two": (missing, but(PLAIN, certificates=CHAIN[:2])),
        "none-of-a-block-on-genesis": (missing, question(COMMITTEE.child(GENESIS, 1), ())),
        "parent-left-out": (parent, but(PLAIN, certificates=CHAIN[1:])),
        "parent-twice": (parent, but(PLAIN, certificates=(B4, B4, B3, B2))),
        "grandparent-left-out": (parent, but(PLAIN, certificates=(B4, *CHAIN[2:]))),
        "of-another-branch": (parent, but(PLAIN, certificates=(B4, *FORK))),
        "grandparent-replaced-by-one-like-it": (
            parent,
            question(COMMITTEE.child(plain, 7), (plain[0], *replaced), record(6)),
        ),
        "reversed": (parent, but(PLAIN, certificates=CHAIN[::-1])),
        "fourth-not-linked": (parent, but(PLAIN, certificates=(B4, B3, B2, *GENESIS))),
        "beyond-genesis": (parent, but(PLAIN, certificates=(*CHAIN, *GENESIS))),
        "height-2-on-genesis": (height, question(high, GENESIS)),
        "height-left-out": (height, but(PLAIN, block=gap)),
    }
    for name, (code, asked) in cases.items():
        refused(
            vector,
            f"ancestors-{name}",
            code,
            asked,
            description=f"The ancestors of a block are not there: {said(name)}.",
            requirements=rules(5),
            flags=["ANCESTRY"],
        )


def _approvals_at(height: int) -> tuple[Signature, ...]:
    """Give approvals of the newest block as if it had another height."""
    accepted = keccak_of((height + 1).to_bytes(32, "big"), B4.name)
    message = keccak_of(len(NETWORK).to_bytes(8, "big"), NETWORK.encode(), accepted)
    return certificate(message, KEYS[:3])


def test_heights_of_ancestors(vector: VectorWriter) -> None:
    """
    Heights of ancestors go up by one.

    Given a chain in which a height is left out below the parent, when a block on it is proposed,
    then it is rejected.
    """
    odd = COMMITTEE.child(CHAIN, 5, height=Height(9), approvals=())
    chain = COMMITTEE.chain(6, 7, on=(odd, *CHAIN))
    for name, ancestors in (("among-three", chain[1:4]), ("among-all", chain[1:])):
        refused(
            vector,
            f"ancestors-height-{name}",
            ErrorCode.LEDGER_HEIGHT_NOT_NEXT,
            question(chain[0], ancestors, record(6, odd)),
            description=f"A height is left out below the parent: {said(name)}.",
            requirements=rules(5),
            flags=["ANCESTRY"],
        )


def test_views_that_do_not_ascend(vector: VectorWriter) -> None:
    """
    The view of a block is above that of its parent.

    Given a block of the view of its parent or of an older one, when it is proposed, then it is
    rejected.
    """
    for name, ancestors, view in (
        ("the-same", CHAIN, 4),
        ("one-below", CHAIN, 3),
        ("zero", CHAIN, 0),
        ("zero-on-genesis", GENESIS, 0),
        ("as-deployed", COMMITTEE.chain(0), 0),
    ):
        refused(
            vector,
            f"views-{name}",
            ErrorCode.CONSENSUS_VIEW_NOT_ABOVE_PARENT,
            question(COMMITTEE.child(ancestors, view), ancestors),
            description=f"The view of a block is not above its parent's: {said(name)}.",
            requirements=rules(1, 6),
            flags=["VIEW_ORDER"],
        )


def test_final_blocks(vector: VectorWriter) -> None:
    """
    A block names the final block that its ancestors show.

    Given chains with and without three views in a row, when the next block names the newest block
    that is committed by them, then it gets a vote; when it names another one, then it is rejected.
    """
    kept = COMMITTEE.chain(1, 2, 3, 5)
    broken = COMMITTEE.chain(1, 2, 4)
    late = COMMITTEE.chain(1, 3, 4, 5)
    none = COMMITTEE.chain(2, 4, 6, 8)
    good = {
        "of-three-in-a-row": (CHAIN[1:], B1),
        "of-the-newest-three": (CHAIN, B2),
        "kept-when-a-view-fails": (kept, kept[3]),
        "genesis-when-a-view-fails": (broken, GENESIS[0]),
        "three-in-a-row-after-a-failed-view": (late, late[2]),
        "genesis-when-views-alternate": (none, GENESIS[0]),
        "genesis-of-the-third-block": (CHAIN[2:], GENESIS[0]),
    }
    for name, (chain, final) in good.items():
        block = COMMITTEE.child(chain, chain[0].view + 1, last_final_block_hash=final.name)
        locked = chain[1]
        votes(
            vector,
            f"final-{name}",
            question(block, chain, record(chain[0].view)),
            record(chain[0].view + 1, locked),
            description=f"A block names the newest block that is committed: {said(name)}.",
            requirements=rules(7, 11),
            flags=["FINAL_BLOCK"],
        )
    bad = {
        "parent-as-deployed": (CHAIN, B4.name),
        "grandparent": (CHAIN, B3.name),
        "older-than-shown": (CHAIN, B1.name),
        "genesis-instead-of-the-shown": (CHAIN, GENESIS[0].name),
        "committed-though-a-view-failed": (broken, broken[2].name),
        "zeros-on-genesis": (GENESIS, Hash(bytes(32))),
        "zeros": (CHAIN, Hash(bytes(32))),
        "of-another-chain": (CHAIN, FORK[0].name),
        "known-to-the-proposer-alone": (CHAIN[1:], B2.name),
    }
    for name, (chain, final_name) in bad.items():
        block = COMMITTEE.child(chain, chain[0].view + 1, last_final_block_hash=final_name)
        refused(
            vector,
            f"final-{name}",
            ErrorCode.CONSENSUS_FINAL_BLOCK_MISMATCH,
            question(block, chain, record(chain[0].view)),
            description=f"A block names another final block: {said(name)}.",
            requirements=rules(7, 11),
            flags=["FINAL_BLOCK"],
        )


# Two faults, and other forms


def test_order_of_proposals(vector: VectorWriter) -> None:
    """
    Height, proposer, certificate, ancestors, views, final block: in this order.

    Given a block with two faults, when it is proposed, then it is rejected with the code of the
    first one.
    """
    invalid = Signature(bytes(65))
    zero = resigned(COMMITTEE, COMMITTEE.child(GENESIS, 1), height=Height(0))
    uncertified = COMMITTEE.child(CHAIN, 5, approvals=())
    approved = COMMITTEE.child(GENESIS, 1, approvals=(invalid,))
    low = COMMITTEE.child(CHAIN, 4, last_final_block_hash=OTHER)
    high = COMMITTEE.child(CHAIN, 4, height=Height(7), approvals=_approvals_at(6))
    cases = {
        "height-before-proposer": (
            ErrorCode.CONSENSUS_HEIGHT_ZERO,
            question(replace(zero, signature=invalid), GENESIS),
        ),
        "proposer-before-certificate": (
            ErrorCode.CONSENSUS_PROPOSER_SIGNATURE_INVALID,
            question(SignedHead(head=uncertified, signature=invalid), CHAIN),
        ),
        "leader-before-certificate": (
            ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER,
            question(COMMITTEE.proposed(uncertified, KEYS[0]), CHAIN),
        ),
        "leader-before-genesis-approved": (
            ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER,
            question(COMMITTEE.proposed(approved, KEYS[0]), GENESIS),
        ),
        "genesis-approved-before-ancestors": (
            ErrorCode.CONSENSUS_GENESIS_APPROVED,
            question(approved, ()),
        ),
        "certificate-before-ancestors": (
            ErrorCode.CERTIFICATE_QUORUM_MISSING,
            question(uncertified, ()),
        ),
        "ancestors-before-parents": (
            ErrorCode.CONSENSUS_ANCESTOR_MISSING,
            question(NEXT, (B3, B4)),
        ),
        "parents-before-heights": (
            ErrorCode.LEDGER_PARENT_MISMATCH,
            question(high, (B4, *CHAIN[2:])),
        ),
        "heights-before-views": (ErrorCode.LEDGER_HEIGHT_NOT_NEXT, question(high, CHAIN)),
        "views-before-final": (
            ErrorCode.CONSENSUS_VIEW_NOT_ABOVE_PARENT,
            question(low, CHAIN),
        ),
        "final-before-lock": (
            ErrorCode.CONSENSUS_FINAL_BLOCK_MISMATCH,
            question(
                COMMITTEE.child(CHAIN, 5, last_final_block_hash=OTHER),
                CHAIN[:3],
                record(0),
            ),
        ),
        "rejected-before-retired": (
            ErrorCode.CERTIFICATE_QUORUM_MISSING,
            question(uncertified, CHAIN, record(9)),
        ),
    }
    for name, (code, asked) in cases.items():
        refused(
            vector,
            f"order-{name}",
            code,
            asked,
            description=f"A proposal has two faults: {said(name)}.",
            requirements=rules(3, 4, 5, 6, 7, 12),
            flags=["ERROR_ORDER"],
        )


def test_headers_that_are_none(vector: VectorWriter) -> None:
    """
    Headers are read first, each to its end.

    Given a header of the block or of an ancestor that is cut or goes on, when the block is
    proposed, then it is rejected.
    """
    good = json_of("consensus/vote", **PLAIN)
    header = good["block"]["header"]
    cases = {
        "cut": (ErrorCode.BORSH_TRUNCATED, header[:-2]),
        "empty": (ErrorCode.BORSH_TRUNCATED, "0x"),
        "longer": (ErrorCode.BORSH_TRAILING_BYTES, header + "00"),
    }
    for name, (code, bad) in cases.items():
        block = {**good["block"], "header": bad}
        certificates = [
            good["certificates"][0],
            {**good["certificates"][1], "header": bad},
            *good["certificates"][2:],
        ]
        for place, given in (
            ("block", {**good, "block": block}),
            ("ancestor", {**good, "certificates": certificates}),
        ):
            vector.rejects_raw(
                f"consensus-vote-header-of-{place}-{name}",
                "consensus/vote",
                code,
                given,
                description=f"The header of a block is not one: {place}, {said(name)}.",
                requirements=[*rules(1), "PAYY-LEDGER-013"],
                flags=["BORSH_STRICTNESS"],
            )


def test_validator_sets_that_are_none(vector: VectorWriter) -> None:
    """
    Validator sets are such as L1 has.

    Given no set, sets in another order, or a set with a bad member, when a block is proposed, then
    it is rejected before anything else is judged.
    """
    good = json_of("consensus/vote", **PLAIN)
    (only,) = good["validator_sets"]
    member = only["validators"][0]
    malformed, empty = ErrorCode.MALFORMED_INPUT, ErrorCode.VALIDATORS_EMPTY
    later = {**only, "valid_from": "5"}
    cases: dict[str, tuple[ErrorCode, list[Any]]] = {
        "none": (malformed, []),
        "first-not-from-0": (malformed, [{**only, "valid_from": "1"}]),
        "two-from-one-height": (malformed, [only, later, later]),
        "descending": (malformed, [later, only]),
        "two-from-0": (malformed, [only, only]),
        "without-members": (empty, [{**only, "validators": []}]),
        "later-without-members": (empty, [only, {**later, "validators": []}]),
        "member-twice": (
            ErrorCode.VALIDATOR_REPEATED,
            [{**only, "validators": [member, member]}],
        ),
        "member-of-no-weight": (
            ErrorCode.VALIDATOR_STAKE_OUT_OF_RANGE,
            [{**only, "validators": [{**member, "stake": "0"}]}],
        ),
        "member-of-no-address": (
            ErrorCode.VALIDATOR_ADDRESS_ZERO,
            [{**only, "validators": [{**member, "address": "0x" + "00" * 20}]}],
        ),
    }
    for name, (code, sets) in cases.items():
        vector.rejects_raw(
            f"consensus-vote-validator-sets-{name}",
            "consensus/vote",
            code,
            {**good, "validator_sets": sets},
            description=f"The validator sets are none that L1 has: {said(name)}.",
            requirements=[FORM, "PAYY-SETTLEMENT-007"],
            flags=["MALFORMED", "VALIDATOR_SET"],
        )


def test_form_of_votes(vector: VectorWriter) -> None:
    """
    Inputs have their fields and no others.

    Given a question with a field missing or null, when it is asked, then it is rejected.
    """
    for name, given in with_field_missing(json_of("consensus/vote", **PLAIN)).items():
        vector.rejects_malformed(
            f"consensus-vote-malformed-{name}",
            "consensus/vote",
            given,
            description=f"The question is not of its form: {said(name)}.",
            requirements=[FORM],
            flags=["MALFORMED"],
        )


@pytest.mark.parametrize("network", ["", "Payyé", "Payy", "x" * 300])
def test_names_that_are_signed_with(vector: VectorWriter, network: str) -> None:
    """
    Everything is signed with the network's name.

    Given a network with a name, when a block is proposed there, then it gets a vote; when the same
    block is proposed in another network, then it is rejected.
    """
    slug = {"": "empty", "Payyé": "not-ascii", "Payy": "mainnet"}.get(network, "long")
    committee = replace(COMMITTEE, network_name=network)
    chain = committee.chain(1, 2)
    asked = question(chain[0], chain[1:], record(1), committee=committee)
    what: dict[str, Any] = {
        "requirements": rules(3, 4, 12),
        "flags": ["SIGNED_MESSAGE"],
    }
    votes(
        vector,
        f"name-{slug}",
        asked,
        record(2),
        description=f"A block is signed with the network's name: {said(slug)}.",
        **what,
    )
    refused(
        vector,
        f"name-other-than-{slug}",
        ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER,
        but(asked, network_name=NETWORK),
        description=f"A block of another network is proposed: {said(slug)}.",
        **what,
    )
    certified = COMMITTEE.proposed(chain[0])
    refused(
        vector,
        f"name-of-the-certificate-{slug}",
        ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
        but(asked, network_name=NETWORK, block=certified),
        description=f"A block carries a certificate of another network: {said(slug)}.",
        **what,
    )


def test_one_sequencer(vector: VectorWriter) -> None:
    """
    One sequencer is its own quorum.

    Given a set of one, when its blocks are proposed, then they get votes; a view is an epoch id.
    """
    keys = signers(1)
    committee = Committee(keys=keys, sets=(equal_set(keys),))
    assert committee.sets[0].validators == as_validators(keys)
    chain = committee.chain(1, 2, 3)
    votes(
        vector,
        "one-sequencer",
        question(chain[0], chain[1:], GENESIS_RECORD, committee=committee),
        record(3, chain[2]),
        description="A sequencer alone votes for its own block.",
        requirements=rules(2, 4, 8),
        flags=["QUORUM"],
    )
