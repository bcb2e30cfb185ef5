"""One pattern for the terminals that can stand at a place, in which the plain keywords are one alternative."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from runql.syntax.check_grammar import KEYWORD
from runql.syntax.lr_table import Terminal

_ONE_WORD: Final = re.compile(r"[a-z_]+\Z")
_GROUP: Final = "_KEYWORDS_"
"""What the groups of several keywords are called: no terminal begins so."""


class Scanner:
    """Finds which of some terminals stands at a place: of those that match, the first by priority and name."""

    __slots__ = ("_words", "match")

    def __init__(self, ordered: Sequence[Terminal], ending: str) -> None:
        self._words: dict[str, dict[str, str]] = {}
        parts: list[str] = []
        for is_plain, several in groupby(ordered, lambda terminal: _spelling(terminal, ending) is not None):
            row = [*several]
            parts += [self._keywords(row, ending)] if is_plain else map(_named, row)
        self.match = re.compile("|".join(parts) or "(?!)").match

    def _keywords(self, terminals: list[Terminal], ending: str) -> str:
        """Keywords that end alike and stand in a row: their spellings first, then what none of them goes on with."""
        if len(terminals) == 1:
            return _named(terminals[0])
        words: dict[str, str] = {}
        for terminal in terminals:
            words.setdefault(_spelling(terminal, ending) or "", terminal.name)
        group = f"{_GROUP}{len(self._words)}"
        self._words[group] = words
        return f"(?P<{group}>(?i:{'|'.join(words)}){ending})"

    def terminal(self, match: re.Match[str]) -> str:
        """Which terminal a match is."""
        group = str(match.lastgroup)
        words = self._words.get(group)
        if words is None:
            return group
        found = words.get(match[0].lower())
        # A letter such as the long `s` is the same in any case to a pattern, and another one in small letters.
        return found or next(name for word, name in words.items() if re.fullmatch(word, match[0], re.IGNORECASE))


def keyword_ending(terminals: Iterable[Terminal]) -> str:
    """What stands behind the spelling in the patterns of most keywords: that no other letter follows, and the like."""
    found = (KEYWORD.match(terminal.pattern) for terminal in terminals)
    endings = Counter(match.string[match.end() :] for match in found if match is not None)
    return endings.most_common(1)[0][0] if endings else ""


def _spelling(terminal: Terminal, ending: str) -> str | None:
    """The one spelling of a keyword that ends as most do."""
    match = KEYWORD.match(terminal.pattern)
    if match is None or terminal.pattern[match.end() :] != ending or not _ONE_WORD.match(match[1]):
        return None
    return match[1]


def _named(terminal: Terminal) -> str:
    return f"(?P<{terminal.name}>{terminal.pattern})"
