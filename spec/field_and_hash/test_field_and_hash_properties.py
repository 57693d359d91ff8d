"""Properties of the field and the hash, on generated inputs."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto import compiled, hashing, poseidon2
from payy_ref.crypto.field import (
    MODULUS,
    Element,
    FieldElement,
    checked_field_element,
    is_canonical,
    reduce,
)
from payy_ref.crypto.poseidon2 import (
    EXTERNAL_MATRIX,
    FULL_ROUNDS,
    INTERNAL_DIAGONAL,
    PARTIAL_ROUNDS,
    SBOX_DEGREE,
    WIDTH,
    State,
)
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.testing.strategies import (
    CORNER_ELEMENTS,
    aliases,
    byte_strings,
    elements,
    field_elements,
    non_canonical_elements,
)

Matrix: TypeAlias = list[list[int]]

FIFTH_ROOT: Final = pow(SBOX_DEGREE, -1, MODULUS - 1)
"""The exponent that undoes the S-box."""

ENOUGH_FOR_THREADS: Final = 600
"""A number of hashes that the compiled form spreads over the cores."""

states = st.tuples(field_elements(), field_elements(), field_elements(), field_elements())

# The readable form takes some 10 ms a permutation.
few_examples = settings(max_examples=max(4, settings().max_examples // 10))


# T01


@evidence("PAYY-HASH-T01")
@few_examples
@given(states)
def test_compiled_permutation_is_the_readable_one(state: State) -> None:
    """The two forms of the permutation agree on every state."""
    assert compiled.permutation(state) == poseidon2.permutation(state)


@evidence("PAYY-HASH-T01")
@few_examples
@given(st.lists(elements(), min_size=1, max_size=9))
def test_compiled_sponge_is_the_readable_one(inputs: list[Element]) -> None:
    """The two forms of the sponge agree on every list of elements, canonical or not."""
    assert compiled.sponge(inputs) == poseidon2.sponge(inputs)


@evidence("PAYY-HASH-T01", part="every number of inputs from 1 to 9")
@pytest.mark.parametrize("count", range(1, 10))
def test_forms_agree_for_every_filling_of_the_last_group(count: int) -> None:
    """The two forms agree whether the last group is full or short, on the largest elements too."""
    ascending = list(range(1, count + 1))
    assert compiled.sponge(ascending) == poseidon2.sponge(ascending)
    largest = [CORNER_ELEMENTS[-1]] * count
    assert compiled.sponge(largest) == poseidon2.sponge(largest)


@evidence("PAYY-HASH-T01")
@given(st.lists(st.tuples(elements(), elements()), min_size=1, max_size=4), st.integers(1, 3))
def test_many_hashes_at_once_are_the_single_ones(
    rows: list[tuple[Element, Element]], count: int
) -> None:
    """A hash does not depend on what is hashed beside it, on one core or on several."""
    single = [compiled.sponge(row) for row in rows]
    assert compiled.sponges(rows * count) == single * count
    repeated = ENOUGH_FOR_THREADS // len(rows)
    assert compiled.sponges(rows * repeated) == single * repeated


# T02


@evidence("PAYY-HASH-T02")
@given(st.lists(elements(), min_size=1, max_size=9), st.data())
def test_hash_sees_residues_only(inputs: list[Element], data: st.DataObject) -> None:
    """An input may be replaced by any element of the same residue."""
    place = data.draw(st.integers(0, len(inputs) - 1))
    digest = hashing.hash_elements(inputs)
    assert is_canonical(digest)
    for alias in aliases(inputs[place]):
        assert hashing.hash_elements([*inputs[:place], alias, *inputs[place + 1 :]]) == digest


@evidence("PAYY-HASH-T02")
@given(elements(), elements())
def test_pair_hash_is_the_hash_of_two_reduced_elements(left: Element, right: Element) -> None:
    """Tree nodes are hashed as two elements are, each reduced on entry."""
    expected = hashing.hash_elements([reduce(left), reduce(right)])
    assert hashing.hash_pair(left, right) == expected == hashing.hash_elements([left, right])


@evidence("PAYY-HASH-T02")
@given(st.lists(field_elements(), min_size=1, max_size=9), st.data())
def test_hash_sees_every_input(inputs: list[FieldElement], data: st.DataObject) -> None:
    """Another residue at any place gives another digest, whatever the place."""
    place = data.draw(st.integers(0, len(inputs) - 1))
    changed = data.draw(field_elements().filter(lambda value: value != inputs[place]))
    other = [*inputs[:place], changed, *inputs[place + 1 :]]
    assert hashing.hash_elements(other) != hashing.hash_elements(inputs)


# T03


@evidence("PAYY-HASH-T03", exhaustive="every number of inputs from 1 to 128")
def test_capacities_differ() -> None:
    """Different numbers of inputs have different capacities, all of them field elements."""
    capacities = [poseidon2.capacity(count) for count in range(1, hashing.MAXIMUM_INPUTS + 1)]
    assert len(set(capacities)) == len(capacities)
    assert all(0 < value < MODULUS for value in capacities)


@evidence("PAYY-HASH-T03")
@given(st.lists(elements(), min_size=1, max_size=9), st.integers(1, 4))
def test_appended_zeros_change_the_hash(inputs: list[Element], zeros: int) -> None:
    """Zeros after the inputs are inputs."""
    digests = {
        hashing.hash_elements([*inputs, *[Element(0)] * count]) for count in range(zeros + 1)
    }
    assert len(digests) == zeros + 1


@evidence("PAYY-HASH-T03", part="runs of zeros")
def test_every_number_of_zeros_has_its_own_hash() -> None:
    """Nothing but the capacity tells two runs of zeros apart in one group, and it does."""
    counts = range(1, hashing.MAXIMUM_INPUTS + 1)
    assert len({hashing.hash_elements([Element(0)] * count) for count in counts}) == len(counts)


@evidence("PAYY-HASH-T03", part="other numbers of inputs")
@pytest.mark.parametrize("count", [0, 129, 130, 256])
def test_other_numbers_of_inputs_are_refused(count: int) -> None:
    """A hash takes 1 to 128 elements."""
    with pytest.raises(SpecError) as refusal:
        hashing.hash_elements([Element(1)] * count)
    assert refusal.value.code == ErrorCode.HASH_INPUT_COUNT


# T04


@evidence("PAYY-HASH-T04")
@given(elements() | st.integers(min_value=0))
def test_reduction_is_canonical(value: int) -> None:
    """A residue is below p, congruent to the value, and its own residue."""
    residue = reduce(value)
    assert 0 <= residue < MODULUS
    assert (value - residue) % MODULUS == 0
    assert reduce(residue) == residue
    assert is_canonical(value) == (value == residue)


@evidence("PAYY-HASH-T04")
@given(field_elements(), non_canonical_elements())
def test_admission_reduces_nothing(value: FieldElement, beyond: Element) -> None:
    """A canonical value is admitted unchanged, any other one is refused and not reduced."""
    assert checked_field_element(value) == value
    with pytest.raises(SpecError) as refusal:
        checked_field_element(beyond)
    assert refusal.value.code == ErrorCode.FIELD_ELEMENT_NOT_CANONICAL


# T05


def padded_chunks(data: bytes) -> list[bytes]:
    """Cut bytes into chunks of 16 and fill the last one with zeros: the rule, written again."""
    padded = data + bytes(-len(data) % 16)
    return [padded[start : start + 16] for start in range(0, len(padded), 16)]


@evidence("PAYY-HASH-T05")
@given(byte_strings())
def test_byte_hash_folds_chunks(data: bytes) -> None:
    """The hash starts from 2 and takes one big-endian chunk after another."""
    digest: int = 2
    for chunk in padded_chunks(data):
        digest = hashing.hash_pair(digest, int.from_bytes(chunk, "big"))
    assert hashing.hash_bytes(data) == digest


@evidence("PAYY-HASH-T05")
@few_examples
@given(st.binary(min_size=17, max_size=32))
def test_byte_hash_folds_chunks_with_the_readable_hash(data: bytes) -> None:
    """The fold holds with the readable form of the hash."""
    first, second = (int.from_bytes(chunk, "big") for chunk in padded_chunks(data))
    assert hashing.hash_bytes(data) == poseidon2.sponge([poseidon2.sponge([2, first]), second])


@evidence("PAYY-HASH-T05")
@given(byte_strings(), byte_strings(), st.integers(0, 33))
def test_byte_hash_sees_padded_chunks_only(data: bytes, other: bytes, zeros: int) -> None:
    """Two byte strings hash alike exactly if their padded chunks are the same."""
    for candidate in (other, data + bytes(zeros), data.rstrip(b"\0"), b"\0" + data):
        same_chunks = padded_chunks(candidate) == padded_chunks(data)
        assert (hashing.hash_bytes(candidate) == hashing.hash_bytes(data)) == same_chunks


@evidence("PAYY-HASH-T05", part="runs of zero bytes")
def test_zero_bytes_count_by_chunks() -> None:
    """Runs of zero bytes hash alike exactly if they fill the same number of chunks."""
    digests = [hashing.hash_bytes(bytes(length)) for length in range(65)]
    assert digests[0] == 2
    for length, digest in enumerate(digests):
        assert digest == digests[-(-length // 16) * 16]
    assert len(set(digests)) == 5


# T06


def inverse_matrix(matrix: Sequence[Sequence[int]]) -> Matrix:
    """Invert a matrix over the field by Gauss and Jordan."""
    size = len(matrix)
    rows = [
        [value % MODULUS for value in row] + [int(i == j) for j in range(size)]
        for i, row in enumerate(matrix)
    ]
    for column in range(size):
        pivot = next(i for i in range(column, size) if rows[i][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = pow(rows[column][column], -1, MODULUS)
        rows[column] = [value * scale % MODULUS for value in rows[column]]
        for i in range(size):
            if i != column:
                factor = rows[i][column]
                rows[i] = [
                    (value - factor * base) % MODULUS
                    for value, base in zip(rows[i], rows[column], strict=True)
                ]
    return [row[size:] for row in rows]


def times(matrix: Matrix, cells: Sequence[int]) -> list[int]:
    """Multiply a matrix by a column."""
    return [sum(a * b for a, b in zip(row, cells, strict=True)) % MODULUS for row in matrix]


EXTERNAL_INVERSE: Final = inverse_matrix(EXTERNAL_MATRIX)
INTERNAL_INVERSE: Final = inverse_matrix(
    [[1 + (INTERNAL_DIAGONAL[i] if i == j else 0) for j in range(WIDTH)] for i in range(WIDTH)]
)


def inverse_permutation(state: State) -> State:
    """Go back through the rounds: inverse matrix, fifth root, constant subtracted."""
    cells = list(state)
    constants = poseidon2.round_constants()
    for number in reversed(range(FULL_ROUNDS + PARTIAL_ROUNDS)):
        is_full = not FULL_ROUNDS // 2 <= number < FULL_ROUNDS // 2 + PARTIAL_ROUNDS
        cells = times(EXTERNAL_INVERSE if is_full else INTERNAL_INVERSE, cells)
        for i in range(WIDTH if is_full else 1):
            cells[i] = (pow(cells[i], FIFTH_ROOT, MODULUS) - constants[number][i]) % MODULUS
    a, b, c, d = times(EXTERNAL_INVERSE, cells)
    return a, b, c, d


@evidence("PAYY-HASH-T06")
@given(states)
def test_permutation_has_a_left_and_a_right_inverse(state: State) -> None:
    """Going back undoes going forward, and going forward undoes going back."""
    assert inverse_permutation(compiled.permutation(state)) == state
    assert compiled.permutation(inverse_permutation(state)) == state


@evidence("PAYY-HASH-T06")
@few_examples
@given(states)
def test_readable_permutation_has_an_inverse(state: State) -> None:
    """Going back undoes the readable form as well."""
    assert inverse_permutation(poseidon2.permutation(state)) == state


@evidence("PAYY-HASH-T06", part="states of cells out of 0 and p - 1")
def test_compiled_permutation_on_all_states_of_extreme_cells() -> None:
    """The compiled form is undone by the inverse on states that carry as far as they can."""
    extremes = (0, MODULUS - 1)
    corners = [(a, b, c, d) for a in extremes for b in extremes for c in extremes for d in extremes]
    assert [inverse_permutation(state) for state in compiled.permutations(corners)] == corners
