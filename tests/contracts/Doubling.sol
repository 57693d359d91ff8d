// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice A library with code of its own, so that a contract has something to be linked with.
library Doubling {
    function double(uint256 number) external pure returns (uint256) {
        return 2 * number;
    }
}
