"""
What the blocks of a simulated network carry: real transactions, made from the seed.

A leader mints a note while there are few, and spends one once there are enough. So the tree stays
small, and two blocks of one view differ. Whoever sees a transaction can spend its note: all notes
have one owner, and what tells them apart stands where the proof would be.
"""

from collections.abc import Sequence
from typing import Final

from payy_ref.consensus.proposal import head_of
from payy_ref.consensus.safety import View
from payy_ref.consensus.state import Choose
from payy_ref.crypto.field import FieldElement
from payy_ref.ledger.builder import mint, send
from payy_ref.ledger.chain import Ledger, extend
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.mempool import choose
from payy_ref.ledger.note import (
    InputNote,
    Note,
    NoteValue,
    Psi,
    SecretKey,
    note_address,
    note_commitment,
)
from payy_ref.ledger.sequence import Block, Hash, ProvenTransaction
from payy_ref.ledger.transaction import Statement
from payy_ref.parameters import Parameters
from payy_ref.simulation.draws import Draws

ENOUGH_NOTES: Final = 4
"""Notes from which on they are spent."""

_OWNER: Final = SecretKey(FieldElement(7))
_ADDRESS: Final = note_address(_OWNER)
_PSI_LIMIT: Final = 2**60
_PSI_BYTES: Final = 8


class Load:
    """Makes transactions, and executes blocks, each one once for all sequencers."""

    def __init__(self, seed: int, parameters: Parameters) -> None:
        self.parameters = parameters
        self._seed = seed
        self._ledgers: dict[Hash, tuple[Block, Ledger]] = {}
        self._notes: dict[FieldElement, Note] = {}

    def execute(self, ledger: Ledger, block: Block) -> Ledger:
        """
        Append a block to the ledger of its parent.

        A name does not bind transactions, so they are compared before an answer is given again.

        Raises:
            SpecError: as `extend`.
        """
        name = head_of(block).name
        known = self._ledgers.get(name)
        if known is not None and known[0].transactions == block.transactions:
            return known[1]
        after = extend(ledger, block, self.parameters)
        self._ledgers[name] = (block, after)
        for transaction in block.transactions:
            self._see(transaction)
        return after

    def chooser(self, node: int, world: int = 0) -> Choose:
        """
        Give what a sequencer chooses its transactions with.

        Args:
            node: Its number.
            world: Which of its faces chooses, if it has more than one.
        """

        def chosen(ledger: Ledger, view: View) -> Sequence[ProvenTransaction]:
            draws = Draws(self._seed, "load", node, world, view)
            made = self._made(ledger, draws)
            proposal = choose(ledger.tree, [made.public], self.parameters)
            return [proven(made, public_psi(made)) for _ in proposal.transactions]

        return chosen

    def _made(self, ledger: Ledger, draws: Draws) -> Statement:
        fresh = simulated_note(1 + draws.below(_PSI_LIMIT - 1))
        notes = [self._notes[leaf] for leaf in ledger.tree if leaf in self._notes]
        if len(notes) < ENOUGH_NOTES:
            return mint([fresh])
        return send([InputNote(note=draws.pick(notes), secret_key=_OWNER)], [fresh])

    def _see(self, transaction: ProvenTransaction) -> None:
        """Learn to spend what a transaction makes, if what stands for its proof says how."""
        note = simulated_note(int.from_bytes(transaction.proof[:_PSI_BYTES], "big"))
        self._notes[note_commitment(note)] = note


def simulated_note(psi: int) -> Note:
    """Give a note of the one owner, worth 1."""
    return Note(
        kind=POLYGON_USDC,
        value=NoteValue(FieldElement(1)),
        address=_ADDRESS,
        psi=Psi(FieldElement(psi)),
    )


def public_psi(statement: Statement) -> int:
    """Give what tells the first note that a transaction makes from others."""
    return statement.output_notes[0].psi


def proven(statement: Statement, psi: int) -> ProvenTransaction:
    """Give a transaction as it is sent; what the note was made of stands in for the proof."""
    return ProvenTransaction(proof=psi.to_bytes(_PSI_BYTES, "big"), public=statement.public)
