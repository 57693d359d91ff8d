// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    LEDGER_HEIGHT_OUT_OF_RANGE,
    VALIDATORS_EMPTY,
    VALIDATORS_NOT_LATER,
    VALIDATORS_TOO_FAR,
    VALIDATOR_ADDRESS_ZERO,
    VALIDATOR_REPEATED,
    VALIDATOR_STAKE_OUT_OF_RANGE
} from "./Errors.sol";
import {Validator} from "./Types.sol";

/// @notice Who may sign blocks from which height on, and with what weight.
abstract contract Validators {
    /// @dev The members of a set. Stakes are below 2^128, so no sum of them leaves 192 bits.
    struct ValidatorSet {
        uint64 validFrom;
        uint192 totalStake;
        address[] accounts;
        mapping(address account => uint256 stake) stakeOf;
    }

    /// @dev Stakes are below this.
    uint256 private constant STAKE_LIMIT = 2 ** 128;

    /// @dev Blocks after the last settled one in which a set may begin at most.
    uint256 internal immutable FUTURE_BLOCKS;

    /// @dev All sets that were ever named, by ascending first height; the first begins at 0.
    ValidatorSet[] private _sets;

    /// @notice A validator set is known.
    /// @param index Its number, from 0.
    /// @param validFrom Its first height.
    event ValidatorSetAdded(uint256 indexed index, uint256 validFrom);

    constructor(Validator[] memory validators, uint256 futureBlocks) {
        FUTURE_BLOCKS = futureBlocks;
        _storeSet(0, validators);
    }

    /// @notice How many validator sets were ever named.
    /// @return The number.
    function validatorSetCount() external view returns (uint256) {
        return _sets.length;
    }

    /// @notice A validator set.
    /// @param index Its number, from 0.
    /// @return validFrom Its first height.
    /// @return validators Its members, in the order in which they lead.
    function validatorSet(uint256 index)
        external
        view
        returns (uint256 validFrom, Validator[] memory validators)
    {
        ValidatorSet storage set = _sets[index];
        validators = new Validator[](set.accounts.length);
        for (uint256 i = 0; i < validators.length; ++i) {
            address account = set.accounts[i];
            validators[i] = Validator(account, set.stakeOf[account]);
        }
        return (set.validFrom, validators);
    }

    /// @dev Name the set that holds from a height on.
    /// @param validFrom Its first height, which counts blocks of the sequencers.
    /// @param validators Its members.
    /// @param settled The height of the last settled block.
    function _addValidators(uint256 validFrom, Validator[] memory validators, uint256 settled)
        internal
    {
        uint256 index = _sets.length;
        uint256 newest = _sets[index - 1].validFrom;
        _storeSet(validFrom, validators);
        if (validFrom <= (newest > settled ? newest : settled)) revert VALIDATORS_NOT_LATER();
        if (validFrom > settled + FUTURE_BLOCKS) revert VALIDATORS_TOO_FAR();
        emit ValidatorSetAdded(index, validFrom);
    }

    /// @dev Find the set that holds at a height: the newest one that has begun.
    function _setAt(uint256 height) internal view returns (ValidatorSet storage) {
        uint256 index = _sets.length - 1;
        while (_sets[index].validFrom > height) --index;
        return _sets[index];
    }

    /// @dev Judge the members of a set and keep it. A height was judged by `_checkHeight` before.
    function _storeSet(uint256 validFrom, Validator[] memory validators) private {
        if (validators.length == 0) revert VALIDATORS_EMPTY();
        ValidatorSet storage set = _sets.push();
        uint256 total = 0;
        for (uint256 i = 0; i < validators.length; ++i) {
            (address account, uint256 stake) = (validators[i].account, validators[i].stake);
            if (account == address(0)) revert VALIDATOR_ADDRESS_ZERO();
            if (set.stakeOf[account] != 0) revert VALIDATOR_REPEATED();
            if (stake == 0 || stake >= STAKE_LIMIT) revert VALIDATOR_STAKE_OUT_OF_RANGE();
            set.stakeOf[account] = stake;
            set.accounts.push(account);
            total += stake;
        }
        (set.validFrom, set.totalStake) = (uint64(validFrom), uint192(total));
    }

    /// @dev A height has 64 bits.
    function _checkHeight(uint256 height) internal pure {
        if (height > type(uint64).max) revert LEDGER_HEIGHT_OUT_OF_RANGE();
    }
}
