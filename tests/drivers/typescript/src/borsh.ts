// Borsh as blocks use it: integers least significant byte first, lists with their number of items in front. Field
// elements are the exception of the format: 32 bytes, most significant first.

import { Rejection, bigEndianBytes, bigEndianNumber, requireCanonical } from "./forms.js";

const WIDTH_OF_LENGTH = 4;
const WIDTH_OF_ELEMENT = 32;

export function encodeUnsigned(integer: bigint, width: number): Uint8Array {
  if (integer >= 256n ** BigInt(width)) throw new Rejection("BORSH_INTEGER_OUT_OF_RANGE");
  return bigEndianBytes(integer, width).reverse();
}

export function encodeByteList(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([encodeUnsigned(BigInt(bytes.length), WIDTH_OF_LENGTH), bytes]);
}

export function encodeItems(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([encodeUnsigned(BigInt(items.length), WIDTH_OF_LENGTH), ...items]);
}

export function encodeElement(element: bigint): Uint8Array {
  return bigEndianBytes(element, WIDTH_OF_ELEMENT);
}

/** Reads values one after the other; each fault is found where it stands, and what is left over at the end. */
export class Reader {
  private rest: Uint8Array;

  constructor(encoding: Uint8Array) {
    this.rest = encoding;
  }

  bytes(count: number): Uint8Array {
    if (this.rest.length < count) throw new Rejection("BORSH_TRUNCATED");
    const taken = this.rest.subarray(0, count);
    this.rest = this.rest.subarray(count);
    return taken;
  }

  unsigned(width: number): bigint {
    return bigEndianNumber(Uint8Array.from(this.bytes(width)).reverse());
  }

  element(): bigint {
    return requireCanonical(bigEndianNumber(this.bytes(WIDTH_OF_ELEMENT)));
  }

  byteList(): Uint8Array {
    return this.bytes(Number(this.unsigned(WIDTH_OF_LENGTH)));
  }

  /** Announced items take no memory before they are seen. */
  items<Item>(readItem: () => Item): Item[] {
    const items: Item[] = [];
    for (let left = this.unsigned(WIDTH_OF_LENGTH); left > 0n; left -= 1n) items.push(readItem());
    return items;
  }

  close(): void {
    if (this.rest.length > 0) throw new Rejection("BORSH_TRAILING_BYTES");
  }
}
