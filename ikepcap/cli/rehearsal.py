"""What a replay would send, for people and for programs."""

from typing import TYPE_CHECKING, Final, Literal

import click

if TYPE_CHECKING:
    from ikepcap.replay.actions import Endpoint
    from ikepcap.replay.run import Player, Way

_SCHEMA: Final = "ikepcap.rehearsal/1"


def show(
    player: "Player", name: str, way: "Way", target: "Endpoint", format_: Literal["text", "json"]
) -> None:
    """Print every datagram that would be sent.

    Args:
        player: ready to play.
        name: of the capture.
        way: of playing.
        target: the peer.
        format_: of what is printed.
    """
    found = [
        {"time_s": round(seconds, 3), "step": send.step, "octets": len(send.data),
         "to": str(send.path.remote), "holds": _inside(send.data)}
        for seconds, send in player.rehearsed()
    ]  # fmt: skip
    if format_ == "json":
        import json

        document = {"schema": _SCHEMA, "capture": name, "target": str(target), "way": way,
                    "would_send": found, "notes": player.said}  # fmt: skip
        click.echo(json.dumps(document, indent=2))
        return
    click.echo(f"to {target}, if the peer agreed to everything (it is played by our own responder here):")
    for one in found:
        what = f"{one['step']:5} {one['octets']:6,} octets  to {one['to']}  {one['holds']}"
        click.echo(f"{one['time_s']:8.2f} s  {what}")
    for line in player.said:
        click.echo(f"            {line}")


def _inside(data: bytes) -> str:
    """Return what a datagram holds, in names."""
    from ikepcap.wire.message import parse
    from ikepcap.wire.numbers import payload_name

    message = parse(data)
    if message is None:
        return "no ISAKMP"
    if message.is_encrypted:
        return "encrypted"
    return ", ".join(map(payload_name, message.payload_types())) or "broken"
