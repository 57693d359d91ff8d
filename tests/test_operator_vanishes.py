"""
The operator vanishes: real proofs, the deployed contracts, and nobody to ask.

A holder has their own notes and what was published: the words of the settled blocks. With that
they rebuild the tree, and either settle without the sequencers, or freeze the rollup and leave.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest
from eth_utils.address import to_checksum_address

from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ethereum.artefact import read_artefact
from payy_ref.ethereum.chain import Chain
from payy_ref.ethereum.choice import EMBEDDED, open_chain
from payy_ref.ethereum.settlement import FIRST_STEP, HOLDING, LEAD, SettlementOnChain, rules_of
from payy_ref.ledger import builder
from payy_ref.ledger.block import apply_block
from payy_ref.ledger.builder import Recipient
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.note import InputNote, Note, NoteValue, Psi, SecretKey, note_address
from payy_ref.ledger.transaction import PublicInputs, Statement, public_inputs_of
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import path
from payy_ref.settlement.entry import Entry
from payy_ref.settlement.rollup import Exit
from payy_ref.testing.settlement_history import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    NETWORK,
    OWNER,
    as_validators,
    chain_of_three,
    claim_of,
    quorum,
    signers,
    step,
)
from tests.settlement_proofs import (
    ARTEFACTS,
    MINIMAL,
    block_argument,
    client_proof,
    deploy_judges,
    void_argument,
)

DOUBLES: Final = Path(__file__).parent / "contracts" / "build"
"""Test doubles: the token is one, the verifiers are not."""

TOKEN: Final = EthereumAddress(bytes(19) + b"\x07")
"""What histories call the token."""

KEYS: Final = signers(4)
"""The sequencers, while there are any."""

DAY: Final = 200
"""Seconds between steps, less than any delay."""


@dataclass(kw_only=True)
class Holder:
    """Somebody with notes, and nothing else that others do not have."""

    account: EthereumAddress
    """Where they want their money."""
    secret: SecretKey
    """The key of their notes."""
    notes: list[Note] = field(default_factory=list)
    """What they hold."""

    def note(self, value: int, psi: int) -> Note:
        """Make a note that they can spend."""
        return Note(
            kind=POLYGON_USDC,
            value=NoteValue(FieldElement(value)),
            address=note_address(self.secret),
            psi=Psi(FieldElement(psi)),
        )

    def spending(self, *notes: Note) -> list[InputNote]:
        """Give notes with the key that spends them."""
        return [InputNote(note=note, secret_key=self.secret) for note in notes]

    def exits(self, tree: PersistentTree) -> Iterator[Exit]:
        """Burn all notes, two at a time, and show where they are in the tree."""
        for start in range(0, len(self.notes), 2):
            burned = self.notes[start : start + 2]
            statement = builder.burn(self.spending(*burned), Recipient(self.account))
            leaves = [leaf for leaf in statement.public.input_commitments if leaf]
            yield Exit(
                transaction=statement.public,
                proof=client_proof(statement),
                paths=tuple(path(tree, leaf) for leaf in leaves),
            )


class World:
    """A rollup with real verifiers, the sequencers, and what they publish."""

    def __init__(self, chain: Chain) -> None:
        library = chain.deploy(read_artefact(ARTEFACTS / "NoteTree.json"))
        rollup = chain.deploy(
            read_artefact(ARTEFACTS / "Rollup.json"),
            to_checksum_address(OWNER),
            NETWORK,
            False,
            [(to_checksum_address(each.address), each.stake) for each in as_validators(KEYS)],
            tuple(judge.address for judge in deploy_judges(chain)),
            rules_of(MINIMAL),
            element_bytes(PersistentTree.of(MINIMAL.tree_depth).root),
            libraries={"NoteTree": library},
        )
        accounts = list(chain.accounts)
        tokens = [
            chain.deploy(
                read_artefact(DOUBLES / "StatedToken.json"), accounts, HOLDING, rollup.address
            )
        ]
        reader = chain.deploy(read_artefact(DOUBLES / "Reader.json"))
        offset = chain.timestamp + LEAD - FIRST_STEP
        self.deployed = SettlementOnChain(chain, rollup, tokens, reader, offset)
        self.time = FIRST_STEP
        self.height = 0
        self.published: list[tuple[PublicInputs, ...]] = []
        self.do("add_token", OWNER, note_kind=POLYGON_USDC, token=TOKEN)

    def copy(self) -> "World":
        """Give a copy that can go on by itself; the chain is taken back by who asks for it."""
        other = copy(self)
        other.deployed = self.deployed.copy()
        return other

    def attempt(self, name: str, sender: EthereumAddress, **arguments: Any) -> str | None:
        """Do a step; give the name of the contract's error."""
        self.time += DAY
        return self.deployed.perform(step(name, sender, self.time, **arguments)).error

    def do(self, name: str, sender: EthereumAddress, **arguments: Any) -> None:
        """Do a step that has to be accepted."""
        assert self.attempt(name, sender, **arguments) is None

    def deposit(self, holder: Holder, statement: Statement) -> None:
        """Lock the money of a mint."""
        message = statement.public.message
        arguments = {"mint_hash": message.hash, "note_kind": message.note_kind}
        value = int(message.value)
        self.do("deposit", holder.account, **arguments, value=value, received=value)

    def settle(self, *statements: Statement) -> None:
        """Sequence a block, prove it, settle it, and publish it."""
        before = tree_of(self.published)
        transactions = tuple(statement.public for statement in statements)
        after = apply_block(before, transactions, MINIMAL).tree
        proof = block_argument(before, statements)
        self.height += 1
        self.do(
            "settle",
            DAVE,
            claim=claim_of(before.root, after.root, transactions, MINIMAL, proof=proof),
            commit=chain_of_three(after.root, self.height).proof(quorum(KEYS)),
            opening=(),
            verdicts=(),
        )
        self.published.append(transactions)

    def queue(self, holder: Holder, statement: Statement) -> Entry:
        """Queue a transaction."""
        arguments = {"transaction": statement.public, "proof": client_proof(statement)}
        self.do("queue_transaction", holder.account, **arguments, attached=None)
        return Entry(transaction=statement.public, call=None, queued_at=self.time)

    def owed(self, holder: Holder) -> int:
        """Tell what a holder is owed."""
        rows = self.deployed.state()["owed"]
        return sum(value for _, owner, value in rows if owner == holder.account)


def tree_of(published: Sequence[Sequence[PublicInputs]]) -> PersistentTree:
    """Rebuild the tree from what was published."""
    tree = PersistentTree.of(MINIMAL.tree_depth)
    for transactions in published:
        tree = apply_block(tree, transactions, MINIMAL).tree
    return tree


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """Start a chain."""
    with open_chain(EMBEDDED, checkout=Path(__file__).parents[1]) as opened:
        yield opened


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The moment after which the operator is gone."""

    world: World
    """The rollup and what was published."""
    alice: Holder
    """Holds 60 and 11."""
    bob: Holder
    """Holds 40, 30 and 5."""
    carol: Holder
    """Has a deposit of 70 that no block took."""
    unminted: Statement
    """The mint of that deposit."""


@pytest.fixture(scope="module")
def gone(chain: Chain) -> Scene:
    """Let people come in, pay each other, and leave in part; then the sequencers stop."""
    world = World(chain)
    alice = Holder(account=ALICE, secret=SecretKey(FieldElement(0xA11CE)))
    bob = Holder(account=BOB, secret=SecretKey(FieldElement(0xB0B)))
    carol = Holder(account=CAROL, secret=SecretKey(FieldElement(0xCA401)))

    coins, cash = alice.note(100, 1), bob.note(50, 2)
    mints = builder.mint([coins, alice.note(11, 3)]), builder.mint([cash, bob.note(5, 4)])
    for holder, statement in zip((alice, bob), mints, strict=True):
        world.deposit(holder, statement)
    world.settle(*mints)

    paid, change = bob.note(40, 5), alice.note(60, 6)
    kept = bob.note(30, 7)
    world.settle(
        builder.send(alice.spending(coins), [paid, change]),
        builder.burn(bob.spending(cash), Recipient(BOB), [kept]),
    )
    alice.notes, bob.notes = [change, alice.note(11, 3)], [paid, kept, bob.note(5, 4)]
    unminted = builder.mint([carol.note(70, 8)])
    world.deposit(carol, unminted)
    return Scene(world=world, alice=alice, bob=bob, carol=carol, unminted=unminted)


def test_every_holder_gets_the_money_out_once(chain: Chain, gone: Scene) -> None:
    """The queue is not served, so anybody freezes; the money goes to who holds the notes."""
    with chain.undone():
        world = gone.world.copy()
        entry = builder.burn(gone.alice.spending(gone.alice.notes[1]), Recipient(ALICE))
        world.queue(gone.alice, entry)
        tree = tree_of(world.published)
        (early, *_) = gone.bob.exits(tree)
        assert world.attempt("leave", DAVE, leaving=early) == ErrorCode.SETTLEMENT_NOT_FROZEN
        assert world.attempt("freeze", DAVE) == ErrorCode.QUEUE_NOT_EXPIRED
        world.time += MINIMAL.queue_freeze_seconds
        world.do("freeze", DAVE)

        for holder, value in ((gone.alice, 71), (gone.bob, 20 + 75)):
            leaving = list(holder.exits(tree))
            for each in leaving:
                world.do("leave", DAVE, leaving=each)
            for each in leaving:
                assert world.attempt("leave", DAVE, leaving=each) == ErrorCode.EXIT_LEAF_TAKEN
            assert world.owed(holder) == value
        mint_hash = gone.unminted.public.message.hash
        world.do("cancel_deposit", CAROL, mint_hash=mint_hash)
        again = world.attempt("cancel_deposit", CAROL, mint_hash=mint_hash)
        assert again == ErrorCode.BRIDGE_DEPOSIT_ABSENT

        for account, loss in {ALICE: 111 - 71, BOB: 55 - 95, CAROL: 0}.items():
            arguments = {"note_kind": POLYGON_USDC, "owner": account, "is_paid": True}
            world.do("withdraw", DAVE, **arguments)
            assert world.attempt("withdraw", DAVE, **arguments) == ErrorCode.BRIDGE_CREDIT_ABSENT
            held = world.deployed.balances([account])
            assert set(held.values()) == {HOLDING - loss}
        assert world.deployed.state()["escrow"] == []


def test_stolen_exits_are_worth_nothing(chain: Chain, gone: Scene) -> None:
    """An exit pays who it was proved for, whoever brings it; another's note has no exit."""
    with chain.undone():
        world = gone.world.copy()
        entry = builder.burn(gone.alice.spending(gone.alice.notes[1]), Recipient(ALICE))
        world.queue(gone.alice, entry)
        world.time += MINIMAL.queue_freeze_seconds
        world.do("freeze", DAVE)
        tree = tree_of(world.published)
        (good,) = gone.alice.exits(tree)
        words = list(good.transaction.words)
        words[8] = FieldElement(int.from_bytes(DAVE, "big"))
        stolen = replace(good, transaction=public_inputs_of(words))
        assert world.attempt("leave", DAVE, leaving=stolen) == ErrorCode.PROOF_EQUATION
        invented = gone.bob.note(1000, 99)
        made_up = builder.burn(gone.bob.spending(invented), Recipient(BOB))
        leaving = Exit(
            transaction=made_up.public,
            proof=client_proof(made_up),
            paths=(path(tree, made_up.public.input_commitments[0]),),
        )
        assert world.attempt("leave", BOB, leaving=leaving) == ErrorCode.EXIT_LEAF_ABSENT
        world.do("leave", DAVE, leaving=good)
        assert world.owed(gone.alice) == 71


def test_anybody_settles_without_the_sequencers(chain: Chain, gone: Scene) -> None:
    """An overdue entry in a block of its own; another one is shown to be void."""
    with chain.undone():
        world = gone.world.copy()
        note = gone.alice.notes[0]
        leaving = builder.burn(gone.alice.spending(note), Recipient(ALICE))
        twice = builder.send(gone.alice.spending(note), [gone.alice.note(60, 50)])
        first = world.queue(gone.alice, leaving)
        second = world.queue(gone.alice, twice)
        before = tree_of(world.published)
        alone = (leaving.public,)
        after = apply_block(before, alone, MINIMAL).tree
        claim = claim_of(
            before.root, after.root, alone, MINIMAL, proof=block_argument(before, [leaving])
        )
        given = {"entry": first, "claim": claim}
        assert world.attempt("force", DAVE, **given) == ErrorCode.QUEUE_NOT_OVERDUE
        world.time += MINIMAL.queue_overdue_seconds
        valid = void_argument(before, leaving)
        assert world.attempt("discard", DAVE, entry=first, proof=valid) == ErrorCode.PROOF_EQUATION
        world.do("force", DAVE, **given)
        assert world.owed(gone.alice) == 60
        stale = void_argument(before, twice)
        assert world.attempt("discard", DAVE, entry=second, proof=stale) == ErrorCode.PROOF_EQUATION
        world.do("discard", DAVE, entry=second, proof=void_argument(after, twice))
        state = world.deployed.state()
        assert (state["root"], state["consumed"], state["waiting"]) == (after.root, 2, ())
