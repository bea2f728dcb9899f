"""strongSwan's charon, configured through swanctl."""

import re
import shutil
import time
from typing import Final

from ikelab.daemon import Daemon
from ikelab.network import LabError
from ikelab.secrets import Secrets, of_charon

PLUGINS: Final = (
    "random nonce aes sha1 sha2 md5 hmac kdf gmp pem pkcs1 pkcs8 pubkey x509 constraints revocation openssl "
    "kernel-netlink socket-default xauth-generic attr vici"
)
_PATIENCE: Final = 50
_LOCAL: Final = {
    "psk": ("psk",), "rsa": ("pubkey",), "ecdsa": ("pubkey",),
    "xauth-psk": ("psk", "xauth"), "xauth-rsa": ("pubkey", "xauth"), "hybrid": ("xauth",),
}  # fmt: skip
_REMOTE: Final = {**_LOCAL, "xauth-psk": ("psk",), "xauth-rsa": ("pubkey",), "hybrid": ("pubkey",)}
"""How an initiator authenticates itself and its responder; of a responder the two change places."""

_CONF: Final = """
charon {{
  load = {plugins}
  i_dont_care_about_security_and_use_aggressive_mode_psk = yes
  install_routes = no
  {more}
  filelog {{
    people {{
      path = {log}
      default = 1
      ike = 2
      ike_name = yes
      flush_line = yes
    }}
    secrets {{
      path = {folder}/secrets.log
      default = -1
      ike = 4
      chd = 4
      enc = 1
      ike_name = yes
      flush_line = yes
    }}
  }}
  plugins {{
    vici {{
      socket = unix://{folder}/vici
    }}
  }}
}}
swanctl {{
  load = pem pkcs1 pkcs8 x509 pubkey openssl random nonce sha1 sha2
}}
"""
_CONNECTION: Final = """
connections {{
  lab {{
    version = {version}
    aggressive = {aggressive}
    local_addrs = {own}
    remote_addrs = {other}
    proposals = {proposal}
    keyingtries = {tries}
    fragmentation = {fragmentation}
    dpd_delay = {dpd}s
    dpd_timeout = {dpd_timeout}s
    send_cert = always
    {more}
    {rounds}
    children {{
      lab {{
        local_ts = {net}
        remote_ts = {other_net}
        esp_proposals = {child}
      }}
    }}
  }}
}}
secrets {{
  {secrets}
}}
{authorities}
{pool}
"""


class StrongSwan(Daemon):
    """charon."""

    name = "strongswan"

    def start(self) -> None:
        """Start charon and load connection, secrets and certificates."""
        conf = self.folder / "strongswan.conf"
        words = {"plugins": PLUGINS, "more": self.peer.daemon, "log": self.log_file, "folder": self.folder}
        conf.write_text(_CONF.format(**words))
        settings = self.folder / "swanctl"
        (settings / "private").mkdir(parents=True, exist_ok=True)
        if self._certificate:
            shutil.copy(self.pki / f"{self._certificate}.key", settings / "private")
        (settings / "swanctl.conf").write_text(self._connection())
        socket = self.folder / "vici"
        socket.unlink(missing_ok=True)
        self.launch(["/usr/lib/ipsec/charon"], {"STRONGSWAN_CONF": str(conf)})
        self.wait_for_file(socket)
        said = self.swanctl("--load-all --noprompt")
        for _ in range(_PATIENCE):
            if "Connection refused" not in said:  # the socket is there a little before charon listens to it
                break
            time.sleep(0.1)
            said = self.swanctl("--load-all --noprompt")
        if "successfully loaded 1 connections" not in said:
            raise LabError(f"swanctl ({self.role}): {said}")

    def swanctl(self, words: str, *, wait: bool = True) -> str:
        """Run swanctl against this charon."""
        environment = [f"STRONGSWAN_CONF={self.folder}/strongswan.conf", f"SWANCTL_DIR={self.folder}/swanctl"]
        command = ["env", *environment, "swanctl", *words.split(), "--uri", f"unix://{self.folder}/vici"]
        return self.control(command, wait=wait)

    def initiate(self) -> None:
        """Begin phase 1 and then phase 2."""
        self.swanctl("--initiate --child lab --timeout 300", wait=False)

    def version(self) -> str:
        """Return "strongSwan" and the version of charon."""
        found = re.search(r"strongSwan (\d[\w.]*)", self.log())
        return f"strongSwan {found[1] if found else '?'}"

    def secrets(self) -> list[Secrets]:
        """Return what charon logged of the keys of each SA."""
        path = self.folder / "secrets.log"
        return of_charon(path.read_text()) if path.exists() else []

    @property
    def _certificate(self) -> str | None:
        signs = {"rsa": True, "ecdsa": True, "xauth-rsa": True, "hybrid": self.role == "responder"}
        return f"{self.role}-{self.peer.certificate}" if signs.get(self.peer.auth) else None

    def _rounds(self) -> str:
        peer = self.peer
        named = self._certificate or peer.auth == "hybrid" or self.network.kind.startswith("nat") or peer.pool
        ours, theirs = ("responder", "initiator") if self.role == "responder" else ("initiator", "responder")
        own = peer.identity or (f"{ours}.example" if named else self.network.own[self.role])
        other = peer.expects or (f"{theirs}.example" if named else self._other)
        local, remote = _LOCAL[peer.auth], _REMOTE[peer.auth]
        if self.role == "responder":
            local, remote = remote, local
        lines = []
        for side, rounds, identity in (("local", local, own), ("remote", remote, other)):
            for number, method in enumerate(rounds):
                inside = [f"auth = {method}"]
                if method == "xauth":
                    inside += ["xauth_id = user"] if side == "local" else []
                else:
                    inside.append(f"id = {identity}")
                if method == "pubkey" and side == "local":
                    inside.append(f"certs = {self.pki}/{self._certificate}.pem")
                lines.append(f"{side}-{number} {{\n" + "\n".join(inside) + "\n}")
        return "\n".join(lines)

    @property
    def _other(self) -> str:
        return self.network.seen["initiator" if self.role == "responder" else "responder"]

    def _connection(self) -> str:
        peer, pool = self.peer, ""
        nets = ["203.0.113.64/26", "203.0.113.128/26"]
        if self.network.kind == "ipv6":
            nets = ["2001:db8:a::/64", "2001:db8:b::/64"]
        if self.role == "responder":
            nets.reverse()
        more = [peer.extra]
        if peer.lifetime_s is not None:
            more.append(f"rekey_time = {peer.lifetime_s}s")
        if peer.pool and self.role == "initiator":
            more.append("vips = 0.0.0.0")
            nets[0] = "dynamic"
        elif peer.pool:
            more.append("pools = lab")
            pool = "pools {\nlab {\naddrs = 203.0.113.192/28\ndns = 192.0.2.53\n}\n}"
            nets[1] = "dynamic"
        secrets = [f'ike-lab {{\nsecret = "{peer.secret}"\n}}'] if peer.secret is not None else []
        if "xauth" in (*_LOCAL[peer.auth], *_REMOTE[peer.auth]):
            secrets.append(f'xauth-lab {{\nid = user\nsecret = "{peer.password}"\n}}')
        return _CONNECTION.format(
            version=peer.version,
            aggressive="yes" if peer.aggressive else "no",
            own=self.network.own[self.role],
            other=peer.peer_address or self._other,
            proposal=peer.proposal,
            tries=peer.tries,
            fragmentation="yes" if peer.fragmentation else "no",
            dpd=peer.dpd_s,
            dpd_timeout=peer.dpd_timeout_s,
            more="\n".join(more),
            rounds=self._rounds(),
            net=peer.net or nets[0],
            other_net=peer.other_net or nets[1],
            child=peer.child,
            secrets="\n".join(secrets),
            authorities=f"authorities {{\nlab {{\ncacert = {self.pki}/ca.pem\n}}\n}}",
            pool=pool,
        )
