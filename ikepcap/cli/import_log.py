"""`ikepcap import`: the messages that a device's log dumps, as a capture."""

from typing import Final

import click

from ikepcap.cli.output import write
from ikepcap.errors import IkepcapError

_HELP: Final = """Write the IKE messages that LOG dumps in hexadecimal as a capture.

Logs of FortiGate (diagnose debug application ike -1), pluto (plutodebug=all), racoon and MikroTik (debug),
and strongSwan (net = 3, enc = 3) are known; which one it is is found out. Times are the log's, taken as UTC;
Ethernet, IP and UDP headers are made up around the addresses and ports in the log. The comment of a frame
names the line of the log.

\b
  ikepcap import fortigate.log -o fortigate.pcapng
  ikepcap fortigate.pcapng
"""

_EPILOG: Final = """\b
Exit status:
  0  written
  2  wrong usage, a log that cannot be read, or one without messages"""


@click.command("import", help=_HELP, epilog=_EPILOG, short_help="Make a capture of a device's debug log.")
@click.argument("log", type=click.Path(), metavar="LOG")
@click.option("-o", "--output", required=True, type=click.Path(), help="The pcapng file to write.")
def import_log(log: str, output: str) -> None:
    """Import a log; the help is in `_HELP`."""
    from ikepcap.capture.write import pcapng
    from ikepcap.logs.importer import read_log

    imported, frames = read_log(log)
    data = pcapng(frames)
    if not imported.messages:
        raise IkepcapError(f"{log}: a log of {imported.kind}, but no message in it is whole")
    write([data], output, inputs=[log])
    plural = "s" if imported.messages > 1 else ""
    said = [f"{imported.messages:,} message{plural} of a log of {imported.kind}"]
    if imported.left_out:
        said.append(f"{imported.left_out:,} left out: not whole in the log, or no IKEv1")
    if not imported.is_timed:
        said.append("the log has no times: messages are 1 ms apart")
    if imported.invented:
        said.append(f"addresses made up for {', '.join(imported.invented[:5])}")
    click.echo(f"ikepcap: {'; '.join(said)}", err=True)
