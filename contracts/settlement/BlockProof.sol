// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BlockVerifier} from "../proofs/BlockVerifier.sol";
import {PROOF_PUBLIC_COUNT} from "../proofs/Errors.sol";
import {IVerifier} from "./IVerifier.sol";

/// @notice Verifies that a block is valid, under the public inputs of the deployed network: old
/// root, new root, commit hash, and the area of messages for this chain.
contract BlockProof is IVerifier {
    /// @dev Words of a transaction, and which of them begin its message.
    uint256 private constant WORDS = 9;
    uint256 private constant MESSAGE = 4;

    /// @dev Kinds of transactions that have a message for this chain, and its length.
    uint256 private constant MINT = 2;
    uint256 private constant MINT_WORDS = 4;
    uint256 private constant BURN = 3;
    uint256 private constant BURN_WORDS = 5;

    /// @dev Public inputs before the area of messages.
    uint256 private constant ROOTS_AND_HASH = 3;

    /// @notice The verifier of blocks.
    BlockVerifier public immutable BLOCKS;

    /// @notice Places of a block.
    uint256 public immutable PLACES;

    /// @notice Words of the area of messages.
    uint256 public immutable MESSAGE_WORDS;

    /// @param blocks The verifier of blocks.
    /// @param places Places of a block.
    /// @param messageWords Words of the area of messages; enough for a burn at every place.
    constructor(BlockVerifier blocks, uint256 places, uint256 messageWords) {
        BLOCKS = blocks;
        PLACES = places;
        MESSAGE_WORDS = messageWords;
    }

    /// @inheritdoc IVerifier
    /// @notice Judge a block. The public inputs are old root, new root, commit hash and the area of
    /// messages, to its last 0; the proof is
    /// `abi.encode(uint256[] words, bytes[] clientProofs, bytes blockProof)`, with nine words and
    /// one proof, or none, for each place.
    /// @dev Returns false if the area is not what the words say; reverts with the code of any other
    /// rule that is broken, or without one if the proof is not encoded like that.
    function verify(bytes calldata proof, bytes32[] calldata publicInputs)
        external
        view
        returns (bool)
    {
        if (publicInputs.length != ROOTS_AND_HASH + MESSAGE_WORDS) revert PROOF_PUBLIC_COUNT();
        (uint256[] memory words, bytes[] memory clientProofs, bytes memory blockProof) =
            abi.decode(proof, (uint256[], bytes[], bytes));
        if (words.length != WORDS * PLACES) revert PROOF_PUBLIC_COUNT();
        if (!_arePacked(words, publicInputs[ROOTS_AND_HASH:])) return false;
        uint256[] memory claim = new uint256[](4);
        for (uint256 i = 0; i < ROOTS_AND_HASH; ++i) {
            claim[i] = uint256(publicInputs[i]);
        }
        claim[ROOTS_AND_HASH] = 1;
        return BLOCKS.verify(claim, words, clientProofs, blockProof);
    }

    /// @dev Whether the area holds the messages of mints and burns without gaps, and then zeros.
    function _arePacked(uint256[] memory words, bytes32[] calldata area)
        private
        pure
        returns (bool)
    {
        uint256 difference = 0;
        uint256 next = 0;
        for (uint256 start = MESSAGE; start < words.length; start += WORDS) {
            uint256 count = _messageWords(words[start]);
            for (uint256 i = 0; i < count; ++i) {
                difference |= words[start + i] ^ uint256(area[next + i]);
            }
            next += count;
        }
        return difference == 0 && _areZero(area[next:]);
    }

    /// @dev Words that a transaction has for this chain, by its kind.
    function _messageWords(uint256 kind) private pure returns (uint256) {
        if (kind == MINT) return MINT_WORDS;
        return kind == BURN ? BURN_WORDS : 0;
    }

    /// @dev Whether all words are 0.
    function _areZero(bytes32[] calldata words) private pure returns (bool) {
        uint256 any = 0;
        assembly ("memory-safe") {
            let end := add(words.offset, shl(5, words.length))
            // Eight words at a time, as long as there are so many.
            let place := words.offset
            for { let last := sub(end, 0xe0) } lt(place, last) { place := add(place, 0x100) } {
                any := or(
                    or(
                        or(any, calldataload(place)),
                        or(calldataload(add(place, 0x20)), calldataload(add(place, 0x40)))
                    ),
                    or(
                        or(calldataload(add(place, 0x60)), calldataload(add(place, 0x80))),
                        or(
                            calldataload(add(place, 0xa0)),
                            or(calldataload(add(place, 0xc0)), calldataload(add(place, 0xe0)))
                        )
                    )
                )
            }
            for {} lt(place, end) { place := add(place, 0x20) } {
                any := or(any, calldataload(place))
            }
        }
        return any == 0;
    }
}
