// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Stands for a verifier where a test states what is proved.
contract StatedVerifier {
    /// @notice Judge a proof. The byte 1 alone proves anything; the byte 1 and a hash prove the
    /// public inputs that have this hash; anything else proves nothing.
    /// @param proof One byte, or 33.
    /// @param publicInputs What it is to prove.
    /// @return Whether it does.
    function verify(bytes calldata proof, bytes32[] calldata publicInputs)
        external
        pure
        returns (bool)
    {
        if (proof.length == 0 || proof[0] != 0x01) return false;
        if (proof.length == 1) return true;
        return proof.length == 33 && bytes32(proof[1:]) == keccak256(abi.encodePacked(publicInputs));
    }
}
