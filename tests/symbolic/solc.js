#!/usr/bin/env node
"use strict";
/*
 * What slither asks of a `solc` on the path, answered by the compiler of contracts/package.json:
 * `solc --version`, and `solc FILE --combined-json OUTPUTS` run in the project's folder.
 */

const fs = require("node:fs");
const path = require("node:path");

const PROJECT = path.resolve(__dirname, "../..");
const MODULES = path.join(PROJECT, "contracts", "node_modules");
const PACKAGES = "contracts/node_modules/";
const PER_CONTRACT = {
  abi: (contract) => contract.abi,
  bin: (contract) => contract.evm.bytecode.object,
  "bin-runtime": (contract) => contract.evm.deployedBytecode.object,
  srcmap: (contract) => contract.evm.bytecode.sourceMap,
  "srcmap-runtime": (contract) => contract.evm.deployedBytecode.sourceMap,
  userdoc: (contract) => contract.userdoc,
  devdoc: (contract) => contract.devdoc,
  hashes: (contract) => contract.evm.methodIdentifiers,
};

function main(options) {
  const solc = require(path.join(MODULES, "solc"));
  if (options.includes("--version")) {
    process.stdout.write(`solc, the solidity compiler\nVersion: ${solc.version()}\n`);
    return;
  }
  const file = options.find((option) => option.endsWith(".sol"));
  const name = path.relative(PROJECT, path.resolve(file));
  const wanted = options[options.indexOf("--combined-json") + 1].split(",");
  const { settings } = JSON.parse(fs.readFileSync(path.join(PROJECT, "contracts/settings.json")));
  const read = (source) => {
    const root = source.startsWith("contracts/") ? PROJECT : MODULES;
    return fs.readFileSync(path.join(root, source), "utf8");
  };
  const input = {
    language: "Solidity",
    sources: { [name]: { content: read(name) } },
    settings: {
      ...settings,
      outputSelection: { "*": { "": ["ast"], "*": ["abi", "evm", "userdoc", "devdoc"] } },
    },
  };
  const find = (source) => ({ contents: read(source) });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map((one) => one.formattedMessage).join("\n"));

  const place = (source) => (source.startsWith("contracts/") ? source : `${PACKAGES}${source}`);
  const placed = (key, value) => (key === "absolutePath" ? place(value) : value);
  const contracts = {};
  for (const [source, found] of Object.entries(output.contracts)) {
    for (const [contract, content] of Object.entries(found)) {
      const parts = wanted.filter((part) => part in PER_CONTRACT);
      contracts[`${place(source)}:${contract}`] = Object.fromEntries(
        parts.map((part) => [part, PER_CONTRACT[part](content)]),
      );
    }
  }
  const sourceList = [];
  const sources = {};
  for (const [source, { ast, id }] of Object.entries(output.sources)) {
    sourceList[id] = place(source);
    sources[place(source)] = { AST: JSON.parse(JSON.stringify(ast), placed) };
  }
  process.stdout.write(JSON.stringify({ contracts, sourceList, sources, version: solc.version() }));
}

main(process.argv.slice(2));
