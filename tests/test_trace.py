"""The tracing tool finds each kind of gap, and none in this project."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from payy_ref.assurance.levels import Level
from payy_ref.cli.main import app
from payy_ref.errors import ErrorCode
from payy_ref.trace.matrix import Matrix, collect, join
from payy_ref.trace.requirements import TraceError, read_chapters, requirement_texts
from payy_ref.trace.source import docstring_section, read_codes
from tests.trace_project import ACCEPTED, REJECTED, edit, write, write_project, write_vectors

REPOSITORY = Path(__file__).parents[1]

RULES = "spec/first/rules.md"
PROPERTIES = "spec/first/properties.md"
CODE = "payy_ref/numbers.py"

Change = Callable[[Path], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project without gaps."""
    return write_project(tmp_path)


def traced(root: Path) -> Matrix:
    """Read and join."""
    return join(collect(root))


def replace(file: str, old: str, new: str) -> Change:
    """Give the change of a file."""
    return lambda root: edit(root / file, old, new)


def append(file: str, text: str) -> Change:
    """Give the change that adds text at the end of a file."""
    return lambda root: write(root / file, (root / file).read_text("utf-8") + text)


def vectors(verdicts: dict[str, str | None], of: str = "PAYY-FIRST-001") -> Change:
    """Give the change of the vectors."""
    return lambda root: write_vectors(root, verdicts, of)


def excuse(text: str) -> Change:
    """Give the change that writes exceptions."""
    return lambda root: write(root / "spec" / "not_applicable.toml", text)


def test_this_project_has_no_gaps() -> None:
    """Every requirement and code of the specification is traced."""
    assert [str(problem) for problem in traced(REPOSITORY).problems] == []


def test_codes_are_read_as_the_enum_has_them() -> None:
    """The reader of the source sees every member once."""
    entries = read_codes(REPOSITORY / "payy_ref" / "errors.py")
    assert [entry.code for entry in entries] == [str(code) for code in ErrorCode]


def test_a_whole_project(project: Path) -> None:
    """All that belongs to a requirement is found."""
    matrix = traced(project)
    assert matrix.problems == ()
    row = matrix.rows[0]
    assert [mention.name for mention in row.code] == ["payy_ref.numbers.checked"]
    assert [case.id for case in row.accepted] == [ACCEPTED]
    assert [case.id for case in row.rejected] == [REJECTED]
    assert [each.id for each in row.properties] == ["PAYY-FIRST-T01"]
    assert row.level is Level.T2
    assert matrix.code_rows[0].raised_in == ("payy_ref.numbers.checked",)
    assert matrix.code_rows[0].entry.chapter == "first"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            append(RULES, "```{requirement} PAYY-FIRST-002\n:title: Again\n\nText.\n```\n"),
            {("duplicate-id", "PAYY-FIRST-002")},
            id="id-twice",
        ),
        pytest.param(
            replace(CODE, "PAYY-FIRST-001", "PAYY-FIRST-001, PAYY-FIRST-9"),
            {("dangling", "payy_ref/numbers.py:5 (payy_ref.numbers.checked)")},
            id="docstring-names-unknown-id",
        ),
        pytest.param(
            replace(PROPERTIES, "PAYY-FIRST-001", "PAYY-FIRST-001, PAYY-FIRST-009"),
            {("dangling", "spec/first/properties.md:3 (PAYY-FIRST-T01)")},
            id="property-names-unknown-id",
        ),
        pytest.param(
            append(
                "spec/first/test_first.py", '"""\nTests.\n\nProperties:\n    PAYY-FIRST-T09\n"""\n'
            ),
            {("dangling", "spec/first/test_first.py:1 (spec.first.test_first)")},
            id="test-names-unknown-property",
        ),
        pytest.param(
            replace("spec/proof_ledger.json", "T01", "T02"),
            {("dangling", "spec/proof_ledger.json")},
            id="ledger-names-unknown-property",
        ),
        pytest.param(
            replace(RULES, ":codes: TOO_BIG", ":codes: TOO_BIG, TOO_RED"),
            {
                ("dangling", "spec/first/rules.md:3 (PAYY-FIRST-001)"),
                ("no-rejecting-vector", "PAYY-FIRST-001"),
            },
            id="requirement-lists-unknown-code",
        ),
        pytest.param(
            replace(
                CODE,
                "ErrorCode.TOO_BIG)",
                "ErrorCode.TOO_BIG)\n    require(True, code=ErrorCode.TOO_RED)",
            ),
            {
                ("dangling", "payy_ref/numbers.py:16 (payy_ref.numbers.checked)"),
                ("undocumented-code", "payy_ref/numbers.py:16 (payy_ref.numbers.checked)"),
            },
            id="check-raises-unknown-code",
        ),
        pytest.param(
            replace(CODE, "PAYY-FIRST-001", "PAYY-FIRST-002"),
            {("no-code", "PAYY-FIRST-001")},
            id="no-code",
        ),
        pytest.param(
            replace(PROPERTIES, "PAYY-FIRST-001", "PAYY-FIRST-002"),
            {("no-property", "PAYY-FIRST-001")},
            id="no-property",
        ),
        pytest.param(
            vectors({REJECTED: "TOO_BIG"}),
            {("no-accepting-vector", "PAYY-FIRST-001")},
            id="no-accepting-vector",
        ),
        pytest.param(
            vectors({ACCEPTED: None}),
            {("no-rejecting-vector", "PAYY-FIRST-001"), ("code-without-vector", "TOO_BIG")},
            id="no-rejecting-vector",
        ),
        pytest.param(
            replace(RULES, ":codes: TOO_BIG\n", ""),
            {("code-without-requirement", "TOO_BIG")},
            id="code-without-requirement",
        ),
        pytest.param(
            replace(CODE, "    require(number < 10, ErrorCode.TOO_BIG)\n", ""),
            {("code-without-check", "TOO_BIG")},
            id="code-without-check",
        ),
        pytest.param(
            replace(CODE, "SpecError: `TOO_BIG`", "SpecError: too big"),
            {("undocumented-code", "payy_ref/numbers.py:15 (payy_ref.numbers.checked)")},
            id="code-not-under-raises",
        ),
        pytest.param(
            append(CODE, "\n\ndef again(code):\n    require(False, code)\n"),
            {("unreadable-check", "payy_ref/numbers.py:20 (payy_ref.numbers.again)")},
            id="code-not-literal",
        ),
        pytest.param(
            append(CODE, "\n\ndef again(code):\n    raise errors.SpecError(code)\n"),
            {("raise-past-require", "payy_ref/numbers.py:20")},
            id="raise-past-require",
        ),
        pytest.param(
            excuse('PAYY-FIRST-001 = "No reason."\n'),
            {("unused-exception", "PAYY-FIRST-001")},
            id="unused-exception",
        ),
    ],
)
def test_gaps(project: Path, change: Change, expected: set[tuple[str, str]]) -> None:
    """Each gap is found, and nothing else is."""
    (project / "spec" / "first" / "test_first.py").touch()
    change(project)
    assert {(problem.kind, problem.subject) for problem in traced(project).problems} == expected


def test_an_unknown_requirement_of_a_vector(project: Path) -> None:
    """A vector that names a requirement which does not exist is told by its id."""
    write_vectors(project, {ACCEPTED: None, REJECTED: "TOO_BIG"}, of="PAYY-FIRST-007")
    problems = {(problem.kind, problem.subject) for problem in traced(project).problems}
    assert ("dangling", f"vector {ACCEPTED}") in problems


def test_a_definition_needs_no_rejection(project: Path) -> None:
    """What no input breaks, no vector can break; it still needs an accepted one."""
    edit(project / RULES, "Nothing obliges here", "A definition MUST hold")
    kinds = {(problem.kind, problem.subject) for problem in traced(project).problems}
    missing = ("no-code", "no-property", "no-accepting-vector")
    assert kinds == {(kind, "PAYY-FIRST-002") for kind in missing}


def test_a_rejection_for_another_reason_does_not_count(project: Path) -> None:
    """The rejecting vector of a requirement is one that expects one of its codes."""
    write_vectors(project, {ACCEPTED: None, REJECTED: "TOO_ODD"})
    kinds = {problem.kind for problem in traced(project).problems}
    assert "no-rejecting-vector" in kinds


def test_exceptions_excuse_gaps(project: Path) -> None:
    """A gap with a reason is no problem; a reason must be given."""
    write_vectors(project, {REJECTED: "TOO_BIG"})
    excuse('PAYY-FIRST-001 = "Every number of the deployed network is above 9."\n')(project)
    assert traced(project).problems == ()
    excuse('PAYY-FIRST-001 = ""\n')(project)
    with pytest.raises(TraceError, match="reason"):
        traced(project)


def test_absent_vectors_and_ledger(project: Path) -> None:
    """Without vectors or ledger the rest is still read."""
    (project / "spec" / "proof_ledger.json").unlink()
    for file in (project / "conformance_vectors").rglob("*.json"):
        file.unlink()
    matrix = traced(project)
    assert matrix.rows[0].level is Level.O
    assert {problem.kind for problem in matrix.problems} == {
        "no-accepting-vector",
        "no-rejecting-vector",
        "code-without-vector",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{requirement} PAYY-FIRST-1\n:title: T\n\nText.\n```\n", "no id of a requirement"),
        ("```{property} PAYY-FIRST-001\n:title: T\n\nText.\n```\n", "no id of a property"),
        ("```{property} PAYY-FIRST-T01\n:title: T\n\nText.\n```\n", "names no :requirements:"),
        ("```{requirement} PAYY-FIRST-003\n\nText.\n```\n", "no :title:"),
        ("```{requirement} PAYY-FIRST-003\n:title: T\n```\n", "no text"),
        (
            "```{requirement} PAYY-FIRST-003\n:title: T\n:code: X\n\nText.\n```\n",
            "no option :code:",
        ),
        ("```{requirement} PAYY-FIRST-003\n:title: T\n:title: U\n\nText.\n```\n", "twice"),
        ("```{requirement} PAYY-FIRST-003\n:title: T\n:kind: law\n\nText.\n```\n", "no kind"),
        ("```{requirement} PAYY-FIRST-003\n:title: T\n\nText.\n", "not closed"),
    ],
)
def test_bad_markup(project: Path, text: str, message: str) -> None:
    """A block that is not of the markup is an error with its place."""
    append(PROPERTIES, f"\n{text}")(project)
    with pytest.raises(TraceError, match=rf"spec/first/properties\.md:\d+: .*{message}"):
        read_chapters(project / "spec")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (append(CODE, "def ("), "payy_ref/numbers.py: not Python"),
        (replace("payy_ref/errors.py", "class ErrorCode", "class Other"), "no class ErrorCode"),
        (replace("payy_ref/errors.py", '    """The number is', '    # """The'), "has no docstring"),
        (replace("payy_ref/errors.py", "# first", "# The first chapter:"), "names its chapter"),
        (replace("spec/proof_ledger.json", "T2", "T9"), "not a proof ledger"),
        (replace("spec/proof_ledger.json", "{", "["), "not a proof ledger"),
        (excuse("PAYY-FIRST-001 = No reason"), "not TOML"),
    ],
)
def test_unreadable_sources(project: Path, change: Change, message: str) -> None:
    """A source that cannot be read is an error, not an empty list."""
    change(project)
    with pytest.raises(TraceError, match=message):
        traced(project)


def test_blocks_inside_other_blocks(tmp_path: Path) -> None:
    """A block may hold fenced code; a block shown as an example is not one."""
    write(
        tmp_path / "spec" / "first" / "rules.md",
        "````{requirement} PAYY-FIRST-001\n:title: T\n\nText.\n\n```\ncode\n```\n````\n\n"
        "````markdown\n```{requirement} PAYY-FIRST-002\n:title: U\n\nText.\n```\n````\n",
    )
    assert requirement_texts(tmp_path / "spec") == {
        "PAYY-FIRST-001": "T. Text.\n\n```\ncode\n```",
    }


def test_docstring_sections() -> None:
    """A section is what is indented under its title."""
    document = "Do.\n\nRequirements:\n    A, B,\n    C\n\nMore text with Requirements: D"
    assert docstring_section(document, "Requirements") == "A, B,\nC"
    assert docstring_section(document, "Raises") == ""


def test_command(project: Path) -> None:
    """The command shows the matrix, writes it, and fails on a problem."""
    report = project / "build" / "matrix.json"
    result = CliRunner().invoke(app, ["trace", "--root", str(project), "--json", str(report)])
    assert result.exit_code == 0, result.output
    assert "PAYY-FIRST-001" in result.output
    assert json.loads(report.read_text("ascii"))["requirements"][0]["accepted"] == [ACCEPTED]

    write_vectors(project, {})
    result = CliRunner().invoke(app, ["trace", "--root", str(project), "--quiet"])
    assert result.exit_code == 1
    assert "no accepted vector exercises it" in result.output

    edit(project / RULES, ":title: Remark\n", "")
    assert CliRunner().invoke(app, ["trace", "--root", str(project)]).exit_code == 2


def test_errors_command() -> None:
    """The codes are listed with their requirements; an unknown chapter has none."""
    result = CliRunner().invoke(app, ["errors", "--json"])
    listed = [json.loads(line) for line in result.output.splitlines()]
    assert [entry["code"] for entry in listed] == [str(code) for code in ErrorCode]
    assert all(entry["requirements"] for entry in listed)
    assert CliRunner().invoke(app, ["errors", "--chapter", "merkle"]).exit_code == 0
    assert CliRunner().invoke(app, ["errors", "--chapter", "astrology"]).exit_code == 2
