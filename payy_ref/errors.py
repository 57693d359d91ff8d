"""
Rejection: one closed list of codes, one exception, one function that raises it.

Everything else in the package that is raised is a fault of the caller or of the package,
never a verdict on an input.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from types import FrameType


class ErrorCode(StrEnum):
    """
    Why an input is rejected.

    A code names one rule, belongs to one chapter, and is never renamed or given a new meaning.
    """

    # conventions

    MALFORMED_INPUT = "MALFORMED_INPUT"
    """The request's input is not of the operation's form."""

    BORSH_TRUNCATED = "BORSH_TRUNCATED"
    """The encoding ends before the value does."""

    BORSH_TRAILING_BYTES = "BORSH_TRAILING_BYTES"
    """Bytes are left after the value."""

    BORSH_INTEGER_OUT_OF_RANGE = "BORSH_INTEGER_OUT_OF_RANGE"
    """The integer does not fit the width of its type."""

    BORSH_ITEM_WIDTH = "BORSH_ITEM_WIDTH"
    """An item of a list of fixed-width byte strings has another width."""

    # field_and_hash

    FIELD_ELEMENT_NOT_CANONICAL = "FIELD_ELEMENT_NOT_CANONICAL"
    """The value is not below the field's modulus."""

    HASH_INPUT_COUNT = "HASH_INPUT_COUNT"
    """The hash takes 1 to 128 elements."""

    # merkle

    MERKLE_DEPTH_OUT_OF_RANGE = "MERKLE_DEPTH_OUT_OF_RANGE"
    """The depth is not between 1 and 256."""

    MERKLE_ELEMENT_ZERO = "MERKLE_ELEMENT_ZERO"
    """Zero marks an empty slot and is never a leaf."""

    MERKLE_SLOT_OCCUPIED = "MERKLE_SLOT_OCCUPIED"
    """The slot already holds this element, or another one with the same low bits."""

    MERKLE_ELEMENT_ABSENT = "MERKLE_ELEMENT_ABSENT"
    """The element to remove is not a leaf of the tree."""

    MERKLE_PATH_LENGTH = "MERKLE_PATH_LENGTH"
    """The number of siblings is not the depth of the tree."""

    # notes

    NOTE_CHAIN_ID_OUT_OF_RANGE = "NOTE_CHAIN_ID_OUT_OF_RANGE"
    """The chain id does not fit 64 bits."""

    LINK_VERSION_UNSUPPORTED = "LINK_VERSION_UNSUPPORTED"
    """The link's version is not 0, 1 or 2."""

    LINK_VALUE_OUT_OF_RANGE = "LINK_VALUE_OUT_OF_RANGE"
    """The value does not fit 256 bits."""

    LINK_PSI_MISSING = "LINK_PSI_MISSING"
    """A link of version 0 carries its psi."""

    LINK_PSI_UNEXPECTED = "LINK_PSI_UNEXPECTED"
    """Links of versions 1 and 2 derive psi from the secret key and carry none."""

    LINK_TOO_LONG = "LINK_TOO_LONG"
    """The payload has more than 4,096 characters."""

    LINK_NOT_BASE58 = "LINK_NOT_BASE58"
    """The payload has a character outside the Bitcoin base-58 alphabet."""

    LINK_TRUNCATED = "LINK_TRUNCATED"
    """The payload ends before its fixed part does."""

    LINK_VALUE_WIDTH = "LINK_VALUE_WIDTH"
    """The number of leading zero bytes of the value is above 32."""

    LINK_REFERRAL_NOT_TEXT = "LINK_REFERRAL_NOT_TEXT"
    """The referral is not UTF-8 text."""

    NOTE_VALUE_OUT_OF_RANGE = "NOTE_VALUE_OUT_OF_RANGE"
    """The value of a note that is made is not below 2^240."""

    NOTE_PADDING_HAS_VALUE = "NOTE_PADDING_HAS_VALUE"
    """A note of kind 0 is padding and has the value 0."""

    # transactions

    TRANSACTION_TOO_MANY_NOTES = "TRANSACTION_TOO_MANY_NOTES"
    """A transaction has at most two input notes and two output notes."""

    TRANSACTION_COMMITMENT_MISMATCH = "TRANSACTION_COMMITMENT_MISMATCH"
    """A public commitment is not that of the note at its place."""

    TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE = "TRANSACTION_OUTPUT_VALUE_OUT_OF_RANGE"
    """The value of an output note is not below 2^240."""

    TRANSACTION_KINDS_MIXED = "TRANSACTION_KINDS_MIXED"
    """Two notes that are not padding differ in kind."""

    TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE = "TRANSACTION_MESSAGE_VALUE_OUT_OF_RANGE"
    """The value in the message is not below 2^240."""

    TRANSACTION_KIND_UNKNOWN = "TRANSACTION_KIND_UNKNOWN"
    """The transaction is not a send (1), a mint (2) or a burn (3)."""

    TRANSACTION_SEND_UNBALANCED = "TRANSACTION_SEND_UNBALANCED"
    """The outputs of a send are not worth what its inputs are."""

    TRANSACTION_MINT_UNBALANCED = "TRANSACTION_MINT_UNBALANCED"
    """The outputs of a mint are not worth its inputs and the minted value."""

    TRANSACTION_MINT_HASH_MISMATCH = "TRANSACTION_MINT_HASH_MISMATCH"
    """The hash of a mint is not the hash of both outputs' psi."""

    TRANSACTION_MINT_NOTE_KIND_MISMATCH = "TRANSACTION_MINT_NOTE_KIND_MISMATCH"
    """The note kind of a mint is not that of output 0."""

    TRANSACTION_BURN_ADDRESS_MISMATCH = "TRANSACTION_BURN_ADDRESS_MISMATCH"
    """The public burn address is not the private one."""

    TRANSACTION_BURN_HASH_MISMATCH = "TRANSACTION_BURN_HASH_MISMATCH"
    """The hash of a burn is not the commitment of input 0."""

    TRANSACTION_BURN_UNBALANCED = "TRANSACTION_BURN_UNBALANCED"
    """The inputs of a burn are not worth its outputs and the burned value."""

    TRANSACTION_BURN_NOTE_KIND_MISMATCH = "TRANSACTION_BURN_NOTE_KIND_MISMATCH"
    """The note kind of a burn is not that of input 0."""

    TRANSACTION_INPUT_NOT_OWNED = "TRANSACTION_INPUT_NOT_OWNED"
    """The address of an input note with a value is not that of the given secret key."""

    # ledger

    LEDGER_BLOCK_TOO_LARGE = "LEDGER_BLOCK_TOO_LARGE"
    """The block has more transactions than places."""

    LEDGER_KIND_UNKNOWN = "LEDGER_KIND_UNKNOWN"
    """The transaction's kind is not 0 (padding), 1 (send), 2 (mint) or 3 (burn)."""

    LEDGER_MESSAGE_NOT_CARRIED = "LEDGER_MESSAGE_NOT_CARRIED"
    """A public input that the block proof fixes to 0 for this kind is not 0."""

    LEDGER_VALUE_WITHOUT_KIND = "LEDGER_VALUE_WITHOUT_KIND"
    """A mint or burn of a value other than 0 states the note kind 0."""

    LEDGER_PADDING_FIRST = "LEDGER_PADDING_FIRST"
    """Padding stands at the first place of a group, or fills a group, before a transaction."""

    LEDGER_LEAF_REPEATED = "LEDGER_LEAF_REPEATED"
    """A commitment occurs twice among the inputs and outputs of a block."""

    LEDGER_HEIGHT_OUT_OF_RANGE = "LEDGER_HEIGHT_OUT_OF_RANGE"
    """The height does not fit 64 bits."""

    LEDGER_HEIGHT_NOT_NEXT = "LEDGER_HEIGHT_NOT_NEXT"
    """The block's height is not one above its parent's."""

    LEDGER_PARENT_MISMATCH = "LEDGER_PARENT_MISMATCH"
    """The block names another parent than the newest block."""

    LEDGER_ROOT_MISMATCH = "LEDGER_ROOT_MISMATCH"
    """The root that the block states is not the root after its transactions."""

    LEDGER_LEAF_SET_MISMATCH = "LEDGER_LEAF_SET_MISMATCH"
    """The leaves do not make the tree of the proven root."""

    LEDGER_DATA_MISMATCH = "LEDGER_DATA_MISMATCH"
    """The transactions do not have the commit hash that was proven."""

    LEDGER_PROVEN_HEIGHT_UNKNOWN = "LEDGER_PROVEN_HEIGHT_UNKNOWN"
    """The height is not that of the last proven block or of a kept one."""

    MEMPOOL_PADDING = "MEMPOOL_PADDING"
    """What is to be pending is a place without a transaction."""

    MEMPOOL_CONFLICT = "MEMPOOL_CONFLICT"
    """A commitment of the transaction is pending in another one."""

    MEMPOOL_DUPLICATE = "MEMPOOL_DUPLICATE"
    """The transaction is pending already."""

    MEMPOOL_LEASE_HELD = "MEMPOOL_LEASE_HELD"
    """A lease for this height is out already."""

    # circuits

    CIRCUIT_SYSTEM_MALFORMED = "CIRCUIT_SYSTEM_MALFORMED"
    """A constraint system is not of the described form."""

    CIRCUIT_WITNESS_SHAPE = "CIRCUIT_WITNESS_SHAPE"
    """A witness has not the rows or the public inputs of its system."""

    PROOF_POINT_LENGTH = "PROOF_POINT_LENGTH"
    """The encoding of a point is not 64 bytes (G1) or 128 bytes (G2) long."""

    PROOF_COORDINATE_NOT_CANONICAL = "PROOF_COORDINATE_NOT_CANONICAL"
    """A coordinate of a point is not below the modulus of the coordinate field."""

    PROOF_POINT_NOT_ON_CURVE = "PROOF_POINT_NOT_ON_CURVE"
    """The coordinates do not satisfy the equation of the curve."""

    PROOF_POINT_NOT_IN_SUBGROUP = "PROOF_POINT_NOT_IN_SUBGROUP"
    """The point of the twisted curve is not in the subgroup G2 of prime order."""

    SETUP_FILE_MALFORMED = "SETUP_FILE_MALFORMED"
    """The file is not a powers-of-tau file, or its sections do not have the announced sizes."""

    SETUP_HASH_MISMATCH = "SETUP_HASH_MISMATCH"
    """The file does not have the expected hash."""

    SETUP_FIELD_MISMATCH = "SETUP_FIELD_MISMATCH"
    """The file is for a curve over another field."""

    SETUP_POINT_INVALID = "SETUP_POINT_INVALID"
    """A point is infinity, not canonical, not on its curve, or not in its group."""

    SETUP_GENERATOR_MISMATCH = "SETUP_GENERATOR_MISMATCH"
    """The powers do not start with the generator of their group."""

    SETUP_NOT_POWERS = "SETUP_NOT_POWERS"
    """The points are not consecutive powers of one secret."""

    SETUP_DEVELOPMENT_NOT_NAMED = "SETUP_DEVELOPMENT_NOT_NAMED"
    """The insecure setup does not bear its own name, or another setup bears that name."""

    SETUP_SIZE_OUT_OF_RANGE = "SETUP_SIZE_OUT_OF_RANGE"
    """The development setup is asked for without powers or with more than 2^22."""

    SETUP_TOO_SHORT = "SETUP_TOO_SHORT"
    """The setup has fewer powers than the circuit needs."""

    CIRCUIT_SIZE_OUT_OF_RANGE = "CIRCUIT_SIZE_OUT_OF_RANGE"
    """The number of rows is not a power of two from 2^4 to 2^27."""

    CIRCUIT_LAST_ROW_READS_ON = "CIRCUIT_LAST_ROW_READS_ON"
    """The last row has a gate that reads the next row, and there is none."""

    CIRCUIT_PUBLIC_INPUT_UNBOUND = "CIRCUIT_PUBLIC_INPUT_UNBOUND"
    """The row of a public input does not bind its cell to the input."""

    PROOF_KEY_LENGTH = "PROOF_KEY_LENGTH"
    """The encoding of a verification key is not 1,216 bytes long."""

    PROOF_KEY_TAG = "PROOF_KEY_TAG"
    """The encoding does not begin with the tag of verification keys."""

    PROOF_KEY_SIZE_OUT_OF_RANGE = "PROOF_KEY_SIZE_OUT_OF_RANGE"
    """The key is for fewer than 2^4 or more than 2^27 rows."""

    PROOF_KEY_PUBLIC_COUNT = "PROOF_KEY_PUBLIC_COUNT"
    """The key is for more public inputs than rows."""

    PROOF_KEY_SETUP_INFINITE = "PROOF_KEY_SETUP_INFINITE"
    """The setup's point of G2 is infinity: its secret is 0."""

    PROOF_LENGTH = "PROOF_LENGTH"
    """The encoding of a proof is not 1,088 bytes long."""

    PROOF_EVALUATION_NOT_CANONICAL = "PROOF_EVALUATION_NOT_CANONICAL"
    """A value in the proof is not below the field's modulus."""

    PROOF_PUBLIC_COUNT = "PROOF_PUBLIC_COUNT"
    """The circuit has another number of public inputs."""

    PROOF_PUBLIC_NOT_CANONICAL = "PROOF_PUBLIC_NOT_CANONICAL"
    """A public input is not below the field's modulus."""

    PROOF_WITNESS_UNSATISFIED = "PROOF_WITNESS_UNSATISFIED"
    """The witness breaks a constraint, so there is nothing to prove."""

    PROOF_EQUATION = "PROOF_EQUATION"
    """The pairing equation does not hold: the proof shows nothing."""

    PROOF_BATCH_EMPTY = "PROOF_BATCH_EMPTY"
    """There is no proof to verify."""

    PROOF_SETUPS_DIFFER = "PROOF_SETUPS_DIFFER"
    """The proofs of a batch are for keys of different setups."""

    # settlement

    SETTLEMENT_NOT_OWNER = "SETTLEMENT_NOT_OWNER"
    """Only the owner may do this."""

    SETTLEMENT_FROZEN = "SETTLEMENT_FROZEN"
    """The rollup is frozen: what is left is to take one's money out."""

    SETTLEMENT_NOT_FROZEN = "SETTLEMENT_NOT_FROZEN"
    """Exits begin when the rollup is frozen."""

    SETTLEMENT_PUBLIC_INPUT_COUNT = "SETTLEMENT_PUBLIC_INPUT_COUNT"
    """There are fewer than 3 public inputs, or more message words than the area holds."""

    SETTLEMENT_OLD_ROOT_MISMATCH = "SETTLEMENT_OLD_ROOT_MISMATCH"
    """The block does not start from the root that L1 holds."""

    SETTLEMENT_HEIGHT_NOT_ABOVE = "SETTLEMENT_HEIGHT_NOT_ABOVE"
    """The block's height is not above that of the last settled block."""

    SETTLEMENT_BLOCKS_SKIPPED = "SETTLEMENT_BLOCKS_SKIPPED"
    """It is not shown that the blocks since the last settled one change nothing."""

    SETTLEMENT_MESSAGE_KIND = "SETTLEMENT_MESSAGE_KIND"
    """A message is neither a mint (2) nor a burn (3)."""

    SETTLEMENT_MESSAGE_TRUNCATED = "SETTLEMENT_MESSAGE_TRUNCATED"
    """The words end before the message does."""

    SETTLEMENT_BLOCK_UNPROVEN = "SETTLEMENT_BLOCK_UNPROVEN"
    """The proof does not show that the block leads from the old root to the new one."""

    SETTLEMENT_TRANSACTION_UNPROVEN = "SETTLEMENT_TRANSACTION_UNPROVEN"
    """The proof is not one of the transaction."""

    VALIDATORS_EMPTY = "VALIDATORS_EMPTY"
    """A validator set has a validator."""

    VALIDATOR_ADDRESS_ZERO = "VALIDATOR_ADDRESS_ZERO"
    """Nobody signs for the address 0."""

    VALIDATOR_REPEATED = "VALIDATOR_REPEATED"
    """A validator stands twice in a set."""

    VALIDATOR_STAKE_OUT_OF_RANGE = "VALIDATOR_STAKE_OUT_OF_RANGE"
    """A validator's stake is 0, or does not fit 128 bits."""

    VALIDATORS_NOT_LATER = "VALIDATORS_NOT_LATER"
    """A validator set begins after the newest set and after the last settled block."""

    VALIDATORS_TOO_FAR = "VALIDATORS_TOO_FAR"
    """A validator set begins too many blocks after the last settled one."""

    COMMIT_PARENT_MISMATCH = "COMMIT_PARENT_MISMATCH"
    """A header does not name the block before it as its parent."""

    COMMIT_HEIGHTS_NOT_CONSECUTIVE = "COMMIT_HEIGHTS_NOT_CONSECUTIVE"
    """The heights of the three blocks do not follow one another."""

    COMMIT_VIEWS_NOT_CONSECUTIVE = "COMMIT_VIEWS_NOT_CONSECUTIVE"
    """The views of the three blocks do not follow one another."""

    CERTIFICATE_SIGNATURE_INVALID = "CERTIFICATE_SIGNATURE_INVALID"
    """A signature is of no key, or in the form that another one of the same key would have."""

    CERTIFICATE_SIGNERS_UNORDERED = "CERTIFICATE_SIGNERS_UNORDERED"
    """The signers' addresses do not ascend: one is out of order or stands twice."""

    CERTIFICATE_SIGNER_UNKNOWN = "CERTIFICATE_SIGNER_UNKNOWN"
    """A signer is no validator at this height."""

    CERTIFICATE_QUORUM_MISSING = "CERTIFICATE_QUORUM_MISSING"
    """The signers do not hold more than two thirds of the stake."""

    EXIT_NOT_BURN = "EXIT_NOT_BURN"
    """What leaves a frozen rollup is a burn."""

    EXIT_OUTPUT_NOT_EMPTY = "EXIT_OUTPUT_NOT_EMPTY"
    """A note that an exit would make could never be spent."""

    EXIT_PATH_COUNT = "EXIT_PATH_COUNT"
    """There is not one path for each input that is not padding."""

    EXIT_LEAF_ABSENT = "EXIT_LEAF_ABSENT"
    """The path does not show that an input is a leaf of the last settled tree."""

    EXIT_LEAF_TAKEN = "EXIT_LEAF_TAKEN"
    """The leaf has been taken out before."""

    # bridge

    BRIDGE_NOTE_KIND_ZERO = "BRIDGE_NOTE_KIND_ZERO"
    """The note kind 0 is padding and has no token."""

    BRIDGE_NOTE_KIND_TAKEN = "BRIDGE_NOTE_KIND_TAKEN"
    """The note kind has a token already."""

    BRIDGE_TOKEN_TAKEN = "BRIDGE_TOKEN_TAKEN"  # noqa: S105 -- a token of money
    """The token has a note kind already."""

    BRIDGE_NOTE_KIND_UNKNOWN = "BRIDGE_NOTE_KIND_UNKNOWN"
    """The note kind has no token."""

    BRIDGE_VALUE_OUT_OF_RANGE = "BRIDGE_VALUE_OUT_OF_RANGE"
    """The value is 0, or not below 2^240."""

    BRIDGE_MINT_HASH_TAKEN = "BRIDGE_MINT_HASH_TAKEN"
    """A deposit with this mint hash was made before."""

    BRIDGE_TRANSFER_REFUSED = "BRIDGE_TRANSFER_REFUSED"
    """The token did not move the money."""

    BRIDGE_TRANSFER_INEXACT = "BRIDGE_TRANSFER_INEXACT"
    """The token moved another amount than was asked for."""

    BRIDGE_DEPOSIT_ABSENT = "BRIDGE_DEPOSIT_ABSENT"
    """There is no deposit with this mint hash, or it was taken or given back."""

    BRIDGE_DEPOSIT_MISMATCH = "BRIDGE_DEPOSIT_MISMATCH"
    """The deposit has another note kind or value than the mint."""

    BRIDGE_NOT_DEPOSITOR = "BRIDGE_NOT_DEPOSITOR"
    """Only the depositor may cancel a deposit."""

    BRIDGE_CANCEL_TOO_EARLY = "BRIDGE_CANCEL_TOO_EARLY"
    """A block may still take the deposit."""

    BRIDGE_AUTHORIZATION_INVALID = "BRIDGE_AUTHORIZATION_INVALID"
    """The depositor did not sign this deposit."""

    BRIDGE_CREDIT_ABSENT = "BRIDGE_CREDIT_ABSENT"
    """Nothing is owed to this account in this note kind."""

    BRIDGE_BURN_SETTLED = "BRIDGE_BURN_SETTLED"
    """The block of the burn is settled; there is nothing to pay in advance."""

    BRIDGE_BURN_SUBSTITUTED = "BRIDGE_BURN_SUBSTITUTED"
    """Somebody has paid for this burn in advance."""

    # queue

    QUEUE_PADDING = "QUEUE_PADDING"
    """What is queued is padding, not a transaction."""

    QUEUE_NOT_MINT = "QUEUE_NOT_MINT"
    """What is queued with a deposit is not a mint."""

    QUEUE_CALL_GAS_OUT_OF_RANGE = "QUEUE_CALL_GAS_OUT_OF_RANGE"
    """The call is to have more gas than a call may."""

    QUEUE_CALL_DATA_TOO_LONG = "QUEUE_CALL_DATA_TOO_LONG"
    """The call has more data than a call may."""

    QUEUE_VERDICT_COUNT = "QUEUE_VERDICT_COUNT"
    """There are more verdicts than entries, or than a block may have."""

    QUEUE_ENTRY_OMITTED = "QUEUE_ENTRY_OMITTED"
    """An entry that is due has no verdict."""

    QUEUE_ENTRY_MISMATCH = "QUEUE_ENTRY_MISMATCH"
    """A verdict is not about the entry whose turn it is."""

    QUEUE_OPENING_SHAPE = "QUEUE_OPENING_SHAPE"
    """The opening has not the groups and places of a block, or nothing is to be opened."""

    QUEUE_OPENING_MISMATCH = "QUEUE_OPENING_MISMATCH"
    """The opening is not that of the block's commit hash."""

    QUEUE_ENTRY_NOT_APPLIED = "QUEUE_ENTRY_NOT_APPLIED"
    """The entry's transaction does not stand in the block."""

    QUEUE_ENTRY_APPLIED = "QUEUE_ENTRY_APPLIED"
    """The entry's transaction stands in the block, so it is not void."""

    QUEUE_ENTRY_NOT_VOID = "QUEUE_ENTRY_NOT_VOID"
    """It is not shown that the entry's transaction can have no place."""

    QUEUE_NOT_OVERDUE = "QUEUE_NOT_OVERDUE"
    """No entry has waited long enough to be settled in a block of its own."""

    QUEUE_FORCED_BLOCK_MISMATCH = "QUEUE_FORCED_BLOCK_MISMATCH"
    """A block of its own has another transaction than the entry's, or more than that."""

    QUEUE_NOT_EXPIRED = "QUEUE_NOT_EXPIRED"
    """No entry has waited long enough to freeze the rollup."""

    # consensus

    CONSENSUS_HEIGHT_ZERO = "CONSENSUS_HEIGHT_ZERO"
    """Only the genesis block has height 0, and nobody proposes it."""

    CONSENSUS_PROPOSER_SIGNATURE_INVALID = "CONSENSUS_PROPOSER_SIGNATURE_INVALID"
    """The proposer's signature is none that counts."""

    CONSENSUS_PROPOSER_NOT_LEADER = "CONSENSUS_PROPOSER_NOT_LEADER"
    """The block is not signed by the leader of its view."""

    CONSENSUS_GENESIS_APPROVED = "CONSENSUS_GENESIS_APPROVED"
    """The genesis block is certified by definition; its child carries no approvals."""

    CONSENSUS_ANCESTOR_MISSING = "CONSENSUS_ANCESTOR_MISSING"
    """The ancestors do not go back far enough to decide."""

    CONSENSUS_VIEW_NOT_ABOVE_PARENT = "CONSENSUS_VIEW_NOT_ABOVE_PARENT"
    """The view of the block is not above that of its parent."""

    CONSENSUS_FINAL_BLOCK_MISMATCH = "CONSENSUS_FINAL_BLOCK_MISMATCH"
    """The block names another final block than the newest that its ancestors show committed."""

    CONSENSUS_SENDER_UNKNOWN = "CONSENSUS_SENDER_UNKNOWN"
    """The sender is no member of the validator set."""

    CONSENSUS_CERTIFICATE_HEIGHT_MISMATCH = "CONSENSUS_CERTIFICATE_HEIGHT_MISMATCH"
    """The certificate states another height than that of its block."""

    CONSENSUS_REPLY_NO_CHAIN = "CONSENSUS_REPLY_NO_CHAIN"
    """There is no block, or one is not the parent of the block before it."""

    EVIDENCE_SAME_BLOCK = "EVIDENCE_SAME_BLOCK"
    """Both signatures are for one block."""

    EVIDENCE_ANCESTORS_MISMATCH = "EVIDENCE_ANCESTORS_MISMATCH"
    """The ancestors are not those that the offence is judged by."""

    EVIDENCE_NO_OFFENCE = "EVIDENCE_NO_OFFENCE"
    """An honest sequencer may sign both blocks."""

    EVIDENCE_SIGNATURE_INVALID = "EVIDENCE_SIGNATURE_INVALID"
    """One of the signatures is none that counts."""

    EVIDENCE_SIGNERS_DIFFER = "EVIDENCE_SIGNERS_DIFFER"
    """The blocks are signed by different keys."""

    EVIDENCE_SIGNER_UNKNOWN = "EVIDENCE_SIGNER_UNKNOWN"
    """The signer is no member of the validator set at the height of each block."""

    # finality

    FINALITY_VALUE_OUT_OF_RANGE = "FINALITY_VALUE_OUT_OF_RANGE"
    """The value does not fit 256 bits."""

    FINALITY_PRICE_OUT_OF_RANGE = "FINALITY_PRICE_OUT_OF_RANGE"
    """A term of the price is 0 or does not fit 256 bits."""

    FINALITY_WORTH_OUT_OF_RANGE = "FINALITY_WORTH_OUT_OF_RANGE"
    """The value in the unit of the stake does not fit 256 bits."""

    FINALITY_STAKE_OUT_OF_RANGE = "FINALITY_STAKE_OUT_OF_RANGE"
    """The total stake does not fit 256 bits."""

    FINALITY_BLOCKS_OUT_OF_RANGE = "FINALITY_BLOCKS_OUT_OF_RANGE"
    """The number of unproven blocks is 0 or does not fit 64 bits."""

    # provers

    RANDOMNESS_CHAIN_UNKNOWN = "RANDOMNESS_CHAIN_UNKNOWN"
    """There is no chain of beacons of this name."""

    RANDOMNESS_PARAMETER_OUT_OF_RANGE = "RANDOMNESS_PARAMETER_OUT_OF_RANGE"
    """A chain's period is 0 or does not fit 32 bits, or its first moment does not fit 63."""

    RANDOMNESS_ROUND_OUT_OF_RANGE = "RANDOMNESS_ROUND_OUT_OF_RANGE"
    """The round is 0, or does not fit 64 bits."""

    RANDOMNESS_PREVIOUS_UNEXPECTED = "RANDOMNESS_PREVIOUS_UNEXPECTED"
    """A beacon of an unchained chain comes with the signature before it."""

    RANDOMNESS_PREVIOUS_MISSING = "RANDOMNESS_PREVIOUS_MISSING"
    """A beacon of a chained chain comes without the signature before it."""

    RANDOMNESS_PREVIOUS_LENGTH = "RANDOMNESS_PREVIOUS_LENGTH"
    """The signature before is not 96 bytes long, or for round 1 not 32."""

    RANDOMNESS_SIGNATURE_LENGTH = "RANDOMNESS_SIGNATURE_LENGTH"
    """The signature has not the length of its scheme."""

    RANDOMNESS_SIGNATURE_FLAGS = "RANDOMNESS_SIGNATURE_FLAGS"
    """The signature is not marked as a compressed point."""

    RANDOMNESS_SIGNATURE_INFINITE = "RANDOMNESS_SIGNATURE_INFINITE"
    """The signature is infinity, or marked as that."""

    RANDOMNESS_SIGNATURE_NOT_CANONICAL = "RANDOMNESS_SIGNATURE_NOT_CANONICAL"
    """A coordinate of the signature is not below the modulus of its field."""

    RANDOMNESS_SIGNATURE_NOT_ON_CURVE = "RANDOMNESS_SIGNATURE_NOT_ON_CURVE"
    """The signature is not a point of the curve."""

    RANDOMNESS_SIGNATURE_NOT_IN_SUBGROUP = "RANDOMNESS_SIGNATURE_NOT_IN_SUBGROUP"
    """The signature is a point of the curve, but not of the group of signatures."""

    RANDOMNESS_SIGNATURE_INVALID = "RANDOMNESS_SIGNATURE_INVALID"
    """The signature is not the group's for this round."""


class SpecError(Exception):
    """An input was rejected. Raised by `require` and by nothing else."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(str(code))
        self.code = code
        """The rule that was broken."""


@dataclass(frozen=True, slots=True, order=True)
class CheckSite:
    """One `require` in the source: the unit that the kill report switches off."""

    module: str
    """Dotted name of the module."""
    function: str
    """Qualified name of the function inside it."""
    code: ErrorCode
    """The code that the check raises; it occurs once a function."""

    def __str__(self) -> str:
        return f"{self.module}:{self.function}:{self.code}"


_switched_off: ContextVar[frozenset[CheckSite]] = ContextVar("switched_off", default=frozenset())


@contextmanager
def switched_off(*sites: CheckSite) -> Iterator[None]:
    """Let the given checks pass whatever their condition: for kill reports and mutant drivers."""
    token = _switched_off.set(_switched_off.get() | frozenset(sites))
    try:
        yield
    finally:
        _switched_off.reset(token)


def _site_of(frame: FrameType, code: ErrorCode) -> CheckSite:
    return CheckSite(frame.f_globals["__name__"], frame.f_code.co_qualname, code)


def require(condition: bool, code: ErrorCode) -> None:
    """
    Reject the input unless the condition holds.

    The order of the `require` lines of a transition is the normative order of its errors.

    Raises:
        SpecError: `code`, if the condition is false.
    """
    if condition:
        return
    sites = _switched_off.get()
    # Who calls is asked only when a check is switched off, so that it costs nothing otherwise.
    if sites and _site_of(sys._getframe(1), code) in sites:  # noqa: SLF001
        return
    raise SpecError(code)
