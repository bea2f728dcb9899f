"""`ikepcap respond`: a responder for the laboratory, with faults on demand."""

from typing import TYPE_CHECKING, Final, Unpack

import click

from ikepcap.cli.options import networks
from ikepcap.cli.peer import PeerOptions, one_address, peer_options, secret_for, settings_of
from ikepcap.cli.recording import keep_option, writable

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from ikepcap.replay.policy import Policy
    from ikepcap.replay.settings import Settings

_HELP: Final = """Answer IKEv1 negotiations, as a lab peer that needs no daemon and, on high ports, no root.

It accepts what --ike and --esp say, or anything it can compute. With --fault it fails on purpose.

\b
  ikepcap respond --psk-file psk.txt
  ikepcap respond --psk-file psk.txt --fault wrong-psk --manner libreswan
  ikepcap respond --psk-file psk.txt --fault silent=MSG4 --record stuck.pcapng
  ikepcap respond --like branch.pcapng --psk-file psk.txt
  ikepcap respond --listen 192.0.2.7 --port 500 --psk-file psk.txt
  ikepcap respond --faults

Only loopback and documentation addresses are answered; --allow lets others in. Ctrl-C ends it, with a delete
sent for whatever is up.
"""

_EPILOG: Final = """\b
Exit status:
  0  it was ended, or every negotiation came up with --count
  1  with --count: a negotiation did not come up
  2  wrong usage, or a port that is not to be had"""


@click.command(help=_HELP, epilog=_EPILOG, short_help="Answer negotiations, rightly or wrongly.")
@click.option(
    "--listen", default="127.0.0.1", show_default=True, callback=one_address, metavar="ADDRESS",
    help="Own address.",
)  # fmt: skip
@click.option("--port", type=click.IntRange(1, 65535), default=5500, show_default=True, help="UDP port.")
@click.option(
    "--natt-port", type=click.IntRange(1, 65535), help="For NAT traversal; otherwise --port and 4000."
)
@click.option("--fault", "faults", multiple=True, metavar="FAULT", help="What goes wrong; repeatable.")
@click.option("--faults", "lists_faults", is_flag=True, help="List the faults there are.")
@click.option("--like", type=click.Path(), metavar="CAPTURE", help="Play this capture's responder.")
@click.option("--conversation", type=click.IntRange(min=1), metavar="N", help="Which of the capture's.")
@click.option("--address", callback=one_address, metavar="ADDRESS", help="What mode-config hands out.")
@click.option(
    "--record", callback=writable, metavar="FILE", help="Write all that was sent and came in, pcapng."
)
@click.option("--keys-to", type=click.Path(file_okay=False), metavar="FOLDER",
              help="Write the keys there, for Wireshark and for --keys.")  # fmt: skip
@click.option("--allow", multiple=True, callback=networks, metavar="NETWORK", help="Answer these too.")
@click.option("--count", type=click.IntRange(1, 64), metavar="N", help="End after so many negotiations.")
@click.option("--seconds", type=click.FloatRange(0.1, 86_400), default=3600.0, help="End after a time.")
@keep_option
@peer_options
@click.pass_context
def respond(
    ctx: click.Context,
    listen: str,
    port: int,
    natt_port: int | None,
    faults: tuple[str, ...],
    lists_faults: bool,
    like: str | None,
    conversation: int | None,
    keep: str | None,
    address: str | None,
    record: str | None,
    keys_to: str | None,
    allow: "tuple[IPv4Network | IPv6Network, ...]",
    count: int | None,
    seconds: float,
    **options: Unpack[PeerOptions],
) -> None:
    """Respond; the help is in `_HELP`."""
    import secrets
    import time

    from ikepcap.cli.recording import Speaker, ended_by_signals, keep_facts
    from ikepcap.cli.recording import keep as keep_record
    from ikepcap.replay.actions import Endpoint
    from ikepcap.replay.behaviour import RESPONDER_STEPS, behaviour
    from ikepcap.replay.known import known
    from ikepcap.replay.loop import Loop
    from ikepcap.replay.nat import natt_port as other_port
    from ikepcap.replay.responders import Responders
    from ikepcap.replay.safety import PER_RESPONDER, Gate
    from ikepcap.replay.transport import Udp

    if lists_faults:
        _list_faults()
        return
    if conversation is not None and like is None:
        raise click.UsageError("--conversation says which of a capture's: it goes with --like")
    wrong = behaviour(faults, RESPONDER_STEPS)
    given = settings_of(options, address=address)
    policy = _policy(given, like, conversation)
    engine = Responders(policy, secrets.token_bytes, wrong)
    ends = Endpoint(listen, port), Endpoint(listen, natt_port or other_port(port))
    speaker = Speaker()
    with Udp(*ends, Gate(allow, limit=PER_RESPONDER), "responder") as udp, ended_by_signals():
        speaker.say(f"answering on {udp.ends[0]}, NAT traversal on {udp.ends[1]}"
                    + (f", with faults: {wrong.name}" if faults else ""))  # fmt: skip
        loop = Loop(engine, udp, speaker)
        end_s = time.monotonic() + seconds
        try:
            while (left_s := end_s - time.monotonic()) > 0:
                loop.done = None
                loop.run((), seconds=left_s, linger_s=(1.0, 1.0), ends=count is not None)
                if count is not None and len(_results(engine)) >= count:
                    break
        except KeyboardInterrupt:
            speaker.say("interrupted")
        finally:
            negotiated = list(udp.record)
            found = () if keep is None else known(negotiated, engine.sessions, "responder")
            sas = [one.sa for one in engine.sessions.values() if one.sa]
            try:
                loop.close(engine.close(time.time_ns()))
            finally:  # what has failed, or sent all it may, is recorded all the same
                keep_record(udp.record, sas, record, keys_to, speaker)
            if keep is not None:
                source = {"origin": "ikepcap respond", "shows": f"faults: {wrong.name or 'none'}"}
                keep_facts(keep, negotiated, found, "responder", source, speaker)
    if count is not None and (len(_results(engine)) < count or set(_results(engine)) != {"established"}):
        ctx.exit(1)


def _list_faults() -> None:
    """Print what may be asked for, with the findings of which any reads it rightly."""
    from ikepcap.replay.behaviour import NOT_MADE, described

    for name, means, codes in described():
        click.echo(f"{name:20}{means}")
        if codes:
            click.echo(f"{'':20}-> {', '.join(codes)}")
    click.echo("\nNo peer can bring these about:")
    for code, why in NOT_MADE.items():
        click.echo(f"{code:20}{why}")


def _results(engine: object) -> list[str]:
    sessions = getattr(engine, "sessions", {})
    return [one.result.result for one in sessions.values() if one.result is not None]


def _policy(given: "Settings", like: str | None, number: int | None) -> "Policy":
    """Return the policy to answer by."""
    from ikepcap.replay.settings import policy_of

    if like is None:
        return policy_of(given, secret_for(given))
    from msgspec.structs import replace

    from ikepcap import replaying
    from ikepcap.replay.manners import MANNERS
    from ikepcap.replay.script import responder_policy

    taken = replaying.take(like, number=number)
    policy = responder_policy(
        taken.script, policy_of(given, secret_for(given)), taken.conversation.responder.implementation
    )
    return policy if given.manner is None else replace(policy, manner=MANNERS[given.manner])
