"""The colours of what is typed: the language's own tokens, and what is wrong underlined."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from runql.frontends.repl.knowledge import Knowledge
from runql.frontends.repl.line.toolbar_text import Thinker
from runql.frontends.repl.parsed_text import is_command, query_start, word_end
from runql.text.source import Span
from runql.text.visible import one_for_one

_Painted = tuple[Span, str]


class QueryLexer(Lexer):
    """Colours a text by what is known just now: without the language, which is loaded behind the prompt, not at all."""

    def __init__(self, knowledge: Knowledge, thinker: Thinker) -> None:
        self._knowledge = knowledge
        self._thinker = thinker

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The pieces of each line."""
        text = document.text
        styles = [""] * len(text)
        for span, style in [*self._colors(text), *self._marks(text)]:
            for at in range(span.start, min(span.end, len(text))):
                styles[at] = f"{styles[at]} {style}".lstrip()
        starts = [0]
        for line in document.lines[:-1]:
            starts.append(starts[-1] + len(line) + 1)
        lines = [one_for_one(line) for line in document.lines]
        return lambda number: _pieces(lines[number], styles[starts[number] :]) if number < len(starts) else []

    def invalidation_hash(self) -> Hashable:
        """Changes whenever the same text may look different."""
        return (self._knowledge.language is not None, self._thinker.number)

    def _colors(self, text: str) -> list[_Painted]:
        painted: list[_Painted] = []
        if is_command(text):
            painted.append((Span(0, word_end(text)), "class:command"))
        start = query_start(text)
        language = self._knowledge.language
        if language is None or start is None:
            return painted
        tokens = language.semantic_tokens(self._knowledge.texts.parsed(text[start:]))
        painted += [(_moved(token.span, start), f"class:{token.shade}") for token in tokens]
        return painted

    def _marks(self, text: str) -> Sequence[_Painted]:
        thought = self._thinker.thought
        if thought is None or thought.text != text:
            return ()
        kinds = {"error": "class:wrong", "warning": "class:doubtful"}
        return [(_seen(one.span, text), kinds[one.severity]) for one in thought.shown if one.severity in kinds]


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _seen(span: Span, text: str) -> Span:
    """A place that can be seen: that of a missing word is the character before it."""
    if span.end > span.start:
        return span
    start = max(0, min(span.start, len(text)) - 1)
    return Span(start, start + 1)


def _pieces(line: str, styles: Sequence[str]) -> StyleAndTextTuples:
    pieces: StyleAndTextTuples = []
    start = 0
    for at in range(1, len(line) + 1):
        if at == len(line) or styles[at] != styles[start]:
            pieces.append((styles[start], line[start:at]))  # as many characters as the line has
            start = at
    return pieces
