// The protocol loop: one JSON request per line on stdin, one JSON answer per line on stdout, until `stop` or the end.
// stdout carries nothing but answers. Nothing that a request holds may end the process.

import { readFileSync } from "node:fs";
import { Rejection } from "./forms.js";
import { OPERATIONS, OPERATIONS_NOT_DONE, SUITES } from "./operations.js";
import { PRESETS } from "./parameters.js";

type Answer = Record<string, unknown>;

const PROTOCOL_VERSION = 1;

function answerHello(request: Answer): Answer {
  if (request["protocol"] !== PROTOCOL_VERSION) return errored("this driver speaks protocol 1");
  const { name, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const presets = [...PRESETS.keys()];
  return { implementation: name, version, protocol: PROTOCOL_VERSION, suites: SUITES, presets, level: "reason" };
}

function answerRun(request: Answer): Answer {
  const { suite, operation, preset, input } = request;
  if (typeof suite !== "string" || typeof operation !== "string") return errored("suite and operation must be text");
  // To answer `skipped` says "known, not done here"; an unknown name is `errored`.
  const name = `${suite}/${operation}`;
  if (OPERATIONS_NOT_DONE.has(name)) return { result: "skipped", reason: `${name} is not implemented` };
  const run = OPERATIONS.get(name);
  if (run === undefined) return errored("unknown suite or operation");
  const parameters = PRESETS.get(preset);
  if (parameters === undefined) return errored("unknown preset");
  try {
    return { result: "accepted", output: run(input, parameters) };
  } catch (failure) {
    if (failure instanceof Rejection) return { result: "rejected", error: failure.code };
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
