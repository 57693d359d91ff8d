"""Suite `plonk`: keys, proofs and verdicts of the proof system."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from circuits.block import proofs_of_block
from payy_ref.crypto.field import FieldElement
from payy_ref.operations.forms import Bytes, Integer, ListOf, Record, Word
from payy_ref.operations.registry import Fields, Operation
from payy_ref.operations.structures import CELLS, ELEMENT, SYSTEM
from payy_ref.parameters import Parameters
from payy_ref.proofs import transcript
from payy_ref.proofs.backend import (
    SumOfMultiples,
    default_backend,
    default_powers_of_g1,
    default_sum_of_multiples,
)
from payy_ref.proofs.batch import Claim, verify_batch
from payy_ref.proofs.curve import PairingCheck, fast_pairing_check
from payy_ref.proofs.keys import KEY_BYTES, check_public, decode_key, encode_key, preprocess
from payy_ref.proofs.proof import PROOF_BYTES, decode_proof, encode_proof
from payy_ref.proofs.prover import BLINDING, prove
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, TrustedSetup, development
from payy_ref.proofs.system import System, checked_witness
from payy_ref.proofs.verifier import verify

Rows = Sequence[Sequence[FieldElement]]
Words = Sequence[int]


def _forms() -> tuple[PairingCheck, SumOfMultiples]:
    """Choose what verifiers compute with."""
    return fast_pairing_check(), default_sum_of_multiples()


def _setup(count: int) -> TrustedSetup:
    return development(count, name=DEVELOPMENT_SETUP_NAME, powers_of_g1=default_powers_of_g1())


def _key(parameters: Parameters, *, system: System, powers: int) -> Mapping[str, Any]:
    _, key = preprocess(system, _setup(powers), default_backend(), keep_cosets=False)
    return {"key": encode_key(key)}


def _prove(
    parameters: Parameters,
    *,
    system: System,
    powers: int,
    witness: Rows,
    public_inputs: Words,
    blinding: Words,
) -> Mapping[str, Any]:
    backend = default_backend()
    key, _ = preprocess(system, _setup(powers), backend, keep_cosets=False)
    filled = checked_witness(system, witness, public_inputs)
    return {"proof": encode_proof(prove(key, filled.wires, public_inputs, blinding, backend))}


def _decode_key(parameters: Parameters, *, key: bytes) -> Mapping[str, Any]:
    decoded = decode_key(key)
    return {
        "circuit": decoded.circuit,
        "rows": decoded.size,
        "public_count": decoded.public_count,
        "digest": decoded.digest,
    }


def _decode_proof(parameters: Parameters, *, proof: bytes) -> Mapping[str, Any]:
    return {"proof": encode_proof(decode_proof(proof))}


def _challenges(
    parameters: Parameters, *, key: bytes, public_inputs: Words, proof: bytes
) -> Mapping[str, Any]:
    decoded, sent = decode_key(key), decode_proof(proof)
    check_public(decoded, public_inputs)
    drawn = transcript.challenges(decoded.digest, public_inputs, sent)
    return {name: getattr(drawn, name) for name in _CHALLENGES}


def _verify(
    parameters: Parameters, *, key: bytes, public_inputs: Words, proof: bytes
) -> Mapping[str, Any]:
    verify(decode_key(key), public_inputs, decode_proof(proof), *_forms())
    return {}


def _verify_batch(
    parameters: Parameters, *, claims: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    decoded = [
        Claim(
            key=decode_key(claim["key"]),
            public=claim["public_inputs"],
            proof=decode_proof(claim["proof"]),
        )
        for claim in claims
    ]
    verify_batch(decoded, *_forms())
    return {}


def _verify_block(
    parameters: Parameters,
    *,
    client_key: bytes,
    block_key: bytes,
    claim: Words,
    words: Words,
    client_proofs: Sequence[bytes],
    block_proof: bytes,
) -> Mapping[str, Any]:
    keys = decode_key(client_key), decode_key(block_key)
    verify_batch(proofs_of_block(*keys, claim, words, client_proofs, block_proof), *_forms())
    return {}


_CHALLENGES: Final[Fields] = {
    "beta": ELEMENT,
    "gamma": ELEMENT,
    "alpha": ELEMENT,
    "zeta": ELEMENT,
    "v": ELEMENT,
    "u": ELEMENT,
    "final": Bytes(32),
}
_SYSTEM: Final[Fields] = {"system": SYSTEM, "powers": Integer()}
_CLAIM: Final[Fields] = {"key": Bytes(), "public_inputs": ListOf(Word()), "proof": Bytes()}

OPERATIONS: Final = (
    Operation(
        suite="plonk",
        name="key",
        summary="Verification key of a system over so many powers of the development setup.",
        inputs=_SYSTEM,
        outputs={"key": Bytes(KEY_BYTES)},
        compute=_key,
    ),
    Operation(
        suite="plonk",
        name="prove",
        summary="Proof of a witness with given blinding, over the development setup.",
        inputs={
            **_SYSTEM,
            "witness": ListOf(CELLS),
            "public_inputs": ListOf(ELEMENT),
            "blinding": ListOf(ELEMENT, BLINDING),
        },
        outputs={"proof": Bytes(PROOF_BYTES)},
        compute=_prove,
    ),
    Operation(
        suite="plonk",
        name="decode_key",
        summary="Verification key from its encoding; what it says of itself, and its digest.",
        inputs={"key": Bytes()},
        outputs={
            "circuit": Bytes(32),
            "rows": Integer(),
            "public_count": Integer(),
            "digest": Bytes(32),
        },
        compute=_decode_key,
    ),
    Operation(
        suite="plonk",
        name="decode_proof",
        summary="Judge the encoding of a proof.",
        inputs={"proof": Bytes()},
        outputs={"proof": Bytes(PROOF_BYTES)},
        compute=_decode_proof,
    ),
    Operation(
        suite="plonk",
        name="challenges",
        summary="Challenges of a proof, valid or not.",
        inputs=_CLAIM,
        outputs=_CHALLENGES,
        compute=_challenges,
    ),
    Operation(
        suite="plonk",
        name="verify",
        summary="Judge a proof.",
        inputs=_CLAIM,
        outputs={},
        compute=_verify,
    ),
    Operation(
        suite="plonk",
        name="verify_batch",
        summary="Judge many proofs at once.",
        inputs={"claims": ListOf(Record(_CLAIM))},
        outputs={},
        compute=_verify_batch,
    ),
    Operation(
        suite="plonk",
        name="verify_block",
        summary="Judge the proof of a block with those of its clients; an empty one is padding.",
        inputs={
            "client_key": Bytes(),
            "block_key": Bytes(),
            "claim": ListOf(Word()),
            "words": ListOf(Word()),
            "client_proofs": ListOf(Bytes()),
            "block_proof": Bytes(),
        },
        outputs={},
        compute=_verify_block,
    ),
)
