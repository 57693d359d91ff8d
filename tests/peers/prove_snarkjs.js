/**
 * Proves a prepared chain of hashes some times, and prints how long it took.
 *
 * Usage: node prove_snarkjs.js <groth16 or plonk> <folder> <runs> <runs before them>
 *
 * What is counted begins with key and witness in memory and ends with the proof; runs before the
 * counted ones start the workers and warm the compiler. A proof that its own verifier refuses
 * counts for nothing.
 */

import fs from "node:fs";
import path from "node:path";
import * as snarkjs from "snarkjs";

const [name, folder] = process.argv.slice(2, 4);
const [runs, warmUps] = process.argv.slice(4).map(Number);
const system = { groth16: snarkjs.groth16, plonk: snarkjs.plonk }[name];
const read = (file) => ({ type: "mem", data: fs.readFileSync(path.join(folder, file)) });
const key = read("key.zkey");
const witness = read("witness.wtns");

const seconds = [];
const cpuSeconds = [];
let result;
for (let run = -warmUps; run < runs; run++) {
    const [start, cpuStart] = [performance.now(), process.cpuUsage()];
    result = await system.prove(key, witness);
    const cpu = process.cpuUsage(cpuStart);
    if (run < 0) continue;
    seconds.push((performance.now() - start) / 1000);
    cpuSeconds.push((cpu.user + cpu.system) / 1e6);
}
const peakBytes = 1024 * peakKilobytes();
/** The kernel's own count begins with what the process was started from; Linux has a better one. */
function peakKilobytes() {
    const status = "/proc/self/status";
    if (!fs.existsSync(status)) return process.resourceUsage().maxRSS;
    return Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync(status, "utf8"))[1]);
}

const verificationKey = await snarkjs.zKey.exportVerificationKey(key);
const start = performance.now();
const isAccepted = await system.verify(verificationKey, result.publicSignals, result.proof);
const verifySeconds = (performance.now() - start) / 1000;
if (!isAccepted) throw new Error("the proof is refused");
console.log(JSON.stringify({ seconds, cpuSeconds, verifySeconds, peakBytes }));
process.exit(0);
