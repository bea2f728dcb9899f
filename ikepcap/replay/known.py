"""What is known of negotiations that an engine took part in: what it wanted, sent, got and concluded.

Nothing here is inferred as a reader of the wire has to: steps are told by the header and the first payloads
of what was recorded, how it ended by the engine. What neither tells is None.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

from ikepcap.keys.facts import INITIATOR
from ikepcap.replay.later import read_notices
from ikepcap.replay.policy import EXCHANGES, Mode
from ikepcap.replay.record import MARKER, Captured, Recorded, Side
from ikepcap.replay.session import Session
from ikepcap.wire.message import NO_COOKIE, Message, parse
from ikepcap.wire.numbers import Exchange, NotifyType, Payload, auth_kind

LAST: Final[dict[Mode, int]] = {"main": 6, "aggressive": 3}
_IKE_PORT: Final = 500
_MODES: Final[dict[int, Mode]] = {number: mode for mode, number in EXCHANGES.items()}
_LATER: Final[dict[int, tuple[str, int]]] = {
    Exchange.QUICK: ("quick", 3), Exchange.TRANSACTION: ("transaction", 2),
}  # fmt: skip
"""Exchanges after phase 1, and how many messages they have."""


class KnownExchange(Struct, frozen=True):
    """An exchange after phase 1."""

    kind: str
    last_message: int
    is_complete: bool
    """All of its messages were seen, none of them twice."""


class Known(Struct, frozen=True, kw_only=True):
    """One negotiation."""

    initiator: str
    responder: str
    mode: Mode
    auth: str | None = None
    outcome: Literal["established", "stalled", "refused"] | None = None
    """Of phase 1."""
    last_message: int | None = None
    """The highest of phase 1 that was sent or came in."""
    own_side: Side
    own_step: int | None = None
    """The last message of phase 1 that the engine sent or accepted, whatever it has forgotten since."""
    exchanges: tuple[KnownExchange, ...] | None = None
    is_up: bool = False
    """Everything came up, and nothing was to go wrong afterwards."""
    codes: tuple[str, ...] | None = None
    """Findings of which any names the fault that was asked for and happened."""


class _Heard(Struct):
    """The messages of one negotiation."""

    first: Captured
    messages: list[tuple[bool, Message]]
    """Whether the initiator sent it."""


def known(record: Iterable[Recorded], sessions: Mapping[bytes, Session], own_side: Side) -> tuple[Known, ...]:
    """Return what is known of every negotiation of a record, in order of their first datagrams.

    Args:
        record: all that was sent and came in.
        sessions: those that the engine still has, by the initiator's cookie.
        own_side: the role of the engine.
    """
    found: dict[bytes, _Heard] = {}
    datagrams = (one for one in record if isinstance(one, Captured))
    for one in sorted(datagrams, key=lambda one: one.time_ns):
        message = parse(one.payload.removeprefix(MARKER))
        if message is None or message.version >> 4 != 1 or message.initiator_cookie == NO_COOKIE:
            continue
        heard = found.setdefault(message.initiator_cookie, _Heard(one, []))
        heard.messages.append((one.sender == heard.first.sender, message))
    return tuple(
        _known(heard, sessions.get(cookie), own_side)
        for cookie, heard in found.items()
        if heard.messages[0][1].exchange in _MODES
    )


def _known(heard: _Heard, session: Session | None, own_side: Side) -> Known:
    mode = _MODES[heard.messages[0][1].exchange]
    bare = Known(
        initiator=heard.first.source.address, responder=heard.first.destination.address, mode=mode,
        own_side=own_side,
    )  # fmt: skip
    if session is None:
        return bare
    steps = [_step(message, mode, is_first) for is_first, message in heard.messages]
    outcome = _outcome(heard, session, mode, steps)
    is_in_pieces = any(message.next_payload == Payload.FRAGMENT for _, message in heard.messages)
    # Of a message in fragments the steps tell only where the engine put them together.
    last = max((step for step in steps if step), default=0)
    last_message = LAST[mode] if outcome == "established" else None if is_in_pieces else last or None
    return Known(
        initiator=bare.initiator, responder=bare.responder, mode=mode, own_side=own_side,
        auth=None if session.suite is None else auth_kind(session.suite.auth),
        outcome=outcome if last_message is not None else None,
        last_message=last_message,
        own_step=_own_step(heard, session, mode, steps),
        exchanges=_exchanges(heard) if outcome == "established" else None,
        # Whoever asks whether the peer is alive may learn that it is not, or be told nothing.
        is_up=session.is_established and not session.behaviour.deaf_to_dpd
        and session.policy.dpd_s is session.behaviour.dead_after_s is None,
        codes=session.behaviour.codes if _went_wrong(session) and _can_be_seen(heard, session) else None,
    )  # fmt: skip


def _step(message: Message, mode: Mode, from_initiator: bool) -> int | None:
    """Return which message of phase 1 it is, by its first payloads and who sent it."""
    if message.exchange != EXCHANGES[mode] or message.message_id:
        return None
    if message.is_encrypted:
        place: int | None = 2 if mode == "main" else 1
    else:
        kinds = message.payload_types()
        place = (
            0 if Payload.SA in kinds else 1 if {Payload.KE, Payload.HASH, Payload.SIG} & set(kinds) else None
        )
    if place is None or (mode == "aggressive" and not from_initiator and place):
        return None
    return 2 * place + (1 if from_initiator else 2)


def _outcome(
    heard: _Heard, session: Session, mode: Mode, steps: list[int | None]
) -> Literal["established", "stalled", "refused"] | None:
    """Return how phase 1 ended: what the engine proved, or what was said, or nothing but copies."""
    if not session.expects:  # also where it was deleted since
        takes_last = (mode == "main") == (session.role == INITIATOR)
        other = session.role != INITIATOR
        went_on = any(message.exchange in _LATER for is_first, message in heard.messages if is_first == other)
        return "established" if takes_last or went_on else None
    if any(_refuses(message) for _, message in heard.messages):
        return "refused"
    sent = [message.data for (_, message), step in zip(heard.messages, steps, strict=True) if step]
    return "stalled" if len(set(sent)) < len(sent) else None


def _refuses(message: Message) -> bool:
    """Whether a message may end phase 1: an error in the clear, or whatever is encrypted."""
    if message.exchange != Exchange.INFORMATIONAL:
        return False
    kinds = [one.kind for one in read_notices(message).notices] if not message.is_encrypted else []
    return message.is_encrypted or any(
        kind < NotifyType.CONNECTED and kind != NotifyType.MS_NOTIFY_DOS_COOKIE for kind in kinds
    )


def _own_step(heard: _Heard, session: Session, mode: Mode, steps: list[int | None]) -> int | None:
    if not session.expects:  # also where it was deleted since
        return LAST[mode]
    if session.role == INITIATOR:
        return session.expects - 1
    own = [step for (is_first, _), step in zip(heard.messages, steps, strict=True) if step and not is_first]
    return max(own, default=None)


def _exchanges(heard: _Heard) -> tuple[KnownExchange, ...]:
    found: dict[tuple[int, int], list[bytes]] = {}
    for _, message in heard.messages:
        if message.exchange in _LATER:
            found.setdefault((message.exchange, message.message_id), []).append(message.data)
    made = []
    for (exchange, _), sent in found.items():
        kind, most = _LATER[exchange]
        last = min(len(set(sent)), most)
        made.append(KnownExchange(kind, last, last == most and len(sent) == most))
    return tuple(made)


def _can_be_seen(heard: _Heard, session: Session) -> bool:
    """Whether a reader of the record can find out.

    Of the ports of NAT traversal one knows those of RFC 3947 §4; that nothing follows XAUTH takes longer to
    see than anybody waits who was told that the user is not let in.
    """
    if session.behaviour.refuses_user:
        return False
    return not session.behaviour.deaf_to_natt or heard.first.destination.port == _IKE_PORT


def _went_wrong(session: Session) -> bool:
    """Whether a fault that was asked for had its effect: it did not come up."""
    return bool(session.behaviour.codes) and not session.is_established
