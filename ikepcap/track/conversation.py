"""What tracking hands on: frozen records of one conversation and the messages seen in it.

A record keeps what later stages reason with, not the bytes: a frame number leads back to those.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ikepcap.capture.datagram import IcmpError, LostFragments
from ikepcap.wire.offer import Offer
from ikepcap.wire.walk import Defect, Fault

INITIATOR: Final = 0
RESPONDER: Final = 1


class Notice(Struct, frozen=True, gc=False):
    """A notification in the clear (RFC 2408 §3.14)."""

    type: int
    spi_bytes: int
    data: bytes


class Clear(Struct, frozen=True, gc=False):
    """What a message that was not encrypted says, as far as a negotiation's course depends on it."""

    offer: Offer | None = None
    ke_bytes: int = 0
    """Length of the key exchange value, which tells the group; 0 without a KE payload."""
    nat_d: tuple[bytes, ...] = ()
    """NAT-D hashes in wire order: the first is of the receiver's address (RFC 3947 §3.2)."""
    vendor_ids: tuple[bytes, ...] = ()
    notices: tuple[Notice, ...] = ()
    deletes: bool = False
    identity: bytes | None = None
    """Body of the ID payload: aggressive mode shows it to everyone."""
    notice_cookie: bytes = b""
    """The responder cookie that came with `notices`: a refusing peer may put one of its own, or none."""


NOTHING_CLEAR: Final = Clear()


class Deleted(Struct, frozen=True, gc=False):
    """A delete (RFC 2408 §3.15), where a given key opened it."""

    protocol: int
    spis: tuple[bytes, ...]
    """Of ISAKMP both cookies; of AH and ESP what the deleting peer receives under."""


class Settings(Struct, frozen=True, gc=False):
    """What a message of mode-config or XAUTH asks, tells or sets; secrets are not in it."""

    type: int
    """REQUEST, REPLY, SET or ACK."""
    attributes: tuple[int, ...]
    status: int | None = None
    """XAUTH-STATUS."""
    addresses: tuple[str, ...] = ()
    """Inner addresses of the client that it names."""


class Lifespan(Struct, frozen=True, gc=False):
    """From when until when a certificate is valid, RFC 3339 in UTC."""

    begins: str
    ends: str


class Inside(Struct, frozen=True, gc=False):
    """What an encrypted message says, where a given key opened it."""

    notices: tuple[Notice, ...] = ()
    deletes: bool = False
    ke_bytes: int = 0
    identities: tuple[bytes, ...] = ()
    """Bodies of its ID payloads: in quick mode the selectors, the initiator's first (RFC 2409 §5.5)."""
    offer: Offer | None = None
    deleted: tuple[Deleted, ...] = ()
    settings: Settings | None = None
    lifespan: Lifespan | None = None
    """Of the first certificate, which is the sender's own."""


class EspFlow(Struct, frozen=True, gc=False):
    """ESP packets seen towards one address under one SPI."""

    source: bytes
    destination: bytes
    spi: bytes
    packets: int
    first_frame: int
    last_frame: int
    first_ns: int
    last_ns: int


class Opened(Struct, frozen=True):
    """What given keys made of a capture, for whoever concludes from it; messages by frame."""

    inside: Mapping[int, Inside]
    """Of those that a key opened."""
    other_key: frozenset[int] = frozenset()
    """Those that stay closed to a key which opens others of the same SA."""
    proofs: Mapping[int, tuple[tuple[str, bool], ...]] = {}
    """HASH_I, HASH_R, SIG_I and SIG_R that could be recomputed, and whether they agree."""
    esp: Mapping[bytes, tuple[EspFlow, ...]] = {}
    """By SPI."""


class Seen(Struct, frozen=True, gc=False):
    """One message at one moment, inside its conversation."""

    frame: int
    time_ns: int
    sender: int
    """INITIATOR or RESPONDER."""
    exchange: int
    message_id: int
    flags: int
    payloads: tuple[int, ...]
    """Types in wire order; only the first, from the header, where the rest is encrypted."""
    wire_bytes: int
    source_port: int
    destination_port: int
    ttl: int
    ip_id: int
    clear: Clear
    copy_of: int = -1
    """Index in the conversation of the first message with the same bytes from the same peer."""
    is_duplicate: bool = False
    """The same transmission captured twice, not sent again."""
    cookie_differs: bool = False
    """Its responder cookie is not the one this conversation is bound to."""
    rebound: bool = False
    """An address differs from the conversation's: a NAT mapping changed, or a second capture point."""
    defects: tuple[Defect, ...] = ()
    fragment_frames: tuple[int, ...] = ()
    inside: Inside | None = None
    """None where no key opened it."""
    needs_other_key: bool = False
    """A key that opens others of this conversation does not open it."""
    proofs: tuple[tuple[str, bool], ...] = ()
    """Proofs of identity in it that given keys could check, and whether they agree."""

    @property
    def is_encrypted(self) -> bool:
        """The encryption flag is set."""
        return self.flags & 1 != 0

    @property
    def is_cut(self) -> bool:
        """The capture's snaplen cut it: what is not in it may have been on the wire."""
        return any(defect.fault is Fault.TRUNCATED for defect in self.defects)


class LostParts(Struct, frozen=True, gc=False):
    """IKE fragments (payload 132) of one message that never became whole."""

    frames: tuple[int, ...]
    first_ns: int
    sender: int
    have: tuple[int, ...]
    """Fragment numbers that are there."""
    total: int | None
    """Number of the last fragment; None when that one is missing."""


class Other(Struct, frozen=True, gc=False):
    """Another negotiation between the same two peers."""

    initiator: bytes
    began_ns: int
    frame: int
    """Its first."""
    offer: Offer
    choice: Offer | None
    """What its responder chose."""
    spoke_ns: tuple[int | None, int | None]
    """When its initiator and its responder were last seen to speak."""
    came_up: bool
    has_tunnel: bool = False
    """Three messages of a quick mode were seen."""
    ports: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    """Those that its initiator and its responder were seen to have."""

    @property
    def is_answered(self) -> bool:
        """Its responder said something."""
        return self.spoke_ns[RESPONDER] is not None


class Fight(Struct, frozen=True, array_like=True, gc=False):
    """Negotiations of two clients that end one another, or of one, which something unseen ends."""

    count: int
    """How often one was ended so."""
    first_ns: int
    """When that was the first time, and the last."""
    last_ns: int


class Ousted(Struct, frozen=True, array_like=True, gc=False):
    """A negotiation was ended as another client's came up, and its own client began anew."""

    by: int
    """Number of that conversation; 0 where nothing is seen of another client."""
    client: bytes
    port: int
    frame: int
    """Its first."""
    again_ns: int
    """When the ousted client began anew."""


class Conversation(Struct, frozen=True, gc=False):
    """One attempt at one ISAKMP SA, as it was seen to its end, or to the end of the capture."""

    number: int
    """Order of first frames in the run, from 1."""
    initiator_cookie: bytes
    responder_cookie: bytes | None
    """Bound at the first reply of phase 1."""
    initiator: bytes
    initiator_port: int
    responder: bytes
    responder_port: int
    roles_proven: bool
    """A message says who began; else it is the better of two readings."""
    seen: tuple[Seen, ...]
    omitted: int
    """Messages beyond the bound on `seen`: counted, not kept."""
    icmp: tuple[IcmpError, ...]
    lost: tuple[LostFragments, ...]
    lost_parts: tuple[LostParts, ...]
    superseded_ns: int | None
    """When the same initiator began anew, with another cookie, towards the same responder."""
    watched_until_ns: int
    """Capture time up to which the conversation was followed: silence is measured against it."""
    crossed: bool = False
    """Each peer began a conversation with the other before either's phase 1 was over."""
    others: tuple[Other, ...] = ()
    """What else passed between these peers, where this one did not get to quick mode."""
    esp: tuple[EspFlow, ...] = ()
    """ESP under SPIs that opened quick modes chose."""
    fight: Fight | None = None
    """It has a part in one; one that is ended so once or twice has none."""
    ousted: Ousted | None = None
    """Only in a fight."""
    scanned: int = 0
    """How many hosts its MSG1 went to, if that was many and none of them was followed up; else 0."""
    asked: int = 0
    """How often its MSG1 came to its responder, from one port after the other and not followed up; else 0."""
    answers_from: bytes | None = None
    """Where messages of the responder came from, if not from the address that was asked."""
