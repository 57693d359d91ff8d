// The predicate of the client's circuit over its whole input, the wallets that make such inputs, and the encoding of a
// transaction with its proof.

import { Reader, encodeByteList, encodeElement } from "./borsh.js";
import { FIELD_MODULUS, Rejection } from "./forms.js";
import { poseidon2 } from "./hash.js";
import { type InputNote, type Note, PADDING, VALUE_LIMIT, addressOf, commitmentOf, isPadding } from "./note.js";

const NOTES_PER_SIDE = 2;
const NUMBER_OF_PUBLIC_INPUTS = 9;

export const PADDING_TRANSACTION = 0n;
export const SEND = 1n;
export const MINT = 2n;
export const BURN = 3n;

/** What the circuit is given. The field names are those of the operations. */
export interface Statement {
  readonly input_notes: readonly InputNote[];
  readonly output_notes: readonly Note[];
  /** The burn address as a private input. */
  readonly pmessage4: bigint;
  readonly commitments: readonly bigint[];
  readonly messages: readonly bigint[];
}

export interface Message {
  readonly kind: bigint;
  readonly noteKind: bigint;
  readonly value: bigint;
  readonly hash: bigint;
  readonly burnAddress: bigint;
}

/** The nine public field elements by name; a block sees nothing else of a transaction. */
export interface PublicInputs {
  readonly inputs: readonly bigint[];
  readonly outputs: readonly bigint[];
  readonly message: Message;
}

export function publicInputsOf(words: readonly bigint[]): PublicInputs {
  return {
    inputs: words.slice(0, NOTES_PER_SIDE),
    outputs: words.slice(NOTES_PER_SIDE, 2 * NOTES_PER_SIDE),
    message: messageOf(words.slice(2 * NOTES_PER_SIDE)),
  };
}

function messageOf(words: readonly bigint[]): Message {
  const [kind = 0n, noteKind = 0n, value = 0n, hash = 0n, burnAddress = 0n] = words;
  return { kind, noteKind, value, hash, burnAddress };
}

/** Judges in the circuit's order; each line that throws is one rule. */
export function checkStatement(statement: Statement): bigint[] {
  const inputs = statement.input_notes.map((input) => input.note);
  const notes = [...inputs, ...statement.output_notes];
  const message = messageOf(statement.messages);

  notes.forEach((note, place) => {
    require(commitmentOf(note) === statement.commitments[place], "TRANSACTION_COMMITMENT_MISMATCH");
  });
  for (const note of statement.output_notes) require(note.value < VALUE_LIMIT, "TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE");
  const kinds = new Set(notes.filter((note) => !isPadding(note)).map((note) => note.kind));
  require(kinds.size <= 1, "TRANSACTION_KINDS_MIXED");
  require(message.value < VALUE_LIMIT, "TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE");

  const [paid, made] = [worthOf(inputs), worthOf(statement.output_notes)];
  if (message.kind === SEND) {
    require(paid === made, "TRANSACTION_SEND_UNBALANCED");
  } else if (message.kind === MINT) {
    require(reduce(paid + message.value) === made, "TRANSACTION_MINT_UNBALANCED");
    require(message.hash === hashOfMint(statement.output_notes), "TRANSACTION_MINT_HASH_MISMATCH");
    require(message.noteKind === statement.output_notes[0]?.kind, "TRANSACTION_MINT_NOTE_KIND_MISMATCH");
  } else if (message.kind === BURN) {
    require(message.burnAddress === statement.pmessage4, "TRANSACTION_BURN_ADDRESS_MISMATCH");
    require(message.hash === statement.commitments[0], "TRANSACTION_BURN_HASH_MISMATCH");
    require(paid === reduce(made + message.value), "TRANSACTION_BURN_UNBALANCED");
    require(message.noteKind === inputs[0]?.kind, "TRANSACTION_BURN_NOTE_KIND_MISMATCH");
  } else {
    throw new Rejection("TRANSACTION_KIND_UNKNOWN");
  }

  for (const { note, secret_key } of statement.input_notes) {
    require(note.value === 0n || note.address === addressOf(secret_key), "TRANSACTION_INPUT_NOT_OWNED");
  }
  return [...statement.commitments, ...statement.messages];
}

export function send(inputs: readonly InputNote[], outputs: readonly Note[]): Statement {
  return stated(inputs, outputs, 0n, () => ({ kind: SEND, noteKind: 0n, value: 0n, hash: 0n, burnAddress: 0n }));
}

export function mint(inputs: readonly InputNote[], outputs: readonly Note[]): Statement {
  return stated(inputs, outputs, 0n, (spent, made) => ({
    kind: MINT,
    noteKind: made[0]?.kind ?? 0n,
    value: reduce(worthOf(made) - worthOf(spent)),
    hash: hashOfMint(made),
    burnAddress: 0n,
  }));
}

export function burn(inputs: readonly InputNote[], outputs: readonly Note[], recipient: bigint): Statement {
  return stated(inputs, outputs, recipient, (spent, made, commitments) => ({
    kind: BURN,
    noteKind: spent[0]?.kind ?? 0n,
    value: reduce(worthOf(spent) - worthOf(made)),
    hash: commitments[0] ?? 0n,
    burnAddress: recipient,
  }));
}

/** Puts notes before padding, fills both sides, writes the message, and refuses what the circuit would refuse. */
function stated(
  inputs: readonly InputNote[],
  outputs: readonly Note[],
  privateBurnAddress: bigint,
  write: (spent: readonly Note[], made: readonly Note[], commitments: readonly bigint[]) => Message,
): Statement {
  const input_notes = filled(inputs, { note: PADDING, secret_key: 0n }, (input) => isPadding(input.note));
  const output_notes = filled(outputs, PADDING, isPadding);
  const spent = input_notes.map((input) => input.note);
  const commitments = [...spent, ...output_notes].map(commitmentOf);
  const { kind, noteKind, value, hash, burnAddress } = write(spent, output_notes, commitments);
  const messages = [kind, noteKind, value, hash, burnAddress];
  const statement = { input_notes, output_notes, pmessage4: privateBurnAddress, commitments, messages };
  checkStatement(statement);
  return statement;
}

function filled<Item>(items: readonly Item[], padding: Item, isPaddingItem: (item: Item) => boolean): Item[] {
  require(items.length <= NOTES_PER_SIDE, "TRANSACTION_TOO_MANY_NOTES");
  return [
    ...items.filter((item) => !isPaddingItem(item)),
    ...items.filter(isPaddingItem),
    ...Array<Item>(NOTES_PER_SIDE - items.length).fill(padding),
  ];
}

function hashOfMint(outputs: readonly Note[]): bigint {
  return poseidon2(outputs.map((note) => note.psi));
}

/** Values are added in the field, as the circuit does. */
function worthOf(notes: readonly Note[]): bigint {
  return reduce(notes.reduce((sum, note) => sum + note.value, 0n));
}

function reduce(integer: bigint): bigint {
  return ((integer % FIELD_MODULUS) + FIELD_MODULUS) % FIELD_MODULUS;
}

function require(condition: boolean, code: string): void {
  if (!condition) throw new Rejection(code);
}

/** A transaction as a block carries it. */
export interface ProvenTransaction {
  readonly proof: Uint8Array;
  readonly public_inputs: readonly bigint[];
}

export function encodeTransaction(transaction: ProvenTransaction): Uint8Array {
  return Buffer.concat([encodeByteList(transaction.proof), ...transaction.public_inputs.map(encodeElement)]);
}

export function readTransaction(reader: Reader): ProvenTransaction {
  const proof = reader.byteList();
  return { proof, public_inputs: Array.from({ length: NUMBER_OF_PUBLIC_INPUTS }, () => reader.element()) };
}

export function decodeTransaction(encoding: Uint8Array): ProvenTransaction {
  const reader = new Reader(encoding);
  const transaction = readTransaction(reader);
  reader.close();
  return transaction;
}
