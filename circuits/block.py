"""
The block's circuit: what six transactions do to the note tree, whether they may or not.

It is total: nothing that the transactions say makes it unsatisfiable. A validity bit tells whether
`payy_ref.ledger.block.apply_block` accepts them, so an invalid block has a proof that it is one.
For the same reason every path that enters is bound to the root of its moment, and every judged word
is public: a prover cannot make a valid block look invalid by showing it a wrong path or other
words.

Public inputs: old root, new root, commit hash, validity bit, then the nine words of the transaction
at each place, which are the public inputs of the client's proof. The clients' proofs are verified
beside this one, on the same words. If the bit is 0, the new root is the old one.

Source: chapter ledger; deployed `noir/agg_utxo`, `noir/agg_agg`; decisions 0015 and 0021.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from typing import Final

from circuits.gadgets.bits import low_bits
from circuits.gadgets.logic import (
    assert_equal,
    complement,
    difference,
    is_equal,
    is_zero,
    product,
    select,
    sum_of,
)
from circuits.gadgets.merkle import path_root
from circuits.gadgets.poseidon2 import hash_elements
from circuits.utxo import PUBLIC_NAMES
from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode, SpecError, require
from payy_ref.ledger.block import apply_block, commit_hash, places
from payy_ref.ledger.transaction import BURN, MINT, SEND, PublicInputs
from payy_ref.merkle.kernels import slot_of
from payy_ref.merkle.tree import Tree, slot_after_insertion, slot_after_removal
from payy_ref.parameters import Parameters
from payy_ref.proofs.batch import Claim
from payy_ref.proofs.keys import VerificationKey
from payy_ref.proofs.proof import decode_proof
from payy_ref.proofs.system import Builder, Circuit, Variable

CLAIM_NAMES: Final = ("old_root", "new_root", "commit_hash", "is_valid")
"""The public inputs that come before the words of the transactions."""

COMMITMENTS: Final = 4
"""Leaves that a transaction may change: two inputs, two outputs."""

INPUTS: Final = 2
"""How many of them are removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockClaim:
    """What a block's proof says besides the words of its transactions."""

    old_root: FieldElement
    """The root before."""
    new_root: FieldElement
    """The root afterwards; the old one if the block is invalid."""
    commit_hash: FieldElement
    """What binds the block's data to its proof."""
    is_valid: bool
    """Whether the block may be applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The variables of one place, and what is known of its words."""

    words: tuple[Variable, ...]
    """The nine public words."""
    is_zero: tuple[Variable, ...]
    """A bit for each word."""
    is_padding: Variable
    """Whether nothing stands here."""
    is_mint: Variable
    """Whether it is a mint."""
    is_burn: Variable
    """Whether it is a burn."""
    is_send: Variable
    """Whether it is a send."""

    @property
    def commitments(self) -> tuple[Variable, ...]:
        """The four commitments, inputs first."""
        return self.words[:COMMITMENTS]


def circuit_name(parameters: Parameters) -> str:
    """Name the circuit of a network: presets of one size have one circuit."""
    size = f"{parameters.block_groups}x{parameters.group_transactions}"
    return f"payy-ref/block/1/{size}/depth-{parameters.tree_depth}"


def public_names(parameters: Parameters) -> tuple[str, ...]:
    """List the public inputs in their order."""
    words = [
        f"places[{place}].{name}"
        for place in range(parameters.block_transactions)
        for name in PUBLIC_NAMES
    ]
    return (*CLAIM_NAMES, *words)


@cache
def block(parameters: Parameters) -> Circuit:
    """
    Write the circuit of a network.

    Requirements:
        PAYY-CIRCUITS-011, PAYY-CIRCUITS-012
    """
    builder = Builder(circuit_name(parameters))
    public = [builder.public(name) for name in public_names(parameters)]
    old_root, new_root, claimed_hash, is_valid = public[: len(CLAIM_NAMES)]
    words = public[len(CLAIM_NAMES) :]

    some = []
    for i in range(parameters.block_transactions):
        with builder.scope(f"places[{i}]"):
            count = len(PUBLIC_NAMES)
            some.append(_place(builder, tuple(words[count * i : count * (i + 1)])))
    size = parameters.group_transactions
    groups = [some[i : i + size] for i in range(0, len(some), size)]

    conditions = [
        bit for i, place in enumerate(some) for bit in _word_conditions(builder, i, place)
    ]
    empty = [
        _all(builder, f"groups[{i}]/is_empty", [place.is_padding for place in group])
        for i, group in enumerate(groups)
    ]
    conditions += _group_conditions(builder, groups, empty)
    conditions.append(_leaves_differ(builder, some))
    root = old_root
    for i, place in enumerate(some):
        with builder.scope(f"places[{i}]"):
            for j, leaf in enumerate(place.commitments):
                update = _update(builder, root, leaf, place.is_zero[j], (i, j), parameters)
                root = update.root
                conditions.append(update.is_allowed)

    _bind_commit_hash(builder, claimed_hash, groups, empty)
    with builder.scope("claim"):
        valid = _all(builder, "all_conditions", conditions)
        assert_equal(builder, "is_valid", valid, is_valid)
        reached = select(builder, "root", valid, root, old_root)
        assert_equal(builder, "new_root", reached, new_root)
    return builder.build()


def _place(builder: Builder, words: tuple[Variable, ...]) -> _Place:
    """Find out about the words of a place what several conditions ask."""
    zeros = tuple(
        is_zero(builder, f"{name}/is_zero", word)
        for name, word in zip(PUBLIC_NAMES, words, strict=True)
    )
    kind = words[COMMITMENTS]
    return _Place(
        words=words,
        is_zero=zeros,
        is_padding=zeros[COMMITMENTS],
        is_send=is_equal(builder, "is_send", kind, builder.constant(SEND)),
        is_mint=is_equal(builder, "is_mint", kind, builder.constant(MINT)),
        is_burn=is_equal(builder, "is_burn", kind, builder.constant(BURN)),
    )


def _word_conditions(builder: Builder, index: int, place: _Place) -> list[Variable]:
    """Judge the words of a place (LEDGER-002, -003, -034); bits that are all 1 if they may be."""
    no_input_0, no_input_1, no_output_0, no_output_1, _, *no_words = place.is_zero
    no_note_kind, no_value, no_hash, no_burn_address = no_words
    with builder.scope(f"places[{index}]"):
        with builder.scope("kind"):
            for_l1 = sum_of(builder, "is_mint_or_burn", place.is_mint, place.is_burn)
            real = sum_of(builder, "is_transaction", for_l1, place.is_send)
            known = sum_of(builder, "is_known", real, place.is_padding)
        with builder.scope("carried"):
            no_leaves = _all(
                builder, "no_commitments", [no_input_0, no_input_1, no_output_0, no_output_1]
            )
            empty = _implies(builder, "padding_is_empty", place.is_padding, no_leaves)
            no_message = _all(builder, "no_message", [no_note_kind, no_value, no_hash])
            unused = complement(builder, "is_not_for_l1", for_l1)
            carried = _implies(builder, "message_is_for_l1", unused, no_message)
            pays_nobody = complement(builder, "is_not_burn", place.is_burn)
            address = _implies(builder, "address_is_of_burn", pays_nobody, no_burn_address)
        with builder.scope("value"):
            # No kind implies no value.
            has_kind = _implies(builder, "has_kind", no_note_kind, no_value)
    return [known, empty, carried, address, has_kind]


def _group_conditions(
    builder: Builder, groups: Sequence[Sequence[_Place]], empty: Sequence[Variable]
) -> list[Variable]:
    """Let groups in use begin with a transaction, and empty ones come last (LEDGER-004)."""
    conditions = []
    for i, (group, is_empty) in enumerate(zip(groups, empty, strict=True)):
        name = f"groups[{i}]/begins"
        conditions.append(_implies(builder, name, group[0].is_padding, is_empty))
    for i, (before, after) in enumerate(pairwise(empty)):
        conditions.append(_implies(builder, f"groups[{i}]/is_followed", before, after))
    return conditions


def _leaves_differ(builder: Builder, some: Sequence[_Place]) -> Variable:
    """
    Tell whether no leaf occurs twice, padding aside (LEDGER-005).

    The product of all differences is not 0 then; for two zeros the difference counts as 1.
    """
    leaves = [
        (leaf, place.is_zero[j]) for place in some for j, leaf in enumerate(place.commitments)
    ]
    total = builder.constant(1)
    for (i, (first, no_first)), (j, (second, no_second)) in combinations(enumerate(leaves), 2):
        with builder.scope(f"leaves[{i},{j}]"):
            gap = difference(builder, "gap", first, second)
            gap = builder.arithmetic("or_both_zero", (1, 0, 1, 0), no_first, no_second, gap)
            total = product(builder, "all_so_far", total, gap)
    repeated = is_zero(builder, "leaves/repeated", total)
    return complement(builder, "leaves/differ", repeated)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Update:
    """What one change of a leaf comes to."""

    root: Variable
    """The root afterwards, whether the leaf was changed or not."""
    is_allowed: Variable
    """Whether the change was allowed, or there was none."""


def _update(
    builder: Builder,
    root: Variable,
    leaf: Variable,
    is_nothing: Variable,
    position: tuple[int, int],
    parameters: Parameters,
) -> _Update:
    """
    Remove or insert a leaf where its bits say, if what stands there allows it (LEDGER-006).

    What stands there is the prover's to say, but it has to lead to the root. Without a leaf, and if
    the change is not allowed, the slot stays as it is.

    Requirements:
        PAYY-CIRCUITS-013
    """
    i, j = position
    names = change_names(i, j, parameters)
    occupant, *siblings = [builder.private(name) for name in names]
    is_removal = j < INPUTS
    with builder.scope(f"removal[{j}]" if is_removal else f"insertion[{j - INPUTS}]"):
        slot = low_bits(builder, "slot", leaf, parameters.tree_depth)
        before = path_root(builder, "before", occupant, slot, siblings)
        assert_equal(builder, "path_leads_to_root", before, root)
        if is_removal:
            fits = is_equal(builder, "is_there", occupant, leaf)
        else:
            fits = is_zero(builder, "is_free", occupant)
        is_something = complement(builder, "is_leaf", is_nothing)
        happens = product(builder, "happens", is_something, fits)
        new_leaf = builder.constant(0) if is_removal else leaf
        after = select(builder, "leaf_after", happens, new_leaf, occupant)
        return _Update(
            root=path_root(builder, "after", after, slot, siblings),
            is_allowed=_implies(builder, "is_allowed", is_something, fits),
        )


def _bind_commit_hash(
    builder: Builder,
    claimed: Variable,
    groups: Sequence[Sequence[_Place]],
    empty: Sequence[Variable],
) -> None:
    """
    Let the commit hash be the hash of the groups' hashes, 0 for an empty group (LEDGER-007).

    Requirements:
        PAYY-CIRCUITS-014
    """
    hashes = []
    for i, (group, is_empty) in enumerate(zip(groups, empty, strict=True)):
        with builder.scope(f"groups[{i}]"):
            parts = [
                hash_elements(builder, f"commitments[{j}]", place.commitments)
                for j, place in enumerate(group)
            ]
            digest = hash_elements(builder, "hash", parts)
            in_use = complement(builder, "is_in_use", is_empty)
            hashes.append(product(builder, "hash_or_zero", in_use, digest))
    with builder.scope("claim"):
        computed = hash_elements(builder, "commit_hash_of_groups", hashes)
        assert_equal(builder, "commit_hash", computed, claimed)


def _implies(builder: Builder, name: str, condition: Variable, conclusion: Variable) -> Variable:
    """Tell of two bits whether the second is set if the first is: 1 - a + a b."""
    return builder.arithmetic(name, (1, -1, 0, 1), condition, conclusion)


def _all(builder: Builder, name: str, bits: Sequence[Variable]) -> Variable:
    """Tell whether all of some bits are set."""
    with builder.scope(name):
        result = bits[0]
        for i, bit in enumerate(bits[1:], start=1):
            result = product(builder, f"to[{i}]", result, bit)
        return result


def change_names(place: int, commitment: int, parameters: Parameters) -> tuple[str, ...]:
    """Name the private inputs of one change: what stands in its slot, then the siblings."""
    prefix = f"places[{place}].changes[{commitment}]"
    siblings = [f"{prefix}.siblings[{level}]" for level in range(parameters.tree_depth)]
    return (f"{prefix}.occupant", *siblings)


def claim_of(
    tree: Tree, transactions: Sequence[PublicInputs], parameters: Parameters
) -> BlockClaim:
    """
    Judge a block by chapter ledger, and say what its proof has to say.

    Requirements:
        PAYY-CIRCUITS-011, PAYY-CIRCUITS-012

    Raises:
        SpecError: `LEDGER_BLOCK_TOO_LARGE`.
    """
    # CHECK
    require(len(transactions) <= parameters.block_transactions, ErrorCode.LEDGER_BLOCK_TOO_LARGE)

    # COMPUTE
    try:
        new_root, is_valid = apply_block(tree, transactions, parameters).new_root, True
    except SpecError:
        new_root, is_valid = tree.root, False
    return BlockClaim(
        old_root=tree.root,
        new_root=new_root,
        commit_hash=commit_hash(transactions, parameters),
        is_valid=is_valid,
    )


def public_inputs_of(
    claim: BlockClaim, transactions: Sequence[PublicInputs], parameters: Parameters
) -> list[int]:
    """
    Lay out a claim and the words of a block's places as the public inputs of its proof.

    Requirements:
        PAYY-CIRCUITS-011
    """
    filled = [place for group in places(transactions, parameters) for place in group]
    words = [word for place in filled for word in place.words]
    return [claim.old_root, claim.new_root, claim.commit_hash, int(claim.is_valid), *words]


def proofs_of_block(
    client: VerificationKey,
    block_key: VerificationKey,
    claim: Sequence[int],
    words: Sequence[int],
    client_proofs: Sequence[bytes],
    block_proof: bytes,
) -> list[Claim]:
    """
    Lay out what has to be verified of a block: its clients' proofs, and its own, last.

    Args:
        client: key of the client's circuit.
        block_key: key of the block's circuit.
        claim: old root, new root, commit hash, validity bit.
        words: nine for each place.
        client_proofs: one for each place; empty for padding.
        block_proof: the block's own.

    Requirements:
        PAYY-CIRCUITS-032

    Raises:
        SpecError: `PROOF_PUBLIC_COUNT`, `PROOF_LENGTH`, and those of `decode_proof`.
    """
    count = len(PUBLIC_NAMES)

    # CHECK
    proofs = [decode_proof(proof) if proof else None for proof in client_proofs]
    own = Claim(key=block_key, public=[*claim, *words], proof=decode_proof(block_proof))
    fits = len(claim) == len(CLAIM_NAMES) and len(words) == count * len(proofs)
    require(fits, ErrorCode.PROOF_PUBLIC_COUNT)
    groups = [words[start : start + count] for start in range(0, len(words), count)]
    pairs = list(zip(proofs, groups, strict=True))
    is_proven = all(proof is not None or not any(group) for proof, group in pairs)
    require(is_proven, ErrorCode.PROOF_LENGTH)

    # COMPUTE
    claims = [
        Claim(key=client, public=group, proof=proof) for proof, group in pairs if proof is not None
    ]
    return [*claims, own]


def inputs_of(
    tree: Tree,
    transactions: Sequence[PublicInputs],
    parameters: Parameters,
    claim: BlockClaim | None = None,
) -> dict[str, int]:
    """
    Lay out a block and the paths of its leaves as the inputs of the circuit.

    Changes that are not allowed are skipped, as in the circuit.

    Args:
        claim: what the proof is to say; what chapter ledger says if nothing is given.
    """
    claim = claim or claim_of(tree, transactions, parameters)
    public = public_inputs_of(claim, transactions, parameters)
    values: dict[str, int] = dict(zip(public_names(parameters), public, strict=True))
    filled = [place for group in places(transactions, parameters) for place in group]
    for i, place in enumerate(filled):
        for j, leaf in enumerate(place.commitments):
            slot = slot_of(leaf, 2**tree.depth)
            occupant = tree.leaf_at(slot)
            path = (occupant, *tree.siblings_at(slot))
            values |= zip(change_names(i, j, parameters), path, strict=True)
            rule = slot_after_removal if j < INPUTS else slot_after_insertion
            try:
                tree = tree.with_slots({slot: rule(occupant, leaf)})
            except SpecError:
                continue
    return values
