"""Words of other languages, and the words for them here."""

from __future__ import annotations

import re
from decimal import Decimal
from operator import eq
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, STRAY, lexer
from runql.syntax.literals import like_test, read_string
from runql.syntax.lr_parser import accepted
from runql.syntax.mistake import Mistake, Place, idiom, replacing, shown
from runql.text.letters import distance
from runql.text.nearest import nearest
from runql.text.source import Span

_SQL: Final = "SQL"
_TWO: Final = re.compile(r"(?i)limit\s+(?P<offset>\d+)\s*,\s*(?P<count>\d+)\b")
_PYTHON: Final = "Python"
_WORDS: Final[dict[str, tuple[str | None, str]]] = {
    # what is written: whose word it is, and what is written here
    "sort": (_PYTHON, "order"),
    "sortby": (_PYTHON, "order"),
    "sort_by": (_PYTHON, "order"),
    "orderby": (_SQL, "order"),
    "order_by": ("MLflow", "order"),
    "filter": (_PYTHON, "where"),
    "filters": ("the W&B client", "where"),
    "filter_string": ("MLflow", "where"),
    "having": (_SQL, "where"),
    "take": (_PYTHON, "limit"),
    "top": (_SQL, "limit"),
    "head": (_PYTHON, "limit"),
    "max_results": ("MLflow", "limit"),
    "per_page": ("the W&B client", "page"),
    "samples": ("the W&B client", "sample"),
    "x_axis": ("the W&B client", "x"),
    "xaxis": ("the W&B client", "x"),
    "metrics": ("MLflow", "keys"),
    "metric": ("MLflow", "keys"),
    "columns": (_PYTHON, "select"),
    "fields": ("GraphQL", "select"),
    "descending": (_PYTHON, "desc"),
    "ascending": (_PYTHON, "asc"),
    "isnull": (_SQL, "is null"),
    "isna": (_PYTHON, "is null"),
    "notnull": (_SQL, "is not null"),
    "notna": (_PYTHON, "is not null"),
    "none": (_PYTHON, "null"),
    "nil": ("Lua", "null"),
    "undefined": ("JavaScript", "null"),
    "empty": (_SQL, "null"),
    "notin": (_PYTHON, "not in"),
    "not_in": (_PYTHON, "not in"),
    "nin": ("Mongo", "not in"),
    "matches": ("NQL", "~"),
    "regexp": (_SQL, "~"),
    "rlike": (_SQL, "~"),
    "regex": ("Mongo", "~"),
    "equals": (None, "="),
    "eq": ("Mongo", "="),
    "ne": ("Mongo", "!="),
    "gt": ("Mongo", ">"),
    "gte": ("Mongo", ">="),
    "ge": ("Mongo", ">="),
    "lt": ("Mongo", "<"),
    "lte": ("Mongo", "<="),
    "le": ("Mongo", "<="),
    "includes": ("JavaScript", "contains"),
    "contains_cs": ("Kusto", "contains"),
    "has_cs": ("Kusto", "contains"),
    "startswith_cs": ("Kusto", "startswith"),
    "endswith_cs": ("Kusto", "endswith"),
    "starts_with": (_PYTHON, "startswith"),
    "ends_with": (_PYTHON, "endswith"),
    "in": (None, "from"),
}
_PAIRS: Final[dict[tuple[str, str], tuple[str | None, str]]] = {
    ("sort", "by"): (_SQL, "order"),
    ("order", "by"): (_SQL, "order"),
    ("matches", "regex"): ("Kusto", "~"),
    ("starts", "with"): (None, "startswith"),
    ("begins", "with"): (None, "startswith"),
    ("ends", "with"): (None, "endswith"),
    ("include", "sweeps"): ("the W&B client", "with sweeps"),
    ("filter", "by"): (None, "where"),
}
_SORTING: Final = frozenset({"ORDER", "SORTED"})
_LIKES: Final = {"like": True, "ilike": False}
_UNITS: Final = {
    "second": "s",
    "sec": "s",
    "minute": "m",
    "min": "m",
    "hour": "h",
    "hr": "h",
    "day": "d",
    "week": "w",
    **{letter: letter for letter in "smhdw"},
}
_OF_A_SECOND: Final = {
    **dict.fromkeys(("ms", "msec", "milli", "millis", "millisecond"), 3),
    **dict.fromkeys(("us", "usec", "microsecond"), 6),
    **dict.fromkeys(("ns", "nsec", "nanosecond"), 9),
}
_DAYS_OF: Final = {**dict.fromkeys(("mo", "month"), 30), **dict.fromkeys(("y", "yr", "year"), 365)}
_BEHIND_AS_OF: Final = re.compile(r"\s+of\b(?:[ \t]+([^\s|;,()]+))?", re.IGNORECASE)
_SPELLED_AGO: Final = re.compile(r"(\d+(?:\.\d+)?)[ \t]*([a-z]+)(?:[ \t]+ago)?\b", re.IGNORECASE)
_LAST: Final = re.compile(r"(?:last|past)\s+(\d+(?:\.\d+)?)\s*([a-z]+)\b(?![./])", re.IGNORECASE)
_COUNT_AND_UNIT: Final = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)\b(?![./])", re.IGNORECASE)


def word_of_another_language(place: Place) -> Mistake | None:
    """One or two words that another language has for something that is here too."""
    following = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)]
    if not following or following[0].terminal != "PATH":
        return None
    if len(following) == 2 and (pair := _PAIRS.get((place.word, following[1].text.lower()))):
        return _translated(place, place.found.start, following[1].end, *pair)
    if place.word in _WORDS:
        return _translated(place, place.found.start, place.found.end, *_WORDS[place.word])
    return None


def _translated(place: Place, start: int, end: int, language: str | None, new: str) -> Mistake:
    return _uncertain(idiom(language, place.text[start:end], new, Span(start, end), replacing(start, end, new)))


def _uncertain(mistake: Mistake) -> Mistake:
    """A mistake that is only said if its repair takes the parser further."""
    return Mistake(mistake.code, mistake.message, mistake.span, mistake.hints, repairs=mistake.repairs)


def order_by(place: Place) -> Mistake | None:
    """`order by x`: the `by` was taken for a field."""
    by, order = place.back(1), place.back(2)
    if by is None or order is None or by.text.lower() != "by" or order.terminal not in _SORTING:
        return None
    repair = replacing(order.start, place.found.start, "order ", "write `order`")
    return idiom(_SQL, place.text[order.start : by.end], "order", Span(order.start, by.end), repair)


def like(place: Place) -> Mistake | None:
    """`like '%a%'`, and `ilike`."""
    exact = _LIKES.get(place.word)
    ahead = [lexeme for lexeme, _ in zip(place.ahead(), range(2), strict=False)]
    if exact is None or len(ahead) < 2 or ahead[1].terminal != "STRING":
        return None
    new = like_test(read_string(ahead[1].text), exact=exact)
    start, end = place.found.start, ahead[1].end
    if place.back_terminal() == "NOT" and new[0] == "~":
        start, new = place.attempt.lexemes[-1].start, f"!{new}"
    return idiom(_SQL, place.text[start:end], new, Span(start, end), replacing(start, end, new))


def spelled_unit(place: Place) -> Mistake | None:
    """`7 days`: a number and the name of a unit."""
    count = place.back()
    if count is None or count.terminal != "NUMBER" or place.found.terminal != "PATH":
        return None
    span = Span(count.start, place.found.end)
    old = place.text[span.start : span.end]
    if (no_time := _no_fixed_time(count.text, place.word, old, span)) is not None:
        return no_time
    new = duration_of(count.text, place.word)
    if new is None or not lexer().terminal_pattern("DURATION").fullmatch(new):
        return None
    return idiom(None, old, new, span, replacing(span.start, span.end, new))


def duration_of(count: str, unit: str) -> str | None:
    """`7` and `days` as the language writes it, `7d`; `None` for what is no unit of a fixed length."""
    word = unit.lower()
    if (digits := _OF_A_SECOND.get(word) or _OF_A_SECOND.get(word.removesuffix("s"))) is not None:
        return f"{Decimal(count).scaleb(-digits).normalize():f}s"
    letter = _UNITS.get(word) or (_UNITS.get(word.removesuffix("s")) if len(word) > len("ms") else None)
    return f"{count}{letter}" if letter is not None else None


def glued_unit(place: Place) -> Mistake | None:
    """`5min`, `30days`: a number and the name of a unit, without a space."""
    match = _COUNT_AND_UNIT.match(place.text, place.found.start)
    if match is None or place.found.terminal != STRAY or "DURATION" not in place.accepted:
        return None
    if (no_time := _no_fixed_time(match[1], match[2], match[0], Span(*match.span()))) is not None:
        return no_time
    new = duration_of(match[1], match[2])
    if new is None or not lexer().terminal_pattern("DURATION").fullmatch(new):
        return None
    return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new))


def first_rows(place: Place) -> Mistake | None:
    """`mean(logged.loss, first 10)`: `last N` looks at the end of a history, and nothing at its beginning."""
    word = place.back()
    if word is None or word.text.lower() != "first" or place.found.terminal != "NUMBER":
        return None
    if place.back_terminal(2) != "COMMA" or not place.opened:
        return None
    span = Span(word.start, place.found.end)
    last = int(place.found.text) - 1 if place.found.text.isdecimal() else "N"
    hints = (
        f"its last values are `last {place.found.text}`",
        f"of the first steps: `runs keys loss steps ..{last} scan | group run_id : mean(loss)`",
    )
    message = f"an aggregate of a history takes no `first {place.found.text}`"
    return Mistake("RQL101", message, span, hints, certain=True, resume=place.found.end)


def _no_fixed_time(count: str, unit: str, written: str, span: Span) -> Mistake | None:
    """`2 years`, `3mo`: what has no fixed length."""
    word = unit.lower()
    days = _DAYS_OF.get(word) or _DAYS_OF.get(word.removesuffix("s"))
    if days is None or not re.fullmatch(r"\d+(?:\.\d+)?", count):
        return None
    hint = f"so many days are `{int(float(count) * days)}d`; a date is `2026-01-31`"
    return Mistake("RQL107", f"`{written}` is no fixed time", span, (hint,), certain=True)


def last_days(place: Place) -> Mistake | None:
    """`created > last 7d`, `created > last 7 days`."""
    word = place.back()
    if word is None or word.text.lower() not in {"last", "past"}:
        return None
    match = _LAST.match(place.text, word.start)
    if match is None or match.end() <= place.found.start:
        return None
    span = Span(*match.span())
    if (no_time := _no_fixed_time(match[1], match[2], match[0], span)) is not None:
        return no_time
    duration = duration_of(match[1], match[2])
    if duration is None:
        return None
    new = f"{duration} ago"
    return idiom(None, match[0], new, span, replacing(span.start, span.end, new))


def spelled_days(place: Place) -> Mistake | None:
    """`as of 7 days ago`."""
    if place.back_terminal() != "OF" or place.back_terminal(2) != "AS_OF":
        return None
    match = _SPELLED_AGO.match(place.text, place.found.start)
    duration = duration_of(match[1], match[2]) if match is not None else None
    if match is None or duration is None:
        return None
    new = f"{duration} ago"
    return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new))


def moment_of_copy(place: Place) -> Mistake | None:
    """`as of yesteday`, `as of last week`: behind `as of` stands a moment, as the language writes one."""
    if place.word != "as" or not (behind := _BEHIND_AS_OF.match(place.text, place.found.end)):
        return None
    word, start = behind[1] or "", behind.start(1)
    hints: tuple[str, ...] = ("for example: `as of 7d ago`, `as of yesterday`, `as of 2026-11-01`",)
    if not word:
        return Mistake(
            "RQL101", "a moment must follow `as of`", Span(place.found.start, behind.end()), hints, certain=True
        )
    near = nearest(word, ("now", "today", "yesterday"), most=1)
    repairs = tuple(replacing(start, start + len(word), each) for each in near)
    hints = (*(f"nearest: `{each}`" for each in near), *hints)
    message = f"`{shown(word)}` is no moment of the past"
    return Mistake("RQL101", message, Span(start, start + len(word)), hints, repairs=repairs, certain=True)


def skip(place: Place) -> Mistake | None:
    """`skip 20`: the first ones are left out by `offset`."""
    if place.word != "skip" or "OFFSET" not in place.accepted:
        return None
    return idiom(_SQL, place.found.text, "offset", place.span, replacing(place.span.start, place.span.end, "offset"))


def limit_of_two(place: Place) -> Mistake | None:
    """`limit 20, 10`: what is left out, and how many then."""
    at = place.back(2)
    if place.found.text != "," or at is None or at.terminal != "LIMIT" or place.back_terminal() != "NUMBER":
        return None
    match = _TWO.match(place.text, at.start)
    if match is None:
        return None
    new = f"limit {match['count']} offset {match['offset']}"
    if place.back_terminal(3) == "PIPE":
        new = f"offset {match['offset']} | limit {match['count']}"
    span = Span(*match.span())
    return idiom("MySQL", match[0], new, span, replacing(span.start, span.end, new))


def misspelled(place: Place) -> Mistake | None:
    """A keyword with a slip in it."""
    if place.found.terminal != "PATH":
        return None
    return _misspelled(place.found.text, place.accepted, place.found.start)


def misspelled_before(place: Place) -> Mistake | None:
    """A misspelled keyword that was read as a name."""
    before = place.back()
    if before is None or before.terminal not in {"PATH", "SOURCE", "FUNCTION"} or place.found.terminal == END:
        return None
    could = accepted(place.attempt.start, place.attempt.lexemes[:-1])
    mistake = _misspelled(before.text, could, before.start)
    return (
        mistake
        if mistake is None
        else Mistake(
            mistake.code,
            mistake.message,
            mistake.span,
            mistake.hints,
            expected=mistake.expected,
            repairs=mistake.repairs,
            reach=2,
        )
    )


_OTHER_LOGIC: Final = frozenset({"xor", "nor", "nand", "xnor", "iff", "implies"})
"""What joins conditions elsewhere and is not here: no slip for `or` and `and`, which mean something else."""


def _misspelled(text: str, could: frozenset[str], start: int) -> Mistake | None:
    table = keywords()
    if text.lower() in _OTHER_LOGIC:
        return None
    words = [word for terminal in could for word in table.words.get(terminal, ())]
    allowed = 2 if len(text) > 4 or (len(words) == 1 and len(text) > 2) else 1 if len(text) > 2 else 0
    near = nearest(text, sorted(words), most=3, allowed=allowed)
    if not near:
        begun = [word for word in words if len(text) > 2 and word.startswith(text.lower())]
        near = (begun[0],) if len(begun) == 1 else ()
    if not near:
        return None
    # Of words that are equally near, one that begins like what was written.
    least = distance(text.lower(), near[0], allowed)
    equal = [word for word in near if distance(text.lower(), word, allowed) == least]
    near = (max(equal, key=lambda word: sum(map(eq, word[:2], text.lower()))),)
    span = Span(start, start + len(text))
    message = f"unknown word `{text}`"
    return Mistake(
        "RQL106",
        message,
        span,
        (f"nearest: `{near[0]}`",),
        expected=near,
        repairs=(replacing(span.start, span.end, near[0]),),
    )
