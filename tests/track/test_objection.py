"""What may begin a conversation that nobody saw the beginning of, and what may not."""

import pytest

from ikepcap.track.objection import objection
from ikepcap.wire import build
from ikepcap.wire.message import NO_COOKIE, parse
from ikepcap.wire.numbers import Exchange, NotifyType, Payload
from tests.report.scene import Scene

COOKIES = {"initiator_cookie": b"\x01" * 8, "responder_cookie": b"\x02" * 8}
ANY_SIZE = bytes(range(64))


def clear(parts: list[build.Part], **changes: object) -> bytes:
    return build.message(parts, **{**COOKIES, "exchange": Exchange.MAIN, **changes})  # type: ignore[arg-type]


def sealed(**changes: object) -> bytes:
    fixed = {**COOKIES, "exchange": Exchange.MAIN, **changes}
    return build.encrypted(fixed.pop("ciphertext", ANY_SIZE), **fixed)  # type: ignore[arg-type]


def said(data: bytes) -> str | None:
    return objection(parse(data, len(data)))


NOTIFY = build.notify(NotifyType.NO_PROPOSAL_CHOSEN)
KEYS = [build.ke(bytes(128)), build.nonce(bytes(20))]


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("mode", ["main", "aggressive"])
def test_any_message_of_phase_1_may_be_the_first_that_was_captured(mode: str, step: int) -> None:
    shots = Scene(mode=mode, nat_t=True, clear_msg3=step % 2 == 0).phase1().shots  # type: ignore[arg-type]
    assert said(shots[step % len(shots)].payloads[0]) is None


@pytest.mark.parametrize(
    "data",
    [
        sealed(exchange=Exchange.QUICK, message_id=7),
        sealed(exchange=Exchange.TRANSACTION, message_id=7),
        sealed(exchange=Exchange.NEW_GROUP, message_id=7),
        sealed(exchange=Exchange.INFORMATIONAL, message_id=7),
        clear([NOTIFY], exchange=Exchange.INFORMATIONAL, message_id=7),
        clear([NOTIFY], exchange=Exchange.INFORMATIONAL, responder_cookie=NO_COOKIE),
    ],
)
def test_any_message_after_phase_1_may_be_the_first_that_was_captured(data: bytes) -> None:
    assert said(data) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x01" * 27, "too short"),
        (clear([NOTIFY], initiator_cookie=NO_COOKIE), "initiator cookie is zero"),
        (clear(KEYS, message_id=5), "message ID"),
        (sealed(responder_cookie=NO_COOKIE), "no responder cookie"),
        (sealed(exchange=Exchange.QUICK, message_id=7, responder_cookie=NO_COOKIE), "no responder cookie"),
        (sealed(ciphertext=b"x" * 61), "no whole blocks"),
        (sealed(ciphertext=b""), "nothing is encrypted"),
        (sealed(first=Payload.NONE), "nothing is encrypted"),
        (clear(KEYS, exchange=99), "exchange type 99"),
        (clear(KEYS, exchange=Exchange.QUICK, message_id=7), "not encrypted"),
        (clear(KEYS, responder_cookie=NO_COOKIE), "carries an SA"),
        (clear([build.nonce(bytes(20))]), "neither SA nor key exchange"),
        (clear([build.raw(77, b"x")]), "payload 77"),
    ],
)
def test_what_nobody_sends_begins_nothing_and_the_reason_is_told(data: bytes, why: str) -> None:
    assert why in (said(data) or "")


def test_msg1_whose_payloads_are_broken_is_still_a_msg1() -> None:
    """Its header makes sense: a broken offer must stay visible as one."""
    data = bytearray(Scene().msg1().shots[0].payloads[0])
    data[30:32] = (9000).to_bytes(2)
    assert said(bytes(data)) is None
