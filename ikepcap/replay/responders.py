"""All negotiations of one responder, told apart by the initiator's cookie."""

from collections import OrderedDict

from msgspec.structs import replace

from ikepcap.replay.actions import Action, Endpoint, Path
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.initiator import Initiator
from ikepcap.replay.nat import natt_port
from ikepcap.replay.policy import EXCHANGES, Policy
from ikepcap.replay.responder import Responder
from ikepcap.replay.sender import RandomBytes
from ikepcap.replay.session import AS_MADE, Session
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
        self._own: Initiator | None = None
        """What was begun here, where both peers are to begin."""

    def receive(self, data: bytes, path: Path, now_ns: int) -> list[Action]:
        """Take a datagram of whatever negotiation it belongs to; see `Session.receive`."""
        if self._own is not None and data[:8] == self._own.facts.initiator_cookie:
            return self._own.receive(data, path, now_ns)
        session = self.sessions.get(data[:8])
        if session is not None and not session.is_forgotten:
            return session.receive(data, path, now_ns)
        # To whoever has forgotten it, a copy of MSG1 is the first.
        begun = self._begun(data, path)
        session = begun or session
        actions = [] if session is None else session.receive(data, path, now_ns)
        if begun is not None and self._behaviour.begins_too and self._own is None:
            self._own = Initiator(self._policy, path, _natt(path), self._random_bytes)
            return [*self._own.start(now_ns), *actions]
        return actions

    def _begun(self, data: bytes, path: Path) -> Responder | None:
        """Return a new negotiation for a MSG1, and for nothing else."""
        is_first = len(data) > HEADER_BYTES and data[8:16] == NO_COOKIE and data[:8] != NO_COOKIE
        if not is_first or data[17] >> 4 != 1 or data[19] & 1 or any(data[20:24]):
            return None
        mode = next((one for one, number in EXCHANGES.items() if number == data[18]), None)
        if mode is None or data[16] != Payload.SA:
            return None
        session = Responder(
            replace(self._policy, mode=mode), path, self._random_bytes, self._towards(path.remote.address)
        )
        session.facts.initiator_cookie = data[:8]
        self.sessions[data[:8]] = session
        while len(self.sessions) > self._limit:
            self.sessions.popitem(last=False)
        return session

    def _towards(self, address: str) -> Behaviour:
        """Return how a peer is answered that begins."""
        behaviour = self._behaviour
        is_renewal = any(one.is_up and one.path.remote.address == address for one in self.sessions.values())
        if not behaviour.refuses_renewal:
            return behaviour
        # What came up before is not what goes wrong.
        return replace(behaviour, silent_from="MSG2") if is_renewal else replace(behaviour, codes=())

    def timer(self, now_ns: int) -> list[Action]:
        """Do what is due in any of them."""
        return [action for session in self._all() for action in session.timer(now_ns)]

    def close(self, now_ns: int) -> list[Action]:
        """Delete all."""
        return [action for session in self._all() for action in session.close(now_ns)]

    def _all(self) -> list[Session]:
        return [*self.sessions.values(), *([] if self._own is None else [self._own])]


def _natt(path: Path) -> Path:
    """Return the path of NAT traversal for one that is not."""
    local, remote = (Endpoint(end.address, natt_port(end.port)) for end in (path.local, path.remote))
    return Path(local, remote, is_natt=True)
