"""
Hypothesis strategies for notes, transactions, blocks and pools.

Statements are made by the builders and balance by construction; public inputs of synthetic blocks
are not, since a block does not look at notes. Leaves share slots often where the tree is small.
An implementation's own tests may import them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import strategies as st

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.ledger import builder
from payy_ref.ledger.block import EMPTY_PLACE
from payy_ref.ledger.builder import PADDING_INPUT, RECIPIENT_BYTES, Recipient
from payy_ref.ledger.kind import POLYGON_USDC, NoteKind
from payy_ref.ledger.mempool import Lease, Mempool
from payy_ref.ledger.note import (
    PADDING_KIND,
    VALUE_LIMIT,
    Address,
    InputNote,
    Note,
    NoteValue,
    Psi,
    SecretKey,
    note_address,
)
from payy_ref.ledger.sequence import (
    HASH_BYTES,
    SIGNATURE_BYTES,
    Block,
    Hash,
    Header,
    Height,
    ProvenTransaction,
    Signature,
)
from payy_ref.ledger.transaction import (
    BURN,
    MINT,
    PADDING,
    SEND,
    ZERO,
    Message,
    PublicInputs,
    Statement,
    mint_hash,
    public_inputs_of,
)
from payy_ref.merkle.kernels import slot_of
from payy_ref.merkle.path import Depth
from payy_ref.parameters import Parameters
from payy_ref.testing.strategies import field_elements, leaf_sets, leaves, leaves_in_slot

MOST: Final = VALUE_LIMIT - 1
"""The largest value of a note."""

KINDS: Final = (
    POLYGON_USDC,
    NoteKind(FieldElement(POLYGON_USDC + 1)),
    NoteKind(FieldElement(MODULUS - 1)),
)
"""A few note kinds, so that notes of one kind meet often."""


# Notes


def note_values() -> st.SearchStrategy[NoteValue]:
    """Give any value of a note; the smallest and the largest come often."""
    return amounts(MOST).map(lambda amount: NoteValue(FieldElement(amount)))


def amounts(most: int, least: int = 0) -> st.SearchStrategy[int]:
    """Give any integer of a range; both ends, their neighbours and small ones come often."""
    corners = {least, least + 1, (least + most) // 2, most - 1, most}
    inside = sorted(corner for corner in corners if least <= corner <= most)
    small = st.integers(least, min(most, least + 1000))
    return st.one_of(st.sampled_from(inside), small, st.integers(least, most))


def secret_keys() -> st.SearchStrategy[SecretKey]:
    """Give any secret key."""
    return field_elements().map(SecretKey)


def token_kinds() -> st.SearchStrategy[NoteKind]:
    """Give any kind of a note that is not padding; a few come often."""
    return st.one_of(st.sampled_from(KINDS), leaves().map(NoteKind))


def padding_notes() -> st.SearchStrategy[Note]:
    """Give any note that is padding: its owner and psi do not matter."""
    return st.builds(
        Note,
        kind=st.just(PADDING_KIND),
        value=st.just(NoteValue(ZERO)),
        address=field_elements().map(Address),
        psi=field_elements().map(Psi),
    )


def notes() -> st.SearchStrategy[Note]:
    """Give any note that the rules allow, padding and notes of value 0 with a kind among them."""
    token = st.builds(
        Note,
        kind=token_kinds(),
        value=note_values(),
        address=field_elements().map(Address),
        psi=field_elements().map(Psi),
    )
    return st.one_of(token, token, padding_notes())


@st.composite
def owned_notes(
    draw: st.DrawFn, kind: NoteKind | None = None, value: int | None = None
) -> InputNote:
    """Give a note that is not padding, with the key of its address."""
    secret_key = draw(secret_keys())
    note = Note(
        kind=draw(token_kinds()) if kind is None else kind,
        value=draw(note_values()) if value is None else NoteValue(FieldElement(value)),
        address=note_address(secret_key),
        psi=draw(field_elements().map(Psi)),
    )
    return InputNote(note=note, secret_key=secret_key)


def padding_inputs() -> st.SearchStrategy[InputNote]:
    """Give padding with any key."""
    return st.builds(InputNote, note=padding_notes(), secret_key=secret_keys())


def input_notes() -> st.SearchStrategy[InputNote]:
    """Give any note that may be spent with the key beside it; of a note of value 0, any key."""
    worthless = st.builds(
        lambda note, secret_key: InputNote(
            note=replace(note, value=NoteValue(ZERO)), secret_key=secret_key
        ),
        notes(),
        secret_keys(),
    )
    return st.one_of(owned_notes(), owned_notes(), worthless, padding_inputs())


# Statements


@st.composite
def shares(draw: st.DrawFn, total: int, count: int) -> tuple[int, ...]:
    """Divide an amount among notes; it must fit them."""
    rest, parts = total, []
    for others in reversed(range(count)):
        part = draw(amounts(min(rest, MOST), max(0, rest - others * MOST)))
        parts.append(part)
        rest -= part
    if rest:
        raise ValueError("the amount does not fit the notes")
    return tuple(parts)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Give an accepted statement: any kind, up to two inputs and outputs, padding anywhere."""
    kind = draw(token_kinds())
    count = draw(st.integers(0, 2))
    inputs = [draw(owned_notes(kind=kind)) for _ in range(count)]
    return draw(statements_spending(inputs, kind))


@st.composite
def statements_spending(
    draw: st.DrawFn,
    inputs: Sequence[InputNote],
    kind: NoteKind,
    psis: st.SearchStrategy[Psi] | None = None,
    owners: st.SearchStrategy[Address] | None = None,
) -> Statement:
    """
    Give an accepted statement that spends these notes, which are all of this kind.

    Args:
        inputs: At most two notes of values below the limit.
        kind: The kind of the inputs and outputs.
        psis: What each output's psi is drawn from.
        owners: What each output's address is drawn from.
    """
    spent = sum(int(item.note.value) for item in inputs)
    least_outputs = -(-spent // MOST)
    action = draw(st.sampled_from((SEND, MINT, BURN) if inputs else (MINT, MINT, SEND, BURN)))
    if action == BURN:
        least_outputs = 0 if spent <= MOST else 1
    count = draw(st.integers(least_outputs, 2))
    made = spent
    if action == MINT:
        made += draw(amounts(min(MOST, count * MOST - spent)))
    if action == BURN:
        made = draw(amounts(min(spent, count * MOST), max(0, spent - MOST)))
    outputs = [
        Note(
            kind=kind,
            value=NoteValue(FieldElement(value)),
            address=draw(field_elements().map(Address) if owners is None else owners),
            psi=draw(field_elements().map(Psi) if psis is None else psis),
        )
        for value in draw(shares(made, count))
    ]
    spendable = list(inputs)
    if len(inputs) < 2 and draw(_rarely()):
        spendable.append(draw(st.one_of(st.just(PADDING_INPUT), padding_inputs())))
    if count < 2 and draw(_rarely()):
        outputs.append(draw(padding_notes()))
    if action == MINT:
        return builder.mint(outputs, spendable)
    if action == BURN:
        return builder.burn(spendable, draw(recipients()), outputs)
    statement = builder.send(spendable, outputs)
    return turned(statement, inputs=draw(st.booleans()), outputs=draw(st.booleans()))


def turned(statement: Statement, *, inputs: bool, outputs: bool) -> Statement:
    """Exchange the places of the inputs, and of the outputs; a send does not mind."""
    first, last = statement.public.input_commitments, statement.public.output_commitments
    public = replace(
        statement.public,
        input_commitments=first[::-1] if inputs else first,
        output_commitments=last[::-1] if outputs else last,
    )
    spent, made = statement.input_notes, statement.output_notes
    return replace(
        statement,
        input_notes=spent[::-1] if inputs else spent,
        output_notes=made[::-1] if outputs else made,
        public=public,
    )


def behind_padding(statement: Statement) -> Statement:
    """Put padding at the place whose kind the message of a mint or burn of one note names."""
    is_mint = statement.public.message.kind == MINT
    bent = turned(statement, inputs=not is_mint, outputs=is_mint)
    name = mint_hash(bent.output_notes) if is_mint else bent.public.input_commitments[0]
    message = replace(bent.public.message, note_kind=ZERO, hash=name)
    return replace(bent, public=replace(bent.public, message=message))


def recipients() -> st.SearchStrategy[Recipient]:
    """Give any address on L1."""
    length = RECIPIENT_BYTES
    return st.one_of(
        st.sampled_from((bytes(length), b"\xff" * length)),
        st.binary(min_size=length, max_size=length),
    ).map(Recipient)


def _rarely() -> st.SearchStrategy[bool]:
    return st.sampled_from((False, False, False, True))


# Public inputs


def public_inputs() -> st.SearchStrategy[PublicInputs]:
    """Give any nine elements; kinds that exist, and zeros, come often."""
    word = st.one_of(st.just(ZERO), field_elements())
    kinds = st.one_of(st.sampled_from((PADDING, SEND, MINT, BURN, FieldElement(4))), word)
    return st.tuples(*[word] * 4, kinds, *[word] * 4).map(public_inputs_of)


@st.composite
def carried_messages(draw: st.DrawFn) -> Message:
    """Give any message of a transaction that a block can have."""
    kind = draw(st.sampled_from((SEND, MINT, BURN)))
    if kind == SEND:
        return Message(kind=SEND)
    word = st.one_of(st.just(ZERO), st.sampled_from((SEND, MINT, BURN)), field_elements())
    note_kind = draw(word)
    return Message(
        kind=kind,
        note_kind=note_kind,
        value=draw(word) if note_kind else ZERO,
        hash=draw(word),
        burn_address=draw(word) if kind == BURN else ZERO,
    )


@st.composite
def carried_transactions(
    draw: st.DrawFn,
    inputs: Sequence[FieldElement] | None = None,
    outputs: Sequence[FieldElement] | None = None,
) -> PublicInputs:
    """
    Give public inputs that a block can have, with these commitments or any.

    Fewer than two commitments on a side are filled up with 0, in either place.
    """
    any_leaves = st.lists(leaves(), max_size=2, unique=True)
    return PublicInputs(
        input_commitments=draw(_pairs(draw(any_leaves) if inputs is None else inputs)),
        output_commitments=draw(_pairs(draw(any_leaves) if outputs is None else outputs)),
        message=draw(carried_messages()),
    )


def _pairs(items: Sequence[FieldElement]) -> st.SearchStrategy[tuple[FieldElement, FieldElement]]:
    first, second = (*items, ZERO, ZERO)[:2]
    return st.sampled_from(((first, second), (second, first)))


# Blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockScript:
    """A tree and the transactions of a block on it; which notes they are does not matter."""

    leaves: tuple[FieldElement, ...]
    """The leaves of the tree."""
    transactions: tuple[PublicInputs, ...]
    """The block."""


@st.composite
def accepted_scripts(
    draw: st.DrawFn,
    parameters: Parameters,
    minimum: int = 0,
    maximum: int | None = None,
    *,
    reuse: bool = True,
) -> BlockScript:
    """
    Give a block that is accepted: it spends leaves and fills slots that are free by then.

    Args:
        parameters: Of the network.
        minimum: Fewest transactions.
        maximum: Most transactions; as many as there are places by default.
        reuse: Whether outputs go into slots that the same or an earlier transaction has emptied.
    """
    depth = parameters.tree_depth
    held = draw(leaf_sets(depth, maximum=min(8, 2**depth)))
    occupied = {slot_of(leaf, 2**depth): leaf for leaf in held}
    spendable = list(draw(st.permutations(held)))
    freed: list[int] = []
    used = set(held)
    most = parameters.block_transactions if maximum is None else maximum
    transactions = []
    for _ in range(draw(st.integers(minimum, most))):
        inputs = [spendable.pop() for _ in range(draw(st.integers(0, min(2, len(spendable)))))]
        for leaf in inputs:
            slot = slot_of(leaf, 2**depth)
            del occupied[slot]
            freed.append(slot)
        outputs = []
        for _ in range(draw(st.integers(0, 2))):
            output = draw(_outputs(depth, freed))
            slot = slot_of(output, 2**depth)
            if slot not in occupied and output not in used and (reuse or slot not in freed):
                occupied[slot] = output
                used.add(output)
                outputs.append(output)
        transactions.append(draw(carried_transactions(inputs, outputs)))
    return BlockScript(leaves=held, transactions=tuple(transactions))


@st.composite
def block_scripts(draw: st.DrawFn, parameters: Parameters) -> BlockScript:
    """
    Give a block that may be refused: an accepted one with up to two things changed.

    A place may become padding, be swapped, repeated or added; a word may become another one.
    """
    most = parameters.block_transactions + draw(_rarely())
    script = draw(accepted_scripts(parameters, maximum=most))
    bent = list(script.transactions)
    known = [*script.leaves, *(leaf for item in bent for leaf in item.commitments)]
    depth = parameters.tree_depth
    near = [leaves_in_slot(depth, slot_of(leaf, 2**depth)) for leaf in known[:3] if depth <= 252]
    values = st.one_of(
        st.just(ZERO),
        st.sampled_from((PADDING, SEND, MINT, BURN, FieldElement(4))),
        st.sampled_from(known) if known else leaves(),
        leaves(),
        *near,
    )
    for _ in range(draw(st.integers(0, 2))):
        change = draw(st.sampled_from(("word", "word", "padding", "swap", "repeat")))
        if change == "padding":
            bent.insert(draw(st.integers(0, len(bent))), EMPTY_PLACE)
        elif bent:
            place = draw(st.integers(0, len(bent) - 1))
            other = draw(st.integers(0, len(bent) - 1))
            if change == "swap":
                bent[place], bent[other] = bent[other], bent[place]
            elif change == "repeat":
                bent.insert(other, bent[place])
            else:
                words = list(bent[place].words)
                words[draw(st.integers(0, len(words) - 1))] = draw(values)
                bent[place] = public_inputs_of(words)
    return replace(script, transactions=tuple(bent))


def _outputs(depth: Depth, freed: Sequence[int]) -> st.SearchStrategy[FieldElement]:
    anywhere = leaves()
    if not freed or depth > 252:
        return anywhere
    there = st.sampled_from(freed).flatmap(lambda slot: leaves_in_slot(depth, slot))
    return st.one_of(anywhere, there)


# Encodings


def unsigned_64() -> st.SearchStrategy[int]:
    """Give any unsigned integer of 64 bits; both ends come often."""
    return st.one_of(st.sampled_from((0, 1, 2**32, 2**64 - 2, 2**64 - 1)), amounts(2**64 - 1))


def hashes() -> st.SearchStrategy[Hash]:
    """Give any 32 bytes."""
    return st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES).map(Hash)


def signatures() -> st.SearchStrategy[Signature]:
    """Give any 65 bytes."""
    return st.binary(min_size=SIGNATURE_BYTES, max_size=SIGNATURE_BYTES).map(Signature)


def headers() -> st.SearchStrategy[Header]:
    """Give any header, with few approvals."""
    return st.builds(
        Header,
        height=unsigned_64().map(Height),
        last_block_hash=hashes(),
        epoch_id=unsigned_64(),
        last_final_block_hash=hashes(),
        approvals=st.lists(signatures(), max_size=3).map(tuple),
    )


def proven_transactions() -> st.SearchStrategy[ProvenTransaction]:
    """Give any transaction with a short proof."""
    return st.builds(ProvenTransaction, proof=st.binary(max_size=40), public=public_inputs())


def sequenced_blocks() -> st.SearchStrategy[Block]:
    """Give any block, with few transactions and short proofs."""
    return st.builds(
        Block,
        header=headers(),
        root=field_elements(),
        transactions=st.lists(proven_transactions(), max_size=3).map(tuple),
        signature=signatures(),
    )


# Pools


@st.composite
def distinct_transactions(
    draw: st.DrawFn, minimum: int = 0, maximum: int = 6
) -> tuple[PublicInputs, ...]:
    """Give transactions that may be pending together: no leaf in two of them, none twice."""
    count = draw(st.integers(minimum, maximum))
    stock = draw(st.lists(leaves(), min_size=count, max_size=3 * count, unique=True))
    transactions = []
    for place in range(count):
        own = stock[place::count]
        side = draw(st.integers(max(0, len(own) - 2), min(2, len(own))))
        transactions.append(draw(carried_transactions(own[:side], own[side:])))
    return tuple(transactions)


@st.composite
def mempools(draw: st.DrawFn) -> Mempool:
    """Give a pool whose transactions wait or are leased for different heights."""
    transactions = list(draw(distinct_transactions()))
    heights = draw(st.lists(unsigned_64(), max_size=3, unique=True))
    leases = []
    for height in heights:
        taken = transactions[: draw(st.integers(1, 3))]
        transactions = transactions[len(taken) :]
        if taken:
            leases.append(Lease(height=Height(height), transactions=tuple(taken)))
    return Mempool(waiting=tuple(transactions), leases=tuple(leases))
