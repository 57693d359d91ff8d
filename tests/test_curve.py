"""Points, sums of multiples and pairings: both forms, known answers, and the library `py_ecc`."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from py_ecc.fields import optimized_bn128_FQ as FQ
from py_ecc.optimized_bn128 import optimized_curve

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.proofs import curve
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    G2_GENERATOR,
    RADIX,
    G1Point,
    PairingCheck,
    add_g1,
    add_g2,
    decode_g1,
    decode_g2,
    encode_g1,
    encode_g2,
    fast_pairing_check,
    is_in_g2,
    is_on_g1,
    is_on_g2_curve,
    multi_scalar_product,
    multiples_of_generator,
    multiply_g1,
    multiply_g2,
    negate_g1,
    negate_g2,
    pairings_cancel,
    pairings_cancel_in_evm,
    points_from_words,
    words_from_points,
)

KNOWN = Path(__file__).parent / "known_answers" / "curve.json"

OUTSIDE_G2 = (
    (1, 0),
    (
        0x2869111D5381F072F8E2728FDB825A51AADD70E52C9830E9AB4B871C0531F1BB,
        0x0D1271953ED9EA0836846E70A1934187998C7F790CB4D7511B7F8DA82DE048A4,
    ),
)
"""A point of the twisted curve that is not of order r: x = 1 and a root of 1 + 3 / (9 + i)."""


def known(kind: str) -> list[Any]:
    """Read the known answers of a kind; each names its source."""
    answers = json.loads(KNOWN.read_text("utf-8"))["answers"]
    assert all(answer["source"] for answer in answers)
    found = [answer for answer in answers if answer["kind"] == kind]
    assert found
    return found


def seeded(seed: int) -> Random:
    """Make a source of the same numbers in every run."""
    return Random(seed)  # noqa: S311


def library_sum(points: list[G1Point], scalars: list[int]) -> G1Point:
    """Add up multiples one by one with `py_ecc`."""
    total = optimized_curve.Z1
    for point, scalar in zip(points, scalars, strict=True):
        if point is not None:
            lifted = (FQ(point[0]), FQ(point[1]), FQ.one())
            total = optimized_curve.add(total, optimized_curve.multiply(lifted, scalar % MODULUS))
    if optimized_curve.is_inf(total):
        return None
    x, y = optimized_curve.normalize(total)
    return int(x), int(y)


def rejected(decode: Callable[[bytes], object], data: bytes) -> ErrorCode:
    """Decode what is not to be decoded."""
    with pytest.raises(SpecError) as caught:
        decode(data)
    return caught.value.code


@pytest.fixture(params=[pairings_cancel, pairings_cancel_in_evm])
def check(request: pytest.FixtureRequest) -> PairingCheck:
    """Give each form of the pairing check that can run here."""
    form: PairingCheck = request.param
    if form is pairings_cancel_in_evm:
        pytest.importorskip("pyrevm", reason="the optional package pyrevm is not there")
    return form


# Known answers


def test_constants() -> None:
    """Moduli and generators are those of the EIPs."""
    (answer,) = known("constants")
    assert int(answer["coordinate_modulus"]) == COORDINATE_MODULUS
    assert int(answer["order"]) == MODULUS
    assert tuple(map(int, answer["g1"])) == G1_GENERATOR
    x_imaginary, x_real, y_imaginary, y_real = map(int, answer["g2"])
    assert ((x_real, x_imaginary), (y_real, y_imaginary)) == G2_GENERATOR


@pytest.mark.parametrize("answer", known("multiple"), ids=lambda answer: answer["what"])
def test_known_multiple(answer: dict[str, str]) -> None:
    """A multiple is the published one."""
    point = decode_g1(bytes.fromhex(answer["point"]))
    assert encode_g1(multiply_g1(point, int(answer["scalar"], 16))).hex() == answer["product"]


@pytest.mark.parametrize("answer", known("pairing"), ids=lambda answer: answer["what"])
def test_known_pairings(answer: dict[str, Any], check: PairingCheck) -> None:
    """A product of pairings is 1, or is not, as published."""
    pairs = [
        (decode_g1(bytes.fromhex(pair[:128])), decode_g2(bytes.fromhex(pair[128:])))
        for pair in answer["pairs"]
    ]
    assert check(pairs) == answer["cancel"]


# Encodings


@pytest.mark.parametrize("scalar", [0, 1, 2, MODULUS - 1, 12345678901234567890])
def test_points_survive_encoding(scalar: int) -> None:
    """What is encoded is decoded to itself, infinity too."""
    first, second = multiply_g1(G1_GENERATOR, scalar), multiply_g2(G2_GENERATOR, scalar)
    assert decode_g1(encode_g1(first)) == first
    assert decode_g2(encode_g2(second)) == second


def test_layout_of_encodings() -> None:
    """The x stands first, big-endian; a part with i stands before its real part."""
    assert encode_g1(G1_GENERATOR) == bytes(31) + b"\x01" + bytes(31) + b"\x02"
    assert encode_g1(None) == bytes(64)
    assert encode_g2(G2_GENERATOR)[:32] == G2_GENERATOR[0][1].to_bytes(32, "big")
    assert encode_g2(G2_GENERATOR)[96:] == G2_GENERATOR[1][0].to_bytes(32, "big")
    assert encode_g2(None) == bytes(128)


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_wrong_length_of_g1(length: int) -> None:
    """64 bytes are read, no more, no fewer."""
    assert rejected(decode_g1, bytes(length)) == ErrorCode.PROOF_POINT_LENGTH


@pytest.mark.parametrize("length", [0, 64, 127, 129])
def test_wrong_length_of_g2(length: int) -> None:
    """128 bytes are read, no more, no fewer."""
    assert rejected(decode_g2, bytes(length)) == ErrorCode.PROOF_POINT_LENGTH


@pytest.mark.parametrize("place", [0, 1])
def test_coordinate_of_g1_plus_q(place: int) -> None:
    """A coordinate has one encoding: adding q does not make another."""
    values = list(G1_GENERATOR)
    values[place] += COORDINATE_MODULUS
    data = b"".join(value.to_bytes(32, "big") for value in values)
    assert rejected(decode_g1, data) == ErrorCode.PROOF_COORDINATE_NOT_CANONICAL


@pytest.mark.parametrize("place", range(4))
def test_coordinate_of_g2_plus_q(place: int) -> None:
    """Each of the four parts has one encoding."""
    data = bytearray(encode_g2(G2_GENERATOR))
    window = slice(32 * place, 32 * place + 32)
    shifted = int.from_bytes(data[window], "big") + COORDINATE_MODULUS
    data[window] = shifted.to_bytes(32, "big")
    assert rejected(decode_g2, bytes(data)) == ErrorCode.PROOF_COORDINATE_NOT_CANONICAL


def test_q_is_not_another_zero() -> None:
    """Infinity has one encoding."""
    data = COORDINATE_MODULUS.to_bytes(32, "big") * 2
    assert rejected(decode_g1, data) == ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    assert rejected(decode_g2, data * 2) == ErrorCode.PROOF_COORDINATE_NOT_CANONICAL


@pytest.mark.parametrize("point", [(1, 3), (0, 1), (1, 0), (2, 1)])
def test_point_off_g1(point: tuple[int, int]) -> None:
    """What does not satisfy the equation is refused."""
    assert not is_on_g1(point)
    assert rejected(decode_g1, encode_g1(point)) == ErrorCode.PROOF_POINT_NOT_ON_CURVE


def test_point_off_the_twisted_curve() -> None:
    """A point with its parts in the other order is refused."""
    x, y = G2_GENERATOR
    swapped = ((x[1], x[0]), (y[1], y[0]))
    assert rejected(decode_g2, encode_g2(swapped)) == ErrorCode.PROOF_POINT_NOT_ON_CURVE


def test_point_outside_g2() -> None:
    """A point of the twisted curve that is not in the subgroup is refused."""
    assert is_on_g2_curve(OUTSIDE_G2)
    assert not is_in_g2(OUTSIDE_G2)
    assert rejected(decode_g2, encode_g2(OUTSIDE_G2)) == ErrorCode.PROOF_POINT_NOT_IN_SUBGROUP


def test_words() -> None:
    """Words are the Montgomery form, least significant first; infinity is a row of zeros."""
    points: list[G1Point] = [G1_GENERATOR, None, multiply_g1(G1_GENERATOR, 77)]
    words = words_from_points(points)
    assert words.dtype == np.uint64
    assert words.shape == (3, 8)
    one = RADIX % COORDINATE_MODULUS
    assert [int(word) for word in words[0, :4]] == [one >> 64 * i & 2**64 - 1 for i in range(4)]
    assert not words[1].any()
    assert points_from_words(words) == points
    assert points_from_words(words_from_points([])) == []


# G1


def test_group_of_small_multiples() -> None:
    """Adding multiples of the generator adds their factors, in every meeting of signs."""
    multiples = {factor: library_sum([G1_GENERATOR], [factor]) for factor in range(-8, 9)}
    for left in range(-4, 5):
        for right in range(-4, 5):
            assert add_g1(multiples[left], multiples[right]) == multiples[left + right]
        assert negate_g1(multiples[left]) == multiples[-left]
        assert multiply_g1(G1_GENERATOR, left) == multiples[left]


def test_scalars_are_taken_modulo_r() -> None:
    """A point r times is infinity."""
    point = multiply_g1(G1_GENERATOR, 99)
    assert multiply_g1(point, MODULUS) is None
    assert multiply_g1(point, MODULUS + 3) == multiply_g1(point, 3)
    assert multiply_g1(None, 5) is None
    assert multiples_of_generator([MODULUS, -1]) == [None, negate_g1(G1_GENERATOR)]


def test_multiples_of_generator() -> None:
    """The table gives what `py_ecc` gives."""
    random = seeded(1)
    scalars = [0, 1, 255, 256, MODULUS - 1, *(random.randrange(MODULUS) for _ in range(8))]
    expected = [library_sum([G1_GENERATOR], [scalar]) for scalar in scalars]
    assert multiples_of_generator(scalars) == expected
    assert multiples_of_generator([]) == []


@pytest.mark.parametrize("size", [0, 1, 2, 3, 8, 17])
def test_sum_of_multiples(size: int) -> None:
    """Sums agree with adding one by one, whatever repeats, cancels or is nothing."""
    random = seeded(size)
    points: list[G1Point] = multiples_of_generator([random.randrange(MODULUS) for _ in range(size)])
    scalars = [random.randrange(MODULUS) for _ in range(size)]
    assert multi_scalar_product(points, scalars) == library_sum(points, scalars)
    for place in range(size):
        kind = random.randrange(5)
        if kind == 0:
            points[place] = None
        elif kind == 1:
            scalars[place] = random.choice([0, 1, MODULUS, MODULUS - 1, 2**256 - 1, -1])
        elif kind == 2:
            points[place] = points[0]
            scalars[place] = scalars[0]
        elif kind == 3:
            points[place] = negate_g1(points[0])
            scalars[place] = scalars[0]
    assert multi_scalar_product(points, scalars) == library_sum(points, scalars)


def test_sum_that_cancels() -> None:
    """A point, its mirror image, and the same factor make infinity, also inside one bucket."""
    point = multiply_g1(G1_GENERATOR, 5)
    assert multi_scalar_product([point, negate_g1(point)], [9, 9]) is None
    assert multi_scalar_product([point] * 16, [MODULUS - 15] + [1] * 15) is None
    assert multi_scalar_product([point] * 64, [3] * 64) == multiply_g1(G1_GENERATOR, 5 * 3 * 64)


def test_sum_takes_equal_lengths() -> None:
    """A point without a scalar is a fault of the caller."""
    with pytest.raises(ValueError, match="one scalar"):
        multi_scalar_product([G1_GENERATOR], [])


# G2


def test_group_of_g2() -> None:
    """Sums, mirror images and multiples in G2 agree."""
    seventh = multiply_g2(G2_GENERATOR, 7)
    assert add_g2(multiply_g2(G2_GENERATOR, 3), multiply_g2(G2_GENERATOR, 4)) == seventh
    assert add_g2(seventh, negate_g2(seventh)) is None
    assert add_g2(seventh, None) == seventh
    assert multiply_g2(G2_GENERATOR, MODULUS) is None
    assert is_in_g2(seventh)
    assert is_in_g2(None)


# Pairings


def test_no_pairs(check: PairingCheck) -> None:
    """An empty product is 1."""
    assert check([])


def test_infinity_pairs_to_one(check: PairingCheck) -> None:
    """Infinity on either side contributes nothing."""
    assert check([(None, G2_GENERATOR), (G1_GENERATOR, None), (None, None)])
    assert not check([(None, G2_GENERATOR), (G1_GENERATOR, G2_GENERATOR)])


def test_pairing_is_bilinear(check: PairingCheck) -> None:
    """e(aP, bQ) = e(abP, Q), and any other factor is told apart."""
    a, b = 1234567, MODULUS - 89
    left = (multiply_g1(G1_GENERATOR, a), multiply_g2(G2_GENERATOR, b))
    assert check([left, (multiply_g1(G1_GENERATOR, -a * b), G2_GENERATOR)])
    assert not check([left, (multiply_g1(G1_GENERATOR, -a * b - 1), G2_GENERATOR)])
    assert not check([left, (multiply_g1(G1_GENERATOR, a * b), G2_GENERATOR)])


def test_swapped_points_do_not_cancel(check: PairingCheck) -> None:
    """Exchanging points between pairs is noticed; exchanging pairs changes nothing."""
    first = (multiply_g1(G1_GENERATOR, 6), multiply_g2(G2_GENERATOR, 5))
    second = (multiply_g1(G1_GENERATOR, -10), multiply_g2(G2_GENERATOR, 3))
    assert check([first, second])
    assert check([second, first])
    assert not check([(first[0], second[1]), (second[0], first[1])])


def test_forms_agree_on_random_products() -> None:
    """Both forms give the right answer on many pairs, of which half cancel."""
    pytest.importorskip("pyrevm", reason="the optional package pyrevm is not there")
    random = seeded(4)
    for size in (1, 2, 5):
        factors = [(random.randrange(MODULUS), random.randrange(MODULUS)) for _ in range(size)]
        pairs = [(multiply_g1(G1_GENERATOR, a), multiply_g2(G2_GENERATOR, b)) for a, b in factors]
        balance = -sum(a * b for a, b in factors)
        for error in (0, 1):
            closed = [*pairs, (multiply_g1(G1_GENERATOR, balance + error), G2_GENERATOR)]
            assert pairings_cancel(closed) == pairings_cancel_in_evm(closed) == (error == 0)


def test_fast_form_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package the readable form takes its place; with it, it does not."""

    def refuse(name: str) -> object:
        raise ModuleNotFoundError(name)

    fast_pairing_check.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(curve, "import_module", refuse)
        assert fast_pairing_check() is pairings_cancel
    fast_pairing_check.cache_clear()
    pytest.importorskip("pyrevm", reason="the optional package pyrevm is not there")
    assert fast_pairing_check() is pairings_cancel_in_evm
