"""Regular expressions and globs: RE2, so that no pattern takes more than linear time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, assert_never

from runql.errors import QueryError
from runql.syntax.tree import TextOp
from runql.text.diagnostic import Diagnostic

Matcher = Callable[[str], bool]


@lru_cache(maxsize=512)
def matcher(op: TextOp, pattern: str) -> Matcher:
    """A function that says whether a text matches. Raises RQL204 for a pattern that RE2 cannot read."""
    match op:
        case TextOp.REGEX:
            return _re2_matcher(pattern, pattern)
        case TextOp.REGEX_ANY_CASE:
            return _re2_matcher(f"(?i){pattern}", pattern)
        case TextOp.GLOB:
            return _re2_matcher(glob_to_re2(pattern), pattern)
        case TextOp.CONTAINS:
            return lambda text: pattern in text
        case TextOp.STARTSWITH:
            return lambda text: text.startswith(pattern)
        case TextOp.ENDSWITH:
            return lambda text: text.endswith(pattern)
        case _:
            assert_never(op)


def _re2_matcher(regex: str, written: str) -> Matcher:
    search = _compiled(regex, written).search
    return lambda text: search(_utf8(text)) is not None


def _compiled(regex: str, written: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        # Bytes on both sides: RE2 works on UTF-8, and the binding spends most of its time on offsets in a str.
        return re2.compile(_utf8(regex), options)
    except re2.error as error:
        reason = error.args[0] if error.args else "unreadable"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise QueryError([Diagnostic("RQL204", f"`{written}` is not a regular expression of RE2: {text}")]) from error


def _utf8(text: str) -> bytes:
    # A lone surrogate can stand in a JSON text; RE2 sees it as an unreadable character and goes on.
    return text.encode("utf-8", "surrogatepass")


_LONGEST_CHARACTER = 4
"""Bytes of UTF-8."""


@lru_cache(maxsize=512)
def finder(pattern: str) -> Finder:
    """What finds a regular expression in texts. Raises RQL204 for a pattern that RE2 cannot read."""
    return Finder(_compiled(pattern, pattern))


class Finder:
    """A regular expression of RE2 that is looked for in texts; they are UTF-8 on the way."""

    def __init__(self, regex: Any) -> None:
        self._regex = regex
        self.groups: int = regex.groups

    def first(self, text: str, group: int) -> str | None:
        """A group of the first match, 0 for the whole; `None` if there is none, or the group took no part in it."""
        found = self._regex.search(_utf8(text))
        part = None if found is None else found.group(group)
        return None if part is None else _text(part)

    def replaced(self, text: str, pieces: tuple[str | int, ...], check: Callable[[int], None]) -> str:
        """The text with each match replaced by pieces: texts, and the numbers of groups.

        `check` is given how many characters it has at least, while it grows.
        """
        encoded, made, end, length = _utf8(text), list[bytes](), 0, 0
        for match in self._matches(encoded):
            made.append(encoded[end : match.start()])
            made += [_utf8(piece) if isinstance(piece, str) else match.group(piece) or b"" for piece in pieces]
            end = match.end()
            length += sum(map(len, made[-len(pieces) - 1 :]))
            check(length // _LONGEST_CHARACTER)
        whole = _text(b"".join((*made, encoded[end:])))
        check(len(whole))
        return whole

    def parts(self, text: str) -> list[str]:
        """What stands between the matches that hold anything."""
        encoded, parts, end = _utf8(text), [], 0
        for match in self._matches(encoded):
            if match.end() > match.start():
                parts.append(encoded[end : match.start()])
                end = match.end()
        return [_text(part) for part in (*parts, encoded[end:])]

    def _matches(self, encoded: bytes) -> Iterator[Any]:
        """The matches; of empty ones those that stand between characters, and not right behind the one before."""
        last = -1
        for match in self._regex.finditer(encoded):
            start, end = match.span()
            if start == end and (start == last or b"\x80" <= encoded[start : start + 1] < b"\xc0"):
                continue
            last = end
            yield match


def _text(encoded: bytes) -> str:
    return encoded.decode("utf-8", "surrogatepass")


def star_matcher(pattern: str) -> Matcher:
    """For names: `*` stands for any characters, dots and slashes among them; all else for itself."""
    escaped = pattern.replace("[", "[[]").replace("?", "[?]")
    return lambda name: fnmatchcase(name, escaped)


def glob_to_re2(pattern: str) -> str:
    r"""A glob as an anchored regular expression: `*`, `?`, `[a-z]`, `[!a-z]`; all else stands for itself.

    A bracket that is not closed is a bracket. The stars match line ends too.
    """
    parts = [r"(?s)\A"]
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            parts.append(".*")
        elif char == "?":
            parts.append(".")
        elif char == "[" and (end := _class_end(pattern, position)) > 0:
            parts.append(_class(pattern[position:end]))
            position = end + 1
        else:
            parts.append(_escaped(char))
    parts.append(r"\z")
    return "".join(parts)


def _class_end(pattern: str, start: int) -> int:
    """Where the class that begins at `start` has its `]`, or -1; a `]` right at the beginning belongs to it."""
    first = start + 1 if pattern[start : start + 1] == "!" else start
    return pattern.find("]", first + 1)


def _class(body: str) -> str:
    negated = body.startswith("!")
    body = body[1:] if negated else body
    members: list[str] = []
    position = 0
    while position < len(body):
        low, dash, high = body[position], body[position + 1 : position + 2], body[position + 2 : position + 3]
        if dash == "-" and high:
            if low <= high:
                members.append(f"{_escaped(low)}-{_escaped(high)}")
            position += 3
        else:
            members.append(_escaped(low))
            position += 1
    if not members:
        return "(?s:.)" if negated else r"[^\x00-\x{10FFFF}]"
    return f"[{'^' if negated else ''}{''.join(members)}]"


def _escaped(char: str) -> str:
    return char if char.isalnum() or ord(char) > 127 else f"\\x{{{ord(char):x}}}"
