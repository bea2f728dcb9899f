"""Text in Markdown: shown as it stands, and never anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.renderers.marks import code, plain
from ikepcap.renderers.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("MSG5 was sent 5 times", "MSG5 was sent 5 times"),
        ("192.0.2.1 answered", "192.0.2.1 answered"),
        ("a | b", "a \\| b"),
        ("`rm -rf`", "\\`rm -rf\\`"),
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("[text](javascript:x)", "\\[text\\](javascript:x)"),
        ("**bold** _it_ ~~no~~", "\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~"),
        ("&lt;b&gt;", "\\&lt;b\\&gt;"),
        ("back\\slash", "back\\\\slash"),
        ("# heading", "\\# heading"),
        ("- item", "\\- item"),
        ("+ item", "\\+ item"),
        ("---", "\\---"),
        ("===", "\\==="),
        ("1. first", "1\\. first"),
        ("12) twelfth", "12\\) twelfth"),
        ("    indented", "indented"),
        ("two\nlines", "two\\\\x0alines"),
        ("\x1b[31mred", "\\\\x1b\\[31mred"),
        ("\u202ecod.exe", "\\\\u202ecod.exe"),
        ("ask @everyone now", "ask `@everyone` now"),
        ("see #12", "see `#12`"),
        ("http://evil.example/`x|", "`http://evil.example/\\x60x\\x7c`"),
        ("www.evil.example", "`www.evil.example`"),
        ("GH-12", "`GH-12`"),
        ("user@evil.example", "`user@evil.example`"),
        ("", ""),
    ],
)
def test_hostile_text_is_shown_and_nothing_more(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_any_text_is_one_line_without_markup(text: str) -> None:
    shown = plain(text)
    assert "\n" not in shown
    assert shown.isprintable()
    outside = "".join(
        part for index, part in enumerate(shown.replace("\\`", "").split("`")) if index % 2 == 0
    )
    bare = outside.replace("\\\\", "")
    for mark in "*_[]<>|~&$":
        assert bare.count(mark) == bare.count("\\" + mark)
    assert len(shown) <= 4 * 2_000 + 2


@given(st.text())
def test_code_is_closed_where_it_was_opened(text: str) -> None:
    shown = code(text)
    assert shown == "" or (shown[0] == shown[-1] == "`" and shown.count("`") == 2)
    assert "|" not in shown
    assert "\n" not in shown


@pytest.mark.parametrize(
    "character", ["\u115f", "\u3164", "\uffa0", "\ufe0f", "\u034f", "\u17b5", "\u180d", "\U000e0100"]
)
def test_a_letter_without_ink_is_written_as_its_number(character: str) -> None:
    """Two names that look the same would be two names."""
    assert (
        printable(f"gw{character}.example", 100)
        == f"gw\\{'U' if ord(character) > 0xFFFF else 'u'}"
        + (f"{ord(character):08x}" if ord(character) > 0xFFFF else f"{ord(character):04x}")
        + ".example"
    )


def test_letters_with_ink_stay() -> None:
    for text in ("\u6f22\u5b57", "caf\u00e9", "e\u0301", "\u0627\u0644", "\U0001f469"):
        assert printable(text, 100) == text
