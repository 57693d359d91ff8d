"""Scenarios of the rollup: how it is made, who may do what, validator sets, blocks, messages."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from payy_ref.consensus.validators import Validator
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.secp256k1 import NO_ADDRESS, EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.sequence import Height
from payy_ref.ledger.transaction import BURN, MINT, SEND, ZERO
from payy_ref.primitives.strict_json import Json
from payy_ref.settlement.bridge import Burn, DepositStatus
from payy_ref.settlement.entry import Entry
from payy_ref.settlement.events import (
    Burned,
    Frozen,
    MintAdded,
    Minted,
    RollupVerified,
    TokenAdded,
    ValidatorSetAdded,
)
from payy_ref.testing.settlement_history import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    OWNER,
    PROVEN,
    UNPROVEN,
    Signer,
    as_validators,
    claim_of,
    quorum,
    signers,
)
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import MAINNET, MINIMAL, both_presets, json_of, transaction
from spec.settlement.settlement_cases import (
    ADD_TOKEN,
    EMPTY,
    FORM,
    KEYS,
    KIND,
    L1,
    L2,
    L5,
    L6,
    M1,
    M2,
    ORDER_OF_ERRORS,
    PARAMETERS,
    QUEUED,
    R1,
    R2,
    TOKEN,
    Act,
    accepted,
    act,
    add_validators,
    burn,
    deployment,
    deposit,
    empty_root,
    in_time,
    leave,
    mint,
    path_of,
    refused,
    rules,
    said,
    settle,
    tree,
    until_frozen,
    weighed,
    with_proof,
    with_words,
    word_of,
)

RUN = "settlement/run"
OTHERS = signers(4, "other validator")
"""The sequencers of a second set."""

LARGEST_STAKE = 2**128 - 1

# How a rollup is made


@both_presets
def test_deployments(vector: VectorWriter, preset: str) -> None:
    """
    A rollup begins with the empty tree, at height 0, with nothing locked.

    Given an owner, a name and a validator set, when the rollup is made, then its tree is empty and
    nothing has been said; members stand in any order, with any weight from 1 to 2^128 - 1.
    """
    equal = as_validators(KEYS)
    made = {
        "four-validators": deployment(preset),
        "one-validator": deployment(preset, equal[:1]),
        "validators-in-another-order": deployment(preset, equal[::-1]),
        "greatest-stakes": deployment(preset, weighed(KEYS[:2], LARGEST_STAKE, LARGEST_STAKE)),
        "unequal-stakes": deployment(preset, weighed(KEYS[:3], 1, 2**64, 7)),
        "name-empty": deployment(preset, name=""),
        "name-not-ascii": deployment(preset, name="Payyé"),
        "owner-is-validator": replace(deployment(preset), owner=KEYS[0].address),
    }
    for name, each in made.items():
        accepted(
            vector,
            f"deployment-{name}",
            (),
            description=f"A rollup is made: {said(name)}.",
            requirements=rules(1, 7),
            flags=["VALIDATOR_SET"],
            preset=preset,
            made_with=each,
            root=empty_root(preset),
            height=0,
            is_frozen=False,
            escrow=(),
            owed=(),
            deposits=(),
            consumed=0,
            waiting=(),
            exited=(),
            events=(),
        )


def bad_sets() -> dict[str, tuple[ErrorCode, tuple[Validator, ...]]]:
    """Give validator sets that are none."""
    equal = as_validators(KEYS)
    nobody = Validator(address=NO_ADDRESS, stake=1)
    first, second = KEYS[:2]
    zero, repeated = ErrorCode.VALIDATOR_ADDRESS_ZERO, ErrorCode.VALIDATOR_REPEATED
    stake = ErrorCode.VALIDATOR_STAKE_OUT_OF_RANGE
    return {
        "no-validators": (ErrorCode.VALIDATORS_EMPTY, ()),
        "address-zero-alone": (zero, (nobody,)),
        "address-zero-first": (zero, (nobody, *equal)),
        "address-zero-last": (zero, (*equal, nobody)),
        "repeated-at-once": (repeated, (equal[0], *equal)),
        "repeated-last": (repeated, (*equal, equal[0])),
        "repeated-with-another-stake": (repeated, weighed((first, second, first), 1, 1, 2)),
        "stake-0": (stake, weighed((first, second), 1, 0)),
        "stake-0-alone": (stake, weighed((first,), 0)),
        "stake-2-128": (stake, weighed((first, second), 2**128, 1)),
        "stake-2-256-less-1": (stake, weighed((first,), 2**256 - 1)),
        "order-zero-before-stake": (zero, (Validator(address=NO_ADDRESS, stake=0),)),
        "order-repeated-before-stake": (repeated, weighed((first, first), 1, 0)),
        "order-stake-before-zero-of-next": (stake, (*weighed((first,), 0), nobody)),
    }


@pytest.mark.parametrize("name", bad_sets())
def test_sets_that_are_none(vector: VectorWriter, name: str) -> None:
    """
    A member has an account, once, and a weight.

    Given a validator set without members, or with a member whose address is zero, that stands there
    twice or whose stake is 0 or 2^128 or more, when a rollup is made with it or it is named, then
    it is rejected; members are judged one after the other.
    """
    error, members = bad_sets()[name]
    order = [ORDER_OF_ERRORS] if "order" in name else []
    what: dict[str, Any] = {
        "description": f"Members are not those of a validator set: {said(name)}.",
        "flags": ["VALIDATOR_SET"],
    }
    for preset in (MAINNET, MINIMAL):
        refused(
            vector,
            f"deployment-{name}",
            error,
            (),
            requirements=[*rules(1, 7), *order],
            preset=preset,
            made_with=deployment(preset, members),
            **what,
        )
    refused(
        vector,
        f"add-validators-{name}",
        error,
        [add_validators(1, members)],
        requirements=[*rules(6, 7), *order],
        **what,
    )


@pytest.mark.parametrize(
    ("name", "chain_id", "contract"),
    [
        ("ethereum", 1, TOKEN),
        ("local", 31337, TOKEN),
        ("chain-0", 0, TOKEN),
        ("greatest-chain", 2**256 - 1, TOKEN),
        ("contract-zero", 1, NO_ADDRESS),
        ("contract-leading-zero", 1, EthereumAddress(bytes(19) + b"\xab")),
        ("contract-letters", 1, EthereumAddress(b"\xab\xcd\xef" * 6 + b"\xff\xfe")),
    ],
)
def test_names_of_deployments(
    vector: VectorWriter, name: str, chain_id: int, contract: EthereumAddress
) -> None:
    """
    The name that is signed with has the chain and the contract, but on mainnet.

    Given a chain and a contract, when the name is asked for, then it is that of the network, the
    chain's number and the contract in lower case, with slashes; on mainnet the network's alone.
    """
    expected = {
        MAINNET: "Payy",
        MINIMAL: f"Payy minimal/{chain_id}/0x{bytes(contract).hex()}",
    }
    for preset, text in expected.items():
        output = vector.accepts(
            f"settlement-network-name-{name}-{preset}",
            "settlement/network_name",
            description=f"The name that sequencers sign with: {said(name)}.",
            requirements=rules(2),
            flags=["SIGNED_MESSAGE"],
            preset=preset,
            chain_id=chain_id,
            contract=contract,
        )
        assert output == {"network_name": text}


def test_names_of_no_deployment(vector: VectorWriter) -> None:
    """
    A chain's number has 256 bits, a contract 20 bytes.

    Given another form, when the name is asked for, then the input is rejected.
    """
    operation = "settlement/network_name"
    good = json_of(operation, chain_id=1, contract=TOKEN)
    vector.rejects_raw(
        "settlement-network-name-chain-2-256-minimal",
        operation,
        ErrorCode.BORSH_INTEGER_OUT_OF_RANGE,
        {**good, "chain_id": str(2**256)},
        description="A chain's number of 2^256 is none.",
        requirements=["PAYY-CONVENTIONS-005", *rules(2)],
        flags=["SIGNED_MESSAGE"],
        preset=MINIMAL,
    )
    bent: dict[str, dict[str, Json]] = {
        "contract-19-bytes": {**good, "contract": "0x" + "07" * 19},
        "contract-21-bytes": {**good, "contract": "0x" + "07" * 21},
        "contract-upper-case": {**good, "contract": "0x" + "AB" * 20},
        "chain-hex": {**good, "chain_id": "0x1"},
        "chain-empty": {**good, "chain_id": ""},
        "without-chain": {"contract": good["contract"]},
        "without-contract": {"chain_id": good["chain_id"]},
    }
    for name, given in bent.items():
        vector.rejects_malformed(
            f"settlement-network-name-{name}-minimal",
            operation,
            given,
            description=f"A name is asked for in another form: {said(name)}.",
            requirements=[FORM, *rules(2)],
            flags=["MALFORMED"],
            preset=MINIMAL,
        )


# Who may do what


def test_the_owner_names_tokens_and_sets(vector: VectorWriter) -> None:
    """
    The owner, and nobody else, names tokens and validator sets.

    Given a rollup, when its owner names a token and a validator set, then both are known; when
    anybody else does, a sequencer among them, then it is rejected before anything else is judged.
    """
    named = add_validators(1, as_validators(OTHERS))
    what: dict[str, Any] = {"flags": ["OWNER_POWER"], "requirements": rules(3)}
    accepted(
        vector,
        "owner-names-token-and-set",
        [ADD_TOKEN, named],
        description="The owner names a token and a validator set.",
        root=EMPTY,
        height=0,
        events=(
            TokenAdded(note_kind=KIND, token=TOKEN),
            ValidatorSetAdded(index=1, valid_from=named.arguments["valid_from"]),
        ),
        **what,
    )
    own = replace(deployment(), owner=BOB)
    cases = {
        "token": ([ADD_TOKEN.but(sender=ALICE)], None),
        "set": ([named.but(sender=ALICE)], None),
        "token-of-another-rollup": ([ADD_TOKEN], own),
        "set-of-another-rollup": ([named], own),
        "set-again": ([named, named.but(sender=BOB)], None),
        "order-owner-before-token": ([ADD_TOKEN.but(sender=BOB, note_kind=ZERO)], None),
        "order-owner-before-members": ([add_validators(0, ()).but(sender=BOB)], None),
    }
    for name, (acts, made) in cases.items():
        refused(
            vector,
            f"not-owner-{name}",
            ErrorCode.SETTLEMENT_NOT_OWNER,
            acts,
            description=f"Somebody else does what is the owner's to do: {said(name)}.",
            flags=["OWNER_POWER"],
            requirements=[*rules(3), *([ORDER_OF_ERRORS] if "order" in name else [])],
            made_with=made,
        )


# What a freeze stops


def _after_the_freeze() -> dict[str, Act]:
    """Give everything that a frozen rollup refuses."""
    entry = Entry(
        transaction=transaction(SEND, (L5,), (L6,)),
        call=None,
        queued_at=in_time(until_frozen((L1, L5)))[3].call.time,
    )
    root = tree((L1, L5)).root
    spent = Burn(
        note_kind=KIND, value=FieldElement(5), burn_hash=L1, recipient=EthereumAddress(bytes(ALICE))
    )
    alone = claim_of(root, R2, [entry.transaction], PARAMETERS[MINIMAL])
    return {
        "add-token": ADD_TOKEN.but(
            note_kind=FieldElement(5), token=EthereumAddress(bytes([8]) * 20)
        ),
        "add-validators": add_validators(2, as_validators(OTHERS)),
        "deposit": deposit(M2),
        "deposit-and-queue": act(
            "deposit_and_queue",
            ALICE,
            transaction=mint(M2, outputs=(L2,)),
            proof=PROVEN,
            received=1_000_000,
        ),
        "substitute-burn": act("substitute_burn", BOB, burn=spent, burn_height=2, received=5),
        "queue-transaction": QUEUED,
        "settle": settle(root, R1, 2),
        "force": act("force", BOB, entry=entry, claim=alone),
        "discard": act("discard", BOB, entry=entry, proof=PROVEN),
        "freeze": act("freeze", BOB),
    }


@pytest.mark.parametrize("name", _after_the_freeze())
def test_a_frozen_rollup_stands_still(vector: VectorWriter, name: str) -> None:
    """
    When a rollup is frozen, nothing is settled, queued, named or locked any more.

    Given a rollup, when a step is done that is good in itself, then it is accepted; when the
    rollup was frozen before, then the step is rejected.
    """
    last = _after_the_freeze()[name]
    what: dict[str, Any] = {"requirements": rules(4), "flags": ["FREEZE"]}
    refused(
        vector,
        f"frozen-{name}",
        ErrorCode.SETTLEMENT_FROZEN,
        [*until_frozen((L1, L5)), last],
        description=f"A frozen rollup refuses a step: {said(name)}.",
        **what,
    )
    acts = [*until_frozen((L1, L5))[:-1], last]
    if name in ("settle", "force", "discard", "freeze"):
        acts[-1] = last.but(wait=7000)
    if name == "settle":
        acts[-1] = last
    output = accepted(
        vector,
        f"not-frozen-{name}",
        acts,
        description=f"A rollup that is not frozen allows a step: {said(name)}.",
        **what,
    )
    assert output["is_frozen"] == (name == "freeze")


def test_what_a_frozen_rollup_allows(vector: VectorWriter) -> None:
    """
    What belongs to somebody can still be fetched.

    Given a frozen rollup with an open deposit and a note, when the deposit is cancelled, the note
    taken out, and what is owed withdrawn, then each is done; the root and the height stay.
    """
    leaves = (L1, L5)
    acts = [
        *until_frozen(leaves, deposit(M2, 7)),
        act("cancel_deposit", ALICE, mint_hash=M2),
        leave(burn((L1,), 600_000, BOB), path_of(L1, leaves)),
        act("withdraw", CAROL, note_kind=KIND, owner=ALICE, is_paid=True),
    ]
    output = accepted(
        vector,
        "frozen-money-is-fetched",
        acts,
        description="In a frozen rollup a deposit is cancelled, a note taken out, money paid.",
        requirements=rules(4, 18),
        flags=["FREEZE"],
        root=tree(leaves).root,
        height=1,
        is_frozen=True,
        owed=((KIND, BOB, 600_000),),
        escrow=((KIND, 1_000_000),),
        exited=(L1,),
        deposits=tuple(
            sorted([(M1, DepositStatus.TAKEN), (M2, DepositStatus.RETURNED)], key=lambda it: it[0])
        ),
    )
    assert Frozen(root=tree(leaves).root) in output["events"]


def test_order_of_frozen(vector: VectorWriter) -> None:
    """
    Who calls is judged before the freeze, the freeze before everything else.

    Given a frozen rollup, when a step has another fault too, then it is rejected with the code of
    the first rule that is broken.
    """
    frozen = until_frozen((L1, L5))
    last = _after_the_freeze()
    is_frozen = ErrorCode.SETTLEMENT_FROZEN
    send = transaction(SEND, (L5,), (L6,))
    cases = {
        "order-owner-before-frozen": (
            ErrorCode.SETTLEMENT_NOT_OWNER,
            last["add-token"].but(sender=BOB),
        ),
        "order-not-a-mint-before-frozen": (
            ErrorCode.QUEUE_NOT_MINT,
            last["deposit-and-queue"].but(transaction=send),
        ),
        "order-frozen-before-members": (is_frozen, add_validators(2, ())),
        "order-frozen-before-value": (is_frozen, last["deposit"].but(value=0)),
        "order-frozen-before-count": (is_frozen, with_words(last["settle"], keep=2)),
        "order-frozen-before-entry": (
            is_frozen,
            last["discard"].but(
                entry=replace(last["discard"].arguments["entry"], queued_at=0), proof=UNPROVEN
            ),
        ),
    }
    for name, (error, step) in cases.items():
        refused(
            vector,
            name,
            error,
            [*frozen, step],
            description=f"A step on a frozen rollup has another fault: {said(name)}.",
            requirements=[*rules(3, 4), ORDER_OF_ERRORS],
            flags=["FREEZE", "ERROR_ORDER"],
        )


# Validator sets


@both_presets
def test_where_a_set_may_begin(vector: VectorWriter, preset: str) -> None:
    """
    A set begins above the newest set and the settled height, and not too far above the latter.

    Given a rollup at height 5, when a set is named, then it may begin at 6 and at the limit, and
    not at 5 or below, nor above the limit, nor where the newest set begins or before.
    """
    future = PARAMETERS[preset].settlement_future_blocks
    limit = 5 + future
    settled = settle(empty_root(preset), R1, 5, preset=preset, after=0)
    members = as_validators(OTHERS)

    def named(*heights: int) -> list[Act]:
        """Name one set after the other."""
        return [settled, *(add_validators(height, members) for height in heights)]

    what: dict[str, Any] = {"flags": ["VALIDATOR_SET"], "preset": preset, "requirements": rules(6)}
    good = {
        "next-height": named(6),
        "at-the-limit": named(limit),
        "one-after-the-other": named(6, 7, limit),
        "at-the-limit-at-first": [add_validators(future, members)],
        "at-height-1-at-first": [add_validators(1, members)],
        "the-same-members-again": [settled, add_validators(6, as_validators(KEYS))],
    }
    for name, acts in good.items():
        heights = [each.arguments["valid_from"] for each in acts if each.name == "add_validators"]
        output = accepted(
            vector,
            f"add-validators-{name}",
            acts,
            description=f"A validator set is named: {said(name)}.",
            height=5 * (acts[0] is settled),
            **what,
        )
        assert output["events"][-len(heights) :] == tuple(
            ValidatorSetAdded(index=index, valid_from=height)
            for index, height in enumerate(heights, 1)
        )
    early, far = ErrorCode.VALIDATORS_NOT_LATER, ErrorCode.VALIDATORS_TOO_FAR
    bad = {
        "at-the-settled-height": (early, named(5)),
        "below-the-settled-height": (early, named(4)),
        "at-height-0": (early, [add_validators(0, members)]),
        "where-the-newest-begins": (early, named(7, 7)),
        "before-the-newest-begins": (early, named(7, 6)),
        "above-the-limit": (far, named(limit + 1)),
        "above-the-limit-at-first": (far, [add_validators(future + 1, members)]),
        "above-the-limit-greatest": (far, named(2**64 - 1)),
        "order-members-before-height": (
            ErrorCode.VALIDATORS_EMPTY,
            [settled, add_validators(5, ())],
        ),
    }
    for name, (error, acts) in bad.items():
        extra = [ORDER_OF_ERRORS] if "order" in name else []
        refused(
            vector,
            f"add-validators-{name}",
            error,
            acts,
            description=f"A validator set may not begin there: {said(name)}.",
            **{**what, "requirements": [*rules(6), *extra]},
        )


def test_forms_of_sets(vector: VectorWriter) -> None:
    """
    Heights have 64 bits, stakes 256, addresses 20 bytes.

    Given a step that is not of the form, when it is done, then it is rejected.
    """
    good = json_of(
        RUN, deployment=deployment(), steps=in_time([add_validators(1, as_validators(OTHERS))])
    )
    step, made = good["steps"][0], good["deployment"]
    member = step["validators"][0]

    def with_step(**changes: Json) -> dict[str, Json]:
        """Give the history with other fields in its step."""
        return {**good, "steps": [{**step, **changes}]}

    what: dict[str, Any] = {"flags": ["MALFORMED"], "preset": MINIMAL}
    for name, error, given in (
        ("height-2-64", ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE, with_step(valid_from=str(2**64))),
        (
            "stake-2-256",
            ErrorCode.BORSH_INTEGER_OUT_OF_RANGE,
            with_step(validators=[{**member, "stake": str(2**256)}]),
        ),
    ):
        vector.rejects_raw(
            f"settlement-add-validators-{name}-minimal",
            RUN,
            error,
            given,
            description=f"A validator set has a number that does not fit: {said(name)}.",
            requirements=[FORM, *rules(6)],
            **what,
        )
    bent: dict[str, dict[str, Json]] = {
        "validators-absent": {
            **good,
            "steps": [{key: value for key, value in step.items() if key != "validators"}],
        },
        "validators-null": with_step(validators=None),
        "address-19-bytes": with_step(validators=[{**member, "address": "0x" + "11" * 19}]),
        "stake-absent": with_step(validators=[{"address": member["address"]}]),
        "stake-negative": with_step(validators=[{**member, "stake": "-1"}]),
        "without-deployment": {"steps": good["steps"]},
        "without-steps": {"deployment": made},
        "without-sender": {
            **good,
            "steps": [{key: value for key, value in step.items() if key != "sender"}],
        },
        "name-of-step-absent": {
            **good,
            "steps": [{key: value for key, value in step.items() if key != "step"}],
        },
        "deployment-without-owner": {
            **good,
            "deployment": {key: value for key, value in made.items() if key != "owner"},
        },
        "deployment-name-null": {**good, "deployment": {**made, "network_name": None}},
    }
    for name, given in bent.items():
        vector.rejects_malformed(
            f"settlement-form-{name}-minimal",
            RUN,
            given,
            description=f"A history is not of the form: {said(name)}.",
            requirements=[FORM, *rules(1)],
            **what,
        )


def test_which_set_holds(vector: VectorWriter) -> None:
    """
    The newest set that has begun at the height of the third block is the one that signs.

    Given a set that begins at height 7, when blocks 4 to 6 are settled, then the first set signs;
    when blocks 5 to 7, the second, though the first block is of the first set's heights.
    """
    change = add_validators(7, as_validators(OTHERS))
    own, other = quorum(KEYS), quorum(OTHERS)
    third = signers(3, "third set")
    ahead = [change, add_validators(9, as_validators(third))]
    what: dict[str, Any] = {"requirements": rules(8), "flags": ["SET_AT_HEIGHT"]}
    good = {
        "third-block-before-the-change": ([change], 4, own),
        "third-block-at-the-change": ([change], 5, other),
        "second-block-at-the-change": ([change], 6, other),
        "first-block-at-the-change": ([change], 7, other),
        "two-sets-ahead-first": (ahead, 4, own),
        "two-sets-ahead-second": (ahead, 6, other),
        "two-sets-ahead-third": (ahead, 7, third),
        "long-after-the-last": (ahead, 40, third),
    }
    for name, (sets, height, keys) in good.items():
        accepted(
            vector,
            f"set-{name}",
            [*sets, settle(EMPTY, R1, height, keys=keys, after=0)],
            description=f"The set of the third block's height signs: {said(name)}.",
            height=height,
            root=R1,
            **what,
        )
    bad: dict[str, tuple[list[Act], int, Sequence[Signer]]] = {
        "third-block-before-the-change": ([change], 4, other),
        "third-block-at-the-change": ([change], 5, own),
        "second-block-at-the-change": ([change], 6, own),
        "first-block-at-the-change": ([change], 7, own),
        "two-sets-ahead-second-too-early": (ahead, 4, other),
        "two-sets-ahead-third-too-early": (ahead, 6, third),
        "two-sets-ahead-second-too-late": (ahead, 7, other),
        "of-both-sets": (
            [change],
            5,
            sorted([*other[:2], *own[:2]], key=lambda it: it.address),
        ),
    }
    for name, (sets, height, signing) in bad.items():
        refused(
            vector,
            f"wrong-set-{name}",
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            [*sets, settle(EMPTY, R1, height, keys=signing)],
            description=f"Another set than that of the third block's height signs: {said(name)}.",
            **{**what, "requirements": rules(8, 10)},
        )


# Blocks


@both_presets
def test_blocks_are_settled(vector: VectorWriter, preset: str) -> None:
    """
    A committed and proven block moves the root and the height; anybody may bring it.

    Given a rollup, when one block after the other is settled, by whomever, blocks that change
    nothing shown in between, then root and height are those of the last one, and each is said.
    """
    empty = empty_root(preset)
    first, second = settle(empty, R1, 1, preset=preset), settle(R1, R2, 9, preset=preset, after=1)
    histories: dict[str, list[Act]] = {
        "first-block": [first],
        "two-blocks": [first, second],
        "by-the-owner": [first.but(sender=OWNER)],
        "by-anybody": [first.but(sender=DAVE), second.but(sender=ALICE)],
        "first-block-at-height-7": [settle(empty, R1, 7, preset=preset, after=0)],
        "block-that-changes-nothing": [first, settle(R1, R1, 2, preset=preset)],
        "back-to-an-older-root": [first, settle(R1, empty, 2, preset=preset)],
        "root-0": [settle(empty, ZERO, 1, preset=preset)],
        "root-greatest": [settle(empty, FieldElement(MODULUS - 1), 1, preset=preset)],
    }
    for name, acts in histories.items():
        claims = [each.arguments["claim"] for each in acts]
        heights = {"two-blocks": [1, 9], "by-anybody": [1, 9]}.get(name) or [
            7 if "7" in name else 1,
            2,
        ][: len(acts)]
        accepted(
            vector,
            f"settle-{name}",
            acts,
            description=f"Blocks are settled: {said(name)}.",
            requirements=rules(5, 9, 12, 13, 14, 17),
            flags=["ROOT_CONTINUITY", "TOO_STRICT"],
            preset=preset,
            root=claims[-1].new_root,
            height=heights[-1],
            events=tuple(
                RollupVerified(height=Height(height), root=claim.new_root)
                for height, claim in zip(heights, claims, strict=True)
            ),
        )


@both_presets
def test_blocks_that_do_not_follow(vector: VectorWriter, preset: str) -> None:
    """
    A block begins where the rollup is, and its height is above.

    Given a rollup after block 5, when a block with another old root or a height of 5 or below is
    settled, then it is rejected; so is the same block again.
    """
    empty = empty_root(preset)
    first = settle(empty, R1, 5, preset=preset, after=0)
    still = settle(R1, R1, 6, preset=preset)
    root, height = ErrorCode.SETTLEMENT_OLD_ROOT_MISMATCH, ErrorCode.SETTLEMENT_HEIGHT_NOT_ABOVE
    cases = {
        "old-root-empty": (root, [first, settle(empty, R2, 6, preset=preset)]),
        "old-root-0": (root, [first, settle(ZERO, R2, 6, preset=preset)]),
        "old-root-of-a-later-block": (root, [first, settle(R2, R1, 6, preset=preset)]),
        "old-root-of-another-first-block": (root, [settle(R1, R2, 1, preset=preset)]),
        "replay": (root, [first, first]),
        "replay-of-a-block-that-changes-nothing": (height, [first, still, still]),
        "height-equal": (height, [first, settle(R1, R2, 5, preset=preset)]),
        "height-below": (height, [first, settle(R1, R2, 4, preset=preset)]),
        "height-0": (height, [settle(empty, R1, 0, preset=preset)]),
        "order-old-root-before-commit": (
            root,
            [first, settle(R2, R1, 6, preset=preset, keys=())],
        ),
        "order-commit-before-height": (
            ErrorCode.CERTIFICATE_QUORUM_MISSING,
            [first, settle(R1, R2, 5, preset=preset, keys=())],
        ),
        "order-height-before-message": (
            height,
            [first, with_words(settle(R1, R2, 5, preset=preset), 7)],
        ),
    }
    for name, (error, acts) in cases.items():
        refused(
            vector,
            f"settle-{name}",
            error,
            acts,
            description=f"A block does not follow what is settled: {said(name)}.",
            requirements=[*rules(14), *([ORDER_OF_ERRORS] if "order" in name else [])],
            flags=["ROOT_CONTINUITY", *(["REPLAY"] if "replay" in name else [])],
            preset=preset,
        )


@both_presets
def test_public_inputs(vector: VectorWriter, preset: str) -> None:
    """
    A claim has three words and at most a full message area.

    Given a claim with fewer or more words, when it is settled, then it is rejected first; with
    three words, with zeros after its messages or with all words it is accepted.
    """
    most = PARAMETERS[preset].block_message_words
    plain = settle(empty_root(preset), R1, 1, preset=preset)
    burned = [burn((leaf,), 5) for leaf in (L1, L2)]
    locked = [ADD_TOKEN, deposit()]
    full = settle(empty_root(preset), R1, 1, burned, preset=preset)
    words = full.arguments["claim"].messages
    what: dict[str, Any] = {"flags": ["CLAIM_LAYOUT"], "preset": preset}
    good = {
        "three-words": [settle(empty_root(preset), R1, 3, preset=preset, after=0)],
        "one-word-0": [with_words(plain, 0)],
        "zeros-only": [with_words(plain, *[0] * most)],
        "two-burns": [*locked, full],
        "two-burns-and-zeros": [*locked, with_words(plain, *words, *[0] * (most - len(words)))],
        "burn-at-the-end": [*locked, with_words(plain, *[0] * (most - 5), *words[:5])],
    }
    for name, acts in good.items():
        accepted(
            vector,
            f"claim-{name}",
            acts,
            description=f"A claim is of the right size: {said(name)}.",
            requirements=rules(13, 15),
            root=R1,
            height=3 if name == "three-words" else 1,
            **what,
        )
    bad = {
        "no-words": with_words(plain, keep=0),
        "one-word": with_words(plain, keep=1),
        "two-words": with_words(plain, keep=2),
        "one-word-too-many": with_words(plain, *[0] * (most + 1)),
        "order-count-before-old-root": with_words(
            settle(R2, R1, 1, preset=preset), *[0] * (most + 1)
        ),
        "order-count-before-commit": with_words(
            settle(empty_root(preset), R1, 1, preset=preset, keys=()), keep=2
        ),
    }
    for name, act_ in bad.items():
        refused(
            vector,
            f"claim-{name}",
            ErrorCode.SETTLEMENT_PUBLIC_INPUT_COUNT,
            [act_],
            description=f"A claim is not of the right size: {said(name)}.",
            requirements=[*rules(13), *([ORDER_OF_ERRORS] if "order" in name else [])],
            **what,
        )


def test_forms_of_claims(vector: VectorWriter) -> None:
    """
    Public inputs are field elements; a commit proof has three headers and two roots.

    Given a settlement of another form, when it is done, then it is rejected.
    """
    good = json_of(RUN, deployment=deployment(), steps=in_time([settle(EMPTY, R1, 1)]))
    step = good["steps"][0]
    claim, commit = step["claim"], step["commit"]

    def bent(**changes: Json) -> dict[str, Json]:
        """Give the history with other fields in its step."""
        return {**good, "steps": [{**step, **changes}]}

    for index, name in enumerate(("old-root", "new-root", "commit-hash")):
        words = list(claim["public_inputs"])
        words[index] = f"0x{MODULUS:064x}"
        vector.rejects_raw(
            f"settlement-claim-{name}-p-minimal",
            RUN,
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            bent(claim={**claim, "public_inputs": words}),
            description=f"A public input of p is none: {said(name)}.",
            requirements=[*rules(13), "PAYY-HASH-001"],
            flags=["NON_CANONICAL_ACCEPTED", "CLAIM_LAYOUT"],
            preset=MINIMAL,
        )
    cases: dict[str, dict[str, Json]] = {
        "two-headers": bent(commit={**commit, "headers": commit["headers"][:2]}),
        "four-headers": bent(commit={**commit, "headers": [*commit["headers"], "0x"]}),
        "one-root": bent(commit={**commit, "roots": commit["roots"][:1]}),
        "root-31-bytes": bent(commit={**commit, "roots": ["0x" + "11" * 31, commit["roots"][1]]}),
        "signature-64-bytes": bent(
            commit={**commit, "certificate": [commit["certificate"][0][:-2]]}
        ),
        "signature-66-bytes": bent(
            commit={**commit, "certificate": [commit["certificate"][0] + "00"]}
        ),
        "without-certificate": bent(commit={name: commit[name] for name in ("headers", "roots")}),
        "without-proof": bent(claim={"public_inputs": claim["public_inputs"]}),
        "claim-null": bent(claim=None),
        "verdicts-null": bent(verdicts=None),
    }
    for name, given in cases.items():
        vector.rejects_malformed(
            f"settlement-form-settle-{name}-minimal",
            RUN,
            given,
            description=f"A settlement is not of the form: {said(name)}.",
            requirements=[FORM, *rules(12, 13)],
            flags=["MALFORMED"],
            preset=MINIMAL,
        )


def test_block_proofs(vector: VectorWriter) -> None:
    """
    What a block claims is proved; that is judged last.

    Given a settlement that is good, when the proof of its block does not verify, then it is
    rejected; a fault that it has besides is told first.
    """
    good = settle(EMPTY, R1, 1)
    unproven = ErrorCode.SETTLEMENT_BLOCK_UNPROVEN
    cases = {
        "proof-of-nothing": (unproven, [with_proof(good, UNPROVEN)]),
        "proof-empty": (unproven, [with_proof(good, b"")]),
        "proof-longer": (unproven, [with_proof(good, PROVEN + b"\0")]),
        "proof-of-the-second-block": (
            unproven,
            [good, with_proof(settle(R1, R2, 2), UNPROVEN)],
        ),
        "order-message-before-proof": (
            ErrorCode.SETTLEMENT_MESSAGE_KIND,
            [with_proof(with_words(good, 1), UNPROVEN)],
        ),
        "order-deposit-before-proof": (
            ErrorCode.BRIDGE_DEPOSIT_ABSENT,
            [with_proof(settle(EMPTY, R1, 1, [mint()]), UNPROVEN)],
        ),
    }
    for name, (error, acts) in cases.items():
        refused(
            vector,
            f"settle-{name}",
            error,
            acts,
            description=f"A block is not proved: {said(name)}.",
            requirements=[*rules(17), *([ORDER_OF_ERRORS] if "order" in name else [])],
            flags=["BLOCK_UNPROVEN"],
        )


# Messages


def test_messages_are_read(vector: VectorWriter) -> None:
    """
    Words are cut into mints of four and burns of five; zeros between messages are passed over.

    Given a block with messages, when it is settled, then each is acted on, in their order.
    """
    locked = [ADD_TOKEN, deposit(M1, 70), deposit(M2, 30)]
    mints = [mint(M1, 70), mint(M2, 30, (L2,))]
    burns = [burn((L1,), 5, ALICE), burn((L2,), 6, BOB)]
    minted = [
        Minted(mint_hash=M1, value=70, note_kind=KIND),
        Minted(mint_hash=M2, value=30, note_kind=KIND),
    ]
    burned = [
        Burned(note_kind=KIND, burn_hash=L1, recipient=ALICE, value=5, substitute=False),
        Burned(note_kind=KIND, burn_hash=L2, recipient=BOB, value=6, substitute=False),
    ]
    nobody = burn((L1,), 5, NO_ADDRESS)
    m1 = [MINT, KIND, 70, M1]
    m2 = [MINT, KIND, 30, M2]
    b1 = [BURN, KIND, 5, L1, word_of(ALICE)]
    plain = settle(EMPTY, R1, 1)
    cases: dict[str, tuple[Act, list[Any]]] = {
        "mint": (settle(EMPTY, R1, 1, mints[:1]), minted[:1]),
        "burn": (settle(EMPTY, R1, 1, burns[:1]), burned[:1]),
        "two-mints": (settle(EMPTY, R1, 1, mints), minted),
        "two-mints-in-another-order": (settle(EMPTY, R1, 1, mints[::-1]), minted[::-1]),
        "two-burns": (settle(EMPTY, R1, 1, burns), burned),
        "two-burns-in-another-order": (settle(EMPTY, R1, 1, burns[::-1]), burned[::-1]),
        "mint-then-burn": (
            settle(EMPTY, R1, 1, [mints[0], burns[0]]),
            [minted[0], burned[0]],
        ),
        "burn-then-mint": (
            settle(EMPTY, R1, 1, [burns[0], mints[0]]),
            [burned[0], minted[0]],
        ),
        "send-and-padding": (
            settle(EMPTY, R1, 1, [transaction(SEND, (L1,), (L2,)), EMPTY_PLACE]),
            [],
        ),
        "zero-before": (with_words(plain, 0, *m1), minted[:1]),
        "zero-between": (with_words(plain, *m1, 0, *b1), [minted[0], burned[0]]),
        "zeros-between-mints": (with_words(plain, *m1, 0, 0, *m2), minted),
        "zeros-after": (with_words(plain, *m1, 0, 0), minted[:1]),
        "burn-to-address-0": (
            settle(EMPTY, R1, 1, [nobody]),
            [replace(burned[0], recipient=NO_ADDRESS)],
        ),
        "burn-of-value-0": (
            settle(EMPTY, R1, 1, [burn((L1,), 0, ALICE)]),
            [replace(burned[0], value=0)],
        ),
        "burn-whose-words-look-like-a-mint": (
            with_words(plain, BURN, KIND, MINT, BURN, MINT),
            [
                Burned(
                    note_kind=KIND,
                    burn_hash=BURN,
                    recipient=EthereumAddress(MINT.to_bytes(20, "big")),
                    value=2,
                    substitute=False,
                )
            ],
        ),
    }
    for name, (last, events) in cases.items():
        owed: dict[EthereumAddress, int] = {}
        for event in events:
            if isinstance(event, Burned) and event.value:
                owed[event.recipient] = owed.get(event.recipient, 0) + event.value
        accepted(
            vector,
            f"messages-{name}",
            [*locked, last],
            description=f"The messages of a block are acted on: {said(name)}.",
            requirements=rules(15, 16),
            flags=["MESSAGE_READING"],
            events=(
                TokenAdded(note_kind=KIND, token=TOKEN),
                MintAdded(mint_hash=M1, value=70, note_kind=KIND),
                MintAdded(mint_hash=M2, value=30, note_kind=KIND),
                *events,
                RollupVerified(height=Height(1), root=R1),
            ),
            owed=tuple(sorted((KIND, owner, value) for owner, value in owed.items())),
            escrow=((KIND, 100),),
        )


def test_messages_that_are_none(vector: VectorWriter) -> None:
    """
    A message is of kind 2 or 3, and whole.

    Given words that are not those of messages, when their block is settled, then it is rejected; a
    message before them that is good is not acted on either.
    """
    locked = [ADD_TOKEN, deposit(M1, 70)]
    plain = settle(EMPTY, R1, 1)
    m1 = [MINT, KIND, 70, M1]
    b1 = [BURN, KIND, 5, L1, word_of(ALICE)]
    kind, truncated = ErrorCode.SETTLEMENT_MESSAGE_KIND, ErrorCode.SETTLEMENT_MESSAGE_TRUNCATED
    absent = ErrorCode.BRIDGE_DEPOSIT_ABSENT
    cases: dict[str, tuple[ErrorCode, list[int], list[int]]] = {
        "kind-1": (kind, [SEND, *m1[1:]], [15]),
        "kind-1-alone": (kind, [SEND], [15]),
        "kind-4": (kind, [4, *m1[1:]], [15]),
        "kind-greatest": (kind, [MODULUS - 1, *m1[1:]], [15]),
        "kind-2-64-and-2": (kind, [2**64 + 2, *m1[1:]], [15]),
        "kind-2-248-times-2": (kind, [2 * 2**248, *m1[1:]], [15]),
        "kind-of-the-second": (kind, [*m1, SEND], [15, 16]),
        "kind-after-zeros": (kind, [0, 0, 5], [15]),
        "mint-of-one-word": (truncated, m1[:1], [15]),
        "mint-of-three-words": (truncated, m1[:3], [15]),
        "burn-of-one-word": (truncated, b1[:1], [15]),
        "burn-of-four-words": (truncated, b1[:4], [15]),
        "mint-truncated-after-a-mint": (truncated, [*m1, *m1[:3]], [15]),
        "burn-truncated-at-the-end-of-the-area": (truncated, [0, *m1, *b1[:4], 0][:9], [15]),
        "mint-of-five-words": (kind, [*m1, 7], [15]),
        "same-mint-twice": (absent, [*m1, *m1], [16]),
        "second-mint-unknown": (absent, [*m1, *m1[:3], M2], [16]),
        "order-kind-before-deposit": (kind, [*m1[:3], M2, 1], [15]),
        "order-truncated-before-deposit": (truncated, [*m1[:3], M2, BURN], [15]),
    }
    for name, (error, words, numbers) in cases.items():
        refused(
            vector,
            f"messages-{name}",
            error,
            [*locked, with_words(plain, *words)],
            description=f"The words of a block are not messages that can be done: {said(name)}.",
            requirements=[*rules(*numbers), *([ORDER_OF_ERRORS] if "order" in name else [])],
            flags=["MESSAGE_READING"],
        )


def test_whole_or_not_at_all(vector: VectorWriter) -> None:
    """
    A block that is refused leaves nothing behind.

    Given a block whose second message is refused, when it is settled, then it is rejected; when it
    is settled without that message instead, then the first one is done.
    """
    locked = [ADD_TOKEN, deposit(M1, 70)]
    both = settle(EMPTY, R1, 1, [mint(M1, 70), mint(M2, 30, (L2,))])
    refused(
        vector,
        "settle-second-message-refused",
        ErrorCode.BRIDGE_DEPOSIT_ABSENT,
        [*locked, both],
        description="The second mint of a block has no deposit.",
        requirements=rules(5, 16),
        flags=["PARTIAL_SETTLEMENT"],
    )
    accepted(
        vector,
        "settle-first-message-alone",
        [*locked, settle(EMPTY, R1, 1, [mint(M1, 70)])],
        description="The first mint of that block alone.",
        requirements=rules(5, 16),
        flags=["PARTIAL_SETTLEMENT"],
        root=R1,
        deposits=((M1, DepositStatus.TAKEN),),
    )
