"""An engine on its sockets: what arrives goes in, what it wants done is done, and timers are kept."""

import time
from collections.abc import Callable, Iterable

from ikepcap.errors import UnsafeTargetError
from ikepcap.replay.actions import Action, Close, Done, Note, Send, WaitUntil
from ikepcap.replay.memory import SECOND_NS, Engine
from ikepcap.replay.transport import Udp

Tell = Callable[[Note | Done], None]


class Loop:
    """An engine on its sockets until it is done, or time is up."""

    def __init__(self, engine: Engine, udp: Udp, tell: Tell) -> None:
        """Take an engine; `tell` hears its notes and its end."""
        self._engine, self._udp, self._tell = engine, udp, tell
        self._wait_until_ns: int | None = None
        self.done: Done | None = None

    def run(
        self, first: Iterable[Action], *, seconds: float, linger_s: tuple[float, float], ends: bool = True
    ) -> None:
        """Go on until the end.

        Args:
            first: actions that `start` gave, if there are any.
            seconds: the most it may take.
            linger_s: how long to stay after the end, for whatever the peer repeats: where it is up, and else.
            ends: stop when the engine is done; a responder goes on.

        Raises:
            ReplayError: the run has sent all it may, or the network failed.
        """
        self._do(first)
        end_ns = time.time_ns() + round(seconds * SECOND_NS)
        lingers = False
        last: str | None = None
        while (now_ns := time.time_ns()) < end_ns:
            if ends and self.done is not None and not lingers:
                stays_s = linger_s[self.done.result not in ("established", "answered")]
                lingers, end_ns = True, min(end_ns, now_ns + round(stays_s * SECOND_NS))
            until_ns = end_ns if self._wait_until_ns is None else min(end_ns, self._wait_until_ns)
            got = self._udp.wait((until_ns - now_ns) / SECOND_NS)
            if isinstance(got, Note):
                if got.text != last:
                    self._tell(got)
                last = got.text
                continue
            for data, path in got:
                self._do(self._engine.receive(data, path, time.time_ns()))
            now_ns = time.time_ns()
            if self._wait_until_ns is not None and now_ns >= self._wait_until_ns:
                self._wait_until_ns = None
                self._do(self._engine.timer(now_ns))

    def close(self, actions: Iterable[Action]) -> None:
        """Send what is left to say, and no more."""
        self._do(actions)

    def _do(self, actions: Iterable[Action]) -> None:
        waits = [action.time_ns for action in actions if isinstance(action, WaitUntil)]
        if waits:
            known = [] if self._wait_until_ns is None else [self._wait_until_ns]
            self._wait_until_ns = min((*waits, *known))
        for action in actions:
            if isinstance(action, Send):
                try:
                    self._udp.send(action)
                except UnsafeTargetError as error:
                    self._tell(Note(f"not answered: {error}"))
            elif isinstance(action, Close):
                self._udp.close()
            elif isinstance(action, Done):
                self.done = self.done or action
                self._tell(action)
            elif isinstance(action, Note):
                self._tell(action)
