"""What reaches a screen: everything that is seen, and nothing that is not."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.text.render import clean
from runql.text.visible import harmless, one_for_one, short_repr, styled, visible, visible_lines

EMOJI = [
    "👩\u200d🔬",
    "🏳\ufe0f\u200d🌈",
    "👨🏽\u200d🚀",
    "❤\ufe0f",
    "❤\ufe0f\u200d🔥",
    "1\ufe0f\u20e3",
    "☠\ufe0e",
    "ℹ\ufe0f",
]
UNSEEN = "\u202e\u061c\u200b\u200c\u200d\u200e\u2060\u00ad\ufeff\u034f\u115f\u3164\uffa0\ufe0f\u180b\u2028"
UNSEEN += "\U000e0041\U000e0101\x1b\x9b"


def category(char: str) -> str:
    return unicodedata.category(char)


@pytest.mark.parametrize("emoji", EMOJI)
def test_an_emoji_stays_one(emoji: str) -> None:
    for show in (visible, clean, one_for_one, styled):
        assert show(f"a{emoji}b") == f"a{emoji}b"


@pytest.mark.parametrize("char", UNSEEN)
def test_what_is_not_seen_is_written_out(char: str) -> None:
    escaped = f"\\x{ord(char):02x}" if ord(char) < 0x100 else ascii(char)[1:-1]
    assert visible(f"a{char}b") == f"a{escaped}b"
    assert clean(f"a{char}b") != f"a{char}b"
    assert len(clean(f"a{char}b")) == len(one_for_one(f"a{char}b")) == 3
    assert char not in harmless(f"a{char}b\n".encode()).decode()


@pytest.mark.parametrize("text", ["lr\ufe0f", "1\ufe0f", "a\u200d🔬", "👩\u200db", "👩\u200d", "\u200d👩", "\ufe0f"])
def test_a_joiner_or_a_selector_elsewhere_is_written_out(text: str) -> None:
    assert "\\u" in visible(text)


def test_no_format_character_gets_through_by_itself() -> None:
    chars = [chr(code) for code in range(sys.maxunicode + 1)]
    through = [char for char in chars if visible(char) == char]
    assert not [char for char in through if category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert not [char for char in through if 0xE0000 <= ord(char) <= 0xE0FFF]
    assert len(through) > 1_000_000


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(UNSEEN + "👩🔬❤#1"))))
def test_colours_of_ours_stay_and_nothing_else_steers(text: str) -> None:
    shown = styled(f"\x1b[2m{text}\x1b[0m")
    assert shown.startswith("\x1b[2m")
    assert shown.endswith("\x1b[0m")
    for char in shown[4:-4].replace("\x1b[", ""):
        assert char in "\n\t\u200d\ufe0e\ufe0f" or category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert visible_lines(visible_lines(text)) == visible_lines(text)


def test_a_long_value_of_python_is_shown_by_its_beginning() -> None:
    shown = short_repr([{"id": str(number), "notes": "x" * 10_000} for number in range(10_000)])
    assert shown.startswith("[{'id': '0', 'notes': 'x") and len(shown) < 1000
    assert short_repr({"lr": 0.1}) == "{'lr': 0.1}"
