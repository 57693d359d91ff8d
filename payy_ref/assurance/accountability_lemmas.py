"""
Lemmas on evidence: nobody honest can be framed, and a conflict shows who is guilty.

What breaks a lock is read from `breaks_lock`. The two other offences, two votes and two proposals
in one view, are stated here as `is_offence` has them; a test compares the two for small views.

* T04: no two votes of an honest sequencer are evidence. That is an invariant of the steps of
  `payy_ref.assurance.consensus_lemmas`, together with what it rests on.
* T11: nothing is assumed of how many break the rules. Suppose that no two certified blocks are such
  that votes for both are evidence. Then two committed blocks are not in conflict, by the same
  steps as agreement: one certificate a view, everything newer descends, committed blocks are in
  line. So if they are in conflict, there are two certified blocks such that votes for both are
  evidence, and whoever is in both quorums has voted for both: more than a third of the stake.

The evidence of a conflict is found thus. Let a three-chain commit b0, with b1 and b2 behind it, and
take the certified block of least view, not older than b0, that does not descend from b0. If it has
the view of one of the three, both have a certificate in one view. Otherwise it is newer than b2.
Its parent is certified. If the parent is older than b0, votes for b2 and for this block break the
lock. If it is not, it descends from b0, being of a lower view, and so does the block.
"""

from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.consensus_lemmas import (
    ALWAYS,
    ASSUMED_OF_STEPS,
    BLOCK,
    FIRST,
    NAMES,
    SECOND,
    SEQUENCER,
    SOMEBODY,
    THIRD,
    VIEW_BY_VIEW,
    VIEWS,
    State,
    StepMaker,
    all_blocks_descend_from_genesis,
    ancestors_of_ancestors_are_ancestors,
    ancestors_of_one_block_are_in_line,
    b4_committed_blocks_are_in_line,
    descends,
    descent,
    genesis,
    has_voted,
    is_certified,
    kept,
    lock_is_real,
    lock_is_retired,
    one_certificate,
    parent_has_certificate,
    parent_of,
    three_chain,
    view_of,
    views_ascend,
    votes_are_retired,
    votes_imply_locks,
)
from payy_ref.assurance.obligations import Claim, Statement, lemma, lemma_by_case
from payy_ref.assurance.settlement_lemmas import SUMS
from payy_ref.assurance.symbolic import Term, Translator, conjunction
from payy_ref.consensus.safety import breaks_lock
from payy_ref.consensus.validators import is_quorum

NO_PREIMAGE: Final = "no block has the name that genesis gives for its parent, 32 zero bytes"
UNFORGED: Final = "nobody makes a signature of an honest sequencer"
PROPOSING: Final = (
    "an honest leader votes for what it proposes, in the same step, and keeps the record before "
    "the proposal leaves (PAYY-CONSENSUS-018, PAYY-CONSENSUS-019)"
)
KINDS: Final = "is_offence says of views what is said here; compared for small views"
SIGNED: Final = (
    "a certificate has a valid signature of each of its members, whose stakes are a quorum "
    "(PAYY-CONSENSUS-004), so who is in two certificates has signed for both blocks"
)
ONE_SET: Final = (
    "the two certificates are of one validator set; if they are of two, it is more than a third of "
    "the first set less what was exchanged, as proved"
)
JUDGED: Final = (
    "who says that a block is committed has judged it and all blocks behind it and below it, down "
    "to genesis; so each of them but genesis carries a certificate on its parent "
    "(PAYY-CONSENSUS-004, PAYY-CONSENSUS-005)"
)
KNOWN: Final = "the blocks of both chains are shown to whoever judges"


# Evidence


def is_one_view(view: Term, other: Term) -> Term:
    """Say that two votes, or two proposals, are of one view in which somebody could be asked."""
    return conjunction([view == other, view > 0])


def shows_offence(read: Translator, first: Term, second: Term) -> Term:
    """
    Say that votes for these blocks are evidence, with the blocks in this order.

    A block on genesis has no grandparent to show, so votes for it and a later one are no evidence
    of a broken lock.
    """
    view, later_view = view_of(first), view_of(second)
    locked_view, parent_view = view_of(parent_of(parent_of(first))), view_of(parent_of(second))
    breaks = read.call(breaks_lock, view, locked_view, later_view, parent_view)
    is_broken = z3.And(parent_of(first) != genesis, breaks)
    return z3.And(first != second, z3.Or(is_one_view(view, later_view), is_broken))


# Nobody honest can be framed


@lemma_by_case(
    ALWAYS,
    "PAYY-CONSENSUS-T04",
    assumptions=[*ASSUMED_OF_STEPS, NO_PREIMAGE, UNFORGED, KINDS],
)
def votes_of_the_honest_are_no_evidence(read: Translator, case: StepMaker) -> Claim:
    """
    No two votes that an honest sequencer ever made are evidence, in either order.

    With it, what makes it so: the lock is that of a block, is retired, and is not older than the
    grandparent of any block with a vote; the views of votes are retired.
    """

    def nobody_is_framed(state: State) -> Term:
        both = z3.And(state.has_voted(SOMEBODY, FIRST), state.has_voted(SOMEBODY, SECOND))
        pairs = ((FIRST, SECOND), (SECOND, FIRST))
        is_shown = z3.Or(*(shows_offence(read, *pair) for pair in pairs))
        return z3.And(
            z3.Implies(both, z3.Not(is_shown)),
            lock_is_real(state),
            lock_is_retired(state),
            votes_are_retired(state),
            votes_imply_locks(state),
        )

    return kept(read, case, nobody_is_framed)


@lemma("PAYY-CONSENSUS-T04", assumptions=[PROPOSING, NAMES, UNFORGED, KINDS])
def proposals_of_the_honest_are_no_evidence(read: Translator) -> Claim:
    """No two proposals that an honest leader ever made are of one view."""
    has_proposed = z3.Function("has_proposed", SEQUENCER, BLOCK, z3.BoolSort())
    both = (FIRST, SECOND)
    votes = [has_voted(SOMEBODY, block) for block in both]
    return Claim(
        hypotheses={
            "it proposed both": z3.And(*(has_proposed(SOMEBODY, block) for block in both)),
            "the blocks differ": FIRST != SECOND,
            "it votes for what it proposes": z3.And(
                *(
                    z3.Implies(has_proposed(SOMEBODY, block), vote)
                    for block, vote in zip(both, votes, strict=True)
                )
            ),
            "its votes are no evidence": z3.Implies(
                z3.And(*votes), z3.Not(shows_offence(read, *both))
            ),
        },
        conclusion=z3.Not(is_one_view(view_of(FIRST), view_of(SECOND))),
    )


@lemma("PAYY-CONSENSUS-T04", "PAYY-CONSENSUS-T11")
def offences_are_told_apart(read: Translator) -> Claim:
    """
    A broken lock shows in votes of two views, the later one in the higher view.

    So the views tell in which order they were made, and two votes show one offence at most.
    """
    view, locked_view, later_view, parent_view = z3.Ints("view locked_view later_view parent_view")
    return Claim(
        hypotheses={
            "the lock is broken": read.call(breaks_lock, view, locked_view, later_view, parent_view)
        },
        conclusion=z3.And(view < later_view, parent_view < locked_view),
    )


# Accountable safety: who is in both quorums


@lemma("PAYY-CONSENSUS-T11", assumptions=[SUMS, SIGNED, ONE_SET])
def more_than_a_third_is_guilty(read: Translator) -> Claim:
    """If all members of both of two quorums are guilty, the guilty weigh more than a third."""
    names = ("first_alone", "second_alone", "both", "neither")
    guilty, others = ([z3.Int(f"{who}_{name}") for name in names] for who in ("guilty", "others"))
    first_alone, second_alone, both, _ = (a + b for a, b in zip(guilty, others, strict=True))
    total = sum(guilty) + sum(others)
    return Claim(
        hypotheses={
            "nobody weighs less than nothing": z3.And(*(w >= 0 for w in (*guilty, *others))),
            "the first is a quorum": read.call(is_quorum, first_alone + both, total),
            "the second is a quorum": read.call(is_quorum, second_alone + both, total),
            "who is in both is guilty": others[2] == 0,
        },
        conclusion=3 * sum(guilty) > total,
    )


@lemma("PAYY-CONSENSUS-T11", assumptions=[SUMS, SIGNED])
def almost_a_third_is_guilty_across_sets(read: Translator) -> Claim:
    """
    The same of quorums of two sets, by the stakes in the first set.

    If a part d of the stake is exchanged, the guilty weigh more than a third less d.
    """
    names = ("first_alone", "second_alone", "both", "neither")
    old, leaving, coming = (
        {name: z3.Int(f"{name}_{what}") for name in names} for what in ("old", "leaving", "coming")
    )
    new = {name: old[name] - leaving[name] + coming[name] for name in names}
    before, after = sum(old.values()), sum(new.values())
    lost, gained = sum(leaving.values()), sum(coming.values())
    weights = (*old.values(), *new.values(), *leaving.values(), *coming.values())
    return Claim(
        hypotheses={
            "nobody weighs less than nothing": z3.And(*(weight >= 0 for weight in weights)),
            "the first is a quorum": read.call(is_quorum, old["first_alone"] + old["both"], before),
            "the second is a quorum": read.call(
                is_quorum, new["second_alone"] + new["both"], after
            ),
        },
        conclusion=3 * old["both"] + 2 * lost + gained > before,
    )


@lemma("PAYY-CONSENSUS-T11", assumptions=[SUMS])
def quorum_has_an_honest_member(read: Translator) -> Claim:
    """
    As long as no more than two thirds break the rules, a quorum has an honest member.

    It has judged the block. So certificates alone then show that the parent is certified and that
    views ascend; above two thirds, somebody has to judge all blocks.
    """
    honest, faulty, honest_others, faulty_others = z3.Ints("honest faulty honest_rest faulty_rest")
    total = honest + faulty + honest_others + faulty_others
    weights = (honest, faulty, honest_others, faulty_others)
    return Claim(
        hypotheses={
            "nobody weighs less than nothing": z3.And(*(weight >= 0 for weight in weights)),
            "at most two thirds break the rules": 3 * (faulty + faulty_others) <= 2 * total,
            "it is a quorum": read.call(is_quorum, honest + faulty, total),
        },
        conclusion=honest > 0,
    )


# Accountable safety: chains. Suppose that no two certified blocks show an offence.


def shows_nothing(read: Translator, first: Term, second: Term) -> Term:
    """Say that if both blocks have certificates, with signatures, votes for both are in order."""
    is_signed = [z3.And(is_certified(block), block != genesis) for block in (first, second)]
    return z3.Implies(z3.And(*is_signed), z3.Not(shows_offence(read, first, second)))


@lemma("PAYY-CONSENSUS-T11", assumptions=[SIGNED, JUDGED, KNOWN, KINDS, VIEWS])
def two_certificates_in_a_view_show_an_offence(read: Translator) -> Claim:
    """Two certified blocks of one view are one, or votes for both are evidence."""
    return Claim(
        hypotheses={
            "no evidence": shows_nothing(read, FIRST, SECOND),
            "views ascend": z3.And(views_ascend(FIRST), views_ascend(SECOND)),
        },
        conclusion=one_certificate(FIRST, SECOND),
    )


@lemma("PAYY-CONSENSUS-T11", assumptions=[JUDGED, NAMES, VIEWS])
def other_block_in_the_three_views_is_a_second_one(read: Translator) -> Claim:
    """
    A certified block in the views of a three-chain descends from its first block.

    If not, it is the second block with a certificate in one of the three views.
    """
    other = z3.Const("other", BLOCK)
    chain = (FIRST, SECOND, THIRD)
    return Claim(
        hypotheses={
            "the first is committed": three_chain(read, *chain),
            "the other is certified": is_certified(other),
            "it is not older than the first": view_of(FIRST) <= view_of(other),
            "it is not newer than the third": view_of(other) <= view_of(THIRD),
            "one certificate a view": z3.And(*(one_certificate(other, each) for each in chain)),
            "parents are certified": z3.And(
                parent_has_certificate(SECOND), parent_has_certificate(THIRD)
            ),
            "views ascend": z3.And(*(views_ascend(each) for each in chain)),
            "meaning of descent": z3.And(*(descent(FIRST, each) for each in chain)),
        },
        conclusion=descends(FIRST, other),
    )


@lemma(
    "PAYY-CONSENSUS-T11",
    assumptions=[SIGNED, JUDGED, KNOWN, KINDS, NAMES, VIEWS, VIEW_BY_VIEW],
)
def newer_block_beside_shows_a_broken_lock(read: Translator) -> Claim:
    """
    A certified block that is newer than a three-chain descends from its first block.

    If not, and all of lower views do, its parent is older than the first block, so votes for the
    third block and for this one are evidence.
    """
    other = z3.Const("other", BLOCK)
    parent, chain = parent_of(other), (FIRST, SECOND, THIRD)
    is_between = z3.And(view_of(FIRST) <= view_of(parent), view_of(parent) < view_of(other))
    return Claim(
        hypotheses={
            "the first is committed": three_chain(read, *chain),
            "the other is certified": is_certified(other),
            "it is newer than the third": view_of(THIRD) < view_of(other),
            "no evidence": shows_nothing(read, THIRD, other),
            "the parent is certified": parent_has_certificate(other),
            "views ascend": z3.And(*(views_ascend(each) for each in (*chain, other))),
            "meaning of descent": descent(FIRST, other),
            "induction": z3.Implies(
                z3.And(is_certified(parent), is_between), descends(FIRST, parent)
            ),
        },
        conclusion=descends(FIRST, other),
    )


SHARED: Final = {
    "all_descend_from_genesis": all_blocks_descend_from_genesis,
    "descent_is_transitive": ancestors_of_ancestors_are_ancestors,
    "ancestors_are_in_line": ancestors_of_one_block_are_in_line,
    "committed_blocks_are_in_line": b4_committed_blocks_are_in_line,
}
"""What agreement shows too; nothing of it is about who is honest."""


@lemma_by_case(SHARED, "PAYY-CONSENSUS-T11", assumptions=[JUDGED, NAMES, VIEWS, VIEW_BY_VIEW])
def as_in_agreement(read: Translator, case: Statement) -> Claim:
    """
    Two committed blocks are in line, by what the lemmas above say of certified blocks.

    That is the end of the argument: either block may be the newer one, and genesis is in conflict
    with none. The three other lemmas are what it takes for granted of descent.
    """
    return case(read)
