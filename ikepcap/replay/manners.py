"""How implementations behave: when they repeat themselves, and in which words they refuse. Data only.

Timings and reactions are those that strongSwan 5.9.8, Libreswan 4.10 and racoon 0.9.1 showed on the wire;
ASA's and IOS's timings are those of ike-scan's table of back-offs. `quick` is nobody's: for the impatient, in
strongSwan's words.
"""

from typing import Final, Literal

from msgspec import Struct

from ikepcap.wire.numbers import NotifyType

Refusal = Literal["with-cookies", "bare", "bare-zero", "silent"]
"""A notify in the clear with both cookies as SPI; without SPI; that and a zero responder cookie; nothing."""
Garbled = Literal["encrypted", "clear", "silent"]


class Manner(Struct, frozen=True):
    """One implementation's habits."""

    name: str
    gaps_s: tuple[float, ...]
    """Between copies of a request; after as many as there are, the sender waits `patience_s` and gives up."""
    patience_s: float
    repeats: frozenset[str] = frozenset()
    """Answers that are repeated by a timer of their own, not only for a duplicate of the request."""
    half_open_s: float = 30.0
    """A responder forgets a phase 1 that does not become complete in this time."""
    heeds: bool = True
    """An initiator ends at once when it is refused in the clear."""
    no_proposal: Refusal = "with-cookies"
    unknown_peer: Refusal = "silent"
    lacks_psk: Refusal = "silent"
    """MSG3 comes, and there is no pre-shared key for the peer (INVALID-KEY-INFORMATION)."""
    garbled: Garbled = "silent"
    """MSG5 does not decrypt to payloads (PAYLOAD-MALFORMED)."""
    garbled_every_copy: bool = False
    bad_identity: int = NotifyType.AUTHENTICATION_FAILED
    bad_proof: int = NotifyType.AUTHENTICATION_FAILED
    """MSG5 is readable, and its hash or signature is wrong."""
    bad_hash_r: Garbled = "encrypted"
    """As initiator of aggressive mode."""
    mode_refused: Refusal = "silent"
    deletes_refused_user: bool = False
    """As an initiator that XAUTH does not let in: a delete in place of the acknowledgement."""


_STRONGSWAN_GAPS: Final = (4.0, 7.2, 12.96, 23.328, 41.99)
_DOUBLING: Final = (0.5, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

MANNERS: Final[dict[str, Manner]] = {
    manner.name: manner
    for manner in (
        Manner(
            "strongswan", _STRONGSWAN_GAPS, 75.6,
            repeats=frozenset(("AGGR2", "QM2", "T1")),
            unknown_peer="bare", lacks_psk="with-cookies", garbled="encrypted", garbled_every_copy=True,
            mode_refused="with-cookies",
        ),
        Manner(
            "libreswan", _DOUBLING, 32.0,
            repeats=frozenset(("MSG4", "AGGR2", "QM2", "T1")), half_open_s=64.0, heeds=False,
            no_proposal="bare-zero", bad_identity=NotifyType.INVALID_ID_INFORMATION,
            bad_proof=NotifyType.INVALID_ID_INFORMATION, bad_hash_r="clear", deletes_refused_user=True,
        ),
        Manner(
            "racoon", (10.0, 10.0, 10.0, 10.0), 10.0,
            repeats=frozenset(("MSG4", "AGGR2", "QM2", "T1")), half_open_s=50.0, heeds=False,
            no_proposal="silent", bad_proof=NotifyType.INVALID_HASH_INFORMATION,
        ),
        Manner(
            "asa", (8.0, 8.0, 8.0), 8.0,
            repeats=frozenset(("MSG2", "MSG4", "AGGR2", "QM2", "T1")), half_open_s=32.0,
        ),
        Manner(
            "ios", (10.0, 10.0, 10.0, 10.0, 10.0), 10.0,
            repeats=frozenset(("MSG2", "MSG4", "AGGR2", "QM2", "T1")), half_open_s=60.0,
        ),
        Manner(
            "quick", (0.3, 0.6, 1.2), 1.5,
            repeats=frozenset(("AGGR2", "QM2", "T1")), half_open_s=10.0,
            unknown_peer="bare", lacks_psk="with-cookies", garbled="encrypted", garbled_every_copy=True,
            mode_refused="with-cookies",
        ),
    )
}  # fmt: skip
DEFAULT: Final = MANNERS["strongswan"]
