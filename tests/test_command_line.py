"""The command line: what a person sees, and that bad input gets a plain message."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payy_ref.cli.main import app
from payy_ref.cli.project import output

ROOT = Path(__file__).parents[1]


def payy_ref(*arguments: str) -> Result:
    """Run the command line in this process; an unexpected exception is raised."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_as_a_program() -> None:
    """Installed and started as a user does: exit codes and streams are those of the commands."""
    good = [sys.executable, "-m", "payy_ref", "vectors", "show", "hash-bytes-length-0"]
    bad = [sys.executable, "-m", "payy_ref", "vectors", "show", "x-y-z"]
    done = subprocess.run(good, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["id"] == "hash-bytes-length-0"
    assert done.stderr == ""
    failed = subprocess.run(bad, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr == "no vector is called x-y-z\n"


def test_demo_runs_what_there_is_and_says_what_is_missing() -> None:
    """Known figures appear, and nothing is claimed that does not exist."""
    done = payy_ref("demo")
    assert done.exit_code == 0, done.stderr
    assert "0x11595de6da566f1fe17e5cc441673ce8c95a18e07925e0a66df20ab7a599e76b" in done.stdout
    assert "refused, MEMPOOL_CONFLICT" in done.stdout
    assert "refused, LEDGER_HEIGHT_NOT_NEXT" in done.stdout
    assert "rebuilds the same ledger" in done.stdout
    assert "Not part of this version" in done.stdout


def test_demo_on_the_small_preset() -> None:
    """The parameters decide the depth."""
    assert "tree of depth 8" in payy_ref("demo", "--preset", "minimal").stdout


def test_version() -> None:
    """The version is that of the package."""
    assert payy_ref("--version").stdout == "payy-ref 0.1.0\n"


def test_parameters() -> None:
    """Both presets, for people and for machines."""
    assert "tree_depth" in payy_ref("parameters").stdout
    lines = payy_ref("parameters", "--json").stdout.splitlines()
    assert [json.loads(line)["tree_depth"] for line in lines] == [160, 8]


def test_list_and_show() -> None:
    """A case is found by its code and printed whole."""
    listed = payy_ref("vectors", "list", "--error", "HASH_INPUT_COUNT", "--json")
    ids = [json.loads(line)["id"] for line in listed.stdout.splitlines()]
    assert ids == ["hash-poseidon2-count-0", "hash-poseidon2-count-129"]
    shown = json.loads(payy_ref("vectors", "show", ids[0]).stdout)
    assert shown["path"] == "general/hash/poseidon2.json"
    assert shown["expected"] == {"result": "rejected", "error": "HASH_INPUT_COUNT"}


def test_tables_are_not_cut_when_piped() -> None:
    """Every id is whole, however narrow a terminal would be."""
    listed = payy_ref("vectors", "list").stdout
    assert "\u2026" not in listed
    assert "merkle-update-steps-remove-other-of-slot" in listed


@pytest.mark.parametrize("command", [("errors",), ("vectors", "list")])
@pytest.mark.parametrize("width", [50, 80])
def test_tables_are_not_cut_when_narrow(
    command: tuple[str, ...], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names stay whole on a terminal of any width, and at 80 columns the lines fit."""
    _, *wide = payy_ref(*command).stdout.splitlines()
    monkeypatch.setattr(output, "width", width)
    narrow = payy_ref(*command).stdout
    assert "\u2026" not in narrow
    assert {word for line in wide for word in line.split()} <= set(narrow.split())
    if width == 80:
        assert max(map(len, narrow.splitlines())) <= width


def test_explain() -> None:
    """The check that fails is marked among its neighbours."""
    text = payy_ref("vectors", "explain", "merkle-update-remove-absent").stdout
    assert "fails line" in text
    assert "MERKLE_ELEMENT_ABSENT unless slot_releases(occupant, element)" in text
    assert "PAYY-MERKLE-008" in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("vectors", "show", "no-such-case"), 2, "no vector is called no-such-case"),
        (("vectors", "show", "update-remove-abs"), 2, "near: merkle-update-remove-absent"),
        (("vectors", "explain", "no-such-case"), 2, "no vector is called"),
        (("vectors", "list", "--suite", "none"), 2, "no suite is called none; there are block"),
        (("vectors", "list", "--requirement", "none"), 1, "no vector matches"),
        (("vectors", "list", "--vectors", "spec"), 2, "spec: no manifest.json; not a folder of"),
        (("errors", "--chapter", "none"), 2, "no chapter is called none; there are"),
        (("trace", "--root", "docs"), 2, "docs: not a checkout of payy-ref"),
        (("vectors", "verify", "--vectors", "no-such-folder"), 2, "no such folder"),
        (("vectors", "diff", "conformance_vectors", "none"), 2, "no such folder"),
        (("vectors", "kill", "--vectors", "none"), 2, "no such folder"),
        (("vectors", "fill", "--workers", "-1"), 2, "Invalid value"),
        (("parameters", "--preset", "testnet"), 2, "Invalid value"),
        (("no-such-command",), 2, "No such command"),
        (("conformance", "run", "--driver", "no-such-program"), 2, "no-such-program"),
        (("conformance", "run", "--vectors", "no-such-folder"), 2, "no such folder"),
    ],
)
def test_bad_arguments(arguments: tuple[str, ...], code: int, message: str) -> None:
    """A clear message, an exit code, and no traceback."""
    done = payy_ref(*arguments)
    text = " ".join((done.stdout + done.stderr).split())
    assert done.exit_code == code, text
    assert message in text
    assert "Traceback" not in text


def test_a_damaged_file_is_one_message(tmp_path: Path) -> None:
    """`verify` says which file is not JSON and exits 1; reading commands exit 2."""
    folder = tmp_path / "vectors"
    (folder / "general" / "hash").mkdir(parents=True)
    (folder / "general" / "hash" / "bytes.json").write_text("{")
    (folder / "manifest.json").write_text("{}")
    listed = payy_ref("vectors", "list", "--vectors", str(folder))
    assert listed.exit_code == 2
    assert "general/hash/bytes.json: not JSON" in listed.stderr
    verified = payy_ref("vectors", "verify", "--vectors", str(folder))
    assert verified.exit_code in (1, 2)
    assert "Traceback" not in verified.stderr


def test_the_difference_of_a_folder_with_itself() -> None:
    """Nothing differs."""
    done = payy_ref("vectors", "diff", "conformance_vectors", "conformance_vectors")
    assert (done.exit_code, done.stdout) == (0, "the same cases\n")


def test_commands_work_from_a_folder_below(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is found upwards."""
    monkeypatch.chdir(ROOT / "spec" / "merkle")
    done = payy_ref("vectors", "list", "--suite", "note")
    assert done.exit_code == 0
    assert "note-kind-polygon-usdc" in done.stdout
