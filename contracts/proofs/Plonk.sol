// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    PROOF_COORDINATE_NOT_CANONICAL,
    PROOF_EQUATION,
    PROOF_EVALUATION_NOT_CANONICAL,
    PROOF_LENGTH,
    PROOF_POINT_NOT_ON_CURVE,
    PROOF_PUBLIC_COUNT,
    PROOF_PUBLIC_NOT_CANONICAL
} from "./Errors.sol";
import {Gates} from "./Gates.sol";

/// @notice The verifier of PLONK with the gates of `Gates`: proofs of one or two circuits, whose
/// equations are added up with powers of a challenge, with one pairing check.
/// @dev Source: Gabizon, Williamson, Ciobotaru, "PLONK" (eprint 2019/953), section 8.3, verifier
/// algorithm; names are those of the paper. Checks come in the order of the reference, so that both
/// reject with the same code. Without a code, it reverts only for lack of gas.
///
/// Memory is laid out by hand, from `BASE` on; it is zero before, and Solidity allocates nothing
/// there, which `open` checks. So nothing is copied, and an address is a number. A caller puts keys
/// and claims into their places, then calls `verify`:
///
///     BASE        the two sums of points; see `SUM_TERM`
///     + 0x140     the pending inverses: where they end, and their product; see `push`
///     + 0x180     keys; see `KEY_BYTES`
///     + 0xf40     the values of a proof and the weights of constraints; see `Gates`
///     CLAIMS      claims; see `CLAIM_KEY`. After the last one, pending inverses and transcripts.
library Plonk {
    /// @notice p, the order of the groups and the modulus of the scalar field.
    uint256 internal constant P =
        0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    /// @notice q, the modulus of the coordinate field.
    uint256 internal constant Q =
        0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    /// @dev A root of unity of order 2^28, 5^((p - 1) / 2^28), and its powers of the orders 2^18
    /// and 2^10: the sizes of the circuits that are in use.
    uint256 private constant ROOT_28 =
        0x2a3c09f0a58a7e8500e0a7eb8ef62abc402d111e41112ed49bd61b6e725b19f0;
    uint256 private constant ROOT_18 =
        0x19ddbcaf3a8d46c15c0176fbb5b95e4dc57088ff13f4d1bd84c6bfa57dcdc0e0;
    uint256 private constant ROOT_10 =
        0x06fd19c17017a420ebbebc2bb08771e339ba79c0a8d2d7ab11f995e1bc2e5912;

    // Memory

    uint256 private constant BASE = 0x800;
    uint256 private constant LEFT = 0x800;
    uint256 private constant RIGHT = 0x8a0;
    uint256 private constant INVERSES_END = 0x940;
    uint256 private constant INVERSES_PRODUCT = 0x960;
    uint256 internal constant FIRST_KEY = 0x980;
    uint256 internal constant SECOND_KEY = 0x1060;
    uint256 internal constant CLAIMS = 0x1f00;

    /// @dev A sum is a point, followed by a point and a scalar, the term that is added next.
    uint256 private constant SUM_TERM = 0x40;
    uint256 private constant SUM_SCALAR = 0x80;

    /// @notice Length of an encoded key. A key begins with its encoding.
    uint256 internal constant KEY_BYTES = 0x4c0;
    uint256 private constant KEY_LOG_SIZE = 0x40;
    uint256 private constant KEY_PUBLIC_COUNT = 0x60;
    uint256 private constant KEY_POINTS = 0x80;
    uint256 private constant KEY_X_G2 = 0x440;
    /// @dev After that: the hash of the encoding, a generator of the n-th roots of unity, and what
    /// the fifteen commitments are multiplied by, in the order of the encoding.
    uint256 private constant KEY_DIGEST = 0x4c0;
    uint256 private constant KEY_OMEGA = 0x4e0;
    uint256 private constant KEY_SCALARS = 0x500;
    uint256 private constant SCALARS_CONSTANTS = 0xe0;
    uint256 private constant SCALARS_SIGMAS = 0x160;
    uint256 private constant SCALARS_LAST_SIGMA = 0x1c0;
    uint256 private constant SCALARS_BYTES = 0x1e0;

    /// @dev A claim is a key, where its proof and two stretches of public inputs lie in the
    /// calldata, and what follows from them: challenges, zeta^n, the transcript's last state, and
    /// the number of inverses that it needs.
    uint256 private constant CLAIM_KEY = 0x0;
    uint256 private constant CLAIM_PROOF = 0x20;
    uint256 private constant CLAIM_PUBLIC = 0x40;
    uint256 private constant CLAIM_PUBLIC_COUNT = 0x60;
    uint256 private constant CLAIM_MORE = 0x80;
    uint256 private constant CLAIM_MORE_COUNT = 0xa0;
    uint256 private constant CLAIM_BETA = 0xc0;
    uint256 private constant CLAIM_GAMMA = 0xe0;
    uint256 private constant CLAIM_ALPHA = 0x100;
    uint256 private constant CLAIM_ZETA = 0x120;
    uint256 private constant CLAIM_V = 0x140;
    uint256 private constant CLAIM_U = 0x160;
    uint256 private constant CLAIM_ZETA_POWER = 0x180;
    uint256 private constant CLAIM_LAST = 0x1a0;
    uint256 private constant CLAIM_INVERSES = 0x1c0;
    uint256 internal constant CLAIM_BYTES = 0x1e0;

    /// @dev Parts of a proof.
    uint256 private constant PROOF_BYTES = 0x440;
    uint256 private constant WIRES = 0x0;
    uint256 private constant WIRES_BYTES = 0x100;
    uint256 private constant Z = 0x100;
    uint256 private constant T_LO = 0x140;
    uint256 private constant T_HI = 0x180;
    uint256 private constant W_ZETA = 0x1c0;
    uint256 private constant W_ZETA_OMEGA = 0x200;
    uint256 private constant POINT_BYTES = 0x40;
    uint256 private constant VALUES = 0x240;
    uint256 private constant VALUES_BYTES = 0x200;

    /// @dev The values, where the gates find them.
    uint256 private constant WIRE_VALUES = 0x1740;
    uint256 private constant SIGMA_VALUES = 0x17c0;
    uint256 private constant Z_NEXT = 0x18a0;
    uint256 private constant NEXT_WIRE_VALUES = 0x18c0;
    uint256 private constant WEIGHTS = 0x1940;

    // Reading

    /// @notice Check the form of an encoded proof.
    function check(bytes calldata proof) internal pure {
        if (proof.length != PROOF_BYTES) revert PROOF_LENGTH();
        bool isWellFormed;
        assembly ("memory-safe") {
            function isPoint(place) -> is {
                let x := calldataload(place)
                let y := calldataload(add(place, 0x20))
                is := eq(mulmod(y, y, Q), addmod(mulmod(mulmod(x, x, Q), x, Q), 3, Q))
                is := and(or(is, iszero(or(x, y))), and(lt(x, Q), lt(y, Q)))
            }

            function areFour(place) -> are {
                are := and(lt(calldataload(place), P), lt(calldataload(add(place, 0x20)), P))
                are := and(are, lt(calldataload(add(place, 0x40)), P))
                are := and(are, lt(calldataload(add(place, 0x60)), P))
            }

            isWellFormed := 1
            let place := proof.offset
            for { let end := add(place, VALUES) } lt(place, end) { place := add(place, 0xc0) } {
                isWellFormed := and(isWellFormed, isPoint(place))
                isWellFormed := and(isWellFormed, isPoint(add(place, 0x40)))
                isWellFormed := and(isWellFormed, isPoint(add(place, 0x80)))
            }
            isWellFormed := and(isWellFormed, areFour(place))
            isWellFormed := and(isWellFormed, areFour(add(place, 0x80)))
            isWellFormed := and(isWellFormed, areFour(add(place, 0x100)))
            isWellFormed := and(isWellFormed, areFour(add(place, 0x180)))
        }
        if (!isWellFormed) rejectForm(proof);
    }

    /// @dev Say what is wrong with an encoded proof.
    function rejectForm(bytes calldata proof) private pure {
        for (uint256 i = 0; i < VALUES; i += POINT_BYTES) {
            uint256 x = uint256(bytes32(proof[i:]));
            uint256 y = uint256(bytes32(proof[i + 0x20:]));
            if (x >= Q || y >= Q) revert PROOF_COORDINATE_NOT_CANONICAL();
            if (!isOnCurve(x, y)) revert PROOF_POINT_NOT_ON_CURVE();
        }
        revert PROOF_EVALUATION_NOT_CANONICAL();
    }

    /// @notice Tell whether a point is infinity or satisfies y^2 = x^3 + 3.
    function isOnCurve(uint256 x, uint256 y) internal pure returns (bool) {
        return mulmod(y, y, Q) == addmod(mulmod(mulmod(x, x, Q), x, Q), 3, Q) || x | y == 0;
    }

    /// @notice Compute what follows from a key whose encoding, in the right form, is in its place.
    function open(uint256 key) internal pure {
        assembly ("memory-safe") {
            // Whatever Solidity keeps in memory lies below.
            if gt(mload(0x40), BASE) { invalid() }
            mstore(add(key, KEY_DIGEST), keccak256(key, KEY_BYTES))
            let logSize := mload(add(key, KEY_LOG_SIZE))
            let order := 28
            let omega := ROOT_28
            if lt(logSize, 19) {
                order := 18
                omega := ROOT_18
            }
            if lt(logSize, 11) {
                order := 10
                omega := ROOT_10
            }
            for {} gt(order, logSize) { order := sub(order, 1) } {
                omega := mulmod(omega, omega, P)
            }
            mstore(add(key, KEY_OMEGA), omega)
        }
    }

    /// @notice The hash of an opened key's encoding.
    function digest(uint256 key) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := mload(add(key, KEY_DIGEST))
        }
    }

    /// @notice Number of public inputs of a key's circuit.
    function publicCount(uint256 key) internal pure returns (uint256 count) {
        assembly ("memory-safe") {
            count := mload(add(key, KEY_PUBLIC_COUNT))
        }
    }

    /// @notice Keccak-256 of a key's [x]_2, which names its setup.
    function setupHash(uint256 key) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(key, KEY_X_G2), 0x80)
        }
    }

    /// @notice Write down a claim: a key and a proof that has gone through `check`.
    function putProof(uint256 claim, uint256 key, bytes calldata proof) internal pure {
        assembly ("memory-safe") {
            mstore(add(claim, CLAIM_KEY), key)
            mstore(add(claim, CLAIM_PROOF), proof.offset)
        }
    }

    /// @notice Write down the public inputs of a claim, all of them or the first.
    function putPublic(uint256 claim, uint256[] calldata publicInputs) internal pure {
        assembly ("memory-safe") {
            mstore(add(claim, CLAIM_PUBLIC), publicInputs.offset)
            mstore(add(claim, CLAIM_PUBLIC_COUNT), publicInputs.length)
        }
    }

    /// @notice Write down the rest of the public inputs of a claim. They are not checked, for they
    /// are 0 or public inputs of claims that come before.
    function putMorePublic(uint256 claim, uint256[] calldata publicInputs) internal pure {
        assembly ("memory-safe") {
            mstore(add(claim, CLAIM_MORE), publicInputs.offset)
            mstore(add(claim, CLAIM_MORE_COUNT), publicInputs.length)
        }
    }

    // Verifying

    /// @notice Accept the claims from `CLAIMS` to `end`, or reject them together.
    /// @param keys The number of keys: one or two, opened, of one setup.
    function verify(uint256 keys, uint256 end) internal view {
        unchecked {
            for (uint256 claim = CLAIMS; claim < end; claim += CLAIM_BYTES) {
                draw(claim, end);
            }
            start(end);
            for (uint256 claim = end; claim > CLAIMS;) {
                claim -= CLAIM_BYTES;
                if (!isOutsideDomain(claim)) revert PROOF_EQUATION();
                push(claim);
            }
            invertProduct();
            uint256 rho = batchChallenge(end);
            uint256 factor = 1;
            uint256 generator = 0;
            for (uint256 claim = CLAIMS; claim < end; claim += CLAIM_BYTES) {
                generator = addmod(generator, combine(claim, factor), P);
                factor = mulmod(factor, rho, P);
            }
            addCommitments(FIRST_KEY);
            if (keys > 1) addCommitments(SECOND_KEY);
            addGenerator(generator);
            if (!pairingsAgree()) revert PROOF_EQUATION();
        }
    }

    /// @dev Go through the transcript of a proof: check the public inputs, draw the challenges.
    /// @param state Where memory is free.
    function draw(uint256 claim, uint256 state) private pure {
        uint256 count;
        uint256 wanted;
        assembly ("memory-safe") {
            count := add(mload(add(claim, CLAIM_PUBLIC_COUNT)), mload(add(claim, CLAIM_MORE_COUNT)))
            wanted := mload(add(mload(add(claim, CLAIM_KEY)), KEY_PUBLIC_COUNT))
        }
        if (count != wanted) revert PROOF_PUBLIC_COUNT();
        bool areCanonical;
        assembly ("memory-safe") {
            // A state, and behind it the message that it takes in.
            let message := add(state, 0x20)
            let key := mload(add(claim, CLAIM_KEY))

            let words := add(state, 0x60)
            let end := add(words, mul(count, 0x20))
            let length := mul(mload(add(claim, CLAIM_PUBLIC_COUNT)), 0x20)
            calldatacopy(words, mload(add(claim, CLAIM_PUBLIC)), length)
            calldatacopy(
                add(words, length),
                mload(add(claim, CLAIM_MORE)),
                mul(mload(add(claim, CLAIM_MORE_COUNT)), 0x20)
            )
            areCanonical := 1
            for { let checked := add(words, length) } lt(words, checked) {
                words := add(words, 0x20)
            } {
                areCanonical := and(areCanonical, lt(mload(words), P))
            }

            mstore(state, "payy-ref/plonk/1")
            mstore(message, mload(add(key, KEY_DIGEST)))
            mstore(add(state, 0x40), count)
            mstore(state, keccak256(state, sub(end, state)))

            let proof := mload(add(claim, CLAIM_PROOF))
            calldatacopy(message, add(proof, WIRES), WIRES_BYTES)
            mstore(state, keccak256(state, add(0x20, WIRES_BYTES)))
            mstore(add(claim, CLAIM_BETA), mod(mload(state), P))
            mstore8(message, 1)
            mstore(add(claim, CLAIM_GAMMA), mod(keccak256(state, 0x21), P))

            calldatacopy(message, add(proof, Z), POINT_BYTES)
            mstore(state, keccak256(state, add(0x20, POINT_BYTES)))
            mstore(add(claim, CLAIM_ALPHA), mod(mload(state), P))

            calldatacopy(message, add(proof, T_LO), mul(2, POINT_BYTES))
            mstore(state, keccak256(state, add(0x20, mul(2, POINT_BYTES))))
            let zeta := mod(mload(state), P)
            mstore(add(claim, CLAIM_ZETA), zeta)

            calldatacopy(message, add(proof, VALUES), VALUES_BYTES)
            mstore(state, keccak256(state, add(0x20, VALUES_BYTES)))
            mstore(add(claim, CLAIM_V), mod(mload(state), P))

            calldatacopy(message, add(proof, W_ZETA), mul(2, POINT_BYTES))
            let last := keccak256(state, add(0x20, mul(2, POINT_BYTES)))
            mstore(add(claim, CLAIM_U), mod(last, P))
            mstore(add(claim, CLAIM_LAST), last)

            let power := zeta
            for { let i := mload(add(key, KEY_LOG_SIZE)) } i { i := sub(i, 1) } {
                power := mulmod(power, power, P)
            }
            mstore(add(claim, CLAIM_ZETA_POWER), power)
        }
        if (!areCanonical) revert PROOF_PUBLIC_NOT_CANONICAL();
    }

    /// @dev Tell whether zeta is neither 0 nor an n-th root of unity: there nothing is hidden
    /// or bound, and `push` would push a divisor of 0.
    function isOutsideDomain(uint256 claim) private pure returns (bool isOutside) {
        assembly ("memory-safe") {
            isOutside := and(
                gt(mload(add(claim, CLAIM_ZETA)), 0),
                iszero(eq(mload(add(claim, CLAIM_ZETA_POWER)), 1))
            )
        }
    }

    // Inverses: one inversion serves all. Each has three words: what is to be divided, by what, and
    // the product of all divisors below. They are taken off from the top, while the inverse of the
    // product of all becomes the inverse of the product of those that are left.

    function start(uint256 end) private pure {
        assembly ("memory-safe") {
            mstore(INVERSES_END, end)
            mstore(INVERSES_PRODUCT, 1)
        }
    }

    /// @dev Push what PI and L_0 of a claim divide by: zeta - omega^i, for inputs other than 0, and
    /// for i = 0 on top.
    function push(uint256 claim) private pure {
        assembly ("memory-safe") {
            function pushStretch(first, count, node, omega, zeta) -> following {
                following := node
                let end := mload(INVERSES_END)
                let product := mload(INVERSES_PRODUCT)
                for { let last := add(first, mul(count, 0x20)) } lt(first, last) {
                    first := add(first, 0x20)
                } {
                    let value := calldataload(first)
                    if value {
                        let divisor := add(zeta, sub(P, following))
                        mstore(end, mulmod(value, following, P))
                        mstore(add(end, 0x20), divisor)
                        mstore(add(end, 0x40), product)
                        product := mulmod(product, divisor, P)
                        end := add(end, 0x60)
                    }
                    following := mulmod(following, omega, P)
                }
                mstore(INVERSES_END, end)
                mstore(INVERSES_PRODUCT, product)
            }

            let before := mload(INVERSES_END)
            let omega := mload(add(mload(add(claim, CLAIM_KEY)), KEY_OMEGA))
            let zeta := mload(add(claim, CLAIM_ZETA))
            let node := pushStretch(
                mload(add(claim, CLAIM_PUBLIC)),
                mload(add(claim, CLAIM_PUBLIC_COUNT)),
                1,
                omega,
                zeta
            )
            if mload(add(claim, CLAIM_MORE_COUNT)) {
                pop(
                    pushStretch(
                        mload(add(claim, CLAIM_MORE)),
                        mload(add(claim, CLAIM_MORE_COUNT)),
                        node,
                        omega,
                        zeta
                    )
                )
            }
            let end := mload(INVERSES_END)
            mstore(add(claim, CLAIM_INVERSES), sub(end, before))
            let divisor := add(zeta, sub(P, 1))
            mstore(add(end, 0x20), divisor)
            mstore(add(end, 0x40), mload(INVERSES_PRODUCT))
            mstore(INVERSES_PRODUCT, mulmod(mload(INVERSES_PRODUCT), divisor, P))
            mstore(INVERSES_END, add(end, 0x60))
        }
    }

    /// @dev Replace the product by its inverse: its power p - 2.
    function invertProduct() private view {
        assembly ("memory-safe") {
            let input := mload(INVERSES_END)
            mstore(input, 0x20)
            mstore(add(input, 0x20), 0x20)
            mstore(add(input, 0x40), 0x20)
            mstore(add(input, 0x60), mload(INVERSES_PRODUCT))
            mstore(add(input, 0x80), sub(P, 2))
            mstore(add(input, 0xa0), P)
            if iszero(staticcall(gas(), 5, input, 0xc0, INVERSES_PRODUCT, 0x20)) { revert(0, 0) }
        }
    }

    /// @dev Take off what `push` pushed for a claim, and divide: give PI and L_0 at zeta.
    function divide(uint256 claim)
        private
        pure
        returns (uint256 publicValue, uint256 firstLagrange)
    {
        assembly ("memory-safe") {
            let end := sub(mload(INVERSES_END), 0x60)
            let inverse := mload(INVERSES_PRODUCT)
            firstLagrange := mulmod(inverse, mload(add(end, 0x40)), P)
            inverse := mulmod(inverse, mload(add(end, 0x20)), P)
            for { let first := sub(end, mload(add(claim, CLAIM_INVERSES))) } gt(end, first) {} {
                end := sub(end, 0x60)
                let quotient := mulmod(inverse, mulmod(mload(end), mload(add(end, 0x40)), P), P)
                publicValue := addmod(publicValue, quotient, P)
                inverse := mulmod(inverse, mload(add(end, 0x20)), P)
            }
            mstore(INVERSES_END, end)
            mstore(INVERSES_PRODUCT, inverse)

            // (zeta^n - 1) / n. Since n divides p - 1, 1 / n = p - (p - 1) / n.
            let logSize := mload(add(mload(add(claim, CLAIM_KEY)), KEY_LOG_SIZE))
            let scale := sub(P, shr(logSize, sub(P, 1)))
            scale := mulmod(add(mload(add(claim, CLAIM_ZETA_POWER)), sub(P, 1)), scale, P)
            publicValue := mulmod(publicValue, scale, P)
            firstLagrange := mulmod(firstLagrange, scale, P)
        }
    }

    // The equation

    /// @dev The challenge rho, which comes from all proofs; 0 for a single one, which needs none.
    function batchChallenge(uint256 end) private pure returns (uint256 rho) {
        assembly ("memory-safe") {
            if gt(sub(end, CLAIMS), CLAIM_BYTES) {
                let words := mload(INVERSES_END)
                mstore(words, "payy-ref/plonk-batch/1")
                mstore(add(words, 0x20), div(sub(end, CLAIMS), CLAIM_BYTES))
                let word := add(words, 0x40)
                for { let claim := CLAIMS } lt(claim, end) { claim := add(claim, CLAIM_BYTES) } {
                    mstore(word, mload(add(claim, CLAIM_LAST)))
                    word := add(word, 0x20)
                }
                rho := mod(keccak256(words, sub(word, words)), P)
            }
        }
    }

    /// @dev Add the equation of a proof, times a factor: the proof's points to the two sums, and
    /// the scalars of its key's commitments to those of the key. Gives the generator's scalar.
    function combine(uint256 claim, uint256 factor) private view returns (uint256 generator) {
        unchecked {
            copyValues(claim);
            (uint256 publicValue, uint256 firstLagrange) = divide(claim);
            generator = mulmod(publicValue, factor, P);
            uint256 power = addGates(claim, factor);
            uint256 next = mulmod(factor, memoryWord(claim + CLAIM_U), P);
            generator += addPermutation(claim, power, firstLagrange, next);
            addQuotient(claim, factor);
            generator += addOpenings(claim, factor, next);
            addOpeningQuotients(claim, factor, next);
        }
    }

    /// @dev Put the values of a proof where the gates are to find them.
    function copyValues(uint256 claim) private pure {
        assembly ("memory-safe") {
            calldatacopy(
                WIRE_VALUES, add(mload(add(claim, CLAIM_PROOF)), VALUES), VALUES_BYTES
            )
        }
    }

    /// @dev The gates, with powers of alpha. Gives the next power, times the factor.
    function addGates(uint256 claim, uint256 factor) private pure returns (uint256 power) {
        uint256 scalars;
        uint256 alpha;
        assembly ("memory-safe") {
            scalars := add(mload(add(claim, CLAIM_KEY)), KEY_SCALARS)
            alpha := mload(add(claim, CLAIM_ALPHA))
            mstore(WEIGHTS, factor)
            power := mulmod(factor, alpha, P)
            mstore(add(WEIGHTS, 0x20), power)
            power := mulmod(power, alpha, P)
            mstore(add(WEIGHTS, 0x40), power)
            power := mulmod(power, alpha, P)
            mstore(add(WEIGHTS, 0x60), power)
        }
        Gates.accumulate(scalars);
        power = mulmod(power, alpha, P);
    }

    /// @dev The permutation: sigma_3, z, which is opened at zeta omega too, and a number.
    function addPermutation(uint256 claim, uint256 power, uint256 firstLagrange, uint256 next)
        private
        view
        returns (uint256 constantTerm)
    {
        uint256 point;
        uint256 scalar;
        assembly ("memory-safe") {
            let beta := mload(add(claim, CLAIM_BETA))
            let gamma := mload(add(claim, CLAIM_GAMMA))
            let step := mulmod(beta, mload(add(claim, CLAIM_ZETA)), P)
            firstLagrange :=
                mulmod(mulmod(power, mload(add(claim, CLAIM_ALPHA)), P), firstLagrange, P)

            scalar := mulmod(power, add(add(mload(WIRE_VALUES), step), gamma), P)
            let cell := add(mload(add(WIRE_VALUES, 0x20)), mulmod(step, 5, P))
            scalar := mulmod(scalar, add(cell, gamma), P)
            cell := add(mload(add(WIRE_VALUES, 0x40)), mulmod(step, 25, P))
            scalar := mulmod(scalar, add(cell, gamma), P)
            cell := add(mload(add(WIRE_VALUES, 0x60)), mulmod(step, 125, P))
            scalar := mulmod(scalar, add(cell, gamma), P)
            scalar := addmod(scalar, add(firstLagrange, next), P)
            point := add(mload(add(claim, CLAIM_PROOF)), Z)

            constantTerm := mulmod(power, mload(Z_NEXT), P)
            cell := add(mload(WIRE_VALUES), mulmod(beta, mload(SIGMA_VALUES), P))
            constantTerm := mulmod(constantTerm, add(cell, gamma), P)
            cell := add(
                mload(add(WIRE_VALUES, 0x20)), mulmod(beta, mload(add(SIGMA_VALUES, 0x20)), P)
            )
            constantTerm := mulmod(constantTerm, add(cell, gamma), P)
            cell := add(
                mload(add(WIRE_VALUES, 0x40)), mulmod(beta, mload(add(SIGMA_VALUES, 0x40)), P)
            )
            constantTerm := mulmod(constantTerm, add(cell, gamma), P)
            let place := add(mload(add(claim, CLAIM_KEY)), add(KEY_SCALARS, SCALARS_LAST_SIGMA))
            mstore(place, addmod(mload(place), sub(P, mulmod(constantTerm, beta, P)), P))
            constantTerm := mulmod(constantTerm, add(mload(add(WIRE_VALUES, 0x60)), gamma), P)
            constantTerm := addmod(sub(P, constantTerm), sub(P, firstLagrange), P)
        }
        // The right sum is empty before this term of the first proof.
        if (claim == CLAIMS) startRight(point, scalar);
        else addTerm(point, scalar);
    }

    /// @dev The two parts of the quotient, times -Z_H(zeta).
    function addQuotient(uint256 claim, uint256 factor) private view {
        unchecked {
            uint256 proof = memoryWord(claim + CLAIM_PROOF);
            uint256 zetaPower = memoryWord(claim + CLAIM_ZETA_POWER);
            uint256 scalar = mulmod(factor, P + 1 - zetaPower, P);
            addTerm(proof + T_LO, scalar);
            scalar = mulmod(scalar, mulmod(zetaPower, mulmod(zetaPower, zetaPower, P), P), P);
            addTerm(proof + T_HI, scalar);
        }
    }

    /// @dev What is opened: w_0 to w_3 at both places, sigma_0 to sigma_2 and q_0 to q_3 at one;
    /// and the values, as a number.
    function addOpenings(uint256 claim, uint256 factor, uint256 next)
        private
        view
        returns (uint256 constantTerm)
    {
        unchecked {
            uint256 proof = memoryWord(claim + CLAIM_PROOF);
            uint256 scalars = memoryWord(claim + CLAIM_KEY) + KEY_SCALARS;
            uint256 v = memoryWord(claim + CLAIM_V);
            uint256 both = factor + next;
            uint256 power = v;
            addTerm(proof, mulmod(power, both, P));
            power = mulmod(power, v, P);
            addTerm(proof + POINT_BYTES, mulmod(power, both, P));
            power = mulmod(power, v, P);
            addTerm(proof + 2 * POINT_BYTES, mulmod(power, both, P));
            power = mulmod(power, v, P);
            addTerm(proof + 3 * POINT_BYTES, mulmod(power, both, P));
            power = addPowers(scalars + SCALARS_SIGMAS, 3, mulmod(power, factor, P), v);
            addPowers(scalars + SCALARS_CONSTANTS, 4, power, v);
            (uint256 value, uint256 valueNext) = opened(v);
            constantTerm = 2 * P - mulmod(value, factor, P) - mulmod(valueNext, next, P);
        }
    }

    /// @dev The quotients of the openings, on both sides of the equation.
    function addOpeningQuotients(uint256 claim, uint256 factor, uint256 next) private view {
        unchecked {
            uint256 proof = memoryWord(claim + CLAIM_PROOF);
            uint256 zeta = memoryWord(claim + CLAIM_ZETA);
            uint256 zetaOmega =
                mulmod(zeta, memoryWord(memoryWord(claim + CLAIM_KEY) + KEY_OMEGA), P);
            addTerm(proof + W_ZETA, mulmod(factor, zeta, P));
            addTerm(proof + W_ZETA_OMEGA, mulmod(next, zetaOmega, P));
            // The factor of the first proof is 1, and the left sum is empty.
            if (claim == CLAIMS) copyToLeft(proof + W_ZETA);
            else addTermToLeft(proof + W_ZETA, factor);
            addTermToLeft(proof + W_ZETA_OMEGA, next);
        }
    }

    /// @dev Add three or four successive powers of v, times something, to scalars.
    /// @return power The last of them.
    function addPowers(uint256 scalars, uint256 count, uint256 before, uint256 v)
        private
        pure
        returns (uint256 power)
    {
        assembly ("memory-safe") {
            power := mulmod(before, v, P)
            mstore(scalars, addmod(mload(scalars), power, P))
            scalars := add(scalars, 0x20)
            power := mulmod(power, v, P)
            mstore(scalars, addmod(mload(scalars), power, P))
            scalars := add(scalars, 0x20)
            power := mulmod(power, v, P)
            mstore(scalars, addmod(mload(scalars), power, P))
            if eq(count, 4) {
                scalars := add(scalars, 0x20)
                power := mulmod(power, v, P)
                mstore(scalars, addmod(mload(scalars), power, P))
            }
        }
    }

    /// @dev Add up the opened values with powers of v, by Horner's rule: those at zeta from v on,
    /// those at zeta omega from 1 on.
    function opened(uint256 v) private pure returns (uint256 value, uint256 valueNext) {
        assembly ("memory-safe") {
            value := mulmod(mload(add(SIGMA_VALUES, 0xc0)), v, P)
            value := mulmod(add(value, mload(add(SIGMA_VALUES, 0xa0))), v, P)
            value := mulmod(add(value, mload(add(SIGMA_VALUES, 0x80))), v, P)
            value := mulmod(add(value, mload(add(SIGMA_VALUES, 0x60))), v, P)
            value := mulmod(add(value, mload(add(SIGMA_VALUES, 0x40))), v, P)
            value := mulmod(add(value, mload(add(SIGMA_VALUES, 0x20))), v, P)
            value := mulmod(add(value, mload(SIGMA_VALUES)), v, P)
            value := mulmod(add(value, mload(add(WIRE_VALUES, 0x60))), v, P)
            value := mulmod(add(value, mload(add(WIRE_VALUES, 0x40))), v, P)
            value := mulmod(add(value, mload(add(WIRE_VALUES, 0x20))), v, P)
            value := mulmod(add(value, mload(WIRE_VALUES)), v, P)
            valueNext := mulmod(mload(add(NEXT_WIRE_VALUES, 0x60)), v, P)
            valueNext := mulmod(add(valueNext, mload(add(NEXT_WIRE_VALUES, 0x40))), v, P)
            valueNext := mulmod(add(valueNext, mload(add(NEXT_WIRE_VALUES, 0x20))), v, P)
            valueNext := mulmod(add(valueNext, mload(NEXT_WIRE_VALUES)), v, P)
            valueNext := add(valueNext, mload(Z_NEXT))
        }
    }

    /// @dev Add the fifteen commitments of a key, times its scalars, to the right sum.
    function addCommitments(uint256 key) private view {
        assembly ("memory-safe") {
            function addedMultiple(point, scalar) -> isDone {
                mcopy(add(RIGHT, SUM_TERM), point, POINT_BYTES)
                mstore(add(RIGHT, SUM_SCALAR), mload(scalar))
                isDone :=
                    staticcall(gas(), 7, add(RIGHT, SUM_TERM), 0x60, add(RIGHT, SUM_TERM), 0x40)
                isDone := and(isDone, staticcall(gas(), 6, RIGHT, 0x80, RIGHT, 0x40))
            }

            let areDone := 1
            let point := add(key, KEY_POINTS)
            let scalar := add(key, KEY_SCALARS)
            for { let end := add(scalar, SCALARS_BYTES) } lt(scalar, end) {
                scalar := add(scalar, 0x60)
                point := add(point, mul(3, POINT_BYTES))
            } {
                areDone := and(areDone, addedMultiple(point, scalar))
                areDone := and(
                    areDone, addedMultiple(add(point, POINT_BYTES), add(scalar, 0x20))
                )
                areDone := and(
                    areDone, addedMultiple(add(point, mul(2, POINT_BYTES)), add(scalar, 0x40))
                )
            }
            if iszero(areDone) { revert(0, 0) }
        }
    }

    /// @dev Add a multiple of the generator to the right sum.
    function addGenerator(uint256 scalar) private view {
        assembly ("memory-safe") {
            mstore(add(RIGHT, SUM_TERM), 1)
            mstore(add(RIGHT, add(SUM_TERM, 0x20)), 2)
            mstore(add(RIGHT, SUM_SCALAR), scalar)
            let isDone :=
                staticcall(gas(), 7, add(RIGHT, SUM_TERM), 0x60, add(RIGHT, SUM_TERM), 0x40)
            isDone := and(isDone, staticcall(gas(), 6, RIGHT, 0x80, RIGHT, 0x40))
            if iszero(isDone) { revert(0, 0) }
        }
    }

    /// @dev Let the right sum, which is empty, be a multiple of a point of a proof.
    function startRight(uint256 point, uint256 scalar) private view {
        assembly ("memory-safe") {
            calldatacopy(RIGHT, point, POINT_BYTES)
            mstore(add(RIGHT, POINT_BYTES), scalar)
            if iszero(staticcall(gas(), 7, RIGHT, 0x60, RIGHT, 0x40)) { revert(0, 0) }
        }
    }

    /// @dev Add a multiple of a point of a proof to the right sum.
    function addTerm(uint256 point, uint256 scalar) private view {
        assembly ("memory-safe") {
            calldatacopy(add(RIGHT, SUM_TERM), point, POINT_BYTES)
            mstore(add(RIGHT, SUM_SCALAR), scalar)
            let isDone :=
                staticcall(gas(), 7, add(RIGHT, SUM_TERM), 0x60, add(RIGHT, SUM_TERM), 0x40)
            isDone := and(isDone, staticcall(gas(), 6, RIGHT, 0x80, RIGHT, 0x40))
            if iszero(isDone) { revert(0, 0) }
        }
    }

    /// @dev Add a multiple of a point of a proof to the left sum.
    function addTermToLeft(uint256 point, uint256 scalar) private view {
        assembly ("memory-safe") {
            calldatacopy(add(LEFT, SUM_TERM), point, POINT_BYTES)
            mstore(add(LEFT, SUM_SCALAR), scalar)
            let isDone := staticcall(gas(), 7, add(LEFT, SUM_TERM), 0x60, add(LEFT, SUM_TERM), 0x40)
            isDone := and(isDone, staticcall(gas(), 6, LEFT, 0x80, LEFT, 0x40))
            if iszero(isDone) { revert(0, 0) }
        }
    }

    /// @dev Let the left sum, which is empty, be a point of a proof.
    function copyToLeft(uint256 point) private pure {
        assembly ("memory-safe") {
            calldatacopy(LEFT, point, POINT_BYTES)
        }
    }

    /// @dev Tell whether e(left, [x]_2) = e(right, [1]_2), with the [x]_2 of the first key.
    function pairingsAgree() private view returns (bool agree) {
        assembly ("memory-safe") {
            // The claims are not needed any more.
            let pairs := CLAIMS
            mcopy(pairs, LEFT, POINT_BYTES)
            mcopy(add(pairs, 0x40), add(FIRST_KEY, KEY_X_G2), 0x80)
            mstore(add(pairs, 0xc0), mload(RIGHT))
            mstore(add(pairs, 0xe0), mod(sub(Q, mload(add(RIGHT, 0x20))), Q))
            mstore(
                add(pairs, 0x100),
                0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2
            )
            mstore(
                add(pairs, 0x120),
                0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed
            )
            mstore(
                add(pairs, 0x140),
                0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b
            )
            mstore(
                add(pairs, 0x160),
                0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa
            )
            if iszero(staticcall(gas(), 8, pairs, 0x180, 0, 0x20)) { revert(0, 0) }
            agree := mload(0)
        }
    }

    // Words

    function memoryWord(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(place)
        }
    }
}
