"""
Lemmas on rounds: their numbers and their times are inverse to each other, and neither falls.

Both functions are read from their source. That a number out of range is refused instead is tested.
"""

from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.obligations import Claim, lemma
from payy_ref.assurance.symbolic import Term, Translator
from payy_ref.provers.round_kernels import round_not_before, round_time

RANGE: Final = "time_of and round_at refuse what is no round, and answer as read here otherwise"
PERIODS: Final = "the period of a chain is positive (PAYY-PROVERS-002)"


def unknown_chain() -> tuple[Term, Term]:
    """Give the genesis time and the period of any chain."""
    genesis_time, period = z3.Ints("genesis_time period")
    return genesis_time, period


@lemma("PAYY-PROVERS-T01", assumptions=[RANGE, PERIODS])
def round_at_the_time_of_a_round(read: Translator) -> Claim:
    """The first round at or after the time of a round is this round."""
    chain, number = unknown_chain(), z3.Int("number")
    return Claim(
        hypotheses={"a period": chain[1] > 0, "a round": number >= 1},
        conclusion=read.call(round_not_before, read.call(round_time, number, *chain), *chain)
        == number,
    )


@lemma("PAYY-PROVERS-T01", assumptions=[RANGE, PERIODS])
def time_of_the_round_at_a_time(read: Translator) -> Claim:
    """It is a round that is not before the time, and the round before it, if there is one, is."""
    chain, time = unknown_chain(), z3.Int("time")
    found = read.call(round_not_before, time, *chain)
    return Claim(
        hypotheses={"a period": chain[1] > 0},
        conclusion=z3.And(
            found >= 1,
            read.call(round_time, found, *chain) >= time,
            z3.Or(found == 1, read.call(round_time, found - 1, *chain) < time),
        ),
    )


@lemma("PAYY-PROVERS-T01", assumptions=[RANGE, PERIODS])
def later_rounds_are_later(read: Translator) -> Claim:
    """A greater number has a later time."""
    chain = unknown_chain()
    earlier, later = z3.Ints("earlier later")
    return Claim(
        hypotheses={"a period": chain[1] > 0, "a greater number": earlier < later},
        conclusion=read.call(round_time, earlier, *chain) < read.call(round_time, later, *chain),
    )


@lemma("PAYY-PROVERS-T01", assumptions=[RANGE, PERIODS])
def rounds_do_not_fall(read: Translator) -> Claim:
    """
    A later time has no lesser round.

    Of the two rounds only what `time_of_the_round_at_a_time` says is needed.
    """
    chain = unknown_chain()
    times, rounds = z3.Ints("time later_time"), z3.Ints("round round_of_later")
    return Claim(
        hypotheses={
            "a period": chain[1] > 0,
            "no earlier time": times[0] <= times[1],
            "a round": rounds[1] >= 1,
            "the first one": z3.Or(
                rounds[0] == 1, read.call(round_time, rounds[0] - 1, *chain) < times[0]
            ),
            "one that is not before": read.call(round_time, rounds[1], *chain) >= times[1],
        },
        conclusion=rounds[0] <= rounds[1],
    )
