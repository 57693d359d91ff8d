"""Scenarios of pending transactions."""

from collections.abc import Sequence
from typing import Any

import pytest

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.errors import ErrorCode
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.mempool import Lease, Mempool
from payy_ref.ledger.sequence import Height
from payy_ref.ledger.transaction import BURN, MINT, PADDING, SEND, ZERO, PublicInputs
from payy_ref.vectors.model import case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import (
    MAINNET,
    PLACES,
    both_presets,
    in_words,
    json_of,
    leaves_of,
    rules,
    send,
    sharing_slot,
    transaction,
    with_field_missing,
    with_order,
)

LEAVES = leaves_of("mempool", 40)
OLD, NEW = LEAVES[:20], LEAVES[20:]

FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH = (
    send(OLD[2 * at : 2 * at + 2], NEW[2 * at : 2 * at + 2]) for at in range(6)
)
"""Transactions that have nothing in common."""

BARE, OTHER_BARE = (transaction(MINT, words=(word,)) for word in case_elements("mempool-bare", 2))
"""Transactions without commitments."""


def pool(*waiting: PublicInputs, **leases: Sequence[PublicInputs]) -> Mempool:
    """Give a pool; `at_5=(a, b)` is a lease for height 5."""
    return Mempool(
        waiting=waiting,
        leases=tuple(
            Lease(height=Height(int(name.removeprefix("at_"))), transactions=tuple(taken))
            for name, taken in leases.items()
        ),
    )


@pytest.mark.parametrize(
    ("name", "before", "added"),
    [
        ("to-empty", pool(), FIRST),
        ("behind-others", pool(SECOND, THIRD), FIRST),
        ("while-leased", pool(SECOND, at_5=[THIRD]), FIRST),
        ("nothing-waits", pool(at_5=[THIRD]), FIRST),
        ("without-commitments", pool(FIRST), BARE),
        ("two-without-commitments", pool(BARE, at_5=[FIRST]), OTHER_BARE),
        ("second-places", pool(send((OLD[0],), (NEW[0],))), send((ZERO, OLD[1]), (ZERO, NEW[1]))),
        ("send-without-commitments", pool(FIRST, BARE), send()),
        ("unknown-kind", pool(FIRST), transaction(FieldElement(4))),
        ("commitment-as-word", pool(FIRST), transaction(BURN, OLD[4:5], (), FIRST.words[:4])),
    ],
)
def test_transactions_that_are_added(
    vector: VectorWriter, name: str, before: Mempool, added: PublicInputs
) -> None:
    """
    A transaction waits at the end.

    Given a pool that has none of its commitments, when a transaction is added, then it is the last
    of the queue; commitments 0 are in nobody's way, and kinds above 3 are judged by blocks only.
    """
    output = vector.accepts(
        f"mempool-add-{name}",
        "mempool/add",
        description=f"A transaction is added at the end of the queue: {in_words(name)}.",
        requirements=rules(28, 29, 35),
        flags=["POOL_CONFLICT", "POOL_ORDER"],
        mempool=before,
        transaction=added,
    )
    assert output["mempool"].waiting == (*before.waiting, added)
    assert output["mempool"].leases == before.leases


@pytest.mark.parametrize("place", ["waiting", "leased"])
def test_conflicts(vector: VectorWriter, place: str) -> None:
    """
    Two pending transactions name no leaf in common.

    Given a transaction that waits or is leased, when another one is added with a commitment of it,
    on either side and in either place, then it is refused; so is the same one.
    """
    old, new = OLD[10:12], NEW[10:12]
    added = {
        "input-of-input": send((OLD[0], old[0]), new),
        "input-of-second-input": send((ZERO, OLD[1]), new),
        "input-of-output": send((old[0], NEW[1]), new),
        "output-of-input": send(old, (OLD[0], new[0])),
        "output-of-output": send(old, (ZERO, NEW[0])),
        "same-transaction": FIRST,
        "same-commitments": transaction(BURN, OLD[:2], NEW[:2], old),
        "one-commitment": transaction(MINT, (), (NEW[1],)),
    }
    before = pool(SECOND, FIRST) if place == "waiting" else pool(SECOND, at_5=[THIRD, FIRST])
    for name, each in added.items():
        vector.rejects(
            f"mempool-add-{name}-{place}",
            "mempool/add",
            ErrorCode.MEMPOOL_CONFLICT,
            description=f"A transaction conflicts with one that is {place}: {in_words(name)}.",
            requirements=[
                *rules(28),
                # This one is a duplicate, too.
                *["PAYY-CONVENTIONS-002"] * (name == "same-transaction"),
            ],
            flags=["POOL_CONFLICT"],
            mempool=before,
            transaction=each,
        )


def test_duplicates(vector: VectorWriter) -> None:
    """
    A transaction is pending once.

    Given a transaction without commitments that waits or is leased, when it is added again, then it
    is refused.
    """
    pools = {
        "waiting": (pool(FIRST, BARE), BARE),
        "leased": (pool(FIRST, at_5=[BARE]), BARE),
        "leased-later": (pool(at_5=[FIRST], at_6=[SECOND, BARE]), BARE),
        "send-waiting": (pool(FIRST, send()), send()),
    }
    for name, (before, added) in pools.items():
        vector.rejects(
            f"mempool-add-duplicate-{name}",
            "mempool/add",
            ErrorCode.MEMPOOL_DUPLICATE,
            description=f"A transaction without commitments is added again: {in_words(name)}.",
            requirements=rules(29),
            flags=["POOL_CONFLICT"],
            mempool=before,
            transaction=added,
        )


@pytest.mark.parametrize(
    ("name", "before", "added"),
    [
        ("alone", pool(), EMPTY_PLACE),
        ("behind-others", pool(FIRST, at_5=[SECOND]), EMPTY_PLACE),
        ("with-commitments", pool(FIRST), transaction(PADDING, OLD[4:6], NEW[4:6])),
        ("with-words", pool(FIRST), transaction(PADDING, words=(OLD[4],))),
        ("order-before-conflict", pool(FIRST), transaction(PADDING, OLD[:1])),
    ],
)
def test_padding(vector: VectorWriter, name: str, before: Mempool, added: PublicInputs) -> None:
    """
    Padding does not wait.

    Given a pool, when padding is added, then it is refused before anything else is judged.
    """
    vector.rejects(
        f"mempool-add-padding-{name}",
        "mempool/add",
        ErrorCode.MEMPOOL_PADDING,
        description=f"Padding is not added to the pool: {in_words(name)}.",
        requirements=with_order(name, rules(35)),
        flags=["POOL_CONFLICT"],
        mempool=before,
        transaction=added,
    )


@pytest.mark.parametrize(
    ("name", "before", "maximum", "taken"),
    [
        ("none-is-asked-for", pool(FIRST, SECOND), 0, 0),
        ("one", pool(FIRST, SECOND, THIRD), 1, 1),
        ("some", pool(FIRST, SECOND, THIRD), 2, 2),
        ("all", pool(FIRST, SECOND, THIRD), 3, 3),
        ("more-than-there-are", pool(FIRST, SECOND), 6, 2),
        ("very-many", pool(FIRST, SECOND), 10**79, 2),
        ("the-pool-is-empty", pool(), 6, 0),
        ("all-is-leased-already", pool(at_4=[FIRST]), 6, 0),
        ("while-height-4-is-leased", pool(SECOND, THIRD, at_4=[FIRST]), 1, 1),
        ("while-height-6-is-leased", pool(SECOND, THIRD, at_6=[FIRST]), 6, 2),
    ],
)
def test_leases(vector: VectorWriter, name: str, before: Mempool, maximum: int, taken: int) -> None:
    """
    A lease takes the front of the queue.

    Given a queue, when a number of transactions is leased for height 5, then the first ones are
    taken, as many as there are at most; a lease of nothing is none.
    """
    output = vector.accepts(
        f"mempool-lease-{name}",
        "mempool/lease",
        description=f"A lease for height 5 takes {taken} of {len(before.waiting)} waiting "
        f"transactions: {in_words(name)}.",
        requirements=rules(30),
        flags=["POOL_LEASE", "POOL_ORDER"],
        mempool=before,
        height=5,
        maximum=maximum,
    )
    lease = (Lease(height=Height(5), transactions=before.waiting[:taken]),) if taken else ()
    assert output["transactions"] == before.waiting[:taken]
    assert output["mempool"].waiting == before.waiting[taken:]
    assert output["mempool"].leases == (*before.leases, *lease)


def test_second_leases(vector: VectorWriter) -> None:
    """
    A height has one lease.

    Given a lease that is out, when another one is asked for its height, then it is refused, also
    one of nothing.
    """
    leased = pool(THIRD, at_4=[FIRST], at_5=[SECOND])
    requests = {
        "second": (leased, 1),
        "second-of-nothing": (leased, 0),
        "second-of-empty-queue": (pool(at_5=[FIRST]), 6),
    }
    for name, (before, maximum) in requests.items():
        vector.rejects(
            f"mempool-lease-{name}",
            "mempool/lease",
            ErrorCode.MEMPOOL_LEASE_HELD,
            description=f"A lease for height 5 is out already: {in_words(name)}.",
            requirements=rules(30),
            flags=["POOL_LEASE"],
            mempool=before,
            height=5,
            maximum=maximum,
        )


@pytest.mark.parametrize(
    ("name", "before", "done", "after"),
    [
        ("all-done", pool(THIRD, at_5=[FIRST, SECOND]), [FIRST, SECOND], pool(THIRD)),
        (
            "none-done",
            pool(THIRD, FOURTH, at_5=[FIRST, SECOND]),
            [],
            pool(FIRST, SECOND, THIRD, FOURTH),
        ),
        ("first-done", pool(THIRD, at_5=[FIRST, SECOND]), [FIRST], pool(SECOND, THIRD)),
        (
            "middle-done",
            pool(FOURTH, at_5=[FIRST, SECOND, THIRD]),
            [SECOND],
            pool(FIRST, THIRD, FOURTH),
        ),
        (
            "order-of-the-lease",
            pool(THIRD, at_5=[SECOND, FOURTH, FIRST]),
            [],
            pool(SECOND, FOURTH, FIRST, THIRD),
        ),
        (
            "order-of-done-does-not-matter",
            pool(FOURTH, at_5=[FIRST, SECOND, THIRD]),
            [THIRD, FIRST],
            pool(SECOND, FOURTH),
        ),
        ("done-waits", pool(THIRD, FOURTH, at_5=[FIRST]), [THIRD], pool(FIRST, FOURTH)),
        (
            "done-leased-for-another-height",
            pool(FOURTH, at_5=[FIRST], at_6=[SECOND, THIRD]),
            [FIRST, SECOND],
            pool(FOURTH, at_6=[THIRD]),
        ),
        (
            "other-lease-is-done",
            pool(FOURTH, at_5=[FIRST], at_6=[SECOND]),
            [SECOND],
            pool(FIRST, FOURTH),
        ),
        (
            "other-lease-stays",
            pool(FOURTH, at_4=[THIRD], at_5=[FIRST], at_6=[SECOND]),
            [FIRST],
            pool(FOURTH, at_4=[THIRD], at_6=[SECOND]),
        ),
        ("done-was-not-pending", pool(SECOND, at_5=[FIRST]), [SIXTH], pool(FIRST, SECOND)),
        (
            "done-has-other-words",
            pool(SECOND, at_5=[FIRST]),
            [transaction(BURN, OLD[:2], NEW[:2])],
            pool(FIRST, SECOND),
        ),
        ("no-lease", pool(FIRST, at_6=[SECOND]), [], pool(FIRST, at_6=[SECOND])),
        ("no-lease-done-waits", pool(FIRST, SECOND), [FIRST], pool(SECOND)),
        ("empty-pool", pool(), [FIRST], pool()),
        ("without-commitments", pool(BARE, at_5=[OTHER_BARE]), [BARE], pool(OTHER_BARE)),
        ("done-twice", pool(SECOND, at_5=[FIRST]), [FIRST, FIRST], pool(SECOND)),
    ],
)
def test_ends_of_leases(
    vector: VectorWriter,
    name: str,
    before: Mempool,
    done: Sequence[PublicInputs],
    after: Mempool,
) -> None:
    """
    What is done leaves the pool, the rest of the lease returns to the front.

    Given a pool, when the lease of height 5 ends, then what is done is gone wherever it stood, and
    the rest of the lease stands in front of the queue in its order; other leases stay.
    """
    output = vector.accepts(
        f"mempool-settle-{name}",
        "mempool/settle",
        description=f"The lease of height 5 ends: {in_words(name)}.",
        requirements=rules(31),
        flags=["POOL_LEASE", "POOL_ORDER"],
        mempool=before,
        height=5,
        done=tuple(done),
    )
    assert output["mempool"] == after


def test_life_of_a_pool(vector: VectorWriter) -> None:
    """
    Nothing is lost between two blocks.

    Given six transactions, when four are leased for two heights and the leases end one after the
    other without a block, then all wait again; what returned last stands in front.
    """
    state = pool(FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH)
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("lease-5", "mempool/lease", {"height": 5, "maximum": 2}),
        ("lease-6", "mempool/lease", {"height": 6, "maximum": 2}),
        ("settle-5", "mempool/settle", {"height": 5, "done": ()}),
        ("settle-6", "mempool/settle", {"height": 6, "done": ()}),
        ("lease-5-again", "mempool/lease", {"height": 5, "maximum": 3}),
        ("settle-5-again", "mempool/settle", {"height": 5, "done": (THIRD, FIRST)}),
    ]
    for name, operation, given in steps:
        state = vector.accepts(
            f"{operation.replace('/', '-')}-life-{name}",
            operation,
            description=f"A step in the life of a pool: {in_words(name)}.",
            requirements=rules(30, 31),
            flags=["POOL_LEASE", "POOL_ORDER"],
            mempool=state,
            **given,
        )["mempool"]
        if name == "settle-6":
            assert state == pool(THIRD, FOURTH, FIRST, SECOND, FIFTH, SIXTH)
    assert state == pool(FOURTH, SECOND, FIFTH, SIXTH)


def _at_height(height: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Give inputs with a height, by what has it: the operation and its fields."""
    before, leased = pool(SECOND, at_5=[FIRST]), pool(SECOND, **{f"at_{height}": [FIRST]})
    return {
        "add-lease": ("mempool/add", {"mempool": leased, "transaction": THIRD}),
        "lease-other-lease": ("mempool/lease", {"mempool": leased, "height": 5, "maximum": 1}),
        "lease-height": ("mempool/lease", {"mempool": before, "height": height, "maximum": 1}),
        "settle-other-lease": ("mempool/settle", {"mempool": leased, "height": 5, "done": ()}),
        "settle-height": ("mempool/settle", {"mempool": before, "height": height, "done": ()}),
    }


@pytest.mark.parametrize("name", _at_height(0))
def test_heights_of_leases(vector: VectorWriter, name: str) -> None:
    """
    Heights have 64 bits.

    Given a height in the pool or beside it, when the operation runs, then it is accepted up to
    2^64 - 1 and rejected from 2^64 on.
    """
    greatest, beyond = 2**64 - 1, 2**64
    operation, given = _at_height(greatest)[name]
    output = vector.accepts(
        f"mempool-{name}-greatest",
        operation,
        description=f"A height of 2^64 - 1 in the pool or beside it: {in_words(name)}.",
        requirements=rules(16),
        flags=["BLOCK_LAYOUT"],
        **given,
    )
    at_end = {f"at_{greatest}": [FIRST]}
    expected = {
        "add-lease": pool(SECOND, THIRD, **at_end),
        "lease-other-lease": pool(**at_end, at_5=[SECOND]),
        "lease-height": pool(at_5=[FIRST], **{f"at_{greatest}": [SECOND]}),
        "settle-other-lease": pool(SECOND, **at_end),
        "settle-height": pool(SECOND, at_5=[FIRST]),
    }
    assert output["mempool"] == expected[name]
    operation, given = _at_height(beyond)[name]
    vector.rejects(
        f"mempool-{name}-2-64",
        operation,
        ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE,
        description=f"A height of 2^64 in the pool or beside it: {in_words(name)}.",
        requirements=rules(16),
        flags=["BLOCK_LAYOUT"],
        **given,
    )


def chooses(
    vector: VectorWriter,
    name: str,
    preset: str,
    candidates: Sequence[PublicInputs],
    reasons: Sequence[ErrorCode | None],
    leaves: Sequence[FieldElement] = OLD,
) -> None:
    """State which candidates are chosen, and why the others are not."""
    output = vector.accepts(
        f"mempool-choose-{name}-{preset}",
        "mempool/choose",
        description=f"A proposer chooses among its candidates: {in_words(name)}.",
        requirements=rules(9, 31, 32),
        flags=["POOL_CHOICE"],
        preset=preset,
        leaves=tuple(leaves),
        candidates=tuple(candidates),
    )
    judged = list(zip(candidates, reasons, strict=True))
    chosen = tuple(each for each, reason in judged if reason is None)
    refused = [(each, reason) for each, reason in judged if reason is not None]
    assert output["transactions"] == chosen
    assert output["refused"] == tuple(
        {"public_inputs": each, "error": str(reason)} for each, reason in refused
    )
    # What only lacked a place is not done: it returns to the queue.
    lasting = [each for each, reason in refused if reason != ErrorCode.LEDGER_BLOCK_TOO_LARGE]
    assert output["done"] == (*chosen, *lasting)


@both_presets
def test_choices(vector: VectorWriter, preset: str) -> None:
    """
    A proposer takes what fits with what it has taken.

    Given candidates, when a proposer chooses, then each one is judged in order together with those
    taken before it, and a refused one takes no place. Padding is refused and spoils nothing.
    """
    a, b, c = OLD[:3]
    e, f, g = NEW[:3]
    beside_a = sharing_slot(a, preset)
    absent, occupied = ErrorCode.MERKLE_ELEMENT_ABSENT, ErrorCode.MERKLE_SLOT_OCCUPIED
    repeated, padding = ErrorCode.LEDGER_LEAF_REPEATED, ErrorCode.MEMPOOL_PADDING
    unknown = transaction(FieldElement(4), (c,))
    bent = transaction(SEND, (c,), (), (FieldElement(1),))
    choices: dict[str, tuple[Sequence[PublicInputs], Sequence[ErrorCode | None]]] = {
        "nothing": ([], []),
        "both": ([send((a,), (e,)), send((b,), (f,))], [None, None]),
        "spent-by-both": ([send((a,), (e,)), send((a,), (f,))], [None, repeated]),
        "spent-by-both-other-order": ([send((a,), (f,)), send((a,), (e,))], [None, repeated]),
        "spends-what-is-made": ([send((a,), (e,)), send((e,), (f,))], [None, repeated]),
        "spends-what-is-made-later": ([send((e,), (f,)), send((a,), (e,))], [absent, None]),
        "third-instead-of-second": (
            [send((a,), (e,)), send((a,), (f,)), send((b,), (g,))],
            [None, repeated, None],
        ),
        "refused-first": ([send((g,), (e,)), send((a,), (f,))], [absent, None]),
        "conflict-with-refused": ([send((g, a), (e,)), send((a,), (e,))], [absent, None]),
        "slot-is-emptied-first": ([send((a,)), send((), (beside_a,))], [None, None]),
        "slot-is-emptied-later": ([send((), (beside_a,)), send((a,))], [occupied, None]),
        "same-candidate-twice": ([send((a,), (e,)), send((a,), (e,))], [None, repeated]),
        "unknown-kind": ([unknown, send((a,))], [ErrorCode.LEDGER_KIND_UNKNOWN, None]),
        "not-carried": ([bent, send((a,))], [ErrorCode.LEDGER_MESSAGE_NOT_CARRIED, None]),
        "value-without-kind": (
            [transaction(MINT, (), (e,), (ZERO, FieldElement(1))), send((a,))],
            [ErrorCode.LEDGER_VALUE_WITHOUT_KIND, None],
        ),
        "none-fits": (
            [unknown, send((e,)), send((), (b,))],
            [ErrorCode.LEDGER_KIND_UNKNOWN, absent, occupied],
        ),
        "padding": ([EMPTY_PLACE], [padding]),
        "padding-after-transaction": ([send((a,)), EMPTY_PLACE], [None, padding]),
        "padding-before-transaction": ([EMPTY_PLACE, send((a,))], [padding, None]),
        "padding-between-transactions": (
            [send((a,)), EMPTY_PLACE, EMPTY_PLACE, send((b,))],
            [None, padding, padding, None],
        ),
        "padding-with-commitments": (
            [transaction(PADDING, (a,), (e,)), send((a,), (e,))],
            [padding, None],
        ),
    }
    for name, (candidates, reasons) in choices.items():
        chooses(vector, name, preset, candidates, reasons)


@both_presets
def test_more_candidates_than_places(vector: VectorWriter, preset: str) -> None:
    """
    A block has no more transactions than places.

    Given more candidates, when a proposer chooses, then those after the last place are refused for
    the size of the block, whatever else is wrong with them, and are not done. Refused ones before
    do not count, and padding is refused as padding.
    """
    most, too_large = PLACES[preset], ErrorCode.LEDGER_BLOCK_TOO_LARGE
    good = [send((leaf,)) for leaf in OLD[:most]]
    late = [send((OLD[most],)), transaction(FieldElement(4)), good[0]]
    chooses(vector, "exactly-full", preset, good, [None] * most)
    chooses(
        vector,
        "more-than-places",
        preset,
        [*good, *late],
        [*[None] * most, *[too_large] * 3],
    )
    chooses(
        vector,
        "refused-take-no-place",
        preset,
        [good[0], good[0], *good[1:], late[0]],
        [None, ErrorCode.LEDGER_LEAF_REPEATED, *[None] * (most - 1), too_large],
    )
    chooses(
        vector,
        "padding-after-last-place",
        preset,
        [*good, EMPTY_PLACE, late[0]],
        [*[None] * most, ErrorCode.MEMPOOL_PADDING, too_large],
    )


@both_presets
def test_what_a_block_had_no_place_for(vector: VectorWriter, preset: str) -> None:
    """
    What only lacked a place waits for the next block.

    Given a lease of more transactions than a block has places, one of them without its input, when
    a proposer has chosen and the lease ends, then the late ones stand in front of the queue.
    """
    most = PLACES[preset]
    good = [send((leaf,)) for leaf in OLD[:most]]
    late = [send((leaf,)) for leaf in OLD[most : most + 2]]
    never, other = send((NEW[0],)), send((OLD[most + 2],))
    leased = (never, *good, *late)
    choice = vector.accepts(
        f"mempool-choose-more-than-leased-places-{preset}",
        "mempool/choose",
        description="A proposer leased two transactions more than a block has places, and one "
        "whose input is absent.",
        requirements=rules(31, 32),
        flags=["POOL_CHOICE", "POOL_ORDER"],
        preset=preset,
        leaves=OLD,
        candidates=leased,
    )
    assert choice["transactions"] == tuple(good)
    assert choice["done"] == (*good, never)
    output = vector.accepts(
        f"mempool-settle-after-choice-of-{most}",
        "mempool/settle",
        description=f"Of a lease of {len(leased)} transactions, {most} stand in the block, one was "
        "refused for good, and two had no place.",
        requirements=rules(31),
        flags=["POOL_LEASE", "POOL_ORDER"],
        mempool=pool(other, at_5=leased),
        height=5,
        done=choice["done"],
    )
    assert output["mempool"] == pool(*late, other)


@both_presets
def test_leaves_of_choices(vector: VectorWriter, preset: str) -> None:
    """
    A proposer chooses on a tree.

    Given leaves that make no tree, when a proposer chooses, then the input is rejected; on the
    empty tree only outputs are possible.
    """
    chooses(
        vector,
        "on-empty-tree",
        preset,
        [send((OLD[0],)), transaction(MINT, (), (NEW[0],))],
        [ErrorCode.MERKLE_ELEMENT_ABSENT, None],
        leaves=(),
    )
    leaves = {
        "zero": (ErrorCode.MERKLE_ELEMENT_ZERO, (OLD[0], ZERO), "PAYY-MERKLE-006"),
        "twice": (ErrorCode.MERKLE_SLOT_OCCUPIED, (OLD[0], OLD[0]), "PAYY-MERKLE-007"),
        "p": (ErrorCode.FIELD_ELEMENT_NOT_CANONICAL, (FieldElement(MODULUS),), "PAYY-MERKLE-005"),
    }
    for name, (error, held, requirement) in leaves.items():
        vector.rejects(
            f"mempool-choose-leaves-{name}-{preset}",
            "mempool/choose",
            error,
            description=f"Leaves that make no tree are rejected: {in_words(name)}.",
            requirements=[requirement],
            flags=["LEAF_SET"],
            preset=preset,
            leaves=held,
            candidates=(),
        )


def _inputs() -> dict[str, dict[str, Any]]:
    """Give a good input of each operation, in JSON."""
    before = pool(FIRST, at_5=[SECOND])
    inputs: dict[str, dict[str, Any]] = {
        "mempool/add": {"mempool": before, "transaction": THIRD},
        "mempool/lease": {"mempool": before, "height": 6, "maximum": 1},
        "mempool/settle": {"mempool": before, "height": 5, "done": (SECOND,)},
        "mempool/choose": {"leaves": OLD, "candidates": (FIRST,)},
    }
    return {name: json_of(name, **given) for name, given in inputs.items()}


@pytest.mark.parametrize("operation", _inputs())
def test_forms_of_pools(vector: VectorWriter, operation: str) -> None:
    """
    Every field of an input is there, and no other.

    Given an input without one of its fields, with one too many, with null in the place of a value,
    or a pool of another form, when the operation runs, then the input is malformed.
    """
    good = _inputs()[operation]
    bent = {"unknown-field": {**good, "now": "0"}, **with_field_missing(good)}
    if operation == "mempool/add":
        before = good["mempool"]
        lease = before["leases"][0]
        pools = {
            "pool-without-leases": {"waiting": before["waiting"]},
            "pool-without-waiting": {"leases": before["leases"]},
            "lease-without-height": {**before, "leases": [{"transactions": []}]},
            "lease-without-transactions": {**before, "leases": [{"height": "5"}]},
            "lease-height-number": {**before, "leases": [{**lease, "height": 5}]},
            "eight-public-inputs": {
                **before,
                "waiting": [{"public_inputs": before["waiting"][0]["public_inputs"][:8]}],
            },
        }
        bent |= {name: {**good, "mempool": each} for name, each in pools.items()}
    if operation == "mempool/lease":
        bent["negative-maximum"] = {**good, "maximum": "-1"}
    place: dict[str, Any] = {"preset": MAINNET} if operation == "mempool/choose" else {}
    suffix = "-mainnet" if place else ""
    for name, given in bent.items():
        vector.rejects_malformed(
            f"{operation.replace('/', '-')}-malformed-{name}{suffix}",
            operation,
            given,
            description=f"The input of {operation} is not of its form: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
            **place,
        )
