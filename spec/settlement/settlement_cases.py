"""What the scenarios of settlement share: a network, blocks for it, and histories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from payy_ref.consensus.commit import CommitProof, approval_message
from payy_ref.consensus.validators import Validator
from payy_ref.crypto.field import FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.sequence import Hash, Signature, proposal_hash
from payy_ref.ledger.transaction import BURN, MINT, SEND, PublicInputs
from payy_ref.merkle.path import Siblings, empty_roots
from payy_ref.merkle.persistent import PersistentTree, tree_of
from payy_ref.merkle.tree import path
from payy_ref.operations.settlement import STATED_VERIFIERS
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.settlement.rollup import BlockClaim, Deployment, Exit, deployed
from payy_ref.settlement.steps import Step, perform_all
from payy_ref.testing.settlement_history import (
    ALICE,
    BETWEEN,
    BOB,
    CAROL,
    OWNER,
    PROVEN,
    START,
    ChainOfThree,
    Signer,
    as_validators,
    certificate,
    chain_of_three,
    claim_of,
    quorum,
    signers,
    skipped_blocks,
    step,
)
from payy_ref.vectors.model import case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.ledger.ledger_cases import (
    DEPTH,
    MAINNET,
    MINIMAL,
    header_bytes,
    keccak_of,
    leaves_of,
    transaction,
)

PARAMETERS: Final[Mapping[str, Parameters]] = {
    preset: load_preset(Preset(preset)) for preset in (MAINNET, MINIMAL)
}

KEYS: Final = signers(4)
"""The sequencers of most scenarios: four that weigh the same, so that three are a quorum."""

NAMES: Final = {MAINNET: "Payy", MINIMAL: "Payy minimal"}
"""What sequencers sign with, unless a scenario is about that."""

KIND: Final = POLYGON_USDC
"""The note kind that has a token."""

TOKEN: Final = EthereumAddress(bytes([7]) * 20)
"""Its token."""

R1, R2, R3 = case_elements("settlement-roots", 3)
"""Roots that blocks claim to lead to."""

M1, M2 = case_elements("settlement-mint-hashes", 2)
"""Mint hashes."""

L1, L2, L3, L4, L5, L6 = leaves_of("settlement-leaves", 6)
"""Leaves with different slots."""


def empty_root(preset: str) -> FieldElement:
    """Give the root of the empty tree."""
    return empty_roots(DEPTH[preset])[-1]


EMPTY: Final = empty_root(MINIMAL)
"""That of most scenarios."""


def deployment(
    preset: str = MINIMAL, validators: Sequence[Validator] | None = None, name: str | None = None
) -> Deployment:
    """Give what most rollups are made with."""
    members = as_validators(KEYS) if validators is None else tuple(validators)
    network = NAMES[preset] if name is None else name
    return Deployment(owner=OWNER, network_name=network, validators=members)


def weighed(keys: Sequence[Signer], *stakes: int) -> tuple[Validator, ...]:
    """Give a validator set with these weights."""
    return tuple(
        Validator(address=key.address, stake=stake) for key, stake in zip(keys, stakes, strict=True)
    )


# What is done


@dataclass(frozen=True, kw_only=True)
class Act:
    """A step without its time."""

    name: str
    """Name of the transition."""
    sender: EthereumAddress
    """Who does it."""
    wait: int
    """Seconds since the step before."""
    arguments: Mapping[str, Any]
    """What the transition takes."""

    def but(self, **changes: Any) -> "Act":
        """Give the act with other arguments, sender or wait."""
        own = {name: changes.pop(name) for name in ("sender", "wait") if name in changes}
        return replace(self, arguments={**self.arguments, **changes}, **own)


def act(name: str, sender: EthereumAddress, wait: int = BETWEEN, **arguments: Any) -> Act:
    """Give a step without its time."""
    return Act(name=name, sender=sender, wait=wait, arguments=arguments)


def in_time(acts: Sequence[Act]) -> tuple[Step, ...]:
    """Give the steps, one after the other."""
    time, steps = START, []
    for index, each in enumerate(acts):
        time += each.wait if index else 0
        steps.append(step(each.name, each.sender, time, **each.arguments))
    return tuple(steps)


ADD_TOKEN: Final = act("add_token", OWNER, note_kind=KIND, token=TOKEN)


def deposit(mint_hash: FieldElement = M1, value: int = 1_000_000) -> Act:
    """Lock money for a mint."""
    return act("deposit", ALICE, mint_hash=mint_hash, note_kind=KIND, value=value, received=value)


def add_validators(valid_from: int, validators: Sequence[Validator]) -> Act:
    """Name a validator set."""
    return act("add_validators", OWNER, valid_from=valid_from, validators=tuple(validators))


def settle(
    old: FieldElement,
    new: FieldElement,
    height: int,
    transactions: Sequence[PublicInputs] = (),
    *,
    preset: str = MINIMAL,
    keys: Sequence[Signer] | None = None,
    name: str | None = None,
    chain: ChainOfThree | None = None,
    after: int | None = None,
    **commit: Any,
) -> Act:
    """
    Settle a block.

    Args:
        old: The root before it.
        new: The root after it.
        height: Its height.
        transactions: What it does.
        preset: The network.
        keys: Who signs the third block; a quorum of `KEYS` if not given.
        name: The name that they sign with; that of the preset if not given.
        chain: The block and the two after it, if they are not as they should be.
        after: The settled height; if not given, the one below the block's.
        commit: Parts of the commit proof that are not as they should be.
    """
    between = skipped_blocks(old, height - 1 if after is None else after, height)
    blocks = chain or chain_of_three(new, height, parent=between.name)
    commit = {"skipped": between.encodings, **commit}
    proof = blocks.proof(
        quorum(KEYS) if keys is None else keys, NAMES[preset] if name is None else name, **commit
    )
    return act(
        "settle",
        BOB,
        claim=claim_of(old, new, transactions, PARAMETERS[preset]),
        commit=proof,
        opening=(),
        verdicts=(),
    )


def with_words(settling: Act, *words: int, keep: int = 3) -> Act:
    """Give a settlement with other words after the first ones of its claim."""
    claim: BlockClaim = settling.arguments["claim"]
    elements = tuple(map(FieldElement, words))
    return settling.but(claim=replace(claim, public_inputs=claim.public_inputs[:keep] + elements))


def with_proof(settling: Act, proof: bytes) -> Act:
    """Give a settlement with another proof of its block."""
    return settling.but(claim=replace(settling.arguments["claim"], proof=proof))


def with_commit(settling: Act, **changes: Any) -> Act:
    """Give a settlement with other parts of its commit proof."""
    commit: CommitProof = settling.arguments["commit"]
    return settling.but(commit=replace(commit, **changes))


def with_header(chain: ChainOfThree, index: int, **fields: Any) -> ChainOfThree:
    """Give a chain with other fields in one header; the later ones still name their parents."""
    headers = list(chain.headers)
    headers[index] = replace(headers[index], **fields)
    for later in range(index + 1, 3):
        parent = headers[later - 1]
        name = proposal_hash(
            chain.roots[later - 1], parent.height, Hash(keccak_of(header_bytes(parent)))
        )
        headers[later] = replace(headers[later], last_block_hash=name)
    return replace(chain, headers=(headers[0], headers[1], headers[2]))


def signature(r: int, s: int, recovery_id: int) -> Signature:
    """Lay a signature out by hand."""
    return Signature(r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([recovery_id]))


def parts(signed: Signature) -> tuple[int, int, int]:
    """Give r, s and recovery id."""
    return int.from_bytes(signed[:32], "big"), int.from_bytes(signed[32:64], "big"), signed[64]


def approved(chain: ChainOfThree, index: int) -> tuple[Signature, ...]:
    """Give the certificate on one of the blocks."""
    message = approval_message(NAMES[MINIMAL], chain.headers[index].height, chain.names[index])
    return certificate(message, quorum(KEYS))


# Transactions


def mint(
    mint_hash: FieldElement = M1,
    value: int = 1_000_000,
    outputs: Sequence[FieldElement] = (L1,),
    kind: FieldElement = KIND,
) -> PublicInputs:
    """Give a mint."""
    return transaction(MINT, (), outputs, (kind, FieldElement(value), mint_hash))


def burn(
    inputs: Sequence[FieldElement] = (L1,),
    value: int = 400_000,
    recipient: EthereumAddress = ALICE,
    outputs: Sequence[FieldElement] = (),
    kind: FieldElement = KIND,
) -> PublicInputs:
    """Give a burn; its hash is the first commitment, as the circuit demands."""
    words = (kind, FieldElement(value), *(*inputs, FieldElement(0))[:1], word_of(recipient))
    return transaction(BURN, inputs, outputs, words)


def word_of(address: EthereumAddress) -> FieldElement:
    """Give an address as a word."""
    return FieldElement(int.from_bytes(address, "big"))


# Exits


def tree(leaves: Sequence[FieldElement], preset: str = MINIMAL) -> PersistentTree:
    """Give the tree with these leaves."""
    return tree_of(DEPTH[preset], leaves)


def path_of(leaf: FieldElement, leaves: Sequence[FieldElement], preset: str = MINIMAL) -> Siblings:
    """Give the path of a leaf among these leaves."""
    return path(tree(leaves, preset), leaf)


def until_frozen(
    leaves: Sequence[FieldElement],
    *before: Act,
    preset: str = MINIMAL,
    value: int = 1_000_000,
) -> tuple[Act, ...]:
    """
    Freeze a rollup whose tree has these leaves.

    Args:
        leaves: The last settled tree.
        before: What happens before the freeze, after the last block.
        preset: The network.
        value: What is locked.
    """
    minted = mint(value=value, outputs=leaves[:1])
    return (
        ADD_TOKEN,
        deposit(value=value),
        settle(empty_root(preset), tree(leaves, preset).root, 1, [minted], preset=preset),
        *before,
        QUEUED,
        freeze(preset),
    )


QUEUED: Final = act(
    "queue_transaction",
    BOB,
    transaction=transaction(SEND, (L5,), (L6,)),
    proof=PROVEN,
    attached=None,
)
"""What the queue is not served with."""


def freeze(preset: str = MINIMAL) -> Act:
    """Freeze the rollup, as soon as the newest entry has waited long enough."""
    return act("freeze", BOB, wait=PARAMETERS[preset].queue_freeze_seconds)


def leave(burned: PublicInputs, *paths: Siblings, proof: bytes = PROVEN) -> Act:
    """Take notes out."""
    return act("leave", CAROL, leaving=Exit(transaction=burned, proof=proof, paths=paths))


# Statements


def rules(*numbers: int) -> list[str]:
    """Give the ids of requirements of this chapter."""
    return [f"PAYY-SETTLEMENT-{number:03}" for number in numbers]


def accepted(
    vector: VectorWriter,
    name: str,
    acts: Sequence[Act],
    *,
    description: str,
    requirements: Sequence[str],
    flags: Sequence[str],
    preset: str = MINIMAL,
    made_with: Deployment | None = None,
    **expected: Any,
) -> Mapping[str, Any]:
    """State that a history is accepted, and what it leads to."""
    output = vector.accepts(
        f"settlement-{name}-{preset}",
        "settlement/run",
        description=description,
        requirements=requirements,
        flags=flags,
        preset=preset,
        deployment=made_with or deployment(preset),
        steps=in_time(acts),
    )
    for field, value in expected.items():
        assert output[field] == value, f"{name}: {field}"
    return output


def refused(
    vector: VectorWriter,
    name: str,
    error: ErrorCode,
    acts: Sequence[Act],
    *,
    description: str,
    requirements: Sequence[str],
    flags: Sequence[str],
    preset: str = MINIMAL,
    made_with: Deployment | None = None,
) -> None:
    """State that the last step of a history is rejected; the steps before it are not."""
    made = made_with or deployment(preset)
    steps = in_time(acts)
    if steps:
        parameters = PARAMETERS[preset]
        perform_all(deployed(made, parameters), steps[:-1], STATED_VERIFIERS, parameters)
    vector.rejects(
        f"settlement-{name}-{preset}",
        "settlement/run",
        error,
        description=description,
        requirements=requirements,
        flags=flags,
        preset=preset,
        deployment=made,
        steps=steps,
    )


def said(name: str) -> str:
    """Give a case's name as it stands in a sentence."""
    return name.replace("-", " ")


ORDER_OF_ERRORS: Final = "PAYY-CONVENTIONS-002"
"""The rule on inputs with two faults."""

FORM: Final = "PAYY-CONVENTIONS-001"
"""The rule on the form of inputs."""
