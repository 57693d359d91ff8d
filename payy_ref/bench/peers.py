"""
Public provers beside the project's own: prepared once, kept under `build/`, run as they are.

They come as packages for Node (`tests/peers/package.json`), some under the GPL; nothing of them is
part of this package. Their setups are made by `tests/peers`, from secrets that everybody knows.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from payy_ref.bench.prove_worker import peak_bytes

GROTH16: Final = "groth16"
PLONK: Final = "plonk"
NOIR: Final = "noir"

_SOURCES: Final = ("*.js", "package-lock.json", "circom/*", "noir/*", "noir/src/*")
"""What the prepared files depend on."""

_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS: Final = {"Linux": "linux", "Darwin": "macos"}

_SECONDS_BETWEEN_LOOKS: Final = 0.002

_SHOWN: Final = 200
"""How much of a failing peer's last words is repeated."""

CRS_POINTS: Final = 2**17 + 2**10
"""Points of the reference string that `bb` is given: enough for 2^17 gates."""


class AbsentError(Exception):
    """A peer cannot run here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRun:
    """What a peer did; times are in seconds."""

    proofs: tuple[float, ...]
    """Each counted proof."""
    proof_cpu: float
    """Time of the processor, all cores, in one of them."""
    peak_bytes: int | None
    """The most memory that the peer had, if the system tells."""
    size: str
    """The size of its circuit, in its own measure."""
    verify: float | None
    """Verifying; None if it refuses what a development setup made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The peers of a checkout."""

    folder: Path
    """Their packages and the scripts that run them."""
    cache: Path
    """Where what is prepared is kept."""

    def snarkjs(self, system: str, count: int, *, runs: int, warm_ups: int) -> PeerRun:
        """
        Prove a chain of Poseidon hashes with snarkjs.

        Raises:
            AbsentError: It cannot run here.
        """
        self._require("snarkjs", "circom2", "circomlib")
        folder = self._prepared(
            f"{system}-{count}",
            lambda made: self._node("prepare_circom.js", system, str(count), str(made)),
        )
        said = self._node("prove_snarkjs.js", system, str(folder), str(runs), str(warm_ups))
        result = json.loads(said)
        prepared = json.loads((folder / "prepared.json").read_text("utf-8"))
        size = (
            f"{prepared['constraints']:,} constraints"
            if system == GROTH16
            else f"domain of {prepared['domain']:,} rows"
        )
        return PeerRun(
            proofs=tuple(result["seconds"]),
            proof_cpu=sorted(result["cpuSeconds"])[runs // 2],
            peak_bytes=result["peakBytes"],
            size=size,
            verify=result["verifySeconds"],
        )

    def barretenberg(
        self, count: int, *, runs: int, reference_string: Callable[[int], bytes], end: int
    ) -> PeerRun:
        """
        Prove a chain of the network's own hashes with `bb`, a process for each proof.

        It proves with any reference string, but verifies only with the one that it was built with,
        so its proofs are not verified here. That it hashes the same is seen from the chain's end.

        Args:
            count: Hashes of the chain.
            runs: Proofs that are counted, after one that is not.
            reference_string: Gives so many powers of a setup, 64 bytes each.
            end: What the chain ends with.

        Raises:
            AbsentError: It cannot run here.
        """
        self._require("@aztec/bb.js", "@noir-lang/noir_wasm", "@noir-lang/noir_js")
        program = self._barretenberg_program()
        folder = self._prepared(
            f"{NOIR}-{count}",
            lambda made: self._node("prepare_noir.js", str(count), str(made)),
        )
        prepared = json.loads((folder / "prepared.json").read_text("utf-8"))
        if int(prepared["end"], 16) != end:
            raise AssertionError("the peer hashes something else")

        def write_reference_string(made: Path) -> None:
            (made / "bn254_g1.dat").write_bytes(reference_string(CRS_POINTS))

        strings = self._prepared("reference_string", write_reference_string)
        environment = {**os.environ, "CRS_PATH": str(strings)}
        common = ["--verifier_target", "evm", "-b", str(folder / "program.json")]
        with tempfile.TemporaryDirectory() as scratch:
            _ended([program, "write_vk", *common, "-o", scratch], environment)
            gates = json.loads(_ended([program, "gates", *common], environment).output)
            prove = [program, "prove", *common, "-w", str(folder / "witness.gz")]
            prove += ["-k", str(Path(scratch) / "vk"), "-o", scratch]
            # The run that is not counted is watched, which takes it some milliseconds.
            peak = _watched(prove, environment)
            ended = [_ended(prove, environment) for _ in range(runs)]
        return PeerRun(
            proofs=tuple(run.seconds for run in ended),
            proof_cpu=sorted(run.cpu for run in ended)[runs // 2],
            peak_bytes=peak,
            size=f"{gates['functions'][0]['circuit_size']:,} gates",
            verify=None,
        )

    def _require(self, *packages: str) -> None:
        """Say what is missing."""
        if shutil.which("node") is None:
            raise AbsentError("node is not installed")
        for package in packages:
            if not (self.folder / "node_modules" / package).is_dir():
                command = f"npm ci --ignore-scripts in {self.folder}"
                raise AbsentError(f"{package} is not installed: {command}")

    def _barretenberg_program(self) -> str:
        machine, system = platform.machine(), platform.system()
        target = f"{_MACHINES.get(machine)}-{_SYSTEMS.get(system)}"
        program = self.folder / "node_modules" / "@aztec" / "bb.js" / "build" / target / "bb"
        if not program.is_file():
            raise AbsentError(f"@aztec/bb.js has no program for {system} on {machine}")
        return str(program)

    def _prepared(self, name: str, prepare: Callable[[Path], object]) -> Path:
        """Find what was prepared from the same sources, or prepare it."""
        sources = sorted(file for glob in _SOURCES for file in self.folder.glob(glob))
        digest = hashlib.sha256()
        for file in sources:
            if file.is_file():
                digest.update(f"{file.relative_to(self.folder)}\n".encode() + file.read_bytes())
        folder = self.cache / digest.hexdigest()[:16] / name
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                made = Path(scratch) / name
                made.mkdir()
                prepare(made)
                made.rename(folder)
        return folder

    def _node(self, script: str, *arguments: str) -> str:
        return _ended(["node", str(self.folder / script), *arguments], os.environ).output


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A process that came to a good end."""

    output: str
    """What it printed."""
    seconds: float
    """From before its start until after its end."""
    cpu: float
    """Its time of the processor, all cores, in seconds."""


def _ended(command: Sequence[str], environment: Mapping[str, str]) -> _Ended:
    """
    Run a process.

    Raises:
        AbsentError: It failed.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        said, complained = (file.read().decode("utf-8", "replace") for file in (output, errors))
    if process.returncode != 0:
        last = " ".join(complained.split())[-_SHOWN:]
        raise AbsentError(f"{Path(command[0]).name} ended with {process.returncode}: {last}")
    return _Ended(
        output=said,
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
    )


def _watched(command: Sequence[str], environment: Mapping[str, str]) -> int | None:
    """Run a process and look again and again at the memory that it had, if the system tells."""
    peak = None
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        while process.poll() is None:
            peak = peak_bytes(str(process.pid)) or peak
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    return peak
