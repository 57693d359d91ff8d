// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// Why a beacon or a chain of beacons is rejected: the codes of the reference implementation, under
// its names.

/// @notice A chain's period is 0 or does not fit 32 bits, or its first moment does not fit 63.
error RANDOMNESS_PARAMETER_OUT_OF_RANGE();

/// @notice The chain's public key is not a point of G2 other than infinity.
error RANDOMNESS_KEY_INVALID();

/// @notice The round is 0, or does not fit 64 bits.
error RANDOMNESS_ROUND_OUT_OF_RANGE();

/// @notice The signature is infinity, or marked as that.
error RANDOMNESS_SIGNATURE_INFINITE();

/// @notice A coordinate of the signature is not below the modulus of its field.
error RANDOMNESS_SIGNATURE_NOT_CANONICAL();

/// @notice The signature is not a point of the curve.
error RANDOMNESS_SIGNATURE_NOT_ON_CURVE();

/// @notice The signature is not the group's for this round.
error RANDOMNESS_SIGNATURE_INVALID();

/// @notice Too little gas is left for the arithmetic of the curve.
error RANDOMNESS_GAS_MISSING();
