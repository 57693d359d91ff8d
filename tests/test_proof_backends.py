"""The two backends of the prover: every operation in both, and known answers for sums of points."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.optimized_bn128 import optimized_curve

from payy_ref.crypto import compiled, machine_words, poseidon2
from payy_ref.crypto.field import MODULUS
from payy_ref.crypto.machine_words import one_core
from payy_ref.proofs import fast, kernels
from payy_ref.proofs.backend import Backend, Column
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    G1Point,
    multiples_of_generator,
    multiply_g1,
    points_from_words,
    words_from_points,
)
from payy_ref.proofs.fast import FAST
from payy_ref.proofs.plain import PLAIN
from payy_ref.proofs.polynomials import root_of_unity
from payy_ref.proofs.recording import Code, record

BACKENDS: tuple[Backend, ...] = (PLAIN, FAST)

EDGES = (0, 1, 2, MODULUS - 1, MODULUS - 2, (MODULUS + 1) // 2, 2**64 - 1, 2**64, 2**253)

elements = st.sampled_from(EDGES) | st.integers(0, MODULUS - 1)
columns = st.lists(elements, min_size=1, max_size=64)
sizes = st.sampled_from([1, 2, 4, 8, 16, 32, 64])
equally_long = st.integers(1, 64).flatmap(
    lambda length: st.tuples(*[st.lists(elements, min_size=length, max_size=length)] * 2)
)


@st.composite
def on_a_domain(draw: st.DrawFn) -> list[int]:
    """Give as many values as a domain has."""
    size = draw(sizes)
    return draw(st.lists(elements, min_size=size, max_size=size))


some = settings(max_examples=40, deadline=None)
"""The readable form is slow, and at first kernels are compiled."""


def agree(compute: Callable[[Backend], Column]) -> list[int]:
    """Compute with both backends; they agree."""
    plain, quick = (backend.integers(compute(backend)) for backend in BACKENDS)
    assert quick == plain
    return quick


def random_values(length: int, seed: int = 1) -> list[int]:
    """Give a column in which edges and small numbers are frequent."""
    random = Random(seed)  # noqa: S311 - not a secret
    kinds = (lambda: random.choice(EDGES), lambda: random.randrange(4))
    return [
        random.choice(kinds)() if random.random() < 0.3 else random.randrange(MODULUS)
        for _ in range(length)
    ]


# Columns


@given(equally_long)
@some
def test_columns_add_and_multiply(pair: tuple[list[int], list[int]]) -> None:
    """Operators between columns are those of the field."""
    a, b = pair

    def operate(function: Callable[[Any, Any], Any]) -> list[int]:
        return agree(lambda backend: function(backend.column(a), backend.column(b)))

    assert operate(lambda x, _: x) == a
    assert operate(lambda x, y: x + y) == [(x + y) % MODULUS for x, y in zip(a, b, strict=True)]
    assert operate(lambda x, y: x - y) == [(x - y) % MODULUS for x, y in zip(a, b, strict=True)]
    assert operate(lambda x, y: x * y) == [x * y % MODULUS for x, y in zip(a, b, strict=True)]
    assert operate(lambda x, _: -x) == [-x % MODULUS for x in a]
    # Long sums and differences, since the fast form reduces late.
    operate(lambda x, y: (x - y) * (x + x + x + y) - (y - x - x) * (x - y + x))


@given(columns, elements | st.integers(-20, 20) | st.integers(0, 2**300), st.integers(0, 40))
@some
def test_columns_take_integers(a: list[int], factor: int, exponent: int) -> None:
    """A column is multiplied by any integer on either side, and raised to powers."""
    expected = [x * factor % MODULUS for x in a]
    assert agree(lambda backend: backend.column(a) * factor) == expected
    assert agree(lambda backend: factor * backend.column(a)) == expected
    powers = [pow(x, exponent, MODULUS) for x in a]
    assert agree(lambda backend: backend.column(a) ** exponent) == powers
    fifths = [pow(x, 5, MODULUS) for x in a]
    assert agree(lambda backend: backend.column(a) ** 5) == fifths


@given(columns, st.data())
@some
def test_rows_are_chosen(a: list[int], data: st.DataObject) -> None:
    """Rows are taken, rotated and cut out; beyond the end there are zeros."""
    rows = data.draw(st.lists(st.integers(0, len(a) - 1), max_size=80))
    assert agree(lambda backend: backend.take(backend.column(a), rows)) == [a[i] for i in rows]
    array = np.array(rows, dtype=np.int64)
    assert agree(lambda backend: backend.take(backend.column(a), array)) == [a[i] for i in rows]
    assert agree(lambda backend: backend.next_row(backend.column(a))) == [*a[1:], a[0]]
    start, length = data.draw(st.integers(0, 80)), data.draw(st.integers(0, 80))
    cut = agree(lambda backend: backend.slice(backend.column(a), start, start + length))
    assert cut == [*a, *[0] * 160][start : start + length]
    assert agree(lambda backend: backend.one(len(a))) == [1] * len(a)


@given(columns, elements)
@some
def test_polynomials_at_a_point(a: list[int], point: int) -> None:
    """Evaluation and division by X - root."""
    value = sum(x * pow(point, i, MODULUS) for i, x in enumerate(a)) % MODULUS
    assert [backend.evaluate(backend.column(a), point) for backend in BACKENDS] == [value, value]
    quotient = agree(lambda backend: backend.divide_by_root(backend.column(a), point))
    product = [0, *quotient]
    for i, coefficient in enumerate(quotient):
        product[i] = (product[i] - point * coefficient) % MODULUS
    product[0] = (product[0] + value) % MODULUS
    assert product == a


@given(st.lists(st.tuples(columns, elements), min_size=1, max_size=5))
@some
def test_combinations(terms: list[tuple[list[int], int]]) -> None:
    """Columns of several lengths are added up with factors."""
    length = max(len(values) for values, _ in terms)
    expected = [
        sum(values[i] * factor for values, factor in terms if i < len(values)) % MODULUS
        for i in range(length)
    ]
    factors = [factor for _, factor in terms]
    combined = agree(
        lambda backend: backend.combine([backend.column(values) for values, _ in terms], factors)
    )
    assert combined == expected


@given(columns, elements)
@some
def test_products_along_a_column(a: list[int], base: int) -> None:
    """Running products, powers, inverses."""
    products, total = [], 1
    for x in a:
        products.append(total)
        total = total * x % MODULUS
    assert agree(lambda backend: backend.running_product(backend.column(a))) == products
    powers = [pow(base, i, MODULUS) for i in range(len(a))]
    assert agree(lambda backend: backend.powers(base, len(a))) == powers
    assert agree(lambda backend: backend.powers(base, 0)) == []
    units = [x or 1 for x in a]
    inverses = [pow(x, -1, MODULUS) for x in units]
    assert agree(lambda backend: backend.inverse(backend.column(units))) == inverses
    assert agree(lambda backend: backend.column(units) ** -3) == [
        pow(x, -3, MODULUS) for x in units
    ]


@given(equally_long)
@some
def test_parts(pair: tuple[list[int], list[int]]) -> None:
    """What works row by row gives the same in parts."""
    expected = [(x * x * y + x) % MODULUS for x, y in zip(*pair, strict=True)]
    computed = agree(
        lambda backend: backend.in_parts(
            lambda both: both[0] * both[0] * both[1] + both[0],
            [backend.column(values) for values in pair],
        )
    )
    assert computed == expected


ROW_BY_ROW: Final[Mapping[str, Callable[[Sequence[Any]], Any]]] = {
    "a column alone": lambda c: c[1],
    "the same twice": lambda c: (c[0] + c[1]) * (c[1] + c[0]),
    "a value after many others": lambda c: sum((c[0] * c[1] ** k for k in range(1, 9)), c[0]),
    "powers": lambda c: c[0] ** 5 - c[1] ** 3 + c[0] ** 1,
    "factors": lambda c: sum((c[0] * k for k in (-1, 0, 1, 2, 15, 16, 17, MODULUS + 3)), c[1]),
    "factors on the left": lambda c: 3 * c[0] - (MODULUS - 2) * c[1],
    "differences": lambda c: (c[0] - c[1]) - (c[1] - c[0]) + -c[0],
    "a column is not used": lambda c: c[0] * c[0],
}


@given(equally_long, st.sampled_from(sorted(ROW_BY_ROW)))
@some
def test_formulas(pair: tuple[list[int], list[int]], name: str) -> None:
    """A formula is the same, recorded or computed operator by operator."""
    function = ROW_BY_ROW[name]
    columns = [FAST.column(values) for values in pair]
    assert FAST.integers(FAST.in_parts(function, columns)) == FAST.integers(function(columns))
    agree(lambda backend: backend.in_parts(function, [backend.column(v) for v in pair]))


def test_programs_compute_nothing_twice() -> None:
    """What a function computes more than once, or for nothing, a program does once or not."""

    def wasteful(columns: Sequence[Any]) -> Any:
        _ = columns[0] * columns[1]
        return (columns[0] + columns[1]) ** 5 + (columns[1] + columns[0]) ** 5

    program = record(wasteful, 2)
    codes = [Code(code) for code, *_ in program.operations.tolist()]
    assert codes == [Code.ADD, Code.FIFTH_POWER, Code.ADD]
    assert program.places == 2


# Transforms


@given(on_a_domain(), st.sampled_from([1, 5, MODULUS - 1, 3**100 % MODULUS]))
@some
def test_transforms(values: list[int], shift: int) -> None:
    """Interpolation finds the polynomial with these values, on H and on a coset."""
    size = len(values)
    points = [pow(root_of_unity(size), i, MODULUS) for i in range(size)]
    coefficients = agree(lambda backend: backend.interpolate(backend.column(values)))
    assert [FAST.evaluate(FAST.column(coefficients), point) for point in points] == values
    shifted = agree(lambda backend: backend.interpolate_on_coset(backend.column(values), shift))
    column = FAST.column(shifted)
    assert [FAST.evaluate(column, shift * point % MODULUS) for point in points] == values
    there = agree(lambda backend: backend.evaluate_on_coset(backend.column(shifted), shift, size))
    assert there == values


@given(columns, sizes, st.sampled_from([1, 5, 7**90 % MODULUS]))
@some
def test_polynomials_of_any_degree_on_a_coset(a: list[int], size: int, shift: int) -> None:
    """The degree may be larger than the domain, or smaller."""
    omega = root_of_unity(size)
    points = [shift * pow(omega, i, MODULUS) % MODULUS for i in range(size)]
    expected = [PLAIN.evaluate(PLAIN.column(a), point) for point in points]
    there = agree(lambda backend: backend.evaluate_on_coset(backend.column(a), shift, size))
    assert there == expected


# Long columns, on which several cores work

LONG = 2**14


@pytest.mark.parametrize("extra", [0, 1, 3])
def test_long_columns(extra: int) -> None:
    """Columns that are cut up for the cores agree with the plain form and with one core."""
    a, b = random_values(LONG + extra), random_values(LONG + extra, seed=2)
    units = [x or 1 for x in b]

    def each(backend: Backend) -> list[list[int]]:
        first, second = backend.column(a), backend.column(units)
        results = [
            backend.inverse(second),
            backend.combine([first, second, backend.slice(first, 0, 9000)], [3, MODULUS - 1, 5]),
            backend.powers(7, LONG + extra),
            backend.divide_by_root(first, 12345),
            backend.in_parts(lambda both: both[0] * both[1] - both[0], [first, second]),
        ]
        value = backend.evaluate(first, 98765)
        return [*map(backend.integers, results), [value]]

    expected = each(PLAIN)
    assert each(FAST) == expected
    with one_core():
        assert each(FAST) == expected


def test_long_transforms() -> None:
    """The cores share transforms of this length; values are checked at a few places."""
    values = random_values(LONG)
    column = FAST.column(values)
    coefficients = FAST.interpolate(column)
    with one_core():
        assert FAST.integers(FAST.interpolate(column)) == FAST.integers(coefficients)
    omega = root_of_unity(LONG)
    for row in (0, 1, 2, 77, LONG // 2, LONG - 1):
        assert FAST.evaluate(coefficients, pow(omega, row, MODULUS)) == values[row]
    longer = FAST.column([*values, 5, 6, 7])
    there = FAST.integers(FAST.evaluate_on_coset(longer, 5, LONG))
    with one_core():
        assert FAST.integers(FAST.evaluate_on_coset(longer, 5, LONG)) == there
    for row in (0, 1, LONG - 1):
        assert FAST.evaluate(longer, 5 * pow(omega, row, MODULUS) % MODULUS) == there[row]
    back = FAST.integers(FAST.interpolate_on_coset(FAST.column(there), 5))
    # On the coset, X^LONG is 5^LONG.
    wrapped = pow(5, LONG, MODULUS)
    assert back[:3] == [(values[i] + wrapped * (5 + i)) % MODULUS for i in range(3)]
    assert back[3:] == values[3:]


def test_transforms_of_all_small_sizes() -> None:
    """Sizes on both sides of each threshold, without repetition by chance."""
    for bits in range(13):
        values = random_values(2**bits, seed=bits)
        coefficients = FAST.interpolate(FAST.column(values))
        again = FAST.evaluate_on_coset(coefficients, 1, 2**bits)
        assert FAST.integers(again) == values
        assert FAST.evaluate(coefficients, root_of_unity(2**bits)) == values[1 % 2**bits]


# Sums of multiples

MULTIPLES = range(-6, 7)


@cache
def small_points() -> dict[int, G1Point]:
    """Give small multiples of the generator, infinity and opposite points among them."""
    return dict(zip(MULTIPLES, multiples_of_generator(MULTIPLES), strict=True))


@given(
    st.lists(st.tuples(st.sampled_from(MULTIPLES), elements), max_size=64),
    st.lists(st.sampled_from(MULTIPLES), max_size=3),
)
@some
def test_sums_of_few_multiples(terms: list[tuple[int, int]], unused: list[int]) -> None:
    """Equal points, opposite ones, infinity, scalars 0 and r - 1, points without a scalar."""
    names = [name for name, _ in terms] + unused
    points = words_from_points([small_points()[name] for name in names])
    total = sum(name * scalar for name, scalar in terms)
    expected = multiply_g1(G1_GENERATOR, total)
    scalars = [scalar for _, scalar in terms]
    for backend in BACKENDS:
        assert backend.commit(points, backend.column(scalars)) == expected
    with one_core():
        assert FAST.commit(points, FAST.column(scalars)) == expected
    assert fast.sum_of_multiples(points[: len(terms)], [s + MODULUS for s in scalars]) == expected


@pytest.mark.parametrize("scalar", [0, 1, 2, MODULUS - 1, MODULUS - 2, 2**253, 3**159])
def test_a_multiple_is_that_of_a_library(scalar: int) -> None:
    """A known answer from `py_ecc`."""
    points = words_from_points([G1_GENERATOR])
    multiple = optimized_curve.multiply(optimized_curve.G1, scalar)
    expected = None
    if not optimized_curve.is_inf(multiple):
        x, y = optimized_curve.normalize(multiple)
        expected = (int(x), int(y))
    for backend in BACKENDS:
        assert backend.commit(points, backend.column([scalar % MODULUS])) == expected


SECRET = 0x1234567890ABCDEF << 150


@cache
def many_points() -> Any:
    """Give powers of a known secret: sums of multiples of them are evaluations."""
    return fast.powers_of_g1(SECRET, 2**13)


@pytest.mark.parametrize("count", [65, 100, 1000, 4097, 2**13])
@pytest.mark.parametrize("kind", ["random", "small", "one", "minus_one", "few"])
def test_sums_of_many_multiples(count: int, kind: str) -> None:
    """The sum with powers of a secret is the polynomial's value there; digits of all shapes."""
    random = Random(count)  # noqa: S311 - not a secret
    kinds: dict[str, Callable[[], int]] = {
        "random": lambda: random.randrange(MODULUS),
        "small": lambda: random.randrange(4),
        "one": lambda: 1,
        "minus_one": lambda: MODULUS - 1,
        "few": lambda: random.choice(EDGES),
    }
    column = FAST.column([kinds[kind]() for _ in range(count)])
    expected = multiply_g1(G1_GENERATOR, FAST.evaluate(column, SECRET % MODULUS))
    assert FAST.commit(many_points(), column) == expected
    with one_core():
        assert FAST.commit(many_points(), column) == expected


@pytest.mark.parametrize("names", [[1] * 700, [1, -1] * 600, [0] * 700, [1, 2, 0, -3] * 300])
def test_sums_of_many_equal_points(names: list[int]) -> None:
    """Nearly all additions are doublings, or give infinity."""
    points = words_from_points([small_points()[name] for name in names])
    scalars = [(i * i + 1) % 5 for i in range(len(names))]
    total = sum(name * scalar for name, scalar in zip(names, scalars, strict=True))
    assert FAST.commit(points, FAST.column(scalars)) == multiply_g1(G1_GENERATOR, total)


@given(st.lists(st.lists(st.sampled_from(MULTIPLES), max_size=40), min_size=1, max_size=20))
@some
def test_groups_of_points(groups: list[list[int]]) -> None:
    """The kernel under all sums: groups of any size, mirrored references."""
    names = list(MULTIPLES)
    points = words_from_points([small_points()[name] for name in names])
    # A negative reference names the mirror image of the opposite point: the same point.
    references = [
        names.index(name) + 1 if i % 2 else -(names.index(-name) + 1)
        for group in groups
        for i, name in enumerate(group)
    ]
    ends = np.cumsum([len(group) for group in groups]).astype(np.int64)
    out = np.empty((len(groups), 8), np.uint64)
    fast._sum_groups(points, np.array(references, dtype=np.int32), ends, out)
    kernels.make_canonical(out)
    expected = [multiply_g1(G1_GENERATOR, sum(group)) for group in groups]
    assert points_from_words(out) == expected


@pytest.mark.parametrize("count", [1, 2, 33, 2**12 + 1])
@pytest.mark.parametrize("secret", [0, 1, MODULUS - 1, SECRET])
def test_powers_in_the_group(count: int, secret: int) -> None:
    """Both widths of the table give the multiples of the generator, in canonical form."""
    powers = fast.powers_of_g1(secret, count)
    chosen = sorted({0, 1, 2, count // 2, count - 1} & set(range(count)))
    expected = multiples_of_generator([pow(secret, i, MODULUS) for i in chosen])
    assert points_from_words(powers[chosen]) == expected
    # Canonical: written anew, the points give the same words.
    assert (words_from_points(expected) == powers[chosen]).all()


def test_points_on_the_curve() -> None:
    """Coordinates are canonical and fit the curve's equation; infinity does not."""
    points = many_points()[:2000]
    assert fast.are_on_curve(points)
    assert fast.are_on_curve(points[:0])
    for row in (0, 999, 1999):
        for column in range(8):
            bent = points.copy()
            bent[row, column] ^= np.uint64(1)
            assert not fast.are_on_curve(bent)
        bent = points.copy()
        bent[row] = 0
        assert not fast.are_on_curve(bent)
    for half in (slice(0, 4), slice(4, 8)):
        # The same point, with q added to a coordinate.
        bent = points.copy()
        value = int.from_bytes(bent[7, half].tobytes(), "little") + COORDINATE_MODULUS
        bent[7, half] = np.frombuffer(value.to_bytes(32, "little"), "<u8")
        assert not fast.are_on_curve(bent)


def test_points_may_be_read_only() -> None:
    """Points come from files, too."""
    points = words_from_points([G1_GENERATOR, None, G1_GENERATOR])
    points.setflags(write=False)
    assert FAST.commit(points, FAST.column([1, 2, 3])) == multiply_g1(G1_GENERATOR, 4)
    assert fast.are_on_curve(points[:1])


# What is refused


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_misuse_is_refused(backend: Backend) -> None:
    """Kernels check nothing, so the Python side does; both forms refuse the same."""
    column = backend.column([1, 2, 3])
    for value in (MODULUS, 2**256, -1):
        with pytest.raises(ValueError, match=r"."):
            backend.column([0, value])
    with pytest.raises(ZeroDivisionError):
        backend.inverse(backend.column([1, 0, 1]))
    with pytest.raises(ValueError, match=r"."):
        column + backend.column([1, 2])
    for wrong in (1, 2.5, "1"):
        with pytest.raises(TypeError):
            column + wrong
    with pytest.raises(TypeError):
        column * 2.5
    with pytest.raises(IndexError):
        backend.take(column, [3])
    with pytest.raises(ValueError, match=r"."):
        backend.interpolate(column)
    with pytest.raises(ValueError, match=r"."):
        backend.evaluate_on_coset(column, 5, 3)
    with pytest.raises(ValueError, match="every coefficient has a point"):
        backend.commit(words_from_points([G1_GENERATOR] * 2), column)


def test_scalars_and_points_are_as_many() -> None:
    """A sum of multiples leaves nothing out."""
    with pytest.raises(ValueError, match="every point has one scalar"):
        fast.sum_of_multiples(words_from_points([G1_GENERATOR]), [1, 2])


def test_without_numba_the_import_fails() -> None:
    """The one who chooses a backend sees an ImportError."""
    program = (
        "import sys; sys.modules['numba'] = None\n"
        "try:\n    import payy_ref.proofs.fast\n"
        "except ImportError:\n    print('no numba')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"no", b"numba"]


WARM_UP = """
from payy_ref.crypto import compiled
from payy_ref.proofs import fast, kernels

named = []
compiled.warm_up(named.append)
fast.warm_up(named.append)
assert len(named) == len(set(named)) > 20

def forms():
    both = {**vars(compiled), **vars(kernels)}
    found = {name: each for name, each in both.items() if hasattr(each, "signatures")}
    # Only what `kernel` made has a closure.
    return {name: len(each.signatures) for name, each in found.items() if each.py_func.__closure__}

after = forms()
assert len(after) > 20
assert set(after.values()) == {1}, after

points = fast.powers_of_g1(5, 2**13)
column = fast.FAST.interpolate_on_coset(fast.FAST.powers(3, 2**13), 5)
column = fast.FAST.evaluate_on_coset(column**3 * column**5 - column, 5, 2**12)
fast.FAST.in_parts(lambda parts: parts[0] * parts[0] ** 5 - parts[0] * 7, [column])
fast.FAST.commit(points[1:], fast.FAST.slice(column, 5, 2**13))
fast.are_on_curve(points)
compiled.permutations([(1, 2, 3, 4)] * 1000)
compiled.sponges([(1, 2, 3, 4)] * 1000)
assert forms() == after, forms()
"""


def test_warm_up_compiles_every_kernel_in_its_only_form() -> None:
    """Names come before kernels; no other types of arguments make a kernel compile again."""
    subprocess.run([sys.executable, "-c", WARM_UP], check=True)


# The cells of a hash


@given(st.tuples(elements, elements, elements, elements))
@some
def test_rows_of_a_permutation(state: poseidon2.State) -> None:
    """The compiled form fills circuits as the readable form says."""
    assert compiled.permutation_rows(state) == poseidon2.permutation_rows(state)


# Compiled kernels on disk

KERNEL = """
from payy_ref.crypto.machine_words import kernel

@kernel
def count_up(values):
    for i in range(len(values)):
        values[i] += 1
"""


@pytest.fixture
def load_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Import a file with one kernel, as a process that starts anew does."""
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path / "cache"))
    file = tmp_path / "one_kernel.py"
    file.write_text(KERNEL, "utf-8")

    def load() -> Any:
        spec = importlib.util.spec_from_file_location("one_kernel", file)
        assert spec is not None
        assert spec.loader is not None
        module: ModuleType = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        values = np.zeros(3, np.int64)
        module.count_up(values)
        assert values.tolist() == [1, 1, 1]
        return module.count_up.stats

    return load


def test_kernels_are_compiled_anew_when_the_arithmetic_changes(
    load_kernel: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself numba watches only the file in which a kernel stands."""
    assert sum(load_kernel().cache_misses.values()) == 1
    assert sum(load_kernel().cache_hits.values()) == 1
    monkeypatch.setattr(machine_words, "_own_text", lambda: b"another text")
    changed = load_kernel()
    assert sum(changed.cache_misses.values()) == 1
    assert not changed.cache_hits


def test_pitfall_11_nothing_is_constant_time_and_it_says_so() -> None:
    """Whoever meets the kernels, the README or the page on security reads it."""
    root = Path(__file__).parents[1]
    pages = ("README.md", "docs/security_considerations.md")
    texts = [" ".join((root / page).read_text("utf-8").lower().split()) for page in pages]
    documents = (machine_words.__doc__, fast.__doc__)
    texts += [" ".join(str(document).lower().split()) for document in documents]
    for text in texts:
        assert re.search(
            r"not (protect|constant-time)|nothing (in it |here )?is constant-time", text
        )
