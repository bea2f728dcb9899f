"""Findings about the capture as a whole."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from ikepcap.capture.datagram import CaptureFacts, LostFragments
from ikepcap.diagnose.finding import Finding
from ikepcap.diagnose.wording import address, copies, frames, span
from ikepcap.state.waiting import PATIENCE_NS


def whole_findings(
    facts: CaptureFacts,
    malformed: Sequence[tuple[int, str]],
    malformed_count: int,
    time_steps_back: Sequence[int],
    lone: Sequence[int],
    lone_count: int,
    messages_left_out: int,
    authip: int,
    lost: Sequence[LostFragments] = (),
) -> tuple[Finding, ...]:
    """Return what is to be said of the run; see the report contract for the codes.

    `authip` is the number of AuthIP messages beside IKEv1's, `lost` what came in part of first messages
    between peers that have no negotiation.
    """
    found = list(_came_in_part(facts, lost))
    for file in facts.files:
        name = PurePath(file.name).name
        if file.cut is not None:
            claim = f"{name} ends early and was read as far as it goes: {file.cut}."
            last = file.first_frame + file.frames - 1
            found.append(Finding("cut-file", "proven", claim, (last,) if file.frames else (), (file.cut,)))
        if file.unread_links:
            evidence = tuple(f"{count} frames of link type {link}" for link, count in file.unread_links)
            claim = f"{name} has frames of a link type that is not known here: they were not read."
            found.append(Finding("unknown-link-type", "proven", claim, (), evidence))
    if lone_count:
        claim = f"{lone_count} more single MSG1 with as many cookies, none followed up: a scan or a flood."
        shown = frames(lone)
        evidence = (f"Counted, not listed; the first are in frames {', '.join(map(str, shown))}",)
        found.append(Finding("probe", "likely", claim, shown, evidence))
    if authip:
        claim = "Windows hosts tried AuthIP too: what IKEv1 does is to be judged by itself."
        evidence = (f"{authip} messages of exchange types 243 to 246, counted and left out",)
        found.append(Finding("authip-coexistence", "proven", claim, (), evidence))
    if facts.truncated_frames:
        claim = "IKE datagrams were captured in part: the capture's snaplen cut them."
        evidence = (f"{facts.truncated_frames} datagrams are shorter than they were on the wire",)
        if facts.cut_headers:
            claim = "IKE datagrams were captured in part, some without a whole ISAKMP header: the capture's "
            claim += "snaplen cut them."
            evidence += (f"{facts.cut_headers} end within the header: that they are IKE's is all they tell",)
        settles = "Capture with 'tcpdump -s 0'."
        found.append(Finding("truncated-frames", "proven", claim, (), evidence, (), settles))
    if facts.evicted_fragments:
        claim = "Incomplete fragment sets were given up early to keep memory bounded."
        evidence = (f"{facts.evicted_fragments} sets; what completes later was not put together",)
        found.append(Finding("fragments-given-up", "proven", claim, (), evidence))
    if time_steps_back:
        claim = "Time steps back between frames: captures were merged, or a clock was set."
        shown = frames(time_steps_back)
        count = len(time_steps_back)
        evidence = (f"{count} step{'s' if count > 1 else ''}, the first at frame {shown[0]}",)
        found.append(Finding("time-steps-back", "proven", claim, shown, evidence))
    if malformed_count:
        claim = (
            f"{malformed_count} message{'s' if malformed_count > 1 else ''} on IKE ports fit no negotiation."
        )
        evidence = tuple(f"Frame {frame}: {why}" for frame, why in malformed[:8])
        numbers = frames(frame for frame, _ in malformed)
        found.append(Finding("malformed-messages", "proven", claim, numbers, evidence))
    if messages_left_out:
        claim = f"{messages_left_out} messages are counted in their conversations and not listed one by one."
        evidence = ("The list of messages is bounded; --peer and --cookie do not change that, a cut does",)
        found.append(Finding("messages-not-listed", "proven", claim, (), evidence))
    return tuple(found)


def _came_in_part(facts: CaptureFacts, lost: Sequence[LostFragments]) -> Iterator[Finding]:
    """Fragments of MSG1 come again and again, never all of them: there is no negotiation to speak of."""
    end_ns = max((file.last_ns for file in facts.files if file.last_ns is not None), default=0)
    tries: dict[tuple[bytes, bytes, bytes], list[LostFragments]] = {}
    for one in lost:
        if end_ns - one.last_ns >= PATIENCE_NS:  # the rest would have come
            tries.setdefault((one.source, one.destination, one.data[:8]), []).append(one)
    for (source, destination, cookie), sets in tries.items():
        if len(sets) == 1:
            continue  # one may be the capture's own loss; who gets no answer sends it again
        sender = address(source)
        first, elapsed_ns = sets[0], sets[-1].first_ns - sets[0].first_ns
        of = f"fragment{'s' if len(first.frames) > 1 else ''}"
        yield Finding(
            "fragments-lost", "likely",
            f"MSG1 of {sender} to {address(destination)} came in part only, each time: fragments of it are "
            "missing.",
            frames(frame for one in sets for frame in one.frames),
            (
                f"Sent {copies(len(sets))} in {span(elapsed_ns)}, cookie {cookie.hex()}",
                f"Of the first sending {first.captured_bytes} octets are there, in {len(first.frames)} {of}",
                "No negotiation of these peers is in the capture",
            ),
            ("one-sided",),
            f"Capture at {sender}: do all fragments leave there? MSG1 with fewer proposals is in one piece.",
        )  # fmt: skip
