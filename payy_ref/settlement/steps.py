"""
Steps: anything that can be done to the rollup, as a value.

So a history is a list that can be written down, replayed on another implementation, and compared.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from payy_ref.parameters import Parameters
from payy_ref.settlement import rollup as transitions
from payy_ref.settlement.events import Event
from payy_ref.settlement.rollup import Call, Outcome, Rollup
from payy_ref.settlement.verifiers import Verifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that is done."""

    name: str
    """Name of the transition."""
    call: Call
    """Who does it, and when."""
    arguments: Mapping[str, Any]
    """What the transition takes besides."""


Transition = tuple[Callable[..., Outcome], tuple[str, ...]]
"""A transition, and what it takes besides the state and the step's arguments."""

TRANSITIONS: Final[Mapping[str, Transition]] = {
    "add_token": (transitions.add_token, ("call",)),
    "add_validators": (transitions.add_validators, ("call", "parameters")),
    "deposit": (transitions.deposit, ("call",)),
    "deposit_and_queue": (transitions.deposit_and_queue, ("call", "verifiers", "parameters")),
    "cancel_deposit": (transitions.cancel_deposit, ("call", "parameters")),
    "substitute_burn": (transitions.substitute_burn, ("call",)),
    "withdraw": (transitions.withdraw, ()),
    "queue_transaction": (transitions.queue_transaction, ("call", "verifiers", "parameters")),
    "settle": (transitions.settle, ("call", "verifiers", "parameters")),
    "force": (transitions.force, ("call", "verifiers", "parameters")),
    "discard": (transitions.discard, ("call", "verifiers", "parameters")),
    "freeze": (transitions.freeze, ("call",)),
    "leave": (transitions.leave, ("verifiers", "parameters")),
}
"""Everything that can be done, by name."""


def perform(rollup: Rollup, step: Step, verifiers: Verifiers, parameters: Parameters) -> Outcome:
    """
    Do one step.

    Raises:
        SpecError: those of the transition.
    """
    transition, needs = TRANSITIONS[step.name]
    given = {"call": step.call, "verifiers": verifiers, "parameters": parameters}
    return transition(rollup, **{name: given[name] for name in needs}, **step.arguments)


def perform_all(
    rollup: Rollup, steps: Iterable[Step], verifiers: Verifiers, parameters: Parameters
) -> Outcome:
    """
    Do one step after the other; the first one that is rejected rejects all.

    Raises:
        SpecError: those of that step.
    """
    events: tuple[Event, ...] = ()
    for step in steps:
        rollup, more = perform(rollup, step, verifiers, parameters)
        events = (*events, *more)
    return rollup, events
