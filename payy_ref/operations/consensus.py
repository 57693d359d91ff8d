"""Suite `consensus`: what sequencers answer, whole runs of one of them, evidence, commit proofs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeVar

from payy_ref.consensus.certificate import check_certificate
from payy_ref.consensus.commit import CommitProof, approval_message, check_commit
from payy_ref.consensus.evidence import Evidence, Offence, SignedHead, offender
from payy_ref.consensus.messages import (
    Abstained,
    Accused,
    BlockReply,
    BlockRequest,
    Broadcast,
    Certificate,
    Committed,
    ConflictFound,
    Effect,
    Event,
    Message,
    Persist,
    Proposal,
    Received,
    Rejected,
    Send,
    SetTimer,
    Started,
    Timeout,
    TimerExpired,
    Vote,
)
from payy_ref.consensus.proposal import (
    Abstention,
    BlockHead,
    answer,
    block_head,
    check_ancestry,
    committed_by,
    leader,
    learn,
)
from payy_ref.consensus.replica import handle, receive
from payy_ref.consensus.safety import GENESIS_RECORD, SafetyRecord, View, retire
from payy_ref.consensus.state import Choose, Replica, Settings, execute_with, restarted
from payy_ref.consensus.validators import ValidatorSet, checked_validators, set_at
from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import ORDER, EthereumAddress, SecretKey
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.chain import Ledger
from payy_ref.ledger.mempool import choose
from payy_ref.ledger.sequence import (
    Block,
    Height,
    ProvenTransaction,
    Signature,
    decode_block,
    decode_header,
    encode_block,
    encode_header,
)
from payy_ref.operations.forms import (
    Bytes,
    Form,
    Integer,
    ListOf,
    Record,
    Structure,
    Text,
    Variant,
    require_form,
)
from payy_ref.operations.registry import Fields, Operation
from payy_ref.operations.settlement import ADDRESS, COMMIT, VALIDATOR
from payy_ref.operations.structures import (
    ELEMENT,
    EPOCH_ID,
    HASH,
    HEIGHT,
    PROVEN_TRANSACTION,
    SIGNATURE,
    record,
)
from payy_ref.parameters import Parameters

VIEW: Final = EPOCH_ID

Name = TypeVar("Name", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed:
    """A sequencer loses all but the safety record that it stored; it begins again when started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyStep:
    """Something that bears on a safety record."""

    kind: str
    """`proposal`, `certificate` or `timeout`."""
    arguments: Mapping[str, Any]
    """The fields of that kind."""


def _one_of(kind: type[Name], words: str) -> Structure[Name]:
    """Give the form of an enumeration's members."""

    def member(text: str) -> Name:
        require_form(text in tuple(kind))
        return kind(text)

    return Structure(Text(), construct=member, take_apart=str, words=words)


def _by_name(name: str, kinds: Mapping[str, tuple[type[Any], Fields]], tag: str) -> Variant[Any]:
    """Give the form of one of several dataclasses, whose fields have the names of the records'."""
    names = {kind: each for each, (kind, _) in kinds.items()}
    return Variant(
        tag,
        {each: Record(parts) for each, (_, parts) in kinds.items()},
        construct=lambda each, parts: kinds[each][0](**parts),
        take_apart=lambda value: (names[type(value)], _parts(value)),
        name=name,
    )


def _parts(value: Any) -> Mapping[str, Any]:
    """Give the fields of a dataclass by name."""
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _checked_sets(sets: Sequence[ValidatorSet]) -> tuple[ValidatorSet, ...]:
    """Admit validator sets that L1 can have: the first one from height 0 on, then ever later."""
    begins = [each.valid_from for each in sets]
    require_form(begins[:1] == [0] and begins == sorted(set(begins)))
    return tuple(sets)


def _secret_key(key: bytes) -> SecretKey:
    require_form(0 < int.from_bytes(key, "big") < ORDER)
    return SecretKey(key)


def _head_fields(head: BlockHead) -> Mapping[str, Any]:
    return {"header": encode_header(head.header), "root": head.root}


VALIDATOR_SETS: Final[Form[tuple[ValidatorSet, ...]]] = Structure(
    ListOf(
        Structure(
            Record({"valid_from": HEIGHT, "validators": ListOf(VALIDATOR)}),
            construct=lambda parts: ValidatorSet(
                valid_from=parts["valid_from"],
                validators=checked_validators(parts["validators"]),
            ),
            take_apart=_parts,
            name="validator set",
        )
    ),
    construct=_checked_sets,
    take_apart=tuple,
)
"""All validator sets: the first one begins at height 0, the others by ascending first height."""

SAFETY_RECORD: Final = record(
    "safety record",
    SafetyRecord,
    {"retired_view": VIEW, "locked_view": VIEW, "locked_block": HASH},
)
HEAD: Final[Form[BlockHead]] = Structure(
    Record({"header": Bytes(), "root": HASH}),
    construct=lambda parts: block_head(decode_header(parts["header"]), parts["root"]),
    take_apart=_head_fields,
    name="certified block",
)
"""A block without transactions and signature: its encoded header and the root that it states."""

SIGNED_HEAD: Final[Form[SignedHead]] = Structure(
    Record({"header": Bytes(), "root": HASH, "signature": SIGNATURE}),
    construct=lambda parts: SignedHead(
        head=block_head(decode_header(parts["header"]), parts["root"]),
        signature=parts["signature"],
    ),
    take_apart=lambda signed: {**_head_fields(signed.head), "signature": signed.signature},
    name="signed block",
)
"""A block without transactions, with a signature."""

ENCODED_BLOCK: Final[Form[Block]] = Structure(
    Bytes(), construct=decode_block, take_apart=encode_block, words="bytes: an encoded block"
)
EVIDENCE: Final = record(
    "evidence",
    Evidence,
    {
        "offence": _one_of(Offence, "text: double_proposal, double_vote or broken_lock"),
        "first": SIGNED_HEAD,
        "second": SIGNED_HEAD,
        "ancestors": ListOf(HEAD),
    },
)
_CERTIFICATE: Final[Fields] = {
    "block": HASH,
    "height": HEIGHT,
    "approvals": ListOf(SIGNATURE),
}
CERTIFICATE: Final = record("certificate", Certificate, _CERTIFICATE)
ANCESTORS: Final = ListOf(HEAD)

SAFETY_STEP: Final[Form[SafetyStep]] = Variant(
    "step",
    {
        "proposal": Record({"block": SIGNED_HEAD, "certificates": ANCESTORS}),
        "certificate": Record(
            {"block": HEAD, "approvals": ListOf(SIGNATURE), "certificates": ANCESTORS}
        ),
        "timeout": Record({"view": VIEW}),
    },
    construct=lambda kind, parts: SafetyStep(kind=kind, arguments=parts),
    take_apart=lambda step: (step.kind, step.arguments),
    name="safety step",
)
"""
A block that is proposed, a certificate that is learned, or a view that is given up. `certificates`
are the ancestors of the block, parent first.
"""

MESSAGE: Final[Form[Message]] = _by_name(
    "message",
    {
        "proposal": (Proposal, {"block": ENCODED_BLOCK}),
        "vote": (Vote, {"block": HASH, "signature": SIGNATURE}),
        "certificate": (Certificate, _CERTIFICATE),
        "timeout": (Timeout, {"view": VIEW, "certificate": CERTIFICATE}),
        "block_request": (BlockRequest, {"block": HASH, "above": HEIGHT}),
        "block_reply": (BlockReply, {"blocks": ListOf(ENCODED_BLOCK)}),
    },
    "kind",
)
"""What sequencers say to each other."""

REPLICA_STEP: Final[Form[Event | Crashed]] = _by_name(
    "replica step",
    {
        "started": (Started, {}),
        "received": (Received, {"sender": ADDRESS, "message": MESSAGE}),
        "timer_expired": (TimerExpired, {"view": VIEW}),
        "crashed": (Crashed, {}),
    },
    "step",
)
"""What happens to a sequencer."""

EFFECT: Final[Form[Effect]] = _by_name(
    "effect",
    {
        "persist": (Persist, {"record": SAFETY_RECORD}),
        "send": (Send, {"to": ADDRESS, "message": MESSAGE}),
        "broadcast": (Broadcast, {"message": MESSAGE}),
        "set_timer": (SetTimer, {"view": Integer(), "milliseconds": Integer()}),
        "committed": (Committed, {"blocks": ListOf(HASH), "proof": COMMIT}),
        "abstained": (
            Abstained,
            {"block": HASH, "reason": _one_of(Abstention, "text: why")},
        ),
        "accused": (Accused, {"offender": ADDRESS, "evidence": EVIDENCE}),
        "rejected": (Rejected, {"sender": ADDRESS, "code": _one_of(ErrorCode, "error code")}),
        "conflict_found": (ConflictFound, {"block": HASH}),
    },
    "effect",
)
"""What a sequencer does."""

OUTCOME: Final[Form[Mapping[str, Any]]] = Structure(
    Record(
        {"outcome": Text(), "reason": Text(), "message": HASH, "committed": HASH},
        frozenset({"reason", "message", "committed"}),
    ),
    construct=dict,
    take_apart=dict,
    name="outcome",
)
"""
What becomes of a step: `vote` with the message that is signed, `abstain` with the reason,
`rejected` with the code, `learned`, or `retired`; and the block that is now known to be committed.
"""

_NETWORK: Final[Fields] = {"network_name": Text(), "validator_sets": VALIDATOR_SETS}

_SEQUENCER: Final[Fields] = {
    "key": Structure(
        Bytes(32),
        construct=_secret_key,
        take_apart=bytes,
        words="32 bytes: above 0 and below the order of the curve",
    ),
    **_NETWORK,
    "safety_record": SAFETY_RECORD,
    "pending": ListOf(PROVEN_TRANSACTION),
    "steps": ListOf(REPLICA_STEP),
}
"""A sequencer and what happens to it; one without a record is new."""

_STATE: Final[Fields] = {
    "safety_record": SAFETY_RECORD,
    "view": Integer(),
    "failures": Integer(),
    "certified": CERTIFICATE,
    "committed": HASH,
    "blocks": ListOf(HASH),
    "waiting": ListOf(
        Structure(
            Record({"sender": ADDRESS, "kind": Text()}),
            construct=dict,
            take_apart=dict,
            name="waiting message",
        )
    ),
    "accused": ListOf(ADDRESS),
}
"""What can be told of a sequencer's state."""


def _answered(
    record: SafetyRecord,
    block: SignedHead,
    ancestors: Sequence[BlockHead],
    network_name: str,
    sets: Sequence[ValidatorSet],
) -> tuple[SafetyRecord, Mapping[str, Any]]:
    """Answer a proposal; give the new record and the outcome."""
    head = block.head
    decision = answer(
        record, head, block.signature, ancestors, network_name=network_name, sets=sets
    )
    if decision.abstention is not None:
        return decision.record, {"outcome": "abstain", "reason": str(decision.abstention)}
    message = approval_message(network_name, head.height, head.name)
    return decision.record, {"outcome": "vote", "message": message}


def _learned(
    record: SafetyRecord,
    block: BlockHead,
    approvals: Sequence[Signature],
    ancestors: Sequence[BlockHead],
    network_name: str,
    sets: Sequence[ValidatorSet],
) -> tuple[SafetyRecord, Mapping[str, Any]]:
    """Judge a certificate and take note of it."""
    message = approval_message(network_name, block.height, block.name)
    check_certificate(message, approvals, set_at(sets, block.height))
    check_ancestry(block, ancestors)
    return learn(record, (block, *ancestors)), {"outcome": "learned"}


def _committed(chain: Sequence[BlockHead]) -> Mapping[str, Any]:
    """Name the block that the certificate on the first of a chain commits, if any."""
    committed = committed_by(chain)
    return {} if committed is None else {"committed": committed.name}


def _taken(
    record: SafetyRecord, step: SafetyStep, network_name: str, sets: Sequence[ValidatorSet]
) -> tuple[SafetyRecord, Mapping[str, Any]]:
    """Do one step; one that breaks a rule changes nothing."""
    given = step.arguments
    try:
        match step.kind:
            case "timeout":
                return retire(record, given["view"]), {"outcome": "retired"}
            case "certificate":
                ancestors = given["certificates"]
                after, outcome = _learned(
                    record, given["block"], given["approvals"], ancestors, network_name, sets
                )
                return after, {**outcome, **_committed((given["block"], *ancestors))}
            case _:
                ancestors = given["certificates"]
                after, outcome = _answered(record, given["block"], ancestors, network_name, sets)
                return after, {**outcome, **_committed(ancestors)}
    except SpecError as error:
        return record, {"outcome": "rejected", "reason": str(error.code)}


def _vote(
    parameters: Parameters,
    *,
    network_name: str,
    validator_sets: Sequence[ValidatorSet],
    safety_record: SafetyRecord,
    block: SignedHead,
    certificates: Sequence[BlockHead],
) -> Mapping[str, Any]:
    after, outcome = _answered(safety_record, block, certificates, network_name, validator_sets)
    return {**outcome, "safety_record": after}


def _run(
    parameters: Parameters,
    *,
    network_name: str,
    validator_sets: Sequence[ValidatorSet],
    safety_record: SafetyRecord,
    steps: Sequence[SafetyStep],
) -> Mapping[str, Any]:
    outcomes = []
    for step in steps:
        safety_record, outcome = _taken(safety_record, step, network_name, validator_sets)
        outcomes.append(outcome)
    return {"outcomes": outcomes, "safety_record": safety_record}


def chooser(pending: Sequence[ProvenTransaction], parameters: Parameters) -> Choose:
    """
    Propose, in every view, what the block can have of a list of transactions, in their order.

    Requirements:
        PAYY-LEDGER-032
    """

    def chosen(ledger: Ledger, _: View) -> Sequence[ProvenTransaction]:
        public = [each.public for each in pending]
        wanted = list(choose(ledger.tree, public, parameters).transactions)
        # What is chosen stands in the order of what is pending.
        return [each for each in pending if wanted[:1] == [each.public] and wanted.pop(0)]

    return chosen


def shown_replica(replica: Replica) -> Mapping[str, Any]:
    """Give what can be told of a sequencer's state; lists ascend."""
    return {
        "safety_record": replica.record,
        "view": replica.view,
        "failures": replica.failures,
        "certified": replica.certified,
        "committed": replica.committed,
        "blocks": sorted(replica.nodes),
        "waiting": [
            {"sender": sender, "kind": kind.lower()} for sender, kind in sorted(replica.waiting)
        ],
        "accused": sorted(replica.accused),
    }


def _replayed(
    parameters: Parameters,
    *,
    key: SecretKey,
    network_name: str,
    validator_sets: tuple[ValidatorSet, ...],
    pending: Sequence[ProvenTransaction],
    steps: Sequence[Event | Crashed],
    safety_record: SafetyRecord = GENESIS_RECORD,
) -> tuple[Settings, Replica, list[tuple[Effect, ...]]]:
    """Let everything happen to a sequencer; give its state, and what it did at each step."""
    settings = Settings(
        key=key,
        network_name=network_name,
        sets=validator_sets,
        parameters=parameters,
        execute=execute_with(parameters),
        choose=chooser(pending, parameters),
    )
    replica = restarted(settings, safety_record)
    answers: list[tuple[Effect, ...]] = []
    for step in steps:
        if isinstance(step, Crashed):
            replica = restarted(settings, replica.record)
            answers.append(())
        else:
            replica, effects = handle(settings, replica, step)
            answers.append(effects)
    return settings, replica, answers


def _replay(parameters: Parameters, **given: Any) -> Mapping[str, Any]:
    _, replica, answers = _replayed(parameters, **given)
    return {"effects": answers, **shown_replica(replica)}


def _receive(
    parameters: Parameters, *, sender: EthereumAddress, message: Message, **given: Any
) -> Mapping[str, Any]:
    settings, replica, _ = _replayed(parameters, **given)
    replica, effects = receive(settings, replica, sender, message)
    return {"effects": effects, **shown_replica(replica)}


def _evidence(
    parameters: Parameters,
    *,
    network_name: str,
    validator_sets: Sequence[ValidatorSet],
    evidence: Evidence,
) -> Mapping[str, Any]:
    return {"offender": offender(evidence, network_name, validator_sets)}


def _commit(
    parameters: Parameters,
    *,
    network_name: str,
    validator_sets: Sequence[ValidatorSet],
    root: FieldElement,
    commit: CommitProof,
) -> Mapping[str, Any]:
    header = check_commit(commit, root, network_name, validator_sets)
    return {"height": header.height, "view": header.epoch_id}


def _leader(
    parameters: Parameters,
    *,
    validator_sets: Sequence[ValidatorSet],
    height: Height,
    view: View,
) -> Mapping[str, Any]:
    return {"leader": leader(set_at(validator_sets, height), view)}


_operation: Final[Callable[..., Operation]] = partial(Operation, suite="consensus")

OPERATIONS: Final = (
    _operation(
        name="vote",
        summary="What a sequencer answers to a proposed block.",
        inputs={
            **_NETWORK,
            "safety_record": SAFETY_RECORD,
            "block": SIGNED_HEAD,
            "certificates": ANCESTORS,
        },
        outputs={
            "outcome": Text(),
            "reason": Text(),
            "message": HASH,
            "safety_record": SAFETY_RECORD,
        },
        compute=_vote,
        optional_outputs=frozenset({"reason", "message"}),
    ),
    _operation(
        name="run",
        summary="A safety record through proposals, certificates and timeouts; a rejected step "
        "changes nothing, and the run goes on.",
        inputs={**_NETWORK, "safety_record": SAFETY_RECORD, "steps": ListOf(SAFETY_STEP)},
        outputs={"outcomes": ListOf(OUTCOME), "safety_record": SAFETY_RECORD},
        compute=_run,
    ),
    _operation(
        name="replay",
        summary="What a sequencer does, event by event, and its state at the end.",
        inputs=_SEQUENCER,
        outputs={"effects": ListOf(ListOf(EFFECT)), **_STATE},
        compute=_replay,
        optional_inputs=frozenset({"safety_record"}),
    ),
    _operation(
        name="receive",
        summary="What a sequencer does with a message after some events; one that breaks a rule "
        "is rejected.",
        inputs={**_SEQUENCER, "sender": ADDRESS, "message": MESSAGE},
        outputs={"effects": ListOf(EFFECT), **_STATE},
        compute=_receive,
        optional_inputs=frozenset({"safety_record"}),
    ),
    _operation(
        name="evidence",
        summary="Who broke the rules, according to two signatures.",
        inputs={**_NETWORK, "evidence": EVIDENCE},
        outputs={"offender": ADDRESS},
        compute=_evidence,
    ),
    _operation(
        name="commit",
        summary="Whether three blocks and a certificate show that the first one is committed.",
        inputs={**_NETWORK, "root": ELEMENT, "commit": COMMIT},
        outputs={"height": HEIGHT, "view": VIEW},
        compute=_commit,
    ),
    _operation(
        name="leader",
        summary="Who proposes in a view at a height.",
        inputs={"validator_sets": VALIDATOR_SETS, "height": HEIGHT, "view": VIEW},
        outputs={"leader": ADDRESS},
        compute=_leader,
    ),
)
