"""Messages shown in full, one after the other: as text, or as one JSON document of their field trees.

The document is a list with an object per message, in the order of the frames:

    frame             number of the frame that completed it
    time              RFC 3339, UTC
    source            address:port; likewise destination
    captured_bytes    octets of the ISAKMP message that are there
    wire_bytes        octets that were on the wire
    fragment_frames   all frames with an IP fragment of it; left out when it came whole
    reassembled_from  all frames with an IKE fragment of it; left out when it is as captured
    decrypted         true, or false where given keys did not open it; left out where there was none to try
    how               the key and the IV that opened it, or why none did; left out likewise
    checks            what keys verified of it; left out where that is nothing
    fields            the tree

and an object per field:

    name, offset, size   what, and where, in octets from the ISAKMP header
    value                text as captured, or octets in hex; left out where the fields inside say it all
    hidden               true where a secret was left out
    defects              what is wrong there, as in the text
    fields               what is inside; left out where nothing is
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from ikepcap.capture.datagram import Datagram
from ikepcap.renderers.listing import ends_of, heading_lines, moment_of
from ikepcap.renderers.page import Page
from ikepcap.renderers.tree import Field, hex_lines, lay_out
from ikepcap.wire.message import Message


class Keyed(Struct, frozen=True):
    """What given keys made of a message."""

    decrypted: bool | None = None
    """None where there was no key to try."""
    how: str = ""
    """With which key and IV, or why not."""
    checks: tuple[str, ...] = ()


def message_lines(
    datagram: Datagram,
    message: Message,
    tree: Sequence[Field],
    page: Page,
    *,
    frames: tuple[int, ...] = (),
    keyed: Keyed | None = None,
    hex_dump: bool = False,
) -> Iterator[str]:
    """Yield one message as lines, the first of which says which it is.

    Args:
        datagram: it came in, or the one with the last of its fragments.
        message: as parsed.
        tree: its fields.
        page: how to print.
        frames: of the IKE fragments it was put together from.
        keyed: what keys made of it.
        hex_dump: add the octets.
    """
    yield from heading_lines(datagram, page, frames)
    yield from keyed_lines(keyed or Keyed(), page)
    for line in lay_out(tree, page.width):
        yield page.line(line)
    if hex_dump:
        yield ""
        yield from hex_lines(message.data, tree, page.width)


def keyed_lines(keyed: Keyed, page: Page) -> Iterator[str]:
    """Yield how a message was opened, or why not, and what was verified."""
    if keyed.decrypted is not None:
        yield from page.prose(f"{'decrypted with' if keyed.decrypted else 'not decrypted:'} {keyed.how}", 0)
    for check in keyed.checks:
        yield from page.prose(check, 0)


def message_document(
    shown: Iterable[tuple[Datagram, Message, Sequence[Field], tuple[int, ...], Keyed]],
) -> Iterator[bytes]:
    """Yield the pieces of the JSON document, a message a line; all of it is printable ASCII."""
    between = b"[\n"
    for datagram, message, tree, frames, keyed in shown:
        source, destination = ends_of(datagram)
        value: dict[str, Any] = {  # JSON by name
            "frame": datagram.frame,
            "time": moment_of(datagram.time_ns),
            "source": source,
            "destination": destination,
            "captured_bytes": len(message.data),
            "wire_bytes": len(message.data) if frames else datagram.wire_bytes,
        }
        if datagram.fragment_frames:
            value["fragment_frames"] = datagram.fragment_frames
        if frames:
            value["reassembled_from"] = frames
        if keyed.decrypted is not None:
            value |= {"decrypted": keyed.decrypted, "how": keyed.how}
        if keyed.checks:
            value["checks"] = keyed.checks
        value["fields"] = [_plain(field) for field in tree]
        yield between + json.dumps(value).encode()
        between = b",\n"
    yield b"[]\n" if between == b"[\n" else b"\n]\n"


def _plain(field: Field) -> dict[str, Any]:  # JSON by name
    plain: dict[str, Any] = {"name": field.name, "offset": field.offset, "size": field.size}
    if field.is_hidden:
        plain["hidden"] = True
    elif field.value:
        plain["value"] = field.value.hex() if isinstance(field.value, bytes) else field.value
    if field.defects:
        plain["defects"] = field.defects
    if field.children:
        plain["fields"] = [_plain(child) for child in field.children]
    return plain
