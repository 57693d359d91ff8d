// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    RANDOMNESS_GAS_MISSING,
    RANDOMNESS_KEY_INVALID,
    RANDOMNESS_PARAMETER_OUT_OF_RANGE,
    RANDOMNESS_ROUND_OUT_OF_RANGE,
    RANDOMNESS_SIGNATURE_INFINITE,
    RANDOMNESS_SIGNATURE_INVALID,
    RANDOMNESS_SIGNATURE_NOT_CANONICAL,
    RANDOMNESS_SIGNATURE_NOT_ON_CURVE
} from "./Errors.sol";

/// @notice Public randomness: judges the beacons of one chain of drand that signs on BN254.
/// @dev Who uses the randomness decides the round before anybody can know its signature, and never
/// lets a caller choose it.
contract Beacon {
    /// @dev The modulus of the coordinates' field; it is 3 modulo 4.
    uint256 private constant Q =
        0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    // The map to the curve (RFC 9380, section 6.6.1): Z = 1, g(Z) = 4.

    /// @dev -Z / 2.
    uint256 private constant MAP_MIDDLE =
        0x183227397098d014dc2822db40c0ac2ecbc0b548b438e5469e10460b6c3e7ea3;

    /// @dev The even root of -3 Z^2 g(Z).
    uint256 private constant MAP_ROOT =
        0x00000000000000016789af3a83522eb353c98fc6b36d713d5d8d1cc5dffffffa;

    /// @dev -4 g(Z) / (3 Z^2).
    uint256 private constant MAP_SCALE =
        0x10216f7ba065e00de81ac1e7808072c9dd2b2385cd7b438469602eb24829a9bd;

    /// @dev The generator of G2, the parts with i first.
    uint256 private constant G2_X1 =
        0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
    uint256 private constant G2_X0 =
        0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
    uint256 private constant G2_Y1 =
        0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b;
    uint256 private constant G2_Y0 =
        0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa;

    /// @dev The domain of the hash to the curve, and its length in a byte.
    bytes private constant DOMAIN =
        "BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_\x2b";

    /// @dev Precompiles: powers, sums of points, products of pairings.
    address private constant MODEXP = address(5);
    address private constant ECADD = address(6);
    address private constant ECPAIRING = address(8);

    /// @notice Seconds from one round to the next.
    uint256 public immutable PERIOD;

    /// @notice Time of round 1, in seconds.
    uint256 public immutable GENESIS_TIME;

    /// @notice What the chain is known by: the hash of its parameters. Whoever relies on this
    /// contract compares it with the published one.
    bytes32 public immutable CHAIN_HASH;

    uint256 private immutable KEY_X1;
    uint256 private immutable KEY_X0;
    uint256 private immutable KEY_Y1;
    uint256 private immutable KEY_Y0;

    /// @param name The chain's name at drand.
    /// @param period Seconds from one round to the next.
    /// @param genesisTime Time of round 1, in seconds.
    /// @param publicKey The group's key: a point of G2, the parts with i first.
    /// @param groupHash The hash of the first group, the seed of the chain.
    constructor(
        string memory name,
        uint32 period,
        uint64 genesisTime,
        uint256[4] memory publicKey,
        bytes32 groupHash
    ) {
        if (period == 0 || genesisTime > uint64(type(int64).max)) {
            revert RANDOMNESS_PARAMETER_OUT_OF_RANGE();
        }
        if (!_isKey(publicKey)) revert RANDOMNESS_KEY_INVALID();
        (PERIOD, GENESIS_TIME) = (period, genesisTime);
        (KEY_X1, KEY_X0) = (publicKey[0], publicKey[1]);
        (KEY_Y1, KEY_Y0) = (publicKey[2], publicKey[3]);
        // The chain that is older than names goes without.
        if (keccak256(bytes(name)) == keccak256("default")) name = "";
        CHAIN_HASH = sha256(abi.encodePacked(period, genesisTime, publicKey, groupHash, name));
    }

    /// @notice The time of a round: nobody knows its signature before.
    /// @param round Its number, from 1.
    /// @return The time in seconds.
    function timeOf(uint64 round) external view returns (uint256) {
        if (round == 0) revert RANDOMNESS_ROUND_OUT_OF_RANGE();
        return GENESIS_TIME + (uint256(round) - 1) * PERIOD;
    }

    /// @notice The first round whose time is this one or later.
    /// @param time The time in seconds.
    /// @return The number of the round.
    function roundAt(uint256 time) external view returns (uint64) {
        uint256 elapsed = time > GENESIS_TIME ? time - GENESIS_TIME : 0;
        uint256 periods = elapsed / PERIOD + (elapsed % PERIOD == 0 ? 0 : 1);
        if (periods >= type(uint64).max) revert RANDOMNESS_ROUND_OUT_OF_RANGE();
        return uint64(periods + 1);
    }

    /// @notice Judge the signature of a round and give its randomness.
    /// @param round Its number. It has 64 bits, as what is signed has: a wider one would have to be
    /// cut, and then many numbers would name one round.
    /// @param x Of the signature, the x.
    /// @param y Of the signature, the y.
    /// @return The hash of the signature.
    function check(uint64 round, uint256 x, uint256 y) external view returns (bytes32) {
        if (round == 0) revert RANDOMNESS_ROUND_OUT_OF_RANGE();
        if (x == 0 && y == 0) revert RANDOMNESS_SIGNATURE_INFINITE();
        if (x >= Q || y >= Q) revert RANDOMNESS_SIGNATURE_NOT_CANONICAL();
        if (mulmod(y, y, Q) != _curveValue(x)) revert RANDOMNESS_SIGNATURE_NOT_ON_CURVE();
        (uint256 hashX, uint256 hashY) = _hashToCurve(keccak256(abi.encodePacked(round)));
        if (!_isSigned(x, y, hashX, hashY)) revert RANDOMNESS_SIGNATURE_INVALID();
        return sha256(abi.encodePacked(x, y));
    }

    /// @dev Whether e(-signature, generator) * e(hash, key) = 1. All points are of their groups, so
    /// the precompile fails for want of gas only.
    function _isSigned(uint256 x, uint256 y, uint256 hashX, uint256 hashY)
        private
        view
        returns (bool)
    {
        (bool success, bytes memory output) = ECPAIRING.staticcall(
            abi.encodePacked(
                abi.encodePacked(x, Q - y, G2_X1, G2_X0, G2_Y1, G2_Y0),
                abi.encodePacked(hashX, hashY, KEY_X1, KEY_X0, KEY_Y1, KEY_Y0)
            )
        );
        if (!success) revert RANDOMNESS_GAS_MISSING();
        return abi.decode(output, (bool));
    }

    /// @dev Whether four words are a point of G2 other than infinity. The precompile judges what
    /// it pairs; with infinity as the other point it always says yes.
    function _isKey(uint256[4] memory key) private view returns (bool) {
        if (key[0] | key[1] | key[2] | key[3] == 0) return false;
        (bool success,) = ECPAIRING.staticcall(abi.encodePacked(bytes32(0), bytes32(0), key));
        return success;
    }

    /// @dev Hash to a point of the curve: two elements of the field are mapped, the points added.
    function _hashToCurve(bytes32 message) private view returns (uint256 x, uint256 y) {
        (uint256 first, uint256 second) = _hashToField(message);
        (uint256 x1, uint256 y1) = _mapToCurve(first);
        (uint256 x2, uint256 y2) = _mapToCurve(second);
        (bool success, bytes memory output) =
            ECADD.staticcall(abi.encodePacked(x1, y1, x2, y2));
        if (!success) revert RANDOMNESS_GAS_MISSING();
        return abi.decode(output, (uint256, uint256));
    }

    /// @dev Expand the message to 96 bytes and read two elements, of 48 bytes each, modulo Q.
    function _hashToField(bytes32 message) private pure returns (uint256, uint256) {
        // A block of the hash function, 136 zero bytes, stands before the message.
        uint256 start = uint256(
            keccak256(
                abi.encodePacked(
                    bytes32(0), bytes32(0), bytes32(0), bytes32(0), bytes8(0),
                    message, uint16(96), uint8(0), DOMAIN
                )
            )
        );
        uint256 left = uint256(keccak256(abi.encodePacked(start, uint8(1), DOMAIN)));
        uint256 middle = uint256(keccak256(abi.encodePacked(start ^ left, uint8(2), DOMAIN)));
        uint256 right = uint256(keccak256(abi.encodePacked(start ^ middle, uint8(3), DOMAIN)));
        return (
            addmod(mulmod(left, 2 ** 128, Q), middle >> 128, Q),
            addmod(mulmod(middle << 128, 2 ** 128, Q), right, Q)
        );
    }

    /// @dev Map an element of the field to the curve: the first of three candidates for x that
    /// belongs to a point, and the y that is odd if and only if the element is.
    function _mapToCurve(uint256 element) private view returns (uint256 x, uint256 y) {
        uint256 scaled = mulmod(4, mulmod(element, element, Q), Q);
        uint256 plus = addmod(1, scaled, Q);
        uint256 minus = addmod(1, Q - scaled, Q);
        uint256 inverse = _power(mulmod(plus, minus, Q), Q - 2);
        uint256 shift = mulmod(mulmod(element, minus, Q), mulmod(inverse, MAP_ROOT, Q), Q);
        bool found;
        x = addmod(MAP_MIDDLE, Q - shift, Q);
        (found, y) = _findY(x);
        if (!found) {
            x = addmod(MAP_MIDDLE, shift, Q);
            (found, y) = _findY(x);
        }
        if (!found) {
            uint256 last = mulmod(mulmod(plus, plus, Q), inverse, Q);
            x = addmod(1, mulmod(MAP_SCALE, mulmod(last, last, Q), Q), Q);
            (, y) = _findY(x);
        }
        if ((y ^ element) & 1 == 1) y = Q - y;
    }

    /// @dev Find a y to an x, if there is one.
    function _findY(uint256 x) private view returns (bool found, uint256 y) {
        uint256 square = _curveValue(x);
        y = _power(square, (Q + 1) / 4);
        found = mulmod(y, y, Q) == square;
    }

    /// @dev x^3 + 3, which is y^2 for a point of the curve.
    function _curveValue(uint256 x) private pure returns (uint256) {
        return addmod(mulmod(mulmod(x, x, Q), x, Q), 3, Q);
    }

    /// @dev A power modulo Q; of 0, 0.
    function _power(uint256 base, uint256 exponent) private view returns (uint256) {
        (bool success, bytes memory output) = MODEXP.staticcall(
            abi.encodePacked(uint256(32), uint256(32), uint256(32), base, exponent, Q)
        );
        if (!success) revert RANDOMNESS_GAS_MISSING();
        return abi.decode(output, (uint256));
    }
}
