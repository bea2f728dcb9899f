"""An initiator that comes up and then begins anew beside what is up, as peers do that renew phase 1."""

from msgspec.structs import replace

from ikepcap.replay.actions import Action, Done, Note, Path, WaitUntil
from ikepcap.replay.behaviour import Behaviour
from ikepcap.replay.initiator import Initiator
from ikepcap.replay.policy import Policy
from ikepcap.replay.sender import RandomBytes
from ikepcap.replay.sending import SECOND_NS
from ikepcap.replay.session import AS_MADE

_ALIVE_S: float = 2.0
"""How often the first is asked whether it lives: only then is the second its renewal."""


class Renewal:
    """Two negotiations, one after the other; how the second ends is how it ends."""

    def __init__(
        self, policy: Policy, path: Path, natt_path: Path, random_bytes: RandomBytes, after_s: float,
        behaviour: Behaviour = AS_MADE,
    ) -> None:  # fmt: skip
        """Begin nothing yet; the second begins `after_s` after the first is up, the rest is `Initiator`'s."""
        self.path = path
        self._after_s = after_s
        self._made = (path, natt_path, random_bytes, behaviour)
        self._policy = policy
        self._due_ns: int | None = None
        first = replace(policy, dpd_s=policy.dpd_s or min(_ALIVE_S, after_s))
        self.attempts = [Initiator(first, *self._made)]

    def start(self, now_ns: int) -> list[Action]:
        """Send the first MSG1."""
        return self.attempts[0].start(now_ns)

    def receive(self, data: bytes, path: Path, now_ns: int) -> list[Action]:
        """Take a datagram of either; see `Session.receive`."""
        one = next((one for one in self.attempts if one.facts.initiator_cookie == data[:8]), None)
        return [] if one is None else self._heard(one.receive(data, path, now_ns), now_ns)

    def timer(self, now_ns: int) -> list[Action]:
        """Do what is due in either, and begin the second when it is time."""
        actions = [action for one in self.attempts for action in one.timer(now_ns)]
        if self._due_ns is not None and now_ns >= self._due_ns:
            self._due_ns = None
            self.attempts.append(Initiator(replace(self._policy, dpd_s=None), *self._made))
            actions += [Note("it begins anew, beside what is up"), *self.attempts[-1].start(now_ns)]
        return self._heard(actions, now_ns)

    def close(self, now_ns: int) -> list[Action]:
        """Delete both."""
        return [action for one in self.attempts for action in one.close(now_ns)]

    def _heard(self, actions: list[Action], now_ns: int) -> list[Action]:
        """Return actions, where the end of the first is not the end."""
        found: list[Action] = []
        for action in actions:
            if isinstance(action, Done) and action.result == "established" and len(self.attempts) == 1:
                self._due_ns = now_ns + round(self._after_s * SECOND_NS)
                found.append(Note(action.why))
            else:
                found.append(action)
        return [*found, WaitUntil(self._due_ns)] if self._due_ns is not None else found
