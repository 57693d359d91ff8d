"""Lemmas on residues, on the sponge's capacity and on the packing of kinds."""

from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.obligations import Claim, lemma
from payy_ref.assurance.symbolic import Translator
from payy_ref.crypto.field import MODULUS, reduce
from payy_ref.crypto.poseidon2 import capacity
from payy_ref.ledger.kind import pack_kind

ADDRESS: Final = "reading 20 bytes as a big-endian integer is injective and gives 160 bits"


@lemma("PAYY-HASH-T04")
def reduction_is_idempotent(read: Translator) -> Claim:
    """A residue is its own residue."""
    value = z3.Int("value")
    once = read.call(reduce, value)
    return Claim(conclusion=read.call(reduce, once) == once, hypotheses={})


@lemma("PAYY-HASH-T02", part="the sum of a cell and one input, as the readable sponge forms it")
def absorption_sees_residues(read: Translator) -> Claim:
    """Two inputs of one residue change a cell of the state in the same way."""
    cell, first, second = z3.Ints("cell first second")
    return Claim(
        hypotheses={
            "same residue": read.call(reduce, first) == read.call(reduce, second),
        },
        conclusion=read.call(reduce, cell + first) == read.call(reduce, cell + second),
    )


@lemma("PAYY-HASH-T03")
def capacity_separates_counts(read: Translator) -> Claim:
    """Inputs of different numbers start from different capacity cells, as field elements too."""
    first, second = z3.Ints("first second")
    cells = [read.call(reduce, read.call(capacity, count)) for count in (first, second)]
    return Claim(
        hypotheses={
            "first count allowed": z3.And(first >= 1, first <= 128),
            "second count allowed": z3.And(second >= 1, second <= 128),
            "cells agree": cells[0] == cells[1],
        },
        conclusion=first == second,
    )


@lemma("PAYY-NOTES-T01", assumptions=[ADDRESS])
def kinds_are_field_elements(read: Translator) -> Claim:
    """A kind is below the modulus, so that entering a circuit does not change it; it is not 0."""
    chain, token = z3.Ints("chain token")
    kind = read.call(pack_kind, chain, token)
    return Claim(
        hypotheses={
            "chain id has 64 bits": z3.And(chain >= 0, chain < 2**64),
            "token has 160 bits": z3.And(token >= 0, token < 2**160),
        },
        conclusion=z3.And(kind > 0, kind < MODULUS),
    )


@lemma("PAYY-NOTES-T01", assumptions=[ADDRESS])
def kinds_tell_tokens_apart(read: Translator) -> Claim:
    """Two tokens with one kind are the same token on the same chain."""
    chains, tokens = z3.Ints("chain other_chain"), z3.Ints("token other_token")
    kinds = [read.call(pack_kind, c, t) for c, t in zip(chains, tokens, strict=True)]
    return Claim(
        hypotheses={
            "tokens have 160 bits": z3.And(*(z3.And(t >= 0, t < 2**160) for t in tokens)),
            "kinds agree": kinds[0] == kinds[1],
        },
        conclusion=z3.And(chains[0] == chains[1], tokens[0] == tokens[1]),
    )
