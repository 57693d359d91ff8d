// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice What settlement asks a verifier: the interface of the deployed network's verifiers.
interface IVerifier {
    /// @notice Judge a proof.
    /// @param proof The proof, in a form of the verifier's own.
    /// @param publicInputs What it is to prove.
    /// @return Whether it does. A verifier may revert instead of returning false.
    function verify(bytes calldata proof, bytes32[] calldata publicInputs)
        external
        view
        returns (bool);
}
