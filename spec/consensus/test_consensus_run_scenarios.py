"""Scenarios of safety records, step by step: locks, commits, forks, late learning, attacks."""

from collections.abc import Sequence
from typing import Any

import pytest

from payy_ref.consensus.evidence import SignedHead
from payy_ref.consensus.proposal import BlockHead
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Signature
from payy_ref.operations.consensus import SafetyStep
from payy_ref.testing.consensus_history import Committee, equal_set
from payy_ref.testing.settlement_history import signers
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.consensus.consensus_cases import (
    COMMITTEE,
    FORM,
    GENESIS,
    KEYS,
    STRANGERS,
    learned,
    not_counting,
    proposal,
    proposals,
    record,
    rules,
    runs,
    said,
    timeout,
    weighed,
)
from spec.ledger.ledger_cases import json_of, with_field_missing

CHAIN = COMMITTEE.chain(1, 2, 3, 4)
"""Four blocks of the first four views, newest first, and genesis."""

B4, B3, B2, B1 = CHAIN[:4]

LATE = "VIEW_RETIRED"
BESIDE = "LOCK_CONFLICT"


def test_chain_to_a_commit(vector: VectorWriter) -> None:
    """
    Three blocks in a row commit the first.

    Given a new record, when a chain without a failed view is proposed, then each block gets a vote,
    and each certificate from the third on commits a block.
    """
    five = COMMITTEE.chain(5, on=CHAIN)
    runs(
        vector,
        "chain-to-a-commit",
        [*proposals(five), learned(five)],
        ["vote"] * 5 + ["learned"],
        record(5, B4),
        description="Five blocks of five views, then the certificate on the fifth.",
        requirements=rules(8, 9, 10, 11, 12),
        flags=["COMMIT_RULE", "LOCK_MOVES"],
        commits=(B1, B2, B3),
    )
    runs(
        vector,
        "no-steps",
        [],
        [],
        record(7, B3),
        description="Nothing happens.",
        requirements=rules(8, 10),
        flags=["LOCK_MOVES"],
        known=record(7, B3),
    )


def test_views_that_are_left_out(vector: VectorWriter) -> None:
    """
    Only views without a gap commit.

    Given three blocks in a row, when a view between them is left out, then the certificate on the
    third commits nothing, and the lock moves all the same.
    """
    cases: dict[str, tuple[tuple[int, ...], list[int]]] = {
        "between-first-and-second": ((1, 3, 4), []),
        "between-second-and-third": ((1, 2, 4), []),
        "everywhere": ((2, 4, 6, 8), []),
        "before-all-three": ((3, 4, 5), [3]),
        "after-all-three": ((1, 2, 3, 9), [1]),
        "then-three-again": ((1, 2, 4, 5, 6), [4]),
        "by-one-then-three": ((1, 3, 4, 5), [3]),
        "none": ((1, 2, 3), [1]),
        "at-the-greatest-views": (tuple(2**64 - each for each in (3, 2, 1)), [2**64 - 3]),
        "none-two-blocks-alone": ((1, 2), []),
        "one-block-alone": ((1,), []),
    }
    for name, (views, committed) in cases.items():
        chain = COMMITTEE.chain(*views)
        steps = [*proposals(chain), learned(chain)]
        runs(
            vector,
            f"gap-{name}",
            steps,
            ["vote"] * len(views) + ["learned"],
            record(views[-1], chain[1]),
            description=f"A certificate on the last block of some views: {said(name)}.",
            requirements=rules(10, 11),
            flags=["COMMIT_RULE"],
            commits=[each for each in reversed(chain) if each.view in committed],
        )


def test_one_vote_a_view(vector: VectorWriter) -> None:
    """
    What is retired stays retired.

    Given a record, when a block is proposed again, or another one of its view or of an older view,
    or after the view was given up, then there is no vote.
    """
    other = COMMITTEE.chain(2, on=CHAIN[3:], label="other")
    what: dict[str, Any] = {"requirements": rules(8, 12), "flags": ["VIEW_TWICE"]}
    first, second, third = proposals(CHAIN)[:3]
    cases: dict[str, tuple[list[SafetyStep], list[str], Any]] = {
        "same-proposal-twice": ([first, first], ["vote", LATE], record(1)),
        "two-proposals-of-a-view": (
            [first, second, proposal(other[0], other[1:])],
            ["vote", "vote", LATE],
            record(2),
        ),
        "two-proposals-of-a-view-other-way-round": (
            [first, proposal(other[0], other[1:]), second],
            ["vote", "vote", LATE],
            record(2),
        ),
        "old-after-newer": (
            [first, third, second, first],
            ["vote", "vote", LATE, LATE],
            record(3, B1),
        ),
        "after-a-timeout": ([timeout(1), first, second], ["retired", LATE, "vote"], record(2)),
        "after-a-timeout-of-a-later-view": (
            [timeout(2), first, second, third],
            ["retired", LATE, LATE, "vote"],
            record(3, B1),
        ),
        "timeout-just-below": ([timeout(1), second], ["retired", "vote"], record(2)),
        "timeout-of-an-older-view": (
            [first, second, timeout(1), second, third],
            ["vote", "vote", "retired", LATE, "vote"],
            record(3, B1),
        ),
        "timeout-of-the-view-that-was-voted-in": (
            [first, timeout(1), second],
            ["vote", "retired", "vote"],
            record(2),
        ),
        "timeout-twice": (
            [timeout(5), timeout(5), timeout(4)],
            ["retired", "retired", "retired"],
            record(5),
        ),
        "timeout-of-view-0": ([timeout(0), first], ["retired", "vote"], record(1)),
        "timeout-of-the-greatest-view": (
            [timeout(2**64 - 1), first],
            ["retired", LATE],
            record(2**64 - 1),
        ),
    }
    for name, (steps, outcomes, after) in cases.items():
        runs(
            vector,
            f"one-vote-{name}",
            steps,
            outcomes,
            after,
            description=f"There is one vote a view: {said(name)}.",
            **what,
        )


def test_late_learning(vector: VectorWriter) -> None:
    """
    A new lock retires the views up to its own.

    Given a sequencer that was away, when it learns a newer certificate first, then it votes for no
    block up to its lock, not even for the block that it is locked on.
    """
    first, second, third, fourth = proposals(CHAIN)
    what: dict[str, Any] = {"requirements": rules(8, 10), "flags": ["LOCK_MOVES"]}
    cases: dict[str, tuple[list[SafetyStep], list[str], Any, Sequence[BlockHead]]] = {
        "locked-block-itself": (
            [learned(CHAIN), third, second, first],
            ["learned", LATE, LATE, LATE],
            record(3, B3),
            (B2,),
        ),
        "block-above-the-lock": (
            [learned(CHAIN), fourth],
            ["learned", "vote"],
            record(4, B3),
            (B2, B1),
        ),
        "from-a-proposal": ([fourth, third], ["vote", LATE], record(4, B2), (B1,)),
        "certificate-twice": ([learned(CHAIN)] * 2, ["learned"] * 2, record(3, B3), (B2, B2)),
        "older-certificate-after-a-newer": (
            [learned(CHAIN), learned(CHAIN[1:]), learned(CHAIN[3:])],
            ["learned"] * 3,
            record(3, B3),
            (B2, B1),
        ),
        "certificate-on-the-first-block": (
            [learned(CHAIN[3:]), first],
            ["learned", "vote"],
            record(1),
            (),
        ),
        "certificate-on-the-second-block": (
            [learned(CHAIN[2:]), first, second],
            ["learned", LATE, "vote"],
            record(2, B1),
            (),
        ),
    }
    for name, (steps, outcomes, after, commits) in cases.items():
        runs(
            vector,
            f"late-{name}",
            steps,
            outcomes,
            after,
            description=f"A sequencer learns a certificate late: {said(name)}.",
            commits=commits,
            **what,
        )


def test_forks(vector: VectorWriter) -> None:
    """
    The lock holds until a newer certificate.

    Given a sequencer that is locked on a block, when a branch beside it is proposed, then it gets
    no vote until a block of the branch above the lock's view is certified.
    """
    beside = COMMITTEE.chain(4, 6, 7, 8, on=CHAIN[3:], label="beside")
    low = COMMITTEE.chain(2, 5, on=CHAIN[3:], label="low")
    what: dict[str, Any] = {"requirements": rules(8, 9, 10), "flags": ["LOCK_RULE", "LOCK_MOVES"]}
    runs(
        vector,
        "fork-no-newer-certificate",
        [*proposals(CHAIN)[:4], *proposals(low)[2:]],
        ["vote"] * 4 + [BESIDE],
        record(4, B2),
        description="A branch whose certificate is of the lock's view gets no vote.",
        commits=(B1,),
        **what,
    )
    runs(
        vector,
        "fork-newer-certificate",
        [*proposals(CHAIN)[:3], *proposals(beside)[1:3]],
        ["vote", "vote", "vote", "vote", "vote"],
        record(6, B1),
        description="A branch from the locked block gets votes.",
        **what,
    )
    locked = [*proposals(CHAIN), timeout(5)]
    runs(
        vector,
        "fork-certificate-newer-than-the-lock",
        [*locked, *proposals(beside)[2:]],
        ["vote"] * 4 + ["retired"] + ["vote"] * 3,
        record(8, beside[2]),
        description="A branch beside the locked block gets a vote for a newer certificate, and the "
        "lock moves over to it.",
        commits=(B1,),
        **what,
    )
    three = COMMITTEE.chain(9, 10, on=CHAIN[1:], label="old branch again")
    runs(
        vector,
        "fork-old-branch-after-the-lock-moved",
        [*locked, *proposals(beside)[2:], proposal(three[1], three[2:])],
        ["vote"] * 4 + ["retired"] + ["vote"] * 3 + [BESIDE],
        record(8, beside[2]),
        description="When the lock has moved to another branch, the old one gets no vote.",
        commits=(B1, B1),
        **what,
    )


def test_rejected_steps(vector: VectorWriter) -> None:
    """
    A step that breaks a rule changes nothing, and the run goes on.

    Given a run with a proposal or a certificate that breaks a rule, when it is done, then the
    outcome of that step is the code, and the others are as without it.
    """
    first, second, third, fourth = proposals(CHAIN)
    unsigned = SignedHead(head=B3, signature=Signature(bytes(65)))
    own = COMMITTEE.approvals(B3, KEYS)

    def shown(
        approvals: Sequence[Signature], ancestors: Sequence[BlockHead] = CHAIN[2:]
    ) -> SafetyStep:
        """Show the third block as certified by these."""
        given = {"block": B3, "approvals": tuple(approvals), "certificates": tuple(ancestors)}
        return SafetyStep(kind="certificate", arguments=given)

    bad = {
        "proposal-not-signed": (
            proposal(unsigned, CHAIN[2:]),
            "CONSENSUS_PROPOSER_SIGNATURE_INVALID",
        ),
        "proposal-without-ancestors": (proposal(B3, ()), "CONSENSUS_ANCESTOR_MISSING"),
        "certificate-of-nobody": (shown(()), "CERTIFICATE_QUORUM_MISSING"),
        "certificate-of-two": (shown(own[:2]), "CERTIFICATE_QUORUM_MISSING"),
        "certificate-of-one-three-times": (shown(own[:1] * 3), "CERTIFICATE_SIGNERS_UNORDERED"),
        "certificate-of-strangers": (
            shown(COMMITTEE.approvals(B3, STRANGERS)),
            "CERTIFICATE_SIGNER_UNKNOWN",
        ),
        "certificate-on-another-block": (
            shown(COMMITTEE.approvals(B4)),
            "CERTIFICATE_SIGNER_UNKNOWN",
        ),
        "certificate-malleated": (
            shown((not_counting(own[0])["high-s"], *own[1:])),
            "CERTIFICATE_SIGNATURE_INVALID",
        ),
        "certificate-without-ancestors": (shown(own, ()), "CONSENSUS_ANCESTOR_MISSING"),
        "certificate-with-other-ancestors": (shown(own, CHAIN[3:]), "LEDGER_PARENT_MISMATCH"),
        "certificate-on-genesis": (learned(GENESIS), "CERTIFICATE_QUORUM_MISSING"),
    }
    for name, (step, code) in bad.items():
        runs(
            vector,
            f"rejected-{name}",
            [first, second, step, third, step, fourth],
            ["vote", "vote", code, "vote", code, "vote"],
            record(4, B2),
            description=f"Two steps of a run break a rule: {said(name)}.",
            requirements=rules(4, 5, 12),
            flags=["MESSAGE_LEAVES_TRACE"],
            commits=(B1,),
        )


def test_stakes(vector: VectorWriter) -> None:
    """
    A certificate that is learned is one of stake.

    Given sequencers of other weights, when exactly two thirds or just more approve a block, then
    the certificate is refused or learned.
    """
    committee = weighed(2, 2, 1, 1)
    chain = committee.chain(1, 2, 3)
    # The chain's own certificates are of the first three.
    two, three = committee.keys[:2], committee.keys[:3]
    runs(
        vector,
        "stake-two-thirds-and-more",
        [learned(chain, committee, two), learned(chain, committee, three)],
        ["CERTIFICATE_QUORUM_MISSING", "learned"],
        record(2, chain[1]),
        description="Exactly two thirds of the stake certify nothing, one more does.",
        requirements=rules(4, 11),
        flags=["QUORUM"],
        committee=committee,
        commits=(chain[2],),
    )


# Attacks


def _two_branches() -> tuple[tuple[BlockHead, ...], tuple[BlockHead, ...]]:
    """Give two branches with a block of height 2 each; both can be certified."""
    return CHAIN[2:], COMMITTEE.chain(4, on=CHAIN[3:], label="conflicting")


def test_two_conflicting_certificates(vector: VectorWriter) -> None:
    """
    One certificate commits nothing.

    Given two conflicting blocks of one height with a certificate each, when sequencers learn one of
    them or both, in whatever order, then nothing of them is committed.
    """
    one, other = _two_branches()
    views = {
        "first-alone": ([learned(one)], record(1, B1)),
        "second-alone": ([learned(other)], record(1, B1)),
        "first-then-second": ([learned(one), learned(other)], record(1, B1)),
        "second-then-first": ([learned(other), learned(one)], record(1, B1)),
    }
    for name, (steps, after) in views.items():
        runs(
            vector,
            f"attack-conflicting-certificates-{name}",
            steps,
            ["learned"] * len(steps),
            after,
            description="Two conflicting blocks of height 2 have a certificate each; a sequencer "
            f"learns: {said(name)}. Nothing but genesis is committed.",
            requirements=rules(10, 11),
            flags=["COMMIT_RULE"],
        )


def test_sets_without_common_members(vector: VectorWriter) -> None:
    """
    Sets that share no honest stake can commit two blocks of one height.

    Given a validator set that begins at height 4 and has no member of the set before, when the
    members of each follow the rules with what they know, then those of the new set see two
    conflicting blocks committed. It is why sets have to change in small steps.
    """
    old, new = signers(4, "old"), signers(4, "new")
    committee = Committee(keys=(*old, *new), sets=(equal_set(old), equal_set(new, 4)))
    chain = committee.chain(1, 2, 3, 4)
    again = committee.chain(5, 6, 7, on=chain[3:], label="again")
    what: dict[str, Any] = {
        "requirements": rules(4, 8, 9, 10, 11),
        "flags": ["SET_AT_HEIGHT"],
        "committee": committee,
    }
    runs(
        vector,
        "attack-handover-member-of-the-old-set",
        [*proposals(chain, committee)[:3], timeout(4), *proposals(again, committee)[1:3]],
        ["vote"] * 3 + ["retired"] + ["vote"] * 2,
        record(6, chain[3]),
        description="A member of the set up to height 3 never sees the certificate on block 3, and "
        "votes for another block 2 and 3.",
        **what,
    )
    runs(
        vector,
        "attack-handover-member-of-the-new-set",
        [
            proposal(chain[0], chain[1:], committee),
            learned(chain, committee),
            proposal(again[0], again[1:], committee),
            learned(again, committee),
        ],
        ["vote", "learned", "vote", "learned"],
        record(7, again[1]),
        description="A member of the set from height 4 on sees two conflicting blocks 2 committed.",
        commits=(chain[3], chain[2], again[2]),
        **what,
    )


# Forms


def test_form_of_runs(vector: VectorWriter) -> None:
    """
    Inputs have their fields and no others.

    Given a run with a field missing, or a step of no known kind, when it is done, then it is
    rejected.
    """
    good = json_of(
        "consensus/run",
        network_name="Payy minimal",
        validator_sets=COMMITTEE.sets,
        safety_record=record(0),
        steps=(*proposals(CHAIN)[:1], learned(CHAIN[3:]), timeout(3)),
    )
    bent = with_field_missing(good)
    for place, kind in enumerate(("proposal", "certificate", "timeout")):
        step = good["steps"][place]
        for name, changed in with_field_missing(step).items():
            steps = [*good["steps"][:place], changed, *good["steps"][place + 1 :]]
            bent[f"{kind}-{name}"] = {**good, "steps": steps}
    bent["unknown-kind"] = {**good, "steps": [{"step": "vote", "view": "1"}]}
    bent["view-of-another-step"] = {**good, "steps": [{**good["steps"][0], "view": "1"}]}
    bent["view-negative"] = {**good, "steps": [{"step": "timeout", "view": "-1"}]}
    for name, given in bent.items():
        vector.rejects_malformed(
            f"consensus-run-malformed-{name}",
            "consensus/run",
            given,
            description=f"A run is not of its form: {said(name)}.",
            requirements=[FORM],
            flags=["MALFORMED"],
        )
    for name, field in (("timeout", "steps"), ("retired", "safety_record")):
        given = {**good, "steps": [{"step": "timeout", "view": str(2**64)}]}
        if field == "safety_record":
            given = {**good, field: {**good[field], "retired_view": str(2**64)}}
        vector.rejects_raw(
            f"consensus-run-view-of-64-bits-exceeded-{name}",
            "consensus/run",
            ErrorCode.BORSH_INTEGER_OUT_OF_RANGE,
            given,
            description=f"A view does not fit 64 bits: {said(name)}.",
            requirements=["PAYY-LEDGER-010"],
            flags=["MALFORMED"],
        )


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 10])
def test_leaders(vector: VectorWriter, count: int) -> None:
    """
    Members take turns, by view.

    Given a set, when it is asked who leads a view, then it is the member at place view mod n.
    """
    keys = signers(count)
    members = equal_set(keys[::-1])
    for view in sorted({0, 1, count - 1, count, count + 1, 1000, 2**64 - 1}):
        output = vector.accepts(
            f"consensus-leader-{view}-of-{count}",
            "consensus/leader",
            description=f"Who leads view {view} of {count} members that stand in no order.",
            requirements=rules(2),
            flags=["LEADER_TURN"],
            validator_sets=(members,),
            height=5,
            view=view,
        )
        assert output["leader"] == keys[::-1][view % count].address


def test_leaders_by_height(vector: VectorWriter) -> None:
    """
    The set of the height leads; stake does not count.

    Given sets that begin at heights, when it is asked who leads a view at a height, then it is a
    member of the set that holds there.
    """
    sets = [signers(size, f"set {size}") for size in (4, 3, 5)]
    known = tuple(equal_set(keys, first) for keys, first in zip(sets, (0, 10, 11), strict=True))
    for height, place in ((0, 0), (1, 0), (9, 0), (10, 1), (11, 2), (12, 2), (2**64 - 1, 2)):
        output = vector.accepts(
            f"consensus-leader-at-height-{height}",
            "consensus/leader",
            description=f"Who leads view 7 at height {height}, with sets from 0, 10 and 11 on.",
            requirements=[*rules(2), "PAYY-SETTLEMENT-008"],
            flags=["LEADER_TURN", "SET_AT_HEIGHT"],
            validator_sets=known,
            height=height,
            view=7,
        )
        assert output["leader"] == sets[place][7 % len(sets[place])].address
    heavy = weighed(1, 100, 1, 1)
    for view in range(4):
        output = vector.accepts(
            f"consensus-leader-of-unequal-stakes-{view}",
            "consensus/leader",
            description=f"Who leads view {view} if the second of four has most of the stake.",
            requirements=rules(2),
            flags=["LEADER_TURN"],
            validator_sets=heavy.sets,
            height=1,
            view=view,
        )
        assert output["leader"] == heavy.keys[view].address
    for name, given in with_field_missing(
        json_of("consensus/leader", validator_sets=known, height=1, view=1)
    ).items():
        vector.rejects_malformed(
            f"consensus-leader-malformed-{name}",
            "consensus/leader",
            given,
            description=f"The question for a leader is not of its form: {said(name)}.",
            requirements=[FORM],
            flags=["MALFORMED"],
        )
