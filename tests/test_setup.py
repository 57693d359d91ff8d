"""Trusted setups: files that are well made, files that are not, and the insecure one."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.proofs.backend import Points
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    G2_GENERATOR,
    RADIX,
    G1Point,
    encode_g1,
    encode_g2,
    fast_pairing_check,
    is_on_g1,
    multiply_g1,
    multiply_g2,
    pairings_cancel,
    words_from_points,
)
from payy_ref.proofs.setup import (
    DEVELOPMENT_SETUP_NAME,
    LARGEST_DEVELOPMENT,
    checked_powers,
    development,
    development_secret,
    from_powers_of_tau,
    readable_powers_of_g1,
    readable_sum_of_multiples,
)
from payy_ref.testing.powers_of_tau import (
    INVALID_POINTS,
    MALFORMED,
    NOT_POWERS,
    OTHER_FIELD,
    OTHER_GENERATOR,
    SECRET,
    good_file,
    little,
    montgomery,
    powers_g1,
    sections,
    with_g1,
    with_swapped_powers,
    written,
)

REAL_FILE: Final = "PAYY_REF_POWERS_OF_TAU"
"""Environment variable that names a file of the ceremony."""


def import_file(data: bytes, name: str = "made-here", blake2b: bytes | None = None) -> Any:
    """Read a file with the fastest pairing that is there."""
    return from_powers_of_tau(data, name=name, blake2b=blake2b, pairing_check=fast_pairing_check())


def code_of(action: Callable[[], object]) -> ErrorCode:
    """Do what is refused."""
    with pytest.raises(SpecError) as caught:
        action()
    return caught.value.code


# Files


@pytest.mark.parametrize("pairing_check", [pairings_cancel, fast_pairing_check()])
def test_good_file(pairing_check: Callable[[Any], bool]) -> None:
    """A good file gives its powers, and is not taken for the development setup."""
    setup = from_powers_of_tau(good_file(), name="made-here", pairing_check=pairing_check)
    assert setup.name == "made-here"
    assert not setup.is_development
    assert setup.count == 7
    assert setup.points(7) == list(powers_g1())
    assert setup.x_g2 == multiply_g2(G2_GENERATOR, SECRET)
    assert np.array_equal(setup.words(7), words_from_points(powers_g1()))


def test_order_of_sections_is_free() -> None:
    """Sections are found by their numbers."""
    turned = dict(reversed(sections().items()))
    assert import_file(written(turned)) == import_file(good_file())


def test_largest_coordinate() -> None:
    """A coordinate that stands as q - 1 is canonical: its point is refused as no power alone."""
    x = -pow(RADIX, -1, COORDINATE_MODULUS) % COORDINATE_MODULUS
    # The prime is 3 modulo 4, so this power is a root, if there is one.
    y = pow(x**3 + 3, (COORDINATE_MODULUS + 1) // 4, COORDINATE_MODULUS)
    assert is_on_g1((x, y))
    assert montgomery(x) == little(COORDINATE_MODULUS - 1, 32)
    assert code_of(lambda: import_file(with_g1(3, (x, y)))) == ErrorCode.SETUP_NOT_POWERS


@pytest.mark.parametrize("make", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_file(make: Callable[[], bytes]) -> None:
    """The container is checked before anything in it is believed."""
    assert code_of(lambda: import_file(make())) == ErrorCode.SETUP_FILE_MALFORMED


def test_every_truncation() -> None:
    """No beginning of a good file is a good file."""
    data = good_file()
    codes = {code_of(partial(import_file, data[:n])) for n in range(len(data))}
    assert codes == {ErrorCode.SETUP_FILE_MALFORMED}


@pytest.mark.parametrize("make", OTHER_FIELD.values(), ids=OTHER_FIELD.keys())
def test_another_field(make: Callable[[], bytes]) -> None:
    """The prime is that of our coordinates, in its usual width."""
    assert code_of(lambda: import_file(make())) == ErrorCode.SETUP_FIELD_MISMATCH


@pytest.mark.parametrize("make", INVALID_POINTS.values(), ids=INVALID_POINTS.keys())
def test_invalid_point(make: Callable[[], bytes]) -> None:
    """Every point that is taken is canonical, finite, on its curve, and in its group."""
    assert code_of(lambda: import_file(make())) == ErrorCode.SETUP_POINT_INVALID


@pytest.mark.parametrize("make", OTHER_GENERATOR.values(), ids=OTHER_GENERATOR.keys())
def test_other_generator(make: Callable[[], bytes]) -> None:
    """The zeroth powers are the generators."""
    assert code_of(lambda: import_file(make())) == ErrorCode.SETUP_GENERATOR_MISMATCH


@pytest.mark.parametrize("make", NOT_POWERS.values(), ids=NOT_POWERS.keys())
def test_not_powers(make: Callable[[], bytes]) -> None:
    """Points that are not consecutive powers of one secret are refused."""
    assert code_of(lambda: import_file(make())) == ErrorCode.SETUP_NOT_POWERS


def test_readable_pairing_refuses_too() -> None:
    """The readable form sees that points are no powers."""
    data = with_swapped_powers()
    assert code_of(lambda: from_powers_of_tau(data, name="made-here")) == (
        ErrorCode.SETUP_NOT_POWERS
    )


def test_hash() -> None:
    """With a hash given, the file with that hash is taken and no other, not even a good one."""
    data = good_file()
    digest = hashlib.blake2b(data).digest()
    assert import_file(data, blake2b=digest) == import_file(data)
    other = good_file(SECRET + 1)
    for wrong in (b"", digest[:-1], bytes(64), hashlib.blake2b(data, digest_size=32).digest()):
        assert code_of(partial(import_file, data, blake2b=wrong)) == (ErrorCode.SETUP_HASH_MISMATCH)
    assert code_of(lambda: import_file(other, blake2b=digest)) == ErrorCode.SETUP_HASH_MISMATCH


def test_sum_is_injected() -> None:
    """The given way of adding up is used, once, for all powers but the last."""
    asked: list[tuple[int, int]] = []

    def counted(points: Points, scalars: Sequence[int]) -> G1Point:
        asked.append((len(points), len(scalars)))
        return readable_sum_of_multiples(points, scalars)

    from_powers_of_tau(
        good_file(),
        name="made-here",
        sum_of_multiples=counted,
        pairing_check=fast_pairing_check(),
    )
    assert asked == [(6, 6)]


# The development setup


def test_development_setup() -> None:
    """It consists of the powers of the secret that everybody knows, and says so."""
    setup = development(9, name=DEVELOPMENT_SETUP_NAME)
    secret = development_secret()
    assert setup.is_development
    assert setup.name == "insecure-development-setup"
    assert setup.count == 9
    assert setup.points(9) == [multiply_g1(G1_GENERATOR, pow(secret, i, MODULUS)) for i in range(9)]
    assert setup.x_g2 == multiply_g2(G2_GENERATOR, secret)
    assert development(4, name=DEVELOPMENT_SETUP_NAME).points(4) == setup.points(4)


@pytest.mark.parametrize("name", ["", "setup", "insecure", "Insecure-Development-Setup"])
def test_pitfall_10_the_development_setup_cannot_be_mistaken(name: str) -> None:
    """Who does not ask for it by its name does not get it."""
    assert code_of(lambda: development(4, name=name)) == ErrorCode.SETUP_DEVELOPMENT_NOT_NAMED


def test_development_setup_has_a_power() -> None:
    """A setup without points, or with more than anybody needs, is refused before any work."""
    for size in (0, LARGEST_DEVELOPMENT + 1, 10**30):
        assert (
            code_of(partial(development, size, name=DEVELOPMENT_SETUP_NAME))
            == ErrorCode.SETUP_SIZE_OUT_OF_RANGE
        )


def test_powers_are_injected() -> None:
    """The given way of making powers is used and gives the same setup."""
    asked: list[tuple[int, int]] = []

    def recorded(secret: int, count: int) -> Points:
        asked.append((secret, count))
        return readable_powers_of_g1(secret, count)

    setup = development(5, name=DEVELOPMENT_SETUP_NAME, powers_of_g1=recorded)
    assert asked == [(development_secret(), 5)]
    assert setup == development(5, name=DEVELOPMENT_SETUP_NAME)


def test_development_setup_in_a_file() -> None:
    """A file with the known secret passes under no other name, nor another file under its name."""
    data = good_file(development_secret())
    assert code_of(lambda: import_file(data)) == ErrorCode.SETUP_DEVELOPMENT_NOT_NAMED
    assert code_of(lambda: import_file(good_file(), name=DEVELOPMENT_SETUP_NAME)) == (
        ErrorCode.SETUP_DEVELOPMENT_NOT_NAMED
    )
    named = import_file(data, name=DEVELOPMENT_SETUP_NAME)
    assert named == development(7, name=DEVELOPMENT_SETUP_NAME)


# Use


def test_checked_powers() -> None:
    """So many powers are handed out as there are."""
    setup = development(5, name=DEVELOPMENT_SETUP_NAME)
    for count in (0, 1, 5):
        words = checked_powers(setup, count)
        assert words.shape == (count, 8)
        assert words.dtype == np.uint64
        assert np.array_equal(words, setup.words(5)[:count])
    for count in (6, 2**20, -1):
        assert code_of(partial(checked_powers, setup, count)) == (ErrorCode.SETUP_TOO_SHORT)


def test_words_are_a_copy() -> None:
    """Nobody can change a setup through the words it hands out."""
    setup = development(2, name=DEVELOPMENT_SETUP_NAME)
    words = checked_powers(setup, 2)
    words[:] = 0
    assert setup.points(1) == [G1_GENERATOR]


def test_ceremony() -> None:
    """The file of the ceremony has the published hash, and the powers that others use."""
    path = os.environ.get(REAL_FILE)
    if path is None:
        pytest.skip(f"{REAL_FILE} does not name powersOfTau28_hez_final_11.ptau")
    known = Path(__file__).parent / "known_answers" / "curve.json"
    answers = {a["kind"]: a for a in json.loads(known.read_text("utf-8"))["answers"]}
    ceremony = answers["ceremony"]
    data = Path(path).read_bytes()
    assert len(data) == ceremony["size"]
    setup = import_file(data, name="hermez-11", blake2b=bytes.fromhex(ceremony["blake2b"]))
    assert setup.count == ceremony["power_count"]
    assert not setup.is_development
    assert encode_g2(setup.x_g2).hex() == ceremony["x_g2"]
    powers = answers["ceremony_powers"]["powers"]
    assert [encode_g1(point).hex() for point in setup.points(len(powers) + 1)[1:]] == powers
