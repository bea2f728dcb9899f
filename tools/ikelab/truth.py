"""What happened in a scenario: from captures at both ends and from the daemons' logs.

The steps of phase 1 are told by content (cookies, exchange, encryption bit, first payload), never by counting
datagrams. A message was delivered when the same octets show up at the other end.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ikelab import packets
from ikelab.packets import AGGRESSIVE, KE, MAIN, QUICK, SA, TRANSACTION, Seen, ike_fragment
from ikelab.play import Played
from ikelab.scenario import Role

LAST: Final = {"main": 6, "aggressive": 3}
_OTHER: Final[dict[Role, Role]] = {"initiator": "responder", "responder": "initiator"}
_ESTABLISHED: Final = re.compile(
    r"IKE_SA \S*\[(\d+)\] established|#(\d+): (?:IKE SA established|ISAKMP SA established)"
)
_BEGUN: Final = re.compile(
    r"initiating (?:Main|Aggressive) Mode IKE_SA \S+\[(\d+)\]"
    r"|<(?:\w+\|)?(\d+)> \S+ is initiating an? (?:Main|Aggressive) Mode"
    r"|#(\d+): (?:initiating IKEv1 (?:Main|Aggressive) Mode|responding to (?:Main|Aggressive) Mode)"
)
"""Each daemon numbers its SAs: strongSwan as name[1], Libreswan as #1."""


@dataclass(frozen=True)
class Happened:
    """One attempt at one ISAKMP SA, as it really went."""

    cookie: bytes
    starter: Role
    """The end that began it, whoever was meant to."""
    mode: str
    reached: dict[Role, int]
    """The last message of phase 1 that each end sent, or received and accepted; by end, not by IKE role."""
    accepted: bool
    """The receiver of the last message of phase 1 accepted it."""
    undelivered: frozenset[bytes]
    """Messages that the other end never saw."""


def host_of(played: Played, address: str) -> Role | None:
    """Return which end an address belongs to, before or behind NAT."""
    return next((role for role, known in played.addresses.items() if address in known), None)


def by_cookie(seen: Iterable[Seen]) -> dict[bytes, list[Seen]]:
    """Return the IKEv1 messages of each initiator cookie."""
    found: dict[bytes, list[Seen]] = {}
    for one in seen:
        if one.payload and one.version == 1:
            found.setdefault(one.cookies[0], []).append(one)
    return found


def phase_1_step(message: Seen, from_starter: bool) -> int | None:
    """Return the number of a message of phase 1, None for any other. Of an IKE fragment, its message's."""
    if message.exchange == MAIN:
        if message.encrypted or ike_fragment(message):
            return 5 if from_starter else 6
        first = {SA: 1, KE: 3}.get(message.first_payload)
        return None if first is None else first + (not from_starter)
    if message.exchange == AGGRESSIVE:
        if not from_starter:
            return 2
        return 1 if message.first_payload == SA and not message.encrypted else 3
    return None


def happened(played: Played) -> list[Happened]:
    """Return all attempts of a scenario, in order."""
    ends = {role: packets.read(played.captures[role]) for role in ("initiator", "responder")}
    sent: dict[Role, list[Seen]] = {
        role: [one for one in ends[role] if one.payload and host_of(played, one.source) == role]
        for role in ("initiator", "responder")
    }
    arrived: dict[Role, set[bytes]] = {
        role: {one.payload for one in ends[_OTHER[role]] if one.payload}
        for role in ("initiator", "responder")
    }
    starters: dict[bytes, tuple[float, Role]] = {}
    for role, messages in sent.items():
        for one in messages:
            if one.exchange in (MAIN, AGGRESSIVE) and one.version == 1 and not any(one.cookies[1]):
                starters.setdefault(one.cookies[0], (one.time, role))
    order = sorted(starters, key=lambda cookie: starters[cookie][0])
    logged = {role: _logged(played, role, order, sent, arrived) for role in ("initiator", "responder")}
    return [
        _attempt(cookie, starters[cookie][1], sent, arrived, lambda role, c: logged[role].get(c))
        for cookie in order
    ]


def _attempt(
    cookie: bytes,
    starter: Role,
    sent: dict[Role, list[Seen]],
    arrived: dict[Role, set[bytes]],
    logged: Callable[[Role, bytes], bool | None],
) -> Happened:
    own = {role: [one for one in messages if one.cookies[0] == cookie] for role, messages in sent.items()}
    first = own[starter][0]
    mode = "main" if first.exchange == MAIN else "aggressive"
    reached: dict[Role, int] = {}
    for role, messages in own.items():
        steps = [phase_1_step(one, role == starter) for one in messages]
        reached[role] = max((step for step in steps if step is not None), default=0)
    last = LAST[mode]
    sender, receiver = (starter, _OTHER[starter]) if mode == "aggressive" else (_OTHER[starter], starter)
    went_on = any(one.exchange in (QUICK, TRANSACTION) for one in own[receiver])
    said = logged(receiver, cookie)
    accepted = reached[sender] == last and (went_on or bool(said))
    if accepted:
        reached[receiver] = last
    lost = {one.payload for role in own for one in own[role] if one.payload not in arrived[role]}
    return Happened(cookie, starter, mode, reached, accepted, frozenset(lost))


def _logged(
    played: Played,
    role: Role,
    order: list[bytes],
    sent: dict[Role, list[Seen]],
    arrived: dict[Role, set[bytes]],
) -> dict[bytes, bool]:
    """Return what the log of one end says of each cookie: did phase 1 come up?

    A log names its SAs by numbers, in the order in which this end sent or received the first message.
    """
    numbers = list(dict.fromkeys(m[m.lastindex or 0] for m in _BEGUN.finditer(played.logs[role])))
    up = {m[m.lastindex or 0] for m in _ESTABLISHED.finditer(played.logs[role])}
    reached = {
        one.cookies[0] for one in sent[_OTHER[role]] if one.payload in arrived[_OTHER[role]]
    } | {one.cookies[0] for one in sent[role]}  # fmt: skip
    cookies = [cookie for cookie in order if cookie in reached]
    if len(cookies) != len(numbers):
        return {}
    return {cookie: number in up for cookie, number in zip(cookies, numbers, strict=True)}


def state_name(mode: str, reached: int) -> str | None:
    """Return the ASA's name of the state after the last message handled; None before the first."""
    if reached == 0:
        return None
    prefix = "MM" if mode == "main" else "AM"
    return f"{prefix}_ACTIVE" if reached == LAST[mode] else f"{prefix}_WAIT_MSG{reached + 1}"
