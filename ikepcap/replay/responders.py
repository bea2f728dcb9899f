"""All negotiations of one responder, told apart by the initiator's cookie."""

from collections import OrderedDict

from msgspec.structs import replace

from ikepcap.replay.actions import Action, Path
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.policy import EXCHANGES, Policy
from ikepcap.replay.responder import Responder
from ikepcap.replay.sender import RandomBytes
from ikepcap.replay.session import AS_MADE
from ikepcap.wire.message import HEADER_BYTES, NO_COOKIE
from ikepcap.wire.numbers import Payload


class Responders:
    """All negotiations of one responder; as many as fit, the oldest make room."""

    def __init__(
        self, policy: Policy, random_bytes: RandomBytes, behaviour: Behaviour = AS_MADE, limit: int = 64
    ) -> None:
        """Wait; the arguments are those of `Session`, `limit` the most there are at a time."""
        self._policy, self._random_bytes, self._behaviour = policy, random_bytes, behaviour
        self._limit = limit
        self.sessions: OrderedDict[bytes, Responder] = OrderedDict()

    def receive(self, data: bytes, path: Path, now_ns: int) -> list[Action]:
        """Take a datagram of whatever negotiation it belongs to; see `Session.receive`."""
        session = self.sessions.get(data[:8])
        if session is None or session.is_forgotten:
            # To whoever has forgotten it, a copy of MSG1 is the first.
            session = self._begun(data, path) or session
        return [] if session is None else session.receive(data, path, now_ns)

    def _begun(self, data: bytes, path: Path) -> Responder | None:
        """Return a new negotiation for a MSG1, and for nothing else."""
        is_first = len(data) > HEADER_BYTES and data[8:16] == NO_COOKIE and data[:8] != NO_COOKIE
        if not is_first or data[17] >> 4 != 1 or data[19] & 1 or any(data[20:24]):
            return None
        mode = next((one for one, number in EXCHANGES.items() if number == data[18]), None)
        if mode is None or data[16] != Payload.SA:
            return None
        policy = replace(self._policy, mode=mode)
        session = Responder(policy, path, self._random_bytes, self._behaviour)
        session.facts.initiator_cookie = data[:8]
        self.sessions[data[:8]] = session
        while len(self.sessions) > self._limit:
            self.sessions.popitem(last=False)
        return session

    def timer(self, now_ns: int) -> list[Action]:
        """Do what is due in any of them."""
        found: list[Action] = []
        for session in list(self.sessions.values()):
            found += session.timer(now_ns)
        return found

    def close(self, now_ns: int) -> list[Action]:
        """Delete all."""
        return [action for session in list(self.sessions.values()) for action in session.close(now_ns)]
