// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {
    BORSH_TRAILING_BYTES,
    BORSH_TRUNCATED,
    CERTIFICATE_QUORUM_MISSING,
    CERTIFICATE_SIGNATURE_INVALID,
    CERTIFICATE_SIGNERS_UNORDERED,
    CERTIFICATE_SIGNER_UNKNOWN,
    COMMIT_HEIGHTS_NOT_CONSECUTIVE,
    COMMIT_PARENT_MISMATCH,
    COMMIT_VIEWS_NOT_CONSECUTIVE
} from "./Errors.sol";
import {CommitProof, Signature} from "./Types.sol";
import {Validators} from "./Validators.sol";

/// @notice Commit proofs: what shows that a block of the sequencers can no longer be abandoned.
abstract contract Commit is Validators {
    /// @dev What is read of a header, and the name of its block.
    struct Header {
        uint256 height;
        bytes32 parent;
        uint256 viewNumber;
        bytes32 name;
    }

    /// @dev Bytes of a header before its signatures: height, parent, view, newest final block, and
    /// the number of signatures, integers with the least byte first.
    uint256 private constant HEADER_BYTES = 84;

    /// @dev Bytes of a signature in a header.
    uint256 private constant SIGNATURE_BYTES = 65;

    /// @dev Judge whether a block that states a root is committed.
    ///
    /// Only the last certificate is looked at. A quorum has an honest member, and that one signs a
    /// block only with a certificate on its parent in hand; so the others exist.
    /// @param proof What is shown.
    /// @param root The root that the first block is said to state.
    /// @param networkName The name that is signed with.
    /// @return first The header of the committed block.
    function _checkCommit(CommitProof calldata proof, bytes32 root, string memory networkName)
        internal
        view
        returns (Header memory first)
    {
        first = _header(proof.headers[0], root);
        Header memory second = _header(proof.headers[1], proof.roots[0]);
        Header memory third = _header(proof.headers[2], proof.roots[1]);
        if (second.parent != first.name || third.parent != second.name) {
            revert COMMIT_PARENT_MISMATCH();
        }
        uint256 height = first.height;
        if (second.height != height + 1 || third.height != height + 2) {
            revert COMMIT_HEIGHTS_NOT_CONSECUTIVE();
        }
        uint256 viewNumber = first.viewNumber;
        if (second.viewNumber != viewNumber + 1 || third.viewNumber != viewNumber + 2) {
            revert COMMIT_VIEWS_NOT_CONSECUTIVE();
        }
        bytes32 accepted = keccak256(abi.encode(third.height + 1, third.name));
        uint64 nameBytes = uint64(bytes(networkName).length);
        bytes32 message = keccak256(abi.encodePacked(nameBytes, networkName, accepted));
        _checkCertificate(message, proof.certificate, _setAt(third.height));
    }

    /// @dev Tell whether the blocks between two heights are shown to leave the root as it is. A
    /// committed block has committed ancestors, and there is one committed block a height.
    /// @param skipped Their encoded headers, oldest first.
    /// @param root What each has to state.
    /// @param settled The height below the first of them.
    /// @param committed The header of the block after the last of them.
    function _changesNothing(
        bytes[] calldata skipped,
        bytes32 root,
        uint256 settled,
        Header memory committed
    ) internal pure returns (bool follows) {
        follows = committed.height == settled + skipped.length + 1;
        bytes32 name;
        for (uint256 i = 0; i < skipped.length; ++i) {
            Header memory header = _header(skipped[i], root);
            if (header.height != settled + i + 1) follows = false;
            if (i != 0 && header.parent != name) follows = false;
            name = header.name;
        }
        if (skipped.length != 0 && committed.parent != name) follows = false;
    }

    /// @dev Judge whether a quorum of a validator set signed a message. The signers' addresses
    /// ascend, so that nobody is counted twice.
    function _checkCertificate(
        bytes32 message,
        Signature[] calldata signatures,
        ValidatorSet storage set
    ) private view {
        address previous = address(0);
        uint256 signed = 0;
        for (uint256 i = 0; i < signatures.length; ++i) {
            Signature calldata signature = signatures[i];
            (address signer, ECDSA.RecoverError fault,) =
                ECDSA.tryRecover(message, signature.v, signature.r, signature.s);
            if (fault != ECDSA.RecoverError.NoError) revert CERTIFICATE_SIGNATURE_INVALID();
            if (signer <= previous) revert CERTIFICATE_SIGNERS_UNORDERED();
            uint256 stake = set.stakeOf[signer];
            if (stake == 0) revert CERTIFICATE_SIGNER_UNKNOWN();
            previous = signer;
            signed += stake;
        }
        if (3 * signed <= 2 * uint256(set.totalStake)) revert CERTIFICATE_QUORUM_MISSING();
    }

    /// @dev Read a header, and name the block that has it and states a root.
    function _header(bytes calldata encoding, bytes32 root)
        private
        pure
        returns (Header memory header)
    {
        if (encoding.length < HEADER_BYTES) revert BORSH_TRUNCATED();
        uint256 count = uint32(Bytes.reverseBytes4(bytes4(encoding[80:84])));
        uint256 length = HEADER_BYTES + SIGNATURE_BYTES * count;
        if (encoding.length < length) revert BORSH_TRUNCATED();
        if (encoding.length > length) revert BORSH_TRAILING_BYTES();
        header.height = uint64(Bytes.reverseBytes8(bytes8(encoding[0:8])));
        header.parent = bytes32(encoding[8:40]);
        header.viewNumber = uint64(Bytes.reverseBytes8(bytes8(encoding[40:48])));
        header.name = keccak256(abi.encode(root, header.height, keccak256(encoding)));
    }
}
