// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PlonkVerifier} from "../proofs/PlonkVerifier.sol";
import {IVerifier} from "./IVerifier.sol";

/// @notice Verifies that a client has proved a transaction.
contract TransactionProof is IVerifier {
    /// @notice The verifier of clients' proofs.
    PlonkVerifier public immutable CLIENTS;

    /// @param clients The verifier of clients' proofs.
    constructor(PlonkVerifier clients) {
        CLIENTS = clients;
    }

    /// @inheritdoc IVerifier
    /// @notice Judge a client's proof; the public inputs are the nine words of the transaction.
    /// @dev Reverts with the code of the rule that is broken, and never returns false.
    function verify(bytes calldata proof, bytes32[] calldata publicInputs)
        external
        view
        returns (bool)
    {
        uint256[] calldata words;
        assembly ("memory-safe") {
            words.offset := publicInputs.offset
            words.length := publicInputs.length
        }
        return CLIENTS.verify(proof, words);
    }
}
