"""
Histories on the embedded chain: plans are carried out, and their last call is measured.

The parameters are mainnet's, the token is a plain one and the verifier always says yes, so the gas
is that of everything but proofs. With recorded proofs real verifiers take its place.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from eth_abi.abi import encode
from eth_account import Account
from eth_keys.datatypes import PrivateKey
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from payy_ref.bench.gas_figure import (
    CallGas,
    calldata_gas,
)
from payy_ref.bench.settlement_plan import MAINNET, PLACES, Plan
from payy_ref.consensus.commit import CommitProof, approval_message
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.ethereum.artefact import Artefact, read_artefact
from payy_ref.ethereum.chain import (
    BLOCK_SECONDS,
    CHAIN_ID,
    DERIVATION_PATH,
    MNEMONIC,
    Contract,
    MinedTransaction,
)
from payy_ref.ethereum.chain import Message as Sent
from payy_ref.ethereum.embedded import EmbeddedChain
from payy_ref.ethereum.settlement import HOLDING, SettlementOnChain, rules_of
from payy_ref.ledger.block import packed_messages
from payy_ref.ledger.note import VALUE_LIMIT
from payy_ref.ledger.opening import opening_of
from payy_ref.ledger.sequence import (
    Hash,
    Header,
    Height,
    Signature,
    encode_header,
    proposal_hash,
)
from payy_ref.ledger.transaction import (
    BURN,
    MINT,
    SEND,
    ZERO,
    Message,
    PublicInputs,
    public_inputs_of,
)
from payy_ref.merkle.path import empty_roots
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import path
from payy_ref.settlement.authorization import (
    Authorization,
    authorization_digest,
    domain_separator,
)
from payy_ref.settlement.bridge import burn_of
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.queue import Applied, Verdict, Void
from payy_ref.settlement.rollup import BlockClaim, Exit
from payy_ref.settlement.steps import Step
from payy_ref.testing.settlement_history import (
    ACCOUNTS,
    ALICE,
    BOB,
    OWNER,
    PROVEN,
    Signer,
    as_validators,
    certificate,
    claim_of,
    quorum,
    signer,
    signers,
    step,
)
from payy_ref.vectors.model import case_elements

ARTEFACTS: Final = Path("contracts/build")
"""Compiled contracts, from the root of a checkout."""

DOUBLES: Final = Path("tests/contracts/build")
"""Compiled doubles of what is not measured."""

PROOFS: Final = Path("tests/known_answers/solidity_verifier.json")
"""Recorded proofs of real circuits."""

ROLLUP: Final = "Rollup"

COMMON_VALUE: Final = 1_000_000
"""One unit of a token with six decimals."""

DEADLINE: Final = 2_000_000_000
"""When authorizations and permits end, in seconds of Unix time."""

TOKEN_DOMAIN: Final = (
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
RECEIVE_TYPE: Final = (
    b"ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,"
    b"uint256 validBefore,bytes32 nonce)"
)
PERMIT_TYPE: Final = (
    b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)

DEPOSITOR: Final = signer("depositor")
"""Who signs authorizations."""


class _RecordingChain(EmbeddedChain):
    """A chain that, when told, keeps what it is sent and py-evm's record of it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_recording = False
        self.recorded: list[tuple[Sent, Any, int]] = []

    def mine(self, message: Sent) -> MinedTransaction:
        if not self.is_recording:
            return super().mine(message)
        chain: Any = self._backend.chain
        apply, kept = chain.apply_transaction, []

        def applied(*given: Any) -> Any:
            result = apply(*given)
            kept.append(result[2])
            return result

        chain.apply_transaction = applied
        try:
            mined = super().mine(message)
        finally:
            del chain.apply_transaction
        self.recorded.append((message, kept[0], mined.gas_used))
        return mined


class SettlementGas:
    """Carries out plans on one embedded chain, each from the same beginning."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self._known: dict[Plan, CallGas] = {}
        self.chain = _RecordingChain()
        chain = self.chain
        self.tree = chain.deploy(self.artefact("NoteTree"))
        self.yes = chain.deploy(self.double("GasVerifier"))
        self.spender = chain.deploy(self.double("GasSpender"))
        holders = [*chain.accounts, to_checksum_address(DEPOSITOR.address)]
        self.tokens = [
            chain.deploy(self.double("GasToken"), holders, HOLDING) for _ in range(PLACES)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.chain.close()

    def artefact(self, name: str) -> Artefact:
        """Read a contract."""
        return read_artefact(self.checkout / ARTEFACTS / f"{name}.json")

    def double(self, name: str) -> Artefact:
        """Read a double."""
        return read_artefact(self.checkout / DOUBLES / f"{name}.json")

    def measure(self, plan: Plan, case: str = "") -> CallGas:
        """Carry out a plan, and undo it; once, since it costs the same each time."""
        if plan not in self._known:
            with self.chain.undone():
                history = History(self, plan)
                history.carry_out()
                self._known[plan] = history.measured()
        return replace(self._known[plan], case=case)

    def rollup(
        self,
        validators: Sequence[Signer],
        *,
        block_proof: Contract | None = None,
        transaction_proof: Contract | None = None,
        root: FieldElement | None = None,
    ) -> Contract:
        """Make a rollup; its proofs are all accepted if no verifier is given."""
        members = [
            (to_checksum_address(each.address), each.stake) for each in as_validators(validators)
        ]
        empty = empty_roots(MAINNET.tree_depth)[-1]
        return self.chain.deploy(
            self.artefact(ROLLUP),
            to_checksum_address(OWNER),
            MAINNET.network_name,
            MAINNET.settlement_names_deployment,
            members,
            (
                (block_proof or self.yes).address,
                (transaction_proof or self.yes).address,
                self.yes.address,
            ),
            rules_of(MAINNET),
            element_bytes(empty if root is None else root),
            libraries={"NoteTree": self.tree},
        )


class History:
    """What is done to a rollup."""

    def __init__(self, bench: SettlementGas, plan: Plan, **rollup: Any) -> None:
        self.bench, self.plan, self.chain = bench, plan, bench.chain
        signing = plan.validators if plan.function == "settle" else 10
        self.keys = signers(signing)
        self.rollup = bench.rollup(self.keys, **rollup)
        self.executor = self.chain.call(self.rollup, "CALL_EXECUTOR")
        first = self.chain.timestamp - 1000
        self.on_chain = SettlementOnChain(
            chain=self.chain,
            rollup=self.rollup,
            tokens=bench.tokens,
            reader=self.rollup,  # unused: nobody asks for the state
            offset=first,
        )
        self._offset = first
        self.kinds = case_elements("gas-kinds", PLACES)
        self.root: FieldElement = rollup.get("root") or empty_roots(MAINNET.tree_depth)[-1]
        self.height = 0
        self.value = VALUE_LIMIT - 1 if plan.is_large else COMMON_VALUE
        self._names = 0

    # Steps

    @property
    def now(self) -> int:
        """Time of the next block, as steps count it."""
        return self.chain.timestamp + BLOCK_SECONDS - self._offset

    def do(self, name: str, sender: EthereumAddress = OWNER, **arguments: Any) -> None:
        """Do a step now; it must be accepted."""
        self.perform(step(name, sender, self.now, **arguments))

    def perform(self, what: Step) -> None:
        """Do a step; it must be accepted."""
        done = self.on_chain.perform(what)
        if done.error is not None:
            raise AssertionError(f"{what.name}: {done.error}")

    def transact(self, function: str, *arguments: Any, sender: EthereumAddress = ALICE) -> None:
        """Call the rollup directly, where no step says the same."""
        self.chain.transact(self.rollup, function, *arguments, sender=to_checksum_address(sender))

    def allow(self, value: int = 2**256 - 1, kinds: int | None = None) -> None:
        """Let the rollup take Alice's tokens."""
        for token in self.bench.tokens[: self.plan.kinds if kinds is None else kinds]:
            sender = to_checksum_address(ALICE)
            self.chain.transact(token, "approve", self.rollup.address, value, sender=sender)

    def fresh(self) -> tuple[FieldElement, ...]:
        """Give nine field elements that nobody has seen."""
        self._names += 1
        return case_elements(f"gas-{self._names}", 9)

    def kind(self, number: int) -> FieldElement:
        """Give the note kind whose turn it is."""
        return self.kinds[number % self.plan.kinds]

    def add_tokens(self) -> None:
        """Name the tokens, and let the rollup take them."""
        for number in range(self.plan.kinds):
            token = EthereumAddress(bytes([number + 1]).rjust(20, b"\x01"))
            self.do("add_token", note_kind=self.kinds[number], token=token)
        self.allow()

    # Transactions

    def send(self) -> PublicInputs:
        """Make a send of two notes to two."""
        words = self.fresh()
        return PublicInputs(
            input_commitments=(words[0], words[1]),
            output_commitments=(words[2], words[3]),
            message=Message(kind=SEND),
        )

    def mint(self, number: int) -> PublicInputs:
        """Make a mint."""
        words = self.fresh()
        message = Message(
            kind=MINT,
            note_kind=self.kind(number),
            value=FieldElement(self.value),
            hash=words[4],
        )
        return PublicInputs(
            input_commitments=(ZERO, ZERO),
            output_commitments=(words[2], words[3]),
            message=message,
        )

    def burn(self, number: int) -> PublicInputs:
        """Make a burn to an account that nobody has seen, with change."""
        words = self.fresh()
        message = Message(
            kind=BURN,
            note_kind=self.kind(number),
            value=FieldElement(self.value),
            hash=words[0],
            burn_address=FieldElement(words[5] % 2**160),
        )
        return PublicInputs(
            input_commitments=(words[0], words[1]),
            output_commitments=(words[2], words[3]),
            message=message,
        )

    def deposit(self, mint: PublicInputs) -> None:
        """Lock the money of a mint."""
        message = mint.message
        self.do(
            "deposit",
            ALICE,
            mint_hash=message.hash,
            note_kind=message.note_kind,
            value=int(message.value),
            received=int(message.value),
        )

    def prepared(self, letter: str, number: int) -> PublicInputs:
        """Make a transaction of a block, and whatever has to come before it."""
        if letter == "s":
            return self.send()
        if letter == "m":
            mint = self.mint(number)
            self.deposit(mint)
            return mint
        burn = self.burn(number)
        if letter == "p":
            self.substitute(burn)
        return burn

    def substitute(self, burn: PublicInputs) -> None:
        """Pay for a burn in advance."""
        self.do(
            "substitute_burn",
            ALICE,
            burn=burn_of(burn.message),
            burn_height=self.height + 1000,
            received=int(burn.message.value),
        )

    def queue(
        self,
        transaction: PublicInputs,
        proof: bytes = PROVEN,
        attached: QueuedCall | None = None,
    ) -> Entry:
        """Queue a transaction."""
        time = self.now
        self.do(
            "queue_transaction",
            BOB,
            transaction=transaction,
            proof=proof,
            attached=attached,
        )
        return Entry(transaction=transaction, call=attached, queued_at=time)

    def call(self) -> QueuedCall:
        """Give a call that uses all its gas."""
        target = EthereumAddress(bytes.fromhex(self.bench.spender.address[2:]))
        data = b"\xff" * self.plan.call_bytes
        return QueuedCall(target=target, data=data, gas=MAINNET.queue_call_gas)

    # Blocks

    def commit(self, root: FieldElement, height: int, skipped: int = 0) -> CommitProof:
        """Have a block committed by the sequencers, after blocks that change nothing."""
        signing = quorum(self.keys)
        carried = len(signing) if self.plan.carried is None else self.plan.carried
        filler = Signature(b"\x5a" * 65)
        parent, names, headers = Hash(b"\xa5" * 32), [], []
        for number in range(height - skipped, height + 3):
            stated = element_bytes(self.root if number < height else root)
            header = Header(
                height=Height(number),
                last_block_hash=parent,
                epoch_id=number,
                last_final_block_hash=Hash(b"\xa5" * 32),
                approvals=(filler,) * carried,
            )
            parent = proposal_hash(stated, header.height, keccak256(encode_header(header)))
            names.append(parent)
            headers.append(header)
        digest = approval_message(MAINNET.network_name, headers[-1].height, names[-1])
        *before, first, second, third = map(encode_header, headers)
        later = Hash(element_bytes(root))
        return CommitProof(
            headers=(first, second, third),
            roots=(later, later),
            certificate=certificate(digest, signing),
            skipped=tuple(before),
        )

    def settle(
        self,
        block: Sequence[PublicInputs],
        verdicts: Sequence[Verdict] = (),
        root: FieldElement | None = None,
        skipped: int = 0,
    ) -> None:
        """Settle a block."""
        new_root = self.fresh()[0] if root is None else root
        claim = claim_of(self.root, new_root, block, MAINNET)
        height = self.height + skipped + 1
        self.do(
            "settle",
            BOB,
            claim=claim,
            commit=self.commit(new_root, height, skipped),
            opening=opening_of(block, MAINNET) if verdicts else (),
            verdicts=tuple(verdicts),
        )
        self.root, self.height = new_root, height

    def lead_up(self) -> None:
        """Let everything have happened once, unless the plan says that it is the first time."""
        self.add_tokens()
        if self.plan.is_first:
            return
        mints = [self.mint(number) for number in range(self.plan.kinds)]
        for mint in mints:
            self.deposit(mint)
        self.settle(mints)

    # What is measured

    def carry_out(self) -> None:
        """Do what the plan says."""
        getattr(self, f"_{_snake(self.plan.function)}")()

    def measured(self) -> CallGas:
        """Give what the call cost that is measured."""
        message, record, gas = self.chain.recorded.pop()
        if self.chain.recorded:
            raise AssertionError("one call is measured at a time")
        return CallGas(
            case="",
            transaction=gas,
            calldata_bytes=len(message.data),
            calldata=calldata_gas(message.data),
            called=self._called(record),
        )

    def recording(self, run: Callable[[], object]) -> None:
        """Do what is to be measured."""
        self.chain.is_recording = True
        try:
            run()
        finally:
            self.chain.is_recording = False

    def _called(self, record: Any) -> dict[str, tuple[int, int]]:
        """Sum up what the rollup called."""
        names = {
            1: SIGNATURES,
            _number(self.bench.tree.address): TREE,
            _number(self.bench.yes.address): VERIFIER,
            _number(self.executor): CALLS,
            **{_number(token.address): TOKENS for token in self.bench.tokens},
        }
        found = dict.fromkeys((SIGNATURES, TREE, VERIFIER, CALLS, TOKENS), (0, 0))
        for child in record.children:
            name = names.get(int.from_bytes(child.msg.code_address, "big"), VERIFIER)
            count, gas = found[name]
            found[name] = (count + 1, gas + child.get_gas_used())
        return found

    def _add_token(self) -> None:
        token = to_checksum_address(self.bench.tokens[0].address)
        name = element_bytes(self.kinds[0])
        self.recording(lambda: self.transact("addToken", name, token, sender=OWNER))

    def _add_validators(self) -> None:
        stake = 2**128 - 1 if self.plan.is_large else 1
        members = as_validators(signers(self.plan.validators, "later"), stake)
        begin = MAINNET.settlement_future_blocks
        self.recording(
            lambda: self.do("add_validators", valid_from=Height(begin), validators=members)
        )

    def _allowed(self) -> None:
        """Let the rollup take as much as the plan says."""
        match self.plan.allowance:
            case "exact":
                self.allow(self.value)
            case "more":
                self.allow(self.value + 1)

    def _deposit(self) -> None:
        self.lead_up()
        self._allowed()
        mint = self.mint(0)
        self.recording(lambda: self.deposit(mint))

    def _deposit_and_queue(self) -> None:
        self.lead_up()
        if not self.plan.is_first:
            self.queue(self.send())
        self._allowed()
        mint = self.mint(0)
        self.recording(
            lambda: self.do(
                "deposit_and_queue",
                ALICE,
                transaction=mint,
                proof=PROVEN,
                received=int(mint.message.value),
            )
        )

    def _deposit_with_authorization(self) -> None:
        self.lead_up()
        message = self.mint(0).message
        nonce = keccak256(b"nonce")
        signed = Authorization(
            depositor=DEPOSITOR.address,
            mint_hash=message.hash,
            note_kind=message.note_kind,
            value=self.value,
            valid_after=0,
            valid_before=DEADLINE,
            nonce=nonce,
        )
        domain = domain_separator(CHAIN_ID, self.on_chain.address)
        depositor = to_checksum_address(DEPOSITOR.address)
        content = encode(
            ["bytes32", "address", "address", "uint256", "uint256", "uint256", "bytes32"],
            [
                keccak256(RECEIVE_TYPE),
                depositor,
                self.rollup.address,
                self.value,
                0,
                DEADLINE,
                nonce,
            ],
        )
        given = (
            depositor,
            0,
            DEADLINE,
            nonce,
            _parts(self._for_token(DEPOSITOR, content)),
            _parts(DEPOSITOR.sign(authorization_digest(signed, domain))),
        )
        name, kind = element_bytes(message.hash), element_bytes(message.note_kind)
        self.recording(
            lambda: self.transact("depositWithAuthorization", name, self.value, kind, given)
        )

    def _deposit_with_permit(self) -> None:
        self.lead_up()
        if self.plan.is_first:
            self.allow(0)
        key = _key_of(ALICE)
        nonce = 0
        if not self.plan.is_first:
            self._permit(key, self.value, nonce)
            nonce = 1
        message = self.mint(0).message
        name, kind = element_bytes(message.hash), element_bytes(message.note_kind)
        content = self._permit_content(self.value, nonce)
        signature = _parts(self._for_token(key, content))
        self.recording(
            lambda: self.transact("depositWithPermit", name, self.value, kind, DEADLINE, signature)
        )

    def _cancel_deposit(self) -> None:
        self.lead_up()
        mints = [self.mint(0), self.mint(0)]
        for mint in mints:
            self.deposit(mint)
        self.chain.advance(MAINNET.bridge_cancel_seconds)
        if not self.plan.is_first:
            self.do("cancel_deposit", ALICE, mint_hash=mints[0].message.hash)
        name = mints[1].message.hash
        self.recording(lambda: self.do("cancel_deposit", ALICE, mint_hash=name))

    def _substitute_burn(self) -> None:
        self.lead_up()
        self._allowed()
        burn = self.burn(0)
        if not self.plan.is_first:
            burn = _paid_to(burn, BOB)
        self.recording(lambda: self.substitute(burn))

    def _withdraw(self) -> None:
        self.lead_up()
        self.deposit(self.mint(0))
        burn = self.burn(0)
        if not self.plan.is_first:
            burn = _paid_to(burn, BOB)
        if not self.plan.is_emptied:
            self.deposit(self.mint(0))
        elif not self.plan.is_first:
            # One deposit came before; it is taken out first.
            self.settle([_paid_to(self.burn(0), BOB)])
            self._take_out(BOB)
        self.settle([burn])
        owner = burn_of(burn.message).recipient
        self.recording(lambda: self._take_out(owner))

    def _take_out(self, owner: EthereumAddress) -> None:
        kind = element_bytes(self.kinds[0])
        self.transact("withdraw", kind, to_checksum_address(owner))

    def _queue_transaction(self) -> None:
        self._queued(None)

    def _queue_call(self) -> None:
        self._queued(self.call())

    def _queued(self, attached: QueuedCall | None) -> None:
        self.lead_up()
        if not self.plan.is_first:
            self.queue(self.send())
        transaction = self.prepared(self.plan.block, 0)
        self.recording(lambda: self.queue(transaction, attached=attached))

    def _entry(self, letter: str, transaction: PublicInputs | None, number: int) -> Entry:
        """Queue what a verdict is on."""
        if transaction is not None:
            return self.queue(transaction, attached=self.call() if letter == "c" else None)
        if letter == "v":
            return self.queue(self.send())
        if letter == "w":
            return self.queue(self.burn(number))
        mint = self.mint(number)
        self.deposit(mint)
        return self.queue(mint)

    def _settle(self) -> None:
        plan = self.plan
        self.lead_up()
        block = [self.prepared(letter, number) for number, letter in enumerate(plan.block)]
        known = [burn for letter, burn in zip(plan.block, block, strict=True) if letter == "k"]
        if known:
            # Another burn to the same account.
            others = [
                replace(
                    self.burn(0),
                    message=replace(burn.message, hash=self.fresh()[0]),
                )
                for burn in known
            ]
            self.settle(others)
        for number in range(plan.later_sets):
            begin = Height(self.height + 100 + number)
            members = as_validators(signers(1, "later"))
            self.do("add_validators", valid_from=begin, validators=members)
        entries, next_place = [], 0
        for number, letter in enumerate(plan.verdicts):
            applied = letter in "ac"
            transaction = block[next_place] if applied else None
            next_place += applied
            entries.append((letter, self._entry(letter, transaction, number)))
        self._let_go(plan.verdicts, [entry for _, entry in entries])
        verdicts: list[Verdict] = [
            Applied(entry=entry)
            if letter in "ac"
            else Void(entry=entry, is_after=True, proof=b"" if letter == "d" else PROVEN)
            for letter, entry in entries
        ]
        self.recording(lambda: self.settle(block, verdicts, skipped=plan.skipped))

    def _let_go(self, letters: str, entries: Sequence[Entry]) -> None:
        """Cancel the deposits that are to be gone."""
        gone = [entry for letter, entry in zip(letters, entries, strict=True) if letter == "d"]
        if gone:
            self.chain.advance(MAINNET.bridge_cancel_seconds)
        for entry in gone:
            self.do("cancel_deposit", ALICE, mint_hash=entry.transaction.message.hash)

    def _force(self) -> None:
        self.lead_up()
        transaction = self.prepared(self.plan.block, 0)
        if self.plan.block == "k":
            self.settle([transaction])
        entry = self._entry(self.plan.verdicts, transaction, 0)
        self.chain.advance(MAINNET.queue_overdue_seconds)
        claim = claim_of(self.root, self.fresh()[0], [transaction], MAINNET)
        self.recording(lambda: self.do("force", BOB, entry=entry, claim=claim))

    def _discard(self) -> None:
        self.lead_up()
        letter = self.plan.verdicts
        entry = self._entry(letter, None, 0)
        self._let_go(letter, [entry])
        if letter != "d":
            self.chain.advance(MAINNET.queue_overdue_seconds)
        proof = b"" if letter == "d" else PROVEN
        self.recording(lambda: self.do("discard", BOB, entry=entry, proof=proof))

    def _freeze(self) -> None:
        self.lead_up()
        self.queue(self.send())
        self.chain.advance(MAINNET.queue_freeze_seconds)
        self.recording(lambda: self.do("freeze", BOB))

    def _leave(self) -> None:
        self.lead_up()
        burn = self.prepared(self.plan.block, 0)
        if self.plan.block == "k":
            self.settle([burn])
        first, second = burn.input_commitments
        leaves = [first, second][: self.plan.inputs]
        burn = replace(
            burn,
            input_commitments=(first, second if len(leaves) == 2 else ZERO),
            output_commitments=(ZERO, ZERO),
        )
        self.leave(burn, leaves, PROVEN)

    def leave(
        self,
        burn: PublicInputs,
        leaves: Sequence[FieldElement],
        proof: bytes,
        waiting: tuple[PublicInputs, bytes] | None = None,
    ) -> None:
        """Freeze the rollup on a tree with some leaves, and take these out."""
        tree = PersistentTree.of(MAINNET.tree_depth, [*leaves, *case_elements("gas-leaves", 100)])
        self.settle([], root=tree.root)
        self.queue(*(waiting or (self.send(), PROVEN)))
        self.chain.advance(MAINNET.queue_freeze_seconds)
        self.do("freeze", BOB)
        paths = tuple(path(tree, leaf) for leaf in leaves)
        leaving = Exit(transaction=burn, proof=proof, paths=paths)
        self.recording(lambda: self.do("leave", BOB, leaving=leaving))

    def _permit(self, key: Signer, value: int, nonce: int) -> None:
        """Bring a permit to the token."""
        content = self._permit_content(value, nonce)
        v, r, s = _parts(self._for_token(key, content), number_first=True)
        sender = to_checksum_address(ALICE)
        self.chain.transact(
            self.bench.tokens[0],
            "permit",
            sender,
            self.rollup.address,
            value,
            DEADLINE,
            v,
            r,
            s,
            sender=sender,
        )

    def _permit_content(self, value: int, nonce: int) -> bytes:
        return encode(
            ["bytes32", "address", "address", "uint256", "uint256", "uint256"],
            [
                keccak256(PERMIT_TYPE),
                to_checksum_address(ALICE),
                self.rollup.address,
                value,
                nonce,
                DEADLINE,
            ],
        )

    def _for_token(self, key: Signer, content: bytes) -> Signature:
        """Sign something for the first token."""
        domain = encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                keccak256(TOKEN_DOMAIN),
                keccak256(b"Token"),
                keccak256(b"1"),
                CHAIN_ID,
                self.bench.tokens[0].address,
            ],
        )
        return key.sign(keccak256(b"\x19\x01" + keccak256(domain) + keccak256(content)))


SIGNATURES, TREE, VERIFIER, CALLS, TOKENS = (
    "recovery of signers",
    "hashes of the note tree (`NoteTree`)",
    "verifier",
    "calls of entries",
    "tokens",
)
"""What a rollup calls."""


def _paid_to(burn: PublicInputs, account: EthereumAddress) -> PublicInputs:
    recipient = FieldElement(int.from_bytes(account, "big"))
    return replace(burn, message=replace(burn.message, burn_address=recipient))


def _parts(signature: Signature, *, number_first: bool = False) -> tuple[Any, ...]:
    r, s, v = signature[:32], signature[32:64], 27 + signature[64]
    return (v, r, s) if number_first else (r, s, v)


def _key_of(account: EthereumAddress) -> Signer:
    """Give the key of one of the chain's accounts."""
    Account.enable_unaudited_hdwallet_features()
    place = f"{DERIVATION_PATH}/{ACCOUNTS.index(account)}"
    return Signer(key=PrivateKey(bytes(Account.from_mnemonic(MNEMONIC, account_path=place).key)))


def _number(address: ChecksumAddress) -> int:
    return int(address, 16)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


# With real verifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A call with a real proof."""

    function: str
    """The function that is called."""
    case: str
    """What is proved, as the record of proofs says."""


PROVEN_CALLS: Final = (
    Proven(function="queueTransaction", case="a send of two notes to two"),
    Proven(function="queueTransaction", case="a burn of two notes, and change"),
    Proven(function="depositAndQueue", case="a mint of one note"),
    Proven(function="leave", case="a burn of one note"),
    Proven(function="settle", case="six places of padding"),
    Proven(function="settle", case="six sends of two notes to two"),
    Proven(function="settle", case="six burns of two notes, and change"),
)
"""What is measured with recorded proofs, by the verifiers of these circuits."""


class ProvenSettlement:
    """Carries out calls with recorded proofs, on the chain of a `SettlementGas`."""

    def __init__(self, bench: SettlementGas) -> None:
        self.bench = bench
        self._known: dict[Proven, CallGas] = {}
        answers = json.loads((bench.checkout / PROOFS).read_bytes())
        block = answers["block"]
        self.clients = {each["what"]: each for each in answers["utxo"]["proofs"]}
        self.blocks = {each["what"]: each for each in block["blocks"]}
        keys = (_unhex(block["client_key"]), _unhex(block["block_key"]))
        chain = bench.chain
        # Another account than the one that makes rollups, whose addresses stay the same.
        maker = chain.accounts[-1]
        client = chain.deploy(bench.artefact("UtxoVerifier"), sender=maker)
        verifier = chain.deploy(bench.artefact("KeyedBlockVerifier"), *keys, sender=maker)
        self.client, self.block = client, verifier
        self.transaction_proof = chain.deploy(
            bench.artefact("TransactionProof"), client.address, sender=maker
        )
        self.block_proof = chain.deploy(
            bench.artefact("BlockProof"),
            verifier.address,
            PLACES,
            MAINNET.block_message_words,
            sender=maker,
        )

    def measure(self, proven: Proven) -> CallGas:
        """Carry out a call, and undo it; once, since it costs the same each time."""
        if proven not in self._known:
            with self.bench.chain.undone():
                history: History = getattr(self, f"_{_snake(proven.function)}")(proven)
                self._known[proven] = replace(history.measured(), case=proven.case)
        return self._known[proven]

    def client_arguments(self, case: str) -> tuple[bytes, list[bytes]]:
        """Give what `TransactionProof.verify` takes."""
        record = self.clients[case]
        return _unhex(record["proof"]), [_word(text) for text in record["public"]]

    def block_arguments(self, case: str) -> tuple[bytes, list[bytes]]:
        """Give what `BlockProof.verify` takes."""
        record = self.blocks[case]
        proof = encode(
            ["uint256[]", "bytes[]", "bytes"],
            [
                [int(text) for text in record["words"]],
                [_unhex(text) for text in record["client_proofs"]],
                _unhex(record["block_proof"]),
            ],
        )
        messages = packed_messages(self._transactions(record))
        area = [*messages, *[ZERO] * (MAINNET.block_message_words - len(messages))]
        return proof, [_word(text) for text in record["claim"][:3]] + list(map(element_bytes, area))

    def _transactions(self, record: Mapping[str, Any]) -> tuple[PublicInputs, ...]:
        words = [FieldElement(int(text)) for text in record["words"]]
        return tuple(public_inputs_of(words[at : at + 9]) for at in range(0, len(words), 9))

    def _of_client(self, proven: Proven) -> tuple[History, PublicInputs, bytes]:
        """Make a rollup that judges clients' proofs, and give a transaction and its proof."""
        record = self.clients[proven.case]
        transaction = public_inputs_of([FieldElement(int(text)) for text in record["public"]])
        plan = Plan(function=proven.function)
        history = History(self.bench, plan, transaction_proof=self.transaction_proof)
        if transaction.message.note_kind:
            history.kinds = (transaction.message.note_kind,)
        history.lead_up()
        return history, transaction, _unhex(record["proof"])

    def _queue_transaction(self, proven: Proven) -> History:
        history, transaction, proof = self._of_client(proven)
        history.recording(
            lambda: history.do(
                "queue_transaction", BOB, transaction=transaction, proof=proof, attached=None
            )
        )
        return history

    def _deposit_and_queue(self, proven: Proven) -> History:
        history, transaction, proof = self._of_client(proven)
        received = int(transaction.message.value)
        history.recording(
            lambda: history.do(
                "deposit_and_queue",
                ALICE,
                transaction=transaction,
                proof=proof,
                received=received,
            )
        )
        return history

    def _leave(self, proven: Proven) -> History:
        history, transaction, proof = self._of_client(proven)
        leaves = [leaf for leaf in transaction.input_commitments if leaf]
        waiting = self.clients["a send of two notes to two"]
        words = [FieldElement(int(text)) for text in waiting["public"]]
        history.leave(
            transaction,
            leaves,
            proof,
            waiting=(public_inputs_of(words), _unhex(waiting["proof"])),
        )
        return history

    def _settle(self, proven: Proven) -> History:
        record = self.blocks[proven.case]
        proof, _ = self.block_arguments(proven.case)
        old_root, new_root, commit_hash = (FieldElement(int(text)) for text in record["claim"][:3])
        transactions = self._transactions(record)
        messages = packed_messages(transactions)
        burned = {each.message.note_kind for each in transactions if each.message.kind == BURN}
        plan = Plan(function="settle", kinds=len(burned))
        history = History(self.bench, plan, block_proof=self.block_proof, root=old_root)
        history.kinds = tuple(sorted(burned))
        history.add_tokens()
        claim = BlockClaim(public_inputs=(old_root, new_root, commit_hash, *messages), proof=proof)
        commit = history.commit(new_root, 1)
        history.recording(
            lambda: history.do("settle", BOB, claim=claim, commit=commit, opening=(), verdicts=())
        )
        return history


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _word(text: str) -> bytes:
    return int(text).to_bytes(32, "big")
