"""A session at the prompt, as documents show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pygments import token
from pygments.lexer import Lexer
from pygments.token import _TokenType

from runql.frontends.highlight.lexer import Piece, RunqlLexer
from runql.text.frozen import frozen

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_PROMPT: Final = re.compile(r"(?:(?P<goes_on>\.{3,}>?| *… ?)|[\w./@*:-]+>)(?: |(?=\r?$))", re.MULTILINE)
_COMMAND: Final = re.compile(r"\\\w*")


@frozen
class _Line:
    """A line, or several that are one query. `prompts` stand before the places of `written` that they belong to."""

    written: str
    prompts: tuple[tuple[int, str], ...]

    def and_more(self, prompt: str, written: str) -> _Line:
        return _Line(self.written + written, (*self.prompts, (len(self.written), prompt)))


class RunqlConsoleLexer(Lexer):
    """A session at the prompt: `demo> runs limit 3`, lines that go on behind `…`, and what came of it."""

    name = "RunQL prompt"
    aliases: ClassVar[list[str]] = ["runql-console"]
    filenames: ClassVar[list[str]] = []
    mimetypes: ClassVar[list[str]] = []

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"stripnl": False, **options})
        self._query_lexer = RunqlLexer(**options)

    def get_tokens_unprocessed(self, text: str) -> Iterator[Piece]:
        """The pieces of a text, which joined are the text, whatever it is."""
        position = 0
        for line in _lines(text):
            for kind, piece in self._query(line) if line.prompts else [(token.Generic.Output, line.written)]:
                yield position, kind, piece
                position += len(piece)

    def _query(self, line: _Line) -> Iterator[tuple[_TokenType, str]]:
        """A query with its prompts; a command with a backslash is one word, and what it takes is read like a query."""
        prompts = list(line.prompts)
        for start, kind, piece in self._pieces(line.written):
            begin = start
            while prompts and prompts[0][0] < start + len(piece):
                at, prompt = prompts.pop(0)
                if begin < at:
                    yield kind, line.written[begin:at]
                yield token.Generic.Prompt, prompt
                begin = at
            yield kind, line.written[begin : start + len(piece)]
        yield from ((token.Generic.Prompt, prompt) for _, prompt in prompts)

    def _pieces(self, written: str) -> Iterator[Piece]:
        command = _COMMAND.match(written)
        begin = command.end() if command else 0
        if begin:
            yield 0, token.Keyword.Pseudo, written[:begin]
        for start, kind, piece in self._query_lexer.get_tokens_unprocessed(written[begin:]):
            yield begin + start, kind, piece


def _lines(text: str) -> Iterator[_Line]:
    query: _Line | None = None
    for found in _LINE.finditer(text):
        prompt = _PROMPT.match(found[0])
        if query and prompt and prompt["goes_on"]:
            query = query.and_more(prompt[0], found[0][prompt.end() :])
            continue
        if query:
            yield query
        begins = prompt is not None and not prompt["goes_on"]
        query = _Line(found[0][prompt.end() :], ((0, prompt[0]),)) if prompt and begins else None
        if not query:
            yield _Line(found[0], ())
    if query:
        yield query
