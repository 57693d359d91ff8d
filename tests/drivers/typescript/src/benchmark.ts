// Measures the two-input Poseidon2 of the package on one thread, to compare with `payy-ref bench`. Prints a JSON line.

import { readFileSync } from "node:fs";
import { poseidon2Hash } from "@zkpassport/poseidon2";

const PACKAGE = "@zkpassport/poseidon2";
const WARM_UP_MILLISECONDS = 500;
const MEASURED_MILLISECONDS = 2000;
const HASHES_BETWEEN_CLOCK_READINGS = 100;

/** Each hash takes the one before as its input, so that none can be left out. */
function hashFor(milliseconds: number): { hashes: number; seconds: number } {
  const start = performance.now();
  let digest = 1n;
  let hashes = 0;
  while (performance.now() - start < milliseconds) {
    for (let count = 0; count < HASHES_BETWEEN_CLOCK_READINGS; count += 1) digest = poseidon2Hash([digest, 2n]);
    hashes += HASHES_BETWEEN_CLOCK_READINGS;
  }
  return { hashes, seconds: (performance.now() - start) / 1000 };
}

// The package is pinned exactly, so the version that package.json asks for is the one installed.
const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
hashFor(WARM_UP_MILLISECONDS);
const { hashes, seconds } = hashFor(MEASURED_MILLISECONDS);
const hashesPerSecond = Math.round(hashes / seconds);
console.log(JSON.stringify({ package: PACKAGE, version: dependencies[PACKAGE], hashesPerSecond, hashes }));
