"""The parser: a stack of states driven by the table, in step with the lexer. It reduces as Lark would, without Lark.

What a rule makes of its parts is built where the rule ends, by whoever wants a tree; without one it only says whether
a text can be read, and how far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeAlias

from runql.syntax.grammar import load_table
from runql.syntax.lexer import END, Lexeme, lexer
from runql.syntax.lr_table import ParserTable, Production
from runql.text.frozen import frozen

Held: TypeAlias = tuple[Any, int, int, int]
"""A lexeme, or what a rule was built to, where it begins and ends, and how deep it nests."""

Build: TypeAlias = Callable[[Production, list[Held], int], Held]
"""What a rule makes of its parts; the last argument is the place of one that has none."""


class MisplacedError(Exception):
    """A terminal that cannot stand where the parser is."""


class Parser:
    """Takes one lexeme after the other."""

    __slots__ = ("_actions", "_build", "_chains", "_end", "_held", "_productions", "states")

    def __init__(self, table: ParserTable, start: str, build: Build | None = None) -> None:
        first, self._end = table.starts[start]
        self._actions = table.actions
        self._chains = table.chains
        self._productions = table.productions
        self._build = build
        self._held: list[Held] = []
        self.states = [first]

    def take(self, lexeme: Lexeme) -> Any:
        """Go on by a lexeme; at the end of the text, what was built. Raises `MisplacedError`, then it is of no use."""
        actions, states, held, build, terminal = self._actions, self.states, self._held, self._build, lexeme.terminal
        while (state := states[-1]) != self._end:
            action = actions[state].get(terminal)
            if action is None:
                raise MisplacedError(terminal)
            if action >= 0:
                states.append(action)
                if build is not None:
                    held.append((lexeme, lexeme.start, lexeme.end, 0))
                return None
            production = self._productions[-1 - action]
            if production.is_link:
                # The child stands for the node, as nearly every child does in the chain from a value to a condition.
                chain = states[-2], state, terminal
                states[-1] = self._chains.get(chain) or self._end_of_chain(chain)
                continue
            size = len(production.expansion)
            below = len(states) - size
            del states[below:]
            states.append(actions[states[-1]][production.origin])
            if build is not None:
                parts = held[below - 1 :]
                del held[below - 1 :]
                held.append(build(production, parts, lexeme.start))
        return held[-1][0] if held else None

    def _end_of_chain(self, chain: tuple[int, int, str]) -> int:
        """The state after all rules of one part that end before a terminal: worked out once, and then known."""
        below, state, terminal = chain
        while (action := self._actions[state].get(terminal)) is not None and action < 0:
            production = self._productions[-1 - action]
            if not production.is_link:
                break
            state = self._actions[below][production.origin]
        self._chains[chain] = state
        return state

    def accepts(self) -> frozenset[str]:
        """The terminals that would be taken here."""
        return frozenset(name for name in self._actions[self.states[-1]] if name.isupper() and self.would_take(name))

    def would_take(self, terminal: str) -> bool:
        """Whether a terminal can follow."""
        states = list(self.states)
        while states[-1] != self._end:
            action = self._actions[states[-1]].get(terminal)
            if action is None or action >= 0:
                return action is not None
            production = self._productions[-1 - action]
            if production.expansion:
                del states[-len(production.expansion) :]
            states.append(self._actions[states[-1]][production.origin])
        return True


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
    """One run of the parser over a text: the lexemes it took, then what was built of them or a failure."""

    start: str
    lexemes: tuple[Lexeme, ...]
    trivia: tuple[Lexeme, ...]
    built: Any
    failure: LexFailure | None


def run(text: str, position: int = 0, start: str = "script", build: Build | None = None) -> Attempt:
    """Parse a text from a position to its end, or to the first thing that cannot stand there."""
    lex, parser, length = lexer(), Parser(load_table(), start, build), len(text)
    lexemes: list[Lexeme] = []
    trivia: list[Lexeme] = []
    trivia_at, scanners, states, take = lex.trivia.match, lex.of_state, parser.states, parser.take
    ended = False
    try:
        while True:
            while (match := trivia_at(text, position)) is not None:
                trivia.append(Lexeme(str(match.lastgroup), match[0], position, match.end()))
                position = match.end()
            ended = position >= length
            if ended:
                built = take(Lexeme(END, "", position, position))
                return Attempt(start, tuple(lexemes), tuple(trivia), built, None)
            scanner = scanners.get(states[-1]) or lex.scanner_of(states[-1])
            lexeme = scanner.find(text, position)
            if lexeme is None:
                break
            take(lexeme)
            lexemes.append(lexeme)
            position = lexeme.end
    except MisplacedError:
        pass
    # The parser has gone on reducing before it gave up: a new one knows what it could have taken.
    failed = Lexeme(END, "", position, position) if ended else lex.alone(text, position)
    return Attempt(start, tuple(lexemes), tuple(trivia), None, LexFailure(failed, accepted(start, lexemes)))


def _fed(start: str, lexemes: Iterable[Lexeme], build: Build | None = None) -> Parser:
    """A parser that has taken these lexemes. Raises `MisplacedError`."""
    parser = Parser(load_table(), start, build)
    for lexeme in lexemes:
        parser.take(lexeme)
    return parser


def accepted(start: str, lexemes: Iterable[Lexeme]) -> frozenset[str]:
    """The terminals that can follow these lexemes; they must be a good beginning."""
    return _fed(start, lexemes).accepts()


def is_whole(attempt: Attempt, count: int) -> bool:
    """Whether the first lexemes of an attempt are a whole."""
    return _fed(attempt.start, attempt.lexemes[:count]).would_take(END)


def built_of(attempt: Attempt, count: int, build: Build) -> Any:
    """What the first lexemes of an attempt are built to; none if they are not a whole."""
    try:
        return _fed(attempt.start, attempt.lexemes[:count], build).take(Lexeme(END, "", 0, 0))
    except MisplacedError:
        return None


@cache
def _fresh(start: str) -> int:
    """The state of a parser at the beginning of a text, or of a clause, stage or statement end."""
    return Parser(load_table(), start).states[-1]


def first_lexeme(text: str, position: int, start: str = "rest") -> Lexeme | None:
    """The terminal at a position with which a clause, a stage or the end of a statement begins; or a `script`."""
    state = _fresh(start)
    return (lexer().of_state.get(state) or lexer().scanner_of(state)).find(text, position)


def beginning(text: str, position: int, count: int, start: str = "rest") -> list[Lexeme]:
    """The lexemes, at most so many, that the parser takes from the beginning of a clause or stage on; or a `script`."""
    lex, parser = lexer(), Parser(load_table(), start)
    found: list[Lexeme] = []
    while len(found) < count:
        for piece in lex.skip(text, position):
            position = piece.end
        state = parser.states[-1]
        lexeme = (lex.of_state.get(state) or lex.scanner_of(state)).find(text, position)
        try:
            if lexeme is None or position >= len(text):
                break
            parser.take(lexeme)
        except MisplacedError:
            break
        found.append(lexeme)
        position = lexeme.end
    return found
