"""`ikepcap keys`: what files of keys hold, which conversations they open, and Wireshark's tables of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Unpack

import click

from ikepcap.cli.options import KeyOptions, check_inputs, key_options, key_ring
from ikepcap.cli.output import page_for, text_bytes, write
from ikepcap.errors import IkepcapError

if TYPE_CHECKING:
    from ikepcap.keyed import Tally
    from ikepcap.keys.ring import KeyRing
    from ikepcap.opening import Opening
    from ikepcap.renderers.page import Page

_HELP: Final = """Say what files of keys hold, and which conversations of CAPTURE they open.

No secret is shown. With --export Wireshark's tables are written for what was opened, readable by their owner
alone: ikev1_decryption_table, and esp_sa with the keys of ESP where SKEYID_d is known.

\b
  ikepcap keys --keys charon.log
  ikepcap keys branch.pcapng --keys keys.toml --psk-file candidates.txt
  ikepcap keys branch.pcapng --keys keys.toml --export wireshark
"""

_EPILOG: Final = """\b
Exit status:
  0  printed
  2  wrong usage, or an input that cannot be read"""


@click.command(help=_HELP, epilog=_EPILOG, short_help="Say what keys open; write Wireshark's tables.")
@click.argument("captures", nargs=-1, type=click.Path(), metavar="[CAPTURE]...")
@key_options
@click.option("--export", type=click.Path(), metavar="DIR", help="Write Wireshark's tables into this folder.")
@click.pass_context
def keys(
    ctx: click.Context,
    captures: tuple[str, ...],
    export: str | None,
    **options: Unpack[KeyOptions],
) -> None:
    """List keys and what they open; the help is in `_HELP`."""
    check_inputs(captures)
    ring = key_ring(options)
    if ring is None:
        raise click.UsageError("name keys with --keys or --psk-file, or give --ask-psk", ctx)
    if export is not None and not captures:
        raise click.UsageError("--export writes the keys of a capture: name one", ctx)
    page = page_for(None, "auto")
    lines = [*_sources(ring, page)]
    if captures:
        from ikepcap.capture.reader import Capture
        from ikepcap.opening import Opening

        opening = Opening(Capture(captures), ring)
        lines += ["", *_conversations(opening, page)]
        if export is not None:
            lines += ["", *_export(opening, export, page)]
    write(text_bytes(lines, None), None)


def _sources(ring: "KeyRing", page: "Page") -> Iterator[str]:
    """Yield a line for each secret: where it is, which SA it is of, and its kind."""
    for material in ring.materials:
        cookie = material.initiator_cookie
        where = "any SA" if cookie is None else cookie.hex()
        yield from page.flow((str(material.origin), where, ", ".join(material.holds())), 0)
    for psk in ring.psks:
        yield from page.flow((str(psk.origin), "any SA", "PSK"), 0)


def _lines(tally: "Tally") -> Iterator[str]:
    """Yield what became of the messages of a conversation."""
    yield f"{tally.opened} of {tally.encrypted} encrypted messages opened"
    if tally.refusal is not None:
        yield tally.refusal
    yield from tally.checks()


def _conversations(opening: "Opening", page: "Page") -> Iterator[str]:
    """Yield what was opened of each conversation that there are keys for."""
    from ikepcap.keyed import Content, Tally, content_of, settled

    contents: dict[int, Content] = {}
    for found in settled(opening):
        content = content_of(found)
        if content is not None:
            contents[content.frame] = content
    tallies: dict[bytes, Tally] = {}
    for content in contents.values():
        tallies.setdefault(content.cookie, Tally()).add(content)
    shown = [one for one in opening.sessions if one.decryptor.facts.initiator_cookie in tallies]
    for session in shown:
        cookie = session.decryptor.facts.initiator_cookie
        yield page.line((cookie.hex(), "strong"), f"  {session.initiator} -> {session.responder}")
        for text in _lines(tallies[cookie]):
            yield from page.prose(text, 4)
        for mode in session.decryptor.quick_modes:
            forth, back = (", ".join(spi.hex() for spi in side) or "unknown" for side in mode.spis())
            yield from page.prose(f"quick mode {mode.message_id:08x}: SPIs {forth} and {back}", 4)
    if not shown:
        yield page.line("no conversation of the capture fits these keys")


def _export(opening: "Opening", folder: str, page: "Page") -> Iterator[str]:
    """Write the tables and yield what is in them."""
    from ikepcap.keys.esp import EspKeys, NoEspKeys, esp_keys
    from ikepcap.keys.tables import ESP_TABLE, IKEV1_TABLE, table_row

    ike: list[str] = []
    esp: list[str] = []
    missing: list[str] = []
    for session in opening.sessions:
        cookie = session.decryptor.facts.initiator_cookie
        ike += [table_row(cookie, trial.key) for trial in session.decryptor.working_keys()[:1]]
        for found in esp_keys(session.decryptor, session.initiator, session.responder):
            if isinstance(found, EspKeys):
                esp.append(found.row())
            elif isinstance(found, NoEspKeys):
                missing.append(f"quick mode {found.message_id:08x}: {found.why}")
    for name, rows in ((IKEV1_TABLE, ike), (ESP_TABLE, esp)):
        if rows:
            path = _write_secret(folder, name, rows)
            yield page.line(f"{path}: {len(rows)} key{'s' if len(rows) > 1 else ''}")
    for text in missing:
        yield from page.prose(text, 0)
    if not ike and not esp:
        raise IkepcapError("nothing to export: no key opened anything; without --export this says why")


def _write_secret(folder: str, name: str, rows: list[str]) -> str:
    """Write a file that only its owner can read; one that exists stays as it is."""
    import os
    from pathlib import Path

    path = Path(folder) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise IkepcapError(f"{path}: exists already; give --export another folder") from None
    except OSError as error:
        raise IkepcapError(f"{path}: cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(dict.fromkeys(rows))
    return str(path)
