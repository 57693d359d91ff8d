"""Scenarios of the sparse Merkle tree."""

from collections.abc import Sequence
from typing import Any

import pytest

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_pair
from payy_ref.errors import ErrorCode
from payy_ref.merkle.path import Depth, empty_roots
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import path, update
from payy_ref.vectors.model import case_elements
from payy_ref.vectors.pytest_plugin import VectorWriter

MAINNET_DEPTH = Depth(160)
SMALL = Depth(8)

SHAPE = ("PAYY-MERKLE-002", "PAYY-MERKLE-003", "PAYY-MERKLE-005")


def tree_of(depth: int, leaves: Sequence[int]) -> PersistentTree:
    """Build a tree of allowed leaves."""
    return update(
        PersistentTree(depth=Depth(depth)),
        remove=(),
        insert=[FieldElement(leaf) for leaf in leaves],
    )


def sharing_slot(element: int, depth: int) -> int:
    """Give another field element with the same low bits."""
    width: int = 2**depth
    return element + width if element + width < MODULUS else element - width


@pytest.mark.parametrize("depth", [1, 2, 3, 8, 32, 159, 160, 161, 253, 254, 255, 256])
def test_empty_trees(vector: VectorWriter, depth: int) -> None:
    """
    The empty tree of each depth has its root.

    Given no leaves, when the root is asked for, then it is the empty subtree of that height.
    """
    output = vector.accepts(
        f"merkle-root-empty-depth-{depth}",
        "merkle/root",
        description=f"The empty tree of depth {depth} has the root of the empty subtree.",
        requirements=["PAYY-MERKLE-001", "PAYY-MERKLE-004"],
        flags=["DEPTH_COUNT", "EMPTY_SUBTREE"],
        depth=depth,
        leaves=(),
    )
    assert output["root"] == empty_roots(depth)[depth]


@pytest.mark.parametrize("depth", [0, 257, 2**64])
def test_depth_out_of_range(vector: VectorWriter, depth: int) -> None:
    """
    A tree has 1 to 256 levels of hashing.

    Given a depth outside, when the root is asked for, then it is rejected.
    """
    vector.rejects(
        f"merkle-root-depth-{depth}",
        "merkle/root",
        ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE,
        description=f"There is no tree of depth {depth}.",
        requirements=["PAYY-MERKLE-001", "PAYY-MERKLE-016"],
        flags=["DEPTH_COUNT"],
        depth=depth,
        leaves=(),
    )


@pytest.mark.parametrize(
    ("name", "depth", "leaf"),
    [
        ("left", 1, 2),
        ("right", 1, 3),
        ("lowest-bit", 160, 1),
        ("highest-bit", 160, 2**159),
        ("above-the-slot", 160, 2**160),
        ("all-ones", 160, 2**160 - 1),
        ("greatest", 160, MODULUS - 1),
        ("whole-element", 256, MODULUS - 1),
    ],
)
def test_single_leaves(vector: VectorWriter, name: str, depth: int, leaf: int) -> None:
    """
    One leaf shows where the bits of an element lead.

    Given a tree of one leaf, when the root is asked for, then it stands at its low bits.
    """
    vector.accepts(
        f"merkle-root-single-{name}",
        "merkle/root",
        description=f"A tree of depth {depth} with the leaf {leaf:#x} alone.",
        requirements=SHAPE,
        flags=["SLOT_BITS", "LEAF_HASHED"],
        depth=depth,
        leaves=(leaf,),
    )


def test_two_leaves_by_hand(vector: VectorWriter) -> None:
    """
    A tree small enough for pencil and paper.

    Given depth 1 and leaves 2 and 3, when the root is asked for, then it is the hash of (2, 3).
    """
    output = vector.accepts(
        "merkle-root-two-leaves-depth-1",
        "merkle/root",
        description="In a tree of depth 1, leaves 2 and 3 are the left and the right child.",
        requirements=SHAPE,
        flags=["SIBLING_ORDER", "LEAF_HASHED"],
        depth=1,
        leaves=(3, 2),
    )
    assert output["root"] == hash_pair(2, 3)


@pytest.mark.parametrize("count", [2, 3, 10, 20])
def test_random_leaves(vector: VectorWriter, count: int) -> None:
    """
    The root depends on the set of leaves, not on their order.

    Given random leaves in two orders, when the roots are asked for, then they are equal.
    """
    leaves = case_elements(f"merkle-root-random-{count}", count)
    roots = [
        vector.accepts(
            f"merkle-root-random-{count}-{name}",
            "merkle/root",
            description=f"{count} random leaves at depth 160, {name}.",
            requirements=[*SHAPE, "PAYY-MERKLE-004", "PAYY-MERKLE-016"],
            flags=["SLOT_BITS", "EMPTY_SUBTREE"],
            depth=MAINNET_DEPTH,
            leaves=ordered,
        )
        for name, ordered in (("forwards", leaves), ("backwards", leaves[::-1]))
    ]
    assert roots[0] == roots[1]


def test_common_prefix(vector: VectorWriter) -> None:
    """
    Neighbours part at the deepest level.

    Given leaves that differ in one bit of their slot only, when the root is asked for, then they
    share all levels above that bit.
    """
    element = case_elements("merkle-root-common-prefix", 1)[0] // 2**160 * 2**160 + 2**100
    for bit in (0, 1, 80, 159):
        vector.accepts(
            f"merkle-root-common-prefix-bit-{bit}",
            "merkle/root",
            description=f"Two leaves at depth 160 whose slots differ in bit {bit} alone.",
            requirements=SHAPE,
            flags=["SLOT_BITS"],
            depth=MAINNET_DEPTH,
            leaves=(element, element ^ 2**bit),
        )


def test_leaf_zero(vector: VectorWriter) -> None:
    """
    Zero marks an empty slot.

    Given element 0 among the leaves, the insertions or the removals, then it is rejected.
    """
    flags = ["ZERO_LEAF"]
    requirements = ["PAYY-MERKLE-006"]
    vector.rejects(
        "merkle-root-zero",
        "merkle/root",
        ErrorCode.MERKLE_ELEMENT_ZERO,
        description="Element 0 is not a leaf.",
        requirements=[*requirements, "PAYY-MERKLE-016"],
        flags=flags,
        depth=SMALL,
        leaves=(5, 0),
    )
    vector.rejects(
        "merkle-update-insert-zero",
        "merkle/update",
        ErrorCode.MERKLE_ELEMENT_ZERO,
        description="Element 0 cannot be inserted.",
        requirements=[*requirements, "PAYY-MERKLE-013"],
        flags=flags,
        depth=SMALL,
        leaves=(),
        remove=(),
        insert=(0,),
    )
    vector.rejects(
        "merkle-update-remove-zero",
        "merkle/update",
        ErrorCode.MERKLE_ELEMENT_ZERO,
        description="Element 0 cannot be removed, although slot 0 holds 0.",
        requirements=requirements,
        flags=flags,
        depth=SMALL,
        leaves=(),
        remove=(0,),
        insert=(),
    )
    vector.rejects(
        "merkle-update-steps-insert-zero",
        "merkle/update_steps",
        ErrorCode.MERKLE_ELEMENT_ZERO,
        description="An update that inserts element 0 has no steps.",
        requirements=[*requirements, "PAYY-MERKLE-014"],
        flags=flags,
        depth=SMALL,
        leaves=(),
        remove=(),
        insert=(0,),
    )
    vector.accepts(
        "merkle-root-slot-zero",
        "merkle/root",
        description="An element other than 0 may stand in slot 0.",
        requirements=requirements,
        flags=flags,
        depth=SMALL,
        leaves=(2**SMALL,),
    )


@pytest.mark.parametrize("depth", [1, 8, 160, 253])
def test_taken_slots(vector: VectorWriter, depth: int) -> None:
    """
    Nothing overwrites.

    Given a leaf, when the same element or another one of its slot comes too, then it is rejected.
    """
    leaf = 1 + 2 ** (depth - 1)
    for name, second in (("same-element", leaf), ("same-slot", sharing_slot(leaf, depth))):
        vector.rejects(
            f"merkle-root-{name}-depth-{depth}",
            "merkle/root",
            ErrorCode.MERKLE_SLOT_OCCUPIED,
            description=f"At depth {depth}, a second element is refused: {name.replace('-', ' ')}.",
            requirements=["PAYY-MERKLE-007", "PAYY-MERKLE-016"],
            flags=["SLOT_COLLISION"],
            depth=depth,
            leaves=(leaf, second),
        )


def test_element_above_modulus_in_updates(vector: VectorWriter) -> None:
    """
    Steps are judged on field elements.

    Given p among the insertions or the removals, when the update is tried, then it is rejected.
    """
    for name in ("remove", "insert"):
        changes: dict[str, Any] = {"remove": (), "insert": (), name: (MODULUS,)}
        vector.rejects(
            f"merkle-update-{name}-p",
            "merkle/update",
            ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
            description=f"p among the elements to {name} is not a field element.",
            requirements=["PAYY-MERKLE-005", "PAYY-MERKLE-013"],
            flags=["NON_CANONICAL_ACCEPTED"],
            depth=SMALL,
            leaves=(5,),
            **changes,
        )


@pytest.mark.parametrize(
    ("name", "leaves", "remove", "insert"),
    [
        ("nothing", (5, 6), (), ()),
        ("insert-into-empty", (), (), (5,)),
        ("insert", (5, 6), (), (7, 8)),
        ("remove", (5, 6, 7), (6,), ()),
        ("remove-last", (5,), (5,), ()),
        ("remove-all", (5, 6, 7), (7, 5, 6), ()),
        ("both", (5, 6, 7), (5, 6), (8, 9)),
        ("same-element-again", (5, 6), (5,), (5,)),
        ("slot-again", (5, 6), (5,), (5 + 256,)),
        ("order-of-insertions", (5,), (), (9, 8, 7)),
        ("neighbours", (4, 5), (4,), ()),
    ],
)
def test_updates(
    vector: VectorWriter,
    name: str,
    leaves: tuple[int, ...],
    remove: tuple[int, ...],
    insert: tuple[int, ...],
) -> None:
    """
    An update gives the root of the set that is left.

    Given a tree, when elements are removed and inserted, then root and steps follow.
    """
    given: dict[str, Any] = {"depth": SMALL, "leaves": leaves, "remove": remove, "insert": insert}
    left = (set(leaves) - set(remove)) | set(insert)
    output = vector.accepts(
        f"merkle-update-{name}",
        "merkle/update",
        description=f"From {leaves}, remove {remove}, then insert {insert}, at depth {SMALL}.",
        requirements=["PAYY-MERKLE-007", "PAYY-MERKLE-008", "PAYY-MERKLE-013"],
        flags=["BATCH_NOT_SEQUENTIAL"],
        **given,
    )
    assert output["root"] == tree_of(SMALL, sorted(left)).root
    steps = vector.accepts(
        f"merkle-update-steps-{name}",
        "merkle/update_steps",
        description=f"The steps of: from {leaves}, remove {remove}, then insert {insert}.",
        requirements=["PAYY-MERKLE-013", "PAYY-MERKLE-014"],
        flags=["BATCH_NOT_SEQUENTIAL", "SIBLING_ORDER"],
        **given,
    )["steps"]
    assert len(steps) == len(remove) + len(insert)
    assert not steps or steps[-1]["root_after"] == output["root"]


def test_update_on_mainnet(vector: VectorWriter) -> None:
    """
    The update of one transaction on mainnet: two leaves go, two come.

    Given twelve notes, when two are spent and two are made, then root and steps follow.
    """
    elements = case_elements("merkle-update-mainnet", 14)
    given: dict[str, Any] = {
        "depth": MAINNET_DEPTH,
        "leaves": elements[:12],
        "remove": elements[3:5],
        "insert": elements[12:],
    }
    vector.accepts(
        "merkle-update-mainnet",
        "merkle/update",
        description="Two of twelve random leaves are replaced by two others at depth 160.",
        requirements=["PAYY-MERKLE-013"],
        flags=["SLOT_BITS"],
        **given,
    )
    vector.accepts(
        "merkle-update-steps-mainnet",
        "merkle/update_steps",
        description="The steps in which two of twelve random leaves are replaced at depth 160.",
        requirements=["PAYY-MERKLE-014"],
        flags=["SLOT_BITS", "SIBLING_ORDER"],
        **given,
    )


@pytest.mark.parametrize(
    ("name", "leaves", "remove", "insert", "error", "flag", "requirement"),
    [
        ("remove-from-empty", (), (5,), (), "ABSENT", "ABSENT_REMOVAL", "008"),
        ("remove-absent", (5,), (6,), (), "ABSENT", "ABSENT_REMOVAL", "008"),
        ("remove-other-of-slot", (5,), (5 + 256,), (), "ABSENT", "POSITION_ONLY_REMOVAL", "008"),
        ("remove-twice", (5,), (5, 5), (), "ABSENT", "ABSENT_REMOVAL", "008"),
        ("remove-inserted", (), (5,), (5,), "ABSENT", "BATCH_NOT_SEQUENTIAL", "013"),
        ("insert-taken", (5,), (), (5,), "OCCUPIED", "SLOT_COLLISION", "007"),
        ("insert-other-of-slot", (5,), (), (5 + 256,), "OCCUPIED", "SLOT_COLLISION", "007"),
        ("insert-twice", (), (), (5, 5), "OCCUPIED", "SLOT_COLLISION", "013"),
        ("insert-slot-twice", (), (), (5, 5 + 256), "OCCUPIED", "SLOT_COLLISION", "013"),
        ("last-step-fails", (5, 6), (5,), (7, 6), "OCCUPIED", "PARTIAL_UPDATE", "013"),
        ("both-fail", (5,), (6,), (5,), "ABSENT", "BATCH_NOT_SEQUENTIAL", "013"),
    ],
)
def test_refused_updates(
    vector: VectorWriter,
    name: str,
    leaves: tuple[int, ...],
    remove: tuple[int, ...],
    insert: tuple[int, ...],
    error: str,
    flag: str,
    requirement: str,
) -> None:
    """
    An update is refused at its first bad step, as a whole.

    Given a tree, when a step does not fit the slots that the steps before it left, then the update
    and its steps are rejected with the code of that step.
    """
    code = {
        "ABSENT": ErrorCode.MERKLE_ELEMENT_ABSENT,
        "OCCUPIED": ErrorCode.MERKLE_SLOT_OCCUPIED,
    }[error]
    for suffix, operation, also in (("", "update", ()), ("-steps", "update_steps", ("014",))):
        vector.rejects(
            f"merkle-update{suffix}-{name}",
            f"merkle/{operation}",
            code,
            description=f"From {leaves} remove {remove} insert {insert}: {name.replace('-', ' ')}.",
            requirements=[f"PAYY-MERKLE-{number}" for number in (requirement, *also)],
            flags=[flag],
            depth=SMALL,
            leaves=leaves,
            remove=remove,
            insert=insert,
        )


@pytest.mark.parametrize(
    ("name", "depth", "leaves", "element"),
    [
        ("lone", 3, (5,), 5),
        ("present", 3, (1, 5, 6), 5),
        ("absent-slot", 3, (1, 5, 6), 2),
        ("other-of-slot", 3, (1, 5, 6), 13),
        ("empty-tree", 3, (), 5),
        ("zero", 3, (1, 5, 6), 0),
        ("above-p", 3, (1, 5, 6), MODULUS + 4),
        ("greatest", 3, (1, 5, 6), 2**256 - 1),
        ("depth-256", 256, (1, MODULUS - 1), MODULUS - 1),
    ],
)
def test_paths(
    vector: VectorWriter, name: str, depth: int, leaves: tuple[int, ...], element: int
) -> None:
    """
    Every slot has a path.

    Given a tree and an element, in it or not, when its path is asked for, then it is given.
    """
    vector.accepts(
        f"merkle-path-{name}",
        "merkle/path",
        description=f"The path of {element:#x} among {tuple(map(hex, leaves))}, depth {depth}.",
        requirements=["PAYY-MERKLE-009"],
        flags=["SIBLING_ORDER", "PATH_OF_ABSENT"],
        depth=depth,
        leaves=leaves,
        element=element,
    )


def test_paths_on_mainnet(vector: VectorWriter) -> None:
    """
    Paths of depth 160 verify.

    Given random leaves, when the paths of a leaf and of an absent element are asked for, then they
    show inclusion and absence.
    """
    *leaves, absent = case_elements("merkle-path-mainnet", 9)
    tree = tree_of(MAINNET_DEPTH, leaves)
    for name, element in (("present", leaves[4]), ("absent", absent)):
        siblings = vector.accepts(
            f"merkle-path-mainnet-{name}",
            "merkle/path",
            description=f"The path of an element that is {name} among 8 random leaves, depth 160.",
            requirements=["PAYY-MERKLE-009"],
            flags=["SIBLING_ORDER", "SLOT_BITS"],
            depth=MAINNET_DEPTH,
            leaves=tuple(leaves),
            element=element,
        )["siblings"]
        assert len(siblings) == MAINNET_DEPTH
        matches = vector.accepts(
            f"merkle-verify-path-mainnet-{name}",
            "merkle/verify_path",
            description=f"The path of an element that is {name}, read as that of a leaf.",
            requirements=["PAYY-MERKLE-010"],
            flags=["PATH_FORGERY"],
            element=element,
            siblings=siblings,
            root=tree.root,
        )
        assert matches["valid"] == (name == "present")


def _verify(
    vector: VectorWriter,
    name: str,
    *,
    depth: int,
    element: int,
    siblings: Sequence[int],
    root: int,
    valid: bool,
    description: str,
    requirements: Sequence[str],
    flag: str,
) -> None:
    """State what `verify_path` and `verify_inclusion` say of one proof."""
    proof: dict[str, Any] = {"element": element, "siblings": tuple(siblings), "root": root}
    mores: dict[str, dict[str, Any]] = {"verify_path": {}, "verify_inclusion": {"depth": depth}}
    for operation, more in mores.items():
        output = vector.accepts(
            f"merkle-{operation.replace('_', '-')}-{name}",
            f"merkle/{operation}",
            description=description,
            requirements=requirements,
            flags=[flag],
            **more,
            **proof,
        )
        assert output["valid"] == valid, name


def test_verification(vector: VectorWriter) -> None:
    """
    A path is bound to its element, its siblings and its root.

    Given the path of a leaf, when element, sibling, order or root is another one, then it does not
    match.
    """
    leaves = (1, 5, 6, 12)
    tree = tree_of(3, leaves)
    siblings = path(tree, 5)
    requirements = ["PAYY-MERKLE-010", "PAYY-MERKLE-015"]
    proofs = {
        "leaf": (5, siblings, tree.root, True),
        "other-element": (6, siblings, tree.root, False),
        "other-of-slot": (13, siblings, tree.root, False),
        "first-sibling": (5, (siblings[0] + 1, *siblings[1:]), tree.root, False),
        "last-sibling": (5, (*siblings[:-1], siblings[-1] + 1), tree.root, False),
        "reversed": (5, siblings[::-1], tree.root, False),
        "other-root": (5, siblings, tree.root - 1, False),
        "root-zero": (5, siblings, 0, False),
        "greatest-sibling": (5, (MODULUS - 1, *siblings[1:]), tree.root, False),
    }
    for name, (element, given, root, valid) in proofs.items():
        _verify(
            vector,
            name,
            depth=3,
            element=element,
            siblings=given,
            root=root,
            valid=valid,
            description=f"A path of depth 3 with: {name.replace('-', ' ')}.",
            requirements=requirements,
            flag="PATH_FORGERY",
        )


def test_aliases(vector: VectorWriter) -> None:
    """
    An element of p or more is never a leaf.

    Given a leaf v at depth 2, when v + 4p, which has the same slot and the same residue, is
    verified with its path, then it does not match.
    """
    tree = tree_of(2, (5, 6))
    for multiple in range(1, 5):
        _verify(
            vector,
            f"alias-{multiple}p",
            depth=2,
            element=5 + multiple * MODULUS,
            siblings=path(tree, 5),
            root=tree.root,
            valid=False,
            description=f"At depth 2, 5 + {multiple}p does not pass for the leaf 5.",
            requirements=["PAYY-MERKLE-011"],
            flag="FIELD_ALIAS",
        )


def test_alias_boundary(vector: VectorWriter) -> None:
    """
    P - 1 is a leaf like any other.

    Given the leaf p - 1, when its path is verified, then it matches.
    """
    tree = tree_of(2, (MODULUS - 1,))
    _verify(
        vector,
        "greatest-leaf",
        depth=2,
        element=MODULUS - 1,
        siblings=path(tree, MODULUS - 1),
        root=tree.root,
        valid=True,
        description="The leaf p - 1 is verified.",
        requirements=["PAYY-MERKLE-011"],
        flag="FIELD_ALIAS",
    )


def test_element_zero_and_paths(vector: VectorWriter) -> None:
    """
    For element 0 a path speaks of slot 0.

    Given an empty slot 0, when 0 is verified with its path, then the path matches, but 0 is not
    included; with a leaf in slot 0 the path does not match either.
    """
    for name, leaves, matches in (("empty", (5,), True), ("taken", (5, 8), False)):
        tree = tree_of(3, leaves)
        proof: dict[str, Any] = {"element": 0, "siblings": path(tree, 0), "root": tree.root}
        raw = vector.accepts(
            f"merkle-verify-path-zero-slot-{name}",
            "merkle/verify_path",
            description=f"Element 0 with the path of slot 0, which is {name}.",
            requirements=["PAYY-MERKLE-010"],
            flags=["ZERO_LEAF"],
            **proof,
        )
        assert raw["valid"] == matches
        included = vector.accepts(
            f"merkle-verify-inclusion-zero-slot-{name}",
            "merkle/verify_inclusion",
            description=f"Element 0 is not included, with slot 0 {name}.",
            requirements=["PAYY-MERKLE-010", "PAYY-MERKLE-015"],
            flags=["ZERO_LEAF"],
            depth=3,
            **proof,
        )
        assert not included["valid"]


def test_non_canonical_siblings_and_roots(vector: VectorWriter) -> None:
    """
    Siblings and roots are field elements.

    Given a sibling or a root of p, when a path is verified, then the input is rejected.
    """
    mores: dict[str, dict[str, Any]] = {"verify_path": {}, "verify_inclusion": {"depth": 1}}
    for name, sibling, root in (("sibling", MODULUS, 0), ("root", 0, MODULUS)):
        for operation, more in mores.items():
            vector.rejects(
                f"merkle-{operation.replace('_', '-')}-{name}-p",
                f"merkle/{operation}",
                ErrorCode.FIELD_ELEMENT_NOT_CANONICAL,
                description=f"A {name} of p is not a field element.",
                requirements=["PAYY-MERKLE-010"],
                flags=["NON_CANONICAL_ACCEPTED"],
                element=1,
                siblings=(sibling,),
                root=root,
                **more,
            )


def test_number_of_siblings(vector: VectorWriter) -> None:
    """
    A path has 1 to 256 siblings.

    Given none, or 257, when a path is verified, then it is rejected; 256 are accepted.
    """
    for count in (0, 257):
        vector.rejects(
            f"merkle-verify-path-siblings-{count}",
            "merkle/verify_path",
            ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE,
            description=f"A path of {count} siblings belongs to no tree.",
            requirements=["PAYY-MERKLE-001", "PAYY-MERKLE-015"],
            flags=["PATH_LENGTH"],
            element=1,
            siblings=(0,) * count,
            root=1,
        )
    vector.accepts(
        "merkle-verify-path-siblings-256",
        "merkle/verify_path",
        description="A path of 256 siblings belongs to the deepest tree.",
        requirements=["PAYY-MERKLE-001"],
        flags=["PATH_LENGTH"],
        element=1,
        siblings=empty_roots(256)[:256],
        root=tree_of(256, (1,)).root,
    )


def test_path_of_another_depth(vector: VectorWriter) -> None:
    """
    The verifier fixes the depth.

    Given an inner node whose low bits lead to itself, when it is shown as a leaf with the upper
    part of the path, then the shorter path matches by recomputation alone, and is rejected by
    whoever knows the depth.
    """
    # Search for a leaf pair whose parent, read as a leaf of depth 1, stands at its own place.
    left = next(leaf for leaf in range(4, 400, 4) if hash_pair(leaf, leaf + 1) % 2 == 0)
    tree = tree_of(2, (left, left + 1))
    node, upper = hash_pair(left, left + 1), path(tree, left)[1:]
    mores: dict[str, dict[str, Any]] = {"verify_inclusion": {}, "verify_absence": {"occupant": 0}}
    matched = vector.accepts(
        "merkle-verify-path-inner-node",
        "merkle/verify_path",
        description="An inner node with the upper part of a path matches by recomputation alone.",
        requirements=["PAYY-MERKLE-010"],
        flags=["PATH_LENGTH"],
        element=node,
        siblings=upper,
        root=tree.root,
    )
    assert matched["valid"]
    for operation, more in mores.items():
        for name, siblings in (("inner-node", upper), ("too-long", (*path(tree, left), 0))):
            vector.rejects(
                f"merkle-{operation.replace('_', '-')}-{name}",
                f"merkle/{operation}",
                ErrorCode.MERKLE_PATH_LENGTH,
                description=f"A path of {len(siblings)} siblings is refused at depth 2.",
                requirements=["PAYY-MERKLE-015"],
                flags=["PATH_LENGTH"],
                depth=2,
                element=node,
                siblings=siblings,
                root=tree.root,
                **more,
            )
    for operation, more in mores.items():
        vector.rejects(
            f"merkle-{operation.replace('_', '-')}-depth-zero",
            f"merkle/{operation}",
            ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE,
            description="There is no tree of depth 0 to be verified against.",
            requirements=["PAYY-MERKLE-001", "PAYY-MERKLE-015"],
            flags=["PATH_LENGTH"],
            depth=0,
            element=1,
            siblings=(),
            root=1,
            **more,
        )


def test_absence(vector: VectorWriter) -> None:
    """
    A path shows absence by what stands in the slot instead.

    Given a tree, when absence is claimed with the true occupant, then it is shown; with a false
    occupant, an occupant of another slot, or for a leaf, it is not.
    """
    tree = tree_of(3, (1, 5, 6))
    p = MODULUS
    claims = {
        "empty-slot": (2, 0, 2, True),
        "other-of-slot": (13, 5, 13, True),
        "leaf": (5, 5, 5, False),
        "leaf-as-empty": (5, 0, 5, False),
        "false-occupant": (13, 21, 13, False),
        "occupant-of-other-slot": (2, 6, 6, False),
        "empty-slot-of-another": (5, 0, 2, False),
        "zero": (0, 0, 0, False),
        "above-p": (p + 4, 5, 5, True),
        "occupant-above-p": (13, 5 + p, 13, False),
    }
    for name, (element, occupant, path_of, valid) in claims.items():
        output = vector.accepts(
            f"merkle-verify-absence-{name}",
            "merkle/verify_absence",
            description=f"Absence of {element:#x} claimed with {occupant:#x} in its slot: "
            f"{name.replace('-', ' ')}.",
            requirements=["PAYY-MERKLE-012", "PAYY-MERKLE-015"],
            flags=["PATH_FORGERY"],
            depth=3,
            element=element,
            occupant=occupant,
            siblings=path(tree, path_of),
            root=tree.root,
        )
        assert output["valid"] == valid, name
