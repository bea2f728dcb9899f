"""The options by which a user says what a peer of a replay wants, and the secrets it is asked for."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

import click

if TYPE_CHECKING:
    from ikepcap.keys.secret import Secret
    from ikepcap.replay.actions import Endpoint
    from ikepcap.replay.settings import Settings

_MANNERS: Final = ("strongswan", "libreswan", "racoon", "asa", "ios", "quick")
"""Those of `replay.manners`, which takes its time to load."""


class PeerOptions(TypedDict):
    """As the command line gives them."""

    policy: str | None
    auth: str | None
    ike: tuple[str, ...]
    esp: tuple[str, ...]
    psk_file: str | None
    certificate: str | None
    private_key: str | None
    authorities: str | None
    id: str | None
    peer_id: str | None
    user: str | None
    password_file: str | None
    local: str | None
    remote: str | None
    fragment: int | None
    manner: str | None


_FILE: Final = click.Path(exists=True, dir_okay=False)
_OPTIONS: Final = (
    click.option("--policy", type=_FILE, metavar="FILE", help="All of this in TOML; options win over it."),
    click.option("--auth", metavar="METHOD",
                 help="psk (default), rsa-sig, ecdsa-256, xauth-psk, xauth-rsa, hybrid."),
    click.option("--ike", multiple=True, metavar="PROPOSAL",
                 help="Phase 1, like aes256-sha256-modp2048; repeatable."),
    click.option("--esp", multiple=True, metavar="PROPOSAL",
                 help="Phase 2, like aes256-sha256, with PFS if a group follows; 'none': phase 1 only."),
    click.option("--psk-file", type=_FILE, metavar="FILE",
                 help="The pre-shared key; asked for on a terminal otherwise."),
    click.option("--cert", "certificate", type=_FILE, metavar="FILE", help="Own certificate, PEM."),
    click.option("--private-key", type=_FILE, metavar="FILE", help="Its private key, PEM, unencrypted."),
    click.option("--ca", "authorities", type=_FILE, metavar="FILE",
                 help="Trusted authorities, PEM; any otherwise."),
    click.option("--id", metavar="ID", help="Own identity: an address, fqdn:NAME, user:NAME, keyid:TEXT."),
    click.option("--peer-id", metavar="ID", help="The identity that is expected of the peer; any otherwise."),
    click.option("--user", metavar="NAME", help="The user of XAUTH; needs --password-file."),
    click.option("--password-file", type=_FILE, metavar="FILE", help="That user's password."),
    click.option("--local", metavar="NETWORK", help="Selector of the initiator's side in quick mode."),
    click.option("--remote", metavar="NETWORK", help="Selector of the responder's side."),
    click.option("--fragment", type=click.IntRange(100, 60_000), metavar="OCTETS",
                 help="Send larger messages as IKE fragments of this size."),
    click.option("--manner", type=click.Choice(_MANNERS), help="Whose timers and refusals to imitate."),
)  # fmt: skip


def one_address(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return an address of one host; all of a host's addresses at once is none that peers could be told."""
    from ipaddress import ip_address

    if value is None:
        return None
    try:
        found = ip_address(value.strip("[]"))
    except ValueError:
        raise click.BadParameter(f"{value!r} is no IP address") from None
    if found.is_unspecified:
        raise click.BadParameter(f"{value!r} is no address of one interface")
    # What is IPv4 in an IPv6 address is spoken over IPv4.
    return str(getattr(found, "ipv4_mapped", None) or found)


def target_of(_ctx: click.Context, _param: click.Parameter, value: str) -> "Endpoint":
    """Return HOST, HOST:PORT or [HOST]:PORT."""
    from ipaddress import ip_address

    from ikepcap.replay.actions import Endpoint

    host, colon, port = value.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = value, "500"
    host = host.strip("[]")
    try:
        found = ip_address(host)
    except ValueError:
        raise click.BadParameter(f"{host!r} is no IP address: names are not looked up") from None
    if found.version == 6:
        if found.is_link_local != bool(found.scope_id):
            raise click.BadParameter(
                f"{host!r}: link-local addresses have an interface, like fe80::1%eth0, and no others have"
            )
        # What is IPv4 in an IPv6 address goes out as IPv4.
        host = str(found.ipv4_mapped or host)
    if not port.isdecimal() or not port.isascii() or not 0 < int(port) < 65536:
        raise click.BadParameter(f"{port!r} is no UDP port")
    return Endpoint(host, int(port))


def peer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings_of(options: PeerOptions, **more: object) -> "Settings":
    """Return the settings that options make, over those of the file if one is named."""
    from ikepcap.replay.settings import Settings, over, read_settings

    given: dict[str, Any] = {name: options.get(name) for name in PeerOptions.__annotations__}
    del given["policy"]
    given["ike"] = options["ike"] or None
    given["esp"] = _esp(options["esp"])
    upper = Settings(**given, **more)  # type: ignore[arg-type]  # names of fields
    return upper if options["policy"] is None else over(upper, read_settings(Path(options["policy"])))


def _esp(words: tuple[str, ...]) -> tuple[str, ...] | None:
    if "none" in words:
        return ()
    return words or None


def secret_for(given: "Settings") -> "Secret | None":
    """Ask for a pre-shared key on the terminal, where one is needed and no file holds it."""
    from ikepcap.keys.secret import Secret

    if given.psk_file is not None or "psk" not in (given.auth or "psk"):
        return None
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError("a pre-shared key is needed: give it by --psk-file")
    return Secret(click.prompt("Pre-shared key", hide_input=True, err=True).encode())
