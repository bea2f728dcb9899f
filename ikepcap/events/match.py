"""Put exported events beside the negotiations they belong to, and say where the two agree.

Cookies decide where an event has them. Else the two addresses must be the same, ports where both have them;
of what is left, the negotiation that the event's time falls into, or the last one that began before it. A
host behind a NAT knows another address of itself than the capture: then its peer's and the time decide.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from ikepcap.events.model import (
    Agreement,
    Expected,
    ExtendedModeFailure,
    Header,
    MainModeFailure,
    NetEvent,
    QuickModeFailure,
    Side,
)
from ikepcap.events.numbers import error_name
from ikepcap.report.model import Conversation

BEFORE: Final = timedelta(seconds=5)
AFTER: Final = timedelta(minutes=5)
"""How much before a negotiation's first message and after its last an event of it can be: clocks differ, and
Windows waits before it gives up."""

_COMPARED: Final = (
    ("failurePoint", "failure_point"),
    ("keyingModuleType", "keying_module_type"),
    ("mmState", "mm_state"),
    ("qmState", "qm_state"),
    ("emState", "em_state"),
    ("saRole", "sa_role"),
    ("mmAuthMethod", "mm_auth_method"),
    ("endCertHash", "end_cert_hash"),
)


def agreements(
    events: Sequence[NetEvent], conversations: Sequence[Conversation], expected: Sequence[Expected]
) -> Iterator[Agreement]:
    """Yield each event with what the capture says to it, in the order of the events.

    Args:
        events: as exported.
        conversations: all of the report, those that came up too.
        expected: the records of both ends of all of them.
    """
    known = _Known(conversations, expected)
    for event in events:
        yield known.authip(event) if _is_authip(event) else known.agreement(event)


class _Known:
    """What the capture has, arranged for lookup."""

    def __init__(self, conversations: Sequence[Conversation], expected: Sequence[Expected]) -> None:
        self._by_ends: dict[frozenset[str], list[Conversation]] = {}
        self._behind_nat: dict[str, list[Conversation]] = {}
        """By the address of a peer whose other peer is behind a NAT, so that the host does not know it."""
        self._by_cookie: dict[str, Conversation] = {}
        self._records: dict[tuple[int, Side], list[Expected]] = {}
        self._authip = [one for one in expected if one.conversation is None]
        for one in conversations:
            ends = frozenset((one.initiator.address, one.responder.address))
            self._by_ends.setdefault(ends, []).append(one)
            self._by_cookie.setdefault(one.initiator_cookie, one)
            if one.nat.initiator_behind_nat:
                self._behind_nat.setdefault(one.responder.address, []).append(one)
            if one.nat.responder_behind_nat:
                self._behind_nat.setdefault(one.initiator.address, []).append(one)
        for record in expected:
            if record.conversation is not None:
                self._records.setdefault((record.conversation, record.side), []).append(record)

    def agreement(self, event: NetEvent) -> Agreement:
        """Compare an event of IKE with its negotiation."""
        found, why = self._find(event)
        if found is None:
            return Agreement(event, None, None, (), (), why)
        side = _side(event, found)
        same = [one for one in self._records.get((found.id, side), []) if _is_like(event, one)]
        if not same:
            return Agreement(event, found.id, side, (), _unexpected(event, found), why)
        # Of several quick modes that failed, the one that fits best.
        agrees, disagrees = min((_compare(event, one) for one in same), key=lambda pair: len(pair[1]))
        return Agreement(event, found.id, side, agrees, disagrees, why)

    def _find(self, event: NetEvent) -> tuple[Conversation | None, str]:
        """Return the negotiation of an event, and how it was found or why not."""
        header = event.header
        found = self._by_cookie.get(header.initiator_cookie or "")
        if found is not None:
            return found, "the initiator's cookie is the same"
        if header.local_address is None or header.remote_address is None:
            return None, "the event has neither cookies nor both addresses"
        among = self._by_ends.get(frozenset((header.local_address, header.remote_address)), [])
        if among:
            return _by_time(event, [one for one in among if _ports_fit(header, one)])
        found, why = _by_time(event, self._behind_nat.get(header.remote_address, []))
        return found, f"{why}; this host is behind the NAT" if found is not None else why

    def authip(self, event: NetEvent) -> Agreement:
        """Compare an event of AuthIP with what the capture shows of AuthIP between the same addresses."""
        ends = (event.header.local_address, event.header.remote_address)
        for one in self._authip:
            if (one.header.local_address, one.header.remote_address) == ends and _is_like(event, one):
                agrees, disagrees = _compare(event, one)
                why = "AuthIP between the same addresses"
                return Agreement(event, None, one.side, agrees, disagrees, why)
        return Agreement(event, None, None, (), (), "the capture shows no AuthIP between these that failed")


def _is_like(event: NetEvent, record: Expected) -> bool:
    return type(record.failure) is type(event.failure)


def _side(event: NetEvent, conversation: Conversation) -> Side:
    """Return at which end of a negotiation an event was logged; behind a NAT its peer's address tells."""
    header = event.header
    if conversation.initiator.address == header.local_address:
        return "initiator"
    if conversation.responder.address == header.local_address:
        return "responder"
    if header.remote_address in (conversation.initiator.address, conversation.responder.address):
        return "initiator" if header.remote_address == conversation.responder.address else "responder"
    return "responder" if event.failure.sa_role == "IKEEXT_SA_ROLE_RESPONDER" else "initiator"


def _by_time(event: NetEvent, among: list[Conversation]) -> tuple[Conversation | None, str]:
    """Return the negotiation that an event's time points to, and how."""
    if not among:
        return None, "the capture holds no negotiation between these addresses and ports"
    at = moment(event.header.time_stamp)
    if at is None:
        if len(among) == 1:
            return among[0], "the only negotiation between these addresses; the event has no time"
        return None, f"{len(among)} negotiations are between these addresses, and the event has no time"
    near: list[Conversation] = []
    for one in among:
        first, last = moment(one.first_time), moment(one.last_time)
        if first is not None and last is not None and at - first >= -BEFORE and at - last <= AFTER:
            near.append(one)
    if not near:
        return None, "no negotiation between these addresses is near in time; do the clocks differ?"
    # A role that fits comes first, then the negotiation that began last.
    fitting = [one for one in near if _role_fits(event, one)] or near
    began = [one for one in fitting if (moment(one.first_time) or at) <= at] or fitting[:1]
    return began[-1], "address and time fit"


def _role_fits(event: NetEvent, conversation: Conversation) -> bool:
    """Whether the event's role is that of its local address in a negotiation; quick modes have their own."""
    if isinstance(event.failure, QuickModeFailure) or event.failure.sa_role is None:
        return True
    began = _side(event, conversation) == "initiator"
    return began == (event.failure.sa_role == "IKEEXT_SA_ROLE_INITIATOR")


def _ports_fit(header: Header, conversation: Conversation) -> bool:
    """Whether the ports could be those of a negotiation, which may have moved from 500 to 4500."""
    peers = {peer.address: peer.port for peer in (conversation.initiator, conversation.responder)}
    return all(
        port is None or port in (500, 4500, 0) or peers.get(address or "") in (port, 500, 4500)
        for address, port in (
            (header.local_address, header.local_port),
            (header.remote_address, header.remote_port),
        )
    )


def _unexpected(event: NetEvent, conversation: Conversation) -> tuple[str, ...]:
    """Return what speaks against a failure that the capture does not show."""
    if isinstance(event.failure, MainModeFailure) and conversation.outcome == "established":
        return ("the host logged a failure, and the capture shows that phase 1 came up",)
    if isinstance(event.failure, QuickModeFailure) and conversation.exchanges:
        return ("the host logged a failure, and the capture shows no quick mode that failed",)
    return ()


def _compare(event: NetEvent, expected: Expected) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the members that agree, and a sentence for each that does not; None says nothing."""
    agrees: list[str] = []
    disagrees: list[str] = []
    logged, shown = event.failure.failure_error_code, expected.failure.failure_error_code
    fits = tuple(code for code in (shown, *expected.other_codes) if code is not None)
    if logged in fits:
        agrees.append("failureErrorCode")
    elif logged is not None and fits:
        likely = ", ".join(map(_code, fits))
        disagrees.append(f"failureErrorCode: the host logged {_code(logged)}, the capture fits {likely}")
    for member, field in _COMPARED:
        said, seen = getattr(event.failure, field, None), getattr(expected.failure, field, None)
        if said is None or seen is None:
            continue
        if said == seen:
            agrees.append(member)
        else:
            disagrees.append(f"{member}: the host logged {said}, the capture shows {seen}")
    return tuple(agrees), tuple(disagrees)


def _is_authip(event: NetEvent) -> bool:
    module = getattr(event.failure, "keying_module_type", None)
    return isinstance(event.failure, ExtendedModeFailure) or module == "IKEEXT_KEY_MODULE_AUTHIP"


def moment(text: str | None) -> datetime | None:
    """Return a time of a report or an export; None where it is none. Without a zone it is taken as UTC."""
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _code(code: int) -> str:
    return f"{code} {error_name(code) or ''}".rstrip()
