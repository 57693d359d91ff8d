"""
Run slither on the contracts: `python -m tests.symbolic.findings [--write]`.

Its findings have to be those of `findings.json`, each of which docs/contracts.md answers. They are
named without line numbers, so that a finding stays the same while the code around it moves.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.symbolic.checks import PROJECT, code_of, read_json

FINDINGS_FILE: Final = Path(__file__).parent / "findings.json"
"""The findings that are known: by detector, the places that it names."""

TARGETS: Final = (
    "settlement/Rollup",
    "settlement/BlockProof",
    "settlement/TransactionProof",
    "settlement/VoidProof",
    "proofs/UtxoVerifier",
    "proofs/KeyedBlockVerifier",
    "proofs/KeyedPlonkVerifier",
)
"""What is deployed; each brings its parts."""

_LINES: Final = re.compile(r" \([^()\s]*#[\d-]+\)")


def main(options: list[str]) -> int:
    """Compare the findings with those that are known, or write them down."""
    found = findings()
    if "--write" in options:
        content = {"subject": subject(), "findings": found}
        FINDINGS_FILE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    written = read_json(FINDINGS_FILE)
    known = written["findings"]
    pairs = [{(name, each) for name in one for each in one[name]} for one in (found, known)]
    for title, rest in (("new", pairs[0] - pairs[1]), ("gone", pairs[1] - pairs[0])):
        for name, each in sorted(rest):
            print(f"{title}: {name}: {each}", file=sys.stderr)  # noqa: T201 - the answer
    if written["subject"] != subject():
        print("written about other contracts; --write", file=sys.stderr)  # noqa: T201 - the same
        return 1
    return 0 if found == known else 1


def subject() -> str:
    """Give the hash of what the findings are about: the code of the contracts."""
    artefacts = [PROJECT / "contracts" / "build" / f"{Path(each).name}.json" for each in TARGETS]
    codes = [code_of(read_json(file)) for file in artefacts]
    return hashlib.sha256("\0".join(codes).encode()).hexdigest()


def findings() -> dict[str, list[str]]:
    """Run slither and give what it finds, by detector."""
    every: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        compiler = Path(folder) / "solc"
        compiler.write_text(
            f'#!/bin/sh\nexec node "{PROJECT}/tests/symbolic/solc.js" "$@"\n', "utf-8"
        )
        compiler.chmod(0o755)
        for target in TARGETS:
            for detector, place in _findings_in(target, Path(folder)):
                every.setdefault(detector, set()).add(place)
    return {detector: sorted(every[detector]) for detector in sorted(every)}


def _findings_in(target: str, folder: Path) -> Iterator[tuple[str, str]]:
    answer = folder / f"{target.replace('/', '.')}.json"
    command: list[str | Path] = [
        PROJECT / ".venv-symbolic" / "bin" / "slither",
        f"contracts/{target}.sol",
        *("--filter-paths", "node_modules", "--fail-none", "--json", answer),
    ]
    path = os.pathsep.join((str(folder), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path}
    subprocess.run(command, check=True, capture_output=True, cwd=PROJECT, env=environment)
    for finding in json.loads(answer.read_text("utf-8"))["results"].get("detectors", []):
        impact, text = finding["impact"].lower(), finding["description"]
        yield f"{finding['check']} ({impact})", " ".join(_LINES.sub("", text).split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
