// Payment links: the secret key of a note and what is needed to spend it, in base 58.

import { decodeBase58, encodeBase58 } from "./base58.js";
import { FIELD_MODULUS, Rejection, bigEndianBytes, bigEndianNumber } from "./forms.js";
import { keccak256, sha3 } from "./hash.js";
import { type InputNote, VALUE_LIMIT, addressOf, kindOfToken } from "./note.js";

const MAXIMUM_CHARACTERS = 4096;
const WORD = 32;
const KIND_MARK = 0xff; // a byte that UTF-8 never has
const POLYGON_USDC = kindOfToken(137n, Buffer.from("3c499c542cef5e3811e1192ce70d8cc03d5c3359", "hex"));

/** The field names are those of the operations; without a kind the note is Polygon USDC. */
export interface Link {
  readonly version: bigint;
  readonly secret_key: bigint;
  readonly value: bigint;
  readonly referral: string;
  readonly note_kind?: bigint;
  readonly psi?: bigint;
}

export function encodeLink(link: Link): string {
  const { version, secret_key, value, referral, note_kind = POLYGON_USDC, psi } = link;
  requireVersion(version);
  if (version === 0n && psi === undefined) throw new Rejection("LINK_PSI_MISSING");
  if (version !== 0n && psi !== undefined) throw new Rejection("LINK_PSI_UNEXPECTED");
  if (value >= 2n ** 256n) throw new Rejection("LINK_VALUE_OUT_OF_RANGE");
  const word = bigEndianBytes(value, WORD);
  const firstUsed = word.findIndex((byte) => byte !== 0);
  const zeros = firstUsed === -1 ? WORD : firstUsed;
  const bytes = Buffer.concat([
    bigEndianBytes(version, 1),
    bigEndianBytes(secret_key, WORD),
    ...(psi === undefined ? [] : [bigEndianBytes(psi, WORD)]),
    bigEndianBytes(BigInt(zeros), 1),
    word.subarray(zeros),
    Buffer.from(referral, "utf8"),
    ...(note_kind === POLYGON_USDC ? [] : [Buffer.of(KIND_MARK), bigEndianBytes(note_kind, WORD)]),
  ]);
  // No byte takes less than a character, and the conversion takes time by the square.
  if (bytes.length > MAXIMUM_CHARACTERS) throw new Rejection("LINK_TOO_LONG");
  return requireShort(encodeBase58(bytes));
}

export function decodeLink(payload: string): Link {
  requireShort(payload);
  let rest = decodeBase58(payload) ?? reject("LINK_NOT_BASE58");
  const take = (count: number): Uint8Array => {
    if (rest.length < count) throw new Rejection("LINK_TRUNCATED");
    const taken = rest.subarray(0, count);
    rest = rest.subarray(count);
    return taken;
  };
  const version = bigEndianNumber(take(1));
  const secret_key = bigEndianNumber(take(WORD));
  requireVersion(version);
  const psi = version === 0n ? { psi: bigEndianNumber(take(WORD)) } : {};
  const zeros = Number(bigEndianNumber(take(1)));
  if (zeros > WORD) throw new Rejection("LINK_VALUE_WIDTH");
  const value = bigEndianNumber(take(WORD - zeros));
  const mark = rest.length - WORD - 1;
  const kind = rest[mark] === KIND_MARK ? bigEndianNumber(rest.subarray(mark + 1)) : POLYGON_USDC;
  const referral = textOf(rest[mark] === KIND_MARK ? rest.subarray(0, mark) : rest);
  return { version, secret_key, value, referral, ...(kind === POLYGON_USDC ? {} : { note_kind: kind }), ...psi };
}

/** Key, psi and kind count modulo p, as they do in the circuit. The value does not: it would be another amount. */
export function noteOfLink(payload: string): InputNote {
  const link = decodeLink(payload);
  if (link.value >= VALUE_LIMIT) throw new Rejection("NOTE_VALUE_OUT_OF_RANGE");
  const kind = (link.note_kind ?? POLYGON_USDC) % FIELD_MODULUS;
  const note = { kind, value: link.value, address: addressOf(link.secret_key), psi: psiOf(link) % FIELD_MODULUS };
  return { note, secret_key: link.secret_key % FIELD_MODULUS };
}

function psiOf(link: Link): bigint {
  if (link.psi !== undefined) return link.psi;
  const key = bigEndianBytes(link.secret_key, WORD);
  return bigEndianNumber(link.version === 1n ? keccak256(key) : sha3(key));
}

function requireVersion(version: bigint): void {
  if (version > 2n) throw new Rejection("LINK_VERSION_UNSUPPORTED");
}

/** Characters are Unicode's, not the halves of a surrogate pair. */
function requireShort(payload: string): string {
  if ([...payload].length > MAXIMUM_CHARACTERS) throw new Rejection("LINK_TOO_LONG");
  return payload;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Rejection("LINK_REFERRAL_NOT_TEXT");
  }
}

function reject(code: string): never {
  throw new Rejection(code);
}
