// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Commit} from "./Commit.sol";
import {
    BRIDGE_BURN_SETTLED,
    EXIT_LEAF_ABSENT,
    EXIT_LEAF_TAKEN,
    EXIT_NOT_BURN,
    EXIT_OUTPUT_NOT_EMPTY,
    EXIT_PATH_COUNT,
    QUEUE_NOT_MINT,
    SETTLEMENT_BLOCKS_SKIPPED,
    SETTLEMENT_BLOCK_UNPROVEN,
    SETTLEMENT_FROZEN,
    SETTLEMENT_HEIGHT_NOT_ABOVE,
    SETTLEMENT_MESSAGE_KIND,
    SETTLEMENT_MESSAGE_TRUNCATED,
    SETTLEMENT_NOT_FROZEN,
    SETTLEMENT_NOT_OWNER,
    SETTLEMENT_OLD_ROOT_MISMATCH,
    SETTLEMENT_PUBLIC_INPUT_COUNT
} from "./Errors.sol";
import {IVerifier} from "./IVerifier.sol";
import {NoteTree} from "./NoteTree.sol";
import {Poseidon2} from "./Poseidon2.sol";
import {Queue} from "./Queue.sol";
import {FIELD_ELEMENT_NOT_CANONICAL} from "./TreeErrors.sol";
import {
    Authorization,
    BURN,
    BURN_ADDRESS,
    BURN_WORDS,
    Burn,
    Claim,
    CommitProof,
    Entry,
    HASH,
    KIND,
    MINT,
    MINT_WORDS,
    NOTE_KIND,
    QueuedCall,
    Rules,
    Signature,
    VALUE,
    Validator,
    Verdict,
    Verifiers,
    WORDS
} from "./Types.sol";
import {Validators} from "./Validators.sol";

/// @notice The rollup: the root of the note tree, the money behind the notes, and the queue.
///
/// A block of the sequencers moves the root once it is committed and proven, its mints have their
/// deposits, and every entry of the queue that is due has its verdict. If the queue is not served,
/// first anybody may settle its oldest entry, and then anybody may freeze the rollup; what is left
/// then is to take one's money out, by one's notes and the last settled tree.
///
/// The owner names tokens and validator sets and can do nothing else. There is no upgrade, no
/// pause, and no way for anybody to move the root, the money or what is owed but by these rules.
/// Ether is never accepted.
/// @dev The order of the checks is that of the reference implementation. What an argument may be at
/// all, a field element below the modulus or a height of 64 bits, is judged before any rule.
///
/// Nothing can be entered while it runs. The calls of the queue come last, when the new state is
/// written and the guard is open again; `_isCalling` then keeps everything locked but `withdraw`,
/// which who is called may need to fetch what a burn has just given it. `withdraw` writes before it
/// pays, depends on nothing but what is owed, and cannot be entered a second time itself.
contract Rollup is Commit, Queue, ReentrancyGuardTransient {
    using Strings for uint256;
    using Strings for address;

    /// @dev Public inputs before the messages: old root, new root, commit hash.
    uint256 private constant FIXED_WORDS = 3;

    address private immutable OWNER;
    IVerifier private immutable BLOCK_PROOF;
    uint256 private immutable TREE_DEPTH;
    uint256 private immutable MESSAGE_WORDS;

    /// @notice The root of the note tree.
    bytes32 public root;

    string private _networkName;
    uint64 private _height;

    /// @dev Whether a block without header moved the root since the sequencers' last one.
    bool private _isAdrift;

    /// @notice Whether nothing is settled any more.
    bool public isFrozen;

    /// @dev Whether calls of the queue are being made.
    bool private transient _isCalling;

    /// @notice Whether a leaf was taken out after the freeze.
    mapping(bytes32 leaf => bool) public hasLeft;

    /// @notice The root has moved.
    /// @param height Number of the last settled block of the sequencers.
    /// @param root Root of the note tree.
    event RollupVerified(uint256 indexed height, bytes32 root);

    /// @notice Nothing is settled any more.
    /// @param root Root of the last settled tree, which exits are judged by.
    event Frozen(bytes32 root);

    /// @dev Rejects while calls of the queue are made.
    modifier outsideCalls() {
        if (_isCalling) revert ReentrancyGuardReentrantCall();
        _;
    }

    /// @notice Make a rollup with an empty tree and one validator set.
    /// @param owner_ Who names tokens and validator sets.
    /// @param networkName_ The name that sequencers sign with.
    /// @param namesDeployment Whether that name is extended by the chain and this contract, so that
    /// signatures for one contract are worth nothing to another one.
    /// @param validators The first validator set.
    /// @param verifiers What judges proofs.
    /// @param rules The parameters of the network.
    /// @param emptyRoot The root of the empty tree of that depth.
    constructor(
        address owner_,
        string memory networkName_,
        bool namesDeployment,
        Validator[] memory validators,
        Verifiers memory verifiers,
        Rules memory rules,
        bytes32 emptyRoot
    ) Validators(validators, rules.futureBlocks) Queue(rules, verifiers) {
        OWNER = owner_;
        BLOCK_PROOF = verifiers.blockProof;
        TREE_DEPTH = rules.treeDepth;
        MESSAGE_WORDS = rules.messageWords;
        root = emptyRoot;
        if (namesDeployment) {
            networkName_ = string.concat(
                networkName_, "/", block.chainid.toString(), "/", address(this).toHexString()
            );
        }
        _networkName = networkName_;
    }

    /// @notice Who names tokens and validator sets.
    /// @return The account.
    function owner() external view returns (address) {
        return OWNER;
    }

    /// @notice The name that sequencers sign with.
    /// @return The name.
    function networkName() external view returns (string memory) {
        return _networkName;
    }

    /// @notice The height of the last settled block of the sequencers.
    /// @return The height.
    function height() external view returns (uint256) {
        return _height;
    }

    /// @notice Give a note kind its token, once and for all. Only for the owner.
    /// @param noteKind The note kind.
    /// @param token The contract of the token.
    function addToken(bytes32 noteKind, address token) external outsideCalls nonReentrant {
        _checkElement(noteKind);
        _checkOwner();
        _checkNotFrozen();
        _addToken(noteKind, token);
    }

    /// @notice Name the validator set that holds from a height on. Only for the owner.
    /// @param validFrom Its first height.
    /// @param validators Its members, in the order in which they lead.
    function addValidators(uint256 validFrom, Validator[] calldata validators)
        external
        outsideCalls
        nonReentrant
    {
        _checkHeight(validFrom);
        _checkOwner();
        _checkNotFrozen();
        _addValidators(validFrom, validators, _height);
    }

    /// @notice Lock money for a mint. The token has to allow this contract to take it.
    /// @param mintHash By which the mint will name the deposit; good for one deposit for ever.
    /// @param value The amount.
    /// @param noteKind Of which token.
    function deposit(bytes32 mintHash, uint256 value, bytes32 noteKind)
        external
        outsideCalls
        nonReentrant
    {
        address token = _startDeposit(msg.sender, mintHash, value, noteKind);
        _transfer(token, msg.sender, address(this), value);
    }

    /// @notice Lock somebody else's money for a mint, as they signed it (ERC-3009).
    /// @param mintHash By which the mint will name the deposit.
    /// @param value The amount.
    /// @param noteKind Of which token.
    /// @param authorization What the depositor signed: for the token that the money may move, and
    /// for this contract which mint it is for.
    function depositWithAuthorization(
        bytes32 mintHash,
        uint256 value,
        bytes32 noteKind,
        Authorization calldata authorization
    ) external outsideCalls nonReentrant {
        _checkElement(mintHash);
        _checkElement(noteKind);
        _checkNotFrozen();
        _checkAuthorization(mintHash, value, noteKind, authorization);
        address token = _startDeposit(authorization.depositor, mintHash, value, noteKind);
        _receive(token, value, authorization);
    }

    /// @notice Lock money for a mint, with the permit that lets this contract take it (ERC-2612).
    /// @dev A permit that the token refuses is passed over: somebody may have brought it before.
    /// @param mintHash By which the mint will name the deposit.
    /// @param value The amount, also that of the permit.
    /// @param noteKind Of which token.
    /// @param deadline Until when the permit is good, in seconds of Unix time.
    /// @param permit The permit's signature.
    function depositWithPermit(
        bytes32 mintHash,
        uint256 value,
        bytes32 noteKind,
        uint256 deadline,
        Signature calldata permit
    ) external outsideCalls nonReentrant {
        address token = _startDeposit(msg.sender, mintHash, value, noteKind);
        _permit(token, value, deadline, permit);
        _transfer(token, msg.sender, address(this), value);
    }

    /// @notice Lock money and queue the mint that claims it, in one step.
    /// @param words The mint.
    /// @param proof The client's proof of it.
    function depositAndQueue(uint256[9] calldata words, bytes calldata proof)
        external
        outsideCalls
        nonReentrant
    {
        _checkElements(words);
        if (words[KIND] != MINT) revert QUEUE_NOT_MINT();
        uint256 value = words[VALUE];
        address token = _startDeposit(
            msg.sender, bytes32(words[HASH]), value, bytes32(words[NOTE_KIND])
        );
        _transfer(token, msg.sender, address(this), value);
        QueuedCall memory none;
        _queue(words, proof, false, none);
    }

    /// @notice Give a deposit back to who made it: it is owed to them. Once the rollup is frozen
    /// this is possible at once.
    /// @param mintHash By which the deposit is known.
    function cancelDeposit(bytes32 mintHash) external outsideCalls nonReentrant {
        _checkElement(mintHash);
        _cancelDeposit(mintHash, isFrozen ? 0 : CANCEL_SECONDS);
    }

    /// @notice Pay for a burn in advance. Who calls pays the recipient now and will be owed the
    /// burn's value.
    /// @param burn What is paid for; all of it has to be as the block will state it.
    /// @param burnHeight Height of the block that has the burn. It protects who pays from paying
    /// for a burn that is settled in the meantime.
    function substituteBurn(Burn calldata burn, uint256 burnHeight)
        external
        outsideCalls
        nonReentrant
    {
        _checkElement(burn.noteKind);
        _checkElement(burn.burnHash);
        _checkHeight(burnHeight);
        _checkNotFrozen();
        if (burnHeight <= _height || _isAdrift) revert BRIDGE_BURN_SETTLED();
        _substituteBurn(burn);
    }

    /// @notice Pay what somebody is owed, all of it; frozen or not. Anybody may ask for it.
    /// @dev The one function that works while calls of the queue are made.
    /// @param noteKind Of which token.
    /// @param account Who is paid.
    function withdraw(bytes32 noteKind, address account) external nonReentrant {
        _checkElement(noteKind);
        _withdraw(noteKind, account);
    }

    /// @notice Queue a transaction.
    /// @param words The transaction.
    /// @param proof The client's proof of it.
    function queueTransaction(uint256[9] calldata words, bytes calldata proof)
        external
        outsideCalls
        nonReentrant
    {
        _checkElements(words);
        _checkNotFrozen();
        QueuedCall memory none;
        _queue(words, proof, false, none);
    }

    /// @notice Queue a transaction, and a call to be made when it is settled.
    /// @param words The transaction.
    /// @param proof The client's proof of it.
    /// @param call The call. It is made by `CALL_EXECUTOR`, with its gas, whoever settles.
    function queueCall(uint256[9] calldata words, bytes calldata proof, QueuedCall calldata call)
        external
        outsideCalls
        nonReentrant
    {
        _checkElements(words);
        _checkNotFrozen();
        _queue(words, proof, true, call);
    }

    /// @notice Settle a block of the sequencers; anybody may bring it.
    /// @param claim What the block does.
    /// @param commit That it is committed.
    /// @param opening If there is a verdict: for each group of the block the hashes of its places,
    /// or nothing for a group of padding.
    /// @param verdicts What becomes of the oldest entries of the queue.
    function settle(
        Claim calldata claim,
        CommitProof calldata commit,
        uint256[][] calldata opening,
        Verdict[] calldata verdicts
    ) external outsideCalls {
        uint256 index = _settle(claim, commit, opening, verdicts);
        _isCalling = true;
        for (uint256 i = 0; i < verdicts.length; ++i) {
            Entry calldata entry = verdicts[i].entry;
            if (verdicts[i].applied && entry.hasCall) _makeCall(index + i, entry.call);
        }
        _isCalling = false;
    }

    /// @notice Settle the oldest entry in a block of its own, without the sequencers; anybody may.
    /// @dev Such a block has no header and no height. Blocks that the sequencers made on the root
    /// before it can no longer be settled.
    /// @param entry The oldest entry.
    /// @param claim What the block does.
    function force(Entry calldata entry, Claim calldata claim) external outsideCalls {
        uint256 index = _force(entry, claim);
        _isCalling = true;
        if (entry.hasCall) _makeCall(index, entry.call);
        _isCalling = false;
    }

    /// @notice Take the oldest entry off the queue as void, without the sequencers; anybody may.
    /// @param entry The oldest entry.
    /// @param proof What shows that the entry's transaction can have no place on the present tree.
    function discard(Entry calldata entry, bytes calldata proof)
        external
        outsideCalls
        nonReentrant
    {
        _checkNotFrozen();
        _checkOverdue(entry);
        _checkVoid(entry, proof, root);
        _consume(false);
    }

    /// @notice Stop settlement for ever, because an entry has waited too long; anybody may.
    function freeze() external outsideCalls nonReentrant {
        _checkNotFrozen();
        _checkExpired();
        isFrozen = true;
        emit Frozen(root);
    }

    /// @notice Take notes out of the frozen rollup. The value is owed to the burn's address, or to
    /// who paid for this very burn in advance.
    /// @param words A burn that makes no notes.
    /// @param proof The client's proof of it.
    /// @param paths For each input that is not padding its path in the last settled tree.
    function leave(uint256[9] calldata words, bytes calldata proof, uint256[][] calldata paths)
        external
        outsideCalls
        nonReentrant
    {
        _checkElements(words);
        for (uint256 i = 0; i < paths.length; ++i) {
            _checkElements(paths[i]);
        }
        if (!isFrozen) revert SETTLEMENT_NOT_FROZEN();
        if (words[KIND] != BURN) revert EXIT_NOT_BURN();
        _checkTransaction(words);
        if (words[2] != 0 || words[3] != 0) revert EXIT_OUTPUT_NOT_EMPTY();
        _takeLeaves(words, paths);
        _releaseBurn(
            bytes32(words[NOTE_KIND]), words[VALUE], bytes32(words[HASH]), words[BURN_ADDRESS]
        );
        _checkProven(words, proof);
    }

    /// @dev Everything of `settle` but the calls.
    /// @return index Number of the first entry that had a verdict.
    function _settle(
        Claim calldata claim,
        CommitProof calldata commit,
        uint256[][] calldata opening,
        Verdict[] calldata verdicts
    ) private nonReentrant returns (uint256 index) {
        _checkElements(claim.publicInputs);
        for (uint256 i = 0; i < opening.length; ++i) {
            _checkElements(opening[i]);
        }
        _checkNotFrozen();
        _checkClaim(claim);
        bytes32 newRoot = claim.publicInputs[1];
        uint256 newHeight = _checkFollows(commit, newRoot);
        index = _checkVerdicts(verdicts);
        _checkOpening(opening, claim.publicInputs[2], verdicts.length != 0);
        _deliver(claim.publicInputs);
        for (uint256 i = 0; i < verdicts.length; ++i) {
            _passVerdict(verdicts[i], opening, claim.publicInputs);
        }
        _checkBlockProven(claim);
        _height = uint64(newHeight);
        _isAdrift = false;
        root = newRoot;
        emit RollupVerified(newHeight, newRoot);
    }

    /// @dev Judge whether a block that states a root is committed, and the next one that changes
    /// something. After a block without header any later one may be.
    /// @return Its height.
    function _checkFollows(CommitProof calldata commit, bytes32 newRoot)
        private
        view
        returns (uint256)
    {
        Header memory first = _checkCommit(commit, newRoot, _networkName);
        uint256 settled = _height;
        if (first.height <= settled) revert SETTLEMENT_HEIGHT_NOT_ABOVE();
        if (!_changesNothing(commit.skipped, root, settled, first) && !_isAdrift) {
            revert SETTLEMENT_BLOCKS_SKIPPED();
        }
        return first.height;
    }

    /// @dev Everything of `force` but the call.
    /// @return index Number of the entry.
    function _force(Entry calldata entry, Claim calldata claim)
        private
        nonReentrant
        returns (uint256 index)
    {
        bytes32[] calldata publicInputs = claim.publicInputs;
        _checkElements(publicInputs);
        _checkNotFrozen();
        _checkOverdue(entry);
        _checkClaim(claim);
        _checkOwnBlock(entry, publicInputs[2], publicInputs[FIXED_WORDS:]);
        _deliver(publicInputs);
        _checkBlockProven(claim);
        index = _consume(true);
        if (publicInputs[1] != root) _isAdrift = true;
        root = publicInputs[1];
        emit RollupVerified(_height, publicInputs[1]);
    }

    /// @dev Judge a verdict on the oldest entry, and take the entry off the queue.
    function _passVerdict(
        Verdict calldata verdict,
        uint256[][] calldata opening,
        bytes32[] calldata publicInputs
    ) private {
        bool stands = _standsIn(verdict.entry.words, opening, publicInputs[FIXED_WORDS:]);
        _checkVerdict(verdict, stands, publicInputs[verdict.isAfter ? 1 : 0]);
        _consume(verdict.applied);
    }

    /// @dev Do what the messages of a block say, one after the other. All are looked at first.
    function _deliver(bytes32[] calldata publicInputs) private {
        uint256 end = publicInputs.length;
        uint256 at = FIXED_WORDS;
        while (at < end) {
            at += _messageLength(publicInputs[at]);
            if (at > end) revert SETTLEMENT_MESSAGE_TRUNCATED();
        }
        at = FIXED_WORDS;
        while (at < end) {
            uint256 kind = uint256(publicInputs[at]);
            if (kind != 0) {
                bytes32 noteKind = publicInputs[at + 1];
                uint256 value = uint256(publicInputs[at + 2]);
                bytes32 name = publicInputs[at + 3];
                if (kind == MINT) {
                    _takeDeposit(noteKind, value, name);
                } else {
                    _releaseBurn(noteKind, value, name, uint256(publicInputs[at + 4]));
                }
            }
            at += _messageLength(bytes32(kind));
        }
    }

    /// @dev Take the inputs of an exit out of the last settled tree.
    function _takeLeaves(uint256[9] calldata words, uint256[][] calldata paths) private {
        uint256 count = (words[0] == 0 ? 0 : 1) + (words[1] == 0 ? 0 : 1);
        if (paths.length != count) revert EXIT_PATH_COUNT();
        uint256 next = 0;
        for (uint256 i = 0; i < 2; ++i) {
            if (words[i] == 0) continue;
            if (!NoteTree.proves(TREE_DEPTH, words[i], paths[next++], uint256(root))) {
                revert EXIT_LEAF_ABSENT();
            }
            bytes32 leaf = bytes32(words[i]);
            if (hasLeft[leaf]) revert EXIT_LEAF_TAKEN();
            hasLeft[leaf] = true;
        }
    }

    /// @dev Judge whether a claim is of the right form and starts from where the rollup is.
    function _checkClaim(Claim calldata claim) private view {
        uint256 count = claim.publicInputs.length;
        if (count < FIXED_WORDS || count > FIXED_WORDS + MESSAGE_WORDS) {
            revert SETTLEMENT_PUBLIC_INPUT_COUNT();
        }
        if (claim.publicInputs[0] != root) revert SETTLEMENT_OLD_ROOT_MISMATCH();
    }

    /// @dev Judge the proof of a block, whose message area is filled with zeros for that. The area
    /// is large and mostly empty, so the call is written out here: the compiler would copy it word
    /// by word.
    function _checkBlockProven(Claim calldata claim) private view {
        uint256 count = FIXED_WORDS + MESSAGE_WORDS;
        bytes memory zeros = new bytes(32 * (count - claim.publicInputs.length));
        bytes memory input = abi.encodePacked(
            IVerifier.verify.selector,
            // Where the proof begins, behind the public inputs, and where these begin.
            abi.encode(96 + 32 * count, 64, count),
            claim.publicInputs,
            zeros,
            claim.proof.length,
            claim.proof,
            bytes31(0)
        );
        bytes memory answer = Address.functionStaticCall(address(BLOCK_PROOF), input);
        if (!abi.decode(answer, (bool))) revert SETTLEMENT_BLOCK_UNPROVEN();
    }

    /// @dev Begin a deposit, up to moving the money.
    function _startDeposit(address depositor, bytes32 mintHash, uint256 value, bytes32 noteKind)
        private
        returns (address token)
    {
        _checkElement(mintHash);
        _checkElement(noteKind);
        _checkNotFrozen();
        return _makeDeposit(depositor, mintHash, value, noteKind);
    }

    function _checkOwner() private view {
        if (msg.sender != OWNER) revert SETTLEMENT_NOT_OWNER();
    }

    function _checkNotFrozen() private view {
        if (isFrozen) revert SETTLEMENT_FROZEN();
    }

    /// @dev Words of a message, by its first one; a 0 between messages stands for itself.
    function _messageLength(bytes32 kind) private pure returns (uint256) {
        if (uint256(kind) == MINT) return MINT_WORDS;
        if (uint256(kind) == BURN) return BURN_WORDS;
        if (kind != 0) revert SETTLEMENT_MESSAGE_KIND();
        return 1;
    }

    /// @dev A field element is below the modulus.
    function _checkElement(bytes32 element) private pure {
        if (uint256(element) >= Poseidon2.MODULUS) revert FIELD_ELEMENT_NOT_CANONICAL();
    }

    function _checkElements(uint256[9] calldata elements) private pure {
        for (uint256 i = 0; i < WORDS; ++i) {
            _checkElement(bytes32(elements[i]));
        }
    }

    function _checkElements(uint256[] calldata elements) private pure {
        for (uint256 i = 0; i < elements.length; ++i) {
            _checkElement(bytes32(elements[i]));
        }
    }

    function _checkElements(bytes32[] calldata elements) private pure {
        for (uint256 i = 0; i < elements.length; ++i) {
            _checkElement(elements[i]);
        }
    }
}
