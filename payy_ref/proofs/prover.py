"""
The prover: five rounds, each a message that the transcript answers with a challenge.

Names are those of the paper, with wires w_0 to w_3 in place of a, b, c. Differences: gates may read
the wires of the next row, so wires are opened at zeta omega too, and are blinded by three scalars;
the quotient has two parts, the lower one with 3n coefficients.

Source: PLONK (eprint 2019/953), section 8, "prover algorithm".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from payy_ref.crypto.field import MODULUS, is_canonical
from payy_ref.errors import ErrorCode, require
from payy_ref.proofs import transcript
from payy_ref.proofs.backend import Backend, Column
from payy_ref.proofs.curve import G1Point
from payy_ref.proofs.gates import CONSTANTS, CONSTRAINT_COUNT, CONSTRAINTS, WIRES, Gate, Row
from payy_ref.proofs.keys import ProvingKey, check_public, on_coset
from payy_ref.proofs.linearisation import Linearisation, cell_product, combined, linearise
from payy_ref.proofs.polynomials import (
    QUOTIENT_COSETS,
    WIRE_COSETS,
    quotient_shift,
    root_of_unity,
    split_quotient,
    times_power,
    vanishing,
)
from payy_ref.proofs.proof import OPENED_SIGMAS, Evaluations, Proof

BLINDERS: Final = 3
"""Scalars that hide a polynomial: one for its commitment and each place where it is opened."""

BLINDING: Final = WIRES * BLINDERS + BLINDERS + 1
"""Scalars of a proof: of the wires, of z, and one that hides how t is split."""

Progress = Callable[[str, float], None]
"""Is told the name of a round and how much of it is done, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A polynomial and what the verifier gets of it."""

    polynomial: Column
    """Its coefficients."""
    point: G1Point
    """Its commitment."""


def draw_blinding(random_bytes: Callable[[int], bytes]) -> tuple[int, ...]:
    """
    Draw the scalars that hide the witness; they are secret and serve once.

    512 bits for each leave no bias that matters.
    """
    return tuple(int.from_bytes(random_bytes(64), "big") % MODULUS for _ in range(BLINDING))


def prove(
    key: ProvingKey,
    table: Sequence[Sequence[int]],
    public: Sequence[int],
    blinding: Sequence[int],
    backend: Backend,
    progress: Progress = lambda _round, _done: None,
) -> Proof:
    """
    Prove that the circuit has a witness with these public inputs.

    The proof depends on nothing but the arguments.

    Args:
        key: The circuit's key, made by the same backend.
        table: The witness: four columns of n integers in [0, r).
        public: The public inputs.
        blinding: Sixteen scalars that nobody else knows and that are used for nothing else.
        backend: What computes.
        progress: Is told of each round's start, advance and end.

    Requirements:
        PAYY-CIRCUITS-028

    Raises:
        SpecError: `PROOF_PUBLIC_COUNT`, `PROOF_PUBLIC_NOT_CANONICAL`,
            `PROOF_WITNESS_UNSATISFIED`.
        ValueError: The blinding is not sixteen scalars in [0, r).
    """
    # CHECK
    check_public(key.verification, public)
    if len(blinding) != BLINDING or not all(map(is_canonical, blinding)):
        raise ValueError(f"blinding takes {BLINDING} scalars below the field's modulus")

    # COMPUTE
    state = transcript.start(key.verification.digest, public)

    progress("wires", 0)
    values = [backend.column(column) for column in table]
    wires = commit_to_wires(key, values, blinding[: WIRES * BLINDERS], backend)
    state = transcript.after_wires(state, [wire.point for wire in wires])
    beta, gamma = transcript.challenge(state), transcript.second_challenge(state)
    progress("wires", 1)

    progress("permutation", 0)
    z = commit_to_permutation(key, values, blinding[-BLINDERS - 1 : -1], beta, gamma, backend)
    state = transcript.after_permutation(state, z.point)
    alpha = transcript.challenge(state)
    progress("permutation", 1)

    progress("quotient", 0)
    t = compute_quotient(key, wires, z, public, beta, gamma, alpha, backend, progress)
    t_lo, t_hi = commit_to_quotient(key, t, blinding[-1], backend)
    state = transcript.after_quotient(state, t_lo.point, t_hi.point)
    zeta = transcript.challenge(state)
    progress("quotient", 1)

    progress("evaluations", 0)
    evaluations = evaluate_polynomials(key, wires, z, zeta, backend)
    state = transcript.after_evaluations(state, evaluations)
    v = transcript.challenge(state)
    progress("evaluations", 1)

    progress("openings", 0)
    linearisation = linearise(
        key.verification.size, public, evaluations, beta=beta, gamma=gamma, alpha=alpha, zeta=zeta
    )
    r = linearisation_polynomial(key, linearisation, z, t_lo, t_hi, backend)
    is_root = (backend.evaluate(r, zeta) + linearisation.constant) % MODULUS == 0
    # A false witness leaves a remainder in t; then r is not 0 at zeta but for a chance of 6n / r.
    require(is_root, ErrorCode.PROOF_WITNESS_UNSATISFIED)
    w_zeta, w_zeta_omega = open_polynomials(key, wires, z, r, zeta, v, backend)
    progress("openings", 1)

    return Proof(
        wires=tuple(wire.point for wire in wires),
        z=z.point,
        t_lo=t_lo.point,
        t_hi=t_hi.point,
        w_zeta=w_zeta,
        w_zeta_omega=w_zeta_omega,
        evaluations=evaluations,
    )


# Round 1


def commit_to_wires(
    key: ProvingKey, values: Sequence[Column], blinding: Sequence[int], backend: Backend
) -> list[Committed]:
    """Interpolate the columns of the table, three scalars for each, and commit to them."""
    return [
        _committed(
            key,
            _blinded(
                backend.interpolate(column),
                blinding[wire * BLINDERS : (wire + 1) * BLINDERS],
                key.verification.size,
                backend,
            ),
            backend,
        )
        for wire, column in enumerate(values)
    ]


# Round 2


def commit_to_permutation(
    key: ProvingKey,
    values: Sequence[Column],
    blinding: Sequence[int],
    beta: int,
    gamma: int,
    backend: Backend,
) -> Committed:
    """
    Commit to z, which is 1 at 1 and grows from row to row by a factor.

    The factor is the product of w_j + beta k_j omega^i + gamma, divided by the product of
    w_j + beta sigma_j(omega^i) + gamma. If all copies agree, the last factor leads back to 1.
    """
    n = key.verification.size
    rows, one = backend.powers(root_of_unity(n), n), backend.one(n)

    def numerator(columns: Sequence[Column]) -> Column:
        rows, one, *wires = columns
        identities = [rows * coset for coset in WIRE_COSETS]
        return cell_product(wires, identities, beta, one * gamma)

    def denominator(columns: Sequence[Column]) -> Column:
        one, *cells = columns
        return cell_product(cells[:WIRES], cells[WIRES:], beta, one * gamma)

    above = backend.in_parts(numerator, [rows, one, *values])
    below = backend.in_parts(denominator, [one, *values, *key.sigmas])
    z = backend.running_product(above * backend.inverse(below))
    return _committed(key, _blinded(backend.interpolate(z), blinding, n, backend), backend)


# Round 3


def compute_quotient(
    key: ProvingKey,
    wires: Sequence[Committed],
    z: Committed,
    public: Sequence[int],
    beta: int,
    gamma: int,
    alpha: int,
    backend: Backend,
    progress: Progress,
) -> list[Column]:
    """
    Divide by Z_H what is 0 on H if the witness is right; `linearise` writes it out.

    Returns:
        Six parts of n coefficients each, the lowest first.

    Requirements:
        PAYY-CIRCUITS-027
    """
    n = key.verification.size
    rows, one = backend.powers(root_of_unity(n), n), backend.one(n)
    public_column = backend.slice(backend.column([*public, 0]), 0, n)
    # All coefficients of L_0 are 1 / n.
    moving = [
        *(wire.polynomial for wire in wires),
        z.polynomial,
        backend.interpolate(public_column),
        one * pow(n, -1, MODULUS),
    ]
    remainders = []
    for index in range(QUOTIENT_COSETS):
        shift = quotient_shift(n, index)
        divisor = pow(vanishing(n, shift), -1, MODULUS)
        *cells, z_here, inputs, first = on_coset(moving, n, index, backend)
        fixed = key.on_cosets[index] if key.on_cosets else None
        columns = [
            *(fixed or on_coset(key.polynomials, n, index, backend)),
            *cells,
            *map(backend.next_row, cells),
            *(z_here, backend.next_row(z_here), inputs, first, rows * shift, one),
        ]

        def divided(columns: Sequence[Column], divisor: int = divisor) -> Column:
            return _numerator(columns, beta, gamma, alpha) * divisor

        values = backend.in_parts(divided, columns)
        remainders.append(backend.interpolate_on_coset(values, shift))
        progress("quotient", (index + 1) / (QUOTIENT_COSETS + 1))
    return split_quotient(backend, remainders, n)


def _numerator(columns: Sequence[Column], beta: int, gamma: int, alpha: int) -> Column:
    """Compute all constraints of a row as one column."""
    kinds = iter(columns)
    selectors = [next(kinds) for _ in Gate]
    constants = [next(kinds) for _ in range(CONSTANTS)]
    sigmas = [next(kinds) for _ in range(WIRES)]
    wires = [next(kinds) for _ in range(WIRES)]
    below = [next(kinds) for _ in range(WIRES)]
    z, z_next, inputs, first, x, one = kinds

    row = Row(wires=wires, below=below, constants=constants, one=one)
    identities = [x * coset for coset in WIRE_COSETS]
    total = inputs
    for selector, constraints in zip(selectors, CONSTRAINTS.values(), strict=True):
        total = total + selector * combined(constraints(row), alpha)
    step = z * cell_product(wires, identities, beta, one * gamma)
    step = step - z_next * cell_product(wires, sigmas, beta, one * gamma)
    permuted = pow(alpha, CONSTRAINT_COUNT, MODULUS)
    return total + step * permuted + first * (z - one) * (permuted * alpha % MODULUS)


def commit_to_quotient(
    key: ProvingKey, parts: Sequence[Column], blinder: int, backend: Backend
) -> tuple[Committed, Committed]:
    """
    Split t into t_lo + X^3n t_hi and commit to both.

    What the blinder adds to t_lo at X^3n it takes from t_hi, so that t stays as it is.

    Requirements:
        PAYY-CIRCUITS-028
    """
    n = key.verification.size
    half = QUOTIENT_COSETS // 2
    lower, upper = _joined(parts[:half], n, backend), _joined(parts[half:], n, backend)
    # Blinded wires have degree n + 2, so t has at most degree 5n + 9.
    upper = backend.slice(upper, 0, 2 * n + 10)
    blinding = backend.column([blinder])
    t_lo = backend.combine([lower, times_power(backend, blinding, 1, half * n)], [1, 1])
    t_hi = backend.combine([upper, blinding], [1, MODULUS - 1])
    return _committed(key, t_lo, backend), _committed(key, t_hi, backend)


# Round 4


def evaluate_polynomials(
    key: ProvingKey, wires: Sequence[Committed], z: Committed, zeta: int, backend: Backend
) -> Evaluations:
    """Evaluate what the verifier cannot combine by himself."""
    zeta_omega = zeta * root_of_unity(key.verification.size) % MODULUS

    def at(point: int, polynomials: Sequence[Column]) -> tuple[int, ...]:
        return tuple(backend.evaluate(polynomial, point) for polynomial in polynomials)

    wire_polynomials = [wire.polynomial for wire in wires]
    return Evaluations(
        wires=at(zeta, wire_polynomials),
        sigmas=at(zeta, _opened_sigmas(key)),
        constants=at(zeta, _constants(key)),
        z_next=backend.evaluate(z.polynomial, zeta_omega),
        wires_next=at(zeta_omega, wire_polynomials),
    )


# Round 5


def linearisation_polynomial(
    key: ProvingKey,
    linearisation: Linearisation,
    z: Committed,
    t_lo: Committed,
    t_hi: Committed,
    backend: Backend,
) -> Column:
    """Compute r, but for its constant."""
    selectors, sigma = key.polynomials[: len(Gate)], key.polynomials[-1]
    polynomials = [*selectors, sigma, z.polynomial, t_lo.polynomial, t_hi.polynomial]
    return backend.combine(polynomials, linearisation.factors)


def open_polynomials(
    key: ProvingKey,
    wires: Sequence[Committed],
    z: Committed,
    r: Column,
    zeta: int,
    v: int,
    backend: Backend,
) -> tuple[G1Point, G1Point]:
    """
    Commit to W_zeta and W_zeta_omega, which show that the values are right.

    Each is a combination of polynomials less that of their values, divided by X less the point.
    The values only change the remainder, so they need not be subtracted.
    """
    zeta_omega = zeta * root_of_unity(key.verification.size) % MODULUS
    wire_polynomials = [wire.polynomial for wire in wires]

    def opening(point: int, polynomials: Sequence[Column]) -> G1Point:
        factors = [pow(v, i, MODULUS) for i in range(len(polynomials))]
        dividend = backend.combine(polynomials, factors)
        return backend.commit(key.powers, backend.divide_by_root(dividend, point))

    at_zeta = [r, *wire_polynomials, *_opened_sigmas(key), *_constants(key)]
    return opening(zeta, at_zeta), opening(zeta_omega, [z.polynomial, *wire_polynomials])


def _constants(key: ProvingKey) -> tuple[Column, ...]:
    return key.polynomials[len(Gate) : len(Gate) + CONSTANTS]


def _opened_sigmas(key: ProvingKey) -> tuple[Column, ...]:
    return key.polynomials[-WIRES:][:OPENED_SIGMAS]


def _committed(key: ProvingKey, polynomial: Column, backend: Backend) -> Committed:
    return Committed(polynomial=polynomial, point=backend.commit(key.powers, polynomial))


def _blinded(polynomial: Column, scalars: Sequence[int], size: int, backend: Backend) -> Column:
    """
    Add (b_0 + b_1 X + b_2 X^2) Z_H, which changes nothing on H.

    Requirements:
        PAYY-CIRCUITS-028
    """
    mask = backend.column(scalars)
    above = times_power(backend, mask, len(scalars), size)
    return backend.combine([polynomial, mask, above], [1, MODULUS - 1, 1])


def _joined(parts: Sequence[Column], size: int, backend: Backend) -> Column:
    """Put parts of `size` coefficients one above the other."""
    placed = [times_power(backend, part, size, m * size) for m, part in enumerate(parts)]
    return backend.combine(placed, [1] * len(placed))
