"""How tshark calls what `wire.bodies` declares, as a table, and its fields read through that table.

tshark uses some names in several payloads (`isakmp.spi` in three): the payload that holds the field decides.
What it shows and the table does not name (bits of a byte, names of numbers, the inside of certificates) says
nothing that the fields of the table do not say.
"""

from collections.abc import Iterator
from typing import Final

from ikepcap.oracle.nest import Nest, Part
from ikepcap.oracle.reading import PAYLOAD, Reading, Side, policy_reading
from ikepcap.oracle.tshark import Field
from ikepcap.wire.bodies import BODIES
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER_BYTES
from ikepcap.wire.numbers import LifeType

HEADER: Final[dict[str, str]] = {
    "isakmp.ispi": "Header.initiator_cookie",
    "isakmp.rspi": "Header.responder_cookie",
    "isakmp.nextpayload": "Header.next_payload",
    "isakmp.version": "Header.version",
    "isakmp.exchangetype": "Header.exchange",
    "isakmp.flags": "Header.flags",
    "isakmp.messageid": "Header.message_id",
    "isakmp.length": "Header.length",
}
"""Fields of the header."""

CIPHERTEXT: Final = "isakmp.enc.data"
"""In IKEv1 all that follows the header."""

BODY: Final[dict[str, tuple[str, ...]]] = {
    "isakmp.nextpayload": ("Payload.next",),
    "isakmp.payloadlength": ("Payload.length",),
    "isakmp.sa.doi": ("SecurityAssociation.doi",),
    "isakmp.sa.situation": ("SecurityAssociation.situation",),
    "isakmp.prop.number": ("Proposal.number",),
    "isakmp.prop.protoid": ("Proposal.protocol",),
    "isakmp.prop.transforms": ("Proposal.transform_count",),
    "isakmp.spisize": ("Proposal.spi_size", "Notification.spi_size", "Delete.spi_size"),
    "isakmp.spi": ("Proposal.spi", "Notification.spi"),
    "isakmp.trans.number": ("Transform.number",),
    "isakmp.trans.id": ("Transform.transform_id",),
    "isakmp.key_exchange.data": ("KeyExchange.public_value",),
    "isakmp.id.type": ("Identification.type", "NatOriginalAddress.type"),
    "isakmp.id.protoid": ("Identification.protocol",),
    "isakmp.id.port": ("Identification.port",),
    "isakmp.id.data": ("Identification.data",),
    "isakmp.cert.encoding": ("Certificate.encoding",),
    "isakmp.cert.data": ("Certificate.data",),
    "isakmp.certreq.type": ("CertificateRequest.encoding",),
    "isakmp.ike.certreq.authority": ("CertificateRequest.authority",),
    "isakmp.ike.certreq.authority.sig": ("CertificateRequest.authority",),
    "isakmp.hash": ("Hash.data",),
    "isakmp.sig": ("Signature.data",),
    "isakmp.nonce": ("Nonce.data",),
    "isakmp.notify.doi": ("Notification.doi",),
    "isakmp.notify.protoid": ("Notification.protocol",),
    "isakmp.notify.msgtype": ("Notification.kind",),
    "isakmp.notify.data": ("Notification.data",),
    "isakmp.delete.doi": ("Delete.doi",),
    "isakmp.delete.protoid": ("Delete.protocol",),
    "isakmp.spinum": ("Delete.spi_count",),
    "isakmp.delete.spi": ("Delete.spis",),
    "isakmp.vid_bytes": ("VendorId.data",),
    "isakmp.cfg.type": ("Configuration.type",),
    "isakmp.cfg.identifier": ("Configuration.identifier",),
    "isakmp.ike.nat_hash": ("NatDiscovery.hash",),
    "isakmp.ike.nat_original_address_ipv4": ("NatOriginalAddress.address",),
    "isakmp.ike.nat_original_address_ipv6": ("NatOriginalAddress.address",),
    "isakmp.frag.packetid": ("Fragment.fragment_id",),
    "isakmp.frag.seq": ("Fragment.number",),
    "isakmp.frag.last": ("Fragment.flags",),
    "isakmp.ike.attr.type": ("Attribute.type",),
    "isakmp.ike.attr.length": ("Attribute.length",),
    "isakmp.ike.attr.value": ("Attribute.value",),
    "isakmp.ipsec.attr.type": ("Attribute.type",),
    "isakmp.ipsec.attr.length": ("Attribute.length",),
    "isakmp.ipsec.attr.value": ("Attribute.value",),
    "isakmp.cfg.attr.type": ("Attribute.type",),
    "isakmp.cfg.attr.length": ("Attribute.length",),
    "isakmp.cfg.attr.value": ("Attribute.value",),
}
"""Fields of payloads; of several meanings the one of the payload that holds the field counts."""

POLICY: Final[dict[str, str]] = {
    "isakmp.ike.attr.encryption_algorithm": "encryption",
    "isakmp.ike.attr.key_length": "key_bits",
    "isakmp.ike.attr.hash_algorithm": "hash",
    "isakmp.ike.attr.group_description": "group",
    "isakmp.ike.attr.authentication_method": "auth",
    "isakmp.ipsec.attr.key_length": "key_bits",
    "isakmp.ipsec.attr.group_description": "group",
    "isakmp.ipsec.attr.auth_algorithm": "auth_algorithm",
    "isakmp.ipsec.attr.encap_mode": "encapsulation",
}
"""Attributes as tshark understands them, and what `wire.offer` makes of them."""

LIFE_TYPES: Final = ("isakmp.ike.attr.life_type", "isakmp.ipsec.attr.life_type")
LIFE_DURATIONS: Final = tuple(
    f"isakmp.{side}.attr.life_duration{width}" for side in ("ike", "ipsec") for width in ("", "64", "_bytes")
)
_LIFETIMES: Final[dict[int, str]] = {LifeType.SECONDS: "lifetime_s", LifeType.KILOBYTES: "lifetime_kb"}

PART: Final = "isakmp.typepayload"
FRAGMENT: Final = "isakmp.fragment"

NAMES: Final = frozenset((*HEADER, CIPHERTEXT, *BODY, *POLICY, *LIFE_TYPES, *LIFE_DURATIONS, PART, FRAGMENT))
"""All that is asked of tshark; one that it does not know makes it unfit as a witness."""

NOT_SHOWN: Final[dict[str, str]] = {
    "SecurityAssociation.proposals": "compared proposal by proposal",
    "Proposal.transforms": "compared transform by transform",
    "Transform.reserved": "tshark has one name for all reserved octets",
    "Transform.attributes": "compared attribute by attribute",
    "Configuration.reserved": "tshark has one name for all reserved octets",
    "Configuration.attributes": "compared attribute by attribute",
    "NatOriginalAddress.reserved_1": "tshark has one name for all reserved octets",
    "NatOriginalAddress.reserved_2": "tshark has one name for all reserved octets",
    "Fragment.data": "compared as the message put together",
}
"""Declared fields that are not compared by themselves, and why."""

COMPARED: Final = frozenset(
    (
        PAYLOAD,
        *HEADER.values(),
        "Message.ciphertext",
        *(field for fields in BODY.values() for field in fields),
        *(f"Policy.{name}" for name in (*POLICY.values(), *_LIFETIMES.values())),
    )
)


_ONCE: Final = {**dict.fromkeys(HEADER, 1), "isakmp.nextpayload": 2, CIPHERTEXT: 0}
_OF_A_FRAGMENT: Final = (
    PART,
    "isakmp.payloadlength",
    FRAGMENT,
    "isakmp.frag.packetid",
    "isakmp.frag.seq",
    "isakmp.frag.last",
)
"""What a message has that is one IKE fragment, and how often."""


def split(layer: tuple[Field, ...]) -> tuple[tuple[Field, ...], ...]:
    """Return the messages in a layer, without those whose header is cut.

    A message that tshark put together lies inside the last of its fragments, and pyshark shows the fields of
    both as one list, in order within each name: what a fragment has once, it has first.
    """
    counts = dict.fromkeys(NAMES, 0)
    outer: list[Field] = []
    inner: list[Field] = []
    is_put_together = sum(field.name == "isakmp.ispi" for field in layer) > 1
    for field in layer:
        counts[field.name] += 1
        limit = 1 if field.name in _OF_A_FRAGMENT else _ONCE.get(field.name, 0)
        (inner if is_put_together and counts[field.name] > limit else outer).append(field)
    return tuple(
        tuple(fields) for fields in (outer, inner) if any(f.name == "isakmp.messageid" for f in fields)
    )


def put_together_from(layer: tuple[Field, ...]) -> frozenset[int]:
    """Return the frames from which tshark put a message together."""
    return frozenset(int(f.shown) for f in layer if f.name == FRAGMENT and f.shown.isdecimal())


def theirs(fields: tuple[Field, ...]) -> Side:
    """Return what tshark reads in a message."""
    base = min(field.position for field in fields if field.name == "isakmp.ispi")
    holders = {_part(f, base): f for f in fields if f.name == PART}
    if _is_header_only(fields):
        holders = {}
    nest = Nest(holders)
    readings = [Reading(PAYLOAD, part.start, 1, part.type.to_bytes(1)) for part in holders]
    policies = _Policies()
    for field in fields:
        start = field.position - base
        part = next(nest.around(start, start + 1), None) if start >= HEADER_BYTES else None
        if part is not None:
            if field.name in BODY:
                name = _meaning(BODY[field.name], part.type)
                value = _octets(field, holders[part])
                readings.append(Reading(name, start, field.size, value))
            else:
                policies.add(field, part)
        elif field.name == CIPHERTEXT and start == HEADER_BYTES:
            readings.append(Reading("Message.ciphertext", start, field.size, field.raw))
        elif field.name in HEADER and start < HEADER_BYTES:
            readings.append(Reading(HEADER[field.name], start, field.size, field.raw))
    readings += policies.readings()
    return Side(tuple(one for one in readings if one.size), tuple(holders))


def _part(holder: Field, base: int) -> Part:
    """Return a payload's place and type: its octets are the whole payload's, so what is shown has to tell."""
    kind = int(holder.shown) & 0xFF if holder.shown.isdecimal() else 0
    start = holder.position - base
    return Part(kind, start, start + holder.size)


def _is_header_only(fields: tuple[Field, ...]) -> bool:
    """Whether the header alone is compared: IKEv2, or encrypted (the reader's tshark may have the keys)."""
    numbers = {f.name: f.number for f in fields if f.name in ("isakmp.version", "isakmp.flags")}
    is_encrypted = numbers.get("isakmp.flags", 0) & FLAG_ENCRYPTION
    return bool(is_encrypted) or numbers.get("isakmp.version", 0) >> 4 != 1


def _meaning(meanings: tuple[str, ...], payload: int) -> str:
    """Return the one of several meanings that fits the payload."""
    kind = BODIES.get(payload)
    name = "" if kind is None else kind.__name__
    return next((one for one in meanings if one.partition(".")[0] == name), meanings[0])


def _octets(field: Field, holder: Field) -> bytes | None:
    """Return a field's octets; of one without a value of its own, those of its payload at that place."""
    if field.raw is not None and len(field.raw) == field.size:
        return field.raw
    if holder.raw is None:
        return None
    at = field.position - holder.position
    return holder.raw[at : at + field.size]


class _Policies:
    """What each transform's attributes come to; the first of a kind counts, as in `wire.offer`."""

    def __init__(self) -> None:
        self._found: dict[int, list[Field]] = {}

    def add(self, field: Field, part: Part) -> None:
        if field.name in POLICY or field.name in LIFE_TYPES or field.name in LIFE_DURATIONS:
            self._found.setdefault(part.start, []).append(field)

    def readings(self) -> Iterator[Reading]:
        for start, fields in self._found.items():
            numbers: dict[str, int] = {}
            unit: int | None = None
            for field in sorted(fields, key=lambda one: one.position):
                if field.name in LIFE_TYPES:
                    unit = field.number
                elif field.name in POLICY:
                    numbers.setdefault(POLICY[field.name], field.number)
                elif unit in _LIFETIMES:
                    numbers.setdefault(_LIFETIMES[unit], field.number)
                    unit = None
            for name, number in numbers.items():
                yield policy_reading(name, start, number)
