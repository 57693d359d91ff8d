"use strict";
/*
 * Compile the contracts of a project and write, or compare, one artefact a contract.
 *
 *     node compile.js [--check] [folder ...]
 *
 * A folder holds contracts/**.sol and gets contracts/build/<Contract>.json; without one, it is the
 * folder above this script. With --check nothing is written: every artefact is compiled again and
 * compared byte for byte, and what differs is named.
 *
 * Each file is compiled by itself, with what it imports and nothing else. So an artefact depends
 * on these sources, the settings and the compiler only, never on what else lies in the folder.
 * Source names are paths from the folder with forward slashes, because the compiler hashes them
 * into the code. The settings stand in settings.json beside this script; "overrides" changes them
 * for one file, for example {"contracts/Verifier.sol": {"viaIR": true}}.
 *
 * Exit codes: 0 all is well; 1 the contracts do not compile, or --check found a difference;
 * 2 the compiler is not there.
 */

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const HERE = __dirname;
const MODULES = path.join(HERE, "node_modules");
const NOT_SOURCES = new Set(["build", "node_modules"]);
const OUTPUTS = [
  "abi",
  "devdoc",
  "userdoc",
  "metadata",
  "storageLayout",
  "evm.bytecode.object",
  "evm.bytecode.linkReferences",
  "evm.deployedBytecode.object",
  "evm.deployedBytecode.immutableReferences",
];

class Refusal extends Error {}

function loadCompiler(expected) {
  let solc;
  try {
    solc = require("solc");
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    process.stderr.write("the compiler is missing; in contracts/: npm ci --ignore-scripts\n");
    process.exit(2);
  }
  if (!solc.version().startsWith(`${expected}+`)) {
    throw new Refusal(`settings.json wants solc ${expected}, installed is ${solc.version()}`);
  }
  return solc;
}

/** List the sources below a folder, as paths from the project with forward slashes, in order. */
function sourcesBelow(project, folder) {
  const found = [];
  for (const entry of fs.readdirSync(path.join(project, folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !NOT_SOURCES.has(entry.name)) {
      found.push(...sourcesBelow(project, name));
    } else if (entry.isFile() && entry.name.endsWith(".sol")) {
      found.push(name);
    }
  }
  return found.sort();
}

/** Find a source by its name: one of ours below contracts/, any other in an npm package. */
function readSource(project, name) {
  const root = name.startsWith("contracts/") ? project : MODULES;
  const file = path.resolve(root, name);
  if (!file.startsWith(root + path.sep)) throw new Refusal(`${name} leaves its folder`);
  return fs.readFileSync(file, "utf8");
}

/** Compile one file and give its artefacts by contract name. */
function compile(solc, project, source, settings) {
  const input = {
    language: "Solidity",
    sources: { [source]: { content: readSource(project, source) } },
    settings: { ...settings, outputSelection: { [source]: { "*": OUTPUTS } } },
  };
  const find = (name) => {
    try {
      return { contents: readSource(project, name) };
    } catch (error) {
      return { error: error.message };
    }
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
  const isOurs = (complaint) => (complaint.sourceLocation?.file ?? source).startsWith("contracts/");
  const complaints = (output.errors ?? []).filter((one) => one.severity === "error" || isOurs(one));
  if (complaints.length > 0) {
    throw new Refusal(complaints.map((one) => one.formattedMessage).join("\n"));
  }
  const artefacts = new Map();
  for (const [name, contract] of Object.entries(output.contracts?.[source] ?? {})) {
    const closure = Object.keys(JSON.parse(contract.metadata).sources);
    const digest = (file) =>
      crypto.createHash("sha256").update(readSource(project, file)).digest("hex");
    artefacts.set(name, {
      contract: name,
      source,
      compiler: solc.version(),
      settings,
      sources: Object.fromEntries(closure.map((file) => [file, digest(file)])),
      abi: contract.abi,
      devdoc: contract.devdoc,
      userdoc: contract.userdoc,
      creationCode: contract.evm.bytecode.object,
      linkReferences: contract.evm.bytecode.linkReferences,
      runtimeCode: contract.evm.deployedBytecode.object,
      immutableReferences: contract.evm.deployedBytecode.immutableReferences ?? {},
      storageLayout: contract.storageLayout,
    });
  }
  return artefacts;
}

/** Compile all and give the text of each artefact by its file name. */
function compileProject(solc, project, { settings, overrides }) {
  const texts = new Map();
  for (const source of sourcesBelow(project, "contracts")) {
    const own = { ...settings, ...(overrides[source] ?? {}) };
    for (const [name, artefact] of compile(solc, project, source, own)) {
      const file = `${name}.json`;
      if (texts.has(file)) throw new Refusal(`two contracts are called ${name}`);
      texts.set(file, `${JSON.stringify(ordered(artefact), null, 2)}\n`);
    }
  }
  return texts;
}

/** Put the keys of every object in order, so that equal content is equal text. */
function ordered(value) {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, ordered(value[key])]));
}

function committed(folder) {
  const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const texts = files.filter((file) => file.endsWith(".json"));
  return new Map(texts.map((file) => [file, fs.readFileSync(path.join(folder, file), "utf8")]));
}

/** Say where two texts of an artefact differ: the names of its parts. */
function differingParts(before, after) {
  let old;
  try {
    old = JSON.parse(before);
  } catch {
    return "not JSON";
  }
  const fresh = JSON.parse(after);
  const names = [...new Set([...Object.keys(old ?? {}), ...Object.keys(fresh)])].sort();
  const differs = (name) => JSON.stringify(old?.[name]) !== JSON.stringify(fresh[name]);
  return names.filter(differs).join(", ") || "layout of the file";
}

function main(options) {
  const isCheck = options.includes("--check");
  const folders = options.filter((option) => option !== "--check");
  const unknown = folders.find((folder) => folder.startsWith("-"));
  if (unknown !== undefined) throw new Refusal(`unknown option ${unknown}`);
  const configuration = JSON.parse(fs.readFileSync(path.join(HERE, "settings.json"), "utf8"));
  const solc = loadCompiler(configuration.compiler);
  let faults = 0;
  for (const folder of folders.length > 0 ? folders : [path.dirname(HERE)]) {
    const project = path.resolve(folder);
    const build = path.join(project, "contracts", "build");
    const fresh = compileProject(solc, project, configuration);
    const old = committed(build);
    const report = (file, what) => {
      const shown = path.relative(process.cwd(), path.join(build, file));
      process.stdout.write(`${shown}: ${what}\n`);
    };
    for (const [file, text] of fresh) {
      if (old.get(file) === text) continue;
      if (isCheck) {
        const why = old.has(file) ? `differs (${differingParts(old.get(file), text)})` : "missing";
        report(file, why);
        faults += 1;
      } else {
        fs.mkdirSync(build, { recursive: true });
        fs.writeFileSync(path.join(build, file), text);
        report(file, "written");
      }
    }
    for (const file of old.keys()) {
      if (fresh.has(file)) continue;
      if (isCheck) {
        report(file, "no source has this contract");
        faults += 1;
      } else {
        fs.unlinkSync(path.join(build, file));
        report(file, "removed");
      }
    }
    const count = `${fresh.size} contract${fresh.size === 1 ? "" : "s"}`;
    const where = path.relative(process.cwd(), project) || ".";
    process.stdout.write(`${where}: ${count}, solc ${configuration.compiler}\n`);
  }
  return faults === 0 ? 0 : 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
