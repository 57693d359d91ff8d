"""Properties of the tree and of its paths, on generated inputs and on all small trees."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations, permutations, product
from typing import Final, TypeAlias

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_pair
from payy_ref.driver.reference import run_operation
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.merkle import tree as rules
from payy_ref.merkle.naive import NaiveTree
from payy_ref.merkle.path import (
    EMPTY_LEAF,
    Depth,
    checked_depth,
    empty_roots,
    extract_collision,
    path_matches,
    path_nodes,
    path_root,
    proves_absence,
    proves_inclusion,
)
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.primitives.strict_json import Json
from payy_ref.testing.strategies import (
    CORNER_ELEMENTS,
    UpdateScript,
    accepted_updates,
    aliases,
    clashing_pairs,
    elements,
    leaf_sets,
    leaves,
    leaves_in_slot,
    non_canonical_elements,
    slot_sets,
    slots,
    update_scripts,
)
from payy_ref.testing.tree_model import TreeModel

AnyTree: TypeAlias = NaiveTree | PersistentTree
Path: TypeAlias = tuple[int, tuple[int, ...]]

SMALL_DEPTHS: Final = tuple(map(Depth, range(1, 7)))
"""Depths at which the definition itself is quick."""

small_depths = st.sampled_from(SMALL_DEPTHS)
depths = st.sampled_from(
    [*SMALL_DEPTHS, *map(Depth, (63, 64, 65, 128, 159, 160, 161, 252, 253, 254, 255, 256))]
)
clash_depths = st.sampled_from([*SMALL_DEPTHS, *map(Depth, (64, 128, 159, 160, 161, 252))])

few_examples = settings(max_examples=max(10, settings().max_examples // 2))


def persistent(depth: Depth, members: Iterable[FieldElement] = ()) -> PersistentTree:
    """Build a tree by the rules, in one update."""
    return rules.update(PersistentTree(depth=depth), remove=(), insert=tuple(members))


def both_forms(depth: Depth, members: Sequence[FieldElement]) -> Iterator[AnyTree]:
    """Give the tree in each form that is quick enough."""
    yield persistent(depth, members)
    if depth in SMALL_DEPTHS:
        yield NaiveTree.of(depth, members)


def model_of(depth: Depth, members: Iterable[int]) -> TreeModel:
    """Build the dictionary of the same elements."""
    model = TreeModel(depth=depth).updated(insert=tuple(members))
    assert isinstance(model, TreeModel)
    return model


def verdict(change: Callable[[], object]) -> ErrorCode | None:
    """Tell the code of a refusal; None if there is none."""
    try:
        change()
    except SpecError as refusal:
        return refusal.code
    return None


def one_by_one(tree: PersistentTree, script: UpdateScript) -> PersistentTree | ErrorCode:
    """Do the steps of an update as changes of their own; give the code of the first refusal."""
    try:
        for element in script.remove:
            tree = rules.remove(tree, element)
        for element in script.insert:
            tree = rules.insert(tree, element)
    except SpecError as refusal:
        return refusal.code
    return tree


def one_update(tree: PersistentTree, script: UpdateScript) -> PersistentTree | ErrorCode:
    """Do an update; give the code if it is refused."""
    try:
        return rules.update(tree, remove=script.remove, insert=script.insert)
    except SpecError as refusal:
        return refusal.code


def includes(tree: AnyTree, element: int) -> bool:
    """Tell whether the tree's own path shows the element included."""
    return proves_inclusion(tree.depth, element, rules.path(tree, element), tree.root)


def excludes(tree: AnyTree, element: int) -> bool:
    """Tell whether the tree's own path shows the element absent."""
    slot = element % 2**tree.depth
    siblings = rules.path(tree, element)
    return proves_absence(tree.depth, element, tree.leaf_at(slot), siblings, tree.root)


def subsets(members: Sequence[FieldElement]) -> Iterator[tuple[FieldElement, ...]]:
    """List all subsets, the empty one first."""
    for size in range(len(members) + 1):
        yield from combinations(members, size)


EIGHT: Final = tuple(map(FieldElement, (8, 1, MODULUS - 7, 2**160 + 3, 4, MODULUS - 4, 6, 7)))
"""One element for each slot of depth 3, slot 0 among them; small, large and wide ones."""


@cache
def all_trees_of_eight() -> dict[frozenset[FieldElement], PersistentTree]:
    """Build every tree over the eight elements."""
    return {frozenset(chosen): persistent(Depth(3), chosen) for chosen in subsets(EIGHT)}


PAIRS: Final = tuple(map(FieldElement, (4, 2**200, 1, 5, 2, MODULUS - 3, 3, 2**250 + 3)))
"""Two elements for each slot of depth 2."""


@cache
def all_trees_of_pairs() -> tuple[tuple[PersistentTree, NaiveTree], ...]:
    """Build every tree of depth 2 whose slots are empty or hold one of their two elements."""
    depth = Depth(2)
    by_slot = [(EMPTY_LEAF, *(e for e in PAIRS if e % 4 == slot)) for slot in range(4)]
    states = [tuple(filter(None, state)) for state in product(*by_slot)]
    return tuple((persistent(depth, state), NaiveTree.of(depth, state)) for state in states)


# T01, path soundness


def check_soundness(
    slot: int, first: Path, second: Path, hash_two: Callable[[int, int], int]
) -> None:
    """Two paths that differ and lead to one root contain a collision, and it is found."""
    roots = {path_root(leaf, slot, siblings, hash_two) for leaf, siblings in (first, second)}
    if first == second or len(roots) == 2:
        return
    collision = extract_collision(slot, first, second, hash_two)
    assert collision is not None
    assert collision.first != collision.second
    assert hash_two(*collision.first) == hash_two(*collision.second)
    for children, (leaf, siblings) in ((collision.first, first), (collision.second, second)):
        nodes = path_nodes(leaf, slot, siblings, hash_two)
        on_path = {
            (siblings[level], node) if slot >> level & 1 else (node, siblings[level])
            for level, node in enumerate(nodes[:-1])
        }
        assert children in on_path


@evidence(
    "PAYY-MERKLE-T01",
    exhaustive="every hash of two bits to one bit, every two paths of up to 3 levels of bits",
)
def test_every_contradiction_of_small_paths_contains_a_collision() -> None:
    """Whatever the hash, two ways to one root give a collision."""
    for table in product((0, 1), repeat=4):

        def hash_two(left: int, right: int, table: tuple[int, ...] = table) -> int:
            return table[2 * left + right]

        for depth in (1, 2, 3):
            paths = [
                (leaf, siblings) for leaf in (0, 1) for siblings in product((0, 1), repeat=depth)
            ]
            for slot in range(2**depth):
                for first, second in combinations(paths, 2):
                    check_soundness(slot, first, second, hash_two)


@evidence("PAYY-MERKLE-T01")
@given(st.integers(2, 5), st.integers(1, 12), st.data())
def test_contradicting_paths_contain_a_collision(
    size: int, depth: int, data: st.DataObject
) -> None:
    """Two leaves with paths to one root give a collision of a weak hash."""
    symbols = st.integers(0, size - 1)
    table = data.draw(st.lists(symbols, min_size=size**2, max_size=size**2))

    def hash_two(left: int, right: int) -> int:
        return table[size * left + right]

    slot = data.draw(st.integers(0, 2**depth - 1))
    siblings = st.lists(symbols, min_size=depth, max_size=depth).map(tuple)
    first = (data.draw(symbols), data.draw(siblings))
    second = (data.draw(symbols), data.draw(siblings))
    roots = [path_root(leaf, slot, path, hash_two) for leaf, path in (first, second)]
    assume(first[0] != second[0] and roots[0] == roots[1])
    check_soundness(slot, first, second, hash_two)


@evidence("PAYY-MERKLE-T01")
@given(
    st.integers(0, 63), st.lists(st.integers(0, 3), min_size=12, max_size=12), leaves(), leaves()
)
def test_injective_hash_has_no_contradiction(
    slot: int, siblings: list[int], leaf: FieldElement, other: FieldElement
) -> None:
    """Under a hash without collisions no two leaves, and no two paths, lead to one root."""

    def pair(left: int, right: int) -> int:
        return (left + right) * (left + right + 1) // 2 + right

    first, second = (leaf, tuple(siblings[:6])), (other, tuple(siblings[6:]))
    roots = [path_root(node, slot, path, pair) for node, path in (first, second)]
    assert (roots[0] == roots[1]) == (first == second)
    assert extract_collision(slot, first, second, pair) is None


@evidence("PAYY-MERKLE-T01", part="congruent leaves")
@few_examples
@given(depths, leaves(), st.data())
def test_congruent_leaves_are_a_collision_of_the_hash_on_integers(
    depth: Depth, leaf: FieldElement, data: st.DataObject
) -> None:
    """The hash reduces on entry: a leaf and its alias lead to one root, and that is shown."""
    siblings = empty_roots(depth)[:depth]
    alias = data.draw(st.sampled_from(aliases(leaf)))
    check_soundness(leaf % 2**depth, (leaf, siblings), (alias, siblings), hash_pair)


# T02, the state is the set


@evidence("PAYY-MERKLE-T02", exhaustive="every set of the 8 slots of depth 3, every next element")
def test_every_insertion_gives_the_tree_of_the_larger_set() -> None:
    """Whatever the set and the newcomer, the tree is that of the union: so no order matters."""
    trees = all_trees_of_eight()
    for members, tree in trees.items():
        for newcomer in EIGHT:
            if newcomer not in members:
                assert rules.insert(tree, newcomer) == trees[members | {newcomer}]


@evidence("PAYY-MERKLE-T02", exhaustive="every order of up to 4 of the 8 slots of depth 3")
def test_every_order_gives_one_tree() -> None:
    """Elements inserted one by one in any order give the tree of their set."""
    trees = all_trees_of_eight()
    grown: dict[tuple[FieldElement, ...], PersistentTree] = {(): trees[frozenset()]}
    for size in range(1, 5):
        for order in permutations(EIGHT, size):
            grown[order] = rules.insert(grown[order[:-1]], order[-1])
            assert grown[order] == trees[frozenset(order)]


@evidence("PAYY-MERKLE-T02")
@few_examples
@given(depths, st.data())
def test_order_and_grouping_do_not_matter(depth: Depth, data: st.DataObject) -> None:
    """One batch, single insertions in another order and two batches give one tree."""
    members = data.draw(leaf_sets(depth))
    order = data.draw(st.permutations(members))
    cut = data.draw(st.integers(0, len(order)))
    at_once = persistent(depth, members)
    halves = rules.update(persistent(depth, order[:cut]), remove=(), insert=order[cut:])
    singly = one_by_one(PersistentTree(depth=depth), UpdateScript(insert=tuple(order)))
    assert at_once == halves == singly == PersistentTree.of(depth, order)
    assert at_once.root == model_of(depth, members).root()


@evidence("PAYY-MERKLE-T02")
@few_examples
@given(depths, st.data())
def test_history_does_not_matter(depth: Depth, data: st.DataObject) -> None:
    """Elements that came and went leave no trace."""
    members = data.draw(leaf_sets(depth))
    passing = data.draw(st.lists(st.sampled_from(members), unique=True)) if members else []
    tree = persistent(depth, members)
    for element in passing:
        tree = rules.remove(tree, element)
    assert tree == persistent(depth, [element for element in members if element not in passing])


@evidence("PAYY-MERKLE-T02")
@few_examples
@given(depths, st.data())
def test_roots_of_different_sets_differ(depth: Depth, data: st.DataObject) -> None:
    """Two sets have one root only if they are equal, as far as the hash has no collision."""
    first, second = data.draw(leaf_sets(depth)), data.draw(leaf_sets(depth))
    same_roots = persistent(depth, first).root == persistent(depth, second).root
    assert same_roots == (set(first) == set(second))


# T03, removal undoes insertion


@evidence("PAYY-MERKLE-T03", exhaustive="every set of the 8 slots of depth 3, every element of it")
def test_every_removal_gives_the_tree_of_the_smaller_set() -> None:
    """Removing any element gives the tree of the set without it, whatever it collapses."""
    trees = all_trees_of_eight()
    for members, tree in trees.items():
        for leaver in members:
            assert rules.remove(tree, leaver) == trees[members - {leaver}]


@evidence("PAYY-MERKLE-T03")
@given(depths, st.data())
def test_removal_undoes_insertion(depth: Depth, data: st.DataObject) -> None:
    """A tree is the same value, with the same root, after an element came and went."""
    *members, newcomer = data.draw(leaf_sets(depth, minimum=1))
    for tree in both_forms(depth, members):
        back = rules.remove(rules.insert(tree, newcomer), newcomer)
        assert back == tree
        assert (back.root, len(back), list(back)) == (tree.root, len(tree), list(tree))


@evidence("PAYY-MERKLE-T03")
@given(depths, st.data())
def test_removal_of_all_gives_the_empty_tree(depth: Depth, data: st.DataObject) -> None:
    """Removing all elements, in any order, at once or singly, gives the empty tree."""
    members = data.draw(leaf_sets(depth))
    order = tuple(data.draw(st.permutations(members)))
    tree, empty = persistent(depth, members), PersistentTree(depth=depth)
    assert rules.update(tree, remove=order, insert=()) == empty
    assert one_by_one(tree, UpdateScript(remove=order)) == empty
    assert empty.root == empty_roots(depth)[depth]


# T04, frame


@evidence("PAYY-MERKLE-T04")
@few_examples
@given(depths, st.data())
def test_update_leaves_the_other_slots(depth: Depth, data: st.DataObject) -> None:
    """Slots that an update does not name hold what they held, and their new paths prove it."""
    members = data.draw(leaf_sets(depth))
    script = data.draw(accepted_updates(depth, members))
    named = {element % 2**depth for element in (*script.remove, *script.insert)}
    others = {element % 2**depth for element in members} - named
    beside = {slot ^ 1 << bit for slot in named for bit in (0, depth - 1)} - named
    tree = persistent(depth, members)
    changed = rules.update(tree, remove=script.remove, insert=script.insert)
    for slot in others | beside:
        leaf = tree.leaf_at(slot)
        assert changed.leaf_at(slot) == leaf
        assert path_root(leaf, slot, changed.siblings_at(slot)) == changed.root
    for slot in others:
        assert includes(changed, tree.leaf_at(slot))


@evidence(
    "PAYY-MERKLE-T04", exhaustive="every tree of depth 2 over two leaves a slot, every change"
)
def test_every_change_of_one_slot_leaves_the_others() -> None:
    """Every accepted insertion and removal changes one slot and no other."""
    for tree, definition in all_trees_of_pairs():
        for element in PAIRS:
            occupant = tree.leaf_at(element % 4)
            if occupant not in (EMPTY_LEAF, element):
                continue
            change = rules.remove if occupant else rules.insert
            before = [tree.leaf_at(slot) for slot in range(4)]
            before[element % 4] = EMPTY_LEAF if occupant else element
            assert [change(tree, element).leaf_at(slot) for slot in range(4)] == before
            assert [change(definition, element).leaf_at(slot) for slot in range(4)] == before


# T05, absence


@evidence("PAYY-MERKLE-T05")
@few_examples
@given(depths, st.data())
def test_element_is_shown_included_or_absent(depth: Depth, data: st.DataObject) -> None:
    """The tree's own path shows every member included and everything else but 0 absent."""
    members = data.draw(leaf_sets(depth))
    candidates = {*members, data.draw(elements()), data.draw(st.sampled_from(CORNER_ELEMENTS))}
    for element in members[:2]:
        flipped = element ^ 1 << data.draw(st.sampled_from((0, depth - 1, min(depth, 255))))
        candidates |= {flipped, data.draw(st.sampled_from(aliases(element)))}
    for tree in both_forms(depth, members):
        for element in candidates - {0}:
            assert rules.contains(tree, element) == (element in members)
            assert includes(tree, element) == (element in members)
            assert excludes(tree, element) == (element not in members)


@evidence("PAYY-MERKLE-T05")
@given(depths, st.data())
def test_zero_is_never_shown_included(depth: Depth, data: st.DataObject) -> None:
    """Element 0 is in no tree; its path matches exactly if slot 0 is empty."""
    members = data.draw(leaf_sets(depth))
    for tree in both_forms(depth, members):
        assert not rules.contains(tree, 0)
        assert not includes(tree, 0)
        is_empty = all(element % 2**depth for element in members)
        assert path_matches(0, rules.path(tree, 0), tree.root) == is_empty
        assert excludes(tree, 0) == (not is_empty)


@evidence("PAYY-MERKLE-T05")
@given(clash_depths, st.data())
def test_claimed_occupants_do_not_hide_a_member(depth: Depth, data: st.DataObject) -> None:
    """No claimed occupant makes the path of a member show its absence."""
    members = data.draw(leaf_sets(depth, minimum=1))
    member = data.draw(st.sampled_from(members))
    tree = persistent(depth, members)
    siblings = rules.path(tree, member)
    clashing = data.draw(leaves_in_slot(depth, member % 2**depth))
    for occupant in {0, member, clashing, *aliases(member), *members, data.draw(elements())}:
        assert not proves_absence(depth, member, occupant, siblings, tree.root)


@evidence("PAYY-MERKLE-T05")
@given(clash_depths, st.data())
def test_only_the_true_occupant_shows_absence(depth: Depth, data: st.DataObject) -> None:
    """An element that clashes with a member is shown absent by that member and by nothing else."""
    member, absent = data.draw(clashing_pairs(depth))
    others = data.draw(leaf_sets(depth))
    members = [member, *(e for e in others if (e - member) % 2**depth)]
    tree = persistent(depth, members)
    siblings = rules.path(tree, absent)
    assert proves_absence(depth, absent, member, siblings, tree.root)
    for occupant in {0, absent, *aliases(member), *aliases(absent), *members[1:]}:
        assert not proves_absence(depth, absent, occupant, siblings, tree.root)
    assert verdict(lambda: rules.insert(tree, absent)) == ErrorCode.MERKLE_SLOT_OCCUPIED
    assert verdict(lambda: rules.remove(tree, absent)) == ErrorCode.MERKLE_ELEMENT_ABSENT


@evidence("PAYY-MERKLE-T05", part="roots that are of no tree")
@given(depths, st.data())
def test_occupants_belong_to_the_slot(depth: Depth, data: st.DataObject) -> None:
    """A leaf that stands in a slot of another element shows no absence, even under its own root."""
    slot, other_slot = data.draw(slot_sets(depth, minimum=2))[:2]
    element = data.draw(leaves_in_slot(depth, slot))
    occupant = data.draw(leaves_in_slot(depth, other_slot))
    siblings = empty_roots(depth)[:depth]
    forged = FieldElement(path_root(occupant, slot, siblings))
    assert not proves_absence(depth, element, occupant, siblings, forged)
    siblings_of_slot = persistent(depth, [occupant]).siblings_at(slot)
    true_root = FieldElement(path_root(occupant, other_slot, siblings))
    assert proves_absence(depth, element, EMPTY_LEAF, siblings_of_slot, true_root)


@evidence(
    "PAYY-MERKLE-T05",
    exhaustive="every tree of depth 2 over two leaves a slot, every such leaf and claimed occupant",
)
def test_every_small_tree_shows_inclusion_or_absence() -> None:
    """Under one root, no element is shown both included and absent, and none is shown neither."""
    depth = Depth(2)
    for tree, _ in all_trees_of_pairs():
        members = set(tree)
        for element in PAIRS:
            siblings = rules.path(tree, element)
            shown = [
                occupant
                for occupant in (EMPTY_LEAF, *PAIRS)
                if proves_absence(depth, element, occupant, siblings, tree.root)
            ]
            assert len(shown) == (element not in members)
            assert includes(tree, element) == (element in members)


# T06, the fast form and the definition


def check_same(tree: PersistentTree, definition: NaiveTree) -> None:
    """The two forms show the same to whoever asks."""
    assert tree.root == definition.root
    assert list(tree) == list(definition)
    assert len(tree) == len(definition) == len(list(tree))
    for slot in range(2**tree.depth):
        assert tree.leaf_at(slot) == definition.leaf_at(slot)
        assert tree.siblings_at(slot) == definition.siblings_at(slot)


@evidence("PAYY-MERKLE-T06", exhaustive="every set of the 8 slots of depth 3")
def test_forms_agree_on_every_set() -> None:
    """Roots, paths, elements and their number agree for every set, at every slot."""
    seen = set()
    for members, tree in all_trees_of_eight().items():
        check_same(tree, NaiveTree.of(Depth(3), members))
        seen.add(tree.root)
    assert len(seen) == 2 ** len(EIGHT)


@evidence(
    "PAYY-MERKLE-T06", exhaustive="every two sets of the 4 slots of depth 2, two leaves a slot"
)
def test_forms_agree_on_equality() -> None:
    """Two persistent trees are equal exactly if the sets are."""
    trees = all_trees_of_pairs()
    for (tree, definition), (other, other_definition) in product(trees, repeat=2):
        assert (tree == other) == (definition == other_definition) == (set(tree) == set(other))


@evidence(
    "PAYY-MERKLE-T06",
    exhaustive="every tree of depth 2 over two leaves a slot, every change by these and 0",
)
def test_forms_agree_on_every_change() -> None:
    """Verdicts and results of every change agree with each other and with a dictionary."""
    for tree, definition in all_trees_of_pairs():
        model = model_of(Depth(2), tree)
        for element in (*PAIRS, EMPTY_LEAF):
            for change, script in (
                (rules.remove, UpdateScript(remove=(element,))),
                (rules.insert, UpdateScript(insert=(element,))),
            ):
                expected = model.updated(remove=script.remove, insert=script.insert)
                if isinstance(expected, ErrorCode):
                    assert verdict(lambda: change(tree, element)) == expected  # noqa: B023
                    assert verdict(lambda: change(definition, element)) == expected  # noqa: B023
                else:
                    changed, defined = change(tree, element), change(definition, element)
                    assert list(changed) == list(defined) == expected.elements()
                    assert changed.root == defined.root


@evidence("PAYY-MERKLE-T06")
@given(small_depths, st.data())
def test_forms_agree_after_updates(depth: Depth, data: st.DataObject) -> None:
    """The forms give the same verdicts and the same trees along a run of updates."""
    tree, definition = PersistentTree(depth=depth), NaiveTree(depth=depth)
    for _ in range(3):
        script = data.draw(update_scripts(depth, tuple(tree)))
        arguments = {"remove": script.remove, "insert": script.insert}
        code = verdict(lambda: rules.update(tree, **arguments))  # noqa: B023
        assert verdict(lambda: rules.update(definition, **arguments)) == code  # noqa: B023
        if code is None:
            tree = rules.update(tree, **arguments)
            definition = rules.update(definition, **arguments)
            assert (tree.root, list(tree)) == (definition.root, list(definition))
    assert tree == PersistentTree.of(depth, definition)


@evidence("PAYY-MERKLE-T06")
@given(depths, st.data())
def test_fast_form_agrees_with_a_dictionary(depth: Depth, data: st.DataObject) -> None:
    """At any depth, root and paths are those of the tree hashed level by level."""
    members = data.draw(leaf_sets(depth))
    tree, model = persistent(depth, members), model_of(depth, members)
    assert tree.root == model.root()
    assert list(tree) == model.elements()
    assert len(tree) == len(members)
    for slot in {data.draw(slots(depth)), *(element % 2**depth for element in members[:2])}:
        for near in (slot, slot ^ 1, slot ^ 1 << (depth - 1)):
            assert tree.siblings_at(near) == model.siblings(near)
            assert tree.leaf_at(near) == model.leaf_in.get(near, 0)


@evidence("PAYY-MERKLE-T06", part="large batches")
@pytest.mark.parametrize(("depth", "count"), [(10, 1024), (11, 1500), (160, 100)])
def test_large_batches(depth: int, count: int) -> None:
    """A tree of many elements, spread over the cores, is the one that a dictionary gives."""
    members = [FieldElement(2**depth + slot * 3 ** (100 * (depth == 160))) for slot in range(count)]
    if depth == 11:
        members = [FieldElement(2**200 + 5 * slot % 2**depth) for slot in range(count)]
    checked = checked_depth(depth)
    model, tree = model_of(checked, members), persistent(checked, members)
    assert tree.root == model.root()
    assert list(tree) == model.elements()
    emptied = rules.update(tree, remove=members[::2], insert=())
    assert emptied == persistent(checked, members[1::2])
    assert rules.update(emptied, remove=(), insert=members[::2]) == tree


@evidence("PAYY-MERKLE-T06", exhaustive="every depth from 1 to 256, the empty tree and one leaf")
def test_every_depth() -> None:
    """At every depth, an empty tree and a tree of one leaf have the paths of empty subtrees."""
    empty: list[FieldElement] = [EMPTY_LEAF]
    leaf = FieldElement(MODULUS - 2)
    for height in range(1, 257):
        depth = checked_depth(height)
        empty.append(hash_pair(empty[-1], empty[-1]))
        assert PersistentTree(depth=depth).root == empty[-1]
        tree = persistent(depth, [leaf])
        assert tree.siblings_at(leaf % 2**depth) == tuple(empty[:-1])
        if height % 64 in (0, 1):
            assert path_root(leaf, leaf % 2**depth, tuple(empty[:-1])) == tree.root


# T07, an update is the sequence of its steps


def check_update(tree: PersistentTree, script: UpdateScript) -> None:
    """Compare an update with its steps, one by one, and with a dictionary."""
    before = (tree.root, list(tree))
    expected = model_of(tree.depth, tree).updated(remove=script.remove, insert=script.insert)
    singly = one_by_one(tree, script)
    arguments = {"remove": script.remove, "insert": script.insert}
    if isinstance(expected, ErrorCode):
        assert singly == expected
        assert verdict(lambda: rules.update(tree, **arguments)) == expected
        assert verdict(lambda: rules.update_with_steps(tree, **arguments)) == expected
    else:
        updated = rules.update(tree, **arguments)
        assert updated == singly
        assert list(updated) == expected.elements()
    assert (tree.root, list(tree)) == before


@evidence(
    "PAYY-MERKLE-T07",
    exhaustive="depth 1 over two leaves a slot, every tree, up to 2 removals and 2 insertions by "
    "these leaves and 0",
)
def test_every_small_update_is_its_steps() -> None:
    """Verdict and result of every small update are those of its steps."""
    depth = Depth(1)
    zeros = (FieldElement(2), FieldElement(MODULUS - 1))
    ones = (FieldElement(1), FieldElement(3))
    states = list(product((EMPTY_LEAF, *zeros), (EMPTY_LEAF, *ones)))
    trees = {state: persistent(depth, [e for e in state if e]) for state in states}
    sequences = [
        sequence
        for length in range(3)
        for sequence in product((*zeros, *ones, EMPTY_LEAF), repeat=length)
    ]
    for state, remove, insert in product(states, sequences, sequences):
        expected = model_of(depth, filter(None, state)).updated(remove=remove, insert=insert)
        tree = trees[state]
        updated = one_update(tree, UpdateScript(remove=remove, insert=insert))
        if isinstance(expected, ErrorCode) or isinstance(updated, ErrorCode):
            assert updated == expected
        else:
            left, right = (FieldElement(expected.leaf_in.get(slot, 0)) for slot in (0, 1))
            assert updated == trees[left, right]


@evidence("PAYY-MERKLE-T07")
@given(clash_depths, st.data())
def test_update_is_its_steps(depth: Depth, data: st.DataObject) -> None:
    """Any update gives the tree or the code of its steps, and leaves the old tree alone."""
    members = data.draw(leaf_sets(depth))
    check_update(persistent(depth, members), data.draw(update_scripts(depth, members)))


@evidence("PAYY-MERKLE-T07")
@few_examples
@given(clash_depths, st.data())
def test_element_is_removed_and_put_back_in_one_update(depth: Depth, data: st.DataObject) -> None:
    """Removals come first: a member, or one that clashes with it, may take the emptied slot."""
    member, clashing = data.draw(clashing_pairs(depth))
    others = [e for e in data.draw(leaf_sets(depth)) if (e - member) % 2**depth]
    tree = persistent(depth, [member, *others])
    assert rules.update(tree, remove=[member], insert=[member]) == tree
    replaced = rules.update(tree, remove=[member], insert=[clashing])
    assert replaced == persistent(depth, [clashing, *others])
    for remove, insert, code in (
        ([member, member], [], ErrorCode.MERKLE_ELEMENT_ABSENT),
        ([clashing], [clashing], ErrorCode.MERKLE_ELEMENT_ABSENT),
        ([member, clashing], [], ErrorCode.MERKLE_ELEMENT_ABSENT),
        ([member], [member, member], ErrorCode.MERKLE_SLOT_OCCUPIED),
        ([member], [clashing, member], ErrorCode.MERKLE_SLOT_OCCUPIED),
        ([], [member], ErrorCode.MERKLE_SLOT_OCCUPIED),
    ):
        script = UpdateScript(remove=tuple(remove), insert=tuple(insert))
        check_update(tree, script)
        assert one_by_one(tree, script) == code


@evidence("PAYY-MERKLE-T07")
@few_examples
@given(depths, st.data())
def test_steps_prove_both_of_their_roots(depth: Depth, data: st.DataObject) -> None:
    """Each step's path leads from the leaf before and after to the root before and after."""
    members = data.draw(leaf_sets(depth))
    script = data.draw(accepted_updates(depth, members))
    for tree in both_forms(depth, members):
        updated, steps = rules.update_with_steps(tree, remove=script.remove, insert=script.insert)
        assert updated == rules.update(tree, remove=script.remove, insert=script.insert)
        assert tuple(step.element for step in steps) == script.remove + script.insert
        root = tree.root
        for number, step in enumerate(steps):
            removes = number < len(script.remove)
            leaves_of_step = (step.leaf_before, step.leaf_after)
            assert leaves_of_step == ((step.element, 0) if removes else (0, step.element))
            slot = step.element % 2**depth
            assert len(step.siblings) == depth
            assert step.root_before == root == path_root(step.leaf_before, slot, step.siblings)
            assert step.root_after == path_root(step.leaf_after, slot, step.siblings)
            root = step.root_after
        assert root == updated.root


@evidence("PAYY-MERKLE-T07")
@given(depths, st.data())
def test_empty_update_changes_nothing(depth: Depth, data: st.DataObject) -> None:
    """An update without steps gives the same tree and no steps."""
    for tree in both_forms(depth, data.draw(leaf_sets(depth))):
        assert rules.update(tree, remove=(), insert=()) == tree
        assert rules.update_with_steps(tree, remove=(), insert=()) == (tree, ())


# T08, a path speaks of one element


@evidence("PAYY-MERKLE-T08")
@few_examples
@given(depths, st.data())
def test_path_of_one_element_shows_no_other(depth: Depth, data: st.DataObject) -> None:
    """The path of a member proves that member and no alias, neighbour, clash or other member."""
    members = data.draw(leaf_sets(depth, minimum=1))
    member = data.draw(st.sampled_from(members))
    tree = persistent(depth, members)
    siblings = rules.path(tree, member)
    assert proves_inclusion(depth, member, siblings, tree.root)
    others = {
        0,
        *members,
        *aliases(member),
        *(member ^ 1 << bit for bit in (0, depth - 1, min(depth, 255))),
        data.draw(st.sampled_from(CORNER_ELEMENTS)),
        data.draw(elements()),
    }
    for other in others - {member}:
        assert not proves_inclusion(depth, other, siblings, tree.root)


@evidence("PAYY-MERKLE-T08", part="aliases at depths 1 to 3")
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_aliases_of_members_are_not_members(depth: int) -> None:
    """In small trees an alias shares the slot and the residue of a member, and is still refused."""
    checked = Depth(depth)
    for chosen in subsets(EIGHT[:5] if depth == 3 else tuple(map(FieldElement, (4, 1)))):
        tree = persistent(checked, chosen)
        for member in chosen:
            for alias in aliases(member):
                assert not includes(tree, alias)
                assert not path_matches(alias, rules.path(tree, member), tree.root)
                assert excludes(tree, alias)
                assert not rules.contains(tree, alias)


@evidence("PAYY-MERKLE-T08", part="values of p or more as arguments of changes")
@few_examples
@given(clash_depths, st.data())
def test_values_beyond_the_modulus_are_refused(depth: Depth, data: st.DataObject) -> None:
    """A change that names a value of p or more anywhere is refused, whatever else it names."""
    members = data.draw(leaf_sets(depth, minimum=1))
    script = data.draw(update_scripts(depth, members))
    alias = data.draw(st.sampled_from(aliases(members[0])) | non_canonical_elements())
    sequences: dict[str, Sequence[int]] = {
        "leaves": members,
        "remove": script.remove,
        "insert": script.insert,
    }
    for name, sequence in sequences.items():
        spoiled = list(sequence)
        spoiled.insert(data.draw(st.integers(0, len(spoiled))), alias)
        given_words: dict[str, Json] = {
            key: [f"0x{value:064x}" for value in values]
            for key, values in {**sequences, name: spoiled}.items()
        }
        for operation in ("update", "update_steps"):
            answer = run_operation(
                "mainnet", "merkle", operation, {"depth": str(depth), **given_words}
            )
            assert answer == {"result": "rejected", "error": "FIELD_ELEMENT_NOT_CANONICAL"}


@evidence("PAYY-MERKLE-T08")
@few_examples
@given(depths, st.data())
def test_damaged_paths_show_nothing(depth: Depth, data: st.DataObject) -> None:
    """A path with another sibling, another root or two siblings swapped shows nothing."""
    members = data.draw(leaf_sets(depth, minimum=1))
    tree = persistent(depth, members)
    siblings = list(rules.path(tree, members[0]))
    level = data.draw(st.integers(0, depth - 1))
    changed = [*siblings[:level], FieldElement(siblings[level] ^ 1), *siblings[level + 1 :]]
    reverse = siblings[::-1]
    for damaged in [changed] + [reverse] * (reverse != siblings):
        assert not proves_inclusion(depth, members[0], damaged, tree.root)
        assert not proves_absence(depth, members[0], 0, damaged, tree.root)
    for root in (tree.root ^ 1, tree.root + MODULUS, 0):
        assert not proves_inclusion(depth, members[0], siblings, FieldElement(root))


@evidence("PAYY-MERKLE-T08")
@few_examples
@given(depths, st.data())
def test_inner_nodes_do_not_pass_for_leaves(depth: Depth, data: st.DataObject) -> None:
    """A path of another length is refused, so that an inner node is no leaf."""
    members = data.draw(leaf_sets(depth, minimum=1))
    tree = persistent(depth, members)
    siblings = rules.path(tree, members[0])
    node = path_nodes(members[0], members[0] % 2**depth, siblings)[1]
    for wrong in (siblings[1:], (*siblings, EMPTY_LEAF), ()):
        for check in (
            lambda: proves_inclusion(depth, node, wrong, tree.root),  # noqa: B023
            lambda: proves_absence(depth, node, 0, wrong, tree.root),  # noqa: B023
        ):
            assert verdict(check) == ErrorCode.MERKLE_PATH_LENGTH


# T11, old trees stay


@evidence("PAYY-MERKLE-T11")
@few_examples
@given(clash_depths, st.data())
def test_old_trees_stay(depth: Depth, data: st.DataObject) -> None:
    """After branching updates, accepted and refused, every tree is the one that it was."""
    members = data.draw(leaf_sets(depth))
    versions = [persistent(depth, members)]
    contents = [sorted(members)]
    for _ in range(4):
        tree = data.draw(st.sampled_from(versions))
        script = data.draw(update_scripts(depth, tuple(tree)))
        try:
            updated = rules.update(tree, remove=script.remove, insert=script.insert)
        except SpecError:
            continue
        versions.append(updated)
        contents.append(sorted(updated))
    for tree, content in zip(versions, contents, strict=True):
        assert sorted(tree) == content
        fresh = PersistentTree.of(depth, content)
        assert tree == fresh
        assert tree.root == fresh.root
        assert all(includes(tree, element) for element in content[:1])
