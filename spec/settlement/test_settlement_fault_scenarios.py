"""Scenarios of the faults of the deployed contracts that settlement refuses."""

from typing import Any

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.testing.settlement_history import BOB, OWNER, as_validators, chain_of_three, signers
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import MINIMAL, both_presets, json_of
from spec.settlement.settlement_cases import (
    ADD_TOKEN,
    EMPTY,
    FORM,
    KIND,
    PARAMETERS,
    R1,
    R2,
    accepted,
    add_validators,
    approved,
    deployment,
    deposit,
    empty_root,
    in_time,
    mint,
    refused,
    rules,
    said,
    settle,
    with_commit,
)

OTHERS = signers(4, "other validator")
"""The sequencers of a second set."""


def test_fault_height_not_growing(vector: VectorWriter) -> None:
    """
    Fault of the deployed contracts but the newest: the height is not compared with the settled one.

    Given a settled block at height 7, when a committed and proven block of the same root line but
    of height 7 or below is settled, then it is rejected; at height 8 it is accepted.
    """
    first = settle(EMPTY, R1, 7, after=0)
    what: dict[str, Any] = {"requirements": rules(14), "flags": ["DEPLOYED_FAULT"]}
    for name, height in (("equal", 7), ("below", 6), ("far-below", 1)):
        refused(
            vector,
            f"fault-height-not-growing-{name}",
            ErrorCode.SETTLEMENT_HEIGHT_NOT_ABOVE,
            [first, settle(R1, R2, height)],
            description=f"Deployed fault, height not compared: a block at height {height} after 7.",
            **what,
        )
    accepted(
        vector,
        "fault-height-growing",
        [first, settle(R1, R2, 8)],
        description="A block at height 8 after 7.",
        height=8,
        root=R2,
        **what,
    )


def test_fault_signatures_not_bound(vector: VectorWriter) -> None:
    """
    Fault of the deployed contracts: signatures are bound to neither chain nor contract.

    Given a rollup whose name has its chain and its contract, when a block is settled with the
    certificate that the same sequencers made for another chain, another contract or the network
    alone, then it is rejected; with that for this very rollup it is accepted.
    """
    own = "Payy minimal/1/0x" + "11" * 20
    names = {
        "another-chain": "Payy minimal/137/0x" + "11" * 20,
        "another-contract": "Payy minimal/1/0x" + "22" * 20,
        "another-network": "Payy/1/0x" + "11" * 20,
        "network-alone": "Payy minimal",
    }
    what: dict[str, Any] = {
        "requirements": rules(2, 9, 10),
        "flags": ["DEPLOYED_FAULT", "SIGNED_MESSAGE"],
        "made_with": deployment(name=own),
    }
    for name, signed_with in names.items():
        refused(
            vector,
            f"fault-signatures-unbound-{name}",
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            [settle(EMPTY, R1, 1, name=signed_with)],
            description=f"Deployed fault, signatures not bound: signed for {said(name)}.",
            **what,
        )
    accepted(
        vector,
        "fault-signatures-bound",
        [settle(EMPTY, R1, 1, name=own)],
        description="Signed for this very rollup.",
        height=1,
        **what,
    )


def test_fault_one_certificate(vector: VectorWriter) -> None:
    """
    Fault of the deployed contracts: one certificate on a block is taken for a commit.

    In chained HotStuff two conflicting blocks of one height can have a certificate each. Given two
    such blocks, when either is settled with its certificate, beside blocks that nobody signed, or
    with descendants whose views do not follow, then it is rejected; the one that two more blocks of
    the next views follow is accepted, and the other one is rejected from then on.
    """
    left = chain_of_three(R1, 1)
    # The other block is proposed three views later; so its descendants are, if it has any.
    right = chain_of_three(R2, 1, views=(4, 5, 6))
    late = chain_of_three(R2, 1, views=(4, 6, 7))
    what: dict[str, Any] = {
        "requirements": rules(9, 12),
        "flags": ["DEPLOYED_FAULT", "THREE_CHAIN"],
    }
    for name, chain, root in (("first", left, R1), ("second", right, R2)):
        certified = approved(chain, 0)
        alone = settle(EMPTY, root, 1, chain=chain, certificate=certified)
        refused(
            vector,
            f"fault-one-certificate-{name}",
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            [alone],
            description=f"Deployed fault, one certificate: the {name} of two conflicting blocks.",
            **what,
        )
        header = alone.arguments["commit"].headers[0]
        refused(
            vector,
            f"fault-one-certificate-{name}-three-times",
            ErrorCode.COMMIT_PARENT_MISMATCH,
            [with_commit(alone, headers=(header,) * 3, roots=(chain.roots[0],) * 2)],
            description=f"Deployed fault, one certificate: the {name} block in place of all three.",
            **what,
        )
    refused(
        vector,
        "fault-one-certificate-second-without-consecutive-views",
        ErrorCode.COMMIT_VIEWS_NOT_CONSECUTIVE,
        [settle(EMPTY, R2, 1, chain=late)],
        description="Deployed fault, one certificate: a view is missing after the second block.",
        **what,
    )
    committed = settle(EMPTY, R1, 1, chain=left)
    accepted(
        vector,
        "fault-one-certificate-three-chain",
        [committed],
        description="The first of two conflicting blocks with the two blocks that commit it.",
        height=1,
        root=R1,
        **what,
    )
    refused(
        vector,
        "fault-one-certificate-other-block-afterwards",
        ErrorCode.SETTLEMENT_OLD_ROOT_MISMATCH,
        [committed, settle(EMPTY, R2, 1, chain=right)],
        description="The second of two conflicting blocks after the first one is settled.",
        **{**what, "requirements": rules(9, 12, 14)},
    )


def test_fault_owner_sets_the_root(vector: VectorWriter) -> None:
    """
    Fault of the deployed contracts: the owner may set the root.

    Given a rollup with money in it, when its owner has done all that owners can, then root, height
    and money are what they were; there is no step that sets a root, and the owner's block needs
    certificate and proof like anybody's.
    """
    before = [ADD_TOKEN, deposit(), settle(EMPTY, R1, 3, [mint()], after=0)]
    what: dict[str, Any] = {"requirements": rules(3, 5), "flags": ["DEPLOYED_FAULT", "OWNER_POWER"]}
    accepted(
        vector,
        "fault-owner-changes-no-root",
        [
            *before,
            ADD_TOKEN.but(note_kind=FieldElement(5), token=EthereumAddress(bytes([8]) * 20)),
            add_validators(4, as_validators(OTHERS)),
            add_validators(103, as_validators(OTHERS[:1])),
        ],
        description="The owner names a token and two validator sets: root and money stay.",
        root=R1,
        height=3,
        is_frozen=False,
        escrow=((KIND, 1_000_000),),
        owed=(),
        waiting=(),
        consumed=0,
        **what,
    )
    refused(
        vector,
        "fault-owner-settles-without-certificate",
        ErrorCode.CERTIFICATE_QUORUM_MISSING,
        [*before, settle(R1, R2, 4, keys=()).but(sender=OWNER)],
        description="Deployed fault, owner moves the root: the owner's block without certificate.",
        **{**what, "requirements": rules(3, 5, 11)},
    )
    good = json_of("settlement/run", deployment=deployment(), steps=in_time(before))
    last = {"sender": "0x" + OWNER.hex(), "time": "5000"}
    steps: dict[str, dict[str, str]] = {
        "set_root": {"root": f"0x{R2:064x}"},
        "set_height": {"height": "9"},
        "set_network_name": {"network_name": "Payy"},
        "set_owner": {"owner": "0x" + BOB.hex()},
        "set_verifier": {"verifier": "0x" + BOB.hex()},
        "set_escrow": {"note_kind": f"0x{KIND:064x}", "value": "0"},
        "unfreeze": {},
    }
    for step, arguments in steps.items():
        slug = step.replace("_", "-")
        vector.rejects_malformed(
            f"settlement-fault-no-step-{slug}-minimal",
            "settlement/run",
            {**good, "steps": [*good["steps"], {"step": step, **last, **arguments}]},
            description=f"Deployed fault, owner moves the root: there is no step {step}.",
            requirements=[FORM, *rules(3)],
            flags=what["flags"],
            preset=MINIMAL,
        )


@both_presets
def test_fault_units_of_valid_from(vector: VectorWriter, preset: str) -> None:
    """
    Fault of the deployed contracts: where a set begins is bounded by the number of the L1 block.

    Given a rollup at L2 height 10, after a long time on L1, when a set is named, then it may begin
    at most so many heights above 10, however much time and however many blocks have gone by on L1;
    and it signs from that L2 height on.
    """
    future = PARAMETERS[preset].settlement_future_blocks
    settled = settle(empty_root(preset), R1, 10, preset=preset, after=0)
    set_ = add_validators(10 + future, as_validators(OTHERS)).but(wait=10_000_000)
    what: dict[str, Any] = {
        "requirements": rules(6, 8),
        "flags": ["DEPLOYED_FAULT", "VALIDATOR_SET"],
        "preset": preset,
    }
    accepted(
        vector,
        "fault-mixed-units-at-the-limit-of-l2",
        [settled, set_],
        description="Long after, a set begins at the limit above the settled L2 height.",
        height=10,
        **what,
    )
    refused(
        vector,
        "fault-mixed-units-above-the-limit-of-l2",
        ErrorCode.VALIDATORS_TOO_FAR,
        [settled, set_.but(valid_from=11 + future)],
        description="Deployed fault, mixed units: the limit does not move with L1's time.",
        **what,
    )
    if preset != MINIMAL:  # of mainnet a set that far ahead would need as many headers to sign
        return
    first = settle(R1, R2, 8 + future, preset=preset, keys=OTHERS, after=10)
    accepted(
        vector,
        "fault-mixed-units-signs-from-l2-height",
        [settled, set_, first],
        description="The set signs from the L2 height on that it was named for.",
        height=8 + future,
        **what,
    )
    refused(
        vector,
        "fault-mixed-units-signs-before-l2-height",
        ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
        [settled, set_, settle(R1, R2, 7 + future, preset=preset, keys=OTHERS)],
        description="Deployed fault, mixed units: the set does not sign one L2 height earlier.",
        **{**what, "requirements": rules(6, 8, 10)},
    )
