"""The translator is trusted, so it is held against Python: on contracts and on random code."""

import inspect
import itertools
import linecache
from collections.abc import Callable
from typing import Any, NewType

import pytest
import z3  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payy_ref.assurance.contracts import Contract, find_contracts
from payy_ref.assurance.symbolic import Term, Translator, UntranslatableError, sort_of
from payy_ref.errors import ErrorCode, SpecError, require
from payy_ref.merkle.path import path_nodes

NEAR_BOUNDS = st.builds(
    lambda sign, power, offset: sign * 2**power + offset,
    st.sampled_from([-1, 1]),
    st.integers(0, 256),
    st.integers(-2, 2),
)
INTEGERS = st.integers(-12, 12) | NEAR_BOUNDS | st.integers()

Index = NewType("Index", int)


def value_of(term: Term, unknowns: dict[str, Term], values: dict[str, Any]) -> Any:
    """Evaluate a term as the solver understands it."""
    if isinstance(term, tuple):
        return tuple(value_of(part, unknowns, values) for part in term)
    if not isinstance(term, z3.ExprRef):
        return term
    pairs = [(unknowns[name], z3.IntVal(value)) for name, value in values.items()]
    result = z3.simplify(z3.substitute(term, *pairs))
    if z3.is_bool(result):
        assert z3.is_true(result) or z3.is_false(result)
        return z3.is_true(result)
    return result.as_long()


def compare(function: Callable[..., Any], values: dict[str, int]) -> None:
    """Run a function, evaluate its term, and demand the same result or the same refusal."""
    unknowns = {name: z3.Int(name) for name in inspect.signature(function).parameters}
    read = Translator()
    term = read.call(function, *unknowns.values())
    if not all(value_of(condition, unknowns, values) for condition in read.side_conditions):
        return  # a divisor is not positive: the translator speaks of nothing that follows
    accepted = all(value_of(condition, unknowns, values) for condition in read.accepted)
    try:
        result = function(**values)
    except SpecError:
        assert not accepted
        return
    assert accepted
    understood = value_of(term, unknowns, values)
    assert understood == result
    assert type(understood) is type(result)


CONTRACTS = find_contracts()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
@given(data=st.data())
def test_contracted_functions(contract: Contract, data: st.DataObject) -> None:
    """The functions that proofs speak of mean to the solver what they mean to Python."""
    names = inspect.signature(contract.function).parameters
    compare(contract.function, {name: data.draw(INTEGERS, label=name) for name in names})


# Random functions

LARGE = 2**70 + 3

INTEGER_LEAVES = ("a", "b", "c", "0", "1", "-1", "7", "LARGE")
INTEGER_FORMS = (
    "({i} + {i})",
    "({i} - {i})",
    "({i} * {i})",
    "({i} // 3)",
    "({i} % 5)",
    "({i} // {i})",
    "({i} % {i})",
    "(-{i})",
    "({i} if {b} else {i})",
    "({i}, {i})[0]",
    "({i}, {i})[-1]",
    "helper({i}, {i})",
    "helper(*({i}, {i}))",
    "Index({i})",
)
BOOLEAN_FORMS = (
    "({i} < {i})",
    "({i} <= {i})",
    "({i} > {i})",
    "({i} >= {i})",
    "({i} == {i})",
    "({i} != {i})",
    "({i} <= {i} < {i})",
    "(({i}, {i}) == ({i}, {i}))",
    "({b} and {b})",
    "({b} or {b})",
    "({b} and {b} or {b})",
    "(not {b})",
    "({b} == {b})",
    "({b} if {b} else {b})",
)


@st.composite
def integer_expressions(draw: st.DrawFn, depth: int = 2) -> str:
    """Write an expression of an integer."""
    if depth == 0:
        return draw(st.sampled_from(INTEGER_LEAVES))
    return filled(draw, draw(st.sampled_from(INTEGER_FORMS)), depth - 1)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> str:
    """Write a condition."""
    if depth == 0:
        return draw(st.sampled_from(("True", "False", "(a < b)", "(c == 0)")))
    return filled(draw, draw(st.sampled_from(BOOLEAN_FORMS)), depth - 1)


def filled(draw: st.DrawFn, form: str, depth: int) -> str:
    """Fill the places of a form."""
    while "{i}" in form:
        form = form.replace("{i}", draw(integer_expressions(depth)), 1)
    while "{b}" in form:
        form = form.replace("{b}", draw(conditions(depth)), 1)
    return form


@st.composite
def sources(draw: st.DrawFn) -> str:
    """Write a function: names, a `require`, early returns, nested choices."""
    x, y, first, second, third = (draw(integer_expressions()) for _ in range(5))
    return f"""
def function(a, b, c):
    x, y = {x}, {y}
    if {draw(conditions())}:
        a = x
        require({draw(conditions())}, ErrorCode.MALFORMED_INPUT)
        if {draw(conditions())}:
            return {first}, {draw(conditions())}
    elif {draw(conditions())}:
        b = y
    else:
        return {second}, {draw(conditions())}
    c = x + a
    return {third}, {draw(conditions())}
"""


COUNTER = itertools.count()


def helper(a: int, b: int) -> int:
    """Return something that tells the arguments apart."""
    if a < b:
        return a - 2 * b
    return 3 * a + b


def compiled(source: str) -> Callable[..., Any]:
    """Define a function so that `inspect` finds its source."""
    name = f"<random function {next(COUNTER)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope = {
        "__name__": __name__,
        "require": require,
        "ErrorCode": ErrorCode,
        "helper": helper,
        "Index": Index,
        "LARGE": LARGE,
    }
    exec(compile(source, name, "exec"), scope)  # noqa: S102 - the point of the test
    function: Callable[..., Any] = scope["function"]  # type: ignore[assignment]
    return function


@settings(max_examples=150)
@given(source=sources(), a=INTEGERS, b=INTEGERS, c=INTEGERS)
def test_random_functions(source: str, a: int, b: int, c: int) -> None:
    """A random function means to the solver what it means to Python."""
    try:
        compare(compiled(source), {"a": a, "b": b, "c": c})
    except UntranslatableError as refusal:
        # Division by a constant that is not positive is refused; everything else here is read.
        if "the divisor is not positive" not in str(refusal):
            raise
    except ZeroDivisionError:
        pytest.fail("a side condition should have excluded this")


# Side conditions


def _guarded_choice(a: int, b: int) -> int:
    return a // b if b > 0 else -1


def _guarded_by_return(a: int, b: int) -> int:
    if b <= 0:
        return 0
    return a % b


def _guarded_by_require(a: int, b: int) -> int:
    require(b > 0, ErrorCode.MALFORMED_INPUT)
    return a % b


def _guarded_by_and(a: int, b: int) -> bool:
    return b > 0 and a // b > 2


def _guarded_by_or(a: int, b: int) -> bool:
    return b <= 0 or a % b == 0


def _unguarded_branch(a: int, b: int) -> int:
    return a // b if b > 0 else a % b


def _unguarded_and(a: int, b: int) -> bool:
    return b <= 0 and a // b > 2


def _unguarded_or(a: int, b: int) -> bool:
    return b > 0 or a % b == 0


@pytest.mark.parametrize(
    ("function", "guarded"),
    [
        (_guarded_choice, True),
        (_guarded_by_return, True),
        (_guarded_by_require, True),
        (_guarded_by_and, True),
        (_guarded_by_or, True),
        (_unguarded_branch, False),
        (_unguarded_and, False),
        (_unguarded_or, False),
    ],
)
def test_side_conditions_follow_the_path(function: Callable[..., Any], *, guarded: bool) -> None:
    """A divisor has to be positive where the division is reached, and only there."""
    solver, read = z3.Solver(), Translator()
    read.call(function, *z3.Ints("a b"))
    solver.add(z3.Not(z3.And(*read.side_conditions)))
    assert (solver.check() == z3.unsat) is guarded
    for a, b in itertools.product(range(-3, 4), repeat=2):
        compare(function, {"a": a, "b": b})


# One turn of a loop


@given(node=INTEGERS, slot=INTEGERS, sibling=INTEGERS)
@example(node=5, slot=0, sibling=7)
@example(node=5, slot=1, sibling=7)
def test_loop_step(node: int, slot: int, sibling: int) -> None:
    """One turn of the walk to the root is what the whole function does for one sibling."""
    unknowns = {name: z3.Int(name) for name in ("node", "slot", "sibling")}
    start = {
        "nodes": (unknowns["node"],),
        "slot": unknowns["slot"],
        "sibling": unknowns["sibling"],
        "hash_pair": helper,
    }
    after = Translator().loop_step(path_nodes, start)
    values = {"node": node, "slot": slot, "sibling": sibling}
    assert value_of(after["nodes"], unknowns, values) == path_nodes(node, slot, [sibling], helper)
    assert value_of(after["slot"], unknowns, values) == slot // 2


# Refusals


def _loops(a: int) -> int:
    for _ in range(3):
        a += 1
    return a


def _recurses(a: int) -> int:
    return _recurses(a - 1)


def _returns_nothing(a: int) -> int | None:  # type: ignore[return] # noqa: RET503
    if a > 0:
        return a


def _adds_boolean(a: int) -> int:
    return a + (a > 0)


def _mixes(a: int) -> int | bool:
    return a if a > 0 else a == 0


def _shifts(a: int) -> int:
    return a >> 1


def _divides(a: int) -> float:
    return a / 2


def _takes_truth(a: int) -> int:
    return 1 if a else 0


def _calls_foreign(a: int) -> int:
    return abs(a)


@pytest.mark.parametrize(
    "function",
    [
        _loops,
        _recurses,
        _returns_nothing,
        _adds_boolean,
        _mixes,
        _shifts,
        _divides,
        _takes_truth,
        _calls_foreign,
    ],
)
def test_refusals(function: Callable[..., Any]) -> None:
    """What the translator does not understand, it refuses."""
    with pytest.raises(UntranslatableError):
        Translator().call(function, z3.Int("a"))


def test_unbounded_power_is_positive_only() -> None:
    """Of 2^x a proof learns that it is positive, if x is shown not to be negative."""
    read = Translator()
    power = read.expression("2**x", {"x": z3.Int("x")}, helper)
    assert sort_of(power) == z3.IntSort()
    assert read.side_conditions
    assert read.facts
