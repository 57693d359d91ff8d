"""`payy-ref demo`: what runs of the network so far."""

from typing import Annotated

import typer
from rich.markup import escape

from payy_ref.cli.project import load_kernels, output
from payy_ref.crypto.field import Element
from payy_ref.crypto.hashing import hash_elements
from payy_ref.errors import SpecError
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.link import Link, LinkVersion, encode_link
from payy_ref.merkle.path import proves_absence, proves_inclusion
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import insert, path, update
from payy_ref.parameters import Preset, load_preset

MISSING = (
    "notes and transactions, blocks, proofs, settlement on Ethereum, consensus, provers, registry"
)


def demo(
    preset: Annotated[Preset, typer.Option(help="Which network's parameters.")] = Preset.MAINNET,
) -> None:
    """
    Run what there is of the network and say what is missing.

    So far: the hash, the tree of commitments with its proofs, note kinds and payment links.
    """
    load_kernels()
    parameters = load_preset(preset)
    output.print(
        f"[bold]payy-ref demo[/bold], preset {preset}: tree of depth {parameters.tree_depth}\n"
    )

    tree = PersistentTree(depth=parameters.tree_depth)
    _print_value("empty tree", _hex(tree.root))

    # The tree holds field elements; until notes are specified, hashes of numbers stand for them.
    first, second, third = (hash_elements([Element(number)]) for number in (1, 2, 3))
    before = update(tree, remove=(), insert=(first, second))
    _print_value("two commitments in", _hex(before.root))
    after = update(before, remove=(first,), insert=(third,))
    _print_value("one spent, one made", _hex(after.root))

    shown = proves_inclusion(after.depth, third, path(after, third), after.root)
    gone = proves_absence(after.depth, first, 0, path(after, first), after.root)
    output.print(f"the new one is included: {shown}, the spent one is absent: {gone}")
    _print_value("the old tree still has", _hex(before.root))

    try:
        insert(after, third)
    except SpecError as error:
        output.print(f"the same one again is refused: {error.code}")

    link = Link(version=LinkVersion(2), secret_key=101, value=1_000_000, referral="REF123")
    output.print()
    _print_value("note kind, Polygon USDC", _hex(POLYGON_USDC))
    _print_value("payment link", encode_link(link))
    output.print(f"\nNot part of this version: {MISSING}.")


def _print_value(name: str, value: str) -> None:
    """Print a value on a line of its own, since a hash and its name are wider than a terminal."""
    output.print(f"{name}\n  {escape(value)}")


def _hex(value: int) -> str:
    return f"0x{value:064x}"
