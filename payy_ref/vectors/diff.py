"""What changed between two sets of vectors, by case id: the raw material of a changelog."""

from collections.abc import Mapping
from dataclasses import dataclass

from payy_ref.vectors import store
from payy_ref.vectors.model import Case
from payy_ref.vectors.store import Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The cases that differ; all ids are sorted."""

    added: tuple[str, ...]
    """In the second set only."""
    removed: tuple[str, ...]
    """In the first set only."""
    changed: Mapping[str, tuple[str, ...]]
    """In both, with the fields that differ."""
    moved: tuple[str, ...]
    """In both, under another preset, suite or operation."""

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.added or self.removed or self.changed or self.moved)


def difference(first: Files, second: Files) -> Difference:
    """
    Compare two sets of files case by case.

    Raises:
        VectorError: a file is not of the format.
    """
    before = {case.id: case for case in store.cases_of(first)}
    after = {case.id: case for case in store.cases_of(second)}
    shared = sorted(before.keys() & after.keys())
    changed = {case_id: _changed_fields(before[case_id], after[case_id]) for case_id in shared}
    return Difference(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed={case_id: fields for case_id, fields in changed.items() if fields},
        moved=tuple(case_id for case_id in shared if before[case_id].path != after[case_id].path),
    )


def _changed_fields(before: Case, after: Case) -> tuple[str, ...]:
    first, second = before.to_json(), after.to_json()
    return tuple(name for name in first if name != "_info" and first[name] != second[name])
