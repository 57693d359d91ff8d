"""
Columns and commitments in their readable form: the specification of the fast form.

A column is a `galois` array over the scalar field. Its operators are those of the field, with one
turn: `column * integer` is repeated addition, which in a prime field is the product.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from payy_ref.crypto.field import MODULUS, galois_field
from payy_ref.proofs.backend import Column, Point, Points
from payy_ref.proofs.curve import multi_scalar_product, points_from_words
from payy_ref.proofs.polynomials import root_of_unity


class PlainBackend:
    """Columns are `galois` arrays; curve points are pairs of integers."""

    name: str = "plain"
    """Chosen by this name."""

    def column(self, values: Sequence[int]) -> Column:
        """Make a column of integers in [0, r)."""
        return np.array(values, dtype=object).view(galois_field())

    def integers(self, column: Column) -> list[int]:
        """Read a column as integers in [0, r)."""
        return [int(value) for value in column]

    def one(self, length: int) -> Column:
        """Make a column of ones."""
        return galois_field().Ones(length)

    def take(self, column: Column, rows: Sequence[int] | NDArray[np.int64]) -> Column:
        """Choose rows of a column."""
        return column[np.asarray(rows, dtype=np.int64)]

    def next_row(self, column: Column) -> Column:
        """Rotate a column so that row i holds what row i + 1 held; the last holds the first."""
        return np.roll(column, -1)

    def interpolate(self, values: Column) -> Column:
        """Find the coefficients of the polynomial below degree n with these values on H."""
        size = len(values)
        return _transform(values, pow(root_of_unity(size), -1, MODULUS)) * pow(size, -1, MODULUS)

    def evaluate_on_coset(self, coefficients: Column, shift: int, size: int) -> Column:
        """Evaluate a polynomial of any degree on shift * H, in the order of H; H has this size."""
        scaled = coefficients * self.powers(shift, len(coefficients))
        # On H, X^size is 1: coefficients that lie `size` apart belong together.
        folded = galois_field().Zeros(size)
        for start in range(0, len(scaled), size):
            folded += self.slice(scaled, start, start + size)
        return _transform(folded, root_of_unity(size))

    def interpolate_on_coset(self, values: Column, shift: int) -> Column:
        """Invert `evaluate_on_coset`: coefficients below the size of H."""
        return self.interpolate(values) * self.powers(pow(shift, -1, MODULUS), len(values))

    def evaluate(self, coefficients: Column, point: int) -> int:
        """Evaluate a polynomial at one point."""
        total = 0
        for coefficient in reversed(self.integers(coefficients)):
            total = (total * point + coefficient) % MODULUS
        return total

    def combine(self, columns: Sequence[Column], factors: Sequence[int]) -> Column:
        """Add columns times factors; shorter columns count as filled with zeros at the end."""
        length = max(map(len, columns))
        total = galois_field().Zeros(length)
        for column, factor in zip(columns, factors, strict=True):
            total += self.slice(column, 0, length) * factor
        return total

    def slice(self, column: Column, start: int, stop: int) -> Column:
        """Cut rows out of a column; beyond its end there are zeros."""
        part = self.integers(column[start:stop])
        return self.column(part + [0] * (stop - start - len(part)))

    def divide_by_root(self, coefficients: Column, root: int) -> Column:
        """
        Divide a polynomial by X - root and drop the remainder.

        Each coefficient of the quotient is `root` times the one above it plus the dividend's:
        Horner's rule. What the rule comes to at the end, the value at `root`, is the remainder.
        """
        descending = reversed(self.integers(coefficients))
        steps = accumulate(descending, lambda above, own: (above * root + own) % MODULUS)
        return self.column(list(steps)[-2::-1])

    def inverse(self, column: Column) -> Column:
        """Invert each value; none may be 0."""
        return column**-1

    def running_product(self, column: Column) -> Column:
        """Give row i the product of rows 0 to i - 1; row 0 holds 1."""
        products = accumulate(self.integers(column), lambda a, b: a * b % MODULUS, initial=1)
        return self.column(list(products)[:-1])

    def powers(self, base: int, count: int) -> Column:
        """List base^0 to base^(count - 1)."""
        powers = accumulate(range(1, count), lambda power, _: power * base % MODULUS, initial=1)
        return self.column(list(powers)[:count])

    def in_parts(
        self, function: Callable[[Sequence[Column]], Column], columns: Sequence[Column]
    ) -> Column:
        """Apply a function that works row by row to columns of one length, here all at once."""
        return function(columns)

    def commit(self, points: Points, coefficients: Column) -> Point:
        """Combine points with a column's values as factors; there may be more points."""
        if len(points) < len(coefficients):
            raise ValueError("every coefficient has a point")
        used = points_from_words(points[: len(coefficients)])
        return multi_scalar_product(used, self.integers(coefficients))


def _transform(values: Any, root: int) -> Any:
    """
    Evaluate a polynomial at 1, root, root^2, ..., where root has the order len(values).

    p(X) = e(X^2) + X o(X^2), and the squares of the points repeat after one half.

    Source: Cooley and Tukey 1965.
    """
    if len(values) == 1:
        return values
    if len(values) % 2:
        raise ValueError("a transform has a power of two values")
    even = _transform(values[::2], root * root % MODULUS)
    odd = _transform(values[1::2], root * root % MODULUS) * PLAIN.powers(root, len(values) // 2)
    return np.concatenate((even + odd, even - odd))


PLAIN: Final = PlainBackend()
"""The readable form."""
