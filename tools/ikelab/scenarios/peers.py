"""The peers that most scenarios begin with."""

from typing import Final

from ikelab.scenario import Peer

STRONGSWAN: Final = Peer("strongswan")
LIBRESWAN: Final = Peer("libreswan")
NOBODY: Final = Peer("none")
