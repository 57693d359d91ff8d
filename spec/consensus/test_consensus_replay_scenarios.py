"""Scenarios of a whole sequencer: what it does, event by event."""

from dataclasses import replace
from typing import Any, Final

import pytest

from payy_ref.consensus.commit import approval_message
from payy_ref.consensus.messages import (
    BlockReply,
    BlockRequest,
    Certificate,
    Message,
    Proposal,
    Timeout,
    Vote,
)
from payy_ref.consensus.proposal import head_of
from payy_ref.consensus.safety import View
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Block, Hash, Height, Signature
from payy_ref.testing.consensus_history import (
    Committee,
    SmallNetwork,
    equal_set,
    proposals_in,
    secret,
    small_network,
)
from payy_ref.testing.settlement_history import NETWORK, Signer, certificate, signers
from payy_ref.vectors.model import case_bytes
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.consensus.consensus_cases import (
    COMMITTEE,
    EXECUTE,
    FORM,
    KEYS,
    MINTS,
    PARAMETERS,
    STRANGERS,
    Story,
    blocks,
    committed_in,
    not_counting,
    record,
    rules,
    said,
    weighed,
)
from spec.ledger.ledger_cases import MAINNET, MINIMAL, json_of, with_field_missing

TOLD: Final = blocks(*range(1, 11))[::-1]
"""A chain of blocks of the first ten views, by height."""

BESIDE: Final = blocks(5, 6, 7, 8, transactions=MINTS[:1])[::-1]
"""Another chain on genesis, of the views 5 to 8, by height."""


def name(block: Block) -> Hash:
    """Name a block."""
    return head_of(block).name


def certified(
    block: Block, keys: tuple[Signer, ...] | None = None, committee: Committee = COMMITTEE
) -> Certificate:
    """Give a certificate on a block."""
    return committee.certificate(head_of(block), keys)


def reply(*heights: int) -> BlockReply:
    """Send blocks of the chain."""
    return BlockReply(blocks=tuple(TOLD[height] for height in heights))


# Networks


def told_by(
    vector: VectorWriter,
    network: SmallNetwork,
    place: int,
    slug: str,
    committee: Committee,
    preset: str = MINIMAL,
    **what: Any,
) -> Any:
    """Record what happened to one sequencer of a network."""
    key = committee.keys[place]
    output = vector.accepts(
        f"consensus-replay-{slug}-{preset}",
        "consensus/replay",
        preset=preset,
        key=secret(key),
        network_name=committee.network_name,
        validator_sets=committee.sets,
        pending=what.pop("pending", ()),
        steps=tuple(network.events[key.address]),
        **what,
    )
    assert list(output["effects"]) == network.effects[key.address]
    return output


@pytest.mark.parametrize("preset", [MINIMAL, MAINNET])
def test_network_without_faults(vector: VectorWriter, preset: str) -> None:
    """
    Block after block is committed.

    Given four sequencers and a network that delivers everything in the order of sending, when they
    begin, then each view has a block, and from the third on each commits one.
    """
    network = small_network(COMMITTEE, PARAMETERS[preset], EXECUTE[preset], pending=MINTS[:5])
    network.start()
    network.deliver_all(until=lambda: network.view > 6)
    for place in range(4) if preset == MINIMAL else (1,):
        output = told_by(
            vector,
            network,
            place,
            f"network-without-faults-{place}",
            COMMITTEE,
            preset,
            pending=MINTS[:5],
            description=f"Sequencer {place} of four; everything arrives.",
            requirements=rules(1, 2, 11, 15, 16, 17, 18, 19, 20, 23),
            flags=["COLLECTORS", "COMMIT_RULE", "TOO_STRICT"],
        )
        assert output["failures"] == 0
        assert len(committed_in(output["effects"])) >= 3
        ledger = network.replicas[KEYS[place].address].nodes[output["committed"]].ledger
        assert ledger.height >= 3
        assert len(tuple(ledger.tree)) == min(5, PARAMETERS[preset].block_transactions * 3)


def test_network_with_a_silent_leader(vector: VectorWriter) -> None:
    """
    A view without a block ends when its time does.

    Given four sequencers of which one is silent, when the time of its view ends for the others,
    then they go on with the next leader, and later blocks are committed.
    """
    network = small_network(COMMITTEE, PARAMETERS[MINIMAL], EXECUTE[MINIMAL], without=(2,))
    network.start()
    while network.view < 11:
        network.deliver_all(until=lambda: network.view >= 11)
        for who in network.settings:
            network.expire(who)
    for place in (0, 1, 3):
        output = told_by(
            vector,
            network,
            place,
            f"network-with-a-silent-leader-{place}",
            COMMITTEE,
            description=f"Sequencer {place} of four; sequencer 2 is silent.",
            requirements=rules(16, 17, 19, 20, 21, 23),
            flags=["PACEMAKER", "COLLECTORS"],
        )
        assert len(committed_in(output["effects"])) >= 2


def test_network_of_other_stakes(vector: VectorWriter) -> None:
    """
    Votes are counted by stake.

    Given sequencers of which one has half of the stake, when the lightest is silent, then blocks
    are committed.
    """
    committee = weighed(3, 1, 1, 1)
    network = small_network(committee, PARAMETERS[MINIMAL], EXECUTE[MINIMAL], without=(3,))
    network.start()
    while network.view < 11:
        network.deliver_all(until=lambda: network.view >= 11)
        for who in network.settings:
            network.expire(who)
    for place in (0, 1):
        output = told_by(
            vector,
            network,
            place,
            f"network-of-other-stakes-{place}",
            committee,
            description=f"Sequencer {place} of four that weigh 3, 1, 1 and 1; the last is silent.",
            requirements=rules(17, 20, 21, 23),
            flags=["QUORUM", "PACEMAKER"],
        )
        assert len(committed_in(output["effects"])) >= 2


def test_network_whose_set_changes(vector: VectorWriter) -> None:
    """
    From its height on the new set leads and votes.

    Given a set that begins at height 3 and exchanges one of four members, when blocks are appended,
    then the new member votes and leads, and blocks on both sides are committed.
    """
    keys = signers(5, "changing")
    committee = Committee(keys=keys, sets=(equal_set(keys[:4]), equal_set(keys[1:], 3)))
    network = small_network(committee, PARAMETERS[MINIMAL], EXECUTE[MINIMAL])
    network.start()
    while network.view < 8:
        network.deliver_all(until=lambda: network.view >= 8)
        if network.view < 8:
            for who in network.settings:
                network.expire(who)
    for place in (0, 1, 4):
        output = told_by(
            vector,
            network,
            place,
            f"network-whose-set-changes-{place}",
            committee,
            description=f"Sequencer {place} of five; 0 leaves and 4 joins at height 3.",
            requirements=[*rules(2, 4, 17, 19, 20), "PAYY-SETTLEMENT-008"],
            flags=["SET_AT_HEIGHT", "LEADER_TURN"],
        )
        assert len(committed_in(output["effects"])) >= 2
    leading = {
        committee.key_of(who).address: [
            block.header.height for each in network.effects[who] for block in proposals_in(each)
        ]
        for who in network.settings
    }
    assert min(leading[keys[4].address]) >= 3


def test_sequencer_alone(vector: VectorWriter) -> None:
    """
    One sequencer is a network.

    Given a set of one, when its messages to itself arrive, then it commits.
    """
    keys = signers(1)
    story = Story(place=0, committee=Committee(keys=keys, sets=(equal_set(keys),)))
    assert story.start() == [
        "store 1 0",
        "view 1 for 1000",
        "Proposal to all",
        "Vote to 0",
    ]
    for view in range(1, 5):
        (vote,) = [each for effect in story.effects[-1] if (each := _vote_in(effect)) is not None]
        done = story.get(0, vote)
        assert "Vote to 0" in done
        assert f"view {view + 1} for 1000" in done
        assert any(each.startswith("commit") for each in done) == (view >= 3)
    story.told(
        vector,
        "sequencer-alone",
        description="A sequencer alone gets its own votes.",
        requirements=rules(2, 19, 20, 23),
        flags=["COLLECTORS", "QUORUM"],
    )


def _vote_in(effect: object) -> Vote | None:
    """Give the vote that is sent."""
    message = getattr(effect, "message", None)
    return message if isinstance(message, Vote) else None


# Views


def test_waiting_times(vector: VectorWriter) -> None:
    """
    The time doubles with each failed view, up to a limit, until a commit.

    Given a sequencer whose views fail one after the other, when they do, then each time is twice
    the one before, at most 16 times the shortest; certificates do not set it back, a commit does.
    """
    story = Story(place=0)
    assert story.start() == ["view 1 for 1000"]
    for view, time in enumerate((1000, 2000, 4000, 8000, 16000, 16000, 16000, 16000), 1):
        retired = [] if view in (4, 8) else [f"store {view} 0"]
        again = [*retired, "Timeout to all", f"view {view} for {time}"]
        assert story.expire(view) == again
        doubled = min(2 * time, 16000)
        leads = ["Proposal to all", "Vote to 1", "Vote to 2"] if view in (3, 7) else []
        left = [f"store {view + 1} 0"] if leads else []
        assert story.give_up(view, 1, 2) == [*left, f"view {view + 1} for {doubled}", *leads]
    late = blocks(9, 10, 11)[::-1]
    assert story.propose(late[1]) == ["store 9 0", "Vote to 2", "Vote to 3"]
    assert "view 10 for 16000" in story.propose(late[2])
    assert "view 11 for 16000" in story.propose(late[3])
    assert story.get(1, certified(late[3])) == [
        "store 12 10",
        "commit 1",
        "view 12 for 1000",
        "Proposal to all",
        "Vote to 1",
        "Vote to 2",
    ]
    output = story.told(
        vector,
        "waiting-times",
        description="Eight views fail, then three blocks in a row are certified.",
        requirements=rules(16, 17, 19, 21, 23),
        flags=["PACEMAKER"],
    )
    assert output["failures"] == 0


def test_leaving_views(vector: VectorWriter) -> None:
    """
    A quorum of timeouts ends a view; more than a third is followed.

    Given timeouts of others, when more than a third of the stake gave a view up, then the sequencer
    gives it up too; when a quorum did, then it enters the next view.
    """
    what: dict[str, Any] = {"requirements": rules(16, 17, 21), "flags": ["PACEMAKER"]}
    followed = ["store 1 0", "Timeout to all", "view 1 for 1000", "view 2 for 2000"]
    cases: dict[str, tuple[list[tuple[int, tuple[int, ...]]], list[str], int]] = {
        "one-alone": ([(1, (1,))], [], 1),
        "one-three-times": ([(1, (1, 1, 1))], [], 1),
        "two-are-followed-and-a-quorum": ([(1, (1, 2))], followed, 2),
        "of-different-views": (
            [(1, (1,)), (5, (2,))],
            followed,
            2,
        ),
        "of-a-later-view": (
            [(5, (1, 2))],
            ["store 5 0", "Timeout to all", "view 5 for 1000", "view 6 for 2000"],
            6,
        ),
        "of-an-older-view-after-a-newer": ([(5, (1,)), (1, (1,)), (1, (2,))], followed, 2),
        "of-a-view-that-is-over": ([(0, (1, 2, 3))], [], 1),
        "of-the-greatest-view-alone": ([(2**64 - 1, (1,))], [], 1),
    }
    for slug, (given, expected, view) in cases.items():
        story = Story(place=0)
        story.start()
        done: list[str] = []
        for each, senders in given:
            done += story.give_up(each, *senders)
        assert done == expected, slug
        output = story.told(
            vector,
            f"timeouts-{slug}",
            description=f"Others gave views up: {said(slug)}.",
            **what,
        )
        assert output["view"] == view
    own = Story(place=0)
    own.start()
    assert own.expire(1) == ["store 1 0", "Timeout to all", "view 1 for 1000"]
    assert own.expire(1) == ["Timeout to all", "view 1 for 1000"]
    assert own.give_up(1, 1) == []
    assert own.expire(2) == []
    assert own.give_up(1, 2) == ["view 2 for 2000"]
    assert own.expire(1) == []
    own.told(
        vector,
        "timeouts-own-again-and-of-other-views",
        description="The own time ends twice, and times of other views end.",
        **what,
    )


def test_stakes_of_timeouts(vector: VectorWriter) -> None:
    """
    More than a third, and more than two thirds, of the stake.

    Given sequencers of other weights, when exactly a third or two thirds gave a view up, then
    nothing happens; when it is more, then it does.
    """
    committee = weighed(1, 2, 3, 3)
    story = Story(place=0, committee=committee)
    story.start()
    assert story.give_up(1, 2) == []
    assert story.give_up(1, 1) == ["store 1 0", "Timeout to all", "view 1 for 1000"]
    assert story.give_up(1, 3) == ["view 2 for 2000"]
    assert story.give_up(2, 2, 3) == [
        "store 2 0",
        "Timeout to all",
        "view 2 for 2000",
        "view 3 for 4000",
    ]
    story.told(
        vector,
        "timeouts-of-stake",
        description="Sequencers of 1, 2, 3 and 3 give views up.",
        requirements=rules(17),
        flags=["PACEMAKER", "QUORUM"],
    )
    exact = Story(place=0, committee=weighed(2, 1, 1, 2))
    exact.start()
    assert exact.give_up(1, 3) == []
    assert exact.expire(1) == ["store 1 0", "Timeout to all", "view 1 for 1000"]
    assert exact.give_up(1, 1) == ["view 2 for 2000"]
    exact.told(
        vector,
        "timeouts-of-exactly-two-thirds",
        description="Sequencers of 2, 1, 1 and 2 give a view up; two thirds are too little.",
        requirements=rules(17),
        flags=["PACEMAKER", "QUORUM"],
    )


# Forks and locks


def test_fork_and_lock(vector: VectorWriter) -> None:
    """
    The lock is kept against an old branch, and given up for a newer certificate.

    Given a sequencer that is locked on a block, when a branch beside it is proposed, then it votes
    for its second block, whose certificate is newer, and not for the first.
    """
    story = Story(place=0)
    story.start()
    assert story.propose(TOLD[1]) == ["store 1 0", "Vote to 2", "Vote to 3"]
    assert story.propose(TOLD[2]) == ["store 2 0", "view 2 for 1000", "Vote to 3", "Vote to 0"]
    assert story.propose(TOLD[3]) == ["store 3 1", "view 3 for 1000", "Vote to 0", "Vote to 1"]
    assert story.expire(3) == ["Timeout to all", "view 3 for 1000"]
    leads = ["store 4 1", "view 4 for 2000", "Proposal to all", "Vote to 1", "Vote to 2"]
    assert story.give_up(3, 1, 2, block=TOLD[2]) == leads
    story.expire(4)
    assert story.give_up(4, 1, 2) == ["view 5 for 4000"]
    assert story.propose(BESIDE[1]) == ["LOCK_CONFLICT"]
    assert story.propose(BESIDE[2]) == ["store 6 1", "view 6 for 4000", "Vote to 3", "Vote to 0"]
    assert story.propose(BESIDE[3]) == ["store 7 5", "view 7 for 4000", "Vote to 0", "Vote to 1"]
    story.told(
        vector,
        "fork-and-lock",
        description="A sequencer is locked on block 1 of view 1 when another chain is proposed.",
        requirements=rules(8, 9, 10, 12, 17, 19),
        flags=["LOCK_RULE", "LOCK_MOVES"],
    )


def test_late_learning(vector: VectorWriter) -> None:
    """
    Certificates that are learned late retire views.

    Given a sequencer in view 1, when it learns a certificate on block 4, then it enters view 5, is
    locked on block 3, and votes in no view up to that, nor in those that it has left.
    """
    story = Story(place=2)
    story.start()
    assert story.get(1, certified(TOLD[4])) == ["BlockRequest to 1"]
    done = story.get(1, reply(4, 3, 2, 1))
    assert done[0] == "store 4 3"
    assert done[-1] == "view 5 for 1000"
    assert [each for each in done if each.startswith("commit")] == ["commit 1", "commit 2"]
    assert story.propose(TOLD[2]) == []
    assert story.propose(TOLD[5]) == ["store 5 3", "Vote to 2", "Vote to 3"]
    story.told(
        vector,
        "late-learning",
        description="A sequencer in view 1 learns a certificate on block 4.",
        requirements=rules(8, 10, 11, 17, 22, 23),
        flags=["LOCK_MOVES", "FETCHING"],
    )


def test_conflict_found(vector: VectorWriter) -> None:
    """
    Two commits that conflict are reported, and the first one is kept.

    Given more than a third of Byzantine stake, when a chain beside the committed one gets three
    certificates in a row, then the sequencer reports a conflict.
    """
    story = Story(place=0)
    story.start()
    for height in (1, 2, 3):
        story.propose(TOLD[height])
    assert "commit 1" in story.get(1, certified(TOLD[3]))
    story.expire(4)
    assert story.give_up(4, 1, 2) == ["view 5 for 2000"]
    assert story.propose(BESIDE[1]) == ["LOCK_CONFLICT"]
    story.propose(BESIDE[2])
    story.propose(BESIDE[3])
    assert "conflict" in story.get(1, certified(BESIDE[3]))
    # Everybody else would go on with the other chain; this one keeps what it committed.
    story.propose(BESIDE[4])
    output = story.told(
        vector,
        "conflict-found",
        description="Two chains on genesis have three certificates in a row each.",
        requirements=rules(11, 23),
        flags=["COMMIT_RULE"],
    )
    assert output["committed"] == name(TOLD[1])


# Catching up


def test_catching_up(vector: VectorWriter) -> None:
    """
    Blocks that are missing are fetched, in parts.

    Given a sequencer that was away for nine blocks, when the tenth is proposed, then it asks who
    sent it, gets four at a time, takes no others, and then commits all that it can.
    """
    story = Story(place=0)
    story.start()
    assert story.propose(TOLD[10]) == ["BlockRequest to 2"]
    assert story.get(2, BlockReply(blocks=())) == ["CONSENSUS_REPLY_NO_CHAIN"]
    assert story.get(2, reply(9, 7)) == ["CONSENSUS_REPLY_NO_CHAIN"]
    assert story.get(2, reply(8, 9)) == ["CONSENSUS_REPLY_NO_CHAIN"]
    assert story.get(2, reply(8, 7)) == []
    assert story.get(3, reply(9, 8, 7, 6)) == []
    assert story.expire(1) == [
        "store 1 0",
        "Timeout to all",
        "view 1 for 1000",
        "BlockRequest to 2",
    ]
    assert story.get(2, reply(9, 8, 7, 6)) == ["BlockRequest to 2"]
    assert story.get(2, reply(5, 4, 3, 2)) == ["BlockRequest to 2"]
    done = story.get(2, reply(1))
    assert [each for each in done if each.startswith("commit")] == [
        f"commit {height}" for height in range(1, 8)
    ]
    output = story.told(
        vector,
        "catching-up",
        description="Nine blocks are fetched in three answers; others are refused or passed over.",
        requirements=rules(18, 21, 22, 23),
        flags=["FETCHING"],
    )
    assert output["view"] == 10
    assert output["committed"] == name(TOLD[7])


def test_false_answers(vector: VectorWriter) -> None:
    """
    Who sends a block that is not in order loses its own message, and nobody else's.

    Given a proposal and a certificate whose blocks are missing, when their senders answer, one with
    a block that is signed by nobody or does something else, then only its message is dropped.
    """
    unsigned = replace(TOLD[1], signature=Signature(bytes(65)))
    other_body = replace(TOLD[1], transactions=MINTS[:1])
    what: dict[str, Any] = {
        "requirements": rules(18, 22),
        "flags": ["FETCHING", "MESSAGE_LEAVES_TRACE"],
    }
    for slug, false, code in (
        ("signature", unsigned, "CONSENSUS_PROPOSER_SIGNATURE_INVALID"),
        ("transactions", other_body, "LEDGER_ROOT_MISMATCH"),
    ):
        story = Story(place=0)
        story.start()
        assert story.get(3, Proposal(block=TOLD[2])) == ["BlockRequest to 3"]
        assert story.get(1, certified(TOLD[1])) == ["BlockRequest to 1"]
        assert story.get(3, BlockReply(blocks=(false,))) == [code]
        assert story.get(1, BlockReply(blocks=(TOLD[1],))) == ["view 2 for 1000"]
        assert "Vote to 3" in story.get(2, Proposal(block=TOLD[2]))
        story.told(
            vector,
            f"false-answer-{slug}",
            description=f"A block is fetched from two; one sends it with a false part: {slug}.",
            **what,
        )


def test_requests(vector: VectorWriter) -> None:
    """
    Who is asked sends what it has.

    Given a sequencer with five blocks, when it is asked, then it sends the block and its ancestors
    above a height, at most four, and nothing if it does not have the block.
    """
    story = Story(place=0)
    story.start()
    story.get(1, certified(TOLD[5]))
    story.get(1, reply(5, 4, 3, 2))
    story.get(1, reply(1))

    def ask(block: Hash, above: int) -> list[int] | None:
        """Give the heights that are sent."""
        if not story.get(3, BlockRequest(block=block, above=Height(above))):
            return None
        (sent,) = story.effects[-1]
        message = getattr(sent, "message", None)
        assert isinstance(message, BlockReply)
        return [each.header.height for each in message.blocks]

    assert ask(name(TOLD[5]), 0) == [5, 4, 3, 2]
    assert ask(name(TOLD[5]), 3) == [5, 4]
    assert ask(name(TOLD[5]), 4) == [5]
    assert ask(name(TOLD[5]), 5) is None
    assert ask(name(TOLD[5]), 2**64 - 1) is None
    assert ask(name(TOLD[2]), 0) == [2, 1]
    assert ask(name(TOLD[6]), 0) is None
    assert ask(Hash(case_bytes("consensus-no-block", 32)), 0) is None
    story.told(
        vector,
        "requests",
        description="A sequencer with five blocks is asked for some.",
        requirements=rules(22),
        flags=["FETCHING"],
    )


def test_messages_out_of_order(vector: VectorWriter) -> None:
    """
    What comes too early waits.

    Given votes before their block, and proposals of views that have not begun, when what they wait
    for comes, then they are taken.
    """
    story = Story(place=2)
    story.start()
    votes = [COMMITTEE.vote(TOLD[1], key) for key in KEYS]
    assert story.get(0, votes[0]) == []
    assert story.get(1, votes[1]) == []
    assert story.get(3, votes[3]) == []
    # The block comes, with it a quorum, and with that the view that this sequencer leads.
    done = story.propose(TOLD[1])
    assert done[:3] == ["store 2 0", "Vote to 2", "Vote to 3"]
    assert done[3:] == ["view 2 for 1000", "Proposal to all", "Vote to 3", "Vote to 0"]
    story.told(
        vector,
        "votes-before-the-block",
        description="Three votes arrive before the block.",
        requirements=rules(20, 22),
        flags=["FETCHING", "COLLECTORS"],
    )
    late = Story(place=0)
    late.start()
    # A block on genesis of view 3 has all its ancestors, but its time has not come.
    early = blocks(3)[0]
    assert late.propose(early) == []
    late.expire(1)
    assert late.give_up(1, 1, 2) == ["view 2 for 2000"]
    late.expire(2)
    done = late.give_up(2, 1, 2)
    assert done == ["store 3 0", "view 3 for 4000", "Vote to 0", "Vote to 1"]
    late.told(
        vector,
        "proposal-of-a-later-view",
        description="A block of view 3 arrives in view 1.",
        requirements=rules(12, 17, 22),
        flags=["FETCHING", "PACEMAKER"],
    )
    newest = Story(place=0)
    newest.start()
    assert newest.get(3, Proposal(block=TOLD[3])) == ["BlockRequest to 3"]
    assert newest.get(3, Proposal(block=TOLD[7])) == ["BlockRequest to 3"]
    assert newest.get(3, reply(2, 1)) == []
    output = newest.told(
        vector,
        "newest-message-of-a-kind-waits",
        description="A second proposal of one sender takes the place of the first.",
        requirements=rules(22),
        flags=["FETCHING"],
    )
    assert output["waiting"] == ({"sender": KEYS[3].address, "kind": "proposal"},)


# Crashes


def test_crashes(vector: VectorWriter) -> None:
    """
    The record is enough to sign nothing twice.

    Given a sequencer that crashes after it stored its record and before anything was sent, when it
    starts again, then it neither votes nor proposes again in that view.
    """
    voter = Story(place=0)
    voter.start()
    assert voter.propose(TOLD[1]) == ["store 1 0", "Vote to 2", "Vote to 3"]
    voter.crash()
    assert voter.start() == ["view 2 for 1000"]
    assert voter.propose(TOLD[1]) == []
    twin = blocks(1, transactions=MINTS[:1])[0]
    assert voter.propose(twin) == ["accuse 1 of double_proposal"]
    assert voter.propose(TOLD[2]) == ["store 2 0", "Vote to 3", "Vote to 0"]
    what: dict[str, Any] = {"requirements": rules(8, 15, 18, 19), "flags": ["CRASH"]}
    voter.told(
        vector,
        "crash-of-a-voter",
        description="A voter crashes between storing and sending.",
        **what,
    )
    leading = Story(place=1, pending=MINTS[:1])
    assert leading.start() == [
        "store 1 0",
        "view 1 for 1000",
        "Proposal to all",
        "Vote to 2",
        "Vote to 3",
    ]
    leading.crash()
    assert leading.start() == ["view 2 for 1000"]
    assert leading.expire(2) == ["store 2 0", "Timeout to all", "view 2 for 1000"]
    leading.told(
        vector,
        "crash-of-a-leader",
        description="A leader crashes between storing and sending, and proposes nothing again.",
        **what,
    )
    quiet = Story(place=3)
    quiet.start()
    quiet.expire(1)
    quiet.crash()
    assert quiet.start() == ["view 2 for 1000"]
    assert quiet.propose(TOLD[1]) == []
    quiet.crash()
    quiet.crash()
    assert quiet.start() == ["view 2 for 1000"]
    quiet.told(
        vector,
        "crash-after-a-timeout",
        description="A sequencer crashes after it gave a view up, and twice more.",
        **what,
    )
    known = Story(place=2, known=record(7, head_of(TOLD[6])))
    assert known.start() == ["view 8 for 1000"]
    assert known.propose(BESIDE[1]) == []
    assert known.get(3, Proposal(block=TOLD[8])) == ["BlockRequest to 3"]
    known.get(3, reply(7, 6, 5, 4))
    done = known.get(3, reply(3, 2, 1))
    assert "store 8 6" in done
    assert "Vote to 1" in done
    known.told(
        vector,
        "restart-from-a-record",
        description="A sequencer that is locked on block 6 starts again and fetches all blocks.",
        **what,
    )


def test_restart_with_stored_blocks(vector: VectorWriter) -> None:
    """
    Blocks that were kept are handed over as proposals.

    Given a sequencer that stored blocks of its own accord, when it starts again, gets the newest
    as a proposal and the others in answer, then it knows them, and votes for none again.
    """
    story = Story(place=1, known=record(4, head_of(TOLD[2])))
    assert story.start() == ["view 5 for 1000"]
    assert story.get(1, Proposal(block=TOLD[4])) == ["BlockRequest to 1"]
    done = story.get(1, reply(3, 2, 1))
    assert done == ["commit 1"]
    assert story.get(1, Proposal(block=TOLD[4])) == []
    story.told(
        vector,
        "restart-with-stored-blocks",
        description="A sequencer starts again and is handed its own blocks.",
        requirements=rules(8, 15),
        flags=["CRASH"],
    )


# Offences


def test_equivocation(vector: VectorWriter) -> None:
    """
    Two signatures in one view are noticed.

    Given a leader that proposes two blocks in one view, or a voter that approves two, when a
    sequencer sees both, then it accuses them, once, with evidence.
    """
    twin = blocks(1, transactions=MINTS[:1])[0]
    third = blocks(1, transactions=MINTS[1:2])[0]
    story = Story(place=0)
    story.start()
    assert story.propose(TOLD[1]) == ["store 1 0", "Vote to 2", "Vote to 3"]
    assert story.propose(TOLD[1]) == []
    assert story.propose(twin) == ["accuse 1 of double_proposal"]
    assert story.propose(twin) == []
    assert story.propose(third) == []
    what: dict[str, Any] = {"requirements": rules(12, 13, 14, 20), "flags": ["EVIDENCE"]}
    output = story.told(
        vector,
        "equivocation-of-a-leader",
        description="A leader proposes three blocks in one view.",
        **what,
    )
    assert output["accused"] == (KEYS[1].address,)
    voter = Story(place=2)
    voter.start()
    voter.propose(TOLD[1])
    assert voter.get(0, certified(twin)) == ["BlockRequest to 0"]
    done = voter.get(0, BlockReply(blocks=(twin,)))
    assert "accuse 1 of double_proposal" in done
    assert voter.get(3, COMMITTEE.vote(TOLD[1], KEYS[3])) == []
    assert voter.get(3, COMMITTEE.vote(TOLD[1], KEYS[3])) == []
    assert voter.get(3, COMMITTEE.vote(twin, KEYS[3])) == ["accuse 3 of double_vote"]
    assert voter.get(3, COMMITTEE.vote(twin, KEYS[3])) == []
    output = voter.told(
        vector,
        "equivocation-of-a-voter",
        description="A leader proposes two blocks in one view, and a voter approves both.",
        **what,
    )
    assert output["accused"] == tuple(sorted((KEYS[1].address, KEYS[3].address)))


def test_false_certificate_on_an_old_block(vector: VectorWriter) -> None:
    """
    A certificate is judged, however old its block is.

    Given a block that is third in a row, without a certificate, and a newer certificate on another
    branch, when somebody says without signatures that the old block is certified, then nothing is
    committed.
    """
    branch = blocks(5, on=TOLD[1::-1])[::-1]
    story = Story(place=0)
    story.start()
    for height in (1, 2, 3):
        story.propose(TOLD[height])
    assert "Vote to 2" not in story.get(2, certified(branch[2]))
    story.get(2, BlockReply(blocks=(branch[2],)))
    what: dict[str, Any] = {
        "requirements": rules(11, 18),
        "flags": ["MESSAGE_LEAVES_TRACE", "COMMIT_RULE"],
    }
    for approvals, code in (
        ((), "CERTIFICATE_QUORUM_MISSING"),
        (certified(TOLD[2]).approvals, "CERTIFICATE_SIGNER_UNKNOWN"),
    ):
        false = Certificate(block=name(TOLD[3]), height=Height(3), approvals=approvals)
        assert story.get(1, Timeout(view=View(1), certificate=false)) == [code]
        assert story.get(1, false) == [code]
    output = story.told(
        vector,
        "attack-false-certificate-on-an-old-block",
        description="A sequencer is told without signatures that an old block is certified.",
        **what,
    )
    assert output["committed"] == name(TOLD[0])


# Messages that are rejected


def _rejected() -> dict[str, tuple[ErrorCode, Signer, Message]]:
    """Give messages that break a rule, for a sequencer that has the blocks 1 and 2."""
    unknown, no_chain = (
        ErrorCode.CONSENSUS_SENDER_UNKNOWN,
        ErrorCode.CONSENSUS_REPLY_NO_CHAIN,
    )
    third = TOLD[3]
    stranger = STRANGERS[0]
    vote = COMMITTEE.vote(TOLD[2], KEYS[0])
    good = certified(TOLD[2])
    bad = not_counting(vote.signature)
    named = replace(COMMITTEE, network_name="Payy")
    high = _signed_at(TOLD[2], 6)
    leap = replace(third.header, height=Height(7), epoch_id=9, approvals=high.approvals)
    cases: dict[str, tuple[ErrorCode, Signer, Message]] = {
        "certificate-with-signatures-for-another-height": (
            ErrorCode.CONSENSUS_CERTIFICATE_HEIGHT_MISMATCH,
            KEYS[1],
            high,
        ),
        "timeout-with-signatures-for-another-height": (
            ErrorCode.CONSENSUS_CERTIFICATE_HEIGHT_MISMATCH,
            KEYS[1],
            Timeout(view=View(1), certificate=high),
        ),
        "proposal-of-a-later-view-at-another-height": (
            ErrorCode.LEDGER_HEIGHT_NOT_NEXT,
            KEYS[1],
            Proposal(block=_signed(replace(third, header=leap))),
        ),
        "proposal-of-a-stranger": (unknown, stranger, Proposal(block=third)),
        "vote-of-a-stranger": (unknown, stranger, vote),
        "certificate-of-a-stranger": (unknown, stranger, good),
        "timeout-of-a-stranger": (unknown, stranger, Timeout(view=View(1), certificate=good)),
        "request-of-a-stranger": (
            unknown,
            stranger,
            BlockRequest(block=name(TOLD[1]), above=Height(0)),
        ),
        "reply-of-a-stranger": (unknown, stranger, reply(2, 1)),
        "reply-empty": (no_chain, KEYS[1], BlockReply(blocks=())),
        "reply-with-a-gap": (no_chain, KEYS[1], reply(3, 1)),
        "reply-oldest-first": (no_chain, KEYS[1], reply(1, 2)),
        "reply-with-a-block-twice": (no_chain, KEYS[1], reply(2, 2)),
        "reply-of-two-chains": (
            no_chain,
            KEYS[1],
            BlockReply(blocks=(TOLD[2], BESIDE[1])),
        ),
        "vote-that-does-not-count": (
            ErrorCode.CERTIFICATE_SIGNATURE_INVALID,
            KEYS[1],
            replace(vote, signature=bad["zero"]),
        ),
        "vote-malleated": (
            ErrorCode.CERTIFICATE_SIGNATURE_INVALID,
            KEYS[1],
            replace(vote, signature=bad["high-s"]),
        ),
        "vote-signed-by-a-stranger": (
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            KEYS[1],
            COMMITTEE.vote(TOLD[2], stranger),
        ),
        "vote-of-another-block": (
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            KEYS[1],
            replace(COMMITTEE.vote(TOLD[1], KEYS[0]), block=name(TOLD[2])),
        ),
        "vote-of-another-network": (
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            KEYS[0],
            named.vote(TOLD[2], KEYS[0]),
        ),
        "certificate-of-another-network": (
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            KEYS[1],
            certified(TOLD[2], committee=named),
        ),
        "certificate-of-two": (
            ErrorCode.CERTIFICATE_QUORUM_MISSING,
            KEYS[1],
            certified(TOLD[2], KEYS[:2]),
        ),
        "certificate-of-two-on-an-unknown-block": (
            ErrorCode.CERTIFICATE_QUORUM_MISSING,
            KEYS[1],
            certified(TOLD[7], KEYS[:2]),
        ),
        "certificate-of-another-height": (
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            KEYS[1],
            replace(good, height=Height(3)),
        ),
        "certificate-descending": (
            ErrorCode.CERTIFICATE_SIGNERS_UNORDERED,
            KEYS[1],
            replace(good, approvals=good.approvals[::-1]),
        ),
        "certificate-on-genesis-with-approvals": (
            ErrorCode.CERTIFICATE_SIGNER_UNKNOWN,
            KEYS[1],
            replace(good, block=name(TOLD[0]), height=Height(0)),
        ),
        "timeout-with-a-certificate-of-nobody": (
            ErrorCode.CERTIFICATE_QUORUM_MISSING,
            KEYS[1],
            Timeout(view=View(1), certificate=replace(good, approvals=())),
        ),
        "proposal-not-signed": (
            ErrorCode.CONSENSUS_PROPOSER_SIGNATURE_INVALID,
            KEYS[3],
            Proposal(block=replace(third, signature=Signature(bytes(65)))),
        ),
        "proposal-of-another-leader": (
            ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER,
            KEYS[3],
            Proposal(block=replace(third, signature=TOLD[2].signature)),
        ),
        "proposal-with-another-root": (
            ErrorCode.CONSENSUS_PROPOSER_NOT_LEADER,
            KEYS[3],
            Proposal(block=replace(third, root=TOLD[0].root)),
        ),
        "proposal-without-its-transactions": (
            ErrorCode.LEDGER_ROOT_MISMATCH,
            KEYS[3],
            Proposal(block=replace(_third_with_mint(), transactions=())),
        ),
        "proposal-with-other-transactions": (
            ErrorCode.LEDGER_ROOT_MISMATCH,
            KEYS[3],
            Proposal(block=replace(third, transactions=MINTS[:1])),
        ),
    }
    return cases


def _signed_at(block: Block, height: int) -> Certificate:
    """Have a block approved as if it had another height, which nobody honest does."""
    message = approval_message(NETWORK, Height(height), name(block))
    return Certificate(
        block=name(block), height=Height(height), approvals=certificate(message, KEYS[:3])
    )


def _signed(block: Block) -> Block:
    """Have a block signed by the leader of what it says."""
    return replace(block, signature=COMMITTEE.proposed(head_of(block)).signature)


def _third_with_mint() -> Block:
    """Give a block 3 that does something."""
    return blocks(3, on=TOLD[2::-1], transactions=MINTS[:1])[0]


def _with_two_blocks() -> Story:
    """Give a sequencer that has the blocks 1 and 2."""
    story = Story(place=0)
    story.start()
    story.propose(TOLD[1])
    story.propose(TOLD[2])
    return story


@pytest.mark.parametrize("slug", _rejected())
def test_messages_that_break_a_rule(vector: VectorWriter, slug: str) -> None:
    """
    A message that breaks a rule changes nothing.

    Given a sequencer with two blocks, when a message breaks a rule, then it is rejected, and the
    sequencer is as before; a block that is right is still taken afterwards.
    """
    code, sender, message = _rejected()[slug]
    story = _with_two_blocks()
    vector.rejects(
        f"consensus-receive-{slug}-minimal",
        "consensus/receive",
        code,
        description=f"A message breaks a rule: {said(slug)}.",
        requirements=rules(18, 20, 22),
        flags=["MESSAGE_LEAVES_TRACE"],
        preset=MINIMAL,
        **story.input,
        sender=sender.address,
        message=message,
    )
    before = story.replica
    assert story.get(sender, message) == [str(code)]
    assert story.replica == before
    assert "Vote to 1" in story.propose(TOLD[3])
    story.told(
        vector,
        f"after-{slug}",
        description=f"A message breaks a rule, then the next block comes: {said(slug)}.",
        requirements=rules(18),
        flags=["MESSAGE_LEAVES_TRACE"],
    )


def test_messages_that_are_taken(vector: VectorWriter) -> None:
    """
    A message that is in order is taken.

    Given a sequencer with two blocks, when a message of each kind arrives, then it is taken.
    """
    cases: dict[str, tuple[int, Message]] = {
        "proposal": (3, Proposal(block=TOLD[3])),
        "proposal-sent-on-by-another": (1, Proposal(block=TOLD[3])),
        "proposal-known-already": (2, Proposal(block=TOLD[2])),
        "vote": (1, COMMITTEE.vote(TOLD[2], KEYS[1])),
        "vote-sent-on-by-another": (1, COMMITTEE.vote(TOLD[2], KEYS[3])),
        "vote-for-an-unknown-block": (1, COMMITTEE.vote(TOLD[5], KEYS[1])),
        "certificate": (1, certified(TOLD[2])),
        "certificate-on-genesis": (1, certified(TOLD[0])),
        "timeout": (1, Timeout(view=View(2), certificate=certified(TOLD[2]))),
        "timeout-with-genesis": (1, Timeout(view=View(2), certificate=certified(TOLD[0]))),
        "request": (1, BlockRequest(block=name(TOLD[2]), above=Height(0))),
        "reply-that-nobody-waits-for": (1, reply(2, 1)),
    }
    for slug, (sender, message) in cases.items():
        story = _with_two_blocks()
        output = vector.accepts(
            f"consensus-receive-{slug}-minimal",
            "consensus/receive",
            description=f"A message is taken: {said(slug)}.",
            requirements=rules(18, 20, 21, 22),
            flags=["TOO_STRICT"],
            preset=MINIMAL,
            **story.input,
            sender=KEYS[sender].address,
            message=message,
        )
        story.get(sender, message)
        assert output["effects"] == story.effects[-1]


def test_form_of_stories(vector: VectorWriter) -> None:
    """
    Inputs have their fields and no others.

    Given a story with a field missing or null, a key out of range, or a step or message of no known
    kind, when it is told, then it is rejected.
    """
    story = _with_two_blocks()
    good = json_of("consensus/replay", **story.input)
    bent = with_field_missing(good)
    order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    bent["key-0"] = {**good, "key": "0x" + "00" * 32}
    bent["key-is-the-order"] = {**good, "key": "0x" + order}
    bent["key-short"] = {**good, "key": "0x" + "01" * 31}
    bent["step-unknown"] = {**good, "steps": [{"step": "stopped"}]}
    bent["step-with-a-field"] = {**good, "steps": [{"step": "started", "view": "1"}]}
    received = good["steps"][1]
    bent["message-unknown"] = {
        **good,
        "steps": [{**received, "message": {"kind": "hello"}}],
    }
    for slug, given in bent.items():
        vector.rejects_malformed(
            f"consensus-replay-malformed-{slug}-minimal",
            "consensus/replay",
            given,
            description=f"A story is not of its form: {said(slug)}.",
            requirements=[FORM],
            flags=["MALFORMED"],
            preset=MINIMAL,
        )
    cut = {**received["message"], "block": received["message"]["block"][:-2]}
    vector.rejects_raw(
        "consensus-replay-block-cut-minimal",
        "consensus/replay",
        ErrorCode.BORSH_TRUNCATED,
        {**good, "steps": [{**received, "message": cut}]},
        description="A block that is received is cut.",
        requirements=[*rules(1), "PAYY-LEDGER-013"],
        flags=["BORSH_STRICTNESS"],
        preset=MINIMAL,
    )
    empty = Story(place=0)
    output = empty.told(
        vector,
        "no-steps",
        description="Nothing happens to a new sequencer.",
        requirements=rules(15),
        flags=["CRASH"],
    )
    assert (output["view"], output["failures"], output["blocks"]) == (1, 0, (name(TOLD[0]),))
    assert empty.settings.network_name == NETWORK
