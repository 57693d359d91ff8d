// The chain of blocks: one more block, rebuilding from the leaves at a proven block, and what may be deleted.

import { applyBlock } from "./application.js";
import { type Block, WIDTH_OF_SIGNATURE, blockHash, requireHeight } from "./block.js";
import { Rejection } from "./forms.js";
import { SparseMerkleTree } from "./merkle.js";
import type { Parameters } from "./parameters.js";
import type { ProvenTransaction } from "./transaction.js";

/** The leaves after a proven block; the field names are those of the operations. */
export interface Checkpoint {
  readonly height: bigint;
  readonly block_hash: Uint8Array;
  readonly root: bigint;
  readonly leaves: readonly bigint[];
}

/** What a sequencer keeps: the checkpoint and the blocks since. */
export interface Archive {
  readonly checkpoint: Checkpoint;
  readonly blocks: readonly Block[];
}

export interface Ledger {
  readonly height: bigint;
  readonly blockHash: Uint8Array;
  readonly tree: SparseMerkleTree;
}

export function restore(checkpoint: Checkpoint, parameters: Parameters): Ledger {
  const tree = new SparseMerkleTree(parameters.treeDepth, checkpoint.leaves);
  if (tree.root() !== checkpoint.root) throw new Rejection("LEDGER_LEAF_SET_MISMATCH");
  return { height: checkpoint.height, blockHash: checkpoint.block_hash, tree };
}

export function extend(ledger: Ledger, block: Block, parameters: Parameters): Ledger {
  const { header } = block;
  if (header.height !== ledger.height + 1n) throw new Rejection("LEDGER_HEIGHT_NOT_NEXT");
  if (!Buffer.from(header.last_block_hash).equals(ledger.blockHash)) throw new Rejection("LEDGER_PARENT_MISMATCH");
  const tree = treeAfter(ledger, block.transactions, parameters);
  if (tree.root() !== block.root) throw new Rejection("LEDGER_ROOT_MISMATCH");
  return { height: header.height, blockHash: blockHash(block), tree };
}

/** The block that follows, not signed. Where the chapter consensus has its own fields it has the deployed ones. */
export function build(
  ledger: Ledger, transactions: readonly ProvenTransaction[], parameters: Parameters, approvals: readonly Uint8Array[],
): Block {
  return {
    header: {
      height: requireHeight(ledger.height + 1n),
      last_block_hash: ledger.blockHash,
      epoch_id: 0n,
      last_final_block_hash: ledger.blockHash,
      approvals,
    },
    root: treeAfter(ledger, transactions, parameters).root(),
    transactions,
    signature: new Uint8Array(WIDTH_OF_SIGNATURE),
  };
}

function treeAfter(
  ledger: Ledger, transactions: readonly ProvenTransaction[], parameters: Parameters,
): SparseMerkleTree {
  const tree = ledger.tree.copy();
  applyBlock(tree, transactions.map((transaction) => transaction.public_inputs), parameters);
  return tree;
}

export function rebuild(archive: Archive, parameters: Parameters): Ledger {
  return archive.blocks.reduce(
    (ledger, block) => extend(ledger, block, parameters),
    restore(archive.checkpoint, parameters),
  );
}

/** Keeps the leaves after the proven block, and the blocks since. Heights are counted from the checkpoint. */
export function prune(archive: Archive, proven: bigint, parameters: Parameters): Archive {
  const { checkpoint, blocks } = archive;
  const count = proven - checkpoint.height;
  if (count < 0n || count > blocks.length) throw new Rejection("LEDGER_PROVEN_HEIGHT_UNKNOWN");
  const settled = Number(count);
  const { height, blockHash, tree } = rebuild({ checkpoint, blocks: blocks.slice(0, settled) }, parameters);
  return {
    checkpoint: { height, block_hash: blockHash, root: tree.root(), leaves: tree.elements() },
    blocks: blocks.slice(settled),
  };
}
