"""The words of a request in English, read one after the other; and the nouns in them: fields, values, spans of time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

from runql.syntax.literals import write_string
from runql.text.frozen import frozen

_LONGEST: Final = 240
"""A request is a sentence; a longer text is none."""
_WORD: Final = re.compile(r"""\s*(?P<word>"[^"\n]*"|'[^'\n]*'|[<>=!]=?|[,?!%]|[\w./*:+-]+(?:'s\b)?)""")
_END: Final = re.compile(r"[|;\n]")
_FIELD: Final = re.compile(r"[^\W\d][\w./*-]*")
_NUMBER: Final = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?%?", re.IGNORECASE)
_NO_FIELDS: Final = frozenset(
    (  # noqa: SIM905 - as a text it can be read
        "a an the of for in on at to by per each every all any with without where whose that which who when while if "
        "and or not is are was were be has have had do does did run runs it its them than then between from since "
        "after before until over above below under more less most least best worst highest lowest top bottom first "
        "last latest newest oldest me my i we us you please show give list find get what how many much count number "
        "no none as into vs versus against across grouped sorted ordered only still experiment experiments trial "
        "trials order limit keys select sample exists inf same group percentage fraction share proportion percent rate "
        "difference differences effect impact influence relationship history histories curve curves smooth plot graph"
    ).split()
)
_UNITS_OF_METRICS: Final = frozenset({"acc", "accuracy", "loss", "error", "score", "f1", "auc"})
_PARTS_OF_METRICS: Final = frozenset({"val", "valid", "validation", "train", "training", "test", "eval"})
OPENERS: Final = ("show me", "give me", "tell me", "find me", "list", "show", "find", "get", "give", "display", "print")
ASKING: Final = ("what is", "what are", "what was", "what were", "what's", "which are", "which is", "which", "what")
_Made = TypeVar("_Made")


@frozen
class RequestWord:
    """A word with its place in the text."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower()


class RequestWords:
    """The words of a request from a place on, and which of them is read next."""

    def __init__(self, text: str, start: int) -> None:
        self.text, self.at = text, 0
        self.words: list[RequestWord] = []
        stop = _END.search(text, start, start + _LONGEST + 1)
        self.is_long = stop is None and len(text) > start + _LONGEST
        until = stop.start() if stop is not None else len(text)
        at = start
        while (match := _WORD.match(text, at, until)) is not None and not self.is_long:
            self.words.append(RequestWord(match["word"], match.start("word"), match.end()))
            at = match.end()
        self.is_whole = not self.is_long and not text[at:until].strip()

    @property
    def is_over(self) -> bool:
        """Whether every word was read."""
        while self.peek() in {"?", "!", "please"}:
            self.at += 1
        return self.at >= len(self.words)

    @property
    def place(self) -> int:
        """Where the next word begins in the text."""
        if self.at < len(self.words):
            return self.words[self.at].start
        return self.words[-1].end if self.words else 0

    def peek(self, ahead: int = 0) -> str:
        """A word that follows, in lower case; empty behind the last."""
        at = self.at + ahead
        return self.words[at].lower if at < len(self.words) else ""

    def take(self, *phrases: str) -> str:
        """Read one of these phrases, and give it; empty if none of them follows."""
        for phrase in phrases:
            parts = phrase.split()
            if all(self.peek(n) == part for n, part in enumerate(parts)):
                self.at += len(parts)
                return phrase
        return ""

    def skip(self, *words: str) -> None:
        """Read these words, as many as there are."""
        while self.take(*words):
            pass

    def skip_to(self, place: int) -> None:
        """Go on behind a place of the text."""
        while self.at < len(self.words) and self.words[self.at].start < place:
            self.at += 1

    def attempt(self, read: Callable[[RequestWords], _Made | None]) -> _Made | None:
        """Read something, or nothing."""
        at = self.at
        made = read(self)
        if made is None:
            self.at = at
        return made

    def number(self) -> str | None:
        """A number; of a share in percent the part of one."""
        word = self.peek()
        if not _NUMBER.fullmatch(word):
            return None
        self.at += 1
        if word.endswith("%") or self.take("%"):
            return f"{float(word.rstrip('%')) / 100:g}"
        return word

    def count(self) -> str | None:
        """A count, in figures or as a word."""
        word = {"two": "2", "three": "3", "four": "4", "five": "5", "ten": "10"}.get(self.peek(), self.peek())
        if not re.fullmatch(r"\d{1,6}", word):
            return None
        self.at += 1
        return word

    def field(self) -> str | None:
        """The name of a field as it was written; `val loss` is `val/loss`."""
        word = self.peek()
        if not _FIELD.fullmatch(word) or word in _NO_FIELDS:
            return None
        name = self.words[self.at].text
        self.at += 1
        if word in _PARTS_OF_METRICS and self.peek() in _UNITS_OF_METRICS:
            name += f"/{self.words[self.at].text}"
            self.at += 1
        elif self.peek() in {"rate", "size", "decay"} and word in {"learning", "batch", "weight"}:
            name = {"learning": "lr"}.get(word, f"{word}_{self.peek()}")
            self.at += 1
        return name

    def fields(self) -> list[str]:
        """Names of fields with commas or `and` between them."""
        found: list[str] = []
        while (name := self.attempt(lambda words: _next_field(words, is_first=not found))) is not None:
            found.append(name)
        return found

    def value(self) -> str | None:
        """A number, or a text as a literal."""
        number = self.number()
        if number is not None:
            return number
        word = self.peek()
        if word[:1] in {'"', "'"} and len(word) > 1:
            self.at += 1
            return write_string(self.words[self.at - 1].text[1:-1])
        if word in {"true", "false"}:
            self.at += 1
            return word
        name = self.field()
        return None if name is None else write_string(name)


def _next_field(words: RequestWords, *, is_first: bool) -> str | None:
    if not is_first and not words.take(", and", ",", "and"):
        return None
    words.skip("the")
    return words.field()


def opened(words: RequestWords) -> None:
    """Read what only begins a request: `show me the`, `what is`."""
    words.skip("please", "can you", "could you", "i want to see", "i want", "i need")
    words.take(*OPENERS)
    words.take(*ASKING)
    words.skip("the", "me")
