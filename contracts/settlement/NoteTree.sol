// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Poseidon2} from "./Poseidon2.sol";
import {
    FIELD_ELEMENT_NOT_CANONICAL,
    HASH_INPUT_COUNT,
    MERKLE_DEPTH_OUT_OF_RANGE,
    MERKLE_PATH_LENGTH,
    QUEUE_OPENING_SHAPE
} from "./TreeErrors.sol";

/// @notice The note tree and what is hashed like it: paths to its root, commit hashes of blocks.
/// @dev Deployed once and linked, because the hash function takes a third of a contract's code.
library NoteTree {
    /// @dev The most elements that are hashed at once.
    uint256 private constant MAXIMUM_INPUTS = 128;

    /// @dev A leaf has 256 bits to be placed by; each level uses one.
    uint256 private constant MAXIMUM_DEPTH = 256;

    /// @notice Hash 1 to 128 elements with Poseidon2.
    /// @param inputs The elements, each below the field's modulus.
    /// @return The hash.
    function hash(uint256[] memory inputs) public pure returns (uint256) {
        uint256 count = inputs.length;
        if (count == 0 || count > MAXIMUM_INPUTS) revert HASH_INPUT_COUNT();
        uint256[4] memory state;
        state[3] = count * Poseidon2.CAPACITY;
        uint256 modulus = Poseidon2.MODULUS;
        uint256 place;
        uint256 end;
        assembly ("memory-safe") {
            place := add(inputs, 0x20)
            end := add(place, shl(5, count))
        }
        while (place < end) {
            bool isCanonical = true;
            assembly ("memory-safe") {
                // Up to three elements are added to the first three cells.
                let cell := state
                let last := add(state, 0x60)
                for {} and(lt(cell, last), lt(place, end)) {} {
                    let value := mload(place)
                    isCanonical := and(isCanonical, lt(value, modulus))
                    mstore(cell, addmod(mload(cell), value, modulus))
                    cell := add(cell, 0x20)
                    place := add(place, 0x20)
                }
            }
            if (!isCanonical) revert FIELD_ELEMENT_NOT_CANONICAL();
            Poseidon2.permute(state);
        }
        return state[0];
    }

    /// @notice The root that a leaf and its path lead to.
    /// @dev The low bits of the leaf are its slot; bit 0 says on which side it is at the deepest
    /// level. What enters the hash is reduced, so a caller that needs canonical values looks itself.
    /// @param leaf The leaf.
    /// @param siblings One sibling a level, deepest first.
    /// @return node The root; the leaf itself if there are no siblings.
    function pathRoot(uint256 leaf, uint256[] calldata siblings)
        public
        pure
        returns (uint256 node)
    {
        node = leaf;
        uint256[4] memory state;
        uint256 modulus = Poseidon2.MODULUS;
        uint256 capacity = 2 * Poseidon2.CAPACITY;
        for (uint256 level = 0; level < siblings.length; ++level) {
            assembly ("memory-safe") {
                let sibling := calldataload(add(siblings.offset, shl(5, level)))
                let side := shl(5, and(shr(level, leaf), 1))
                mstore(add(state, side), mod(node, modulus))
                mstore(add(state, xor(side, 0x20)), mod(sibling, modulus))
                mstore(add(state, 0x40), 0)
                mstore(add(state, 0x60), capacity)
            }
            Poseidon2.permute(state);
            node = state[0];
        }
    }

    /// @notice Whether a path shows that a leaf is in the tree. 0 and values that are not below the
    /// field's modulus are never leaves.
    /// @dev Whoever verifies fixes the depth: leaves and inner nodes are hashed alike, so a shorter
    /// path could pass an inner node off as a leaf.
    /// @param depth Levels of the tree, 1 to 256.
    /// @param leaf The leaf.
    /// @param siblings One sibling a level, deepest first; values that are not below the modulus
    /// count as what they are congruent to.
    /// @param root The tree's root.
    /// @return Whether the leaf is in the tree.
    function proves(uint256 depth, uint256 leaf, uint256[] calldata siblings, uint256 root)
        external
        pure
        returns (bool)
    {
        if (siblings.length != depth) revert MERKLE_PATH_LENGTH();
        if (leaf == 0) return false;
        if (depth == 0 || depth > MAXIMUM_DEPTH) revert MERKLE_DEPTH_OUT_OF_RANGE();
        return leaf < Poseidon2.MODULUS && pathRoot(leaf, siblings) == root;
    }

    /// @notice The commit hash of a block whose only transaction stands at place 0.
    /// @dev Places without a transaction count as four zeros, groups without one as 0.
    /// @param commitments Of the transaction: two leaves that go, two that come.
    /// @param groupCount Groups of a block.
    /// @param groupSize Places of a group.
    /// @return The commit hash.
    function commitHashOfOne(
        uint256[4] memory commitments,
        uint256 groupCount,
        uint256 groupSize
    ) external pure returns (uint256) {
        uint256[] memory places = _counted(groupSize);
        places[0] = _hashOfPlace(commitments);
        for (uint256 i = 1; i < groupSize; ++i) {
            places[i] = Poseidon2.HASH_OF_4_ZEROS;
        }
        uint256[] memory groups = _counted(groupCount);
        groups[0] = hash(places);
        return hash(groups);
    }

    /// @notice The commit hash of a block with these places.
    /// @param opening For each group the hashes of its places, or nothing for a group of padding.
    /// @param groupCount Groups of a block.
    /// @param groupSize Places of a group.
    /// @return The commit hash.
    function openedCommitHash(
        uint256[][] calldata opening,
        uint256 groupCount,
        uint256 groupSize
    ) external pure returns (uint256) {
        if (opening.length != groupCount) revert QUEUE_OPENING_SHAPE();
        uint256[] memory groups = _counted(groupCount);
        for (uint256 i = 0; i < groupCount; ++i) {
            uint256 count = opening[i].length;
            if (count != 0 && count != groupSize) revert QUEUE_OPENING_SHAPE();
        }
        for (uint256 i = 0; i < groupCount; ++i) {
            if (opening[i].length != 0) groups[i] = hash(opening[i]);
        }
        return hash(groups);
    }

    /// @notice The hash of what stands at a place.
    /// @param commitments Two leaves that go, two that come.
    /// @return The hash.
    function placeHash(uint256[4] memory commitments) external pure returns (uint256) {
        return _hashOfPlace(commitments);
    }

    function _hashOfPlace(uint256[4] memory commitments) private pure returns (uint256) {
        uint256[] memory inputs = new uint256[](4);
        for (uint256 i = 0; i < 4; ++i) {
            inputs[i] = commitments[i];
        }
        return hash(inputs);
    }

    /// @dev Make room for what is to be hashed at once.
    function _counted(uint256 count) private pure returns (uint256[] memory) {
        if (count == 0 || count > MAXIMUM_INPUTS) revert HASH_INPUT_COUNT();
        return new uint256[](count);
    }
}
