"""Captures from elsewhere whose keys are known, in the folder that IKEPCAP_CORPUS names.

`truth.json` gives keys by capture: an initiator cookie with an encryption key, or a PSK. Without the folder
these tests are skipped.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ikepcap.capture.datagram import Datagram
from ikepcap.capture.reader import Capture
from ikepcap.keyed import settled
from ikepcap.keys.check import Outcome
from ikepcap.keys.opened import Reason
from ikepcap.keys.sources import load_ring
from ikepcap.opening import OpenedMessage, Opening
from ikepcap.wire.message import HEADER_BYTES

FOLDER = os.environ.get("IKEPCAP_CORPUS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="IKEPCAP_CORPUS names no folder of captures")

TRUTHS: dict[str, Any] = json.loads((Path(FOLDER) / "truth.json").read_text()) if FOLDER else {}
KEYED = sorted(name for name, truth in TRUTHS.items() if any("key" in one for one in truth["keys"]))
WITH_BOTH = [name for name in KEYED if any("psk" in one for one in TRUTHS[name]["keys"])]
WITH_PSK = sorted(
    name for name, truth in TRUTHS.items()
    if any("psk" in one for one in truth["keys"])
    and any("aggressive" in one["mode"] for one in truth["conversations"])
)  # fmt: skip


def opened(name: str, folder: Path, rows: list[tuple[str, str]]) -> list[OpenedMessage]:
    table = folder / "ikev1_decryption_table"
    table.write_text("".join(f"{cookie},{key}\n" for cookie, key in rows))
    return list(Opening(Capture([Path(FOLDER or "") / name]), load_ring([table])))


def rows_of(name: str) -> list[tuple[str, str]]:
    return [(one["icookie"], one["key"]) for one in TRUTHS[name]["keys"] if "key" in one]


@pytest.mark.parametrize("name", KEYED)
def test_every_encrypted_message_opens_with_the_right_key(name: str, tmp_path: Path) -> None:
    rows = rows_of(name)
    cookies = {bytes.fromhex(cookie) for cookie, _ in rows}
    concerned = [
        one for one in opened(name, tmp_path, rows)
        if one.message.initiator_cookie in cookies and one.message.is_encrypted
    ]  # fmt: skip
    assert concerned
    for one in concerned:
        assert one.plaintext is not None, (one.datagram.frame, one.refusal)
        assert one.plaintext.lost == 0
        assert not one.plaintext.defects


@pytest.mark.parametrize("name", WITH_BOTH)
def test_the_psk_beside_the_key_verifies_the_proofs_of_phase_1(name: str, tmp_path: Path) -> None:
    table, psks = tmp_path / "ikev1_decryption_table", tmp_path / "psks"
    table.write_text("".join(f"{cookie},{key}\n" for cookie, key in rows_of(name)))
    psks.write_text("".join(f"{one['psk']}\n" for one in TRUTHS[name]["keys"] if "psk" in one))
    found = Opening(Capture([Path(FOLDER or "") / name]), load_ring([table], [psks]))
    proofs = [check for one in found for check in one.checks if check.name in ("HASH_I", "HASH_R")]
    assert {check.name for check in proofs} == {"HASH_I", "HASH_R"}
    assert {check.outcome for check in proofs} == {Outcome.VERIFIED}


@pytest.mark.parametrize("name", KEYED)
def test_with_another_key_no_message_opens(name: str, tmp_path: Path) -> None:
    rows = [(cookie, key[::-1]) for cookie, key in rows_of(name)]
    assert all(one.plaintext is None for one in opened(name, tmp_path, rows))


@pytest.mark.parametrize("name", KEYED)
def test_without_any_one_message_the_others_are_what_they_were(name: str, tmp_path: Path) -> None:
    """One that nothing bears out stays closed; of one other an exchange loses the first block."""
    table = tmp_path / "ikev1_decryption_table"
    table.write_text("".join(f"{cookie},{key}\n" for cookie, key in rows_of(name)))
    ring = load_ring([table])
    items = [item for item in Capture([Path(FOLDER or "") / name]) if isinstance(item, Datagram)][:80]
    whole = {one.datagram.frame: one.plaintext for one in settled(Opening(items, ring))}
    for gone in range(len(items)):
        for one in settled(Opening([*items[:gone], *items[gone + 1 :]], ring)):
            before = whole[one.datagram.frame]
            if one.refusal is not None and before is not None:
                assert one.refusal.reason in (Reason.UNDECIDED, Reason.INCOMPLETE), (gone, one.refusal)
            if one.plaintext is not None:
                assert before is not None
                at = HEADER_BYTES + one.plaintext.lost
                assert one.plaintext.data[at:] == before.data[at:]
                assert one.plaintext.payload_types() == before.payload_types()


@pytest.mark.parametrize("name", WITH_PSK)
def test_a_psk_is_found_right_from_aggressive_mode_alone(name: str, tmp_path: Path) -> None:
    psks = [one["psk"] for one in TRUTHS[name]["keys"] if "psk" in one]
    for psk, outcome in ((psks[0], Outcome.VERIFIED), ("not this one", Outcome.FAILED)):
        path = tmp_path / "psks"
        path.write_text(psk + "\n")
        found = Opening(Capture([Path(FOLDER or "") / name]), load_ring(psk_files=[path]))
        proofs = [check.outcome for one in found for check in one.checks if check.name == "HASH_R"]
        assert proofs == [outcome]
