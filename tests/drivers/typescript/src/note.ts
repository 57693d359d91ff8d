// Notes: the kind of a bridged token, the address of a key, the commitment that stands in the tree.

import { Rejection, bigEndianBytes, bigEndianNumber } from "./forms.js";
import { poseidon2 } from "./hash.js";

const FORMAT = 2n;
const PADDING_KIND = 0n;
const MAXIMUM_CHAIN_ID = 2n ** 64n - 1n;

/** Values of notes that are made, and the value in a message, are below this. */
export const VALUE_LIMIT = 2n ** 240n;

export interface Note {
  readonly kind: bigint;
  readonly value: bigint;
  readonly address: bigint;
  readonly psi: bigint;
}

/** A note with the key that spends it. */
export interface InputNote {
  readonly note: Note;
  readonly secret_key: bigint;
}

export const PADDING: Note = { kind: PADDING_KIND, value: 0n, address: 0n, psi: 0n };

export function kindOfToken(chainId: bigint, token: Uint8Array): bigint {
  if (chainId > MAXIMUM_CHAIN_ID) throw new Rejection("NOTE_CHAIN_ID_OUT_OF_RANGE");
  const layout = [bigEndianBytes(FORMAT, 2), bigEndianBytes(chainId, 8), token, bigEndianBytes(0n, 2)];
  return bigEndianNumber(Buffer.concat(layout));
}

export function addressOf(secretKey: bigint): bigint {
  return poseidon2([secretKey, 0n]);
}

export function isPadding(note: Note): boolean {
  return note.kind === PADDING_KIND;
}

/** The kind decides and not the value: a note of value 0 may be a leaf. */
export function commitmentOf(note: Note): bigint {
  if (!isPadding(note)) return poseidon2([FORMAT, note.kind, note.value, note.address, note.psi, 0n, 0n]);
  if (note.value !== 0n) throw new Rejection("NOTE_PADDING_HAS_VALUE");
  return 0n;
}
