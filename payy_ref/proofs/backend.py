"""
What the prover needs of columns and points; the two backends offer it in two forms.

A column is a vector over the scalar field that adds, subtracts, negates, multiplies with columns
and integers, and raises to small powers: gates are evaluated on columns as they are on integers.
Depending on where it stands it holds values on the subgroup H, or coefficients, lowest first.

`plain` computes with `galois` arrays and Python integers and is the specification; `fast` computes
in machine words. Both answer to the same tests and give the same proofs to the last bit.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Column = Any
"""A vector over the scalar field, of the kind that its backend makes."""

Point = tuple[int, int] | None
"""A point of G1 in affine coordinates; None is the point at infinity."""

Points = NDArray[np.uint64]
"""
Points of G1 as an array of shape (count, 8): four words of x, then four of y, least significant
first, both in Montgomery form (times 2^256 mod q); the layout of files of powers of tau.
"""


class Backend(Protocol):
    """Columns and commitments in one of two forms."""

    name: str
    """Chosen by this name."""

    def column(self, values: Sequence[int]) -> Column:
        """Make a column of integers in [0, r)."""

    def integers(self, column: Column) -> list[int]:
        """Read a column as integers in [0, r)."""

    def one(self, length: int) -> Column:
        """Make a column of ones."""

    def take(self, column: Column, rows: Sequence[int] | NDArray[np.int64]) -> Column:
        """Choose rows of a column."""

    def next_row(self, column: Column) -> Column:
        """Rotate a column so that row i holds what row i + 1 held; the last holds the first."""

    def interpolate(self, values: Column) -> Column:
        """Find the coefficients of the polynomial below degree n with these values on H."""

    def evaluate_on_coset(self, coefficients: Column, shift: int, size: int) -> Column:
        """Evaluate a polynomial of any degree on shift * H; H has `size` elements, in order."""

    def interpolate_on_coset(self, values: Column, shift: int) -> Column:
        """Invert `evaluate_on_coset`: coefficients below the size of H."""

    def evaluate(self, coefficients: Column, point: int) -> int:
        """Evaluate a polynomial at one point."""

    def combine(self, columns: Sequence[Column], factors: Sequence[int]) -> Column:
        """Add columns times factors; shorter columns count as filled with zeros at the end."""

    def slice(self, column: Column, start: int, stop: int) -> Column:
        """Cut rows out of a column; beyond its end there are zeros."""

    def divide_by_root(self, coefficients: Column, root: int) -> Column:
        """Divide a polynomial by X - root and drop the remainder."""

    def inverse(self, column: Column) -> Column:
        """Invert each value; none may be 0."""

    def running_product(self, column: Column) -> Column:
        """Give row i the product of rows 0 to i - 1; row 0 holds 1."""

    def powers(self, base: int, count: int) -> Column:
        """List base^0 to base^(count - 1)."""

    def in_parts(self, function: Any, columns: Sequence[Column]) -> Column:
        """
        Apply a function that works row by row to columns of one length.

        The fast form cuts the columns so that what the function makes on the way stays in the
        processor's cache, and works on all cores.
        """

    def commit(self, points: Points, coefficients: Column) -> Point:
        """Combine points with a column's values as factors; there may be more points."""


class BackendName(StrEnum):
    """The backends by name."""

    PLAIN = "plain"
    """Readable: arrays of `galois`, curve points in Python integers."""
    FAST = "fast"
    """Compiled: machine words, all cores."""


def backend(name: BackendName) -> Backend:
    """
    Load a backend.

    Raises:
        ImportError: the compiled one is asked for and its compiler is not installed.
    """
    # The compiled backend takes a second to import, and the plain one has to work without it.
    if name is BackendName.FAST:
        from payy_ref.proofs.fast import FAST  # noqa: PLC0415

        return FAST
    from payy_ref.proofs.plain import PLAIN  # noqa: PLC0415

    return PLAIN


SumOfMultiples = Callable[[Sequence[Point], Sequence[int]], Point]
"""Computes the sum of scalars[i] * points[i], points in affine integers."""


def default_sum_of_multiples() -> SumOfMultiples:
    """Choose how verifiers add up points: compiled, or readable without the compiler."""
    try:
        from payy_ref.proofs.fast import sum_of_affine_multiples  # noqa: PLC0415
    except ImportError:
        from payy_ref.proofs.curve import multi_scalar_product  # noqa: PLC0415

        return multi_scalar_product
    return sum_of_affine_multiples


PowersOfG1 = Callable[[int, int], Points]
"""Computes so many powers of a secret times the generator: [1]_1, [x]_1, ..."""


def default_powers_of_g1() -> PowersOfG1:
    """Choose how the development setup is computed: compiled, or readable."""
    try:
        from payy_ref.proofs.fast import powers_of_g1  # noqa: PLC0415
    except ImportError:
        from payy_ref.proofs.setup import readable_powers_of_g1  # noqa: PLC0415

        return readable_powers_of_g1
    return powers_of_g1


def default_backend() -> Backend:
    """Load the compiled backend, or the readable one where the compiler is not installed."""
    try:
        return backend(BackendName.FAST)
    except ImportError:
        return backend(BackendName.PLAIN)
