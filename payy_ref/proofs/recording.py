"""
Formulas over columns as programs, which run on blocks of rows in machine words.

A function that works row by row does the same to every row. Called with recorders in the place of
columns it leaves a list of operations, each of which is there once, however often the function
computes it. The compiled interpreter (`kernels.run_program`) goes through the list for a few rows
at a time, so that what arises on the way stays in the processor's nearest cache.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from operator import index
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from payy_ref.crypto.field import MODULUS

SMALL_FACTOR: Final = 16
"""Products with numbers up to this are sums: an addition takes a sixth of a product's time."""


class Code(IntEnum):
    """What an operation does; `kernels.run_program` has the same numbers."""

    ADD = 0
    """Left plus right."""
    SUBTRACT = 1
    """Left less right."""
    MULTIPLY = 2
    """Left times right."""
    FIFTH_POWER = 3
    """Left to the power of 5."""


Node = tuple[Code, int, int]
"""An operation on two values, each by its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Operations on the columns that a function was called with."""

    operations: NDArray[np.int64]
    """Of shape (count, 4): code, place of the result, places of left and right."""
    numbers: tuple[int, ...]
    """What stands in the first places after the columns' before the program runs."""
    places: int
    """Places that the program needs, besides those of the columns, which come first."""


class Recorder:
    """What stands for a column while a function is recorded."""

    __slots__ = ("_tape", "value")

    def __init__(self, tape: "Tape", value: int) -> None:
        self._tape = tape
        self.value = value

    def __add__(self, other: "Recorder") -> "Recorder":
        return self._with(Code.ADD, other)

    def __sub__(self, other: "Recorder") -> "Recorder":
        return self._with(Code.SUBTRACT, other)

    def __neg__(self) -> "Recorder":
        return self * -1

    def __mul__(self, other: "Recorder | int") -> "Recorder":
        if isinstance(other, Recorder):
            return self._with(Code.MULTIPLY, other)
        factor = index(other) % MODULUS
        if not 1 <= factor <= SMALL_FACTOR:
            return self._with(Code.MULTIPLY, Recorder(self._tape, self._tape.number(factor)))
        result = self
        for digit in f"{factor:b}"[1:]:
            result += result
            if digit == "1":
                result += self
        return result

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> "Recorder":
        if exponent == 5:
            return self._with(Code.FIFTH_POWER, self)
        if exponent < 1:
            raise ValueError("a recorded power is positive")
        result = self
        for _ in range(exponent - 1):
            result = result * self
        return result

    def _with(self, code: Code, other: "Recorder") -> "Recorder":
        return Recorder(self._tape, self._tape.operation(code, self.value, other.value))


class Tape:
    """Values in the order in which they arise; one that was there already is not added."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.values: list[Node | int | None] = [None] * columns
        self._numbers: dict[Node | int, int] = {}

    def number(self, number: int) -> int:
        """Give the place of a number."""
        return self._added(number)

    def operation(self, code: Code, left: int, right: int) -> int:
        """Give the place of a result; one that is there already is not added."""
        if code in {Code.ADD, Code.MULTIPLY} and left > right:
            left, right = right, left
        return self._added((code, left, right))

    def _added(self, value: Node | int) -> int:
        if value not in self._numbers:
            self._numbers[value] = len(self.values)
            self.values.append(value)
        return self._numbers[value]


def record(function: Callable[[Sequence[Any]], Any], columns: int) -> Program:
    """Record what a function does with so many columns."""
    tape = Tape(columns)
    result = function([Recorder(tape, i) for i in range(columns)])
    needed = _needed(tape, result.value)
    numbers = [i for i in needed if isinstance(tape.values[i], int)]
    place = {i: i for i in range(columns)} | {i: columns + j for j, i in enumerate(numbers)}
    nodes = [(i, value) for i in needed if isinstance(value := tape.values[i], tuple)]
    last_use = {used: i for i, (_, left, right) in nodes for used in (left, right)}

    operations, free, count = [], list[int](), len(numbers)
    for i, (code, left, right) in nodes:
        if free:
            place[i] = free.pop()
        else:
            place[i] = columns + count
            count += 1
        operations.append((code, place[i], place[left], place[right]))
        # A place is free once its value has been read for the last time; numbers stay.
        free += [
            place[used]
            for used in {left, right}
            if last_use[used] == i and isinstance(tape.values[used], tuple)
        ]
    return Program(
        operations=np.array(operations, np.int64).reshape(-1, 4),
        numbers=tuple(value for i in numbers if isinstance(value := tape.values[i], int)),
        places=count,
    )


def _needed(tape: Tape, result: int) -> list[int]:
    """List the values that the result needs, in order."""
    found, open_values = set(), [result]
    while open_values:
        value = open_values.pop()
        if value not in found:
            found.add(value)
            node = tape.values[value]
            if isinstance(node, tuple):
                open_values += node[1:]
    return sorted(found)
