// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// Why hashing and paths are rejected: the codes of the reference implementation, under its names.

/// @notice The value is not below the field's modulus.
error FIELD_ELEMENT_NOT_CANONICAL();

/// @notice The hash takes 1 to 128 elements.
error HASH_INPUT_COUNT();

/// @notice The depth is not between 1 and 256.
error MERKLE_DEPTH_OUT_OF_RANGE();

/// @notice The number of siblings is not the depth of the tree.
error MERKLE_PATH_LENGTH();

/// @notice The opening has not the groups and places of a block, or nothing is to be opened.
error QUEUE_OPENING_SHAPE();
