"""A command line up to the cursor, read as shells read it: words before the cursor, and the one that it stands in."""

from __future__ import annotations

from typing import Final

from runql.text.frozen import frozen

_ENDS: Final = frozenset("|&;\n")
"""What ends a command, where it stands in no quotes."""
_KEPT_IN_DOUBLE: Final = frozenset('$`"\\\n')
"""What a backslash takes its meaning from between double quotes."""


@frozen
class Word:
    """A word. `raw` is as it is written, `value` what the program gets; `starts`: where in `raw` each character of the
    value is written, and last where the next one would be. `quote` is the one that is still open, if one is."""

    raw: str = ""
    value: str = ""
    starts: tuple[int, ...] = (0,)
    quote: str = ""

    def head(self, typed: int) -> str:
        """What is written before the last `typed` characters of the value."""
        return self.raw[: self.starts[len(self.value) - typed]]


class _LineReader:
    def __init__(self) -> None:
        self.words: list[Word] = []
        self.raw: list[str] = []
        self.value: list[str] = []
        self.starts: list[int] = []
        self.quote = ""
        self.is_word = False

    def take(self, raw: str, value: str) -> None:
        self.is_word = True
        if value:
            self.starts.append(sum(map(len, self.raw)))
            self.value.append(value)
        self.raw.append(raw)

    def end(self) -> Word:
        raw = "".join(self.raw)
        word = Word(raw, "".join(self.value), (*self.starts, len(raw)), self.quote)
        self.raw, self.value, self.starts, self.is_word = [], [], [], False
        return word


def read_line(line: str) -> tuple[list[Word], Word]:
    """The words of the last command of a line, and the word at its end, which may be empty."""
    reading, at = _LineReader(), 0
    while at < len(line):
        char, pair = line[at], line[at : at + 2]
        width = 1
        if reading.quote == "'":
            reading.quote = "" if char == "'" else "'"
            reading.take(char, "" if char == "'" else char)
        elif reading.quote == '"':
            if char == '"':
                reading.quote = ""
                reading.take(char, "")
            elif char == "\\" and pair[1:] in _KEPT_IN_DOUBLE and len(pair) == 2:
                width = 2
                reading.take(pair, pair[1])
            else:
                reading.take(char, char)
        elif char in "'\"":
            reading.quote = char
            reading.take(char, "")
        elif char == "\\" and len(pair) == 2:
            width = 2
            reading.take(pair, pair[1])
        elif char in _ENDS:
            reading = _LineReader()
        elif char.isspace():
            if reading.is_word:
                reading.words.append(reading.end())
        else:
            reading.take(char, char)
        at += width
    return reading.words, reading.end()


def quoted(text: str, quote: str) -> str | None:
    """A text as it is written between these quotes, or without any; `None` if a shell cannot have it there."""
    if quote == "'":
        return None if "'" in text else text
    if quote == '"':
        return "".join(f"\\{char}" if char in '$`"\\' else char for char in text)
    if not text.isprintable():
        return None
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)


_SPECIAL: Final = frozenset("\"'`$\\|&;<>()*?[]{}#!~ ")
"""What a shell reads otherwise where it stands in no quotes."""
