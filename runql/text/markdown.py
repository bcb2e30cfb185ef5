"""Text from outside in Markdown: shown as it is, whatever signs of Markdown it holds."""

from __future__ import annotations

import re
from typing import Final

from runql.text.render import clean, clean_lines

_TICKS: Final = re.compile("`+")
_SIGNS: Final = re.compile(r"[\\`*_\[\]<>&#|~$!:@]|(?<=www)\.", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_BLOCK: Final = re.compile(r"^(`{3,})\w*\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK: Final = re.compile(r"\](?=\()")


def code(text: str) -> str:
    """A text as code within a line: between more backticks than stand in a row in it. Empty for no text."""
    shown = clean(text)
    if not shown:
        return ""
    ticks = "`" * (_longest(shown) + 1)
    # One blank at both ends is taken off where both ends have one and something else stands between them.
    is_padded = shown[0] == "`" or shown[-1] == "`" or (shown[0] == shown[-1] == " " and bool(shown.strip()))
    pad = " " if is_padded else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def block(text: str, language: str = "text") -> str:
    """A text as lines of code: in a fence that nothing in it closes."""
    lines = clean_lines(text)
    fence = "`" * max(3, *(_longest(line) + 1 for line in lines))
    return "\n".join((f"{fence}{language}", *lines, fence))


def words(text: str) -> str:
    """A text as words of a sentence, on one line: no emphasis, link, image or tag of its own."""
    return _SIGNS.sub(lambda sign: f"\\{sign.group()}", clean(text))


def plain(markdown: str) -> str:
    """What the other functions of this file made, and sentences with names in backticks, as text without Markdown."""
    kept: list[str] = []

    def keep(text: str) -> str:
        kept.append(text)
        return f"\x00{len(kept) - 1}\x00"

    shown = _BLOCK.sub(lambda found: keep(found[2]), markdown)
    shown = _CODE.sub(lambda found: keep(_unpadded(found[2])), shown)
    shown = _ESCAPED.sub(r"\1", shown)
    return re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found[1])], shown)


def message(text: str) -> str:
    """A text for a message of an editor: some of them make links of `[words](place)`, commands among them."""
    return "\n".join(_LINK.sub("] ", line) for line in clean_lines(text))


def _longest(text: str) -> int:
    """The most backticks in a row."""
    return max(map(len, _TICKS.findall(text)), default=0)


def _unpadded(text: str) -> str:
    is_padded = len(text) > 1 and text[0] == text[-1] == " " and bool(text.strip())
    return text[1:-1] if is_padded else text
