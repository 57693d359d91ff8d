"""Scenarios of evidence and of commit proofs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from payy_ref.consensus.commit import CommitProof
from payy_ref.consensus.evidence import Evidence, Offence, SignedHead
from payy_ref.consensus.proposal import BlockHead
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Hash, Height, encode_header
from payy_ref.testing.consensus_history import Committee, equal_set
from payy_ref.testing.settlement_history import NETWORK, Signer, signers
from payy_ref.vectors.model import case_bytes, case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.consensus.consensus_cases import (
    COMMITTEE,
    FORM,
    GENESIS,
    KEYS,
    ORDER_OF_ERRORS,
    STRANGERS,
    name_of,
    not_counting,
    rules,
    said,
)
from spec.ledger.ledger_cases import json_of, with_field_missing

CHAIN = COMMITTEE.chain(1, 2, 3, 4)
"""Four blocks of the first four views, newest first, and genesis."""

B4, B3, B2, B1 = CHAIN[:4]
TWIN = COMMITTEE.child(CHAIN[1:], 4, label="twin")
"""Another block of view 4, by the same leader."""

OTHER_BRANCH = COMMITTEE.chain(4, on=CHAIN[3:], label="other branch")
"""A block of view 4 at height 2."""

LOW = COMMITTEE.chain(5, on=GENESIS, label="low")
"""A block of view 5 on genesis."""

CULPRIT = KEYS[2]
"""Who votes twice, in most scenarios."""

PROPOSED_TWICE, VOTED_TWICE, LOCK_BROKEN = Offence


def approved(
    head: BlockHead, key: Signer = CULPRIT, committee: Committee = COMMITTEE
) -> SignedHead:
    """Give a block with somebody's approval."""
    return SignedHead(head=head, signature=committee.approval(head, key))


def proposed(head: BlockHead, key: Signer | None = None) -> SignedHead:
    """Give a block with its proposer's signature."""
    return COMMITTEE.proposed(head, key)


def evidence_of(
    offence: Offence,
    first: SignedHead,
    second: SignedHead,
    ancestors: Sequence[BlockHead] = (),
) -> Evidence:
    """Put evidence together."""
    return Evidence(offence=offence, first=first, second=second, ancestors=tuple(ancestors))


DOUBLE_PROPOSAL = evidence_of(PROPOSED_TWICE, proposed(B4), proposed(TWIN))
DOUBLE_VOTE = evidence_of(VOTED_TWICE, approved(B4), approved(TWIN))
BROKEN_LOCK = evidence_of(LOCK_BROKEN, approved(B4), approved(LOW[0]), (B3, B2, GENESIS[0]))


def given(evidence: Evidence, committee: Committee = COMMITTEE) -> dict[str, Any]:
    """Give the input."""
    return {
        "network_name": committee.network_name,
        "validator_sets": committee.sets,
        "evidence": evidence,
    }


def test_evidence(vector: VectorWriter) -> None:
    """
    Two signatures show who broke the rules.

    Given two blocks of one view with signatures of one sequencer, or two votes of which the later
    one breaks the lock that the earlier one shows, when they are judged, then it is the offender.
    """
    alone = COMMITTEE.child(GENESIS, 1, label="alone")
    long = COMMITTEE.chain(1, 5, 6, 7)
    short = COMMITTEE.chain(4, 8, on=GENESIS, label="short")
    odd = replace(TWIN, root=Hash(b"\xff" * 32))
    odd = replace(odd, name=name_of(odd))
    leader = COMMITTEE.leader(4, 4)
    swapped = replace(DOUBLE_VOTE, first=DOUBLE_VOTE.second, second=DOUBLE_VOTE.first)
    cases: dict[str, tuple[Evidence, Signer]] = {
        "double-proposal": (DOUBLE_PROPOSAL, leader),
        "double-proposal-by-a-member-out-of-turn": (
            evidence_of(PROPOSED_TWICE, proposed(B4, KEYS[3]), proposed(TWIN, KEYS[3])),
            KEYS[3],
        ),
        "double-proposal-of-view-1": (
            evidence_of(PROPOSED_TWICE, proposed(B1), proposed(alone)),
            KEYS[1],
        ),
        "double-vote": (DOUBLE_VOTE, CULPRIT),
        "double-vote-other-way-round": (swapped, CULPRIT),
        "double-vote-at-two-heights": (
            evidence_of(VOTED_TWICE, approved(B4), approved(OTHER_BRANCH[0])),
            CULPRIT,
        ),
        "double-vote-of-a-root-above-the-field": (
            evidence_of(VOTED_TWICE, approved(B4), approved(odd)),
            CULPRIT,
        ),
        "double-vote-in-the-greatest-view": (
            evidence_of(
                VOTED_TWICE,
                approved(COMMITTEE.child(GENESIS, 2**64 - 1)),
                approved(COMMITTEE.child(GENESIS, 2**64 - 1, label="twin")),
            ),
            CULPRIT,
        ),
        "broken-lock": (BROKEN_LOCK, CULPRIT),
        "broken-lock-parent-just-older": (
            evidence_of(
                LOCK_BROKEN,
                approved(long[0]),
                approved(short[0]),
                (long[1], long[2], short[1]),
            ),
            CULPRIT,
        ),
    }
    for name, (evidence, culprit) in cases.items():
        output = vector.accepts(
            f"consensus-evidence-{name}",
            "consensus/evidence",
            description=f"A sequencer signed what no honest one signs: {said(name)}.",
            requirements=rules(13, 14),
            flags=["EVIDENCE"],
            **given(evidence),
        )
        assert output["offender"] == culprit.address, name


def test_committed_block_replaced(vector: VectorWriter) -> None:
    """
    Who votes for a block and later for one that replaces it is an offender.

    Given three blocks in a row that commit the first, and three of later views on genesis that
    commit another one, when the votes for the third block of the one and the first of the other
    are shown, then everybody who gave both is an offender, though nobody signed twice in a view.
    """
    again = COMMITTEE.chain(4, 5, 6, on=GENESIS, label="again")
    for place, key in enumerate(KEYS[:3]):
        output = vector.accepts(
            f"consensus-evidence-attack-committed-block-replaced-{place}",
            "consensus/evidence",
            description=f"Sequencer {place} voted for a block of view 3 that commits one of view 1,"
            " and in view 4 for a block on genesis.",
            requirements=rules(13, 14),
            flags=["EVIDENCE"],
            **given(
                evidence_of(
                    LOCK_BROKEN,
                    approved(B3, key),
                    approved(again[2], key),
                    (B2, B1, GENESIS[0]),
                )
            ),
        )
        assert output["offender"] == key.address


def _harmless() -> dict[str, tuple[ErrorCode, Evidence]]:
    """Give evidence that shows nothing."""
    same, ancestors, nothing = (
        ErrorCode.EVIDENCE_SAME_BLOCK,
        ErrorCode.EVIDENCE_ANCESTORS_MISMATCH,
        ErrorCode.EVIDENCE_NO_OFFENCE,
    )
    invalid, differ, unknown = (
        ErrorCode.EVIDENCE_SIGNATURE_INVALID,
        ErrorCode.EVIDENCE_SIGNERS_DIFFER,
        ErrorCode.EVIDENCE_SIGNER_UNKNOWN,
    )
    zero = [COMMITTEE.child(GENESIS, 0, label=label) for label in ("one", "other")]
    long = COMMITTEE.chain(1, 5, 6, 7)
    equal = COMMITTEE.chain(5, 8, on=GENESIS, label="equal")
    good = approved(B4)
    stranger = STRANGERS[0]
    genesis = GENESIS[0]
    earlier = COMMITTEE.chain(3, on=GENESIS, label="earlier")
    cases: dict[str, tuple[ErrorCode, Evidence]] = {
        "same-block-twice": (same, evidence_of(VOTED_TWICE, good, good)),
        "same-block-proposed-twice": (
            same,
            evidence_of(PROPOSED_TWICE, proposed(B4), proposed(B4)),
        ),
        "same-block-by-two": (same, evidence_of(VOTED_TWICE, good, approved(B4, KEYS[0]))),
        "same-block-and-a-broken-lock": (
            same,
            evidence_of(LOCK_BROKEN, good, good, (B3, B2, B3)),
        ),
        "votes-in-two-views": (nothing, evidence_of(VOTED_TWICE, approved(B3), good)),
        "proposals-in-two-views": (
            nothing,
            evidence_of(PROPOSED_TWICE, proposed(B3, CULPRIT), proposed(B4, CULPRIT)),
        ),
        "votes-in-view-0-as-deployed": (
            nothing,
            evidence_of(VOTED_TWICE, approved(zero[0]), approved(zero[1])),
        ),
        "proposals-in-view-0-as-deployed": (
            nothing,
            evidence_of(PROPOSED_TWICE, proposed(zero[0]), proposed(zero[1])),
        ),
        "broken-lock-parent-as-new": (
            nothing,
            evidence_of(
                LOCK_BROKEN,
                approved(long[0]),
                approved(equal[0]),
                (long[1], long[2], equal[1]),
            ),
        ),
        "broken-lock-in-one-view": (
            nothing,
            evidence_of(LOCK_BROKEN, good, approved(OTHER_BRANCH[0]), (B3, B2, B1)),
        ),
        "broken-lock-other-way-round": (
            nothing,
            evidence_of(LOCK_BROKEN, good, approved(earlier[0]), (B3, B2, genesis)),
        ),
        "broken-lock-along-one-chain": (
            nothing,
            evidence_of(LOCK_BROKEN, approved(B3), good, (B2, B1, B3)),
        ),
        "broken-lock-on-genesis": (
            nothing,
            evidence_of(LOCK_BROKEN, approved(B2), approved(LOW[0]), (B1, genesis, genesis)),
        ),
        "ancestors-of-a-double-vote": (ancestors, replace(DOUBLE_VOTE, ancestors=(B3,))),
        "ancestors-of-a-double-proposal": (
            ancestors,
            replace(DOUBLE_PROPOSAL, ancestors=(B3, B2, B3)),
        ),
        "broken-lock-without-ancestors": (ancestors, replace(BROKEN_LOCK, ancestors=())),
        "broken-lock-without-the-last": (ancestors, replace(BROKEN_LOCK, ancestors=(B3, B2))),
        "broken-lock-without-the-grandparent": (
            ancestors,
            replace(BROKEN_LOCK, ancestors=(B3, genesis)),
        ),
        "broken-lock-with-one-more": (
            ancestors,
            replace(BROKEN_LOCK, ancestors=(B3, B2, genesis, genesis)),
        ),
        "broken-lock-with-another-parent": (
            ancestors,
            replace(BROKEN_LOCK, ancestors=(TWIN, B2, genesis)),
        ),
        "broken-lock-with-another-grandparent": (
            ancestors,
            replace(BROKEN_LOCK, ancestors=(B3, B1, genesis)),
        ),
        "broken-lock-with-another-second-parent": (
            ancestors,
            replace(BROKEN_LOCK, ancestors=(B3, B2, B1)),
        ),
        "broken-lock-of-a-block-on-genesis": (
            ancestors,
            evidence_of(LOCK_BROKEN, approved(B1), approved(LOW[0]), (genesis, genesis, genesis)),
        ),
        **{
            f"signature-first-{name}": (
                invalid,
                replace(DOUBLE_VOTE, first=replace(good, signature=each)),
            )
            for name, each in not_counting(good.signature).items()
        },
        "signature-second-high-s": (
            invalid,
            replace(
                DOUBLE_VOTE,
                second=replace(
                    DOUBLE_VOTE.second,
                    signature=not_counting(DOUBLE_VOTE.second.signature)["high-s"],
                ),
            ),
        ),
        "signature-both-zero": (
            invalid,
            replace(
                DOUBLE_VOTE,
                first=replace(good, signature=not_counting(good.signature)["zero"]),
                second=replace(DOUBLE_VOTE.second, signature=not_counting(good.signature)["zero"]),
            ),
        ),
        "votes-of-two": (differ, replace(DOUBLE_VOTE, second=approved(TWIN, KEYS[0]))),
        "proposals-of-two": (differ, replace(DOUBLE_PROPOSAL, second=proposed(TWIN, KEYS[3]))),
        "signatures-exchanged": (
            differ,
            replace(
                DOUBLE_VOTE,
                first=replace(good, signature=DOUBLE_VOTE.second.signature),
                second=replace(DOUBLE_VOTE.second, signature=good.signature),
            ),
        ),
        "same-signature-twice": (
            differ,
            replace(DOUBLE_VOTE, second=replace(DOUBLE_VOTE.second, signature=good.signature)),
        ),
        "proposal-and-vote-of-one": (
            differ,
            evidence_of(
                PROPOSED_TWICE,
                proposed(B4, CULPRIT),
                SignedHead(head=TWIN, signature=approved(TWIN).signature),
            ),
        ),
        "vote-of-another-network": (
            differ,
            replace(
                DOUBLE_VOTE,
                second=approved(TWIN, committee=replace(COMMITTEE, network_name="Payy")),
            ),
        ),
        "votes-of-a-stranger": (
            unknown,
            evidence_of(VOTED_TWICE, approved(B4, stranger), approved(TWIN, stranger)),
        ),
        "proposals-of-a-stranger": (
            unknown,
            evidence_of(PROPOSED_TWICE, proposed(B4, stranger), proposed(TWIN, stranger)),
        ),
        "broken-lock-of-a-stranger": (
            unknown,
            evidence_of(
                LOCK_BROKEN,
                approved(B4, stranger),
                approved(LOW[0], stranger),
                (B3, B2, genesis),
            ),
        ),
        "order-same-block-before-ancestors": (
            same,
            evidence_of(VOTED_TWICE, good, good, (B3,)),
        ),
        "order-ancestors-before-offence": (
            ancestors,
            evidence_of(VOTED_TWICE, approved(B3), good, (B3,)),
        ),
        "order-offence-before-signature": (
            nothing,
            evidence_of(
                VOTED_TWICE,
                approved(B3),
                replace(good, signature=not_counting(good.signature)["zero"]),
            ),
        ),
        "order-signature-before-signers": (
            invalid,
            replace(
                DOUBLE_VOTE,
                first=approved(B4, stranger),
                second=replace(DOUBLE_VOTE.second, signature=not_counting(good.signature)["zero"]),
            ),
        ),
        "order-signers-before-membership": (
            differ,
            replace(DOUBLE_VOTE, second=approved(TWIN, stranger)),
        ),
    }
    return cases


@pytest.mark.parametrize("name", _harmless())
def test_what_is_no_evidence(vector: VectorWriter, name: str) -> None:
    """
    What an honest sequencer may sign is no evidence.

    Given two signatures that do not show an offence, when they are judged, then they are rejected.
    """
    code, evidence = _harmless()[name]
    order = [ORDER_OF_ERRORS] if "order" in name.split("-") else []
    vector.rejects(
        f"consensus-evidence-{name}",
        "consensus/evidence",
        code,
        description=f"Two signatures show no offence: {said(name)}.",
        requirements=[*rules(13, 14), *order],
        flags=["EVIDENCE"],
        **given(evidence),
    )


def test_evidence_and_sets(vector: VectorWriter) -> None:
    """
    The offender is a member at the height of each block.

    Given a set that begins at height 3, when a member of the new set alone signed a block of height
    2, then it is no evidence; when it is a member of both, then it is.
    """
    shared, old, new = signers(1, "shared")[0], signers(3, "old"), signers(3, "new")
    committee = Committee(
        keys=(shared, *old, *new),
        sets=(equal_set((shared, *old)), equal_set((*new, shared), 3)),
    )
    chain = committee.chain(1, 2, 5)
    beside = committee.chain(5, on=chain[2:], label="beside")
    assert {chain[0].height, beside[0].height} == {2, 3}
    one, other = (approved(head, shared, committee) for head in (chain[0], beside[0]))
    output = vector.accepts(
        "consensus-evidence-member-of-both-sets",
        "consensus/evidence",
        description="A member of the sets of both heights voted for two blocks of one view.",
        requirements=rules(13),
        flags=["EVIDENCE", "SET_AT_HEIGHT"],
        **given(evidence_of(VOTED_TWICE, one, other), committee),
    )
    assert output["offender"] == shared.address
    for name, key in (("old", old[0]), ("new", new[0])):
        votes = [approved(head, key, committee) for head in (chain[0], beside[0])]
        for way, (first, second) in (("first", votes), ("second", reversed(votes))):
            vector.rejects(
                f"consensus-evidence-member-of-the-{name}-set-alone-{way}",
                "consensus/evidence",
                ErrorCode.EVIDENCE_SIGNER_UNKNOWN,
                description="Somebody who is a member at one of two heights signed both blocks: "
                f"the {name} set, {way} way round.",
                requirements=rules(13),
                flags=["EVIDENCE", "SET_AT_HEIGHT"],
                **given(evidence_of(VOTED_TWICE, first, second), committee),
            )


def test_evidence_again(vector: VectorWriter) -> None:
    """
    Evidence is judged by itself.

    Given the name of another network, when evidence is judged, then nobody known signed it.
    """
    for name, evidence in (("double-vote", DOUBLE_VOTE), ("double-proposal", DOUBLE_PROPOSAL)):
        vector.rejects(
            f"consensus-evidence-{name}-of-another-network",
            "consensus/evidence",
            ErrorCode.EVIDENCE_SIGNERS_DIFFER,
            description=f"Evidence of another network is shown: {said(name)}.",
            requirements=rules(13),
            flags=["EVIDENCE", "SIGNED_MESSAGE"],
            **{**given(evidence), "network_name": "Payy"},
        )
    bent = with_field_missing(json_of("consensus/evidence", **given(BROKEN_LOCK)))
    good = json_of("consensus/evidence", **given(BROKEN_LOCK))
    inner = good["evidence"]
    for name, changed in with_field_missing(inner).items():
        bent[f"inner-{name}"] = {**good, "evidence": changed}
    bent["unknown-offence"] = {**good, "evidence": {**inner, "offence": "triple_vote"}}
    for name, json in bent.items():
        vector.rejects_malformed(
            f"consensus-evidence-malformed-{name}",
            "consensus/evidence",
            json,
            description=f"Evidence is not of its form: {said(name)}.",
            requirements=[FORM],
            flags=["MALFORMED"],
        )
    vector.rejects_raw(
        "consensus-evidence-header-cut",
        "consensus/evidence",
        ErrorCode.BORSH_TRUNCATED,
        {**good, "evidence": {**inner, "first": {**inner["first"], "header": "0x00"}}},
        description="The header of a block of the evidence is cut.",
        requirements=[*rules(1), "PAYY-LEDGER-013"],
        flags=["BORSH_STRICTNESS"],
    )


# Commit proofs


ROOT = case_elements("consensus-commit-root", 1)[0]
"""What blocks state whose commit is shown."""


def rooted(
    *views: int, on: Sequence[BlockHead] = GENESIS, label: str = ""
) -> tuple[BlockHead, ...]:
    """Give a chain whose blocks state roots that are field elements."""
    blocks = tuple(on)
    for view in views:
        made = COMMITTEE.child(blocks, view)
        root = case_elements("consensus-commit-root", 1, f"{label} {view}")[0]
        made = replace(made, root=Hash(element_bytes(root)))
        blocks = (replace(made, name=name_of(made)), *blocks)
    return blocks


def root_of(head: BlockHead) -> FieldElement:
    """Give the root that a block states."""
    return FieldElement(int.from_bytes(head.root, "big"))


def shown(root: FieldElement, commit: CommitProof, **changes: Any) -> dict[str, Any]:
    """Give the input of a commit proof."""
    return {
        "network_name": NETWORK,
        "validator_sets": COMMITTEE.sets,
        "root": root,
        "commit": commit,
        **changes,
    }


def test_commit_proofs(vector: VectorWriter) -> None:
    """
    Three in a row with a certificate on the last one are a commit.

    Given three blocks of consecutive views with a certificate, when they are judged, then the first
    one is committed.
    """
    chain = rooted(1, 2, 3, 4, 6)
    late = rooted(7, 8, 9)
    for name, three, height, view in (
        ("three-in-a-row", chain[2:5], 1, 1),
        ("newer-three-in-a-row", chain[1:4], 2, 2),
        ("late-views", late[:3], 1, 7),
        ("genesis-by-the-second-block", chain[3:6], 0, 0),
    ):
        output = vector.accepts(
            f"consensus-commit-{name}",
            "consensus/commit",
            description=f"Three blocks show that the first is committed: {said(name)}.",
            requirements=rules(11, 23),
            flags=["THREE_CHAIN", "TOO_STRICT"],
            **shown(root_of(three[2]), COMMITTEE.commit_proof(three)),
        )
        assert output == {"height": height, "view": view}


def test_commit_proofs_that_are_none(vector: VectorWriter) -> None:
    """
    One certificate commits nothing.

    Given two conflicting blocks of height 2 with a certificate each, when either is said to be
    committed, then it is rejected, whatever blocks are shown besides.
    """
    chain = rooted(1, 2, 3, 4)
    b4, b3, b2, b1, genesis = chain
    other = rooted(4, 5, on=chain[3:], label="other")
    o5, o4 = other[:2]
    own = COMMITTEE.commit_proof((b4, b3, b2))
    alone = tuple(encode_header(b2.header) for _ in range(3))
    views, parent, unknown, quorum, heights = (
        ErrorCode.COMMIT_VIEWS_NOT_CONSECUTIVE,
        ErrorCode.COMMIT_PARENT_MISMATCH,
        ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
        ErrorCode.CERTIFICATE_QUORUM_MISSING,
        ErrorCode.COMMIT_HEIGHTS_NOT_CONSECUTIVE,
    )
    odd = COMMITTEE.chain(5, 6, on=(resized(b4, 7), *chain[1:]))
    cases: dict[str, tuple[ErrorCode, BlockHead, CommitProof]] = {
        "first-of-two-conflicting-alone": (
            parent,
            b2,
            replace(own, headers=(alone[0], alone[1], alone[2])),
        ),
        "first-of-two-conflicting-with-its-certificate": (
            unknown,
            b2,
            replace(own, certificate=COMMITTEE.approvals(b2)),
        ),
        "second-of-two-conflicting-with-its-certificate": (
            parent,
            o4,
            replace(own, certificate=COMMITTEE.approvals(o4)),
        ),
        "second-of-two-conflicting-as-the-third": (
            views,
            genesis,
            COMMITTEE.commit_proof((o4, b1, genesis)),
        ),
        "view-left-out": (views, b1, COMMITTEE.commit_proof((o5, o4, b1))),
        "nobody-approves": (quorum, b2, replace(own, certificate=())),
        "two-of-four-approve": (quorum, b2, COMMITTEE.commit_proof((b4, b3, b2), KEYS[:2])),
        "other-branch-in-the-middle": (parent, b1, COMMITTEE.commit_proof((b3, o4, b1))),
        "height-left-out": (heights, b3, COMMITTEE.commit_proof((odd[1], odd[2], b3))),
    }
    for name, (code, first, commit) in cases.items():
        vector.rejects(
            f"consensus-commit-{name}",
            "consensus/commit",
            code,
            description=f"A block is said to be committed that is not: {said(name)}.",
            requirements=rules(11, 23),
            flags=["THREE_CHAIN", "COMMIT_RULE"],
            **shown(root_of(first), commit),
        )
    vector.rejects(
        "consensus-commit-of-another-network",
        "consensus/commit",
        unknown,
        description="A commit proof of another network is shown.",
        requirements=rules(23),
        flags=["SIGNED_MESSAGE"],
        **shown(root_of(b2), own, network_name="Payy"),
    )
    for name, json in with_field_missing(
        json_of("consensus/commit", **shown(root_of(b2), own))
    ).items():
        vector.rejects_malformed(
            f"consensus-commit-malformed-{name}",
            "consensus/commit",
            json,
            description=f"A commit proof is not of its form: {said(name)}.",
            requirements=[FORM],
            flags=["MALFORMED"],
        )


def resized(head: BlockHead, height: int) -> BlockHead:
    """Give a block with another height."""
    made = replace(head, header=replace(head.header, height=Height(height)))
    return replace(made, name=name_of(made))


def test_random_bytes_are_no_block(vector: VectorWriter) -> None:
    """
    A header is read before it is judged.

    Given random bytes in the place of a header, when a commit proof is judged, then it is rejected.
    """
    chain = rooted(1, 2, 3)
    own = COMMITTEE.commit_proof(chain[:3])
    noise = case_bytes("consensus-commit-noise", 84)
    vector.rejects(
        "consensus-commit-header-of-noise",
        "consensus/commit",
        ErrorCode.BORSH_TRUNCATED,
        description="The second header of a commit proof is random bytes.",
        requirements=[*rules(23), "PAYY-LEDGER-013"],
        flags=["BORSH_STRICTNESS"],
        **shown(root_of(chain[2]), replace(own, headers=(own.headers[0], noise, own.headers[2]))),
    )
