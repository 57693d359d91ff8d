"""Properties of encodings and forms, on generated inputs."""

import json
from collections.abc import Callable
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import MODULUS
from payy_ref.driver.reference import run_operation
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.operations import Operation, all_operations, forms
from payy_ref.parameters import Preset
from payy_ref.primitives import borsh, strict_json
from payy_ref.primitives.strict_json import MAXIMUM_DEPTH, Json, StrictJsonError
from payy_ref.testing.strategies import (
    BorshBytes,
    BorshFixed,
    BorshList,
    BorshType,
    BorshUnsigned,
    borsh_types,
    borsh_values,
    form_documents,
    form_trees,
    form_values,
    json_values,
    texts,
)


def verdict(judge: Callable[[], object]) -> ErrorCode | None:
    """Tell the code of a refusal; None if there is none."""
    try:
        judge()
    except SpecError as refusal:
        return refusal.code
    return None


# T01 and T02, borsh


@evidence("PAYY-CONVENTIONS-T01")
@given(borsh_values())
def test_borsh_loses_nothing(case: tuple[BorshType[Any], Any]) -> None:
    """Decoding the encoding of a value gives the value."""
    kind, value = case
    assert borsh.decode(kind.encode(value), kind.take) == value


@evidence("PAYY-CONVENTIONS-T01")
@given(st.lists(borsh_values(), max_size=4))
def test_borsh_of_values_in_a_row(cases: list[tuple[BorshType[Any], Any]]) -> None:
    """Values written one after another are read one after another."""
    encoding = b"".join(kind.encode(value) for kind, value in cases)
    values = borsh.decode(encoding, lambda reader: [kind.take(reader) for kind, _ in cases])
    assert values == [value for _, value in cases]


@evidence("PAYY-CONVENTIONS-T01", part="integers out of range")
@given(st.integers(1, 32), st.integers(0, 2**300))
def test_wide_integers_are_refused(width: int, excess: int) -> None:
    """An integer that does not fit its width is refused, and so is a negative one."""
    for value in (256**width + excess, -1 - excess):
        code = verdict(lambda: borsh.encode_unsigned(value, width=width))  # noqa: B023
        assert code == ErrorCode.BORSH_INTEGER_OUT_OF_RANGE


@evidence("PAYY-CONVENTIONS-T02")
@given(borsh_values(), st.binary(min_size=1, max_size=3))
def test_prefixes_and_extensions_are_refused(
    case: tuple[BorshType[Any], Any], extension: bytes
) -> None:
    """An encoding that is cut anywhere, or goes on, is refused."""
    kind, value = case
    encoding = kind.encode(value)
    for length in range(len(encoding)):
        code = verdict(lambda: borsh.decode(encoding[:length], kind.take))  # noqa: B023
        assert code == ErrorCode.BORSH_TRUNCATED
    code = verdict(lambda: borsh.decode(encoding + extension, kind.take))
    assert code == ErrorCode.BORSH_TRAILING_BYTES


@evidence("PAYY-CONVENTIONS-T02")
@given(borsh_types(), st.binary(max_size=24), st.lists(st.integers(0, 2), max_size=16))
def test_accepted_bytes_are_the_encoding(
    kind: BorshType[Any], data: bytes, small: list[int]
) -> None:
    """Whatever bytes are accepted, encoding their value gives them back."""
    for encoding in (data, bytes(small)):
        try:
            value = borsh.decode(encoding, kind.take)
        except SpecError:
            continue
        assert kind.encode(value) == encoding


@evidence(
    "PAYY-CONVENTIONS-T02",
    exhaustive="every string of up to 8 bytes out of 0, 1 and 2, seven types",
)
def test_every_short_string_is_one_value_or_none() -> None:
    """Accepted strings are the encodings of their values, and the others are refused."""
    kinds: tuple[BorshType[Any], ...] = (
        BorshUnsigned(1),
        BorshUnsigned(8),
        BorshFixed(3),
        BorshBytes(),
        BorshList(BorshUnsigned(1)),
        BorshList(BorshUnsigned(2)),
        BorshList(BorshBytes()),
    )
    accepted = dict.fromkeys(kinds, 0)
    for length in range(9):
        for encoding in map(bytes, product((0, 1, 2), repeat=length)):
            for kind in kinds:
                try:
                    value = borsh.decode(encoding, kind.take)
                except SpecError:
                    continue
                assert kind.encode(value) == encoding
                accepted[kind] += 1
    assert list(accepted.values()) == [3, 3**8, 27, 13, 13, 1 + 9 + 81, 1 + 1]


@evidence("PAYY-CONVENTIONS-T02", part="announced lengths beyond the end")
@pytest.mark.parametrize("announced", [1, 2**16, 2**32 - 1])
def test_announced_items_are_not_awaited(announced: int) -> None:
    """A list that announces more than it holds is refused at once, however much it announces."""
    encoding = announced.to_bytes(4, "little")
    kinds: list[BorshType[Any]] = [BorshBytes(), BorshList(BorshBytes()), BorshList(BorshFixed(65))]
    for kind in kinds:
        code = verdict(lambda: borsh.decode(encoding, kind.take))  # noqa: B023
        assert code == ErrorCode.BORSH_TRUNCATED


@evidence("PAYY-CONVENTIONS-T01", part="lists of fixed width as an operation")
@given(st.integers(0, 4), st.lists(st.binary(max_size=4), max_size=4))
def test_list_operations_are_inverse(width: int, items: list[bytes]) -> None:
    """What the encoder of lists accepts, the decoder reads back; it refuses all other widths."""
    hexadecimal: list[Json] = [f"0x{item.hex()}" for item in items]
    encoded = run_operation(
        "mainnet", "encoding", "encode_list", {"width": str(width), "items": hexadecimal}
    )
    if encoded["result"] == "rejected":
        assert encoded["error"] == "BORSH_ITEM_WIDTH"
        assert width == 0 or any(len(item) != width for item in items)
        return
    output = encoded["output"]
    assert isinstance(output, dict)
    decoded = run_operation(
        "mainnet", "encoding", "decode_list", {"width": str(width), "bytes": output["bytes"]}
    )
    assert decoded == {"result": "accepted", "output": {"items": hexadecimal}}


# T03, strict JSON


def same_json(first: Json, second: Json) -> bool:
    """Compare as JSON does: `True` is not 1."""
    return repr(first) == repr(second) if not isinstance(first, dict | list) else first == second


@evidence("PAYY-CONVENTIONS-T03")
@given(json_values())
def test_json_is_read_as_written(value: Json) -> None:
    """What the writers write, the reader reads back; the two writers write the same value."""
    line, page = strict_json.dumps(value), strict_json.dumps_readable(value)
    assert same_json(strict_json.loads(line), value)
    assert line.isascii()
    assert "\n" not in line
    assert strict_json.dumps(strict_json.loads(page)) == line
    assert strict_json.dumps(strict_json.loads(line.encode())) == line
    raw = json.dumps(value, ensure_ascii=False, sort_keys=True)
    assert strict_json.dumps(strict_json.loads(raw, ascii_only=False)) == line


@evidence("PAYY-CONVENTIONS-T03")
@given(texts(), json_values(), json_values())
def test_duplicate_keys_are_refused(key: str, first: Json, second: Json) -> None:
    """A key that occurs twice is refused, also spelled differently and however deep it stands."""
    plain = strict_json.dumps(key)
    escaped = '"' + "".join(rf"\u{unit:04x}" for unit in utf16_units(key)) + '"'
    for other in (plain, escaped):
        pair = f"{plain}:{strict_json.dumps(first)},{other}:{strict_json.dumps(second)}"
        for text in (f"{{{pair}}}", f'[1,{{"deep":{{{pair}}}}}]'):
            with pytest.raises(StrictJsonError, match="duplicate key"):
                strict_json.loads(text)


def utf16_units(text: str) -> list[int]:
    """Give the code units in which JSON escapes a text."""
    encoded = text.encode("utf-16-be")
    return [int.from_bytes(encoded[i : i + 2], "big") for i in range(0, len(encoded), 2)]


LITERALS_REFUSED = (
    *("NaN", "Infinity", "-Infinity", "1.0", "0.5", "-0.0", "1e5", "1E400", "1.5e-3", "0e0"),
    *('"\\ud800"', '"\\udfff"', '"\\udc00\\ud800"', '"a\\ud83dz"', '{"\\ud800":1}'),
    *(
        "01",
        "+1",
        "-",
        ".5",
        "1.",
        "0x1",
        "1_0",
        "True",
        "None",
        "nan",
        "'a'",
        "",
        " ",
        "//",
        "1 2",
    ),
    *(
        '"\t"',
        '"\n"',
        '"a',
        "[1,]",
        '{"a":1,}',
        "[1",
        '{"a"}',
        "{1:2}",
        '"\\x41"',
        "\ufeff1",
        "\xa01",
    ),
    *('"é"', "[1]\0", "\uff11"),
)


@evidence("PAYY-CONVENTIONS-T03")
@pytest.mark.parametrize("literal", LITERALS_REFUSED)
def test_other_literals_are_refused(literal: str) -> None:
    """Floats, constants, unpaired surrogates, raw non-ASCII and what is no JSON are refused."""
    for text in (literal, f"[{literal}]", f'{{"a":[0,{literal}]}}'):
        if text in {"[]", "[ ]"}:
            continue
        for document in (text, text.encode()):
            with pytest.raises(StrictJsonError):
                strict_json.loads(document)


@evidence("PAYY-CONVENTIONS-T03")
@given(st.integers(0, 64), st.lists(st.sampled_from("[{"), min_size=70, max_size=70))
def test_nesting_is_bound(depth: int, shape: list[str]) -> None:
    """Up to 64 levels are read and more are refused, brackets in texts not counted."""

    def nested(levels: int) -> str:
        opening = "".join("[" if bracket == "[" else '{"[\\"{":' for bracket in shape[:levels])
        closing = "".join("]" if bracket == "[" else "}" for bracket in reversed(shape[:levels]))
        return opening + '"[[[{{{"' + closing

    strict_json.loads(nested(depth))
    strict_json.loads(nested(MAXIMUM_DEPTH))
    strict_json.loads("[" + ",".join([nested(MAXIMUM_DEPTH - 1)] * 3) + "]")
    strict_json.loads('"' + "[" * 100_000 + '"')
    for levels in (MAXIMUM_DEPTH + 1, 70):
        with pytest.raises(StrictJsonError):
            strict_json.loads(nested(levels))
    for bracket in ("[", '{"a":'):
        with pytest.raises(StrictJsonError):
            strict_json.loads(bracket * 100_000)


@evidence("PAYY-CONVENTIONS-T03")
@given(st.text(max_size=30), st.binary(max_size=30))
def test_any_text_is_read_or_refused(text: str, data: bytes) -> None:
    """No text and no bytes make the reader fail otherwise than by refusing."""
    for document in (text, data):
        for ascii_only in (True, False):
            try:
                value = strict_json.loads(document, ascii_only=ascii_only)
            except StrictJsonError:
                continue
            assert same_json(strict_json.loads(strict_json.dumps(value)), value)


# T04, forms


@evidence("PAYY-CONVENTIONS-T04")
@given(form_trees().flatmap(lambda form: st.tuples(st.just(form), form_values(form))))
def test_forms_lose_nothing(case: tuple[forms.Form[Any], Any]) -> None:
    """Decoding the encoding of a value gives the value, also by way of JSON text."""
    form, value = case
    encoded = form.encode(value)
    assert form.decode(encoded) == value
    read = strict_json.loads(strict_json.dumps(encoded))
    assert form.decode(read) == value
    assert form.encode(form.decode(read)) == encoded


@evidence("PAYY-CONVENTIONS-T04")
@given(form_trees(), json_values())
def test_accepted_json_is_the_encoding(form: forms.Form[Any], json: Json) -> None:
    """Any JSON value is refused with a code, or is the encoding of what it is read as."""
    try:
        value = form.decode(json)
    except SpecError:
        return
    assert form.encode(value) == json


def refuses(form: forms.Form[Any], value: object) -> bool:
    """Tell whether a form finds a value malformed; floats may be tried, which JSON here has not."""
    json: Any = value
    return verdict(lambda: form.decode(json)) == ErrorCode.MALFORMED_INPUT


NO_STRING: tuple[object, ...] = (None, 0, 1, -1, True, False, [], ["0x"], {}, {"0x": "0x"})


@evidence("PAYY-CONVENTIONS-T04")
@given(st.binary(max_size=33))
def test_near_misses_of_bytes_are_refused(value: bytes) -> None:
    """Bytes are lower-case hex with `0x` in front and whole bytes after it, and nothing else."""
    text = f"0x{value.hex()}"
    digits = text[2:]
    misses: list[object] = [
        *(
            digits,
            "0X" + digits,
            "x" + digits,
            "0x" + text,
            text + "0",
            "0x0" + digits,
            text + "\n",
        ),
        *(" " + text, text + " ", "\n" + text, "-" + text, "+" + text, text + "\0", text + "g0"),
        *(
            text + "0_0",
            text + "\uff10\uff10",
            text + "\u0660\u0660",
            text + "é0",
            text + "\r",
            text + " 00",
        ),
        *NO_STRING,
    ]
    misses += [text[:-1]] if value else ["0", "x"]
    misses += ["0x" + digits.upper()] if digits.upper() != digits else []
    for form in (forms.Bytes(), forms.Bytes(len(value))):
        assert form.decode(text) == value
        for miss in misses:
            assert refuses(form, miss)
    for length in {0, 1, 20, 32, len(value) + 1, len(value) - 1} - {len(value), -1}:
        assert refuses(forms.Bytes(length), text)


@evidence("PAYY-CONVENTIONS-T04")
@given(st.integers(0, 2**256 - 1) | st.integers(MODULUS - 2, MODULUS + 2))
def test_near_misses_of_words_are_refused(value: int) -> None:
    """A word has 32 bytes, no more and no fewer; a canonical one is below p."""
    text = f"0x{value:064x}"
    for form in (forms.Word(), forms.Canonical()):
        for miss in (text[:-2], text + "00", f"0x{value:x}".ljust(67, "0"), "0x", str(value)):
            assert refuses(form, miss)
        for other in NO_STRING:
            assert refuses(form, other)
    assert forms.Word().decode(text) == value
    code = None if value < MODULUS else ErrorCode.FIELD_ELEMENT_NOT_CANONICAL
    assert verdict(lambda: forms.Canonical().decode(text)) == code


@evidence("PAYY-CONVENTIONS-T04")
@given(st.integers(0, 9) | st.integers(0, 10**79 - 1))
def test_near_misses_of_integers_are_refused(value: int) -> None:
    """Integers are decimal digits without sign, blank or leading zero, 80 at most."""
    text = str(value)
    assert forms.Integer().decode(text) == value
    misses: list[object] = [
        *("0" + text, "00" + text, "+" + text, "-" + text, " " + text, text + " ", text + "\n"),
        *("\n" + text, text + ".0", text + "e0", text + ".", text + "_0", "0x" + text, text + "L"),
        *(
            text + "\0",
            text + "\uff10",
            text + "\u0663",
            text + "²",
            text + ",0",
            "",
            "-",
            "\u0663",
            "\uff11",
        ),
        *("1" + "0" * 80, "9" * 81, value, float(value), *NO_STRING),
    ]
    for miss in misses:
        assert refuses(forms.Integer(), miss)
    assert forms.Integer().decode("9" * 80) == 10**80 - 1


@evidence("PAYY-CONVENTIONS-T04")
def test_near_misses_of_booleans_and_texts_are_refused() -> None:
    """Only `true` and `false` are booleans; texts are strings without unpaired surrogates."""
    misses: tuple[object, ...] = (0, 1, "true", "false", "", None, [], {}, 1.0)
    for other in misses:
        assert refuses(forms.Boolean(), other)
    unfits: tuple[object, ...] = (
        "\ud800",
        "a\udfffb",
        "\udc00\ud800",
        None,
        0,
        True,
        [],
        {},
        1.5,
    )
    for unfit in unfits:
        assert refuses(forms.Text(), unfit)
    for text in ("", "\0", "\n", "\U0010ffff", "\ud7ff\ue000"):
        assert forms.Text().decode(text) == text


@evidence("PAYY-CONVENTIONS-T04")
@given(form_trees().flatmap(lambda form: st.tuples(st.just(form), form_values(form))))
def test_near_misses_of_lists_and_records_are_refused(case: tuple[forms.Form[Any], Any]) -> None:
    """A list is an array; a record has its fields, no others, and no null for an absent one."""
    form, value = case
    encoded = form.encode(value)
    record = forms.Record({"given": form, "perhaps": form}, frozenset({"perhaps"}))
    listed = forms.ListOf(form)
    assert record.decode({"given": encoded}) == {"given": value}
    assert listed.decode([encoded, encoded]) == (value, value)
    unlisted: tuple[object, ...] = (
        None,
        {},
        "",
        "[]",
        0,
        True,
        {"0": encoded},
        [None],
        [encoded, None],
    )
    for miss in unlisted:
        assert refuses(listed, miss)
    unrecorded: tuple[object, ...] = (
        *(None, [], "", 0, True, {}, {"perhaps": encoded}, {"given": None}, [["given", encoded]]),
        *({"given": encoded, "perhaps": None}, {"given": encoded, "other": encoded}),
        *({"Given": encoded}, {"given ": encoded}, {"given": encoded, "": None}),
    )
    for unfit in unrecorded:
        assert refuses(record, unfit)


ZERO = "0x" + "00" * 32

FAULTS: dict[str, tuple[Json, ErrorCode]] = {
    "depth": ("03", ErrorCode.MALFORMED_INPUT),
    "element": ("0x", ErrorCode.MALFORMED_INPUT),
    "siblings": (["0x" + "ff" * 32], ErrorCode.FIELD_ELEMENT_NOT_CANONICAL),
    "root": ("0x" + "ff" * 32, ErrorCode.FIELD_ELEMENT_NOT_CANONICAL),
}


@evidence("PAYY-CONVENTIONS-T05", exhaustive="every set of faulty fields of verify_inclusion")
def test_of_several_faults_the_earliest_is_reported() -> None:
    """Each set of faulty fields gives the code of its first field; an unknown field comes first."""
    good: dict[str, Json] = {"depth": "1", "element": ZERO, "siblings": [ZERO], "root": ZERO}
    for size in range(len(FAULTS) + 1):
        for faulty in combinations(FAULTS, size):
            given = {**good, **{name: FAULTS[name][0] for name in faulty}}
            answer = run_operation("mainnet", "merkle", "verify_inclusion", given)
            assert answer.get("error") == (str(FAULTS[faulty[0]][1]) if faulty else None)
            more = run_operation("mainnet", "merkle", "verify_inclusion", {**given, "more": ZERO})
            assert more == {"result": "rejected", "error": "MALFORMED_INPUT"}


# T06


@evidence("PAYY-CONVENTIONS-T06")
@pytest.mark.parametrize(
    "operation", all_operations(), ids=lambda each: f"{each.suite}/{each.name}"
)
@given(data=st.data())
def test_every_operation_answers(operation: Operation, data: st.DataObject) -> None:
    """Any input of the form gets an output of the form or a code, twice the same."""
    preset = data.draw(st.sampled_from(Preset))
    given_input = data.draw(form_documents(operation.input_form))
    answer = run_operation(preset, operation.suite, operation.name, given_input)
    assert answer == run_operation(preset, operation.suite, operation.name, given_input)
    match answer:
        case {"result": "accepted", "output": output}:
            form = operation.output_form
            assert form.encode(form.decode(output)) == output
        case {"result": "rejected", "error": str(code)}:
            assert code in tuple(ErrorCode)
        case _:
            pytest.fail(f"no answer: {answer}")
