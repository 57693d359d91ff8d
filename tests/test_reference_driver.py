"""The reference's driver: every line gets an answer, and nothing ends the process."""

import io
import json
import shlex
import subprocess
import sys
from typing import Any

import pytest

from payy_ref.driver import reference
from payy_ref.driver.reference import answer_line

HASH = {
    "seq": 7,
    "cmd": "run",
    "preset": "mainnet",
    "suite": "hash",
    "operation": "bytes",
    "id": "x",
    "input": {"bytes": "0x"},
}


def ask(line: bytes | dict[str, Any]) -> dict[str, Any]:
    """Answer one line in this process."""
    encoded = line if isinstance(line, bytes) else json.dumps(line).encode()
    text, _ = answer_line(encoded)
    assert text.isascii()
    assert "\n" not in text
    answer: dict[str, Any] = json.loads(text)
    return answer


def test_hello() -> None:
    """The driver says what it can do."""
    assert ask({"seq": 1, "cmd": "hello", "protocol": 1}) == {
        "seq": 1,
        "implementation": "payy-ref",
        "version": "0.1.0",
        "protocol": 1,
        "suites": [
            "encoding",
            "hash",
            "poseidon2",
            "merkle",
            "note",
            "link",
            "transaction",
            "block",
            "chain",
            "mempool",
            "settlement",
            "bridge",
            "queue",
            "consensus",
            "finality",
            "circuit",
            "curve",
            "setup",
            "plonk",
            "randomness",
        ],
        "presets": ["mainnet", "minimal"],
        "level": "reason",
    }


def test_run() -> None:
    """The hash of no bytes is 2."""
    digest = "0x" + "00" * 31 + "02"
    assert ask(HASH) == {"seq": 7, "result": "accepted", "output": {"digest": digest}}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"not json",
        b"{",
        b"[]",
        b"7",
        b"null",
        b'"run"',
        b"\xff\xfe",
        b'{"seq":NaN}',
        b'{"seq":1,"seq":2,"cmd":"stop"}',
        b'{"cmd":"stop"}',
        b'{"seq":"1","cmd":"stop"}',
        b'{"seq":true,"cmd":"stop"}',
        b'{"seq":1.0,"cmd":"stop"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"seq":' + b"9" * 10_000 + b"}",
        b"\x00",
    ],
)
def test_lines_that_are_no_request(line: bytes) -> None:
    """A line that is no request is errored, without a number that it did not have."""
    answer = ask(line)
    assert answer["result"] == "errored"
    assert "seq" not in answer
    assert answer["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"cmd": "walk"},
        {"cmd": None},
        {"cmd": ["run"]},
        {"suite": "none"},
        {"suite": ["hash"]},
        {"operation": "none"},
        {"operation": None},
        {"preset": "testnet"},
        {"preset": ["mainnet"]},
        {"preset": {}},
        {"cmd": "hello"},
        {"cmd": "hello", "protocol": 2},
        {"cmd": "hello", "protocol": "1"},
        {"cmd": "hello", "protocol": True},
    ],
)
def test_requests_of_no_known_kind(change: dict[str, Any]) -> None:
    """An unknown cmd, suite, operation, preset or protocol is errored; its number is echoed."""
    answer = ask({**HASH, **change})
    assert (answer["seq"], answer["result"]) == (7, "errored")


@pytest.mark.parametrize("field", ["preset", "suite", "operation"])
def test_requests_that_lack_a_field(field: str) -> None:
    """The absent field is named."""
    answer = ask({name: value for name, value in HASH.items() if name != field})
    assert answer["result"] == "errored"
    assert field in answer["message"]


def test_request_without_input() -> None:
    """An absent input is malformed; the request as such is in order."""
    answer = ask({name: value for name, value in HASH.items() if name != "input"})
    assert answer == {"seq": 7, "result": "rejected", "error": "MALFORMED_INPUT"}


@pytest.mark.parametrize(
    "given",
    [
        b"7",
        b"null",
        b"[]",
        b"{}",
        b'{"bytes":1.5}',
        b'{"bytes":1e999}',
        b'{"bytes":' + b"1" * 10_000 + b"}",
        b'{"bytes":"0x","bytes":"0x"}',
        b'{"bytes":{"a":1,"a":1}}',
        b'{"bytes":"\\ud800"}',
        b'{"bytes":"0x\xc3\xa9"}',
        b'{"bytes":"0x","\\u0000":1}',
    ],
)
def test_inputs_that_are_not_of_the_form(given: bytes) -> None:
    """Valid JSON of another form is rejected, whatever a strict parser thinks of it."""
    line = json.dumps({**HASH, "input": "HERE"}).encode().replace(b'"HERE"', given)
    assert ask(line) == {"seq": 7, "result": "rejected", "error": "MALFORMED_INPUT"}


def test_text_beyond_ascii() -> None:
    """Requests are UTF-8; answers are ASCII with escapes, which says the same."""
    content = {"version": "2", "secret_key": "0x" + "00" * 32, "value": "0", "referral": "Zo\u00eb"}
    link = {**HASH, "suite": "link", "operation": "encode", "input": content}
    payload = ask(json.dumps(link, ensure_ascii=False).encode())["output"]["payload"]
    decoded = ask({**HASH, "suite": "link", "operation": "decode", "input": {"payload": payload}})
    assert decoded["output"] == content


def test_the_process_survives_and_stops() -> None:
    """Over a pipe: bad lines, a good one, stop, exit 0."""
    lines = b"\xff\nnot json\n" + json.dumps(HASH).encode() + b'\n{"seq":9,"cmd":"stop"}\nignored\n'
    done = subprocess.run(
        [sys.executable, "-m", "payy_ref", "driver"], input=lines, capture_output=True, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["result"] for answer in answers] == ["errored", "errored", "accepted", "stopped"]
    assert answers[-1] == {"seq": 9, "result": "stopped"}


def test_the_process_ends_with_its_input() -> None:
    """A last line without a line end is answered; then the driver exits 0."""
    done = subprocess.run(
        [sys.executable, "-m", "payy_ref", "driver"],
        input=json.dumps(HASH).encode(),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["result"] == "accepted"
    assert done.stderr == b""


def test_many_keys_are_read_in_time() -> None:
    """A duplicate among very many keys is found in one pass; in the square of them it would not."""
    keys = b",".join(b'"k%d":1' % number for number in range(100_000))
    line = json.dumps({**HASH, "input": "HERE"}).encode()
    answer = ask(line.replace(b'"HERE"', b"{" + keys + b',"k99999":1}'))
    assert answer == {"seq": 7, "result": "rejected", "error": "MALFORMED_INPUT"}


def test_a_line_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is errored once, as a whole, and the next line is read from its beginning."""
    monkeypatch.setattr(reference, "MAXIMUM_LINE", 400)
    source = io.BytesIO(b"x" * 1500 + b"\n" + json.dumps(HASH).encode() + b"\n")
    answers: list[str] = []
    reference.serve(source, answers.append)
    assert [json.loads(answer)["result"] for answer in answers] == ["errored", "accepted"]


@pytest.mark.parametrize("redirection", ["<&-", ">&-", ">/dev/full"])
def test_streams_that_are_closed_or_full(redirection: str) -> None:
    """No traceback, whatever the shell has done to the streams."""
    command = f"{shlex.quote(sys.executable)} -m payy_ref driver {redirection}"
    line = json.dumps(HASH) + "\n"
    done = subprocess.run(
        ["sh", "-c", command], input=line, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)
