"""
Each gadget as a small circuit of its own: what the pages show, and what tests take apart.

Inputs are private and have the names of the gadget's arguments; results are cells that nothing
else reads.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

from circuits.gadgets.bits import assert_in_range, low_bits
from circuits.gadgets.logic import assert_boolean, is_zero, select
from circuits.gadgets.merkle import path_root
from circuits.gadgets.note import note_address, note_commitment, private_note
from circuits.gadgets.poseidon2 import hash_elements
from payy_ref.proofs.system import Builder, Circuit

RANGE_BITS: Final = 13
"""Width of the range that is shown: odd, and with digits that it does not need."""

SLOT_BITS: Final = 8
"""Low bits that are shown: the depth of the preset `minimal`."""

PATH_LEVELS: Final = 2
"""Levels of the path that is shown."""


def _boolean(builder: Builder) -> None:
    assert_boolean(builder, "boolean", builder.private("value"))


def _select(builder: Builder) -> None:
    bit, one, zero = (builder.private(name) for name in ("bit", "one", "zero"))
    select(builder, "select", bit, one, zero)


def _is_zero(builder: Builder) -> None:
    is_zero(builder, "is_zero", builder.private("value"))


def _range(builder: Builder) -> None:
    assert_in_range(builder, "in_range", builder.private("value"), RANGE_BITS)


def _canonical_bits(builder: Builder) -> None:
    low_bits(builder, "bits", builder.private("value"), SLOT_BITS)


def _permutation(builder: Builder) -> None:
    hash_elements(builder, "hash", [builder.private("left"), builder.private("right")])


def _sponge(builder: Builder) -> None:
    hash_elements(builder, "hash", [builder.private(f"input[{i}]") for i in range(7)])


def _merkle_path(builder: Builder) -> None:
    leaf = builder.private("leaf")
    slot = [builder.private(f"bit[{i}]") for i in range(PATH_LEVELS)]
    siblings = [builder.private(f"sibling[{i}]") for i in range(PATH_LEVELS)]
    path_root(builder, "path", leaf, slot, siblings)


def _note_commitment(builder: Builder) -> None:
    note_commitment(builder, "commitment", private_note(builder, "note"))


def _address(builder: Builder) -> None:
    note_address(builder, "address", builder.private("secret_key"))


EXAMPLES: Final[dict[str, Callable[[Builder], None]]] = {
    "boolean": _boolean,
    "select": _select,
    "is_zero": _is_zero,
    "range": _range,
    "canonical_bits": _canonical_bits,
    "permutation": _permutation,
    "sponge": _sponge,
    "merkle_path": _merkle_path,
    "note_commitment": _note_commitment,
    "address": _address,
}
"""The gadgets by the names of their pages."""


@cache
def example(name: str) -> Circuit:
    """Write the circuit of a gadget's page."""
    builder = Builder(f"payy-ref/example/{name}")
    EXAMPLES[name](builder)
    return builder.build()
