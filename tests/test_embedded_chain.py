"""
The chains for contracts: both behave alike, and machine code gives what py-evm itself gives.

The contract is `tests/contracts/Probe.sol`; its compiled form is committed, so no compiler is
needed here.
"""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
from eth.constants import ZERO_ADDRESS
from eth.exceptions import OutOfGas, VMError
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.message import Message as MachineMessage
from eth_typing import Address, ChecksumAddress
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from payy_ref.ethereum import accelerator
from payy_ref.ethereum.artefact import Artefact, ArtefactError, read_artefact
from payy_ref.ethereum.chain import (
    BLOCK_SECONDS,
    CHAIN_ID,
    FIRST_MOMENT,
    GAS,
    Chain,
    ChainError,
    Contract,
    Message,
    RevertedError,
)
from payy_ref.ethereum.choice import CHAINS, UnavailableError, open_chain
from payy_ref.ethereum.embedded import EmbeddedChain
from payy_ref.ethereum.node import AnvilChain, find_anvil

bn254: Any = import_module("py_ecc.optimized_bn128")  # its types do not export what it exports
bls12_381: Any = import_module("py_ecc.optimized_bls12_381")

ROOT: Final = Path(__file__).parents[1]
ARTEFACTS: Final = ROOT / "tests" / "contracts" / "build"
LIMIT: Final = 100
GIVEN: Final = 5
STRANGER: Final = to_checksum_address("0x" + 40 * "1")
ADD, MULTIPLY, PAIRING, BLS12_381_PAIRING = 6, 7, 8, 15
ENOUGH_GAS: Final = 10_000_000


def probe_artefact() -> Artefact:
    """Read the contract that is run here."""
    return read_artefact(ARTEFACTS / "Probe.json")


def deploy_probe(chain: Chain) -> Contract:
    """Put the contract and its library on a chain."""
    library = chain.deploy(read_artefact(ARTEFACTS / "Doubling.json"))
    return chain.deploy(probe_artefact(), LIMIT, value=GIVEN, libraries={"Doubling": library})


@pytest.fixture(scope="module", params=CHAINS)
def shared_chain(request: pytest.FixtureRequest) -> Iterator[tuple[Chain, Contract]]:
    """Start each kind of chain once, with the contract on it."""
    try:
        opened = open_chain(request.param, checkout=ROOT)
    except UnavailableError as reason:
        pytest.skip(str(reason))
    with opened as chain:
        yield chain, deploy_probe(chain)


@pytest.fixture
def chain(shared_chain: tuple[Chain, Contract]) -> Iterator[Chain]:
    """Give the chain as it was just after the contract was made."""
    with shared_chain[0].undone():
        yield shared_chain[0]


@pytest.fixture
def probe(shared_chain: tuple[Chain, Contract]) -> Contract:
    """Give the contract."""
    return shared_chain[1]


# Both chains


def test_the_first_state_is_always_the_same(chain: Chain, probe: Contract) -> None:
    """Accounts, addresses, times and gas are fixed, so that a failure comes again."""
    assert chain.accounts[0] == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert len(set(chain.accounts)) == 10
    assert probe.address == "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
    assert chain.call(probe, "moment") == (CHAIN_ID, 2, FIRST_MOMENT + 2 * BLOCK_SECONDS)
    assert (chain.block_number, chain.timestamp) == (2, FIRST_MOMENT + 2 * BLOCK_SECONDS)
    assert chain.web3.eth.chain_id == CHAIN_ID
    assert chain.balance(probe.address) == GIVEN
    assert chain.balance(chain.accounts[1]) == 10**24
    assert not chain.code(STRANGER)


def test_code_and_storage_are_those_of_the_artefact(chain: Chain, probe: Contract) -> None:
    """The deployed library is its runtime code, and a variable lies where the layout says."""
    artefact = read_artefact(ARTEFACTS / "Doubling.json")
    library = chain.deploy(artefact)
    own_address = bytes.fromhex(library.address[2:])
    expected = bytes.fromhex(artefact.runtime_code)
    assert chain.code(library.address) == expected[:1] + own_address + expected[21:]
    chain.transact(probe, "store", 77, "")
    (entry,) = [
        variable
        for variable in probe.artefact.storage_layout["storage"]
        if variable["label"] == "amount"
    ]
    assert chain.storage(probe.address, int(entry["slot"])) == 77


def test_values_pass_in_and_out(chain: Chain, probe: Contract) -> None:
    """Overloads, structs, several results, none, and code in a linked library."""
    assert chain.call(probe, "pick(uint256)", 0) == "zero"
    assert chain.call(probe, "pick(bool)", True) == "yes"
    word = (7).to_bytes(32, "big")
    assert chain.call(probe, "swap", (3, word)) == ((7, (3).to_bytes(32, "big")), 3)
    assert chain.call(probe, "doubled", 21) == 42
    assert chain.call(probe, "LIMIT") == LIMIT
    again = chain.contract_at(probe_artefact(), probe.address)
    assert again.deployment is None
    assert chain.call(again, "doubled", 4) == 8
    selector = keccak(text="doubled(uint256)")[:4]
    assert chain.calldata(probe, "doubled", 21) == selector + (21).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("store", (1,)), ("store", ("one", "label")), ("nothing", ()), ("doubled", (-1,))],
)
def test_wrong_arguments_are_the_callers_fault(
    chain: Chain, probe: Contract, function: str, arguments: tuple[Any, ...]
) -> None:
    """They are told apart from a rejection."""
    with pytest.raises(TypeError, match="Probe"):
        chain.call(probe, function, *arguments)


def test_a_transaction_changes_the_state_and_tells_of_it(chain: Chain, probe: Contract) -> None:
    """One block, the event with its arguments, the fee that the sender paid."""
    sender = chain.accounts[3]
    before, block = chain.balance(sender), chain.block_number
    receipt = chain.transact(probe, "store", 9, "label", sender=sender, gas=100_000)
    (event,) = receipt.events
    label = keccak(text="label")
    assert (event.name, event.address) == ("Stored", probe.address)
    expected = {"sender": sender, "label": label, "amount": 9, "pair": {"left": 0, "right": label}}
    assert {**event.arguments, "pair": dict(event.arguments["pair"])} == expected
    assert len(receipt.logs) == 1
    assert receipt.block_number == chain.block_number == block + 1
    assert 21_000 < receipt.gas_used < 100_000
    assert chain.balance(sender) == before - receipt.fee
    assert chain.call(probe, "amount") == 9


def test_events_that_nothing_declares_stay_logs(chain: Chain, probe: Contract) -> None:
    """They are kept as the chain keeps them; a function without result gives None."""
    assert chain.call(probe, "announce") is None
    receipt = chain.transact(probe, "announce")
    assert [log.topics for log in receipt.logs[:2]] == [(), ((7).to_bytes(32, "big"),)]
    assert [(event.name, event.arguments["sender"]) for event in receipt.events] == [
        ("Stored", probe.address)
    ]


def test_a_call_changes_nothing_and_costs_nothing(chain: Chain, probe: Contract) -> None:
    """Anybody may call, also a contract and somebody without money."""
    for caller in (STRANGER, probe.address, chain.accounts[0]):
        before = chain.balance(caller), chain.block_number
        assert chain.call(probe, "store", 9, "", sender=caller) == 0
        assert (chain.balance(caller), chain.block_number) == before
    assert chain.call(probe, "amount") == 0


@pytest.mark.parametrize(
    ("way", "name", "arguments", "data"),
    [
        (0, "Error", ("a sentence",), None),
        (1, "Panic", (1,), None),
        (2, "", (), b""),
        (3, "", (), bytes.fromhex("12345678")),
        (4, "", (), b""),
        (5, "", (), b""),
        (6, "", (), keccak(text="AmountTooLarge(uint256,uint256)")[:4] + bytes(32)),
    ],
)
def test_each_way_to_fail_has_its_name(
    chain: Chain, probe: Contract, way: int, name: str, arguments: tuple[Any, ...], data: bytes
) -> None:
    """
    Each is told apart where that can be.

    A sentence, a broken assumption, nothing, an unknown error, no gas left, an invalid
    instruction, half an error.
    """
    with pytest.raises(RevertedError) as caught:
        chain.call(probe, "fail", way, gas=100_000)
    assert (caught.value.name, caught.value.arguments) == (name, arguments)
    assert data is None or caught.value.data == data
    assert caught.value.gas_used is None


def test_a_custom_error_has_its_name_in_calls_and_transactions(
    chain: Chain, probe: Contract
) -> None:
    """A rejected transaction is in a block and costs gas, and leaves the state as it was."""
    with pytest.raises(RevertedError, match=r"AmountTooLarge\(101, 100\)") as caught:
        chain.call(probe, "store", 101, "")
    assert (caught.value.name, caught.value.arguments) == ("AmountTooLarge", (101, LIMIT))
    block = chain.block_number
    with pytest.raises(RevertedError) as caught:
        chain.transact(probe, "store", 101, "")
    assert (caught.value.name, caught.value.arguments) == ("AmountTooLarge", (101, LIMIT))
    assert caught.value.gas_used is not None
    assert 21_000 < caught.value.gas_used < 40_000
    assert chain.block_number == block + 1
    assert chain.call(probe, "amount") == 0
    library = chain.deploy(read_artefact(ARTEFACTS / "Doubling.json"))
    with pytest.raises(RevertedError) as caught:
        chain.deploy(probe_artefact(), 0, libraries={"Doubling": library})
    assert caught.value.name == "NothingGiven"


def test_a_transaction_without_enough_gas_uses_it_up(chain: Chain, probe: Contract) -> None:
    """It is rejected without a name, and the gas is gone."""
    with pytest.raises(RevertedError) as caught:
        chain.transact(probe, "store", 9, "", gas=30_000)
    assert (caught.value.name, caught.value.data, caught.value.gas_used) == ("", b"", 30_000)


def test_money_can_be_sent(chain: Chain, probe: Contract) -> None:
    """To a contract and to an account that has none."""
    chain.send(probe.address, value=7, sender=chain.accounts[2])
    assert chain.call(probe, "received", chain.accounts[2]) == 7
    assert chain.balance(probe.address) == GIVEN + 7
    receipt = chain.send(STRANGER, value=3, gas=21_000)
    assert (chain.balance(STRANGER), receipt.gas_used) == (3, 21_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": STRANGER},
        {"gas": 20_999},
        {"gas": 30_000_001},
        {"value": 10**30},
    ],
)
def test_what_the_chain_does_not_take_leaves_no_block(
    chain: Chain, probe: Contract, changes: dict[str, Any]
) -> None:
    """An unknown sender, gas that is too little or too much, money that is not there."""
    before = chain.block_number, chain.balance(chain.accounts[0])
    with pytest.raises(ChainError):
        chain.send(probe.address, **changes)
    assert (chain.block_number, chain.balance(chain.accounts[0])) == before
    chain.transact(probe, "store", 1, "")
    assert chain.timestamp == FIRST_MOMENT + 3 * BLOCK_SECONDS


def test_a_call_that_the_chain_does_not_take(chain: Chain, probe: Contract) -> None:
    """It is no verdict of the contract."""
    with pytest.raises(ChainError):
        chain.call(probe, "amount", gas=100)
    with pytest.raises(ChainError):
        chain.answer(Message(sender=STRANGER, to=probe.address, value=1))


def test_time_moves_on_as_told(chain: Chain, probe: Contract) -> None:
    """An empty block carries the time; a transaction comes twelve seconds after it."""
    before = chain.timestamp
    chain.advance(1)
    chain.advance(7 * 86_400)
    chain.transact(probe, "store", 1, "")
    later = before + 1 + 7 * 86_400 + BLOCK_SECONDS
    assert chain.call(probe, "moment") == (CHAIN_ID, 5, later)
    with pytest.raises(ChainError, match="forward"):
        chain.advance(0)


def test_one_can_go_back_any_number_of_times(chain: Chain, probe: Contract) -> None:
    """Until one goes back further."""
    older = chain.snapshot()
    chain.transact(probe, "store", 1, "")
    younger = chain.snapshot()
    state = chain.block_number, chain.timestamp, chain.balance(chain.accounts[0])
    for amount in (2, 3):
        chain.transact(probe, "store", amount, "")
        chain.advance(1000)
        chain.revert(younger)
        assert chain.call(probe, "amount") == 1
        assert (chain.block_number, chain.timestamp, chain.balance(chain.accounts[0])) == state
    chain.revert(older)
    assert chain.call(probe, "amount") == 0
    with pytest.raises(ChainError, match="no snapshot"):
        chain.revert(younger)


def test_undone_goes_back_after_an_error_too(chain: Chain, probe: Contract) -> None:
    """A failed test leaves nothing for the next one."""

    def change_and_fail() -> None:
        with chain.undone():
            chain.transact(probe, "store", 1, "")
            chain.transact(probe, "store", 101, "")

    with pytest.raises(RevertedError):
        change_and_fail()
    assert chain.call(probe, "amount") == 0


def test_both_chains_agree_step_by_step() -> None:
    """The same steps give the same gas, fees, events and states on the embedded chain and anvil."""
    program = find_anvil(ROOT)
    if program is None:
        pytest.skip("anvil is not installed; in contracts/: npm ci --ignore-scripts")

    def steps(chain: Chain) -> list[Any]:
        seen: list[Any] = []
        probe = deploy_probe(chain)
        assert probe.deployment is not None
        seen.append((probe.address, probe.deployment.gas_used, probe.deployment.fee))
        for amount in (1, 0, 101, 5):
            try:
                seen.append(chain.transact(probe, "store", amount, f"label {amount}"))
            except RevertedError as error:
                seen.append((error.name, error.arguments, error.gas_used))
            chain.advance(100 + amount)
        pair = bn254_bytes(bn254.G1) + bn254_twist_bytes(bn254.G2)
        for number, data in ((ADD, bytes(128)), (PAIRING, pair), (PAIRING, b"x"), (9, b"")):
            arguments = (precompile(number), data, 200_000)
            seen.append(chain.call(probe, "precompiled", *arguments, gas=1_000_000))
        seen.append((chain.call(probe, "moment"), chain.balance(chain.accounts[0])))
        return seen

    with EmbeddedChain() as embedded, AnvilChain(program) as real:
        assert steps(embedded) == steps(real)


def test_snapshots_reach_back_to_the_first_block() -> None:
    """Also when nothing was mined yet."""
    with EmbeddedChain() as chain:
        start = chain.snapshot()
        addresses = []
        for _ in range(2):
            addresses.append(chain.deploy(read_artefact(ARTEFACTS / "Doubling.json")).address)
            chain.revert(start)
        assert addresses[0] == addresses[1]
        assert chain.block_number == 0


# Linking and reading artefacts


def test_linking_wants_exactly_the_libraries() -> None:
    """None less, none more, and addresses."""
    artefact, address = probe_artefact(), "0x" + 40 * "a"
    with pytest.raises(ArtefactError, match="linked with"):
        artefact.linked_code({})
    with pytest.raises(ArtefactError, match="linked with"):
        artefact.linked_code({"Doubling": address, "Other": address})
    with pytest.raises(ArtefactError, match="not an address"):
        artefact.linked_code({"Doubling": "0x12"})
    code = artefact.linked_code({"Doubling": address})
    assert code.count(bytes.fromhex(40 * "a")) == 1
    assert len(code) * 2 == len(artefact.creation_code)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"contract": "Probe"}'])
def test_what_is_no_artefact_is_refused(content: str, tmp_path: Path) -> None:
    """So is a file that is not there."""
    file = tmp_path / "Probe.json"
    with pytest.raises(ArtefactError, match="Probe"):
        read_artefact(file)
    file.write_text(content)
    with pytest.raises(ArtefactError, match="Probe"):
        read_artefact(file)


def test_an_interface_cannot_be_deployed() -> None:
    """It has no code."""
    probe = probe_artefact()
    bare = Artefact(
        contract="IProbe",
        source=probe.source,
        abi=probe.abi,
        creation_code="",
        runtime_code="",
        link_references={},
        storage_layout={},
    )
    with pytest.raises(ArtefactError, match="no code"):
        bare.linked_code({})


# The process of the real node


def test_the_node_is_stopped_in_every_case(tmp_path: Path) -> None:
    """After the block, after an error in it; and a program that does not start is told."""
    program = find_anvil(ROOT)
    if program is None:
        pytest.skip("anvil is not installed; in contracts/: npm ci --ignore-scripts")
    marker = tmp_path / "anvil"
    marker.symlink_to(program)

    def run_and_fail() -> None:
        with AnvilChain(marker) as chain:
            assert len(processes_of(marker)) == 1
            chain.revert(0)

    with pytest.raises(ChainError, match="no snapshot"):
        run_and_fail()
    assert processes_of(marker) == []
    with pytest.raises(ChainError, match="does not start"):
        AnvilChain(Path(sys.executable))


def processes_of(program: Path) -> list[str]:
    """List the running processes of a program, by what they were started with."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes()
        except OSError:
            continue  # it has just ended
        if command.split(b"\0")[0] == os.fsencode(program):
            found.append(command.decode())
    return found


def test_the_node_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the checkout, then on the path; without it the caller hears how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(UnavailableError, match="npm ci"):
        open_chain("anvil", checkout=tmp_path)
    with pytest.raises(ValueError, match="mainnet"):
        open_chain("mainnet", checkout=tmp_path)
    on_path = tmp_path / "bin" / "anvil"
    installed = tmp_path / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
    for program in (on_path, installed):
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
        assert find_anvil(tmp_path) == program


def test_naming_the_chains_does_not_load_web3() -> None:
    """It takes seconds."""
    code = "import sys, payy_ref.ethereum.choice; sys.exit('web3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# The accelerator


def precompile(number: int) -> ChecksumAddress:
    """Give the address of a precompiled contract."""
    return to_checksum_address(number.to_bytes(20, "big"))


def words(*values: int) -> bytes:
    """Write numbers in 32 bytes each."""
    return b"".join(value.to_bytes(32, "big") for value in values)


def long_words(*values: int) -> bytes:
    """Write numbers in 64 bytes each."""
    return b"".join(value.to_bytes(64, "big") for value in values)


def bn254_bytes(point: Any) -> bytes:
    """Write a point of G1 as the precompiles want it."""
    if bn254.is_inf(point):
        return bytes(64)
    x, y = bn254.normalize(point)
    return words(x.n, y.n)


def bn254_twist_bytes(point: Any) -> bytes:
    """Write a point of G2 as the precompiles want it: imaginary part first."""
    if bn254.is_inf(point):
        return bytes(128)
    x, y = bn254.normalize(point)
    return words(x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0])


def bls12_381_bytes(point: Any) -> bytes:
    """Write a point of G1 as the precompile wants it."""
    if bls12_381.is_inf(point):
        return bytes(128)
    x, y = bls12_381.normalize(point)
    return long_words(x.n, y.n)


def bls12_381_twist_bytes(point: Any) -> bytes:
    """Write a point of G2 as the precompile wants it: real part first."""
    if bls12_381.is_inf(point):
        return bytes(256)
    x, y = bls12_381.normalize(point)
    return long_words(*x.coeffs, *y.coeffs)


def square_root(value: Any) -> Any | None:
    """Take a root in F_q^2 for q = 3 mod 4, or give None."""
    field, modulus = type(value), bn254.field_modulus
    first = value ** ((modulus - 3) // 4)
    alpha, root = first * first * value, first * value
    if alpha == field([-1 % modulus, 0]):
        found = field([0, 1]) * root
    else:
        found = (field.one() + alpha) ** ((modulus - 1) // 2) * root
    return found if found * found == value else None


def bn254_point_outside_the_subgroup() -> bytes:
    """Find a point of the twist that is not of the group's order; nearly all of them are not."""
    for real in range(1, 100):
        x = bn254.FQ2([real, 1])
        y = square_root(x * x * x + bn254.b2)
        if y is not None:
            point = (x, y, bn254.FQ2.one())
            assert bn254.is_on_curve(point, bn254.b2)
            assert not bn254.is_inf(bn254.multiply(point, bn254.curve_order))
            return bn254_twist_bytes(point)
    pytest.fail("no point was found")


def bls12_381_point_outside_the_subgroup() -> bytes:
    """Find a point of the curve, cofactor above 1, that is not of the group's order."""
    modulus = bls12_381.field_modulus
    for x in range(1, 100):
        right = (x**3 + 4) % modulus
        y = pow(right, (modulus + 1) // 4, modulus)
        if y * y % modulus == right:
            point = (bls12_381.FQ(x), bls12_381.FQ(y), bls12_381.FQ.one())
            if not bls12_381.is_inf(bls12_381.multiply(point, bls12_381.curve_order)):
                return long_words(x, y)
    pytest.fail("no point was found")


def flipped(data: bytes, bit: int) -> bytes:
    """Change one bit."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def curve_inputs() -> list[tuple[int, bytes]]:
    """Choose inputs of addition and multiplication: valid, at the edges, and broken."""
    choose = random.Random(20260)  # noqa: S311 - inputs of a test
    q, r = bn254.field_modulus, bn254.curve_order
    points = [bn254_bytes(bn254.multiply(bn254.G1, choose.randrange(r))) for _ in range(8)]
    points += [bytes(64), words(1, 2), words(1, q - 2)]
    off_curve = [words(1, 1), words(0, 1), words(1, 0), words(2, 2), words(q, 0), words(0, q)]
    off_curve += [words(q + 1, 2), words(1, q + 2), words(2**256 - 1, 2**256 - 1), words(q, q)]
    scalars = [0, 1, 2, r - 1, r, r + 1, q, 2**128, 2**255, 2**256 - 1, choose.getrandbits(256)]
    inputs = []
    for first in points:
        inputs += [(ADD, first + second) for second in choose.sample(points, 4)]
        inputs.append((ADD, first + first))
        inputs += [(MULTIPLY, first + words(scalar)) for scalar in choose.sample(scalars, 5)]
    for bad in off_curve:
        inputs += [(ADD, bad + points[0]), (ADD, points[0] + bad), (MULTIPLY, bad + words(3))]
        inputs.append((MULTIPLY, bad + words(0)))
    for number, valid in ((ADD, points[0] + points[1]), (MULTIPLY, points[2] + words(77))):
        inputs += [(number, valid[:length]) for length in (0, 1, 31, 32, 63, 64, 65, 95, 96, 127)]
        inputs += [(number, valid + bytes([7]) * more) for more in (1, 32, 64, 1000)]
        bits = choose.sample(range(8 * len(valid)), 40)
        inputs += [(number, flipped(valid, bit)) for bit in bits]
    return inputs


def pairing_inputs() -> list[bytes]:
    """Choose inputs of the pairing check; few of those that make py-evm compute for a second."""
    choose = random.Random(20261)  # noqa: S311 - inputs of a test
    q = bn254.field_modulus
    one, two = bn254_bytes(bn254.G1), bn254_twist_bytes(bn254.G2)
    minus = bn254_bytes(bn254.neg(bn254.G1))
    outside = bn254_point_outside_the_subgroup()
    some = choose.randrange(bn254.curve_order)
    first = bn254_bytes(bn254.multiply(bn254.G1, some))
    second = bn254_twist_bytes(bn254.multiply(bn254.neg(bn254.G2), some))
    swapped = two[32:64] + two[:32] + two[96:] + two[64:96]
    inputs = [
        b"",
        one + two,
        one + two + minus + two,
        first + two + one + second,
        first + two + one + two,
        bytes(64) + two,
        one + bytes(128),
        bytes(192),
        bytes(192) + one + two + minus + two,
        bytes(64) + outside,
        one + outside,
        one + swapped,
        bytes(192) + one + outside,
    ]
    inputs += [(one + two)[:length] for length in (1, 64, 127, 128, 191)]
    inputs += [one + two + bytes(more) for more in (1, 64, 191)]
    for start in range(0, 192, 32):
        for value in (q, q + 1, 2**256 - 1):
            inputs.append((one + two)[:start] + words(value) + (one + two)[start + 32 :])
    bits = choose.sample(range(8 * 192), 60)
    inputs += [flipped(one + two, bit) for bit in bits]
    inputs += [flipped(bytes(192), bit) for bit in choose.sample(range(8 * 192), 20)]
    return inputs


def bls12_381_pairing_inputs() -> list[bytes]:
    """Choose inputs of the other curve's pairing check."""
    choose = random.Random(20262)  # noqa: S311 - inputs of a test
    q = bls12_381.field_modulus
    one, two = bls12_381_bytes(bls12_381.G1), bls12_381_twist_bytes(bls12_381.G2)
    minus = bls12_381_bytes(bls12_381.neg(bls12_381.G1))
    x_real, x_imaginary, y_real, y_imaginary = (two[i : i + 64] for i in range(0, 256, 64))
    inputs = [
        b"",
        one + two,
        one + two + minus + two,
        bytes(128) + two,
        one + bytes(256),
        bytes(384),
        bls12_381_point_outside_the_subgroup() + two,
        one + x_imaginary + x_real + y_imaginary + y_real,
    ]
    inputs += [(one + two)[:length] for length in (1, 128, 383)] + [one + two + b"x"]
    for start in range(0, 384, 64):
        for value in (q, 2**384, 2**512 - 1):
            inputs.append((one + two)[:start] + long_words(value) + (one + two)[start + 64 :])
    inputs += [flipped(one + two, bit) for bit in choose.sample(range(8 * 384), 40)]
    return inputs


MACHINE_STATE: Final[list[Any]] = []


def run_precompile(
    kind: type[PragueComputation], number: int, data: bytes, gas: int = ENOUGH_GAS
) -> tuple[str, bytes, int]:
    """Run a precompiled contract as py-evm does; give the verdict, the output and the gas left."""
    if not MACHINE_STATE:
        chain = EmbeddedChain()
        backend = chain._backend.chain
        MACHINE_STATE.append(backend.get_vm(backend.get_canonical_head()).state)
    state = MACHINE_STATE[0]
    address = Address(number.to_bytes(20, "big"))
    message = MachineMessage(
        gas=gas,
        to=address,
        sender=ZERO_ADDRESS,
        value=0,
        data=data,
        code=b"",
    )
    context = state.get_transaction_context_class()(gas_price=0, origin=ZERO_ADDRESS)
    computation = kind.apply_computation(state, message, context)
    verdict = "success"
    if computation.is_error:
        error = computation.error
        assert isinstance(error, VMError)
        verdict = "out of gas" if isinstance(error, OutOfGas) else "failure"
    return verdict, bytes(computation.output), computation.get_gas_remaining()


def require_package(name: str) -> None:
    """Skip where there is nothing to compare with."""
    pytest.importorskip(name, reason=f"{name} has no wheel here; py-evm's own code runs")


def assert_equal_on(inputs: list[tuple[int, bytes]]) -> set[str]:
    """Run all inputs on both; give the verdicts that were seen."""
    seen = set()
    for number, data in inputs:
        expected = run_precompile(PragueComputation, number, data)
        actual = run_precompile(accelerator.AcceleratedComputation, number, data)
        assert actual == expected, f"precompile {number} on {data.hex()}"
        seen.add(f"{expected[0]} {expected[1][-1:].hex()}" if number > MULTIPLY else expected[0])
    return seen


def test_addition_and_multiplication_agree() -> None:
    """On a few hundred inputs, bad ones too: verdict, output and gas."""
    require_package(accelerator.BN254_PACKAGE)
    inputs = curve_inputs()
    assert len(inputs) > 250
    assert assert_equal_on(inputs) == {"success", "failure"}


def test_pairing_checks_agree() -> None:
    """Also off the curve, outside the subgroup, at infinity, and for a product that is not one."""
    require_package(accelerator.BN254_PACKAGE)
    inputs = pairing_inputs()
    assert len(inputs) > 100
    seen = assert_equal_on([(PAIRING, data) for data in inputs])
    assert seen == {"success 01", "success 00", "failure "}


def test_pairing_checks_of_the_other_curve_agree() -> None:
    """BLS12-381, which the randomness beacon uses."""
    require_package(accelerator.BLS12_381_PACKAGE)
    inputs = bls12_381_pairing_inputs()
    seen = assert_equal_on([(BLS12_381_PAIRING, data) for data in inputs])
    assert seen == {"success 01", "success 00", "failure "}


@pytest.mark.parametrize(
    ("number", "data", "price"),
    [
        (ADD, bytes(128), 150),
        (MULTIPLY, bytes(96), 6_000),
        (PAIRING, b"", 45_000),
        (PAIRING, bytes(192), 79_000),
        (PAIRING, bytes(384), 113_000),
        (BLS12_381_PAIRING, bytes(384), 70_300),
        (BLS12_381_PAIRING, bytes(768), 102_900),
    ],
)
def test_the_price_is_that_of_the_standard(number: int, data: bytes, price: int) -> None:
    """The exact gas is enough, one less is not, on both."""
    for kind in (PragueComputation, accelerator.AcceleratedComputation):
        assert run_precompile(kind, number, data, price)[0] == "success"
        assert run_precompile(kind, number, data, price)[2] == 0
        assert run_precompile(kind, number, data, price - 1)[0] == "out of gas"


def test_without_the_packages_py_evm_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is replaced, and a chain without machine code gives the same answers."""
    with EmbeddedChain(accelerated=False) as slow, EmbeddedChain() as fast:
        assert slow._backend.chain.vm_configuration[0][1].fork == PragueVM.fork
        answers = []
        for chain in (slow, fast):
            probe = deploy_probe(chain)
            data = bn254_bytes(bn254.G1) + bn254_twist_bytes(bn254.G2)
            answers.append(chain.call(probe, "precompiled", precompile(PAIRING), data, GAS // 2))
    assert answers[0] == answers[1]
    monkeypatch.setattr(accelerator, "find_spec", lambda _: None)
    assert accelerator.fast_precompiles() == {}
    assert not accelerator.is_accelerated()


def test_the_packages_are_used_where_they_are() -> None:
    """Otherwise the comparison would compare py-evm with itself."""
    require_package(accelerator.BN254_PACKAGE)
    own, fast = PragueComputation.get_precompiles(), accelerator.AcceleratedComputation
    assert accelerator.is_accelerated()
    replaced = {
        int.from_bytes(address, "big")
        for address, function in fast.get_precompiles().items()
        if own[address] is not function
    }
    assert {ADD, MULTIPLY, PAIRING} <= replaced <= {ADD, MULTIPLY, PAIRING, BLS12_381_PAIRING}


def test_a_fault_of_revm_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what revm calls an error of the precompile is one."""
    require_package(accelerator.BN254_PACKAGE)
    monkeypatch.setattr(accelerator, "REVM_GAS", 100)
    with pytest.raises(RuntimeError):
        run_precompile(accelerator.AcceleratedComputation, ADD, bytes(128))
