"""What an option's value may be, checked before anything is read."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypedDict

import click

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from click.shell_completion import CompletionItem

    from ikepcap.keys.ring import KeyRing

OUTCOMES: Final = ("stalled", "refused", "in-progress", "unknown", "established", "probe")
DIALECTS: Final = ("asa", "ios", "windows", "libreswan", "strongswan", "racoon")

_COOKIE_DIGITS: Final = 16


def outcomes(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Return the outcomes of a comma-separated list, each of which must be known."""
    if value is None:
        return ()
    words = tuple(word.strip().lower().replace(" ", "-").replace("_", "-") for word in value.split(","))
    for word in words:
        if word not in OUTCOMES:
            raise click.BadParameter(f"{word!r} is none of {', '.join(OUTCOMES)}")
    return words


def complete_outcomes(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the last word of a list of outcomes."""
    from click.shell_completion import CompletionItem

    before, comma, word = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{name}") for name in OUTCOMES if name.startswith(word)]


def networks(
    _ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]
) -> "tuple[IPv4Network | IPv6Network, ...]":
    """Return addresses, or networks of them; an address is the network that holds it alone."""
    if not value:
        return ()
    from ipaddress import ip_network

    found = []
    for address in value:
        try:
            found.append(ip_network(address.strip("[]"), strict=False))
        except ValueError:
            hint = "is no IP address; give one like 192.0.2.1 or 2001:db8::/32"
            raise click.BadParameter(f"{address!r} {hint}") from None
    return tuple(found)


def cookie(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    """Return a cookie's first digits in lower case, without the colons or the 0x people paste."""
    if value is None:
        return ""
    digits = value.lower().removeprefix("0x").replace(":", "")
    if len(digits) > _COOKIE_DIGITS or digits.strip("0123456789abcdef") or not digits:
        raise click.BadParameter(f"{value!r} is not 1 to {_COOKIE_DIGITS} hexadecimal digits")
    return digits


def check_inputs(captures: tuple[str, ...]) -> None:
    """Refuse inputs that no reading could make sense of."""
    if "" in captures:
        raise click.UsageError("the name of a capture is empty")
    if captures.count("-") > 1:
        raise click.UsageError("standard input, '-', can be read only once")
    if "-" in captures and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("standard input is a terminal: pipe a capture into it, or name a file")


color_option: Final = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour; NO_COLOR is honoured.",
)


def page_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how text is laid out: its width, and whether it is coloured."""
    width = click.option(
        "--width",
        type=click.IntRange(min=40),
        metavar="COLUMNS",
        help="Width of text, 40 or more; otherwise that of the terminal.",
    )
    return width(color_option(command))


def key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name files of keys."""
    psks = click.option(
        "--psk-file",
        "psk_files",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="Candidate PSKs, one a line; repeatable. They are checked, not guessed: 16 at most.",
    )
    keys = click.option(
        "--keys",
        "key_files",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="Keys: Wireshark's ikev1_decryption_table, a directory of strongSwan's save-keys, a log of "
        "strongSwan, racoon or MikroTik, or a TOML file; repeatable.",
    )
    ask = click.option("--ask-psk", is_flag=True, help="Ask for a candidate PSK on the terminal.")
    return keys(psks(ask(command)))


class KeyOptions(TypedDict):
    """What the options of `key_options` give."""

    key_files: tuple[str, ...]
    psk_files: tuple[str, ...]
    ask_psk: bool


def key_ring(options: KeyOptions) -> "KeyRing | None":
    """Return all given keys; None where none were given, so that nothing is loaded for them."""
    if not any((options["key_files"], options["psk_files"], options["ask_psk"])):
        return None
    from ikepcap.keys.sources import load_ring

    ring = load_ring(options["key_files"], options["psk_files"])
    if options["ask_psk"]:
        from ikepcap.keys.material import NamedPsk, Origin
        from ikepcap.keys.secret import Secret

        if sys.stdin is None or not sys.stdin.isatty():
            raise click.UsageError("--ask-psk asks on a terminal, and there is none: give --psk-file")
        typed = click.prompt("Pre-shared key", hide_input=True, err=True)
        ring.add(psks=(NamedPsk(Origin("typed", 1), Secret(typed.encode())),))
    return ring
