"""What stands at a place of a text, of the terminals that can stand there.

The parser (`lr_parser.py`) is asked at each place which terminals it can take, and only those are looked for. So
`order` after `where` is a name and after a condition a keyword, without a list of words anywhere. One pattern stands
for the terminals of a place, in which the plain keywords are one alternative.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from itertools import groupby
from typing import Final

from runql.syntax.check_grammar import KEYWORD, KEYWORD_PRIORITIES
from runql.syntax.grammar import load_table
from runql.syntax.lr_table import Terminal
from runql.text.frozen import frozen

_ONE_WORD: Final = re.compile(r"[a-z_]+\Z")
_GROUP: Final = "_KEYWORDS_"
"""What the groups of several keywords are called: no terminal begins so."""

END: Final = "$END"
"""The terminal of the end of a text."""
STRAY: Final = "STRAY"
"""The terminal of text that no terminal of the grammar matches."""

# Digits that are no number keep together; anything else stands alone.
_STRAY: Final = re.compile(r"[0-9][\w.]*")


@frozen
class Lexeme:
    """A piece of the text: which terminal it is and where it stands."""

    terminal: str
    text: str
    start: int
    end: int


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

    def find(self, text: str, position: int) -> Lexeme | None:
        """What stands at a place; none if it is none of these terminals."""
        match = self.match(text, position)
        if match is None:
            return None
        terminal, found = str(match.lastgroup), match[0]
        words = self._words.get(terminal)
        if words is not None:
            # A letter such as the long `s` is the same in any case to a pattern, and another one in small letters.
            terminal = words.get(found.lower()) or next(
                name for word, name in words.items() if re.fullmatch(word, found, re.IGNORECASE)
            )
        return Lexeme(terminal, found, position, match.end())


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


class Lexer:
    """Finds the terminals of the grammar in a text. One is made, and shared."""

    def __init__(self) -> None:
        table = load_table()
        self._terminals = {terminal.name: terminal for terminal in table.terminals}
        self._ignored = table.ignored
        self._ending = keyword_ending(table.terminals)
        self.trivia = self._scanner(self._ignored)
        self._actions = table.actions
        self.of_state: dict[int, Scanner] = {}
        """What finds the terminals that a parser can take, by the state it is in; `scanner_of` makes what lacks."""

    @cached_property
    def _alone(self) -> Scanner:
        """Standing alone a word is a name: the terminals that only make sense in their place are left out."""
        alone = [t for t in self._terminals if t not in {"SOURCE", "SAVED", "LAST_RESULT", "GLOB", "DEFINED"}]
        return self._scanner([t for t in alone if not self._is_word(t) and t not in self._ignored])

    def _is_word(self, terminal: str) -> bool:
        """Whether a terminal is a keyword."""
        return self._terminals[terminal].priority in KEYWORD_PRIORITIES

    def _scanner(self, terminals: Iterable[str]) -> Scanner:
        found = [self._terminals[name] for name in terminals]
        return Scanner(sorted(found, key=lambda terminal: (-terminal.priority, terminal.name)), self._ending)

    def scanner_of(self, state: int) -> Scanner:
        """Make, and keep, what finds the terminals that a parser can take in a state."""
        scanner = self._scanner(name for name in self._actions[state] if name in self._terminals)
        self.of_state[state] = scanner
        return scanner

    def terminal_pattern(self, terminal: str) -> re.Pattern[str]:
        return re.compile(self._terminals[terminal].pattern)

    def skip(self, text: str, position: int) -> Sequence[Lexeme]:
        """The white space and comments at a position."""
        found = []
        while (piece := self.trivia.find(text, position)) is not None:
            found.append(piece)
            position = piece.end
        return found

    def alone(self, text: str, position: int) -> Lexeme:
        """What stands at a position, looked at by itself: words are names here."""
        found = self._alone.find(text, position)
        if found is not None:
            return found
        stray = _STRAY.match(text, position)
        end = stray.end() if stray else position + 1
        return Lexeme(STRAY, text[position:end], position, end)


@cache
def lexer() -> Lexer:
    """The one lexer of the process."""
    return Lexer()
