"""Throwaway keys and certificates, made anew for every run and never kept."""

from pathlib import Path
from typing import Final

from ikelab.network import command

KINDS: Final = {
    "good": ("rsa:2048", "ca", 30),
    "ecdsa": ("ec", "ca", 30),
    "large": ("rsa:4096", "ca", 30),
    "expired": ("rsa:2048", "ca", -1),
    "untrusted": ("rsa:2048", "other-ca", 30),
    "stranger": ("rsa:2048", "ca", 30),
}
"""Kind of certificate: its key, who signs it, and for how many days it is valid."""
_PADDING: Final = "x" * 1200
"""Makes a message with the large certificate need IP fragments, or three of IKE."""
_NEW: Final = {
    "rsa:2048": ("-newkey", "rsa:2048"),
    "rsa:4096": ("-newkey", "rsa:3072"),
    "ec": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
}


def make(folder: Path, kinds: set[str]) -> None:
    """Make two authorities, and for both ends a certificate of each kind, as PEM and as NSS databases."""
    for name in ("ca", "other-ca"):
        subject = f"/O=ikelab/CN={name}.example"
        command("openssl", "req", "-x509", *_NEW["rsa:2048"], "-nodes", "-days", "30", "-subj", subject,
                "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem")  # fmt: skip
    for role in ("initiator", "responder"):
        for kind in sorted(kinds | {"good"}):
            _leaf(folder, role, kind)


def _leaf(folder: Path, role: str, kind: str) -> None:
    key, signer, days = KINDS[kind]
    stem = folder / f"{role}-{kind}"
    host = f"{'stranger' if kind == 'stranger' else role}.example"
    note = f"nsComment={_PADDING}\n" if kind == "large" else ""
    extensions = stem.with_suffix(".ext")
    extensions.write_text(f"subjectAltName=DNS:{host}\nkeyUsage=digitalSignature\n{note}")
    command("openssl", "req", *_NEW[key], "-nodes", "-subj", f"/O=ikelab/CN={host}",
            "-keyout", f"{stem}.key", "-out", f"{stem}.csr")  # fmt: skip
    command("openssl", "x509", "-req", "-in", f"{stem}.csr", "-days", str(days), "-extfile", str(extensions),
            "-CA", f"{folder}/{signer}.pem", "-CAkey", f"{folder}/{signer}.key", "-CAcreateserial",
            "-out", f"{stem}.pem")  # fmt: skip


def make_nss(folder: Path, kinds: set[str]) -> None:
    """Make the databases in which Libreswan looks for its certificate and the authority's."""
    for role in ("initiator", "responder"):
        for kind in sorted(kinds):
            _nss(folder, role, kind)


def _nss(folder: Path, role: str, kind: str) -> None:
    base = folder / f"nss-{role}-{kind}"
    base.mkdir()
    database = ("-d", f"sql:{base}")
    command("certutil", "-N", *database, "--empty-password")
    command("certutil", "-A", *database, "-n", "ca", "-t", "CT,,", "-i", f"{folder}/ca.pem")
    packed = folder / f"{role}-{kind}.p12"
    stem = folder / f"{role}-{kind}"
    command("openssl", "pkcs12", "-export", "-name", stem.name, "-inkey", f"{stem}.key", "-in", f"{stem}.pem",
            "-out", str(packed), "-passout", "pass:")  # fmt: skip
    command("pk12util", "-i", str(packed), *database, "-W", "", "-K", "")
