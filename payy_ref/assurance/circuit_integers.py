"""
Lemmas on circuits that speak of integers: no multiple of p comes between a number and its digits.

The finite-field solver shows what one row says (`circuit_gadgets`). How digits make numbers, and
how limbs are compared, is a matter of integers below p. Equations of rows are read from the
gadgets; what other gadgets say of their cells, ranges and bits, is a hypothesis.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import z3  # type: ignore[import-untyped]

from circuits.utxo import VALUE_BITS, utxo
from payy_ref.assurance.circuit_determinism import (
    LOW_BITS_ROWS,
    low_bits_bounds,
    low_bits_circuit,
    low_bits_variables,
)
from payy_ref.assurance.obligations import Claim, lemma
from payy_ref.assurance.symbolic import Term, Translator
from payy_ref.crypto.field import MODULUS
from payy_ref.parameters import Preset, load_preset
from payy_ref.proofs.gates import DIGIT_BASE
from payy_ref.proofs.system import System, Variable

CHAIN: Final = (
    "circuit_determinism applies the steps of digits and bits along the rows of each number"
)
INPUT_VALUES: Final = "values of spent notes were in range when the notes were made"


def below(bound: Term, *values: Term) -> Term:
    """Say that integers are not negative and below a bound."""
    return z3.And(*(z3.And(value >= 0, value < bound) for value in values))


def row_equation(system: System, label: str, names: Mapping[Variable, Term]) -> Term:
    """
    State a linear arithmetic row over the integers: both sides differ by a multiple of p.

    Raises:
        ValueError: the row has a product.
    """
    row = system.row_of(label)
    q0, *rest = (_centred(column[row]) for column in system.constants)
    if q0:
        raise ValueError(f"{label} is not linear")
    w0, _, w2, w3 = (names.get(Variable(int(v)), z3.IntVal(0)) for v in system.cells[:, row])
    return rest[0] * w0 + rest[1] * w2 + rest[2] - w3 == MODULUS * z3.Int(f"multiple_{label}")


def _centred(value: int) -> int:
    return value - MODULUS if 2 * value > MODULUS else value


# Numbers from digits


@lemma("PAYY-CIRCUITS-T02", assumptions=[CHAIN])
def digit_step(_: Translator) -> Claim:
    """A number is determined by the number with a digit appended, which has room below p."""
    numbers, digits, multiples = z3.Ints("a b"), z3.Ints("digit_a digit_b"), z3.Ints("k l")
    after, bound = z3.Ints("after bound")
    return Claim(
        hypotheses={
            "numbers below the bound": below(bound, *numbers),
            "a digit is appended": below(DIGIT_BASE, *digits),
            "there is room below p": DIGIT_BASE * bound <= MODULUS,
            "field elements": below(MODULUS, after),
            "the gate": z3.And(
                *(
                    after == DIGIT_BASE * number + digit - MODULUS * multiple
                    for number, digit, multiple in zip(numbers, digits, multiples, strict=True)
                )
            ),
        },
        conclusion=z3.And(numbers[0] == numbers[1], after < DIGIT_BASE * bound),
    )


@lemma("PAYY-CIRCUITS-T02", assumptions=[CHAIN])
def bit_step(_: Translator) -> Claim:
    """A bit and the number below it are determined by both together, which have room below p."""
    numbers, bits, multiples = z3.Ints("a b"), z3.Bools("bit_a bit_b"), z3.Ints("k l")
    after, weight = z3.Ints("after weight")
    return Claim(
        hypotheses={
            "numbers below the weight": below(weight, *numbers),
            "there is room below p": 2 * weight <= MODULUS,
            "field elements": below(MODULUS, after),
            "the row": z3.And(
                *(
                    after == number + z3.If(bit, weight, 0) - MODULUS * multiple
                    for number, bit, multiple in zip(numbers, bits, multiples, strict=True)
                )
            ),
        },
        conclusion=z3.And(numbers[0] == numbers[1], bits[0] == bits[1], below(2 * weight, after)),
    )


# The one decomposition of a field element


def canonical_low_bits(count: int) -> Claim:
    """State that the limbs of `low_bits` are quotient and remainder; the borrow follows."""
    system = low_bits_circuit(count).system
    terms = {name: z3.Int(name) for name in low_bits_variables(count)}
    names = {variable: terms[name] for name, variable in low_bits_variables(count).items()}
    value, low, high, borrow = (terms[name] for name in ("value", "low", "high", "borrow"))
    linear = [label for label in LOW_BITS_ROWS if label != "borrow_is_bit"]
    ranges = {
        f"{name} in range": below(bound, terms[name])
        for name, bound in low_bits_bounds(count).items()
    }
    return Claim(
        hypotheses={
            "value is a field element": below(MODULUS, value),
            **ranges,
            **{label: row_equation(system, f"gadget/{label}", names) for label in linear},
            "borrow_is_bit": below(2, borrow),
        },
        conclusion=z3.And(
            low == value % 2**count,
            high == value / 2**count,
            (borrow == 1) == (low > (MODULUS - 1) % 2**count),
        ),
    )


@lemma("PAYY-CIRCUITS-T02")
def low_bits_of_mainnet(_: Translator) -> Claim:
    """At the depth of mainnet's tree, limbs are quotient and remainder of the value itself."""
    return canonical_low_bits(load_preset(Preset.MAINNET).tree_depth)


@lemma("PAYY-CIRCUITS-T02")
def low_bits_of_minimal(_: Translator) -> Claim:
    """At the depth of the small tree, limbs are quotient and remainder of the value itself."""
    return canonical_low_bits(load_preset(Preset.MINIMAL).tree_depth)


# Amounts


def conserved(labels: Sequence[str], gap: str) -> Claim:
    """State that a balance in the field is one of amounts, from the rows of both of its sums."""
    system = utxo().system
    rows = ["sums/inputs", "sums/outputs", *labels, gap]
    variables = {int(v) for label in rows for v in system.cells[:, system.row_of(label)] if v >= 0}
    names = {Variable(v): z3.Int(f"v{v}") for v in sorted(variables)}

    def cell(label: str, wire: int) -> Term:
        return names[Variable(int(system.cells[wire, system.row_of(label)]))]

    spent = [cell("sums/inputs", wire) for wire in (0, 2)]
    made = [cell("sums/outputs", wire) for wire in (0, 2)]
    message = [cell(label, 2) for label in labels]
    sums = {"inputs_and_value": spent, "outputs_and_value": made}
    for label, value in zip(labels, message, strict=True):
        sums[label.partition("/")[2]].append(value)
    return Claim(
        hypotheses={
            **{label: row_equation(system, label, names) for label in rows},
            "gap is 0": cell(gap, 3) == 0,
            "field elements": below(MODULUS, *names.values()),
            "values in range": below(2**VALUE_BITS, *spent, *made, *message),
        },
        conclusion=z3.Sum(spent) == z3.Sum(made),
    )


@lemma("PAYY-CIRCUITS-T04", part="amounts of a send", assumptions=[INPUT_VALUES])
def send_conserves(_: Translator) -> Claim:
    """What a send spends and makes is one amount, as integers."""
    return conserved([], "send/balanced/gap")


@lemma("PAYY-CIRCUITS-T04", part="amounts of a mint", assumptions=[INPUT_VALUES])
def mint_conserves(_: Translator) -> Claim:
    """What a mint spends, with its value, and what it makes is one amount, as integers."""
    return conserved(["mint/inputs_and_value"], "mint/balanced/gap")


@lemma("PAYY-CIRCUITS-T04", part="amounts of a burn", assumptions=[INPUT_VALUES])
def burn_conserves(_: Translator) -> Claim:
    """What a burn spends, and what it makes with its value, is one amount, as integers."""
    return conserved(["burn/outputs_and_value"], "burn/balanced/gap")
