"""
Every history among the vectors is done again on the deployed contracts.

A vector states a deployment and steps, and what becomes of them. The contracts give the same
verdict, the same code, the same state and the same events. Left out is what cannot be said to a
contract of these types at all: inputs that are rejected for their form, before there is any step.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ethereum.chain import Chain, RevertedError
from payy_ref.ethereum.settlement import Parts, SettlementOnChain
from payy_ref.operations import Operation, find_operation
from payy_ref.operations.settlement import STATED_VERIFIERS, shown_state
from payy_ref.parameters import Preset, load_preset
from payy_ref.primitives import strict_json
from payy_ref.settlement.events import Event
from payy_ref.settlement.rollup import Deployment, deployed
from payy_ref.settlement.steps import Step, perform_all
from payy_ref.vectors.model import Case
from payy_ref.vectors.store import load_cases

ROOT: Final = Path(__file__).parents[1]
SUITES: Final = ("settlement", "bridge", "queue")

FORMS: Final = frozenset(
    {
        ErrorCode.MALFORMED_INPUT,
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
        ErrorCode.LEDGER_HEIGHT_OUT_OF_RANGE,
        ErrorCode.BORSH_INTEGER_OUT_OF_RANGE,
    }
)
"""Why an input can be rejected before it is a history."""


def read_parts() -> Parts:
    """Read the contracts and what stands for tokens and verifiers."""
    return Parts.read(ROOT / "contracts" / "build", ROOT / "tests" / "contracts" / "build")


def operation_of(case: Case) -> Operation:
    """Find the operation of a case."""
    found = find_operation(case.suite, case.operation)
    assert found is not None
    return found


def form_fault(case: Case) -> ErrorCode | None:
    """Tell why a case is no history; None if it is one."""
    try:
        operation_of(case).input_form.decode(case.input)
    except SpecError as error:
        return error.code
    return None


def all_cases() -> tuple[Case, ...]:
    """List the histories among the vectors, those that begin alike beside each other."""
    cases = [
        case
        for case in load_cases(ROOT / "conformance_vectors")
        if case.suite in SUITES and case.operation == "run"
    ]
    return tuple(sorted(cases, key=lambda case: (case.preset, *_texts(case))))


def _texts(case: Case) -> tuple[str, str]:
    given: Any = case.input
    if not isinstance(given, dict):
        return "", ""
    parts = (given.get("deployment"), given.get("steps"))
    return strict_json.dumps(parts[0]), strict_json.dumps(parts[1])


@cache
def histories() -> tuple[Case, ...]:
    """List the cases that can be done on a chain."""
    return tuple(case for case in all_cases() if form_fault(case) is None)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A state of the chain that can be gone back to."""

    snapshot: int
    """Number of the chain's snapshot."""
    world: SettlementOnChain
    """What is known of the contracts there."""
    said: tuple[Event, ...]
    """What they had said until then."""


class Histories:
    """Does histories on one chain; what two of them in a row have in common is done once."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._parts = read_parts()
        self._start: tuple[Preset, Deployment] | None = None
        self._done: list[Step] = []
        self._moments: list[Moment] = []

    def run(
        self, preset: Preset, deployment: Deployment, steps: Sequence[Step]
    ) -> tuple[str | None, int, Moment | None]:
        """Do steps up to the first that is rejected: its error, how many were done, what is so."""
        if self._start != (preset, deployment):
            self._start, self._done, self._moments = None, [], []
            parameters = load_preset(preset)
            try:
                world = SettlementOnChain.deploy(self._chain, parameters, deployment, self._parts)
            except RevertedError as rejection:
                return rejection.name, 0, None
            self._start = (preset, deployment)
            self._keep(world, ())
        common = 0
        while common < min(len(steps), len(self._done)) and steps[common] == self._done[common]:
            common += 1
        del self._done[common:], self._moments[common + 1 :]
        moment = self._moments[-1]
        self._chain.revert(moment.snapshot)
        world, said = moment.world.copy(), moment.said
        for step in steps[common:]:
            performed = world.perform(step)
            if performed.error is not None:
                last = Moment(snapshot=-1, world=world, said=said)
                return performed.error, len(self._done), last
            said = (*said, *performed.events)
            self._done.append(step)
            self._keep(world, said)
        return None, len(self._done), self._moments[-1]

    def _keep(self, world: SettlementOnChain, said: tuple[Event, ...]) -> None:
        # Going back does the newest block once more; an empty one is quickly done.
        self._chain.advance(1)
        self._moments.append(Moment(snapshot=self._chain.snapshot(), world=world.copy(), said=said))


@pytest.fixture(scope="module")
def chain_histories(l1: Chain) -> Histories:
    """Do histories on the chosen chain."""
    return Histories(l1)


def check(case: Case, done: Histories) -> None:
    """Do a case's history, and compare."""
    operation, preset = operation_of(case), Preset(case.request_preset)
    parameters = load_preset(preset)
    given = operation.input_form.decode(case.input)
    error, count, moment = done.run(preset, given["deployment"], given["steps"])
    assert error == case.error
    if moment is None:
        return
    found = {**moment.world.state(), "events": moment.said}
    if case.error is None:
        assert operation.output_form.encode(found) == case.expected["output"]
        return
    # What is so before the step that is rejected, the vector does not say; the reference does.
    rollup, said = perform_all(
        deployed(given["deployment"], parameters),
        given["steps"][:count],
        STATED_VERIFIERS,
        parameters,
    )
    assert found == {**shown_state(rollup), "events": said}


@pytest.mark.parametrize("case", histories(), ids=lambda case: case.id)
def test_the_contracts_agree_with_the_vector(case: Case, chain_histories: Histories) -> None:
    """Same verdict, same code, same state, same events."""
    check(case, chain_histories)


def test_only_what_has_no_form_is_left_out() -> None:
    """Inputs that are no history are rejected for their form; there are few of them."""
    left_out = {case.id: form_fault(case) for case in all_cases()}
    faults = {name: code for name, code in left_out.items() if code is not None}
    for case in all_cases():
        if case.id in faults:
            assert case.error == faults[case.id]
            assert faults[case.id] in FORMS
    print(Counter(faults.values()), f"{len(histories())} histories")  # noqa: T201
