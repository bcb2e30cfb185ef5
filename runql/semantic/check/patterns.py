"""Regular expressions: proven to be RE2, or said where and why not."""

from __future__ import annotations

import re

from runql.text.frozen import frozen

_LOOK_AROUND = re.compile(r"\(\?(?:[=!]|<[=!])")
_BACK_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*(\\[1-9]|\(\?P=\w+\))")
_ONLY_EXCLUDES = re.compile(r"\^?\(\?!(?P<inner>(?:[^()\\]|\\.)*)\)(?:\.\*)?\$?\Z")
_POSSESSIVE = re.compile(r"(?<!\\)[*+?}]\+|\(\?>")


@frozen
class PatternError:
    """Why a pattern is not RE2: `start` and `end` in the pattern if known; `excluded` is what `!~` could take."""

    message: str
    start: int | None = None
    end: int | None = None
    hint: str | None = None
    excluded: str | None = None


def check_pattern(pattern: str) -> PatternError | None:
    """What is wrong with a regular expression, or `None` if RE2 takes it."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return _explain(pattern, text)
    except UnicodeEncodeError:
        return PatternError("the pattern holds half of a surrogate pair")
    return None


def _explain(pattern: str, reason: str) -> PatternError:
    if found := _LOOK_AROUND.search(pattern):
        whole = _ONLY_EXCLUDES.match(pattern)
        inner = whole.group("inner") if whole else None
        excluded = ("^" if pattern.startswith("^") else "") + inner if inner else None
        hint = 'RE2 has no look-around; to leave texts out, test them with `!~ "…"`'
        return PatternError("look-around is not part of RE2", found.start(), found.end(), hint, excluded)
    if found := _BACK_REFERENCE.search(pattern):
        return PatternError("a back-reference is not part of RE2", found.start(1), found.end(1))
    if found := _POSSESSIVE.search(pattern):
        return PatternError("a possessive or atomic group is not part of RE2", found.start(), found.end())
    what, _, fragment = reason.partition(": ")
    start = pattern.find(fragment) if fragment else -1
    if start < 0 or fragment == pattern:
        return PatternError(what or "it is not RE2")
    return PatternError(what, start, start + len(fragment))
