"""A process in a namespace of the lab: started, waited for, frozen, killed."""

import os
import re
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from ikelab import needs
from ikelab.network import LabError, Network, command
from ikelab.scenario import Peer, Role
from ikelab.secrets import Secrets

_PRIVATE: Final = "mount --make-rprivate /; mount -t tmpfs tmpfs /run; "
_POLL_S: Final = 0.02


class Daemon:
    """One end's software. A subclass knows its configuration and its words."""

    name = ""

    def __init__(self, role: Role, peer: Peer, network: Network, folder: Path, pki: Path) -> None:
        self.role = role
        self.peer = peer
        self.network = network
        self.folder = folder / role
        self.pki = pki
        self.log_file = self.folder / "daemon.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.folder.mkdir(exist_ok=True)
        found = needs.software(self.name)
        if found is None:
            raise LabError(f"{self.name} is not here; `tools/lab fetch` gets it")
        self.software = found

    def start(self) -> None:
        """Start the daemon and load its configuration."""
        raise NotImplementedError

    def initiate(self) -> None:
        """Begin a negotiation, without waiting for its end."""
        raise NotImplementedError

    def launch(self, words: list[str], environment: dict[str, str] | None = None) -> None:
        """Start a program with a private /run; its pid is the process's own."""
        preload = needs.stand_in(self.pki)
        shell = f"{_PRIVATE}{self.software.overlay}export LD_PRELOAD={preload}; exec {shlex.join(words)}"
        keys = {"IKELAB_KEYS": str(self.folder / "keys"), "IKELAB_SAS": str(self.folder / "sas")}
        with (self.folder / "output").open("ab") as out:
            self.process = subprocess.Popen(
                ("ip", "netns", "exec", self.network.spaces[self.role], "unshare", "-m", "sh", "-c", shell),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **keys, **(environment or {})},
                start_new_session=True,
            )

    def control(self, words: list[str], *, wait: bool = True) -> str:
        """Run a control program beside the daemon, in its namespaces."""
        if self.process is None:
            raise LabError(f"{self.name} ({self.role}) was not started")
        beside = ("nsenter", "-t", str(self.process.pid), "-m", "-n", "-r", *words)
        if wait:
            return command(*beside, check=False, timeout_s=15)
        with (self.folder / "control").open("ab") as out:
            subprocess.Popen(beside, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        return ""

    def wait_for_file(self, path: Path, seconds: float = 20) -> None:
        """Wait until a socket is there; a daemon that died instead has its words repeated."""
        end = time.monotonic() + seconds
        while not path.exists():
            if time.monotonic() > end or self.process is None or self.process.poll() is not None:
                said = (self.folder / "output").read_text(errors="replace")[-500:]
                raise LabError(f"{self.name} ({self.role}) did not start: {said.strip()}")
            time.sleep(_POLL_S)

    def log(self) -> str:
        """Return what the daemon logged for people."""
        with suppress(FileNotFoundError):
            return self.log_file.read_text(errors="replace")
        return ""

    def wait_for(self, pattern: str, seconds: float) -> None:
        """Wait until a line of the log matches."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.log()):
            if time.monotonic() > end:
                raise LabError(f"{self.name} ({self.role}) logged no {pattern!r} in {seconds:g} s")
            time.sleep(_POLL_S)

    def freeze(self) -> None:
        """Stop it where it stands, so that captures at both ends finish with the same packet."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it without a word to its peer."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def version(self) -> str:
        """Return the software's name and version."""
        raise NotImplementedError

    def secrets(self) -> list[Secrets]:
        """Return what is known of the keys of each SA, in the order in which they came into being."""
        return []
