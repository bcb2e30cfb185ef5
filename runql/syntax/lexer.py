"""The lexer and the parser in step: what a word is depends on what can stand there.

The parser is asked at each place which terminals it can take, and only those are looked for. So `order` after
`where` is a name and after a condition a keyword, without a list of words anywhere. One pattern stands for the
terminals of a place, in which the plain keywords are one alternative.
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
from runql.syntax.lr_parser import TEXT_END, Branch, MisplacedError, Parser
from runql.syntax.lr_table import Terminal
from runql.text.frozen import frozen

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


END = TEXT_END
STRAY = "STRAY"
"""The terminal of text that no terminal of the grammar matches."""


@frozen
class Lexeme:
    """A piece of the text: which terminal it is and where it stands."""

    terminal: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@frozen
class LexFailure:
    """Where the parser could not go on.

    `found` is what stands there by itself (its terminal is `$END` at the end of the text); `accepted` are the
    terminals that could have stood there.
    """

    found: Lexeme
    accepted: frozenset[str]


@frozen
class Attempt:
    """One run of the parser over a text: the lexemes it took, then a tree or a failure."""

    start: str
    lexemes: tuple[Lexeme, ...]
    trivia: tuple[Lexeme, ...]
    tree: Branch | None
    failure: LexFailure | None


class Lexer:
    """Finds the terminals of the grammar in a text. One is made, and shared."""

    def __init__(self) -> None:
        table = load_table()
        self._terminals = {terminal.name: terminal for terminal in table.terminals}
        self._ignored = table.ignored
        self._ending = keyword_ending(table.terminals)
        self.trivia = self._scanner(self._ignored)
        self._by_state: dict[int, Scanner] = {}

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

    def terminal_pattern(self, terminal: str) -> re.Pattern[str]:
        return re.compile(self._terminals[terminal].pattern)

    def skip(self, text: str, position: int) -> Sequence[Lexeme]:
        """The white space and comments at a position."""
        match = self.trivia.match(text, position)
        if match is None:
            return ()
        found = []
        while match is not None and match.lastgroup is not None:
            found.append(Lexeme(match.lastgroup, match[0], position))
            position = match.end()
            match = self.trivia.match(text, position)
        return found

    def at_state(self, parser: Parser, text: str, position: int) -> Lexeme | None:
        """The terminal that stands at a position, of those that the parser can take there."""
        scanner = self.scanner_at(parser)
        match = scanner.match(text, position)
        return Lexeme(scanner.terminal(match), match[0], position) if match else None

    def scanner_at(self, parser: Parser) -> Scanner:
        """What finds the terminals that a parser can take where it is."""
        state = parser.state
        scanner = self._by_state.get(state)
        if scanner is None:
            scanner = self._by_state[state] = self._scanner(name for name in parser.choices if name in self._terminals)
        return scanner

    def alone(self, text: str, position: int) -> Lexeme:
        """What stands at a position, looked at by itself: words are names here."""
        match = self._alone.match(text, position)
        if match:
            return Lexeme(str(match.lastgroup), match[0], position)
        stray = _STRAY.match(text, position)
        return Lexeme(STRAY, stray[0] if stray else text[position], position)


# Digits that are no number keep together; anything else stands alone.
_STRAY = re.compile(r"[0-9][\w.]*")


@cache
def lexer() -> Lexer:
    """The one lexer of the process."""
    return Lexer()


class Feed:
    """A parser that is fed lexemes; keeps what it was fed."""

    def __init__(self, start: str) -> None:
        self.start = start
        self.lexemes: list[Lexeme] = []
        self.parser = Parser(load_table(), start)

    def take(self, lexeme: Lexeme) -> Branch | None:
        """Feed one lexeme; at the end of the text, the tree. Raises `MisplacedError`."""
        tree = self.parser.take(lexeme.terminal, lexeme.text, lexeme.start)
        self.lexemes.append(lexeme)
        return tree


def fed(start: str, lexemes: Iterable[Lexeme]) -> Feed:
    """A parser that has taken these lexemes. Raises `MisplacedError`."""
    feed = Feed(start)
    for lexeme in lexemes:
        feed.take(lexeme)
    return feed


def accepted(start: str, lexemes: Iterable[Lexeme]) -> frozenset[str]:
    """The terminals that can follow these lexemes; they must be a good beginning."""
    return fed(start, lexemes).parser.accepts()


def run(text: str, position: int = 0, start: str = "script") -> Attempt:
    """Parse a text from a position to its end, or to the first thing that cannot stand there."""
    lex, parser, length = lexer(), Parser(load_table(), start), len(text)
    lexemes: list[Lexeme] = []
    trivia: list[Lexeme] = []
    trivia_at, take = lex.trivia.match, parser.take
    ended = False
    try:
        while True:
            while (match := trivia_at(text, position)) is not None:
                trivia.append(Lexeme(str(match.lastgroup), match[0], position))
                position = match.end()
            ended = position >= length
            if ended:
                tree = take(END, "", position)
                return Attempt(start, tuple(lexemes), tuple(trivia), tree, None)
            scanner = lex.scanner_at(parser)
            match = scanner.match(text, position)
            if match is None:
                break
            terminal, found = scanner.terminal(match), match[0]
            take(terminal, found, position)
            lexemes.append(Lexeme(terminal, found, position))
            position = match.end()
    except MisplacedError:
        pass
    # The parser has gone on reducing before it gave up: a new one knows what it could have taken.
    failed = Lexeme(END, "", position) if ended else lex.alone(text, position)
    return Attempt(start, tuple(lexemes), tuple(trivia), None, LexFailure(failed, accepted(start, lexemes)))


def replay(attempt: Attempt, count: int) -> Branch | None:
    """The tree of the first lexemes of an attempt; none if they are not a whole."""
    try:
        return fed(attempt.start, attempt.lexemes[:count]).take(Lexeme(END, "", 0))
    except MisplacedError:
        return None


@cache
def _fresh(start: str) -> Feed:
    """A parser at the beginning of a text, or of a clause, stage or statement end; never fed."""
    return Feed(start)


def first_lexeme(text: str, position: int, start: str = "rest") -> Lexeme | None:
    """The terminal at a position with which a clause, a stage or the end of a statement begins; or a `script`."""
    return lexer().at_state(_fresh(start).parser, text, position)


def beginning(text: str, position: int, count: int, start: str = "rest") -> list[Lexeme]:
    """The lexemes, at most so many, that the parser takes from the beginning of a clause or stage on; or a `script`."""
    feed = Feed(start)
    while len(feed.lexemes) < count:
        for piece in lexer().skip(text, position):
            position = piece.end
        found = lexer().at_state(feed.parser, text, position)
        try:
            if found is None or position >= len(text):
                break
            feed.take(found)
        except MisplacedError:
            break
        position = found.end
    return feed.lexemes
