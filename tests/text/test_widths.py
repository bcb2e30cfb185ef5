"""How wide a text is, judged by wcwidth, and by a terminal's rules that are written out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from runql.text.widths import NARROW, WIDE, beginning, cell_width, characters, ending, fold, wrap

RULES = {
    "plain": ("loss 0.5", 8),
    "ideographs": ("训练損失", 8),
    "kana": ("カナ", 4),
    "half-width kana": ("ｶﾅ", 2),
    "full-width letters": ("ＡＢ", 4),
    "syllables": ("한글", 4),
    "syllables of jamo": ("\u1112\u1161\u11ab", 2),
    "a letter and two marks": ("a\u0301\u0323", 1),
    "vowel points": ("שָׁלוֹם", 4),
    "a mark that takes room": ("நி", 2),
    "two consonants as one": ("क्ष", 2),
    "emoji": ("🔥", 2),
    "a sign": ("❤", 1),
    "a sign as emoji": ("❤\ufe0f", 2),
    "an emoji as sign": ("⌚\ufe0e", 1),
    "a key": ("1\ufe0f\u20e3", 2),
    "a flag": ("🇩🇪", 2),
    "two flags": ("🇩🇪🇫🇷", 4),
    "a skin": ("👍🏽", 2),
    "a family": ("👩\u200d👩\u200d👧", 2),
    "a flag of two": ("🏳\ufe0f\u200d🌈", 2),
    "a flag of tags": ("🏴\U000e0067\U000e0062\U000e007f", 2),
    "a joiner between letters": ("a\u200db", 2),
    "no width": ("a\u200bb", 2),
    "controls": ("a\x00\x1bb", 2),
    "nothing": ("", 0),
}
PARTS = [text for text, _ in RULES.values() if text] + ["e\u0301", "x", " ", "…", "é", "Ω", "│"]
texts = st.lists(st.sampled_from(PARTS), max_size=12).map("".join) | st.text(max_size=12)


def in_ranges(ranges: str) -> Iterator[str]:
    for first, last in re.findall(r"(.)(?:-(.))?", ranges):
        yield from map(chr, range(ord(first), ord(last or first) + 1))


@pytest.mark.parametrize(("text", "cells"), RULES.values(), ids=RULES.keys())
def test_rules(text: str, cells: int) -> None:
    assert cell_width(text) == cells


def test_what_is_measured_without_wcwidth_is_as_wide_as_it_says() -> None:
    assert {wcswidth(char) for char in in_ranges(NARROW) if unicodedata.category(char) != "Cn"} == {1}
    assert {wcswidth(char) for char in in_ranges(WIDE) if unicodedata.category(char) != "Cn"} == {2}


@given(st.text(st.sampled_from([*in_ranges(NARROW), *in_ranges(WIDE)]), max_size=20))
def test_a_plain_text_is_as_wide_as_wcwidth_says(text: str) -> None:
    assert cell_width(text) == wcswidth(text)
    assert list(characters(text)) == list(text)


def test_every_character_alone_is_as_wide_as_wcwidth_says() -> None:
    wrong = [hex(at) for at in range(0x20, 0x30000) if cell_width(chr(at)) != max(0, wcswidth(chr(at)))]
    assert not wrong


@given(texts, st.integers(0, 12))
def test_a_beginning_is_the_longest_that_fits(text: str, width: int) -> None:
    kept = beginning(text, width)
    assert text.startswith(kept)
    assert cell_width(kept) <= width
    pieces = list(characters(text))
    assert kept in {"".join(pieces[:count]) for count in range(len(pieces) + 1)}
    rest = list(characters(text[len(kept) :]))
    assert not rest or cell_width(kept + rest[0]) > width


@given(texts, st.integers(0, 12))
def test_an_end_is_the_longest_that_fits(text: str, width: int) -> None:
    kept = ending(text, width)
    pieces = list(characters(text))
    ends = ["".join(pieces[at:]) for at in range(len(pieces) + 1)]
    assert kept in ends
    assert sum(map(cell_width, characters(kept))) <= width
    assert kept == text or sum(map(cell_width, pieces[-1 - len(list(characters(kept))) :])) > width


def test_marks_stay_with_their_letters_at_the_end_too() -> None:
    assert ending("abe\u0301", 1) == "e\u0301"
    assert ending("xx👩\u200d👧", 2) == "👩\u200d👧"


@given(texts, st.integers(1, 12))
def test_folded_lines_hold_all_and_are_narrow(text: str, width: int) -> None:
    lines = fold(text, width)
    assert "".join(lines) == text
    for line in lines:
        assert line
        assert cell_width(line) <= width or len(list(characters(line))) == 1


@given(texts, st.integers(4, 40), st.integers(0, 3))
def test_wrapped_lines_hold_all_words_and_are_narrow(text: str, width: int, indent: int) -> None:
    lines = wrap(text, width, indent)
    assert [word for line in lines for word in line.split()] == text.split()
    assert all(cell_width(line) <= width or len(line.split()) == 1 for line in lines)


def test_a_wrapped_line_breaks_between_words() -> None:
    text = "  RQL307 no run passes `config.lr > 1`"
    assert wrap(text, 22, 4) == ["  RQL307 no run passes", "    `config.lr > 1`"]
    assert wrap("/a/path/that/is/long and more", 10, 2) == ["/a/path/that/is/long", "  and more"]
