"""What an encrypted message says, where a key opened it, as far as anything is concluded from it."""

from typing import Final

from ikepcap.track.clear import MAX_LISTED, read_notice
from ikepcap.track.conversation import Deleted, Inside, Lifespan, Settings
from ikepcap.wire.bodies import Configuration, Delete
from ikepcap.wire.certificates import chain, read_validity
from ikepcap.wire.codec import decode
from ikepcap.wire.config import Kind, kind_of
from ikepcap.wire.details import CertEncoding, CfgAttribute
from ikepcap.wire.identities import address
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Payload
from ikepcap.wire.offer import read_offer

_INNER: Final = frozenset((CfgAttribute.INTERNAL_IP4_ADDRESS, CfgAttribute.INTERNAL_IP6_ADDRESS))
_IP6_BYTES: Final = 16


def inside(message: Message) -> Inside:
    """Return what a message says; it comes with its payloads here."""
    ke, offers = message.bodies(Payload.KE), message.bodies(Payload.SA)
    deleted = [_deleted(body) for body in message.bodies(Payload.DELETE)[:MAX_LISTED]]
    settings = message.bodies(Payload.ATTRIBUTES)
    certificates = message.bodies(Payload.CERT)
    return Inside(
        tuple([read_notice(body) for body in message.bodies(Payload.NOTIFICATION)[:MAX_LISTED]]),
        Payload.DELETE in message.payload_types(),
        len(ke[-1]) if ke else 0,
        message.bodies(Payload.ID)[:MAX_LISTED],
        read_offer(offers[0]) if offers else None,
        tuple([one for one in deleted if one is not None]),
        _settings(settings[0]) if settings else None,
        _lifespan(certificates[0]) if certificates else None,
    )


def _deleted(body: bytes) -> Deleted | None:
    delete, _ = decode(Delete, body, 0, len(body))
    if delete is None or not delete.spi_size:
        return None
    ends = range(0, len(delete.spis), delete.spi_size)
    return Deleted(
        delete.protocol, tuple([delete.spis[at : at + delete.spi_size] for at in ends][:MAX_LISTED])
    )


def _settings(body: bytes) -> Settings | None:
    """Return the attributes of mode-config or XAUTH; of their values what decides how it goes on."""
    told, _ = decode(Configuration, body, 0, len(body))
    if told is None:
        return None
    status, addresses = None, []
    for attribute in told.attributes[:MAX_LISTED]:
        if kind_of(attribute, check_point=False) is Kind.XAUTH_STATUS:
            status = int.from_bytes(attribute.value)
        elif attribute.type in _INNER and any(attribute.value):
            text = address(attribute.value[:_IP6_BYTES])
            addresses += [] if text is None else [text]
    types = tuple(attribute.type for attribute in told.attributes[:MAX_LISTED])
    return Settings(told.type, types, status, tuple(addresses))


def _lifespan(body: bytes) -> Lifespan | None:
    """Return how long the certificate of a CERT payload is valid."""
    der = body[1:]
    if body[:1] == bytes((CertEncoding.PKCS7,)):
        places = chain(der)
        der = der[places[0].start : places[0].start + places[0].size] if places else b""
    elif body[:1] != bytes((CertEncoding.X509_SIGNATURE,)):
        return None
    begins, ends = read_validity(der)
    return None if begins is None or ends is None else Lifespan(begins, ends)
