"""Long runs of blocks, pools and archives, judged by a plain dictionary of notes."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger import builder, mempool
from payy_ref.ledger.block import EMPTY_PLACE, packed_messages
from payy_ref.ledger.chain import (
    Archive,
    Ledger,
    build,
    checkpoint_of,
    extend,
    genesis_ledger,
    prune,
    rebuild,
)
from payy_ref.ledger.mempool import Mempool
from payy_ref.ledger.note import (
    InputNote,
    Note,
    NoteValue,
    Psi,
    SecretKey,
    note_address,
    note_commitment,
)
from payy_ref.ledger.sequence import (
    Block,
    Hash,
    Header,
    Height,
    ProvenTransaction,
    Signature,
    encode_block,
)
from payy_ref.ledger.transaction import PublicInputs, Statement, public_inputs_of
from payy_ref.parameters import Preset, load_preset
from payy_ref.testing.ledger_model import LedgerModel, PlainBlock, PoolModel, Words, movements
from payy_ref.testing.ledger_strategies import KINDS, behind_padding, statements_spending

KEYS: Final = tuple(SecretKey(FieldElement(number)) for number in (1, 2, 2**200))
"""Who holds notes."""

OWNERS: Final = {note_address(secret_key): secret_key for secret_key in KEYS}
"""The key of each address."""

THOROUGH_TRANSACTIONS: Final = 10_000
"""Transactions that a thorough run takes into blocks, at least."""

IS_THOROUGH: Final = settings().max_examples >= 3000
"""Whether the profile is that of long runs."""

FAULTS: Final = {
    "absent": ErrorCode.MERKLE_ELEMENT_ABSENT,
    "spent": ErrorCode.MERKLE_ELEMENT_ABSENT,
    "repeated": ErrorCode.LEDGER_LEAF_REPEATED,
    "spent where made": ErrorCode.LEDGER_LEAF_REPEATED,
    "made again": ErrorCode.MERKLE_SLOT_OCCUPIED,
    "word": ErrorCode.LEDGER_MESSAGE_NOT_CARRIED,
    "no kind": ErrorCode.LEDGER_VALUE_WITHOUT_KIND,
    "worded padding": ErrorCode.LEDGER_MESSAGE_NOT_CARRIED,
    "padding": ErrorCode.LEDGER_PADDING_FIRST,
    "kind": ErrorCode.LEDGER_KIND_UNKNOWN,
    "too many": ErrorCode.LEDGER_BLOCK_TOO_LARGE,
}
"""What can be wrong with a block, and the code of each alone."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """One ledger, and what it showed when it was made."""

    ledger: Ledger
    """The ledger."""
    model: LedgerModel
    """The dictionary."""
    root: int
    """The root, from the dictionary."""
    outputs: frozenset[int] = frozenset()
    """The outputs of all transactions since the first block."""

    def check(self) -> None:
        """The ledger still shows what the dictionary says."""
        assert self.ledger.height == self.model.height
        assert self.ledger.block_hash == self.model.name
        assert tuple(self.ledger.tree) == self.model.in_slot_order()
        assert len(self.ledger.tree) == len(self.model.unspent)
        assert self.ledger.tree.root == self.root
        assert self.outputs.issuperset(self.ledger.tree)
        # What goes is what came: per kind, from the values of the notes alone.
        came, gone = self.model.minted, self.model.burned
        worth = self.model.worth()
        for kind in {*came, *gone, *worth}:
            assert worth[kind] + gone[kind] == came[kind]


def outcome(change: Callable[[], object]) -> ErrorCode | None:
    """Tell the code of a refusal; None if there is none."""
    try:
        change()
    except SpecError as refusal:
        return refusal.code
    return None


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


class LedgerMachine(RuleBasedStateMachine):
    """One chain with its pool and archive; blocks on older ledgers, too."""

    preset: ClassVar[Preset]
    """The network."""
    transactions: ClassVar[int] = 0
    """How many transactions all runs have taken into blocks."""
    refusals: ClassVar[Counter[ErrorCode]]
    """How many blocks were refused, by code."""
    late: ClassVar[int] = 0
    """How many candidates found no place in their block."""

    @initialize()
    def start(self) -> None:
        """Begin with the genesis block."""
        self.parameters = load_preset(self.preset)
        ledger = genesis_ledger(self.parameters)
        zero = bytes(32)
        model = LedgerModel(
            depth=self.parameters.tree_depth,
            groups=self.parameters.block_groups,
            group_size=self.parameters.group_transactions,
            name=PlainBlock(height=0, parent=zero, epoch=0, final=zero, root=0).name(),
        )
        self.newest = Version(ledger=ledger, model=model, root=model.root())
        self.versions = [self.newest]
        self.archive = Archive(checkpoint=checkpoint_of(ledger))
        self.history = [self.newest]
        self.kept: tuple[Block, ...] = ()
        self.oldest_kept = 0
        self.made: dict[int, Note] = {}
        self.done: list[PublicInputs] = []
        self.pool = Mempool()
        self.pool_model = PoolModel()
        self.last_psi = 0

    # Notes and transactions

    def next_psi(self) -> Psi:
        """Give a number that no note of this run has."""
        self.last_psi += 1
        return Psi(FieldElement(self.last_psi))

    def spendable(self, model: LedgerModel) -> list[InputNote]:
        """List the notes of the dictionary with their keys, oldest first."""
        notes = [self.made[commitment] for commitment in model.unspent]
        return [InputNote(note=note, secret_key=OWNERS[note.address]) for note in notes]

    def public(self, statement: Statement) -> PublicInputs:
        """Remember the notes of a statement, and show what everybody sees."""
        for note, commitment in zip(statement.notes, statement.public.commitments, strict=True):
            if commitment:
                self.made[commitment] = note
        return statement.public

    def transaction(self, data: st.DataObject, available: list[InputNote]) -> PublicInputs:
        """Make a transaction; the notes that it spends are taken out of the list."""
        inputs: list[InputNote] = []
        kind = data.draw(st.sampled_from(KINDS))
        for _ in range(data.draw(st.sampled_from((0, 1, 1, 2, 2)))):
            fitting = [item for item in available if not inputs or item.note.kind == kind]
            if fitting:
                chosen = fitting[data.draw(st.integers(0, len(fitting) - 1))]
                kind = chosen.note.kind
                available.remove(chosen)
                inputs.append(chosen)
        fresh = st.builds(self.next_psi)
        drawn = statements_spending(inputs, kind, psis=fresh, owners=st.sampled_from([*OWNERS]))
        return self.public(data.draw(drawn))

    def batch(
        self, data: st.DataObject, model: LedgerModel, least: int = 0, free: int = 0
    ) -> list[PublicInputs]:
        """Make transactions of different notes; so many places stay free, at least."""
        available = self.spendable(model)
        count = data.draw(st.integers(least, self.parameters.block_transactions - free))
        return [self.transaction(data, available) for _ in range(count)]

    def deposit(self, note: Note) -> PublicInputs:
        """Mint one note."""
        return self.public(builder.mint([note]))

    def noted(self, kind: int, psi: Psi) -> Note:
        """Make a small note."""
        return Note(
            kind=KINDS[kind % len(KINDS)],
            value=NoteValue(FieldElement(kind)),
            address=next(iter(OWNERS)),
            psi=psi,
        )

    def note_in_slot_of(self, item: Note) -> Note | None:
        """Find another note for the slot of a note, and of its kind, where slots are few."""
        commitment = note_commitment(item)
        if self.parameters.tree_depth > 8:
            return None
        slots = 2**self.parameters.tree_depth
        for _ in range(4 * slots):
            note = replace(item, psi=self.next_psi())
            if note_commitment(note) % slots == commitment % slots:
                return note
        return None

    # Blocks

    def judged(
        self, model: LedgerModel, transactions: Sequence[PublicInputs]
    ) -> LedgerModel | ErrorCode:
        """Ask the dictionary."""
        openings = {
            commitment: (int(note.kind), int(note.value)) for commitment, note in self.made.items()
        }
        return model.with_block([item.words for item in transactions], openings)

    def block_on(
        self, version: Version, transactions: Sequence[PublicInputs], root: int, seal: int = 0
    ) -> Block:
        """Make the block that follows a version and states this root."""
        return Block(
            header=Header(
                height=Height(version.model.height + 1),
                last_block_hash=Hash(version.model.name),
                epoch_id=seal,
                last_final_block_hash=Hash(version.model.name),
                approvals=(Signature(bytes([seal % 256]) * 65),) * (seal % 3),
            ),
            root=FieldElement(root),
            transactions=tuple(
                ProvenTransaction(proof=bytes([seal % 256]), public=item) for item in transactions
            ),
            signature=Signature(bytes(65)),
        )

    def extended(
        self, version: Version, transactions: Sequence[PublicInputs], seal: int = 0
    ) -> tuple[Version, Block] | ErrorCode:
        """Let dictionary and ledger take a block; they agree, and the old version stays."""
        after = self.judged(version.model, transactions)
        root = version.root if isinstance(after, ErrorCode) else after.root()
        block = self.block_on(version, transactions, root, seal)
        if isinstance(after, ErrorCode):
            self.refused(version, block, after)
            return after
        ledger = extend(version.ledger, block, self.parameters)
        named = [item.public for item in block.transactions]
        outputs = {leaf for item in named for leaf in item.output_commitments if leaf}
        new = Version(
            ledger=ledger,
            model=replace(after, height=version.model.height + 1, name=plain(block).name()),
            root=root,
            outputs=version.outputs | outputs,
        )
        version.check()
        new.check()
        self.check_messages(version, new, block)
        # Every leaf that is named has gone or come, and no other.
        before, now = set(version.ledger.tree), set(ledger.tree)
        assert before - now == {leaf for item in named for leaf in item.input_commitments if leaf}
        assert now - before == outputs
        self.check_new_leaves(outputs)
        assert encode_block(block) == plain(block).encoding()
        self.versions.append(new)
        type(self).transactions += sum(any(item.words) for item in named)
        self.done.extend(named)
        return new, block

    def check_new_leaves(self, leaves: Iterable[int]) -> None:
        """Every leaf that came is the commitment of a note of limited value."""
        for leaf in leaves:
            note = self.made[leaf]
            assert note_commitment(note) == leaf
            assert note.value < 2**240

    def check_messages(self, version: Version, new: Version, block: Block) -> None:
        """L1 reads from the words what the dictionary knows to have come and gone."""
        minted, burned = Counter(version.model.minted), Counter(version.model.burned)
        for movement in movements(packed_messages(block.public_inputs)):
            side = minted if movement.is_mint else burned
            side[movement.note_kind] += movement.value
        assert (minted, burned) == (new.model.minted, new.model.burned)

    def refused(self, version: Version, block: Block, code: ErrorCode) -> None:
        """The ledger refuses a block for this reason, and is what it was."""
        copy = (version.ledger.height, version.ledger.block_hash, tuple(version.ledger.tree))
        assert outcome(lambda: extend(version.ledger, block, self.parameters)) == code
        now = (version.ledger.height, version.ledger.block_hash, tuple(version.ledger.tree))
        assert now == copy
        version.check()
        type(self).refusals[code] += 1

    def append(
        self,
        transactions: Sequence[PublicInputs],
        seal: int = 0,
        done: Sequence[PublicInputs] | None = None,
    ) -> ErrorCode | None:
        """Take a block onto the chain, and end the lease of its height with what is done."""
        result = self.extended(self.newest, transactions, seal)
        if isinstance(result, ErrorCode):
            return result
        self.newest, block = result
        self.history.append(self.newest)
        self.kept = (*self.kept, block)
        self.archive = replace(self.archive, blocks=(*self.archive.blocks, block))
        self.settle(self.newest.model.height, transactions if done is None else done)
        return None

    @rule(data=st.data(), seal=st.sampled_from((0, 0, 1, 2**32 + 1, 2**64 - 1)))
    def take_blocks(self, data: st.DataObject, seal: int) -> None:
        """Append blocks that other proposers made; an unlucky slot may refuse one."""
        for _ in range(data.draw(st.integers(1, 3))):
            code = self.append(self.batch(data, self.newest.model, least=1), seal)
            assert code in (None, ErrorCode.MERKLE_SLOT_OCCUPIED)

    @rule(data=st.data())
    def take_gap(self, data: st.DataObject) -> None:
        """Put padding anywhere; the dictionary knows where it may stand."""
        transactions = self.batch(data, self.newest.model)
        for _ in range(data.draw(st.integers(1, 2))):
            transactions.insert(data.draw(st.integers(0, len(transactions))), EMPTY_PLACE)
        self.append(transactions)

    @rule()
    def take_empty_block(self) -> None:
        """An empty block is accepted and changes no note."""
        before = self.newest
        assert self.append(()) is None
        assert self.newest.ledger.tree == before.ledger.tree

    @rule(data=st.data())
    def take_twice(self, data: st.DataObject) -> None:
        """A block is not accepted again, nor are its transactions if they name a leaf."""
        transactions = self.batch(data, self.newest.model, least=1)
        if self.append(transactions) is None:
            self.refused(self.newest, self.kept[-1], ErrorCode.LEDGER_HEIGHT_NOT_NEXT)
            if any(any(item.commitments) for item in transactions):
                code = self.append(transactions)
                assert code in (ErrorCode.MERKLE_ELEMENT_ABSENT, ErrorCode.MERKLE_SLOT_OCCUPIED)

    @rule(data=st.data())
    def make_a_spent_note_again(self, data: st.DataObject) -> None:
        """A note that was spent may come again, and then be spent again."""
        gone = [item for item in self.made if item not in self.newest.model.unspent]
        if not gone:
            return
        commitment = data.draw(st.sampled_from(gone))
        note = self.made[commitment]
        again = self.deposit(note)
        if self.append([again]) is None:
            assert commitment in set(self.newest.ledger.tree)
            self.refused(
                self.newest,
                self.block_on(self.newest, [again], self.newest.root),
                ErrorCode.MERKLE_SLOT_OCCUPIED,
            )
            if data.draw(st.booleans()):
                spent = InputNote(note=note, secret_key=OWNERS[note.address])
                assert self.append([self.public(builder.send([spent], [self.renewed(note)]))]) in (
                    None,
                    ErrorCode.MERKLE_SLOT_OCCUPIED,
                )

    def renewed(self, note: Note) -> Note:
        """Give the same amount another psi."""
        return replace(note, psi=self.next_psi())

    @rule(data=st.data())
    def use_a_freed_slot(self, data: st.DataObject) -> None:
        """A slot can be used as soon as a transaction has emptied it, and no sooner."""
        held = self.spendable(self.newest.model)
        if not held:
            return
        item = data.draw(st.sampled_from(held))
        other = self.note_in_slot_of(item.note)
        if other is None:
            return
        if data.draw(st.booleans()):
            assert self.append([self.public(builder.send([item], [other]))]) is None
            return
        spending = self.public(builder.send([item], [self.renewed(item.note)]))
        arriving = self.deposit(other)
        assert self.append([arriving, spending]) == ErrorCode.MERKLE_SLOT_OCCUPIED
        self.append([spending, arriving])

    @rule(data=st.data(), names=st.lists(st.sampled_from([*FAULTS]), min_size=1, max_size=2))
    def bend_block(self, data: st.DataObject, names: list[str]) -> None:
        """Spoil a good block; the dictionary knows which fault is named."""
        free = data.draw(st.integers(0, 1))
        transactions = self.batch(data, self.newest.model, least=1, free=free)
        if isinstance(self.judged(self.newest.model, transactions), ErrorCode):
            return
        bent = list(transactions)
        for name in names:
            spoiled = self.spoiled(data, name, bent)
            if spoiled is None:
                return
            bent = spoiled
        code = self.append(bent)
        if len(names) == 1:
            assert code == FAULTS[names[0]]
        else:
            assert code is not None

    def spoiled(
        self, data: st.DataObject, name: str, transactions: list[PublicInputs]
    ) -> list[PublicInputs] | None:
        """Put one fault into a list of transactions; None where it has no room."""
        places = self.parameters.block_transactions
        free = len(transactions) < places
        position = data.draw(st.integers(0, len(transactions)))
        if name == "too many":
            empty = [self.public(builder.send([], []))] * (places + 1 - len(transactions))
            return [*transactions, *empty]
        if name == "padding":
            # Padding takes the first place of the last group that a transaction is in.
            size = self.parameters.group_transactions
            group = data.draw(st.integers(0, max(0, len(transactions) - 1) // size)) * size
            if not free or group == len(transactions):
                return None
            return [*transactions[:group], EMPTY_PLACE, *transactions[group:]]
        if name == "worded padding":
            if not (free and transactions):
                return None
            words = list(EMPTY_PLACE.words)
            words[data.draw(st.sampled_from((0, 1, 2, 3, 5, 6, 7, 8)))] = FieldElement(2**180)
            return [*transactions, public_inputs_of(words)]
        if name in {"word", "kind"}:
            if not transactions:
                return None
            index = position % len(transactions)
            words = list(transactions[index].words)
            if name == "kind":
                words[4] = FieldElement(data.draw(st.sampled_from((4, 5, 2**64))))
            else:
                unused = {1: (5, 6, 7, 8), 2: (8,)}.get(words[4])
                if unused is None:
                    return None
                words[data.draw(st.sampled_from(unused))] = FieldElement(1)
            return [*transactions[:index], public_inputs_of(words), *transactions[index + 1 :]]
        if not free:
            return None
        if name == "no kind":
            item = InputNote(note=self.noted(4, self.next_psi()), secret_key=KEYS[0])
            whole = (
                builder.mint([item.note])
                if data.draw(st.booleans())
                else builder.burn([item], builder.Recipient(bytes(20)))
            )
            beside = behind_padding(whole)
            return [*transactions[:position], self.public(beside), *transactions[position:]]
        added = self.faulty(data, name, transactions)
        if added is None:
            return None
        return [*transactions[:position], added, *transactions[position:]]

    def faulty(
        self, data: st.DataObject, name: str, transactions: Sequence[PublicInputs]
    ) -> PublicInputs | None:
        """Make a transaction that the block cannot have beside the others."""
        used = {leaf for item in transactions for leaf in item.commitments}
        unspent = self.newest.model.unspent
        chosen: list[int] = []
        if name == "absent":
            never = self.noted(3, self.next_psi())
            return self.spending(never)
        if name == "spent":
            chosen = [leaf for leaf in self.made if leaf not in unspent and leaf not in used]
        if name == "spent where made":
            chosen = [leaf for item in transactions for leaf in item.output_commitments if leaf]
        if name == "made again":
            chosen = [leaf for leaf in unspent if leaf not in used]
        if name == "repeated":
            repeated = [item for item in transactions if any(item.commitments)]
            return data.draw(st.sampled_from(repeated)) if repeated else None
        if not chosen:
            return None
        note = self.made[data.draw(st.sampled_from(chosen))]
        return self.deposit(note) if name == "made again" else self.spending(note)

    def spending(self, note: Note) -> PublicInputs:
        """Burn a note."""
        item = InputNote(note=note, secret_key=OWNERS[note.address])
        self.made[note_commitment(note)] = note
        return self.public(builder.burn([item], builder.Recipient(bytes(20))))

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """Send an old transaction again, alone; the dictionary knows whether it still works."""
        if self.done:
            self.append([data.draw(st.sampled_from(self.done))])

    @rule(
        data=st.data(),
        faults=st.sets(st.sampled_from(("height", "parent", "root", "block")), min_size=1),
    )
    def bend_header(self, data: st.DataObject, faults: set[str]) -> None:
        """A block that does not follow is refused; of several faults the first is named."""
        version = data.draw(st.sampled_from(self.versions[-5:]))
        transactions = self.batch(data, version.model)
        after = self.judged(version.model, transactions)
        if isinstance(after, ErrorCode):
            return
        expected = ErrorCode.LEDGER_ROOT_MISMATCH
        root = after.root()
        if "root" in faults:
            others = {version.root, root + 1, 0} - {root}
            root = data.draw(st.sampled_from(sorted(others)))
        block = self.block_on(version, transactions, root)
        if "block" in faults:
            expected = ErrorCode.LEDGER_KIND_UNKNOWN
            unknown = replace(
                EMPTY_PLACE, message=replace(EMPTY_PLACE.message, kind=FieldElement(99))
            )
            if len(transactions) == self.parameters.block_transactions:
                expected = ErrorCode.LEDGER_BLOCK_TOO_LARGE
            proven = ProvenTransaction(proof=b"", public=unknown)
            block = replace(block, transactions=(*block.transactions, proven))
        header = block.header
        if "parent" in faults:
            expected = ErrorCode.LEDGER_PARENT_MISMATCH
            flipped = bytearray(header.last_block_hash)
            flipped[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
            header = replace(header, last_block_hash=Hash(bytes(flipped)))
        if "height" in faults:
            expected = ErrorCode.LEDGER_HEIGHT_NOT_NEXT
            step = data.draw(st.sampled_from((-2, -1, 1, 2**64)))
            header = replace(header, height=Height(header.height + step))
        self.refused(version, replace(block, header=header), expected)

    @rule(data=st.data())
    def fork(self, data: st.DataObject) -> None:
        """Every older ledger can still be extended, by another block."""
        version = data.draw(st.sampled_from(self.versions))
        result = self.extended(version, self.batch(data, version.model), seal=7)
        if not isinstance(result, ErrorCode) and version is not self.newest:
            _, block = result
            code = ErrorCode.LEDGER_HEIGHT_NOT_NEXT
            if block.header.height == self.newest.model.height + 1:
                code = ErrorCode.LEDGER_PARENT_MISMATCH
            self.refused(self.newest, block, code)

    # Archives

    @rule()
    def rebuild_from_archive(self) -> None:
        """What is kept gives the newest ledger."""
        assert rebuild(self.archive, self.parameters) == self.newest.ledger

    @rule(data=st.data())
    def shuffle_archive(self, data: st.DataObject) -> None:
        """Leaves may be handed over in any order; without one of them, or with one, never."""
        checkpoint = self.archive.checkpoint
        leaves = data.draw(st.permutations(checkpoint.leaves))
        shuffled = replace(self.archive, checkpoint=replace(checkpoint, leaves=tuple(leaves)))
        assert rebuild(shuffled, self.parameters) == self.newest.ledger
        model = self.history[self.oldest_kept].model
        never = note_commitment(self.noted(2, self.next_psi()))
        slots = 2**self.parameters.tree_depth
        code = ErrorCode.LEDGER_LEAF_SET_MISMATCH
        if never % slots in {leaf % slots for leaf in model.unspent}:
            code = ErrorCode.MERKLE_SLOT_OCCUPIED
        more = (*checkpoint.leaves, never)
        longer = replace(self.archive, checkpoint=replace(checkpoint, leaves=more))
        assert outcome(lambda: rebuild(longer, self.parameters)) == code
        if leaves:
            fewer = tuple(leaves[1:])
            shorter = replace(self.archive, checkpoint=replace(checkpoint, leaves=fewer))
            code = ErrorCode.LEDGER_LEAF_SET_MISMATCH
            assert outcome(lambda: rebuild(shorter, self.parameters)) == code

    @rule(data=st.data())
    def lose_a_block(self, data: st.DataObject) -> None:
        """No kept block can be missing, but the newest ones."""
        blocks = self.archive.blocks
        if not blocks:
            return
        lost = data.draw(st.integers(0, len(blocks) - 1))
        holed = replace(self.archive, blocks=(*blocks[:lost], *blocks[lost + 1 :]))
        if lost < len(blocks) - 1:
            code = ErrorCode.LEDGER_HEIGHT_NOT_NEXT
            assert outcome(lambda: rebuild(holed, self.parameters)) == code
        else:
            assert rebuild(holed, self.parameters) == self.history[-2].ledger

    @rule(data=st.data())
    def prune_archive(self, data: st.DataObject) -> None:
        """Forget up to a kept height; any other height is refused."""
        newest = self.newest.model.height
        proven = data.draw(st.integers(self.oldest_kept - 1, newest + 1))
        if not self.oldest_kept <= proven <= newest:
            code = ErrorCode.LEDGER_PROVEN_HEIGHT_UNKNOWN
            assert outcome(lambda: prune(self.archive, Height(proven), self.parameters)) == code
            return
        self.archive = prune(self.archive, Height(proven), self.parameters)
        self.oldest_kept = proven
        version = self.history[proven]
        checkpoint = self.archive.checkpoint
        assert checkpoint == checkpoint_of(version.ledger)
        assert checkpoint.height == proven
        assert checkpoint.block_hash == version.model.name
        assert checkpoint.root == version.root
        assert sorted(checkpoint.leaves) == sorted(version.model.unspent)
        assert self.archive.blocks == self.kept[proven:]
        self.rebuild_from_archive()

    # Pool

    @rule(data=st.data())
    def add_to_pool(self, data: st.DataObject) -> None:
        """Let transactions queue up; they may want the same notes."""
        for _ in range(data.draw(st.integers(1, 4))):
            source = data.draw(st.sampled_from(("new", "new", "new", "pending", "done")))
            known = list(self.pool.pending if source == "pending" else self.done)
            if source == "new" or not known:
                item = self.transaction(data, self.spendable(self.newest.model))
            else:
                item = data.draw(st.sampled_from(known))
            self.queue(item)

    def queue(self, item: PublicInputs) -> None:
        """Add to both pools."""
        code = self.pool_model.add(item.words)
        if code is None:
            self.pool = mempool.add(self.pool, item)
        else:
            assert outcome(partial(mempool.add, self.pool, item)) == code

    @rule(data=st.data())
    def lease_ahead(self, data: st.DataObject) -> None:
        """Lease transactions for a block that is not next."""
        height = self.newest.model.height + data.draw(st.integers(1, 3))
        self.lease(height, data.draw(st.integers(0, 3)))

    def lease(self, height: int, maximum: int) -> tuple[PublicInputs, ...]:
        """Lease from both pools."""
        expected = self.pool_model.lease(height, maximum)
        if isinstance(expected, ErrorCode):
            code = outcome(lambda: mempool.lease(self.pool, Height(height), maximum))
            assert code == expected
            return ()
        self.pool, taken = mempool.lease(self.pool, Height(height), maximum)
        assert [item.words for item in taken] == expected
        return taken

    @rule(data=st.data())
    def propose(self, data: st.DataObject) -> None:
        """Make a block of what the pool has, as a proposer does."""
        self.propose_of(data.draw(st.integers(0, self.parameters.block_transactions + 2)))

    @rule(more=st.integers(1, 2))
    def propose_of_too_many(self, more: int) -> None:
        """Lease more than a block has places for, of transactions that mostly fit."""
        places = self.parameters.block_transactions
        for _ in range(places + more):
            self.queue(self.deposit(self.noted(1, self.next_psi())))
        self.propose_of(places + more)

    def propose_of(self, maximum: int) -> None:
        """Lease, choose, build and append, and end the lease with what is done."""
        version = self.newest
        height = version.model.height + 1
        taken = self.lease(height, maximum)
        candidates = [*taken]
        for other in self.pool.leases:
            if other.height == height and not taken:
                candidates = [*other.transactions]
        proposal = mempool.choose(version.ledger.tree, candidates, self.parameters)
        chosen: list[PublicInputs] = []
        refused: list[tuple[PublicInputs, ErrorCode]] = []
        for candidate in candidates:
            verdict = self.judged(version.model, [*chosen, candidate])
            if isinstance(verdict, ErrorCode):
                refused.append((candidate, verdict))
            else:
                chosen.append(candidate)
        assert proposal.transactions == tuple(chosen)
        assert proposal.refused == tuple(refused)
        late = [item for item, code in refused if code == ErrorCode.LEDGER_BLOCK_TOO_LARGE]
        lasting = [item for item, code in refused if code != ErrorCode.LEDGER_BLOCK_TOO_LARGE]
        assert proposal.done == (*chosen, *lasting)
        proven = [ProvenTransaction(proof=bytes(1), public=item) for item in chosen]
        built = build(version.ledger, proven, self.parameters)
        assert self.append(chosen, done=proposal.done) is None
        assert built == self.kept[-1]
        # What only lacked a place waits again, in front and in its order; the rest is gone.
        assert self.pool.waiting[: len(late)] == tuple(late)
        assert set(proposal.done).isdisjoint(self.pool.pending)
        type(self).late += len(late)

    def settle(self, height: int, done: Sequence[PublicInputs]) -> None:
        """End the lease of a height in both pools."""
        before = Counter(item.words for item in self.pool.pending)
        self.pool = mempool.settle(self.pool, Height(height), done)
        self.pool_model.settle(height, [item.words for item in done])
        gone = before - Counter(item.words for item in self.pool.pending)
        assert set(gone) <= {item.words for item in done}

    @rule(data=st.data())
    def end_a_lease(self, data: st.DataObject) -> None:
        """Give up the lease of any height; some of what is pending may be done."""
        heights = [other.height for other in self.pool.leases]
        height = data.draw(st.sampled_from([*heights, self.newest.model.height + 9]))
        pending = list(self.pool.pending)
        done = data.draw(st.lists(st.sampled_from(pending), max_size=2)) if pending else []
        self.settle(height, done)

    @invariant()
    def pool_loses_nothing(self) -> None:
        """Every pending transaction waits or is leased, once, where the model has it."""
        if not hasattr(self, "pool"):
            return
        waiting = [item.words for item in self.pool.waiting]
        assert waiting == self.pool_model.waiting()
        leased = {other.height: [*other.transactions] for other in self.pool.leases}
        assert len(leased) == len(self.pool.leases)
        assert set(leased) == set(self.pool_model.leased_for.values())
        for height, items in leased.items():
            assert [item.words for item in items] == self.pool_model.leased(height)
        everything: list[Words] = [item.words for item in self.pool.pending]
        assert sorted(everything) == sorted(self.pool_model.rank)

    def teardown(self) -> None:
        """Every ledger of the run is still what it was."""
        for version in getattr(self, "versions", ()):
            version.check()


class SmallLedgerMachine(LedgerMachine):
    """Few slots, so that notes often want the same one; blocks of two groups of one."""

    preset = Preset.MINIMAL
    refusals: ClassVar[Counter[ErrorCode]] = Counter()


class DeepLedgerMachine(LedgerMachine):
    """The depth and the blocks of mainnet."""

    preset = Preset.MAINNET
    refusals: ClassVar[Counter[ErrorCode]] = Counter()


_properties = evidence(
    "PAYY-LEDGER-T01",
    "PAYY-LEDGER-T02",
    "PAYY-LEDGER-T04",
    "PAYY-LEDGER-T05",
    "PAYY-LEDGER-T06",
    "PAYY-LEDGER-T11",
    "PAYY-LEDGER-T12",
    "PAYY-LEDGER-T14",
    "PAYY-LEDGER-T16",
)


def _runs(part: int) -> settings:
    """Make a run of many steps as dear as a part of the examples of other tests."""
    return settings(max_examples=max(10, settings().max_examples // part))


def _check_length(machine: type[LedgerMachine]) -> None:
    """A thorough run was as long as it is meant to be, and met every refusal."""
    print(  # noqa: T201
        f"{machine.__name__}: {machine.transactions} transactions, {machine.late} late",
        dict(machine.refusals),
    )
    if IS_THOROUGH:
        assert machine.transactions >= THOROUGH_TRANSACTIONS
        assert set(FAULTS.values()) <= set(machine.refusals)
        assert machine.late


@_properties
class TestSmallLedgers(SmallLedgerMachine.TestCase):  # type: ignore[misc, valid-type]
    """Runs over the minimal preset."""

    settings = _runs(4)

    @classmethod
    def tearDownClass(cls) -> None:
        """Count what the runs went through."""
        _check_length(SmallLedgerMachine)


@_properties
class TestDeepLedgers(DeepLedgerMachine.TestCase):  # type: ignore[misc, valid-type]
    """Runs over the preset of mainnet."""

    settings = _runs(8)

    @classmethod
    def tearDownClass(cls) -> None:
        """Count what the runs went through."""
        _check_length(DeepLedgerMachine)
