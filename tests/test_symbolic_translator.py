"""The translator is trusted, so it is held against Python: on contracts and on random code."""

import dataclasses
import inspect
import itertools
import linecache
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NewType

import pytest
import z3  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payy_ref.assurance.contracts import Contract, find_contracts
from payy_ref.assurance.mutants import mutants_of
from payy_ref.assurance.symbolic import (
    Record,
    Term,
    Translator,
    UntranslatableError,
    constant,
    sort_of,
    unknown,
)
from payy_ref.consensus.safety import (
    Candidate,
    SafetyRecord,
    View,
    is_retired,
    is_three_chain,
    lock,
    may_vote,
    respects_lock,
    retire,
)
from payy_ref.errors import ErrorCode, SpecError, require
from payy_ref.ledger.sequence import Hash
from payy_ref.merkle.path import path_nodes

NEAR_BOUNDS = st.builds(
    lambda sign, power, offset: sign * 2**power + offset,
    st.sampled_from([-1, 1]),
    st.integers(0, 256),
    st.integers(-2, 2),
)
INTEGERS = st.integers(-12, 12) | NEAR_BOUNDS | st.integers()

Index = NewType("Index", int)
Name = NewType("Name", bytes)

NAMES: Final = (b"", b"\0", b"\1")
"""What names there are, of blocks and of others; all are different."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A record to try the translator on."""

    left: int
    right: Index = Index(7)
    flag: bool = False
    name: Name = Name(b"\0")


ORIGIN: Final = Pair(left=0, flag=True, name=Name(b"\1"))


def value_of(term: Term, unknowns: Mapping[str, Term], values: Mapping[str, Any]) -> Any:
    """Evaluate a term as the solver understands it."""
    if isinstance(term, tuple):
        return tuple(value_of(part, unknowns, values) for part in term)
    if isinstance(term, Record):
        fields = {name: value_of(each, unknowns, values) for name, each in term.fields.items()}
        return term.kind(**fields)
    if not isinstance(term, z3.ExprRef):
        return term
    pairs = [pair for name, value in values.items() for pair in known_values(unknowns[name], value)]
    result = z3.simplify(z3.substitute(term, *pairs))
    if z3.is_int_value(result):
        return result.as_long()
    return value_among_names(result)


def known_values(term: Term, value: Any) -> list[tuple[Term, Term]]:
    """Pair the unknowns of an argument with their values."""
    if isinstance(term, Record):
        hints = typing.get_type_hints(term.kind)
        parts = {name: getattr(value, name) for name in term.fields}
        return [
            (term[name], constant(part, hints[name]) if isinstance(part, bytes) else z3_value(part))
            for name, part in parts.items()
        ]
    if isinstance(term, tuple):
        return [(each, z3_value(part)) for each, part in zip(term, value, strict=True)]
    return [(term, z3_value(value))]


def z3_value(value: Any) -> Term:
    """Give the solver's literal."""
    return z3.BoolVal(value) if isinstance(value, bool) else z3.IntVal(value)


def value_among_names(result: Term) -> Any:
    """Evaluate what depends on names: that they are different is all there is to know of them."""
    solver, known = z3.Solver(), dict[bytes, Term]()
    for kind in (Name, Hash):
        terms = [constant(name, kind) for name in NAMES]
        solver.add(z3.Distinct(*terms))
        if terms[0].sort() == result.sort():
            known = dict(zip(NAMES, terms, strict=True))
    assert solver.check() == z3.sat
    model = solver.model()
    found = model.eval(result, model_completion=True)
    if z3.is_bool(found):
        assert z3.is_true(found) or z3.is_false(found)
        return z3.is_true(found)
    if z3.is_int_value(found):
        return found.as_long()
    (name,) = (name for name, term in known.items() if model.eval(term).eq(found))
    return name


def compare(function: Callable[..., Any], values: Mapping[str, Any]) -> None:
    """Run a function, evaluate its term, and demand the same result or the same refusal."""
    hints = typing.get_type_hints(function)
    unknowns = {
        name: z3.Int(name) if isinstance(value, int) else unknown(name, hints[name])
        for name, value in values.items()
    }
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


VIEWS: Final = st.integers(-2, 4) | NEAR_BOUNDS
RECORDS: Final = st.builds(
    SafetyRecord,
    retired_view=VIEWS,
    locked_view=VIEWS,
    locked_block=st.sampled_from(NAMES).map(Hash),
)
CANDIDATES: Final = st.builds(Candidate, view=VIEWS, parent_view=VIEWS, extends_lock=st.booleans())


@given(record=RECORDS, candidate=CANDIDATES, view=VIEWS, other=VIEWS)
def test_rules_of_voting(
    record: SafetyRecord, candidate: Candidate, view: View, other: View
) -> None:
    """The rules of consensus mean to the solver what they mean to Python."""
    compare(is_retired, {"record": record, "view": view})
    compare(respects_lock, {"record": record, "candidate": candidate})
    compare(may_vote, {"record": record, "candidate": candidate})
    compare(retire, {"record": record, "view": view})
    compare(is_three_chain, {"first": candidate.view, "second": view, "third": other})


@given(record=RECORDS, view=VIEWS, block=st.sampled_from(NAMES))
def test_lock(record: SafetyRecord, view: View, block: Hash) -> None:
    """The lock moves for the solver as it does for Python."""
    unknowns = {
        "record": unknown("record", SafetyRecord),
        "view": z3.Int("view"),
        "block": constant(block, Hash),
    }
    term = Translator().call(lock, *unknowns.values())
    values = {"record": record, "view": view}
    assert value_of(term, unknowns, values) == lock(record, view, block)


CONTRACTS = find_contracts()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
@given(data=st.data())
def test_contracted_functions(contract: Contract, data: st.DataObject) -> None:
    """The functions that proofs speak of mean to the solver what they mean to Python."""
    hints = typing.get_type_hints(contract.function)
    values = {
        name: data.draw(values_of(hints.get(name)), label=name)
        for name in inspect.signature(contract.function).parameters
    }
    compare(contract.function, values)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Give integers, or tuples of as many as a type says."""
    is_tuple = typing.get_origin(hint) is tuple
    return st.tuples(*(INTEGERS for _ in typing.get_args(hint))) if is_tuple else INTEGERS


# Random functions

LARGE = 2**70 + 3

INTEGER_LEAVES = ("a", "b", "c", "0", "1", "-1", "7", "LARGE")
RECORD_LEAVES = ("ORIGIN", "Pair(left=a)", "pair_of(b, c)")
RECORD_FORMS = (
    "Pair(left={i}, right=Index({i}), flag={b}, name={r}.name)",
    "replace({r}, left={i})",
    "replace({r}, right=Index({i}), flag={b})",
    "replace({r}, name={r}.name)",
    "replace({r})",
    "({r} if {b} else {r})",
    "moved({r}, {i})",
    "moved(by={i}, pair={r})",
)
INTEGER_FORMS = (
    "{r}.left",
    "{r}.right",
    "max({i}, {i})",
    "min({i}, {i})",
    "max({i}, {i}, {i})",
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
    "{r}.flag",
    "({r} == {r})",
    "({r} != {r})",
    "({r}.name == {r}.name)",
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


@st.composite
def record_expressions(draw: st.DrawFn, depth: int = 2) -> str:
    """Write an expression of a record."""
    if depth == 0:
        return draw(st.sampled_from(RECORD_LEAVES))
    return filled(draw, draw(st.sampled_from(RECORD_FORMS)), depth - 1)


def filled(draw: st.DrawFn, form: str, depth: int) -> str:
    """Fill the places of a form."""
    while "{r}" in form:
        form = form.replace("{r}", draw(record_expressions(depth)), 1)
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


@st.composite
def record_sources(draw: st.DrawFn) -> str:
    """Write a function that works on a record, and may return it early."""
    return f"""
def function(a, b, c):
    pair = {draw(record_expressions())}
    if {draw(conditions())}:
        pair = replace(pair, left={draw(integer_expressions(1))})
    elif {draw(conditions())}:
        return {draw(record_expressions())}
    other = replace(pair, flag={draw(conditions())}, name={draw(record_expressions(1))}.name)
    return moved(other, pair.left) if other == pair else {draw(record_expressions())}
"""


COUNTER = itertools.count()


def helper(a: int, b: int) -> int:
    """Return something that tells the arguments apart."""
    if a < b:
        return a - 2 * b
    return 3 * a + b


def pair_of(left: int, right: int) -> Pair:
    """Make a record."""
    return Pair(left=left, right=Index(right), flag=left < right)


def moved(pair: Pair, by: int) -> Pair:
    """Give the record, or another one with a smaller or larger field."""
    if by <= pair.left:
        return pair
    return replace(pair, left=by, right=Index(max(pair.right, by)))


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
        "ORIGIN": ORIGIN,
        "Pair": Pair,
        "moved": moved,
        "pair_of": pair_of,
        "replace": replace,
    }
    exec(compile(source, name, "exec"), scope)  # noqa: S102 - the point of the test
    function: Callable[..., Any] = scope["function"]  # type: ignore[assignment]
    return function


@settings(max_examples=150)
@given(source=sources() | record_sources(), a=INTEGERS, b=INTEGERS, c=INTEGERS)
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


@dataclass
class Changing:
    """Can be changed after it was made."""

    left: int


@dataclass(frozen=True)
class Checking:
    """Does more than to keep its fields."""

    left: int

    def __post_init__(self) -> None:
        """Do it."""


@dataclass(frozen=True)
class Comparing:
    """Is equal to whatever it likes."""

    left: int

    def __eq__(self, other: object) -> bool:
        """Like everything."""
        return True

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Computing:
    """Has more than fields."""

    left: int

    @property
    def double(self) -> int:
        """Compute."""
        return 2 * self.left


@dataclass(frozen=True)
class Making:
    """Makes the value of a field itself."""

    left: int
    right: list[int] = dataclasses.field(default_factory=list)


RECORD_REFUSALS: Final = (
    "Changing(a)",
    "Checking(a)",
    "Comparing(a)",
    "Making(a)",
    "Computing(a).double",
    "Computing(a).nothing",
    "Computing(a) if a > 0 else Pair(left=a)",
    "Computing(a) == Pair(left=a)",
    "Computing(a) + 1",
    "Pair()",
    "Pair(a)",
    "Pair(left=a, middle=a)",
    "Pair(left=a > 0)",
    "Pair(left=a, name=a)",
    "Pair(**a)",
    "replace(a, left=a)",
    "replace(ORIGIN, middle=a)",
    "replace(ORIGIN, flag=a)",
    "replace(ORIGIN, name=OTHER_SORT.name)",
    "ORIGIN.name < ORIGIN.name",
    "ORIGIN.name == OTHER_SORT.name",
    "ORIGIN.left.bit_length()",
    "max(a)",
    "max(a, a > 0)",
    "max((a, a))",
    "max(a, a, key=helper)",
    "max(ORIGIN, ORIGIN)",
    "dataclasses.replace(ORIGIN, left=a)",
)


@dataclass(frozen=True)
class OtherSort:
    """Has a name of another kind."""

    name: Hash


OTHER_SORT: Final = OtherSort(name=Hash(b"\0"))


@pytest.mark.parametrize("text", RECORD_REFUSALS)
def test_record_refusals(text: str) -> None:
    """Classes that do more, fields that are not there, and values of other types are refused."""
    with pytest.raises(UntranslatableError):
        Translator().expression(text, {"a": z3.Int("a")}, helper)


def test_name_is_known_by_its_bytes() -> None:
    """A name is one term wherever it stands; of two names nothing is known."""
    read, solver = Translator(), z3.Solver()
    same = read.expression("ORIGIN.name == replace(ORIGIN, left=1).name", {}, helper)
    solver.add(z3.Not(same))
    assert solver.check() == z3.unsat


def test_faults_of_records() -> None:
    """Faults put another field in place of one, leave out a step, and turn max into min."""
    last = "replace(retire(record, view), locked_view=newest)"
    assert {mutant.description for mutant in mutants_of(_steps)} >= {
        "record.retired_view -> record.locked_view",
        "max(record.retired_view, view) -> min(record.retired_view, view)",
        "max(record.retired_view, view) -> view",
        "retire(record, view) -> record",
        f"{last} -> retire(record, view)",
        f"{last} -> replace(retire(record, view), retired_view=newest)",
    }
    whole = "Candidate(view=a, parent_view=b, extends_lock=False)"
    assert {mutant.description for mutant in mutants_of(_makes)} == {
        f"{whole} -> Candidate(extends_lock=False, parent_view=a, view=b)",
        f"{whole} -> Candidate(extends_lock=False, view=b, parent_view=a)",
        "False -> True",
    }


def _steps(record: SafetyRecord, view: View) -> SafetyRecord:
    newest = max(record.retired_view, view)
    return replace(retire(record, view), locked_view=newest)


def _makes(a: View, b: View) -> Candidate:
    return Candidate(view=a, parent_view=b, extends_lock=False)


def test_unbounded_power_is_positive_only() -> None:
    """Of 2^x a proof learns that it is positive, if x is shown not to be negative."""
    read = Translator()
    power = read.expression("2**x", {"x": z3.Int("x")}, helper)
    assert sort_of(power) == z3.IntSort()
    assert read.side_conditions
    assert read.facts
