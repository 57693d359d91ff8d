"""
The TypeScript driver: an implementation that shares no code with the reference.

That it agrees with every vector of its suites, and with figures of the deployed network, is the
evidence that the specification can be implemented from its text.
"""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.drivers.typescript_build import PROJECT, built_typescript_driver

ROOT = Path(__file__).parents[1]
SUITES = [
    "hash",
    "merkle",
    "note",
    "link",
    "transaction",
    "block",
    "settlement",
    "chain",
    "mempool",
]
SECONDS_TO_ANSWER = 120


def answers_to(*lines: bytes) -> list[dict[str, Any]]:
    """Send the lines and close the input; the driver must end with exit code 0."""
    finished = subprocess.run(
        built_typescript_driver(),
        input=b"".join(line + b"\n" for line in lines),
        capture_output=True,
        timeout=SECONDS_TO_ANSWER,
        check=True,
    )
    return [json.loads(line) for line in finished.stdout.splitlines()]


def run_request(suite: str, operation: str, given: Any) -> bytes:
    """Write a request."""
    request = {"seq": 1, "cmd": "run", "preset": "mainnet", "id": "one"}
    return json.dumps({**request, "suite": suite, "operation": operation, "input": given}).encode()


def b32(number: str) -> str:
    """Write a hexadecimal number in 32 bytes."""
    return f"0x{int(number, 16):064x}"


def test_hello() -> None:
    """It says which suites it implements."""
    (answer,) = answers_to(b'{"seq":1,"cmd":"hello","protocol":1}')
    assert answer == {
        "seq": 1,
        "implementation": "payy-conformance-driver-typescript",
        "version": "0.1.0",
        "protocol": 1,
        "suites": SUITES,
        "presets": ["mainnet", "minimal"],
        "level": "reason",
    }


@pytest.mark.parametrize("command", ["run", "smoke"])
def test_it_agrees_with_every_vector_of_its_suites(command: str, tmp_path: Path) -> None:
    """The conformance runner finds no difference, and no line that ends the process."""
    report = tmp_path / "report.json"
    arguments = [argument for suite in SUITES for argument in ("--suite", suite)]
    arguments += ["--json", str(report), "--allow-skips", str(PROJECT / "not_done.txt")]
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "payy_ref", "conformance", command),
            *("--driver", shlex.join(built_typescript_driver())),
            *(arguments if command == "run" else []),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    if command == "run":
        assert json.loads(report.read_text())["executed"] > 200


def test_figures_of_the_deployed_network() -> None:
    """It agrees with known answers directly, not only by way of the reference."""
    known = json.loads((ROOT / "tests" / "known_answers" / "hash_pair.json").read_text())
    assert len(known["answers"]) >= 20
    inputs = [[b32(element) for element in entry["elements"]] for entry in known["answers"]]
    answers = answers_to(*(run_request("hash", "poseidon2", {"inputs": each}) for each in inputs))
    digests = [answer["output"]["digest"] for answer in answers]
    assert digests == [b32(entry["digest"]) for entry in known["answers"]]


def test_verdicts_of_the_deployed_circuit() -> None:
    """It accepts and refuses what the compiled circuit does, and names the rule that it names."""
    known = json.loads((ROOT / "tests" / "known_answers" / "utxo_circuit.json").read_text())
    assert len(known["answers"]) >= 400
    table = tomllib.loads((ROOT / "spec" / "transactions" / "circuit_messages.toml").read_text())
    codes = {message["text"]: message["codes"] for message in table["messages"]}
    answers = answers_to(
        *(run_request("transaction", "check", statement(entry)) for entry in known["answers"])
    )
    for entry, answer in zip(known["answers"], answers, strict=True):
        if entry["refused"] is None:
            assert answer["output"]["public_inputs"] == [b32(word) for word in entry["public"]]
        else:
            assert answer["error"] in codes[known["messages"][entry["refused"]]], entry["id"]


def statement(entry: Any) -> dict[str, Any]:
    """Write the input of `transaction/check` for a verdict of the circuit."""
    return {
        "input_notes": [
            {"note": note(words[:4]), "secret_key": b32(words[4])} for words in entry["inputs"]
        ],
        "output_notes": [note(words) for words in entry["outputs"]],
        "pmessage4": b32(entry["burn_address"]),
        "commitments": [b32(word) for word in entry["public"][:4]],
        "messages": [b32(word) for word in entry["public"][4:]],
    }


def note(words: list[str]) -> dict[str, str]:
    """Write a note."""
    return dict(zip(("kind", "value", "address", "psi"), map(b32, words), strict=True))


def test_each_request_is_answered_at_once_and_stop_ends_the_process() -> None:
    """No answer waits for the next request or for the end of the input."""
    with subprocess.Popen(
        built_typescript_driver(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        driver.stdin.write(run_request("hash", "bytes", {"bytes": "0x"}) + b"\n")
        driver.stdin.flush()
        assert json.loads(driver.stdout.readline())["result"] == "accepted"
        driver.stdin.write(b'{"seq":2,"cmd":"stop"}\n{"seq":3,"cmd":"stop"}\n')
        driver.stdin.flush()
        assert json.loads(driver.stdout.readline()) == {"seq": 2, "result": "stopped"}
        assert driver.wait(timeout=SECONDS_TO_ANSWER) == 0
        assert driver.stdout.read() == b""


def test_operations_of_other_suites_are_skipped_and_unknown_ones_are_errors() -> None:
    """What it leaves out is told apart from what nobody knows."""
    answers = answers_to(run_request("poseidon2", "rounds", {}), run_request("note", "dance", {}))
    assert [answer["result"] for answer in answers] == ["skipped", "errored"]


def test_versions_are_exact_and_the_lock_file_names_no_host() -> None:
    """The build is the same everywhere."""
    manifest = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))
    for version in [*manifest["dependencies"].values(), *manifest["devDependencies"].values()]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    lock = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))
    installed = [package for place, package in lock["packages"].items() if place]
    assert all("integrity" in package and "resolved" not in package for package in installed)
    for package in installed:
        package.pop("funding", None)  # where to give money, not where to load from
    assert "://" not in json.dumps(lock)
