"""A stand-in for the analysis, and captures made of a few octets each."""

import ipaddress
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

import ikepcap
from ikepcap.cli.main import cli
from ikepcap.report.model import Conversation, Finding, Nat, Peer, Report, Skipped, Source, Vantage

FAULT = Finding("no-reply", "proven", "Nothing came back.", (1,), ("4 copies",), severity="fault")
NOTE = Finding("ends-early", "proven", "The capture ends early.", (9,), ("frame 9 is the last",))


def conversation(number: int, outcome: str = "established", **other: Any) -> Conversation:
    """Return a conversation with as little in it as can be."""
    values: dict[str, Any] = {
        "id": number,
        "initiator_cookie": f"{number:02x}" * 8,
        "responder_cookie": "a925781861a5565a",
        "mode": "main",
        "auth": "psk",
        "outcome": outcome,
        "summary": f"This is the story of number {number}.",
        "last_message": 6,
        "awaited_message": None,
        "silent_peer": None,
        "nat": Nat(None, None, False),
        "initiator": Peer(f"192.0.2.{number}", 500, None, 6, "proven", {"asa": "MM_ACTIVE"}),
        "responder": Peer("2001:db8::7", 500, None, 6, "presumed", {"asa": "MM_ACTIVE"}),
        "chosen": None,
        "exchanges": (),
        "findings": (),
        "first_time": "2026-11-21T00:31:05.120394Z",
        "last_time": "2026-11-21T00:31:05.520394Z",
        "first_frame": number,
        "last_frame": number + 5,
        "elapsed_ns": 400_000_000,
        "message_count": 6,
        "messages": (),
    }
    return Conversation(**values | other)


def report(*conversations: Conversation, **other: Any) -> Report:
    """Return a report of these conversations."""
    values: dict[str, Any] = {
        "source": Source("branch.pcapng", 20, None, None, 6, Skipped()),
        "vantage": Vantage("unknown", "unknown", ""),
        "conversations": conversations,
    }
    return Report(**values | other)


class Stream:
    """What the analysis hands out while it reads: conversations, and the rest when it is over."""

    def __init__(self, whole: Report) -> None:
        self._whole = whole

    def __iter__(self) -> Iterator[Conversation]:
        yield from self._whole.conversations

    def told(self) -> Iterator[Conversation]:
        """None of them is like another."""
        return iter(self)

    @property
    def report(self) -> Report:
        """The report without its conversations."""
        return msgspec.structs.replace(self._whole, conversations=())


class FakeApi:
    """Answers as told, and remembers how it was asked."""

    def __init__(self) -> None:
        self.answer: Report | BaseException = report()
        self.paths: tuple[str, ...] = ()
        self.options: dict[str, Any] = {}

    def analyze(self, paths: tuple[str, ...], **options: Any) -> Report:
        """Stand in for the analysis."""
        self.paths, self.options = tuple(paths), options
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def conversations(self, paths: tuple[str, ...], **options: Any) -> Stream:
        """Stand in for the analysis that streams."""
        return Stream(self.analyze(paths, **options))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """The stand-in, in the place of the analysis."""
    fake = FakeApi()
    monkeypatch.setattr(ikepcap, "api", fake, raising=False)
    return fake


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run the command line in this process."""

    def invoke(*arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(cli, list(arguments), prog_name="ikepcap", **options)

    return invoke


class Samples(msgspec.Struct, frozen=True):
    """The makers above, handed to tests."""

    conversation: Callable[..., Conversation] = conversation
    report: Callable[..., Report] = report
    fault: Finding = FAULT
    note: Finding = NOTE


@pytest.fixture(scope="session")
def samples() -> Samples:
    """Makers of reports and their parts."""
    return Samples()


def first_message(cookie: bytes) -> bytes:
    """Return a main mode MSG1: header, and an SA payload with one proposal of one transform."""
    attributes = struct.pack(">HHHHHHHH", 0x8001, 7, 0x8002, 2, 0x8003, 1, 0x8004, 14)
    transform = struct.pack(">BBHBBH", 0, 0, 8 + len(attributes), 1, 1, 0) + attributes
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(transform), 1, 1, 0, 1) + transform
    sa = struct.pack(">BBHII", 0, 0, 12 + len(proposal), 1, 1) + proposal
    return cookie + bytes(8) + struct.pack(">BBBBII", 1, 0x10, 2, 0, 0, 28 + len(sa)) + sa


def ethernet(source: str, destination: str, data: bytes, port: int = 500) -> bytes:
    """Return a UDP datagram in IPv4 in Ethernet; checksums are left zero."""
    udp = struct.pack(">HHHH", port, port, 8 + len(data), 0) + data
    ends = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(destination).packed
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + ends
    return bytes(12) + b"\x08\x00" + ip + udp


def pcap(frames: list[tuple[float, bytes]]) -> bytes:
    """Return a capture file of Ethernet frames with their times."""
    records = (
        struct.pack("<IIII", int(at), int(at % 1 * 1_000_000), len(data), len(data)) + data
        for at, data in frames
    )
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records)


@pytest.fixture(scope="session")
def unanswered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of one MSG1, sent five times and never answered."""
    path = tmp_path_factory.mktemp("captures") / "unanswered.pcap"
    frame = ethernet("192.0.2.1", "198.51.100.7", first_message(b"\x37\x4f\x90\xdb\x8f\xac\xb1\x54"))
    path.write_bytes(pcap([(1_700_000_000 + 8 * n, frame) for n in range(5)]))
    return path


@pytest.fixture(scope="session")
def without_ike(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of one datagram that is no IKE."""
    path = tmp_path_factory.mktemp("captures") / "dns.pcap"
    path.write_bytes(pcap([(1_700_000_000, ethernet("192.0.2.1", "192.0.2.53", b"\x00" * 30, 53))]))
    return path
