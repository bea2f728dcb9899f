"""Identities and addresses as people write them (RFC 2407 §4.6.2).

What these functions return is text as captured: not yet harmless to a terminal, and as long as the field.
None says that the octets are not what their type promises; the caller shows them as octets.
"""

from ipaddress import ip_address
from typing import Final

from ikepcap.wire.details import IdType
from ikepcap.wire.names import distinguished_name, general_names

ADDRESS_BYTES: Final = (4, 16)


def address(data: bytes) -> str | None:
    """Return an IPv4 or IPv6 address."""
    return str(ip_address(data)) if len(data) in ADDRESS_BYTES else None


def address_pair(data: bytes, between: str) -> str | None:
    """Return two addresses of one kind: a subnet with its mask, or a range."""
    half = len(data) // 2
    if len(data) % 2 or half not in ADDRESS_BYTES:
        return None
    return f"{ip_address(data[:half])}{between}{ip_address(data[half:])}"


def subnet(data: bytes) -> str | None:
    """Return a network as 192.0.2.0/24; with its mask in full where that is no prefix."""
    half = len(data) // 2
    if len(data) % 2 or half not in ADDRESS_BYTES:
        return None
    mask, bits = int.from_bytes(data[half:]), half * 8
    prefix = mask.bit_count()
    if mask != (1 << bits) - (1 << (bits - prefix)):
        return address_pair(data, "/")
    return f"{ip_address(data[:half])}/{prefix}"


def as_text(data: bytes) -> str | None:
    """Return octets as UTF-8 text; None when they are none, or not meant for reading."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text[:1].isprintable() else None


def unicode_text(data: bytes) -> str | None:
    """Return a string that its sender may have written in two-octet characters of either order.

    The GSS-API draft and MS-AIPS say Unicode and leave the order open; the zero octets of Latin letters tell.
    """
    if len(data) % 2 == 0 and data:
        for order, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
            if not any(zeros):
                return data.decode(order, "replace")
    return as_text(data) if data else None


def identity_text(kind: int, data: bytes) -> str | None:
    """Return the value of an identification payload, as its type says to read it."""
    match kind:
        case IdType.IPV4_ADDR:
            return address(data) if len(data) == 4 else None
        case IdType.IPV6_ADDR | IdType.IPV6_CGA:
            return address(data) if len(data) == 16 else None
        case IdType.IPV4_ADDR_SUBNET | IdType.IPV6_ADDR_SUBNET:
            return subnet(data)
        case IdType.IPV4_ADDR_RANGE | IdType.IPV6_ADDR_RANGE:
            return address_pair(data, " - ")
        case IdType.FQDN | IdType.USER_FQDN:
            return data.decode("utf-8", "backslashreplace")
        case IdType.DER_ASN1_DN:
            return distinguished_name(data)
        case IdType.DER_ASN1_GN:
            names = general_names(data)
            return ", ".join(names) if names else None
        case _:
            return as_text(data) if data else None
