"""What the scenarios of consensus share: sequencers, chains of blocks, and what is expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from payy_ref.consensus.evidence import SignedHead
from payy_ref.consensus.messages import (
    Abstained,
    Accused,
    Broadcast,
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
)
from payy_ref.consensus.proposal import BlockHead, head_of
from payy_ref.consensus.replica import handle
from payy_ref.consensus.safety import GENESIS_RECORD, SafetyRecord, View
from payy_ref.consensus.state import Settings, execute_with, restarted
from payy_ref.consensus.validators import Validator, ValidatorSet
from payy_ref.crypto.secp256k1 import ORDER, EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import GENESIS as GENESIS_BLOCK
from payy_ref.ledger.sequence import Block, Hash, Height, ProvenTransaction, Signature
from payy_ref.ledger.transaction import MINT
from payy_ref.operations.consensus import Crashed, SafetyStep, chooser
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.testing.consensus_history import GENESIS_HEAD, Committee, equal_set, secret
from payy_ref.testing.settlement_history import NETWORK, Signer, signers
from payy_ref.vectors.model import case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import (
    MAINNET,
    MINIMAL,
    MINT_WORDS,
    header_bytes,
    keccak_of,
    leaves_of,
    transaction,
)

KEYS: Final = signers(4)
"""The sequencers of most scenarios: four that weigh the same, so that three are a quorum."""

COMMITTEE: Final = Committee(keys=KEYS, sets=(equal_set(KEYS),))
"""They, with their set."""

STRANGERS: Final = signers(4, "stranger")
"""Keys that are in no set."""

GENESIS: Final = (GENESIS_HEAD,)
"""The chain without a block."""

ORDER_OF_ERRORS: Final = "PAYY-CONVENTIONS-002"
"""The rule on inputs with two faults."""

FORM: Final = "PAYY-CONVENTIONS-001"
"""The rule on the form of inputs."""


def weighed(*stakes: int) -> Committee:
    """Give a committee with these weights."""
    keys = signers(len(stakes))
    members = tuple(
        Validator(address=key.address, stake=stake) for key, stake in zip(keys, stakes, strict=True)
    )
    return Committee(keys=keys, sets=(ValidatorSet(valid_from=Height(0), validators=members),))


def record(retired: int, locked: BlockHead = GENESIS_HEAD) -> SafetyRecord:
    """Give a safety record."""
    return SafetyRecord(
        retired_view=View(retired), locked_view=locked.view, locked_block=locked.name
    )


# What is expected, from the rules and not from the functions under test.


def name_of(head: BlockHead) -> Hash:
    """Name a block by hand."""
    height = head.height.to_bytes(32, "big")
    return keccak_of(head.root, height, keccak_of(header_bytes(head.header)))


def approved_by(head: BlockHead, network_name: str = NETWORK) -> Hash:
    """Give what a vote signs, by hand."""
    accepted = keccak_of((head.height + 1).to_bytes(32, "big"), name_of(head))
    prefix = len(network_name.encode()).to_bytes(8, "big") + network_name.encode()
    return keccak_of(prefix, accepted)


def signature(r: int, s: int, recovery_id: int) -> Signature:
    """Lay a signature out by hand."""
    return Signature(r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([recovery_id]))


def not_counting(good: Signature) -> dict[str, Signature]:
    """Give signatures that do not count, in place of one that does."""
    r, s = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:64], "big")
    return {
        "zero": Signature(bytes(65)),
        "high-s": signature(r, ORDER - s, 1 - good[64]),
        "recovery-id-2": signature(r, s, 2),
        "recovery-id-27": signature(r, s, 27 + good[64]),
        "r-on-no-point": signature(5, s, 0),
    }


# Statements


def rules(*numbers: int) -> list[str]:
    """Give the ids of requirements of this chapter."""
    return [f"PAYY-CONSENSUS-{number:03}" for number in numbers]


def said(name: str) -> str:
    """Give a case's name as it stands in a sentence."""
    return name.replace("-", " ")


def question(
    block: BlockHead | SignedHead,
    ancestors: Sequence[BlockHead],
    known: SafetyRecord = GENESIS_RECORD,
    committee: Committee = COMMITTEE,
) -> dict[str, Any]:
    """Give the input of a vote; a block without a signature gets that of its leader."""
    return {
        "network_name": committee.network_name,
        "validator_sets": committee.sets,
        "safety_record": known,
        "block": block if isinstance(block, SignedHead) else committee.proposed(block),
        "certificates": tuple(ancestors),
    }


def head(asked: Mapping[str, Any]) -> BlockHead:
    """Give the block of a question."""
    signed: SignedHead = asked["block"]
    return signed.head


def votes(
    vector: VectorWriter,
    name: str,
    asked: Mapping[str, Any],
    after: SafetyRecord,
    *,
    description: str,
    requirements: Sequence[str],
    flags: Sequence[str],
) -> None:
    """State that a block gets a vote, and what the record is then."""
    output = vector.accepts(
        f"consensus-vote-{name}",
        "consensus/vote",
        description=description,
        requirements=requirements,
        flags=flags,
        **asked,
    )
    assert output == {
        "outcome": "vote",
        "message": approved_by(head(asked), asked["network_name"]),
        "safety_record": after,
    }


def abstains(
    vector: VectorWriter,
    name: str,
    asked: Mapping[str, Any],
    reason: str,
    after: SafetyRecord,
    *,
    description: str,
    requirements: Sequence[str],
    flags: Sequence[str],
) -> None:
    """State that a block gets no vote, why, and what the record is then."""
    output = vector.accepts(
        f"consensus-vote-abstain-{name}",
        "consensus/vote",
        description=description,
        requirements=requirements,
        flags=flags,
        **asked,
    )
    assert output == {"outcome": "abstain", "reason": reason, "safety_record": after}


def refused(
    vector: VectorWriter,
    name: str,
    code: ErrorCode,
    asked: Mapping[str, Any],
    *,
    description: str,
    requirements: Sequence[str],
    flags: Sequence[str],
) -> None:
    """State that a block is rejected."""
    order = [ORDER_OF_ERRORS] if "order" in name.split("-") else []
    vector.rejects(
        f"consensus-vote-{name}",
        "consensus/vote",
        code,
        description=description,
        requirements=[*requirements, *order],
        flags=flags,
        **asked,
    )


# Steps


def proposal(
    block: BlockHead | SignedHead,
    ancestors: Sequence[BlockHead],
    committee: Committee = COMMITTEE,
) -> SafetyStep:
    """Give the step of a block that is proposed."""
    signed = block if isinstance(block, SignedHead) else committee.proposed(block)
    return SafetyStep(
        kind="proposal", arguments={"block": signed, "certificates": tuple(ancestors)}
    )


def proposals(chain: Sequence[BlockHead], committee: Committee = COMMITTEE) -> list[SafetyStep]:
    """Give the steps of a chain, newest first: each of its blocks, oldest first, but genesis."""
    return [
        proposal(chain[place], chain[place + 1 :], committee)
        for place in reversed(range(len(chain) - 1))
    ]


def learned(
    chain: Sequence[BlockHead],
    committee: Committee = COMMITTEE,
    keys: Sequence[Signer] | None = None,
) -> SafetyStep:
    """Give the step of a certificate on the newest block of a chain."""
    approvals = committee.approvals(chain[0], keys)
    given = {"block": chain[0], "approvals": approvals, "certificates": tuple(chain[1:])}
    return SafetyStep(kind="certificate", arguments=given)


def timeout(view: int) -> SafetyStep:
    """Give the step of a view that is given up."""
    return SafetyStep(kind="timeout", arguments={"view": View(view)})


def runs(
    vector: VectorWriter,
    name: str,
    steps: Sequence[SafetyStep],
    outcomes: Sequence[str],
    after: SafetyRecord,
    *,
    description: str,
    requirements: Sequence[str],
    flags: Sequence[str],
    known: SafetyRecord = GENESIS_RECORD,
    committee: Committee = COMMITTEE,
    commits: Sequence[BlockHead] = (),
) -> None:
    """
    State what becomes of each step.

    Args:
        outcomes: For each step `vote`, `learned`, `retired`, or the reason or code against it.
        after: The record at the end.
        commits: The blocks that are committed, in this order, apart from the genesis block, which
            is so by definition.
    """
    output = vector.accepts(
        f"consensus-run-{name}",
        "consensus/run",
        description=description,
        requirements=requirements,
        flags=flags,
        network_name=committee.network_name,
        validator_sets=committee.sets,
        safety_record=known,
        steps=tuple(steps),
    )
    found = [each.get("reason", each["outcome"]) for each in output["outcomes"]]
    assert found == list(outcomes), name
    assert output["safety_record"] == after, name
    committed = [each["committed"] for each in output["outcomes"] if "committed" in each]
    known_before = name_of(GENESIS_HEAD)
    assert [each for each in committed if each != known_before] == list(map(name_of, commits)), name


def but(asked: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Give an input with other fields."""
    return {**asked, **changes}


def resigned(committee: Committee, head: BlockHead, **fields: Any) -> SignedHead:
    """Give a block with other fields in its header, signed by the leader of what it says then."""
    changed = replace(head.header, **fields)
    made = replace(head, header=changed)
    return committee.proposed(replace(made, name=name_of(made)))


# Sequencers


PARAMETERS: Final[Mapping[str, Parameters]] = {
    preset: load_preset(Preset(preset)) for preset in (MAINNET, MINIMAL)
}

EXECUTE: Final = {preset: execute_with(each) for preset, each in PARAMETERS.items()}

MINTS: Final = tuple(
    ProvenTransaction(
        proof=b"", public=transaction(MINT, (), (leaf,), (*MINT_WORDS[:2], mint_hash))
    )
    for leaf, mint_hash in zip(
        leaves_of("consensus-mints", 6), case_elements("consensus-mint-hashes", 6), strict=True
    )
)
"""Transactions that any block can have, each once in a chain."""

GENESIS_BLOCKS: Final = (GENESIS_BLOCK,)
"""The chain without a block, as whole blocks."""


def blocks(
    *views: int,
    on: Sequence[Block] = GENESIS_BLOCKS,
    transactions: Sequence[ProvenTransaction] = (),
    committee: Committee = COMMITTEE,
    preset: str = MINIMAL,
) -> tuple[Block, ...]:
    """Give a chain of whole blocks, newest first; the first new one has the transactions."""
    chain = tuple(on)
    for place, view in enumerate(views):
        done = transactions if place == 0 else ()
        made = committee.block(chain, view, PARAMETERS[preset], EXECUTE[preset], transactions=done)
        chain = (made, *chain)
    return chain


@dataclass(kw_only=True)
class Story:
    """What happens to one sequencer, told step by step."""

    place: int
    """Its place among the keys."""
    committee: Committee = COMMITTEE
    """Everybody."""
    pending: tuple[ProvenTransaction, ...] = ()
    """What it proposes."""
    preset: str = MINIMAL
    """The network."""
    known: SafetyRecord | None = None
    """The record that it begins with; none if it is new."""

    def __post_init__(self) -> None:
        key = self.committee.keys[self.place]
        self.who = key.address
        self.settings = Settings(
            key=secret(key),
            network_name=self.committee.network_name,
            sets=self.committee.sets,
            parameters=PARAMETERS[self.preset],
            execute=EXECUTE[self.preset],
            choose=chooser(self.pending, PARAMETERS[self.preset]),
        )
        self.replica = restarted(self.settings, self.known or GENESIS_RECORD)
        self.steps: list[Event | Crashed] = []
        self.effects: list[tuple[Effect, ...]] = []

    def happen(self, event: Event) -> list[str]:
        """Let something happen; give what it does, in short."""
        self.replica, effects = handle(self.settings, self.replica, event)
        self.steps.append(event)
        self.effects.append(effects)
        return [self.in_short(each) for each in effects]

    def start(self) -> list[str]:
        """Begin."""
        return self.happen(Started())

    def expire(self, view: int) -> list[str]:
        """Let the time of a view end."""
        return self.happen(TimerExpired(view=View(view)))

    def get(self, sender: int | Signer, message: Message) -> list[str]:
        """Let a message arrive, from somebody by place or key."""
        key = self.committee.keys[sender] if isinstance(sender, int) else sender
        return self.happen(Received(sender=key.address, message=message))

    def propose(self, block: Block) -> list[str]:
        """Let a block arrive from its leader."""
        leading = self.committee.leader(block.header.height, block.header.epoch_id)
        return self.get(leading, Proposal(block=block))

    def give_up(self, view: int, *senders: int, block: Block = GENESIS_BLOCK) -> list[str]:
        """Let timeouts of some others arrive, with the certificate on a block."""
        done: list[str] = []
        certificate = self.committee.certificate(head_of(block))
        for sender in senders:
            done += self.get(sender, Timeout(view=View(view), certificate=certificate))
        return done

    def crash(self) -> None:
        """Lose everything but the record."""
        self.replica = restarted(self.settings, self.replica.record)
        self.steps.append(Crashed())
        self.effects.append(())

    def place_of(self, address: bytes) -> int:
        """Give somebody's place among the keys."""
        return [each.address for each in self.committee.keys].index(EthereumAddress(address))

    def in_short(self, effect: Effect) -> str:
        """Say what an effect is."""
        match effect:
            case Persist(record=kept):
                return f"store {kept.retired_view} {kept.locked_view}"
            case Send(to=to, message=message):
                return f"{type(message).__name__} to {self.place_of(to)}"
            case Broadcast(message=message):
                return f"{type(message).__name__} to all"
            case SetTimer(view=view, milliseconds=milliseconds):
                return f"view {view} for {milliseconds}"
            case Committed(blocks=names):
                heights = [self.replica.nodes[name].head.height for name in names]
                return f"commit {' '.join(map(str, heights))}"
            case Abstained(reason=reason):
                return str(reason)
            case Accused(offender=offender, evidence=evidence):
                return f"accuse {self.place_of(offender)} of {evidence.offence}"
            case Rejected(code=code):
                return str(code)
            case ConflictFound():
                return "conflict"

    @property
    def input(self) -> dict[str, Any]:
        """Give the input of an operation."""
        return {
            "key": self.settings.key,
            "network_name": self.committee.network_name,
            "validator_sets": self.committee.sets,
            **({} if self.known is None else {"safety_record": self.known}),
            "pending": self.pending,
            "steps": tuple(self.steps),
        }

    def told(
        self,
        vector: VectorWriter,
        name: str,
        *,
        description: str,
        requirements: Sequence[str],
        flags: Sequence[str],
    ) -> Mapping[str, Any]:
        """Record the story as a vector."""
        output = vector.accepts(
            f"consensus-replay-{name}-{self.preset}",
            "consensus/replay",
            description=description,
            requirements=requirements,
            flags=flags,
            preset=self.preset,
            **self.input,
        )
        assert list(output["effects"]) == self.effects
        assert output["safety_record"] == self.replica.record
        return output


def committed_in(effects: Sequence[Sequence[Effect]]) -> list[Hash]:
    """Give the blocks that a story commits."""
    return [
        name
        for each in effects
        for effect in each
        if isinstance(effect, Committed)
        for name in effect.blocks
    ]
