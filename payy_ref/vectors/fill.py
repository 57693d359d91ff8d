"""Make the vectors: run the scenarios, gather their cases, lay out the files."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from payy_ref.vectors import store
from payy_ref.vectors.model import VectorError, case_of_record
from payy_ref.vectors.pytest_plugin import BUG_CLASSES, SPEC_FOLDER


def generate(
    project: Path,
    *,
    workers: int = 0,
    hash_seed: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, bytes]:
    """
    Run all scenarios in a process of their own and render their cases.

    Args:
        workers: Processes to share the scenarios; 0 runs them in one.
        hash_seed: Value of `PYTHONHASHSEED`, which must not matter.
        progress: Called with the numbers of scenarios done and collected.

    Raises:
        VectorError: a scenario failed; the message holds its report.
    """
    with tempfile.TemporaryDirectory(prefix="payy-ref-vectors-") as folder:
        record = Path(folder, "cases.json")
        command = [sys.executable, "-m", "pytest", SPEC_FOLDER, f"--record-vectors={record}"]
        command += ["-v", "--tb=short", "--color=no", "-p", "no:cacheprovider"]
        command += ["-n", str(workers)] if workers else []
        environment = dict(os.environ)
        if hash_seed is not None:
            environment["PYTHONHASHSEED"] = str(hash_seed)
        output = _run(command, project, environment, progress)
        if not record.exists():
            raise VectorError(f"the scenarios did not run:\n{output}")
        cases = [case_of_record(each) for each in json.loads(record.read_text("utf-8"))]
    return store.render(cases, store.load_bug_classes(project / SPEC_FOLDER / BUG_CLASSES))


def check_determinism(project: Path, files: Mapping[str, bytes]) -> list[str]:
    """
    Generate again under other conditions and compare with `files`.

    Returns:
        The conditions under which the bytes differ: none, if generation is deterministic.
    """
    conditions = {
        "one process, hash seed 1": generate(project, hash_seed=1),
        "two processes, hash seed 2": generate(project, workers=2, hash_seed=2),
    }
    return [condition for condition, again in conditions.items() if again != files]


def _run(
    command: list[str],
    project: Path,
    environment: Mapping[str, str],
    progress: Callable[[int, int], None],
) -> str:
    """Run pytest, follow its verdict lines, and fail unless it passes."""
    lines: list[str] = []
    done = total = 0
    with subprocess.Popen(
        command,
        cwd=project,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            words = line.split()
            if line.startswith("collected ") or (len(words) > 1 and words[1] == "workers"):
                total = next(
                    (int(word.strip("[]")) for word in words[1:] if word.strip("[]").isdigit()), 0
                )
            elif "PASSED" in words:
                done += 1
                progress(done, max(total, done))
    output = "".join(lines)
    if process.returncode != 0:
        raise VectorError(f"a scenario failed, nothing was written:\n{output}")
    return output
