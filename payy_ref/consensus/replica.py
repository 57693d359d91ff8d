"""
A sequencer as a state machine: an event comes in, a new state and a list of effects come out.

It holds no clock, no socket and no store. Whoever runs it delivers events, and does the effects in
their order; what arrives is judged first, and a message that breaks a rule changes nothing.

What must survive a crash is the safety record alone. Blocks are fetched again from others: each one
is certified by the next, so nobody can make them up.

Source: Yin et al. 2019, "HotStuff: BFT consensus in the lens of blockchain", algorithms 4 and 5.
Timeouts go to all, and votes to two leaders: decision 0032.
"""

from __future__ import annotations

from payy_ref.consensus.messages import (
    Effect,
    Event,
    Message,
    Received,
    Started,
    TimerExpired,
)
from payy_ref.consensus.state import (
    Replica,
    Settings,
)
from payy_ref.consensus.turn import Turn
from payy_ref.crypto.secp256k1 import (
    EthereumAddress,
)


def handle(
    settings: Settings, replica: Replica, event: Event
) -> tuple[Replica, tuple[Effect, ...]]:
    """
    Let something happen to a sequencer.

    Args:
        settings: Who it is.
        replica: Its state before.
        event: What happens.

    Returns:
        Its state afterwards, and what is to be done, in this order. If the safety record changed,
        to store it comes first.

    Requirements:
        PAYY-CONSENSUS-015, PAYY-CONSENSUS-018
    """
    turn = Turn(settings, replica)
    match event:
        case Started():
            turn.enter(replica.view)
        case TimerExpired(view=view) if view == replica.view:
            turn.give_up(view)
            turn.ask_again()
        case Received(sender=sender, message=message):
            turn.attempt(sender, message)
    return turn.done(replica)


def receive(
    settings: Settings, replica: Replica, sender: EthereumAddress, message: Message
) -> tuple[Replica, tuple[Effect, ...]]:
    """
    Take a message, or refuse it; `handle` does the same and makes an effect of the refusal.

    Args:
        settings: Who takes it.
        replica: Its state before.
        sender: Who sent it.
        message: The message.

    Returns:
        As `handle`.

    Requirements:
        PAYY-CONSENSUS-018

    Raises:
        SpecError: the code of the rule that the message breaks.
    """
    turn = Turn(settings, replica)
    turn.receive(sender, message)
    return turn.done(replica)
