// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    PROOF_COORDINATE_NOT_CANONICAL,
    PROOF_KEY_LENGTH,
    PROOF_KEY_PUBLIC_COUNT,
    PROOF_KEY_SETUP_INFINITE,
    PROOF_KEY_SIZE_OUT_OF_RANGE,
    PROOF_KEY_TAG,
    PROOF_POINT_NOT_IN_SUBGROUP,
    PROOF_POINT_NOT_ON_CURVE,
    PROOF_SETUPS_DIFFER
} from "./Errors.sol";
import {Plonk} from "./Plonk.sol";

/// @notice Keys that come as data, when a contract is made: their form is checked, and they are
/// stored as the code of an account of their own.
/// @dev Checks come in the order of the reference's `decode_key`.
library KeyChecks {
    uint256 private constant Q = Plonk.Q;
    bytes32 private constant TAG = "payy-ref/plonk-key/1";
    uint256 private constant SMALLEST_LOG_SIZE = 4;
    uint256 private constant LARGEST_LOG_SIZE = 27;

    /// @notice 3 / (9 + i): the constant of the twisted curve's equation, real part first.
    uint256 private constant TWIST_REAL =
        0x2b149d40ceb8aaae81be18991be06ac3b5b4c5e559dbefa33267e6dc24a138e5;
    uint256 private constant TWIST_IMAGINARY =
        0x009713b03af0fed4cd2cafadeed8fdf4a74fa084e52d1852e4a2bd0685c315d2;

    /// @notice Check the form of an encoded key.
    function check(bytes memory key) internal view {
        if (key.length != Plonk.KEY_BYTES) revert PROOF_KEY_LENGTH();
        if (word(key, 0) != uint256(TAG)) revert PROOF_KEY_TAG();
        uint256 logSize = word(key, 2);
        if (logSize < SMALLEST_LOG_SIZE || logSize > LARGEST_LOG_SIZE) {
            revert PROOF_KEY_SIZE_OUT_OF_RANGE();
        }
        if (word(key, 3) > 1 << logSize) revert PROOF_KEY_PUBLIC_COUNT();
        for (uint256 i = 4; i < 34; i += 2) {
            (uint256 x, uint256 y) = (word(key, i), word(key, i + 1));
            if (x >= Q || y >= Q) revert PROOF_COORDINATE_NOT_CANONICAL();
            if (!Plonk.isOnCurve(x, y)) revert PROOF_POINT_NOT_ON_CURVE();
        }
        checkG2(word(key, 34), word(key, 35), word(key, 36), word(key, 37));
    }

    /// @notice Check that two keys, each of the right form, are of one setup.
    function checkSetups(bytes memory left, bytes memory right) internal pure {
        for (uint256 i = 34; i < 38; ++i) {
            if (word(left, i) != word(right, i)) revert PROOF_SETUPS_DIFFER();
        }
    }

    function checkG2(uint256 xImaginary, uint256 xReal, uint256 yImaginary, uint256 yReal)
        private
        view
    {
        if (xImaginary >= Q || xReal >= Q || yImaginary >= Q || yReal >= Q) {
            revert PROOF_COORDINATE_NOT_CANONICAL();
        }
        bool isInfinite = xImaginary | xReal | yImaginary | yReal == 0;
        if (!isInfinite) {
            // y^2 = x^3 + 3 / (9 + i)
            (uint256 real, uint256 imaginary) = times(xReal, xImaginary, xReal, xImaginary);
            (real, imaginary) = times(real, imaginary, xReal, xImaginary);
            real = addmod(real, TWIST_REAL, Q);
            imaginary = addmod(imaginary, TWIST_IMAGINARY, Q);
            (uint256 squareReal, uint256 squareImaginary) =
                times(yReal, yImaginary, yReal, yImaginary);
            if (real != squareReal || imaginary != squareImaginary) {
                revert PROOF_POINT_NOT_ON_CURVE();
            }
        }
        // The precompile takes points of the subgroup only; paired with infinity they give 1.
        (bool isInSubgroup,) =
            address(8).staticcall(abi.encode(0, 0, xImaginary, xReal, yImaginary, yReal));
        if (!isInSubgroup) revert PROOF_POINT_NOT_IN_SUBGROUP();
        if (isInfinite) revert PROOF_KEY_SETUP_INFINITE();
    }

    /// @dev Multiply a + b i and c + d i.
    function times(uint256 a, uint256 b, uint256 c, uint256 d)
        private
        pure
        returns (uint256 real, uint256 imaginary)
    {
        real = addmod(mulmod(a, c, Q), Q - mulmod(b, d, Q), Q);
        imaginary = addmod(mulmod(a, d, Q), mulmod(b, c, Q), Q);
    }

    function word(bytes memory key, uint256 index) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(key, mul(add(index, 1), 0x20)))
        }
    }

    /// @notice Make an account whose code is STOP and the key.
    function store(bytes memory key) internal returns (address place) {
        // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: the rest becomes the code.
        bytes memory code =
            abi.encodePacked(hex"61", uint16(key.length + 1), hex"80600a5f395ff3", hex"00", key);
        assembly ("memory-safe") {
            place := create(0, add(code, 0x20), mload(code))
        }
        require(place != address(0));
    }

    /// @notice Read a key that was stored, to a place in memory.
    function load(address account, uint256 place) internal view {
        uint256 length = Plonk.KEY_BYTES;
        assembly ("memory-safe") {
            extcodecopy(account, place, 1, length)
        }
    }
}
