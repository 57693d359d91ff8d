"""Suite `merkle`: the sparse Merkle tree, given by its depth and its elements."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from payy_ref.crypto.field import FieldElement
from payy_ref.merkle import path, tree
from payy_ref.merkle.path import checked_depth
from payy_ref.merkle.persistent import PersistentTree, tree_of
from payy_ref.operations.forms import Boolean, Canonical, Integer, ListOf, Record, Word
from payy_ref.operations.registry import Fields, Operation
from payy_ref.parameters import Parameters

STEP: Final = Record(
    {
        "element": Canonical(),
        "leaf_before": Canonical(),
        "leaf_after": Canonical(),
        "siblings": ListOf(Canonical()),
        "root_before": Canonical(),
        "root_after": Canonical(),
    }
)


def _tree(depth: int, leaves: Sequence[FieldElement]) -> PersistentTree:
    """
    Build the tree that an operation is given.

    Requirements:
        PAYY-MERKLE-016
    """
    return tree_of(checked_depth(depth), leaves)


def _root(
    parameters: Parameters, *, depth: int, leaves: Sequence[FieldElement]
) -> Mapping[str, Any]:
    return {"root": _tree(depth, leaves).root}


def _update(
    parameters: Parameters,
    *,
    depth: int,
    leaves: Sequence[FieldElement],
    remove: Sequence[FieldElement],
    insert: Sequence[FieldElement],
) -> Mapping[str, Any]:
    return {"root": tree.update(_tree(depth, leaves), remove=remove, insert=insert).root}


def _update_steps(
    parameters: Parameters,
    *,
    depth: int,
    leaves: Sequence[FieldElement],
    remove: Sequence[FieldElement],
    insert: Sequence[FieldElement],
) -> Mapping[str, Any]:
    _, steps = tree.update_with_steps(_tree(depth, leaves), remove=remove, insert=insert)
    return {"steps": tuple({name: getattr(step, name) for name in STEP.fields} for step in steps)}


def _path(
    parameters: Parameters, *, depth: int, leaves: Sequence[FieldElement], element: int
) -> Mapping[str, Any]:
    return {"siblings": tree.path(_tree(depth, leaves), element)}


def _verify_path(
    parameters: Parameters, *, element: int, siblings: Sequence[FieldElement], root: FieldElement
) -> Mapping[str, Any]:
    return {"valid": path.path_matches(element, siblings, root)}


def _verify_inclusion(
    parameters: Parameters,
    *,
    depth: int,
    element: int,
    siblings: Sequence[FieldElement],
    root: FieldElement,
) -> Mapping[str, Any]:
    return {"valid": path.proves_inclusion(checked_depth(depth), element, siblings, root)}


def _verify_absence(
    parameters: Parameters,
    *,
    depth: int,
    element: int,
    occupant: int,
    siblings: Sequence[FieldElement],
    root: FieldElement,
) -> Mapping[str, Any]:
    return {"valid": path.proves_absence(checked_depth(depth), element, occupant, siblings, root)}


_LEAVES: Final[Fields] = {"depth": Integer(), "leaves": ListOf(Canonical())}
_CHANGES: Final[Fields] = {**_LEAVES, "remove": ListOf(Canonical()), "insert": ListOf(Canonical())}
_PROOF: Final[Fields] = {"siblings": ListOf(Canonical()), "root": Canonical()}

OPERATIONS: Final = (
    Operation(
        suite="merkle",
        name="root",
        summary="Root of the tree that holds the leaves.",
        inputs=_LEAVES,
        outputs={"root": Canonical()},
        compute=_root,
    ),
    Operation(
        suite="merkle",
        name="update",
        summary="Root after removals, then insertions, each in order; all or nothing.",
        inputs=_CHANGES,
        outputs={"root": Canonical()},
        compute=_update,
    ),
    Operation(
        suite="merkle",
        name="update_steps",
        summary="The same update one step at a time, with each step's path and roots.",
        inputs=_CHANGES,
        outputs={"steps": ListOf(STEP)},
        compute=_update_steps,
    ),
    Operation(
        suite="merkle",
        name="path",
        summary="Siblings of an element's slot, deepest first, whatever stands in it.",
        inputs={**_LEAVES, "element": Word()},
        outputs={"siblings": ListOf(Canonical())},
        compute=_path,
    ),
    Operation(
        suite="merkle",
        name="verify_path",
        summary="Whether an element and its path lead to a root, at the depth that the path has.",
        inputs={"element": Word(), **_PROOF},
        outputs={"valid": Boolean()},
        compute=_verify_path,
    ),
    Operation(
        suite="merkle",
        name="verify_inclusion",
        summary="Whether a path shows that an element is in a tree of a given depth.",
        inputs={"depth": Integer(), "element": Word(), **_PROOF},
        outputs={"valid": Boolean()},
        compute=_verify_inclusion,
    ),
    Operation(
        suite="merkle",
        name="verify_absence",
        summary="Whether a path shows that an element is not in a tree of a given depth.",
        inputs={"depth": Integer(), "element": Word(), "occupant": Word(), **_PROOF},
        outputs={"valid": Boolean()},
        compute=_verify_absence,
    ),
)
