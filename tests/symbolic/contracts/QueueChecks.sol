// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    QUEUE_ENTRY_OMITTED,
    QUEUE_NOT_EXPIRED,
    QUEUE_NOT_OVERDUE
} from "contracts/settlement/Errors.sol";
import {IVerifier} from "contracts/settlement/IVerifier.sol";
import {Queue} from "contracts/settlement/Queue.sol";
import {
    Entry,
    KIND,
    QueuedCall,
    Rules,
    SEND,
    Verdict,
    Verifiers
} from "contracts/settlement/Types.sol";
import {ANYTHING, ENGINE} from "./Engine.sol";
import {StoredVerdict} from "./Deployed.sol";

/// @notice The queue alone, with times that may be anything.
contract Waiting is Queue {
    constructor(Rules memory rules, Verifiers memory verifiers) Queue(rules, verifiers) {}

    function queue(uint256[9] calldata words, bytes calldata proof) external {
        QueuedCall memory none;
        _queue(words, proof, false, none);
    }

    function judgeWithoutVerdict() external view {
        _checkVerdicts(_none());
    }

    function judgeOverdue(Entry calldata entry) external view {
        _checkOverdue(entry);
    }

    function judgeExpired() external view {
        _checkExpired();
    }

    function _none() private pure returns (Verdict[] calldata none) {
        assembly ("memory-safe") {
            none.offset := 0
            none.length := 0
        }
    }
}

/// @notice The stages of an entry, for any times with due <= overdue <= freeze, that is queued in
/// whatever state the queue is while none waits, and then is the oldest one.
/// @dev Times have 40 bits here: what expires is kept in 64, and larger ones would be cut off.
contract QueueChecks {
    /// @dev Where the queue keeps when its newest entry expires, and how far into the word.
    uint256 private constant COUNTERS = 6;
    uint256 private constant LAST_EXPIRY = 128;

    Waiting private _waiting;

    /// @notice What is overdue is due: no block can be settled without it.
    function check_overdueIsDue(uint40[4] calldata times, uint40 queuedAt, uint40 time) external {
        _deploy(times, queuedAt, time);
        assert(!_isOverdue() || _isDue());
    }

    /// @notice What lets the rollup be frozen is overdue: anybody could have settled it. It has
    /// waited for the time to freeze at least.
    function check_expiredIsOverdue(uint40[4] calldata times, uint40 queuedAt, uint40 time)
        external
    {
        _deploy(times, queuedAt, time);
        if (_isExpired()) assert(_isOverdue() && time >= uint256(queuedAt) + times[2]);
    }

    /// @notice What is due, overdue or expired stays so.
    function check_stagesStay(
        uint40[4] calldata times,
        uint40 queuedAt,
        uint40 time,
        uint40 later
    ) external {
        ENGINE.assume(time <= later);
        _deploy(times, queuedAt, time);
        (bool isDue, bool isOverdue, bool isExpired) = (_isDue(), _isOverdue(), _isExpired());
        ENGINE.warp(later);
        assert(!isDue || _isDue());
        assert(!isOverdue || _isOverdue());
        assert(!isExpired || _isExpired());
    }

    function _deploy(uint40[4] calldata times, uint40 queuedAt, uint40 time) private {
        ENGINE.assume(times[0] <= times[1] && times[1] <= times[2] && queuedAt <= time);
        Rules memory rules;
        (rules.blockGroups, rules.groupTransactions) = (1, 2);
        (rules.dueSeconds, rules.overdueSeconds) = (times[0], times[1]);
        (rules.freezeSeconds, rules.serviceSeconds) = (times[2], times[3]);
        Verifiers memory verifiers;
        verifiers.transactionProof = IVerifier(address(new StoredVerdict()));
        ANYTHING.enableSymbolicStorage(address(verifiers.transactionProof));
        _waiting = new Waiting(rules, verifiers);
        ANYTHING.enableSymbolicStorage(address(_waiting));
        ENGINE.assume(_waiting.waitingCount() == 0);
        uint256 counters = uint256(ENGINE.load(address(_waiting), bytes32(COUNTERS)));
        ENGINE.assume(counters >> LAST_EXPIRY & type(uint64).max < 2 ** 63);
        uint256[9] memory words;
        (words[0], words[KIND]) = (1, SEND);
        ENGINE.warp(queuedAt);
        _waiting.queue(words, "");
        ENGINE.warp(time);
    }

    function _isDue() private returns (bool) {
        bytes memory question = abi.encodeCall(Waiting.judgeWithoutVerdict, ());
        return _fails(question, QUEUE_ENTRY_OMITTED.selector);
    }

    function _isOverdue() private returns (bool) {
        Entry memory entry;
        return !_fails(abi.encodeCall(Waiting.judgeOverdue, (entry)), QUEUE_NOT_OVERDUE.selector);
    }

    function _isExpired() private returns (bool) {
        return !_fails(abi.encodeCall(Waiting.judgeExpired, ()), QUEUE_NOT_EXPIRED.selector);
    }

    /// @dev Whether a question is answered with this code.
    function _fails(bytes memory question, bytes4 code) private returns (bool) {
        (bool success, bytes memory answer) = address(_waiting).call(question);
        return !success && answer.length == 4 && bytes4(answer) == code;
    }
}
