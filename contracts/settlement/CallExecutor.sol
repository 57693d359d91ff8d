// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {QUEUE_CALL_GAS_MISSING} from "./Errors.sol";

/// @notice Makes the calls of the queue for the rollup. It has no rights, no money and no
/// allowances, so whoever is called can be told anything: nothing of the rollup is at stake.
/// @dev Whoever is called must not trust the caller: anybody can queue a call to anything.
contract CallExecutor {
    /// @dev What making the call may cost besides its gas: an account that was not touched before,
    /// another one that it delegates to, and a little.
    uint256 private constant COST_OF_CALLING = 10_000;

    /// @notice The only one who may use this contract: who made it.
    address public immutable ROLLUP;

    /// @notice Somebody else called.
    error CallerIsNotRollup();

    constructor() {
        ROLLUP = msg.sender;
    }

    /// @notice Make a call with exactly the gas that it was promised, and without ether.
    /// @dev The machine hands on all but a 64th of what is left, and says nothing if that is less
    /// than was asked for. What is returned is not copied, so it costs nothing here.
    /// @param target Who is called.
    /// @param gasPromised How much gas the call gets.
    /// @param data With what.
    /// @return success Whether the call was not rejected.
    function execute(address target, uint256 gasPromised, bytes calldata data)
        external
        returns (bool success)
    {
        if (msg.sender != ROLLUP) revert CallerIsNotRollup();
        bytes memory input = data;
        if (gasleft() < gasPromised + gasPromised / 63 + COST_OF_CALLING) {
            revert QUEUE_CALL_GAS_MISSING();
        }
        assembly ("memory-safe") {
            success := call(gasPromised, target, 0, add(input, 0x20), mload(input), 0, 0)
        }
    }
}
