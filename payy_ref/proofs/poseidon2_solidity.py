"""
The permutation of Poseidon2 in Solidity.

It is written out from `payy_ref.crypto.poseidon2`, statement by statement, with every constant
where it is used: nothing is counted, and only the state is in memory. As in `solidity`, every
expression has a known maximum, and a sum is reduced only where it could reach 2^256.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import hash_elements
from payy_ref.crypto.poseidon2 import (
    FULL_ROUNDS,
    INTERNAL_DIAGONAL,
    PARTIAL_ROUNDS,
    WIDTH,
    capacity,
    round_constants,
)
from payy_ref.proofs.solidity import Term, layout, product, total

FOLDER: Final = "contracts/settlement"
"""Where the source lies; the compiler hashes its name into the code."""

FILE: Final = "Poseidon2.sol"
"""What it is called."""

_INDENT: Final = 12
"""Where statements begin."""

_INNER: Final = 4
"""How much further statements of an inner block begin."""

_COMMITMENTS: Final = 4
"""Commitments of a transaction."""


def _below_modulus(text: str) -> Term:
    """Name a value that is known to be below the modulus."""
    return Term(text=text, maximum=MODULUS - 1)


_CELLS: Final = tuple(_below_modulus(name) for name in "abcd")
"""The cells as they come in."""

_DIAGONAL: Final = tuple(_below_modulus(f"D{i}") for i in range(WIDTH))
"""The multiples of the linear layer of partial rounds."""

_NO_CONSTANTS: Final = (0,)
"""What follows the last round."""


@dataclass(slots=True)
class PermutationWriter:
    """
    Turns the steps of the permutation into Yul statements.

    Constants are added by the linear layer before their round. A full round leaves the cells in
    other variables than it found them in, because moving them would cost gas.
    """

    cells: tuple[Term, ...] = _CELLS
    """The state: the variable of each cell, and how large its value can be."""
    lines: list[str] = field(default_factory=list)
    """The statements so far."""

    def permutation(self) -> None:
        """Write all of it; every cell is below the modulus at the beginning and at the end."""
        constants = round_constants()
        begin, end = FULL_ROUNDS // 2, FULL_ROUNDS // 2 + PARTIAL_ROUNDS
        a, b, c, d = self.cells
        self.lines.append("// The linear layer before the rounds")
        self.mix(self.assign(a, total(a, b)), b, self.assign(c, total(c, d)), d, constants[0])
        for i, following in enumerate([*constants[1:], _NO_CONSTANTS]):
            is_partial = begin <= i < end
            self.lines.append(f"// Round {i}: {'partial' if is_partial else 'full'}")
            (self.partial_round if is_partial else self.full_round)(following)

    def assign(self, variable: Term, value: Term) -> Term:
        """Put a value into a variable."""
        self.lines.append(f"{variable.text} := {value.text}")
        return Term(text=variable.text, maximum=value.maximum)

    def declare(self, name: str, value: Term) -> Term:
        """Put a value into a new variable."""
        self.lines.append(f"let {name} := {value.text}")
        return Term(text=name, maximum=value.maximum)

    def fifth_power(self, cell: Term) -> Term:
        """Square a cell; give an expression of its fifth power."""
        square = self.declare("square", product(cell, cell))
        return product(product(square, square), cell)

    def full_round(self, following: Sequence[int]) -> None:
        """
        Apply the S-box to every cell, then the linear layer.

        Args:
            following: The constants of the next round.
        """
        a, b, c, d = self.cells
        b, d = self.raised(b, None), self.raised(d, None)
        self.mix(self.raised(a, b), b, self.raised(c, d), d, following)

    def raised(self, cell: Term, addend: Term | None) -> Term:
        """Put the fifth power of a cell into its variable, or the sum of that and another cell."""
        self.lines.append("{")
        power = self.fifth_power(cell)
        value = self.assign(cell, total(power, addend) if addend else power)
        self.lines.append("}")
        return value

    def mix(self, ab: Term, b: Term, cd: Term, d: Term, following: Sequence[int]) -> None:
        """
        Apply the linear layer of full rounds; two of its sums, a + b and c + d, are there already.

        The rows of the matrix are (5, 7, 1, 3), (4, 6, 1, 1), (1, 3, 5, 7) and (1, 1, 4, 6). The
        second result goes into the first one and the fourth into the third, constants included, so
        these two get differences of constants.
        """
        constants = _filled(following)
        finish = reduced_total if following is _NO_CONSTANTS else total
        b = self.assign(b, total(total(b, b), cd))
        d = self.assign(d, total(total(d, d), ab))
        second = self.assign(ab, finish(four_times(ab), plus(b, constants[1])))
        fourth = self.assign(cd, finish(four_times(cd), plus(d, constants[3])))
        first = self.assign(d, finish(plus(d, constants[0] - constants[1]), second))
        third = self.assign(b, finish(plus(b, constants[2] - constants[3]), fourth))
        self.cells = (first, second, third, fourth)

    def partial_round(self, following: Sequence[int]) -> None:
        """
        Apply the S-box to the first cell, then the linear layer.

        That adds the sum of all cells to a multiple of each.

        Args:
            following: The constants of the next round.
        """
        a, *others = self.cells
        b, c, d = others
        self.lines.append("{")
        power = self.declare("power", self.fifth_power(a))
        whole = self.declare("whole", reduced_total(total(b, c), total(power, d)))
        self.cells = tuple(
            self.assign(cell, plus(total(product(value, multiple), whole), constant))
            for cell, value, multiple, constant in zip(
                self.cells, (power, *others), _DIAGONAL, _filled(following), strict=True
            )
        )
        self.lines.append("}")


def plus(term: Term, constant: int) -> Term:
    """Add a constant, if it is not 0."""
    value = constant % MODULUS
    return total(term, Term(text=f"0x{value:064x}", maximum=value)) if value else term


def four_times(term: Term) -> Term:
    """Multiply by four."""
    return product(Term(text="4", maximum=4), term)


def reduced_total(left: Term, right: Term) -> Term:
    """Add, and reduce the sum."""
    return _below_modulus(f"addmod({left.text}, {right.text}, P)")


def _filled(constants: Sequence[int]) -> tuple[int, ...]:
    """Give each cell a constant; in a partial round only the first one has one."""
    return (*constants, *[0] * (WIDTH - len(constants)))


def _indented(lines: Sequence[str]) -> Iterator[str]:
    """Lay statements out, inner blocks further to the right."""
    indent = _INDENT
    for line in lines:
        indent -= _INNER * (line == "}")
        yield from layout(line, indent)
        indent += _INNER * (line == "{")


@cache
def poseidon2_source() -> str:
    """
    Write the library.

    Requirements:
        PAYY-HASH-003, PAYY-HASH-004
    """
    writer = PermutationWriter()
    writer.permutation()
    places = ["state", *(f"add(state, {32 * i:#x})" for i in range(1, WIDTH))]
    constants = [("P", MODULUS), *((f"D{i}", INTERNAL_DIAGONAL[i]) for i in range(WIDTH))]
    lines = [
        "// The modulus, and the multiples of the linear layer of partial rounds",
        *(f"let {name} := 0x{value:064x}" for name, value in constants),
        *(f"let {cell.text} := mload({place})" for cell, place in zip(_CELLS, places, strict=True)),
        *writer.lines,
        *(
            f"mstore({place}, {cell.text})"
            for cell, place in zip(writer.cells, places, strict=True)
        ),
    ]
    body = "\n".join(_indented(lines))
    zeros = hash_elements([FieldElement(0)] * _COMMITMENTS)
    return f"""\
// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// Generated by payy_ref/proofs/poseidon2_solidity.py: change that, not this.

/// @notice The permutation of Poseidon2 over the scalar field of BN254, on four cells.
/// @dev Sums are reduced only where they could reach 2^256.
library Poseidon2 {{
    /// @notice The field's modulus.
    uint256 internal constant MODULUS =
        0x{MODULUS:064x};

    /// @notice What the last cell begins with, for each element that is hashed.
    uint256 internal constant CAPACITY = {capacity(1):#x};

    /// @notice The hash of four zeros: what a place without a transaction counts as.
    uint256 internal constant HASH_OF_{_COMMITMENTS}_ZEROS =
        0x{zeros:064x};

    /// @notice Apply the permutation to a state, in place.
    /// @param state Four cells below the modulus, also afterwards.
    function permute(uint256[{WIDTH}] memory state) internal pure {{
        assembly ("memory-safe") {{
{body}
        }}
    }}
}}
"""


def generated_sources() -> dict[str, str]:
    """Write the source that is not written by hand, by its file name in `FOLDER`."""
    return {FILE: poseidon2_source()}
