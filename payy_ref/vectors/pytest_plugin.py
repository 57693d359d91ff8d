"""
Scenarios are vectors: the `vector` fixture of the specification's tests.

A scenario states an input and what becomes of it. The fixture encodes the input, runs it through
the reference driver from its JSON alone, and records request and answer; what cannot be replayed
cannot be recorded. A plain run compares with the committed files; `payy-ref vectors fill` writes.

Workers only attach cases to their reports; the controller collects, so no case is lost when tests
run in parallel.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from payy_ref.driver.reference import run_operation
from payy_ref.errors import ErrorCode
from payy_ref.operations import Operation, find_operation
from payy_ref.primitives import strict_json
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors import store
from payy_ref.vectors.model import (
    CASE_ID,
    GENERAL,
    GENERAL_PRESET,
    Case,
    case_of_record,
    case_record,
)

_PROPERTY: Final = "payy_ref_vector"
_RECORD: Final = "--record-vectors"

SPEC_FOLDER: Final = "spec"
VECTOR_FOLDER: Final = "conformance_vectors"
BUG_CLASSES: Final = "bug_classes.toml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which `fill` gets the cases."""
    parser.addoption(
        _RECORD, metavar="FILE", help="run the scenarios alone and write their cases to FILE"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect in the process that sees all reports."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(config), "payy_ref_vector_collector")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep scenarios only, when recording."""
    if config.getoption(_RECORD) is not None:
        items[:] = [item for item in items if "vector" in getattr(item, "fixturenames", ())]


class VectorWriter:
    """Record vectors from one scenario."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        module = Path(str(request.node.path)).relative_to(request.config.rootpath).as_posix()
        self._source = f"{module}::{request.node.originalname}"
        self._writing = request.config.getoption(_RECORD) is not None

    def accepts(
        self,
        case_id: str,
        operation: str,
        *,
        description: str,
        requirements: Sequence[str],
        flags: Sequence[str] = (),
        preset: str = GENERAL,
        **inputs: Any,
    ) -> Mapping[str, Any]:
        """
        State that an input is accepted.

        Args:
            operation: `suite/name`.
            inputs: The input fields as Python values.

        Returns:
            The decoded output, for the scenario to look at.
        """
        found = _operation(operation)
        expected = self._record(
            case_id,
            found,
            preset,
            description,
            requirements,
            flags,
            found.input_form.encode(inputs),
        )
        assert expected["result"] == "accepted", f"{case_id}: {expected}"
        return found.output_form.decode(expected["output"])

    def rejects(
        self,
        case_id: str,
        operation: str,
        error: ErrorCode,
        *,
        description: str,
        requirements: Sequence[str],
        flags: Sequence[str] = (),
        preset: str = GENERAL,
        **inputs: Any,
    ) -> None:
        """State that an input is rejected, and with which code."""
        found = _operation(operation)
        given = found.input_form.encode(inputs)
        expected = self._record(case_id, found, preset, description, requirements, flags, given)
        assert expected == {"result": "rejected", "error": str(error)}, f"{case_id}: {expected}"

    def rejects_raw(
        self,
        case_id: str,
        operation: str,
        error: ErrorCode,
        given: Json,
        *,
        description: str,
        requirements: Sequence[str],
        flags: Sequence[str] = (),
        preset: str = GENERAL,
    ) -> None:
        """State that a JSON input, of the form or not, is rejected, and with which code."""
        expected = self._record(
            case_id, _operation(operation), preset, description, requirements, flags, given
        )
        assert expected == {"result": "rejected", "error": str(error)}, f"{case_id}: {expected}"

    def rejects_malformed(self, case_id: str, operation: str, given: Json, **what: Any) -> None:
        """State that a JSON input is not of the operation's form."""
        self.rejects_raw(case_id, operation, ErrorCode.MALFORMED_INPUT, given, **what)

    def _record(
        self,
        case_id: str,
        operation: Operation,
        preset: str,
        description: str,
        requirements: Sequence[str],
        flags: Sequence[str],
        given: Json,
    ) -> Mapping[str, Any]:
        assert CASE_ID.match(case_id), f"{case_id!r} is not a slug"
        # From here on only what a consumer of the file has: the JSON text.
        replayed = strict_json.loads(strict_json.dumps(given))
        request_preset = GENERAL_PRESET if preset == GENERAL else preset
        case = Case(
            id=case_id,
            preset=preset,
            suite=operation.suite,
            operation=operation.name,
            description=description,
            requirements=tuple(requirements),
            flags=tuple(flags),
            input=replayed,
            expected=run_operation(request_preset, operation.suite, operation.name, replayed),
            source=self._source,
        )
        self._request.node.user_properties.append((_PROPERTY, strict_json.dumps(case_record(case))))
        if not self._writing:
            committed = _committed(self._request.config.rootpath).get(case_id)
            assert committed is not None, f"{case_id} is not committed; run `payy-ref vectors fill`"
            assert case == committed, f"{case_id} differs from the committed vector"
        return case.expected


@pytest.fixture
def vector(request: pytest.FixtureRequest) -> VectorWriter:
    """Give a scenario the means to record its vectors."""
    return VectorWriter(request)


class _Collector:
    """Gather the cases of all scenarios, from this process or from workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._cases: list[Case] = []
        self._deselected = False

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._deselected = self._deselected or bool(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == _PROPERTY:
                self._cases.append(case_of_record(json.loads(str(value))))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        target = self._config.getoption(_RECORD)
        if target is not None:
            records = [case_record(case) for case in self._cases]
            Path(target).write_text(json.dumps(records), "utf-8")
        elif self._ran_everything() and session.exitstatus == 0:
            problem = self._difference_from_committed()
            if problem:
                self._config.get_terminal_writer().line(f"\n{problem}", red=True)
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _ran_everything(self) -> bool:
        """Only a run of the whole specification can tell that a committed case has no scenario."""
        root = self._config.rootpath
        wanted = [(root / argument).resolve() for argument in self._config.args]
        return (root / SPEC_FOLDER).resolve() in wanted and not self._deselected

    def _difference_from_committed(self) -> str:
        root = self._config.rootpath
        notes = store.load_bug_classes(root / SPEC_FOLDER / BUG_CLASSES)
        expected = store.render(self._cases, notes)
        committed = store.read(root / VECTOR_FOLDER)
        differing = sorted(
            path
            for path in expected.keys() | committed.keys()
            if expected.get(path) != committed.get(path)
        )
        if not differing:
            return ""
        return (
            f"{VECTOR_FOLDER}/ is not what the scenarios say: {', '.join(differing)}; "
            "run `payy-ref vectors fill`"
        )


@cache
def _committed(root: Path) -> Mapping[str, Case]:
    return {case.id: case for case in store.load_cases(root / VECTOR_FOLDER)}


def _operation(name: str) -> Operation:
    suite, _, operation = name.partition("/")
    found = find_operation(suite, operation)
    assert found is not None, f"no operation {name}"
    return found
