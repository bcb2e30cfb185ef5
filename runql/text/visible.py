"""Text from outside on its way to a screen: what steers a terminal, or is not seen, is written out.

That is every control and format character, whatever turns the direction of writing, has no width, or tags a text in
secret. What people write with them stays: the joined emoji, and the selector behind a sign that has an emoji.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ESCAPED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNSEEN: Final = re.compile(
    # What Unicode lets a screen ignore, beside the format characters: joiners, fillers, selectors, tags.
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_JOINER: Final = "\u200d"
_SELECTORS: Final = frozenset("\ufe0e\ufe0f")
_SKINS: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_KEYS: Final = frozenset("#*0123456789")
_KEYCAP: Final = "\u20e3"
_EMOJI_ELSEWHERE: Final = frozenset("‼⁉ℹ↔↕↖↗↘↙↩↪⤴⤵〰〽㊗㊙©®™▪▫▶◀◻◼◽◾⬅⬆⬇")
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")


def visible(text: str) -> str:
    """The text on one line, with everything that is not seen, or could steer a terminal, written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if is_seen_at(text, at) else escape(char) for at, char in enumerate(text))


def is_seen_at(text: str, at: int) -> bool:
    """Whether the character at a place of a text shows on a screen, or makes the emoji that it stands in."""
    return is_visible(text[at]) or _belongs_to_emoji(text, at)


def one_for_one(text: str) -> str:
    """The text with a mark in the place of each character that is not seen, so that the others keep their places."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if is_seen_at(text, at) else "\N{REPLACEMENT CHARACTER}" for at, char in enumerate(text))


def is_visible(char: str) -> bool:
    """Whether a character by itself shows on a screen, and does nothing else there."""
    return unicodedata.category(char) not in _ESCAPED and _UNSEEN.match(char) is None


def escape(char: str) -> str:
    """A character as Python's literals have it."""
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible_lines(text: str) -> str:
    """The same of a text of several lines: line ends and tabs stay."""
    if text.isprintable() and text.isascii():
        return text
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))


def styled(text: str) -> str:
    """The same of a text that holds colours of ours, which stay."""
    if "\x1b" not in text:
        return visible_lines(text)
    parts = _STYLE.split(text)
    styles = _STYLE.findall(text)
    return visible_lines(parts[0]) + "".join(
        style + visible_lines(part) for style, part in zip(styles, parts[1:], strict=True)
    )


def harmless(piece: bytes) -> bytes:
    """A part of a text for a terminal, in UTF-8."""
    return visible_lines(piece.decode("utf-8", "replace")).encode()


def _belongs_to_emoji(text: str, at: int) -> bool:
    """Whether a selector follows a sign that has an emoji, or a joiner stands between two emoji."""
    char, before = text[at], text[at - 1] if at else ""
    if char in _SELECTORS:
        is_key = before in _KEYS and text[at + 1 : at + 2] == _KEYCAP
        return is_key or before in _EMOJI_ELSEWHERE or _is_emoji(before)
    if char != _JOINER or at + 1 == len(text):
        return False
    if before in _SELECTORS or before in _SKINS:
        before = text[at - 2] if at > 1 else ""
    return _is_emoji(before) and _is_emoji(text[at + 1])


def _is_emoji(char: str) -> bool:
    return "\U0001f000" <= char <= "\U0001faff" or (char >= "\u2190" and unicodedata.category(char) == "So")


def short_repr(value: object) -> str:
    """A Python value as a message shows it: its `repr`, of long and deep ones the beginning."""
    from reprlib import Repr

    short = Repr()
    short.maxstring = short.maxother = 60
    return short.repr(value)
