"""A conversation with a driver: started with hello, numbered, ended with stop."""

from collections.abc import Sequence
from typing import Final, Self

from payy_ref.conformance import protocol
from payy_ref.conformance.process import DriverDiedError, DriverError, DriverProcess
from payy_ref.conformance.protocol import Answer, Hello, ProtocolError
from payy_ref.vectors.model import Case

START_ATTEMPTS: Final = 3
"""How often a driver that dies before it says hello is started."""

STOP_TIMEOUT: Final = 5.0
"""Seconds for an answer to stop, and then for the exit."""


class CannotStartError(Exception):
    """There is no conversation with this driver."""


class Session:
    """A driver that has said hello."""

    def __init__(self, process: DriverProcess, hello: Hello, *, validate: bool) -> None:
        """Go on after hello; `start` is the way in."""
        self.process = process
        """The driver."""
        self.hello = hello
        """What it said of itself."""
        self._validate = validate
        self._sequence = 1

    @classmethod
    def start(cls, command: Sequence[str], *, timeout: float, validate: bool = False) -> Self:
        """
        Start a driver and have it say hello.

        Raises:
            CannotStartError: it died each time, said nothing in time, or said something else.
        """
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                return cls._start_once(command, timeout=timeout, validate=validate)
            except DriverDiedError as error:
                if attempt == START_ATTEMPTS:
                    raise CannotStartError(f"in {attempt} attempts, {error}") from error
            except (DriverError, ProtocolError) as error:
                raise CannotStartError(str(error)) from error
        raise AssertionError("the last attempt returns or raises")

    @classmethod
    def _start_once(cls, command: Sequence[str], *, timeout: float, validate: bool) -> Self:
        process = DriverProcess(command)
        try:
            line = process.ask(protocol.hello_request(1), timeout)
            hello = protocol.read_hello(line, 1, validate=validate)
            return cls(process, hello, validate=validate)
        except (DriverError, ProtocolError) as error:
            error.args = (f"{error}{_quoted(process.log)}",)
            process.close()
            raise
        except BaseException:
            process.close()
            raise

    def next_sequence(self) -> int:
        """Number a request."""
        self._sequence += 1
        return self._sequence

    def ask(self, case: Case, *, timeout: float, sequence: int | None = None) -> bytes:
        """
        Ask about a case; the line is still to be read with `read`.

        Args:
            sequence: Number of the request; the next one if not given.

        Raises:
            DriverError: there is no line.
        """
        self._sequence = self.next_sequence() if sequence is None else sequence
        return self.process.ask(protocol.run_request(self._sequence, case), timeout)

    def read(self, line: bytes) -> Answer:
        """
        Read the answer to the last request.

        Raises:
            ProtocolError: it is not one, or there are two.
        """
        answer = protocol.read_answer(
            line, self._sequence, level=self.hello.level, validate=self._validate
        )
        if self.process.unasked:
            text = protocol.shown(self.process.unasked.decode("utf-8", "replace"))
            raise ProtocolError(f"more than one line for one request: {text}", in_step=False)
        if answer.result == "stopped":
            raise ProtocolError("stopped without being asked to", in_step=False)
        return answer

    def stop(self) -> tuple[str, ...]:
        """
        Have the driver stop, and kill it if it does not.

        Returns:
            What it did not do as the protocol says.
        """
        sequence = self.next_sequence()
        try:
            line = self.process.ask(protocol.stop_request(sequence), STOP_TIMEOUT)
            result = protocol.read_answer(line, sequence).result
            if result != "stopped":
                return (f"the answer to stop is {result}",)
            status = self.process.end_input(STOP_TIMEOUT)
            if status is None:
                return ("the driver does not exit after stop",)
            if status != 0:
                return (f"the driver exits with status {status} after stop",)
            if self.process.unasked:
                return ("the driver writes more after the answer to stop",)
        except (DriverError, ProtocolError) as error:
            return (f"stop: {error}",)
        finally:
            self.process.close()
        return ()


def _quoted(log: str) -> str:
    return f"\nits standard error ends with:\n{log}" if log else ""
