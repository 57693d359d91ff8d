// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice A contract that the queue calls, and that does anything it likes.
contract ScriptedRecipient {
    /// @notice Bytes of what it returns when it returns much.
    uint256 public constant MUCH = 100_000;

    /// @notice What it saw each time that it was told to note it: the gas at the beginning.
    uint256[] public gasSeen;

    /// @notice Who called the last time.
    address public caller;

    /// @notice What each of its own calls came to.
    bool[] public accepted;
    bytes[] public answers;

    /// @notice What it was handed, in order.
    uint256[] public numbers;

    /// @notice Note the gas and who calls.
    function note() external {
        gasSeen.push(gasleft());
        caller = msg.sender;
    }

    /// @notice Keep a number.
    function keep(uint256 number) external {
        numbers.push(number);
    }

    /// @notice Call something, and keep what it comes to.
    function pass(address target, bytes calldata input) public {
        (bool success, bytes memory answer) = target.call(input);
        accepted.push(success);
        answers.push(answer);
    }

    /// @notice Call something several times, and keep what each call comes to.
    function passAll(address target, bytes[] calldata inputs) external {
        for (uint256 i = 0; i < inputs.length; ++i) {
            pass(target, inputs[i]);
        }
    }

    /// @notice Use up all gas.
    function spend() external pure {
        while (true) {}
    }

    /// @notice Return a lot.
    function returnMuch() external pure {
        uint256 much = MUCH;
        assembly {
            return(0, much)
        }
    }

    /// @notice Revert with a lot.
    function revertWithMuch() external pure {
        uint256 much = MUCH;
        assembly {
            revert(0, much)
        }
    }

    /// @notice How often the gas was noted.
    function noted() external view returns (uint256) {
        return gasSeen.length;
    }

    /// @notice All numbers.
    function allNumbers() external view returns (uint256[] memory) {
        return numbers;
    }

    /// @notice What the calls came to.
    function allAnswers() external view returns (bool[] memory, bytes[] memory) {
        return (accepted, answers);
    }
}
