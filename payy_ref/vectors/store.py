"""The folder of vectors: read, and replaced file by file without a half-written moment."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, cast

from payy_ref import __version__
from payy_ref.operations import all_operations, find_operation
from payy_ref.parameters import Preset, load_preset
from payy_ref.primitives import strict_json
from payy_ref.primitives.strict_json import Json, StrictJsonError
from payy_ref.vectors.model import FORMAT_VERSION, BugClass, Case, VectorError, file_document
from payy_ref.vectors.schema import all_schemas

MANIFEST: Final = "manifest.json"
CHECKSUMS: Final = "SHA256SUMS"
OPERATIONS: Final = "operations.json"
PRESETS: Final = "presets.json"

WRITTEN_BY_HAND: Final = frozenset({"README.md", "LICENSE"})
"""Files of the folder that are not generated."""

Files = Mapping[str, bytes]
"""Content by path, relative to the root of the vectors."""


def load_bug_classes(file: Path) -> dict[str, BugClass]:
    """
    Read the notes on bug classes.

    Raises:
        VectorError: the file is missing, is not TOML, or an entry has other fields.
    """
    try:
        document = tomllib.loads(file.read_text("utf-8"))
        return {flag: BugClass(**entry) for flag, entry in document.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise VectorError(f"{file}: {error}") from error


def render(cases: Iterable[Case], notes: Mapping[str, BugClass]) -> dict[str, bytes]:
    """
    Lay out all generated files: cases, schemas, manifest, checksums.

    The result depends on the cases alone, not on their order.

    Raises:
        VectorError: two cases with one id; a flag without a note; an unknown operation.
    """
    by_path: dict[str, list[Case]] = {}
    seen: dict[str, Case] = {}
    for case in sorted(cases, key=lambda case: case.id):
        if case.id in seen:
            raise VectorError(
                f"two cases are called {case.id}: {seen[case.id].source}, {case.source}"
            )
        for flag in case.flags:
            if flag not in notes:
                raise VectorError(f"{case.id}: no note explains the flag {flag}")
        seen[case.id] = case
        by_path.setdefault(str(case.path), []).append(case)

    files: dict[str, bytes] = {}
    for path, group in sorted(by_path.items()):
        operation = find_operation(group[0].suite, group[0].operation)
        if operation is None:
            raise VectorError(f"{path}: no such operation")
        files[path] = _encoded(file_document(group, operation, notes))
    for name, schema in all_schemas().items():
        files[f"schema/{name}"] = _encoded(schema)
    files[OPERATIONS] = _encoded([operation.describe() for operation in all_operations()])
    files[PRESETS] = _encoded({str(preset): asdict(load_preset(preset)) for preset in Preset})
    return {**files, **sealed(files)}


def sealed(files: Files) -> dict[str, bytes]:
    """
    Make the manifest and the checksums of all other files.

    Raises:
        VectorError: a file of cases is not of the format.
    """
    listed: list[Json] = []
    total = 0
    for path, content in sorted(files.items()):
        entry: dict[str, Json] = {"path": path, "sha256": digest(content), "bytes": len(content)}
        if is_case_file(path):
            cases = cases_of({path: content})
            rejected = sum(case.error is not None for case in cases)
            entry |= {
                "cases": len(cases),
                "accepted": len(cases) - rejected,
                "rejected": rejected,
            }
            total += len(cases)
        listed.append(entry)
    lines = "".join(f"{digest(content)}  {path}\n" for path, content in sorted(files.items()))
    manifest: Json = {
        "formatVersion": FORMAT_VERSION,
        "specVersion": __version__,
        "caseCount": total,
        "files": listed,
        "rootHash": digest(lines.encode("ascii")),
    }
    return {MANIFEST: _encoded(manifest), CHECKSUMS: lines.encode("ascii")}


def write(root: Path, files: Files) -> list[str]:
    """
    Make the folder hold exactly these generated files.

    Everything is first written beside the folder; then each file is replaced in one step, the
    manifest and the checksums last, so that an interruption leaves whole files and a manifest
    that tells which of them changed.

    Returns:
        The paths that were added, changed or removed.

    Raises:
        VectorError: the folder holds files that no earlier run wrote; nothing is changed.
    """
    before = read(root) if root.is_dir() else {}
    foreign = before.keys() - files.keys() - _listed(before)
    if foreign:
        raise VectorError(f"{root}: not written by this tool: {', '.join(sorted(foreign))}")
    changed = sorted(
        path for path in before.keys() | files.keys() if before.get(path) != files.get(path)
    )
    if not changed:
        return []
    root.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
    try:
        for path in changed:
            if path in files:
                staged = staging / path
                staged.parent.mkdir(parents=True, exist_ok=True)
                staged.write_bytes(files[path])
        last = (CHECKSUMS, MANIFEST)
        for path in sorted(changed, key=lambda path: (path in last, path)):
            target = root / path
            if path in files:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(staging / path, target)  # noqa: PTH105 - a test makes it fail
            else:
                target.unlink()
                with contextlib.suppress(OSError):  # the folder holds more
                    target.parent.rmdir()
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return changed


def _listed(files: Files) -> set[str]:
    """Give the paths that the checksums name, and the two files of the seal."""
    lines = files.get(CHECKSUMS, b"").decode("ascii", "replace").splitlines()
    return {MANIFEST, CHECKSUMS, *(line.partition("  ")[2] for line in lines)}


def read(root: Path) -> dict[str, bytes]:
    """
    Read every generated file of the folder.

    Raises:
        VectorError: there is no such folder.
    """
    if not root.is_dir():
        raise VectorError(f"{root}: no such folder")
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.relative_to(root).as_posix() not in WRITTEN_BY_HAND
    }


def parse(path: str, content: bytes) -> dict[str, Json]:
    """
    Read one JSON file strictly.

    Raises:
        VectorError: it is not a strict JSON object.
    """
    try:
        document = strict_json.loads(content)
    except StrictJsonError as error:
        raise VectorError(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise VectorError(f"{path}: not a JSON object")
    return document


def is_case_file(path: str) -> bool:
    """Tell files of cases from schemas, the manifest and the checksums."""
    folder = path.partition("/")[0]
    return path.endswith(".json") and "/" in path and folder != "schema"


def cases_of(files: Files) -> tuple[Case, ...]:
    """
    Read all cases, in the order of their files and ids.

    Raises:
        VectorError: a file is not of the format.
    """
    cases: list[Case] = []
    for path, content in sorted(files.items()):
        if not is_case_file(path):
            continue
        document = cast(dict[str, Any], parse(path, content))
        try:
            place = {name: _text(document[name]) for name in ("preset", "suite", "operation")}
            cases += [Case.from_json(case, **place) for case in document["cases"]]
        except (KeyError, TypeError, AttributeError) as error:
            raise VectorError(f"{path}: not of the vector format: {error!r}") from error
    return tuple(cases)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def load_cases(root: Path) -> tuple[Case, ...]:
    """
    Read all cases of a folder.

    Raises:
        VectorError: there is no such folder, or a file is not of the format.
    """
    return cases_of(read(root))


def _encoded(document: Json) -> bytes:
    return strict_json.dumps_readable(document).encode("ascii")


def digest(content: bytes) -> str:
    """Give the SHA-256 of a file in hex, as `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()
