"""
The search for the dearest history of each function of the rollup.

    python -m tests.settlement_gas_search [--examples N] [function ...]

Hypothesis makes plans and is told what they cost, so that it tries to make dearer ones. The dearest
plan found, or the one on record if that is dearer, goes to the record, from which `payy-ref bench
gas` replays it.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from payy_ref.bench.settlement_plan import (
    MOST_LATER_SETS,
    MOST_VALIDATORS,
    PLACES,
    WORST,
    Plan,
    plan_record,
    read_worst,
)
from payy_ref.bench.settlement_run import SettlementGas
from payy_ref.parameters import Preset, load_preset

ROOT: Final = Path(__file__).parents[1]

CALL_BYTES: Final = load_preset(Preset.MAINNET).queue_call_bytes
"""The most bytes of a queued call."""

ANY: Final = st.booleans()
SIZES: Final = st.sampled_from([0, CALL_BYTES // 2, CALL_BYTES])
ALLOWANCES: Final = st.sampled_from(["unlimited", "exact", "more"])


def letters(draw: st.DrawFn, alphabet: str) -> str:
    """Choose a letter, or none, for each place; by numbers, which a search can count up."""
    numbers = [draw(st.integers(min_value=0, max_value=len(alphabet))) for _ in range(PLACES)]
    return "".join(alphabet[number - 1] for number in numbers if number)


@st.composite
def settlements(draw: st.DrawFn) -> Plan:
    """Make plans of blocks: what they hold, what is said of the queue, who signs."""
    block = letters(draw, "smkpb")
    left, verdicts = len(block), ""
    for letter in letters(draw, "dwvrac"):
        # There is nothing to apply when the block is used up.
        applied = letter in "ac" and left > 0
        left -= applied
        verdicts += letter if applied or letter not in "ac" else "v"
    validators = draw(st.integers(min_value=1, max_value=MOST_VALIDATORS))
    return Plan(
        function="settle",
        validators=validators,
        carried=draw(st.integers(min_value=0, max_value=2 * MOST_VALIDATORS // 3 + 1)),
        later_sets=draw(st.integers(min_value=0, max_value=MOST_LATER_SETS)),
        block=block,
        verdicts=verdicts,
        kinds=draw(st.integers(min_value=1, max_value=PLACES)),
        is_first=draw(ANY),
        is_large=draw(ANY),
        call_bytes=draw(SIZES),
    )


def of(function: str, **parts: SearchStrategy[object]) -> SearchStrategy[Plan]:
    """Make plans of a function."""
    return st.builds(Plan, function=st.just(function), is_first=ANY, is_large=ANY, **parts)


PLANS: Final[Mapping[str, SearchStrategy[Plan]]] = {
    "addToken": of("addToken"),
    "addValidators": of(
        "addValidators", validators=st.integers(min_value=1, max_value=MOST_VALIDATORS)
    ),
    "deposit": of("deposit", allowance=ALLOWANCES),
    "depositWithAuthorization": of("depositWithAuthorization"),
    "depositWithPermit": of("depositWithPermit"),
    "depositAndQueue": of("depositAndQueue", allowance=ALLOWANCES),
    "cancelDeposit": of("cancelDeposit"),
    "substituteBurn": of("substituteBurn", allowance=ALLOWANCES),
    "withdraw": of("withdraw", is_emptied=ANY),
    "queueTransaction": of("queueTransaction", block=st.sampled_from("smb")),
    "queueCall": of("queueCall", block=st.sampled_from("smb"), call_bytes=SIZES),
    "settle": settlements(),
    "force": of(
        "force",
        block=st.sampled_from("smbkp"),
        verdicts=st.sampled_from("ac"),
        call_bytes=SIZES,
    ),
    "discard": of("discard", verdicts=st.sampled_from("vwrd")),
    "freeze": of("freeze"),
    "leave": of(
        "leave", block=st.sampled_from("bkp"), inputs=st.integers(min_value=1, max_value=2)
    ),
}
"""What plans there are, by function."""


def dearest(bench: SettlementGas, function: str, examples: int) -> tuple[int, Plan]:
    """Search for the dearest plan of a function; the same one in every run."""
    found: list[tuple[int, Plan]] = []

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate, Phase.target],
        suppress_health_check=list(HealthCheck),
    )
    @given(PLANS[function])
    def search(plan: Plan) -> None:
        gas = bench.measure(plan).transaction
        found.append((gas, plan))
        target(float(gas))

    search()
    # Of plans that cost the same, the one that says least.
    most = max(gas for gas, _ in found)
    plans = [plan for gas, plan in found if gas == most]
    return most, min(plans, key=lambda plan: len(json.dumps(plan_record(plan))))


def main() -> None:
    """Search, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", nargs="*", choices=[[], *PLANS])
    parser.add_argument("--examples", type=int, default=200)
    given_arguments = parser.parse_args()
    known = read_worst(ROOT) if (ROOT / WORST).exists() else {}
    with SettlementGas(ROOT) as bench:
        for function in given_arguments.functions or PLANS:
            gas, plan = dearest(bench, function, given_arguments.examples)
            old = known.get(function)
            if old is None or gas > bench.measure(old).transaction:
                known[function] = plan
            print(f"{function}: {gas:,} {plan_record(plan)}", flush=True)  # noqa: T201
    document = {
        "about": "The dearest histories that a search found, by function of the rollup. Fields "
        "that are as usual are left out.",
        "source": "tests/settlement_gas_search.py",
        "plans": [plan_record(known[function]) for function in PLANS if function in known],
    }
    (ROOT / WORST).write_text(f"{json.dumps(document, indent=2)}\n", "utf-8")


if __name__ == "__main__":
    main()
