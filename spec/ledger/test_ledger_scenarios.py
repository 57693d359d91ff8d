"""Scenarios of what a block does to the tree, and of its data."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_elements
from payy_ref.errors import ErrorCode
from payy_ref.ledger import builder
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.builder import Recipient
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.note import InputNote, Note, NoteValue, Psi, SecretKey, note_address
from payy_ref.ledger.transaction import BURN, MINT, PADDING, SEND, ZERO, PublicInputs
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.model import case_bytes, case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import (
    BURN_WORDS,
    LAST,
    MAINNET,
    MINIMAL,
    MINT_WORDS,
    OLD,
    PLACES,
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    H,
    both_presets,
    burn,
    in_words,
    json_of,
    leaves_after,
    leaves_of,
    mint,
    mixed,
    root_of,
    rules,
    send,
    sharing_slot,
    transaction,
    with_field_missing,
    with_order,
)

GROUP = {MAINNET: 3, MINIMAL: 1}


def commit_of(preset: str, transactions: Sequence[PublicInputs]) -> FieldElement:
    """Give the commit hash: of two groups, each of its places, each of four commitments."""
    size = GROUP[preset]
    filled = [*transactions, *[EMPTY_PLACE] * (2 * size - len(transactions))]
    groups = [filled[:size], filled[size:]]
    hashes = [hash_elements([hash_elements(each.words[:4]) for each in group]) for group in groups]
    empty = [all(each.words[4] == 0 for each in group) for group in groups]
    return hash_elements([ZERO if empty[at] else hashes[at] for at in (0, 1)])


def messages_of(transactions: Sequence[PublicInputs]) -> tuple[FieldElement, ...]:
    """Give the words that L1 sees: four of a mint, five of a burn."""
    ends = {0: 4, 1: 4, 2: 8, 3: 9}
    return tuple(word for each in transactions for word in each.words[4 : ends[each.words[4]]])


def applies(
    vector: VectorWriter,
    name: str,
    preset: str,
    old: Sequence[FieldElement],
    transactions: Sequence[PublicInputs],
    **what: Any,
) -> Mapping[str, Any]:
    """State that a block is applied, with the result that the rules demand."""
    output = vector.accepts(
        f"block-apply-{name}-{preset}",
        "block/apply",
        preset=preset,
        old_leaves=tuple(old),
        transactions=tuple(transactions),
        **what,
    )
    assert output == {
        "old_root": root_of(preset, old),
        "new_root": root_of(preset, leaves_after(old, transactions)),
        "commit_hash": commit_of(preset, transactions),
        "messages": messages_of(transactions),
    }
    return output


def refuses(
    vector: VectorWriter,
    name: str,
    preset: str,
    error: ErrorCode,
    transactions: Sequence[PublicInputs],
    *,
    requirements: Sequence[str],
    old: Sequence[FieldElement] = OLD,
    **what: Any,
) -> None:
    """State that a block is refused on a tree."""
    vector.rejects(
        f"block-apply-{name}-{preset}",
        "block/apply",
        error,
        requirements=with_order(name, requirements),
        preset=preset,
        old_leaves=tuple(old),
        transactions=tuple(transactions),
        **what,
    )


# What a block does to the tree


@pytest.mark.parametrize(
    ("preset", "count"),
    [(preset, count) for preset in PLACES for count in range(PLACES[preset] + 1)],
)
def test_transactions_of_all_kinds(vector: VectorWriter, preset: str, count: int) -> None:
    """
    A block has as many transactions as places, or fewer.

    Given burns, mints and sends that fit the tree, when the block is applied, then roots, commit
    hash and messages follow; the words of a mint stand right behind those of a burn.
    """
    old, transactions = mixed(count)
    output = applies(
        vector,
        f"{count}-transactions",
        preset,
        old,
        transactions,
        description=f"A block of {count} transactions of all kinds.",
        requirements=rules(1, 2, 3, 6, 7, 8, 9),
        flags=["BLOCK_SIZE", "COMMIT_LAYOUT", "MESSAGE_PACKING", "BLOCK_ORDER"],
    )
    if count == 0:
        assert output["old_root"] == output["new_root"]
        assert output["commit_hash"] == hash_elements([ZERO, ZERO])
    if count >= 2:
        assert output["messages"][:9] == (BURN, *BURN_WORDS, MINT, *MINT_WORDS)


@both_presets
def test_more_transactions_than_places(vector: VectorWriter, preset: str) -> None:
    """
    A block has no more transactions than places.

    Given one too many, padding or not, when the block is applied, then it is refused, whatever
    else is wrong with it.
    """
    most = PLACES[preset]
    singles = [send((), (leaf,)) for leaf in leaves_of("block-apply-too-large", most + 1)]
    blocks = {
        "too-many-transactions": singles,
        "too-many-with-padding-last": [*singles[:most], EMPTY_PLACE],
        "too-much-padding": [EMPTY_PLACE] * (most + 1),
        "order-too-many-before-kind": [transaction(FieldElement(4)), *singles[:most]],
    }
    for name, transactions in blocks.items():
        refuses(
            vector,
            name,
            preset,
            ErrorCode.LEDGER_BLOCK_TOO_LARGE,
            transactions,
            description=f"A block of {most + 1} transactions is refused: {in_words(name)}.",
            requirements=rules(1),
            flags=["BLOCK_SIZE"],
        )


@both_presets
@pytest.mark.parametrize("kind", [4, 255, 2**64, MODULUS - 1])
def test_unknown_kinds(vector: VectorWriter, preset: str, kind: int) -> None:
    """
    Kinds are 0 to 3.

    Given a transaction of another kind, first or last, when the block is applied, then it is
    refused.
    """
    name = "greatest" if kind == LAST else str(kind)
    unknown = transaction(FieldElement(kind), (A,), (E,))
    for place, block in (("", [unknown]), ("-behind-another", [send((B,), (F,)), unknown])):
        refuses(
            vector,
            f"kind-{name}{place}",
            preset,
            ErrorCode.LEDGER_KIND_UNKNOWN,
            block,
            description=f"A transaction of kind {kind:#x} is refused{in_words(place)}.",
            requirements=rules(2),
            flags=["BLOCK_KIND"],
        )


def _not_carried() -> dict[str, PublicInputs]:
    """Give transactions with one public input that the block proof fixes to 0."""
    names = ("note-kind", "value", "hash", "burn-address")
    words = [(ZERO,) * at + (LAST,) for at in range(4)]
    sends = {
        f"send-with-{name}": transaction(SEND, (A,), (E,), each)
        for name, each in zip(names, words, strict=True)
    }
    padding = {
        f"padding-with-{name}": transaction(PADDING, words=each)
        for name, each in zip(names, words, strict=True)
    }
    commitments = {
        "padding-with-input-0": transaction(PADDING, (A,)),
        "padding-with-input-1": transaction(PADDING, (ZERO, A)),
        "padding-with-output-0": transaction(PADDING, (), (E,)),
        "padding-with-output-1": transaction(PADDING, (), (ZERO, E)),
    }
    mints = {
        "mint-with-burn-address": transaction(MINT, (), (E,), (*MINT_WORDS, FieldElement(1))),
        "send-with-value-1": transaction(SEND, (A,), (E,), (ZERO, FieldElement(1))),
    }
    return {**sends, **mints, **padding, **commitments}


@both_presets
@pytest.mark.parametrize("name", _not_carried())
def test_what_the_block_proof_does_not_carry(vector: VectorWriter, preset: str, name: str) -> None:
    """
    A block has no transaction of which its proof leaves something out.

    Given a public input other than 0 where the block proof has 0, when the block is applied, then
    it is refused.
    """
    refuses(
        vector,
        name,
        preset,
        ErrorCode.LEDGER_MESSAGE_NOT_CARRIED,
        [send((B,), (F,)), _not_carried()[name]],
        description=f"A block is refused that holds a {in_words(name)}, where the block proof "
        "has 0.",
        requirements=rules(3),
        flags=["MESSAGE_NOT_CARRIED"],
    )


def _without_kind() -> dict[str, PublicInputs]:
    """Give mints and burns of a value that is of no kind."""
    name = MINT_WORDS[2]
    return {
        "mint-of-1-without-kind": transaction(MINT, (), (E,), (ZERO, FieldElement(1), name)),
        "mint-of-greatest-value-without-kind": transaction(MINT, (), (E,), (ZERO, LAST, name)),
        "mint-of-1-without-outputs-and-kind": transaction(MINT, (), (), (ZERO, FieldElement(1))),
        "burn-of-1-without-kind": transaction(BURN, (A,), (), (ZERO, FieldElement(1), A, A)),
        "burn-of-greatest-value-without-kind": transaction(BURN, (A,), (), (ZERO, LAST, A, A)),
    }


@both_presets
@pytest.mark.parametrize("name", _without_kind())
def test_value_without_kind(vector: VectorWriter, preset: str, name: str) -> None:
    """
    What is minted or burned is of a kind.

    Given a mint or a burn of a value other than 0 and of note kind 0, alone or behind another
    transaction, when the block is applied, then it is refused.
    """
    for place, before in (("", []), ("-behind-another", [send((B,), (F,))])):
        refuses(
            vector,
            f"{name}{place}",
            preset,
            ErrorCode.LEDGER_VALUE_WITHOUT_KIND,
            [*before, _without_kind()[name]],
            description=f"A block is refused that holds a {in_words(name)}{in_words(place)}.",
            requirements=rules(34),
            flags=["VALUE_WITHOUT_KIND"],
        )


@both_presets
def test_messages_at_their_limits(vector: VectorWriter, preset: str) -> None:
    """
    The words of mints and burns are any elements.

    Given mints and burns whose words are 0 or p - 1, when the block is applied, then the words are
    packed; those that are 0 are not left out.
    """
    zeros, lasts = (ZERO,) * 4, (LAST,) * 4
    blocks = {
        "mint-of-zeros": [transaction(MINT, (), (E,), zeros)],
        "mint-of-greatest": [transaction(MINT, (), (E,), lasts[:3])],
        "burn-of-zeros": [transaction(BURN, (A,), (), zeros)],
        "burn-of-greatest": [transaction(BURN, (A,), (), lasts)],
        "mint-of-nothing": [transaction(MINT, (), (E,), (POLYGON_USDC, ZERO, *MINT_WORDS[2:]))],
        "burn-of-nothing": [transaction(BURN, (A,), (), (POLYGON_USDC, ZERO, *BURN_WORDS[2:]))],
        "mint-of-nothing-without-kind": [transaction(MINT, (), (E,), (ZERO, ZERO, LAST))],
        "burn-of-nothing-without-kind": [transaction(BURN, (A,), (), (ZERO, ZERO, LAST, LAST))],
        "mint-of-least-kind": [transaction(MINT, (), (E,), (FieldElement(1), LAST, LAST))],
        "burn-of-least-kind": [transaction(BURN, (A,), (), (FieldElement(1), LAST, LAST, LAST))],
        "two-burns": [burn((A,)), burn((B,), (E, F))],
        "two-mints": [mint((E,)), mint((F,), (A, B))],
        "send-before-burn": [send((A,), (E,)), burn((B,))],
    }
    for name, transactions in blocks.items():
        applies(
            vector,
            name,
            preset,
            OLD,
            transactions,
            description=f"The message area of a block: {in_words(name)}.",
            requirements=rules(3, 8, 34),
            flags=["MESSAGE_PACKING", "MESSAGE_NOT_CARRIED"],
        )


def _padded(preset: str) -> dict[str, tuple[bool, list[PublicInputs]]]:
    """Give arrangements of padding, and whether a block may have them."""
    pad, one, two, three = EMPTY_PLACE, send((A,), (E,)), burn((B,)), mint((F,))
    if preset == MINIMAL:
        return {
            "padding-alone": (True, [pad]),
            "padding-only": (True, [pad, pad]),
            "padding-last": (True, [one, pad]),
            "padding-before-transaction": (False, [pad, one]),
        }
    return {
        "padding-alone": (True, [pad]),
        "padding-only": (True, [pad] * 6),
        "padding-last": (True, [one, pad]),
        "padding-fills-block": (True, [one, two, three, pad, pad, pad]),
        "padding-inside-group": (True, [one, pad, two]),
        "padding-twice-inside": (True, [one, pad, pad, two]),
        "padding-inside-both-groups": (True, [one, pad, two, three, pad, send((C,), (G,))]),
        "padding-in-last-group": (True, [one, two, pad, three, pad]),
        "padding-before-transaction": (False, [pad, one]),
        "padding-twice-before-transaction": (False, [pad, pad, one]),
        "padding-group-before-transaction": (False, [pad, pad, pad, one]),
        "padding-first-in-last-group": (False, [one, two, three, pad, send((C,), (G,))]),
        "padding-first-and-second-in-last-group": (False, [one, pad, pad, pad, pad, two]),
        "padding-first-in-both-groups": (False, [pad, one, two, pad, three]),
        "padding-first-in-first-group": (False, [pad, one, two, three]),
    }


@pytest.mark.parametrize(
    ("preset", "name"), [(preset, name) for preset in PLACES for name in _padded(preset)]
)
def test_places_of_padding(vector: VectorWriter, preset: str, name: str) -> None:
    """
    Padding stands behind the first transaction of a group, or fills the last groups.

    Given padding among the transactions, when the block is applied, then it is accepted or refused
    by the places of the padding.
    """
    allowed, transactions = _padded(preset)[name]
    what: dict[str, Any] = {
        "description": f"Padding among the transactions of a block: {in_words(name)}.",
        "requirements": rules(1, 4, 7),
        "flags": ["PADDING_PLACE", "COMMIT_LAYOUT"],
    }
    if allowed:
        applies(vector, name, preset, OLD, transactions, **what)
    else:
        refuses(vector, name, preset, ErrorCode.LEDGER_PADDING_FIRST, transactions, **what)


def _repeated() -> dict[str, list[PublicInputs]]:
    """Give blocks in which a commitment occurs twice."""
    return {
        "output-twice": [send((A,), (E, E))],
        "output-twice-apart": [send((A,), (E,)), send((B,), (F, E))],
        "input-twice": [send((A, A), (E,))],
        "input-twice-apart": [send((A,), (E,)), send((B, A), (F,))],
        "output-is-own-input": [send((A,), (A,))],
        "spent-then-made": [send((A,), (E,)), send((B,), (A,))],
        "made-then-spent": [send((A,), (E,)), send((E,), (F,))],
        "spent-before-it-is-made": [send((E,), (F,)), send((A,), (E,))],
        "mint-then-burn": [mint((E,)), burn((E,))],
        "same-transaction-twice": [send((A,), (E,)), send((A,), (E,))],
    }


@both_presets
@pytest.mark.parametrize("name", _repeated())
def test_repeated_leaves(vector: VectorWriter, preset: str, name: str) -> None:
    """
    A block names each leaf once.

    Given a commitment twice among the inputs and outputs of a block, when it is applied, then it is
    refused, although the tree would allow some of it.
    """
    refuses(
        vector,
        name,
        preset,
        ErrorCode.LEDGER_LEAF_REPEATED,
        _repeated()[name],
        description=f"A commitment occurs twice in a block: {in_words(name)}.",
        requirements=rules(5),
        flags=["LEAF_REPEATED"],
    )


@both_presets
def test_slots_that_are_free(vector: VectorWriter, preset: str) -> None:
    """
    An output may stand where the same or an earlier transaction has made room.

    Given outputs for slots that a removal has emptied, when the block is applied, then it is
    accepted; so are commitments in either place, and none at all.
    """
    blocks: dict[str, tuple[Sequence[FieldElement], list[PublicInputs]]] = {
        "slot-emptied-by-same-transaction": (OLD, [send((A,), (sharing_slot(A, preset),))]),
        "slot-emptied-by-second-input": (OLD, [send((A, B), (sharing_slot(B, preset), E))]),
        "slot-emptied-by-earlier-transaction": (
            OLD,
            [burn((A,)), mint((sharing_slot(A, preset),))],
        ),
        "commitments-in-second-places": (OLD, [send((ZERO, A), (ZERO, E))]),
        "two-become-none": (OLD, [burn((A, B))]),
        "last-leaf-goes": ((A,), [burn((A,))]),
        "mint-into-empty-tree": ((), [mint((E, F))]),
        "greatest-leaf": ((), [mint((LAST,))]),
        "send-of-padding": (OLD, [send()]),
        "burn-of-padding": (OLD, [burn(())]),
        "send-of-padding-twice": (OLD, [send(), send()]),
        "old-leaves-backwards": (OLD[::-1], [send((A,), (E,))]),
    }
    for name, (old, transactions) in blocks.items():
        applies(
            vector,
            name,
            preset,
            old,
            transactions,
            description=f"A block is applied whose outputs find their slots empty: "
            f"{in_words(name)}.",
            requirements=rules(5, 6, 9),
            flags=["BLOCK_ORDER", "SLOT_COLLISION"],
        )


def _unfit(preset: str) -> dict[str, tuple[str, list[PublicInputs]]]:
    """Give blocks that do not fit the tree, by the code and what is wrong."""
    beside_a = sharing_slot(A, preset)
    beside_e = sharing_slot(E, preset)
    return {
        "slot-of-two-outputs": ("OCCUPIED", [send((A,), (E, beside_e))]),
        "slot-of-two-outputs-apart": ("OCCUPIED", [send((A,), (E,)), mint((beside_e,))]),
        "slot-of-a-leaf": ("OCCUPIED", [mint((beside_a,))]),
        "slot-of-a-leaf-second-output": ("OCCUPIED", [send((B,), (E, beside_a))]),
        "output-is-a-leaf": ("OCCUPIED", [mint((A,))]),
        "slot-emptied-by-later-transaction": ("OCCUPIED", [mint((beside_a,)), burn((A,))]),
        "last-change-fails": ("OCCUPIED", [send((A,), (E,)), send((B,), (F, D))]),
        "input-absent": ("ABSENT", [send((E,), (F,))]),
        "input-absent-second": ("ABSENT", [send((A, E), (F,))]),
        "input-absent-of-mint": ("ABSENT", [mint((F,), (E,))]),
        "input-absent-of-burn": ("ABSENT", [burn((E,))]),
        "input-absent-later": ("ABSENT", [send((A,), (F,)), burn((E,))]),
        "input-other-of-slot": ("ABSENT", [send((beside_a,), (E,))]),
        "input-of-emptied-slot": ("ABSENT", [burn((A,)), burn((beside_a,))]),
        "input-other-of-filled-slot": ("ABSENT", [mint((E,)), burn((beside_e,))]),
    }


@pytest.mark.parametrize(
    ("preset", "name"), [(preset, name) for preset in PLACES for name in _unfit(preset)]
)
def test_blocks_that_do_not_fit_the_tree(vector: VectorWriter, preset: str, name: str) -> None:
    """
    The tree judges one change after the other.

    Given an input that is no leaf, or an output whose slot is taken by then, when the block is
    applied, then it is refused as a whole with the code of that change.
    """
    code, transactions = _unfit(preset)[name]
    errors = {
        "OCCUPIED": ErrorCode.MERKLE_SLOT_OCCUPIED,
        "ABSENT": ErrorCode.MERKLE_ELEMENT_ABSENT,
    }
    flags = {"OCCUPIED": "SLOT_COLLISION", "ABSENT": "ABSENT_REMOVAL"}
    refuses(
        vector,
        name,
        preset,
        errors[code],
        transactions,
        description=f"A block that does not fit the tree is refused: {in_words(name)}.",
        requirements=rules(6, 9),
        flags=[flags[code], "BLOCK_ORDER", "PARTIAL_UPDATE"],
    )


@both_presets
def test_order_of_block_rules(vector: VectorWriter, preset: str) -> None:
    """
    Of two broken rules the first is named.

    Given blocks with two faults, when they are applied, then the code is that of the rule that is
    judged first; kinds and words are judged for one transaction after the other.
    """
    unknown, bent = transaction(FieldElement(4)), transaction(SEND, words=(LAST,))
    bare = transaction(MINT, words=(ZERO, LAST))
    blocks = {
        "words-before-value-without-kind": (
            ErrorCode.LEDGER_MESSAGE_NOT_CARRIED,
            [transaction(MINT, words=(ZERO, LAST, LAST, LAST))],
        ),
        "value-without-kind-before-kind-of-next": (
            ErrorCode.LEDGER_VALUE_WITHOUT_KIND,
            [bare, unknown],
        ),
        "kind-before-value-without-kind-of-next": (ErrorCode.LEDGER_KIND_UNKNOWN, [unknown, bare]),
        "value-without-kind-before-padding-first": (
            ErrorCode.LEDGER_VALUE_WITHOUT_KIND,
            [EMPTY_PLACE, bare],
        ),
        "kind-before-words": (
            ErrorCode.LEDGER_KIND_UNKNOWN,
            [transaction(FieldElement(4), words=(LAST,))],
        ),
        "kind-before-words-of-next": (ErrorCode.LEDGER_KIND_UNKNOWN, [unknown, bent]),
        "words-before-kind-of-next": (ErrorCode.LEDGER_MESSAGE_NOT_CARRIED, [bent, unknown]),
        "kind-before-padding-first": (ErrorCode.LEDGER_KIND_UNKNOWN, [EMPTY_PLACE, unknown]),
        "words-before-padding-first": (ErrorCode.LEDGER_MESSAGE_NOT_CARRIED, [EMPTY_PLACE, bent]),
        "padding-first-before-repeated": (
            ErrorCode.LEDGER_PADDING_FIRST,
            [EMPTY_PLACE, send((A,), (E, E))],
        ),
        "repeated-before-absence": (
            ErrorCode.LEDGER_LEAF_REPEATED,
            [burn((F,)), send((A,), (E, E))],
        ),
        "repeated-before-slot": (ErrorCode.LEDGER_LEAF_REPEATED, [mint((B,)), send((A,), (E, E))]),
        "removals-before-insertions": (ErrorCode.MERKLE_ELEMENT_ABSENT, [send((F,), (B,))]),
        "insertion-before-later-removal": (
            ErrorCode.MERKLE_SLOT_OCCUPIED,
            [mint((B,)), burn((F,))],
        ),
        "removal-before-later-insertion": (
            ErrorCode.MERKLE_ELEMENT_ABSENT,
            [burn((F,)), mint((B,))],
        ),
    }
    for pair, (error, transactions) in blocks.items():
        name = f"order-{pair}"
        refuses(
            vector,
            name,
            preset,
            error,
            transactions,
            description=f"A block with two faults gets the first one's code: {in_words(name)}.",
            requirements=rules(2, 3, 4, 5, 6, 9, 34),
            flags=["BLOCK_RULE_ORDER"],
        )


@both_presets
def test_replays(vector: VectorWriter, preset: str) -> None:
    """
    The tree remembers what is unspent, and nothing else.

    Given a block again on the tree that it made, when it is applied, then it is refused. A mint
    alone is refused while its output is unspent, and accepted after that: settlement catches it.
    """
    minted, spent = mint((E,)), send((A,), (F,))
    after_both = leaves_after(OLD, [minted, spent])
    what: dict[str, Any] = {"requirements": rules(6), "flags": ["REPLAY"]}
    applies(
        vector,
        "replay-first-time",
        preset,
        OLD,
        [spent, minted],
        description="A block with a send and a mint, before it is tried a second time.",
        **what,
    )
    replays = {
        "replay-same-block": (ErrorCode.MERKLE_ELEMENT_ABSENT, [spent, minted]),
        "replay-spent-input": (ErrorCode.MERKLE_ELEMENT_ABSENT, [burn((A,))]),
        "replay-unspent-mint": (ErrorCode.MERKLE_SLOT_OCCUPIED, [minted]),
    }
    for name, (error, transactions) in replays.items():
        refuses(
            vector,
            name,
            preset,
            error,
            transactions,
            old=after_both,
            description=f"What was done is tried again: {in_words(name)}.",
            **what,
        )
    applies(
        vector,
        "replay-spent-mint",
        preset,
        leaves_after(after_both, [burn((E,))]),
        [minted],
        description="A mint whose output was spent is accepted again by the ledger.",
        **what,
    )


@both_presets
def test_life_of_notes(vector: VectorWriter, preset: str) -> None:
    """
    Real notes are minted, sent and burned.

    Given the statements that wallets make, when their public inputs stand in three blocks, then
    every block is accepted, L1 sees what was minted and burned, and the change is left.
    """
    keys = [SecretKey(key) for key in case_elements("block-apply-life", 5, "keys")]
    psis = [Psi(psi) for psi in case_elements("block-apply-life", 5, "psis")]
    values = (700, 300, 800, 200, 50)
    notes = [
        Note(
            kind=POLYGON_USDC,
            value=NoteValue(FieldElement(value)),
            address=note_address(key),
            psi=psi,
        )
        for value, key, psi in zip(values, keys, psis, strict=True)
    ]
    spendable = [
        InputNote(note=note, secret_key=key) for note, key in zip(notes, keys, strict=True)
    ]
    recipient = Recipient(case_bytes("block-apply-life", 20, "recipient"))
    blocks = {
        "minted": [builder.mint(notes[:1]), builder.mint(notes[1:2])],
        "sent": [builder.send(spendable[:2], notes[2:4])],
        "burned": [builder.burn(spendable[3:4], recipient, notes[4:])],
    }
    leaves: tuple[FieldElement, ...] = ()
    messages = {}
    for name, statements in blocks.items():
        transactions = [statement.public for statement in statements]
        output = applies(
            vector,
            f"notes-{name}",
            preset,
            leaves,
            transactions,
            description=f"A block in which real notes are {name}.",
            requirements=rules(6, 8, 9),
            flags=["MESSAGE_PACKING"],
        )
        leaves = leaves_after(leaves, transactions)
        messages[name] = output["messages"]
    assert messages["minted"][:3] == (2, POLYGON_USDC, 700)
    assert messages["minted"][4:7] == (2, POLYGON_USDC, 300)
    assert messages["sent"] == ()
    assert messages["burned"][:3] == (3, POLYGON_USDC, 150)
    assert messages["burned"][4:] == (int.from_bytes(recipient, "big"),)
    assert len(leaves) == 2


@both_presets
def test_old_leaves(vector: VectorWriter, preset: str) -> None:
    """
    The tree before the block is a tree.

    Given leaves that make none, when a block is applied, then the input is rejected, whatever the
    block is.
    """
    leaves = {
        "zero": (ErrorCode.MERKLE_ELEMENT_ZERO, (A, ZERO), "PAYY-MERKLE-006"),
        "twice": (ErrorCode.MERKLE_SLOT_OCCUPIED, (A, B, A), "PAYY-MERKLE-007"),
        "same-slot": (
            ErrorCode.MERKLE_SLOT_OCCUPIED,
            (A, sharing_slot(A, preset)),
            "PAYY-MERKLE-007",
        ),
        "p": (ErrorCode.FIELD_ELEMENT_NOT_CANONICAL, (FieldElement(MODULUS),), "PAYY-MERKLE-005"),
    }
    for name, (error, old, requirement) in leaves.items():
        for suffix, block in (("", []), ("-order-before-kind", [transaction(FieldElement(4))])):
            case = f"old-leaves-{name}{suffix}"
            refuses(
                vector,
                case,
                preset,
                error,
                block,
                old=old,
                description=f"Leaves that make no tree are rejected: {in_words(case)}.",
                requirements=[requirement],
                flags=["LEAF_SET"],
            )


def test_forms_of_public_inputs(vector: VectorWriter) -> None:
    """
    Public inputs are nine elements.

    Given another number of words, a word of p or more, or a transaction of another form, when the
    block is applied, then the input is rejected.
    """
    good = json_of("block/apply", old_leaves=(A,), transactions=(send((A,), (E,)),))
    words = good["transactions"][0]["public_inputs"]
    for count in (0, 4, 8, 10):
        vector.rejects_malformed(
            f"block-apply-public-inputs-{count}-mainnet",
            "block/apply",
            {**good, "transactions": [{"public_inputs": (words * 2)[:count]}]},
            description=f"A transaction of {count} public inputs is malformed.",
            requirements=["PAYY-CONVENTIONS-001", "PAYY-TRANSACTIONS-001"],
            flags=["MALFORMED"],
            preset=MAINNET,
        )
    for name, value in (("p", MODULUS), ("greatest", 2**256 - 1)):
        for place in (0, 4, 8):
            bent = [*words[:place], f"0x{value:064x}", *words[place + 1 :]]
            vector.rejects_raw(
                f"block-apply-word-{place}-{name}-mainnet",
                "block/apply",
                ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
                {**good, "transactions": [{"public_inputs": bent}]},
                description=f"Word {place} of a transaction is {value:#x}.",
                requirements=["PAYY-CONVENTIONS-002", "PAYY-TRANSACTIONS-001"],
                flags=["NON_CANONICAL_ACCEPTED"],
                preset=MAINNET,
            )
    entries: dict[str, Json] = {
        "with-proof": {"proof": "0x", "public_inputs": words},
        "without-public-inputs": {},
        "null": None,
        "bare-list": words,
    }
    for name, entry in entries.items():
        vector.rejects_malformed(
            f"block-apply-transaction-{name}-mainnet",
            "block/apply",
            {**good, "transactions": [entry]},
            description=f"A transaction of another form is malformed: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
            preset=MAINNET,
        )


# Commit hash and data


@both_presets
def test_group_without_transactions(vector: VectorWriter, preset: str) -> None:
    """
    A group of padding counts as 0, a send of padding does not.

    Given a first group that is full, and a second one of padding or with a send of padding alone,
    when the blocks are applied, then their commit hashes differ.
    """
    size = GROUP[preset]
    first = [mint((leaf,)) for leaf in leaves_of("block-apply-groups", size)]
    padded = [*first, *[EMPTY_PLACE] * (size - 1)]
    blocks = {
        "nothing": first,
        "explicit-padding": [*padded, EMPTY_PLACE],
        "send": [*first, send()],
    }
    hashes = {
        name: applies(
            vector,
            f"second-group-{name}",
            preset,
            (),
            transactions,
            description=f"The commit hash of a block whose second group has: {in_words(name)}.",
            requirements=rules(4, 7),
            flags=["COMMIT_LAYOUT"],
        )["commit_hash"]
        for name, transactions in blocks.items()
    }
    assert hashes["nothing"] == hashes["explicit-padding"]
    assert hashes["nothing"] != hashes["send"]
    zeros = hash_elements([hash_elements([ZERO] * 4)] * size)
    commitments = [hash_elements(each.words[:4]) for each in first]
    assert hashes["send"] == hash_elements([hash_elements(commitments), zeros])
    assert hashes["nothing"] == hash_elements([hash_elements(commitments), ZERO])


@both_presets
def test_data_of_a_proven_block(vector: VectorWriter, preset: str) -> None:
    """
    Data are bound by their commitments and places.

    Given a commit hash, when data are judged that have it, then they are accepted and their
    messages given, also where kinds and messages are others than those that were proven.
    """
    _, transactions = mixed(PLACES[preset])
    relabelled = [transaction(SEND, *_sides(each)) for each in transactions]
    other_words = [transaction(BURN, *_sides(transactions[0]), (LAST,) * 4), *transactions[1:]]
    datas: dict[str, tuple[Sequence[PublicInputs], FieldElement]] = {
        "full": (transactions, commit_of(preset, transactions)),
        "one": (transactions[:1], commit_of(preset, transactions[:1])),
        "padding-explicit": ([transactions[0], EMPTY_PLACE], commit_of(preset, transactions[:1])),
        "none": ([], hash_elements([ZERO, ZERO])),
        "kinds-not-bound": (relabelled, commit_of(preset, transactions)),
        "words-not-bound": (other_words, commit_of(preset, transactions)),
    }
    if preset == MAINNET:
        # Within a group that has another transaction nobody can tell them apart.
        datas["send-of-padding-for-padding"] = (
            [transactions[0], send()],
            commit_of(preset, transactions[:1]),
        )
    for name, (data, commit) in datas.items():
        output = vector.accepts(
            f"block-check-data-{name}-{preset}",
            "block/check_data",
            description=f"Data that have the commit hash are accepted: {in_words(name)}.",
            requirements=rules(7, 8, 27),
            flags=["DATA_BINDING", "COMMIT_LAYOUT", "MESSAGE_PACKING"],
            preset=preset,
            transactions=tuple(data),
            commit_hash=commit,
        )
        assert output["messages"] == messages_of(data)


def _sides(public: PublicInputs) -> tuple[Sequence[FieldElement], Sequence[FieldElement]]:
    return public.input_commitments, public.output_commitments


@both_presets
def test_data_of_another_block(vector: VectorWriter, preset: str) -> None:
    """
    Other data are refused.

    Given a commit hash, when data with another commitment, another order, more or fewer
    transactions are judged, then they are refused; so are data that no block can have, although
    their commit hash is the given one.
    """
    most = PLACES[preset]
    _, transactions = mixed(most)
    commit = commit_of(preset, transactions)
    first, *others = transactions
    too_many = (*transactions, send((H,)))
    unknown = transaction(FieldElement(4), (A,), (E,))
    bent = transaction(SEND, (A,), (E,), (ZERO, LAST))
    hidden = transaction(PADDING, (A, B), (E, F))
    padded = commit_of(preset, [EMPTY_PLACE, first])
    mismatch, too_large = ErrorCode.LEDGER_DATA_MISMATCH, ErrorCode.LEDGER_BLOCK_TOO_LARGE
    not_carried = ErrorCode.LEDGER_MESSAGE_NOT_CARRIED
    padding_first, repeated = ErrorCode.LEDGER_PADDING_FIRST, ErrorCode.LEDGER_LEAF_REPEATED
    datas: dict[str, tuple[ErrorCode, Sequence[PublicInputs], FieldElement]] = {
        "other-input": (mismatch, [transaction(BURN, (H,), first.output_commitments)], commit),
        "inputs-as-outputs": (mismatch, [transaction(BURN, *_sides(first)[::-1]), *others], commit),
        "places-swapped": (mismatch, [transactions[1], first, *transactions[2:]], commit),
        "transaction-withheld": (mismatch, transactions[:-1], commit),
        "all-withheld": (mismatch, [], commit),
        "transaction-added": (mismatch, transactions, commit_of(preset, transactions[:-1])),
        "commit-hash-zero": (mismatch, [], ZERO),
        "commit-hash-greatest": (mismatch, transactions, LAST),
        "too-many": (too_large, too_many, commit),
        "too-many-with-padding": (too_large, (*transactions, EMPTY_PLACE), commit),
        "unknown-kind": (ErrorCode.LEDGER_KIND_UNKNOWN, [unknown], commit_of(preset, [unknown])),
        "send-with-value": (not_carried, [bent], commit_of(preset, [bent])),
        "mint-with-burn-address": (
            not_carried,
            [transaction(MINT, (), (E,), (*MINT_WORDS, LAST))],
            commit_of(preset, [mint((E,))]),
        ),
        "padding-with-commitments": (not_carried, [hidden], hash_elements([ZERO, ZERO])),
        "value-without-kind": (
            ErrorCode.LEDGER_VALUE_WITHOUT_KIND,
            [transaction(BURN, (A,), (), (ZERO, FieldElement(1), A, A))],
            commit_of(preset, [burn((A,))]),
        ),
        "padding-first": (padding_first, [EMPTY_PLACE, first], padded),
        **{
            f"leaf-repeated-{name}": (repeated, data, commit_of(preset, data))
            for name, data in _repeated().items()
        },
        "order-too-many-before-kind": (too_large, [unknown, *transactions], commit),
        "order-kind-before-words": (
            ErrorCode.LEDGER_KIND_UNKNOWN,
            [unknown, bent],
            commit_of(preset, [unknown, bent]),
        ),
        "order-words-before-padding-first": (not_carried, [EMPTY_PLACE, bent], padded),
        "order-padding-first-before-mismatch": (padding_first, [EMPTY_PLACE, first], LAST),
        "order-padding-first-before-repeated": (
            padding_first,
            [EMPTY_PLACE, send((A,), (A,))],
            commit_of(preset, [EMPTY_PLACE, send((A,), (A,))]),
        ),
        "order-repeated-before-mismatch": (repeated, [send((A,), (A,))], commit),
        "order-kind-before-mismatch": (ErrorCode.LEDGER_KIND_UNKNOWN, [unknown], LAST),
        "order-too-many-before-mismatch": (too_large, too_many, LAST),
        "commit-hash-p": (
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            transactions,
            FieldElement(MODULUS),
        ),
    }
    if preset == MAINNET:
        pad = EMPTY_PLACE
        datas["moved-within-group"] = (
            mismatch,
            [first, pad, others[0]],
            commit_of(preset, [first, others[0]]),
        )
        datas["moved-to-other-group"] = (
            mismatch,
            [first, pad, pad, others[0]],
            commit_of(preset, [first, others[0]]),
        )
    else:
        datas["send-of-padding-for-padding"] = (
            mismatch,
            [first, send()],
            commit_of(preset, [first]),
        )
    for name, (error, data, commit_hash) in datas.items():
        vector.rejects(
            f"block-check-data-{name}-{preset}",
            "block/check_data",
            error,
            description=f"Data of another block, or of none, are refused: {in_words(name)}.",
            requirements=with_order(name, rules(*[5] * (error == repeated), 7, 27)),
            flags=["DATA_BINDING", "COMMIT_LAYOUT", "BLOCK_SIZE"],
            preset=preset,
            transactions=tuple(data),
            commit_hash=commit_hash,
        )


def _inputs() -> dict[str, dict[str, Any]]:
    """Give a good input of each operation that a preset touches, in JSON."""
    return {
        "block/apply": json_of("block/apply", old_leaves=OLD, transactions=(burn((A,)),)),
        "block/check_data": json_of(
            "block/check_data", transactions=(), commit_hash=hash_elements([ZERO, ZERO])
        ),
    }


@pytest.mark.parametrize("operation", _inputs())
def test_forms_of_inputs(vector: VectorWriter, operation: str) -> None:
    """
    Every field of an input is there, and no other.

    Given an input without one of its fields, with one too many, or with null in the place of a
    value, when the operation runs, then the input is malformed.
    """
    good = _inputs()[operation]
    bent = {"unknown-field": {**good, "preset": MAINNET}, **with_field_missing(good)}
    prefix = operation.replace("/", "-").replace("_", "-")
    for name, given in bent.items():
        vector.rejects_malformed(
            f"{prefix}-malformed-{name}-mainnet",
            operation,
            given,
            description=f"The input of {operation} is not of its form: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
            preset=MAINNET,
        )
