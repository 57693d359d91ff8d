"""What decides a run: a plan, as it is asked for, and the faults that follow from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.simulation.delays import SECOND, Profile
from payy_ref.simulation.draws import Draws

MOST_NODES: Final = 200
"""Sequencers of the largest network that is simulated."""

USUAL_NODES: Final = (4, 4, 4, 5, 6, 7, 7, 10)
"""Sizes of the networks that are drawn."""

SKEW: Final = 100
"""How much faster or slower than it should a clock runs at most, in thousandths."""

DELAYS_OF_A_VIEW: Final = 10
"""
Longest delays that fit into the shortest waiting time once the network is timely.

Nine are needed (docs, simulation); one more makes up for the rounding.
"""

LATEST_TIMELY: Final = 20 * SECOND
"""The network becomes timely at this time at the latest, in microseconds."""


class Behaviour(StrEnum):
    """What a Byzantine sequencer does; in all else it keeps to the rules."""

    SILENT = "silent"
    """Nothing."""
    WITHHOLDING = "withholding"
    """Sends each of its messages to some only."""
    TWO_FACED = "two_faced"
    """Is two sequencers with one key, one for each half of the others: two blocks, two votes."""
    STALE = "stale"
    """Proposes on certificates older than the newest that it knows."""
    FICKLE = "fickle"
    """Proposes nothing the one time, and on an old certificate the other time."""
    DOUBLE_VOTING = "double_voting"
    """Votes for every block that it sees, and for some that nobody has seen."""
    BABBLING = "babbling"
    """Gives up views that are far away, asks for blocks that are not there, answers wrongly."""
    INVALID = "invalid"
    """Proposes blocks that break a rule, each time another one."""
    POISONING = "poisoning"
    """Answers for others, with blocks whose transactions are others than their name says."""
    STRANDING = "stranding"
    """Lets one sequencer alone have a certificate, so that it waits where nobody else is."""
    SECRETIVE = "secretive"
    """Makes certificates of votes that it overhears, and shows them to one sequencer at a time."""


class PlanError(ValueError):
    """No run can be made of a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for."""

    nodes: int = 4
    """Sequencers, of equal stake."""
    faults: int = 1
    """How many of them are Byzantine."""
    seed: int = 0
    """What all draws follow from."""
    views: int = 100
    """Views until the run may end."""
    profile: Profile = Profile.CONTINENTAL
    """How long messages are under way."""
    preset: Preset = Preset.MINIMAL
    """The network's parameters."""
    behaviour: Behaviour | None = None
    """What the Byzantine ones do; None if it is drawn."""
    calm: bool = False
    """Whether the network is timely from the beginning, and nobody crashes."""

    @property
    def parameters(self) -> Parameters:
        """The network's parameters."""
        return load_preset(self.preset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """A sequencer stops, and begins again with its safety record and nothing else."""

    node: int
    """Who."""
    time: int
    """In microseconds; it stops at the first event from then on at which it stores something."""
    effects: int
    """So many effects of that event are still done; 0 if not even the record is stored."""
    down: int
    """How long it is down, in microseconds; less if the network becomes timely before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """No message gets from one part of the network to the other."""

    begin: int
    """From this time on, in microseconds."""
    end: int
    """Until before this time."""
    part: frozenset[int]
    """One of the two parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """All faults of a run."""

    traitors: tuple[tuple[int, Behaviour], ...]
    """The Byzantine sequencers, and what each does."""
    far_half: frozenset[int]
    """The sequencers that see the second face of the Byzantine ones that have two."""
    skews: tuple[int, ...]
    """For each sequencer, how long its second is, in milliseconds."""
    timely_time: int
    """When the network becomes timely at the latest, in microseconds."""
    timely_view: int
    """It does so earlier if an honest sequencer enters this view."""
    loss: int
    """Before that, so many of a thousand messages are lost."""
    duplication: int
    """So many of a thousand messages arrive twice."""
    partitions: tuple[Partition, ...]
    """Before that."""
    crashes: tuple[Crash, ...]
    """Before that."""

    @property
    def crashing(self) -> frozenset[int]:
        """Who crashes."""
        return frozenset(crash.node for crash in self.crashes)


def check_plan(plan: Plan) -> None:
    """
    Judge whether a run can be made of a plan.

    Raises:
        PlanError: says what is wrong.
    """
    if not 1 <= plan.nodes <= MOST_NODES:
        raise PlanError(f"there can be 1 to {MOST_NODES} nodes")
    if not 0 <= plan.faults < plan.nodes:
        raise PlanError(f"of {plan.nodes} nodes 0 to {plan.nodes - 1} can be faulty")
    if plan.views < 1:
        raise PlanError("a run has 1 view at least")


def tolerated(nodes: int) -> int:
    """Tell how many of so many sequencers of equal stake can be Byzantine: less than a third."""
    return (nodes - 1) // 3


def drawn_plan(
    seed: int,
    *,
    views: int,
    nodes: int | None = None,
    faults: int | None = None,
    profile: Profile | None = None,
    preset: Preset = Preset.MINIMAL,
    behaviour: Behaviour | None = None,
    calm: bool = False,
) -> Plan:
    """Draw what is not asked for: small networks, with no more traitors than they tolerate."""
    draws = Draws(seed, "plan")
    drawn_nodes, drawn_profile = draws.pick(USUAL_NODES), draws.pick(list(Profile))
    size = drawn_nodes if nodes is None else nodes
    most = tolerated(size)
    drawn_faults = most if draws.chance(500) else draws.below(most + 1)
    return Plan(
        nodes=size,
        faults=drawn_faults if faults is None else faults,
        seed=seed,
        views=views,
        profile=drawn_profile if profile is None else profile,
        preset=preset,
        behaviour=behaviour,
        calm=calm,
    )


def drawn_schedule(plan: Plan) -> Schedule:
    """
    Draw the faults of a run.

    With more than a third Byzantine the drawn schedule is the attack that works: they have two
    faces, and the honest ones are cut in two halves until the network becomes timely.
    """
    draws = Draws(plan.seed, "schedule", plan.nodes, plan.faults)
    everybody = range(plan.nodes)
    chosen = sorted(draws.sample(everybody, plan.faults))
    honest = [node for node in everybody if node not in chosen]
    far_half = frozenset(draws.sample(honest, len(honest) // 2))
    splits = plan.faults > tolerated(plan.nodes) and plan.behaviour in (None, Behaviour.TWO_FACED)
    usual = Behaviour.TWO_FACED if splits else plan.behaviour
    common = draws.pick(list(Behaviour)) if draws.chance(300) else None
    behaviours = [usual or common or draws.pick(list(Behaviour)) for _ in chosen]
    timely_time = 0 if plan.calm or draws.chance(200) else draws.between(SECOND, LATEST_TIMELY)
    timely_view = 1 + 2 * plan.views // 3
    if splits and not plan.calm:
        cut = Partition(begin=0, end=LATEST_TIMELY, part=far_half)
        return Schedule(
            traitors=tuple(zip(chosen, behaviours, strict=True)),
            far_half=far_half,
            skews=(1000,) * plan.nodes,
            timely_time=LATEST_TIMELY,
            timely_view=timely_view,
            loss=0,
            duplication=0,
            partitions=(cut,),
            crashes=(),
        )
    return Schedule(
        traitors=tuple(zip(chosen, behaviours, strict=True)),
        far_half=far_half,
        skews=tuple(draws.between(1000 - SKEW, 1000 + SKEW) for _ in everybody),
        timely_time=timely_time,
        timely_view=0 if plan.calm else timely_view,
        loss=draws.pick((0, 20, 100, 300)),
        duplication=draws.pick((0, 50, 300)),
        partitions=() if plan.calm else _partitions(plan, draws, timely_time),
        crashes=() if plan.calm else _crashes(plan, draws, honest, timely_time),
    )


def _scale(draws: Draws, until: int) -> int:
    """Draw how early faults come: twenty views may take a second, or, if they fail, a minute."""
    return 1 + min(until, draws.pick((SECOND // 2, 2 * SECOND, LATEST_TIMELY)))


def _partitions(plan: Plan, draws: Draws, until: int) -> tuple[Partition, ...]:
    found = []
    for _ in range(draws.below(4)):
        begin = draws.below(_scale(draws, until))
        part = frozenset(draws.sample(range(plan.nodes), draws.below(plan.nodes)))
        found.append(Partition(begin=begin, end=draws.between(begin, until), part=part))
    return tuple(found)


def _crashes(plan: Plan, draws: Draws, honest: list[int], until: int) -> tuple[Crash, ...]:
    # Most often so few crash that progress is promised; sometimes anybody does.
    room = max(tolerated(plan.nodes) - plan.faults, 0)
    crashing = honest if draws.chance(250) else draws.sample(honest, room)
    if not crashing:
        return ()
    return tuple(
        Crash(
            node=draws.pick(crashing),
            time=draws.below(_scale(draws, until)),
            effects=draws.below(5),
            down=draws.below(2 * SECOND),
        )
        for _ in range(draws.below(2 * len(crashing) + 1))
    )
