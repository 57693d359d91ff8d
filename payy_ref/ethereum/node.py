"""
A chain in a real node: anvil, started for the occasion and always stopped.

The program comes with `npm ci --ignore-scripts` in `contracts/`. It listens on this machine's
loopback address only, at a port that is free.
"""

import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import requests
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from payy_ref.ethereum.chain import (
    ACCOUNTS,
    BLOCK_GAS,
    BLOCK_SECONDS,
    CHAIN_ID,
    DERIVATION_PATH,
    FEE_LIMIT,
    FIRST_BASE_FEE,
    FIRST_MOMENT,
    INITIAL_ETHER,
    MNEMONIC,
    TIP,
    Answer,
    Chain,
    ChainError,
    Log,
    Message,
    MinedTransaction,
)

PROGRAM: Final = "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
"""Where npm puts the program, from the root of a checkout."""

LOOPBACK: Final = "127.0.0.1"

ATTEMPTS: Final = 3
"""Starts to try: another process may take the free port first."""

SECONDS_TO_START: Final = 20
SECONDS_TO_STOP: Final = 5
SECONDS_TO_ANSWER: Final = 60
SECONDS_TO_MINE: Final = 30
SECONDS_TO_ASK_AGAIN: Final = 0.002

REVERTED: Final = 3
"""JSON-RPC code of a call that was rejected with data."""


def find_anvil(checkout: Path) -> Path | None:
    """Find the program: what npm installed in a checkout, or one on the path."""
    installed = checkout / PROGRAM
    if installed.is_file():
        return installed
    found = shutil.which("anvil")
    return None if found is None else Path(found)


class AnvilChain(Chain):
    """A node of its own for each object."""

    def __init__(self, program: Path, *, hardfork: str = "prague") -> None:
        """
        Start a node and wait until it answers.

        Args:
            program: The node.
            hardfork: The rules that it follows.

        Raises:
            ChainError: It does not start.
        """
        super().__init__()
        with ExitStack() as resources:
            self._port = _start(program, hardfork, resources)
            session = resources.enter_context(requests.Session())
            session.trust_env = False  # no proxy stands between us and our own process
            self._provider = HTTPProvider(
                f"http://{LOOPBACK}:{self._port}",
                request_kwargs={"timeout": SECONDS_TO_ANSWER},
                session=session,
            )
            self.web3 = Web3(self._provider)
            self.accounts = tuple(map(to_checksum_address, self._request("eth_accounts")))
            self._request("anvil_setBlockTimestampInterval", BLOCK_SECONDS)
            self._resources = resources.pop_all()

    def close(self) -> None:
        """Stop the node."""
        self._resources.close()

    def answer(self, message: Message) -> Answer:
        """Run a message on the newest state, in the newest block's environment; change nothing."""
        response: Any = self._provider.make_request(
            RPCEndpoint("eth_call"), [_fields(message), "latest"]
        )
        if "error" not in response:
            return Answer(success=True, output=_bytes(response["result"]))
        error = response["error"]
        if error["code"] == REVERTED:
            return Answer(success=False, output=_bytes(error.get("data") or "0x"))
        if "EVM error" in error["message"]:
            return Answer(success=False, output=b"")
        raise ChainError(f"the chain does not take the call: {error['message']}")

    def mine(self, message: Message) -> MinedTransaction:
        """
        Put a message into a block of its own, `BLOCK_SECONDS` after the newest one.

        Raises:
            ChainError: The chain does not take it: too little gas or money, or an unknown sender.
        """
        transaction = self._request("eth_sendTransaction", _transaction(message))
        receipt = self._receipt_of(transaction)
        made = receipt["contractAddress"]
        return MinedTransaction(
            success=receipt["status"] == "0x1",
            block_number=int(receipt["blockNumber"], 16),
            gas_used=int(receipt["gasUsed"], 16),
            gas_price=int(receipt["effectiveGasPrice"], 16),
            contract_address=to_checksum_address(made) if made else None,
            logs=tuple(
                Log(
                    address=to_checksum_address(log["address"]),
                    topics=tuple(map(_bytes, log["topics"])),
                    data=_bytes(log["data"]),
                )
                for log in receipt["logs"]
            ),
        )

    def advance(self, seconds: int) -> None:
        """Mine an empty block whose time is `seconds` (1 or more) after the newest one."""
        if seconds < 1:
            raise ChainError("time only moves forward")
        self._request("evm_setNextBlockTimestamp", self.timestamp + seconds)
        self._request("evm_mine")

    def _take_snapshot(self) -> Any:
        return self._request("evm_snapshot")

    def _restore_snapshot(self, snapshot: Any) -> Any:
        if self._request("evm_revert", snapshot) is not True:
            raise ChainError(f"the node does not know snapshot {snapshot}")
        return self._request("evm_snapshot")  # the node forgets the one that it went back to

    def _receipt_of(self, transaction: str) -> Any:
        """Wait until a transaction is in a block; the node answers a moment before it is."""
        deadline = time.monotonic() + SECONDS_TO_MINE
        while time.monotonic() < deadline:
            receipt = self._request("eth_getTransactionReceipt", transaction)
            if receipt is not None:
                return receipt
            time.sleep(SECONDS_TO_ASK_AGAIN)
        raise ChainError(f"the node does not mine {transaction}")

    def _request(self, method: str, *arguments: Any) -> Any:
        response: Any = self._provider.make_request(RPCEndpoint(method), list(arguments))
        if "error" in response:
            raise ChainError(f"{method}: {response['error']['message']}")
        return response["result"]


def _start(program: Path, hardfork: str, resources: ExitStack) -> int:
    """Start the program, see to it that it is stopped, and give the port at which it answers."""
    for _ in range(ATTEMPTS):
        port = _free_port()
        process = resources.enter_context(_process(program, hardfork, port))
        resources.callback(_stop, process)
        if _answers(process, port):
            return port
    raise ChainError(f"{program} does not start")


def _process(program: Path, hardfork: str, port: int) -> subprocess.Popen[bytes]:
    options = {
        "host": LOOPBACK,
        "port": port,
        "hardfork": hardfork,
        "chain-id": CHAIN_ID,
        "mnemonic": MNEMONIC,
        "derivation-path": f"{DERIVATION_PATH}/",
        "accounts": ACCOUNTS,
        "balance": INITIAL_ETHER,
        "timestamp": FIRST_MOMENT,
        "gas-limit": BLOCK_GAS,
        "block-base-fee-per-gas": FIRST_BASE_FEE,
    }
    command = [str(program), "--silent"]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until something listens at the port; give up when the process has ended or is late."""
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _fields(message: Message) -> dict[str, str]:
    """Write a message as JSON-RPC wants it."""
    fields = {
        "from": message.sender,
        "data": f"0x{message.data.hex()}",
        "value": hex(message.value),
        "gas": hex(message.gas),
    }
    return fields if message.to is None else {**fields, "to": message.to}


def _transaction(message: Message) -> dict[str, str]:
    """Write a message and what is paid for it."""
    fees = {"maxFeePerGas": hex(FEE_LIMIT), "maxPriorityFeePerGas": hex(TIP)}
    return {**_fields(message), **fees}
