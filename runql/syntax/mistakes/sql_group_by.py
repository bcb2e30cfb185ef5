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
_NAMED: Final = re.compile(r"(?is)(.+?)\s+as\s+([^\W\d]\w*)\Z")
_STAR: Final = re.compile(r"(?i)\bcount\s*\(\s*\*\s*\)")
_AGGREGATE: Final = re.compile(r"(?i)\b(?:count|sum|avg|average|mean|std|stddev|min|max|median)\s*\([^()]*\)")
_SPACES: Final = re.compile(r"\s+")
_CALL: Final = re.compile(r"([^\W\d]\w*)\s*\(")


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
        if depth == 0 and lexeme.text.lower() in _PARTS:
            begins.append(index)
    parts = {}
    for begin, end in zip(begins, [*begins[1:], len(lexemes)], strict=True):
        inner = begin + 1
        if inner < end and lexemes[inner].text.lower() == "by":
            inner += 1
        written = text[lexemes[inner].start : lexemes[end - 1].end] if inner < end else ""
        parts[lexemes[begin].text.lower()] = written
    return parts


def grouped_query(parts: dict[str, str]) -> str:
    """The query of a `select` with `group by`."""
    folds = [fold_of(column) for column in _columns(parts["select"]) if "(" in column]
    having, order = (_lifted(parts.get(part, ""), folds) for part in ("having", "order"))
    keys = "" if parts["group"].replace(" ", "") == "()" else f" {parts['group']}"
    stages = [f"group{keys}" + (f" : {', '.join(folds)}" if folds else "")]
    stages += [f"where {having}"] if having else []
    stages += [f"order {order}"] if order else []
    stages += [f"limit {parts['limit']}"] if parts.get("limit") else []
    query = f"runs where {parts['where']}" if parts.get("where") else "runs"
    return " | ".join([query, *stages])


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
    named = _NAMED.match(column)
    value, name = (named[1], f"{named[2]} = ") if named else (column, "")
    value = _STAR.sub("count()", value)
    return name + _CALL.sub(lambda call: f"{_FOLDS.get(call[1].lower(), call[1])}(", value)


def keys_in_brackets(text: str, name: Lexeme, before: Lexeme) -> Mistake | None:
    """`group by (a, b)`, `group by ()`: read as a function."""
    end = closing(text, text.find("(", name.end)) if name.text.lower() == "by" and before.terminal == "GROUP" else None
    if end is None:
        return None
    span = Span(before.start, end.end)
    inner = text[text.find("(", name.end) + 1 : end.start].strip()
    new = f"{before.text} {inner}".strip()
    return idiom("SQL", text[span.start : span.end], new, span, replacing(span.start, span.end, new))
