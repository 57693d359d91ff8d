"""
The rollup: the one state on L1, and everything that can be done to it.

A block of the sequencers moves the root once it is committed and proven, its mints have their
deposits, and every entry of the queue that is due has its verdict. If the queue is not served,
first anybody may settle its oldest entry, and then anybody may freeze the rollup; what is left then
is to take one's money out, by one's notes and the last settled tree.

What proofs show is injected: a transition asks `Verifiers`.

Source: deployed `eth/contracts/rollup3/RollupV1.sol`; architecture, sections on Ethereum and the
L1 queue; decisions 0025 to 0029.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from payy_ref.consensus.commit import CommitProof, changes_nothing, check_commit
from payy_ref.consensus.validators import Validator, ValidatorSet, checked_validators
from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.block import check_transactions
from payy_ref.ledger.opening import Opening
from payy_ref.ledger.sequence import Height
from payy_ref.ledger.transaction import BURN, MINT, ZERO, Message, PublicInputs
from payy_ref.merkle.path import Siblings, empty_roots, proves_inclusion
from payy_ref.parameters import Parameters
from payy_ref.settlement import bridge as bridge_rules
from payy_ref.settlement import queue as queue_rules
from payy_ref.settlement.bridge import Bridge, Burn
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.events import Event, Frozen, RollupVerified, ValidatorSetAdded
from payy_ref.settlement.queue import Applied, Queue, Verdict, Void, VoidVerifier
from payy_ref.settlement.verifiers import Verifiers

FIXED_WORDS: Final = 3
"""Public inputs before the messages: old root, new root, commit hash."""

MESSAGE_WORDS: Final = {MINT: 4, BURN: 5}
"""Words of each kind of message, the kind included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who does something on L1, and when."""

    sender: EthereumAddress
    """The account."""
    time: int
    """Seconds of L1's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What a rollup is made with."""

    owner: EthereumAddress
    """Who names tokens and validator sets, and can do nothing else."""
    network_name: str
    """The name that sequencers sign with."""
    validators: tuple[Validator, ...]
    """The first validator set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """The state on L1."""

    owner: EthereumAddress
    """Who names tokens and validator sets."""
    network_name: str
    """The name that sequencers sign with."""
    root: FieldElement
    """Root of the note tree."""
    height: Height
    """Height of the last settled block of the sequencers."""
    is_adrift: bool
    """Whether a block without header moved the root since the sequencers' last one."""
    is_frozen: bool
    """Whether nothing is settled any more."""
    validator_sets: tuple[ValidatorSet, ...]
    """All that were ever named, by ascending first height."""
    bridge: Bridge
    """What is locked, and for what."""
    queue: Queue
    """What waits."""
    exited: frozenset[FieldElement]
    """Leaves that were taken out after the freeze."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockClaim:
    """What a block does, in the layout of the deployed public inputs."""

    public_inputs: tuple[FieldElement, ...]
    """Old root, new root, commit hash, then the messages without the zeros after them."""
    proof: bytes
    """What shows it."""

    @property
    def old_root(self) -> FieldElement:
        """Root before the block."""
        return self.public_inputs[0]

    @property
    def new_root(self) -> FieldElement:
        """Root after the block."""
        return self.public_inputs[1]

    @property
    def commit_hash(self) -> FieldElement:
        """What binds the block's data."""
        return self.public_inputs[2]

    @property
    def messages(self) -> tuple[FieldElement, ...]:
        """What L1 acts on."""
        return self.public_inputs[FIXED_WORDS:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How a holder leaves a frozen rollup: a burn, and where its inputs are."""

    transaction: PublicInputs
    """A burn that makes no notes."""
    proof: bytes
    """The client's proof of it."""
    paths: tuple[Siblings, ...]
    """For each input that is not padding its path in the last settled tree."""


Outcome = tuple[Rollup, tuple[Event, ...]]
"""The state afterwards, and what L1 says."""


# Set up


def deployed(deployment: Deployment, parameters: Parameters) -> Rollup:
    """
    Give the state at first: an empty tree, no money, one validator set.

    Requirements:
        PAYY-SETTLEMENT-001

    Raises:
        SpecError: those of `checked_validators`.
    """
    # CHECK
    validators = checked_validators(deployment.validators)

    # COMPUTE
    return Rollup(
        owner=deployment.owner,
        network_name=deployment.network_name,
        root=empty_roots(parameters.tree_depth)[-1],
        height=Height(0),
        is_adrift=False,
        is_frozen=False,
        validator_sets=(ValidatorSet(valid_from=Height(0), validators=validators),),
        bridge=Bridge(),
        queue=Queue(),
        exited=frozenset(),
    )


def deployment_name(network_name: str, chain_id: int, contract: EthereumAddress) -> str:
    """
    Extend a network's name by the contract that settles it and the chain that this is on.

    Signatures for one contract are then worth nothing to another one.

    Requirements:
        PAYY-SETTLEMENT-002
    """
    return f"{network_name}/{chain_id}/0x{contract.hex()}"


def check_owner(rollup: Rollup, call: Call) -> None:
    """
    Judge whether the owner calls.

    Requirements:
        PAYY-SETTLEMENT-003

    Raises:
        SpecError: `SETTLEMENT_NOT_OWNER`.
    """
    # CHECK
    require(call.sender == rollup.owner, ErrorCode.SETTLEMENT_NOT_OWNER)


def check_not_frozen(rollup: Rollup) -> None:
    """
    Judge whether the rollup still goes on.

    Requirements:
        PAYY-SETTLEMENT-004

    Raises:
        SpecError: `SETTLEMENT_FROZEN`.
    """
    # CHECK
    require(not rollup.is_frozen, ErrorCode.SETTLEMENT_FROZEN)


def add_token(
    rollup: Rollup, call: Call, *, note_kind: FieldElement, token: EthereumAddress
) -> Outcome:
    """
    Give a note kind its token (`bridge.add_token`).

    Requirements:
        PAYY-SETTLEMENT-003, PAYY-SETTLEMENT-004, PAYY-BRIDGE-001

    Raises:
        SpecError: `SETTLEMENT_NOT_OWNER`, `SETTLEMENT_FROZEN`, and those of `bridge.add_token`.
    """
    # CHECK
    check_owner(rollup, call)
    check_not_frozen(rollup)
    bridge, events = bridge_rules.add_token(rollup.bridge, note_kind, token)

    # UPDATE
    return replace(rollup, bridge=bridge), events


def add_validators(
    rollup: Rollup,
    call: Call,
    *,
    valid_from: Height,
    validators: Sequence[Validator],
    parameters: Parameters,
) -> Outcome:
    """
    Name the validator set that holds from a height on.

    Requirements:
        PAYY-SETTLEMENT-003, PAYY-SETTLEMENT-004, PAYY-SETTLEMENT-006, PAYY-SETTLEMENT-007

    Raises:
        SpecError: `SETTLEMENT_NOT_OWNER`, `SETTLEMENT_FROZEN`, those of `checked_validators`,
            `VALIDATORS_NOT_LATER`, `VALIDATORS_TOO_FAR`.
    """
    # CHECK
    check_owner(rollup, call)
    check_not_frozen(rollup)
    members = checked_validators(validators)
    newest = max(rollup.validator_sets[-1].valid_from, rollup.height)
    require(valid_from > newest, ErrorCode.VALIDATORS_NOT_LATER)
    farthest = rollup.height + parameters.settlement_future_blocks
    require(valid_from <= farthest, ErrorCode.VALIDATORS_TOO_FAR)

    # UPDATE
    added = ValidatorSet(valid_from=valid_from, validators=members)
    after = replace(rollup, validator_sets=(*rollup.validator_sets, added))
    index = len(rollup.validator_sets)
    return after, (ValidatorSetAdded(index=index, valid_from=valid_from),)


# Money in and out


def deposit(
    rollup: Rollup,
    call: Call,
    *,
    mint_hash: FieldElement,
    note_kind: FieldElement,
    value: int,
    received: int | None,
) -> Outcome:
    """
    Lock money for a mint (`bridge.deposit`).

    Requirements:
        PAYY-SETTLEMENT-004, PAYY-BRIDGE-002

    Raises:
        SpecError: `SETTLEMENT_FROZEN`, and those of `bridge.deposit`.
    """
    # CHECK
    check_not_frozen(rollup)
    bridge, events = bridge_rules.deposit(
        rollup.bridge,
        depositor=call.sender,
        mint_hash=mint_hash,
        note_kind=note_kind,
        value=value,
        received=received,
        time=call.time,
    )

    # UPDATE
    return replace(rollup, bridge=bridge), events


def deposit_and_queue(
    rollup: Rollup,
    call: Call,
    *,
    transaction: PublicInputs,
    proof: bytes,
    received: int | None,
    verifiers: Verifiers,
    parameters: Parameters,
) -> Outcome:
    """
    Lock money and queue the mint that claims it, in one step.

    Requirements:
        PAYY-SETTLEMENT-004, PAYY-BRIDGE-002, PAYY-QUEUE-014

    Raises:
        SpecError: `QUEUE_NOT_MINT`, as `deposit` with what the transaction's message states, then
            as `queue_transaction`.
    """
    message = transaction.message

    # CHECK
    require(message.kind == MINT, ErrorCode.QUEUE_NOT_MINT)
    after, deposited = deposit(
        rollup,
        call,
        mint_hash=message.hash,
        note_kind=message.note_kind,
        value=message.value,
        received=received,
    )
    after, events = queue_transaction(
        after,
        call,
        transaction=transaction,
        proof=proof,
        attached=None,
        verifiers=verifiers,
        parameters=parameters,
    )

    # UPDATE
    return after, (*deposited, *events)


def cancel_deposit(
    rollup: Rollup, call: Call, *, mint_hash: FieldElement, parameters: Parameters
) -> Outcome:
    """
    Give a deposit back to who made it (`bridge.cancel_deposit`); at once if frozen.

    Requirements:
        PAYY-BRIDGE-008, PAYY-BRIDGE-009

    Raises:
        SpecError: those of `bridge.cancel_deposit`.
    """
    # CHECK
    bridge, events = bridge_rules.cancel_deposit(
        rollup.bridge,
        sender=call.sender,
        mint_hash=mint_hash,
        earliest=0 if rollup.is_frozen else parameters.bridge_cancel_seconds,
        time=call.time,
    )

    # UPDATE
    return replace(rollup, bridge=bridge), events


def substitute_burn(
    rollup: Rollup, call: Call, *, burn: Burn, burn_height: int, received: int | None
) -> Outcome:
    """
    Pay for a burn in advance (`bridge.substitute_burn`).

    Args:
        rollup: The state before.
        call: Who pays.
        burn: What is paid for.
        burn_height: Height of the block that has the burn. Nobody checks it: it protects who pays
            from paying for a burn that is settled in the meantime. After a forced block that moved
            the root nothing is paid in advance until the sequencers settle again.
        received: How much the token moved to the recipient; None if it refused.

    Requirements:
        PAYY-SETTLEMENT-004, PAYY-BRIDGE-013, PAYY-BRIDGE-014

    Raises:
        SpecError: `SETTLEMENT_FROZEN`, `BRIDGE_BURN_SETTLED`, and those of
            `bridge.substitute_burn`.
    """
    # CHECK
    check_not_frozen(rollup)
    is_ahead = burn_height > rollup.height and not rollup.is_adrift
    require(is_ahead, ErrorCode.BRIDGE_BURN_SETTLED)
    bridge, events = bridge_rules.substitute_burn(
        rollup.bridge, burn, substitute=call.sender, received=received
    )

    # UPDATE
    return replace(rollup, bridge=bridge), events


def withdraw(
    rollup: Rollup, *, note_kind: FieldElement, owner: EthereumAddress, is_paid: bool
) -> Outcome:
    """
    Pay what somebody is owed (`bridge.withdraw`); frozen or not.

    Requirements:
        PAYY-BRIDGE-016, PAYY-BRIDGE-017

    Raises:
        SpecError: those of `bridge.withdraw`.
    """
    # CHECK
    bridge, events = bridge_rules.withdraw(
        rollup.bridge, note_kind=note_kind, owner=owner, is_paid=is_paid
    )

    # UPDATE
    return replace(rollup, bridge=bridge), events


# The queue


def queue_transaction(
    rollup: Rollup,
    call: Call,
    *,
    transaction: PublicInputs,
    proof: bytes,
    attached: QueuedCall | None,
    verifiers: Verifiers,
    parameters: Parameters,
) -> Outcome:
    """
    Queue a transaction, and a call to be made when it is settled (`queue.queued`).

    Requirements:
        PAYY-SETTLEMENT-004, PAYY-QUEUE-001, PAYY-QUEUE-004

    Raises:
        SpecError: `SETTLEMENT_FROZEN`, and those of `queue.queued`.
    """
    # CHECK
    check_not_frozen(rollup)
    queue, events = queue_rules.queued(
        rollup.queue,
        rollup.bridge,
        sender=call.sender,
        transaction=transaction,
        proof=proof,
        call=attached,
        time=call.time,
        is_proven=verifiers.transaction,
        parameters=parameters,
    )
    bridge = rollup.bridge
    if transaction.message.kind == MINT:
        bridge = bridge_rules.hold_deposit(bridge, transaction.message.hash, call.time)

    # UPDATE
    return replace(rollup, queue=queue, bridge=bridge), events


# Settlement


def settle(
    rollup: Rollup,
    call: Call,
    *,
    claim: BlockClaim,
    commit: CommitProof,
    opening: Opening,
    verdicts: Sequence[Verdict],
    verifiers: Verifiers,
    parameters: Parameters,
) -> Outcome:
    """
    Settle a block of the sequencers; anybody may bring it.

    Args:
        rollup: The state before.
        call: Who brings it, and when.
        claim: What the block does.
        commit: That it is committed.
        opening: Which places it has, if there is a verdict; else nothing.
        verdicts: What becomes of the oldest entries of the queue.
        verifiers: What judges proofs.
        parameters: Those of the network.

    Requirements:
        PAYY-SETTLEMENT-004, PAYY-SETTLEMENT-005, PAYY-SETTLEMENT-012, PAYY-SETTLEMENT-013,
        PAYY-SETTLEMENT-014, PAYY-SETTLEMENT-017, PAYY-SETTLEMENT-022, PAYY-QUEUE-007

    Raises:
        SpecError: `SETTLEMENT_FROZEN`, those of `check_claim`, those of `check_commit`,
            `SETTLEMENT_HEIGHT_NOT_ABOVE`, those of `changes_nothing`,
            `SETTLEMENT_BLOCKS_SKIPPED`, those of `queue.check_verdicts`, of
            `queue.check_opening`, of `parsed_messages`, of `deliver`, of `pass_verdict` for one
            verdict after the other, `SETTLEMENT_BLOCK_UNPROVEN`.
    """
    # CHECK
    check_not_frozen(rollup)
    check_claim(rollup, claim, parameters)
    header = check_commit(commit, claim.new_root, rollup.network_name, rollup.validator_sets)
    require(header.height > rollup.height, ErrorCode.SETTLEMENT_HEIGHT_NOT_ABOVE)
    follows = changes_nothing(commit.skipped, claim.old_root, rollup.height, header)
    require(follows or rollup.is_adrift, ErrorCode.SETTLEMENT_BLOCKS_SKIPPED)
    queue_rules.check_verdicts(rollup.queue, verdicts, call.time, parameters)
    is_asked = len(verdicts) > 0
    queue_rules.check_opening(opening, claim.commit_hash, is_asked=is_asked, parameters=parameters)
    messages = parsed_messages(claim.messages)
    after, events = deliver(rollup, messages)
    for verdict in verdicts:
        stands = queue_rules.stands_in(verdict.entry.transaction, opening, messages)
        after, more = pass_verdict(after, verdict, claim, verifiers.void, stands=stands)
        events = (*events, *more)
    require(verifiers.block(claim.public_inputs, claim.proof), ErrorCode.SETTLEMENT_BLOCK_UNPROVEN)

    # UPDATE
    settled = RollupVerified(height=header.height, root=claim.new_root)
    calls = queue_rules.calls_due(rollup.queue.consumed, verdicts)
    after = replace(after, root=claim.new_root, height=header.height, is_adrift=False)
    return after, (*events, settled, *calls)


def check_claim(rollup: Rollup, claim: BlockClaim, parameters: Parameters) -> None:
    """
    Judge whether a claim is of the right form and starts from where the rollup is.

    Requirements:
        PAYY-SETTLEMENT-013, PAYY-SETTLEMENT-014

    Raises:
        SpecError: `SETTLEMENT_PUBLIC_INPUT_COUNT`, `SETTLEMENT_OLD_ROOT_MISMATCH`.
    """
    most = FIXED_WORDS + parameters.block_message_words

    # CHECK
    is_complete = FIXED_WORDS <= len(claim.public_inputs) <= most
    require(is_complete, ErrorCode.SETTLEMENT_PUBLIC_INPUT_COUNT)
    require(claim.old_root == rollup.root, ErrorCode.SETTLEMENT_OLD_ROOT_MISMATCH)


def parsed_messages(words: Sequence[FieldElement]) -> tuple[Message, ...]:
    """
    Cut the words of the message area into messages.

    A word 0 between messages is passed over, as deployed.

    Requirements:
        PAYY-SETTLEMENT-015

    Raises:
        SpecError: for the first message that is not one `SETTLEMENT_MESSAGE_KIND`,
            `SETTLEMENT_MESSAGE_TRUNCATED`.
    """
    messages = []
    start = 0
    while start < len(words):
        if words[start] == ZERO:
            start += 1
            continue
        # CHECK
        require(words[start] in MESSAGE_WORDS, ErrorCode.SETTLEMENT_MESSAGE_KIND)
        end = start + MESSAGE_WORDS[words[start]]
        require(end <= len(words), ErrorCode.SETTLEMENT_MESSAGE_TRUNCATED)
        kind, note_kind, value, digest, *address = words[start:end]
        messages.append(
            Message(
                kind=kind,
                note_kind=note_kind,
                value=value,
                hash=digest,
                burn_address=address[0] if address else ZERO,
            )
        )
        start = end
    return tuple(messages)


def deliver(rollup: Rollup, messages: Sequence[Message]) -> Outcome:
    """
    Do what the messages of a block say, one after the other.

    Requirements:
        PAYY-SETTLEMENT-016

    Raises:
        SpecError: those of `bridge.take_deposit` and of `bridge.release_burn`.
    """
    bridge = rollup.bridge
    events: tuple[Event, ...] = ()

    # CHECK
    for message in messages:
        if message.kind == MINT:
            bridge, more = bridge_rules.take_deposit(bridge, message)
        else:
            bridge, more = bridge_rules.release_burn(bridge, bridge_rules.burn_of(message))
        events = (*events, *more)

    # UPDATE
    return replace(rollup, bridge=bridge), events


def pass_verdict(
    rollup: Rollup,
    verdict: Verdict,
    claim: BlockClaim,
    shows_void: VoidVerifier,
    *,
    stands: bool,
) -> Outcome:
    """
    Judge a verdict on the oldest entry, and take the entry off the queue.

    Args:
        rollup: The state, with the block's messages delivered.
        verdict: What becomes of the entry.
        claim: What the block does.
        shows_void: What judges proofs that a transaction can have no place.
        stands: Whether the entry's transaction stands in the block.

    Requirements:
        PAYY-QUEUE-008, PAYY-QUEUE-009, PAYY-QUEUE-010, PAYY-QUEUE-012

    Raises:
        SpecError: those of `queue.check_applied` or of `queue.check_void`.
    """
    # CHECK
    match verdict:
        case Applied():
            queue_rules.check_applied(stands=stands)
        case Void():
            roots = (claim.old_root, claim.new_root)
            queue_rules.check_void(verdict, roots, rollup.bridge, shows_void, stands=stands)
    queue, events = queue_rules.consume(rollup.queue, applied=isinstance(verdict, Applied))

    # UPDATE
    return replace(rollup, queue=queue), events


def force(
    rollup: Rollup,
    call: Call,
    *,
    entry: Entry,
    claim: BlockClaim,
    verifiers: Verifiers,
    parameters: Parameters,
) -> Outcome:
    """
    Settle the oldest entry in a block of its own, without the sequencers; anybody may.

    Such a block has no header and no height. Blocks that the sequencers made on the root before it
    can no longer be settled.

    Requirements:
        PAYY-SETTLEMENT-004, PAYY-QUEUE-015, PAYY-QUEUE-016

    Raises:
        SpecError: `SETTLEMENT_FROZEN`, those of `queue.check_overdue`, of `check_claim`, of
            `queue.check_own_block`, of `parsed_messages`, of `deliver`,
            `SETTLEMENT_BLOCK_UNPROVEN`.
    """
    # CHECK
    check_not_frozen(rollup)
    queue_rules.check_overdue(rollup.queue, entry, call.time, parameters)
    check_claim(rollup, claim, parameters)
    queue_rules.check_own_block(entry, claim.commit_hash, claim.messages, parameters)
    after, events = deliver(rollup, parsed_messages(claim.messages))
    require(verifiers.block(claim.public_inputs, claim.proof), ErrorCode.SETTLEMENT_BLOCK_UNPROVEN)

    # UPDATE
    queue, more = queue_rules.consume(after.queue, applied=True)
    settled = RollupVerified(height=rollup.height, root=claim.new_root)
    calls = queue_rules.calls_due(rollup.queue.consumed, (Applied(entry=entry),))
    is_adrift = rollup.is_adrift or claim.new_root != claim.old_root
    after = replace(after, root=claim.new_root, is_adrift=is_adrift, queue=queue)
    return after, (*events, *more, settled, *calls)


def discard(
    rollup: Rollup,
    call: Call,
    *,
    entry: Entry,
    proof: bytes,
    verifiers: Verifiers,
    parameters: Parameters,
) -> Outcome:
    """
    Take the oldest entry off the queue as void, without the sequencers; anybody may.

    Args:
        rollup: The state before.
        call: Who does it, and when.
        entry: The oldest entry.
        proof: What shows that the entry's transaction can have no place on the present tree.
        verifiers: What judges proofs.
        parameters: Those of the network.

    Requirements:
        PAYY-SETTLEMENT-004, PAYY-QUEUE-017

    Raises:
        SpecError: `SETTLEMENT_FROZEN`, those of `queue.check_overdue`, `QUEUE_ENTRY_NOT_VOID`.
    """
    # CHECK
    check_not_frozen(rollup)
    queue_rules.check_overdue(rollup.queue, entry, call.time, parameters)
    verdict = Void(entry=entry, is_after=False, proof=proof)
    roots = (rollup.root, rollup.root)
    queue_rules.check_void(verdict, roots, rollup.bridge, verifiers.void, stands=False)

    # UPDATE
    queue, events = queue_rules.consume(rollup.queue, applied=False)
    return replace(rollup, queue=queue), events


# The end


def freeze(rollup: Rollup, call: Call) -> Outcome:
    """
    Stop settlement for ever, because an entry has waited too long; anybody may.

    Requirements:
        PAYY-SETTLEMENT-004, PAYY-QUEUE-018

    Raises:
        SpecError: `SETTLEMENT_FROZEN`, `QUEUE_NOT_EXPIRED`.
    """
    # CHECK
    check_not_frozen(rollup)
    is_expired = queue_rules.is_expired(rollup.queue, call.time)
    require(is_expired, ErrorCode.QUEUE_NOT_EXPIRED)

    # UPDATE
    return replace(rollup, is_frozen=True), (Frozen(root=rollup.root),)


def leave(
    rollup: Rollup, *, leaving: Exit, verifiers: Verifiers, parameters: Parameters
) -> Outcome:
    """
    Take notes out of a frozen rollup.

    Whoever holds them proves a burn of them, as ever, and shows where they are in the last settled
    tree. The value is owed to the burn's address, or to who paid for this very burn in advance.

    Requirements:
        PAYY-SETTLEMENT-018, PAYY-SETTLEMENT-019, PAYY-SETTLEMENT-020, PAYY-SETTLEMENT-021

    Raises:
        SpecError: `SETTLEMENT_NOT_FROZEN`, `EXIT_NOT_BURN`, those of `check_transactions` for a
            block of this transaction, `EXIT_OUTPUT_NOT_EMPTY`, `EXIT_PATH_COUNT`, for one leaf
            after the other those of `proves_inclusion`, `EXIT_LEAF_ABSENT`, `EXIT_LEAF_TAKEN`; then
            those of `bridge.release_burn`, `SETTLEMENT_TRANSACTION_UNPROVEN`.
    """
    transaction = leaving.transaction
    leaves = [leaf for leaf in transaction.input_commitments if leaf]

    # CHECK
    require(rollup.is_frozen, ErrorCode.SETTLEMENT_NOT_FROZEN)
    require(transaction.message.kind == BURN, ErrorCode.EXIT_NOT_BURN)
    check_transactions((transaction,), parameters)
    is_final = transaction.output_commitments == (ZERO, ZERO)
    require(is_final, ErrorCode.EXIT_OUTPUT_NOT_EMPTY)
    require(len(leaving.paths) == len(leaves), ErrorCode.EXIT_PATH_COUNT)
    for leaf, siblings in zip(leaves, leaving.paths, strict=True):
        is_leaf = proves_inclusion(parameters.tree_depth, leaf, siblings, rollup.root)
        require(is_leaf, ErrorCode.EXIT_LEAF_ABSENT)
        require(leaf not in rollup.exited, ErrorCode.EXIT_LEAF_TAKEN)
    bridge, events = bridge_rules.release_burn(
        rollup.bridge, bridge_rules.burn_of(transaction.message)
    )
    is_proven = verifiers.transaction(transaction, leaving.proof)
    require(is_proven, ErrorCode.SETTLEMENT_TRANSACTION_UNPROVEN)

    # UPDATE
    return replace(rollup, bridge=bridge, exited=rollup.exited | set(leaves)), events
