"""
One driver as a child process: a line in, a line out, and no way to hang.

Everything happens in one selector loop with one deadline, so that a driver that floods its
standard error, never reads its input or never ends its line costs a time-out and nothing else.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Final

MAXIMUM_LINE: Final = 16 * 1024 * 1024
"""Longest answer that is read; every output of ours is a small part of it."""

LOG_BYTES: Final = 8 * 1024
"""How much of the driver's standard error is kept: its end."""

EXIT_GRACE: Final = 1.0
"""Seconds for a driver that closed its output to exit, before it is killed."""

EXIT_POLL: Final = 0.01
"""Seconds between two looks whether a driver that was told to exit has done so."""

_CHUNK: Final = 64 * 1024


class DriverError(Exception):
    """The driver gave no line; the process is of no more use."""


class DriverDiedError(DriverError):
    """The driver exited, or closed its output."""


class DriverLateError(DriverError):
    """The driver gave no whole line in time."""


class DriverFloodsError(DriverError):
    """The driver wrote more on one line than any answer holds."""


class DriverProcess:
    """A running driver. Used by one thread; `kill` alone may be called from another."""

    def __init__(self, command: Sequence[str]) -> None:
        """
        Start the driver in a process group of its own.

        Raises:
            DriverError: there is no such command, or it cannot be executed.
        """
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                # Its children are killed with it, and a Ctrl-C of ours does not reach it.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise DriverError(f"it cannot be executed: {error}") from error
        self._stdin, self._stdout, self._stderr = (pipe.fileno() for pipe in self._pipes())
        self._received = bytearray()
        self._log = b""
        self._input_watched = False
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(descriptor, False)
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._selector.register(self._stderr, selectors.EVENT_READ)

    @property
    def log(self) -> str:
        """The end of what the driver wrote to its standard error."""
        return self._log.decode("utf-8", "replace").strip()

    @property
    def unasked(self) -> bytes:
        """What came after the last line that was asked for."""
        return bytes(self._received)

    def ask(self, line: bytes, timeout: float) -> bytes:
        """
        Send one line and receive one line, both without their line ends.

        Raises:
            DriverError: the driver died, was late, or flooded its output.
        """
        deadline = time.monotonic() + timeout
        unsent = self._send(memoryview(line + b"\n"))
        searched = 0
        while True:
            end = self._received.find(b"\n", searched)
            if end >= 0 and not unsent:
                answer = bytes(self._received[:end])
                del self._received[: end + 1]
                return answer
            searched = len(self._received) if end < 0 else 0
            if searched > MAXIMUM_LINE:
                raise DriverFloodsError(f"a line of more than {MAXIMUM_LINE} bytes")
            self._watch_input(wanted=bool(unsent))
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise DriverLateError(f"no answer within {timeout:g} s{self._partial()}")
            for key, _ in self._selector.select(remaining):
                if key.fd == self._stdin:
                    unsent = self._send(unsent)
                elif key.fd == self._stderr:
                    self._read_log()
                elif not self._read_output():
                    raise DriverDiedError(f"{self._end()}{self._partial()}")

    def end_input(self, timeout: float) -> int | None:
        """
        Close the driver's input, on which it is to exit.

        Returns:
            Its exit status, or None if it did not exit in time.
        """
        self._watch_input(wanted=False)
        self._pipes()[0].close()
        deadline = time.monotonic() + timeout
        # Its outputs are read meanwhile, lest it waits for room in a pipe. Their ends tell nothing:
        # they may come later than the exit, if a child has them too, or earlier.
        while self._process.poll() is None and time.monotonic() < deadline:
            for key, _ in self._selector.select(EXIT_POLL):
                if key.fd == self._stderr:
                    self._read_log()
                elif not self._read_output():
                    self._selector.unregister(self._stdout)
        if self._stdout in self._selector.get_map():
            self._read_output()
        return self._process.poll()

    def kill(self) -> None:
        """Kill the driver and whatever it started; whoever waits for its answer is told."""
        # Nobody may be left in the group; macOS says so with the second error.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill what is left and release the pipes."""
        self.kill()
        self._process.wait()
        self._selector.close()
        for pipe in self._pipes():
            pipe.close()

    def _pipes(self) -> list[IO[bytes]]:
        """Give its input, output and standard error."""
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        return [pipe for pipe in pipes if pipe is not None]

    def _send(self, data: memoryview) -> memoryview:
        """Send what the pipe takes and give the rest; nothing is left to send to a closed pipe."""
        try:
            return data[os.write(self._stdin, data) :]
        except BlockingIOError:
            return data
        except BrokenPipeError:
            # Why it does not read any more shows at its output.
            return data[len(data) :]

    def _watch_input(self, *, wanted: bool) -> None:
        if wanted == self._input_watched:
            return
        if wanted:
            self._selector.register(self._stdin, selectors.EVENT_WRITE)
        else:
            self._selector.unregister(self._stdin)
        self._input_watched = wanted

    def _read_output(self) -> bool:
        """Take what is there; False at the end of the output."""
        try:
            chunk = os.read(self._stdout, _CHUNK)
        except BlockingIOError:
            return True
        self._received += chunk
        return bool(chunk)

    def _read_log(self) -> bool:
        """Take what is there; False if nothing is."""
        try:
            chunk = os.read(self._stderr, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            # A closed pipe is always readable and would keep the loop turning.
            self._selector.unregister(self._stderr)
        self._log = (self._log + chunk)[-LOG_BYTES:]
        return bool(chunk)

    def _end(self) -> str:
        """Say how the driver ended, and collect its last words."""
        try:
            status = self._process.wait(EXIT_GRACE)
        except subprocess.TimeoutExpired:
            return "closed its output and went on"
        deadline = time.monotonic() + EXIT_GRACE
        while self._stderr in self._selector.get_map() and self._read_log():
            if time.monotonic() > deadline:
                # A child of the driver holds the pipe and keeps writing.
                break
        return (
            f"exited with status {status}" if status >= 0 else f"killed by {_signal_name(-status)}"
        )

    def _partial(self) -> str:
        if not self._received:
            return ""
        start = bytes(self._received[:80]).decode("utf-8", "replace")
        return f", after {len(self._received)} bytes of a line without end: {start}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
