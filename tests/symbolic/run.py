"""
Ask the engine all checks, and keep its answers: `python -m tests.symbolic.run [NAME ...]`.

Only what changed is asked again. `make proofs-symbolic` makes the environment of the engine. It
asks forge to compile; that was done before, so a forge that does nothing stands on its path.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.symbolic.checks import (
    CHECKS,
    CONTRACTS,
    PROJECT,
    PROVED,
    RESULTS_FILE,
    Check,
    Mutant,
    committed_code,
    faults_of,
    read_json,
    read_results,
    subject_of,
    without_metadata,
)

ENVIRONMENT: Final = PROJECT / ".venv-symbolic"
"""Where the engine is."""

TIME_LIMIT: Final = 3600
"""Seconds that one question may take."""

VERDICTS: Final = ("proved", "refuted", "undecided", "stuck", "vacuous", "failed")
"""What the exit codes of the engine's functions mean, from 0."""


def main(names: list[str]) -> int:
    """Ask what is new, or what is named."""
    results = read_results()
    for check in CHECKS:
        if names and check.name not in names:
            continue
        if names or faults_of(check, results):
            results[check.name] = answer(check)
            known = {each.name: results[each.name] for each in CHECKS if each.name in results}
            RESULTS_FILE.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
        print(check.name, results[check.name]["verdict"], flush=True)  # noqa: T201 - the answer
    faults = [fault for check in CHECKS for fault in faults_of(check, results)]
    print("\n".join(faults), file=sys.stderr)  # noqa: T201 - the same
    return 1 if faults else 0


def answer(check: Check) -> dict[str, Any]:
    """Ask a check of the contracts as they are, and of its mutants."""
    subject = subject_of(check)
    own = ask(check, None)
    mutants = []
    for mutant in check.mutants:
        found = ask(check, mutant)
        mutants.append(
            {"file": mutant.file, "old": mutant.old, "new": mutant.new, "verdict": found["verdict"]}
        )
    return {"subject": subject, "engine": version(), **own, "mutants": mutants}


def ask(check: Check, mutant: Mutant | None) -> dict[str, Any]:
    """Compile a check and ask the engine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        replacements = json.dumps([] if mutant is None else [asdict(mutant)])
        compiler = PROJECT / "tests" / "symbolic" / "forge.js"
        subprocess.run(["node", compiler, folder / "out", check.contract, replacements], check=True)
        if mutant is None:
            _check_subject(check, folder / "out")
        forge = folder / "bin" / "forge"
        forge.parent.mkdir()
        forge.write_text("#!/bin/sh\n", "utf-8")
        forge.chmod(0o755)
        begun = time.monotonic()
        command: list[str | Path] = [
            ENVIRONMENT / "bin" / "halmos",
            *("--contract", check.contract, "--function", check.function, "--no-status"),
            *check.options,
            *("--root", str(folder), "--json-output", str(folder / "answer.json")),
        ]
        if mutant is not None:
            command.append("--early-exit")
        paths = (str(forge.parent), str(ENVIRONMENT / "bin"), os.environ["PATH"])
        # The engine leaves its questions to the solver where temporary files go.
        _run(command, {**os.environ, "PATH": os.pathsep.join(paths), "TMPDIR": name})
        if not (folder / "answer.json").is_file():
            return {"verdict": "undecided", "paths": None, "seconds": TIME_LIMIT}
        found = json.loads((folder / "answer.json").read_text("utf-8"))  # it has floats
        (tests,) = found["test_results"].values()
        (result,) = (each for each in tests if each["name"].split("(")[0] == check.function)
        verdict = VERDICTS[result["exitcode"]]
        if result["num_bounded_loops"] and verdict == PROVED:
            verdict = "proved for less rounds of a loop"
        print(  # noqa: T201 - progress
            f"  {'as it is' if mutant is None else 'mutant'}: {verdict}",
            file=sys.stderr,
            flush=True,
        )
        return {
            "verdict": verdict,
            "paths": result["num_paths"][0] if result["num_paths"] else None,
            "seconds": round(time.monotonic() - begun),
        }


def _run(command: list[str | Path], environment: dict[str, str]) -> None:
    """Run the engine, and end it with all its solvers when its time is over."""
    with subprocess.Popen(
        command,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as engine:
        try:
            engine.wait(TIME_LIMIT)
        except BaseException as stopped:
            os.killpg(engine.pid, signal.SIGKILL)
            if not isinstance(stopped, subprocess.TimeoutExpired):
                raise


def _check_subject(check: Check, out: Path) -> None:
    """Make sure that a check of the whole rollup has the one whose code is committed."""
    source = (CONTRACTS / f"{check.contract}.sol").read_text("utf-8")
    if f"contract {check.contract} is Deployed " not in source:
        return
    own = read_json(out / f"{check.contract}.sol" / f"{check.contract}.json")
    code = without_metadata(own["bytecode"]["object"] + own["deployedBytecode"]["object"])
    if committed_code() not in code:
        raise ValueError("contracts/build is not what the sources give; run `make contracts`")


def version() -> str:
    """Give the name and version of the engine."""
    command = [str(ENVIRONMENT / "bin" / "halmos"), "--version"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
