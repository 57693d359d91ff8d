"""
The interface of a chain for contracts: deploy, call, transact, go back, move the time on.

Both chains have the same accounts, the same chain id, the same first moment and twelve seconds
between blocks, and mine one transaction a block. So a sequence of steps gives the same addresses,
times and gas on both, in every run.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, cast

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIError, ChecksumAddress
from eth_utils.abi import (
    abi_to_signature,
    function_signature_to_4byte_selector,
    get_abi_input_types,
    get_abi_output_types,
)
from web3 import Web3
from web3.contract import Contract as Interface
from web3.exceptions import MismatchedABI, Web3ValueError

from payy_ref.ethereum.artefact import Artefact

CHAIN_ID: Final = 131_277_322_940_537
"""What eth-tester has built in."""

MNEMONIC: Final = "test test test test test test test test test test test junk"
"""Where the accounts come from; everybody knows it, so real money must never go there."""

DERIVATION_PATH: Final = "m/44'/60'/0'/0"
"""Place of the accounts below the mnemonic; the number of the account follows."""

ACCOUNTS: Final = 10
"""Accounts with money."""

INITIAL_ETHER: Final = 1_000_000
"""What each of them has at first."""

FIRST_MOMENT: Final = 1_800_000_000
"""Time of the first block, in seconds of Unix time; any moment that does not change would do."""

BLOCK_SECONDS: Final = 12
"""Time from one block to the next."""

BLOCK_GAS: Final = 30_000_000
"""Gas limit of a block."""

FIRST_BASE_FEE: Final = 875_000_000
"""Base fee of block 1, in wei: 1 gwei in block 0, and an eighth less because that is empty."""

GAS: Final = 16_000_000
"""
Gas of a transaction or call that names none.

Below the limit of a transaction that Osaka brings, 2**24. Nothing is ever estimated: the estimate
runs every pairing again and again, and is too high.
"""

FEE_LIMIT: Final = 100 * 10**9
"""The most that a transaction pays for a unit of gas, in wei."""

TIP: Final = 10**9
"""What of it goes to the block's maker, in wei."""

BUILT_IN_ERRORS: Final[Sequence[Mapping[str, Any]]] = (
    {"type": "error", "name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)
"""What Solidity itself rejects with: a sentence, or the number of a broken assumption."""


class ChainError(Exception):
    """The chain is not there, or cannot do what is asked."""


class RevertedError(Exception):
    """
    The contract rejected the call; nothing was changed.

    `name` is that of the error: a custom one, `Error` or `Panic`; empty if there is none, as when
    the gas runs out, or if no deployed contract declares it. `arguments` are its arguments, `data`
    is what the contract returned, and `gas_used` is the gas of a transaction, None for a call.
    """

    def __init__(
        self, name: str, arguments: tuple[Any, ...], data: bytes, gas_used: int | None
    ) -> None:
        shown = ", ".join(map(repr, arguments))
        super().__init__(f"{name}({shown})" if name else f"without a known error: 0x{data.hex()}")
        self.name = name
        self.arguments = arguments
        self.data = data
        self.gas_used = gas_used


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent to a chain."""

    sender: ChecksumAddress
    """Who sends it."""
    to: ChecksumAddress | None
    """The contract or account that gets it; None to make a contract."""
    data: bytes = b""
    """Selector and arguments, or creation code."""
    value: int = 0
    """Wei that go with it."""
    gas: int = GAS
    """The most gas that it may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call came to."""

    success: bool
    """Whether it was not rejected."""
    output: bytes
    """What was returned, on rejection too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """An event as the chain keeps it."""

    address: ChecksumAddress
    """The contract that emitted it."""
    topics: tuple[bytes, ...]
    """Its signature's hash and the indexed arguments."""
    data: bytes
    """The other arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event in the words of the contract."""

    address: ChecksumAddress
    """The contract that emitted it."""
    name: str
    """Name of the event."""
    arguments: Mapping[str, Any]
    """Its arguments by name; an indexed one of dynamic type is only known by its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinedTransaction:
    """A transaction in a block, accepted or rejected."""

    success: bool
    """Whether it was not rejected."""
    block_number: int
    """Number of its block."""
    gas_used: int
    """Gas of the whole transaction, refund subtracted."""
    gas_price: int
    """Wei that a unit of gas cost its sender."""
    contract_address: ChecksumAddress | None
    """The contract that it made."""
    logs: tuple[Log, ...]
    """What was emitted, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """An accepted transaction."""

    block_number: int
    """Number of its block."""
    gas_used: int
    """Gas of the whole transaction, refund subtracted."""
    fee: int
    """Wei that its sender paid for gas."""
    events: tuple[Event, ...]
    """Events of the contracts that this chain knows, in order."""
    logs: tuple[Log, ...]
    """All events as the chain keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A deployed contract."""

    address: ChecksumAddress
    """Where it is."""
    artefact: Artefact
    """What it was compiled to."""
    deployment: Receipt | None
    """How it was made; None if it was there before."""
    interface: Interface = field(repr=False, compare=False)
    """web3's form of it, which encodes and decodes."""


class Chain(ABC):
    """A chain that mines what it is sent at once; use it in a `with` block."""

    web3: Web3
    """A client of this chain, for whatever else is wanted of it."""
    accounts: tuple[ChecksumAddress, ...]
    """Accounts with money that the chain signs for."""

    def __init__(self) -> None:
        self._errors: dict[bytes, Mapping[str, Any]] = {}
        self._contracts: dict[ChecksumAddress, Contract] = {}
        self._snapshots: list[Any] = []
        self._learn_errors(BUILT_IN_ERRORS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # What a kind of chain has to bring

    @abstractmethod
    def close(self) -> None:
        """Give back all that the chain holds; it cannot be used after that."""

    @abstractmethod
    def answer(self, message: Message) -> Answer:
        """Run a message on the newest state, in the newest block's environment; change nothing."""

    @abstractmethod
    def mine(self, message: Message) -> MinedTransaction:
        """
        Put a message into a block of its own, `BLOCK_SECONDS` after the newest one.

        Raises:
            ChainError: The chain does not take it: too little gas or money, or an unknown sender.
        """

    @abstractmethod
    def advance(self, seconds: int) -> None:
        """Mine an empty block whose time is `seconds` (1 or more) after the newest one."""

    @abstractmethod
    def _take_snapshot(self) -> Any:
        """Keep the present state."""

    @abstractmethod
    def _restore_snapshot(self, snapshot: Any) -> Any:
        """Go back to a kept state, and give what stands for it from now on."""

    # What they share

    @property
    def block_number(self) -> int:
        """Number of the newest block."""
        return int(self.web3.eth.get_block("latest")["number"])

    @property
    def timestamp(self) -> int:
        """Time of the newest block, in seconds of Unix time."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def balance(self, address: ChecksumAddress) -> int:
        """Money of an account, in wei."""
        return int(self.web3.eth.get_balance(address))

    def code(self, address: ChecksumAddress) -> bytes:
        """Give the code of a contract; empty for other accounts."""
        return bytes(self.web3.eth.get_code(address))

    def storage(self, address: ChecksumAddress, slot: int) -> int:
        """Give a word of a contract's storage."""
        return int.from_bytes(self.web3.eth.get_storage_at(address, slot), "big")

    def snapshot(self) -> int:
        """
        Keep the present state and give a number for it.

        One can go back to it any number of times, until one goes back to an older one.
        """
        self._snapshots.append(self._take_snapshot())
        return len(self._snapshots) - 1

    def revert(self, snapshot: int) -> None:
        """
        Go back to a kept state; younger ones are forgotten.

        Raises:
            ChainError: No such state is kept.
        """
        if not 0 <= snapshot < len(self._snapshots):
            raise ChainError(f"there is no snapshot {snapshot}")
        del self._snapshots[snapshot + 1 :]
        self._snapshots[snapshot] = self._restore_snapshot(self._snapshots[snapshot])

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Go back, at the end of the block, to what was at its beginning."""
        snapshot = self.snapshot()
        try:
            yield
        finally:
            self.revert(snapshot)
            del self._snapshots[snapshot]

    def deploy(
        self,
        artefact: Artefact,
        *arguments: Any,
        sender: ChecksumAddress | None = None,
        value: int = 0,
        gas: int = GAS,
        libraries: Mapping[str, Contract] | None = None,
    ) -> Contract:
        """
        Make a contract.

        Args:
            arguments: What its constructor takes.
            sender: Who pays; the first account if not given.
            value: Wei to give it.
            gas: The most gas that it may take.
            libraries: What it is linked with, by name.

        Raises:
            ArtefactError: There is no code, or the libraries are not those that it needs.
            ChainError: The chain does not take it.
            RevertedError: The constructor rejected it.
            TypeError: These are not the constructor's arguments.
        """
        placed = {name: library.address for name, library in (libraries or {}).items()}
        code = artefact.linked_code(placed)
        self._learn_errors(artefact.abi)
        factory: Any = self.web3.eth.contract(abi=artefact.abi, bytecode=code)
        data = bytes.fromhex(factory.constructor(*arguments).data_in_transaction[2:])
        mined = self._send(
            Message(sender=sender or self.accounts[0], to=None, data=data, value=value, gas=gas)
        )
        if mined.contract_address is None:
            raise ChainError("the chain names no address for the contract that it made")
        return self._place(artefact, mined.contract_address, mined)

    def contract_at(self, artefact: Artefact, address: ChecksumAddress) -> Contract:
        """Speak to a contract that is there already, or that another contract made."""
        self._learn_errors(artefact.abi)
        return self._place(artefact, address, None)

    def call(
        self,
        contract: Contract,
        function: str,
        *arguments: Any,
        sender: ChecksumAddress | None = None,
        value: int = 0,
        gas: int = GAS,
    ) -> Any:
        """
        Run a function on the newest state and change nothing.

        Args:
            function: Its name; of an overloaded one the signature, as `pick(uint256)`.
            arguments: What it takes; addresses with checksum, structs as tuples.
            sender: Who calls; the first account if not given. Needs no key.

        Returns:
            What it returns: None, one value, or a tuple of several; structs are tuples.

        Raises:
            RevertedError: The contract rejected it.
            TypeError: These are not the function's arguments.
        """
        element, data = self._encoded(contract, function, arguments)
        answer = self.answer(
            Message(
                sender=sender or self.accounts[0],
                to=contract.address,
                data=data,
                value=value,
                gas=gas,
            )
        )
        if not answer.success:
            raise self._rejection(answer.output, None)
        values = decode(get_abi_output_types(element), answer.output)
        if not values:
            return None
        return values[0] if len(values) == 1 else values

    def transact(
        self,
        contract: Contract,
        function: str,
        *arguments: Any,
        sender: ChecksumAddress | None = None,
        value: int = 0,
        gas: int = GAS,
    ) -> Receipt:
        """
        Run a function in a transaction, in a block of its own.

        Arguments as for `call`; the sender is one of `accounts`.

        Raises:
            ChainError: The chain does not take it.
            RevertedError: The contract rejected it.
            TypeError: These are not the function's arguments.
        """
        _, data = self._encoded(contract, function, arguments)
        return self.send(contract.address, data, sender=sender, value=value, gas=gas)

    def send(
        self,
        to: ChecksumAddress,
        data: bytes = b"",
        *,
        sender: ChecksumAddress | None = None,
        value: int = 0,
        gas: int = GAS,
    ) -> Receipt:
        """
        Send bytes, money or both in a transaction, in a block of its own.

        Raises:
            ChainError: The chain does not take it.
            RevertedError: The contract rejected it.
        """
        mined = self._send(
            Message(sender=sender or self.accounts[0], to=to, data=data, value=value, gas=gas)
        )
        return self._receipt(mined)

    def calldata(self, contract: Contract, function: str, *arguments: Any) -> bytes:
        """
        Encode a function and its arguments, as for `call`.

        Raises:
            TypeError: These are not the function's arguments.
        """
        return self._encoded(contract, function, arguments)[1]

    def _send(self, message: Message) -> MinedTransaction:
        mined = self.mine(message)
        if not mined.success:
            # A rejected transaction leaves no data, only its state, in which it is run once more.
            raise self._rejection(self.answer(message).output, mined.gas_used)
        return mined

    def _place(
        self, artefact: Artefact, address: ChecksumAddress, mined: MinedTransaction | None
    ) -> Contract:
        interface: Any = self.web3.eth.contract(address, abi=artefact.abi)
        contract = Contract(
            address=address, artefact=artefact, deployment=None, interface=interface
        )
        self._contracts[address] = contract
        if mined is not None:
            contract = Contract(
                address=address,
                artefact=artefact,
                deployment=self._receipt(mined),
                interface=interface,
            )
            self._contracts[address] = contract
        return contract

    def _encoded(
        self, contract: Contract, function: str, arguments: Sequence[Any]
    ) -> tuple[Any, bytes]:
        """Find the function that takes these arguments; give its part of the ABI and the data."""
        try:
            element = contract.interface.functions[function](*arguments).abi
            text = contract.interface.encode_abi(abi_to_signature(element), args=arguments)
        except MismatchedABI as error:
            raise TypeError(f"{contract.artefact.contract}: {error}") from error
        return element, bytes.fromhex(text[2:])

    def _learn_errors(self, abi: Sequence[Mapping[str, Any]]) -> None:
        for element in abi:
            if element["type"] == "error":
                signature = abi_to_signature(cast("ABIError", element))
                self._errors[function_signature_to_4byte_selector(signature)] = element

    def _rejection(self, data: bytes, gas_used: int | None) -> RevertedError:
        element: Any = self._errors.get(data[:4])
        if element is not None:
            try:
                arguments = decode(get_abi_input_types(element), data[4:])
                return RevertedError(element["name"], arguments, data, gas_used)
            except DecodingError:
                pass  # it only begins like an error that we know
        return RevertedError("", (), data, gas_used)

    def _receipt(self, mined: MinedTransaction) -> Receipt:
        events = (self._event(mined, index) for index in range(len(mined.logs)))
        return Receipt(
            block_number=mined.block_number,
            gas_used=mined.gas_used,
            fee=mined.gas_used * mined.gas_price,
            events=tuple(event for event in events if event is not None),
            logs=mined.logs,
        )

    def _event(self, mined: MinedTransaction, index: int) -> Event | None:
        log = mined.logs[index]
        contract = self._contracts.get(log.address)
        if contract is None or not log.topics:
            return None
        entry: Any = {
            "address": log.address,
            "blockHash": bytes(32),
            "blockNumber": mined.block_number,
            "data": log.data,
            "logIndex": index,
            "topics": log.topics,
            "transactionHash": bytes(32),
            "transactionIndex": 0,
        }
        try:
            found: Any = contract.interface.get_event_by_topic("0x" + log.topics[0].hex())
        except Web3ValueError:
            return None
        decoded = found.process_log(entry)
        return Event(address=log.address, name=decoded["event"], arguments=dict(decoded["args"]))
