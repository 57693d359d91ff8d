// The lexical forms of the protocol: how a JSON value becomes a number or bytes, and back.
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

/** The operation's input object; it has exactly the named fields, because a typing error must not pass as "absent". */
export function decodeRecord<Field extends string>(value: unknown, fields: readonly Field[]): Record<Field, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Rejection("MALFORMED_INPUT");
  const complete = fields.every((field) => Object.hasOwn(value, field));
  if (!complete || Object.keys(value).length !== fields.length) throw new Rejection("MALFORMED_INPUT");
  return value as Record<Field, unknown>;
}

export function decodeList<Item>(value: unknown, decodeItem: (item: unknown) => Item): Item[] {
  if (!Array.isArray(value)) throw new Rejection("MALFORMED_INPUT");
  return value.map((item) => decodeItem(item));
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

/** An `element`: any 256-bit value. It may be the field modulus or more; a hash reduces it. */
export function decodeElement(value: unknown): bigint {
  const bytes = decodeBytes(value);
  if (bytes.length !== 32) throw new Rejection("MALFORMED_INPUT");
  return bigEndianNumber(bytes);
}

/** A `b32` that stands for a field element has one representation only: the one below the modulus. */
export function decodeFieldElement(value: unknown): bigint {
  const element = decodeElement(value);
  if (element >= FIELD_MODULUS) throw new Rejection("FIELD_ELEMENT_NOT_CANONICAL");
  return element;
}

export function encodeFieldElement(element: bigint): string {
  return "0x" + element.toString(16).padStart(64, "0");
}

export function bigEndianNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt("0x" + Buffer.from(bytes).toString("hex"));
}
