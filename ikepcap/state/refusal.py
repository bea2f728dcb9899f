"""Did a peer end phase 1 in so many words: an error notify, a delete, or an encrypted informational.

What a refusal says is for the diagnosis; here it matters that it came, from whom, and that nothing of phase 1
came after it. Encrypted, it cannot be read, and still stands in place of the awaited message.
"""

from typing import Final

from msgspec import Struct

from ikepcap.state.course import Course, sender_of
from ikepcap.state.steps import SIG
from ikepcap.track.conversation import Notice, Seen
from ikepcap.wire.numbers import INFORMATIONAL, QUICK, NotifyType
from ikepcap.wire.vendor import implementation

ERRORS_BELOW: Final = 16384
"""Error types end and status types begin here (RFC 2408 §3.14.1)."""
KEYED_FROM: Final = {"main": 4, "aggressive": 2, "base": 4}
"""Step from which on a peer has keys to encrypt with."""
TOGETHER_NS: Final = 10**8
"""Messages that are sent without waiting for anything."""
REORDERED_NS: Final = 3 * 10**6
"""Queues of one interface, or two interfaces, put frames so near to one another in another order."""
PROMPT_NS: Final = 3 * 10**9
"""A peer that rejects the last message says so at once."""


class Refusal(Struct, frozen=True):
    """A message that ended phase 1."""

    index: int
    """Of the first copy, in `seen`."""
    sender: int
    kind: str
    """notify, delete or encrypted; encrypted where no key tells what it says."""
    replaced: int
    """The message of phase 1 that it stands in place of."""
    notify: int | None = None
    spi_bytes: int = 0


def is_error(notice: Notice) -> bool:
    """An error notify, or Microsoft's status notify with an error code in it (MS-IKEE §2.2.6)."""
    if notice.type == NotifyType.MS_NOTIFY_STATUS:
        return any(notice.data[:4])
    return 0 < notice.type < ERRORS_BELOW


def find_refusal(course: Course) -> Refusal | None:
    """Return the refusal that ended phase 1; None if there was none or phase 1 went on after it."""
    if course.last is None:
        return None
    end = course.first[course.last]
    end_ns = course.seen[end].time_ns
    for index, message in enumerate(course.seen):
        if message.exchange != INFORMATIONAL or _is_before(course, index, end, end_ns):
            continue
        refusal = _read(course, index, message)
        if refusal is not None:
            return refusal
    return None


def _is_before(course: Course, index: int, end: int, end_ns: int) -> bool:
    """Whether a message came before the last of phase 1; what answers that may be captured just before it."""
    message = course.seen[index]
    if course.last == course.final or message.sender == course.seen[end].sender:
        return index < end or message.time_ns < end_ns
    return message.time_ns < end_ns - REORDERED_NS


def _read(course: Course, index: int, message: Seen) -> Refusal | None:
    last = course.last
    if last is None or gives_up(course, index):
        return None
    if message.is_encrypted:
        if last < KEYED_FROM.get(course.mode, 99) or not _stands_alone(course, message):
            return None
        told_so = message.inside is not None and any(map(is_error, message.inside.notices))
        late_ns = late_after_ns(course)
        is_late = late_ns is not None and message.time_ns > late_ns
        unseen = is_late or may_follow_more(course, message)
        return None if unseen and not told_so else _encrypted(course, index, message)
    errors = [notice for notice in message.clear.notices if is_error(notice)]
    if last == course.final:
        # Keys exist by now: anyone on the path could have sent a clear one, and it may change nothing.
        return None if not errors or not _stands_alone(course, message) else _notify(
            course, index, message, errors
        )  # fmt: skip
    if errors:
        return _notify(course, index, message, errors)
    if message.clear.deletes:
        return Refusal(index, message.sender, "delete", _replaced(course, message.sender))
    return None


def may_follow_more(course: Course, message: Seen) -> bool:
    """What a protected informational answers may be out of sight: no other direction, or nothing before.

    One encrypted message of main mode is MSG5 or MSG6; MSG5 is repeated.
    """
    if message.exchange != INFORMATIONAL or not message.is_encrypted:
        return False
    # What the initiator says after its MSG5 comes after a MSG6; what the responder says, of a MSG5 refused.
    waits = sender_of(course.final - 1)
    if course.last == course.final - 1 and {message.sender} == course.speakers == {waits}:
        return True
    return course.mode == "main" and set(course.first) == {5} and not course.copies(5)


def late_after_ns(course: Course) -> int | None:
    """Return when a protected message is long after the last one of phase 1; None where that was repeated.

    Its answer was not seen: whoever waits for one asks again, Libreswan after 0.5 s, strongSwan after 4 s,
    IOS after 10 s. And whoever refuses does so at once.
    """
    last = course.last
    if last is None or last == course.final or last < KEYED_FROM.get(course.mode, 99):
        return None
    if course.copies(last) or course.copies(last - 1, after=course.first[last]):
        return None
    return course.seen[course.first[last]].time_ns + PROMPT_NS


def gives_up(course: Course, index: int) -> bool:
    """The peer that waits for the next message says goodbye: it refuses nothing, it has waited in vain.

    One that never repeated its last message has not waited: an encrypted informational right after MSG4
    answers a MSG5 that was not captured, such as one on UDP 4500.
    """
    message, last = course.seen[index], course.last
    if last is None or last == course.final or message.exchange != INFORMATIONAL:
        return False
    if message.sender != sender_of(last) or index < course.first[last]:
        return False
    said = message.inside or message.clear
    is_closed = message.is_encrypted and message.inside is None
    says_so = is_closed or said.deletes or any(map(is_error, said.notices))
    again = course.copies(last)
    return says_so and bool(again) and again[-1] < index


def _encrypted(course: Course, index: int, message: Seen) -> Refusal | None:
    """Take an encrypted informational at this place for a refusal, unless a key shows that it is none."""
    replaced = _replaced(course, message.sender)
    if message.inside is None:
        return Refusal(index, message.sender, "encrypted", replaced)
    errors = [notice for notice in message.inside.notices if is_error(notice)]
    if errors and errors[0].type == NotifyType.NO_PROPOSAL_CHOSEN and course.last == course.final:
        # The offer of phase 1 was chosen before there were keys: this is about a quick mode, captured or not.
        return None
    if errors:
        return _notify(course, index, message, errors)
    return Refusal(index, message.sender, "delete", replaced) if message.inside.deletes else None


def _notify(course: Course, index: int, message: Seen, errors: list[Notice]) -> Refusal:
    notice = errors[0]
    replaced = _replaced(course, message.sender)
    return Refusal(index, message.sender, "notify", replaced, notice.type, notice.spi_bytes)


def _replaced(course: Course, sender: int) -> int:
    """Return the step that this peer owed and refused instead."""
    last = course.last or 0
    if last >= course.final:
        return course.final
    following = last + 1
    return following if sender_of(following) == sender else min(following + 1, course.final)


def _stands_alone(course: Course, message: Seen) -> bool:
    """Once the last message of phase 1 is seen, only its receiver can refuse it, at once, as its last word.

    Before that, any encrypted informational stands in place of a message.
    """
    if course.last != course.final:
        return True
    if message.sender != sender_of(course.final - 1):
        return False
    done_ns = course.seen[course.first[course.final]].time_ns
    if message.time_ns - done_ns > PROMPT_NS:
        return False
    goes_on = not _refuses_again(course, message.sender) and any(
        s.sender == message.sender and s.exchange != INFORMATIONAL and s.time_ns > message.time_ns
        for s in course.seen
    )
    # What comes after a quick mode began is about that: who refuses phase 1 does not wait for it.
    goes_on = goes_on or (not _is_about_msg3(course, message) and any(
        s.sender != message.sender and s.exchange == QUICK and s.time_ns <= message.time_ns
        for s in course.seen
    ))  # fmt: skip
    # A keepalive is answered in kind (RFC 3706), a refusal is not.
    goes_on = goes_on or any(
        s.sender != message.sender and s.exchange == INFORMATIONAL
        and s.wire_bytes == message.wire_bytes
        for s in course.seen
    )  # fmt: skip
    return not goes_on and not _greets_apart(course, message.sender)


def _is_about_msg3(course: Course, message: Seen) -> bool:
    """Whether what comes back to MSG3 and QM1 of aggressive mode, sent together, refuses the former.

    In the clear it does: what refuses a quick mode is protected. Encrypted it does with signatures, if the
    initiator heeds it: after a quick mode was refused it would have an SA to ask in again. A shared key is
    proven by MSG2.
    """
    if course.mode != "aggressive" or 2 not in course.first:
        return False
    done_ns = course.seen[course.first[course.final]].time_ns
    quick = [s for s in course.seen if s.exchange == QUICK and s.copy_of < 0]
    if any(s.sender == message.sender or s.time_ns - done_ns >= TOGETHER_NS for s in quick):
        return False
    if not message.is_encrypted:
        return [s for s in course.seen if s.sender == message.sender][-1] is message
    return SIG in course.seen[course.first[2]].payloads and course.seen[-1] is message


def _refuses_again(course: Course, sender: int) -> bool:
    """Whether a peer repeats its last request after the answer came and refuses every copy of that anew.

    Libreswan does so with a certificate that it rejects in MSG6: its timer for MSG5 goes on.
    """
    final = course.final
    end = course.first[final]
    again = course.copies(final - 1, after=end)
    own = [s for s in course.seen[end:] if s.sender == sender]
    refused = [s for s in own if s.exchange == INFORMATIONAL and s.is_encrypted and s.copy_of < 0]
    nothing_else = len(own) == len(refused) + len(again)
    return bool(again) and nothing_else and len(refused) >= len(course.copies(final))


def _greets_apart(course: Course, sender: int) -> bool:
    """Whether it is racoon: that sends INITIAL-CONTACT by itself after phase 1, others inside MSG5."""
    bodies = {body for s in course.seen if s.sender == sender for body in s.clear.vendor_ids}
    return (implementation(bodies) or "").startswith("racoon")
