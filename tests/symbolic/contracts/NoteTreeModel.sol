// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Stands for the library of the same functions: the hash is one that has no collisions,
/// and whether a path leads to a root is decided by it.
/// @dev The engine treats keccak256 like that. Poseidon2 itself is compared with the reference
/// implementation elsewhere; what is asked here does not depend on which hash it is.
library NoteTreeModel {
    function proves(uint256 depth, uint256 leaf, uint256[] calldata siblings, uint256 root)
        external
        pure
        returns (bool)
    {
        return leaf != 0 && uint256(keccak256(abi.encode(depth, leaf, siblings))) == root;
    }

    function commitHashOfOne(uint256[4] memory commitments, uint256 groupCount, uint256 groupSize)
        external
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(commitments, groupCount, groupSize)));
    }

    function openedCommitHash(uint256[][] calldata opening, uint256 groupCount, uint256 groupSize)
        external
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(opening, groupCount, groupSize)));
    }

    function placeHash(uint256[4] memory commitments) external pure returns (uint256) {
        return uint256(keccak256(abi.encode(commitments)));
    }
}
