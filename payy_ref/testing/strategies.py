"""
Hypothesis strategies for the values of the specification.

They favour what breaks implementations: values around the modulus and its multiples, leaves that
share a slot or all but one bit of it, lengths around a whole number of chunks, encodings that are
almost right. An implementation's own tests may import them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import base58
from hypothesis import strategies as st

from payy_ref.crypto.field import ELEMENT_BITS, MODULUS, Element, FieldElement
from payy_ref.crypto.hashing import CHUNK_BYTES
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.link import KIND_MARKER, PSI_VERSION, VERSIONS, WORD_BYTES, Link, LinkVersion
from payy_ref.merkle.kernels import slot_of
from payy_ref.merkle.path import EMPTY_LEAF, Depth
from payy_ref.operations import forms
from payy_ref.primitives import borsh
from payy_ref.primitives.strict_json import Json

Value = TypeVar("Value")

ELEMENT_LIMIT: Final = 2**ELEMENT_BITS
"""Elements are below this."""

CORNER_ELEMENTS: Final = (
    0,
    1,
    2,
    2**64,
    2**128 - 1,
    2**160,
    2**253,
    MODULUS // 2,
    MODULUS - 1,
    MODULUS,
    MODULUS + 1,
    2 * MODULUS - 1,
    2 * MODULUS,
    5 * MODULUS,
    5 * MODULUS + 1,
    ELEMENT_LIMIT - 1,
)
"""Elements at which a reduction, a comparison or a carry can go wrong."""


# Field and hash


def elements() -> st.SearchStrategy[Element]:
    """Give any 256-bit integer; values around 0, the modulus and its multiples come often."""
    return st.one_of(
        st.sampled_from(CORNER_ELEMENTS),
        st.integers(0, ELEMENT_LIMIT - 1),
        st.builds(int.__or__, _powers_of_two(), _powers_of_two()),
    ).map(Element)


def field_elements() -> st.SearchStrategy[FieldElement]:
    """Give any integer below the modulus."""
    return st.one_of(
        st.sampled_from([corner for corner in CORNER_ELEMENTS if corner < MODULUS]),
        st.integers(0, MODULUS - 1),
        elements().map(lambda element: element % MODULUS),
    ).map(FieldElement)


def non_canonical_elements() -> st.SearchStrategy[Element]:
    """Give any element of p or more."""
    return st.one_of(
        st.sampled_from([corner for corner in CORNER_ELEMENTS if corner >= MODULUS]),
        st.integers(MODULUS, ELEMENT_LIMIT - 1),
    ).map(Element)


def aliases(element: int) -> tuple[Element, ...]:
    """List the other elements of the same residue, in ascending order."""
    residues = range(element % MODULUS, ELEMENT_LIMIT, MODULUS)
    return tuple(Element(residue) for residue in residues if residue != element)


def byte_strings(maximum_chunks: int = 4) -> st.SearchStrategy[bytes]:
    """Give byte strings of about a whole number of chunks; zero bytes come often."""
    around = st.sampled_from((-1, 0, 1))
    lengths = st.builds(
        lambda chunks, offset: max(0, CHUNK_BYTES * chunks + offset),
        st.integers(0, maximum_chunks),
        around,
    )
    contents = lengths.flatmap(lambda length: st.binary(min_size=length, max_size=length))
    zeros = st.integers(0, CHUNK_BYTES + 1).map(bytes)
    return st.one_of(contents, st.builds(bytes.__add__, contents, zeros))


def _powers_of_two() -> st.SearchStrategy[int]:
    return st.integers(0, ELEMENT_BITS - 1).map(lambda exponent: 1 << exponent)


# Merkle tree


def leaves() -> st.SearchStrategy[FieldElement]:
    """Give any element that may be a leaf: below the modulus and not 0."""
    return field_elements().filter(bool)


def slots(depth: Depth) -> st.SearchStrategy[int]:
    """Give any slot that some leaf falls into; the first, the last and the halves come often."""
    capacity = 2**depth
    # From 254 bits on a slot is the element itself: slot 0 has none, nor has any slot from p on.
    least, most = (0, capacity - 1) if capacity < MODULUS else (1, MODULUS - 1)
    corners = {least, 1, capacity // 2 - 1, capacity // 2, most}
    return st.one_of(
        st.sampled_from(sorted(corner for corner in corners if least <= corner <= most)),
        st.integers(least, most),
    )


def leaves_in_slot(depth: Depth, slot: int) -> st.SearchStrategy[FieldElement]:
    """Give any leaf of a slot; the smallest and the largest one come often."""
    capacity = 2**depth
    least, most = int(slot == 0), (MODULUS - 1 - slot) // capacity
    return st.one_of(st.sampled_from((least, most)), st.integers(least, most)).map(
        lambda upper: FieldElement(slot + capacity * upper)
    )


@st.composite
def slot_sets(draw: st.DrawFn, depth: Depth, minimum: int = 0, maximum: int = 6) -> tuple[int, ...]:
    """
    Give different slots in any order.

    Many differ from the first one in one bit, so that paths part right under the root and right
    above the leaves.
    """
    anchor = draw(slots(depth))
    flipped = st.one_of(st.sampled_from((0, depth - 1)), st.integers(0, depth - 1)).map(
        lambda bit: anchor ^ 1 << bit
    )
    allowed = flipped.filter(lambda slot: 0 < slot < MODULUS) if 2**depth > MODULUS else flipped
    sizes = {"min_size": min(minimum, 2**depth), "max_size": min(maximum, 2**depth)}
    return tuple(draw(st.lists(st.one_of(allowed, slots(depth)), unique=True, **sizes)))


@st.composite
def leaf_sets(
    draw: st.DrawFn, depth: Depth, minimum: int = 0, maximum: int = 6
) -> tuple[FieldElement, ...]:
    """Give leaves of different slots, in any order."""
    chosen = draw(slot_sets(depth, minimum, maximum))
    return tuple(draw(leaves_in_slot(depth, slot)) for slot in chosen)


@st.composite
def clashing_pairs(draw: st.DrawFn, depth: Depth) -> tuple[FieldElement, FieldElement]:
    """Give two different leaves of one slot of a tree of at most 252 levels."""
    if not 1 <= depth <= 252:
        raise ValueError("some slots of a tree deeper than 252 have room for one leaf alone")
    slot = draw(slots(depth))
    first = draw(leaves_in_slot(depth, slot))
    second = draw(leaves_in_slot(depth, slot).filter(lambda leaf: leaf != first))
    return first, second


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateScript:
    """The arguments of one update."""

    remove: tuple[FieldElement, ...] = ()
    """Elements to remove, in order."""
    insert: tuple[FieldElement, ...] = ()
    """Elements to insert after that, in order."""


@st.composite
def accepted_updates(
    draw: st.DrawFn, depth: Depth, present: Iterable[FieldElement], maximum: int = 4
) -> UpdateScript:
    """Give an update that a tree of the present elements accepts; some put removed ones back."""
    leaf_in = {slot_of(element, 2**depth): element for element in present}
    removed = draw(_subsets(sorted(leaf_in.values()), maximum))
    taken = leaf_in.keys() - {slot_of(element, 2**depth) for element in removed}
    returning = draw(_subsets(removed, maximum))
    fresh = draw(leaf_sets(depth, maximum=maximum))
    insert: dict[int, FieldElement] = {}
    for element in draw(st.permutations((*returning, *fresh))):
        slot = slot_of(element, 2**depth)
        if slot not in taken:
            insert.setdefault(slot, element)
    return UpdateScript(remove=removed, insert=tuple(insert.values()))


@st.composite
def update_scripts(
    draw: st.DrawFn, depth: Depth, present: Iterable[FieldElement], maximum: int = 4
) -> UpdateScript:
    """
    Give an update that a tree of the present elements may accept or refuse.

    An accepted one gets up to two more steps, at any place: an element that is there, one that
    clashes with it, a repetition, an absent one, or 0.
    """
    held = tuple(sorted(present))
    script = draw(accepted_updates(depth, held, maximum))
    sequences = {"remove": list(script.remove), "insert": list(script.insert)}
    known = (*held, *script.insert)
    suspects: list[st.SearchStrategy[FieldElement]] = [leaves(), st.just(EMPTY_LEAF)]
    if known:
        suspects += [
            st.sampled_from(known),
            st.sampled_from(known).flatmap(
                lambda element: leaves_in_slot(depth, slot_of(element, 2**depth))
            ),
        ]
    for suspect in draw(st.lists(st.one_of(suspects), max_size=2)):
        sequence = sequences[draw(st.sampled_from(("remove", "insert")))]
        sequence.insert(draw(st.integers(0, len(sequence))), suspect)
    return UpdateScript(remove=tuple(sequences["remove"]), insert=tuple(sequences["insert"]))


def _subsets(
    items: Iterable[FieldElement], maximum: int
) -> st.SearchStrategy[tuple[FieldElement, ...]]:
    """Give some of the items, each once, in any order."""
    choices = tuple(items)
    if not choices:
        return st.just(())
    return st.lists(st.sampled_from(choices), unique=True, max_size=maximum).map(tuple)


# Notes


def words() -> st.SearchStrategy[int]:
    """Give any 256-bit integer that is written in full: a key, a psi or a kind."""
    return elements().map(int)


def link_values() -> st.SearchStrategy[int]:
    """Give any value of a link; every number of leading zero bytes comes often."""
    return st.integers(0, WORD_BYTES).flatmap(lambda width: st.integers(0, 256**width - 1))


def referrals() -> st.SearchStrategy[str]:
    """Give any text; lengths around that of the trailer with the kind come often."""
    long = st.integers(WORD_BYTES - 2, WORD_BYTES + 2)
    return st.one_of(
        texts(maximum=12),
        long.flatmap(lambda length: st.text(_scalar_values(), min_size=length, max_size=length)),
    )


def note_kinds() -> st.SearchStrategy[int]:
    """Give any 32-byte kind; the default of links and its neighbours come often."""
    default = int(POLYGON_USDC)
    return st.one_of(st.sampled_from((0, default - 1, default, default + 1)), words())


@st.composite
def links(draw: st.DrawFn) -> Link:
    """Give any link that can be written."""
    version = LinkVersion(draw(st.sampled_from(VERSIONS)))
    return Link(
        version=version,
        secret_key=draw(words()),
        psi=draw(words()) if version == PSI_VERSION else None,
        value=draw(link_values()),
        referral=draw(referrals()),
        note_kind=draw(st.none() | note_kinds()),
    )


@st.composite
def link_payloads(draw: st.DrawFn) -> str:
    """
    Give the payload of a link, readable in most cases, and often not as a writer writes it.

    The value may keep leading zeros, the kind may be the default, a field may be damaged, the end
    may be cut.
    """
    version = draw(st.sampled_from((*VERSIONS, *VERSIONS, 3, 255)))
    value = draw(link_values()).to_bytes(WORD_BYTES, "big")
    cut = draw(st.integers(0, WORD_BYTES - len(value.lstrip(b"\0"))))
    encoding = bytes([version]) + draw(words()).to_bytes(WORD_BYTES, "big")
    if version == PSI_VERSION:
        encoding += draw(words()).to_bytes(WORD_BYTES, "big")
    encoding += bytes([draw(st.sampled_from((cut, cut, cut, WORD_BYTES + 1, 255)))]) + value[cut:]
    text = referrals().map(lambda referral: referral.encode("utf-8"))
    encoding += draw(st.one_of(text, text, st.binary(max_size=WORD_BYTES + 2)))
    if draw(st.booleans()):
        encoding += bytes([KIND_MARKER]) + draw(note_kinds()).to_bytes(WORD_BYTES, "big")
    if draw(st.sampled_from((False, False, False, True))):
        encoding = encoding[: draw(st.integers(0, len(encoding)))]
    return base58.b58encode(encoding).decode("ascii")


# Conventions


class BorshType(ABC, Generic[Value]):
    """A type of the borsh subset, with the writer and the reader that belong to it."""

    @abstractmethod
    def encode(self, value: Value) -> bytes:
        """Write a value."""

    @abstractmethod
    def take(self, reader: borsh.Reader) -> Value:
        """Read a value."""

    @abstractmethod
    def values(self) -> st.SearchStrategy[Value]:
        """Give any value of the type."""


@dataclass(frozen=True, slots=True)
class BorshUnsigned(BorshType[int]):
    """An unsigned integer."""

    width: int
    """Number of bytes."""

    def encode(self, value: int) -> bytes:
        """Write the integer."""
        return borsh.encode_unsigned(value, width=self.width)

    def take(self, reader: borsh.Reader) -> int:
        """Read the integer."""
        return reader.unsigned(self.width)

    def values(self) -> st.SearchStrategy[int]:
        """Give any integer of the width; both ends come often."""
        most = 256**self.width - 1
        return st.sampled_from((0, 1, most)) | st.integers(0, most)


@dataclass(frozen=True, slots=True)
class BorshFixed(BorshType[bytes]):
    """A byte string of a known length."""

    length: int
    """Number of bytes; at least 1."""

    def encode(self, value: bytes) -> bytes:
        """Write the bytes as they are."""
        return value

    def take(self, reader: borsh.Reader) -> bytes:
        """Read the bytes."""
        return reader.fixed(self.length)

    def values(self) -> st.SearchStrategy[bytes]:
        """Give any bytes of the length."""
        return st.binary(min_size=self.length, max_size=self.length)


@dataclass(frozen=True, slots=True)
class BorshBytes(BorshType[bytes]):
    """A byte string with its length in front."""

    def encode(self, value: bytes) -> bytes:
        """Write length and bytes."""
        return borsh.encode_bytes(value)

    def take(self, reader: borsh.Reader) -> bytes:
        """Read length and bytes."""
        return reader.variable()

    def values(self) -> st.SearchStrategy[bytes]:
        """Give short byte strings."""
        return st.binary(max_size=6)


@dataclass(frozen=True, slots=True)
class BorshFixedItems(BorshType[tuple[bytes, ...]]):
    """A list of byte strings of one known length."""

    width: int
    """Number of bytes of each item; at least 1."""

    def encode(self, value: tuple[bytes, ...]) -> bytes:
        """Write their number and the items."""
        return borsh.encode_fixed_items(value, width=self.width)

    def take(self, reader: borsh.Reader) -> tuple[bytes, ...]:
        """Read their number and the items."""
        return reader.fixed_items(width=self.width)

    def values(self) -> st.SearchStrategy[tuple[bytes, ...]]:
        """Give short lists."""
        return st.lists(BorshFixed(self.width).values(), max_size=3).map(tuple)


@dataclass(frozen=True, slots=True)
class BorshList(BorshType[tuple[Any, ...]]):
    """A list with its length in front."""

    item: BorshType[Any]
    """Type of each item."""

    def encode(self, value: tuple[Any, ...]) -> bytes:
        """Write length and items."""
        return borsh.encode_list([self.item.encode(item) for item in value])

    def take(self, reader: borsh.Reader) -> tuple[Any, ...]:
        """Read length and items."""
        return reader.items(self.item.take)

    def values(self) -> st.SearchStrategy[tuple[Any, ...]]:
        """Give short lists."""
        return st.lists(self.item.values(), max_size=3).map(tuple)


def borsh_types() -> st.SearchStrategy[BorshType[Any]]:
    """Give a type of the borsh subset, lists of lists among them."""
    flat = st.one_of(
        st.integers(1, 16).map(BorshUnsigned),
        st.sampled_from((1, 20, 32, 65)).map(BorshFixed),
        st.sampled_from((1, 20, 32, 65)).map(BorshFixedItems),
        st.just(BorshBytes()),
    )
    return st.one_of(flat, flat.map(BorshList), flat.map(BorshList).map(BorshList))


def borsh_values() -> st.SearchStrategy[tuple[BorshType[Any], Any]]:
    """Give a type of the borsh subset and one of its values."""
    return borsh_types().flatmap(lambda kind: st.tuples(st.just(kind), kind.values()))


def texts(maximum: int = 6) -> st.SearchStrategy[str]:
    """Give any text of Unicode scalar values."""
    return st.text(_scalar_values(), max_size=maximum)


def json_values() -> st.SearchStrategy[Json]:
    """Give any value of a strict document."""
    leaf: st.SearchStrategy[Json] = st.one_of(
        st.none(), st.booleans(), st.integers(-(2**260), 2**260), texts()
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(texts(), inner, max_size=4)
        ),
        max_leaves=12,
    )


def form_values(form: forms.Form[Any]) -> st.SearchStrategy[Any]:
    """Give any value of a form."""
    values: st.SearchStrategy[Any]
    match form:
        case forms.Bytes(length=None):
            values = st.binary(max_size=40)
        case forms.Bytes(length=int(length)):
            values = st.binary(min_size=length, max_size=length)
        case forms.Canonical():
            values = field_elements()
        case forms.Word():
            values = words()
        case forms.Integer():
            most = 10**forms.MAXIMUM_DIGITS - 1
            values = st.sampled_from((0, 1, 2**64, most)) | st.integers(0, most)
        case forms.Boolean():
            values = st.booleans()
        case forms.Text():
            values = texts()
        case forms.ListOf(item=item, length=None):
            values = st.lists(form_values(item), max_size=4).map(tuple)
        case forms.ListOf(item=item, length=int(length)):
            values = st.tuples(*[form_values(item)] * length)
        case forms.Record(fields=fields, optional=optional):
            values = _record_values(fields, optional)
        case forms.Variant(kinds=kinds):
            values = st.one_of(
                *(st.tuples(st.just(kind), form_values(each)) for kind, each in kinds.items())
            )
        case _:
            raise TypeError(f"no values for {form!r}")
    return values


def form_documents(form: forms.Form[Any]) -> st.SearchStrategy[Json]:
    """Give documents of a form, also such whose values break a rule when they are put together."""
    parts = _without_structures(form)
    return form_values(parts).map(parts.encode)


def _without_structures(form: forms.Form[Any]) -> forms.Form[Any]:
    match form:
        case forms.Structure(form=parts):
            return _without_structures(parts)
        case forms.ListOf(item=item, length=length):
            return forms.ListOf(_without_structures(item), length)
        case forms.Record(fields=fields, optional=optional):
            parts_of = {name: _without_structures(each) for name, each in fields.items()}
            return forms.Record(parts_of, optional)
        case forms.Variant(tag=tag, kinds=kinds, name=name):
            return forms.Variant(
                tag,
                {kind: _record_of(_without_structures(each)) for kind, each in kinds.items()},
                construct=lambda kind, parts: (kind, parts),
                take_apart=lambda value: value,
                name=name,
            )
        case _:
            return form


def _record_of(form: forms.Form[Any]) -> forms.Record:
    if not isinstance(form, forms.Record):
        raise TypeError(f"{form!r} is no record")
    return form


def form_trees() -> st.SearchStrategy[forms.Form[Any]]:
    """Give a form, lists and records of forms among them."""
    flat: st.SearchStrategy[forms.Form[Any]] = st.sampled_from(
        (
            forms.Bytes(),
            forms.Bytes(0),
            forms.Bytes(20),
            forms.Word(),
            forms.Canonical(),
            forms.Integer(),
            forms.Boolean(),
            forms.Text(),
        )
    )
    return st.recursive(
        flat, lambda inner: st.one_of(inner.map(forms.ListOf), _records(inner)), max_leaves=5
    )


def _scalar_values() -> st.SearchStrategy[str]:
    return st.characters(exclude_categories=["Cs"])


def _records(inner: st.SearchStrategy[forms.Form[Any]]) -> st.SearchStrategy[forms.Form[Any]]:
    names = st.sampled_from(("a", "b", "c"))
    return st.builds(
        lambda fields, optional: forms.Record(fields, frozenset(optional) & fields.keys()),
        st.dictionaries(names, inner, max_size=3),
        st.lists(names),
    )


def _record_values(
    fields: Mapping[str, forms.Form[Any]], optional: frozenset[str]
) -> st.SearchStrategy[dict[str, Any]]:
    values = {name: form_values(form) for name, form in fields.items()}
    return st.fixed_dictionaries(
        {name: value for name, value in values.items() if name not in optional},
        optional={name: value for name, value in values.items() if name in optional},
    )
