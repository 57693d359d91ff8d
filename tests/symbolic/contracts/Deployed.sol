// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVerifier} from "contracts/settlement/IVerifier.sol";
import {Rollup} from "contracts/settlement/Rollup.sol";
import {Rules, Validator, Verifiers} from "contracts/settlement/Types.sol";

/// @notice A verifier that says the same of every proof; what, is what it has stored.
contract StoredVerdict {
    bool public verdict;

    function verify(bytes calldata, bytes32[] calldata) external view returns (bool) {
        return verdict;
    }
}

/// @notice A deployed rollup of two places and two words of messages.
abstract contract Deployed {
    address internal constant OWNER = address(0xA11CE);

    Rollup internal _rollup;
    StoredVerdict internal _blockProof;
    StoredVerdict internal _transactionProof;
    StoredVerdict internal _voidProof;

    function _deploy() internal {
        _blockProof = new StoredVerdict();
        _transactionProof = new StoredVerdict();
        _voidProof = new StoredVerdict();
        Validator[] memory validators = new Validator[](1);
        validators[0] = Validator(address(0xB0B), 1);
        _rollup = new Rollup(
            OWNER,
            "Payy",
            false,
            validators,
            Verifiers(
                IVerifier(address(_blockProof)),
                IVerifier(address(_transactionProof)),
                IVerifier(address(_voidProof))
            ),
            _rules(),
            bytes32(uint256(1))
        );
    }

    function _rules() internal pure returns (Rules memory rules) {
        (rules.treeDepth, rules.blockGroups, rules.groupTransactions) = (2, 1, 2);
        (rules.messageWords, rules.futureBlocks) = (10, 7200);
        (rules.cancelSeconds, rules.dueSeconds) = (1 days, 1 days);
        (rules.overdueSeconds, rules.freezeSeconds) = (2 days, 7 days);
        (rules.serviceSeconds, rules.callGas, rules.callBytes) = (60, 1_000_000, 1024);
    }
}
