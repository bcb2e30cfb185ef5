"""Phrases of SQL over several words: named windows, tuples in lists, tables side by side, zones of times."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.literals import read_string, write_string
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing, shown
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.phrases.selects import joined_query
from runql.syntax.mistakes.phrases.windows import filtered_by_windows
from runql.text.source import Span

_SQL: Final = "SQL"
_KEY: Final = r"[^\W\d][\w./]*"
_TUPLE: Final = re.compile(
    rf"\(\s*(?P<keys>{_KEY}(?:\s*,\s*{_KEY})+)\s*\)\s*(?P<denied>not\s+)?in\s*(?=\()", re.IGNORECASE
)
_SIMILAR: Final = re.compile(r"(?i)similar\s+to\s+(?P<pattern>'[^'\\\n]*'|\"[^\"\\\n]*\")")
_ZONE: Final = re.compile(r"(?i)at\s+time\s+zone\s+(?P<zone>'[^']{1,60}'|\"[^\"]{1,60}\")")
_ZONE_OF_PANDAS: Final = re.compile(
    rf"(?P<of>{_KEY}?)(?:\.dt)?\.(?:tz_convert|convert_time_zone|tz_localize)\s*\(\s*(?P<zone>'[^']{{1,60}}'|\"[^\"]{{1,60}}\")\s*\)"
)
_TABLES: Final = re.compile(
    r"(?is)(?P<select>select\s+(?:(?!\bfrom\b)[^;|])+?\s+)?from\s+runs(?:\s+(?:as\s+)?(?P<left>(?!where\b)\w+))?\s*,\s*"
    r"(?P<table>[^\W\d][\w-]*)(?:\s+(?:as\s+)?(?P<right>(?!where\b|order\b|limit\b)\w+))?(?P<rest>\s+where\s+[^;|]*|\s*)(?=[;|]|\Z)"
)
_EQUAL: Final = re.compile(r"\s*([\w.]+)\s*==?\s*([\w.]+)\s*")
_AND: Final = re.compile(r"(?i)\s+and\s+")
_SAME: Final = {"null": "is null", "nan": "is nan"}
_MOST: Final = 40


def tuples_in(place: Place) -> Mistake | None:
    """`(config.optimizer, config.seed) in (("adam", 1), ("sgd", 2))`: one test a tuple."""
    opened = place.opened[-1] if place.found.terminal == "COMMA" and place.opened else None
    found = _TUPLE.match(place.text, opened.start) if opened is not None else None
    end = closing(place.text, found.end()) if found is not None else None
    if found is None or end is None:
        return None
    keys = arguments_of(found["keys"])
    inner = place.text[found.end() + 1 : end.start].strip()
    span = Span(found.start(), end.end)
    old = place.text[span.start : span.end]
    if inner.lower().startswith(("runs", "select")):
        hint = f"the rows that another table has too: `| join semi (runs …) on {', '.join(keys)}`"
        return Mistake(
            "RQL108", f"`{shown(old)}` is SQL; several values are compared by a join", span, (hint,), certain=True
        )
    tuples = [arguments_of(one[1:-1]) for one in arguments_of(inner) if one[:1] == "(" and one[-1:] == ")"]
    if not 0 < len(tuples) <= _MOST or any(len(one) != len(keys) for one in tuples):
        return None
    tests = [" and ".join(f"{key} = {value}" for key, value in zip(keys, one, strict=True)) for one in tuples]
    new = f"{'not ' if found['denied'] else ''}({' or '.join(tests)})"
    return idiom(_SQL, old, new, span, replacing(span.start, span.end, new))


def similar_to(place: Place) -> Mistake | None:
    """`name similar to '(lr|batch)%'`: a pattern of the whole text, with the wildcards of `like`."""
    found = _SIMILAR.match(place.text, place.found.start) if place.word == "similar" else None
    if found is None:
        return None
    denial = place.back()
    is_denied = denial is not None and denial.terminal == "NOT"
    pattern = read_string(found["pattern"]).replace("%", ".*").replace("_", ".")
    start = denial.start if is_denied and denial is not None else found.start()
    span = Span(start, found.end())
    new = f"{'!' * is_denied}~ {write_string(f'^(?:{pattern})$')}"
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def zone_of_time(place: Place) -> Mistake | None:
    """`created at time zone 'Europe/Berlin'`, `created.dt.tz_convert("Europe/Berlin")`: the zone is the session's."""
    found = _ZONE.match(place.text, place.found.start)
    name = place.back()
    if found is None and name is not None:
        found = _ZONE_OF_PANDAS.match(place.text, name.start)
    if found is None:
        return None
    span = Span(*found.span())
    zone = found["zone"][1:-1]
    message = f"`{shown(found[0])}`: a time is a moment, and all are shown in the session's time zone"
    hints = (
        f"the session's zone is given as `TZ={zone} runql …`",
        'parts of a time follow it: `date(created)`, `format(created, "%H:%M")`',
    )
    return Mistake("RQL108", message, span, hints, certain=True, resume=span.end)


def not_distinct_from(place: Place) -> Mistake | None:
    """`x is not distinct from 1`: equal, as null is to null."""
    words = [place.back(3), place.back(2), place.back(1)]
    if place.word != "distinct" or words[1] is None or words[1].terminal != "IS" or place.back_terminal() != "NOT":
        return None
    found = re.compile(rf"(?i)distinct\s+from\s+(?P<to>-?[\d.]+(?:e-?\d+)?|'[^']*'|\"[^\"]*\"|\$\w+|{_KEY})").match(
        place.text, place.found.start
    )
    left = words[0]
    if found is None or left is None:
        return None
    to, span = found["to"], Span(words[1].start, found.end())
    new = _SAME.get(to.lower(), f"= {to}")
    if re.fullmatch(_KEY, to) and to.lower() not in {"null", "nan", "true", "false"}:
        if left.terminal != "PATH":
            return None
        span, new = Span(left.start, found.end()), f"({left.text} = {to} or {left.text} is null and {to} is null)"
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def tables_beside(place: Place) -> Mistake | None:
    """`from runs, base where runs.id = base.id`: a join, whose keys are named."""
    found = _beside(place)
    new = None if found is None else _joined(found)
    if found is None or new is None:
        return None
    span = Span(found.start(), found.start() + len(found[0].rstrip()))
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def tables_by_a_key(place: Place) -> Mistake | None:
    """`from runs, base`: where no key is named, or both tables have columns of one name."""
    found = _beside(place)
    if found is None:
        return None
    joined = _joined(found) or f"runs | join {found['table']} on KEY"
    message = "two tables side by side are SQL; in RunQL they are joined by a key"
    hint = f"the rows in which a key is equal: `{joined}`"
    span = Span(found.start(), found.start() + len(found[0].rstrip()))
    return Mistake("RQL108", message, span, (hint,), certain=True, resume=span.end)


def _beside(place: Place) -> re.Match[str] | None:
    if "RUNS" not in place.accepted or place.word not in {"select", "from"}:
        return None
    return _TABLES.match(place.text, place.found.start)


def _joined(found: re.Match[str]) -> str | None:
    """The join of two tables by what a `where` sets equal."""
    left = {one for one in ("runs", found["left"]) if one}
    right = {one for one in (found["table"], found["right"]) if one}
    terms = [one for one in _AND.split(re.sub(r"(?i)\A\s*where\s+", "", found["rest"])) if one.strip()]
    keys, others = list[str](), list[str]()
    for term in terms:
        pair = _EQUAL.fullmatch(term)
        sides = {side.partition(".")[0] for side in pair.groups()} if pair is not None else set()
        (keys if sides & left and sides & right else others).append(term.strip())
    if not keys or found["table"].lower() == "runs":
        return None
    where = f" where {' and '.join(others)}" if others else ""
    names = f"runs {found['left'] or ''}".strip(), f"{found['table']} {found['right'] or ''}".strip()
    select = found["select"] or "select * "
    return joined_query(f"{select}from {names[0]} join {names[1]} on {' and '.join(keys)}{where}")


def windows_left_of_pipe(place: Place) -> Mistake | None:
    """`runs where rank() over (partition by k order by x) = 1`: a filter on windows stands right of a pipe."""
    where = place.clause
    if place.first_pipe is not None or where is None or not any(one.terminal == "OVER" for one in place.piece):
        return None
    where = next((one for one in reversed(place.attempt.lexemes) if one.terminal == "WHERE"), None)
    if where is None:
        return None
    stop = re.compile(r"[;|]|\Z").search(place.text, where.end)
    end = len(place.text) if stop is None else stop.start()
    written = place.text[where.start : end].rstrip()
    new = filtered_by_windows(written)
    if new is None:
        return None
    span = Span(where.start, where.start + len(written))
    return idiom(_SQL, written, new, span, replacing(span.start, span.end, new))
