"""Windows as SQL, pandas, polars and dplyr write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runql.language.windows import RANKED, WINDOWS
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing, shown
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.window_calls import WindowRows, together, turned, window_of
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS
from runql.syntax.mistakes.sql_group_by import limited
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
_LAST_FRAME: Final = re.compile(
    r"(?i)rows\s+(?:between\s+(?P<rows>\d{1,6})\s+preceding\s+and\s+current\s+row|(?P<alone>\d{1,6})\s+preceding)"
)
_LAST_OF: Final = {
    **{name: f"rolling_{name}" for name in ("mean", "avg", "sum", "min", "max", "median")},
    **dict.fromkeys(("std", "stddev", "stddev_samp"), "rolling_std"),
}
_DIRECTION: Final = re.compile(r"(?i)\s+(?P<word>asc|desc)\Z")
_NULLS: Final = re.compile(r"(?i)\s+nulls\s+last\Z")
_SELECT: Final = re.compile(
    r"(?is)select\s+(?P<columns>(?:(?!\bfrom\b)[^;|])+?)\s+from\s+runs\b(?![./])(?P<rest>[^;|]*)"
)
_CALLED: Final = re.compile(r"(?P<name>[^\W\d]\w*)\s*\(")
_STAGE_END: Final = re.compile(r"\s*(?:[|;]|\Z)")
_SEES: Final = re.compile(r"(?i)\)\s+over\s")
_NAMED: Final = re.compile(
    r"(?is)(?P<value>.+?)\s+as\s+(?P<name>[^\W\d]\w*)\Z|(?P<bare>.*\))\s+(?P<alias>(?!asc\b|desc\b)[^\W\d]\w*)\Z"
)
_WINDOWS: Final = re.compile(r"(?i)\bwindow\s+(?=[^\W\d]\w*\s+as\s*\()")
_WINDOW: Final = re.compile(r"(?i)\s*,?\s*(?P<name>[^\W\d]\w*)\s+as\s*(?=\()")
_OVER_NAME: Final = re.compile(r"(?i)\bover\s+(?P<name>[^\W\d]\w*)\b")
_ONCE: Final = re.compile(r"(?i)distinct\s+")
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
        if last := _last_values(place, over.start, Span(opened.end() + 1, end.end), inner[: frame.start()], frame[0]):
            return last
        return _framed(
            Span(opened.end() + 1 + frame.start(), opened.end() + 1 + frame.end()), frame[0].strip(), end.end
        )
    written = _window_at(place.text, over.start)
    if written is None:
        return None
    span, new = written
    language = _SQL if re.search(r"(?i)\bby\b", inner) or not inner.strip() else None
    old, repair = place.text[span.start : span.end], replacing(span.start, span.end, new)
    called = _call_before(place.text, over.start)
    if called is None or called[1].lower() != "last_value" or _SORTED.search(inner) is None:
        return idiom(language, old, new, span, repair)
    ends = f"SQL's frame ends at each row, where it is `{shown(called[2])}` itself; here it is the last of the group"
    return idiom(language, old, new, span, repair, ends)


def _last_values(place: Place, at: int, brackets: Span, rows: str, frame: str) -> Mistake | None:
    """`avg(x) over (order by t rows between 19 preceding and current row)`: of the last 20 values."""
    last, called, parted = _LAST_FRAME.fullmatch(frame.strip()), _call_before(place.text, at), _rows_of(rows)
    if last is None or called is None or parted is None or not parted.order:
        return None
    start, name, given = called
    new = _of_last_rows(name, given, last, parted)
    if new is None:
        return None
    span = Span(start, brackets.end)
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _of_last_rows(name: str, given: str, frame: re.Match[str], rows: WindowRows) -> str | None:
    if not rows.order:
        return None
    count = int(frame["rows"] or frame["alone"]) + 1
    return window_of(_LAST_OF.get(name.lower(), ""), [given, str(count)], rows)


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
    called = _call_before(place.text, found.start())
    if called is not None and called[1].lower() in RANKED and not called[2].strip():
        message = f"`{place.text[called[0] : span.end]}` is polars; in RunQL a rank has an order behind its keys"
        hint = f"written `{called[1]}(){new} order -summary.acc`, the best first"
        return Mistake("RQL108", message, Span(called[0], span.end), (hint,), certain=True)
    return idiom("polars", place.text[span.start : span.end], new.strip(), span, replacing(span.start, span.end, new))


def order_without_keys(place: Place) -> Mistake | None:
    """`rank() order -acc`: whose rows are ordered stands between."""
    called = _call_before(place.text, place.found.start) if place.first_pipe is not None else None
    if called is None or place.word != "order" or called[1].lower() not in WINDOWS:
        return None
    by = re.compile(r"(?i)order(\s+by)?\b").match(place.text, place.found.start)
    end = by.end() if by is not None else place.found.end
    message = f"`over` is missing between `{called[1]}(…)` and `order`: it says of which rows"
    hint = "`over all` is of all rows, `over KEY` of those of each group"
    repair = replacing(place.found.start, end, "over all order", "write `over all`")
    return Mistake("RQL101", message, place.span, (hint,), repairs=(repair,), reach=2)


def call_left_of_pipe(place: Place) -> Mistake | None:
    """`runs zscore(acc)`: a value of other rows is a column, right of a pipe."""
    if "WHERE" not in place.accepted or "AND" in place.accepted or place.first_pipe is not None:
        return None
    found = _CALLED.match(place.text, place.found.start)
    end = None if found is None else closing(place.text, found.end() - 1)
    if found is None or end is None or not _STAGE_END.match(place.text, end.end):
        return None
    given = arguments_of(place.text[found.end() : end.start])
    if found["name"].lower() in FOLDS and len(given) == 1:
        folded, span = f"| group : {FOLDS[found['name'].lower()]}({given[0]})", Span(found.start(), end.end)
        return idiom(None, place.text[span.start : span.end], folded, span, replacing(span.start, span.end, folded))
    new = window_of(found["name"], given, WindowRows())
    if new is None:
        return None
    new, span = f"| derive {found['name']} = {new}", Span(found.start(), end.end)
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _framed(span: Span, frame: str, resume: int) -> Mistake:
    """`rows between 9 preceding and current row`: a window of RunQL has no such part."""
    hints = ["a sum, mean, min or max up to each row is `cumsum(x)`, `cummean(x)`, `cummin(x)`, `cummax(x)`"]
    if (rows := _LAST_ROWS.match(frame)) is not None and int(rows["rows"]) > 0:
        hints.insert(0, f"of the last values up to each row: `mean(x, last {int(rows['rows']) + 1})`")
    message = f"`{frame}` is SQL; a window here is of all rows of its group, or of those up to each"
    return Mistake("RQL108", message, span, tuple(hints), certain=True, resume=resume)


def _window_at(text: str, at: int) -> tuple[Span, str] | None:
    """The window at an `over`: where it stands, with its call if that changes, and how it is written here."""
    opened = _OVER.match(text, at)
    end = closing(text, opened.end()) if opened is not None else None
    called = _call_before(text, at)
    if opened is None or end is None or called is None:
        return None
    inner = text[opened.end() + 1 : end.start]
    frame = _LAST_FRAME.search(inner)
    last = frame if frame is not None and inner[frame.end() :].strip() == "" else None
    rows = _rows_of(inner if last is None else inner[: last.start()])
    if rows is None:
        return None
    start, name, given = called
    if last is not None:
        new = _of_last_rows(name, given, last, rows)
        return None if new is None else (Span(start, end.end), new)
    given = "" if given.strip() == "*" else given
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
    new = None if found is None else query_with_windows(found[0])
    if found is None or new is None:
        return None
    span = Span(found.start(), found.start() + len(found[0].rstrip()))
    return idiom(_SQL, found[0].rstrip(), new, span, replacing(span.start, span.end, new))


def filtered_by_windows(text: str) -> str | None:
    """`where rank() over (partition by k order by x) = 1 …` as stages; `None` for one without a window of SQL."""
    later = next((one.start() for one in _LATER.finditer(text) if not _is_inside(text, one.start())), len(text))
    condition = text[:later].strip()
    new = _translated(condition)
    return None if new == condition else " | ".join([f"| {new}", *(_stages(text[later:]) if text[later:] else ())])


def _with_windows_written_out(text: str) -> str:
    """A `select` in which each `over w` has what `window w as (…)` names."""
    clause = _WINDOWS.search(text)
    named, at = dict[str, str](), 0 if clause is None else clause.end()
    while clause is not None and (found := _WINDOW.match(text, at)) is not None:
        end = closing(text, found.end())
        if end is None:
            return text
        named[found["name"].lower()], at = text[found.end() : end.end], end.end
    if clause is None or not named:
        return text
    written = f"{text[: clause.start()].rstrip()}{text[at:]}"
    return _OVER_NAME.sub(lambda over: f"over {named.get(over['name'].lower(), over['name'])}", written)


def query_with_windows(text: str) -> str | None:
    """A `select` with windows as a query; `None` for one without."""
    found = _SELECT.fullmatch(_with_windows_written_out(text))
    if found is None or not (_OVER.search(found["columns"]) or _OVER.search(found["rest"])):
        return None
    rest = found["rest"].strip()
    if _GROUPED.search(rest):
        return None
    later = next((one for one in _LATER.finditer(rest) if not _is_inside(rest, one.start())), None)
    clauses = rest[: later.start()].strip() if later else rest
    listed = [_titled(one) for one in arguments_of(found["columns"].strip())]
    columns = [] if listed == ["*"] else arguments_of(_translated(", ".join(listed)))
    stages = _ordered(columns, list(_stages(rest[later.start() :])) if later else [])
    if _OVER.search(clauses):  # a filter on windows, which SQL has in `qualify` alone
        return " | ".join(["runs", _translated(clauses), *stages])
    return " | ".join([f"runs {clauses}".strip(), *stages])


def _titled(column: str) -> str:
    """A column with `as` before its name."""
    named = _NAMED.match(column)
    return column if named is None or named["alias"] is None else f"{named['bare']} as {named['alias']}"


def _ordered(columns: list[str], later: list[str]) -> list[str]:
    """The columns and what follows them: a window is counted once, over all rows, before a `limit` takes some."""
    once = [] if not columns or not _ONCE.match(columns[0]) else ["distinct"]
    columns = [_ONCE.sub("", columns[0]), *columns[1:]] if once else columns
    select = [f"select {', '.join(columns)}"] if columns else []
    if columns and columns[0] == "*" and not once:
        return [*_derived(columns[1:])[1], *later]
    if once or all(one.startswith(("limit", "offset")) for one in later):
        return [*select, *once, *later]
    chosen, made = _derived(columns)
    return [*made, *later, *([f"select {', '.join(chosen)}"] if chosen else [])]


def _derived(columns: list[str]) -> tuple[list[str], list[str]]:
    """Columns of which each window is made before: what is chosen of them, and the stage that makes them."""
    chosen, made = list[str](), list[str]()
    for column in columns:
        named = _NAMED.match(column)
        if not _SEES.search(column) and named is None:
            chosen.append(column)
            continue
        call = _CALLED.search(column)
        name = named["name"] if named is not None else "column" if call is None else call["name"].lower()
        name = name if name not in chosen else f"{name}_{len(chosen) + 1}"
        chosen.append(name)
        made.append(f"{name} = {column if named is None else named['value']}")
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
        elif word.lower() == "limit":
            yield from limited(behind)
        else:
            yield f"where {_translated(behind)}"


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
