r"""Text made harmless for Markdown: nothing in it becomes markup, a link, a mention or a reference.

Punctuation with a meaning gets a backslash, which CommonMark and the dialects of GitHub and GitLab show as
the character alone. Words that those sites turn into links once the markup is gone (`@name`, `#12`, the
addresses of web pages) cannot be escaped, and become code, where nothing is looked for.
"""

import re
from typing import Final

from ikepcap.renderers.text import printable

LIMIT: Final = 2_000
"""Characters shown of one text."""

_MARKUP: Final = re.compile(r"([\\`*_\[\]<>|~&$])")
_LEADING: Final = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[#+=-]))([.)#+=-])")
"""What would begin a list, a heading or a line at the start of a text."""
_LINKED: Final = re.compile(r"@\w|[#!%~$&]\d|\bGH-\d|://|www\.|mailto:", re.IGNORECASE)
_IN_CODE: Final = str.maketrans({"`": "\\x60", "|": "\\x7c"})


def plain(text: str, limit: int = LIMIT) -> str:
    """Return text that is shown as it stands, on one line: in a paragraph, a heading, a list or a table."""
    words = printable(text, limit).split()
    line = " ".join(code(word) if _LINKED.search(word) else _MARKUP.sub(r"\\\1", word) for word in words)
    return _LEADING.sub(r"\1\\\2", line)


def code(text: str, limit: int = LIMIT) -> str:
    r"""Return text as code, empty where there is none.

    Backquotes and bars come out as `\x60` and `\x7c`: no two dialects agree on how to quote them in a table.
    """
    shown = printable(text, limit).translate(_IN_CODE).strip()
    return f"`{shown}`" if shown else ""
