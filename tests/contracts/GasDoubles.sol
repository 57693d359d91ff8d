// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @notice A plain token with permits and authorizations, to measure gas with.
contract GasToken is ERC20Permit, ERC3009 {
    /// @param holders Who has tokens at first.
    /// @param value How much each.
    constructor(address[] memory holders, uint256 value)
        ERC20("Token", "TOK")
        ERC20Permit("Token")
    {
        for (uint256 i = 0; i < holders.length; ++i) {
            _mint(holders[i], value);
        }
    }
}

/// @notice Stands for a verifier where the gas of everything else is measured.
contract GasVerifier {
    /// @notice Judge a proof.
    /// @return Whether it is one: always.
    function verify(bytes calldata, bytes32[] calldata) external pure returns (bool) {
        return true;
    }
}

/// @notice Uses up all gas that it is called with.
contract GasSpender {
    fallback() external {
        assembly ("memory-safe") {
            invalid()
        }
    }
}
