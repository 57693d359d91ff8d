"""`payy-ref demo`: what runs of the network so far."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape

from circuits.utxo import inputs_of, utxo
from payy_ref.cli.project import load_kernels, output
from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.builder import Recipient, burn, mint, send
from payy_ref.ledger.chain import (
    Archive,
    Ledger,
    build,
    checkpoint_of,
    extend,
    genesis_ledger,
    rebuild,
)
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.link import Link, LinkVersion, decode_link, encode_link
from payy_ref.ledger.mempool import Mempool, add, choose, lease, settle
from payy_ref.ledger.note import (
    InputNote,
    Note,
    Psi,
    SecretKey,
    checked_value,
    note_address,
    note_of_link,
)
from payy_ref.ledger.sequence import Height, ProvenTransaction
from payy_ref.ledger.transaction import Statement
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.proofs.backend import (
    default_backend,
    default_powers_of_g1,
    default_sum_of_multiples,
)
from payy_ref.proofs.batch import Claim, verify_batch
from payy_ref.proofs.curve import fast_pairing_check
from payy_ref.proofs.keys import ProvingKey, powers_needed, preprocess
from payy_ref.proofs.proof import decode_proof, encode_proof
from payy_ref.proofs.prover import draw_blinding, prove
from payy_ref.proofs.setup import DEVELOPMENT_SETUP_NAME, development
from payy_ref.proofs.verifier import verify

MISSING = "the registry, the ranking and the rewards of provers"

ALICE = SecretKey(FieldElement(0xA11CE))
BOB = SecretKey(FieldElement(0xB0B))
SHOP = Recipient(bytes.fromhex("00000000000000000000000000000000000051aa"))


def demo(
    preset: Annotated[Preset, typer.Option(help="Which network's parameters.")] = Preset.MAINNET,
) -> None:
    """
    Run what there is of the network and say what is missing.

    So far: money is minted, handed over by a payment link, spent, burned, each with a proof; blocks
    are rebuilt.
    """
    load_kernels()
    parameters = load_preset(preset)
    output.print(
        f"[bold]payy-ref demo[/bold], preset {preset}: tree of depth {parameters.tree_depth}, "
        f"{parameters.block_transactions} transactions a block\n"
    )
    ledger = genesis_ledger(parameters)
    _print_value("genesis block", f"0x{ledger.block_hash.hex()}")
    key = _client_key()
    archive = Archive(checkpoint=checkpoint_of(ledger))

    coins = _note(ALICE, 100, psi=1)
    minting = mint([coins])
    minted = _proven(minting, key)
    ledger, archive = _next_block(ledger, archive, [minted], parameters, key)
    output.print("alice mints 100")

    link = Link(version=LinkVersion(2), secret_key=0x5EED, value=30, referral="REF123")
    payload = encode_link(link)
    handed = note_of_link(decode_link(payload))
    change = _note(ALICE, 70, psi=2)
    paying = send([InputNote(note=coins, secret_key=ALICE)], [handed.note, change])
    ledger, archive = _next_block(ledger, archive, [_proven(paying, key)], parameters, key)
    _print_value("alice hands 30 over with a payment link", payload)

    sweep = send([handed], [_note(BOB, 30, psi=3)])
    twice = send([handed], [_note(ALICE, 30, psi=4)])
    pool = add(Mempool(), sweep.public)
    refusal = _refusal(lambda: add(pool, twice.public))
    output.print(f"bob sweeps it; alice takes the same note back at once: refused, {refusal}")
    leaving = burn([InputNote(note=change, secret_key=ALICE)], SHOP, [_note(ALICE, 45, psi=5)])
    forged = replace(minted, public=sweep.public)
    refusal = _refusal(lambda: _check(forged, key))
    output.print(f"carol sweeps it with a proof of another transaction: refused, {refusal}")
    taken = [_proven(sweep, key), _proven(leaving, key)]
    ledger, archive = _next_block(ledger, archive, taken, parameters, key)
    output.print("alice burns 25 for a payment on Ethereum")

    output.print(f"\n{ledger.height} blocks, {len(ledger.tree)} unspent notes")
    _print_value("root", f"0x{ledger.tree.root:064x}")
    if rebuild(archive, parameters) != ledger:
        raise AssertionError("the rebuilt ledger is another one")
    output.print("another sequencer rebuilds the same ledger from the blocks")
    refusal = _refusal(lambda: extend(ledger, archive.blocks[-1], parameters))
    output.print(f"the last block once more: refused, {refusal}")
    output.print("\nNot shown here: settlement on Ethereum, which `payy-ref bench gas` runs,")
    output.print("and consensus, which `payy-ref simulate` runs.")
    output.print(f"Not part of this version: {MISSING}.", soft_wrap=False)


def _refusal(attempt: Callable[[], object]) -> ErrorCode:
    """Give the code with which an attempt is refused; that it is not would be a fault."""
    try:
        attempt()
    except SpecError as error:
        return error.code
    raise AssertionError("what must be refused was accepted")


def _note(owner: SecretKey, value: int, *, psi: int) -> Note:
    return Note(
        kind=POLYGON_USDC,
        value=checked_value(value),
        address=note_address(owner),
        psi=Psi(FieldElement(psi)),
    )


def _next_block(
    ledger: Ledger,
    archive: Archive,
    arrived: Sequence[ProvenTransaction],
    parameters: Parameters,
    key: ProvingKey,
) -> tuple[Ledger, Archive]:
    """Let transactions arrive in a pool, and make the next block of them."""
    pool = Mempool()
    for transaction in arrived:
        _check(transaction, key)
        pool = add(pool, transaction.public)
    height = Height(ledger.height + 1)
    pool, candidates = lease(pool, height, parameters.block_transactions)
    proposal = choose(ledger.tree, candidates, parameters)
    proofs = {transaction.public: transaction for transaction in arrived}
    proven = [proofs[public] for public in proposal.transactions]
    block = build(ledger, proven, parameters)
    claims = [_claim(transaction, key) for transaction in block.transactions]
    verify_batch(claims, fast_pairing_check(), default_sum_of_multiples())
    if settle(pool, height, proposal.done) != Mempool():
        raise AssertionError("a transaction was left in the pool")
    blocks = (*archive.blocks, block)
    return extend(ledger, block, parameters), replace(archive, blocks=blocks)


def _client_key() -> ProvingKey:
    """Make the keys of the client's circuit over the setup that proves nothing."""
    system = utxo().system
    setup = development(
        powers_needed(system.size),
        name=DEVELOPMENT_SETUP_NAME,
        powers_of_g1=default_powers_of_g1(),
    )
    output.print(f"keys of the client's circuit, {system.rows} rows, over {setup.name}")
    return preprocess(system, setup, default_backend())[0]


def _proven(statement: Statement, key: ProvingKey) -> ProvenTransaction:
    """Prove a transaction, and say how long it took."""
    start = time.perf_counter()
    witness = utxo().fill(inputs_of(statement))
    blinding = draw_blinding(secrets.token_bytes)
    proof = prove(key, witness.wires, witness.public, blinding, default_backend())
    encoded = encode_proof(proof)
    seconds = time.perf_counter() - start
    output.print(f"  a proof of {len(encoded):,} bytes in {seconds:.2f} s", style="dim")
    return ProvenTransaction(proof=encoded, public=statement.public)


def _claim(transaction: ProvenTransaction, key: ProvingKey) -> Claim:
    """Say what a transaction's proof is to show."""
    proof = decode_proof(transaction.proof)
    return Claim(key=key.verification, public=transaction.public.words, proof=proof)


def _check(transaction: ProvenTransaction, key: ProvingKey) -> None:
    """Verify a transaction's proof, as a sequencer does when it arrives."""
    claim = _claim(transaction, key)
    verify(
        claim.key,
        claim.public,
        claim.proof,
        fast_pairing_check(),
        default_sum_of_multiples(),
    )


def _print_value(name: str, value: str) -> None:
    """Print a value on a line of its own, since a hash and its name are wider than a terminal."""
    output.print(f"{name}\n  {escape(value)}")
