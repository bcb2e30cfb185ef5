"""A whole query of SQL with `group by`, as stages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, takewhile
from typing import Final

from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing
from runql.text.source import Span

_PARTS: Final = frozenset("select from where group having order limit".split())  # noqa: SIM905 - SQL's words, not ours
_FOLDS: Final = {"avg": "mean", "stddev": "std", "average": "mean", "count_distinct": "n_unique"}
_NAMED: Final = re.compile(
    r"(?is)(?P<value>.+?)\s+as\s+(?P<name>[^\W\d]\w*)\Z"
    r"|(?P<bare>[\w./]+|.*\))\s+(?P<alias>(?!asc\b|desc\b|end\b|from\b)[^\W\d]\w*)\Z"
)
_WITHIN: Final = re.compile(
    r"(?i)\bpercentile_(?:cont|disc)\s*\(\s*(?P<part>[01]?\.?\d+)\s*\)\s*within\s+group\s*\(\s*order\s+by\s+(?P<of>[\w./]+)\s*\)"
)
_STAR: Final = re.compile(r"(?i)\bcount\s*\(\s*\*\s*\)")
_AGGREGATE: Final = re.compile(r"(?i)\b(?:count|sum|avg|average|mean|std|stddev|min|max|median)\s*\([^()]*\)")
_SPACES: Final = re.compile(r"\s+")
_CALL: Final = re.compile(r"([^\W\d]\w*)\s*\(")
_NEAR: Final = 200
_PART_OF_TEXT: Final = re.compile(r"(?i)(\bsubstr\s*\((?:[^(),]|\([^()]*\))*,\s*)([1-9]\d{0,5})(?=\s*[,)])")
_PASSED: Final = re.compile(r"(?is)(?P<limit>\d+)\s+offset\s+(?P<offset>\d+)(?:\s+rows?)?")
_ONCE: Final = re.compile(r"(?i)\A\s*distinct\s+")
_COUNTED: Final = re.compile(r"(?i)(\d{1,3})(\s+(?:asc|desc))?")


def grouped_select(place: Place) -> Mistake | None:
    """`select model, avg(acc) from runs where … group by model having … order by … limit …`."""
    if "RUNS" not in place.accepted or place.word != "select":
        return None
    lexemes = statement_of(place)
    parts = parts_of(place.text, lexemes)
    if "group" not in parts or parts.get("from", "").lower() != "runs":
        return None
    new = grouped_query(parts)
    span = Span(lexemes[0].start, lexemes[-1].end)
    return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def statement_of(place: Place) -> list[Lexeme]:
    """The lexemes from what was found to the end of the query."""
    ahead = islice(place.ahead(), 500)
    return list(takewhile(lambda lexeme: lexeme.terminal not in {"SEMI", "PIPE"}, ahead))


def parts_of(text: str, lexemes: Sequence[Lexeme]) -> dict[str, str]:
    """What stands behind each word of SQL, outside of brackets; `by` is left out."""
    depth = 0
    begins: list[int] = []
    for index, lexeme in enumerate(lexemes):
        depth += (lexeme.text == "(") - (lexeme.text == ")")
        if depth == 0 and _begins_part(lexemes, index):
            begins.append(index)
    words = [lexemes[index].text.lower() for index in begins]
    if len(set(words)) < len(words) or ("having" in words and "group" not in words):
        return {}  # what stands twice, or has no place, would be lost
    parts = {}
    for begin, end in zip(begins, [*begins, len(lexemes)][1:], strict=True):
        inner = begin + 1
        if inner < end and lexemes[inner].text.lower() == "by":
            inner += 1
        written = text[lexemes[inner].start : lexemes[end - 1].end] if inner < end else ""
        parts[lexemes[begin].text.lower()] = written
    return parts


def _begins_part(lexemes: Sequence[Lexeme], index: int) -> bool:
    """Whether a word of SQL begins a part: `group` is a field of every run where no `by` follows."""
    word = lexemes[index].text.lower()
    if word in {"group", "order"}:
        return index + 1 < len(lexemes) and lexemes[index + 1].text.lower() == "by"
    return word in _PARTS


def grouped_query(parts: dict[str, str]) -> str:
    """The query of a `select` with `group by`."""
    columns = _columns(_ONCE.sub("", from_zero(parts["select"])))
    titled = [(value, name) for value, name in map(value_and_name, columns) if name]
    titles = {one: f"{value} as {name}" for value, name in titled for one in (value, name)}
    groups = [titles.get(key, _key_named(_counted(key, columns))) for key in _columns(from_zero(parts["group"]))]
    are_keys = {_SPACES.sub("", value_and_name(key)[0]) for key in groups}
    others = [column for column in columns if _SPACES.sub("", value_and_name(column)[0]) not in are_keys]
    folds = [fold_of(column) for column in others if "(" in column]
    named = [name or value for value, name in map(value_and_name, columns)]
    order = ", ".join(_counted(key, named) for key in _columns(parts.get("order", "")))
    having, order = (_lifted(part, folds) for part in (parts.get("having", ""), order))
    keys = "" if parts["group"].replace(" ", "") == "()" else f" {', '.join(groups)}"
    if keys:
        folds = [fold for fold in folds if fold.lower() != "count()"]  # the column `n` is there without it
    stages = [f"group{keys}" + (f" : {', '.join(folds)}" if folds else "")]
    stages += [f"where {having}"] if having else []
    stages += [f"order {order}"] if order else []
    stages += limited(parts.get("limit", ""))
    query = f"runs where {parts['where']}" if parts.get("where") else "runs"
    return " | ".join([query, *stages])


def limited(text: str) -> list[str]:
    """`limit 3 offset 2` as stages: the rows that are passed over come first."""
    found = _PASSED.fullmatch(text.strip())
    if found is not None:
        return [f"offset {found['offset']}", f"limit {found['limit']}"]
    return [f"limit {text}"] if text else []


def loose_columns(parts: dict[str, str]) -> list[str]:
    """The columns of a grouped `select` that are neither a key nor made of an aggregate: SQL refuses them."""
    columns = _columns(_ONCE.sub("", from_zero(parts["select"])))
    keys = [_counted(key, columns) for key in _columns(from_zero(parts["group"]))]
    are_keys = {_flat(one) for key in keys for one in (key, *value_and_name(key)) if one}
    pairs = [value_and_name(column) for column in columns]
    plain = [pair for pair in pairs if "(" not in pair[0]]
    return [
        value for value, name in plain if _flat(value) not in are_keys and (not name or _flat(name) not in are_keys)
    ]


def _flat(text: str) -> str:
    """A name to compare: a field is also named without its table, and without `config.` or `summary.`."""
    return re.sub(r"\A(?:[^\W\d]\w*\.)+(?=\w+\Z)", "", _SPACES.sub("", text).lower())


def _key_named(key: str) -> str:
    """A key that a `select` names without `as`."""
    value, name = value_and_name(key)
    return f"{value} as {name}" if name else key


def from_zero(text: str) -> str:
    """A piece of a `select`, whose `substr` counts from 1: here from 0."""
    return _PART_OF_TEXT.sub(lambda found: f"{found[1]}{int(found[2]) - 1}", text)


def aggregates_only(columns: str) -> bool:
    """Whether each column of a `select` is an aggregate, so that there is one row of all."""
    values = [value_and_name(one)[0].strip() for one in _columns(columns)]
    return bool(values) and all(_AGGREGATE.fullmatch(one) for one in values)


def value_and_name(column: str) -> tuple[str, str]:
    named = _NAMED.match(column)
    if named is None:
        return column, ""
    return (named["value"], named["name"]) if named["name"] else (named["bare"], named["alias"])


def _counted(key: str, columns: Sequence[str]) -> str:
    """`group by 1`, `order by 2 desc`: the columns of the `select`, counted from 1."""
    found = _COUNTED.fullmatch(key)
    if found is None or not 0 < int(found[1]) <= len(columns):
        return key
    return f"{columns[int(found[1]) - 1]}{found[2] or ''}"


def _lifted(text: str, folds: list[str]) -> str:
    """A condition or an order over the groups, with each aggregate as a column, which `folds` gets."""

    def column(call: re.Match[str]) -> str:
        fold = fold_of(call[0])
        if fold.lower() == "count()":
            return "n"
        name = re.sub(r"\W+", "_", fold).strip("_")
        for index, one in enumerate(folds):
            named = re.match(r"(?:(\w+) = )?(.*)", one, re.DOTALL)
            if named is not None and _SPACES.sub("", named[2]).lower() == _SPACES.sub("", fold).lower():
                folds[index] = one if named[1] else f"{name} = {one}"
                return named[1] or name
        folds.append(f"{name} = {fold}")
        return name

    return _AGGREGATE.sub(column, text)


def groups_where(body: str, condition: str) -> tuple[str | None, str]:
    """The keys and aggregates of `group k : a = mean(x) having count() > 5`, and the filter on its columns.

    `None` where the group may stay as it is: it has what the filter asks for.
    """
    keys, _, listed = body.partition(":")
    folds = [_fold_named(one) for one in _columns(listed)] if listed.strip() else []
    asked = list(folds)
    where = _lifted(condition, asked)
    is_written_so = " as " in listed.lower() or [one.strip() for one in _columns(listed)] == folds or not folds
    return (None if asked == folds and is_written_so else f"group {keys.strip()} : {', '.join(asked)}"), where


def _fold_named(text: str) -> str:
    """An aggregate as it is written here, with its name before it."""
    value, name = value_and_name(text.strip())
    before, sign, fold = ("", "", value) if name else value.rpartition(" = ")
    return f"{name or before.strip()}{' = ' if name or sign else ''}{fold_of(fold.strip())}"


def _columns(text: str) -> list[str]:
    """The columns of a `select`: split at the commas outside of brackets."""
    columns, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            columns.append("")
        else:
            columns[-1] += char
    return [column.strip() for column in columns]


def fold_of(column: str) -> str:
    value, name = value_and_name(column)
    name = f"{name} = " if name else ""
    value = _STAR.sub("count()", with_percentiles(value))
    return name + _CALL.sub(lambda call: f"{_FOLDS.get(call[1].lower(), call[1])}(", value)


def with_percentiles(text: str) -> str:
    """A text with each `percentile_cont(…) within group (…)` as it is written here."""
    return _WITHIN.sub(_percentile, text)


def _percentile(found: re.Match[str]) -> str:
    """`percentile_cont(0.9) within group (order by x)`: RunQL counts in percent."""
    return f"percentile({found['of']}, {float(found['part']) * 100:.10g})"


def within_group(place: Place) -> Mistake | None:
    """`percentile_cont(0.9) within group (order by x)`, behind `group KEY :`."""
    if place.word != "within":
        return None
    begin = max(0, place.found.start - _NEAR)
    near = place.text[begin : place.found.start + _NEAR]
    at = place.found.start - begin
    found = next((one for one in _WITHIN.finditer(near) if one.start() < at < one.end()), None)
    if found is None:
        return None
    span, new = Span(begin + found.start(), begin + found.end()), _percentile(found)
    return idiom("SQL", found[0], new, span, replacing(span.start, span.end, new))


def keys_in_brackets(text: str, name: Lexeme, before: Lexeme) -> Mistake | None:
    """`group by (a, b)`, `group by ()`: read as a function."""
    end = closing(text, text.find("(", name.end)) if name.text.lower() == "by" and before.terminal == "GROUP" else None
    if end is None:
        return None
    span = Span(before.start, end.end)
    inner = text[text.find("(", name.end) + 1 : end.start].strip()
    new = f"{before.text} {inner}".strip()
    return idiom("SQL", text[span.start : span.end], new, span, replacing(span.start, span.end, new))
