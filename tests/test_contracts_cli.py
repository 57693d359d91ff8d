"""`payy-ref contracts`: what it writes is what is committed, and bad files get a plain message."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner, Result

from circuits import utxo
from payy_ref.cli import contracts
from payy_ref.cli.contracts import CEREMONY, KEY_FILE, Ceremony
from payy_ref.cli.main import app
from payy_ref.ethereum.artefact import read_artefact
from payy_ref.ethereum.embedded import EmbeddedChain
from payy_ref.ledger import builder
from payy_ref.proofs import solidity
from payy_ref.proofs.curve import G2_GENERATOR, fast_pairing_check, multiply_g2
from payy_ref.proofs.fast import FAST, powers_of_g1, sum_of_multiples
from payy_ref.proofs.keys import decode_key, encode_key, preprocess
from payy_ref.proofs.proof import encode_proof
from payy_ref.proofs.prover import draw_blinding, prove
from payy_ref.proofs.setup import from_powers_of_tau
from payy_ref.proofs.verifier import verify
from payy_ref.testing.powers_of_tau import SECRET, g2_section, good_file, header, written
from tests.plonk_circuits import case
from tests.test_setup import REAL_FILE

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = (
    "proofs/DevelopmentSetup.sol",
    "proofs/Gates.sol",
    "proofs/UtxoVerifier.sol",
    "settlement/Poseidon2.sol",
)
POWER: Final = 11
"""Files of this power have 4,095 powers in G1; the client's circuit needs 3,088."""

Document = dict[str, Any]


def payy_ref_contracts(*arguments: str | Path) -> Result:
    """Run the command in this process; an unexpected exception is raised."""
    return CliRunner().invoke(app, ["contracts", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a checkout that holds the key's file and no contracts."""
    for folder in ("spec", "payy_ref", "contracts/proofs", "contracts/keys"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / KEY_FILE, tmp_path / KEY_FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def generated(checkout: Path) -> dict[str, bytes]:
    """Read what there is of contracts."""
    folder = checkout / "contracts"
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.sol")}


# Sources


def test_the_committed_sources_are_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check passes on what is committed."""
    monkeypatch.chdir(ROOT)
    done = payy_ref_contracts("write", "--check")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.endswith("as generated\n")
    assert all(name in done.stdout for name in SOURCES)


def test_sources_are_written_once(checkout: Path) -> None:
    """The first run writes the committed bytes, the second nothing, a third what was changed."""
    done = payy_ref_contracts("write")
    assert done.exit_code == 0, done.stderr
    committed = {name: (ROOT / "contracts" / name).read_bytes() for name in SOURCES}
    assert generated(checkout) == committed
    assert all(f"wrote contracts/{name}\n" in done.stdout for name in SOURCES)
    assert payy_ref_contracts("write").stdout == "4 generated sources\n"
    (checkout / "contracts/proofs/Gates.sol").write_bytes(b"// changed\n")
    done = payy_ref_contracts("write")
    assert done.stdout == "wrote contracts/proofs/Gates.sol\n4 generated sources\n"
    assert generated(checkout) == committed


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_is_not_generated_is_found(checkout: Path, name: str) -> None:
    """Changed, or missing; the check changes nothing."""
    payy_ref_contracts("write")
    file = checkout / "contracts" / name
    file.write_bytes(file.read_bytes() + b"\n")
    before = generated(checkout)
    done = payy_ref_contracts("write", "--check")
    assert done.exit_code == 1
    assert done.stdout == f"contracts/{name}: not what is generated\n"
    assert done.stderr == "If this is meant: make contracts\n"
    assert generated(checkout) == before
    file.unlink()
    assert payy_ref_contracts("write", "--check").exit_code == 1
    assert not file.exists()


def without(name: str) -> Callable[[Document], Any]:
    """Leave a field out."""
    return lambda document: {key: value for key, value in document.items() if key != name}


def with_field(name: str, value: Any) -> Callable[[Document], Any]:
    """Set a field."""
    return lambda document: {**document, name: value}


def with_foreign_key(document: Document) -> Document:
    """Put the key of a small circuit there."""
    return {**document, "key": "0x" + encode_key(case("square").verification).hex()}


def with_bent_point(document: Document) -> Document:
    """Leave the key as it is but for a bit of its first point."""
    key = bytearray.fromhex(document["key"][2:])
    key[128 + 63] ^= 1
    return {**document, "key": "0x" + key.hex()}


BAD_KEY_FILES: Final[dict[str, tuple[Callable[[Document], Any], str]]] = {
    "no circuit": (without("circuit"), "its fields are not circuit, key, setup, setup_blake2b"),
    "no key": (without("key"), "its fields are not"),
    "one more field": (with_field("more", 1), "its fields are not"),
    "a list": (lambda document: [document], "its fields are not"),
    "other circuit": (with_field("circuit", "payy-ref/utxo/2"), "circuit is not payy-ref/utxo/1"),
    "other setup": (with_field("setup", "made-here"), f"setup is not {CEREMONY.name}"),
    "other hash": (with_field("setup_blake2b", "00"), "setup_blake2b is not 47c28211"),
    "no digits": (with_field("key", "0xkey"), "not written in hexadecimal digits"),
    "no text": (with_field("key", 5), "not written in hexadecimal digits"),
    "short key": (with_field("key", "0x00"), "refused, PROOF_KEY_LENGTH"),
    "bent key": (with_bent_point, "refused, PROOF_POINT_NOT_ON_CURVE"),
    "key of another circuit": (
        with_foreign_key,
        "the key is not for a circuit called payy-ref/utxo/1",
    ),
}


@pytest.mark.parametrize("name", BAD_KEY_FILES)
def test_a_bad_key_file_writes_nothing(checkout: Path, name: str) -> None:
    """Exit code 2, the file is named, and what is wrong is said."""
    bend, message = BAD_KEY_FILES[name]
    file = checkout / KEY_FILE
    file.write_text(json.dumps(bend(json.loads(file.read_text()))))
    for options in ([], ["--check"]):
        done = payy_ref_contracts("write", *options)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {file}: ")
        assert message in done.stderr
    assert generated(checkout) == {}


def test_a_key_file_has_to_be_there_and_json(checkout: Path) -> None:
    """Exit code 2 and a message."""
    file = checkout / KEY_FILE
    file.write_text("{")
    done = payy_ref_contracts("write")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "not JSON" in done.stderr
    file.unlink()
    done = payy_ref_contracts("write")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "No such file" in done.stderr
    assert generated(checkout) == {}


# Keys


def made_file(g1: bytes | None = None) -> bytes:
    """Write a file of a known secret; of the powers in G2, nobody reads more than two."""
    count = 2 ** (POWER + 1) - 1
    g2 = g2_section([G2_GENERATOR, multiply_g2(G2_GENERATOR, SECRET)]).ljust(128 << POWER, b"\0")
    contents = {1: header(POWER), 2: g1 or powers_of_g1(SECRET, count).tobytes(), 3: g2}
    return written(contents)


def published(monkeypatch: pytest.MonkeyPatch, file: Path, data: bytes) -> None:
    """Write a file, and take it for the ceremony's."""
    file.write_bytes(data)
    blake2b = hashlib.blake2b(data).hexdigest()
    monkeypatch.setattr(contracts, "CEREMONY", Ceremony(name="made-here", blake2b=blake2b))


def test_a_key_is_made_from_a_file(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the circuit's on the file's setup, is compared when asked, and makes a contract."""
    file = checkout / "made.ptau"
    published(monkeypatch, file, made_file())
    done = payy_ref_contracts("key", "--powers-of-tau", file, "--check")
    assert done.exit_code == 1
    assert done.stdout == "contracts/keys/utxo.json: not what is generated\n"
    done = payy_ref_contracts("key", "--powers-of-tau", file)
    assert (done.exit_code, done.stdout) == (0, "wrote contracts/keys/utxo.json\n")
    done = payy_ref_contracts("key", "--powers-of-tau", file, "--check")
    assert (done.exit_code, done.stdout) == (0, "contracts/keys/utxo.json: as generated\n")

    document = json.loads((checkout / KEY_FILE).read_text())
    setup = from_powers_of_tau(
        file.read_bytes(), name="made-here", pairing_check=fast_pairing_check()
    )
    _, key = preprocess(utxo.utxo().system, setup, FAST)
    assert key.x_g2 == multiply_g2(G2_GENERATOR, SECRET)
    assert document == {
        "circuit": utxo.NAME,
        "key": "0x" + encode_key(key).hex(),
        "setup": "made-here",
        "setup_blake2b": hashlib.blake2b(file.read_bytes()).hexdigest(),
    }
    assert payy_ref_contracts("write").exit_code == 0
    text = (checkout / solidity.FOLDER / "UtxoVerifier.sol").read_text()
    assert solidity.keys_in_source(text) == (key,)
    assert "on the setup made-here" in text


def test_a_file_that_is_not_of_use_makes_no_key(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, the file is named with the code, and the key stays as it was."""
    file = checkout / "made.ptau"
    count = 2 ** (POWER + 1) - 1
    unrelated = powers_of_g1(SECRET, count).copy()
    unrelated[7] = unrelated[8]
    cases = {
        "SETUP_TOO_SHORT": good_file(),
        "SETUP_FILE_MALFORMED": made_file()[:-1],
        "SETUP_NOT_POWERS": made_file(unrelated.tobytes()),
        "SETUP_GENERATOR_MISMATCH": made_file(unrelated[::-1].tobytes()),
    }
    for code, data in cases.items():
        published(monkeypatch, file, data)
        done = payy_ref_contracts("key", "--powers-of-tau", file)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == f"error: {file}: refused, {code}\n"
    assert (checkout / KEY_FILE).read_bytes() == (ROOT / KEY_FILE).read_bytes()


def test_only_the_ceremonys_file_makes_the_key(checkout: Path) -> None:
    """Any other file is refused by its hash, and one that cannot be read by its name."""
    file = checkout / "made.ptau"
    file.write_bytes(made_file())
    done = payy_ref_contracts("key", "--powers-of-tau", file)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"error: {file}: refused, SETUP_HASH_MISMATCH\n"
    for wrong in (checkout / "missing.ptau", checkout):
        done = payy_ref_contracts("key", "--powers-of-tau", wrong)
        assert (done.exit_code, done.stdout) == (2, "")
        assert str(wrong) in done.stderr
    assert (checkout / KEY_FILE).read_bytes() == (ROOT / KEY_FILE).read_bytes()


@pytest.fixture
def ceremony_file() -> Path:
    """Find the ceremony's file."""
    if REAL_FILE not in os.environ:
        pytest.skip(f"{REAL_FILE} names no file of the ceremony")
    return Path(os.environ[REAL_FILE])


def test_the_committed_key_is_made_from_the_ceremony(
    ceremony_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the published hash and all checks."""
    monkeypatch.chdir(ROOT)
    done = payy_ref_contracts("key", "--powers-of-tau", ceremony_file, "--check")
    assert (done.exit_code, done.stdout) == (0, "contracts/keys/utxo.json: as generated\n")


def test_a_proof_made_now_is_accepted_by_the_committed_contract(ceremony_file: Path) -> None:
    """Proving key from the ceremony, key from the committed file, contract as compiled."""
    setup = from_powers_of_tau(
        ceremony_file.read_bytes(),
        name=CEREMONY.name,
        blake2b=bytes.fromhex(CEREMONY.blake2b),
        sum_of_multiples=sum_of_multiples,
        pairing_check=fast_pairing_check(),
    )
    proving, _ = preprocess(utxo.utxo().system, setup, FAST)
    witness = utxo.utxo().fill(utxo.inputs_of(builder.send([], [])))
    blinding = draw_blinding(secrets.token_bytes)
    proof = prove(proving, witness.wires, witness.public, blinding, FAST)
    committed = json.loads((ROOT / KEY_FILE).read_text())["key"]
    key = decode_key(bytes.fromhex(committed[2:]))
    verify(key, witness.public, proof, fast_pairing_check())
    with EmbeddedChain() as chain:
        contract = chain.deploy(read_artefact(ROOT / "contracts/build/UtxoVerifier.json"))
        public = list(map(int, witness.public))
        assert chain.call(contract, "verify", encode_proof(proof), public) is True
