"""
The transcript: where the verifier's random challenges come from.

Each challenge is a hash of all that was said before it, so that nobody can choose what he says
with the challenge in mind. A state is a Keccak-256 hash; it takes in the next message of the
prover, as 32-byte words, and a challenge is its value modulo r.

Source: Fiat, Shamir 1986; PLONK (eprint 2019/953), section 8, for what is hashed when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NewType

from payy_ref.crypto.field import ELEMENT_BYTES, MODULUS, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.proofs.curve import G1Point, encode_g1
from payy_ref.proofs.proof import Evaluations, Proof

State = NewType("State", bytes)
"""A hash of all messages so far: 32 bytes."""

TAG: Final = b"payy-ref/plonk/1".ljust(ELEMENT_BYTES, b"\0")
"""First word of every transcript: the proof system and its version."""

BATCH_TAG: Final = b"payy-ref/plonk-batch/1".ljust(ELEMENT_BYTES, b"\0")
"""First word of what the challenge of a batch comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenges:
    """The challenges of one proof, named as in the paper."""

    beta: int
    """Tells the identities of cells apart."""
    gamma: int
    """Tells the values of cells apart."""
    alpha: int
    """Its powers keep constraints apart."""
    zeta: int
    """Where polynomials are opened."""
    v: int
    """Its powers keep the polynomials of one opening apart."""
    u: int
    """Keeps the two openings apart."""
    final: State
    """The state after the last message, which stands for the whole proof in a batch."""


def start(key_digest: bytes, public: Sequence[int]) -> State:
    """Begin with the verification key, the number of public inputs, and the public inputs."""
    words = b"".join(map(element_bytes, public))
    return State(keccak256(TAG + key_digest + element_bytes(len(public)) + words))


def after_wires(state: State, wires: Sequence[G1Point]) -> State:
    """Take in the message of round 1."""
    return _absorb(state, b"".join(map(encode_g1, wires)))


def after_permutation(state: State, z: G1Point) -> State:
    """Take in the message of round 2."""
    return _absorb(state, encode_g1(z))


def after_quotient(state: State, t_lo: G1Point, t_hi: G1Point) -> State:
    """Take in the message of round 3."""
    return _absorb(state, encode_g1(t_lo) + encode_g1(t_hi))


def after_evaluations(state: State, evaluations: Evaluations) -> State:
    """Take in the message of round 4."""
    return _absorb(state, b"".join(map(element_bytes, evaluations.words)))


def after_openings(state: State, w_zeta: G1Point, w_zeta_omega: G1Point) -> State:
    """Take in the message of round 5."""
    return _absorb(state, encode_g1(w_zeta) + encode_g1(w_zeta_omega))


def _absorb(state: State, message: bytes) -> State:
    return State(keccak256(state + message))


def challenge(state: State) -> int:
    """Read the challenge of a state."""
    return int.from_bytes(state, "big") % MODULUS


def second_challenge(state: State) -> int:
    """Read another challenge of the same state: gamma beside beta."""
    return challenge(_absorb(state, b"\1"))


def challenges(key_digest: bytes, public: Sequence[int], proof: Proof) -> Challenges:
    """
    Go through a whole proof.

    Requirements:
        PAYY-CIRCUITS-026
    """
    first = after_wires(start(key_digest, public), proof.wires)
    second = after_permutation(first, proof.z)
    third = after_quotient(second, proof.t_lo, proof.t_hi)
    fourth = after_evaluations(third, proof.evaluations)
    final = after_openings(fourth, proof.w_zeta, proof.w_zeta_omega)
    return Challenges(
        beta=challenge(first),
        gamma=second_challenge(first),
        alpha=challenge(second),
        zeta=challenge(third),
        v=challenge(fourth),
        u=challenge(final),
        final=final,
    )


def batch_challenge(finals: Sequence[State]) -> int:
    """
    Draw rho, whose powers keep the proofs of a batch apart, from all of them.

    Requirements:
        PAYY-CIRCUITS-030
    """
    count = element_bytes(len(finals))
    return challenge(State(keccak256(BATCH_TAG + count + b"".join(finals))))
