"""Build the TypeScript driver once, for every test that runs it."""

import fcntl
import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "typescript"
OLDEST_NODE = 20
SECONDS_TO_BUILD = 300

# What npm reports when it gets no answer from the registry; any other failure is the project's.
REGISTRY_UNREACHABLE = {
    "E502",
    "E503",
    "E504",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
}


class UnavailableError(Exception):
    """The machine lacks something that the build needs."""


class BuildError(Exception):
    """The project does not build."""


def built_typescript_driver() -> list[str]:
    """
    Give the command that starts the driver; build it first if its sources changed.

    Skips the calling test when the machine cannot build it, and fails the test when the project
    cannot be built.
    """
    outcome = _build()
    if isinstance(outcome, UnavailableError):
        pytest.skip(str(outcome))
    if isinstance(outcome, BuildError):
        pytest.fail(str(outcome), pytrace=False)
    return outcome


@cache
def _build() -> list[str] | UnavailableError | BuildError:
    """Build once a process; a failure is kept, so that not every test waits for the network."""
    try:
        node = _program("node")
        npm = _program("npm")
        version = _run([node, "--version"]).stdout.strip()
        if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
            raise UnavailableError(f"Node {OLDEST_NODE} or newer is needed; this is {version}")
        with _one_builder_at_a_time():
            _install(npm)
            _compile(node)
    except (UnavailableError, BuildError) as failure:
        return failure
    return [node, str(PROJECT / "dist" / "driver.js")]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise UnavailableError(f"the TypeScript driver needs {name}, which is not installed")
    return found


@contextmanager
def _one_builder_at_a_time() -> Iterator[None]:
    """Keep the workers of a parallel test run from building over each other."""
    with (PROJECT / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(npm: str) -> None:
    stamp = PROJECT / "node_modules" / ".installed_from"
    wanted = _fingerprint([PROJECT / "package.json", PROJECT / "package-lock.json"])
    if _content(stamp) == wanted:
        return
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    finished = _run([npm, "ci", *options])
    if finished.returncode != 0:
        code = re.search(r"npm (?:error|ERR!) code (\w+)", finished.stderr)
        if code is not None and code[1] in REGISTRY_UNREACHABLE:
            raise UnavailableError(f"the npm registry is unreachable ({code[1]})")
        raise BuildError(f"npm ci failed:\n{finished.stdout}{finished.stderr}")
    stamp.write_text(wanted, encoding="utf-8")


def _compile(node: str) -> None:
    """Compile beside `dist` and move it there when it is whole; the stamp names the sources."""
    built, partial = PROJECT / "dist", PROJECT / "dist.partial"
    sources = sorted((PROJECT / "src").glob("*.ts"))
    wanted = _fingerprint([*sources, PROJECT / "tsconfig.json", PROJECT / "package-lock.json"])
    if _content(built / ".built_from") == wanted:
        return
    shutil.rmtree(partial, ignore_errors=True)
    compiler = PROJECT / "node_modules" / "typescript" / "bin" / "tsc"
    finished = _run([node, str(compiler), "--outDir", partial.name])
    if finished.returncode != 0:
        raise BuildError(f"tsc failed:\n{finished.stdout}{finished.stderr}")
    (partial / ".built_from").write_text(wanted, encoding="utf-8")
    shutil.rmtree(built, ignore_errors=True)
    partial.rename(built)


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS_TO_BUILD,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _fingerprint(files: Sequence[Path]) -> str:
    lines = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _content(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None
