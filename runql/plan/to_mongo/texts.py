"""Tests of text as regular expressions that mean the same to RE2, PCRE and Python."""

from __future__ import annotations

import re
from typing import assert_never

from runql.syntax.tree import TextOp
from runql.text.frozen import frozen

_SPECIAL = frozenset(r"\.+*?()|[]{}^$")
_PORTABLE = re.compile(
    r"""(?:
        [^\\.+*?()|\[\]{}^$\0]             # a plain character
      | \\[.+*?()|\[\]{}^$/\\-]            # a special one, escaped
      | [.^$|]
      | \((?:\?:)? | \)
      | \[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_ ,;:=/<>@%])+-?\]  # a class of plain characters and ranges
      | [+*?]\??
    )+""",
    re.VERBOSE,
)
_DIGITS = re.compile(r"\\d")
_DOUBTFUL = re.compile(r"(?<!\\)(?:[+*?][+*]|[+*?]\?[+*?]|[\^$|][+*?]|\([+*])")
"""Repetitions that some dialects refuse, and some read as possessive."""


@frozen
class Pattern:
    """A regular expression; `exact` if it matches just the texts of the test, in every dialect."""

    text: str
    exact: bool


def portable_pattern(op: TextOp, text: str) -> Pattern | None:  # noqa: PLR0911 - one line a case
    """The pattern that matches at least the texts of a test, or `None` if no such one is beyond doubt."""
    if not text:
        return None
    match op:
        case TextOp.CONTAINS:
            return Pattern(_escaped(text), exact=True)
        case TextOp.STARTSWITH:
            return Pattern("^" + _escaped(text), exact=True)
        case TextOp.ENDSWITH:
            # Outside of RE2, `$` also matches before a new line at the end.
            return Pattern(_escaped(text) + "$", exact=False)
        case TextOp.GLOB:
            return _glob(text)
        case TextOp.REGEX:
            return _regex(text)
        case TextOp.REGEX_ANY_CASE:
            found = _regex(text) if text.isascii() else None
            return Pattern("(?i)" + found.text, exact=False) if found else None
        case _:
            assert_never(op)


def _escaped(text: str) -> str:
    """Text that stands for itself in a pattern; other characters than the special ones are never escaped."""
    return "".join("\\" + c if c in _SPECIAL else c for c in text)


def _regex(pattern: str) -> Pattern | None:
    digits = _DIGITS.sub("[0-9]", pattern) if "\\\\" not in pattern else pattern
    if not _PORTABLE.fullmatch(digits) or _DOUBTFUL.search(digits):
        return None
    return Pattern(digits, exact="$" not in digits)


def _glob(pattern: str) -> Pattern | None:
    """`*` and `?` as a pattern; of one with a class, only the literal start narrows."""
    if "[" in pattern or "\\" in pattern:
        start = re.split(r"[\[*?\\]", pattern, maxsplit=1)[0]
        return Pattern("^" + _escaped(start), exact=False) if start else None
    parts = {"*": ".*", "?": "."}
    body = "".join(parts.get(c) or _escaped(c) for c in pattern)
    head = "" if body.startswith(".*") else "^"
    tail = "" if body.endswith(".*") else "$"
    body = body.removeprefix(".*") if not head else body
    body = body.removesuffix(".*") if not tail else body
    if not body:
        return None
    flags = "(?s)" if "*" in pattern.strip("*") or "?" in pattern else ""
    return Pattern(f"{flags}{head}{body}{tail}", exact=not tail)
