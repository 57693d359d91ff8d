"""The conformance runner: each way in which a driver can be wrong has its outcome and exit code."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from payy_ref.cli.conformance import app
from payy_ref.conformance import process, report, session
from payy_ref.conformance.process import DriverDiedError, DriverLateError, DriverProcess
from payy_ref.conformance.skips import SkipFileError, parse_leave
from payy_ref.driver.reference import run_operation
from payy_ref.files import replace_file
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors import store
from payy_ref.vectors.model import Case

MISBEHAVING = Path(__file__).parent / "drivers" / "misbehaving.py"

QUESTIONS: tuple[tuple[str, str, str, dict[str, Json]], ...] = (
    ("decode-one", "encoding", "decode_u64", {"bytes": "0x0100000000000000"}),
    ("decode-short", "encoding", "decode_u64", {"bytes": "0x01"}),
    ("encode-big", "encoding", "encode_u64", {"value": str(2**64)}),
    ("encode-one", "encoding", "encode_u64", {"value": "1"}),
    ("encode-word", "encoding", "encode_u64", {"value": 'one\'s\\n"word"'}),
    ("kind-big", "note", "kind", {"chain_id": str(2**64), "token": f"0x{'11' * 20}"}),
    ("kind-one", "note", "kind", {"chain_id": "1", "token": f"0x{'11' * 20}"}),
)
"""Id, suite, operation and input of each case; none of them needs a compiled kernel."""


def make_case(name: str, suite: str, operation: str, given: Json) -> Case:
    """Ask the reference for the expected answer."""
    return Case(
        id=name,
        preset="general",
        suite=suite,
        operation=operation,
        description=f"Given {name}, when it is asked, then it is answered.",
        requirements=("PAYY-CONVENTIONS-001",),
        flags=(),
        input=given,
        expected=run_operation("mainnet", suite, operation, given),
        source="tests",
    )


CASES = tuple(make_case(*question) for question in QUESTIONS)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small folder of vectors."""
    root = tmp_path_factory.mktemp("conformance") / "vectors"
    store.write(root, store.render(CASES, {}))
    return root


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run of the command gave."""

    exit_code: int
    output: str
    json: dict[str, Any]
    junit: ET.Element

    @property
    def outcomes(self) -> dict[str, str]:
        """Outcome by case."""
        return {case["id"]: case["outcome"] for case in self.json["cases"]}

    def case(self, name: str) -> Mapping[str, Any]:
        """Find a case of the report."""
        found: Mapping[str, Any] = next(case for case in self.json["cases"] if case["id"] == name)
        return found


Runner = Callable[..., Found]
"""Runs the command: a fault, further options, and on which cases."""


@pytest.fixture
def conformance(vectors: Path, tmp_path: Path) -> Runner:
    """Give a function that runs `conformance run` against a driver with a fault."""

    def run(fault: str, *options: str, on: str = "", only: str = "") -> Found:
        driver = [sys.executable, str(MISBEHAVING), "--fault", fault, f"--on={on}"]
        driver += ["--state", str(tmp_path / "state")]
        files = {
            "--json": tmp_path / "deep" / "er" / "r.json",
            "--junit": tmp_path / "new" / "r.xml",
        }
        arguments = ["run", "--driver", shlex.join(driver), "--vectors", str(vectors)]
        arguments += [f"--run={only}", "--timeout=20", *options]
        for option, file in files.items():
            arguments += [option, str(file)]
        result = CliRunner().invoke(app, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        written = files["--json"].is_file()
        xml = files["--junit"].read_bytes() if written else b"<none/>"
        return Found(
            exit_code=result.exit_code,
            output=result.output,
            json=json.loads(files["--json"].read_bytes()) if written else {},
            junit=ET.fromstring(xml),  # noqa: S314 - we wrote it
        )

    return run


def command(*arguments: str) -> Any:
    """Run the command with no driver of ours."""
    return CliRunner().invoke(app, [*arguments])


def test_conforming_driver(conformance: Runner) -> None:
    """The reference passes, to the letter."""
    found = conformance("none", "--validate")
    assert found.exit_code == 0, found.output
    assert set(found.outcomes.values()) == {"passed"}
    assert found.json["executed"] == found.json["planned"] == len(CASES)
    assert found.json["conforms"] is True
    assert "payy-ref 0.1.0 conforms: 7 of 7 cases executed, 0 failures" in found.output
    assert found.junit.attrib["tests"] == str(len(CASES))
    assert found.junit.attrib["failures"] == found.junit.attrib["errors"] == "0"


@pytest.mark.parametrize(
    ("fault", "on", "outcome", "message"),
    [
        ("wrong-output", "encode-one", "failed", "wrong output: output.bytes: expected"),
        ("accepts-everything", "encode-big", "failed", "expected rejected with BORSH_INTEGER"),
        ("rejects-everything", "encode-one", "failed", "expected accepted, got rejected with"),
        ("wrong-code", "encode-big", "failed", "expected BORSH_INTEGER_OUT_OF_RANGE, got BORSH_TR"),
        ("unknown-code", "encode-big", "violation", "unknown error code 'NO_SUCH_CODE'"),
        ("unknown-field", "encode-one", "violation", "unknown fields in a result accepted: 'gas'"),
        ("not-json", "encode-one", "violation", "not strict JSON"),
        ("wrong-seq", "encode-one", "violation", "wrong seq: asked"),
        ("two-answers", "encode-one", "violation", "more than one line"),
        ("errored", "encode-one", "errored", "out of memory"),
        ("crash", "encode-one", "crashed", "exited with status 3"),
        ("closes-stdout", "encode-one", "crashed", "closed its output and went on"),
        ("floods-stdout", "encode-one", "crashed", "a line of more than"),
    ],
)
def test_outcome(conformance: Runner, fault: str, on: str, outcome: str, message: str) -> None:
    """A fault on one case is told by name, and the other cases are judged all the same."""
    found = conformance(fault, on=on, only="^encode")
    assert found.exit_code == 1, found.output
    assert found.outcomes == {
        case.id: outcome if case.id == on else "passed" for case in CASES if "encode" in case.id
    }
    entry = found.case(on)
    assert message in entry["message"]
    assert entry["message"] in found.output
    assert entry["reproduce"] in found.output
    assert entry["expected"] == next(dict(case.expected) for case in CASES if case.id == on)
    assert found.json["failures"] == 1
    totals = found.junit.attrib
    assert int(totals["failures"]) + int(totals["errors"]) >= 1
    element = found.junit.find(f".//testcase[@name='{on}']/*")
    assert element is not None
    assert element.attrib["type"] == outcome
    assert message in element.attrib["message"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("late", "no answer within 0.2 s"),
        ("partial-line", "no answer within 0.2 s, after 20 bytes of a line without end: {"),
    ],
)
def test_late(conformance: Runner, fault: str, message: str) -> None:
    """A driver that keeps us waiting is killed, and the next case asks a new one."""
    found = conformance(fault, "--timeout=0.2", on="encode-one", only="^encode")
    assert found.exit_code == 1
    assert found.outcomes == {"encode-big": "passed", "encode-one": "late", "encode-word": "passed"}
    assert message in found.case("encode-one")["message"]


def test_log_is_shown(conformance: Runner) -> None:
    """What a driver said before it died is in the report."""
    found = conformance("crash", on="encode-one", only="encode-one")
    assert found.case("encode-one")["log"] == "misbehaving driver: index out of bounds"
    assert "index out of bounds" in found.output


def test_restart_is_not_a_second_chance(conformance: Runner) -> None:
    """After a crash the driver works again, but the case on which it crashed has failed."""
    found = conformance("crash-once", only="^encode")
    assert found.outcomes == {
        "encode-big": "crashed",
        "encode-one": "passed",
        "encode-word": "passed",
    }
    assert found.exit_code == 1


def test_gives_up(conformance: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that dies on everything is not restarted for ever."""
    monkeypatch.setattr("payy_ref.conformance.runner.MAXIMUM_RESTARTS", 2)
    found = conformance("crash")
    assert found.exit_code == 1
    assert list(found.outcomes.values()) == ["crashed"] * 2
    assert "gave up: the driver broke 2 times in a row" in found.output
    assert "5 of 7 planned cases were not reached" in found.output
    assert found.junit.find("testsuite[@name='driver']/testcase/error") is not None


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("dies-at-start", "exited with status 3"),
        ("no-hello", "no answer within 2 s"),
    ],
)
def test_cannot_start(conformance: Runner, fault: str, message: str) -> None:
    """A driver that never says hello is no verdict on an implementation, and no success."""
    found = conformance(fault, "--start-timeout=2")
    assert found.exit_code == 2
    assert "the driver cannot be started" in found.output
    assert message in found.output
    assert found.json["conforms"] is False
    assert found.json["executed"] == 0
    assert found.junit.attrib["errors"] != "0"
    if fault == "dies-at-start":
        assert "no licence found" in found.output


@pytest.mark.parametrize("driver", ["no-such-driver", "/", sys.executable + " -c 'print(1)'"])
def test_no_driver(vectors: Path, driver: str) -> None:
    """A command that is no driver is told from one that fails."""
    result = command("run", "--driver", driver, "--vectors", str(vectors))
    assert result.exit_code == 2
    assert "the driver cannot be started" in result.stderr
    assert result.stdout == ""


def test_floods_of_logs_do_no_harm(conformance: Runner) -> None:
    """Standard error is free for logs, however many."""
    assert conformance("floods-stderr").exit_code == 0


def test_deaf_driver(conformance: Runner) -> None:
    """A driver that does not read is late, even if the request does not fit the pipe."""
    found = conformance("deaf", "--start-timeout=2", "--timeout=0.2", only="encode-one")
    assert found.outcomes == {"encode-one": "late"}
    with (
        closing(DriverProcess([sys.executable, "-c", "import time; time.sleep(60)"])) as driver,
        pytest.raises(DriverLateError),
    ):
        driver.ask(b"x" * 1_000_000, 0.2)


def test_ignored_stop(conformance: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that does not stop is killed; only `--validate` counts it as a failure."""
    monkeypatch.setattr(session, "STOP_TIMEOUT", 0.2)
    lenient = conformance("ignores-stop", only="encode-one")
    assert lenient.exit_code == 0
    assert "warning: stop: no answer within 0.2 s" in lenient.output
    strict = conformance("ignores-stop", "--validate", only="encode-one")
    assert strict.exit_code == 1
    assert "problem: stop: no answer within 0.2 s" in strict.output


def test_children_are_killed(conformance: Runner, tmp_path: Path) -> None:
    """What a driver starts does not outlive the run."""
    assert conformance("leaves-child", only="encode-one").exit_code == 0
    child = int((tmp_path / "state").read_text())
    deadline = time.monotonic() + 5
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(child)


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and ") Z " in status.read_text())


@pytest.mark.parametrize("name", ["encode-one", "encode-word"])
def test_reproduction(conformance: Runner, name: str) -> None:
    """The printed line, given to a shell, gets the answer that was wrong."""
    fault = "wrong-output" if name == "encode-one" else "wrong-code"
    found = conformance(fault, on=name, only=f"^{name}$")
    line = re.search(r"^  reproduce (.*)$", found.output, re.MULTILINE)
    assert line is not None
    again = subprocess.run(
        ["sh", "-c", line[1]], capture_output=True, text=True, check=True, timeout=60
    )
    hello, answer = again.stdout.splitlines()
    assert json.loads(hello)["implementation"] == "payy-ref"
    assert answer == found.case(name)["answer"]
    assert "expected" not in line[1]


def test_long_reproduction(conformance: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is too long to paste is replaced by the run of that one case."""
    monkeypatch.setattr(report, "LONGEST_LINE", 100)
    found = conformance("crash", on="encode-one", only="^encode-one$")
    assert "--run '^encode-one$'" in found.output
    assert found.case("encode-one")["reproduce"].startswith("printf ")


def test_stop_at_first_failure(conformance: Runner) -> None:
    """With -x the run ends at the first failure."""
    found = conformance("rejects-everything", "-x")
    assert found.outcomes == {"decode-one": "failed"}
    assert found.exit_code == 1
    assert "6 of 7 planned cases were not reached" in found.output


def test_two_workers_find_the_same(conformance: Runner) -> None:
    """The report does not depend on the number of workers."""
    reports = []
    for workers in (1, 2):
        found = conformance("wrong-output", f"--workers={workers}").json
        del found["milliseconds"]
        for case in found["cases"]:
            del case["milliseconds"]
        reports.append(found)
    assert reports[0] == reports[1]
    assert reports[0]["outcomes"]["failed"] == 3


def test_verdict_level(conformance: Runner) -> None:
    """At level verdict codes are not compared, and a driver may give none."""
    assert conformance("wrong-code", "--level=verdict", only="encode-big").exit_code == 0
    assert conformance("accepts-everything", "--level=verdict", only="encode-big").exit_code == 1
    assert conformance("verdict-level", "--level=verdict", "--validate").exit_code == 0
    found = conformance("verdict-level", "--level=reason")
    assert found.exit_code == 2
    assert "gives no codes: run it with --level verdict" in found.output


def test_skips_need_leave(conformance: Runner, tmp_path: Path) -> None:
    """A skip with leave is no failure; an entry that allows nothing is told."""
    file = tmp_path / "skips.txt"
    file.write_text(
        "# what we do not do yet\n"
        "encoding/encode_* = no encoder   # until version 2\n"
        "kind-one = just because\n"
        "gone-long-ago\n"
    )
    found = conformance("skips", f"--allow-skips={file}", on="encode")
    assert found.exit_code == 0, found.output
    assert found.outcomes["encode-one"] == "skipped"
    assert found.case("encode-one")["leave"] == {
        "pattern": "encoding/encode_*",
        "reason": "no encoder",
    }
    assert found.json["executed"] + found.json["allowedSkips"] == found.json["planned"]
    assert found.junit.attrib["skipped"] == "3"
    assert "kind-one (line 3) is not needed" in found.output
    assert "gone-long-ago (line 4) matches no vector" in found.output

    # Without leave, a skip is a failure.
    refused = conformance("skips", on="encode")
    assert refused.exit_code == 1
    assert refused.json["failures"] == int(refused.junit.attrib["failures"]) == 3
    told = "skipped without leave: encoding/encode_u64, 3 cases: not written yet"
    assert told in refused.output

    # Leave for everything is still no success.
    file.write_text("*/*\n")
    everything = conformance("skips", f"--allow-skips={file}")
    assert everything.exit_code == 1
    assert "not one case was executed" in everything.output


@pytest.mark.parametrize("text", ["two words", "a = b\na", "= reason", "UPPER", "a/b/c"])
def test_skip_file_is_read_strictly(text: str) -> None:
    """A line that would allow nothing by mistake is refused."""
    with pytest.raises(SkipFileError, match="line"):
        parse_leave(text)


def test_nothing_to_do(conformance: Runner) -> None:
    """A run of no case is a failure."""
    found = conformance("none", only="no-such-case")
    assert found.exit_code == 1
    assert "no case matches the request" in found.output
    assert "no verdict: no case was asked" in found.output


def test_suites_and_presets(vectors: Path) -> None:
    """Cases are chosen by suite and preset; names that do not occur are refused."""
    driver = shlex.join([sys.executable, str(MISBEHAVING), "--fault=none"])
    common = ("run", "--vectors", str(vectors), "--driver", driver)
    chosen = command(*common, "--suite", "note", "--preset", "general")
    assert chosen.exit_code == 0
    assert "2 of 2 cases executed" in chosen.output
    # General cases belong to every preset.
    general = command(*common, "--preset", "mainnet")
    assert general.exit_code == 0
    assert "7 of 7 cases executed" in general.output
    for option in (("--suite", "nothing"), ("--preset", "moon"), ("--run", "("), ("--driver", "'")):
        refused = command(*common, *option)
        assert refused.exit_code == 2, refused.output
        assert "Traceback" not in refused.output
    moon = command(*common, "--preset", "moon")
    assert "no preset is called moon; there are general, mainnet, minimal" in moon.output


@pytest.mark.parametrize("harm", ["missing", "no-manifest", "lost", "cut", "added"])
def test_broken_vectors(vectors: Path, tmp_path: Path, harm: str) -> None:
    """A folder that is not whole is refused before anything is run."""
    root = tmp_path / "vectors"
    files = store.read(vectors)
    path = "general/note/kind.json"
    match harm:
        case "no-manifest":
            del files[store.MANIFEST]
        case "lost":
            del files[path]
        case "cut":
            files[path] = files[path][:-100]
        case "added":
            files["general/note/other.json"] = files[path]
    for name, content in files.items() if harm != "missing" else ():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    result = command("run", "--vectors", str(root))
    assert result.exit_code == 2
    assert result.output.startswith("error: ")


def test_smoke(vectors: Path) -> None:
    """The reference survives every bad line."""
    result = command("smoke", "--vectors", str(vectors))
    assert result.exit_code == 0, result.output
    assert ", 0 problems" in result.output


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("accepts-everything", "wrong verdict: expected rejected"),
        ("wrong-seq", "wrong seq"),
        ("ignores-stop", "no answer within 0.2 s"),
        ("skips", "none was answered as expected"),
    ],
)
def test_smoke_finds(
    vectors: Path, monkeypatch: pytest.MonkeyPatch, fault: str, message: str
) -> None:
    """A driver that is wrong everywhere does not pass for a good one."""
    monkeypatch.setattr(session, "STOP_TIMEOUT", 0.2)
    monkeypatch.setattr("payy_ref.conformance.smoke.STOP_TIMEOUT", 0.2)
    monkeypatch.setattr("payy_ref.conformance.smoke.MAXIMUM_BREAKS", 1)
    driver = shlex.join([sys.executable, str(MISBEHAVING), "--fault", fault])
    result = command("smoke", "--driver", driver, "--vectors", str(vectors))
    assert result.exit_code == 1, result.output
    assert message in result.output


def test_report_is_replaced_whole(tmp_path: Path) -> None:
    """A report that cannot be written leaves the old one, and nothing else."""
    file = tmp_path / "report.json"
    replace_file(file, b"old")
    replace_file(file, b"new")
    assert file.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]
    assert file.stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask() -> int:
    """Read the umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_signal_and_log_tail() -> None:
    """A driver killed by a signal is told by the signal's name; its log is kept to its end."""
    script = (
        "import os,sys; print('x' * 20000, file=sys.stderr, flush=True); os.kill(os.getpid(), 11)"
    )
    with closing(DriverProcess([sys.executable, "-c", script])) as driver:
        with pytest.raises(DriverDiedError, match="killed by SIGSEGV"):
            driver.ask(b"{}", 20)
        assert 0 < len(driver.log) <= process.LOG_BYTES
