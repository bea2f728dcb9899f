"""Field values as text: numbers with their names, addresses, identities, and octets cut short.

Captured strings are hostile. Every text that leaves this module has passed `printable`, and none is longer
than a few hundred characters, however long the field.
"""

from enum import IntEnum
from ipaddress import ip_address
from typing import Final

from ikepcap.renderers.dername import distinguished_name
from ikepcap.renderers.text import printable
from ikepcap.wire.details import (
    CfgAttribute,
    IdType,
    XauthType,
)
from ikepcap.wire.numbers import (
    NotifyType,
    word,
)
from ikepcap.wire.walk import Attribute

SHOWN_OCTETS: Final = 24
SHOWN_TEXT: Final = 120
SHOWN_NAME: Final = 240
SHOWN_SPIS: Final = 8
HIDDEN: Final = "(hidden)"

_ADDRESS_BYTES: Final = (4, 16)
_MAX_NUMBER_BYTES: Final = 8
_IP_PROTOCOLS: Final[dict[int, str]] = {0: "any", 1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 58: "ICMPv6"}

_CFG_ADDRESSES: Final = frozenset(
    {
        CfgAttribute.INTERNAL_IP4_ADDRESS,
        CfgAttribute.INTERNAL_IP4_NETMASK,
        CfgAttribute.INTERNAL_IP4_DNS,
        CfgAttribute.INTERNAL_IP4_NBNS,
        CfgAttribute.INTERNAL_IP4_DHCP,
        CfgAttribute.INTERNAL_IP6_DNS,
        CfgAttribute.INTERNAL_IP6_DHCP,
    }
)
_CFG_TEXTS: Final = frozenset(
    {
        CfgAttribute.APPLICATION_VERSION,
        CfgAttribute.XAUTH_USER_NAME,
        CfgAttribute.XAUTH_MESSAGE,
        CfgAttribute.XAUTH_DOMAIN,
        CfgAttribute.UNITY_BANNER,
        CfgAttribute.UNITY_DEF_DOMAIN,
        CfgAttribute.UNITY_SPLIT_DNS,
        CfgAttribute.UNITY_DDNS_HOSTNAME,
    }
)
_CFG_SECRETS: Final = frozenset(
    {
        CfgAttribute.XAUTH_USER_PASSWORD,
        CfgAttribute.XAUTH_PASSCODE,
        CfgAttribute.XAUTH_NEXT_PIN,
        CfgAttribute.XAUTH_ANSWER,
        16,  # Check Point's passcode
    }
)
_IP6_SUBNET_BYTES: Final = (0, 17)


_CAPITALS: Final[dict[str, str]] = {"doi": "DOI", "spi": "SPI", "spis": "SPIs", "id": "ID"}


def label(name: str) -> str:
    """Return a declared field's name as people write it."""
    return " ".join(_CAPITALS.get(part, part) for part in name.split("_"))


def octets(data: bytes) -> str:
    """Return octets in hex, cut short, with their number where it is not plain to see."""
    if len(data) <= SHOWN_OCTETS:
        return data.hex() or "(empty)"
    return f"{data[:SHOWN_OCTETS].hex()}... ({len(data)} octets)"


def text(data: bytes) -> str:
    """Return a captured string made harmless and cut short."""
    shown = printable(data[: SHOWN_TEXT + 1].decode("utf-8", "backslashreplace"), SHOWN_TEXT)
    return f"{shown} ({len(data)} octets)" if len(data) > SHOWN_TEXT else shown or "(empty)"


def text_or_octets(data: bytes) -> str:
    """Return what is mostly written as text as text, and what is not in hex."""
    start = data[:SHOWN_TEXT]
    return text(data) if start and start.isascii() and start.decode("ascii").isprintable() else octets(data)


def named(names: type[IntEnum] | None, number: int) -> str:
    """Return a number with its name in front, where it has one."""
    name = word(names, number) if names else str(number)
    return str(number) if name == str(number) else f"{name} ({number})"


def ip_protocol(number: int) -> str:
    """Return an IP protocol number with its name."""
    name = _IP_PROTOCOLS.get(number)
    return f"{name} ({number})" if name else str(number)


def address(data: bytes) -> str:
    """Return an IP address, or the octets where there is none."""
    return str(ip_address(data)) if len(data) in _ADDRESS_BYTES else octets(data)


def identity(kind: int, data: bytes) -> str:
    """Return the value of an identification payload, as its type says to read it (RFC 2407 §4.6.2)."""
    match kind:
        case IdType.IPV4_ADDR | IdType.IPV6_ADDR:
            return address(data)
        case IdType.IPV4_ADDR_SUBNET | IdType.IPV6_ADDR_SUBNET:
            return _pair(data, "/")
        case IdType.IPV4_ADDR_RANGE | IdType.IPV6_ADDR_RANGE:
            return _pair(data, " - ")
        case IdType.FQDN | IdType.USER_FQDN:
            return text(data)
        case IdType.DER_ASN1_DN:
            return dn(data)
        case _:
            return text_or_octets(data)


def dn(der: bytes) -> str:
    """Return a DER name as people write it, or the octets where there is none."""
    name = distinguished_name(der)
    return octets(der) if name is None else printable(name, SHOWN_NAME)


def _pair(data: bytes, between: str) -> str:
    half = len(data) // 2
    if len(data) % 2 or half not in _ADDRESS_BYTES:
        return octets(data)
    return f"{ip_address(data[:half])}{between}{ip_address(data[half:])}"


def spis(data: bytes, size: int) -> str:
    """Return a list of SPIs, each `size` octets long, cut short."""
    if not size or len(data) <= size:
        return octets(data)
    shown = [data[at : at + size].hex() for at in range(0, min(len(data), SHOWN_SPIS * size), size)]
    more = -(-len(data) // size) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def notify_data(kind: int, data: bytes) -> str:
    """Return the data of a notification, as its type says to read it."""
    if len(data) == 4:
        match kind:
            case NotifyType.R_U_THERE | NotifyType.R_U_THERE_ACK:
                return f"sequence {int.from_bytes(data)}"
            case NotifyType.MS_NOTIFY_STATUS | NotifyType.AUTHIP_NOTIFY_STATUS:
                return f"Windows error {int.from_bytes(data)}"
            case NotifyType.UNITY_LOAD_BALANCE:
                return address(data)
            case NotifyType.REPLAY_STATUS:
                return f"replay detection {'on' if any(data) else 'off'}"
    return text_or_octets(data)


def attribute_value(attribute: Attribute, values: type[IntEnum] | None) -> str:
    """Return a transform attribute's value; those written as TLV say so, since TV is the usual form."""
    if not attribute.value or len(attribute.value.lstrip(b"\0")) > _MAX_NUMBER_BYTES:
        shown = octets(attribute.value)
    else:
        shown = named(values, attribute.number)
    return f"{shown}, TLV" if attribute.is_tlv else shown


def is_secret(attribute: Attribute) -> bool:
    """Tell whether a mode-config attribute holds a password or its like.

    Check Point uses 15 for the password where the draft has an IPv6 subnet, whose length is fixed.
    """
    if attribute.type == CfgAttribute.INTERNAL_IP6_SUBNET:
        return len(attribute.value) not in _IP6_SUBNET_BYTES
    return attribute.type in _CFG_SECRETS


def cfg_value(attribute: Attribute, *, show_secrets: bool) -> str:
    """Return a mode-config or XAUTH attribute's value."""
    value, kind = attribute.value, attribute.type
    if is_secret(attribute) and not show_secrets:
        return HIDDEN if value else "(empty)"
    if not value:
        return "(empty)"
    if not attribute.is_tlv:
        return named(XauthType if kind == CfgAttribute.XAUTH_TYPE else None, attribute.number)
    if kind in _CFG_ADDRESSES:
        return address(value)
    if kind in _CFG_TEXTS or kind in _CFG_SECRETS:
        return text(value)
    return text_or_octets(value)
