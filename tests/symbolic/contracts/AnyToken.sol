// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ANYTHING} from "./Engine.sol";

/// @notice A token that answers anything to everything.
contract AnyToken {
    fallback() external {
        bytes memory answer = ANYTHING.createBytes(32, "answer of the token");
        assembly ("memory-safe") {
            return(add(answer, 0x20), 32)
        }
    }
}
