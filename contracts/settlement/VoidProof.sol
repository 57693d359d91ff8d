// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BlockVerifier} from "../proofs/BlockVerifier.sol";
import {PROOF_PUBLIC_COUNT} from "../proofs/Errors.sol";
import {IVerifier} from "./IVerifier.sol";

/// @notice Verifies that a proven transaction can have no place on a tree: the block that holds it
/// alone is proved to be invalid.
contract VoidProof is IVerifier {
    /// @dev Words of a transaction.
    uint256 private constant WORDS = 9;

    /// @notice The verifier of blocks.
    BlockVerifier public immutable BLOCKS;

    /// @notice Places of a block.
    uint256 public immutable PLACES;

    /// @param blocks The verifier of blocks.
    /// @param places Places of a block, 1 or more.
    constructor(BlockVerifier blocks, uint256 places) {
        BLOCKS = blocks;
        PLACES = places;
    }

    /// @inheritdoc IVerifier
    /// @notice Judge whether the transaction is void. The public inputs are the tree's root and the
    /// nine words of the transaction; the proof is
    /// `abi.encode(uint256 commitHash, bytes clientProof, bytes blockProof)`.
    /// @dev The block has the transaction at place 0 and nothing elsewhere; its proof says that the
    /// validity bit is 0 and that the root stays. The commit hash is what the block's proof makes of
    /// the transaction, so nobody has to compute it here. Reverts with the code of the rule that is
    /// broken, or without one if the proof is not encoded like that; never returns false.
    function verify(bytes calldata proof, bytes32[] calldata publicInputs)
        external
        view
        returns (bool)
    {
        if (publicInputs.length != 1 + WORDS) revert PROOF_PUBLIC_COUNT();
        bytes[] memory clientProofs = new bytes[](PLACES);
        uint256[] memory claim = new uint256[](4);
        bytes memory blockProof;
        (claim[2], clientProofs[0], blockProof) = abi.decode(proof, (uint256, bytes, bytes));
        claim[0] = uint256(publicInputs[0]);
        claim[1] = claim[0];
        uint256[] memory words = new uint256[](WORDS * PLACES);
        for (uint256 i = 0; i < WORDS; ++i) {
            words[i] = uint256(publicInputs[1 + i]);
        }
        return BLOCKS.verify(claim, words, clientProofs, blockProof);
    }
}
