"""What messages say in the clear: kept in bounds, whatever the octets."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.capture.datagram import Datagram
from ikepcap.events import authip, clear
from ikepcap.events.clear import Watcher, principal
from ikepcap.events.collect import expected_records
from ikepcap.wire import build
from ikepcap.wire.bodies import Identification

COOKIE = bytes(range(8))


def datagram(data: bytes, **other: Any) -> Datagram:
    values: dict[str, Any] = {
        "frame": 1, "time_ns": 0, "source": bytes([192, 0, 2, 1]), "destination": bytes([198, 51, 100, 7]),
        "source_port": 500, "destination_port": 500, "data": data, "wire_bytes": len(data),
        "marker": False, "ttl": 64, "ip_id": 1,
    }  # fmt: skip
    return Datagram(**values | other)


def notice(cookie: bytes, kind: int = 14) -> bytes:
    return build.message([build.notify(kind)], initiator_cookie=cookie, exchange=5, message_id=1)


@given(
    st.binary(max_size=60),
    st.sampled_from([2, 4, 5, 32, 243, 244, 245, 246]),
    st.integers(0, 3),
    st.sampled_from([1, 5, 6, 11, 12, 13, 132, 133]),
)
def test_any_octets_are_looked_at_and_never_raise(body: bytes, exchange: int, flags: int, first: int) -> None:
    head = COOKIE + bytes(8) + bytes([first, 0x10, exchange, flags]) + bytes(4)
    watcher = Watcher()
    watcher(datagram(head + (28 + len(body)).to_bytes(4) + body))
    watcher(datagram(body))
    watcher.shown(COOKIE.hex())
    list(expected_records([], watcher))


def test_a_notice_is_kept_with_its_sender_and_frame() -> None:
    watcher = Watcher()
    watcher(datagram(notice(COOKIE), frame=7))
    (kept,) = watcher.shown(COOKIE.hex()).notices
    assert (kept.sender, kept.kind, kept.frame) == ("192.0.2.1", 14, 7)
    assert watcher.shown("ff" * 8).notices == []


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clear, "REMEMBERED", 3)
    monkeypatch.setattr(authip, "REMEMBERED", 3)
    watcher = Watcher()
    for number in range(10):
        cookie = number.to_bytes(8)
        for _ in range(100):
            watcher(datagram(notice(cookie)))
        watcher(datagram(build.message([build.raw(133, bytes(4))], initiator_cookie=cookie, exchange=243)))
    kept = [watcher.shown(number.to_bytes(8).hex()).notices for number in range(10)]
    assert [len(notices) for notices in kept] == [16] * 3 + [0] * 7
    assert len(watcher.authip.negotiations) == 3


@pytest.mark.parametrize(
    ("kind", "data", "name"),
    [
        (1, bytes([192, 0, 2, 1]), "192.0.2.1"),
        (5, bytes(15) + b"\x01", "::1"),
        (2, b"gw.example", "gw.example"),
        (3, b"user@example", "user@example"),
        (2, b"\xff", "\\xff"),
        (1, b"short", None),
        (2, b"", None),
        (9, b"0\x00", None),
        (11, b"group", None),
    ],
)
def test_identities_that_have_a_plain_name(kind: int, data: bytes, name: str | None) -> None:
    assert principal(Identification(kind, 0, 0, data)) == name
