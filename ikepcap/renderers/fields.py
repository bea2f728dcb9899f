"""One message, field by field: what `ikepcap show` prints.

`fields` makes a tree of what the message holds, `render_message` lays it out as text. Offsets are decimal
and count from the ISAKMP header. Every level is bounded and so is the text: a datagram of 16,000 payloads
shows its first ones and says how many were left out.
"""

from typing import Final

from msgspec.structs import replace

from ikepcap.renderers.contents import Reading, content
from ikepcap.renderers.offers import generic_header, sa_fields
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
from ikepcap.renderers.values import HIDDEN, numbered
from ikepcap.wire.bodies import SecurityAssociation
from ikepcap.wire.codec import decode
from ikepcap.wire.config import secrets_adrift
from ikepcap.wire.context import (
    Context,
    declaration,
    exchange_word,
    is_authip,
    learn,
    payload_word,
)
from ikepcap.wire.message import (
    FLAG_AUTHENTICATION_ONLY,
    FLAG_COMMIT,
    FLAG_ENCRYPTION,
    HEADER_BYTES,
    KNOWN_FLAGS,
    NO_COOKIE,
    Message,
)
from ikepcap.wire.natd import Ends
from ikepcap.wire.numbers import Payload
from ikepcap.wire.walk import Span

__all__ = ["Field", "fields", "render_message"]

_FLAGS: Final = (
    (FLAG_ENCRYPTION, "encryption"),
    (FLAG_COMMIT, "commit"),
    (FLAG_AUTHENTICATION_ONLY, "authentication only"),
)
_AUTHIP_SEQUENCE_BYTES: Final = 4


def fields(
    message: Message,
    *,
    context: Context | None = None,
    ends: Ends | None = None,
    show_secrets: bool = False,
) -> tuple[Field, ...]:
    """Return the field tree of one message: its header, its payloads, and what follows them.

    Args:
        message: as parsed, or with the spans of its decrypted payloads.
        context: what this message and those before it told of the peers, which decides what some numbers
            mean; None for what this one tells.
        ends: between whom it went, to compare NAT-D with.
        show_secrets: show XAUTH passwords and their like.
    """
    known = learn(Context(), message, ends) if context is None else context
    adrift = None if show_secrets else secrets_adrift(message)
    hides_all = adrift == HEADER_BYTES
    reading = Reading(message, known, ends, show_secrets, hides_all)
    found: list[Placed] = placed(message.defects)
    spans = message.spans
    end = spans[-1].end if spans else HEADER_BYTES
    tree = [_header(message, reading.context)]
    tree += [_payload(reading, span, found) for span in spans[:MAX_CHILDREN]]
    if len(spans) > MAX_CHILDREN:
        tree.append(_payloads_left_out(spans[MAX_CHILDREN:], reading))
    tree += _rest(message, end, is_hidden=adrift is not None)
    found.sort(key=lambda one: one.at)
    return with_defects(tree, found)


def render_message(
    message: Message,
    *,
    width: int = 80,
    hex_dump: bool = False,
    heading: str = "",
    context: Context | None = None,
    ends: Ends | None = None,
    show_secrets: bool = False,
) -> str:
    """Return one message as text: offset, name and value of every field, defects where they are.

    Args:
        message: as for `fields`.
        width: columns to stay within; fewer than 40 are taken as 40.
        hex_dump: add the octets, in hex and as characters.
        heading: a line to begin with.
        context: as for `fields`.
        ends: as for `fields`.
        show_secrets: show XAUTH passwords and their like.
    """
    tree = fields(message, context=context, ends=ends, show_secrets=show_secrets)
    lines = [printable(heading, max(width, MIN_WIDTH))] if heading else []
    lines += lay_out(tree, width)
    if hex_dump:
        lines += ["", *hex_lines(message.data, tree, width)]
    return "\n".join(lines) + "\n"


def _header(message: Message, context: Context) -> Field:
    """Return the ISAKMP header (RFC 2408 §3.1)."""
    flags = [name for bit, name in _FLAGS if message.flags & bit]
    if unknown := message.flags & ~KNOWN_FLAGS:
        flags.append(f"reserved {unknown:#04x}")
    cookie = message.responder_cookie
    exchange = message.exchange
    following = payload_word(message.next_payload, exchange, context) if message.next_payload else "none"
    kind = exchange_word(exchange, context) if message.version >> 4 == 1 else str(exchange)
    rows = (
        ("initiator cookie", 0, 8, message.initiator_cookie.hex()),
        ("responder cookie", 8, 8, cookie.hex() + (" (none yet)" if cookie == NO_COOKIE else "")),
        ("next payload", 16, 1, numbered(following, message.next_payload)),
        ("version", 17, 1, f"{message.version >> 4}.{message.version & 15}"),
        ("exchange type", 18, 1, numbered(kind, exchange)),
        ("flags", 19, 1, f"{message.flags:#04x}" + (f" {', '.join(flags)}" if flags else "")),
        ("message ID", 20, 4, f"{message.message_id:08x}"),
        ("length", 24, 4, f"{message.length}"),
    )
    children = tuple(Field(*row) for row in rows)
    return Field("ISAKMP header", 0, HEADER_BYTES, f"{len(message.data)} octets captured", children)


def _payloads_left_out(spans: tuple[Span, ...], reading: Reading) -> Field:
    """Return the field for payloads beyond the bound; nobody has looked for passwords in them."""
    has_attributes = any(span.type == Payload.ATTRIBUTES for span in spans)
    is_hidden = reading.hides_all or (has_attributes and not reading.show_secrets)
    return left_out(len(spans), "payloads", spans[0].start, spans[-1].end, is_hidden=is_hidden)


def _rest(message: Message, end: int, *, is_hidden: bool) -> list[Field]:
    """Return what follows the payloads, which is everything where none can be read."""
    data = message.data
    if end >= len(data):
        return []
    if message.version >> 4 != 1:
        return [Field(f"body of version {message.version >> 4}, not read", end, len(data) - end, data[end:])]
    if not message.is_encrypted or message.spans:
        value = HIDDEN if is_hidden else data[end:]
        return [Field("octets after the payloads", end, len(data) - end, value, is_hidden=is_hidden)]
    found = _authip_crypto(data, end) if is_authip(message.exchange) else []
    end = found[-1].offset + found[-1].size if found else end
    return [*found, Field("encrypted", end, len(data) - end, data[end:])]


def _authip_crypto(data: bytes, at: int) -> list[Field]:
    """Return the crypto payload before AuthIP's ciphertext, if it looks like one (MS-AIPS §2.2.3.2.3)."""
    size = data[at + 2] << 8 | data[at + 3] if at + 4 <= len(data) else 0
    vector = at + 4 + _AUTHIP_SEQUENCE_BYTES
    if not vector - at <= size <= len(data) - at:
        return []
    sequence = int.from_bytes(data[at + 4 : vector])
    children = [
        generic_header(data, at),
        Field("sequence number", at + 4, _AUTHIP_SEQUENCE_BYTES, str(sequence)),
    ]
    if at + size > vector:
        children.append(Field("initialization vector", vector, at + size - vector, data[vector : at + size]))
    return [Field("CRYPTO", at, size, f"sequence number {sequence}", tuple(children))]


def _hidden(payload: Field) -> Field:
    """Return a payload of which only the place is shown: any of its octets may be a password's."""
    header = payload.children[0]
    at = header.offset + header.size
    data = Field("data", at, payload.size - header.size, HIDDEN, is_hidden=True)
    children = (header, data) if data.size else (header,)
    return replace(payload, value=HIDDEN, children=children, is_hidden=True)


def _payload(reading: Reading, span: Span, found: list[Placed]) -> Field:
    """Return one payload with its generic header and every field of its body; add defects to `found`."""
    message, context = reading.message, reading.context
    data, start, end, exchange = message.data, span.body, span.end, message.exchange
    following = payload_word(data[span.start], exchange, context) if data[span.start] else "none"
    children = [generic_header(data, span.start, following)]
    line = ""
    kind = declaration(span.type, exchange, context)
    body = None
    if kind is SecurityAssociation:
        line, listed = sa_fields(data, start, end, found, context)
        children += listed
    elif kind is not None:
        body, wrong = decode(kind, data, start, end)
        found += placed(wrong, end)
        if body is not None:
            said = content(body, start, end, reading)
            found += placed(said.defects, end)
            line, children = said.line, [*children, *said.fields]
    if body is None and kind is not SecurityAssociation and end > start:
        is_hidden = span.type == Payload.ATTRIBUTES and not reading.show_secrets
        value = HIDDEN if is_hidden else data[start:end]
        children.append(Field("data", start, end - start, value, is_hidden=is_hidden))
    name = payload_word(span.type, exchange, context)
    whole = Field(name, span.start, end - span.start, line, tuple(children))
    if not reading.hides_all:
        return whole
    # Of attributes the names stay, as in `content`; a dump shows nothing of either.
    return replace(whole, is_hidden=True) if span.type == Payload.ATTRIBUTES else _hidden(whole)
