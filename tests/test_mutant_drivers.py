"""The suite bites: an implementation that lacks one check does not pass the committed vectors."""

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

import payy_ref
from payy_ref.cli.conformance import app
from payy_ref.errors import CheckSite, ErrorCode, SpecError, require, switched_off
from payy_ref.vectors import kill, store
from payy_ref.vectors.kill import CheckSiteError, KillResult, check_sites, kill_report
from payy_ref.vectors.model import Case, VectorError

ROOT = Path(payy_ref.__file__).parents[1]
VECTORS = ROOT / "conformance_vectors"
MUTANT = Path(__file__).parent / "drivers" / "mutant.py"

ONLY_THE_CODE_CHANGES: Mapping[str, str] = {
    "payy_ref.consensus.certificate:check_certificate:CERTIFICATE_SIGNATURE_INVALID": (
        "the address of nobody is above no other"
    ),
    "payy_ref.consensus.evidence:offender:EVIDENCE_SIGNATURE_INVALID": (
        "the address of nobody is no member"
    ),
    "payy_ref.consensus.proposal:check_proposal:CONSENSUS_PROPOSER_SIGNATURE_INVALID": (
        "nobody leads no view"
    ),
    "payy_ref.consensus.turn:Turn.on_vote:CERTIFICATE_SIGNATURE_INVALID": (
        "the address of nobody is no member"
    ),
    "payy_ref.settlement.rollup:settle:SETTLEMENT_HEIGHT_NOT_ABOVE": (
        "no blocks lie between a height and one that is not above it"
    ),
    "payy_ref.ledger.opening:opened_commit_hash:QUEUE_OPENING_SHAPE": (
        "another shape, another hash"
    ),
    "payy_ref.merkle.tree:slot_after_removal:MERKLE_ELEMENT_ZERO": "zero is no leaf: it is absent",
    "payy_ref.merkle.tree:slot_after_insertion:MERKLE_ELEMENT_ZERO": "no slot accepts zero",
    "payy_ref.proofs.batch:verify_batch:PROOF_BATCH_EMPTY": "no proofs have no common setup",
    "payy_ref.proofs.setup:_checked_power:SETUP_FILE_MALFORMED": "another header, another field",
    "payy_ref.provers.signature:check_compressed:RANDOMNESS_SIGNATURE_FLAGS": (
        "arkworks finds no point without the flag"
    ),
    "payy_ref.provers.signature:check_compressed:RANDOMNESS_SIGNATURE_NOT_CANONICAL": (
        "arkworks finds no point for such an x"
    ),
    "payy_ref.provers.signature:check_uncompressed:RANDOMNESS_SIGNATURE_INFINITE": (
        "zeros are off the curve"
    ),
}
"""Checks without which an input is still rejected, by a later check; with the reason."""

SAMPLE: Mapping[str, str] = {
    "conventions": "payy_ref.operations.forms:require_form:MALFORMED_INPUT",
    "field_and_hash": "payy_ref.crypto.hashing:hash_elements:HASH_INPUT_COUNT",
    "merkle": "payy_ref.merkle.path:proves_inclusion:MERKLE_PATH_LENGTH",
    "notes": "payy_ref.ledger.kind:note_kind:NOTE_CHAIN_ID_OUT_OF_RANGE",
    "transactions": "payy_ref.ledger.transaction:check_burn:TRANSACTION_BURN_ADDRESS_MISMATCH",
    "ledger": "payy_ref.ledger.block:check_transactions:LEDGER_VALUE_WITHOUT_KIND",
    "circuits": "payy_ref.proofs.verifier:verify:PROOF_EQUATION",
    "settlement": "payy_ref.consensus.commit:check_commit:COMMIT_VIEWS_NOT_CONSECUTIVE",
    "bridge": "payy_ref.settlement.bridge:deposit:BRIDGE_MINT_HASH_TAKEN",
    "queue": "payy_ref.settlement.queue:check_verdicts:QUEUE_ENTRY_OMITTED",
    "consensus": "payy_ref.consensus.proposal:check_proposal:CONSENSUS_PROPOSER_NOT_LEADER",
    "finality": "payy_ref.consensus.finality:advise:FINALITY_BLOCKS_OUT_OF_RANGE",
    "provers": "payy_ref.provers.beacon:check_beacon:RANDOMNESS_SIGNATURE_INVALID",
}
"""A check of each chapter, to be missing from a driver."""


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    """Load the committed vectors."""
    return store.load_cases(VECTORS)


@pytest.fixture(scope="module")
def report(cases: tuple[Case, ...]) -> tuple[KillResult, ...]:
    """Switch off every check of the package."""
    return kill_report(cases)


def test_every_check_is_missed(report: tuple[KillResult, ...]) -> None:
    """No check can be left out without a vector that is answered otherwise."""
    assert [str(result.site) for result in report if result.reason_killer is None] == []


def test_verdicts_change(report: tuple[KillResult, ...]) -> None:
    """Leaving a check out changes a verdict, unless a later check rejects the same inputs."""
    same_verdicts = {str(result.site) for result in report if result.verdict_killer is None}
    assert same_verdicts == set(ONLY_THE_CODE_CHANGES)


def test_report_covers_the_package(report: tuple[KillResult, ...]) -> None:
    """Each check of the package is in the report, in the order of the source."""
    assert tuple(result.site for result in report) == check_sites()


@pytest.mark.parametrize("chapter", SAMPLE)
def test_mutant_driver_fails(chapter: str, report: tuple[KillResult, ...]) -> None:
    """The runner fails a driver without the check, on the very case that the report names."""
    result = next(result for result in report if str(result.site) == SAMPLE[chapter])
    assert result.verdict_killer is not None
    driver = shlex.join([sys.executable, str(MUTANT), "--site", str(result.site)])
    chosen = f"^{re.escape(result.verdict_killer)}$"
    arguments = ["run", "--driver", driver, "--vectors", str(VECTORS), "--run", chosen]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 1, ran.output
    assert "1 failure " in ran.output


def test_mutant_driver_is_the_reference_elsewhere() -> None:
    """A mutant fails for its missing check, and for nothing else."""
    driver = shlex.join([sys.executable, str(MUTANT), "--site", SAMPLE["notes"]])
    arguments = ["run", "--driver", driver, "--vectors", str(VECTORS), "--run", "^(encoding|link)"]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 0, ran.output


def test_stale_vectors_are_refused(cases: tuple[Case, ...]) -> None:
    """A vector that the reference answers otherwise anyway would notice every mutant."""
    case = next(case for case in cases if case.error is not None)
    stale = Case(
        id="stale",
        preset=case.preset,
        suite=case.suite,
        operation=case.operation,
        description=case.description,
        requirements=case.requirements,
        flags=(),
        input=case.input,
        expected={"result": "accepted", "output": {}},
        source="tests",
    )
    with pytest.raises(VectorError, match="stale"):
        kill_report((stale,), sites=())


def test_endless_mutant_is_stopped(cases: tuple[Case, ...]) -> None:
    """Without a bound a loop may be endless; that is an answer too."""
    case = next(case for case in cases if case.id == "conventions-integer-eighty-digits")
    code = ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE
    site = CheckSite("payy_ref.merkle.path", "checked_depth", code)
    assert kill.answer_without(site, case, 0.05) == {"result": "late"}


class Nested:
    """A place for a check with a long name."""

    def method(self) -> None:
        """Check something in a function of a function."""

        def inner() -> None:
            require(condition=False, code=ErrorCode.MALFORMED_INPUT)

        inner()


def test_names_are_those_of_running_code() -> None:
    """The site that is read from the source is the one that `switched_off` compares with."""
    found = [
        site.function
        for site in check_sites_of(Path(__file__).read_text("utf-8"))
        if site.function.startswith("Nested")
    ]
    assert found == ["Nested.method.<locals>.inner"]
    with pytest.raises(SpecError):
        Nested().method()
    with switched_off(CheckSite(__name__, found[0], ErrorCode.MALFORMED_INPUT)):
        Nested().method()


def check_sites_of(source: str, folder: Path | None = None) -> tuple[CheckSite, ...]:
    """Find the checks of a module given as text."""
    if folder is None:
        return tuple(kill.module_sites("module", source, "module.py"))
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text(source)
    return check_sites(folder / "package")


def test_site_of_a_package_file(tmp_path: Path) -> None:
    """The checks of `__init__.py` belong to the package."""
    source = "def f(x):\n    require(x, ErrorCode.MALFORMED_INPUT, 'why')\n"
    assert check_sites_of(source, tmp_path) == (
        CheckSite("package", "f", ErrorCode.MALFORMED_INPUT),
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "def f(x):\n" + "    require(x, ErrorCode.MALFORMED_INPUT)\n" * 2,
            "module.py:3: f raises MALFORMED_INPUT already at module.py:2",
        ),
        ("def f(x, code):\n    require(x, code)\n", "written out"),
        ("def f(x):\n    require(x, ErrorCode.NO_SUCH_CODE)\n", "written out"),
        (
            "require(True, ErrorCode.MALFORMED_INPUT)\n",
            "a require belongs into the body of a function",
        ),
        (
            "def f(xs):\n    [require(x, ErrorCode.MALFORMED_INPUT) for x in xs]\n",
            "a require belongs into the body of a function",
        ),
    ],
)
def test_checks_that_cannot_be_switched_off(source: str, message: str) -> None:
    """A check that has no name of its own is refused, with its place."""
    with pytest.raises(CheckSiteError, match=re.escape(message)):
        check_sites_of(source)
