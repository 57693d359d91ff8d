"""
The base of settlement in Solidity: the hash, paths, commit hashes, and what judges proofs.

The contracts' compiled forms are committed, so no compiler is needed, but for one test.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from eth_abi.abi import encode

from circuits import block
from payy_ref.crypto.field import MODULUS, FieldElement, element_bytes
from payy_ref.crypto.hashing import hash_elements
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ethereum.artefact import read_artefact
from payy_ref.ethereum.chain import Chain, Contract, Message, RevertedError
from payy_ref.ethereum.choice import EMBEDDED, open_chain
from payy_ref.ethereum.embedded import EmbeddedChain
from payy_ref.ledger import builder
from payy_ref.ledger.block import EMPTY_PLACE, commit_hash, packed_messages
from payy_ref.ledger.kind import POLYGON_USDC
from payy_ref.ledger.note import InputNote, Note, NoteValue, Psi, SecretKey, note_address
from payy_ref.ledger.opening import Opening, opened_commit_hash, opening_of, place_hash
from payy_ref.ledger.transaction import SEND, PublicInputs, Statement
from payy_ref.ledger.transaction import Message as Words
from payy_ref.merkle.path import Depth, path_root, proves_inclusion
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.merkle.tree import path
from payy_ref.parameters import Parameters, Preset, load_preset
from payy_ref.proofs import poseidon2_solidity
from payy_ref.proofs.keys import encode_key
from payy_ref.proofs.solidity import LINE
from payy_ref.vectors.model import case_elements
from tests.settlement_proofs import CIRCUITS, MINIMAL, client_proof, key_of, proven
from tests.test_contracts_build import CONTRACTS, missing_tool, run_command
from tests.test_solidity_verifier import ANSWERS, ARTEFACTS, bytes_of, recorded_blocks

ROOT: Final = Path(__file__).parents[1]

PERMUTATION_GAS: Final = 15_300
"""The most that a level of a path may use, with one permutation."""

BLOCK_GAS: Final = 1_050_000
"""The most that judging a full block of mainnet's size may use, without its calldata."""

LARGEST: Final = FieldElement(MODULUS - 1)
"""The greatest field element."""

NO_CODE: Final = ""
"""What a rejection without an error of ours is called."""

Arguments = tuple[Any, ...]


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """Start the embedded chain."""
    with open_chain(EMBEDDED, checkout=ROOT) as opened:
        yield opened


def deployed(chain: Chain, name: str, *arguments: Any) -> Contract:
    """Make a contract."""
    return chain.deploy(read_artefact(ARTEFACTS / f"{name}.json"), *arguments)


@pytest.fixture(scope="module")
def tree(chain: Chain) -> Contract:
    """Make the library of trees and hashes; its functions can be called by anyone."""
    return deployed(chain, "NoteTree")


def answer(chain: Chain, contract: Contract, function: str, *arguments: Any) -> Any:
    """Give what a function returns, or the name of the error."""
    try:
        return chain.call(contract, function, *arguments)
    except RevertedError as error:
        return error.name


def in_python(run: Callable[[], Any]) -> Any:
    """Give what a function returns, or the code."""
    try:
        return run()
    except SpecError as error:
        return str(error.code)


def gas_of(chain: Chain, contract: Contract, function: str, *arguments: Any) -> int:
    """Tell the gas of a call, without what every transaction pays for itself and its data."""
    assert isinstance(chain, EmbeddedChain)
    data = chain.calldata(contract, function, *arguments)
    record = chain.computation(Message(sender=chain.accounts[0], to=contract.address, data=data))
    assert record.is_success
    return int(record.get_gas_used())


# What is generated


def test_the_permutation_is_generated() -> None:
    """The committed source has nothing that is written by hand."""
    for name, text in poseidon2_solidity.generated_sources().items():
        assert (ROOT / poseidon2_solidity.FOLDER / name).read_text() == text
        assert max(map(len, text.splitlines())) <= LINE


def largest_of(expression: str, largest: dict[str, int]) -> int:
    """Give the largest value of a Yul expression; fail if a part of it can reach 2^256."""

    def fitting(value: int) -> int:
        assert value < 2**256
        return value

    def modular(left: int, right: int, modulus: int) -> int:
        assert modulus == MODULUS
        assert max(left, right) < 2**256
        return MODULUS - 1

    names = {"add": lambda a, b: fitting(a + b), "mulmod": modular, "addmod": modular}
    return int(eval(expression, {"__builtins__": {}}, {**names, **largest}))  # noqa: S307


def test_no_sum_of_the_permutation_can_be_cut_off() -> None:
    """Every statement, for the largest values that its variables can have; all others are less."""
    writer = poseidon2_solidity.PermutationWriter()
    writer.permutation()
    largest = {"P": MODULUS, **dict.fromkeys("abcd", MODULUS - 1)}
    largest |= {f"D{i}": MODULUS - 1 for i in range(4)}
    for line in writer.lines:
        if " := " in line:
            name, expression = line.removeprefix("let ").split(" := ")
            largest[name] = largest_of(expression, largest)
    assert all(largest[name] < MODULUS for name in "abcd")
    assert {cell.text for cell in writer.cells} == set("abcd")


# Hashes


def hashed_cases() -> Iterator[list[int]]:
    """List inputs of the hash."""
    for count in range(1, 13):
        yield list(case_elements(f"settlement-hash-{count}", count))
        yield [0] * count
        yield [LARGEST] * count
    yield list(case_elements("settlement-hash-128", 128))


def test_hashes_are_those_of_the_reference(chain: Chain, tree: Contract) -> None:
    """For every number of elements around the rate, and the greatest one."""
    for inputs in hashed_cases():
        expected = hash_elements([FieldElement(value) for value in inputs])
        assert chain.call(tree, "hash", inputs) == expected


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_only_canonical_values_are_hashed(chain: Chain, tree: Contract, count: int) -> None:
    """At every place, the modulus and the largest word."""
    for place in range(count):
        for value in (MODULUS, 2**256 - 1):
            inputs = [LARGEST] * place + [value] + [LARGEST] * (count - place - 1)
            assert answer(chain, tree, "hash", inputs) == ErrorCode.FIELD_ELEMENT_NOT_CANONICAL


def test_the_number_of_hashed_elements_has_limits(chain: Chain, tree: Contract) -> None:
    """None and 129 are refused, before their values are looked at."""
    for count in (0, 129):
        inputs = [MODULUS] * count
        assert answer(chain, tree, "hash", inputs) == ErrorCode.HASH_INPUT_COUNT


# Paths


@cache
def grown(depth: int) -> PersistentTree:
    """Make a tree of some leaves."""
    leaves = case_elements(f"settlement-tree-{depth}", 12)
    slots = {leaf % 2**depth: leaf for leaf in leaves}
    return PersistentTree.of(Depth(depth), slots.values())


def path_cases(depth: int) -> Iterator[tuple[int, int, list[int], int]]:
    """List depths, leaves, paths and roots that show something, and many that do not."""
    made = grown(depth)
    leaf, other = list(made)[:2]
    siblings: list[int] = list(path(made, leaf))
    root = made.root
    yield depth, leaf, siblings, root
    yield depth, other, [*path(made, other)], root
    yield depth, 0, siblings, root
    yield depth, leaf + MODULUS, siblings, root
    yield depth, leaf + 2**depth, siblings, root
    yield depth, leaf, siblings, root + MODULUS
    yield depth, other, siblings, root
    yield depth, leaf, siblings[:-1], root
    yield depth, leaf, [*siblings, 0], root
    yield depth - 1, leaf, siblings[:-1], root
    yield depth + 1, leaf, siblings, root
    for level, shift in ((0, MODULUS), (depth - 1, 1)):
        bent = siblings.copy()
        bent[level] += shift
        yield depth, leaf, bent, root


@pytest.mark.parametrize("depth", [8, 160])
def test_paths_show_what_they_show_in_python(chain: Chain, tree: Contract, depth: int) -> None:
    """Siblings that are not canonical are reduced there, and here."""
    found = []
    for levels, leaf, siblings, root in path_cases(depth):
        elements = [FieldElement(value) for value in siblings]

        def judged(*arguments: Any) -> Any:
            return in_python(lambda: proves_inclusion(*arguments))

        expected = judged(Depth(levels), leaf, elements, FieldElement(root))
        assert answer(chain, tree, "proves", levels, leaf, siblings, root) == expected
        found.append(expected)
    assert found.count(True) == 3
    assert found.count(ErrorCode.MERKLE_PATH_LENGTH) == 3


def test_a_tree_has_a_depth(chain: Chain, tree: Contract) -> None:
    """Of 1 to 256 levels; what is no leaf is told first."""
    for leaf in (0, 5):
        for depth in (0, 257):
            siblings = [FieldElement(0)] * depth

            def judged(*arguments: Any) -> Any:
                return in_python(lambda: proves_inclusion(*arguments))

            expected = judged(Depth(depth), leaf, siblings, FieldElement(5))
            assert answer(chain, tree, "proves", depth, leaf, siblings, 5) == expected
            assert expected == (ErrorCode.MERKLE_DEPTH_OUT_OF_RANGE if leaf else False)


@pytest.mark.parametrize("depth", [0, 1, 2, 8, 160, 256])
def test_the_root_of_a_path(chain: Chain, tree: Contract, depth: int) -> None:
    """For leaves whose low bits say different things, and values that are not canonical."""
    siblings = list(case_elements(f"settlement-path-{depth}", depth))
    for leaf in (0, 1, 2**depth - 1, LARGEST, MODULUS + 2, 2**256 - 1):
        if depth > 8 and leaf not in {MODULUS + 2, 2**256 - 1}:
            continue
        expected = path_root(leaf, leaf % 2**depth, siblings)
        assert chain.call(tree, "pathRoot", leaf, siblings) == expected


def test_every_sibling_is_reduced(chain: Chain, tree: Contract) -> None:
    """The largest words too, with which unreduced sums would be cut off."""
    for leaf in range(8):
        for sibling in (4 * MODULUS, 5 * MODULUS - 1, 2**256 - 1):
            expected = path_root(leaf, leaf, [sibling % MODULUS] * 3)
            assert chain.call(tree, "pathRoot", leaf, [sibling] * 3) == expected


@pytest.mark.parametrize(("depth", "times"), [(1, 2), (1, 4), (2, 4)])
def test_what_is_congruent_to_a_leaf_is_none(
    chain: Chain, tree: Contract, depth: int, times: int
) -> None:
    """Not even where it has the leaf's slot, and so the leaf's path."""
    siblings = case_elements(f"congruent-{depth}", depth)
    leaf = FieldElement(6)
    root = path_root(leaf, leaf % 2**depth, siblings)
    other = leaf + times * MODULUS
    assert chain.call(tree, "pathRoot", other, siblings) == root
    assert chain.call(tree, "proves", depth, leaf, siblings, root) is True
    assert chain.call(tree, "proves", depth, other, siblings, root) is False


def test_the_gas_of_a_path(chain: Chain, tree: Contract) -> None:
    """A level is one permutation and little else."""
    siblings = list(case_elements("settlement-path-160", 160))
    none = gas_of(chain, tree, "pathRoot", LARGEST, [])
    all_levels = gas_of(chain, tree, "pathRoot", LARGEST, siblings)
    assert all_levels - none < 160 * PERMUTATION_GAS


# Commit hashes


def sends(case: str, count: int) -> tuple[PublicInputs, ...]:
    """Make transactions of any commitments."""
    words = case_elements(case, 4 * count)
    return tuple(
        PublicInputs(
            input_commitments=(words[i], words[i + 1]),
            output_commitments=(words[i + 2], words[i + 3]),
            message=Words(kind=SEND),
        )
        for i in range(0, 4 * count, 4)
    )


def shape(parameters: Parameters) -> tuple[int, int]:
    """Give groups of a block and places of a group."""
    return parameters.block_groups, parameters.group_transactions


@pytest.fixture(params=list(Preset))
def parameters(request: pytest.FixtureRequest) -> Parameters:
    """Give the parameters of each network."""
    return load_preset(request.param)


def test_the_commit_hash_of_one_transaction(
    chain: Chain, tree: Contract, parameters: Parameters
) -> None:
    """Of any commitments, zeros among them."""
    empty = replace(EMPTY_PLACE, message=Words(kind=SEND))
    (some,) = sends("commit-one", 1)
    for transaction in (some, empty, replace(some, input_commitments=(LARGEST, FieldElement(0)))):
        given = list(transaction.commitments), *shape(parameters)
        expected = commit_hash([transaction], parameters)
        assert chain.call(tree, "commitHashOfOne", *given) == expected
    refused = {
        ErrorCode.FIELD_ELEMENT_NOT_CANONICAL: ([1, 2, 3, MODULUS], *shape(parameters)),
        ErrorCode.HASH_INPUT_COUNT: ([1, 2, 3, 4], 0, 1),
    }
    for code, bad in refused.items():
        assert answer(chain, tree, "commitHashOfOne", *bad) == code
    for groups, size in ((1, 0), (129, 1), (1, 129), (2**255, 1), (1, 2**256 - 1)):
        found = answer(chain, tree, "commitHashOfOne", [1, 2, 3, 4], groups, size)
        assert found == ErrorCode.HASH_INPUT_COUNT


def opened(chain: Chain, tree: Contract, opening: Opening, parameters: Parameters) -> Any:
    """Compute an opened commit hash in Python and in Solidity, with the same result."""
    lists = [list(group) for group in opening]
    found = answer(chain, tree, "openedCommitHash", lists, *shape(parameters))
    assert found == in_python(lambda: opened_commit_hash(opening, parameters))
    return found


def test_a_commit_hash_is_opened(chain: Chain, tree: Contract, parameters: Parameters) -> None:
    """In full blocks, and in blocks with padding; with another hash it is another one."""
    count = parameters.block_transactions
    for used in sorted({0, 1, count - 1, count}):
        transactions = sends(f"opened-{used}", used)
        opening = opening_of(transactions, parameters)
        assert opened(chain, tree, opening, parameters) == commit_hash(transactions, parameters)
        for place, transaction in enumerate(transactions):
            group, own = divmod(place, parameters.group_transactions)
            assert opening[group][own] == place_hash(transaction)
            found = chain.call(tree, "placeHash", list(transaction.commitments))
            assert found == place_hash(transaction)
            changed = list(map(list, opening))
            changed[group][own] = FieldElement(changed[group][own] - 1)
            other = tuple(map(tuple, changed))
            assert opened(chain, tree, other, parameters) != commit_hash(transactions, parameters)


def test_openings_have_their_shape(chain: Chain, tree: Contract, parameters: Parameters) -> None:
    """A hash for each place of a group or none, and as many groups as a block has."""
    good = opening_of(sends("opened-shape", parameters.block_transactions), parameters)
    extra = FieldElement(7)
    bad: list[Opening] = [
        (),
        good[:-1],
        (*good, good[0]),
        (*good, ()),
        ((*good[0], extra), *good[1:]),
        (*good[:-1], (*good[-1], extra)),
    ]
    if parameters.group_transactions > 1:
        bad.append((good[0][:-1], *good[1:]))
    for opening in bad:
        assert opened(chain, tree, opening, parameters) == ErrorCode.QUEUE_OPENING_SHAPE
    given = [list(group) for group in good]
    given[-1][-1] = FieldElement(MODULUS)
    found = answer(chain, tree, "openedCommitHash", given, *shape(parameters))
    assert found == ErrorCode.FIELD_ELEMENT_NOT_CANONICAL


# Proofs


ALICE: Final = SecretKey(FieldElement(7))
"""Whose money it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What is put before one of the contracts."""

    proof: tuple[Any, ...]
    """The parts of the proof."""
    public: tuple[int, ...]
    """The public inputs."""

    def with_proof(self, index: int, value: Any) -> "Claimed":
        """Exchange a part of the proof."""
        return replace(self, proof=(*self.proof[:index], value, *self.proof[index + 1 :]))

    def with_public(self, index: int, value: int) -> "Claimed":
        """Exchange a public input."""
        return replace(self, public=(*self.public[:index], value, *self.public[index + 1 :]))


CLIENT_FORM: Final = None
BLOCK_FORM: Final = ("uint256[]", "bytes[]", "bytes")
VOID_FORM: Final = ("uint256", "bytes", "bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A contract that judges proofs."""

    chain: Chain
    """Where it is."""
    contract: Contract
    """The contract."""
    form: tuple[str, ...] | None
    """Types of the parts of a proof; None if there is one, which is not encoded."""

    def arguments(self, claimed: Claimed) -> Arguments:
        """Give what the contract takes."""
        proof = claimed.proof[0] if self.form is None else encode(self.form, claimed.proof)
        return proof, list(map(element_bytes, claimed.public))

    def verdict(self, claimed: Claimed) -> bool | str:
        """Give the answer, or the name of the error."""
        return self.verdict_of(*self.arguments(claimed))

    def verdict_of(self, *arguments: Any) -> bool | str:
        """Give the answer to bytes, or the name of the error."""
        found = answer(self.chain, self.contract, "verify", *arguments)
        assert isinstance(found, bool | str)
        return found

    def gas(self, claimed: Claimed) -> int:
        """Tell the gas of a call."""
        return gas_of(self.chain, self.contract, "verify", *self.arguments(claimed))


@cache
def block_proof(spent: tuple[FieldElement, ...], statements: tuple[Statement, ...]) -> bytes:
    """Prove what a block does to a tree of these leaves."""
    transactions = [statement.public for statement in statements]
    inputs = block.inputs_of(grown_of(spent), transactions, MINIMAL)
    return proven("block", inputs)


@cache
def grown_of(leaves: tuple[FieldElement, ...]) -> PersistentTree:
    """Make a tree of leaves."""
    return PersistentTree.of(MINIMAL.tree_depth, leaves)


def owned(psi: int, value: int = 100) -> InputNote:
    """Make a note of hers."""
    note = Note(
        kind=POLYGON_USDC,
        value=NoteValue(FieldElement(value)),
        address=note_address(ALICE),
        psi=Psi(FieldElement(psi)),
    )
    return InputNote(note=note, secret_key=ALICE)


@cache
def minting() -> Statement:
    """Make 100."""
    return builder.mint([owned(1).note])


@cache
def burning() -> Statement:
    """Unmake 100 for a payment."""
    return builder.burn([owned(2)], builder.Recipient(bytes(range(20))))


@cache
def sending() -> Statement:
    """Turn a note into another one."""
    return builder.send([owned(3)], [owned(4).note])


def leaf_of(statement: Statement) -> FieldElement:
    """Give the leaf that a transaction removes."""
    return statement.public.input_commitments[0]


def claimed_transaction(statement: Statement) -> Claimed:
    """Lay out a client's proof."""
    return Claimed(proof=(client_proof(statement),), public=tuple(statement.public.words))


def claimed_block(*statements: Statement) -> Claimed:
    """Lay out the proof of a block, for which the tree has what is needed."""
    leaves = tuple(leaf_of(each) for each in statements if leaf_of(each))
    transactions = [each.public for each in statements]
    claim = block.claim_of(grown_of(leaves), transactions, MINIMAL)
    missing = MINIMAL.block_transactions - len(statements)
    words = [word for each in transactions for word in each.words] + 9 * missing * [FieldElement(0)]
    proofs = [client_proof(each) for each in statements] + missing * [b""]
    messages = packed_messages(transactions)
    return Claimed(
        proof=(words, proofs, block_proof(leaves, statements)),
        public=(
            claim.old_root,
            claim.new_root,
            claim.commit_hash,
            *messages,
            *[0] * (MINIMAL.block_message_words - len(messages)),
        ),
    )


def claimed_void(statement: Statement, leaves: tuple[FieldElement, ...] = ()) -> Claimed:
    """Lay out the proof that a transaction can have no place on a tree of these leaves."""
    return Claimed(
        proof=(
            commit_hash([statement.public], MINIMAL),
            client_proof(statement),
            block_proof(leaves, (statement,)),
        ),
        public=(grown_of(leaves).root, *statement.public.words),
    )


@pytest.fixture(scope="module")
def blocks(chain: Chain) -> Contract:
    """Make the verifier of the smaller network's blocks."""
    keys = [encode_key(key_of(name).verification) for name in CIRCUITS]
    return deployed(chain, "KeyedBlockVerifier", *keys)


@pytest.fixture(scope="module")
def transaction_judge(chain: Chain) -> Judge:
    """Make the contract that judges clients' proofs."""
    key = encode_key(key_of("client").verification)
    verifier = deployed(chain, "KeyedPlonkVerifier", key)
    contract = deployed(chain, "TransactionProof", verifier.address)
    return Judge(chain=chain, contract=contract, form=CLIENT_FORM)


@pytest.fixture(scope="module")
def block_judge(chain: Chain, blocks: Contract) -> Judge:
    """Make the contract that judges blocks."""
    count, words = MINIMAL.block_transactions, MINIMAL.block_message_words
    contract = deployed(chain, "BlockProof", blocks.address, count, words)
    return Judge(chain=chain, contract=contract, form=BLOCK_FORM)


@pytest.fixture(scope="module")
def void_judge(chain: Chain, blocks: Contract) -> Judge:
    """Make the contract that judges what can have no place."""
    contract = deployed(chain, "VoidProof", blocks.address, MINIMAL.block_transactions)
    return Judge(chain=chain, contract=contract, form=VOID_FORM)


def assert_bytes_are_refused(judge: Judge, claimed: Claimed) -> None:
    """Refuse encodings that are cut off, and such that point elsewhere."""
    data, public = judge.arguments(claimed)
    assert judge.verdict_of(data, public) is True
    for length in (0, 1, 31, 32, 64, 96, len(data) // 2, len(data) - 64):
        assert judge.verdict_of(data[:length], public) is not True
    for place in (0, 32, 64):
        for value in (0, 31, 2**64 - 1, 2**256 - 1, 2**256 - 32):
            bent = data[:place] + value.to_bytes(32, "big") + data[place + 32 :]
            assert judge.verdict_of(bent, public) is not True


def test_a_clients_proof(transaction_judge: Judge) -> None:
    """It is for its own nine words, each of which counts, and no others."""
    judge = transaction_judge
    for statement in (sending(), burning()):
        good = claimed_transaction(statement)
        assert judge.verdict(good) is True
        for i in range(9):
            bent = good.with_public(i, good.public[i] + 1)
            assert judge.verdict(bent) == ErrorCode.PROOF_EQUATION
            bent = good.with_public(i, good.public[i] + MODULUS)
            assert judge.verdict(bent) == ErrorCode.PROOF_PUBLIC_NOT_CANONICAL
    for public in ((), good.public[:8], (*good.public, 0)):
        assert judge.verdict(replace(good, public=public)) == ErrorCode.PROOF_PUBLIC_COUNT
    other = claimed_transaction(sending())
    assert judge.verdict(replace(good, proof=other.proof)) == ErrorCode.PROOF_EQUATION
    assert judge.verdict(good.with_proof(0, b"")) == ErrorCode.PROOF_LENGTH
    assert judge.verdict(good.with_proof(0, good.proof[0] + b"\0")) == ErrorCode.PROOF_LENGTH


def test_a_block(block_judge: Judge) -> None:
    """Full ones, one with padding, one without messages."""
    for statements in ((minting(), burning()), (burning(), sending()), (minting(),), (sending(),)):
        assert block_judge.verdict(claimed_block(*statements)) is True
    assert_bytes_are_refused(block_judge, claimed_block(minting(), burning()))


def test_roots_and_commit_hash_are_the_blocks(block_judge: Judge) -> None:
    """None can be exchanged, nor may any be left out."""
    good = claimed_block(minting(), burning())
    for i in range(3):
        bent = good.with_public(i, good.public[i] + 1)
        assert block_judge.verdict(bent) == ErrorCode.PROOF_EQUATION
        bent = good.with_public(i, good.public[i] + MODULUS)
        assert block_judge.verdict(bent) == ErrorCode.PROOF_PUBLIC_NOT_CANONICAL
    for public in ((), good.public[:3], good.public[:-1], (*good.public, 0)):
        assert block_judge.verdict(replace(good, public=public)) == ErrorCode.PROOF_PUBLIC_COUNT


def test_messages_are_those_of_the_words(block_judge: Judge) -> None:
    """Every word of the area counts, the zeros after the messages too."""
    for statements in ((minting(), burning()), (minting(),), (sending(),)):
        good = claimed_block(*statements)
        for i in range(3, 3 + MINIMAL.block_message_words):
            for value in (good.public[i] + 1, good.public[i] + MODULUS, 2**255):
                assert block_judge.verdict(good.with_public(i, value)) is False
    good = claimed_block(burning(), minting())
    head, messages, tail = good.public[:3], good.public[3:12], good.public[12:]
    for area in ((*tail, *messages), (*messages[5:], *messages[:5], *tail), (0,) * 10):
        assert block_judge.verdict(replace(good, public=(*head, *area))) is False


@pytest.mark.parametrize("size", range(1, 18))
def test_the_area_ends_where_it_ends(chain: Chain, blocks: Contract, size: int) -> None:
    """Whatever its length, what follows it in the calldata is no part of it."""
    contract = deployed(chain, "BlockProof", blocks.address, MINIMAL.block_transactions, size)
    judge = Judge(chain=chain, contract=contract, form=BLOCK_FORM)
    good = claimed_block(sending())
    proof, _ = judge.arguments(good)
    public = [*good.public[:3], *[0] * size]
    begin = chain.calldata(contract, "verify", b"", [])[:4]
    # The public inputs come first, and then the length of the proof, which is not 0.
    offsets = (64 + 32 * (len(public) + 1), 64)
    words = (*offsets, len(public), *public, len(proof))
    data = begin + b"".join(map(element_bytes, words)) + proof
    message = Message(sender=chain.accounts[0], to=contract.address, data=data)
    found = chain.answer(message)
    assert found.success
    assert int.from_bytes(found.output, "big") == 1
    for i in range(size):
        bent = replace(good, public=(*public[: 3 + i], 1, *public[4 + i :]))
        assert judge.verdict(bent) is False


def test_words_and_proofs_are_the_blocks(block_judge: Judge) -> None:
    """A word that is no message, places that change their order, a proof that is missing."""
    good = claimed_block(minting(), burning())
    words, proofs, own = good.proof
    for i in (0, 2, 8, 9, 11):
        bent = good.with_proof(0, [*words[:i], words[i] + 1, *words[i + 1 :]])
        assert block_judge.verdict(bent) == ErrorCode.PROOF_EQUATION
    for i in (4, 5, 13, 17):
        bent = good.with_proof(0, [*words[:i], words[i] + 1, *words[i + 1 :]])
        assert block_judge.verdict(bent) is False
    # The messages of a block in another order are right for that block, which has no proof.
    turned = claimed_block(burning(), minting())
    swapped = replace(turned, proof=(*turned.proof[:2], own))
    assert block_judge.verdict(swapped) == ErrorCode.PROOF_EQUATION
    for part, bent_part, code in (
        (0, words[:9], ErrorCode.PROOF_PUBLIC_COUNT),
        (0, [*words, *words[:9]], ErrorCode.PROOF_PUBLIC_COUNT),
        (0, [*words, 0], ErrorCode.PROOF_PUBLIC_COUNT),
        (1, proofs[::-1], ErrorCode.PROOF_EQUATION),
        (1, proofs[:1], ErrorCode.PROOF_PUBLIC_COUNT),
        (1, [proofs[0], b""], ErrorCode.PROOF_LENGTH),
        (2, b"", ErrorCode.PROOF_LENGTH),
        (2, proofs[0], ErrorCode.PROOF_EQUATION),
    ):
        assert block_judge.verdict(good.with_proof(part, bent_part)) == code


def test_a_proof_of_invalidity_makes_no_block(block_judge: Judge) -> None:
    """What is proved is that the bit is 0; the contract says 1."""
    void = claimed_void(sending())
    digest, client, own = void.proof
    root, words = void.public[0], [*void.public[1:], *[0] * 9]
    area = [0] * MINIMAL.block_message_words
    claimed = Claimed(proof=(words, [client, b""], own), public=(root, root, digest, *area))
    assert block_judge.verdict(claimed) == ErrorCode.PROOF_EQUATION


def test_blocks_of_mainnets_size(chain: Chain) -> None:
    """An area of 1,000 words, each of which counts; only the first 30 can be messages."""
    mainnet, answers = load_preset(Preset.MAINNET), ANSWERS["block"]
    keys = (bytes_of(answers["client_key"]), bytes_of(answers["block_key"]))
    verifier = deployed(chain, "KeyedBlockVerifier", *keys)
    count, size = mainnet.block_transactions, mainnet.block_message_words
    contract = deployed(chain, "BlockProof", verifier.address, count, size)
    judge = Judge(chain=chain, contract=contract, form=BLOCK_FORM)
    for recorded in recorded_blocks():
        messages = [
            word
            for i in range(0, len(recorded.words), 9)
            for word in recorded.words[i + 4 : i + 9]
            if recorded.words[i + 4] == 3
        ]
        area = [*messages, *[0] * (size - len(messages))]
        good = Claimed(
            proof=(recorded.words, recorded.client_proofs, recorded.block_proof),
            public=(*recorded.claim[:3], *area),
        )
        assert judge.verdict(good) is True
    assert len(messages) == 30
    for i in (*range(28, 48), 500, *range(980, 1000)):
        assert judge.verdict(good.with_public(3 + i, area[i] + 1)) is False
    assert judge.gas(good) < BLOCK_GAS


def test_a_transaction_without_a_place(void_judge: Judge) -> None:
    """It spends what is not there; with the leaf there, it is the other way round."""
    void = claimed_void(sending())
    assert void_judge.verdict(void) is True
    assert_bytes_are_refused(void_judge, void)
    valid = claimed_void(sending(), (leaf_of(sending()),))
    assert void_judge.verdict(valid) == ErrorCode.PROOF_EQUATION
    repeated = claimed_void(minting(), (minting().public.output_commitments[0],))
    assert void_judge.verdict(repeated) is True


def test_a_void_transaction_is_the_one_that_is_proved(void_judge: Judge) -> None:
    """Its root, its words, its proofs: nothing can be exchanged."""
    void = claimed_void(sending())
    for i in range(10):
        bent = void.with_public(i, void.public[i] + 1)
        assert void_judge.verdict(bent) == ErrorCode.PROOF_EQUATION
        bent = void.with_public(i, void.public[i] + MODULUS)
        assert void_judge.verdict(bent) == ErrorCode.PROOF_PUBLIC_NOT_CANONICAL
    for public in ((), void.public[:9], (*void.public, 0), (*void.public, *[0] * 9)):
        assert void_judge.verdict(replace(void, public=public)) == ErrorCode.PROOF_PUBLIC_COUNT
    other = claimed_void(burning())
    for part, value, code in (
        (0, void.proof[0] + 1, ErrorCode.PROOF_EQUATION),
        (1, b"", ErrorCode.PROOF_LENGTH),
        (1, other.proof[1], ErrorCode.PROOF_EQUATION),
        (2, b"", ErrorCode.PROOF_LENGTH),
        (2, other.proof[2], ErrorCode.PROOF_EQUATION),
    ):
        assert void_judge.verdict(void.with_proof(part, value)) == code


def test_an_account_without_code_judges_nothing(chain: Chain) -> None:
    """A verifier that is not there accepts nothing."""
    nobody = chain.accounts[9]
    judges = (
        (deployed(chain, "TransactionProof", nobody), CLIENT_FORM, claimed_transaction(sending())),
        (deployed(chain, "BlockProof", nobody, 2, 10), BLOCK_FORM, claimed_block(sending())),
        (deployed(chain, "VoidProof", nobody, 2), VOID_FORM, claimed_void(sending())),
    )
    for contract, form, claimed in judges:
        judge = Judge(chain=chain, contract=contract, form=form)
        assert judge.verdict(claimed) == NO_CODE


# Code


def test_code_fits_a_contract() -> None:
    """EIP-170 allows 24,576 bytes; errors are named like codes."""
    for name in ("NoteTree", "TransactionProof", "BlockProof", "VoidProof"):
        made = read_artefact(ARTEFACTS / f"{name}.json")
        assert len(made.runtime_code) // 2 <= 24_576
        errors = {entry["name"] for entry in made.abi if entry["type"] == "error"}
        assert errors <= {str(code) for code in ErrorCode}


SOURCE: Final = """\
// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeERC20, IERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {warns} from "@warner/contracts/Warner.sol";

/// @notice Uses a package.
contract User {
    /// @notice Take tokens.
    function take(IERC20 token, uint256 amount) external {
        SafeERC20.safeTransferFrom(token, msg.sender, address(this), warns(amount));
    }
}
"""

WARNER: Final = """\
pragma solidity ^0.8.0;
function warns(uint256 amount) view returns (uint256) {
    uint256 unused;
    return amount;
}
"""


def test_packages_are_compiled_in_and_not_written(tmp_path: Path) -> None:
    """Their warnings are theirs; their digests are in the artefact, their contracts are not."""
    if (reason := missing_tool()) is not None:
        pytest.skip(reason)
    tools, sources = tmp_path / "tools", tmp_path / "contracts"
    modules = tools / "node_modules"
    warner = modules / "@warner" / "contracts"
    for folder in (sources, warner, modules / "@openzeppelin"):
        folder.mkdir(parents=True)
    for name in ("compile.js", "settings.json"):
        shutil.copy(CONTRACTS / name, tools)
    for name in ("solc", "@openzeppelin/contracts"):
        (modules / name).symlink_to(CONTRACTS / "node_modules" / name)
    (sources / "User.sol").write_text(SOURCE)
    (warner / "Warner.sol").write_text(WARNER)
    finished = run_command(["node", str(tools / "compile.js"), str(tmp_path)])
    assert finished.returncode == 0, finished.stderr
    (built,) = (sources / "build").iterdir()
    artefact = json.loads(built.read_text())
    assert artefact["contract"] == "User"
    imported = [name for name in artefact["sources"] if name.startswith("@openzeppelin/contracts/")]
    assert len(imported) >= 2
    for name in (*imported, "@warner/contracts/Warner.sol"):
        digest = hashlib.sha256((modules / name).read_bytes()).hexdigest()
        assert artefact["sources"][name] == digest
    # The same warning in a source of ours is a fault.
    (sources / "Own.sol").write_text("// SPDX-License-Identifier: MIT\n" + WARNER)
    finished = run_command(["node", str(tools / "compile.js"), str(tmp_path)])
    assert finished.returncode == 1
    assert "Unused local variable" in finished.stderr
