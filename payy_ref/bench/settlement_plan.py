"""
Plans: histories of the rollup in a few words, whose last call is measured.

A plan says how many sequencers there are, what is in the block, what waits in the queue. The
dearest plan of each function was searched for and is recorded in `WORST`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from payy_ref.parameters import Preset, load_preset

WORST: Final = Path("tests/known_answers/settlement_gas.json")
"""The dearest plans that a search found."""

MAINNET: Final = load_preset(Preset.MAINNET)
"""The parameters that everything is measured with."""

PLACES: Final = MAINNET.block_transactions
"""Places of a block."""

MOST_VALIDATORS: Final = 100
"""The most sequencers of a plan."""

MOST_LATER_SETS: Final = 3
"""The most validator sets of a plan that are named and do not hold yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    A history, in a few words, that ends with the call that is measured.

    Transactions of a block are letters: `s` a send, `m` a mint, `b` a burn to an account that is
    owed nothing, `k` a burn to one that is owed something, `p` a burn that somebody paid in
    advance. Verdicts are letters too: `a` and `c` apply the next transaction of the block, `c` with
    a call that uses all its gas; `v` and `w` show that a send or a burn is void; `r` shows that a
    mint is, whose deposit stays open; `d` names a mint whose deposit is gone.
    """

    function: str
    """The function that is called."""
    validators: int = 10
    """Sequencers that sign, or that are named."""
    carried: int | None = None
    """Signatures in each header of a commit proof; those of a quorum if not given."""
    skipped: int = 0
    """Blocks without effect before the one that is settled; headers carry certificates too."""
    later_sets: int = 0
    """Validator sets that are named and do not hold yet."""
    block: str = ""
    """Transactions of the block, or the one transaction."""
    verdicts: str = ""
    """Verdicts, or the one entry."""
    kinds: int = 1
    """Note kinds that take turns."""
    is_first: bool = False
    """Whether nothing of the sort was done before."""
    is_large: bool = False
    """Whether values, stakes and what is bought with them are as large as they can be."""
    allowance: str = "unlimited"
    """What the depositor lets the rollup take: `unlimited`, `exact`, or `more`."""
    call_bytes: int = 0
    """Bytes of a call."""
    inputs: int = 2
    """Notes that an exit takes out."""
    is_emptied: bool = False
    """Whether a withdrawal takes all that is locked."""


def plan_record(plan: Plan) -> dict[str, Any]:
    """Write a plan, what is as usual left out."""
    usual = Plan(function=plan.function)
    return {
        each.name: getattr(plan, each.name)
        for each in fields(Plan)
        if each.name == "function" or getattr(plan, each.name) != getattr(usual, each.name)
    }


def read_worst(checkout: Path) -> dict[str, Plan]:
    """Read the dearest plans, by function."""
    document = json.loads((checkout / WORST).read_bytes())
    plans = (Plan(**record) for record in document["plans"])
    return {plan.function: plan for plan in plans}


NAMED: Final[Mapping[str, Plan]] = {
    "a token": Plan(function="addToken"),
    "1 validator": Plan(function="addValidators", validators=1),
    "4 validators": Plan(function="addValidators", validators=4),
    "10 validators": Plan(function="addValidators"),
    "100 validators": Plan(function="addValidators", validators=100),
    "the first deposit of a token": Plan(function="deposit", is_first=True),
    "a further deposit": Plan(function="deposit"),
    "an authorized deposit": Plan(function="depositWithAuthorization"),
    "a deposit with a permit": Plan(function="depositWithPermit"),
    "a deposit with its mint": Plan(function="depositAndQueue"),
    "a deposit": Plan(function="cancelDeposit"),
    "to a recipient without the token": Plan(function="substituteBurn", is_first=True),
    "to a recipient with the token": Plan(function="substituteBurn"),
    "by an account without the token": Plan(function="withdraw", is_first=True),
    "by an account with the token": Plan(function="withdraw"),
    "a send": Plan(function="queueTransaction", block="s"),
    "a mint": Plan(function="queueTransaction", block="m"),
    "a burn": Plan(function="queueTransaction", block="b"),
    "a send, and a call without data": Plan(function="queueCall", block="s"),
    "a send, and a call with 1,024 bytes": Plan(function="queueCall", block="s", call_bytes=1024),
    "no message, 1 validator": Plan(function="settle", validators=1),
    "no message, 4 validators": Plan(function="settle", validators=4),
    "no message, 10 validators": Plan(function="settle"),
    "no message, 100 validators": Plan(function="settle", validators=100),
    "no message, 2 blocks without effect before": Plan(function="settle", skipped=2),
    "2 mints and 2 burns": Plan(function="settle", block="mmbb"),
    "2 mints and 2 burns to accounts that are owed already": Plan(function="settle", block="mmkk"),
    "6 burns": Plan(function="settle", block="bbbbbb"),
    "1 send, an entry that is applied": Plan(function="settle", block="s", verdicts="a"),
    "1 send, and an entry that is void": Plan(function="settle", block="s", verdicts="v"),
    "a forced send": Plan(function="force", block="s", verdicts="a"),
    "a forced mint": Plan(function="force", block="m", verdicts="a"),
    "a forced burn": Plan(function="force", block="b", verdicts="a"),
    "a void send": Plan(function="discard", verdicts="v"),
    "a mint whose deposit is gone": Plan(function="discard", verdicts="d"),
    "an entry of 7 days": Plan(function="freeze"),
    "1 note": Plan(function="leave", block="b", inputs=1),
    "2 notes": Plan(function="leave", block="b"),
}
"""The plans that the tables name, by what is done."""


def described(plan: Plan) -> str:
    """Say in words what is special about a plan."""
    usual = Plan(function=plan.function)
    said = []
    if plan.function in {"settle", "addValidators"}:
        said.append(f"{plan.validators} validators")
    if plan.carried is not None:
        said.append(f"{plan.carried} signatures in each header")
    if plan.skipped:
        said.append(f"{plan.skipped} blocks without effect before")
    if plan.later_sets:
        said.append(f"{plan.later_sets} later validator sets")
    said.extend(_counted(plan.block, BLOCK_LETTERS))
    said.extend(_counted(plan.verdicts, VERDICT_LETTERS))
    if plan.kinds > 1:
        said.append(f"{plan.kinds} note kinds")
    if plan.is_first:
        said.append("the first time")
    if plan.is_large:
        said.append("large amounts")
    if plan.allowance != usual.allowance:
        said.append(f"allowance: {plan.allowance}")
    if plan.call_bytes:
        said.append(f"calls with {plan.call_bytes:,} bytes")
    if plan.function == "leave":
        said.append(f"{plan.inputs} notes")
    if plan.is_emptied:
        said.append("all that is locked")
    return ", ".join(said) or "as usual"


BLOCK_LETTERS: Final[Mapping[str, str]] = {
    "s": "send",
    "m": "mint",
    "b": "burn",
    "k": "burn to an account that is owed already",
    "p": "burn that was paid in advance",
}
VERDICT_LETTERS: Final[Mapping[str, str]] = {
    "a": "applied",
    "c": "applied with a call",
    "v": "void send",
    "w": "void burn",
    "r": "void mint",
    "d": "mint whose deposit is gone",
}


def _counted(letters: str, meaning: Mapping[str, str]) -> list[str]:
    return [f"{letters.count(each)} {meaning[each]}" for each in meaning if each in letters]
