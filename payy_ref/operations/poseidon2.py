"""Suite `poseidon2`: the inside of the permutation, for whoever implements it."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.crypto import poseidon2
from payy_ref.operations.forms import Canonical, ListOf
from payy_ref.operations.registry import Operation
from payy_ref.parameters import Parameters

STATE: Final = ListOf(Canonical(), length=poseidon2.WIDTH)


def _rounds(parameters: Parameters, *, state: poseidon2.State) -> Mapping[str, Any]:
    return {"states": poseidon2.permutation_trace(state)}


OPERATIONS: Final = (
    Operation(
        suite="poseidon2",
        name="rounds",
        summary="States of the permutation: after the first linear layer, then after each round.",
        inputs={"state": STATE},
        outputs={"states": ListOf(STATE, length=poseidon2.ROUNDS + 1)},
        compute=_rounds,
    ),
)
