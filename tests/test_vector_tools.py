"""The tools over vectors: storing, checking, comparing, explaining."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payy_ref.errors import ErrorCode
from payy_ref.vectors import store
from payy_ref.vectors.check import problems
from payy_ref.vectors.diff import difference
from payy_ref.vectors.explain import explain
from payy_ref.vectors.fill import generate
from payy_ref.vectors.model import Case, VectorError, case_bytes, case_elements

PROJECT = Path(__file__).parents[1]
COMMITTED = PROJECT / "conformance_vectors"
HASH_FILE = "general/hash/bytes.json"
SEAL = ("manifest.json", "SHA256SUMS")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a small copy of the committed vectors, one suite, that a test may damage."""
    cases = [case for case in store.load_cases(COMMITTED) if case.suite == "hash"]
    notes = store.load_bug_classes(PROJECT / "spec" / "bug_classes.toml")
    folder = tmp_path / "vectors"
    store.write(folder, store.render(cases, notes))
    shutil.copy(COMMITTED / "README.md", folder)
    return folder


def test_committed_vectors_have_no_problem() -> None:
    """Checksums, schemas, lint and replay of everything that is published."""
    assert list(problems(store.read(COMMITTED))) == []


def test_checksums_are_those_of_the_standard_tool() -> None:
    """`sha256sum -c` is all that a consumer needs."""
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum on this machine")
    subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=COMMITTED, check=True)


def _reseal(folder: Path, path: str, edit: Callable[[dict[str, Any]], object]) -> None:
    """Edit a file as somebody would who also mends the checksums and case hashes."""
    document = json.loads((folder / path).read_bytes())
    edit(document)
    for case in document["cases"]:
        content = {name: value for name, value in case.items() if name != "_info"}
        encoded = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        case["_info"] = {
            "hash": "0x" + hashlib.sha256(encoded).hexdigest(),
            "source": case.get("_info", {}).get("source", ""),
        }
    text = json.dumps(document, sort_keys=True, indent=2) + "\n"
    (folder / path).write_text(text)
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    sums = [line for line in sums if not line.endswith(f"  {path}")]
    sums.append(f"{hashlib.sha256(text.encode()).hexdigest()}  {path}")
    sealed = "".join(f"{line}\n" for line in sorted(sums, key=lambda line: line.split("  ")[1]))
    (folder / "SHA256SUMS").write_text(sealed)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["rootHash"] = hashlib.sha256(sealed.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, indent=2) + "\n")


def _first(document: dict[str, Any]) -> dict[str, Any]:
    """Give the first accepted case."""
    cases: list[dict[str, Any]] = document["cases"]
    return next(case for case in cases if case["expected"]["result"] == "accepted")


EDITS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "other output": (
        lambda d: _first(d)["expected"]["output"].update(digest="0x" + "00" * 32),
        "the reference answers",
    ),
    "integer for a string": (lambda d: _first(d)["input"].update(bytes=7), "bytes"),
    "upper-case hex": (lambda d: _first(d)["input"].update(bytes="0xAB"), "does not match"),
    "line feed": (
        lambda d: _first(d)["input"].update(bytes="0x00\n"),
        "does not match|the reference answers",
    ),
    "short digest": (
        lambda d: _first(d)["expected"]["output"].update(digest="0x00"),
        "does not match|is not valid",
    ),
    "unknown field": (lambda d: _first(d).update(more=1), "more"),
    "unknown envelope field": (lambda d: d.update(more=1), "more"),
    "missing description": (lambda d: _first(d).pop("description"), "description"),
    "null": (lambda d: _first(d).update(description=None), "None is not of type|not text"),
    "rejection without code": (
        lambda d: _first(d).update(expected={"result": "rejected"}),
        "not valid under any",
    ),
    "rejection with output": (
        lambda d: _first(d)["expected"].update(result="rejected"),
        "not valid under any",
    ),
    "unknown code": (
        lambda d: _first(d).update(expected={"result": "rejected", "error": "NOT_A_CODE"}),
        "NOT_A_CODE|not valid under any",
    ),
    "no requirement": (lambda d: _first(d).update(requirements=[]), "non-empty|too short"),
    "unknown flag": (lambda d: _first(d).update(flags=["NO_NOTE"]), "NO_NOTE"),
    "unused note": (
        lambda d: d["notes"].update(UNUSED={"bugType": "x", "description": "x", "effect": "x"}),
        "UNUSED",
    ),
    "wrong count": (lambda d: d.update(caseCount=1), "caseCount"),
    "not sorted": (lambda d: d["cases"].reverse(), "not sorted"),
    "twice the same id": (lambda d: d["cases"].append(dict(_first(d))), "and in|not sorted"),
    "not a slug": (lambda d: _first(d).update(id="Not A Slug"), "slug|does not match"),
    "moved": (lambda d: d.update(suite="merkle"), "its fields say|was expected"),
    "other schema": (lambda d: d.update(schema="schema/none.json"), "no schema"),
}


@pytest.mark.parametrize("name", EDITS)
def test_damage_is_found_even_with_new_checksums(folder: Path, name: str) -> None:
    """Each way in which a file can drift is named by `verify`."""
    edit, message = EDITS[name]
    _reseal(folder, HASH_FILE, edit)
    found = list(problems(store.read(folder)))
    assert found
    assert any(re.search(message, problem) for problem in found), found


def test_a_changed_byte_is_found(folder: Path) -> None:
    """The checksum of a file is checked."""
    file = folder / HASH_FILE
    file.write_bytes(file.read_bytes().replace(b'"caseCount"', b'"caseCount" '))
    assert any("checksum" in problem for problem in problems(store.read(folder)))


def test_files_that_are_missing_or_too_many(folder: Path) -> None:
    """The manifest covers every file."""
    (folder / HASH_FILE).rename(folder / "general/hash/more.json")
    found = "\n".join(problems(store.read(folder)))
    assert f"{HASH_FILE}: listed in SHA256SUMS and missing" in found
    assert "general/hash/more.json" in found


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"a":1,"a":2}', b'{"a":1.5}', b"\xff", b'{"cases":7}', b"{}"]
)
def test_files_that_are_no_vectors(folder: Path, content: bytes) -> None:
    """Any other content is one problem, not a traceback."""
    (folder / HASH_FILE).write_bytes(content)
    found = list(problems(store.read(folder)))
    assert any(HASH_FILE in problem for problem in found), found


def test_missing_folder(tmp_path: Path) -> None:
    """There is a message for a folder that is not there."""
    with pytest.raises(VectorError, match="no such folder"):
        store.read(tmp_path / "none")


def _case(case_id: str, **changes: Any) -> Case:
    content = {
        "preset": "general",
        "suite": "hash",
        "operation": "bytes",
        "description": "x",
        "requirements": ("PAYY-HASH-008",),
        "flags": (),
        "input": {"bytes": "0x"},
        "expected": {"result": "accepted", "output": {"digest": "0x" + "00" * 31 + "02"}},
        "source": "x",
    }
    return Case(id=case_id, **{**content, **changes})


def test_layout_does_not_depend_on_order() -> None:
    """The same cases give the same bytes, however they arrive."""
    cases = [_case(f"case-{i}") for i in range(5)]
    assert store.render(cases, {}) == store.render(reversed(cases), {})


def test_layout_refuses_what_cannot_stand_in_a_file() -> None:
    """An id twice, a flag without a note, an unknown operation."""
    with pytest.raises(VectorError, match="two cases are called twice"):
        store.render([_case("twice"), _case("twice")], {})
    with pytest.raises(VectorError, match="no note explains the flag NONE"):
        store.render([_case("flagged", flags=("NONE",))], {})
    with pytest.raises(VectorError, match="no such operation"):
        store.render([_case("unknown", operation="none")], {})


def test_writing_replaces_exactly_what_changed(folder: Path) -> None:
    """Unchanged files keep their inode, stale ones go, hand-written ones stay."""
    files = store.read(folder)
    store.write(folder, {**files, **_with_a_further_file(files)})
    kept, changed = folder / "general/hash/poseidon2.json", folder / HASH_FILE
    inodes = kept.stat().st_ino, changed.stat().st_ino
    changed.write_text("{}")
    removed = ["general/extra/more.json", HASH_FILE, "manifest.json", "SHA256SUMS"]
    assert sorted(store.write(folder, files)) == sorted(removed)
    assert kept.stat().st_ino == inodes[0]
    assert changed.stat().st_ino != inodes[1]
    assert not (folder / "general/extra").exists()
    assert (folder / "README.md").exists()
    assert store.read(folder) == files
    assert store.write(folder, files) == []


def _with_a_further_file(files: store.Files) -> dict[str, bytes]:
    content = {path: data for path, data in files.items() if path not in SEAL}
    content["general/extra/more.json"] = files["general/hash/bytes.json"]
    return {**content, **store.sealed(content)}


def test_files_of_others_are_not_deleted(folder: Path) -> None:
    """A folder with a file that no run wrote is left as it is, and the file is named."""
    files = store.read(folder)
    (folder / "notes.txt").write_text("mine")
    (folder / HASH_FILE).write_text("{}")
    with pytest.raises(VectorError, match=r"not written by this tool: notes\.txt"):
        store.write(folder, files)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / HASH_FILE).read_text() == "{}"
    assert any("notes.txt: no file of this folder" in each for each in problems(store.read(folder)))


@pytest.mark.parametrize("field", ["caseCount", "files", "specVersion", "rootHash"])
def test_a_false_manifest_is_found(folder: Path, field: str) -> None:
    """Every field of the manifest is checked, not the root hash alone."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest[field] = [] if field == "files" else 7
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, indent=2) + "\n")
    assert "manifest.json: not what it should be for these files" in problems(store.read(folder))


def test_checksums_with_other_line_ends_are_found(folder: Path) -> None:
    """What `sha256sum -c` would refuse is refused here."""
    sums = folder / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes().replace(b"\n", b"\r\n"))
    assert "SHA256SUMS: not what it should be for these files" in problems(store.read(folder))


@pytest.mark.parametrize(
    "damage",
    [
        {"id": 5},
        {"expected": []},
        {"flags": [[]]},
        {"requirements": [5]},
        {"_info": 7},
        {"_info": {"hash": "0x"}},
        {"description": None},
    ],
)
def test_cases_of_another_shape_are_one_problem(folder: Path, damage: dict[str, Any]) -> None:
    """A field of another type is named by the schema; reading commands say so in one line."""
    document = json.loads((folder / HASH_FILE).read_bytes())
    document["cases"][0].update(damage)
    (folder / HASH_FILE).write_text(json.dumps(document, sort_keys=True, indent=2) + "\n")
    found = list(problems(store.read(folder)))
    assert any(HASH_FILE in problem for problem in found)
    with pytest.raises(VectorError, match="not of the vector format"):
        store.load_cases(folder)


def test_an_interrupted_write_leaves_whole_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any number of replacements each file is the old or the new one, and nothing else."""
    old = store.read(folder)
    new = {path: content + b" " for path, content in old.items()}
    replace = os.replace
    calls = 0

    def failing(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls > 7:
            raise OSError("no space left")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="no space left"):
        store.write(folder, new)
    after = store.read(folder)
    assert after.keys() == old.keys()
    assert all(after[path] in (old[path], new[path]) for path in old)
    assert sum(after[path] == new[path] for path in old) == 7
    assert [entry.name for entry in folder.parent.iterdir()] == ["vectors"]


def test_a_failing_scenario_writes_nothing(tmp_path: Path) -> None:
    """Generation fails with the scenario's report."""
    spec = tmp_path / "spec"
    spec.mkdir()
    (tmp_path / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text())
    (spec / "bug_classes.toml").write_text("")
    (spec / "test_bad_scenarios.py").write_text(
        "def test_bad(vector):\n"
        "    vector.accepts('bad', 'hash/poseidon2', description='x',\n"
        "                   requirements=['PAYY-HASH-007'], inputs=())\n"
    )
    with pytest.raises(VectorError, match="HASH_INPUT_COUNT"):
        generate(tmp_path)


def test_difference_by_case() -> None:
    """Added, removed, changed and moved cases are told apart."""
    first = store.render([_case("gone"), _case("same"), _case("changed")], {})
    changed = _case("changed", description="y")
    second = store.render([_case("new"), _case("same"), changed], {})
    found = difference(first, second)
    assert (found.added, found.removed) == (("new",), ("gone",))
    assert found.changed == {"changed": ("description",)}
    assert not difference(first, first)
    moved = difference(first, store.render([_case("gone", preset="mainnet")], {}))
    assert moved.moved == ("gone",)


def test_explanation_names_the_failing_check() -> None:
    """The checks of the rejecting function, in order, and the one that fails."""
    cases = {case.id: case for case in store.load_cases(COMMITTED)}
    explanation = explain(cases["merkle-update-remove-absent"])
    assert explanation is not None
    assert explanation.calls[-1] == "payy_ref.merkle.tree:slot_after_removal"
    failing = [check.code for check in explanation.checks if check.fails]
    assert failing == [ErrorCode.MERKLE_ELEMENT_ABSENT]
    assert [check.code for check in explanation.checks] == [
        ErrorCode.MERKLE_ELEMENT_ZERO,
        ErrorCode.MERKLE_ELEMENT_ABSENT,
    ]
    assert explain(cases["merkle-update-insert"]) is None


def test_every_rejection_can_be_explained() -> None:
    """For each rejected case exactly one check fails, with the expected code."""
    for case in store.load_cases(COMMITTED):
        explanation = explain(case)
        if case.error is None:
            assert explanation is None
        else:
            assert explanation is not None
            failing = [check.code for check in explanation.checks if check.fails]
            assert failing in ([case.error], ["code"]), case.id


def test_randomness_is_a_case_s_own() -> None:
    """Another id or label gives other bytes; a longer stream begins with the shorter one."""
    assert case_bytes("a", 100)[:40] == case_bytes("a", 40)
    assert len({case_bytes("a", 32), case_bytes("b", 32), case_bytes("a", 32, "x")}) == 3
    assert case_bytes("ab", 32, "c") != case_bytes("a", 32, "bc")
    assert len(set(case_elements("a", 50))) == 50
