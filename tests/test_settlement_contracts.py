"""
What only the contracts of settlement have: tokens, reentrancy, gas, ether, names, forms, size.

That they decide as Python does is tested elsewhere. Here proofs are one byte, 1 if it verifies.
The contracts' compiled forms are committed, so no compiler is needed.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain as joined
from pathlib import Path
from typing import Any, Final

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_keys.datatypes import PrivateKey
from eth_typing import ChecksumAddress
from eth_utils.abi import function_signature_to_4byte_selector
from eth_utils.address import to_canonical_address, to_checksum_address

from payy_ref.crypto.field import MODULUS, FieldElement, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import ORDER, EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ethereum.artefact import Artefact, read_artefact
from payy_ref.ethereum.chain import (
    BLOCK_SECONDS,
    CHAIN_ID,
    DERIVATION_PATH,
    MNEMONIC,
    Chain,
    Contract,
    Receipt,
    RevertedError,
)
from payy_ref.ethereum.choice import EMBEDDED, open_chain
from payy_ref.ledger.note import VALUE_LIMIT
from payy_ref.ledger.opening import opening_of
from payy_ref.ledger.sequence import Signature
from payy_ref.ledger.transaction import BURN, MINT, SEND, ZERO, Message, PublicInputs
from payy_ref.merkle.path import empty_roots
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.settlement.authorization import (
    Authorization,
    authorization_digest,
    domain_separator,
)
from payy_ref.settlement.rollup import deployment_name
from payy_ref.testing.settlement_history import (
    PROVEN,
    UNPROVEN,
    Signer,
    Skipped,
    as_validators,
    chain_of_three,
    claim_of,
    quorum,
    signer,
    signers,
    skipped_blocks,
)

ROOT: Final = Path(__file__).parents[1]
CONTRACTS: Final = ROOT / "contracts" / "build"
DOUBLES: Final = ROOT / "tests" / "contracts" / "build"

SMALL: Final = replace(load_preset(Preset.MINIMAL), queue_call_bytes=8192, queue_call_gas=500_000)
"""The minimal parameters, with room for calls that do something."""

KIND: Final = FieldElement(0x0002_0000_0000_0000_0089)
"""The note kind of the token."""

WEALTH: Final = 10**9
"""What the accounts have of the token."""

CODE_LIMIT: Final = 24_576
"""Bytes of code that a contract may have at most (EIP-170)."""

CREATION_LIMIT: Final = 2 * CODE_LIMIT
"""Bytes of code that may make a contract, arguments included (EIP-3860)."""

SETTLE_GAS: Final = 500_000
"""The most that settling a block with two mints and two burns may use, besides proof
verification."""

MOVES, FALSE, REVERTS, FEE, NOTHING, ONLY_SAYS, MUCH, REVERTS_MUCH, MORE, NO_BALANCES = range(10)
"""The manners of `ScriptedToken`."""

LOCKED: Final = function_signature_to_4byte_selector("ReentrancyGuardReentrantCall()")
"""What says that something is entered while it runs."""

HIGHEST: Final = FieldElement(MODULUS - 1)
"""The greatest field element."""


def artefact(name: str) -> Artefact:
    """Read a compiled contract."""
    return read_artefact(CONTRACTS / f"{name}.json")


def double(name: str) -> Artefact:
    """Read a compiled test double."""
    return read_artefact(DOUBLES / f"{name}.json")


def rules_of(parameters: Parameters) -> tuple[int, ...]:
    """Give the struct `Rules`."""
    return (
        parameters.tree_depth,
        parameters.block_groups,
        parameters.group_transactions,
        parameters.block_message_words,
        parameters.settlement_future_blocks,
        parameters.bridge_cancel_seconds,
        parameters.queue_due_seconds,
        parameters.queue_overdue_seconds,
        parameters.queue_freeze_seconds,
        parameters.queue_service_seconds,
        parameters.queue_call_gas,
        parameters.queue_call_bytes,
    )


def split(signature: Signature) -> tuple[bytes, bytes, int]:
    """Give the struct `Signature`."""
    return signature[:32], signature[32:64], 27 + signature[64]


def rejects(code: str) -> AbstractContextManager[Any]:
    """Expect an error of exactly this name."""
    return pytest.raises(RevertedError, match=rf"^{code}\(\)$")


# The network that is run here


@dataclass(kw_only=True)
class Network:
    """A rollup on a chain, with a token and sequencers."""

    chain: Chain
    """The chain."""
    rollup: Contract
    """The rollup."""
    token: Contract
    """The token of `KIND`, which its accounts let the rollup move."""
    recipient: Contract
    """A contract that does anything."""
    verifier: Contract
    """What judges proofs."""
    tree: Contract
    """The library that the rollup is linked with."""
    parameters: Parameters
    """Those of the network."""
    sequencers: tuple[Signer, ...]
    """Who signs."""
    height: int = 0
    """Height of the last block."""

    def call(self, function: str, *arguments: Any) -> Any:
        """Ask the rollup."""
        return self.chain.call(self.rollup, function, *arguments)

    def account(self, function: str, *arguments: Any) -> ChecksumAddress:
        """Ask the rollup for an account."""
        return to_checksum_address(self.call(function, *arguments))

    def transact(self, function: str, *arguments: Any, sender: int = 1, **options: Any) -> Receipt:
        """Do something to the rollup."""
        account = self.chain.accounts[sender]
        return self.chain.transact(self.rollup, function, *arguments, sender=account, **options)

    def behave(self, manner: int) -> None:
        """Say what the token does from now on."""
        self.chain.transact(self.token, "behave", manner)

    def balance(self, account: ChecksumAddress) -> int:
        """Tell what somebody has of the token."""
        return int(self.chain.call(self.token, "balanceOf", account))

    @property
    def root(self) -> FieldElement:
        """The present root."""
        return FieldElement(int.from_bytes(self.call("root"), "big"))

    @property
    def name(self) -> str:
        """What is signed with."""
        return str(self.call("networkName"))

    def claim(self, transactions: Sequence[PublicInputs], proof: bytes = PROVEN) -> Any:
        """Give the struct `Claim` of a block on the present root, and the root that it makes."""
        new_root = FieldElement(self.root + 1)
        made = claim_of(self.root, new_root, transactions, self.parameters, proof=proof)
        return [element_bytes(each) for each in made.public_inputs], made.proof

    def commit(
        self,
        claim: Any,
        *,
        height: int | None = None,
        keys: Sequence[Signer] | None = None,
        name: str | None = None,
        skipped: Skipped | None = None,
    ) -> Any:
        """Give the struct `CommitProof` of a block; what is below it is left out if not given."""
        between = skipped or skipped_blocks(self.root, 0, 0)
        three = chain_of_three(
            FieldElement(int.from_bytes(claim[0][1], "big")),
            height or self.height + 1,
            parent=between.name,
        )
        proof = three.proof(keys or quorum(self.sequencers), name or self.name)
        certificate = tuple(map(split, proof.certificate))
        return proof.headers, proof.roots, certificate, between.encodings

    def settle(
        self,
        transactions: Sequence[PublicInputs],
        verdicts: Sequence[Any] = (),
        *,
        gas: int = 16_000_000,
    ) -> Receipt:
        """Settle a block with a height one above the last one."""
        claim = self.claim(transactions)
        opening = opening_of(transactions, self.parameters) if verdicts else ()
        commit = self.commit(claim)
        receipt = self.transact("settle", claim, commit, opening, verdicts, gas=gas)
        self.height += 1
        return receipt

    def entry(self, transaction: PublicInputs, queued: Receipt, call: Any = None) -> Any:
        """Give the struct `Entry` of what was just queued."""
        time = self.chain.web3.eth.get_block(queued.block_number)["timestamp"]
        nothing = (to_checksum_address(bytes(20)), 0, b"")
        return transaction.words, call is not None, call or nothing, time

    def queue(self, transaction: PublicInputs, call: Any = None) -> Any:
        """Queue a transaction; give its entry."""
        if call is None:
            queued = self.transact("queueTransaction", transaction.words, PROVEN)
        else:
            queued = self.transact("queueCall", transaction.words, PROVEN, call)
        return self.entry(transaction, queued, call)

    def fund(self, value: int = 10**6, mint_hash: int = 10**6) -> None:
        """Put money into notes."""
        self.transact("deposit", element_bytes(mint_hash), value, element_bytes(KIND))
        self.settle([mint(mint_hash, value)])


def deploy_rollup(network: Network, parameters: Parameters, name: str = "Payy") -> Contract:
    """Make a rollup with a network's verifier, library and sequencers."""
    chain = network.chain
    return chain.deploy(
        artefact("Rollup"),
        chain.accounts[0],
        name,
        parameters.settlement_names_deployment,
        [
            (to_checksum_address(each.address), each.stake)
            for each in as_validators(network.sequencers)
        ],
        (network.verifier.address,) * 3,
        rules_of(parameters),
        element_bytes(empty_roots(parameters.tree_depth)[-1]),
        libraries={"NoteTree": network.tree},
    )


def open_network(chain: Chain, parameters: Parameters, sequencers: int) -> Network:
    """Put all contracts on a chain."""
    verifier = chain.deploy(double("StatedVerifier"))
    token = chain.deploy(double("ScriptedToken"))
    network = Network(
        chain=chain,
        rollup=verifier,
        token=token,
        recipient=chain.deploy(double("ScriptedRecipient")),
        verifier=verifier,
        tree=chain.deploy(artefact("NoteTree")),
        parameters=parameters,
        sequencers=signers(sequencers),
    )
    network.rollup = deploy_rollup(network, parameters)
    for account in chain.accounts:
        chain.transact(token, "mint", account, WEALTH)
        chain.transact(token, "approve", network.rollup.address, 2**256 - 1, sender=account)
    network.transact("addToken", element_bytes(KIND), token.address, sender=0)
    return network


@pytest.fixture(scope="module")
def shared_chain() -> Iterator[Chain]:
    """Start the embedded chain."""
    with open_chain(EMBEDDED, checkout=ROOT) as chain:
        yield chain


@pytest.fixture(scope="module")
def shared_network(shared_chain: Chain) -> Network:
    """Put the contracts on the chain, with the minimal parameters."""
    return open_network(shared_chain, SMALL, 4)


@pytest.fixture
def network(shared_network: Network) -> Iterator[Network]:
    """Give the network as it was just after it was made."""
    with shared_network.chain.undone():
        yield shared_network
    shared_network.height = 0


def applied(entry: Any) -> Any:
    """Give the verdict that an entry's transaction stands in the block."""
    return entry, True, False, b""


# Transactions; leaves are only names here


def mint(mint_hash: int, value: int, leaf: int | None = None) -> PublicInputs:
    """Make a note from a deposit."""
    return PublicInputs(
        input_commitments=(ZERO, ZERO),
        output_commitments=(FieldElement(leaf or mint_hash + 7000), ZERO),
        message=Message(
            kind=MINT,
            note_kind=KIND,
            value=FieldElement(value),
            hash=FieldElement(mint_hash),
        ),
    )


def burn(leaf: int, value: int, recipient: str) -> PublicInputs:
    """Unmake a note for a payment."""
    return PublicInputs(
        input_commitments=(FieldElement(leaf), ZERO),
        output_commitments=(ZERO, ZERO),
        message=Message(
            kind=BURN,
            note_kind=KIND,
            value=FieldElement(value),
            hash=FieldElement(leaf),
            burn_address=FieldElement(int(recipient, 16)),
        ),
    )


def send(leaf: int) -> PublicInputs:
    """Turn a note into another one."""
    return PublicInputs(
        input_commitments=(FieldElement(leaf), ZERO),
        output_commitments=(FieldElement(leaf + 1), ZERO),
        message=Message(kind=SEND),
    )


# Gas


@pytest.fixture(scope="module")
def mainnet(shared_network: Network) -> Network:
    """Put another rollup on the chain, with the parameters and ten sequencers of mainnet."""
    return open_network(shared_network.chain, load_preset(Preset.MAINNET), 10)


def test_a_usual_block_is_cheap_to_settle(mainnet: Network) -> None:
    """Six transactions, two of them mints and two burns, seven signatures of ten."""
    with mainnet.chain.undone():
        mainnet.fund()
        for number in (1, 2):
            mainnet.transact("deposit", element_bytes(number), 10 + number, element_bytes(KIND))
        accounts = mainnet.chain.accounts
        block = [mint(1, 11), mint(2, 12), send(100), send(200)]
        block += [burn(50 + number, number, accounts[number]) for number in (3, 4)]
        receipt = mainnet.settle(block)
        assert receipt.gas_used < SETTLE_GAS
        names = [event.name for event in receipt.events]
        assert names == ["Minted", "Minted", "Burned", "Burned", "RollupVerified"]


# A block and its money


def test_money_goes_in_and_out(network: Network) -> None:
    """A deposit becomes a note, the note is burned, and what it was worth is fetched."""
    payee = network.chain.accounts[5]
    network.fund(100, 1)
    assert network.call("depositOf", element_bytes(1))[4] == 2
    assert network.call("escrow", element_bytes(KIND)) == 100
    receipt = network.settle([burn(7001, 40, payee)])
    assert [event.name for event in receipt.events] == ["Burned", "RollupVerified"]
    assert network.call("owed", element_bytes(KIND), payee) == 40
    receipt = network.transact("withdraw", element_bytes(KIND), payee, sender=3)
    assert [event.name for event in receipt.events] == ["Withdrawn", "Transfer"]
    assert network.balance(payee) == WEALTH + 40
    assert network.call("escrow", element_bytes(KIND)) == 60
    assert network.balance(network.rollup.address) == 60
    with rejects("BRIDGE_CREDIT_ABSENT"):
        network.transact("withdraw", element_bytes(KIND), payee)


def test_an_entry_is_kept_as_its_hash(network: Network) -> None:
    """The hash of the encoding of all of it; it is gone when the entry had its turn."""
    network.fund()
    call = (network.recipient.address, 1000, b"data")
    entry = network.queue(burn(1, 5, network.chain.accounts[5]), call)
    plain = network.queue(send(7))
    shape = "(uint256[9],bool,(address,uint256,bytes),uint256)"
    for index, kept in enumerate((entry, plain)):
        assert network.call("entryHash", index) == keccak256(encode([shape], [kept]))
    other_time = (*entry[:3], entry[3] + 1)
    no_call = (entry[0], False, *entry[2:])
    block = [burn(1, 5, network.chain.accounts[5])]
    for wrong in (other_time, no_call):
        with rejects("QUEUE_ENTRY_MISMATCH"):
            network.settle(block, [applied(wrong)])
    network.settle(block, [applied(entry)])
    assert network.call("entryHash", 0) == bytes(32)
    assert (network.call("consumed"), network.call("waitingCount")) == (1, 1)


# Tokens that misbehave


def deposit_arguments(mint_hash: int = 1, value: int = 100) -> tuple[bytes, int, bytes]:
    """Give what `deposit` takes."""
    return element_bytes(mint_hash), value, element_bytes(KIND)


@pytest.mark.parametrize(
    ("manner", "code"),
    [
        (FALSE, "BRIDGE_TRANSFER_REFUSED"),
        (REVERTS, "BRIDGE_TRANSFER_REFUSED"),
        (REVERTS_MUCH, "BRIDGE_TRANSFER_REFUSED"),
        (NO_BALANCES, "BRIDGE_TRANSFER_REFUSED"),
        (FEE, "BRIDGE_TRANSFER_INEXACT"),
        (ONLY_SAYS, "BRIDGE_TRANSFER_INEXACT"),
        (MORE, "BRIDGE_TRANSFER_INEXACT"),
    ],
)
def test_a_deposit_that_does_not_arrive_is_none(network: Network, manner: int, code: str) -> None:
    """A token refuses in one way or another, takes a fee, only says that it pays, or adds money."""
    network.behave(manner)
    with rejects(code):
        network.transact("deposit", *deposit_arguments())
    payment = (element_bytes(KIND), 9, element_bytes(3), network.chain.accounts[4])
    with rejects(code):
        network.transact("substituteBurn", payment, 1)
    network.behave(MOVES)
    assert network.call("depositOf", element_bytes(1))[4] == 0
    assert network.call("escrow", element_bytes(KIND)) == 0
    assert int(network.call("substituteOf", payment), 16) == 0


@pytest.mark.parametrize("manner", [MOVES, NOTHING, MUCH])
def test_what_a_token_returns_besides_is_no_matter(network: Network, manner: int) -> None:
    """True, nothing, or so much that copying it would cost more than all the rest."""
    network.behave(manner)
    receipt = network.transact("deposit", *deposit_arguments())
    assert receipt.gas_used < 280_000
    assert network.call("depositOf", element_bytes(1))[4] == 1
    assert network.balance(network.rollup.address) == 100
    network.settle([mint(1, 100)])
    network.settle([burn(7001, 100, network.chain.accounts[6])])
    network.transact("withdraw", element_bytes(KIND), network.chain.accounts[6])
    assert network.balance(network.chain.accounts[6]) == WEALTH + 100


def test_what_has_no_code_is_no_token(network: Network) -> None:
    """Calling it succeeds, but nothing arrives."""
    network.transact("addToken", element_bytes(5), network.chain.accounts[9], sender=0)
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact("deposit", element_bytes(1), 100, element_bytes(5))


@pytest.mark.parametrize("manner", [FALSE, REVERTS, REVERTS_MUCH])
def test_a_token_that_refuses_to_pay_leaves_the_debt(network: Network, manner: int) -> None:
    """It stays owed and locked, and can be fetched when the token pays again."""
    payee = network.chain.accounts[5]
    network.fund(100, 1)
    network.settle([burn(7001, 40, payee)])
    network.behave(manner)
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact("withdraw", element_bytes(KIND), payee)
    assert network.call("owed", element_bytes(KIND), payee) == 40
    assert network.call("escrow", element_bytes(KIND)) == 100
    network.behave(MOVES)
    network.transact("withdraw", element_bytes(KIND), payee)
    assert network.balance(payee) == WEALTH + 40


def test_a_recipient_whom_the_token_blocks_stops_nobody(network: Network) -> None:
    """The block settles, the others are paid, and they are paid when the token lets them."""
    blocked, other = network.chain.accounts[5:7]
    network.chain.transact(network.token, "setBlocked", blocked, True)
    network.fund(100, 1)
    network.settle([burn(8001, 40, blocked), burn(8002, 50, other)])
    network.transact("withdraw", element_bytes(KIND), other)
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact("withdraw", element_bytes(KIND), blocked)
    network.chain.transact(network.token, "setBlocked", blocked, False)
    network.transact("withdraw", element_bytes(KIND), blocked)
    assert (network.balance(blocked), network.balance(other)) == (WEALTH + 40, WEALTH + 50)


def test_more_than_is_locked_is_never_paid(network: Network) -> None:
    """
    A burn of money that was never locked can only come from a false proof.

    Then money that somebody gave to the contract by accident does not pay for it either.
    """
    network.settle([burn(1, 40, network.chain.accounts[5])])
    network.chain.transact(network.token, "mint", network.rollup.address, 1000)
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact("withdraw", element_bytes(KIND), network.chain.accounts[5])


# Reentrancy


def every_change(network: Network) -> dict[str, bytes]:
    """Give calldata of every function that changes something, as good as can be."""
    words = send(1).words
    transaction = mint(77, 5).words
    account = network.chain.accounts[5]
    no_signature = (bytes(32), bytes(32), 27)
    entry = (words, False, (account, 0, b""), 0)
    claim = network.claim([send(1)])
    arguments: dict[str, tuple[Any, ...]] = {
        "addToken": (element_bytes(9), account),
        "addValidators": (50, [(account, 1)]),
        "deposit": deposit_arguments(88, 1),
        "depositWithAuthorization": (
            *deposit_arguments(88, 1),
            (account, 0, 0, bytes(32), no_signature, no_signature),
        ),
        "depositWithPermit": (*deposit_arguments(88, 1), 0, no_signature),
        "depositAndQueue": (transaction, PROVEN),
        "cancelDeposit": (element_bytes(1),),
        "substituteBurn": ((element_bytes(KIND), 1, element_bytes(5), account), 10**6),
        "withdraw": (element_bytes(KIND), account),
        "queueTransaction": (words, PROVEN),
        "queueCall": (words, PROVEN, (account, 0, b"")),
        "settle": (claim, network.commit(claim, height=1000), (), ()),
        "force": (entry, ([], b"")),
        "discard": (entry, b""),
        "freeze": (),
        "leave": (words, PROVEN, ()),
    }
    changing = {
        element["name"]
        for element in network.rollup.artefact.abi
        if element["type"] == "function" and element["stateMutability"] != "view"
    }
    assert set(arguments) == changing
    return {
        name: network.chain.calldata(network.rollup, name, *given)
        for name, given in arguments.items()
    }


def test_a_token_cannot_enter_while_it_is_asked_for_a_deposit(network: Network) -> None:
    """Whatever it calls is refused, and the deposit is as it would have been."""
    network.fund()
    network.settle([burn(1, 40, network.chain.accounts[5])])
    for number, data in enumerate(every_change(network).values()):
        network.chain.transact(network.token, "reenter", network.rollup.address, data)
        network.transact("deposit", *deposit_arguments(number + 100))
        assert network.chain.call(network.token, "calls") == number + 1
        assert not network.chain.call(network.token, "wasAccepted")
        assert network.chain.call(network.token, "answer") == LOCKED


def test_a_token_cannot_enter_while_it_is_asked_to_pay(network: Network) -> None:
    """In particular, nobody is paid twice."""
    network.fund()
    payee = network.chain.accounts[5]
    for number, data in enumerate(every_change(network).values()):
        network.settle([burn(2 + number, 40, payee)])
        network.chain.transact(network.token, "reenter", network.rollup.address, data)
        network.transact("withdraw", element_bytes(KIND), payee)
        network.chain.transact(network.token, "reenter", network.chain.accounts[0], b"")
        assert not network.chain.call(network.token, "wasAccepted")
        assert network.chain.call(network.token, "answer") == LOCKED
        assert network.balance(payee) == WEALTH + 40 * (number + 1)
        assert network.call("owed", element_bytes(KIND), payee) == 0


def test_who_is_called_can_fetch_money_and_nothing_else(network: Network) -> None:
    """
    A burn to a contract, which is called and fetches what it was paid.

    All other functions are locked as long as calls are made, by whomever.
    """
    network.fund()
    recipient = network.recipient
    own = (element_bytes(KIND), recipient.address)
    changes = {
        **every_change(network),
        "withdraw": network.chain.calldata(network.rollup, "withdraw", *own),
    }
    for name, data in changes.items():
        inner = network.chain.calldata(recipient, "pass", network.rollup.address, data)
        paid = burn(20 + network.height, 40, recipient.address)
        with network.chain.undone():
            height = network.height
            entry = network.queue(paid, (recipient.address, 500_000, inner))
            receipt = network.settle([paid], [applied(entry)])
            (made,) = [each for each in receipt.events if each.name == "CallMade"]
            assert made.arguments["success"]
            accepted, answers = network.chain.call(recipient, "allAnswers")
            if name == "withdraw":
                assert accepted == (True,)
                assert network.balance(recipient.address) == 40
                assert [event.name for event in receipt.events] == [
                    "Burned",
                    "EntryConsumed",
                    "RollupVerified",
                    "Withdrawn",
                    "Transfer",
                    "CallMade",
                ]
            else:
                assert (name, accepted, answers) == (name, (False,), (LOCKED,))
                assert network.call("owed", element_bytes(KIND), recipient.address) == 40
        network.height = height


def test_the_rollup_is_open_again_after_calls(network: Network) -> None:
    """The lock does not outlast the calls, in the same transaction either."""
    network.fund()
    entry = network.queue(send(1), (network.recipient.address, 1000, b""))
    claim = network.claim([send(1)])
    opening = opening_of([send(1)], SMALL)
    inputs = [
        network.chain.calldata(network.rollup, name, *arguments)
        for name, *arguments in (
            ("settle", claim, network.commit(claim), opening, [applied(entry)]),
            ("queueTransaction", send(5).words, PROVEN),
        )
    ]
    network.chain.transact(network.recipient, "passAll", network.rollup.address, inputs)
    accepted, _ = network.chain.call(network.recipient, "allAnswers")
    assert accepted == (True, True)


# Calls of the queue


def settle_with_call(
    network: Network, function: str, *arguments: Any, gas: int, limit: int = 16_000_000
) -> Receipt:
    """Queue a transaction with a call of the recipient, and settle it."""
    data = network.chain.calldata(network.recipient, function, *arguments)
    entry = network.queue(send(1), (network.recipient.address, gas, data))
    return network.settle([send(1)], [applied(entry)], gas=limit)


def call_made(receipt: Receipt) -> Any:
    """Give the arguments of the one event of a call."""
    (made,) = [each for each in receipt.events if each.name == "CallMade"]
    return made.arguments


@pytest.mark.parametrize(
    ("function", "gas", "success"),
    [
        ("spend", 100_000, False),
        ("returnMuch", 100_000, True),
        ("revertWithMuch", 100_000, False),
        ("note", 0, False),
        ("note", 100_000, True),
    ],
)
def test_whatever_a_call_does_the_block_is_settled(
    network: Network, function: str, gas: int, success: bool
) -> None:
    """It spends all its gas, or brings a lot of data; that costs who settles no more than that."""
    receipt = settle_with_call(network, function, gas=gas)
    assert [event.name for event in receipt.events] == [
        "EntryConsumed",
        "RollupVerified",
        "CallMade",
    ]
    assert call_made(receipt)["success"] is success
    assert call_made(receipt)["gas"] == gas
    assert network.call("consumed") == 1
    assert receipt.gas_used < 400_000


def test_a_call_gets_the_gas_that_it_was_promised(network: Network) -> None:
    """Neither more nor less, and no ether; who calls is not the rollup."""
    settle_with_call(network, "note", gas=100_000)
    seen = network.chain.call(network.recipient, "gasSeen", 0)
    assert 100_000 - 400 < seen < 100_000
    caller = to_checksum_address(network.chain.call(network.recipient, "caller"))
    assert caller == network.account("CALL_EXECUTOR") != network.rollup.address


def test_who_settles_cannot_starve_a_call(network: Network) -> None:
    """With any gas limit the call gets all that it was promised, or nothing happens at all."""
    data = network.chain.calldata(network.recipient, "note")
    entry = network.queue(send(1), (network.recipient.address, 100_000, data))
    verdicts = [applied(entry)]

    def verdict_with(limit: int) -> str:
        network.height = 0
        with network.chain.undone():
            try:
                network.settle([send(1)], verdicts, gas=limit)
            except RevertedError as error:
                assert network.chain.call(network.recipient, "noted") == 0
                assert network.call("consumed") == 0
                return error.name
            seen.add(network.chain.call(network.recipient, "gasSeen", 0))
            return "settled"

    seen: set[int] = set()
    little, enough = 100_000, 500_000
    assert (verdict_with(little), verdict_with(enough)) == ("", "settled")
    while enough - little > 50:
        middle = (little + enough) // 2
        if verdict_with(middle) == "settled":
            enough = middle
        else:
            little = middle
    near = [verdict_with(limit) for limit in range(enough - 2000, enough, 100)]
    far = [verdict_with(limit) for limit in range(enough - 60_000, enough + 60_000, 10_000)]
    assert set(near) == {"QUEUE_CALL_GAS_MISSING"}
    assert set(far) == {"QUEUE_CALL_GAS_MISSING", "settled"}
    (promised,) = seen
    assert promised > 99_000


def test_the_executor_does_not_call_with_less_gas(network: Network) -> None:
    """It looks itself, right before the call, whatever the rollup found."""
    chain = network.chain
    executor = chain.contract_at(artefact("CallExecutor"), network.account("CALL_EXECUTOR"))
    note = chain.calldata(network.recipient, "note")
    call = (network.recipient.address, 100_000, note)
    rollup = network.rollup.address
    assert chain.call(executor, "execute", *call, sender=rollup, gas=200_000)
    names, enough = set(), []
    for gas in range(24_000, 160_000, 1_000):
        try:
            chain.call(executor, "execute", *call, sender=rollup, gas=gas)
        except RevertedError as error:
            names.add(error.name)
        else:
            enough.append(gas)
    assert names == {"QUEUE_CALL_GAS_MISSING"}
    assert enough
    assert min(enough) > 130_000


def test_calls_are_made_in_order(network: Network) -> None:
    """Of several entries, each after the last; the one that is void has none."""
    calls = [
        (
            network.recipient.address,
            100_000,
            network.chain.calldata(network.recipient, "keep", number),
        )
        for number in range(4)
    ]
    first, void, third = (
        network.queue(send(10 * number), call) for number, call in enumerate(calls[:3], start=1)
    )
    void_verdict = (void, False, True, PROVEN)
    network.settle(
        [send(10)],
        [applied(first), void_verdict],
    )
    last = network.queue(send(40), calls[3])
    block = [send(40), send(30)]
    receipt = network.settle(block, [applied(third), applied(last)])
    made = [event.arguments["index"] for event in receipt.events if event.name == "CallMade"]
    assert made == [2, 3]
    assert network.chain.call(network.recipient, "allNumbers") == (0, 2, 3)


def test_a_forced_entry_has_its_call(network: Network) -> None:
    """Anybody may settle it when it is overdue, and then its call is made as ever."""
    data = network.chain.calldata(network.recipient, "keep", 5)
    entry = network.queue(send(1), (network.recipient.address, 100_000, data))
    network.chain.advance(SMALL.queue_overdue_seconds)
    receipt = network.transact("force", entry, network.claim([send(1)]))
    assert call_made(receipt)["success"]
    assert network.chain.call(network.recipient, "allNumbers") == (5,)


def test_nobody_but_the_rollup_uses_the_executor(network: Network) -> None:
    """Otherwise nothing is lost either; it has no rights. But so its calls are those of entries."""
    executor = network.chain.contract_at(artefact("CallExecutor"), network.account("CALL_EXECUTOR"))
    assert to_checksum_address(network.chain.call(executor, "ROLLUP")) == network.rollup.address
    with rejects("CallerIsNotRollup"):
        network.chain.transact(executor, "execute", network.recipient.address, 1000, b"")
    arguments = (network.recipient.address, 1000, b"")
    inner = network.chain.calldata(executor, "execute", *arguments)
    entry = network.queue(send(1), (executor.address, 50_000, inner))
    receipt = network.settle([send(1)], [applied(entry)])
    assert not call_made(receipt)["success"]


def test_a_call_cannot_use_the_rights_of_the_rollup(network: Network) -> None:
    """A call to the token neither moves what is locked nor what depositors allow."""
    network.fund(1000, 1)
    thief, victim = network.chain.accounts[7:9]
    token = network.token
    for number, (function, arguments) in enumerate(
        [("transfer", (thief, 10)), ("transferFrom", (victim, thief, 10))]
    ):
        data = network.chain.calldata(token, function, *arguments)
        block = [send(100 + 10 * number)]
        entry = network.queue(block[0], (token.address, 100_000, data))
        receipt = network.settle(block, [applied(entry)])
        assert not call_made(receipt)["success"]
    assert network.balance(thief) == WEALTH


# Ether


def test_ether_is_never_accepted(network: Network) -> None:
    """Neither bare nor with a call."""
    executor = network.account("CALL_EXECUTOR")
    for place in (network.rollup.address, executor):
        for data in (b"", bytes(4), bytes(100)):
            with pytest.raises(RevertedError):
                network.chain.send(place, data, value=1)
        assert network.chain.balance(place) == 0
    for name, data in every_change(network).items():
        with pytest.raises(RevertedError) as caught:
            network.chain.send(network.rollup.address, data, value=1)
        assert (name, caught.value.data) == (name, b"")
    for name in ("Rollup", "CallExecutor"):
        kinds = {element["type"] for element in artefact(name).abi}
        assert not kinds & {"receive", "fallback"}
        assert "payable" not in {each.get("stateMutability") for each in artefact(name).abi}


# Permits


DEPOSITOR: Final = signer("depositor")
"""A depositor who has no ether."""


def permit_of(network: Network, key: Signer, value: int, deadline: int, nonce: int = 0) -> Any:
    """Let the rollup move an account's money (ERC-2612)."""
    content = keccak256(
        keccak256(
            b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        )
        + key.address.rjust(32, b"\0")
        + to_canonical_address(network.rollup.address).rjust(32, b"\0")
        + b"".join(number.to_bytes(32, "big") for number in (value, nonce, deadline))
    )
    return split(key.sign(keccak256(b"\x19\x01" + token_domain(network) + content)))


def account_key(number: int) -> Signer:
    """Give the key of an account of the chain."""
    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(MNEMONIC, account_path=f"{DERIVATION_PATH}/{number}")
    return Signer(key=PrivateKey(account.key))


def token_domain(network: Network) -> bytes:
    """Give the separator of the token."""
    return bytes(network.chain.call(network.token, "DOMAIN_SEPARATOR"))


def test_nobody_can_spoil_a_permit(network: Network) -> None:
    """Who brings the permit to the token before the deposit does only makes it work sooner."""
    chain = network.chain
    account = chain.accounts[1]
    chain.transact(network.token, "approve", network.rollup.address, 0, sender=account)
    key = account_key(1)
    arguments = deposit_arguments(1, 100)
    deadline = 2**63
    permit = permit_of(network, key, 100, deadline)
    for is_first in (False, True):
        with chain.undone():
            if is_first:
                r, s, v = permit
                owners = (account, network.rollup.address)
                chain.transact(network.token, "permit", *owners, 100, deadline, v, r, s)
            network.transact("depositWithPermit", *arguments, deadline, permit)
            depositor = network.call("depositOf", element_bytes(1))[0]
            assert to_checksum_address(depositor) == account
            assert network.balance(network.rollup.address) == 100
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact("depositWithPermit", *deposit_arguments(1, 99), deadline, permit)
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact("depositWithPermit", *arguments, network.chain.timestamp, permit)


def test_a_permit_is_only_for_who_brings_it(network: Network) -> None:
    """Nobody can make a deposit of their own from another's permit."""
    chain = network.chain
    for account in chain.accounts[1:3]:
        chain.transact(network.token, "approve", network.rollup.address, 0, sender=account)
    permit = permit_of(network, account_key(1), 100, 2**63)
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact("depositWithPermit", *deposit_arguments(), 2**63, permit, sender=2)
    network.transact("depositWithPermit", *deposit_arguments(), 2**63, permit, sender=1)


# Authorizations


def authorization_of(
    network: Network,
    *,
    mint_hash: int = 1,
    value: int = 100,
    valid: tuple[int, int] = (0, 2**40),
    domain: bytes | None = None,
    nonce: bytes = bytes(31) + b"\x05",
) -> Any:
    """Have a depositor sign for the token and for the rollup; give the struct `Authorization`."""
    address = DEPOSITOR.address
    content = keccak256(
        keccak256(
            b"ReceiveWithAuthorization(address from,address to,uint256 value,"
            b"uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        )
        + address.rjust(32, b"\0")
        + to_canonical_address(network.rollup.address).rjust(32, b"\0")
        + b"".join(number.to_bytes(32, "big") for number in (value, *valid))
        + nonce
    )
    for_token = DEPOSITOR.sign(keccak256(b"\x19\x01" + token_domain(network) + content))
    deposit = Authorization(
        depositor=address,
        mint_hash=FieldElement(mint_hash),
        note_kind=KIND,
        value=value,
        valid_after=valid[0],
        valid_before=valid[1],
        nonce=nonce,
    )
    own_domain = domain or domain_of(network.rollup)
    for_rollup = DEPOSITOR.sign(authorization_digest(deposit, own_domain))  # type: ignore[arg-type]
    return (to_checksum_address(address), *valid, nonce, split(for_token), split(for_rollup))


def domain_of(contract: Contract, chain_id: int = CHAIN_ID) -> bytes:
    """Give a rollup's separator, as Python computes it."""
    return domain_separator(chain_id, EthereumAddress(to_canonical_address(contract.address)))


def test_somebody_else_brings_a_deposit(network: Network) -> None:
    """The money comes from who signed, and it is theirs until a block takes it."""
    depositor = to_checksum_address(DEPOSITOR.address)
    network.chain.transact(network.token, "mint", depositor, 150)
    given = authorization_of(network)
    assert network.call("DOMAIN_SEPARATOR") == domain_of(network.rollup)
    for wrong in (deposit_arguments(2), deposit_arguments(1, 99)):
        with rejects("BRIDGE_AUTHORIZATION_INVALID"):
            network.transact("depositWithAuthorization", *wrong, given)
    network.transact("depositWithAuthorization", *deposit_arguments(), given)
    owner, *made = network.call("depositOf", element_bytes(1))
    assert (to_checksum_address(owner), *made[:2]) == (depositor, element_bytes(KIND), 100)
    assert network.balance(depositor) == 50
    with rejects("BRIDGE_MINT_HASH_TAKEN"):
        network.transact("depositWithAuthorization", *deposit_arguments(), given)
    network.chain.transact(network.token, "mint", depositor, 150)
    again = authorization_of(network, mint_hash=2)
    with rejects("BRIDGE_TRANSFER_REFUSED"):  # the token takes each nonce once
        network.transact("depositWithAuthorization", *deposit_arguments(2), again)
    with rejects("BRIDGE_NOT_DEPOSITOR"):
        network.transact("cancelDeposit", element_bytes(1))


def test_an_authorization_is_for_one_contract_on_one_chain(network: Network) -> None:
    """Signed for another contract or for another chain it is worth nothing."""
    depositor = to_checksum_address(DEPOSITOR.address)
    network.chain.transact(network.token, "mint", depositor, 1000)
    other = deploy_rollup(network, SMALL)
    network.chain.transact(other, "addToken", element_bytes(KIND), network.token.address)
    given = authorization_of(network)
    with rejects("BRIDGE_AUTHORIZATION_INVALID"):
        network.chain.transact(other, "depositWithAuthorization", *deposit_arguments(), given)
    for domain in (domain_of(other), domain_of(network.rollup, CHAIN_ID + 1)):
        wrong = authorization_of(network, domain=domain)
        with rejects("BRIDGE_AUTHORIZATION_INVALID"):
            network.transact("depositWithAuthorization", *deposit_arguments(), wrong)
    network.transact("depositWithAuthorization", *deposit_arguments(), given)


def test_the_token_judges_whether_an_authorization_is_in_time(network: Network) -> None:
    """Too early or too late, and signed by somebody else for the token."""
    network.chain.transact(network.token, "mint", to_checksum_address(DEPOSITOR.address), 1000)
    now = network.chain.timestamp
    for valid in ((now + 1000, now + 2000), (0, now)):
        given = authorization_of(network, valid=valid)
        with rejects("BRIDGE_TRANSFER_REFUSED"):
            network.transact("depositWithAuthorization", *deposit_arguments(), given)
    *rest, _, for_rollup = authorization_of(network)
    for_token = authorization_of(network, value=99)[4]
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact(
            "depositWithAuthorization", *deposit_arguments(), (*rest, for_token, for_rollup)
        )


def test_what_comes_before_the_signature(network: Network) -> None:
    """Words that are none and a rollup that is over are named first, whoever signed."""
    *start, _ = authorization_of(network)
    given = (*start, (bytes(32), bytes(32), 27))
    large = element_bytes(MODULUS)
    for arguments in ((large, 100, element_bytes(KIND)), (element_bytes(1), 100, large)):
        with rejects("FIELD_ELEMENT_NOT_CANONICAL"):
            network.transact("depositWithAuthorization", *arguments, given)
    with rejects("BRIDGE_AUTHORIZATION_INVALID"):
        network.transact("depositWithAuthorization", *deposit_arguments(), given)
    network.queue(send(1))
    network.chain.advance(SMALL.queue_freeze_seconds)
    network.transact("freeze")
    with rejects("SETTLEMENT_FROZEN"):
        network.transact("depositWithAuthorization", *deposit_arguments(), given)


def test_a_depositors_signature_has_one_form(network: Network) -> None:
    """The other one of the same key is refused; so is what nobody signed, for the address 0 too."""
    network.chain.transact(network.token, "mint", to_checksum_address(DEPOSITOR.address), 1000)
    *rest, for_token, good = authorization_of(network)
    nobody = [to_checksum_address(bytes(20)), *rest[1:]]
    junk = (bytes(32), bytes(32), 27)
    for start, signature in ((rest, other_form(good)), (rest, junk), (nobody, junk)):
        with rejects("BRIDGE_AUTHORIZATION_INVALID"):
            network.transact(
                "depositWithAuthorization", *deposit_arguments(), (*start, for_token, signature)
            )


def other_form(signature: tuple[bytes, bytes, int]) -> tuple[bytes, bytes, int]:
    """Give the signature that anybody can make of one: the other s, and the other recovery id."""
    r, s, v = signature
    return r, (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big"), 27 + 28 - v


# Names and certificates


def test_a_rollup_has_the_name_that_python_gives_it(network: Network, mainnet: Network) -> None:
    """With the contract and the chain where the parameters say so."""
    address = EthereumAddress(to_canonical_address(network.rollup.address))
    assert network.name == deployment_name("Payy", CHAIN_ID, address)
    assert mainnet.name == "Payy"


def test_signatures_for_one_deployment_are_worth_nothing_to_another(network: Network) -> None:
    """Neither to another contract nor on another chain."""
    other = deploy_rollup(network, SMALL)
    claim = network.claim([send(1)])
    commit = network.commit(claim)
    with pytest.raises(RevertedError, match="CERTIFICATE_SIGNER"):
        network.chain.transact(other, "settle", claim, commit, (), ())
    own = EthereumAddress(to_canonical_address(network.rollup.address))
    elsewhere = network.commit(claim, name=deployment_name("Payy", CHAIN_ID + 1, own))
    with pytest.raises(RevertedError, match="CERTIFICATE_SIGNER"):
        network.transact("settle", claim, elsewhere, (), ())
    network.transact("settle", claim, commit, (), ())


def changed(commit: Any, certificate: Sequence[Any]) -> Any:
    """Exchange the certificate of a commit proof."""
    return (*commit[:2], tuple(certificate), *commit[3:])


def test_a_certificate_has_one_form(network: Network) -> None:
    """Nobody can turn one into another one that also counts, or count somebody twice."""
    claim = network.claim([send(1)])
    commit = network.commit(claim)
    signatures = commit[2]
    first, second, third = signatures
    r, s, v = first
    stranger = split(
        signer("stranger").sign(keccak256(b"anything")),
    )
    for code, wrong in (
        ("CERTIFICATE_SIGNATURE_INVALID", [other_form(first), second, third]),
        ("CERTIFICATE_SIGNATURE_INVALID", [(r, s, v - 27), second, third]),
        ("CERTIFICATE_SIGNATURE_INVALID", [(r, s, 29), second, third]),
        ("CERTIFICATE_SIGNATURE_INVALID", [(bytes(32), s, v), second, third]),
        ("CERTIFICATE_SIGNATURE_INVALID", [(r, bytes(32), v), second, third]),
        ("CERTIFICATE_SIGNERS_UNORDERED", [first, first, second, third]),
        ("CERTIFICATE_SIGNERS_UNORDERED", [second, first, third]),
        ("CERTIFICATE_QUORUM_MISSING", [first, second]),
        ("CERTIFICATE_QUORUM_MISSING", []),
    ):
        with rejects(code):
            network.transact("settle", claim, changed(commit, wrong), (), ())
    with pytest.raises(RevertedError, match="CERTIFICATE_SIGNER"):
        network.transact("settle", claim, changed(commit, [stranger, second, third]), (), ())
    unknown = network.commit(claim, keys=(*network.sequencers[:2], signer("stranger")))
    with rejects("CERTIFICATE_SIGNER_UNKNOWN"):
        network.transact("settle", claim, unknown, (), ())
    network.transact("settle", claim, commit, (), ())


def test_heights_grow(network: Network) -> None:
    """The same height again and a lower one are refused, however many signed, and shown or not."""
    for number in range(3):
        network.settle([send(number)])
    claim = network.claim([send(3)])
    between = skipped_blocks(network.root, 3, 5)
    for height in (3, 2, 1):
        for skipped in (None, between):
            commit = network.commit(claim, height=height, keys=network.sequencers, skipped=skipped)
            with rejects("SETTLEMENT_HEIGHT_NOT_ABOVE"):
                network.transact("settle", claim, commit, (), ())
    network.settle([send(3)])
    assert network.call("height") == 4


def test_no_block_is_left_out(network: Network) -> None:
    """Blocks below a settled one are shown, each with the root as it is, linked, without a gap."""
    network.settle([send(1)])
    root, claim = network.root, network.claim([send(2)])
    right = skipped_blocks(root, 1, 4)
    first, second = right.encodings
    other_root = skipped_blocks(FieldElement(root + 1), 1, 4)
    (alone,) = skipped_blocks(root, 2, 4).encodings
    early, late = skipped_blocks(root, 0, 4), skipped_blocks(root, 1, 5)
    for skipped in (
        None,
        replace(right, encodings=()),
        replace(right, encodings=(second,)),
        replace(right, encodings=(first,)),
        replace(right, encodings=(second, first)),
        replace(right, encodings=(first, second, second)),
        replace(right, encodings=(first, alone)),
        replace(right, name=other_root.name),
        other_root,
        early,
        late,
        skipped_blocks(root, 2**32 + 1, 2**32 + 4),
    ):
        commit = network.commit(claim, height=4, skipped=skipped)
        with rejects("SETTLEMENT_BLOCKS_SKIPPED"):
            network.transact("settle", claim, commit, (), ())
    for code, wrong in (
        ("BORSH_TRUNCATED", first[:-1]),
        ("BORSH_TRAILING_BYTES", first + b"\0"),
        ("BORSH_TRUNCATED", b""),
    ):
        for encodings in ((wrong, second), (first, second, wrong)):
            skipped = replace(right, encodings=encodings)
            commit = network.commit(claim, height=4, skipped=skipped)
            with rejects(code):
                network.transact("settle", claim, commit, (), ())
    too_many = network.commit(claim, height=2, skipped=skipped_blocks(root, 0, 2))
    with rejects("SETTLEMENT_BLOCKS_SKIPPED"):
        network.transact("settle", claim, too_many, (), ())
    network.transact("settle", claim, network.commit(claim, height=4, skipped=right), (), ())
    assert network.call("height") == 4


def test_after_a_forced_block_the_next_one_is_free(network: Network) -> None:
    """One block, once; and only if the forced block moved the root."""
    network.settle([send(1)])
    for is_moved in (False, True):
        entry = network.queue(send(2))
        network.chain.advance(SMALL.queue_overdue_seconds)
        inputs, proof = network.claim([send(2)])
        if not is_moved:
            inputs[1] = inputs[0]
        network.transact("force", entry, (inputs, proof))
        assert network.call("height") == 1
        payment = (element_bytes(KIND), 9, element_bytes(3), network.chain.accounts[5])
        with network.chain.undone(), rejects("BRIDGE_BURN_SETTLED") if is_moved else nullcontext():
            network.transact("substituteBurn", payment, 2**64 - 1)
        claim = network.claim([send(3)])
        far = network.commit(claim, height=100)
        with nullcontext() if is_moved else rejects("SETTLEMENT_BLOCKS_SKIPPED"):
            network.transact("settle", claim, far, (), ())
    assert network.call("height") == 100
    network.transact("substituteBurn", payment, 101)
    network.height = 101
    with rejects("SETTLEMENT_BLOCKS_SKIPPED"):
        network.settle([send(4)])
    network.height = 100
    network.settle([send(4)])
    assert network.call("height") == 101


def test_a_void_mint_keeps_its_deposit(network: Network) -> None:
    """Nobody is owed anything at once: another mint may take it, or its depositor cancels."""
    network.transact("deposit", *deposit_arguments())
    one, other = mint(1, 100), mint(1, 100, leaf=99)
    entries = [network.queue(one), network.queue(other)]
    settled = network.settle([send(1)], [(entries[0], False, False, PROVEN)])
    assert [event.name for event in settled.events] == ["EntryConsumed", "RollupVerified"]
    network.chain.advance(SMALL.queue_overdue_seconds)
    discarded = network.transact("discard", entries[1], PROVEN)
    assert [event.name for event in discarded.events] == ["EntryConsumed"]
    assert network.call("owed", element_bytes(KIND), network.chain.accounts[1]) == 0
    with network.chain.undone():
        network.settle([other])
        with rejects("BRIDGE_DEPOSIT_ABSENT"):
            network.transact("cancelDeposit", element_bytes(1))
    network.height -= 1
    network.chain.advance(SMALL.bridge_cancel_seconds)
    network.transact("cancelDeposit", element_bytes(1))
    assert network.call("owed", element_bytes(KIND), network.chain.accounts[1]) == 100


def reach(network: Network, moment: int) -> None:
    """Let the next transaction be at a moment."""
    network.chain.advance(moment - network.chain.timestamp - BLOCK_SECONDS)


def test_a_long_queue_does_not_freeze(network: Network) -> None:
    """Entries expire one after the other, no faster than they have to be served."""
    places = SMALL.block_transactions
    entries = [network.queue(send(number)) for number in range(places + 1)]
    last, expiry = entries[-1][3], entries[0][3] + SMALL.queue_freeze_seconds
    reach(network, expiry - 1)
    with network.chain.undone(), rejects("QUEUE_NOT_EXPIRED"):
        network.transact("freeze")
    with network.chain.undone():
        network.chain.advance(1)
        network.transact("freeze")
    network.settle([send(900)], [(entry, False, False, PROVEN) for entry in entries[:places]])
    expiry += places * SMALL.queue_service_seconds
    assert last + SMALL.queue_freeze_seconds < expiry - 1
    for moment in (last + SMALL.queue_freeze_seconds, expiry - 1):
        with network.chain.undone(), rejects("QUEUE_NOT_EXPIRED"):
            reach(network, moment)
            network.transact("freeze")
    reach(network, expiry)
    network.transact("freeze")
    assert network.call("isFrozen")


def test_an_empty_queue_does_not_freeze(network: Network) -> None:
    """What was served is no reason, however long ago; nor is there one in a new queue."""
    network.chain.advance(SMALL.queue_freeze_seconds)
    with rejects("QUEUE_NOT_EXPIRED"):
        network.transact("freeze")
    entry = network.queue(send(1))
    network.settle([send(1)], [applied(entry)])
    network.chain.advance(2 * SMALL.queue_freeze_seconds)
    with rejects("QUEUE_NOT_EXPIRED"):
        network.transact("freeze")


def test_who_queues_a_mint_holds_its_deposit(network: Network) -> None:
    """Each time anew; so the deposit is there until the mint can be forced."""
    network.transact("deposit", *deposit_arguments())
    name = element_bytes(1)
    for number in range(2):
        network.chain.advance(SMALL.bridge_cancel_seconds)
        queued_at = network.queue(mint(1, 100, leaf=99 + number))[3]
        assert network.call("depositOf", name)[3] == queued_at
        with network.chain.undone(), rejects("BRIDGE_CANCEL_TOO_EARLY"):
            network.transact("cancelDeposit", name)
    with network.chain.undone(), rejects("BRIDGE_CANCEL_TOO_EARLY"):
        reach(network, queued_at + SMALL.bridge_cancel_seconds - 1)
        network.transact("cancelDeposit", name)
    reach(network, queued_at + SMALL.bridge_cancel_seconds)
    network.transact("cancelDeposit", name)
    assert network.call("owed", element_bytes(KIND), network.chain.accounts[1]) == 100


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda header: header[:0], "BORSH_TRUNCATED"),
        (lambda header: header[:83], "BORSH_TRUNCATED"),
        (lambda header: header + b"\0", "BORSH_TRAILING_BYTES"),
        (lambda header: header + bytes(65), "BORSH_TRAILING_BYTES"),
        (lambda header: header[:80] + b"\1\0\0\0" + bytes(64), "BORSH_TRUNCATED"),
        (lambda header: header[:80] + b"\xff\xff\xff\xff", "BORSH_TRUNCATED"),
        (lambda header: header[:80] + b"\1\0\0\0" + bytes(65), "COMMIT_PARENT_MISMATCH"),
    ],
)
@pytest.mark.parametrize("index", [0, 1])
def test_headers_have_one_encoding(network: Network, index: int, change: Any, code: str) -> None:
    """As in Python: what ends early, what goes on, what is another header."""
    claim = network.claim([send(1)])
    headers, *rest = network.commit(claim)
    wrong = [change(header) if at == index else header for at, header in enumerate(headers)]
    with rejects(code):
        network.transact("settle", claim, (wrong, *rest), (), ())


# Forms


def test_words_are_below_the_modulus(network: Network) -> None:
    """Each of them, wherever one is taken; the greatest element itself is none too great."""
    account = network.chain.accounts[5]
    large = element_bytes(MODULUS)
    words = list(send(1).words)
    wrong_words = [[*words[:at], MODULUS + words[at], *words[at + 1 :]] for at in range(9)]
    claim = network.claim([send(1)])
    wrong_claims = [([*claim[0][:at], large, *claim[0][at + 1 :]], claim[1]) for at in range(3)] + [
        ([*claim[0], large], claim[1])
    ]
    entry = (words, False, (account, 0, b""), 0)
    calls: list[tuple[Any, ...]] = [
        ("addToken", large, account),
        ("deposit", large, 1, element_bytes(KIND)),
        ("deposit", element_bytes(1), 1, large),
        ("cancelDeposit", large),
        ("withdraw", large, account),
        ("substituteBurn", (large, 1, element_bytes(1), account), 1),
        ("substituteBurn", (element_bytes(KIND), 1, large, account), 1),
        ("leave", words, PROVEN, [[MODULUS] * 8]),
        *(
            (name, wrong, PROVEN, *more)
            for wrong in wrong_words
            for name, more in (
                ("depositAndQueue", ()),
                ("queueTransaction", ()),
                ("queueCall", ((account, 0, b""),)),
                ("leave", ([],)),
            )
        ),
        *(("settle", wrong, network.commit(claim), (), ()) for wrong in wrong_claims),
        *(("force", entry, wrong) for wrong in wrong_claims),
        *(
            ("settle", claim, network.commit(claim), opening, [applied(entry)])
            for opening in (((MODULUS,), ()), ((), (MODULUS,)))
        ),
    ]
    for name, *arguments in calls:
        with rejects("FIELD_ELEMENT_NOT_CANONICAL"):
            network.transact(name, *arguments)
    network.transact("deposit", element_bytes(HIGHEST), 1, element_bytes(KIND))


def test_heights_have_64_bits(network: Network) -> None:
    """Whose greatest is judged by the rules."""
    account = network.chain.accounts[5]
    with rejects("LEDGER_HEIGHT_OUT_OF_RANGE"):
        network.transact("addValidators", 2**64, [(account, 1)], sender=0)
    with rejects("VALIDATORS_TOO_FAR"):
        network.transact("addValidators", 2**64 - 1, [(account, 1)], sender=0)
    payment = (element_bytes(KIND), 9, element_bytes(3), account)
    with rejects("LEDGER_HEIGHT_OUT_OF_RANGE"):
        network.transact("substituteBurn", payment, 2**64)
    network.transact("substituteBurn", payment, 2**64 - 1)


def test_values_are_below_their_limit(network: Network) -> None:
    """A deposit of 2^240 is refused before the token is asked; one less, by the token."""
    with rejects("BRIDGE_VALUE_OUT_OF_RANGE"):
        network.transact("deposit", *deposit_arguments(1, VALUE_LIMIT))
    with rejects("BRIDGE_TRANSFER_REFUSED"):
        network.transact("deposit", *deposit_arguments(1, VALUE_LIMIT - 1))


# What the contracts are


def test_the_owner_can_name_tokens_and_sequencers_only(network: Network) -> None:
    """Everything else is the same for everybody, and there is nothing else."""
    account = network.chain.accounts[5]
    for name, arguments in (
        ("addToken", (element_bytes(9), account)),
        ("addValidators", (50, [(account, 1)])),
    ):
        with rejects("SETTLEMENT_NOT_OWNER"):
            network.transact(name, *arguments, sender=1)
        network.transact(name, *arguments, sender=0)
    assert network.account("owner") == network.chain.accounts[0]
    assert len(every_change(network)) == 16


def test_errors_are_the_codes(network: Network) -> None:
    """Under their names, without arguments; what is no code is only about the machine."""
    of_the_machine = {
        "QUEUE_CALL_GAS_MISSING",
        "ReentrancyGuardReentrantCall",
        "CallerIsNotRollup",
        "AddressEmptyCode",
        "FailedCall",
        "StringsInsufficientHexLength",
    }
    errors = [
        element
        for element in joined(network.rollup.artefact.abi, artefact("CallExecutor").abi)
        if element["type"] == "error"
    ]
    codes = {element["name"] for element in errors} - of_the_machine
    assert codes <= {code.value for code in ErrorCode}
    assert len(codes) > 60
    assert not any(element["inputs"] for element in errors if element["name"] in codes)


def test_the_code_is_small_enough(network: Network) -> None:
    """As it lies on the chain, and as it is sent there."""
    code = network.chain.code(network.rollup.address)
    assert len(code) == len(network.rollup.artefact.runtime_code) // 2
    assert len(code) < CODE_LIMIT
    assert len(network.rollup.artefact.creation_code) // 2 < CREATION_LIMIT - 4096


def test_a_rollup_without_a_verifier_settles_nothing(network: Network) -> None:
    """An address without code does not count as a yes."""
    nowhere = network.chain.accounts[9]
    arguments = [
        network.chain.accounts[0],
        "Payy",
        False,
        [(to_checksum_address(each.address), 1) for each in network.sequencers],
        (nowhere,) * 3,
        rules_of(SMALL),
        element_bytes(empty_roots(SMALL.tree_depth)[-1]),
    ]
    libraries = {"NoteTree": network.tree}
    rollup = network.chain.deploy(artefact("Rollup"), *arguments, libraries=libraries)
    claim = network.claim([send(1)])
    with pytest.raises(RevertedError):
        network.chain.transact(rollup, "settle", claim, network.commit(claim, name="Payy"), (), ())
    with pytest.raises(RevertedError):
        network.chain.transact(rollup, "queueTransaction", send(1).words, PROVEN)


def proof_of(*inputs: bytes | int) -> bytes:
    """Give a proof of these public inputs and of no others."""
    return PROVEN + keccak256(
        b"".join(each if isinstance(each, bytes) else element_bytes(each) for each in inputs)
    )


def test_verifiers_are_asked_about_the_right_thing(network: Network) -> None:
    """
    About all public inputs, in their order, and nothing else.

    Of a block the area is filled with zeros; of a void entry the tree's root comes first.
    """
    transaction, other = mint(1, 100), send(50)
    network.transact("deposit", *deposit_arguments())
    for code, proof in (
        ("SETTLEMENT_TRANSACTION_UNPROVEN", proof_of(*transaction.words[:-1])),
        ("SETTLEMENT_TRANSACTION_UNPROVEN", proof_of(*other.words)),
        ("", proof_of(*transaction.words)),
    ):
        with rejects(code) if code else nullcontext():
            network.transact("queueTransaction", transaction.words, proof)
    void = network.queue(other)
    old_root, (inputs, _) = network.root, network.claim([transaction])
    new_root = int.from_bytes(inputs[1], "big")
    area = SMALL.block_message_words - len(inputs) + 3
    opening = opening_of([transaction], SMALL)
    entry = (transaction.words, *void[1:3], void[3] - BLOCK_SECONDS)
    right = proof_of(*inputs, bytes(32 * area))
    shown = proof_of(new_root, *other.words)
    for code, block_proof, is_after, void_proof in (
        ("SETTLEMENT_BLOCK_UNPROVEN", proof_of(*inputs), True, shown),
        ("SETTLEMENT_BLOCK_UNPROVEN", proof_of(*inputs, bytes(32 * area - 32)), True, shown),
        ("QUEUE_ENTRY_NOT_VOID", right, False, shown),
        ("QUEUE_ENTRY_NOT_VOID", right, True, proof_of(old_root, *other.words)),
        ("QUEUE_ENTRY_NOT_VOID", right, True, proof_of(*other.words)),
        ("", right, True, shown),
    ):
        claim = (inputs, block_proof)
        verdicts = [applied(entry), (void, False, is_after, void_proof)]
        with rejects(code) if code else nullcontext():
            network.transact("settle", claim, network.commit(claim), opening, verdicts)
    assert network.call("consumed") == 2


def test_what_is_not_proven_changes_nothing(network: Network) -> None:
    """A block, a transaction, and that an entry can have no place."""
    claim = network.claim([send(1)], UNPROVEN)
    with rejects("SETTLEMENT_BLOCK_UNPROVEN"):
        network.transact("settle", claim, network.commit(claim), (), ())
    with rejects("SETTLEMENT_TRANSACTION_UNPROVEN"):
        network.transact("queueTransaction", send(1).words, UNPROVEN)
    entry = network.queue(send(1))
    verdict = (entry, False, False, UNPROVEN)
    with rejects("QUEUE_ENTRY_NOT_VOID"):
        network.settle([send(2)], [verdict])
    assert network.root == empty_roots(SMALL.tree_depth)[-1]
