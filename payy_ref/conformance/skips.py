"""
Leave to skip: which cases a driver may decline.

A file with one entry a line: a case id, or a pattern of suite/operation such as `settlement/*`;
after ` = `, why. `#` starts a comment.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from payy_ref.vectors.model import CASE_ID, Case

_OPERATION_PATTERN: Final = re.compile(r"[a-z0-9_*?\[\]!-]+/[a-z0-9_*?\[\]!-]+\Z")


class SkipFileError(ValueError):
    """The file cannot be read, or a line is no entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """One entry: these cases may be skipped."""

    pattern: str
    """A case id, or a pattern of suite/operation."""
    reason: str
    """Why; may be empty."""
    line: int
    """Where it stands in the file."""

    def covers(self, case: Case) -> bool:
        """Tell whether the case is one of them."""
        if "/" in self.pattern:
            return fnmatchcase(f"{case.suite}/{case.operation}", self.pattern)
        return case.id == self.pattern


def parse_leave(text: str) -> tuple[Leave, ...]:
    """
    Read the entries.

    Raises:
        SkipFileError: a line is no entry, or two lines are the same entry.
    """
    entries: dict[str, Leave] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        pattern, _, reason = (part.strip() for part in raw.partition("#")[0].partition("="))
        if not pattern and not reason:
            continue
        if not (CASE_ID.match(pattern) or _OPERATION_PATTERN.match(pattern)):
            raise SkipFileError(
                f"line {number}: {pattern!r} is neither a case id nor suite/operation"
            )
        if pattern in entries:
            raise SkipFileError(
                f"line {number}: {pattern} stands on line {entries[pattern].line} too"
            )
        entries[pattern] = Leave(pattern=pattern, reason=reason, line=number)
    return tuple(entries.values())


def load_leave(file: Path) -> tuple[Leave, ...]:
    """
    Read the entries of a file.

    Raises:
        SkipFileError: as `parse_leave`, or there is no such file.
    """
    try:
        return parse_leave(file.read_text("utf-8"))
    except OSError as error:
        raise SkipFileError(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise SkipFileError(f"{file}: {error}") from error
