"""Layer and decoder say the same of any octets, and what was read is built to the octet."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ikepcap
from ikepcap.testing.layers import disagreements
from ikepcap.wire import build
from ikepcap.wire.bodies import BODIES
from ikepcap.wire.codec import Attributes, Body, Chain, Declared, Integer, Take, declared
from ikepcap.wire.layers import ISAKMP, Part
from ikepcap.wire.message import HEADER_BYTES
from tests.property.test_round_trip import bodies

CAPTURES = sorted((Path(__file__).parents[2] / "captures").glob("*.pcap*"))
if os.environ.get("IKEPCAP_CORPUS"):
    CAPTURES += sorted(Path(os.environ["IKEPCAP_CORPUS"]).glob("*.pcap*"))
NAT_T = bytes.fromhex("4a131c81070358455c5728f20e95452f")
KINDS = {body: kind for kind, body in BODIES.items()}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_messages_of_captures_are_built_as_they_were_read(path: Path) -> None:
    for found in ikepcap.messages(path):
        data = found.message.data
        assert list(disagreements(data)) == []
        layer: Any = found.message.layer
        layer.clear_cache()
        assert bytes(layer) == data
        assert set(found.message.defects) <= set(layer.defects)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_frames_of_captures_hold_the_messages_that_are_read(path: Path) -> None:
    """Whole datagrams only: fragments come as they are."""
    messages = {
        m.datagram.frame: m.message.data for m in ikepcap.messages(path) if not m.datagram.fragment_frames
    }
    found = {}
    for frame, packet in enumerate(ikepcap.packets(path), 1):
        assert bytes(packet) == packet.original
        if ISAKMP in packet:
            found[frame] = packet[ISAKMP].octets()
            packet.clear_cache()
            assert found[frame] in bytes(packet)
    assert found == messages


@given(st.lists(bodies(), min_size=1, max_size=4), st.binary(max_size=6))
def test_declared_bodies_are_read_and_built(made: list[Any], tail: bytes) -> None:
    parts = [build.raw(KINDS[type(body)], build.encode(body)) for body in made]
    data = build.message(parts, initiator_cookie=bytes(8)) + tail
    assert list(disagreements(data)) == []


@given(st.lists(bodies(), min_size=1, max_size=4), st.data())
def test_broken_messages_are_read_and_built(made: list[Any], source: st.DataObject) -> None:
    parts = [build.raw(KINDS[type(body)], build.encode(body)) for body in made]
    data = bytearray(build.message(parts, initiator_cookie=bytes(8)))
    for _ in range(source.draw(st.integers(1, 4))):
        at = source.draw(st.integers(16, len(data) - 1))
        data[at] = source.draw(st.sampled_from((0, 1, 2, 3, 4, 5, 0x7F, 0x80, 0xFF)))
    cut = source.draw(st.integers(0, len(data)))
    assert list(disagreements(bytes(data))) == []
    assert list(disagreements(bytes(data[:cut]))) == []


@given(st.lists(st.binary(max_size=24), min_size=1, max_size=5), st.data())
def test_payloads_of_authip_gdoi_and_the_drafts_are_read_and_built(
    made: list[bytes], source: st.DataObject
) -> None:
    kinds = st.sampled_from((1, 11, 15, 16, 17, 18, 19, 22, 129, 133, 134, 135, 136, 137))
    parts = [build.raw(source.draw(kinds), body) for body in made]
    told = (build.vendor_id(NAT_T), build.raw(1, bytes.fromhex("0000000200000000")), build.nonce(b"n" * 8))
    data = build.message(
        [source.draw(st.sampled_from(told)), *parts],
        initiator_cookie=bytes(8),
        exchange=source.draw(st.sampled_from((2, 5, 32, 33, 243, 246))),
    )
    assert list(disagreements(data)) == []


@given(st.binary(max_size=HEADER_BYTES + 100))
def test_any_octets_are_read_and_built(data: bytes) -> None:
    assert list(disagreements(data)) == []


@given(st.lists(bodies(), min_size=2, max_size=5), st.data())
def test_a_message_without_one_of_its_payloads_is_valid(made: list[Any], source: st.DataObject) -> None:
    """Whatever was deleted, the rest is read again as it was."""
    parts = [build.raw(KINDS[type(body)], build.encode(body)) for body in made]
    layer = ISAKMP(build.message(parts, initiator_cookie=bytes(8)))
    gone = source.draw(st.integers(0, len(made) - 1))
    del layer.payloads[gone]
    del parts[gone]
    assert bytes(layer) == build.message(parts, initiator_cookie=bytes(8))


@given(st.lists(bodies(), min_size=1, max_size=3), st.data())
def test_an_edit_is_sent_and_nothing_else_changes(made: list[Any], source: st.DataObject) -> None:
    """Read back by the decoder, which knows nothing of the layer."""
    kinds = [KINDS[type(body)] for body in made]
    parts = [build.raw(kind, build.encode(body)) for kind, body in zip(kinds, made, strict=True)]
    layer = ISAKMP(build.message(parts, initiator_cookie=bytes(8)))
    which = source.draw(st.integers(0, len(made) - 1))
    body: Body = made[which]
    field = source.draw(st.sampled_from([f for f in declared(type(body)) if is_free(f, type(body))]))
    if isinstance(field.word, Integer):
        value: Any = source.draw(st.integers(0, 256**field.word.size - 1))
    else:
        value = source.draw(st.binary(max_size=40))
    setattr(layer.payloads[which], field.name, value)
    sizes = {field.word.length: len(value)} if isinstance(field.word, Take) else {}
    made[which] = msgspec.structs.replace(body, **{field.name: value}, **sizes)
    parts = [build.raw(kind, build.encode(one)) for kind, one in zip(kinds, made, strict=True)]
    assert bytes(layer) == build.message(parts, initiator_cookie=bytes(8))


def is_free(field: Declared, body: type[Body]) -> bool:
    """Tell a plain field from numbers that follow from another one, and from lists."""
    word = field.word
    if isinstance(word, Integer):
        taken = {
            name for f in declared(body) if isinstance(f.word, Take) for name in (f.word.length, f.word.times)
        }
        return not (word.length_of or word.count_of or field.name in taken)
    return not isinstance(word, Attributes | Chain) and not (isinstance(word, Take) and word.times)


@given(bodies())
def test_a_payload_is_read_alone(body: Any) -> None:
    data = build.chain([build.raw(KINDS[type(body)], build.encode(body))])
    part = ISAKMP(
        build.message([build.raw(KINDS[type(body)], build.encode(body))], initiator_cookie=bytes(8))
    )
    alone = type(part.payloads[0])(data)
    assert isinstance(alone, Part)
    assert bytes(alone) == data
