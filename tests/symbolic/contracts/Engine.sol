// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice What the engine offers to a check: who calls, what is assumed, what may be anything.
interface Engine {
    /// @notice Leave out every case in which this does not hold.
    /// @param condition What is assumed.
    function assume(bool condition) external pure;

    /// @notice Let somebody else make the next call.
    /// @param caller Who.
    function prank(address caller) external;

    /// @notice What a contract has stored.
    /// @param account The contract.
    /// @param place Where.
    /// @return The word.
    function load(address account, bytes32 place) external view returns (bytes32);

    /// @notice Set the time.
    /// @param time In seconds of Unix time.
    function warp(uint256 time) external;
}

/// @notice What may be anything.
interface Anything {
    /// @notice Let everything that a contract has stored be anything.
    /// @param account The contract.
    function enableSymbolicStorage(address account) external;

    /// @notice A call to a contract: any of its functions, with any arguments.
    /// @param contractName Its name.
    /// @return What to call it with.
    function createCalldata(string memory contractName) external pure returns (bytes memory);

    /// @notice Bytes that may be anything.
    /// @param count How many.
    /// @param name By which a counterexample names them.
    /// @return The bytes.
    function createBytes(uint256 count, string memory name) external pure returns (bytes memory);
}

Engine constant ENGINE = Engine(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
Anything constant ANYTHING = Anything(0xF3993A62377BCd56AE39D773740A5390411E8BC9);
