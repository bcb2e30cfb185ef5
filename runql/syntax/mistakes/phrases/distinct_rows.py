"""Rows or values once each, as SQL, pandas and dplyr ask for them."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import Mistake, Place, idiom, replacing, shown
from runql.text.source import Span

_NAMES: Final = re.compile(r"[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*(?=\s*(?:[|;]|\Z))")


_DISTINCT_CALL: Final = re.compile(
    r"\(\s*(?P<keys>[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*)\s*(?P<rows>,\s*\.keep_all\s*=\s*T(?:RUE)?\s*)?\)"
    r"(?=\s*(?:[|;]|\Z))"
)


def distinct_call(place: Place, stage: Lexeme) -> Mistake | None:
    """`distinct(k, l)`, `distinct(k, .keep_all = TRUE)`, as dplyr has them."""
    found = _DISTINCT_CALL.match(place.text, place.found.start)
    if found is None:
        return None
    new = f"distinct by {found['keys']}" if found["rows"] else f"select {found['keys']} | distinct"
    span = Span(stage.start, found.end())
    return idiom("dplyr", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def distinct_values(place: Place, stage: Lexeme) -> Mistake | None:
    """`distinct k, l`: the values of these columns, or whole rows."""
    found = _NAMES.match(place.text, place.found.start)
    if found is None:
        return None
    values, rows = f"select {found[0]} | distinct", f"distinct by {found[0]}"
    message = f"`{stage.text} {shown(found[0])}` could be the values of these columns, or the first row of each"
    hints = (f"the values are `{shown(values)}`", f"the rows are `{shown(rows)}`")
    repairs = tuple(replacing(stage.start, found.end(), one) for one in (values, rows))
    return Mistake("RQL101", message, place.span, hints, repairs=repairs)


def select_distinct(place: Place) -> Mistake | None:
    """`| select distinct k, l`: the rows once each are a stage behind it."""
    word, select = place.back(1), place.back(2)
    if word is None or select is None or word.text.lower() != "distinct" or select.terminal != "SELECT":
        return None
    found = _NAMES.match(place.text, place.found.start) if place.back_terminal(3) == "PIPE" else None
    if found is None:
        return None
    span, new = Span(select.start, found.end()), f"select {found[0]} | distinct"
    return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
