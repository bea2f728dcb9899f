"""Secrets that are planted in keys and captures come out of no verb, in no format, on no path of failure."""

import logging
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import ikepcap
from ikepcap.capture.reader import Capture
from ikepcap.cli.main import cli
from ikepcap.errors import KeySourceError
from ikepcap.keys.esp import EspKeys, esp_keys
from ikepcap.keys.sources import load_ring
from ikepcap.opening import Opening
from tests.keys import wires
from tests.keys.peers import Peers
from tests.logs import logged

PEERS = Peers(mode="aggressive", auth=65001, seed=21).phase1().transaction().quick().informational(0)
PASSWORD = b"hunter2"
ANALYZE = [
    ("analyze",),
    ("analyze", "--ladder"),
    ("analyze", "--all", "--ladder"),
    ("analyze", "--format", "markdown"),
    ("analyze", "--format", "json"),
    ("analyze", "--format", "ndjson"),
]
SHOW = [
    ("show",),
    ("show", "--list"),
    ("show", "--hex"),
    ("show", "--scapy"),
    ("show", "--format", "json"),
]


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return wires.written(tmp_path / "x.pcap", wires.datagrams(PEERS))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Write all secrets that there are into one file."""
    path = tmp_path / "keys.toml"
    values = {
        "encryption_key": PEERS.key, "skeyid": PEERS.skeyid, "skeyid_d": PEERS.skeyid_d,
        "skeyid_a": PEERS.skeyid_a, "skeyid_e": PEERS.skeyid_e, "shared_secret": PEERS.shared,
        "dh_private": PEERS.private[0],
    }  # fmt: skip
    rows = [f'initiator_cookie = "{PEERS.cookies[0].hex()}"', f'psk = "{PEERS.psk.decode()}"']
    rows += [f'{name} = "{octets.hex()}"' for name, octets in values.items()]
    path.write_text("[[sa]]\n" + "\n".join(rows) + "\n")
    return path


def planted(capture: Path, keys: Path) -> dict[str, bytes]:
    """Return every secret by its name, those of ESP as the program itself derives them."""
    opening = Opening(_captured(capture), load_ring([keys]))
    list(opening)
    (session,) = opening.sessions
    made = [
        one for one in esp_keys(session.decryptor, "192.0.2.1", "198.51.100.7") if isinstance(one, EspKeys)
    ]
    assert len(made) == 2
    return {
        "PSK": PEERS.psk, "SKEYID": PEERS.skeyid, "SKEYID_d": PEERS.skeyid_d, "SKEYID_a": PEERS.skeyid_a,
        "SKEYID_e": PEERS.skeyid_e, "Ka": PEERS.key, "g^xy": PEERS.shared, "private": PEERS.private[0],
        "password": PASSWORD,
        **{f"ESP {number}": one.encryption_key.reveal() for number, one in enumerate(made)},
        **{f"ESP integrity {number}": one.integrity_key.reveal() for number, one in enumerate(made)},
    }  # fmt: skip


def _captured(capture: Path) -> Capture:
    return Capture([capture])


def forms(secret: bytes) -> Iterator[str]:
    """Yield how a secret may be written: as text, in hex of any kind, as Python's repr, in base64."""
    import base64

    if secret.isascii():
        yield secret.decode()
    part = secret[:12]
    yield from (part.hex(), part.hex(" "), part.hex(":"), part.hex().upper(), part.hex(" ", 2))
    yield repr(part)[2:-1]
    yield base64.b64encode(secret[:12]).decode()


def assert_hidden(text: str, secrets: dict[str, bytes], where: object) -> None:
    flat = " ".join(text.split())
    for name, secret in secrets.items():
        for form in forms(secret):
            assert form not in flat, f"{name} as {form!r} in {where}"


@pytest.mark.parametrize("arguments", [*ANALYZE, *SHOW, ("keys",)], ids=" ".join)
def test_no_verb_prints_a_secret(run: Any, capture: Path, keys: Path, arguments: tuple[str, ...]) -> None:
    secrets = planted(capture, keys)
    result = run(*arguments, str(capture), "--keys", str(keys))
    assert result.exit_code == 0
    assert_hidden(result.stdout + result.stderr, secrets, arguments)
    if arguments[0] != "keys":
        plain = run(*arguments, str(capture))
        assert result.stdout != plain.stdout  # what the keys opened is in it


LOGGED = Path(__file__).resolve().parents[2] / "captures" / "main-pfs-established-strongswan.log"


def logged_secrets() -> dict[str, bytes]:
    """Return what the lab read in charon's log of a tunnel with PFS, and the keys of its ESP."""
    (sa,) = tomllib.loads(LOGGED.with_suffix(".secrets").read_text())["sa"]
    (quick,) = sa.pop("quick")
    del sa["initiator_cookie"]
    opening = Opening(_captured(LOGGED.with_suffix(".pcap")), load_ring([LOGGED]))
    list(opening)
    (session,) = opening.sessions
    made = [one for one in esp_keys(session.decryptor, "a", "b") if isinstance(one, EspKeys)]
    assert len(made) == 2
    return {
        "g^xy of the quick mode": bytes.fromhex(quick["shared_secret"]),
        **{name: bytes.fromhex(digits) for name, digits in sa.items()},
        **{f"ESP {number}": one.encryption_key.reveal() for number, one in enumerate(made)},
        **{f"ESP integrity {number}": one.integrity_key.reveal() for number, one in enumerate(made)},
    }


@pytest.mark.parametrize("arguments", [*ANALYZE, *SHOW, ("keys",)], ids=" ".join)
def test_no_verb_prints_what_a_daemons_log_holds(run: Any, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, str(LOGGED.with_suffix(".pcap")), "--keys", str(LOGGED))
    assert result.exit_code == 0
    assert_hidden(result.stdout + result.stderr, logged_secrets(), arguments)


def test_import_repeats_nothing_of_a_log_of_keys(run: Any, tmp_path: Path) -> None:
    result = run("import", str(LOGGED), "-o", str(tmp_path / "x.pcapng"))
    assert result.exit_code == 2
    assert_hidden(result.stdout + result.stderr, logged_secrets(), "import")
    dumps = logged.strongswan([(sent.sender, sent.data) for sent in PEERS.sent])
    both = tmp_path / "charon.log"
    both.write_text(
        dumps + LOGGED.read_text() + "03[NET] received packet: from 192.0.2.1[500] to 192.0.2.2[500]\n"
    )
    result = run("import", str(both), "-o", str(tmp_path / "x.pcapng"))
    assert result.exit_code == 0
    assert "1 left out" in result.stderr
    written = (tmp_path / "x.pcapng").read_bytes()
    assert_hidden(result.stdout + result.stderr, logged_secrets(), "import")
    for name, secret in logged_secrets().items():
        assert secret not in written, name


def test_what_is_looked_for_would_be_found(run: Any, capture: Path, keys: Path) -> None:
    """This is the test of the test: asked for, the password is shown, and the search sees it."""
    secrets = planted(capture, keys)
    shown = run("show", str(capture), "--keys", str(keys), "--show-secrets").stdout
    with pytest.raises(AssertionError, match="password"):
        assert_hidden(shown, secrets, "show")
    for secret in secrets.values():
        with pytest.raises(AssertionError, match=" as "):
            assert_hidden(f"key {secret[:12].hex()}", secrets, "hex")


def test_exports_hold_what_wireshark_needs_and_only_their_owner_reads(
    run: Any, capture: Path, keys: Path, tmp_path: Path
) -> None:
    secrets = planted(capture, keys)
    folder = tmp_path / "w"
    result = run("keys", str(capture), "--keys", str(keys), "--export", str(folder))
    assert_hidden(result.stdout + result.stderr, secrets, "export")
    written = "".join(path.read_text() for path in folder.iterdir())
    needless = {name: secrets[name] for name in ("PSK", "SKEYID", "SKEYID_d", "SKEYID_a", "g^xy", "password")}
    assert_hidden(written, needless, "tables")
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


@pytest.mark.parametrize("damage", ["", '"', "\nnonsense", "\nskeyid = 5", "\n[[sa", "\npsk = 'again'"])
def test_a_damaged_file_is_told_of_without_its_secrets(
    run: Any, capture: Path, keys: Path, damage: str
) -> None:
    secrets = planted(capture, keys)
    text = keys.read_text()
    for broken in (text + damage, text.replace('"\n', damage + "\n", 3), text[: len(text) * 2 // 3] + damage):
        keys.write_text(broken)
        for arguments in (("keys",), ("analyze",), ("show", "--list")):
            result = run(*arguments, str(capture), "--keys", str(keys))
            assert result.exit_code in (0, 2)
            assert_hidden(result.stdout + result.stderr, secrets, broken)


def test_tracebacks_logs_and_reprs_have_none(
    capture: Path, keys: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    secrets = planted(capture, keys)
    ring = load_ring([keys])
    opening = Opening(_captured(capture), ring)
    found = list(opening)
    (session,) = opening.sessions
    report = ikepcap.analyze(capture, keys=ring)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").warning("%r %s %r", ring.materials, report, session.decryptor.working_keys())
    made = list(esp_keys(session.decryptor, "192.0.2.1", "198.51.100.7"))
    without_password = {name: octets for name, octets in secrets.items() if name != "password"}
    inner = vars(session.decryptor)
    told = f"{caplog.text} {ring.materials!r} {ring.psks!r} {made!r} {session!r} {inner!r}"
    told += repr(vars(inner["_keys"]))
    assert_hidden(told, without_password, "reprs")
    assert_hidden(repr(report), secrets, "report")
    assert found
    broken = tmp_path / "broken.toml"
    broken.write_text(keys.read_text() + "skeyid_x = 1\n")
    try:
        load_ring([broken])
    except KeySourceError as error:
        kept = traceback.TracebackException.from_exception(error, capture_locals=False)
        assert_hidden("".join(kept.format()), secrets, "traceback")
    else:
        pytest.fail("a name that means nothing was taken")


def test_no_option_takes_a_secret_itself() -> None:
    """What stands on the command line is in the list of processes, and in the history of the shell."""
    for name, command in cli.commands.items():
        for option in command.params:
            words = " ".join(option.opts).lower()
            if any(word in words for word in ("psk", "key", "secret", "password")):
                is_file = isinstance(option.type, click.Path | click.File)
                assert is_file or (isinstance(option, click.Option) and option.is_flag), (name, words)


def test_a_process_shows_files_and_no_more(capture: Path, keys: Path) -> None:
    """A child process of the analysis, where one is made, is a copy: it has no arguments of its own."""
    secrets = planted(capture, keys)
    arguments = [sys.executable, "-m", "ikepcap", "analyze", str(capture), "--keys", str(keys)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        listed = Path(f"/proc/{process.pid}/cmdline")
        shown = listed.read_bytes() if listed.exists() else b" ".join(map(str.encode, arguments))
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert_hidden(shown.replace(b"\0", b" ").decode(), secrets, "process list")
    assert_hidden((output + errors).decode(), secrets, "output")
