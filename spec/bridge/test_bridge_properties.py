"""Properties of the bridge, on generated histories."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import FieldElement, element_bytes
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.sequence import Signature
from payy_ref.ledger.transaction import BURN, MINT, Message, PublicInputs
from payy_ref.operations.settlement import STATED_VERIFIERS
from payy_ref.parameters import Preset, load_preset
from payy_ref.settlement.authorization import (
    Authorization,
    authorization_digest,
    check_authorization,
    domain_separator,
)
from payy_ref.settlement.bridge import Bridge, Burn, DepositStatus, add_token
from payy_ref.settlement.events import (
    Burned,
    DepositReturned,
    Event,
    MintAdded,
    Minted,
    Withdrawn,
)
from payy_ref.settlement.rollup import Rollup, deployed
from payy_ref.settlement.steps import Step, perform
from payy_ref.testing.settlement_history import (
    ACCOUNTS,
    START,
    chain_of_three,
    claim_of,
    deployment_of,
    quorum,
    signer,
    signers,
    step,
)
from payy_ref.testing.strategies import field_elements
from spec.bridge.bridge_model import (
    KINDS,
    Book,
    Burning,
    Cancelled,
    Deed,
    Deposited,
    Fetched,
    Minting,
    PaidInAdvance,
    Settled,
    blocks,
    deeds,
)
from spec.ledger.ledger_cases import keccak_of

MINIMAL: Final = load_preset(Preset.MINIMAL)
SEQUENCERS: Final = signers(3)
TOKENS: Final = tuple(EthereumAddress(bytes([number]) * 20) for number in KINDS)
AFTER: Final = 40
"""Seconds from one step to the next."""


def outcome(change: Callable[..., object], *arguments: object, **named: object) -> ErrorCode | None:
    """Tell the code of a refusal; None if there is none."""
    try:
        change(*arguments, **named)
    except SpecError as refusal:
        return refusal.code
    return None


# Histories on the rollup and in the book


def begun() -> Rollup:
    """Give a rollup with its tokens."""
    rollup = deployed(deployment_of(SEQUENCERS), MINIMAL)
    bridge = rollup.bridge
    for kind, token in zip(KINDS, TOKENS, strict=True):
        bridge, _ = add_token(bridge, FieldElement(kind), token)
    return replace(rollup, bridge=bridge)


def as_message(message: Burning | Minting, high_bits: int = 0) -> PublicInputs:
    """Give a transaction with a message; the high bits of a burn address do not matter."""
    empty = (FieldElement(0), FieldElement(0))
    if isinstance(message, Minting):
        words = Message(
            kind=MINT,
            note_kind=FieldElement(message.kind),
            value=FieldElement(message.value),
            hash=FieldElement(message.mint_hash),
        )
    else:
        address = int.from_bytes(ACCOUNTS[message.recipient], "big") + high_bits * 2**160
        words = Message(
            kind=BURN,
            note_kind=FieldElement(message.kind),
            value=FieldElement(message.value),
            hash=FieldElement(message.burn_hash),
            burn_address=FieldElement(address),
        )
    return PublicInputs(input_commitments=empty, output_commitments=empty, message=words)


def as_burn(burn: Burning) -> Burn:
    """Give a burn as the bridge knows it."""
    return Burn(
        note_kind=FieldElement(burn.kind),
        value=burn.value,
        burn_hash=FieldElement(burn.burn_hash),
        recipient=ACCOUNTS[burn.recipient],
    )


def as_step(deed: Deed, rollup: Rollup, time: int, high_bits: int = 0) -> Step:
    """Give the step that does it."""
    match deed:
        case Deposited():
            return step(
                "deposit",
                ACCOUNTS[deed.sender],
                time,
                mint_hash=FieldElement(deed.mint_hash),
                note_kind=FieldElement(deed.kind),
                value=deed.value,
                received=deed.received,
            )
        case Cancelled():
            mint_hash = FieldElement(deed.mint_hash)
            return step("cancel_deposit", ACCOUNTS[deed.sender], time, mint_hash=mint_hash)
        case Settled():
            new_root = FieldElement(rollup.height + 7)
            transactions = [as_message(each, high_bits) for each in deed.messages]
            return step(
                "settle",
                ACCOUNTS[0],
                time,
                claim=claim_of(rollup.root, new_root, transactions, MINIMAL),
                commit=chain_of_three(new_root, rollup.height + 1).proof(quorum(SEQUENCERS)),
                opening=(),
                verdicts=(),
            )
        case PaidInAdvance():
            height = rollup.height + (0 if deed.is_late else 1)
            return step(
                "substitute_burn",
                ACCOUNTS[deed.sender],
                time,
                burn=as_burn(deed.burn),
                burn_height=height,
                received=deed.received,
            )
        case Fetched():
            return step(
                "withdraw",
                ACCOUNTS[0],
                time,
                note_kind=FieldElement(deed.kind),
                owner=ACCOUNTS[deed.owner],
                is_paid=deed.is_paid,
            )


@dataclass(kw_only=True)
class Run:
    """A history on the rollup and in the book, side by side."""

    rollup: Rollup
    book: Book
    events: list[Event]
    deeds: list[Deed]
    """All that was tried."""

    def do(self, deed: Deed, high_bits: int = 0) -> ErrorCode | None:
        """Do it on both; they agree whether it is done."""
        after = deed.wait if isinstance(deed, Cancelled) else AFTER
        expected = self.book.do(deed, after)
        self.deeds.append(deed)
        wanted = as_step(deed, self.rollup, START + self.book.time, high_bits)
        code = outcome(perform, self.rollup, wanted, STATED_VERIFIERS, MINIMAL)
        assert code == expected
        if code is None:
            self.rollup, events = perform(self.rollup, wanted, STATED_VERIFIERS, MINIMAL)
            self.events += events
        return code


def new_run() -> Run:
    """Begin."""
    book = Book(cancel_seconds=MINIMAL.bridge_cancel_seconds)
    return Run(rollup=begun(), book=book, events=[], deeds=[])


@st.composite
def runs(draw: st.DrawFn, most: int = 12) -> Run:
    """Give a history of the bridge."""
    run = new_run()
    for _ in range(draw(st.integers(1, most))):
        run.do(draw(deeds(run.book)), draw(st.integers(0, 3)))
    return run


def open_value(bridge: Bridge, kind: int) -> int:
    """Sum the open deposits of a note kind."""
    made = bridge.deposits.values()
    return sum(
        each.value for each in made if each.note_kind == kind and each.status is DepositStatus.OPEN
    )


def owed_value(bridge: Bridge, kind: int) -> int:
    """Sum the debts of a note kind."""
    return sum(value for account, value in bridge.credits.items() if account.note_kind == kind)


# T01


@evidence("PAYY-BRIDGE-T01")
@given(st.data())
def test_what_is_locked_is_accounted_for(data: st.DataObject) -> None:
    """After every step, what is locked is in open deposits, debts and notes."""
    run = new_run()
    for _ in range(data.draw(st.integers(1, 15))):
        run.do(data.draw(deeds(run.book)))
        bridge = run.rollup.bridge
        for kind in KINDS:
            known = FieldElement(kind)
            parts = open_value(bridge, kind) + owed_value(bridge, kind) + run.book.notes[kind]
            assert bridge.locked(known) == parts == run.book.locked[kind]
            assert run.book.notes[kind] >= 0
        owed = {(int(each.note_kind), each.owner): n for each, n in bridge.credits.items()}
        expected = {(kind, ACCOUNTS[who]): n for (kind, who), n in run.book.owed.items() if n}
        assert owed == expected
        assert set(bridge.escrow) <= set(map(FieldElement, KINDS))


# T02


@evidence("PAYY-BRIDGE-T02")
@given(runs())
def test_nothing_comes_or_goes_twice(run: Run) -> None:
    """Each hash is deposited for, and taken or returned, at most once; no more goes than came."""
    events = run.events
    added = Counter(each.mint_hash for each in events if isinstance(each, MintAdded))
    gone = Counter(each.mint_hash for each in events if isinstance(each, Minted | DepositReturned))
    assert set(added.values()) <= {1}
    assert set(gone.values()) <= {1}
    assert gone.keys() <= added.keys()
    settled = [each for each in events if isinstance(each, Burned)]
    credited: Counter[int] = Counter()
    for burned in settled:
        credited[burned.note_kind] += burned.value
    for kind in map(FieldElement, KINDS):
        came = sum(e.value for e in events if isinstance(e, MintAdded) and e.note_kind == kind)
        went = sum(e.value for e in events if isinstance(e, Withdrawn) and e.note_kind == kind)
        back = sum(
            run.rollup.bridge.deposits[e.mint_hash].value
            for e in events
            if isinstance(e, DepositReturned)
            and run.rollup.bridge.deposits[e.mint_hash].note_kind == kind
        )
        owed = owed_value(run.rollup.bridge, kind)
        assert went + owed == credited[kind] + back
        assert went + owed <= came


@evidence("PAYY-BRIDGE-T02", part="a hash is good for one deposit, whatever became of it")
@given(runs(), st.integers(0, 3), st.integers(1, 9))
def test_known_hashes_are_refused_for_ever(run: Run, sender: int, value: int) -> None:
    """Whoever deposits whatever for a hash that was deposited for is refused."""
    for mint_hash in list(run.book.known):
        deed = Deposited(
            sender=sender, mint_hash=mint_hash, kind=KINDS[1], value=value, received=value
        )
        assert run.do(deed) == ErrorCode.BRIDGE_MINT_HASH_TAKEN


@evidence("PAYY-BRIDGE-T02", part="no more is paid than is locked")
@given(runs(), st.integers(0, 3), st.integers(1, 20), st.sampled_from(KINDS))
def test_lying_proofs_do_not_overdraw(run: Run, who: int, surplus: int, kind: int) -> None:
    """Even if a proof lied and more was burned than there is, no more is paid than is locked."""
    value = run.book.locked[kind] + surplus
    lie = Burning(kind=kind, value=value, burn_hash=9, recipient=who)
    assert run.do(Settled(messages=(lie,))) is None
    locked = run.rollup.bridge.locked(FieldElement(kind))
    deed = Fetched(kind=kind, owner=who, is_paid=True)
    wanted = as_step(deed, run.rollup, START + run.book.time + AFTER)
    code = outcome(perform, run.rollup, wanted, STATED_VERIFIERS, MINIMAL)
    assert code == ErrorCode.BRIDGE_TRANSFER_REFUSED
    assert run.rollup.bridge.locked(FieldElement(kind)) == locked >= 0


@evidence("PAYY-BRIDGE-T02", part="a token stays with its note kind")
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_tokens_stay(pairs: list[tuple[int, int]]) -> None:
    """Kinds and tokens pair off one to one, kind 0 left out, and no pair ever changes."""
    bridge = Bridge()
    expected: dict[int, int] = {}
    for kind, token in pairs:
        address = EthereumAddress(bytes([token]) * 20)
        if kind == 0:
            code: ErrorCode | None = ErrorCode.BRIDGE_NOTE_KIND_ZERO
        elif kind in expected:
            code = ErrorCode.BRIDGE_NOTE_KIND_TAKEN
        elif token in expected.values():
            code = ErrorCode.BRIDGE_TOKEN_TAKEN
        else:
            code = None
            expected[kind] = token
        assert outcome(add_token, bridge, FieldElement(kind), address) == code
        if code is None:
            bridge, _ = add_token(bridge, FieldElement(kind), address)
    assert {int(kind): token[0] for kind, token in bridge.tokens.items()} == expected


@evidence("PAYY-BRIDGE-T02", part="a frozen rollup gives each open deposit back once, at once")
@given(runs())
def test_frozen_rollup_returns_each_deposit_once(run: Run) -> None:
    """Frozen, every open deposit goes back in that second, to its depositor, and never again."""
    frozen = replace(run.rollup, is_frozen=True)
    time = START + run.book.time
    for mint_hash, (kind, value, depositor, _) in run.book.open.items():
        owner, known = ACCOUNTS[depositor], FieldElement(kind)
        before = frozen.bridge.owed(known, owner)
        wanted = step("cancel_deposit", owner, time, mint_hash=FieldElement(mint_hash))
        other = step(
            "cancel_deposit", ACCOUNTS[depositor + 1], time, mint_hash=FieldElement(mint_hash)
        )
        stranger = ErrorCode.BRIDGE_NOT_DEPOSITOR
        assert outcome(perform, frozen, other, STATED_VERIFIERS, MINIMAL) == stranger
        frozen, _ = perform(frozen, wanted, STATED_VERIFIERS, MINIMAL)
        assert frozen.bridge.owed(known, owner) == before + value
        absent = ErrorCode.BRIDGE_DEPOSIT_ABSENT
        assert outcome(perform, frozen, wanted, STATED_VERIFIERS, MINIMAL) == absent
    assert all(open_value(frozen.bridge, kind) == 0 for kind in KINDS)


# T03


@evidence("PAYY-BRIDGE-T03")
@given(runs(most=16))
def test_paying_in_advance_does_not_change_what_is_owed(run: Run) -> None:
    """The same history without payments in advance leaves as much owed and locked."""
    kept = [deed for deed in run.deeds if not isinstance(deed, Fetched)]
    with_payments, without = new_run(), new_run()
    for deed in kept:
        with_payments.do(deed)
        if isinstance(deed, PaidInAdvance):
            without.book.time += AFTER
        else:
            without.do(deed)
    for kind in KINDS:
        ours, theirs = with_payments.rollup.bridge, without.rollup.bridge
        assert owed_value(ours, kind) == owed_value(theirs, kind)
        assert ours.locked(FieldElement(kind)) == theirs.locked(FieldElement(kind))
    assert not any(each.substitute for each in without.events if isinstance(each, Burned))


@evidence("PAYY-BRIDGE-T03", part="payments and burns pair off")
@given(runs(most=16))
def test_payments_and_burns_pair_off(run: Run) -> None:
    """Each payment counts for at most one burn that is like it, the first one after it."""
    payers: dict[tuple[int, int, int, int], list[int]] = {}
    expected: list[tuple[bool, int]] = []
    replayed = new_run()
    for deed in run.deeds:
        code = replayed.do(deed)
        if code is not None:
            continue
        if isinstance(deed, PaidInAdvance):
            burn = deed.burn
            key = (burn.kind, burn.value, burn.burn_hash, burn.recipient)
            payers.setdefault(key, []).append(deed.sender)
        for message in deed.messages if isinstance(deed, Settled) else ():
            if isinstance(message, Burning):
                key = (message.kind, message.value, message.burn_hash, message.recipient)
                waiting = payers.get(key, [])
                expected.append((bool(waiting), waiting.pop() if waiting else message.recipient))
        assert all(len(waiting) <= 1 for waiting in payers.values())
    seen = [(e.substitute, e.recipient) for e in replayed.events if isinstance(e, Burned)]
    assert seen == [(is_paid, ACCOUNTS[who]) for is_paid, who in expected]


@evidence("PAYY-BRIDGE-T03", part="any change of a payment makes it one for another burn")
@given(runs(), st.sampled_from(("kind", "value", "burn_hash", "recipient")), st.integers(0, 3))
def test_payment_for_another_burn_does_not_count(run: Run, field: str, who: int) -> None:
    """A payment that differs in one of the four leaves the burn to its recipient."""
    burn = Burning(kind=KINDS[0], value=1, burn_hash=77, recipient=who)
    other: dict[str, int] = {
        "kind": KINDS[1],
        "value": 2,
        "burn_hash": 78,
        "recipient": (who + 1) % 4,
    }
    bent = replace(burn, **{field: other[field]})
    paid = PaidInAdvance(sender=(who + 2) % 4, burn=bent, is_late=False, received=bent.value)
    assert run.do(paid) is None
    before = run.rollup.bridge.owed(FieldElement(KINDS[0]), ACCOUNTS[who])
    assert run.do(Settled(messages=(burn,))) is None
    assert run.rollup.bridge.owed(FieldElement(KINDS[0]), ACCOUNTS[who]) == before + 1
    assert run.do(replace(paid, burn=burn, received=1)) is None
    assert run.do(Settled(messages=(burn,))) is None
    assert run.rollup.bridge.owed(FieldElement(KINDS[0]), ACCOUNTS[who]) == before + 1


# T04


@evidence("PAYY-BRIDGE-T04")
@given(runs(), st.data())
def test_no_recipient_stops_a_block(run: Run, data: st.DataObject) -> None:
    """Other recipients, and refusals before, change neither verdict nor height of a block."""
    messages = data.draw(blocks(run.book))
    others = [
        replace(each, recipient=data.draw(st.integers(0, 9))) if isinstance(each, Burning) else each
        for each in messages
    ]
    time = START + run.book.time + AFTER
    first = as_step(Settled(messages=messages), run.rollup, time)
    second = as_step(Settled(messages=tuple(others)), run.rollup, time)
    code = outcome(perform, run.rollup, first, STATED_VERIFIERS, MINIMAL)
    assert code == outcome(perform, run.rollup, second, STATED_VERIFIERS, MINIMAL)
    refused = run.rollup
    for account in run.rollup.bridge.credits:
        asked = step(
            "withdraw",
            ACCOUNTS[0],
            time,
            note_kind=account.note_kind,
            owner=account.owner,
            is_paid=False,
        )
        answer = outcome(perform, refused, asked, STATED_VERIFIERS, MINIMAL)
        assert answer == ErrorCode.BRIDGE_TRANSFER_REFUSED
    assert refused == run.rollup
    if code is None:
        after, _ = perform(refused, second, STATED_VERIFIERS, MINIMAL)
        assert after.height == run.rollup.height + 1
        for account, value in run.rollup.bridge.credits.items():
            assert after.bridge.owed(account.note_kind, account.owner) >= value
        assert after.bridge.escrow == run.rollup.bridge.escrow


@evidence("PAYY-BRIDGE-T04", part="only burns of no token stop a block")
@given(runs(), field_elements(), st.integers(0, 2), field_elements(), field_elements())
def test_only_a_missing_token_stops_a_burn(
    run: Run, kind: FieldElement, value: int, burn_hash: FieldElement, address: FieldElement
) -> None:
    """Whatever hash and burn address say, a burn is credited to the low 160 bits."""
    for note_kind in (kind, FieldElement(KINDS[0])):
        message = Message(
            kind=BURN,
            note_kind=note_kind,
            value=FieldElement(value),
            hash=burn_hash,
            burn_address=address,
        )
        empty = (FieldElement(0), FieldElement(0))
        transaction = PublicInputs(
            input_commitments=empty, output_commitments=empty, message=message
        )
        new_root = FieldElement(5)
        wanted = step(
            "settle",
            ACCOUNTS[0],
            START + run.book.time + AFTER,
            claim=claim_of(run.rollup.root, new_root, [transaction], MINIMAL),
            commit=chain_of_three(new_root, run.rollup.height + 1).proof(quorum(SEQUENCERS)),
            opening=(),
            verdicts=(),
        )
        if note_kind not in KINDS:
            code = outcome(perform, run.rollup, wanted, STATED_VERIFIERS, MINIMAL)
            assert code == ErrorCode.BRIDGE_NOTE_KIND_UNKNOWN
            continue
        after, _ = perform(run.rollup, wanted, STATED_VERIFIERS, MINIMAL)
        owner = EthereumAddress((address % 2**160).to_bytes(20, "big"))
        known = FieldElement(note_kind)
        assert after.bridge.owed(known, owner) == run.rollup.bridge.owed(known, owner) + value


# T05


words_256 = st.one_of(st.sampled_from((0, 1, 2**255, 2**256 - 1)), st.integers(0, 2**256 - 1))
addresses = st.binary(min_size=20, max_size=20).map(EthereumAddress)
authorizations = st.builds(
    Authorization,
    depositor=addresses,
    mint_hash=field_elements(),
    note_kind=field_elements(),
    value=words_256,
    valid_after=words_256,
    valid_before=words_256,
    nonce=st.binary(min_size=32, max_size=32),
)


def typed_data(
    authorization: Authorization, chain_id: int, contract: EthereumAddress
) -> dict[str, Any]:
    """Write an authorization as a wallet is given it."""
    types = {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "version", "type": "string"},
            {"name": "chainId", "type": "uint256"},
            {"name": "verifyingContract", "type": "address"},
        ],
        "MintWithAuthorization": [
            {"name": "commitment", "type": "bytes32"},
            {"name": "value", "type": "bytes32"},
            {"name": "kind", "type": "bytes32"},
            {"name": "from", "type": "address"},
            {"name": "validAfter", "type": "uint256"},
            {"name": "validBefore", "type": "uint256"},
            {"name": "nonce", "type": "bytes32"},
        ],
    }
    domain = {
        "name": "Rollup",
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": "0x" + contract.hex(),
    }
    message = {
        "commitment": element_bytes(authorization.mint_hash),
        "value": authorization.value.to_bytes(32, "big"),
        "kind": element_bytes(authorization.note_kind),
        "from": "0x" + authorization.depositor.hex(),
        "validAfter": authorization.valid_after,
        "validBefore": authorization.valid_before,
        "nonce": authorization.nonce,
    }
    return {
        "types": types,
        "primaryType": "MintWithAuthorization",
        "domain": domain,
        "message": message,
    }


@evidence("PAYY-BRIDGE-T05", part="the digest is that of a wallet's library")
@given(authorizations, words_256, addresses)
def test_digest_is_that_of_typed_data(
    authorization: Authorization, chain_id: int, contract: EthereumAddress
) -> None:
    """Domain and digest are those that eth-account computes of the typed data."""
    domain = domain_separator(chain_id, contract)
    signable = encode_typed_data(full_message=typed_data(authorization, chain_id, contract))
    assert signable.version == b"\x01"
    assert signable.header == domain
    assert authorization_digest(authorization, domain) == keccak_of(
        b"\x19\x01", signable.header, signable.body
    )


@evidence("PAYY-BRIDGE-T05")
@given(authorizations, authorizations, words_256, words_256, addresses, addresses)
def test_digest_binds_every_field(
    authorization: Authorization,
    other: Authorization,
    chain_id: int,
    other_chain: int,
    contract: EthereumAddress,
    other_contract: EthereumAddress,
) -> None:
    """Any other field, chain or contract gives another digest, and the signature is refused."""
    domain = domain_separator(chain_id, contract)
    depositor = signer("property")
    signed = replace(authorization, depositor=depositor.address)
    digest = authorization_digest(signed, domain)
    signature = depositor.sign(digest)
    check_authorization(signed, signature, domain)
    invalid = ErrorCode.BRIDGE_AUTHORIZATION_INVALID
    for each in fields(Authorization):
        bent = replace(signed, **{each.name: getattr(other, each.name)})
        is_same = bent == signed
        assert (authorization_digest(bent, domain) == digest) == is_same
        code = outcome(check_authorization, bent, signature, domain)
        assert code == (None if is_same else invalid)
    for chain, place in ((other_chain, contract), (chain_id, other_contract)):
        elsewhere = domain_separator(chain, place)
        is_same = (chain, place) == (chain_id, contract)
        assert (authorization_digest(signed, elsewhere) == digest) == is_same
        code = outcome(check_authorization, signed, signature, elsewhere)
        assert code == (None if is_same else invalid)
    stranger = signer("somebody else").sign(digest)
    assert outcome(check_authorization, signed, stranger, domain) == invalid
    flipped = Signature(bytes([signature[0] ^ 1]) + signature[1:])
    assert outcome(check_authorization, signed, flipped, domain) == invalid
