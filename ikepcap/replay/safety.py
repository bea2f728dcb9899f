"""What may be sent to whom, how fast and how much: every datagram of a replay passes `Gate.admit`.

Loopback and the documentation ranges, which the lab's namespaces use, are free. Private networks have to be
allowed. Everything else, and broadcast and multicast with it, has to be allowed one address at a time.
"""

from collections import deque
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from ikepcap.errors import ReplayError, UnsafeTargetError

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

FREE: Final[tuple[Network, ...]] = tuple(
    ip_network(one)
    for one in (
        "127.0.0.0/8", "::1/128",
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32",
    )
)  # fmt: skip
"""Loopback, and documentation (RFC 5737, RFC 3849)."""
PRIVATE: Final[tuple[Network, ...]] = tuple(
    ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)
"""Networks of one's own (RFC 1918, RFC 4193), and links (RFC 3927, RFC 4291)."""
PER_SECOND: Final = 20
PER_RUN: Final = 200
PER_RESPONDER: Final = 2_000
"""A responder serves many negotiations in a run."""
_SECOND_NS: Final = 1_000_000_000


def check_target(address: str, allowed: Iterable[Network]) -> None:
    """Pass an address to which something may be sent.

    Args:
        address: of the target.
        allowed: what the user allows besides what is free.

    Raises:
        UnsafeTargetError: it may not be sent to.
    """
    found = _plain(address)
    listed = _around(found, allowed)
    if any(network.prefixlen == network.max_prefixlen for network in listed):
        return
    free, private = _around(found, FREE), _around(found, PRIVATE)
    if any(found in _edges(network) for network in (*free, *private, *listed)):
        raise UnsafeTargetError(
            f"{found} is all hosts of a network, not one: nothing is sent there unless exactly it is allowed "
            f"with --allow {found}"
        )
    if free:
        return
    if private:
        if listed:
            return
        raise UnsafeTargetError(
            f"{found} is in a private network: allow it with --allow {found}, if it is a lab's"
        )
    if found.is_multicast or found == IPv4Address("255.255.255.255"):
        kind = "is no single host"
    elif found.is_unspecified:
        kind = "is no address of anybody"
    else:
        kind = "is neither loopback nor private"
    raise UnsafeTargetError(
        f"{found} {kind}: nothing is sent there unless exactly it is allowed with --allow {found}"
    )


def _around(address: Address, networks: Iterable[Network]) -> list[Network]:
    return [network for network in networks if network.version == address.version and address in network]


def _edges(network: Network) -> tuple[Address, ...]:
    """Return the addresses to which all hosts of an IPv4 network may answer: its first and its last."""
    if network.version == 6 or network.prefixlen >= network.max_prefixlen - 1:
        return ()
    return network.network_address, network.broadcast_address


def _plain(address: str) -> Address:
    """Return an address; an IPv4 one that is written as IPv6 is the IPv4 one."""
    try:
        # Only IPv6 has zones: the system looks up what else holds a percent sign, as it does names.
        found = ip_address(address)
    except ValueError:
        raise UnsafeTargetError(f"{address!r} is no IP address: names are not looked up here") from None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


class Gate:
    """Lets datagrams pass one by one, and counts them."""

    def __init__(self, allowed: Iterable[Network] = (), *, limit: int = PER_RUN) -> None:
        """Begin a run.

        Args:
            allowed: what the user allows besides what is free.
            limit: datagrams of the run, `PER_RESPONDER` at most.
        """
        self._allowed = tuple(allowed)
        self._limit = min(limit, PER_RESPONDER)
        self._times: deque[int] = deque(maxlen=PER_SECOND)
        self.count = 0

    def wait_ns(self, now_ns: int) -> int:
        """Return how long to wait before the next datagram may pass."""
        if len(self._times) < PER_SECOND:
            return 0
        return max(0, self._times[0] + _SECOND_NS - now_ns)

    def admit(self, address: str, now_ns: int) -> None:
        """Let one datagram pass.

        Raises:
            UnsafeTargetError: it may not be sent to that address.
            ReplayError: too many were sent, or too fast.
        """
        check_target(address, self._allowed)
        if self.count >= self._limit:
            raise ReplayError(f"{self._limit} datagrams were sent: that is the most a run may send")
        if self.wait_ns(now_ns):
            raise ReplayError(f"more than {PER_SECOND} datagrams in a second")
        self._times.append(now_ns)
        self.count += 1
