// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @notice A token that behaves as it is told, with permits and authorizations of its own.
contract ScriptedToken is ERC20Permit, ERC3009 {
    /// @notice What the token does when it is asked to move money.
    enum Manner {
        MOVES,
        RETURNS_FALSE,
        REVERTS,
        TAKES_A_FEE,
        RETURNS_NOTHING,
        ONLY_SAYS_SO,
        RETURNS_MUCH,
        REVERTS_WITH_MUCH,
        SENDS_MORE,
        HAS_NO_BALANCES
    }

    /// @notice Bytes of what it returns when it returns much.
    uint256 public constant MUCH = 200_000;

    /// @notice What the token does.
    Manner public manner;

    /// @notice Who can neither pay nor be paid.
    mapping(address account => bool) public isBlocked;

    /// @notice What the token calls first when money moves, and with what.
    address public target;
    bytes public input;

    /// @notice How often it called, whether the last call was accepted, and what came back.
    uint256 public calls;
    bool public wasAccepted;
    bytes public answer;

    /// @notice The token does not move the money.
    error Refused();

    constructor() ERC20("Scripted", "SCR") ERC20Permit("Scripted") {}

    /// @notice Make money.
    function mint(address account, uint256 value) external {
        _mint(account, value);
    }

    /// @notice Say what the token does from now on.
    function behave(Manner newManner) external {
        manner = newManner;
    }

    /// @notice Block an account, or no longer.
    function setBlocked(address account, bool blocked) external {
        isBlocked[account] = blocked;
    }

    /// @notice Say what the token calls from now on when money moves; nothing if the target is 0.
    function reenter(address newTarget, bytes calldata newInput) external {
        (target, input) = (newTarget, newInput);
    }

    /// @inheritdoc ERC20
    function balanceOf(address account) public view override returns (uint256) {
        if (manner == Manner.HAS_NO_BALANCES) {
            assembly {
                return(0, 31)
            }
        }
        return super.balanceOf(account);
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 value) public override returns (bool) {
        if (manner == Manner.ONLY_SAYS_SO) return true;
        if (manner == Manner.RETURNS_FALSE) return false;
        super.transfer(to, value);
        return _answered();
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        if (manner == Manner.ONLY_SAYS_SO) return true;
        if (manner == Manner.RETURNS_FALSE) return false;
        super.transferFrom(from, to, value);
        return _answered();
    }

    function _update(address from, address to, uint256 value) internal override {
        if (isBlocked[from] || isBlocked[to] || manner == Manner.REVERTS) revert Refused();
        if (manner == Manner.REVERTS_WITH_MUCH) {
            uint256 much = MUCH;
            assembly {
                revert(0, much)
            }
        }
        if (from != address(0) && target != address(0)) {
            ++calls;
            (wasAccepted, answer) = target.call(input);
        }
        super._update(from, to, value);
        if (from == address(0)) return;
        if (manner == Manner.TAKES_A_FEE) super._update(to, address(this), 1);
        if (manner == Manner.SENDS_MORE) super._update(address(0), to, 1);
    }

    /// @dev Return true, nothing, or true and a lot after it.
    function _answered() private view returns (bool) {
        uint256 much = MUCH;
        if (manner == Manner.RETURNS_NOTHING) {
            assembly {
                return(0, 0)
            }
        }
        if (manner == Manner.RETURNS_MUCH) {
            assembly {
                mstore(0, 1)
                return(0, much)
            }
        }
        return true;
    }
}
