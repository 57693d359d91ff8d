// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Bridge} from "./Bridge.sol";
import {CallExecutor} from "./CallExecutor.sol";
import {
    LEDGER_KIND_UNKNOWN,
    LEDGER_LEAF_REPEATED,
    LEDGER_MESSAGE_NOT_CARRIED,
    LEDGER_VALUE_WITHOUT_KIND,
    QUEUE_CALL_DATA_TOO_LONG,
    QUEUE_CALL_GAS_MISSING,
    QUEUE_CALL_GAS_OUT_OF_RANGE,
    QUEUE_ENTRY_APPLIED,
    QUEUE_ENTRY_MISMATCH,
    QUEUE_ENTRY_NOT_APPLIED,
    QUEUE_ENTRY_NOT_VOID,
    QUEUE_ENTRY_OMITTED,
    QUEUE_FORCED_BLOCK_MISMATCH,
    QUEUE_NOT_EXPIRED,
    QUEUE_NOT_OVERDUE,
    QUEUE_OPENING_MISMATCH,
    QUEUE_PADDING,
    QUEUE_VERDICT_COUNT,
    SETTLEMENT_TRANSACTION_UNPROVEN
} from "./Errors.sol";
import {IVerifier} from "./IVerifier.sol";
import {NoteTree} from "./NoteTree.sol";
import {QUEUE_OPENING_SHAPE} from "./TreeErrors.sol";
import {
    BURN,
    BURN_WORDS,
    Entry,
    HASH,
    KIND,
    MINT,
    MINT_WORDS,
    NOTE_KIND,
    PADDING,
    QueuedCall,
    Rules,
    SEND,
    VALUE,
    Verdict,
    Verifiers,
    WORDS
} from "./Types.sol";

/// @notice Transactions that the sequencers cannot leave out for ever, in their order.
/// @dev An entry is kept as its hash; whoever speaks of it brings it along. Its words were judged
/// when it was queued, so they are not judged again.
abstract contract Queue is Bridge {
    /// @dev What is kept of an entry.
    struct Waiting {
        bytes32 entryHash;
        uint64 queuedAt;
        uint64 expiresAt;
    }

    /// @dev What making a call and saying so costs besides its gas, and for each byte of its data.
    uint256 private constant COST_OF_CALL = 40_000;
    uint256 private constant COST_OF_BYTE = 20;

    /// @notice Who makes the calls: a contract without rights.
    CallExecutor public immutable CALL_EXECUTOR;

    /// @dev Parameters of the network.
    uint256 internal immutable BLOCK_GROUPS;
    uint256 internal immutable GROUP_TRANSACTIONS;
    uint256 internal immutable DUE_SECONDS;
    uint256 internal immutable OVERDUE_SECONDS;
    uint256 internal immutable FREEZE_SECONDS;
    uint256 internal immutable SERVICE_SECONDS;
    uint256 internal immutable CALL_GAS;
    uint256 internal immutable CALL_BYTES;

    /// @dev What judges proofs of clients, and proofs that a transaction can have no place.
    IVerifier internal immutable TRANSACTION_PROOF;
    IVerifier internal immutable VOID_PROOF;

    /// @dev How many entries had a verdict, and how many there ever were.
    uint64 private _consumed;
    uint64 private _queued;

    /// @dev When the rollup may be frozen for the newest entry there ever was.
    uint64 private _lastExpiry;

    mapping(uint256 index => Waiting entry) private _waiting;

    /// @notice A transaction waits to be settled.
    /// @param index Number of the entry, from 0.
    /// @param sender Who queued it.
    /// @param entry What waits; whoever settles has to bring it, since its hash alone is kept.
    /// @param proof The client's proof, which a block with the transaction needs.
    event TransactionQueued(
        uint256 indexed index, address indexed sender, Entry entry, bytes proof
    );

    /// @notice An entry of the queue has had its turn.
    /// @param index Number of the entry.
    /// @param applied Whether its transaction was applied; otherwise it is void.
    event EntryConsumed(uint256 indexed index, bool applied);

    /// @notice The transaction that a call belongs to is settled, and the call was made.
    /// @param index Number of the entry.
    /// @param target Who was called.
    /// @param data With what.
    /// @param gas How much gas the call got.
    /// @param success Whether it was not rejected.
    event CallMade(uint256 indexed index, address target, bytes data, uint256 gas, bool success);

    constructor(Rules memory rules, Verifiers memory verifiers) Bridge(rules.cancelSeconds) {
        CALL_EXECUTOR = new CallExecutor();
        BLOCK_GROUPS = rules.blockGroups;
        GROUP_TRANSACTIONS = rules.groupTransactions;
        DUE_SECONDS = rules.dueSeconds;
        OVERDUE_SECONDS = rules.overdueSeconds;
        FREEZE_SECONDS = rules.freezeSeconds;
        SERVICE_SECONDS = rules.serviceSeconds;
        CALL_GAS = rules.callGas;
        CALL_BYTES = rules.callBytes;
        TRANSACTION_PROOF = verifiers.transactionProof;
        VOID_PROOF = verifiers.voidProof;
    }

    /// @notice How many entries had a verdict; the number of the oldest one that waits.
    /// @return The number.
    function consumed() external view returns (uint256) {
        return _consumed;
    }

    /// @notice How many entries wait.
    /// @return The number.
    function waitingCount() external view returns (uint256) {
        return _queued - _consumed;
    }

    /// @notice What is kept of an entry that waits.
    /// @param index Number of the entry.
    /// @return `keccak256(abi.encode(entry))`; 0 if it does not wait.
    function entryHash(uint256 index) external view returns (bytes32) {
        return _waiting[index].entryHash;
    }

    /// @dev Put a transaction at the end of the queue. Whatever could keep an entry from being
    /// applied and from being void is refused here; otherwise one entry could stop all blocks.
    /// @param words The transaction.
    /// @param proof The client's proof of it.
    /// @param hasCall Whether something is to be called when it is settled.
    /// @param attached What; all zero if nothing is.
    function _queue(
        uint256[9] calldata words,
        bytes calldata proof,
        bool hasCall,
        QueuedCall memory attached
    ) internal {
        if (attached.gas > CALL_GAS) revert QUEUE_CALL_GAS_OUT_OF_RANGE();
        if (attached.data.length > CALL_BYTES) revert QUEUE_CALL_DATA_TOO_LONG();
        if (words[KIND] == PADDING) revert QUEUE_PADDING();
        _checkTransaction(words);
        bytes32 noteKind = bytes32(words[NOTE_KIND]);
        if (words[KIND] == MINT) _checkMint(noteKind, words[VALUE], bytes32(words[HASH]));
        if (words[KIND] == BURN) _knownToken(noteKind);
        _checkProven(words, proof);
        uint256 index = _queued++;
        Entry memory entry = Entry(words, hasCall, attached, block.timestamp);
        _waiting[index] = Waiting(_hashOf(entry), uint64(block.timestamp), _nextExpiry());
        if (words[KIND] == MINT) _holdDeposit(bytes32(words[HASH]));
        emit TransactionQueued(index, msg.sender, entry, proof);
    }

    /// @dev When the rollup may be frozen for an entry that is queued now: entries expire one after
    /// the other, no faster than sequencers have to serve them.
    function _nextExpiry() private returns (uint64) {
        uint256 alone = block.timestamp + FREEZE_SECONDS;
        uint256 next = _lastExpiry + SERVICE_SECONDS;
        _lastExpiry = uint64(next > alone ? next : alone);
        return _lastExpiry;
    }

    /// @dev Judge what can be judged of a transaction that is no padding, alone in a block, without
    /// the tree.
    function _checkTransaction(uint256[9] calldata words) internal pure {
        uint256 kind = words[KIND];
        if (kind > BURN) revert LEDGER_KIND_UNKNOWN();
        uint256 rest = 0;
        for (uint256 i = KIND + (kind < MINT ? 1 : _messageWords(kind)); i < WORDS; ++i) {
            rest |= words[i];
        }
        if (rest != 0) revert LEDGER_MESSAGE_NOT_CARRIED();
        if (words[VALUE] != 0 && words[NOTE_KIND] == 0) revert LEDGER_VALUE_WITHOUT_KIND();
        for (uint256 i = 1; i < KIND; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                if (words[i] == words[j] && words[i] != 0) revert LEDGER_LEAF_REPEATED();
            }
        }
    }

    /// @dev Judge whether a client proved a transaction.
    function _checkProven(uint256[9] calldata words, bytes calldata proof) internal view {
        bytes32[] memory publicInputs = new bytes32[](WORDS);
        for (uint256 i = 0; i < WORDS; ++i) {
            publicInputs[i] = bytes32(words[i]);
        }
        if (!TRANSACTION_PROOF.verify(proof, publicInputs)) {
            revert SETTLEMENT_TRANSACTION_UNPROVEN();
        }
    }

    /// @dev Judge whether the oldest entry has waited long enough to freeze the rollup.
    function _checkExpired() internal view {
        uint256 oldest = _consumed;
        if (oldest == _queued || block.timestamp < _waiting[oldest].expiresAt) {
            revert QUEUE_NOT_EXPIRED();
        }
    }

    /// @dev Judge whether an entry is the oldest one, and may be settled without the sequencers.
    function _checkOverdue(Entry calldata entry) internal view {
        if (!_hasWaited(OVERDUE_SECONDS)) revert QUEUE_NOT_OVERDUE();
        if (_hashOf(entry) != _waiting[_consumed].entryHash) revert QUEUE_ENTRY_MISMATCH();
    }

    /// @dev Judge whether the verdicts are on the oldest entries, in order, and on all that are
    /// due, at most one a place of a block. No entry is older than the one before it, so the first
    /// one without a verdict decides whether one that is due is left out.
    /// @return first Number of the first entry.
    function _checkVerdicts(Verdict[] calldata verdicts) internal view returns (uint256 first) {
        first = _consumed;
        uint256 most = _queued - first;
        uint256 places = BLOCK_GROUPS * GROUP_TRANSACTIONS;
        if (most > places) most = places;
        uint256 count = verdicts.length;
        if (count > most) revert QUEUE_VERDICT_COUNT();
        if (count < most && block.timestamp >= _waiting[first + count].queuedAt + DUE_SECONDS) {
            revert QUEUE_ENTRY_OMITTED();
        }
        for (uint256 i = 0; i < count; ++i) {
            if (_hashOf(verdicts[i].entry) != _waiting[first + i].entryHash) {
                revert QUEUE_ENTRY_MISMATCH();
            }
        }
    }

    /// @dev Judge whether an opening is that of the block with this commit hash; where nothing is
    /// asked, nothing is opened.
    function _checkOpening(uint256[][] calldata opening, bytes32 boundBy, bool isAsked)
        internal
        view
    {
        if (!isAsked) {
            if (opening.length != 0) revert QUEUE_OPENING_SHAPE();
            return;
        }
        uint256 opened = NoteTree.openedCommitHash(opening, BLOCK_GROUPS, GROUP_TRANSACTIONS);
        if (bytes32(opened) != boundBy) revert QUEUE_OPENING_MISMATCH();
    }

    /// @dev Tell whether a transaction stands in a block. A place binds the four commitments; what
    /// a mint or a burn says besides is in the messages.
    /// @param opening The hashes of the block's places.
    /// @param messages The block's messages; they were judged before.
    function _standsIn(
        uint256[9] calldata words,
        uint256[][] calldata opening,
        bytes32[] calldata messages
    ) internal pure returns (bool) {
        if (words[KIND] != SEND && !_isSaid(words, messages)) return false;
        uint256 own = NoteTree.placeHash(_commitments(words));
        for (uint256 i = 0; i < opening.length; ++i) {
            for (uint256 j = 0; j < opening[i].length; ++j) {
                if (opening[i][j] == own) return true;
            }
        }
        return false;
    }

    /// @dev Tell whether a transaction's message is among those of a block.
    function _isSaid(uint256[9] calldata words, bytes32[] calldata messages)
        private
        pure
        returns (bool)
    {
        uint256 at = 0;
        while (at < messages.length) {
            uint256 kind = uint256(messages[at]);
            uint256 count = kind == PADDING ? 1 : _messageWords(kind);
            bool isSame = kind == words[KIND];
            for (uint256 i = 1; isSame && i < count; ++i) {
                isSame = uint256(messages[at + i]) == words[KIND + i];
            }
            if (isSame) return true;
            at += count;
        }
        return false;
    }

    /// @dev Judge the verdict on an entry.
    /// @param stands Whether its transaction stands in the block.
    /// @param root Of the tree on which it is to be void, if it is.
    function _checkVerdict(Verdict calldata verdict, bool stands, bytes32 root) internal view {
        if (verdict.applied) {
            if (!stands) revert QUEUE_ENTRY_NOT_APPLIED();
        } else {
            if (stands) revert QUEUE_ENTRY_APPLIED();
            _checkVoid(verdict.entry, verdict.proof, root);
        }
    }

    /// @dev Judge whether an entry's transaction can have no place on the tree with this root. A
    /// mint whose deposit is gone is void; of anything else it has to be proved.
    function _checkVoid(Entry calldata entry, bytes calldata proof, bytes32 root) internal view {
        uint256[9] calldata words = entry.words;
        if (words[KIND] == MINT && !_isOpen(bytes32(words[HASH]))) return;
        bytes32[] memory publicInputs = new bytes32[](1 + WORDS);
        publicInputs[0] = root;
        for (uint256 i = 0; i < WORDS; ++i) {
            publicInputs[1 + i] = bytes32(words[i]);
        }
        if (!VOID_PROOF.verify(proof, publicInputs)) revert QUEUE_ENTRY_NOT_VOID();
    }

    /// @dev Judge whether a block has an entry's transaction and nothing else.
    /// @param messages The block's messages, without the zeros after them.
    function _checkOwnBlock(Entry calldata entry, bytes32 boundBy, bytes32[] calldata messages)
        internal
        view
    {
        uint256[9] calldata words = entry.words;
        uint256 alone =
            NoteTree.commitHashOfOne(_commitments(words), BLOCK_GROUPS, GROUP_TRANSACTIONS);
        uint256 count = _messageWords(words[KIND]);
        bool isAlone = bytes32(alone) == boundBy && messages.length == count;
        for (uint256 i = 0; isAlone && i < count; ++i) {
            isAlone = uint256(messages[i]) == words[KIND + i];
        }
        if (!isAlone) revert QUEUE_FORCED_BLOCK_MISMATCH();
    }

    /// @dev Take the oldest entry off the queue. The deposit of a void mint stays as it is: another
    /// mint may take it, or its depositor cancels it in time.
    /// @return index Number of the entry.
    function _consume(bool applied) internal returns (uint256 index) {
        index = _consumed++;
        delete _waiting[index];
        emit EntryConsumed(index, applied);
    }

    /// @dev Make the call of an entry whose transaction is settled. Whatever it does has no effect
    /// on the rest; but whoever settles has to bring the gas that it was promised.
    function _makeCall(uint256 index, QueuedCall calldata due) internal {
        // All but a 64th is handed on twice: to the executor, and by it.
        uint256 needed = due.gas + due.gas / 31 + COST_OF_CALL + COST_OF_BYTE * due.data.length;
        if (gasleft() < needed) revert QUEUE_CALL_GAS_MISSING();
        bool success = CALL_EXECUTOR.execute(due.target, due.gas, due.data);
        emit CallMade(index, due.target, due.data, due.gas, success);
    }

    /// @dev Tell whether the oldest entry has waited at least this long.
    function _hasWaited(uint256 time) private view returns (bool) {
        uint256 oldest = _consumed;
        return oldest < _queued && block.timestamp >= _waiting[oldest].queuedAt + time;
    }

    /// @dev The two leaves that go and the two that come.
    function _commitments(uint256[9] calldata words) private pure returns (uint256[4] memory) {
        return [words[0], words[1], words[2], words[3]];
    }

    /// @dev Words that a block carries of a transaction's message, by its kind.
    function _messageWords(uint256 kind) private pure returns (uint256) {
        if (kind == MINT) return MINT_WORDS;
        return kind == BURN ? BURN_WORDS : 0;
    }

    function _hashOf(Entry memory entry) private pure returns (bytes32) {
        return keccak256(abi.encode(entry));
    }
}
