"""How many cells of a terminal a text takes, and where it can be cut: between characters as a reader sees them.

A letter with its marks, a flag, and an emoji that is joined of several are one such character. Widths and borders are
those of `wcwidth`, which is loaded at the first text that holds more than plain letters and signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

WIDE: Final = "\u3001-\u3029\u3041-\u3096\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60"
"""Two cells each: the kana, ideographs, syllables and full-width forms that stand for themselves."""
NARROW: Final = (
    " -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038e-\u03a1\u03a3-\u0482"
    "\u2010-\u2027\u2030-\u205e\u2190-\u22ff\u2500-\u25fc\u2800-\u28ff"
)
"""One cell each: Latin, Greek and Cyrillic letters, and the signs that tables and messages are drawn with."""


class _Cells(dict[str, int]):
    """The cells of a plain character, 0 for any other; filled as they are met."""

    def __missing__(self, character: str) -> int:
        wide, narrow = (_holds(ranges, character) for ranges in (WIDE, NARROW))
        self[character] = cells = 2 if wide else 1 if narrow else 0
        return cells


def _holds(ranges: str, character: str) -> bool:
    """Whether a character is in one of these ranges, written as in a pattern."""
    return any(low <= character <= high for low, high in zip(ranges[::3], ranges[2::3], strict=True))


_CELLS: Final = _Cells()
_WORD: Final = re.compile(r"\s*\S+")


def cell_width(text: str) -> int:
    """How many cells the text takes. Control characters, which nobody sends to a terminal, count as none."""
    if text.isascii() and text.isprintable():
        return len(text)
    cells = list(map(_CELLS.__getitem__, text))
    if 0 not in cells:
        return sum(cells)
    return sum(map(_width, characters(text)))


def characters(text: str) -> Iterable[str]:
    """The text in pieces, each a character as a reader sees it."""
    if 0 not in map(_CELLS.__getitem__, text):
        return text
    from wcwidth import iter_graphemes

    return iter_graphemes(text)


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    """The cells of one character. Each by itself: of a whole text `wcwidth` leaves out any letter behind a joiner."""
    cells = list(map(_CELLS.__getitem__, character))
    if 0 not in cells:
        return sum(cells)
    from wcwidth import wcswidth

    return max(0, wcswidth(character))


def beginning(text: str, width: int) -> str:
    """The longest beginning of the text that takes at most so many cells."""
    if text.isascii() and text.isprintable():
        return text[: max(0, width)]
    return "".join(_first(characters(text), width))


def ending(text: str, width: int) -> str:
    """The longest end of the text that takes at most so many cells."""
    if text.isascii() and text.isprintable():
        return text[max(0, len(text) - max(0, width)) :]
    return "".join(reversed(_first(reversed([*characters(text)]), width)))


def _first(pieces: Iterable[str], left: int) -> list[str]:
    fitting: list[str] = []
    for piece in pieces:
        left -= _width(piece)
        if left < 0:
            break
        fitting.append(piece)
    return fitting


def fold(text: str, width: int) -> list[str]:
    """The text in lines of at most so many cells; a character that is wider than that has a line of its own."""
    if text.isascii() and text.isprintable():
        return [text[at : at + width] for at in range(0, len(text), width)]
    lines: list[str] = []
    line, left = "", width
    for piece in characters(text):
        needed = _width(piece)
        if needed > left and line:
            lines.append(line)
            line, left = "", width
        line, left = line + piece, left - needed
    return [*lines, line] if line else lines


def wrap(text: str, width: int, indent: int = 0) -> list[str]:
    """The text in lines of at most so many cells, broken between words; those after the first begin with so many
    spaces. A word that is wider than a line has one of its own."""
    if cell_width(text) <= width:
        return [text]
    lines: list[str] = []
    for word in _WORD.findall(text):
        if lines and cell_width(lines[-1] + word) <= width:
            lines[-1] += word
        else:
            lines.append(" " * indent + word.lstrip() if lines else word)
    return lines
