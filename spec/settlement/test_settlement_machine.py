"""Long histories of the rollup, judged by dictionaries and by what is locked."""

from collections import Counter
from typing import ClassVar, Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from payy_ref.assurance.evidence import evidence
from payy_ref.errors import CheckSite, ErrorCode, switched_off
from spec.settlement.settlement_machine import EscrowError, SettlementMachine

IS_THOROUGH: Final = settings().max_examples >= 3000
"""Whether the profile is that of long runs."""

THOROUGH_STEPS: Final = 20_000
"""Steps of a thorough run, at least."""

LARGE_INPUTS: Final = (HealthCheck.too_slow, HealthCheck.data_too_large)
"""Histories are long: that is what they are for."""

NEEDED: Final = (
    CheckSite("payy_ref.settlement.bridge", "open_deposit", ErrorCode.BRIDGE_DEPOSIT_ABSENT),
    CheckSite("payy_ref.settlement.bridge", "check_mint", ErrorCode.BRIDGE_DEPOSIT_MISMATCH),
    CheckSite("payy_ref.settlement.bridge", "deposit", ErrorCode.BRIDGE_MINT_HASH_TAKEN),
)
"""Checks without which money would be lost or made."""


class ReferenceMachine(SettlementMachine):
    """The reference alone."""

    outcomes: ClassVar[Counter[tuple[str, str]]] = Counter()


@evidence("PAYY-SETTLEMENT-T10")
class TestSettlement(ReferenceMachine.TestCase):  # type: ignore[misc, valid-type]
    """Runs of the reference."""

    settings = settings(
        max_examples=max(10, settings().max_examples // 8),
        stateful_step_count=2 * settings().stateful_step_count,
        suppress_health_check=[*LARGE_INPUTS, HealthCheck.large_base_example],
    )

    @classmethod
    def tearDownClass(cls) -> None:
        """Count what the runs went through."""
        reached = {code for _, code in ReferenceMachine.outcomes}
        print(f"{ReferenceMachine.steps} steps, {len(reached)} codes")  # noqa: T201
        for (name, code), count in sorted(ReferenceMachine.outcomes.items()):
            print(f"  {name:20} {code or 'accepted':40} {count}")  # noqa: T201
        if IS_THOROUGH:
            assert ReferenceMachine.steps >= THOROUGH_STEPS
            done = {name for name, code in ReferenceMachine.outcomes if not code}
            assert done == {name for name, _ in ReferenceMachine.outcomes}


@pytest.mark.parametrize("site", NEEDED, ids=str)
def test_the_machine_finds_what_a_missing_check_costs(site: CheckSite) -> None:
    """Without one check, some history leaves money that is locked for nobody, or notes without."""

    class HuntingMachine(SettlementMachine):
        """Judges nothing but the theorem."""

        hunts = True
        outcomes: ClassVar[Counter[tuple[str, str]]] = Counter()

    hunt = settings(
        max_examples=400,
        stateful_step_count=40,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with switched_off(site), pytest.raises(EscrowError):
        run_state_machine_as_test(seed(1)(HuntingMachine), settings=hunt)
