"""
The kill report: what the vectors would notice if a check were missing.

Each `require` of the package is switched off in turn, and the vectors are run through the
reference without it. A check that no vector misses could be deleted from an implementation, and
its conformance run would stay green.
"""

import ast
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

import circuits
import payy_ref
from payy_ref.driver.reference import RequestError, run_operation
from payy_ref.errors import CheckSite, ErrorCode, switched_off
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.check import replay_problems
from payy_ref.vectors.model import Case, VectorError

PACKAGES: Final = (payy_ref, circuits)
"""Where the checks are."""

_NAMES: Final = tuple(package.__name__ for package in PACKAGES)

SHORTEST_LIMIT: Final = 2.0
"""Seconds for one case at least. Without a bound check, a loop may have 2^32 turns."""

SLOWNESS: Final = 10
"""How many times the slowest case one case may take."""

SECOND_TRY: Final = 0.01
"""Seconds until the next interruption, if one came at a bad moment."""

TIMED_AGAIN: Final = 5
"""How many of the slowest cases are timed a second time."""

_COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class CheckSiteError(VectorError):
    """A `require` is written so that it cannot be switched off by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KillResult:
    """What the vectors notice of one missing check."""

    site: CheckSite
    """The check that was switched off."""
    reason_killer: str | None
    """Id of a case that is answered otherwise without it; None if no case is."""
    verdict_killer: str | None
    """Id of a case whose verdict or output is another, or that faults; None if there is none."""


def check_sites(package: Path | None = None) -> tuple[CheckSite, ...]:
    """
    Find every `require` of a package by reading its source.

    Args:
        package: Folder of the package; those of the reference if not given.

    Raises:
        CheckSiteError: as `module_sites`.
    """
    folders = [package] if package else [Path(str(each.__file__)).parent for each in PACKAGES]
    sites: list[CheckSite] = []
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            path = file.relative_to(folder.parent)
            parts = path.parent.parts if path.stem == "__init__" else path.with_suffix("").parts
            sites += module_sites(".".join(parts), file.read_text("utf-8"), path.as_posix())
    return tuple(sites)


def module_sites(module: str, source: str, path: str) -> Iterator[CheckSite]:
    """
    Find every `require` of a module.

    Raises:
        CheckSiteError: a code is computed or unknown; one code stands twice in a function; a
            check stands outside of functions, or in a comprehension, which has no stable name.
    """
    places: dict[CheckSite, str] = {}
    for call, scopes in _require_calls(ast.parse(source), ()):
        place = f"{path}:{call.lineno}"
        if not scopes or not isinstance(scopes[-1], ast.FunctionDef | ast.Lambda):
            raise CheckSiteError(f"{place}: a require belongs into the body of a function")
        site = CheckSite(module, _qualified_name(scopes), _code_of(call, place))
        if site in places:
            raise CheckSiteError(
                f"{place}: {site.function} raises {site.code} already at {places[site]}; "
                "a code may occur only once in a function"
            )
        places[site] = place
        yield site


def kill_report(
    cases: Sequence[Case],
    sites: Iterable[CheckSite] | None = None,
    *,
    progress: Callable[[KillResult], None] = lambda _: None,
) -> tuple[KillResult, ...]:
    """
    Switch each check off and find the cases that notice.

    Args:
        sites: The checks; all of the package if not given.
        progress: Called with each result.

    Raises:
        CheckSiteError: as `check_sites`.
        VectorError: the reference does not give the expected answer with all checks on.
    """
    sites = check_sites() if sites is None else sites
    limit = max(SHORTEST_LIMIT, SLOWNESS * _slowest(cases))
    results = []
    for site in sites:
        result = _kill(site, cases, limit)
        results.append(result)
        progress(result)
    return tuple(results)


def answer_without(site: CheckSite, case: Case, limit: float) -> dict[str, Json]:
    """
    Run a case with one check off, for `limit` seconds at most.

    A fault counts as an answer: it is what an implementation without the check might suffer.
    """
    try:
        with switched_off(site), _time_limit(limit):
            return run_operation(case.request_preset, case.suite, case.operation, case.input)
    except _TimeLimitReached:
        return {"result": "late"}
    except RequestError as error:
        raise VectorError(f"{case.id}: {error}") from error
    except Exception as error:  # noqa: BLE001
        return {"result": "crashed", "message": f"{type(error).__name__}: {error}"}


def _slowest(cases: Iterable[Case]) -> float:
    """
    Run every case with all checks on, and give the longest time.

    A case that is answered otherwise would notice every missing check. Besides, this loads or
    compiles the kernels; the cases that had to wait for them are timed again.
    """
    # Sorting by a key calls it once a case.
    slow_first = sorted(cases, key=_seconds, reverse=True)
    return max((_seconds(case) for case in slow_first[:TIMED_AGAIN]), default=0.0)


def _seconds(case: Case) -> float:
    began = time.monotonic()
    for problem in replay_problems(case):
        raise VectorError(problem)
    return time.monotonic() - began


def _kill(site: CheckSite, cases: Sequence[Case], limit: float) -> KillResult:
    # Only where the check fails does its absence change anything, and there the expected answer
    # is its code, unless someone caught the rejection. So these cases come first, and only if
    # none of them notices are the others run.
    likely = [case for case in cases if case.error == site.code]
    unlikely = [case for case in cases if case.error != site.code]
    reason_killer: str | None = None
    for number, case in enumerate(likely + unlikely):
        if number >= len(likely) and reason_killer is not None:
            break
        answer = answer_without(site, case, limit)
        if answer == dict(case.expected):
            continue
        reason_killer = reason_killer or case.id
        if _without_code(answer) != _without_code(case.expected):
            return KillResult(site=site, reason_killer=reason_killer, verdict_killer=case.id)
    return KillResult(site=site, reason_killer=reason_killer, verdict_killer=None)


def _without_code(answer: Mapping[str, Json]) -> dict[str, Json]:
    """Give what is compared at level verdict."""
    return {name: value for name, value in answer.items() if name != "error"}


def _require_calls(
    node: ast.AST, scopes: tuple[ast.AST, ...]
) -> Iterator[tuple[ast.Call, tuple[ast.AST, ...]]]:
    """Find the calls with the functions and classes around them, outermost first."""
    if isinstance(node, ast.Call) and _called_name(node) == "require":
        yield node, scopes
    opens_scope = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Lambda,
        *_COMPREHENSIONS,
    )
    inner = (*scopes, node) if isinstance(node, opens_scope) else scopes
    for child in ast.iter_child_nodes(node):
        yield from _require_calls(child, inner)


def _called_name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _qualified_name(scopes: Sequence[ast.AST]) -> str:
    """Give what `co_qualname` of the innermost scope is."""
    name = ""
    for scope in scopes:
        own = scope.name if isinstance(scope, ast.FunctionDef | ast.ClassDef) else "<lambda>"
        name = f"{name}.{own}" if name else own
        if not isinstance(scope, ast.ClassDef):
            name += ".<locals>"
    return name.removesuffix(".<locals>")


def _code_of(call: ast.Call, place: str) -> ErrorCode:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    argument = call.args[1] if len(call.args) > 1 else named.get("code")
    match argument:
        case ast.Attribute(value=ast.Name(id="ErrorCode"), attr=name) if (
            name in ErrorCode.__members__
        ):
            return ErrorCode[name]
        case _:
            raise CheckSiteError(f"{place}: the code of a require is written out as ErrorCode.NAME")


class _TimeLimitReached(BaseException):
    """Not an `Exception`, so that no handler on the way takes it for its own."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block; elsewhere than in the main thread, where signals arrive, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    """
    End the case, but only while code of the package runs.

    A tracer that is interrupted within its own bookkeeping may hold a lock for ever; a moment
    later the package runs again.
    """
    if frame is not None and frame.f_globals.get("__name__", "").startswith(_NAMES):
        raise _TimeLimitReached
    signal.setitimer(signal.ITIMER_REAL, SECOND_TRY)
