"""Properties of the queue, over real trees and with verifiers that tell the truth."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import Phase, assume, find, given, settings
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.block import commit_hash
from payy_ref.ledger.opening import opened_commit_hash, opening_of
from payy_ref.ledger.transaction import BURN, MINT, PublicInputs, public_inputs_of
from payy_ref.merkle.tree import path
from payy_ref.operations.settlement import STATED_VERIFIERS, shown_state
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.settlement.bridge import DepositStatus
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.events import CallDue, EntryConsumed, TransactionQueued
from payy_ref.settlement.queue import (
    Applied,
    Queue,
    Verdict,
    Void,
    count_due,
    has_waited,
    stands_in,
)
from payy_ref.settlement.rollup import Exit, Rollup
from payy_ref.settlement.steps import Step, perform, perform_all
from payy_ref.testing.ledger_model import LedgerModel
from payy_ref.testing.ledger_strategies import (
    accepted_scripts,
    distinct_transactions,
    public_inputs,
)
from payy_ref.testing.settlement_history import ACCOUNTS, PROVEN, UNPROVEN, step
from payy_ref.testing.strategies import field_elements
from spec.queue.queue_world import (
    KIND,
    LEAVES,
    PEOPLE,
    World,
    balanced,
    burn_whole,
    crowds,
    fetch_all,
    network,
    networks,
    new_world,
    one_more_step,
    value_of,
    worlds,
    worth,
)

MINIMAL: Final = load_preset(Preset.MINIMAL)
MAINNET: Final = load_preset(Preset.MAINNET)
presets = st.sampled_from((MINIMAL, MAINNET))

ANY: Final = Entry(transaction=balanced((), (), ACCOUNTS[0]), call=None, queued_at=0)
"""An entry."""

more_examples = settings(max_examples=settings().max_examples * 4)


# T01


@evidence("PAYY-QUEUE-T01")
@given(worlds(most=16))
def test_entries_leave_in_order_and_once(world: World) -> None:
    """What has left is the beginning of what was queued; the rest waits in order."""
    left = world.rollup.queue.consumed
    assert world.rollup.queue.waiting == tuple(world.queued[left:])
    numbers = [each.index for each in world.events if isinstance(each, EntryConsumed)]
    assert numbers == list(range(left))
    entered = [each.index for each in world.events if isinstance(each, TransactionQueued)]
    assert entered == list(range(len(world.queued)))


# T02


@evidence("PAYY-QUEUE-T02")
@given(st.one_of(crowds(), worlds()), st.sampled_from((0, 960, 1000, 5000)))
def test_nothing_due_survives_a_block(world: World, wait: int) -> None:
    """As many due entries as the block has places are gone; shorter lists are refused."""
    world.time += wait
    waiting, places = world.rollup.queue.waiting, world.parameters.block_transactions
    due = [each for each in waiting if world.time - each.queued_at >= 1000]
    needed = min(len(due), places)
    for count in range(needed):
        code = world.refusal("settle", **world.settlement(count))
        assert code == ErrorCode.QUEUE_ENTRY_OMITTED
    most = min(len(waiting), places)
    longer = world.settlement(most)
    surplus = Void(entry=(*waiting, ANY)[0], is_after=False, proof=PROVEN)
    longer["verdicts"] = (*longer["verdicts"], surplus)
    assert world.refusal("settle", **longer) == ErrorCode.QUEUE_VERDICT_COUNT
    before = world.rollup.queue.consumed
    world.settle(needed)
    assert world.rollup.queue.consumed == before + needed
    survivors = [each for each in world.rollup.queue.waiting if each in due]
    assert len(survivors) == max(0, len(due) - places)


# T03


@evidence("PAYY-QUEUE-T03", part="stages come in order and stay")
@given(presets, st.integers(0, 2**40), st.integers(0, 10**6), st.integers(0, 10**6))
def test_stages_are_monotone(parameters: Parameters, queued_at: int, age: int, more: int) -> None:
    """What is expired is overdue, what is overdue is due; and it stays so."""
    queue = Queue(waiting=(replace(ANY, queued_at=queued_at),))
    limits = (
        parameters.queue_due_seconds,
        parameters.queue_overdue_seconds,
        parameters.queue_freeze_seconds,
    )
    for limit in (age, *limits):
        now, later = queued_at + limit, queued_at + limit + more
        stages = [has_waited(queue, each, now) for each in limits]
        assert stages == [limit >= each for each in limits]
        assert stages == sorted(stages, reverse=True)
        assert count_due(queue, now, parameters) == stages[0]
        assert all(has_waited(queue, e, later) for e, s in zip(limits, stages, strict=True) if s)
        assert has_waited(queue, limits[0], queued_at + limits[0] - 1) is False
        assert not any(has_waited(Queue(), each, now) for each in limits)


def everything_is_fetched(world: World) -> None:
    """Have deposits returned and debts paid; then nothing is left locked."""
    for mint_hash, made in list(world.rollup.bridge.deposits.items()):
        if made.status is DepositStatus.OPEN:
            world.do("cancel_deposit", made.depositor, mint_hash=mint_hash)
    fetch_all(world)
    bridge = world.rollup.bridge
    assert bridge.locked(KIND) == 0
    assert not bridge.credits


@evidence("PAYY-QUEUE-T03")
@given(worlds(), st.data())
def test_sequencers_vanish_and_the_rollup_freezes(world: World, data: st.DataObject) -> None:
    """Some entries are served without them, then the rollup freezes, and all money is fetched."""
    world.time += 40
    if not world.rollup.queue.waiting:
        world.queue(balanced((), (), ACCOUNTS[0]))
    world.time += 2000
    while world.is_overdue() and data.draw(st.booleans()):
        world.serve()
    if not world.rollup.queue.waiting:
        world.queue(balanced((), (), ACCOUNTS[0]))
    world.time = world.expiry() - 1
    assert world.refusal("freeze") == ErrorCode.QUEUE_NOT_EXPIRED
    world.time += 1
    world.do("freeze", ACCOUNTS[0])
    locked = world.rollup.bridge.locked(KIND)
    for leaf in list(world.tree):
        leaving = exit_of(world, leaf)
        world.do("leave", ACCOUNTS[0], leaving=leaving)
        assert world.refusal("leave", leaving=leaving) == ErrorCode.EXIT_LEAF_TAKEN
    assert world.rollup.bridge.locked(KIND) == locked
    everything_is_fetched(world)


def exit_of(world: World, leaf: FieldElement) -> Exit:
    """Burn a leaf whole, and show where it is."""
    burn = burn_whole(leaf, ACCOUNTS[3])
    return Exit(transaction=burn, proof=PROVEN, paths=(path(world.tree, leaf),))


@evidence("PAYY-QUEUE-T03", part="the queue alone, without a freeze")
@given(worlds())
def test_sequencers_vanish_and_the_queue_is_served(world: World) -> None:
    """Holders queue burns, anybody settles them in blocks of their own, and all is fetched."""
    world.time += 40
    waits = len(world.rollup.queue.waiting)
    world.time += 2000
    for _ in range(waits):
        world.serve()
    for leaf in list(world.tree):
        if worth(leaf):
            world.queue(balanced((leaf,), (), ACCOUNTS[3]))
    world.time += 2000
    while world.rollup.queue.waiting:
        world.serve()
    assert value_of(list(world.tree)) == 0
    world.time += world.parameters.bridge_cancel_seconds
    everything_is_fetched(world)


# T04


@evidence("PAYY-QUEUE-T04")
@more_examples
@given(st.one_of(crowds(), worlds(most=16)), st.data())
def test_every_entry_can_be_consumed(world: World, data: st.DataObject) -> None:
    """In every state, true verdicts settle as many entries as one likes, due or not."""
    world.time += data.draw(st.sampled_from((40, 1000, 2000, 7000)))
    while world.rollup.queue.waiting:
        most = min(len(world.rollup.queue.waiting), world.parameters.block_transactions)
        for count in range(max(1, world.count_due()), most + 1):
            assert world.refusal("settle", **world.settlement(count)) is None
        world.settle(data.draw(st.integers(max(1, world.count_due()), most)))
        world.time += 40
        if data.draw(st.booleans()):
            data.draw(one_more_step(world))


@evidence("PAYY-QUEUE-T04", part="without the sequencers")
@more_examples
@given(st.one_of(crowds(), worlds(most=16)))
def test_every_overdue_entry_can_be_consumed(world: World) -> None:
    """Every overdue entry fits a block of its own or is void, and not both."""
    world.time += 7000
    while world.rollup.queue.waiting:
        entry = world.rollup.queue.waiting[0]
        can_stand = world.is_settleable((entry.transaction,))
        code = world.refusal("discard", entry=entry, proof=PROVEN)
        assert code == (ErrorCode.QUEUE_ENTRY_NOT_VOID if can_stand else None)
        world.serve()
        world.time += 40


@evidence("PAYY-QUEUE-T04", part="one verdict is true")
@given(st.one_of(crowds(), worlds(most=16)), st.data())
def test_at_most_one_verdict_is_accepted(world: World, data: st.DataObject) -> None:
    """The other verdict on any entry of a block is refused, whatever is shown for it."""
    world.time += 40
    waiting = world.rollup.queue.waiting
    assume(waiting)
    least = max(1, world.count_due())
    count = data.draw(st.integers(least, min(len(waiting), world.parameters.block_transactions)))
    given_before = world.settlement(count)
    place = data.draw(st.integers(0, count - 1))
    verdicts = list(given_before["verdicts"])
    true = verdicts[place]
    if isinstance(true, Applied):
        is_after, proof = data.draw(st.booleans()), data.draw(st.sampled_from((PROVEN, UNPROVEN)))
        verdicts[place] = Void(entry=true.entry, is_after=is_after, proof=proof)
        expected = ErrorCode.QUEUE_ENTRY_APPLIED
    else:
        verdicts[place] = Applied(entry=true.entry)
        expected = ErrorCode.QUEUE_ENTRY_NOT_APPLIED
    assert world.refusal("settle", **{**given_before, "verdicts": tuple(verdicts)}) == expected


@evidence("PAYY-QUEUE-T04", part="an entry that is possible before and after is not left out")
@given(st.one_of(crowds(), worlds(most=16)))
def test_possible_entry_is_not_left_out(world: World) -> None:
    """If an entry fits the tree before and after a block that lacks it, no verdict is true."""
    world.time += 1000
    waiting = world.rollup.queue.waiting
    assume(waiting and world.is_settleable((waiting[0].transaction,)))
    claimed = world.settlement(0)
    for is_after, proof in product((False, True), (PROVEN, UNPROVEN)):
        verdict = Void(entry=waiting[0], is_after=is_after, proof=proof)
        bent = {**claimed, "verdicts": (verdict,), "opening": opening_of((), world.parameters)}
        if world.count_due() > 1:
            assert world.refusal("settle", **bent) == ErrorCode.QUEUE_ENTRY_OMITTED
        else:
            assert world.refusal("settle", **bent) == ErrorCode.QUEUE_ENTRY_NOT_VOID


@evidence("PAYY-QUEUE-T04", part="money")
@given(worlds(most=16))
def test_money_is_where_it_belongs(world: World) -> None:
    """What is locked is in deposits, debts and leaves of the tree, in every such world."""
    bridge = world.rollup.bridge
    deposited = sum(e.value for e in bridge.deposits.values() if e.status is DepositStatus.OPEN)
    assert bridge.locked(KIND) == deposited + sum(bridge.credits.values()) + value_of(
        list(world.tree)
    )
    assert world.rollup.root == world.tree.root


# T05


@evidence("PAYY-QUEUE-T05")
@given(presets.flatmap(lambda each: st.tuples(st.just(each), accepted_scripts(each))), st.data())
def test_openings_lead_to_the_commit_hash(case: Any, data: st.DataObject) -> None:
    """The opening of a block leads to its commit hash; a changed commitment does not."""
    parameters, script = case
    block: tuple[PublicInputs, ...] = script.transactions
    bound = commit_hash(block, parameters)
    assert opened_commit_hash(opening_of(block, parameters), parameters) == bound
    for place, transaction in enumerate(block):
        at = data.draw(st.integers(0, 3))
        words = list(transaction.words)
        words[at] = data.draw(field_elements())
        assume(words[at] != transaction.words[at])
        bent = [*block[:place], public_inputs_of(words), *block[place + 1 :]]
        assert opened_commit_hash(opening_of(bent, parameters), parameters) != bound


@evidence("PAYY-QUEUE-T05", part="every hash of an opening counts")
@given(
    presets.flatmap(lambda each: st.tuples(st.just(each), accepted_scripts(each, minimum=1))),
    field_elements(),
)
def test_every_hash_of_an_opening_counts(case: Any, other: FieldElement) -> None:
    """Another hash at any place leads to another commit hash, other groups or places to none."""
    parameters, script = case
    opening = opening_of(script.transactions, parameters)
    bound = commit_hash(script.transactions, parameters)
    for i, group in enumerate(opening):
        for j, own in enumerate(group):
            assume(other != own)
            bent = (*opening[:i], (*group[:j], other, *group[j + 1 :]), *opening[i + 1 :])
            assert opened_commit_hash(bent, parameters) != bound
            short = (*opening[:i], group[1:] or (other, other), *opening[i + 1 :])
            assert _code_of_opening(short, parameters) == ErrorCode.QUEUE_OPENING_SHAPE
    for wrong in (opening[1:], (*opening, ()), (*opening, opening[0])):
        assert _code_of_opening(wrong, parameters) == ErrorCode.QUEUE_OPENING_SHAPE


def _code_of_opening(
    opening: tuple[tuple[FieldElement, ...], ...], parameters: Parameters
) -> ErrorCode | None:
    try:
        opened_commit_hash(opening, parameters)
    except SpecError as refusal:
        return refusal.code
    return None


@evidence("PAYY-QUEUE-T05", part="what stands in a block")
@given(presets, st.data())
def test_transaction_stands_where_it_stands(parameters: Parameters, data: st.DataObject) -> None:
    """A transaction stands in a block that has it, at any place, and in no block of others."""
    count = parameters.block_transactions
    items = data.draw(distinct_transactions(count, count + 1))
    assume(len({item.commitments for item in items}) == len(items))
    *block, stranger = items
    assume(any(stranger.commitments))
    opening = opening_of(block, parameters)
    messages = [item.message for item in block if item.message.kind in (MINT, BURN)]
    assert all(stands_in(item, opening, messages) for item in block)
    assert not stands_in(stranger, opening, [*messages, stranger.message])
    for item in block:
        others = [each for each in messages if each != item.message]
        is_silent = item.message.kind not in (MINT, BURN)
        assert stands_in(item, opening, others) == is_silent


@evidence("PAYY-QUEUE-T05", exhaustive="each place of both presets, and blocks of every size")
@pytest.mark.parametrize("parameters", [MINIMAL, MAINNET])
def test_each_place_of_each_size(parameters: Parameters) -> None:
    """For every size of block, the opening leads to the commit hash and has every transaction."""
    leaves = [FieldElement(number) for number in range(1, parameters.block_transactions + 2)]
    items = [balanced((leaf,), (), ACCOUNTS[0]) for leaf in leaves]
    for size in range(parameters.block_transactions + 1):
        block = items[:size]
        opening = opening_of(block, parameters)
        assert opened_commit_hash(opening, parameters) == commit_hash(block, parameters)
        messages = [item.message for item in block]
        seen = [stands_in(item, opening, messages) for item in items]
        assert seen == [place < size for place in range(len(items))]


# T06


def money_code(rollup: Rollup, item: PublicInputs) -> ErrorCode | None:
    """Tell whether the money of a transaction is there."""
    message = item.message
    if message.kind == BURN and message.note_kind not in rollup.bridge.tokens:
        return ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
    if message.kind != MINT:
        return None
    made = rollup.bridge.deposits.get(message.hash)
    if made is None or made.status is not DepositStatus.OPEN:
        return ErrorCode.BRIDGE_DEPOSIT_ABSENT
    is_same = (made.note_kind, made.value) == (message.note_kind, message.value)
    return None if is_same else ErrorCode.BRIDGE_DEPOSIT_MISMATCH


@evidence("PAYY-QUEUE-T06")
@given(
    worlds(most=4),
    st.one_of(public_inputs(), st.just(None)),
    st.integers(0, 100_001),
    st.integers(0, 65),
    st.sampled_from((PROVEN, PROVEN, UNPROVEN, b"")),
    st.data(),
)
def test_only_bounded_proven_entries_wait(
    world: World,
    item: PublicInputs | None,
    gas: int,
    length: int,
    proof: bytes,
    data: st.DataObject,
) -> None:
    """An entry waits if and only if each rule holds; the first that does not is named."""
    if item is None:
        known = [each.transaction for each in world.queued]
        item = data.draw(st.sampled_from(known)) if known else balanced((), (), ACCOUNTS[0])
    call = QueuedCall(target=ACCOUNTS[0], data=bytes(length), gas=gas)
    model = LedgerModel(
        depth=4,
        groups=world.parameters.block_groups,
        group_size=world.parameters.group_transactions,
        name=bytes(32),
    )
    expected: ErrorCode | None = None
    if gas > 100_000:
        expected = ErrorCode.QUEUE_CALL_GAS_OUT_OF_RANGE
    elif length > 64:
        expected = ErrorCode.QUEUE_CALL_DATA_TOO_LONG
    elif item.message.kind == 0:
        expected = ErrorCode.QUEUE_PADDING
    else:
        expected = model.refusal_without_notes([item.words]) or money_code(world.rollup, item)
    if expected is None and proof != PROVEN:
        expected = ErrorCode.SETTLEMENT_TRANSACTION_UNPROVEN
    wanted = step(
        "queue_transaction",
        ACCOUNTS[1],
        world.time,
        transaction=item,
        proof=proof,
        attached=call,
    )
    try:
        after, _ = perform(world.rollup, wanted, STATED_VERIFIERS, world.parameters)
    except SpecError as refusal:
        code: ErrorCode | None = refusal.code
        after = world.rollup
    else:
        code = None
    assert code == expected
    entry = Entry(transaction=item, call=call, queued_at=world.time)
    added = () if code else (entry,)
    assert after.queue.waiting == (*world.rollup.queue.waiting, *added)
    deposits = dict(world.rollup.bridge.deposits)
    if code is None and item.message.kind == MINT:
        made = deposits[item.message.hash]
        deposits[item.message.hash] = replace(made, held_at=world.time)
    assert dict(after.bridge.deposits) == deposits
    assert after.bridge == replace(world.rollup.bridge, deposits=after.bridge.deposits)


@evidence("PAYY-QUEUE-T06", part="deposit and queue in one step")
@given(worlds(most=6), public_inputs(), st.sampled_from((None, 0, 1)), st.booleans(), st.data())
def test_both_steps_in_one(
    world: World, item: PublicInputs, surplus: int | None, is_good: bool, data: st.DataObject
) -> None:
    """The step in one is a deposit and then an entry, or nothing; for mints alone."""
    if is_good:
        value = data.draw(st.integers(0, 2))
        words = [0, 0, 17, 0, MINT, KIND, value, data.draw(st.integers(0, 2)), 0]
        item = public_inputs_of(list(map(FieldElement, words)))
    value = int(item.message.value)
    received = None if surplus is None else value + surplus
    proof = data.draw(st.sampled_from((PROVEN, UNPROVEN)))
    name, time = ACCOUNTS[1], world.time
    one = [step("deposit_and_queue", name, time, transaction=item, proof=proof, received=received)]
    message = item.message
    given = {"mint_hash": message.hash, "note_kind": message.note_kind, "value": value}
    two = [
        step("deposit", name, time, received=received, **given),
        step("queue_transaction", name, time, transaction=item, proof=proof, attached=None),
    ]
    together = result(world, one)
    if message.kind == MINT:
        assert together == result(world, two)
    else:
        assert together == ErrorCode.QUEUE_NOT_MINT


def result(world: World, steps: Sequence[Step]) -> Any:
    """Give what steps come to: state and events, or a code."""
    try:
        return perform_all(world.rollup, steps, STATED_VERIFIERS, world.parameters)
    except SpecError as refusal:
        return refusal.code


# T07


def without_call(entry: Entry) -> Entry:
    """Give an entry without its call."""
    return replace(entry, call=None)


def without_calls(done: Step) -> Step:
    """Give a step as if no entry had a call."""
    arguments = dict(done.arguments)
    if "attached" in arguments:
        arguments["attached"] = None
    if "entry" in arguments:
        arguments["entry"] = without_call(arguments["entry"])
    if "verdicts" in arguments:
        arguments["verdicts"] = tuple(
            replace(each, entry=without_call(each.entry)) for each in arguments["verdicts"]
        )
    return replace(done, arguments=arguments)


@evidence("PAYY-QUEUE-T07")
@given(worlds(most=16), st.integers(0, 2000))
def test_calls_change_nothing(world: World, wait: int) -> None:
    """The same history without calls comes to the same; calls are those of applied entries."""
    world.time += 40 + wait
    least = world.count_due()
    world.settle(least)
    quiet, events = perform_all(
        world.start, map(without_calls, world.steps), world.verifiers, world.parameters
    )
    expected = {
        **shown_state(world.rollup),
        "waiting": tuple(map(without_call, world.rollup.queue.waiting)),
    }
    assert shown_state(quiet) == expected
    silent = [each for each in world.events if not isinstance(each, CallDue)]
    assert list(events) == [
        replace(each, entry=without_call(each.entry))
        if isinstance(each, TransactionQueued)
        else each
        for each in silent
    ]
    applied = [e.index for e in silent if isinstance(e, EntryConsumed) and e.applied]
    wanted = [(i, call) for i in applied if (call := world.queued[i].call) is not None]
    made = [each for each in world.events if isinstance(each, CallDue)]
    assert [(each.index, each.target, each.data, each.gas) for each in made] == [
        (index, call.target, call.data, call.gas) for index, call in wanted
    ]


# T08


@evidence("PAYY-QUEUE-T08")
@given(st.one_of(crowds(), worlds(most=16)), st.data())
def test_verdicts_move_no_money(world: World, data: st.DataObject) -> None:
    """A block with verdicts leaves the bridge as the same block does when nothing waits."""
    world.time += data.draw(st.sampled_from((40, 1000)))
    most = min(len(world.rollup.queue.waiting), world.parameters.block_transactions)
    count = data.draw(st.integers(world.count_due(), most))
    given_verdicts = world.settlement(count)
    without = {**given_verdicts, "opening": (), "verdicts": ()}
    idle = replace(world.rollup, queue=Queue())
    wanted = step("settle", ACCOUNTS[0], world.time, **without)
    expected, _ = perform(idle, wanted, world.verifiers, world.parameters)
    world.do("settle", ACCOUNTS[0], **given_verdicts)
    assert world.rollup.bridge == expected.bridge


@evidence("PAYY-QUEUE-T08", part="without the sequencers")
@given(st.one_of(crowds(), worlds(most=16)))
def test_void_entries_move_no_money(world: World) -> None:
    """An entry that leaves as void without the sequencers leaves the bridge as it was."""
    world.time += 2000
    while world.is_overdue():
        entry, before = world.rollup.queue.waiting[0], world.rollup.bridge
        world.serve()
        is_applied = EntryConsumed(index=world.rollup.queue.consumed - 1, applied=True)
        if is_applied in world.events:
            continue
        assert world.rollup.bridge == before
        message = entry.transaction.message
        if message.kind == MINT and message.hash in before.deposits:
            status = before.deposits[message.hash].status
            assert world.rollup.bridge.deposits[message.hash].status is status


@evidence("PAYY-QUEUE-T08", part="blocks that are committed settle all the same")
@given(st.sampled_from(LEAVES[6:]), st.sampled_from(LEAVES[:6]), st.sampled_from((40, 2000)))
def test_void_mints_stop_no_committed_block(
    made: FieldElement, never: FieldElement, wait: int
) -> None:
    """The mint of a deposit settles, though a void mint of it had its verdict before."""
    world = new_world(network(2, 1), [])
    honest = balanced((), (made,), ACCOUNTS[1])
    void_everywhere = replace(honest, input_commitments=(never, FieldElement(0)))
    world.deposit(honest.message.hash, worth(made), ACCOUNTS[1])
    world.time += 40
    world.queue(void_everywhere)
    world.time += wait
    if world.is_overdue():
        world.serve()
    else:
        world.settle(1)
    assert EntryConsumed(index=0, applied=False) in world.events
    code = world.refusal("cancel_deposit", mint_hash=honest.message.hash)
    assert code == ErrorCode.BRIDGE_NOT_DEPOSITOR
    world.time += 40
    world.settle(0, [honest])
    deposits = world.rollup.bridge.deposits
    assert deposits[honest.message.hash].status is DepositStatus.TAKEN
    assert set(world.tree) == {made}


# T09


@st.composite
def spams(draw: st.DrawFn, world: World) -> None:
    """Queue a crowd of entries that cost nothing and are never used up."""
    for _ in range(draw(st.integers(0, 12))):
        world.queue(balanced((), (), draw(st.sampled_from(PEOPLE))))


@evidence("PAYY-QUEUE-T09")
@given(networks, st.data())
def test_served_queue_is_never_frozen(parameters: Parameters, data: st.DataObject) -> None:
    """Whoever serves the queue in time is not frozen, however many entries there are."""
    world = new_world(parameters, [])
    places = parameters.block_transactions
    longest = places * parameters.queue_service_seconds
    data.draw(spams(world))
    pause = parameters.queue_freeze_seconds - 1
    for _ in range(data.draw(st.integers(1, 6))):
        served = world.time
        world.time += pause // 2
        data.draw(spams(world))
        world.time = served + pause
        assert world.refusal("freeze") == ErrorCode.QUEUE_NOT_EXPIRED
        world.settle(min(len(world.rollup.queue.waiting), places))
        assert world.refusal("freeze") == ErrorCode.QUEUE_NOT_EXPIRED
        pause = data.draw(st.sampled_from((longest, longest, longest // 3)))


@evidence("PAYY-QUEUE-T09", part="an entry that is not served is a reason to freeze in its second")
@given(st.one_of(crowds(), worlds(most=16)), st.integers(0, 10**6))
def test_unserved_queue_is_frozen(world: World, more: int) -> None:
    """Whatever happened before, the oldest entry expires in its second, and stays expired."""
    assume(world.rollup.queue.waiting)
    oldest = world.rollup.queue.waiting[0].queued_at
    end = world.expiry()
    assert end - oldest >= world.parameters.queue_freeze_seconds
    world.time = end - 1
    assert world.refusal("freeze") == ErrorCode.QUEUE_NOT_EXPIRED
    world.time += 1 + more
    assert world.refusal("freeze") is None


# The worlds themselves


VERDICTS: Final[tuple[tuple[str, Callable[[Verdict], bool]], ...]] = (
    ("applied", lambda verdict: isinstance(verdict, Applied)),
    ("void before", lambda verdict: _is_void(verdict, is_after=False, proof=PROVEN)),
    ("void after", lambda verdict: _is_void(verdict, is_after=True, proof=PROVEN)),
    ("deposit gone", lambda verdict: _is_void(verdict, is_after=False, proof=UNPROVEN)),
)


def _is_void(verdict: Verdict, *, is_after: bool, proof: bytes) -> bool:
    return verdict == Void(entry=verdict.entry, is_after=is_after, proof=proof)


@pytest.mark.parametrize(("name", "is_wanted"), VERDICTS, ids=[name for name, _ in VERDICTS])
def test_worlds_have_every_verdict(name: str, is_wanted: Callable[[Verdict], bool]) -> None:
    """The generated worlds reach every verdict, else the properties would say little."""

    def has_it(world: World) -> bool:
        """Tell whether a block has such a verdict in this world."""
        world.time += 40
        most = min(len(world.rollup.queue.waiting), world.parameters.block_transactions)
        return any(map(is_wanted, world.settlement(most)["verdicts"]))

    searching = settings(max_examples=2000, database=None, phases=[Phase.generate])
    worlds_with_it = st.one_of(crowds(), worlds())
    found = find(worlds_with_it, has_it, settings=searching)
    assert found.rollup.queue.waiting, name
