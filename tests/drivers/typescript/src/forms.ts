// The lexical forms of the protocol: how a JSON value becomes a number, bytes, a list or a record, and back.
// A value of the wrong form is the sender's fault, so it is answered `rejected`, never `errored`.

export const FIELD_MODULUS = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;

const MAXIMUM_INTEGER_DIGITS = 80;

/** The answer `rejected` with one error code of the specification. */
export class Rejection extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export type Decode<Value> = (value: unknown) => Value;
type Decoders = Readonly<Record<string, Decode<unknown>>>;
type Decoded<Each> = { [Field in keyof Each]: Each[Field] extends Decode<infer Value> ? Value : never };

/**
 * An object with exactly the named fields, because a typing error must not pass as "absent". Its fields are decoded in
 * the order in which they stand here; the optional ones come last.
 */
export function recordOf<Required extends Decoders>(required: Required): Decode<Decoded<Required>>;
export function recordOf<Required extends Decoders, Optional extends Decoders>(
  required: Required, optional: Optional,
): Decode<Decoded<Required> & Partial<Decoded<Optional>>>;
export function recordOf(required: Decoders, optional: Decoders = {}): Decode<Record<string, unknown>> {
  const decoders = Object.entries({ ...required, ...optional });
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Rejection("MALFORMED_INPUT");
    const complete = Object.keys(required).every((field) => Object.hasOwn(value, field));
    const present = decoders.filter(([field]) => Object.hasOwn(value, field));
    if (!complete || Object.keys(value).length !== present.length) throw new Rejection("MALFORMED_INPUT");
    const given = value as Record<string, unknown>;
    return Object.fromEntries(present.map(([field, decode]) => [field, decode(given[field])]));
  };
}

/** A list; if a length is given, one of another length is malformed whatever its items are. */
export function listOf<Item>(decodeItem: Decode<Item>, length?: number): Decode<Item[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new Rejection("MALFORMED_INPUT");
    if (length !== undefined && value.length !== length) throw new Rejection("MALFORMED_INPUT");
    return value.map((item) => decodeItem(item));
  };
}

/** Integers are decimal strings, since JSON numbers lose digits above 2^53 in many languages. */
export function decodeInteger(value: unknown): bigint {
  if (typeof value !== "string" || value.length > MAXIMUM_INTEGER_DIGITS) throw new Rejection("MALFORMED_INPUT");
  if (!/^(0|[1-9][0-9]*)$/.test(value)) throw new Rejection("MALFORMED_INPUT");
  return BigInt(value);
}

export function decodeBytes(value: unknown): Uint8Array {
  if (typeof value !== "string" || !value.startsWith("0x")) throw new Rejection("MALFORMED_INPUT");
  const digits = value.slice(2);
  // Searching for a wrong digit takes no regular-expression stack, however long the text is.
  if (digits.length % 2 !== 0 || /[^0-9a-f]/.test(digits)) throw new Rejection("MALFORMED_INPUT");
  return Buffer.from(digits, "hex");
}

export function bytesOf(width: number): Decode<Uint8Array> {
  return (value) => {
    const bytes = decodeBytes(value);
    if (bytes.length !== width) throw new Rejection("MALFORMED_INPUT");
    return bytes;
  };
}

/** Text has no unpaired surrogates: those have no UTF-8. */
export function decodeText(value: unknown): string {
  if (typeof value !== "string" || /\p{Surrogate}/u.test(value)) throw new Rejection("MALFORMED_INPUT");
  return value;
}

/** A word: any 256-bit integer. It may be the field modulus or more; a hash reduces it. */
export function decodeWord(value: unknown): bigint {
  return bigEndianNumber(bytesOf(32)(value));
}

/** A field element has one representation only: the one below the modulus. */
export function decodeFieldElement(value: unknown): bigint {
  return requireCanonical(decodeWord(value));
}

export function requireCanonical(word: bigint): bigint {
  if (word >= FIELD_MODULUS) throw new Rejection("FIELD_ELEMENT_NOT_CANONICAL");
  return word;
}

export function encodeWord(word: bigint): string {
  return encodeBytes(bigEndianBytes(word, 32));
}

export function encodeBytes(bytes: Uint8Array): string {
  return "0x" + Buffer.from(bytes).toString("hex");
}

export function bigEndianBytes(number: bigint, width: number): Uint8Array {
  return Buffer.from(number.toString(16).padStart(2 * width, "0"), "hex");
}

export function bigEndianNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt("0x" + Buffer.from(bytes).toString("hex"));
}
