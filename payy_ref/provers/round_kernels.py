"""
Kernels of rounds: which time a round has, and which round a time has.

Functions on integers. The engines read these very functions (`payy_ref.assurance.provers_lemmas`).
"""


def round_time(number: int, genesis_time: int, period: int) -> int:
    """
    Give the time of a round, in seconds.

    Args:
        number: From 1.
        genesis_time: Time of round 1.
        period: Seconds from one round to the next.

    Requirements:
        PAYY-PROVERS-003
    """
    return genesis_time + (number - 1) * period


def round_not_before(time: int, genesis_time: int, period: int) -> int:
    """
    Give the first round whose time is this one, in seconds, or later.

    Requirements:
        PAYY-PROVERS-003
    """
    return 1 + (max(0, time - genesis_time) + period - 1) // period
