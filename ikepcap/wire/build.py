"""ISAKMP messages byte by byte: what `walk`, `message` and `codec` read, this writes.

Chains are built here and nowhere else, as they are followed in `walk` and nowhere else. A payload is a
`Part`: its type and its body; `chain` gives each part the generic header that announces the next one.

    first = message([sa([proposal([transform(AES, number=1)])]), vendor_id(DPD)], initiator_cookie=cookie)

Nothing is checked against the protocol, since a test wants broken messages too: `length`, `count` and
`raw` say something else than what is there.
"""

import hashlib
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from ikepcap.wire.bodies import (
    Certificate,
    CertificateRequest,
    Configuration,
    Delete,
    Fragment,
    Identification,
    Notification,
    Proposal,
    SecurityAssociation,
    Transform,
)
from ikepcap.wire.codec import Attributes, Body, Integer, declared
from ikepcap.wire.details import IdType
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER, HEADER_BYTES, NO_COOKIE, VERSION_1
from ikepcap.wire.numbers import Doi, Exchange, Payload, Protocol, Situation
from ikepcap.wire.walk import GENERIC_HEADER_BYTES, Attribute

LAST_FRAGMENT: Final = 1
KEY_IKE: Final = 1
"""The only transform ID of phase 1 (RFC 2407 §4.4.2)."""


class Part(Struct, frozen=True):
    """One payload to be: its type, and its body without the generic header."""

    type: int
    body: bytes


def message(
    parts: Sequence[Part],
    *,
    initiator_cookie: bytes,
    responder_cookie: bytes = NO_COOKIE,
    exchange: int = Exchange.MAIN,
    message_id: int = 0,
    flags: int = 0,
    version: int = VERSION_1,
    length: int | None = None,
) -> bytes:
    """Return a message in the clear; `length` is what the header claims where that is to be wrong."""
    body = chain(parts)
    size = HEADER_BYTES + len(body) if length is None else length
    first = parts[0].type if parts else Payload.NONE
    fixed = (initiator_cookie, responder_cookie, first, version, exchange, flags, message_id, size)
    return HEADER.pack(*fixed) + body


def encrypted(
    ciphertext: bytes,
    *,
    initiator_cookie: bytes,
    responder_cookie: bytes,
    exchange: int,
    message_id: int = 0,
    first: int = Payload.HASH,
    flags: int = FLAG_ENCRYPTION,
) -> bytes:
    """Return a message whose payloads are ciphertext already; `first` is the type that leads them."""
    size = HEADER_BYTES + len(ciphertext)
    fixed = (initiator_cookie, responder_cookie, first, VERSION_1, exchange, flags, message_id, size)
    return HEADER.pack(*fixed) + ciphertext


def chain(parts: Iterable[Part]) -> bytes:
    """Return parts as payloads, each with the generic header that announces the next (RFC 2408 §3.2)."""
    listed = list(parts)
    return b"".join(
        bytes((after, 0)) + (GENERIC_HEADER_BYTES + len(part.body)).to_bytes(2) + part.body
        for part, after in zip(listed, announced([part.type for part in listed]), strict=True)
    )


def announced(types: Sequence[int]) -> list[int]:
    """Return what each payload of a chain of these types announces as its next one."""
    return [*types[1:], Payload.NONE] if types else []


def encode(body: Body) -> bytes:
    """Return the octets of a declared body; the inverse of `codec.decode`."""
    found: list[bytes] = []
    for field in declared(type(body)):
        value = getattr(body, field.name)
        if isinstance(field.word, Integer):
            found.append(value.to_bytes(field.word.size))
        elif isinstance(field.word, Attributes):
            found.append(attributes(value))
        else:
            found.append(value)
    return b"".join(found)


def raw(kind: int, body: bytes) -> Part:
    """Return a payload of any type from its octets."""
    return Part(kind, body)


def tv(kind: int, value: int) -> Attribute:
    """Return an attribute whose two-octet value stands in place of a length (RFC 2408 §3.3)."""
    return Attribute(kind, False, value.to_bytes(2), 0)


def tlv(kind: int, value: bytes | int, size: int = 4) -> Attribute:
    """Return an attribute with a length of its own; a number takes `size` octets."""
    return Attribute(kind, True, value.to_bytes(size) if isinstance(value, int) else value, 0)


def attributes(found: Iterable[Attribute]) -> bytes:
    """Return attributes in the form each of them has, TV or TLV."""
    return b"".join(
        one.type.to_bytes(2) + len(one.value).to_bytes(2) + one.value
        if one.is_tlv
        else (0x8000 | one.type).to_bytes(2) + one.value
        for one in found
    )


def transform(found: Iterable[Attribute], *, number: int = 1, transform_id: int = KEY_IKE) -> Part:
    """Return a transform (RFC 2408 §3.6)."""
    return Part(Payload.TRANSFORM, encode(Transform(number, transform_id, 0, tuple(found))))


def proposal(
    transforms: Sequence[Part],
    *,
    number: int = 1,
    protocol: int = Protocol.ISAKMP,
    spi: bytes = b"",
    count: int | None = None,
) -> Part:
    """Return a proposal (RFC 2408 §3.5); `count` is what it claims where that is to be wrong."""
    claimed = len(transforms) if count is None else count
    body = Proposal(number, protocol, len(spi), claimed, spi, chain(transforms))
    return Part(Payload.PROPOSAL, encode(body))


def sa(proposals: Iterable[Part], *, doi: int = Doi.IPSEC, situation: int = Situation.IDENTITY_ONLY) -> Part:
    """Return a security association payload (RFC 2408 §3.4)."""
    return Part(Payload.SA, encode(SecurityAssociation(doi, situation, chain(proposals))))


def ke(public_value: bytes) -> Part:
    """Return a key exchange payload; leading zeros belong to the value."""
    return Part(Payload.KE, public_value)


def nonce(data: bytes) -> Part:
    """Return a nonce payload."""
    return Part(Payload.NONCE, data)


def identity(data: bytes, *, kind: int = IdType.FQDN, protocol: int = 0, port: int = 0) -> Part:
    """Return an identification payload (RFC 2407 §4.6.2)."""
    return Part(Payload.ID, encode(Identification(kind, protocol, port, data)))


def address_identity(address: str, *, protocol: int = 17, port: int = 500) -> Part:
    """Return an identification payload that holds an address."""
    packed = ip_address(address).packed
    kind = IdType.IPV4_ADDR if len(packed) == 4 else IdType.IPV6_ADDR
    return identity(packed, kind=kind, protocol=protocol, port=port)


def hash_payload(data: bytes) -> Part:
    """Return a hash payload."""
    return Part(Payload.HASH, data)


def signature(data: bytes) -> Part:
    """Return a signature payload."""
    return Part(Payload.SIG, data)


def certificate(data: bytes, *, encoding: int = 4) -> Part:
    """Return a certificate payload, X.509 for signatures unless said otherwise (RFC 2408 §3.9)."""
    return Part(Payload.CERT, encode(Certificate(encoding, data)))


def certificate_request(authority: bytes = b"", *, encoding: int = 4) -> Part:
    """Return a certificate request payload; no authority means any."""
    return Part(Payload.CR, encode(CertificateRequest(encoding, authority)))


def notify(
    kind: int,
    *,
    spi: bytes = b"",
    data: bytes = b"",
    protocol: int = Protocol.ISAKMP,
    doi: int = Doi.IPSEC,
) -> Part:
    """Return a notification payload (RFC 2408 §3.14)."""
    return Part(Payload.NOTIFICATION, encode(Notification(doi, protocol, len(spi), kind, spi, data)))


def delete(spis: Sequence[bytes], *, protocol: int = Protocol.ISAKMP, doi: int = Doi.IPSEC) -> Part:
    """Return a delete payload for SPIs that all have the same size (RFC 2408 §3.15)."""
    size = len(spis[0]) if spis else 0
    return Part(Payload.DELETE, encode(Delete(doi, protocol, size, len(spis), b"".join(spis))))


def vendor_id(data: bytes) -> Part:
    """Return a vendor id payload."""
    return Part(Payload.VENDOR_ID, data)


def configuration(kind: int, found: Iterable[Attribute], *, identifier: int = 0) -> Part:
    """Return an attribute payload of mode-config or XAUTH."""
    return Part(Payload.ATTRIBUTES, encode(Configuration(kind, 0, identifier, tuple(found))))


def nat_d(hash_name: str, cookies: bytes, address: str, port: int, *, kind: int = Payload.NAT_D) -> Part:
    """Return a NAT-D payload: HASH(CKY-I | CKY-R | IP | port) (RFC 3947 §3.2).

    Args:
        hash_name: the negotiated hash, as hashlib calls it.
        cookies: both cookies, 16 octets.
        address: the end it speaks of, as the sender knows it.
        port: that end's port.
        kind: 20, or 130 for the drafts.
    """
    data = cookies + ip_address(address).packed + port.to_bytes(2)
    return Part(kind, hashlib.new(hash_name, data, usedforsecurity=False).digest())


def fragment(data: bytes, *, number: int, is_last: bool, fragment_id: int = 1) -> Part:
    """Return one IKE fragment payload; numbers begin at 1."""
    flags = LAST_FRAGMENT if is_last else 0
    return Part(Payload.FRAGMENT, encode(Fragment(fragment_id, number, flags, data)))


def fragments(whole: bytes, size: int, *, fragment_id: int = 1) -> list[bytes]:
    """Cut a message into messages that carry at most `size` octets of it each.

    The pieces have the exchange type of the whole, message ID 0 and no encryption flag, as strongSwan sends
    them.
    """
    icookie, rcookie, _, _, exchange, *_ = HEADER.unpack_from(whole)
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    return [
        message(
            [fragment(piece, number=number, is_last=number == len(pieces), fragment_id=fragment_id)],
            initiator_cookie=icookie,
            responder_cookie=rcookie,
            exchange=exchange,
        )
        for number, piece in enumerate(pieces, 1)
    ]
