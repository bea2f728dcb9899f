"""Our own file of keys, in TOML.

    [[sa]]                                # one ISAKMP SA; all values but psk are hexadecimal
    initiator_cookie = "374f90db8facb154"
    responder_cookie = "a925781861a5565a" # may be left out, like everything that follows
    encryption_key = "..."                # as Wireshark's table has it
    skeyid = "..."
    skeyid_d = "..."
    skeyid_a = "..."
    skeyid_e = "..."
    shared_secret = "..."                 # g^xy
    dh_private = "..."                    # of either peer
    psk = "as typed"                      # or psk_hex
    nonce_i = "..."                       # nonces that public-key encryption hid
    nonce_r = "..."

    [[sa.quick]]                          # a quick mode with PFS, for its ESP keys
    message_id = "9d3f0a11"
    shared_secret = "..."                 # or dh_private

    [[psk]]                               # a candidate for every SA
    text = "as typed"                     # or hex

With dh_private `initiator_cookie` may be left out: the public value that belongs to it tells the SA.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from ikepcap.errors import KeySourceError
from ikepcap.keys.material import Material, NamedPsk, Origin, QuickSecret
from ikepcap.keys.secret import Secret
from ikepcap.keys.tables import COOKIE_BYTES, octets

_SECRETS: Final = {
    "encryption_key": "encryption_key",
    "skeyid": "skeyid",
    "skeyid_d": "skeyid_d",
    "skeyid_a": "skeyid_a",
    "skeyid_e": "skeyid_e",
    "shared_secret": "shared",
    "dh_private": "private",
    "nonce_i": "nonce_i",
    "nonce_r": "nonce_r",
}
_OTHER: Final = frozenset(("initiator_cookie", "responder_cookie", "psk", "psk_hex", "quick"))
OWN_FILE: Final = "keys.toml"
"""Its name in a directory of keys, beside the tables of Wireshark."""
_QUICK: Final = frozenset(("message_id", "shared_secret", "dh_private"))
_PSK: Final = frozenset(("text", "hex"))
_HEADING: Final = re.compile(r"^\s*\[\[\s*([\w.]+)\s*\]\]")
_TOML_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


def read_own(text: str, file: str) -> Iterator[Material | NamedPsk]:
    """Yield what one of our files holds.

    Args:
        text: the whole file.
        file: its name, for messages.

    Raises:
        KeySourceError: it is no TOML, or says what no key can be.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: a number of thousands of digits, too
        # What the parser quotes of the file may be part of a secret: the line is all that is passed on.
        found = _TOML_LINE.search(str(error))
        line = found[1] if found and found[1] else str(text.count("\n") + 1)
        raise KeySourceError(f"{file}:{line}: this is not valid TOML") from None
    places = _places(text, file)
    _only(document, frozenset(("sa", "psk")), Origin(file, 1))
    for number, table in enumerate(_tables(document, "sa", Origin(file, 1))):
        yield _material(table, places("sa", number))
    for number, table in enumerate(_tables(document, "psk", Origin(file, 1))):
        where = places("psk", number)
        _only(table, _PSK, where)
        psk = _psk(table, "text", "hex", where)
        if psk is None:
            raise KeySourceError(f"{where}: [[psk]] needs text or hex")
        yield NamedPsk(where, psk)


def own_table(material: Material) -> str:
    """Return one [[sa]] with what a material holds; `read_own` reads it back."""
    rows = ["[[sa]]"]
    for name in ("initiator_cookie", "responder_cookie"):
        cookie: bytes | None = getattr(material, name)
        rows += [] if cookie is None else [f'{name} = "{cookie.hex()}"']
    for name, field in _SECRETS.items():
        secret: Secret | None = getattr(material, field)
        rows += [] if secret is None else [f'{name} = "{secret.reveal().hex()}"']
    for quick in material.quick:
        rows += ["", "[[sa.quick]]", f'message_id = "{quick.message_id:08x}"']
        for name, value in (("shared_secret", quick.shared), ("dh_private", quick.private)):
            rows += [] if value is None else [f'{name} = "{value.reveal().hex()}"']
    return "\n".join(rows) + "\n\n"


def _material(table: dict[str, Any], where: Origin) -> Material:
    """Return one [[sa]]."""
    _only(table, _OTHER | _SECRETS.keys(), where)
    found: dict[str, Any] = {}
    for name, field in _SECRETS.items():
        if name in table:
            found[field] = _secret(table, name, where)
    for name in ("initiator_cookie", "responder_cookie"):
        if name in table:
            found[name] = octets(_text(table, name, where), where, name)
            if len(found[name]) != COOKIE_BYTES:
                raise KeySourceError(f"{where}: {name} is not 16 hexadecimal digits")
    psk = _psk(table, "psk", "psk_hex", where)
    quick = tuple(_quick(row, where) for row in _tables(table, "quick", where))
    if "initiator_cookie" not in found and "private" not in found:
        raise KeySourceError(f"{where}: [[sa]] needs initiator_cookie")
    if not found.keys() - {"initiator_cookie", "responder_cookie"} and psk is None:
        raise KeySourceError(f"{where}: [[sa]] holds no secret")
    return Material(where, psk=psk, quick=quick, **found)


def _quick(table: dict[str, Any], where: Origin) -> QuickSecret:
    """Return one [[sa.quick]]."""
    _only(table, _QUICK, where)
    message_id = octets(_text(table, "message_id", where), where, "message_id")
    if len(message_id) != 4:
        raise KeySourceError(f"{where}: message_id is not 8 hexadecimal digits")
    shared = _secret(table, "shared_secret", where) if "shared_secret" in table else None
    private = _secret(table, "dh_private", where) if "dh_private" in table else None
    if shared is None and private is None:
        raise KeySourceError(f"{where}: [[sa.quick]] needs shared_secret or dh_private")
    return QuickSecret(int.from_bytes(message_id), shared, private)


def _psk(table: dict[str, Any], text: str, digits: str, where: Origin) -> Secret | None:
    """Return a PSK written as text or in hexadecimal; None where neither is there."""
    if text in table and digits in table:
        raise KeySourceError(f"{where}: {text} and {digits} exclude each other")
    if text in table:
        psk = _text(table, text, where).encode()
        if not psk:
            raise KeySourceError(f"{where}: {text} is empty")
        return Secret(psk)
    return _secret(table, digits, where) if digits in table else None


def _secret(table: dict[str, Any], name: str, where: Origin) -> Secret:
    found = octets(_text(table, name, where), where, name)
    if not 0 < len(found) <= 2048:
        raise KeySourceError(f"{where}: {name} is empty or longer than any key")
    return Secret(found)


def _text(table: dict[str, Any], name: str, where: Origin) -> str:
    value = table.get(name)
    if not isinstance(value, str):
        raise KeySourceError(f"{where}: {name} is not a string")
    return value


def _tables(table: dict[str, Any], name: str, where: Origin) -> list[dict[str, Any]]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise KeySourceError(f"{where}: {name} is no array of tables: write [[{name}]]")
    return rows


def _only(table: dict[str, Any], known: frozenset[str] | set[str], where: Origin) -> None:
    """Refuse names that mean nothing: a misspelt one would silently be no key."""
    unknown = sorted(table.keys() - known)
    if unknown:
        # It may be a secret that was written where a name belongs: only what resembles a name is repeated.
        name = ascii(unknown[0][:40]) if get_close_matches(unknown[0][:40], known) else "a name"
        raise KeySourceError(f"{where}: {name} is none of {', '.join(sorted(known))}")


def _places(text: str, file: str) -> Callable[[str, int], Origin]:
    """Return where the nth table of a name begins."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        heading = _HEADING.match(line)
        if heading:
            found.setdefault(heading[1], []).append(number)

    def place(name: str, number: int) -> Origin:
        rows = found.get(name, [])
        return Origin(file, rows[number] if number < len(rows) else 1)

    return place
