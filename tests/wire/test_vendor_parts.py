"""Vendor IDs taken apart, from octets written by hand."""

import pytest

from ikepcap.wire.part import Part
from ikepcap.wire.vendor import lookup
from ikepcap.wire.vendor_parts import vendor_parts

CHECK_POINT = "f4ed19e0c114eb516faaac0ee37daf2807b4381f"


@pytest.mark.parametrize(
    ("octets", "parts"),
    [
        ("afcad71368a1f1c96b8696fc77570100", (Part("version", 64, 2, "1.0"),)),
        ("12f5f28c457168a9702d9fe274cc0100", (Part("version", 64, 2, "1.0"),)),
        ("1e2b516905991c7d7c96fcbfb587e46100000007", (Part("version", 66, 4, "7"),)),
        ("1e2b516905991c7d7c96fcbfb587e461000000ff", (Part("version", 66, 4, b"\0\0\0\xff"),)),
        ("01528bbbc00696121849ab9a1c5b2a5100000002", (Part("keying module", 66, 4, "IKEv2"),)),
        ("7bb93867d76c8d80df0f40fae8fc3b1900000004", (Part("group", 66, 4, "ECP-256"),)),
        ("8299031757a36082c6a621de0005013e", (Part("version", 62, 4, "release 5, build 318"),)),
        ("8299031757a36082c6a621de00000000", (Part("version", 62, 4, bytes(4)),)),
        ("4048b7d56ebce88525e7de7f00d6c2d3c0000000",
         (Part("capabilities", 66, 4, "main and aggressive mode, base mode"),)),
        ("4048b7d56ebce88525e7de7f00d6c2d380000001",
         (Part("capabilities", 66, 4, "main and aggressive mode, bits 0x1"),)),
        ("4048b7d56ebce88525e7de7f00d6c2d300000000", (Part("capabilities", 66, 4, bytes(4)),)),
        ("4f452d4c696272657377616e2d342e3132", (Part("text", 63, 4, "4.12"),)),
        ("4a131c81070358455c5728f20e95452f", ()),
        ("ffff", ()),
        (CHECK_POINT, ()),
        (CHECK_POINT + "0000000100001388000000000000000018100000",
         (Part("product", 70, 4, "Firewall-1 (1)"), Part("version", 74, 4, "NG (5000)"),
          Part("timestamp", 78, 4, "0"), Part("reserved", 82, 4, "0x00000000"),
          Part("features", 86, 4, "0x18100000"))),
        (CHECK_POINT + "000000090001", (Part("product", 70, 4, "9"), Part("rest", 74, 2, b"\0\x01"))),
    ],
)  # fmt: skip
def test_what_follows_the_known_octets_stands_in_its_place(octets: str, parts: tuple[Part, ...]) -> None:
    assert vendor_parts(bytes.fromhex(octets), 50) == parts


def test_a_check_point_s_version_is_in_its_name_too() -> None:
    known = lookup(bytes.fromhex(CHECK_POINT + "000000020000138d" + "00" * 12))
    assert known is not None
    assert (known.implementation, known.version) == (
        "Check Point",
        "NG with Application Intelligence R55, or later",
    )
