"""What a router may do to packets, as rules of nftables.

A rule is matched in the forward chain of the router, where the packets of both directions have passed or not
yet met the NAT: directions are told by the interface, messages by their content and never by counting.
"""

from typing import Final

FROM: Final = {"initiator": 'iifname "toi"', "responder": 'iifname "tor"', "both": ""}
ONCE: Final = "limit rate 1/day burst 1 packets"
"""The first packet that matches; nftables keeps the count."""

_IKE: Final = 64
"""Bits of the UDP header; on port 4500 come 32 of the non-ESP marker."""
_FIRST_PAYLOAD, _EXCHANGE_TYPE, _FLAGS = 16 * 8, 18 * 8, 19 * 8
MESSAGES: Final[dict[str, tuple[tuple[int, str], ...]]] = {
    "main-sa": ((_EXCHANGE_TYPE, "2"), (_FIRST_PAYLOAD, "1")),
    "main-ke": ((_EXCHANGE_TYPE, "2"), (_FIRST_PAYLOAD, "4")),
    "main-auth": ((_EXCHANGE_TYPE, "2"), (_FLAGS, "1")),
    "aggressive": ((_EXCHANGE_TYPE, "4"),),
    "aggressive-auth": ((_EXCHANGE_TYPE, "4"), (_FLAGS, "1")),
    "informational": ((_EXCHANGE_TYPE, "5"),),
    "transaction": ((_EXCHANGE_TYPE, "6"),),
    "quick": ((_EXCHANGE_TYPE, "32"),),
}
"""Octets of the ISAKMP header by which a message is known, as (bit offset, value)."""


def lose(sender: str, message: str, *, once: bool = False, port: int = 500, more: str = "") -> str:
    """Return a rule that drops a message of one direction, every copy of it or only the first."""
    return _rule(sender, message, port, more, ONCE if once else "", "drop")


def _rule(sender: str, message: str, port: int, more: str, limit: str, verdict: str) -> str:
    start = _IKE + (32 if port == 4500 else 0)
    match = " ".join(f"@th,{start + offset},8 {value}" for offset, value in MESSAGES[message])
    return " ".join(filter(None, (FROM[sender], f"udp dport {port}", match, more, limit, verdict)))


def drop(sender: str, ports: str = "{ 500, 4500 }") -> str:
    """Return a rule that drops everything of IKE in one direction."""
    return f"{FROM[sender]} udp dport {ports} drop".strip()


def reject(sender: str, icmp: str, ports: str = "{ 500, 4500 }") -> str:
    """Return a rule that answers with an ICMP error."""
    return f"{FROM[sender]} udp dport {ports} reject with icmp type {icmp}".strip()


def fragments(sender: str, *, trailing_only: bool = False) -> str:
    """Return a rule that drops IP fragments, or all but the first of each packet."""
    mask = "0x1fff" if trailing_only else "0x3fff"
    return f"{FROM[sender]} ip frag-off & {mask} != 0 drop".strip()


def ike_fragment(sender: str, number: int) -> str:
    """Return a rule that drops the Cisco IKE fragment of one number."""
    start = _IKE + _FIRST_PAYLOAD
    return f"{FROM[sender]} udp dport 500 @th,{start},8 132 @th,{_IKE + 34 * 8},8 {number} drop"


DOUBLE: Final = "double"
"""Each IKE datagram is sent on twice. It needs a table of IPv4, so it is no rule like the others."""
_DOUBLE_CHAIN: Final = """table ip {table} {{
chain double {{
type filter hook prerouting priority -450;
iifname "toi" udp dport 500 dup to 198.51.100.7 device "tor"
iifname "tor" udp dport 500 dup to 192.0.2.1 device "toi"
}}
}}
"""


def ruleset(rules: tuple[str, ...], table: str, hook: str = "forward") -> str:
    """Return what nft reads. Fragments are matched before connection tracking puts them together."""
    if DOUBLE in rules:
        return _DOUBLE_CHAIN.format(table=table)
    early = [rule for rule in rules if "frag-off" in rule]
    plain = [rule for rule in rules if "frag-off" not in rule]
    chains = [(f"{hook}0", hook, 0, plain), ("early", "prerouting", -450, early)]
    text = [
        f"chain {name} {{\ntype filter hook {at} priority {priority};\n" + "\n".join(lines) + "\n}\n"
        for name, at, priority, lines in chains
        if lines
    ]
    return f"table inet {table} {{\n{''.join(text)}}}\n"
