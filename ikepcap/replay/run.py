"""One replay from its policy to its record: which engine, on which path, in memory or on the wire."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from msgspec.structs import replace

from ikepcap.errors import ReplayError
from ikepcap.keys.derive import PSK_METHODS
from ikepcap.replay.actions import Done, Endpoint, Note, Path, Send
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.initiator import Initiator
from ikepcap.replay.known import Known, known
from ikepcap.replay.later import PATIENCE
from ikepcap.replay.loop import Loop
from ikepcap.replay.memory import SECOND_NS, Memory
from ikepcap.replay.policy import SIGNED_METHODS, XAUTH_METHODS, Policy
from ikepcap.replay.record import Recorded
from ikepcap.replay.renewal import Renewal
from ikepcap.replay.responders import Responders
from ikepcap.replay.rewrite import check
from ikepcap.replay.sa import IsakmpSa
from ikepcap.replay.safety import Gate
from ikepcap.replay.script import Script, one_transform_each
from ikepcap.replay.session import AS_MADE
from ikepcap.replay.transport import Udp
from ikepcap.replay.witness import Probe, Verbatim
from ikepcap.wire.offer import read_offer

Way = Literal["fresh", "verbatim", "probe"]
Tell = Callable[[Note | Done], None]
_LINGER_S: Final = 1.0
_LINGER_AFTER_FAILURE_S: Final = 3.0
"""A peer that repeats itself then tells what it made of the end. And a delete that comes at once may look
like the answer to a refusal of the same size, as if both were a keepalive."""
_REHEARSAL_S: Final = 60.0


def _lacking(policy: Policy) -> str | None:
    """Return which secret all that is offered needs and the policy has not."""
    methods = {one.auth for one in read_offer(policy.offer).transforms}
    if methods and methods <= SIGNED_METHODS and policy.credential is None:
        return "what is offered signs: a certificate and its private key are needed"
    if methods and methods <= PSK_METHODS and policy.psk is None:
        return "what is offered needs a pre-shared key"
    if methods and methods <= XAUTH_METHODS and policy.user is None:
        return "what is offered asks for a user: a name and a password are needed"
    return None


class Player:
    """Plays the initiator once."""

    def __init__(
        self,
        policy: Policy,
        script: Script,
        way: Way,
        ends: tuple[str, Endpoint, Endpoint],
        *,
        gate: Gate,
        behaviour: Behaviour = AS_MADE,
        each: bool = False,
        source_port: int = 0,
        renews_s: float | None = None,
    ) -> None:
        """Take what is to be played.

        Args:
            policy: of the initiator.
            script: of the captured negotiation; `verbatim` sends its octets.
            way: of playing.
            ends: own address, the target, and the target's port for NAT traversal.
            gate: that everything sent has to pass.
            behaviour: what the initiator does wrong.
            each: probe every transform by itself.
            source_port: own port; 0 is any.
            renews_s: begin anew so long after it is up, beside that.

        Raises:
            ReplayError: every method that is offered needs a secret that is not given.
        """
        lacking = _lacking(policy) if way == "fresh" else None
        if lacking is not None:
            raise ReplayError(lacking)
        self._policy, self._script, self._way = policy, script, way
        self._own, self._target, self._far = ends
        self._gate, self._behaviour, self._each = gate, behaviour, each
        self._source_port, self._renews_s = source_port, renews_s
        self._engine: Initiator | Renewal | Verbatim | Probe | None = None
        self.record: list[Recorded] = []
        """All that was sent and came in."""
        self._negotiated = 0
        self.said: list[str] = []
        self.done: Done | None = None
        self.was_interrupted = False
        self.known: tuple[Known, ...] = ()
        """What can be stated of the negotiations played, before the delete that tidies up."""

    @property
    def sent(self) -> int:
        """Datagrams that left."""
        return self._gate.count

    @property
    def negotiated(self) -> list[Recorded]:
        """The record without the delete at its end, which tidies up and is no part of what is compared."""
        return self.record[: self._negotiated]

    def sas(self) -> Sequence[IsakmpSa]:
        """Return the SA that came about, if one did."""
        return [one.sa for one in self._attempts() if one.sa is not None]

    @property
    def cookie(self) -> bytes | None:
        """Of the negotiation that counts, where there may be several: of the last that was begun."""
        return next((one.facts.initiator_cookie for one in reversed(self._attempts())), None)

    def _attempts(self) -> list[Initiator]:
        if isinstance(self._engine, Renewal):
            return self._engine.attempts
        return [self._engine] if isinstance(self._engine, Initiator) else []

    def play(self, seconds: float, tell: Tell) -> None:
        """Play it on UDP; Ctrl-C ends it with a delete.

        Raises:
            ReplayError: it cannot be played, or the network failed.
            UnsafeTargetError: the target may not be sent to.
        """

        def hear(said: Note | Done) -> None:
            if isinstance(said, Note):
                self.said.append(said.text)
            tell(said)

        self.said = []
        natt_source = self._source_port + 4000 if 0 < self._source_port < 61_536 else 0
        local = Endpoint(self._own, self._source_port), Endpoint(self._own, natt_source)
        with Udp(*local, self._gate, "initiator", remote=(self._target, self._far)) as udp:
            self.record = udp.record
            engine = self._made(udp.ends[0], udp.ends[1])
            loop = Loop(engine, udp, hear)
            try:
                loop.run(
                    engine.start(time.time_ns()),
                    seconds=seconds,
                    linger_s=(self._stays_s(), _LINGER_AFTER_FAILURE_S),
                )
            except KeyboardInterrupt:
                self.was_interrupted = True
                hear(Note("interrupted"))
            finally:  # whatever ended it, the peer is told
                self.done = loop.done
                self._negotiated = len(udp.record)
                attempts = {one.facts.initiator_cookie: one for one in self._attempts()}
                self.known = known(self.negotiated, attempts, "initiator")
                loop.close(engine.close(time.time_ns()))

    def _stays_s(self) -> float:
        """Return how long to stay once it is up: until a peer that never answers R-U-THERE is given up."""
        return _LINGER_S + (PATIENCE + 1) * (self._policy.dpd_s or 0.0)

    def check(self) -> None:
        """Find out before anything is sent whether what is to be edited is there: rehearse it.

        Raises:
            ReplayError: an edit names what there is not, or what does not take the value.
        """
        if not self._policy.edits:
            return
        check(self._policy.edits, *self._steps())
        for _ in self.rehearsed():
            pass
        for one in self._attempts():
            if one.error is not None:
                raise one.error

    def _steps(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the steps that can be edited, those in the clear and those that are encrypted."""
        if self._way == "probe":
            return ("MSG1",), ()
        is_main = self._policy.mode == "main"
        if self._way == "verbatim":
            return ("MSG1", "MSG3") if is_main else ("MSG1",), ()
        quick = ("QM1",) if self._policy.quick_offer is not None else ()
        return (("MSG1", "MSG3"), ("MSG5", *quick)) if is_main else (("MSG1",), ("MSG3", *quick))

    def rehearsed(self) -> Iterator[tuple[float, Send]]:
        """Yield what would be sent, with seconds since the beginning, if the peer agreed to everything."""
        ends = Endpoint(self._own, self._source_port or 500), Endpoint(self._own, 4500)
        engine = self._made(*ends)
        peer = replace(self._policy, accepts_all=True, quick_offer=None, selectors=None, identity=None,
                       peer_identity=None, authorities=None)  # fmt: skip
        memory = Memory(engine, Responders(peer, secrets.token_bytes)).run(_REHEARSAL_S)
        self.said = [one.said.text for one in memory.told
                     if one.side == "initiator" and isinstance(one.said, Note)]  # fmt: skip
        begin_ns = memory.captured[0].time_ns if memory.captured else 0
        for at_ns, send in memory.sent:
            yield (at_ns - begin_ns) / SECOND_NS, send

    def _made(self, local: Endpoint, natt: Endpoint) -> Initiator | Renewal | Verbatim | Probe:
        path, far = Path(local, self._target), Path(natt, self._far, is_natt=True)
        if self._way == "verbatim":
            self._engine = Verbatim(self._script, path, self._policy.manner, self._policy.edits)
        elif self._way == "probe":
            offers = one_transform_each(self._policy.offer) if self._each else [self._policy.offer]
            self._engine = Probe(self._policy, offers, path, secrets.token_bytes)
        elif self._renews_s is not None:
            self._engine = Renewal(
                self._policy, path, far, secrets.token_bytes, self._renews_s, self._behaviour
            )
        else:
            self._engine = Initiator(self._policy, path, far, secrets.token_bytes, self._behaviour)
        return self._engine
