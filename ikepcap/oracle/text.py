"""A verdict as lines for people, and as the object of `--format json`."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from ikepcap.oracle.compare import Difference
from ikepcap.oracle.verify import Verdict
from ikepcap.renderers.page import Page

SCHEMA = "ikepcap.verify/1"
"""Changes only when an existing name changes its meaning."""

_LABEL = 9
_NONE = "nothing there"


def lines(verdict: Verdict, page: Page) -> Iterator[str]:
    """Yield a verdict as text."""
    yield page.line((PurePath(verdict.capture).name, "strong"))
    compared = (
        f"{_count(verdict.fields, 'field')} of {_count(verdict.messages, 'ISAKMP message')},"
        f" with tshark {verdict.tshark}"
    )
    yield from page.entry("compared", compared, 2, _LABEL)
    if verdict.cut is not None:
        yield from page.entry("cut", f"The capture ends early {verdict.cut}.", 2, _LABEL)
    yield from page.entry("result", _result(verdict), 2, _LABEL)
    for one in verdict.explained:
        yield ""
        yield from page.flow(
            (f"{_count(one.count, 'difference')}, {_frames(one.frames)}",), 6 + len(one.known.code),
            ("    ", (one.known.code, "warn"), "  "),
        )  # fmt: skip
        yield from page.prose(one.known.why, 6)
    for difference in verdict.unexplained:
        yield ""
        yield from _difference(difference, page)
    left_out = verdict.unexplained_count - len(verdict.unexplained)
    if left_out:
        yield ""
        yield page.line(f"    and {_count(left_out, 'more difference')}")


def as_object(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain values, in the order of the document."""
    return {
        "capture": capture_name(verdict.capture),
        "messages": verdict.messages,
        "fields": verdict.fields,
        "cut": verdict.cut,
        "explained": [
            {
                "code": one.known.code,
                "why": one.known.why,
                "tried_with": one.known.versions,
                "differences": one.count,
                "frames": one.frames,
            }
            for one in verdict.explained
        ],
        "unexplained_count": verdict.unexplained_count,
        "unexplained": [
            {
                "frame": one.frame,
                "offset": one.offset,
                "field": one.field,
                "ikepcap": one.ours,
                "tshark": one.theirs,
            }
            for one in verdict.unexplained
        ],
    }


def capture_name(path: str) -> str:
    """Return what a document calls a capture."""
    return PurePath(path).name.encode("utf-8", "backslashreplace").decode()


def _result(verdict: Verdict) -> str:
    explained = sum(one.count for one in verdict.explained)
    if verdict.unexplained_count:
        known = f"; {explained} more with one" if explained else ""
        return f"{_count(verdict.unexplained_count, 'difference')} without an explanation{known}"
    if explained:
        return f"agrees, but for {_count(explained, 'difference')} with an explanation"
    return "agrees" if verdict.messages else "neither sees an ISAKMP message"


def _difference(difference: Difference, page: Page) -> Iterator[str]:
    where = "" if difference.offset is None else f", octet {difference.offset}"
    yield page.line("    ", (f"frame {difference.frame}{where}", "bad"), f"  {difference.field}")
    yield from page.entry("ikepcap", difference.ours or _NONE, 6, 7)
    yield from page.entry("tshark", difference.theirs or _NONE, 6, 7)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _frames(frames: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, frames[:8])) + (", ..." if len(frames) > 8 else "")
    return f"frame{'s' if len(frames) > 1 else ''} {shown}"
