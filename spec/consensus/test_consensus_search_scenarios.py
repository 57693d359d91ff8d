"""
Scenarios from the search: runs that end in a conflict if one rule is removed.

Each run is given to each of its honest sequencers, as it would see it. Those that follow all rules
do otherwise at some step, so that the conflict does not come about.
"""

from collections.abc import Mapping
from typing import Final

import pytest

from payy_ref.assurance.consensus_search.model import FULL_RULES, GENESIS_BLOCK, SearchBlock
from payy_ref.assurance.consensus_search.trace import (
    Decision,
    Given,
    Step,
    StepKind,
    Trace,
    project,
    reactions_of,
)
from payy_ref.assurance.consensus_search.weakened import (
    WEAKENED,
    WITHOUT_RETIRING,
    Weakening,
)
from payy_ref.consensus.proposal import BlockHead
from payy_ref.consensus.safety import View
from payy_ref.ledger.sequence import Hash
from payy_ref.operations.consensus import SafetyStep
from payy_ref.testing.consensus_history import Committee, equal_set
from payy_ref.testing.settlement_history import signers
from payy_ref.vectors.pytest_plugin import VectorWriter
from spec.consensus.consensus_cases import (
    GENESIS,
    learned,
    name_of,
    proposal,
    record,
    rules,
    runs,
    timeout,
)

Branch = tuple[BlockHead, ...]
"""A block and its ancestors, newest first."""

RULES: Final[Mapping[str, Weakening]] = {**WEAKENED, "without_retiring": WITHOUT_RETIRING}
"""What is removed, by name."""


TWO_CHAINS = """1a, 2a on 1a, 3a on 2a, 4a, 5a on 4a, 6a on 5a:
    1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a,
    1 process 4a, 2 process 4a, 1 process 5a, 2 process 5a, 1 process 6a, 2 process 6a,
    0 learn 3a, 0 learn 6a"""
"""Three blocks in a row, and then three others."""

FOUND: Final[Mapping[str, str]] = {
    "no_lock_check": TWO_CHAINS,
    "two_votes_a_view": """1a, 1b, 2a on 1a, 2b on 1b, 3a on 2a, 3b on 2b:
        1 process 1a, 1 process 1b, 2 process 1a, 2 process 1b, 1 process 2a, 1 process 2b,
        2 process 2a, 2 process 2b, 1 process 3a, 1 process 3b, 2 process 3a, 2 process 3b,
        0 learn 3a, 0 learn 3b""",
    "lock_never_moves": TWO_CHAINS,
    "lock_moves_back": """1a, 2a on 1a, 3a on 2a, 4a, 5a on 4a, 6a on 5a:
        1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a,
        2 learn 1a, 0 process 4a, 2 process 4a, 1 process 5a, 2 process 5a, 1 process 6a,
        2 process 6a, 0 learn 3a, 0 learn 6a""",
    "any_three_in_a_row": """1a, 2a, 3a on 1a, 4a on 2a, 5a on 3a, 6a on 4a:
        1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a,
        1 process 4a, 2 process 4a, 1 process 5a, 2 process 5a, 1 process 6a, 2 process 6a,
        0 learn 5a, 0 learn 6a""",
    "gap_before_third": """1a, 2a on 1a, 3a, 4a on 3a, 5a on 2a, 6a on 4a:
        1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a,
        1 process 4a, 2 process 4a, 1 process 5a, 2 process 5a, 1 process 6a, 2 process 6a,
        0 learn 5a, 0 learn 6a""",
    "gap_after_first": """1a, 2a, 3a on 1a, 4a on 3a, 5a on 2a, 6a on 5a:
        1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a,
        1 process 4a, 2 process 4a, 1 process 5a, 2 process 5a, 1 process 6a, 2 process 6a,
        0 learn 4a, 0 learn 6a""",
    "two_in_a_row": """1a, 2a on 1a, 3a, 4a on 3a:
        1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, 1 process 3a, 2 process 3a,
        1 process 4a, 2 process 4a, 0 learn 2a, 0 learn 4a""",
    "one_certificate": """1a, 2a:
        1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, 0 learn 1a, 0 learn 2a""",
    "two_thirds": """1a, 1b, 2a on 1a, 2b on 1b, 3a on 2a, 3b on 2b:
        0 process 1a, 1 process 1b, 0 process 2a, 1 process 2b, 0 process 3a, 1 process 3b,
        0 learn 3a, 0 learn 3b""",
    "without_retiring": """1a, 2a on 1a:
        1 process 1a, 2 process 1a, 1 process 2a, 2 process 2a, 0 learn 2a, 0 process 1a""",
}
"""What the search found, by what is removed: the blocks with their parents, then the steps."""


def trace_of(name: str) -> Trace:
    """Read the run in which it shows that a rule is removed."""
    blocks, steps = (part.split(", ") for part in " ".join(FOUND[name].split()).split(": "))
    parents = {each.split(" on ")[0]: each.split(" on ")[1:] for each in blocks}
    scope = RULES[name].scope
    return Trace(
        honest=scope.honest,
        byzantine=scope.byzantine,
        proposals=tuple(
            SearchBlock(
                view=View(int(block[:-1])),
                name=Hash(block.encode()),
                parent=Hash(parent[0].encode()) if parent else GENESIS_BLOCK.name,
            )
            for block, parent in parents.items()
        ),
        steps=tuple(
            Step(
                sequencer=int(sequencer),
                kind=StepKind(kind),
                block=Hash(block.encode()),
                view=View(int(block[:-1])),
            )
            for sequencer, kind, block in (each.split() for each in steps)
        ),
        committed=(),
    )


def committee_of(trace: Trace) -> Committee:
    """Give the sequencers of a run, the honest ones first."""
    keys = signers(trace.honest + trace.byzantine)
    return Committee(keys=keys, sets=(equal_set(keys),))


def branches_of(trace: Trace, weakening: Weakening) -> dict[Hash, Branch]:
    """Give the blocks of a run; each carries what was first signed of its parent."""
    committee = committee_of(trace)
    found: dict[Hash, Branch] = {GENESIS_BLOCK.name: GENESIS}
    signed: dict[Hash, tuple[int, ...]] = {}
    for sequencer in range(trace.honest):
        for each in project(trace, weakening.rules, sequencer).given:
            if each.kind is StepKind.PROCESS and each.block and each.certified:
                earlier = signed.get(each.block.name, each.signers)
                signed[each.block.name] = min(earlier, each.signers, key=len)
    for block in trace.proposals:
        parents = found[block.parent]
        keys = [committee.keys[each] for each in signed.get(block.name, ())]
        made = committee.child(parents, block.view, label=block.name.decode(), keys=keys)
        found[block.name] = (made, *parents)
    return found


def step_of(given: Given, branches: Mapping[Hash, Branch], committee: Committee) -> SafetyStep:
    """Give a step of a run as the operation takes it."""
    if given.block is None:
        return timeout(given.view)
    branch = branches[given.block.name]
    if given.kind is StepKind.LEARN:
        return learned(branch, committee, [committee.keys[each] for each in given.signers])
    return proposal(branch[0], branch[1:], committee)


def outcome_of(decision: Decision, given: Given) -> str:
    """Give what the operation says of a decision."""
    match decision:
        case Decision.VOTE:
            return "vote"
        case Decision.NONE:
            return "retired" if given.kind is StepKind.TIMEOUT else "learned"
        case _:
            return str(decision)


@pytest.mark.parametrize("name", FOUND)
def test_conflicts_without_a_rule(vector: VectorWriter, name: str) -> None:
    """
    Each rule of safety is needed.

    Given the shortest run in which two conflicting blocks are committed if one rule is removed,
    when its steps are given to sequencers that follow all rules, then their outcomes and records
    are those of the search with all rules.
    """
    trace, weakening = trace_of(name), RULES[name]
    committee, branches = committee_of(trace), branches_of(trace, weakening)
    differs = False
    for sequencer in range(trace.honest):
        seen = project(trace, weakening.rules, sequencer)
        full, weak = (reactions_of(seen, each) for each in (FULL_RULES, weakening.rules))
        differs = differs or [(each.decision, each.committed) for each in full] != [
            (each.decision, each.committed) for each in weak
        ]
        last = full[-1].record
        commits = [
            branches[each.committed[-1]][0]
            for each in full
            if each.committed and each.committed[-1] != GENESIS_BLOCK.name
        ]
        runs(
            vector,
            f"without-{name.replace('_', '-')}-sequencer-{sequencer}",
            [step_of(each, branches, committee) for each in seen.given],
            [
                outcome_of(each.decision, given)
                for each, given in zip(full, seen.given, strict=True)
            ],
            record(last.retired_view, branches[last.locked_block][0]),
            description=f"Sequencer {sequencer} in the shortest run that shows what happens if "
            f"{weakening.meaning}.",
            requirements=rules(8, 9, 10, 11),
            flags=["VIEW_TWICE", "LOCK_RULE", "LOCK_MOVES", "COMMIT_RULE"],
            committee=committee,
            commits=commits,
        )
    assert differs
    assert len({name_of(branch[0]) for branch in branches.values()}) == len(trace.proposals) + 1
