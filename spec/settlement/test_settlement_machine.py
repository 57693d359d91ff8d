"""Long histories of the rollup, judged by dictionaries and by what is locked."""

from collections import Counter
from typing import ClassVar, Final

from hypothesis import settings

from payy_ref.assurance.evidence import evidence
from spec.settlement.settlement_machine import SettlementMachine

IS_THOROUGH: Final = settings().max_examples >= 3000
"""Whether the profile is that of long runs."""


class ReferenceMachine(SettlementMachine):
    """The reference alone."""

    outcomes: ClassVar[Counter[tuple[str, str]]] = Counter()


@evidence("PAYY-SETTLEMENT-T10")
class TestSettlement(ReferenceMachine.TestCase):  # type: ignore[misc, valid-type]
    """Runs of the reference."""

    settings = settings(stateful_step_count=4 * settings().stateful_step_count)

    @classmethod
    def tearDownClass(cls) -> None:
        """Count what the runs went through."""
        print(f"{ReferenceMachine.steps} steps", dict(ReferenceMachine.outcomes))  # noqa: T201
