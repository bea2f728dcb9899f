"""What a scrubbed capture no longer holds, and what it still does."""

import struct
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from random import Random

import pytest

import ikepcap
from ikepcap.capture.records import Record, Records
from ikepcap.capture.write import Hop, ip_packets, udp_packets
from ikepcap.scrub.run import SHIFTED_NS, Scrub
from ikepcap.testing import Frame, LinkType, Play, pcap
from ikepcap.wire import build
from ikepcap.wire.message import Message
from ikepcap.wire.numbers import Exchange, Payload
from ikepcap.wire.vendor import IOS_XOR, lookup

A, B = "10.20.30.40", "172.31.77.99"
IDENTITY = b"gateway.of-somebody.test"
IOS_UNKNOWN = bytes(range(0x90, 0x98))
CONNECTION_NAME = b"a company's own vendor id"
WINDOW = 5
"""So many octets of an original in the output are no accident."""


def scrubbed(tmp_path: Path, data: bytes, **options: object) -> tuple[Path, Scrub]:
    path, out = tmp_path / "in.pcap", tmp_path / "out.pcap"
    path.write_bytes(data)
    run = Scrub(str(path), seed=b"seed", **options)  # type: ignore[arg-type]  # options of a test
    out.write_bytes(b"".join(run.chunks()))
    return out, run


def records(path: Path) -> list[Record]:
    return list(Records([path]))


def one_message(data: bytes, *, port: int = 500, link: LinkType = 1) -> bytes:
    frames = [Frame(10**18, packet) for packet in udp_packets(Hop(A, B), port, port, data)]
    return pcap(frames, link=link)


def message_of(path: Path) -> Message:
    (found,) = ikepcap.messages(path)
    return found.message


def phase_1(*parts: build.Part, exchange: int = Exchange.AGGRESSIVE, answered: bool = True) -> bytes:
    cookies = b"\x11ikokkie", b"\x22rkokkie"
    return build.message(
        parts,
        initiator_cookie=cookies[0],
        responder_cookie=cookies[1] if answered else bytes(8),
        exchange=exchange,
    )


def windows(secrets: Iterable[bytes]) -> set[bytes]:
    return {one[at : at + WINDOW] for one in secrets for at in range(len(one) - WINDOW + 1)}


# What must be gone.


def test_nothing_that_identifies_is_left(tmp_path: Path) -> None:
    play = Play(
        initiator=A, responder=B, nat="initiator", outside="100.77.66.55", mode="aggressive",
        identity=IDENTITY, auth="rsa-sig", clear_msg3=True, vendor_ids=((CONNECTION_NAME,), ()), seed=3,
    )  # fmt: skip
    data = play.phase1().quick(1, 2, 3).icmp(3, 3).pcap()
    out, _ = scrubbed(tmp_path, data)
    left = out.read_bytes()
    assert [address for address in (A, B, "100.77.66.55") if ip_address(address).packed in left] == []
    bodies = [
        found.message.data[span.body : span.end]
        for found in ikepcap.messages(tmp_path / "in.pcap")
        for span in found.message.spans
        if span.type != Payload.SA
        and (span.type != Payload.VENDOR_ID or not lookup(body_of(found.message, span)))
    ]
    sealed = [m.message.data[28:] for m in ikepcap.messages(tmp_path / "in.pcap") if m.message.is_encrypted]
    secrets = [*bodies, *sealed, IDENTITY, play.cookies[:8], play.cookies[8:]]
    assert len(bodies) > 10
    assert sealed
    # The first octets of an identity are its type and port, which stay.
    assert [one for one in windows(secrets) if one in left and any(one) and one[0] > 17] == []
    macs = {record.data[at : at + 6] for record in records(tmp_path / "in.pcap") for at in (0, 6)}
    assert [mac for mac in macs if mac in left] == []


def body_of(message: Message, span: object) -> bytes:
    return message.data[span.body : span.end]  # type: ignore[attr-defined]  # a Span


def test_other_traffic_padding_options_and_comments_are_gone(tmp_path: Path) -> None:
    secret = b"somebody's secret data"
    msg1 = phase_1(build.sa([]), exchange=Exchange.MAIN, answered=False)
    (good,) = udp_packets(Hop(A, B), 500, 500, msg1)
    with_options = (
        b"\x47" + good[1:2] + (len(good) + 8).to_bytes(2) + good[4:20] + b"\x83\x08secret" + good[20:]
    )
    frames = [
        Frame(1_000, ip_packets(Hop(A, B), 6, secret)[0]),
        Frame(2_000, udp_packets(Hop(A, B), 53, 53, secret)[0]),
        Frame(3_000, udp_packets(Hop(A, B), 500, 500, secret + secret)[0]),  # no header that anyone knows
        Frame(4_000, ip_packets(Hop(A, B), 47, bytes(2) + b"\x08\0" + good)[0]),  # in a tunnel
        Frame(5_000, with_options),
        Frame(6_000, good + secret),
        Frame(7_000, ip_packets(Hop(A, B), 50, b"\0\0\1\1\0\0\0\7" + secret)[0]),
        Frame(8_000, udp_packets(Hop(A, B), 4500, 4500, b"\0\0\1\1\0\0\0\7" + secret)[0]),
    ]
    out, run = scrubbed(tmp_path, pcap(frames))
    left = out.read_bytes()
    assert b"secret" not in left
    assert [record.time_ns // 1000 for record in records(out)] == [5, 6, 7, 8]
    assert run.removed == {"not IKE": 2, "not understood": 2}
    assert ikepcap.analyze(out).source.skipped.esp == 2
    cut = records(out)[2]
    assert (len(cut.data), cut.wire_bytes) == (14 + 20 + 8, 14 + 20 + 8 + len(secret))
    assert cut.data[-4:] == b"\0\0\0\7"


def test_names_and_comments_of_pcapng_are_gone(tmp_path: Path) -> None:
    from ikepcap.testing import pcapng

    comment = b"seen at Somebody's"
    option = struct.pack("<HH", 1, len(comment)) + comment + bytes(-len(comment) % 4) + bytes(4)
    data = pcapng(Play(seed=1).msg1().frames)
    section = struct.pack("<IIIHHq", 0x0A0D0D0A, 28 + len(option), 0x1A2B3C4D, 1, 0, -1)
    data = section + option + (28 + len(option)).to_bytes(4, "little") + data[28:]
    name = b"\1\0\x16\0\x0a\x14\x1e\x28www.somebody.test\0\0\0\0\0\0\0"  # a name resolution block
    size = (12 + len(name)).to_bytes(4, "little")
    out, _ = scrubbed(tmp_path, data + struct.pack("<I", 4) + size + name + size)
    assert len(records(out)) == 1
    assert b"omebody" not in out.read_bytes()


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        (build.identity(b"vpn.somebody.test"), b"\2\0\0\0"),
        (build.identity(b"me@somebody.test", kind=3), b"\3\0\0\0"),
        (build.identity(b"GROUPNAME1", kind=11), b"\x0b\0\0\0"),
        (build.identity(b"\x0a\x14\x1e\x28\xff\xff\xff\0", kind=4), b"\4\0\0\0"),
        (build.certificate(bytes(range(1, 60))), b"\4"),
        (build.notify(14, data=b"no suite for somebody"), b"\0\0\0\1\1\0\0\x0e"),
        (build.raw(77, b"private to somebody"), b""),
        (build.configuration(1, [build.tlv(16521, b"somebody")]), b"\1\0\0\0\x40\x89\0\x08"),
        (build.configuration(1, [build.tlv(16522, b"his password")]), b"\1\0\0\0\x40\x8a\0\x0c"),
    ],
)
def test_a_payload_keeps_its_form_and_loses_its_content(
    tmp_path: Path, part: build.Part, kept: bytes
) -> None:
    data = phase_1(build.ke(b"k" * 32), build.nonce(b"n" * 16), part)
    out, _ = scrubbed(tmp_path, one_message(data))
    message = message_of(out)
    span = message.spans[-1]
    body = message.data[span.body : span.end]
    assert (span.type, len(body)) == (part.type, len(part.body))
    assert body.startswith(kept)
    assert not windows([part.body[len(kept) :]]) & windows([body])
    assert message.defects == ()


@pytest.mark.parametrize("kind", [Payload.SA, Payload.NOTIFICATION, Payload.DELETE, Payload.ATTRIBUTES])
def test_what_cannot_be_what_its_type_says_is_replaced_as_a_whole(tmp_path: Path, kind: int) -> None:
    body = b"\x0b\0\0\0" + ip_address(A).packed + b"somebody"
    data = phase_1(build.ke(b"k" * 32), build.nonce(b"n" * 16), build.raw(kind, body))
    out, _ = scrubbed(tmp_path, one_message(data))
    assert ip_address(A).packed not in out.read_bytes()
    assert b"somebody" not in out.read_bytes()


def test_a_name_in_der_stays_one_that_names_nobody(tmp_path: Path) -> None:
    from ikepcap.wire.names import distinguished_name

    def tlv(tag: int, *content: bytes) -> bytes:
        body = b"".join(content)
        return bytes((tag, len(body))) + body

    def attribute(oid: str, text: bytes) -> bytes:
        return tlv(0x31, tlv(0x30, tlv(6, bytes.fromhex(oid)), tlv(0x13, text)))

    name = tlv(0x30, attribute("550406", b"XX"), attribute("55040a", b"Somebody Inc"))
    out, _ = scrubbed(tmp_path, one_message(phase_1(build.ke(b"k"), build.identity(name, kind=9))))
    message = message_of(out)
    found = distinguished_name(message.data[message.spans[-1].body + 4 :])
    assert found is not None
    assert [part.partition("=")[0] for part in found.split(", ")] == ["C", "O"]
    assert "omebody" not in found


def test_the_vendor_id_that_ios_makes_from_its_cookie_is_made_from_the_new_one(tmp_path: Path) -> None:
    cookie = b"\x22rkokkie"
    mixed = bytes(a ^ b for a, b in zip(IOS_XOR + bytes(4), cookie, strict=True))
    data = phase_1(build.ke(b"k" * 32), build.vendor_id(mixed + IOS_UNKNOWN))
    out, _ = scrubbed(tmp_path, one_message(data))
    message = message_of(out)
    (body,) = message.bodies(Payload.VENDOR_ID)
    assert message.responder_cookie != cookie
    found = lookup(body, message.responder_cookie)
    assert found is not None
    assert found.implementation == "Cisco IOS"
    assert not windows([mixed, IOS_UNKNOWN]) & windows([body])


# What must stay.


@pytest.mark.parametrize("link", [0, 1, 101, 113])
def test_link_types_ports_ttls_sizes_and_times_stay(tmp_path: Path, link: LinkType) -> None:
    play = Play(initiator=A, responder=B, nat="initiator", seed=5).phase1().quick(1, 2, 3)
    out, _ = scrubbed(tmp_path, play.pcap(link=link))
    before, after = records(tmp_path / "in.pcap"), records(out)
    assert [(r.time_ns, r.link, len(r.data), r.wire_bytes) for r in before] == [
        (r.time_ns, r.link, len(r.data), r.wire_bytes) for r in after
    ]
    for old, new in zip(ikepcap.messages(tmp_path / "in.pcap"), ikepcap.messages(out), strict=True):
        kept = ("source_port", "destination_port", "ttl", "ip_id", "marker", "wire_bytes")
        assert [getattr(old.datagram, k) for k in kept] == [getattr(new.datagram, k) for k in kept]


def test_vlan_tags_stay(tmp_path: Path) -> None:
    data = pcap(Play(initiator=A, responder=B, seed=5).msg1().frames)
    head, frame = data[:24], data[40:]
    tagged = frame[:12] + b"\x81\0\x01\x23" + frame[12:]
    sizes = struct.pack("<IIII", 1, 0, len(tagged), len(tagged))
    out, _ = scrubbed(tmp_path, head + sizes + tagged)
    (record,) = records(out)
    assert record.data[12:18] == b"\x81\0\x01\x23\x08\0"


@pytest.mark.parametrize("is_v6", [False, True])
def test_checksums_are_right_also_of_fragments_and_errors(tmp_path: Path, is_v6: bool) -> None:
    scapy = pytest.importorskip("scapy.all")
    ends = ("fd00:1234::1", "fd00:5678::9") if is_v6 else (A, B)
    play = Play(initiator=ends[0], responder=ends[1], auth="rsa-sig", seed=7).phase1()
    play.msg1().icmp(*((1, 4) if is_v6 else (3, 3)))
    out, run = scrubbed(tmp_path, play.pcap(link=101))
    assert sum(run.kept.values()) == len(play.frames)
    kind = scapy.IPv6 if is_v6 else scapy.IP
    packets = [kind(record.data) for record in records(out)]
    whole = scapy.defragment6(packets[4:6]) if is_v6 else scapy.defragment(scapy.PacketList(packets))
    packets += [whole] if is_v6 else whole
    checked = 0
    for packet in packets:
        again = packet.copy()
        is_part = packet.haslayer("IPv6ExtHdrFragment") or not (is_v6 or packet.frag == packet.flags == 0)
        names = {"IP": "chksum", "UDP": "chksum", "ICMP": "chksum", "ICMPv6DestUnreach": "cksum"}
        if packet.haslayer("ICMP") or packet.haslayer("ICMPv6DestUnreach"):
            del names["UDP"]  # the quoted one, whose end is not there
        for layer in ("IP",) if is_part else names:
            if again.haslayer(layer):
                again[layer].delfieldval(names[layer])
                checked += 1
        assert bytes(again) == bytes(packet)
    assert checked == (7 if is_v6 else 32)


def test_an_error_quotes_what_the_message_has_become(tmp_path: Path) -> None:
    play = Play(initiator=A, responder=B, seed=8).msg1().icmp(3, 13, "10.66.66.66", quote_bytes=28 + 101)
    out, _ = scrubbed(tmp_path, play.pcap(link=101))
    message, error = records(out)
    quoted = error.data[28:]
    assert quoted[28:] == message.data[28 : 28 + 101]
    assert quoted[12:20] == message.data[12:20]
    assert ip_address("10.66.66.66").packed not in out.read_bytes()


def test_nat_d_speaks_of_the_new_ends_where_it_spoke_of_the_old(tmp_path: Path) -> None:
    for nat, verdict in ((None, (False, False)), ("initiator", (True, False)), ("responder", (False, True))):
        play = Play(initiator=A, responder=B, nat_t=True, nat=nat, seed=9)  # type: ignore[arg-type]
        out, _ = scrubbed(tmp_path, play.phase1().pcap())
        (conversation,) = ikepcap.analyze(out).conversations
        found = conversation.nat
        assert (found.initiator_behind_nat, found.responder_behind_nat) == verdict


@pytest.mark.parametrize("after", [bytes(3), b"\0\1", b"five more"])
def test_padding_stays_padding_and_other_octets_others(tmp_path: Path, after: bytes) -> None:
    data = phase_1(build.ke(b"k" * 32), build.nonce(b"n" * 16)) + after
    data = data[:24] + len(data).to_bytes(4) + data[28:]
    out, _ = scrubbed(tmp_path, one_message(data))
    before, now = message_of(tmp_path / "in.pcap"), message_of(out)
    assert before.defects
    assert now.defects == before.defects
    assert b"five more" not in now.data


def test_retransmissions_stay_retransmissions(tmp_path: Path) -> None:
    play = Play(initiator=A, responder=B, seed=10).msg1().msg2().msg3().msg4().msg5().repeat((4.0, 7.2))
    out, _ = scrubbed(tmp_path, play.pcap())
    assert len({found.message.data for found in ikepcap.messages(out)}) == 5


@pytest.mark.parametrize("after_us", [0, 9])
def test_a_second_copy_of_a_fragment_stays_one(tmp_path: Path, after_us: int) -> None:
    play = Play(initiator=A, responder=B, auth="rsa-sig", seed=11).msg1().msg2().msg3().msg4().msg5()
    play.mirrored(after_us)
    out, run = scrubbed(tmp_path, play.pcap(link=101))
    assert not run.removed
    frames = [record.data for record in records(out)]
    assert sorted(frames.count(frame) for frame in set(frames)) == [2] * (len(frames) // 2)


# Options.


def test_a_seed_makes_the_same_of_the_same_and_without_one_nothing_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "in.pcap"
    path.write_bytes(Play(initiator=A, responder=B, seed=12).phase1().pcap())

    def out(seed: bytes | None) -> bytes:
        return b"".join(Scrub(str(path), seed=seed).chunks())

    assert out(b"1") == out(b"1")
    assert len({out(b"1"), out(b"2"), out(None), out(None)}) == 4


def test_times_are_shifted_where_that_is_asked_for(tmp_path: Path) -> None:
    play = Play(initiator=A, responder=B, seed=13).phase1()
    out, _ = scrubbed(tmp_path, play.pcap(), shift_time=True)
    before = [record.time_ns for record in records(tmp_path / "in.pcap")]
    assert [r.time_ns for r in records(out)] == [t - before[0] + SHIFTED_NS for t in before]


def test_two_link_types_make_pcapng(tmp_path: Path) -> None:
    from ikepcap.testing import pcapng

    first, second = (pcapng(Play(seed=n).msg1().frames, link=link) for n, link in ((1, 1), (2, 101)))  # type: ignore[arg-type]
    out, _ = scrubbed(tmp_path, first + second)
    assert [record.link for record in records(out)] == [1, 101]
    assert out.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"


# Hostile captures.


@pytest.mark.parametrize("seed", range(12))
def test_broken_captures_never_raise_and_addresses_never_stay(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    play = Play(
        initiator=A, responder=B, nat="initiator", mode=rng.choice(("main", "aggressive")),
        auth=rng.choice(("psk", "rsa-sig")), ike_fragment_bytes=rng.choice((None, 400)), seed=seed,
    )  # fmt: skip
    data = bytearray(play.phase1().quick(1, 2, 3).icmp(3, 3).pcap(link=1))
    for _ in range(60):
        at = 24 + rng.randrange(len(data) - 24)
        data[at] = rng.randrange(256)
    out, _ = scrubbed(tmp_path, bytes(data[: rng.randrange(len(data) // 2, len(data))]))
    ikepcap.analyze(out, strict=True)
    left = out.read_bytes()
    assert ip_address(B).packed not in left
    assert IDENTITY not in left
