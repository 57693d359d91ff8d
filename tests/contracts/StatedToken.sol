// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice A token that does what a test states: it moves what it is asked to, another amount, or
/// nothing.
contract StatedToken {
    /// @notice What the token does when it is asked to move an amount.
    enum Manner {
        Moves,
        MovesAnother,
        Reverts,
        ReturnsFalse
    }

    /// @notice The token does not move the amount.
    error Refused();

    /// @notice What somebody has.
    mapping(address account => uint256 value) public balanceOf;

    /// @notice What somebody may move of another's.
    mapping(address account => mapping(address spender => uint256 value)) public allowance;

    /// @notice What the token does.
    Manner public manner;

    /// @notice What it moves if it moves another amount.
    uint256 public another;

    /// @param holders Who has tokens at first.
    /// @param value How much each.
    /// @param spender Who may move them.
    constructor(address[] memory holders, uint256 value, address spender) {
        for (uint256 i = 0; i < holders.length; ++i) {
            balanceOf[holders[i]] = value;
            allowance[holders[i]][spender] = type(uint256).max;
        }
    }

    /// @notice State what the token does from now on.
    function behave(Manner newManner, uint256 newAnother) external {
        (manner, another) = (newManner, newAnother);
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        return true;
    }

    function transfer(address recipient, uint256 value) external returns (bool) {
        return _move(msg.sender, recipient, value);
    }

    function transferFrom(address account, address recipient, uint256 value)
        external
        returns (bool)
    {
        uint256 allowed = allowance[account][msg.sender];
        if (allowed < value) revert Refused();
        if (allowed != type(uint256).max) allowance[account][msg.sender] = allowed - value;
        return _move(account, recipient, value);
    }

    function _move(address account, address recipient, uint256 value) private returns (bool) {
        if (manner == Manner.Reverts) revert Refused();
        if (manner == Manner.ReturnsFalse) return false;
        uint256 moved = manner == Manner.MovesAnother ? another : value;
        balanceOf[account] -= moved;
        balanceOf[recipient] += moved;
        return true;
    }
}
