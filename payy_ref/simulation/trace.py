"""
Traces: what happened to the honest sequencers of a run, and what they did, one JSON line each.

The first line holds the plan. A message is written once, before the first line that refers to its
number. `docs/simulation.md` describes the lines.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from payy_ref.consensus.messages import (
    Abstained,
    Accused,
    BlockReply,
    BlockRequest,
    Broadcast,
    Certificate,
    Committed,
    ConflictFound,
    Effect,
    Event,
    Message,
    Persist,
    Proposal,
    Received,
    Rejected,
    Send,
    SetTimer,
    Started,
    Timeout,
    TimerExpired,
    Vote,
)
from payy_ref.consensus.safety import View
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import SpecError
from payy_ref.ledger.sequence import (
    Block,
    Hash,
    Height,
    Signature,
    decode_block,
    encode_block,
)
from payy_ref.parameters import Preset
from payy_ref.primitives import strict_json
from payy_ref.simulation.delays import Profile
from payy_ref.simulation.plan import Behaviour, Plan, PlanError, check_plan

VERSION: Final = 1
"""Of the form of traces."""

Line = dict[str, Any]
"""A JSON object."""

Writer = Callable[[Line], None]
"""Takes one line of a trace."""


class TraceFileError(ValueError):
    """A file is not a trace."""


class Scribe:
    """Writes what happens as lines, and numbers messages as they come up."""

    def __init__(self, write: Writer, addresses: Sequence[EthereumAddress]) -> None:
        self._write = write
        self._index = {address: node for node, address in enumerate(addresses)}
        self._numbers: dict[str, int] = {}

    def plan(self, plan: Plan) -> None:
        """Write the first line."""
        self._write({"trace": VERSION, "plan": plan_line(plan)})

    def happened(
        self, time: int, node: int, event: Event, effects: Sequence[Effect], *, crashed: bool
    ) -> None:
        """Write an event and what was done."""
        line = {
            "time": time,
            "node": node,
            **self._event(event),
            "effects": [self._effect(effect) for effect in effects],
        }
        self._write({**line, "crashed": True} if crashed else line)

    def restarted(self, time: int, node: int) -> None:
        """Write that a sequencer begins again with its safety record."""
        self._write({"time": time, "node": node, "event": "restarted"})

    def timely(self, time: int) -> None:
        """Write that the network is timely from here on."""
        self._write({"time": time, "event": "timely"})

    def end(self, line: Line) -> None:
        """Write the last line."""
        self._write({"end": line})

    def _message(self, message: Message) -> int:
        content = message_line(message)
        key = strict_json.dumps(content)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._write({"message": number, **content})
        return number

    def _event(self, event: Event) -> Line:
        match event:
            case Started():
                return {"event": "started"}
            case TimerExpired(view=view):
                return {"event": "timer_expired", "view": view}
            case Received(sender=sender, message=message):
                return {
                    "event": "received",
                    "from": self._index[sender],
                    "message": self._message(message),
                }

    def _effect(self, effect: Effect) -> Line:
        match effect:
            case Persist(record=record):
                return {
                    "effect": "persist",
                    "retired_view": record.retired_view,
                    "locked_view": record.locked_view,
                    "locked_block": _hex(record.locked_block),
                }
            case Send(to=to, message=message):
                number = self._message(message)
                return {"effect": "send", "to": self._index[to], "message": number}
            case Broadcast(message=message):
                return {"effect": "broadcast", "message": self._message(message)}
            case SetTimer(view=view, milliseconds=milliseconds):
                return {"effect": "set_timer", "view": view, "milliseconds": milliseconds}
            case Committed(blocks=blocks, proof=proof):
                return {
                    "effect": "committed",
                    "blocks": [_hex(name) for name in blocks],
                    "headers": [_hex(header) for header in proof.headers],
                    "roots": [_hex(root) for root in proof.roots],
                    "certificate": [_hex(each) for each in proof.certificate],
                }
            case Abstained(block=block, reason=reason):
                return {"effect": "abstained", "block": _hex(block), "reason": str(reason)}
            case Accused(offender=offender, evidence=evidence):
                return {
                    "effect": "accused",
                    "node": self._index[offender],
                    "offence": str(evidence.offence),
                    "blocks": [
                        _hex(evidence.first.head.name),
                        _hex(evidence.second.head.name),
                    ],
                }
            case Rejected(sender=sender, code=code):
                return {"effect": "rejected", "from": self._index[sender], "code": str(code)}
            case ConflictFound(block=block):
                return {"effect": "conflict_found", "block": _hex(block)}


def plan_line(plan: Plan) -> Line:
    """Give a plan as an object."""
    return {
        "nodes": plan.nodes,
        "faults": plan.faults,
        "seed": plan.seed,
        "views": plan.views,
        "profile": str(plan.profile),
        "preset": str(plan.preset),
        "behaviour": None if plan.behaviour is None else str(plan.behaviour),
        "calm": plan.calm,
    }


def plan_of(line: Mapping[str, Any]) -> Plan:
    """
    Read a plan.

    Raises:
        TraceFileError: it is none.
    """
    try:
        numbers = {name: line[name] for name in ("nodes", "faults", "seed", "views")}
        if any(type(number) is not int for number in numbers.values()):
            raise TraceFileError("the numbers of the plan are no integers")
        if type(line["calm"]) is not bool:
            raise TraceFileError("calm is true or false")
        behaviour = line["behaviour"]
        plan = Plan(
            **numbers,
            profile=Profile(line["profile"]),
            preset=Preset(line["preset"]),
            behaviour=None if behaviour is None else Behaviour(behaviour),
            calm=line["calm"],
        )
        check_plan(plan)
    except (KeyError, TypeError, ValueError, PlanError) as error:
        raise TraceFileError(f"no plan in the first line: {error}") from error
    return plan


def message_line(message: Message) -> Line:
    """Give a message as an object."""
    match message:
        case Proposal(block=block):
            return {"kind": "proposal", "block": _hex(encode_block(block))}
        case Vote(block=name, signature=signature):
            return {"kind": "vote", "block": _hex(name), "signature": _hex(signature)}
        case Timeout(view=view, certificate=certificate):
            return {
                "kind": "timeout",
                "view": view,
                "certificate": _certificate_line(certificate),
            }
        case Certificate():
            return {"kind": "certificate", "certificate": _certificate_line(message)}
        case BlockRequest(block=name, above=above):
            return {"kind": "block_request", "block": _hex(name), "above": above}
        case BlockReply(blocks=blocks):
            return {
                "kind": "block_reply",
                "blocks": [_hex(encode_block(block)) for block in blocks],
            }


def message_of(line: Mapping[str, Any]) -> Message:
    """
    Read a message.

    Raises:
        TraceFileError: it is none.
    """
    try:
        match line["kind"]:
            case "proposal":
                return Proposal(block=_block(line["block"]))
            case "vote":
                signature = Signature(_bytes(line["signature"]))
                return Vote(block=Hash(_bytes(line["block"])), signature=signature)
            case "timeout":
                certificate = _certificate(line["certificate"])
                return Timeout(view=View(int(line["view"])), certificate=certificate)
            case "certificate":
                return _certificate(line["certificate"])
            case "block_request":
                above = Height(int(line["above"]))
                return BlockRequest(block=Hash(_bytes(line["block"])), above=above)
            case "block_reply":
                return BlockReply(blocks=tuple(map(_block, line["blocks"])))
    except (KeyError, TypeError, ValueError, SpecError) as error:
        raise TraceFileError(f"a message cannot be read: {error}") from error
    raise TraceFileError(f"no kind of message is called {line['kind']}")


def event_of(
    line: Mapping[str, Any],
    messages: Mapping[int, Message],
    addresses: Sequence[EthereumAddress],
) -> Event:
    """
    Read an event.

    Raises:
        TraceFileError: it is none.
    """
    try:
        match line["event"]:
            case "started":
                return Started()
            case "timer_expired":
                return TimerExpired(view=View(int(line["view"])))
            case "received":
                return Received(sender=addresses[line["from"]], message=messages[line["message"]])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise TraceFileError(f"an event cannot be read: {error}") from error
    raise TraceFileError(f"no event is called {line['event']}")


def parse(text: str) -> Iterator[Line]:
    """
    Read the lines of a trace.

    Raises:
        TraceFileError: a line is not a JSON object.
    """
    for number, each in enumerate(text.splitlines(), 1):
        try:
            line = strict_json.loads(each)
        except ValueError as error:
            raise TraceFileError(f"line {number}: not JSON, {error}") from error
        if not isinstance(line, dict):
            raise TraceFileError(f"line {number}: not an object")
        yield line


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _bytes(text: str) -> bytes:
    if not text.startswith("0x"):
        raise TraceFileError("bytes begin with 0x")
    return bytes.fromhex(text[2:])


def _certificate_line(certificate: Certificate) -> Line:
    return {
        "block": _hex(certificate.block),
        "height": certificate.height,
        "approvals": [_hex(each) for each in certificate.approvals],
    }


def _certificate(stated: Mapping[str, Any]) -> Certificate:
    return Certificate(
        block=Hash(_bytes(stated["block"])),
        height=Height(int(stated["height"])),
        approvals=tuple(Signature(_bytes(each)) for each in stated["approvals"]),
    )


def _block(text: str) -> Block:
    return decode_block(_bytes(text))
