"""All messages of a capture, a line each: what `show` prints when no frame was asked for."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

from ikepcap.capture.datagram import Datagram
from ikepcap.renderers.page import Page, cells
from ikepcap.renderers.words import endpoint, repeated
from ikepcap.renderers.words import frames as frame_list
from ikepcap.wire.context import Context, exchange_word, payload_word
from ikepcap.wire.message import Message


def listing_lines(listed: Iterable[tuple[Datagram, Message, Context]], page: Page) -> Iterator[str]:
    """Yield a line per message; columns grow with what they have held so far, so nothing is read ahead.

    Where the page has no room for a line, it goes on below its time.

    Args:
        listed: each message, how it came, and what is known of its peers.
        page: where it is laid out.
    """
    widths = [5, 0, 0]
    for datagram, message, context in listed:
        columns = (str(datagram.frame), _ends(datagram), message.initiator_cookie.hex())
        widths = [max(width, len(column)) for width, column in zip(widths, columns, strict=True)]
        frame, ends, cookie = columns
        lead, time = f"{frame.rjust(widths[0])}  ", _clock(datagram.time_ns)
        what = f"{_exchange(message, context)} {_content(message, context)}".rstrip()
        wrong = page.clean("; ".join(_defects(message)))
        before = f"{lead}{time}  {ends.ljust(widths[1])}  {cookie}  "
        room = page.width - len(before) - (len(wrong) + 2 if wrong else 0)
        if cells(page.clean(what)) <= room:
            yield page.line(before, what, *((f"  {wrong}", "warn") for _ in wrong[:1]))
        else:
            yield from page.flow((time, ends, cookie, what), len(lead), (lead,))
            for line in page.wrap(wrong, max(page.width - len(lead), 10)):
                yield page.line(" " * len(lead), (line, "warn"))


def heading_lines(datagram: Datagram, page: Page, frames: tuple[int, ...] = ()) -> Iterator[str]:
    """Yield which message this is: its frame, its time and its ends; `frames` are those of IKE fragments."""
    where = f"frame {datagram.frame}"
    if frames:
        where = f"reassembled from IKE fragments in {frame_list(frames)}"
    elif datagram.fragment_frames:
        where += f" (IP fragments in {frame_list(datagram.fragment_frames)})"
    yield from page.flow((where, moment_of(datagram.time_ns), _ends(datagram)), 0)


def moment_of(time_ns: int) -> str:
    """Return a time as RFC 3339 has it, to the millisecond, cut, not rounded."""
    date = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d")
    return f"{date}T{_clock(time_ns)}Z"


def ends_of(datagram: Datagram) -> tuple[str, str]:
    """Return source and destination of a datagram."""
    return (
        endpoint(str(ip_address(datagram.source)), datagram.source_port),
        endpoint(str(ip_address(datagram.destination)), datagram.destination_port),
    )


def _ends(datagram: Datagram) -> str:
    """Return both ends of a datagram."""
    return " -> ".join(ends_of(datagram))


def _clock(time_ns: int) -> str:
    """Return the time of day in UTC to the millisecond, cut, not rounded."""
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours % 24:02}:{minute:02}:{second:02}.{rest_ns // 1_000_000:03}"


def _exchange(message: Message, context: Context) -> str:
    """Return the exchange, with its message ID where that tells it from others."""
    major = message.version >> 4
    name = exchange_word(message.exchange, context)
    if major != 1:
        return f"IKEv{major} exchange {message.exchange}"
    return f"{name} {message.message_id:08x}" if message.message_id else name


def _content(message: Message, context: Context) -> str:
    """Return the payloads, or that they cannot be seen."""
    exchange = message.exchange
    content = repeated(payload_word(kind, exchange, context) for kind in message.payload_types())
    if message.is_encrypted:
        return f"{content} (decrypted)" if content else "encrypted"
    return content


def _defects(message: Message) -> Iterator[str]:
    """Yield what is wrong with the bytes, each with its offset."""
    for defect in message.defects:
        yield f"{defect.fault} at {defect.offset}"
