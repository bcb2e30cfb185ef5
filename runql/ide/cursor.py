"""Where the cursor stands: the word that is being written, what the grammar can take there, and what is around it.

A letter that no keyword has is put behind the cursor, and the text up to it goes through the parser. The word that then
holds the letter is the one being written; what the parser could take in its place can be offered. With brackets closed
behind it the same text has a tree, and in it the letter stands where the cursor does: in a comparison, among the keys.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Final

from runql.ide.context import Text, parsed
from runql.ide.nodes import chain_to, names_of
from runql.syntax import tree as t
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, STRAY, Lexeme, lexer
from runql.syntax.literals import read_string
from runql.syntax.lr_parser import Attempt, LexFailure, accepted, first_lexeme, run
from runql.syntax.parse import Parsed, parse
from runql.syntax.tokens import TokenKind
from runql.syntax.tree import query_of
from runql.text.diagnostic import Diagnostic, Edit
from runql.text.frozen import frozen
from runql.text.source import Span

MARK: Final = "\u0298"
"""The letter that stands for what is being written."""

_QUOTES: Final = "\"'`"
_MOST_BLANKED: Final = 20
_ENDINGS: Final = ("", " and 0", " by x, x", ", x", " as x", " 1")
"""What a `between`, a `pivot` or a `rename` lacks behind the cursor to be whole."""

_BREAKS: Final = frozenset({"PIPE", "SEMI"})
_WORDS: Final = frozenset(
    {TokenKind.FIELD, TokenKind.KEYWORD, TokenKind.FUNCTION, TokenKind.SOURCE, TokenKind.PARAMETER}
)


@frozen(slots=False)
class Cursor:
    """A place in a text.

    `word` is what was typed of the word at the cursor, `whole` all of it; `quote` what it is inside of: a quote or a
    backtick that is not closed yet. `accepted` are the terminals that can stand where the word begins, `lexemes` those
    before it in its statement. `before` is the statement up to the word, as the parser read it: its mistakes put right.
    `later` are the clauses of the statement behind the cursor, `around` holds the statements before it. `is_whole` says
    that nothing was put right. Inside of a question all this is of the inner one; `outer`: the sources of the
    outer one, which are those of an inner one that names none.
    """

    text: str
    offset: int
    word: Span
    whole: Span
    quote: str
    accepted: frozenset[str]
    lexemes: tuple[Lexeme, ...]
    before: str
    later: tuple[t.Clause, ...]
    around: Parsed
    is_whole: bool
    outer: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        return self.text[self.word.start : self.offset]

    @cached_property
    def clause(self) -> str:
        """The terminal that begins the clause, stage or statement at the cursor; empty before the first."""
        beginnings = {*keywords().clauses, *keywords().heads, *_BREAKS}
        found = ""
        for before, lexeme in pairwise((None, *self.lexemes)):
            is_stage = before is not None and before.terminal == "PIPE"
            if lexeme is not None and (is_stage or lexeme.terminal in beginnings):
                found = lexeme.terminal
        return found

    @property
    def is_piped(self) -> bool:
        """Whether the cursor stands right of a pipe: in a stage, not in the query."""
        return any(lexeme.terminal == "PIPE" for lexeme in self.lexemes)

    @property
    def previous(self) -> str:
        """The terminal before the word; empty at the beginning of a statement."""
        return self.lexemes[-1].terminal if self.lexemes else ""

    @cached_property
    def is_folding(self) -> bool:
        """Whether aggregates over rows stand here: in an `assert`, the values of a `group`, the cells of a `pivot`."""
        terminals = [lexeme.terminal for lexeme in self.lexemes]
        stage = terminals[-terminals[::-1].index("PIPE") :] if "PIPE" in terminals else []
        match stage:
            case ["GROUP", *rest]:
                return "COLON" in rest
            case ["PIVOT", *rest]:
                return "BY" not in rest
            case _:
                return stage[:1] == ["ASSERT"]

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources of the query at the cursor."""
        return self._own_sources or self.outer

    @property
    def _own_sources(self) -> tuple[str, ...]:
        named = []
        is_from = False
        for lexeme in self.lexemes:
            if lexeme.terminal in {*keywords().clauses, "PIPE"}:
                is_from = lexeme.terminal == "FROM"
            elif is_from and lexeme.terminal != "COMMA":
                named.append(read_string(lexeme.text) if lexeme.terminal == "STRING" else lexeme.text)
        later = (clause for clause in self.later if isinstance(clause, t.FromClause))
        return (*named, *(name for clause in later for name in names_of(clause)))

    @cached_property
    def chain(self) -> tuple[t.Node, ...]:
        """The nodes from the outermost to the one that the mark makes where a name can stand; else none."""
        if "PATH" not in self.accepted:
            return ()
        depth = 0
        for lexeme in self.lexemes:
            depth = max(0, depth + (lexeme.terminal == "LPAR") - (lexeme.terminal == "RPAR"))
        for ending in _ENDINGS:
            script = parse(self.before + MARK + ending + ")" * depth).script
            chain = chain_to(script, MARK)
            if chain:
                return chain
        return ()


def cursor_at(text: Text, offset: int) -> Cursor | None:
    """The place at an offset; none inside a comment, and where what stands before it cannot be read."""
    written = text if isinstance(text, str) else text.source.text
    offset = max(0, min(offset, len(written)))
    begin = _statement_start(text, offset)
    # At the end of a text, which is where most is typed, only what stands before the statement is of interest.
    at_end = isinstance(text, str) and not written[offset:].strip()
    whole = parse(written[:begin]) if at_end else parsed(text)
    opened = _open_quote(written[:offset], begin)
    if opened is None:
        return None
    reading = _read(written[begin:offset] + MARK + opened)
    if reading is None:
        return None
    inner, outer = _inner(reading)
    length = len(reading.found.text) - len(MARK) - len(opened)
    if length < 0:
        return None  # putting the text right took the quote away in which the cursor stands
    word = Span(offset - length, offset)
    return Cursor(
        text=written,
        offset=offset,
        word=word,
        whole=Span(word.start, offset if at_end else _word_end(whole, word, opened)),
        quote=opened,
        accepted=inner.accepted,
        lexemes=_without_closed(inner.lexemes),
        before=inner.text[: inner.found.start],
        later=() if at_end or inner is not reading else _later(whole, offset),
        around=whole,
        is_whole=inner.is_whole,
        outer=outer,
    )


def _inner(reading: _Reading) -> tuple[_Reading, tuple[str, ...]]:
    """The question inside of which the cursor stands, read by itself, and the sources around it."""
    opened: list[int] = []
    for index, lexeme in enumerate(reading.lexemes):
        if lexeme.terminal == "LPAR":
            opened.append(index)
        elif lexeme.terminal == "RPAR" and opened:
            opened.pop()
    begun = [at for at in opened if at + 1 < len(reading.lexemes) and _begins_query(reading.lexemes[at + 1])]
    if not begun:
        return reading, ()
    inner = _read(reading.text[reading.lexemes[begun[-1]].end :])
    if inner is None:
        return reading, ()
    before = _without_closed(reading.lexemes[: begun[0]])
    named = [one.text for place, one in enumerate(before) if place and before[place - 1].terminal == "FROM"]
    return inner, tuple(named)


def _begins_query(lexeme: Lexeme) -> bool:
    return lexeme.terminal in keywords().queries


def _without_closed(lexemes: tuple[Lexeme, ...]) -> tuple[Lexeme, ...]:
    """The lexemes without those of questions that end before the cursor: their clauses are not the outer one's."""
    kept: list[Lexeme] = []
    opened: list[int] = []
    for lexeme in lexemes:
        kept.append(lexeme)
        if lexeme.terminal == "LPAR":
            opened.append(len(kept))
        elif lexeme.terminal == "RPAR" and opened:
            start = opened.pop()
            if start < len(kept) and _begins_query(kept[start]):
                kept[start:-1] = []
    return tuple(kept)


def _statement_start(text: Text, offset: int) -> int:
    """Where the statement begins that holds an offset."""
    if isinstance(text, str):
        if ";" not in text[:offset]:
            return 0
        text = parse(text[:offset])
    ends = (token.span.end for token in text.tokens if token.terminal == "SEMI" and token.span.end <= offset)
    return max(ends, default=0)


def _open_quote(text: str, position: int) -> str | None:
    """The quote that is open at the end of a text, or an empty text; none if the end is in a comment."""
    lex = lexer()
    while True:
        for piece in lex.skip(text, position):
            position = piece.end
            if piece.terminal == "COMMENT" and position == len(text):
                return None
        if position >= len(text):
            return ""
        lexeme = lex.alone(text, position)
        position = lexeme.end
        if lexeme.terminal == STRAY and lexeme.text in _QUOTES:
            line_end = text.find("\n", position)
            if line_end < 0:
                return lexeme.text
            position = line_end


@frozen
class _Reading:
    """A text that ends with the mark, as it could be read: `found` is the lexeme that holds the mark."""

    text: str
    found: Lexeme
    lexemes: tuple[Lexeme, ...]
    accepted: frozenset[str]
    is_whole: bool


def _read(text: str) -> _Reading | None:
    """Read up to the mark: as written, else as the parser would put it right, else without what does not fit."""
    attempt = run(text)
    reading = _reached(text, attempt, is_whole=True)
    if reading is not None and not _says_by(reading):
        return reading
    if reading is not None:
        by = next(lexeme for lexeme in reversed(reading.lexemes) if lexeme.terminal == "PATH")
        without = text[: by.start] + " " * (by.end - by.start) + text[by.end :]
        return _reached(without, run(without), is_whole=False) or reading
    text = _repaired(text)
    for _ in range(_MOST_BLANKED):
        attempt = run(text)
        reading = _reached(text, attempt, is_whole=False)
        if reading is not None or attempt.failure is None:
            return reading
        start, end = _misfit(text, attempt, attempt.failure)
        text = text[:start] + " " * (end - start) + text[end:]
    return None


def _says_by(reading: _Reading) -> bool:
    """Whether `order by` stands before the mark, as SQL has it: the grammar takes that `by` for a field."""
    lexemes = (
        reading.lexemes[:-1] if reading.lexemes[-1:] and reading.lexemes[-1].terminal == "MINUS" else reading.lexemes
    )
    match lexemes[-2:]:
        case (Lexeme(terminal="ORDER"), Lexeme(terminal="PATH", text=text)):
            return text.lower() == "by"
        case _:
            return False


def _misfit(text: str, attempt: Attempt, failure: LexFailure) -> tuple[int, int]:
    """What to leave out: a clause that was not finished, if another begins where the parser stopped; else the word."""
    begins = {*keywords().clauses, "PIPE", "SEMI"}
    following = first_lexeme(text, failure.found.start)
    if following is not None and following.terminal in begins and END not in failure.accepted:
        broken = [lexeme.start for lexeme in attempt.lexemes if lexeme.terminal in begins]
        if broken:
            return broken[-1], failure.found.start
    return failure.found.start, failure.found.end


def _reached(text: str, attempt: Attempt, *, is_whole: bool) -> _Reading | None:
    failure = attempt.failure
    if failure is not None and failure.found.terminal != END:
        if failure.found.end < len(text):
            return None
        return _Reading(text, failure.found, attempt.lexemes, failure.accepted, is_whole)
    if not attempt.lexemes or attempt.lexemes[-1].end < len(text):
        return None
    *before, found = attempt.lexemes
    return _Reading(text, found, tuple(before), accepted(attempt.start, before), is_whole)


def _repaired(text: str) -> str:
    """A text with the mistakes put right that stand before the mark."""
    place = text.rindex(MARK)
    word = max(text.rfind(char, 0, place) for char in " \t\r\n") + 1
    edits = [edit for diagnostic in parse(text).diagnostics for edit in _edits(diagnostic)]
    position = len(text)
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        if edit.span.end <= min(position, word - 1):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
            position = edit.span.start
    return text


def _edits(diagnostic: Diagnostic) -> tuple[Edit, ...]:
    """What puts an error right: its first fix, which is the one that the parser went on with."""
    return diagnostic.fixes[0].edits if diagnostic.is_error and diagnostic.fixes else ()


def _word_end(whole: Parsed, word: Span, quote: str) -> int:
    """Where the word ends in which the cursor stands: at the cursor, if only white space or a sign follows."""
    text, offset = whole.source.text, word.end
    end = offset
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    if quote:
        return end + 1 if text[end : end + 1] == quote else offset
    token = next((token for token in whole.tokens if token.span.start < offset < token.span.end), None)
    if token is not None and token.kind in _WORDS and token.span.start >= word.start:
        return token.span.end
    return offset


def _later(whole: Parsed, offset: int) -> tuple[t.Clause, ...]:
    for statement in whole.script.statements:
        query = query_of(statement)
        if query is not None and statement.span.end >= offset:
            return tuple(c for c in query.clauses if c.span.start >= offset)
    return ()
