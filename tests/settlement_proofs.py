"""
Real proofs for the contracts of settlement, of the smaller network and over the insecure setup.

Clients' proofs, proofs of blocks, proofs that a transaction can have no place; and the contracts
that judge them.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from eth_abi.abi import encode

from circuits import block, utxo
from payy_ref.crypto.field import FieldElement
from payy_ref.ethereum.artefact import read_artefact
from payy_ref.ethereum.chain import Chain, Contract
from payy_ref.ledger.block import EMPTY_PLACE, commit_hash
from payy_ref.ledger.transaction import Statement
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.parameters import Preset, load_preset
from payy_ref.proofs.backend import default_backend, default_powers_of_g1
from payy_ref.proofs.keys import ProvingKey, encode_key, powers_needed, preprocess
from payy_ref.proofs.proof import encode_proof
from payy_ref.proofs.prover import prove
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, TrustedSetup, development
from payy_ref.proofs.system import Circuit
from tests.plonk_circuits import BLINDING

ARTEFACTS: Final = Path(__file__).parents[1] / "contracts" / "build"
"""Where the compiled contracts are."""

MINIMAL: Final = load_preset(Preset.MINIMAL)
"""The network whose blocks are proved here."""


@cache
def development_setup() -> TrustedSetup:
    """Make the setup that proves nothing, for the larger circuit."""
    count = powers_needed(block.block(MINIMAL).system.size)
    powers = default_powers_of_g1()
    return development(count, name=DEVELOPMENT_SETUP_NAME, powers_of_g1=powers)


CIRCUITS: Final[dict[str, Callable[[], Circuit]]] = {
    "client": utxo.utxo,
    "block": lambda: block.block(MINIMAL),
}
"""What is proved."""


@cache
def key_of(name: str) -> ProvingKey:
    """Make the keys of a circuit."""
    system = CIRCUITS[name]().system
    return preprocess(system, development_setup(), default_backend(), keep_cosets=False)[0]


def proven(name: str, inputs: dict[str, int]) -> bytes:
    """Prove a circuit."""
    witness = CIRCUITS[name]().fill(inputs)
    proof = prove(key_of(name), witness.wires, witness.public, BLINDING, default_backend())
    return encode_proof(proof)


@cache
def client_proof(statement: Statement) -> bytes:
    """Prove a transaction."""
    return proven("client", utxo.inputs_of(statement))


def block_argument(tree: PersistentTree, statements: Sequence[Statement]) -> bytes:
    """Prove what a block does to a tree, as `BlockProof` takes it."""
    missing = MINIMAL.block_transactions - len(statements)
    transactions = [statement.public for statement in statements]
    proof = proven("block", block.inputs_of(tree, transactions, MINIMAL))
    words = [word for each in (*transactions, *[EMPTY_PLACE] * missing) for word in each.words]
    clients = [*map(client_proof, statements), *[b""] * missing]
    return encode(["uint256[]", "bytes[]", "bytes"], [words, clients, proof])


def void_argument(tree: PersistentTree, statement: Statement) -> bytes:
    """Prove that a transaction can have no place on a tree, as `VoidProof` takes it."""
    proof = proven("block", block.inputs_of(tree, [statement.public], MINIMAL))
    bound_by: FieldElement = commit_hash([statement.public], MINIMAL)
    client = client_proof(statement)
    return encode(["uint256", "bytes", "bytes"], [bound_by, client, proof])


def deploy_judges(chain: Chain) -> tuple[Contract, Contract, Contract]:
    """Make the contracts that judge blocks, transactions, and what can have no place."""

    def deployed(name: str, *arguments: object) -> Contract:
        return chain.deploy(read_artefact(ARTEFACTS / f"{name}.json"), *arguments)

    client, blocks = (encode_key(key_of(name).verification) for name in CIRCUITS)
    clients = deployed("KeyedPlonkVerifier", client).address
    both = deployed("KeyedBlockVerifier", client, blocks).address
    places = MINIMAL.block_transactions
    return (
        deployed("BlockProof", both, places, MINIMAL.block_message_words),
        deployed("TransactionProof", clients),
        deployed("VoidProof", both, places),
    )
