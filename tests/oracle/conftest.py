"""What the tests of the second opinion share: tshark where there is one, else skips that say so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ikepcap.errors import OracleUnavailableError
from ikepcap.oracle.verify import find
from ikepcap.oracle.witness import Tshark

SCRIPT = """#!/bin/sh
case "$1" in
--version) {version};;
-G) {fields};;
*) {reading};;
esac
"""


@pytest.fixture(scope="session")
def tshark() -> Tshark:
    """The tshark of this machine."""
    try:
        return find()
    except OracleUnavailableError as error:
        pytest.skip(f"needs tshark and pyshark: {error}")


@pytest.fixture
def pretend(tmp_path: Path) -> Callable[..., str]:
    """Write a program that answers like tshark in some things, and return its path."""
    pytest.importorskip("pyshark", reason="needs pyshark, from the extra 'verify'")
    from ikepcap.oracle.fields import NAMES

    known = tmp_path / "fields"
    known.write_text("".join(f"F\tname\t{name}\tFT_BYTES\n" for name in sorted(NAMES)))

    def write(reading: str = "exit 0", version: str = "TShark (Wireshark) 4.0.17", fields: str = "") -> str:
        path = tmp_path / "tshark"
        answers = {"version": f"echo '{version}'", "fields": fields or f"cat {known}", "reading": reading}
        path.write_text(SCRIPT.format(**answers))
        path.chmod(0o755)
        return str(path)

    return write
