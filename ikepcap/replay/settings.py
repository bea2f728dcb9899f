"""A peer's policy as a user gives it: options, over a file in TOML that has the same names.

auth = "psk"                       # psk, rsa-sig, ecdsa-256, xauth-psk, xauth-rsa, hybrid, ...
ike = ["aes256-sha256-modp2048"]   # in order
esp = ["aes256-sha256-modp2048"]   # a group asks for PFS; an empty list stops after phase 1
psk_file = "psk.txt"               # beside this file
id = "fqdn:gate.example.net"
remote = "10.2.0.0/16"
"""

import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace

from ikepcap.errors import KeySourceError, ReplayError
from ikepcap.keys.credential import Authorities, Credential
from ikepcap.keys.secret import Secret
from ikepcap.keys.sources import read_psks
from ikepcap.replay.manners import MANNERS
from ikepcap.replay.policy import FRAGMENTATION, Mode, Policy, User, subnet
from ikepcap.replay.words import DEFAULT_ESP, DEFAULT_IKE, identity, phase1_offer, phase2_offer

_FILES: Final = ("psk_file", "certificate", "private_key", "authorities", "password_file")


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be given; None is what was not."""

    mode: Mode | None = None
    auth: str | None = None
    ike: tuple[str, ...] | None = None
    esp: tuple[str, ...] | None = None
    lifetime: int | None = None
    psk_file: str | None = None
    certificate: str | None = None
    private_key: str | None = None
    authorities: str | None = None
    id: str | None = None
    peer_id: str | None = None
    user: str | None = None
    password_file: str | None = None
    ask_address: bool | None = None
    address: str | None = None
    push_address: bool | None = None
    """A responder gives it unasked, an initiator waits for it."""
    local: str | None = None
    """The initiator's selector, and on a responder the one it accepts, from the initiator's view."""
    remote: str | None = None
    fragment: int | None = None
    manner: str | None = None
    dpd: float | None = None
    force_natt: bool | None = None
    initial_contact: bool | None = None


def read_settings(file: Path) -> Settings:
    """Read a file; names of files in it are beside it.

    Raises:
        ReplayError: it cannot be read, or says what means nothing.
    """
    try:
        document: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        for name in _FILES:
            if isinstance(document.get(name), str):
                document[name] = str(file.parent / document[name])
        return msgspec.convert(document, Settings)
    except OSError as error:
        raise ReplayError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ReplayError(f"{file}: {error}") from None


def over(upper: Settings, lower: Settings) -> Settings:
    """Return settings where the upper ones win."""
    return replace(lower, **{name: value for name, value in asdict(upper).items() if value is not None})


def policy_of(given: Settings, psk: Secret | None) -> Policy:
    """Return the policy that settings make.

    Args:
        given: by the user.
        psk: as it was asked for, where no file holds it.

    Raises:
        ReplayError: a word means nothing.
        KeySourceError: a file of secrets is no good.
    """
    if given.manner is not None and given.manner not in MANNERS:
        raise ReplayError(f"manner {given.manner!r} is none of {', '.join(MANNERS)}")
    esp = (DEFAULT_ESP,) if given.esp is None else given.esp
    auth = given.auth or "psk"
    base = Policy(
        mode=given.mode or "main",
        offer=phase1_offer(given.ike or (DEFAULT_IKE,), auth, given.lifetime or 28_800),
        accepts_all=given.ike is None,
        psk=psk if given.psk_file is None else secret_in(given.psk_file),
        credential=_credential(given),
        authorities=None
        if given.authorities is None
        else Authorities(_octets(given.authorities), given.authorities),
        identity=None if given.id is None else identity(given.id),
        peer_identity=None if given.peer_id is None else identity(given.peer_id),
        quick_offer=phase2_offer(esp) if esp else None,
        selectors=_selectors(given),
        user=_user(given),
        asks_for_address=bool(given.ask_address),
        address=_address(given.address),
        pushes_address=bool(given.push_address),
        fragment_bytes=given.fragment,
        forces_natt=bool(given.force_natt),
        initial_contact=bool(given.initial_contact),
        dpd_s=given.dpd,
    )
    if given.fragment is not None:
        base = replace(base, vendor_ids=(*base.vendor_ids, FRAGMENTATION))
    return replace(base, manner=MANNERS[given.manner]) if given.manner else base


def secret_in(file: str) -> Secret:
    """Return the one pre-shared key or password of a file.

    Raises:
        KeySourceError: it cannot be read, or holds none, or several.
    """
    found = list(read_psks(file))
    if len(found) != 1:
        raise KeySourceError(f"{file}: {len(found)} secrets, where one is needed")
    return found[0].psk


def _credential(given: Settings) -> Credential | None:
    if given.certificate is None and given.private_key is None:
        return None
    if given.certificate is None or given.private_key is None:
        raise ReplayError("a certificate needs its private key, and a private key its certificate")
    return Credential(_octets(given.certificate), _octets(given.private_key), given.certificate)


def _user(given: Settings) -> User | None:
    if given.user is None:
        return None
    if given.password_file is None:
        raise ReplayError(f"user {given.user!r} needs a password: name a file that holds it")
    return User(given.user, secret_in(given.password_file))


def _address(text: str | None) -> str | None:
    try:
        return None if text is None else str(ip_address(text))
    except ValueError:
        raise ReplayError(f"address {text!r} is no IP address") from None


def _selectors(given: Settings) -> Any:
    if given.local is None and given.remote is None:
        return None
    if given.local is None or given.remote is None:
        raise ReplayError("selectors come in pairs: give the initiator's and the responder's")
    try:
        return subnet(given.local), subnet(given.remote)
    except ValueError as error:
        raise ReplayError(f"selectors: {error}") from None


def _octets(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise KeySourceError(f"{file}: cannot be read: {error.strerror or error}") from None
