"""Properties of settlement, on generated histories and exhaustively where that is possible."""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import combinations, permutations, product
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from rpds import HashTrieMap

from payy_ref.assurance.evidence import evidence
from payy_ref.consensus.certificate import check_certificate
from payy_ref.consensus.commit import CommitProof, check_commit
from payy_ref.consensus.validators import (
    STAKE_LIMIT,
    Validator,
    ValidatorSet,
    checked_validators,
    is_quorum,
    set_at,
)
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.block import packed_messages
from payy_ref.ledger.opening import opening_of
from payy_ref.ledger.sequence import (
    Hash,
    Height,
    Signature,
    decode_header,
    encode_header,
    proposal_hash,
)
from payy_ref.ledger.transaction import BURN, MINT, SEND, ZERO, PublicInputs
from payy_ref.operations.settlement import STATED_VERIFIERS
from payy_ref.settlement.bridge import Burn, burn_of
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.events import Burned, Event, Minted, RollupVerified
from payy_ref.settlement.queue import Applied, Void
from payy_ref.settlement.rollup import (
    Exit,
    Rollup,
    deployed,
    deployment_name,
    parsed_messages,
)
from payy_ref.settlement.steps import TRANSITIONS, Step, perform, perform_all
from payy_ref.settlement.verifiers import Verifiers
from payy_ref.testing.ledger_model import movements
from payy_ref.testing.ledger_strategies import (
    carried_transactions,
    hashes,
    unsigned_64,
)
from payy_ref.testing.settlement_history import (
    ACCOUNTS,
    ALICE,
    BOB,
    OWNER,
    PROVEN,
    UNPROVEN,
    ChainOfThree,
    Signer,
    as_validators,
    certificate,
    chain_of_three,
    quorum,
    signers,
    skipped_blocks,
    step,
)
from payy_ref.testing.strategies import field_elements
from spec.ledger.ledger_cases import MINIMAL, transaction
from spec.settlement.settlement_cases import (
    ADD_TOKEN,
    EMPTY,
    KEYS,
    KIND,
    L1,
    L2,
    L3,
    L4,
    L5,
    L6,
    M1,
    M2,
    NAMES,
    PARAMETERS,
    QUEUED,
    R1,
    R2,
    TOKEN,
    burn,
    deployment,
    deposit,
    in_time,
    mint,
    path_of,
    settle,
    tree,
    until_frozen,
    weighed,
    with_header,
    with_proof,
    with_words,
)

PARAMETER_SET: Final = PARAMETERS[MINIMAL]
START: Final = deployed(deployment(), PARAMETER_SET)
HELD: Final = (L1, L2, L3, L4)
OTHERS: Final = signers(4, "other validator")
MESSAGE: Final = Hash(bytes(range(32)))
"""What certificates are about that are judged on their own."""

few_examples = settings(max_examples=max(10, settings().max_examples // 3))


def outcome(
    change: Callable[..., Any], *arguments: Any, **named: Any
) -> tuple[Any, ErrorCode | None]:
    """Give what comes out, or the code of the refusal."""
    try:
        return change(*arguments, **named), None
    except SpecError as refusal:
        return None, refusal.code


def done(rollup: Rollup, each: Step) -> tuple[Rollup, tuple[Event, ...], ErrorCode | None]:
    """Do a step; a refused one leaves the state."""
    result, code = outcome(perform, rollup, each, STATED_VERIFIERS, PARAMETER_SET)
    after, said = result or (rollup, ())
    return after, said, code


def plain(value: Any) -> Any:
    """Give a value as plain tuples, which share nothing with it."""
    if is_dataclass(value):
        return tuple(plain(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, HashTrieMap):
        return tuple(sorted(((plain(key), plain(held)) for key, held in value.items()), key=repr))
    if isinstance(value, (frozenset, set)):
        return tuple(sorted(map(plain, value), key=repr))
    if isinstance(value, (tuple, list)):
        return tuple(map(plain, value))
    return value


# Any steps


@st.composite
def steps_after(draw: st.DrawFn, rollup: Rollup, time: int) -> Step:
    """Give a step of any kind, which the state often allows."""
    name = draw(st.sampled_from(sorted(TRANSITIONS)))
    usually = st.sampled_from((True, True, True, False))
    sender = OWNER if name.startswith("add") and draw(usually) else draw(st.sampled_from(ACCOUNTS))
    time += draw(st.sampled_from((36, 100, 1000, 2000, 3000, 7000)))
    proof = PROVEN if draw(usually) else UNPROVEN
    minted = mint(draw(st.sampled_from((M1, M2))), 70, (draw(st.sampled_from(HELD)),))
    burned = burn((draw(st.sampled_from(HELD)),), 5, ALICE)
    sent = transaction(SEND, (L5,), (L6,))
    waiting = rollup.queue.waiting
    oldest = waiting[0] if waiting else Entry(transaction=sent, call=None, queued_at=0)
    arguments: dict[str, Any] = {}
    match name:
        case "add_token":
            kinds = (
                (KIND, TOKEN),
                (FieldElement(5), EthereumAddress(bytes([8]) * 20)),
                (ZERO, TOKEN),
            )
            kind, token = draw(st.sampled_from(kinds))
            arguments = {"note_kind": kind, "token": token}
        case "add_validators":
            first = rollup.height + draw(st.integers(0, 101))
            arguments = {"valid_from": Height(first), "validators": as_validators(KEYS)}
        case "deposit":
            arguments = dict(deposit(draw(st.sampled_from((M1, M2))), 70).arguments)
        case "deposit_and_queue":
            arguments = {"transaction": minted, "proof": proof, "received": 70}
        case "cancel_deposit":
            arguments = {"mint_hash": draw(st.sampled_from((M1, M2)))}
            sender = ALICE
        case "substitute_burn":
            height = Height(rollup.height + draw(st.integers(0, 1)))
            made = {"burn": of_burn(burned), "burn_height": height, "received": 5}
            arguments = made
        case "withdraw":
            arguments = {"note_kind": KIND, "owner": ALICE, "is_paid": draw(usually)}
        case "queue_transaction":
            call = draw(st.sampled_from((None, QueuedCall(target=BOB, data=b"", gas=1000))))
            arguments = {
                "transaction": draw(st.sampled_from((sent, minted, burned))),
                "proof": proof,
                "attached": call,
            }
        case "settle":
            block = draw(st.sampled_from(((), (minted,), (burned,), (sent, burned))))
            act = settle(
                rollup.root if draw(usually) else R2,
                draw(st.sampled_from((R1, tree(HELD).root))),
                max(0, rollup.height + draw(st.integers(-1, 3))),
                block,
                keys=KEYS if draw(usually) else KEYS[:2],
            )
            verdicts = [
                Applied(entry=entry)
                if entry.transaction in block and draw(usually)
                else Void(entry=entry, is_after=draw(st.booleans()), proof=proof)
                for entry in waiting[: draw(st.integers(0, 2))]
            ]
            arguments = {
                **with_proof(act, proof).arguments,
                "opening": opening_of(block, PARAMETER_SET) if verdicts else (),
                "verdicts": tuple(verdicts),
            }
        case "force":
            act = with_proof(settle(rollup.root, R1, 1, (oldest.transaction,)), proof)
            arguments = {"entry": oldest, "claim": act.arguments["claim"]}
        case "discard":
            arguments = {"entry": oldest, "proof": proof}
        case "leave":
            leaf = draw(st.sampled_from(HELD))
            leaving = Exit(transaction=burn((leaf,), 5), proof=proof, paths=(path_of(leaf, HELD),))
            arguments = {"leaving": leaving}
    return step(name, sender, time, **arguments)


def of_burn(burned: PublicInputs) -> Burn:
    """Give a burn as L1 knows it."""
    return burn_of(burned.message)


BEGINNINGS: Final = (
    (),
    (ADD_TOKEN, deposit(M1, 70)),
    (ADD_TOKEN, deposit(M1, 70), settle(EMPTY, tree(HELD).root, 1), QUEUED),
    until_frozen(HELD),
)
"""From where histories go on."""


@cache
def begun(index: int) -> tuple[Rollup, int]:
    """Give the state after a beginning, and when that is."""
    steps = in_time(BEGINNINGS[index])
    after, _ = perform_all(START, steps, STATED_VERIFIERS, PARAMETER_SET)
    return after, steps[-1].call.time if steps else 1000


def history(
    data: st.DataObject, most: int = 6
) -> list[tuple[Rollup, Step, Rollup, tuple[Event, ...], ErrorCode | None]]:
    """Draw a history: each state, the step, the state after it, what was said, and a refusal."""
    rollup, time = begun(data.draw(st.integers(0, len(BEGINNINGS) - 1)))
    told = []
    for _ in range(data.draw(st.integers(1, most))):
        each = data.draw(steps_after(rollup, time))
        after, said, code = done(rollup, each)
        told.append((rollup, each, after, said, code))
        rollup, time = after, each.call.time
    return told


# T01


@st.composite
def attempts(draw: st.DrawFn) -> dict[str, Any]:
    """Give how a block is brought: usually as it has to be."""

    def usually(good: Any, *bad: Any) -> Any:
        return draw(st.sampled_from((*(good,) * (4 * len(bad)), *bad)))

    return {
        "sender": draw(st.sampled_from(ACCOUNTS)),
        "is_next": usually(True, False),
        "new": draw(st.sampled_from((R1, R2, EMPTY))),
        "rise": draw(st.integers(-1, 5)),
        "signers": usually(3, 4, 2, 0),
        "views": usually((1, 2, 3), (1, 2, 4), (1, 1, 2)),
        "words": usually((), (0, 0), (1,), (0,) * 10, (0,) * 11, (MINT, 5)),
        "proof": usually(PROVEN, UNPROVEN),
    }


@evidence("PAYY-SETTLEMENT-T01")
@given(st.lists(attempts(), min_size=1, max_size=6))
def test_root_moves_exactly_when_a_block_is_settled(tried: list[dict[str, Any]]) -> None:
    """A model of two numbers tells which blocks are settled; the height strictly grows."""
    rollup, time = START, 1000
    root, height = EMPTY, 0
    for each in tried:
        time += 100
        tip = max(0, height + each["rise"])
        old = root if each["is_next"] else FieldElement(root + 1)
        after_height = min(height, max(0, tip - 1))
        between = skipped_blocks(old, after_height, tip)
        chain = chain_of_three(each["new"], tip, views=each["views"], parent=between.name)
        keys = KEYS[: each["signers"]]
        act = settle(old, each["new"], tip, keys=keys, chain=chain, after=after_height)
        act = with_words(with_proof(act, each["proof"]), *each["words"])
        is_good = (
            each["is_next"]
            and tip > height
            and each["signers"] >= 3
            and each["views"] == (1, 2, 3)
            and each["words"] in ((), (0, 0), (0,) * 10)
            and each["proof"] == PROVEN
        )
        after, said, code = done(rollup, step("settle", each["sender"], time, **act.arguments))
        assert (code is None) == is_good
        if is_good:
            assert tip > height
            root, height = each["new"], tip
            assert said == (RollupVerified(height=Height(height), root=root),)
        assert (after.root, after.height) == (root, height)
        rollup = after


@evidence("PAYY-SETTLEMENT-T01", part="over any steps")
@given(st.data())
def test_root_moves_by_blocks_alone(data: st.DataObject) -> None:
    """Over any history the root moves by blocks alone, is told, and the height never falls."""
    for before, each, after, said, _ in history(data):
        moved = [event for event in said if isinstance(event, RollupVerified)]
        assert len(moved) <= 1
        if moved:
            assert each.name in ("settle", "force")
            assert (after.height, after.root) == (moved[0].height, moved[0].root)
            assert (after.height > before.height) == (each.name == "settle")
        else:
            assert (after.root, after.height) == (before.root, before.height)


@evidence("PAYY-SETTLEMENT-T01", part="number of public inputs")
def test_claims_have_three_words_and_at_most_a_full_area() -> None:
    """Each number of words, zeros after the first three, is judged by the limits alone."""
    most = PARAMETER_SET.block_message_words
    for count in range(most + 6):
        act = with_words(settle(EMPTY, R1, 1), *[0] * max(0, count - 3), keep=min(count, 3))
        after, _, code = done(START, step("settle", BOB, 1000, **act.arguments))
        expected = None if 3 <= count <= 3 + most else ErrorCode.SETTLEMENT_PUBLIC_INPUT_COUNT
        assert code == expected
        assert after.root == (R1 if expected is None else EMPTY)


# T02


@evidence("PAYY-SETTLEMENT-T02")
@given(st.data())
def test_what_is_refused_leaves_no_trace(data: st.DataObject) -> None:
    """No step changes the state that it is given; after a refusal the rest goes as without it."""
    told = history(data)
    rollup = told[0][0]
    for before, each, after, said, code in told:
        snapshot, arguments = plain(before), plain(list(each.arguments.values()))
        again, said_again, code_again = done(before, each)
        assert plain(before) == snapshot
        assert plain(list(each.arguments.values())) == arguments
        assert (plain(again), said_again, code_again) == (plain(after), said, code)
        if code is not None:
            assert (after, said) == (before, ())
    accepted = [each for _, each, _, _, code in told if code is None]
    alone, said = perform_all(rollup, accepted, STATED_VERIFIERS, PARAMETER_SET)
    assert plain(alone) == plain(told[-1][2])
    assert said == tuple(event for row in told for event in row[3])


@evidence("PAYY-SETTLEMENT-T02", part="blocks of several messages")
@given(st.permutations([0, 1, 2]), st.integers(0, 2))
def test_late_refusals_leave_no_trace(order: list[int], bad: int) -> None:
    """Whichever message of a block is refused, nothing of the others is done."""
    rollup, _ = perform_all(
        START,
        in_time([ADD_TOKEN, deposit(M1, 70), deposit(M2, 30)]),
        STATED_VERIFIERS,
        PARAMETER_SET,
    )
    words = [
        [MINT, KIND, 70, M1],
        [MINT, KIND, 30, M2],
        [BURN, KIND, 5, L1, FieldElement(9)],
    ]
    words[bad] = [*words[bad][:1], KIND + 1, *words[bad][2:]]
    joined = [word for index in order for word in words[index]]
    parameters = replace(PARAMETER_SET, block_message_words=20)
    act = with_words(settle(EMPTY, R1, 1), *joined)
    snapshot = plain(rollup)
    result, code = outcome(
        perform, rollup, step("settle", BOB, 2000, **act.arguments), STATED_VERIFIERS, parameters
    )
    expected = ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN if bad == 2 else ErrorCode.BRIDGE_DEPOSIT_MISMATCH
    assert (result, code) == (None, expected)
    assert plain(rollup) == snapshot


# T03, T04


@evidence("PAYY-SETTLEMENT-T03", exhaustive="sets of at most 4 members with stakes of at most 4")
def test_two_quorums_share_more_than_a_third() -> None:
    """Any two quorums of a set have members in common that weigh more than a third of it."""
    for count in range(1, 5):
        for stakes in product(range(1, 5), repeat=count):
            total = sum(stakes)
            subsets = [
                frozenset(chosen)
                for size in range(count + 1)
                for chosen in combinations(range(count), size)
            ]
            quorums = [
                each for each in subsets if is_quorum(sum(stakes[index] for index in each), total)
            ]
            assert frozenset(range(count)) in quorums
            for first, second in product(quorums, repeat=2):
                shared = sum(stakes[index] for index in first & second)
                assert 3 * shared > total


stakes_of_sets = st.lists(
    st.one_of(st.integers(1, 9), st.integers(1, STAKE_LIMIT - 1), st.just(STAKE_LIMIT - 1)),
    min_size=1,
    max_size=8,
)


@evidence("PAYY-SETTLEMENT-T03", part="large stakes")
@given(stakes_of_sets, st.data())
def test_two_quorums_of_large_stakes_share_more_than_a_third(
    stakes: list[int], data: st.DataObject
) -> None:
    """The same for stakes up to the limit."""
    members = st.sets(st.integers(0, len(stakes) - 1))
    first, second = data.draw(members), data.draw(members)
    total = sum(stakes)

    def weight(who: set[int]) -> int:
        return sum(stakes[index] for index in who)

    if is_quorum(weight(first), total) and is_quorum(weight(second), total):
        assert 3 * weight(first & second) > total
    # What is left out of a quorum is less than a third; so it is none.
    if is_quorum(weight(first), total):
        assert 3 * (total - weight(first)) < total


@evidence("PAYY-SETTLEMENT-T04", exhaustive="1 to 2,000 members of equal stake")
def test_quorum_of_equal_stakes_is_the_deployed_number() -> None:
    """With equal stakes a quorum is floor(2n/3) + 1 members or more, whatever the stake."""
    for count in range(1, 2001):
        needed = 2 * count // 3 + 1
        assert needed <= count
        for stake in (1, 7, STAKE_LIMIT - 1):
            assert is_quorum(needed * stake, count * stake)
            assert not is_quorum((needed - 1) * stake, count * stake)


# T05


@cache
def signed(key: Signer) -> Signature:
    """Sign the message."""
    return key.sign(MESSAGE)


def verdict(who: Sequence[Signer], validators: ValidatorSet) -> ErrorCode | None:
    """Judge a certificate of these signers in this order."""
    return outcome(check_certificate, MESSAGE, [signed(key) for key in who], validators)[1]


def set_of(stakes: Sequence[int]) -> ValidatorSet:
    """Give a set of as many members."""
    return ValidatorSet(
        valid_from=Height(0), validators=weighed(signers(len(stakes), "certificate"), *stakes)
    )


@evidence("PAYY-SETTLEMENT-T05", exhaustive="sequences of at most 4 of 4 members and a stranger")
def test_certificates_are_sets_of_members() -> None:
    """A sequence of signers is accepted if it ascends and is a quorum of members, and only then."""
    members = signers(4, "certificate")
    everybody = (*members, signers(1, "certificate stranger")[0])
    for stakes in ((1, 1, 1, 1), (7, 1, 1, 1), (1, 2, 3, 4)):
        validators = set_of(stakes)
        weight = dict(zip(members, stakes, strict=True))
        for length in range(5):
            for who in product(everybody, repeat=length):
                ascends = [key.address for key in who] == sorted({key.address for key in who})
                signing = sum(weight.get(key, 0) for key in who)
                is_good = (
                    ascends and all(key in weight for key in who) and 3 * signing > 2 * sum(stakes)
                )
                assert (verdict(who, validators) is None) == is_good


@evidence("PAYY-SETTLEMENT-T05", part="sets of any stakes")
@given(stakes_of_sets, st.data())
def test_certificates_depend_on_the_signers_alone(stakes: list[int], data: st.DataObject) -> None:
    """Order of members in the set does not count; order of signers ascends or is refused."""
    members = signers(len(stakes), "certificate")
    chosen = data.draw(st.sets(st.sampled_from(range(len(stakes)))))
    who = [members[index] for index in sorted(chosen)]
    validators = set_of(stakes)
    shuffled = replace(
        validators, validators=tuple(data.draw(st.permutations(validators.validators)))
    )
    is_good = 3 * sum(stakes[index] for index in chosen) > 2 * sum(stakes)
    expected = None if is_good else ErrorCode.CERTIFICATE_QUORUM_MISSING
    assert verdict(who, validators) == expected
    assert verdict(who, shuffled) == expected
    other = data.draw(st.permutations(who))
    if other != who:
        assert verdict(other, validators) == ErrorCode.CERTIFICATE_SIGNERS_UNORDERED
    if who:
        doubled = data.draw(st.sampled_from(range(len(who))))
        twice = [*who[: doubled + 1], *who[doubled:]]
        assert verdict(twice, validators) == ErrorCode.CERTIFICATE_SIGNERS_UNORDERED


@evidence("PAYY-SETTLEMENT-T05", part="no signature has a second form")
@given(st.integers(0, 2), st.integers(0, 64), st.integers(1, 255))
def test_no_signature_has_a_second_form(which: int, place: int, flip: int) -> None:
    """A certificate of exactly a quorum is refused if any byte of it is another one."""
    good = [signed(key) for key in quorum(signers(4, "certificate"))]
    bent = bytearray(good[which])
    bent[place] ^= flip
    changed = [*good[:which], Signature(bytes(bent)), *good[which + 1 :]]
    validators = set_of((1, 1, 1, 1))
    assert outcome(check_certificate, MESSAGE, good, validators)[1] is None
    assert outcome(check_certificate, MESSAGE, changed, validators)[1] is not None


# T06


@evidence("PAYY-SETTLEMENT-T06")
@given(st.lists(carried_transactions(), max_size=6), st.data())
def test_reading_messages_inverts_packing(
    transactions: list[PublicInputs], data: st.DataObject
) -> None:
    """What a block packs is read back, wherever zeros stand between; cut inside it is refused."""
    speaking = [each for each in transactions if each.message.kind in (MINT, BURN)]
    packed = packed_messages(transactions)
    expected = tuple(each.message for each in speaking)
    assert parsed_messages(packed) == expected
    spaced: list[FieldElement] = []
    for each in speaking:
        spaced += [ZERO] * data.draw(st.integers(0, 2))
        spaced += packed_messages([each])
    spaced += [ZERO] * data.draw(st.integers(0, 3))
    assert parsed_messages(spaced) == expected
    ends = [len(packed_messages(speaking[:count])) for count in range(len(speaking) + 1)]
    cut = data.draw(st.integers(0, len(packed)))
    result, code = outcome(parsed_messages, packed[:cut])
    if cut in ends:
        assert result == expected[: ends.index(cut)]
    else:
        assert code == ErrorCode.SETTLEMENT_MESSAGE_TRUNCATED


@evidence("PAYY-SETTLEMENT-T06", part="any words")
@given(st.lists(st.one_of(st.integers(0, 4).map(FieldElement), field_elements()), max_size=14))
def test_any_words_are_read_alike(words: list[FieldElement]) -> None:
    """A reader of other make gets the same messages, or refuses with the same code."""
    expected: list[tuple[FieldElement, ...]] = []
    code, rest = None, list(words)
    while rest and code is None:
        if rest[0] == 0:
            rest.pop(0)
            continue
        size = {2: 4, 3: 5}.get(rest[0])
        if size is None:
            code = ErrorCode.SETTLEMENT_MESSAGE_KIND
        elif len(rest) < size:
            code = ErrorCode.SETTLEMENT_MESSAGE_TRUNCATED
        else:
            expected.append(tuple(rest[:size]))
            del rest[:size]
    result, refusal = outcome(parsed_messages, words)
    assert refusal == code
    if code is None:
        assert [message.words[: 4 if message.kind == MINT else 5] for message in result] == expected
        if ZERO not in words:
            read = movements(words)
            assert [each.is_mint for each in read] == [each.kind == MINT for each in result]


@evidence("PAYY-SETTLEMENT-T06", part="each message is done, in order")
@given(st.permutations([0, 1, 2, 3]), st.integers(0, 4))
def test_messages_are_done_in_order(order: list[int], count: int) -> None:
    """A block says of each of its messages what it did, in their order, and nothing else."""
    moves = [
        mint(M1, 70, (L1,)),
        mint(M2, 30, (L2,)),
        burn((L3,), 5, ALICE),
        burn((L4,), 6, BOB),
    ]
    moves = [moves[index] for index in order][:count]
    rollup, _ = perform_all(
        START,
        in_time([ADD_TOKEN, deposit(M1, 70), deposit(M2, 30)]),
        STATED_VERIFIERS,
        PARAMETER_SET,
    )
    act = with_words(settle(EMPTY, R1, 1), *packed_messages(moves))
    wide = replace(PARAMETER_SET, block_message_words=20)
    after, said = perform(
        rollup, step("settle", BOB, 2000, **act.arguments), STATED_VERIFIERS, wide
    )
    hashes_said = [
        event.burn_hash if isinstance(event, Burned) else event.mint_hash
        for event in said
        if isinstance(event, (Burned, Minted))
    ]
    assert len(said) == len(moves) + 1
    assert hashes_said == [each.message.hash for each in moves]
    owed = {BOB: 0, ALICE: 0}
    for each in moves:
        if each.message.kind == BURN:
            owed[ALICE if each.message.hash == L3 else BOB] += each.message.value
    assert {who: after.bridge.owed(KIND, who) for who in owed} == owed


# T07


@st.composite
def leavings(draw: st.DrawFn, values: Sequence[int]) -> tuple[tuple[int, ...], int, int]:
    """Give which leaves leave, what the burn says they are worth, and to whom it goes."""
    inputs = tuple(draw(st.lists(st.integers(0, len(values)), min_size=0, max_size=2)))
    worth = sum(values[index] for index in inputs if index < len(values))
    stated = draw(st.sampled_from((worth, worth, worth, worth + 1, 0)))
    return inputs, stated, draw(st.integers(1, 3))


@evidence("PAYY-SETTLEMENT-T07")
@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4), st.data())
def test_each_leaf_leaves_once(values: list[int], data: st.DataObject) -> None:
    """Over any exits each leaf leaves once, and what is owed is the worth of those that left."""
    leaves = (*HELD, L6)
    worth = dict(zip(HELD, values, strict=True))

    def is_proven(shown: PublicInputs, proof: bytes) -> bool:
        # The circuit: a burn states what its inputs are worth, and names the first of them.
        stated = sum(worth.get(leaf, 5) for leaf in shown.input_commitments if leaf)
        first = next(iter(shown.input_commitments))
        return proof == PROVEN and shown.message.value == stated and shown.message.hash == first

    verifiers = Verifiers(
        block=STATED_VERIFIERS.block, transaction=is_proven, void=STATED_VERIFIERS.void
    )
    rollup, time = begun(3)
    left: set[FieldElement] = set()
    for _ in range(data.draw(st.integers(1, 8))):
        indices, stated, who = data.draw(leavings(values))
        inputs = tuple(leaves[index] for index in indices)
        shown = burn(inputs, stated, ACCOUNTS[who])
        paths = tuple(path_of(leaf, HELD) for leaf in inputs)
        leaving = Exit(transaction=shown, proof=PROVEN, paths=paths)
        time += 100
        act = step("leave", BOB, time, leaving=leaving)
        result, code = outcome(perform, rollup, act, verifiers, PARAMETER_SET)
        is_good = (
            len(set(inputs)) == len(inputs)
            and all(leaf in worth and leaf not in left for leaf in inputs)
            and stated == sum(worth.get(leaf, 5) for leaf in inputs)
        )
        assert (code is None) == is_good
        if result is not None:
            rollup, _ = result
            left |= set(inputs)
        assert rollup.exited == left
        owed = sum(rollup.bridge.owed(KIND, account) for account in ACCOUNTS)
        assert owed == sum(worth[leaf] for leaf in left) <= sum(values)
    assert rollup.root == tree(HELD).root


@evidence("PAYY-SETTLEMENT-T07", part="before the freeze nobody leaves")
@given(st.data())
def test_nobody_leaves_before_the_freeze(data: st.DataObject) -> None:
    """Over any history leaves leave only when the rollup is frozen, and never come back."""
    for before, each, after, _, code in history(data):
        assert before.exited <= after.exited
        if after.exited != before.exited:
            assert before.is_frozen
            assert each.name == "leave"
        if each.name == "leave" and not before.is_frozen:
            assert code == ErrorCode.SETTLEMENT_NOT_FROZEN


# T08


@evidence("PAYY-SETTLEMENT-T08")
@given(st.data())
def test_the_owner_moves_nothing(data: st.DataObject) -> None:
    """What only the owner may do leaves root, height, freeze, money and queue alone."""
    for before, each, after, _, code in history(data):
        assert (after.owner, after.network_name) == (before.owner, before.network_name)
        stranger = replace(each, call=replace(each.call, sender=ACCOUNTS[-1]))
        if each.name in ("add_token", "add_validators"):
            assert (
                replace(after, validator_sets=before.validator_sets, bridge=before.bridge) == before
            )
            assert replace(after.bridge, tokens=before.bridge.tokens) == before.bridge
            assert done(before, stranger)[2] == ErrorCode.SETTLEMENT_NOT_OWNER
            assert code is None or after == before
        else:
            assert after.validator_sets == before.validator_sets
            assert after.bridge.tokens == before.bridge.tokens


@evidence("PAYY-SETTLEMENT-T08", part="the owner is like anybody else in the rest")
@given(st.data())
def test_the_owner_has_no_other_right(data: st.DataObject) -> None:
    """Every other step that the owner does would be judged alike, had somebody else done it."""
    for before, each, _, _, _ in history(data):
        if each.name in ("add_token", "add_validators", "cancel_deposit"):
            continue
        by_owner = replace(each, call=replace(each.call, sender=OWNER))
        stranger = replace(each, call=replace(each.call, sender=ACCOUNTS[-1]))
        assert done(before, by_owner)[2] == done(before, stranger)[2]


# T09


CHAIN: Final = chain_of_three(R1, 5, later_roots=(R2, R1), views=(7, 8, 9))
PROOF: Final = CHAIN.proof(quorum(KEYS))
SETS: Final = START.validator_sets


def commits(proof: CommitProof, root: FieldElement, name: str) -> bool:
    """Tell whether a block is committed."""
    return outcome(check_commit, proof, root, name, SETS)[1] is None


@evidence("PAYY-SETTLEMENT-T09")
@given(
    st.sampled_from(("name", "root", "stated root", "header", "signature")),
    st.integers(0, 2),
    st.sampled_from(
        ("height", "last_block_hash", "epoch_id", "last_final_block_hash", "approvals")
    ),
    st.data(),
)
def test_commit_proofs_cannot_be_moved(
    part: str, index: int, field: str, data: st.DataObject
) -> None:
    """A proof is good for what was signed: with any one thing changed it is refused."""
    name, root, proof = NAMES[MINIMAL], R1, PROOF
    assert commits(proof, root, name)
    match part:
        case "name":
            name = data.draw(st.text(max_size=20).filter(lambda text: text != NAMES[MINIMAL]))
        case "root":
            root = data.draw(field_elements().filter(lambda other: other != R1))
        case "stated root":
            roots = list(proof.roots)
            roots[index % 2] = data.draw(hashes().filter(lambda it: it != roots[index % 2]))
            proof = replace(proof, roots=(roots[0], roots[1]))
        case "header":
            values: dict[str, st.SearchStrategy[Any]] = {
                "height": unsigned_64().map(Height),
                "epoch_id": unsigned_64(),
                "approvals": st.just((Signature(bytes(65)),)),
            }
            header = CHAIN.headers[index]
            others = values.get(field, hashes())
            value: Any = data.draw(others.filter(lambda it: it != getattr(header, field)))
            headers = list(proof.headers)
            headers[index] = encode_header(replace(header, **{field: value}))
            proof = replace(proof, headers=(headers[0], headers[1], headers[2]))
        case "signature":
            shown = list(proof.certificate)
            shown[index] = data.draw(
                st.sampled_from([key.sign(MESSAGE) for key in KEYS] + [Signature(bytes(65))])
            )
            proof = replace(proof, certificate=tuple(shown))
    assert not commits(proof, root, name)


addresses = st.binary(min_size=20, max_size=20).map(EthereumAddress)
deployments = st.tuples(
    st.sampled_from(("Payy", "Payy/1", "Payy/1/0x" + "00" * 20, "")),
    st.integers(0, 2**256 - 1) | st.sampled_from((0, 1, 11)),
    addresses | st.just(EthereumAddress(bytes(20))),
)


@evidence("PAYY-SETTLEMENT-T09", part="names of deployments differ")
@given(deployments, deployments)
def test_names_of_deployments_differ(
    first: tuple[str, int, EthereumAddress], second: tuple[str, int, EthereumAddress]
) -> None:
    """Two deployments have one name only if network, chain and contract are the same."""
    assert (deployment_name(*first) == deployment_name(*second)) == (first == second)


# T11


@evidence("PAYY-SETTLEMENT-T11")
@given(st.data())
def test_a_freeze_is_for_ever(data: st.DataObject) -> None:
    """When the rollup is frozen, root, height, sets, tokens and queue stay for ever."""
    for before, each, after, _, code in history(data, most=8):
        if not before.is_frozen:
            assert after.is_frozen == (each.name == "freeze" and code is None)
            continue
        assert after.is_frozen
        kept = ("root", "height", "validator_sets", "queue")
        assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
        assert after.bridge.tokens == before.bridge.tokens
        assert after.bridge.deposits.keys() == before.bridge.deposits.keys()
        if code is None:
            assert each.name in ("cancel_deposit", "withdraw", "leave")


# T12


@evidence("PAYY-SETTLEMENT-T12")
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(-2, 105)),
            st.tuples(st.just("settle"), st.integers(1, 30)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_sets_of_settled_heights_never_change(moves: list[tuple[str, int]]) -> None:
    """A set is named for heights to come; which set holds at a height is what a list says."""
    rollup, time = START, 1000
    holds: list[tuple[int, int]] = [(0, 0)]
    for number, (move, by) in enumerate(moves, 1):
        time += 100
        settled = [set_at(rollup.validator_sets, height) for height in range(rollup.height + 1)]
        if move == "add":
            first = max(0, rollup.height + by)
            keys = signers(1, f"set {number}")
            act = step(
                "add_validators",
                OWNER,
                time,
                valid_from=Height(first),
                validators=as_validators(keys),
            )
            after, _, code = done(rollup, act)
            is_good = rollup.height < first <= rollup.height + 100 and first > holds[-1][0]
            assert (code is None) == is_good
            if is_good:
                holds.append((first, number))
        else:
            height = rollup.height + by
            current = max(entry for entry in holds if entry[0] <= height + 2)[1]
            keys = KEYS if current == 0 else signers(1, f"set {current}")
            act = step(
                "settle",
                BOB,
                time,
                **settle(rollup.root, R1, height, keys=keys, after=rollup.height).arguments,
            )
            after, _, code = done(rollup, act)
            assert code is None
        sets = after.validator_sets
        assert [each.valid_from for each in sets] == [first for first, _ in holds]
        assert [set_at(sets, height) for height in range(len(settled))] == settled
        rollup = after


members = st.lists(
    st.builds(
        Validator,
        address=st.sampled_from([*(key.address for key in KEYS), EthereumAddress(bytes(20))]),
        stake=st.sampled_from((0, 1, 2, STAKE_LIMIT - 1, STAKE_LIMIT)),
    ),
    max_size=4,
)


@evidence("PAYY-SETTLEMENT-T12", part="members")
@given(members)
def test_sets_have_members_with_weight(tried: list[Validator]) -> None:
    """A set that is named has members, each once, each with an account and a weight."""
    is_good = (
        len(tried) > 0
        and len({each.address for each in tried}) == len(tried)
        and all(any(each.address) and 1 <= each.stake < 2**128 for each in tried)
    )
    result, code = outcome(checked_validators, tried)
    assert (code is None) == is_good
    made = outcome(deployed, deployment(validators=tried), PARAMETER_SET)
    assert made[1] == code
    if is_good:
        assert result == tuple(tried)
        assert (made[0].root, made[0].height, made[0].is_frozen) == (EMPTY, 0, False)
        only = made[0].validator_sets[0]
        assert (only.total_stake, only.valid_from) == (sum(each.stake for each in tried), 0)


# T13


@evidence("PAYY-SETTLEMENT-T13", exhaustive="heights and views of 0 to 3, each link broken")
def test_only_three_in_a_row_commit() -> None:
    """Three blocks commit the first if heights and views go up by one and both links hold."""
    other = Hash(bytes(31) + b"\1")
    rising = [(0, 1, 2), (1, 2, 3)]
    for three in product(range(4), repeat=3):
        for heights, views in ((three, (0, 1, 2)), ((0, 1, 2), three)):
            chain = chain_of_three(R1, 0, heights=heights, views=views)
            assert commits(chain.proof(KEYS), R1, NAMES[MINIMAL]) == (three in rising)
    for broken in ((1,), (2,), (1, 2)):
        chain = chain_of_three(R1, 1)
        for index in broken:
            chain = _broken(chain, index, other)
        assert not commits(chain.proof(KEYS), R1, NAMES[MINIMAL])
    for order in permutations(range(3)):
        headers = [PROOF.headers[index] for index in order]
        shown = replace(PROOF, headers=(headers[0], headers[1], headers[2]))
        assert commits(shown, R1, NAMES[MINIMAL]) == (order == (0, 1, 2))


def _broken(chain: ChainOfThree, index: int, parent: Hash) -> ChainOfThree:
    """Give a chain in which one block names another parent; the later ones name it."""
    return with_header(chain, index, last_block_hash=parent)


@evidence("PAYY-SETTLEMENT-T13", part="what else headers say")
@few_examples
@given(unsigned_64(), unsigned_64(), hashes(), hashes(), st.integers(0, 2))
def test_what_else_headers_say_does_not_count(
    height: int, view: int, parent: Hash, final: Hash, index: int
) -> None:
    """Where a chain begins, its views and what it calls final do not count."""
    height, view = min(height, 2**64 - 3), min(view, 2**64 - 3)
    chain = chain_of_three(R1, height, views=(view, view + 1, view + 2), parent=parent)
    chain = with_header(chain, index, last_final_block_hash=final)
    header = check_commit(chain.proof(KEYS), R1, NAMES[MINIMAL], SETS)
    assert (header.height, header.epoch_id) == (height, view)
    only_first = replace(chain.proof(KEYS), certificate=certificate(MESSAGE, KEYS))
    assert not commits(only_first, R1, NAMES[MINIMAL])


@evidence("PAYY-SETTLEMENT-T14")
@given(
    st.lists(st.sampled_from((EMPTY, EMPTY, EMPTY, R1, R2)), min_size=1, max_size=8),
    st.data(),
)
def test_no_block_that_changes_something_is_passed_over(
    roots: list[FieldElement], data: st.DataObject
) -> None:
    """Of a chain from block 1 on, those that only empty blocks precede settle, if all are shown."""
    headers: list[bytes] = []
    parent = Hash(bytes(32))
    for height, root in enumerate(roots, 1):
        header = replace(
            chain_of_three(root, height, parent=parent).headers[0], epoch_id=height + 7
        )
        headers.append(encode_header(header))
        parent = proposal_hash(element_bytes(root), Height(height), Hash(keccak256(headers[-1])))
    tip = len(roots)
    newest = decode_header(headers[-1])
    chain = chain_of_three(
        roots[-1], tip, views=(tip + 7, tip + 8, tip + 9), parent=newest.last_block_hash
    )
    assert encode_header(chain.headers[0]) == headers[-1]
    shown = headers[:-1]
    is_whole = data.draw(st.booleans())
    if not is_whole:
        kept = data.draw(st.lists(st.sampled_from(shown), max_size=tip)) if shown else []
        is_whole = kept == shown
        shown = kept
    act = settle(EMPTY, roots[-1], tip, chain=chain, skipped=tuple(shown))
    _, _, code = done(START, step("settle", BOB, 2000, **act.arguments))
    may = is_whole and all(root == EMPTY for root in roots[:-1])
    assert code == (None if may else ErrorCode.SETTLEMENT_BLOCKS_SKIPPED)
