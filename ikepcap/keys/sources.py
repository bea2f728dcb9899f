"""Files of keys: which kind each is, and what it holds."""

import os
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Final

from ikepcap.errors import KeySourceError, LogError
from ikepcap.keys.daemonlog import is_key_log, read_log
from ikepcap.keys.material import Material, NamedPsk, Origin
from ikepcap.keys.own import OWN_FILE, read_own
from ikepcap.keys.ring import MAX_PSKS, KeyRing
from ikepcap.keys.secret import Secret
from ikepcap.keys.tables import IKEV1_TABLE, octets, read_table
from ikepcap.logs.lines import Line, lines, read_lines

PathLike = str | os.PathLike[str]
MAX_FILE_BYTES: Final = 16 << 20
"""Octets of a table or a TOML file; logs are read line by line and may be larger."""
MAX_PSK_BYTES: Final = 1024
_NO_DAY: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a log without dates: keys have no times."""
_KINDS: Final = (
    "Wireshark's ikev1_decryption_table, a directory of strongSwan's save-keys, a log of strongSwan "
    "(ike = 4), racoon or MikroTik (debug), or a TOML file of [[sa]]"
)


def load_ring(sources: Iterable[PathLike] = (), psk_files: Iterable[PathLike] = ()) -> KeyRing:
    """Return the ring of all keys in these files.

    Args:
        sources: files or directories of keys, of any kind that is known.
        psk_files: files with one candidate PSK a line.

    Raises:
        KeySourceError: one cannot be read, is of no known kind, or holds no key.
    """
    ring = KeyRing()
    for source in sources:
        found = list(read_source(source))
        if not found:
            raise KeySourceError(f"{Path(source)}: no key in it; known are {_KINDS}")
        ring.add(
            (one for one in found if isinstance(one, Material)),
            (one for one in found if isinstance(one, NamedPsk)),
        )
    for file in psk_files:
        ring.add(psks=read_psks(file))
    return ring


def read_source(source: PathLike) -> Iterator[Material | NamedPsk]:
    """Yield what a file or directory of keys holds; its kind is found out.

    Raises:
        KeySourceError: it cannot be read, or a part of it says what no key can be.
    """
    path = Path(source)
    if path.is_dir():
        table, own = path / IKEV1_TABLE, path / OWN_FILE
        if not table.is_file() and not own.is_file():
            raise KeySourceError(f"{path}: no {IKEV1_TABLE} in it, as strongSwan's save-keys writes it")
        if own.is_file():
            yield from read_own(_utf_8(own, _octets(own)), str(own))
        if table.is_file():
            yield from read_table(_text(_octets(table)).splitlines(), str(table))
        return
    if path.suffix.lower() == ".toml":
        yield from read_own(_utf_8(path, _octets(path)), str(path))
        return
    # A pipe, as of a program that decrypts the keys, gives its octets once.
    piped = None if path.is_file() else _octets(path)
    try:
        head = [line.text for line in islice(_lines(path, piped), 200)]
        meaning = [text.strip() for text in head if text.strip() and not text.lstrip().startswith("#")]
        if path.name == IKEV1_TABLE or (meaning and _is_row(meaning[0])):
            yield from read_table(_text(piped or _octets(path)).splitlines(), str(path))
        elif meaning and meaning[0].startswith("[[") and meaning[0].rstrip().endswith("]]"):
            yield from read_own(_utf_8(path, piped or _octets(path)), str(path))
        elif any(is_key_log(line.text) for line in _lines(path, piped)):
            yield from read_log(_lines(path, piped), str(path))
    except LogError as error:
        raise KeySourceError(str(error)) from None


def read_psks(file: PathLike) -> Iterator[NamedPsk]:
    """Yield the PSKs of a file, one a line: as typed, or in hexadecimal after 0x.

    Empty lines and those that begin with # are left out; a key that begins so is written in hexadecimal.

    Raises:
        KeySourceError: it cannot be read, holds none, or holds more than a few.
    """
    path, found = Path(file), 0
    for number, ended in enumerate(_octets(path).removeprefix(BOM_UTF8).split(b"\n"), 1):
        line = ended.removesuffix(b"\r")
        if not line.strip() or line.startswith(b"#"):
            continue
        where = Origin(str(path), number)
        found += 1
        if found > MAX_PSKS:
            why = f"more than {MAX_PSKS} PSKs: candidates are checked, keys are not guessed"
            raise KeySourceError(f"{where}: {why}")
        # A key is octets: whatever the encoding of the file, they are taken as they stand.
        psk = octets(line.decode("ascii", "replace"), where, "PSK") if line.startswith(b"0x") else line
        if not 0 < len(psk) <= MAX_PSK_BYTES:
            raise KeySourceError(f"{where}: the PSK is empty or longer than {MAX_PSK_BYTES} octets")
        yield NamedPsk(where, Secret(psk))
    if not found:
        raise KeySourceError(f"{path}: no PSK in it; write one a line")


def _is_row(text: str) -> bool:
    """Whether a line looks like a row of Wireshark's table: a cookie, a comma, digits."""
    cookie, comma, key = text.replace('"', "").partition(",")
    digits = cookie.strip().lower().removeprefix("0x").replace(":", "")
    return bool(comma and key) and len(digits) <= 16 and not digits.strip("0123456789abcdef")


def _lines(path: Path, piped: bytes | None) -> Iterator[Line]:
    """Yield lines from the first on: of a file as it stands, or of what came through a pipe."""
    if piped is None:
        return read_lines(path)
    return lines(StringIO(_text(piped), newline="\n"), _NO_DAY)


def _text(data: bytes) -> str:
    """Return the text of a whole file; what is no text in it is marked."""
    return data.decode("utf-8", "replace")


def _utf_8(path: Path, data: bytes) -> str:
    """Return the text of a file in which nothing may be changed: it may be a key."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise KeySourceError(f"{path}:{line}: this is not UTF-8, as TOML is") from None


def _octets(path: Path) -> bytes:
    """Return what is in a file of moderate size."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeySourceError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_FILE_BYTES:
        raise KeySourceError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB, and so no file of keys")
    return data
