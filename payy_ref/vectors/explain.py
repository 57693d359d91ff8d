"""Say why a case gets its verdict: the checks of the function that rejects it, in their order."""

import ast
import inspect
import textwrap
from dataclasses import dataclass
from types import TracebackType

from payy_ref.errors import SpecError, require
from payy_ref.operations import find_operation
from payy_ref.parameters import Preset, load_preset
from payy_ref.vectors.model import Case, VectorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One `require` of the rejecting function."""

    condition: str
    """The source of its condition."""
    code: str
    """The code that it raises."""
    line: int
    """Its line in the file."""
    fails: bool
    """Whether it is the one that rejects the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The end of a case's way through the reference."""

    calls: tuple[str, ...]
    """The functions from the operation to the check, outermost first, as module:function."""
    file: str
    """Module of the rejecting function."""
    checks: tuple[Check, ...]
    """The checks of the rejecting function, in normative order; those after the failing one too."""


def explain(case: Case) -> Explanation | None:
    """
    Run a case and trace its rejection.

    Returns:
        None for an accepted case.

    Raises:
        VectorError: there is no such operation or preset.
    """
    operation = find_operation(case.suite, case.operation)
    if operation is None:
        raise VectorError(f"{case.id}: no operation {case.suite}/{case.operation}")
    if case.request_preset not in tuple(Preset):
        raise VectorError(f"{case.id}: no preset {case.request_preset}")
    try:
        operation.run(load_preset(Preset(case.request_preset)), case.input)
    except SpecError as error:
        return _explanation(error)
    return None


def _explanation(error: SpecError) -> Explanation:
    frames = []
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        frames.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    # The outermost frame is `explain`, the innermost one `require`.
    inside = [(frame, line) for frame, line in frames[1:] if frame.f_code is not require.__code__]
    rejecting, failing_line = inside[-1]
    source = textwrap.dedent(inspect.getsource(rejecting.f_code))
    first_line = rejecting.f_code.co_firstlineno
    checks = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "require":
            line = first_line + node.lineno - 1
            last = first_line + (node.end_lineno or node.lineno) - 1
            checks.append(
                Check(
                    condition=ast.unparse(node.args[0]),
                    code=ast.unparse(node.args[1]).removeprefix("ErrorCode."),
                    line=line,
                    fails=line <= failing_line <= last,
                )
            )
    return Explanation(
        calls=tuple(
            f"{frame.f_globals['__name__']}:{frame.f_code.co_qualname}" for frame, _ in inside
        ),
        file=rejecting.f_globals["__name__"],
        checks=tuple(sorted(checks, key=lambda check: check.line)),
    )
