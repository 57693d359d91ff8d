"""A project of one requirement, whole in every respect, for tests to break in one place."""

import json
from pathlib import Path

ERRORS = '''
"""Errors."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Codes."""

    # first

    TOO_BIG = "TOO_BIG"
    """The number is above 9."""
'''

RULES = """# First

```{requirement} PAYY-FIRST-001
:title: Small numbers
:codes: TOO_BIG

A number above 9 MUST be rejected with {error}`TOO_BIG`.
```

```{requirement} PAYY-FIRST-002
:title: Remark
:kind: definition

Nothing obliges here; compare {req}`PAYY-FIRST-001` and {prop}`PAYY-FIRST-T01`.
```
"""

PROPERTIES = """# Properties

```{property} PAYY-FIRST-T01
:title: Smallness
:requirements: PAYY-FIRST-001

What is admitted is small: $n < 10$.
```
"""

CODE = '''
"""Numbers."""


def checked(number):
    """
    Admit a number.

    Requirements:
        PAYY-FIRST-001

    Raises:
        SpecError: `TOO_BIG`.
    """
    require(number < 10, ErrorCode.TOO_BIG)
    return number
'''

LEDGER = {
    "properties": {
        "PAYY-FIRST-T01": {
            "level": "T2",
            "assumptions": [],
            "evidence": [{"kind": "hypothesis", "name": "test_small", "level": "T2"}],
        }
    }
}

ACCEPTED = "hash-bytes-small"
REJECTED = "hash-bytes-big"


def write_project(root: Path) -> Path:
    """Write the project and give its root."""
    write(root / "payy_ref" / "__init__.py", '"""Package."""')
    write(root / "payy_ref" / "errors.py", ERRORS)
    write(root / "payy_ref" / "numbers.py", CODE)
    write(root / "spec" / "first" / "rules.md", RULES)
    write(root / "spec" / "first" / "properties.md", PROPERTIES)
    write(root / "spec" / "proof_ledger.json", json.dumps(LEDGER))
    write_vectors(root, {ACCEPTED: None, REJECTED: "TOO_BIG"})
    return root


def write_vectors(root: Path, verdicts: dict[str, str | None], of: str = "PAYY-FIRST-001") -> None:
    """Write one file of cases: the error of each by its id, None for accepted ones."""
    cases = [
        {
            "id": case_id,
            "description": "A case.",
            "requirements": [of],
            "flags": [],
            "input": {},
            "expected": {"result": "rejected", "error": error}
            if error
            else {"result": "accepted", "output": {}},
            "_info": {"hash": "0x", "source": "test"},
        }
        for case_id, error in verdicts.items()
    ]
    document = {"preset": "general", "suite": "hash", "operation": "bytes", "cases": cases}
    write(root / "conformance_vectors" / "general" / "hash" / "bytes.json", json.dumps(document))


def write(file: Path, text: str) -> None:
    """Write a file and the folders that it needs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def edit(file: Path, old: str, new: str) -> None:
    """Replace text that must be there."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
