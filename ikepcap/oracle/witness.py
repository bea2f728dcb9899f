"""Which tshark to ask, and whether it is fit to be asked."""

import re
import shutil
import subprocess
from functools import cache
from typing import Final

from msgspec import Struct

from ikepcap.errors import OracleUnavailableError

OLDEST: Final = (3, 4)
"""Older ones were not tried; what decides is whether all fields that are compared are known."""
ANSWER_S: Final = 30
"""How long tshark may take to say what it is."""

INSTALL: Final = "install it (Debian, Ubuntu: apt install tshark; others: wireshark.org), or give --tshark"


class Tshark(Struct, frozen=True):
    """A tshark that was asked and is fit."""

    path: str
    version: str


def find(path: str | None, names: frozenset[str]) -> Tshark:
    """Return the tshark to ask.

    Args:
        path: the program; None for the one that the system finds.
        names: fields it must know.

    Raises:
        OracleUnavailableError: there is none, it does not answer, or it is not fit.
    """
    found = shutil.which(path or "tshark")
    if found is None:
        raise OracleUnavailableError(f"{path or 'tshark'}: not found; {INSTALL}")
    version = _version(found)
    numbers = tuple(int(part) for part in version.split("."))
    if numbers[:2] < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise OracleUnavailableError(f"{found}: tshark {version} is too old; {oldest} or later is needed")
    missing = names - _known_fields(found)
    if missing:
        some = ", ".join(sorted(missing)[:3])
        what = f"{len(missing)} fields that are compared, {some} among them"
        raise OracleUnavailableError(f"{found}: tshark {version} does not know {what}; use another version")
    return Tshark(found, version)


def _version(path: str) -> str:
    first = _answer(path, "--version").partition("\n")[0]
    match = re.match(r"TShark\b.*?\b(\d+\.\d+(?:\.\d+)?)\b", first)
    if match is None:
        raise OracleUnavailableError(f"{path}: does not say that it is TShark, and which version; {INSTALL}")
    return match[1]


@cache
def _known_fields(path: str) -> frozenset[str]:
    """Return the names of all fields of ISAKMP that this tshark knows."""
    lines = (line.split("\t") for line in _answer(path, "-G", "fields").splitlines())
    return frozenset(parts[2] for parts in lines if len(parts) > 2 and parts[2].startswith("isakmp."))


def _answer(path: str, *arguments: str) -> str:
    """Run a tshark that only says something."""
    try:
        done = subprocess.run(  # noqa: S603 - the program the user has, or names
            [path, *arguments], capture_output=True, timeout=ANSWER_S, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        what = f"does not answer {arguments[0]} within {ANSWER_S} s"
        raise OracleUnavailableError(f"{path}: {what}; try another version") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise OracleUnavailableError(f"{path}: cannot be run: {reason}; {INSTALL}") from None
    return done.stdout.decode("utf-8", "replace")
