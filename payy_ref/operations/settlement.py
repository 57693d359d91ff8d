"""Suite `settlement`: so far what sequencers sign and the contract checks."""

from collections.abc import Mapping
from typing import Any, Final

from payy_ref.ledger.sequence import Height, accept_hash, proposal_hash, signed_message
from payy_ref.operations.forms import Text
from payy_ref.operations.registry import Operation
from payy_ref.operations.structures import HASH, HEIGHT
from payy_ref.parameters import Parameters


def _signing_message(
    parameters: Parameters, *, network_name: str, new_root: bytes, height: Height, other_hash: bytes
) -> Mapping[str, Any]:
    proposal = proposal_hash(new_root, height, other_hash)
    accepted = accept_hash(height, proposal)
    return {
        "proposal_hash": proposal,
        "accept_hash": accepted,
        "message": signed_message(network_name, accepted),
    }


OPERATIONS: Final = (
    Operation(
        suite="settlement",
        name="signing_message",
        summary="The bytes that a sequencer signs to approve a block.",
        inputs={
            "network_name": Text(),
            "new_root": HASH,
            "height": HEIGHT,
            "other_hash": HASH,
        },
        outputs={"proposal_hash": HASH, "accept_hash": HASH, "message": HASH},
        compute=_signing_message,
    ),
)
