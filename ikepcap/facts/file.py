"""Files of facts: where they are, which capture they speak of, and what they state.

A file that cannot be read as facts is an error that names the file, the place in it and what is known there.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from glob import escape
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from ikepcap.errors import FactsError
from ikepcap.facts.table import CAPTURE, CONVERSATION, EXCHANGE, EXCHANGES, NONE, TYPE_WORDS, Fact

SUFFIX: Final = ".toml"
PACKINGS: Final = ("", ".gz", ".zst", ".xz")
CAPTURES: Final = tuple(f"{kind}{packing}" for kind in (".pcap", ".pcapng", ".cap") for packing in PACKINGS)
"""How the names of captures end."""

_SECTIONS: Final = ("source", "capture", "conversation")
_SHA256: Final = re.compile("[0-9a-f]{64}")

Value = str | int | bool | tuple[str, ...] | None
Stated = dict[str, Value]


class StatedConversation(Struct, frozen=True):
    """What is stated of one conversation."""

    facts: Stated
    exchanges: tuple[Stated, ...] | None = None
    """Of its quick modes and transactions; None where nothing is stated of them."""


class Facts(Struct, frozen=True):
    """What one file states."""

    path: Path
    source: dict[str, Any]
    """Whatever is known of where the capture comes from."""
    capture: Stated = {}
    conversations: tuple[StatedConversation, ...] | None = None
    """None where nothing is stated of any."""

    @property
    def sha256(self) -> str | None:
        """Of the capture; None where it is not stated."""
        found: str | None = self.source.get("sha256")
        return found

    @property
    def is_reviewed(self) -> bool:
        """A person has confirmed these facts: the file does not say otherwise."""
        return self.source.get("reviewed", True) is not False


def capture_of(path: Path) -> Path | None:
    """Return the capture beside a file of facts; None where there is none.

    Raises:
        FactsError: there are several.
    """
    found = _beside(path)
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise FactsError(f"{path}: stands beside {names}: one file of facts speaks of one capture")
    return found[0] if found else None


def _beside(path: Path) -> list[Path]:
    """Return the captures beside a file of facts; the case of their endings does not matter."""
    others = sorted(path.parent.glob(f"{escape(path.stem)}.*"))
    return [one for one in others if one.name[len(path.stem) :].lower() in CAPTURES and one.is_file()]


def facts_path(capture: Path) -> Path:
    """Return where the facts of a capture are looked for."""
    ends = sorted((end for end in CAPTURES if capture.name.lower().endswith(end)), key=len)
    stem = capture.name[: -len(ends[-1])] if ends else capture.stem
    return capture.with_name(stem + SUFFIX)


def is_facts(path: Path) -> bool:
    """Tell facts from all other TOML: they stand beside a capture, or speak of the digest of one.

    The second keeps a test from vanishing when its capture is renamed.
    """
    if path.suffix != SUFFIX or path.is_dir():
        return False
    if _beside(path):
        return True
    try:
        text = path.read_bytes()
        document = tomllib.loads(text.decode()) if b"sha256" in text else {}
    except (OSError, ValueError):
        return False
    source = document.get("source")
    has_digest = isinstance(source, dict) and _SHA256.fullmatch(str(source.get("sha256"))) is not None
    return has_digest and ("conversation" in document or "capture" in document)


def find(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of facts that are named, and those in folders that are named, in order of their names.

    A capture that is named stands for its facts.

    Raises:
        FactsError: there is nothing of that name, or no facts of that capture.
    """
    for path in paths:
        if path.is_dir():
            yield from (one for one in sorted(path.rglob(f"*{SUFFIX}")) if is_facts(one))
        elif not path.exists():
            raise FactsError(f"{path}: there is no such file or folder")
        elif path.suffix == SUFFIX:
            yield path
        elif (beside := facts_path(path)).is_file():
            yield beside
        else:
            raise FactsError(
                f"{path}: has no facts beside it; 'ikepcap facts {path} -o {beside}' writes first ones"
            )


def read(path: Path) -> Facts:
    """Read a file of facts.

    Raises:
        FactsError: it cannot be read, is no TOML, or states something that no fact is.
    """
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise FactsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise FactsError(f"{path}: is no UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise FactsError(f"{path}: is no TOML: {error}") from None
    for name in document:
        _refuse_unknown(f"{path}: ", "section", name, _SECTIONS)
    source = _table(f"{path}: [source]", document.get("source", {}))
    _check_source(path, source)
    capture = _stated(f"{path}: [capture]", document.get("capture", {}), CAPTURE)
    conversations = None
    if "conversation" in document:
        listed = _tables(f"{path}: [[conversation]]", document["conversation"])
        conversations = tuple(
            stated_conversation(f"{path}: conversation {number}", one) for number, one in enumerate(listed, 1)
        )
    return Facts(path, dict(source), capture, conversations)


def stated_conversation(where: str, document: Mapping[str, Any]) -> StatedConversation:
    """Return what is stated of one conversation, by the names and with the values of a file of facts.

    Raises:
        FactsError: there is no such fact; it begins with `where`.
    """
    facts = {key: value for key, value in document.items() if key != EXCHANGES}
    stated = _stated(where, facts, CONVERSATION, EXCHANGES)
    if EXCHANGES not in document:
        return StatedConversation(stated)
    listed = _tables(f"{where} [[conversation.exchange]]", document[EXCHANGES])
    exchanges = tuple(
        _stated(f"{where} exchange {number}", one, EXCHANGE) for number, one in enumerate(listed, 1)
    )
    return StatedConversation(stated, exchanges)


def digest(capture: Path) -> str:
    """Return the SHA-256 of a capture file as it is, in hexadecimal."""
    with capture.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_source(path: Path, source: Mapping[str, Any]) -> None:
    """Refuse what `[source]` must not say: the two things in it that mean something here."""
    if not isinstance(source.get("reviewed", True), bool):
        raise FactsError(f"{path}: [source] reviewed is true or false, not {source['reviewed']!r}")
    sha256 = source.get("sha256")
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise FactsError(f"{path}: [source] sha256 is 64 lower-case hexadecimal digits, not {sha256!r}")


def _stated(where: str, document: object, table: tuple[Fact, ...], *others: str) -> Stated:
    """Return facts as values of the report.

    Raises:
        FactsError: one of them is none, or its value cannot be one.
    """
    known = {fact.name: fact for fact in table}
    found: Stated = {}
    for name, value in _table(where, document).items():
        _refuse_unknown(f"{where}: ", "fact", name, (*known, *others))
        found[name] = _value(f"{where}: {name}", value, known[name])
    return found


def _value(where: str, value: object, fact: Fact) -> Value:
    """Return one value, null and the order of codes as they are compared."""
    if fact.type == "codes":
        if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            return tuple(sorted(value))
    elif value is None or value == NONE:
        return None
    elif fact.type == "flag":
        if isinstance(value, bool):
            return value
    elif fact.type == "number":
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif isinstance(value, str):
        if fact.words and value not in fact.words:
            raise FactsError(f'{where} is one of {", ".join((*fact.words, NONE))}, not "{value}"')
        return value
    raise FactsError(f"{where} is {TYPE_WORDS[fact.type]}, not {value!r}")


def _refuse_unknown(where: str, what: str, name: str, known: tuple[str, ...]) -> None:
    if name in known:
        return
    close = get_close_matches(name, known, 1)
    hint = f' (did you mean "{close[0]}"?)' if close else ""
    raise FactsError(f'{where}no {what} is called "{name}"{hint}; known are {", ".join(known)}')


def _table(where: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise FactsError(f"{where} is a table, not {value!r}")
    return value


def _tables(where: str, value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise FactsError(f"{where} is a list of tables, not {value!r}")
    return value
