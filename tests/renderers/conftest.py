"""Hand-made reports: what the renderers are shown does not depend on any other stage."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ikepcap.report.model import (
    Conversation,
    Exchange,
    Finding,
    MessageLine,
    Nat,
    Peer,
    Policy,
    Report,
    Skipped,
    Source,
    Vantage,
)

STATES_5: dict[str, str | None] = {
    "asa": "MM_WAIT_MSG6",
    "ios": "MM_KEY_EXCH",
    "windows": "IKEEXT_MM_SA_STATE_FINAL (3)",
    "libreswan": "STATE_MAIN_I3",
    "strongswan": "MM_AUTH",
    "racoon": "MSG3SENT",
}
STATES_4: dict[str, str | None] = {
    "asa": "MM_WAIT_MSG5",
    "ios": "MM_KEY_EXCH",
    "windows": "IKEEXT_MM_SA_STATE_SSPI_SENT (2)",
    "libreswan": "STATE_MAIN_R2",
    "strongswan": None,
    "racoon": "MSG2SENT",
}
POLICY = Policy("AES-CBC-256", "SHA2-256", "MODP-2048", "PSK", 28800)

SILENT = Finding(
    code="peer-went-silent",
    certainty="likely",
    claim="The responder answered MSG1 and MSG3, and nothing came from it after frame 4.",
    frames=(5, 7, 8, 9, 10),
    evidence=(
        "MSG5 was sent 5 times over 30.5 s and never answered",
        "nothing from 198.51.100.7 in the 43.2 s after frame 5",
    ),
    alternatives=("psk-mismatch", "nat-t-blocked"),
    settles_it="a capture taken next to the responder: does MSG5 arrive there?",
    checks={
        "asa": ("show run tunnel-group 192.0.2.1",),
        "strongswan": ("swanctl --list-conns",),
        "ios": ("show crypto isakmp key",),
    },
    display_filter="isakmp.ispi == 37:4f:90:db:8f:ac:b1:54",
    severity="fault",
)
NOTE = Finding(
    code="recovered",
    certainty="proven",
    claim="MSG3 was lost and sent again; the negotiation came up all the same.",
    frames=(3, 4),
    evidence=("MSG3 was sent twice",),
)


def message(frame: int, sender: str, step: str | None, offset_ms: int, **other: Any) -> MessageLine:
    """Return one message of a ladder."""
    ends = ["192.0.2.1:500", "198.51.100.7:500"]
    source, destination = ends if sender == "initiator" else ends[::-1]
    values: dict[str, Any] = {
        "frame": frame,
        "time": "2026-11-21T00:31:05.120394Z",
        "sender": sender,
        "step": step,
        "kind": "new",
        "retransmission_of": None,
        "encrypted": False,
        "decrypted": None,
        "payloads": ("SA", "VID", "VID"),
        "defects": (),
        "exchange": "main",
        "message_id": "00000000",
        "offset_ns": offset_ms * 1_000_000,
        "size_bytes": 200,
        "source": source,
        "destination": destination,
        "initiator_state": None,
        "responder_state": None,
    }
    return MessageLine(**values | other)


STALLED_MESSAGES = (
    message(1, "initiator", "MSG1", 0, initiator_state=1),
    message(2, "responder", "MSG2", 41, initiator_state=1, responder_state=2),
    message(3, "initiator", "MSG3", 60, payloads=("KE", "NONCE", "NAT-D", "NAT-D", "VID", "VID", "VID"),
            initiator_state=3, responder_state=2),
    message(4, "responder", "MSG4", 99, payloads=("KE", "NONCE", "NAT-D", "NAT-D"), initiator_state=3,
            responder_state=4),
    *(
        message(5 + n, "initiator", "MSG5", 120 + 7600 * n, encrypted=True, payloads=(),
                kind="retransmission" if n else "new", retransmission_of=5 if n else None,
                source="192.0.2.1:4500", destination="198.51.100.7:4500",
                initiator_state=5, responder_state=4)
        for n in range(5)
    ),
)  # fmt: skip


def stalled(number: int = 1, **other: Any) -> Conversation:
    """Return a main mode that stalled at MSG6."""
    values: dict[str, Any] = {
        "id": number,
        "initiator_cookie": "374f90db8facb154",
        "responder_cookie": "a925781861a5565a",
        "mode": "main",
        "auth": "psk",
        "outcome": "stalled",
        "summary": "Main mode stalled at MSG6: the responder never answered MSG5 (5 copies in 30.5 s).",
        "last_message": 5,
        "awaited_message": 6,
        "silent_peer": "responder",
        "nat": Nat(False, True, True),
        "initiator": Peer("192.0.2.1", 4500, "strongSwan", 5, "proven", STATES_5),
        "responder": Peer("198.51.100.7", 4500, None, 4, "presumed", STATES_4),
        "chosen": POLICY,
        "exchanges": (),
        "findings": (SILENT,),
        "first_time": "2026-11-21T00:31:05.120394Z",
        "last_time": "2026-11-21T00:31:35.620394Z",
        "first_frame": 1,
        "last_frame": 9,
        "elapsed_ns": 30_500_000_000,
        "message_count": 9,
        "offered": (POLICY,),
        "messages": STALLED_MESSAGES,
    }
    return Conversation(**values | other)


def healthy(number: int = 2, **other: Any) -> Conversation:
    """Return a main mode and a quick mode that came up."""
    values: dict[str, Any] = {
        "initiator_cookie": f"{number:016x}",
        "outcome": "established",
        "summary": "Phase 1 came up in 0.4 s; quick mode was established.",
        "last_message": 6,
        "awaited_message": None,
        "silent_peer": None,
        "findings": (NOTE,),
        "exchanges": (Exchange("quick", "9d3f0a11", "established", 3, None, None),),
        "elapsed_ns": 400_000_000,
        "initiator": Peer("192.0.2.1", 500, None, 6, "proven", {"asa": "MM_ACTIVE"}),
        "responder": Peer("198.51.100.7", 500, None, 6, "proven", {"asa": "MM_ACTIVE"}),
        "messages": STALLED_MESSAGES[:4],
    }
    return stalled(number, **values | other)


def report(*conversations: Conversation, **other: Any) -> Report:
    """Return a report of these conversations."""
    values: dict[str, Any] = {
        "source": Source(
            "branch.pcapng",
            812,
            "2026-11-21T00:31:05.120394Z",
            "2026-11-21T00:31:48.320394Z",
            31,
            Skipped(ikev2=4, esp=700, nat_keepalive=12, malformed=1),
        ),
        "vantage": Vantage("initiator", "presumed", "TTL 64 on every frame from 192.0.2.1"),
        "conversations": conversations,
    }
    return Report(**values | other)


class Samples(msgspec.Struct, frozen=True):
    """The makers above, handed to tests."""

    stalled: Callable[..., Conversation] = stalled
    healthy: Callable[..., Conversation] = healthy
    report: Callable[..., Report] = report
    message: Callable[..., MessageLine] = message
    fault: Finding = SILENT
    note: Finding = NOTE


@pytest.fixture(scope="session")
def samples() -> Samples:
    """Makers of reports and their parts."""
    return Samples()
