"""Libreswan's pluto, configured through whack and addconn."""

import re
import shutil
import time
from typing import Final

from ikelab.daemon import Daemon
from ikelab.network import command
from ikelab.scenario import Role
from ikelab.secrets import Secrets

_TOOLS: Final = "/usr/libexec/ipsec"
_SPELLING: Final = {
    "sha256": "sha2_256", "sha384": "sha2_384", "sha512": "sha2_512",
    "ecp256": "dh19", "ecp384": "dh20", "ecp521": "dh21",
}  # fmt: skip
_SELF_TEST: Final = frozenset(
    {
        "06a9214036b8a15b512e03d534120006",
        "c286696d887c9aa0611bbb3e2025a45a",
        "6c3ea0477630ce21a2ce334aa746c2cd",
        "56e47a38c5598974bc46903dba290349",
    }
)
"""Keys of RFC 3602 §4, with which pluto tests its ciphers when it starts."""


def spell(proposal: str) -> str:
    """Turn aes256-sha256-modp2048 into aes256-sha2_256;modp2048."""
    words = [_SPELLING.get(word, word) for word in proposal.split("-")]
    return "-".join(words[:2]) + "".join(f";{group}" for group in words[2:])


class Libreswan(Daemon):
    """pluto."""

    name = "libreswan"

    def start(self) -> None:
        """Start pluto, let it listen, and add the connection."""
        folder = self.folder
        shutil.copytree(
            self.pki / f"nss-{self.role}-{self.peer.certificate}", folder / "nss", dirs_exist_ok=True
        )
        run = folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir()
        (folder / "ipsec.conf").write_text(self._connection())
        secret = f': PSK "{self.peer.secret}"\n' if self.peer.secret is not None else ""
        (folder / "secrets").write_text(f'{secret}@user : XAUTH "{self.peer.password}"\n')
        hashed = command("openssl", "passwd", "-5", self.peer.password).strip()
        (folder / "passwd").write_text(f"user:{hashed}:lab\n")
        options = ["--config", "ipsec.conf", "--secretsfile", "secrets", "--nssdir", "nss", "--rundir", "run"]
        options = [word if word.startswith("--") else str(folder / word) for word in options]
        files = ["--ipsecdir", str(folder), "--logfile", str(self.log_file)]
        self.launch([f"{_TOOLS}/pluto", "--nofork", *options, *files])
        self.wait_for_file(run / "pluto.ctl")
        time.sleep(0.3)  # the socket is there a little before pluto listens to it
        self.whack("--listen")
        conf, socket = str(folder / "ipsec.conf"), str(run / "pluto.ctl")
        said = self.control([f"{_TOOLS}/addconn", "--config", conf, "--ctlsocket", socket, "lab"])
        (folder / "addconn").write_text(said)
        self.wait_for(r"added (IKEv1 )?connection|added .*connection", 5)

    def whack(self, words: str, *, wait: bool = True) -> str:
        """Run whack against this pluto."""
        return self.control(
            [f"{_TOOLS}/whack", "--rundir", str(self.folder / "run"), *words.split()], wait=wait
        )

    def initiate(self) -> None:
        """Begin phase 1 and then phase 2."""
        self.whack("--initiate --name lab --asynchronous", wait=False)

    def log(self) -> str:
        """Return the log without what is meant for developers."""
        return "\n".join(line for line in super().log().splitlines() if not line.startswith("| "))

    def version(self) -> str:
        """Return "Libreswan" and the version of pluto."""
        found = re.search(r"Libreswan (?:Version )?v?(\d[\w.]*)", self.log())
        return f"Libreswan {found[1] if found else '?'}"

    def secrets(self) -> list[Secrets]:
        """Return the keys that NSS was given, as the stand-in library told them, each with what came before.

        The g^xy of a quick mode comes after the key of phase 1 and says nothing of its message ID: it is 0.
        """
        path = self.folder / "keys"
        told = dict.fromkeys(path.read_text().splitlines()) if path.exists() else {}
        found: list[Secrets] = []
        shared: dict[str, str] = {}
        for kind, octets in (line.split() for line in told):
            if kind == "key" and octets not in _SELF_TEST:
                found.append(Secrets(shared | {"encryption_key": octets}))
            elif kind == "dh" and found:
                found[-1].quick[0] = octets
            shared = {"shared_secret": octets} if kind == "dh" else {}
        return found

    def _connection(self) -> str:
        peer = self.peer
        nets = ["203.0.113.64/26", "203.0.113.128/26"]
        if self.network.kind == "ipv6":
            nets = ["2001:db8:a::/64", "2001:db8:b::/64"]
        ours = self.role
        theirs: Role = "initiator" if ours == "responder" else "responder"
        if self.role == "responder":
            nets.reverse()
        behind_nat = self.network.kind == "nat-initiator" and self.role == "responder"
        other = peer.peer_address or ("%any" if behind_nat else self.network.seen[theirs])
        certificates = "rsa" in peer.auth
        named = certificates or self.network.kind.startswith("nat") or peer.pool
        child, _, group = spell(peer.child).partition(";")
        lines = {
            # Where IKEv1 is forbidden, only a connection for IKEv2 can be loaded.
            "ikev2": "no" if peer.policy == "accept" else "yes",
            "authby": "rsasig" if certificates else "secret",
            "aggressive": "yes" if peer.aggressive else None,
            "left": self.network.own[self.role],
            "right": other,
            "leftid": peer.identity or (f"@{ours}.example" if named else None),
            "rightid": peer.expects or (f"@{theirs}.example" if named else None),
            "leftnexthop": self._gateway if other == "%any" else None,
            "leftsubnet": peer.net or (None if self._asks else nets[0]),
            "rightsubnet": peer.other_net or (None if self._hands_out else nets[1]),
            "ike": spell(peer.proposal),
            "phase2alg": child + (f";{group}" if group else ""),
            "pfs": "yes" if group else "no",
            "keyingtries": "1",
            "fragmentation": "yes" if peer.fragmentation else "no",
            "leftupdown": "/bin/true",
            "auto": "ignore",
            "ikelifetime": f"{peer.lifetime_s}s" if peer.lifetime_s is not None else None,
        }
        if peer.dpd_s:
            lines |= {"dpddelay": str(peer.dpd_s), "dpdtimeout": str(peer.dpd_timeout_s), "dpdaction": "hold"}
        if certificates:
            lines |= {"leftcert": f"{ours}-{peer.certificate}", "leftsendcert": "always", "rightca": "%same"}
            lines |= {"leftrsasigkey": "%cert", "rightrsasigkey": "%cert"}
        lines |= self._users()
        text = "".join(f"    {key}={value}\n" for key, value in lines.items() if value is not None)
        return f"config setup\n    ikev1-policy={peer.policy}\nconn lab\n{text}    {peer.extra}\n"

    @property
    def _gateway(self) -> str:
        return self.network.own[self.role].rsplit(".", 1)[0] + ".254"

    @property
    def _asks(self) -> bool:
        return self.peer.pool and self.role == "initiator"

    @property
    def _hands_out(self) -> bool:
        return self.peer.pool and self.role == "responder"

    def _users(self) -> dict[str, str]:
        lines: dict[str, str] = {}
        if self.peer.auth.startswith("xauth"):
            client, server = ("left", "right") if self.role == "initiator" else ("right", "left")
            lines |= {f"{client}xauthclient": "yes", f"{server}xauthserver": "yes", "xauthby": "file"}
            if self.role == "initiator":
                lines["leftusername"] = "user"
        if self.peer.pool:
            client, server = ("left", "right") if self.role == "initiator" else ("right", "left")
            lines |= {f"{client}modecfgclient": "yes", f"{server}modecfgserver": "yes", "modecfgpull": "yes"}
            if self.role == "responder":
                lines |= {"rightaddresspool": "203.0.113.192-203.0.113.206"}
        return lines
