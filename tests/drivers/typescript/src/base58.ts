// Base 58 with the Bitcoin alphabet and no checksum. Leading zero bytes are written one for one as the digit of zero.

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ZERO_DIGIT = "1";
const BASE = 58n;

export function encodeBase58(bytes: Uint8Array): string {
  const zeros = bytes.findIndex((byte) => byte !== 0);
  if (zeros === -1) return ZERO_DIGIT.repeat(bytes.length);
  let rest = BigInt("0x" + Buffer.from(bytes).toString("hex"));
  const digits: string[] = [];
  for (; rest > 0n; rest /= BASE) digits.push(ALPHABET.charAt(Number(rest % BASE)));
  return ZERO_DIGIT.repeat(zeros) + digits.reverse().join("");
}

/** Gives nothing if a character is no digit. */
export function decodeBase58(text: string): Uint8Array | undefined {
  const digits = [...text].map((character) => ALPHABET.indexOf(character));
  if (digits.includes(-1)) return undefined;
  const zeros = digits.findIndex((digit) => digit !== 0);
  if (zeros === -1) return new Uint8Array(digits.length);
  const hex = digits.reduce((number, digit) => number * BASE + BigInt(digit), 0n).toString(16);
  return Buffer.concat([new Uint8Array(zeros), Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex")]);
}
