// The operations: the form of each input, the rule that is asked, and the form of its output.
// All fields are decoded in the order in which the operation names them, and only then are its rules judged;
// the first fault found is the one answered.

import { applyBlock, checkData, commitHash, packedMessages } from "./application.js";
import * as blocks from "./block.js";
import * as chain from "./chain.js";
import {
  type Decode, bigEndianNumber, bytesOf, decodeBytes, decodeFieldElement, decodeInteger, decodeText, decodeWord,
  encodeBytes, encodeWord, listOf, recordOf,
} from "./forms.js";
import { hashBytes, poseidon2 } from "./hash.js";
import { decodeLink, encodeLink, noteOfLink } from "./link.js";
import * as mempool from "./mempool.js";
import { SparseMerkleTree, verifyAbsence, verifyInclusion, verifyPath } from "./merkle.js";
import * as notes from "./note.js";
import type { Parameters } from "./parameters.js";
import * as transactions from "./transaction.js";

type Output = Record<string, unknown>;
type Operation = (input: unknown, parameters: Parameters) => Output;

function operation<Input>(decode: Decode<Input>, run: (input: Input, parameters: Parameters) => Output): Operation {
  return (input, parameters) => run(decode(input), parameters);
}

// Forms of the records that operations share.

const decodeElements = listOf(decodeFieldElement);
const decodeHash = bytesOf(blocks.WIDTH_OF_HASH);
const decodeSignature = bytesOf(blocks.WIDTH_OF_SIGNATURE);
const decodeAddress = bytesOf(20);
const decodePublicInputs = listOf(decodeFieldElement, 9);
const decodeHeight: Decode<bigint> = (value) => blocks.requireHeight(decodeInteger(value));

const decodeNote = recordOf({
  kind: decodeFieldElement, value: decodeFieldElement, address: decodeFieldElement, psi: decodeFieldElement,
});
const decodeInputNote = recordOf({ note: decodeNote, secret_key: decodeFieldElement });
const decodeProvenTransaction = recordOf({ proof: decodeBytes, public_inputs: decodePublicInputs });
const decodeBlock = recordOf({
  header: recordOf({
    height: decodeHeight,
    last_block_hash: decodeHash,
    epoch_id: decodeInteger,
    last_final_block_hash: decodeHash,
    approvals: listOf(decodeSignature),
  }),
  root: decodeFieldElement,
  transactions: listOf(decodeProvenTransaction),
  signature: decodeSignature,
});
const decodeCheckpoint = recordOf({
  height: decodeHeight, block_hash: decodeHash, root: decodeFieldElement, leaves: decodeElements,
});
const decodeArchive = recordOf({ checkpoint: decodeCheckpoint, blocks: listOf(decodeBlock) });

const decodeTransactionRecord = recordOf({ public_inputs: decodePublicInputs });
const decodeTransaction: Decode<readonly bigint[]> = (value) => decodeTransactionRecord(value).public_inputs;
const decodeMempool = recordOf({
  waiting: listOf(decodeTransaction),
  leases: listOf(recordOf({ height: decodeHeight, transactions: listOf(decodeTransaction) })),
});

function encodeNote({ kind, value, address, psi }: notes.Note): Output {
  return { kind: encodeWord(kind), value: encodeWord(value), address: encodeWord(address), psi: encodeWord(psi) };
}

function encodeInputNote({ note, secret_key }: notes.InputNote): Output {
  return { note: encodeNote(note), secret_key: encodeWord(secret_key) };
}

function encodeStatement(statement: transactions.Statement): Output {
  return {
    input_notes: statement.input_notes.map(encodeInputNote),
    output_notes: statement.output_notes.map(encodeNote),
    pmessage4: encodeWord(statement.pmessage4),
    commitments: statement.commitments.map(encodeWord),
    messages: statement.messages.map(encodeWord),
  };
}

function encodeProvenTransaction({ proof, public_inputs }: transactions.ProvenTransaction): Output {
  return { proof: encodeBytes(proof), public_inputs: public_inputs.map(encodeWord) };
}

function encodeBlock({ header, root, transactions: carried, signature }: blocks.Block): Output {
  return {
    header: {
      height: String(header.height),
      last_block_hash: encodeBytes(header.last_block_hash),
      epoch_id: String(header.epoch_id),
      last_final_block_hash: encodeBytes(header.last_final_block_hash),
      approvals: header.approvals.map(encodeBytes),
    },
    root: encodeWord(root),
    transactions: carried.map(encodeProvenTransaction),
    signature: encodeBytes(signature),
  };
}

function encodeLedger({ height, blockHash, tree }: chain.Ledger): Output {
  return { height: String(height), block_hash: encodeBytes(blockHash), root: encodeWord(tree.root()) };
}

function encodeArchive({ checkpoint, blocks: kept }: chain.Archive): Output {
  return {
    checkpoint: {
      height: String(checkpoint.height),
      block_hash: encodeBytes(checkpoint.block_hash),
      root: encodeWord(checkpoint.root),
      leaves: checkpoint.leaves.map(encodeWord),
    },
    blocks: kept.map(encodeBlock),
  };
}

function encodeTransaction(publicInputs: readonly bigint[]): Output {
  return { public_inputs: publicInputs.map(encodeWord) };
}

function encodeMempool({ waiting, leases }: mempool.Mempool): Output {
  return {
    waiting: waiting.map(encodeTransaction),
    leases: leases.map((lease) => ({
      height: String(lease.height), transactions: lease.transactions.map(encodeTransaction),
    })),
  };
}

// Steps of an update of a tree.

const decodeUpdate = recordOf({
  depth: decodeInteger, leaves: decodeElements, remove: decodeElements, insert: decodeElements,
});

/** Makes one change and tells what a circuit needs to follow it; the path is the same before and after. */
function stepOf(tree: SparseMerkleTree, element: bigint, change: () => void): Output {
  const leafBefore = tree.leafAt(element);
  const rootBefore = tree.root();
  change();
  return {
    element: encodeWord(element),
    leaf_before: encodeWord(leafBefore),
    leaf_after: encodeWord(tree.leafAt(element)),
    siblings: tree.path(element).map(encodeWord),
    root_before: encodeWord(rootBefore),
    root_after: encodeWord(tree.root()),
  };
}

const TABLE: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  hash: {
    poseidon2: operation(recordOf({ inputs: listOf(decodeWord) }), ({ inputs }) => ({
      digest: encodeWord(poseidon2(inputs)),
    })),
    bytes: operation(recordOf({ bytes: decodeBytes }), ({ bytes }) => ({ digest: encodeWord(hashBytes(bytes)) })),
  },

  merkle: {
    root: operation(recordOf({ depth: decodeInteger, leaves: decodeElements }), ({ depth, leaves }) => ({
      root: encodeWord(new SparseMerkleTree(depth, leaves).root()),
    })),
    update: operation(decodeUpdate, ({ depth, leaves, remove, insert }) => {
      const tree = new SparseMerkleTree(depth, leaves);
      remove.forEach((element) => tree.remove(element));
      insert.forEach((element) => tree.insert(element));
      return { root: encodeWord(tree.root()) };
    }),
    update_steps: operation(decodeUpdate, ({ depth, leaves, remove, insert }) => {
      const tree = new SparseMerkleTree(depth, leaves);
      const steps = [
        ...remove.map((element) => stepOf(tree, element, () => tree.remove(element))),
        ...insert.map((element) => stepOf(tree, element, () => tree.insert(element))),
      ];
      return { steps };
    }),
    path: operation(
      recordOf({ depth: decodeInteger, leaves: decodeElements, element: decodeWord }),
      ({ depth, leaves, element }) => ({
        siblings: new SparseMerkleTree(depth, leaves).path(element).map(encodeWord),
      }),
    ),
    verify_path: operation(
      recordOf({ element: decodeWord, siblings: decodeElements, root: decodeFieldElement }),
      ({ element, siblings, root }) => ({ valid: verifyPath(element, siblings, root) }),
    ),
    verify_inclusion: operation(
      recordOf({ depth: decodeInteger, element: decodeWord, siblings: decodeElements, root: decodeFieldElement }),
      ({ depth, element, siblings, root }) => ({ valid: verifyInclusion(depth, element, siblings, root) }),
    ),
    verify_absence: operation(
      recordOf({
        depth: decodeInteger,
        element: decodeWord,
        occupant: decodeWord,
        siblings: decodeElements,
        root: decodeFieldElement,
      }),
      ({ depth, element, occupant, siblings, root }) => ({
        valid: verifyAbsence(depth, element, occupant, siblings, root),
      }),
    ),
  },

  note: {
    kind: operation(recordOf({ chain_id: decodeInteger, token: decodeAddress }), ({ chain_id, token }) => ({
      kind: encodeWord(notes.kindOfToken(chain_id, token)),
    })),
    address: operation(recordOf({ secret_key: decodeFieldElement }), ({ secret_key }) => ({
      address: encodeWord(notes.addressOf(secret_key)),
    })),
    commitment: operation(recordOf({ note: decodeNote }), ({ note }) => ({
      commitment: encodeWord(notes.commitmentOf(note)),
    })),
  },

  link: {
    encode: operation(
      recordOf(
        { version: decodeInteger, secret_key: decodeWord, value: decodeInteger, referral: decodeText },
        { note_kind: decodeWord, psi: decodeWord },
      ),
      (link) => ({ payload: encodeLink(link) }),
    ),
    decode: operation(recordOf({ payload: decodeText }), ({ payload }) => {
      const { version, secret_key, value, referral, note_kind, psi } = decodeLink(payload);
      return {
        version: String(version),
        secret_key: encodeWord(secret_key),
        value: String(value),
        referral,
        ...(note_kind === undefined ? {} : { note_kind: encodeWord(note_kind) }),
        ...(psi === undefined ? {} : { psi: encodeWord(psi) }),
      };
    }),
    note: operation(recordOf({ payload: decodeText }), ({ payload }) => {
      const inputNote = noteOfLink(payload);
      const commitment = notes.commitmentOf(inputNote.note);
      return { input_note: encodeInputNote(inputNote), commitment: encodeWord(commitment) };
    }),
  },

  transaction: {
    check: operation(
      recordOf({
        input_notes: listOf(decodeInputNote, 2),
        output_notes: listOf(decodeNote, 2),
        pmessage4: decodeFieldElement,
        commitments: listOf(decodeFieldElement, 4),
        messages: listOf(decodeFieldElement, 5),
      }),
      (statement) => {
        const publicInputs = transactions.checkStatement(statement);
        return {
          public_inputs: publicInputs.map(encodeWord), transaction_hash: encodeWord(poseidon2(publicInputs)),
        };
      },
    ),
    send: operation(
      recordOf({ inputs: listOf(decodeInputNote), outputs: listOf(decodeNote) }),
      ({ inputs, outputs }) => encodeStatement(transactions.send(inputs, outputs)),
    ),
    mint: operation(
      recordOf({ inputs: listOf(decodeInputNote), outputs: listOf(decodeNote) }),
      ({ inputs, outputs }) => encodeStatement(transactions.mint(inputs, outputs)),
    ),
    burn: operation(
      recordOf({ inputs: listOf(decodeInputNote), outputs: listOf(decodeNote), recipient: decodeAddress }),
      ({ inputs, outputs, recipient }) =>
        encodeStatement(transactions.burn(inputs, outputs, bigEndianNumber(recipient))),
    ),
    encode: operation(recordOf({ transaction: decodeProvenTransaction }), ({ transaction }) => ({
      encoding: encodeBytes(transactions.encodeTransaction(transaction)),
    })),
    decode: operation(recordOf({ encoding: decodeBytes }), ({ encoding }) => ({
      transaction: encodeProvenTransaction(transactions.decodeTransaction(encoding)),
    })),
  },

  block: {
    apply: operation(
      recordOf({ old_leaves: decodeElements, transactions: listOf(decodeTransaction) }),
      ({ old_leaves, transactions: carried }, parameters) => {
        const tree = new SparseMerkleTree(parameters.treeDepth, old_leaves);
        const oldRoot = tree.root();
        applyBlock(tree, carried, parameters);
        return {
          old_root: encodeWord(oldRoot),
          new_root: encodeWord(tree.root()),
          commit_hash: encodeWord(commitHash(carried, parameters)),
          messages: packedMessages(carried).map(encodeWord),
        };
      },
    ),
    check_data: operation(
      recordOf({ transactions: listOf(decodeTransaction), commit_hash: decodeFieldElement }),
      ({ transactions: carried, commit_hash }, parameters) => ({
        messages: checkData(carried, commit_hash, parameters).map(encodeWord),
      }),
    ),
    encode: operation(recordOf({ block: decodeBlock }), ({ block }) => ({
      encoding: encodeBytes(blocks.encodeBlock(block)),
    })),
    decode: operation(recordOf({ encoding: decodeBytes }), ({ encoding }) => ({
      block: encodeBlock(blocks.decodeBlock(encoding)),
    })),
    hash: operation(recordOf({ block: decodeBlock }), ({ block }) => ({
      header_hash: encodeBytes(blocks.headerHash(block.header)), block_hash: encodeBytes(blocks.blockHash(block)),
    })),
    genesis: operation(recordOf({}), () => ({
      block: encodeBlock(blocks.GENESIS),
      encoding: encodeBytes(blocks.encodeBlock(blocks.GENESIS)),
      block_hash: encodeBytes(blocks.blockHash(blocks.GENESIS)),
    })),
  },

  settlement: {
    signing_message: operation(
      recordOf({ network_name: decodeText, new_root: decodeHash, height: decodeHeight, other_hash: decodeHash }),
      ({ network_name, new_root, height, other_hash }) => {
        const proposal = blocks.proposalHash(new_root, height, other_hash);
        const accept = blocks.acceptHash(height, proposal);
        return {
          proposal_hash: encodeBytes(proposal),
          accept_hash: encodeBytes(accept),
          message: encodeBytes(blocks.signedMessage(network_name, accept)),
        };
      },
    ),
  },

  chain: {
    extend: operation(
      recordOf({ checkpoint: decodeCheckpoint, block: decodeBlock }),
      ({ checkpoint, block }, parameters) =>
        encodeLedger(chain.extend(chain.restore(checkpoint, parameters), block, parameters)),
    ),
    build: operation(
      recordOf(
        { checkpoint: decodeCheckpoint, transactions: listOf(decodeProvenTransaction) },
        { approvals: listOf(decodeSignature) },
      ),
      ({ checkpoint, transactions: carried, approvals }, parameters) => ({
        block: encodeBlock(chain.build(chain.restore(checkpoint, parameters), carried, parameters, approvals ?? [])),
      }),
    ),
    rebuild: operation(recordOf({ archive: decodeArchive }), ({ archive }, parameters) =>
      encodeLedger(chain.rebuild(archive, parameters))),
    prune: operation(
      recordOf({ archive: decodeArchive, proven: decodeHeight }),
      ({ archive, proven }, parameters) => ({ archive: encodeArchive(chain.prune(archive, proven, parameters)) }),
    ),
  },

  mempool: {
    add: operation(
      recordOf({ mempool: decodeMempool, transaction: decodeTransaction }),
      ({ mempool: pool, transaction }) => ({ mempool: encodeMempool(mempool.add(pool, transaction)) }),
    ),
    lease: operation(
      recordOf({ mempool: decodeMempool, height: decodeHeight, maximum: decodeInteger }),
      ({ mempool: pool, height, maximum }) => {
        const { mempool: after, taken } = mempool.lease(pool, height, maximum);
        return { mempool: encodeMempool(after), transactions: taken.map(encodeTransaction) };
      },
    ),
    settle: operation(
      recordOf({ mempool: decodeMempool, height: decodeHeight, done: listOf(decodeTransaction) }),
      ({ mempool: pool, height, done }) => ({ mempool: encodeMempool(mempool.settle(pool, height, done)) }),
    ),
    choose: operation(
      recordOf({ leaves: decodeElements, candidates: listOf(decodeTransaction) }),
      ({ leaves, candidates }, parameters) => {
        const { transactions: chosen, refused, done } = mempool.choose(leaves, candidates, parameters);
        return {
          transactions: chosen.map(encodeTransaction),
          refused: refused.map(({ transaction, code }) => ({ ...encodeTransaction(transaction), error: code })),
          done: done.map(encodeTransaction),
        };
      },
    ),
  },
};

export const SUITES = Object.keys(TABLE);

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries(TABLE).flatMap(([suite, operations]) =>
    Object.entries(operations).map(([name, run]): [string, Operation] => [`${suite}/${name}`, run])),
);

/** Known and not done here: other suites, and of `settlement` the histories on L1. */
export const OPERATIONS_NOT_DONE: ReadonlySet<string> = new Set([
  "encoding/encode_u64", "encoding/decode_u64", "encoding/encode_list", "encoding/decode_list", "poseidon2/rounds",
  "settlement/run", "settlement/network_name", "bridge/run", "bridge/authorize", "queue/run", "randomness/verify_beacon", "provers/ranking", "consensus/vote",
]);
