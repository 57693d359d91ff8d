// The sparse Merkle tree. Its state is the set of its leaves, so it is kept as exactly that: slot -> element.
// A slot is the low `depth` bits of its element. Bit 0 chooses left (0) or right (1) at the deepest level,
// bit `depth - 1` chooses just under the root. A leaf is the element itself; an empty leaf is 0.

import { poseidon2 } from "./hash.js";
import { FIELD_MODULUS, Rejection } from "./forms.js";

const MAXIMUM_DEPTH = 256;
const EMPTY_LEAF = 0n;
const MAXIMUM_REMEMBERED_NODES = 200_000;

type Leaves = ReadonlyMap<bigint, bigint>;

function requireDepth(depth: bigint | number): number {
  if (depth < 1 || depth > MAXIMUM_DEPTH) throw new Rejection("MERKLE_DEPTH_OUT_OF_RANGE");
  return Number(depth);
}

export class SparseMerkleTree {
  private readonly depth: number;
  private readonly leaves = new Map<bigint, bigint>();

  constructor(depth: bigint, elements: readonly bigint[]) {
    this.depth = requireDepth(depth);
    elements.forEach((element) => this.insert(element));
  }

  copy(): SparseMerkleTree {
    return new SparseMerkleTree(BigInt(this.depth), [...this.leaves.values()]);
  }

  /** The leaves in ascending order of their slots. */
  elements(): bigint[] {
    return [...this.leaves].sort(([slot], [other]) => (slot < other ? -1 : 1)).map(([, element]) => element);
  }

  /** Nothing overwrites: a slot is taken by the same element and by another one with the same low bits alike. */
  insert(element: bigint): void {
    const slot = this.slotOf(element);
    if (this.leaves.has(slot)) throw new Rejection("MERKLE_SLOT_OCCUPIED");
    this.leaves.set(slot, element);
  }

  /** The whole element must match; finding something in its slot is not enough. */
  remove(element: bigint): void {
    const slot = this.slotOf(element);
    if (this.leaves.get(slot) !== element) throw new Rejection("MERKLE_ELEMENT_ABSENT");
    this.leaves.delete(slot);
  }

  /** What stands in the element's slot: the element, another one, or 0. */
  leafAt(element: bigint): bigint {
    return this.leaves.get(BigInt.asUintN(this.depth, element)) ?? EMPTY_LEAF;
  }

  root(): bigint {
    return subtreeRoot(this.leaves, this.depth);
  }

  /** The siblings of the element's slot, deepest first, whether or not the slot holds the element. */
  path(element: bigint): bigint[] {
    const siblings: bigint[] = [];
    let subtree: Leaves = this.leaves;
    for (let height = this.depth; height > 0; height -= 1) {
      const [left, right] = halves(subtree, height);
      const goesRight = bitOf(element, height - 1);
      siblings.push(subtreeRoot(goesRight ? left : right, height - 1));
      subtree = goesRight ? right : left;
    }
    return siblings.reverse();
  }

  private slotOf(element: bigint): bigint {
    if (element === EMPTY_LEAF) throw new Rejection("MERKLE_ELEMENT_ZERO");
    return BigInt.asUintN(this.depth, element);
  }
}

/** Whether the path leads from the element to the root. A value that is no field element is in no tree. */
export function verifyPath(element: bigint, siblings: readonly bigint[], root: bigint): boolean {
  requireDepth(siblings.length);
  return element < FIELD_MODULUS && rootOfPath(element, element, siblings) === root;
}

/** The verifier fixes the depth: leaves and nodes are hashed alike, so a shorter path could show a node as a leaf. */
export function verifyInclusion(depth: bigint, element: bigint, siblings: readonly bigint[], root: bigint): boolean {
  requirePathLength(depth, siblings);
  return element !== EMPTY_LEAF && verifyPath(element, siblings, root);
}

/** Absence is shown by what stands in the element's slot instead: nothing, or another element of the same slot. */
export function verifyAbsence(
  depth: bigint, element: bigint, occupant: bigint, siblings: readonly bigint[], root: bigint,
): boolean {
  const levels = requirePathLength(depth, siblings);
  const belongsToSlot = occupant === EMPTY_LEAF || BigInt.asUintN(levels, occupant) === BigInt.asUintN(levels, element);
  return occupant !== element && occupant < FIELD_MODULUS && belongsToSlot
    && rootOfPath(occupant, element, siblings) === root;
}

function requirePathLength(depth: bigint, siblings: readonly bigint[]): number {
  const levels = requireDepth(depth);
  if (siblings.length !== levels) throw new Rejection("MERKLE_PATH_LENGTH");
  return levels;
}

function rootOfPath(leaf: bigint, slot: bigint, siblings: readonly bigint[]): bigint {
  return siblings.reduce(
    (node, sibling, level) => (bitOf(slot, level) ? parentOf(sibling, node) : parentOf(node, sibling)),
    leaf,
  );
}

/** Visits only subtrees that hold a leaf, so the cost is about (number of leaves * height) hashes. */
function subtreeRoot(leaves: Leaves, height: number): bigint {
  if (leaves.size === 0) return emptySubtreeRoot(height);
  if (height === 0) return [...leaves.values()][0] ?? EMPTY_LEAF;
  const [left, right] = halves(leaves, height);
  return parentOf(subtreeRoot(left, height - 1), subtreeRoot(right, height - 1));
}

function halves(leaves: Leaves, height: number): [Leaves, Leaves] {
  const left = new Map<bigint, bigint>();
  const right = new Map<bigint, bigint>();
  for (const [slot, element] of leaves) (bitOf(slot, height - 1) ? right : left).set(slot, element);
  return [left, right];
}

function bitOf(value: bigint, position: number): boolean {
  return ((value >> BigInt(position)) & 1n) === 1n;
}

const emptySubtreeRoots: bigint[] = [EMPTY_LEAF];

function emptySubtreeRoot(height: number): bigint {
  return (emptySubtreeRoots[height] ??= parentOf(emptySubtreeRoot(height - 1), emptySubtreeRoot(height - 1)));
}

// One hash of big integers takes a fifth of a millisecond, and a run of vectors asks for the same nodes many times.
const rememberedNodes = new Map<string, bigint>();

function parentOf(left: bigint, right: bigint): bigint {
  const key = `${left.toString(16)} ${right.toString(16)}`;
  let parent = rememberedNodes.get(key);
  if (parent === undefined) {
    parent = poseidon2([left, right]);
    if (rememberedNodes.size >= MAXIMUM_REMEMBERED_NODES) rememberedNodes.clear();
    rememberedNodes.set(key, parent);
  }
  return parent;
}
