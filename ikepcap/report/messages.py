"""The list of messages of a conversation, in frame order."""

from collections.abc import Iterator, Sequence
from typing import Final

from ikepcap.diagnose.wording import ROLES, address
from ikepcap.report import model
from ikepcap.report.clock import timestamp
from ikepcap.state.course import LATE, Place
from ikepcap.state.dialects import states
from ikepcap.state.exchanges import PREFIX
from ikepcap.state.infer import Standing
from ikepcap.track.conversation import Conversation, Seen
from ikepcap.wire.numbers import exchange_name, notify_name, payload_name

_LISTED: Final = 200
"""Payloads and defects listed of one message."""


def message_lines(conversation: Conversation, standing: Standing) -> tuple[model.MessageLine, ...]:
    """Return every message with its step, its kind, and both peers' progress after it."""
    return tuple(_lines(conversation, standing))


def history(conversation: Conversation, standing: Standing, side: int) -> tuple[model.Reached, ...]:
    """Return the states that one peer was seen to go through, in order.

    They begin with the first message that shows how far it is, and follow `message_lines`: what is concluded
    afterwards, of a peer whose messages were not captured for one, is in the peer's own state.
    """
    mode, role = standing.course.mode, ROLES[side]
    seen, reached = conversation.seen, list[model.Reached]()
    places, steps = _places(standing)
    for message, progress in zip(seen, _progress(seen, standing, places, steps), strict=True):
        now = progress[side]
        if now is not None and (not reached or now != reached[-1].progress):
            reached.append(model.Reached(message.frame, now, states(mode, role, now)))
    return tuple(reached)


def _lines(conversation: Conversation, standing: Standing) -> Iterator[model.MessageLine]:
    seen = conversation.seen
    start_ns = seen[0].time_ns
    places, steps = _places(standing)
    running = _progress(seen, standing, places, steps)
    for index, (message, progress) in enumerate(zip(seen, running, strict=True)):
        place = places[index]
        step = place.step if index not in steps else None
        encrypted = message.is_encrypted
        first = seen[message.copy_of].frame if message.copy_of >= 0 else None
        ends = conversation.initiator, conversation.responder
        yield model.MessageLine(
            frame=message.frame,
            time=timestamp(message.time_ns),
            sender=ROLES[message.sender],
            step=steps.get(index) or (f"MSG{step}" if step is not None else None),
            kind=place.kind,  # type: ignore[arg-type]
            retransmission_of=first if place.kind != LATE else None,
            encrypted=encrypted,
            decrypted=None,
            payloads=() if encrypted else tuple(map(payload_name, message.payloads[:_LISTED])),
            defects=tuple(f"octet {d.offset}: {d.fault}: {d.detail}" for d in message.defects[:_LISTED]),
            exchange=exchange_name(message.exchange),
            message_id=f"{message.message_id:08x}",
            offset_ns=message.time_ns - start_ns,
            size_bytes=message.wire_bytes,
            source=_endpoint(ends[message.sender], message.source_port),
            destination=_endpoint(ends[1 - message.sender], message.destination_port),
            initiator_state=progress[0],
            responder_state=progress[1],
            why=place.why or None,
            notifies=_notifies(message),
            fragment_frames=message.fragment_frames,
        )


def _places(standing: Standing) -> tuple[list[Place], dict[int, str]]:
    """Return every message's place, and the step names of those in later exchanges by index."""
    places = list(standing.course.places)
    steps: dict[int, str] = {}
    for exchange in standing.later:
        prefix = PREFIX.get(exchange.kind)
        for index, step, place in zip(exchange.indexes, exchange.steps, exchange.places, strict=True):
            places[index] = place
            steps[index] = f"{prefix}{step}" if prefix else "INFO"
    return places, steps


def _progress(
    seen: Sequence[Seen], standing: Standing, places: list[Place], steps: dict[int, str]
) -> Iterator[tuple[int | None, int | None]]:
    """Yield how far initiator and responder were after each message; None while unknown."""
    progress: list[int | None] = [None, None]
    final = standing.course.final
    for index, message in enumerate(seen):
        step = places[index].step if index not in steps else None
        if step is not None and not message.cookie_differs:
            progress[message.sender] = max(step, progress[message.sender] or 0)
            if step == final and standing.outcome == "established":
                progress[1 - message.sender] = final
        yield progress[0], progress[1]


def _notifies(message: Seen) -> tuple[str, ...]:
    return tuple(notify_name(notice.type) for notice in message.clear.notices)


def _endpoint(octets: bytes, port: int) -> str:
    text = address(octets)
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"
