"""Scenarios of certificates and of the three blocks in a row that commit a block."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from payy_ref.consensus.commit import approval_message
from payy_ref.crypto.field import element_bytes
from payy_ref.crypto.secp256k1 import ORDER
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Hash, Header, Height, Signature, accept_hash, signed_message
from payy_ref.testing.settlement_history import (
    as_validators,
    certificate,
    chain_of_three,
    quorum,
    signers,
    skipped_blocks,
)
from payy_ref.vectors.model import case_bytes
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import MINIMAL, header_bytes, keccak_of
from spec.ledger.ledger_cases import signature as any_signature
from spec.settlement.settlement_cases import (
    EMPTY,
    KEYS,
    NAMES,
    ORDER_OF_ERRORS,
    R1,
    R2,
    R3,
    Act,
    accepted,
    approved,
    deployment,
    parts,
    refused,
    rules,
    said,
    settle,
    signature,
    weighed,
    with_commit,
    with_header,
)

NETWORK = NAMES[MINIMAL]
CHAIN = chain_of_three(R1, 1)
"""Block 1 and the two after it."""

DIGEST = approval_message(NETWORK, CHAIN.headers[2].height, CHAIN.names[2])
"""What is signed of it."""

STRANGERS = signers(4, "stranger")
HALF = ORDER // 2
GENERATOR = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
"""First coordinate of the curve's generator."""

ABOVE_THE_ORDER = 2
"""The order plus this is the first coordinate of points, which ids 2 and 3 would name."""


def signed_by(signatures: Sequence[Signature]) -> Act:
    """Settle block 1 with this certificate."""
    return with_commit(settle(EMPTY, R1, 1), certificate=tuple(signatures))


# Certificates


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 10])
def test_quorum_of_equal_stakes(vector: VectorWriter, count: int) -> None:
    """
    With equal stakes it takes floor(2n/3) + 1 signers.

    Given n sequencers that weigh the same, when that many sign, or all, then the block is settled;
    when one less signs, then it is rejected.
    """
    keys = signers(count)
    needed = 2 * count // 3 + 1
    made = deployment(validators=as_validators(keys))
    what: dict[str, Any] = {"requirements": rules(10, 11), "flags": ["QUORUM"], "made_with": made}
    for number in sorted({needed, count}):
        accepted(
            vector,
            f"quorum-{number}-of-{count}",
            [settle(EMPTY, R2, 1, keys=keys[:number])],
            description=f"{number} of {count} sequencers of equal stake sign.",
            height=1,
            **what,
        )
    if needed < count:
        accepted(
            vector,
            f"quorum-last-{needed}-of-{count}",
            [settle(EMPTY, R2, 1, keys=keys[-needed:])],
            description=f"The last {needed} of {count} sequencers of equal stake sign.",
            height=1,
            **what,
        )
    refused(
        vector,
        f"quorum-only-{needed - 1}-of-{count}",
        ErrorCode.CERTIFICATE_QUORUM_MISSING,
        [settle(EMPTY, R2, 1, keys=keys[: needed - 1])],
        description=f"{needed - 1} of {count} sequencers of equal stake sign.",
        **what,
    )


def test_quorum_of_stake(vector: VectorWriter) -> None:
    """
    Stake counts, not heads; exactly two thirds are too little.

    Given sequencers with other stakes, when more than two thirds of the stake sign, then the block
    is settled; when exactly two thirds or less sign, then it is rejected.
    """
    most = 2**128 - 1
    keys = KEYS
    good: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "one-of-four": ((7, 1, 1, 1), (0,)),
        "one-more-than-two-thirds": ((2, 2, 1, 1), (0, 1, 2)),
        "just-above-two-thirds": ((67, 33), (0,)),
        "greatest-stakes": ((most, most, most), (0, 1, 2)),
        "greatest-stakes-just-above": ((most, most, most - 1), (0, 1)),
        "all-of-unequal": ((1, 2, 3, 4), (0, 1, 2, 3)),
    }
    bad: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "three-of-four": ((7, 1, 1, 1), (1, 2, 3)),
        "exactly-two-thirds": ((2, 2, 1, 1), (0, 1)),
        "exactly-two-thirds-by-one": ((2, 1), (0,)),
        "just-below-two-thirds": ((66, 34), (0,)),
        "greatest-stakes-two-thirds": ((most, most, most), (0, 1)),
        "exactly-half": ((1, 1), (1,)),
        "nobody": ((1, 2, 3, 4), ()),
    }
    what: dict[str, Any] = {"requirements": rules(11), "flags": ["QUORUM"]}
    for name, (stakes, who) in good.items():
        accepted(
            vector,
            f"stake-{name}",
            [settle(EMPTY, R1, 1, keys=[keys[index] for index in who])],
            description=f"More than two thirds of the stake sign: {said(name)}.",
            made_with=deployment(validators=weighed(keys[: len(stakes)], *stakes)),
            height=1,
            **what,
        )
    for name, (stakes, who) in bad.items():
        refused(
            vector,
            f"stake-{name}",
            ErrorCode.CERTIFICATE_QUORUM_MISSING,
            [settle(EMPTY, R1, 1, keys=[keys[index] for index in who])],
            description=f"Not more than two thirds of the stake sign: {said(name)}.",
            made_with=deployment(validators=weighed(keys[: len(stakes)], *stakes)),
            **what,
        )


def test_order_of_signers(vector: VectorWriter) -> None:
    """
    The signers' addresses ascend, so that nobody counts twice.

    Given a certificate in which a signer stands twice, or two stand in the other order, when a
    block is settled, then it is rejected.
    """
    a, b, c, d = certificate(DIGEST, KEYS)
    cases = {
        "repeated-at-once": [a, a, b, c],
        "repeated-for-the-quorum": [a, b, b],
        "repeated-later": [a, b, a, c],
        "one-signer-three-times": [a, a, a],
        "descending": [d, c, b, a],
        "first-two-swapped": [b, a, c, d],
        "last-two-swapped": [a, b, d, c],
        "order-unordered-before-quorum": [b, a],
    }
    for name, signatures in cases.items():
        refused(
            vector,
            f"certificate-{name}",
            ErrorCode.CERTIFICATE_SIGNERS_UNORDERED,
            [signed_by(signatures)],
            description=f"The signers do not ascend: {said(name)}.",
            requirements=[*rules(10), *([ORDER_OF_ERRORS] if "order" in name.split("-") else [])],
            flags=["SIGNER_TWICE"],
        )
    # Members in another order in the set change nothing.
    accepted(
        vector,
        "certificate-set-in-another-order",
        [signed_by([a, b, c])],
        description="The signers ascend, though the members of the set do not.",
        requirements=rules(10),
        flags=["SIGNER_TWICE"],
        made_with=deployment(validators=as_validators(KEYS)[::-1]),
        height=1,
    )


def at_infinity() -> Signature:
    """Give a signature that no key made: the recovered point is the one at infinity."""
    digest = int.from_bytes(DIGEST, "big") % ORDER
    if digest <= HALF:
        return signature(GENERATOR, digest, 0)
    return signature(GENERATOR, ORDER - digest, 1)


def bad_signatures() -> dict[str, Signature]:
    """Give signatures that do not count, in place of one that does."""
    r, s, recovery_id = parts(certificate(DIGEST, KEYS)[0])
    return {
        "high-s": signature(r, ORDER - s, 1 - recovery_id),
        "s-just-too-high": signature(r, HALF + 1, 0),
        "recovery-id-2": signature(r, s, 2),
        "recovery-id-3": signature(r, s, 3),
        "recovery-id-2-of-a-point": signature(ABOVE_THE_ORDER, s, 2),
        "recovery-id-3-of-a-point": signature(ABOVE_THE_ORDER, s, 3),
        "recovery-id-27": signature(r, s, 27 + recovery_id),
        "recovery-id-255": signature(r, s, 255),
        "r-0": signature(0, s, recovery_id),
        "s-0": signature(r, 0, recovery_id),
        "r-is-the-order": signature(ORDER, s, recovery_id),
        "s-is-the-order": signature(r, ORDER, recovery_id),
        "r-greatest": signature(2**256 - 1, s, recovery_id),
        "s-greatest": signature(r, 2**256 - 1, recovery_id),
        "all-zero": Signature(bytes(65)),
        "r-on-no-point": signature(5, s, 0),
        "r-just-below-the-order-on-no-point": signature(ORDER - 1, s, 0),
        "point-at-infinity": at_infinity(),
    }


@pytest.mark.parametrize("name", bad_signatures())
def test_signatures_that_do_not_count(vector: VectorWriter, name: str) -> None:
    """
    A signature has r and s in range, the lower s, and 0 or 1 as recovery id.

    Given a certificate with a signature that is malleated, out of range, or of no key, when a block
    is settled, then it is rejected, though a quorum signed besides.
    """
    _, *others = certificate(DIGEST, KEYS)
    bad = bad_signatures()[name]
    what: dict[str, Any] = {"requirements": rules(10), "flags": ["SIGNATURE_MALLEABLE"]}
    invalid = ErrorCode.CERTIFICATE_SIGNATURE_INVALID
    refused(
        vector,
        f"certificate-first-{name}",
        invalid,
        [signed_by([bad, *others])],
        description=f"The first signature does not count: {said(name)}.",
        **what,
    )
    refused(
        vector,
        f"certificate-last-{name}",
        invalid,
        [signed_by([*others, bad])],
        description=f"The last signature does not count: {said(name)}.",
        **what,
    )


def test_signers_that_are_unknown(vector: VectorWriter) -> None:
    """
    Everybody that signs is a member.

    Given a certificate with a signature of somebody else, or a signature that is good in form but
    of another message, when a block is settled, then it is rejected, though a quorum signed too.
    """
    everybody = sorted([*KEYS, STRANGERS[0]], key=lambda each: each.address)
    own = certificate(DIGEST, KEYS)
    r, s, recovery_id = parts(own[0])
    first, second, third = CHAIN.headers

    def of(header: Header, name: Hash, network: str = NETWORK) -> tuple[Signature, ...]:
        """Sign another block."""
        return certificate(approval_message(network, header.height, name), quorum(KEYS))

    other_name = Hash(case_bytes("settlement-other-block", 32))
    this_height = signed_message(
        NETWORK, Hash(keccak_of(third.height.to_bytes(32, "big"), CHAIN.names[2]))
    )
    cases = {
        "stranger-besides-all": certificate(DIGEST, everybody),
        "strangers-only": certificate(DIGEST, STRANGERS),
        "stranger-alone": certificate(DIGEST, STRANGERS[:1]),
        "other-recovery-id": (signature(r, s, 1 - recovery_id), *own[1:]),
        "greatest-s-that-counts": (signature(r, HALF, 0), *own[1:]),
        "r-1": (signature(1, s, 0), *own[1:]),
        "of-the-first-block": of(first, CHAIN.names[0]),
        "of-the-second-block": of(second, CHAIN.names[1]),
        "of-another-block": of(third, other_name),
        "of-another-height": of(replace(third, height=Height(4)), CHAIN.names[2]),
        "of-this-height-instead-of-the-next": certificate(this_height, quorum(KEYS)),
        "of-another-network": of(third, CHAIN.names[2], "Payy"),
        "of-no-network": of(third, CHAIN.names[2], ""),
        "of-the-accept-hash": certificate(accept_hash(third.height, CHAIN.names[2]), quorum(KEYS)),
        "of-the-block-hash": certificate(CHAIN.names[2], quorum(KEYS)),
        "order-unknown-before-next-invalid": (
            certificate(DIGEST, STRANGERS[:1])[0],
            Signature(bytes(65)),
        ),
    }
    for name, signatures in cases.items():
        refused(
            vector,
            f"certificate-{name}",
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            [signed_by(signatures)],
            description=f"Somebody who is no member signed, as far as can be told: {said(name)}.",
            requirements=[*rules(9, 10), *([ORDER_OF_ERRORS] if "order" in name else [])],
            flags=["SIGNED_MESSAGE", "SIGNER_UNKNOWN"],
        )
    refused(
        vector,
        "certificate-empty",
        ErrorCode.CERTIFICATE_QUORUM_MISSING,
        [signed_by([])],
        description="Nobody signs.",
        requirements=rules(10, 11),
        flags=["QUORUM"],
    )


@pytest.mark.parametrize("network", ["", "Payyé", "Payy minimal/1/0x" + "07" * 20, "x" * 300])
def test_names_that_are_signed_with(vector: VectorWriter, network: str) -> None:
    """
    What is signed has the name that the rollup was made with.

    Given a rollup with a name, when its sequencers sign with it, then a block is settled; when
    they sign with the name of the preset, then it is rejected.
    """
    slug = {"": "empty", "Payyé": "not-ascii"}.get(
        network, "long" if "x" * 9 in network else "full"
    )
    what: dict[str, Any] = {
        "requirements": rules(2, 9),
        "flags": ["SIGNED_MESSAGE"],
        "made_with": deployment(name=network),
    }
    accepted(
        vector,
        f"name-{slug}",
        [settle(EMPTY, R1, 1, name=network)],
        description=f"The sequencers sign with the rollup's name: {slug}.",
        height=1,
        **what,
    )
    refused(
        vector,
        f"name-other-than-{slug}",
        ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
        [settle(EMPTY, R1, 1)],
        description=f"The sequencers sign with another name than the rollup's: {slug}.",
        **what,
    )


# Three blocks in a row


def test_commits(vector: VectorWriter) -> None:
    """
    Three blocks in a row, in consecutive views, with a certificate on the last one, are a commit.

    Given such blocks, whatever else their headers say, when the first one is settled, then it is
    accepted.
    """
    other = Hash(case_bytes("settlement-parent", 32))
    approvals = tuple(any_signature(f"settlement {index}") for index in range(3))
    idle = skipped_blocks(EMPTY, 0, 8)
    chains = {
        "views-above-heights": chain_of_three(R1, 1, views=(9, 10, 11)),
        "views-below-heights": chain_of_three(R1, 8, views=(3, 4, 5), parent=idle.name),
        "views-from-0": chain_of_three(R1, 1, views=(0, 1, 2)),
        "views-greatest": chain_of_three(R1, 1, views=(2**64 - 3, 2**64 - 2, 2**64 - 1)),
        "first-parent-other": chain_of_three(R1, 1, parent=other),
        "later-roots-other": chain_of_three(R1, 1, later_roots=(R2, R3)),
        "last-final-block-other": with_header(CHAIN, 1, last_final_block_hash=other),
        "approvals-in-the-first": with_header(CHAIN, 0, approvals=approvals),
        "approvals-in-the-second": with_header(CHAIN, 1, approvals=approvals),
        "approvals-in-all": with_header(
            with_header(with_header(CHAIN, 0, approvals=approvals[:1]), 1, approvals=approvals),
            2,
            approvals=approvals,
        ),
        "certificates-on-parents": with_header(
            with_header(CHAIN, 1, approvals=approved(CHAIN, 0)), 2, approvals=approved(CHAIN, 1)
        ),
    }
    for name, chain in chains.items():
        accepted(
            vector,
            f"commit-{name}",
            [
                settle(
                    EMPTY,
                    R1,
                    1,
                    chain=chain,
                    skipped=idle.encodings if chain.headers[0].height > 1 else (),
                )
            ],
            description=f"Three blocks in a row commit the first one: {said(name)}.",
            requirements=rules(9, 12),
            flags=["THREE_CHAIN", "TOO_STRICT"],
            height=chain.headers[0].height,
            root=R1,
        )
    chain = chain_of_three(R1, 1, later_roots=(R2, R3))
    beyond = with_commit(
        settle(EMPTY, R1, 1, chain=chain),
        roots=(b"\xff" * 32, chain.roots[2]),
    )
    refused(
        vector,
        "commit-second-root-above-p-and-other",
        ErrorCode.COMMIT_PARENT_MISMATCH,
        [beyond],
        description="A root that is only hashed may be any 32 bytes, but not others than signed.",
        requirements=rules(12),
        flags=["THREE_CHAIN"],
    )


def _broken_links() -> dict[str, Act]:
    """Give commit proofs in which a block does not name the block before it."""
    other = Hash(case_bytes("settlement-parent", 32))
    first, second, _ = CHAIN.headers
    roots = chain_of_three(R1, 1, later_roots=(R2, R3))
    stated = settle(EMPTY, R1, 1, chain=roots)
    second_root = element_bytes(R2)
    own = settle(EMPTY, R1, 1)
    encodings = own.arguments["commit"].headers
    return {
        "second-parent-other": settle(
            EMPTY, R1, 1, chain=with_header(CHAIN, 1, last_block_hash=other)
        ),
        "third-parent-other": settle(
            EMPTY, R1, 1, chain=with_header(CHAIN, 2, last_block_hash=other)
        ),
        "second-parent-0": settle(
            EMPTY, R1, 1, chain=with_header(CHAIN, 1, last_block_hash=Hash(bytes(32)))
        ),
        "second-parent-is-header-hash": settle(
            EMPTY,
            R1,
            1,
            chain=with_header(CHAIN, 1, last_block_hash=keccak_of(header_bytes(first))),
        ),
        "third-parent-is-header-hash": settle(
            EMPTY,
            R1,
            1,
            chain=with_header(CHAIN, 2, last_block_hash=keccak_of(header_bytes(second))),
        ),
        "third-parent-is-the-first": settle(
            EMPTY, R1, 1, chain=with_header(CHAIN, 2, last_block_hash=CHAIN.names[0])
        ),
        "another-new-root": settle(EMPTY, R2, 1, chain=CHAIN),
        "another-second-root": with_commit(stated, roots=(element_bytes(R3), roots.roots[2])),
        "roots-swapped": with_commit(stated, roots=(roots.roots[2], second_root)),
        "headers-swapped": with_commit(own, headers=(encodings[1], encodings[0], encodings[2])),
        "one-header-three-times": with_commit(own, headers=(encodings[2],) * 3),
        "header-of-another-chain": with_commit(
            own,
            headers=(
                header_bytes(chain_of_three(R1, 1, parent=other).headers[0]),
                *encodings[1:],
            ),
        ),
    }


@pytest.mark.parametrize("name", _broken_links())
def test_blocks_that_are_not_linked(vector: VectorWriter, name: str) -> None:
    """
    Each block names the one before it.

    Given three blocks of which one names another parent, or whose root is said to be another one,
    when the first one is settled, then it is rejected.
    """
    refused(
        vector,
        f"commit-{name}",
        ErrorCode.COMMIT_PARENT_MISMATCH,
        [_broken_links()[name]],
        description=f"Three blocks are not linked: {said(name)}.",
        requirements=rules(12),
        flags=["THREE_CHAIN"],
    )


def test_third_root(vector: VectorWriter) -> None:
    """
    The root of the third block is signed.

    Given a commit proof, when another root is stated for its third block, then nobody signed it.
    """
    chain = chain_of_three(R1, 1, later_roots=(R2, R3))
    own = settle(EMPTY, R1, 1, chain=chain)
    refused(
        vector,
        "commit-another-third-root",
        ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
        [with_commit(own, roots=(chain.roots[1], element_bytes(R1)))],
        description="The root that is stated for the third block is not the one that was signed.",
        requirements=rules(9, 12),
        flags=["THREE_CHAIN"],
    )


def test_heights_and_views(vector: VectorWriter) -> None:
    """
    Heights and views go up by one.

    Given three linked blocks, when a height or a view is left out, stands twice or goes back, then
    the first block is not settled.
    """
    height, view = (
        ErrorCode.COMMIT_HEIGHTS_NOT_CONSECUTIVE,
        ErrorCode.COMMIT_VIEWS_NOT_CONSECUTIVE,
    )
    top = 2**64 - 1
    numbers = {
        "gap-at-the-second": (1, 3, 4),
        "gap-at-the-third": (1, 2, 4),
        "same-at-the-second": (1, 1, 2),
        "same-at-the-third": (1, 2, 2),
        "all-the-same": (1, 1, 1),
        "descending": (5, 4, 3),
        "down-at-the-third": (1, 2, 1),
        "every-second": (4, 6, 8),
        "around-the-end": (top - 1, top, 0),
        "around-the-end-at-once": (top, 0, 1),
    }
    what: dict[str, Any] = {"requirements": rules(12), "flags": ["THREE_CHAIN"]}
    for name, three in numbers.items():
        views = chain_of_three(R1, 1, views=three)
        heights = chain_of_three(R1, 1, heights=three, views=(1, 2, 3))
        refused(
            vector,
            f"commit-heights-{name}",
            height,
            [settle(EMPTY, R1, 1, chain=heights)],
            description=f"Heights do not follow one another: {said(name)}.",
            **what,
        )
        refused(
            vector,
            f"commit-views-{name}",
            view,
            [settle(EMPTY, R1, 1, chain=views)],
            description=f"Views do not follow one another: {said(name)}.",
            **what,
        )


def test_headers_that_are_none(vector: VectorWriter) -> None:
    """
    A header is read to its end.

    Given a header that is cut, or goes on, when a block is settled, then it is rejected.
    """
    own = settle(EMPTY, R1, 1)
    encodings = own.arguments["commit"].headers
    truncated, trailing = ErrorCode.BORSH_TRUNCATED, ErrorCode.BORSH_TRAILING_BYTES
    for index, which in enumerate(("first", "second", "third")):
        good = encodings[index]
        cases = {
            "cut": (truncated, good[:-1]),
            "empty": (truncated, b""),
            "without-last-final": (truncated, good[:48]),
            "approval-announced": (truncated, good[:-4] + b"\1\0\0\0"),
            "approvals-announced": (truncated, good[:-4] + b"\xff" * 4),
            "approval-cut": (truncated, good[:-4] + b"\1\0\0\0" + bytes(64)),
            "longer": (trailing, good + b"\0"),
            "approval-not-announced": (trailing, good + bytes(65)),
        }
        for name, (error, header) in cases.items():
            headers = (*encodings[:index], header, *encodings[index + 1 :])
            refused(
                vector,
                f"commit-{which}-header-{name}",
                error,
                [with_commit(own, headers=headers)],
                description=f"The {which} header is not one: {said(name)}.",
                requirements=[*rules(12), "PAYY-LEDGER-013"],
                flags=["BORSH_STRICTNESS", "THREE_CHAIN"],
            )


def test_order_of_commits(vector: VectorWriter) -> None:
    """
    Headers, parents, heights, views, certificate: in this order.

    Given a commit proof with two faults, when a block is settled, then it is rejected with the code
    of the first one.
    """
    own = settle(EMPTY, R1, 1)
    first, second, third = own.arguments["commit"].headers
    other = Hash(case_bytes("settlement-parent", 32))
    gap = chain_of_three(R1, 1, heights=(1, 3, 4), views=(1, 3, 4))
    parent = ErrorCode.COMMIT_PARENT_MISMATCH
    height, view = (
        ErrorCode.COMMIT_HEIGHTS_NOT_CONSECUTIVE,
        ErrorCode.COMMIT_VIEWS_NOT_CONSECUTIVE,
    )
    cases = {
        "first-header-before-second": (
            ErrorCode.BORSH_TRUNCATED,
            with_commit(own, headers=(first[:-1], second + b"\0", third)),
        ),
        "third-header-before-parent": (
            ErrorCode.BORSH_TRAILING_BYTES,
            with_commit(own, headers=(second, first, third + b"\0")),
        ),
        "parent-before-height": (
            parent,
            settle(EMPTY, R1, 1, chain=with_header(gap, 2, last_block_hash=other)),
        ),
        "parent-before-certificate": (
            parent,
            settle(EMPTY, R1, 1, chain=with_header(CHAIN, 2, last_block_hash=other), keys=()),
        ),
        "height-before-view": (height, settle(EMPTY, R1, 1, chain=gap)),
        "height-before-certificate": (height, settle(EMPTY, R1, 1, chain=gap, keys=())),
        "view-before-certificate": (
            view,
            settle(EMPTY, R1, 1, chain=chain_of_three(R1, 1, views=(1, 1, 1)), keys=()),
        ),
    }
    for name, (error, act) in cases.items():
        refused(
            vector,
            f"commit-order-{name}",
            error,
            [act],
            description=f"A commit proof has two faults: {said(name)}.",
            requirements=[*rules(12), ORDER_OF_ERRORS],
            flags=["ERROR_ORDER", "THREE_CHAIN"],
        )
