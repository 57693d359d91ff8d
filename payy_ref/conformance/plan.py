"""Which cases a run asks, and the shell line that asks one of them again."""

import re
import shlex
from collections.abc import Collection, Iterable, Sequence

from payy_ref.conformance import protocol
from payy_ref.vectors import store
from payy_ref.vectors.model import GENERAL, Case, VectorError
from payy_ref.vectors.store import CHECKSUMS, MANIFEST, Files


def intact_cases(files: Files) -> tuple[Case, ...]:
    """
    Read the cases of a folder that is as it was generated.

    A file that was lost or cut would make a run with fewer cases look good.

    Raises:
        VectorError: it is not, or a file is not of the format.
    """
    for name in (MANIFEST, CHECKSUMS):
        if name not in files:
            raise VectorError(f"{name} is missing: no folder of vectors, or an incomplete one")
    content = {path: data for path, data in files.items() if path not in (MANIFEST, CHECKSUMS)}
    listed: dict[str, str] = {}
    for line in files[CHECKSUMS].decode("ascii", "replace").splitlines():
        digest, _, path = line.partition("  ")
        listed[path] = digest
    for path in sorted(listed.keys() | content.keys()):
        if path not in content:
            raise VectorError(f"{path} is missing")
        if listed.get(path) != store.digest(content[path]):
            raise VectorError(f"{path} is not the file that {CHECKSUMS} lists")
    cases = store.cases_of(files)
    count = store.parse(MANIFEST, files[MANIFEST]).get("caseCount")
    if count != len(cases):
        raise VectorError(f"{MANIFEST} counts {count} cases, the files hold {len(cases)}")
    return cases


def plan(
    cases: Iterable[Case],
    *,
    pattern: re.Pattern[str] | None = None,
    suites: Collection[str] = (),
    presets: Collection[str] = (),
) -> tuple[Case, ...]:
    """
    Choose the cases to ask: those whose id, suite and preset are wanted; nothing said, all.

    General cases belong to every preset.
    """
    return tuple(
        case
        for case in cases
        if (pattern is None or pattern.search(case.id))
        and (not suites or case.suite in suites)
        and (not presets or case.preset in (GENERAL, *presets))
    )


def reproduction(command: Sequence[str], case: Case) -> str:
    """Give the shell line that asks a new driver about one case."""
    lines = (protocol.hello_request(1), protocol.run_request(2, case))
    # printf and not echo, since some shells resolve escapes in what they echo.
    quoted = " ".join(shlex.quote(line.decode("ascii")) for line in lines)
    return f"printf '%s\\n' {quoted} | {shlex.join(command)}"
