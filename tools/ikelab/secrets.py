"""What a daemon told of the keys of one ISAKMP SA, and the TOML that ikepcap reads them from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_DUMP: Final = re.compile(r"\[(?:IKE|CHD)\] <(?:\w+\|)?(\d+)> +\d+: ((?:[0-9A-F]{2} )+)")
_HEAD: Final = re.compile(r"\[(?:IKE|CHD)\] <(?:\w+\|)?(\d+)> ([\w ]+) => (\d+) bytes")
_QUICK: Final = re.compile(r"\[ENC\] <(?:\w+\|)?\d+> \w+ QUICK_MODE \w+ (\d+)")
_NAMES: Final = {
    "shared Diffie Hellman secret": "shared_secret", "SKEYID": "skeyid", "SKEYID_d": "skeyid_d",
    "SKEYID_a": "skeyid_a", "SKEYID_e": "skeyid_e", "encryption key Ka": "encryption_key",
}  # fmt: skip
_OF_QUICK: Final = "DH secret"


@dataclass
class Secrets:
    """The secrets of one SA in hexadecimal, by the names of the TOML."""

    known: dict[str, str] = field(default_factory=dict)
    quick: dict[int, str] = field(default_factory=dict)
    """The Diffie-Hellman secrets of quick modes, by message ID."""

    @property
    def key(self) -> str | None:
        """The encryption key."""
        return self.known.get("encryption_key")

    def toml(self, cookie: bytes, psk: str | None) -> str:
        """Return an [[sa]]; a pre-shared key stands in it where SKEYID does not."""
        rows = ["[[sa]]", f'initiator_cookie = "{cookie.hex()}"']
        rows += [f'{name} = "{digits}"' for name, digits in self.known.items()]
        if psk is not None and "skeyid" not in self.known:
            rows.append(f'psk = "{psk}"')
        for message_id, digits in self.quick.items():
            rows += ["", "[[sa.quick]]", f'message_id = "{message_id:08x}"', f'shared_secret = "{digits}"']
        return "\n".join(rows) + "\n"


def of_charon(log: str) -> list[Secrets]:
    """Return what charon logs with ike = 4, chd = 4 and enc = 1, by the number of its SA."""
    found: dict[str, Secrets] = {}
    message_id = 0
    for kind, number, octets in _dumps(log):
        if kind == "quick":
            message_id = int(number)
        elif kind in _NAMES:
            found.setdefault(number, Secrets()).known[_NAMES[kind]] = octets
        elif kind == _OF_QUICK and number in found:
            found[number].quick[message_id] = octets
    return [one for one in found.values() if one.key is not None]


def _dumps(log: str) -> Iterator[tuple[str, str, str]]:
    """Yield what each dump is of, the SA's number, and its octets; quick modes as they are named."""
    head, octets, size = ("", ""), "", 0
    for line in log.splitlines():
        row, begins, quick = _DUMP.search(line), _HEAD.search(line), _QUICK.search(line)
        if row and row[1] == head[1] and len(octets) < size:
            octets += row[2].replace(" ", "").lower()
            if len(octets) >= size:
                yield head[0], head[1], octets[:size]
        elif begins:
            head, octets, size = (begins[2], begins[1]), "", 2 * int(begins[3])
        elif quick:
            yield "quick", quick[1], ""
