"""What an answer of a script is called: the comment above its statement, else the statement itself."""

from __future__ import annotations

from runql.text.source import Span


def heading(text: str, span: Span) -> str:
    """One line for the statement that stands at a place of a text."""
    lines = text[: span.start].split("\n")
    if lines[-1].strip():  # another statement stands on the same line
        return _on_one_line(text, span)
    comments: list[str] = []
    for line in reversed(lines[:-1]):
        stripped = line.strip()
        if not stripped.startswith("#") or stripped.startswith("#!"):
            break
        comments.append(stripped.lstrip("#").strip())
    said = " ".join(comment for comment in reversed(comments) if comment)
    return said or _on_one_line(text, span)


def _on_one_line(text: str, span: Span) -> str:
    """The statement without its comments and line ends."""
    written = text[span.start : span.end]
    lines = (line if "#" not in line else _without_comment(line) for line in written.split("\n"))
    return " ".join(" ".join(lines).split())


def _without_comment(line: str) -> str:
    """The line up to a `#` that stands in no string and no backticks."""
    quote = ""
    for place, char in enumerate(line):
        if quote:
            quote = "" if char == quote and line[place - 1] != "\\" else quote
        elif char in "\"'`":
            quote = char
        elif char == "#":
            return line[:place]
    return line
