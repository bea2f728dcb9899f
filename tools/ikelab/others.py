"""Initiators that are no daemons, and the end where nobody listens."""

from typing import Final

from ikelab.daemon import Daemon

_VPNC: Final = """
IPSec gateway {other}
IPSec ID initiator.example
IPSec secret {secret}
Xauth username user
Xauth password {password}
IKE Authmode psk
IKE DH Group dh2
NAT Traversal Mode none
Local Port 500
Script /bin/true
Pidfile {folder}/pid
"""


class IkeScan(Daemon):
    """Asks for policies with MSG1 and never goes on."""

    name = "ike-scan"

    def start(self) -> None:
        """Nothing to start: it lives as long as its scan."""

    def initiate(self) -> None:
        """Scan what the arguments say, once."""
        self.launch(["/usr/bin/ike-scan", *self.peer.arguments])

    def version(self) -> str:
        """Return its name; it tells its version in every run."""
        said = (
            (self.folder / "output").read_text(errors="replace") if (self.folder / "output").exists() else ""
        )
        words = said.split("Starting ike-scan ")
        return f"ike-scan {words[1].split()[0]}" if len(words) > 1 else "ike-scan"


class Vpnc(Daemon):
    """The client for Cisco's concentrators: aggressive mode, group secret, XAUTH."""

    name = "vpnc"

    def start(self) -> None:
        """Write its configuration."""
        words = {"other": self.network.seen["responder"], "secret": self.peer.secret, "folder": self.folder}
        (self.folder / "vpnc.conf").write_text(_VPNC.format(**words, password=self.peer.password))

    def initiate(self) -> None:
        """Connect once."""
        self.launch(["/usr/sbin/vpnc", "--no-detach", "--non-inter", str(self.folder / "vpnc.conf")])

    def version(self) -> str:
        """Return the version of Debian's package, which is the only one."""
        return "vpnc 0.5.3"
