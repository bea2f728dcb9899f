"""What the lab needs of the machine, and where the daemons are.

Debian's strongSwan and Libreswan refuse to be installed together, so their packages are unpacked into a
folder of their own (`fetch`) and laid over /usr in a mount namespace per daemon. What is installed anyway is
used as it is.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from ikelab.network import LabError, command

HERE: Final = Path(__file__).resolve().parent
PACKAGES: Final[dict[str, tuple[str, ...]]] = {
    "strongswan": (
        "libstrongswan", "libstrongswan-standard-plugins", "libstrongswan-extra-plugins",
        "strongswan-libcharon", "strongswan-charon", "strongswan-swanctl",
        "libcharon-extauth-plugins", "libcharon-extra-plugins",
    ),
    "libreswan": ("libreswan",),
    "ike-scan": ("ike-scan",),
    "vpnc": ("vpnc", "vpnc-scripts"),
}  # fmt: skip
BINARIES: Final = {
    "strongswan": "usr/lib/ipsec/charon",
    "libreswan": "usr/libexec/ipsec/pluto",
    "ike-scan": "usr/bin/ike-scan",
    "vpnc": "usr/sbin/vpnc",
}
TOOLS: Final = {
    "ip": "iproute2", "nft": "nftables", "tcpdump": "tcpdump", "unshare": "util-linux",
    "nsenter": "util-linux", "ethtool": "ethtool", "sysctl": "procps", "openssl": "openssl",
}  # fmt: skip
NSS_TOOLS: Final = {"certutil": "libnss3-tools", "pk12util": "libnss3-tools"}
COMPILER: Final = ("gcc", "libc6-dev")
LIBRARIES: Final = (
    "dns-root-data", "libcap-ng0", "libcap2", "libcurl3-nss", "libevent-core-2.1-7",
    "libevent-pthreads-2.1-7", "libgcrypt20", "libgmp10", "libldns3", "libnss3", "libpam0g", "libselinux1",
    "libssl3", "libsystemd0", "libtss2-sys1", "libunbound8",
)  # fmt: skip
"""What the daemons' packages would have brought along had they been installed; names as in Debian 12."""


@dataclass(frozen=True)
class Software:
    """An unpacked or installed daemon."""

    root: Path
    """`/` if installed."""

    @property
    def overlay(self) -> str:
        """Shell commands that put its files where it expects them; empty if they are there."""
        return (
            ""
            if self.root == Path("/")
            else f"mount -t overlay ikelab -o lowerdir={self.root}/usr:/usr /usr; "
        )


def store() -> Path:
    """Return the folder with unpacked packages: $IKELAB_SOFTWARE, or .lab in the checkout."""
    return Path(os.environ.get("IKELAB_SOFTWARE", HERE.parent.parent / ".lab"))


def software(name: str) -> Software | None:
    """Return where a daemon is, None if nowhere."""
    for root in (store() / name, Path("/")):
        if (root / BINARIES[name]).exists():
            return Software(root)
    return None


def install() -> None:
    """Install with apt what a bare Debian lacks, and fetch the daemons. Needs root."""
    packages = sorted({*TOOLS.values(), *NSS_TOOLS.values(), *COMPILER, *LIBRARIES})
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(("apt-get", "update", "-q"), check=True)
    words = ("apt-get", "install", "-y", "-q", "--no-install-recommends", *packages)
    subprocess.run(words, check=True, env=quiet)
    fetch()


def fetch(names: tuple[str, ...] = tuple(PACKAGES)) -> None:
    """Download the packages with apt and unpack them. No root needed, nothing is installed."""
    for name in names:
        (store() / name).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ikelab-") as folder:
            apt = ("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root")
            subprocess.run((*apt, *PACKAGES[name]), cwd=folder, check=True)
            for package in sorted(Path(folder).glob("*.deb")):
                command("dpkg", "-x", str(package), str(store() / name))
    missing = missing_libraries()
    if missing:
        print(f"not found by the dynamic linker: {', '.join(missing)}")


def missing_libraries() -> list[str]:
    """Return the shared libraries that no package of the daemons brings along."""
    found: set[str] = set()
    for name, binary in BINARIES.items():
        here = software(name)
        if here is None:
            continue
        libraries = ":".join(
            str(path.parent) for path in here.root.glob("usr/lib/**/lib*.so.0") if "ipsec" in str(path)
        )
        shown = subprocess.run(
            ("ldd", str(here.root / binary)), capture_output=True, text=True, check=False,
            env={**os.environ, "LD_LIBRARY_PATH": libraries},
        ).stdout  # fmt: skip
        found |= {line.split()[0] for line in shown.splitlines() if "not found" in line}
    return sorted(found)


@cache
def kernel_knows_esp() -> bool:
    """Try to install an SA, in a namespace of its own."""
    ends = ("src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "spi", "0x1000", "mode", "tunnel")
    keys = ("auth", "hmac(sha1)", f"0x{'11' * 20}", "enc", "cbc(aes)", f"0x{'22' * 16}")
    words = ("unshare", "-n", "ip", "xfrm", "state", "add", *ends, *keys)
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def stand_in(folder: Path) -> Path:
    """Build the library that plays the kernel's part of IPsec and tells Libreswan's keys."""
    library = folder / "noesp.so"
    if not library.exists():
        command(
            "cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(HERE / "noesp.c"), "-ldl", "-lpthread"
        )
    return library


def missing(daemons: set[str]) -> list[str]:
    """Return what stands in the way of running scenarios with these daemons, in words."""
    if os.geteuid() != 0:
        return ["root: namespaces and captures need it"]
    wanted = TOOLS | (NSS_TOOLS if "libreswan" in daemons else {})
    found = [f"{tool} (package {package})" for tool, package in wanted.items() if shutil.which(tool) is None]
    found += [
        f"{name} (`tools/lab fetch`, or install it)" for name in sorted(daemons) if software(name) is None
    ]
    if shutil.which("cc") is None and not kernel_knows_esp():
        found.append(
            "cc (packages gcc and libc6-dev): this kernel knows no ESP, and a stand-in has to be built"
        )
    if found:
        return found
    probe = "ip link add ikelab0 type veth peer name ikelab1 && nft add table inet ikelab"
    for what, words in (
        ("network namespaces with veth and nftables", ("unshare", "-n", "sh", "-c", probe)),
        (
            "mount namespaces",
            ("unshare", "-m", "sh", "-c", "mount --make-rprivate / && mount -t tmpfs t /run"),
        ),
    ):
        try:
            command(*words)
        except LabError as error:
            found.append(f"{what}: {error}")
    return found + [f"library {name}" for name in missing_libraries()]
