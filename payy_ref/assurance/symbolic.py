"""
A translator from Python functions to solver terms, reading the source that runs.

It understands pure functions without loops: integers, booleans, tuples, `if`, `return`, `require`,
names for intermediate values, conditional expressions, calls to functions of the same kind, and a
hash that is handed in as a parameter; and the body of a loop by itself, as one step of an
induction. Whatever else it meets, it refuses.

Integers of the solver are unbounded, as Python's are. Its division agrees with Python's for
positive divisors only, so each divisor leaves a side condition, which a proof has to show as well.

The translator is trusted: `tests/test_symbolic_translator.py` compares it with Python.
"""

import ast
import builtins
import inspect
import itertools
import operator
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import Any, Final, NewType, TypeVar

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.source_hash import Function, definition, global_names, qualified_name
from payy_ref.errors import require
from payy_ref.merkle.kernels import HashPair

Term = Any
"""A Python int or bool, a term of the solver, a tuple of terms, or a function over terms."""

Names = Mapping[str, Term]

_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
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

    def call(self, function: Function, *arguments: Term) -> Term:
        """
        Give the term of a call.

        Raises:
            UntranslatableError: the function, or one that it calls, cannot be read.
        """
        if function in self._models:
            return self._models[function](*arguments)
        if isinstance(function, NewType):
            (argument,) = arguments
            return argument
        if isinstance(function, z3.ArrayRef):
            (index,) = arguments
            return function[index]
        if isinstance(function, z3.FuncDeclRef):
            return function(*arguments)
        if isinstance(function, FunctionType):
            return self._call_function(function, arguments)
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

    def _call_function(self, function: FunctionType, arguments: Sequence[Term]) -> Term:
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
            bound = inspect.signature(function).bind(*arguments)
        except TypeError as error:
            raise UntranslatableError(f"{name}: {error}") from error
        if any(isinstance(value, dict) for value in bound.arguments.values()):
            raise UntranslatableError(f"{name} takes keyword arguments")
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
        if isinstance(if_true, tuple) and isinstance(if_false, tuple):
            if len(if_true) != len(if_false):
                raise self.refusal(node, "tuples of different lengths")
            pairs = zip(if_true, if_false, strict=True)
            return tuple(self.merged(node, condition, a, b) for a, b in pairs)
        if sort_of(if_true) is None or sort_of(if_true) != sort_of(if_false):
            raise self.refusal(node, "values of different types")
        return z3.If(condition, if_true, if_false)

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
            case ast.Call(func=callee, args=arguments, keywords=[]):
                values = [self.argument_values(argument, names) for argument in arguments]
                function = self.expression(callee, names)
                return self.translator.call(function, *itertools.chain(*values))
        raise self.refusal(node)

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
                if sort_of(value) is not None or isinstance(value, tuple) or callable(value):
                    return value
                break
        raise self.refusal(node, "not an integer, boolean, tuple or function")

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
    return {
        name: _unknown(name, hints.get(name)) for name in inspect.signature(function).parameters
    }


def _unknown(name: str, annotation: Any) -> Term:
    while isinstance(annotation, NewType):
        annotation = annotation.__supertype__
    if annotation is int:
        return z3.Int(name)
    if annotation is bool:
        return z3.Bool(name)
    if isinstance(annotation, TypeVar):
        return z3.Const(name, z3.DeclareSort(annotation.__name__))
    if annotation == HashPair:
        return z3.Function(name, z3.IntSort(), z3.IntSort(), z3.IntSort())
    if typing.get_origin(annotation) is tuple and Ellipsis not in typing.get_args(annotation):
        parts = enumerate(typing.get_args(annotation))
        return tuple(_unknown(f"{name}_{i}", part) for i, part in parts)
    raise UntranslatableError(f"parameter {name} of type {annotation}")
