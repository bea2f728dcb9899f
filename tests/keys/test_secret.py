"""A secret that shows itself nowhere."""

import copy
import logging
import pickle
import traceback

import msgspec
import pytest

from ikepcap.keys.material import Material, NamedPsk, Origin, QuickSecret
from ikepcap.keys.secret import Secret

OCTETS = b"correct horse battery"
TELLTALE = (OCTETS.decode(), OCTETS.hex(), repr(OCTETS))


def shows(text: str) -> bool:
    return any(part in text for part in TELLTALE)


def test_no_way_of_printing_shows_it() -> None:
    secret = Secret(OCTETS)
    printed = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        f"{secret!r}",
        f"{secret}",
        ascii(secret),
    ]
    printed.append(repr(Material(Origin("f", 1), bytes(8), psk=secret, quick=(QuickSecret(1, secret),))))
    printed.append(repr(NamedPsk(Origin("f", 1), secret)))
    printed.append(repr([secret, {"psk": secret}]))
    assert not any(map(shows, printed))


def test_a_traceback_with_locals_and_a_log_record_do_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(OCTETS)
    try:
        raise ValueError(secret)
    except ValueError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "secret of 21 octets" in text
    assert not shows(text)
    logging.getLogger("test").error("key %s", secret)
    assert not shows(caplog.text)


def test_nothing_serialises_or_copies_it() -> None:
    secret = Secret(OCTETS)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode, msgspec.to_builtins):
        with pytest.raises(TypeError):
            attempt(secret)
    assert not hasattr(secret, "__dict__")


def test_it_is_compared_by_its_octets_and_does_not_change() -> None:
    assert Secret(OCTETS) == Secret(bytes(OCTETS))
    assert Secret(OCTETS) != Secret(OCTETS[:-1])
    assert Secret(OCTETS) != OCTETS
    assert bool(Secret(b""))
    with pytest.raises(TypeError):
        hash(Secret(OCTETS))
    with pytest.raises(AttributeError):
        Secret(OCTETS)._octets = b""
    assert (len(Secret(OCTETS)), Secret(OCTETS).reveal()) == (21, OCTETS)
