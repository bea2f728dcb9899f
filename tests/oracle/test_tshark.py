"""tshark through pyshark: running loops, and programs that die, hang, are too old or no tshark at all."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ikepcap.errors import CaptureError, OracleUnavailableError
from ikepcap.oracle.fields import NAMES
from ikepcap.oracle.tshark import Frames
from ikepcap.oracle.verify import find, verify
from ikepcap.oracle.witness import Tshark
from tests.oracle import gallery

Pretend = Callable[..., str]


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    path = tmp_path / "healthy.pcap"
    path.write_bytes(gallery.healthy())
    return path


def refusal(path: str, capture: Path, silence_s: float = 20.0) -> str:
    """Return the one line that an unfit tshark ends in."""
    with pytest.raises(OracleUnavailableError) as caught:
        verify(capture, tshark=find(path), silence_s=silence_s)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_it_works_inside_a_running_event_loop(healthy: Path, tshark: Tshark) -> None:
    """As in a notebook or an asynchronous test, where pyshark by itself refuses."""

    async def inside() -> int:
        assert asyncio.get_running_loop()
        verdict = verify(healthy, tshark=tshark)
        await asyncio.sleep(0)  # the loop that was running still does
        return verdict.messages

    assert asyncio.run(inside()) == 9


def test_it_works_in_a_thread_beside_others(healthy: Path, tshark: Tshark) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(verify(healthy, tshark=tshark).messages))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [9, 9, 9]


def test_no_tshark_says_how_to_get_one(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyshark", reason="needs pyshark, from the extra 'verify'")
    monkeypatch.setenv("PATH", str(healthy.parent))
    with pytest.raises(OracleUnavailableError, match=r"^tshark: not found; .*apt install tshark.*--tshark$"):
        verify(healthy)


def test_no_pyshark_says_how_to_get_it(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyshark", None)
    with pytest.raises(
        OracleUnavailableError, match=r"pyshark is missing; .*pip install 'ikepcap\[verify\]'"
    ):
        verify(healthy)


def test_a_tshark_that_is_too_old_is_not_asked(pretend: Pretend, healthy: Path) -> None:
    line = refusal(pretend(version="TShark 1.12.1 (Git Rev Unknown)"), healthy)
    assert line.endswith("tshark 1.12.1 is too old; 3.4 or later is needed")


def test_a_tshark_that_lacks_fields_is_not_asked(pretend: Pretend, healthy: Path) -> None:
    line = refusal(pretend(fields="echo nothing"), healthy)
    assert f"does not know {len(NAMES)} fields that are compared, isakmp.cert.data," in line


def test_what_is_no_tshark_is_not_asked(pretend: Pretend, healthy: Path) -> None:
    for other in ("hello", "ls (GNU coreutils) 9.1", "GNU bash, version 5.2.15(1)-release"):
        assert "does not say that it is TShark" in refusal(pretend(version=other), healthy)


def test_a_file_that_cannot_run_is_not_asked(healthy: Path) -> None:
    pytest.importorskip("pyshark", reason="needs pyshark, from the extra 'verify'")
    assert "not found" in refusal(str(healthy), healthy)


def test_a_tshark_that_does_not_say_its_version_is_not_waited_for(
    pretend: Pretend, healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ikepcap.oracle.witness.ANSWER_S", 0.3)
    path = pretend()
    Path(path).write_text("#!/bin/sh\nexec sleep 60\n")
    assert "does not answer --version within 0.3 s" in refusal(path, healthy)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("exit 3", "ended with status 3; try another version"),
        ("echo 'out of memory' >&2; exit 3", "ended with status 3: out of memory; try another version"),
        ("kill -SEGV $$", "was ended by signal 11; try another version"),
        ("echo '<packet><proto'; kill -SEGV $$", "was ended by signal 11; try another version"),
        ("echo 'no such option' >&2; exit 2", "tshark 4.0.17 cannot read it: no such option"),
    ],
)
def test_a_tshark_that_dies_gives_one_line(pretend: Pretend, healthy: Path, how: str, said: str) -> None:
    assert refusal(pretend(how), healthy).endswith(said)


def test_a_tshark_that_hangs_is_ended(pretend: Pretend, healthy: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    begun = time.monotonic()
    line = refusal(pretend(f"echo $$ > {pid}; exec sleep 60"), healthy, silence_s=0.5)
    assert line.endswith("was silent for 0.5 s; give --timeout more, or it hangs")
    assert time.monotonic() - begun < 15
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_what_pyshark_cannot_read_gives_one_line(pretend: Pretend, healthy: Path) -> None:
    assert "could not be run through pyshark" in refusal(pretend("echo '<packet></packet>'"), healthy)


def test_a_tshark_is_ended_when_nobody_reads_on(tmp_path: Path, tshark: Tshark) -> None:
    path = tmp_path / "many.pcap"
    path.write_bytes(gallery.capture([gallery.FIRST] * 3_000))
    frames = Frames(tshark, str(path), NAMES, 20).__iter__()
    assert next(frames).frame == 1
    frames.close()
    assert "ikepcap-tshark" not in {thread.name for thread in threading.enumerate()}


def test_a_config_file_where_the_user_happens_to_be_is_not_obeyed(
    healthy: Path, tshark: Tshark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pyshark runs what a config.ini in the current folder names, and fails on any other config.ini."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "config.ini").write_text("[server]\nport = 1\n")
    monkeypatch.chdir(folder)
    assert verify(healthy, tshark=tshark).unexplained_count == 0


def test_a_capture_that_is_cut_is_compared_as_far_as_it_goes(tmp_path: Path, tshark: Tshark) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(gallery.healthy()[:-10])
    verdict = verify(path, tshark=tshark)
    assert (verdict.messages, verdict.unexplained_count) == (8, 0)
    assert verdict.cut is not None
    assert verdict.cut.startswith("after frame 8, at byte ")


@pytest.mark.parametrize("name", ["-", "."])
def test_what_cannot_be_read_twice_is_refused(name: str) -> None:
    with pytest.raises(CaptureError, match="reads a capture twice; give a regular file"):
        verify(name)


def test_what_is_no_capture_is_refused(tmp_path: Path, tshark: Tshark) -> None:
    path = tmp_path / "text.pcap"
    path.write_text("This is no capture at all.")
    with pytest.raises(CaptureError, match="is not a pcap or pcapng file"):
        verify(path, tshark=tshark)
    with pytest.raises(CaptureError, match="missing"):
        verify(tmp_path / "missing.pcap", tshark=tshark)
