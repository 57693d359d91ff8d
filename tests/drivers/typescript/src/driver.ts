// The protocol loop: one JSON request per line on stdin, one JSON answer per line on stdout, until `stop` or the end.
// stdout carries nothing but answers. Nothing that a request holds may end the process.

import { readFileSync } from "node:fs";
import * as forms from "./forms.js";
import { hashBytes, poseidon2 } from "./hash.js";
import { SparseMerkleTree, verifyAbsence, verifyInclusion, verifyPath } from "./merkle.js";

type Answer = Record<string, unknown>;
type Operation = (input: unknown) => Answer;

const PROTOCOL_VERSION = 1;
const SUITES = ["hash", "merkle"];
const PRESETS: unknown[] = ["mainnet", "minimal"]; // neither suite reads a parameter of its preset

// All fields are decoded in the order in which the operation names them, and only then are its rules judged;
// the first fault found is the one answered.
const OPERATIONS = new Map<string, Operation>([
  ["hash/poseidon2", (input) => {
    const record = forms.decodeRecord(input, ["inputs"]);
    return { digest: forms.encodeFieldElement(poseidon2(forms.decodeList(record.inputs, forms.decodeElement))) };
  }],
  ["hash/bytes", (input) => {
    const record = forms.decodeRecord(input, ["bytes"]);
    return { digest: forms.encodeFieldElement(hashBytes(forms.decodeBytes(record.bytes))) };
  }],
  ["merkle/root", (input) => {
    const record = forms.decodeRecord(input, ["depth", "leaves"]);
    const depth = forms.decodeInteger(record.depth);
    const leaves = forms.decodeList(record.leaves, forms.decodeFieldElement);
    return { root: forms.encodeFieldElement(new SparseMerkleTree(depth, leaves).root()) };
  }],
  ["merkle/update", (input) => {
    const { tree, removals, insertions } = decodeUpdate(input);
    removals.forEach((element) => tree.remove(element));
    insertions.forEach((element) => tree.insert(element));
    return { root: forms.encodeFieldElement(tree.root()) };
  }],
  ["merkle/update_steps", (input) => {
    const { tree, removals, insertions } = decodeUpdate(input);
    const steps = [
      ...removals.map((element) => stepOf(tree, element, () => tree.remove(element))),
      ...insertions.map((element) => stepOf(tree, element, () => tree.insert(element))),
    ];
    return { steps };
  }],
  ["merkle/path", (input) => {
    const record = forms.decodeRecord(input, ["depth", "leaves", "element"]);
    const depth = forms.decodeInteger(record.depth);
    const leaves = forms.decodeList(record.leaves, forms.decodeFieldElement);
    const element = forms.decodeElement(record.element);
    return { siblings: new SparseMerkleTree(depth, leaves).path(element).map(forms.encodeFieldElement) };
  }],
  ["merkle/verify_path", (input) => {
    const record = forms.decodeRecord(input, ["element", "siblings", "root"]);
    const element = forms.decodeElement(record.element);
    const siblings = forms.decodeList(record.siblings, forms.decodeFieldElement);
    const root = forms.decodeFieldElement(record.root);
    return { valid: verifyPath(element, siblings, root) };
  }],
  ["merkle/verify_inclusion", (input) => {
    const record = forms.decodeRecord(input, ["depth", "element", "siblings", "root"]);
    const depth = forms.decodeInteger(record.depth);
    const element = forms.decodeElement(record.element);
    const siblings = forms.decodeList(record.siblings, forms.decodeFieldElement);
    const root = forms.decodeFieldElement(record.root);
    return { valid: verifyInclusion(depth, element, siblings, root) };
  }],
  ["merkle/verify_absence", (input) => {
    const record = forms.decodeRecord(input, ["depth", "element", "occupant", "siblings", "root"]);
    const depth = forms.decodeInteger(record.depth);
    const element = forms.decodeElement(record.element);
    const occupant = forms.decodeElement(record.occupant);
    const siblings = forms.decodeList(record.siblings, forms.decodeFieldElement);
    const root = forms.decodeFieldElement(record.root);
    return { valid: verifyAbsence(depth, element, occupant, siblings, root) };
  }],
]);

function decodeUpdate(input: unknown): { tree: SparseMerkleTree; removals: bigint[]; insertions: bigint[] } {
  const record = forms.decodeRecord(input, ["depth", "leaves", "remove", "insert"]);
  const depth = forms.decodeInteger(record.depth);
  const leaves = forms.decodeList(record.leaves, forms.decodeFieldElement);
  const removals = forms.decodeList(record.remove, forms.decodeFieldElement);
  const insertions = forms.decodeList(record.insert, forms.decodeFieldElement);
  return { tree: new SparseMerkleTree(depth, leaves), removals, insertions };
}

/** Makes one change and tells what a circuit needs to follow it; the path is the same before and after. */
function stepOf(tree: SparseMerkleTree, element: bigint, change: () => void): Answer {
  const leafBefore = tree.leafAt(element);
  const rootBefore = tree.root();
  change();
  return {
    element: forms.encodeFieldElement(element),
    leaf_before: forms.encodeFieldElement(leafBefore),
    leaf_after: forms.encodeFieldElement(tree.leafAt(element)),
    siblings: tree.path(element).map(forms.encodeFieldElement),
    root_before: forms.encodeFieldElement(rootBefore),
    root_after: forms.encodeFieldElement(tree.root()),
  };
}

// The rest of the protocol. To answer `skipped` says "known, not done here"; an unknown name is `errored`.
const OPERATIONS_OF_OTHER_SUITES = new Set([
  "note/commitment", "note/address", "note/kind", "transaction/check", "block/apply", "settlement/signing_message",
  "randomness/verify_beacon", "provers/ranking", "consensus/vote", "link/encode", "link/decode",
]);

function answerHello(request: Answer): Answer {
  if (request["protocol"] !== PROTOCOL_VERSION) return errored("this driver speaks protocol 1");
  const { name, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return { implementation: name, version, protocol: PROTOCOL_VERSION, suites: SUITES, presets: PRESETS, level: "reason" };
}

function answerRun(request: Answer): Answer {
  const { suite, operation, preset, input } = request;
  if (typeof suite !== "string" || typeof operation !== "string") return errored("suite and operation must be text");
  const name = `${suite}/${operation}`;
  if (OPERATIONS_OF_OTHER_SUITES.has(name)) return { result: "skipped", reason: `suite ${suite} is not implemented` };
  const run = OPERATIONS.get(name);
  if (run === undefined) return errored("unknown suite or operation");
  if (!PRESETS.includes(preset)) return errored("unknown preset");
  try {
    return { result: "accepted", output: run(input) };
  } catch (failure) {
    if (failure instanceof forms.Rejection) return { result: "rejected", error: failure.code };
    return errored(`internal error: ${String(failure)}`);
  }
}

function errored(message: string): Answer {
  return { result: "errored", message };
}

function answerLine(line: Uint8Array): Answer {
  let request: unknown;
  try {
    // `fatal`: bytes that are not UTF-8 make the line no JSON, instead of turning into replacement characters.
    request = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line));
  } catch {
    return errored("the line is not JSON");
  }
  if (typeof request !== "object" || request === null || Array.isArray(request)) return errored("not a JSON object");
  const { seq, cmd } = request as Answer;
  if (!Number.isSafeInteger(seq)) return errored("seq must be an integer");
  if (cmd === "hello") return { seq, ...answerHello(request as Answer) };
  if (cmd === "run") return { seq, ...answerRun(request as Answer) };
  if (cmd === "stop") return { seq, result: "stopped" };
  return { seq, ...errored("unknown cmd") };
}

/** Splits at the newline byte only; Node's readline would also split at U+2028, which JSON text may hold. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let pieces: Buffer[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end !== -1; end = chunk.indexOf("\n", start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, end)]);
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

for await (const line of linesOf(process.stdin)) {
  const answer = answerLine(line);
  process.stdout.write(JSON.stringify(answer) + "\n");
  if (answer["result"] === "stopped") break;
}
