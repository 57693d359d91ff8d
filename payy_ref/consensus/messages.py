"""What sequencers say to each other, what happens to one, and what it does in answer."""

from dataclasses import dataclass

from payy_ref.consensus.commit import CommitProof
from payy_ref.consensus.evidence import Evidence
from payy_ref.consensus.proposal import Abstention
from payy_ref.consensus.safety import SafetyRecord, View
from payy_ref.crypto.secp256k1 import EthereumAddress
from payy_ref.errors import ErrorCode
from payy_ref.ledger.sequence import Block, Hash, Height, Signature

# Messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A leader's block."""

    block: Block
    """The block, with the certificate on its parent and the leader's signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """An approval of a block; it goes to the leaders of the next two views."""

    block: Hash
    """Name of the block."""
    signature: Signature
    """The approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Approvals of a quorum; sent to the leader of the next view by the one after, alone."""

    block: Hash
    """Name of the block."""
    height: Height
    """Its height, which the approvals bind."""
    approvals: tuple[Signature, ...]
    """The approvals, by ascending address; none for the genesis block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """Word that a sequencer has waited for too long in a view."""

    view: View
    """The view."""
    certificate: Certificate
    """The newest certificate that the sender knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRequest:
    """Asks for a block and its ancestors."""

    block: Hash
    """Name of the block."""
    above: Height
    """Ancestors at this height and below are not needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockReply:
    """Some blocks that were asked for."""

    blocks: tuple[Block, ...]
    """The block, its parent, and so on; as many as go into one message."""


Message = Proposal | Vote | Certificate | Timeout | BlockRequest | BlockReply
"""What sequencers say to each other."""

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The sequencer begins, or begins again after a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message arrived."""

    sender: EthereumAddress
    """Who sent it; the channel vouches for that."""
    message: Message
    """The message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerExpired:
    """The time of a view is over."""

    view: View
    """The view for which the timer was set."""


Event = Started | Received | TimerExpired
"""What happens to a sequencer."""

# Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Persist:
    """The safety record is to be stored before anything after it is done."""

    record: SafetyRecord
    """The record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A message is to be sent to one sequencer, maybe to the sender itself."""

    to: EthereumAddress
    """Who gets it."""
    message: Message
    """The message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A message is to be sent to all other sequencers."""

    message: Message
    """The message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTimer:
    """The timer is to be set anew; there is one."""

    view: View
    """The view that it is for."""
    milliseconds: int
    """When it expires, from now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """Blocks are final."""

    blocks: tuple[Hash, ...]
    """Their names, oldest first."""
    proof: CommitProof
    """Shows it for the last of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstained:
    """A proposal of the current view gets no vote."""

    block: Hash
    """Name of the block."""
    reason: Abstention
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accused:
    """Somebody broke the rules."""

    offender: EthereumAddress
    """Who."""
    evidence: Evidence
    """Shows it to everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A message broke a rule; it had no effect."""

    sender: EthereumAddress
    """Who sent it."""
    code: ErrorCode
    """The rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictFound:
    """
    A certificate commits a block beside the committed ones: a third of the stake is Byzantine.

    The sequencer keeps what it committed first. People have to decide.
    """

    block: Hash
    """Name of the other block."""


Effect = (
    Persist
    | Send
    | Broadcast
    | SetTimer
    | Committed
    | Abstained
    | Accused
    | Rejected
    | ConflictFound
)
"""What a sequencer does; in the order of the list."""
