"""What a payload says: its line, and its fields with their meaning.

`content` is one function per kind of payload; what has none of its own is shown as it is declared. Nothing
here decides what octets mean, which is `wire`'s business: it puts words to places.
"""

from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ikepcap.renderers import values
from ikepcap.renderers.certificates import certificate_field
from ikepcap.renderers.offers import lifetime_fields, with_ends
from ikepcap.renderers.tree import MAX_CHILDREN, Field, bounded
from ikepcap.renderers.words import count
from ikepcap.wire import bodies
from ikepcap.wire.codec import Body, Integer, places
from ikepcap.wire.config import Kind, config_part, kind_of
from ikepcap.wire.context import Context
from ikepcap.wire.details import CfgType
from ikepcap.wire.identities import identity_text, unicode_text
from ikepcap.wire.message import Message
from ikepcap.wire.names import distinguished_name
from ikepcap.wire.natd import HASH_NAMES, NAMES_BY_LENGTH, Ends, matching_end
from ikepcap.wire.notify_data import data_attributes, notify_text
from ikepcap.wire.numbers import KE_BYTES, Group, Hash, Protocol, notify_name, word
from ikepcap.wire.relatives import AuthipAuthMethod, AuthipGssFlag
from ikepcap.wire.vendor import lookup
from ikepcap.wire.vendor_parts import vendor_parts
from ikepcap.wire.walk import Attribute, Defect
from ikepcap.wire.windows_errors import windows_error

_LAST_FRAGMENT: Final = 0x01
_RELIABLE: Final = 0x01
_DELETE_FIXED_BYTES: Final = 8
_NO_NAME: Final = "(an empty name)"
"""A distinguished name without a part, which RFC 5280 §4.1.2.6 allows."""


class Reading(Struct, frozen=True):
    """The message that is read, and what is known besides."""

    message: Message
    context: Context
    ends: Ends | None
    """None where it is not known between whom it went."""
    show_secrets: bool
    hides_all: bool = False
    """Any octets may be a password's: lengths lie where passwords are."""


class Content(Struct, frozen=True):
    """A payload's line, and its fields in wire order."""

    line: str
    fields: tuple[Field, ...]
    defects: tuple[Defect, ...] = ()
    """What is wrong besides what decoding it told."""


@singledispatch
def content(body: Body, start: int, end: int, reading: Reading) -> Content:
    """Return what a decoded payload says.

    Args:
        body: as `decode` returned it.
        start: offset of the body in the message.
        end: its end.
        reading: the message it is of, and what is known of the peers.
    """
    del reading
    size = end - start
    fields = tuple(_plain(body, start, end))
    return Content(count(size, "octet") if [field.name for field in fields] == ["data"] else "", fields)


def _plain(body: Body, start: int, end: int) -> Iterator[Field]:
    """Yield the declared fields of a body: integers, but for reserved zeros, and octets that are there."""
    for place in places(body, start, end):
        name = values.label(place.name)
        if isinstance(place.value, int) and isinstance(place.word, Integer):
            if place.value or not place.word.is_reserved:
                yield Field(name, place.offset, place.size, values.named(place.word.names, place.value))
        elif isinstance(place.value, bytes) and place.value:
            yield Field(name, place.offset, place.size, place.value)


def _said(fields: Iterable[Field], **said: str | bytes | None) -> tuple[Field, ...]:
    """Return fields with better words for the values of some; None leaves one as it is."""
    better = {name.replace("_", " "): value for name, value in said.items() if value is not None}
    return tuple(
        replace(field, value=better[field.name]) if field.name in better else field for field in fields
    )


@content.register
def _(body: bodies.KeyExchange, start: int, end: int, reading: Reading) -> Content:
    size, chosen = end - start, reading.context.group
    fitting = [group for group, octets in KE_BYTES.items() if octets == size]
    groups = " or ".join(word(Group, group) for group in ([chosen] if chosen in fitting else fitting))
    return Content(
        f"{count(size, 'octet')}: {groups or 'of no group known'}", tuple(_plain(body, start, end))
    )


@content.register
def _(body: bodies.Identification, start: int, end: int, _reading: Reading) -> Content:
    said = identity_text(body.type, body.data)
    said = _NO_NAME if said == "" and body.data else said
    fields = _said(
        _plain(body, start, end),
        protocol=values.ip_protocol(body.protocol),
        port=values.port(body.port),
        data=said,
    )
    return Content(said or "", fields)


@content.register
def _(body: bodies.Certificate, start: int, end: int, _reading: Reading) -> Content:
    encoding, *_ = _plain(body, start, end)
    line, held = certificate_field(body.encoding, body.data, start + encoding.size)
    return Content(line, (encoding, held))


@content.register
def _(body: bodies.CertificateRequest, start: int, end: int, _reading: Reading) -> Content:
    said = distinguished_name(body.authority)
    said = _NO_NAME if said == "" else said
    line = said or ("" if body.authority else "any authority")
    return Content(line, _said(_plain(body, start, end), authority=said))


@content.register
def _(body: bodies.Hash, start: int, end: int, _reading: Reading) -> Content:
    name = NAMES_BY_LENGTH.get(end - start)
    hashes = [word(Hash, number) for number, known in HASH_NAMES.items() if known == name]
    line = ": ".join((count(end - start, "octet"), *hashes))
    return Content(line, tuple(_plain(body, start, end)))


@content.register
def _(body: bodies.Notification, start: int, end: int, reading: Reading) -> Content:
    fields = _said(_plain(body, start, end), data=notify_text(body.kind, body.data))
    held = data_attributes(body, reading.message.data, end)
    if held is None:
        return Content(notify_name(body.kind), fields)
    attributes, wrong = held
    lifetimes = replace(fields[-1], value="", children=lifetime_fields(attributes, body.protocol, end))
    return Content(notify_name(body.kind), (*fields[:-1], lifetimes), wrong)


@content.register
def _(body: bodies.Delete, start: int, end: int, _reading: Reading) -> Content:
    fields = [field for field in _plain(body, start, end) if field.name != "SPIs"]
    at, size = start + _DELETE_FIXED_BYTES, body.spi_size or len(body.spis) or 1
    offsets = range(0, len(body.spis), size)
    spis = bounded(offsets, lambda pos: _octets("SPI", at + pos, body.spis[pos : pos + size]), "SPIs")
    return Content(f"{count(body.spi_count, 'SPI')} of {word(Protocol, body.protocol)}", (*fields, *spis))


def _octets(name: str, at: int, data: bytes) -> Field:
    return Field(name, at, len(data), data)


@content.register
def _(body: bodies.VendorId, start: int, end: int, reading: Reading) -> Content:
    message = reading.message
    known = lookup(body.data, message.responder_cookie) or lookup(body.data, message.initiator_cookie)
    parts = vendor_parts(body.data, start)
    known_end = parts[0].start if parts else end
    octets = body.data[: known_end - start]
    fields = [Field("data", start, len(octets), octets)] if octets else []
    fields += map(values.part_field, parts)
    if known is None:
        return Content("not known", tuple(fields))
    return Content(f"{known.name}, {known.version}" if known.version else known.name, tuple(fields))


@content.register
def _(body: bodies.Configuration, start: int, end: int, reading: Reading) -> Content:
    fields = list(_plain(body, start, end))
    check_point = reading.context.check_point
    pairs = with_ends(body.attributes, end)

    def made(pair: tuple[Attribute, int]) -> Field:
        part = config_part(*pair, check_point=check_point)
        part = replace(part, is_secret=True) if reading.hides_all else part
        return values.part_field(part, show_secrets=reading.show_secrets)

    is_hidden = not reading.show_secrets and (
        reading.hides_all
        or any(kind_of(one, check_point=check_point) is Kind.SECRET for one in body.attributes[MAX_CHILDREN:])
    )
    fields += bounded(pairs, made, "attributes", is_hidden=is_hidden)
    line = f"{word(CfgType, body.type)}, {count(len(pairs), 'attribute')}"
    return Content(line, tuple(fields))


@content.register
def _(body: bodies.NatDiscovery, start: int, end: int, reading: Reading) -> Content:
    return Content(_nat_match(body.hash, start, reading), tuple(_plain(body, start, end)))


def _nat_match(body: bytes, start: int, reading: Reading) -> str:
    """Return whose address a NAT-D is the hash of; the first of a message should be the receiver's."""
    message, ends = reading.message, reading.ends
    if ends is None:
        return ""
    cookies = message.initiator_cookie + message.responder_cookie
    end = matching_end(body, cookies, ends, reading.context.hash)
    if end is None:
        kinds = {span.type for span in message.spans if span.body == start}
        is_first = next((span.body for span in message.spans if span.type in kinds), start) == start
        return f"no match with the {'destination' if is_first else 'source'}"
    return f"matches the {end}"


@content.register
def _(body: bodies.NatOriginalAddress, start: int, end: int, _reading: Reading) -> Content:
    said = identity_text(body.type, body.address)
    return Content(said or "", _said(_plain(body, start, end), address=said))


@content.register
def _(body: bodies.Fragment, start: int, end: int, _reading: Reading) -> Content:
    is_last = body.flags & _LAST_FRAGMENT
    flags = f"{body.flags:#04x}" + (" last" if is_last else "")
    line = f"{body.number}{', the last' if is_last else ''}, {count(len(body.data), 'octet')}"
    return Content(line, _said(_plain(body, start, end), flags=flags))


@content.register
def _(body: bodies.AuthipCrypto, start: int, end: int, _reading: Reading) -> Content:
    return Content(f"sequence number {body.sequence_number}", tuple(_plain(body, start, end)))


@content.register
def _(body: bodies.AuthipGssToken, start: int, end: int, _reading: Reading) -> Content:
    name = windows_error(body.status)
    fields = _said(
        _plain(body, start, end),
        status=values.numbered(name, body.status) if name else f"{body.status:#010x}",
        flags=values.flags(AuthipGssFlag, body.flags),
    )
    return Content(f"token of {count(len(body.token), 'octet')}", fields)


@content.register
def _(body: bodies.AuthipGssName, start: int, end: int, _reading: Reading) -> Content:
    said = unicode_text(body.principal_name)
    return Content(said or "", _said(_plain(body, start, end), principal_name=said))


@content.register
def _(body: bodies.AuthipAuth, start: int, end: int, _reading: Reading) -> Content:
    offsets = range(0, end - start, 4)
    found = bounded(offsets, lambda pos: _method(start + pos, body.methods[pos : pos + 4]), "methods")
    return Content(count(len(offsets), "method"), found)


def _method(at: int, octets: bytes) -> Field:
    if len(octets) < 4:
        return _octets("rest", at, octets)
    shown = values.named(AuthipAuthMethod, int.from_bytes(octets[:2]))
    return Field("method", at, 4, shown + (f", flags {octets[2:].hex()}" if any(octets[2:]) else ""))


@content.register
def _(body: bodies.AuthipNotification, start: int, end: int, _reading: Reading) -> Content:
    flags = f"{body.flags:#04x}" + (" reliable" if body.flags & _RELIABLE else "")
    said = _said(_plain(body, start, end), flags=flags, data=notify_text(body.kind, body.data))
    return Content(notify_name(body.kind), said)
