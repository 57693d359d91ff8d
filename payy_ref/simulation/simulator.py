"""
Simulation of a network in one process: discrete events in the order of their times.

Everything follows from the plan: draws come from its seed, and events at the same time happen in
the order in which they came up. Computing takes no time here.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from payy_ref.consensus.messages import (
    Broadcast,
    Committed,
    Effect,
    Event,
    Message,
    Persist,
    Received,
    Rejected,
    Send,
    SetTimer,
    Started,
    TimerExpired,
)
from payy_ref.consensus.replica import handle
from payy_ref.consensus.safety import GENESIS_RECORD, SafetyRecord
from payy_ref.consensus.state import Choose, Replica, Settings, restarted
from payy_ref.consensus.validators import Validator, ValidatorSet
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import SecretKey, address_of
from payy_ref.ledger.sequence import Height
from payy_ref.simulation.checker import Checker, Rule, Violation
from payy_ref.simulation.delays import MILLISECOND, PROFILES
from payy_ref.simulation.draws import Draws
from payy_ref.simulation.load import Load
from payy_ref.simulation.plan import (
    DELAYS_OF_A_VIEW,
    SKEW,
    Behaviour,
    Crash,
    Plan,
    Schedule,
    check_plan,
    drawn_schedule,
    tolerated,
)
from payy_ref.simulation.trace import Scribe, Writer
from payy_ref.simulation.traitors import Alarm, Coalition, Face, Outgoing, Traitor

STALLED: Final = 8
"""A run ends if no honest sequencer enters a new view in so many of the longest waiting times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came out of a run."""

    plan: Plan
    """What was asked for."""
    schedule: Schedule
    """What happened to the network."""
    views: int
    """The newest view of an honest sequencer."""
    microseconds: int
    """Simulated time."""
    events: int
    """What happened to honest sequencers."""
    messages: Mapping[str, int]
    """Messages that honest sequencers sent to others, by kind."""
    height: int
    """The highest committed block."""
    crashes: int
    """How often a sequencer crashed."""
    rejected: int
    """Messages that broke a rule."""
    accused: tuple[int, ...]
    """Who was accused, with evidence."""
    timely_view: int | None
    """The newest view when the network became timely; None if it never did."""
    bound: int | None
    """Within so many views everybody had to commit again; None if nothing was promised."""
    longest: int | None
    """The most views that an honest sequencer did not commit in, while that was promised."""
    violations: tuple[Violation, ...]
    """What must not happen, and did."""


@dataclass(slots=True, kw_only=True)
class Machine:
    """An honest sequencer and what it runs on."""

    settings: Settings
    """Who it is."""
    replica: Replica
    """Its state."""
    record: SafetyRecord = GENESIS_RECORD
    """What it stored."""
    timer: int = 0
    """Number of the timer that counts."""
    is_up: bool = True
    """Whether it runs."""
    crashes: list[Crash] = field(default_factory=list)
    """What is still to come, in order."""
    committed_view: int = 0
    """The newest view of the network when it committed last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that is going to happen."""

    node: int
    """To whom."""
    event: Event
    """What."""
    world: int = 0
    """To which face of a Byzantine one."""
    timer: int | None = None
    """Number of the timer, if it is one; it counts only if it is the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """A crashed sequencer begins again."""

    node: int
    """Who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timely:
    """The network becomes timely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Something that a measurement does at a time."""

    run: Callable[[int], None]
    """Is given the time."""


Scheduled = Occurrence | Restart | Timely | Call


def keys_of(nodes: int) -> tuple[SecretKey, ...]:
    """Give the keys of the sequencers of a simulated network."""
    return tuple(SecretKey(keccak256(f"simulated {node}".encode())) for node in range(nodes))


def validators_of(nodes: int) -> ValidatorSet:
    """Give the sequencers of a simulated network: equal stakes, in the order of their numbers."""
    members = tuple(Validator(address=address_of(key), stake=1) for key in keys_of(nodes))
    return ValidatorSet(valid_from=Height(0), validators=members)


def view_bound(nodes: int, missing: int, reply_blocks: int) -> int:
    """
    Tell in how many views every honest sequencer commits, once the network is timely.

    Two views may be lost to what was before, 2n + 2 are needed then, and by one view the others may
    be ahead of who commits. While a sequencer fetches blocks, a view may be lost for every four
    answers (docs, simulation).

    Args:
        nodes: Sequencers.
        missing: Blocks that the one furthest behind has to fetch.
        reply_blocks: Blocks of an answer.
    """
    return 2 * nodes + 5 + -(-missing // (4 * reply_blocks))


class Simulation:
    """A network and what happens to it."""

    def __init__(
        self,
        plan: Plan,
        *,
        write: Writer | None = None,
        choosers: Callable[[int], Choose] | None = None,
        on_commit: Callable[[int, int, Committed], None] | None = None,
        lets_pass: Callable[[int, int, Message], bool] | None = None,
    ) -> None:
        """
        Set up a network.

        Args:
            plan: What decides the run.
            write: Takes the lines of a trace.
            choosers: What each sequencer proposes, instead of the usual load.
            on_commit: Is told time, sequencer and what it committed.
            lets_pass: For experiments: tells whether a message of an honest sequencer can arrive.
        """
        check_plan(plan)
        self.plan = plan
        self.schedule = drawn_schedule(plan)
        self.parameters = plan.parameters
        self.time = 0
        self.load = Load(plan.seed, self.parameters)
        self.validators = validators_of(plan.nodes)
        self.addresses = [each.address for each in self.validators.validators]
        self._index = {address: node for node, address in enumerate(self.addresses)}
        self._keys = keys_of(plan.nodes)
        self._choosers = choosers
        self._on_commit = on_commit
        self._lets_pass = lets_pass
        behaviours = dict(self.schedule.traitors)
        self.machines = {
            node: self._machine(node) for node in range(plan.nodes) if node not in behaviours
        }
        self._coalition = Coalition(
            keys={node: self._keys[node] for node in behaviours},
            validators=self.validators,
            network_name=self.parameters.network_name,
        )
        self._traitors = {
            node: self._traitor(node, behaviour) for node, behaviour in behaviours.items()
        }
        self.checker = Checker(
            addresses=self.addresses,
            byzantine=frozenset(behaviours),
            network_name=self.parameters.network_name,
            sets=(self.validators,),
        )
        self._scribe = None if write is None else Scribe(write, self.addresses)
        self._queue: list[tuple[int, int, Scheduled]] = []
        self._scheduled = 0
        self._alarms: Counter[tuple[int, int]] = Counter()
        self._network = Draws(plan.seed, "network")
        self._delays = PROFILES[plan.profile]
        self._limit = (
            self.parameters.consensus_timeout_milliseconds * (1000 - SKEW) // DELAYS_OF_A_VIEW
        )
        self._messages: Counter[str] = Counter()
        self.events = 0
        self._crashes = 0
        self._rejected = 0
        self.newest_view = 0
        self._newest_time = 0
        self.timely_view: int | None = None
        self._bound: int | None = None
        self._longest = 0

    # Setting up

    def _machine(self, node: int) -> Machine:
        chooser = self.load.chooser(node) if self._choosers is None else self._choosers(node)
        settings = self._settings(node, chooser)
        crashes = [crash for crash in self.schedule.crashes if crash.node == node]
        crashes.sort(key=lambda crash: crash.time)
        return Machine(settings=settings, replica=restarted(settings), crashes=crashes)

    def _settings(self, node: int, choose: Choose) -> Settings:
        return Settings(
            key=self._keys[node],
            network_name=self.parameters.network_name,
            sets=(self.validators,),
            parameters=self.parameters,
            execute=self.load.execute,
            choose=choose,
        )

    def _traitor(self, node: int, behaviour: Behaviour) -> Traitor:
        everybody = tuple(other for other in range(self.plan.nodes) if other != node)
        audiences = [everybody]
        if behaviour is Behaviour.TWO_FACED:
            far, traitors = self.schedule.far_half, self._coalition.keys
            audiences = [
                tuple(other for other in everybody if other in traitors or other not in far),
                tuple(other for other in everybody if other in traitors or other in far),
            ]
        faces = []
        for world, audience in enumerate(audiences):
            settings = self._settings(node, self.load.chooser(node, world))
            faces.append(Face(settings=settings, replica=restarted(settings), others=audience))
        return Traitor(
            node=node,
            behaviour=behaviour,
            coalition=self._coalition,
            faces=faces,
            draws=Draws(self.plan.seed, "traitor", node),
        )

    # Running

    def run(self, progress: Callable[[int, int], None] | None = None) -> Report:
        """
        Let the network run until the views are over, and what is promised had to come.

        Args:
            progress: Is told the newest view, and the view in which the run ends, as known so far.
        """
        self.start()
        while self.step():
            if progress is not None:
                progress(self.newest_view, self.last_view)
        return self.finish()

    def start(self) -> None:
        """Let everybody begin."""
        if self._scribe is not None:
            self._scribe.plan(self.plan)
        if self.schedule.timely_time == 0:
            self._become_timely()
        else:
            self._push(self.schedule.timely_time, Timely())
        for node in range(self.plan.nodes):
            faces = len(self._traitors[node].faces) if node in self._traitors else 1
            for world in range(faces):
                self._push(0, Occurrence(node=node, event=Started(), world=world))

    @property
    def last_view(self) -> int:
        """The view in which the run ends, as far as it is known."""
        if self.timely_view is None or self._bound is None:
            return self.plan.views
        return max(self.plan.views, self.timely_view + self._bound + 1)

    @property
    def is_over(self) -> bool:
        """Tell whether the run has done what it was for, or cannot go on."""
        parameters = self.parameters
        longest = (
            parameters.consensus_timeout_milliseconds << parameters.consensus_timeout_doublings
        )
        stalled = self.time - self._newest_time > STALLED * longest * MILLISECOND
        return self.newest_view >= self.last_view or stalled

    def step(self) -> bool:
        """Let the next thing happen; tell whether there is more to come."""
        if self.is_over or not self._queue:
            return False
        self.time, _, scheduled = heapq.heappop(self._queue)
        match scheduled:
            case Timely():
                self._become_timely()
            case Restart(node=node):
                self._restart(node)
            case Call(run=run):
                run(self.time)
            case Occurrence(node=node):
                if node in self._traitors:
                    self._happen_to_traitor(scheduled)
                else:
                    self._happen(node, scheduled)
        return True

    def finish(self) -> Report:
        """Say what came out."""
        self._judge_progress(ended=self.newest_view < self.last_view)
        report = Report(
            plan=self.plan,
            schedule=self.schedule,
            views=self.newest_view,
            microseconds=self.time,
            events=self.events,
            messages=dict(sorted(self._messages.items())),
            height=self.checker.height,
            crashes=self._crashes,
            rejected=self._rejected,
            accused=tuple(sorted(self.checker.accused)),
            timely_view=self.timely_view,
            bound=self._bound,
            longest=None if self._bound is None else self._longest,
            violations=tuple(self.checker.violations),
        )
        if self._scribe is not None:
            self._scribe.end(
                {
                    "views": report.views,
                    "height": report.height,
                    "violations": [
                        str(each.rule)
                        for each in report.violations
                        if each.rule is not Rule.PROGRESS
                    ],
                }
            )
        return report

    def call_at(self, time: int, run: Callable[[int], None]) -> None:
        """Do something at a time, in microseconds."""
        self._push(time, Call(run=run))

    def _push(self, time: int, scheduled: Scheduled) -> None:
        self._scheduled += 1
        heapq.heappush(self._queue, (time, self._scheduled, scheduled))

    # Honest sequencers

    def _happen(self, node: int, occurrence: Occurrence) -> None:
        machine, event = self.machines[node], occurrence.event
        if not machine.is_up:
            return
        if occurrence.timer is not None and occurrence.timer != machine.timer:
            return
        self.events += 1
        after, effects = handle(machine.settings, machine.replica, event)
        crash = self._crash_now(machine, effects)
        if crash is not None:
            effects = effects[: crash.effects]
        machine.replica = after
        if self._scribe is not None:
            self._scribe.happened(self.time, node, event, effects, crashed=crash is not None)
        self.checker.watch(self.time, node, after, effects)
        for effect in effects:
            self._perform(node, machine, effect)
        if crash is not None:
            self._crashes += 1
            machine.is_up = False
            self._push(self.time + crash.down, Restart(node=node))
        elif after.view > self.newest_view:
            self.newest_view, self._newest_time = after.view, self.time
            self._judge_progress()
            if self.timely_view is None and after.view >= self.schedule.timely_view:
                self._become_timely()

    def _crash_now(self, machine: Machine, effects: Sequence[Effect]) -> Crash | None:
        stores = any(isinstance(effect, Persist) for effect in effects)
        if not stores or not machine.crashes or machine.crashes[0].time > self.time:
            return None
        return machine.crashes.pop(0)

    def _perform(self, node: int, machine: Machine, effect: Effect) -> None:
        match effect:
            case Persist(record=record):
                machine.record = record
            case Send(to=to, message=message):
                self._send(node, self._index[to], message)
            case Broadcast(message=message):
                for other in range(self.plan.nodes):
                    if other != node:
                        self._send(node, other, message)
            case SetTimer(view=view, milliseconds=milliseconds):
                machine.timer += 1
                skewed = milliseconds * self.schedule.skews[node]
                expiry = Occurrence(node=node, event=TimerExpired(view=view), timer=machine.timer)
                self._push(self.time + skewed, expiry)
            case Committed():
                machine.committed_view = max(self.newest_view, machine.replica.view)
                if self._on_commit is not None:
                    self._on_commit(self.time, node, effect)
            case Rejected():
                self._rejected += 1

    def _restart(self, node: int) -> None:
        machine = self.machines[node]
        if machine.is_up:
            return
        machine.is_up = True
        machine.timer += 1
        machine.replica = restarted(machine.settings, machine.record)
        self.checker.restarted(node)
        if self._scribe is not None:
            self._scribe.restarted(self.time, node)
        self._happen(node, Occurrence(node=node, event=Started()))

    # Byzantine sequencers

    def _happen_to_traitor(self, occurrence: Occurrence) -> None:
        node, world = occurrence.node, occurrence.world
        if occurrence.timer is not None and occurrence.timer != self._alarms[(node, world)]:
            return
        for action in self._traitors[node].handle(occurrence.event, world):
            match action:
                case Alarm(world=face, view=view, milliseconds=milliseconds):
                    self._alarms[(node, face)] += 1
                    expiry = Occurrence(
                        node=node,
                        event=TimerExpired(view=view),
                        world=face,
                        timer=self._alarms[(node, face)],
                    )
                    self._push(self.time + milliseconds * MILLISECOND, expiry)
                case Outgoing(to=to, message=message, world=face):
                    self._coalition.overhear(message)
                    for other in to:
                        self._transmit(node, other, message, world=face)

    # The network

    def _send(self, node: int, to: int, message: Message) -> None:
        if node != to:
            self._messages[type(message).__name__] += 1
        if self._traitors:
            self._coalition.overhear(message)
        if self._lets_pass is None or self._lets_pass(node, to, message):
            self._transmit(node, to, message, world=int(node in self.schedule.far_half))

    def _transmit(self, node: int, to: int, message: Message, *, world: int) -> None:
        """Let a message be lost, or arrive, once or twice."""
        received = Received(sender=self.addresses[node], message=message)
        arrival = Occurrence(node=to, event=received, world=world)
        if node == to:
            self._push(self.time, arrival)
            return
        draws, is_timely = self._network, self.timely_view is not None
        is_lost = self.is_cut(node, to) or draws.chance(self.schedule.loss)
        if is_lost and not is_timely:
            return
        copies = 2 if draws.chance(self.schedule.duplication) else 1
        for _ in range(copies):
            delay = self._delays.draw(draws)
            if is_timely and not self.plan.calm:
                delay = min(delay, self._limit)
            self._push(self.time + delay, arrival)

    def is_cut(self, node: int, other: int) -> bool:
        """Tell whether a partition lies between two honest sequencers now; others get around it."""
        return any(
            partition.begin <= self.time < partition.end
            and (node in partition.part) != (other in partition.part)
            for partition in self.schedule.partitions
            if node in self.machines and other in self.machines
        )

    def _become_timely(self) -> None:
        """From now on nothing is lost, delays are bounded, and nobody crashes."""
        if self.timely_view is not None:
            return
        self.timely_view = self.newest_view
        if self._scribe is not None:
            self._scribe.timely(self.time)
        self._hurry()
        for node, machine in self.machines.items():
            machine.crashes.clear()
            self._restart(node)
            machine.committed_view = max(machine.committed_view, self.newest_view)
        faulty = self.schedule.crashing | {node for node, _ in self.schedule.traitors}
        is_bounded = not self.plan.calm or self._delays.longest <= self._limit
        if is_bounded and len(faulty) <= tolerated(self.plan.nodes):
            heights = [
                max(node.head.height for node in machine.replica.nodes.values())
                for machine in self.machines.values()
            ]
            committed = [
                machine.replica.nodes[machine.replica.committed].head.height
                for machine in self.machines.values()
            ]
            self._bound = view_bound(
                self.plan.nodes,
                max(heights) - min(committed),
                self.parameters.consensus_reply_blocks,
            )

    def _hurry(self) -> None:
        """Bound the delay of what is under way already."""
        latest = self.time + self._limit
        self._queue = [
            (min(time, latest) if is_message(each) else time, number, each)
            for time, number, each in self._queue
        ]
        heapq.heapify(self._queue)

    def _judge_progress(self, *, ended: bool = False) -> None:
        """See whether every honest sequencer commits in time."""
        if self._bound is None:
            return
        for node, machine in self.machines.items():
            waited = self.newest_view - machine.committed_view
            self._longest = max(self._longest, waited)
            if waited > self._bound or ended:
                why = f"nothing committed in {waited} views, {self._bound} are the bound"
                self.checker.delayed(self.time, node, "no new view" if ended else why)
                machine.committed_view = self.newest_view


def is_message(scheduled: Scheduled) -> bool:
    """Tell whether something that is going to happen is the arrival of a message."""
    return isinstance(scheduled, Occurrence) and isinstance(scheduled.event, Received)
