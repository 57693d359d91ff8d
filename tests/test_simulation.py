"""The simulator: its runs hold, its adversaries bite where they must, and its checker notices."""

import hashlib
import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, pairwise, product
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

import pytest

from payy_ref.consensus.commit import CommitProof
from payy_ref.consensus.evidence import Evidence, Offence, SignedHead
from payy_ref.consensus.messages import (
    Accused,
    Broadcast,
    Certificate,
    Committed,
    ConflictFound,
    Effect,
    Message,
    Persist,
    Proposal,
    Rejected,
    Send,
    Timeout,
    Vote,
)
from payy_ref.consensus.proposal import head_of
from payy_ref.consensus.safety import GENESIS_NAME, SafetyRecord, View
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Hash
from payy_ref.primitives import strict_json
from payy_ref.simulation.checker import Checker, Rule
from payy_ref.simulation.delays import LOG_NORMAL, PROFILES, Profile, uniform
from payy_ref.simulation.draws import Draws
from payy_ref.simulation.finality import (
    Finality,
    finality_table,
    measure_finality,
    quantile,
    verdict,
)
from payy_ref.simulation.plan import (
    Behaviour,
    Plan,
    PlanError,
    check_plan,
    drawn_plan,
    drawn_schedule,
    tolerated,
)
from payy_ref.simulation.replay import replay
from payy_ref.simulation.simulator import Report, Simulation, view_bound
from payy_ref.simulation.trace import Line, TraceFileError, message_line, message_of, parse
from tests.simulation_tables import DOCUMENT, TABLE


def run(plan: Plan) -> Report:
    """Run a plan."""
    return Simulation(plan).run()


def traced(plan: Plan) -> list[str]:
    """Run a plan and give its trace."""
    lines: list[str] = []
    Simulation(plan, write=lambda line: lines.append(strict_json.dumps(line))).run()
    return lines


# Runs


@pytest.mark.parametrize("seed", range(1000, 1020))
def test_drawn_runs_break_no_rule(seed: int) -> None:
    """Networks, faults and behaviours of a seed; `payy-ref simulate --seeds` runs many more."""
    report = run(drawn_plan(seed, views=60))
    assert report.violations == ()
    assert report.views >= 60
    assert report.height > 0


@pytest.mark.parametrize("behaviour", Behaviour)
def test_no_behaviour_of_a_third_breaks_a_rule(behaviour: Behaviour) -> None:
    """Two of seven, both alike; progress is promised and comes."""
    plan = Plan(nodes=7, faults=2, seed=1, views=20, behaviour=behaviour, calm=True)
    report = run(plan)
    assert report.violations == ()
    assert report.bound == view_bound(7, 0, plan.parameters.consensus_reply_blocks) == 19
    assert report.longest is not None
    assert report.longest <= 2 * 7 + 2


@pytest.mark.parametrize("seed", range(3))
def test_without_faults_every_view_is_a_block(seed: int) -> None:
    """All commit the block of three views ago, with messages linear in their number."""
    sizes = {}
    for nodes in (4, 16):
        report = run(Plan(nodes=nodes, faults=0, seed=seed, views=40, calm=True))
        assert report.violations == ()
        assert report.height >= report.views - 3
        assert report.messages.keys() == {"Certificate", "Proposal", "Vote"}
        sizes[nodes] = sum(report.messages.values()) / report.views
    # A proposal to each of the others, two votes of each, one certificate.
    assert all(views <= 3 * nodes for nodes, views in sizes.items())


def test_a_sequencer_alone() -> None:
    """Its own vote is a quorum."""
    report = run(Plan(nodes=1, faults=0, views=10))
    assert report.violations == ()
    assert report.height >= 7


def test_the_seed_decides_everything() -> None:
    """The same plan gives the same trace, byte for byte; another seed another one."""
    plan = Plan(nodes=4, seed=5, views=25)
    assert traced(plan) == traced(plan)
    assert traced(plan)[1:] != traced(replace(plan, seed=6))[1:]


def test_no_order_of_a_hash_table_decides_anything() -> None:
    """Python draws its hashes of bytes anew in each process; a run is the same in all of them."""
    program = (
        "import hashlib, json; from payy_ref.simulation.plan import drawn_plan;"
        "from payy_ref.simulation.simulator import Simulation; digest = hashlib.sha256();"
        "[Simulation(drawn_plan(seed, views=20), write=lambda line: digest.update("
        "json.dumps(line).encode())).run() for seed in range(2000, 2006)];"
        "print(digest.hexdigest())"
    )
    digests = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2)
    ]
    assert digests[0] == digests[1]


def test_impossible_plans() -> None:
    """They are refused with a reason."""
    for plan, reason in (
        (Plan(nodes=0, faults=0), "1 to 200 nodes"),
        (Plan(nodes=4, faults=4), "0 to 3 can be faulty"),
        (Plan(nodes=4, faults=-1), "0 to 3 can be faulty"),
        (Plan(views=0), "1 view at least"),
    ):
        with pytest.raises(PlanError, match=reason):
            check_plan(plan)


# Adversaries that are too strong, and rules that are left out


@pytest.mark.parametrize(("nodes", "faults"), [(4, 2), (7, 3)])
def test_more_than_a_third_break_agreement(nodes: int, faults: int) -> None:
    """The checker notices; one less and there is nothing to notice."""
    plan = Plan(nodes=nodes, faults=faults, seed=2, views=30, behaviour=Behaviour.TWO_FACED)
    assert Rule.AGREEMENT in {each.rule for each in run(plan).violations}
    assert run(replace(plan, faults=faults - 1)).violations == ()


def without(dropped: Callable[[Simulation, int, int, Message], bool], plan: Plan) -> Report:
    """Run a plan in a network that drops some messages for ever."""
    simulations: list[Simulation] = []

    def lets_pass(node: int, to: int, message: Message) -> bool:
        return not dropped(simulations[0], node, to, message)

    simulations.append(Simulation(plan, lets_pass=lets_pass))
    return simulations[0].run()


def is_second_vote(simulation: Simulation, node: int, to: int, message: Message) -> bool:
    """Tell whether a vote goes to the leader of the view after the next one."""
    if not isinstance(message, Vote):
        return False
    view = simulation.machines[node].replica.nodes[message.block].head.view
    return to != (view + 1) % simulation.plan.nodes


def is_certificate(_simulation: Simulation, _node: int, _to: int, message: Message) -> bool:
    """Tell whether a message passes a certificate on."""
    return isinstance(message, Certificate)


@pytest.mark.parametrize(
    ("behaviour", "dropped"),
    [(Behaviour.SILENT, is_second_vote), (Behaviour.STRANDING, is_certificate)],
)
def test_one_of_four_stops_commits_without_these_messages(
    behaviour: Behaviour, dropped: Callable[[Simulation, int, int, Message], bool]
) -> None:
    """Votes go to two leaders, and the second one passes its certificate on, for a reason."""
    plan = Plan(nodes=4, faults=1, views=60, behaviour=behaviour, calm=True)
    assert run(plan).violations == ()
    broken = without(dropped, plan)
    assert broken.height == 0
    assert {each.rule for each in broken.violations} == {Rule.PROGRESS}


def test_no_progress_if_everybody_lost_the_blocks() -> None:
    """All are locked on a block that nobody has; safety holds, and nothing is promised."""
    simulation = Simulation(Plan(nodes=4, faults=0, views=40, calm=True))
    simulation.start()
    while simulation.newest_view < 10:
        assert simulation.step()
    for node, machine in simulation.machines.items():
        machine.is_up = False
        simulation._restart(node)
    height = simulation.checker.height
    while simulation.step():
        pass
    assert simulation.checker.height == height
    assert {each.rule for each in simulation.finish().violations} == {Rule.PROGRESS}


def test_accused_are_byzantine_and_some_are_accused() -> None:
    """Whoever shows two blocks of one view to the same sequencers is accused by them."""
    for seed in range(3):
        plan = Plan(nodes=4, faults=1, seed=seed, views=40, behaviour=Behaviour.INVALID, calm=True)
        report = run(plan)
        assert report.accused == tuple(node for node, _ in report.schedule.traitors)


# The bound


def commits(turns: str) -> list[int]:
    """
    Give the views in which all honest sequencers commit, as `docs/simulation.md` argues.

    Args:
        turns: For each view `h` for an honest leader, or what comes of a Byzantine one: `k` for
            kept, on the block before the newest certified one, or `l` for lost.
    """
    found, row, ended, last = list[int](), 0, 0, "l"
    for view, turn in enumerate(turns):
        if turn == "h":
            # The certificate on the block before: of the last view, or of the view before a lost
            # one if its votes went here too.
            carried = row if last != "l" else 0
            if turns[max(view - 2, 0) : view] == "hl":
                carried = ended
            if carried >= 3:
                found.append(view)
            row = 1 if last == "l" else row + 1
        elif turn == "k":
            row = 1
        else:
            ended, row = row, 0
        last = turn
    return found


@pytest.mark.parametrize("nodes", [4, 7, 10])
def test_within_the_bound_whatever_the_byzantine_leaders_do(nodes: int) -> None:
    """Every placement, every choice at every turn, every beginning: 2n + 2 views are enough."""
    faults, window = tolerated(nodes), 2 * nodes + 2
    latest = 0
    for others in combinations(range(1, nodes), faults - 1):
        # Around a circle it is no loss to have the first one at the place 0.
        byzantine = {0, *others}
        for begin in range(nodes):
            leaders = [(begin + view) % nodes for view in range(window)]
            places = [view for view, node in enumerate(leaders) if node in byzantine]
            for choice in product("kl", repeat=len(places)):
                chosen = dict(zip(places, choice, strict=True))
                found = commits("".join(chosen.get(view, "h") for view in range(window)))
                assert found, (byzantine, begin, choice)
                latest = max(latest, found[0])
    if nodes == 4:
        assert latest == window - 1


def test_bound() -> None:
    """Two circles and a few views, and more while blocks are fetched."""
    assert view_bound(4, 0, 4) == 13
    assert view_bound(4, 1, 4) == view_bound(4, 16, 4) == 14
    assert view_bound(100, 17, 4) == 207


# Crashes and traces


def events_of(lines: list[str]) -> Iterator[Line]:
    """Give the lines of a trace that are not messages."""
    return (line for line in map(json.loads, lines) if "event" in line)


def test_crashed_sequencers_do_nothing_until_they_begin_again() -> None:
    """What would have come after the crash is lost, and what was stored first is not."""
    crashed_between = 0
    for seed in range(12):
        lines = traced(Plan(nodes=4, faults=0, seed=seed, views=20))
        down: set[int] = set()
        for line in events_of(lines):
            if line["event"] == "restarted":
                down.remove(line["node"])
            elif line["event"] != "timely":
                assert line["node"] not in down
            if line.get("crashed"):
                down.add(line["node"])
                done = [effect["effect"] for effect in line["effects"]]
                crashed_between += done[:1] == ["persist"] and "send" not in done
        assert replay(parse("\n".join(lines))).difference is None
    assert crashed_between > 0


def test_replay_notices_every_change() -> None:
    """Effects, records and messages are compared; so a changed line is another run."""
    lines = traced(Plan(nodes=4, seed=3, views=12))
    good = replay(parse("\n".join(lines)))
    assert good.difference is None
    assert good.violations == ()
    assert good.events == sum("effects" in line for line in map(json.loads, lines))
    changes: tuple[tuple[str, Callable[[Line], None]], ...] = (
        ("persist", lambda line: line["effects"][0].update(retired_view=99)),
        ("send", lambda line: line["effects"][-1].update(to=2 - line["effects"][-1]["to"] // 2)),
        ("set_timer", lambda line: line["effects"].clear()),
    )
    for kind, change in changes:
        changed = [json.loads(line) for line in lines]
        where = 0 if kind == "persist" else -1
        place, line = next(
            (place, line)
            for place, line in enumerate(changed)
            if line.get("effects") and line["effects"][where]["effect"] == kind
        )
        change(line)
        difference = replay(changed).difference
        assert difference is not None
        assert difference.startswith(f"line {place + 1}: effects differs")


def test_replay_of_a_violation() -> None:
    """The rules are judged again, from the events alone."""
    plan = Plan(nodes=4, faults=2, seed=2, views=20)
    first = run(plan)
    again = replay(parse("\n".join(traced(plan))))
    assert again.difference is None
    assert again.violations == first.violations


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a trace"),
        ("{}", "not a trace"),
        ("[]", "line 1: not an object"),
        ("nonsense", "line 1: not JSON"),
        ('{"trace":1,"plan":{}}', "no plan in the first line"),
        ('{"trace":2,"plan":{}}', "not a trace of version 1"),
    ],
)
def test_what_is_no_trace(text: str, message: str) -> None:
    """A reason, and no other error."""
    with pytest.raises(TraceFileError, match=message):
        replay(parse(text))


QUIET: Final = {"node": 0, "time": 0, "effects": []}
"""What every event has."""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"message": 0, "kind": "vote"}, "a message cannot be read"),
        ({"message": 0, "kind": "song"}, "no kind of message is called song"),
        ({"message": [], "kind": "vote", "block": "0x", "signature": "0x"}, "a number"),
        ({"message": 0, "kind": "proposal", "block": "0x00"}, "a message cannot be read"),
        ({"message": 0, "kind": "timeout", "view": "x", "certificate": 3}, "cannot be read"),
        ({"event": "started", "node": 9, "time": 0, "effects": []}, "an honest sequencer"),
        ({"event": "started", "node": 0, "time": "0", "effects": []}, "a time"),
        ({"event": "dance", "node": 0, "time": 0, "effects": []}, "no event is called dance"),
        ({"event": "received", "node": 0, "time": 0, "effects": [], "from": 77}, "an event cannot"),
        ({"event": "restarted", "node": 0}, "a time"),
        ({"event": "started", "node": 0, "time": 0, "effects": 3}, "an event has effects"),
        ({"event": "timely"}, "a time"),
        ({"strange": 1}, "an honest sequencer"),
        ({**QUIET, "event": "received", "from": 1, "message": []}, "an event cannot be read"),
    ],
)
def test_lines_that_are_none(line: dict[str, Any], message: str) -> None:
    """Each kind of broken line is told."""
    first = json.loads(traced(Plan(nodes=4, faults=0, views=1, calm=True))[0])
    with pytest.raises(TraceFileError, match=message):
        replay([first, line])


def test_a_trace_that_breaks_off() -> None:
    """It has no last line."""
    lines = traced(Plan(nodes=4, faults=0, views=5, calm=True))
    with pytest.raises(TraceFileError, match="breaks off"):
        replay(parse("\n".join(lines[:-1])))


def test_every_kind_of_message_survives_the_trace() -> None:
    """What is written is read again as the same value."""
    kinds = Counter[str]()
    for behaviour in (Behaviour.BABBLING, Behaviour.SILENT):
        for line in map(json.loads, traced(Plan(seed=4, views=30, behaviour=behaviour))):
            if "message" in line and "event" not in line:
                number = line.pop("message")
                assert type(number) is int
                assert message_line(message_of(line)) == line
                kinds[line["kind"]] += 1
    assert set(kinds) == {
        "proposal",
        "vote",
        "certificate",
        "timeout",
        "block_request",
        "block_reply",
    }


# The checker, shown what must not happen


class Watched:
    """A short good run, and a checker that has seen none of it."""

    def __init__(self) -> None:
        self.effects: list[tuple[int, Effect]] = []
        simulation = Simulation(
            Plan(nodes=4, faults=0, views=8, calm=True),
            on_commit=lambda _time, node, effect: self.effects.append((node, effect)),
        )
        simulation.run()
        self.replica = simulation.machines[0].replica
        self.addresses = simulation.addresses
        self.checker = Checker(
            addresses=simulation.addresses,
            byzantine=frozenset({3}),
            network_name=simulation.parameters.network_name,
            sets=(simulation.validators,),
        )
        chain = sorted(self.replica.nodes.values(), key=lambda node: node.head.height)
        self.blocks = [node.block for node in chain if node.head.height > 0]

    def broken(self, *effects: Effect, node: int = 0) -> set[Rule]:
        """Show effects, and give the rules that they break."""
        self.checker.watch(0, node, self.replica, effects)
        return {each.rule for each in self.checker.violations}

    def commits(self) -> list[Committed]:
        """Give what sequencer 0 committed."""
        return [
            effect for node, effect in self.effects if node == 0 and isinstance(effect, Committed)
        ]


@pytest.fixture
def watched() -> Watched:
    """Give a checker to show things to."""
    return Watched()


def record(retired: int, locked: int, name: bytes = b"") -> SafetyRecord:
    """Give a safety record."""
    return SafetyRecord(
        retired_view=View(retired),
        locked_view=View(locked),
        locked_block=Hash(name or GENESIS_NAME),
    )


def test_checker_accepts_what_is_good(watched: Watched) -> None:
    """Commits in order, and what comes after the record that allows it."""
    vote = Vote(block=head_of(watched.blocks[0]).name, signature=watched.blocks[0].signature)
    good: tuple[Effect, ...] = (
        Persist(record=record(1, 0)),
        Send(to=watched.addresses[1], message=vote),
        Send(to=watched.addresses[2], message=vote),
        Broadcast(message=Proposal(block=watched.blocks[0])),
        Broadcast(message=Timeout(view=View(1), certificate=watched.replica.certified)),
        Rejected(sender=watched.addresses[3], code=ErrorCode.CONSENSUS_HEIGHT_ZERO),
        *watched.commits(),
    )
    assert watched.broken(*good) == set()
    assert watched.checker.height >= 3


def test_checker_records(watched: Watched) -> None:
    """Each way of going back."""
    assert watched.broken(Persist(record=record(5, 2, b"2"))) == set()
    for worse in (
        record(4, 2, b"2"),
        record(6, 1, b"1"),
        record(6, 2, b"3"),
        record(6, 3, b"2"),
        record(6, 7, b"7"),
    ):
        fresh = Watched()
        rules = fresh.broken(Persist(record=record(5, 2, b"2")), Persist(record=worse))
        assert rules == {Rule.RECORD_GROWS}


def test_checker_signatures(watched: Watched) -> None:
    """Stored first, and once a view."""
    first = watched.blocks[0]
    other = replace(first, root=watched.blocks[1].root)
    vote = Vote(block=head_of(first).name, signature=first.signature)
    timeout = Timeout(view=View(1), certificate=watched.replica.certified)
    for early in (
        Send(to=watched.addresses[1], message=vote),
        Broadcast(message=Proposal(block=first)),
        Broadcast(message=timeout),
    ):
        assert Watched().broken(early) == {Rule.STORED_FIRST}
    stored = Persist(record=record(1, 0))
    twice = (Broadcast(message=Proposal(block=first)), Broadcast(message=Proposal(block=other)))
    assert watched.broken(stored, *twice) == {Rule.SIGNED_ONCE}


def test_checker_remembers_signatures_after_a_restart(watched: Watched) -> None:
    """A sequencer that forgot is not excused."""
    first = watched.blocks[0]
    stored = Persist(record=record(1, 0))
    watched.broken(stored, Broadcast(message=Proposal(block=first)))
    watched.checker.restarted(0)
    other = Proposal(block=replace(first, root=watched.blocks[1].root))
    assert watched.broken(Broadcast(message=other)) == {Rule.SIGNED_ONCE}


def test_checker_commits(watched: Watched) -> None:
    """A gap, a proof of nothing, and another block than somebody else's."""
    one, two, *_ = watched.commits()
    assert Watched().broken(two) == {Rule.COMMIT_ORDER}
    unproven: CommitProof = replace(one.proof, certificate=one.proof.certificate[1:])
    assert Watched().broken(replace(one, proof=unproven)) == {Rule.COMMIT_PROOF}
    assert Watched().broken(replace(one, proof=two.proof)) == {Rule.COMMIT_PROOF}
    watched.checker._by_height[1] = Hash(bytes(32))
    assert watched.broken(one, node=1) == {Rule.AGREEMENT}


def test_checker_commits_again_after_a_restart(watched: Watched) -> None:
    """From genesis on, and not from anywhere."""
    assert watched.broken(*watched.commits()) == set()
    watched.checker.restarted(0)
    assert watched.broken(*watched.commits()) == set()


def test_checker_accusations(watched: Watched) -> None:
    """Evidence of nothing, against somebody honest, or against somebody else."""
    head = head_of(watched.blocks[0])
    signed = SignedHead(head=head, signature=watched.blocks[0].signature)
    nothing = Evidence(offence=Offence.DOUBLE_PROPOSAL, first=signed, second=signed)
    accusation = Accused(offender=watched.addresses[3], evidence=nothing)
    assert watched.broken(accusation) == {Rule.NOBODY_FRAMED}


def test_checker_honest_messages(watched: Watched) -> None:
    """Somebody honest is said to have broken a rule; a block beside the committed ones."""
    refused = Rejected(sender=watched.addresses[1], code=ErrorCode.CONSENSUS_HEIGHT_ZERO)
    assert Watched().broken(refused) == {Rule.HONEST_ACCEPTED}
    assert watched.broken(ConflictFound(block=GENESIS_NAME)) == {Rule.NO_CONFLICT}


# Draws and delays


def test_draws_are_hashes() -> None:
    """Eight bytes each of SHA-256 of the name and a counter."""
    name = repr((7, "label", 3)).encode()
    digests = b"".join(
        hashlib.sha256(name + counter.to_bytes(8, "big")).digest() for counter in (0, 1)
    )
    expected = [int.from_bytes(digests[place : place + 8], "big") for place in range(0, 64, 8)]
    draws = Draws(7, "label", 3)
    assert [draws.below(10**18) for _ in expected] == [each % 10**18 for each in expected]


def test_draws_stay_in_their_limits() -> None:
    """And reach them."""
    draws = Draws(1)
    assert {draws.between(3, 5) for _ in range(100)} == {3, 4, 5}
    assert {draws.pick("ab") for _ in range(50)} == {"a", "b"}
    assert not any(draws.chance(0) for _ in range(50))
    assert all(draws.chance(1000) for _ in range(50))
    assert sorted(draws.sample(range(5), 9)) == [0, 1, 2, 3, 4]
    assert len(set(draws.sample(range(50), 20))) == 20


def test_log_normal_table() -> None:
    """The entries are the quantiles that they are said to be."""
    for share, thousandths in LOG_NORMAL[1:-1]:
        exact = 1000 * math.exp(NormalDist().inv_cdf(share / 10_000) / 4)
        assert abs(thousandths - exact) <= 1
    assert all(one < other for one, other in pairwise(LOG_NORMAL))


@pytest.mark.parametrize("profile", Profile)
def test_delays_follow_their_table(profile: Profile) -> None:
    """As many lie below a quantile as should."""
    delays, draws = PROFILES[profile], Draws(2, profile)
    drawn = [delays.draw(draws) for _ in range(4000)]
    for share, value in delays.quantiles:
        below = sum(each <= value for each in drawn) / len(drawn)
        assert below >= share / 10_000 - 0.03
    assert max(drawn) <= delays.longest
    assert min(drawn) >= delays.quantiles[0][1]


def test_uniform_delays() -> None:
    """Both ends are there."""
    draws = Draws(3)
    drawn = [uniform(0, 9).draw(draws) for _ in range(500)]
    assert (min(drawn), max(drawn)) == (0, 8)


# Schedules


def test_schedules_draw_every_fault() -> None:
    """Over some seeds each kind of fault comes up, and promises are kept for most."""
    schedules = [drawn_schedule(Plan(nodes=7, faults=1, seed=seed)) for seed in range(60)]
    assert {each.loss > 0 for each in schedules} == {True, False}
    assert {each.duplication > 0 for each in schedules} == {True, False}
    assert any(each.partitions for each in schedules)
    assert any(each.crashes for each in schedules)
    assert {behaviour for each in schedules for _, behaviour in each.traitors} == set(Behaviour)
    assert any(len(each.crashing) > 1 for each in schedules)
    for each in schedules:
        assert not each.crashing & {node for node, _ in each.traitors}
        assert all(part.end <= each.timely_time for part in each.partitions)


def test_calm_means_calm() -> None:
    """Nothing happens but what the traitors do."""
    for seed in range(10):
        schedule = drawn_schedule(Plan(nodes=4, faults=1, seed=seed, calm=True))
        assert (schedule.timely_time, schedule.partitions, schedule.crashes) == (0, (), ())


# Soft finality


def test_quantiles() -> None:
    """The smallest value that so many do not exceed."""
    assert quantile(range(1, 101), 50) == 50
    assert quantile(range(1, 101), 99) == 99
    assert quantile([5], 99) == quantile([5], 0) == 5


def measured(*times: int) -> Finality:
    """Give a measurement with these times from submission."""
    return Finality(
        profile=Profile.LOCAL,
        nodes=4,
        silent=0,
        views=1,
        from_submission=times,
        from_proposal=times,
    )


def test_verdicts() -> None:
    """Against the goal of one second."""
    assert verdict(measured(1, 999_999)) == "yes"
    assert verdict(measured(1, 2, 1_000_000)) == "half of the time"
    assert verdict(measured(1_000_000, 1_000_000)) == "no"


def test_document_has_what_is_measured() -> None:
    """Simulated times are the same on every machine; so the written ones are measured again."""
    (table,) = [
        text for name, text in TABLE.findall(DOCUMENT.read_text("utf-8")) if name == "finality"
    ]
    row = finality_table([measure_finality(Profile.CONTINENTAL, 4)])[2]
    assert row in table.splitlines()


def test_finality_takes_seven_delays_and_what_it_waits() -> None:
    """With equal delays there is nothing to chance but when a transaction comes up."""
    figure = measure_finality(Profile.CONSTANT, 4, transactions=40)
    # Proposal, vote, proposal, vote, proposal, vote, and the proposal with the third certificate;
    # the leader of that last view knows one delay earlier.
    assert set(figure.from_proposal) <= {60_000, 70_000}
    # A transaction that comes up at the leader itself has no way to go, and waits for two at most.
    assert figure.from_submission[0] >= 60_000
    assert figure.from_submission[-1] <= 70_000 + 10_000 + 20_000 * 4


def test_the_simulated_document_is_there() -> None:
    """The tables have names that can be measured."""
    assert {name for name, _ in TABLE.findall(Path(DOCUMENT).read_text("utf-8"))} == {
        "finality",
        "speed",
    }
