"""The TypeScript driver builds, speaks the driver protocol, and gives answers published elsewhere.

This file checks the driver by itself. ``built_typescript_driver`` gives its command to the tests that run
the conformance suites against it.
"""

import fcntl
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parent / "drivers" / "typescript"
OLDEST_NODE = 20
SECONDS_TO_INSTALL = 300
SECONDS_TO_ANSWER = 120

# What npm reports when it gets no answer from the registry; every other failure is a fault of the project.
REGISTRY_UNREACHABLE = {
    *(
        "ENOTFOUND",
        "EAI_AGAIN",
        "ECONNREFUSED",
        "ECONNRESET",
        "ETIMEDOUT",
        "ENETUNREACH",
        "EHOSTUNREACH",
    ),
    *("ERR_SOCKET_TIMEOUT", "E502", "E503", "E504"),
}

MODULUS = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001


# --- Building ---------------------------------------------------------------------------------------------------


def built_typescript_driver() -> list[str]:
    """Give the command that starts the driver; build it first if its sources changed.

    Skips the calling test when the machine cannot build it, and fails the test when the project cannot be built.
    """
    outcome = _build()
    if isinstance(outcome, Unavailable):
        pytest.skip(str(outcome))
    if isinstance(outcome, BuildFailure):
        pytest.fail(str(outcome), pytrace=False)
    return outcome


class Unavailable(Exception):
    """The machine lacks something that the build needs."""


class BuildFailure(Exception):
    """The project does not build."""


@cache
def _build() -> list[str] | Unavailable | BuildFailure:
    """Build once per process; a failure is remembered too, so that not every test waits for the network again."""
    try:
        node = _program("node")
        _program("npm")
        version = _run([node, "--version"]).stdout.strip()
        if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
            raise Unavailable(
                f"the TypeScript driver needs Node {OLDEST_NODE} or newer; this is {version}"
            )
        with _one_builder_at_a_time():
            _install()
            _compile()
    except (Unavailable, BuildFailure) as failure:
        return failure
    return [node, str(PROJECT / "dist" / "driver.js")]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"the TypeScript driver needs {name}, which is not installed")
    return found


@contextmanager
def _one_builder_at_a_time() -> Iterator[None]:
    """Keep the workers of a parallel test run from building over each other."""
    with (PROJECT / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install() -> None:
    stamp = PROJECT / "node_modules" / ".installed_from"
    wanted = _fingerprint([PROJECT / "package.json", PROJECT / "package-lock.json"])
    if _content(stamp) == wanted:
        return
    command = [
        _program("npm"),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--fetch-retries=1",
    ]
    finished = _run(command, timeout=SECONDS_TO_INSTALL)
    if finished.returncode != 0:
        code = re.search(r"npm (?:error|ERR!) code (\w+)", finished.stderr)
        if code is not None and code[1] in REGISTRY_UNREACHABLE:
            raise Unavailable(f"the npm registry is unreachable ({code[1]})")
        pytest.fail(
            f"npm ci failed:\n{finished.stdout}{finished.stderr}", pytrace=False
        )
    stamp.write_text(wanted, encoding="utf-8")


def _compile() -> None:
    """Compile beside ``dist`` and move it there when it is whole; the stamp inside says from which sources."""
    finished_build, new_build = PROJECT / "dist", PROJECT / "dist.partial"
    sources = [
        *sorted((PROJECT / "src").glob("*.ts")),
        PROJECT / "tsconfig.json",
        PROJECT / "package-lock.json",
    ]
    wanted = _fingerprint(sources)
    if _content(finished_build / ".built_from") == wanted:
        return
    shutil.rmtree(new_build, ignore_errors=True)
    finished = _run(
        [_program("npx"), "--no-install", "tsc", "--outDir", new_build.name],
        timeout=SECONDS_TO_INSTALL,
    )
    if finished.returncode != 0:
        raise BuildFailure(f"tsc failed:\n{finished.stdout}{finished.stderr}")
    (new_build / ".built_from").write_text(wanted, encoding="utf-8")
    shutil.rmtree(finished_build, ignore_errors=True)
    new_build.rename(finished_build)


def _run(
    command: Sequence[str], timeout: float = SECONDS_TO_ANSWER
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _fingerprint(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(
            f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def _content(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


# --- Talking to it ----------------------------------------------------------------------------------------------


def answers_to(*lines: bytes) -> list[dict[str, Any]]:
    """Send the lines, close stdin, and return the answers; the driver must end with exit code 0."""
    finished = subprocess.run(
        built_typescript_driver(),
        input=b"".join(line + b"\n" for line in lines),
        capture_output=True,
        timeout=SECONDS_TO_ANSWER,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr.decode()
    return [json.loads(line) for line in finished.stdout.splitlines()]


def request(operation: str, **fields: Any) -> bytes:
    suite, _, name = operation.partition("/")
    return json.dumps(
        {
            "seq": 1,
            "cmd": "run",
            "preset": "mainnet",
            "suite": suite,
            "operation": name,
            "id": "one",
            "input": fields,
        }
    ).encode()


def answer_to(operation: str, **fields: Any) -> dict[str, Any]:
    (answer,) = answers_to(request(operation, **fields))
    assert answer.pop("seq") == 1
    return answer


def output_of(operation: str, **fields: Any) -> Any:
    """Return the value of the operation's single output field."""
    answer = answer_to(operation, **fields)
    assert answer["result"] == "accepted", answer
    (value,) = answer["output"].values()
    return value


def error_of(operation: str, **fields: Any) -> str:
    answer = answer_to(operation, **fields)
    assert answer["result"] == "rejected", answer
    error: str = answer["error"]
    return error


def b32(value: int) -> str:
    return f"0x{value:064x}"


# --- The protocol -----------------------------------------------------------------------------------------------


def test_hello() -> None:
    (answer,) = answers_to(b'{"seq":1,"cmd":"hello","protocol":1}')
    assert answer == {
        "seq": 1,
        "implementation": "payy-conformance-driver-typescript",
        "version": "0.1.0",
        "protocol": 1,
        "suites": ["hash", "merkle"],
        "presets": ["mainnet", "minimal"],
        "level": "reason",
    }


def test_bad_lines_are_answered_and_survived() -> None:
    answers = answers_to(
        b"no JSON",
        b"",
        b"\xff",
        b"[" * 100_000,
        b"[1]",
        b'{"cmd":"stop"}',
        b'{"seq":5,"cmd":"dance"}',
        b'{"seq":6,"cmd":"run"}',
        b'{"seq":7,"cmd":"run","preset":"mainnet","suite":"hash","operation":"sha1","id":"a","input":{}}',
        b'{"seq":8,"cmd":"run","preset":"mainnet","suite":"constructor","operation":"name","id":"a","input":{}}',
        '{"seq":9,"cmd":"\N{LINE SEPARATOR}"}'.encode(),
        request("hash/bytes", bytes="0x"),
    )
    assert [answer["result"] for answer in answers] == ["errored"] * 11 + ["accepted"]
    assert [answer.get("seq") for answer in answers] == [None] * 6 + [5, 6, 7, 8, 9, 1]


def test_operations_of_other_suites_are_skipped_and_unknown_ones_are_errors() -> None:
    assert answer_to("note/commitment", note={})["result"] == "skipped"
    assert answer_to("note/dance")["result"] == "errored"


def test_each_request_is_answered_at_once_and_stop_ends_the_process_while_stdin_is_open() -> (
    None
):
    with subprocess.Popen(
        built_typescript_driver(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as driver:
        assert driver.stdin is not None and driver.stdout is not None
        driver.stdin.write(request("hash/bytes", bytes="0x") + b"\n")
        driver.stdin.flush()
        assert json.loads(driver.stdout.readline())["result"] == "accepted"
        driver.stdin.write(b'{"seq":2,"cmd":"stop"}\n{"seq":3,"cmd":"stop"}\n')
        driver.stdin.flush()
        assert json.loads(driver.stdout.readline()) == {"seq": 2, "result": "stopped"}
        assert driver.wait(timeout=SECONDS_TO_ANSWER) == 0
        assert driver.stdout.read() == b""


# --- Answers published by others --------------------------------------------------------------------------------

# polybase/payy, pkg/hash/src/snapshots (2025). The last pair is above the modulus, and is reduced.
PUBLISHED_MERGES = [
    (0, 0, "0x0b63a53787021a4a962a452c2921b3663aff1ffd8d5510540f8e659e782956f1"),
    (1, 0, "0x1e05013a2f40c60dc58cfe36bfa4d7e94676c43436922368628342bc5144d103"),
    (10, 20, "0x1dd8037c0559952dd9d36c95b8425887933e2a80481b93339bbca23af6a8e7b1"),
    (
        MODULUS - 1,
        MODULUS - 1,
        "0x16ab2bdbff8e66f191cd6d39f6ad3af51d8a7e41f4c59942dd21713e4aebcc2d",
    ),
    (
        0x76B8E0ADA0F13D90405D6AE55386BD28BDD219B8A08DED1AA836EFCC8B770DC7,
        0xDA41597C5157488D7724E03FB8D84A376A43B8F41518A11CC387B669B2EE6586,
        "0x2a4da321d5086206824d1b7893029daefb6c468ae9f5bfb3e3aaa7827201f3e9",
    ),
]

# polybase/payy, pkg/hash/src/snapshots (2025).
PUBLISHED_BYTE_HASHES = [
    ("0x", "0x0000000000000000000000000000000000000000000000000000000000000002"),
    ("0x00", "0x24f8c162c4a75a200f3d486f5910b1ab8fe297ce1cce94e55e2af0da0a421507"),
    (
        "0x" + "00" * 16,
        "0x24f8c162c4a75a200f3d486f5910b1ab8fe297ce1cce94e55e2af0da0a421507",
    ),
    (
        "0x76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
        + "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
        "0x0325940bd4ad5e8faa8b2e322d40e60e4cfeb7461097df6573a11a6bf2a9cf82",
    ),
]

# The inputs 1, 2, ..., n. Own values of the project, first computed in Python, outside of this driver.
SPONGE_LENGTHS = {
    1: "0x168758332d5b3e2d13be8048c8011b454590e06c44bce7f702f09103eef5a373",
    3: "0x23864adb160dddf590f1d3303683ebcb914f828e2635f6e85a32f0a1aecd3dd8",
    4: "0x130bf204a32cac1f0ace56c78b731aa3809f06df2731ebcf6b3464a15788b1b9",
    7: "0x16f929bc0d216df4b05bdc44222463edf2b9791bd949ab926eebda06a502d238",
    12: "0x235749e6bb4a1ecfa2c9445d01e2e9729d0def5ea4325fc9bba968d3751abb62",
}

# polybase/payy, eth/contracts/rollup3/RollupV1.sol and pkg/node/tests/rpc/merkle.rs.
EMPTY_ROOT = "0x0577b5b4aa3eaba75b2a919d5d7c63b7258aa507d38e346bf2ff1d48790379ff"
EMPTY_SUBTREE_159 = "0x27db7d141d06b30011b01150c3a4e29bb43e22eed0d8c7e73219256fad9255f8"

# polybase/payy, test fixture of noir/agg_utxo (commit edd94667).
TWO_LEAVES = [
    "0x26c589711a1410c62d71fb11b2b46353b1b84c78fca66d24d5f22c1f6a1cfcd8",
    "0x15e8fef896f9d6d13a76fec5d0704a79de02121ebc7ec736e927ed8a7e59960d",
]
TWO_LEAVES_ROOT = "0x289269240c0940b8d36b9d69f3d0b3087bcfcba136845b181b92e34802859169"


@pytest.mark.parametrize(("left", "right", "digest"), PUBLISHED_MERGES)
def test_hash_of_two_elements(left: int, right: int, digest: str) -> None:
    assert output_of("hash/poseidon2", inputs=[b32(left), b32(right)]) == digest


@pytest.mark.parametrize("count", SPONGE_LENGTHS)
def test_hash_of_other_lengths(count: int) -> None:
    assert (
        output_of("hash/poseidon2", inputs=[b32(number + 1) for number in range(count)])
        == SPONGE_LENGTHS[count]
    )


@pytest.mark.parametrize(("data", "digest"), PUBLISHED_BYTE_HASHES)
def test_hash_of_bytes(data: str, digest: str) -> None:
    assert output_of("hash/bytes", bytes=data) == digest


def test_tree_roots_and_paths() -> None:
    assert output_of("merkle/root", depth="160", leaves=[]) == EMPTY_ROOT
    assert (
        output_of("merkle/path", depth="160", leaves=[], element=b32(5))[159]
        == EMPTY_SUBTREE_159
    )
    assert output_of("merkle/root", depth="160", leaves=TWO_LEAVES) == TWO_LEAVES_ROOT
    siblings = output_of(
        "merkle/path", depth="160", leaves=TWO_LEAVES, element=TWO_LEAVES[0]
    )
    proof = {"siblings": siblings, "root": TWO_LEAVES_ROOT}
    assert output_of("merkle/verify_path", element=TWO_LEAVES[0], **proof) is True
    assert output_of("merkle/verify_path", element=TWO_LEAVES[1], **proof) is False
    assert (
        output_of(
            "merkle/verify_path", element=b32(int(TWO_LEAVES[0], 16) + MODULUS), **proof
        )
        is False
    )


def test_updates_remove_first_and_then_insert() -> None:
    update = {
        "depth": "160",
        "leaves": TWO_LEAVES,
        "remove": TWO_LEAVES[:1],
        "insert": TWO_LEAVES[:1],
    }
    assert output_of("merkle/update", **update) == TWO_LEAVES_ROOT
    assert (
        output_of("merkle/update", **{**update, "remove": TWO_LEAVES, "insert": []})
        == EMPTY_ROOT
    )


# --- Refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "operation", "fields"),
    [
        ("HASH_INPUT_COUNT", "hash/poseidon2", {"inputs": []}),
        ("HASH_INPUT_COUNT", "hash/poseidon2", {"inputs": [b32(1)] * 129}),
        ("MALFORMED_INPUT", "hash/poseidon2", {"inputs": ["0x01"]}),
        ("MALFORMED_INPUT", "hash/poseidon2", {"inputs": [b32(10).upper()]}),
        ("MALFORMED_INPUT", "hash/poseidon2", {}),
        ("MALFORMED_INPUT", "hash/bytes", {"bytes": "0x0"}),
        ("MALFORMED_INPUT", "hash/bytes", {"bytes": "0x00\n"}),
        ("MALFORMED_INPUT", "hash/bytes", {"bytes": "0x", "more": 1}),
        ("MALFORMED_INPUT", "merkle/root", {"depth": 4, "leaves": []}),
        ("MALFORMED_INPUT", "merkle/root", {"depth": "04", "leaves": []}),
        ("MALFORMED_INPUT", "merkle/root", {"depth": "1" * 81, "leaves": []}),
        ("MALFORMED_INPUT", "merkle/root", {"depth": "0"}),
        ("MERKLE_DEPTH_OUT_OF_RANGE", "merkle/root", {"depth": "1" * 80, "leaves": []}),
        (
            "MERKLE_DEPTH_OUT_OF_RANGE",
            "merkle/root",
            {"depth": "0", "leaves": [b32(0)]},
        ),
        ("MERKLE_DEPTH_OUT_OF_RANGE", "merkle/root", {"depth": "257", "leaves": []}),
        (
            "FIELD_ELEMENT_NOT_CANONICAL",
            "merkle/root",
            {"depth": "4", "leaves": [b32(0), b32(MODULUS)]},
        ),
        ("MERKLE_ELEMENT_ZERO", "merkle/root", {"depth": "4", "leaves": [b32(0)]}),
        (
            "MERKLE_SLOT_OCCUPIED",
            "merkle/root",
            {"depth": "4", "leaves": [b32(1), b32(17)]},
        ),
        (
            "MERKLE_ELEMENT_ZERO",
            "merkle/update",
            {"depth": "4", "leaves": [], "remove": [b32(0)], "insert": []},
        ),
        (
            "MERKLE_ELEMENT_ABSENT",
            "merkle/update",
            {"depth": "4", "leaves": [b32(1)], "remove": [b32(17)], "insert": []},
        ),
        (
            "MERKLE_SLOT_OCCUPIED",
            "merkle/update",
            {"depth": "4", "leaves": [b32(1)], "remove": [], "insert": [b32(1)]},
        ),
        (
            "MERKLE_DEPTH_OUT_OF_RANGE",
            "merkle/verify_path",
            {"element": b32(1), "siblings": [], "root": b32(1)},
        ),
        (
            "FIELD_ELEMENT_NOT_CANONICAL",
            "merkle/verify_path",
            {"element": b32(1), "siblings": [], "root": b32(MODULUS)},
        ),
    ],
)
def test_refusals(error: str, operation: str, fields: dict[str, Any]) -> None:
    assert error_of(operation, **fields) == error


# --- The project ------------------------------------------------------------------------------------------------


def test_versions_are_exact_and_the_lock_file_names_no_host() -> None:
    manifest = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))
    for version in [
        *manifest["dependencies"].values(),
        *manifest["devDependencies"].values(),
    ]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert "://" not in (PROJECT / "package-lock.json").read_text(encoding="utf-8")
