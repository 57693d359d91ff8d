// What a block does to the note tree, and what L1 sees of it. Transactions are given by their nine public inputs.

import { Rejection } from "./forms.js";
import { poseidon2 } from "./hash.js";
import type { SparseMerkleTree } from "./merkle.js";
import type { Parameters } from "./parameters.js";
import { BURN, MINT, PADDING_TRANSACTION, type PublicInputs, SEND, publicInputsOf } from "./transaction.js";

type Words = readonly bigint[];

const EMPTY_GROUP = 0n;
const PADDING_PLACE: Words = Array<bigint>(9).fill(0n);

/** Changes the tree, or throws; then the tree is in between and must not be used any more. */
export function applyBlock(tree: SparseMerkleTree, transactions: readonly Words[], parameters: Parameters): void {
  requireProvable(transactions, parameters);
  for (const { inputs, outputs } of transactions.map(publicInputsOf)) {
    inputs.filter(isCommitment).forEach((commitment) => tree.remove(commitment));
    outputs.filter(isCommitment).forEach((commitment) => tree.insert(commitment));
  }
}

/** The rules that need no tree: places, kinds and words of each transaction, padding, each leaf once. */
function requireProvable(transactions: readonly Words[], parameters: Parameters): void {
  const groups = groupsOf(transactions, parameters);
  for (const transaction of transactions.map(publicInputsOf)) {
    requireCarried(transaction);
    requireKindOfValue(transaction);
  }
  requireWellGrouped(groups);
  requireEachLeafOnce(transactions.map(publicInputsOf));
}

/** Takes the places in order and fills those left with padding. */
function groupsOf(transactions: readonly Words[], parameters: Parameters): Words[][] {
  const { groups, transactionsPerGroup } = parameters;
  if (transactions.length > groups * transactionsPerGroup) throw new Rejection("LEDGER_BLOCK_TOO_LARGE");
  return Array.from({ length: groups }, (_, group) =>
    Array.from(
      { length: transactionsPerGroup },
      (_, place) => transactions[group * transactionsPerGroup + place] ?? PADDING_PLACE,
    ));
}

/** The circuit of a group checks the client's proof against zeros in the words that a kind has no use for. */
function requireCarried({ inputs, outputs, message }: PublicInputs): void {
  const { kind, noteKind, value, hash, burnAddress } = message;
  if (kind > BURN) throw new Rejection("LEDGER_KIND_UNKNOWN");
  const unused = new Map([
    [PADDING_TRANSACTION, [...inputs, ...outputs, noteKind, value, hash, burnAddress]],
    [SEND, [noteKind, value, hash, burnAddress]],
    [MINT, [burnAddress]],
    [BURN, []],
  ]);
  if (unused.get(kind)?.some((word) => word !== 0n)) throw new Rejection("LEDGER_MESSAGE_NOT_CARRIED");
}

function requireKindOfValue({ message: { kind, noteKind, value } }: PublicInputs): void {
  const moves = kind === MINT || kind === BURN;
  if (moves && value !== 0n && noteKind === 0n) throw new Rejection("LEDGER_VALUE_WITHOUT_KIND");
}

/** Padding has the proof at its group's first place checked again, so a proof must stand there. */
function requireWellGrouped(groups: readonly Words[][]): void {
  const firstEmpty = groups.findIndex((group) => !hasTransaction(group));
  const used = groups.slice(0, firstEmpty === -1 ? groups.length : firstEmpty);
  const startsWithOne = used.every(([first]) => first !== undefined && isTransaction(first));
  if (!startsWithOne || groups.slice(used.length).some(hasTransaction)) throw new Rejection("LEDGER_PADDING_FIRST");
}

function requireEachLeafOnce(all: readonly PublicInputs[]): void {
  const commitments = all.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]).filter(isCommitment);
  if (new Set(commitments).size !== commitments.length) throw new Rejection("LEDGER_LEAF_REPEATED");
}

/** Binds commitments and their places, nothing else. */
export function commitHash(transactions: readonly Words[], parameters: Parameters): bigint {
  return poseidon2(groupsOf(transactions, parameters).map((group) =>
    hasTransaction(group) ? poseidon2(group.map((place) => poseidon2(place.slice(0, 4)))) : EMPTY_GROUP));
}

/** The message area without the zeros that fill it up. */
export function packedMessages(transactions: readonly Words[]): bigint[] {
  return transactions.map(publicInputsOf).flatMap(({ message: { kind, noteKind, value, hash, burnAddress } }) => {
    if (kind === MINT) return [kind, noteKind, value, hash];
    if (kind === BURN) return [kind, noteKind, value, hash, burnAddress];
    return [];
  });
}

/** Data that are said to be those of a proven block; the messages that they carry. */
export function checkData(transactions: readonly Words[], provenHash: bigint, parameters: Parameters): bigint[] {
  requireProvable(transactions, parameters);
  if (commitHash(transactions, parameters) !== provenHash) throw new Rejection("LEDGER_DATA_MISMATCH");
  return packedMessages(transactions);
}

export function isTransaction(words: Words): boolean {
  return publicInputsOf(words).message.kind !== PADDING_TRANSACTION;
}

function hasTransaction(group: readonly Words[]): boolean {
  return group.some(isTransaction);
}

export function isCommitment(word: bigint): boolean {
  return word !== 0n;
}
