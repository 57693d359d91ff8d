"""
A rollup over a real tree, with verifiers that tell the truth: what the queue does in a real world.

There are few leaves and few slots, so that transactions are often in each other's way. Every leaf
has a value, and every transaction balances; so what is locked always has to suffice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st

from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.block import apply_block
from payy_ref.ledger.opening import opening_of
from payy_ref.ledger.transaction import BURN, MINT, SEND, ZERO, Message, PublicInputs
from payy_ref.merkle.path import Depth
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.settlement.bridge import DepositStatus, add_token
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.events import Event
from payy_ref.settlement.queue import Applied, Verdict, Void
from payy_ref.settlement.rollup import BlockClaim, Rollup, deployed
from payy_ref.settlement.steps import Step, perform
from payy_ref.settlement.verifiers import Verifiers
from payy_ref.testing.settlement_history import (
    ACCOUNTS,
    PROVEN,
    UNPROVEN,
    chain_of_three,
    claim_of,
    deployment_of,
    quorum,
    signers,
    step,
)

KIND: Final = FieldElement(11)
TOKEN: Final = EthereumAddress(b"\x0b" * 20)
SEQUENCERS: Final = signers(3)
LEAVES: Final = tuple(FieldElement(16 * row + slot) for row in (1, 2, 3) for slot in range(1, 7))
"""Leaves: three for each of six slots."""

PEOPLE: Final = ACCOUNTS[1:5]
"""Who has money."""


def worth(leaf: FieldElement) -> int:
    """Tell the value of a leaf: 0, 1 or 2."""
    return leaf // 16 - 1


def value_of(leaves: Sequence[FieldElement]) -> int:
    """Sum the values of leaves, padding left out."""
    return sum(worth(leaf) for leaf in leaves if leaf)


@cache
def network(groups: int, size: int) -> Parameters:
    """Give a network with few slots, and this many groups and places of each."""
    return replace(
        load_preset(Preset.MINIMAL),
        tree_depth=Depth(4),
        block_groups=groups,
        group_transactions=size,
        block_message_words=5 * groups * size,
    )


networks = st.sampled_from(((1, 1), (2, 1), (1, 2), (2, 2), (2, 3))).map(
    lambda shape: network(*shape)
)


def balanced(
    inputs: Sequence[FieldElement], outputs: Sequence[FieldElement], recipient: EthereumAddress
) -> PublicInputs:
    """Give the transaction with these commitments that a client can prove."""
    first, second, *_ = (*inputs, ZERO, ZERO)
    third, fourth, *_ = (*outputs, ZERO, ZERO)
    surplus = value_of(inputs) - value_of(outputs)
    message = Message(kind=SEND)
    if surplus > 0:
        message = Message(
            kind=BURN,
            note_kind=KIND,
            value=FieldElement(surplus),
            hash=first,
            burn_address=FieldElement(int.from_bytes(recipient, "big")),
        )
    if surplus < 0:
        message = Message(
            kind=MINT, note_kind=KIND, value=FieldElement(-surplus), hash=hash_of(outputs)
        )
    return PublicInputs(
        input_commitments=(first, second), output_commitments=(third, fourth), message=message
    )


def hash_of(outputs: Sequence[FieldElement]) -> FieldElement:
    """Give the mint hash of outputs; others may have the same one."""
    return FieldElement(900 + sum(outputs) % 3)


@st.composite
def transactions(draw: st.DrawFn, known: Sequence[FieldElement] = ()) -> PublicInputs:
    """Give a transaction that a client can prove; what it spends is often there."""
    leaf = st.sampled_from(LEAVES)
    spent = st.one_of(st.sampled_from(known), leaf) if known else leaf
    inputs = draw(st.lists(spent, max_size=2, unique=True))
    outputs = draw(st.lists(leaf.filter(lambda each: each not in inputs), max_size=2, unique=True))
    return balanced(inputs, outputs, draw(st.sampled_from(PEOPLE)))


@st.composite
def rivals(draw: st.DrawFn, leaves: Sequence[FieldElement]) -> PublicInputs:
    """Give a transaction that has a leaf of another one, on either side."""
    shared = draw(st.sampled_from(leaves))
    other = st.sampled_from(LEAVES).filter(lambda each: each != shared)
    rest = draw(st.lists(other, max_size=2, unique=True))
    sides = [[shared, *rest[:1]], rest[1:]]
    inputs, outputs = sides if draw(st.booleans()) else sides[::-1]
    return balanced(inputs, outputs, draw(st.sampled_from(PEOPLE)))


@dataclass(kw_only=True)
class World:
    """L1, the tree that its root is of, and all that was done."""

    parameters: Parameters
    rollup: Rollup
    tree: PersistentTree
    start: Rollup
    """The rollup at the beginning."""
    time: int = 1000
    trees: dict[FieldElement, PersistentTree] = field(default_factory=dict)
    """Every tree that there was or might have been, by its root."""
    steps: list[Step] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    queued: list[Entry] = field(default_factory=list)
    """All that was ever queued."""

    # Verifiers

    @property
    def verifiers(self) -> Verifiers:
        """Give verifiers that tell the truth."""
        return Verifiers(block=self.is_block, transaction=is_proven, void=self.is_void)

    def is_block(self, public_inputs: tuple[FieldElement, ...], proof: bytes) -> bool:
        """Tell whether the transactions in the proof make the block."""
        block = unpacked(proof)
        try:
            result = apply_block(self.trees[public_inputs[0]], block, self.parameters)
        except (SpecError, KeyError):
            return False
        proved = (result.old_root, result.new_root, result.commit_hash, *result.messages)
        return proved == public_inputs and all(is_proven(each, PROVEN) for each in block)

    def is_void(self, root: FieldElement, transaction: PublicInputs, proof: bytes) -> bool:
        """Tell whether a block with this transaction alone is invalid on a tree."""
        is_impossible = not fits(self.trees[root], (transaction,), self.parameters)
        return is_impossible and is_proven(transaction, PROVEN) and proof == PROVEN

    # Steps

    def do(self, name: str, sender: EthereumAddress, **arguments: Any) -> None:
        """Do something; it is not refused."""
        done = step(name, sender, self.time, **arguments)
        self.rollup, events = perform(self.rollup, done, self.verifiers, self.parameters)
        self.steps.append(done)
        self.events += events

    def refusal(self, name: str, **arguments: Any) -> ErrorCode | None:
        """Tell why something would be refused; None if it would be done."""
        wanted = step(name, ACCOUNTS[0], self.time, **arguments)
        try:
            perform(self.rollup, wanted, self.verifiers, self.parameters)
        except SpecError as refusal:
            return refusal.code
        return None

    def deposit(self, mint_hash: FieldElement, value: int, sender: EthereumAddress) -> None:
        """Deposit, if the hash is free."""
        if mint_hash not in self.rollup.bridge.deposits and value > 0:
            given = {"note_kind": KIND, "value": value, "received": value}
            self.do("deposit", sender, mint_hash=mint_hash, **given)

    def is_open(self, mint: PublicInputs) -> bool:
        """Tell whether the money of a mint is there."""
        made = self.rollup.bridge.deposits.get(mint.message.hash)
        wanted = (mint.message.value, DepositStatus.OPEN)
        return made is not None and (made.value, made.status) == wanted

    def queue(self, transaction: PublicInputs, call: QueuedCall | None = None) -> None:
        """Queue a transaction, if its money is there."""
        if transaction.message.kind != MINT or self.is_open(transaction):
            given = {"transaction": transaction, "proof": PROVEN, "attached": call}
            self.do("queue_transaction", PEOPLE[0], **given)
            self.queued.append(Entry(transaction=transaction, call=call, queued_at=self.time))

    # Blocks

    def is_settleable(self, block: Sequence[PublicInputs]) -> bool:
        """Tell whether a block fits the tree, and its mints have their deposits."""
        mints = [each for each in block if each.message.kind == MINT]
        hashes = {each.message.hash for each in mints}
        is_backed = len(hashes) == len(mints) and all(map(self.is_open, mints))
        return is_backed and fits(self.tree, block, self.parameters)

    def fitting(self, wanted: Sequence[PublicInputs]) -> tuple[PublicInputs, ...]:
        """Take one transaction after the other, if it can stand in a block with those before."""
        block: tuple[PublicInputs, ...] = ()
        for each in wanted:
            if self.is_settleable((*block, each)):
                block = (*block, each)
        return block

    def claim(self, block: Sequence[PublicInputs]) -> tuple[BlockClaim, PersistentTree]:
        """Claim what a block does, and prove it."""
        after = apply_block(self.tree, block, self.parameters).tree
        self.trees[after.root] = after
        root = self.tree.root
        claim = claim_of(root, after.root, block, self.parameters, proof=packed(block))
        return claim, after

    def verdict(
        self, entry: Entry, block: Sequence[PublicInputs], after: PersistentTree
    ) -> Verdict:
        """Give the true verdict on an entry with a block."""
        if stands(entry.transaction, block):
            return Applied(entry=entry)
        message = entry.transaction.message
        claimed = {each.message.hash for each in block if each.message.kind == MINT}
        is_gone = message.hash in claimed or not self.is_open(entry.transaction)
        if message.kind == MINT and is_gone:
            return Void(entry=entry, is_after=False, proof=UNPROVEN)
        is_before = not fits(self.tree, (entry.transaction,), self.parameters)
        is_after = not fits(after, (entry.transaction,), self.parameters)
        proof = PROVEN if is_before or is_after else UNPROVEN
        return Void(entry=entry, is_after=not is_before, proof=proof)

    def settlement(self, count: int, others: Sequence[PublicInputs] = ()) -> dict[str, Any]:
        """Give what settles a block with verdicts on the first entries, and other transactions."""
        entries = self.rollup.queue.waiting[:count]
        block = self.fitting([*(each.transaction for each in entries), *others])
        claim, after = self.claim(block)
        height = self.rollup.height + 1
        return {
            "claim": claim,
            "commit": chain_of_three(after.root, height).proof(quorum(SEQUENCERS)),
            "opening": opening_of(block, self.parameters) if entries else (),
            "verdicts": tuple(self.verdict(each, block, after) for each in entries),
        }

    def settle(self, count: int, others: Sequence[PublicInputs] = ()) -> None:
        """Settle it."""
        given = self.settlement(count, others)
        self.do("settle", ACCOUNTS[0], **given)
        self.tree = self.trees[self.rollup.root]

    def serve(self) -> None:
        """Settle the oldest entry, which is overdue, without the sequencers."""
        entry = self.rollup.queue.waiting[0]
        if self.is_settleable((entry.transaction,)):
            claim, _ = self.claim((entry.transaction,))
            self.do("force", ACCOUNTS[0], entry=entry, claim=claim)
            self.tree = self.trees[self.rollup.root]
        else:
            is_impossible = not fits(self.tree, (entry.transaction,), self.parameters)
            proof = PROVEN if is_impossible else UNPROVEN
            self.do("discard", ACCOUNTS[0], entry=entry, proof=proof)

    def expiry(self) -> int:
        """Tell when the oldest entry expires."""
        end = 0
        for entry in self.queued[: self.rollup.queue.consumed + 1]:
            alone = entry.queued_at + self.parameters.queue_freeze_seconds
            end = max(alone, end + self.parameters.queue_service_seconds)
        return end

    def is_overdue(self) -> bool:
        """Tell whether the oldest entry is overdue."""
        waiting = self.rollup.queue.waiting
        limit = self.parameters.queue_overdue_seconds
        return bool(waiting) and self.time - waiting[0].queued_at >= limit

    def count_due(self) -> int:
        """Count the due entries that a block has to have a verdict on."""
        limit = self.parameters.queue_due_seconds
        ages = [self.time - each.queued_at for each in self.rollup.queue.waiting]
        return min(sum(age >= limit for age in ages), self.parameters.block_transactions)


def stands(transaction: PublicInputs, block: Sequence[PublicInputs]) -> bool:
    """Tell whether a transaction stands in a block, as far as commitments and messages say."""
    is_there = transaction.commitments in [each.commitments for each in block]
    is_said = transaction.message in [each.message for each in block]
    return is_there and (is_said or transaction.message.kind == SEND)


def fits(tree: PersistentTree, block: Sequence[PublicInputs], parameters: Parameters) -> bool:
    """Tell whether a block is valid on a tree."""
    try:
        apply_block(tree, block, parameters)
    except SpecError:
        return False
    return True


def is_proven(transaction: PublicInputs, proof: bytes) -> bool:
    """Tell whether a client can prove it: it balances, and its message fits."""
    recipient = transaction.message.burn_address.to_bytes(32, "big")[12:]
    inputs, outputs = transaction.input_commitments, transaction.output_commitments
    expected = balanced(inputs, [each for each in outputs if each], EthereumAddress(recipient))
    if transaction.message.kind == BURN and expected.message.kind == SEND:
        expected = burn_of_nothing(expected, EthereumAddress(recipient))
    return proof == PROVEN and transaction == expected


def burn_of_nothing(send: PublicInputs, recipient: EthereumAddress) -> PublicInputs:
    """Turn a send into a burn of 0, which can be proved as well."""
    message = Message(
        kind=BURN,
        note_kind=KIND,
        hash=send.input_commitments[0],
        burn_address=FieldElement(int.from_bytes(recipient, "big")),
    )
    return replace(send, message=message)


def burn_whole(leaf: FieldElement, recipient: EthereumAddress) -> PublicInputs:
    """Burn a leaf whole, also one that is worth nothing."""
    burn = balanced((leaf,), (), recipient)
    return burn if worth(leaf) else burn_of_nothing(burn, recipient)


def packed(block: Sequence[PublicInputs]) -> bytes:
    """Write a block down, in the place of its proof."""
    return b"".join(word.to_bytes(32, "big") for each in block for word in each.words)


def unpacked(proof: bytes) -> tuple[PublicInputs, ...]:
    """Read it again."""
    words = [
        FieldElement(int.from_bytes(proof[at : at + 32], "big")) for at in range(0, len(proof), 32)
    ]
    return tuple(
        PublicInputs(
            input_commitments=(words[at], words[at + 1]),
            output_commitments=(words[at + 2], words[at + 3]),
            message=Message(
                kind=words[at + 4],
                note_kind=words[at + 5],
                value=words[at + 6],
                hash=words[at + 7],
                burn_address=words[at + 8],
            ),
        )
        for at in range(0, len(words), 9)
    )


def new_world(parameters: Parameters, held: Sequence[FieldElement]) -> World:
    """Begin with some leaves in the tree, whose value is locked."""
    tree = PersistentTree.of(parameters.tree_depth, held)
    rollup = deployed(deployment_of(SEQUENCERS), parameters)
    bridge, _ = add_token(rollup.bridge, KIND, TOKEN)
    bridge = replace(bridge, escrow=bridge.escrow.insert(KIND, value_of(held)))
    rollup = replace(rollup, root=tree.root, bridge=bridge)
    return World(
        parameters=parameters, rollup=rollup, start=rollup, tree=tree, trees={tree.root: tree}
    )


calls = st.one_of(
    st.none(),
    st.builds(
        QueuedCall,
        target=st.sampled_from(ACCOUNTS),
        data=st.binary(max_size=64),
        gas=st.integers(0, 100_000),
    ),
)

WAITS: Final = (40, 40, 500, 1000, 2000)
"""Seconds between steps."""


@st.composite
def one_more_step(draw: st.DrawFn, world: World) -> None:
    """Do something that happens in such a world."""
    world.time += draw(st.sampled_from(WAITS))
    known = list(world.tree)
    names = ("queue", "queue", "rival", "rival", "again", "block", "block", "serve", "cancel")
    name = draw(st.sampled_from((*names, "fetch")))
    waiting = [each.transaction for each in world.rollup.queue.waiting]
    if name == "queue" or (name == "rival" and waiting):
        of = draw(st.sampled_from(waiting)).commitments if name == "rival" else ()
        leaves = [leaf for leaf in of if leaf]
        item = draw(rivals(leaves) if leaves else transactions(known))
        if item.message.kind == MINT:
            world.deposit(item.message.hash, item.message.value, draw(st.sampled_from(PEOPLE)))
        world.queue(item, draw(calls))
    elif name == "again" and world.queued:
        world.queue(draw(st.sampled_from(world.queued)).transaction, draw(calls))
    elif name == "block":
        least = world.count_due()
        most = min(len(world.rollup.queue.waiting), world.parameters.block_transactions)
        others = draw(st.lists(transactions(known), max_size=2))
        world.settle(draw(st.integers(least, most)), others)
    elif name == "serve" and world.is_overdue():
        world.serve()
    elif name == "cancel":
        for mint_hash, made in sorted(world.rollup.bridge.deposits.items(), key=lambda x: x[0]):
            age = world.time - made.held_at
            is_ripe = age >= world.parameters.bridge_cancel_seconds
            if made.status is DepositStatus.OPEN and is_ripe and draw(st.booleans()):
                world.do("cancel_deposit", made.depositor, mint_hash=mint_hash)
    elif name == "fetch":
        fetch_all(world)


def fetch_all(world: World) -> None:
    """Have all debts paid."""
    for account in sorted(world.rollup.bridge.credits, key=lambda each: each.owner):
        given = {"note_kind": account.note_kind, "owner": account.owner, "is_paid": True}
        world.do("withdraw", ACCOUNTS[0], **given)


@st.composite
def worlds(draw: st.DrawFn, most: int = 12) -> World:
    """Give a world after some steps."""
    parameters = draw(networks)
    slots = draw(st.lists(st.integers(0, 5), max_size=5, unique=True))
    held = [LEAVES[6 * draw(st.integers(0, 2)) + slot] for slot in slots]
    world = new_world(parameters, held)
    for _ in range(draw(st.integers(1, most))):
        draw(one_more_step(world))
    return world


@st.composite
def crowds(draw: st.DrawFn) -> World:
    """
    Give a world in which entries wait that are possible each, but often not together.

    They spend leaves of the tree and fill slots that are free.
    """
    slots = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True))
    held = [LEAVES[6 * draw(st.integers(0, 2)) + slot] for slot in slots]
    taken = {leaf % 16 for leaf in held}
    free = [leaf for leaf in LEAVES if leaf % 16 not in taken]
    world = new_world(draw(networks), held)
    for _ in range(draw(st.integers(2, 7))):
        world.time += WAITS[0]
        inputs = draw(st.lists(st.sampled_from(held), max_size=2, unique=True))
        outputs = draw(st.lists(st.sampled_from(free), max_size=2, unique=True))
        item = balanced(inputs, outputs, draw(st.sampled_from(PEOPLE)))
        if item.message.kind == MINT:
            world.deposit(item.message.hash, item.message.value, draw(st.sampled_from(PEOPLE)))
        world.queue(item, draw(calls))
        if len(outputs) == 2 and draw(st.booleans()):
            world.queue(replace(item, output_commitments=(outputs[1], outputs[0])))
    return world
