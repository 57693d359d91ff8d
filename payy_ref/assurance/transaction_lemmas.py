"""
Lemmas on the balance and the kind of transactions, and on value in the ledger.

What a rule demands is read from its source: the call of `sums_agree` in `check_send`, `check_mint`
and `check_burn`, with the sums of the notes' values in place of `input_value` and `output_value`,
and what `check_transactions` demands of value. The other checks stand as hypotheses.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import reduce as fold
from itertools import combinations
from typing import Final

import z3  # type: ignore[import-untyped]

from payy_ref.assurance.obligations import Claim, Models, lemma
from payy_ref.assurance.source_hash import Function, definition
from payy_ref.assurance.symbolic import Names, Term, Translator, UntranslatableError
from payy_ref.crypto.field import FieldElement
from payy_ref.ledger.block import check_transactions
from payy_ref.ledger.kernels import kinds_agree, sums_agree
from payy_ref.ledger.note import VALUE_LIMIT
from payy_ref.ledger.transaction import (
    BURN,
    MINT,
    SEND,
    check_burn,
    check_mint,
    check_send,
    input_value,
    output_value,
)

SUMS: Final = "input_value and output_value add the values of both notes of their side"
RANGES: Final = (
    "check_statement refuses outputs and message values of VALUE_LIMIT or more, and values are not "
    "negative (PAYY-TRANSACTIONS-004, PAYY-TRANSACTIONS-006)"
)
LEAVES: Final = "inputs are leaves, which were outputs once (PAYY-LEDGER-T16)"
PAIRS: Final = "check_statement puts each two of the four notes to kinds_agree"
TRANSACTIONS: Final = "induction over the transactions of all blocks joins the steps"
ONE_NOTE: Final = "a leaf stands for one note: commitments do not collide"
CHANGES: Final = (
    "a block removes its input leaves and inserts its output leaves, no leaf twice "
    "(PAYY-LEDGER-T02, PAYY-LEDGER-T04)"
)
Values = tuple[Term, Term]
"""The values of both notes of a side."""

Transfer = tuple[Values, Values]
"""The values of inputs and of outputs: all that a balance needs of a statement."""


def modelled_input_value(transfer: Transfer) -> Term:
    """Stand for `input_value`."""
    return transfer[0][0] + transfer[0][1]


def modelled_output_value(transfer: Transfer) -> Term:
    """Stand for `output_value`."""
    return transfer[1][0] + transfer[1][1]


SUM_MODELS: Final[Models] = {
    input_value: modelled_input_value,
    output_value: modelled_output_value,
}


class _Words(ast.NodeTransformer):
    """Writes names for words of the message, since terms have no attributes."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Replace `message.value` by `message_value`, whatever has the message."""
        *_, owner, word = ast.unparse(node).split(".")
        return ast.Name(f"message_{word}") if owner == "message" else node


def as_written(
    read: Translator, rule: Function, is_meant: Callable[[ast.AST], bool], names: Names
) -> Term:
    """
    Read the one expression of a rule that is meant.

    Raises:
        UntranslatableError: there is none, or there are several.
    """
    found = [node for node in ast.walk(definition(rule)) if is_meant(node)]
    if len(found) != 1:
        raise UntranslatableError(f"{rule.__name__} has {len(found)} expressions of the kind")
    read.functions[rule] = None
    return read.expression(ast.unparse(_Words().visit(deepcopy(found[0]))), names, rule)


def balance(read: Translator, rule: Function, transfer: Transfer, message_value: Term) -> Term:
    """Read what a rule demands of sums."""
    names = {"statement": transfer, "message_value": message_value}
    return as_written(read, rule, _compares_sums, names)


def _compares_sums(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == sums_agree.__name__


def in_range(*values: Term) -> Term:
    """Say that values are below the limit."""
    return z3.And(*(z3.And(value >= 0, value < VALUE_LIMIT) for value in values))


def unknown_transfer() -> Transfer:
    """Give the values of any four notes."""
    inputs, outputs = z3.Ints("input_0 input_1"), z3.Ints("output_0 output_1")
    return (inputs[0], inputs[1]), (outputs[0], outputs[1])


# Balance


@lemma("PAYY-TRANSACTIONS-T02", assumptions=[SUMS, RANGES, LEAVES], models=SUM_MODELS)
def send_balances(read: Translator) -> Claim:
    """The outputs of a send are worth its inputs, without the modulus."""
    transfer = unknown_transfer()
    inputs, outputs = transfer
    return Claim(
        hypotheses={
            "inputs in range": in_range(*inputs),
            "outputs in range": in_range(*outputs),
            "sums agree": balance(read, check_send, transfer, z3.Int("message_value")),
        },
        conclusion=sum(inputs) == sum(outputs),
    )


@lemma("PAYY-TRANSACTIONS-T02", assumptions=[SUMS, RANGES, LEAVES], models=SUM_MODELS)
def mint_balances(read: Translator) -> Claim:
    """The outputs of a mint are worth its inputs and the minted value, without the modulus."""
    transfer, minted = unknown_transfer(), z3.Int("message_value")
    inputs, outputs = transfer
    return Claim(
        hypotheses={
            "inputs in range": in_range(*inputs),
            "outputs in range": in_range(*outputs),
            "message value in range": in_range(minted),
            "sums agree": balance(read, check_mint, transfer, minted),
        },
        conclusion=sum(inputs) + minted == sum(outputs),
    )


@lemma("PAYY-TRANSACTIONS-T02", assumptions=[SUMS, RANGES, LEAVES], models=SUM_MODELS)
def burn_balances(read: Translator) -> Claim:
    """The inputs of a burn are worth its outputs and the burned value, without the modulus."""
    transfer, burned = unknown_transfer(), z3.Int("message_value")
    inputs, outputs = transfer
    return Claim(
        hypotheses={
            "inputs in range": in_range(*inputs),
            "outputs in range": in_range(*outputs),
            "message value in range": in_range(burned),
            "sums agree": balance(read, check_burn, transfer, burned),
        },
        conclusion=sum(inputs) == sum(outputs) + burned,
    )


# Kinds


def pairs_agree(read: Translator, kinds: Sequence[Term]) -> Term:
    """Put each two kinds to `kinds_agree`."""
    return z3.And(*(read.call(kinds_agree, a, b) for a, b in combinations(kinds, 2)))


def first_kind(kinds: Sequence[Term]) -> Term:
    """Give the first kind that is not padding, 0 if there is none."""
    return fold(lambda later, kind: z3.If(kind != 0, kind, later), reversed(kinds), z3.IntVal(0))


def deployed_kinds_agree(kinds: Sequence[Term]) -> Term:
    """State the deployed loop: the first kind that is not padding is held against later ones."""
    first, is_multiple = z3.IntVal(0), z3.BoolVal(val=False)
    for kind in kinds:
        is_new = z3.And(z3.Not(is_multiple), kind != 0)
        is_multiple = z3.Or(is_multiple, z3.And(is_new, first != 0, first != kind))
        first = z3.If(z3.And(is_new, first == 0), kind, first)
    return z3.Not(is_multiple)


@lemma("PAYY-TRANSACTIONS-T03", assumptions=[PAIRS])
def notes_have_one_kind(read: Translator) -> Claim:
    """There is one kind that every note has, unless it is padding."""
    kinds = z3.Ints("kind_0 kind_1 kind_2 kind_3")
    return Claim(
        hypotheses={"each two agree": pairs_agree(read, kinds)},
        conclusion=z3.And(*(z3.Or(kind == 0, kind == first_kind(kinds)) for kind in kinds)),
    )


@lemma("PAYY-TRANSACTIONS-T03", assumptions=[PAIRS])
def pairs_say_what_the_deployed_loop_says(read: Translator) -> Claim:
    """Each two kinds agree if and only if the deployed loop finds one kind."""
    kinds = z3.Ints("kind_0 kind_1 kind_2 kind_3")
    return Claim(hypotheses={}, conclusion=pairs_agree(read, kinds) == deployed_kinds_agree(kinds))


# Ledger


def _decides_about_kind(node: ast.AST) -> bool:
    return isinstance(node, ast.BoolOp) and "note_kind" in ast.unparse(node)


class Step:
    """One proven transaction, and what it does to the value of one kind."""

    def __init__(self, read: Translator) -> None:
        self.kind = z3.Int("kind")
        transfer = unknown_transfer()
        self.inputs, self.outputs = transfer
        self.input_kinds = z3.Ints("input_kind_0 input_kind_1")
        self.output_kinds = z3.Ints("output_kind_0 output_kind_1")
        self.what, self.note_kind, self.value = z3.Ints("message_kind note_kind message_value")
        kinds = (*self.input_kinds, *self.output_kinds)
        notes = zip(kinds, (*self.inputs, *self.outputs), strict=True)
        rules = {SEND: check_send, MINT: check_mint, BURN: check_burn}
        balances = {what: balance(read, rule, transfer, self.value) for what, rule in rules.items()}
        named = {MINT: self.output_kinds[0], BURN: self.input_kinds[0]}
        self.checked = {
            "a kind of notes": self.kind != 0,
            "leaves in range": in_range(*self.inputs),
            "outputs in range": in_range(*self.outputs),
            "message value in range": in_range(self.value),
            "kind known": z3.Or(*(self.what == what for what in rules)),
            "padding has no value": z3.And(*(z3.Or(k != 0, v == 0) for k, v in notes)),
            "each two agree": pairs_agree(read, kinds),
            "sums agree": self.implied(balances),
            "message names the kind of its note": self.implied(
                {what: self.note_kind == kind for what, kind in named.items()}
            ),
            "value has a kind": as_written(
                read,
                check_transactions,
                _decides_about_kind,
                {"message_value": self.value, "message_note_kind": self.note_kind},
            ),
        }

    def implied(self, by_kind: Mapping[FieldElement, Term]) -> Term:
        """Say of each kind of transaction what holds of it."""
        return z3.And(*(z3.Implies(self.what == what, term) for what, term in by_kind.items()))

    def unspent_after(self, unspent: Term) -> Term:
        """Give the unspent value of the kind after the transaction."""
        spent = self.of_kind(self.input_kinds, self.inputs)
        return unspent - spent + self.of_kind(self.output_kinds, self.outputs)

    def of_kind(self, kinds: Sequence[Term], values: Sequence[Term]) -> Term:
        """Sum the values of the kind."""
        return z3.Sum([z3.If(k == self.kind, v, 0) for k, v in zip(kinds, values, strict=True)])

    def stated(self, what: FieldElement) -> Term:
        """Give what the message says is minted, or burned, of the kind."""
        is_stated = z3.And(self.what == what, self.note_kind == self.kind)
        return z3.If(is_stated, self.value, 0)


@lemma(
    "PAYY-LEDGER-T01",
    assumptions=[SUMS, RANGES, PAIRS, TRANSACTIONS, ONE_NOTE, CHANGES],
    models=SUM_MODELS,
)
def transaction_conserves_value(read: Translator) -> Claim:
    """Unspent value of a kind is what was minted of it less what was burned, one step on too."""
    step = Step(read)
    unspent, minted, burned = z3.Ints("unspent minted burned")
    return Claim(
        hypotheses={**step.checked, "induction": unspent == minted - burned},
        conclusion=step.unspent_after(unspent)
        == minted + step.stated(MINT) - burned - step.stated(BURN),
    )


@lemma("PAYY-LEDGER-T01", assumptions=[RANGES, TRANSACTIONS, CHANGES])
def leaves_stay_in_range(_: Translator) -> Claim:
    """Every leaf is worth less than the limit, one step on too; the next step needs it."""
    before, leaf = z3.Ints("leaf_before leaf_after")
    outputs = unknown_transfer()[1]
    return Claim(
        hypotheses={
            "induction": in_range(before),
            "outputs in range": in_range(*outputs),
            "a leaf stood before or is an output": z3.Or(
                *(leaf == value for value in (before, *outputs))
            ),
        },
        conclusion=in_range(leaf),
    )
