"""
The reference and the contracts, side by side, over long random histories.

The machine is that of `spec/settlement`: after every step both have given the same verdict for the
same reason, said the same and hold the same, and the tokens are where the model says.
"""

import os
from collections import Counter
from typing import ClassVar, Final

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from payy_ref.ethereum.chain import Chain
from payy_ref.ethereum.settlement import SettlementOnChain
from payy_ref.parameters import Preset, load_preset
from payy_ref.settlement.rollup import Deployment
from payy_ref.testing.settlement_history import NETWORK, OWNER, as_validators, signers
from spec.settlement.settlement_machine import OnChain, SettlementMachine
from tests.test_settlement_vectors_on_chain import read_parts

RUNS: Final = {"dev": (8, 30), "ci": (25, 40), "thorough": (150, 80)}
"""How many runs of how many rules, by profile; some rules do several steps."""

PROFILE: Final = os.environ.get("HYPOTHESIS_PROFILE", "dev")


def test_the_contracts_do_what_the_reference_does(l1: Chain) -> None:
    """Verdicts, codes, events, state and the balances of the tokens agree after every step."""
    deployment = Deployment(owner=OWNER, network_name=NETWORK, validators=as_validators(signers(4)))
    made = SettlementOnChain.deploy(
        l1, load_preset(Preset.MINIMAL), deployment, read_parts(), names_deployment=True
    )
    beginning = l1.snapshot()

    def deployed_anew() -> OnChain:
        l1.revert(beginning)
        return made.copy()

    class BothMachine(SettlementMachine):
        """The reference and the contracts."""

        contracts = staticmethod(deployed_anew)
        outcomes: ClassVar[Counter[tuple[str, str]]] = Counter()

    runs, rules = RUNS[PROFILE]
    run_state_machine_as_test(
        BothMachine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=rules,
            deadline=None,
            derandomize=PROFILE != "thorough",
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    print(f"{BothMachine.steps} steps")  # noqa: T201
    for (name, code), count in sorted(BothMachine.outcomes.items()):
        print(f"{name:20} {code or 'accepted':40} {count}")  # noqa: T201
