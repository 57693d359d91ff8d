"use strict";
/*
 * Compile the checks of tests/symbolic and lay the artefacts out as halmos expects them of forge.
 *
 *     node forge.js OUT CHECKS [REPLACEMENTS]
 *
 * CHECKS is a contract of tests/symbolic/contracts; OUT gets <File>.sol/<Contract>.json for every
 * contract that it names. REPLACEMENTS is JSON: a list of {"file", "old", "new"}, what is to be
 * changed in which source before it is compiled; "old" has to occur exactly once. The settings are
 * those of contracts/settings.json, so that the contracts under the checks have the code that is
 * committed in contracts/build.
 */

const fs = require("node:fs");
const path = require("node:path");

const PROJECT = path.resolve(__dirname, "../..");
const MODULES = path.join(PROJECT, "contracts", "node_modules");
const CHECKS = "tests/symbolic/contracts";
const MODEL = "NoteTreeModel";
const MODELLED = "NoteTree";
const OUTPUTS = [
  "abi",
  "metadata",
  "storageLayout",
  "evm.bytecode",
  "evm.deployedBytecode",
  "evm.methodIdentifiers",
];
const OURS = ["contracts/", `${CHECKS}/`];

/** Let whoever is linked with the library of trees be linked with its model. */
function link(out) {
  const file = (contract) => path.join(out, `${contract}.sol`, `${contract}.json`);
  const read = (contract) => JSON.parse(fs.readFileSync(file(contract)));
  if (!fs.existsSync(file(MODELLED))) return;
  const artefact = { ...read(MODELLED), deployedBytecode: read(MODEL).deployedBytecode };
  fs.writeFileSync(file(MODELLED), JSON.stringify(artefact));
}

function main([out, checks, replacementsText]) {
  const solc = require(path.join(MODULES, "solc"));
  const { settings } = JSON.parse(fs.readFileSync(path.join(PROJECT, "contracts/settings.json")));
  const replacements = JSON.parse(replacementsText ?? "[]");
  const pending = new Set(replacements);

  const read = (name) => {
    const root = OURS.some((folder) => name.startsWith(folder)) ? PROJECT : MODULES;
    let text = fs.readFileSync(path.join(root, name), "utf8");
    for (const one of replacements.filter(({ file }) => file === name)) {
      if (text.split(one.old).length !== 2) throw new Error(`not once in ${name}: ${one.old}`);
      text = text.replace(one.old, () => one.new);
      pending.delete(one);
    }
    return text;
  };
  const names = [checks, MODEL].map((name) => `${CHECKS}/${name}.sol`);
  const sources = Object.fromEntries(names.map((name) => [name, { content: read(name) }]));
  const input = {
    language: "Solidity",
    sources,
    settings: {
      ...settings,
      outputSelection: {
        "*": {
          "": ["ast"],
          "*": OUTPUTS,
        },
      },
    },
  };
  const find = (name) => ({ contents: read(name) });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map((one) => one.formattedMessage).join("\n"));
  if (pending.size > 0) throw new Error(`never read: ${[...pending].map(({ file }) => file)}`);

  for (const [source, contracts] of Object.entries(output.contracts)) {
    const folder = path.join(out, path.basename(source));
    fs.mkdirSync(folder, { recursive: true });
    for (const [name, contract] of Object.entries(contracts)) {
      const code = ({ object, linkReferences, sourceMap }) => ({
        object: `0x${object}`, linkReferences, sourceMap,
      });
      const artefact = {
        abi: contract.abi,
        bytecode: code(contract.evm.bytecode),
        deployedBytecode: code(contract.evm.deployedBytecode),
        methodIdentifiers: contract.evm.methodIdentifiers,
        metadata: contract.metadata === "" ? {} : JSON.parse(contract.metadata),
        storageLayout: contract.storageLayout,
        ast: output.sources[source].ast,
        id: output.sources[source].id,
      };
      fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(artefact));
    }
  }
  link(out);
}

main(process.argv.slice(2));
