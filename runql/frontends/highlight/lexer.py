"""RunQL to Pygments: what the language's own tokens are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pygments import token
from pygments.lexer import Lexer
from pygments.token import _TokenType

from runql.ide.semantic_tokens import Shade, semantic_tokens
from runql.syntax.keywords import keywords
from runql.syntax.lr_parser import run
from runql.syntax.parse import Parsed, parse

__all__ = ["RunqlLexer"]  # Pygments takes each of these for a lexer.

Piece = tuple[int, _TokenType, str]
"""Where a piece stands, what it is, and its text."""

TYPES: Final = {
    Shade.STATEMENT: token.Keyword.Declaration,
    Shade.KEYWORD: token.Keyword,
    Shade.STAGE: token.Keyword.Reserved,
    Shade.CONSTANT: token.Keyword.Constant,
    Shade.FUNCTION: token.Name.Function,
    Shade.NAMESPACE: token.Name.Namespace,
    Shade.FIELD: token.Name,
    Shade.RUN_FIELD: token.Name.Attribute,
    Shade.METRIC: token.Name.Property,
    Shade.SOURCE: token.Name.Label,
    Shade.NUMBER: token.Number,
    Shade.STRING: token.String,
    Shade.REGEX: token.String.Regex,
    Shade.TIME: token.Literal.Date,
    Shade.PARAMETER: token.Name.Variable,
    Shade.OPERATOR: token.Operator,
    Shade.PUNCTUATION: token.Punctuation,
    Shade.TEXT: token.Name.Other,
    Shade.COMMENT: token.Comment.Single,
    Shade.ERROR: token.Error,
}
"""For each shade a type of its own, near to what other languages use it for: so other styles paint it well too."""

_BEFORE_A_PART: Final = ("runs ", "runs where ")
"""What makes a query of clauses, and of a condition: parts of queries stand by themselves in documents."""

_SHEBANG: Final = re.compile(r"#!.*\brunql\b")


class RunqlLexer(Lexer):
    """RunQL, by its own parser. What the parser could not read is an error."""

    name = "RunQL"
    aliases: ClassVar[list[str]] = ["runql"]
    filenames: ClassVar[list[str]] = ["*.rql"]
    mimetypes: ClassVar[list[str]] = ["text/x-runql", "application/x-runql"]

    def __init__(self, **options: Any) -> None:
        # Empty lines at the beginning are part of a text too: a place in it stays the same.
        super().__init__(**{"stripnl": False, **options})

    def get_tokens_unprocessed(self, text: str) -> Iterator[Piece]:
        """The pieces of a text, which joined are the text, whatever it is."""
        parsed, added = _read(text)
        wrong = [each.span for each in parsed.diagnostics if each.is_error]
        position = 0
        for piece in semantic_tokens(parsed):
            start, end = piece.span.start - added, piece.span.end - added
            if end <= 0:
                continue
            if position < start:
                yield position, token.Whitespace, text[position:start]
            is_wrong = any(span.start <= piece.span.start and piece.span.end <= span.end for span in wrong)
            yield start, TYPES[Shade.ERROR if is_wrong else piece.shade], text[start:end]
            position = end
        if position < len(text):
            yield position, token.Whitespace, text[position:]

    @staticmethod
    def analyse_text(text: str) -> float:
        """How sure it is that a text is RunQL: it says so, or is read to its end and holds a query."""
        if _SHEBANG.match(text):
            return 1.0
        attempt = run(text)
        is_query = any(lexeme.terminal in keywords().queries for lexeme in attempt.lexemes[:-1])
        return 0.5 if attempt.failure is None and is_query else 0.0


def _read(text: str) -> tuple[Parsed, int]:
    """A text as it was read, and how many characters stand before it there: none but for a part of a query."""
    parsed = parse(text)
    if not parsed.ok:
        for before in _BEFORE_A_PART:
            whole = parse(before + text)
            if whole.ok:
                return whole, len(before)
    return parsed, 0
