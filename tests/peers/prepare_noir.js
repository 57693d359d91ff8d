/**
 * Compiles a chain of hashes with Noir and solves it, for bb to prove.
 *
 * Usage: node prepare_noir.js <number of hashes> <folder>
 */

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Noir } from "@noir-lang/noir_js";
import { compile, createFileManager } from "@noir-lang/noir_wasm";

const [count, folder] = [Number(process.argv[2]), process.argv[3]];
const here = path.dirname(fileURLToPath(import.meta.url));
const at = (name) => path.join(folder, name);

fs.cpSync(path.join(here, "noir"), at("noir"), { recursive: true });
const source = fs.readFileSync(at("noir/src/main.nr"), "utf8");
const counted = source.replace(/COUNT: u32 = \d+;/, `COUNT: u32 = ${count};`);
fs.writeFileSync(at("noir/src/main.nr"), counted);

const { program } = await compile(createFileManager(at("noir")));
fs.writeFileSync(at("program.json"), JSON.stringify(program));
const { witness, returnValue } = await new Noir(program).execute({ start: "0x01" });
fs.writeFileSync(at("witness.gz"), witness);
fs.writeFileSync(at("prepared.json"), JSON.stringify({ end: returnValue }) + "\n");
