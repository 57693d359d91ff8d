"""
Certificates: signatures of a quorum on one message.

Source: deployed `eth/contracts/rollup3/RollupV1.sol`, `verifyValidatorSignatures`.
"""

from collections.abc import Sequence

from payy_ref.consensus.validators import ValidatorSet, is_quorum
from payy_ref.crypto.secp256k1 import NO_ADDRESS, recovered_address
from payy_ref.errors import ErrorCode, require
from payy_ref.ledger.sequence import Hash, Signature


def check_certificate(
    message: Hash, signatures: Sequence[Signature], validators: ValidatorSet
) -> None:
    """
    Judge whether a quorum of a validator set signed a message.

    The signers' addresses ascend, so that nobody is counted twice.

    Requirements:
        PAYY-SETTLEMENT-010, PAYY-SETTLEMENT-011

    Raises:
        SpecError: for one signature after the other `CERTIFICATE_SIGNATURE_INVALID`,
            `CERTIFICATE_SIGNERS_UNORDERED`, `CERTIFICATE_SIGNER_UNKNOWN`; then
            `CERTIFICATE_QUORUM_MISSING`.
    """
    previous, signed = NO_ADDRESS, 0

    # CHECK
    for signature in signatures:
        signer = recovered_address(message, signature) or NO_ADDRESS
        require(signer != NO_ADDRESS, ErrorCode.CERTIFICATE_SIGNATURE_INVALID)
        require(signer > previous, ErrorCode.CERTIFICATE_SIGNERS_UNORDERED)
        stake = validators.stake_of(signer)
        require(stake > 0, ErrorCode.CERTIFICATE_SIGNER_UNKNOWN)
        previous, signed = signer, signed + stake
    has_quorum = is_quorum(signed, validators.total_stake)
    require(has_quorum, ErrorCode.CERTIFICATE_QUORUM_MISSING)
