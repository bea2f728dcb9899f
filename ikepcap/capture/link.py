"""Link layers: where the network layer begins in a frame, and which it is.

A table of LINKTYPE_ numbers (https://www.tcpdump.org/linktypes.html), and one loop for what may lie between
a link header and IP: VLAN tags, PPPoE, MPLS. Knows nothing of IP but the version in its first octet.
"""

from collections.abc import Callable, Mapping
from struct import Struct as Layout
from types import MappingProxyType
from typing import Final

Place = tuple[int, int]
"""EtherType of what comes next, and its offset in the frame."""

IPV4: Final = 0x0800
IPV6: Final = 0x86DD
ETHERNET: Final = 0x6558
"""Transparent Ethernet bridging (RFC 1701): a whole Ethernet frame is next."""
PPP: Final = 0x880B
"""PPP in GRE (RFC 2637): a PPP frame is next."""
NOTHING: Final[Place] = (0, 0)
MAX_LAYERS: Final = 32
"""Headers followed in one frame; more are made by malice only."""

VLAN_TAG: Final = 0x8100
_TAGS: Final = frozenset({VLAN_TAG, 0x88A8, 0x9100, 0x9200})  # 802.1Q, 802.1ad, and before it was a standard
_PPPOE_SESSION: Final = 0x8864
_MPLS: Final = frozenset({0x8847, 0x8848})
_SNAP: Final = b"\xaa\xaa\x03"
_U16: Final = Layout(">H")
_LOW_32: Final = Layout("<I")
_HIGH_32: Final = Layout(">I")

_PPP_NETWORK: Final[Mapping[int, int]] = MappingProxyType(
    {0x0021: IPV4, 0x0057: IPV6, 0x0281: 0x8847, 0x0283: 0x8848}
)
"""PPP protocol numbers (RFC 1332, RFC 5072, RFC 3032 §4.3)."""

_FAMILIES: Final[Mapping[int, int]] = MappingProxyType(
    {2: IPV4, 10: IPV6, 23: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
)
"""AF_INET everywhere; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS."""


def _u16(data: bytes, at: int) -> int:
    """Two octets in network order; 0 where the frame has ended."""
    return int(_U16.unpack_from(data, at)[0]) if at + 2 <= len(data) else 0


def ethernet(data: bytes, at: int = 0) -> Place:
    """Ethernet II, or 802.3 with LLC and SNAP (RFC 1042)."""
    kind = _u16(data, at + 12)
    if kind <= 1500 and data[at + 14 : at + 17] == _SNAP:
        return _u16(data, at + 20), at + 22
    return kind, at + 14


def _cooked(data: bytes) -> Place:
    """LINKTYPE_LINUX_SLL, what tcpdump writes for `-i any`: 16 octets, protocol last."""
    return _u16(data, 14), 16


def _cooked_2(data: bytes) -> Place:
    """LINKTYPE_LINUX_SLL2: 20 octets, protocol first."""
    return _u16(data, 0), 20


def _raw(_: bytes) -> Place:
    """IP without a link header: the version is in its first octet."""
    return IPV4, 0


def _null(data: bytes) -> Place:
    """LINKTYPE_NULL, LINKTYPE_LOOP: an address family in whichever byte order the host had."""
    if len(data) < 4:
        return NOTHING
    family = _LOW_32.unpack_from(data)[0]
    if family > 0xFFFF:
        family = _HIGH_32.unpack_from(data)[0]
    return _FAMILIES.get(family, 0), 4


def ppp(data: bytes, at: int = 0) -> Place:
    """PPP with or without HDLC address and control, long or compressed protocol (RFC 1661 §6.5)."""
    if data[at : at + 2] == b"\xff\x03":
        at += 2
    if at >= len(data):
        return NOTHING
    if data[at] & 1:
        return _PPP_NETWORK.get(data[at], 0), at + 1
    return _PPP_NETWORK.get(_u16(data, at), 0), at + 2


def _hdlc_ppp(data: bytes) -> Place:
    """LINKTYPE_PPP_HDLC: PPP as in RFC 1662, or Cisco HDLC, which has 0x0F or 0x8F first."""
    if data[:1] in (b"\x0f", b"\x8f"):
        return _cisco_hdlc(data)
    return ppp(data)


def _cisco_hdlc(data: bytes) -> Place:
    """LINKTYPE_C_HDLC: address, control, EtherType."""
    return _u16(data, 2), 4


def _pppoe(data: bytes, at: int = 0) -> Place:
    """A PPPoE session header (RFC 2516 §4): six octets, code 0."""
    if data[at + 1 : at + 2] != b"\0":
        return NOTHING
    return ppp(data, at + 6)


LINKS: Final[Mapping[int, Callable[[bytes], Place]]] = MappingProxyType(
    {
        0: _null,  # LINKTYPE_NULL
        1: ethernet,  # LINKTYPE_ETHERNET
        9: ppp,  # LINKTYPE_PPP
        12: _raw,  # DLT_RAW, as most systems wrote it
        14: _raw,  # DLT_RAW of OpenBSD
        50: _hdlc_ppp,  # LINKTYPE_PPP_HDLC
        51: _pppoe,  # LINKTYPE_PPP_ETHER
        101: _raw,  # LINKTYPE_RAW
        104: _cisco_hdlc,  # LINKTYPE_C_HDLC
        108: _null,  # LINKTYPE_LOOP
        113: _cooked,  # LINKTYPE_LINUX_SLL
        228: _raw,  # LINKTYPE_IPV4
        229: _raw,  # LINKTYPE_IPV6
        276: _cooked_2,  # LINKTYPE_LINUX_SLL2
    }
)


def to_network(data: bytes, kind: int, at: int) -> Place:
    """Follow tags, tunnels and labels from `at` to the IP header; (0, 0) where there is none."""
    for _ in range(MAX_LAYERS):
        if kind in (IPV4, IPV6):
            return kind, at
        if kind in _TAGS:
            kind, at = _u16(data, at + 2), at + 4
        elif kind == _PPPOE_SESSION:
            kind, at = _pppoe(data, at)
        elif kind in _MPLS:
            kind, at = _label(data, kind, at)
        elif kind == ETHERNET:
            kind, at = ethernet(data, at)
        elif kind == PPP:
            kind, at = ppp(data, at)
        else:
            return NOTHING
    return NOTHING


def _label(data: bytes, kind: int, at: int) -> Place:
    """One MPLS label (RFC 3032 §2.1). Below the last one nothing says what follows but its first octet."""
    if at + 5 > len(data):
        return NOTHING
    if not data[at + 2] & 1:
        return kind, at + 4
    version = data[at + 4] >> 4
    if version in (4, 6):
        return IPV4 if version == 4 else IPV6, at + 4
    # A pseudowire's control word begins with a zero nibble, which no IP header has (RFC 4448 §4.6).
    return (ETHERNET, at + 8) if version == 0 else NOTHING
