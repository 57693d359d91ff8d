"""
The compile script: same sources, same bytes; and what is committed is what the sources give.

Compiling needs Node and the packages of `contracts/`. Tests skip, with the reason, where Node is
missing or the packages cannot be fetched.
"""

import fcntl
import hashlib
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from tests.drivers.typescript_build import OLDEST_NODE, REGISTRY_UNREACHABLE

ROOT: Final = Path(__file__).parents[1]
CONTRACTS: Final = ROOT / "contracts"
FIXTURES: Final = ROOT / "tests" / "contracts"
SECONDS_TO_RUN: Final = 300

SAMPLES: Final = ("Doubling", "Probe")
"""The fixture contracts that these tests compile elsewhere; others need other packages."""


@cache
def missing_tool() -> str | None:
    """Install the compiler if need be; say what is missing, None if nothing is."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "compiling the contracts needs node and npm"
    version = run_command([node, "--version"]).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        return f"Node {OLDEST_NODE} or newer is needed; this is {version}"
    with (CONTRACTS / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = CONTRACTS / "node_modules" / ".package-lock.json"
        wanted = CONTRACTS / "package-lock.json"
        if installed.is_file() and installed.stat().st_mtime >= wanted.stat().st_mtime:
            return None
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        finished = run_command([npm, "ci", *options])
    if finished.returncode != 0:
        code = re.search(r"npm (?:error|ERR!) code (\w+)", finished.stderr)
        if code is not None and code[1] in REGISTRY_UNREACHABLE:
            return f"the npm registry is unreachable ({code[1]})"
        pytest.fail(f"npm ci failed:\n{finished.stdout}{finished.stderr}", pytrace=False)
    installed.touch()
    return None


def run_command(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder of the contracts."""
    return subprocess.run(
        command,
        cwd=CONTRACTS,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS_TO_RUN,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def compile_projects(*options: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the script; skip the test where it cannot run."""
    reason = missing_tool()
    if reason is not None:
        pytest.skip(reason)
    return run_command(["node", "compile.js", *map(str, options)])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project of the fixture contracts, without their artefacts."""
    (tmp_path / "contracts").mkdir()
    for name in SAMPLES:
        shutil.copy(FIXTURES / f"{name}.sol", tmp_path / "contracts")
    return tmp_path


@pytest.fixture
def built(project: Path) -> Path:
    """Make it with its artefacts, as they are committed."""
    build = project / "contracts" / "build"
    build.mkdir()
    for file in committed_samples():
        shutil.copy(FIXTURES / "build" / file, build)
    return project


def committed_samples() -> dict[str, bytes]:
    """Read the committed artefacts of the samples."""
    return {f"{name}.json": (FIXTURES / "build" / f"{name}.json").read_bytes() for name in SAMPLES}


def artefacts_of(project: Path) -> dict[str, bytes]:
    """Read what was built."""
    return {file.name: file.read_bytes() for file in (project / "contracts/build").iterdir()}


def test_what_is_committed_is_what_the_sources_give() -> None:
    """Byte for byte, for the contracts and for the fixtures of these tests."""
    finished = compile_projects("--check", ROOT, ROOT / "tests")
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_another_folder_gives_the_same_bytes(project: Path) -> None:
    """Where the project lies is no part of the result; a second run writes nothing."""
    finished = compile_projects(project)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count(": written") == 2
    assert artefacts_of(project) == committed_samples()
    assert ": written" not in compile_projects(project).stdout


def test_an_artefact_tells_what_it_was_made_of(built: Path) -> None:
    """The digests of all its sources, the compiler, the settings."""
    artefact = json.loads(artefacts_of(built)["Probe.json"])
    digests = {
        f"contracts/{name}": hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest()
        for name in ("Doubling.sol", "Probe.sol")
    }
    assert artefact["sources"] == digests
    assert artefact["source"] == "contracts/Probe.sol"
    assert artefact["compiler"].startswith("0.8.30+commit.")
    assert (
        artefact["settings"] == json.loads((CONTRACTS / "settings.json").read_bytes())["settings"]
    )
    assert {entry["label"] for entry in artefact["storageLayout"]["storage"]} == {
        "amount",
        "received",
    }
    assert artefact["userdoc"]["errors"]["NothingGiven()"] == [{"notice": "Nothing was given."}]


def test_a_file_that_nothing_imports_changes_no_other_artefact(built: Path) -> None:
    """Each file is compiled by itself."""
    before = artefacts_of(built)
    (built / "contracts" / "deeper").mkdir()
    other = "// SPDX-License-Identifier: MIT\npragma solidity 0.8.30;\ncontract Another {}\n"
    (built / "contracts" / "deeper" / "Another.sol").write_text(other)
    compile_projects(built)
    after = artefacts_of(built)
    assert json.loads(after.pop("Another.json"))["source"] == "contracts/deeper/Another.sol"
    assert after == before


def replace_text(file: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (
            "contracts/Probe.sol",
            "string memory",
            "string  memory",
            r"Probe.json: differs \(.*sources\)",
        ),
        ("contracts/Doubling.sol", "2 * number", "3 * number", r"Doubling.json: differs \(.*Code"),
        (
            "contracts/Doubling.sol",
            "2 * number",
            "3 * number",
            r"Probe.json: differs \(.*sources\)",
        ),
        ("contracts/build/Probe.json", "Probe", "Prohe", r"Probe.json: differs \(.*contract"),
        ("contracts/build/Probe.json", "{\n", "{\n\n", r"Probe.json: differs \(layout"),
        ("contracts/build/Probe.json", "}", "", r"Probe.json: differs \(not JSON"),
    ],
)
def test_the_check_names_what_differs(
    built: Path, file: str, old: str, new: str, complaint: str
) -> None:
    """A changed source, a changed library, a changed artefact; nothing is written."""
    replace_text(built / file, old, new)
    before = artefacts_of(built)
    finished = compile_projects("--check", built)
    assert finished.returncode == 1
    assert re.search(complaint, finished.stdout)
    assert artefacts_of(built) == before


def test_missing_and_surplus_artefacts_are_found_and_mended(built: Path) -> None:
    """A contract was added, another one renamed."""
    folder = built / "contracts" / "build"
    (folder / "Probe.json").rename(folder / "Old.json")
    finished = compile_projects("--check", built)
    assert finished.returncode == 1
    assert "Probe.json: missing" in finished.stdout
    assert "Old.json: no source has this contract" in finished.stdout
    assert compile_projects(built).returncode == 0
    assert compile_projects("--check", built).returncode == 0
    assert set(artefacts_of(built)) == {"Doubling.json", "Probe.json"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("2 * number", "2 * nummer", "Undeclared identifier"),
        ("external pure", "external", "can be restricted to pure"),
        ("// SPDX-License-Identifier: MIT\n", "", "SPDX license identifier not provided"),
        ("pragma solidity 0.8.30;", 'pragma solidity 0.8.30;\nimport "./None.sol";', "None.sol"),
        ("pragma solidity 0.8.30;", "pragma solidity 0.8.29;", "different compiler version"),
        ("library Doubling", "library Probe", "two contracts are called Probe"),
    ],
)
def test_what_does_not_compile_cleanly_is_refused(
    project: Path, old: str, new: str, complaint: str
) -> None:
    """Errors and warnings alike, and two contracts of one name."""
    replace_text(project / "contracts" / "Doubling.sol", old, new)
    if "two contracts" in complaint:
        replace_text(
            project / "contracts" / "Probe.sol", 'import {Doubling} from "./Doubling.sol";', ""
        )
        replace_text(project / "contracts" / "Probe.sol", "Doubling.double(number)", "2 * number")
    finished = compile_projects(project)
    assert finished.returncode == 1
    assert complaint in finished.stderr
    assert not (project / "contracts" / "build").exists()


def test_an_import_stays_in_its_folder(project: Path) -> None:
    """What lies outside the project is never read."""
    (project.parent / "Outside.sol").write_text("// SPDX-License-Identifier: MIT\n")
    doubling = project / "contracts" / "Doubling.sol"
    line = "pragma solidity 0.8.30;"
    replace_text(doubling, line, f'{line}\nimport "contracts/../../Outside.sol";')
    finished = compile_projects(project)
    assert finished.returncode == 1
    assert "leaves its folder" in finished.stderr


def test_settings_can_be_changed_for_one_file(project: Path) -> None:
    """The other files keep theirs; the artefact says with what it was compiled."""
    if (reason := missing_tool()) is not None:
        pytest.skip(reason)
    tools = project / "tools"
    tools.mkdir()
    shutil.copy(CONTRACTS / "compile.js", tools)
    (tools / "node_modules").symlink_to(CONTRACTS / "node_modules")
    settings: dict[str, Any] = json.loads((CONTRACTS / "settings.json").read_bytes())
    settings["overrides"] = {"contracts/Doubling.sol": {"viaIR": True}}
    (tools / "settings.json").write_text(json.dumps(settings))
    finished = run_command(["node", str(tools / "compile.js"), str(project)])
    assert finished.returncode == 0, finished.stderr
    built = {name: json.loads(text) for name, text in artefacts_of(project).items()}
    assert built["Doubling.json"]["settings"]["viaIR"] is True
    assert built["Probe.json"]["settings"]["viaIR"] is False
    assert built["Doubling.json"]["settings"]["optimizer"] == {"enabled": True, "runs": 200}
    settings["compiler"] = "0.8.29"
    (tools / "settings.json").write_text(json.dumps(settings))
    finished = run_command(["node", str(tools / "compile.js"), "--check", str(project)])
    assert finished.returncode == 1
    assert "wants solc 0.8.29" in finished.stderr


def test_without_the_compiler_the_script_says_how_to_get_it(tmp_path: Path) -> None:
    """The exit code differs from that of a difference."""
    if shutil.which("node") is None:
        pytest.skip("compiling the contracts needs node")
    for name in ("compile.js", "settings.json"):
        shutil.copy(CONTRACTS / name, tmp_path)
    finished = run_command(["node", str(tmp_path / "compile.js")])
    assert finished.returncode == 2
    assert "npm ci --ignore-scripts" in finished.stderr


def test_the_lock_names_no_registry() -> None:
    """Whoever installs decides where from; the digests decide what."""
    lock = json.loads((CONTRACTS / "package-lock.json").read_bytes())
    assert lock["packages"]["node_modules/solc"]["version"] == "0.8.30"
    for name, package in lock["packages"].items():
        if name:
            assert "resolved" not in package
            assert package["integrity"].startswith("sha512-")
