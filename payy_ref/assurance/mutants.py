"""
Small faults in a function, one at a time.

A contract or a proof that no fault breaks says nothing. Each mutant is the function's syntax tree
with one change: a comparison shifted, a constant off by one, operands or arguments swapped, a
conjunct dropped, a choice turned round, `max` for `min`. Of records: another field of the same
type, a field that is not replaced, a step from record to record that is left out.
"""

import ast
import builtins
import copy
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from types import FunctionType
from typing import Any, Final

from payy_ref.assurance.source_hash import Function, definition, global_names

_OTHER_COMPARISON: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OTHER_OPERATOR: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A function with one fault."""

    description: str
    """What was replaced by what."""
    definition: ast.FunctionDef
    """The syntax tree with the fault."""


def mutants_of(function: Function) -> list[Mutant]:
    """List the mutants of a function, in the order of its source."""
    original = ast.Module(definition(function).body, [])
    found = []
    for place, node in enumerate(ast.walk(original)):
        for fault in _faults(node, function):
            mutated = copy.deepcopy(original)
            target = list(ast.walk(mutated))[place]
            _replace(mutated, target, fault)
            whole = copy.copy(definition(function))
            whole.body = mutated.body
            description = f"{ast.unparse(node)} -> {ast.unparse(fault)}"
            found.append(Mutant(description=description, definition=whole))
    return found


def _replace(tree: ast.AST, target: ast.AST, replacement: ast.AST) -> None:
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if value is target:
                setattr(node, name, replacement)
            elif isinstance(value, list):
                setattr(node, name, [replacement if item is target else item for item in value])
    ast.fix_missing_locations(tree)


def _faults(node: ast.AST, function: Function) -> Iterator[ast.AST]:
    """Give what may stand in place of a node."""
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Name(id=name, ctx=ast.Load()) if type(global_names(function).get(name)) is int:
            yield ast.BinOp(ast.Name(name, ast.Load()), ast.Add(), ast.Constant(1))
            yield ast.BinOp(ast.Name(name, ast.Load()), ast.Sub(), ast.Constant(1))
        case ast.Compare(left=left, ops=kinds, comparators=operands):
            for i, kind in enumerate(kinds):
                if type(kind) in _OTHER_COMPARISON:
                    other = _OTHER_COMPARISON[type(kind)]()
                    yield ast.Compare(left, [*kinds[:i], other, *kinds[i + 1 :]], operands)
        case ast.BinOp(left=left, op=kind, right=right):
            if type(kind) in _OTHER_OPERATOR:
                yield ast.BinOp(left, _OTHER_OPERATOR[type(kind)](), right)
            if isinstance(kind, ast.Sub | ast.FloorDiv | ast.Mod):
                yield ast.BinOp(right, kind, left)
        case ast.BoolOp(op=kind, values=parts):
            yield ast.BoolOp(ast.Or() if isinstance(kind, ast.And) else ast.And(), parts)
            for i in range(len(parts)):
                rest = [*parts[:i], *parts[i + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(kind, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            yield ast.IfExp(test, otherwise, body)
            yield body
            yield otherwise
        case ast.If(test=test, body=body, orelse=otherwise):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, otherwise)
        case ast.Tuple(elts=parts, ctx=ast.Load()):
            for swapped in _swaps(parts):
                yield ast.Tuple(swapped, ast.Load())
        case ast.Attribute(value=owner, attr=name, ctx=ast.Load()):
            for fellow in _fellows(_type_of(owner, function), name):
                yield ast.Attribute(owner, fellow, ast.Load())
        case ast.Call(func=ast.Name(id=name), args=arguments) if _is_extreme(name, function):
            yield ast.Call(ast.Name("min" if name == "max" else "max", ast.Load()), arguments, [])
            yield from arguments
        case ast.Call(func=callee, args=arguments, keywords=keywords):
            for swapped in _swaps(arguments):
                yield ast.Call(callee, swapped, keywords)
            yield from _record_faults(node, function)


def _swaps(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Swap each two neighbours."""
    for i in range(len(items) - 1):
        yield [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def _is_extreme(name: str, function: Function) -> bool:
    return name in ("max", "min") and name not in global_names(function)


def _record_faults(call: ast.Call, function: Function) -> Iterator[ast.AST]:
    """Give what may stand in place of a call that makes a record."""
    made = _type_of(call, function)
    if made is None:
        return
    for argument in call.args:
        if _type_of(argument, function) is made:
            yield argument
    callee = _value_of(call.func, function)
    if callee is not replace and callee is not made:
        return
    for i, keyword in enumerate(call.keywords):
        before, after = call.keywords[:i], call.keywords[i + 1 :]
        if callee is replace and len(call.keywords) > 1:
            yield ast.Call(call.func, call.args, [*before, *after])
        for other in _fellows(made, keyword.arg or ""):
            rest = [each for each in (*before, *after) if each.arg != other]
            renamed = [ast.keyword(other, keyword.value)]
            if len(rest) < len(call.keywords) - 1 and callee is made:
                # Nothing may be missing, so the two swap their values.
                swapped = next(each for each in call.keywords if each.arg == other)
                renamed.append(ast.keyword(keyword.arg, swapped.value))
            yield ast.Call(call.func, call.args, [*rest, *renamed])


def _type_of(node: ast.expr, function: Function) -> type | None:
    """Give the dataclass that an expression is an instance of, None if it is not known to be."""
    found: Any = None
    match node:
        case ast.Name(id=name) if name in (hints := _hints(function)):
            found = hints[name]
        case ast.Attribute(value=owner, attr=name) if kind := _type_of(owner, function):
            found = _hints(kind).get(name)
        case ast.Call(func=callee, args=arguments):
            called = _value_of(callee, function)
            if called is replace and arguments:
                found = _type_of(arguments[0], function)
            elif isinstance(called, FunctionType):
                found = _hints(called).get("return")
            else:
                found = called
    return found if isinstance(found, type) and is_dataclass(found) else None


def _value_of(node: ast.expr, function: Function) -> Any:
    """Give what a name stands for in the module of a function."""
    names = {**vars(builtins), **global_names(function)}
    return names.get(node.id) if isinstance(node, ast.Name) else None


def _fellows(kind: type | None, name: str) -> list[str]:
    """List the other fields of a dataclass that have the same type."""
    hints = _hints(kind) if kind else {}
    return [other for other, hint in hints.items() if other != name and hint == hints.get(name)]


def _hints(owner: Any) -> Mapping[str, Any]:
    """Give the annotations of a function or a class, none if they cannot be resolved."""
    try:
        return typing.get_type_hints(owner)
    except (NameError, TypeError):
        return {}
