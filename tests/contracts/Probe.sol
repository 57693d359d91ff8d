// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Doubling} from "./Doubling.sol";

/// @notice What the tests of the chain need to see: results, events, rejections, storage, ether.
contract Probe {
    struct Pair {
        uint256 left;
        bytes32 right;
    }

    /// @notice The amount is above the limit.
    error AmountTooLarge(uint256 amount, uint256 limit);

    /// @notice Nothing was given.
    error NothingGiven();

    event Stored(address indexed sender, string indexed label, uint256 amount, Pair pair);

    uint256 public immutable LIMIT;
    uint256 public amount;
    mapping(address => uint256) public received;

    constructor(uint256 limit) payable {
        if (limit == 0) revert NothingGiven();
        LIMIT = limit;
    }

    receive() external payable {
        received[msg.sender] += msg.value;
    }

    function store(uint256 newAmount, string calldata label) external returns (uint256 before) {
        if (newAmount > LIMIT) revert AmountTooLarge(newAmount, LIMIT);
        before = amount;
        amount = newAmount;
        emit Stored(msg.sender, label, newAmount, Pair(before, keccak256(bytes(label))));
    }

    function pick(uint256 number) external pure returns (string memory) {
        return number == 0 ? "zero" : "more";
    }

    function pick(bool choice) external pure returns (string memory) {
        return choice ? "yes" : "no";
    }

    function swap(Pair calldata pair) external pure returns (Pair memory, uint256) {
        return (Pair(uint256(pair.right), bytes32(pair.left)), pair.left);
    }

    function doubled(uint256 number) external pure returns (uint256) {
        return Doubling.double(number);
    }

    function moment() external view returns (uint256, uint256, uint256) {
        return (block.chainid, block.number, block.timestamp);
    }

    function fail(uint256 way) external pure returns (uint256) {
        if (way == 0) revert("a sentence");
        if (way == 1) assert(false);
        if (way == 2) {
            assembly {
                revert(0, 0)
            }
        }
        if (way == 3) {
            assembly {
                mstore(0, 0x1234567800000000000000000000000000000000000000000000000000000000)
                revert(0, 4)
            }
        }
        if (way == 4) {
            while (true) {}
        }
        if (way == 5) {
            assembly {
                invalid()
            }
        }
        if (way == 6) {
            bytes4 selector = AmountTooLarge.selector;
            assembly {
                mstore(0, selector)
                revert(0, 36)
            }
        }
        return way;
    }

    /// @notice Emit what no interface declares: no topic, an unknown one; then a declared event.
    function announce() external {
        assembly {
            log0(0, 0)
            log1(0, 0, 7)
        }
        emit Stored(address(this), "", 0, Pair(0, 0));
    }

    /// @notice Run a precompiled contract and say whether it succeeded, its gas and its output.
    function precompiled(address which, bytes calldata input, uint256 budget)
        external
        view
        returns (bool success, uint256 used, bytes memory output)
    {
        uint256 before = gasleft();
        (success, output) = which.staticcall{gas: budget}(input);
        used = before - gasleft();
    }
}
