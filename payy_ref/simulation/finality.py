"""
Time to soft finality: from the submission of a transaction to its commit where its client asks.

A client submits to a sequencer, which passes the transaction on to all others at once. The next
leaders that know it put it into their blocks. The client of the recipient asks another sequencer,
which answers when it has committed the block. Computing takes no time here, nor does the way from
a client to its sequencer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from payy_ref.consensus.messages import Committed
from payy_ref.consensus.safety import View
from payy_ref.consensus.state import Choose
from payy_ref.crypto.field import FieldElement
from payy_ref.ledger.builder import mint
from payy_ref.ledger.chain import Ledger
from payy_ref.ledger.mempool import choose
from payy_ref.ledger.sequence import ProvenTransaction
from payy_ref.parameters import Preset
from payy_ref.simulation.delays import MILLISECOND, PROFILES, SECOND, Profile
from payy_ref.simulation.draws import Draws
from payy_ref.simulation.load import proven, simulated_note
from payy_ref.simulation.plan import Behaviour, Plan
from payy_ref.simulation.simulator import Simulation

GOAL: Final = SECOND
"""Soft finality is to take less than this, in microseconds."""

MEASURED_PROFILES: Final = (Profile.LOCAL, Profile.CONTINENTAL, Profile.GLOBAL)
"""Where it is measured."""

MEASURED_NODES: Final = (4, 16, 100)
"""With how many sequencers."""

TRANSACTIONS: Final = 200
"""How many are followed in each measurement."""

MANY_VIEWS: Final = 1_000_000
"""More than any measurement takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finality:
    """Measured times of one kind of network, in microseconds."""

    profile: Profile
    """Its delays."""
    nodes: int
    """Its sequencers."""
    silent: int
    """How many of them say nothing."""
    views: int
    """Views that it took."""
    from_submission: tuple[int, ...]
    """From the submission of each transaction to its commit, ascending."""
    from_proposal: tuple[int, ...]
    """From the proposal of the block that it is in, ascending."""


def quantile(ascending: Sequence[int], hundredths: int) -> int:
    """Give the smallest value that so many of a hundred values do not exceed."""
    place = -(-len(ascending) * hundredths // 100)
    return ascending[max(place, 1) - 1]


def finality_table(measured: Iterable[Finality]) -> list[str]:
    """Write the times as lines of a table in Markdown."""
    columns = ("delays", "sequencers", "silent", *("median", "99 %") * 2, "below one second")
    rows = [columns, (":--", *["--:"] * (len(columns) - 2), ":--")]
    rows += [
        (
            str(each.profile),
            str(each.nodes),
            str(each.silent),
            *(
                f"{quantile(times, hundredths) / MILLISECOND:,.0f} ms"
                for times in (each.from_submission, each.from_proposal)
                for hundredths in (50, 99)
            ),
            verdict(each),
        )
        for each in measured
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def verdict(measured: Finality) -> str:
    """Say in words whether a transaction is final in a second from its submission."""
    times = measured.from_submission
    if quantile(times, 99) < GOAL:
        return "yes"
    return "half of the time" if quantile(times, 50) < GOAL else "no"


class _Transactions:
    """The transactions under way: who knows which, and when they were committed where it counts."""

    def __init__(self, draws: Draws, honest: Sequence[int], count: int) -> None:
        self.draws = draws
        self.honest = honest
        self.parts = [
            proven(mint([simulated_note(number)]), number) for number in range(1, count + 1)
        ]
        self.clients = [draws.pick(honest) for _ in self.parts]
        self.leaves = {
            transaction.public.output_commitments[0]: number
            for number, transaction in enumerate(self.parts)
        }
        self.submitted: dict[int, int] = {}
        self.known: dict[int, dict[int, ProvenTransaction]] = {node: {} for node in honest}
        self.proposed: dict[int, int] = {}
        self.waits: dict[int, tuple[int, int]] = {}

    def arrive(self, number: int, node: int, _time: int) -> None:
        """Let a sequencer know a transaction."""
        self.known[node][number] = self.parts[number]

    def chosen(self, node: int, ledger: Ledger) -> list[ProvenTransaction]:
        """Give what a sequencer knows and its ledger does not hold."""
        there: set[FieldElement] = set(ledger.tree)
        return [
            transaction
            for transaction in self.known.get(node, {}).values()
            if transaction.public.output_commitments[0] not in there
        ]


def measure_finality(
    profile: Profile,
    nodes: int,
    *,
    silent: int = 0,
    transactions: int = TRANSACTIONS,
    seed: int = 0,
) -> Finality:
    """
    Measure the time to soft finality, with the parameters of mainnet.

    Args:
        profile: The delays.
        nodes: How many sequencers.
        silent: How many of them say nothing.
        transactions: How many are followed.
        seed: What the draws follow from.
    """
    plan = Plan(
        nodes=nodes,
        faults=silent,
        seed=seed,
        views=MANY_VIEWS,
        profile=profile,
        preset=Preset.MAINNET,
        behaviour=Behaviour.SILENT,
        calm=True,
    )
    under_way: list[_Transactions] = []

    def chooser(node: int) -> Choose:
        def chosen(ledger: Ledger, view: View) -> Sequence[ProvenTransaction]:
            under_way[0].proposed.setdefault(view, simulation.time)
            candidates = under_way[0].chosen(node, ledger)[: plan.parameters.block_transactions]
            public = [each.public for each in candidates]
            kept = choose(ledger.tree, public, plan.parameters).transactions
            return [each for each in candidates if each.public in kept]

        return chosen

    def on_commit(time: int, node: int, committed: Committed) -> None:
        known = simulation.machines[node].replica.nodes
        for name in committed.blocks:
            block = known[name].block
            for transaction in block.transactions:
                number = under_way[0].leaves[transaction.public.output_commitments[0]]
                under_way[0].known[node].pop(number, None)
                if under_way[0].clients[number] == node:
                    proposed = under_way[0].proposed[block.header.epoch_id]
                    under_way[0].waits[number] = (
                        time - under_way[0].submitted[number],
                        time - proposed,
                    )

    simulation = Simulation(plan, choosers=chooser, on_commit=on_commit)
    pending = _Transactions(Draws(seed, "finality"), sorted(simulation.machines), transactions)
    under_way.append(pending)
    _submit_all(simulation, pending, profile, silent=silent)
    simulation.start()
    while len(pending.waits) < transactions and simulation.step():
        pass
    submission, proposal = zip(*pending.waits.values(), strict=True)
    return Finality(
        profile=profile,
        nodes=nodes,
        silent=silent,
        views=simulation.newest_view,
        from_submission=tuple(sorted(submission)),
        from_proposal=tuple(sorted(proposal)),
    )


def _submit_all(
    simulation: Simulation, pending: _Transactions, profile: Profile, *, silent: int
) -> None:
    """Have each transaction come up at a random time, at a random sequencer."""
    delays, draws = PROFILES[profile], pending.draws
    # About two a view; with silent leaders a view may take as long as somebody waits.
    spacing = SECOND // 2 if silent else delays.quantiles[len(delays.quantiles) // 2][1]
    start = 20 * spacing

    def submit(number: int, node: int, time: int) -> None:
        pending.submitted[number] = time
        for other in pending.honest:
            delay = 0 if other == node else delays.draw(draws)
            simulation.call_at(time + delay, partial(pending.arrive, number, other))

    for number in range(len(pending.parts)):
        time = start + draws.below(len(pending.parts) * spacing)
        simulation.call_at(time, partial(submit, number, draws.pick(pending.honest)))
