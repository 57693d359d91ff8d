"""Properties of blocks, of the chain and of the pool, on generated inputs."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto import compiled
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger import builder, mempool
from payy_ref.ledger.block import (
    EMPTY_PLACE,
    AppliedBlock,
    apply_block,
    commit_hash,
    packed_messages,
)
from payy_ref.ledger.builder import Recipient
from payy_ref.ledger.chain import (
    Archive,
    Ledger,
    build,
    check_data,
    checkpoint_of,
    extend,
    genesis_ledger,
    prune,
    rebuild,
    restore,
)
from payy_ref.ledger.mempool import Mempool
from payy_ref.ledger.note import (
    InputNote,
    Note,
    Psi,
    SecretKey,
    note_address,
    note_commitment,
)
from payy_ref.ledger.sequence import (
    GENESIS,
    Block,
    Hash,
    Header,
    Height,
    ProvenTransaction,
    Signature,
    accept_hash,
    block_hash,
    checked_height,
    decode_block,
    decode_transaction,
    encode_block,
    encode_header,
    encode_transaction,
    header_hash,
    proposal_hash,
    signed_message,
)
from payy_ref.ledger.transaction import (
    BURN,
    MINT,
    PADDING,
    SEND,
    ZERO,
    Message,
    PublicInputs,
    Statement,
    check_statement,
    public_inputs_of,
)
from payy_ref.merkle.naive import NaiveTree
from payy_ref.merkle.path import Depth
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import AnyTree
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.testing.ledger_model import (
    LedgerModel,
    Opening,
    PlainBlock,
    PoolModel,
    element_offsets,
    keccak_256,
    movements,
    packed_transaction,
)
from payy_ref.testing.ledger_strategies import (
    KINDS,
    BlockScript,
    accepted_scripts,
    behind_padding,
    block_scripts,
    carried_transactions,
    distinct_transactions,
    hashes,
    headers,
    mempools,
    owned_notes,
    proven_transactions,
    public_inputs,
    recipients,
    sequenced_blocks,
    signatures,
    statements,
    statements_spending,
    unsigned_64,
)
from payy_ref.testing.strategies import aliases, field_elements, leaves
from payy_ref.testing.tree_model import TreeModel

MINIMAL: Final = load_preset(Preset.MINIMAL)
MAINNET: Final = load_preset(Preset.MAINNET)

presets = st.sampled_from((MINIMAL, MAINNET))
small_networks = st.builds(
    lambda preset, depth: replace(preset, tree_depth=Depth(depth)), presets, st.integers(1, 7)
)
"""The blocks of both presets over trees of few slots."""

networks = st.one_of(presets, small_networks)

few_examples = settings(max_examples=max(10, settings().max_examples // 3))


def outcome(change: Callable[..., object], *arguments: object) -> ErrorCode | None:
    """Tell the code of a refusal; None if there is none."""
    try:
        change(*arguments)
    except SpecError as refusal:
        return refusal.code
    return None


def tree_of(script: BlockScript, parameters: Parameters) -> PersistentTree:
    """Build the tree that a block meets."""
    return PersistentTree.of(parameters.tree_depth, script.leaves)


def model_of(leaves: Sequence[int], parameters: Parameters) -> LedgerModel:
    """Make the dictionary of notes of unknown content."""
    return LedgerModel(
        depth=parameters.tree_depth,
        groups=parameters.block_groups,
        group_size=parameters.group_transactions,
        unspent=dict.fromkeys(leaves, (0, 0)),
        name=bytes(32),
    )


def unknown_openings(transactions: Sequence[PublicInputs]) -> dict[int, Opening]:
    """Say nothing about the notes of a block."""
    return {leaf: (0, 0) for item in transactions for leaf in item.commitments}


def proven(transactions: Sequence[PublicInputs]) -> list[ProvenTransaction]:
    """Give each transaction a proof of one byte."""
    return [ProvenTransaction(proof=b"p", public=item) for item in transactions]


def plain(block: Block) -> PlainBlock:
    """Write a block as numbers and bytes."""
    return PlainBlock(
        height=block.header.height,
        parent=block.header.last_block_hash,
        epoch=block.header.epoch_id,
        final=block.header.last_final_block_hash,
        approvals=block.header.approvals,
        root=block.root,
        transactions=tuple((item.proof, item.public.words) for item in block.transactions),
        signature=block.signature,
    )


def with_word(transaction: PublicInputs, position: int, value: int) -> PublicInputs:
    """Exchange one of the nine words."""
    words = list(transaction.words)
    words[position] = FieldElement(value)
    return public_inputs_of(words)


scripts = networks.flatmap(lambda network: st.tuples(st.just(network), block_scripts(network)))
good_scripts = networks.flatmap(
    lambda network: st.tuples(st.just(network), accepted_scripts(network))
)
some_good_scripts = networks.flatmap(
    lambda network: st.tuples(st.just(network), accepted_scripts(network, minimum=1))
)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A chain from the genesis block on."""

    parameters: Parameters
    """The network."""
    ledgers: tuple[Ledger, ...]
    """The ledger at every height."""
    blocks: tuple[Block, ...]
    """The blocks above the genesis block."""

    def archive(self, height: int = 0) -> Archive:
        """Keep what comes after a height."""
        checkpoint = checkpoint_of(self.ledgers[height])
        return Archive(checkpoint=checkpoint, blocks=self.blocks[height:])


@st.composite
def chains(draw: st.DrawFn, minimum: int = 0) -> Chain:
    """Give a short chain; blocks spend what is there and make leaves of any slot that is free."""
    parameters = draw(networks)
    ledgers, blocks = [genesis_ledger(parameters)], []
    for _ in range(draw(st.integers(minimum, 3))):
        script = draw(accepted_scripts(parameters))
        ledger = ledgers[-1]
        held = list(ledger.tree)
        spent = [
            PublicInputs(
                input_commitments=(leaf, ZERO),
                output_commitments=(ZERO, ZERO),
                message=Message(kind=SEND),
            )
            for leaf in (
                draw(st.lists(st.sampled_from(held), unique=True, max_size=2)) if held else ()
            )
        ]
        # The leaves that the script expects are not there: its outputs are what is taken of it.
        made = [replace(item, input_commitments=(ZERO, ZERO)) for item in script.transactions]
        chosen = mempool.choose(ledger.tree, [*spent, *made], parameters).transactions
        block = replace(
            build(ledger, proven(chosen), parameters),
            signature=draw(signatures()),
        )
        if draw(st.sampled_from((False, False, True))):
            bare = replace(draw(headers()), height=block.header.height)
            block = replace(
                block, header=replace(bare, last_block_hash=block.header.last_block_hash)
            )
        ledgers.append(extend(ledger, block, parameters))
        blocks.append(block)
    return Chain(parameters=parameters, ledgers=tuple(ledgers), blocks=tuple(blocks))


# T01


@st.composite
def note_runs(draw: st.DrawFn) -> tuple[Parameters, tuple[tuple[Statement, ...], ...]]:
    """Give blocks of statements that spend each other's notes, of several kinds in one block."""
    parameters = draw(presets)
    wallet: list[InputNote] = []
    keys = {note_address(key): key for key in (SecretKey(FieldElement(1)), SecretKey(ZERO))}
    number = iter(range(1, 1000))
    psis = st.builds(lambda: Psi(FieldElement(next(number))))
    blocks = []
    for _ in range(draw(st.integers(1, 4))):
        block, fresh = [], []
        for _ in range(draw(st.integers(0, parameters.block_transactions))):
            kind = draw(st.sampled_from(KINDS))
            of_kind = [item for item in wallet if item.note.kind == kind]
            inputs = (
                draw(st.lists(st.sampled_from(of_kind), unique=True, max_size=2)) if of_kind else []
            )
            wallet = [item for item in wallet if item not in inputs]
            owners = st.sampled_from([*keys])
            statement = draw(statements_spending(inputs, kind, psis=psis, owners=owners))
            fresh += [
                InputNote(note=note, secret_key=keys[note.address])
                for note in statement.output_notes
                if note.kind
            ]
            block.append(statement)
        wallet += fresh
        blocks.append(tuple(block))
    return parameters, tuple(blocks)


def worth(notes: Sequence[Note]) -> Counter[int]:
    """Add up notes by kind."""
    total: Counter[int] = Counter()
    for note in notes:
        total[note.kind] += note.value
    return total


@evidence("PAYY-LEDGER-T01")
@given(note_runs())
def test_value_is_conserved_per_kind(
    run: tuple[Parameters, tuple[tuple[Statement, ...], ...]],
) -> None:
    """Over blocks, per kind: unspent before and minted = unspent after and burned."""
    parameters, blocks = run
    tree = PersistentTree(depth=parameters.tree_depth)
    opened: dict[int, Note] = {}
    minted: Counter[int] = Counter()
    burned: Counter[int] = Counter()
    for block in blocks:
        public = [statement.public for statement in block]
        try:
            applied = apply_block(tree, public, parameters)
        except SpecError as refusal:
            # What a refused block should have made is not there for the blocks after it.
            assert refusal.code in {  # noqa: PT017
                ErrorCode.MERKLE_SLOT_OCCUPIED,
                ErrorCode.MERKLE_ELEMENT_ABSENT,
            }
            continue
        before = worth([opened[leaf] for leaf in tree])
        tree = applied.tree
        for statement in block:
            notes = statement.output_notes
            opened.update({int(note_commitment(note)): note for note in notes if note.kind})
        came: Counter[int] = Counter()
        gone: Counter[int] = Counter()
        for movement in movements(applied.messages):
            (came if movement.is_mint else gone)[movement.note_kind] += movement.value
        after = worth([opened[leaf] for leaf in tree])
        for kind in {*before, *after, *came, *gone}:
            assert before[kind] + came[kind] == after[kind] + gone[kind]
        minted, burned = minted + came, burned + gone
    held = worth([opened[leaf] for leaf in tree])
    assert held + burned == minted


@evidence("PAYY-LEDGER-T01", part="value beside padding, which the message says to be of kind 0")
@given(owned_notes(), recipients())
def test_value_beside_leading_padding_is_refused(item: InputNote, recipient: Recipient) -> None:
    """The circuit lets value come and go as kind 0; no block takes it, unless the value is 0."""
    mint = check_statement(behind_padding(builder.mint([item.note])))
    burn = check_statement(behind_padding(builder.burn([item], recipient)))
    leaf = note_commitment(item.note)
    for public, held in ((mint, []), (burn, [leaf])):
        assert (public.message.note_kind, public.message.value) == (0, item.note.value)
        tree = PersistentTree.of(MAINNET.tree_depth, held)
        code = outcome(apply_block, tree, [public], MAINNET)
        assert code == (ErrorCode.LEDGER_VALUE_WITHOUT_KIND if item.note.value else None)


# T02


@evidence("PAYY-LEDGER-T02")
@given(some_good_scripts)
def test_spent_leaf_is_spent_again_only_after_it_came_again(
    case: tuple[Parameters, BlockScript],
) -> None:
    """What a block spent is absent after it; made again, it can be spent again."""
    parameters, script = case
    applied = apply_block(tree_of(script, parameters), script.transactions, parameters)
    spent = [leaf for item in script.transactions for leaf in item.input_commitments if leaf]
    made = {leaf for item in script.transactions for leaf in item.output_commitments if leaf}
    assert len(set(spent)) == len(spent)
    assert made.isdisjoint(spent)
    for leaf in spent:
        spending = with_word(with_word(EMPTY_PLACE, 4, SEND), 0, leaf)
        making = with_word(with_word(EMPTY_PLACE, 4, SEND), 2, leaf)
        code = outcome(apply_block, applied.tree, [spending], parameters)
        assert code == ErrorCode.MERKLE_ELEMENT_ABSENT
        try:
            again = apply_block(applied.tree, [making], parameters).tree
        except SpecError as refusal:
            # Another leaf may have its slot by now.
            assert refusal.code == ErrorCode.MERKLE_SLOT_OCCUPIED  # noqa: PT017
            assert applied.tree.leaf_at(leaf % 2**parameters.tree_depth)
            continue
        gone = apply_block(again, [spending], parameters).tree
        assert gone == applied.tree
        code = outcome(apply_block, gone, [spending], parameters)
        assert code == ErrorCode.MERKLE_ELEMENT_ABSENT


@evidence("PAYY-LEDGER-T02", part="twice within one block")
@given(presets.flatmap(lambda network: st.tuples(st.just(network), leaves())), st.data())
def test_leaf_occurs_once_in_a_block(
    case: tuple[Parameters, FieldElement], data: st.DataObject
) -> None:
    """A leaf in two of the places of a block is refused, whatever the places are."""
    parameters, leaf = case
    tree = PersistentTree.of(parameters.tree_depth, [leaf])
    places = [*product(range(parameters.block_transactions), range(4))]
    first, second = data.draw(
        st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True)
    )
    block = [with_word(EMPTY_PLACE, 4, SEND)] * (1 + max(first[0], second[0]))
    for index, position in (first, second):
        block[index] = with_word(block[index], position, leaf)
    code = outcome(apply_block, tree, block, parameters)
    assert code == ErrorCode.LEDGER_LEAF_REPEATED


# T03


@st.composite
def padded_blocks(
    draw: st.DrawFn, transactions: Sequence[PublicInputs], parameters: Parameters
) -> list[PublicInputs]:
    """Put padding among transactions, where a block may have it."""
    block = list(transactions)
    free = parameters.block_transactions - len(block)
    for place in draw(st.lists(st.integers(0, parameters.block_transactions), max_size=free)):
        longer = [*block[:place], EMPTY_PLACE, *block[place:]]
        if model_of((), parameters).refusal_without_notes([item.words for item in longer]) is None:
            block = longer
    return block


@evidence("PAYY-LEDGER-T03")
@given(good_scripts, st.data())
def test_order_of_transactions_does_not_change_the_root(
    case: tuple[Parameters, BlockScript], data: st.DataObject
) -> None:
    """Another order is accepted with the same tree, or refused for a slot that is still taken."""
    parameters, script = case
    tree = tree_of(script, parameters)
    padded = data.draw(padded_blocks(script.transactions, parameters))
    applied = apply_block(tree, padded, parameters)
    order = data.draw(st.permutations(script.transactions))
    try:
        other = apply_block(tree, order, parameters)
    except SpecError as refusal:
        assert refusal.code == ErrorCode.MERKLE_SLOT_OCCUPIED  # noqa: PT017
        slots = Counter(
            leaf % 2**parameters.tree_depth
            for item in script.transactions
            for leaf in item.commitments
            if leaf
        )
        assert max(slots.values()) > 1
        return
    assert other.tree == applied.tree
    assert other.new_root == applied.new_root
    assert sorted(other.messages) == sorted(applied.messages)


@evidence("PAYY-LEDGER-T03", part="slots that all differ")
@given(accepted_scripts(MAINNET, reuse=False), st.data())
def test_any_order_is_accepted_where_slots_differ(script: BlockScript, data: st.DataObject) -> None:
    """At the depth of mainnet every order of a block is accepted."""
    tree = tree_of(script, MAINNET)
    padded = data.draw(padded_blocks(script.transactions, MAINNET))
    order = data.draw(st.permutations(script.transactions))
    first = apply_block(tree, padded, MAINNET)
    assert apply_block(tree, order, MAINNET).new_root == first.new_root


@evidence("PAYY-LEDGER-T03", part="padding does not count as a transaction")
@given(
    presets.flatmap(
        lambda network: st.tuples(
            st.just(network), accepted_scripts(network, 1, network.block_transactions - 1)
        )
    )
)
def test_padding_cannot_change_places_with_a_transaction(
    case: tuple[Parameters, BlockScript],
) -> None:
    """Padding may stand behind the transactions of a block, but not before them."""
    parameters, script = case
    tree = tree_of(script, parameters)
    bare = apply_block(tree, script.transactions, parameters)
    assert apply_block(tree, [*script.transactions, EMPTY_PLACE], parameters) == bare
    code = outcome(apply_block, tree, [EMPTY_PLACE, *script.transactions], parameters)
    assert code == ErrorCode.LEDGER_PADDING_FIRST


@evidence("PAYY-LEDGER-T03", part="a slot that one transaction empties and another fills")
@given(presets, leaves(), st.integers(1, 2**60))
def test_slot_is_emptied_before_it_is_filled(
    parameters: Parameters, leaf: FieldElement, upper: int
) -> None:
    """The two transactions are accepted in one order only; as one transaction they are, too."""
    step = upper << parameters.tree_depth
    arriving = leaf + step if leaf + step < MODULUS else leaf - step
    tree = PersistentTree.of(parameters.tree_depth, [leaf])
    out = with_word(with_word(EMPTY_PLACE, 4, SEND), 0, leaf)
    into = with_word(with_word(EMPTY_PLACE, 4, SEND), 2, arriving)
    assume(arriving > 0)
    both = with_word(out, 2, arriving)
    assert list(apply_block(tree, [out, into], parameters).tree) == [arriving]
    assert list(apply_block(tree, [both], parameters).tree) == [arriving]
    code = outcome(apply_block, tree, [into, out], parameters)
    assert code == ErrorCode.MERKLE_SLOT_OCCUPIED


# T04


@evidence("PAYY-LEDGER-T04", "PAYY-LEDGER-T14")
@given(scripts)
def test_block_is_applied_whole_or_not_at_all(case: tuple[Parameters, BlockScript]) -> None:
    """The verdict is that of the dictionary; the old tree stays, the new one has every change."""
    parameters, script = case
    tree, copy = tree_of(script, parameters), tree_of(script, parameters)
    nodes = tree.top
    expected = model_of(script.leaves, parameters).with_block(
        [item.words for item in script.transactions], unknown_openings(script.transactions)
    )
    if isinstance(expected, ErrorCode):
        assert outcome(apply_block, tree, script.transactions, parameters) == expected
    else:
        applied = apply_block(tree, script.transactions, parameters)
        gone = {leaf for item in script.transactions for leaf in item.input_commitments if leaf}
        come = {leaf for item in script.transactions for leaf in item.output_commitments if leaf}
        assert set(applied.tree) == set(script.leaves) - gone | come
        assert tuple(applied.tree) == expected.in_slot_order()
        assert applied.new_root == applied.tree.root == expected.root()
        assert applied.old_root == copy.root
    assert tree == copy
    assert tree.top is nodes
    assert nodes == copy.top


@evidence("PAYY-LEDGER-T04")
@given(
    networks.flatmap(
        lambda network: st.tuples(
            st.just(network),
            accepted_scripts(network),
            st.lists(block_scripts(network), max_size=3),
        )
    )
)
def test_refused_blocks_of_a_batch_leave_no_trace(
    case: tuple[Parameters, BlockScript, list[BlockScript]],
) -> None:
    """A chain that has met bad blocks goes on as one that has not."""
    parameters, script, others = case
    empty = genesis_ledger(parameters)
    first = [replace(item, input_commitments=(ZERO, ZERO)) for item in script.transactions]
    chosen = mempool.choose(empty.tree, first, parameters).transactions
    ledger = extend(empty, build(empty, proven(chosen), parameters), parameters)
    met, copy = (restore(checkpoint_of(ledger), parameters) for _ in range(2))
    assert met is not copy
    for other in others:
        block = replace(build(met, (), parameters), transactions=tuple(proven(other.transactions)))
        expected = model_of(tuple(met.tree), parameters).with_block(
            [item.words for item in other.transactions], unknown_openings(other.transactions)
        )
        if isinstance(expected, ErrorCode):
            assert outcome(extend, met, block, parameters) == expected
        elif expected.root() != met.tree.root:
            code = outcome(extend, met, block, parameters)
            assert code == ErrorCode.LEDGER_ROOT_MISMATCH
    assert met == copy == ledger
    following = build(ledger, (), parameters)
    assert extend(met, following, parameters) == extend(ledger, following, parameters)


@evidence(
    "PAYY-LEDGER-T02",
    "PAYY-LEDGER-T14",
    exhaustive="blocks of two transactions of a leaf each way, three leaves, depth 1",
    part="one block alone",
)
def test_every_small_block() -> None:
    """Every block of two small transactions on every tree is judged as by the dictionary."""
    parameters = replace(MINIMAL, tree_depth=Depth(1))
    choices = (0, 1, 2, 3)
    held = tuple(product((0, 1, 3), (0, 2)))
    kinds = (SEND, PADDING, FieldElement(4))
    for leaves_held, words, kind in product(held, product(choices, repeat=4), kinds):
        members = [FieldElement(leaf) for leaf in leaves_held if leaf]
        tree = PersistentTree.of(parameters.tree_depth, members)
        block = [
            with_word(with_word(with_word(EMPTY_PLACE, 4, each), 0, taken), 2, given_back)
            for each, taken, given_back in ((kind, *words[:2]), (SEND, *words[2:]))
        ]
        expected = model_of(members, parameters).with_block(
            [item.words for item in block], unknown_openings(block)
        )
        if isinstance(expected, ErrorCode):
            code = outcome(apply_block, tree, block, parameters)
            assert code == expected
        else:
            after = apply_block(tree, block, parameters).tree
            assert tuple(after) == expected.in_slot_order()


@evidence("PAYY-LEDGER-T14", part="statements of wallets")
@given(statements())
def test_block_takes_what_wallets_make(statement: Statement) -> None:
    """A statement of a builder is a block, where its inputs are, unless it names a leaf twice."""
    public = statement.public
    named = [leaf for leaf in public.commitments if leaf]
    assume(len(set(named)) == len(named))
    spent = [leaf for leaf in public.input_commitments if leaf]
    tree = PersistentTree.of(MAINNET.tree_depth, spent)
    applied = apply_block(tree, [public], MAINNET)
    assert set(applied.tree) == {leaf for leaf in public.output_commitments if leaf}


# T05


@evidence("PAYY-LEDGER-T05")
@given(chains(), st.data())
def test_ledger_is_rebuilt_from_every_height(chain: Chain, data: st.DataObject) -> None:
    """The leaves at any height, in any order, and the blocks since give the newest ledger."""
    for height, ledger in enumerate(chain.ledgers):
        archive = chain.archive(height)
        assert rebuild(archive, chain.parameters) == chain.ledgers[-1]
        assert restore(archive.checkpoint, chain.parameters) == ledger
        order = tuple(data.draw(st.permutations(archive.checkpoint.leaves)))
        shuffled = replace(archive, checkpoint=replace(archive.checkpoint, leaves=order))
        assert rebuild(shuffled, chain.parameters) == chain.ledgers[-1]
        partial = replace(archive, blocks=archive.blocks[: data.draw(st.integers(0, 4))])
        reached = height + len(partial.blocks)
        assert rebuild(partial, chain.parameters) == chain.ledgers[reached]
    assert [ledger.height for ledger in chain.ledgers] == [*range(len(chain.ledgers))]


@evidence("PAYY-LEDGER-T05", part="archives that are not those of a chain")
@given(chains(minimum=1), st.data())
def test_changed_archives_are_refused(chain: Chain, data: st.DataObject) -> None:
    """A kept block that is lost, doubled, exchanged or changed is noticed, and so are leaves."""
    parameters, archive = chain.parameters, chain.archive()
    blocks = list(archive.blocks)
    place = data.draw(st.integers(0, len(blocks) - 1))
    block = blocks[place]

    def code_of(changed: Sequence[Block]) -> ErrorCode | None:
        return outcome(rebuild, replace(archive, blocks=tuple(changed)), parameters)

    assert code_of([*blocks[: place + 1], *blocks[place:]]) == ErrorCode.LEDGER_HEIGHT_NOT_NEXT
    if place < len(blocks) - 1:
        lost = [*blocks[:place], *blocks[place + 1 :]]
        assert code_of(lost) == ErrorCode.LEDGER_HEIGHT_NOT_NEXT
        later = replace(block.header, epoch_id=block.header.epoch_id ^ 1)
        blocks[place] = replace(block, header=later)
        assert code_of(blocks) == ErrorCode.LEDGER_PARENT_MISMATCH
    other_root = data.draw(field_elements().filter(lambda root: root != block.root))
    blocks[place] = replace(block, root=other_root)
    assert code_of(blocks) == ErrorCode.LEDGER_ROOT_MISMATCH

    height = data.draw(st.integers(0, len(blocks)))
    checkpoint = chain.archive(height).checkpoint
    wrong = replace(checkpoint, root=data.draw(field_elements().filter(checkpoint.root.__ne__)))
    code = outcome(restore, wrong, parameters)
    assert code == ErrorCode.LEDGER_LEAF_SET_MISMATCH
    for leaf in checkpoint.leaves:
        fewer = tuple(other for other in checkpoint.leaves if other != leaf)
        code = outcome(restore, replace(checkpoint, leaves=fewer), parameters)
        assert code == ErrorCode.LEDGER_LEAF_SET_MISMATCH
        more = (*checkpoint.leaves, leaf)
        code = outcome(restore, replace(checkpoint, leaves=more), parameters)
        assert code == ErrorCode.MERKLE_SLOT_OCCUPIED
    zeros = replace(checkpoint, leaves=(*checkpoint.leaves, ZERO))
    assert outcome(restore, zeros, parameters) == ErrorCode.MERKLE_ELEMENT_ZERO


@evidence("PAYY-LEDGER-T05", part="the genesis block")
@pytest.mark.parametrize("parameters", [MINIMAL, MAINNET])
def test_genesis(parameters: Parameters) -> None:
    """The first ledger has no notes and the name of the block of zeros."""
    ledger = genesis_ledger(parameters)
    zeros = PlainBlock(height=0, parent=bytes(32), epoch=0, final=bytes(32), root=0)
    assert encode_block(GENESIS) == zeros.encoding()
    assert ledger.height == 0
    assert ledger.block_hash == zeros.name()
    assert ledger.tree.root == TreeModel(depth=parameters.tree_depth).root()
    assert not list(ledger.tree)


# T06


@evidence("PAYY-LEDGER-T06")
@given(chains())
def test_pruning_keeps_what_is_needed(chain: Chain) -> None:
    """After pruning at any height the newest ledger is rebuilt; pruning twice is pruning once."""
    parameters, archive = chain.parameters, chain.archive()
    newest = len(chain.blocks)
    for height in range(newest + 1):
        pruned = prune(archive, Height(height), parameters)
        assert rebuild(pruned, parameters) == chain.ledgers[-1]
        assert pruned == chain.archive(height)
        assert pruned.checkpoint.height == height
        assert [block.header.height for block in pruned.blocks] == [*range(height + 1, newest + 1)]
        assert set(pruned.checkpoint.leaves) == set(chain.ledgers[height].tree)
        assert len(pruned.checkpoint.leaves) == len(chain.ledgers[height].tree)
        for later in range(height, newest + 1):
            again = prune(pruned, Height(later), parameters)
            assert again == prune(archive, Height(later), parameters)


@evidence("PAYY-LEDGER-T06", part="heights that are not kept")
@given(chains(), st.data())
def test_pruning_at_a_height_that_is_not_kept_is_refused(chain: Chain, data: st.DataObject) -> None:
    """Neither what was forgotten nor what is to come can be pruned to."""
    newest = len(chain.blocks)
    height = data.draw(st.integers(0, newest))
    pruned = chain.archive(height)
    outside = st.one_of(
        st.sampled_from((height - 1, newest + 1)),
        st.integers(newest + 1, 2**65),
        st.integers(-5, height - 1),
    )
    unknown = data.draw(outside)
    code = outcome(prune, pruned, Height(unknown), chain.parameters)
    assert code == ErrorCode.LEDGER_PROVEN_HEIGHT_UNKNOWN


# T07

tight_blocks = presets.flatmap(
    lambda network: st.tuples(
        st.just(network), distinct_transactions(maximum=network.block_transactions)
    )
)


def model_commit_hash(transactions: Sequence[PublicInputs], parameters: Parameters) -> int:
    """Hash commitments by the description of the rule, with the model's hash."""
    size, groups = parameters.group_transactions, parameters.block_groups
    rows: list[tuple[int, ...]] = [item.words[:4] for item in transactions]
    rows += [(0, 0, 0, 0)] * (size * groups - len(rows))
    used = [item.message.kind != 0 for item in transactions] + [False] * (size * groups)
    hashed = []
    for group in range(groups):
        start = group * size
        inner = [compiled.sponge(rows[start + place]) for place in range(size)]
        is_used = any(used[start : start + size])
        hashed.append(compiled.sponge(inner) if is_used else 0)
    return compiled.sponge(hashed)


@evidence("PAYY-LEDGER-T07")
@given(tight_blocks, st.data())
def test_commit_hash_binds_every_commitment(
    case: tuple[Parameters, tuple[PublicInputs, ...]], data: st.DataObject
) -> None:
    """Another commitment at any place gives another hash, and the data are refused for the old."""
    parameters, transactions = case
    assume(transactions)
    bound = commit_hash(transactions, parameters)
    assert bound == model_commit_hash(transactions, parameters)
    assert check_data(transactions, bound, parameters) == packed_messages(transactions)
    place = data.draw(st.integers(0, len(transactions) - 1))
    position = data.draw(st.integers(0, 3))
    old = transactions[place].words[position]
    value = data.draw(st.one_of(st.just(ZERO), field_elements()).filter(old.__ne__))
    bent = list(transactions)
    bent[place] = with_word(bent[place], position, value)
    assert commit_hash(bent, parameters) != bound
    code = outcome(check_data, bent, bound, parameters)
    leaves = [leaf for item in bent for leaf in item.commitments if leaf]
    is_repeated = len(set(leaves)) < len(leaves)
    assert code == (
        ErrorCode.LEDGER_LEAF_REPEATED if is_repeated else ErrorCode.LEDGER_DATA_MISMATCH
    )


@evidence("PAYY-LEDGER-T07")
@given(tight_blocks, st.data())
def test_commit_hash_binds_places(
    case: tuple[Parameters, tuple[PublicInputs, ...]], data: st.DataObject
) -> None:
    """Another order, a shift or a loss gives another hash, unless commitments are equal."""
    parameters, transactions = case
    assume(transactions)
    bound = commit_hash(transactions, parameters)
    order = data.draw(st.permutations(transactions))
    rows = [item.commitments for item in transactions]
    is_same = [item.commitments for item in order] == rows
    assert (commit_hash(order, parameters) == bound) == is_same
    if any(transactions[-1].commitments):
        assert commit_hash(transactions[:-1], parameters) != bound
    if len(transactions) < parameters.block_transactions:
        place = data.draw(st.integers(0, len(transactions) - 1))
        shifted = [*transactions[:place], EMPTY_PLACE, *transactions[place:]]
        if any(any(item.commitments) for item in transactions[place:]):
            assert commit_hash(shifted, parameters) != bound
    within = [transactions[0].commitments[i] for i in data.draw(st.permutations(range(4)))]
    turned = public_inputs_of([*within, *transactions[0].message.words])
    is_same = turned == transactions[0]
    assert (commit_hash([turned, *transactions[1:]], parameters) == bound) == is_same


@evidence("PAYY-LEDGER-T07", part="groups")
@given(distinct_transactions(minimum=1, maximum=3))
def test_commit_hash_binds_groups(transactions: tuple[PublicInputs, ...]) -> None:
    """The same transactions in the other group, or in groups of another size, are other data."""
    bound = commit_hash(transactions, MAINNET)
    later = [*[EMPTY_PLACE] * 3, *transactions]
    assert commit_hash(later, MAINNET) != bound
    swapped = replace(MAINNET, block_groups=3, group_transactions=2)
    assert commit_hash(transactions, swapped) != bound


@evidence("PAYY-LEDGER-T07", part="what is not bound")
@given(distinct_transactions(minimum=1, maximum=5), st.data())
def test_commit_hash_binds_nothing_else(
    transactions: tuple[PublicInputs, ...], data: st.DataObject
) -> None:
    """Messages are not bound; nor is a send of padding in a group that has a transaction."""
    bound = commit_hash(transactions, MAINNET)
    place = data.draw(st.integers(0, len(transactions) - 1))
    item = data.draw(carried_transactions())
    other = list(transactions)
    other[place] = replace(other[place], message=item.message)
    assert commit_hash(other, MAINNET) == bound
    nothing = with_word(EMPTY_PLACE, 4, SEND)
    longer = commit_hash([*transactions, nothing], MAINNET)
    # A group of its own has a hash; a place beside others looks like padding.
    assert (longer == bound) == (len(transactions) % 3 != 0)


@evidence("PAYY-LEDGER-T07", part="data that no block has")
@given(scripts, field_elements())
def test_data_are_judged_by_their_places_and_the_hash(
    case: tuple[Parameters, BlockScript], other: FieldElement
) -> None:
    """What no block has is refused even for its own hash; the rest for every other hash."""
    parameters, script = case
    transactions = script.transactions
    words = [item.words for item in transactions]
    expected = model_of((), parameters).refusal_without_notes(words)
    bound = FieldElement(model_commit_hash(transactions, parameters))
    assert outcome(check_data, transactions, bound, parameters) == expected
    assume(other != bound)
    code = expected or ErrorCode.LEDGER_DATA_MISMATCH
    assert outcome(check_data, transactions, other, parameters) == code


@evidence("PAYY-LEDGER-T07", part="too many transactions")
@given(presets)
def test_data_of_too_many_transactions_are_refused(parameters: Parameters) -> None:
    """More transactions than places are nobody's data."""
    nothing = [with_word(EMPTY_PLACE, 4, SEND)] * (parameters.block_transactions + 1)
    bound = commit_hash(nothing[1:], parameters)
    code = outcome(check_data, nothing, bound, parameters)
    assert code == ErrorCode.LEDGER_BLOCK_TOO_LARGE


# T08


@evidence("PAYY-LEDGER-T08")
@given(sequenced_blocks())
def test_block_is_read_as_it_was_written(block: Block) -> None:
    """Reading what was written gives the block; another writer writes the same bytes."""
    encoding = encode_block(block)
    assert encoding == plain(block).encoding()
    assert encode_header(block.header) == plain(block).header()
    assert decode_block(encoding) == block


@evidence("PAYY-LEDGER-T08")
@given(proven_transactions())
def test_transaction_is_read_as_it_was_written(transaction: ProvenTransaction) -> None:
    """The same for a transaction on its own."""
    encoding = encode_transaction(transaction)
    assert encoding == packed_transaction(transaction.proof, transaction.public.words)
    assert decode_transaction(encoding) == transaction


@evidence("PAYY-LEDGER-T08", part="cut and extended encodings")
@few_examples
@given(sequenced_blocks(), st.binary(min_size=1, max_size=70))
def test_cut_and_extended_encodings_are_refused(block: Block, more: bytes) -> None:
    """An encoding that ends anywhere but at its end is refused."""
    encoding = encode_block(block)
    for length in range(len(encoding)):
        code = outcome(decode_block, encoding[:length])
        assert code == ErrorCode.BORSH_TRUNCATED
    code = outcome(decode_block, encoding + more)
    assert code == ErrorCode.BORSH_TRAILING_BYTES
    for transaction in block.transactions[:1]:
        one = encode_transaction(transaction)
        for length in range(len(one)):
            code = outcome(decode_transaction, one[:length])
            assert code == ErrorCode.BORSH_TRUNCATED
        assert outcome(decode_transaction, one + more) == ErrorCode.BORSH_TRAILING_BYTES


@evidence("PAYY-LEDGER-T08", part="elements of p or more")
@given(sequenced_blocks(), st.data())
def test_elements_that_are_not_canonical_are_refused(block: Block, data: st.DataObject) -> None:
    """Each element of a block, written as itself and a multiple of p, is refused."""
    encoding = encode_block(block)
    for offset in element_offsets(plain(block)):
        element = int.from_bytes(encoding[offset : offset + 32], "big")
        alias = data.draw(st.sampled_from([*aliases(element), 2**256 - 1]))
        bent = encoding[:offset] + alias.to_bytes(32, "big") + encoding[offset + 32 :]
        code = outcome(decode_block, bent)
        assert code == ErrorCode.FIELD_ELEMENT_NOT_CANONICAL
    for item in block.transactions[:1]:
        position = data.draw(st.integers(0, 8))
        words = [*item.public.words]
        words[position] = FieldElement(data.draw(st.sampled_from(aliases(words[position]))))
        bent = packed_transaction(item.proof, tuple(words))
        code = outcome(decode_transaction, bent)
        assert code == ErrorCode.FIELD_ELEMENT_NOT_CANONICAL


@evidence("PAYY-LEDGER-T08")
@given(sequenced_blocks(), st.data())
def test_what_is_read_is_written_back(block: Block, data: st.DataObject) -> None:
    """Any bytes that are read are the encoding of what was read."""
    encoding = bytearray(encode_block(block))
    for _ in range(data.draw(st.integers(1, 3))):
        offset = data.draw(st.integers(0, len(encoding) - 1))
        encoding[offset] ^= data.draw(st.integers(1, 255))
    try:
        read = decode_block(bytes(encoding))
    except SpecError as refusal:
        assert refusal.code in {  # noqa: PT017
            ErrorCode.BORSH_TRUNCATED,
            ErrorCode.BORSH_TRAILING_BYTES,
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        }
        return
    assert (read == block) == (encoding == encode_block(block))
    assert encode_block(read) == encoding


@evidence("PAYY-LEDGER-T08", part="values that do not fit")
@given(headers(), st.integers(2**64, 2**65) | st.integers(-3, -1), st.binary(max_size=70))
def test_headers_that_do_not_fit_are_refused(header: Header, wide: int, approval: bytes) -> None:
    """Integers beyond 64 bits and signatures of another length are not written."""
    for bent in (replace(header, height=Height(wide)), replace(header, epoch_id=wide)):
        code = outcome(encode_header, bent)
        assert code == ErrorCode.BORSH_INTEGER_OUT_OF_RANGE
    assume(len(approval) != 65)
    longer = replace(header, approvals=(*header.approvals, Signature(approval)))
    assert outcome(encode_header, longer) == ErrorCode.BORSH_ITEM_WIDTH


# T09


@evidence("PAYY-LEDGER-T09")
@given(tight_blocks, st.integers(0, 12))
def test_messages_can_be_read_back(
    case: tuple[Parameters, tuple[PublicInputs, ...]], zeros: int
) -> None:
    """Who knows only the words, with zeros after them, gets each mint and burn in order."""
    parameters, transactions = case
    words = packed_messages(transactions)
    assert len(words) <= parameters.block_message_words
    read = movements([*words, *[0] * zeros])
    expected = [item.message for item in transactions if item.message.kind in (MINT, BURN)]
    assert len(read) == len(expected)
    for movement, message in zip(read, expected, strict=True):
        assert movement.is_mint == (message.kind == MINT)
        assert (movement.note_kind, movement.value) == (message.note_kind, message.value)
        rest = (message.hash,) if movement.is_mint else (message.hash, message.burn_address)
        assert movement.rest == rest


@evidence("PAYY-LEDGER-T09", part="all that a message says is carried or refused")
@given(tight_blocks, public_inputs(), st.data())
def test_every_word_is_carried_or_refused(
    case: tuple[Parameters, tuple[PublicInputs, ...]], bent: PublicInputs, data: st.DataObject
) -> None:
    """Blocks that are accepted with equal words and kinds say the same; nothing is dropped."""
    parameters, transactions = case
    assume(transactions)
    place = data.draw(st.integers(0, len(transactions) - 1))
    other = list(transactions)
    other[place] = replace(other[place], message=bent.message)
    lost = [leaf for item in transactions for leaf in item.input_commitments if leaf]
    tree = PersistentTree(depth=parameters.tree_depth)
    assume(len({leaf % 2**parameters.tree_depth for leaf in lost}) == len(lost))
    tree = PersistentTree.of(parameters.tree_depth, lost)
    try:
        first = apply_block(tree, transactions, parameters)
        second = apply_block(tree, other, parameters)
    except SpecError:
        return
    is_same = [item.message for item in other] == [item.message for item in transactions]
    kinds = [item.message.kind for item in transactions]
    if [item.message.kind for item in other] == kinds:
        assert (first.messages == second.messages) == is_same


# T10


@evidence("PAYY-LEDGER-T10")
@given(sequenced_blocks(), headers(), st.data())
def test_block_hash_binds_header_and_root(block: Block, other: Header, data: st.DataObject) -> None:
    """Each field of the header, and the root, changes the name; nothing else does."""
    name = block_hash(block)
    assert name == plain(block).name()
    assert header_hash(block.header) == keccak_256(plain(block).header())
    for field in ("height", "last_block_hash", "epoch_id", "last_final_block_hash", "approvals"):
        value = getattr(other, field)
        bent = replace(block, header=replace(block.header, **{field: value}))
        is_same = value == getattr(block.header, field)
        assert (block_hash(bent) == name) == is_same
        assert (header_hash(bent.header) == header_hash(block.header)) == is_same
    root = data.draw(field_elements().filter(lambda root: root != block.root))
    assert block_hash(replace(block, root=root)) != name
    if block.header.approvals:
        fewer = replace(block.header, approvals=block.header.approvals[:-1])
        assert block_hash(replace(block, header=fewer)) != name
    unbound = replace(
        block,
        signature=data.draw(signatures()),
        transactions=tuple(data.draw(st.lists(proven_transactions(), max_size=2))),
    )
    assert block_hash(unbound) == name


names = st.one_of(
    st.sampled_from(("Payy", "Payy minimal", "", "Payyé")), st.text(max_size=8)
).filter(lambda name: name.isprintable())


@evidence("PAYY-LEDGER-T10")
@given(names, names, hashes(), hashes(), unsigned_64(), unsigned_64())
def test_signed_message_binds_network_height_root_and_header(
    name: str, other_name: str, first: Hash, second: Hash, height: int, other_height: int
) -> None:
    """Each input of what is signed changes it; the layout is the contract's."""

    def signed(network: str, at: int, root: bytes, header: bytes) -> bytes:
        number = Height(at)
        return signed_message(network, accept_hash(number, proposal_hash(root, number, header)))

    message = signed(name, height, first, second)
    proposal = keccak_256(first + height.to_bytes(32, "big") + second)
    accepted = keccak_256((height + 1).to_bytes(32, "big") + proposal)
    text = name.encode()
    assert message == keccak_256(len(text).to_bytes(8, "big") + text + accepted)
    assert (signed(other_name, height, first, second) == message) == (other_name == name)
    assert (signed(name, other_height, first, second) == message) == (other_height == height)
    assert (signed(name, height, second, first) == message) == (first == second)
    flipped = bytes([first[0] ^ 1]) + first[1:]
    assert signed(name, height, flipped, second) != message
    assert signed(name, height, first, flipped) != message or flipped == second


@evidence("PAYY-LEDGER-T10", part="heights out of range")
@given(unsigned_64(), st.integers(min_value=2**64) | st.integers(max_value=-1), presets)
def test_heights_out_of_range_are_refused(height: int, beyond: int, parameters: Parameters) -> None:
    """A height that does not fit 64 bits is refused, not cut, and none is built."""
    assert checked_height(height) == height
    assert outcome(checked_height, beyond) == ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE
    ledger = replace(genesis_ledger(parameters), height=Height(height))
    code = outcome(build, ledger, (), parameters)
    assert code == (ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE if height == 2**64 - 1 else None)


# T11


@evidence("PAYY-LEDGER-T11")
@given(mempools(), st.lists(carried_transactions(), max_size=3), st.data())
def test_pool_loses_nothing(
    pool: Mempool, strangers: list[PublicInputs], data: st.DataObject
) -> None:
    """Over any operations, each pending transaction waits or is leased, where the model has it."""
    model = PoolModel()
    for lease in pool.leases:
        for item in lease.transactions:
            assert model.add(item.words) in (None, ErrorCode.MEMPOOL_DUPLICATE)
            model.leased_for[item.words] = lease.height
    for item in pool.waiting:
        assert model.add(item.words) in (None, ErrorCode.MEMPOOL_DUPLICATE)
    # Transactions without commitments may be equal; a pool has each once.
    assume(len(set(pool.pending)) == len(pool.pending))
    known = [*pool.pending, *strangers, EMPTY_PLACE]
    heights = st.sampled_from([*(lease.height for lease in pool.leases), 0, 5]).map(Height)
    for _ in range(data.draw(st.integers(1, 5))):
        before = pool
        copy = (before.waiting, before.leases)
        step = data.draw(st.sampled_from(("add", "lease", "settle")))
        height = data.draw(heights)
        if step == "add":
            item = data.draw(st.sampled_from(known))
            code = model.add(item.words)
            if code is None:
                pool = mempool.add(pool, item)
                assert pool.waiting == (*before.waiting, item)
                assert pool.leases == before.leases
            else:
                assert outcome(mempool.add, pool, item) == code
        elif step == "lease":
            maximum = data.draw(st.integers(0, 4))
            expected = model.lease(height, maximum)
            if isinstance(expected, ErrorCode):
                code = outcome(mempool.lease, pool, height, maximum)
                assert code == expected
            else:
                pool, taken = mempool.lease(pool, height, maximum)
                assert [item.words for item in taken] == expected
                assert (*taken, *pool.waiting) == before.waiting
                assert Counter(pool.pending) == Counter(before.pending)
        else:
            done = data.draw(st.lists(st.sampled_from(known), max_size=3))
            pool = mempool.settle(pool, height, done)
            model.settle(height, [item.words for item in done])
            lost = Counter(before.pending) - Counter(pool.pending)
            assert set(lost) == set(done) & set(before.pending)
            assert all(lease.height != height for lease in pool.leases)
        assert (before.waiting, before.leases) == copy
        assert [item.words for item in pool.waiting] == model.waiting()
        assert all(lease.transactions for lease in pool.leases)
        assert {
            lease.height: [item.words for item in lease.transactions] for lease in pool.leases
        } == {height: model.leased(height) for height in set(model.leased_for.values())}


@evidence("PAYY-LEDGER-T11", part="conflicts")
@given(mempools(), carried_transactions(), st.data())
def test_pending_commitments_are_in_one_transaction(
    pool: Mempool, item: PublicInputs, data: st.DataObject
) -> None:
    """A transaction that shares any commitment with a pending one is refused."""
    shared = [leaf for other in pool.pending for leaf in other.commitments if leaf]
    assume(shared)
    leaf = data.draw(st.sampled_from(shared))
    bent = with_word(item, data.draw(st.integers(0, 3)), leaf)
    assert outcome(mempool.add, pool, bent) == ErrorCode.MEMPOOL_CONFLICT


@evidence("PAYY-LEDGER-T11", part="transactions without commitments")
@given(mempools(), carried_transactions([], []), st.booleans())
def test_equal_transactions_are_pending_once(
    pool: Mempool, item: PublicInputs, is_leased: bool
) -> None:
    """What names no leaf conflicts with nothing, and yet is not pending twice, leased or not."""
    assume(item not in pool.pending)
    once = mempool.add(pool, item)
    if is_leased:
        free = max((lease.height for lease in pool.leases), default=0) + 1
        once, _ = mempool.lease(once, Height(free), len(once.waiting))
    assert outcome(mempool.add, once, item) == ErrorCode.MEMPOOL_DUPLICATE
    assert outcome(mempool.add, once, EMPTY_PLACE) == ErrorCode.MEMPOOL_PADDING


@evidence("PAYY-LEDGER-T11", part="leases of one height")
@given(mempools(), unsigned_64(), st.integers(0, 4))
def test_height_has_one_lease(pool: Mempool, height: int, maximum: int) -> None:
    """While a lease is out there is no other for its height; once it has ended, there may be."""
    held = {lease.height for lease in pool.leases}
    for taken in held:
        code = outcome(mempool.lease, pool, taken, maximum)
        assert code == ErrorCode.MEMPOOL_LEASE_HELD
    if height not in held:
        leased, items = mempool.lease(pool, Height(height), maximum)
        code = outcome(mempool.lease, leased, Height(height), maximum)
        assert code == (ErrorCode.MEMPOOL_LEASE_HELD if items else None)
        ended = mempool.settle(leased, Height(height), ())
        assert ended == pool
        assert outcome(mempool.lease, ended, Height(height), maximum) is None


# T12


@evidence("PAYY-LEDGER-T12")
@given(
    networks.flatmap(
        lambda network: st.tuples(
            st.just(network), block_scripts(network), st.lists(block_scripts(network), max_size=1)
        )
    )
)
def test_chosen_transactions_make_a_block(
    case: tuple[Parameters, BlockScript, list[BlockScript]],
) -> None:
    """What is chosen is accepted; the rest is refused after what was chosen before it."""
    parameters, script, others = case
    tree = tree_of(script, parameters)
    candidates = [*script.transactions, *(item for other in others for item in other.transactions)]
    proposal = mempool.choose(tree, candidates, parameters)
    apply_block(tree, proposal.transactions, parameters)
    model = model_of(script.leaves, parameters)
    openings = unknown_openings(candidates)
    chosen: list[PublicInputs] = []
    refused: list[tuple[PublicInputs, ErrorCode]] = []
    for candidate in candidates:
        attempt = [item.words for item in (*chosen, candidate)]
        verdict = model.with_block(attempt, openings)
        code = outcome(apply_block, tree, (*chosen, candidate), parameters)
        if candidate.words[4] == PADDING:
            refused.append((candidate, ErrorCode.MEMPOOL_PADDING))
        elif isinstance(verdict, ErrorCode):
            assert code == verdict
            refused.append((candidate, code))
        else:
            assert code is None
            chosen.append(candidate)
    assert proposal.transactions == tuple(chosen)
    assert proposal.refused == tuple(refused)
    assert len(proposal.transactions) + len(proposal.refused) == len(candidates)
    full = ErrorCode.LEDGER_BLOCK_TOO_LARGE
    assert proposal.done == (*chosen, *(item for item, code in refused if code != full))
    same = PersistentTree.of(parameters.tree_depth, reversed(script.leaves))
    assert mempool.choose(same, candidates, parameters) == proposal


@evidence("PAYY-LEDGER-T12", part="the block that is built extends the ledger")
@given(chains(), st.data())
def test_built_block_extends_the_ledger(chain: Chain, data: st.DataObject) -> None:
    """The block that is built of what was chosen follows; one of a refused choice is not built."""
    ledger, parameters = chain.ledgers[-1], chain.parameters
    script = data.draw(block_scripts(parameters))
    code = outcome(build, ledger, proven(script.transactions), parameters)
    expected = model_of(tuple(ledger.tree), parameters).with_block(
        [item.words for item in script.transactions], unknown_openings(script.transactions)
    )
    assert code == (expected if isinstance(expected, ErrorCode) else None)
    chosen = mempool.choose(ledger.tree, script.transactions, parameters).transactions
    block = build(ledger, proven(chosen), parameters)
    after = extend(ledger, block, parameters)
    plain_block = PlainBlock(
        height=len(chain.blocks) + 1,
        parent=ledger.block_hash,
        epoch=0,
        final=ledger.block_hash,
        root=after.tree.root,
        transactions=tuple((b"p", item.words) for item in chosen),
    )
    assert encode_block(block) == plain_block.encoding()
    assert (after.height, after.block_hash) == (ledger.height + 1, plain_block.name())


# T13


@evidence("PAYY-LEDGER-T13")
@given(small_networks.flatmap(lambda network: st.tuples(st.just(network), block_scripts(network))))
def test_both_trees_agree_on_blocks(case: tuple[Parameters, BlockScript]) -> None:
    """Verdict and public values of a block are those over the tree as it is defined."""
    parameters, script = case

    def result(tree: AnyTree) -> AppliedBlock[AnyTree] | ErrorCode:
        try:
            return apply_block(tree, script.transactions, parameters)
        except SpecError as refusal:
            return refusal.code

    fast = result(tree_of(script, parameters))
    slow = result(NaiveTree.of(parameters.tree_depth, script.leaves))
    if isinstance(fast, ErrorCode) or isinstance(slow, ErrorCode):
        assert fast == slow
        return
    for field in ("old_root", "new_root", "commit_hash", "messages"):
        assert getattr(fast, field) == getattr(slow, field)
    assert list(fast.tree) == list(slow.tree)


@evidence("PAYY-LEDGER-T13", part="what is chosen")
@few_examples
@given(small_networks.flatmap(lambda network: st.tuples(st.just(network), block_scripts(network))))
def test_both_trees_agree_on_choices(case: tuple[Parameters, BlockScript]) -> None:
    """A proposer chooses alike over both forms of the tree."""
    parameters, script = case
    fast = mempool.choose(tree_of(script, parameters), script.transactions, parameters)
    naive = NaiveTree.of(parameters.tree_depth, script.leaves)
    assert mempool.choose(naive, script.transactions, parameters) == fast
