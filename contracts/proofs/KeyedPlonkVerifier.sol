// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {KeyChecks} from "./KeyChecks.sol";
import {PlonkVerifier} from "./PlonkVerifier.sol";

/// @notice Verifies proofs of the circuit whose key it is made with.
contract KeyedPlonkVerifier is PlonkVerifier {
    /// @notice Where the verification key lies, as code.
    address public immutable KEY_PLACE;

    /// @param key The encoded verification key; it is checked.
    constructor(bytes memory key) {
        KeyChecks.check(key);
        KEY_PLACE = KeyChecks.store(key);
    }

    function _loadKey(uint256 place) internal view override {
        KeyChecks.load(KEY_PLACE, place);
    }
}
