"""What a run found: as tables for people, as JSON, and as JUnit XML for build servers."""

import re
import shlex
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payy_ref import __version__
from payy_ref.conformance.model import Outcome, Result, Run
from payy_ref.conformance.plan import reproduction
from payy_ref.files import replace_file
from payy_ref.primitives import strict_json
from payy_ref.primitives.strict_json import Json

SHOWN_FAILURES: Final = 20
"""Failures that are printed in full; the reports hold all of them."""

LONGEST_LINE: Final = 4000
"""A longer reproduction is not printed but replaced by the run of this one case."""

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold, not even escaped."""


def summary(run: Run) -> Table:
    """Count outcomes by operation; outcomes that nowhere occurred have no column."""
    outcomes = [outcome for outcome in Outcome if run.counts.get(outcome)]
    table = Table("operation", "planned", *(str(outcome) for outcome in outcomes), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    planned = Counter(f"{case.suite}/{case.operation}" for case in run.planned)
    counts = Counter((f"{r.case.suite}/{r.case.operation}", r.outcome) for r in run.results)
    for operation, total in planned.items():
        cells = (str(counts[operation, outcome] or "") for outcome in outcomes)
        table.add_row(operation, str(total), *cells)
    totals = (str(run.counts[outcome]) for outcome in outcomes)
    table.add_row("all", str(len(run.planned)), *totals, style="bold")
    return table


def print_run(run: Run, console: Console) -> None:
    """Print the failures, the summary and the verdict."""
    failures = [result for result in run.failures if result.outcome is not Outcome.SKIPPED]
    for result in failures[:SHOWN_FAILURES]:
        for line in _failure_lines(run, result):
            console.print(line, soft_wrap=True)
        console.print()
    if len(failures) > SHOWN_FAILURES:
        console.print(f"... and {len(failures) - SHOWN_FAILURES} more; --json lists all of them\n")
    skips = Counter(
        (f"{result.case.suite}/{result.case.operation}", result.message)
        for result in run.failures
        if result.outcome is Outcome.SKIPPED
    )
    for (operation, reason), count in skips.items():
        text = Text(
            f"skipped without leave: {operation}, {_cases(count)}: {_clipped(reason)}", "red"
        )
        console.print(text, soft_wrap=True)
    if skips:
        console.print("a list of what may be skipped is given with --allow-skips\n")
    if run.results:
        console.print(summary(run))
        console.print()
    for warning in (*run.warnings, *(() if run.settings.validate else run.remarks)):
        console.print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)
    for problem in run.problems:
        console.print(Text(f"problem: {problem}", style="red"), soft_wrap=True)
    console.print(verdict(run), soft_wrap=True)


def verdict(run: Run) -> Text:
    """Say in one line what came out."""
    if not run.planned:
        return Text("no verdict: no case was asked", style="bold red")
    if run.hello is None:
        return Text("no verdict: there was no driver to ask", style="bold red")
    who = f"{run.hello.implementation} {run.hello.version}"
    skips = f", {run.allowed_skips} skipped with leave" if run.allowed_skips else ""
    count = len(run.failures)
    failures = f"{count} failure{'' if count == 1 else 's'}"
    counts = f"{run.executed} of {_cases(len(run.planned))} executed{skips}, {failures}"
    level = f"level {run.settings.level}, {run.seconds:.1f} s"
    if run.good:
        return Text(f"{who} conforms: {counts} ({level})", style="bold green")
    return Text(f"{who} does not conform: {counts} ({level})", style="bold red")


def short_reproduction(run: Run, result: Result) -> str:
    """Give the line that reproduces a failure, or, where it is too long to paste, a shorter one."""
    line = reproduction(run.settings.command, result.case)
    if len(line) <= LONGEST_LINE:
        return line
    driver = shlex.quote(shlex.join(run.settings.command))
    return f"payy-ref conformance run --driver {driver} --run '^{result.case.id}$'"


def as_json(run: Run) -> dict[str, Json]:
    """Give all that a run found as one document."""
    hello: Json = None
    if run.hello is not None:
        hello = {
            "implementation": run.hello.implementation,
            "version": run.hello.version,
            "level": str(run.hello.level),
            "suites": list(run.hello.suites),
            "presets": list(run.hello.presets),
        }
    return {
        "specVersion": __version__,
        "driver": list(run.settings.command),
        "hello": hello,
        "level": str(run.settings.level),
        "validate": run.settings.validate,
        "conforms": run.good,
        "planned": len(run.planned),
        "executed": run.executed,
        "allowedSkips": run.allowed_skips,
        "failures": len(run.failures),
        "outcomes": {str(outcome): run.counts.get(outcome, 0) for outcome in Outcome},
        "problems": list(run.problems),
        "warnings": [*run.warnings, *run.remarks],
        "milliseconds": round(1000 * run.seconds),
        "cases": [_case_json(run, result) for result in run.results],
    }


def as_junit(run: Run) -> bytes:
    """Give a run as JUnit XML: one suite an operation, and one for the driver itself."""
    root = ET.Element("testsuites", name="payy-ref conformance")
    by_path: dict[str, list[Result]] = {}
    for result in run.results:
        by_path.setdefault(str(result.case.path), []).append(result)
    totals: Counter[str] = Counter()
    for path, results in by_path.items():
        suite = ET.SubElement(root, "testsuite", name=path)
        for result in results:
            _add_case(suite, run, result)
        totals += _finish(suite)
    if run.problems:
        suite = ET.SubElement(root, "testsuite", name="driver")
        for problem in run.problems:
            entry = ET.SubElement(suite, "testcase", classname="driver", name="run", time="0")
            ET.SubElement(entry, "error", message=_xml(problem))
        totals += _finish(suite)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(totals[name]))
    root.set("time", f"{run.seconds:.3f}")
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def write_json(run: Run, file: Path) -> None:
    """Write the JSON report."""
    replace_file(file, strict_json.dumps_readable(as_json(run)).encode("ascii"))


def write_junit(run: Run, file: Path) -> None:
    """Write the JUnit report."""
    replace_file(file, as_junit(run))


def _failure_lines(run: Run, result: Result) -> Iterator[Text]:
    case = result.case
    yield Text.assemble((f"{result.outcome} ", "red"), (case.id, "bold"), f"   {case.path}")
    yield Text(f"  {case.description}")
    yield Text(f"  {result.message}")
    yield Text(f"  expected  {_clipped(strict_json.dumps(dict(case.expected)))}")
    if result.answer is not None:
        yield Text(f"  got       {_clipped(result.answer)}")
    if result.log:
        yield Text("  its standard error ends with:")
        for line in result.log.splitlines()[-10:]:
            yield Text(f"    {_clipped(line)}")
    yield Text(f"  reproduce {short_reproduction(run, result)}")


def _case_json(run: Run, result: Result) -> Json:
    case = result.case
    entry: dict[str, Json] = {
        "id": case.id,
        "path": str(case.path),
        "outcome": str(result.outcome),
        "milliseconds": round(1000 * result.seconds),
    }
    if result.message:
        entry["message"] = result.message
    if result.leave is not None:
        entry["leave"] = {"pattern": result.leave.pattern, "reason": result.leave.reason}
    if result.bad:
        entry["expected"] = dict(case.expected)
        entry["reproduce"] = reproduction(run.settings.command, case)
        if result.answer is not None:
            entry["answer"] = result.answer
        if result.log:
            entry["log"] = result.log
    return entry


def _add_case(suite: ET.Element, run: Run, result: Result) -> None:
    case = result.case
    entry = ET.SubElement(
        suite,
        "testcase",
        classname=f"{case.preset}.{case.suite}.{case.operation}",
        name=case.id,
        time=f"{result.seconds:.3f}",
    )
    if not result.bad:
        if result.outcome is Outcome.SKIPPED:
            ET.SubElement(entry, "skipped", message=_xml(result.message))
        return
    # JUnit's failure is an answer that is wrong, its error an answer that is missing.
    kind = "failure" if result.outcome in (Outcome.FAILED, Outcome.SKIPPED) else "error"
    message = f"{result.outcome}: {result.message}"
    detail = ET.SubElement(entry, kind, type=str(result.outcome), message=_xml(message))
    detail.text = _xml("\n".join(line.plain.strip() for line in _failure_lines(run, result)))


def _finish(suite: ET.Element) -> Counter[str]:
    counts = Counter(
        tests=len(suite),
        failures=len(suite.findall("testcase/failure")),
        errors=len(suite.findall("testcase/error")),
        skipped=len(suite.findall("testcase/skipped")),
    )
    for name in ("tests", "failures", "errors", "skipped"):
        suite.set(name, str(counts[name]))
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in suite):.3f}")
    return counts


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _cases(count: int) -> str:
    return f"{count} case{'' if count == 1 else 's'}"


def _clipped(text: str, limit: int = 600) -> str:
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
