"""Suites `settlement`, `bridge` and `queue`: what L1 does, and what is signed for it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from payy_ref.consensus.commit import CommitProof
from payy_ref.consensus.validators import Validator
from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import ADDRESS_BYTES, EthereumAddress
from payy_ref.ledger.sequence import (
    Height,
    Signature,
    accept_hash,
    proposal_hash,
    signed_message,
)
from payy_ref.operations.forms import (
    Boolean,
    Bytes,
    Form,
    Integer,
    ListOf,
    Record,
    Structure,
    Text,
    Variant,
)
from payy_ref.operations.registry import Fields, Operation
from payy_ref.operations.structures import ELEMENT, HASH, HEIGHT, PUBLIC, SIGNATURE, record
from payy_ref.parameters import Parameters
from payy_ref.primitives.borsh import checked_unsigned
from payy_ref.settlement import events
from payy_ref.settlement.authorization import (
    Authorization,
    authorization_digest,
    check_authorization,
    domain_separator,
)
from payy_ref.settlement.bridge import Burn, Deposit, DepositStatus
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.events import Event
from payy_ref.settlement.queue import Applied, Verdict, Void
from payy_ref.settlement.rollup import (
    BlockClaim,
    Call,
    Deployment,
    Exit,
    Rollup,
    deployed,
    deployment_name,
)
from payy_ref.settlement.steps import Step, perform_all
from payy_ref.settlement.verifiers import Verifiers

ACCEPTED_PROOF: Final = b"\x01"
"""
Stands for a proof that verifies, wherever an operation takes one; any other bytes stand for one
that does not. What proofs are is the business of the suites `circuit` and `plonk`.
"""

STATED_VERIFIERS: Final = Verifiers(
    block=lambda _, proof: proof == ACCEPTED_PROOF,
    transaction=lambda _, proof: proof == ACCEPTED_PROOF,
    void=lambda *given: given[-1] == ACCEPTED_PROOF,
)
"""What judges the proofs of these suites."""

ADDRESS: Final = Bytes(ADDRESS_BYTES)
WORD_INTEGER: Final = Structure(
    Integer(),
    construct=lambda value: checked_unsigned(value, width=32),
    take_apart=int,
    words="integer below 2^256",
)

VALIDATOR: Final = record("validator", Validator, {"address": ADDRESS, "stake": WORD_INTEGER})
DEPLOYMENT: Final = record(
    "deployment",
    Deployment,
    {"owner": ADDRESS, "network_name": Text(), "validators": ListOf(VALIDATOR)},
)
BURN: Final = record(
    "burn",
    Burn,
    {"note_kind": ELEMENT, "value": WORD_INTEGER, "burn_hash": ELEMENT, "recipient": ADDRESS},
)
QUEUED_CALL: Final = record(
    "queued call", QueuedCall, {"target": ADDRESS, "data": Bytes(), "gas": WORD_INTEGER}
)
ENTRY: Final = Structure(
    Record(
        {"transaction": PUBLIC, "call": QUEUED_CALL, "queued_at": WORD_INTEGER},
        frozenset({"call"}),
    ),
    construct=lambda parts: Entry(**{"call": None, **parts}),
    take_apart=lambda entry: {
        "transaction": entry.transaction,
        "queued_at": entry.queued_at,
        **({} if entry.call is None else {"call": entry.call}),
    },
    name="entry",
)
OPENING: Final = ListOf(ListOf(ELEMENT))
CLAIM: Final = record(
    "block claim", BlockClaim, {"public_inputs": ListOf(ELEMENT), "proof": Bytes()}
)
COMMIT: Final = record(
    "commit proof",
    CommitProof,
    {
        "headers": ListOf(Bytes(), 3),
        "roots": ListOf(HASH, 2),
        "certificate": ListOf(SIGNATURE),
        "skipped": ListOf(Bytes()),
    },
)


def _verdict(kind: str, parts: Mapping[str, Any]) -> Verdict:
    return Applied(**parts) if kind == "applied" else Void(**parts)


def _verdict_parts(verdict: Verdict) -> tuple[str, Mapping[str, Any]]:
    kind = "applied" if isinstance(verdict, Applied) else "void"
    return kind, _parts(verdict)


def _parts(value: Any) -> Mapping[str, Any]:
    """Give the fields of a dataclass by name."""
    return {each.name: getattr(value, each.name) for each in fields(value)}


VERDICT: Final[Form[Verdict]] = Variant(
    "verdict",
    {
        "applied": Record({"entry": ENTRY}),
        "void": Record({"entry": ENTRY, "is_after": Boolean(), "proof": Bytes()}),
    },
    construct=_verdict,
    take_apart=_verdict_parts,
    name="verdict",
)

_CALL: Final[Fields] = {"sender": ADDRESS, "time": WORD_INTEGER}
_MOVED: Final = frozenset({"received"})


def _step_record(arguments: Fields, optional: frozenset[str] = frozenset()) -> Record:
    return Record({**_CALL, **arguments}, optional)


_STEPS: Final[Mapping[str, Record]] = {
    "add_token": _step_record({"note_kind": ELEMENT, "token": ADDRESS}),
    "add_validators": _step_record({"valid_from": HEIGHT, "validators": ListOf(VALIDATOR)}),
    "deposit": _step_record(
        {
            "mint_hash": ELEMENT,
            "note_kind": ELEMENT,
            "value": WORD_INTEGER,
            "received": WORD_INTEGER,
        },
        _MOVED,
    ),
    "deposit_and_queue": _step_record(
        {"transaction": PUBLIC, "proof": Bytes(), "received": WORD_INTEGER}, _MOVED
    ),
    "cancel_deposit": _step_record({"mint_hash": ELEMENT}),
    "substitute_burn": _step_record(
        {"burn": BURN, "burn_height": HEIGHT, "received": WORD_INTEGER}, _MOVED
    ),
    "withdraw": _step_record({"note_kind": ELEMENT, "owner": ADDRESS, "is_paid": Boolean()}),
    "queue_transaction": _step_record(
        {"transaction": PUBLIC, "proof": Bytes(), "attached": QUEUED_CALL},
        frozenset({"attached"}),
    ),
    "settle": _step_record(
        {"claim": CLAIM, "commit": COMMIT, "opening": OPENING, "verdicts": ListOf(VERDICT)}
    ),
    "force": _step_record({"entry": ENTRY, "claim": CLAIM}),
    "discard": _step_record({"entry": ENTRY, "proof": Bytes()}),
    "freeze": _step_record({}),
    "leave": _step_record(
        {"transaction": PUBLIC, "proof": Bytes(), "paths": ListOf(ListOf(ELEMENT))}
    ),
}

_ABSENT: Final[Mapping[str, Mapping[str, Any]]] = {
    "deposit": {"received": None},
    "deposit_and_queue": {"received": None},
    "substitute_burn": {"received": None},
    "queue_transaction": {"attached": None},
}
"""What an absent field of a step means."""


def _step(name: str, parts: Mapping[str, Any]) -> Step:
    arguments = {**_ABSENT.get(name, {}), **parts}
    call = Call(sender=EthereumAddress(arguments.pop("sender")), time=arguments.pop("time"))
    if name == "leave":
        arguments = {"leaving": Exit(**arguments)}
    return Step(name=name, call=call, arguments=arguments)


def _step_parts(step: Step) -> tuple[str, Mapping[str, Any]]:
    arguments = step.arguments
    if step.name == "leave":
        arguments = _parts(arguments["leaving"])
    present = {name: value for name, value in arguments.items() if value is not None}
    return step.name, {**_parts(step.call), **present}


STEP: Final[Form[Step]] = Variant(
    "step", _STEPS, construct=_step, take_apart=_step_parts, name="step"
)
"""
Anything that can be done on L1. `received` is how much the token moved, absent if it refused;
`is_paid` whether it paid. A proof of one byte 1 verifies, any other does not.
"""

_EVENTS: Final[Mapping[type, Fields]] = {
    events.TokenAdded: {"note_kind": ELEMENT, "token": ADDRESS},
    events.ValidatorSetAdded: {"index": Integer(), "valid_from": HEIGHT},
    events.MintAdded: {"mint_hash": ELEMENT, "value": Integer(), "note_kind": ELEMENT},
    events.Minted: {"mint_hash": ELEMENT, "value": Integer(), "note_kind": ELEMENT},
    events.DepositReturned: {"mint_hash": ELEMENT, "depositor": ADDRESS},
    events.Burned: {
        "note_kind": ELEMENT,
        "burn_hash": ELEMENT,
        "recipient": ADDRESS,
        "value": Integer(),
        "substitute": Boolean(),
    },
    events.BurnSubstituted: {
        "note_kind": ELEMENT,
        "burn_hash": ELEMENT,
        "recipient": ADDRESS,
        "value": Integer(),
        "substitute": ADDRESS,
    },
    events.Withdrawn: {"note_kind": ELEMENT, "owner": ADDRESS, "value": Integer()},
    events.TransactionQueued: {
        "index": Integer(),
        "sender": ADDRESS,
        "entry": ENTRY,
        "proof": Bytes(),
    },
    events.EntryConsumed: {"index": Integer(), "applied": Boolean()},
    events.CallDue: {
        "index": Integer(),
        "target": ADDRESS,
        "data": Bytes(),
        "gas": Integer(),
    },
    events.RollupVerified: {"height": HEIGHT, "root": ELEMENT},
    events.Frozen: {"root": ELEMENT},
}
_EVENT_TYPES: Final[Mapping[str, Any]] = {kind.__name__: kind for kind in _EVENTS}

EVENT: Final[Form[Event]] = Variant(
    "event",
    {kind.__name__: Record(parts) for kind, parts in _EVENTS.items()},
    construct=lambda name, parts: _EVENT_TYPES[name](**parts),
    take_apart=lambda event: (type(event).__name__, _parts(event)),
    name="event",
)
"""Anything that L1 says."""

_AMOUNT: Final = ListOf(
    Structure(
        Record({"note_kind": ELEMENT, "value": Integer()}),
        construct=lambda parts: (parts["note_kind"], parts["value"]),
        take_apart=lambda pair: {"note_kind": pair[0], "value": pair[1]},
        name="amount",
    )
)
_OWED: Final = ListOf(
    Structure(
        Record({"note_kind": ELEMENT, "owner": ADDRESS, "value": Integer()}),
        construct=lambda parts: (parts["note_kind"], parts["owner"], parts["value"]),
        take_apart=lambda owed: {"note_kind": owed[0], "owner": owed[1], "value": owed[2]},
        name="debt",
    )
)
_DEPOSITS: Final = ListOf(
    Structure(
        Record({"mint_hash": ELEMENT, "status": Text()}),
        construct=lambda parts: (parts["mint_hash"], DepositStatus(parts["status"])),
        take_apart=lambda pair: {"mint_hash": pair[0], "status": pair[1].value},
        name="deposit",
    )
)

_STATE: Final[Fields] = {
    "root": ELEMENT,
    "height": HEIGHT,
    "is_frozen": Boolean(),
    "escrow": _AMOUNT,
    "owed": _OWED,
    "deposits": _DEPOSITS,
    "consumed": Integer(),
    "waiting": ListOf(ENTRY),
    "exited": ListOf(ELEMENT),
    "events": ListOf(EVENT),
}


def shown_state(rollup: Rollup) -> Mapping[str, Any]:
    """Give what can be seen of a state; lists without an order of their own ascend."""
    bridge = rollup.bridge
    return {
        "root": rollup.root,
        "height": rollup.height,
        "is_frozen": rollup.is_frozen,
        "escrow": sorted(pair for pair in bridge.escrow.items() if pair[1]),
        "owed": sorted(
            (account.note_kind, account.owner, value) for account, value in bridge.credits.items()
        ),
        "deposits": [(name, made.status) for name, made in sorted_deposits(rollup)],
        "consumed": rollup.queue.consumed,
        "waiting": rollup.queue.waiting,
        "exited": sorted(rollup.exited),
    }


def sorted_deposits(rollup: Rollup) -> Sequence[tuple[FieldElement, Deposit]]:
    """List the deposits by ascending mint hash."""
    return sorted(rollup.bridge.deposits.items(), key=lambda pair: pair[0])


def _run(
    parameters: Parameters, *, deployment: Deployment, steps: Sequence[Step]
) -> Mapping[str, Any]:
    start = deployed(deployment, parameters)
    rollup, said = perform_all(start, steps, STATED_VERIFIERS, parameters)
    return {**shown_state(rollup), "events": said}


def _runs(suite: str, what: str) -> Operation:
    return Operation(
        suite=suite,
        name="run",
        summary=f"The state on L1 after a history, {what}; the first rejected step rejects it.",
        inputs={"deployment": DEPLOYMENT, "steps": ListOf(STEP)},
        outputs=_STATE,
        compute=_run,
    )


def _signing_message(
    parameters: Parameters, *, network_name: str, new_root: bytes, height: Height, other_hash: bytes
) -> Mapping[str, Any]:
    proposal = proposal_hash(new_root, height, other_hash)
    accepted = accept_hash(height, proposal)
    return {
        "proposal_hash": proposal,
        "accept_hash": accepted,
        "message": signed_message(network_name, accepted),
    }


def _network_name(
    parameters: Parameters, *, chain_id: int, contract: EthereumAddress
) -> Mapping[str, Any]:
    name = parameters.network_name
    if parameters.settlement_names_deployment:
        name = deployment_name(name, chain_id, contract)
    return {"network_name": name}


def _authorize(
    parameters: Parameters,
    *,
    chain_id: int,
    contract: EthereumAddress,
    signature: Signature,
    **authorization: Any,
) -> Mapping[str, Any]:
    signed = Authorization(**authorization)
    domain = domain_separator(chain_id, contract)
    check_authorization(signed, signature, domain)
    return {
        "domain_separator": domain,
        "digest": authorization_digest(signed, domain),
    }


OPERATIONS: Final = (
    Operation(
        suite="settlement",
        name="signing_message",
        summary="The bytes that a sequencer signs to approve a block.",
        inputs={
            "network_name": Text(),
            "new_root": HASH,
            "height": HEIGHT,
            "other_hash": HASH,
        },
        outputs={"proposal_hash": HASH, "accept_hash": HASH, "message": HASH},
        compute=_signing_message,
    ),
    Operation(
        suite="settlement",
        name="network_name",
        summary="The name that sequencers sign with, for a contract on a chain.",
        inputs={"chain_id": WORD_INTEGER, "contract": ADDRESS},
        outputs={"network_name": Text()},
        compute=_network_name,
    ),
    _runs("settlement", "for the rules of settlement"),
    _runs("bridge", "for the rules of the bridge"),
    Operation(
        suite="bridge",
        name="authorize",
        summary="What a depositor signs so that somebody else can bring the deposit.",
        inputs={
            "chain_id": WORD_INTEGER,
            "contract": ADDRESS,
            "depositor": ADDRESS,
            "mint_hash": ELEMENT,
            "note_kind": ELEMENT,
            "value": WORD_INTEGER,
            "valid_after": WORD_INTEGER,
            "valid_before": WORD_INTEGER,
            "nonce": HASH,
            "signature": SIGNATURE,
        },
        outputs={"domain_separator": HASH, "digest": HASH},
        compute=_authorize,
    ),
    _runs("queue", "for the rules of the queue"),
)
