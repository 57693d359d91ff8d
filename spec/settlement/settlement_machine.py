"""
Long histories of one rollup: real notes and blocks below, a plain model beside, contracts above.

Each step is made with what it should come to: the model says which rule it breaks first, or what is
so afterwards. Proofs are as good as what they are about: a block's proof is accepted if applying
these transactions gives exactly these public inputs, a client's if the statement was accepted, a
void one's if the transaction alone cannot be applied to the tree with that root. A good proof names
what it proves, so one that is shown for something else is worth nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Final, Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from payy_ref.consensus.commit import CommitProof
from payy_ref.consensus.validators import Validator
from payy_ref.crypto.field import MODULUS, FieldElement, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import NO_ADDRESS, ORDER, EthereumAddress
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger import builder
from payy_ref.ledger.block import EMPTY_PLACE, AppliedBlock, apply_block
from payy_ref.ledger.builder import Recipient
from payy_ref.ledger.kind import NoteKind
from payy_ref.ledger.note import (
    InputNote,
    Note,
    NoteValue,
    Psi,
    SecretKey,
    note_address,
)
from payy_ref.ledger.opening import Opening, opening_of
from payy_ref.ledger.sequence import (
    Hash,
    Signature,
    decode_header,
    encode_header,
    proposal_hash,
)
from payy_ref.ledger.transaction import (
    BURN,
    MINT,
    SEND,
    ZERO,
    Message,
    PublicInputs,
    Statement,
    check_statement,
)
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import path
from payy_ref.operations.settlement import shown_state
from payy_ref.parameters import Preset, load_preset
from payy_ref.settlement.bridge import Burn, DepositStatus
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.events import Event
from payy_ref.settlement.queue import Applied, Verdict, Void
from payy_ref.settlement.rollup import BlockClaim, Call, Deployment, Exit, Rollup, deployed
from payy_ref.settlement.steps import Step, perform
from payy_ref.settlement.verifiers import Verifiers
from payy_ref.testing.ledger_model import LedgerModel, Words
from payy_ref.testing.ledger_strategies import KINDS, MOST, statements_spending
from payy_ref.testing.settlement_history import (
    ACCOUNTS,
    ALICE,
    NETWORK,
    OWNER,
    START,
    UNPROVEN,
    ChainOfThree,
    Signer,
    as_validators,
    chain_of_three,
    signers,
    skipped_blocks,
)
from payy_ref.testing.settlement_model import (
    NOBODY,
    NOTHING_OPENED,
    PlainClaim,
    PlainCommit,
    PlainEntry,
    PlainOpening,
    PlainVerdict,
    Said,
    SettlementModel,
)

KEYS: Final = tuple(SecretKey(FieldElement(number)) for number in (1, 2, 2**200))
"""Who holds notes."""

HOLDERS: Final = {note_address(secret_key): secret_key for secret_key in KEYS}
"""The key of each address."""

PEOPLE: Final = ACCOUNTS[:4]
"""Who does something on L1; the first one is the owner."""

TOKENS: Final = tuple(EthereumAddress(bytes([0x70 + number]) * 20) for number in range(3))
"""What stands for tokens."""

ELSEWHERE: Final = EthereumAddress(b"\xcc" * 20)
"""Where the rollup is if it is deployed nowhere."""

PACE: Final = 36
"""Seconds between steps, at least: a chain needs time for three blocks."""

MANY: Final = 6
"""Notes of which no more need to be paid in."""

BETWEEN_BLOCKS: Final = 3
"""How many heights a settled block is above the last one at most."""

CERTIFICATES: Final = (
    "one short",
    "unordered",
    "twice",
    "stranger",
    "other network",
    "conflicting",
    "high s",
    "other set",
)
COMMITS: Final = ("height", "heights", "views", "parent", "root of another")
SKIPPED: Final = (
    "skipped: none",
    "skipped: one less",
    "skipped: one more",
    "skipped: turned round",
    "skipped: another root",
    "skipped: not the parent",
    "skipped: not linked",
    "skipped: other heights",
    "skipped: cut off",
    "skipped: too long",
    "skipped: another first parent",
)
"""What can be unusual about the blocks before a settled one, which are to change nothing."""
CLAIMS: Final = (
    "stale",
    "too many words",
    "too few words",
    "padded",
    "new root",
    "commit hash",
    "hidden",
    "kind",
    "truncated",
    "mint without deposit",
    "mint of another value",
    "burn without token",
    "unproven",
)
VERDICTS: Final = (
    "omitted",
    "one more",
    "swapped",
    "another entry",
    "opening",
    "opened for nothing",
    "shape",
    "untrue void",
    "untrue applied",
    "other tree",
    "void though applied",
)
FAULTS: Final = (*CERTIFICATES, *COMMITS, *SKIPPED, *CLAIMS, *VERDICTS)
"""What can be unusual about a settlement; most of it is refused."""


class EscrowError(AssertionError):
    """Money is locked for nobody, or somebody's money is not there."""


class OnChain(Protocol):
    """What deployed contracts do; see `payy_ref.ethereum.settlement`."""

    @property
    def address(self) -> EthereumAddress:
        """Where the rollup is."""

    @property
    def network_name(self) -> str:
        """What sequencers sign with."""

    def perform(self, step: Step) -> Any:
        """Do a step: the name of an error or None, and events."""

    def state(self) -> Mapping[str, Any]:
        """Give the state in the form of `shown_state`."""

    def balances(
        self, accounts: Sequence[EthereumAddress]
    ) -> Mapping[tuple[FieldElement, EthereumAddress], int]:
        """Give what each account has of each token."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """A step without its time, and what the model makes of it."""

    name: str
    """Name of the transition."""
    sender: EthereumAddress
    """Who does it."""
    arguments: Mapping[str, Any]
    """What the transition takes."""
    judge: Callable[[SettlementModel, int], ErrorCode | None]
    """Does it to a model at a time."""
    tree: PersistentTree | None = None
    """The note tree afterwards, if it is another one."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A settled tree, twice."""

    tree: PersistentTree
    """The tree."""
    notes: LedgerModel
    """The dictionary."""


@dataclass(frozen=True, kw_only=True)
class Between:
    """Blocks that are shown to change nothing, before one that is settled."""

    encodings: tuple[bytes, ...]
    """Their encoded headers."""
    heights: tuple[int, ...]
    """Their heights."""
    parent: Hash
    """What the block after them names as its parent."""
    is_linked: bool
    """Whether each, if it states the settled root, is named by the block after it."""
    garbled: ErrorCode | None
    """What is wrong with how one of them is written."""


@dataclass(kw_only=True)
class Draft:
    """A block that is about to be settled, with everything that is said about it."""

    before: Version
    """What it builds on."""
    block: list[PublicInputs]
    """Its transactions."""
    applied: AppliedBlock[PersistentTree]
    """What they do."""
    notes: LedgerModel
    """The notes afterwards."""
    words: list[FieldElement]
    """The public inputs that are claimed."""
    verdicts: list[Verdict]
    """What is said of entries."""
    plain: list[PlainVerdict]
    """The same for the model."""
    opening: Opening = ()
    """What is shown of its places."""
    plain_opening: PlainOpening = NOTHING_OPENED
    """The same for the model."""
    is_true: bool = True
    """Whether the words are those of the block."""


def refusal(change: Callable[[], object]) -> ErrorCode | None:
    """Tell the code of a refusal; None if there is none."""
    try:
        change()
    except SpecError as error:
        return error.code
    return None


def plain_entry(entry: Entry) -> PlainEntry:
    """Write an entry as numbers and bytes."""
    call = entry.call
    return PlainEntry(
        words=entry.transaction.words,
        call=None if call is None else (call.target, call.gas, call.data),
        time=entry.queued_at,
    )


def plain_events(said: Sequence[Event]) -> list[Said]:
    """Write events as names, numbers and bytes; the model is told of proofs, and not shown any."""
    return [
        (
            type(event).__name__,
            {
                each.name: plain_value(getattr(event, each.name))
                for each in fields(event)
                if each.name != "proof"
            },
        )
        for event in said
    ]


def plain_value(value: Any) -> Any:
    """Write what an event has as numbers and bytes."""
    return plain_entry(value) if isinstance(value, Entry) else value


def named(words: Sequence[FieldElement]) -> bytes:
    """Give a good proof: it names what it proves."""
    return b"\x01" + keccak256(b"".join(map(element_bytes, words)))


class SettlementMachine(RuleBasedStateMachine):
    """One rollup from its deployment on, with holders, sequencers, depositors and bystanders."""

    contracts: ClassVar[Callable[[], OnChain] | None] = None
    """Deploys the contracts, or takes them back to their deployment; None to do without."""
    hunts: ClassVar[bool] = False
    """
    Whether only the theorem is judged: a step that should have been refused, or for another reason,
    is looked at and then taken back. For runs that must find a violation.
    """
    steps: ClassVar[int] = 0
    """How many steps all runs have done."""
    outcomes: ClassVar[Counter[tuple[str, str]]]
    """How many by name and code; the code is empty if the step was accepted."""

    @initialize()
    def start(self) -> None:
        """Deploy, and name two tokens."""
        self.parameters = load_preset(Preset.MINIMAL)
        self.deployed = self.contracts() if type(self).contracts is not None else None  # type: ignore[misc]
        self.here = ELSEWHERE if self.deployed is None else self.deployed.address
        self.network = NETWORK if self.deployed is None else self.deployed.network_name
        self.crews: list[tuple[int, tuple[Signer, ...]]] = [(0, signers(4))]
        deployment = Deployment(
            owner=OWNER, network_name=self.network, validators=as_validators(signers(4))
        )
        self.rollup = deployed(deployment, self.parameters)
        self.tree = PersistentTree(depth=self.parameters.tree_depth)
        notes = LedgerModel(
            depth=self.parameters.tree_depth,
            groups=self.parameters.block_groups,
            group_size=self.parameters.group_transactions,
            name=b"",
        )
        self.model = SettlementModel(
            parameters=self.parameters,
            owner=OWNER,
            sets=[(0, {each.address: 1 for each in signers(4)})],
            notes=notes,
            root=notes.root(),
        )
        self.versions = [Version(tree=self.tree, notes=notes)]
        self.proven: set[Words] = set()
        self.made: dict[int, Note] = {}
        self.mints: list[PublicInputs] = []
        self.burns: list[PublicInputs] = []
        self.acts: list[Act] = []
        self.kept: list[tuple[Rollup, Mapping[str, Any]]] = []
        self.time, self.earliest, self.last_psi = START - PACE, START, 0
        self.verifiers = Verifiers(
            block=self.verifies_block,
            transaction=lambda transaction, proof: proof == named(transaction.words),
            void=lambda root, transaction, proof: proof == named((root, *transaction.words)),
        )
        for kind, token in zip(KINDS[:2], TOKENS[:2], strict=True):
            assert self.do(self.naming(OWNER, kind, token)) is None

    # Proofs

    def verifies_block(self, words: tuple[FieldElement, ...], proof: bytes) -> bool:
        """Accept a proof that names these public inputs."""
        return proof == named(self.filled(words))

    def filled(self, words: Sequence[FieldElement]) -> tuple[FieldElement, ...]:
        """Fill the message area with zeros."""
        return (*words, *[ZERO] * (3 + self.parameters.block_message_words - len(words)))

    def proof_of_block(
        self, tree: PersistentTree, block: Sequence[PublicInputs], words: Sequence[FieldElement]
    ) -> bytes:
        """Prove a block, if these are its public inputs."""
        try:
            applied = apply_block(tree, block, self.parameters)
        except SpecError:
            return UNPROVEN
        own = (applied.old_root, applied.new_root, applied.commit_hash, *applied.messages)
        return named(self.filled(own)) if self.filled(words) == self.filled(own) else UNPROVEN

    def proof_of(self, transaction: PublicInputs) -> bytes:
        """Prove a transaction, if its statement was accepted."""
        return named(transaction.words) if transaction.words in self.proven else UNPROVEN

    def proof_of_void(self, tree: PersistentTree, transaction: PublicInputs) -> bytes:
        """Prove that a transaction can have no place on a tree, if that is so."""
        code = refusal(lambda: apply_block(tree, [transaction], self.parameters))
        return UNPROVEN if code is None else named((tree.root, *transaction.words))

    # Doing

    def do(self, act: Act) -> ErrorCode | None:
        """Do a step: here, in the model, and on the chain."""
        self.time = max(self.time + PACE, self.earliest)
        step = Step(
            name=act.name, call=Call(sender=act.sender, time=self.time), arguments=act.arguments
        )
        trial = self.model.copy()
        expected = act.judge(trial, self.time)
        before = self.rollup
        self.kept.append((before, shown_state(before)))
        after, said, code = self.outcome(step)
        type(self).steps += 1
        type(self).outcomes[act.name, str(code or "")] += 1
        if self.hunts and code != expected:
            check_escrow(after, self.worth(self.tree if act.tree is None else act.tree, after))
            return expected
        assert code == expected, f"{act.name}: {code or 'accepted'}, expected {expected}"
        if code is None:
            assert plain_events(said) == trial.said
            self.rollup, self.model = after, trial
            self.tree = self.tree if act.tree is None else act.tree
            self.versions.append(Version(tree=self.tree, notes=trial.notes))
            self.acts.append(act)
        if self.deployed is not None:
            self.compare(self.deployed, step, code, said)
        return code

    def outcome(self, step: Step) -> tuple[Rollup, tuple[Event, ...], ErrorCode | None]:
        """Do a step in the reference."""
        try:
            after, said = perform(self.rollup, step, self.verifiers, self.parameters)
        except SpecError as error:
            return self.rollup, (), error.code
        except (KeyError, IndexError):
            if not self.hunts:
                raise
            return self.rollup, (), ErrorCode.MALFORMED_INPUT
        return after, said, None

    def compare(
        self, chain: OnChain, step: Step, code: ErrorCode | None, said: tuple[Event, ...]
    ) -> None:
        """Do a step on the chain, and compare everything that can be seen."""
        performed = chain.perform(step)
        assert performed.error == (None if code is None else str(code)), (
            f"{step.name}: the contract says {performed.error}, the reference {code}"
        )
        if code is not None:
            return  # a chain itself sees to it that a rejected transaction changes nothing
        assert performed.events == said
        assert chain.state() == shown_state(self.rollup)
        # At first everybody has 2^250 of each token, and the rollup nothing.
        for (kind, account), balance in chain.balances((*PEOPLE, self.here)).items():
            own = self.model.locked[kind] if account == self.here else 2**250
            assert balance == own + self.model.moved[kind, account]

    def worth(self, tree: PersistentTree, rollup: Rollup) -> Counter[int]:
        """Add up the notes of a tree that were not taken out, by kind."""
        worth: Counter[int] = Counter()
        for leaf in tree:
            if leaf not in rollup.exited:
                note = self.made[leaf]
                worth[note.kind] += note.value
        return worth

    @invariant()
    def escrow_is_owed(self) -> None:
        """What is locked is in unspent notes, in open deposits, or owed: all of it, once."""
        if hasattr(self, "rollup"):
            check_escrow(self.rollup, self.worth(self.tree, self.rollup))

    @invariant()
    def model_agrees(self) -> None:
        """The dictionaries say the same."""
        if not hasattr(self, "rollup"):
            return
        rollup, model = self.rollup, self.model
        assert (rollup.root, rollup.height, rollup.is_frozen) == (
            model.root,
            model.height,
            model.frozen,
        )
        assert rollup.is_adrift == model.adrift
        assert list(rollup.queue.expiries) == model.ends()[model.consumed :]
        assert {name: made.held_at for name, made in rollup.bridge.deposits.items()} == {
            name: made.time for name, made in model.deposits.items()
        }
        assert dict(rollup.bridge.tokens.items()) == model.tokens
        assert {kind: held for kind, held in rollup.bridge.escrow.items() if held} == +model.locked
        owed = {
            (each.note_kind, each.owner): value for each, value in rollup.bridge.credits.items()
        }
        assert owed == model.debts
        assert {name: made.status.value for name, made in rollup.bridge.deposits.items()} == {
            name: made.status for name, made in model.deposits.items()
        }
        assert len(rollup.bridge.substitutions) == len(model.advances)
        assert set(rollup.exited) == model.left
        assert tuple(self.tree) == model.notes.in_slot_order()
        assert self.tree.root == rollup.root
        assert self.worth(self.tree, rollup) == +model.unspent()

    @invariant()
    def queue_is_in_order(self) -> None:
        """What waits is what was queued last, in the order of queueing."""
        if not hasattr(self, "rollup"):
            return
        queue = self.rollup.queue
        assert [plain_entry(entry) for entry in queue.waiting] == self.model.ever[queue.consumed :]
        times = [entry.queued_at for entry in queue.waiting]
        assert times == sorted(times)

    def teardown(self) -> None:
        """Every state of the run is still what it was."""
        for rollup, shown in getattr(self, "kept", ()):
            assert shown_state(rollup) == shown

    # Notes and transactions

    def next_psi(self) -> Psi:
        """Give a number that no note of this run has."""
        self.last_psi += 1
        return Psi(FieldElement(self.last_psi))

    def public(self, statement: Statement) -> PublicInputs:
        """Accept a statement, remember its notes, and show what everybody sees."""
        public = check_statement(statement)
        for note, commitment in zip(statement.notes, public.commitments, strict=True):
            if commitment:
                self.made[commitment] = note
        self.proven.add(public.words)
        return public

    def spendable(self) -> list[InputNote]:
        """List the notes of the settled tree with their keys."""
        notes = [
            self.made[leaf] for leaf in self.model.notes.unspent if leaf not in self.model.left
        ]
        return [InputNote(note=note, secret_key=HOLDERS[note.address]) for note in notes]

    def transaction(
        self, data: st.DataObject, kinds: Sequence[NoteKind] = KINDS[:2]
    ) -> PublicInputs:
        """Make a transaction with notes of the settled tree, or without any."""
        available = self.spendable()
        inputs: list[InputNote] = []
        kind = data.draw(st.sampled_from(kinds))
        for _ in range(data.draw(st.sampled_from((0, 1, 1, 2)))):
            fitting = [item for item in available if not inputs or item.note.kind == kind]
            if fitting:
                chosen = data.draw(st.sampled_from(fitting))
                kind = chosen.note.kind
                available.remove(chosen)
                inputs.append(chosen)
        fresh = st.builds(self.next_psi)
        statement = data.draw(
            statements_spending(inputs, kind, psis=fresh, owners=st.sampled_from([*HOLDERS]))
        )
        if statement.public.message.kind == BURN:
            statement = self.addressed(data, statement)
            self.burns.append(self.public(statement))
        if statement.public.message.kind == MINT:
            self.mints.append(self.public(statement))
        return self.public(statement)

    def addressed(self, data: st.DataObject, statement: Statement) -> Statement:
        """Send a burn to somebody who is known; bits above the address do not matter."""
        recipient = data.draw(st.sampled_from((*PEOPLE, *PEOPLE, self.here)))
        above = data.draw(st.sampled_from((0, 0, 0, 1, MODULUS // 2**160 - 1))) * 2**160
        address = FieldElement(above + int.from_bytes(recipient, "big"))
        message = replace(statement.public.message, burn_address=address)
        public = replace(statement.public, message=message)
        return replace(statement, burn_address=address, public=public)

    def minting(self, data: st.DataObject) -> PublicInputs:
        """Make a mint; its deposit may be missing, or may have been made before."""
        known = [item for item in self.mints if data.draw(st.sampled_from((False, False, True)))]
        if known:
            old = data.draw(st.sampled_from(known[-3:]))
            return self.twin(old) if data.draw(st.booleans()) else old
        kind = data.draw(st.sampled_from((*KINDS[:2], *KINDS[:2], KINDS[2])))
        value = data.draw(st.sampled_from((1, 2, 1000, MOST - 1, MOST)))
        secret_key = data.draw(st.sampled_from(KEYS))
        parts = data.draw(st.sampled_from(((value,), (value, 0), (value - 1, 1))))
        notes = [self.note(kind, part, secret_key) for part in parts]
        mint = self.public(builder.mint(notes))
        self.mints.append(mint)
        return mint

    def note(self, kind: NoteKind, value: int, secret_key: SecretKey) -> Note:
        """Make a note that is not there yet."""
        return Note(
            kind=kind,
            value=NoteValue(FieldElement(value)),
            address=note_address(secret_key),
            psi=self.next_psi(),
        )

    def twin(self, mint: PublicInputs) -> PublicInputs:
        """Make another mint with the same hash: the same psi, for somebody else."""
        notes = [
            replace(self.made[leaf], address=note_address(KEYS[-1]))
            for leaf in mint.output_commitments
            if leaf
        ]
        worth = sum(note.value for note in notes)
        if any(mint.input_commitments) or not 0 < worth <= MOST:
            return mint
        other = self.public(builder.mint(notes))
        self.mints.append(other)
        return other

    def fits(self, tree: PersistentTree, block: Sequence[PublicInputs]) -> bool:
        """Tell whether a block is valid."""
        return refusal(lambda: apply_block(tree, block, self.parameters)) is None

    # Set up

    def naming(self, sender: EthereumAddress, kind: FieldElement, token: EthereumAddress) -> Act:
        """Name a token."""
        return Act(
            name="add_token",
            sender=sender,
            arguments={"note_kind": kind, "token": token},
            judge=lambda model, _: model.add_token(sender, kind, token),
        )

    @rule(data=st.data())
    def name_a_token(self, data: st.DataObject) -> None:
        """Name a token, rightly or not."""
        sender = data.draw(st.sampled_from((OWNER, OWNER, OWNER, ALICE)))
        kind = data.draw(st.sampled_from((*KINDS, KINDS[2], ZERO)))
        token = data.draw(st.sampled_from((*TOKENS, TOKENS[2])))
        self.do(self.naming(sender, kind, token))

    @rule(data=st.data())
    def name_validators(self, data: st.DataObject) -> None:
        """Name a set, rightly or not."""
        word = data.draw(st.sampled_from(("validator", "second", "third")))
        crew = signers(data.draw(st.sampled_from((4, 4, 1, 2))), word)
        members = as_validators(crew)
        fault = data.draw(st.sampled_from((None, None, None, "empty", "zero", "twice", "stake")))
        if fault == "empty":
            members = ()
        if fault == "zero":
            members = (*members, Validator(address=NO_ADDRESS, stake=1))
        if fault == "twice":
            members = (*members, members[0])
        if fault == "stake":
            stake = data.draw(st.sampled_from((0, 2**128)))
            members = (replace(members[0], stake=stake), *members[1:])
        far = self.parameters.settlement_future_blocks
        first = self.rollup.height + data.draw(st.sampled_from((0, 1, 3, 4, 9, far, far + 1)))
        sender = data.draw(st.sampled_from((OWNER, OWNER, OWNER, ALICE)))
        plain = [(each.address, each.stake) for each in members]
        act = Act(
            name="add_validators",
            sender=sender,
            arguments={"valid_from": first, "validators": members},
            judge=lambda model, _: model.add_validators(sender, first, plain),
        )
        if self.do(act) is None:
            self.crews.append((first, crew))

    @rule(data=st.data())
    def wait(self, data: st.DataObject) -> None:
        """Let the next step be right at, or right before, a moment from which something is so."""
        numbers = self.parameters
        moments = [
            entry.queued_at + seconds
            for entry in self.rollup.queue.waiting[:3]
            for seconds in (
                numbers.queue_due_seconds,
                numbers.queue_due_seconds,
                numbers.queue_overdue_seconds,
                numbers.queue_overdue_seconds,
                numbers.queue_freeze_seconds,
            )
        ]
        moments += self.rollup.queue.expiries[:1]
        deposits = [made.held_at for _, made in sorted(self.rollup.bridge.deposits.items())[:3]]
        moments += [held_at + numbers.bridge_cancel_seconds for held_at in deposits]
        later = [moment for moment in moments if moment > self.time + PACE]
        if later:
            moment = data.draw(st.sampled_from(later))
            self.earliest = moment - data.draw(st.sampled_from((0, 0, 1)))

    def perhaps_after(self, data: st.DataObject, moment: int) -> None:
        """Let the next step perhaps be at a moment, or later if that is past."""
        if data.draw(st.booleans()):
            self.earliest = max(self.earliest, moment)

    # Money

    @rule(data=st.data())
    def bring(self, data: st.DataObject) -> None:
        """Deposit for a mint, rightly or not."""
        mint = self.minting(data)
        kind, value, name = (getattr(mint.message, each) for each in ("note_kind", "value", "hash"))
        fault = data.draw(st.sampled_from((None,) * 6 + ("value", "kind", "refused", "inexact")))
        if fault == "value":
            value = data.draw(st.sampled_from((0, 2**240, 2**256 - 1)))
        if fault == "kind":
            kind = data.draw(st.sampled_from((KINDS[2], ZERO)))
        sender = data.draw(st.sampled_from(PEOPLE))
        received = self.received(data, fault, value)
        self.do(
            Act(
                name="deposit",
                sender=sender,
                arguments={
                    "mint_hash": name,
                    "note_kind": kind,
                    "value": value,
                    "received": received,
                },
                judge=lambda model, time: model.deposit(
                    sender, time, name=name, kind=kind, value=value, received=received
                ),
            )
        )

    def received(self, data: st.DataObject, fault: str | None, value: int) -> int | None:
        """Tell what a token moves."""
        if fault == "refused":
            return None
        if fault == "inexact":
            return data.draw(st.sampled_from(sorted({0, max(0, value - 1), 1 + value % 2**240})))
        return value

    @rule(data=st.data())
    def bring_and_queue(self, data: st.DataObject) -> None:
        """Deposit and queue the mint, rightly or not."""
        fault = data.draw(st.sampled_from((None,) * 4 + ("refused", "inexact", "send", "proof")))
        mint = self.transaction(data) if fault == "send" else self.minting(data)
        if fault == "proof":
            mint = replace(mint, output_commitments=mint.output_commitments[::-1])
        sender = data.draw(st.sampled_from(PEOPLE))
        received = self.received(data, fault, mint.message.value)
        proof = self.proof_of(mint)
        words, is_proven = mint.words, mint.words in self.proven
        self.do(
            Act(
                name="deposit_and_queue",
                sender=sender,
                arguments={"transaction": mint, "proof": proof, "received": received},
                judge=lambda model, time: model.deposit_and_queue(
                    sender, time, words, received, proven=is_proven
                ),
            )
        )

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Ask for a deposit back: open or not, in time or not, one's own or not."""
        names = sorted(self.model.deposits)
        open_ones = [name for name in names if self.model.deposits[name].status == "open"]
        if not names:
            return
        name = data.draw(st.sampled_from((*open_ones, *open_ones, names[0])))
        giver = self.model.deposits[name].giver
        due = self.model.deposits[name].time + self.parameters.bridge_cancel_seconds
        self.perhaps_after(data, due)
        sender = data.draw(st.sampled_from((giver, giver, giver, *PEOPLE)))
        self.do(self.cancelling(EthereumAddress(sender), FieldElement(name)))

    def cancelling(self, sender: EthereumAddress, name: FieldElement) -> Act:
        """Ask for a deposit back."""
        return Act(
            name="cancel_deposit",
            sender=sender,
            arguments={"mint_hash": name},
            judge=lambda model, time: model.cancel(sender, time, name),
        )

    @rule(data=st.data())
    def pay_in_advance(self, data: st.DataObject) -> None:
        """Pay for a burn that may be settled one day."""
        if not self.burns:
            return
        message = data.draw(st.sampled_from(self.burns[-4:])).message
        recipient = EthereumAddress((message.burn_address % 2**160).to_bytes(20, "big"))
        kind, value, name = message.note_kind, int(message.value), message.hash
        fault = data.draw(st.sampled_from((None,) * 4 + ("refused", "inexact", "value", "kind")))
        if fault == "value":
            value = data.draw(st.sampled_from((0, value + 1, 2**240)))
        if fault == "kind":
            kind = data.draw(st.sampled_from(KINDS))
        sender = data.draw(st.sampled_from(PEOPLE))
        received = self.received(data, fault, value)
        if received is not None and recipient == sender:
            received = 0  # whoever pays themselves has no more afterwards
        height = self.rollup.height + data.draw(st.sampled_from((0, 1, 1, 2)))
        burn = Burn(note_kind=kind, value=value, burn_hash=name, recipient=recipient)
        plain = (int(kind), value, int(name), recipient)
        self.do(
            Act(
                name="substitute_burn",
                sender=sender,
                arguments={"burn": burn, "burn_height": height, "received": received},
                judge=lambda model, _: model.substitute(sender, plain, height, received),
            )
        )

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """Have somebody paid: who is owed something, or who is not; the token may refuse."""
        owed = sorted(self.model.debts)
        strangers = [(KINDS[0], PEOPLE[0]), (KINDS[2], PEOPLE[1])]
        kind, owner = data.draw(st.sampled_from([*owed, *owed, *owed, *strangers]))
        sender = data.draw(st.sampled_from(PEOPLE))
        is_paid = data.draw(st.sampled_from((True, True, True, False)))
        self.do(self.paying(sender, FieldElement(kind), EthereumAddress(owner), is_paid=is_paid))

    def paying(
        self,
        sender: EthereumAddress,
        kind: FieldElement,
        owner: EthereumAddress,
        *,
        is_paid: bool = True,
    ) -> Act:
        """Have somebody paid."""
        return Act(
            name="withdraw",
            sender=sender,
            arguments={"note_kind": kind, "owner": owner, "is_paid": is_paid},
            judge=lambda model, _: model.withdraw(kind, owner, paid=is_paid),
        )

    # The queue

    @rule(data=st.data())
    def queue(self, data: st.DataObject) -> None:
        """Queue a transaction, rightly or not, with a call or without."""
        options = ("any", "any", "any", "mint", "mint", "again")
        bad = ("padding", "kind", "word", "no kind", "twice", "unproven", "no token")
        which = data.draw(st.sampled_from((*options, *options, *bad)))
        self.queue_one(data, self.queueable(data, which), self.call(data))

    def queue_one(
        self, data: st.DataObject, transaction: PublicInputs, attached: QueuedCall | None
    ) -> None:
        """Queue a transaction."""
        sender = data.draw(st.sampled_from(PEOPLE))
        words, is_proven = transaction.words, transaction.words in self.proven
        call = None if attached is None else (attached.target, attached.gas, attached.data)
        self.do(
            Act(
                name="queue_transaction",
                sender=sender,
                arguments={
                    "transaction": transaction,
                    "proof": self.proof_of(transaction),
                    "attached": attached,
                },
                judge=lambda model, time: model.queue(sender, time, words, call, proven=is_proven),
            )
        )

    @rule(data=st.data(), count=st.integers(1, 2), end=st.sampled_from(("settle", "force", "any")))
    def queue_and_serve(self, data: st.DataObject, count: int, end: str) -> None:
        """Queue what can be settled, and let something become of it."""
        for _ in range(count):
            paid = [item for item in self.mints if self.model.open_deposit(item.message.hash)]
            item = self.another(data)
            if not self.is_payable(item, set()) and paid:
                item = data.draw(st.sampled_from(paid))
            self.queue_one(data, item, self.call(data))
        for entry in self.rollup.queue.waiting[:1]:
            numbers = self.parameters
            seconds = (
                numbers.queue_due_seconds if end == "settle" else numbers.queue_overdue_seconds
            )
            self.perhaps_after(data, entry.queued_at + seconds)
            if end == "settle":
                self.settle(data, None)
            elif end == "force":
                self.force(data)
            else:
                self.settle(data, data.draw(st.sampled_from(VERDICTS)))

    def queueable(self, data: st.DataObject, which: str) -> PublicInputs:
        """Find or make a transaction for the queue."""
        waiting = [entry.transaction for entry in self.rollup.queue.waiting]
        if which == "again" and waiting:
            return data.draw(st.sampled_from(waiting))
        if which == "mint" and self.mints:
            return data.draw(st.sampled_from(self.mints[-6:]))
        if which == "padding":
            return EMPTY_PLACE
        base = self.transaction(data)
        message = base.message
        if which == "kind":
            return replace(base, message=replace(message, kind=FieldElement(4)))
        if which == "word":
            return replace(base, message=Message(kind=SEND, note_kind=KINDS[0]))
        if which == "no kind":
            bent = Message(kind=BURN, value=FieldElement(1))
            return replace(base, message=bent)
        if which == "twice":
            leaf = FieldElement(5)
            return replace(base, input_commitments=(leaf, ZERO), output_commitments=(ZERO, leaf))
        if which == "unproven":
            return replace(base, output_commitments=(FieldElement(5), ZERO))
        if which == "no token":
            return self.public(builder.burn([], Recipient(PEOPLE[1])))
        return base

    def call(self, data: st.DataObject) -> QueuedCall | None:
        """Make a call for an entry: to somebody, to a token, to the rollup; or one too large."""
        which = data.draw(st.sampled_from((None, None, None, "any", "token", "rollup", "large")))
        if which is None:
            return None
        gas, size = self.parameters.queue_call_gas, self.parameters.queue_call_bytes
        if which == "large":
            excess = data.draw(st.sampled_from(((gas + 1, 0), (gas, size + 1), (2**256 - 1, 0))))
            return QueuedCall(target=PEOPLE[1], data=bytes(excess[1]), gas=excess[0])
        gas = data.draw(st.sampled_from((0, gas // 2, gas)))
        if which == "token":
            selector = keccak256(b"transfer(address,uint256)")[:4]
            stolen = selector + bytes(12) + ALICE + (1).to_bytes(32, "big")
            return QueuedCall(
                target=data.draw(st.sampled_from(TOKENS[:2])), data=stolen[:size], gas=gas
            )
        if which == "rollup":
            return QueuedCall(target=self.here, data=keccak256(b"freeze()")[:4], gas=gas)
        return QueuedCall(target=data.draw(st.sampled_from(PEOPLE)), data=b"\x01" * size, gas=gas)

    # Settlement

    def draft(self, data: st.DataObject, count: int) -> Draft:
        """
        Make a block with verdicts on the oldest entries.

        There is a verdict on each: what does not fit after the block so far is void then, unless it
        repeats a leaf of the block; then it is void before.
        """
        tree, places = self.tree, self.parameters.block_transactions
        block: list[PublicInputs] = []
        taken: set[int] = set()
        chosen: list[tuple[Entry, int | None]] = []
        for entry in self.rollup.queue.waiting[:count]:
            item = entry.transaction
            if item in block:
                chosen.append((entry, block.index(item)))
            elif self.is_payable(item, taken) and self.fits(tree, [*block, item]):
                chosen.append((entry, len(block)))
                block.append(item)
                taken.add(item.message.hash)
            else:
                chosen.append((entry, None))
        for _ in range(data.draw(st.integers(0, places - len(block)))):
            item = self.another(data)
            longer = [*block, item]
            if item in block or not (self.is_payable(item, taken) and self.fits(tree, longer)):
                continue
            after = apply_block(tree, longer, self.parameters).tree
            void = [entry.transaction for entry, place in chosen if place is None]
            if all(
                each.commitments != item.commitments
                and self.is_void(each, after, {*taken, item.message.hash})
                for each in void
            ):
                block, taken = longer, {*taken, item.message.hash}
        applied = apply_block(tree, block, self.parameters)
        notes = self.noted(self.model.notes, block)
        assert isinstance(notes, LedgerModel)
        draft = Draft(
            before=Version(tree=tree, notes=self.model.notes),
            block=block,
            applied=applied,
            notes=notes,
            words=[applied.old_root, applied.new_root, applied.commit_hash, *applied.messages],
            verdicts=[],
            plain=[],
        )
        for entry, place in chosen:
            self.judge_entry(draft, entry, place)
        return draft

    def is_payable(self, item: PublicInputs, taken: set[int]) -> bool:
        """Tell whether L1 would do what a transaction has for it."""
        message = item.message
        if message.kind == MINT:
            made = self.model.open_deposit(message.hash)
            return (
                made is not None
                and message.hash not in taken
                and (made.kind, made.value) == (message.note_kind, message.value)
            )
        return message.kind == SEND or message.note_kind in self.model.tokens

    def is_void(self, item: PublicInputs, after: PersistentTree, taken: set[int]) -> bool:
        """Tell whether an entry can be shown to have no place, beside a block."""
        if item.message.kind == MINT and (
            item.message.hash in taken or self.model.open_deposit(item.message.hash) is None
        ):
            return True
        return not (self.fits(self.tree, [item]) and self.fits(after, [item]))

    def another(self, data: st.DataObject) -> PublicInputs:
        """Find or make a transaction for a block: any, a mint with a deposit, one that waits."""
        which = data.draw(st.sampled_from(("any", "any", "mint", "mint", "mint", "waiting")))
        paid = [item for item in self.mints if self.model.open_deposit(item.message.hash)]
        waiting = [entry.transaction for entry in self.rollup.queue.waiting]
        if which == "mint" and paid:
            return data.draw(st.sampled_from(paid))
        if which == "waiting" and waiting:
            return data.draw(st.sampled_from(waiting))
        return self.transaction(data)

    def noted(self, notes: LedgerModel, block: Sequence[PublicInputs]) -> LedgerModel | ErrorCode:
        """Ask the dictionary what a block does."""
        openings = {leaf: (int(note.kind), int(note.value)) for leaf, note in self.made.items()}
        return notes.with_block([item.words for item in block], openings)

    def judge_entry(
        self, draft: Draft, entry: Entry, place: int | None, *, is_after: bool | None = None
    ) -> None:
        """Say what becomes of an entry."""
        plain = plain_entry(entry)
        item = entry.transaction
        placed = any(each.commitments == item.commitments for each in draft.block)
        if place is not None:
            draft.verdicts.append(Applied(entry=entry))
            draft.plain.append(PlainVerdict(entry=plain, applied=True, placed=placed))
            return
        if is_after is None:
            is_after = self.fits(draft.before.tree, [item])
        tree = draft.applied.tree if is_after else draft.before.tree
        notes = draft.notes if is_after else draft.before.notes
        proof = self.proof_of_void(tree, item)
        is_true = isinstance(self.noted(notes, [item]), ErrorCode)
        assert is_true == (proof != UNPROVEN)
        draft.verdicts.append(Void(entry=entry, is_after=is_after, proof=proof))
        draft.plain.append(PlainVerdict(entry=plain, applied=False, placed=placed, shown=is_true))

    def crew_at(self, height: int) -> tuple[Signer, ...]:
        """Find who signs at a height."""
        return [crew for first, crew in self.crews if first <= height][-1]

    def due(self) -> int:
        """Count the entries that a block would need a verdict on now."""
        time = max(self.time + PACE, self.earliest)
        due = self.model.older(self.parameters.queue_due_seconds, time)
        return min(self.parameters.block_transactions, due)

    @rule(data=st.data())
    def settle_blocks(self, data: st.DataObject) -> None:
        """Settle blocks, as sequencers do."""
        for _ in range(data.draw(st.integers(1, 2))):
            self.settle(data, None)

    @rule(data=st.data(), fault=st.sampled_from(FAULTS))
    def settle_strangely(self, data: st.DataObject, fault: str) -> None:
        """Settle something that has one thing wrong, or nearly so."""
        self.settle(data, fault)

    def settle(self, data: st.DataObject, fault: str | None) -> None:
        """Settle a block."""
        most = min(self.parameters.block_transactions, len(self.rollup.queue.waiting))
        count = data.draw(st.integers(min(most, self.due()), most))
        draft = self.draft(data, count)
        self.bend_claim(data, draft, fault)
        self.bend_verdicts(data, draft, fault)
        if draft.verdicts:
            self.open(draft, opening_of(draft.block, self.parameters))
            self.bend_opening(data, draft, fault)
        elif fault == "opened for nothing":
            self.open(draft, opening_of(draft.block, self.parameters))
        proof = self.proof_of_block(draft.before.tree, draft.block, draft.words)
        assert draft.is_true == (proof != UNPROVEN)
        if fault == "unproven":
            proof, draft.is_true = UNPROVEN, False
        claim = BlockClaim(public_inputs=tuple(draft.words), proof=proof)
        plain_claim = PlainClaim(
            words=tuple(map(int, draft.words)), true=draft.is_true, after=draft.notes
        )
        stated = draft.words[1] if len(draft.words) > 1 else draft.applied.new_root
        commit, plain_commit = self.commit(data, stated, fault)
        verdicts, plain = tuple(draft.verdicts), tuple(draft.plain)
        self.do(
            Act(
                name="settle",
                sender=data.draw(st.sampled_from(PEOPLE)),
                arguments={
                    "claim": claim,
                    "commit": commit,
                    "opening": draft.opening,
                    "verdicts": verdicts,
                },
                judge=lambda model, time: model.settle(
                    time, plain_claim, plain_commit, draft.plain_opening, plain
                ),
                tree=draft.applied.tree,
            )
        )

    def bend_claim(self, data: st.DataObject, draft: Draft, fault: str | None) -> None:
        """Change what is claimed of a block."""
        words = draft.words
        if fault == "stale":
            older = data.draw(st.sampled_from(self.versions))
            self.redo(draft, older, [])
        if fault == "too many words":
            excess = 3 + self.parameters.block_message_words - len(words) + 1
            words += [ZERO] * excess
            draft.is_true = False
        if fault == "too few words":
            del words[data.draw(st.integers(0, 2)) :]
            draft.is_true = False
        if fault == "padded" and len(words) <= 2 + self.parameters.block_message_words:
            words.append(ZERO)
        if fault == "new root":
            words[1] = data.draw(st.sampled_from((words[0], FieldElement(words[1] ^ 1), ZERO)))
            draft.is_true = words[1] == draft.applied.new_root
        if fault == "commit hash":
            words[2] = FieldElement((words[2] + 1) % MODULUS)
            draft.is_true = False
        if fault == "hidden" and len(words) > 3:
            del words[3:]
            draft.is_true = False
        if fault == "kind" and len(words) <= 2 + self.parameters.block_message_words:
            words.append(FieldElement(data.draw(st.sampled_from((1, 4, 2**64 + 2, MODULUS - 1)))))
            draft.is_true = False
        if fault == "truncated" and len(words) <= 1 + self.parameters.block_message_words:
            words += [FieldElement(data.draw(st.sampled_from((2, 3)))), KINDS[0]]
            draft.is_true = False
        if fault in {"mint without deposit", "mint of another value", "burn without token"}:
            self.add_unpaid(data, draft, fault)

    def redo(self, draft: Draft, before: Version, block: list[PublicInputs]) -> None:
        """Build another block on a settled tree."""
        applied = apply_block(before.tree, block, self.parameters)
        notes = self.noted(before.notes, block)
        assert isinstance(notes, LedgerModel)
        draft.before, draft.block, draft.applied, draft.notes = before, block, applied, notes
        draft.words[:] = [
            applied.old_root,
            applied.new_root,
            applied.commit_hash,
            *applied.messages,
        ]
        chosen = [verdict.entry for verdict in draft.verdicts]
        draft.verdicts, draft.plain = [], []
        for entry in chosen:
            own = [place for place, item in enumerate(block) if item == entry.transaction]
            self.judge_entry(draft, entry, own[0] if own else None)

    def add_unpaid(self, data: st.DataObject, draft: Draft, fault: str) -> None:
        """Let a valid block have a transaction that L1 has no money for."""
        if fault == "burn without token":
            item = self.public(builder.burn([], Recipient(PEOPLE[1])))
        else:
            mints = [each for each in self.mints if self.model.open_deposit(each.message.hash)]
            if fault == "mint of another value" and mints:
                item = self.dearer(data.draw(st.sampled_from(mints)))
            else:
                gone = [each for each in self.mints if each not in mints]
                item = self.minting(data)
                if data.draw(st.booleans()) and gone:
                    item = self.twin(data.draw(st.sampled_from(gone)))
        block = [*draft.block[: self.parameters.block_transactions - 1], item]
        if self.fits(draft.before.tree, block):
            self.redo(draft, draft.before, block)

    def dearer(self, mint: PublicInputs) -> PublicInputs:
        """Make a mint with the same hash that is worth more, or is of another kind."""
        notes = [self.made[leaf] for leaf in mint.output_commitments if leaf]
        if any(mint.input_commitments) or not notes:
            return mint
        if sum(note.value for note in notes) + 1 > MOST:
            other = next(kind for kind in KINDS if kind != notes[0].kind)
            notes = [replace(note, kind=other) for note in notes]
        else:
            notes[0] = replace(notes[0], value=NoteValue(FieldElement(notes[0].value + 1)))
        dear = self.public(builder.mint(notes))
        self.mints.append(dear)
        return dear

    def bend_verdicts(self, data: st.DataObject, draft: Draft, fault: str | None) -> None:
        """Change what is said of entries."""
        verdicts, plain = draft.verdicts, draft.plain
        waiting = self.rollup.queue.waiting
        if fault == "one more" and waiting:
            entry = waiting[len(verdicts)] if len(verdicts) < len(waiting) else waiting[0]
            self.judge_entry(draft, entry, None)
        if fault == "omitted" and verdicts:
            del verdicts[-1], plain[-1]
        if fault == "swapped" and len(verdicts) > 1:
            verdicts.reverse()
            plain.reverse()
        if not verdicts:
            return
        at = data.draw(st.integers(0, len(verdicts) - 1))
        verdict, own = verdicts[at], plain[at]
        if fault == "another entry":
            entry = verdict.entry
            bent = data.draw(
                st.sampled_from(
                    (
                        replace(entry, queued_at=entry.queued_at + 1),
                        replace(entry, call=QueuedCall(target=NO_ADDRESS, data=b"", gas=0))
                        if entry.call is None
                        else replace(entry, call=None),
                        replace(entry, transaction=EMPTY_PLACE),
                    )
                )
            )
            verdicts[at] = replace(verdict, entry=bent)
            plain[at] = replace(own, entry=plain_entry(bent))
        if fault == "untrue void":
            verdicts[at] = Void(entry=verdict.entry, is_after=False, proof=UNPROVEN)
            plain[at] = replace(own, applied=False, shown=False)
        if fault == "untrue applied":
            verdicts[at] = Applied(entry=verdict.entry)
            plain[at] = replace(own, applied=True)
        if fault == "other tree" and isinstance(verdict, Void):
            # The proof for one tree is shown for the other one.
            verdicts[at] = replace(verdict, is_after=not verdict.is_after)
            same = draft.before.tree.root == draft.applied.tree.root
            plain[at] = replace(own, shown=own.shown and same)
        if fault == "void though applied":
            self.judge_entry(draft, verdict.entry, None)
            verdicts[at], plain[at] = verdicts.pop(), plain.pop()

    def open(self, draft: Draft, opening: Opening) -> None:
        """Show places, and tell the model whether they are those of the claim."""
        own = opening_of(draft.block, self.parameters)
        is_own = len(draft.words) > 2 and draft.words[2] == draft.applied.commit_hash
        draft.opening = opening
        draft.plain_opening = PlainOpening(
            counts=tuple(map(len, opening)), true=opening == own and is_own
        )

    def bend_opening(self, data: st.DataObject, draft: Draft, fault: str | None) -> None:
        """Change what is shown of the places."""
        opening = draft.opening
        if fault == "opening":
            used = [number for number, group in enumerate(opening) if group]
            bent = [list(group) for group in opening]
            if used:
                number = data.draw(st.sampled_from(used))
                bent[number][0] = FieldElement((bent[number][0] + 1) % MODULUS)
            else:
                bent[0] = [ZERO] * self.parameters.group_transactions
            self.open(draft, tuple(map(tuple, bent)))
        if fault == "shape":
            shapes = ((), opening[1:], (*opening, ()), ((ZERO, ZERO), *opening[1:]))
            self.open(draft, data.draw(st.sampled_from(shapes)))

    def commit(
        self, data: st.DataObject, root: FieldElement, fault: str | None
    ) -> tuple[CommitProof, PlainCommit]:
        """Let three blocks be made and approved, rightly or not."""
        least = 2 if fault in SKIPPED else 1
        height = self.rollup.height + data.draw(st.integers(least, BETWEEN_BLOCKS))
        if fault == "height":
            height = data.draw(st.integers(max(0, self.rollup.height - 2), self.rollup.height))
        heights, views = (height, height + 1, height + 2), (height + 5, height + 6, height + 7)
        if fault == "heights":
            heights = (height, height + 1, height + data.draw(st.sampled_from((1, 3))))
        if fault == "views":
            views = (height, height + data.draw(st.sampled_from((0, 2))), height + 2)
        later = (root, FieldElement(height))
        between = self.between(data, height, fault)
        chain = chain_of_three(
            root, height, heights=heights, views=views, later_roots=later, parent=between.parent
        )
        crew = self.crew_at(heights[2])
        signing = [*crew[: 2 * len(crew) // 3 + 1]]
        if fault == "one short":
            signing.pop()
        if fault == "unordered":
            signing.reverse()
        if fault == "twice":
            signing = [signing[0], *signing]
        if fault == "stranger":
            signing = sorted([*signing, signers(1, "stranger")[0]], key=lambda each: each.address)
        if fault == "other set":
            other = data.draw(st.sampled_from([crew for _, crew in self.crews]))
            signing = [*other[: 2 * len(other) // 3 + 1]]
        network = "Payy" if fault == "other network" else self.network
        proof = chain.proof([], network)
        signed = chain
        if fault == "conflicting":
            signed = chain_of_three(FieldElement(1), height, views=views)
        signatures = [signed.proof([each], network).certificate[0] for each in signing]
        addresses = [bytes(each.address) for each in signing]
        if fault in {"other network", "conflicting"}:
            addresses = [b"\xff" * 20] * len(signing)  # whoever that is
        if fault == "high s" and signatures:
            signatures[0] = turned(signatures[0])
            addresses[0] = NOBODY
        proof = replace(proof, certificate=tuple(signatures))
        is_linked = fault not in {"parent", "root of another"}
        if fault == "parent":
            proof = replace(proof, roots=(proof.roots[1], proof.roots[0]))
            is_linked = proof.roots[0] == proof.roots[1]
        if fault == "root of another":
            foreign = chain_of_three(FieldElement(2), height, heights=heights, views=views)
            proof = self.signed_proof(foreign, signing)
        plain = PlainCommit(
            heights=heights,
            views=views,
            linked=is_linked,
            signers=addresses,
            skipped=between.heights,
            skipped_linked=between.is_linked,
            skipped_garbled=between.garbled,
        )
        return replace(proof, skipped=between.encodings), plain

    def between(self, data: st.DataObject, height: int, fault: str | None) -> Between:
        """
        Show that the blocks below a height change nothing, rightly or not.

        After a block without the sequencers nothing has to be shown, and anything may be.
        """
        root, settled = self.rollup.root, self.rollup.height
        if self.rollup.is_adrift and fault is None:
            fault = data.draw(st.sampled_from((None, "skipped: none", *SKIPPED)))
        first = settled if fault == "skipped: one more" else settled + 1
        shift = data.draw(st.sampled_from((1, 2**32))) if fault == "skipped: other heights" else 0
        stated = FieldElement(root ^ 1) if fault == "skipped: another root" else root
        numbers = range(first + shift, max(first, height) + shift)
        made = skipped_blocks(stated, numbers.start - 1, numbers.stop)
        encodings, parent, is_linked, garbled = [*made.encodings], made.name, stated == root, None
        at = data.draw(st.integers(0, max(0, len(encodings) - 1)))
        heights = [*numbers]
        if fault == "skipped: none":
            encodings, heights = [], []
        if fault == "skipped: one less":
            del encodings[at : at + 1], heights[at : at + 1]
            is_linked = False
        if fault == "skipped: turned round" and len(encodings) > 1:
            encodings.reverse()
            heights.reverse()
            is_linked = False
        if fault == "skipped: not the parent" and encodings:
            parent, is_linked = Hash(b"\x01" * 32), False
        if fault in {"skipped: not linked", "skipped: another first parent"} and encodings:
            # Of the first block nobody knows the parent; of each other one it is the one before.
            at = at if fault == "skipped: not linked" else 0
            header = replace(decode_header(encodings[at]), last_block_hash=Hash(b"\x01" * 32))
            encodings[at] = encode_header(header)
            is_linked = at == 0 and len(encodings) == 1
            if at == len(encodings) - 1:
                parent = proposal_hash(element_bytes(root), header.height, keccak256(encodings[at]))
        if fault == "skipped: cut off" and encodings:
            encodings[at] = encodings[at][:-1]
            garbled = ErrorCode.BORSH_TRUNCATED
        if fault == "skipped: too long" and encodings:
            encodings[at] += b"\0"
            garbled = ErrorCode.BORSH_TRAILING_BYTES
        return Between(
            encodings=tuple(encodings),
            heights=tuple(heights),
            parent=parent,
            is_linked=is_linked,
            garbled=garbled,
        )

    def signed_proof(self, chain: ChainOfThree, signing: Sequence[Signer]) -> CommitProof:
        """Have a chain approved."""
        return chain.proof(signing, self.network)

    @rule(data=st.data(), count=st.integers(1, 3))
    def pay_in(self, data: st.DataObject, count: int) -> None:
        """Deposit, and settle the mints, as most deposits go; there need not be many notes."""
        for _ in range(count if len(self.model.notes.unspent) < MANY else 0):
            mint = self.payment(data)
            depositing = self.depositing(data.draw(st.sampled_from(PEOPLE)), mint)
            if self.do(depositing) is None:
                self.settle(data, None)

    @rule(data=st.data())
    def pay_too_little(self, data: st.DataObject) -> None:
        """Deposit, and try to mint more with it."""
        self.do(self.depositing(data.draw(st.sampled_from(PEOPLE)), self.payment(data)))
        self.settle(data, "mint of another value")

    def payment(self, data: st.DataObject) -> PublicInputs:
        """Make a mint with values that can be spent together."""
        kind = data.draw(st.sampled_from(KINDS[:2]))
        value = data.draw(st.sampled_from((1, 5, 1000, 10**6, MOST // 2)))
        mint = self.public(builder.mint([self.note(kind, value, data.draw(st.sampled_from(KEYS)))]))
        self.mints.append(mint)
        return mint

    def depositing(self, sender: EthereumAddress, mint: PublicInputs) -> Act:
        """Deposit for a mint, rightly."""
        kind, value, name = mint.message.note_kind, int(mint.message.value), mint.message.hash
        return Act(
            name="deposit",
            sender=sender,
            arguments={"mint_hash": name, "note_kind": kind, "value": value, "received": value},
            judge=lambda model, time: model.deposit(
                sender, time, name=name, kind=kind, value=value, received=value
            ),
        )

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """Do again what was accepted once."""
        if self.acts:
            self.do(data.draw(st.sampled_from(self.acts[-8:])))

    @rule(data=st.data())
    def serve_without_sequencers(self, data: st.DataObject) -> None:
        """Settle the oldest entry in a block of its own, rightly or not."""
        self.force(data)

    def force(self, data: st.DataObject) -> None:
        """Settle the oldest entry without the sequencers, rightly or not."""
        waiting = self.rollup.queue.waiting
        if not waiting:
            return
        entry = waiting[0]
        self.perhaps_after(data, entry.queued_at + self.parameters.queue_overdue_seconds)
        fault = data.draw(
            st.sampled_from((None,) * 5 + ("second", "with another", "alone", "unproven", "stale"))
        )
        if fault == "second":
            entry = waiting[-1]
        before = self.versions[-1]
        if fault == "stale":
            before = data.draw(st.sampled_from(self.versions))
        block = [entry.transaction]
        if fault == "with another":
            block.append(self.transaction(data))
        if fault == "alone":
            block = [self.transaction(data)]
        if not self.fits(before.tree, block):
            # It has no place: whoever claims so all the same states what they like.
            notes, tree, is_true = None, None, False
            claimed = apply_block(
                PersistentTree(depth=self.parameters.tree_depth), [], self.parameters
            )
            words = [before.tree.root, FieldElement(1), claimed.commit_hash]
        else:
            applied = apply_block(before.tree, block, self.parameters)
            found = self.noted(before.notes, block)
            assert isinstance(found, LedgerModel)
            notes, tree, is_true = found, applied.tree, True
            words = [applied.old_root, applied.new_root, applied.commit_hash, *applied.messages]
        proof = self.proof_of_block(before.tree, block, words)
        assert is_true == (proof != UNPROVEN)
        if fault == "unproven":
            proof, is_true = UNPROVEN, False
        is_alone = is_alone_in(block, entry) and len(words) > 2 and tree is not None
        claim = BlockClaim(public_inputs=tuple(words), proof=proof)
        plain_claim = PlainClaim(words=tuple(map(int, words)), true=is_true, after=notes)
        own = plain_entry(entry)
        self.do(
            Act(
                name="force",
                sender=data.draw(st.sampled_from(PEOPLE)),
                arguments={"entry": entry, "claim": claim},
                judge=lambda model, time: model.force(time, own, plain_claim, alone=is_alone),
                tree=tree,
            )
        )

    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        """Take the oldest entry off the queue, rightly or not."""
        waiting = self.rollup.queue.waiting
        if not waiting:
            return
        self.perhaps_after(data, waiting[0].queued_at + self.parameters.queue_overdue_seconds)
        entry = data.draw(st.sampled_from((waiting[0],) * 4 + (waiting[-1],)))
        older = data.draw(st.sampled_from((self.versions[-1],) * 4 + (self.versions[0],)))
        proof = self.proof_of_void(older.tree, entry.transaction)
        is_shown = proof != UNPROVEN and older.tree.root == self.rollup.root
        own = plain_entry(entry)
        self.do(
            Act(
                name="discard",
                sender=data.draw(st.sampled_from(PEOPLE)),
                arguments={"entry": entry, "proof": proof},
                judge=lambda model, time: model.discard(time, own, shown=is_shown),
            )
        )

    # The end

    @rule(data=st.data())
    def freeze(self, data: st.DataObject) -> None:
        """Stop everything, or try to."""
        for expiry in self.rollup.queue.expiries[:1]:
            self.perhaps_after(data, expiry - data.draw(st.sampled_from((0, 0, 1))))
        self.stop(data)

    @rule(data=st.data())
    def stop_a_long_queue(self, data: st.DataObject) -> None:
        """Fill the queue, let a block serve what it can, and try to stop for the next entry."""
        for _ in range(self.parameters.block_transactions + 1 - len(self.rollup.queue.waiting)):
            paid = [item for item in self.mints if self.model.open_deposit(item.message.hash)]
            self.queue_one(data, data.draw(st.sampled_from(paid)) if paid else self.send(), None)
        self.settle(data, None)
        for entry in self.rollup.queue.waiting[:1]:
            alone = entry.queued_at + self.parameters.queue_freeze_seconds
            expiry = self.rollup.queue.expiries[0]
            moments = (alone, alone, expiry - 1, expiry - 1, expiry)
            self.earliest = max(self.earliest, data.draw(st.sampled_from(moments)))
            self.stop(data)

    def send(self) -> PublicInputs:
        """Make a send of nothing to somebody."""
        return self.public(builder.send([], [self.note(KINDS[0], 0, KEYS[0])]))

    def stop(self, data: st.DataObject) -> None:
        """Try to stop everything."""
        sender = data.draw(st.sampled_from(PEOPLE))
        self.do(
            Act(
                name="freeze",
                sender=sender,
                arguments={},
                judge=lambda model, time: model.freeze(time),
            )
        )

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Take notes out, rightly or not."""
        notes = [self.made[leaf] for leaf in self.model.notes.unspent]
        if not notes:
            return
        first = data.draw(st.sampled_from(notes))
        fitting = [each for each in notes if each.kind == first.kind and each != first]
        fitting = [each for each in fitting if each.value + first.value <= MOST]
        chosen = [first]
        if data.draw(st.booleans()) and fitting:
            chosen.append(data.draw(st.sampled_from(fitting)))
        faults = ("change", "send", "unproven", "path", "short", "count", "absent")
        fault = data.draw(st.sampled_from((None,) * 6 + faults))
        self.do(self.exit(data, chosen, fault))

    def exit(self, data: st.DataObject, chosen: Sequence[Note], fault: str | None) -> Act:
        """Burn notes without making any, and show where they are."""
        if fault == "absent":
            chosen = [self.note(chosen[0].kind, 7, KEYS[0])]
        inputs = [InputNote(note=note, secret_key=HOLDERS[note.address]) for note in chosen]
        change = [self.note(chosen[0].kind, 0, KEYS[0])] if fault == "change" else []
        statement = builder.burn(inputs, Recipient(PEOPLE[0]), change)
        if fault == "send":
            total = sum(note.value for note in chosen)
            statement = builder.send(inputs, [self.note(chosen[0].kind, total, KEYS[0])])
        transaction = self.public(statement if fault == "send" else self.addressed(data, statement))
        proof = self.proof_of(transaction)
        is_proven = fault != "unproven"
        leaves = [leaf for leaf in transaction.input_commitments if leaf]
        empty = (ZERO,) * self.parameters.tree_depth
        held = self.model.notes.unspent
        paths = [path(self.tree, leaf) if leaf in held else empty for leaf in leaves]
        own = [leaf in held for leaf in leaves]
        if fault == "path":
            paths[0], own[0] = (FieldElement((paths[0][0] + 1) % MODULUS), *paths[0][1:]), False
        if fault == "short":
            paths[0], own[0] = paths[0][1:], False
        if fault == "count":
            paths, own = [*paths, empty], [*own, False]
        leaving = Exit(
            transaction=transaction, proof=proof if is_proven else UNPROVEN, paths=tuple(paths)
        )
        root = self.rollup.root
        facts = [(len(each), right) for each, right in zip(paths, own, strict=True)]

        def judge(model: SettlementModel, _: int) -> ErrorCode | None:
            """A path is one of the tree that it was taken from."""
            shown = [(length, right and model.root == root) for length, right in facts]
            return model.leave(transaction.words, shown, proven=is_proven)

        return Act(
            name="leave",
            sender=data.draw(st.sampled_from(PEOPLE)),
            arguments={"leaving": leaving},
            judge=judge,
        )

    @rule(data=st.data())
    def leave_all(self, data: st.DataObject) -> None:
        """When it is frozen, everybody gets everything out, and nothing is left."""
        if not self.rollup.is_frozen or data.draw(st.sampled_from((False, True))):
            return
        for leaf, (kind, _) in list(self.model.notes.unspent.items()):
            if leaf in self.model.left:
                continue
            assert kind in {*KINDS}
            code = self.do(self.exit(data, [self.made[leaf]], None))
            # A note of a kind without a token has no value.
            assert code is None or (kind not in self.model.tokens and not self.made[leaf].value)
        for name, made in sorted(self.model.deposits.items()):
            if made.status == "open":
                act = self.cancelling(EthereumAddress(made.giver), FieldElement(name))
                assert self.do(act) is None
        for kind, owner in sorted(self.model.debts):
            act = self.paying(OWNER, FieldElement(kind), EthereumAddress(owner))
            assert self.do(act) is None
        assert not any(held for _, held in self.rollup.bridge.escrow.items())


def check_escrow(rollup: Rollup, unspent: Mapping[int, int]) -> None:
    """
    Judge the theorem: escrow = unspent notes + open deposits + debts, of each note kind.

    Raises:
        EscrowError: It does not hold.
    """
    bridge = rollup.bridge
    deposits = [made for _, made in bridge.deposits.items() if made.status is DepositStatus.OPEN]
    debts = list(bridge.credits.items())
    kinds = {
        *unspent,
        *(kind for kind, _ in bridge.escrow.items()),
        *(d.note_kind for d in deposits),
    }
    for kind in kinds | {account.note_kind for account, _ in debts}:
        waiting = sum(made.value for made in deposits if made.note_kind == kind)
        owed = sum(value for account, value in debts if account.note_kind == kind)
        if bridge.locked(FieldElement(kind)) != unspent.get(kind, 0) + waiting + owed:
            raise EscrowError(
                f"kind {kind:x}: {bridge.locked(FieldElement(kind))} is locked for "
                f"{unspent.get(kind, 0)} in notes, {waiting} in deposits, {owed} in debts"
            )


def is_alone_in(block: Sequence[PublicInputs], entry: Entry) -> bool:
    """Tell whether a block has an entry's transaction and nothing else, as far as L1 sees."""
    if len(block) != 1:
        return False
    item, own = block[0], entry.transaction
    messages = [each.message.words if each.message.kind != SEND else () for each in (item, own)]
    return item.commitments == own.commitments and messages[0] == messages[1]


def turned(signature: Signature) -> Signature:
    """Give the other signature that the same key could have made."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return Signature(signature[:32] + s.to_bytes(32, "big") + bytes([1 - signature[64]]))
