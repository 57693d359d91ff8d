// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Commit} from "contracts/settlement/Commit.sol";
import {CommitProof, Signature, Validator} from "contracts/settlement/Types.sol";
import {Validators} from "contracts/settlement/Validators.sol";
import {ENGINE} from "./Engine.sol";

/// @notice Judges commit proofs and nothing else.
contract Committing is Commit {
    constructor(Validator[] memory validators) Validators(validators, 7200) {}

    function judge(CommitProof calldata proof, bytes32 root) external view returns (uint256) {
        return _checkCommit(proof, root, "Payy").height;
    }
}

/// @notice The arithmetic of commit proofs.
contract CommitChecks {
    /// @dev Three signers with stakes that may be anything they may be.
    address private constant FIRST = address(0x11);
    address private constant SECOND = address(0x22);
    address private constant THIRD = address(0x33);

    /// @notice Numbers of a header stand with the least byte first, and three headers ascend.
    function check_headers(
        bytes32[3] calldata parents,
        uint64[3] calldata heights,
        uint64[3] calldata views,
        bytes32[3] calldata finals,
        bytes32[3] calldata roots,
        Signature calldata signature
    ) external {
        Committing judge = _judgeOfOne();
        CommitProof memory proof;
        bytes32[3] memory names;
        for (uint256 i = 0; i < 3; ++i) {
            proof.headers[i] = abi.encodePacked(
                _reversed(heights[i]), parents[i], _reversed(views[i]), finals[i], uint32(0)
            );
            names[i] = keccak256(
                abi.encode(roots[i], uint256(heights[i]), keccak256(proof.headers[i]))
            );
        }
        (proof.roots[0], proof.roots[1]) = (roots[1], roots[2]);
        proof.certificate = new Signature[](1);
        proof.certificate[0] = signature;

        uint256 height = judge.judge(proof, roots[0]);

        assert(height == heights[0]);
        assert(heights[1] == height + 1 && heights[2] == height + 2);
        assert(views[1] == uint256(views[0]) + 1 && views[2] == uint256(views[0]) + 2);
        assert(parents[1] == names[0] && parents[2] == names[1]);
        bytes32 accepted = keccak256(abi.encode(height + 3, names[2]));
        bytes32 message = keccak256(abi.encodePacked(uint64(4), "Payy", accepted));
        assert(ecrecover(message, signature.v, signature.r, signature.s) == FIRST);
    }

    /// @notice Who signs has more than two thirds of the stake, nobody counted twice.
    function check_certificate(
        uint128[3] calldata stakes,
        bool areThree,
        Signature[3] calldata signatures
    ) external {
        uint256 signed = _accepted(_judge(stakes), signatures, areThree ? 3 : 2);
        assert(3 * _stakeOf(stakes, signed) > 2 * _stakeOf(stakes, 7));
    }

    /// @dev Have a certificate judged, and tell who signed it, one bit a member.
    function _accepted(Committing judge, Signature[3] calldata signatures, uint256 count)
        private
        view
        returns (uint256 signed)
    {
        CommitProof memory proof;
        bytes32 name;
        for (uint64 i = 0; i < 3; ++i) {
            proof.headers[i] = abi.encodePacked(
                _reversed(i + 1), name, _reversed(i + 1), bytes32(0), uint32(0)
            );
            name = keccak256(
                abi.encode(bytes32(0), uint256(i) + 1, keccak256(proof.headers[i]))
            );
        }
        proof.certificate = new Signature[](count);
        for (uint256 i = 0; i < count; ++i) {
            proof.certificate[i] = signatures[i];
        }

        judge.judge(proof, 0);

        bytes32 message = keccak256(
            abi.encodePacked(uint64(4), "Payy", keccak256(abi.encode(uint256(4), name)))
        );
        for (uint256 i = 0; i < count; ++i) {
            Signature calldata one = signatures[i];
            address signer = ecrecover(message, one.v, one.r, one.s);
            signed |= signer == FIRST ? 1 : signer == SECOND ? 2 : signer == THIRD ? 4 : 0;
        }
    }

    function _judge(uint128[3] memory stakes) private returns (Committing) {
        Validator[] memory validators = new Validator[](3);
        validators[0] = Validator(FIRST, stakes[0]);
        validators[1] = Validator(SECOND, stakes[1]);
        validators[2] = Validator(THIRD, stakes[2]);
        return new Committing(validators);
    }

    function _judgeOfOne() private returns (Committing) {
        Validator[] memory validators = new Validator[](1);
        validators[0] = Validator(FIRST, 1);
        return new Committing(validators);
    }

    /// @dev The stake of some members, who are one bit each.
    function _stakeOf(uint128[3] calldata stakes, uint256 members)
        private
        pure
        returns (uint256 sum)
    {
        for (uint256 i = 0; i < 3; ++i) {
            if (members >> i & 1 == 1) sum += stakes[i];
        }
    }

    /// @dev The bytes of a number, the least first, one by one.
    function _reversed(uint64 number) private pure returns (bytes memory reversed) {
        for (uint256 i = 0; i < 8; ++i) {
            reversed = bytes.concat(reversed, bytes1(uint8(number >> (8 * i))));
        }
    }
}
