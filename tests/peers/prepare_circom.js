/**
 * Compiles a chain of hashes with circom and makes what snarkjs needs to prove it.
 *
 * Usage: node prepare_circom.js <groth16 or plonk> <number of hashes> <folder>
 *
 * For groth16 linear constraints are folded into others, which costs it nothing. PLONK pays for
 * every addition, so for PLONK they are not.
 */

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as snarkjs from "snarkjs";
import { writeDevelopmentPowers } from "./development_powers.js";

const LARGEST_POWER = 20;

const [system, count, folder] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const at = (name) => path.join(folder, name);

// The compiler reads no file outside the folder that it runs in.
const library = path.join(here, "node_modules", "circomlib", "circuits");
fs.cpSync(path.join(here, "circom"), folder, { recursive: true });
fs.cpSync(library, at("circomlib/circuits"), { recursive: true });
const main = [
    "pragma circom 2.1.0;",
    'include "hash_chain.circom";',
    `component main = HashChain(${count});`,
];
fs.writeFileSync(at("main.circom"), main.join("\n") + "\n");
const options = ["--r1cs", "--wasm", system === "groth16" ? "--O2" : "--O1", "-o", "."];
execFileSync(process.execPath, [require.resolve("circom2/cli.js"), "main.circom", ...options], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
});
fs.rmSync(at("circomlib"), { recursive: true });

const circuit = at("main.r1cs");
const powers = at("development.ptau");
await snarkjs.wtns.calculate({ start: "1" }, at("main_js/main.wasm"), at("witness.wtns"));

const { nConstraints, nOutputs, curve } = await snarkjs.r1cs.info(circuit);
let power = Math.ceil(Math.log2(nConstraints + nOutputs + 1));
if (system === "groth16") {
    await writeDevelopmentPowers(curve, powers, power, true);
    await snarkjs.zKey.newZKey(circuit, powers, at("first.zkey"));
    // In a key without contributions delta is 1; with one it is a key like any other.
    await snarkjs.zKey.contribute(at("first.zkey"), at("key.zkey"), "development", "known");
    fs.rmSync(at("first.zkey"));
} else {
    // How many rows there are shows in the setup; it refuses powers that are too few.
    for (; power <= LARGEST_POWER; power++) {
        await writeDevelopmentPowers(curve, powers, power, false);
        if ((await snarkjs.plonk.setup(circuit, powers, at("key.zkey"))) !== -1) break;
    }
}
fs.rmSync(powers);
const prepared = { constraints: nConstraints, domain: 2 ** power };
fs.writeFileSync(at("prepared.json"), JSON.stringify(prepared) + "\n");
process.exit(0);
