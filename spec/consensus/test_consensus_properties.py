"""Properties of consensus, on generated schedules of small networks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate, combinations, permutations
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payy_ref.assurance.evidence import evidence
from payy_ref.consensus.commit import CommitProof, check_commit
from payy_ref.consensus.evidence import Evidence, Offence, SignedHead, offender
from payy_ref.consensus.messages import (
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
    Started,
    Timeout,
    TimerExpired,
    Vote,
)
from payy_ref.consensus.pacemaker import includes_honest, view_given_up, waiting_time
from payy_ref.consensus.proposal import BlockHead, head_of, leader
from payy_ref.consensus.replica import receive
from payy_ref.consensus.safety import SafetyRecord, View
from payy_ref.consensus.state import Replica, Settings, restarted
from payy_ref.consensus.validators import is_quorum
from payy_ref.crypto.field import MODULUS, FieldElement
from payy_ref.crypto.hashing import keccak256
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.ledger.chain import Ledger
from payy_ref.ledger.sequence import GENESIS as GENESIS_BLOCK
from payy_ref.ledger.sequence import Block, Hash, Signature, block_hash
from payy_ref.operations import all_operations
from payy_ref.operations.consensus import Crashed, SafetyStep
from payy_ref.testing.consensus_history import (
    Committee,
    Letter,
    SmallNetwork,
    commits_in,
    equal_set,
    proposals_in,
    small_network,
    votes_in,
)
from payy_ref.testing.settlement_history import NETWORK, Signer, signers
from spec.consensus.consensus_cases import (
    COMMITTEE,
    EXECUTE,
    GENESIS,
    KEYS,
    MINTS,
    PARAMETERS,
    learned,
    proposal,
    record,
    timeout,
    weighed,
)
from spec.ledger.ledger_cases import MINIMAL

PARAMETER_SET: Final = PARAMETERS[MINIMAL]

BYZANTINE: Final = 3
"""The place of who does not follow the rules, unless said otherwise."""

LEDGERS: Final[dict[Block, Ledger]] = {}
"""The ledger after each block that was ever appended; many sequencers append the same blocks."""


def execute(ledger: Ledger, block: Block) -> Ledger:
    """Append a block by the rules of chapter ledger, each block once."""
    if block not in LEDGERS:
        LEDGERS[block] = EXECUTE[MINIMAL](ledger, block)
    return LEDGERS[block]


def refusal(settings: Settings, replica: Replica, event: Received) -> ErrorCode | None:
    """Tell which rule a message breaks, if any."""
    try:
        receive(settings, replica, event.sender, event.message)
    except SpecError as error:
        return error.code
    return None


# Schedules


Choice = tuple[int, int]
"""What kind of thing happens next, of a hundred, and which one."""

schedules = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, 2**16 - 1)), min_size=30, max_size=140
)
"""What happens in a network, one thing after the other."""


@dataclass(kw_only=True)
class World:
    """A network, somebody in it who follows no rules, and all that was ever said."""

    committee: Committee = COMMITTEE
    """Everybody."""
    byzantine: int = BYZANTINE
    """The place of who follows no rules, and sees everything."""
    blocks: dict[Hash, Block] = field(default_factory=dict)
    """All blocks, by name."""
    votes: dict[Hash, dict[EthereumAddress, Signature]] = field(default_factory=dict)
    """Who voted for which block, honest or not."""
    proposed: list[tuple[EthereumAddress, Block]] = field(default_factory=list)
    """What honest sequencers proposed."""
    voted: list[tuple[EthereumAddress, Vote, SafetyRecord]] = field(default_factory=list)
    """What honest sequencers voted for, with the record that each had stored before."""
    final: dict[int, set[Hash]] = field(default_factory=lambda: defaultdict(set))
    """Names of committed blocks, by height, whoever committed them and whenever."""
    commits: list[Committed] = field(default_factory=list)
    """All commits with their proofs."""
    codes: Counter[str] = field(default_factory=Counter)
    """What was rejected, and how often."""

    def __post_init__(self) -> None:
        self.network: SmallNetwork = small_network(
            self.committee, PARAMETER_SET, execute, without=(self.byzantine,), pending=MINTS[:3]
        )
        self.culprit: Signer = self.committee.keys[self.byzantine]
        self.blocks[head_of(GENESIS_BLOCK).name] = GENESIS_BLOCK
        for who, each in self.network.settings.items():
            self.network.replicas[who] = restarted(each)
            self.network.events[who], self.network.effects[who] = [], []
        for who in self.network.settings:
            self.happen(who, Started())

    @property
    def honest(self) -> list[EthereumAddress]:
        """Give those who follow the rules."""
        return list(self.network.settings)

    # What happens

    def happen(self, who: EthereumAddress, event: Event, done: int | None = None) -> None:
        """
        Let something happen to an honest sequencer, and look at what it does.

        Args:
            who: The sequencer.
            event: What happens.
            done: After how many of its effects it crashes; None if it does not.
        """
        before = self.network.replicas[who]
        on_the_way = len(self.network.letters)
        effects = self.network.happen(who, event)
        after = self.network.replicas[who]
        if isinstance(event, Received) and any(isinstance(each, Rejected) for each in effects):
            code = refusal(self.network.settings[who], before, event)
            # Of a message that breaks a rule nothing comes but the code.
            alone = (before, (Rejected(sender=event.sender, code=code),)) if code else None
            assert alone in (None, (after, effects))
        stored = [each for each in effects if isinstance(each, Persist)]
        assert stored == list(effects[:1]) if after.record != before.record else not stored
        assert after.record.retired_view >= before.record.retired_view
        assert after.record.locked_view >= before.record.locked_view
        assert after.record.locked_view <= after.record.retired_view
        if done is not None:
            del self.network.letters[on_the_way:]
            effects = effects[:done]
            self.network.letters += self.letters_of(who, effects)
            kept = after.record if effects and stored else before.record
            self.network.replicas[who] = restarted(self.network.settings[who], kept)
            self.network.events[who].append(Crashed())
            self.network.effects[who].append(())
        self.note(who, before.record, effects)

    def letters_of(self, who: EthereumAddress, effects: Sequence[Effect]) -> Iterator[Letter]:
        """Give what some effects send."""
        for effect in effects:
            match effect:
                case Send(to=to, message=message):
                    yield Letter(sender=who, receiver=to, message=message)
                case Broadcast(message=message):
                    for each in self.network.addresses:
                        if each != who:
                            yield Letter(sender=who, receiver=each, message=message)
                case _:
                    pass

    def note(self, who: EthereumAddress, before: SafetyRecord, effects: Sequence[Effect]) -> None:
        """Remember what was said, and judge what can be judged at once."""
        for block in proposals_in(effects):
            self.blocks[block_hash(block)] = block
            self.proposed.append((who, block))
        for vote in dict.fromkeys(votes_in(effects)):
            self.voted.append((who, vote, before))
            self.votes.setdefault(vote.block, {})[who] = vote.signature
        for each in commits_in(effects):
            self.commits.append(each)
            for name in each.blocks:
                self.final[self.blocks[name].header.height].add(name)
        for effect in effects:
            assert not isinstance(effect, ConflictFound)
            if isinstance(effect, Accused):
                assert effect.offender == self.culprit.address
            if isinstance(effect, Rejected):
                self.codes[str(effect.code)] += 1

    def choose(self, choice: Choice) -> None:
        """Let one thing happen."""
        kind, which = choice
        letters, network = self.network.letters, self.network
        who = self.honest[which % len(self.honest)]
        if kind < 60 and letters:
            # Most letters arrive in the order of sending.
            for _ in range(min(len(letters), 1 + which % 12)):
                self.arrive(letters.pop(0))
        elif kind < 72 and letters:
            self.arrive(letters.pop(which % len(letters)))
        elif kind < 74 and letters:
            self.arrive(letters[which % len(letters)])
        elif kind < 76 and letters:
            del letters[which % len(letters)]
        elif kind < 82:
            self.happen(who, TimerExpired(view=network.timers[who]))
        elif kind < 83:
            network.crash(who)
            self.happen(who, Started())
        elif kind < 85 and letters:
            self.crash_within(letters.pop(0), which)
        else:
            self.mislead(kind, which)

    def arrive(self, letter: Letter) -> None:
        """Let a letter arrive."""
        if letter.receiver in self.network.settings:
            self.happen(letter.receiver, Received(sender=letter.sender, message=letter.message))
        elif isinstance(letter.message, BlockRequest):
            chain = self.branch(letter.message.block)[:-1]
            reply = BlockReply(blocks=tuple(chain[:3]))
            self.say(reply, letter.sender)

    def crash_within(self, letter: Letter, which: int) -> None:
        """Let a letter arrive at somebody that crashes before all is done."""
        who = letter.receiver
        if who in self.network.settings:
            event = Received(sender=letter.sender, message=letter.message)
            self.happen(who, event, done=which % 4)
            self.happen(who, Started())

    # The one who follows no rules

    def say(self, message: Message, *receivers: EthereumAddress) -> None:
        """Send something to some."""
        self.network.letters += [
            Letter(sender=self.culprit.address, receiver=each, message=message)
            for each in receivers
        ]

    def branch(self, name: Hash) -> list[Block]:
        """Give a block and its ancestors, newest first."""
        found = []
        while (block := self.blocks.get(name)) is not None:
            found.append(block)
            name = block.header.last_block_hash
        return found

    def signers_of(self, name: Hash) -> list[Signer]:
        """Give who voted for a block, with the one who votes for everything."""
        by = [self.committee.key_of(each) for each in self.votes.get(name, {})]
        return sorted({*by, self.culprit}, key=lambda each: each.address)

    def is_certified(self, name: Hash) -> bool:
        """Tell whether there is a certificate on a block, or could be."""
        height = self.blocks[name].header.height
        (members,) = self.committee.sets
        stake = sum(members.stake_of(each.address) for each in self.signers_of(name))
        return height == 0 or is_quorum(stake, members.total_stake)

    def mislead(self, kind: int, which: int) -> None:
        """Do something that no rule allows, or that is allowed and unkind."""
        names = sorted(self.blocks, key=lambda each: (self.blocks[each].header.epoch_id, each))
        certified = [each for each in names if self.is_certified(each)]
        some = [each for place, each in enumerate(self.honest) if which >> place & 1]
        name = names[-1 - which // 8 % min(len(names), 6)]
        known = certified[-1 - which // 8 % min(len(certified), 4)]
        match kind % 7:
            case 0 | 1:
                self.propose(known, which, some)
            case 2:
                self.vote(name, some)
            case 3:
                view = View(which // 64 % 8 + self.network.view - 2)
                self.say(Timeout(view=max(view, View(0)), certificate=self.shown(known)), *some)
            case 4:
                self.say(self.shown(known if which & 1024 else name), *some)
            case 5:
                false = replace(self.shown(name), approvals=self.shown(known).approvals)
                self.say(Timeout(view=View(1), certificate=false), *some)
                self.say(BlockReply(blocks=(self.blocks[name],)), *some)
            case _:
                bad = replace(self.blocks[name], transactions=MINTS[4:5])
                self.say(Proposal(block=bad), *some)
                self.say(Vote(block=name, signature=Signature(bytes(65))), *some)

    def shown(self, name: Hash) -> Certificate:
        """Give all that was signed of a block as a certificate."""
        head = head_of(self.blocks[name])
        return self.committee.certificate(head, self.signers_of(name))

    def vote(self, name: Hash, receivers: Sequence[EthereumAddress]) -> None:
        """Vote for a block, whatever else was voted for."""
        block = self.blocks[name]
        vote = self.committee.vote(block, self.culprit)
        self.say(vote, *receivers)

    def propose(self, parent: Hash, which: int, receivers: Sequence[EthereumAddress]) -> None:
        """Propose a block in a view that is its own, on any certified block, maybe again."""
        chain = self.branch(parent)
        members = self.committee.sets[0]
        first = max(chain[0].header.epoch_id + 1, self.network.view - 1)
        view = next(
            each
            for each in range(first, first + len(members.validators))
            if leader(members, View(each)) == self.culprit.address
        )
        block = self.committee.block(
            chain,
            view,
            PARAMETER_SET,
            execute,
            transactions=MINTS[4 + which % 2 : 5] if len(chain) == 1 else (),
            keys=self.signers_of(parent) if len(chain) > 1 else None,
        )
        self.blocks[block_hash(block)] = block
        self.say(Proposal(block=block), *receivers)
        self.vote(block_hash(block), self.honest)

    # What must hold

    def check(self) -> None:
        """Judge the whole run."""
        self.check_agreement()
        self.check_certificates()
        self.check_votes()
        self.check_proofs()
        self.check_framing()

    def check_agreement(self) -> None:
        """No two commits conflict."""
        assert all(len(names) == 1 for names in self.final.values())
        lists = [self.network.committed(who) for who in self.honest]
        for one, other in combinations(lists, 2):
            shorter, longer = sorted((one, other), key=len)
            assert longer[: len(shorter)] == shorter

    def check_certificates(self) -> None:
        """No view has two certified blocks, even with the votes that are never sent."""
        views = Counter(
            block.header.epoch_id for name, block in self.blocks.items() if self.is_certified(name)
        )
        assert all(count == 1 for count in views.values())

    def check_votes(self) -> None:
        """Votes ascend, and respect the lock."""
        last: dict[EthereumAddress, int] = {}
        for who, vote, before in self.voted:
            view = self.blocks[vote.block].header.epoch_id
            assert view > last.get(who, 0)
            last[who] = view
            _, *ancestors = self.branch(vote.block)
            is_newer = ancestors[0].header.epoch_id > before.locked_view
            names = [block_hash(each) for each in ancestors]
            assert is_newer or before.locked_block in names

    def check_proofs(self) -> None:
        """Every commit can be shown to L1."""
        for each in self.commits:
            block = self.blocks[each.blocks[-1]]
            header = check_commit(each.proof, block.root, NETWORK, self.committee.sets)
            assert header == block.header

    def check_framing(self) -> None:
        """No two signatures of an honest sequencer are evidence."""
        for who in self.honest:
            approved = [
                SignedHead(head=head_of(self.blocks[vote.block]), signature=vote.signature)
                for voter, vote, _ in self.voted
                if voter == who
            ]
            proposed = [
                SignedHead(head=head_of(block), signature=block.signature)
                for proposer, block in self.proposed
                if proposer == who
            ]
            pairs: list[tuple[Offence, SignedHead, SignedHead, tuple[BlockHead, ...]]] = [
                (Offence.DOUBLE_PROPOSAL, one, other, ())
                for one, other in combinations(proposed, 2)
            ]
            for one, other in permutations(approved, 2):
                ancestors = self.shown_ancestors(one.head, other.head)
                pairs += [
                    (Offence.DOUBLE_VOTE, one, other, ()),
                    (Offence.BROKEN_LOCK, one, other, tuple(ancestors)),
                ]
            guilty = [pair for pair in pairs if culprit_of(*pair, self.committee)]
            assert not guilty

    def shown_ancestors(self, one: BlockHead, other: BlockHead) -> list[BlockHead]:
        """Give the ancestors that show a broken lock."""
        parents = [head_of(each) for each in self.branch(one.name)[1:3]]
        return [*parents, *(head_of(each) for each in self.branch(other.name)[1:2])]


def culprit_of(
    offence: Offence,
    one: SignedHead,
    other: SignedHead,
    ancestors: Sequence[BlockHead] = (),
    committee: Committee = COMMITTEE,
) -> EthereumAddress | None:
    """Tell whom two signatures are evidence against, if anybody."""
    shown = Evidence(offence=offence, first=one, second=other, ancestors=tuple(ancestors))
    try:
        return offender(shown, committee.network_name, committee.sets)
    except SpecError:
        return None


# Any schedule


def run(schedule: Sequence[Choice], **world: object) -> World:
    """Let a schedule happen."""
    made = World(**world)  # type: ignore[arg-type]
    for choice in schedule:
        made.choose(choice)
    return made


@evidence(
    "PAYY-CONSENSUS-T01",
    "PAYY-CONSENSUS-T02",
    "PAYY-CONSENSUS-T03",
    "PAYY-CONSENSUS-T04",
    "PAYY-CONSENSUS-T05",
    "PAYY-CONSENSUS-T07",
    "PAYY-CONSENSUS-T08",
    "PAYY-CONSENSUS-T10",
)
@given(schedules, st.integers(0, 3))
def test_any_schedule(schedule: Sequence[Choice], byzantine: int) -> None:
    """Whatever happens, and whatever one of four says, the others agree and break no rule."""
    run(schedule, byzantine=byzantine).check()


@evidence("PAYY-CONSENSUS-T01", "PAYY-CONSENSUS-T10", part="other stakes")
@given(schedules, st.sampled_from([(3, 3, 3, 4), (5, 3, 1, 4), (1, 2, 3, 2, 3)]))
def test_any_schedule_of_stakes(schedule: Sequence[Choice], stakes: Sequence[int]) -> None:
    """The same with other weights, of which less than a third follows no rules."""
    committee = weighed(*stakes)
    byzantine = next(
        place for place, stake in enumerate(stakes) if not includes_honest(stake, sum(stakes))
    )
    run(schedule, committee=committee, byzantine=byzantine).check()


def mixed(seed: int, count: int) -> list[Choice]:
    """Give a schedule with something of everything."""
    digests = (keccak256(b"%d %d" % (seed, number)) for number in range(count))
    return [(each[0] % 100, int.from_bytes(each[1:3], "big")) for each in digests]


def test_schedules_reach_something() -> None:
    """Schedules have commits, refusals and accusations in them, or they would say little."""
    codes: Counter[str] = Counter()
    committed = accused = 0
    for seed in range(8):
        made = run(mixed(seed, 100), byzantine=seed % 4)
        made.check()
        codes += made.codes
        committed += len(made.final)
        accused += sum(bool(each.accused) for each in made.network.replicas.values())
    assert committed >= 20
    assert len(codes) >= 3
    assert accused >= 1


@pytest.mark.parametrize(
    "weakened",
    [
        ("proposal.retire", lambda record, _: record),
        ("proposal.lock", lambda record, *_: record),
        ("proposal.may_vote", lambda *_: True),
        ("proposal.is_three_chain", lambda *_: True),
    ],
    ids=lambda each: each[0],
)
def test_schedules_bite(weakened: tuple[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """A weakened rule is noticed by some schedule."""
    name, rule = weakened
    monkeypatch.setattr(f"payy_ref.consensus.{name}", rule)
    assert not all(holds(mixed(seed, 100), seed % 4) for seed in range(40))


def holds(schedule: Sequence[Choice], byzantine: int) -> bool:
    """Tell whether a schedule ends well."""
    try:
        run(schedule, byzantine=byzantine).check()
    except (AssertionError, SpecError):
        return False
    return True


# Commits go on


def timely(world: World, until: int) -> None:
    """Deliver everything before any time ends, up to a view."""
    network = world.network
    while network.view < until:
        while network.letters and network.view < until:
            world.arrive(network.letters.pop(0))
        if network.view < until:
            for who in world.honest:
                world.happen(who, TimerExpired(view=network.timers[who]))


def stubborn(world: World, until: int) -> None:
    """Be timely, while the one without rules proposes on old blocks and keeps what it gets."""
    network = world.network
    members = world.committee.sets[0]
    seen = View(0)
    while network.view < until:
        while network.letters and network.view < until:
            world.arrive(network.letters.pop(0))
            turn = leader(members, network.view) == world.culprit.address
            if turn and network.view > seen:
                seen = network.view
                certified = sorted(
                    (each.header.epoch_id, name)
                    for name, each in world.blocks.items()
                    if world.is_certified(name)
                )
                world.propose(certified[len(certified) // 2][1], 0, world.honest)
        if network.view < until:
            for who in world.honest:
                world.happen(who, TimerExpired(view=network.timers[who]))


@evidence("PAYY-CONSENSUS-T06")
@pytest.mark.parametrize("adversary", [timely, stubborn])
@given(schedules.map(lambda each: [pair for pair in each if not 82 <= pair[0] < 85]))
@settings(max_examples=max(6, settings().max_examples // 2))
def test_commits_go_on(adversary: Callable[[World, int], None], schedule: Sequence[Choice]) -> None:
    """After any schedule without crashes, a timely network commits within 2n + 2 views."""
    world = run(schedule)
    views = 2 * len(world.committee.keys) + 2
    world.network.letters.clear()
    # What was lost is made up for first: everybody gives up the view that it is in.
    adversary(world, world.network.view + 1)
    before = {who: len(world.network.committed(who)) for who in world.honest}
    adversary(world, world.network.view + views)
    adversary_done = {who: len(world.network.committed(who)) for who in world.honest}
    assert all(adversary_done[who] > before[who] for who in world.honest)
    world.check()


# Messages


@evidence("PAYY-CONSENSUS-T09")
@pytest.mark.parametrize("count", [2, 4, 7, 10])
@given(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=40))
@settings(max_examples=max(4, settings().max_examples // 4))
def test_messages_are_linear(count: int, order: Sequence[int]) -> None:
    """Whatever the order of arrival, no view costs more than 3n messages while no time ends."""
    keys = signers(count)
    committee = Committee(keys=keys, sets=(equal_set(keys),))
    network = small_network(committee, PARAMETER_SET, execute)
    network.start()
    views: dict[Hash, int] = {}
    costs: Counter[int] = Counter()
    new = list(network.letters)
    for step in range(20 * count):
        for letter in new:
            match letter.message:
                case Proposal(block=block):
                    views[block_hash(block)] = block.header.epoch_id
                    costs[block.header.epoch_id] += 1
                case Vote(block=name) | Certificate(block=name):
                    costs[views[name]] += 1
                case other:
                    assert isinstance(other, BlockRequest | BlockReply)
        near = min(len(network.letters), 3)
        letter = network.letters.pop(order[step % len(order)] % near)
        before = len(network.letters)
        network.deliver(letter)
        new = network.letters[before:]
    assert len(costs) >= 3
    assert max(costs.values()) <= 3 * count


# Records


chains: Final = COMMITTEE.chain(1, 2, 3, 4, 6), COMMITTEE.chain(2, 5, 7, 8, label="other")
"""Two chains on genesis."""


@cache
def all_steps() -> tuple[SafetyStep, ...]:
    """Give the proposals and certificates of two chains, and timeouts."""
    steps: list[SafetyStep] = []
    for chain in chains:
        for place in range(len(chain) - 1):
            steps += [proposal(chain[place], chain[place + 1 :]), learned(chain[place:])]
    return (*steps, *(timeout(view) for view in range(9)))


RUN: Final = next(
    each for each in all_operations() if (each.suite, each.name) == ("consensus", "run")
)
"""The operation."""


def outcomes(steps: Sequence[SafetyStep], known: SafetyRecord) -> tuple[list[str], SafetyRecord]:
    """Give what becomes of the steps, and the last record."""
    output = RUN.compute(
        PARAMETER_SET,
        network_name=NETWORK,
        validator_sets=COMMITTEE.sets,
        safety_record=known,
        steps=steps,
    )
    return [each["outcome"] for each in output["outcomes"]], output["safety_record"]


def spoilt(step: SafetyStep) -> SafetyStep:
    """Give a step that breaks a rule."""
    if step.kind == "timeout":
        return proposal(SignedHead(head=chains[0][0], signature=Signature(bytes(65))), GENESIS)
    return replace(step, arguments={**step.arguments, "certificates": ()})


@evidence("PAYY-CONSENSUS-T03")
@given(st.lists(st.integers(0, 26), max_size=30))
def test_records_only_grow(places: Sequence[int]) -> None:
    """Along any steps there is at most one vote a view, and nothing falls."""
    known = record(0)
    voted: list[int] = []
    for step in (all_steps()[place % len(all_steps())] for place in places):
        (outcome,), after = outcomes([step], known)
        assert after.retired_view >= known.retired_view
        assert after.locked_view >= known.locked_view
        assert after.locked_view <= after.retired_view
        if outcome == "vote":
            view = step.arguments["block"].head.view
            assert view > max(voted, default=0)
            assert after.retired_view == view
            voted.append(view)
        known = after


@evidence("PAYY-CONSENSUS-T08")
@given(st.lists(st.tuples(st.integers(0, 26), st.booleans()), max_size=20))
def test_rejected_steps_change_nothing(places: Sequence[tuple[int, bool]]) -> None:
    """A run without its rejected steps has the same outcomes and leads to the same record."""
    good = [all_steps()[place % len(all_steps())] for place, is_bad in places if not is_bad]
    steps = [
        spoilt(step) if is_bad else step
        for step, is_bad in (
            (all_steps()[place % len(all_steps())], is_bad) for place, is_bad in places
        )
    ]
    all_outcomes, last = outcomes(steps, record(0))
    assert [each for each in all_outcomes if each != "rejected"] == outcomes(good, record(0))[0]
    assert last == outcomes(good, record(0))[1]
    assert all_outcomes.count("rejected") == sum(is_bad for _, is_bad in places)


@evidence("PAYY-CONSENSUS-T07")
@given(schedules, st.integers(0, 2**16 - 1))
def test_restarts_from_the_record_alone(schedule: Sequence[Choice], which: int) -> None:
    """Who starts again from its record after each event signs nothing twice in a view."""
    world = World()
    for number, choice in enumerate(schedule):
        world.choose(choice)
        who = world.honest[(which + number) % len(world.honest)]
        world.network.crash(who)
        world.happen(who, Started())
    world.check()


# Commits and certificates


@evidence("PAYY-CONSENSUS-T05", part="certificates on two conflicting blocks")
@given(st.lists(st.integers(1, 3), min_size=3, max_size=6), st.integers(0, 5))
def test_only_three_in_a_row_are_settled(gaps: Sequence[int], seed: int) -> None:
    """Of a chain with a certificate on each block, L1 takes exactly those three in a row."""
    views = [sum(gaps[: place + 1]) for place in range(len(gaps))]
    label = f"settled {seed}"
    chain = COMMITTEE.chain(*views, label=label)
    for place in range(len(chain) - 3):
        three = chain[place : place + 3]
        is_committed = three[0].view == three[1].view + 1 == three[2].view + 2
        root = int.from_bytes(three[2].root, "big")
        if root >= MODULUS:
            continue
        proof = COMMITTEE.commit_proof(three)
        alone = replace(proof, certificate=COMMITTEE.approvals(three[2]))
        assert is_settled(proof, FieldElement(root)) == is_committed
        assert not is_settled(alone, FieldElement(root))


def is_settled(proof: CommitProof, root: FieldElement) -> bool:
    """Tell whether L1 takes a commit proof."""
    try:
        check_commit(proof, root, NETWORK, COMMITTEE.sets)
    except SpecError:
        return False
    return True


@evidence("PAYY-CONSENSUS-T11")
@given(
    st.lists(st.integers(1, 3), max_size=3),
    st.lists(st.integers(1, 3), max_size=3),
    st.lists(st.integers(1, 3), max_size=2),
    st.integers(0, 4),
)
def test_conflicts_name_the_guilty(
    one: Sequence[int], other: Sequence[int], common: Sequence[int], later: int
) -> None:
    """Of two chains that commit conflicting blocks, votes for some two blocks are evidence."""
    trunk = COMMITTEE.chain(*accumulate(common))
    first = trunk[0].view
    branches = []
    for label, gaps in (("one", [*one, 1, 1]), ("other", [1 + later, *other, 1, 1])):
        views = list(accumulate([first + 1, *gaps]))
        branches.append(COMMITTEE.chain(*views, on=trunk, label=label))
    culprit = KEYS[0]
    shown = [
        (
            SignedHead(head=chain[place], signature=COMMITTEE.approval(chain[place], culprit)),
            chain[place + 1 : place + 3],
        )
        for chain in branches
        for place in range(len(chain) - 1)
    ]
    found = [
        (one_head, other_head)
        for (one_head, one_above), (other_head, other_above) in permutations(shown, 2)
        if culprit_of(Offence.DOUBLE_VOTE, one_head, other_head, ()) == culprit.address
        or culprit_of(Offence.BROKEN_LOCK, one_head, other_head, (*one_above, *other_above[:1]))
        == culprit.address
    ]
    assert found


# The pacemaker


@evidence("PAYY-CONSENSUS-T06", part="waiting times")
@given(st.integers(1, 10**6), st.integers(0, 40), st.integers(0, 20))
def test_waiting_times_double(base: int, failures: int, doublings: int) -> None:
    """Each failure doubles the time until the limit."""
    time = waiting_time(base, failures, doublings)
    after = waiting_time(base, failures + 1, doublings)
    assert after == (2 * time if failures < doublings else time)
    assert waiting_time(base, 0, doublings) == base


@evidence("PAYY-CONSENSUS-T06", part="views that are given up")
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=6, max_size=6),
)
def test_views_that_are_given_up(stakes: Sequence[int], views: Sequence[int | None]) -> None:
    """A view is given up by enough if and only if these gave up that one or a later one."""
    committee = weighed(*stakes)
    (members,) = committee.sets
    given_up = {
        key.address: View(view)
        for key, view in zip(committee.keys, views, strict=False)
        if view is not None
    }
    for is_enough in (is_quorum, includes_honest):
        newest = view_given_up(given_up, members, is_enough=is_enough)
        good = [
            view
            for view in range(10)
            if is_enough(
                sum(members.stake_of(who) for who, each in given_up.items() if each >= view),
                sum(stakes),
            )
        ]
        assert newest == max(good, default=-1)
