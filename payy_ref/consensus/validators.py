"""
Validator sets: who may sign at which height, and with what weight.

A set holds from its first height until the next set begins. Heights are those of L2 throughout.

Source: deployed `eth/contracts/rollup3/RollupV1.sol`, where every validator weighs the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payy_ref.crypto.secp256k1 import NO_ADDRESS, EthereumAddress
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.sequence import Height

STAKE_LIMIT: Final = 2**128
"""Stakes are below this, so that sums of them fit a word of L1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """A sequencer that may sign."""

    address: EthereumAddress
    """The account of its key."""
    stake: int
    """Its weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorSet:
    """Who may sign from a height on."""

    valid_from: Height
    """The first height of the set."""
    validators: tuple[Validator, ...]
    """Its members, in the order in which they lead."""

    @property
    def total_stake(self) -> int:
        """The weight of all together."""
        return sum(validator.stake for validator in self.validators)

    def stake_of(self, address: EthereumAddress) -> int:
        """Give the weight of an account; 0 if it is no member."""
        return sum(each.stake for each in self.validators if each.address == address)


def checked_validators(validators: Sequence[Validator]) -> tuple[Validator, ...]:
    """
    Admit the members of a set.

    Requirements:
        PAYY-SETTLEMENT-007

    Raises:
        SpecError: `VALIDATORS_EMPTY`, and for one member after the other `VALIDATOR_ADDRESS_ZERO`,
            `VALIDATOR_REPEATED`, `VALIDATOR_STAKE_OUT_OF_RANGE`.
    """
    # CHECK
    require(len(validators) > 0, ErrorCode.VALIDATORS_EMPTY)
    for index, validator in enumerate(validators):
        require(validator.address != NO_ADDRESS, ErrorCode.VALIDATOR_ADDRESS_ZERO)
        earlier = [each.address for each in validators[:index]]
        require(validator.address not in earlier, ErrorCode.VALIDATOR_REPEATED)
        has_weight = 0 < validator.stake < STAKE_LIMIT
        require(has_weight, ErrorCode.VALIDATOR_STAKE_OUT_OF_RANGE)

    return tuple(validators)


def set_at(sets: Sequence[ValidatorSet], height: int) -> ValidatorSet:
    """
    Find the set that holds at a height: the newest one that has begun.

    Args:
        sets: By ascending first height; the first one begins at height 0.

    Requirements:
        PAYY-SETTLEMENT-008
    """
    return next(each for each in reversed(sets) if each.valid_from <= height)


def is_quorum(stake: int, total: int) -> bool:
    """
    Tell whether a weight is strictly more than two thirds of the total.

    Any two quorums then share more than a third of it. With n equal weights it takes
    floor(2n/3) + 1 of them, as deployed.

    Requirements:
        PAYY-SETTLEMENT-011
    """
    return 3 * stake > 2 * total
