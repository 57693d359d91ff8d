"""
Replay: give the honest sequencers of a trace the same events, and see whether they do the same.

No network is simulated and nothing is drawn: what arrives is what the trace says. Safety is judged
again as in the first run; progress is not, since it is the network's too.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from payy_ref.consensus.messages import Message
from payy_ref.consensus.replica import handle
from payy_ref.consensus.state import Replica, Settings, restarted
from payy_ref.simulation.checker import Checker, Violation
from payy_ref.simulation.load import Load
from payy_ref.simulation.plan import Plan, drawn_schedule
from payy_ref.simulation.simulator import keys_of, validators_of
from payy_ref.simulation.trace import (
    VERSION,
    Line,
    Scribe,
    TraceFileError,
    event_of,
    message_of,
    plan_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came out of a replay."""

    plan: Plan
    """The plan of the run."""
    events: int
    """Events that were replayed."""
    difference: str | None
    """The first thing that a sequencer does otherwise; None if there is none."""
    violations: tuple[Violation, ...]
    """What must not happen, and did."""


class _Replay:
    def __init__(self, plan: Plan) -> None:
        parameters = plan.parameters
        load = Load(plan.seed, parameters)
        validators = validators_of(plan.nodes)
        self.addresses = [each.address for each in validators.validators]
        self.settings = [
            Settings(
                key=key,
                network_name=parameters.network_name,
                sets=(validators,),
                parameters=parameters,
                execute=load.execute,
                choose=load.chooser(node),
            )
            for node, key in enumerate(keys_of(plan.nodes))
        ]
        byzantine = frozenset(node for node, _ in drawn_schedule(plan).traitors)
        self.checker = Checker(
            addresses=self.addresses,
            byzantine=byzantine,
            network_name=parameters.network_name,
            sets=(validators,),
        )
        self.replicas: dict[int, Replica] = {
            node: restarted(settings)
            for node, settings in enumerate(self.settings)
            if node not in byzantine
        }
        self.made: list[Line] = []
        self.scribe = Scribe(self.made.append, self.addresses)
        self.messages: dict[int, Message] = {}
        self.events = 0
        self.newest_view = 0

    def take(self, line: Line) -> None:
        """Do what a line says, and write what came of it."""
        event = line.get("event")
        if event is not None and type(line.get("time")) is not int:
            raise TraceFileError("an event has a time")
        if "message" in line and event is None:
            if type(line["message"]) is not int:
                raise TraceFileError("a message has a number")
            self.messages[line["message"]] = message_of(line)
        elif event == "timely":
            self.scribe.timely(line["time"])
        elif event == "restarted":
            node = self._node(line)
            settings = self.settings[node]
            self.replicas[node] = restarted(settings, self.checker.stored(node))
            self.checker.restarted(node)
            self.scribe.restarted(line["time"], node)
        elif "end" in line:
            found = [str(each.rule) for each in self.checker.violations]
            self.scribe.end(
                {"views": self.newest_view, "height": self.checker.height, "violations": found}
            )
        else:
            self._happen(line)

    def _happen(self, line: Line) -> None:
        node, crashed = self._node(line), line.get("crashed", False) is True
        if not isinstance(line.get("effects"), list):
            raise TraceFileError("an event has effects")
        event = event_of(line, self.messages, self.addresses)
        after, effects = handle(self.settings[node], self.replicas[node], event)
        if crashed:
            effects = effects[: len(line["effects"])]
        self.events += 1
        self.replicas[node] = after
        self.scribe.happened(line["time"], node, event, effects, crashed=crashed)
        self.checker.watch(line["time"], node, after, effects)
        if not crashed:
            self.newest_view = max(self.newest_view, after.view)

    def _node(self, line: Line) -> int:
        node = line.get("node")
        if type(node) is not int or node not in self.replicas:
            raise TraceFileError("an event happens to an honest sequencer")
        return node


def replay(lines: Iterable[Line]) -> Replayed:
    """
    Replay a trace.

    Raises:
        TraceFileError: the lines are no trace.
    """
    source = iter(lines)
    first = next(source, {})
    if first.get("trace") != VERSION or not isinstance(first.get("plan"), dict):
        raise TraceFileError(f"not a trace of version {VERSION}")
    plan = plan_of(first["plan"])
    running = _Replay(plan)
    read: list[Line] = []
    difference, has_ended = None, False
    for number, line in enumerate(source, 2):
        running.take(line)
        read.append(line)
        # Messages come before the event that they belong to, so they are compared with it.
        if "event" in line or "end" in line:
            if read != running.made:
                difference = f"line {number}: {_difference(read, running.made)}"
                break
            read.clear()
            running.made.clear()
        has_ended = "end" in line
    if difference is None and not has_ended:
        raise TraceFileError("the trace breaks off")
    return Replayed(
        plan=plan,
        events=running.events,
        difference=difference,
        violations=tuple(running.checker.violations),
    )


def _difference(read: list[Line], made: list[Line]) -> str:
    """Say what the first field is in which lines differ."""
    for one, other in zip(read, made, strict=False):
        for name in sorted({*one, *other}):
            if one.get(name) != other.get(name):
                return f"{name} differs"
    return f"{len(read)} lines there, {len(made)} here"
