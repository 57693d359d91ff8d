"""
Lemmas of the tree, over a hash of which nothing is assumed.

The functions are read from their source; the walk to the root is read one turn of its loop at a
time. Statements about a whole path or tree are split into a base, for height 0, and a step, from
height h to h + 1, in which the statement for h is a hypothesis. Both are proved by the engines.
**What no engine checks is the principle of induction that joins them**, and that the loop of
`path_nodes` starts at the leaf and takes the siblings in order, each once; both are listed as
assumptions of the entries.

A hash that is not injective is no obstacle: where a statement needs two inputs of the hash to
differ, its hypothesis is that this one pair does not collide. Read the other way round, a
counterexample to the statement hands over a collision, which `extract_collision` finds.

Definitions that the lemmas unfold:

* `root(h, node, slot, path)`: where h turns of the loop lead. `root(0, n, s, p) = n`, and
  `root(h + 1, n, s, p) = root(h, n', s', tail p)` with n', s' after one turn with `head p`.
* `clean(h, ...)`: no level of two walks has different children with equal parents.
* `node(h, i, leaves)`: the i-th node of height h. `node(0, i, leaves) = leaves[i]`, and
  `node(h + 1, i, leaves) = H(node(h, 2i, leaves), node(h, 2i + 1, leaves))`.
"""

from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.obligations import Claim, Models, lemma
from payy_ref.assurance.symbolic import Term, Translator
from payy_ref.merkle.kernels import slot_accepts, slot_of, slot_releases, split_slot
from payy_ref.merkle.path import path_nodes, path_root, proves_absence, proves_inclusion

INDUCTION: Final = "induction over the height joins base and step"
LOOP: Final = "path_nodes starts at the leaf and runs its loop's body once a sibling, in order"
NODES: Final = (
    "every node is the hash of its halves, as naive.subtree_root computes it (PAYY-MERKLE-T06)"
)
RULES: Final = (
    "tree.update asks these rules of the slot's occupant, then writes it (PAYY-MERKLE-T07)"
)
SOUNDNESS: Final = "path_root has the property that base and step prove of it"
NO_COLLISION: Final = "the two paths contain no collision of the hash"

INTEGER: Final = z3.IntSort()
PATH: Final = z3.DeclareSort("Path")
LEAVES: Final = z3.ArraySort(INTEGER, INTEGER)

hash_of: Final = z3.Function("hash", INTEGER, INTEGER, INTEGER)
head: Final = z3.Function("head", PATH, INTEGER)
tail: Final = z3.Function("tail", PATH, PATH)
length: Final = z3.Function("length", PATH, INTEGER)
root: Final = z3.Function("root", INTEGER, INTEGER, INTEGER, PATH, INTEGER)
same_siblings: Final = z3.Function("same_siblings", INTEGER, PATH, PATH, z3.BoolSort())
clean: Final = z3.Function(
    "clean", INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, PATH, PATH, z3.BoolSort()
)
node: Final = z3.Function("node", INTEGER, INTEGER, LEAVES, INTEGER)


def pair(left: int, right: int) -> tuple[int, int]:
    """Stand in for the hash where its two inputs are wanted."""
    return left, right


def step(read: Translator, child: Term, slot: Term, sibling: Term, hash_pair: Term) -> Term:
    """Read one turn of the walk to the root: the parent and its slot."""
    start = {"nodes": (child,), "slot": slot, "sibling": sibling, "hash_pair": hash_pair}
    after = read.loop_step(path_nodes, start)
    _, parent = after["nodes"]
    return parent, after["slot"]


def no_collision(first: tuple[Term, Term], second: tuple[Term, Term]) -> Term:
    """Say that two inputs of the hash do not collide."""
    same_inputs = z3.And(first[0] == second[0], first[1] == second[1])
    return z3.Implies(hash_of(*first) == hash_of(*second), same_inputs)


# Paths


@lemma("PAYY-MERKLE-T01", assumptions=[INDUCTION, LOOP])
def path_soundness_base(_: Translator) -> Claim:
    """Paths of no siblings that lead to one root start at one leaf."""
    leaves, paths, slot = (
        z3.Ints("leaf other_leaf"),
        z3.Consts("path other_path", PATH),
        z3.Int("slot"),
    )
    roots = [root(0, leaf, slot, path) for leaf, path in zip(leaves, paths, strict=True)]
    return Claim(
        hypotheses={
            "roots agree": roots[0] == roots[1],
            "definition of root": z3.And(roots[0] == leaves[0], roots[1] == leaves[1]),
        },
        conclusion=leaves[0] == leaves[1],
    )


@lemma("PAYY-MERKLE-T01", assumptions=[INDUCTION, LOOP])
def path_soundness_step(read: Translator) -> Claim:
    """
    Two paths of one slot to one root have the same leaf and the same siblings, or a collision.

    Shown for h + 1 siblings if it holds for h.
    """
    height, slot = z3.Ints("height slot")
    nodes, paths = z3.Ints("node other_node"), z3.Consts("path other_path", PATH)
    (above, upper), (other_above, _) = (
        step(read, n, slot, head(p), hash_of) for n, p in zip(nodes, paths, strict=True)
    )
    children = [step(read, n, slot, head(p), pair)[0] for n, p in zip(nodes, paths, strict=True)]
    tails = (tail(paths[0]), tail(paths[1]))
    roots = root(height, above, upper, tails[0]), root(height, other_above, upper, tails[1])
    rest_is_clean = clean(height, above, other_above, upper, upper, *tails)
    whole = [root(height + 1, n, slot, p) for n, p in zip(nodes, paths, strict=True)]
    return Claim(
        hypotheses={
            "definition of root": z3.And(whole[0] == roots[0], whole[1] == roots[1]),
            "induction": z3.Implies(
                z3.And(roots[0] == roots[1], rest_is_clean),
                z3.And(above == other_above, same_siblings(height, *tails)),
            ),
            "roots agree": whole[0] == whole[1],
            "no collision at this level": no_collision(*children),
            "no collision above": rest_is_clean,
        },
        conclusion=z3.And(
            nodes[0] == nodes[1], head(paths[0]) == head(paths[1]), same_siblings(height, *tails)
        ),
    )


@lemma("PAYY-MERKLE-T08", assumptions=[INDUCTION, LOOP])
def one_path_one_leaf_base(_: Translator) -> Claim:
    """From a path of no siblings, one root leads back to one leaf."""
    leaves, slots, path = (
        z3.Ints("leaf other_leaf"),
        z3.Ints("slot other_slot"),
        z3.Const("path", PATH),
    )
    roots = [root(0, leaf, slot, path) for leaf, slot in zip(leaves, slots, strict=True)]
    return Claim(
        hypotheses={
            "roots agree": roots[0] == roots[1],
            "definition of root": z3.And(roots[0] == leaves[0], roots[1] == leaves[1]),
        },
        conclusion=leaves[0] == leaves[1],
    )


@lemma("PAYY-MERKLE-T08", assumptions=[INDUCTION, LOOP])
def one_path_one_leaf_step(read: Translator) -> Claim:
    """
    The same siblings lead to one root from one leaf only, whatever the slots, or a collision.

    Shown for h + 1 siblings if it holds for h. Where the slots part, two equal parents have their
    children crosswise equal: both nodes are the shared sibling.
    """
    height, slots, nodes = z3.Int("height"), z3.Ints("slot other_slot"), z3.Ints("node other_node")
    path = z3.Const("path", PATH)
    (above, upper), (other_above, other_upper) = (
        step(read, n, s, head(path), hash_of) for n, s in zip(nodes, slots, strict=True)
    )
    children = [step(read, n, s, head(path), pair)[0] for n, s in zip(nodes, slots, strict=True)]
    rest = tail(path)
    roots = root(height, above, upper, rest), root(height, other_above, other_upper, rest)
    rest_is_clean = clean(height, above, other_above, upper, other_upper, rest, rest)
    whole = [root(height + 1, n, s, path) for n, s in zip(nodes, slots, strict=True)]
    return Claim(
        hypotheses={
            "definition of root": z3.And(whole[0] == roots[0], whole[1] == roots[1]),
            "induction": z3.Implies(
                z3.And(roots[0] == roots[1], rest_is_clean), above == other_above
            ),
            "roots agree": whole[0] == whole[1],
            "no collision at this level": no_collision(*children),
            "no collision above": rest_is_clean,
        },
        conclusion=nodes[0] == nodes[1],
    )


def modelled_root(leaf: Term, slot: Term, siblings: Term) -> Term:
    """Stand for `path_root`, of which the lemmas above speak."""
    return root(length(siblings), leaf, slot, siblings)


def modelled_length(siblings: Term) -> Term:
    """Stand for `len`."""
    return length(siblings)


VERIFIER_MODELS: Final[Models] = {path_root: modelled_root, len: modelled_length}


def slot_at(read: Translator, element: Term, depth: Term) -> Term:
    """Give the slot of an element in a tree of this depth."""
    capacity = read.expression("2**depth", {"depth": depth}, path_nodes)
    return read.call(slot_of, element, capacity)


@lemma("PAYY-MERKLE-T08", models=VERIFIER_MODELS, assumptions=[SOUNDNESS])
def one_path_proves_one_element(read: Translator) -> Claim:
    """A path that shows an element to be in the tree shows no other one to be in it."""
    elements, depth = z3.Ints("element other_element"), z3.Int("depth")
    path, claimed = z3.Const("path", PATH), z3.Int("claimed_root")
    slots = [slot_at(read, element, depth) for element in elements]
    roots = [root(depth, e, s, path) for e, s in zip(elements, slots, strict=True)]
    is_clean = clean(depth, *elements, *slots, path, path)
    return Claim(
        hypotheses={
            "depth allowed": z3.And(depth >= 1, depth <= 256),
            "lemma on one path": z3.Implies(
                z3.And(roots[0] == roots[1], is_clean), elements[0] == elements[1]
            ),
            NO_COLLISION: is_clean,
            "shown for one": read.call(proves_inclusion, depth, elements[0], path, claimed),
            "shown for the other": read.call(proves_inclusion, depth, elements[1], path, claimed),
        },
        conclusion=elements[0] == elements[1],
    )


@lemma("PAYY-MERKLE-T05", models=VERIFIER_MODELS, assumptions=[SOUNDNESS])
def absence_excludes_inclusion(read: Translator) -> Claim:
    """No element is shown to be in a tree and not to be in it, under one root."""
    element, occupant, depth, claimed = z3.Ints("element occupant depth claimed_root")
    present, absent = z3.Consts("path other_path", PATH)
    slot = slot_at(read, element, depth)
    roots = root(depth, element, slot, present), root(depth, occupant, slot, absent)
    is_clean = clean(depth, element, occupant, slot, slot, present, absent)
    shown = read.call(proves_inclusion, depth, element, present, claimed)
    denied = read.call(proves_absence, depth, element, occupant, absent, claimed)
    return Claim(
        hypotheses={
            "depth allowed": z3.And(depth >= 1, depth <= 256),
            "soundness of paths (PAYY-MERKLE-T01)": z3.Implies(
                z3.And(roots[0] == roots[1], is_clean), element == occupant
            ),
            NO_COLLISION: is_clean,
        },
        conclusion=z3.Not(z3.And(shown, denied)),
    )


# Updates


def child_nodes(height: Term, index: Term, leaves: Term) -> Term:
    """Unfold the definition of a node of height h + 1."""
    left, right = node(height, 2 * index, leaves), node(height, 2 * index + 1, leaves)
    return node(height + 1, index, leaves) == hash_of(left, right)


@lemma("PAYY-MERKLE-T04", assumptions=[INDUCTION, NODES])
def frame_base(_: Translator) -> Claim:
    """Writing one slot changes no other leaf."""
    leaves = z3.Const("leaves", LEAVES)
    slot, index, leaf = z3.Ints("slot index leaf")
    changed = z3.Store(leaves, slot, leaf)
    return Claim(
        hypotheses={
            "definition of node": z3.And(
                node(0, index, leaves) == leaves[index], node(0, index, changed) == changed[index]
            ),
            "another slot": slot != index,
        },
        conclusion=node(0, index, changed) == node(0, index, leaves),
    )


@lemma("PAYY-MERKLE-T04", assumptions=[INDUCTION, NODES])
def frame_step(read: Translator) -> Claim:
    """
    Writing one slot changes no node beside its way to the root.

    `place` is where the slot's way crosses height h: the slot with h direction bits taken off.
    """
    before, after = z3.Consts("leaves changed_leaves", LEAVES)
    height, place, index = z3.Ints("height place index")
    _, upper_place = read.call(split_slot, place)
    return Claim(
        hypotheses={
            "definition of node": z3.And(
                child_nodes(height, index, before), child_nodes(height, index, after)
            ),
            "induction, left half": z3.Implies(
                place != 2 * index,
                node(height, 2 * index, after) == node(height, 2 * index, before),
            ),
            "induction, right half": z3.Implies(
                place != 2 * index + 1,
                node(height, 2 * index + 1, after) == node(height, 2 * index + 1, before),
            ),
            "beside the way": upper_place != index,
        },
        conclusion=node(height + 1, index, after) == node(height + 1, index, before),
    )


@lemma("PAYY-MERKLE-T04", assumptions=[INDUCTION, NODES, LOOP])
def old_siblings_lead_to_new_root(read: Translator) -> Claim:
    """
    The walk from the new leaf along the old siblings meets the nodes of the new tree.

    So the path of a slot is the same before and after its change, as circuits use it. The base is
    the definition of a leaf.
    """
    before, after = z3.Consts("leaves changed_leaves", LEAVES)
    height, place = z3.Ints("height place")
    beside = z3.If(place % 2 == 0, place + 1, place - 1)
    new_node, old_sibling = node(height, place, after), node(height, beside, before)
    parent, upper_place = step(read, new_node, place, old_sibling, hash_of)
    return Claim(
        hypotheses={
            "definition of node": child_nodes(height, upper_place, after),
            "frame": old_sibling == node(height, beside, after),
        },
        conclusion=parent == node(height + 1, upper_place, after),
    )


@lemma("PAYY-MERKLE-T02", assumptions=[NODES, RULES])
def insertions_commute(read: Translator) -> Claim:
    """
    Two insertions are both accepted in one order if and only if they are in the other.

    Then they give the same leaves, and so the same tree, since a node is a function of the leaves.
    It holds for slots that are shared as well: neither order is accepted.
    """
    leaves, elements = z3.Const("leaves", LEAVES), z3.Ints("element other_element")
    capacity, height, index = z3.Ints("capacity height index")
    orders = (elements, elements[::-1])
    accepted, results = [], []
    for order in orders:
        state, allowed = leaves, z3.BoolVal(True)
        for element in order:
            slot = read.call(slot_of, element, capacity)
            allowed = z3.And(allowed, read.call(slot_accepts, state[slot], element))
            state = z3.Store(state, slot, element)
        accepted.append(allowed)
        results.append(state)
    return Claim(
        hypotheses={"capacity positive": capacity >= 1},
        conclusion=z3.And(
            accepted[0] == accepted[1],
            z3.Implies(
                accepted[0],
                z3.And(
                    results[0] == results[1],
                    node(height, index, results[0]) == node(height, index, results[1]),
                ),
            ),
        ),
    )


@lemma("PAYY-MERKLE-T02", assumptions=[INDUCTION, LOOP])
def updates_commute_at_fork(read: Translator) -> Claim:
    """
    Where the ways of two slots meet, updating one and then the other gives one parent.

    Each update takes the other's newest node as its sibling.
    """
    place, nodes = z3.Int("place"), z3.Ints("new_node other_new_node")
    beside = z3.If(place % 2 == 0, place + 1, place - 1)
    return Claim(
        hypotheses={},
        conclusion=z3.And(
            *(
                a == b
                for a, b in zip(
                    step(read, nodes[0], place, nodes[1], hash_of),
                    step(read, nodes[1], beside, nodes[0], hash_of),
                    strict=True,
                )
            )
        ),
    )


@lemma("PAYY-MERKLE-T03", assumptions=[NODES, RULES])
def removal_undoes_insertion(read: Translator) -> Claim:
    """After an accepted insertion the removal is accepted, and gives the leaves of before."""
    leaves = z3.Const("leaves", LEAVES)
    element, capacity = z3.Ints("element capacity")
    slot = read.call(slot_of, element, capacity)
    inserted = z3.Store(leaves, slot, element)
    return Claim(
        hypotheses={
            "capacity positive": capacity >= 1,
            "insertion accepted": read.call(slot_accepts, leaves[slot], element),
        },
        conclusion=z3.And(
            read.call(slot_releases, inserted[slot], element), z3.Store(inserted, slot, 0) == leaves
        ),
    )


@lemma("PAYY-MERKLE-T03", assumptions=[NODES, RULES])
def insertion_undoes_removal(read: Translator) -> Claim:
    """After an accepted removal the insertion is accepted, and gives the leaves of before."""
    leaves = z3.Const("leaves", LEAVES)
    element, capacity = z3.Ints("element capacity")
    slot = read.call(slot_of, element, capacity)
    removed = z3.Store(leaves, slot, 0)
    return Claim(
        hypotheses={
            "capacity positive": capacity >= 1,
            "removal accepted": read.call(slot_releases, leaves[slot], element),
        },
        conclusion=z3.And(
            read.call(slot_accepts, removed[slot], element),
            z3.Store(removed, slot, element) == leaves,
        ),
    )


@lemma("PAYY-MERKLE-T10")
def rules_exclude_each_other(read: Translator) -> Claim:
    """No element can be both inserted and removed at once, and 0 can be neither."""
    occupant, element = z3.Ints("occupant element")
    accepts = read.call(slot_accepts, occupant, element)
    releases = read.call(slot_releases, occupant, element)
    return Claim(
        hypotheses={},
        conclusion=z3.And(
            z3.Not(z3.And(accepts, releases)),
            z3.Implies(element == 0, z3.Not(z3.Or(accepts, releases))),
        ),
    )
