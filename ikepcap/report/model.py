"""The report contract as types. Renderers, scripts and regression tests read nothing else.

Names are fixed once released: add freely, rename or drop none; `SCHEMA` changes only when an existing name
changes meaning. This module imports no stage of the analysis.
"""

from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType, field

SCHEMA: Final = "ikepcap.report/1"

Role = Literal["initiator", "responder"]
Outcome = Literal["established", "stalled", "refused", "in-progress", "unknown", "probe"]
Certainty = Literal["proven", "presumed", "unknown"]
FindingCertainty = Literal["proven", "likely", "possible"]
Kind = Literal["new", "retransmission", "duplicate", "late", "unexpected"]


class Skipped(Struct, frozen=True):
    """Datagrams that were recognised and left out of IKEv1's verdicts."""

    ikev2: int = 0
    esp: int = 0
    nat_keepalive: int = 0
    malformed: int = 0
    authip: int = 0
    incomplete_fragments: int = 0
    gdoi: int = 0


class SourceFile(Struct, frozen=True):
    """One input file; frames are numbered through all files of the run."""

    name: str
    frames: int
    first_frame: int


class Source(Struct, frozen=True):
    """Where the report comes from."""

    name: str
    frames: int
    first_time: str | None
    last_time: str | None
    isakmp_messages: int
    skipped: Skipped
    files: tuple[SourceFile, ...] = ()


class Vantage(Struct, frozen=True):
    """Next to whom the capture was taken."""

    near: Literal["initiator", "responder", "between", "unknown"]
    certainty: Certainty
    why: str


class Nat(Struct, frozen=True):
    """NAT as the recomputed NAT-D payloads show it (RFC 3947 §3.2); None where none were seen."""

    initiator_behind_nat: bool | None
    responder_behind_nat: bool | None
    moved_to_4500: bool


class Reached(Struct, frozen=True):
    """A state on a peer's way, and the frame after which it was in it."""

    frame: int
    progress: int
    states: dict[str, str | None]


class Peer(Struct, frozen=True):
    """One end of a conversation and how far it got."""

    address: str
    port: int
    implementation: str | None
    progress: int | None
    certainty: Certainty
    states: dict[str, str | None]
    """Dialect to state name: asa, ios, windows, libreswan, strongswan, racoon."""
    windows_number: int | None = None
    """The number of the Windows state in IKEEXT_MM_SA_STATE."""
    history: tuple[Reached, ...] | UnsetType = UNSET
    """The states it went through, in order; left out together with the messages."""


class Policy(Struct, frozen=True):
    """One phase-1 transform in comparable words (RFC 2409 appendix A)."""

    encryption: str | None
    hash: str | None
    group: str | None
    auth: str | None
    lifetime_s: int | None = None
    lifetime_kb: int | None = None


class MessageLine(Struct, frozen=True, omit_defaults=True):
    """One message of a conversation, in frame order."""

    frame: int
    time: str
    sender: Role = field(name="from")
    step: str | None = field(name="step")
    kind: Kind = field(name="kind")
    retransmission_of: int | None = field(name="retransmission_of")
    """Frame of the first copy."""
    encrypted: bool = field(name="encrypted")
    decrypted: bool | None = field(name="decrypted")
    payloads: tuple[str, ...] = field(name="payloads")
    defects: tuple[str, ...] = field(name="defects")
    exchange: str = field(name="exchange")
    """main, aggressive, base, quick, transaction, informational, new-group, or the number."""
    message_id: str = field(name="message_id")
    offset_ns: int = field(name="offset_ns")
    """Time since the first message of the conversation."""
    size_bytes: int = field(name="size_bytes")
    """Of the ISAKMP message on the wire."""
    source: str = field(name="source")
    """address:port"""
    destination: str = field(name="destination")
    initiator_state: int | None = field(name="initiator_progress")
    """Progress of either peer after this message, as `Peer.progress`; None while unknown."""
    responder_state: int | None = field(name="responder_progress")
    why: str | None = None
    """What differs from the nearest step, for an unexpected message."""
    notifies: tuple[str, ...] = ()
    """Names of the notifies it carries in the clear."""
    fragment_frames: tuple[int, ...] = ()
    checks: tuple[str, ...] = ()
    """What given keys verified of it: "HASH_I verified: ...", or failed, or not possible and why."""


class Esp(Struct, frozen=True):
    """ESP of one direction under an SPI that an opened quick mode chose."""

    spi: str
    sender: Role = field(name="from")
    packets: int = field(name="packets")
    first_frame: int = field(name="first_frame")
    last_frame: int = field(name="last_frame")


class Exchange(Struct, frozen=True):
    """One exchange under the conversation's cookies after, or beside, phase 1."""

    kind: str
    message_id: str
    outcome: Outcome
    last_message: int | None
    awaited_message: int | None
    silent_peer: Role | None
    started_by: Role | None = None
    frames: tuple[int, ...] = ()
    esp: tuple[Esp, ...] | UnsetType = UNSET
    """Left out where none was seen, or no key opened the quick mode."""


class Finding(Struct, frozen=True):
    """A conclusion with its evidence."""

    code: str
    certainty: FindingCertainty
    claim: str
    frames: tuple[int, ...]
    evidence: tuple[str, ...]
    alternatives: tuple[str, ...] = ()
    settles_it: str | None = None
    checks: dict[str, tuple[str, ...]] = {}
    """What to look at, by kind of box: those of the two peers, `any` where one is not recognised."""
    display_filter: str | None = None
    severity: Literal["fault", "note"] = "note"


class Keyed(Struct, frozen=True):
    """What given keys made of the messages of a conversation."""

    encrypted: int
    opened: int
    why: str | None
    """Why the first that stays closed does: its frame, and whether the key is wrong or what is missing."""
    checks: tuple[str, ...]
    """Names, `verified`, `failed` or `not possible`, and the reason: "HASH_I, HASH_R verified: with ..."."""


class Conversation(Struct, frozen=True):
    """One attempt at one ISAKMP SA."""

    id: int
    initiator_cookie: str
    responder_cookie: str | None
    mode: str
    auth: str | None
    outcome: Outcome
    summary: str
    last_message: int | None
    awaited_message: int | None
    silent_peer: Role | None
    nat: Nat
    initiator: Peer
    responder: Peer
    chosen: Policy | None
    exchanges: tuple[Exchange, ...]
    findings: tuple[Finding, ...]
    first_time: str
    last_time: str
    first_frame: int
    last_frame: int
    elapsed_ns: int
    message_count: int
    offered: tuple[Policy, ...] = ()
    attempt_of: int | None = None
    messages: tuple[MessageLine, ...] | UnsetType = UNSET
    """Left out, not empty, when the run was told to keep none."""
    keys: Keyed | UnsetType = UNSET
    """Left out where no key was given for it."""


class Report(Struct, frozen=True, kw_only=True):
    """The whole answer for one run."""

    schema: str = SCHEMA
    source: Source
    vantage: Vantage
    conversations: tuple[Conversation, ...]
    findings: tuple[Finding, ...] = ()
