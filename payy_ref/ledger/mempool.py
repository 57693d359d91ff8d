"""
Transactions that wait for a block: first in, first out.

A proposer leases transactions for a height; a lease ends when the block of that height is known.
What the block did not take returns to the front, in the order in which it had arrived. The deployed
pool returns it in the order of a hash table; here nothing depends on such an order.

Source: after the deployed `pkg/node/src/mempool.rs` and `pkg/node/src/node/proposal.rs`; where it
differs: decision 0018.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from payy_ref.errors import ErrorCode, SpecError, require
from payy_ref.ledger.block import apply_block, is_padding
from payy_ref.ledger.sequence import Height
from payy_ref.ledger.transaction import PublicInputs
from payy_ref.merkle.tree import AnyTree
from payy_ref.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Transactions that are meant for the block of one height."""

    height: Height
    """The height."""
    transactions: tuple[PublicInputs, ...]
    """The transactions, in the order of their arrival."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mempool:
    """Pending transactions: each waits or is leased."""

    waiting: tuple[PublicInputs, ...] = ()
    """The queue; the first is the next."""
    leases: tuple[Lease, ...] = ()
    """What is out, at most one lease a height."""

    @property
    def pending(self) -> tuple[PublicInputs, ...]:
        """All transactions, leased or not."""
        leased = [transaction for lease in self.leases for transaction in lease.transactions]
        return (*leased, *self.waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a proposer makes of a lease."""

    transactions: tuple[PublicInputs, ...]
    """The transactions that a block can have, in order."""
    refused: tuple[tuple[PublicInputs, ErrorCode], ...]
    """The others, each with the reason."""

    @property
    def done(self) -> tuple[PublicInputs, ...]:
        """
        What leaves the pool once the proposal is a block: all but what the block had no place for.

        Requirements:
            PAYY-LEDGER-031
        """
        full = ErrorCode.LEDGER_BLOCK_TOO_LARGE
        return (*self.transactions, *(item for item, code in self.refused if code != full))


def add(mempool: Mempool, transaction: PublicInputs) -> Mempool:
    """
    Put a transaction at the end of the queue.

    Requirements:
        PAYY-LEDGER-028, PAYY-LEDGER-029, PAYY-LEDGER-035

    Raises:
        SpecError: `MEMPOOL_PADDING`, `MEMPOOL_CONFLICT`, `MEMPOOL_DUPLICATE`.
    """
    touched = {leaf for other in mempool.pending for leaf in other.commitments if leaf}

    # CHECK
    require(not is_padding(transaction), ErrorCode.MEMPOOL_PADDING)
    require(touched.isdisjoint(transaction.commitments), ErrorCode.MEMPOOL_CONFLICT)
    require(transaction not in mempool.pending, ErrorCode.MEMPOOL_DUPLICATE)

    # UPDATE
    return replace(mempool, waiting=(*mempool.waiting, transaction))


def lease(
    mempool: Mempool, height: Height, maximum: int
) -> tuple[Mempool, tuple[PublicInputs, ...]]:
    """
    Take the first transactions of the queue, at most `maximum`, for the block of a height.

    Requirements:
        PAYY-LEDGER-030

    Raises:
        SpecError: `MEMPOOL_LEASE_HELD`.
    """
    # CHECK
    is_free = all(other.height != height for other in mempool.leases)
    require(is_free, ErrorCode.MEMPOOL_LEASE_HELD)

    # COMPUTE
    taken = mempool.waiting[:maximum]

    # UPDATE
    leases = (
        (*mempool.leases, Lease(height=height, transactions=taken)) if taken else mempool.leases
    )
    return Mempool(waiting=mempool.waiting[maximum:], leases=leases), taken


def settle(mempool: Mempool, height: Height, done: Sequence[PublicInputs]) -> Mempool:
    """
    End the lease of a height: what is done leaves the pool, the rest returns to the front.

    Done is what the block of that height holds, and what was refused for good. Transactions that
    are done leave the pool wherever they stand: a block may come from another proposer.

    Requirements:
        PAYY-LEDGER-031
    """
    gone = set(done)
    left = [
        replace(other, transactions=tuple(item for item in other.transactions if item not in gone))
        for other in mempool.leases
    ]
    returned = [item for other in left if other.height == height for item in other.transactions]

    # UPDATE
    return Mempool(
        waiting=(*returned, *(item for item in mempool.waiting if item not in gone)),
        leases=tuple(other for other in left if other.height != height and other.transactions),
    )


def choose(tree: AnyTree, candidates: Sequence[PublicInputs], parameters: Parameters) -> Proposal:
    """
    Choose, in order, every candidate that a block can have together with those before it.

    Requirements:
        PAYY-LEDGER-032
    """
    chosen: tuple[PublicInputs, ...] = ()
    refused: list[tuple[PublicInputs, ErrorCode]] = []
    for candidate in candidates:
        try:
            check_candidate(tree, chosen, candidate, parameters)
        except SpecError as refusal:
            refused.append((candidate, refusal.code))
        else:
            chosen = (*chosen, candidate)
    return Proposal(transactions=chosen, refused=tuple(refused))


def check_candidate(
    tree: AnyTree,
    chosen: Sequence[PublicInputs],
    candidate: PublicInputs,
    parameters: Parameters,
) -> None:
    """
    Judge whether a block can have a candidate after those that were chosen.

    Requirements:
        PAYY-LEDGER-032

    Raises:
        SpecError: `MEMPOOL_PADDING`, and those of `apply_block`.
    """
    # CHECK
    require(not is_padding(candidate), ErrorCode.MEMPOOL_PADDING)
    apply_block(tree, (*chosen, candidate), parameters)
