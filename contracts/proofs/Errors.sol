// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// Why a proof or a key is rejected: the codes of the reference implementation, under its names.

/// @notice The encoding of a point does not denote numbers below the coordinate field's modulus.
error PROOF_COORDINATE_NOT_CANONICAL();

/// @notice The coordinates do not satisfy the equation of the curve.
error PROOF_POINT_NOT_ON_CURVE();

/// @notice The point of the twisted curve is not in the subgroup G2 of prime order.
error PROOF_POINT_NOT_IN_SUBGROUP();

/// @notice The encoding of a verification key is not 1,216 bytes long.
error PROOF_KEY_LENGTH();

/// @notice The encoding does not begin with the tag of verification keys.
error PROOF_KEY_TAG();

/// @notice The key is for fewer than 2^4 or more than 2^27 rows.
error PROOF_KEY_SIZE_OUT_OF_RANGE();

/// @notice The key is for more public inputs than rows.
error PROOF_KEY_PUBLIC_COUNT();

/// @notice The setup's point of G2 is infinity: its secret is 0.
error PROOF_KEY_SETUP_INFINITE();

/// @notice The encoding of a proof is not 1,088 bytes long.
error PROOF_LENGTH();

/// @notice A value in the proof is not below the field's modulus.
error PROOF_EVALUATION_NOT_CANONICAL();

/// @notice The circuit has another number of public inputs.
error PROOF_PUBLIC_COUNT();

/// @notice A public input is not below the field's modulus.
error PROOF_PUBLIC_NOT_CANONICAL();

/// @notice The pairing equation does not hold, or the challenge zeta is 0 or a root of unity, where
/// nothing is hidden or bound: the proof shows nothing.
error PROOF_EQUATION();

/// @notice The proofs of a batch are for keys of different setups.
error PROOF_SETUPS_DIFFER();
