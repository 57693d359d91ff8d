// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Rollup} from "contracts/settlement/Rollup.sol";
import {BURN, Burn} from "contracts/settlement/Types.sol";
import {Deployed} from "./Deployed.sol";
import {ANYTHING, ENGINE} from "./Engine.sol";

/// @notice A token that notes what it is asked to do, and tries to be paid twice meanwhile.
contract WatchingToken {
    Rollup private _rollup;
    bytes32 private _noteKind;

    uint256 public payments;
    address public paidTo;
    uint256 public paid;
    bool public owedWhilePaying;
    bool public paidAgain;

    function watch(Rollup rollup, bytes32 noteKind) external {
        (_rollup, _noteKind) = (rollup, noteKind);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        payments += 1;
        (paidTo, paid) = (to, value);
        owedWhilePaying = _rollup.owed(_noteKind, to) != 0;
        (paidAgain,) = address(_rollup).call(abi.encodeCall(Rollup.withdraw, (_noteKind, to)));
        return true;
    }
}

/// @notice A token as tokens are, but that it may keep back a part of what it moves.
contract KeepingToken {
    mapping(address account => uint256 value) public balanceOf;
    uint256 public keeps;

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        balanceOf[from] -= value;
        balanceOf[to] += value - keeps;
        return true;
    }
}

/// @notice The arithmetic of deposits, debts and payments, in whatever state the rollup is.
contract BridgeChecks is Deployed {
    WatchingToken private _watching;
    KeepingToken private _keeping;

    function setUp() public {
        _deploy();
        _watching = new WatchingToken();
        _keeping = new KeepingToken();
        ANYTHING.enableSymbolicStorage(address(_rollup));
        ANYTHING.enableSymbolicStorage(address(_keeping));
        ANYTHING.enableSymbolicStorage(address(_transactionProof));
    }

    /// @notice Who is owed something is paid just that, once; meanwhile it is no longer owed.
    function check_withdraw(bytes32 noteKind, address account, address caller) external {
        ENGINE.assume(_rollup.tokenOf(noteKind) == address(_watching));
        _watching.watch(_rollup, noteKind);
        uint256 owed = _rollup.owed(noteKind, account);
        uint256 locked = _rollup.escrow(noteKind);

        ENGINE.prank(caller);
        _rollup.withdraw(noteKind, account);

        assert(owed != 0 && owed <= locked);
        assert(_watching.payments() == 1);
        assert(_watching.paidTo() == account && _watching.paid() == owed);
        assert(!_watching.owedWhilePaying() && !_watching.paidAgain());
        assert(_rollup.owed(noteKind, account) == 0);
        assert(_rollup.escrow(noteKind) == locked - owed);
        (bool again,) =
            address(_rollup).call(abi.encodeCall(Rollup.withdraw, (noteKind, account)));
        assert(!again);
    }

    /// @notice A payment touches nobody else's debt and no other token's money.
    function check_paymentOfOne(
        bytes32 noteKind,
        address account,
        bytes32 otherKind,
        address other
    ) external {
        ENGINE.assume(_rollup.tokenOf(noteKind) == address(_watching));
        ENGINE.assume(noteKind != otherKind || account != other);
        _watching.watch(_rollup, noteKind);
        uint256 owed = _rollup.owed(otherKind, other);
        uint256 locked = _rollup.escrow(otherKind);

        _rollup.withdraw(noteKind, account);

        assert(_rollup.owed(otherKind, other) == owed);
        if (noteKind != otherKind) assert(_rollup.escrow(otherKind) == locked);
    }

    /// @notice A deposit locks just its value, for a mint hash that was never used, and only if
    /// just that arrived.
    function check_deposit(bytes32 mintHash, uint256 value, bytes32 noteKind, address caller)
        external
    {
        ENGINE.assume(_rollup.tokenOf(noteKind) == address(_keeping));
        ENGINE.assume(caller != address(_rollup));
        (,,,, uint8 before) = _rollup.depositOf(mintHash);
        uint256 locked = _rollup.escrow(noteKind);
        uint256 held = _keeping.balanceOf(address(_rollup));

        ENGINE.prank(caller);
        _rollup.deposit(mintHash, value, noteKind);

        assert(before == 0 && value != 0 && value < 2 ** 240);
        assert(_rollup.escrow(noteKind) == locked + value);
        assert(_keeping.balanceOf(address(_rollup)) == held + value && _keeping.keeps() == 0);
        (address depositor, bytes32 kind, uint256 made,, uint8 status) =
            _rollup.depositOf(mintHash);
        assert(depositor == caller && kind == noteKind && made == value && status == 1);
        ENGINE.prank(caller);
        (bool again,) =
            address(_rollup).call(abi.encodeCall(Rollup.deposit, (mintHash, value, noteKind)));
        assert(!again);
    }

    /// @notice A deposit that is cancelled is owed to its depositor, who alone can do that, not
    /// before its time, and once.
    function check_cancel(bytes32 mintHash, address caller, uint64 time) external {
        ENGINE.warp(time);
        (address depositor, bytes32 noteKind, uint256 value, uint256 heldAt, uint8 status) =
            _rollup.depositOf(mintHash);
        uint256 owed = _rollup.owed(noteKind, depositor);
        uint256 locked = _rollup.escrow(noteKind);

        ENGINE.prank(caller);
        _rollup.cancelDeposit(mintHash);

        assert(status == 1 && caller == depositor);
        assert(_rollup.isFrozen() || time >= heldAt + _rules().cancelSeconds);
        assert(_rollup.owed(noteKind, depositor) == owed + value);
        assert(_rollup.escrow(noteKind) == locked);
        (,,,, uint8 status_) = _rollup.depositOf(mintHash);
        assert(status_ == 3);
        ENGINE.prank(caller);
        (bool again,) =
            address(_rollup).call(abi.encodeCall(Rollup.cancelDeposit, (mintHash)));
        assert(!again);
    }

    /// @notice Who pays a burn in advance pays just its value to the recipient, and is the only
    /// one who can; nothing of what is locked moves.
    function check_substitute(Burn calldata burn, uint256 height, address caller) external {
        ENGINE.assume(_rollup.tokenOf(burn.noteKind) == address(_keeping));
        ENGINE.assume(caller != address(0) && caller != burn.recipient);
        address before = _rollup.substituteOf(burn);
        uint256 locked = _rollup.escrow(burn.noteKind);
        uint256 held = _keeping.balanceOf(burn.recipient);

        ENGINE.prank(caller);
        _rollup.substituteBurn(burn, height);

        assert(before == address(0) && height > _rollup.height());
        assert(_rollup.substituteOf(burn) == caller);
        assert(_keeping.balanceOf(burn.recipient) == held + burn.value);
        assert(_rollup.escrow(burn.noteKind) == locked);
        (bool again,) =
            address(_rollup).call(abi.encodeCall(Rollup.substituteBurn, (burn, height)));
        assert(!again);
    }

    /// @notice The value of a burn is owed once: to the recipient, or to who paid in advance, and
    /// that payment counts once. Shown on an exit that has no inputs, whose debt is made by what
    /// makes it everywhere.
    function check_burnIsOwedOnce(Burn calldata burn, bytes32 commitment) external {
        ENGINE.assume(_rollup.isFrozen());
        address substitute = _rollup.substituteOf(burn);
        address creditor = substitute == address(0) ? burn.recipient : substitute;
        uint256 owed = _rollup.owed(burn.noteKind, creditor);
        uint256 locked = _rollup.escrow(burn.noteKind);
        uint256[9] memory words;
        (words[4], words[5], words[6]) = (BURN, uint256(burn.noteKind), burn.value);
        (words[7], words[8]) = (uint256(burn.burnHash), uint256(uint160(burn.recipient)));

        _rollup.leave(words, abi.encode(commitment), new uint256[][](0));

        assert(_transactionProof.verdict());
        assert(_rollup.owed(burn.noteKind, creditor) == owed + burn.value);
        assert(_rollup.substituteOf(burn) == address(0));
        assert(_rollup.escrow(burn.noteKind) == locked);
    }
}
