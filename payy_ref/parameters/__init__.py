"""
Presets: the numbers in which one network differs from another.

No rule depends on which preset is loaded except through these parameters (decision 0010). This is
the one place below the tools that reads a file: the TOML that is packaged beside it.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from payy_ref.errors import SpecError
from payy_ref.merkle.path import Depth, checked_depth

LONGEST_MESSAGE: Final = 5
"""Words of a burn, the longest message that a transaction has for L1."""

PAYMENTS_PER_TRANSACTION: Final = 3
"""Whom a transaction can pay: the holders of two outputs, and the recipient of a burn."""


class Preset(StrEnum):
    """The networks that are specified."""

    MAINNET = "mainnet"
    """The deployed rollup."""
    MINIMAL = "minimal"
    """The same rules, small."""


class ParameterError(ValueError):
    """A preset file does not say exactly what a preset must say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of one network."""

    network_name: str
    """Prefix of every signed message; keeps signatures of one network off another."""
    tree_depth: Depth
    """Hashings from a leaf to the root of the note tree."""
    block_groups: int
    """Groups of transactions that are proved apart and then joined."""
    group_transactions: int
    """Transactions of a group."""
    block_message_words: int
    """Field elements of a block's public message area."""
    consensus_timeout_milliseconds: int
    """How long a sequencer waits for a view to end, at least."""
    consensus_timeout_doublings: int
    """How often that time doubles at most when views fail."""
    consensus_reply_blocks: int
    """Blocks that go into one answer to a request for blocks."""
    settlement_names_deployment: bool
    """Whether the signed name also says which contract on which chain settles."""
    settlement_future_blocks: int
    """Blocks after the last settled one in which a validator set may begin at most."""
    bridge_cancel_seconds: int
    """Seconds after which a deposit that no block took can be cancelled."""
    queue_due_seconds: int
    """Seconds after which a block settles only with the entry."""
    queue_overdue_seconds: int
    """Seconds after which anyone may settle the entry in a block of its own."""
    queue_freeze_seconds: int
    """Seconds after which anyone may freeze the rollup."""
    queue_service_seconds: int
    """Seconds in which the sequencers have to serve one entry of a long queue."""
    queue_call_gas: int
    """The most gas of a queued call."""
    queue_call_bytes: int
    """The most data of a queued call."""
    finality_ratio_numerator: int
    """Part of the slashable stake that one payment may put at risk: above the line."""
    finality_ratio_denominator: int
    """Below the line."""
    finality_large_value: int
    """Above this a value is large, in the smallest unit of the stake."""

    @property
    def block_transactions(self) -> int:
        """Transactions of a block, padding included."""
        return self.block_groups * self.group_transactions


_KEYS = {
    "network_name": ("network_name",),
    "tree_depth": ("tree", "depth"),
    "block_groups": ("block", "groups"),
    "group_transactions": ("block", "transactions_per_group"),
    "block_message_words": ("block", "message_words"),
    "consensus_timeout_milliseconds": ("consensus", "timeout_milliseconds"),
    "consensus_timeout_doublings": ("consensus", "timeout_doublings"),
    "consensus_reply_blocks": ("consensus", "reply_blocks"),
    "settlement_names_deployment": ("settlement", "names_deployment"),
    "settlement_future_blocks": ("settlement", "future_blocks"),
    "bridge_cancel_seconds": ("bridge", "cancel_seconds"),
    "queue_due_seconds": ("queue", "due_seconds"),
    "queue_overdue_seconds": ("queue", "overdue_seconds"),
    "queue_freeze_seconds": ("queue", "freeze_seconds"),
    "queue_service_seconds": ("queue", "service_seconds"),
    "queue_call_gas": ("queue", "call_gas"),
    "queue_call_bytes": ("queue", "call_bytes"),
    "finality_ratio_numerator": ("finality", "ratio_numerator"),
    "finality_ratio_denominator": ("finality", "ratio_denominator"),
    "finality_large_value": ("finality", "large_value"),
}


def parse_parameters(text: str) -> Parameters:
    """
    Read a preset.

    Requirements:
        PAYY-FINALITY-006

    Raises:
        ParameterError: not TOML; a key is missing, unknown, of another type or not positive; the
            message area cannot hold the messages of a block of burns; the stages of the queue are
            out of order, or a deposit can be cancelled before its mint can be forced; the payments
            of a block can put more than the slashable stake at risk.
    """
    try:
        document = _flat(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ParameterError(f"not TOML: {error}") from error

    unknown = document.keys() - set(_KEYS.values())
    missing = set(_KEYS.values()) - document.keys()
    if unknown or missing:
        raise ParameterError(
            f"unknown keys {sorted(map('.'.join, unknown))}, "
            f"missing keys {sorted(map('.'.join, missing))}"
        )
    values = {name: document[key] for name, key in _KEYS.items()}
    for name, value in values.items():
        if name == "network_name":
            if not (isinstance(value, str) and value and value.isascii()):
                raise ParameterError("network_name must be ASCII text that is not empty")
        elif name == "settlement_names_deployment":
            if not isinstance(value, bool):
                raise ParameterError("settlement.names_deployment must be true or false")
        elif type(value) is not int or value < 1:
            raise ParameterError(f"{'.'.join(_KEYS[name])} must be a positive integer")
    try:
        checked_depth(values["tree_depth"])
    except SpecError as error:
        raise ParameterError(f"tree.depth: {error}") from error
    parameters = Parameters(**values)
    if parameters.block_message_words < LONGEST_MESSAGE * parameters.block_transactions:
        raise ParameterError("block.message_words cannot hold a burn at every place")
    stages = (
        parameters.queue_due_seconds,
        parameters.queue_overdue_seconds,
        parameters.queue_freeze_seconds,
    )
    if not stages[0] < stages[1] < stages[2]:
        raise ParameterError("queue: an entry is due first, then overdue, then a reason to freeze")
    if parameters.bridge_cancel_seconds <= parameters.queue_overdue_seconds:
        raise ParameterError("bridge: a queued mint can be forced before its deposit is cancelled")
    payments = PAYMENTS_PER_TRANSACTION * parameters.block_transactions
    if parameters.finality_ratio_numerator * payments > parameters.finality_ratio_denominator:
        raise ParameterError("finality: the ratio leaves no room for every payment of a block")
    return parameters


@cache
def load_preset(preset: Preset) -> Parameters:
    """
    Load one of the packaged presets.

    Raises:
        ParameterError: as `parse_parameters`.
    """
    return parse_parameters(files(__package__).joinpath(f"{preset}.toml").read_text("utf-8"))


def _flat(document: dict[str, Any], prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    flat: dict[tuple[str, ...], Any] = {}
    for key, value in document.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, (*prefix, key))
        else:
            flat[(*prefix, key)] = value
    return flat
