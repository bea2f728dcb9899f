"""Wireshark's tables of keys: `ikev1_decryption_table` read and written, `esp_sa` written.

A row of the first is the initiator cookie and the encryption key, both in hexadecimal. strongSwan's save-keys
plugin appends to the same files.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ikepcap.errors import KeySourceError
from ikepcap.keys.material import Material, Origin
from ikepcap.keys.secret import Secret

IKEV1_TABLE: Final = "ikev1_decryption_table"
ESP_TABLE: Final = "esp_sa"
COOKIE_BYTES: Final = 8
MAX_KEY_BYTES: Final = 64


def read_table(rows: Iterable[str], file: str) -> Iterator[Material]:
    """Yield what an `ikev1_decryption_table` holds.

    Args:
        rows: its lines; those that begin with # say nothing.
        file: its name, for messages.

    Raises:
        KeySourceError: a row is no pair of a cookie and a key.
    """
    for number, row in enumerate(rows, 1):
        text = row.strip()
        if not text or text.startswith("#"):
            continue
        where = Origin(file, number)
        cells = [cell.strip().strip('"').strip() for cell in text.split(",")]
        if len(cells) != 2:
            raise KeySourceError(f"{where}: {len(cells)} columns, and not cookie,key")
        cookie = octets(cells[0], where, "initiator cookie")
        if len(cookie) != COOKIE_BYTES:
            raise KeySourceError(f"{where}: the initiator cookie is not 16 hexadecimal digits")
        key = Secret(octets(cells[1], where, "encryption key"))
        if not 0 < len(key) <= MAX_KEY_BYTES:
            raise KeySourceError(f"{where}: the encryption key is not 2 to {2 * MAX_KEY_BYTES} digits")
        yield Material(where, cookie, encryption_key=key)


def table_row(cookie: bytes, key: Secret) -> str:
    """Return a row of `ikev1_decryption_table`: bare digits, since Wireshark takes no quotes there."""
    return f"{cookie.hex()},{key.reveal().hex()}\n"


def octets(digits: str, where: Origin, what: str) -> bytes:
    """Return octets written in hexadecimal, with 0x, colons or spaces as people paste them.

    Raises:
        KeySourceError: they are not that; the digits are not repeated.
    """
    bare = digits.strip().lower().removeprefix("0x").replace(":", "").replace(" ", "")
    try:
        return bytes.fromhex(bare)
    except ValueError:
        raise KeySourceError(f"{where}: the {what} is not hexadecimal") from None
