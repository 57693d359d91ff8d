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
    output.print(f"empty tree              {_short(tree.root)}")

    # The tree holds field elements; until notes are specified, hashes of numbers stand for them.
    first, second, third = (hash_elements([Element(number)]) for number in (1, 2, 3))
    before = update(tree, remove=(), insert=(first, second))
    output.print(f"two commitments in      {_short(before.root)}")
    after = update(before, remove=(first,), insert=(third,))
    output.print(f"one spent, one made     {_short(after.root)}")

    shown = proves_inclusion(after.depth, third, path(after, third), after.root)
    gone = proves_absence(after.depth, first, 0, path(after, first), after.root)
    output.print(f"the new one is included {shown}, the spent one is absent {gone}")
    output.print(f"the old tree still has  {_short(before.root)}")

    try:
        insert(after, third)
    except SpecError as error:
        output.print(f"the same one again      refused: {error.code}")

    link = Link(version=LinkVersion(2), secret_key=101, value=1_000_000, referral="REF123")
    output.print(f"\nnote kind, Polygon USDC 0x{POLYGON_USDC:064x}")
    output.print(f"payment link            {escape(encode_link(link))}")
    output.print(f"\nNot part of this version: {MISSING}.")


def _short(value: int) -> str:
    return f"0x{value:064x}"
