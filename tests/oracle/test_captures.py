"""All captures, ours and those from elsewhere, read as tshark reads them; and octets changed, which shows."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from ikepcap.capture.reader import Capture
from ikepcap.oracle.compare import compare
from ikepcap.oracle.fields import COMPARED, NAMES
from ikepcap.oracle.found import Messages
from ikepcap.oracle.reading import ours
from ikepcap.oracle.tshark import Frames
from ikepcap.oracle.verify import Verdict, verify
from ikepcap.oracle.witness import Tshark
from ikepcap.wire.message import parse
from tests.oracle import gallery

ROOT = Path(__file__).resolve().parents[2]
OWN = sorted((ROOT / "captures").glob("*.pcap*"))
FOLDER = os.environ.get("IKEPCAP_CORPUS")
OTHERS = sorted(Path(FOLDER).glob("*.pcap*")) if FOLDER else []

AT_A_TIME = 4

EXPLAINED = {
    "main-truncated-by-snaplen.pcap": {"cut-by-capture"},
    "main-snaplen-96-strongswan.pcap": {"cut-by-capture"},
    "main-psk-differs-snaplen-96-strongswan.pcap": {"cut-by-capture"},
    "main-certificates-trailing-fragments-dropped-strongswan.pcap": {"quoted-in-icmp"},
    "main-certificates-trailing-fragments-dropped-strongswan-near-responder.pcap": {"quoted-in-icmp"},
}
"""All of our captures on which the two do not wholly agree."""


Verdicts = dict[Path, Future[Verdict]]


@pytest.fixture(scope="session")
def verdicts(tshark: Tshark) -> Iterator[Verdicts]:
    """The verdict on every capture, some at a time: most of a short comparison is tshark's start."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {path: pool.submit(verify, path, tshark=tshark) for path in (*OWN, *OTHERS)}
        pool.shutdown(cancel_futures=True)


def codes(verdict: Verdict) -> set[str]:
    return {one.known.code for one in verdict.explained}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_our_captures_are_read_as_tshark_reads_them(path: Path, verdicts: Verdicts) -> None:
    verdict = verdicts[path].result()
    assert verdict.unexplained == ()
    assert codes(verdict) == EXPLAINED.get(path.name, set())
    assert verdict.fields >= 8 * verdict.messages > 0


@pytest.mark.skipif(not FOLDER, reason="IKEPCAP_CORPUS names no folder of captures")
@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_captures_from_elsewhere_are_read_as_tshark_reads_them(path: Path, verdicts: Verdicts) -> None:
    assert verdicts[path].result().unexplained == ()


def test_every_payload_is_read_as_tshark_reads_it(tmp_path: Path, tshark: Tshark) -> None:
    path = tmp_path / "every.pcap"
    path.write_bytes(gallery.capture(gallery.every_payload()))
    verdict = verify(path, tshark=tshark)
    assert (verdict.unexplained, verdict.explained) == ((), ())
    assert verdict.fields > 800


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 14, 16, 17, 18, 19])
def test_no_octet_can_differ_unseen(number: int, tmp_path: Path, tshark: Tshark) -> None:
    """Tshark is given the message once for each octet, with that octet changed: each time it shows.

    Left out are octets that only one of the two reads as a field: reserved ones.
    """
    data = gallery.every_payload()[number]
    message = parse(data)
    assert message is not None
    fields = [one for one in ours(message).readings if one.field in COMPARED]
    places = sorted({at for one in fields if "Policy" not in one.field
                     for at in range(one.offset, one.offset + one.size)})  # fmt: skip
    assert len(places) > 0.8 * len(data)
    mutants = [data[:at] + bytes((data[at] ^ 0x41,)) + data[at + 1 :] for at in places]
    for name, messages in (("mine", [data] * len(mutants)), ("other", mutants)):
        (tmp_path / name).write_bytes(gallery.capture(messages))
    mine = Messages(Capture([str(tmp_path / "mine")]))
    results = compare(mine, Frames(tshark, str(tmp_path / "other"), NAMES, 60))
    unseen = {
        places[one.frame - 1]
        for one in results
        if not any(difference.known is None for difference in one.differences)
    }
    assert unseen == set()
