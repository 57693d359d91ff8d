"""What the scenarios of bridge and queue share: histories, and statements about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.opening import Opening, opening_of
from payy_ref.ledger.transaction import BURN, MINT, SEND, ZERO, Message, PublicInputs
from payy_ref.merkle.path import empty_roots
from payy_ref.operations.settlement import STATED_VERIFIERS
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.settlement.bridge import Burn
from payy_ref.settlement.entry import Entry, QueuedCall
from payy_ref.settlement.queue import Applied, Verdict, Void
from payy_ref.settlement.rollup import deployed
from payy_ref.settlement.steps import Step, perform_all
from payy_ref.testing.settlement_history import (
    ALICE,
    BETWEEN,
    BOB,
    CAROL,
    OWNER,
    PROVEN,
    START,
    chain_of_three,
    claim_of,
    deployment_of,
    quorum,
    signers,
    step,
)
from payy_ref.vectors.model import case_bytes, case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter

MAINNET, MINIMAL = "mainnet", "minimal"
PRESETS: Final[Mapping[str, Parameters]] = {
    MAINNET: load_preset(Preset.MAINNET),
    MINIMAL: load_preset(Preset.MINIMAL),
}
both_presets = pytest.mark.parametrize("preset", [MAINNET, MINIMAL])

LAST: Final = FieldElement(MODULUS - 1)
"""The greatest field element."""

SEQUENCERS: Final = signers(4)
"""Who signs in these histories."""

KIND: Final = POLYGON_USDC
OTHER_KIND, UNKNOWN_KIND = (FieldElement(KIND + number) for number in (1, 2))
"""Note kinds: two that have a token, and one that has none."""

TOKEN, OTHER_TOKEN = (
    EthereumAddress(case_bytes("bridge-token", 20, label)) for label in ("a", "b")
)
"""Two tokens."""

H1, H2, H3 = case_elements("bridge-mint-hash", 3)
"""Mint hashes."""

A, B, C, D, E, F, G, H = (
    FieldElement(each // 256 * 256 + slot)
    for slot, each in enumerate(case_elements("bridge-leaf", 8), 1)
)
"""Leaves with different slots, even in a tree of depth 8."""

VALUE: Final = 1_000_000
"""An amount."""

HIGH_BITS: Final = 2**252 + 2**160
"""Bits of a burn address that are no part of an address."""


# Transactions: L1 looks at no notes, so that any commitments will do.


def _transaction(
    message: Message, inputs: Sequence[FieldElement], outputs: Sequence[FieldElement]
) -> PublicInputs:
    """Give public inputs, with zeros where nothing is said."""
    first, second, *_ = (*inputs, ZERO, ZERO)
    third, fourth, *_ = (*outputs, ZERO, ZERO)
    return PublicInputs(
        input_commitments=(first, second), output_commitments=(third, fourth), message=message
    )


def send(inputs: Sequence[FieldElement] = (), outputs: Sequence[FieldElement] = ()) -> PublicInputs:
    """Give a send."""
    return _transaction(Message(kind=SEND), inputs, outputs)


def mint(
    mint_hash: FieldElement = H1,
    value: int = VALUE,
    outputs: Sequence[FieldElement] = (E,),
    kind: FieldElement = KIND,
) -> PublicInputs:
    """Give a mint."""
    message = Message(kind=MINT, note_kind=kind, value=FieldElement(value), hash=mint_hash)
    return _transaction(message, (), outputs)


def word_of(address: bytes) -> FieldElement:
    """Give an address as a word."""
    return FieldElement(int.from_bytes(address, "big"))


def burn(
    value: int = VALUE,
    recipient: int = word_of(BOB),
    inputs: Sequence[FieldElement] = (A,),
    kind: FieldElement = KIND,
) -> PublicInputs:
    """Give a burn; L1 knows it by its first input."""
    message = Message(
        kind=BURN,
        note_kind=kind,
        value=FieldElement(value),
        hash=inputs[0] if inputs else ZERO,
        burn_address=FieldElement(recipient),
    )
    return _transaction(message, inputs, ())


def burn_paid(
    value: int = VALUE,
    recipient: EthereumAddress = BOB,
    burn_hash: FieldElement = A,
    kind: FieldElement = KIND,
) -> Burn:
    """Give a burn as it is paid in advance."""
    return Burn(note_kind=kind, value=value, burn_hash=burn_hash, recipient=recipient)


# Histories


@dataclass(frozen=True, kw_only=True)
class History:
    """A history; each method gives it with one more step, later than the others."""

    preset: str
    """Of which network."""
    steps: tuple[Step, ...] = ()
    """What was done."""
    time: int = START - BETWEEN
    """Of the last step."""
    root: FieldElement = ZERO
    """The settled root."""
    height: int = 0
    """The settled height."""
    entries: tuple[Entry, ...] = ()
    """All that was queued."""

    @property
    def parameters(self) -> Parameters:
        """Those of the network."""
        return PRESETS[self.preset]

    def do(
        self, name: str, sender: EthereumAddress, *, at: int | None = None, **arguments: Any
    ) -> "History":
        """Do anything, a little later or at a time."""
        time = self.time + BETWEEN if at is None else at
        added = step(name, sender, time, **arguments)
        return replace(self, time=time, steps=(*self.steps, added))

    def token(
        self,
        kind: FieldElement = KIND,
        token: EthereumAddress = TOKEN,
        sender: EthereumAddress = OWNER,
    ) -> "History":
        """Give a note kind its token."""
        return self.do("add_token", sender, note_kind=kind, token=token)

    def deposit(self, mint_hash: FieldElement = H1, value: int = VALUE, **what: Any) -> "History":
        """Deposit; Alice, and exactly, if nothing else is said."""
        given = {"sender": ALICE, "note_kind": KIND, "received": value, **what}
        return self.do("deposit", mint_hash=mint_hash, value=value, **given)

    def cancel(
        self, mint_hash: FieldElement = H1, sender: EthereumAddress = ALICE, at: int | None = None
    ) -> "History":
        """Cancel a deposit."""
        return self.do("cancel_deposit", sender, at=at, mint_hash=mint_hash)

    def pay(
        self,
        burn: Burn,
        sender: EthereumAddress = CAROL,
        burn_height: int | None = None,
        **what: Any,
    ) -> "History":
        """Pay for a burn in advance; exactly, and for the next block, if nothing else is said."""
        height = self.height + 1 if burn_height is None else burn_height
        given = {"received": burn.value, **what}
        return self.do("substitute_burn", sender, burn=burn, burn_height=height, **given)

    def withdraw(
        self,
        owner: EthereumAddress = BOB,
        kind: FieldElement = KIND,
        *,
        sender: EthereumAddress = BOB,
        is_paid: bool = True,
    ) -> "History":
        """Fetch what somebody is owed."""
        return self.do("withdraw", sender, note_kind=kind, owner=owner, is_paid=is_paid)

    def queue(
        self,
        transaction: PublicInputs,
        call: QueuedCall | None = None,
        *,
        proof: bytes = PROVEN,
        sender: EthereumAddress = ALICE,
        at: int | None = None,
    ) -> "History":
        """Queue a transaction."""
        after = self.do(
            "queue_transaction", sender, at=at, transaction=transaction, proof=proof, attached=call
        )
        return after.with_entry(transaction, call)

    def deposit_and_queue(
        self, transaction: PublicInputs, *, proof: bytes = PROVEN, **what: Any
    ) -> "History":
        """Deposit and queue the mint in one step."""
        given = {"sender": ALICE, "received": int(transaction.message.value), **what}
        after = self.do("deposit_and_queue", transaction=transaction, proof=proof, **given)
        return after.with_entry(transaction, None)

    def with_entry(self, transaction: PublicInputs, call: QueuedCall | None) -> "History":
        """Give the history with an entry that its last step has made."""
        entry = Entry(transaction=transaction, call=call, queued_at=self.time)
        return replace(self, entries=(*self.entries, entry))

    def settle(
        self,
        *transactions: PublicInputs,
        verdicts: Sequence[Verdict] = (),
        root: FieldElement | None = None,
        at: int | None = None,
        proof: bytes = PROVEN,
        opening: Opening | None = None,
    ) -> "History":
        """Settle the next block, with these transactions; opened if there are verdicts."""
        new = self._next_root() if root is None else root
        opened = opening_of(transactions, self.parameters) if verdicts else ()
        height = self.height + 1
        after = self.do(
            "settle",
            CAROL,
            at=at,
            claim=claim_of(self.root, new, transactions, self.parameters, proof=proof),
            commit=chain_of_three(new, height).proof(quorum(SEQUENCERS)),
            opening=opened if opening is None else opening,
            verdicts=tuple(verdicts),
        )
        return replace(after, root=new, height=height)

    def force(
        self,
        entry: Entry,
        *transactions: PublicInputs,
        at: int | None = None,
        proof: bytes = PROVEN,
        tail: Sequence[FieldElement] = (),
    ) -> "History":
        """Settle an entry in a block of its own; `tail` are further words after the messages."""
        new = self._next_root()
        claim = claim_of(
            self.root, new, transactions or (entry.transaction,), self.parameters, proof=proof
        )
        claim = replace(claim, public_inputs=(*claim.public_inputs, *tail))
        return replace(self.do("force", CAROL, at=at, entry=entry, claim=claim), root=new)

    def discard(self, entry: Entry, *, at: int | None = None, proof: bytes = PROVEN) -> "History":
        """Take an entry off the queue as void."""
        return self.do("discard", CAROL, at=at, entry=entry, proof=proof)

    def freeze(self, at: int | None = None) -> "History":
        """Stop settlement."""
        return self.do("freeze", CAROL, at=at)

    def frozen(self, leftover: int = 0) -> "History":
        """Queue an entry, wait until it is a reason to freeze, and freeze."""
        queued = self.queue(send((A,), (F,)))
        end = queued.time + self.parameters.queue_freeze_seconds
        return queued.freeze(at=end + leftover)

    def _next_root(self) -> FieldElement:
        """Give a root that no other step has."""
        return case_elements(f"bridge-root-{len(self.steps)}", 1)[0]


def begun(preset: str = MINIMAL) -> History:
    """Give a history in which nothing was done."""
    return History(preset=preset, root=empty_roots(PRESETS[preset].tree_depth)[-1])


def ready(preset: str = MINIMAL) -> History:
    """Give a history in which two note kinds have their tokens."""
    return begun(preset).token().token(OTHER_KIND, OTHER_TOKEN)


def minted(preset: str = MINIMAL, value: int = VALUE) -> History:
    """Give a history in which a deposit has become notes."""
    return ready(preset).deposit(value=value).settle(mint(value=value))


def applied(entry: Entry) -> Applied:
    """Say that an entry stands in the block."""
    return Applied(entry=entry)


def void(entry: Entry, *, is_after: bool = False, proof: bytes = PROVEN) -> Void:
    """Say that an entry is void."""
    return Void(entry=entry, is_after=is_after, proof=proof)


# Statements


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """What the vectors of a chapter have in common."""

    suite: str
    """Name of the chapter, which begins each id."""

    def rules(self, *numbers: int) -> list[str]:
        """Give the ids of requirements of this chapter."""
        return [f"PAYY-{self.suite.upper()}-{number:03}" for number in numbers]

    def accepts(
        self,
        vector: VectorWriter,
        name: str,
        history: History,
        description: str,
        *,
        rules: Sequence[int | str],
        flags: Sequence[str],
        **expected: Any,
    ) -> Mapping[str, Any]:
        """State that a history is accepted, and what is then to be seen, field by field."""
        output = vector.accepts(
            f"{self.suite}-{name}-{history.preset}",
            f"{self.suite}/run",
            description=description,
            requirements=self._ids(rules),
            flags=flags,
            preset=history.preset,
            deployment=deployment_of(SEQUENCERS),
            steps=history.steps,
        )
        for field, value in expected.items():
            seen = list(output[field]) if isinstance(value, list) else output[field]
            assert seen == value, f"{name}: {field} is {seen}"
        assert output["root"] == history.root
        assert output["height"] == history.height
        return output

    def rejects(
        self,
        vector: VectorWriter,
        name: str,
        history: History,
        error: ErrorCode,
        description: str,
        *,
        rules: Sequence[int | str],
        flags: Sequence[str],
    ) -> None:
        """
        State that a history is rejected for its last step.

        All steps but the last one are accepted: that is looked at, too.
        """
        vector.rejects(
            f"{self.suite}-{name}-{history.preset}",
            f"{self.suite}/run",
            error,
            description=description,
            requirements=self._ids(rules),
            flags=flags,
            preset=history.preset,
            deployment=deployment_of(SEQUENCERS),
            steps=history.steps,
        )
        run_steps(history.preset, history.steps[:-1])

    def _ids(self, rules: Sequence[int | str]) -> list[str]:
        return [rule if isinstance(rule, str) else self.rules(rule)[0] for rule in rules]


def run_steps(preset: str, steps: Sequence[Step]) -> None:
    """Do steps that are accepted."""
    parameters = PRESETS[preset]
    start = deployed(deployment_of(SEQUENCERS), parameters)
    perform_all(start, steps, STATED_VERIFIERS, parameters)
