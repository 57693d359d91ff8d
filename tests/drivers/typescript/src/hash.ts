// Poseidon2 over the BN254 scalar field, the hash of bytes built on it, and the byte hashes of blocks and links.

import { keccak_256, sha3_256 } from "@noble/hashes/sha3";
import { poseidon2Hash } from "@zkpassport/poseidon2";
import { FIELD_MODULUS, Rejection, bigEndianNumber } from "./forms.js";

const MAXIMUM_INPUTS = 128;
const BYTES_PER_CHUNK = 16;
const BYTE_HASH_START = 2n;

/** The package's sponge is the network's: width 4, rate 3, capacity cell = number of inputs * 2^64, no padding. */
export function poseidon2(inputs: readonly bigint[]): bigint {
  if (inputs.length < 1 || inputs.length > MAXIMUM_INPUTS) throw new Rejection("HASH_INPUT_COUNT");
  return poseidon2Hash(inputs.map((input) => input % FIELD_MODULUS));
}

/** Absorbs 16 bytes at a time. The length is not bound: trailing zero bytes up to a full chunk change nothing. */
export function hashBytes(bytes: Uint8Array): bigint {
  let digest = BYTE_HASH_START;
  for (let start = 0; start < bytes.length; start += BYTES_PER_CHUNK) {
    const chunk = new Uint8Array(BYTES_PER_CHUNK);
    chunk.set(bytes.subarray(start, start + BYTES_PER_CHUNK));
    digest = poseidon2([digest, bigEndianNumber(chunk)]);
  }
  return digest;
}

/** Keccak as Ethereum has it, with the padding from before the standard. */
export function keccak256(...parts: readonly Uint8Array[]): Uint8Array {
  return keccak_256(Buffer.concat(parts));
}

/** SHA-3 of FIPS 202. */
export function sha3(bytes: Uint8Array): Uint8Array {
  return sha3_256(bytes);
}
