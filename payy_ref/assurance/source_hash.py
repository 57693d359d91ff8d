"""
Hashes of functions, so that evidence can tell that the code it spoke about has changed.

The hash covers the syntax tree: formatting, comments and docstrings do not count. It also covers
the values of the constants that the function names. It is the same for every Python version.
"""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, Final

PACKAGES: Final = frozenset({"payy_ref", "circuits"})
"""Functions of other packages are pinned by the lock file, not by hashes."""

Function = Callable[..., Any]
"""A function as written: no class, no compiled or cached wrapper."""

_ATOMS: Final = (bool, int, str, bytes)


@cache
def definition(function: Function) -> ast.FunctionDef:
    """
    Parse the source of a function; its docstring is left out.

    Raises:
        ValueError: the source is not one `def`.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        raise ValueError(f"not a plain function: {qualified_name(function)}")
    return without_docstring(tree.body[0])


def without_docstring(function: ast.FunctionDef) -> ast.FunctionDef:
    """Take the docstring off a function's syntax tree, in place."""
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    return function


def qualified_name(function: Function) -> str:
    """Name a function by module and place in it."""
    return f"{function.__module__}.{function.__qualname__}"


def global_names(function: Function) -> Mapping[str, Any]:
    """Give the names of a function's module."""
    names: Mapping[str, Any] = getattr(function, "__globals__", {})
    return names


def text_hash(*texts: str) -> str:
    """Hash texts, order and boundaries included."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def tree_hash(tree: ast.AST) -> str:
    """Hash a syntax tree."""
    return text_hash(_normal_form(tree))


@cache
def source_hash(function: Function) -> str:
    """Hash one function: its syntax tree and the constants that it names."""
    constants = sorted(
        f"{name}={value!r}" for name, value in _named_values(function) if _is_constant(value)
    )
    return text_hash(_normal_form(definition(function)), *constants)


def closure_hashes(*functions: Function) -> Mapping[str, str]:
    """Hash functions and every function of the package that they call, however deep."""
    found: dict[Function, None] = {}
    waiting = list(functions)
    while waiting:
        function = waiting.pop()
        if function not in found:
            found[function] = None
            waiting += callees(function)
    return dict(sorted((qualified_name(function), source_hash(function)) for function in found))


def callees(function: Function) -> list[Function]:
    """List the functions of the package that a function names."""
    named = (_plain_function(value) for _, value in _named_values(function))
    return [callee for callee in named if callee is not None]


def _plain_function(value: Any) -> FunctionType | None:
    """Get behind a cache or a compiler to the function as written, if it is of the package."""
    value = inspect.unwrap(getattr(value, "py_func", value)) if callable(value) else value
    ours = isinstance(value, FunctionType) and value.__module__.partition(".")[0] in PACKAGES
    return value if ours and value.__name__ != "<lambda>" else None


def _named_values(function: Function) -> Iterator[tuple[str, Any]]:
    """Resolve the global names of a function, and the attributes that it takes of modules."""
    names = global_names(function)
    for node in ast.walk(definition(function)):
        if isinstance(node, ast.Name) and node.id in names:
            yield node.id, names[node.id]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = names.get(node.value.id)
            if isinstance(module, ModuleType) and hasattr(module, node.attr):
                yield f"{node.value.id}.{node.attr}", getattr(module, node.attr)


def _is_constant(value: Any) -> bool:
    """Tell whether a value is plain data that is written in one way only."""
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    return isinstance(value, _ATOMS) and not isinstance(value, Enum)


def _normal_form(node: Any) -> str:
    """Write a syntax tree; absent fields are left out, since versions of Python differ in them."""
    if isinstance(node, ast.AST):
        fields = (
            f"{name}={_normal_form(value)}"
            for name, value in ast.iter_fields(node)
            if value is not None and value != [] and name not in ("type_comment", "kind")
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(_normal_form, node))}]"
    return repr(node)
