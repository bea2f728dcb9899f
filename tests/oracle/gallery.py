"""Captures of what tshark and ikepcap read differently, one function each, and of all that they read alike.

`ikepcap.oracle.known` names these functions; what is on the wire is made with `wire.build`, from a seed.
"""

import random
from collections.abc import Sequence

from ikepcap.capture.write import Frame, Hop, icmp_error, pcap, udp_packets
from ikepcap.testing import Play
from ikepcap.wire import build
from ikepcap.wire.details import IdType
from ikepcap.wire.message import FLAG_AUTHENTICATION_ONLY, NO_COOKIE
from ikepcap.wire.numbers import Exchange, NotifyType, Payload
from ikepcap.wire.walk import GENERIC_HEADER_BYTES

INITIATOR, RESPONDER = "192.0.2.1", "198.51.100.7"
SECOND_NS = 1_000_000_000
START_NS = 1_772_438_400 * SECOND_NS
MARKER = bytes(4)
NAME = bytes.fromhex("300d310b3009060355040613024445")
"""DER of C=DE."""

RANDOM = random.Random(7)
COOKIES = RANDOM.randbytes(8), RANDOM.randbytes(8)
BOTH = b"".join(COOKIES)


def message(parts: Sequence[build.Part], *, responder_cookie: bytes = COOKIES[1], **other: int) -> bytes:
    options = {"initiator_cookie": COOKIES[0], "responder_cookie": responder_cookie}
    return build.message(parts, **options, **other)  # type: ignore[arg-type]


def capture(
    messages: Sequence[bytes], *, ports: tuple[int, int] = (500, 500), snaplen: int = 262_144
) -> bytes:
    """Return a capture of these messages, a second apart."""
    frames = []
    for number, data in enumerate(messages):
        hop = Hop(INITIATOR, RESPONDER, ip_id=number + 1)
        frames += [Frame(START_NS + number * SECOND_NS, p) for p in udp_packets(hop, *ports, data)]
    return pcap(frames, snaplen=snaplen)


STRONG = build.transform(
    [
        build.tv(1, 7),
        build.tv(14, 256),
        build.tv(2, 4),
        build.tv(4, 14),
        build.tv(3, 1),
        build.tv(11, 1),
        build.tlv(12, 86_400),
    ]
)
OLD = build.transform(
    [
        build.tv(1, 5),
        build.tv(2, 2),
        build.tv(3, 65_001),
        build.tlv(4, 2, 2),
        build.tv(11, 1),
        build.tv(12, 28_800),
        build.tv(11, 2),
        build.tlv(12, 4_608_000),
    ],
    number=2,
)
OFFER = build.sa([build.proposal([STRONG, OLD])])
FIRST = message([OFFER], responder_cookie=NO_COOKIE)
PHASE_2 = build.sa(
    [
        build.proposal(
            [
                build.transform(
                    [
                        build.tv(1, 1),
                        build.tlv(2, 3_600),
                        build.tv(1, 2),
                        build.tlv(2, 99_999),
                        build.tv(4, 1),
                        build.tv(5, 2),
                        build.tv(3, 14),
                        build.tv(6, 256),
                    ],
                    transform_id=12,
                )
            ],
            protocol=3,
            spi=b"abcd",
        ),
        build.proposal([build.transform([build.tv(5, 2)], transform_id=3)], protocol=2, spi=b"efgh"),
        build.proposal([build.transform([], transform_id=2)], protocol=4, spi=b"ij", number=2),
    ]
)


def every_payload() -> list[bytes]:
    """Messages that hold each payload and attribute there is, in the clear, in forms on which both agree."""
    some = random.Random(8).randbytes
    keys = [build.ke(some(256)), build.nonce(some(20))]
    nat_d = [build.nat_d("sha1", BOTH, RESPONDER, 500), build.nat_d("sha1", BOTH, INITIATOR, 500, kind=130)]
    requests = [build.certificate_request(), build.certificate_request(NAME)]
    user = build.identity(b"user@example.net", kind=IdType.USER_FQDN)
    subnet, ranged = bytes([192, 0, 2, 0, 255, 255, 255, 0]), bytes([192, 0, 2, 0, 192, 0, 2, 9])
    identities = [
        (subnet, IdType.IPV4_ADDR_SUBNET),
        (ranged, IdType.IPV4_ADDR_RANGE),
        (bytes(range(32)), IdType.IPV6_ADDR_SUBNET),
        (bytes(range(32)), IdType.IPV6_ADDR_RANGE),
        (NAME, IdType.DER_ASN1_DN),
        (b"key", IdType.KEY_ID),
        (b"name", IdType.FQDN),
        (b"something", 250),
    ]
    lifetime = build.attributes([build.tv(1, 1), build.tlv(2, 3_600)])
    notifies = [
        build.notify(NotifyType.NO_PROPOSAL_CHOSEN),
        build.notify(NotifyType.RESPONDER_LIFETIME, protocol=3, spi=b"abcd", data=lifetime),
        build.notify(36_136, spi=BOTH, data=b"\0\0\0\7"),
        build.notify(17, data=b"hello"),
    ]
    deletes = [build.delete([BOTH]), build.delete([b"abcd", b"efgh"], protocol=3)]
    config = build.configuration(
        2,
        [
            build.tlv(16_521, b"user"),
            build.tlv(16_522, b"secret"),
            build.tv(16_520, 0),
            build.tlv(1, bytes([10, 0, 0, 1])),
            build.tlv(28_672, b"Welcome"),
            build.tlv(3, b""),
            build.tlv(8, bytes(16)),
        ],
        identifier=9,
    )
    originals = [
        build.raw(Payload.NAT_OA, b"\1\0\0\0" + bytes([192, 0, 2, 1])),
        build.raw(Payload.NAT_OA_DRAFT, b"\5\0\0\0" + bytes(range(16))),
    ]
    return [
        FIRST,
        message([build.sa([build.proposal([STRONG], spi=BOTH)]), build.vendor_id(some(20))]),
        message([*keys, *nat_d, *requests]),
        message([user, build.hash_payload(some(20)), build.notify(24_578, spi=BOTH)]),
        message([build.address_identity(INITIATOR), build.signature(some(128)), build.certificate(NAME)]),
        message([build.address_identity("2001:db8::1")]),
        *(message([build.identity(data, kind=kind)]) for data, kind in identities),
        message(notifies, exchange=Exchange.INFORMATIONAL, message_id=7),
        message(notifies[:1], flags=FLAG_AUTHENTICATION_ONLY, exchange=Exchange.INFORMATIONAL, message_id=8),
        message(deletes, exchange=Exchange.INFORMATIONAL, message_id=9),
        message([config], exchange=Exchange.TRANSACTION, message_id=10),
        message(originals),
        message([PHASE_2], exchange=Exchange.QUICK, message_id=11),
        message([build.ke(b""), build.nonce(b""), build.vendor_id(b""), build.hash_payload(b"")]),
        message([build.raw(77, b"abc"), build.raw(128, b"abcd")]),
        message([]),
        message([OFFER]) + bytes(3),
        message([OFFER], version=0x11),
        message([OFFER], flags=0x86),
        *build.fragments(message(keys), 100),
    ]


def isakmp_on_another_port() -> bytes:
    return capture([FIRST], ports=(1500, 1600))


def isakmp_on_848() -> bytes:
    return capture([FIRST], ports=(848, 848))


def no_marker_on_4500() -> bytes:
    return capture([FIRST], ports=(4500, 4500))


def marker_on_500() -> bytes:
    return capture([MARKER + FIRST])


def nat_to_the_port_of_another_protocol() -> bytes:
    return capture([FIRST], ports=(123, 500))


def ike_fragments_of_two_negotiations() -> bytes:
    some = random.Random(9).randbytes
    pairs = (COOKIES, (some(8), some(8)))
    cut = [
        build.fragments(
            build.encrypted(some(1600), initiator_cookie=i, responder_cookie=r, exchange=2, first=5), 500
        )
        for i, r in pairs
    ]
    one, other = cut
    return capture([one[0], other[1], one[1], other[0], one[2], other[2], one[3], other[3]])


def draft_nat_d() -> bytes:
    nat_d = [build.nat_d("sha1", BOTH, address, 500, kind=15) for address in (RESPONDER, INITIATOR)]
    return capture([message([build.ke(bytes(range(128))), build.nonce(bytes(20)), *nat_d])])


def draft_nat_oa() -> bytes:
    original = build.raw(16, b"\1\0\0\0" + bytes([192, 0, 2, 1]))
    return capture([message([original, build.nonce(bytes(20))], exchange=Exchange.QUICK, message_id=12)])


def cut_by_snaplen() -> bytes:
    return capture([FIRST], snaplen=100)


def ip_fragments_cut_by_snaplen() -> bytes:
    return capture([message([build.ke(bytes(2000)), build.nonce(bytes(20))])], snaplen=100)


def quoted_in_icmp() -> bytes:
    quoted = udp_packets(Hop(INITIATOR, RESPONDER), 500, 500, FIRST)[0]
    error = icmp_error(Hop(RESPONDER, INITIATOR), 3, 3, quoted, 28 + 90)
    return pcap([Frame(START_NS, quoted), Frame(START_NS + SECOND_NS, error)])


def length_below_header() -> bytes:
    return capture([message([OFFER], length=0)])


def length_beyond_datagram() -> bytes:
    return capture([message([OFFER], length=1000)])


def length_short_of_datagram() -> bytes:
    return capture([message([OFFER, build.vendor_id(b"abcd")], length=60)])


def broken_chain() -> bytes:
    """The second payload claims more than is left; less than a header; a transform announces a KE."""
    data = message([OFFER, build.vendor_id(bytes(range(16)))])
    announced = FIRST.index(STRONG.body) - GENERIC_HEADER_BYTES
    return capture(
        [
            patched(data, len(data) - 18, b"\xff"),
            patched(data, len(data) - 18, b"\0\3"),
            patched(FIRST, announced, bytes((Payload.KE,))),
        ]
    )


def broken_body() -> bytes:
    """A proposal that counts fewer transforms than it has; a transform that ends in an attribute's header."""
    counted = build.sa([build.proposal([STRONG, OLD], count=1)])
    cut = build.sa([build.proposal([build.raw(Payload.TRANSFORM, STRONG.body[:-6])])])
    return capture([message([counted]), message([cut, build.vendor_id(bytes(range(16)))])])


def gave_up() -> bytes:
    """An attribute that is longer than the message, and a sound payload after it."""
    long = build.transform([build.tv(1, 7), build.tlv(12, 86_400)])
    data = message([build.sa([build.proposal([long])]), build.vendor_id(bytes(range(16)))])
    return capture([patched(data, data.index(long.body) + 10, b"\x10")])


def patched(data: bytes, at: int, octets: bytes) -> bytes:
    return data[:at] + octets + data[at + len(octets) :]


def many_payloads() -> bytes:
    return capture([message([build.vendor_id(b"abcd")] * 300)])


def unknown_version() -> bytes:
    return capture([message([OFFER], version=0x30)])


def other_doi() -> bytes:
    """None; that of GDOI, in phase 1; one that nobody has; and none without a situation."""
    offers = [build.sa([build.proposal([STRONG])], doi=doi, situation=0) for doi in (0, 2, 42)]
    bare = build.raw(Payload.SA, bytes(4) + build.chain([build.proposal([STRONG])]))
    return capture([message([offer]) for offer in (*offers, bare)])


def labelled_situation() -> bytes:
    label = bytes.fromhex("0003 0000 61626300 0009 0000 ff800000")
    offer = build.chain([build.proposal([STRONG])])
    body = bytes.fromhex("00000001 00000003 00000007") + label + offer
    return capture([message([build.raw(Payload.SA, body), build.vendor_id(bytes(16))])])


def ip6_link() -> bytes:
    """Check Point asks for a name and a password with a text."""
    found = [build.tlv(17, b"Name:"), build.tlv(14, b"me")]
    part = build.configuration(1, found, identifier=9)
    return capture([message([part], exchange=Exchange.TRANSACTION, message_id=13)])


def ikev2_payload() -> bytes:
    return capture([message([build.raw(33, bytes(8)), build.nonce(bytes(20))])])


def other_transform_id() -> bytes:
    strange = build.transform(
        [build.tv(1, 7), build.tv(2, 4), build.tv(4, 14), build.tv(3, 1)], transform_id=3
    )
    return capture([message([build.sa([build.proposal([strange])])])])


def nat_oa_of_another_type() -> bytes:
    addresses = (bytes([4, 0, 0, 0, 192, 0, 2, 0, 255, 255, 255, 0]), bytes([1, 0, 0, 0, 192, 0, 2, 0, 9]))
    return capture([message([build.raw(Payload.NAT_OA, body)]) for body in addresses])


def certificate_that_is_not_der() -> bytes:
    parts = [build.certificate(b"\x30\x10" + bytes(98)), build.certificate_request(b"no name")]
    return capture([message([part]) for part in parts])


def healthy() -> bytes:
    """A negotiation as daemons make it, over NAT."""
    return Play(seed=3, nat="initiator").phase1().quick(1, 2, 3).pcap()
