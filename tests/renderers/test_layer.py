"""Messages as Scapy shows them, on a terminal that believes what it is sent."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ikepcap.cli.main import cli
from ikepcap.renderers.layer import MAX_DEFECTS, MAX_LINES, MAX_PARTS, layer_lines
from ikepcap.wire import build
from ikepcap.wire.context import Context
from ikepcap.wire.message import Message, parse

CAPTURE = Path(__file__).parents[2] / "captures" / "main-psk-established.pcap"
PASSWORD = b"correct horse"


def parsed(*parts: build.Part) -> Message:
    found = parse(build.message(parts, initiator_cookie=b"initiate", exchange=6, message_id=1))
    assert found is not None
    return found


def xauth() -> build.Part:
    return build.configuration(2, [build.tlv(16521, b"user"), build.tlv(16522, PASSWORD)], identifier=7)


def test_passwords_are_hidden_unless_asked_for() -> None:
    message = parsed(xauth())
    hidden = "\n".join(layer_lines(message))
    assert "user" in hidden
    assert "(hidden)" in hidden
    assert PASSWORD.decode() not in hidden
    assert PASSWORD.hex() not in hidden
    assert PASSWORD.decode() in "\n".join(layer_lines(message, show_secrets=True))


def test_a_broken_payload_hides_its_password_too() -> None:
    """Where nothing says where a value begins, nothing of it is shown."""
    whole = xauth()
    octets = bytearray(parsed(whole).data)
    octets[30:32] = (2).to_bytes(2)  # shorter than its own header: its octets are left over
    broken = parse(bytes(octets))
    assert broken is not None
    cut = parsed(build.raw(14, b"\2\0\0"), build.vendor_id(b"v"))
    for message in (broken, cut):
        text = "\n".join(layer_lines(message))
        assert "(hidden)" in text
        assert PASSWORD.hex() not in text


def test_what_follows_a_payload_of_attributes_is_hidden() -> None:
    octets = bytearray(parsed(xauth()).data)
    octets[30:32] = (8).to_bytes(2)  # no room for an attribute: all of them are left over
    broken = parse(bytes(octets))
    assert broken is not None
    text = "\n".join(layer_lines(broken))
    assert PASSWORD.hex() not in text
    assert PASSWORD.decode() not in text


def test_a_password_of_check_point_is_hidden_whatever_its_length() -> None:
    """Seventeen octets could be the drafts' IPv6 subnet, if these were not Check Point's."""
    password = b"correct horse bat"
    message = parsed(build.configuration(2, [build.tlv(15, password)], identifier=7))
    assert password.decode() not in "\n".join(layer_lines(message, context=Context(check_point=True)))


def test_control_and_bidi_characters_do_not_reach_the_terminal() -> None:
    hostile = "\x1b[2Jgone\r\u202e".encode()
    message = parsed(build.identity(hostile), build.vendor_id(hostile), build.raw(99, hostile))
    text = "\n".join(layer_lines(message))
    assert text.isascii()
    assert all(line.isprintable() for line in text.split("\n"))


def test_defects_follow() -> None:
    data = parsed(build.nonce(b"n" * 8)).data + b"more"
    found = parse(data)
    assert found is not None
    assert list(layer_lines(found))[-1].startswith("  ! message-length at 24:")


def test_a_message_of_sixteen_thousand_payloads_ends_somewhere() -> None:
    lines = list(layer_lines(parsed(*[build.vendor_id(b"")] * 16_000)))
    whole = 10 + MAX_PARTS * 5  # of the header, of each payload
    assert len(lines) == MAX_LINES + 2
    assert lines[-2:] == [
        f"  ... {whole - MAX_LINES} more lines",
        f"  ... {16_000 - MAX_PARTS} more payloads, proposals, transforms or attributes",
    ]


def test_what_is_left_out_is_counted_at_every_depth() -> None:
    transforms = [build.transform([build.tv(1, 7)] * 9, number=number) for number in range(200)]
    lines = list(layer_lines(parsed(build.sa([build.proposal(transforms)]), build.vendor_id(b"v"))))
    # The SA, its proposal, 124 transforms with nine attributes each, and one with seven of them.
    assert MAX_PARTS == 1 + 1 + 124 * 10 + 1 + 7
    attributes, transforms_, payloads = 2, 75, 1
    left_out = attributes + transforms_ + payloads
    assert f"  ... {left_out} more payloads, proposals, transforms or attributes" in lines


def test_show_prints_the_layer_of_a_frame() -> None:
    result = CliRunner().invoke(cli, ["show", str(CAPTURE), "--frame", "1", "--scapy"])
    assert result.exit_code == 0
    assert "###[ SecurityAssociation ]###" in result.output
    assert "value     = AES-CBC" in result.output


def test_show_prints_the_layers_of_all_messages() -> None:
    result = CliRunner().invoke(cli, ["show", str(CAPTURE), "--scapy"])
    assert (result.exit_code, result.output.count("###[ ISAKMP ]###")) == (0, 9)


def test_scapy_is_a_view_of_its_own() -> None:
    for other in (["--hex"], ["--list"], ["--format", "json"]):
        result = CliRunner().invoke(cli, ["show", str(CAPTURE), "--scapy", *other])
        assert (result.exit_code, "--scapy" in result.output) == (2, True)


def test_a_number_of_a_thousand_octets_is_shown_as_octets() -> None:
    """Python refuses to write a number of more than 4,300 digits."""
    long = build.transform([build.tlv(number, b"\xff" * 2_000) for number in (1, 11, 12, 14, 999)])
    text = "\n".join(layer_lines(parsed(build.sa([build.proposal([long])]))))
    assert text.count("(2000 octets)") == 5


WORST = {
    "payloads": [build.vendor_id(b"")] * 16_000,
    "transforms": [build.sa([build.proposal([build.transform([build.tv(1, 7)] * 7)] * 255)])],
    "attributes": [build.configuration(1, [build.tv(7, 7)] * 16_000)],
}


@pytest.mark.parametrize("name", WORST)
def test_no_message_takes_long_to_show(name: str) -> None:
    message = parsed(*WORST[name])
    begun = time.process_time()
    shown = list(layer_lines(message))
    assert time.process_time() - begun < 2
    assert 1_000 < len(shown) <= MAX_LINES + 2 + MAX_DEFECTS + 1
