"""What must hold of a folder of vectors: checksums, schemas, lint, and the reference's answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from payy_ref.driver.reference import RequestError, run_operation
from payy_ref.errors import ErrorCode
from payy_ref.operations import find_operation
from payy_ref.vectors import store
from payy_ref.vectors.model import CASE_ID, Case, VectorError, content_hash
from payy_ref.vectors.schema import all_schemas
from payy_ref.vectors.store import CHECKSUMS, MANIFEST, OPERATIONS, PRESETS, Files

MAXIMUM_FILE_BYTES = 4 * 1024 * 1024
"""Largest file of cases; a larger suite is split into operations or gets smaller cases."""


def problems(
    files: Files,
    *,
    requirements: frozenset[str] | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Iterator[str]:
    """
    List everything that is wrong with the files, in one sentence each.

    Args:
        requirements: The ids that exist; None leaves that check out.
        progress: Called after each case.
    """
    try:
        yield from _seal_problems(files)
        unreadable = list(_schema_problems(files))
        yield from unreadable
        if unreadable:
            # What follows takes the files to be of the format.
            return
        cases = store.cases_of(files)
        yield from _lint_problems(files, cases, requirements)
    except VectorError as error:
        # Nothing more can be said of files that cannot be read.
        yield str(error)
        return
    for case in cases:
        yield from replay_problems(case)
        progress()


def replay_problems(case: Case) -> Iterator[str]:
    """Run one case through the reference and compare its answer."""
    try:
        answered = run_operation(case.request_preset, case.suite, case.operation, case.input)
    except RequestError as error:
        yield f"{case.id}: {error}"
        return
    if answered != dict(case.expected):
        yield f"{case.id}: expected {case.expected}, the reference answers {answered}"


def _seal_problems(files: Files) -> Iterator[str]:
    """Compare manifest and checksums with what they would be for these files."""
    for name in (MANIFEST, CHECKSUMS):
        if name not in files:
            raise VectorError(f"{name} is missing")
    content = {path: data for path, data in files.items() if path not in (MANIFEST, CHECKSUMS)}
    listed = dict(_checksum_lines(files[CHECKSUMS]))
    for path in sorted(listed.keys() | content.keys()):
        if path not in content:
            yield f"{path}: listed in {CHECKSUMS} and missing"
        elif listed.get(path) != store.digest(content[path]):
            yield f"{path}: the checksum is another one or not listed"
        if not (
            store.is_case_file(path) or path.startswith("schema/") or path in (OPERATIONS, PRESETS)
        ):
            yield f"{path}: no file of this folder"
    for name, expected in store.sealed(content).items():
        if files[name] != expected:
            yield f"{name}: not what it should be for these files"


def _checksum_lines(content: bytes) -> Iterator[tuple[str, str]]:
    for line in content.decode("ascii", "replace").splitlines():
        checksum, _, path = line.partition("  ")
        yield path, checksum


def _schema_problems(files: Files) -> Iterator[str]:
    for name, schema in all_schemas().items():
        committed = files.get(f"schema/{name}")
        if committed is None or store.parse(name, committed) != schema:
            yield f"schema/{name}: not the schema of this version of the reference"
    resources = [Resource.from_contents(schema) for schema in all_schemas().values()]
    registry: Registry[Any] = resources @ Registry()
    for path, content in sorted(files.items()):
        if not store.is_case_file(path):
            continue
        document = cast(dict[str, Any], store.parse(path, content))
        name = str(document.get("schema", "")).removeprefix("schema/")
        if name not in all_schemas():
            yield f"{path}: no schema is called {name!r}"
            continue
        validator = Draft202012Validator(all_schemas()[name], registry=registry)
        for error in validator.iter_errors(document):
            place = "/".join(str(part) for part in error.absolute_path)
            yield f"{path}: {place}: {error.message[:200]}"


def _lint_problems(
    files: Files, cases: Iterable[Case], requirements: frozenset[str] | None
) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path, content in sorted(files.items()):
        if not store.is_case_file(path):
            continue
        if len(content) > MAXIMUM_FILE_BYTES:
            yield f"{path}: larger than {MAXIMUM_FILE_BYTES} bytes"
        document = cast(dict[str, Any], store.parse(path, content))
        entries = document["cases"]
        if document["caseCount"] != len(entries):
            yield f"{path}: caseCount is {document['caseCount']}, there are {len(entries)} cases"
        if [entry["id"] for entry in entries] != sorted(entry["id"] for entry in entries):
            yield f"{path}: the cases are not sorted by id"
        place = f"{document['preset']}/{document['suite']}/{document['operation']}.json"
        if place != path:
            yield f"{path}: its fields say {place}"
        flags = {flag for entry in entries for flag in entry["flags"]}
        if flags != set(document["notes"]):
            yield f"{path}: flags and notes differ: {sorted(flags ^ set(document['notes']))}"
        yield from _hash_problems(path, entries)
    for case in cases:
        if not CASE_ID.match(case.id):
            yield f"{case.id!r} is not a slug"
        if case.id in seen:
            yield f"{case.id}: in {seen[case.id]} and in {case.path}"
        seen[case.id] = str(case.path)
        if find_operation(case.suite, case.operation) is None:
            yield f"{case.id}: no operation {case.suite}/{case.operation}"
        if case.error is not None and case.error not in tuple(ErrorCode):
            yield f"{case.id}: no code {case.error}"
        if requirements is not None:
            for requirement in sorted(set(case.requirements) - requirements):
                yield f"{case.id}: no requirement {requirement}"


def _hash_problems(path: str, entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        content = {name: value for name, value in entry.items() if name != "_info"}
        if entry["_info"]["hash"] != content_hash(content):
            yield f"{path}: {entry['id']}: the hash of the case is another one"
