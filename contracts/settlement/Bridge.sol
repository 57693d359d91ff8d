// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {
    BRIDGE_AUTHORIZATION_INVALID,
    BRIDGE_BURN_SUBSTITUTED,
    BRIDGE_CANCEL_TOO_EARLY,
    BRIDGE_CREDIT_ABSENT,
    BRIDGE_DEPOSIT_ABSENT,
    BRIDGE_DEPOSIT_MISMATCH,
    BRIDGE_MINT_HASH_TAKEN,
    BRIDGE_NOTE_KIND_TAKEN,
    BRIDGE_NOTE_KIND_UNKNOWN,
    BRIDGE_NOTE_KIND_ZERO,
    BRIDGE_NOT_DEPOSITOR,
    BRIDGE_TOKEN_TAKEN,
    BRIDGE_TRANSFER_INEXACT,
    BRIDGE_TRANSFER_REFUSED,
    BRIDGE_VALUE_OUT_OF_RANGE
} from "./Errors.sol";
import {Authorization, Burn, Signature} from "./Types.sol";

/// @notice The money that is locked, and to whom it belongs.
/// @dev A token that is locked belongs to an unspent note, to a deposit that no block has taken
/// yet, or to somebody who is owed it. Nothing is pushed: what is owed is written down and fetched.
/// Tokens are not trusted: what arrived is measured, what they return is read up to one word.
abstract contract Bridge {
    /// @dev What has become of a deposit.
    enum DepositStatus {
        NONE,
        OPEN,
        TAKEN,
        RETURNED
    }

    /// @dev Money that was locked for a mint.
    struct Deposit {
        address depositor;
        uint64 heldAt;
        DepositStatus status;
        uint256 value;
        bytes32 noteKind;
    }

    /// @dev The token of a note kind.
    struct Token {
        address place;
        bool isKnown;
    }

    /// @dev Values of notes are below this.
    uint256 private constant VALUE_LIMIT = 2 ** 240;

    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant DEPOSIT_TYPE = keccak256(
        "MintWithAuthorization(bytes32 commitment,bytes32 value,bytes32 kind,address from,"
        "uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant DOMAIN_NAME = keccak256("Rollup");
    bytes32 private constant DOMAIN_VERSION = keccak256("1");

    /// @dev Seconds after which a deposit that no block took can be cancelled.
    uint256 internal immutable CANCEL_SECONDS;

    mapping(bytes32 noteKind => Token token) private _tokens;
    mapping(address token => bool isTaken) private _isTokenTaken;
    mapping(bytes32 mintHash => Deposit made) private _deposits;
    mapping(bytes32 noteKind => mapping(address account => uint256 value)) private _owed;
    mapping(bytes32 burn => address substitute) private _substitutes;
    mapping(bytes32 noteKind => uint256 value) private _escrow;

    /// @notice A note kind has a token from now on.
    /// @param noteKind The note kind.
    /// @param token The contract of the token.
    event TokenAdded(bytes32 indexed noteKind, address indexed token);

    /// @notice Money was deposited, which a mint with this hash may claim.
    /// @param mintHash By which the mint names the deposit.
    /// @param value The amount.
    /// @param noteKind Of which token.
    event MintAdded(bytes32 indexed mintHash, uint256 value, bytes32 noteKind);

    /// @notice A deposit has become notes.
    /// @param mintHash By which the mint named the deposit.
    /// @param value The amount.
    /// @param noteKind Of which token.
    event Minted(bytes32 indexed mintHash, uint256 value, bytes32 noteKind);

    /// @notice A deposit that no block took is owed to the depositor.
    /// @param mintHash By which it was known.
    /// @param depositor To whom it is owed.
    event DepositReturned(bytes32 indexed mintHash, address indexed depositor);

    /// @notice Notes were burned, and somebody is owed their value.
    /// @param noteKind Of which token.
    /// @param burnHash The commitment of the first burned note.
    /// @param recipient To whom it is owed.
    /// @param value The amount.
    /// @param substitute Whether the recipient had paid in advance.
    event Burned(
        bytes32 indexed noteKind,
        bytes32 indexed burnHash,
        address indexed recipient,
        uint256 value,
        bool substitute
    );

    /// @notice Somebody paid for a burn before its block was settled.
    /// @param noteKind Of which token.
    /// @param burnHash The commitment of the first note to be burned.
    /// @param recipient Who was paid.
    /// @param value The amount.
    /// @param substitute Who paid, and will be paid by the burn.
    event BurnSubstituted(
        bytes32 indexed noteKind,
        bytes32 indexed burnHash,
        address indexed recipient,
        uint256 value,
        address substitute
    );

    /// @notice What was owed was paid.
    /// @param noteKind Of which token.
    /// @param owner Who was paid.
    /// @param value The amount.
    event Withdrawn(bytes32 indexed noteKind, address indexed owner, uint256 value);

    constructor(uint256 cancelSeconds) {
        CANCEL_SECONDS = cancelSeconds;
    }

    /// @notice The token of a note kind.
    /// @param noteKind The note kind.
    /// @return The contract of the token; 0 if it has none.
    function tokenOf(bytes32 noteKind) external view returns (address) {
        return _tokens[noteKind].place;
    }

    /// @notice How much of a note kind's token is locked.
    /// @param noteKind The note kind.
    /// @return The amount.
    function escrow(bytes32 noteKind) external view returns (uint256) {
        return _escrow[noteKind];
    }

    /// @notice What somebody is owed, and can withdraw.
    /// @param noteKind Of which token.
    /// @param account To whom.
    /// @return The amount.
    function owed(bytes32 noteKind, address account) external view returns (uint256) {
        return _owed[noteKind][account];
    }

    /// @notice A deposit.
    /// @param mintHash By which its mint names it.
    /// @return depositor Whose money it is until a block takes it.
    /// @return noteKind Of which token.
    /// @return value The amount.
    /// @return heldAt When it was made, or its mint last queued, in seconds of Unix time.
    /// @return status What has become of it: 0 there is none, 1 open, 2 taken, 3 returned.
    function depositOf(bytes32 mintHash)
        external
        view
        returns (address depositor, bytes32 noteKind, uint256 value, uint256 heldAt, uint8 status)
    {
        Deposit storage made = _deposits[mintHash];
        return (made.depositor, made.noteKind, made.value, made.heldAt, uint8(made.status));
    }

    /// @notice Who paid for a burn in advance.
    /// @param burn The burn.
    /// @return The account that will be owed its value; 0 if nobody paid.
    function substituteOf(Burn calldata burn) external view returns (address) {
        return _substitutes[_burnKey(burn)];
    }

    /// @notice What binds the signatures of depositors to this contract and this chain.
    /// @return The separator of EIP-712.
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPE, DOMAIN_NAME, DOMAIN_VERSION, block.chainid, address(this))
        );
    }

    /// @dev Give a note kind its token, once and for all.
    function _addToken(bytes32 noteKind, address token) internal {
        if (noteKind == 0) revert BRIDGE_NOTE_KIND_ZERO();
        if (_tokens[noteKind].isKnown) revert BRIDGE_NOTE_KIND_TAKEN();
        if (_isTokenTaken[token]) revert BRIDGE_TOKEN_TAKEN();
        _tokens[noteKind] = Token(token, true);
        _isTokenTaken[token] = true;
        emit TokenAdded(noteKind, token);
    }

    /// @dev Write a deposit down; the caller has to see to it that the money comes.
    /// @return token Where the money has to come from.
    function _makeDeposit(address depositor, bytes32 mintHash, uint256 value, bytes32 noteKind)
        internal
        returns (address token)
    {
        token = _knownToken(noteKind);
        _checkValue(value);
        if (_deposits[mintHash].status != DepositStatus.NONE) revert BRIDGE_MINT_HASH_TAKEN();
        _deposits[mintHash] =
            Deposit(depositor, uint64(block.timestamp), DepositStatus.OPEN, value, noteKind);
        _escrow[noteKind] += value;
        emit MintAdded(mintHash, value, noteKind);
    }

    /// @dev Move money that its owner has allowed this contract to move.
    function _transfer(address token, address from, address to, uint256 value) internal {
        uint256 before = _balance(token, to);
        if (!SafeERC20.trySafeTransferFrom(IERC20(token), from, to, value)) {
            revert BRIDGE_TRANSFER_REFUSED();
        }
        _checkArrived(token, to, before, value);
    }

    /// @dev Move money here by the signature that its owner made for the token.
    function _receive(address token, uint256 value, Authorization calldata authorization)
        internal
    {
        Signature calldata signature = authorization.tokenSignature;
        bytes memory data = abi.encodeCall(
            IERC3009.receiveWithAuthorization,
            (
                authorization.depositor,
                address(this),
                value,
                authorization.validAfter,
                authorization.validBefore,
                authorization.nonce,
                signature.v,
                signature.r,
                signature.s
            )
        );
        uint256 before = _balance(token, address(this));
        if (!LowLevelCall.callNoReturn(token, data)) revert BRIDGE_TRANSFER_REFUSED();
        _checkArrived(token, address(this), before, value);
    }

    /// @dev Bring the permit of who calls to a token. It may fail: then somebody else brought it
    /// before, or it is worth nothing; the allowance decides.
    function _permit(address token, uint256 value, uint256 deadline, Signature calldata permit)
        internal
    {
        bytes memory data = abi.encodeCall(
            IERC20Permit.permit,
            (msg.sender, address(this), value, deadline, permit.v, permit.r, permit.s)
        );
        LowLevelCall.callNoReturn(token, data);
    }

    /// @dev Judge whether a depositor signed a deposit; whether it is in time is the token's to
    /// judge. The token's signature does not say what the money is for, so this one has to.
    function _checkAuthorization(
        bytes32 mintHash,
        uint256 value,
        bytes32 noteKind,
        Authorization calldata authorization
    ) internal view {
        bytes32 content = keccak256(
            abi.encode(
                DEPOSIT_TYPE,
                mintHash,
                value,
                noteKind,
                authorization.depositor,
                authorization.validAfter,
                authorization.validBefore,
                authorization.nonce
            )
        );
        Signature calldata signature = authorization.depositSignature;
        (address signer, ECDSA.RecoverError fault,) = ECDSA.tryRecover(
            MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR(), content),
            signature.v,
            signature.r,
            signature.s
        );
        if (fault != ECDSA.RecoverError.NoError || signer != authorization.depositor) {
            revert BRIDGE_AUTHORIZATION_INVALID();
        }
    }

    /// @dev Let the delay of an open deposit begin anew, because its mint is queued. It must not go
    /// away before the mint can be forced.
    function _holdDeposit(bytes32 mintHash) internal {
        _deposits[mintHash].heldAt = uint64(block.timestamp);
    }

    /// @dev Give a deposit back to who made it.
    /// @param earliest How many seconds after the deposit it may be cancelled.
    function _cancelDeposit(bytes32 mintHash, uint256 earliest) internal {
        Deposit storage made = _deposits[mintHash];
        if (made.status != DepositStatus.OPEN) revert BRIDGE_DEPOSIT_ABSENT();
        if (msg.sender != made.depositor) revert BRIDGE_NOT_DEPOSITOR();
        if (block.timestamp < made.heldAt + earliest) revert BRIDGE_CANCEL_TOO_EARLY();
        made.status = DepositStatus.RETURNED;
        _credit(made.noteKind, made.depositor, made.value);
        emit DepositReturned(mintHash, made.depositor);
    }

    /// @dev Whether a block may take a deposit.
    function _isOpen(bytes32 mintHash) internal view returns (bool) {
        return _deposits[mintHash].status == DepositStatus.OPEN;
    }

    /// @dev Judge whether the money of a mint is there.
    function _checkMint(bytes32 noteKind, uint256 value, bytes32 mintHash) internal view {
        Deposit storage made = _deposits[mintHash];
        if (made.status != DepositStatus.OPEN) revert BRIDGE_DEPOSIT_ABSENT();
        if (made.noteKind != noteKind || made.value != value) revert BRIDGE_DEPOSIT_MISMATCH();
    }

    /// @dev Turn a deposit into notes: the block with its mint is settled.
    function _takeDeposit(bytes32 noteKind, uint256 value, bytes32 mintHash) internal {
        _checkMint(noteKind, value, mintHash);
        _deposits[mintHash].status = DepositStatus.TAKEN;
        emit Minted(mintHash, value, noteKind);
    }

    /// @dev Owe the value of burned notes to the recipient, or to who paid them in advance.
    /// @param to Whose low 160 bits are the recipient, as deployed.
    function _releaseBurn(bytes32 noteKind, uint256 value, bytes32 burnHash, uint256 to) internal {
        _knownToken(noteKind);
        address recipient = address(uint160(to));
        bytes32 key = keccak256(abi.encode(noteKind, value, burnHash, recipient));
        address substitute = _substitutes[key];
        if (substitute != address(0)) {
            delete _substitutes[key];
            recipient = substitute;
        }
        _credit(noteKind, recipient, value);
        emit Burned(noteKind, burnHash, recipient, value, substitute != address(0));
    }

    /// @dev Pay for a burn in advance: the money goes from who calls to the recipient at once.
    function _substituteBurn(Burn calldata burn) internal {
        address token = _knownToken(burn.noteKind);
        _checkValue(burn.value);
        bytes32 key = _burnKey(burn);
        if (_substitutes[key] != address(0)) revert BRIDGE_BURN_SUBSTITUTED();
        _substitutes[key] = msg.sender;
        emit BurnSubstituted(
            burn.noteKind, burn.burnHash, burn.recipient, burn.value, msg.sender
        );
        _transfer(token, msg.sender, burn.recipient, burn.value);
    }

    /// @dev Pay what somebody is owed, all of it. It is no longer owed when the token gets to act.
    /// More than is locked is refused like an empty account: it can only be owed if a proof lied,
    /// and then it is nobody's here.
    function _withdraw(bytes32 noteKind, address account) internal {
        uint256 value = _owed[noteKind][account];
        if (value == 0) revert BRIDGE_CREDIT_ABSENT();
        uint256 locked = _escrow[noteKind];
        if (value > locked) revert BRIDGE_TRANSFER_REFUSED();
        delete _owed[noteKind][account];
        _escrow[noteKind] = locked - value;
        emit Withdrawn(noteKind, account, value);
        if (!SafeERC20.trySafeTransfer(IERC20(_tokens[noteKind].place), account, value)) {
            revert BRIDGE_TRANSFER_REFUSED();
        }
    }

    /// @dev Find a note kind's token.
    function _knownToken(bytes32 noteKind) internal view returns (address) {
        Token storage token = _tokens[noteKind];
        if (!token.isKnown) revert BRIDGE_NOTE_KIND_UNKNOWN();
        return token.place;
    }

    /// @dev Owe somebody more.
    function _credit(bytes32 noteKind, address account, uint256 value) private {
        if (value != 0) _owed[noteKind][account] += value;
    }

    /// @dev Judge whether the amount arrived that was asked for.
    function _checkArrived(address token, address account, uint256 before, uint256 value)
        private
        view
    {
        uint256 afterwards = _balance(token, account);
        if (afterwards < before || afterwards - before != value) {
            revert BRIDGE_TRANSFER_INEXACT();
        }
    }

    /// @dev Ask a token for a balance. What does not answer is no token.
    function _balance(address token, address account) private view returns (uint256) {
        (bool success, bytes32 answer,) = LowLevelCall.staticcallReturn64Bytes(
            token, abi.encodeCall(IERC20.balanceOf, (account))
        );
        if (!success || LowLevelCall.returnDataSize() < 32) revert BRIDGE_TRANSFER_REFUSED();
        return uint256(answer);
    }

    function _checkValue(uint256 value) private pure {
        if (value == 0 || value >= VALUE_LIMIT) revert BRIDGE_VALUE_OUT_OF_RANGE();
    }

    function _burnKey(Burn calldata burn) private pure returns (bytes32) {
        return keccak256(abi.encode(burn.noteKind, burn.value, burn.burnHash, burn.recipient));
    }
}
