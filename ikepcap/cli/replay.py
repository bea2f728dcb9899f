"""`ikepcap replay`: act the captured initiator against a lab peer, and compare."""

from typing import TYPE_CHECKING, Final, Literal, Unpack

import click

from ikepcap.cli.options import cookie as cookie_digits
from ikepcap.cli.options import networks, page_options
from ikepcap.cli.peer import PeerOptions, one_address, peer_options, secret_for, settings_of, target_of
from ikepcap.cli.recording import keep_option, writable

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from ikepcap.replay.actions import Endpoint
    from ikepcap.replay.policy import Policy
    from ikepcap.replay.run import Player, Way
    from ikepcap.replaying import Taken

_EXPECTATIONS: Final = ("established", "refused", "stalled", "same", "further")

_HELP: Final = """Play the initiator of a captured negotiation against a lab peer, and say where they part.

\b
  ikepcap replay branch.pcapng --target 127.0.0.1:5500 --psk-file psk.txt
  ikepcap replay branch.pcapng --target 192.0.2.7 --expect same
  ikepcap replay branch.pcapng --target 192.0.2.7 --set group=modp1024
  ikepcap replay branch.pcapng --target 192.0.2.7 --probe --each
  ikepcap replay branch.pcapng --target 192.0.2.7 --dry-run

--fresh (the default) offers what was offered, in the same order, with the same vendor IDs, lifetimes,
sizes and timing, and keys of its own, through quick mode. --verbatim sends the captured octets as far as they
are in the clear. --probe sends MSG1 alone, with --each once for every transform.

Nothing is sent but to loopback and documentation addresses, unless --allow names others: at most 20
datagrams a second, 200 in all. Public addresses have to be allowed one by one.
"""

_EPILOG: Final = """\b
--set takes encryption, hash, group, auth, lifetime, transform, id, vendor-id,
mode, nonce; and any field of a message as 'ikepcap show --scapy' names it:
  --set MSG1:ISAKMP.version=0x20 --set MSG1:Proposal.number=7
  --set MSG3:VendorId[2]=none --set MSG5:Identification.data=0x0a000001
Exit status:
  0  it came up, or ended as --expect says
  1  it did not
  2  wrong usage, an input that cannot be read, a target that is refused"""


class Run(PeerOptions):
    """The options of one run, those of the peer with them."""

    number: int | None
    cookie: str
    keys: tuple[str, ...]
    edits: tuple[str, ...]
    lost: tuple[str, ...]
    late: tuple[str, ...]
    cut: tuple[str, ...]
    each: bool
    renew: float | None
    dry_run: bool
    record: str | None
    keep: str | None
    keys_to: str | None
    source: str | None
    source_port: int
    natt_port: int | None
    allow: "tuple[IPv4Network | IPv6Network, ...]"
    seconds: float
    expect: str | None
    width: int | None
    color: str
    format_: Literal["text", "json"]


@click.command(help=_HELP, epilog=_EPILOG, short_help="Play a captured initiator against a lab peer.")
@click.argument("capture", type=click.Path(), metavar="CAPTURE")
@click.option("--target", required=True, callback=target_of, metavar="HOST[:PORT]", help="The lab peer.")
@click.option(
    "--fresh", "way", flag_value="fresh", default=True, help="The same policy with own keys (default)."
)
@click.option("--verbatim", "way", flag_value="verbatim", help="The captured octets.")
@click.option("--probe", "way", flag_value="probe", help="MSG1 alone.")
@click.option("--each", is_flag=True, help="With --probe: one MSG1 for every transform.")
@click.option(
    "--conversation", "number", type=click.IntRange(min=1), metavar="N", help="Which of the capture's."
)
@click.option("--cookie", callback=cookie_digits, metavar="HEX", help="The one with a cookie that begins so.")
@click.option(
    "--keys",
    multiple=True,
    type=click.Path(exists=True),
    metavar="FILE",
    help="Keys of the capture: quick mode is then played as it was.",
)
@click.option("--set", "edits", multiple=True, metavar="NAME=VALUE", help="Change it before it is sent.")
@click.option(
    "--drop", "lost", multiple=True, metavar="STEP", help="Never send this message, like MSG3; repeatable."
)
@click.option(
    "--delay",
    "late",
    multiple=True,
    metavar="[STEP:]SECONDS",
    help="Send everything so much later, or that message alone; repeatable.",
)
@click.option(
    "--cut",
    multiple=True,
    metavar="STEP:OCTETS",
    help="Send that message in IKE fragments of this size; repeatable.",
)
@click.option(
    "--renew",
    type=click.FloatRange(1, 300),
    metavar="SECONDS",
    help="Begin anew so long after it is up, beside that; how this ends counts.",
)
@click.option("--dry-run", is_flag=True, help="Show every datagram, and send none.")
@click.option(
    "--record", callback=writable, metavar="FILE", help="Write all that was sent and came in, pcapng."
)
@click.option(
    "--keys-to",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="Write the keys there, for Wireshark and for --keys.",
)
@click.option(
    "--source", callback=one_address, metavar="ADDRESS", help="Own address, where there are several."
)
@click.option("--source-port", type=click.IntRange(0, 65535), default=0, help="Own port; any otherwise.")
@click.option(
    "--natt-port",
    type=click.IntRange(1, 65535),
    help="The target's for NAT traversal; otherwise its port and 4000.",
)
@click.option("--allow", multiple=True, callback=networks, metavar="NETWORK", help="May be sent to, too.")
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=180.0, help="Give up after this time.")
@click.option("--expect", type=click.Choice(_EXPECTATIONS), help="What exit status 0 means.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
@keep_option
@page_options
@peer_options
@click.pass_context
def replay(
    ctx: click.Context,
    capture: str,
    target: "Endpoint",
    way: "Way",
    **run: Unpack[Run],
) -> None:
    """Replay; the help is in `_HELP`."""
    from ikepcap import replaying
    from ikepcap.keys.sources import load_ring
    from ikepcap.replay.actions import Endpoint
    from ikepcap.replay.nat import natt_port
    from ikepcap.replay.safety import Gate, check_target
    from ikepcap.replay.transport import own_address

    _check_options(run, way)
    check_target(target.address, run["allow"])
    ring = load_ring(run["keys"]) if run["keys"] else None
    taken = replaying.take(capture, number=run["number"], cookie=run["cookie"], ring=ring)
    policy = _policy(run, taken, way)
    far = Endpoint(target.address, run["natt_port"] or natt_port(target.port))
    source = run["source"] or own_address(target.address, target.port)
    if (":" in source) != (":" in target.address):
        raise click.UsageError(f"{source} cannot send to {target.address}: one is IPv4, the other IPv6")
    player = _player(policy, taken, way, run, (source, target, far), Gate(run["allow"]))
    player.check()
    if run["dry_run"]:
        from ikepcap.cli.rehearsal import show

        show(player, taken.name, way, target, run["format_"])
        return
    is_met = _played(player, taken, way, run, target)
    ctx.exit(0 if is_met else 1)


def _check_options(run: Run, way: "Way") -> None:
    """Refuse options that would mean nothing."""
    if run["each"] and way != "probe":
        raise click.UsageError("--each asks for every transform by itself: it goes with --probe")
    fresh = {"--drop": run["lost"], "--delay": run["late"], "--cut": run["cut"], "--renew": run["renew"],
             "--keys-to": run["keys_to"]}  # fmt: skip
    for name, value in fresh.items():
        if value and way != "fresh":
            raise click.UsageError(f"{name} goes with --fresh: --{way} does not get beyond MSG4")
    kept = {"--record": run["record"], "--keep": run["keep"], "--keys-to": run["keys_to"],
            "--expect": run["expect"]}  # fmt: skip
    for name, value in kept.items():
        if value and run["dry_run"]:
            raise click.UsageError(f"--dry-run sends nothing, so {name} has nothing to go by")


def _policy(run: Run, taken: "Taken", way: "Way") -> "Policy":
    """Return the captured initiator's policy, with the user's secrets and edits."""
    from msgspec.structs import replace

    from ikepcap.keys.derive import PSK_METHODS
    from ikepcap.replay.edits import edited
    from ikepcap.replay.manners import MANNERS
    from ikepcap.replay.script import initiator_policy
    from ikepcap.replay.settings import policy_of

    given = settings_of(run)
    wants_psk = way == "fresh" and taken.script.auth in PSK_METHODS and given.ike is None
    base = policy_of(given, secret_for(given) if wants_psk or given.ike else None)
    policy = initiator_policy(taken.script, base, taken.conversation.initiator.implementation)
    if given.ike is not None:
        policy = replace(policy, offer=base.offer)
    if given.esp is not None:
        policy = replace(policy, quick_offer=base.quick_offer)
    if given.manner is not None:
        policy = replace(policy, manner=MANNERS[given.manner])
    changed = edited(policy, run["edits"])
    if way == "verbatim" and changed != replace(policy, edits=changed.edits):
        raise click.UsageError(
            "--verbatim sends the captured octets: --set changes fields of messages there, like "
            "MSG1:VendorId=none, and nothing else"
        )
    return changed


Ends = tuple[str, "Endpoint", "Endpoint"]
"""Own address, the target, and the target's port for NAT traversal."""


def _player(policy: "Policy", taken: "Taken", way: "Way", run: Run, ends: Ends, gate: object) -> "Player":
    from ikepcap.replay.behaviour import INITIATOR_STEPS, behaviour
    from ikepcap.replay.run import Player

    # In aggressive mode MSG3 is the last.
    steps = tuple(one for one in INITIATOR_STEPS if policy.mode == "main" or one != "MSG5")

    asked = (("lose", run["lost"]), ("delay", run["late"]), ("cut", run["cut"]))
    wrong = behaviour(tuple(f"{name}={value}" for name, values in asked for value in values), steps)
    return Player(policy, taken.script, way, ends, behaviour=wrong, each=run["each"],
                  source_port=run["source_port"], renews_s=run["renew"], gate=gate)  # type: ignore[arg-type]  # fmt: skip


def _played(player: "Player", taken: "Taken", way: "Way", run: Run, target: "Endpoint") -> bool:
    """Play, write and print; True where it ended as it should."""
    from ikepcap import replaying
    from ikepcap.cli.output import page_for, text_bytes, write
    from ikepcap.cli.recording import Speaker, ended_by_signals, keep, keep_facts
    from ikepcap.cli.replayed import Outcome, document, lines
    from ikepcap.replay.nat import natt_port

    speaker = Speaker(quiet=run["format_"] == "json")
    try:
        with ended_by_signals():
            player.play(run["seconds"], speaker)
    finally:
        keep(player.record, player.sas(), run["record"], run["keys_to"], speaker)
    if run["keep"] is not None:
        origin = f"ikepcap replay of {taken.name} #{taken.conversation.id}, {way}"
        ended = player.done.why if player.done is not None else "time was up"
        source = {"origin": origin, "shows": f"how it ended: {ended}"}
        keep_facts(run["keep"], player.negotiated, player.known, "initiator", source, speaker)
    ports = target.port, run["natt_port"] or natt_port(target.port)
    stands_for = replaying.stands_for(player.negotiated, ports)
    live = opened = None
    if player.negotiated:
        live = replaying.judged(player.negotiated, stands_for, player.cookie)
        opened = replaying.judged(player.negotiated, stands_for, player.cookie, player.sas())
    outcome = Outcome(taken, live, opened, stands_for, player, way, str(target), run["expect"])
    if run["format_"] == "json":
        write(document(outcome), None)
    else:
        page = page_for(None, run["color"], run["width"])
        write(text_bytes(lines(page, outcome), None), None)
    return outcome.is_met
