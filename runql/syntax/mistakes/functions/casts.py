"""Casts, `case` and parts of times as SQL writes them, and slices of texts."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.literals import quote_name
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing, shown
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.types import cast_of, is_whole
from runql.text.source import Span

PARTS: Final = {
    "year": "year(X)",
    "month": 'number(format(X, "%m"))',
    "day": 'number(format(X, "%d"))',
    "hour": "hour(X)",
    "minute": 'number(format(X, "%M"))',
    "second": 'number(format(X, "%S"))',
    "week": 'number(format(X, "%V"))',
    "doy": 'number(format(X, "%j"))',
    "dow": "weekday(X) % 7",
    "isodow": "weekday(X)",
    "quarter": 'ceil(number(format(X, "%m")) / 3)',
    "epoch": "number(X)",
    "date": "date(X)",
}
"""Parts of times by the names that SQL gives them, mostly as numbers."""
_CAST: Final = re.compile(r"(?i)\b(?:try_|safe_)?(?:cast|convert)\s*\(\s*")
_EXTRACT: Final = re.compile(r"(?i)\bextract\s*\(\s*(\w+)\s+from\s+")
_SUBSTRING: Final = re.compile(
    r"(?i)\bsubstr(?:ing)?\s*\((?P<owner>[^()]*?)\s+from\s+(?P<start>\d{1,9})(?:\s+for\s+(?P<count>\d{1,9}))?\s*\)"
)
_TYPED: Final = re.compile(r"::\s*(\w+)(?:\s*\([\d, ]*\))?")
_CASE: Final = re.compile(
    r"(?is)\bcase\s+(?P<when>when\b.+?\bthen\b.+?)(?:\s+else\s+(?P<otherwise>(?:(?!\bwhen\b).)+?))?\s+end\b"
)
_WHEN: Final = re.compile(r"(?is)\bwhen\s+(.+?)\s+then\s+(.+?)(?=\s+when\b|\Z)")
_DEFAULT: Final = re.compile(r"\.default\s*=\s*(.+)", re.S)
_SCALAR: Final = re.compile(r"(?i)\b(?:to)?scalar\Z")
_SLICE: Final = re.compile(r"\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]")


def cast_as(place: Place) -> Mistake | None:
    """`cast(x as float)`."""
    if place.word != "as" or not place.opened:
        return None
    bracket = place.opened[-1]
    end = closing(place.text, bracket.start)
    start = max((match.start() for match in _CAST.finditer(place.text, 0, bracket.end)), default=-1)
    if end is None or start < 0 or place.text[start : bracket.start].strip().lower() not in _CASTS:
        return None
    kind = re.split(r"\W", place.text[place.found.end : end.start].strip())[0]
    return _cast("SQL", place.text, Span(start, end.end), kind, place.text[bracket.end : place.found.start].strip())


def _cast(language: str, text: str, span: Span, kind: str, value: str) -> Mistake | None:
    """A value as one of a type; as a whole number it is rounded, or cut: others do this or that."""
    cast = cast_of(kind)
    if cast is None:
        return None
    written = text[span.start : span.end]
    if not is_whole(kind):
        new = f"{'time' if cast == 'date' and value[:1] in _QUOTES else cast}({value})"
        return idiom(language, written, new, span, replacing(span.start, span.end, new))
    value = f"number({value})" if _OF_TEXT.search(value) else value
    ways = (f"round({value})", f"floor({value})")
    message = f"`{shown(written)}` is {language}; a whole number is {' or '.join(f'`{shown(way)}`' for way in ways)}"
    hint = "`round` takes the nearest, as DuckDB and Postgres cast; `floor` the next below"
    repairs = tuple(replacing(span.start, span.end, way) for way in ways)
    return Mistake("RQL108", message, span, (hint,), repairs=repairs, reach=0)


_QUOTES: Final = ("'", '"')
_OF_TEXT: Final = re.compile(r"(?i)[\"'$]|\b(?:split|extract|substr|replace|text|trim|format|element|lower|upper)\s*\(")


_CASTS: Final = frozenset({"cast", "try_cast", "safe_cast", "convert"})


def colons(place: Place) -> Mistake | None:
    """`x::int`."""
    split = place.back_terminal() == "COLON" and place.text[place.found.start - 1] == ":"
    before, start = (place.back(2), place.found.start - 1) if split else (place.back(), place.found.start)
    match = _TYPED.match(place.text, start)
    if match is None or before is None or before.end != start:
        return None
    known = cast_of(match[1]) is not None and before.terminal in {"PATH", "STRING", "NUMBER", "PARAM"}
    if not known:
        hint = "the casts are `number(x)`, `text(x)`, `bool(x)` and `time(x)`"
        return Mistake("RQL108", "`::` is Postgres", place.span, (hint,), certain=True)
    return _cast("Postgres", place.text, Span(before.start, match.end()), match[1], before.text)


_ARROWS: Final = re.compile(r"(?P<owner>[^\W\d][\w.]*)(?P<keys>(?:\s*->>?\s*'[^']+')+)")
_FAR: Final = 200
_TYPED_MOMENT: Final = re.compile(
    r"(?i)(?:date|timestamp|timestamptz|datetime)\s+(?P<quote>['\"])(?P<moment>[^'\"]+)(?P=quote)"
)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def key_of_json(place: Place) -> Mistake | None:
    """`config->>'lr'`, `config->'optim'->>'lr'`."""
    begin, end = max(0, place.found.start - _FAR), place.found.start + _FAR
    around = place.text[begin:end]  # a long text would be looked through from each of its letters
    at = place.found.start - begin
    found = next((one for one in _ARROWS.finditer(around) if one.start() < at < one.end()), None)
    if found is None:
        return None
    keys = re.findall(r"'([^']+)'", found["keys"])
    new = ".".join((found["owner"], *(key if _PLAIN_KEY.fullmatch(key) else quote_name(key) for key in keys)))
    start, stop = begin + found.start(), begin + found.end()
    return idiom("Postgres", found[0], new, Span(start, stop), replacing(start, stop, new))


_PLAIN_KEY: Final = re.compile(r"[^\W\d]\w*")


def typed_moment(place: Place) -> Mistake | None:
    """`date '2026-01-13'`, `timestamp '2026-01-13 10:00:00'`."""
    word = place.back()
    found = _TYPED_MOMENT.match(place.text, word.start) if word is not None else None
    if found is None or not found.start() < place.found.start < found.end():
        return None
    moment = found["moment"].strip()
    # Beside `>` a date without a time is the whole day here, and its midnight in SQL.
    is_midnight = place.back_terminal(2) in {"GE", "LT"} and _DAY.match(moment)
    new = moment if is_midnight else f'time("{moment}")'
    return idiom("SQL", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def case_when(place: Place) -> Mistake | None:
    """`case when a then b else c end`."""
    before = place.back()
    if place.word != "when" or before is None or before.text.lower() != "case":
        return None
    match = _CASE.match(place.text, before.start)
    if match is None:
        hint = "two ways are `if(condition, then, otherwise)`"
        span = Span(before.start, place.found.end)
        return Mistake("RQL108", "`case when` is SQL", span, (hint,), certain=True)
    new = match["otherwise"] or "null"
    for condition, value in reversed(_WHEN.findall(match["when"])):
        new = f"if({condition.strip()}, {value.strip()}, {new})"
    return idiom("SQL", match[0], new, Span(*match.span()), replacing(*match.span(), new))


def case_when_of_r(place: Place) -> Mistake | None:
    """`case_when(a < 1 ~ "low", TRUE ~ "high")`."""
    name = place.text[: place.opened[-1].start].rstrip() if place.opened else ""
    if not name.lower().endswith("case_when"):
        return None
    bracket = place.opened[-1]
    end = closing(place.text, bracket.start)
    if end is None:
        return None
    new = "null"
    for argument in reversed(arguments_of(place.text[bracket.end : end.start])):
        condition, tilde, value = (part.strip() for part in argument.rpartition("~"))
        if not tilde:
            default = _DEFAULT.match(argument)
            if default is None or new != "null":
                return None
            new = default[1]
        elif condition.lower() in {"true", "t"}:
            new = value
        else:
            new = f"if({condition}, {value}, {new})"
    span = Span(len(name) - len("case_when"), end.end)
    return idiom("R", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def scalar_question(place: Place) -> Mistake | None:
    """`toscalar(runs | …)`, `scalar(runs | …)`."""
    names = [(lexeme, place.text[: lexeme.start].rstrip()) for lexeme in place.opened]
    found = next(((one, match) for one, text in names if (match := _SCALAR.search(text)) is not None), None)
    if found is None or not place.text[found[0].end :].lstrip().lower().startswith(("runs", "count")):
        return None
    span = Span(*found[1].span())
    return idiom("KQL", f"{found[1][0]}(…)", "value(…)", span, replacing(span.start, span.end, "value"))


def extract_from(place: Place) -> Mistake | None:
    """`extract(year from t)`."""
    if place.word != "from" or not place.opened:
        return None
    bracket = place.opened[-1]
    match = next((one for one in _EXTRACT.finditer(place.text) if one.start() < bracket.start < one.end()), None)
    end = closing(place.text, bracket.start)
    pattern = PARTS.get(match[1].lower()) if match is not None else None
    if match is None or end is None or pattern is None:
        return None
    new = pattern.replace("X", place.text[match.end() : end.start].strip())
    span = Span(match.start(), end.end)
    return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def substring_from(place: Place) -> Mistake | None:
    """`substring(name from 1 for 3)`: SQL counts characters from 1."""
    found = next((one for one in _SUBSTRING.finditer(place.text) if one.start() < place.found.start < one.end()), None)
    if found is None:
        return None
    count = f", {found['count']}" if found["count"] else ""
    new = f"substr({found['owner'].strip()}, {max(0, int(found['start']) - 1)}{count})"
    return idiom("SQL", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def text_slice(place: Place) -> Mistake | None:
    """`name[0:3]`, `name[:3]`, `name[-3:]`."""
    before = place.back()
    match = _SLICE.match(place.text, place.found.start)
    if match is None or before is None or before.terminal != "PATH" or before.end != place.found.start:
        return None
    if before.text.lower().startswith("logged."):
        return None  # rows of a history
    owner, start, stop = before.text.removesuffix(".str"), match[1] or "0", match[2]
    if (stop.startswith("-") or start.startswith("-")) and stop:
        hint = f"the characters from a place on are `substr({owner}, start, n)`"
        return Mistake(
            "RQL108", f"`{owner}{match[0]}` is Python", Span(before.start, match.end()), (hint,), certain=True
        )
    count = f", {max(0, int(stop) - int(start))}" if stop else ""
    span, new = Span(before.start, match.end()), f"substr({owner}, {start}{count})"
    return idiom("Python", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
