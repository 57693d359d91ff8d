"""
The pacemaker: when a sequencer gives up waiting, and when it follows others into a view.

Nothing here touches safety. A view ends with a certificate, or when a quorum says that it waited
for too long. Each one counts, of every other one, only the newest view that it gave up.

Source: the exponential waiting times and the synchronizer's two thresholds are those of Bravo,
Chockler and Gotsman 2022, "Making Byzantine consensus live"; decision 0032.
"""

from collections.abc import Callable, Mapping
from typing import Final

from payy_ref.consensus.safety import View
from payy_ref.consensus.validators import ValidatorSet, is_quorum
from payy_ref.crypto.secp256k1 import EthereumAddress

NO_VIEW: Final = View(-1)
"""Below every view."""


def waiting_time(base: int, failures: int, doublings: int) -> int:
    """
    Tell how long a sequencer waits for a view to end.

    The time doubles with each view that failed since the last commit, up to a limit. A certificate
    does not reset it: if it did, a network that is slower than the shortest time would get one
    block certified now and then, and never three in a row.

    Args:
        base: The shortest time, in milliseconds.
        failures: Views given up since the last commit.
        doublings: How often the time doubles at most.

    Returns:
        Milliseconds.

    Requirements:
        PAYY-CONSENSUS-016
    """
    factor: int = 2 ** min(failures, doublings)
    return base * factor


def includes_honest(stake: int, total: int) -> bool:
    """
    Tell whether a weight is more than a third of the total, so that it is not all Byzantine.

    Requirements:
        PAYY-CONSENSUS-017
    """
    return 3 * stake > total


def view_given_up(
    given_up: Mapping[EthereumAddress, View],
    validators: ValidatorSet,
    *,
    is_enough: Callable[[int, int], bool] = is_quorum,
) -> View:
    """
    Give the newest view that enough members gave up, or a later one; -1 if there is none.

    Args:
        given_up: For each sequencer, the newest view that it gave up.
        validators: The members.
        is_enough: Judges a weight and the total.

    Requirements:
        PAYY-CONSENSUS-017
    """
    members = [
        (given_up[each.address], each.stake)
        for each in validators.validators
        if each.address in given_up
    ]
    weight = 0
    for view, stake in sorted(members, reverse=True):
        weight += stake
        if is_enough(weight, validators.total_stake):
            return view
    return NO_VIEW
