// The pool of pending transactions, first in, first out. Transactions are given by their nine public inputs, which
// are all that tells one from another here.

import { applyBlock, isCommitment, isTransaction } from "./application.js";
import { Rejection } from "./forms.js";
import { SparseMerkleTree } from "./merkle.js";
import type { Parameters } from "./parameters.js";
import { publicInputsOf } from "./transaction.js";

type Words = readonly bigint[];

export interface Lease {
  readonly height: bigint;
  readonly transactions: readonly Words[];
}

export interface Mempool {
  readonly waiting: readonly Words[];
  readonly leases: readonly Lease[];
}

export function add(mempool: Mempool, transaction: Words): Mempool {
  if (!isTransaction(transaction)) throw new Rejection("MEMPOOL_PADDING");
  const pending = [...mempool.leases.flatMap((lease) => lease.transactions), ...mempool.waiting];
  const taken = new Set(pending.flatMap(commitmentsOf));
  if (commitmentsOf(transaction).some((commitment) => taken.has(commitment))) throw new Rejection("MEMPOOL_CONFLICT");
  if (namesOf(pending).has(nameOf(transaction))) throw new Rejection("MEMPOOL_DUPLICATE");
  return { ...mempool, waiting: [...mempool.waiting, transaction] };
}

/** Takes from the front of the queue for the block of a height; a lease of nothing is none. */
export function lease(
  mempool: Mempool, height: bigint, maximum: bigint,
): { mempool: Mempool; taken: readonly Words[] } {
  if (mempool.leases.some((held) => held.height === height)) throw new Rejection("MEMPOOL_LEASE_HELD");
  const count = maximum < mempool.waiting.length ? Number(maximum) : mempool.waiting.length;
  const taken = mempool.waiting.slice(0, count);
  const leases = count === 0 ? mempool.leases : [...mempool.leases, { height, transactions: taken }];
  return { mempool: { waiting: mempool.waiting.slice(count), leases }, taken };
}

/** Ends the lease of a height: what is done leaves the pool wherever it stands, the rest returns to the front. */
export function settle(mempool: Mempool, height: bigint, done: readonly Words[]): Mempool {
  const finished = namesOf(done);
  const stays = (transaction: Words) => !finished.has(nameOf(transaction));
  const returning = mempool.leases.filter((held) => held.height === height).flatMap((held) => held.transactions);
  const others = mempool.leases.filter((held) => held.height !== height);
  return {
    waiting: [...returning, ...mempool.waiting].filter(stays),
    leases: withoutEmpty(others.map((held) => ({ ...held, transactions: held.transactions.filter(stays) }))),
  };
}

export interface Choice {
  readonly transactions: readonly Words[];
  readonly refused: readonly { readonly transaction: Words; readonly code: string }[];
  /** What leaves the pool when the chosen ones are a block. */
  readonly done: readonly Words[];
}

/** Takes each candidate that a block can have together with those taken before it. */
export function choose(leaves: readonly bigint[], candidates: readonly Words[], parameters: Parameters): Choice {
  const tree = new SparseMerkleTree(parameters.treeDepth, leaves);
  const transactions: Words[] = [];
  const refused: { transaction: Words; code: string }[] = [];
  for (const transaction of candidates) {
    try {
      if (!isTransaction(transaction)) throw new Rejection("MEMPOOL_PADDING");
      applyBlock(tree.copy(), [...transactions, transaction], parameters);
      transactions.push(transaction);
    } catch (failure) {
      if (!(failure instanceof Rejection)) throw failure;
      refused.push({ transaction, code: failure.code });
    }
  }
  const forGood = refused.filter(({ code }) => code !== "LEDGER_BLOCK_TOO_LARGE").map(({ transaction }) => transaction);
  return { transactions, refused, done: [...transactions, ...forGood] };
}

function commitmentsOf(transaction: Words): bigint[] {
  const { inputs, outputs } = publicInputsOf(transaction);
  return [...inputs, ...outputs].filter(isCommitment);
}

function nameOf(transaction: Words): string {
  return transaction.join();
}

function namesOf(transactions: readonly Words[]): Set<string> {
  return new Set(transactions.map(nameOf));
}

function withoutEmpty(leases: readonly Lease[]): Lease[] {
  return leases.filter((held) => held.transactions.length > 0);
}
