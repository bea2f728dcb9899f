"""Replay wired to the rest: a captured negotiation as a script, a live one as a capture, and both compared.

taken = replaying.take("branch.pcapng")
policy = initiator_policy(taken.script, Policy(offer=b"", psk=psk))
peer = Responders(like, secrets.token_bytes, behaviour(("wrong-psk",)))
found = replaying.replay(taken, policy, peer)  # in memory; `replay.run.Player` does it on UDP
found.verdict  # same, further, less-far, other-refusal, other
found.comparison  # message by message, as `ikepcap compare` has it
"""

import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from ikepcap import api
from ikepcap.capture.reader import Capture
from ikepcap.errors import ReplayError
from ikepcap.inputs import readable_once
from ikepcap.keys.facts import INITIATOR, RESPONDER
from ikepcap.keys.material import Origin
from ikepcap.keys.ring import KeyRing
from ikepcap.opening import Opening
from ikepcap.recorded import pcapng_of
from ikepcap.replay.actions import Done, Endpoint, Path
from ikepcap.replay.initiator import Initiator
from ikepcap.replay.memory import Engine, Memory
from ikepcap.replay.policy import Policy
from ikepcap.replay.record import Captured, Recorded
from ikepcap.replay.sa import IsakmpSa
from ikepcap.replay.script import Heard, Script, script_of
from ikepcap.report.compare import compare
from ikepcap.report.comparison import Comparison, Detail, Side
from ikepcap.report.model import Conversation
from ikepcap.wire.bodies import Fragment
from ikepcap.wire.codec import decode
from ikepcap.wire.numbers import Payload

Verdict = Literal["same", "further", "less-far", "other-refusal", "other"]
_LISTED: Final = 8
_IKE_PORT: Final = 500
_NATT_PORT: Final = 4500
_OURS: Final = frozenset(("initiator", "responder", "ports"))
"""What differs because the replay was told so: between whom it goes."""


class Taken(Struct, frozen=True):
    """A negotiation of a capture."""

    conversation: Conversation
    script: Script
    name: str
    """Of the capture."""
    path: str | os.PathLike[str]


class Replayed(Struct, frozen=True):
    """What a replay in memory came to."""

    done: Done | None
    record: tuple[Recorded, ...]
    live: Conversation | None
    verdict: Verdict
    comparison: Comparison | None
    """None where nothing was answered that could be analysed."""


def take(
    path: str | os.PathLike[str], *, number: int | None = None, cookie: str = "", ring: KeyRing | None = None
) -> Taken:
    """Return a negotiation of a capture, as the script of a replay.

    Args:
        path: of the capture; it is read twice.
        number: of the conversation, as `analyze` gives it.
        cookie: the beginning of one of its cookies.
        ring: keys that open what is encrypted: then quick mode and identities are played as captured too.

    Raises:
        ReplayError: there is no such negotiation, or more than one.
    """
    once = readable_once([os.fspath(path)])
    if once is not None:
        raise ReplayError(f"a capture that is replayed is read twice: name a file in place of '{once}'")
    report = api.analyze(path)
    found = [
        one
        for one in report.conversations
        if (number is None or one.id == number)
        and (one.initiator_cookie.startswith(cookie) or (one.responder_cookie or "").startswith(cookie))
    ]
    if len(found) != 1:
        listed = ", ".join(f"#{one.id} {one.outcome} {one.initiator_cookie[:8]}"
                           for one in report.conversations[:_LISTED])  # fmt: skip
        many = "several negotiations" if found else "no such negotiation"
        hint = f"pick one with --conversation: {listed}" if listed else "the capture holds none"
        raise ReplayError(f"{report.source.name}: {many}; {hint}")
    conversation = found[0]
    script = script_of(_heard(path, conversation, ring), _gaps(conversation))
    return Taken(conversation, script, report.source.name, path)


def _heard(path: str | os.PathLike[str], conversation: Conversation, ring: KeyRing | None) -> Iterable[Heard]:
    """Yield the messages of a conversation in order, copies and fragments left out."""
    lines = conversation.messages if isinstance(conversation.messages, tuple) else ()
    senders = {line.frame: line.sender for line in lines if line.kind in ("new", "late", "unexpected")}
    pieces = {frame: line.frame for line in lines for frame in line.fragment_frames}
    sizes: dict[int, int] = {}
    cookie = bytes.fromhex(conversation.initiator_cookie)
    for one in Opening(Capture([path]), ring or KeyRing()):
        frame = one.datagram.frame
        frame = frame if frame in senders else pieces.get(frame, frame)
        if frame not in senders or one.message.initiator_cookie != cookie:
            continue
        fragments = one.message.bodies(Payload.FRAGMENT)
        if fragments:
            part, _ = decode(Fragment, fragments[0], 0, len(fragments[0]))
            sizes.setdefault(frame, len(part.data) if part else 0)
            continue
        side = INITIATOR if senders[frame] == "initiator" else RESPONDER
        yield Heard(side, one.message, sizes.get(frame))


def _gaps(conversation: Conversation) -> tuple[float, ...]:
    """Return the seconds between the copies of what the initiator repeated most."""
    lines = conversation.messages if isinstance(conversation.messages, tuple) else ()
    copies: dict[int, list[int]] = {}
    for line in lines:
        if line.sender == "initiator" and line.kind in ("new", "retransmission"):
            copies.setdefault(line.retransmission_of or line.frame, []).append(line.offset_ns)
    longest = max(copies.values(), key=len, default=[])
    return tuple((b - a) / 1e9 for a, b in pairwise(longest))


def replay(taken: Taken, policy: Policy, peer: Engine, *, seconds: float = 300.0) -> Replayed:
    """Play the initiator against a peer in memory, in time that does not pass, and compare.

    Args:
        taken: the captured negotiation.
        policy: of the initiator: see `replay.script.initiator_policy`.
        peer: waiting; `replay.responders.Responders`, or anything that takes datagrams.
        seconds: of virtual time, the most it may take.
    """
    path, natt_path = (
        Path(Endpoint("192.0.2.1", port), Endpoint("198.51.100.7", port), port == _NATT_PORT)
        for port in (_IKE_PORT, _NATT_PORT)
    )
    memory = Memory(Initiator(policy, path, natt_path, secrets.token_bytes), peer).run(seconds)
    record: tuple[Recorded, ...] = (*memory.captured, *memory.bounced)
    live = judged(record)
    found = None if live is None else live.conversation
    beside = None if live is None else compared(taken, live)
    return Replayed(memory.result(), record, found, verdict(taken.conversation, found), beside)


def stands_for(record: Iterable[Recorded], ports: tuple[int, int]) -> dict[int, int]:
    """Return which of the peer's ports are to be read as which others: none, unless NAT-T was used.

    A reader of a capture knows no other ports of NAT traversal than 4500; here it is known what was meant.

    Args:
        record: of the run.
        ports: the peer's, of IKE and of NAT traversal.
    """
    found = {port: known for port, known in zip(ports, (_IKE_PORT, _NATT_PORT), strict=True) if port != known}
    used = {one.destination.port for one in record if isinstance(one, Captured)}
    return found if ports[1] in used else {}


def judged(
    record: Iterable[Recorded],
    ports: Mapping[int, int] = MappingProxyType({}),
    cookie: bytes | None = None,
    sas: Iterable[IsakmpSa] = (),
) -> Side | None:
    """Return what the analysis finds in what an initiator sent and heard; None where there is nothing.

    Args:
        record: of the run.
        ports: the peer's, with those that they stand for; see `stands_for`.
        cookie: of the negotiation that counts; the first otherwise.
        sas: open what they encrypted. Without, it is judged as a capture is that nobody has keys for.
    """
    with tempfile.TemporaryDirectory(prefix="ikepcap-") as folder:
        file = FilePath(folder) / "live.pcapng"
        file.write_bytes(pcapng_of(_moved(one, ports) for one in record))
        ring = KeyRing(sa.material(Origin("the replay", 1)) for sa in sas)
        keys = ring if ring.materials else None
        found = api.analyze(file, vantage="initiator", keys=keys).conversations
        wanted = [one for one in found if cookie is None or one.initiator_cookie == cookie.hex()]
        return api.side(file, wanted[0], "live", "the replay") if wanted else None


def _moved(one: Recorded, ports: Mapping[int, int]) -> Recorded:
    """Return a line of a record with the peer's ports as those that they stand for."""
    if not isinstance(one, Captured):
        return replace(one, about=_moved(one.about, ports))
    end = "destination" if one.sender == "initiator" else "source"
    remote: Endpoint = getattr(one, end)
    return replace(one, **{end: replace(remote, port=ports.get(remote.port, remote.port))})


def compared(taken: Taken, live: Side) -> Comparison:
    """Return the captured negotiation and the live one side by side, but for addresses and ports."""
    before = api.side(taken.path, taken.conversation, taken.name, "the captured one")
    found = compare(before, live)
    rows = (replace(row, details=_without_ours(row.details)) for row in found.rows)
    return replace(found, whole=_without_ours(found.whole), rows=tuple(rows))


def _without_ours(details: Iterable[Detail]) -> tuple[Detail, ...]:
    return tuple(one for one in details if one.subject not in _OURS)


def is_up(conversation: Conversation | None) -> bool:
    """Whether phase 1 came up, and quick mode if there was one."""
    if conversation is None or conversation.outcome != "established":
        return False
    quick = [one for one in conversation.exchanges if one.kind == "quick"]
    return not quick or any(one.outcome == "established" for one in quick)


def verdict(original: Conversation, live: Conversation | None) -> Verdict:
    """Return how a live negotiation ended beside the captured one."""
    if live is None:
        return "less-far"
    before, now = _reached(original), _reached(live)
    if now != before:
        return "further" if now > before else "less-far"
    if _end(original) == _end(live):
        return "same"
    return "other-refusal" if original.outcome == live.outcome == "refused" else "other"


def _reached(one: Conversation) -> tuple[int, int, int]:
    """Return how far a negotiation came: phase 1, what lies between, quick mode."""
    is_done = one.outcome == "established"
    quick = [exchange for exchange in one.exchanges if exchange.kind == "quick"]
    transactions = sum(
        exchange.kind == "transaction" and exchange.outcome == "established" for exchange in one.exchanges
    )
    best = max((3 if each.outcome == "established" else each.last_message or 0 for each in quick), default=0)
    return (99 if is_done else one.last_message or 0), transactions, best


def _end(one: Conversation) -> tuple[str, tuple[str, ...]]:
    """Return outcome and the fault that is told first."""
    faults = tuple(found.code for found in one.findings if found.severity == "fault")
    return one.outcome, faults[:1]
