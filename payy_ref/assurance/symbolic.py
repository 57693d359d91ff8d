"""
A translator from Python functions to solver terms, reading the source that runs.

It understands pure functions without loops: integers, booleans, tuples, `if`, `return`, `require`,
names for intermediate values, conditional expressions, `max` and `min` of integers, calls to
functions of the same kind, and a hash that is handed in as a parameter; and the body of a loop by
itself, as one step of an induction. Of classes it understands frozen dataclasses: their attributes,
their construction, and `dataclasses.replace`. Whatever else it meets, it refuses.

A name that is bytes in Python, such as the hash of a block, is an element of a sort of which
nothing is known. So it can be compared for equality and handed on, and no more.

Integers of the solver are unbounded, as Python's are. Its division agrees with Python's for
positive divisors only, so each divisor leaves a side condition, which a proof has to show as well.

The translator is trusted: `tests/test_symbolic_translator.py` compares it with Python.
"""

import ast
import builtins
import dataclasses
import inspect
import itertools
import operator
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce as fold
from types import FunctionType
from typing import Any, Final, NewType, TypeVar

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.source_hash import Function, definition, global_names, qualified_name
from payy_ref.errors import require
from payy_ref.merkle.kernels import HashPair

Term = Any
"""
A Python int or bool, a term of the solver, a tuple or a record of terms, or a function over terms.
"""

Names = Mapping[str, Term]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What stands for an instance of a frozen dataclass."""

    kind: type
    """The class."""
    fields: Mapping[str, Term]
    """The value of each field, in the order of the class."""

    def __getitem__(self, name: str) -> Term:
        """Give the value of a field."""
        return self.fields[name]


_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_EXTREMES: Final[Mapping[Any, Callable[[Any, Any], Any]]] = {max: operator.ge, min: operator.le}
_ORDER: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

power_of_two: Final = z3.Function("power_of_two", z3.IntSort(), z3.IntSort())
"""2^x for an unknown x >= 0; all that a proof learns of it is that it is positive."""


class UntranslatableError(Exception):
    """The source has something that the translator does not understand."""


class Translator:
    """One reading of some functions; collects what a proof about them also has to show."""

    def __init__(
        self,
        *,
        models: Mapping[Callable[..., Any], Callable[..., Term]] | None = None,
        mutants: Mapping[Function, ast.FunctionDef] | None = None,
    ) -> None:
        """
        Start reading.

        Args:
            models: Terms to use for calls of some functions, instead of reading their source.
            mutants: Bodies to read for some functions, instead of their own.
        """
        self.side_conditions: list[Term] = []
        """What must hold for the terms to mean what Python computes."""
        self.facts: list[Term] = []
        """What is true of terms that the translator introduced."""
        self.accepted: list[Term] = []
        """What holds if the code returns: the conditions of its `require` lines."""
        self.exits: list[Term] = []
        """When the body of a loop, read by itself, leaves the function."""
        self.functions: dict[Function, None] = {}
        """The functions that were read, in order."""
        self._models = models or {}
        self._mutants = mutants or {}
        self._running: list[Function] = []
        self._path: list[Term] = []

    def call(self, function: Function, *arguments: Term, **keywords: Term) -> Term:
        """
        Give the term of a call.

        Raises:
            UntranslatableError: the function, or one that it calls, cannot be read.
        """
        if function in self._models:
            return self._models[function](*arguments, **keywords)
        if isinstance(function, FunctionType) and function is not dataclasses.replace:
            return self._call_function(function, arguments, keywords)
        if function is dataclasses.replace:
            return replaced(arguments, keywords)
        if isinstance(function, type) and dataclasses.is_dataclass(function):
            return constructed(function, arguments, keywords)
        if keywords:
            raise UntranslatableError(f"call of {function} with keywords")
        if function in _EXTREMES:
            return extreme(function, arguments)
        if isinstance(function, NewType):
            (argument,) = arguments
            return argument
        if isinstance(function, z3.ArrayRef):
            (index,) = arguments
            return function[index]
        if isinstance(function, z3.FuncDeclRef):
            return function(*arguments)
        raise UntranslatableError(f"call of {function}")

    def expression(self, text: str, names: Names, function: Function) -> Term:
        """
        Give the term of an expression that stands in the module of a function.

        Raises:
            UntranslatableError: the expression cannot be read.
        """
        return _Reader(self, function).expression(ast.parse(text, mode="eval").body, names)

    def loop_step(self, function: Function, names: Names, *, loop: int = 0) -> Names:
        """
        Give the names' values after one run of the body of a function's loop.

        A list is given as the tuple of its last elements, and may grow; a dictionary, or a function
        that looks something up, as an array of the solver.

        Args:
            function: The function that has the loop.
            names: What the body may use.
            loop: Which loop, counted from 0.

        Raises:
            UntranslatableError: there is no such loop, or its body cannot be read.
        """
        body = self._mutants.get(function, definition(function))
        loops = [node for node in ast.walk(body) if isinstance(node, ast.For | ast.While)]
        if loop >= len(loops):
            raise UntranslatableError(f"{qualified_name(function)} has {len(loops)} loops")
        self.functions[function] = None
        return _Reader(self, function).effects(loops[loop].body, names)

    @contextmanager
    def attempting(self) -> Iterator[list[Term]]:
        """Collect what the code that is read inside requires, instead of taking it for passed."""
        outer, self.accepted = self.accepted, []
        try:
            yield self.accepted
        finally:
            self.accepted = outer

    def under_path(self, condition: Term) -> Term:
        """Restrict a condition to runs that reach the code that is being read."""
        reached = conjunction([*self._path, *self.accepted])
        return disjunction([negation(reached), condition])

    @contextmanager
    def assuming(self, condition: Term) -> Iterator[None]:
        """Read code that is reached only if the condition holds."""
        self._path.append(condition)
        try:
            yield
        finally:
            self._path.pop()

    def _call_function(
        self, function: FunctionType, arguments: Sequence[Term], keywords: Names
    ) -> Term:
        name = qualified_name(function)
        if function in self._running:
            raise UntranslatableError(f"{name} is recursive")
        if function.__closure__ or function.__name__ == "<lambda>":
            raise UntranslatableError(f"{name} is not a plain function")
        own = definition(function)
        if own.decorator_list:
            raise UntranslatableError(f"{name} is decorated")
        self.functions[function] = None
        try:
            bound = inspect.signature(function).bind(*arguments, **keywords)
        except TypeError as error:
            raise UntranslatableError(f"{name}: {error}") from error
        if any(isinstance(value, dict) for value in bound.arguments.values()):
            raise UntranslatableError(f"{name} takes any keyword arguments")
        bound.apply_defaults()
        self._running.append(function)
        try:
            body = self._mutants.get(function, own).body
            return _Reader(self, function).block(body, bound.arguments)
        finally:
            self._running.pop()


class _Reader:
    """Reads statements and expressions of one function."""

    def __init__(self, translator: Translator, function: Function) -> None:
        self.translator = translator
        self.function = function

    def refusal(self, node: ast.AST, reason: str = "not understood") -> UntranslatableError:
        """Say what cannot be read."""
        name = qualified_name(self.function)
        return UntranslatableError(f"{name}: {ast.unparse(node)!r}: {reason}")

    def block(self, statements: Sequence[ast.stmt], names: Names) -> Term:
        """Give the value that a run of these statements returns."""
        if not statements:
            raise UntranslatableError(f"{qualified_name(self.function)}: a path returns nothing")
        first, rest = statements[0], statements[1:]
        match first:
            case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=[condition, *_])) if (
                global_names(self.function).get(name) is require
            ):
                holds = self.boolean(condition, names)
                self.translator.accepted.append(self.translator.under_path(holds))
                with self.translator.assuming(holds):
                    return self.block(rest, names)
            case ast.Return(value=ast.expr() as value):
                return self.expression(value, names)
            case ast.Assign(targets=[target], value=value):
                return self.block(rest, self.bound(target, self.expression(value, names), names))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return self.block(rest, self.bound(target, self.expression(value, names), names))
            case ast.If(test=test, body=body, orelse=otherwise):
                return self.choice(
                    first,
                    self.boolean(test, names),
                    lambda: self.block([*body, *rest], names),
                    lambda: self.block([*otherwise, *rest], names),
                )
        raise self.refusal(first)

    def effects(self, statements: Sequence[ast.stmt], names: Names) -> Names:
        """Give the names' values after these statements; of a return, only when it happens."""
        for statement in statements:
            match statement:
                case ast.Assign(
                    targets=[ast.Subscript(value=ast.Name(id=name), slice=index)], value=value
                ) if isinstance(names.get(name), z3.ArrayRef):
                    key, content = self.expression(index, names), self.expression(value, names)
                    names = {**names, name: z3.Store(names[name], key, content)}
                case ast.Assign(targets=[target], value=value):
                    names = self.bound(target, self.expression(value, names), names)
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]
                    )
                ) if isinstance(names.get(name), tuple):
                    names = {**names, name: (*names[name], self.expression(value, names))}
                case ast.If(test=test, body=[ast.Return()], orelse=[]):
                    self.translator.exits.append(self.boolean(test, names))
                case _:
                    raise self.refusal(statement)
        return names

    def bound(self, target: ast.expr, value: Term, names: Names) -> Names:
        """Bind a name, or a tuple of names."""
        match target:
            case ast.Name(id=name):
                return {**names, name: value}
            case ast.Tuple(elts=targets) if isinstance(value, tuple) and len(targets) == len(value):
                for part, component in zip(targets, value, strict=True):
                    names = self.bound(part, component, names)
                return names
        raise self.refusal(target)

    def choice(
        self,
        node: ast.AST,
        condition: Term,
        then: Callable[[], Term],
        otherwise: Callable[[], Term],
    ) -> Term:
        """Give one value or the other."""
        if isinstance(condition, bool):
            return then() if condition else otherwise()
        with self.translator.assuming(condition):
            if_true = then()
        with self.translator.assuming(z3.Not(condition)):
            if_false = otherwise()
        return self.merged(node, condition, if_true, if_false)

    def merged(self, node: ast.AST, condition: Term, if_true: Term, if_false: Term) -> Term:
        try:
            return merged(condition, if_true, if_false)
        except UntranslatableError as error:
            raise self.refusal(node, str(error)) from error

    def expression(self, node: ast.expr, names: Names) -> Term:
        """Give the value of an expression."""
        match node:
            case ast.Constant(value=bool() | int() as value):
                return value
            case ast.Name(id=name):
                return self.named(node, name, names)
            case ast.Tuple(elts=parts):
                return tuple(self.expression(part, names) for part in parts)
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return self.choice(
                    node,
                    self.boolean(test, names),
                    lambda: self.expression(body, names),
                    lambda: self.expression(otherwise, names),
                )
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return negation(self.boolean(operand, names))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.integer(operand, names)
            case ast.BoolOp(op=connective, values=parts):
                return self.connected(parts, names, is_and=isinstance(connective, ast.And))
            case ast.BinOp():
                return self.arithmetic(node, names)
            case ast.Compare():
                return self.comparison(node, names)
            case ast.Subscript(value=container, slice=index):
                return self.component(node, container, index, names)
            case ast.Attribute(value=owner, attr=name):
                return self.field(node, self.expression(owner, names), name)
            case ast.Call(func=callee, args=arguments, keywords=keywords):
                values = [self.argument_values(argument, names) for argument in arguments]
                named = self.named_values(node, keywords, names)
                function = self.expression(callee, names)
                return self.translator.call(function, *itertools.chain(*values), **named)
        raise self.refusal(node)

    def field(self, node: ast.expr, owner: Term, name: str) -> Term:
        """Take a field of a record."""
        if not isinstance(owner, Record) or name not in owner.fields:
            raise self.refusal(node, "not a field of a record")
        return owner[name]

    def named_values(
        self, node: ast.expr, keywords: Sequence[ast.keyword], names: Names
    ) -> dict[str, Term]:
        """Give what a call passes by keyword."""
        named: dict[str, Term] = {}
        for keyword in keywords:
            if keyword.arg is None or keyword.arg in named:
                raise self.refusal(node)
            named[keyword.arg] = self.expression(keyword.value, names)
        return named

    def argument_values(self, node: ast.expr, names: Names) -> tuple[Term, ...]:
        """Give what one argument of a call passes: a starred one passes all components."""
        if not isinstance(node, ast.Starred):
            return (self.expression(node, names),)
        value = self.expression(node.value, names)
        if not isinstance(value, tuple):
            raise self.refusal(node, "not a tuple")
        return value

    def component(self, node: ast.expr, container: ast.expr, index: ast.expr, names: Names) -> Term:
        """Take a component of a tuple, at a known place, or of an array, at any place."""
        components, place = self.expression(container, names), self.expression(index, names)
        if isinstance(components, z3.ArrayRef):
            return components[place]
        if not isinstance(components, tuple) or type(place) is not int:
            raise self.refusal(node)
        if not -len(components) <= place < len(components):
            raise self.refusal(node, "no such component")
        return components[place]

    def named(self, node: ast.expr, name: str, names: Names) -> Term:
        """Look a name up where Python would."""
        for scope in (names, global_names(self.function), vars(builtins)):
            if name in scope:
                value = scope[name]
                if sort_of(value) is not None or isinstance(value, tuple | Record):
                    return value
                if dataclasses.is_dataclass(value) and not isinstance(value, type):
                    return constant(value)
                if callable(value):
                    return value
                break
        raise self.refusal(node, "not an integer, boolean, tuple, record or function")

    def connected(self, parts: Sequence[ast.expr], names: Names, *, is_and: bool) -> Term:
        """Read `and` and `or`; a later operand is reached only if the earlier ones allow it."""
        first = self.boolean(parts[0], names)
        if len(parts) == 1:
            return first
        if isinstance(first, bool) and first is not is_and:
            return first
        with self.translator.assuming(first if is_and else negation(first)):
            rest = self.connected(parts[1:], names, is_and=is_and)
        return conjunction([first, rest]) if is_and else disjunction([first, rest])

    def arithmetic(self, node: ast.BinOp, names: Names) -> Term:
        left, right = self.integer(node.left, names), self.integer(node.right, names)
        kind = type(node.op)
        if kind in _ARITHMETIC:
            return _ARITHMETIC[kind](left, right)
        if kind is ast.Pow:
            return self.power(node, left, right)
        if kind not in (ast.FloorDiv, ast.Mod):
            raise self.refusal(node)
        if isinstance(right, int) and right <= 0:
            raise self.refusal(node, "the divisor is not positive")
        self.translator.side_conditions.append(self.translator.under_path(right > 0))
        if isinstance(left, int) and isinstance(right, int):
            return left // right if kind is ast.FloorDiv else left % right
        left, right = (z3.IntVal(x) if isinstance(x, int) else x for x in (left, right))
        return left / right if kind is ast.FloorDiv else left % right

    def power(self, node: ast.BinOp, base: Term, exponent: Term) -> Term:
        if isinstance(base, int) and isinstance(exponent, int) and 0 <= exponent <= 4096:
            return base**exponent
        if not isinstance(base, int) or base != 2 or isinstance(exponent, int):
            raise self.refusal(node)
        self.translator.side_conditions.append(self.translator.under_path(exponent >= 0))
        power = power_of_two(exponent)
        self.translator.facts.append(z3.Implies(exponent >= 0, power >= 1))
        return power

    def comparison(self, node: ast.Compare, names: Names) -> Term:
        """Read a comparison; a chain is the conjunction of its links."""
        operands = [self.expression(part, names) for part in (node.left, *node.comparators)]
        links = zip(operands, node.ops, operands[1:], strict=False)
        return conjunction([self.compared(node, left, kind, right) for left, kind, right in links])

    def compared(self, node: ast.Compare, left: Term, kind: ast.cmpop, right: Term) -> Term:
        if isinstance(kind, ast.Eq):
            return self.equal(node, left, right)
        if isinstance(kind, ast.NotEq):
            return negation(self.equal(node, left, right))
        if type(kind) not in _ORDER or not (is_integer(left) and is_integer(right)):
            raise self.refusal(node)
        return _ORDER[type(kind)](left, right)

    def equal(self, node: ast.AST, left: Term, right: Term) -> Term:
        if isinstance(left, tuple) and isinstance(right, tuple):
            if len(left) != len(right):
                return False
            pairs = zip(left, right, strict=True)
            return conjunction([self.equal(node, a, b) for a, b in pairs])
        if isinstance(left, Record) and isinstance(right, Record) and left.kind is right.kind:
            compared = [each.name for each in dataclasses.fields(left.kind) if each.compare]
            return conjunction([self.equal(node, left[name], right[name]) for name in compared])
        if sort_of(left) is None or sort_of(left) != sort_of(right):
            raise self.refusal(node, "comparison of different types")
        return left == right

    def integer(self, node: ast.expr, names: Names) -> Term:
        value = self.expression(node, names)
        if not is_integer(value):
            raise self.refusal(node, "not an integer")
        return value

    def boolean(self, node: ast.expr, names: Names) -> Term:
        value = self.expression(node, names)
        if sort_of(value) != z3.BoolSort():
            raise self.refusal(node, "not a boolean")
        return value


def sort_of(value: Term) -> Any:
    """Give the solver's sort of a scalar, None for anything else."""
    if isinstance(value, bool):
        return z3.BoolSort()
    if isinstance(value, int):
        return z3.IntSort()
    return value.sort() if isinstance(value, z3.ExprRef) else None


def is_integer(value: Term) -> bool:
    """Tell whether a term is an integer; unlike in Python, a boolean is none."""
    return bool(sort_of(value) == z3.IntSort())


def merged(condition: Term, if_true: Term, if_false: Term) -> Term:
    """
    Give one value or the other.

    Raises:
        UntranslatableError: they are of different types.
    """
    if isinstance(if_true, tuple) and isinstance(if_false, tuple):
        if len(if_true) != len(if_false):
            raise UntranslatableError("tuples of different lengths")
        pairs = zip(if_true, if_false, strict=True)
        return tuple(merged(condition, a, b) for a, b in pairs)
    if isinstance(if_true, Record) and isinstance(if_false, Record):
        if if_true.kind is not if_false.kind:
            raise UntranslatableError("records of different classes")
        fields = {name: merged(condition, if_true[name], if_false[name]) for name in if_true.fields}
        return Record(kind=if_true.kind, fields=fields)
    if sort_of(if_true) is None or sort_of(if_true) != sort_of(if_false):
        raise UntranslatableError("values of different types")
    return z3.If(condition, if_true, if_false)


def extreme(function: Callable[..., Any], arguments: Sequence[Term]) -> Term:
    """
    Give the largest or the smallest of some integers.

    Raises:
        UntranslatableError: they are fewer than two, or not integers.
    """
    if len(arguments) <= 1 or not all(map(is_integer, arguments)):
        raise UntranslatableError(f"{function.__name__} of something other than integers")
    if all(isinstance(value, int) for value in arguments):
        return function(arguments)
    return fold(lambda a, b: z3.If(_EXTREMES[function](a, b), a, b), arguments)


def constructed(kind: type, arguments: Sequence[Term], keywords: Names) -> Record:
    """
    Give the record that a call of its class makes.

    Raises:
        UntranslatableError: the class does more than to keep its fields, or the call does not fit.
    """
    parameters: Any = getattr(kind, "__dataclass_params__", None)
    if not parameters or not parameters.frozen or not parameters.init or not parameters.eq:
        raise UntranslatableError(f"{kind.__name__} is not a frozen dataclass")
    fields = dataclasses.fields(kind)
    has_own_code = {"__post_init__", "__new__", "__init__", "__eq__"} & _written_methods(kind)
    if has_own_code or any(not each.init for each in fields):
        raise UntranslatableError(f"{kind.__name__} does more than to keep its fields")
    try:
        bound = inspect.signature(kind).bind(*arguments, **keywords).arguments
    except TypeError as error:
        raise UntranslatableError(f"{kind.__name__}: {error}") from error
    hints, values = typing.get_type_hints(kind), {}
    for each in fields:
        if each.name in bound:
            values[each.name] = bound[each.name]
        elif each.default is not dataclasses.MISSING:
            values[each.name] = constant(each.default, hints[each.name])
        else:
            raise UntranslatableError(f"{kind.__name__} makes {each.name} itself")
        if not _fits(values[each.name], hints[each.name]):
            raise UntranslatableError(f"{kind.__name__}: {each.name} is of another type")
    return Record(kind=kind, fields=values)


def _written_methods(kind: type) -> set[str]:
    """List the methods that the source of a class, or of one above it, defines."""
    above = [each for each in kind.__mro__ if each is not object]
    functions = ((name, value) for each in above for name, value in vars(each).items())
    # What `dataclass` generates has no file.
    return {
        name
        for name, value in functions
        if not isinstance(value, FunctionType) or not value.__code__.co_filename.startswith("<")
    }


def replaced(arguments: Sequence[Term], keywords: Names) -> Record:
    """
    Give the record that `dataclasses.replace` makes.

    Raises:
        UntranslatableError: the call does not fit.
    """
    if len(arguments) != 1 or not isinstance(arguments[0], Record):
        raise UntranslatableError("replace of something other than a record")
    (record,) = arguments
    return constructed(record.kind, (), {**record.fields, **keywords})


def negation(term: Term) -> Term:
    """Negate a constant or a term."""
    return not term if isinstance(term, bool) else z3.Not(term)


def conjunction(terms: Sequence[Term]) -> Term:
    """Join constants and terms by `and`."""
    if any(term is False for term in terms):
        return False
    terms = [term for term in terms if term is not True]
    return z3.And(*terms) if len(terms) > 1 else terms[0] if terms else True


def disjunction(terms: Sequence[Term]) -> Term:
    """Join constants and terms by `or`."""
    return negation(conjunction([negation(term) for term in terms]))


def free_arguments(function: Function) -> dict[str, Term]:
    """
    Make an unknown for each parameter of a function, by its annotation.

    Raises:
        UntranslatableError: a parameter is of a type that the solver has no sort for.
    """
    hints = typing.get_type_hints(function)
    return {name: unknown(name, hints.get(name)) for name in inspect.signature(function).parameters}


def unknown(name: str, annotation: Any) -> Term:
    """
    Make an unknown of a type.

    Raises:
        UntranslatableError: the solver has no sort for it.
    """
    sort = scalar_sort(annotation)
    if sort is not None:
        return z3.Const(name, sort)
    annotation = _without_new_types(annotation)
    if annotation == HashPair:
        return z3.Function(name, z3.IntSort(), z3.IntSort(), z3.IntSort())
    if typing.get_origin(annotation) is tuple and Ellipsis not in typing.get_args(annotation):
        parts = enumerate(typing.get_args(annotation))
        return tuple(unknown(f"{name}_{i}", part) for i, part in parts)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        fields = [each.name for each in dataclasses.fields(annotation)]
        return constructed(
            annotation, (), {field: unknown(f"{name}_{field}", hints[field]) for field in fields}
        )
    raise UntranslatableError(f"{name} of type {annotation}")


def scalar_sort(annotation: Any) -> Any:
    """Give the solver's sort for a type of scalars, None for any other type."""
    if isinstance(annotation, NewType) and annotation.__supertype__ is bytes:
        return z3.DeclareSort(annotation.__name__)
    annotation = _without_new_types(annotation)
    if annotation is int:
        return z3.IntSort()
    if annotation is bool:
        return z3.BoolSort()
    return z3.DeclareSort(annotation.__name__) if isinstance(annotation, TypeVar) else None


def _without_new_types(annotation: Any) -> Any:
    while isinstance(annotation, NewType):
        annotation = annotation.__supertype__
    return annotation


def constant(value: Any, annotation: Any = None) -> Term:
    """
    Give the term of a value that Python knows.

    Equal names are one term. Of different names a proof does not learn that they are different.

    Args:
        value: An integer, a boolean, a name in bytes, or an instance of a frozen dataclass of such.
        annotation: Its type, without which bytes have no sort.

    Raises:
        UntranslatableError: it is something else.
    """
    if type(value) in (int, bool):
        return value
    if isinstance(value, bytes) and isinstance(annotation, NewType):
        return z3.Const(f"{annotation.__name__}_{value.hex()}", scalar_sort(annotation))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind, hints = type(value), typing.get_type_hints(type(value))
        fields = [each.name for each in dataclasses.fields(kind)]
        values = {name: constant(getattr(value, name), hints[name]) for name in fields}
        return constructed(kind, (), values)
    raise UntranslatableError(f"{value!r} of type {annotation}")


def _fits(term: Term, annotation: Any) -> bool:
    """Tell whether a term is of a type that the solver has a sort for; of others, say yes."""
    sort = scalar_sort(annotation)
    if sort is not None:
        return bool(sort_of(term) == sort)
    is_record = isinstance(annotation, type) and dataclasses.is_dataclass(annotation)
    return not is_record or (isinstance(term, Record) and term.kind is annotation)
