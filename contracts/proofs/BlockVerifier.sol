// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DevelopmentSetup} from "./DevelopmentSetup.sol";
import {PROOF_LENGTH, PROOF_PUBLIC_COUNT} from "./Errors.sol";
import {Plonk} from "./Plonk.sol";

/// @notice Verifies a block in one pairing check: a proof of each client's transaction, and one of
/// what they do together. Who inherits brings the two verification keys, which are of one setup.
abstract contract BlockVerifier {
    /// @dev Words of a claim: old root, new root, commit hash, validity bit. The total alone would
    /// let a caller hide a place among them, which then had no client's proof.
    uint256 private constant CLAIM_WORDS = 4;

    /// @notice Accept what a block's proof says. Whether the block is valid is `claim[3]`, and the
    /// caller has to read it.
    /// @dev Rejects by reverting with the code of the rule that is broken; see `PlonkVerifier`.
    /// The public inputs of the block's proof are `claim`, then `words`; those of the client's
    /// proof at a place are the place's words, so both speak of the same transactions. A place
    /// without a proof is padding, and all its words are 0.
    /// @param claim What the block's proof says besides the transactions.
    /// @param words The public inputs of all places, one place after the other.
    /// @param clientProofs For each place 1,088 bytes, or none.
    /// @param blockProof 1,088 bytes.
    /// @return true, always.
    function verify(
        uint256[] calldata claim,
        uint256[] calldata words,
        bytes[] calldata clientProofs,
        bytes calldata blockProof
    ) external view returns (bool) {
        for (uint256 i = 0; i < clientProofs.length; ++i) {
            if (clientProofs[i].length != 0) Plonk.check(clientProofs[i]);
        }
        Plonk.check(blockProof);
        _openKeys();
        if (claim.length != CLAIM_WORDS) revert PROOF_PUBLIC_COUNT();
        uint256 last = _putClients(words, clientProofs);
        Plonk.putProof(last, Plonk.SECOND_KEY, blockProof);
        Plonk.putPublic(last, claim);
        Plonk.putMorePublic(last, words);
        Plonk.verify(2, last + Plonk.CLAIM_BYTES);
        return true;
    }

    /// @dev Write down the claims of all places that have a proof. Gives where the next claim goes.
    function _putClients(uint256[] calldata words, bytes[] calldata proofs)
        private
        pure
        returns (uint256 claim)
    {
        uint256 width = Plonk.publicCount(Plonk.FIRST_KEY);
        if (words.length != proofs.length * width) revert PROOF_PUBLIC_COUNT();
        claim = Plonk.CLAIMS;
        for (uint256 i = 0; i < proofs.length; ++i) {
            uint256[] calldata own = words[i * width:(i + 1) * width];
            if (proofs[i].length == 0) {
                if (!_areZero(own)) revert PROOF_LENGTH();
            } else {
                Plonk.putProof(claim, Plonk.FIRST_KEY, proofs[i]);
                Plonk.putPublic(claim, own);
                claim += Plonk.CLAIM_BYTES;
            }
        }
    }

    /// @notice The hashes of the verification keys, with which transcripts begin.
    function keyDigests() external view returns (bytes32 ofClients, bytes32 ofBlocks) {
        _openKeys();
        ofClients = Plonk.digest(Plonk.FIRST_KEY);
        ofBlocks = Plonk.digest(Plonk.SECOND_KEY);
    }

    /// @notice Whether the keys are of the setup whose secret everybody knows, so that a proof
    /// proves nothing.
    function isDevelopmentSetup() external view returns (bool) {
        _openKeys();
        return Plonk.setupHash(Plonk.FIRST_KEY) == DevelopmentSetup.X_G2_HASH;
    }

    function _areZero(uint256[] calldata words) private pure returns (bool) {
        uint256 any = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            any |= words[i];
        }
        return any == 0;
    }

    function _openKeys() private view {
        _loadClientKey(Plonk.FIRST_KEY);
        _loadBlockKey(Plonk.SECOND_KEY);
        Plonk.open(Plonk.FIRST_KEY);
        Plonk.open(Plonk.SECOND_KEY);
    }

    /// @dev Write the encoded verification key of clients' proofs to a place in memory.
    function _loadClientKey(uint256 place) internal view virtual;

    /// @dev Write the encoded verification key of block proofs, of the same setup, to a place in
    /// memory.
    function _loadBlockKey(uint256 place) internal view virtual;
}
