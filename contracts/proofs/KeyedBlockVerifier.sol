// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BlockVerifier} from "./BlockVerifier.sol";
import {KeyChecks} from "./KeyChecks.sol";

/// @notice Verifies blocks of the circuits whose keys it is made with.
contract KeyedBlockVerifier is BlockVerifier {
    /// @notice Where the verification keys lie, as code.
    address public immutable CLIENT_KEY_PLACE;
    address public immutable BLOCK_KEY_PLACE;

    /// @param clientKey The encoded verification key of clients' proofs; it is checked.
    /// @param blockKey The encoded verification key of block proofs; it is checked.
    constructor(bytes memory clientKey, bytes memory blockKey) {
        KeyChecks.check(clientKey);
        KeyChecks.check(blockKey);
        KeyChecks.checkSetups(clientKey, blockKey);
        CLIENT_KEY_PLACE = KeyChecks.store(clientKey);
        BLOCK_KEY_PLACE = KeyChecks.store(blockKey);
    }

    function _loadClientKey(uint256 place) internal view override {
        KeyChecks.load(CLIENT_KEY_PLACE, place);
    }

    function _loadBlockKey(uint256 place) internal view override {
        KeyChecks.load(BLOCK_KEY_PLACE, place);
    }
}
