"""What given keys make of a capture, as the report tells it and as findings are concluded from it."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.datagram import CaptureFacts
from ikepcap.capture.decode import Decoder, Item
from ikepcap.capture.esp import EspCount, EspDecoder
from ikepcap.keys.check import Check, Outcome
from ikepcap.keys.opened import Reason
from ikepcap.keys.ring import KeyRing
from ikepcap.opening import OpenedMessage, Opening, check_text
from ikepcap.report.model import Conversation, Keyed, MessageLine
from ikepcap.track.conversation import EspFlow, Inside, Opened
from ikepcap.track.inside import inside
from ikepcap.wire.numbers import Payload, notify_name, payload_name
from ikepcap.wire.walk import Fault

FRAMES_KEPT: Final = 250_000
"""Messages remembered for a report; it lists no more of them."""
PROOFS: Final = frozenset(("HASH_I", "HASH_R", "SIG_I", "SIG_R"))
"""Checks of phase 1: they prove who a peer is, or that it has the key."""
_TOLD: Final = frozenset((Outcome.VERIFIED, Outcome.FAILED))
_LISTED: Final = 200
"""Payloads and notifies listed of one message."""


class Source(Protocol):
    """What reads a capture."""

    def __iter__(self) -> Iterator[Item]: ...
    @property
    def facts(self) -> CaptureFacts:
        """What was counted; complete once the iteration is over."""


class Content(Struct, frozen=True):
    """What a report says of an encrypted message that there were keys for, or of one that was verified."""

    cookie: bytes
    """The initiator's."""
    frame: int
    decrypted: bool | None
    why: str | None
    checks: tuple[Check, ...]
    payloads: tuple[str, ...] = ()
    notifies: tuple[str, ...] = ()


class Tally:
    """What keys made of the messages of one conversation."""

    def __init__(self) -> None:
        self.encrypted = self.opened = 0
        self.refusal: str | None = None
        """Why the first that stays closed does."""
        self._checks: Counter[Check] = Counter()

    def __bool__(self) -> bool:
        return bool(self.encrypted or self._checks)

    def add(self, one: Content) -> None:
        """Count a message."""
        self.encrypted += one.decrypted is not None
        self.opened += one.decrypted is True
        if one.decrypted is False and self.refusal is None:
            self.refusal = f"frame {one.frame}: {one.why}"
        # Addresses that agree with NAT-D are all the same: only what differs is worth its words.
        self._checks.update(
            replace(check, why="") if _is_usual_nat_d(check) else check for check in one.checks
        )

    def checks(self) -> Iterator[str]:
        """Yield what was verified, failed or not possible, in a line for each reason."""
        alike: dict[tuple[Outcome, str], list[str]] = {}
        for check, number in self._checks.items():
            name = check.name if number == 1 else f"{check.name} ({number} times)"
            alike.setdefault((check.outcome, check.why), []).append(name)
        order = list(Outcome)
        for (outcome, why), names in sorted(alike.items(), key=lambda item: order.index(item[0][0])):
            yield check_text(Check(", ".join(names), outcome, why))


def _is_usual_nat_d(check: Check) -> bool:
    return check.outcome is Outcome.VERIFIED and check.name.startswith("NAT-D")


class Contents(Struct, frozen=True):
    """What keys make of a capture: for the list of messages, and for what is concluded."""

    messages: dict[int, Content]
    frames: dict[bytes, list[int]]
    """Those of an initiator cookie, in order."""
    opened: Opened

    def concluded_from(self) -> Opened | None:
        """Return what conclusions rest on; None where no key opened or proved anything."""
        return self.opened if self.opened.inside or self.opened.proofs else None


def contents(captured: Callable[[Callable[[], Decoder] | None], Source], ring: KeyRing) -> Contents:
    """Return what keys make of the messages of a capture, by frame, and the ESP in it.

    This reads the capture once by itself: a key is often proven by a message that comes later than the first
    it opens, and the reading that makes the report stays as it is.

    Args:
        captured: returns what reads the capture, and shows every frame to a decoder where it is given one.
        ring: the keys.
    """
    source = captured(None)
    messages: dict[int, Content] = {}
    frames: dict[bytes, list[int]] = {}
    said: dict[int, Inside] = {}
    others: set[int] = set()
    proofs: dict[int, tuple[tuple[str, bool], ...]] = {}
    opening = Opening(source, ring)
    for one in settled(opening):
        content = content_of(one)
        if content is None:
            continue
        frame = content.frame
        if frame not in messages:
            if len(messages) >= FRAMES_KEPT:
                break
            frames.setdefault(content.cookie, []).append(frame)
        messages[frame] = content
        if one.plaintext is not None:
            said[frame] = inside(one.message)
        others.discard(frame)
        if one.refusal is not None and one.refusal.reason is Reason.OTHER_KEY:
            others.add(frame)
        proven = [check for check in one.checks if check.name in PROOFS and check.outcome in _TOLD]
        if proven:
            proofs[frame] = tuple((check.name, check.outcome is Outcome.VERIFIED) for check in proven)
    spis = {spi for session in opening.sessions for mode in session.decryptor.quick_modes
            for side in mode.spis() for spi in side}  # fmt: skip
    # The short way only counts ESP: where it may be that of these quick modes, it is read for once more.
    esp = _esp(captured, spis) if spis and source.facts.esp else {}
    return Contents(messages, frames, Opened(said, frozenset(others), proofs, esp))


def _esp(
    captured: Callable[[Callable[[], Decoder] | None], Source], spis: set[bytes]
) -> dict[bytes, tuple[EspFlow, ...]]:
    """Return the ESP that was seen under these SPIs."""
    flows: dict[tuple[bytes, bytes, bytes], EspCount] = {}
    for _ in captured(lambda: EspDecoder(flows, spis)):
        pass
    found: dict[bytes, tuple[EspFlow, ...]] = {}
    for (source, destination, spi), count in flows.items():
        flow = EspFlow(
            source, destination, spi, count.packets, count.first[0], count.last[0], count.first[1],
            count.last[1],
        )  # fmt: skip
        found[spi] = (*found.get(spi, ()), flow)
    return found


def with_contents(conversation: Conversation, found: Contents) -> Conversation:
    """Return a conversation of the report with what keys made of its messages."""
    cookie = bytes.fromhex(conversation.initiator_cookie)
    frames = range(conversation.first_frame, conversation.last_frame + 1)
    tally = Tally()
    for frame in found.frames.get(cookie, ()):
        if frame in frames:
            tally.add(found.messages[frame])
    if not tally:
        return conversation
    told = Keyed(tally.encrypted, tally.opened, tally.refusal, tuple(tally.checks()))
    if not isinstance(conversation.messages, tuple):
        return replace(conversation, keys=told)
    lines = [_with_content(line, found.messages.get(line.frame)) for line in conversation.messages]
    return replace(conversation, keys=told, messages=tuple(lines))


def _with_content(line: MessageLine, content: Content | None) -> MessageLine:
    if content is None:
        return line
    checks = tuple(map(check_text, content.checks))
    if content.decrypted is None:
        return replace(line, checks=checks)
    why = "; ".join(text for text in (line.why, content.why) if text) or None
    return replace(
        line, decrypted=content.decrypted, why=why, payloads=content.payloads or line.payloads,
        notifies=content.notifies or line.notifies, checks=checks,
    )  # fmt: skip


def settled(opening: Opening) -> Iterator[OpenedMessage]:
    """Yield all messages, and those once more that what came later may have settled."""
    yield from opening
    yield from opening.again()


def content_of(one: OpenedMessage) -> Content | None:
    """Return what keys made of a message; None where they had nothing to do with it."""
    cookie, frame = one.message.initiator_cookie, one.datagram.frame
    if one.refusal is not None:
        return Content(cookie, frame, False, one.refusal.why, one.checks)
    if one.plaintext is None:
        return Content(cookie, frame, None, None, one.checks) if one.checks else None
    kinds = one.plaintext.payload_types()[:_LISTED]
    bodies = one.message.bodies(Payload.NOTIFICATION)[:_LISTED]
    notifies = tuple(notify_name(int.from_bytes(body[6:8])) for body in bodies if len(body) >= 8)
    missing = next((d.detail for d in one.plaintext.defects if d.fault is Fault.UNREADABLE), None)
    return Content(cookie, frame, True, missing, one.checks, tuple(map(payload_name, kinds)), notifies)
