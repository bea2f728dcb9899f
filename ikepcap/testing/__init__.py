"""Make conversations and captures of one's own, for tests.

from ikepcap.testing import Play

play = Play(seed=1)
play.msg1().msg2().msg3().msg4().msg5().repeat((4.0, 7.2, 13.0))
Path("stalled.pcap").write_bytes(play.pcap())
"""

from ikepcap.capture.write import Frame, LinkType, pcap, pcapng
from ikepcap.testing.play import Play
from ikepcap.testing.policy import ECP, LEGACY, STRONG, Suite
from ikepcap.testing.stage import merge

__all__ = ["ECP", "LEGACY", "STRONG", "Frame", "LinkType", "Play", "Suite", "merge", "pcap", "pcapng"]
