"""A piece of text and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from functools import cached_property

from runql.text.frozen import frozen


@frozen(order=True)
class Span:
    """A half-open range of characters, `start` to `end`, counted in code points from 0."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


NOWHERE = Span(0, 0)
"""The place of something that no text holds, such as a value made by a program."""


@frozen(slots=False)
class Source:
    """A text with the name it is shown under; `name` is `<query>` for text typed at a prompt.

    `is_script`: it came in a file or from another program, so what it writes has to be allowed.
    """

    text: str
    name: str = field(default="<query>", compare=False)
    is_script: bool = field(default=False, compare=False)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        return (0, *(i + 1 for i, char in enumerate(self.text) if char == "\n"))

    def line_column(self, offset: int) -> tuple[int, int]:
        """The line and column, both from 1, of an offset; an offset past the end is the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a line, from 1, without its line end."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] - 1 if line < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")
