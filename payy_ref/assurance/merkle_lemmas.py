"""
Lemmas of the tree, over a hash of which nothing is assumed.

The functions are read from their source; the walk to the root is read one turn of its loop at a
time. Statements about a whole path or tree are split into a base, for height 0, and a step, from
height h to h + 1, in which the statement for h is a hypothesis. Both are proved by the engines.
**What no engine checks is the principle of induction that joins them**, and that the loop of
`path_nodes` starts at the leaf and takes the siblings in order, each once; both are listed as
assumptions of the entries.

A hash that is not injective is no obstacle: where a statement needs it, the hypothesis is that one
pair of inputs does not collide. A collision means two inputs that differ as field elements, since
the hash reduces what it is given. `extraction_step` and `extraction_finds_collision` show the same
the other way round: from contradicting paths, `extract_collision` takes such a collision.

Definitions that the lemmas unfold:

* `root(h, node, slot, path)`: where h turns of the loop lead. `root(0, n, s, p) = n`, and
  `root(h + 1, n, s, p) = root(h, n', s', tail p)` with n', s' after one turn with `head p`.
* `clean(h, ...)`: no level of two walks has a collision: incongruent children, equal parents.
* `node(h, i, leaves)`: the i-th node of height h. `node(0, i, leaves) = leaves[i]`, and
  `node(h + 1, i, leaves) = H(node(h, 2i, leaves), node(h, 2i + 1, leaves))`.
"""

from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.obligations import Claim, Models, lemma
from payy_ref.assurance.source_hash import Function
from payy_ref.assurance.symbolic import Term, Translator
from payy_ref.crypto.field import is_canonical, reduce
from payy_ref.merkle.kernels import slot_of, split_slot
from payy_ref.merkle.path import (
    extract_collision,
    path_nodes,
    path_root,
    proves_absence,
    proves_inclusion,
)
from payy_ref.merkle.tree import changed, slot_after_insertion, slot_after_removal

INDUCTION: Final = "induction over the height joins base and step"
LOOP: Final = "path_nodes starts at the leaf and runs its loop's body once a sibling, in order"
NODES: Final = (
    "every node is the hash of its halves, as naive.subtree_root computes it (PAYY-MERKLE-T06)"
)
UPDATE: Final = (
    "tree.changed runs its loop's body once a change, in order, on what the changes before left, "
    "and writes what they leave (PAYY-MERKLE-T07)"
)
EXTRACTION: Final = (
    "extract_collision runs its loop's body once a level, upwards, on the nodes of both walks, "
    "and returns the children of the level at which it stops"
)
SOUNDNESS: Final = "path_root has the property that base and step prove of it"
RESIDUES: Final = "canonical nodes are their own residues (PAYY-HASH-T04)"
NO_COLLISION: Final = "the two paths contain no collision of the hash"

INTEGER: Final = z3.IntSort()
PATH: Final = z3.DeclareSort("Path")
LEAVES: Final = z3.ArraySort(INTEGER, INTEGER)

hash_of: Final = z3.Function("hash", INTEGER, INTEGER, INTEGER)
head: Final = z3.Function("head", PATH, INTEGER)
tail: Final = z3.Function("tail", PATH, PATH)
length: Final = z3.Function("length", PATH, INTEGER)
residue: Final = z3.Function("residue", INTEGER, INTEGER)
root: Final = z3.Function("root", INTEGER, INTEGER, INTEGER, PATH, INTEGER)
congruent_siblings: Final = z3.Function("congruent_siblings", INTEGER, PATH, PATH, z3.BoolSort())
clean: Final = z3.Function(
    "clean", INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, PATH, PATH, z3.BoolSort()
)
Children = tuple[Term, Term]
"""The two inputs of the hash."""

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


def modelled_residue(value: Term) -> Term:
    """Stand for `reduce`; of residues a proof needs only what `residue_of_canonical` says."""
    return residue(value)


def residue_of_canonical(read: Translator, *nodes: Term) -> Term:
    """State what the contract of `reduce` says of canonical nodes: they are their own residues."""
    return z3.And(*(z3.Implies(read.call(is_canonical, n), residue(n) == n) for n in nodes))


def no_collision(read: Translator, first: Children, second: Children) -> Term:
    """Say that two inputs of the hash do not collide: one output only for the same residues."""
    pairs = zip(first, second, strict=True)
    same_inputs = z3.And(*(read.call(reduce, a) == read.call(reduce, b) for a, b in pairs))
    return z3.Implies(hash_of(*first) == hash_of(*second), same_inputs)


def canonical(read: Translator, *nodes: Term) -> Term:
    """Say that nodes are below p, as leaves are that a verifier admits, and outputs of the hash."""
    return z3.And(*(read.call(is_canonical, each) for each in nodes))


RESIDUE_MODEL: Final[Models] = {reduce: modelled_residue}


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


@lemma("PAYY-MERKLE-T01", assumptions=[INDUCTION, LOOP], models=RESIDUE_MODEL)
def path_soundness_step(read: Translator) -> Claim:
    """
    Two paths of one slot to one root have the same leaf and congruent siblings, or a collision.

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
                z3.And(roots[0] == roots[1], rest_is_clean, canonical(read, above, other_above)),
                z3.And(above == other_above, congruent_siblings(height, *tails)),
            ),
            "roots agree": whole[0] == whole[1],
            "no collision at this level": no_collision(read, *children),
            "no collision above": rest_is_clean,
            "nodes canonical": canonical(read, *nodes, above, other_above),
            RESIDUES: residue_of_canonical(read, *nodes),
        },
        conclusion=z3.And(
            nodes[0] == nodes[1],
            read.call(reduce, head(paths[0])) == read.call(reduce, head(paths[1])),
            congruent_siblings(height, *tails),
        ),
    )


class Extraction:
    """One turn of the loop of `extract_collision`, between two levels of two walks."""

    def __init__(self, read: Translator) -> None:
        level, slot = z3.Ints("level slot")
        walks = z3.Consts("first_walk second_walk", LEAVES)
        siblings = z3.Ints("sibling other_sibling")
        self.nodes = [walk[level] for walk in walks]
        self.parents = [walk[level + 1] for walk in walks]
        turns = list(zip(self.nodes, siblings, strict=True))
        self.children = [step(read, n, slot, a, pair)[0] for n, a in turns]
        above = [step(read, n, slot, a, hash_of)[0] for n, a in turns]
        self.are_walks = z3.And(*(p == n for p, n in zip(self.parents, above, strict=True)))
        names = {
            "level": level,
            "slot": slot,
            "a": siblings[0],
            "b": siblings[1],
            "first_nodes": walks[0],
            "second_nodes": walks[1],
        }
        read.loop_step(extract_collision, names)
        (self.stops,) = read.exits


@lemma("PAYY-MERKLE-T01", assumptions=[INDUCTION, LOOP, EXTRACTION])
def extraction_step(read: Translator) -> Claim:
    """
    Where two walks stand at different nodes, the extraction stops, or their parents differ too.

    The base is that the leaves differ. So it stops before two equal roots, which would differ.
    """
    turn = Extraction(read)
    return Claim(
        hypotheses={"nodes differ": turn.nodes[0] != turn.nodes[1]},
        conclusion=z3.Or(turn.stops, turn.parents[0] != turn.parents[1]),
    )


@lemma("PAYY-MERKLE-T01", assumptions=[INDUCTION, LOOP, EXTRACTION], models=RESIDUE_MODEL)
def extraction_finds_collision(read: Translator) -> Claim:
    """
    Where the extraction stops first, it has two inputs of the hash with one output.

    They differ as field elements too, so it is more than an input and the same with p added: nodes
    are below p, leaves because the verifiers say so, the others as outputs of the hash.
    """
    turn = Extraction(read)
    first, second = turn.children
    residues = [[read.call(reduce, child) for child in children] for children in turn.children]
    return Claim(
        hypotheses={
            "walks": turn.are_walks,
            "stops": turn.stops,
            "nodes differ": turn.nodes[0] != turn.nodes[1],
            "nodes canonical": canonical(read, *turn.nodes),
            RESIDUES: residue_of_canonical(read, *turn.nodes),
        },
        conclusion=z3.And(
            hash_of(*first) == hash_of(*second),
            z3.Or(*(a != b for a, b in zip(*residues, strict=True))),
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


@lemma("PAYY-MERKLE-T08", assumptions=[INDUCTION, LOOP], models=RESIDUE_MODEL)
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
                z3.And(roots[0] == roots[1], rest_is_clean, canonical(read, above, other_above)),
                above == other_above,
            ),
            "roots agree": whole[0] == whole[1],
            "no collision at this level": no_collision(read, *children),
            "no collision above": rest_is_clean,
            "nodes canonical": canonical(read, *nodes, above, other_above),
            RESIDUES: residue_of_canonical(read, *nodes),
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
                z3.And(roots[0] == roots[1], is_clean, canonical(read, *elements)),
                elements[0] == elements[1],
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
                z3.And(roots[0] == roots[1], is_clean, canonical(read, element, occupant)),
                element == occupant,
            ),
            NO_COLLISION: is_clean,
        },
        conclusion=z3.Not(z3.And(shown, denied)),
    )


@lemma("PAYY-MERKLE-T05", models=VERIFIER_MODELS, assumptions=[SOUNDNESS, NODES])
def absence_can_be_shown(read: Translator) -> Claim:
    """
    What is not in the tree is shown to be absent by the path of its slot, with what stands there.

    That the path leads to the root is the frame lemma's (PAYY-MERKLE-T04), for a change of nothing.
    """
    element, occupant, depth, claimed = z3.Ints("element occupant depth claimed_root")
    path = z3.Const("path", PATH)
    slot = slot_at(read, element, depth)
    with read.attempting() as required:
        denied = read.call(proves_absence, depth, element, occupant, path, claimed)
    return Claim(
        hypotheses={
            "depth allowed": z3.And(depth >= 1, depth <= 256),
            "a path of this tree": length(path) == depth,
            "path leads to the root": root(depth, occupant, slot, path) == claimed,
            "leaves are canonical": read.call(is_canonical, occupant),
            "leaves stand in their slots": z3.Or(
                occupant == 0, slot_at(read, occupant, depth) == slot
            ),
            "element absent": occupant != element,
        },
        conclusion=z3.And(denied, *required),
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


def removal(read: Translator, leaves: Term, element: Term, capacity: Term) -> Term:
    """Read one turn of the loop of `changed`: the leaves after a removal."""
    return _change(read, leaves, element, capacity, slot_after_removal)


def insertion(read: Translator, leaves: Term, element: Term, capacity: Term) -> Term:
    """Read one turn of the loop of `changed`: the leaves after an insertion."""
    return _change(read, leaves, element, capacity, slot_after_insertion)


def _change(read: Translator, leaves: Term, element: Term, capacity: Term, rule: Function) -> Term:
    names = {
        "rule": rule,
        "element": element,
        "capacity": capacity,
        "leaves": leaves,
        "occupant": leaves,
    }
    return read.loop_step(changed, names)["leaves"]


@lemma("PAYY-MERKLE-T02", assumptions=[NODES, UPDATE])
def insertions_commute(read: Translator) -> Claim:
    """
    Two insertions are both accepted in one order if and only if they are in the other.

    Then they give the same leaves, and so the same tree, since a node is a function of the leaves.
    It holds for slots that are shared as well: neither order is accepted.
    """
    before, elements = z3.Const("leaves", LEAVES), z3.Ints("element other_element")
    capacity, height, index = z3.Ints("capacity height index")
    accepted, results = [], []
    for order in (elements, elements[::-1]):
        with read.attempting() as required:
            leaves = before
            for element in order:
                leaves = insertion(read, leaves, element, capacity)
        accepted.append(z3.And(*required))
        results.append(leaves)
    same_leaves = results[0] == results[1]
    same_node = node(height, index, results[0]) == node(height, index, results[1])
    return Claim(
        hypotheses={"capacity positive": capacity >= 1},
        conclusion=z3.And(
            accepted[0] == accepted[1], z3.Implies(accepted[0], z3.And(same_leaves, same_node))
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


@lemma("PAYY-MERKLE-T03", assumptions=[NODES, UPDATE])
def removal_undoes_insertion(read: Translator) -> Claim:
    """After an accepted insertion the removal is accepted, and gives the leaves of before."""
    before, (element, capacity) = z3.Const("leaves", LEAVES), z3.Ints("element capacity")
    with read.attempting() as required_first:
        between = insertion(read, before, element, capacity)
    with read.attempting() as required_then:
        after = removal(read, between, element, capacity)
    return Claim(
        hypotheses={
            "capacity positive": capacity >= 1,
            "insertion accepted": z3.And(*required_first),
        },
        conclusion=z3.And(*required_then, after == before),
    )


@lemma("PAYY-MERKLE-T03", assumptions=[NODES, UPDATE])
def insertion_undoes_removal(read: Translator) -> Claim:
    """After an accepted removal the insertion is accepted, and gives the leaves of before."""
    before, (element, capacity) = z3.Const("leaves", LEAVES), z3.Ints("element capacity")
    with read.attempting() as required_first:
        between = removal(read, before, element, capacity)
    with read.attempting() as required_then:
        after = insertion(read, between, element, capacity)
    return Claim(
        hypotheses={
            "capacity positive": capacity >= 1,
            "removal accepted": z3.And(*required_first),
        },
        conclusion=z3.And(*required_then, after == before),
    )


@lemma("PAYY-MERKLE-T10")
def slots_take_or_give(read: Translator) -> Claim:
    """
    A slot takes an element if and only if it is empty, and gives the one that it holds.

    Never both, never 0; and after either the other is possible.
    """
    occupant, element = z3.Ints("occupant element")

    def attempt(judge: Function, stands: Term) -> tuple[Term, Term]:
        with read.attempting() as required:
            left = read.call(judge, stands, element)
        return z3.And(*required), left

    takes, taken = attempt(slot_after_insertion, occupant)
    gives, given = attempt(slot_after_removal, occupant)
    return Claim(
        hypotheses={},
        conclusion=z3.And(
            takes == z3.And(element != 0, occupant == 0),
            gives == z3.And(element != 0, occupant == element),
            z3.Not(z3.And(takes, gives)),
            z3.Implies(takes, attempt(slot_after_removal, taken)[0]),
            z3.Implies(gives, attempt(slot_after_insertion, given)[0]),
        ),
    )
