// Blocks: their encoding, their names, and what is signed.

import { Reader, encodeElement, encodeItems, encodeUnsigned } from "./borsh.js";
import { Rejection, bigEndianBytes } from "./forms.js";
import { keccak256 } from "./hash.js";
import { type ProvenTransaction, encodeTransaction, readTransaction } from "./transaction.js";

const WIDTH_OF_INTEGER = 8;
export const WIDTH_OF_HASH = 32;
export const WIDTH_OF_SIGNATURE = 65;
const HEIGHT_LIMIT = 2n ** 64n;

export function requireHeight(height: bigint): bigint {
  if (height >= HEIGHT_LIMIT) throw new Rejection("LEDGER_HEIGHT_OUT_OF_RANGE");
  return height;
}

/** The field names are those of the operations. */
export interface Header {
  readonly height: bigint;
  readonly last_block_hash: Uint8Array;
  readonly epoch_id: bigint;
  readonly last_final_block_hash: Uint8Array;
  readonly approvals: readonly Uint8Array[];
}

export interface Block {
  readonly header: Header;
  readonly root: bigint;
  readonly transactions: readonly ProvenTransaction[];
  readonly signature: Uint8Array;
}

export const GENESIS: Block = {
  header: {
    height: 0n,
    last_block_hash: new Uint8Array(WIDTH_OF_HASH),
    epoch_id: 0n,
    last_final_block_hash: new Uint8Array(WIDTH_OF_HASH),
    approvals: [],
  },
  root: 0n,
  transactions: [],
  signature: new Uint8Array(WIDTH_OF_SIGNATURE),
};

function encodeHeader(header: Header): Uint8Array {
  return Buffer.concat([
    encodeUnsigned(header.height, WIDTH_OF_INTEGER),
    header.last_block_hash,
    encodeUnsigned(header.epoch_id, WIDTH_OF_INTEGER),
    header.last_final_block_hash,
    encodeItems(header.approvals),
  ]);
}

export function encodeBlock(block: Block): Uint8Array {
  return Buffer.concat([
    encodeHeader(block.header),
    encodeElement(block.root),
    encodeItems(block.transactions.map(encodeTransaction)),
    block.signature,
  ]);
}

export function decodeBlock(encoding: Uint8Array): Block {
  const reader = new Reader(encoding);
  const header = {
    height: reader.unsigned(WIDTH_OF_INTEGER),
    last_block_hash: reader.bytes(WIDTH_OF_HASH),
    epoch_id: reader.unsigned(WIDTH_OF_INTEGER),
    last_final_block_hash: reader.bytes(WIDTH_OF_HASH),
    approvals: reader.items(() => reader.bytes(WIDTH_OF_SIGNATURE)),
  };
  const root = reader.element();
  const transactions = reader.items(() => readTransaction(reader));
  const signature = reader.bytes(WIDTH_OF_SIGNATURE);
  reader.close();
  return { header, root, transactions, signature };
}

export function headerHash(header: Header): Uint8Array {
  return keccak256(encodeHeader(header));
}

export function blockHash(block: Block): Uint8Array {
  return proposalHash(encodeElement(block.root), block.header.height, headerHash(block.header));
}

/** The root is not judged here: the contract hashes before it judges. */
export function proposalHash(root: Uint8Array, height: bigint, otherHash: Uint8Array): Uint8Array {
  return keccak256(root, bigEndianBytes(height, 32), otherHash);
}

/** What a sequencer that accepts the block of this height approves. */
export function acceptHash(height: bigint, proposal: Uint8Array): Uint8Array {
  return keccak256(bigEndianBytes(height + 1n, 32), proposal);
}

/** The network's name keeps signatures of one network off another. */
export function signedMessage(networkName: string, approved: Uint8Array): Uint8Array {
  const name = Buffer.from(networkName, "utf8");
  return keccak256(bigEndianBytes(BigInt(name.length), 8), name, approved);
}
