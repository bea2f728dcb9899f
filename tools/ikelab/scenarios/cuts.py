"""Captures that show only a part, or more than there was: made of others."""

from collections.abc import Mapping
from typing import Final

from ikelab.scenario import Cut

_PSK: Final = "main-psk-established-strongswan"
_GONE: Final[dict[str, object]] = {"initiator_real": ..., "responder_real": ..., "findings": ...}
"""What was true at the end of the whole capture only."""
_NO_NAT: Final[dict[str, object]] = {"initiator_behind_nat": ..., "responder_behind_nat": ...}
_UP: Final[dict[str, object]] = {"outcome": "established", "awaited_message": "none", "silent_peer": "none"}
_OPEN: Final[dict[str, object]] = {"awaited_message": ..., "silent_peer": ..., "faults": []}
"""A capture that cannot tell who owed what blames nobody."""


def _until(message: int) -> Mapping[int, Mapping[str, object]]:
    """Return what a capture shows that ends after the n-th message of a main mode without losses."""
    owner = "initiator" if message % 2 == 0 else "responder"
    progress = {"initiator": message - (message % 2 == 0), "responder": message - (message % 2)}
    facts = _GONE | {
        "outcome": "in-progress", "last_message": message, "awaited_message": message + 1, "silent_peer": owner,
        "findings": ["ends-early"], "exchange": ...,
    }  # fmt: skip
    for role, reached in progress.items():
        facts |= {f"{role}_progress": reached or "none"}
        facts |= {f"{role}_asa": f"MM_WAIT_MSG{reached + 1}" if reached else "none"}
    return {0: facts | (_NO_NAT if message < 4 else {})}


def _from(frame: int) -> Mapping[int, Mapping[str, object]]:
    """Return what a capture shows that begins with the n-th message of a main mode without losses."""
    hidden: dict[str, object] = {"auth": "none"} if frame > 2 else {}
    nat: dict[str, object] = _NO_NAT if frame > 3 else {}
    return {0: {"findings": ["starts-late"], **hidden, **nat}}


CUTS: Final = (
    *(
        Cut(name=f"main-begins-at-msg{frame}-strongswan", shows=f"the capture begins with MSG{frame}", of=_PSK,
            frames=(frame, None), facts=_from(frame))
        for frame in (2, 3, 4, 5, 6)
    ),
    Cut(name="main-begins-at-quick-mode-strongswan", shows="the capture begins with QM1", of=_PSK, frames=(7, None),
        facts={0: {"mode": ..., "auth": "none", "last_message": "none", "findings": ["starts-late"],
                   **_NO_NAT, "initiator_asa": ..., "responder_asa": ..., "initiator_progress": ...,
                   "responder_progress": ..., "initiator_real": ..., "responder_real": ...}}),
    Cut(name="aggressive-begins-at-msg3-strongswan", shows="the capture begins with MSG3",
        of="aggressive-psk-established-strongswan", frames=(3, None),
        facts={0: {"auth": "none", "findings": ["starts-late"], "faults": ..., **_NO_NAT}}),
    Cut(name="main-psk-differs-begins-at-msg5-libreswan", shows="different keys, and the capture begins with MSG5",
        of="main-psk-differs-libreswan", frames=(5, None),
        facts={0: {"auth": "none", "faults": ..., "fault_among": ["psk-mismatch", "replies-lost", "peer-went-silent"],
                   **_NO_NAT}}),
    Cut(name="main-psk-differs-begins-at-msg5-strongswan", shows="different keys, and the capture begins with MSG5",
        of="main-psk-differs-strongswan", frames=(5, None),
        facts={0: {"auth": "none", "faults": ..., "fault_among": ["psk-mismatch", "authentication-failed"],
                   **_NO_NAT}}),
    Cut(name="main-dpd-only-strongswan", shows="nothing but dead peer detection and a delete, long after phase 1",
        of="main-dpd-answered-strongswan", frames=(10, None),
        facts={0: {"mode": ..., "auth": "none", "last_message": "none", "faults": [], "exchange": ..., **_NO_NAT,
                   "outcome": ..., "awaited_message": ..., "silent_peer": ..., "initiator": ..., "responder": ...,
                   "initiator_asa": ..., "responder_asa": ..., "initiator_progress": ..., "responder_progress": ...,
                   "initiator_real": ..., "responder_real": ...}}),
    *(
        Cut(name=f"main-ends-at-msg{message}-strongswan", shows=f"the capture ends with MSG{message}", of=_PSK,
            frames=(1, message), facts=_until(message))
        for message in (1, 2, 3, 4, 5)
    ),
    Cut(name="main-ends-at-msg6-strongswan", shows="the capture ends with MSG6", of=_PSK, frames=(1, 6),
        facts={0: _UP | {"findings": ..., "faults": [], "exchange": ...}}),
    Cut(name="main-ends-at-qm1-strongswan", shows="the capture ends with QM1", of=_PSK, frames=(1, 7),
        facts={0: _UP | {"findings": ..., "faults": [],
                         "exchange": [{"kind": "quick", "last_message": 1, "outcome": "in-progress"}]}}),
    Cut(name="main-ends-at-qm2-strongswan", shows="the capture ends with QM2", of=_PSK, frames=(1, 8),
        facts={0: _UP | {"findings": ..., "faults": [],
                         "exchange": [{"kind": "quick", "last_message": 2, "outcome": "in-progress"}]}}),
    Cut(name="aggressive-ends-at-msg2-strongswan", shows="the capture ends with MSG2",
        of="aggressive-psk-established-strongswan", frames=(1, 2),
        facts={0: _GONE | _NO_NAT | {
            "outcome": "in-progress", "last_message": 2, "awaited_message": 3, "silent_peer": "initiator",
            "initiator_progress": 1, "initiator_asa": "AM_WAIT_MSG2", "responder_progress": 2,
            "responder_asa": "AM_WAIT_MSG3", "exchange": ...}}),
    Cut(name="main-only-initiator-strongswan", shows="only what the initiator sent", of=_PSK, sent_by="initiator",
        facts={0: {"last_message": 5, "findings": ["one-sided"], "exchange": ..., "responder_asa": ..., **_NO_NAT,
                   "responder_progress": ..., "responder_certainty": "unknown"}}),
    Cut(name="main-only-responder-strongswan", shows="only what the responder sent", of=_PSK, sent_by="responder",
        facts={0: {"findings": ["one-sided"], "exchange": ..., "initiator_asa": ..., "initiator_progress": ...,
                   "initiator_certainty": "unknown", **_NO_NAT}}),
    Cut(name="main-replies-dropped-only-responder-strongswan", of="main-replies-dropped-strongswan-near-responder",
        shows="MSG2 repeated, the initiator's half not captured", sent_by="responder",
        facts={0: {"outcome": "unknown", **_OPEN, "findings": ["one-sided"], "initiator_asa": ...,
                   "initiator_progress": ..., "initiator_certainty": "unknown"}}),
    Cut(name="main-psk-differs-only-initiator-libreswan", shows="different keys, only what the initiator sent",
        of="main-psk-differs-libreswan", sent_by="initiator",
        facts={0: {"outcome": "unknown", **_OPEN, "faults": ..., "findings": ["one-sided"], **_NO_NAT,
                   "last_message": 5, "responder_asa": ..., "responder_progress": ...,
                   "responder_certainty": "unknown"}}),
    Cut(name="main-nat-t-only-port-500-strongswan", shows="captured with a filter for port 500",
        of="main-nat-t-established-strongswan", port=500,
        facts={0: _GONE | _OPEN | {
            "outcome": "unknown", "last_message": 4, "moved_to_4500": ..., "findings": ["port-filtered-capture"],
            "initiator_progress": 3, "initiator_asa": "MM_WAIT_MSG4", "responder_progress": 4,
            "responder_asa": "MM_WAIT_MSG5", "exchange": ...}}),
    Cut(name="main-nat-t-only-port-4500-strongswan", shows="captured with a filter for port 4500",
        of="main-nat-t-established-strongswan", port=4500,
        facts={0: {"auth": "none", "findings": ..., "faults": [], **_NO_NAT}}),
    Cut(name="main-nat-t-psk-differs-only-port-500-strongswan-libreswan", port=500,
        shows="different keys through NAT, captured with a filter for port 500",
        of="main-nat-t-psk-differs-strongswan-libreswan",
        facts={0: _OPEN | {"outcome": ..., "last_message": 4, "moved_to_4500": ..., "faults": ...,
                           "initiator_progress": ..., "initiator_asa": ...}}),
    *(
        Cut(name=f"main-snaplen-{octets}-strongswan", shows=f"{octets} octets of each frame were kept", of=_PSK,
            snaplen=octets, capture_findings=("truncated-frames",),
            facts={0: {"findings": ..., "faults": [], "auth": ..., **_NO_NAT}})
        for octets in (96, 70)
    ),
    Cut(name="main-psk-differs-snaplen-96-strongswan", shows="different keys, 96 octets of each frame were kept",
        of="main-psk-differs-strongswan", snaplen=96, capture_findings=("truncated-frames",),
        # Too little of MSG1 is left to say that keys were meant to be shared.
        facts={0: {"auth": ..., "faults": ..., "fault_among": ["psk-mismatch", "authentication-failed"], **_NO_NAT}}),
    Cut(name="main-mirrored-twice-strongswan", shows="a mirror port delivers every frame twice", of=_PSK,
        duplicate_s=0.00002, facts={0: {"findings": ["duplicate-frames"]}}),
    Cut(name="main-psk-differs-mirrored-twice-libreswan", shows="different keys, every frame twice",
        of="main-psk-differs-libreswan", duplicate_s=0.00002),
    Cut(name="main-msg3-lost-once-both-ends-libreswan", shows="captures of both ends merged; MSG3 was lost between",
        of="main-msg3-lost-once-libreswan", also="main-msg3-lost-once-libreswan-near-responder"),
    Cut(name="main-nat-t-both-sides-strongswan", shows="captures before and behind the NAT, merged",
        of="main-nat-t-established-strongswan", also="main-nat-t-established-strongswan-near-responder",
        facts={0: {"findings": ..., "faults": [], "initiator": ..., **_NO_NAT}}),
    *(
        Cut(name=f"main-msg{first}-and-msg{first + 1}-exchanged-strongswan",
            shows=f"MSG{first} was written to the file after its answer", of=_PSK, swap=(first, first + 1),
            facts={0: {"findings": ..., "faults": []}})
        for first in (3, 5)
    ),
    Cut(name="main-msg6-and-qm1-exchanged-strongswan", shows="MSG6 was written to the file after QM1", of=_PSK,
        swap=(6, 7), facts={0: {"findings": ..., "faults": []}}),
)  # fmt: skip
