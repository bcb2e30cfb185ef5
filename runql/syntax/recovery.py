"""Where to read on behind something broken: the next clause, stage or statement."""

from __future__ import annotations

from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.lr_parser import beginning, first_lexeme
from runql.syntax.mistake import alone_from


def next_piece(text: str, position: int, wanted: frozenset[str]) -> int:
    """Where one of these terminals, a `;`, or a statement on its own line begins; else the end of the text."""
    depth = 0
    for lexeme in alone_from(text, position):
        if lexeme.terminal == "SEMI":
            return lexeme.start
        depth = max(0, depth + (lexeme.text in "([{") - (lexeme.text in ")]}"))
        if depth == 0 and wanted and _begins_piece(text, lexeme, wanted):
            return lexeme.start
        if begins_statement(text, lexeme.start):
            return lexeme.start
    return len(text)


def _begins_piece(text: str, lexeme: Lexeme, wanted: frozenset[str]) -> bool:
    """Whether a clause or a stage begins here: a keyword, and behind it something that may follow it."""
    first = first_lexeme(text, lexeme.start)
    if first is None or first.terminal not in wanted or first.end != lexeme.end:
        return False
    if len(wanted) == 1:
        return True
    following = next(iter(alone_from(text, first.end)), None)
    if following is not None and len(beginning(text, lexeme.start, 2)) == 2:
        return True
    # A single letter with nothing fitting behind it is rather a name.
    if first.terminal == "PIPE" or len(first.text) == 1:
        return False
    return following is None or following.terminal in {"PATH", "STRING", "NUMBER"}


def begins_statement(text: str, position: int) -> bool:
    """Whether a statement begins here: the first word of a line, and behind it something that may follow it."""
    if not _begins_line(text, position):
        return False
    first = first_lexeme(text, position, "script")
    if first is None or first.terminal not in keywords().heads:
        return False
    return len(beginning(text, position, 2, "script")) == 2 or next(alone_from(text, first.end), None) is None


def _begins_line(text: str, position: int) -> bool:
    before = position
    while before and text[before - 1] in " \t\r":
        before -= 1
    return before > 0 and text[before - 1] == "\n" and position < len(text)
