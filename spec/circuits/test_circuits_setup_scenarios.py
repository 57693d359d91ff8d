"""Scenarios of points of the curve, and of trusted setups."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from payy_ref.crypto.field import MODULUS
from payy_ref.errors import ErrorCode
from payy_ref.proofs.curve import (
    COORDINATE_MODULUS,
    G1_GENERATOR,
    G2_GENERATOR,
    encode_g1,
    encode_g2,
    is_on_g1,
    multiply_g1,
    multiply_g2,
    negate_g1,
    negate_g2,
)
from payy_ref.proofs.setup import (
    DEVELOPMENT_SETUP_NAME,
    LARGEST_DEVELOPMENT,
    development_secret,
)
from payy_ref.testing import powers_of_tau
from payy_ref.testing.powers_of_tau import OUTSIDE_G2, SECRET, Files, good_file
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.circuits.circuit_cases import rules, slug, spliced, with_word, words_of
from spec.ledger.ledger_cases import in_words, json_of, with_field_missing

Q: Final = COORDINATE_MODULUS
"""The modulus of coordinates."""

G1: Final = encode_g1(G1_GENERATOR)
G2: Final = encode_g2(G2_GENERATOR)


def takes_point(vector: VectorWriter, name: str, group: str, encoding: bytes) -> None:
    """State that a point is one."""
    output = vector.accepts(
        f"curve-decode-{group}-{name}",
        f"curve/decode_{group}",
        description=f"A point of {group.upper()}: {in_words(name)}.",
        requirements=rules(24),
        flags=["POINT_ENCODING"],
        encoding=encoding,
    )
    assert output["encoding"] == encoding


def refuses_point(
    vector: VectorWriter, name: str, group: str, encoding: bytes, error: ErrorCode
) -> None:
    """State that a point is none."""
    vector.rejects(
        f"curve-decode-{group}-{name}",
        f"curve/decode_{group}",
        error,
        description=f"No point of {group.upper()}: {in_words(name)}.",
        requirements=rules(24),
        flags=["POINT_ENCODING"],
        encoding=encoding,
    )


def greatest_g1() -> tuple[int, int]:
    """Find the point of G1 with the greatest x and y."""
    x = Q - 1
    while True:
        # q is 3 modulo 4, so this power is a root, if there is one.
        y = pow(x**3 + 3, (Q + 1) // 4, Q)
        if is_on_g1((x, y)):
            return x, max(y, Q - y)
        x -= 1


def test_points_of_g1(vector: VectorWriter) -> None:
    """
    A point of G1 is its two coordinates.

    Given points with small and great coordinates, and infinity as zeros, when they are decoded,
    then they are taken.
    """
    points = {
        "generator": G1_GENERATOR,
        "negated-generator": negate_g1(G1_GENERATOR),
        "doubled-generator": multiply_g1(G1_GENERATOR, 2),
        "development-power": multiply_g1(G1_GENERATOR, development_secret()),
        "last-multiple": multiply_g1(G1_GENERATOR, MODULUS - 1),
        "greatest": greatest_g1(),
        "infinity": None,
    }
    for name, point in points.items():
        takes_point(vector, name, "g1", encode_g1(point))


def test_points_of_g2(vector: VectorWriter) -> None:
    """
    A point of G2 is its two coordinates, each the part with i first.

    Given points, and infinity as zeros, when they are decoded, then they are taken.
    """
    points = {
        "generator": G2_GENERATOR,
        "negated-generator": negate_g2(G2_GENERATOR),
        "development-setup": multiply_g2(G2_GENERATOR, development_secret()),
        "infinity": None,
    }
    for name, point in points.items():
        takes_point(vector, name, "g2", encode_g2(point))


@pytest.mark.parametrize(("group", "point"), [("g1", G1), ("g2", G2)])
def test_lengths_of_points(vector: VectorWriter, group: str, point: bytes) -> None:
    """
    Points have a width.

    Given fewer or more bytes, when they are decoded, then they are rejected.
    """
    lengths = {
        "empty": b"",
        "byte-too-few": point[:-1],
        "byte-too-many": point + b"\0",
        "half": point[: len(point) // 2],
        "twice": point * 2,
        "all-ones-too-long": b"\xff" * (len(point) + 1),
    }
    for name, encoding in lengths.items():
        refuses_point(vector, name, group, encoding, ErrorCode.PROOF_POINT_LENGTH)


@pytest.mark.parametrize(("group", "point"), [("g1", G1), ("g2", G2)])
def test_coordinates(vector: VectorWriter, group: str, point: bytes) -> None:
    """
    Coordinates are below q.

    Given a point with q more in one coordinate, or infinity with q for 0, when it is decoded, then
    it is rejected.
    """
    code = ErrorCode.PROOF_COORDINATE_NOT_CANONICAL
    zero = bytes(len(point))
    for place in range(len(point) // 32):
        for name, base in (("plus-q", point), ("q-of-infinity", zero)):
            encoding = with_word(base, 32 * place, lambda value: value + Q)
            refuses_point(vector, f"word-{place}-{name}", group, encoding, code)
    refuses_point(vector, "all-ones", group, b"\xff" * len(point), code)
    # Not on the curve either.
    refuses_point(vector, "q-and-off-curve", group, with_word(point, 0, lambda _: Q), code)


def test_points_that_are_none(vector: VectorWriter) -> None:
    """
    Points are on their curve, those of G2 in the subgroup.

    Given coordinates that are on no curve, in another order, or of a point of another order, when
    they are decoded, then they are rejected.
    """
    x1, x0, y1, y0 = (G2[32 * i : 32 * i + 32] for i in range(4))
    off = ErrorCode.PROOF_POINT_NOT_ON_CURVE
    g1 = {
        "y-plus-1": with_word(G1, 32, lambda y: y + 1),
        "x-zero": words_of([0, 2]),
        "y-zero": words_of([1, 0]),
        "coordinates-exchanged": words_of([2, 1]),
        "greatest-coordinates": words_of([Q - 1, Q - 1]),
        "of-twisted-curve": x0 + y0,
    }
    g2 = {
        "y-plus-1": with_word(G2, 96, lambda y: y + 1),
        "real-parts-first": x0 + x1 + y0 + y1,
        "coordinates-exchanged": y1 + y0 + x1 + x0,
        "x-conjugated": with_word(G2, 0, lambda x: Q - x),
        "of-first-curve": words_of([0, 1, 0, 2]),
        "zero-but-y": words_of([0, 0, 0, 1]),
    }
    for name, encoding in g1.items():
        refuses_point(vector, name, "g1", encoding, off)
    for name, encoding in g2.items():
        refuses_point(vector, name, "g2", encoding, off)
    outside = ErrorCode.PROOF_POINT_NOT_IN_SUBGROUP
    for name, point in {"of-another-order": OUTSIDE_G2, "negated": negate_g2(OUTSIDE_G2)}.items():
        refuses_point(vector, f"outside-{name}", "g2", encode_g2(point), outside)


@pytest.mark.parametrize("group", ["g1", "g2"])
def test_malformed_points(vector: VectorWriter, group: str) -> None:
    """
    An encoding is bytes.

    Given no field, null or text, when it is decoded, then the input is malformed.
    """
    given = {"encoding": f"0x{(G1 if group == 'g1' else G2).hex()}"}
    bent: dict[str, Any] = {**with_field_missing(given), "text": {"encoding": "infinity"}}
    for name, changed in bent.items():
        vector.rejects_malformed(
            f"curve-decode-{group}-malformed-{name}",
            f"curve/decode_{group}",
            changed,
            description=f"An encoding of another form: {in_words(name)}.",
            requirements=["PAYY-CONVENTIONS-001"],
            flags=["MALFORMED"],
        )


# The development setup


@pytest.mark.parametrize("count", [1, 2, 64])
def test_the_development_setup(vector: VectorWriter, count: int) -> None:
    """
    The insecure setup is the powers of a number that everybody knows.

    Given its name and a number of powers, when it is asked for, then the powers are given.
    """
    output = vector.accepts(
        f"setup-development-{count}-powers",
        "setup/development",
        description=f"The development setup with {count} of its powers.",
        requirements=rules(21),
        flags=["SETUP_SECRET"],
        name=DEVELOPMENT_SETUP_NAME,
        count=count,
    )
    secret = development_secret()
    powers = [multiply_g1(G1_GENERATOR, pow(secret, i, MODULUS)) for i in range(count)]
    assert output["g1"] == tuple(map(encode_g1, powers))
    assert output["x_g2"] == encode_g2(multiply_g2(G2_GENERATOR, secret))


def test_the_development_setup_is_named(vector: VectorWriter) -> None:
    """
    Nobody gets the insecure setup who does not ask for it by its name.

    Given another name, when it is asked for, then it is refused, however many powers are wanted.
    """
    names = {
        "no-name": ("", 4),
        "another-name": ("setup", 4),
        "short-name": ("development-setup", 4),
        "name-in-capitals": ("Insecure-Development-Setup", 4),
        "name-with-blank": (f"{DEVELOPMENT_SETUP_NAME} ", 4),
        "order-name-and-size": ("setup", 0),
    }
    for name, (asked, count) in names.items():
        vector.rejects(
            f"setup-development-{name}",
            "setup/development",
            ErrorCode.SETUP_DEVELOPMENT_NOT_NAMED,
            description=f"The development setup is not given to somebody else: {in_words(name)}.",
            requirements=rules(21),
            flags=["SETUP_INSECURE"],
            name=asked,
            count=count,
        )


@pytest.mark.parametrize("count", [0, LARGEST_DEVELOPMENT + 1])
def test_sizes_of_the_development_setup(vector: VectorWriter, count: int) -> None:
    """
    The insecure setup has a power at least and 2^22 at most.

    Given no powers or one more than 2^22, when it is asked for, then it is refused.
    """
    vector.rejects(
        f"setup-development-{count}-powers",
        "setup/development",
        ErrorCode.SETUP_SIZE_OUT_OF_RANGE,
        description=f"There is no development setup of {count} powers.",
        requirements=rules(21),
        flags=["SETUP_LENGTH"],
        name=DEVELOPMENT_SETUP_NAME,
        count=count,
    )


# Files


def taken(
    vector: VectorWriter, case: str, file: bytes, secret: int, count: int, **inputs: Any
) -> None:
    """State that a file is imported."""
    output = vector.accepts(
        f"setup-import-{case}",
        "setup/import",
        description=f"A file of powers of tau is imported: {in_words(case)}.",
        requirements=rules(20),
        flags=["SETUP_SECRET"],
        **{"file": file, "name": "made-here", **inputs},
    )
    powers = [multiply_g1(G1_GENERATOR, pow(secret, i, MODULUS)) for i in range(count)]
    assert output["g1"] == tuple(map(encode_g1, powers))
    assert output["x_g2"] == encode_g2(multiply_g2(G2_GENERATOR, secret))


def refused(
    vector: VectorWriter,
    case: str,
    file: bytes,
    error: ErrorCode,
    flag: str,
    requirements: Sequence[str] = rules(20),
    **inputs: Any,
) -> None:
    """State that a file is not imported."""
    vector.rejects(
        f"setup-import-{slug(case)}",
        "setup/import",
        error,
        description=f"A file of powers of tau is refused: {in_words(case)}.",
        requirements=requirements,
        flags=[flag],
        **{"file": file, "name": "made-here", **inputs},
    )


def test_files_of_powers(vector: VectorWriter) -> None:
    """
    A file of the format gives its powers.

    Given files of few powers, with sections in any order, with or without the file's hash, when
    they are imported, then the powers in G1 and [x]_2 are given.
    """
    file = good_file()
    sections = powers_of_tau.sections()
    needed = {number: sections[number] for number in (1, 2, 3)}
    others = {4: b"", 5: b"\xff" * 7, 2**32 - 1: b"?"}
    taken(vector, "7-powers", file, SECRET, 7)
    taken(vector, "3-powers", good_file(power=1), SECRET, 3)
    taken(vector, "with-its-hash", file, SECRET, 7, blake2b=hashlib.blake2b(file).digest())
    turned = powers_of_tau.written(dict(reversed(sections.items())))
    taken(vector, "sections-turned", turned, SECRET, 7)
    taken(vector, "needed-sections", powers_of_tau.written(needed), SECRET, 7)
    taken(vector, "unknown-sections", powers_of_tau.written({**needed, **others}), SECRET, 7)
    taken(vector, "of-secret-1", good_file(1), 1, 7)
    taken(vector, "of-greatest-secret", good_file(MODULUS - 1), MODULUS - 1, 7)
    ceremony = powers_of_tau.header()[:-4] + powers_of_tau.little(28, 4)
    taken(vector, "of-larger-ceremony", powers_of_tau.with_section(1, ceremony), SECRET, 7)


REFUSED: Final[Mapping[str, tuple[ErrorCode, str, Files]]] = {
    "malformed": (
        ErrorCode.SETUP_FILE_MALFORMED,
        "SETUP_CONTAINER",
        powers_of_tau.MALFORMED,
    ),
    "field": (ErrorCode.SETUP_FIELD_MISMATCH, "SETUP_CONTAINER", powers_of_tau.OTHER_FIELD),
    "point": (ErrorCode.SETUP_POINT_INVALID, "SETUP_UNCHECKED", powers_of_tau.INVALID_POINTS),
    "generator": (
        ErrorCode.SETUP_GENERATOR_MISMATCH,
        "SETUP_UNCHECKED",
        powers_of_tau.OTHER_GENERATOR,
    ),
    "powers": (ErrorCode.SETUP_NOT_POWERS, "SETUP_UNCHECKED", powers_of_tau.NOT_POWERS),
}
"""Code, bug class and files, by what is wrong with them."""


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, (_, _, files) in REFUSED.items() for name in files]
)
def test_files_with_a_fault(vector: VectorWriter, kind: str, name: str) -> None:
    """
    A file is believed only as far as it is checked.

    Given a file with one fault in its container, its header or a point, when it is imported, then
    it is refused.
    """
    error, flag, files = REFUSED[kind]
    refused(vector, f"{kind}-{slug(name)}", files[name](), error, flag)


def test_hashes_of_files(vector: VectorWriter) -> None:
    """
    A hash names one file.

    Given a file and another hash, or the hash of another good file, when it is imported, then it is
    refused.
    """
    file, code, flag = good_file(), ErrorCode.SETUP_HASH_MISMATCH, "SETUP_UNCHECKED"
    digest = hashlib.blake2b(file).digest()
    other = hashlib.blake2b(good_file(SECRET + 1)).digest()
    refused(vector, "hash-of-another-file", file, code, flag, blake2b=other)
    bent = spliced(digest, 63, bytes([digest[63] ^ 1]))
    refused(vector, "hash-with-another-bit", file, code, flag, blake2b=bent)
    refused(vector, "hash-of-zeros", file, code, flag, blake2b=bytes(64))
    sha = hashlib.sha512(file).digest()
    refused(vector, "hash-of-another-function", file, code, flag, blake2b=sha)


def test_names_of_files(vector: VectorWriter) -> None:
    """
    The insecure setup bears its own name, in a file too, and no other setup does.

    Given a file of the powers that everybody knows, or of others, when it is imported under the
    name of the other, then it is refused.
    """
    secret = development_secret()
    file = good_file(secret)
    taken(vector, "development-setup", file, secret, 7, name=DEVELOPMENT_SETUP_NAME)
    taken(vector, "without-a-name", good_file(), SECRET, 7, name="")
    code, flag = ErrorCode.SETUP_DEVELOPMENT_NOT_NAMED, "SETUP_INSECURE"
    refused(vector, "development-setup-not-named", file, code, flag, rules(21))
    refused(
        vector,
        "another-setup-with-that-name",
        good_file(),
        code,
        flag,
        rules(21),
        name=DEVELOPMENT_SETUP_NAME,
    )


def test_malformed_requests(vector: VectorWriter) -> None:
    """
    Requests for setups have a form.

    Given a field that is absent or null, a hash of another width or a count that is no integer,
    when a setup is asked for, then the input is malformed.
    """
    file: dict[str, Any] = {"file": good_file(), "name": "made-here", "blake2b": bytes(64)}
    imported = json_of("setup/import", **file)
    bent = with_field_missing(imported)
    # The hash may be absent.
    del bent["without-blake2b"]
    bent["hash-of-32-bytes"] = {**imported, "blake2b": f"0x{bytes(32).hex()}"}
    bent["hash-of-65-bytes"] = {**imported, "blake2b": f"0x{bytes(65).hex()}"}
    development = json_of("setup/development", name=DEVELOPMENT_SETUP_NAME, count=4)
    asked = with_field_missing(development)
    asked["negative-count"] = {**development, "count": "-1"}
    asked["count-as-number"] = {**development, "count": 4}
    for operation, inputs in (("import", bent), ("development", asked)):
        for name, changed in inputs.items():
            vector.rejects_malformed(
                f"setup-{operation}-malformed-{name}",
                f"setup/{operation}",
                changed,
                description=f"A request of another form: {in_words(name)}.",
                requirements=["PAYY-CONVENTIONS-001"],
                flags=["MALFORMED"],
            )
