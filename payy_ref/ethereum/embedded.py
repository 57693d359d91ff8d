"""
A chain inside this process: eth-tester with py-evm at Prague, nothing to start or to stop.

web3 reaches it like any other chain. Messages go to eth-tester's backend directly, because what a
rejected call returned gets lost on the longer way.
"""

from typing import Any, Final

from eth.abc import ComputationAPI
from eth.exceptions import VMError
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_tester import EthereumTester, PyEVMBackend  # type: ignore[import-untyped]
from eth_tester.exceptions import (  # type: ignore[import-untyped]
    ValidationError as UnknownSenderError,
)
from eth_typing import Address
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.currency import to_wei
from eth_utils.exceptions import ValidationError
from web3 import Web3
from web3.providers.eth_tester import EthereumTesterProvider

from payy_ref.ethereum.accelerator import AcceleratedVM
from payy_ref.ethereum.chain import (
    ACCOUNTS,
    BLOCK_GAS,
    BLOCK_SECONDS,
    DERIVATION_PATH,
    FEE_LIMIT,
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

NO_RECIPIENT: Final = b""
"""How py-evm says that a contract is made."""


class EmbeddedChain(Chain):
    """Prague in Python, with the curve precompiles in machine code where they are installed."""

    def __init__(self, *, accelerated: bool = True) -> None:
        """
        Start at block 0.

        Args:
            accelerated: Whether to use the packages that compute on curves in machine code; what is
                not installed is not used either way.
        """
        super().__init__()
        machine = AcceleratedVM if accelerated else PragueVM
        self._backend: Any = PyEVMBackend.from_mnemonic(
            MNEMONIC,
            num_accounts=ACCOUNTS,
            hd_path=DERIVATION_PATH,
            genesis_state_overrides={"balance": to_wei(INITIAL_ETHER, "ether")},
            genesis_parameters=PyEVMBackend.generate_genesis_params(
                {"timestamp": FIRST_MOMENT, "gas_limit": BLOCK_GAS}
            ),
            vm_configuration=((0, machine),),
        )
        self.accounts = tuple(map(to_checksum_address, self._backend.get_accounts()))
        self.web3 = Web3(EthereumTesterProvider(EthereumTester(self._backend)))

    def close(self) -> None:
        """Do nothing: the chain holds nothing but memory."""

    def answer(self, message: Message) -> Answer:
        """Run a message on the newest state, in the newest block's environment; change nothing."""
        computation = self.computation(message)
        return Answer(success=computation.is_success, output=bytes(computation.output))

    def computation(self, message: Message) -> ComputationAPI:
        """
        Run a message as `answer` does, and give py-evm's record of it: the gas, the calls.

        Raises:
            ChainError: The chain does not take it.
        """
        chain = self._backend.chain
        head = chain.get_canonical_head()
        state = chain.get_vm(head).state  # a copy: what happens to it is never stored
        sender = to_canonical_address(message.sender)
        # A call costs nobody anything: its sender is given what the gas is about to cost.
        state.set_balance(sender, state.get_balance(sender) + message.gas * head.base_fee_per_gas)
        transaction = chain.get_transaction_builder().new_unsigned_dynamic_fee_transaction(
            chain_id=chain.chain_id,
            nonce=state.get_nonce(sender),
            max_priority_fee_per_gas=0,
            max_fee_per_gas=head.base_fee_per_gas,
            gas=message.gas,
            to=_recipient(message),
            value=message.value,
            data=message.data,
            access_list=(),
        )
        try:
            computation: ComputationAPI = state.apply_transaction(
                SpoofTransaction(transaction, from_=sender)
            )
        except (ValidationError, VMError) as error:
            raise ChainError(f"the chain does not take the call: {error}") from error
        return computation

    def mine(self, message: Message) -> MinedTransaction:
        """
        Put a message into a block of its own, `BLOCK_SECONDS` after the newest one.

        Raises:
            ChainError: The chain does not take it: too little gas or money, or an unknown sender.
        """
        self._set_time_of_next_block(BLOCK_SECONDS)
        try:
            transaction = self._backend.send_transaction(
                {
                    "from": to_canonical_address(message.sender),
                    "to": _recipient(message),
                    "data": message.data,
                    "value": message.value,
                    "gas": message.gas,
                    "max_fee_per_gas": FEE_LIMIT,
                    "max_priority_fee_per_gas": TIP,
                }
            )
        except (ValidationError, UnknownSenderError, VMError) as error:
            raise ChainError(f"the chain does not take the transaction: {error}") from error
        self._backend.mine_blocks()
        receipt = self._backend.get_transaction_receipt(transaction)
        made = receipt["contract_address"]
        return MinedTransaction(
            success=receipt["status"] == 1,
            block_number=receipt["block_number"],
            gas_used=receipt["gas_used"],
            gas_price=receipt["effective_gas_price"],
            contract_address=to_checksum_address(made) if made else None,
            logs=tuple(
                Log(
                    address=to_checksum_address(log["address"]),
                    topics=tuple(map(bytes, log["topics"])),
                    data=bytes(log["data"]),
                )
                for log in receipt["logs"]
            ),
        )

    def advance(self, seconds: int) -> None:
        """Mine an empty block whose time is `seconds` (1 or more) after the newest one."""
        if seconds < 1:
            raise ChainError("time only moves forward")
        self._set_time_of_next_block(seconds)
        self._backend.mine_blocks()

    def _set_time_of_next_block(self, seconds: int) -> None:
        chain = self._backend.chain
        chain.set_header_timestamp(chain.get_canonical_head().timestamp + seconds)

    def _take_snapshot(self) -> Any:
        return self._backend.take_snapshot()

    def _restore_snapshot(self, snapshot: Any) -> Any:
        self._backend.revert_to_snapshot(snapshot)
        return snapshot


def _recipient(message: Message) -> Address:
    return Address(NO_RECIPIENT) if message.to is None else to_canonical_address(message.to)
