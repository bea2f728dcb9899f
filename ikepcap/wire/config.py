"""Attributes of mode-config and XAUTH by their kind: whose numbers they are, and how to read their values.

The drafts' numbers are those of draft-ietf-ipsec-isakmp-mode-cfg and draft-beaulieu-ike-xauth, Unity's those
of Cisco (racoon isakmp_unity.h, vpnc). Check Point uses 13 to 20 for XAUTH, so what these mean depends on
who speaks.
"""

from enum import Enum, IntEnum, auto
from ipaddress import ip_address
from typing import Final

from ikepcap.wire.bodies import Configuration
from ikepcap.wire.codec import decode
from ikepcap.wire.details import CfgAttribute, CheckPointAttribute, XauthStatus, XauthType
from ikepcap.wire.identities import address, as_text, subnet
from ikepcap.wire.message import HEADER_BYTES, VERSION_1, Message
from ikepcap.wire.numbers import Exchange, Payload, word
from ikepcap.wire.part import Part
from ikepcap.wire.walk import Attribute, Fault

UNITY_NETWORK_BYTES: Final = 14
"""Address, mask, protocol and two ports: one network of a split list."""
MAX_LISTED: Final = 100


class Kind(Enum):
    """How the value of an attribute is read."""

    OCTETS = auto()
    ADDRESS = auto()
    SUBNET = auto()
    """Address and mask, or an IPv6 address with its prefix length in an octet."""
    TEXT = auto()
    NUMBER = auto()
    SECONDS = auto()
    TYPES = auto()
    """Numbers of the attributes that the peer supports, two octets each."""
    NETWORKS = auto()
    """Unity's split lists."""
    SECRET = auto()
    XAUTH_TYPE = auto()
    XAUTH_STATUS = auto()
    FLAG = auto()


_KINDS: Final[dict[int, Kind]] = {
    CfgAttribute.INTERNAL_IP4_ADDRESS: Kind.ADDRESS,
    CfgAttribute.INTERNAL_IP4_NETMASK: Kind.ADDRESS,
    CfgAttribute.INTERNAL_IP4_DNS: Kind.ADDRESS,
    CfgAttribute.INTERNAL_IP4_NBNS: Kind.ADDRESS,
    CfgAttribute.INTERNAL_ADDRESS_EXPIRY: Kind.SECONDS,
    CfgAttribute.INTERNAL_IP4_DHCP: Kind.ADDRESS,
    CfgAttribute.APPLICATION_VERSION: Kind.TEXT,
    CfgAttribute.INTERNAL_IP6_ADDRESS: Kind.SUBNET,
    CfgAttribute.INTERNAL_IP6_NETMASK: Kind.ADDRESS,
    CfgAttribute.INTERNAL_IP6_DNS: Kind.ADDRESS,
    CfgAttribute.INTERNAL_IP6_NBNS: Kind.ADDRESS,
    CfgAttribute.INTERNAL_IP6_DHCP: Kind.ADDRESS,
    CfgAttribute.INTERNAL_IP4_SUBNET: Kind.SUBNET,
    CfgAttribute.SUPPORTED_ATTRIBUTES: Kind.TYPES,
    CfgAttribute.INTERNAL_IP6_SUBNET: Kind.SUBNET,
    CfgAttribute.CHECK_POINT_DEF_DOMAIN: Kind.TEXT,
    CfgAttribute.CHECK_POINT_MAC_ADDRESS: Kind.OCTETS,
    CfgAttribute.CHECK_POINT_MARCIPAN_REASON_CODE: Kind.NUMBER,
    CfgAttribute.XAUTH_TYPE: Kind.XAUTH_TYPE,
    CfgAttribute.XAUTH_USER_NAME: Kind.TEXT,
    CfgAttribute.XAUTH_USER_PASSWORD: Kind.SECRET,
    CfgAttribute.XAUTH_PASSCODE: Kind.SECRET,
    CfgAttribute.XAUTH_MESSAGE: Kind.TEXT,
    CfgAttribute.XAUTH_CHALLENGE: Kind.OCTETS,
    CfgAttribute.XAUTH_DOMAIN: Kind.TEXT,
    CfgAttribute.XAUTH_STATUS: Kind.XAUTH_STATUS,
    CfgAttribute.XAUTH_NEXT_PIN: Kind.SECRET,
    CfgAttribute.XAUTH_ANSWER: Kind.SECRET,
    CfgAttribute.INTERNAL_IP4_SERVER: Kind.ADDRESS,
    CfgAttribute.INTERNAL_IP6_SERVER: Kind.ADDRESS,
    CfgAttribute.UNITY_BANNER: Kind.TEXT,
    CfgAttribute.UNITY_SAVE_PASSWD: Kind.FLAG,
    CfgAttribute.UNITY_DEF_DOMAIN: Kind.TEXT,
    CfgAttribute.UNITY_SPLIT_DNS: Kind.TEXT,
    CfgAttribute.UNITY_SPLIT_INCLUDE: Kind.NETWORKS,
    CfgAttribute.UNITY_UDP_NAT_PORT: Kind.NUMBER,
    CfgAttribute.UNITY_LOCAL_LAN: Kind.NETWORKS,
    CfgAttribute.UNITY_PFS: Kind.FLAG,
    CfgAttribute.UNITY_FW_TYPE: Kind.OCTETS,
    CfgAttribute.UNITY_BACKUP_SERVERS: Kind.TEXT,
    CfgAttribute.UNITY_DDNS_HOSTNAME: Kind.TEXT,
}
_CHECK_POINT_KINDS: Final[dict[int, Kind]] = {
    CheckPointAttribute.XAUTH_TYPE: Kind.XAUTH_TYPE,
    CheckPointAttribute.XAUTH_USER_NAME: Kind.TEXT,
    CheckPointAttribute.XAUTH_USER_PASSWORD: Kind.SECRET,
    CheckPointAttribute.XAUTH_PASSCODE: Kind.SECRET,
    CheckPointAttribute.XAUTH_MESSAGE: Kind.TEXT,
    CheckPointAttribute.XAUTH_CHALLENGE: Kind.OCTETS,
    CheckPointAttribute.XAUTH_DOMAIN: Kind.TEXT,
    CheckPointAttribute.XAUTH_STATUS: Kind.XAUTH_STATUS,
}
_IP6_SUBNET_BYTES: Final = (0, 17)
_PREFIXED_BYTES: Final = 17


def registry(kind: int, *, check_point: bool) -> type[IntEnum]:
    """Return the registry that names an attribute type between these peers."""
    return CheckPointAttribute if check_point and kind in _CHECK_POINT_KINDS else CfgAttribute


def kind_of(attribute: Attribute, *, check_point: bool) -> Kind:
    """Return how to read an attribute.

    Where nobody said who the peers are, what Check Point would put a password in counts as one, unless its
    length shows that it is the drafts' IPv6 subnet.
    """
    kind = attribute.type
    if check_point and kind in _CHECK_POINT_KINDS:
        return _CHECK_POINT_KINDS[kind]
    if kind == CheckPointAttribute.XAUTH_PASSCODE:
        return Kind.SECRET
    if kind == CheckPointAttribute.XAUTH_USER_PASSWORD and len(attribute.value) not in _IP6_SUBNET_BYTES:
        return Kind.SECRET
    return _KINDS.get(kind, Kind.OCTETS)


_ADRIFT: Final = frozenset({
    Fault.HEADER_CUT, Fault.LENGTH_TOO_SMALL, Fault.LENGTH_TOO_LARGE, Fault.TRAILING_BYTES,
    Fault.CHAIN_CUT, Fault.TOO_MANY,
})  # fmt: skip
"""What a chain of payloads shows that was followed to where no payload begins."""
_ADRIFT_VALUES: Final = frozenset({Fault.HEADER_CUT, Fault.LENGTH_TOO_LARGE, Fault.BODY})
"""Likewise a list of attributes; of a payload too short for any, nobody knows what its octets are."""


def secrets_adrift(message: Message) -> int | None:
    """Return the offset from which on anything may be a password; None where none is out of its place.

    Passwords are in payloads of attributes, and lengths say where these are. One that lies puts a password
    into whatever payload was read there, or behind the last, and lets attributes be read where none are. If
    none lies it is what follows a payload of attributes, or the announcement of one.
    """
    if message.version >> 4 != VERSION_1 >> 4 or (message.is_encrypted and not message.spans):
        return None
    data, spans = message.data, message.spans
    end = spans[-1].end if spans else HEADER_BYTES
    announced = data[spans[-1].start] if spans else message.next_payload
    found = [span for span in spans if span.type == Payload.ATTRIBUTES]
    if any(defect.fault in _ADRIFT for defect in message.defects):
        is_likely = found or announced == Payload.ATTRIBUTES or message.exchange == Exchange.TRANSACTION
        return HEADER_BYTES if is_likely else None
    for span in found:
        _, defects = decode(Configuration, data, span.body, span.end)
        if any(defect.fault in _ADRIFT_VALUES for defect in defects):
            return HEADER_BYTES
    return end if found or announced == Payload.ATTRIBUTES else None


def config_part(attribute: Attribute, end: int, *, check_point: bool = False) -> Part:
    """Return an attribute with its value read.

    Args:
        attribute: as decoded, its offset that of the message.
        end: where it ends.
        check_point: the peers showed Check Point's vendor ID.
    """
    kind = kind_of(attribute, check_point=check_point)
    names = registry(attribute.type, check_point=check_point)
    name = word(names, attribute.type)
    label = f"attribute {attribute.type}" if name == str(attribute.type) else f"{name} ({attribute.type})"
    parts: tuple[Part, ...] = ()
    if kind is Kind.NETWORKS:
        parts = _networks(attribute.value, attribute.start + 4)
    value = _value(kind, attribute, names)
    return Part(label, attribute.start, end - attribute.start, value, parts, is_secret=kind is Kind.SECRET)


def _value(kind: Kind, attribute: Attribute, names: type[IntEnum]) -> str | bytes:
    """Return a value as its kind says to read it; octets where they do not fit it."""
    data = attribute.value
    if not data:
        return ""
    read: str | None
    match kind:
        case Kind.ADDRESS:
            read = address(data)
        case Kind.SUBNET:
            read = _subnet(data)
        case Kind.TEXT | Kind.SECRET:
            read = data.decode("utf-8", "backslashreplace")
        case Kind.TYPES:
            read = _types(data, names)
        case Kind.NETWORKS:
            count = len(data) // UNITY_NETWORK_BYTES
            read = f"{count} network{'' if count == 1 else 's'}"
        case Kind.OCTETS:
            read = as_text(data) if attribute.is_tlv else str(attribute.number)
        case _:
            read = _number(kind, attribute)
    return data if read is None else read


def _number(kind: Kind, attribute: Attribute) -> str | None:
    if len(attribute.value) > 8:
        return None
    number = attribute.number
    match kind:
        case Kind.XAUTH_TYPE:
            return _named(XauthType, number)
        case Kind.XAUTH_STATUS:
            return _named(XauthStatus, number)
        case Kind.SECONDS:
            return f"{number} s"
        case Kind.FLAG:
            return {0: "no (0)", 1: "yes (1)"}.get(number, str(number))
        case _:
            return str(number)


def _named(names: type[IntEnum], number: int) -> str:
    name = word(names, number)
    return name if name == str(number) else f"{name} ({number})"


def _subnet(data: bytes) -> str | None:
    if len(data) == _PREFIXED_BYTES:
        return f"{ip_address(data[:16])}/{data[16]}"
    return subnet(data) or address(data)


def _types(data: bytes, names: type[IntEnum]) -> str | None:
    """Return the attributes a peer says it supports (draft-ietf-ipsec-isakmp-mode-cfg §3.3)."""
    if len(data) % 2:
        return None
    numbers = [int.from_bytes(data[at : at + 2]) & 0x7FFF for at in range(0, len(data), 2)]
    words = [word(names, number) for number in numbers[:MAX_LISTED]]
    more = len(numbers) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "")


def _networks(data: bytes, at: int) -> tuple[Part, ...]:
    """Return the networks of a split list, and what is left over."""
    found: list[Part] = []
    starts = range(0, len(data) - UNITY_NETWORK_BYTES + 1, UNITY_NETWORK_BYTES)
    for start in starts[:MAX_LISTED]:
        one = data[start : start + UNITY_NETWORK_BYTES]
        protocol, source, destination = (int.from_bytes(one[i : i + 2]) for i in (8, 10, 12))
        rest = f", protocol {protocol}, ports {source} and {destination}" if any(one[8:]) else ""
        found.append(Part("network", at + start, UNITY_NETWORK_BYTES, f"{subnet(one[:8])}{rest}"))
    if more := len(starts[MAX_LISTED:]):
        first = starts[MAX_LISTED]
        name = f"({more} more networks left out)"
        found.append(Part(name, at + first, more * UNITY_NETWORK_BYTES))
    over = len(data) % UNITY_NETWORK_BYTES
    if over:
        found.append(Part("rest", at + len(data) - over, over, data[-over:]))
    return tuple(found)
