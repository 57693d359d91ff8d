"""Small circuits with keys and proofs, and a prover whose rounds a test can replace."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, Final

from payy_ref.crypto.poseidon2 import permutation_rows, permutation_trace, round_constants
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.proofs import transcript
from payy_ref.proofs.backend import Backend, BackendName, backend
from payy_ref.proofs.curve import pairings_cancel, pairings_cancel_in_evm
from payy_ref.proofs.gates import Gate, partial_row_constants
from payy_ref.proofs.keys import ProvingKey, VerificationKey, powers_needed, preprocess
from payy_ref.proofs.linearisation import linearise
from payy_ref.proofs.plain import PLAIN
from payy_ref.proofs.proof import Proof
from payy_ref.proofs.prover import (
    commit_to_permutation,
    commit_to_quotient,
    commit_to_wires,
    compute_quotient,
    evaluate_polynomials,
    linearisation_polynomial,
    open_polynomials,
    prove,
)
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, TrustedSetup, development
from payy_ref.proofs.system import UNUSED, Builder, Circuit, System, Witness
from payy_ref.proofs.verifier import verify

BLINDING: Final = tuple(range(1000, 1016))
"""Sixteen scalars, as good as any where nothing is secret."""

PAIRING: Final = pairings_cancel_in_evm if find_spec("pyrevm") else pairings_cancel
"""The faster of the pairing checks that are there."""


QUICK: Final = backend(BackendName.FAST)
"""For tests that are about the proof system and make many proofs."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A circuit, a witness of it, and its keys."""

    system: System
    witness: Witness
    proving: ProvingKey
    verification: VerificationKey


def square_circuit(name: str = "square") -> Circuit:
    """Know a root p of the public x; then rows that depend on p, and y, which is free."""
    builder = Builder(name)
    x, y = builder.public("x"), builder.public("y")
    p, spare = builder.private("p"), builder.private("spare")
    builder.bind_arithmetic("square", (1, 0, 0, 0), p, p, result=x)
    # Two cells that are copies of each other and that no gate reads.
    builder.row(None, (spare, spare, UNUSED, UNUSED), name="spare")
    value = builder.arithmetic("double", (0, 2, 0, 3), p)
    for i in range(8):
        value = builder.arithmetic(f"step[{i}]", (1, i, 1, i), value, x, y)
    return builder.build()


def digits_circuit() -> Circuit:
    """Know that the public value has eight digits of base 4."""
    builder = Builder("digits")
    value, zero = builder.public("value"), builder.constant(0)
    middle = builder.derive(lambda v: [v >> 2 * (8 - i) for i in range(1, 8)], (value,), 7)
    builder.row(Gate.DIGITS, (zero, *middle[:3]), name="high")
    builder.row(Gate.DIGITS, middle[3:], name="low")
    builder.row(None, (value, UNUSED, UNUSED, UNUSED), name="end")
    return builder.build()


def permutation_circuit() -> Circuit:
    """Know a state whose Poseidon2 permutation starts with the public value: all hash gates."""
    builder = Builder("permutation")
    output = builder.public("output")
    state = tuple(builder.private(f"state[{i}]") for i in range(4))
    cells = builder.derive(lambda *state: permutation_rows(state), state, 4 * 24)
    rows = [state, *(cells[i : i + 4] for i in range(0, len(cells), 4))]
    rows[-1] = (output, *rows[-1][1:])
    gates = [
        (Gate.ABSORB, (0, 1, 1, 0)),
        *((Gate.FULL_ROUND, constants) for constants in round_constants()[:4]),
        (Gate.ENTER_PARTIAL, (0, 0, 0, 0)),
        *((Gate.PARTIAL_ROUNDS, constants) for constants in partial_row_constants()),
        (Gate.LEAVE_PARTIAL, (0, 0, 0, 0)),
        *((Gate.FULL_ROUND, constants) for constants in round_constants()[60:]),
        (None, (0, 0, 0, 0)),
    ]
    for i, ((gate, (q0, q1, q2, q3)), row) in enumerate(zip(gates, rows, strict=True)):
        builder.row(gate, row, (q0, q1, q2, q3), name=f"row[{i}]")
    return builder.build()


CIRCUITS: Final[dict[str, Callable[[], tuple[Circuit, dict[str, int]]]]] = {
    "square": lambda: (square_circuit(), {"x": 9, "y": 5, "p": 3, "spare": 8}),
    "digits": lambda: (digits_circuit(), {"value": 0xBEEF}),
    "permutation": lambda: (
        permutation_circuit(),
        {
            "output": permutation_trace((1, 2, 3, 4))[-1][0],
            **{f"state[{i}]": i + 1 for i in range(4)},
        },
    ),
}
"""By name: the circuit and inputs that satisfy it."""


@cache
def setup(size: int = 32) -> TrustedSetup:
    """Make the development setup for circuits of up to 32 rows."""
    return development(powers_needed(size), name=DEVELOPMENT_SETUP_NAME)


@cache
def case(name: str, chosen: BackendName = BackendName.PLAIN) -> Case:
    """Make the keys of a circuit."""
    circuit, inputs = CIRCUITS[name]()
    return case_of(circuit, inputs, backend(chosen))


def case_of(circuit: Circuit, inputs: dict[str, int], chosen: Backend = PLAIN) -> Case:
    """Make keys of any circuit."""
    proving, verification = preprocess(circuit.system, setup(), chosen)
    return Case(
        system=circuit.system,
        witness=circuit.fill(inputs),
        proving=proving,
        verification=verification,
    )


@cache
def proof_of(name: str, chosen: BackendName = BackendName.PLAIN) -> Proof:
    """Prove a circuit with its witness."""
    made = case(name, chosen)
    table, public = made.witness.wires, made.witness.public
    return prove(made.proving, table, public, BLINDING, backend(chosen))


def verdict(key: VerificationKey, public: Sequence[int], proof: Proof) -> ErrorCode | None:
    """Verify; None is acceptance."""
    try:
        verify(key, public, proof, PAIRING)
    except SpecError as error:
        return error.code
    return None


Hook = Callable[[SimpleNamespace], Any]
"""Replaces what a round computes, from all that there is before it."""


def run_rounds(
    key: ProvingKey,
    table: Sequence[Sequence[int]],
    public: Sequence[int],
    blinding: Sequence[int] = BLINDING,
    *,
    chosen: Backend = PLAIN,
    forge_z: Hook | None = None,
    forge_t: Hook | None = None,
    forge_evaluations: Hook | None = None,
    forge_openings: Hook | None = None,
) -> SimpleNamespace:
    """
    Prove without looking whether the witness is right, and keep everything.

    A hook finds the transcript's next state as it is before its own message, in `state`.
    """
    n, made, b = key.verification.size, SimpleNamespace(key=key, public=public), chosen
    made.values = [b.column(column) for column in table]
    made.state = transcript.start(key.verification.digest, public)
    made.wires = commit_to_wires(key, made.values, blinding[:12], b)
    made.state = transcript.after_wires(made.state, [wire.point for wire in made.wires])
    made.beta = transcript.challenge(made.state)
    made.gamma = transcript.second_challenge(made.state)

    made.z = (
        forge_z(made)
        if forge_z
        else commit_to_permutation(key, made.values, blinding[12:15], made.beta, made.gamma, b)
    )
    made.state = transcript.after_permutation(made.state, made.z.point)
    made.alpha = transcript.challenge(made.state)

    made.parts = compute_quotient(
        key, made.wires, made.z, public, made.beta, made.gamma, made.alpha, b, lambda *_: None
    )
    made.t_lo, made.t_hi = (
        forge_t(made) if forge_t else commit_to_quotient(key, made.parts, blinding[15], b)
    )
    made.state = transcript.after_quotient(made.state, made.t_lo.point, made.t_hi.point)
    made.zeta = transcript.challenge(made.state)

    honest = evaluate_polynomials(key, made.wires, made.z, made.zeta, b)
    made.evaluations = honest
    made.evaluations = forge_evaluations(made) if forge_evaluations else honest
    made.state = transcript.after_evaluations(made.state, made.evaluations)
    made.v = transcript.challenge(made.state)

    made.linearisation = linearise(
        n,
        public,
        made.evaluations,
        beta=made.beta,
        gamma=made.gamma,
        alpha=made.alpha,
        zeta=made.zeta,
    )
    made.r = linearisation_polynomial(key, made.linearisation, made.z, made.t_lo, made.t_hi, b)
    made.openings = open_polynomials(key, made.wires, made.z, made.r, made.zeta, made.v, b)
    if forge_openings:
        made.openings = forge_openings(made)
    made.proof = Proof(
        wires=tuple(wire.point for wire in made.wires),
        z=made.z.point,
        t_lo=made.t_lo.point,
        t_hi=made.t_hi.point,
        w_zeta=made.openings[0],
        w_zeta_omega=made.openings[1],
        evaluations=made.evaluations,
    )
    return made
