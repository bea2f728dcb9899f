"""What is written with a stencil is what is written in full."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import ikepcap.api
from ikepcap.renderers.jsonout import conversation_line, indented
from ikepcap.renderers.selection import is_faulty
from ikepcap.renderers.stencil import Stencils
from ikepcap.report.alike import Alike
from ikepcap.report.model import Conversation
from ikepcap.testing import Frame, pcap
from tests.report.scene import copied, in_order
from tests.state.test_judge import kinds, nothing_remembered

Written = dict[int, tuple[bytes, bytes, bool]]
"""By number: as it stands in the document, as a line, whether it is at fault."""


def told(frames: list[Frame]) -> list[Conversation | Alike]:
    """Return the conversations in these frames, those alike as they are."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.pcap")
        path.write_bytes(pcap(frames))
        return list(ikepcap.api.conversations(path, keep_messages=False, strict=True).told())


def in_full(frames: list[Frame]) -> Written:
    with nothing_remembered():
        found = told(frames)
    assert not any(isinstance(one, Alike) for one in found)
    return {c.id: (indented(c), conversation_line(c), is_faulty(c)) for c in found}  # type: ignore[arg-type]


def with_stencils(frames: list[Frame]) -> tuple[Written, int]:
    """Return what is written, and how many of them with a stencil."""
    document, lines = Stencils(indented), Stencils(conversation_line)
    written: Written = {}
    found = told(frames)
    for one in found:
        text, at_fault = document.written(one)
        written[one.id] = (text, lines.written(one)[0], at_fault)
    cut = [kind for kind, stencil in document._known.items() if stencil is not None]
    return written, sum(isinstance(one, Alike) and one.kind in cut for one in found)


def frames_of(*firsts: int) -> list[Frame]:
    return in_order([frame for first in firsts for play in kinds(first) for frame in play.frames])


def test_healthy_conversations_are_written_with_a_stencil_from_the_second_on() -> None:
    frames = frames_of(0, 20, 40)
    written, alike = with_stencils(frames)
    assert written == in_full(frames)
    assert alike == 12  # of the six kinds that are healthy, two each


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_happens_to_frames_the_text_is_the_same(data: st.DataObject) -> None:
    frames = frames_of(0, 20)
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(0, len(frames) - 1))
        what = data.draw(st.sampled_from(["lose", "repeat", "break"]))
        if what == "lose" and len(frames) > 1:
            del frames[at]
        elif what == "repeat":
            frames.insert(at + 1, copied(frames[at], data.draw(st.sampled_from([0.01, 900.0]))))
        elif what == "break":
            packet = bytearray(frames[at].packet)
            octet = data.draw(st.integers(28, len(packet) - 1))
            packet[octet] ^= 1 << data.draw(st.integers(0, 7))
            frames[at] = Frame(frames[at].time_ns, bytes(packet))
    assert with_stencils(frames)[0] == in_full(frames)


def test_a_kind_whose_text_has_a_mark_in_it_is_written_in_full() -> None:
    """Whoever sends a vendor ID decides what it says, and may know how this program works."""
    first, second = [one for one in told(frames_of(0, 20)) if isinstance(one, Alike)][:2]
    specimen = first.kind.specimen
    named = replace(specimen.initiator, implementation=f"Peer {first.kind.marks[-1]}")
    kind = replace(first.kind, specimen=replace(specimen, initiator=named))
    like = [replace(one, kind=kind, entry=lambda one=one: one.entry()) for one in (first, second)]
    stencils = Stencils(indented)
    assert [stencils.written(one)[0] for one in like] == [indented(one.entry()) for one in like]
    assert list(stencils._known.values()) == [None]
