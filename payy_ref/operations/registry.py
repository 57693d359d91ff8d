"""
The list of operations.

A suite is a module of this package; an operation is an entry of its `OPERATIONS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from payy_ref.operations.forms import Form, Record
from payy_ref.parameters import Parameters
from payy_ref.primitives.strict_json import Json

Fields = Mapping[str, Form[Any]]
"""Form of each field of a record, in the order in which they are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that an implementation can be asked to compute or to judge."""

    suite: str
    """The group of operations; a folder of vectors and a name in the driver protocol."""
    name: str
    """The operation's name in its suite."""
    summary: str
    """One sentence for catalogues."""
    inputs: Fields
    """Form of each input field."""
    outputs: Fields
    """Form of each output field."""
    compute: Callable[..., Mapping[str, Any]]
    """
    The reference: takes the parameters of the preset and the input fields by name, absent ones
    left out, and gives the output fields; raises `SpecError` to reject.
    """
    optional_inputs: frozenset[str] = field(default_factory=frozenset)
    """Input fields that may be absent."""
    optional_outputs: frozenset[str] = field(default_factory=frozenset)
    """Output fields that may be absent."""

    @property
    def input_form(self) -> Record:
        """The form of the whole input."""
        return Record(self.inputs, self.optional_inputs)

    @property
    def output_form(self) -> Record:
        """The form of the whole output."""
        return Record(self.outputs, self.optional_outputs)

    def describe(self) -> Json:
        """Say what a driver needs to know: names, fields in their order, and their forms."""
        return {
            "suite": self.suite,
            "operation": self.name,
            "summary": self.summary,
            "input": self.input_form.describe(),
            "output": self.output_form.describe(),
        }

    def run(self, parameters: Parameters, given: Json) -> Json:
        """
        Decode an input, compute, and encode the output.

        Requirements:
            PAYY-CONVENTIONS-002

        Raises:
            SpecError: the input is rejected.
        """
        return self.output_form.encode(self.compute(parameters, **self.input_form.decode(given)))


@cache
def all_operations() -> tuple[Operation, ...]:
    """List every operation, suites in order of dependence."""
    # Imported here, because the suites import `Operation` from this module.
    from payy_ref.operations import (  # noqa: PLC0415
        block,
        chain,
        circuit,
        consensus,
        curve,
        encoding,
        finality,
        hash,
        link,
        mempool,
        merkle,
        note,
        plonk,
        poseidon2,
        randomness,
        settlement,
        setup,
        transaction,
    )

    modules = (
        encoding,
        hash,
        poseidon2,
        merkle,
        note,
        link,
        transaction,
        block,
        chain,
        mempool,
        settlement,
        consensus,
        finality,
        circuit,
        curve,
        setup,
        plonk,
        randomness,
    )
    return tuple(operation for module in modules for operation in module.OPERATIONS)


def find_operation(suite: str, name: str) -> Operation | None:
    """Find an operation by its suite and name."""
    return _by_name().get((suite, name))


@cache
def _by_name() -> Mapping[tuple[str, str], Operation]:
    return {(operation.suite, operation.name): operation for operation in all_operations()}
