"""
Measurements of consensus: how fast networks are simulated, and certificates are verified.

A simulated view is the work of all its sequencers together: signing, verifying, executing, and the
judgement of the checker. No public implementation of the same rules in Python is known to compare
with.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from payy_ref.bench.chapters import Benchmark
from payy_ref.bench.measure import Figure, measure
from payy_ref.consensus.certificate import check_certificate
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import address_of, recovered_address, sign
from payy_ref.ledger.sequence import Hash, Signature
from payy_ref.simulation.plan import Plan
from payy_ref.simulation.simulator import Simulation, keys_of, validators_of

NETWORKS: Final = ((4, 100), (16, 50), (64, 20), (100, 12))
"""Sequencers of each simulated network, and views of a run."""

RUNS: Final = 3
"""Counted runs of each network."""

MEMBERS: Final = 100
"""Sequencers of the set whose certificates are verified."""

SIGNERS: Final = 2 * MEMBERS // 3 + 1
"""How many of them sign: the fewest that are a quorum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFigure(Figure):
    """Simulated views a second, and what is in a view."""

    validators: int
    """Sequencers."""
    events: int
    """Events of a run, of all of them together."""
    messages: int
    """Messages of a run that went from one to another."""

    @property
    def messages_each(self) -> float:
        """Messages a view and sequencer."""
        return self.messages / self.operations / self.validators

    @property
    def event_rate(self) -> float:
        """Events a second."""
        return self.rate * self.events / self.operations


def consensus_benchmarks() -> Iterator[Benchmark]:
    """Measure networks without faults, and certificates of a quorum."""
    for validators, views in NETWORKS:
        yield Benchmark(
            f"simulate {validators} sequencers",
            partial(_simulated, validators=validators, views=views),
        )
    yield Benchmark(f"verify a certificate, {SIGNERS} of {MEMBERS}, first time", _first)
    yield Benchmark(f"verify a certificate, {SIGNERS} of {MEMBERS}, again", _again)


def network_rows(figures: Iterable[Figure]) -> list[dict[str, str]]:
    """Lay out what networks do, a row for each size."""
    return [
        {
            "sequencers": str(figure.validators),
            "views a second": f"{figure.rate:,.1f}",
            "events a second": f"{figure.event_rate:,.0f}",
            "messages a view": f"{figure.messages / figure.operations:,.1f}",
            "of each sequencer": f"{figure.messages_each:.2f}",
        }
        for figure in figures
        if isinstance(figure, NetworkFigure)
    ]


def _simulated(name: str, validators: int, views: int) -> NetworkFigure:
    last: list[Simulation] = []

    def run() -> None:
        # Every run makes the same signatures; each is to verify them itself.
        recovered_address.cache_clear()
        plan = Plan(nodes=validators, faults=0, views=views, calm=True)
        simulation = Simulation(plan)
        simulation.start()
        while simulation.newest_view < views and simulation.step():
            pass
        last[:] = [simulation]

    figure = measure(name, "view", views, run, runs=RUNS)
    report = last[0].finish()
    return NetworkFigure(
        name=figure.name,
        unit=figure.unit,
        operations=figure.operations,
        seconds=figure.seconds,
        validators=validators,
        events=report.events,
        messages=sum(report.messages.values()),
    )


def _certificate() -> tuple[Hash, tuple[Signature, ...]]:
    digest = Hash(keccak256(b"what is certified"))
    keys = sorted(keys_of(MEMBERS), key=address_of)[:SIGNERS]
    return digest, tuple(Signature(sign(digest, key)) for key in keys)


def _first(name: str) -> Figure:
    digest, signatures = _certificate()
    validators = validators_of(MEMBERS)

    def run() -> None:
        recovered_address.cache_clear()
        check_certificate(digest, signatures, validators)

    return measure(name, "certificate", 1, run)


def _again(name: str) -> Figure:
    digest, signatures = _certificate()
    validators, count = validators_of(MEMBERS), 100

    def run() -> None:
        for _ in range(count):
            check_certificate(digest, signatures, validators)

    return measure(name, "certificate", count, run)
