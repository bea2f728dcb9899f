"""The stages wired together: what a program calls.

    report = ikepcap.analyze("branch.pcapng")
    for conversation in report.conversations: ...

`conversations` yields them as they end, so that a capture of any size is followed in bounded memory;
`messages` yields what was captured, before anything is concluded. All of them take the packets of a Scapy
session in place of files; `packets` yields the frames of files as Scapy packets.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, overload

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.decode import Item
from ikepcap.capture.reader import Progress
from ikepcap.capture.scapy_packets import packets as scapy_packets
from ikepcap.diagnose.whole import whole_findings
from ikepcap.follow import Source, Watch
from ikepcap.inputs import Input, Paths, is_repeatable, listed, opened
from ikepcap.report.comparison import Side
from ikepcap.report.model import Conversation, Report
from ikepcap.run import Conversations, Near, ring_of
from ikepcap.wire.message import Message, parse

if TYPE_CHECKING:
    from ikepcap.keys.ring import KeyRing
    from ikepcap.opening import OpenedMessage

Warn = Callable[[str], None]
"""Called with a sentence."""


class FramedMessage(Struct, frozen=True):
    """A message with the datagram it came in."""

    datagram: Datagram
    message: Message


def analyze(
    paths: Input,
    *,
    keep_messages: bool = True,
    vantage: Near | None = None,
    progress: Progress | None = None,
    strict: bool = False,
    second_process: bool = False,
    keys: "KeyRing | Paths | None" = None,
) -> Report:
    """Read captures to their end and say where each negotiation stands.

    Args:
        paths: one capture or several, `-` for standard input; several are read as one sequence. Or Scapy
            packets, in any iterable or an `AsyncSniffer` that has stopped; each is looked at once, and frames
            are numbered as they come.
        keep_messages: list every message in the report; without it a report stays small.
        vantage: next to whom the capture was taken, where that is known better than TTLs tell.
        progress: called with octets read and the total.
        strict: let a diagnosis rule that fails raise, instead of telling of it in a finding.
        second_process: let a child process read, once there is much to conclude, or half of a large file,
            where that is possible. It is a copy of this one: ask for it only where nothing else goes on in
            this process.
        keys: files of keys of any kind that `ikepcap.keys.sources` knows, or the ring it makes of them. Then
            all is read twice, in this process: standard input cannot be, and packets are kept.

    Raises:
        CaptureError: an input cannot be read as a capture at all.
        KeySourceError: a file of keys cannot be taken.
        TypeError: it is neither a path nor Scapy packets.
    """
    run = Conversations(
        paths, keep_messages=keep_messages, vantage=vantage, progress=progress, strict=strict,
        second_process=second_process, keys=keys,
    )  # fmt: skip
    ordered = tuple(sorted(run, key=lambda conversation: conversation.id))
    return replace(run.report, conversations=ordered)


def conversations(
    paths: Input,
    *,
    keep_messages: bool = True,
    vantage: Near | None = None,
    progress: Progress | None = None,
    strict: bool = False,
    watch: Watch | None = None,
    second_process: bool = False,
    keys: "KeyRing | Paths | None" = None,
) -> Conversations:
    """Return conversations as they end, in bounded memory.

    `watch` is called with each datagram before it is analysed; the other arguments are those of `analyze`.
    """
    return Conversations(
        paths, keep_messages=keep_messages, vantage=vantage, progress=progress, strict=strict, watch=watch,
        second_process=second_process, keys=keys,
    )  # fmt: skip


@overload
def messages(
    paths: Input, *, progress: Progress | None = None, keys: None = None, warn: Warn | None = None
) -> Iterator[FramedMessage]: ...
@overload
def messages(
    paths: Input, *, progress: Progress | None = None, keys: "KeyRing | Paths", warn: Warn | None = None
) -> "Iterator[OpenedMessage]": ...
def messages(
    paths: Input,
    *,
    progress: Progress | None = None,
    keys: "KeyRing | Paths | None" = None,
    warn: Warn | None = None,
) -> "Iterator[FramedMessage] | Iterator[OpenedMessage]":
    """Yield every ISAKMP message of captures or Scapy packets, of any version, one datagram at a time.

    IKE fragments come as the fragments they are: putting them together takes a conversation. With keys
    each message comes with what they make of it, and after the last of some fragments the whole they make;
    files are read twice then, since what opens a message may come after it. Of standard input each message
    comes with what is known by then.
    `warn` is called at the end, once for everything that was not read: a file that ends early, frames of a
    link type that is not known, datagrams cut by a snaplen.
    """
    ring = ring_of(keys)
    captured = opened(paths, progress)
    items = captured if warn is None else _warning(captured, warn)
    if ring is None:
        return _framed(items)
    return _opened(paths, items, ring)


def _opened(given: Input, items: Iterable[Item], ring: "KeyRing") -> "Iterator[OpenedMessage]":
    """Yield messages as keys open them, knowing all of the capture where it can be read twice."""
    from ikepcap.opening import Opening

    later = Opening(opened(given, None), ring).in_the_end() if is_repeatable(given) else {}
    for place, found in enumerate(Opening(items, ring)):
        yield later.get(place, found)


def _warning(captured: Source, warn: Warn) -> Iterator[Item]:
    """Yield what was captured, and tell at the end what of it was not read."""
    yield from captured
    for finding in whole_findings(captured.facts, (), 0, (), (), 0, 0, 0):
        warn(finding.claim)


def _framed(captured: Iterable[Item]) -> Iterator[FramedMessage]:
    for item in captured:
        if isinstance(item, Datagram):
            message = parse(item.data, item.wire_bytes)
            if message is not None:
                yield FramedMessage(item, message)


def render(
    report: Report,
    format: Literal["text", "markdown", "json"] = "text",  # noqa: A002
    *,
    width: int = 80,
) -> str:
    """Return the report as text for people, as Markdown for a ticket, or as its JSON document."""
    from ikepcap.renderers import render as rendered

    return rendered(report, format, width=width)


def side(path: str | os.PathLike[str], conversation: Conversation, name: str, why: str) -> Side:
    """Return a conversation of a capture, its messages kept, with what they say in the clear: to be compared.

    Args:
        path: of the capture, which is read once more.
        conversation: of its report.
        name: of the capture, for people.
        why: this conversation of all that are there.
    """
    from ikepcap.renderers.said import content_of

    lines = conversation.messages if isinstance(conversation.messages, tuple) else ()
    wanted = {line.frame: line.sender == "initiator" for line in lines if not line.encrypted}
    cookie = bytes.fromhex(conversation.initiator_cookie)
    contents = {
        found.datagram.frame: content_of(found.message, from_initiator=wanted[found.datagram.frame])
        for found in messages(path)
        if found.datagram.frame in wanted and found.message.initiator_cookie == cookie
    }
    return Side(name, conversation, contents, why)


def packets(paths: Paths, *, progress: Progress | None = None) -> Iterator[Any]:
    """Yield every frame of the captures as a Scapy packet, with ISAKMP in `ikepcap.wire.layers`; lazy.

    Fragments of IP come as the fragments they are. Scapy's bindings are neither needed nor changed.
    """
    return scapy_packets(listed(paths), progress=progress)
