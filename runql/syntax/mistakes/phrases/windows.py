"""Windows as SQL, pandas, polars and dplyr write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.window_calls import WindowRows, together, turned, window_of
from runql.text.source import Span

_SQL: Final = "SQL"
_OVER: Final = re.compile(r"(?i)\bover\s*(?=\()")
_METHOD: Final = re.compile(r"\.\s*over\s*\(")
_KEY: Final = re.compile(r"[^\W\d][\w./]*\Z")
_BEFORE: Final = re.compile(r"[^\W\d]\w*\s*\Z")
_SORTED: Final = re.compile(r"(?i)(?<![\w.])order(?:\s+by)?\b")
_PARTED: Final = re.compile(r"(?i)\s*partition\s+by\b")
_FRAME: Final = re.compile(r"(?i)\b(?:rows|range|groups)\s+(?:between\b|unbounded\b|current\b|\d)[\w\s]*\Z")
_RUNNING: Final = re.compile(
    r"(?i)\b(?:rows|range)\s+(?:between\s+)?unbounded\s+preceding(?:\s+and\s+current\s+row)?\s*\Z"
)
_LAST_ROWS: Final = re.compile(r"(?i)\brows\s+(?:between\s+)?(?P<rows>\d{1,6})\s+preceding\b")
_DIRECTION: Final = re.compile(r"(?i)\s+(?P<word>asc|desc)\Z")
_NULLS: Final = re.compile(r"(?i)\s+nulls\s+(?:first|last)\Z")
_SELECT: Final = re.compile(
    r"(?is)select\s+(?P<columns>(?:(?!\bfrom\b)[^;|])+?)\s+from\s+runs\b(?![./])(?P<rest>[^;|]*)"
)
_SEES: Final = re.compile(r"(?i)\)\s+over\s")
_NAMED: Final = re.compile(r"(?is)(?P<value>.+?)\s+as\s+(?P<name>[^\W\d]\w*)\Z")
_LATER: Final = re.compile(r"(?i)\b(?:qualify|order\s+by|limit)\b")
_GROUPED: Final = re.compile(r"(?i)\b(?:group\s+by|having|join|union)\b")


def over_of_sql(place: Place) -> Mistake | None:
    """`rank() over (partition by m order by a desc)`: the keys and the order without their second word."""
    over = next((one for one in reversed(place.attempt.lexemes[-40:]) if one.terminal == "OVER"), None)
    opened = None if over is None else _OVER.match(place.text, over.start)
    end = None if opened is None else closing(place.text, opened.end())
    if over is None or opened is None or end is None or end.end <= place.found.start:
        return None
    inner = place.text[opened.end() + 1 : end.start]
    frame = _FRAME.search(inner)
    if frame is not None and _RUNNING.search(inner) is None:
        return _framed(
            Span(opened.end() + 1 + frame.start(), opened.end() + 1 + frame.end()), frame[0].strip(), end.end
        )
    written = _window_at(place.text, over.start)
    if written is None:
        return None
    span, new = written
    language = _SQL if re.search(r"(?i)\bby\b", inner) or not inner.strip() else None
    return idiom(language, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def over_of_polars(place: Place) -> Mistake | None:
    """`mean(x).over("k")`: the keys stand behind the call."""
    found = _METHOD.match(place.text, place.found.start)
    end = closing(place.text, found.end() - 1) if found is not None and place.back_terminal() == "RPAR" else None
    if found is None or end is None:
        return None
    keys = [key.strip("\"'") for key in arguments_of(place.text[found.end() : end.start].strip().strip("[]"))]
    if not all(map(_KEY.match, keys)):
        return None
    new = WindowRows(together(keys) if keys else "all").behind()
    span = Span(found.start(), end.end)
    return idiom("polars", place.text[span.start : span.end], new.strip(), span, replacing(span.start, span.end, new))


def _framed(span: Span, frame: str, resume: int) -> Mistake:
    """`rows between 9 preceding and current row`: a window of RunQL has no such part."""
    hints = ["a sum, mean, min or max up to each row is `cumsum(x)`, `cummean(x)`, `cummin(x)`, `cummax(x)`"]
    if (rows := _LAST_ROWS.match(frame)) is not None and int(rows["rows"]) > 0:
        hints.insert(0, f"the mean of the last rows of each run is a stage: `| smooth mean {int(rows['rows']) + 1}`")
    message = f"`{frame}` is SQL; a window here is of all rows of its group, or of those up to each"
    return Mistake("RQL108", message, span, tuple(hints), certain=True, resume=resume)


def _window_at(text: str, at: int) -> tuple[Span, str] | None:
    """The window at an `over`: where it stands, with its call if that changes, and how it is written here."""
    opened = _OVER.match(text, at)
    end = closing(text, opened.end()) if opened is not None else None
    called = _call_before(text, at)
    if opened is None or end is None or called is None:
        return None
    rows = _rows_of(text[opened.end() + 1 : end.start])
    if rows is None:
        return None
    start, name, given = called
    new = window_of(name, arguments_of(given), rows)
    plain = f"{text[start:at].rstrip()}{rows.behind()}"
    if new is None or _flat(new) == _flat(plain):
        return Span(at, end.end), rows.behind().lstrip()
    return Span(start, end.end), new


def _flat(text: str) -> str:
    return re.sub(r"\s", "", text.lower())


def _call_before(text: str, at: int) -> tuple[int, str, str] | None:
    """The call that ends before a place: where it begins, its name and its arguments."""
    before = text[:at].rstrip()
    if not before.endswith(")"):
        return None
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        depth += (before[place] == ")") - (before[place] == "(")
        if depth == 0:
            name = _BEFORE.search(before, 0, place)
            return None if name is None else (name.start(), name[0].strip(), before[place + 1 : -1])
    return None


def _rows_of(inner: str) -> WindowRows | None:
    """What stands in the parentheses of SQL as the keys and the order of a window."""
    inner = _RUNNING.sub("", inner)
    parted, ordered = _PARTED.match(inner), _SORTED.search(inner)
    if parted is None and ordered is None and inner.strip():
        return None
    keys = arguments_of(inner[parted.end() if parted else 0 : ordered.start() if ordered else None])
    order = [] if ordered is None else [_sorted_by(one) for one in arguments_of(inner[ordered.end() :])]
    if not all([*keys, *order]) or (parted is not None and not keys) or (ordered is not None and not order):
        return None
    return WindowRows(together(keys) if keys else "all", tuple(order))


def _sorted_by(key: str) -> str:
    key = _NULLS.sub("", key)
    direction = _DIRECTION.search(key)
    if direction is None:
        return key
    name = key[: direction.start()]
    return turned(name) if direction["word"].lower() == "desc" else name


def keys_without_brackets(place: Place) -> Mistake | None:
    """`over partition by m order by a`: the words between are not needed."""
    word, over = place.back(), place.back(2)
    if word is None or over is None or over.terminal != "OVER" or place.word != "by":
        return None
    if word.text.lower() != "partition":
        return None
    span = Span(word.start, place.found.end)
    old = place.text[over.start : span.end]
    following = re.compile(r"\s*").match(place.text, span.end)
    end = following.end() if following is not None else span.end
    return idiom(_SQL, old, "over", Span(over.start, span.end), replacing(span.start, end, "", "write `over`"))


def qualify(place: Place) -> Mistake | None:
    """`| qualify r <= 2`, `qualify r <= 2` behind a stage: a filter on windows is a `where` behind them."""
    if place.word != "qualify":
        return None
    is_behind = place.back_terminal() == "PIPE"
    if not is_behind and "PIPE" not in place.accepted:
        return None
    new = "where" if is_behind else "| where"
    return idiom(_SQL, place.found.text, new, place.span, replacing(place.found.start, place.found.end, new))


def select_with_windows(place: Place) -> Mistake | None:
    """`select name, rank() over (…) as r from runs where …`: windows stand right of a pipe, behind the filter."""
    found = _SELECT.match(place.text, place.found.start) if "RUNS" in place.accepted else None
    if found is None or not (_OVER.search(found["columns"]) or _OVER.search(found["rest"])):
        return None
    rest = found["rest"].strip()
    if _GROUPED.search(rest):
        return None
    later = _LATER.search(rest)
    clauses = rest[: later.start()].strip() if later else rest
    columns = [] if found["columns"].strip() == "*" else arguments_of(_translated(found["columns"].strip()))
    made, stages = _derived(columns) if later else ([], [])
    stages += _stages(rest[later.start() :]) if later else []
    stages += [f"select {', '.join(made or columns)}"] if columns else []
    new = " | ".join([f"runs {clauses}".strip(), *stages])
    span = Span(found.start(), found.start() + len(found[0].rstrip()))
    return idiom(_SQL, found[0].rstrip(), new, span, replacing(span.start, span.end, new))


def _derived(columns: list[str]) -> tuple[list[str], list[str]]:
    """Columns of which each window is made before: what is chosen of them, and the stage that makes them."""
    chosen, made = [], []
    for column in columns:
        named = _NAMED.match(column)
        if not _SEES.search(column):
            chosen.append(column)
        elif named is not None:
            chosen.append(named["name"])
            made.append(f"{named['name']} = {named['value']}")
        else:
            chosen.append(column)
            made.append(column)
    return chosen, [f"derive {', '.join(made)}"] if made else []


def _stages(rest: str) -> Iterator[str]:
    """`qualify … order by … limit …` as stages."""
    starts = [one.start() for one in _LATER.finditer(rest) if not _is_inside(rest, one.start())]
    for start, end in zip(starts, [*starts[1:], len(rest)], strict=True):
        word, *others = rest[start:end].split(maxsplit=1)
        behind = " ".join(others).strip()
        if word.lower() == "order":
            keys = arguments_of(re.sub(r"(?i)\Aby\s+", "", behind))
            yield f"order {', '.join(_sorted_by(key) for key in keys)}"
        else:
            yield f"{'where' if word.lower() == 'qualify' else 'limit'} {_translated(behind)}"


def _is_inside(text: str, at: int) -> bool:
    """Whether a place stands in brackets."""
    return text.count("(", 0, at) > text.count(")", 0, at)


def _translated(text: str) -> str:
    """A text with each window of SQL as it is written here."""
    at = 0
    while (found := _OVER.search(text, at)) is not None:
        written = _window_at(text, found.start())
        at = found.end()
        if written is not None:
            span, new = written
            text = f"{text[: span.start]}{new}{text[span.end :]}"
            at = span.start + len(new)
    return text
