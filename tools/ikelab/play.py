"""Run a scenario: network, daemons, captures, steps, and everything ended again."""

import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ikelab import esp, needs
from ikelab.daemon import Daemon
from ikelab.libreswan import Libreswan
from ikelab.network import LabError, Network
from ikelab.others import IkeScan, Vpnc
from ikelab.scenario import Place, Role, Scenario, Step
from ikelab.secrets import Secrets
from ikelab.strongswan import StrongSwan

DAEMONS: Final[dict[str, type[Daemon]]] = {
    "strongswan": StrongSwan,
    "libreswan": Libreswan,
    "ike-scan": IkeScan,
    "vpnc": Vpnc,
}
ROLES: Final[tuple[Role, Role]] = ("initiator", "responder")
_WATCHED: Final[dict[Place, tuple[str, str]]] = {
    "initiator": ("initiator", "eth0"),
    "between": ("router", "tor"),
    "responder": ("responder", "eth0"),
}
_FILTER: Final = "(ip or ip6) and not ip6 multicast and not (icmp6 and ip6[40] >= 128)"
"""Nothing of neighbour discovery and ping; ICMPv6 errors are below 128."""
_SETTLE_S: Final = 0.5
_PINGS: Final[dict[Role, tuple[str, str]]] = {
    "initiator": ("203.0.113.65", "203.0.113.129"), "responder": ("203.0.113.129", "203.0.113.65"),
}  # fmt: skip
"""Who pings whom, in the networks behind the ends."""


class Interrupted(Exception):  # noqa: N818 - nothing is wrong
    """Somebody asked the lab to stop."""


@dataclass(frozen=True)
class Played:
    """What a scenario left: captures of all places, and what the daemons said."""

    scenario: Scenario
    captures: dict[Place, Path]
    addresses: dict[Role, set[str]]
    logs: dict[Role, str]
    versions: dict[Role, str]
    secrets: dict[Role, list[Secrets]]


class Tcpdumps:
    """Captures at all three places; a context manager."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.files: dict[Place, Path] = {place: folder / f"{place}.pcap" for place in _WATCHED}
        self._folder = folder
        self._network = network
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for place, (space, device) in _WATCHED.items():
            with (self._folder / f"{place}.tcpdump").open("wb") as out:
                words = (
                    "tcpdump",
                    "-i",
                    device,
                    "--immediate-mode",
                    "-U",
                    "-Z",
                    "root",
                    "-w",
                    str(self.files[place]),
                )
                into = ("ip", "netns", "exec", self._network.spaces[space])
                self._running.append(subprocess.Popen((*into, *words, _FILTER), stderr=out))
        end = time.monotonic() + 10
        while not all("listening" in (self._folder / f"{p}.tcpdump").read_text() for p in _WATCHED):
            if time.monotonic() > end:
                raise LabError(f"tcpdump: {(self._folder / 'initiator.tcpdump').read_text().strip()}")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._running:
            one.terminate()
        for one in self._running:
            one.wait(10)


class Play:
    """One scenario while it runs."""

    def __init__(self, scenario: Scenario, folder: Path, certificates: Path, stop: threading.Event) -> None:
        self.scenario = scenario
        self.network = Network(scenario.net, offload=scenario.offload)
        self.folder = folder
        self.stop = stop
        self._certificates = certificates
        self.daemons: dict[Role, Daemon] = {}
        self._earlier_logs = dict.fromkeys(ROLES, "")

    def run(self) -> Played:
        """Play it to its end.

        Raises:
            LabError: the lab failed, which says nothing of the negotiation.
            Interrupted: it was stopped.
        """
        scenario = self.scenario
        try:
            with self.network:
                if scenario.rules:
                    self.network.filter(scenario.rules)
                for role in ("responder", "initiator"):
                    self._start(role)
                if scenario.host_rules:
                    self.network.filter(scenario.host_rules, "responder")
                with Tcpdumps(self.network, self.folder) as captures:
                    self._act(scenario)
                    for daemon in self.daemons.values():
                        daemon.freeze()
                    time.sleep(_SETTLE_S)
        finally:
            for daemon in self.daemons.values():
                daemon.kill()
        if not any(re.search(scenario.logged, self._log(role)) for role in ROLES):
            raise LabError(f"no daemon logged {scenario.logged!r}: it is not what it says")
        return Played(
            scenario,
            captures.files,
            {role: {self.network.own[role], self.network.seen[role]} for role in ROLES},
            {role: self._log(role) for role in ROLES},
            {role: self.daemons[role].version() if role in self.daemons else "nobody" for role in ROLES},
            {role: self.daemons[role].secrets() if role in self.daemons else [] for role in ROLES},
        )

    def _start(self, role: Role) -> None:
        peer = self.scenario.initiator if role == "initiator" else self.scenario.responder
        if peer.software == "none":
            return
        folder = self.folder
        daemon = DAEMONS[peer.software](role, peer, self.network, folder, self._certificates)
        self.daemons[role] = daemon
        daemon.start()

    def _log(self, role: Role) -> str:
        return self._earlier_logs[role] + (self.daemons[role].log() if role in self.daemons else "")

    def _act(self, scenario: Scenario) -> None:
        end = time.monotonic() + scenario.seconds
        if not any(step.action == "begin" for step in scenario.steps):
            self.daemons["initiator"].initiate()
        for step in scenario.steps:
            ACTIONS[step.action](self, step)
        self.sleep(max(0.0, end - time.monotonic()))

    def sleep(self, seconds: float) -> None:
        """Wait, unless somebody asks to stop."""
        if self.stop.wait(seconds):
            raise Interrupted

    def restart(self, role: Role) -> None:
        """Kill a daemon and start it anew: it forgets everything."""
        self.daemons[role].kill()
        self._earlier_logs[role] += self.daemons[role].log()
        self.daemons[role].log_file.unlink(missing_ok=True)
        self.daemons[role].start()

    def scan(self, targets: str) -> None:
        """Let ike-scan ask the responder, or these targets, and leave half-open SAs behind."""
        found = needs.software("ike-scan")
        if found is None:
            raise LabError("ike-scan is not here; `tools/lab fetch` gets it")
        options = (
            "--sport=0",
            "--retry=1",
            "--trans=7/256,2,1,14",
            targets or self.network.seen["responder"],
        )
        self.network.inside("initiator", str(found.root / needs.BINARIES["ike-scan"]), *options)

    def vanish(self, role: Role) -> None:
        """Take a host off its network."""
        self.network.inside(role, "ip", "link", "set", "eth0", "down")
        self.network.inside("router", "ip", "neighbour", "flush", "all")

    def traffic(self) -> None:
        """Ping through the tunnel: requests and replies in ESP, by the SAs that the daemons installed."""
        sas = {
            role: esp.outbound(daemon.folder / "sas", self.network.own[role])
            for role, daemon in self.daemons.items()
        }
        for role in self.daemons:
            # Else a host that knows no ESP says so by ICMP; what begins with four zeros on port 4500 is IKE.
            self.network.filter(("meta l4proto esp drop", "udp dport 4500 @th,64,32 != 0 drop"), role)
        for number in (1, 2, 3):
            for role, (source, destination) in _PINGS.items():
                packet = esp.echo(source, destination, number, is_reply=role == "responder")
                protocol, octets = sas[role].sealed(packet)
                words = (sys.executable, "-c", esp.SEND, str(protocol), sas[role].destination, octets.hex())
                self.network.inside(role, *words)

    def swanctl(self, role: Role, text: str) -> None:
        """Give strongSwan a command."""
        daemon = self.daemons[role]
        if isinstance(daemon, StrongSwan):
            daemon.swanctl(text, wait=False)

    def whack(self, role: Role, text: str) -> None:
        """Give Libreswan a command."""
        daemon = self.daemons[role]
        if isinstance(daemon, Libreswan):
            daemon.whack(text, wait=False)


ACTIONS: Final[dict[str, Callable[[Play, Step], None]]] = {
    "begin": lambda play, step: play.daemons[step.role].initiate(),
    "sleep": lambda play, step: play.sleep(step.seconds),
    "log": lambda play, step: play.daemons[step.role].wait_for(step.text, step.seconds or 20),
    "kill": lambda play, step: play.daemons[step.role].kill(),
    "restart": lambda play, step: play.restart(step.role),
    "vanish": lambda play, step: play.vanish(step.role),
    "rule": lambda play, step: play.network.filter((step.text,)),
    "scan": lambda play, step: play.scan(step.text),
    "traffic": lambda play, _: play.traffic(),
    "swanctl": lambda play, step: play.swanctl(step.role, step.text),
    "whack": lambda play, step: play.whack(step.role, step.text),
}
"""What a step of a scenario can do."""


def play(scenario: Scenario, folder: Path, certificates: Path, stop: threading.Event) -> Played:
    """Run one scenario in a folder of its own, which keeps captures, logs and configurations."""
    here = folder / scenario.name
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    return Play(scenario, here, certificates, stop).run()
