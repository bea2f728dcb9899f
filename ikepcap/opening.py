"""Every message of captures with what given keys open of it: reading, IKE fragments and keys put together.

for found in Opening(Capture(["branch.pcapng"]), load_ring(["keys.toml"])): ...
"""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.esp import EspCount, EspDecoder
from ikepcap.keys.check import Check, Outcome
from ikepcap.keys.opened import NotOpened, Plaintext, Reason
from ikepcap.keys.ring import KeyRing
from ikepcap.keys.sessions import Ends, Sessions
from ikepcap.report.model import Conversation, MessageLine
from ikepcap.track.conversation import EspFlow, Inside, Opened
from ikepcap.track.fragments import Fragments
from ikepcap.track.inside import inside
from ikepcap.wire.message import HEADER_BYTES, Message, parse
from ikepcap.wire.numbers import Payload, notify_name, payload_name

FRAMES_KEPT: Final = 250_000
"""Messages remembered for a report; it lists no more of them."""
_LISTED: Final = 200
"""Payloads and notifies listed of one message."""
PROOFS: Final = frozenset(("HASH_I", "HASH_R", "SIG_I", "SIG_R"))
"""Checks of phase 1: they prove who a peer is, or that it has the key."""
_TOLD: Final = frozenset((Outcome.VERIFIED, Outcome.FAILED))
_FRAGMENTED: Final = 256
"""Conversations whose IKE fragments are held at once."""


class OpenedMessage(Struct, frozen=True):
    """A message, the datagram that it came in or that completed it, and what its keys gave."""

    datagram: Datagram
    message: Message
    """With its payloads where it was opened."""
    plaintext: Plaintext | None = None
    refusal: NotOpened | None = None
    """Why it stays closed; None where there was no key to try, too."""
    checks: tuple[Check, ...] = ()
    frames: tuple[int, ...] = ()
    """All frames of the IKE fragments it was put together from; empty when it is as captured."""


class Opening:
    """The messages of captures in order; `sessions` knows the conversations once they were read."""

    def __init__(self, captured: Iterable[Item], ring: KeyRing) -> None:
        self._captured = captured
        self.sessions = Sessions(ring)
        self._fragments: dict[tuple[bytes, bytes], Fragments] = {}

    def __iter__(self) -> Iterator[OpenedMessage]:
        for item in self._captured:
            if not isinstance(item, Datagram):
                continue
            message = parse(item.data, item.wire_bytes)
            if message is None:
                continue
            if message.next_payload != Payload.FRAGMENT or message.is_encrypted:
                yield self._opened(item, message)
                continue
            yield OpenedMessage(item, message)
            whole = self._joined(item, message)
            if whole is not None:
                yield whole

    def _opened(self, datagram: Datagram, message: Message) -> OpenedMessage:
        """Return a whole message with what its conversation's keys make of it."""
        result = self.sessions.feed(message, _ends(datagram))
        if result is None:
            return OpenedMessage(datagram, message)
        if isinstance(result.opened, Plaintext):
            opened = result.opened.message(message)
            return OpenedMessage(datagram, opened, result.opened, None, result.checks)
        return OpenedMessage(datagram, message, None, result.opened, result.checks)

    def _joined(self, datagram: Datagram, message: Message) -> OpenedMessage | None:
        """Return the message that an IKE fragment completes, if it does."""
        key = (message.initiator_cookie, datagram.source)
        held = self._fragments.pop(key, None)
        if held is None:
            if len(self._fragments) >= _FRAGMENTED:
                del self._fragments[next(iter(self._fragments))]
            held = Fragments()
        self._fragments[key] = held
        whole = held.add(message, 0, datagram.frame, datagram.time_ns)
        if whole is None or len(whole.data) < HEADER_BYTES or whole.data[16] == Payload.FRAGMENT:
            return None
        joined = parse(whole.data)
        if joined is None:
            return None
        return replace(self._opened(datagram, joined), frames=whole.frames)


class Content(Struct, frozen=True):
    """What a report says of an encrypted message that there were keys for, or of one that was verified."""

    decrypted: bool | None
    why: str | None
    payloads: tuple[str, ...]
    notifies: tuple[str, ...]
    checks: tuple[str, ...]


class Contents(Struct, frozen=True):
    """What keys make of a capture: for the list of messages, and for what is concluded."""

    messages: dict[int, Content]
    opened: Opened

    def concluded_from(self) -> Opened | None:
        """Return what conclusions rest on; None where no key opened or proved anything."""
        return self.opened if self.opened.inside or self.opened.proofs else None


def contents(captured: Callable[[Callable[[], Decoder]], Iterable[Item]], ring: KeyRing) -> Contents:
    """Return what keys make of the messages of a capture, by frame, and the ESP in it.

    This reads the capture once by itself: a key is often proven by a message that comes later than the first
    it opens, and the reading that makes the report stays as it is.

    Args:
        captured: given what makes a decoder, returns what reads the capture.
        ring: the keys.
    """
    flows: dict[tuple[bytes, bytes, bytes], EspCount] = {}
    messages: dict[int, Content] = {}
    said: dict[int, Inside] = {}
    others: set[int] = set()
    proofs: dict[int, tuple[tuple[str, bool], ...]] = {}
    opening = Opening(captured(lambda: EspDecoder(flows)), ring)
    for one in opening:
        if one.plaintext is None and one.refusal is None and not one.checks:
            continue
        if len(messages) >= FRAMES_KEPT:
            break
        frame = one.datagram.frame
        messages[frame] = _content(one)
        if one.plaintext is not None:
            said[frame] = inside(one.message)
        if one.refusal is not None and one.refusal.reason is Reason.OTHER_KEY:
            others.add(frame)
        proven = [check for check in one.checks if check.name in PROOFS and check.outcome in _TOLD]
        if proven:
            proofs[frame] = tuple((check.name, check.outcome is Outcome.VERIFIED) for check in proven)
    spis = {spi for session in opening.sessions for mode in session.decryptor.quick_modes
            for side in mode.spis() for spi in side}  # fmt: skip
    return Contents(messages, Opened(said, frozenset(others), proofs, _esp(flows, spis)))


def _esp(
    flows: dict[tuple[bytes, bytes, bytes], EspCount], spis: set[bytes]
) -> dict[bytes, tuple[EspFlow, ...]]:
    """Return the ESP that was seen under SPIs of opened quick modes."""
    found: dict[bytes, tuple[EspFlow, ...]] = {}
    for (source, destination, spi), count in flows.items():
        if spi in spis:
            flow = EspFlow(
                source, destination, spi, count.packets, count.first[0], count.last[0], count.first[1],
                count.last[1],
            )  # fmt: skip
            found[spi] = (*found.get(spi, ()), flow)
    return found


def with_contents(conversation: Conversation, found: dict[int, Content]) -> Conversation:
    """Return a conversation of the report with what keys made of its messages."""
    if not isinstance(conversation.messages, tuple):
        return conversation
    lines = [_with_content(line, found.get(line.frame)) for line in conversation.messages]
    return replace(conversation, messages=tuple(lines))


def _with_content(line: MessageLine, content: Content | None) -> MessageLine:
    if content is None:
        return line
    if content.decrypted is None:
        return replace(line, checks=content.checks)
    why = "; ".join(text for text in (line.why, content.why) if text) or None
    return replace(
        line, decrypted=content.decrypted, why=why, payloads=content.payloads or line.payloads,
        notifies=content.notifies or line.notifies, checks=content.checks,
    )  # fmt: skip


def _content(one: OpenedMessage) -> Content:
    checks = tuple(check_text(check) for check in one.checks)
    if one.plaintext is None:
        refused = one.refusal is not None
        why = one.refusal.why if one.refusal is not None else None
        return Content(False if refused else None, why, (), (), checks)
    kinds = one.plaintext.payload_types()[:_LISTED]
    bodies = one.message.bodies(Payload.NOTIFICATION)[:_LISTED]
    notifies = tuple(notify_name(int.from_bytes(body[6:8])) for body in bodies if len(body) >= 8)
    return Content(True, None, tuple(map(payload_name, kinds)), notifies, checks)


def check_text(check: Check) -> str:
    """Return a check as one line of text."""
    return f"{check.name} {check.outcome}: {check.why}" if check.why else f"{check.name} {check.outcome}"


def _ends(datagram: Datagram) -> Ends:
    return Ends(
        str(ip_address(datagram.source)), datagram.source_port,
        str(ip_address(datagram.destination)), datagram.destination_port,
    )  # fmt: skip
