"""What a Scapy user does with the layers: look, edit, build, copy; and the one rule for computed numbers."""

import copy
import pickle
import subprocess
import sys
import time
from typing import Annotated, Any

import msgspec
import pytest
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw, fuzz
from scapy.volatile import RandString

from ikepcap.wire import build, layers
from ikepcap.wire.bodies import BODIES
from ikepcap.wire.codec import U8, U16, Attributes, Body, Rest, Take
from ikepcap.wire.context import Context
from ikepcap.wire.layers import (
    ISAKMP,
    SA,
    CfgAttribute,
    Configuration,
    DataAttribute,
    Delete,
    Identification,
    KeyExchange,
    NatDiscovery,
    Nonce,
    NonEspMarker,
    Notification,
    Part,
    Phase1Attribute,
    Phase2Attribute,
    Proposal,
    Transform,
    VendorId,
)
from ikepcap.wire.layers.parts import layer_for
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Encryption, Payload
from ikepcap.wire.walk import Attribute, Fault, walk_chain
from tests.wire.asn1 import der

COOKIE = b"initiate"
ATTRIBUTES = [build.tv(1, 7), build.tv(14, 256), build.tv(11, 1), build.tlv(12, 86400)]


def offered() -> bytes:
    """Return MSG1: an offer of two transforms and two vendor IDs."""
    transforms = [build.transform(ATTRIBUTES, number=n) for n in (1, 2)]
    parts = [build.sa([build.proposal(transforms)]), build.vendor_id(b"a" * 16), build.vendor_id(b"b" * 8)]
    return build.message(parts, initiator_cookie=COOKIE)


def is_valid(layer: Any) -> bool:
    found = parse(bytes(layer))
    return found is not None and found.layer.defects == ()


# Looking


def test_layers_are_found_by_class_name_and_place() -> None:
    packet = IP() / UDP(sport=500, dport=500) / ISAKMP(offered())
    assert packet[VendorId].data == b"a" * 16
    assert packet["VendorId"].data == b"a" * 16
    assert packet.getlayer(VendorId, 2).data == b"b" * 8
    assert packet[VendorId:2].data == b"b" * 8
    assert packet[Transform].attributes[3].number == 86400
    assert VendorId in packet
    assert KeyExchange not in packet
    assert packet[DataAttribute].type == 1, "any registry's"
    with pytest.raises(IndexError, match="KeyExchange"):
        packet[KeyExchange]


def test_show_and_summary_use_the_words_of_the_registries() -> None:
    layer = ISAKMP(offered())
    shown = layer.show(dump=True)
    for words in (
        "exchange  = MAIN",
        "value     = AES-CBC",
        "transform_id= KEY-IKE",
        "type      = LIFE-DURATION",
    ):
        assert words in shown
    assert layer.summary() == "ISAKMP main 696e697469617465 SA VID VID"
    packet = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=500, dport=500) / layer
    assert packet.summary() == "IP / UDP 192.0.2.1:isakmp > 192.0.2.2:isakmp / " + layer.summary()
    assert "next_payload=VENDOR-ID res=0 length=20 data=b'aaaaaaaaaaaaaaaa'" in repr(layer[VendorId])


@pytest.mark.parametrize(
    ("kind", "data", "shown"),
    [
        ("IPV4_ADDR_SUBNET", bytes((10, 0, 0, 0, 255, 0, 0, 0)), "10.0.0.0/8"),
        ("IPV6_CGA", bytes(15) + b"\1", "::1"),
        ("DER_ASN1_DN", der(0x30, der(0x31, der(0x30, der(6, b"\x55\4\3"), der(12, b"gw")))), "CN=gw"),
        ("DER_ASN1_DN", b"0\0\x1b[2J", "30001b5b324a"),
        ("FQDN", b"\x1b[2J", "1b5b324a"),
        ("IPV4_ADDR", b"\n\0", "0a00"),
    ],
)
def test_identities_are_shown_as_people_write_them(kind: str, data: bytes, shown: str) -> None:
    assert f"data      = {shown}\n" in Identification(type=kind, data=data).show(dump=True)


def test_formats_reach_into_lists() -> None:
    packet = IP(src="192.0.2.1") / UDP(sport=500, dport=500) / ISAKMP(offered())
    words = packet.sprintf(
        "%IP.src% %ISAKMP.exchange% %VendorId:2.length% %Transform:2.number% %r,VendorId.res%"
    )
    assert words == "192.0.2.1 MAIN 12 2 0"
    assert packet.sprintf("%KeyExchange.length%") == "??"


def test_message_gives_its_layer_with_its_defects() -> None:
    data = offered()[:-4]
    found = parse(data, len(data) + 4)
    assert found is not None
    layer = found.layer
    assert bytes(layer) == data
    assert set(found.defects) <= set(layer.defects)
    assert {defect.fault for defect in layer.defects} == {Fault.TRUNCATED}


def test_defects_are_those_of_the_message_as_it_is_now() -> None:
    data = bytearray(offered())
    data[-9] = 7  # the last vendor ID claims to be shorter than it is: one octet is left over
    layer = ISAKMP(bytes(data))
    assert layer.defects != ()
    del layer.getlayer(VendorId, 2).length
    layer.rest = b""
    assert layer.defects == ()


# Editing


def test_edits_at_every_level_are_in_the_octets() -> None:
    layer = ISAKMP(offered())
    layer.message_id = 5
    layer[VendorId].data = b"changed"
    layer[Proposal].spi = b"spi"
    layer[Transform].attributes.append(Phase1Attribute(type="PRF", value=2))
    layer[Phase1Attribute].value = "3DES-CBC"
    read = ISAKMP(bytes(layer))
    assert read.defects == ()
    assert (read.message_id, read[VendorId].data, read[Proposal].spi_size) == (5, b"changed", 3)
    assert [one.number for one in read[Transform].attributes] == [5, 256, 1, 86400, 2]
    assert read.length == len(bytes(layer)) == len(offered()) - 9 + 3 + 4


def test_payloads_are_deleted_replaced_and_added() -> None:
    layer = ISAKMP(offered())
    del layer[VendorId]
    assert (layer.summary(), is_valid(layer)) == ("ISAKMP main 696e697469617465 SA VID", True)
    layer[VendorId] = KeyExchange(public_value=b"k" * 96)
    assert (layer.summary(), is_valid(layer)) == ("ISAKMP main 696e697469617465 SA KE", True)
    layer.payloads.insert(1, Nonce(data=b"n" * 16))
    assert ([one.name for one in layer.payloads], is_valid(layer)) == (
        ["SecurityAssociation", "Nonce", "KeyExchange"],
        True,
    )
    del layer[Transform]
    assert (len(layer[Proposal].transforms), ISAKMP(bytes(layer))[Proposal].transform_count) == (1, 1)
    assert is_valid(layer)
    packet = IP() / UDP() / layer
    del packet[Nonce]
    assert Nonce not in packet
    packet[ISAKMP].payloads.clear()
    assert bytes(packet[ISAKMP])[16] == Payload.NONE


def test_a_number_that_was_wrong_stays_and_one_set_by_hand_does() -> None:
    data = bytearray(offered())
    data[24:28] = (9999).to_bytes(4)
    layer = ISAKMP(bytes(data))
    layer[VendorId].data = b"longer than it was before"
    assert ISAKMP(bytes(layer)).length == 9999, "wrong on the wire"
    assert ISAKMP(bytes(layer))[VendorId].length == 29, "right on the wire"
    del layer.length
    assert is_valid(layer)
    layer[VendorId].length = 8
    layer[Proposal].transform_count = 77
    layer.next_payload = 200
    octets = bytes(layer)
    read = ISAKMP(octets[:16] + bytes((Payload.SA,)) + octets[17:])
    assert (octets[16], read[VendorId].length, read[Proposal].transform_count) == (200, 8, 77)


def test_what_was_computed_when_it_was_read_may_be_set_to_the_same() -> None:
    """Set by hand is set by hand: the number no longer follows."""
    layer = ISAKMP(offered())
    layer.length = int(layer.length)
    layer[VendorId].data = b""
    assert ISAKMP(bytes(layer)).length == len(offered())


def test_attributes_keep_their_width_and_say_when_a_number_does_not_fit() -> None:
    layer = ISAKMP(offered())
    seconds = layer[Transform].attributes[3]
    seconds.number = 3600
    assert bytes(seconds) == bytes.fromhex("000c0004 00000e10")
    short = layer[Phase1Attribute]
    with pytest.raises(OverflowError, match="does not fit"):
        short.value = 70000
    assert bytes(Phase1Attribute(type="LIFE_DURATION", value=28800)) == bytes.fromhex("800c7080")
    assert bytes(Phase1Attribute(type="LIFE_DURATION", value=28800, is_tlv=1)) == bytes.fromhex(
        "000c000400007080"
    )
    assert bytes(Phase1Attribute(type="LIFE_DURATION", value=bytes(8))) == bytes.fromhex("000c0008") + bytes(
        8
    )
    assert bytes(Phase2Attribute(type="ENCAPSULATION", value="UDP-TUNNEL")) == bytes.fromhex("80040003")
    assert bytes(CfgAttribute(type="XAUTH-USER-NAME", value="me")) == bytes.fromhex("40890002") + b"me"
    assert Phase1Attribute(bytes.fromhex("000c000400007080")).number == 28800


def test_words_that_no_registry_knows_are_refused() -> None:
    with pytest.raises(ValueError, match="kind: 'NO-SUCH' is not a word of NotifyType"):
        Notification(kind="NO-SUCH")
    assert Notification(kind="no_proposal_chosen").kind == 14
    assert [ISAKMP(exchange=text).exchange for text in ("quick", "32", "0x20")] == [32, 32, 32]
    assert Phase1Attribute(type="ENCRYPTION", value="3des-cbc").number == Encryption.TRIPLE_DES_CBC
    assert Phase1Attribute(type=1, value=Encryption.AES_CBC).number == 7


# Building


def test_chains_are_built_with_slashes() -> None:
    transforms = [Transform(attributes=[Phase1Attribute(type="HASH", value="SHA1")]) for _ in range(2)]
    built = (
        ISAKMP(initiator_cookie=COOKIE)
        / SA()
        / Proposal()
        / transforms[0]
        / transforms[1]
        / VendorId(data=b"v")
    )
    nested = ISAKMP(
        initiator_cookie=COOKIE,
        payloads=[SA(proposals=[Proposal(transforms=transforms)]), VendorId(data=b"v")],
    )
    assert bytes(built) == bytes(nested)
    assert bytes(ISAKMP() / (SA() / VendorId())) == bytes((ISAKMP() / SA()) / VendorId())
    assert is_valid(built)
    packet = IP() / UDP() / ISAKMP() / SA() / VendorId()
    assert [one.name for one in packet[ISAKMP].payloads] == ["SecurityAssociation", "VendorId"]


def test_defaults_make_valid_payloads() -> None:
    layer = ISAKMP(initiator_cookie=COOKIE)
    layer /= SA() / Proposal(protocol="ESP", spi=b"\1\2\3\4") / Transform(transform_id=12)
    layer /= Notification(kind=14) / Delete(protocol=3, spis=[b"\1\2\3\4", b"\5\6\7\x08"])
    layer /= Identification(type="IPV4_ADDR_SUBNET", data="10.0.0.0/8") / NatDiscovery(
        payload_type=130, hash=b"h" * 20
    )
    layer /= Configuration(attributes=[CfgAttribute(type=16520, value=0)])
    assert is_valid(layer)
    read = ISAKMP(bytes(layer))
    assert (read[Delete].spi_size, read[Delete].spi_count) == (4, 2)
    assert read[Identification].data == bytes((10, 0, 0, 0, 255, 0, 0, 0))
    assert read[NatDiscovery].payload_type == Payload.NAT_D_DRAFT


def test_what_follows_the_payloads_counts() -> None:
    layer = ISAKMP(initiator_cookie=COOKIE) / VendorId(data=b"v") / b"tail"
    assert bytes(layer).endswith(b"tail")
    assert ISAKMP(bytes(layer)).rest == b"tail"
    assert ISAKMP(bytes(layer)).length == len(bytes(layer))


def test_marker_precedes_a_message_on_4500_only() -> None:
    data = offered()
    on_4500 = UDP(sport=4500, dport=4500)
    assert bytes(on_4500 / ISAKMP(data))[8:] == bytes(4) + data
    assert bytes(on_4500 / NonEspMarker() / ISAKMP(data))[8:] == bytes(4) + data
    assert bytes(on_4500 / ISAKMP(data, marker=0))[8:] == data
    assert bytes(UDP(sport=500, dport=500) / ISAKMP(data))[8:] == data


def test_a_payload_stands_alone() -> None:
    octets = bytes(VendorId(data=b"abc"))
    assert octets == b"\0\0\0\7abc"
    assert VendorId(octets).data == b"abc"
    assert type(Notification(b"\0\0\0\6ab")) is Part
    assert type(Notification(b"\0\0\0\3ab")) is Raw


def test_copies_are_independent_and_all_of_python_works() -> None:
    layer = ISAKMP(offered())
    other = copy.deepcopy(layer)
    other[Transform].attributes[0].value = 1
    assert (bytes(layer) == offered(), layer == ISAKMP(offered()), layer == other) == (True, True, False)
    for one in (layer, layer[VendorId], layer[Phase1Attribute], layer[Transform]):
        assert bytes(pickle.loads(pickle.dumps(one))) == bytes(one)  # noqa: S301 - our own
    names = {cls.__name__: cls for cls in (ISAKMP, SA, Proposal, Transform, Phase1Attribute, VendorId)}
    assert bytes(eval(layer.command(), names)) == offered()  # noqa: S307 - what Scapy says `command` is for
    assert len(bytes(fuzz(ISAKMP() / SA() / Proposal() / Transform() / VendorId()))) >= 28
    assert len(bytes(ISAKMP(initiator_cookie=RandString(8)) / VendorId(data=RandString(4)))) == 36
    assert [one.version for one in ISAKMP(version=[16, 32])] == [16, 32]


def test_decrypted_payloads_are_payloads() -> None:
    """A message whose plaintext has been walked keeps the flag that it was sent with."""
    plain = build.message([build.hash_payload(b"h" * 20)], initiator_cookie=COOKIE, flags=1, exchange=32)
    spans, _ = walk_chain(plain, Payload.HASH, 28, len(plain))
    found = parse(plain)
    assert found is not None
    assert found.layer.ciphertext == plain[28:]
    layer = msgspec.structs.replace(found, spans=spans).layer
    assert (layer["Hash"].data, layer.ciphertext, bytes(layer)) == (b"h" * 20, b"", plain)


def test_all_names_are_there() -> None:
    for name in dir(layers):
        assert getattr(layers, name) is not None
    assert {"ISAKMP", "SA", "SecurityAssociation", "Transform", "Phase1Attribute", "bind"} <= set(dir(layers))
    with pytest.raises(AttributeError, match="NoSuchPayload"):
        layers.NoSuchPayload  # noqa: B018 - asking is the test


# Sending and receiving

REQUEST: dict[str, Any] = {"initiator_cookie": COOKIE, "responder_cookie": b"response"}


@pytest.mark.parametrize(
    ("reply", "request_", "is_answer"),
    [
        ({}, {"responder_cookie": bytes(8)}, True),
        ({"initiator_cookie": b"somebody"}, {}, False),
        ({"responder_cookie": b"somebody"}, {}, False),
        ({"exchange": 32, "message_id": 7}, {"exchange": 32, "message_id": 7}, True),
        ({"exchange": 32, "message_id": 8}, {"exchange": 32, "message_id": 7}, False),
        ({"exchange": 6, "message_id": 7}, {"exchange": 32, "message_id": 7}, False),
        ({"exchange": 5, "message_id": 9, "flags": 1}, {"exchange": 5, "message_id": 8, "flags": 1}, True),
        ({"exchange": 5, "message_id": 9, "flags": 1}, {"exchange": 32, "message_id": 7, "flags": 1}, False),
    ],
)
def test_answers_have_the_cookies_and_the_message_id(
    reply: dict[str, Any], request_: dict[str, Any], is_answer: bool
) -> None:
    asked = ISAKMP(**REQUEST | request_) / Nonce(data=b"asked")
    answered = ISAKMP(**REQUEST | reply) / Nonce(data=b"answered")
    assert bool(answered.answers(asked)) is is_answer
    assert not asked.answers(asked), "an echo"
    assert bool((NonEspMarker() / answered).answers(asked)) is is_answer
    assert bool((NonEspMarker() / answered).answers(NonEspMarker() / asked)) is is_answer


# Declarations


def test_every_declared_body_is_a_layer() -> None:
    for body in set(BODIES.values()):
        cls = layer_for(body)
        assert cls.__name__ == body.__name__
        assert cls.__doc__ == body.__doc__
        assert type(cls(bytes(cls()))) is cls


class Strange(Body, frozen=True):
    """A body as somebody may declare one, with names that Scapy has for other things."""

    name: Annotated[int, U8()]
    length: Annotated[int, U8(length_of="payload")]
    fields: Annotated[int, U16(is_reserved=True)]
    payload: Annotated[bytes, Take("length")]
    attributes: Annotated[tuple[Attribute, ...], Attributes()]


class Loose(Body, frozen=True):
    """A length that is not said to be one."""

    size: Annotated[int, U8()]
    part: Annotated[bytes, Take("size")]
    data: Annotated[bytes, Rest()]


def test_declarations_yet_to_come_need_no_edit_here() -> None:
    data = bytes.fromhex("000000100702000061628001000500")
    cls = layer_for(Strange)
    read = cls(data[:3] + b"\x0f" + data[4:])
    assert (read.name_, read.length_, read.payload_, read.attributes[0].number) == (7, 2, b"ab", 5)
    assert read.rest == b"\0"
    assert bytes(read) == data[:3] + b"\x0f" + data[4:]
    read.payload_ = b"abc"
    assert bytes(read)[5] == 3
    loose = layer_for(Loose)(part=b"xyz", data=b"d")
    assert bytes(loose) == b"\0\0\0\x09\3xyzd"


# Bounds


def test_sixteen_thousand_payloads_are_read_shown_and_built_in_bounded_time() -> None:
    """As many as a datagram holds; Scapy's own layer stops after 198."""
    data = build.message([build.vendor_id(b"")] * 16_000, initiator_cookie=COOKIE)
    began = time.process_time()
    layer = ISAKMP(data)
    assert len(layer.payloads) == 16_000
    assert bytes(layer) == data
    assert layer.show(dump=True).count("VendorId") == 16_000
    assert layer.summary().endswith("and 15984 more")
    assert layer.getlayer(VendorId, 16_000) is layer.payloads[-1]
    assert layer.defects == ()
    assert bytes(layer.copy()) == data
    assert time.process_time() - began < 30


def test_payloads_in_payloads_do_not_nest_without_end() -> None:
    """An SA in the place of a proposal is not looked into: 5,000 of them would exhaust the stack."""
    inner = b""
    for _ in range(5000):
        inner = build.chain([build.raw(1, b"\0\0\0\1\0\0\0\1" + inner)])
    data = build.message([build.raw(1, b"\0\0\0\1\0\0\0\1" + inner)], initiator_cookie=COOKIE)
    layer = ISAKMP(data)
    assert bytes(layer) == data
    layer.show(dump=True)


IMPORT = """
import scapy.all as s
from scapy.layers.isakmp import ISAKMP as stock
def state():
    return (
        [(c, list(c.payload_guess), dict(c._overload_fields)) for c in s.conf.layers],
        {k: list(v) for k, v in s.conf.layers.ldict.items()}, list(s.UDP.payload_guess),
    )
before = state()
from ikepcap.wire import layers
layers.SA, layers.VendorId, layers.Phase1Attribute
data = bytes(layers.ISAKMP() / layers.SA() / layers.VendorId(data=b'x'))
assert state() == before, 'import'
assert isinstance(s.UDP(bytes(s.UDP(sport=500, dport=500) / s.Raw(data))).payload, stock)
layers.bind()
assert isinstance(s.UDP(bytes(s.UDP(sport=500, dport=500) / s.Raw(data))).payload, layers.ISAKMP)
assert (s.UDP() / layers.ISAKMP()).dport == 500
layers.bind()
layers.unbind()
assert state() == before, 'unbind'
assert isinstance(s.UDP(bytes(s.UDP(sport=500, dport=500) / s.Raw(data))).payload, stock)
"""


def test_importing_changes_nothing_in_scapy_and_binding_can_be_taken_back() -> None:
    subprocess.run([sys.executable, "-c", IMPORT], check=True)


def test_scapy_is_loaded_only_when_a_layer_is_asked_for() -> None:
    code = (
        "import sys, ikepcap; ikepcap.analyze; ikepcap.packets; import ikepcap.cli.main;"
        "import ikepcap.renderers.layer;"
        "from ikepcap.wire.message import parse; m = parse(bytes(27) + b'\\x1c');"
        "assert not any(n.split('.')[0] == 'scapy' for n in sys.modules); m.layer;"
        "assert 'scapy' in sys.modules and 'scapy.layers.isakmp' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Numbers with two meanings


AUTHIP = [
    build.raw(133, b"\0\0\0\1"),
    build.raw(135, bytes.fromhex("00020000")),
    build.raw(129, bytes(5) + b"token"),
    build.raw(134, b"h\0"),
    build.raw(11, bytes.fromhex("00000001 01 01 9c54 00003619")),
    build.raw(136, b"k" * 16),
    build.raw(137, b"\0\0\0\2"),
]
PUSH = [build.raw(18, b"\0\0\0\7"), build.raw(1, bytes.fromhex("00000002 00000000 000f 0000")),
        build.raw(15, b"policy"), build.raw(17, b"\0\1\0\0key")]  # fmt: skip


def test_exchanges_of_authip_have_payloads_of_their_own() -> None:
    data = build.message(AUTHIP, initiator_cookie=COOKIE, exchange=243)
    layer = ISAKMP(data)
    assert [one.name for one in layer.payloads] == [
        "AuthipCrypto",
        "AuthipAuth",
        "AuthipGssToken",
        "AuthipGssName",
        "AuthipNotification",
        "AuthipKeyDictation",
        "AuthipKeyDictationWeight",
    ]
    assert (layer["AuthipNotification"].flags, layer.defects) == (1, ()), "no SPI where its size was"
    assert layer["AuthipGssName"].sprintf("%next_payload%") == "NOTIFICATION"
    assert layer["AuthipCrypto"].sprintf("%next_payload%") == "AUTH"
    assert bytes(layer) == data
    layer["AuthipKeyDictationWeight"].weight = 9
    assert bytes(layer) == data[:-1] + b"\x09"


def test_gdoi_is_known_by_its_doi_or_its_port() -> None:
    data = build.message(PUSH, initiator_cookie=COOKIE, exchange=33)
    layer = ISAKMP(data)
    assert layer.sprintf("%exchange% %next_payload%") == "GROUPKEY-PUSH SEQ"
    assert [one.sprintf("%next_payload%") for one in layer.payloads] == ["SA", "SA-KEK", "KD", "NONE"]
    alone = build.message(PUSH[:1], initiator_cookie=COOKIE, exchange=33)
    assert [type(one) for one in ISAKMP(alone).payloads] == [Part]
    on_848 = ISAKMP(alone, _underlayer=UDP(sport=848, dport=848))
    assert [one.name for one in on_848.payloads] == ["GroupSequenceNumber"]


def test_what_is_known_of_the_peers_may_be_said() -> None:
    """Payload 15 in the third message: the vendor IDs were in the first two."""
    found = parse(build.message([build.raw(15, b"h" * 20)], initiator_cookie=COOKIE))
    assert found is not None
    assert type(found.layer.payloads[0]) is Part
    layer = layers.read_message(found, Context(nat_t=True))
    assert (layer.payloads[0].name, layer.sprintf("%next_payload%")) == ("NatDiscovery", "NAT-D")
    other = layer.copy()
    assert (bytes(other), other.sprintf("%next_payload%")) == (found.data, "NAT-D")


def test_payloads_of_others_are_built_too() -> None:
    made = ISAKMP(initiator_cookie=COOKIE, exchange="AUTHIP-MAIN")
    made /= layers.AuthipCrypto(sequence_number=1) / layers.AuthipNotification(kind=40020, data=bytes(4))
    assert (bytes(made)[16], ISAKMP(bytes(made)).defects) == (133, ())
    group = ISAKMP(initiator_cookie=COOKIE, exchange="QUICK") / layers.GroupSecurityAssociation(
        attribute_next=15
    )
    group /= (
        layers.GroupPolicy(data=b"policy") / layers.GroupPolicy(payload_type=16) / layers.GroupKeyDownload()
    )
    read = ISAKMP(bytes(group))
    assert [one.payload_type for one in read.payloads] == [1, 15, 16, 17]
    assert read.defects == ()
