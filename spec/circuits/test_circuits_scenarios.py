"""Scenarios of the network's circuits: what clients state, and what blocks come to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

import pytest

from circuits.utxo import CODES
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_pair
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.builder import PADDING_INPUT
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.note import PADDING_KIND, PADDING_NOTE
from payy_ref.ledger.transaction import (
    BURN,
    MINT,
    PADDING,
    SEND,
    ZERO,
    PublicInputs,
    Statement,
    check_statement,
)
from payy_ref.operations.structures import circuit_input
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.circuits.circuit_cases import rules
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
    E,
    F,
    G,
    both_presets,
    burn,
    in_words,
    json_of,
    leaves_after,
    leaves_of,
    mint,
    mixed,
    root_of,
    send,
    sharing_slot,
    transaction,
    with_field_missing,
)
from spec.ledger.test_ledger_scenarios import commit_of
from spec.transactions import test_transactions_scenarios as clients
from spec.transactions.test_transactions_scenarios import (
    LIMIT,
    MOST,
    OTHER_KIND,
    STATED,
    made,
    spent,
    values_of,
    with_commitment,
    with_key,
    with_note,
    with_notes,
    with_words,
)

# The client's circuit


def rule_behind(label: str) -> ErrorCode:
    """Give the code of the rule that a constraint of the client's circuit stands for."""
    flat = re.sub(r"\[[^\]]*\]", "", label)
    (code,) = (code for group, code in CODES.items() if f"{flat}/".startswith(f"{group}/"))
    return code


def verdict_on(statement: Statement) -> ErrorCode | None:
    """Judge a statement by chapter transactions."""
    try:
        check_statement(statement)
    except SpecError as error:
        return error.code
    return None


def satisfies(vector: VectorWriter, name: str, statement: Statement, description: str) -> None:
    """State that the witness of a statement satisfies the client's circuit."""
    assert verdict_on(statement) is None
    output = vector.accepts(
        f"circuit-utxo-{name}",
        "circuit/utxo",
        description=description,
        requirements=rules(10),
        flags=["CLIENT_CIRCUIT_STRICT"],
        **circuit_input(statement),
    )
    assert output["public_inputs"] == statement.public.words
    assert output["labels"] == ()


def violates(
    vector: VectorWriter, name: str, statement: Statement, label: str, description: str
) -> None:
    """State which constraint the witness of a statement breaks first."""
    output = vector.accepts(
        f"circuit-utxo-{name}",
        "circuit/utxo",
        description=description,
        requirements=rules(10),
        flags=["CLIENT_CIRCUIT_LACKS_RULE"],
        **circuit_input(statement),
    )
    assert output["public_inputs"] == statement.public.words
    assert output["labels"][0] == label
    assert rule_behind(label) == verdict_on(statement)


@pytest.mark.parametrize("action", STATED)
@pytest.mark.parametrize(("inputs", "outputs"), [(0, 0), (1, 1), (2, 2), (0, 2), (2, 0), (1, 2)])
def test_statements_of_wallets(
    vector: VectorWriter, action: str, inputs: int, outputs: int
) -> None:
    """
    What a wallet states has a witness.

    Given up to two notes a side, when the client's circuit is filled, then nothing is broken.
    """
    satisfies(
        vector,
        f"{action}-{inputs}-to-{outputs}",
        STATED[action](*values_of(action, inputs, outputs)),
        f"The witness of a {action} of {inputs} to {outputs} notes.",
    )


def _limits() -> dict[str, Statement]:
    """Give statements at the limits of what is accepted."""
    base = clients.send((60, 40), (30, 70))
    worthless = clients.send((0,), (0,))
    return {
        "greatest-output": with_notes(
            clients.send((), ()), inputs=[spent(0, MOST)], outputs=[made(0, MOST)]
        ),
        "greatest-second-output": with_notes(
            clients.send((), ()), inputs=[spent(0, MOST)], outputs=[PADDING_NOTE, made(1, MOST)]
        ),
        "greatest-message-value": with_words(base, value=MOST),
        "inputs-wrap": with_notes(
            clients.send((), ()),
            inputs=[spent(0, MODULUS - 1), spent(1, 2)],
            outputs=[made(0, 1)],
        ),
        "words-of-send": with_words(base, note_kind=OTHER_KIND, hash=LAST, burn_address=LAST),
        "private-burn-address-of-send": replace(base, burn_address=LAST),
        "key-of-worthless-input": with_key(worthless, 0, 5),
        "burn-to-zero": replace(
            with_words(clients.burn((100,), ()), burn_address=ZERO), burn_address=ZERO
        ),
    }


@pytest.mark.parametrize("name", _limits())
def test_statements_at_limits(vector: VectorWriter, name: str) -> None:
    """
    The circuit is no stricter than the rules.

    Given a statement at a limit, or with words that no rule looks at, when the client's circuit is
    filled, then nothing is broken.
    """
    satisfies(vector, name, _limits()[name], f"A statement at a limit: {in_words(name)}.")


def _pairs() -> dict[str, tuple[Statement, str]]:
    """Give statements with two notes of different kinds, one for each pair of places."""
    cases = {}
    for i, j in combinations(range(4), 2):
        places: list[Any] = [PADDING_INPUT, PADDING_INPUT, PADDING_NOTE, PADDING_NOTE]
        for place, kind in ((i, POLYGON_USDC), (j, OTHER_KIND)):
            places[place] = spent(place, 0, kind) if place < 2 else made(place - 2, 0, kind)
        statement = with_notes(clients.send((), ()), inputs=places[:2], outputs=places[2:])
        cases[f"kinds-{i}-{j}"] = statement, f"kinds[{i},{j}]/agree"
    return cases


def _refused() -> dict[str, tuple[Statement, str]]:
    """Give refused statements, and the constraint that each breaks first."""
    base = clients.send((60, 40), (30, 70))
    minted, burned = clients.mint((30,), (60, 40)), clients.burn((60, 40), (30,))
    own = base.public.commitments
    first, second = clients.SPENDERS
    one_more = {"mint": minted.public.message.value + 1, "burn": burned.public.message.value + 1}
    return {
        **{
            f"padding-has-value-{place}": (
                with_note(base, place, kind=PADDING_KIND),
                f"notes[{place}]/commitment/padding_has_no_value",
            )
            for place in range(4)
        },
        **{
            f"other-commitment-{place}": (
                with_commitment(base, place, own[place] + 1),
                f"notes[{place}]/is_committed",
            )
            for place in range(4)
        },
        "commitment-zero": (with_commitment(base, 0, 0), "notes[0]/is_committed"),
        "commitments-exchanged": (
            with_commitment(with_commitment(base, 2, own[3]), 3, own[2]),
            "notes[2]/is_committed",
        ),
        **{
            f"output-limit-{place}": (
                with_note(
                    with_notes(base, inputs=[spent(0, LIMIT)], outputs=[]),
                    2 + place,
                    kind=POLYGON_USDC,
                    value=LIMIT,
                ),
                f"outputs[{place}]/value_in_range/is_value",
            )
            for place in range(2)
        },
        "output-greatest": (
            with_notes(base, inputs=[spent(0, MODULUS - 1)], outputs=[made(0, MODULUS - 1)]),
            "outputs[0]/value_in_range/is_value",
        ),
        **_pairs(),
        "message-value-limit": (with_words(base, value=LIMIT), "message/value_in_range/is_value"),
        "message-value-greatest": (
            with_words(base, value=LAST),
            "message/value_in_range/is_value",
        ),
        **{
            f"kind-{name}": (
                with_words(base, kind=FieldElement(kind)),
                "message/kind_is_known/is_one_of_three",
            )
            for name, kind in {"0": 0, "4": 4, "greatest": LAST}.items()
        },
        "send-one-more": (with_notes(base, outputs=[made(0, 101)]), "send/balanced/holds"),
        "send-one-less": (with_notes(base, outputs=[made(0, 99)]), "send/balanced/holds"),
        "send-with-value": (
            with_words(with_notes(base, outputs=[made(0, 93)]), value=7),
            "send/balanced/holds",
        ),
        "mint-one-more": (with_words(minted, value=one_more["mint"]), "mint/balanced/holds"),
        "mint-inputs-not-counted": (with_words(minted, value=100), "mint/balanced/holds"),
        "mint-hash": (
            with_words(minted, hash=minted.public.message.hash + 1),
            "mint/hash/holds",
        ),
        "mint-hash-exchanged": (
            with_words(
                minted, hash=hash_pair(minted.output_notes[1].psi, minted.output_notes[0].psi)
            ),
            "mint/hash/holds",
        ),
        "mint-note-kind": (with_words(minted, note_kind=OTHER_KIND), "mint/note_kind/holds"),
        "burn-address": (
            with_words(burned, burn_address=burned.burn_address + 1),
            "burn/address/holds",
        ),
        "burn-private-address": (replace(burned, burn_address=ZERO), "burn/address/holds"),
        "burn-hash": (
            with_words(burned, hash=burned.public.commitments[1]),
            "burn/hash/holds",
        ),
        "burn-one-more": (with_words(burned, value=one_more["burn"]), "burn/balanced/holds"),
        "burn-note-kind": (with_words(burned, note_kind=ZERO), "burn/note_kind/holds"),
        "not-owned-0": (with_key(base, 0, first + 1), "inputs[0]/owned/holds"),
        "not-owned-1": (with_key(base, 1, first), "inputs[1]/owned/holds"),
        "not-owned-mint": (with_key(minted, 0, second), "inputs[0]/owned/holds"),
        "not-owned-burn": (with_key(burned, 1, 0), "inputs[1]/owned/holds"),
        "order-of-commitment-and-balance": (
            with_commitment(with_notes(base, outputs=[made(0, 99)]), 3, 1),
            "notes[3]/is_committed",
        ),
        "order-of-balance-and-owner": (
            with_key(with_notes(base, outputs=[made(0, 99)]), 0, 1),
            "send/balanced/holds",
        ),
        "order-of-address-and-hash": (
            with_words(burned, burn_address=ZERO, hash=ZERO),
            "burn/address/holds",
        ),
    }


@pytest.mark.parametrize("name", _refused())
def test_refused_statements(vector: VectorWriter, name: str) -> None:
    """
    A refused statement has no witness.

    Given a statement that breaks a rule, when the client's circuit is filled from it, then the
    first constraint that is broken is one of that rule.
    """
    statement, label = _refused()[name]
    violates(
        vector,
        name,
        statement,
        label,
        f"A statement that breaks a rule: {in_words(name)}.",
    )


def test_every_rule_is_seen() -> None:
    """Each group of constraints is the first that some statement breaks."""
    assert {rule_behind(label) for _, label in _refused().values()} == set(CODES.values())


def test_malformed_statements(vector: VectorWriter) -> None:
    """
    A statement has a form.

    Given a statement without a field, or with null there, or a word of p, when the witness is
    asked for, then it is rejected.
    """
    given = json_of("circuit/utxo", **circuit_input(clients.burn((100,), (30,))))
    for name, changed in with_field_missing(given).items():
        vector.rejects_malformed(
            f"circuit-utxo-malformed-{name}",
            "circuit/utxo",
            changed,
            description=f"A statement of another form: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )
    beyond = f"0x{MODULUS:064x}"
    for place, name in ((0, "kind"), (4, "burn-address")):
        messages = list(given["messages"])
        messages[place] = beyond
        vector.rejects_raw(
            f"circuit-utxo-{name}-of-p",
            "circuit/utxo",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            {**given, "messages": messages},
            description=f"A message whose {in_words(name)} is p is not of field elements.",
            requirements=["PAYY-HASH-001"],
            flags=["NON_CANONICAL_ACCEPTED"],
        )


# The block's circuit

Blocks = Mapping[str, tuple[Sequence[FieldElement], Sequence[PublicInputs]]]
"""Leaves before and transactions, by name."""


def _valid(preset: str) -> Blocks:
    """Give blocks that may be applied."""
    zeros, lasts = (ZERO,) * 4, (LAST,) * 4
    blocks = {f"{count}-transactions": mixed(count) for count in range(PLACES[preset] + 1)}
    others = {
        "padding-only": [EMPTY_PLACE] * PLACES[preset],
        "padding-last": [send((A,), (E,)), EMPTY_PLACE],
        "mint-of-zeros": [transaction(MINT, (), (E,), zeros)],
        "mint-of-greatest": [transaction(MINT, (), (E,), lasts[:3])],
        "burn-of-zeros": [transaction(BURN, (A,), (), zeros)],
        "burn-of-greatest": [transaction(BURN, (A,), (), lasts)],
        "send-of-nothing": [send()],
        "zeros-between": [send((ZERO, A), (ZERO, E)), send((B,), (F,))],
        "slot-made-free": [send((A,), (sharing_slot(A, preset),))],
    }
    if preset == MAINNET:
        others |= {
            "padding-inside-groups": [send((A,), (E,)), EMPTY_PLACE, mint((F,)), burn((B,))],
            "padding-in-last-group": [send((A,), (E,)), *[EMPTY_PLACE] * 2, mint((F,))],
        }
    return {**blocks, **{name: (OLD, transactions) for name, transactions in others.items()}}


def _invalid(preset: str) -> Blocks:
    """Give blocks that must not be applied, each for one reason."""
    one, absent = FieldElement(1), G
    message = {name: (ZERO,) * at + (one,) for at, name in enumerate(("kind", "value", "hash"))}
    blocks = {
        "kind-4": [transaction(FieldElement(4), (A,), (E,))],
        "kind-greatest": [transaction(LAST, (A,), (E,))],
        **{
            f"send-with-{name}": [transaction(SEND, (A,), (E,), words)]
            for name, words in message.items()
        },
        "send-with-burn-address": [transaction(SEND, (A,), (E,), (ZERO, ZERO, ZERO, one))],
        "mint-with-burn-address": [transaction(MINT, (), (E,), (*MINT_WORDS, one))],
        "padding-with-value": [send((A,), (E,)), transaction(PADDING, words=(ZERO, one))],
        "padding-with-burn-address": [
            send((A,), (E,)),
            transaction(PADDING, words=(ZERO, ZERO, ZERO, one)),
        ],
        "padding-with-input-0": [send((A,), (E,)), transaction(PADDING, (B,))],
        "padding-with-input-1": [send((A,), (E,)), transaction(PADDING, (ZERO, B))],
        "padding-with-output-0": [send((A,), (E,)), transaction(PADDING, (), (F,))],
        "padding-with-output-1": [send((A,), (E,)), transaction(PADDING, (), (ZERO, F))],
        "mint-of-1-without-kind": [transaction(MINT, (), (E,), (ZERO, one, E))],
        "burn-of-1-without-kind": [transaction(BURN, (A,), (), (ZERO, one, *BURN_WORDS[2:]))],
        "padding-first": [EMPTY_PLACE, send((A,), (E,))],
        "output-twice": [send((A,), (E, E))],
        "input-twice": [send((A, A), (E,))],
        "output-is-own-input": [send((A,), (A,))],
        "made-then-spent": [send((A,), (E,)), send((E,), (F,))],
        "spent-then-made": [send((A,), (E,)), send((B,), (A,))],
        "same-transaction-twice": [send((A,), (E,)), send((A,), (E,))],
        "input-absent": [send((absent,), (E,))],
        "second-input-absent": [send((A, absent), (E,))],
        "input-absent-slot-taken": [send((sharing_slot(A, preset),), (E,))],
        "output-there": [send((A,), (B,))],
        "second-output-there": [send((A,), (E, B))],
        "output-slot-taken": [send((A,), (sharing_slot(B, preset),))],
        "output-slot-freed-later": [mint((sharing_slot(A, preset),)), burn((A,))],
        "last-place": [
            *[send((), (leaf,)) for leaf in (E, F, G)[: PLACES[preset] - 1]],
            mint((C,)),
        ],
    }
    if preset == MAINNET:
        empty = [EMPTY_PLACE] * 3
        blocks |= {
            "padding-group-first": [*empty, send((A,), (E,))],
            "padding-first-in-last-group": [
                send((A,), (E,)),
                *empty,
                mint((F,)),
            ],
        }
    return {name: (OLD, transactions) for name, transactions in blocks.items()}


def claim_by_hand(
    preset: str, old: Sequence[FieldElement], transactions: Sequence[PublicInputs], *, valid: bool
) -> dict[str, Any]:
    """Give what the proof of a block says, from the rules."""
    leaves = leaves_after(old, transactions) if valid else old
    return {
        "new_root": root_of(preset, leaves),
        "commit_hash": commit_of(preset, transactions),
        "is_valid": valid,
    }


EVERY_BLOCK: Final[Sequence[tuple[str, str, bool]]] = [
    (preset, name, valid)
    for preset in PLACES
    for valid, blocks in ((True, _valid), (False, _invalid))
    for name in blocks(preset)
]
"""Preset, name, and whether the block may be applied."""


@pytest.mark.parametrize(("preset", "name", "valid"), EVERY_BLOCK)
def test_claims(vector: VectorWriter, preset: str, name: str, valid: bool) -> None:
    """
    Each block has one claim.

    Given a block, when its claim is asked for, then the bit says whether it may be applied, and the
    new root is the old one if not; the words of all places follow.
    """
    old, transactions = (_valid if valid else _invalid)(preset)[name]
    output = vector.accepts(
        f"circuit-block-claim-{name}-{preset}",
        "circuit/block_claim",
        description=f"The claim of {'a valid' if valid else 'an invalid'} block: {in_words(name)}.",
        requirements=rules(11, 12, 14),
        flags=["BLOCK_CLAIM"],
        preset=preset,
        old_leaves=tuple(old),
        transactions=tuple(transactions),
    )
    claim = claim_by_hand(preset, old, transactions, valid=valid)
    places = [*transactions, *[EMPTY_PLACE] * (PLACES[preset] - len(transactions))]
    assert output["is_valid"] == valid
    assert output["public_inputs"] == (
        root_of(preset, old),
        claim["new_root"],
        claim["commit_hash"],
        int(valid),
        *(word for place in places for word in place.words),
    )


def proves(
    vector: VectorWriter,
    name: str,
    preset: str,
    block: tuple[Sequence[FieldElement], Sequence[PublicInputs]],
    claim: Mapping[str, Any],
    labels: Sequence[str],
    description: str,
) -> None:
    """State which constraints the witness of a claim breaks."""
    old, transactions = block
    output = vector.accepts(
        f"circuit-block-{name}-{preset}",
        "circuit/block",
        description=description,
        requirements=rules(11, 12, 13, 14),
        flags=["BLOCK_CIRCUIT"],
        preset=preset,
        old_leaves=tuple(old),
        transactions=tuple(transactions),
        **claim,
    )
    assert list(output["labels"]) == list(labels)


@pytest.mark.parametrize(
    ("name", "valid"), [(name, valid) for preset, name, valid in EVERY_BLOCK if preset == MINIMAL]
)
def test_blocks_have_witnesses(vector: VectorWriter, name: str, valid: bool) -> None:
    """
    The block's circuit is total.

    Given a block, valid or not, when the circuit is filled with its claim, then nothing is broken;
    with the bit flipped, its constraint is.
    """
    block = (_valid if valid else _invalid)(MINIMAL)[name]
    claim = claim_by_hand(MINIMAL, *block, valid=valid)
    what = f"{'a valid' if valid else 'an invalid'} block: {in_words(name)}"
    proves(vector, name, MINIMAL, block, claim, [], f"The witness of {what}.")
    proves(
        vector,
        f"{name}-denied",
        MINIMAL,
        block,
        {**claim, "is_valid": not valid},
        ["claim/is_valid"],
        f"The other bit for {what}.",
    )


@pytest.mark.parametrize("valid", [True, False])
def test_false_claims(vector: VectorWriter, valid: bool) -> None:
    """
    Nothing but the claim can be proved.

    Given a block, when root, hash or bit of the claim are others, then the constraint of each wrong
    word is broken.
    """
    name = "2-transactions" if valid else "input-absent"
    block = (_valid if valid else _invalid)(MINIMAL)[name]
    claim = claim_by_hand(MINIMAL, *block, valid=valid)
    old_root = root_of(MINIMAL, block[0])
    other_root = old_root if valid else root_of(MINIMAL, leaves_after(*block))
    root, digest, bit = "claim/new_root", "claim/commit_hash", "claim/is_valid"
    claims: dict[str, tuple[dict[str, Any], list[str]]] = {
        "root-plus-1": ({"new_root": claim["new_root"] + 1}, [root]),
        "root-zero": ({"new_root": ZERO}, [root]),
        "root-of-the-other": ({"new_root": other_root}, [root]),
        "hash-plus-1": ({"commit_hash": claim["commit_hash"] + 1}, [digest]),
        "hash-zero": ({"commit_hash": ZERO}, [digest]),
        "hash-of-nothing": ({"commit_hash": hash_pair(ZERO, ZERO)}, [digest]),
        "other-bit-and-root": ({"is_valid": not valid, "new_root": other_root}, [bit, root]),
        "all-wrong": (
            {"is_valid": not valid, "new_root": LAST, "commit_hash": LAST},
            [digest, bit, root],
        ),
    }
    kind = "valid" if valid else "invalid"
    for wrong, (changes, labels) in claims.items():
        proves(
            vector,
            f"{kind}-{wrong}",
            MINIMAL,
            block,
            {**claim, **changes},
            labels,
            f"A false claim about a block that is {kind}: {in_words(wrong)}.",
        )


@pytest.mark.parametrize("valid", [True, False])
def test_blocks_of_mainnet(vector: VectorWriter, valid: bool) -> None:
    """
    The circuit of mainnet has six places and trees of depth 160.

    Given a full block, valid or with a taken slot at the last place, when the circuit is filled
    with its claim, then nothing is broken.
    """
    old, transactions = mixed(6)
    if not valid:
        transactions = (*transactions[:5], send((), (old[7],)))
    proves(
        vector,
        "full" if valid else "full-and-invalid",
        MAINNET,
        (old, transactions),
        claim_by_hand(MAINNET, old, transactions, valid=valid),
        [],
        f"The witness of {'a valid' if valid else 'an invalid'} block of six transactions.",
    )


@both_presets
def test_blocks_that_are_too_large(vector: VectorWriter, preset: str) -> None:
    """
    A block of more transactions than places has no statement.

    Given one transaction too many, padding or not, when claim or witness are asked for, then both
    are refused.
    """
    most = PLACES[preset]
    singles = tuple(send((), (leaf,)) for leaf in leaves_of("circuit-block-too-large", most + 1))
    claim = {"new_root": ZERO, "commit_hash": ZERO, "is_valid": False}
    for name, transactions in {
        "one-too-many": singles,
        "padding-too-many": (*singles[:most], EMPTY_PLACE),
        "padding-only-too-many": (EMPTY_PLACE,) * (most + 1),
    }.items():
        for operation, more in (("block_claim", {}), ("block", claim)):
            vector.rejects(
                f"circuit-{operation.replace('_', '-')}-{name}-{preset}",
                f"circuit/{operation}",
                ErrorCode.LEDGER_BLOCK_TOO_LARGE,
                description=f"A block of {most + 1} transactions: {in_words(name)}.",
                requirements=rules(11),
                flags=["BLOCK_SIZE"],
                preset=preset,
                old_leaves=OLD,
                transactions=transactions,
                **more,
            )


@pytest.mark.parametrize("operation", ["block_claim", "block"])
def test_blocks_of_another_form(vector: VectorWriter, operation: str) -> None:
    """
    Blocks have a form, and trees their rules.

    Given a field that is absent or null, leaves that no tree has, or a word of p, when claim or
    witness are asked for, then they are rejected.
    """
    claim: dict[str, Any] = {"new_root": ZERO, "commit_hash": ZERO, "is_valid": False}
    block: dict[str, Any] = {"old_leaves": OLD, "transactions": (send((A,), (E,)),)}
    inputs = {**block, **(claim if operation == "block" else {})}
    prefix = f"circuit-{operation.replace('_', '-')}"
    given = json_of(f"circuit/{operation}", **inputs)
    for name, changed in with_field_missing(given).items():
        vector.rejects_malformed(
            f"{prefix}-malformed-{name}",
            f"circuit/{operation}",
            changed,
            description=f"A block of another form: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
            preset=MINIMAL,
        )
    refused: dict[str, tuple[ErrorCode, str, Sequence[FieldElement]]] = {
        "leaf-zero": (ErrorCode.MERKLE_ELEMENT_ZERO, "ZERO_LEAF", (A, ZERO)),
        "leaf-twice": (ErrorCode.MERKLE_SLOT_OCCUPIED, "SLOT_COLLISION", (A, B, A)),
        "slot-twice": (
            ErrorCode.MERKLE_SLOT_OCCUPIED,
            "SLOT_COLLISION",
            (A, sharing_slot(A, MINIMAL)),
        ),
    }
    for name, (code, flag, leaves) in refused.items():
        vector.rejects(
            f"{prefix}-{name}",
            f"circuit/{operation}",
            code,
            description=f"There is no tree with these leaves: {in_words(name)}.",
            requirements=["PAYY-MERKLE-016"],
            flags=[flag],
            preset=MINIMAL,
            **{**inputs, "old_leaves": tuple(leaves)},
        )
    if operation == "block":
        for field in ("new_root", "commit_hash"):
            vector.rejects_raw(
                f"{prefix}-{field.replace('_', '-')}-of-p",
                "circuit/block",
                ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
                {**given, field: f"0x{MODULUS:064x}"},
                description=f"A {field.replace('_', ' ')} of p is no field element.",
                requirements=["PAYY-HASH-001"],
                flags=["NON_CANONICAL_ACCEPTED"],
                preset=MINIMAL,
            )
