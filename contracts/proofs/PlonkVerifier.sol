// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DevelopmentSetup} from "./DevelopmentSetup.sol";
import {Plonk} from "./Plonk.sol";

/// @notice Verifies proofs of one circuit; who inherits brings its verification key.
abstract contract PlonkVerifier {
    /// @notice Accept a proof that the circuit has a witness with these public inputs.
    /// @dev Rejects by reverting with the code of the rule that is broken, so no caller can forget
    /// to look at the answer. The answer is there for callers that expect one, and so that a call
    /// to an account without this function is not taken for an acceptance.
    /// @param proof 1,088 bytes.
    /// @param publicInputs The circuit's public inputs, each below the field's modulus.
    /// @return true, always.
    function verify(bytes calldata proof, uint256[] calldata publicInputs)
        external
        view
        returns (bool)
    {
        Plonk.check(proof);
        _openKey();
        Plonk.putProof(Plonk.CLAIMS, Plonk.FIRST_KEY, proof);
        Plonk.putPublic(Plonk.CLAIMS, publicInputs);
        Plonk.verify(1, Plonk.CLAIMS + Plonk.CLAIM_BYTES);
        return true;
    }

    /// @notice The hash of the verification key, with which every transcript begins.
    function keyDigest() external view returns (bytes32) {
        _openKey();
        return Plonk.digest(Plonk.FIRST_KEY);
    }

    /// @notice Whether the key is of the setup whose secret everybody knows, so that a proof proves
    /// nothing.
    function isDevelopmentSetup() external view returns (bool) {
        _openKey();
        return Plonk.setupHash(Plonk.FIRST_KEY) == DevelopmentSetup.X_G2_HASH;
    }

    function _openKey() private view {
        _loadKey(Plonk.FIRST_KEY);
        Plonk.open(Plonk.FIRST_KEY);
    }

    /// @dev Write the encoded verification key, in the form that the reference's `decode_key`
    /// accepts, to a place in memory.
    function _loadKey(uint256 place) internal view virtual;
}
