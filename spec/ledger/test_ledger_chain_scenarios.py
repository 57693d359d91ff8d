"""Scenarios of the chain: blocks after blocks, rebuilding and pruning."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.errors import ErrorCode
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.chain import Archive, Checkpoint
from payy_ref.ledger.sequence import (
    GENESIS,
    Block,
    Hash,
    Header,
    Height,
    ProvenTransaction,
    Signature,
)
from payy_ref.ledger.transaction import BURN, MINT, SEND, ZERO, PublicInputs
from payy_ref.vectors.model import case_bytes
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import (
    LAST,
    MAINNET,
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
    keccak_of,
    leaves_after,
    leaves_of,
    mint,
    mixed,
    name_of,
    proven,
    root_of,
    rules,
    send,
    sharing_slot,
    signature,
    transaction,
    with_field_missing,
    with_header,
    with_order,
)


def child(parent: Checkpoint, preset: str, *transactions: PublicInputs) -> Block:
    """Give the block that follows with these transactions."""
    return Block(
        header=Header(
            height=Height(parent.height + 1),
            last_block_hash=parent.block_hash,
            epoch_id=0,
            last_final_block_hash=parent.block_hash,
            approvals=(signature("approval"),),
        ),
        root=root_of(preset, leaves_after(parent.leaves, transactions)),
        transactions=proven(*transactions),
        signature=signature("proposer"),
    )


def state_after(parent: Checkpoint, block: Block) -> Checkpoint:
    """Give the ledger after a block that follows."""
    leaves = leaves_after(parent.leaves, [each.public for each in block.transactions])
    return Checkpoint(
        height=block.header.height, block_hash=name_of(block), root=block.root, leaves=leaves
    )


def start_of(preset: str) -> Checkpoint:
    """Give a checkpoint at height 7 with four leaves."""
    return Checkpoint(
        height=Height(7),
        block_hash=Hash(case_bytes("chain-checkpoint", 32)),
        root=root_of(preset, OLD),
        leaves=OLD,
    )


def genesis_state(preset: str) -> Checkpoint:
    """Give the ledger of the genesis block: no leaves, and the name of 185 zero bytes."""
    name = keccak_of(bytes(32), bytes(32), keccak_of(bytes(84)))
    return Checkpoint(height=Height(0), block_hash=name, root=root_of(preset, ()), leaves=())


def history(preset: str) -> tuple[list[Checkpoint], list[Block]]:
    """Give four states and the three blocks between them."""
    states, blocks = [start_of(preset)], []
    for transactions in ([send((A,), (E,)), mint((F,))], [], [burn((E,), (G,)), send((B,), (H,))]):
        blocks.append(child(states[-1], preset, *transactions))
        states.append(state_after(states[-1], blocks[-1]))
    return states, blocks


def shown(state: Checkpoint) -> dict[str, Any]:
    """Give the fields of a ledger that operations answer with."""
    return {name: getattr(state, name) for name in ("height", "block_hash", "root")}


def extends(
    vector: VectorWriter, name: str, preset: str, parent: Checkpoint, block: Block, **what: Any
) -> None:
    """State that a block extends the ledger, with the ledger that the rules demand."""
    output = vector.accepts(
        f"chain-extend-{name}-{preset}",
        "chain/extend",
        preset=preset,
        checkpoint=parent,
        block=block,
        **what,
    )
    assert output == shown(state_after(parent, block))


# The chain


@both_presets
def test_blocks_that_follow(vector: VectorWriter, preset: str) -> None:
    """
    A block follows the newest one.

    Given a ledger and a block with the next height, the right parent and root, when it is appended,
    then the ledger has its height, its name and its root.
    """
    start, genesis = start_of(preset), genesis_state(preset)
    old, transactions = mixed(PLACES[preset])
    full = Checkpoint(
        height=Height(8), block_hash=start.block_hash, root=root_of(preset, old), leaves=old
    )
    late = replace(start, height=Height(2**64 - 2))
    empty = child(start, preset)
    assert empty.root == start.root
    blocks = {
        "first-block": (genesis, child(genesis, preset, mint((E, F)))),
        "first-block-empty": (genesis, child(genesis, preset)),
        "empty-block": (start, empty),
        "full-block": (full, child(full, preset, *transactions)),
        "padding": (start, child(start, preset, send((A,), (E,)), EMPTY_PLACE)),
        "leaves-in-another-order": (
            replace(start, leaves=OLD[::-1]),
            child(start, preset, burn((B,))),
        ),
        "greatest-height": (late, child(late, preset, burn((B,)))),
        "other-epoch-and-final": (
            start,
            with_header(empty, epoch_id=5, last_final_block_hash=Hash(bytes(32)), approvals=()),
        ),
        "spent-mint-again": (start, child(start, preset, mint((E,)))),
    }
    for name, (parent, block) in blocks.items():
        extends(
            vector,
            name,
            preset,
            parent,
            block,
            description=f"A block follows the newest one: {in_words(name)}.",
            requirements=rules(15, 16, 19, 20, 21, 22, 23),
            flags=["CHAIN_LINK", "NAME_BINDING"],
        )


def _misfits(preset: str) -> dict[str, tuple[ErrorCode, list[str], Block]]:
    """Give blocks that do not follow the start, by code and requirements."""
    start = start_of(preset)
    good = child(start, preset, send((A,), (E,)))
    next_height = ErrorCode.LEDGER_HEIGHT_NOT_NEXT
    parent, root = ErrorCode.LEDGER_PARENT_MISMATCH, ErrorCode.LEDGER_ROOT_MISMATCH
    other_hash = Hash(case_bytes("chain-other-parent", 32))
    crowd = [send((), (leaf,)) for leaf in leaves_of("chain-too-large", 15)[8:]]

    def with_transactions(*transactions: PublicInputs) -> Block:
        """Give the block with other transactions and the root after them."""
        leaves = leaves_after(OLD, transactions)
        return replace(good, root=root_of(preset, leaves), transactions=proven(*transactions))

    return {
        "height-of-parent": (next_height, rules(20), with_header(good, height=Height(7))),
        "height-below-parent": (next_height, rules(20), with_header(good, height=Height(6))),
        "height-skipped": (next_height, rules(20), with_header(good, height=Height(9))),
        "height-zero": (next_height, rules(20), with_header(good, height=Height(0))),
        "parent-other": (parent, rules(21), with_header(good, last_block_hash=other_hash)),
        "parent-zero": (parent, rules(21), with_header(good, last_block_hash=Hash(bytes(32)))),
        "parent-is-header-hash": (
            parent,
            rules(21),
            with_header(good, last_block_hash=keccak_of(start.block_hash)),
        ),
        "root-of-parent": (root, rules(22), replace(good, root=start.root)),
        "root-zero": (root, rules(22), replace(good, root=ZERO)),
        "root-of-other-transactions": (
            root,
            rules(22),
            replace(good, transactions=proven(send((A,), (F,)))),
        ),
        "root-of-withheld-transactions": (root, rules(22), replace(good, transactions=())),
        "too-large": (
            ErrorCode.LEDGER_BLOCK_TOO_LARGE,
            rules(1, 20),
            with_transactions(*crowd[: PLACES[preset] + 1]),
        ),
        "unknown-kind": (
            ErrorCode.LEDGER_KIND_UNKNOWN,
            rules(2, 20),
            with_transactions(transaction(FieldElement(4), (A,), (E,))),
        ),
        "not-carried": (
            ErrorCode.LEDGER_MESSAGE_NOT_CARRIED,
            rules(3, 20),
            with_transactions(transaction(SEND, (A,), (E,), (LAST,))),
        ),
        "value-without-kind": (
            ErrorCode.LEDGER_VALUE_WITHOUT_KIND,
            rules(20, 34),
            with_transactions(transaction(MINT, (), (E,), (ZERO, FieldElement(1)))),
        ),
        "padding-first": (
            ErrorCode.LEDGER_PADDING_FIRST,
            rules(4, 20),
            with_transactions(EMPTY_PLACE, send((A,), (E,))),
        ),
        "leaf-repeated": (
            ErrorCode.LEDGER_LEAF_REPEATED,
            rules(5, 20),
            with_transactions(send((A,), (A,))),
        ),
        "input-absent": (
            ErrorCode.MERKLE_ELEMENT_ABSENT,
            rules(6, 20),
            with_transactions(send((F,), (E,))),
        ),
        "slot-occupied": (
            ErrorCode.MERKLE_SLOT_OCCUPIED,
            rules(6, 20),
            with_transactions(mint((B,))),
        ),
        "order-height-before-parent": (
            next_height,
            rules(20, 21),
            with_header(good, height=Height(9), last_block_hash=other_hash),
        ),
        "order-height-before-root": (
            next_height,
            rules(20, 22),
            replace(with_header(good, height=Height(9)), root=ZERO),
        ),
        "order-parent-before-transactions": (
            parent,
            rules(20, 21),
            with_header(with_transactions(send((F,), (E,))), last_block_hash=other_hash),
        ),
        "order-parent-before-root": (
            parent,
            rules(21, 22),
            replace(with_header(good, last_block_hash=other_hash), root=ZERO),
        ),
        "order-transactions-before-root": (
            ErrorCode.MERKLE_ELEMENT_ABSENT,
            rules(20, 22),
            replace(with_transactions(send((F,), (E,))), root=ZERO),
        ),
    }


@pytest.mark.parametrize(
    ("preset", "name"), [(preset, name) for preset in PLACES for name in _misfits(preset)]
)
def test_blocks_that_do_not_follow(vector: VectorWriter, preset: str, name: str) -> None:
    """
    Height, parent, transactions and root are judged in this order.

    Given a block that does not follow the newest one, when it is appended, alone or while the
    ledger is rebuilt, then it is refused with the code of the first rule that is broken.
    """
    error, broken, block = _misfits(preset)[name]
    requirements = with_order(name, broken)
    what: dict[str, Any] = {"flags": ["CHAIN_LINK", "BLOCK_RULE_ORDER"], "preset": preset}
    vector.rejects(
        f"chain-extend-{name}-{preset}",
        "chain/extend",
        error,
        description=f"A block does not follow the newest one: {in_words(name)}.",
        requirements=requirements,
        checkpoint=start_of(preset),
        block=block,
        **what,
    )
    # The same fault in the second of two blocks.
    start = replace(start_of(preset), height=Height(6), block_hash=Hash(bytes(32)))
    empty = child(start, preset)
    middle = state_after(start, empty)
    if block.header.last_block_hash == start_of(preset).block_hash:
        block = with_header(block, last_block_hash=middle.block_hash)
    vector.rejects(
        f"chain-rebuild-{name}-{preset}",
        "chain/rebuild",
        error,
        description=f"The second of two blocks does not follow: {in_words(name)}.",
        requirements=[*requirements, *rules(24)],
        archive=Archive(checkpoint=start, blocks=(empty, block)),
        **what,
    )


@both_presets
def test_end_of_heights(vector: VectorWriter, preset: str) -> None:
    """
    No block follows the last height.

    Given a ledger at height 2^64 - 1, when a block is appended or built, then it is refused, the
    first height again is not the next one, and nothing else of a built block is judged before.
    """
    end = replace(start_of(preset), height=Height(2**64 - 1))
    first_again = with_header(child(end, preset), height=Height(0))
    vector.rejects(
        f"chain-extend-height-wraps-around-{preset}",
        "chain/extend",
        ErrorCode.LEDGER_HEIGHT_NOT_NEXT,
        description="A block of height 0 does not follow that of height 2^64 - 1.",
        requirements=rules(16, 20),
        flags=["CHAIN_LINK"],
        preset=preset,
        checkpoint=end,
        block=first_again,
    )
    vector.rejects(
        f"chain-rebuild-height-wraps-around-{preset}",
        "chain/rebuild",
        ErrorCode.LEDGER_HEIGHT_NOT_NEXT,
        description="A kept block of height 0 does not follow a checkpoint of height 2^64 - 1.",
        requirements=rules(16, 20, 24),
        flags=["CHAIN_LINK"],
        preset=preset,
        archive=Archive(checkpoint=end, blocks=(first_again,)),
    )
    builds = {
        "at-greatest-height": (send((A,), (E,)),),
        "empty-at-greatest-height": (),
        "order-height-before-transactions": (transaction(FieldElement(4), (A,), (E,)),),
    }
    for name, transactions in builds.items():
        vector.rejects(
            f"chain-build-{name}-{preset}",
            "chain/build",
            ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE,
            description=f"No block is built above height 2^64 - 1: {in_words(name)}.",
            requirements=with_order(name, rules(16, 33)),
            flags=["CHAIN_LINK", "BLOCK_LAYOUT"],
            preset=preset,
            checkpoint=end,
            transactions=proven(*transactions),
        )


@both_presets
def test_same_block_twice(vector: VectorWriter, preset: str) -> None:
    """
    A block is appended once.

    Given a block again, with the height and parent that it had or with new ones, when it is
    appended, then it is refused.
    """
    start = start_of(preset)
    block = child(start, preset, send((A,), (E,)))
    after = state_after(start, block)
    renewed = with_header(block, height=Height(9), last_block_hash=after.block_hash)
    blocks = {
        "same-block": (ErrorCode.LEDGER_HEIGHT_NOT_NEXT, block),
        "same-block-next-height": (
            ErrorCode.LEDGER_PARENT_MISMATCH,
            with_header(block, height=Height(9)),
        ),
        "same-transactions": (ErrorCode.MERKLE_ELEMENT_ABSENT, renewed),
    }
    for name, (error, again) in blocks.items():
        vector.rejects(
            f"chain-extend-replay-{name}-{preset}",
            "chain/extend",
            error,
            description=f"What was appended is appended again: {in_words(name)}.",
            requirements=[*rules(20, 21), "PAYY-CONVENTIONS-002"],
            flags=["REPLAY", "CHAIN_LINK"],
            preset=preset,
            checkpoint=after,
            block=again,
        )
        vector.rejects(
            f"chain-rebuild-replay-{name}-{preset}",
            "chain/rebuild",
            error,
            description=f"A kept block stands in the archive twice: {in_words(name)}.",
            requirements=[*rules(20, 21, 24), "PAYY-CONVENTIONS-002"],
            flags=["REPLAY", "CHAIN_LINK"],
            preset=preset,
            archive=Archive(checkpoint=start, blocks=(block, again)),
        )


@both_presets
def test_mint_again_in_the_chain(vector: VectorWriter, preset: str) -> None:
    """
    The ledger does not remember mints.

    Given a mint, the burn of what it made and the mint again, in three blocks, when the ledger is
    rebuilt, then it is accepted; without the burn it is refused.
    """
    start = start_of(preset)
    first = child(start, preset, mint((E,)))
    minted = state_after(start, first)
    second = child(minted, preset, burn((E,)))
    burned = state_after(minted, second)
    third = child(burned, preset, mint((E,)))
    output = vector.accepts(
        f"chain-rebuild-mint-again-{preset}",
        "chain/rebuild",
        description="A mint is repeated after its output was burned.",
        requirements=rules(6, 24),
        flags=["REPLAY"],
        preset=preset,
        archive=Archive(checkpoint=start, blocks=(first, second, third)),
    )
    assert output == shown(state_after(burned, third))
    assert output["root"] == first.root
    vector.rejects(
        f"chain-rebuild-mint-again-unspent-{preset}",
        "chain/rebuild",
        ErrorCode.MERKLE_SLOT_OCCUPIED,
        description="A mint is repeated while its output is unspent.",
        requirements=rules(6, 24),
        flags=["REPLAY"],
        preset=preset,
        archive=Archive(
            checkpoint=start,
            blocks=(
                first,
                with_header(third, height=Height(9), last_block_hash=minted.block_hash),
            ),
        ),
    )


@both_presets
def test_built_blocks(vector: VectorWriter, preset: str) -> None:
    """
    A proposer builds the block that follows.

    Given a ledger and transactions that it allows, when the block is built, then it follows, with
    the root after them, no approvals and no signature; proofs are kept as they are.
    """
    start, genesis = start_of(preset), genesis_state(preset)
    old, transactions = mixed(PLACES[preset])
    full = replace(start, root=root_of(preset, old), leaves=old)
    late = replace(start, height=Height(2**64 - 2))
    proofs = (
        ProvenTransaction(proof=b"", public=send((A,), (E,))),
        ProvenTransaction(proof=case_bytes("chain-build", 40), public=burn((B,))),
    )
    builds: dict[str, tuple[Checkpoint, Sequence[ProvenTransaction]]] = {
        "first-block": (genesis, proven(mint((E, F)))),
        "empty-block": (start, ()),
        "full-block": (full, proven(*transactions)),
        "two-proofs": (start, proofs),
        "padding-last": (start, proven(send((A,), (E,)), EMPTY_PLACE)),
        "leaves-in-another-order": (replace(start, leaves=OLD[::-1]), proofs[:1]),
        "greatest-height": (late, proofs[:1]),
    }
    for name, (parent, sent) in builds.items():
        built = vector.accepts(
            f"chain-build-{name}-{preset}",
            "chain/build",
            description=f"A proposer builds a block: {in_words(name)}.",
            requirements=rules(16, 33),
            flags=["CHAIN_LINK", "BLOCK_LAYOUT"],
            preset=preset,
            checkpoint=parent,
            transactions=tuple(sent),
        )["block"]
        leaves = leaves_after(parent.leaves, [each.public for each in sent])
        assert built == Block(
            header=Header(
                height=Height(parent.height + 1),
                last_block_hash=parent.block_hash,
                epoch_id=0,
                last_final_block_hash=parent.block_hash,
                approvals=(),
            ),
            root=root_of(preset, leaves),
            transactions=tuple(sent),
            signature=Signature(bytes(65)),
        )
        extends(
            vector,
            f"built-{name}",
            preset,
            parent,
            built,
            description=f"A block that was built extends the ledger: {in_words(name)}.",
            requirements=rules(20, 21, 22, 33),
            flags=["CHAIN_LINK"],
        )


@both_presets
def test_blocks_that_are_not_built(vector: VectorWriter, preset: str) -> None:
    """
    A proposer builds no block that is refused.

    Given transactions that a block cannot have, or leaves that make no tree, when the block is
    built, then it is refused with the code of the first rule that is broken.
    """
    start = start_of(preset)
    crowd = [send((), (leaf,)) for leaf in leaves_of("chain-too-large", 15)[8:]]
    short = replace(start, leaves=OLD[:-1])
    builds: dict[str, tuple[ErrorCode, list[int], Checkpoint, Sequence[PublicInputs]]] = {
        "too-large": (
            ErrorCode.LEDGER_BLOCK_TOO_LARGE,
            [1],
            start,
            crowd[: PLACES[preset] + 1],
        ),
        "unknown-kind": (
            ErrorCode.LEDGER_KIND_UNKNOWN,
            [2],
            start,
            [transaction(FieldElement(4), (A,), (E,))],
        ),
        "not-carried": (
            ErrorCode.LEDGER_MESSAGE_NOT_CARRIED,
            [3],
            start,
            [transaction(SEND, (A,), (E,), (LAST,))],
        ),
        "value-without-kind": (
            ErrorCode.LEDGER_VALUE_WITHOUT_KIND,
            [34],
            start,
            [transaction(BURN, (A,), (), (ZERO, FieldElement(1), A, A))],
        ),
        "padding-first": (
            ErrorCode.LEDGER_PADDING_FIRST,
            [4],
            start,
            [EMPTY_PLACE, send((A,), (E,))],
        ),
        "output-is-own-input": (ErrorCode.LEDGER_LEAF_REPEATED, [5], start, [send((A,), (A,))]),
        "input-twice": (ErrorCode.LEDGER_LEAF_REPEATED, [5], start, [burn((A,)), burn((A,))]),
        "input-absent": (ErrorCode.MERKLE_ELEMENT_ABSENT, [6], start, [send((F,), (E,))]),
        "slot-occupied": (ErrorCode.MERKLE_SLOT_OCCUPIED, [6], start, [mint((B,))]),
        "leaf-missing": (ErrorCode.LEDGER_LEAF_SET_MISMATCH, [23], short, []),
        "order-leaves-before-transactions": (
            ErrorCode.LEDGER_LEAF_SET_MISMATCH,
            [23],
            short,
            [burn((F,))],
        ),
    }
    for name, (error, numbers, parent, transactions) in builds.items():
        vector.rejects(
            f"chain-build-{name}-{preset}",
            "chain/build",
            error,
            description=f"A proposer builds no such block: {in_words(name)}.",
            requirements=with_order(name, rules(*numbers, 33)),
            flags=["CHAIN_LINK"],
            preset=preset,
            checkpoint=parent,
            transactions=proven(*transactions),
        )


# Availability and pruning


@both_presets
def test_rebuilding(vector: VectorWriter, preset: str) -> None:
    """
    The ledger is rebuilt from the leaves at a checkpoint and the blocks since.

    Given a checkpoint and none, one or three blocks, when the ledger is rebuilt, then it is that
    after the last block, whatever the order of the leaves.
    """
    states, blocks = history(preset)
    genesis = genesis_state(preset)
    archives = {
        "0-blocks": (Archive(checkpoint=states[0]), states[0]),
        "1-block": (Archive(checkpoint=states[0], blocks=tuple(blocks[:1])), states[1]),
        "3-blocks": (Archive(checkpoint=states[0], blocks=tuple(blocks)), states[3]),
        "newer-checkpoint": (Archive(checkpoint=states[2], blocks=tuple(blocks[2:])), states[3]),
        "leaves-backwards": (
            Archive(checkpoint=replace(states[0], leaves=OLD[::-1]), blocks=tuple(blocks)),
            states[3],
        ),
        "genesis": (Archive(checkpoint=genesis), genesis),
    }
    for name, (archive, state) in archives.items():
        output = vector.accepts(
            f"chain-rebuild-{name}-{preset}",
            "chain/rebuild",
            description=f"The ledger is rebuilt: {in_words(name)}.",
            requirements=rules(19, 23, 24),
            flags=["LEAF_SET", "CHAIN_LINK"],
            preset=preset,
            archive=archive,
        )
        assert output == shown(state)


@both_presets
def test_rebuilding_from_other_blocks(vector: VectorWriter, preset: str) -> None:
    """
    The blocks since the checkpoint are complete and in order.

    Given a block that is missing, moved, or of another branch, when the ledger is rebuilt, then it
    is refused at the first block that does not follow.
    """
    states, blocks = history(preset)
    branch = child(states[1], preset, burn((C,)))
    next_height, parent = ErrorCode.LEDGER_HEIGHT_NOT_NEXT, ErrorCode.LEDGER_PARENT_MISMATCH
    archives: dict[str, tuple[ErrorCode, Sequence[Block]]] = {
        "first-block-missing": (next_height, blocks[1:]),
        "middle-block-missing": (next_height, [blocks[0], blocks[2]]),
        "blocks-backwards": (next_height, blocks[::-1]),
        "genesis-block-first": (next_height, [GENESIS, *blocks]),
        "branch-in-the-middle": (parent, [blocks[0], branch, blocks[2]]),
        "root-in-the-middle": (
            ErrorCode.LEDGER_ROOT_MISMATCH,
            [blocks[0], replace(blocks[1], root=states[0].root), blocks[2]],
        ),
        "transactions-withheld": (
            ErrorCode.LEDGER_ROOT_MISMATCH,
            [replace(blocks[0], transactions=()), *blocks[1:]],
        ),
    }
    for name, (error, kept) in archives.items():
        vector.rejects(
            f"chain-rebuild-{name}-{preset}",
            "chain/rebuild",
            error,
            description=f"The ledger is not rebuilt from other blocks: {in_words(name)}.",
            requirements=[*rules(24), "PAYY-CONVENTIONS-002"],
            flags=["CHAIN_LINK"],
            preset=preset,
            archive=Archive(checkpoint=states[0], blocks=tuple(kept)),
        )


@both_presets
def test_leaf_sets(vector: VectorWriter, preset: str) -> None:
    """
    The leaves at a checkpoint make the root that L1 holds.

    Given a leaf that is missing, added, exchanged, zero or there twice, when the ledger is rebuilt,
    extended or pruned, then it is refused, also where a block fits the leaves.
    """
    start = start_of(preset)
    mismatch, occupied = ErrorCode.LEDGER_LEAF_SET_MISMATCH, ErrorCode.MERKLE_SLOT_OCCUPIED
    sets: dict[str, tuple[ErrorCode, Checkpoint]] = {
        "leaf-missing": (mismatch, replace(start, leaves=OLD[:-1])),
        "leaves-missing": (mismatch, replace(start, leaves=())),
        "leaf-added": (mismatch, replace(start, leaves=(*OLD, E))),
        "leaf-exchanged": (mismatch, replace(start, leaves=(*OLD[:-1], sharing_slot(D, preset)))),
        "leaf-zero": (ErrorCode.MERKLE_ELEMENT_ZERO, replace(start, leaves=(*OLD, ZERO))),
        "leaf-twice": (occupied, replace(start, leaves=(*OLD, A))),
        "slot-twice": (occupied, replace(start, leaves=(*OLD, sharing_slot(A, preset)))),
        "checkpoint-root-other": (mismatch, replace(start, root=LAST)),
        "checkpoint-root-zero": (mismatch, replace(start, root=ZERO)),
        "genesis-root": (mismatch, replace(genesis_state(preset), root=ZERO)),
        "leaf-p": (
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            replace(start, leaves=(FieldElement(MODULUS),)),
        ),
        "order-slot-before-root": (occupied, replace(start, leaves=(A, A), root=ZERO)),
    }
    for name, (error, checkpoint) in sets.items():
        archive = Archive(checkpoint=checkpoint)
        follower = child(replace(checkpoint, leaves=OLD), preset)
        if error == mismatch:
            # The block fits the leaves, so that nothing else is wrong.
            follower = replace(follower, root=root_of(preset, checkpoint.leaves))
        inputs: dict[str, dict[str, Any]] = {
            "rebuild": {"archive": archive},
            "extend": {"checkpoint": checkpoint, "block": follower},
            "prune": {"archive": archive, "proven": checkpoint.height},
        }
        for operation, given in inputs.items():
            vector.rejects(
                f"chain-{operation}-{name}-{preset}",
                f"chain/{operation}",
                error,
                description=f"The leaves are not those of the checkpoint: {in_words(name)}.",
                requirements=with_order(name, rules(23)),
                flags=["LEAF_SET"],
                preset=preset,
                **given,
            )
    vector.rejects(
        f"chain-extend-order-leaves-before-height-{preset}",
        "chain/extend",
        mismatch,
        description="The leaves do not make the root, and the height of the block is wrong.",
        requirements=[*rules(20, 23), "PAYY-CONVENTIONS-002"],
        flags=["LEAF_SET", "BLOCK_RULE_ORDER"],
        preset=preset,
        checkpoint=replace(start, leaves=OLD[:-1]),
        block=with_header(child(start, preset), height=Height(1000)),
    )


@both_presets
def test_pruning(vector: VectorWriter, preset: str) -> None:
    """
    What is proven is replaced by its leaf set.

    Given three blocks of which none, two or all are proven, when the archive is pruned, then the
    leaves at the proven block and the blocks since are kept, and they rebuild the same ledger.
    """
    states, blocks = history(preset)
    archive = Archive(checkpoint=states[0], blocks=tuple(blocks))
    names = ("at-checkpoint", "first-block", "middle-block", "newest-block")
    for count, name in enumerate(names):
        pruned = vector.accepts(
            f"chain-prune-{name}-{preset}",
            "chain/prune",
            description=f"An archive of three blocks is pruned: {in_words(name)}.",
            requirements=rules(25, 26),
            flags=["PRUNING"],
            preset=preset,
            archive=archive,
            proven=7 + count,
        )["archive"]
        assert pruned.blocks == tuple(blocks[count:])
        kept, state = pruned.checkpoint, states[count]
        assert shown(kept) == shown(state)
        assert sorted(kept.leaves) == sorted(state.leaves)
        rebuilt = vector.accepts(
            f"chain-rebuild-pruned-{name}-{preset}",
            "chain/rebuild",
            description=f"The ledger is rebuilt from what pruning has kept: {in_words(name)}.",
            requirements=rules(24, 26),
            flags=["PRUNING"],
            preset=preset,
            archive=pruned,
        )
        assert rebuilt == shown(states[3])


@both_presets
def test_pruning_what_is_not_kept(vector: VectorWriter, preset: str) -> None:
    """
    Only kept blocks can be proven.

    Given a height below the checkpoint or beyond the newest block, or a proven block that does not
    follow, when the archive is pruned, then it is refused.
    """
    states, blocks = history(preset)
    archive = Archive(checkpoint=states[0], blocks=tuple(blocks))
    for name, proven_height in (
        ("below", 6),
        ("zero", 0),
        ("beyond", 11),
        ("greatest-height", 2**64 - 1),
    ):
        vector.rejects(
            f"chain-prune-{name}-{preset}",
            "chain/prune",
            ErrorCode.LEDGER_PROVEN_HEIGHT_UNKNOWN,
            description=f"Height {proven_height:#x} is not kept, between 7 and 10.",
            requirements=rules(25),
            flags=["PRUNING"],
            preset=preset,
            archive=archive,
            proven=proven_height,
        )
    vector.rejects(
        f"chain-prune-beyond-without-blocks-{preset}",
        "chain/prune",
        ErrorCode.LEDGER_PROVEN_HEIGHT_UNKNOWN,
        description="Without blocks only the checkpoint is proven.",
        requirements=rules(25),
        flags=["PRUNING"],
        preset=preset,
        archive=Archive(checkpoint=states[0]),
        proven=8,
    )
    vector.rejects(
        f"chain-prune-order-height-before-leaves-{preset}",
        "chain/prune",
        ErrorCode.LEDGER_PROVEN_HEIGHT_UNKNOWN,
        description="A height is not kept, and the leaves do not make the root.",
        requirements=[*rules(23, 25), "PAYY-CONVENTIONS-002"],
        flags=["PRUNING"],
        preset=preset,
        archive=replace(archive, checkpoint=replace(states[0], leaves=())),
        proven=11,
    )
    faults = {
        "refused-height": (
            ErrorCode.LEDGER_HEIGHT_NOT_NEXT,
            (blocks[0], with_header(blocks[1], height=Height(10)), blocks[2]),
        ),
        "refused-parent": (
            ErrorCode.LEDGER_PARENT_MISMATCH,
            (blocks[0], with_header(blocks[1], last_block_hash=Hash(bytes(32))), blocks[2]),
        ),
        "refused-root": (
            ErrorCode.LEDGER_ROOT_MISMATCH,
            (blocks[0], replace(blocks[1], root=ZERO), blocks[2]),
        ),
    }
    for name, (error, kept) in faults.items():
        vector.rejects(
            f"chain-prune-{name}-{preset}",
            "chain/prune",
            error,
            description=f"A block that is said to be proven does not follow: {in_words(name)}.",
            requirements=rules(24, 26),
            flags=["PRUNING", "CHAIN_LINK"],
            preset=preset,
            archive=replace(archive, blocks=kept),
            proven=9,
        )


@both_presets
def test_greatest_heights(vector: VectorWriter, preset: str) -> None:
    """
    Heights go up to 2^64 - 1.

    Given a checkpoint or a block of that height, when the ledger is rebuilt or the archive is
    pruned, then it is accepted; a block that is kept is not judged.
    """
    greatest = Height(2**64 - 1)
    start = start_of(preset)
    late = replace(start, height=Height(greatest - 1))
    last = child(late, preset, burn((B,)))
    at_end = Archive(checkpoint=replace(start, height=greatest))
    before_end = Archive(checkpoint=late, blocks=(last,))
    archives = {
        "checkpoint": (at_end, at_end.checkpoint),
        "block": (before_end, state_after(late, last)),
    }
    for name, (archive, state) in archives.items():
        rebuilt = vector.accepts(
            f"chain-rebuild-greatest-height-of-{name}-{preset}",
            "chain/rebuild",
            description=f"The ledger is rebuilt at the greatest height, that of a {name}.",
            requirements=rules(16, 24),
            flags=["CHAIN_LINK", "BLOCK_LAYOUT"],
            preset=preset,
            archive=archive,
        )
        assert rebuilt == shown(state)
        pruned = vector.accepts(
            f"chain-prune-greatest-height-of-{name}-{preset}",
            "chain/prune",
            description=f"An archive is pruned at the greatest height, that of a {name}.",
            requirements=rules(16, 25, 26),
            flags=["PRUNING", "BLOCK_LAYOUT"],
            preset=preset,
            archive=archive,
            proven=greatest,
        )["archive"]
        assert pruned.blocks == ()
        assert shown(pruned.checkpoint) == shown(state)
        assert sorted(pruned.checkpoint.leaves) == sorted(state.leaves)
    kept = with_header(child(start, preset), height=greatest)
    pruned = vector.accepts(
        f"chain-prune-greatest-height-is-kept-{preset}",
        "chain/prune",
        description="A block of the greatest height is kept, although it does not follow.",
        requirements=rules(16, 26),
        flags=["PRUNING", "BLOCK_LAYOUT"],
        preset=preset,
        archive=Archive(checkpoint=start, blocks=(kept,)),
        proven=start.height,
    )["archive"]
    assert pruned.blocks == (kept,)


def _beyond(preset: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Give inputs with a height of 2^64, by what has it: the operation and its fields."""
    states, blocks = history(preset)
    start, beyond = states[0], Height(2**64)
    end = replace(start, height=Height(2**64 - 1))
    above = replace(start, height=beyond)
    archive = Archive(checkpoint=start, blocks=tuple(blocks))
    kept = (*blocks[:-1], with_header(blocks[-1], height=beyond))
    return {
        "extend-checkpoint": ("chain/extend", {"checkpoint": above, "block": blocks[0]}),
        "extend-block": ("chain/extend", {"checkpoint": end, "block": child(end, preset)}),
        "build-checkpoint": ("chain/build", {"checkpoint": above, "transactions": ()}),
        "rebuild-checkpoint": ("chain/rebuild", {"archive": Archive(checkpoint=above)}),
        "rebuild-block": (
            "chain/rebuild",
            {"archive": Archive(checkpoint=end, blocks=(child(end, preset),))},
        ),
        "prune-checkpoint": (
            "chain/prune",
            {"archive": Archive(checkpoint=above), "proven": end.height},
        ),
        "prune-block": ("chain/prune", {"archive": replace(archive, blocks=kept), "proven": 7}),
        "prune-proven": ("chain/prune", {"archive": archive, "proven": beyond}),
    }


@pytest.mark.parametrize(
    ("preset", "name"), [(preset, name) for preset in PLACES for name in _beyond(preset)]
)
def test_heights_beyond_64_bits(vector: VectorWriter, preset: str, name: str) -> None:
    """
    Heights have 64 bits wherever they stand.

    Given a checkpoint, a block or a proven block of height 2^64, when the chain is extended, built
    on, rebuilt or pruned, then it is rejected, also where the height follows or nobody looks at it.
    """
    operation, given = _beyond(preset)[name]
    vector.rejects(
        f"chain-{name}-height-2-64-{preset}",
        operation,
        ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE,
        description=f"A height of 2^64 is rejected: {in_words(name)}.",
        requirements=rules(16),
        flags=["CHAIN_LINK", "BLOCK_LAYOUT"],
        preset=preset,
        **given,
    )


def _inputs() -> dict[str, dict[str, Any]]:
    """Give a good input of each operation that a preset touches, in JSON."""
    states, blocks = history(MAINNET)
    archive = Archive(checkpoint=states[0], blocks=tuple(blocks[:1]))
    return {
        "chain/extend": json_of("chain/extend", checkpoint=states[0], block=blocks[0]),
        "chain/build": json_of(
            "chain/build", checkpoint=states[0], transactions=proven(burn((A,)))
        ),
        "chain/rebuild": json_of("chain/rebuild", archive=archive),
        "chain/prune": json_of("chain/prune", archive=archive, proven=8),
    }


@pytest.mark.parametrize("operation", _inputs())
def test_forms_of_inputs(vector: VectorWriter, operation: str) -> None:
    """
    Every field of an input is there, and no other.

    Given an input without one of its fields, or of its checkpoint, with one too many, or with null
    in the place of a value, when the operation runs, then the input is malformed.
    """
    good = _inputs()[operation]
    bent = {"unknown-field": {**good, "preset": MAINNET}, **with_field_missing(good)}
    if operation == "chain/extend":
        for part in good["checkpoint"]:
            rest = {name: value for name, value in good["checkpoint"].items() if name != part}
            bent[f"checkpoint-without-{part.replace('_', '-')}"] = {**good, "checkpoint": rest}
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


@both_presets
def test_approvals_of_a_built_block(vector: VectorWriter, preset: str) -> None:
    """
    Approvals that a proposer has stand in the header.

    Given one or three approvals, when the block is built, then it has them in their order; given
    one that is too short, then the input is malformed.
    """
    start = start_of(preset)
    for count in (1, 3):
        approvals = tuple(signature(f"approval-{number}") for number in range(count))
        built = vector.accepts(
            f"chain-build-approvals-{count}-{preset}",
            "chain/build",
            description=f"The block that is built has {count} approvals.",
            requirements=rules(33),
            flags=["BLOCK_LAYOUT"],
            preset=preset,
            checkpoint=start,
            transactions=(),
            approvals=approvals,
        )["block"]
        assert built.header.approvals == approvals
    vector.rejects_malformed(
        f"chain-build-approval-of-64-bytes-{preset}",
        "chain/build",
        {
            **json_of("chain/build", checkpoint=start, transactions=()),
            "approvals": ["0x" + "00" * 64],
        },
        description="An approval of 64 bytes is no signature.",
        requirements=["PAYY-CONVENTIONS-001"],
        flags=["BLOCK_LAYOUT"],
        preset=preset,
    )
