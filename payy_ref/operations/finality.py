"""Suite `finality`: what a client is advised to wait for."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.consensus.finality import Exposure, Price, advise
from payy_ref.operations.forms import Integer, Text
from payy_ref.operations.registry import Operation
from payy_ref.operations.structures import record
from payy_ref.parameters import Parameters

_PRICE: Final = record("price", Price, {"numerator": Integer(), "denominator": Integer()})


def _advise(parameters: Parameters, **exposure: Any) -> Mapping[str, Any]:
    advice = advise(Exposure(**exposure), parameters)
    return {
        "advice": advice.finality.value,
        "value_in_stake": advice.value_in_stake,
        "slashable_stake": advice.slashable_stake,
    }


OPERATIONS: Final = (
    Operation(
        suite="finality",
        name="advise",
        summary="What to wait for before relying on a payment: soft, proven or l1_final.",
        inputs={
            "value": Integer(),
            "price": _PRICE,
            "total_stake": Integer(),
            "unproven_blocks": Integer(),
        },
        outputs={
            "advice": Text(),
            "value_in_stake": Integer(),
            "slashable_stake": Integer(),
        },
        compute=_advise,
    ),
)
