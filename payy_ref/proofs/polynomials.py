"""
Domains and what is special about polynomials over them.

Values stand on H, the subgroup of n-th roots of unity with generator omega; n is a power of two.
Z_H = X^n - 1 vanishes there, and L_i is 1 at omega^i and 0 on the rest of H. The quotient of the
prover is computed on six cosets of H, on each of which Z_H is constant.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from payy_ref.crypto.field import MODULUS, MULTIPLICATIVE_GENERATOR
from payy_ref.proofs.backend import Backend, Column

WIRE_COSETS: Final = (1, 5, 25, 125)
"""k_j: cell (wire j, row i) is known to the permutation as k_j omega^i."""

QUOTIENT_COSETS: Final = 6
"""Number of cosets on which the quotient is computed: its degree is below 6n."""

SMALLEST_LOG_SIZE: Final = 4
"""With fewer than 2^4 rows the blinded quotient, of degree up to 5n + 9, would not fit."""

LARGEST_LOG_SIZE: Final = 27
"""The field has a root of unity of order 6n up to this size."""


def root_of_unity(order: int) -> int:
    """
    Give an element of exactly this order, the same one always: omega for order n.

    Raises:
        ValueError: The field has no such element.
    """
    if order < 1 or (MODULUS - 1) % order:
        raise ValueError(f"no element has the order {order}")
    return pow(MULTIPLICATIVE_GENERATOR, (MODULUS - 1) // order, MODULUS)


def cosets_are_distinct(size: int, representatives: Sequence[int]) -> bool:
    """Tell whether no two of the cosets k_j H share a point, so that cells have own identities."""
    return all(
        vanishing(size, a * pow(b, -1, MODULUS)) for a, b in combinations(representatives, 2)
    )


def vanishing(size: int, point: int) -> int:
    """Evaluate Z_H."""
    return (pow(point, size, MODULUS) - 1) % MODULUS


def lagrange(size: int, point: int, count: int) -> list[int]:
    """
    Evaluate L_0 to L_(count - 1) at a point outside H.

    L_i(x) = omega^i (x^n - 1) / (n (x - omega^i)).
    """
    omega = root_of_unity(size)
    scale = vanishing(size, point) * pow(size, -1, MODULUS)
    nodes = [pow(omega, i, MODULUS) for i in range(count)]
    return [node * scale * pow(point - node, -1, MODULUS) % MODULUS for node in nodes]


def times_power(backend: Backend, polynomial: Column, length: int, exponent: int) -> Column:
    """Multiply a polynomial of `length` coefficients by X^exponent."""
    with_zero = backend.slice(polynomial, 0, length + 1)
    rows = np.concatenate((np.full(exponent, length), np.arange(length)))
    return backend.take(with_zero, rows)


# The cosets of the quotient


def quotient_shift(size: int, index: int) -> int:
    """Give the representative g eta^index of a coset; eta has the order 6n."""
    eta = root_of_unity(QUOTIENT_COSETS * size)
    return MULTIPLICATIVE_GENERATOR * pow(eta, index, MODULUS) % MODULUS


def split_quotient(backend: Backend, remainders: Sequence[Column], size: int) -> list[Column]:
    """
    Cut t into six parts of n coefficients, t = t_0 + X^n t_1 + ... + X^5n t_5.

    On coset i, X^n is the constant y_i = g^n c^i, where c = eta^n has order 6. So the polynomial
    below degree n that agrees with t there, `remainders[i]`, is the sum of y_i^m t_m, and the t_m
    follow as in an inverse transform of size 6.
    """
    step = root_of_unity(QUOTIENT_COSETS)
    first = pow(MULTIPLICATIVE_GENERATOR, size, MODULUS)
    parts = []
    for m in range(QUOTIENT_COSETS):
        scale = pow(QUOTIENT_COSETS * pow(first, m, MODULUS), -1, MODULUS)
        factors = [scale * pow(step, -i * m, MODULUS) % MODULUS for i in range(QUOTIENT_COSETS)]
        parts.append(backend.combine(remainders, factors))
    return parts
