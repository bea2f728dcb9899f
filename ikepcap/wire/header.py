"""Which octets are an ISAKMP header, where no port says so."""

from typing import Final

from ikepcap.wire.message import HEADER, HEADER_BYTES

_V1_EXCHANGES: Final = frozenset({1, 2, 3, 4, 5, 6, 32, 33})
"""RFC 2408 §3.1, RFC 2409 appendix A; 6 is the transaction exchange of mode config."""
_V2_EXCHANGES: Final = frozenset(range(34, 45))
"""IANA "IKEv2 Exchange Types", from IKE_SA_INIT to IKE_FOLLOWUP_KE."""
_V1_PAYLOADS: Final = frozenset({*range(24), *range(128, 136)})
"""Assigned ones, and private ones in use: NAT-D and NAT-OA of the drafts, fragments (132)."""
_V2_PAYLOADS: Final = frozenset({0, *range(33, 61)})


def stands_up(data: bytes, at: int, wire_end: int) -> bool:
    """Tell whether the octets at `at` are an ISAKMP header whose length reaches to `wire_end` exactly."""
    if len(data) < at + HEADER_BYTES:
        return False
    icookie, _, following, version, exchange, _, _, length = HEADER.unpack_from(data, at)
    if length != wire_end - at or not any(icookie):
        return False
    if version >> 4 == 1:
        return exchange in _V1_EXCHANGES and following in _V1_PAYLOADS
    return version >> 4 == 2 and exchange in _V2_EXCHANGES and following in _V2_PAYLOADS
