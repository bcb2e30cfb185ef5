"""A mistake of a text, where it was found, and the edits that put it right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from itertools import islice
from typing import Final

from runql.language.clauses import CLAUSES
from runql.language.stages import STAGES
from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme, lexer
from runql.syntax.lr_parser import Attempt, LexFailure
from runql.text.diagnostic import Edit
from runql.text.frozen import frozen
from runql.text.source import Span

EXPRESSIONS: Final = frozenset(
    {one.terminal for one in CLAUSES.values() if one.expressions}
    | {one.terminal for one in STAGES.values() if one.expressions}
)
"""What begins a clause or a stage that holds expressions."""

_NO_OPERATORS: Final = frozenset({";", "|", "-", "+", "..", ":"})


@cache
def operator_words(*left_out: str) -> frozenset[str]:
    """The operators that are words, without `and`, `or` and these."""
    from runql.language.operators import INFIX

    terminals = INFIX - {"AND", "OR", *left_out}
    return frozenset(word for terminal in terminals for word in keywords().words.get(terminal, ()))


@frozen
class Repair:
    """Edits that put a mistake right, and their name in a menu."""

    title: str
    edits: tuple[Edit, ...]


@frozen
class Mistake:
    """What is wrong, in the coordinates of the text that was parsed.

    The reader tries the first repair: if it takes the parser further, it is offered and the reading goes on with it.
    If it does not, a `certain` mistake is said without it, another is dropped. `reach` is how many lexemes the parser
    must get on for a repair to count. `resume` is where to look for the next clause, by itself where the parser failed.
    `proven` repairs are offered as they are: whoever names them has tried them.
    """

    code: str
    message: str
    span: Span
    hints: tuple[str, ...] = ()
    labels: tuple[tuple[Span, str], ...] = ()
    expected: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    proven: tuple[Repair, ...] = ()
    certain: bool = False
    reach: int = 1
    resume: int | None = None


@frozen(slots=False)
class Place:
    """Where the parser stopped: the text, what it had read, and what it found."""

    text: str
    attempt: Attempt
    begun: int
    failure: LexFailure

    @cached_property
    def piece(self) -> tuple[Lexeme, ...]:
        """The lexemes of the clause, stage or statement that was being read; `begun` stand before it."""
        return self.attempt.lexemes[self.begun :]

    @property
    def found(self) -> Lexeme:
        return self.failure.found

    @property
    def accepted(self) -> frozenset[str]:
        return self.failure.accepted

    @property
    def span(self) -> Span:
        return Span(self.found.start, self.found.end)

    @property
    def word(self) -> str:
        """What was found, in lower case."""
        return self.found.text.lower()

    def back(self, count: int = 1) -> Lexeme | None:
        """A lexeme before what was found, counted from 1."""
        lexemes = self.attempt.lexemes
        return lexemes[-count] if count <= len(lexemes) else None

    def back_terminal(self, count: int = 1) -> str:
        lexeme = self.back(count)
        return lexeme.terminal if lexeme else ""

    @cached_property
    def clause(self) -> Lexeme | None:
        """The keyword of the clause, stage or statement that was being read."""
        clauses = {*keywords().clauses, *keywords().stages, *keywords().heads}
        return next((lexeme for lexeme in reversed(self.attempt.lexemes) if lexeme.terminal in clauses), None)

    @property
    def in_condition(self) -> bool:
        return self.clause is not None and self.clause.terminal in EXPRESSIONS

    @cached_property
    def first_pipe(self) -> int | None:
        """Which lexeme is the first pipe of the statement; none left of it."""
        lexemes = self.attempt.lexemes
        begin = max((index for index, lexeme in enumerate(lexemes) if lexeme.terminal == "SEMI"), default=-1) + 1
        return next((i for i in range(begin, len(lexemes)) if lexemes[i].terminal == "PIPE"), None)

    @property
    def compares(self) -> bool:
        """Whether what was found is the left side of a comparison."""
        following = list(islice(self.ahead(), 2))
        if len(following) < 2 or following[0].terminal not in {"PATH", "FUNCTION"}:
            return False
        operator = following[1]
        symbols = {symbol for group in keywords().symbols.values() for symbol in group} - _NO_OPERATORS
        return operator.text in symbols or operator.text.lower() in operator_words() or operator.terminal == "LPAR"

    @cached_property
    def opened(self) -> tuple[Lexeme, ...]:
        """The brackets that are open."""
        stack: list[Lexeme] = []
        for lexeme in self.attempt.lexemes:
            if lexeme.terminal == "LPAR":
                stack.append(lexeme)
            elif lexeme.terminal == "RPAR" and stack:
                stack.pop()
        return tuple(stack)

    @cached_property
    def open_list(self) -> Lexeme | None:
        """The `[` of a list that is open; none where a bracket stands open inside of it."""
        stack: list[Lexeme] = []
        for lexeme in self.attempt.lexemes:
            if lexeme.text in {"(", "["} and lexeme.terminal in {"LPAR", "LSQB"}:
                stack.append(lexeme)
            elif lexeme.terminal in {"RPAR", "RSQB"} and stack:
                stack.pop()
        return stack[-1] if stack and stack[-1].terminal == "LSQB" else None

    def ahead(self) -> Iterator[Lexeme]:
        """What was found and what follows, each looked at by itself."""
        return alone_from(self.text, self.found.start)


def alone_from(text: str, position: int) -> Iterator[Lexeme]:
    """The lexemes from a position on, each looked at by itself: words are names here."""
    lex = lexer()
    while True:
        for piece in lex.skip(text, position):
            position = piece.end
        if position >= len(text):
            return
        lexeme = lex.alone(text, position)
        yield lexeme
        position = lexeme.end


_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}


def closing(text: str, start: int) -> Lexeme | None:
    """The bracket that closes the one at a place."""
    depth = 0
    for lexeme in alone_from(text, start):
        depth += (lexeme.text in _CLOSING) - (lexeme.text in _CLOSING.values())
        if depth == 0:
            return lexeme
    return None


def replacing(start: int, end: int, text: str, title: str | None = None) -> Repair:
    """The repair that writes something else in a place."""
    written = shown(text)
    named = f"write {written}" if "`" in written else f"write `{written}`"
    return Repair(title or named, (Edit(Span(start, end), text),))


def leaving_out(start: int, end: int, what: str) -> Repair:
    return Repair(f"leave out `{what}`", (Edit(Span(start, end), ""),))


def separated(end: int, second: Lexeme, reach: int = 2) -> Mistake:
    """A statement that begins without a `;` behind the one before, which ends there."""
    repair = Repair("write `;` between", (Edit(Span(end, end), ";"),))
    span = Span(second.start, second.end)
    return Mistake("RQL101", "statements are separated by `;`", span, repairs=(repair,), reach=reach)


def tidy(edit: Edit, text: str) -> Edit:
    """An edit that leaves no second space, nor one at the end, where it takes something out."""
    start, end = edit.span.start, edit.span.end
    if edit.text or start == end:
        return edit
    while end < len(text) and text[end] == " " and (start == 0 or text[start - 1].isspace()):
        end += 1
    while end == len(text) and start > 0 and text[start - 1] == " ":
        start -= 1
    return Edit(Span(start, end), "")


def spaced(text: str, start: int, end: int, sign: str) -> str:
    """A sign for a place, with the spaces that it lacks there."""
    left = "" if start == 0 or text[start - 1].isspace() else " "
    right = "" if text[end : end + 1].isspace() or end == len(text) else " "
    return f"{left}{sign}{right}"


def shown(text: str, most: int = 60) -> str:
    """A piece of a text as a message quotes it: on one line, and not too long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def idiom(language: str | None, old: str, new: str, span: Span, repair: Repair | None = None, *hints: str) -> Mistake:
    """An idiom of another language, and how it is written here."""
    old, new = shown(old), shown(new, 100)
    message = f"`{old}` is {language}; in RunQL write `{new}`" if language else f"for `{old}`, in RunQL write `{new}`"
    repairs = (repair,) if repair else ()
    # Whether it was this idiom, only its repair can tell: what it writes is part of the sentence.
    return Mistake("RQL108", message, span, hints, repairs=repairs, certain=repair is None, reach=0)
