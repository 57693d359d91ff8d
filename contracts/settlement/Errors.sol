// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// Why a call is rejected: the codes of the reference implementation, under its names. Those of
// hashing and of paths are in TreeErrors.sol.

/// @notice Only the owner may do this.
error SETTLEMENT_NOT_OWNER();

/// @notice The rollup is frozen: what is left is to take one's money out.
error SETTLEMENT_FROZEN();

/// @notice Exits begin when the rollup is frozen.
error SETTLEMENT_NOT_FROZEN();

/// @notice There are fewer than 3 public inputs, or more message words than the area holds.
error SETTLEMENT_PUBLIC_INPUT_COUNT();

/// @notice The block does not start from the root that L1 holds.
error SETTLEMENT_OLD_ROOT_MISMATCH();

/// @notice The block's height is not above that of the last settled block.
error SETTLEMENT_HEIGHT_NOT_ABOVE();

/// @notice It is not shown that the blocks since the last settled one change nothing.
error SETTLEMENT_BLOCKS_SKIPPED();

/// @notice A message is neither a mint (2) nor a burn (3).
error SETTLEMENT_MESSAGE_KIND();

/// @notice The words end before the message does.
error SETTLEMENT_MESSAGE_TRUNCATED();

/// @notice The proof does not show that the block leads from the old root to the new one.
error SETTLEMENT_BLOCK_UNPROVEN();

/// @notice The proof is not one of the transaction.
error SETTLEMENT_TRANSACTION_UNPROVEN();

/// @notice A validator set has a validator.
error VALIDATORS_EMPTY();

/// @notice Nobody signs for the address 0.
error VALIDATOR_ADDRESS_ZERO();

/// @notice A validator stands twice in a set.
error VALIDATOR_REPEATED();

/// @notice A validator's stake is 0, or does not fit 128 bits.
error VALIDATOR_STAKE_OUT_OF_RANGE();

/// @notice A validator set begins after the newest set and after the last settled block.
error VALIDATORS_NOT_LATER();

/// @notice A validator set begins too many blocks after the last settled one.
error VALIDATORS_TOO_FAR();

/// @notice A header does not name the block before it as its parent.
error COMMIT_PARENT_MISMATCH();

/// @notice The heights of the three blocks do not follow one another.
error COMMIT_HEIGHTS_NOT_CONSECUTIVE();

/// @notice The views of the three blocks do not follow one another.
error COMMIT_VIEWS_NOT_CONSECUTIVE();

/// @notice A signature is of no key, or in the form that another one of the same key would have.
error CERTIFICATE_SIGNATURE_INVALID();

/// @notice The signers' addresses do not ascend: one is out of order or stands twice.
error CERTIFICATE_SIGNERS_UNORDERED();

/// @notice A signer is no validator at this height.
error CERTIFICATE_SIGNER_UNKNOWN();

/// @notice The signers do not hold more than two thirds of the stake.
error CERTIFICATE_QUORUM_MISSING();

/// @notice What leaves a frozen rollup is a burn.
error EXIT_NOT_BURN();

/// @notice A note that an exit would make could never be spent.
error EXIT_OUTPUT_NOT_EMPTY();

/// @notice There is not one path for each input that is not padding.
error EXIT_PATH_COUNT();

/// @notice The path does not show that an input is a leaf of the last settled tree.
error EXIT_LEAF_ABSENT();

/// @notice The leaf has been taken out before.
error EXIT_LEAF_TAKEN();

/// @notice The note kind 0 is padding and has no token.
error BRIDGE_NOTE_KIND_ZERO();

/// @notice The note kind has a token already.
error BRIDGE_NOTE_KIND_TAKEN();

/// @notice The token has a note kind already.
error BRIDGE_TOKEN_TAKEN();

/// @notice The note kind has no token.
error BRIDGE_NOTE_KIND_UNKNOWN();

/// @notice The value is 0, or not below 2^240.
error BRIDGE_VALUE_OUT_OF_RANGE();

/// @notice A deposit with this mint hash was made before.
error BRIDGE_MINT_HASH_TAKEN();

/// @notice The token did not move the money.
error BRIDGE_TRANSFER_REFUSED();

/// @notice The token moved another amount than was asked for.
error BRIDGE_TRANSFER_INEXACT();

/// @notice There is no deposit with this mint hash, or it was taken or given back.
error BRIDGE_DEPOSIT_ABSENT();

/// @notice The deposit has another note kind or value than the mint.
error BRIDGE_DEPOSIT_MISMATCH();

/// @notice Only the depositor may cancel a deposit.
error BRIDGE_NOT_DEPOSITOR();

/// @notice A block may still take the deposit.
error BRIDGE_CANCEL_TOO_EARLY();

/// @notice The depositor did not sign this deposit.
error BRIDGE_AUTHORIZATION_INVALID();

/// @notice Nothing is owed to this account in this note kind.
error BRIDGE_CREDIT_ABSENT();

/// @notice The block of the burn is settled; there is nothing to pay in advance.
error BRIDGE_BURN_SETTLED();

/// @notice Somebody has paid for this burn in advance.
error BRIDGE_BURN_SUBSTITUTED();

/// @notice What is queued is padding, not a transaction.
error QUEUE_PADDING();

/// @notice What is queued with a deposit is not a mint.
error QUEUE_NOT_MINT();

/// @notice The call is to have more gas than a call may.
error QUEUE_CALL_GAS_OUT_OF_RANGE();

/// @notice The call has more data than a call may.
error QUEUE_CALL_DATA_TOO_LONG();

/// @notice Too little gas is left to give the call what it was promised.
error QUEUE_CALL_GAS_MISSING();

/// @notice There are more verdicts than entries, or than a block may have.
error QUEUE_VERDICT_COUNT();

/// @notice An entry that is due has no verdict.
error QUEUE_ENTRY_OMITTED();

/// @notice A verdict is not about the entry whose turn it is.
error QUEUE_ENTRY_MISMATCH();

/// @notice The opening is not that of the block's commit hash.
error QUEUE_OPENING_MISMATCH();

/// @notice The entry's transaction does not stand in the block.
error QUEUE_ENTRY_NOT_APPLIED();

/// @notice The entry's transaction stands in the block, so it is not void.
error QUEUE_ENTRY_APPLIED();

/// @notice It is not shown that the entry's transaction can have no place.
error QUEUE_ENTRY_NOT_VOID();

/// @notice No entry has waited long enough to be settled in a block of its own.
error QUEUE_NOT_OVERDUE();

/// @notice A block of its own has another transaction than the entry's, or more than that.
error QUEUE_FORCED_BLOCK_MISMATCH();

/// @notice No entry has waited long enough to freeze the rollup.
error QUEUE_NOT_EXPIRED();

/// @notice The encoding ends before the value does.
error BORSH_TRUNCATED();

/// @notice Bytes are left after the value.
error BORSH_TRAILING_BYTES();

/// @notice The transaction's kind is not 0 (padding), 1 (send), 2 (mint) or 3 (burn).
error LEDGER_KIND_UNKNOWN();

/// @notice A public input that the block proof fixes to 0 for this kind is not 0.
error LEDGER_MESSAGE_NOT_CARRIED();

/// @notice A mint or burn of a value other than 0 states the note kind 0.
error LEDGER_VALUE_WITHOUT_KIND();

/// @notice A commitment occurs twice among the inputs and outputs of a block.
error LEDGER_LEAF_REPEATED();

/// @notice The height does not fit 64 bits.
error LEDGER_HEIGHT_OUT_OF_RANGE();
