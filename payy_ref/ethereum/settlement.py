"""
Settlement on a chain: the deployed contracts do the steps that the reference does.

A step names accounts and times of its own. Accounts are those of the chain; a step's time is the
chain's time but for a constant; and a token's address stands for a token that is deployed here and
does what the step says it did (`received`, `is_paid`): test doubles take the place of tokens and of
verifiers. What the contracts say and hold is given in the terms of the reference, so that both can
be compared.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Self, cast

from eth_abi.abi import decode, encode
from eth_typing import ABIFunction, ChecksumAddress
from eth_utils.abi import (
    abi_to_signature,
    function_signature_to_4byte_selector,
    get_abi_input_types,
    get_abi_output_types,
)
from eth_utils.address import to_checksum_address

from payy_ref.consensus.commit import CommitProof
from payy_ref.consensus.validators import Validator
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import NO_ADDRESS, EthereumAddress
from payy_ref.ethereum.artefact import Artefact, read_artefact
from payy_ref.ethereum.chain import (
    BLOCK_GAS,
    BLOCK_SECONDS,
    Chain,
    ChainError,
    Contract,
    RevertedError,
)
from payy_ref.ethereum.chain import Event as ChainEvent
from payy_ref.ledger.opening import Opening
from payy_ref.ledger.sequence import NO_HASH, Signature
from payy_ref.ledger.transaction import PublicInputs, public_inputs_of
from payy_ref.merkle.path import empty_roots
from payy_ref.parameters import Parameters
from payy_ref.settlement import events
from payy_ref.settlement.bridge import Burn, DepositStatus
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.events import (
    Burned,
    DepositReturned,
    Event,
    MintAdded,
    TokenAdded,
    TransactionQueued,
)
from payy_ref.settlement.queue import Applied, Verdict
from payy_ref.settlement.rollup import BlockClaim, Deployment, Exit
from payy_ref.settlement.steps import Step

TOKENS: Final = 4
"""Tokens that are deployed with a rollup, for the addresses that steps will name."""

HOLDING: Final = 2**250
"""What each account has of each token at first."""

FIRST_STEP: Final = 1000
"""Time of a step that happens right after the deployment."""

LEAD: Final = 4 * BLOCK_SECONDS
"""Seconds of the chain from the deployment until that step."""

ENTRY_TYPE: Final = "(uint256[9],bool,(address,uint256,bytes),uint256)"
"""An entry of the queue as Solidity encodes it."""

STATUSES: Final = (None, DepositStatus.OPEN, DepositStatus.TAKEN, DepositStatus.RETURNED)
"""What the contract's numbers for a deposit mean."""

MOVES, MOVES_ANOTHER, REVERTS, RETURNS_FALSE = range(4)
"""What a stated token does when it is asked to move an amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is deployed."""

    rollup: Artefact
    """The rollup."""
    note_tree: Artefact
    """The library that it is linked with."""
    verifier: Artefact
    """What stands for the verifiers: accepts the proofs that are stated to be good."""
    token: Artefact
    """What stands for tokens: does what is stated."""
    reader: Artefact
    """What asks many things at once."""

    @classmethod
    def read(cls, contracts: Path, doubles: Path) -> Self:
        """
        Read the artefacts.

        Args:
            contracts: Folder with those of the contracts.
            doubles: Folder with those of the test doubles.

        Raises:
            ArtefactError: One cannot be read.
        """
        return cls(
            rollup=read_artefact(contracts / "Rollup.json"),
            note_tree=read_artefact(contracts / "NoteTree.json"),
            verifier=read_artefact(doubles / "StatedVerifier.json"),
            token=read_artefact(doubles / "StatedToken.json"),
            reader=read_artefact(doubles / "Reader.json"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """What a step came to."""

    error: str | None
    """Name of the contract's error if it rejected the step; None if it accepted."""
    events: tuple[Event, ...] = ()
    """What it said, in its order."""
    gas_used: int = 0
    """Gas of the transaction."""


class SettlementOnChain:
    """A deployed rollup, and what of it cannot be listed by asking it."""

    def __init__(
        self,
        chain: Chain,
        rollup: Contract,
        tokens: Sequence[Contract],
        reader: Contract,
        offset: int,
    ) -> None:
        self.chain = chain
        self.rollup = rollup
        self._reader = reader
        self._tokens = tuple(tokens)
        self._offset = offset
        self._places: dict[EthereumAddress, EthereumAddress] = {}
        self._names: dict[EthereumAddress, EthereumAddress] = {}
        self._token_of: dict[FieldElement, Contract] = {}
        self._manners: dict[ChecksumAddress, tuple[int, int]] = {}
        self._debts: set[tuple[FieldElement, EthereumAddress]] = set()
        self._deposits: dict[FieldElement, FieldElement] = {}
        self._leaves: set[FieldElement] = set()
        self._entries: dict[int, Entry] = {}

    @classmethod
    def deploy(
        cls,
        chain: Chain,
        parameters: Parameters,
        deployment: Deployment,
        parts: Parts,
        *,
        names_deployment: bool = False,
    ) -> Self:
        """
        Deploy a rollup and tokens; the first step may then be at `FIRST_STEP`.

        Args:
            chain: Where.
            parameters: Those of the network.
            deployment: What it is made with.
            parts: The contracts.
            names_deployment: Whether the contract extends the network's name by its own.

        Raises:
            RevertedError: The contract rejected the deployment.
        """
        tree = chain.deploy(parts.note_tree)
        verifier = chain.deploy(parts.verifier).address
        rollup = chain.deploy(
            parts.rollup,
            _checksum(deployment.owner),
            deployment.network_name,
            names_deployment,
            _validators(deployment.validators),
            (verifier, verifier, verifier),
            rules_of(parameters),
            element_bytes(empty_roots(parameters.tree_depth)[-1]),
            libraries={parts.note_tree.contract: tree},
        )
        tokens = [
            chain.deploy(parts.token, list(chain.accounts), HOLDING, rollup.address)
            for _ in range(TOKENS)
        ]
        reader = chain.deploy(parts.reader)
        offset = chain.timestamp + LEAD - FIRST_STEP
        return cls(chain, rollup, tokens, reader, offset)

    def copy(self) -> "SettlementOnChain":
        """
        Give a copy that knows what was done until now.

        Whoever takes the chain back to this moment goes on with a copy from this moment.
        """
        other = copy(self)
        for name in ("_places", "_names", "_token_of", "_manners", "_deposits", "_entries"):
            setattr(other, name, dict(getattr(self, name)))
        for name in ("_debts", "_leaves"):
            setattr(other, name, set(getattr(self, name)))
        return other

    @property
    def address(self) -> EthereumAddress:
        """Where the rollup is."""
        return _address(self.rollup.address)

    @property
    def network_name(self) -> str:
        """The name that sequencers sign with."""
        return str(self.chain.call(self.rollup, "networkName"))

    # Steps

    def perform(self, step: Step) -> Performed:
        """
        Do a step in a transaction.

        Raises:
            ChainError: The step's time is past, its sender is not an account of the chain, or it
                names more tokens than there are.
        """
        function, arguments = getattr(self, f"_{step.name}")(**step.arguments)
        self._state_token(step)
        self._wait(step.call.time)
        try:
            receipt = self.chain.transact(
                self.rollup, function, *arguments, sender=_checksum(step.call.sender)
            )
        except RevertedError as rejection:
            return Performed(error=rejection.name, gas_used=rejection.gas_used or 0)
        own = [event for event in receipt.events if event.address == self.rollup.address]
        said = tuple(map(self._event, own))
        self._note(said)
        return Performed(error=None, events=said, gas_used=receipt.gas_used)

    def _wait(self, time: int) -> None:
        """Let the next block be of the time that a step says."""
        missing = time + self._offset - BLOCK_SECONDS - self.chain.timestamp
        if missing < 0:
            raise ChainError(f"the chain is {-missing} seconds past the step at {time}")
        if missing:
            self.chain.advance(missing)

    def _state_token(self, step: Step) -> None:
        """Have the token do in this step what the step says it does."""
        arguments = step.arguments
        match step.name:
            case "deposit":
                note_kind, value = arguments["note_kind"], arguments["value"]
            case "deposit_and_queue":
                message = arguments["transaction"].message
                note_kind, value = message.note_kind, message.value
            case "substitute_burn":
                note_kind, value = arguments["burn"].note_kind, arguments["burn"].value
            case "withdraw":
                note_kind, value = arguments["note_kind"], None
            case _:
                return
        token = self._token_of.get(note_kind)
        if token is None:
            return
        is_refused = not arguments["is_paid"] if value is None else arguments["received"] is None
        manner = (MOVES, 0)
        if is_refused:
            # Tokens refuse in two ways; the step's time chooses, so that a run can be repeated.
            manner = (REVERTS if step.call.time % 2 else RETURNS_FALSE, 0)
        elif value is not None and arguments["received"] != value:
            manner = (MOVES_ANOTHER, arguments["received"])
        if self._manners.get(token.address, (MOVES, 0)) != manner:
            self.chain.transact(token, "behave", *manner)
            self._manners[token.address] = manner

    def _note(self, said: Iterable[Event]) -> None:
        """Remember what there is to ask for."""
        for event in said:
            match event:
                case TokenAdded():
                    at = self._places[event.token]
                    (token,) = [each for each in self._tokens if _address(each.address) == at]
                    self._token_of[event.note_kind] = token
                case TransactionQueued():
                    self._entries[event.index] = event.entry
                case MintAdded():
                    self._deposits[event.mint_hash] = event.note_kind
                case DepositReturned():
                    self._debts.add((self._deposits[event.mint_hash], event.depositor))
                case Burned():
                    self._debts.add((event.note_kind, event.recipient))

    # What the contracts say

    def _event(self, event: ChainEvent) -> Event:
        name = "CallDue" if event.name == "CallMade" else event.name
        kind: Any = getattr(events, name)
        given = {_snake(argument): value for argument, value in event.arguments.items()}
        said: Event = kind(
            **{each.name: self._value(each.name, given[each.name]) for each in fields(kind)}
        )
        return said

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            return self._name(value)
        if name == "entry":
            return self._entry_of(value)
        if isinstance(value, bytes) and name not in ("data", "proof"):
            return FieldElement(int.from_bytes(value, "big"))
        return value

    def state(self) -> Mapping[str, Any]:
        """
        Give what can be seen of the contracts, in the form of `shown_state`.

        Raises:
            ChainError: An entry that waits is not the one that was queued.
        """
        kinds, leaves = sorted(self._token_of), sorted(self._leaves)
        names, debts = sorted(self._deposits), sorted(self._debts)
        known = sorted(self._entries)
        root, height, is_frozen, consumed, count, *rest = self._ask(
            ("root",),
            ("height",),
            ("isFrozen",),
            ("consumed",),
            ("waitingCount",),
            *(("escrow", element_bytes(kind)) for kind in kinds),
            *(("owed", element_bytes(kind), self._place(owner)) for kind, owner in debts),
            *(("depositOf", element_bytes(name)) for name in names),
            *(("hasLeft", element_bytes(leaf)) for leaf in leaves),
            *(("entryHash", index) for index in known),
        )
        answers = iter(rest)
        escrow = [(kind, next(answers)) for kind in kinds]
        owed = [(kind, owner, next(answers)) for kind, owner in debts]
        return {
            "root": FieldElement(int.from_bytes(root, "big")),
            "height": height,
            "is_frozen": is_frozen,
            "escrow": [pair for pair in escrow if pair[1]],
            "owed": [debt for debt in owed if debt[2]],
            "deposits": [(name, STATUSES[next(answers)[-1]]) for name in names],
            "consumed": consumed,
            "exited": [leaf for leaf in leaves if next(answers)],
            "waiting": self._waiting(
                range(consumed, consumed + count), dict(zip(known, answers, strict=True))
            ),
        }

    def _waiting(self, indices: range, hashes: Mapping[int, bytes]) -> tuple[Entry, ...]:
        """Find the entries that wait, by the hashes that are kept of them; no others are kept."""
        for index, kept in hashes.items():
            expected = self._entry_hash(index) if index in indices else NO_HASH
            if kept != expected:
                raise ChainError(f"what is kept of entry {index} is not what was queued")
        return tuple(self._entries[index] for index in indices)

    def _entry_hash(self, index: int) -> bytes:
        return keccak256(encode([ENTRY_TYPE], [self._entry(self._entries[index])]))

    def balances(
        self, accounts: Sequence[EthereumAddress]
    ) -> Mapping[tuple[FieldElement, EthereumAddress], int]:
        """Give what each account has of each token."""
        pairs = [(kind, account) for kind in sorted(self._token_of) for account in accounts]
        questions = [
            (self._token_of[kind], ("balanceOf", self._place(account))) for kind, account in pairs
        ]
        return dict(zip(pairs, self._ask_all(questions), strict=True))

    def _ask(self, *questions: tuple[Any, ...]) -> list[Any]:
        return self._ask_all([(self.rollup, question) for question in questions])

    def _ask_all(self, questions: Sequence[tuple[Contract, tuple[Any, ...]]]) -> list[Any]:
        """Ask functions that change nothing, with their arguments."""
        data = [_calldata(contract.artefact, *question) for contract, question in questions]
        targets = [contract.address for contract, _ in questions]
        answers = self.chain.call(self._reader, "ask", targets, data, gas=BLOCK_GAS)
        outputs = (_outputs(contract.artefact, question[0]) for contract, question in questions)
        return [
            found[0] if len(found := decode(types, answer)) == 1 else found
            for types, answer in zip(outputs, answers, strict=True)
        ]

    # Functions and their arguments, by the name of the step

    def _add_token(self, *, note_kind: FieldElement, token: EthereumAddress) -> Any:
        if token not in self._places:
            taken = len(self._places)
            if taken == len(self._tokens):
                raise ChainError("the steps name more tokens than there are")
            place = _address(self._tokens[taken].address)
            self._places[token], self._names[place] = place, token
        return "addToken", (element_bytes(note_kind), self._place(token))

    def _add_validators(self, *, valid_from: int, validators: Sequence[Validator]) -> Any:
        return "addValidators", (valid_from, _validators(validators))

    def _deposit(
        self, *, mint_hash: FieldElement, note_kind: FieldElement, value: int, received: int | None
    ) -> Any:
        del received
        return "deposit", (element_bytes(mint_hash), value, element_bytes(note_kind))

    def _deposit_and_queue(
        self, *, transaction: PublicInputs, proof: bytes, received: int | None
    ) -> Any:
        del received
        return "depositAndQueue", (_words(transaction), proof)

    def _cancel_deposit(self, *, mint_hash: FieldElement) -> Any:
        return "cancelDeposit", (element_bytes(mint_hash),)

    def _substitute_burn(self, *, burn: Burn, burn_height: int, received: int | None) -> Any:
        del received
        given = (
            element_bytes(burn.note_kind),
            burn.value,
            element_bytes(burn.burn_hash),
            self._place(burn.recipient),
        )
        return "substituteBurn", (given, burn_height)

    def _withdraw(self, *, note_kind: FieldElement, owner: EthereumAddress, is_paid: bool) -> Any:
        del is_paid
        return "withdraw", (element_bytes(note_kind), self._place(owner))

    def _queue_transaction(
        self, *, transaction: PublicInputs, proof: bytes, attached: QueuedCall | None
    ) -> Any:
        words = _words(transaction)
        if attached is None:
            return "queueTransaction", (words, proof)
        return "queueCall", (words, proof, self._call(attached))

    def _settle(
        self,
        *,
        claim: BlockClaim,
        commit: CommitProof,
        opening: Opening,
        verdicts: Sequence[Verdict],
    ) -> Any:
        signed = [_signature(signature) for signature in commit.certificate]
        proof = (list(commit.headers), list(commit.roots), signed, list(commit.skipped))
        groups = [[int(place) for place in group] for group in opening]
        judged = [self._verdict(verdict) for verdict in verdicts]
        return "settle", (_claim(claim), proof, groups, judged)

    def _force(self, *, entry: Entry, claim: BlockClaim) -> Any:
        return "force", (self._entry(entry), _claim(claim))

    def _discard(self, *, entry: Entry, proof: bytes) -> Any:
        return "discard", (self._entry(entry), proof)

    def _freeze(self) -> Any:
        return "freeze", ()

    def _leave(self, *, leaving: Exit) -> Any:
        self._leaves.update(filter(None, leaving.transaction.input_commitments))
        paths = [list(path) for path in leaving.paths]
        return "leave", (_words(leaving.transaction), leaving.proof, paths)

    # Structs

    def _name(self, text: str) -> EthereumAddress:
        """Find what the steps call an address of the chain."""
        place = _address(text)
        return self._names.get(place, place)

    def _place(self, name: EthereumAddress) -> ChecksumAddress:
        """Find the address on the chain that an address of the steps stands for."""
        return _checksum(self._places.get(name, name))

    def _call(self, call: QueuedCall) -> tuple[Any, ...]:
        return self._place(call.target), call.gas, call.data

    def _entry(self, entry: Entry) -> tuple[Any, ...]:
        none = QueuedCall(target=NO_ADDRESS, gas=0, data=b"")
        has_call = entry.call is not None
        called = self._call(entry.call or none)
        queued_at = (entry.queued_at + self._offset) % 2**256
        return _words(entry.transaction), has_call, called, queued_at

    def _entry_of(self, value: Mapping[str, Any]) -> Entry:
        """Read an entry that the contract shows; the inverse of `_entry`."""
        call = value["call"]
        queued = QueuedCall(target=self._name(call["target"]), data=call["data"], gas=call["gas"])
        return Entry(
            transaction=public_inputs_of([FieldElement(word) for word in value["words"]]),
            call=queued if value["hasCall"] else None,
            queued_at=value["queuedAt"] - self._offset,
        )

    def _verdict(self, verdict: Verdict) -> tuple[Any, ...]:
        entry = self._entry(verdict.entry)
        if isinstance(verdict, Applied):
            return entry, True, False, b""
        return entry, False, verdict.is_after, verdict.proof


def rules_of(parameters: Parameters) -> tuple[int, ...]:
    """Give the parameters of a network as the contract takes them."""
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


def _calldata(artefact: Artefact, function: str, *arguments: Any) -> bytes:
    """Encode a question; much quicker than by way of web3, which judges each argument."""
    entry = _function(artefact, function)
    selector = function_signature_to_4byte_selector(abi_to_signature(entry))
    return selector + encode(get_abi_input_types(entry), arguments)


def _function(artefact: Artefact, function: str) -> ABIFunction:
    (entry,) = [each for each in artefact.abi if each.get("name") == function]
    return cast("ABIFunction", entry)


def _outputs(artefact: Artefact, function: str) -> Sequence[str]:
    """Give the types of what a function returns."""
    return get_abi_output_types(_function(artefact, function))


def _claim(claim: BlockClaim) -> tuple[Any, ...]:
    return [element_bytes(word) for word in claim.public_inputs], claim.proof


def _words(transaction: PublicInputs) -> list[int]:
    return [int(word) for word in transaction.words]


def _signature(signature: Signature) -> tuple[bytes, bytes, int]:
    # A recovery id that does not fit one byte with 27 added is none that counts, and 0 is neither.
    number = 27 + signature[64]
    return signature[:32], signature[32:64], number if number < 256 else 0


def _validators(validators: Iterable[Validator]) -> list[tuple[ChecksumAddress, int]]:
    return [(_checksum(each.address), each.stake) for each in validators]


def _checksum(address: bytes) -> ChecksumAddress:
    return to_checksum_address(address)


def _address(text: str) -> EthereumAddress:
    return EthereumAddress(bytes.fromhex(text.removeprefix("0x")))


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
