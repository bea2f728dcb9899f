"""Three network namespaces in a row: initiator, router, responder. Nothing outside of them is touched."""

import itertools
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from ikelab import rules
from ikelab.scenario import Net, Role

_NUMBERS: Final = itertools.count(1)
INITIATOR, RESPONDER = "192.0.2.1", "198.51.100.7"
PUBLIC_INITIATOR, PUBLIC_RESPONDER = "203.0.113.1", "203.0.113.7"
"""Addresses of the NAT, in whose place either peer is seen by the other."""
ADDRESSES: Final[dict[Net, tuple[str, str]]] = {
    "plain": (INITIATOR, RESPONDER),
    "nat-initiator": (INITIATOR, RESPONDER),
    "nat-responder": (INITIATOR, RESPONDER),
    "ipv6": ("2001:db8:1::1", "2001:db8:2::7"),
}
_PORTS: Final[dict[Role, str]] = {"initiator": "toi", "responder": "tor"}
"""The router's interfaces, by whom they face."""
_SYSCTL: Final = (
    "net.ipv4.icmp_ratelimit=0",
    "net.ipv6.icmp.ratelimit=0",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv6.conf.all.accept_dad=0",
    "net.ipv6.conf.default.accept_dad=0",
)
_NAT: Final = {
    "nat-initiator": f"""
table ip nat {{
chain after {{
type nat hook postrouting priority 100;
ip saddr {INITIATOR} snat to {PUBLIC_INITIATOR}
}}
}}
""",
    "nat-responder": f"""
table ip nat {{
chain before {{
type nat hook prerouting priority -100;
ip daddr {PUBLIC_RESPONDER} dnat to {RESPONDER}
}}
}}
""",
}


class LabError(Exception):
    """Something in the lab, not in a negotiation, went wrong."""


def command(*words: str, check: bool = True, text: str | None = None, timeout_s: float = 30) -> str:
    """Run a program to its end and return what it printed."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=timeout_s, check=False)
    if check and done.returncode:
        raise LabError(f"{' '.join(words)}: {(done.stdout + done.stderr).strip()}")
    return done.stdout + done.stderr


class Network:
    """The namespaces of one scenario; a context manager that leaves nothing behind."""

    def __init__(self, kind: Net, *, offload: bool = False) -> None:
        prefix = f"ikelab{os.getpid()}-{next(_NUMBERS)}"
        self.kind = kind
        self.offload = offload
        self.spaces: dict[str, str] = {
            name: f"{prefix}-{name}" for name in ("initiator", "router", "responder")
        }
        own = ADDRESSES[kind]
        self.own: dict[Role, str] = {"initiator": own[0], "responder": own[1]}
        self.seen: dict[Role, str] = {
            "initiator": PUBLIC_INITIATOR if kind == "nat-initiator" else own[0],
            "responder": PUBLIC_RESPONDER if kind == "nat-responder" else own[1],
        }
        """The address by which each end is reached from the other."""

    def inside(self, space: str, *words: str, check: bool = True, text: str | None = None) -> str:
        """Run a program in a namespace."""
        return command("ip", "netns", "exec", self.spaces[space], *words, check=check, text=text)

    def __enter__(self) -> Self:
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _build(self) -> None:
        for space, name in self.spaces.items():
            command("ip", "netns", "add", name)
            self.inside(space, "ip", "link", "set", "lo", "up")
            self.inside(space, "sysctl", "-qw", *_SYSCTL, check=False)
        self.inside("router", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        for role, port in _PORTS.items():
            self._join(role, port)
        public = {"nat-initiator": PUBLIC_INITIATOR, "nat-responder": PUBLIC_RESPONDER}.get(self.kind)
        if public is not None:
            self.inside("router", "ip", "address", "add", f"{public}/32", "dev", "lo")
            self.inside("router", "nft", "-f", "-", text=_NAT[self.kind])
        for role, port in _PORTS.items():
            self._introduce(role, port)

    @staticmethod
    def _gateway(own: str) -> str:
        return own.rsplit(":", 1)[0] + ":fe" if ":" in own else own.rsplit(".", 1)[0] + ".254"

    def _join(self, role: Role, port: str) -> None:
        own = self.own[role]
        wide, extra = ("/64", ("nodad",)) if ":" in own else ("/24", ())
        gateway = self._gateway(own)
        peer = ("peer", "name", port, "netns", self.spaces["router"])
        command("ip", "-n", self.spaces[role], "link", "add", "eth0", "type", "veth", *peer)
        for space, device, address in ((role, "eth0", own), ("router", port, gateway)):
            if not self.offload:
                # Without hardware nobody fills in the checksums that were left to it.
                off = [word for what in ("tx", "rx", "gso", "gro", "tso") for word in (what, "off")]
                self.inside(space, "ethtool", "-K", device, *off, check=False)
            self.inside(space, "ip", "address", "add", address + wide, "dev", device, *extra)
            self.inside(space, "ip", "link", "set", device, "up")
        self.inside(role, "ip", "route", "add", "default", "via", gateway)

    def _introduce(self, role: Role, port: str) -> None:
        """Let neighbours know each other, or copies of the first message wait together to be resolved."""
        own = self.own[role]
        gateway = self._gateway(own)
        for space, device, address, other, facing in (
            (role, "eth0", gateway, "router", port), ("router", port, own, role, "eth0"),
        ):  # fmt: skip
            shown = self.inside(other, "cat", f"/sys/class/net/{facing}/address").strip()
            entry = (
                "ip",
                "neighbour",
                "replace",
                address,
                "lladdr",
                shown,
                "dev",
                device,
                "nud",
                "reachable",
            )
            self.inside(space, *entry)

    def filter(self, lines: tuple[str, ...], space: str = "router") -> None:
        """Add firewall rules, of `rules`; in an end's own namespace they concern what comes in."""
        table = f"ikelab{time.monotonic_ns()}"
        hook = "forward" if space == "router" else "input"
        self.inside(space, "nft", "-f", "-", text=rules.ruleset(lines, table, hook))

    def close(self) -> None:
        """End whatever still runs in the namespaces, which are ours alone, and delete them."""
        for name in self.spaces.values():
            for process in command("ip", "netns", "pids", name, check=False).split():
                with suppress(ValueError, ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            command("ip", "netns", "delete", name, check=False)


def sweep() -> None:
    """Delete what a lab left behind that was killed: namespaces named after a process that is gone."""
    for line in command("ip", "netns", "list").splitlines():
        match = re.match(r"(ikelab(\d+)-\d+-\w+)\b", line)
        if match and not is_running(match[2]):
            for process in command("ip", "netns", "pids", match[1], check=False).split():
                with suppress(ValueError, ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            command("ip", "netns", "delete", match[1], check=False)


def is_running(pid: str) -> bool:
    """Tell whether there is such a process; one that is dead and waits to be collected is gone."""
    try:
        said = Path("/proc", pid, "stat").read_text()
    except OSError:
        return False
    return said.rpartition(")")[2].split()[0] != "Z"
