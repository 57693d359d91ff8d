"""
What is asked of the engine about the contracts, and whether its committed answers are up to date.

The checks stand in `contracts/`. Each has mutants: the contracts with one small fault, in which the
check has to fail, so that what it proves depends on what the contracts do.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from payy_ref.primitives import strict_json

PROJECT: Final = Path(__file__).parents[2]
"""The project's folder."""

CONTRACTS: Final = Path(__file__).parent / "contracts"
"""The folder of the checks."""

RESULTS_FILE: Final = Path(__file__).parent / "results.json"
"""The committed answers."""

PROVED: Final = "proved"
"""There is no counterexample within the bounds."""

REFUTED: Final = "refuted"
"""There is a counterexample."""

# Of a compiled contract, the hash of its comments and names.
_METADATA: Final = re.compile("(?<=a2646970667358221220)[0-9a-f]{64}(?=64736f6c63)")

_BRIDGE: Final = "contracts/settlement/Bridge.sol"
_COMMIT: Final = "contracts/settlement/Commit.sol"
_QUEUE: Final = "contracts/settlement/Queue.sol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A small fault."""

    file: str
    """The source that has it."""

    old: str
    """What stands there, once."""

    new: str = ""
    """What stands there instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A function that is proved to hold whatever its arguments are."""

    contract: str
    """The contract of the check."""

    function: str
    """Its name."""

    mutants: tuple[Mutant, ...]
    """In each of these it fails."""

    bounds: str = ""
    """Lengths of arguments that have any."""

    solver: str = "yices"
    """The solver behind the engine."""

    @property
    def name(self) -> str:
        """By which its answer is known."""
        return f"{self.contract}.{self.function}"

    @property
    def options(self) -> tuple[str, ...]:
        """For the engine. Loops end by themselves before 16 rounds."""
        lengths = ("--array-lengths", self.bounds) if self.bounds else ()
        return (
            *("--loop", "16", "--solver", self.solver, "--solver-timeout-assertion", "300s"),
            *("--default-array-lengths", "1", "--default-bytes-lengths", "84"),
            *lengths,
        )


CHECKS: Final = (
    Check(
        contract="BridgeChecks",
        function="check_withdraw",
        mutants=(
            Mutant(file=_BRIDGE, old="        delete _owed[noteKind][account];\n"),
            Mutant(file=_BRIDGE, old="        _escrow[noteKind] = locked - value;\n"),
        ),
    ),
    Check(
        contract="BridgeChecks",
        function="check_paymentOfOne",
        mutants=(
            Mutant(
                file=_BRIDGE,
                old="        delete _owed[noteKind][account];\n",
                new="        delete _owed[noteKind][msg.sender];\n",
            ),
        ),
    ),
    Check(
        contract="BridgeChecks",
        function="check_deposit",
        mutants=(
            Mutant(file=_BRIDGE, old="        _checkArrived(token, to, before, value);\n"),
            Mutant(file=_BRIDGE, old="        _escrow[noteKind] += value;\n"),
        ),
    ),
    Check(
        contract="BridgeChecks",
        function="check_cancel",
        mutants=(
            Mutant(
                file=_BRIDGE,
                old="if (msg.sender != made.depositor) revert BRIDGE_NOT_DEPOSITOR();",
            ),
            Mutant(file=_BRIDGE, old="made.heldAt + earliest", new="made.heldAt"),
            Mutant(file=_BRIDGE, old="        made.status = DepositStatus.RETURNED;\n"),
        ),
    ),
    Check(
        contract="BridgeChecks",
        function="check_substitute",
        mutants=(
            Mutant(
                file=_BRIDGE,
                old="if (_substitutes[key] != address(0)) revert BRIDGE_BURN_SUBSTITUTED();",
            ),
        ),
    ),
    Check(
        contract="BridgeChecks",
        function="check_burnIsOwedOnce",
        mutants=(Mutant(file=_BRIDGE, old="            delete _substitutes[key];\n"),),
    ),
    Check(
        contract="CommitChecks",
        function="check_headers",
        mutants=(
            Mutant(file=_COMMIT, old=" || third.viewNumber != viewNumber + 2"),
            Mutant(
                file=_COMMIT,
                old="uint64(Bytes.reverseBytes8(bytes8(encoding[0:8])))",
                new="uint64(bytes8(encoding[0:8]))",
            ),
        ),
    ),
    Check(
        contract="CommitChecks",
        function="check_certificate",
        mutants=(
            Mutant(file=_COMMIT, old="3 * signed <= 2 *", new="3 * signed < 2 *"),
            Mutant(
                file=_COMMIT,
                old="if (signer <= previous) revert CERTIFICATE_SIGNERS_UNORDERED();",
            ),
        ),
    ),
    Check(
        contract="QueueChecks",
        function="check_overdueIsDue",
        solver="z3",
        mutants=(
            Mutant(
                file=_QUEUE,
                old="block.timestamp >= _waiting[first + count]",
                new="block.timestamp > _waiting[first + count]",
            ),
        ),
    ),
    Check(
        contract="QueueChecks",
        function="check_expiredIsOverdue",
        solver="z3",
        mutants=(Mutant(file=_QUEUE, old="next > alone ? next : alone", new="next"),),
    ),
    Check(
        contract="QueueChecks",
        function="check_stagesStay",
        solver="z3",
        mutants=(
            Mutant(
                file=_QUEUE,
                old="block.timestamp >= _waiting[oldest]",
                new="block.timestamp == _waiting[oldest]",
            ),
            Mutant(
                file=_QUEUE,
                old="block.timestamp >= _waiting[first + count]",
                new="block.timestamp == _waiting[first + count]",
            ),
        ),
    ),
)
"""All checks, the quick ones first."""


def read_json(file: Path) -> Any:
    """Read a file."""
    return strict_json.loads(file.read_text("utf-8"))


def code_of(artefact: Mapping[str, Any]) -> str:
    """Give a contract's creation code without what depends on comments."""
    return without_metadata(artefact["creationCode"])


def without_metadata(code: str) -> str:
    """Blank the hashes of the metadata in some code."""
    return _METADATA.sub("0" * 64, code)


def committed_code() -> str:
    """Give the code of the rollup that is committed, without what depends on comments."""
    file = PROJECT / "contracts" / "build" / "Rollup.json"
    return code_of(read_json(file))


def subject_of(check: Check) -> str:
    """Give the hash of all that an answer is about: contracts, check, bounds and mutants."""
    shared = sorted(CONTRACTS.glob("*.sol"))
    sources = [
        file.read_text("utf-8")
        for file in shared
        if file.stem == check.contract or not file.stem.endswith("Checks")
    ]
    content = [committed_code(), *sources, repr(check)]
    return hashlib.sha256("\0".join(content).encode()).hexdigest()


def read_results() -> dict[str, Any]:
    """Read the committed answers; none if there are none."""
    if not RESULTS_FILE.is_file():
        return {}
    results: dict[str, Any] = read_json(RESULTS_FILE)
    return results


def faults_of(check: Check, results: Mapping[str, Any]) -> list[str]:
    """Tell what is wrong with the answer to a check."""
    answer = results.get(check.name)
    if answer is None:
        return [f"{check.name} was never asked"]
    if answer["subject"] != subject_of(check):
        return [f"{check.name} was asked about other sources"]
    faults = []
    if answer["verdict"] != PROVED:
        faults.append(f"{check.name}: {answer['verdict']}")
    if [each["verdict"] for each in answer["mutants"]] != [REFUTED] * len(check.mutants):
        faults.append(f"{check.name}: a mutant is not refuted")
    return faults
