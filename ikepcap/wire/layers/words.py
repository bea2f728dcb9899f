"""Octets that say something: the vendor IDs we know, and identities (RFC 2407 §4.6.2.1)."""

from ipaddress import ip_address, ip_network
from typing import Any, Final

from ikepcap.wire.details import IdType
from ikepcap.wire.identities import identity_text
from ikepcap.wire.layers.fields import Octets, octet_text
from ikepcap.wire.vendor import lookup

_ADDRESSES: Final = frozenset({IdType.IPV4_ADDR, IdType.IPV6_ADDR})
_SUBNETS: Final = frozenset({IdType.IPV4_ADDR_SUBNET, IdType.IPV6_ADDR_SUBNET})
_RANGES: Final = frozenset({IdType.IPV4_ADDR_RANGE, IdType.IPV6_ADDR_RANGE})
_READ: Final = _ADDRESSES | _SUBNETS | _RANGES | {IdType.IPV6_CGA, IdType.DER_ASN1_DN, IdType.DER_ASN1_GN}
"""Identities that are not text: text is shown as octets are, in quotes."""
_MAX_SHOWN: Final = 240


class VendorData(Octets):
    """The octets of a vendor ID, shown with their name."""

    __slots__ = []

    def i2repr(self, pkt: Any, x: Any) -> str:
        """Return the octets, and the name if it is known."""
        shown: str = super().i2repr(pkt, x)
        known = lookup(x) if isinstance(x, bytes) else None
        return f"{shown} ({known.name})" if known is not None else shown


class IdentityData(Octets):
    """An identity, in the form that the `type` beside it says."""

    __slots__ = []

    def any2i(self, pkt: Any, x: Any) -> Any:
        """Take octets, a name, or an address, a subnet or a range (`a-b`) if the type says that it is one.

        Raises:
            ValueError: the text is none of what the type says.
        """
        if not isinstance(x, str) or pkt is None:
            return super().any2i(pkt, x)
        kind = pkt.getfieldval("type")
        if kind in _ADDRESSES:
            return ip_address(x).packed
        if kind in _SUBNETS:
            net = ip_network(x, strict=False)
            return net.network_address.packed + net.netmask.packed
        if kind in _RANGES:
            return b"".join(ip_address(end.strip()).packed for end in x.split("-"))
        return super().any2i(pkt, x)

    def i2repr(self, pkt: Any, x: Any) -> str:
        """Return the identity as people write it."""
        return _identity(pkt.getfieldval("type"), x) if isinstance(x, bytes) else repr(x)


def _identity(kind: object, data: bytes) -> str:
    """Return an address or a name in DER as people write it; text, and what is unfit to show, as octets."""
    said = identity_text(kind, data) if isinstance(kind, int) and kind in _READ else None
    return said if said and said.isprintable() and len(said) <= _MAX_SHOWN else octet_text(data)
