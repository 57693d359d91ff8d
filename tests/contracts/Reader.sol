// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Asks contracts many things at once, since a call from outside is slow.
contract Reader {
    /// @notice A question had no answer.
    error Unanswered(uint256 index);

    /// @notice Ask.
    /// @param targets Who is asked.
    /// @param questions Selector and arguments of each question.
    /// @return answers What each returned.
    function ask(address[] calldata targets, bytes[] calldata questions)
        external
        view
        returns (bytes[] memory answers)
    {
        answers = new bytes[](questions.length);
        for (uint256 i = 0; i < questions.length; ++i) {
            (bool success, bytes memory answer) = targets[i].staticcall(questions[i]);
            if (!success) revert Unanswered(i);
            answers[i] = answer;
        }
    }
}
