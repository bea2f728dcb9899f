"""One message, field by field: what `ikepcap show` prints.

`fields` makes a tree of what the message holds, `render_message` lays it out as text. Offsets are decimal
and count from the ISAKMP header. Every level is bounded and so is the text: a datagram of 16,000 payloads
shows its first ones and says how many were left out.
"""

from typing import Final

import msgspec

from ikepcap.renderers import values
from ikepcap.renderers.offers import attribute_list, generic_header, lifetime_fields, sa_fields
from ikepcap.renderers.text import printable
from ikepcap.renderers.tree import (
    MAX_CHILDREN,
    MIN_WIDTH,
    Field,
    Placed,
    hex_lines,
    lay_out,
    left_out,
    placed,
    with_defects,
)
from ikepcap.wire import bodies
from ikepcap.wire.codec import Body, Integer, Place, decode, places
from ikepcap.wire.details import CfgAttribute
from ikepcap.wire.message import (
    FLAG_AUTHENTICATION_ONLY,
    FLAG_COMMIT,
    FLAG_ENCRYPTION,
    HEADER_BYTES,
    NO_COOKIE,
    Message,
)
from ikepcap.wire.numbers import NotifyType, Payload, exchange_name, notify_name, payload_name
from ikepcap.wire.vendor import lookup
from ikepcap.wire.walk import Span, walk_attributes

__all__ = ["Field", "fields", "render_message"]

_FLAGS: Final = (
    (FLAG_ENCRYPTION, "encryption"),
    (FLAG_COMMIT, "commit"),
    (FLAG_AUTHENTICATION_ONLY, "authentication only"),
)


def fields(message: Message, *, show_secrets: bool = False) -> tuple[Field, ...]:
    """Return the field tree of one message: its header, its payloads, and what follows them.

    Args:
        message: as parsed, or with the spans of its decrypted payloads.
        show_secrets: show XAUTH passwords and their like.
    """
    found: list[Placed] = placed(message.defects)
    spans, data = message.spans, message.data
    tree = [_header(message)]
    tree += [_payload(message, span, found, show_secrets=show_secrets) for span in spans[:MAX_CHILDREN]]
    if len(spans) > MAX_CHILDREN:
        tree.append(_payloads_left_out(spans[MAX_CHILDREN:], show_secrets=show_secrets))
    end = spans[-1].end if spans else HEADER_BYTES
    if end < len(data):
        tree.append(Field(_rest_name(message), end, len(data) - end, values.octets(data[end:])))
    found.sort(key=lambda one: one.at)
    return with_defects(tree, found)


def render_message(
    message: Message,
    *,
    width: int = 80,
    hex_dump: bool = False,
    heading: str = "",
    show_secrets: bool = False,
) -> str:
    """Return one message as text: offset, name and value of every field, defects where they are.

    Args:
        message: as for `fields`.
        width: columns to stay within; fewer than 40 are taken as 40.
        hex_dump: add the octets, in hex and as characters.
        heading: a line to begin with.
        show_secrets: show XAUTH passwords and their like.
    """
    tree = fields(message, show_secrets=show_secrets)
    lines = [printable(heading, max(width, MIN_WIDTH))] if heading else []
    lines += lay_out(tree, width)
    if hex_dump:
        lines += ["", *hex_lines(message.data, tree, width)]
    return "\n".join(lines) + "\n"


def _header(message: Message) -> Field:
    """Return the ISAKMP header (RFC 2408 §3.1)."""
    flags = [name for bit, name in _FLAGS if message.flags & bit]
    cookie = message.responder_cookie
    rows = (
        ("initiator cookie", 0, 8, message.initiator_cookie.hex()),
        ("responder cookie", 8, 8, cookie.hex() + (" (none yet)" if cookie == NO_COOKIE else "")),
        ("next payload", 16, 1, _numbered(payload_name(message.next_payload), message.next_payload)),
        ("version", 17, 1, f"{message.version >> 4}.{message.version & 15}"),
        ("exchange type", 18, 1, _numbered(exchange_name(message.exchange), message.exchange)),
        ("flags", 19, 1, f"{message.flags:#04x}" + (f" {', '.join(flags)}" if flags else "")),
        ("message ID", 20, 4, f"{message.message_id:08x}"),
        ("length", 24, 4, f"{message.length}"),
    )
    children = tuple(Field(*row) for row in rows)
    return Field("ISAKMP header", 0, HEADER_BYTES, f"{len(message.data)} octets captured", children)


def _payloads_left_out(spans: tuple[Span, ...], *, show_secrets: bool) -> Field:
    """Return the field for payloads beyond the bound; nobody has looked for passwords in them."""
    is_hidden = not show_secrets and any(span.type == Payload.ATTRIBUTES for span in spans)
    return left_out(len(spans), "payloads", spans[0].start, spans[-1].end, is_hidden=is_hidden)


def _rest_name(message: Message) -> str:
    if message.version >> 4 != 1:
        return f"body of version {message.version >> 4}, not read"
    return "encrypted" if message.is_encrypted and not message.spans else "octets after the payloads"


def _numbered(name: str, number: int) -> str:
    return name if name == str(number) else f"{name} ({number})"


def _payload(message: Message, span: Span, found: list[Placed], *, show_secrets: bool) -> Field:
    """Return one payload with its generic header and every field of its body."""
    data, start, end = message.data, span.body, span.end
    children = [generic_header(data, span.start)]
    value = ""
    kind = bodies.BODIES.get(span.type)
    if span.type == Payload.SA:
        children += sa_fields(data, start, end, found)
    elif kind is None:
        children.append(Field("data", start, end - start, values.octets(data[start:end])))
    else:
        body, wrong = decode(kind, data, start, end)
        found += placed(wrong, end)
        if body is None:
            children.append(Field("data", start, end - start, values.octets(data[start:end])))
        else:
            children += _body(body, start, end, show_secrets=show_secrets)
            value = _summary(body, message)
    return Field(payload_name(span.type), span.start, end - span.start, value, tuple(children))


def _body(body: Body, start: int, end: int, *, show_secrets: bool) -> list[Field]:
    """Return the fields of a decoded body."""
    children: list[Field] = []
    for place in places(body, start, end):
        if isinstance(body, bodies.Configuration) and place.name == "attributes":
            children += attribute_list(body.attributes, end, CfgAttribute, show_secrets=show_secrets)
        elif place.size or isinstance(place.word, Integer):
            name = values.label(place.name)
            children.append(Field(name, place.offset, place.size, _value(body, place)))
    if isinstance(body, bodies.Notification) and body.kind == NotifyType.RESPONDER_LIFETIME and body.data:
        at = children[-1].offset
        attributes, _ = walk_attributes(body.data, 0, len(body.data))
        moved = tuple(
            msgspec.structs.replace(attribute, start=attribute.start + at) for attribute in attributes
        )
        children[-1] = msgspec.structs.replace(children[-1], children=lifetime_fields(moved, end))
    return children


def _summary(body: Body, message: Message) -> str:
    """Return what a payload's own line says of it."""
    match body:
        case bodies.Notification():
            return notify_name(body.kind)
        case bodies.Identification():
            return values.identity(body.type, body.data)
        case bodies.VendorId():
            known = lookup(body.data, message.responder_cookie) or lookup(body.data, message.initiator_cookie)
            if known is None:
                return "not known"
            return f"{known.name}, {known.version}" if known.version else known.name
        case _:
            return ""


def _value(body: Body, place: Place) -> str:
    """Return one declared field's value as text."""
    match body, place.name:
        case (bodies.Identification() as identification, "data"):
            return values.identity(identification.type, identification.data)
        case (bodies.Identification() as identification, "protocol"):
            return values.ip_protocol(identification.protocol)
        case (bodies.CertificateRequest() as request, "authority"):
            return values.dn(request.authority)
        case (bodies.NatOriginalAddress() as original, "address"):
            return values.identity(original.type, original.address)
        case (bodies.Notification() as notification, "data"):
            return values.notify_data(notification.kind, notification.data)
        case (bodies.Delete() as delete, "spis"):
            return values.spis(delete.spis, delete.spi_size)
    if isinstance(place.value, int):
        return values.named(place.word.names if isinstance(place.word, Integer) else None, place.value)
    if isinstance(place.value, bytes):
        return values.octets(place.value)
    return f"{len(place.value)} of a proposal that is not here"
