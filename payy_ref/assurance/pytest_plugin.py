"""
Collects the evidence that passing tests give: `pytest spec --evidence FILE`.

A test whose marker names properties counts once, whatever its parameters, if all its runs passed.
It works with pytest-xdist, since the facts travel with the reports.
"""

import ast
import inspect
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from payy_ref.assurance.evidence import MARKER
from payy_ref.assurance.record import EvidenceKind
from payy_ref.assurance.source_hash import tree_hash, without_docstring

_FACTS: Final = "payy_evidence"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--evidence",
        metavar="FILE",
        default=None,
        help="write what the passed tests are evidence of",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker, and collect if asked to."""
    config.addinivalue_line(
        "markers", f"{MARKER}(*properties, exhaustive, part): supports properties"
    )
    file = config.getoption("--evidence")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(Path(file).absolute()), "payy-evidence")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Attach the facts to a test, so that its reports carry them."""
    for marker in item.iter_markers(MARKER):
        facts = {
            "name": item.nodeid.partition("[")[0],
            "properties": sorted(marker.args),
            "bound": marker.kwargs.get("exhaustive", ""),
            "part": marker.kwargs.get("part", ""),
            "kind": _kind(item, exhaustive=bool(marker.kwargs.get("exhaustive"))),
            "statement": _statement(item),
        }
        item.user_properties.append((_FACTS, json.dumps(facts, sort_keys=True)))


def _kind(item: pytest.Item, *, exhaustive: bool) -> EvidenceKind:
    if exhaustive:
        return EvidenceKind.EXHAUSTIVE
    generated = getattr(_function(item), "is_hypothesis_test", False)
    return EvidenceKind.HYPOTHESIS if generated else EvidenceKind.EXAMPLE


def _function(item: pytest.Item) -> Callable[..., Any] | None:
    return getattr(item, "obj", None)


def _statement(item: pytest.Item) -> str:
    """Hash the test as written; for a state machine, the class that Hypothesis made it from."""
    function = _function(item)
    given = getattr(function, "hypothesis", None)
    machine = getattr(function, "_hypothesis_state_machine_class", None)
    written = machine or (given.inner_test if given else function)
    try:
        source = inspect.getsource(inspect.unwrap(written))  # type: ignore[arg-type]
    except (OSError, TypeError):
        return ""
    (tree,) = ast.parse(textwrap.dedent(source)).body
    return tree_hash(without_docstring(tree) if isinstance(tree, ast.FunctionDef) else tree)


class _Collector:
    """Keeps what passed and what did not, and writes it at the end."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.passed: dict[str, set[str]] = {}
        self.failed: set[str] = set()
        self.skipped: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of one test."""
        facts = [value for name, value in report.user_properties if name == _FACTS]
        name = report.nodeid.partition("[")[0]
        if report.failed:
            self.failed.add(name)
        elif report.skipped:
            self.skipped.add(name)
        elif report.when == "call" and not hasattr(report, "wasxfail"):
            self.passed.setdefault(name, set()).update(str(value) for value in facts)

    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        tests = [
            json.loads(facts)
            for name in sorted(self.passed.keys() - self.failed - self.skipped)
            for facts in sorted(self.passed[name])
        ]
        document = {"tests": tests, "failed": sorted(self.failed)}
        self.file.write_text(
            json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )
