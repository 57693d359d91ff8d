// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVerifier} from "./IVerifier.sol";

// What is passed to the rollup, and what its parts share.

/// @dev Words of a transaction: two leaves that go, two that come, and the message.
uint256 constant KIND = 4;
uint256 constant NOTE_KIND = 5;
uint256 constant VALUE = 6;
uint256 constant HASH = 7;
uint256 constant BURN_ADDRESS = 8;
uint256 constant WORDS = 9;

/// @dev Kinds of transactions.
uint256 constant PADDING = 0;
uint256 constant SEND = 1;
uint256 constant MINT = 2;
uint256 constant BURN = 3;

/// @dev Words of a message that a block carries, the kind included.
uint256 constant MINT_WORDS = 4;
uint256 constant BURN_WORDS = 5;

/// @notice A sequencer that may sign.
struct Validator {
    /// The account of its key.
    address account;
    /// Its weight, below 2^128.
    uint256 stake;
}

/// @notice A call to another contract, made when the transaction that it belongs to is settled.
struct QueuedCall {
    /// Who is called.
    address target;
    /// How much gas the call gets.
    uint256 gas;
    /// With what.
    bytes data;
}

/// @notice A transaction that waits.
struct Entry {
    /// What is to be settled.
    uint256[9] words;
    /// Whether something is to be called then.
    bool hasCall;
    /// What; all zero if nothing is.
    QueuedCall call;
    /// When it was queued, in seconds of Unix time.
    uint256 queuedAt;
}

/// @notice What becomes of the oldest entry of the queue.
struct Verdict {
    /// The entry whose turn it is.
    Entry entry;
    /// Whether its transaction stands in the block; otherwise it can have no place.
    bool applied;
    /// If it can have no place: whether that is so on the tree after the block, not before it.
    bool isAfter;
    /// What shows that; not looked at if the transaction is a mint whose deposit is gone.
    bytes proof;
}

/// @notice What a block does.
struct Claim {
    /// Old root, new root, commit hash, then the messages without the zeros after them.
    bytes32[] publicInputs;
    /// What shows it.
    bytes proof;
}

/// @notice A signature on the curve secp256k1.
struct Signature {
    /// Its first number.
    bytes32 r;
    /// Its second number, in the lower half.
    bytes32 s;
    /// 27 and the recovery id.
    uint8 v;
}

/// @notice Three blocks in a row and the certificate on the last one.
struct CommitProof {
    /// The encoded headers, oldest first; the first one is that of the block that is committed.
    bytes[3] headers;
    /// The roots that the second and the third block state.
    bytes32[2] roots;
    /// Approvals of the third block, by ascending signer.
    Signature[] certificate;
    /// The encoded headers of the blocks between the last settled one and the first of the three,
    /// oldest first; they change nothing.
    bytes[] skipped;
}

/// @notice A burn.
struct Burn {
    /// Of which token.
    bytes32 noteKind;
    /// The amount.
    uint256 value;
    /// The commitment of the first burned note.
    bytes32 burnHash;
    /// Who is to be paid.
    address recipient;
}

/// @notice What a depositor signs, so that somebody else can bring it.
struct Authorization {
    /// Whose money it is.
    address depositor;
    /// The token accepts it after this second.
    uint256 validAfter;
    /// The token accepts it before this second.
    uint256 validBefore;
    /// The token accepts each once.
    bytes32 nonce;
    /// What lets the token move the money.
    Signature tokenSignature;
    /// What says which mint the money is for.
    Signature depositSignature;
}

/// @notice The parameters of a network.
struct Rules {
    /// Levels of the note tree.
    uint256 treeDepth;
    /// Groups of a block.
    uint256 blockGroups;
    /// Places of a group.
    uint256 groupTransactions;
    /// Words of a block's message area.
    uint256 messageWords;
    /// Blocks after the last settled one in which a validator set may begin at most.
    uint256 futureBlocks;
    /// Seconds after which a deposit that no block took can be cancelled.
    uint256 cancelSeconds;
    /// Seconds after which a block settles only with the entry.
    uint256 dueSeconds;
    /// Seconds after which anyone may settle the entry in a block of its own.
    uint256 overdueSeconds;
    /// Seconds after which anyone may freeze the rollup.
    uint256 freezeSeconds;
    /// Seconds in which the sequencers have to serve one entry of a long queue.
    uint256 serviceSeconds;
    /// The most gas of a queued call.
    uint256 callGas;
    /// The most bytes of a queued call.
    uint256 callBytes;
}

/// @notice What judges proofs.
struct Verifiers {
    /// Of a block.
    IVerifier blockProof;
    /// Of a client.
    IVerifier transactionProof;
    /// Of a transaction's having no place on a tree.
    IVerifier voidProof;
}
