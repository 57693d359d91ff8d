"""`payy-ref simulate`: what a person sees, what a program reads, and that bad input is told."""

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payy_ref.bench import consensus
from payy_ref.cli import bench, simulate
from payy_ref.cli.main import app
from payy_ref.parameters import Preset
from payy_ref.simulation.delays import Profile
from payy_ref.simulation.plan import Behaviour, Plan


def payy_ref_simulate(*arguments: str) -> Result:
    """Run the command in this process; an unexpected exception is raised."""
    return CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)


def test_a_run_in_words() -> None:
    """Who took part, what happened, what was promised and kept."""
    done = payy_ref_simulate("--seed", "3", "--views", "25", "--calm")
    assert done.exit_code == 0, done.stderr
    assert "4 sequencers, continental delays, seed 3" in done.stdout
    assert "a commit within" in done.stdout
    assert "promised: 13" in done.stdout
    assert "no rule was broken" in done.stdout


def test_a_run_for_programs() -> None:
    """One JSON line, with the plan that repeats it."""
    arguments = ("--nodes", "5", "--faults", "0", "--views", "20", "--profile", "local", "--json")
    done = payy_ref_simulate(*arguments)
    assert done.exit_code == 0
    (line,) = done.stdout.splitlines()
    report = json.loads(line)
    assert report["plan"] == {
        "nodes": 5,
        "faults": 0,
        "seed": 0,
        "views": 20,
        "profile": "local",
        "preset": "minimal",
        "behaviour": None,
        "calm": False,
    }
    assert report["violations"] == []
    assert report["views"] >= 20
    assert report["height"] > 0


def test_a_broken_rule_is_told_with_the_command_that_repeats_it() -> None:
    """The command, run again, tells the same."""
    done = payy_ref_simulate("--nodes", "4", "--faults", "2", "--seed", "1", "--views", "30")
    assert done.exit_code == 1
    assert "broken: agreement" in done.stdout
    assert "Of 4 sequencers at most 1 may be Byzantine." in done.stdout
    assert "more" in done.stdout
    command = shlex.split(done.stdout.splitlines()[-1])
    assert command[:2] == ["payy-ref", "simulate"]
    again = payy_ref_simulate(*command[2:])
    assert (again.exit_code, again.stdout) == (1, done.stdout)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(),
        Plan(nodes=7, faults=2, seed=9, views=3, profile=Profile.GLOBAL, preset=Preset.MAINNET),
        Plan(behaviour=Behaviour.TWO_FACED, calm=True),
    ],
)
def test_repeating_names_every_option(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan that the command makes is the one that the command was made of."""
    plans: list[Plan] = []
    monkeypatch.setattr(simulate, "_run_one", lambda made, *_, **__: plans.append(made))
    done = payy_ref_simulate(*shlex.split(simulate.repeats(plan))[2:])
    assert done.exit_code == 0
    assert plans == [plan]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_many_runs(workers: str) -> None:
    """What is not asked for is drawn from each seed; several processes do the same."""
    arguments = ("--seeds", "3", "--seed", "50", "--views", "12", "--workers", workers)
    done = payy_ref_simulate(*arguments)
    assert done.exit_code == 0, done.stdout
    assert "3 runs" in done.stdout
    assert "no rule was broken" in done.stdout
    lines = payy_ref_simulate(*arguments, "--json").stdout.splitlines()
    reports = {json.loads(line)["plan"]["seed"]: json.loads(line) for line in lines}
    assert reports.keys() == {50, 51, 52}
    assert len({report["plan"]["nodes"] for report in reports.values()}) > 1


def test_many_runs_with_broken_rules() -> None:
    """Each is told, and counted."""
    done = payy_ref_simulate(
        *("--seeds", "2", "--nodes", "4", "--faults", "2", "--views", "20", "--workers", "1")
    )
    assert done.exit_code == 1
    assert "rules were broken in 2 runs" in done.stdout
    assert done.stdout.count("repeat it with") == 2


def test_a_trace_and_its_replay(tmp_path: Path) -> None:
    """The sequencers do the same again; a changed line is noticed; a broken one is told."""
    file = tmp_path / "trace.jsonl"
    written = payy_ref_simulate("--views", "15", "--seed", "4", "--trace", str(file))
    assert written.exit_code == 0
    done = payy_ref_simulate("--replay", str(file))
    assert done.exit_code == 0
    assert "every sequencer does the same again" in done.stdout
    assert json.loads(payy_ref_simulate("--replay", str(file), "--json").stdout)["events"] > 0
    text = file.read_text("ascii")
    file.write_text(text.replace('"set_timer"', '"sing"', 1), "ascii")
    changed = payy_ref_simulate("--replay", str(file))
    assert changed.exit_code == 1
    assert "another run: line" in changed.stdout
    file.write_text(text[: len(text) // 2], "ascii")
    broken = payy_ref_simulate("--replay", str(file))
    assert broken.exit_code == 2
    assert "not JSON" in broken.stderr


def test_a_replay_judges_too(tmp_path: Path) -> None:
    """A trace of a broken rule breaks it again."""
    file = tmp_path / "trace.jsonl"
    payy_ref_simulate("--faults", "2", "--views", "20", "--trace", str(file))
    done = payy_ref_simulate("--replay", str(file))
    assert done.exit_code == 1
    assert "broken: agreement" in done.stdout
    assert "every sequencer does the same again" in done.stdout


def test_figures_of_consensus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Views, events and messages of each size; a certificate twice. No test asks how fast."""
    monkeypatch.setattr(bench, "CHAPTERS", {"consensus": bench.CHAPTERS["consensus"]})
    monkeypatch.setattr(consensus, "NETWORKS", ((4, 12), (7, 12)))
    file = tmp_path / "figures.json"
    done = CliRunner().invoke(app, ["bench", "--json", str(file)], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    assert "messages a view" in done.stdout
    four, seven, first, again = json.loads(file.read_text("utf-8"))["figures"]
    assert [four["validators"], seven["validators"]] == [4, 7]
    for figure in (four, seven):
        # A proposal to each of the others, two votes of each, one certificate, if all arrive.
        n, views = figure["validators"], figure["operations"]
        assert 2 * n * (views - 3) <= figure["messages"] <= (3 * n - 2) * (views + 1)
        assert figure["events"] > figure["messages"]
    assert (first["unit"], again["unit"]) == ("certificate", "certificate")
    assert again["rate"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--nodes", "0"), "Invalid value"),
        (("--nodes", "201"), "Invalid value"),
        (("--nodes", "x"), "Invalid value"),
        (("--faults", "-1"), "Invalid value"),
        (("--faults", "4"), "of 4 nodes 0 to 3 can be faulty"),
        (("--seeds", "2", "--nodes", "3", "--faults", "3"), "of 3 nodes 0 to 2 can be faulty"),
        (("--seed", "-1"), "Invalid value"),
        (("--views", "0"), "Invalid value"),
        (("--profile", "lunar"), "Invalid value"),
        (("--preset", "none"), "Invalid value"),
        (("--behaviour", "good"), "Invalid value"),
        (("--seeds", "0"), "Invalid value"),
        (("--seeds", "2", "--trace", "x"), "--trace is for one run"),
        (("--replay", "no-such-file"), "No such file"),
        (("--replay", "."), "Is a directory"),
        (("--replay", "README.md"), "README.md: "),
        (("--views", "1", "--trace", "README.md/x"), "README.md"),
    ],
)
def test_bad_options(arguments: tuple[str, ...], message: str) -> None:
    """A clear message, exit code 2, and no traceback."""
    done = payy_ref_simulate(*arguments)
    text = " ".join((done.stdout + done.stderr).split())
    assert done.exit_code == 2, text
    assert message in text
    assert "Traceback" not in text


@pytest.mark.parametrize("nodes", ["1", "2", "3", "4"])
@pytest.mark.parametrize("behaviour", [None, "two_faced", "stranding", "invalid"])
def test_any_number_of_faults_runs(nodes: str, behaviour: str | None) -> None:
    """Also where nothing is promised, nobody can commit, or only one is honest."""
    chosen = () if behaviour is None else ("--behaviour", behaviour)
    for faults in range(int(nodes)):
        done = payy_ref_simulate(
            "--nodes", nodes, "--faults", str(faults), "--views", "4", *chosen, "--json"
        )
        assert done.exit_code in (0, 1)
        rules = {each["rule"] for each in json.loads(done.stdout)["violations"]}
        assert rules <= {"agreement", "no_conflict"}
