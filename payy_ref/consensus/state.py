"""The state of a sequencer, what it is given, and where it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rpds import HashTrieMap

from payy_ref.consensus.messages import (
    Certificate,
    Proposal,
    Timeout,
    Vote,
)
from payy_ref.consensus.proposal import (
    BlockHead,
    head_of,
)
from payy_ref.consensus.safety import (
    GENESIS_NAME,
    GENESIS_RECORD,
    SafetyRecord,
    View,
)
from payy_ref.consensus.validators import ValidatorSet
from payy_ref.crypto.secp256k1 import (
    EthereumAddress,
    SecretKey,
    address_of,
)
from payy_ref.ledger.chain import Ledger, extend, genesis_ledger
from payy_ref.ledger.sequence import (
    GENESIS,
    Block,
    Hash,
    Height,
    ProvenTransaction,
)
from payy_ref.parameters import Parameters

Execute = Callable[[Ledger, Block], Ledger]
"""Appends a block to the ledger of its parent, or raises `SpecError`."""

Choose = Callable[[Ledger, View], Sequence[ProvenTransaction]]
"""Gives the transactions that a leader puts into its block."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a sequencer is given and never changes."""

    key: SecretKey
    """Its key."""
    network_name: str
    """The name that is signed with."""
    sets: tuple[ValidatorSet, ...]
    """All validator sets, by ascending first height."""
    parameters: Parameters
    """The network's."""
    execute: Execute
    """What a block does to the ledger, and which rules of other chapters it is judged by."""
    choose: Choose
    """What it proposes."""

    @cached_property
    def address(self) -> EthereumAddress:
        """The account of its key."""
        return address_of(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A block that is in order, and where it leads."""

    block: Block
    """The block."""
    head: BlockHead
    """The block without its transactions."""
    ledger: Ledger
    """The state after it."""


Waiting = Proposal | Timeout | Vote | Certificate
"""Messages that may be about a block, or a view, that is not there yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """The state of a sequencer."""

    record: SafetyRecord
    """What survives a crash."""
    view: View
    """The view that it is in."""
    failures: int
    """Views given up since the last commit."""
    certified: Certificate
    """The newest certificate that it knows."""
    committed: Hash
    """Name of the newest committed block."""
    nodes: HashTrieMap[Hash, Node]
    """The blocks that it knows, with all their ancestors, by name."""
    proposals: HashTrieMap[tuple[View, EthereumAddress], Hash]
    """The first block of each leader in each view since the newest committed one."""
    votes: HashTrieMap[tuple[View, EthereumAddress], Vote]
    """The first vote of each sequencer in each view since then."""
    given_up: HashTrieMap[EthereumAddress, View]
    """The newest view that each sequencer gave up."""
    waiting: HashTrieMap[tuple[EthereumAddress, str], Waiting]
    """The last message of each sequencer and kind that cannot be taken yet."""
    fetched: HashTrieMap[tuple[EthereumAddress, Hash], Block]
    """
    Blocks whose ancestors are not there yet, by who gave them and their names. A name binds neither
    the transactions nor the proposer's signature, so a block serves its giver's messages alone.
    """
    accused: frozenset[EthereumAddress]
    """Who has been accused; once is enough."""


GENESIS_CERTIFICATE: Final = Certificate(block=GENESIS_NAME, height=Height(0), approvals=())
"""The certificate on the genesis block, which needs none."""


def execute_with(parameters: Parameters) -> Execute:
    """Judge blocks by the rules of chapter ledger and by no others."""
    return lambda ledger, block: extend(ledger, block, parameters)


def restarted(settings: Settings, record: SafetyRecord = GENESIS_RECORD) -> Replica:
    """
    Give the state of a sequencer that has its safety record and nothing else.

    It goes on in the first view in which it may still vote.

    Args:
        settings: Who it is.
        record: What it stored last; of a new sequencer, the record of genesis.

    Requirements:
        PAYY-CONSENSUS-015
    """
    ledger = genesis_ledger(settings.parameters)
    genesis = Node(block=GENESIS, head=head_of(GENESIS), ledger=ledger)
    return Replica(
        record=record,
        view=View(record.retired_view + 1),
        failures=0,
        certified=GENESIS_CERTIFICATE,
        committed=GENESIS_NAME,
        nodes=HashTrieMap({GENESIS_NAME: genesis}),
        proposals=HashTrieMap(),
        votes=HashTrieMap(),
        given_up=HashTrieMap(),
        waiting=HashTrieMap(),
        fetched=HashTrieMap(),
        accused=frozenset(),
    )
